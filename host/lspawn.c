/* lspawn.c - host.sandbox.spawn: a child process that serves. */
/* SPDX-License-Identifier: MIT */

#include "lspawn.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lerr.h"
#include "lhandle.h"
#include "log.h"
#include "loop.h"
#include "lopt.h"
#include "module.h"
#include "state.h"
#include "task.h"

#define CHILD "host.sandbox.child"

enum { READY_SECONDS = 60, LINE = 2048 };

typedef struct Child {
  pid_t pid;             /* 0 once closed */
  int fd;                /* the child ends when this is closed */
} Child;

typedef struct Spawn {
  lua_Integer port;
  const char *state;     /* nullable */
  bool faults;           /* there is a list, on top of the parent's stack */
} Spawn;

/* What the child's side needs, all in its copy of the parent's memory. */
typedef struct Start {
  const Spawn *options;
  lua_State *parent;
  int stop;              /* readable once the parent is gone */
  int ready;             /* tells the parent how it went; -1 when told */
} Start;

/* Completely, or not at all for all we can do about it here. */
static void put_line(int fd, const char *text, size_t n) {
  while (n) {
    ssize_t sent = write(fd, text, n);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return;
    text += sent;
    n -= (size_t)sent;
  }
}

/* "port 4711\n" tells the parent that requests are taken from now on. */
static int l_ready(lua_State *L) {
  Start *start = lua_touserdata(L, lua_upvalueindex(1));
  size_t n = 0;
  lua_pushfstring(L, "port %d\n", (int)luaL_checkinteger(L, 1));
  const char *text = lua_tolstring(L, -1, &n);
  put_line(start->ready, text, n);
  close(start->ready);
  start->ready = -1;
  return 0;
}

static int serve_k(lua_State *L, int status, lua_KContext ctx) {
  (void)L;
  (void)status;
  (void)ctx;
  return 0;
}

/* Pushes a copy of the parent's list of fault specifications. */
static void push_faults(lua_State *L, const Start *start) {
  lua_newtable(L);
  for (lua_Integer i = 1; start->options->faults; i++) {
    bool more = lua_rawgeti(start->parent, -1, i) == LUA_TSTRING;
    if (more) {
      lua_pushstring(L, lua_tostring(start->parent, -1));
      lua_rawseti(L, -2, i);
    }
    lua_pop(start->parent, 1);
    if (!more) break;
  }
}

/* Start as light userdata; runs core.sandbox.main.serve. */
static int l_serve(lua_State *L) {
  Start *start = lua_touserdata(L, 1);
  module_push(L, "core.sandbox.main");
  lua_getfield(L, -1, "serve");
  lua_createtable(L, 0, 4);
  lua_pushinteger(L, start->options->port);
  lua_setfield(L, -2, "port");
  lua_pushstring(L, start->options->state);
  lua_setfield(L, -2, "state");
  push_faults(L, start);
  lua_setfield(L, -2, "faults");
  lua_pushlightuserdata(L, start);
  lua_pushcclosure(L, l_ready, 1);
  lua_setfield(L, -2, "on_listen");
  lua_callk(L, 1, 0, 0, serve_k);
  return 0;
}

/* The parent is gone, however it went. No exit handlers: they are its. */
static void on_orphaned(void *ctx, int fd, int events) {
  (void)ctx;
  (void)fd;
  (void)events;
  _exit(0);
}

/* Only stderr stays of what the parent had open, so that whoever reads its
   output sees the end of it as soon as the parent is done. */
static int leave_parent(Start *start, Err *err) {
  /* They may be 0 or 1 if the parent was started without those. */
  int stop = fcntl(start->stop, F_DUPFD_CLOEXEC, 3);
  int ready = fcntl(start->ready, F_DUPFD_CLOEXEC, 3);
  int null = open("/dev/null", O_RDWR);
  if (stop < 0 || ready < 0 || null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
      signal(SIGINT, SIG_IGN) == SIG_ERR ||
      signal(SIGTERM, SIG_DFL) == SIG_ERR ||
      signal(SIGPIPE, SIG_IGN) == SIG_ERR) {
    return err_sys(err, ERR_SCRIPT, errno, "cannot set up the sandbox");
  }
  start->stop = stop;
  start->ready = ready;
  unsigned low = (unsigned)(stop < ready ? stop : ready);
  unsigned high = (unsigned)(stop < ready ? ready : stop);
  if (low > 3) (void)close_range(3, low - 1, 0);
  if (high > low + 1) (void)close_range(low + 1, high - 1, 0);
  (void)close_range(high + 1, ~0U, 0);
  return 0;
}

static void run_child(Start *start) {
  char line[LINE];
  Err err = { 0 };
  const StateOptions fresh = { .lua_dir = state_lua_dir(start->parent) };
  State *state = NULL;
  if (leave_parent(start, &err)) goto fail;
  Loop *loop = loop_new(&err);
  if (!loop || !(state = state_new(loop, &fresh, &err))) goto fail;
  if (loop_watch(loop, start->stop, LOOP_READ, on_orphaned, NULL, &err)) {
    goto fail;
  }
  lua_State *L = state_lua(state);
  lua_pushcfunction(L, l_serve);
  lua_pushlightuserdata(L, start);
  if (task_run(L, 1, 0, &err)) goto fail;
  _exit(0);
fail:
  if (start->ready >= 0) {
    snprintf(line, sizeof line, "%s %s\n", err_kind_name(err.kind), err.text);
    put_line(start->ready, line, strlen(line));
  } else {
    log_write(LOG_ERROR, "sandbox: %s", err.text);
  }
  _exit(1);
}

/* The first line, or what came of it before the child's end or its time. */
static void read_line(int fd, char *line, size_t size) {
  double end = loop_now() + READY_SECONDS;
  size_t n = 0;
  while (n + 1 < size && loop_now() < end) {
    struct pollfd p = { .fd = fd, .events = POLLIN };
    int rc = poll(&p, 1, (int)((end - loop_now()) * 1000) + 1);
    if (rc < 0 && errno == EINTR) continue;
    ssize_t got = rc > 0 ? read(fd, line + n, size - 1 - n) : 0;
    if (got <= 0) break;
    n += (size_t)got;
    if (line[n - 1] == '\n') {
      n--;
      break;
    }
  }
  line[n] = '\0';
}

/* The port from the child's line; -1 and its error otherwise. */
static long read_port(int fd, Err *err) {
  char line[LINE];
  read_line(fd, line, sizeof line);
  if (strncmp(line, "port ", 5) == 0) return strtol(line + 5, NULL, 10);
  char *text = strchr(line, ' ');
  if (!text) {
    return err_set(err, ERR_SCRIPT, "the sandbox ended before it served");
  }
  *text++ = '\0';
  ErrKind kind = err_kind_from_name(line);
  return err_set(err, kind == ERR_NONE ? ERR_SCRIPT : kind, "%s", text);
}

static int child_close(lua_State *L) {
  Child *child = luaL_checkudata(L, 1, CHILD);
  if (child->pid == 0) return 0;
  close(child->fd);
  while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR) continue;
  child->pid = 0;
  return 0;
}

static int child_pid(lua_State *L) {
  Child *child = luaL_checkudata(L, 1, CHILD);
  lua_pushinteger(L, child->pid);
  return 1;
}

static const Lopt spawn_options[] = {
  { "port", LOPT_INTEGER, offsetof(Spawn, port), NULL, false },
  { "state", LOPT_STRING, offsetof(Spawn, state), NULL, false },
  { "faults", LOPT_VALUE, offsetof(Spawn, faults), NULL, false },
  { NULL, LOPT_STRING, 0, NULL, false }
};

/* Forks; the child's side never comes back. The descriptor to read its first
   line from, or -1. */
static int start_child(lua_State *L, Child *child, const Spawn *options,
                       Err *err) {
  int stops[2], readies[2];
  if (pipe2(stops, O_CLOEXEC)) {
    return err_sys(err, ERR_SCRIPT, errno, "no pipe for the sandbox");
  }
  if (pipe2(readies, O_CLOEXEC)) {
    close(stops[0]);
    close(stops[1]);
    return err_sys(err, ERR_SCRIPT, errno, "no pipe for the sandbox");
  }
  pid_t pid = fork();
  if (pid == 0) {
    Start start = { options, L, stops[0], readies[1] };
    run_child(&start);
  }
  close(stops[0]);
  close(readies[1]);
  if (pid < 0) {
    err_sys(err, ERR_SCRIPT, errno, "cannot start the sandbox");
    close(stops[1]);
    close(readies[0]);
    return -1;
  }
  child->pid = pid;
  child->fd = stops[1];
  return readies[0];
}

/* spawn{ port=, state=, faults= } -> port, child. The child lives as long as
   this process, or until child:close(). */
int lspawn(lua_State *L) {
  Spawn options = { 0 };
  Err err;
  luaL_checktype(L, 1, LUA_TTABLE);
  lopt_read(L, 1, spawn_options, &options);
  luaL_argcheck(L, options.port >= 0 && options.port <= 65535, 1,
                "no port number");
  lua_settop(L, 1);
  Child *child = lua_newuserdatauv(L, sizeof *child, 0);
  *child = (Child){ 0 };
  luaL_setmetatable(L, CHILD);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, child);   /* until the state closes */
  lua_getfield(L, 1, "faults");               /* read by the child */
  if (options.faults) luaL_checktype(L, -1, LUA_TTABLE);
  int ready = start_child(L, child, &options, &err);
  if (ready < 0) return lerr_fail(L, &err);
  long port = read_port(ready, &err);
  close(ready);
  if (port <= 0) return lerr_fail(L, &err);
  lua_pushinteger(L, port);
  lua_pushvalue(L, 2);
  return 2;
}

static const luaL_Reg methods[] = {
  { "pid", child_pid }, { "close", child_close }, { NULL, NULL }
};

void lspawn_open(lua_State *L) {
  lhandle_register(L, CHILD, methods, child_close);
}
