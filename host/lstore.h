/* lstore.h - what the parts of the binding host.store share. */
/* SPDX-License-Identifier: MIT */
#ifndef LSTORE_H
#define LSTORE_H

#include <lauxlib.h>
#include <lua.h>
#include "store.h"

#define LSTORE "host.store"

typedef struct LStore {
  Store *store;            /* NULL: closed */
  StoreWrite *head, *tail; /* wait for the next turn of the loop */
  struct Loop *loop;
  struct LoopTimer *timer; /* while something waits */
} LStore;

/* nil, err; err.reason is that of store_reason. Returns 2. */
int lstore_fail(lua_State *L, Store *s, const Err *err);
int lstore_refuse(lua_State *L, const Err *err, const char *reason);

/* The open store at index 1; raises. */
Store *lstore_check(lua_State *L);

/* A text without zero bytes, or NULL for nil; raises. */
const char *lstore_text(lua_State *L, int index);

int lstore_small(lua_Integer n);   /* as an int, 0 at least */

/* lstorewrite.c: the methods begin and finish */
int lstore_begin(lua_State *L);
int lstore_finish(lua_State *L);
void lstorewrite_open(lua_State *L);
/* The exchange in the table at index; its texts stay anchored by it. */
void lstore_exchange(lua_State *L, int index, StoreExchange *x);
/* Ends the waits of all that wait; for a store that is about to be closed. */
void lstore_flush(LStore *s);

/* Methods: statements, transactions and room for them. */
extern const luaL_Reg lstore_statements[];

#endif
