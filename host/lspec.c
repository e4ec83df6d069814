/* lspec.c - parts of a call's and an account's tables, as C wants them. */
/* SPDX-License-Identifier: MIT */

#include "lspec.h"

#include <lauxlib.h>
#include <string.h>

#include "err.h"
#include "lerr.h"
#include "url.h"

/* The list of strings in field of the table at index, as a NULL-terminated
   array in a userdata that is left on the stack with the list; NULL, and nil
   for the userdata, if there is no such field or nothing in it. */
const char *const *lspec_strings(lua_State *L, int index,
                                      const char *field) {
  if (lua_getfield(L, index, field) == LUA_TNIL) {
    lua_pushnil(L);
    return NULL;
  }
  luaL_checktype(L, -1, LUA_TTABLE);
  size_t n = lua_rawlen(L, -1);
  if (n == 0) {
    lua_pushnil(L);
    return NULL;
  }
  const char **list = lua_newuserdatauv(L, (n + 1) * sizeof *list, 0);
  for (size_t i = 0; i < n; i++) {
    size_t len;
    lua_rawgeti(L, -2, (lua_Integer)i + 1);
    list[i] = luaL_checklstring(L, -1, &len);   /* anchored by the list */
    if (strlen(list[i]) != len) {
      Err err;
      err_set(&err, ERR_VALIDATION, "%s must not hold a zero byte", field);
      lerr_raise(L, &err);
    }
    lua_pop(L, 1);
  }
  list[n] = NULL;
  return list;
}

static const int *status_list(lua_State *L, int index, const char *field,
                              size_t *n) {
  *n = 0;
  if (lua_getfield(L, index, field) == LUA_TNIL) {
    lua_pushnil(L);
    return NULL;
  }
  *n = lua_rawlen(L, -1);
  int *list = lua_newuserdatauv(L, (*n + 1) * sizeof *list, 0);
  for (size_t i = 0; i < *n; i++) {
    lua_rawgeti(L, -2, (lua_Integer)i + 1);
    list[i] = (int)luaL_checkinteger(L, -1);
    lua_pop(L, 1);
  }
  return list;
}

/* rows { {name, value[, required]}, ... } */
static const AuthHeader *header_list(lua_State *L, int index,
                                     const char *field, size_t *n) {
  *n = 0;
  if (lua_getfield(L, index, field) == LUA_TNIL) {
    lua_pushnil(L);
    return NULL;
  }
  *n = lua_rawlen(L, -1);
  AuthHeader *list = lua_newuserdatauv(L, (*n + 1) * sizeof *list, 0);
  for (size_t i = 0; i < *n; i++) {
    lua_rawgeti(L, -2, (lua_Integer)i + 1);
    lua_rawgeti(L, -1, 1);
    list[i].name = luaL_checkstring(L, -1);
    lua_rawgeti(L, -2, 2);
    list[i].value = luaL_checkstring(L, -1);
    lua_rawgeti(L, -3, 3);
    list[i].required = lua_toboolean(L, -1);
    lua_pop(L, 4);
  }
  return list;
}

const char *lspec_text(lua_State *L, int index, const char *field) {
  lua_getfield(L, index, field);
  return luaL_optstring(L, -1, NULL);   /* stays on the stack */
}

static const AuthLogin *read_login(lua_State *L, int index) {
  AuthLogin *login = lua_newuserdatauv(L, sizeof *login, 0);
  *login = (AuthLogin){
    .method = url_method(lspec_text(L, index, "method")),
    .path = lspec_text(L, index, "path"),
    .body = lspec_text(L, index, "body"),
    .token = lspec_text(L, index, "token"),
  };
  if (!login->method || !login->path || !login->token)
    luaL_error(L, "a login needs method, path and token");
  login->without = lspec_strings(L, index, "without");
  while (login->without && login->without[login->nwithout])
    login->nwithout++;
  login->headers = header_list(L, index, "headers", &login->nheaders);
  login->refused = status_list(L, index, "refused", &login->nrefused);
  lua_getfield(L, index, "lifetime");
  login->lifetime = luaL_optnumber(L, -1, 0);
  return login;
}

/* The description core.account prepared, as C structs. Everything it points
   at is on the stack or anchored by what is. */
void lspec_read(lua_State *L, int index, AuthSpec *spec) {
  luaL_checktype(L, index, LUA_TTABLE);
  luaL_checkstack(L, 300, "too many ways to sign in");
  spec->headers = header_list(L, index, "headers", &spec->nheaders);
  lua_getfield(L, index, "methods");
  int list = lua_gettop(L);
  spec->nmethods = lua_rawlen(L, list);
  luaL_argcheck(L, spec->nmethods <= 8, index, "too many ways to sign in");
  AuthMethod *methods =
      lua_newuserdatauv(L, (spec->nmethods + 1) * sizeof *methods, 0);
  for (size_t i = 0; i < spec->nmethods; i++) {
    lua_rawgeti(L, list, (lua_Integer)i + 1);
    int m = lua_gettop(L);
    methods[i] = (AuthMethod){.needs = lspec_strings(L, m, "needs")};
    while (methods[i].needs && methods[i].needs[methods[i].nneeds])
      methods[i].nneeds++;
    methods[i].send = header_list(L, m, "send", &methods[i].nsend);
    methods[i].renew = status_list(L, m, "renew", &methods[i].nrenew);
    if (lua_getfield(L, m, "login") == LUA_TTABLE)
      methods[i].login = read_login(L, lua_gettop(L));
  }
  spec->methods = methods;
}
