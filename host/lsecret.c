/* lsecret.c - host.sys.secret: secrets that a script is given. */
/* SPDX-License-Identifier: MIT */
#include "lsecret.h"

#include <lauxlib.h>
#include <string.h>

#include "lerr.h"
#include "secret.h"

#define GIVEN "host.sys.secret"

static int given_gc(lua_State *L) {
  Secret **s = lua_touserdata(L, 1);
  secret_release(*s);
  *s = NULL;
  return 0;
}

/* secret(source, what) -> text, known to redaction | nil, err. source: "file",
   what = its path; "prompt": asked on the terminal without echo, what = the
   question. Nothing else runs meanwhile. */
static int l_secret(lua_State *L) {
  static const char *const names[] = {"file", "prompt", NULL};
  static const SecretSource sources[] = {SECRET_FILE, SECRET_PROMPT};
  int source = luaL_checkoption(L, 1, NULL, names);
  size_t n;
  const char *what = luaL_checklstring(L, 2, &n);
  luaL_argcheck(L, strlen(what) == n, 2, "zero byte inside");
  Secret **s = lua_newuserdatauv(L, sizeof *s, 0);
  *s = NULL;
  luaL_setmetatable(L, GIVEN);
  Err err;
  *s = secret_new(sources[source], what, &err);
  if (!*s) return lerr_fail(L, &err);
  const char *value = secret_value(*s, &n, &err);
  if (!value) return lerr_fail(L, &err);
  lua_pushlstring(L, value, n);
  secret_release(*s);
  *s = NULL;
  return 1;
}

void lsecret_register(lua_State *L) {
  luaL_newmetatable(L, GIVEN);
  lua_pushcfunction(L, given_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  lua_pushcfunction(L, l_secret);
  lua_setfield(L, -2, "secret");
}
