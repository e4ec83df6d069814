/* module.c - require for embedded, built-in and the script's own modules. */
/* SPDX-License-Identifier: MIT */

#include "module.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdbool.h>
#include <string.h>

#include "state.h"

struct Embedded {
  const char *name;
  const unsigned char *code;
  size_t len;
};

#include "embedded.inc"

static const struct Embedded *embedded_find(const char *name) {
  size_t low = 0, high = sizeof embedded / sizeof *embedded;
  while (low < high) {
    size_t mid = low + (high - low) / 2;
    int order = strcmp(name, embedded[mid].name);
    if (order == 0) return &embedded[mid];
    if (order < 0) high = mid;
    else low = mid + 1;
  }
  return NULL;
}

/* Pushes the loaded chunk and returns LUA_OK; LUA_ERRFILE if there is none. */
static int load_from_dir(lua_State *L, const char *dir, const char *name) {
  const char *rel = luaL_gsub(L, name, ".", "/");
  const char *const forms[] = {"%s/%s.lua", "%s/%s/init.lua"};
  for (int i = 0; i < 2; i++) {
    const char *path = lua_pushfstring(L, forms[i], dir, rel);
    int status = luaL_loadfilex(L, path, "t");
    if (status != LUA_ERRFILE) return status;
    lua_pop(L, 2);
  }
  lua_pop(L, 1);
  return LUA_ERRFILE;
}

static int l_search_embedded(lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  const char *dir = state_lua_dir(L);
  if (dir) {
    int status = load_from_dir(L, dir, name);
    if (status == LUA_OK) return 1;
    if (status != LUA_ERRFILE) return lua_error(L);
  } else {
    const struct Embedded *m = embedded_find(name);
    if (m) {
      if (luaL_loadbufferx(L, (const char *)m->code, m->len, name, "b")
          != LUA_OK)
        return lua_error(L);
      return 1;
    }
  }
  lua_pushfstring(L, "no module '%s' in errand", name);
  return 1;
}

static int l_search_script(lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  if (lua_getfield(L, LUA_REGISTRYINDEX, "errand.path") != LUA_TSTRING)
    return 0;
  const char *dir = lua_tostring(L, -1);
  int status = load_from_dir(L, dir, name);
  if (status == LUA_OK) return 1;
  if (status != LUA_ERRFILE) return lua_error(L);
  lua_pushfstring(L, "no file '%s.lua' in '%s'",
                  luaL_gsub(L, name, ".", "/"), dir);
  return 1;
}

/* require "ixon" gives the service module; so does one of the user's own. */
static int l_search_service(lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  if (strchr(name, '.')) return 0;
  module_push(L, "core.services");
  lua_getfield(L, -1, "exists");
  lua_pushvalue(L, 1);
  lua_call(L, 1, 1);
  bool exists = lua_toboolean(L, -1);
  lua_getfield(L, -2, exists ? "loader" : "refusal");
  if (exists) return 1;
  lua_pushvalue(L, 1);
  lua_call(L, 1, 1);       /* why a folder of that name is none, or nil */
  return 1;
}

/* Pushes the table that a data module returns, evaluated in an empty
   environment so that it can hold no code; or nil and a message. */
int module_push_data(lua_State *L, const char *name) {
  const char *dir = state_lua_dir(L);
  int status = LUA_ERRFILE;
  if (dir) {
    status = load_from_dir(L, dir, name);
  } else {
    const struct Embedded *m = embedded_find(name);
    if (m)
      status = luaL_loadbufferx(L, (const char *)m->code, m->len, name, "b");
  }
  if (status == LUA_ERRFILE) {
    lua_pushnil(L);
    return -1;
  }
  if (status != LUA_OK) return lua_error(L);
  lua_newtable(L);
  if (!lua_setupvalue(L, -2, 1)) lua_pop(L, 1);
  lua_call(L, 0, 1);
  return 0;
}

/* Pushes a sorted list of the services: directories with a catalogue. */
void module_push_services(lua_State *L) {
  static const char suffix[] = ".catalogue";
  size_t count = sizeof embedded / sizeof *embedded;
  lua_newtable(L);
  for (size_t i = 0; i < count; i++) {
    const char *dot = strchr(embedded[i].name, '.');
    if (!dot || strcmp(dot, suffix) != 0) continue;
    if (strncmp(embedded[i].name, "core.", 5) == 0) continue;   /* the engine */
    lua_pushlstring(L, embedded[i].name, (size_t)(dot - embedded[i].name));
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  }
}

void module_set_path(lua_State *L, const char *dir) {
  lua_pushstring(L, dir);
  lua_setfield(L, LUA_REGISTRYINDEX, "errand.path");
}

void module_preload(lua_State *L, const char *name, lua_CFunction open) {
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  lua_pushcfunction(L, open);
  lua_setfield(L, -2, name);
  lua_pop(L, 1);
}

void module_open(lua_State *L) {
  static const lua_CFunction searchers[] = {
    l_search_embedded, l_search_service, l_search_script, NULL};
  lua_pushboolean(L, 1);
  lua_setfield(L, LUA_REGISTRYINDEX, "LUA_NOENV");   /* no LUA_PATH */
  luaL_requiref(L, LUA_LOADLIBNAME, luaopen_package, 1);
  lua_pushnil(L);
  lua_setfield(L, -2, "loadlib");
  lua_pushliteral(L, "");
  lua_setfield(L, -2, "cpath");
  lua_pushliteral(L, "");
  lua_setfield(L, -2, "path");
  lua_getfield(L, -1, "searchers");
  for (int i = 0; searchers[i]; i++) {    /* 1 stays: package.preload */
    lua_pushvalue(L, -2);                 /* upvalue as stock searchers have */
    lua_pushcclosure(L, searchers[i], 1);
    lua_rawseti(L, -2, i + 2);
  }
  for (int i = (int)lua_rawlen(L, -1); i > 4; i--) {
    lua_pushnil(L);
    lua_rawseti(L, -2, i);
  }
  lua_pop(L, 2);
}

void module_push(lua_State *L, const char *name) {
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  if (lua_getfield(L, -1, name) == LUA_TNIL) {
    lua_pop(L, 1);
    lua_getglobal(L, "require");
    lua_pushstring(L, name);
    lua_call(L, 1, 1);
  }
  lua_remove(L, -2);
}
