/* json_encode.c - from Lua values to JSON text, the same for equal values. */
/* SPDX-License-Identifier: MIT */

/* An object's keys and values are put on the Lua stack, sorted by an array of
   items beside it, then written. No Lua code can run while strings are
   borrowed: finalizers run at allocations only, and where there is one the
   strings are anchored on the stack or in a table of our own. */

#include <lauxlib.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>

#include "json.h"
#include "json_number.h"
#include "json_priv.h"
#include "json_sort.h"
#include "jsonlex.h"

#ifndef JSON_ITEMS
#define JSON_ITEMS 512   /* members of all open objects held on the stack */
#endif

/* A table that is being written, for paths in errors. */
typedef struct Level {
  struct Level *up;
  const char *key;   /* of the member, NULL in an array */
  size_t len;
  lua_Integer index;
} Level;

typedef struct Encoder {
  lua_State *L;
  Buf *out;
  char *p, *end;     /* room in out; out->len is behind until flush */
  int indent;
  unsigned depth;
  const void *array, *object;   /* the metatables */
  Level *level;
  Err *err;
  const void *open[JSON_DEPTH_MAX];   /* the tables, for cycles */
  size_t nitems;
  JsonItem item[JSON_ITEMS];
  JsonSorter sorter;
} Encoder;

static int value(Encoder *e, int index);

/* -- room -- */

static void flush(Encoder *e) {
  if (!e->p) return;
  e->out->len = (size_t)(e->p - e->out->data);
  e->out->data[e->out->len] = '\0';
}

static int grow(Encoder *e, size_t n) {
  flush(e);
  size_t left = e->out->max > e->out->len ? e->out->max - e->out->len : 0;
  size_t want = e->out->len < 512 ? 512 : e->out->len;
  if (want < n) want = n;
  if (want > left) want = n;
  e->p = buf_reserve(e->out, want);
  if (!e->p) {
    err_set(e->err, ERR_CAP,
            e->out->over ? "the JSON text is over %zu bytes"
                         : "no memory for the JSON text (at most %zu bytes)",
            e->out->max);
    return -1;
  }
  e->end = e->p + want;
  return 0;
}

static inline int need(Encoder *e, size_t n) {
  return (size_t)(e->end - e->p) >= n ? 0 : grow(e, n);
}

static inline int put(Encoder *e, const char *s, size_t n) {
  if (need(e, n)) return -1;
  memcpy(e->p, s, n);
  e->p += n;
  return 0;
}

/* A line break and so many levels of indentation, when pretty-printing. */
static int new_line(Encoder *e) {
  if (e->indent <= 0) return 0;
  size_t n = (size_t)e->indent * e->depth;
  if (need(e, n + 1)) return -1;
  *e->p++ = '\n';
  memset(e->p, ' ', n);
  e->p += n;
  return 0;
}

/* -- faults -- */

/* Puts ".key", ["odd key"] or [3] before start, or returns NULL. */
static char *step(const char *path, char *start, const Level *at) {
  char part[80];
  int n;
  bool name = at->len > 0 && at->len < 64;
  for (size_t i = 0; at->key && i < at->len && name; i++)
    name = at->key[i] == '_' || (at->key[i] >= '0' && at->key[i] <= '9') ||
           ((at->key[i] | 32) >= 'a' && (at->key[i] | 32) <= 'z');
  if (!at->key) {
    n = snprintf(part, sizeof part, "[%lld]", (long long)at->index);
  } else if (name) {
    n = snprintf(part, sizeof part, ".%.*s", (int)at->len, at->key);
  } else {
    n = snprintf(part, sizeof part, "[\"");
    size_t i = 0;
    for (; i < at->len && n < 60; i++) {
      unsigned char c = (unsigned char)at->key[i];
      bool bare = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
      n += snprintf(part + n, sizeof part - (size_t)n, bare ? "%c" : "\\x%02x",
                    c);
    }
    n += snprintf(part + n, sizeof part - (size_t)n, i < at->len ? "...\"]"
                                                                 : "\"]");
  }
  if (start - path < n + 3) return NULL;
  start -= n;
  memcpy(start, part, (size_t)n);
  return start;
}

/* Puts the path before what err says already; returns -1. */
static int at_path(Encoder *e) {
  char path[400];
  char *start = path + sizeof path - 1;
  *start = '\0';
  for (const Level *at = e->level; at; at = at->up) {
    char *longer = at->key || at->index ? step(path, start, at) : start;
    if (!longer) {   /* the end of the path is what helps */
      start -= 3;
      memcpy(start, "...", 3);
      break;
    }
    start = longer;
  }
  if (*start) err_prefix(e->err, "at %s", start);
  return -1;
}

static int fault(Encoder *e, const char *what) {
  err_set(e->err, ERR_VALIDATION, "%s", what);
  return at_path(e);
}

/* -- strings -- */

/* Escapes what must be from s on; the text before it has been written. */
static int string_rest(Encoder *e, const char *s, const char *end) {
  static const char hex[] = "0123456789abcdef";
  while (s < end) {
    const char *run = jsonlex_text(s, end);
    if (put(e, s, (size_t)(run - s))) return -1;
    s = run;
    if (s == end) break;
    unsigned char c = (unsigned char)*s;
    if (c >= 0x80) return fault(e, "a string is not valid UTF-8");
    if (need(e, 6)) return -1;
    *e->p++ = '\\';
    switch (c) {
    case '\b': *e->p++ = 'b'; break;
    case '\f': *e->p++ = 'f'; break;
    case '\n': *e->p++ = 'n'; break;
    case '\r': *e->p++ = 'r'; break;
    case '\t': *e->p++ = 't'; break;
    case '"': case '\\': *e->p++ = (char)c; break;
    default:
      memcpy(e->p, "u00", 3);
      e->p[3] = hex[c >> 4];
      e->p[4] = hex[c & 15];
      e->p += 5;
    }
    s++;
  }
  if (need(e, 1)) return -1;
  *e->p++ = '"';
  return 0;
}

static int string(Encoder *e, const char *s, size_t n) {
  const char *end = s + n, *run = jsonlex_plain(s, end);
  if (run != end && (unsigned char)*run >= 0x80) run = jsonlex_text(run, end);
  size_t plain = (size_t)(run - s);
  if (need(e, plain + 2)) return -1;
  *e->p++ = '"';
  memcpy(e->p, s, plain);
  e->p += plain;
  if (run != end) return string_rest(e, run, end);
  *e->p++ = '"';
  return 0;
}

/* -- tables -- */

/* How the table at t is marked; if it remembers nulls, their list is pushed
   and *nulls is its index, else 0. */
static JsonMark mark(Encoder *e, int t, int *nulls) {
  lua_State *L = e->L;
  *nulls = 0;
  if (!lua_getmetatable(L, t)) return JSON_UNMARKED;
  const void *meta = lua_topointer(L, -1);
  lua_pop(L, 1);
  if (meta == e->object) return JSON_OBJECT;
  if (meta == e->array) return JSON_ARRAY;
  if (!json_null_list(L, t)) return JSON_UNMARKED;
  *nulls = lua_gettop(L);
  return JSON_OBJECT;
}

static int elements_done(Encoder *e) {
  e->depth--;
  if (new_line(e) || need(e, 1)) return -1;
  *e->p++ = ']';
  return 0;
}

static int element(Encoder *e, lua_Integer i) {
  e->level->index = i;
  if (i > 1 && put(e, ",", 1)) return -1;
  if (new_line(e)) return -1;
  return value(e, lua_gettop(e->L));
}

/* A table whose positions are not in order inside: still fine if they are
   exactly 1..n. The first `written` are out already. */
static int elements_by_index(Encoder *e, int t, lua_Integer written) {
  lua_State *L = e->L;
  lua_Integer n = 0, most = 0;
  e->level->index = 0;   /* faults are the table's now */
  lua_pushnil(L);
  for (; lua_next(L, t); n++) {
    lua_pop(L, 1);
    if (lua_type(L, -1) == LUA_TSTRING)
      return fault(e, "a list cannot have named keys too");
    if (!lua_isinteger(L, -1))
      return fault(e, "a key that is neither string nor integer");
    lua_Integer i = lua_tointeger(L, -1);
    if (i < 1) return fault(e, "a list position below 1");
    if (i > most) most = i;
  }
  if (most != n) {
    lua_Integer hole = 1;
    while (lua_rawgeti(L, t, hole) != LUA_TNIL) {
      lua_pop(L, 1);
      hole++;
    }
    err_set(e->err, ERR_VALIDATION, "a list with a hole at position %lld",
            (long long)hole);
    return at_path(e);
  }
  for (lua_Integer i = written + 1; i <= n; i++) {
    lua_rawgeti(L, t, i);
    if (element(e, i)) return -1;
    lua_pop(L, 1);
  }
  return elements_done(e);
}

/* The first key and value of t are on the stack. */
static int elements(Encoder *e, int t) {
  lua_State *L = e->L;
  lua_Integer i = 0;
  if (put(e, "[", 1)) return -1;
  e->depth++;
  do {
    if (!lua_isinteger(L, -2) || lua_tointeger(L, -2) != i + 1) {
      lua_pop(L, 2);
      return elements_by_index(e, t, i);
    }
    if (element(e, ++i)) return -1;
    lua_pop(L, 1);
  } while (lua_next(L, t));
  return elements_done(e);
}

static int member_key(Encoder *e, const JsonItem *item, bool plain) {
  if (new_line(e)) return -1;
  if (plain) {
    if (need(e, item->len + 4)) return -1;
    *e->p++ = '"';
    memcpy(e->p, item->s, item->len);
    e->p += item->len;
    *e->p++ = '"';
  } else if (string(e, item->s, item->len) || need(e, 2)) {
    return -1;
  }
  *e->p++ = ':';
  if (e->indent > 0) *e->p++ = ' ';
  return 0;
}

/* Writes the sorted items of t. Their index is that of the value on the stack;
   or, with keys, that of the key in the table there. */
static int write_items(Encoder *e, int t, int keys, const JsonItem *item,
                       size_t n, bool plain) {
  lua_State *L = e->L;
  if (put(e, "{", 1)) return -1;
  e->depth++;
  for (size_t i = 0; i < n; i++) {
    int at = item[i].index;
    e->level->key = item[i].s;
    e->level->len = item[i].len;
    if (i > 0 && put(e, ",", 1)) return -1;
    if (member_key(e, &item[i], plain)) return -1;
    if (keys) {
      lua_rawgeti(L, keys, at);
      if (lua_rawget(L, t) == LUA_TNIL) {   /* a remembered null */
        lua_pop(L, 1);
        lua_pushlightuserdata(L, NULL);
      }
      at = lua_gettop(L);
    }
    if (value(e, at)) return -1;
    if (keys) lua_pop(L, 1);
  }
  e->depth--;
  if (new_line(e) || need(e, 1)) return -1;
  *e->p++ = '}';
  return 0;
}

static int odd_key(Encoder *e, bool marked) {
  if (lua_type(e->L, -2) != LUA_TNUMBER)
    return fault(e, "a key that is neither string nor integer");
  return fault(e, marked ? "a number as key of an object"
                         : "a table with named keys cannot be a list too");
}

static inline int check_key(Encoder *e, bool marked) {
  return lua_type(e->L, -2) == LUA_TSTRING ? 0 : odd_key(e, marked);
}

/* The next remembered null of t, from *i on; pushes its key if there is. */
static bool next_null(lua_State *L, int t, int nulls, lua_Integer *i) {
  while (nulls && lua_rawgeti(L, nulls, ++*i) != LUA_TNIL) {
    lua_pushvalue(L, -1);
    int type = lua_rawget(L, t);
    lua_pop(L, 1);
    if (type == LUA_TNIL) return true;
    lua_pop(L, 1);
  }
  if (nulls) lua_pop(L, 1);
  return false;
}

/* Takes the key on top as item i. */
static void add_item(lua_State *L, int keys, JsonItem *item, size_t i) {
  item[i].s = lua_tolstring(L, -1, &item[i].len);
  item[i].index = (int)i + 1;
  lua_pushvalue(L, -1);
  lua_rawseti(L, keys, item[i].index);
}

/* An object with too many members for the stack: its items are in a userdata,
   its keys in a table. Making these may collect garbage, so that a finalizer
   may change t: hence the bounds. */
static int many_members(Encoder *e, int t, int nulls, bool marked) {
  lua_State *L = e->L;
  size_t n = 0, count = 0;
  lua_Integer null = 0;
  lua_pushnil(L);
  for (; lua_next(L, t); count++) lua_pop(L, 1);
  if (nulls) count += lua_rawlen(L, nulls);
  if (count > INT_MAX / 2) return fault(e, "an object with too many members");
  JsonItem *item = lua_newuserdatauv(L, count * sizeof *item, 0);
  lua_createtable(L, (int)count, 0);
  int keys = lua_gettop(L);
  json_sort_forget(&e->sorter);
  lua_pushnil(L);
  while (lua_next(L, t)) {
    if (check_key(e, marked)) return -1;
    lua_pop(L, 1);
    if (n == count) return fault(e, "the table changed while being written");
    add_item(L, keys, item, n++);
  }
  while (n < count && next_null(L, t, nulls, &null)) {
    add_item(L, keys, item, n++);
    lua_pop(L, 1);
  }
  json_sort(&e->sorter, item, n);
  return write_items(e, t, keys, item, n, false);
}

/* The first key and value are on the stack, or nothing if there are only
   remembered nulls (list at nulls, if not 0). */
static int members(Encoder *e, int t, int nulls, bool marked, bool any) {
  lua_State *L = e->L;
  size_t from = e->nitems;
  lua_Integer i = 0;
  int base = lua_gettop(L) - (any ? 2 : 0), at = base;
  bool more = any;
  if (!lua_checkstack(L, 2 * JSON_ITEMS + 16))
    return err_set(e->err, ERR_CAP, "no room on the Lua stack");
  for (;;) {
    if (more && check_key(e, marked)) return -1;
    if (!more) {
      if (!next_null(L, t, nulls, &i)) break;
      lua_pushlightuserdata(L, NULL);
    }
    if (e->nitems == JSON_ITEMS) {
      e->nitems = from;
      lua_settop(L, base);
      return many_members(e, t, nulls, marked);
    }
    JsonItem *item = &e->item[e->nitems++];
    item->s = lua_tolstring(L, -2, &item->len);
    item->index = at += 2;   /* of the value, behind its key */
    if (!more) continue;
    lua_pushvalue(L, -2);
    more = lua_next(L, t);
  }
  size_t n = e->nitems - from;
  if (n == 0) return put(e, "{}", 2);
  bool plain = json_sort(&e->sorter, e->item + from, n);
  if (write_items(e, t, 0, e->item + from, n, plain)) return -1;
  e->nitems = from;
  return 0;
}

static int open_level(Encoder *e, Level *level, int t) {
  const void *table = lua_topointer(e->L, t);
  for (unsigned i = 0; i < e->depth; i++)
    if (e->open[i] == table) return fault(e, "a table that contains itself");
  if (e->depth >= JSON_DEPTH_MAX) {
    err_set(e->err, ERR_VALIDATION, "nested deeper than %d", JSON_DEPTH_MAX);
    return at_path(e);
  }
  e->open[e->depth] = table;
  if (!lua_checkstack(e->L, 16))
    return err_set(e->err, ERR_CAP, "no room on the Lua stack");
  level->up = e->level;
  e->level = level;
  return 0;
}

static int table(Encoder *e, int t) {
  lua_State *L = e->L;
  Level level = {0};
  int nulls, top = lua_gettop(L), status;
  if (open_level(e, &level, t)) return -1;
  JsonMark kind = mark(e, t, &nulls);
  lua_pushnil(L);
  bool any = lua_next(L, t);
  if (kind == JSON_ARRAY)
    status = any ? elements(e, t) : put(e, "[]", 2);
  else if (kind == JSON_UNMARKED && any && lua_type(L, -2) == LUA_TNUMBER)
    status = elements(e, t);
  else
    status = members(e, t, nulls, kind == JSON_OBJECT, any);
  e->level = level.up;
  if (status) return -1;
  lua_settop(L, top);
  return 0;
}

/* -- values -- */

static int number(Encoder *e, int index) {
  if (need(e, JSON_NUMBER_MAX)) return -1;
  if (lua_isinteger(e->L, index)) {
    e->p += json_integer_write(e->p, lua_tointeger(e->L, index));
    return 0;
  }
  double d = lua_tonumber(e->L, index);
  if (isnan(d)) return fault(e, "NaN cannot be written as JSON");
  if (isinf(d)) return fault(e, "an infinite number cannot be written as JSON");
  e->p += json_double_write(e->p, d);
  return 0;
}

static int other(Encoder *e, int index) {
  size_t n;
  const char *text = json_big_text(e->L, index, &n);
  if (text) return put(e, text, n);
  err_set(e->err, ERR_VALIDATION, "%s cannot be written as JSON%s",
          luaL_typename(e->L, index),
          lua_isnil(e->L, index) ? "; null can" : "");
  return at_path(e);
}

static int value(Encoder *e, int index) {
  size_t n;
  const char *s;
  switch (lua_type(e->L, index)) {
  case LUA_TSTRING:
    s = lua_tolstring(e->L, index, &n);
    return string(e, s, n);
  case LUA_TNUMBER: return number(e, index);
  case LUA_TBOOLEAN:
    return lua_toboolean(e->L, index) ? put(e, "true", 4)
                                      : put(e, "false", 5);
  case LUA_TTABLE: return table(e, index);
  case LUA_TLIGHTUSERDATA:
    if (json_is_null(e->L, index)) return put(e, "null", 4);
    return fault(e, "a light userdata cannot be written as JSON");
  default: return other(e, index);
  }
}

int json_encode(lua_State *L, int index, int indent, Buf *out, Err *err) {
  Encoder e;
  size_t before = out->len;
  int top = lua_gettop(L);
  index = lua_absindex(L, index);
  if (!lua_checkstack(L, 16))
    return err_set(err, ERR_CAP, "no room on the Lua stack");
  e.L = L;
  e.out = out;
  e.p = e.end = NULL;
  e.indent = indent > 16 ? 16 : indent;
  e.depth = 0;
  e.level = NULL;
  e.err = err;
  e.nitems = 0;
  json_sort_forget(&e.sorter);
  json_push_state(L);
  lua_rawgeti(L, -1, JSON_MT_ARRAY);
  lua_rawgeti(L, -2, JSON_MT_OBJECT);
  e.array = lua_topointer(L, -2);
  e.object = lua_topointer(L, -1);
  lua_settop(L, top);
  int status = value(&e, index);
  lua_settop(L, top);
  flush(&e);
  if (status && out->data) {
    out->len = before;
    out->data[before] = '\0';
  }
  return status;
}
