/* lcall.c - the end of a call: its reply as Lua values, or its error. */
/* SPDX-License-Identifier: MIT */

#include <ctype.h>
#include <lauxlib.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "json.h"
#include "lerr.h"
#include "lhttp.h"
#include "loop.h"
#include "text.h"
#include "timing.h"

#define CALL "errand.call"
#define SCRATCH "errand.scratch"

enum { SCRATCH_MAX = 1 << 20, SNIPPET = 200 };

static void call_cancel(Wait *w) {
  Call *c = (Call *)w;
  if (!c->req) return;
  c->unsent = !retry_req_maybe_sent(c->req);
  retry_req_free(c->req);
  c->req = NULL;
}

static int call_gc(lua_State *L) {
  Call *c = lua_touserdata(L, 1);
  call_cancel(&c->wait);
  return 0;
}

/* call:unsent(): no byte of a call that was cut short can have left */
static int call_unsent(lua_State *L) {
  const Call *c = luaL_checkudata(L, 1, CALL);
  lua_pushboolean(L, c->unsent);
  return 1;
}

static int scratch_gc(lua_State *L) {
  buf_wipe(lua_touserdata(L, 1));
  return 0;
}

void lcall_open(lua_State *L) {
  luaL_newmetatable(L, CALL);
  lua_pushcfunction(L, call_gc);
  lua_setfield(L, -2, "__gc");
  lua_newtable(L);
  lua_pushcfunction(L, call_unsent);
  lua_setfield(L, -2, "unsent");
  lua_setfield(L, -2, "__index");
  luaL_newmetatable(L, SCRATCH);
  lua_pushcfunction(L, scratch_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 2);
}

Buf *lhttp_scratch(lua_State *L) {
  Buf *b = lua_newuserdatauv(L, sizeof *b, 0);
  buf_init(b, SCRATCH_MAX);
  luaL_setmetatable(L, SCRATCH);
  return b;
}

Call *lcall_new(lua_State *L, int table, int account, int parts) {
  Call *c = lua_newuserdatauv(L, sizeof *c, 3);
  *c = (Call){.wait.cancel = call_cancel};
  c->hidden = ((Account *)lua_touserdata(L, account))->hidden;
  luaL_setmetatable(L, CALL);
  lua_pushvalue(L, table);
  lua_setiuservalue(L, -2, 1);
  lua_pushvalue(L, account);
  lua_setiuservalue(L, -2, 2);
  lua_pushvalue(L, parts);
  lua_setiuservalue(L, -2, 3);
  return c;
}

void lcall_done(void *ctx, RetryReq *req) {
  (void)req;
  wait_done(&((Call *)ctx)->wait);
}

/* ---- the reply ---- */

static void add_header(void *ctx, const char *name, size_t nlen,
                       const char *value, size_t vlen) {
  luaL_Buffer *b = ctx;
  luaL_addlstring(b, name, nlen);
  luaL_addlstring(b, ": ", 2);
  luaL_addlstring(b, value, vlen);
  luaL_addchar(b, '\n');
}

/* Pushes the headers of the reply. What raises there leaves nothing behind. */
static void push_head(lua_State *L, const HttpReq *req) {
  luaL_Buffer head;
  luaL_buffinit(L, &head);
  http_req_each_header(req, add_header, &head);
  luaL_pushresult(&head);
}

static bool is_json_type(const char *type, size_t n) {
  const char *end = memchr(type, ';', n);
  if (end) n = (size_t)(end - type);
  while (n > 0 && isspace((unsigned char)type[n - 1])) n--;
  return (n >= 5 && strncasecmp(type + n - 5, "+json", 5) == 0) ||
         (n == 16 && strncasecmp(type, "application/json", 16) == 0) ||
         (n == 9 && strncasecmp(type, "text/json", 9) == 0);
}

static const char *skip_space(const char *p, const char *end) {
  while (p < end && strchr(" \t\r\n", *p)) p++;
  return p;
}

/* A sentence about a reply that is not the JSON it should be. */
static void describe_foreign(const HttpReq *req, const char *type,
                             size_t type_len, const char *reason, Err *err) {
  const Buf *body = http_req_body(req);
  Buf safe;
  buf_init(&safe, 4096);
  size_t n = body->len < SNIPPET ? body->len : SNIPPET;
  if (n && text_safe(&safe, body->data, n, false) != 0) buf_reset(&safe);
  err_set(err, ERR_SERVER,
          "the reply is not JSON (type %.*s%s%s); it begins: %s",
          type ? (int)(type_len < 80 ? type_len : 80) : 5,
          type ? type : "none", reason ? ", " : "", reason ? reason : "",
          buf_str(&safe));
  err->status = http_req_status(req);
  buf_clear(&safe);
}

/* Pushes the decoded body, or nil for an empty one. 0, or -1 with nothing
   pushed. */
static int push_json(lua_State *L, const HttpReq *req, Err *err) {
  const Buf *body = http_req_body(req);
  size_t type_len = 0;
  const char *type = http_req_header(req, "Content-Type", &type_len);
  const char *end = body->data + body->len;
  const char *first = body->len ? skip_space(body->data, end) : end;
  if (first == end) {
    lua_pushnil(L);
    return 0;
  }
  bool is_json = type && is_json_type(type, type_len);
  bool looks = *first == '{' || *first == '[' || *first == '"';
  if (!is_json && !looks) {
    describe_foreign(req, type, type_len, NULL, err);
    return -1;
  }
  if (json_decode(L, body->data, body->len, NULL, NULL, err) == 0) return 0;
  if (err->kind == ERR_CAP) return -1;
  Err why = *err;
  why.text[120] = '\0';
  describe_foreign(req, type, type_len, why.text, err);
  return -1;
}

static void set_number(lua_State *L, const char *name, double value) {
  lua_pushnumber(L, value);
  lua_setfield(L, -2, name);
}

/* libcurl's times are whole microseconds, too; more digits say nothing. */
static double microseconds(double seconds) {
  return round(seconds * 1e6) / 1e6;
}

static void push_times(lua_State *L, const RetryTimes *call, HttpTimes last) {
  lua_createtable(L, 0, 8);
  set_number(L, "turn", microseconds(call->turn));
  set_number(L, "between", microseconds(call->between));
  set_number(L, "resolve", last.resolve);
  set_number(L, "connect", last.connect);
  set_number(L, "tls", last.tls);
  set_number(L, "sent", last.sent);
  set_number(L, "first_byte", last.first_byte);
  set_number(L, "total", last.total);
}

/* How it went, into the table on top of the stack: a reply or an error. */
static void set_course(lua_State *L, const Call *c) {
  RetryTimes times = retry_req_times(c->req);
  const char *gave_up = retry_req_gave_up(c->req);
  lua_pushinteger(L, retry_req_attempts(c->req));
  lua_setfield(L, -2, "attempts");
  set_number(L, "seconds", times.total);
  if (retry_req_lost(c->req)) {
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, "lost");
  }
  if (!gave_up) return;
  lua_pushstring(L, gave_up);
  lua_setfield(L, -2, "gave_up");
  set_number(L, "waited", times.between);
  if (times.ask < 0) return;
  set_number(L, "retry_after", times.ask);
}

/* The reply table on top of the stack gets the facts of the request. */
static void push_reply(lua_State *L, Call *c, const HttpReq *req) {
  lua_createtable(L, 0, c->keep ? 10 : 8);
  lua_pushinteger(L, http_req_status(req));
  lua_setfield(L, -2, "status");
  set_course(L, c);
  lua_pushinteger(L, auth_req_logins(retry_req_auth(c->req)));
  lua_setfield(L, -2, "logins");
  lua_pushinteger(L, (lua_Integer)http_req_size(req));
  lua_setfield(L, -2, "size");
  if (!c->hidden) {
    lua_pushstring(L, http_req_url(req));
    lua_setfield(L, -2, "url");
  }
  push_head(L, req);
  lua_setfield(L, -2, "head");
  if (!c->keep) return;
  RetryTimes times = retry_req_times(c->req);
  push_times(L, &times, http_req_times(req));
  lua_setfield(L, -2, "times");
}

static void push_text(lua_State *L, const HttpReq *req) {
  const Buf *body = http_req_body(req);
  lua_pushlstring(L, buf_str(body), body->len);
}

static int fail(lua_State *L, Call *c, const Err *err) {
  lua_pushnil(L);
  lerr_push(L, err);
  set_course(L, c);
  call_cancel(&c->wait);     /* with what came of a file that broke off */
  return 2;
}

/* A create may or may not have happened behind an answer that is none. */
static void doubt(Err *err) {
  char what[ERR_TEXT];
  if (err->kind != ERR_SERVER && err->kind != ERR_CAP) return;
  memcpy(what, err->text, sizeof what);
  int status = err->status;
  err_set(err, ERR_IN_DOUBT, "%.900s; it may or may not have had its effect: "
          "look before repeating it", what);
  err->status = status;
}

int lcall_finish(lua_State *L, int status_, lua_KContext ctx) {
  (void)status_;
  Call *c = (Call *)ctx;
  Err err = *retry_req_err(c->req);
  RetryTimes times = retry_req_times(c->req);
  timing_wait(times.turn, times.between);
  if (err.kind != ERR_NONE) return fail(L, c, &err);
  const HttpReq *req = auth_req_http(retry_req_auth(c->req));
  int status = http_req_status(req);
  lua_pushinteger(L, status);
  lua_getfield(L, 2, "decode");
  const char *decode = luaL_optstring(L, -1, "json");
  /* failures come as JSON even where success is text or a file */
  bool json = strcmp(decode, "json") == 0 || status >= 300;
  lua_pop(L, 1);
  if (http_req_is_file(req)) {
    lua_getfield(L, 2, "output");
    push_reply(L, c, req);
  } else if (!json) {
    push_text(L, req);
    push_reply(L, c, req);
  } else if (push_json(L, req, &err) == 0) {
    push_reply(L, c, req);
  } else if (status >= 200 && status < 300) {
    if (!c->repeatable) doubt(&err);
    return fail(L, c, &err);
  } else {
    lua_pushnil(L);
    push_reply(L, c, req);
    push_text(L, req);
    lua_setfield(L, -2, "text");
  }
  if (c->keep && !http_req_is_file(req)) {
    push_text(L, req);
    lua_setfield(L, -2, "text");
  }
  call_cancel(&c->wait);     /* the reply's memory is not Lua's: free it now */
  return 3;
}
