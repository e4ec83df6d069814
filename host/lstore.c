/* lstore.c - host.store: the record of calls, for lua/core. */
/* SPDX-License-Identifier: MIT */
#include "bindings.h"

#include <limits.h>
#include <lauxlib.h>
#include <string.h>
#include "lerr.h"
#include "lopt.h"
#include "store.h"

#define STORE "host.store"

enum { REMOTE_MAX = 4096 };

typedef struct LStore {
  Store *store;   /* NULL: closed */
} LStore;

static Store *check_store(lua_State *L) {
  LStore *s = luaL_checkudata(L, 1, STORE);
  if (!s->store) luaL_error(L, "closed store");
  return s->store;
}

static const char *opt_text(lua_State *L, int index) {
  size_t n;
  const char *text = luaL_optlstring(L, index, NULL, &n);
  luaL_argcheck(L, !text || strlen(text) == n, index, "zero byte inside");
  return text;
}

/* ---- methods ---- */

static int store_gc(lua_State *L) {
  LStore *s = luaL_checkudata(L, 1, STORE);
  store_close(s->store);
  s->store = NULL;
  return 0;
}

#define TEXT(name, needed) \
  {#name, LOPT_STRING, offsetof(StoreCall, name), NULL, needed}

/* begin{ service =, profile =, account =, operation =, effect =, scope =,
   key =, arguments = } -> id | nil, err */
static int store_begin(lua_State *L) {
  static const Lopt options[] = {
    TEXT(service, true), TEXT(profile, true), TEXT(account, false),
    TEXT(operation, true), TEXT(effect, true), TEXT(scope, false),
    TEXT(key, false), TEXT(arguments, false), {.name = NULL}};
  Store *s = check_store(L);
  luaL_checktype(L, 2, LUA_TTABLE);
  StoreCall call = {.account = "", .scope = "", .arguments = ""};
  lopt_read(L, 2, options, &call);
  long long id;
  Err err;
  if (store_call_begin(s, &call, &id, &err)) return lerr_fail(L, &err);
  lua_pushinteger(L, id);
  return 1;
}

/* finish(id, outcome, status, remote_id, message) -> true | nil, err */
static int store_finish(lua_State *L) {
  Store *s = check_store(L);
  lua_Integer status = luaL_optinteger(L, 4, 0);
  luaL_argcheck(L, status >= 0 && status <= INT_MAX, 4, "HTTP status expected");
  Err err;
  if (store_call_end(s, luaL_checkinteger(L, 2), luaL_checkstring(L, 3),
                     (int)status, opt_text(L, 5), opt_text(L, 6), &err))
    return lerr_fail(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

/* find_remote{ service =, profile =, account =, operation =, scope =,
   key = } -> id | nil | nil, err */
static int store_find(lua_State *L) {
  static const Lopt options[] = {
    TEXT(service, true), TEXT(profile, true), TEXT(account, false),
    TEXT(operation, true), TEXT(scope, false), TEXT(key, true),
    {.name = NULL}};
  Store *s = check_store(L);
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
  Store *s = check_store(L);
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

/* check() -> true | nil, err: reads the whole store */
static int store_whole(lua_State *L) {
  Err err;
  if (store_check(check_store(L), &err)) return lerr_fail(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

static const luaL_Reg methods[] = {
  {"begin", store_begin}, {"finish", store_finish},
  {"find_remote", store_find}, {"calls", store_calls},
  {"check", store_whole}, {"close", store_gc}, {NULL, NULL}};

static const luaL_Reg metamethods[] = {
  {"__gc", store_gc}, {"__close", store_gc}, {NULL, NULL}};

/* ---- functions ---- */

/* open([path]) -> store | nil, err; without a path it is kept in memory */
static int l_open(lua_State *L) {
  const char *path = opt_text(L, 1);
  LStore *s = lua_newuserdatauv(L, sizeof *s, 0);
  s->store = NULL;   /* closed until it is open */
  luaL_setmetatable(L, STORE);
  Err err;
  s->store = store_open(path, &err);
  return s->store ? 1 : lerr_fail(L, &err);
}

static const luaL_Reg functions[] = {{"open", l_open}, {NULL, NULL}};

int luaopen_host_store(lua_State *L) {
  luaL_newmetatable(L, STORE);
  luaL_setfuncs(L, metamethods, 0);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}
