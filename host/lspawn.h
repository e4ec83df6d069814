/* lspawn.h - host.sandbox.spawn: a child process that serves. */
/* SPDX-License-Identifier: MIT */
#ifndef LSPAWN_H
#define LSPAWN_H

#include <lua.h>

/* spawn{ port=, state=, faults= } -> port, child; or nil, error. To be called
   before libcurl is started: the child inherits what is there. */
int lspawn(lua_State *L);

/* Registers the metatable of child. */
void lspawn_open(lua_State *L);

#endif
