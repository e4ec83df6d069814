/* test_store.c - the record of calls: durable, private, found again. */
/* SPDX-License-Identifier: MIT */
#include "store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "redact.h"
#include "tap.h"

static char dir[] = "/tmp/errand-store-XXXXXX";
static char path[256];

static const char *in_dir(const char *name) {
  static char text[512];
  snprintf(text, sizeof text, "%s/%s", dir, name);
  return text;
}

static void remove_store(void) {
  char name[300];
  unlink(path);
  snprintf(name, sizeof name, "%s-wal", path);
  unlink(name);
  snprintf(name, sizeof name, "%s-shm", path);
  unlink(name);
}

static StoreCall invite(const char *key) {
  return (StoreCall){.service = "ixon", .profile = "prod", .account = "acme",
                     .operation = "invites.create", .effect = "create",
                     .scope = "", .key = key, .arguments = "{\"a\":1}"};
}

static long long begin(Store *s, const StoreCall *call) {
  Err err = {0};
  long long id = -1;
  if (store_call_begin(s, call, &id, &err)) printf("# %s\n", err.text);
  return id;
}

static int find(Store *s, const char *key, char *out, size_t n) {
  Err err = {0};
  int rc = store_find_remote(s, "ixon", "prod", "acme", "invites.create", "",
                             key, out, n, &err);
  if (rc < 0) printf("# %s\n", err.text);
  return rc;
}

typedef struct Seen {
  int rows;
  char outcome[16], remote[64], message[64], arguments[200], at[40];
} Seen;

static void keep(char *out, size_t n, const char *s) {
  snprintf(out, n, "%s", s ? s : "(null)");
}

static int see(void *ctx, const StoreRow *row) {
  Seen *seen = ctx;
  if (seen->rows++ > 0) return 0;
  keep(seen->outcome, sizeof seen->outcome, row->outcome);
  keep(seen->remote, sizeof seen->remote, row->remote_id);
  keep(seen->message, sizeof seen->message, row->message);
  keep(seen->arguments, sizeof seen->arguments, row->call.arguments);
  keep(seen->at, sizeof seen->at, row->at);
  return 0;
}

static Seen newest(Store *s) {
  Seen seen = {0};
  Err err = {0};
  is_int(store_each_call(s, 100000, see, &seen, &err), 0, "rows are read");
  return seen;
}

static void test_life_of_a_call(void) {
  Err err = {0};
  Store *s = store_open(path, &err);
  ok(s, "a store is made");
  if (!s) printf("# %s\n", err.text);
  struct stat st;
  ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600, "with mode 0600");
  StoreCall call = invite("new.hire@example.com");
  char out[64];
  is_int(find(s, call.key, out, sizeof out), 0, "nothing is found at first");
  long long id = begin(s, &call);
  ok(id > 0, "a call is recorded");
  is_str(newest(s).outcome, "sent", "its outcome is unknown");
  is_int(find(s, call.key, out, sizeof out), 0, "not found while unknown");
  is_int(store_call_end(s, id, "in_doubt", 0, NULL, "reply lost", &err), 0,
         "it ends in doubt");
  is_int(find(s, call.key, out, sizeof out), 0, "not found while in doubt");
  is_int(store_call_end(s, id, "done", 201, "inv1", NULL, &err), 0,
         "it is settled");
  is_int(find(s, call.key, out, sizeof out), 1, "found");
  is_str(out, "inv1", "by its id");
  is_int(find(s, "other@example.com", out, sizeof out), 0,
         "another key is not");
  is_int(find(s, call.key, out, 4), -1, "an id that does not fit is no id");
  long long again = begin(s, &call);
  is_int(store_call_end(s, again, "done", 201, "inv2", NULL, &err), 0, "again");
  is_int(store_call_end(s, id, "done", 201, "inv1", NULL, &err), 0,
         "the older one once more");
  is_int(find(s, call.key, out, sizeof out), 1, "found again");
  is_str(out, "inv2", "the newest counts");
  is_int(store_call_end(s, 999, "done", 200, NULL, NULL, &err), -1,
         "an unknown call cannot end");
  is_int(store_call_end(s, id, "fine", 200, NULL, NULL, &err), -1,
         "nor in an unknown way");
  store_close(s);
  s = store_open(path, &err);
  is_int(find(s, call.key, out, sizeof out), 1, "all is there after a reopen");
  is_int(newest(s).rows, 2, "every call");
  is_int(strlen(newest(s).at), 20, "with its time");
  is_int(store_check(s, &err), 0, "and the store is sound");
  store_close(s);
  remove_store();
}

static void test_secrets_stay_out(void) {
  Err err = {0};
  Store *s = store_open(NULL, &err);
  ok(s, "a store in memory");
  is_int(redact_add("s3cr3t-canary", 13), 0, "a secret is known");
  StoreCall call = invite("a@example.com");
  call.arguments = "{\"password\":\"s3cr3t-canary\"}";
  long long id = begin(s, &call);
  is_int(store_call_end(s, id, "done", 200, "x-s3cr3t-canary",
                        "no s3cr3t-canary", &err), 0, "ended");
  Seen seen = newest(s);
  ok(!strstr(seen.arguments, "canary"), "not in the arguments");
  ok(!strstr(seen.message, "canary"), "nor the message");
  ok(!strstr(seen.remote, "canary"), "nor the id");
  char out[64];
  is_int(find(s, "a@example.com", out, sizeof out), 0,
         "and a mutilated id is never given back");
  static char large[70001];
  for (size_t i = 0; i < sizeof large - 1; i += 2) memcpy(large + i, "\xc3\xa4", 2);
  call.arguments = large;
  ok(begin(s, &call) > 0, "large arguments are cut");
  store_close(s);
  redact_forget();
}

static void test_pruning(void) {
  Err err = {0};
  Store *s = store_open(NULL, &err);
  char out[64];
  for (int i = 0; i < 20; i++) {
    char key[32];
    snprintf(key, sizeof key, "k%d@example.com", i);
    StoreCall call = invite(key);
    long long id = begin(s, &call);
    if (i == 1) continue;
    store_call_end(s, id, i == 2 ? "in_doubt" : "done", 200, "r", NULL, &err);
  }
  is_int(store_prune(s, 5, 90, &err), 0, "pruned");
  is_int(newest(s).rows, 7, "the newest stay, and what is not settled");
  is_int(find(s, "k0@example.com", out, sizeof out), 1,
         "what was made is found after its call is gone");
  is_int(store_prune(s, 100, 90, &err), 0, "pruned again");
  is_int(newest(s).rows, 7, "nothing more to do");
  is_int(store_prune(s, 100, -1, &err), 0, "everything is too old");
  is_int(newest(s).rows, 2, "but for what is not settled");
  StoreCall call = invite(NULL);
  is_int(begin(s, &call), 21, "numbers are not given twice");
  store_close(s);
}

static void refused(const char *what, const char *text) {
  Err err = {0};
  Store *s = store_open(path, &err);
  ok(!s && err.kind == ERR_FILE && strstr(err.text, text), what);
  if (s || !strstr(err.text, text)) printf("# %s\n", err.text);
  store_close(s);
}

static void write_bytes(const char *name, const char *text, size_t n) {
  int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (fd < 0 || write(fd, text, n) != (ssize_t)n) printf("# cannot write\n");
  close(fd);
}

static void change(const char *statement) {
  sqlite3 *db = NULL;
  if (sqlite3_open(path, &db) ||
      sqlite3_exec(db, statement, NULL, NULL, NULL))
    printf("# %s\n", sqlite3_errmsg(db));
  sqlite3_close(db);
}

static void fresh(void) {
  remove_store();
  Err err = {0};
  Store *s = store_open(path, &err);
  for (int i = 0; i < 50; i++) {
    StoreCall call = invite("a@example.com");
    begin(s, &call);
  }
  store_close(s);
}

static void test_refusals(void) {
  fresh();
  chmod(path, 0640);
  refused("group bits are refused", "chmod");
  chmod(path, 0600);
  change("PRAGMA user_version = 99");
  refused("a newer schema is refused", "newer");
  fresh();
  change("PRAGMA application_id = 7");
  refused("another program's database is refused", "another program");
  fresh();
  struct stat st;
  is_int(stat(path, &st), 0, "there is a store");
  is_int(truncate(path, st.st_size / 2), 0, "cut in half");
  refused("a cut file is refused", "damaged");
  fresh();
  int fd = open(path, O_WRONLY);
  is_int(pwrite(fd, "garbage garbage garbage", 23, 4096 * 2 + 4), 23, "spoilt");
  close(fd);
  refused("a spoilt page is refused", "damaged");
  remove_store();
  write_bytes(path, "this is no database, but text that is long enough to be",
              55);
  refused("text is refused", "no store of errand");
  unlink(path);
  is_int(symlink("/nowhere/at/all", path), 0, "a link to nothing");
  refused("is not followed", "regular");
  unlink(path);
  is_int(mkdir(path, 0700), 0, "a directory");
  refused("is no store", "regular");
  rmdir(path);
  chmod(dir, 0777);
  refused("a directory others write to is refused", "chmod go-w");
  chmod(dir, 0700);
}

static void test_directories(void) {
  Err err = {0};
  char deep[512];
  snprintf(deep, sizeof deep, "%s", in_dir("a/b/store.db"));
  Store *s = store_open(deep, &err);
  ok(s, "directories are made");
  store_close(s);
  struct stat st;
  ok(stat(in_dir("a"), &st) == 0 && (st.st_mode & 0777) == 0700, "private");
  unlink(deep);
  rmdir(in_dir("a/b"));
  rmdir(in_dir("a"));
}

enum { CHILDREN = 6, EACH_CALLS = 20 };

static int child(void) {
  Err err = {0};
  Store *s = store_open(path, &err);
  if (!s) {
    printf("# %s\n", err.text);
    return 1;
  }
  for (int i = 0; i < EACH_CALLS; i++) {
    StoreCall call = invite("same@example.com");
    long long id;
    if (store_call_begin(s, &call, &id, &err) ||
        store_call_end(s, id, "done", 200, "x", NULL, &err)) {
      printf("# %s\n", err.text);
      return 1;
    }
  }
  store_close(s);
  return 0;
}

static void test_many_processes(void) {
  remove_store();
  int bad = 0;
  fflush(stdout);
  for (int i = 0; i < CHILDREN; i++) {
    pid_t pid = fork();
    if (pid == 0) {
      int rc = child();
      fflush(stdout);
      _exit(rc);
    }
    if (pid < 0) bad++;
  }
  int status;
  while (wait(&status) > 0) bad += status != 0;
  is_int(bad, 0, "processes make and use one store at once");
  Err err = {0};
  Store *s = store_open(path, &err);
  is_int(newest(s).rows, CHILDREN * EACH_CALLS, "no call is lost");
  store_close(s);
  remove_store();
}

static void test_kill(void) {
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    Err err = {0};
    Store *s = store_open(path, &err);
    StoreCall call = invite("killed@example.com");
    long long id;
    if (!s || store_call_begin(s, &call, &id, &err)) _exit(1);
    raise(SIGKILL);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  ok(WIFSIGNALED(status), "killed after a call was recorded");
  Err err = {0};
  Store *s = store_open(path, &err);
  ok(s, "the store opens");
  is_str(newest(s).outcome, "sent", "and knows of the call");
  store_close(s);
  remove_store();
}

/* A file system whose flush can be made to fail. */
static int fail_sync, syncs;
static sqlite3_vfs shim;
static int (*real_sync)(sqlite3_file *, int);
static sqlite3_io_methods methods[2];   /* databases; logs have others */

static int shim_sync(sqlite3_file *file, int flags) {
  syncs++;
  return fail_sync ? SQLITE_IOERR_FSYNC : real_sync(file, flags);
}

static int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file,
                     int flags, int *out) {
  sqlite3_vfs *real = vfs->pAppData;
  int rc = real->xOpen(real, name, file, flags, out);
  if (rc || !file->pMethods) return rc;
  sqlite3_io_methods *ours = &methods[flags & SQLITE_OPEN_MAIN_DB ? 0 : 1];
  *ours = *file->pMethods;
  real_sync = ours->xSync;
  ours->xSync = shim_sync;
  file->pMethods = ours;
  return rc;
}

static void test_failed_flush(void) {
  sqlite3_vfs *real = sqlite3_vfs_find(NULL);
  shim = *real;
  shim.zName = "shim";
  shim.xOpen = shim_open;
  shim.pAppData = real;
  sqlite3_vfs_register(&shim, 1);
  Err err = {0};
  Store *s = store_open(path, &err);
  if (!ok(s, "a store on a disk that can fail")) {
    printf("# %s\n", err.text);
    return;
  }
  StoreCall call = invite("a@example.com");
  long long id = -1;
  syncs = 0;
  is_int(store_call_begin(s, &call, &id, &err), 0, "recorded");
  ok(syncs > 0, "flushed before it returns");
  fail_sync = 1;
  is_int(store_call_begin(s, &call, &id, &err), -1, "the flush fails");
  ok(strstr(err.text, "failed to flush"), "the error says so");
  fail_sync = 0;
  syncs = 0;
  is_int(store_call_begin(s, &call, &id, &err), -1, "nothing goes on then");
  store_close(s);
  is_int(syncs, 0, "the flush is never tried again");
  sqlite3_vfs_unregister(&shim);
  sqlite3_vfs_register(real, 1);
  remove_store();
}

int main(void) {
  if (!mkdtemp(dir)) return EXIT_FAILURE;
  snprintf(path, sizeof path, "%s/store.db", dir);
  test_life_of_a_call();
  test_secrets_stay_out();
  test_pruning();
  test_refusals();
  test_directories();
  test_many_processes();
  test_kill();
  test_failed_flush();
  remove_store();
  ok(rmdir(dir) == 0, "nothing is left behind");
  return done();
}
