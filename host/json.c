/* json.c - the marks that tell arrays, objects and null apart in Lua. */
/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <lauxlib.h>

#include "json_priv.h"

static const char state_tag;   /* its address is the registry key */

void json_push_state(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &state_tag);
}

void json_open(lua_State *L) {
  luaL_checkstack(L, 6, "json");
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &state_tag) == LUA_TTABLE) {
    lua_pop(L, 1);
    return;
  }
  lua_pop(L, 1);
  lua_createtable(L, JSON_STATE_SLOTS, 0);
  lua_createtable(L, 0, 2);
  lua_pushliteral(L, "json.array");
  lua_setfield(L, -2, "__name");
  lua_rawseti(L, -2, JSON_MT_ARRAY);
  lua_createtable(L, 0, 2);
  lua_pushliteral(L, "json.object");
  lua_setfield(L, -2, "__name");
  lua_rawseti(L, -2, JSON_MT_OBJECT);
  lua_createtable(L, 0, 8);
  json_big_open(L);
  lua_rawseti(L, -2, JSON_MT_NUMBER);
  lua_newtable(L);
  lua_rawseti(L, -2, JSON_NULL_ROOT);
  lua_pushinteger(L, 0);
  lua_rawseti(L, -2, JSON_NULL_NODES);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &state_tag);
}

void json_push_null(lua_State *L) {
  lua_pushlightuserdata(L, NULL);
}

bool json_is_null(lua_State *L, int index) {
  return lua_islightuserdata(L, index) && !lua_touserdata(L, index);
}

JsonMark json_mark(lua_State *L, int index) {
  int top = lua_gettop(L);
  JsonMark mark = JSON_UNMARKED;
  index = lua_absindex(L, index);
  luaL_checkstack(L, 5, "json");
  if (lua_istable(L, index) && lua_getmetatable(L, index)) {
    json_push_state(L);
    lua_rawgeti(L, -1, JSON_MT_ARRAY);
    lua_rawgeti(L, -2, JSON_MT_OBJECT);
    if (lua_rawequal(L, -2, top + 1))
      mark = JSON_ARRAY;
    else if (lua_rawequal(L, -1, top + 1) || json_null_list(L, index))
      mark = JSON_OBJECT;
  }
  lua_settop(L, top);
  return mark;
}

static void set_mark(lua_State *L, int index, int slot) {
  index = lua_absindex(L, index);
  luaL_checkstack(L, 3, "json");
  json_push_state(L);
  lua_rawgeti(L, -1, slot);
  lua_setmetatable(L, index);
  lua_pop(L, 1);
}

void json_mark_array(lua_State *L, int index) {
  set_mark(L, index, JSON_MT_ARRAY);
}

void json_mark_object(lua_State *L, int index) {
  /* One that remembers nulls must go on doing so. */
  if (json_mark(L, index) != JSON_OBJECT) set_mark(L, index, JSON_MT_OBJECT);
}
