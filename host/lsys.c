/* lsys.c - host.sys: files, descriptors, clock and terminal for lua/core. */
/* SPDX-License-Identifier: MIT */
#include "bindings.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "env.h"
#include "lerr.h"
#include "lsecret.h"
#include "ltext.h"
#include "outfile.h"
#include "console.h"
#include "sha256.h"
#include "sys.h"

#define LOCK "host.sys.lock"

enum { READ_MAX = 256 * 1024 * 1024, RANDOM_MAX = 4096 };

/* ---- arguments ---- */

/* A string that C sees whole. */
static const char *check_text(lua_State *L, int index) {
  size_t n;
  const char *text = luaL_checklstring(L, index, &n);
  luaL_argcheck(L, strlen(text) == n, index, "zero byte inside");
  return text;
}

static int check_fd(lua_State *L, int index) {
  lua_Integer fd = luaL_checkinteger(L, index);
  luaL_argcheck(L, fd >= 0 && fd <= INT_MAX, index, "descriptor expected");
  return (int)fd;
}

static size_t opt_max(lua_State *L, int index) {
  lua_Integer max = luaL_optinteger(L, index, READ_MAX);
  luaL_argcheck(L, max >= 0, index, "must not be negative");
  return (size_t)max;
}

static int result(lua_State *L, int failed, const Err *err) {
  if (failed) return lerr_fail(L, err);
  lua_pushboolean(L, 1);
  return 1;
}

/* ---- files ---- */

/* read_file(path[, max]) -> text | nil, err */
static int l_read_file(lua_State *L) {
  const char *path = check_text(L, 1);
  Buf *b = ltext_buf(L, opt_max(L, 2));
  Err err;
  if (sys_read_file(b, path, &err)) return lerr_fail(L, &err);
  ltext_push(L, b);
  return 1;
}

/* stdin_read([max]) -> text | nil, err */
static int l_stdin_read(lua_State *L) {
  Buf *b = ltext_buf(L, opt_max(L, 1));
  Err err;
  if (sys_read_fd(b, STDIN_FILENO, "standard input", &err))
    return lerr_fail(L, &err);
  ltext_push(L, b);
  return 1;
}

static mode_t opt_mode(lua_State *L, int index, lua_Integer other) {
  lua_Integer mode = luaL_optinteger(L, index, other);
  luaL_argcheck(L, mode >= 0 && mode <= 0777, index, "file mode expected");
  return (mode_t)mode;
}

/* write_file(path, text[, mode = 0600]) -> true | nil, err; mode "umask" is
   that of the file replaced, else what the umask leaves */
static int l_write_file(lua_State *L) {
  size_t n;
  const char *path = check_text(L, 1);
  const char *text = luaL_checklstring(L, 2, &n);
  Err err;
  bool by_umask = lua_type(L, 3) == LUA_TSTRING &&
    strcmp(lua_tostring(L, 3), "umask") == 0;
  mode_t mode = by_umask ? OUTFILE_KEEP : opt_mode(L, 3, 0600);
  int rc = sys_write_file(path, text, n, mode, &err);
  return result(L, rc, &err);
}

/* make_dir(path[, mode = 0700]) -> true | nil, err */
static int l_make_dir(lua_State *L) {
  Err err;
  int rc = sys_make_dir(check_text(L, 1), opt_mode(L, 2, 0700), &err);
  return result(L, rc, &err);
}

static int l_exists(lua_State *L) {
  lua_pushboolean(L, access(check_text(L, 1), F_OK) == 0);
  return 1;
}

static int push_path(lua_State *L, const char *path, const char *what) {
  if (path) {
    lua_pushstring(L, path);
    return 1;
  }
  Err err;
  err_sys(&err, ERR_FILE, errno, "cannot use %s", what);
  return lerr_fail(L, &err);
}

static int l_cwd(lua_State *L) {
  char path[PATH_MAX];
  return push_path(L, getcwd(path, sizeof path), "the working directory");
}

/* chdir(path) -> true | nil, err */
static int l_chdir(lua_State *L) {
  const char *path = check_text(L, 1);
  Err err;
  int rc = chdir(path);
  if (rc) err_sys(&err, ERR_FILE, errno, "cannot go to %s", path);
  return result(L, rc, &err);
}

static int l_realpath(lua_State *L) {
  char real[PATH_MAX];
  const char *path = check_text(L, 1);
  return push_path(L, realpath(path, real), path);
}

/* write(fd, bytes) -> true | nil, err; err.broken_pipe: the reader is gone */
static int l_write(lua_State *L) {
  size_t n;
  int fd = check_fd(L, 1);
  const char *bytes = luaL_checklstring(L, 2, &n);
  bool broken = false;
  Err err;
  ConsoleTurn turn = console_begin(fd, bytes, n);
  int failed = 0;
  if (turn != CONSOLE_KEPT) failed = sys_write(fd, bytes, n, &broken, &err);
  console_end(turn);
  if (!failed) return result(L, 0, NULL);
  int pushed = lerr_fail(L, &err);
  if (broken) {
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, "broken_pipe");
  }
  return pushed;
}

/* ---- locks ---- */

static int lock_gc(lua_State *L) {
  int *fd = luaL_checkudata(L, 1, LOCK);
  if (*fd >= 0) close(*fd);
  *fd = -1;
  return 0;
}

static int *push_lock(lua_State *L) {
  int *fd = lua_newuserdatauv(L, sizeof *fd, 0);
  *fd = -1;
  if (luaL_newmetatable(L, LOCK)) {
    lua_pushcfunction(L, lock_gc);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "__gc");
    lua_setfield(L, -2, "__close");
  }
  lua_setmetatable(L, -2);
  return fd;
}

/* Who ends just now gets a moment to be gone. */
static int wait_lock(int fd) {
  const struct timespec moment = {0, 10000000};
  int rc, tries = 0;
  while ((rc = flock(fd, LOCK_EX | LOCK_NB)) && errno == EWOULDBLOCK &&
         tries++ < 100)
    nanosleep(&moment, NULL);
  return rc;
}

static int in_use(int fd, const char *what, Err *err) {
  char holder[24] = "";
  ssize_t n = pread(fd, holder, sizeof holder - 1, 0);
  long pid = n > 0 ? strtol(holder, NULL, 10) : 0;
  if (pid > 0)
    return err_set(err, ERR_CONFIG, "%s is in use by process %ld", what, pid);
  return err_set(err, ERR_CONFIG, "%s is in use by another process", what);
}

/* Whether path leads to the locked file: who had it before may have removed
   it, and then the lock keeps nobody out. */
static bool is_there(const char *path, int fd) {
  struct stat here, there;
  return fstat(fd, &here) == 0 && lstat(path, &there) == 0 &&
         here.st_ino == there.st_ino && here.st_dev == there.st_dev;
}

/* 0, or -1 with errno EWOULDBLOCK where another process has it; *fd is the
   locked file, -1 if it could not even be opened. */
static int open_locked(const char *path, int *fd) {
  for (;;) {
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*fd < 0 || wait_lock(*fd)) return -1;
    if (is_there(path, *fd)) return 0;
    close(*fd);
    *fd = -1;
  }
}

/* lock(path, what) -> handle | nil, err: the file at path is locked as long as
   the handle lives; the system unlocks it with the process, however that
   ends. `what` is what messages say is in use. */
static int l_lock(lua_State *L) {
  const char *path = check_text(L, 1), *what = check_text(L, 2);
  int *fd = push_lock(L);
  Err err;
  if (open_locked(path, fd)) {
    if (*fd < 0) err_sys(&err, ERR_FILE, errno, "cannot open %s", path);
    else if (errno == EWOULDBLOCK) in_use(*fd, what, &err);
    else err_sys(&err, ERR_FILE, errno, "cannot lock %s", path);
    return lerr_fail(L, &err);
  }
  char pid[24];
  int n = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
  /* Only for the message above: the lock holds without it. */
  bool told = ftruncate(*fd, 0) == 0 && pwrite(*fd, pid, (size_t)n, 0) == n;
  (void)told;
  return 1;
}

/* ---- terminal, clock, process ---- */

static int l_isatty(lua_State *L) {
  lua_pushboolean(L, isatty(check_fd(L, 1)));
  return 1;
}

static int l_columns(lua_State *L) {
  lua_pushinteger(L, sys_columns(lua_isnoneornil(L, 1) ? STDOUT_FILENO
                                                       : check_fd(L, 1)));
  return 1;
}

static int l_rows(lua_State *L) {
  lua_pushinteger(L, sys_rows(lua_isnoneornil(L, 1) ? STDOUT_FILENO
                                                    : check_fd(L, 1)));
  return 1;
}

static int l_clock(lua_State *L) {
  lua_pushnumber(L, sys_clock());
  return 1;
}

/* boottime() -> seconds since the machine started, suspend included */
static int l_boottime(lua_State *L) {
  lua_pushnumber(L, sys_boottime());
  return 1;
}

/* synchronised() -> boolean, seconds it may be wrong | nil, err */
static int l_synchronised(lua_State *L) {
  bool synchronised;
  double error;
  Err err;
  if (sys_synchronised(&synchronised, &error, &err)) return lerr_fail(L, &err);
  lua_pushboolean(L, synchronised);
  lua_pushnumber(L, error);
  return 2;
}

static int l_utc(lua_State *L) {
  char text[SYS_UTC];
  int rc = sys_utc(luaL_checknumber(L, 1), text);
  luaL_argcheck(L, rc == 0, 1, "no time of the years 0 to 9999");
  lua_pushstring(L, text);
  return 1;
}

static int l_random(lua_State *L) {
  unsigned char bytes[RANDOM_MAX];
  lua_Integer n = luaL_checkinteger(L, 1);
  luaL_argcheck(L, n >= 0 && n <= RANDOM_MAX, 1, "0 to 4096 bytes");
  Err err;
  if (sys_random(bytes, (size_t)n, &err)) return lerr_fail(L, &err);
  lua_pushlstring(L, (const char *)bytes, (size_t)n);
  return 1;
}

/* sha256(text[, key]) -> 64 hexadecimal digits; with a key, the HMAC */
static int l_sha256(lua_State *L) {
  size_t n, key_len = 0;
  const char *text = luaL_checklstring(L, 1, &n);
  const char *key = luaL_optlstring(L, 2, NULL, &key_len);
  char hex[SHA256_HEX];
  if (sha256_hex(key, key_len, text, n, hex))
    return luaL_error(L, "SHA-256 is not available");
  lua_pushstring(L, hex);
  return 1;
}

/* boot_id() -> text that no other boot of any machine has | nil, err */
static int l_boot_id(lua_State *L) {
  Buf *b = ltext_buf(L, 64);
  Err err;
  if (sys_read_file(b, "/proc/sys/kernel/random/boot_id", &err))
    return lerr_fail(L, &err);
  while (b->len > 0 && b->data[b->len - 1] == '\n') b->len--;
  ltext_push(L, b);
  return 1;
}

/* whoami() -> "name@host": who answers for what is done, for the journal */
static int l_whoami(lua_State *L) {
  char name[HOST_NAME_MAX + 1] = "";
  bool known = gethostname(name, sizeof name - 1) == 0 && *name;
  const char *host = known ? name : "localhost";
  const struct passwd *user = getpwuid(getuid());
  if (user) lua_pushfstring(L, "%s@%s", user->pw_name, host);
  else lua_pushfstring(L, "uid %d@%s", (int)getuid(), host);
  return 1;
}

/* process() -> { pid, memory (bytes in use), descriptors (that are open) } */
static int l_process(lua_State *L) {
  SysProcess p;
  sys_process(&p);
  lua_createtable(L, 0, 3);
  lua_pushinteger(L, (lua_Integer)getpid());
  lua_setfield(L, -2, "pid");
  lua_pushinteger(L, (lua_Integer)p.memory);
  lua_setfield(L, -2, "memory");
  lua_pushinteger(L, (lua_Integer)p.descriptors);
  lua_setfield(L, -2, "descriptors");
  return 1;
}

static int l_exit_now(lua_State *L) {
  _exit((int)luaL_checkinteger(L, 1));
}

/* As if somebody else had: for tests of what that leaves behind. */
static int l_kill_self(lua_State *L) {
  return luaL_error(L, "kill: %d", raise(SIGKILL));
}

/* ---- environment ---- */

static int l_env(lua_State *L) {
  lua_pushstring(L, getenv(check_text(L, 1)));   /* nil if not set */
  return 1;
}

/* The list is on top of the stack. */
static void add_variable(void *ctx, const char *name, size_t len) {
  lua_State *L = ctx;
  lua_pushlstring(L, name, len);
  lua_rawseti(L, -2, luaL_len(L, -2) + 1);
}

/* environ() -> names of all ERRAND_ variables, those that env() and os.getenv
   no longer see among them */
static int l_environ(lua_State *L) {
  lua_newtable(L);
  env_each(add_variable, L);
  return 1;
}

/* A name that the environment can hold. */
static const char *check_name(lua_State *L, int index) {
  const char *name = check_text(L, index);
  luaL_argcheck(L, *name && !strchr(name, '='), index, "no variable name");
  return name;
}

static int l_unsetenv(lua_State *L) {
  env_drop(check_name(L, 1));
  return 0;
}

static int l_setenv(lua_State *L) {
  if (setenv(check_name(L, 1), check_text(L, 2), 1))
    return luaL_error(L, "out of memory");
  return 0;
}

static const luaL_Reg functions[] = {
  {"isatty", l_isatty}, {"columns", l_columns}, {"rows", l_rows},
  {"read_file", l_read_file},
  {"write_file", l_write_file}, {"make_dir", l_make_dir},
  {"exists", l_exists}, {"clock", l_clock}, {"utc", l_utc}, {"env", l_env},
  {"boottime", l_boottime}, {"synchronised", l_synchronised},
  {"environ", l_environ}, {"setenv", l_setenv}, {"unsetenv", l_unsetenv},
  {"lock", l_lock}, {"cwd", l_cwd}, {"chdir", l_chdir},
  {"realpath", l_realpath},
  {"stdin_read", l_stdin_read},
  {"write", l_write}, {"random", l_random},
  {"whoami", l_whoami}, {"process", l_process},
  {"sha256", l_sha256}, {"boot_id", l_boot_id}, {"exit_now", l_exit_now},
  {"kill_self", l_kill_self}, {NULL, NULL}};

int luaopen_host_sys(lua_State *L) {
  luaL_newlib(L, functions);
  lsecret_register(L);
  lua_pushliteral(L, ERRAND_VERSION);
  lua_setfield(L, -2, "version");
  lua_getfield(L, LUA_REGISTRYINDEX, SYS_COMMIT);
  lua_setfield(L, -2, "commit");     /* nil where main.c knows of none */
  return 1;
}
