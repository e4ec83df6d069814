/* lspec.h - parts of a call's and an account's tables, as C wants them. */
/* SPDX-License-Identifier: MIT */
#ifndef LSPEC_H
#define LSPEC_H

#include <lua.h>
#include "auth.h"

/* All of these raise on values of another type. What they give points into
   userdata that they leave on the stack, and into texts that the table at
   index anchors. */

/* The list of strings in a field, NULL-terminated; leaves the list and the
   userdata on the stack. NULL, and nil for the userdata, if there is no such
   field or nothing in it. */
const char *const *lspec_strings(lua_State *L, int index, const char *field);

/* The text in a field, which stays on the stack; NULL if there is none. */
const char *lspec_text(lua_State *L, int index, const char *field);

/* The ways to sign in, as core.account prepared them. */
void lspec_read(lua_State *L, int index, AuthSpec *spec);

#endif
