/* lcjson.c - require "cjson": stock lua-cjson behind size checks. */
/* SPDX-License-Identifier: MIT */

/* lua-cjson 2.1.0 counts bytes in an int. A string of 341 MiB makes the room
   it asks for (six bytes a byte) wrap around, and the text then runs over the
   end of the heap block (CVE-2022-24834); a text beyond 2 GiB ends the process
   by exit(). It also recurses on the C stack as deep as the script says. So
   each call is measured before it is let through; what passes is stock
   behaviour, settings and cjson.null included. What errand itself sends and
   receives goes through json.c, never through this. */

#include <lauxlib.h>
#include <lua.h>
#include <lua-cjson.h>
#include <stdbool.h>
#include <stdlib.h>

#include "bindings.h"

#ifndef LCJSON_STRING_MAX
#define LCJSON_STRING_MAX ((size_t)64 << 20)   /* a string, a document */
#endif

enum { DEPTH_MAX = 2000 };   /* of C recursion in lua-cjson */

#define TOTAL_MAX (LCJSON_STRING_MAX * 8)   /* worst case of a whole text */

typedef struct Measure {
  size_t total;        /* no less than the bytes the text can have */
  const char *fault;
} Measure;

static bool fault(Measure *m, const char *what) {
  m->fault = what;
  return false;
}

static bool add(Measure *m, size_t n) {
  if (n > TOTAL_MAX - m->total) return fault(m, "the text would be too long");
  m->total += n;
  return true;
}

static bool measure(lua_State *L, int index, int depth, Measure *m);

static bool measure_table(lua_State *L, int t, int depth, Measure *m) {
  lua_Integer most = 0;
  /* Deeper than stock by default (1000), which reports that in its way. */
  if (depth >= DEPTH_MAX) return fault(m, "nested too deep");
  if (!lua_checkstack(L, 4)) return fault(m, "nested too deep");
  if (!add(m, 2)) return false;
  lua_pushnil(L);
  while (lua_next(L, t)) {
    int key = lua_gettop(L) - 1;
    if (lua_isinteger(L, key) && lua_tointeger(L, key) > most)
      most = lua_tointeger(L, key);
    if (!measure(L, key, depth + 1, m) || !measure(L, key + 1, depth + 1, m))
      return false;
    lua_settop(L, key);
  }
  /* A sparse array is padded with "null," when its settings say so. */
  if (most > (lua_Integer)(TOTAL_MAX / 5)) return fault(m, "a sparse array");
  return add(m, (size_t)most * 5);
}

/* False with the fault; the stack is then as it may be. */
static bool measure(lua_State *L, int index, int depth, Measure *m) {
  size_t n;
  switch (lua_type(L, index)) {
  case LUA_TSTRING:
    lua_tolstring(L, index, &n);
    if (n > LCJSON_STRING_MAX) return fault(m, "a string is too long");
    return add(m, n * 6 + 4);
  case LUA_TTABLE: return measure_table(L, index, depth, m);
  default: return add(m, 40);
  }
}

/* Calls the function in upvalue 1 with all arguments. */
static int pass_on(lua_State *L) {
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

static int l_encode(lua_State *L) {
  Measure m = {0, NULL};
  int top = lua_gettop(L);
  if (top > 0 && !measure(L, 1, 0, &m))
    return luaL_error(L, "cjson.encode: %s; json.encode can", m.fault);
  lua_settop(L, top);
  return pass_on(L);
}

static int l_decode(lua_State *L) {
  size_t n;
  if (lua_type(L, 1) == LUA_TSTRING) {
    lua_tolstring(L, 1, &n);
    if (n > LCJSON_STRING_MAX)
      return luaL_error(L, "cjson.decode: the text is too long; json.decode "
                           "can");
  }
  return pass_on(L);
}

static int l_max_depth(lua_State *L) {
  if (lua_isinteger(L, 1))
    luaL_argcheck(L, lua_tointeger(L, 1) <= DEPTH_MAX, 1,
                  "2000 at most, for the C stack's sake");
  return pass_on(L);
}

static int l_new(lua_State *L);

/* Puts the checks around the functions of the module on top of the stack. */
static void guard(lua_State *L) {
  static const luaL_Reg guards[] = {
    {"encode", l_encode}, {"decode", l_decode},
    {"encode_max_depth", l_max_depth}, {"decode_max_depth", l_max_depth},
    {"new", l_new}, {NULL, NULL}};
  for (const luaL_Reg *g = guards; g->name; g++) {
    lua_getfield(L, -1, g->name);
    lua_pushcclosure(L, g->func, 1);
    lua_setfield(L, -2, g->name);
  }
}

static int l_new(lua_State *L) {
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_call(L, 0, 1);
  guard(L);
  return 1;
}

int luaopen_errand_cjson(lua_State *L) {
  lua_pushcfunction(L, luaopen_cjson);
  lua_call(L, 0, 1);
  guard(L);
  return 1;
}
