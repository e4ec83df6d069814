/* ljson.c - host.json: JSON for the Lua side. */
/* SPDX-License-Identifier: MIT */
#include <lauxlib.h>

#include "bindings.h"
#include "json.h"
#include "json_number.h"
#include "json_priv.h"
#include "jsonlex.h"
#include "lerr.h"
#include "lopt.h"
#include "ltext.h"

#define TEXT_MAX ((size_t)1 << 30)

/* encode(value [, indent]): text, or nil and an error. */
static int l_encode(lua_State *L) {
  Err err = {0};
  luaL_checkany(L, 1);
  lua_Integer indent = luaL_optinteger(L, 2, 0);
  luaL_argcheck(L, indent >= 0 && indent <= 16, 2, "0 to 16 expected");
  Buf *b = ltext_buf(L, TEXT_MAX);
  if (json_encode(L, 1, (int)indent, b, &err)) {
    bool short_of = b->failed && !b->over;
    buf_wipe(b);
    /* As all that Lua itself has no memory for, so that no caller that knows
       its value can be written takes nil for the text. */
    if (short_of) return luaL_error(L, "not enough memory");
    return lerr_fail(L, &err);
  }
  ltext_push(L, b);
  return 1;
}

/* decode(text [, limits]): value and number of duplicate keys, or nil and an
   error. */
static int l_decode(lua_State *L) {
  static const Lopt options[] = {
    {"depth", LOPT_SIZE, offsetof(JsonLimits, depth), NULL, false},
    {"items", LOPT_SIZE, offsetof(JsonLimits, items), NULL, false},
    {"bytes", LOPT_SIZE, offsetof(JsonLimits, bytes), NULL, false},
    {"refuse_big", LOPT_BOOLEAN, offsetof(JsonLimits, refuse_big), NULL,
     false},
    {NULL, LOPT_STRING, 0, NULL, false}};
  Err err = {0};
  JsonLimits limits = {0};
  size_t len, duplicates = 0;
  luaL_checktype(L, 1, LUA_TSTRING);
  const char *text = lua_tolstring(L, 1, &len);
  if (!lua_isnoneornil(L, 2)) lopt_read(L, 2, options, &limits);
  if (json_decode(L, text, len, &limits, &duplicates, &err))
    return lerr_fail(L, &err);
  lua_pushinteger(L, (lua_Integer)duplicates);
  return 2;
}

/* array(t): t, or a new table, marked to be written as [...]. */
static int l_array(lua_State *L) {
  lua_settop(L, 1);
  if (lua_isnil(L, 1)) lua_newtable(L);
  luaL_checktype(L, -1, LUA_TTABLE);
  json_mark_array(L, -1);
  return 1;
}

/* object(t): the same for {...}. */
static int l_object(lua_State *L) {
  lua_settop(L, 1);
  if (lua_isnil(L, 1)) lua_newtable(L);
  luaL_checktype(L, -1, LUA_TTABLE);
  json_mark_object(L, -1);
  return 1;
}

static int l_is_array(lua_State *L) {
  luaL_checkany(L, 1);
  lua_pushboolean(L, json_mark(L, 1) == JSON_ARRAY);
  return 1;
}

static int l_is_object(lua_State *L) {
  luaL_checkany(L, 1);
  lua_pushboolean(L, json_mark(L, 1) == JSON_OBJECT);
  return 1;
}

/* is_null(value): is it the null value? is_null(t, key): is that member or
   element null? What is no table has none. */
static int l_is_null(lua_State *L) {
  bool null = false;
  luaL_checkany(L, 1);
  if (lua_isnone(L, 2) || !lua_istable(L, 1)) {
    lua_pushboolean(L, lua_isnone(L, 2) && json_is_null(L, 1));
    return 1;
  }
  lua_settop(L, 2);
  lua_pushvalue(L, 2);
  if (lua_rawget(L, 1) != LUA_TNIL) {
    null = json_is_null(L, -1);
  } else if (lua_type(L, 2) == LUA_TSTRING && json_null_list(L, 1)) {
    lua_pushvalue(L, 2);
    null = lua_rawget(L, -2) != LUA_TNIL;
  }
  lua_pushboolean(L, null);
  return 1;
}

/* set_null(t, key [, on]): makes the member null, so that it reads as nil and
   is written as null; with on = false forgets that. Returns t. */
static int l_set_null(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checktype(L, 2, LUA_TSTRING);
  luaL_argcheck(L, json_mark(L, 1) != JSON_ARRAY, 1,
                "an array keeps nulls by itself");
  bool on = lua_isnoneornil(L, 3) || lua_toboolean(L, 3);
  if (on) {
    lua_pushvalue(L, 2);
    lua_pushnil(L);
    lua_rawset(L, 1);
  }
  json_null_set(L, 1, 2, on);
  lua_settop(L, 1);
  return 1;
}

/* is_number(value): is it a number of which only the text is exact? */
static int l_is_number(lua_State *L) {
  size_t n;
  luaL_checkany(L, 1);
  lua_pushboolean(L, json_big_text(L, 1, &n) != NULL);
  return 1;
}

/* tonumber(value): numbers as they are, exact ones as the nearest float, nil
   for anything else. */
static int l_tonumber(lua_State *L) {
  size_t n;
  luaL_checkany(L, 1);
  lua_settop(L, 1);
  if (lua_type(L, 1) == LUA_TNUMBER) return 1;
  const char *text = json_big_text(L, 1, &n);
  if (text) lua_pushnumber(L, json_number_nearest(text, n));
  else lua_pushnil(L);
  return 1;
}

/* number(text): the number that the text would be in JSON, exactly; nil if it
   is none. */
static int l_number(lua_State *L) {
  JsonFault fault;
  long long i;
  double d;
  size_t n;
  luaL_checktype(L, 1, LUA_TSTRING);
  const char *text = lua_tolstring(L, 1, &n);
  if (n == 0 || jsonlex_number(text, text + n, &fault) != text + n) {
    lua_pushnil(L);
    return 1;
  }
  switch (json_number_read(text, n, &i, &d)) {
  case JSON_INTEGER: lua_pushinteger(L, i); break;
  case JSON_DOUBLE: lua_pushnumber(L, d); break;
  default:
    json_push_state(L);
    json_big_push(L, lua_gettop(L), text, n);
  }
  return 1;
}

/* Upvalues: the list of null keys or nil, how many of them were seen. */
static int pairs_next(lua_State *L) {
  lua_Integer seen = lua_tointeger(L, lua_upvalueindex(2));
  lua_settop(L, 2);
  if (seen == 0) {
    if (lua_next(L, 1)) return 2;
    if (lua_isnil(L, lua_upvalueindex(1))) return 0;
  }
  for (;;) {
    if (lua_rawgeti(L, lua_upvalueindex(1), ++seen) == LUA_TNIL) return 0;
    lua_pushvalue(L, -1);
    int type = lua_rawget(L, 1);
    lua_pop(L, 1);
    if (type == LUA_TNIL) break;
    lua_pop(L, 1);
  }
  lua_pushinteger(L, seen);
  lua_replace(L, lua_upvalueindex(2));
  json_push_null(L);
  return 2;
}

/* pairs(t): like the one of Lua, then the remembered nulls as null. */
static int l_pairs(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  if (!json_null_list(L, 1)) lua_pushnil(L);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, pairs_next, 2);
  lua_pushvalue(L, 1);
  lua_pushnil(L);
  return 3;
}

int luaopen_host_json(lua_State *L) {
  static const luaL_Reg functions[] = {
    {"encode", l_encode}, {"decode", l_decode},
    {"array", l_array}, {"object", l_object},
    {"is_array", l_is_array}, {"is_object", l_is_object},
    {"is_null", l_is_null}, {"set_null", l_set_null},
    {"is_number", l_is_number}, {"tonumber", l_tonumber},
    {"number", l_number}, {"pairs", l_pairs}, {NULL, NULL}};
  json_open(L);
  luaL_newlib(L, functions);
  json_push_null(L);
  lua_setfield(L, -2, "null");
  return 1;
}
