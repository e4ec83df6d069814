/* ltask.c - host.task: spawn, join, sleep, deadline. */
/* SPDX-License-Identifier: MIT */

#include <lauxlib.h>

#include "bindings.h"
#include "loop.h"
#include "state.h"
#include "taskpriv.h"

static Task *check_task(lua_State *L, int index) {
  return luaL_checkudata(L, index, TASK);
}

static int task_join(lua_State *L) {
  return task_wait(L, check_task(L, 1), false);
}

static int task_cancel(lua_State *L) {
  task_stop(check_task(L, 1), ERR_CANCELLED);
  return 0;
}

static int task_status(lua_State *L) {
  static const char *const names[] = {"ready", "waiting", "running", "done",
                                      "failed"};
  lua_pushstring(L, names[check_task(L, 1)->state]);
  return 1;
}

static int l_spawn(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  task_spawn(L, task_sched(L), lua_gettop(L) - 1);
  return 1;
}

typedef struct Sleep {
  Wait wait;
  Loop *loop;
  LoopTimer *timer;
} Sleep;

static void sleep_over(void *ctx) {
  Sleep *sleep = ctx;
  sleep->timer = NULL;
  wait_done(&sleep->wait);
}

static void sleep_cancel(Wait *w) {
  Sleep *sleep = (Sleep *)w;
  if (sleep->timer) loop_timer_cancel(sleep->loop, sleep->timer);
  sleep->timer = NULL;
}

static int sleep_gc(lua_State *L) {
  sleep_cancel(lua_touserdata(L, 1));
  return 0;
}

static int sleep_k(lua_State *L, int status, lua_KContext ctx) {
  (void)L, (void)status, (void)ctx;
  return 0;
}

static double check_seconds(lua_State *L, int index) {
  double seconds = luaL_checknumber(L, index);
  luaL_argcheck(L, seconds >= 0 && seconds < 1e10, index,
                "seconds must be a finite number, not negative");
  return seconds;
}

static int l_sleep(lua_State *L) {
  double seconds = check_seconds(L, 1);
  Sleep *sleep = lua_newuserdatauv(L, sizeof *sleep, 0);
  *sleep = (Sleep){.wait.cancel = sleep_cancel, .loop = state_loop(L)};
  luaL_setmetatable(L, "errand.sleep");
  sleep->timer = loop_timer(sleep->loop, seconds, sleep_over, sleep);
  if (!sleep->timer) return luaL_error(L, "not enough memory");
  return wait_for(L, &sleep->wait, 0, sleep_k);
}

typedef struct Deadline {
  Loop *loop;
  LoopTimer *timer;
  Task *task;              /* anchored by the user value */
} Deadline;

static void deadline_passed(void *ctx) {
  Deadline *d = ctx;
  d->timer = NULL;
  task_stop(d->task, ERR_TIMEOUT);
}

/* The task ends with the call, also when memory runs out between the two. */
static int deadline_gc(lua_State *L) {
  Deadline *d = lua_touserdata(L, 1);
  if (d->timer) loop_timer_cancel(d->loop, d->timer);
  d->timer = NULL;
  if (d->task) task_stop(d->task, ERR_CANCELLED);
  d->task = NULL;
  return 0;
}

/* deadline(seconds, f, ...): f runs as a task of its own. */
static int l_deadline(lua_State *L) {
  double seconds = check_seconds(L, 1);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  Deadline *d = lua_newuserdatauv(L, sizeof *d, 1);
  *d = (Deadline){.loop = state_loop(L)};
  luaL_setmetatable(L, "errand.deadline");
  lua_replace(L, 1);              /* deadline, f, ... */
  lua_toclose(L, 1);
  Task *t = task_spawn(L, task_sched(L), lua_gettop(L) - 2);
  t->joined = true;
  d->task = t;
  lua_pushvalue(L, -1);
  lua_setiuservalue(L, 1, 1);
  d->timer = loop_timer(d->loop, seconds, deadline_passed, d);
  if (!d->timer) return luaL_error(L, "not enough memory");
  return task_wait(L, t, true);
}

/* cancel_others([for_good]): every task but the one that runs. for_good: again
   and again once the main one has ended, as they may catch this. */
static int l_cancel_others(lua_State *L) {
  if (lua_toboolean(L, 1)) task_sched(L)->ending = true;
  task_cancel_others(L);
  return 0;
}

/* lost() -> number of tasks that failed and nobody joined, the first one's
   error text; each is told once, here or at the end of the run. */
static int l_lost(lua_State *L) {
  Sched *s = task_sched(L);
  lua_pushinteger(L, (lua_Integer)s->lost);
  if (s->lost == 0) return 1;
  lua_pushstring(L, s->lost_err.text);
  s->lost = 0;
  return 2;
}

/* others() -> number of tasks beside the main one that have not ended */
static int l_others(lua_State *L) {
  const Sched *s = task_sched(L);
  lua_pushinteger(L, (lua_Integer)s->alive - (s->main ? 1 : 0));
  return 1;
}

static int l_now(lua_State *L) {
  lua_pushnumber(L, loop_now());
  return 1;
}

static const luaL_Reg methods[] = {
  {"join", task_join}, {"cancel", task_cancel}, {"status", task_status},
  {NULL, NULL}};

static const luaL_Reg functions[] = {
  {"spawn", l_spawn}, {"sleep", l_sleep}, {"deadline", l_deadline},
  {"now", l_now}, {"cancel_others", l_cancel_others}, {"lost", l_lost},
  {"others", l_others},
  {NULL, NULL}};

static void metatable(lua_State *L, const char *name, lua_CFunction gc,
                      const luaL_Reg *index) {
  luaL_newmetatable(L, name);
  if (gc) {
    lua_pushcfunction(L, gc);
    lua_setfield(L, -2, "__gc");
  }
  if (gc == deadline_gc) {
    lua_pushcfunction(L, gc);
    lua_setfield(L, -2, "__close");
  }
  if (index) {
    lua_newtable(L);
    luaL_setfuncs(L, index, 0);
    lua_setfield(L, -2, "__index");
  }
  lua_pop(L, 1);
}

void ltask_open(lua_State *L) {
  metatable(L, TASK, NULL, methods);
  metatable(L, "errand.sleep", sleep_gc, NULL);
  metatable(L, "errand.deadline", deadline_gc, NULL);
}

int luaopen_host_task(lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}
