/* module.h - require for embedded, built-in and the script's own modules. */
/* SPDX-License-Identifier: MIT */
#ifndef MODULE_H
#define MODULE_H

#include <lua.h>

/* Opens package and require without C loaders and without LUA_PATH: modules
   are found among the bindings, then embedded, then as text beside the
   script (module_set_path). */
void module_open(lua_State *L);

/* Pushes the module as require would; raises where require would. */
void module_push(lua_State *L, const char *name);

/* Offers a binding as require(name). */
void module_preload(lua_State *L, const char *name, lua_CFunction open);

/* Pushes what a data module such as "ixon.catalogue" returns, evaluated in an
   empty environment so that it can hold no code. -1 and nil if there is no
   such module; raises where it is broken. */
int module_push_data(lua_State *L, const char *name);

/* Pushes the sorted list of services: what has a catalogue. */
void module_push_services(lua_State *L);

/* Directory below which scripts' own modules are looked for. */
void module_set_path(lua_State *L, const char *dir);

#endif
