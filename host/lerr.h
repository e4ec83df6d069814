/* lerr.h - Err as a structured Lua error. */
/* SPDX-License-Identifier: MIT */
#ifndef LERR_H
#define LERR_H

#include <stdbool.h>
#include <lua.h>
#include "err.h"

/* Registers the metatable "errand.error" (once a state). Its __tostring gives
   one sentence, redacted ("WHERE: SERVICE.OPERATION: MESSAGE (HTTP STATUS)"
   and a line per problem); __concat does the same. Fields are plain: kind,
   message, status, service, operation, problems, body, request_id, attempts,
   retryable, where. */
void lerr_open(lua_State *L);

/* Pushes a new error table for err. */
void lerr_push(lua_State *L, const Err *err);

/* nil, error: what host primitives return. Returns 2. */
int lerr_fail(lua_State *L, const Err *err);

/* Raises. Nothing that must be freed may be held. */
int lerr_raise(lua_State *L, const Err *err);

/* Gives the table on top of the stack the error metatable. */
void lerr_mark(lua_State *L);

/* Whether the value at index is a structured error. */
bool lerr_is(lua_State *L, int index);

/* Fills err from the error value at index, whatever it is: text is the
   sentence that tostring gives. Raises nothing. */
void lerr_get(lua_State *L, int index, Err *err);

#endif
