/* lhandle.h - handles that Lua closes, and tasks that wait for one. */
/* SPDX-License-Identifier: MIT */
#ifndef LHANDLE_H
#define LHANDLE_H

#include <lauxlib.h>

/* A task that waits for a handle; its userdata is Lua's. A list of them begins
   as NULL and is a member of the handle. */
typedef struct Waiter Waiter;

/* Makes the metatable of this kind of handle: its methods (nullable), and close
   for __gc and __close. Leaves the stack as it was. Raises where memory is short. */
void lhandle_register(lua_State *L, const char *kind, const luaL_Reg *methods,
                      lua_CFunction close);

/* Waits until lhandle_wake(list), as wait_for does, and goes on in k. The handle
   with the list is at index 1, where it stays. A wait that is cancelled leaves
   the list. */
int lhandle_wait(lua_State *L, Waiter **list, lua_KFunction k);

/* All who are in the list go on, and it is empty. From the loop or a method. */
void lhandle_wake(Waiter **list);

#endif
