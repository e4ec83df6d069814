/* lserver.h - requests and headers of a server as Lua values. */
/* SPDX-License-Identifier: MIT */
#ifndef LSERVER_H
#define LSERVER_H

#include <stddef.h>
#include <lua.h>
#include "server.h"

/* Pushes { method, path, query, body, headers = { [lower case] = text } }. */
void lserver_push_request(lua_State *L, const ServerReq *r);

/* name, value, name, value, ... in a userdata, which is pushed; the strings
   stay anchored by the table at index. Raises on what is no text. */
const char **lserver_headers(lua_State *L, int index, size_t *n);

/* A thread that holds the function at index as its only value; pushed. */
lua_State *lserver_thread(lua_State *L, int index);

#endif
