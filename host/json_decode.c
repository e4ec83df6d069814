/* json_decode.c - one pass from JSON text to Lua values. */
/* SPDX-License-Identifier: MIT */

/* What makes it fast: a key is mostly the expected one (json_keys.c), and a
   table is made as large as its sibling was. A slot keeps its key to the end of
   the document; so a bit for each slot tells the keys an object has had. */

#include <lauxlib.h>

#include "json.h"
#include "json_keys.h"
#include "json_number.h"
#include "json_priv.h"
#include "jsonlex.h"

enum {
  STRANGE = 16,   /* keys without a slot in an object of which all may be */
  LEVELS = 16     /* for which room on the Lua stack is made at once */
};

typedef struct Decoder {
  lua_State *L;
  const char *text, *p, *end;
  int state;             /* stack index of the state table, then */
  int array, object;     /* the metatables, then */
  int kept;              /* the keys */
  JsonKeys *keys;
  size_t depth, items, duplicates;
  JsonLimits limits;
  Err *err;
} Decoder;

/* An object while it is read. */
typedef struct Members {
  uint64_t seen[JSON_SLOTS / 64];   /* slots of its keys; bit slot - 1 */
  size_t duplicates;     /* d->duplicates at its start */
  unsigned slot;         /* of the key just read, 0 if none */
  unsigned count;
  unsigned strange;      /* keys that had no slot */
  bool repeated;         /* the key just read was there before */
  bool unslotted;        /* a key had no slot: seen may lack it */
  bool sentinels;        /* null members stand in the table */
  JsonNulls nulls;       /* others, of which the table has nothing */
} Members;

static int value(Decoder *d, unsigned owner);

static int fail(Decoder *d, const char *at, const char *what) {
  JsonFault fault = {at, what};
  return jsonlex_report(d->err, d->text, (size_t)(d->end - d->text), &fault);
}

static int over_limit(Decoder *d, const char *name, size_t limit) {
  size_t line, column;
  jsonlex_place(d->text, d->p, &line, &column);
  return err_set(d->err, ERR_CAP,
                 "limit '%s' (%zu) exceeded at line %zu column %zu", name,
                 limit, line, column);
}

/* -- strings -- */

/* The string from start on is well-formed up to q, and has no escapes there.
   Not inlined: it would put its buffer on the C stack for every level. */
__attribute__((noinline))
static int escaped(Decoder *d, const char *start, const char *q) {
  char room[512], *to = room;
  bool some;
  JsonFault fault;
  if ((size_t)(q - start) < sizeof room) {
    memcpy(room, start, (size_t)(q - start));
    to += q - start;
    const char *end = jsonlex_easy(&to, room + sizeof room, q, d->end);
    if (end) {
      lua_pushlstring(d->L, room, (size_t)(to - room));
      d->p = end + 1;
      return 0;
    }
  }
  q = jsonlex_string(q, d->end, &some, &fault);
  if (!q) return fail(d, fault.at, fault.what);
  size_t n = (size_t)(q - start);
  d->p = q + 1;
  if (n <= sizeof room) {
    lua_pushlstring(d->L, room, jsonlex_unescape(room, start, n));
  } else {
    luaL_Buffer b;
    char *out = luaL_buffinitsize(d->L, &b, n);
    luaL_pushresultsize(&b, jsonlex_unescape(out, start, n));
  }
  return 0;
}

/* The string from start on is plain up to q. */
static int string_rest(Decoder *d, const char *start, const char *q) {
  if (q < d->end && *q != '\\') q = jsonlex_text(q, d->end);
  if (q == d->end || *q != '"') return escaped(d, start, q);
  lua_pushlstring(d->L, start, (size_t)(q - start));
  d->p = q + 1;
  return 0;
}

/* Pushes the string whose opening quote is at d->p. */
static inline int string(Decoder *d) {
  const char *start = d->p + 1;
  const char *q = jsonlex_plain(start, d->end);
  if (q == d->end || *q != '"') return string_rest(d, start, q);
  lua_pushlstring(d->L, start, (size_t)(q - start));
  d->p = q + 1;
  return 0;
}

/* -- keys -- */

/* Whether the object below has the key on top in its table. */
static bool has_key(Decoder *d) {
  lua_pushvalue(d->L, -1);
  bool has = lua_rawget(d->L, -3) != LUA_TNIL;
  lua_pop(d->L, 1);
  return has;
}

/* Pushes the key of slot; the object's table is on top. */
static inline void push_slot(Decoder *d, Members *m, unsigned slot) {
  uint64_t bit = UINT64_C(1) << ((slot - 1) & 63);
  uint64_t *seen = &m->seen[(slot - 1) >> 6];
  lua_getiuservalue(d->L, d->kept, (int)slot);
  m->slot = slot;
  m->repeated = *seen & bit || (m->unslotted && has_key(d));
  *seen |= bit;
}

/* A key that was not expected. */
static int other_key(Decoder *d, Members *m, unsigned before) {
  const char *start = d->p + 1;
  const char *q = jsonlex_plain(start, d->end);
  if (q < d->end && *q == '"') {
    size_t n = (size_t)(q - start);
    /* Where keys are ids, none is looked for that was not expected; unless
       the object has nulls of which only a slot tells. */
    unsigned slot = 0;
    if (m->strange < STRANGE || m->nulls.n)
      slot = json_keys_find(d->L, d->keys, d->kept, start, n, true, before);
    d->p = q + 1;
    if (slot) {
      push_slot(d, m, slot);
      return 0;
    }
    lua_pushlstring(d->L, start, n);
  } else {
    size_t n;
    if (string_rest(d, start, q)) return -1;
    const char *s = lua_tolstring(d->L, -1, &n);
    unsigned slot = json_keys_find(d->L, d->keys, d->kept, s, n, false, 0);
    if (slot) {   /* the same key was written without escapes before */
      lua_pop(d->L, 1);
      push_slot(d, m, slot);
      return 0;
    }
  }
  m->slot = 0;
  m->strange++;
  m->unslotted = true;
  m->repeated = has_key(d);
  return 0;
}

/* Pushes the key at d->p and goes behind the colon; guess is the slot of the
   key that is likely here, before that of the last one. */
static inline int key(Decoder *d, Members *m, unsigned guess,
                      unsigned before) {
  const char *p = d->p;
  if (p == d->end || *p != '"')
    return fail(d, p, m->count ? "expected a key in quotes"
                               : "expected a key in quotes or '}'");
  p++;
  /* An optional member may have been left out. */
  if (!json_keys_at(d->keys, guess, p, d->end))
    guess = d->keys->slot[guess].next;
  if (json_keys_at(d->keys, guess, p, d->end)) {
    d->p = p + d->keys->slot[guess].len + 1;
    push_slot(d, m, guess);
  } else if (other_key(d, m, before)) {
    return -1;
  }
  if (m->repeated) d->duplicates++;
  d->p = jsonlex_blank(d->p, d->end);
  if (d->p == d->end || *d->p != ':') return fail(d, d->p, "expected ':'");
  d->p = jsonlex_blank(d->p + 1, d->end);
  return 0;
}

/* -- arrays and objects -- */

/* d->p is at the bracket. */
static int enter(Decoder *d) {
  if (d->depth == d->limits.depth)
    return over_limit(d, "depth", d->limits.depth);
  /* An open table and its key are two; the rest is what one level needs. */
  if (d->depth % LEVELS == 0 && !lua_checkstack(d->L, 2 * LEVELS + 12))
    return err_set(d->err, ERR_CAP, "no room on the Lua stack");
  d->depth++;
  d->p = jsonlex_blank(d->p + 1, d->end);
  return 0;
}

/* What is known of a table's size. A large one is good for one table: else a
   large array, followed by many small ones, would buy memory that the document
   did not pay for. */
static inline int size_hint(uint16_t *hint, int unknown) {
  int n = *hint;
  if (n > JSON_HINT_KEPT) *hint = 0;
  return n ? n : unknown;
}

static int array(Decoder *d, unsigned owner) {
  lua_State *L = d->L;
  lua_Integer n = 0;
  if (enter(d)) return -1;
  bool empty = d->p < d->end && *d->p == ']';
  uint16_t *hint = &d->keys->slot[owner].elements;
  lua_createtable(L, empty ? 0 : size_hint(hint, 4), 0);
  while (!empty) {
    if (value(d, owner)) return -1;
    lua_rawseti(L, -2, ++n);
    d->p = jsonlex_blank(d->p, d->end);
    if (d->p < d->end && *d->p == ']') break;
    if (d->p == d->end || *d->p != ',')
      return fail(d, d->p, "expected ',' or ']'");
    d->p = jsonlex_blank(d->p + 1, d->end);
  }
  d->p++;
  d->depth--;
  d->keys->slot[owner].elements =
      (uint16_t)(n < JSON_HINT_MAX ? n : JSON_HINT_MAX);
  lua_pushvalue(L, d->array);
  lua_setmetatable(L, -2);
  return 0;
}

/* The member whose key is on top is null; pops that. Where the slot will not
   do, the sentinel stands in the table until the object is complete. */
static void null_member(Decoder *d, Members *m) {
  if (m->slot && !m->repeated && m->nulls.n < JSON_SLOT_NULLS) {
    m->nulls.slot[m->nulls.n++] = (uint16_t)m->slot;
    lua_pop(d->L, 1);
    return;
  }
  m->sentinels = true;
  lua_pushlightuserdata(d->L, NULL);
  lua_rawset(d->L, -3);
}

/* Does the object at t still lack the key of the slot? A duplicate may have
   given it a value. */
static bool still_null(Decoder *d, int t, unsigned slot) {
  lua_getiuservalue(d->L, d->kept, (int)slot);
  bool null = lua_rawget(d->L, t) == LUA_TNIL;
  lua_pop(d->L, 1);
  return null;
}

/* Gives the object on top, whose null members are not plain to see, the
   metatable that remembers them. */
static void settle_hard(Decoder *d, const Members *m) {
  lua_State *L = d->L;
  int t = lua_gettop(L);
  for (unsigned i = 0; i < m->nulls.n; i++) {
    if (!still_null(d, t, m->nulls.slot[i])) continue;
    lua_getiuservalue(L, d->kept, m->nulls.slot[i]);
    lua_pushlightuserdata(L, NULL);
    lua_rawset(L, t);
  }
  json_null_settle(L, d->state, t);
}

static void settle(Decoder *d, const Members *m) {
  lua_State *L = d->L;
  size_t bytes = m->nulls.n * sizeof *m->nulls.slot;
  if (m->sentinels || m->duplicates != d->duplicates) {
    settle_hard(d, m);
    return;
  }
  unsigned at = (m->nulls.slot[0] + m->nulls.n) % JSON_SLOT_METAS;
  JsonNulls *kept = &d->keys->nulls[at];
  int index = JSON_SLOTS + 1 + (int)at;
  if (kept->n == m->nulls.n && !memcmp(kept->slot, m->nulls.slot, bytes)) {
    lua_getiuservalue(L, d->kept, index);
    lua_setmetatable(L, -2);
    return;
  }
  json_null_start(L, d->state);
  for (unsigned i = 0; i < m->nulls.n; i++) {
    lua_getiuservalue(L, d->kept, m->nulls.slot[i]);
    json_null_step(L, d->state);
  }
  json_null_finish(L, lua_gettop(L) - 1);
  lua_getmetatable(L, -1);
  lua_setiuservalue(L, d->kept, index);
  *kept = m->nulls;
}

static int member(Decoder *d, Members *m, unsigned guess, unsigned before) {
  if (key(d, m, guess, before)) return -1;
  m->count++;
  bool null = jsonlex_word(d->p, d->end, "null", 4);
  if (null || (d->p < d->end && *d->p == '"')) {   /* spares most a call */
    if (++d->items > d->limits.items)
      return over_limit(d, "items", d->limits.items);
    if (!null) {
      if (string(d)) return -1;
      lua_rawset(d->L, -3);
    } else {
      d->p += 4;
      null_member(d, m);
    }
  } else {
    if (value(d, m->slot)) return -1;
    lua_rawset(d->L, -3);
  }
  d->p = jsonlex_blank(d->p, d->end);
  return 0;
}

static int members(Decoder *d, unsigned owner) {
  Members m = {.duplicates = d->duplicates};
  JsonSlot *slot = d->keys->slot;
  unsigned last = 0, next = slot[owner].first;
  for (;;) {
    if (member(d, &m, next, last)) return -1;
    if (m.count == 1) slot[owner].first = (uint16_t)m.slot;
    else if (last) slot[last].next = (uint16_t)m.slot;
    last = m.slot;
    next = slot[last].next;
    if (d->p < d->end && *d->p == '}') break;
    if (d->p == d->end || *d->p != ',')
      return fail(d, d->p, "expected ',' or '}'");
    d->p = jsonlex_blank(d->p + 1, d->end);
  }
  slot[owner].members =
      (uint16_t)(m.count < JSON_HINT_MAX ? m.count : JSON_HINT_MAX);
  if (m.sentinels || m.nulls.n) {
    settle(d, &m);
  } else {
    lua_pushvalue(d->L, d->object);
    lua_setmetatable(d->L, -2);
  }
  return 0;
}

static int object(Decoder *d, unsigned owner) {
  lua_State *L = d->L;
  if (enter(d)) return -1;
  bool empty = d->p < d->end && *d->p == '}';
  uint16_t *hint = &d->keys->slot[owner].members;
  lua_createtable(L, 0, empty ? 0 : size_hint(hint, 8));
  if (empty) {
    lua_pushvalue(L, d->object);
    lua_setmetatable(L, -2);
  } else if (members(d, owner)) {
    return -1;
  }
  d->p++;
  d->depth--;
  return 0;
}

/* -- values -- */

static int number_rest(Decoder *d) {
  JsonFault fault;
  long long i;
  double number;
  const char *start = d->p;
  const char *end = jsonlex_number(start, d->end, &fault);
  if (!end) return fail(d, fault.at, fault.what);
  size_t n = (size_t)(end - start);
  d->p = end;
  switch (json_number_read(start, n, &i, &number)) {
  case JSON_INTEGER:
    lua_pushinteger(d->L, i);
    return 0;
  case JSON_DOUBLE:
    lua_pushnumber(d->L, number);
    return 0;
  default:
    if (d->limits.refuse_big)
      return fail(d, start, "a number fits neither 64 bits nor a double");
    json_big_push(d->L, d->state, start, n);
    return 0;
  }
}

/* Pushes the decimal whose point is at p if it has at most 17 digits, i being
   those before the point. Most are amounts and rates, of fewer than 16. */
static bool decimal(Decoder *d, const char *p, long long i, bool negative) {
  const char *end = d->end, *point = p++;
  while (p < end && *p >= '0' && *p <= '9' && i < 100000000000000)
    i = i * 10 + (*p++ - '0');
  size_t places = (size_t)(p - point - 1);
  double value;
  if (p < end && *p >= '0' && *p <= '9') {
    p = json_number_long(p, end, (uint64_t)i, places, &value);
    if (!p) return false;
  } else {
    if (places == 0 || places > 22 || i >= 1000000000000000 ||
        (p < end && (*p == 'e' || *p == 'E')))
      return false;
    value = json_number_decimal((uint64_t)i, places);
  }
  lua_pushnumber(d->L, negative ? -value : value);
  d->p = p;
  return true;
}

/* Most numbers are integers of a few digits. */
static inline int number(Decoder *d) {
  const char *p = d->p, *end = d->end;
  bool negative = *p == '-';
  if (negative) p++;
  const char *start = p;
  long long i = 0;
  while (p < end && *p >= '0' && *p <= '9' && p - start < 18)
    i = i * 10 + (*p++ - '0');
  if (p < end && *p == '.' && p > start && (*start != '0' || p == start + 1) &&
      decimal(d, p, i, negative))
    return 0;
  if (p == start || *start == '0' ||
      (p < end &&
       (*p == '.' || *p == 'e' || *p == 'E' || (*p >= '0' && *p <= '9'))))
    return number_rest(d);
  lua_pushinteger(d->L, negative ? -i : i);
  d->p = p;
  return 0;
}

static int word(Decoder *d) {
  if (jsonlex_word(d->p, d->end, "true", 4)) {
    lua_pushboolean(d->L, 1);
    d->p += 4;
  } else if (jsonlex_word(d->p, d->end, "false", 5)) {
    lua_pushboolean(d->L, 0);
    d->p += 5;
  } else if (jsonlex_word(d->p, d->end, "null", 4)) {
    lua_pushlightuserdata(d->L, NULL);
    d->p += 4;
  } else {
    return fail(d, d->p, "expected a value");
  }
  return 0;
}

/* Pushes the value at d->p, where blanks have been skipped. */
static int value(Decoder *d, unsigned owner) {
  if (d->p == d->end) return fail(d, d->p, "expected a value");
  if (++d->items > d->limits.items)
    return over_limit(d, "items", d->limits.items);
  switch (*d->p) {
  case '"': return string(d);
  case '{': return object(d, owner);
  case '[': return array(d, owner);
  case '-':
  case '0': case '1': case '2': case '3': case '4':
  case '5': case '6': case '7': case '8': case '9': return number(d);
  default: return word(d);
  }
}

static int document(Decoder *d) {
  JsonFault fault;
  size_t len = (size_t)(d->end - d->text);
  if (len > d->limits.bytes)
    return err_set(d->err, ERR_CAP,
                   "limit 'bytes' (%zu) exceeded: the text has %zu",
                   d->limits.bytes, len);
  if (jsonlex_check_bom(d->text, len, &fault))
    return fail(d, fault.at, fault.what);
  d->p = jsonlex_blank(d->p, d->end);
  if (value(d, 0)) return -1;
  d->p = jsonlex_blank(d->p, d->end);
  if (d->p != d->end) return fail(d, d->p, "expected the end of the text");
  return 0;
}

static void set_limits(JsonLimits *to, const JsonLimits *from) {
  *to = from ? *from : (JsonLimits){0};
  if (!to->depth) to->depth = 256;
  if (to->depth > JSON_DEPTH_MAX) to->depth = JSON_DEPTH_MAX;
  if (!to->items) to->items = 10000000;
  if (!to->bytes) to->bytes = (size_t)256 << 20;
}

/* Lays out the part of the stack that lasts for the whole document. */
static int set_up(Decoder *d, lua_State *L) {
  d->state = lua_gettop(L) + 1;
  if (!lua_checkstack(L, 24)) {
    err_set(d->err, ERR_CAP, "no room on the Lua stack");
    return -1;
  }
  json_push_state(L);
  lua_rawgeti(L, d->state, JSON_MT_ARRAY);
  lua_rawgeti(L, d->state, JSON_MT_OBJECT);
  d->array = d->state + 1;
  d->object = d->state + 2;
  d->kept = d->state + 3;
  d->keys = json_keys_take(L, d->state);
  d->L = L;
  d->depth = d->items = d->duplicates = 0;
  return 0;
}

int json_decode(lua_State *L, const char *text, size_t len,
                const JsonLimits *limits, size_t *duplicates, Err *err) {
  Decoder d;
  int top = lua_gettop(L);
  d.text = d.p = text;
  d.end = text + len;
  d.err = err;
  set_limits(&d.limits, limits);
  if (set_up(&d, L)) return -1;
  int status = document(&d);
  json_keys_give(L, d.state, d.kept);
  if (status) {
    lua_settop(L, top);
    return -1;
  }
  lua_replace(L, top + 1);
  lua_settop(L, top + 1);
  if (duplicates) *duplicates = d.duplicates;
  return 0;
}
