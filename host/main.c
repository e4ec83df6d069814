/* main.c - process set-up, signals, the one call into Lua, the exit code. */
/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <lauxlib.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "console.h"
#include "env.h"
#include "err.h"
#include "interrupt.h"
#include "log.h"
#include "loop.h"
#include "module.h"
#include "redact.h"
#include "state.h"
#include "sys.h"
#include "task.h"

/* Credentials live in this process: no core file, no debugger. */
static int harden(Err *err) {
  const struct rlimit none = {0, 0};
  if (setrlimit(RLIMIT_CORE, &none) != 0)
    return err_sys(err, ERR_SCRIPT, errno, "cannot switch off core dumps");
#ifndef __SANITIZE_ADDRESS__   /* the leak checker traces its own process */
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
    return err_sys(err, ERR_SCRIPT, errno, "cannot refuse debuggers");
#endif
  if (signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
      signal(SIGCHLD, SIG_DFL) == SIG_ERR)    /* children are waited for */
    return err_sys(err, ERR_SCRIPT, errno, "cannot set up signals");
  return 0;
}

static int cli_k(lua_State *L, int status, lua_KContext ctx) {
  (void)status, (void)ctx;
  return 1;
}

/* Told to main.c alone, for else a commit would make every object anew. */
#ifndef ERRAND_COMMIT
#define ERRAND_COMMIT ""
#endif

/* argv as light userdata -> exit code. core.cli.main runs in the main task
   and waits by yielding. */
static int start_cli(lua_State *L) {
  char **argv = lua_touserdata(L, 1);
  if (*ERRAND_COMMIT) {
    lua_pushliteral(L, ERRAND_COMMIT);
    lua_setfield(L, LUA_REGISTRYINDEX, SYS_COMMIT);
  }
  module_push(L, "core.cli");
  lua_getfield(L, -1, "main");
  lua_newtable(L);
  for (int i = 1; argv[i]; i++) {
    lua_pushstring(L, argv[i]);
    lua_rawseti(L, -2, i);
  }
  lua_callk(L, 1, 1, 0, cli_k);
  return cli_k(L, LUA_OK, 0);
}

static int run(lua_State *L, char **argv, Err *err) {
  lua_pushcfunction(L, start_cli);
  lua_pushlightuserdata(L, argv);
  if (task_run(L, 1, 1, err) != 0) return -1;
  int code = (int)lua_tointeger(L, -1);
  lua_pop(L, 1);
  return code;
}

/* Whoever closed the other end of a pipe has seen enough, and is told
   nothing. */
static bool reader_gone(void) {
  struct pollfd p = {.fd = STDOUT_FILENO};
  return poll(&p, 1, 0) > 0 && (p.revents & POLLERR) != 0;
}

/* What was printed is all there, or the exit code is not 0. A stream forgets
   why an earlier write failed. */
static int end_output(int code) {
  bool lost = ferror(stdout) != 0;
  const char *why = "an earlier write failed";
  if (fflush(NULL) != 0) {
    lost = true;
    why = strerror(errno);
  }
  if (!lost || code != 0) return code;
  if (!reader_gone())
    log_write(LOG_ERROR, "not all of the output could be written: %s", why);
  return 1;
}

int main(int argc, char **argv) {
  Err err = {0};
  Loop *loop = NULL;
  State *state = NULL;
  int code = -1;
  (void)argc;
  if (harden(&err) != 0 || env_take(&err) != 0) goto end;
  if (!(loop = loop_new(&err))) goto end;
  const char *lua = getenv("ERRAND_LUA");
  const StateOptions options = {.lua_dir = lua && *lua ? lua : NULL};
  if (!(state = state_new(loop, &options, &err))) goto end;
  if (interrupt_catch(loop, state_lua(state), SIGINT, &err) != 0) goto end;
  code = run(state_lua(state), argv, &err);

end:
  console_hold(false);
  if (code < 0) {
    log_write(LOG_ERROR, "%s", err.text);
    code = err_exit_code(err.kind, err.status);
  }
  if (code == 130 && interrupt_by()) code = 128 + interrupt_by();
  code = end_output(code);
#ifndef __SANITIZE_ADDRESS__
  _exit(code);     /* the system frees faster than we: a tenth of a short run */
#endif
  state_free(state);
  loop_free(loop);
  redact_forget();
  return code;
}
