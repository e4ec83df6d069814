/* json_big.c - numbers of which only the text is exact. */
/* SPDX-License-Identifier: MIT */
#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "json_number.h"
#include "json_priv.h"

const char *json_big_text(lua_State *L, int index, size_t *n) {
  const char *text = NULL;
  index = lua_absindex(L, index);
  if (lua_type(L, index) != LUA_TUSERDATA) return NULL;
  luaL_checkstack(L, 3, "json");
  if (!lua_getmetatable(L, index)) return NULL;
  json_push_state(L);
  lua_rawgeti(L, -1, JSON_MT_NUMBER);
  if (lua_rawequal(L, -1, -3)) {
    text = lua_touserdata(L, index);
    *n = lua_rawlen(L, index);
  }
  lua_pop(L, 3);
  return text;
}

void json_big_push(lua_State *L, int state, const char *text, size_t n) {
  memcpy(lua_newuserdatauv(L, n, 0), text, n);
  lua_rawgeti(L, state, JSON_MT_NUMBER);
  lua_setmetatable(L, -2);
}

/* All digits of a finite double: it has no more than 767. */
enum { EXACT_DIGITS = 767, EXACT_MAX = EXACT_DIGITS + 16 };

typedef struct Operand {
  const char *text;
  size_t len;
  char room[EXACT_MAX];
} Operand;

static void exact_text(Operand *o, double d) {
  char text[EXACT_MAX];
  bool point = false;
  snprintf(text, sizeof text, "%.*e", EXACT_DIGITS - 1, d);
  o->len = 0;
  for (const char *p = text; *p; p++) {
    bool other = !strchr("0123456789+-e", *p);
    if (other && point) continue;
    point = point || other;
    o->room[o->len++] = other ? '.' : *p;   /* whatever the locale has */
  }
  o->text = o->room;
}

/* False if the operand is NaN; raises if it is no number. */
static bool operand(lua_State *L, int index, Operand *o) {
  o->text = json_big_text(L, index, &o->len);
  if (o->text) return true;
  if (lua_type(L, index) != LUA_TNUMBER)
    luaL_error(L, "attempt to compare json.number with %s",
               luaL_typename(L, index));
  if (lua_isinteger(L, index)) {
    o->text = o->room;
    o->len = json_integer_write(o->room, lua_tointeger(L, index));
    return true;
  }
  double d = lua_tonumber(L, index);
  if (isnan(d)) return false;
  if (isinf(d)) {
    o->text = d < 0 ? "-1e1000000000000000" : "1e1000000000000000";
    o->len = strlen(o->text);
    return true;
  }
  exact_text(o, d);
  return true;
}

static bool compare(lua_State *L, int *order) {
  Operand a, b;
  if (!operand(L, 1, &a) || !operand(L, 2, &b)) return false;
  *order = json_number_compare(a.text, a.len, b.text, b.len);
  return true;
}

/* Lua calls __eq for any two userdata, so the other may be foreign. */
static int big_eq(lua_State *L) {
  size_t na, nb;
  const char *a = json_big_text(L, 1, &na), *b = json_big_text(L, 2, &nb);
  lua_pushboolean(L, a && b && json_number_compare(a, na, b, nb) == 0);
  return 1;
}

static int big_lt(lua_State *L) {
  int order;
  lua_pushboolean(L, compare(L, &order) && order < 0);
  return 1;
}

static int big_le(lua_State *L) {
  int order;
  lua_pushboolean(L, compare(L, &order) && order <= 0);
  return 1;
}

static int big_tostring(lua_State *L) {
  size_t n = 0;
  const char *text = json_big_text(L, 1, &n);
  luaL_argexpected(L, text, 1, "json.number");
  lua_pushlstring(L, text, n);
  return 1;
}

static int big_concat(lua_State *L) {
  luaL_Buffer b;
  for (int i = 1; i <= 2; i++)
    if (lua_type(L, i) == LUA_TTABLE || lua_isnil(L, i))
      return luaL_error(L, "attempt to concatenate a %s value",
                        luaL_typename(L, i));
  luaL_tolstring(L, 1, NULL);
  luaL_tolstring(L, 2, NULL);
  luaL_buffinit(L, &b);
  lua_pushvalue(L, 3);
  luaL_addvalue(&b);
  lua_pushvalue(L, 4);
  luaL_addvalue(&b);
  luaL_pushresult(&b);
  return 1;
}

void json_big_open(lua_State *L) {
  static const luaL_Reg methods[] = {
    {"__eq", big_eq}, {"__lt", big_lt}, {"__le", big_le},
    {"__tostring", big_tostring}, {"__concat", big_concat}, {NULL, NULL}};
  lua_pushliteral(L, "json.number");
  lua_setfield(L, -2, "__name");
  luaL_setfuncs(L, methods, 0);
}
