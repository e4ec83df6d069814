/* ldeclarelib.c - the part of Lua's libraries that host.declare gives. */
/* SPDX-License-Identifier: MIT */
#include "ldeclare.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdbool.h>
#include <string.h>

/* Elements that one call may move, and bytes that it may look at. */
enum { ELEMENTS_MAX = 4 * 1000 * 1000 };
#define LOOKS_MAX 1e9

/* The function of Lua's own in whose place a guard stands, called as if it
   had been called itself, so that its errors name it and its line. */
static int original(lua_State *I) {
  return lua_tocfunction(I, lua_upvalueindex(1))(I);
}

/* ---- patterns ---- */

/* What stands behind the set that begins at p. */
static const char *skip_set(const char *p, const char *end) {
  if (++p < end && *p == '^') p++;
  do {                                    /* a ] at once is one of the set */
    if (p < end && *p++ == '%' && p < end) p++;
  } while (p < end && *p != ']');
  return p < end ? p + 1 : end;
}

/* Whether all that follows matches whatever stands there. */
static bool is_end(const char *p, const char *end) {
  while (p < end && *p == ')') p++;
  return p == end;
}

/* In how many ways a pattern can be laid on n bytes in the worst case: each
   of k repetitions may end anywhere after the one before, a last one only
   where the text makes it end. */
static double ways_of(const char *p, const char *end, double n) {
  double ways = 1, k = 0;
  while (p < end) {
    char c = *p;
    if (c == '[') {
      p = skip_set(p, end);
      continue;
    }
    if (c == '%') {
      bool scans = p + 1 < end && (p[1] == 'b' || (p[1] >= '1' && p[1] <= '9'));
      if (scans) ways *= n + 1;           /* over all of the text each time */
      p += p + 1 < end ? 2 : 1;
      continue;
    }
    p++;
    if (is_end(p, end)) break;
    if (c == '?') ways *= 2;
    if (c == '*' || c == '+' || c == '-') {
      k++;
      ways *= (n + k) / k;
    }
  }
  return ways;
}

static int judge(lua_State *I, bool anchors) {
  size_t n, size;
  luaL_checklstring(I, 1, &n);
  const char *pattern = luaL_checklstring(I, 2, &size);
  double text = (double)n, looks = (double)size + 1;
  declare_tick(I, 1);
  if (!anchors || *pattern != '^') looks *= text + 1;
  if (looks * ways_of(pattern, pattern + size, text) > LOOKS_MAX)
    return luaL_error(I, "this pattern can take very long on a text of %I "
                      "bytes", (LUAI_UACINT)n);
  return original(I);
}

/* find, match, gsub */
static int guard_pattern(lua_State *I) {
  return judge(I, true);
}

/* For this one ^ is a character as any other. */
static int guard_gmatch(lua_State *I) {
  return judge(I, false);
}

/* rep, which repeats nothing as often as it is told to */
static int guard_rep(lua_State *I) {
  size_t n, between;
  luaL_checklstring(I, 1, &n);
  luaL_checkinteger(I, 2);
  luaL_optlstring(I, 3, "", &between);
  declare_tick(I, 1);
  if (n + between > 0) return original(I);
  lua_pushliteral(I, "");
  return 1;
}

/* ---- tables ---- */

static int too_many(lua_State *I) {
  return luaL_error(I, "more than %d elements", ELEMENTS_MAX);
}

static int guard_move(lua_State *I) {
  lua_Integer from = luaL_checkinteger(I, 2), to = luaL_checkinteger(I, 3);
  declare_tick(I, 1);
  if (to >= from && (lua_Unsigned)to - (lua_Unsigned)from >= ELEMENTS_MAX)
    return too_many(I);
  return original(I);
}

/* insert and remove: the length of a table with holes may be anything */
static int guard_length(lua_State *I) {
  luaL_checktype(I, 1, LUA_TTABLE);
  declare_tick(I, 1);
  return lua_rawlen(I, 1) > ELEMENTS_MAX ? too_many(I) : original(I);
}

/* ---- both ---- */

/* Takes what the file must not have out of the table at the top. */
static void remove_fields(lua_State *I, const char *const *names) {
  for (; *names; names++) {
    lua_pushnil(I);
    lua_setfield(I, -2, *names);
  }
}

static void guard(lua_State *I, const char *name, lua_CFunction fn) {
  lua_getfield(I, -1, name);
  lua_pushcclosure(I, fn, 1);
  lua_setfield(I, -2, name);
}

void declare_libraries(lua_State *I) {
  static const char *const base[] = {"collectgarbage", "dofile",
    "getmetatable", "load", "loadfile", "pcall", "print", "rawequal", "rawget",
    "rawlen", "rawset", "setmetatable", "warn", "xpcall", NULL};
  static const char *const string[] = {"dump", NULL};
  /* The same file says the same each time it is read. */
  static const char *const math[] = {"random", "randomseed", NULL};
  luaL_requiref(I, LUA_GNAME, luaopen_base, 1);
  remove_fields(I, base);
  luaL_requiref(I, LUA_STRLIBNAME, luaopen_string, 1);
  remove_fields(I, string);
  guard(I, "find", guard_pattern);
  guard(I, "match", guard_pattern);
  guard(I, "gsub", guard_pattern);
  guard(I, "gmatch", guard_gmatch);
  guard(I, "rep", guard_rep);
  luaL_requiref(I, LUA_TABLIBNAME, luaopen_table, 1);
  guard(I, "move", guard_move);
  guard(I, "insert", guard_length);
  guard(I, "remove", guard_length);
  luaL_requiref(I, LUA_MATHLIBNAME, luaopen_math, 1);
  remove_fields(I, math);
  lua_settop(I, 0);
}
