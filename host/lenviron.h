/* lenviron.h - the environment that a child gets. */
/* SPDX-License-Identifier: MIT */
#ifndef LENVIRON_H
#define LENVIRON_H

#include <stdbool.h>
#include <lua.h>

/* Registers the metatable of what lenviron_push pushes. */
void lenviron_open(lua_State *L);

/* "NAME=value", NULL-terminated, from the options at index:
   environment = { NAME = value }   only these; or
   set = { NAME = value | false }   ours with these, without those; and
   credentials                      ours with what env_take took out of it.
   NULL: ours as it is. Raises on other types. Leaves on the stack what it
   points into, which wipes its credentials when it is collected; ours must
   not be changed meanwhile. */
const char *const *lenviron_push(lua_State *L, int index, bool credentials);

/* Wipes at once what the last lenviron_push left on top of the stack. */
void lenviron_wipe(lua_State *L, int index);

#endif
