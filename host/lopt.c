/* lopt.c - option tables. */
/* SPDX-License-Identifier: MIT */
#include "lopt.h"

#include <lauxlib.h>
#include <math.h>
#include <string.h>
#include "text.h"

/* Faults are gathered in one string at stack slot `faults`, nil while there
   are none, so that the script's author sees all of them at once. */
typedef struct Reader {
  lua_State *L;
  int table, faults;
  char *target;
} Reader;

/* Adds the string on top of the stack to the faults and pops it. */
static void fault(const Reader *r) {
  lua_State *L = r->L;
  if (!lua_isnil(L, r->faults)) {
    const char *more = lua_tostring(L, -1);
    lua_pushfstring(L, "%s; %s", lua_tostring(L, r->faults), more);
    lua_remove(L, -2);
  }
  lua_replace(L, r->faults);
}

static void wrong_type(const Reader *r, const Lopt *o, const char *expected) {
  lua_pushfstring(r->L, "option '%s': %s expected, got %s", o->name, expected,
                  luaL_typename(r->L, -1));
  fault(r);
}

static void wrong_value(const Reader *r, const Lopt *o, const char *what) {
  lua_pushfstring(r->L, "option '%s': %s", o->name, what);
  fault(r);
}

/* The nearest of the names that next() gives, NULL if none is near. */
typedef struct Nearest {
  const char *name;
  unsigned distance;
} Nearest;

static void consider(Nearest *best, const char *given, const char *name) {
  unsigned d = text_distance(given, name, best->distance - 1);
  if (d >= best->distance) return;
  best->distance = d;
  best->name = name;
}

/* A third of the letters may be wrong, at least one. */
static Nearest nearest_start(const char *given) {
  unsigned limit = (unsigned)(strlen(given) / 3);
  return (Nearest){NULL, (limit < 1 ? 1 : limit > 4 ? 4 : limit) + 1};
}

/* Pushes " (did you mean 'x'?)" or "". */
static void push_hint(lua_State *L, const Nearest *best) {
  if (best->name) lua_pushfstring(L, " (did you mean '%s'?)", best->name);
  else lua_pushliteral(L, "");
}

/* Pushes S as it can be shown: foreign bytes are not repeated raw. */
static const char *push_shown(lua_State *L, const char *s, size_t n) {
  if (n > 60 || !text_is_safe(s, n)) lua_pushliteral(L, "?");
  else lua_pushlstring(L, s, n);
  return lua_tostring(L, -1);
}

/* The value is on top of the stack, here and below. */
static void read_enum(const Reader *r, const Lopt *o, int *out) {
  lua_State *L = r->L;
  size_t n;
  if (lua_type(L, -1) != LUA_TSTRING) {
    wrong_type(r, o, "string");
    return;
  }
  const char *s = lua_tolstring(L, -1, &n);
  for (int i = 0; o->choices[i]; i++) {
    if (strlen(o->choices[i]) == n && memcmp(o->choices[i], s, n) == 0) {
      *out = i;
      return;
    }
  }
  Nearest best = nearest_start(s);
  for (int i = 0; o->choices[i]; i++) consider(&best, s, o->choices[i]);
  int top = lua_gettop(L);
  const char *shown = push_shown(L, s, n);
  lua_pushliteral(L, "");
  for (int i = 0; o->choices[i]; i++) {
    lua_pushfstring(L, "%s%s'%s'", lua_tostring(L, -1), i ? ", " : "",
                    o->choices[i]);
    lua_remove(L, -2);
  }
  push_hint(L, &best);
  lua_pushfstring(L, "option '%s': one of %s expected, got '%s'%s", o->name,
                  lua_tostring(L, -2), shown, lua_tostring(L, -1));
  fault(r);
  lua_settop(L, top);
}

static void read_string(const Reader *r, const Lopt *o, const char **out) {
  size_t n;
  if (lua_type(r->L, -1) != LUA_TSTRING) {
    wrong_type(r, o, "string");
    return;
  }
  const char *s = lua_tolstring(r->L, -1, &n);
  if (strlen(s) != n) wrong_value(r, o, "text without NUL bytes expected");
  else *out = s;
}

/* 0 if the value is an integer, a float with an integral value included. */
static int read_integer(const Reader *r, const Lopt *o, lua_Integer *out) {
  int is_integer = 0;
  lua_Integer v = lua_tointegerx(r->L, -1, &is_integer);
  if (lua_type(r->L, -1) != LUA_TNUMBER) {
    wrong_type(r, o, "integer");
    return -1;
  }
  if (!is_integer) {
    wrong_value(r, o, "integer expected, got a fraction");
    return -1;
  }
  *out = v;
  return 0;
}

static void read_size(const Reader *r, const Lopt *o, size_t *out) {
  lua_Integer v;
  if (read_integer(r, o, &v)) return;
  if (v < 0) wrong_value(r, o, "must not be negative");
  else *out = (size_t)v;
}

static void read_number(const Reader *r, const Lopt *o, double *out) {
  if (lua_type(r->L, -1) != LUA_TNUMBER) {
    wrong_type(r, o, "number");
    return;
  }
  double v = lua_tonumber(r->L, -1);
  if (o->type == LOPT_SECONDS && (!isfinite(v) || v < 0))
    wrong_value(r, o, "seconds must be finite and not negative");
  else
    *out = v;
}

static void read_boolean(const Reader *r, const Lopt *o, bool *out) {
  if (!lua_isboolean(r->L, -1)) wrong_type(r, o, "boolean");
  else *out = lua_toboolean(r->L, -1);
}

static void read_value(const Reader *r, const Lopt *o) {
  void *field = r->target + o->offset;
  switch (o->type) {
    case LOPT_STRING: read_string(r, o, field); break;
    case LOPT_INTEGER: read_integer(r, o, field); break;
    case LOPT_NUMBER:
    case LOPT_SECONDS: read_number(r, o, field); break;
    case LOPT_BOOLEAN: read_boolean(r, o, field); break;
    case LOPT_SIZE: read_size(r, o, field); break;
    case LOPT_ENUM: read_enum(r, o, field); break;
    case LOPT_VALUE: *(bool *)field = true; break;
  }
}

static void read_known(const Reader *r, const Lopt *options) {
  lua_State *L = r->L;
  for (const Lopt *o = options; o->name; o++) {
    lua_pushstring(L, r->table ? o->name : NULL);
    if (r->table) lua_rawget(L, r->table);
    if (!lua_isnil(L, -1)) read_value(r, o);
    else if (o->required) wrong_value(r, o, "is required");
    lua_pop(L, 1);
  }
}

/* The key is on top of the stack. True if it was a fault. */
static bool check_key(const Reader *r, const Lopt *options) {
  lua_State *L = r->L;
  if (lua_type(L, -1) != LUA_TSTRING) {
    lua_pushliteral(L, "options are named, got a list");
    if (lua_type(L, -2) != LUA_TNUMBER) {
      lua_pop(L, 1);
      lua_pushfstring(L, "option names are strings, got a %s",
                      luaL_typename(L, -1));
    }
    fault(r);
    return true;
  }
  size_t n;
  const char *key = lua_tolstring(L, -1, &n);
  for (const Lopt *o = options; o->name; o++)
    if (strlen(o->name) == n && memcmp(o->name, key, n) == 0) return false;
  Nearest best = nearest_start(key);
  for (const Lopt *o = options; o->name; o++) consider(&best, key, o->name);
  int top = lua_gettop(L);
  const char *shown = push_shown(L, key, n);
  push_hint(L, &best);
  lua_pushfstring(L, "unknown option '%s'%s", shown, lua_tostring(L, -1));
  fault(r);
  lua_settop(L, top);
  return true;
}

static void check_keys(const Reader *r, const Lopt *options) {
  lua_State *L = r->L;
  bool unknown = false;
  lua_pushnil(L);
  while (lua_next(L, r->table)) {
    lua_pop(L, 1);
    if (check_key(r, options)) unknown = true;
  }
  if (!unknown) return;
  lua_pushliteral(L, "known: ");
  for (const Lopt *o = options; o->name; o++) {
    lua_pushfstring(L, "%s%s%s", lua_tostring(L, -1),
                    o == options ? "" : ", ", o->name);
    lua_remove(L, -2);
  }
  fault(r);
}

void lopt_read(lua_State *L, int index, const Lopt *options, void *target) {
  luaL_checkstack(L, 12, NULL);
  int top = lua_gettop(L);
  Reader r = {L, lua_absindex(L, index), top + 1, target};
  if (lua_isnoneornil(L, r.table)) r.table = 0;
  else if (!lua_istable(L, r.table))
    luaL_error(L, "options: table expected, got %s",
               luaL_typename(L, r.table));
  lua_settop(L, top);
  lua_pushnil(L);
  read_known(&r, options);
  if (r.table) check_keys(&r, options);
  if (!lua_isnil(L, r.faults))
    luaL_error(L, "%s", lua_tostring(L, r.faults));
  lua_settop(L, top);
}
