/* lclock.c - host.clock: waits until the wall clock is set. */
/* SPDX-License-Identifier: MIT */

#include <lauxlib.h>

#include "bindings.h"
#include "clockwatch.h"
#include "lerr.h"
#include "lhandle.h"
#include "state.h"

#define WATCH "host.clock.watch"

typedef struct Watch {
  ClockWatch *watch;     /* NULL once closed */
  ClockStep step;        /* what nobody has taken yet */
  bool came;
  Waiter *waiter;        /* one at the most */
} Watch;

/* Steps add up until somebody takes them. */
static void on_step(void *ctx, const ClockStep *step) {
  Watch *w = ctx;
  w->step.stepped += step->stepped;
  w->step.slept += step->slept;
  w->came = true;
  lhandle_wake(&w->waiter);
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
  if (w->waiter) return luaL_error(L, "the clock is waited for already");
  if (w->came || !w->watch) return watch_k(L, LUA_OK, 0);
  return lhandle_wait(L, &w->waiter, watch_k);
}

static int watch_close(lua_State *L) {
  Watch *w = luaL_checkudata(L, 1, WATCH);
  clockwatch_free(w->watch);
  w->watch = NULL;
  lhandle_wake(&w->waiter);
  return 0;
}

static const luaL_Reg methods[] = {
  {"wait", watch_wait}, {"close", watch_close}, {NULL, NULL}};

static const luaL_Reg functions[] = {{"watch", l_watch}, {NULL, NULL}};

int luaopen_host_clock(lua_State *L) {
  lhandle_register(L, WATCH, methods, watch_close);
  luaL_newlib(L, functions);
  return 1;
}
