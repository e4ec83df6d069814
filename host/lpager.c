/* lpager.c - host.repl.pager: a long text in the pager of the user's choice. */
/* SPDX-License-Identifier: MIT */

#include "lpager.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lerr.h"
#include "ltext.h"
#include "pager.h"
#include "redact.h"
#include "repl.h"
#include "state.h"
#include "task.h"

#define PAGER "host.repl.pager"

enum { TEXT_MAX = 256 * 1024 * 1024, CANNOT_RUN = 126, NOT_FOUND = 127 };

typedef struct LPager {
  Wait wait;               /* first: LPager and Wait share an address */
  Pager *pager;            /* NULL once closed */
  int status;
  bool chosen;             /* the command is the user's */
} LPager;

static void on_end(void *ctx, int status) {
  LPager *p = ctx;
  p->status = status;
  wait_done(&p->wait);
}

static void pager_cancel(Wait *w) {
  LPager *p = (LPager *)w;
  pager_close(p->pager);
  p->pager = NULL;
}

static int pager_gc(lua_State *L) {
  pager_cancel(lua_touserdata(L, 1));
  return 0;
}

/* To standard output, as if there were no pager. */
static int print(lua_State *L, int index) {
  size_t n;
  const char *text = lua_tolstring(L, index, &n);
  Err err;
  if (fwrite(text, 1, n, stdout) != n || fflush(stdout) != 0) {
    clearerr(stdout);
    err_set(&err, ERR_SCRIPT, "cannot write to standard output");
    return lerr_fail(L, &err);
  }
  lua_pushboolean(L, true);
  return 1;
}

/* 1: text, 2: command */
static int shown_k(lua_State *L, int status, lua_KContext ctx) {
  (void)status;
  LPager *p = (LPager *)ctx;
  int code = WIFEXITED(p->status) ? WEXITSTATUS(p->status) : 0;
  pager_cancel(&p->wait);
  if (code != CANNOT_RUN && code != NOT_FOUND) {
    lua_pushboolean(L, true);
    return 1;
  }
  if (!p->chosen) return print(L, 1);    /* less is not installed */
  Err err;
  err_set(&err, ERR_CONFIG, "the pager '%s' cannot be run: set ERRAND_PAGER or "
          "PAGER to a command, or to nothing for none", lua_tostring(L, 2));
  return lerr_fail(L, &err);
}

/* Replaces the text at 1 by one without secrets. */
static void redact(lua_State *L) {
  size_t n;
  const char *text = luaL_checklstring(L, 1, &n);
  if (redact_is_clean(text, n)) return;
  Buf *out = ltext_buf(L, TEXT_MAX);
  redact_text(out, text, n);
  ltext_push(L, out);
  lua_replace(L, 1);
}

/* pager(text) -> true once the user has left it; nil, err. Without a terminal,
   a pager, or a wish for one, the text goes to standard output. */
static int l_pager(lua_State *L) {
  lua_settop(L, 1);
  redact(L);
  lua_settop(L, 1);
  bool chosen;
  const char *command = pager_command(&chosen);
  if (!*command || !isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO) ||
      repl_reading())
    return print(L, 1);
  Err err;
  size_t n;
  const char *text = lua_tolstring(L, 1, &n);
  lua_pushstring(L, command);
  LPager *p = lua_newuserdatauv(L, sizeof *p, 1);
  *p = (LPager){.wait.cancel = pager_cancel, .chosen = chosen};
  luaL_setmetatable(L, PAGER);
  lua_pushvalue(L, 1);           /* the text stays as long as the pager */
  lua_setiuservalue(L, -2, 1);
  fflush(stdout);
  p->pager = pager_open(state_loop(L), command, text, n, on_end, p, &err);
  if (!p->pager) return lerr_fail(L, &err);
  return wait_for(L, &p->wait, (lua_KContext)p, shown_k);
}

void lpager_register(lua_State *L) {
  luaL_newmetatable(L, PAGER);
  lua_pushcfunction(L, pager_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  lua_pushcfunction(L, l_pager);
  lua_setfield(L, -2, "pager");
}
