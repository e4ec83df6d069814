/* lpager.h - the pager for Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef LPAGER_H
#define LPAGER_H

#include <lua.h>

/* Adds pager to the table on top of the stack, which is host.repl. */
void lpager_register(lua_State *L);

#endif
