/* json_priv.h - what the parts of json and its binding share. */
/* SPDX-License-Identifier: MIT */
#ifndef JSON_PRIV_H
#define JSON_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <lua.h>

/* The table that json_push_state pushes holds these. */
enum {
  JSON_MT_ARRAY = 1,
  JSON_MT_OBJECT,
  JSON_MT_NUMBER,
  JSON_NULL_ROOT,     /* start of the tree in json_null.c */
  JSON_NULL_NODES,    /* how many nodes it has */
  JSON_KEYS,          /* of json_keys.c; false while in use */
  JSON_STATE_SLOTS = JSON_KEYS
};

typedef enum JsonMark { JSON_UNMARKED, JSON_ARRAY, JSON_OBJECT } JsonMark;

void json_push_state(lua_State *L);

/* How the table at index is marked. */
JsonMark json_mark(lua_State *L, int index);

/* Is the value at index the null sentinel? */
bool json_is_null(lua_State *L, int index);

/* -- json_null.c: objects that remember which members were null -- */

/* If the object at index remembers nulls, pushes the list of their keys, which
   is also a set, and returns true. A key counts while the object has no value
   for it. The list must not be changed. */
bool json_null_list(lua_State *L, int index);

/* Turns every member of the table at t that is the sentinel into a remembered
   null and gives t the metatable of an object. state and t are absolute. */
void json_null_settle(lua_State *L, int state, int t);

/* The same for a few known keys, without a look at all members: start pushes
   a node; step replaces node and key on the stack by the next node; finish
   pops the node and gives t its metatable. The caller unsets the members. */
void json_null_start(lua_State *L, int state);
void json_null_step(lua_State *L, int state);
void json_null_finish(lua_State *L, int t);

/* Remembers, or with on = false forgets, the string key at index key. */
void json_null_set(lua_State *L, int t, int key, bool on);

/* -- json_big.c: numbers of which only the text is exact -- */

/* Fills the metatable on top of the stack. */
void json_big_open(lua_State *L);

/* Pushes a big number; the state table is at index state. */
void json_big_push(lua_State *L, int state, const char *text, size_t n);

/* Its text, or NULL if the value at index is none. */
const char *json_big_text(lua_State *L, int index, size_t *n);

#endif
