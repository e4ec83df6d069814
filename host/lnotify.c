/* lnotify.c - host.notify: what a service tells its manager. */
/* SPDX-License-Identifier: MIT */

#include <lauxlib.h>

#include "bindings.h"
#include "lerr.h"
#include "lhandle.h"
#include "notify.h"

#define NOTIFIER "host.notify"

static Notify *check(lua_State *L) {
  Notify **n = luaL_checkudata(L, 1, NOTIFIER);
  if (!*n) luaL_error(L, "closed notifier");
  return *n;
}

static int result(lua_State *L, int rc, const Err *err) {
  if (rc) return lerr_fail(L, err);
  lua_pushboolean(L, 1);
  return 1;
}

/* open() -> notifier | nil, err */
static int l_open(lua_State *L) {
  Err err;
  Notify **n = lua_newuserdatauv(L, sizeof *n, 0);
  *n = NULL;
  luaL_setmetatable(L, NOTIFIER);
  *n = notify_open(&err);
  return *n ? 1 : lerr_fail(L, &err);
}

/* journal() -> boolean: standard error is the journal's */
static int l_journal(lua_State *L) {
  lua_pushboolean(L, notify_journal());
  return 1;
}

static int notifier_close(lua_State *L) {
  Notify **n = luaL_checkudata(L, 1, NOTIFIER);
  notify_close(*n);
  *n = NULL;
  return 0;
}

/* notifier:active() -> boolean: somebody listens */
static int notifier_active(lua_State *L) {
  lua_pushboolean(L, notify_active(check(L)));
  return 1;
}

/* notifier:watchdog_seconds() -> seconds | nil */
static int notifier_watchdog_seconds(lua_State *L) {
  double seconds = notify_watchdog_seconds(check(L));
  if (seconds <= 0) return 0;
  lua_pushnumber(L, seconds);
  return 1;
}

typedef int status_fn(Notify *n, const char *status, Err *err);

static int tell(lua_State *L, status_fn *fn, const char *status) {
  Err err;
  int rc = fn(check(L), status, &err);
  return result(L, rc, &err);
}

/* notifier:ready([status]), reloading, stopping -> true | nil, err */
static int notifier_ready(lua_State *L) {
  return tell(L, notify_ready, luaL_optstring(L, 2, NULL));
}

static int notifier_reloading(lua_State *L) {
  return tell(L, notify_reloading, luaL_optstring(L, 2, NULL));
}

static int notifier_stopping(lua_State *L) {
  return tell(L, notify_stopping, luaL_optstring(L, 2, NULL));
}

/* notifier:status(text) -> true | nil, err */
static int notifier_status(lua_State *L) {
  return tell(L, notify_status, luaL_checkstring(L, 2));
}

/* notifier:watchdog() -> true | nil, err */
static int notifier_watchdog(lua_State *L) {
  Err err;
  int rc = notify_watchdog(check(L), &err);
  return result(L, rc, &err);
}

/* notifier:extend(seconds) -> true | nil, err */
static int notifier_extend(lua_State *L) {
  Err err;
  int rc = notify_extend(check(L), luaL_checknumber(L, 2), &err);
  return result(L, rc, &err);
}

/* notifier:main_pid(pid) -> true | nil, err */
static int notifier_main_pid(lua_State *L) {
  Err err;
  lua_Integer pid = luaL_checkinteger(L, 2);
  int rc = notify_main_pid(check(L), (pid_t)pid, &err);
  return result(L, rc, &err);
}

static const luaL_Reg methods[] = {
  {"active", notifier_active}, {"ready", notifier_ready},
  {"watchdog_seconds", notifier_watchdog_seconds},
  {"reloading", notifier_reloading}, {"stopping", notifier_stopping},
  {"status", notifier_status}, {"watchdog", notifier_watchdog},
  {"extend", notifier_extend}, {"main_pid", notifier_main_pid},
  {"close", notifier_close}, {NULL, NULL}};

static const luaL_Reg functions[] = {
  {"open", l_open}, {"journal", l_journal}, {NULL, NULL}};

int luaopen_host_notify(lua_State *L) {
  lhandle_register(L, NOTIFIER, methods, notifier_close);
  luaL_newlib(L, functions);
  return 1;
}
