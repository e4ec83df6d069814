/* lhttp.c - host.http: accounts and their calls, as Lua sees them. */
/* SPDX-License-Identifier: MIT */

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth.h"
#include "bindings.h"
#include "http.h"
#include "lauth.h"
#include "lconfig.h"
#include "lerr.h"
#include "lhttp.h"
#include "lopt.h"
#include "lspec.h"
#include "state.h"
#include "timing.h"
#include "url.h"

enum { URL_MAX = 64 * 1024, PAIRS_MAX = 512, PAIRS_FEW = 8, HEADERS_MAX = 64 };

/* A value of the account for a {name} in a template. */
int lhttp_lookup(void *ctx, const char *name, const char **value,
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
  const char *service, *profile, *base, *address, *token_dir, *token_name;
  HttpOptions http;
  LimitRule limit;
  RetryRule retry;
  lua_Integer requests, concurrency, retries;
} ConnectOptions;

#define FIELD(f) offsetof(ConnectOptions, f)
#define HTTP_FIELD(f) offsetof(ConnectOptions, http) + offsetof(HttpOptions, f)

static const Lopt connect_options[] = {
  {"service", LOPT_STRING, offsetof(ConnectOptions, service), NULL, true},
  {"profile", LOPT_STRING, offsetof(ConnectOptions, profile), NULL, true},
  {"base", LOPT_STRING, offsetof(ConnectOptions, base), NULL, false},
  {"address", LOPT_STRING, FIELD(address), NULL, false},
  {"config", LOPT_VALUE, 0, NULL, true},
  {"auth", LOPT_VALUE, 0, NULL, true},
  {"token_dir", LOPT_STRING, FIELD(token_dir), NULL, false},
  {"token_name", LOPT_STRING, FIELD(token_name), NULL, false},
  {"resolve", LOPT_VALUE, 0, NULL, false},
  {"connect_to", LOPT_VALUE, 0, NULL, false},
  {"cacert", LOPT_STRING, HTTP_FIELD(cacert), NULL, false},
  {"capath", LOPT_STRING, HTTP_FIELD(capath), NULL, false},
  {"crlfile", LOPT_STRING, HTTP_FIELD(crlfile), NULL, false},
  {"cert", LOPT_STRING, HTTP_FIELD(cert), NULL, false},
  {"tls_key", LOPT_STRING, HTTP_FIELD(key), NULL, false},
  {"pinnedpubkey", LOPT_STRING, HTTP_FIELD(pinnedpubkey), NULL, false},
  {"tls_min", LOPT_STRING, HTTP_FIELD(tls_min), NULL, false},
  {"ciphers", LOPT_STRING, HTTP_FIELD(ciphers), NULL, false},
  {"proxy", LOPT_STRING, HTTP_FIELD(proxy), NULL, false},
  {"proxy_user", LOPT_STRING, HTTP_FIELD(proxy_user), NULL, false},
  {"proxy_cacert", LOPT_STRING, HTTP_FIELD(proxy_cacert), NULL, false},
  {"noproxy", LOPT_STRING, HTTP_FIELD(noproxy), NULL, false},
  {"ipv4", LOPT_BOOLEAN, HTTP_FIELD(ipv4), NULL, false},
  {"ipv6", LOPT_BOOLEAN, HTTP_FIELD(ipv6), NULL, false},
  {"unix_socket", LOPT_STRING, HTTP_FIELD(unix_socket), NULL, false},
  {"interface", LOPT_STRING, HTTP_FIELD(interface), NULL, false},
  {"http_version", LOPT_STRING, HTTP_FIELD(http_version), NULL, false},
  {"insecure", LOPT_BOOLEAN, HTTP_FIELD(insecure), NULL, false},
  {"insecure_http", LOPT_BOOLEAN, HTTP_FIELD(insecure_http), NULL, false},
  {"connect_timeout", LOPT_SECONDS, HTTP_FIELD(connect_timeout), NULL, false},
  {"stall_timeout", LOPT_SECONDS, HTTP_FIELD(stall_timeout), NULL, false},
  {"timeout", LOPT_SECONDS, HTTP_FIELD(timeout), NULL, false},
  {"rate_requests", LOPT_INTEGER, FIELD(requests), NULL, false},
  {"rate_seconds", LOPT_SECONDS, FIELD(limit.seconds), NULL, false},
  {"rate_block", LOPT_SECONDS, FIELD(retry.block), NULL, false},
  {"concurrency", LOPT_INTEGER, FIELD(concurrency), NULL, false},
  {"retry", LOPT_INTEGER, FIELD(retries), NULL, false},
  {"retry_delay", LOPT_SECONDS, FIELD(retry.delay), NULL, false},
  {"retry_max_delay", LOPT_SECONDS, FIELD(retry.max_delay), NULL, false},
  {"retry_quota", LOPT_NUMBER, FIELD(limit.quota), NULL, false},
  {"max_body", LOPT_SIZE, HTTP_FIELD(max_body), NULL, false},
  {"max_header", LOPT_SIZE, HTTP_FIELD(max_header), NULL, false},
  {NULL, LOPT_VALUE, 0, NULL, false}};

enum { RETRIES = 3, MAX_RETRIES = 100, PAUSE = 300 };

/* Numbers of the table in range, as C has them. */
static int check_rule(const char *service, const char *name, lua_Integer n,
                      lua_Integer max, Err *err) {
  if (n >= 0 && n <= max) return (int)n;
  err_set(err, ERR_CONFIG, "the setting '%s' of %s must be between 0 and %lld",
          name, service, max);
  return 0;
}

/* What a call does besides being sent: its turn, its retries. */
static int open_retry(lua_State *L, Account *a, ConnectOptions *o, Err *err) {
  LimitRule limit = o->limit;
  RetryRule rule = o->retry;
  limit.service = rule.service = a->service;
  limit.requests = check_rule(a->service, "rate", o->requests,
                              LIMIT_MAX_REQUESTS, err);
  limit.concurrency = check_rule(a->service, "concurrency", o->concurrency,
                                 LIMIT_MAX_REQUESTS, err);
  rule.retries = check_rule(a->service, "retry", o->retries, MAX_RETRIES, err);
  if (err->kind != ERR_NONE) return -1;
  limit.longest_pause = rule.block > 0 ? rule.block : PAUSE;
  rule.timeout = o->http.timeout > 0 ? o->http.timeout : HTTP_TIMEOUT;
  a->limit = limit_get(state_loop(L), a->base, &limit, err);
  if (!a->limit) return -1;
  a->retry = retry_new(state_loop(L), a->auth, a->limit, &rule, err);
  return a->retry ? 0 : -1;
}

/* connect{ service=, profile=, base=, ... } -> account | nil, err. address =
   the name of a setting instead of base: calls go to what it holds. */
static int l_connect(lua_State *L) {
  ConnectOptions options = {
    .retries = RETRIES, .limit = {.seconds = 1, .quota = 100},
    .retry = {.delay = 0.5, .max_delay = 20}};
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
  if (options.address) {
    Buf *origin = lhttp_scratch(L);
    if (lhttp_origin(origin, a->config, options.profile, options.service,
                     options.address, &err) != 0) return lerr_fail(L, &err);
    options.base = buf_str(origin);
    a->hidden = true;
  }
  luaL_argcheck(L, options.base, 1, "base or address expected");
  options.http.service = options.service;
  options.http.base = options.base;
  options.http.resolve = lspec_strings(L, 1, "resolve");
  options.http.connect_to = lspec_strings(L, 1, "connect_to");
  const Setting *password = config_get(a->config, options.profile,
                                       options.service, "tls_key_password");
  if (password && password->type == SETTING_SECRET)
    options.http.key_password = password->secret;
  password = config_get(a->config, options.profile, options.service,
                        "proxy_password");
  if (password && password->type == SETTING_SECRET)
    options.http.proxy_password = password->secret;
  AuthSpec spec = {.service = options.service};
  lua_getfield(L, 1, "auth");
  lspec_read(L, lua_gettop(L), &spec);
  a->service = strdup(options.service);
  a->profile = strdup(options.profile);
  a->base = strdup(options.base);
  if (!a->service || !a->profile || !a->base)
    return luaL_error(L, "not enough memory");
  a->http = http_new(state_loop(L), &options.http, &err);
  if (!a->http) return lerr_fail(L, &err);
  a->auth = auth_new(a->http, a->base, &spec, lhttp_lookup, a, &err);
  if (!a->auth) return lerr_fail(L, &err);
  if (lauth_keep(L, a, options.token_dir, options.token_name, &err) != 0)
    return lerr_fail(L, &err);
  if (open_retry(L, a, &options, &err) != 0) return lerr_fail(L, &err);
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
  UrlPair few[2][PAIRS_FEW], *pairs[2] = {few[0], few[1]};
  static const char *const fields[] = {"path", "query"};
  for (int i = 0; i < 2; i++) {
    if (lua_getfield(L, index, fields[i]) != LUA_TTABLE) continue;
    int list = lua_gettop(L);
    n[i] = lua_rawlen(L, list);
    if (n[i] > PAIRS_MAX)
      return err_set(err, ERR_VALIDATION, "too many %s parameters", fields[i]);
    if (n[i] > PAIRS_FEW)
      pairs[i] = lua_newuserdatauv(L, n[i] * sizeof *pairs[i], 0);
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

/* The address: "url" (a paging link, checked against the base), "address" (a
   setting, with suffix and raw_query) or template, path and query. */
static int call_url(lua_State *L, Account *a, Err *err) {
  buf_reset(&a->url);
  if (a->hidden) {
    lua_getfield(L, 2, "raw_query");
    lua_getfield(L, 2, "suffix");
    lua_getfield(L, 2, "address");
    return lhttp_target(&a->url, a, luaL_checkstring(L, -1),
                        luaL_optstring(L, -2, ""), luaL_optstring(L, -3, ""),
                        err);
  }
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

/* parts = { {name, path, type}, ... }, upload and output = path of the table
   at index into call; the parts, or nil, are left on the stack for who has to keep
   them. */
static void read_files(lua_State *L, int index, HttpCall *call) {
  if (lua_getfield(L, index, "output") != LUA_TNIL)
    call->output = check_name(L, -1);
  if (lua_getfield(L, index, "upload") != LUA_TNIL)
    call->upload = check_name(L, -1);
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

/* check_files{parts=, upload=, output=} -> true, or nil and what is wrong with the
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
  if (!a->retry) return luaL_error(L, "closed account");
  Err err = {0};
  HttpCall call = {.method = url_method(lspec_text(L, 2, "method"))};
  if (!call.method) return luaL_error(L, "no such method");
  if (call_url(L, a, &err) != 0) return lerr_fail(L, &err);
  call.url = buf_str(&a->url);
  const char *const *headers = lspec_strings(L, 2, "headers");
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
  call.operation = lspec_text(L, 2, "operation");
  const char *const *without = lspec_strings(L, 2, "without");
  size_t nwithout = 0;
  while (without && without[nwithout]) nwithout++;
  lua_getfield(L, 2, "anonymous");
  int flags = lua_toboolean(L, -1) ? AUTH_NONE : 0;
  read_files(L, 2, &call);
  lua_getfield(L, 2, "keep");
  bool keep = lua_toboolean(L, -1);
  lua_getfield(L, 2, "retry");
  int retries = (int)luaL_optinteger(L, -1, -1);
  lua_pop(L, 2);
  Call *c = lcall_new(L, 2, 1, lua_gettop(L));
  c->repeatable = call.repeatable;
  /* For who has to say what became of it when the wait is cut short. */
  if (!c->repeatable) {
    lua_pushvalue(L, -1);
    lua_setfield(L, 2, "call");
  }
  c->keep = keep;
  c->req = retry_send(a->retry, &call, flags, without, nwithout, retries,
                      lcall_done, c, &err);
  if (!c->req) return lerr_fail(L, &err);
  return wait_for(L, &c->wait, (lua_KContext)c, lcall_finish);
}

static int account_close(lua_State *L) {
  Account *a = luaL_checkudata(L, 1, ACCOUNT);
  retry_free(a->retry);
  a->retry = NULL;
  limit_release(a->limit);
  a->limit = NULL;
  auth_free(a->auth);
  a->auth = NULL;
  http_free(a->http);
  a->http = NULL;
  buf_wipe(&a->number);
  buf_wipe(&a->url);
  free(a->service);
  free(a->profile);
  free(a->base);
  a->service = a->profile = a->base = NULL;
  return 0;
}

/* paused() -> seconds for which the service lets nobody in, 0 = it does */
static int l_paused(lua_State *L) {
  const Account *a = luaL_checkudata(L, 1, ACCOUNT);
  lua_pushnumber(L, a->limit ? limit_paused(a->limit) : 0);
  return 1;
}

/* route() -> which way its requests go, for doctor */
static int l_route(lua_State *L) {
  const Account *a = luaL_checkudata(L, 1, ACCOUNT);
  if (!a->http) return luaL_error(L, "closed account");
  Buf *out = lhttp_scratch(L);
  if (http_describe_route(a->http, out))
    return luaL_error(L, "not enough memory");
  lua_pushlstring(L, buf_str(out), out->len);
  return 1;
}

/* timing(on): tells each request where its time went */
static int l_timing(lua_State *L) {
  timing_set(lua_toboolean(L, 1));
  return 0;
}

/* timing_sum() -> one line */
static int l_timing_sum(lua_State *L) {
  Buf *out = lhttp_scratch(L);
  if (timing_sum(out)) return luaL_error(L, "not enough memory");
  lua_pushlstring(L, buf_str(out), out->len);
  return 1;
}

static const luaL_Reg methods[] = {
  {"send", l_send}, {"paused", l_paused}, {"route", l_route},
  {"close", account_close}, {NULL, NULL}};

static const luaL_Reg meta[] = {
  {"__gc", account_close}, {"__close", account_close}, {NULL, NULL}};

/* refuse_waiting(): calls that wait for their turn end with kind
   "rate_limited"; nothing of them was sent */
static int l_refuse_waiting(lua_State *L) {
  (void)L;
  limit_refuse();
  return 0;
}

static const luaL_Reg functions[] = {
  {"connect", l_connect}, {"base", l_base}, {"url", l_url},
  {"check_files", l_check_files}, {"timing", l_timing},
  {"timing_sum", l_timing_sum}, {"refuse_waiting", l_refuse_waiting},
  {NULL, NULL}};

int luaopen_host_http(lua_State *L) {
  luaL_newmetatable(L, ACCOUNT);
  luaL_setfuncs(L, meta, 0);
  luaL_newlib(L, methods);
  lauth_methods(L);
  lua_setfield(L, -2, "__index");
  lcall_open(L);
  luaL_newlib(L, functions);
  lauth_functions(L);
  return 1;
}
