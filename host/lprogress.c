/* lprogress.c - host.progress: lines at the end of the terminal. */
/* SPDX-License-Identifier: MIT */
#include "bindings.h"

#include <lauxlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "progress.h"
#include "sys.h"

enum { LINES_MAX = 1000, ROWS = 24 };

/* possible() -> whether standard error is a terminal that can be drawn on */
static int l_possible(lua_State *L) {
  lua_pushboolean(L, progress_possible());
  return 1;
}

/* size() -> columns, rows of that terminal */
static int l_size(lua_State *L) {
  struct winsize size;
  bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0;
  lua_pushinteger(L, sys_columns(STDERR_FILENO));
  lua_pushinteger(L, known ? size.ws_row : ROWS);
  return 2;
}

/* block{ line, ... }: they stand at the end of the terminal, below all that is
   written, until the next block; {} takes them away. The lines must be safe. */
static int l_block(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  size_t n = lua_rawlen(L, 1);
  luaL_argcheck(L, n <= LINES_MAX, 1, "too many lines");
  const char **lines = lua_newuserdatauv(L, (n + 1) * sizeof *lines, 0);
  for (size_t i = 0; i < n; i++) {
    lua_rawgeti(L, 1, (lua_Integer)i + 1);
    luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, 1, "texts expected");
    lines[i] = lua_tostring(L, -1);
    lua_pop(L, 1);               /* the table anchors it */
  }
  if (progress_block(lines, n)) return luaL_error(L, "out of memory");
  return 0;
}

static const luaL_Reg functions[] = {
  {"possible", l_possible}, {"size", l_size}, {"block", l_block},
  {NULL, NULL}};

int luaopen_host_progress(lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}
