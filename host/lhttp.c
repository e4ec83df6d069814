/* lhttp.c - host.http: accounts and their calls, as Lua sees them. */
/* SPDX-License-Identifier: MIT */

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth.h"
#include "bindings.h"
#include "http.h"
#include "lconfig.h"
#include "lerr.h"
#include "lhttp.h"
#include "lopt.h"
#include "state.h"
#include "url.h"

enum { URL_MAX = 64 * 1024, PAIRS_MAX = 512, HEADERS_MAX = 64 };

/* A value of the account for a {name} in a template. */
static int lookup(void *ctx, const char *name, const char **value,
                  size_t *len, bool *secret, Err *err) {
  Account *a = ctx;
  const Setting *s = config_get(a->config, a->profile, a->service, name);
  *value = NULL;
  *len = 0;
  *secret = false;
  if (!s) return 0;
  switch (s->type) {
  case SETTING_SECRET:
    *secret = true;
    *value = secret_value(s->secret, len, err);
    if (!*value) err_prefix(err, "setting '%s' of %s", name, a->service);
    return *value ? 0 : -1;
  case SETTING_STRING:
    *value = s->string;
    break;
  case SETTING_BOOLEAN:
    *value = s->integer ? "true" : "false";
    break;
  default:
    buf_reset(&a->number);
    if (s->type == SETTING_INTEGER
          ? buf_printf(&a->number, "%lld", s->integer) != 0
          : buf_printf(&a->number, "%.17g", s->number) != 0)
      return err_set(err, ERR_SCRIPT, "out of memory");
    *value = buf_str(&a->number);
  }
  *len = strlen(*value);
  return 0;
}

/* ---- connect ---- */

typedef struct ConnectOptions {
  bool given;   /* offset 0: where the tables below leave their mark */
  const char *service, *profile, *base;
  HttpOptions http;
} ConnectOptions;

#define HTTP_FIELD(f) offsetof(ConnectOptions, http) + offsetof(HttpOptions, f)

static const Lopt connect_options[] = {
  {"service", LOPT_STRING, offsetof(ConnectOptions, service), NULL, true},
  {"profile", LOPT_STRING, offsetof(ConnectOptions, profile), NULL, true},
  {"base", LOPT_STRING, offsetof(ConnectOptions, base), NULL, true},
  {"config", LOPT_VALUE, 0, NULL, true},
  {"auth", LOPT_VALUE, 0, NULL, true},
  {"resolve", LOPT_VALUE, 0, NULL, false},
  {"connect_to", LOPT_VALUE, 0, NULL, false},
  {"cacert", LOPT_STRING, HTTP_FIELD(cacert), NULL, false},
  {"capath", LOPT_STRING, HTTP_FIELD(capath), NULL, false},
  {"cert", LOPT_STRING, HTTP_FIELD(cert), NULL, false},
  {"tls_key", LOPT_STRING, HTTP_FIELD(key), NULL, false},
  {"pinnedpubkey", LOPT_STRING, HTTP_FIELD(pinnedpubkey), NULL, false},
  {"proxy", LOPT_STRING, HTTP_FIELD(proxy), NULL, false},
  {"noproxy", LOPT_STRING, HTTP_FIELD(noproxy), NULL, false},
  {"unix_socket", LOPT_STRING, HTTP_FIELD(unix_socket), NULL, false},
  {"interface", LOPT_STRING, HTTP_FIELD(interface), NULL, false},
  {"http_version", LOPT_STRING, HTTP_FIELD(http_version), NULL, false},
  {"insecure", LOPT_BOOLEAN, HTTP_FIELD(insecure), NULL, false},
  {"connect_timeout", LOPT_SECONDS, HTTP_FIELD(connect_timeout), NULL, false},
  {"stall_timeout", LOPT_SECONDS, HTTP_FIELD(stall_timeout), NULL, false},
  {"timeout", LOPT_SECONDS, HTTP_FIELD(timeout), NULL, false},
  {"max_body", LOPT_SIZE, HTTP_FIELD(max_body), NULL, false},
  {"max_header", LOPT_SIZE, HTTP_FIELD(max_header), NULL, false},
  {NULL, LOPT_VALUE, 0, NULL, false}};

/* The list of strings in field of the table at index, as a NULL-terminated
   array in a userdata that is left on the stack with the list; NULL and two
   nils if there is no such field. */
static const char *const *string_list(lua_State *L, int index,
                                      const char *field) {
  if (lua_getfield(L, index, field) == LUA_TNIL) {
    lua_pushnil(L);
    return NULL;
  }
  luaL_checktype(L, -1, LUA_TTABLE);
  size_t n = lua_rawlen(L, -1);
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

static const char *text_field(lua_State *L, int index, const char *field) {
  lua_getfield(L, index, field);
  return luaL_optstring(L, -1, NULL);   /* stays on the stack */
}

static const AuthLogin *read_login(lua_State *L, int index) {
  AuthLogin *login = lua_newuserdatauv(L, sizeof *login, 0);
  *login = (AuthLogin){
    .method = url_method(text_field(L, index, "method")),
    .path = text_field(L, index, "path"),
    .body = text_field(L, index, "body"),
    .token = text_field(L, index, "token"),
  };
  if (!login->method || !login->path || !login->token)
    luaL_error(L, "a login needs method, path and token");
  login->without = string_list(L, index, "without");
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
static void read_spec(lua_State *L, int index, AuthSpec *spec) {
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
    methods[i] = (AuthMethod){.needs = string_list(L, m, "needs")};
    while (methods[i].needs && methods[i].needs[methods[i].nneeds])
      methods[i].nneeds++;
    methods[i].send = header_list(L, m, "send", &methods[i].nsend);
    methods[i].renew = status_list(L, m, "renew", &methods[i].nrenew);
    if (lua_getfield(L, m, "login") == LUA_TTABLE)
      methods[i].login = read_login(L, lua_gettop(L));
  }
  spec->methods = methods;
}

static int l_connect(lua_State *L) {
  ConnectOptions options = {0};
  Err err = {0};
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  lopt_read(L, 1, connect_options, &options);
  Account *a = lua_newuserdatauv(L, sizeof *a, 1);
  *a = (Account){0};
  buf_init(&a->url, URL_MAX);
  buf_init(&a->number, 64);
  luaL_setmetatable(L, ACCOUNT);
  lua_getfield(L, 1, "config");
  a->config = lconfig_check(L, -1);
  lua_setiuservalue(L, -2, 1);
  options.http.service = options.service;
  options.http.base = options.base;
  options.http.resolve = string_list(L, 1, "resolve");
  options.http.connect_to = string_list(L, 1, "connect_to");
  const Setting *password = config_get(a->config, options.profile,
                                       options.service, "tls_key_password");
  if (password && password->type == SETTING_SECRET)
    options.http.key_password = password->secret;
  AuthSpec spec = {.service = options.service};
  lua_getfield(L, 1, "auth");
  read_spec(L, lua_gettop(L), &spec);
  a->service = strdup(options.service);
  a->profile = strdup(options.profile);
  a->base = strdup(options.base);
  if (!a->service || !a->profile || !a->base)
    return luaL_error(L, "not enough memory");
  a->http = http_new(state_loop(L), &options.http, &err);
  if (!a->http) return lerr_fail(L, &err);
  a->auth = auth_new(a->http, a->base, &spec, lookup, a, &err);
  if (!a->auth) return lerr_fail(L, &err);
  lua_pushvalue(L, 2);
  return 1;
}

/* base("https://host/x/"[, insecure_http]) -> checked base URL */
static int l_base(lua_State *L) {
  Err err = {0};
  Buf *out = lhttp_scratch(L);
  if (url_base(out, luaL_checkstring(L, 1), lua_toboolean(L, 2), &err) != 0)
    return lerr_fail(L, &err);
  lua_pushlstring(L, buf_str(out), out->len);
  return 1;
}

static void read_pairs(lua_State *L, int index, UrlPair *out, size_t n) {
  for (size_t i = 0; i < n; i++) {
    lua_rawgeti(L, index, (lua_Integer)i + 1);
    lua_rawgeti(L, -1, 1);
    out[i].name = luaL_checklstring(L, -1, &out[i].name_len);
    lua_rawgeti(L, -2, 2);
    out[i].value = luaL_checklstring(L, -1, &out[i].value_len);
    lua_pop(L, 3);
  }
}

/* Appends base + template, filled, to out. call is the table at index with
   template, path and query; its strings stay anchored by it. */
static int build_url(lua_State *L, int index, const char *base, Buf *out,
                     Err *err) {
  size_t n[2] = {0, 0};
  UrlPair *pairs[2] = {NULL, NULL};
  static const char *const fields[] = {"path", "query"};
  for (int i = 0; i < 2; i++) {
    if (lua_getfield(L, index, fields[i]) != LUA_TTABLE) continue;
    int list = lua_gettop(L);
    n[i] = lua_rawlen(L, list);
    if (n[i] > PAIRS_MAX)
      return err_set(err, ERR_VALIDATION, "too many %s parameters", fields[i]);
    pairs[i] = lua_newuserdatauv(L, (n[i] + 1) * sizeof *pairs[i], 0);
    read_pairs(L, list, pairs[i], n[i]);
  }
  lua_getfield(L, index, "template");
  return url_build(out, base, luaL_checkstring(L, -1), pairs[0], n[0],
                   pairs[1], n[1], err);
}

/* url(base, {template=, path=, query=}) -> text; for tests and exports */
static int l_url(lua_State *L) {
  Err err = {0};
  const char *base = luaL_checkstring(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  Buf *out = lhttp_scratch(L);
  if (build_url(L, 2, base, out, &err) != 0) return lerr_fail(L, &err);
  lua_pushlstring(L, buf_str(out), out->len);
  return 1;
}

/* ---- calls ---- */

/* The address: "url" (a paging link, checked against the base) or template,
   path and query. */
static int call_url(lua_State *L, Account *a, Err *err) {
  buf_reset(&a->url);
  if (lua_getfield(L, 2, "url") == LUA_TSTRING)
    return url_resolve(&a->url, a->base, lua_tostring(L, -1), err);
  return build_url(L, 2, a->base, &a->url, err);
}

static const char *check_name(lua_State *L, int index) {
  size_t len;
  const char *name = luaL_checklstring(L, index, &len);
  if (strlen(name) != len) {
    Err err;
    err_set(&err, ERR_VALIDATION, "a file name must not hold a zero byte");
    lerr_raise(L, &err);
  }
  return name;
}

/* parts = { {name, path, type}, ... } and output = path of the table at index
   into call; the parts, or nil, are left on the stack for who has to keep
   them. */
static void read_files(lua_State *L, int index, HttpCall *call) {
  if (lua_getfield(L, index, "output") != LUA_TNIL)
    call->output = check_name(L, -1);
  if (lua_getfield(L, index, "parts") == LUA_TNIL) return;
  luaL_checktype(L, -1, LUA_TTABLE);
  int list = lua_gettop(L);
  size_t n = lua_rawlen(L, list);
  HttpPart *parts = lua_newuserdatauv(L, (n + 1) * sizeof *parts, 0);
  for (size_t i = 0; i < n; i++) {
    lua_rawgeti(L, list, (lua_Integer)i + 1);
    luaL_checktype(L, -1, LUA_TTABLE);
    lua_rawgeti(L, -1, 1);
    lua_rawgeti(L, -2, 2);
    lua_rawgeti(L, -3, 3);
    parts[i] = (HttpPart){luaL_checkstring(L, -3), check_name(L, -2),
                          luaL_optstring(L, -1, NULL)};
    lua_pop(L, 4);    /* the call's table anchors the texts */
  }
  call->parts = parts;
  call->nparts = n;
}

/* check_files{parts=, output=} -> true, or nil and what is wrong with the
   files of a call that is to be sent */
static int l_check_files(lua_State *L) {
  Err err = {0};
  HttpCall call = {0};
  luaL_checktype(L, 1, LUA_TTABLE);
  read_files(L, 1, &call);
  if (http_check_files(&call, &err) != 0) return lerr_fail(L, &err);
  lua_pushboolean(L, true);
  return 1;
}

static int l_send(lua_State *L) {
  Account *a = luaL_checkudata(L, 1, ACCOUNT);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  luaL_checkstack(L, 2 * LUA_MINSTACK, NULL);
  if (!a->auth) return luaL_error(L, "closed account");
  Err err = {0};
  HttpCall call = {.method = url_method(text_field(L, 2, "method"))};
  if (!call.method) return luaL_error(L, "no such method");
  if (call_url(L, a, &err) != 0) return lerr_fail(L, &err);
  call.url = buf_str(&a->url);
  const char *const *headers = string_list(L, 2, "headers");
  while (headers && headers[call.nheaders]) call.nheaders++;
  call.headers = headers;
  /* A number would become a text that nothing anchors. */
  int body = lua_getfield(L, 2, "body");
  if (body != LUA_TNIL && body != LUA_TSTRING)
    return luaL_error(L, "the body must be a string");
  call.body = lua_tolstring(L, -1, &call.body_len);
  lua_getfield(L, 2, "timeout");
  call.timeout = luaL_optnumber(L, -1, 0);
  lua_getfield(L, 2, "repeatable");
  call.repeatable = lua_toboolean(L, -1);
  call.operation = text_field(L, 2, "operation");
  const char *const *without = string_list(L, 2, "without");
  size_t nwithout = 0;
  while (without && without[nwithout]) nwithout++;
  lua_getfield(L, 2, "anonymous");
  int flags = lua_toboolean(L, -1) ? AUTH_NONE : 0;
  read_files(L, 2, &call);
  Call *c = lcall_new(L, 2, 1, lua_gettop(L));
  c->repeatable = call.repeatable;
  c->req = auth_send(a->auth, &call, flags, without, nwithout, lcall_done, c,
                     &err);
  if (!c->req) return lerr_fail(L, &err);
  return wait_for(L, &c->wait, (lua_KContext)c, lcall_finish);
}

static int account_close(lua_State *L) {
  Account *a = luaL_checkudata(L, 1, ACCOUNT);
  auth_free(a->auth);
  a->auth = NULL;
  http_free(a->http);
  a->http = NULL;
  buf_wipe(&a->number);
  buf_clear(&a->url);
  free(a->service);
  free(a->profile);
  free(a->base);
  a->service = a->profile = a->base = NULL;
  return 0;
}

static const luaL_Reg methods[] = {
  {"send", l_send}, {"close", account_close}, {NULL, NULL}};

static const luaL_Reg meta[] = {
  {"__gc", account_close}, {"__close", account_close}, {NULL, NULL}};

static const luaL_Reg functions[] = {
  {"connect", l_connect}, {"base", l_base}, {"url", l_url},
  {"check_files", l_check_files}, {NULL, NULL}};

int luaopen_host_http(lua_State *L) {
  luaL_newmetatable(L, ACCOUNT);
  luaL_setfuncs(L, meta, 0);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lcall_open(L);
  luaL_newlib(L, functions);
  return 1;
}
