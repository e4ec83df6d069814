/* ltext.h - text helpers for Lua, and buffers that a raise cannot leak. */
/* SPDX-License-Identifier: MIT */
#ifndef LTEXT_H
#define LTEXT_H

#include <stddef.h>
#include <lua.h>
#include "buf.h"

/* Pushes a userdata that holds an empty Buf, and returns that. It is wiped
   when the userdata is collected, or sooner by buf_wipe. */
Buf *ltext_buf(lua_State *L, size_t max);

/* Pushes the bytes of b and wipes it; raises if b has failed. */
void ltext_push(lua_State *L, Buf *b);

/* Adds distance, safe, redact, width, log and log_level to the table on top
   of the stack. */
void ltext_register(lua_State *L);

#endif
