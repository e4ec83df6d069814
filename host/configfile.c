/* configfile.c - evaluates the configuration file apart from all scripts. */
/* SPDX-License-Identifier: MIT */
#include "configfile.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "configjob.h"
#include "sys.h"

#define CHUNK "(config)"   /* short: Lua cuts long chunk names */

enum {
  FILE_MAX = 1024 * 1024,
  MEMORY_MAX = 32 * 1024 * 1024,
  HOOK_EVERY = 100, STEPS_MAX = 10 * 1000 * 1000,
  CPU_MAX = 2          /* seconds */
};

/* Freed memory is wiped: the file holds secrets. */
static void *allocate(void *ud, void *p, size_t old, size_t new) {
  Job *job = ud;
  if (!p) old = 0;
  if (new > old && new - old > MEMORY_MAX - job->used) return NULL;
  void *q = NULL;
  if (new > 0) {
    q = malloc(new);
    if (!q) return NULL;
    if (p) memcpy(q, p, old < new ? old : new);
  }
  if (p) explicit_bzero(p, old);
  free(p);
  job->used = job->used - old + new;
  return q;
}

static void count_steps(lua_State *L, lua_Debug *ar) {
  Job *job = configjob(L);
  job->steps += HOOK_EVERY;
  /* One step may copy or compare megabytes, so time counts, too. */
  if (job->steps > STEPS_MAX ||
      clock() - job->start > (clock_t)CPU_MAX * CLOCKS_PER_SEC)
    luaL_error(L, "the file runs without end");
}

/* ---- the table `secret` ---- */

static int handle_gc(lua_State *L) {
  Handle *h = luaL_checkudata(L, 1, CONFIG_SECRET);
  secret_release(h->secret);
  h->secret = NULL;
  return 0;
}

static int new_handle(lua_State *L, SecretSource source, const char *what) {
  Handle *h = lua_newuserdatauv(L, sizeof *h, 0);
  h->secret = NULL;
  luaL_setmetatable(L, CONFIG_SECRET);
  Err err;
  if (what && !(h->secret = secret_new(source, what, &err)))
    return luaL_error(L, "%s", err.text);
  return 1;
}

static const char *check_what(lua_State *L, const char *name,
                              const char *wants) {
  size_t n = 0;
  const char *what = lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &n)
                                                   : NULL;
  if (n == 0 || strlen(what) != n)
    luaL_error(L, "secret.%s wants %s", name, wants);
  return what;
}

static int l_env(lua_State *L) {
  const char *name = check_what(L, "env", "the name of a variable");
  if (strchr(name, '='))
    return luaL_error(L, "secret.env wants the name of a variable");
  return new_handle(L, SECRET_ENV, name);
}

/* A relative path would mean another file in every directory. */
static int l_file(lua_State *L) {
  const char *path = check_what(L, "file", "a path");
  if (strncmp(path, "~/", 2) == 0) {
    const char *home = getenv("HOME");
    if (!home) return luaL_error(L, "secret.file: HOME is not set");
    path = lua_pushfstring(L, "%s%s", home, path + 1);
  }
  if (*path != '/')
    return luaL_error(L, "secret.file wants a path that starts with / or ~/");
  return new_handle(L, SECRET_FILE, path);
}

static int l_command(lua_State *L) {
  return new_handle(L, SECRET_COMMAND,
                    check_what(L, "command", "a command line"));
}

static int l_credential(lua_State *L) {
  return new_handle(L, SECRET_CREDENTIAL,
                    check_what(L, "credential", "the name of a credential"));
}

static int l_prompt(lua_State *L) {
  if (lua_isnoneornil(L, 1)) return new_handle(L, SECRET_PROMPT, NULL);
  return new_handle(L, SECRET_PROMPT, check_what(L, "prompt", "a question"));
}

static const luaL_Reg sources[] = {
  {"env", l_env}, {"file", l_file}, {"command", l_command},
  {"credential", l_credential}, {"prompt", l_prompt}, {NULL, NULL}};

static int unknown_source(lua_State *L) {
  static const char *const names[] = {"env", "file", "command", "credential",
                                      "prompt", NULL};
  const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";
  configjob_hint(L, name, names);
  return luaL_error(L, "there is no secret.%s%s", name, lua_tostring(L, -1));
}

static int unknown_global(lua_State *L) {
  const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";
  return luaL_error(L, "'%s' is not known here: a configuration file has only "
                    "'secret'", name);
}

/* Gives the table on top of the stack an __index. */
static void set_index(lua_State *L, lua_CFunction index) {
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, index);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
}

static void open_environment(lua_State *L) {
  luaL_newmetatable(L, CONFIG_SECRET);
  lua_pushcfunction(L, handle_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  lua_pushglobaltable(L);
  luaL_newlib(L, sources);
  set_index(L, unknown_source);
  lua_setfield(L, -2, "secret");
  set_index(L, unknown_global);
  lua_pop(L, 1);
}

/* ---- reading ---- */

static int evaluate(lua_State *L) {
  Job *job = configjob(L);
  open_environment(L);
  if (luaL_loadbufferx(L, buf_str(&job->text), job->text.len, "=" CHUNK, "t"))
    return lua_error(L);
  buf_wipe(&job->text);
  lua_sethook(L, count_steps, LUA_MASKCOUNT, HOOK_EVERY);
  lua_call(L, 0, 1);
  configjob_walk(L);
  return 0;
}

/* Lua's text without what it quotes from the file: a token of a syntax error
   or a constant may be a password. Names stay, they say what is wrong. */
static size_t harmless(const char *text) {
  const char *near = strstr(text, " near ");
  const char *constant = strstr(text, " (constant '");
  if (near && (strcmp(near, " near <eof>") == 0 ||
               near[6 + strspn(near + 6, "'=,;(){}[]<>+-*/%^#.:~&|")] == '\0'))
    near = NULL;
  size_t n = strlen(text);
  if (near && (size_t)(near - text) < n) n = (size_t)(near - text);
  if (constant && (size_t)(constant - text) < n) n = (size_t)(constant - text);
  return n;
}

static void explain(lua_State *L, const Job *job, int status) {
  if (job->told) return;
  if (status == LUA_ERRMEM) {
    err_set(job->err, ERR_CONFIG, "%s: the file needs more than %d MiB of "
            "memory", job->path, MEMORY_MAX >> 20);
    return;
  }
  const char *text = lua_tostring(L, -1);
  if (!text) text = "the file failed";
  size_t skip = strlen(CHUNK);
  /* "(config):3: what" becomes "PATH:3: what". */
  bool at = strncmp(text, CHUNK ":", skip + 1) == 0;
  if (at) text += skip;
  err_set(job->err, ERR_CONFIG, "%s%s%.*s", job->path, at ? "" : ": ",
          (int)harmless(text), text);
}

static int read_file(Job *job) {
  /* Non-blocking: a FIFO put in its place must not stop us for good. */
  int fd = open(job->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return err_sys(job->err, ERR_CONFIG, errno, "cannot open the "
                   "configuration %s", job->path);
  int rc = secret_check_fd(fd, job->path, job->err);
  if (rc == 0) rc = sys_read_fd(&job->text, fd, job->path, job->err);
  (void)close(fd);   /* read only: nothing can be lost */
  if (rc && job->err) job->err->kind = ERR_CONFIG;
  return rc;
}

int configfile_load(Config *c, const char *path, const char *wanted,
                    Err *err) {
  Err unwanted = {0};
  Job job = {.config = c, .path = path, .wanted = wanted, .start = clock(),
             .err = err ? err : &unwanted};
  int rc = -1;
  lua_State *L = NULL;
  buf_init(&job.text, FILE_MAX);
  if (read_file(&job)) goto fail;
  L = lua_newstate(allocate, &job);
  if (!L) {
    err_set(err, ERR_CONFIG, "%s: out of memory", path);
    goto fail;
  }
  *(Job **)lua_getextraspace(L) = &job;
  lua_pushcfunction(L, evaluate);
  int status = lua_pcall(L, 0, 0, 0);
  if (status == LUA_OK) rc = 0;
  else explain(L, &job, status);
fail:
  if (L) lua_close(L);
  buf_wipe(&job.text);
  return rc;
}
