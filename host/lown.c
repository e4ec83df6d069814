/* lown.c - host.own: descriptions of services that an administrator added. */
/* SPDX-License-Identifier: MIT */

#include <lauxlib.h>
#include <string.h>

#include "bindings.h"
#include "lerr.h"
#include "ltext.h"
#include "own.h"

enum { NAMES_MAX = 64 * 1024, TEXT_MAX = 4 * 1024 * 1024 };

static const char *check_path(lua_State *L) {
  size_t n;
  const char *text = luaL_checklstring(L, 1, &n);
  luaL_argcheck(L, strlen(text) == n, 1, "zero byte inside");
  return text;
}

/* services(dir) -> list of names in no order | nil, err */
static int l_services(lua_State *L) {
  const char *dir = check_path(L);
  Buf *b = ltext_buf(L, NAMES_MAX);
  Err err;
  if (own_services(dir, b, &err) != 0) return lerr_fail(L, &err);
  lua_newtable(L);
  for (size_t at = 0; at < b->len; at += strlen(b->data + at) + 1) {
    lua_pushstring(L, b->data + at);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  }
  return 1;
}

/* read(path) -> text | nil, err */
static int l_read(lua_State *L) {
  const char *path = check_path(L);
  Buf *b = ltext_buf(L, TEXT_MAX);
  Err err;
  if (own_read(path, b, &err) != 0) return lerr_fail(L, &err);
  ltext_push(L, b);
  return 1;
}

static const luaL_Reg functions[] = {
  {"services", l_services}, {"read", l_read}, {NULL, NULL}};

int luaopen_host_own(lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}
