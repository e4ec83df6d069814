/* lconfig.h - the configuration as a Lua userdata. */
/* SPDX-License-Identifier: MIT */
#ifndef LCONFIG_H
#define LCONFIG_H

#include <lua.h>
#include "config.h"

/* The configuration at index; raises if it is none. Borrowed: anchor the
   userdata as long as it, or anything from it, is used. */
Config *lconfig_check(lua_State *L, int index);

#endif
