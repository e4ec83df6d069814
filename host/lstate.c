/* lstate.c - host.state: limits and whereabouts of the Lua state. */
/* SPDX-License-Identifier: MIT */

#include <lauxlib.h>
#include <math.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include "bindings.h"
#include "lerr.h"
#include "module.h"
#include "state.h"

static int l_where(lua_State *L) {
  state_push_where(L);
  return 1;
}

static int l_set_path(lua_State *L) {
  module_set_path(L, luaL_checkstring(L, 1));
  return 0;
}

/* memory([limit]) -> bytes in use */
static int l_memory(lua_State *L) {
  lua_Integer limit = luaL_optinteger(L, 1, 0);
  luaL_argcheck(L, limit >= 0, 1, "bytes must not be negative");
  lua_pushinteger(L, (lua_Integer)state_memory(L, (size_t)limit));
  return 1;
}

/* A hook cannot interrupt a long string.find, so the limit ends the process;
   write and _exit are all a handler may use. */
static void time_over(int signo) {
  static const char text[] = "errand: error: the time limit has passed\n";
  (void)signo;
  ssize_t n = write(STDERR_FILENO, text, sizeof text - 1);
  (void)n;    /* nothing could be done about it here */
  _exit(1);
}

static int l_time_limit(lua_State *L) {
  double seconds = luaL_checknumber(L, 1);
  luaL_argcheck(L, seconds > 0 && seconds < 1e9, 1, "seconds expected");
  struct sigaction action = {.sa_handler = time_over};
  double whole = floor(seconds);
  struct itimerval timer = {.it_value = {
    .tv_sec = (time_t)whole, .tv_usec = (suseconds_t)((seconds - whole) * 1e6)}};
  if (sigaction(SIGALRM, &action, NULL) != 0 ||
      setitimer(ITIMER_REAL, &timer, NULL) != 0)
    return luaL_fileresult(L, 0, "time limit");
  lua_pushboolean(L, 1);
  return 1;
}

/* traceback(error) -> error with a traceback, for xpcall */
static int l_traceback(lua_State *L) {
  lua_settop(L, 1);
  return state_traceback(L);
}

static int l_data(lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  if (module_push_data(L, name) == 0) return 1;
  Err err;
  err_set(&err, ERR_SCRIPT, "there is no data module '%s'", name);
  return lerr_fail(L, &err);
}

static int l_services(lua_State *L) {
  module_push_services(L);
  return 1;
}

static const luaL_Reg functions[] = {
  {"data", l_data}, {"services", l_services},
  {"where", l_where}, {"set_path", l_set_path}, {"memory", l_memory},
  {"time_limit", l_time_limit}, {"traceback", l_traceback}, {NULL, NULL}};

int luaopen_host_state(lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}
