/* json_null.c - objects that remember which members were null. */
/* SPDX-License-Identifier: MIT */

/* A null member reads as nil, so the object itself cannot hold it. Instead
   objects with the same null members share a metatable that lists them; it
   has no __index, so reading costs nothing. Metatables are found by walking a
   tree from its root by one key after the other:

     node = { [key] = node, ..., [META] = metatable or nil,
              [PARENT] = node, [KEY] = key by which PARENT leads here }

   A hundred records with the same nulls so cost a look-up a null. An object
   with very many nulls gets a metatable of its own, and a tree that grew
   large is dropped for a new one; what is in use stays alive by itself. */

#include <lauxlib.h>

#include "json.h"
#include "json_priv.h"

enum { META = 1, PARENT, KEY };

#ifndef JSON_NULL_SHARED
#define JSON_NULL_SHARED 32   /* most nulls of an object that shares */
#endif
#ifndef JSON_NULL_TREE
#define JSON_NULL_TREE 2048   /* nodes before a new tree is begun */
#endif

static const char list_tag, node_tag;   /* keys in the metatables */

bool json_null_list(lua_State *L, int index) {
  if (!lua_getmetatable(L, index)) return false;
  if (lua_rawgetp(L, -1, &list_tag) == LUA_TTABLE) {
    lua_remove(L, -2);
    return true;
  }
  lua_pop(L, 2);
  return false;
}

/* Pushes the metatable of an object, without a list, below the list on top:
   list -> metatable. */
static void push_meta(lua_State *L) {
  lua_createtable(L, 0, 3);
  lua_pushliteral(L, "json.object");
  lua_setfield(L, -2, "__name");
  lua_insert(L, -2);
  lua_rawsetp(L, -2, &list_tag);
}

/* Adds the key on top to the list below it, and pops it. */
static void list_add(lua_State *L) {
  lua_pushvalue(L, -1);
  lua_rawseti(L, -3, (lua_Integer)lua_rawlen(L, -3) + 1);
  lua_pushboolean(L, 1);
  lua_rawset(L, -3);
}

void json_null_start(lua_State *L, int state) {
  lua_rawgeti(L, state, JSON_NULL_NODES);
  if (lua_tointeger(L, -1) > JSON_NULL_TREE) {
    lua_newtable(L);
    lua_rawseti(L, state, JSON_NULL_ROOT);
    lua_pushinteger(L, 0);
    lua_rawseti(L, state, JSON_NULL_NODES);
  }
  lua_pop(L, 1);
  lua_rawgeti(L, state, JSON_NULL_ROOT);
}

void json_null_step(lua_State *L, int state) {
  lua_pushvalue(L, -1);                       /* node key key */
  if (lua_rawget(L, -3) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_createtable(L, KEY, 1);               /* node key child */
    lua_pushvalue(L, -3);
    lua_rawseti(L, -2, PARENT);
    lua_pushvalue(L, -2);
    lua_rawseti(L, -2, KEY);
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    lua_rawset(L, -5);
    lua_rawgeti(L, state, JSON_NULL_NODES);
    lua_pushinteger(L, lua_tointeger(L, -1) + 1);
    lua_rawseti(L, state, JSON_NULL_NODES);
    lua_pop(L, 1);
  }
  lua_replace(L, -3);
  lua_pop(L, 1);
}

/* node -> metatable, made when first needed. */
static void node_meta(lua_State *L) {
  if (lua_rawgeti(L, -1, META) == LUA_TTABLE) {
    lua_remove(L, -2);
    return;
  }
  lua_pop(L, 1);
  lua_newtable(L);                            /* node list */
  lua_pushvalue(L, -2);
  while (lua_rawgeti(L, -1, KEY) != LUA_TNIL) {
    lua_insert(L, -2);                        /* node list key at */
    lua_rawgeti(L, -1, PARENT);
    lua_replace(L, -2);
    lua_insert(L, -3);                        /* node at list key */
    list_add(L);
    lua_insert(L, -2);                        /* node list at */
  }
  lua_pop(L, 2);
  push_meta(L);                               /* node meta */
  lua_pushvalue(L, -2);
  lua_rawsetp(L, -2, &node_tag);
  lua_pushvalue(L, -1);
  lua_rawseti(L, -3, META);
  lua_remove(L, -2);
}

void json_null_finish(lua_State *L, int t) {
  node_meta(L);
  lua_setmetatable(L, t);
}

/* Pops the list and makes t an object that remembers its keys. */
static void apply_list(lua_State *L, int state, int t) {
  int list = lua_gettop(L);
  lua_Integer n = (lua_Integer)lua_rawlen(L, list);
  if (n > JSON_NULL_SHARED) {
    push_meta(L);
    lua_setmetatable(L, t);
    return;
  }
  if (n == 0) {
    lua_rawgeti(L, state, JSON_MT_OBJECT);
    lua_setmetatable(L, t);
  } else {
    json_null_start(L, state);
    for (lua_Integer i = 1; i <= n; i++) {
      lua_rawgeti(L, list, i);
      json_null_step(L, state);
    }
    json_null_finish(L, t);
  }
  lua_pop(L, 1);
}

void json_null_settle(lua_State *L, int state, int t) {
  lua_newtable(L);
  int list = lua_gettop(L);
  lua_pushnil(L);
  while (lua_next(L, t)) {
    bool null = json_is_null(L, -1) && lua_type(L, -2) == LUA_TSTRING;
    lua_pop(L, 1);
    if (!null) continue;
    lua_pushvalue(L, -1);
    lua_pushnil(L);
    lua_rawset(L, t);     /* unsetting is allowed while going through */
    lua_pushvalue(L, list);
    lua_pushvalue(L, -2);
    list_add(L);
    lua_pop(L, 1);
  }
  apply_list(L, state, t);
}

/* Pushes a copy of t's list, empty if it has none, without the key. */
static void copy_list(lua_State *L, int t, int key) {
  lua_newtable(L);
  if (!json_null_list(L, t)) return;
  lua_Integer n = (lua_Integer)lua_rawlen(L, -1);
  for (lua_Integer i = 1; i <= n; i++) {
    lua_rawgeti(L, -1, i);
    if (lua_rawequal(L, -1, key)) {
      lua_pop(L, 1);
      continue;
    }
    lua_insert(L, -2);                        /* copy key list */
    lua_insert(L, -3);                        /* list copy key */
    list_add(L);
    lua_insert(L, -2);
  }
  lua_pop(L, 1);
}

/* t's metatable is its own if it has a list but no node. */
static bool has_own_list(lua_State *L, int t) {
  int top = lua_gettop(L);
  bool own = lua_getmetatable(L, t) &&
             lua_rawgetp(L, top + 1, &list_tag) == LUA_TTABLE &&
             lua_rawgetp(L, top + 1, &node_tag) == LUA_TNIL;
  lua_settop(L, top);
  return own;
}

void json_null_set(lua_State *L, int t, int key, bool on) {
  t = lua_absindex(L, t);
  key = lua_absindex(L, key);
  int top = lua_gettop(L);
  luaL_checkstack(L, 12, "json");
  json_push_state(L);
  int state = lua_gettop(L);
  if (on && has_own_list(L, t)) {
    json_null_list(L, t);
    lua_pushvalue(L, key);
    if (lua_rawget(L, -2) == LUA_TNIL) {
      lua_pop(L, 1);
      lua_pushvalue(L, key);
      list_add(L);
    }
    lua_settop(L, top);
    return;
  }
  copy_list(L, t, key);
  if (on) {
    lua_pushvalue(L, key);
    list_add(L);
  }
  apply_list(L, state, t);
  lua_settop(L, top);
}
