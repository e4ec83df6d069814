/* lauth.h - the login of an account, as Lua sees it. */
/* SPDX-License-Identifier: MIT */
#ifndef LAUTH_H
#define LAUTH_H

#include <lua.h>
#include "auth.h"
#include "buf.h"
#include "lhttp.h"

/* For auth_keep_tokens; ctx is the Account. */
auth_known lauth_known;

/* Tokens of the account are kept in the file name of dir; without both it
   does nothing. */
int lauth_keep(lua_State *L, Account *a, const char *dir, const char *name,
               Err *err);

/* Adds the methods login and token to the table on top of the stack. */
void lauth_methods(lua_State *L);

/* Adds the functions token_name and forget_tokens to it. */
void lauth_functions(lua_State *L);

#endif
