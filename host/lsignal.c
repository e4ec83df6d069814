/* lsignal.c - host.signal: signals that a task waits for. */
/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <lauxlib.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "bindings.h"
#include "interrupt.h"
#include "lerr.h"
#include "lhandle.h"
#include "state.h"

#define WATCH "host.signal.watch"

/* Lua code that goes on without a turn of the loop after a signal that is to
   stop it is stopped after that many seconds. */
#define PATIENCE 2.0

static const struct { const char *name; int signo; bool stops; } known[] = {
  {"HUP", SIGHUP, false},   {"INT", SIGINT, true},    {"QUIT", SIGQUIT, true},
  {"TERM", SIGTERM, true},  {"USR1", SIGUSR1, false}, {"USR2", SIGUSR2, false}};

enum { KNOWN = sizeof known / sizeof *known };

typedef struct Watch {
  Loop *loop;            /* NULL once closed */
  lua_State *L;          /* of the state, for interrupt_catch */
  bool has[KNOWN];       /* watched by this one */
  bool was[KNOWN];       /* acted like Ctrl-C before */
  int queue[KNOWN];      /* what nobody has taken yet, each once */
  int n;
  Waiter *waiter;        /* one at the most */
} Watch;

/* A handler has no context: these are the process's, one of each signal. */
static struct Slot {
  Watch *watch;                     /* NULL: not watched */
  bool second;                      /* the second one ends the process */
  volatile sig_atomic_t came;       /* since it is watched */
  volatile sig_atomic_t untold;     /* since the loop told the watch */
} slots[KNOWN];

static int place(int signo) {
  int i = 0;
  while (i < KNOWN && known[i].signo != signo) i++;
  return i;
}

/* A process that does not even get to its loop between three of them hangs. */
static void on_signal(int signo) {
  int i = place(signo);
  if (i == KNOWN || !interrupt_is_here(signo)) return;
  struct Slot *slot = &slots[i];
  slot->came++;
  slot->untold++;
  if (known[i].stops) {
    if (slot->untold > 2 || (slot->second && slot->came > 1))
      _exit(128 + signo);
    state_urge(PATIENCE);
  }
  loop_on_signal(signo);
}

static void tell(Watch *w, int i) {
  slots[i].untold = 0;
  for (int j = 0; j < w->n; j++)
    if (w->queue[j] == i) return;
  w->queue[w->n++] = i;
  lhandle_wake(&w->waiter);
}

static void on_loop(void *ctx) {
  struct Slot *slot = ctx;
  if (slot->watch) tell(slot->watch, (int)(slot - slots));
}

/* ---- begin and end ---- */

static int take(Watch *w, int i, bool second, Err *err) {
  int signo = known[i].signo;
  /* What is to stop somebody wakes him where he reads, too. */
  struct sigaction action = {.sa_handler = on_signal,
                             .sa_flags = known[i].stops ? 0 : SA_RESTART};
  sigemptyset(&action.sa_mask);
  if (slots[i].watch)
    return err_set(err, ERR_SCRIPT, "SIG%s is watched already",
                   known[i].name);
  w->was[i] = interrupt_catches(signo);
  bool before = w->was[i] || loop_signalled(signo);
  if (loop_signal(w->loop, signo, on_loop, &slots[i], err)) return -1;
  slots[i] = (struct Slot){.watch = w, .second = second};
  w->has[i] = true;
  if (sigaction(signo, &action, NULL))
    return err_sys(err, ERR_SCRIPT, errno, "cannot watch SIG%s",
                   known[i].name);
  /* It came while its handler was changed, which did not count it. */
  if (!before && loop_signalled(signo) && !slots[i].came) raise(signo);
  return 0;
}

/* What was in force before is again. */
static void let_go(Watch *w, int i) {
  int signo = known[i].signo;
  slots[i].watch = NULL;
  w->has[i] = false;
  if (!w->was[i] || interrupt_catch(w->loop, w->L, signo, NULL))
    interrupt_leave(w->loop, signo);
}

static int watch_close(lua_State *L) {
  Watch *w = luaL_checkudata(L, 1, WATCH);
  if (!w->loop) return 0;
  for (int i = 0; i < KNOWN; i++)
    if (w->has[i]) let_go(w, i);
  w->loop = NULL;
  bool any = false;
  for (int i = 0; i < KNOWN; i++) any |= slots[i].watch && known[i].stops;
  if (!any) state_urge(0);
  lhandle_wake(&w->waiter);
  return 0;
}

static int check_name(lua_State *L, int index) {
  const char *name = luaL_checkstring(L, index);
  for (int i = 0; i < KNOWN; i++)
    if (strcmp(known[i].name, name) == 0) return i;
  return luaL_error(L, "there is no signal %s to watch: HUP, INT, QUIT, TERM, "
                    "USR1 or USR2 expected", name);
}

static lua_State *main_state(lua_State *L) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
  lua_State *M = lua_tothread(L, -1);
  lua_pop(L, 1);
  return M;
}

/* watch{ "TERM", ... [, second = true] } -> watch | nil, err. No signal has
   two watches. second: the second TERM, INT or QUIT ends the process at once.
   Lua code that takes no turn of the loop after one of these is stopped after
   two seconds, as by Ctrl-C, outside the embedded library only. */
static int l_watch(lua_State *L) {
  Err err;
  bool ask[KNOWN] = {false};
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  lua_getfield(L, 1, "second");
  bool second = lua_toboolean(L, -1);
  for (lua_Integer n = 1; lua_rawgeti(L, 1, n) != LUA_TNIL; n++) {
    ask[check_name(L, -1)] = true;
    lua_pop(L, 1);
  }
  Watch *w = lua_newuserdatauv(L, sizeof *w, 0);
  *w = (Watch){.loop = state_loop(L), .L = main_state(L)};
  luaL_setmetatable(L, WATCH);
  for (int i = 0; i < KNOWN; i++) {
    if (!ask[i] || take(w, i, second, &err) == 0) continue;
    for (int j = 0; j < KNOWN; j++)
      if (w->has[j]) let_go(w, j);
    w->loop = NULL;
    return lerr_fail(L, &err);
  }
  return 1;
}

/* ---- waiting ---- */

static int wait_k(lua_State *L, int status, lua_KContext ctx) {
  Watch *w = luaL_checkudata(L, 1, WATCH);
  (void)status, (void)ctx;
  if (w->n == 0) return 0;                  /* closed meanwhile */
  lua_pushstring(L, known[w->queue[0]].name);
  memmove(w->queue, w->queue + 1, (size_t)--w->n * sizeof *w->queue);
  return 1;
}

/* watch:wait() -> name of a signal that came, each once; nothing when it was
   closed. A task waits; this wait alone does not keep the loop turning. */
static int watch_wait(lua_State *L) {
  Watch *w = luaL_checkudata(L, 1, WATCH);
  lua_settop(L, 1);
  if (w->waiter) return luaL_error(L, "these signals are waited for already");
  if (w->n > 0 || !w->loop) return wait_k(L, LUA_OK, 0);
  return lhandle_wait(L, &w->waiter, wait_k);
}

/* watch:came(name) -> how often it came since it is watched, also where the
   loop has not told so yet */
static int watch_came(lua_State *L) {
  const Watch *w = luaL_checkudata(L, 1, WATCH);
  int i = check_name(L, 2);
  lua_pushinteger(L, w->loop && w->has[i] ? slots[i].came : 0);
  return 1;
}

/* interrupt(name) -> true | nil, err: from now on that signal acts as Ctrl-C
   does: Lua code is stopped, the main task's wait cancelled, with an error of
   kind "cancelled"; the second one ends the process at once. */
static int l_interrupt(lua_State *L) {
  Err err;
  int i = check_name(L, 1);
  if (slots[i].watch)
    return luaL_error(L, "SIG%s is watched already", known[i].name);
  if (interrupt_catch(state_loop(L), main_state(L), known[i].signo, &err))
    return lerr_fail(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

/* interrupted() -> name of the last signal that interrupted, as Ctrl-C does |
   nil */
static int l_interrupted(lua_State *L) {
  int i = place(interrupt_by());
  if (i == KNOWN) return 0;
  lua_pushstring(L, known[i].name);
  return 1;
}

static const luaL_Reg methods[] = {
  {"wait", watch_wait}, {"came", watch_came}, {"close", watch_close},
  {NULL, NULL}};

static const luaL_Reg functions[] = {
  {"watch", l_watch}, {"interrupt", l_interrupt},
  {"interrupted", l_interrupted}, {NULL, NULL}};

int luaopen_host_signal(lua_State *L) {
  lhandle_register(L, WATCH, methods, watch_close);
  luaL_newlib(L, functions);
  return 1;
}
