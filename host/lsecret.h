/* lsecret.h - secrets that a script is given, for Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef LSECRET_H
#define LSECRET_H

#include <lua.h>

/* Adds secret to the table on top of the stack, which is host.sys. */
void lsecret_register(lua_State *L);

#endif
