/* lclock.c - host.clock: waits until the wall clock is set. */
/* SPDX-License-Identifier: MIT */

#include <lauxlib.h>

#include "bindings.h"
#include "clockwatch.h"
#include "lerr.h"
#include "state.h"
#include "task.h"

#define WATCH "host.clock.watch"
#define WAITING "host.clock.waiting"

typedef struct Waiting Waiting;

typedef struct Watch {
  ClockWatch *watch;     /* NULL once closed */
  ClockStep step;        /* what nobody has taken yet */
  bool came;
  Waiting *waiting;      /* nullable */
} Watch;

struct Waiting {
  Wait wait;             /* first: both share an address */
  Watch *watch;          /* the user value; NULL when it waits no more */
};

/* Steps add up until somebody takes them. */
static void on_step(void *ctx, const ClockStep *step) {
  Watch *w = ctx;
  w->step.stepped += step->stepped;
  w->step.slept += step->slept;
  w->came = true;
  Waiting *waiting = w->waiting;
  w->waiting = NULL;
  if (!waiting) return;
  waiting->watch = NULL;
  wait_done(&waiting->wait);
}

/* watch() -> watch | nil, err */
static int l_watch(lua_State *L) {
  Err err;
  Watch *w = lua_newuserdatauv(L, sizeof *w, 0);
  *w = (Watch){ 0 };
  luaL_setmetatable(L, WATCH);
  w->watch = clockwatch_new(state_loop(L), on_step, w, &err);
  return w->watch ? 1 : lerr_fail(L, &err);
}

static void stop_waiting(Waiting *waiting) {
  if (waiting->watch) waiting->watch->waiting = NULL;
  waiting->watch = NULL;
}

static void waiting_cancel(Wait *w) {
  stop_waiting((Waiting *)w);
}

static int waiting_gc(lua_State *L) {
  stop_waiting(luaL_checkudata(L, 1, WAITING));
  return 0;
}

static int watch_k(lua_State *L, int status, lua_KContext ctx) {
  Watch *w = luaL_checkudata(L, 1, WATCH);
  (void)status, (void)ctx;
  if (!w->came) return 0;                   /* closed meanwhile */
  lua_pushnumber(L, w->step.stepped);
  lua_pushnumber(L, w->step.slept);
  w->step = (ClockStep){ 0, 0 };
  w->came = false;
  return 2;
}

/* watch:wait() -> seconds the clock was set on, seconds slept; nothing when
   it was closed. Returns at once what came since the last wait. */
static int watch_wait(lua_State *L) {
  Watch *w = luaL_checkudata(L, 1, WATCH);
  lua_settop(L, 1);
  if (w->waiting) return luaL_error(L, "the clock is waited for already");
  if (w->came || !w->watch) return watch_k(L, LUA_OK, 0);
  Waiting *waiting = lua_newuserdatauv(L, sizeof *waiting, 1);
  *waiting = (Waiting){ .wait.cancel = waiting_cancel };
  luaL_setmetatable(L, WAITING);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  waiting->watch = w;
  w->waiting = waiting;
  return wait_for(L, &waiting->wait, 0, watch_k);
}

static int watch_close(lua_State *L) {
  Watch *w = luaL_checkudata(L, 1, WATCH);
  clockwatch_free(w->watch);
  w->watch = NULL;
  Waiting *waiting = w->waiting;
  w->waiting = NULL;
  if (!waiting) return 0;
  waiting->watch = NULL;
  wait_done(&waiting->wait);
  return 0;
}

static const luaL_Reg methods[] = {
  {"wait", watch_wait}, {"close", watch_close}, {NULL, NULL}};

static const luaL_Reg functions[] = {{"watch", l_watch}, {NULL, NULL}};

int luaopen_host_clock(lua_State *L) {
  luaL_newmetatable(L, WATCH);
  lua_pushcfunction(L, watch_close);
  lua_pushvalue(L, -1);
  lua_setfield(L, -3, "__gc");
  lua_setfield(L, -2, "__close");
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  luaL_newmetatable(L, WAITING);
  lua_pushcfunction(L, waiting_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 2);
  luaL_newlib(L, functions);
  return 1;
}
