/* lerr.c - Err as a structured Lua error. */
/* SPDX-License-Identifier: MIT */
#include "lerr.h"

#include <lauxlib.h>
#include <stdint.h>
#include <string.h>
#include "bindings.h"
#include "ltext.h"
#include "redact.h"
#include "text.h"

static const char ERROR[] = "errand.error";

enum { PROBLEMS_MAX = 100 };

/* Pushes the field, read raw; its text if it is a string or a number, NULL
   otherwise. The table is at the absolute index t. */
static const char *field(lua_State *L, int t, const char *name, size_t *len) {
  lua_pushstring(L, name);
  lua_rawget(L, t);
  if (len) *len = 0;
  return lua_isstring(L, -1) ? lua_tolstring(L, -1, len) : NULL;
}

/* Appends the field and the suffix if the field has text. Nothing is cut
   here: half a secret would not be known for one. */
static bool add_field(lua_State *L, int t, const char *name, Buf *b,
                      const char *suffix) {
  size_t len;
  const char *s = field(L, t, name, &len);
  if (s && len > 0) {
    buf_add(b, s, len);
    buf_puts(b, suffix);
  }
  lua_pop(L, 1);
  return s && len > 0;
}

static void add_operation(lua_State *L, int t, Buf *b) {
  size_t len;
  bool operation = field(L, t, "operation", &len) && len > 0;
  lua_pop(L, 1);
  add_field(L, t, "service", b, operation ? "." : ": ");
  add_field(L, t, "operation", b, ": ");
}

static void add_status(lua_State *L, int t, size_t from, Buf *b) {
  lua_pushliteral(L, "status");
  lua_rawget(L, t);
  lua_Integer status = lua_tointeger(L, -1);
  lua_pop(L, 1);
  if (status <= 0 || status > 999) return;
  char digits[8];
  snprintf(digits, sizeof digits, "%d", (int)status);
  if (!strstr(buf_str(b) + from, digits)) buf_printf(b, " (HTTP %s)", digits);
}

static void add_problem(lua_State *L, int p, Buf *b) {
  buf_puts(b, "\n  - ");
  if (lua_istable(L, p)) {
    add_field(L, p, "path", b, ": ");
    add_field(L, p, "message", b, "");
  } else if (lua_type(L, p) == LUA_TSTRING) {
    size_t len;
    const char *s = lua_tolstring(L, p, &len);
    buf_add(b, s, len);
  } else {
    buf_puts(b, luaL_typename(L, p));
  }
}

static void add_problems(lua_State *L, int t, Buf *b) {
  lua_pushliteral(L, "problems");
  lua_rawget(L, t);
  if (lua_istable(L, -1)) {
    int list = lua_gettop(L);
    lua_Unsigned n = lua_rawlen(L, list);
    for (lua_Unsigned i = 1; i <= n && i <= PROBLEMS_MAX; i++) {
      lua_rawgeti(L, list, (lua_Integer)i);
      add_problem(L, lua_gettop(L), b);
      lua_pop(L, 1);
    }
    if (n > PROBLEMS_MAX)
      buf_printf(b, "\n  - and %llu more",
                 (unsigned long long)(n - PROBLEMS_MAX));
  }
  lua_pop(L, 1);
}

/* Pushes s without secrets and controls. */
static void push_shown(lua_State *L, const char *s, size_t n) {
  Buf *plain = ltext_buf(L, SIZE_MAX);
  Buf *safe = ltext_buf(L, SIZE_MAX);
  redact_text(plain, s, n);
  text_safe(safe, buf_str(plain), plain->len, true);
  buf_wipe(plain);
  ltext_push(L, safe);
  lua_replace(L, -3);
  lua_pop(L, 1);
}

/* Pushes the sentence for the table at the absolute index t. */
static void push_sentence(lua_State *L, int t) {
  Buf *b = ltext_buf(L, SIZE_MAX);
  add_field(L, t, "where", b, ": ");
  add_operation(L, t, b);
  size_t from = b->len;
  if (!add_field(L, t, "message", b, "") && !add_field(L, t, "kind", b, ""))
    buf_puts(b, "error");
  add_status(L, t, from, b);
  add_problems(L, t, b);
  push_shown(L, buf_str(b), b->len);
  buf_wipe(b);
  lua_remove(L, -2);
}

bool lerr_is(lua_State *L, int index) {
  if (!lua_istable(L, index) || !lua_getmetatable(L, index)) return false;
  luaL_getmetatable(L, ERROR);
  bool same = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return same;
}

static int error_tostring(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  push_sentence(L, 1);
  return 1;
}

/* "cannot add her: " .. err */
static int error_concat(lua_State *L) {
  luaL_tolstring(L, 1, NULL);
  luaL_tolstring(L, 2, NULL);
  lua_concat(L, 2);
  return 1;
}

void lerr_open(lua_State *L) {
  static const luaL_Reg methods[] = {
    {"__tostring", error_tostring}, {"__concat", error_concat}, {NULL, NULL}};
  if (luaL_newmetatable(L, ERROR)) {
    luaL_setfuncs(L, methods, 0);
    lua_pushstring(L, ERROR);
    lua_setfield(L, -2, "__metatable");
  }
  lua_pop(L, 1);
}

void lerr_mark(lua_State *L) {
  luaL_setmetatable(L, ERROR);
}

void lerr_push(lua_State *L, const Err *err) {
  luaL_checkstack(L, 4, NULL);
  lua_createtable(L, 0, 4);
  lua_pushstring(L, err_kind_name(err->kind));
  lua_setfield(L, -2, "kind");
  lua_pushstring(L, err->text);
  lua_setfield(L, -2, "message");
  if (err->status) {
    lua_pushinteger(L, err->status);
    lua_setfield(L, -2, "status");
  }
  lua_pushboolean(L, err->retryable);
  lua_setfield(L, -2, "retryable");
  lerr_mark(L);
}

int lerr_fail(lua_State *L, const Err *err) {
  lua_pushnil(L);
  lerr_push(L, err);
  return 2;
}

int lerr_raise(lua_State *L, const Err *err) {
  lerr_push(L, err);
  return lua_error(L);
}

/* The kind and status of the error table at the absolute index t. */
static ErrKind read_kind(lua_State *L, int t, int *status) {
  ErrKind kind = err_kind_from_name(field(L, t, "kind", NULL));
  lua_pushliteral(L, "status");
  lua_rawget(L, t);
  lua_Integer n = lua_tointeger(L, -1);
  *status = n > 0 && n < 1000 ? (int)n : 0;
  lua_pop(L, 2);
  return kind == ERR_NONE ? ERR_SCRIPT : kind;
}

/* get(light userdata Err, value), called protected: tostring may be the
   script's own, and memory may be short. */
static int l_get(lua_State *L) {
  Err *err = lua_touserdata(L, 1);
  ErrKind kind = ERR_SCRIPT;
  int status = 0;
  bool retryable = false;
  if (lerr_is(L, 2)) {
    kind = read_kind(L, 2, &status);
    lua_pushliteral(L, "retryable");
    lua_rawget(L, 2);
    retryable = lua_toboolean(L, -1);
    push_sentence(L, 2);
  } else {
    size_t n;
    const char *s = luaL_tolstring(L, 2, &n);
    push_shown(L, s, n);
  }
  err_set(err, kind, "%s", lua_tostring(L, -1));
  err->status = status;
  err->retryable = retryable;
  return 0;
}

void lerr_get(lua_State *L, int index, Err *err) {
  if (!err) return;
  index = lua_absindex(L, index);
  err_set(err, ERR_SCRIPT, "an error that cannot be shown");
  if (!lua_checkstack(L, 4)) return;
  lua_pushcfunction(L, l_get);
  lua_pushlightuserdata(L, err);
  lua_pushvalue(L, index);
  if (lua_pcall(L, 2, 0, 0) == LUA_OK) return;
  /* Short of memory: the plain text still goes without. */
  if (lua_type(L, index) == LUA_TSTRING && redact_is_clean(
          lua_tostring(L, index), lua_rawlen(L, index)))
    err_set(err, ERR_SCRIPT, "%s", lua_tostring(L, index));
  lua_pop(L, 1);
}

/* new(table): marks it. A kind that is not known becomes "script". */
static int l_new(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  lua_pushliteral(L, "message");
  lua_rawget(L, 1);
  luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, 1,
                "field 'message' must be a string");
  if (err_kind_from_name(field(L, 1, "kind", NULL)) == ERR_NONE) {
    lua_pushliteral(L, "script");
    lua_setfield(L, 1, "kind");
  }
  lua_settop(L, 1);
  lerr_mark(L);
  return 1;
}

static int l_is(lua_State *L) {
  luaL_checkany(L, 1);
  lua_pushboolean(L, lerr_is(L, 1));
  return 1;
}

static int l_exit_code(lua_State *L) {
  luaL_checkany(L, 1);
  int status = 0;
  ErrKind kind = lerr_is(L, 1) ? read_kind(L, 1, &status) : ERR_SCRIPT;
  lua_pushinteger(L, err_exit_code(kind, status));
  return 1;
}

int luaopen_host_err(lua_State *L) {
  static const luaL_Reg functions[] = {
    {"new", l_new}, {"is", l_is}, {"exit_code", l_exit_code}, {NULL, NULL}};
  lerr_open(L);
  luaL_newlib(L, functions);
  ltext_register(L);
  return 1;
}
