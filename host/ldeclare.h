/* ldeclare.h - what host.declare and its libraries share. */
/* SPDX-License-Identifier: MIT */
#ifndef LDECLARE_H
#define LDECLARE_H

#include <lua.h>

/* Raises once the file has had its time; level as luaL_where has it. */
void declare_tick(lua_State *I, int level);

/* Opens what a file of declarations has of Lua's libraries: nothing that
   reaches beyond it, nothing that says something else the next time, and no
   call that goes on for long, since nothing can end a call of C. */
void declare_libraries(lua_State *I);

#endif
