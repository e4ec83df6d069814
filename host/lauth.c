/* lauth.c - the login of an account, as Lua sees it. */
/* SPDX-License-Identifier: MIT */
#include "lauth.h"

#include <lauxlib.h>
#include <string.h>

#include "lerr.h"
#include "task.h"
#include "tokencache.h"

#define LOGIN "errand.login"

/* A login in flight; a userdata that anchors its account. */
typedef struct Login {
  Wait wait;
  AuthReq *req;
} Login;

static void login_cancel(Wait *w) {
  Login *login = (Login *)w;
  auth_req_free(login->req);
  login->req = NULL;
}

static int login_gc(lua_State *L) {
  login_cancel(luaL_checkudata(L, 1, LOGIN));
  return 0;
}

static Account *check_account(lua_State *L) {
  Account *a = luaL_checkudata(L, 1, ACCOUNT);
  if (!a->auth) luaL_error(L, "closed account");
  return a;
}

int lauth_known(void *ctx, const char *name, Buf *out, Err *err) {
  Account *a = ctx;
  const Setting *s = config_get(a->config, a->profile, a->service, name);
  const char *value = NULL;
  size_t len = 0;
  bool secret = false;
  if (!s) return AUTH_UNSET;
  if (s->type == SETTING_SECRET) {
    SecretSource source = secret_source(s->secret);
    if (source == SECRET_COMMAND || source == SECRET_PROMPT) {
      if (!secret_describe(s->secret, out)) return AUTH_ASKED;
      return err_set(err, ERR_SCRIPT, out->over ? "too long" : "out of memory");
    }
  }
  if (lhttp_lookup(ctx, name, &value, &len, &secret, err)) return -1;
  if (buf_add(out, value, len))
    return err_set(err, ERR_SCRIPT, out->over ? "too long" : "out of memory");
  return secret ? AUTH_SECRET : AUTH_PLAIN;
}

int lauth_keep(lua_State *L, Account *a, const char *dir, const char *name,
               Err *err) {
  AuthKeep keep = {.dir = dir, .name = name, .known = lauth_known};
  return dir && name ? auth_keep_tokens(a->auth, &keep, err) : 0;
}

static int login_finish(lua_State *L, int status, lua_KContext ctx) {
  (void)status;
  Login *login = (Login *)ctx;
  Err err = *auth_req_err(login->req);
  lua_Integer logins = auth_req_logins(login->req);
  login_cancel(&login->wait);
  if (err.kind != ERR_NONE) return lerr_fail(L, &err);
  lua_pushboolean(L, 1);
  lua_pushinteger(L, logins);
  return 2;
}

static void login_done(void *ctx, AuthReq *req) {
  (void)req;
  wait_done(&((Login *)ctx)->wait);
}

/* login([renew]) -> true, logins that were sent | nil, err: makes sure that
   there is a token; renew: a new one in any case */
static int l_login(lua_State *L) {
  Account *a = check_account(L);
  Err err = {0};
  lua_settop(L, 2);
  Login *login = lua_newuserdatauv(L, sizeof *login, 1);
  *login = (Login){.wait.cancel = login_cancel};
  luaL_setmetatable(L, LOGIN);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  login->req = auth_login(a->auth, lua_toboolean(L, 2), login_done, login,
                          &err);
  if (!login->req) return lerr_fail(L, &err);
  return wait_for(L, &login->wait, (lua_KContext)login, login_finish);
}

/* token() -> { there, kept, expires (seconds since 1970, nil: not known),
   path (nil: tokens are not kept) }; looks at the file, asks and sends
   nothing */
static int l_token(lua_State *L) {
  AuthToken token;
  auth_token(check_account(L)->auth, &token);
  lua_createtable(L, 0, 4);
  lua_pushboolean(L, token.there);
  lua_setfield(L, -2, "there");
  lua_pushboolean(L, token.kept);
  lua_setfield(L, -2, "kept");
  if (token.expires > 0) {
    lua_pushnumber(L, token.expires);
    lua_setfield(L, -2, "expires");
  }
  lua_pushstring(L, token.path);
  lua_setfield(L, -2, "path");
  return 1;
}

/* token_name(service, profile[, way]) -> name of the file, without its end */
static int l_token_name(lua_State *L) {
  lua_settop(L, 3);
  Buf *out = lhttp_scratch(L);
  if (tokencache_name(out, luaL_checkstring(L, 1), luaL_checkstring(L, 2),
                      luaL_optstring(L, 3, NULL)))
    return luaL_error(L, "not enough memory");
  lua_pushlstring(L, buf_str(out), out->len);
  return 1;
}

/* forget_tokens(dir, name or nil, wait) -> list of the files removed | nil, err
   wait: seconds for processes that are logging in */
static int l_forget_tokens(lua_State *L) {
  Err err = {0};
  lua_settop(L, 3);
  Buf *out = lhttp_scratch(L);
  if (tokencache_remove(luaL_checkstring(L, 1), luaL_optstring(L, 2, NULL),
                        luaL_checknumber(L, 3), out, &err)) return lerr_fail(L, &err);
  lua_newtable(L);
  lua_Integer n = 0;
  const char *end = buf_str(out) + out->len;
  for (const char *p = buf_str(out); p < end; p += strlen(p) + 1) {
    lua_pushstring(L, p);
    lua_rawseti(L, -2, ++n);
  }
  return 1;
}

static const luaL_Reg methods[] = {
  {"login", l_login}, {"token", l_token}, {NULL, NULL}};

static const luaL_Reg functions[] = {
  {"token_name", l_token_name}, {"forget_tokens", l_forget_tokens},
  {NULL, NULL}};

void lauth_methods(lua_State *L) {
  luaL_newmetatable(L, LOGIN);
  lua_pushcfunction(L, login_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_setfuncs(L, methods, 0);
}

void lauth_functions(lua_State *L) {
  luaL_setfuncs(L, functions, 0);
}
