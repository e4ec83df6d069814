/* lproc.c - host.proc: supervised child processes. */
/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <lauxlib.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>

#include "bindings.h"
#include "lenviron.h"
#include "lerr.h"
#include "lhandle.h"
#include "lopt.h"
#include "lspec.h"
#include "proc.h"
#include "proclog.h"
#include "state.h"

#define PROCESS "host.proc.process"

typedef struct Process {
  Proc *proc;            /* NULL once it has ended or was closed */
  pid_t pid;
  lua_State *helper;     /* what end takes the anchor away with */
  Waiter *waiters;       /* for the end */
  bool ended;
  ProcEnd end;
} Process;

/* Its address is the key of a thread that nobody runs, for callbacks: the
   stack of any other may be in use. */
static const char helper_key;

static Process *check(lua_State *L) {
  return luaL_checkudata(L, 1, PROCESS);
}

/* ---- the end ---- */

static void set_number(lua_State *L, const char *name, double value) {
  lua_pushnumber(L, value);
  lua_setfield(L, -2, name);
}

static void set_count(lua_State *L, const char *name, uint64_t value) {
  lua_pushinteger(L, (lua_Integer)value);
  lua_setfield(L, -2, name);
}

static void set_flag(lua_State *L, const char *name, bool value) {
  lua_pushboolean(L, value);
  lua_setfield(L, -2, name);
}

static void push_end(lua_State *L, const ProcEnd *end) {
  lua_createtable(L, 0, 20);
  set_flag(L, "ok", end->known && end->code == 0);
  set_flag(L, "known", end->known);
  if (end->code >= 0) set_count(L, "code", (uint64_t)end->code);
  if (end->signal > 0) {
    const char *name = sigabbrev_np(end->signal);
    set_count(L, "signal", (uint64_t)end->signal);
    if (name) lua_pushfstring(L, "SIG%s", name);
    else lua_pushfstring(L, "signal %d", end->signal);
    lua_setfield(L, -2, "signal_name");
  }
  set_flag(L, "stopped", end->stopped);
  set_flag(L, "timed_out", end->timed_out);
  set_flag(L, "killed", end->killed);
  set_flag(L, "leftovers", end->leftovers);
  set_flag(L, "oom_applied", end->oom_applied);
  set_number(L, "seconds", end->seconds);
  set_number(L, "user", end->user);
  set_number(L, "system", end->system);
  set_count(L, "peak", end->peak);
  set_count(L, "output", end->output);
  set_count(L, "dropped", end->dropped);
  set_count(L, "lost", end->lost);
  if (end->log_err.kind == ERR_NONE) return;
  lerr_push(L, &end->log_err);
  lua_setfield(L, -2, "log_error");
}

static void on_end(void *ctx, Proc *proc, const ProcEnd *end) {
  Process *p = ctx;
  p->end = *end;
  p->ended = true;
  p->proc = NULL;
  proc_free(proc);
  lhandle_wake(&p->waiters);
  lua_pushnil(p->helper);          /* there is a slot: nothing else is there */
  lua_rawsetp(p->helper, LUA_REGISTRYINDEX, p);
}

/* ---- start ---- */

typedef struct Options {
  const char *program, *directory, *log;
  bool args, environment, set, credentials, stamps, keep_group;
  size_t head, tail, address_space, file_size, open_files;
  lua_Integer nice, oom_score;
  int orphan;
  double timeout, grace;
} Options;

static const char *const orphans[] = { "term", "kill", "leave", NULL };

static const Lopt options[] = {
  { "program", LOPT_STRING, offsetof(Options, program), NULL, true },
  { "args", LOPT_VALUE, offsetof(Options, args), NULL, false },
  { "environment", LOPT_VALUE, offsetof(Options, environment), NULL, false },
  { "set", LOPT_VALUE, offsetof(Options, set), NULL, false },
  { "credentials", LOPT_BOOLEAN, offsetof(Options, credentials), NULL, false },
  { "directory", LOPT_STRING, offsetof(Options, directory), NULL, false },
  { "log", LOPT_STRING, offsetof(Options, log), NULL, false },
  { "head", LOPT_SIZE, offsetof(Options, head), NULL, false },
  { "tail", LOPT_SIZE, offsetof(Options, tail), NULL, false },
  { "stamps", LOPT_BOOLEAN, offsetof(Options, stamps), NULL, false },
  { "address_space", LOPT_SIZE, offsetof(Options, address_space), NULL,
    false },
  { "file_size", LOPT_SIZE, offsetof(Options, file_size), NULL, false },
  { "open_files", LOPT_SIZE, offsetof(Options, open_files), NULL, false },
  { "nice", LOPT_INTEGER, offsetof(Options, nice), NULL, false },
  { "oom_score", LOPT_INTEGER, offsetof(Options, oom_score), NULL, false },
  { "orphan", LOPT_ENUM, offsetof(Options, orphan), orphans, false },
  { "keep_group", LOPT_BOOLEAN, offsetof(Options, keep_group), NULL, false },
  { "timeout", LOPT_SECONDS, offsetof(Options, timeout), NULL, false },
  { "grace", LOPT_SECONDS, offsetof(Options, grace), NULL, false },
  { NULL, LOPT_STRING, 0, NULL, false }
};

/* All but the environment. */
static ProcSpec read_spec(lua_State *L, bool *credentials) {
  Options o = { .nice = INT_MIN, .oom_score = INT_MIN };
  luaL_checktype(L, 1, LUA_TTABLE);
  lopt_read(L, 1, options, &o);
  luaL_argcheck(L, o.nice == INT_MIN || (o.nice >= -20 && o.nice <= 19), 1,
                "nice: -20 to 19");
  luaL_argcheck(L, o.oom_score == INT_MIN ||
                (o.oom_score >= -1000 && o.oom_score <= 1000), 1,
                "oom_score: -1000 to 1000");
  luaL_argcheck(L, *o.program != '\0', 1, "program: must not be empty");
  *credentials = o.credentials;
  return (ProcSpec){
    .program = o.program, .directory = o.directory, .log = o.log,
    .args = o.args ? lspec_strings(L, 1, "args") : NULL,
    .log_head = o.head, .log_tail = o.tail, .log_stamps = o.stamps,
    .address_space = o.address_space, .file_size = o.file_size,
    .open_files = o.open_files, .renice = o.nice != INT_MIN,
    .nice = (int)o.nice, .oom = o.oom_score != INT_MIN,
    .oom_score_adj = (int)o.oom_score, .orphan = (ProcOrphan)o.orphan,
    .keep_group = o.keep_group, .timeout = o.timeout, .grace = o.grace
  };
}

/* start{ program=, args=, ... } -> process | nil, err. It lives until it ends
   or is closed, whether its handle is kept or not. */
static int l_start(lua_State *L) {
  Err err;
  bool credentials;
  ProcSpec spec = read_spec(L, &credentials);
  spec.environment = lenviron_push(L, 1, credentials);
  int environment = lua_gettop(L);
  Process *p = lua_newuserdatauv(L, sizeof *p, 0);
  *p = (Process){ 0 };
  luaL_setmetatable(L, PROCESS);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &helper_key);
  p->helper = lua_tothread(L, -1);
  lua_pop(L, 1);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, p);
  p->proc = proc_start(state_loop(L), &spec, on_end, p, &err);
  lenviron_wipe(L, environment);
  if (p->proc) {
    p->pid = proc_pid(p->proc);
    return 1;
  }
  lua_pushnil(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, p);
  return lerr_fail(L, &err);
}

/* ---- methods ---- */

static int process_pid(lua_State *L) {
  lua_pushinteger(L, check(L)->pid);
  return 1;
}

/* process:ended() -> its end | nil while it lives */
static int process_ended(lua_State *L) {
  const Process *p = check(L);
  if (!p->ended) return 0;
  push_end(L, &p->end);
  return 1;
}

/* process:stop([grace = 10]) */
static int process_stop(lua_State *L) {
  const Process *p = check(L);
  double grace = luaL_optnumber(L, 2, 10);
  luaL_argcheck(L, grace >= 0 && grace < 1e9, 2, "seconds expected");
  if (p->proc) proc_stop(p->proc, grace);
  return 0;
}

/* process:signal(number) -> true | nil, err */
static int process_signal(lua_State *L) {
  const Process *p = check(L);
  lua_Integer signo = luaL_checkinteger(L, 2);
  Err err;
  luaL_argcheck(L, signo > 0 && signo < NSIG, 2, "no signal");
  errno = ESRCH;
  if (!p->proc || proc_signal(p->proc, (int)signo)) {
    err_sys(&err, ERR_SCRIPT, errno, "cannot signal process %ld",
            (long)p->pid);
    return lerr_fail(L, &err);
  }
  lua_pushboolean(L, 1);
  return 1;
}

static int wait_k(lua_State *L, int status, lua_KContext ctx) {
  const Process *p = check(L);
  (void)status, (void)ctx;
  if (!p->ended) return luaL_error(L, "the process was closed");
  push_end(L, &p->end);
  return 1;
}

/* process:wait() -> its end; a wait that is cancelled leaves it running */
static int process_wait(lua_State *L) {
  Process *p = check(L);
  lua_settop(L, 1);
  if (p->ended || !p->proc) return wait_k(L, LUA_OK, 0);
  return lhandle_wait(L, &p->waiters, wait_k);
}

/* Kills it at once, if it lives; nobody learns how it ended. */
static int process_close(lua_State *L) {
  Process *p = check(L);
  Proc *proc = p->proc;
  p->proc = NULL;
  if (!proc) return 0;
  proc_free(proc);
  lhandle_wake(&p->waiters);
  lua_pushnil(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, p);
  return 0;
}

/* mend_log(path) -> true | nil, err: for a log whose writer died */
static int l_mend_log(lua_State *L) {
  Err err;
  if (proclog_mend(luaL_checkstring(L, 1), &err)) return lerr_fail(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

static const luaL_Reg methods[] = {
  { "pid", process_pid }, { "ended", process_ended }, { "wait", process_wait },
  { "stop", process_stop }, { "signal", process_signal },
  { "close", process_close }, { NULL, NULL }
};

static const luaL_Reg functions[] = {
  { "start", l_start }, { "mend_log", l_mend_log }, { NULL, NULL }
};

int luaopen_host_proc(lua_State *L) {
  lhandle_register(L, PROCESS, methods, process_close);
  lua_newthread(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &helper_key);
  lenviron_open(L);
  luaL_newlib(L, functions);
  return 1;
}
