/* judge.c - files, store and server of a scenario, before and after. */
/* SPDX-License-Identifier: MIT */
#include "alloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lualib.h>

#include "loop.h"
#include "peer.h"

enum { LARGEST = 8 << 20, SLOTS = 1 << 20 };

static KeptFile seeds[FILES_MOST];
static int nseeds;
static char wrong[512];

void alloc_die(const char *what) {
  printf("not ok - %s%s%s\n", what, errno ? ": " : "",
         errno ? strerror(errno) : "");
  peer_stop();
  fflush(NULL);
  _exit(1);
}

void file_read(const char *path, Buf *to) {
  char bytes[65536];
  ssize_t n = 0;
  buf_clear(to);
  buf_init(to, LARGEST);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  while (fd >= 0 && (n = read(fd, bytes, sizeof bytes)) > 0)
    buf_add(to, bytes, (size_t)n);
  if (fd < 0 || n < 0 || to->failed) alloc_die(path);
  close(fd);
}

/* Names of runs are made at random: r-123abc is r-?????? */
static void mask(char *text) {
  static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyz";
  for (char *p = text; p && (p = strstr(p, "r-")); p += 2)
    if (strspn(p + 2, letters) >= 6) memset(p + 2, '?', 6);
}

bool file_same(const char *path, const Buf *other) {
  Buf now = {0}, then = {0};
  file_read(path, &now);
  buf_init(&then, LARGEST);
  if (other->len > 0) buf_add(&then, other->data, other->len);
  buf_addc(&now, '\0');
  buf_addc(&then, '\0');
  mask(now.data);
  mask(then.data);
  bool same = now.len == then.len && !memcmp(now.data, then.data, now.len);
  buf_clear(&now);
  buf_clear(&then);
  return same;
}

bool file_says(const char *path, const char *text) {
  Buf now = {0};
  file_read(path, &now);
  bool says = now.len > 0 && strstr(buf_str(&now), text) != NULL;
  buf_clear(&now);
  return says;
}

void file_find(const char *path, const char *text, char *to, size_t size) {
  Buf now = {0};
  file_read(path, &now);
  const char *at = now.len > 0 ? strstr(buf_str(&now), text) : NULL;
  if (at) snprintf(to, size, "r-%.6s", at + strlen(text));
  buf_clear(&now);
}

void alloc_show(const char *path) {
  Buf now = {0};
  file_read(path, &now);
  const char *text = now.len > 0 ? buf_str(&now) : "";
  while (*text) {
    int n = (int)strcspn(text, "\n");
    printf("#   %.*s\n", n < 300 ? n : 300, text);
    text += n + (text[n] == '\n');
  }
  buf_clear(&now);
}

/* ---- the folder ---- */

typedef void each_fn(void *ctx, const char *name);

/* Calls fn for each file below the current folder, "a/b"; folders, which end
   in a slash, after what is in them. */
static void each_file(const char *below, each_fn *fn, void *ctx) {
  char path[600];
  DIR *dir = opendir(*below ? below : ".");
  if (!dir) return;
  for (struct dirent *e; (e = readdir(dir));) {
    struct stat st;
    if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")) continue;
    snprintf(path, sizeof path, "%.300s%s", below, e->d_name);
    if (lstat(path, &st) != 0) continue;
    if (S_ISDIR(st.st_mode)) {
      snprintf(path, sizeof path, "%.300s%.255s/", below, e->d_name);
      each_file(path, fn, ctx);
    }
    fn(ctx, path);
  }
  closedir(dir);
}

typedef struct Kept { KeptFile *files; int *n; } Kept;

static void keep_one(void *ctx, const char *name) {
  Kept *kept = ctx;
  if (*kept->n == FILES_MOST) alloc_die("too many files");
  KeptFile *file = &kept->files[(*kept->n)++];
  snprintf(file->name, sizeof file->name, "%s", name);
  if (name[strlen(name) - 1] != '/') file_read(name, &file->bytes);
}

void files_keep(void) {
  nseeds = 0;
  each_file("", keep_one, &(Kept){seeds, &nseeds});
}

void files_note(Reference *reference) {
  each_file("", keep_one, &(Kept){reference->after, &reference->nafter});
  for (int i = 0; i < reference->nafter; i++) mask(reference->after[i].name);
}

static void remove_one(void *ctx, const char *name) {
  (void)ctx;
  if (remove(name) != 0) alloc_die(name);
}

void files_restore(void) {
  each_file("", remove_one, NULL);
  for (int i = nseeds - 1; i >= 0; i--) {  /* folders first */
    const KeptFile *file = &seeds[i];
    if (file->name[strlen(file->name) - 1] == '/') {
      char path[256];
      snprintf(path, sizeof path, "%s", file->name);
      for (char *p = path; (p = strchr(p, '/')); *p++ = '/') {
        *p = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST) alloc_die(path);
      }
    }
  }
  for (int i = 0; i < nseeds; i++) {
    const KeptFile *file = &seeds[i];
    if (file->name[strlen(file->name) - 1] == '/') continue;
    int fd = open(file->name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, file->bytes.data, file->bytes.len) !=
        (ssize_t)file->bytes.len || close(fd) != 0)
      alloc_die(file->name);
  }
}

static const KeptFile *among(const KeptFile *files, int n, const char *name) {
  for (int i = 0; i < n; i++)
    if (!strcmp(files[i].name, name)) return &files[i];
  return NULL;
}

static bool ends(const char *name, const char *with) {
  size_t n = strlen(name), m = strlen(with);
  return n >= m && !strcmp(name + n - m, with);
}

/* What SQLite puts beside a database, and locks, hold nothing to be kept; the
   database itself is for store_wrong. */
static bool is_aside(const char *name) {
  static const char *const with[] = {"/", ".db", "-wal", "-shm", ".lock",
                                     "-journal", ".store", ".reserve"};
  for (size_t i = 0; i < sizeof with / sizeof *with; i++)
    if (ends(name, with[i])) return true;
  return strncmp(name, "free/", 5) == 0;
}

/* A file with times and the like in it, which differ: it has as many lines as
   the other one, the last of them complete. A tape may have fewer. */
static bool is_whole(const char *name, const Buf *other) {
  Buf now = {0};
  file_read(name, &now);
  bool tape = !strcmp(name, "tape"), token = ends(name, ".token");
  long more = 0;
  for (size_t i = 0; i < now.len; i++) more += now.data[i] == '\n';
  for (size_t i = 0; i < other->len; i++) more -= other->data[i] == '\n';
  bool whole = now.len > 0 && now.data[now.len - 1] ==
               other->data[other->len - 1] && (more == 0 || tape);
  buf_clear(&now);
  return whole && (tape || token || ends(name, "world.json"));
}

static void judge_one(void *ctx, const char *name) {
  const Reference *reference = ctx;
  char masked[256];
  if (*wrong || is_aside(name)) return;
  snprintf(masked, sizeof masked, "%s", name);
  mask(masked);
  const KeptFile *before = among(seeds, nseeds, name);
  const KeptFile *after = among(reference->after, reference->nafter, masked);
  if (before && file_same(name, &before->bytes)) return;
  if (after && file_same(name, &after->bytes)) return;
  if (after && is_whole(name, &after->bytes)) return;
  snprintf(wrong, sizeof wrong, "%s (%s)", name,
           before || after ? "changed by half" : "a new file");
}

const char *files_wrong(const Reference *reference) {
  *wrong = '\0';
  each_file("", judge_one, (void *)reference);
  return *wrong ? wrong : NULL;
}

static void judge_store(const char *path) {
  sqlite3 *db = NULL;
  sqlite3_stmt *stmt = NULL;
  if (*wrong || access(path, F_OK) != 0) return;
  int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL);
  if (rc == SQLITE_OK)
    rc = sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &stmt, NULL);
  if (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
    const char *text = (const char *)sqlite3_column_text(stmt, 0);
    if (!text || strcmp(text, "ok") != 0)
      snprintf(wrong, sizeof wrong, "%.500s", text ? text : "?");
  } else {
    snprintf(wrong, sizeof wrong, "%.500s", sqlite3_errmsg(db));
  }
  sqlite3_finalize(stmt);
  sqlite3_close(db);
}

const char *store_wrong(void) {
  *wrong = '\0';
  judge_store("store.db");
  judge_store("world.json.store");
  return *wrong ? wrong : NULL;
}

/* ---- the server, in a process of its own ---- */

enum { RULES = 16 };

static struct {
  volatile int effects, reset, port;
} *shared;
static PeerReply rules[RULES];
static int nrules;
static Peer *peer;
static pid_t server;

static void on_request(void *ctx, const char *bytes, size_t n) {
  (void)ctx, (void)n;
  if (strncmp(bytes, "GET ", 4) != 0 && strncmp(bytes, "POST /auth ", 11) != 0)
    shared->effects++;
}

static void on_reset(void *ctx) {
  (void)ctx;
  peer_forget(peer);
  for (int i = 0; i < nrules; i++) peer_on(peer, rules[i]);
  shared->effects = 0;
  shared->reset = 0;
}

static void serve(void) {
  Err err = {0};
  Loop *loop = loop_new(&err);
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || !loop) _exit(2);
  peer = peer_new(loop);
  peer_watch(peer, on_request, NULL);
  if (loop_signal(loop, SIGUSR1, on_reset, NULL, &err) != 0) _exit(2);
  shared->port = peer_port(peer);
  while (loop_step(loop, -1, &err) == 0) continue;
  _exit(2);
}

/* A row of `peer`: { "GET /x", text, times =, drop = } */
static void add_rule(lua_State *L) {
  PeerReply *rule = &rules[nrules++];
  if (nrules > RULES) alloc_die("too many rules");
  lua_rawgeti(L, -1, 1);
  lua_rawgeti(L, -2, 2);
  lua_getfield(L, -3, "times");
  lua_getfield(L, -4, "drop");
  rule->target = lua_tostring(L, -4);
  rule->bytes = lua_tostring(L, -3);
  rule->times = (int)lua_tointeger(L, -2);
  rule->end = lua_toboolean(L, -1) ? PEER_CLOSE : PEER_KEEP;
  lua_pop(L, 4);
}

void peer_start(lua_State *L) {
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) alloc_die("mmap");
  lua_getfield(L, -1, "peer");
  for (lua_Integer i = 1, n = lua_istable(L, -1) ? luaL_len(L, -1) : 0; i <= n;
       i++) {
    lua_rawgeti(L, -1, i);
    add_rule(L);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  server = fork();
  if (server == 0) serve();
  for (int i = 0; i < 5000 && shared->port == 0; i++) usleep(1000);
  if (server < 0 || shared->port == 0) alloc_die("no server");
}

void peer_reset(void) {
  shared->reset = 1;
  if (kill(server, SIGUSR1) != 0) alloc_die("the server is gone");
  for (int i = 0; i < 100000 && shared->reset; i++) usleep(100);
  if (shared->reset) alloc_die("the server does not answer");
}

int peer_effects(void) {
  return shared->effects;
}

void peer_stop(void) {
  if (server > 0) kill(server, SIGKILL);
  if (server > 0) waitpid(server, NULL, 0);
  server = 0;
}

/* ---- places ---- */

static uint64_t *slots;

void places_clear(void) {
  if (!slots) slots = malloc(SLOTS * sizeof *slots);
  if (!slots) alloc_die("memory");
  memset(slots, 0, SLOTS * sizeof *slots);
}

bool places_add(uint64_t place) {
  size_t i = (place >> 1) % SLOTS;
  while (slots[i] != 0 && slots[i] != place) i = (i + 1) % SLOTS;
  bool is_new = slots[i] == 0;
  slots[i] = place;
  return is_new;
}

/* ---- the scenario ---- */

static void write_files(lua_State *L) {
  lua_getfield(L, -1, "files");
  lua_pushnil(L);
  while (lua_istable(L, -2) && lua_next(L, -2)) {
    size_t n;
    const char *name = lua_tostring(L, -2), *text = lua_tolstring(L, -1, &n);
    char path[256];
    snprintf(path, sizeof path, "%s", name);
    for (char *p = path; (p = strchr(p, '/')); *p++ = '/') {
      *p = '\0';
      if (mkdir(path, 0700) != 0 && errno != EEXIST) alloc_die(path);
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, text, n) != (ssize_t)n || close(fd) != 0)
      alloc_die(path);
    lua_pop(L, 1);
  }
  lua_settop(L, 1);
}

lua_State *alloc_scenario(const char *dir, const char *name) {
  lua_State *L = luaL_newstate();
  const char *tls = getenv("ALLOC_TLS");     /* port of run.sh's server */
  char port[16], path[256];
  if (!L) alloc_die("memory");
  luaL_openlibs(L);
  if (luaL_dofile(L, "tests/alloc/scenarios.lua") != LUA_OK)
    alloc_die(lua_tostring(L, -1));
  lua_getfield(L, -1, name);
  if (!lua_istable(L, -1)) alloc_die("no such scenario");
  lua_replace(L, 1);
  lua_settop(L, 1);
  snprintf(path, sizeof path, "%s/work", dir);
  if (mkdir(path, 0700) != 0 || chdir(path) != 0) alloc_die(path);
  errno = 0;
  peer_start(L);
  snprintf(port, sizeof port, "%d", shared->port);
  lua_getfield(L, 1, "env");
  lua_pushnil(L);
  while (lua_istable(L, -2) && lua_next(L, -2)) {
    const char *value = luaL_gsub(L, lua_tostring(L, -1), "PORT", port);
    value = luaL_gsub(L, value, "DIR", path);
    value = luaL_gsub(L, value, "TLS", tls ? tls : "");
    if (setenv(lua_tostring(L, -5), value, 1) != 0) alloc_die("setenv");
    lua_pop(L, 4);
  }
  lua_settop(L, 1);
  write_files(L);
  return L;
}
