/* task.c - coroutines on the loop: what waits yields, the rest runs on. */
/* SPDX-License-Identifier: MIT */

/* A task is a userdata around a Lua thread. While it can still run it is
   anchored in the registry under its own address; afterwards its results (or
   its error) stay on the thread's stack until somebody joins it. */

#include "task.h"

#include <lauxlib.h>
#include <stdlib.h>

#include "lerr.h"
#include "state.h"
#include "taskpriv.h"

#define SCHED "errand.sched"
#define THREADS "errand.threads"

/* DEPTH_MAX: waits that turn the loop inside one another before they leave
   other tasks alone; Lua takes about 200 C calls on top of each other. */
enum { DRAIN_ROUNDS = 1000, DEPTH_MAX = 32 };

/* Seconds between two cancellations of what caught the first. */
#define DRAIN_WAIT 0.001

Sched *task_sched(lua_State *L) {
  lua_getfield(L, LUA_REGISTRYINDEX, SCHED);
  Sched *s = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return s;
}

static void ready(Task *t) {
  t->state = TASK_READY;
  t->next = NULL;
  if (t->sched->tail) t->sched->tail->next = t;
  else t->sched->head = t;
  t->sched->tail = t;
}

static int raise_stop(lua_State *L, ErrKind kind) {
  Err err;
  /* A loop around pcall(sleep, 1) must not go on for ever. */
  if (state_insists()) state_stop(L);
  if (kind == ERR_TIMEOUT)
    err_set(&err, kind, "the deadline passed");
  else
    err_set(&err, ERR_CANCELLED, "cancelled");
  return lerr_raise(L, &err);
}

/* Goes on in a task after its wait. */
static int continue_task(lua_State *L, int status, lua_KContext ctx) {
  Task *t = (Task *)ctx;
  if (t->stop != ERR_NONE && !t->shielded) {
    ErrKind kind = t->stop;
    t->stop = ERR_NONE;
    return raise_stop(L, kind);
  }
  return t->k(L, status, t->kctx);
}

static void run_ready(lua_State *L, Sched *s);
static void join_cancel(Wait *w);

/* One turn of the loop. No Lua code runs while it waits, so the signal
   handler must not put its hook on this thread. */
static int turn(Sched *s, double max_wait, Err *err) {
  if (!s->head && !loop_busy(s->loop))
    return err_set(err, ERR_SCRIPT,
                   "deadlock: all tasks wait for one another");
  lua_State *before = state_running(NULL);
  int failed = loop_step(s->loop, max_wait, err);
  state_running(before);
  return failed;
}

static int wait_nested(lua_State *L, Sched *s, Wait *w) {
  Err err = {0};
  Task *t = s->current;
  Wait **slot = t ? &t->nested : &s->nested;
  Wait *outer = *slot;
  int failed = 0;
  *slot = w;
  /* each task run from here may come to wait here too: those too deep leave
     the others to the waits below, but a join would wait for ever then */
  bool others = ++s->depth <= DEPTH_MAX || w->cancel == join_cancel;
  while (!w->done && !w->cancelled && !failed) {
    if (others) run_ready(L, s);
    /* cppcheck-suppress knownConditionTrueFalse ; a task that ran did it */
    if (w->done || w->cancelled) break;
    failed = turn(s, others && s->head ? 0 : -1, &err) != 0;
  }
  s->depth--;
  *slot = outer;
  if (failed) {
    if (w->cancel) w->cancel(w);
    return lerr_raise(L, &err);
  }
  if (!w->cancelled) return 0;
  ErrKind kind = t && t->stop != ERR_NONE ? t->stop : ERR_CANCELLED;
  if (t) t->stop = ERR_NONE;
  return raise_stop(L, kind);
}

int wait_for(lua_State *L, Wait *w, lua_KContext ctx, lua_KFunction k) {
  Sched *s = task_sched(L);
  Task *t = s->current;
  bool in_task = t && t->thread == L;
  if (t && t->stop != ERR_NONE && !w->shielded) {
    ErrKind kind = t->stop;
    t->stop = ERR_NONE;
    w->cancelled = true;
    if (w->cancel) w->cancel(w);
    return raise_stop(L, kind);
  }
  if (w->done) return k(L, LUA_OK, ctx);
  if (!in_task || !lua_isyieldable(L)) {
    wait_nested(L, s, w);
    return k(L, LUA_OK, ctx);
  }
  w->task = t;
  t->waiting = w;
  t->shielded = w->shielded;
  t->state = TASK_WAITING;
  t->k = k;
  t->kctx = ctx;
  return lua_yieldk(L, 0, (lua_KContext)t, continue_task);
}

bool task_has_company(lua_State *L) {
  const Sched *s = task_sched(L);
  const Task *t = s->current;
  return t && t->thread == L && lua_isyieldable(L) && s->alive > 1;
}

void wait_done(Wait *w) {
  if (w->done || w->cancelled) return;
  w->done = true;
  Task *t = w->task;
  if (!t) return;
  w->task = NULL;
  t->waiting = NULL;
  ready(t);
}

static void cancel_wait(Wait *w) {
  w->cancelled = true;
  w->task = NULL;
  if (w->cancel) w->cancel(w);
}

void task_stop(Task *t, ErrKind kind) {
  if (t->state == TASK_DONE || t->state == TASK_FAILED) return;
  t->stop = kind;
  if (t->nested) {
    cancel_wait(t->nested);
    return;
  }
  if (t->state != TASK_WAITING || t->shielded) return;
  Wait *w = t->waiting;
  t->waiting = NULL;
  cancel_wait(w);
  ready(t);
}

/* ---- running ---- */

static void finish(lua_State *L, Task *t, TaskState state) {
  t->state = state;
  t->sched->alive--;
  lua_pushnil(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, t);    /* no longer anchored */
  Join *j = t->joins;
  if (state == TASK_FAILED && !j && !t->joined) {
    if (t->sched->lost++ == 0) lerr_get(t->thread, -1, &t->sched->lost_err);
    t->lost = true;
  }
  t->joins = NULL;
  while (j) {
    Join *next = j->next;
    t->joined = true;
    j->target = NULL;
    wait_done(&j->wait);
    j = next;
  }
}

/* Message handler: a structured error gets a traceback. */
static int note_traceback(lua_State *L) {
  if (!lerr_is(L, 1)) return 1;
  lua_pushliteral(L, "traceback");
  if (lua_rawget(L, 1) == LUA_TNIL) {
    lua_pushliteral(L, "traceback");
    luaL_traceback(L, L, NULL, 1);
    lua_rawset(L, 1);
  }
  lua_settop(L, 1);
  return 1;
}

static int body_k(lua_State *L, int status, lua_KContext ctx) {
  (void)ctx;
  if (status != LUA_OK && status != LUA_YIELD) return lua_error(L);
  return lua_gettop(L) - 1;
}

/* function, args... -> results. Called protected, since an error that ends a
   thread as such would leave its variables unclosed. */
static int body(lua_State *L) {
  lua_pushcfunction(L, note_traceback);
  lua_insert(L, 1);
  int status = lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 1, 0, body_k);
  return body_k(L, status, 0);
}

static void resume(lua_State *L, Task *t) {
  Sched *s = t->sched;
  Task *outer = s->current;
  s->current = t;
  t->state = TASK_RUNNING;
  int nargs = t->nargs;
  t->nargs = 0;
  int nresults;
  lua_State *before = state_running(t->thread);
  int status = lua_resume(t->thread, L, nargs, &nresults);
  state_running(before);
  s->current = outer;
  if (status == LUA_YIELD) {
    /* a bare coroutine.yield in a task: let the others run, then go on */
    if (t->state == TASK_RUNNING) {
      lua_pop(t->thread, nresults);
      t->k = NULL;
      ready(t);
    }
    return;
  }
  finish(L, t, status == LUA_OK ? TASK_DONE : TASK_FAILED);
}

/* Runs as many tasks as were ready when it was called. */
static void run_ready(lua_State *L, Sched *s) {
  size_t n = 0;
  for (const Task *t = s->head; t; t = t->next) n++;
  for (; n > 0 && s->head; n--) {
    Task *t = s->head;
    s->head = t->next;
    if (!s->head) s->tail = NULL;
    lua_rawgetp(L, LUA_REGISTRYINDEX, t);   /* stays alive while it runs */
    resume(L, t);
    lua_pop(L, 1);
  }
}

/* The thread on top of the stack is a task's, for task_owns. */
static void note_thread(lua_State *L) {
  lua_getfield(L, LUA_REGISTRYINDEX, THREADS);
  lua_pushvalue(L, -2);
  lua_pushboolean(L, 1);
  lua_rawset(L, -3);
  lua_pop(L, 1);
}

bool task_owns(lua_State *L, int index) {
  index = lua_absindex(L, index);
  lua_getfield(L, LUA_REGISTRYINDEX, THREADS);
  lua_pushvalue(L, index);
  bool owns = lua_rawget(L, -2) != LUA_TNIL;
  lua_pop(L, 2);
  return owns;
}

Task *task_spawn(lua_State *L, Sched *s, int nargs) {
  Task *t = lua_newuserdatauv(L, sizeof *t, 1);
  *t = (Task){.sched = s, .state = TASK_DONE};
  luaL_setmetatable(L, TASK);
  t->thread = lua_newthread(L);
  note_thread(L);
  lua_setiuservalue(L, -2, 1);
  lua_insert(L, -(nargs + 2));                /* task below the function */
  if (!lua_checkstack(t->thread, nargs + 2))
    luaL_error(L, "too many arguments for a task");
  lua_pushvalue(L, -(nargs + 2));
  lua_rawsetp(L, LUA_REGISTRYINDEX, t);
  lua_pushcfunction(t->thread, body);
  lua_xmove(L, t->thread, nargs + 1);
  t->nargs = nargs + 1;
  s->alive++;
  ready(t);
  return t;
}

/* ---- joining ---- */

static void join_cancel(Wait *w) {
  Join *j = (Join *)w;
  Task *target = j->target;
  if (!target) return;
  for (Join **p = &target->joins; *p; p = &(*p)->next) {
    if (*p == j) {
      *p = j->next;
      break;
    }
  }
  j->target = NULL;
  if (j->owner) {
    target->joined = true;       /* its end is of no interest any more */
    task_stop(target, ERR_CANCELLED);
  }
}

static int join_gc(lua_State *L) {
  Join *j = lua_touserdata(L, 1);
  if (j->target) {
    j->owner = false;
    join_cancel(&j->wait);
  }
  return 0;
}

/* The outcome of an ended task; the task is at index. */
static int outcome(lua_State *L, Task *t) {
  t->joined = true;
  lua_State *thread = t->thread;
  if (t->lost) {
    t->lost = false;
    if (t->sched->lost > 0) t->sched->lost--;
  }
  if (t->state == TASK_FAILED) {
    lua_pushvalue(thread, -1);
    lua_xmove(thread, L, 1);
    return lua_error(L);
  }
  int n = lua_gettop(thread);
  luaL_checkstack(L, n, "results of a task");
  if (!lua_checkstack(thread, n)) return luaL_error(L, "stack overflow");
  for (int i = 1; i <= n; i++) lua_pushvalue(thread, i);
  lua_xmove(thread, L, n);       /* copies: a task can be joined twice */
  return n;
}

static int join_k(lua_State *L, int status, lua_KContext task) {
  (void)status;
  return outcome(L, (Task *)task);
}

int task_wait(lua_State *L, Task *t, bool owner) {
  if (t->sched->current == t)
    return luaL_error(L, "a task cannot wait for itself");
  t->joined = true;
  if (t->state == TASK_DONE || t->state == TASK_FAILED) return outcome(L, t);
  Join *j = lua_newuserdatauv(L, sizeof *j, 0);
  *j = (Join){.wait.cancel = join_cancel, .owner = owner};
  luaL_setmetatable(L, "errand.join");
  j->target = t;
  j->next = t->joins;
  t->joins = j;
  return wait_for(L, &j->wait, (lua_KContext)t, join_k);
}

/* ---- from C ---- */

void task_cancel_others(lua_State *L) {
  lua_pushnil(L);
  while (lua_next(L, LUA_REGISTRYINDEX)) {
    Task *t = luaL_testudata(L, -1, TASK);
    if (t && t != t->sched->current) {
      t->joined = true;      /* how it ends is of no interest any more */
      task_stop(t, ERR_CANCELLED);
    }
    lua_pop(L, 1);
  }
}

void task_interrupt(lua_State *L) {
  Sched *s = task_sched(L);
  if (s->nested) {
    cancel_wait(s->nested);
  } else if (s->main) {
    task_stop(s->main, ERR_CANCELLED);
  } else {
    s->ending = s->interrupted = true;   /* drain sees to the rest */
  }
}

bool task_in_main(lua_State *L) {
  const Sched *s = task_sched(L);
  return !s->current || s->current == s->main;
}

/* After the main task: the rest runs to its end; after a failure it is
   cancelled, since whatever it worked for will not come. A task that goes on
   in spite of many cancellations is left behind. */
static int drain(lua_State *L, Sched *s, bool failed, Err *err) {
  s->interrupted = false;
  /* Who leaves the prompt does not wait either. */
  if (failed || state_is_leaving()) s->ending = true;
  for (int round = 0; s->alive > 0 && round <= DRAIN_ROUNDS;) {
    if (s->ending) {
      round++;
      task_cancel_others(L);
    }
    run_ready(L, s);
    double patience = s->head ? 0 : s->ending ? DRAIN_WAIT : -1;
    if (s->alive > 0 && turn(s, patience, err) != 0) return -1;
  }
  size_t lost = s->lost;
  s->lost = 0;
  if (s->interrupted) return err_set(err, ERR_CANCELLED, "interrupted");
  if (s->ending || lost == 0) return 0;
  *err = s->lost_err;
  err_prefix(err, "%zu task%s failed and nobody joined it", lost,
             lost == 1 ? "" : "s");
  return -1;
}

static int run_main(lua_State *L, Sched *s, Task *t, Err *err) {
  while (t->state != TASK_DONE && t->state != TASK_FAILED) {
    run_ready(L, s);
    /* cppcheck-suppress knownConditionTrueFalse ; run_ready changes it */
    if (t->state == TASK_DONE || t->state == TASK_FAILED) break;
    if (turn(s, s->head ? 0 : -1, err) != 0) return -1;
  }
  t->joined = true;
  return 0;
}

/* As a C function so that everything that may raise is protected. The
   function and its arguments are on the stack. */
static int run_protected(lua_State *L) {
  Sched *s = task_sched(L);
  Task *before = s->main;
  Err err = {0};
  Task *t = task_spawn(L, s, lua_gettop(L) - 1);
  s->main = t;
  int bad = run_main(L, s, t, &err);
  s->main = before;
  if (bad) return lerr_raise(L, &err);
  int left = before ? 0 : drain(L, s, t->state == TASK_FAILED, &err);
  if (!before) s->ending = false;
  return left ? lerr_raise(L, &err) : outcome(L, t);
}

int task_run(lua_State *L, int nargs, int nresults, Err *err) {
  lua_pushcfunction(L, run_protected);
  lua_insert(L, -(nargs + 2));
  return state_call(L, nargs + 1, nresults, err);
}

void task_open(lua_State *L) {
  Sched *s = lua_newuserdatauv(L, sizeof *s, 0);
  *s = (Sched){.loop = state_loop(L)};
  lua_setfield(L, LUA_REGISTRYINDEX, SCHED);
  lua_newtable(L);
  lua_createtable(L, 0, 1);
  lua_pushliteral(L, "k");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  lua_setfield(L, LUA_REGISTRYINDEX, THREADS);
  luaL_newmetatable(L, "errand.join");
  lua_pushcfunction(L, join_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  ltask_open(L);
}
