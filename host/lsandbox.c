/* lsandbox.c - host.sandbox: serve requests from Lua, here or in a child. */
/* SPDX-License-Identifier: MIT */

/* A server calls Lua on a thread of its own, which no task ever suspends.
   The handler must not wait: nothing else would be served meanwhile. */

#include <lauxlib.h>
#include <stddef.h>
#include <string.h>

#include "bindings.h"
#include "lerr.h"
#include "lhandle.h"
#include "log.h"
#include "loop.h"
#include "lopt.h"
#include "lserver.h"
#include "lspawn.h"
#include "sandbox.h"
#include "state.h"
#include "task.h"

#define SERVER "host.sandbox.server"
#define LATER "host.sandbox.later"

typedef struct Server {
  Sandbox *sandbox;      /* NULL once closed */
  lua_State *thread;     /* anchored for good; the handler is its value 1 */
  Wait *waiting;         /* of the wait that lasts, nullable */
} Server;

typedef struct Later {
  Loop *loop;
  LoopTimer *timer;
  lua_State *thread;     /* anchored by user value 1; the function is its 1 */
} Later;

/* ---- requests into Lua ---- */

static SandboxFault read_fault(lua_State *L, const char *name) {
  static const struct { const char *name; SandboxFault fault; } faults[] = {
    { "drop", SANDBOX_DROP }, { "reset", SANDBOX_RESET },
    { "truncate", SANDBOX_TRUNCATE }, { "huge", SANDBOX_HUGE }
  };
  if (!name) return SANDBOX_PLAIN;
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    if (strcmp(faults[i].name, name) == 0) return faults[i].fault;
  }
  luaL_error(L, "reply: unknown fault '%s'", name);
  return SANDBOX_PLAIN;
}

typedef struct ReplyFields {
  lua_Integer status;
  const char *fault;
  size_t huge_bytes;
  double delay;
  bool headers, body;
} ReplyFields;

static const Lopt reply_options[] = {
  { "status", LOPT_INTEGER, offsetof(ReplyFields, status), NULL, true },
  { "body", LOPT_VALUE, offsetof(ReplyFields, body), NULL, false },
  { "headers", LOPT_VALUE, offsetof(ReplyFields, headers), NULL, false },
  { "fault", LOPT_STRING, offsetof(ReplyFields, fault), NULL, false },
  { "huge_bytes", LOPT_SIZE, offsetof(ReplyFields, huge_bytes), NULL, false },
  { "delay", LOPT_SECONDS, offsetof(ReplyFields, delay), NULL, false },
  { NULL, LOPT_STRING, 0, NULL, false }
};

/* handler, request as light userdata: calls it and answers; may raise. */
static int l_handle(lua_State *L) {
  SandboxReq *r = lua_touserdata(L, 2);
  ReplyFields f = { 0 };
  ServerReply plain = { 0 };
  Err err;
  lserver_call(L, r, reply_options, &f, &plain);
  const SandboxReply reply = {
    .status = (int)f.status, .headers = plain.headers,
    .nheaders = plain.nheaders, .body = plain.body, .body_len = plain.body_len,
    .fault = read_fault(L, f.fault), .huge_bytes = f.huge_bytes,
    .delay = f.delay
  };
  if (sandbox_answer(r, &reply, &err)) return lerr_raise(L, &err);
  return 0;
}

/* Whatever goes wrong is seen by the client and on stderr. */
static void on_request(void *ctx, SandboxReq *r) {
  static const char *const plain[] = { "Content-Type", "text/plain" };
  lua_State *L = ((Server *)ctx)->thread;
  Err err;
  if (lua_checkstack(L, 8)) {
    lua_pushcfunction(L, l_handle);
    lua_pushvalue(L, 1);
    lua_pushlightuserdata(L, r);
    if (state_call(L, 2, 0, &err) == 0) return;
    lua_settop(L, 1);
  } else {
    err_set(&err, ERR_SCRIPT, "stack overflow");
  }
  err_prefix(&err, "sandbox: %s %s", sandbox_req_method(r),
             sandbox_req_path(r));
  log_write(LOG_ERROR, "%s", err.text);
  const SandboxReply reply = {
    .status = 500, .headers = plain, .nheaders = 1,
    .body = err.text, .body_len = strlen(err.text)
  };
  if (sandbox_answer(r, &reply, NULL)) {
    log_write(LOG_ERROR, "sandbox: not even the error could be answered");
    sandbox_abandon(r);
  }
}

/* ---- server ---- */

static Server *check_server(lua_State *L) {
  Server *s = luaL_checkudata(L, 1, SERVER);
  if (!s->sandbox) luaL_error(L, "closed server");
  return s;
}

/* listen(port, handler) -> server */
static int l_listen(lua_State *L) {
  lua_Integer port = luaL_checkinteger(L, 1);
  Err err;
  luaL_argcheck(L, port >= 0 && port <= 65535, 1, "no port number");
  luaL_checktype(L, 2, LUA_TFUNCTION);
  Server *s = lua_newuserdatauv(L, sizeof *s, 0);
  *s = (Server){ 0 };
  luaL_setmetatable(L, SERVER);
  s->thread = lserver_thread(L, 2);
  /* A handler may close its server while it runs, but not lose its thread. */
  lua_rawsetp(L, LUA_REGISTRYINDEX, s->thread);
  s->sandbox = sandbox_new(state_loop(L), (int)port, 0, on_request, s, &err);
  return s->sandbox ? 1 : lerr_fail(L, &err);
}

static int handle_port(lua_State *L) {
  lua_pushinteger(L, sandbox_port(check_server(L)->sandbox));
  return 1;
}

static int server_close(lua_State *L) {
  Server *s = luaL_checkudata(L, 1, SERVER);
  Sandbox *sandbox = s->sandbox;
  s->sandbox = NULL;
  sandbox_free(sandbox);
  if (s->waiting) wait_done(s->waiting);
  s->waiting = NULL;
  return 0;
}

typedef struct Serving {
  Wait wait;
  Server *server;
} Serving;

static void serving_cancel(Wait *w) {
  Serving *serving = (Serving *)w;
  if (serving->server->waiting == w) serving->server->waiting = NULL;
}

static int serving_k(lua_State *L, int status, lua_KContext ctx) {
  (void)L;
  (void)status;
  (void)ctx;
  return 0;
}

/* Returns when the server was closed; Ctrl-C raises kind "cancelled". */
static int server_wait(lua_State *L) {
  Server *s = check_server(L);
  if (s->waiting) return luaL_error(L, "the server is waited for already");
  Serving *serving = lua_newuserdatauv(L, sizeof *serving, 1);
  *serving = (Serving){ .wait.cancel = serving_cancel, .server = s };
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  s->waiting = &serving->wait;
  return wait_for(L, &serving->wait, 0, serving_k);
}

/* ---- things done later ---- */

static void later_now(void *ctx) {
  Later *later = ctx;
  lua_State *L = later->thread;
  Err err;
  later->timer = NULL;
  if (state_call(L, 0, 0, &err)) {
    log_write(LOG_ERROR, "sandbox: %s", err.text);
    lua_settop(L, 0);
  }
  lua_pushnil(L);                            /* no longer anchored */
  lua_rawsetp(L, LUA_REGISTRYINDEX, later);
}

static int later_gc(lua_State *L) {
  Later *later = luaL_checkudata(L, 1, LATER);
  if (later->timer) loop_timer_cancel(later->loop, later->timer);
  later->timer = NULL;
  return 0;
}

/* after(seconds, fn): calls fn from the loop; it must not wait. */
static int l_after(lua_State *L) {
  double seconds = luaL_checknumber(L, 1);
  luaL_argcheck(L, seconds >= 0 && seconds < 1e9, 1, "seconds expected");
  luaL_checktype(L, 2, LUA_TFUNCTION);
  Later *later = lua_newuserdatauv(L, sizeof *later, 1);
  *later = (Later){ .loop = state_loop(L) };
  luaL_setmetatable(L, LATER);
  later->thread = lserver_thread(L, 2);
  lua_setiuservalue(L, -2, 1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, later);
  later->timer = loop_timer(later->loop, seconds, later_now, later);
  if (!later->timer) return luaL_error(L, "not enough memory");
  return 0;
}

/* ---- tables ---- */

static const luaL_Reg server_methods[] = {
  { "port", handle_port }, { "close", server_close }, { "wait", server_wait },
  { NULL, NULL }
};

static const luaL_Reg functions[] = {
  { "listen", l_listen }, { "after", l_after }, { "spawn", lspawn },
  { NULL, NULL }
};

int luaopen_host_sandbox(lua_State *L) {
  lhandle_register(L, SERVER, server_methods, server_close);
  lspawn_open(L);
  lhandle_register(L, LATER, NULL, later_gc);
  luaL_newlib(L, functions);
  return 1;
}
