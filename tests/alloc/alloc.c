/* alloc.c - whole scenarios of errand with an allocation failing. */
/* SPDX-License-Identifier: MIT */

/* alloc DIR SCENARIO BUDGET runs one scenario of tests/alloc/scenarios.lua in
   the folder DIR: once as it is; then with the allocation refused that is made
   first at each place, a place being a backtrace, in as many tries as BUDGET
   at most, 0 for every allocation there is. Each try is a process of its own,
   forked from here when Lua and its modules are there, and is judged by what it
   printed, how it ended, which files it left, what the server was sent, and by
   whether all goes well when it is run again. Anything else on the command
   line is errand's: it starts itself anew for runs. */

#include "alloc.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <gnutls/gnutls.h>
#include <lualib.h>
#include <microhttpd.h>
#include <pwd.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Its parts are called one by one. */
int errand_main(int argc, char **argv);
#define main errand_main
#include "../../host/main.c"
#undef main

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#define LEAKS() __lsan_do_recoverable_leak_check()
#define FROM_HERE() __lsan_enable()

/* What belongs to the dynamic linker, which asks for it by way of our malloc
   and so does not look like itself. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
  return "leak:_dl_map_object_deps\nleak:dl_open_worker\n"
         /* glibc and OpenSSL, whose own leaks without memory these are */
         "leak:__add_to_environ\nleak:libcrypto.so\nleak:libssl.so\n";
}
#else
#define LEAKS() 0
#define FROM_HERE() (void)0
#define __lsan_disable() (void)0
#endif

enum { LEAKED = 98, SECONDS = 60, AGAIN = 8, SAID = 5 };

typedef enum Mode { AS_IT_IS, RECORD, ONE, ALL } Mode;

static char *words[32];           /* argv of the try at hand */
static char run_id[16];           /* of the run that the preparation began */
static Loop *loop;
static State *state;
static Reference reference;
static long tries, by_who[WHOS], said;
static struct { long whole, refused, other, failed, again, never; } count;

/* ---- in the forked process ---- */

static int to_file(int fd, const char *name) {
  int file = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0 || dup2(file, fd) < 0) return -1;
  return close(file);
}

/* What main() does behind the start of Lua. */
__attribute__((noinline)) static int carry_out(Mode mode, long n) {
  Err err = {0};
  if (mode == RECORD) refuse_record();
  if (mode == ONE || mode == ALL) refuse_arm(n, mode == ONE);
  int code = run(state_lua(state), words, &err);
  console_hold(false);
  if (code < 0) {
    log_write(LOG_ERROR, "%s", err.text);
    code = err_exit_code(err.kind, err.status);
  }
  if (fflush(NULL) != 0 && code == 0) code = 1;
  state_free(state);
  loop_free(loop);
  redact_forget();
  refuse_disarm();
  return code;
}

static void child(Mode mode, long n) {
  if (to_file(1, "../out") || to_file(2, "../err")) _exit(LEAKED - 1);
  alarm(SECONDS);
  FROM_HERE();
  int code = carry_out(mode, n);
  if (mode != AS_IT_IS && LEAKS()) code = LEAKED;
  _exit(code);
}

/* ---- here ---- */

/* The exit code of one try, 128 and more for a signal. */
static int attempt(Mode mode, long n, lua_State *L, const char *field) {
  int status;
  lua_getfield(L, -1, field);
  size_t len = (size_t)luaL_len(L, -1);
  words[0] = (char *)"errand";
  for (size_t i = 1; i <= len && i < 31; i++) {
    lua_rawgeti(L, -1, (lua_Integer)i);
    words[i] = (char *)lua_tostring(L, -1);   /* the table keeps it */
    if (!strcmp(words[i], "RUN")) words[i] = run_id;
    lua_pop(L, 1);
    words[i + 1] = NULL;
  }
  lua_pop(L, 1);
  refuse_shared->refused = 0;
  fflush(NULL);
  pid_t pid = fork();
  if (pid == 0) child(mode, n);
  if (pid < 0 || waitpid(pid, &status, 0) != pid) alloc_die("fork");
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void complain(Mode mode, long n, const char *why, const char *more) {
  count.failed++;
  if (said++ >= SAID) return;
  printf("# allocation %ld%s, asked for by %s: %s %s\n", n + 1,
         mode == ONE ? "" : " and all that follow",
         refuse_names[refuse_shared->who], why, more);
  alloc_show("../err");
  if (getenv("ALLOC_OUT")) alloc_show("../out");
}

/* What must be true however it went; NULL, or what is not. */
static const char *common(int code, const char **more) {
  *more = "";
  if (code == LEAKED) return "memory was lost";
  if (code == 128 + SIGALRM) return "it hung";
  if (code > 128 && code != reference.code) return "it crashed";
  if (code == 99) return "the sanitizer found";
  if (peer_effects() > reference.effects) return "more was sent than once";
  if ((*more = files_wrong(&reference))) return "left in the folder:";
  if ((*more = store_wrong())) return "the store:";
  return NULL;
}

/* Libraries that do not always tell lack of memory from other failures: what
   libcurl cannot resolve for it is "not resolved". */
static bool is_foreign(RefuseWho who) {
  return who == BY_CURL || who == BY_MHD || who == BY_TLS || who == BY_LIBC;
}

/* Another failure that the scenario has, told in its place. */
static bool is_said_otherwise(lua_State *L) {
  lua_getfield(L, -1, "otherwise");
  const char *text = lua_tostring(L, -1);
  bool says = text && file_says("../err", text);
  lua_pop(L, 1);
  return says;
}

/* One refusal, judged; all goes well again afterwards. */
static void try_one(lua_State *L, Mode mode, long n) {
  const char *more, *wrong;
  tries++;
  files_restore();
  peer_reset();
  int code = attempt(mode, n, L, "run");
  if (refuse_shared->refused == 0) count.never++;
  else by_who[refuse_shared->who]++;
  wrong = common(code, &more);
  bool same = code == reference.code && file_same("../out", &reference.out);
  if (!wrong && code == reference.code && !same && code == 0)
    wrong = "success with another output";
  if (!wrong && same) {
    count.whole++;
  } else if (!wrong && (file_says("../err", "memory") ||
                        (code != 0 && file_says("../out", "memory")))) {
    count.refused++;
  } else if (!wrong && code != 0 &&
             (is_foreign(refuse_shared->who) || is_said_otherwise(L))) {
    count.other++;
  } else {
    char text[64];
    snprintf(text, sizeof text, "exit code %d %.20s", code, more ? more : "");
    complain(mode, n, wrong ? wrong : "no word of memory,",
             wrong && more && *more ? more : text);
    return;
  }
  if (same || tries % AGAIN != 0) return;
  count.again++;
  lua_getfield(L, -1, "again");
  bool other = lua_istable(L, -1);
  lua_pop(L, 1);
  code = attempt(AS_IT_IS, 0, L, other ? "again" : "run");
  if (code == (other ? 0 : reference.code) && !store_wrong()) return;
  complain(mode, n, "not well when run again", "");
}

/* The first run, by which the others are judged. */
static void first(lua_State *L) {
  files_restore();
  peer_reset();
  reference.code = attempt(RECORD, 0, L, "run");
  reference.effects = peer_effects();
  if (reference.code >= LEAKED) alloc_die("the scenario fails as it is");
  lua_getfield(L, -1, "code");
  if (reference.code != (int)lua_tointeger(L, -1)) {
    alloc_show("../out");
    alloc_show("../err");
    printf("# exit code %d\n", reference.code);
    alloc_die("the scenario ends in another way");
  }
  lua_pop(L, 1);
  file_read("../out", &reference.out);
  files_note(&reference);
}

/* The first allocation at each place, places as fine as the budget allows. */
static long plan(long *at, long budget) {
  long n = 0;
  for (int depth = REFUSE_DEPTHS - 1; depth >= 0; depth--) {
    n = 0;
    places_clear();
    for (long i = 0; i < refuse_shared->n; i++) {
      uint64_t place = refuse_shared->places[i].at[depth];
      if (place == 0 || (budget > 0 && !places_add(place))) continue;
      at[n++] = i;
    }
    if (budget == 0 || 2 * n <= budget) break;
  }
  /* Still too many: each kth. */
  long step = budget > 0 && 2 * n > budget ? (2 * n + budget - 1) / budget : 1;
  for (long i = 0; i * step < n; i++) at[i] = at[i * step];
  return (n + step - 1) / step;
}

/* Modules that it needs are loaded before, for all tries alike. */
static void warm(void) {
  lua_State *L = state_lua(state);
  const char *code =
    "for _, name in ipairs { 'core.cli', 'core.cli.globals', 'core.session',\n"
    "  'core.options', 'core.error', 'core.globals', 'core.services',\n"
    "  'core.client', 'core.record', 'core.config', 'core.account',\n"
    "  'core.output', 'core.request', 'core.envelope', 'core.check',\n"
    "  'core.script', 'core.exit' } do require(name) end";
  if (luaL_dostring(L, code) != LUA_OK) alloc_die(lua_tostring(L, -1));
  lua_gc(L, LUA_GCCOLLECT);
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0 || !MHD_get_version() ||
      !gnutls_check_version(NULL))
    alloc_die("libraries");
  /* The C library reads /etc/nsswitch.conf for this, and ends the program by
     an assertion when it has no memory for a line of it. */
  (void)getpwuid(getuid());
}

static void start(void) {
  Err err = {0};
  sqlite3_mem_methods sqlite;
  void *ud;
  if (harden(&err) != 0 || env_take(&err) != 0) alloc_die(err.text);
  if (!(loop = loop_new(&err))) alloc_die(err.text);
  if (!(state = state_new(loop, &(StateOptions){0}, &err)))
    alloc_die(err.text);
  if (interrupt_catch(loop, state_lua(state), SIGINT, &err) != 0)
    alloc_die(err.text);
  refuse_know(BY_LUA, (void *)lua_getallocf(state_lua(state), &ud));
  sqlite3_initialize();
  if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite) != SQLITE_OK) {
    sqlite3_shutdown();    /* asked for before it is started only */
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite);
  }
  refuse_know(BY_SQLITE, (void *)sqlite.xMalloc);
  refuse_know(BY_SQLITE, (void *)sqlite.xRealloc);
  warm();
}

static void seed(lua_State *L) {
  peer_reset();
  lua_getfield(L, -1, "seed");
  for (lua_Integer i = 1, n = lua_istable(L, -1) ? luaL_len(L, -1) : 0; i <= n;
       i++) {
    lua_createtable(L, 0, 1);
    lua_rawgeti(L, -2, i);
    lua_setfield(L, -2, "run");
    int code = attempt(AS_IT_IS, 0, L, "run");
    if (code != 0) printf("# preparation ended with %d\n", code);
    file_find("../err", "run r-", run_id, sizeof run_id);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  files_keep();
}

/* alloc DIR list */
static int list(void) {
  lua_State *L = luaL_newstate();
  if (!L) return 1;
  luaL_openlibs(L);
  int failed = luaL_dostring(L,
    "local names = {}\n"
    "for name in pairs(dofile 'tests/alloc/scenarios.lua') do\n"
    "  names[#names + 1] = name\n"
    "end\n"
    "table.sort(names)\n"
    "print(table.concat(names, '\\n'))");
  lua_close(L);
  return failed;
}

int main(int argc, char **argv) {
  static long at[REFUSE_MOST];
  if (argc == 3 && *argv[1] == '/') return list();
  if (argc != 4 || *argv[1] != '/') return errand_main(argc, argv);
  double begun = loop_now();
  __lsan_disable();        /* what is made here is not what is tested */
  refuse_init();
  lua_State *L = alloc_scenario(argv[1], argv[2]);   /* on its stack */
  start();
  seed(L);
  first(L);
  long all = refuse_shared->n, n = plan(at, strtol(argv[3], NULL, 10));
  const char *single = getenv("ALLOC_ONLY");    /* one of them, for a look */
  if (single) at[0] = strtol(single, NULL, 10) - 1, n = 1;
  for (long i = 0; i < n; i++) {
    try_one(L, ONE, at[i]);
    if (single && !getenv("ALLOC_MODE")) break;
    try_one(L, ALL, at[i]);
  }
  printf("%-20s %6ld allocations, %5ld tries: %ld right, %ld refused, "
         "%ld other errors, %ld run again, %ld never reached, %ld failed; "
         "%.0f s\n#  ", argv[2], all, tries, count.whole, count.refused,
         count.other, count.again, count.never, count.failed,
         loop_now() - begun);
  for (int i = 0; i < WHOS; i++)
    if (by_who[i] > 0) printf(" %s %ld", refuse_names[i], by_who[i]);
  printf("\n");
  peer_stop();
  fflush(NULL);
  _exit(count.failed > 0 || tries == 0);
}
