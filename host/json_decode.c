/* json_decode.c - one pass from JSON text to Lua values. */
/* SPDX-License-Identifier: MIT */

/* What makes it fast: most documents are lists of like records. A key gets a
   slot: its text, its Lua string (on the Lua stack, so that no hashing is
   needed to push it), and which key came after it and inside it the last time.
   So the next key is mostly one comparison with the expected one, and a table
   is made as large as its sibling was. A slot keeps its key to the end of the
   document; so a bit for each slot tells the keys an object has had. */

#include <lauxlib.h>

#include "json.h"
#include "json_number.h"
#include "json_priv.h"
#include "jsonlex.h"

enum {
  SLOTS = 256,           /* at most; a power of two */
  PROBES = 8,
  KEY_MAX = 40,          /* bytes of a key that gets a slot */
  HINT_MAX = 65536,      /* entries of a table made beforehand */
  NULLS_MAX = 12,        /* null members noted by slot */
  NULL_META = 4          /* metatables for such objects, kept at hand */
};

/* A key without escapes. Slot 0 is no key: it stands for the document and
   for keys that got no slot, and its length matches nothing. */
typedef struct Slot {
  const char *text;      /* in the document; NULL in a free slot */
  size_t len;
  uint16_t next;         /* slot of the key that followed */
  uint16_t first;        /* slot of the first key of the object it held */
  uint32_t members;      /* how many that object had; 0 once used */
  uint32_t elements;     /* the same of an array */
} Slot;

typedef struct Nulls {
  unsigned n;
  uint16_t slot[NULLS_MAX];
} Nulls;

typedef struct Decoder {
  lua_State *L;
  const char *text, *p, *end;
  int state;             /* stack index of the state table, then */
  int array, object;     /* the metatables, then */
  int null_meta;         /* those of objects with the nulls of nulls[], then */
  int base;              /* slot 0; slot i is at base + i */
  size_t mask, used;     /* slots - 1; slots taken */
  size_t depth, items, duplicates;
  JsonLimits limits;
  Err *err;
  Nulls nulls[NULL_META];
  uint16_t once[SLOTS];  /* hashes of keys seen once, when slots get scarce */
  Slot slot[SLOTS + 1];
} Decoder;

/* An object while it is read. */
typedef struct Members {
  uint64_t seen[SLOTS / 64];   /* slots of its keys; bit slot - 1 */
  size_t duplicates;     /* d->duplicates at its start */
  unsigned slot;         /* of the key just read, 0 if none */
  unsigned count;
  bool repeated;         /* the key just read was there before */
  bool unslotted;        /* a key had no slot: seen may lack it */
  bool sentinels;        /* null members stand in the table */
  Nulls nulls;           /* others, of which the table has nothing */
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

/* The string from start on is plain up to q. Not inlined: it would put its
   buffer on the C stack for every level. */
__attribute__((noinline))
static int string_rest(Decoder *d, const char *start, const char *q) {
  char room[512];
  bool escaped;
  JsonFault fault;
  q = jsonlex_string(q, d->end, &escaped, &fault);
  if (!q) return fail(d, fault.at, fault.what);
  size_t n = (size_t)(q - start);
  d->p = q + 1;
  if (!escaped) {
    lua_pushlstring(d->L, start, n);
  } else if (n <= sizeof room) {
    lua_pushlstring(d->L, room, jsonlex_unescape(room, start, n));
  } else {
    luaL_Buffer b;
    char *out = luaL_buffinitsize(d->L, &b, n);
    luaL_pushresultsize(&b, jsonlex_unescape(out, start, n));
  }
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

static size_t hash(const char *s, size_t n) {
  uint64_t head = 0, tail = 0;
  size_t part = n < 8 ? n : 8;
  memcpy(&head, s, part);
  memcpy(&tail, s + n - part, part);
  uint64_t h = (head ^ (tail << 7) ^ n) * UINT64_C(0x9e3779b97f4a7c15);
  return (size_t)(h >> 32);
}

/* Half of all slots is for any key; after that a key must come twice, so that
   a map of many ids leaves room for the keys of records. */
static bool deserves_slot(Decoder *d, size_t h) {
  uint16_t *once = &d->once[h & (SLOTS - 1)];
  uint16_t mark = (uint16_t)(h >> 8 | 1);
  if (d->used < SLOTS / 2 || *once == mark) return true;
  *once = mark;
  return false;
}

/* The slot of the key, 0 if it has none. If s is in the document, the key may
   be given one; before is then the slot of the key before it, as the value to
   come may look like that one's. */
static unsigned find_slot(Decoder *d, const char *s, size_t n, bool stays,
                          unsigned before) {
  if (n == 0 || n > KEY_MAX) return 0;
  size_t h = hash(s, n);
  for (size_t i = 0; i < PROBES; i++) {
    unsigned at = (unsigned)((h + i) & d->mask) + 1;
    Slot *slot = &d->slot[at];
    if (slot->len == n && memcmp(slot->text, s, n) == 0) return at;
    if (slot->text) continue;
    if (!stays || !deserves_slot(d, h)) return 0;
    d->used++;
    lua_pushlstring(d->L, s, n);
    lua_replace(d->L, d->base + (int)at);
    *slot = (Slot){.text = s, .len = n, .first = d->slot[before].first};
    return at;
  }
  return 0;
}

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
  lua_pushvalue(d->L, d->base + (int)slot);
  m->slot = slot;
  m->repeated = *seen & bit || (m->unslotted && has_key(d));
  *seen |= bit;
}

/* A key that was not expected. */
static int other_key(Decoder *d, Members *m, unsigned before) {
  const char *start = d->p + 1;
  const char *q = jsonlex_plain(start, d->end);
  if (q < d->end && *q == '"') {
    unsigned slot = find_slot(d, start, (size_t)(q - start), true, before);
    d->p = q + 1;
    if (slot) {
      push_slot(d, m, slot);
      return 0;
    }
    lua_pushlstring(d->L, start, (size_t)(q - start));
  } else {
    size_t n;
    if (string_rest(d, start, q)) return -1;
    const char *s = lua_tolstring(d->L, -1, &n);
    unsigned slot = find_slot(d, s, n, false, before);
    if (slot) {   /* the same key was written without escapes before */
      lua_pop(d->L, 1);
      push_slot(d, m, slot);
      return 0;
    }
  }
  m->slot = 0;
  m->unslotted = true;
  m->repeated = has_key(d);
  return 0;
}

/* Is the key of the slot at p, behind its quote? */
static inline bool is_key(const Decoder *d, unsigned slot, const char *p) {
  const Slot *s = &d->slot[slot];
  return s->len < (size_t)(d->end - p) && p[s->len] == '"' &&
         memcmp(p, s->text, s->len) == 0;
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
  if (!is_key(d, guess, p)) guess = d->slot[guess].next;
  if (is_key(d, guess, p)) {
    d->p = p + d->slot[guess].len + 1;
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
  if (!lua_checkstack(d->L, 12))
    return err_set(d->err, ERR_CAP, "no room on the Lua stack");
  d->depth++;
  d->p = jsonlex_blank(d->p + 1, d->end);
  return 0;
}

static int array(Decoder *d, unsigned owner) {
  lua_State *L = d->L;
  lua_Integer n = 0;
  if (enter(d)) return -1;
  bool empty = d->p < d->end && *d->p == ']';
  /* A guess is used once: else a large array, followed by many small ones,
     would buy memory that the document did not pay for. */
  uint32_t guess = d->slot[owner].elements;
  if (guess == 0) guess = 4;
  d->slot[owner].elements = 0;
  lua_createtable(L, empty ? 0 : (int)guess, 0);
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
  d->slot[owner].elements =
      n < HINT_MAX ? (uint32_t)n : (uint32_t)HINT_MAX;
  lua_pushvalue(L, d->array);
  lua_setmetatable(L, -2);
  return 0;
}

/* The member whose key is on top is null; pops that. Where the slot will not
   do, the sentinel stands in the table until the object is complete. */
static void null_member(Decoder *d, Members *m) {
  if (m->slot && !m->repeated && m->nulls.n < NULLS_MAX) {
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
  lua_pushvalue(d->L, d->base + (int)slot);
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
    lua_pushvalue(L, d->base + m->nulls.slot[i]);
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
  unsigned at = (m->nulls.slot[0] + m->nulls.n) % NULL_META;
  Nulls *kept = &d->nulls[at];
  int index = d->null_meta + (int)at;
  if (kept->n == m->nulls.n && !memcmp(kept->slot, m->nulls.slot, bytes)) {
    lua_pushvalue(L, index);
    lua_setmetatable(L, -2);
    return;
  }
  json_null_start(L, d->state);
  for (unsigned i = 0; i < m->nulls.n; i++) {
    lua_pushvalue(L, d->base + m->nulls.slot[i]);
    json_null_step(L, d->state);
  }
  json_null_finish(L, lua_gettop(L) - 1);
  lua_getmetatable(L, -1);
  lua_replace(L, index);
  *kept = m->nulls;
}

static int member(Decoder *d, Members *m, unsigned guess, unsigned before) {
  if (key(d, m, guess, before)) return -1;
  m->count++;
  if (jsonlex_word(d->p, d->end, "null", 4)) {
    if (++d->items > d->limits.items)
      return over_limit(d, "items", d->limits.items);
    d->p += 4;
    null_member(d, m);
  } else {
    if (value(d, m->slot)) return -1;
    lua_rawset(d->L, -3);
  }
  d->p = jsonlex_blank(d->p, d->end);
  return 0;
}

static int members(Decoder *d, unsigned owner) {
  Members m = {.duplicates = d->duplicates};
  unsigned last = 0, guess = d->slot[owner].first;
  for (;;) {
    if (member(d, &m, guess, last)) return -1;
    if (m.count == 1) d->slot[owner].first = (uint16_t)m.slot;
    else if (last) d->slot[last].next = (uint16_t)m.slot;
    last = m.slot;
    guess = d->slot[last].next;
    if (d->p < d->end && *d->p == '}') break;
    if (d->p == d->end || *d->p != ',')
      return fail(d, d->p, "expected ',' or '}'");
    d->p = jsonlex_blank(d->p + 1, d->end);
  }
  d->slot[owner].members = m.count < HINT_MAX ? m.count : (uint32_t)HINT_MAX;
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
  uint32_t guess = d->slot[owner].members;
  if (guess == 0) guess = 8;
  d->slot[owner].members = 0;
  lua_createtable(L, 0, empty ? 0 : (int)guess);
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

/* Pushes the decimal whose point is at p if it has at most 15 digits, i being
   those before the point. Amounts and rates are such. */
static bool short_decimal(Decoder *d, const char *start, const char *p,
                          long long i, bool negative) {
  const char *end = d->end, *point = p++;
  while (p < end && *p >= '0' && *p <= '9' && p - start <= 15)
    i = i * 10 + (*p++ - '0');
  if (p == point + 1 || p - start > 16) return false;
  if (p < end && ((*p >= '0' && *p <= '9') || *p == 'e' || *p == 'E'))
    return false;
  double value = json_number_decimal((unsigned long long)i,
                                     (size_t)(p - point - 1));
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
      short_decimal(d, start, p, i, negative))
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
static int set_up(Decoder *d, lua_State *L, size_t len) {
  int slots = len < 1024 ? SLOTS / 8 : len < 4096 ? SLOTS / 4 : SLOTS;
  d->state = lua_gettop(L) + 1;
  if (!lua_checkstack(L, slots + 24)) {
    err_set(d->err, ERR_CAP, "no room on the Lua stack");
    return -1;
  }
  json_push_state(L);
  lua_rawgeti(L, d->state, JSON_MT_ARRAY);
  lua_rawgeti(L, d->state, JSON_MT_OBJECT);
  d->array = d->state + 1;
  d->object = d->state + 2;
  d->null_meta = d->state + 3;
  d->base = d->null_meta + NULL_META - 1;
  lua_settop(L, d->base + slots);
  d->L = L;
  d->mask = (size_t)slots - 1;
  d->used = d->depth = d->items = d->duplicates = 0;
  memset(d->nulls, 0, sizeof d->nulls);
  memset(d->once, 0, sizeof d->once);
  memset(d->slot, 0, sizeof *d->slot * ((size_t)slots + 1));
  d->slot[0].len = SIZE_MAX;
  return 0;
}

int json_decode(lua_State *L, const char *text, size_t len,
                const JsonLimits *limits, size_t *duplicates, Err *err) {
  Decoder d;   /* set_up clears what of it is used */
  int top = lua_gettop(L);
  d.text = d.p = text;
  d.end = text + len;
  d.err = err;
  set_limits(&d.limits, limits);
  if (set_up(&d, L, len) || document(&d)) {
    lua_settop(L, top);
    return -1;
  }
  lua_replace(L, top + 1);
  lua_settop(L, top + 1);
  if (duplicates) *duplicates = d.duplicates;
  return 0;
}
