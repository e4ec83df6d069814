/* lstorequery.c - host.store: statements and transactions, for the journal. */
/* SPDX-License-Identifier: MIT */
#include "lstore.h"

#include <lauxlib.h>
#include <string.h>
#include "lerr.h"

Store *lstore_check(lua_State *L) {
  LStore *s = luaL_checkudata(L, 1, LSTORE);
  if (!s->store) luaL_error(L, "closed store");
  return s->store;
}

int lstore_refuse(lua_State *L, const Err *err, const char *reason) {
  lerr_fail(L, err);
  lua_pushstring(L, reason);
  lua_setfield(L, -2, "reason");
  return 2;
}

int lstore_fail(lua_State *L, Store *s, const Err *err) {
  return lstore_refuse(L, err, store_reason(s));
}

/* The value on top of the stack, which the table of parameters anchors. */
static void read_value(lua_State *L, const char *name, StoreValue *v) {
  *v = (StoreValue){.type = STORE_NULL};
  switch (lua_type(L, -1)) {
  case LUA_TNIL: return;
  case LUA_TBOOLEAN:
    *v = (StoreValue){.type = STORE_INTEGER, .integer = lua_toboolean(L, -1)};
    return;
  case LUA_TNUMBER:
    if (lua_isinteger(L, -1))
      *v = (StoreValue){.type = STORE_INTEGER,
                        .integer = lua_tointeger(L, -1)};
    else
      *v = (StoreValue){.type = STORE_NUMBER, .number = lua_tonumber(L, -1)};
    return;
  case LUA_TSTRING:
    v->type = STORE_STRING;
    v->text = lua_tolstring(L, -1, &v->len);
    if (strlen(v->text) == v->len) return;
    luaL_error(L, "parameter '%s': zero byte inside", name);
    return;
  case LUA_TLIGHTUSERDATA:
    if (!lua_touserdata(L, -1)) return;   /* host.store.null */
    break;
  default: break;
  }
  luaL_error(L, "parameter '%s': a %s cannot be kept", name,
             luaL_typename(L, -1));
}

/* The parameters of q from the table at 3; in room where they fit, else in a
   userdata on the stack. */
static StoreValue *read_values(lua_State *L, const StoreStatement *q,
                               StoreValue room[STORE_COLUMNS]) {
  int n = store_parameters(q);
  StoreValue *values =
      n <= STORE_COLUMNS
          ? room : lua_newuserdatauv(L, (size_t)n * sizeof *values, 0);
  for (int i = 0; i < n; i++) {
    const char *name = store_parameter(q, i);
    if (lua_isnoneornil(L, 3)) lua_pushnil(L);
    else if (name) lua_getfield(L, 3, name);
    else lua_geti(L, 3, i + 1);
    read_value(L, name ? name : "?", &values[i]);
    lua_pop(L, 1);
  }
  return values;
}

typedef struct ValueRow {
  int n;
  const char *const *names;
  const StoreValue *row;
} ValueRow;

/* list, light userdata of the row: appends it */
static int add_values(lua_State *L) {
  const ValueRow *row = lua_touserdata(L, 2);
  lua_createtable(L, 0, row->n);
  for (int i = 0; i < row->n; i++) {
    const StoreValue *v = &row->row[i];
    switch (v->type) {
    case STORE_NULL: continue;
    case STORE_INTEGER: lua_pushinteger(L, v->integer); break;
    case STORE_NUMBER: lua_pushnumber(L, v->number); break;
    case STORE_STRING: lua_pushlstring(L, v->text, v->len); break;
    }
    lua_setfield(L, -2, row->names[i]);
  }
  lua_rawseti(L, 1, luaL_len(L, 1) + 1);
  return 0;
}

/* The list of rows is at index `list`. */
typedef struct Values {
  lua_State *L;
  int list, failed;
} Values;

static int each_values(void *ctx, int n, const char *const *names,
                       const StoreValue *row) {
  Values *values = ctx;
  lua_State *L = values->L;
  ValueRow one = {n, names, row};
  lua_pushcfunction(L, add_values);
  lua_pushvalue(L, values->list);
  lua_pushlightuserdata(L, &one);
  values->failed = lua_pcall(L, 2, 0, 0) != LUA_OK;
  return values->failed;
}

/* self, sql, parameters: runs it; with keep, the list of rows is pushed */
static int run_statement(lua_State *L, bool keep) {
  Store *s = lstore_check(L);
  const char *sql = luaL_checkstring(L, 2);
  lua_settop(L, 3);
  if (!lua_isnil(L, 3)) luaL_checktype(L, 3, LUA_TTABLE);
  luaL_checkstack(L, 8, NULL);
  Err err;
  StoreStatement *q = store_statement(s, sql, &err);
  if (!q) return lstore_fail(L, s, &err);
  StoreValue room[STORE_COLUMNS];
  const StoreValue *values = read_values(L, q, room);
  if (keep) lua_newtable(L);
  Values rows = {L, lua_gettop(L), 0};
  long long changed = 0;
  int bad = store_select(s, q, values, keep ? each_values : NULL, &rows,
                         &changed, &err);
  if (rows.failed) return lua_error(L);
  if (bad) return lstore_fail(L, s, &err);
  if (!keep) lua_pushinteger(L, changed);
  return 1;
}

/* rows(sql[, parameters]) -> list of rows by column name | nil, err.
   Parameters are a list for ?, or names for :name; nil and host.store.null
   are null. err.reason: "full", "dead", "busy", "read_only", "damaged", ... */
static int store_rows(lua_State *L) {
  return run_statement(L, true);
}

/* execute(sql[, parameters]) -> how many rows changed | nil, err */
static int store_execute(lua_State *L) {
  return run_statement(L, false);
}

/* last_id() -> the number of the row that was inserted last */
static int store_last(lua_State *L) {
  lua_pushinteger(L, store_last_id(lstore_check(L)));
  return 1;
}

/* atomic(fn, ...) -> what fn returns | nil, err. All that fn writes is there
   and durable when it returns, or nothing of it: a raise rolls back and is
   passed on. Not inside another one, and fn cannot wait for anything. */
static int store_atomic(lua_State *L) {
  Store *s = lstore_check(L);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  Err err;
  if (store_atomic_begin(s, &err)) return lstore_fail(L, s, &err);
  int rc = lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 0);
  LStore *self = lua_touserdata(L, 1);
  if (!self->store) return luaL_error(L, "store closed inside atomic");
  if (rc != LUA_OK) {
    store_atomic_rollback(s);
    return lua_error(L);
  }
  if (store_atomic_commit(s, &err)) return lstore_fail(L, s, &err);
  return lua_gettop(L) - 1;
}

/* reserve() -> true | nil, err: room for what comes back */
static int store_room(lua_State *L) {
  Store *s = lstore_check(L);
  Err err;
  if (store_reserve(s, &err)) return lstore_fail(L, s, &err);
  lua_pushboolean(L, 1);
  return 1;
}

/* release() -> was there any */
static int store_give(lua_State *L) {
  lua_pushboolean(L, store_release(lstore_check(L)));
  return 1;
}

/* mark(text); marked() -> the text of the last mark | nil */
static int store_set_mark(lua_State *L) {
  store_mark(lstore_check(L), luaL_checkstring(L, 2));
  return 0;
}

static int store_get_mark(lua_State *L) {
  char text[STORE_MARK];
  lua_pushstring(L, store_marked(lstore_check(L), text) ? text : NULL);
  return 1;
}

const luaL_Reg lstore_statements[] = {
  {"rows", store_rows}, {"execute", store_execute}, {"last_id", store_last},
  {"atomic", store_atomic}, {"reserve", store_room}, {"release", store_give},
  {"mark", store_set_mark}, {"marked", store_get_mark}, {NULL, NULL}};
