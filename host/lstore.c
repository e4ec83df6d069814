/* lstore.c - host.store: the record of calls and the history, for lua/core. */
/* SPDX-License-Identifier: MIT */
#include "bindings.h"

#include <limits.h>
#include <lauxlib.h>
#include <string.h>
#include "lerr.h"
#include "lstore.h"
#include "lopt.h"

enum { REMOTE_MAX = 4096, ADD_MAX = 4096 };

const char *lstore_text(lua_State *L, int index) {
  size_t n;
  const char *text = luaL_optlstring(L, index, NULL, &n);
  luaL_argcheck(L, !text || strlen(text) == n, index, "zero byte inside");
  return text;
}

/* ---- methods ---- */

static int store_gc(lua_State *L) {
  LStore *s = luaL_checkudata(L, 1, LSTORE);
  if (s->store) lstore_flush(s);
  store_close(s->store);
  s->store = NULL;
  return 0;
}

#define TEXT(name, needed) \
  {#name, LOPT_STRING, offsetof(StoreCall, name), NULL, needed}

/* find_remote{ service =, profile =, account =, operation =, scope =,
   key = } -> id | nil | nil, err */
static int store_find(lua_State *L) {
  static const Lopt options[] = {
    TEXT(service, true), TEXT(profile, true), TEXT(account, false),
    TEXT(operation, true), TEXT(scope, false), TEXT(key, true),
    {.name = NULL}};
  Store *s = lstore_check(L);
  luaL_checktype(L, 2, LUA_TTABLE);
  StoreCall c = {.account = "", .scope = ""};
  lopt_read(L, 2, options, &c);
  char id[REMOTE_MAX];
  Err err;
  int found = store_find_remote(s, c.service, c.profile, c.account,
                                c.operation, c.scope, c.key, id, sizeof id,
                                &err);
  if (found < 0) return lerr_fail(L, &err);
  lua_pushstring(L, found ? id : NULL);
  return 1;
}

/* settle{ service =, profile =, account =, operation =, scope =, key =,
   remote_id = } -> true | nil, err: what was in doubt has made that */
static int store_settle(lua_State *L) {
  typedef struct Settled {
    StoreCall call;
    const char *remote_id;
  } Settled;
#define PART(name, needed) \
  {#name, LOPT_STRING, offsetof(Settled, call.name), NULL, needed}
  static const Lopt options[] = {
    PART(service, true), PART(profile, true), PART(account, false),
    PART(operation, true), PART(scope, false), PART(key, true),
    {"remote_id", LOPT_STRING, offsetof(Settled, remote_id), NULL, true},
    {.name = NULL}};
#undef PART
  Store *s = lstore_check(L);
  luaL_checktype(L, 2, LUA_TTABLE);
  Settled it = {.call = {.account = "", .scope = ""}};
  lopt_read(L, 2, options, &it);
  Err err;
  if (store_call_settle(s, &it.call, it.remote_id, &err))
    return lerr_fail(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

static void set(lua_State *L, const char *name, const char *value) {
  lua_pushstring(L, value);
  lua_setfield(L, -2, name);
}

/* list, light userdata of the row: appends it */
static int add_row(lua_State *L) {
  const StoreRow *row = lua_touserdata(L, 2);
  lua_createtable(L, 0, 13);
  lua_pushinteger(L, row->id);
  lua_setfield(L, -2, "id");
  lua_pushinteger(L, row->status);
  lua_setfield(L, -2, "status");
  set(L, "at", row->at);
  set(L, "service", row->call.service);
  set(L, "profile", row->call.profile);
  set(L, "account", row->call.account);
  set(L, "operation", row->call.operation);
  set(L, "effect", row->call.effect);
  set(L, "scope", row->call.scope);
  set(L, "key", row->call.key);
  set(L, "arguments", row->call.arguments);
  set(L, "outcome", row->outcome);
  set(L, "remote_id", row->remote_id);
  set(L, "message", row->message);
  lua_rawseti(L, 1, luaL_len(L, 1) + 1);
  return 0;
}

typedef struct Rows {
  lua_State *L;
  int failed;
} Rows;

/* SQLite is on the C stack: an error of Lua waits on the Lua stack. */
static int each_row(void *ctx, const StoreRow *row) {
  Rows *rows = ctx;
  lua_pushcfunction(rows->L, add_row);
  lua_pushvalue(rows->L, 3);                    /* list */
  lua_pushlightuserdata(rows->L, (void *)row);
  rows->failed = lua_pcall(rows->L, 2, 0, 0) != LUA_OK;
  return rows->failed;
}

/* calls([limit = 100]) -> list of rows, newest first | nil, err */
static int store_calls(lua_State *L) {
  Store *s = lstore_check(L);
  lua_Integer limit = luaL_optinteger(L, 2, 100);
  luaL_argcheck(L, limit >= 0 && limit <= INT_MAX, 2, "count expected");
  lua_settop(L, 2);
  lua_newtable(L);
  luaL_checkstack(L, 4, NULL);
  Rows rows = {L, 0};
  Err err;
  int rc = store_each_call(s, (int)limit, each_row, &rows, &err);
  if (rows.failed) return lua_error(L);
  return rc ? lerr_fail(L, &err) : 1;
}

/* add{ exchange, ... } -> true | nil, err: exchanges of reads */
static int store_add(lua_State *L) {
  Store *s = lstore_check(L);
  luaL_checktype(L, 2, LUA_TTABLE);
  size_t n = lua_rawlen(L, 2);
  luaL_argcheck(L, n <= ADD_MAX, 2, "too many at once");
  StoreExchange *list = lua_newuserdatauv(L, (n + 1) * sizeof *list, 0);
  for (size_t i = 0; i < n; i++) {
    lua_rawgeti(L, 2, (lua_Integer)i + 1);
    luaL_checktype(L, -1, LUA_TTABLE);
    lstore_exchange(L, -1, &list[i]);
    lua_pop(L, 1);               /* the list anchors it */
  }
  Err err;
  if (store_add_exchanges(s, list, n, &err)) return lerr_fail(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

static void set_number(lua_State *L, const char *name, long long n) {
  lua_pushinteger(L, n);
  lua_setfield(L, -2, name);
}

/* list, light userdata of the row: appends it */
static int add_exchange(lua_State *L) {
  const StoreExchangeRow *row = lua_touserdata(L, 2);
  const StoreExchange *x = &row->x;
  lua_createtable(L, 0, 26);
  set_number(L, "id", row->id);
  set_number(L, "status", x->status);
  set_number(L, "attempts", x->attempts);
  set_number(L, "request_cut", row->request_cut);
  set_number(L, "reply_cut", row->reply_cut);
  lua_pushnumber(L, x->seconds);
  lua_setfield(L, -2, "seconds");
  lua_pushboolean(L, x->insecure);
  lua_setfield(L, -2, "insecure");
  set(L, "at", row->at);
  set(L, "service", x->service);
  set(L, "profile", x->profile);
  set(L, "operation", x->operation);
  set(L, "effect", x->effect);
  set(L, "what", x->what);
  set(L, "method", x->method);
  set(L, "url", x->url);
  set(L, "outcome", x->outcome);
  set(L, "kind", x->kind);
  set(L, "message", x->message);
  set(L, "request_head", x->request_head);
  set(L, "request_body", x->request_body);
  set(L, "request_note", x->request_note);
  set(L, "files", x->files);
  set(L, "reply_head", x->reply_head);
  set(L, "reply_body", x->reply_body);
  set(L, "reply_note", x->reply_note);
  set(L, "times", x->times);
  lua_rawseti(L, 1, luaL_len(L, 1) + 1);
  return 0;
}

static int each_exchange(void *ctx, const StoreExchangeRow *row) {
  Rows *rows = ctx;
  lua_pushcfunction(rows->L, add_exchange);
  lua_pushvalue(rows->L, 3);                    /* list */
  lua_pushlightuserdata(rows->L, (void *)row);
  rows->failed = lua_pcall(rows->L, 2, 0, 0) != LUA_OK;
  return rows->failed;
}

/* exchanges{ service =, operation =, outcome =, since =, limit = } -> list,
   newest first, without heads and bodies | nil, err */
static int store_exchanges(lua_State *L) {
  typedef struct Wanted {
    StoreFilter filter;
    lua_Integer limit;
  } Wanted;
  static const Lopt options[] = {
    {"service", LOPT_STRING, offsetof(Wanted, filter.service), NULL, false},
    {"operation", LOPT_STRING, offsetof(Wanted, filter.operation), NULL,
     false},
    {"outcome", LOPT_STRING, offsetof(Wanted, filter.outcome), NULL, false},
    {"since", LOPT_STRING, offsetof(Wanted, filter.since), NULL, false},
    {"limit", LOPT_INTEGER, offsetof(Wanted, limit), NULL, false},
    {.name = NULL}};
  Store *s = lstore_check(L);
  lua_settop(L, 2);
  Wanted wanted = {.limit = 0};
  lopt_read(L, 2, options, &wanted);
  wanted.filter.limit = lstore_small(wanted.limit);
  lua_newtable(L);
  luaL_checkstack(L, 4, NULL);
  Rows rows = {L, 0};
  Err err;
  int rc = store_each_exchange(s, &wanted.filter, each_exchange, &rows, &err);
  if (rows.failed) return lua_error(L);
  return rc ? lerr_fail(L, &err) : 1;
}

/* exchange(id) -> the whole of it | nil | nil, err */
static int store_exchange(lua_State *L) {
  Store *s = lstore_check(L);
  lua_Integer id = luaL_checkinteger(L, 2);
  lua_settop(L, 2);
  lua_newtable(L);
  luaL_checkstack(L, 4, NULL);
  Rows rows = {L, 0};
  Err err;
  int found = store_one_exchange(s, id, each_exchange, &rows, &err);
  if (rows.failed) return lua_error(L);
  if (found < 0) return lerr_fail(L, &err);
  lua_rawgeti(L, 3, 1);
  return 1;
}

/* check() -> true | nil, err: reads the whole store */
static int store_whole(lua_State *L) {
  Err err;
  if (store_check(lstore_check(L), &err)) return lerr_fail(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

static const luaL_Reg methods[] = {
  {"begin", lstore_begin}, {"finish", lstore_finish},
  {"find_remote", store_find}, {"calls", store_calls},
  {"add", store_add}, {"exchanges", store_exchanges},
  {"exchange", store_exchange}, {"check", store_whole},
  {"settle", store_settle},
  {"close", store_gc}, {NULL, NULL}};

static const luaL_Reg metamethods[] = {
  {"__gc", store_gc}, {"__close", store_gc}, {NULL, NULL}};

/* ---- functions ---- */

/* open([path]) -> store | nil, err; without a path it is kept in memory */
static int l_open(lua_State *L) {
  const char *path = lstore_text(L, 1);
  LStore *s = lua_newuserdatauv(L, sizeof *s, 0);
  *s = (LStore){.store = NULL};   /* closed until it is open */
  luaL_setmetatable(L, LSTORE);
  Err err;
  s->store = store_open(path, &err);
  return s->store ? 1 : lerr_fail(L, &err);
}

static const luaL_Reg functions[] = {{"open", l_open}, {NULL, NULL}};

int luaopen_host_store(lua_State *L) {
  lstorewrite_open(L);
  luaL_newmetatable(L, LSTORE);
  luaL_setfuncs(L, metamethods, 0);
  luaL_newlib(L, methods);
  luaL_setfuncs(L, lstore_statements, 0);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  lua_pushlightuserdata(L, NULL);
  lua_setfield(L, -2, "null");
  lua_pushinteger(L, store_schema());
  lua_setfield(L, -2, "SCHEMA");
  return 1;
}
