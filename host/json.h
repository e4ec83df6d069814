/* json.h - JSON straight to and from Lua values, exactly. */
/* SPDX-License-Identifier: MIT */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <lua.h>
#include "buf.h"
#include "err.h"

/* No document nests deeper, whatever the limits say: this much is safe on
   the C stack. Also the encoder's limit. */
enum { JSON_DEPTH_MAX = 2048 };

/* Limits by name; 0 means the default given here. */
typedef struct JsonLimits {
  size_t depth;      /* nested arrays and objects, 256 */
  size_t items;      /* values in the whole document, 10,000,000 */
  size_t bytes;      /* of the document, 256 MiB */
  bool refuse_big;   /* refuse numbers that fit neither 64 bits nor a double
                        exactly, instead of keeping their text */
} JsonLimits;

/* Registers the metatables of arrays, objects and big numbers. Before
   anything below; harmless twice. */
void json_open(lua_State *L);

/* Pushes the value of the document and returns 0; or pushes nothing and
   returns -1 with the fault, its line and column in err (ERR_SERVER, or
   ERR_CAP for a limit). May raise a Lua memory error; holds no memory outside
   Lua's while it can. duplicates (nullable) counts repeated keys. */
int json_decode(lua_State *L, const char *text, size_t len,
                const JsonLimits *limits, size_t *duplicates, Err *err);

/* Appends the JSON of the value at index to out: sorted keys, no blanks,
   shortest exact numbers; indent > 0 pretty-prints with that many blanks.
   -1 with the path of the fault in err (ERR_VALIDATION; ERR_CAP when out is
   full) and out as it was: function, cycle, NaN, mixed keys, invalid UTF-8,
   too deep. May raise a memory error; out is then still the caller's to
   clear. Metamethods are not looked at. */
int json_encode(lua_State *L, int index, int indent, Buf *out, Err *err);

/* Pushes the null value (light userdata NULL, which is cjson.null too). */
void json_push_null(lua_State *L);

/* Mark the table at index as array or object for good. */
void json_mark_array(lua_State *L, int index);
void json_mark_object(lua_State *L, int index);

#endif
