/* lstore.h - what the parts of the binding host.store share. */
/* SPDX-License-Identifier: MIT */
#ifndef LSTORE_H
#define LSTORE_H

#include <lauxlib.h>
#include <lua.h>
#include "store.h"

#define LSTORE "host.store"

typedef struct LStore {
  Store *store;   /* NULL: closed */
} LStore;

/* nil, err; err.reason is that of store_reason. Returns 2. */
int lstore_fail(lua_State *L, Store *s, const Err *err);

/* The open store at index 1; raises. */
Store *lstore_check(lua_State *L);

/* Methods: statements, transactions and room for them. */
extern const luaL_Reg lstore_statements[];

#endif
