/* json_keys.h - keys that the decoder has met, and what came with them. */
/* SPDX-License-Identifier: MIT */
#ifndef JSON_KEYS_H
#define JSON_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <lua.h>

/* Documents are mostly lists of like records, and so are the next ones from
   the same service. So a key gets a slot, for this document and for those to
   come: its text, its Lua string (that need not be hashed and searched anew),
   and which key came after it and inside it the last time, so that the next
   key is mostly one comparison with the expected one. */

enum {
  JSON_SLOTS = 256,      /* a power of two */
  JSON_SLOT_NULLS = 12,  /* null members noted by slot */
  JSON_SLOT_METAS = 4,   /* metatables for such objects, kept at hand */
  JSON_HINT_MAX = 1024,  /* entries of a table made beforehand */
  JSON_HINT_KEPT = 16    /* of these a hint holds more than once */
};

/* A key without escapes. Slot 0 is no key: it stands for the document and
   for keys that got no slot. */
typedef struct JsonSlot {
  char text[48];         /* with the closing quote */
  uint16_t len;          /* without; 0: free */
  uint16_t next;         /* slot of the key that followed */
  uint16_t first;        /* slot of the first key of the object it held */
  uint16_t members;      /* how many that object had; 0: not known */
  uint16_t elements;     /* the same of an array */
} JsonSlot;

typedef struct JsonNulls {
  unsigned n;
  uint16_t slot[JSON_SLOT_NULLS];
} JsonNulls;

/* A userdata: its user values are the strings of the slots, from 1 on, and
   then the metatables of objects with the nulls of nulls[]. */
typedef struct JsonKeys {
  size_t used;           /* slots taken */
  JsonNulls nulls[JSON_SLOT_METAS];
  uint16_t once[JSON_SLOTS];   /* hashes of keys seen once */
  JsonSlot slot[JSON_SLOTS + 1];
} JsonKeys;

/* Pushes the keys, which last until json_keys_give. They are out of the state
   meanwhile: a finalizer that decodes in between gets others, and an error
   that is raised leaves them to the collector. */
JsonKeys *json_keys_take(lua_State *L, int state);
void json_keys_give(lua_State *L, int state, int index);

/* The slot of the key, 0 if it has none. With add, it may be given one; before
   is then the slot of the key before it, as the value to come may look like
   that one's. index is that of the keys. */
unsigned json_keys_find(lua_State *L, JsonKeys *keys, int index, const char *s,
                        size_t n, bool add, unsigned before);

/* Are the first n bytes, at least two, the same? */
static inline bool json_keys_same(const char *a, const char *b, size_t n) {
  uint64_t x, y;
  uint32_t v, w;
  if (n >= sizeof x) {
    size_t i = 0;
    do {
      memcpy(&x, a + i, sizeof x);
      memcpy(&y, b + i, sizeof y);
      if (x != y) return false;
      i += sizeof x;
    } while (i + sizeof x <= n);
    memcpy(&x, a + n - sizeof x, sizeof x);
    memcpy(&y, b + n - sizeof y, sizeof y);
    return x == y;
  }
  if (n < sizeof v)
    return a[0] == b[0] && a[1] == b[1] && a[n - 1] == b[n - 1];
  memcpy(&v, a, sizeof v);
  memcpy(&w, b, sizeof w);
  if (v != w) return false;
  memcpy(&v, a + n - sizeof v, sizeof v);
  memcpy(&w, b + n - sizeof w, sizeof w);
  return v == w;
}

/* Is the key of the slot at p, behind its quote? */
static inline bool json_keys_at(const JsonKeys *keys, unsigned slot,
                                const char *p, const char *end) {
  const JsonSlot *s = &keys->slot[slot];
  return slot && s->len < (size_t)(end - p) &&
         json_keys_same(p, s->text, (size_t)s->len + 1);
}

#endif
