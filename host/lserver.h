/* lserver.h - requests of a server, answered by a Lua function. */
/* SPDX-License-Identifier: MIT */
#ifndef LSERVER_H
#define LSERVER_H

#include <lua.h>
#include "lopt.h"
#include "server.h"

/* Calls the handler, value 1, with { method, path, query, body, headers =
   { [lower case] = text } } and puts the table that it returns in its place.
   Reads that: headers and body into reply, which are on the stack then, and
   what `fields` names - those two must be among it - into `to`. May raise. */
void lserver_call(lua_State *L, const ServerReq *r, const Lopt *fields,
                  void *to, ServerReply *reply);

/* A thread that holds the function at index as its only value; pushed. */
lua_State *lserver_thread(lua_State *L, int index);

#endif
