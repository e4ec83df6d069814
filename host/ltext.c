/* ltext.c - text helpers for Lua. */
/* SPDX-License-Identifier: MIT */
#include "ltext.h"

#include <lauxlib.h>
#include <limits.h>
#include <stdint.h>
#include "log.h"
#include "redact.h"
#include "text.h"

static int buf_gc(lua_State *L) {
  Buf *b = lua_touserdata(L, 1);
  buf_wipe(b);
  return 0;
}

Buf *ltext_buf(lua_State *L, size_t max) {
  Buf *b = lua_newuserdatauv(L, sizeof *b, 0);
  buf_init(b, max);
  if (luaL_newmetatable(L, "errand.buf")) {
    lua_pushcfunction(L, buf_gc);
    lua_setfield(L, -2, "__gc");
  }
  lua_setmetatable(L, -2);
  return b;
}

void ltext_push(lua_State *L, Buf *b) {
  if (b->failed) luaL_error(L, "not enough memory for a text");
  lua_pushlstring(L, buf_str(b), b->len);
  buf_wipe(b);
}

/* distance(a, b [, limit]) */
static int l_distance(lua_State *L) {
  const char *a = luaL_checkstring(L, 1);
  const char *b = luaL_checkstring(L, 2);
  lua_Integer limit = luaL_optinteger(L, 3, 64);
  luaL_argcheck(L, limit >= 0 && limit < INT_MAX, 3, "out of range");
  lua_pushinteger(L, (lua_Integer)text_distance(a, b, (unsigned)limit));
  return 1;
}

/* safe(text [, keep_newlines]) */
static int l_safe(lua_State *L) {
  size_t n;
  const char *s = luaL_checklstring(L, 1, &n);
  bool keep = lua_toboolean(L, 2);
  lua_settop(L, 1);
  if (text_is_safe(s, n)) return 1;
  Buf *b = ltext_buf(L, SIZE_MAX);
  text_safe(b, s, n, keep);
  ltext_push(L, b);
  return 1;
}

/* redact(text) */
static int l_redact(lua_State *L) {
  size_t n;
  const char *s = luaL_checklstring(L, 1, &n);
  lua_settop(L, 1);
  if (redact_is_clean(s, n)) return 1;
  Buf *b = ltext_buf(L, SIZE_MAX);
  redact_text(b, s, n);
  ltext_push(L, b);
  return 1;
}

/* hide(text): a secret from now on, wherever text is redacted. */
static int l_hide(lua_State *L) {
  size_t n;
  const char *s = luaL_checklstring(L, 1, &n);
  if (redact_add(s, n) != 0) return luaL_error(L, "not enough memory");
  return 0;
}

/* width(text) */
static int l_width(lua_State *L) {
  size_t n;
  const char *s = luaL_checklstring(L, 1, &n);
  lua_pushinteger(L, (lua_Integer)text_width(s, n));
  return 1;
}

/* In the order of LogLevel. */
static const char *const levels[] = {"error", "warn", "info", "trace",
                                     "debug", NULL};

/* log(level, text) */
static int l_log(lua_State *L) {
  LogLevel level = (LogLevel)luaL_checkoption(L, 1, NULL, levels);
  size_t n;
  const char *s = luaL_checklstring(L, 2, &n);
  log_bytes(level, s, n);
  return 0;
}

/* log_level([name]): sets if given; returns the level in force. */
static int l_log_level(lua_State *L) {
  if (!lua_isnoneornil(L, 1))
    log_set_level((LogLevel)luaL_checkoption(L, 1, NULL, levels));
  lua_pushstring(L, levels[log_level()]);
  return 1;
}

static const luaL_Reg functions[] = {
  {"distance", l_distance}, {"safe", l_safe}, {"redact", l_redact},
  {"hide", l_hide}, {"width", l_width}, {"log", l_log},
  {"log_level", l_log_level},
  {NULL, NULL}};

void ltext_register(lua_State *L) {
  luaL_setfuncs(L, functions, 0);
}
