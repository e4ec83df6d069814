/* lrepl.c - host.repl: reading lines with readline on the event loop. */
/* SPDX-License-Identifier: MIT */

#include "bindings.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "lerr.h"
#include "log.h"
#include "repl.h"
#include "state.h"
#include "task.h"

#define READER "host.repl.reader"

enum { HISTORY_MAX = 1000 };

/* Its address is the completer's key in the registry. */
static const char completer;

typedef struct Reader {
  Wait wait;               /* first: Reader and Wait share an address */
  bool active;             /* the line being edited is this one's */
  char *line;              /* owned; NULL at the end of input */
} Reader;

/* ---- reading ---- */

static void on_line(void *ctx, char *line) {
  Reader *r = ctx;
  r->active = false;
  r->line = line;
  wait_done(&r->wait);
}

static void reader_cancel(Wait *w) {
  Reader *r = (Reader *)w;
  if (r->active) repl_abandon();
  r->active = false;
}

static int reader_gc(lua_State *L) {
  Reader *r = lua_touserdata(L, 1);
  reader_cancel(&r->wait);
  free(r->line);
  r->line = NULL;
  return 0;
}

static int read_k(lua_State *L, int status, lua_KContext ctx) {
  (void)status;
  Reader *r = (Reader *)ctx;
  lua_pushstring(L, r->line);    /* nil for NULL */
  free(r->line);
  r->line = NULL;
  return 1;
}

static const char *check_text(lua_State *L, int index) {
  size_t n;
  const char *text = luaL_checklstring(L, index, &n);
  luaL_argcheck(L, strlen(text) == n, index, "zero byte inside");
  return text;
}

/* read_line(prompt) -> line, or nil at the end of input; nil, err when the
   terminal cannot be used. Raises kind "cancelled" after Ctrl-C. */
static int l_read_line(lua_State *L) {
  const char *prompt = check_text(L, 1);
  Reader *r = lua_newuserdatauv(L, sizeof *r, 0);
  *r = (Reader){.wait.cancel = reader_cancel};
  luaL_setmetatable(L, READER);
  Err err;
  if (repl_read(state_loop(L), prompt, on_line, r, &err) != 0)
    return lerr_fail(L, &err);
  r->active = true;
  state_heeded();                /* a new prompt: Ctrl-C counts anew */
  return wait_for(L, &r->wait, (lua_KContext)r, read_k);
}

/* ---- completion ---- */

typedef struct Ask {
  const char *before;
  size_t n;
  ReplMatches *out;
} Ask;

/* Ask as light userdata; protected, as readline is below us. */
static int complete(lua_State *L) {
  Ask *ask = lua_touserdata(L, 1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &completer);
  lua_pushlstring(L, ask->before, ask->n);
  lua_call(L, 1, 2);                           /* list, what follows */
  const char *after = lua_tostring(L, -1);
  if (after) repl_append(ask->out, *after);
  if (!lua_istable(L, -2)) return 0;
  for (lua_Integer i = 1; lua_rawgeti(L, -2, i) == LUA_TSTRING; i++) {
    if (repl_match(ask->out, lua_tostring(L, -1)) != 0)
      return luaL_error(L, "not enough memory");
    lua_pop(L, 1);
  }
  return 0;
}

/* From the loop: on the main state, since any coroutine may be suspended.
   Nothing pushed here allocates. */
static void on_complete(void *ctx, const char *before, size_t n,
                        ReplMatches *out) {
  lua_State *L = ctx;
  Ask ask = {before, n, out};
  Err err;
  if (!lua_checkstack(L, 4)) return;
  lua_pushcfunction(L, complete);
  lua_pushlightuserdata(L, &ask);
  if (state_call(L, 1, 0, &err) == 0) return;
  lua_pop(L, 1);
  if (log_enabled(LOG_DEBUG)) log_write(LOG_DEBUG, "completion: %s", err.text);
}

/* on_complete(fn): fn(text before the cursor) -> list of words for the word
   at the cursor, the character after a single one */
static int l_on_complete(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_settop(L, 1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &completer);
  lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
  repl_on_complete(on_complete, lua_tothread(L, -1));
  return 0;
}

/* ---- the rest ---- */

/* recall(list): entries of the history, the oldest first */
static int l_recall(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  for (lua_Integer i = 1; lua_rawgeti(L, 1, i) == LUA_TSTRING; i++) {
    repl_recall(lua_tostring(L, -1));
    lua_pop(L, 1);
  }
  return 0;
}

static int l_remember(lua_State *L) {
  repl_remember(check_text(L, 1), HISTORY_MAX);
  return 0;
}

static int l_hide(lua_State *L) {
  (void)L;
  repl_hide();
  return 0;
}

static int l_show(lua_State *L) {
  (void)L;
  repl_show();
  return 0;
}

static const luaL_Reg functions[] = {
  {"read_line", l_read_line}, {"on_complete", l_on_complete},
  {"recall", l_recall}, {"remember", l_remember},
  {"hide", l_hide}, {"show", l_show}, {NULL, NULL}};

int luaopen_host_repl(lua_State *L) {
  luaL_newmetatable(L, READER);
  lua_pushcfunction(L, reader_gc);
  lua_setfield(L, -2, "__gc");
  luaL_newlib(L, functions);
  lua_pushinteger(L, HISTORY_MAX);
  lua_setfield(L, -2, "history_max");
  return 1;
}
