/* lstorewrite.c - host.store: calls that begin and end; those of tasks that run
   side by side are written together. */
/* SPDX-License-Identifier: MIT */
#include "lstore.h"

#include <lauxlib.h>
#include <limits.h>
#include <stddef.h>
#include "lerr.h"
#include "loop.h"
#include "lopt.h"
#include "state.h"
#include "task.h"

/* A flush of the disk takes longer than all else of a call, and nothing else
   runs meanwhile. So where other tasks are there a write waits for the next
   turn of the loop, in which all that came until then share one. The tables
   that its texts are borrowed from are on the stack of the task. */

#define WRITE "errand.write"

typedef struct Write {
  StoreWrite it;         /* first: they share an address */
  Wait wait;
  LStore *owner;         /* NULL once it is written */
  StoreCall call;
  StoreExchange exchange;
} Write;

/* ---- the tables ---- */

#define SHOWN(name) \
  {#name, LOPT_STRING, offsetof(Exchange, x.name), NULL, false}

/* What lopt_read fills; StoreExchange has no integers of Lua's size. */
typedef struct Exchange {
  StoreExchange x;
  lua_Integer status, attempts;
} Exchange;

static const Lopt exchange_options[] = {
  SHOWN(service), SHOWN(profile), SHOWN(operation), SHOWN(effect),
  SHOWN(what), SHOWN(method), SHOWN(url), SHOWN(request_head),
  SHOWN(request_body), SHOWN(request_note), SHOWN(files), SHOWN(outcome),
  SHOWN(reply_head), SHOWN(reply_body), SHOWN(reply_note), SHOWN(times),
  SHOWN(kind), SHOWN(message),
  {"status", LOPT_INTEGER, offsetof(Exchange, status), NULL, false},
  {"attempts", LOPT_INTEGER, offsetof(Exchange, attempts), NULL, false},
  {"seconds", LOPT_SECONDS, offsetof(Exchange, x.seconds), NULL, false},
  {"at", LOPT_SECONDS, offsetof(Exchange, x.at), NULL, false},
  {"insecure", LOPT_BOOLEAN, offsetof(Exchange, x.insecure), NULL, false},
  {.name = NULL}};

int lstore_small(lua_Integer n) {
  return n < 0 ? 0 : n > INT_MAX ? INT_MAX : (int)n;
}

void lstore_exchange(lua_State *L, int index, StoreExchange *x) {
  Exchange read = {0};
  lopt_read(L, index, exchange_options, &read);
  *x = read.x;
  x->status = lstore_small(read.status);
  x->attempts = lstore_small(read.attempts);
}

/* ---- together ---- */

static void flush(void *ctx) {
  LStore *s = ctx;
  StoreWrite *list = s->head;
  s->timer = NULL;
  s->head = s->tail = NULL;
  store_write_calls(s->store, list);
  while (list) {
    Write *w = (Write *)list;
    list = list->next;         /* a task that goes on may free it */
    w->owner = NULL;
    wait_done(&w->wait);
  }
}

/* Before the store is closed: what has not begun never will. */
void lstore_flush(LStore *s) {
  StoreWrite *list = NULL, **end = &list;
  if (s->timer) loop_timer_cancel(s->loop, s->timer);
  s->timer = NULL;
  while (s->head) {
    Write *w = (Write *)s->head;
    s->head = w->it.next;
    w->it.next = NULL;
    w->owner = NULL;
    if (w->it.begins) {
      w->it.failed = "other";
      err_set(&w->it.err, ERR_SCRIPT, "the store was closed");
      wait_done(&w->wait);
    } else {
      *end = &w->it;
      end = &w->it.next;
    }
  }
  s->tail = NULL;
  if (list) store_write_calls(s->store, list);
  for (; list; list = list->next) wait_done(&((Write *)list)->wait);
}

static int write_gc(lua_State *L) {
  Write *w = lua_touserdata(L, 1);
  LStore *s = w->owner;
  if (!s) return 0;
  w->owner = NULL;
  StoreWrite *before = NULL;
  for (StoreWrite *it = s->head; it != &w->it; it = it->next) before = it;
  if (before) before->next = w->it.next;
  else s->head = w->it.next;
  if (s->tail == &w->it) s->tail = before;
  return 0;
}

/* begun: its number; ended: true; else nil, err */
static int written(lua_State *L, int status, lua_KContext ctx) {
  const Write *w = (const Write *)ctx;
  (void)status;
  if (w->it.failed) return lstore_refuse(L, &w->it.err, w->it.failed);
  if (w->it.begins) lua_pushinteger(L, w->it.id);
  else lua_pushboolean(L, 1);
  return 1;
}

static Write *new_write(lua_State *L) {
  Write *w = lua_newuserdatauv(L, sizeof *w, 0);
  w->it = (StoreWrite){.next = NULL};
  w->wait = (Wait){.shielded = true};
  w->owner = NULL;
  luaL_setmetatable(L, WRITE);
  return w;
}

/* At once, or in the next turn of the loop if other tasks may join in. */
static int write_it(lua_State *L, Write *w) {
  LStore *s = lua_touserdata(L, 1);
  bool together = task_has_company(L);
  if (together && !s->timer) {
    s->loop = state_loop(L);
    s->timer = loop_timer(s->loop, 0, flush, s);
    together = s->timer != NULL;
  }
  if (!together) {
    store_write_calls(s->store, &w->it);
    return written(L, LUA_OK, (lua_KContext)w);
  }
  if (s->tail) s->tail->next = &w->it;
  else s->head = &w->it;
  s->tail = &w->it;
  w->owner = s;
  return wait_for(L, &w->wait, (lua_KContext)w, written);
}

/* ---- methods ---- */

#define TEXT(name, needed) \
  {#name, LOPT_STRING, offsetof(StoreCall, name), NULL, needed}

/* begin({ service =, profile =, account =, operation =, effect =, scope =,
   key =, arguments = }[, exchange]) -> id | nil, err */
int lstore_begin(lua_State *L) {
  static const Lopt options[] = {
    TEXT(service, true), TEXT(profile, true), TEXT(account, false),
    TEXT(operation, true), TEXT(effect, true), TEXT(scope, false),
    TEXT(key, false), TEXT(arguments, false), {.name = NULL}};
  (void)lstore_check(L);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 3);
  Write *w = new_write(L);
  w->call = (StoreCall){.account = "", .scope = "", .arguments = ""};
  lopt_read(L, 2, options, &w->call);
  if (!lua_isnil(L, 3)) {
    lstore_exchange(L, 3, &w->exchange);
    w->call.exchange = &w->exchange;
  }
  w->it.begins = &w->call;
  return write_it(L, w);
}

/* finish(id, outcome, status, remote_id, message[, exchange]) ->
   true | nil, err */
int lstore_finish(lua_State *L) {
  (void)lstore_check(L);
  lua_Integer status = luaL_optinteger(L, 4, 0);
  luaL_argcheck(L, status >= 0 && status <= INT_MAX, 4, "HTTP status expected");
  lua_settop(L, 7);
  Write *w = new_write(L);
  w->it.id = luaL_checkinteger(L, 2);
  w->it.outcome = luaL_checkstring(L, 3);
  w->it.status = (int)status;
  w->it.remote_id = lstore_text(L, 5);
  w->it.message = lstore_text(L, 6);
  if (!lua_isnil(L, 7)) {
    lstore_exchange(L, 7, &w->exchange);
    w->it.exchange = &w->exchange;
  }
  return write_it(L, w);
}

void lstorewrite_open(lua_State *L) {
  luaL_newmetatable(L, WRITE);
  lua_pushcfunction(L, write_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
}
