/* lserver.c - host.server: answer requests from Lua, on this machine alone. */
/* SPDX-License-Identifier: MIT */

/* A server calls Lua on a thread of its own, which no task ever suspends.
   The handler must not wait: nothing else would be served meanwhile. */

#include "lserver.h"

#include <lauxlib.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "bindings.h"
#include "lerr.h"
#include "lhandle.h"
#include "log.h"
#include "loop.h"
#include "lopt.h"
#include "state.h"

#define SERVER "host.server"

typedef struct Box {
  Server *server;        /* NULL once closed */
  lua_State *thread;     /* anchored; has the handler and the methods */
} Box;

/* ---- shared with the sandbox ---- */

static void add_header(void *ctx, const char *name, const char *value) {
  lua_State *L = ctx;
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  for (const char *p = name; *p; p++) {
    luaL_addchar(&b, (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p));
  }
  luaL_pushresult(&b);
  lua_pushvalue(L, -1);                     /* headers, name, name */
  if (lua_rawget(L, -3) == LUA_TSTRING) {   /* repeated: one list */
    lua_pushfstring(L, "%s, %s", lua_tostring(L, -1), value);
    lua_replace(L, -2);
  } else {
    lua_pop(L, 1);
    lua_pushstring(L, value);
  }
  lua_rawset(L, -3);
}

static void push_request(lua_State *L, const ServerReq *r) {
  size_t len = 0;
  const char *body = server_req_body(r, &len);
  lua_createtable(L, 0, 5);
  lua_pushstring(L, server_req_method(r));
  lua_setfield(L, -2, "method");
  lua_pushstring(L, server_req_path(r));
  lua_setfield(L, -2, "path");
  lua_pushstring(L, server_req_query(r));
  lua_setfield(L, -2, "query");
  lua_pushlstring(L, body, len);
  lua_setfield(L, -2, "body");
  lua_newtable(L);
  server_req_each_header(r, add_header, L);
  lua_setfield(L, -2, "headers");
}

/* name, value, name, value, ... in a userdata, which is pushed; the strings
   stay anchored by the table at index. Raises on what is no text. */
static const char **headers_of(lua_State *L, int index, size_t *n) {
  size_t count = 0;
  lua_pushnil(L);
  while (lua_next(L, index)) {
    if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING) {
      luaL_error(L, "reply: headers must be strings by name");
    }
    count++;
    lua_pop(L, 1);
  }
  const char **list = lua_newuserdatauv(L, (2 * count + 1) * sizeof *list, 0);
  *n = count;
  count = 0;
  lua_pushnil(L);
  while (lua_next(L, index)) {
    list[count++] = lua_tostring(L, -2);
    list[count++] = lua_tostring(L, -1);
    lua_pop(L, 1);
  }
  return list;
}

void lserver_call(lua_State *L, const ServerReq *r, const Lopt *fields,
                  void *to, ServerReply *reply) {
  lua_pushvalue(L, 1);
  push_request(L, r);
  lua_call(L, 1, 1);
  lua_replace(L, 1);                        /* reply */
  luaL_checktype(L, 1, LUA_TTABLE);
  lopt_read(L, 1, fields, to);
  if (lua_getfield(L, 1, "headers") != LUA_TNIL) {
    luaL_checktype(L, -1, LUA_TTABLE);
    reply->headers = headers_of(L, lua_absindex(L, -1), &reply->nheaders);
  }
  if (lua_getfield(L, 1, "body") != LUA_TNIL) {
    if (lua_type(L, -1) != LUA_TSTRING) luaL_error(L, "reply: body: no string");
    reply->body = lua_tolstring(L, -1, &reply->body_len);
  }
}

lua_State *lserver_thread(lua_State *L, int index) {
  lua_State *thread = lua_newthread(L);
  lua_pushvalue(L, index);
  lua_xmove(L, thread, 1);
  return thread;
}

/* ---- requests into Lua ---- */

typedef struct Fields {
  lua_Integer status;
  bool headers, body;
} Fields;

static const Lopt reply_options[] = {
  { "status", LOPT_INTEGER, offsetof(Fields, status), NULL, true },
  { "body", LOPT_VALUE, offsetof(Fields, body), NULL, false },
  { "headers", LOPT_VALUE, offsetof(Fields, headers), NULL, false },
  { NULL, LOPT_STRING, 0, NULL, false }
};

/* handler, request as light userdata: calls it and answers; may raise. */
static int l_handle(lua_State *L) {
  ServerReq *r = lua_touserdata(L, 2);
  Fields f = { 0 };
  ServerReply reply = { 0 };
  Err err;
  lserver_call(L, r, reply_options, &f, &reply);
  reply.status = (int)f.status;
  if (server_answer(r, &reply, &err)) return lerr_raise(L, &err);
  return 0;
}

/* What went wrong is for the log; whoever asked learns that something did. */
static void on_request(void *ctx, ServerReq *r) {
  static const char *const plain[] = { "Content-Type", "text/plain" };
  static const char text[] = "internal error; the log has more\n";
  lua_State *L = ((Box *)ctx)->thread;
  Err err;
  if (lua_checkstack(L, 8)) {
    lua_pushcfunction(L, l_handle);
    lua_pushvalue(L, 1);
    lua_pushlightuserdata(L, r);
    if (state_call(L, 2, 0, &err) == 0) return;
    lua_settop(L, 2);
  } else {
    err_set(&err, ERR_SCRIPT, "stack overflow");
  }
  log_write(LOG_ERROR, "server: %s %s: %s", server_req_method(r),
            server_req_path(r), err.text);
  const ServerReply reply = {
    .status = 500, .headers = plain, .nheaders = 1, .body = text,
    .body_len = sizeof text - 1
  };
  if (server_answer(r, &reply, NULL)) server_abandon(r);
}

/* ---- server ---- */

typedef struct Options {
  const char *path, *address, *methods;
  lua_Integer port, max_connections, idle;
  size_t max_body;
  bool pages;
} Options;

static const Lopt options[] = {
  { "path", LOPT_STRING, offsetof(Options, path), NULL, false },
  { "address", LOPT_STRING, offsetof(Options, address), NULL, false },
  { "port", LOPT_INTEGER, offsetof(Options, port), NULL, false },
  { "methods", LOPT_STRING, offsetof(Options, methods), NULL, false },
  { "max_body", LOPT_SIZE, offsetof(Options, max_body), NULL, false },
  { "max_connections", LOPT_INTEGER, offsetof(Options, max_connections), NULL,
    false },
  { "idle", LOPT_INTEGER, offsetof(Options, idle), NULL, false },
  { "pages", LOPT_BOOLEAN, offsetof(Options, pages), NULL, false },
  { NULL, LOPT_STRING, 0, NULL, false }
};

/* listen({ path= | address=, port=, methods=, max_body=, max_connections=,
   idle=, pages= }, handler) -> server | nil, err */
static int l_listen(lua_State *L) {
  Options o = { .max_connections = 32, .idle = 30 };
  Err err;
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  lopt_read(L, 1, options, &o);
  luaL_argcheck(L, o.port >= 0 && o.port <= 65535, 1, "no port number");
  luaL_argcheck(L, o.max_connections > 0 && o.max_connections <= 10000, 1,
                "max_connections: 1 to 10000");
  luaL_argcheck(L, o.idle >= 0 && o.idle <= INT_MAX, 1, "idle: seconds");
  Box *s = lua_newuserdatauv(L, sizeof *s, 0);
  *s = (Box){ 0 };
  luaL_setmetatable(L, SERVER);
  s->thread = lserver_thread(L, 2);
  /* The server borrows the text for its life. */
  o.methods = lua_pushstring(s->thread, o.methods);
  /* A handler may close its server while it runs, but not lose its thread. */
  lua_rawsetp(L, LUA_REGISTRYINDEX, s->thread);
  const ServerOptions given = {
    .path = o.path, .address = o.address, .port = (int)o.port,
    .methods = o.methods, .max_body = o.max_body, .pages = o.pages,
    .max_connections = (unsigned)o.max_connections, .idle = (unsigned)o.idle,
    .fn = on_request, .ctx = s
  };
  s->server = server_new(state_loop(L), &given, &err);
  return s->server ? 1 : lerr_fail(L, &err);
}

static int box_port(lua_State *L) {
  const Box *s = luaL_checkudata(L, 1, SERVER);
  if (!s->server) return luaL_error(L, "closed server");
  lua_pushinteger(L, server_port(s->server));
  return 1;
}

static int box_close(lua_State *L) {
  Box *s = luaL_checkudata(L, 1, SERVER);
  Server *server = s->server;
  s->server = NULL;
  server_free(server);
  return 0;
}

static const luaL_Reg methods[] = {
  { "port", box_port }, { "close", box_close }, { NULL, NULL }
};

static const luaL_Reg functions[] = {
  { "listen", l_listen }, { NULL, NULL }
};

int luaopen_host_server(lua_State *L) {
  lhandle_register(L, SERVER, methods, box_close);
  luaL_newlib(L, functions);
  return 1;
}
