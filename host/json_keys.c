/* json_keys.c - keys that the decoder has met, and what came with them. */
/* SPDX-License-Identifier: MIT */
#include "json_keys.h"

#include "json_priv.h"

enum {
  PROBES = 8,
  KEY_MAX = 40,                /* bytes of a key that gets a slot */
  FOR_ANY = JSON_SLOTS / 4,
  FULL = JSON_SLOTS / 2        /* a document finds no more than these taken */
};

JsonKeys *json_keys_take(lua_State *L, int state) {
  JsonKeys *keys;
  if (lua_rawgeti(L, state, JSON_KEYS) == LUA_TUSERDATA) {
    keys = lua_touserdata(L, -1);
    lua_pushboolean(L, 0);
    lua_rawseti(L, state, JSON_KEYS);
    if (keys->used <= FULL) return keys;
  } else {
    lua_pop(L, 1);
    keys = lua_newuserdatauv(L, sizeof *keys, JSON_SLOTS + JSON_SLOT_METAS);
  }
  memset(keys, 0, sizeof *keys);
  return keys;
}

void json_keys_give(lua_State *L, int state, int index) {
  lua_pushvalue(L, index);
  lua_rawseti(L, state, JSON_KEYS);
}

static size_t hash(const char *s, size_t n) {
  uint64_t head = 0, tail = 0;
  uint32_t first, last;
  if (n >= sizeof head) {
    memcpy(&head, s, sizeof head);
    memcpy(&tail, s + n - sizeof tail, sizeof tail);
  } else if (n >= sizeof first) {
    memcpy(&first, s, sizeof first);
    memcpy(&last, s + n - sizeof last, sizeof last);
    head = first;
    tail = last;
  } else {
    memcpy(&head, s, 1);
    memcpy(&tail, s + n - 1, 1);
    head |= tail << 8;
    memcpy(&tail, s + n / 2, 1);
  }
  uint64_t h = (head ^ (tail << 7) ^ n) * UINT64_C(0x9e3779b97f4a7c15);
  return (size_t)(h >> 32);
}

/* Some slots are for any key; after that a key must come twice, so that a map
   of many ids leaves room for the keys of records. */
static bool deserves_slot(JsonKeys *keys, size_t h) {
  uint16_t *once = &keys->once[h & (JSON_SLOTS - 1)];
  uint16_t mark = (uint16_t)(h >> 8 | 1);
  if (keys->used < FOR_ANY || *once == mark) return true;
  *once = mark;
  return false;
}

unsigned json_keys_find(lua_State *L, JsonKeys *keys, int index, const char *s,
                        size_t n, bool add, unsigned before) {
  if (n == 0 || n > KEY_MAX) return 0;
  size_t h = hash(s, n);
  for (size_t i = 0; i < PROBES; i++) {
    unsigned at = (unsigned)((h + i) & (JSON_SLOTS - 1)) + 1;
    JsonSlot *slot = &keys->slot[at];
    if (slot->len == n && memcmp(slot->text, s, n) == 0) return at;
    if (slot->len) continue;
    if (!add || !deserves_slot(keys, h)) return 0;
    lua_pushlstring(L, s, n);
    lua_setiuservalue(L, index, (int)at);
    memcpy(slot->text, s, n);
    slot->text[n] = '"';
    slot->len = (uint16_t)n;
    slot->first = keys->slot[before].first;
    keys->used++;
    return at;
  }
  return 0;
}
