/* lrepl.c - host.repl: edits, on the event loop, what is typed at the prompt. */
/* SPDX-License-Identifier: MIT */

#include "bindings.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "lerr.h"
#include "log.h"
#include "lpager.h"
#include "repl.h"
#include "state.h"
#include "task.h"

#define READER "host.repl.reader"

enum { HISTORY_MAX = 1000 };

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

/* ---- what the editor asks ---- */

/* Their addresses are the keys of the Lua functions in the registry. */
static const char enter_key, complete_key, display_key;

/* A question of the editor, for the protected call, as the editor is below. */
typedef struct Ask {
  const char *text;
  size_t n;
  ReplMatches *out;      /* completion */
  char *const *words;    /* display, with n words */
  int columns, rows;
  int blanks;            /* Enter: of the last line; -1: as they are */
  char *answer;          /* malloc's; NULL for none */
} Ask;

/* From the loop: on the main state, since any coroutine may be suspended.
   Nothing pushed here allocates. */
static void ask(lua_State *L, lua_CFunction fn, Ask *question,
                const char *what) {
  Err err;
  if (!lua_checkstack(L, 4)) return;
  lua_pushcfunction(L, fn);
  lua_pushlightuserdata(L, question);
  if (state_call(L, 1, 0, &err) == 0) return;
  lua_pop(L, 1);
  if (log_enabled(LOG_DEBUG)) log_write(LOG_DEBUG, "%s: %s", what, err.text);
}

/* The Lua function of that key; the main state is what the editor is given. */
static lua_State *keep_function(lua_State *L, const char *key) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_settop(L, 1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, key);
  lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
  return lua_tothread(L, -1);
}

static void keep_answer(lua_State *L, Ask *question) {
  size_t n;
  const char *text = lua_tolstring(L, -1, &n);
  if (!text || memchr(text, 0, n)) return;
  question->answer = strdup(text);
  if (!question->answer) luaL_error(L, "not enough memory");
}

static int enter(lua_State *L) {
  Ask *question = lua_touserdata(L, 1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &enter_key);
  lua_pushlstring(L, question->text, question->n);
  lua_call(L, 1, 2);
  if (lua_isinteger(L, -1)) question->blanks = (int)lua_tointeger(L, -1);
  lua_pop(L, 1);
  keep_answer(L, question);
  return 0;
}

static char *on_enter(void *ctx, const char *text, size_t n, int *blanks) {
  Ask question = {.text = text, .n = n, .blanks = -1};
  ask(ctx, enter, &question, "Enter");
  *blanks = question.blanks;
  return question.answer;
}

/* on_enter(fn) -> whether the editor can edit several lines, and so asks.
   fn(text) -> nil: it is complete; or what is inserted behind a new line; and
   with how many blanks the last line is to begin, nil: as it does */
static int l_on_enter(lua_State *L) {
  lua_pushboolean(L, repl_on_enter(on_enter, keep_function(L, &enter_key)));
  return 1;
}

/* how: start is the word's offset in the text, files asks for file names. */
static void complete_how(lua_State *L, int how, ReplMatches *out) {
  lua_getfield(L, how, "start");
  if (lua_isinteger(L, -1)) repl_word(out, (size_t)lua_tointeger(L, -1));
  lua_getfield(L, how, "files");
  if (lua_toboolean(L, -1) && repl_match_files(out) != 0)
    luaL_error(L, "not enough memory");
  lua_pop(L, 2);
}

static int complete(lua_State *L) {
  const Ask *question = lua_touserdata(L, 1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &complete_key);
  lua_pushlstring(L, question->text, question->n);
  lua_call(L, 1, 3);                           /* list, what follows, how */
  const char *after = lua_tostring(L, -2);
  if (after) repl_append(question->out, *after);
  if (lua_istable(L, -1)) complete_how(L, lua_gettop(L), question->out);
  if (!lua_istable(L, -3)) return 0;
  for (lua_Integer i = 1; lua_rawgeti(L, -3, i) == LUA_TSTRING; i++) {
    if (repl_match(question->out, lua_tostring(L, -1)) != 0)
      return luaL_error(L, "not enough memory");
    lua_pop(L, 1);
  }
  return 0;
}

static void on_complete(void *ctx, const char *before, size_t n,
                        ReplMatches *out) {
  Ask question = {.text = before, .n = n, .out = out};
  ask(ctx, complete, &question, "completion");
}

/* on_complete(fn): fn(text before the cursor) -> list of words for the word
   at the cursor, the character after a single one, how = { start = offset of
   the word in the text, files = true for file names, too } */
static int l_on_complete(lua_State *L) {
  repl_on_complete(on_complete, keep_function(L, &complete_key));
  return 0;
}

static int display(lua_State *L) {
  Ask *question = lua_touserdata(L, 1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &display_key);
  lua_createtable(L, (int)question->n, 0);
  for (size_t i = 0; i < question->n; i++) {
    lua_pushstring(L, question->words[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_pushinteger(L, question->columns);
  lua_pushinteger(L, question->rows);
  lua_call(L, 3, 1);
  keep_answer(L, question);
  return 0;
}

static char *on_display(void *ctx, char *const *words, size_t n, int columns,
                        int rows) {
  Ask question = {.words = words, .n = n, .columns = columns, .rows = rows};
  ask(ctx, display, &question, "list of completions");
  return question.answer;
}

/* on_display(fn): fn(words, columns, rows) -> the text that lists several
   completions; nil: the editor's own columns */
static int l_on_display(lua_State *L) {
  repl_on_display(on_display, keep_function(L, &display_key));
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

/* leaving(): from now on the second Ctrl-C ends the process at once */
static int l_leaving(lua_State *L) {
  (void)L;
  state_leaving();
  return 0;
}

static int statement_k(lua_State *L, int status, lua_KContext ctx) {
  state_statement(L, false);
  if (status == LUA_OK || status == LUA_YIELD)
    return lua_gettop(L) - (int)ctx;
  lua_pushboolean(L, false);               /* ..., err, false */
  lua_insert(L, -2);
  return 2;
}

/* statement(fn, handler): as xpcall; from the second Ctrl-C on nothing that
   fn does can catch it */
static int l_statement(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_settop(L, 2);
  lua_pushboolean(L, true);                /* what a success begins with */
  lua_pushvalue(L, 1);
  state_statement(L, true);
  int status = lua_pcallk(L, 0, LUA_MULTRET, 2, 2, statement_k);
  return statement_k(L, status, 2);
}

static const luaL_Reg functions[] = {
  {"read_line", l_read_line}, {"on_enter", l_on_enter},
  {"on_complete", l_on_complete}, {"on_display", l_on_display},
  {"recall", l_recall}, {"remember", l_remember},
  {"hide", l_hide}, {"show", l_show}, {"leaving", l_leaving},
  {"statement", l_statement}, {NULL, NULL}};

int luaopen_host_repl(lua_State *L) {
  luaL_newmetatable(L, READER);
  lua_pushcfunction(L, reader_gc);
  lua_setfield(L, -2, "__gc");
  console_on_write(repl_hide, repl_show);
  luaL_newlib(L, functions);
  lpager_register(L);
  lua_pushinteger(L, HISTORY_MAX);
  lua_setfield(L, -2, "history_max");
  lua_pushstring(L, repl_editor);
  lua_setfield(L, -2, "editor");
  return 1;
}
