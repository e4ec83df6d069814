/* test_storequery.c - statements and transactions; disks that are full, fail
   or lose what they were given, and processes that die or write at once. */
/* SPDX-License-Identifier: MIT */
#include "store.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>
#include "disk.h"
#include "redact.h"
#include "tap.h"

static char dir[] = "/tmp/errand-query-XXXXXX";
static char path[256], reserve[300];

static const char *beside(const char *suffix) {
  static char text[320];
  snprintf(text, sizeof text, "%s%s", path, suffix);
  return text;
}

static void remove_store(void) {
  unlink(path);
  unlink(reserve);
  unlink(beside("-wal"));
  unlink(beside("-shm"));
}

static Store *open_store(void) {
  Err err = {0};
  Store *s = store_open(path, &err);
  if (!s) printf("# %s\n", err.text);
  return s;
}

/* ---- a file system that fails ---- */

/* What kind of file system the store is on; 0: the one that it is on. */
static unsigned long magic;
int __real_fstatfs(int fd, struct statfs *fs);
int __wrap_fstatfs(int fd, struct statfs *fs);
int __wrap_fstatfs(int fd, struct statfs *fs) {
  int rc = __real_fstatfs(fd, fs);
  if (magic) fs->f_type = (__typeof__(fs->f_type))magic;
  return rc;
}

/* ---- statements ---- */

static int keep_first(void *ctx, int n, const char *const *names,
                      const StoreValue *row) {
  (void)names;
  if (n > 0) *(long long *)ctx = row[0].integer;
  return 1;
}

/* The integer that a query gives, -1 on failure. */
static long long number(Store *s, const char *sql) {
  Err err = {0};
  long long out = -1;
  StoreStatement *q = store_statement(s, sql, &err);
  if (!q || store_select(s, q, NULL, keep_first, &out, NULL, &err))
    printf("# %s\n", err.text);
  return out;
}

static int put(Store *s, const char *key, const char *value, Err *err) {
  StoreValue values[] = {{.type = STORE_STRING, .text = key},
                         {.type = STORE_STRING, .text = value}};
  StoreStatement *q = store_statement(
      s, "INSERT INTO meta VALUES (:k, :v)"
         " ON CONFLICT DO UPDATE SET v = excluded.v", err);
  return q ? store_select(s, q, values, NULL, NULL, NULL, err) : -1;
}

/* One transaction that writes one row. */
static int commit_one(Store *s, const char *key, const char *value, Err *err) {
  if (store_atomic_begin(s, err)) return -1;
  if (put(s, key, value, err)) {
    store_atomic_rollback(s);
    return -1;
  }
  return store_atomic_commit(s, err);
}

static long long count(Store *s) {
  return number(s, "SELECT count(*) FROM meta");
}

static void test_statements(void) {
  Err err = {0};
  Store *s = store_open(NULL, &err);
  StoreStatement *q = store_statement(s, "SELECT :a, ?", &err);
  ok(q == store_statement(s, "SELECT :a, ?", &err), "prepared once");
  is_int(store_parameters(q), 2, "two parameters");
  is_str(store_parameter(q, 0), "a", "one by name");
  ok(!store_parameter(q, 1), "one by place");
  is_str(store_reason(s), "other", "nothing has failed");
  is_int(put(s, "epoch", "7", &err), 0, "a row");
  is_int(number(s, "SELECT v + 1 FROM meta WHERE k = 'epoch'"), 8, "is there");
  ok(!store_statement(s, "SELECT 1; SELECT 2", &err), "two are refused");
  ok(!store_statement(s, "-- nothing", &err), "nothing is refused");
  int made = 0;
  char sql[32];
  for (int i = 0; i < 300; i++) {
    snprintf(sql, sizeof sql, "SELECT %d", i);
    made += store_statement(s, sql, &err) != NULL;
  }
  ok(made > 200 && made < 256 && strstr(err.text, "256"), "a bounded number");
  is_int(number(s, "SELECT v + 1 FROM meta WHERE k = 'epoch'"), 8,
         "those that are there go on");
  store_close(s);
  disk_use(reserve);   /* from here on */
}

static void test_atomic(void) {
  Err err = {0};
  Store *s = open_store();
  long long rows = count(s);
  is_int(store_atomic_begin(s, &err), 0, "begun");
  is_int(store_atomic_begin(s, &err), -1, "not twice");
  is_int(put(s, "a", "1", &err), 0, "written");
  store_atomic_rollback(s);
  is_int(count(s), rows, "and taken back");
  disk.syncs = 0;
  is_int(commit_one(s, "a", "1", &err), 0, "written again");
  ok(disk.syncs > 0, "flushed before it returns");
  store_close(s);
  s = open_store();
  is_int(count(s), rows + 1, "it is there");
  store_close(s);
  remove_store();
}

/* ---- what disks do ---- */

static void test_full(void) {
  Err err = {0};
  static char large[512 * 1024];   /* more than the log has room for */
  memset(large, 'x', sizeof large - 1);
  Store *s = open_store();
  is_int(store_reserve(s, &err), 0, "room is kept");
  struct stat st;
  ok(stat(reserve, &st) == 0 && st.st_size == STORE_RESERVE &&
     st.st_blocks * 512 >= STORE_RESERVE, "that is really taken");
  is_int(st.st_mode & 0777, 0600, "by nobody else");
  is_int(store_reserve(s, &err), 0, "once");
  is_int(commit_one(s, "before", "1", &err), 0, "a row");
  is_int(commit_one(s, "large", large, &err), 0, "a large one");
  StoreCall call = {.service = "ixon", .profile = "prod", .account = "acme",
                    .operation = "invites.create", .effect = "create",
                    .scope = "", .arguments = "{}"};
  long long id, other;
  is_int(store_call_begin(s, &call, &id, &err), 0, "a call");
  long long rows = count(s);
  disk.full = true;
  is_int(store_call_begin(s, &call, &other, &err), -1,
         "another is not sent when the disk is full");
  is_int(commit_one(s, "after", large, &err), -1, "the disk is full");
  ok(strstr(err.text, "disk is full"), "the error says so");
  is_str(store_reason(s), "full", "for programs, too");
  is_int(count(s), rows, "nothing of it is there");
  is_int(commit_one(s, "after", large, &err), -1, "it stays full");
  is_int(store_atomic_begin(s, &err), 0, "a transaction");
  is_int(store_atomic_begin(s, &err), -1, "in another");
  is_str(store_reason(s), "other", "fails for another reason");
  store_atomic_rollback(s);
  is_int(store_call_finish(s, id, "done", 201, "i1", NULL, NULL, &err), 0,
         "what came back gets the room");
  ok(!store_release(s), "which is gone then");
  disk.full = false;
  is_int(store_reserve(s, &err), 0, "until it is kept again");
  disk.full = true;
  is_int(commit_one(s, "after", large, &err), -1, "it is full again");
  ok(store_release(s), "the room is given up");
  is_int(commit_one(s, "after", large, &err), 0, "and what must be written is");
  is_int(count(s), rows + 1, "it is there");
  ok(!store_release(s), "there is no more to give");
  disk.full = false;
  store_close(s);
  s = open_store();
  is_int(count(s), rows + 1, "also after a reopen");
  is_int(store_check(s, &err), 0, "and the store is sound");
  store_close(s);
  s = store_open(NULL, &err);
  is_int(store_reserve(s, &err), 0, "a store in memory needs no room");
  ok(!store_release(s), "and has none");
  store_close(s);
  remove_store();
}

static void test_log_flush_fails(void) {
  Err err = {0};
  Store *s = open_store();
  is_int(commit_one(s, "before", "1", &err), 0, "a row");
  disk.fail_sync[DISK_LOG] = true;
  is_int(commit_one(s, "lost", "1", &err), -1, "the flush fails");
  ok(strstr(err.text, "failed to flush"), "the error says so");
  is_str(store_reason(s), "dead", "the store is dead");
  disk.fail_sync[DISK_LOG] = false;
  disk.syncs = 0;
  is_int(commit_one(s, "again", "1", &err), -1, "nothing goes on");
  ok(!store_statement(s, "SELECT 1 + 1", &err), "not even reading");
  is_int(store_reserve(s, &err), -1, "nor keeping room");
  store_close(s);
  is_int(disk.syncs, 0, "and it is not flushed again");
  s = open_store();
  is_int(number(s, "SELECT count(*) FROM meta WHERE k = 'before'"), 1,
         "what was durable is there");
  is_int(number(s, "SELECT count(*) FROM meta WHERE k = 'again'"), 0,
         "what came after is not");
  is_int(store_check(s, &err), 0, "the store is sound");
  store_close(s);
  remove_store();
}

/* The log is written back now and then, which SQLite lets fail silently. */
static void test_database_flush_fails(void) {
  Err err = {0};
  Store *s = open_store();
  static char large[64 * 1024];
  disk.fail_sync[DISK_DATABASE] = true;
  int written = 0;
  do memset(large, 'a' + written % 26, sizeof large - 1);
  while (commit_one(s, "large", large, &err) == 0 && ++written < 200);
  ok(written > 20 && written < 200, "it is noticed");
  is_str(store_reason(s), "dead", "and the store is dead");
  disk.fail_sync[DISK_DATABASE] = false;
  disk.syncs = 0;
  store_close(s);
  is_int(disk.syncs, 0, "it is not flushed again");
  s = open_store();
  is_int(number(s, "SELECT length(v) FROM meta WHERE k = 'large'"),
         (long long)sizeof large - 1, "what was committed is there");
  is_int(store_check(s, &err), 0, "the store is sound");
  store_close(s);
  remove_store();
}

static void test_read_only(void) {
  store_close(open_store());
  disk.read_only = true;
  Err err = {0};
  Store *s = store_open(path, &err);
  int bad = s ? commit_one(s, "a", "1", &err) : -1;
  is_int(bad, -1, "a store that cannot be written is of no use");
  ok(err.kind == ERR_FILE && strstr(err.text, path) &&
     strstr(err.text, "read-only"), "the error says why");
  store_close(s);
  disk.read_only = false;
  s = open_store();
  is_int(commit_one(s, "a", "1", &err), 0, "nothing has happened to it");
  store_close(s);
  remove_store();
}

static void test_network(void) {
  static const unsigned long kinds[] = {0x6969, 0xFF534D42, 0x01021997};
  for (int i = 0; i < 3; i++) {
    magic = kinds[i];
    Err err = {0};
    Store *s = store_open(path, &err);
    ok(!s && strstr(err.text, "network file system") &&
       strstr(err.text, "ERRAND_STORE"), "a network file system is refused");
    store_close(s);
  }
  magic = 0;
  remove_store();
}

/* ---- what processes do ---- */

/* Waits for a child that runs fn; the signal that ended it. */
static int in_child(void (*fn)(void)) {
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    fn();
    _exit(0);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void die_inside(void) {
  Err err = {0};
  Store *s = open_store();
  if (commit_one(s, "kept", "1", &err) || store_atomic_begin(s, &err) ||
      put(s, "half", "1", &err))
    _exit(1);
  raise(SIGKILL);
}

static void die_in_flush(void) {
  Err err = {0};
  Store *s = open_store();
  if (commit_one(s, "kept", "1", &err) || store_atomic_begin(s, &err) ||
      put(s, "half", "1", &err) || put(s, "other half", "1", &err))
    _exit(1);
  disk.kill_at_sync = disk.syncs + 1;
  store_atomic_commit(s, &err);
}

static void test_kill(void) {
  Err err = {0};
  is_int(in_child(die_inside), SIGKILL, "killed inside a transaction");
  Store *s = open_store();
  is_int(number(s, "SELECT count(*) FROM meta WHERE k = 'kept'"), 1,
         "what was committed is there");
  is_int(number(s, "SELECT count(*) FROM meta WHERE k = 'half'"), 0,
         "the other is not");
  is_int(store_check(s, &err), 0, "the store is sound");
  store_close(s);
  remove_store();
  is_int(in_child(die_in_flush), SIGKILL, "killed while it is flushed");
  s = open_store();
  is_int(number(s, "SELECT count(*) FROM meta WHERE k = 'kept'"), 1,
         "what was committed is there");
  ok(number(s, "SELECT count(*) FROM meta WHERE k LIKE '%half'") != 1,
     "the other as a whole or not at all");
  is_int(store_check(s, &err), 0, "the store is sound");
  store_close(s);
  remove_store();
}

enum { WRITERS = 4, EACH = 40 };

/* Reads and writes back: a lost update would show. */
static void increment(void) {
  Err err = {0};
  Store *s = open_store();
  for (int i = 0; s && i < EACH; i++) {
    char text[24];
    if (store_atomic_begin(s, &err)) break;
    snprintf(text, sizeof text, "%lld",
             number(s, "SELECT v + 1 FROM meta WHERE k = 'epoch'"));
    if (put(s, "epoch", text, &err) || store_atomic_commit(s, &err)) break;
  }
  if (err.text[0]) printf("# %s\n", err.text);
  fflush(stdout);
  store_close(s);
}

static void test_writers(void) {
  fflush(stdout);
  for (int i = 0; i < WRITERS; i++) {
    pid_t pid = fork();
    if (pid == 0) {
      increment();
      _exit(0);
    }
  }
  int status;
  while (wait(&status) > 0) continue;
  Store *s = open_store();
  is_int(number(s, "SELECT v + 0 FROM meta WHERE k = 'epoch'"),
         WRITERS * EACH, "processes that write at once lose nothing");
  store_close(s);
  remove_store();
}

/* ---- schemas ---- */

static void change(const char *statement) {
  sqlite3 *db = NULL;
  if (sqlite3_open(path, &db) ||
      sqlite3_exec(db, statement, NULL, NULL, NULL))
    printf("# %s\n", sqlite3_errmsg(db));
  sqlite3_close(db);
}

static int keep_text(void *ctx, int n, const char *const *names,
                     const StoreValue *row) {
  (void)names;
  if (n > 0) snprintf(ctx, 16 * 1024, "%s", row[0].text);
  return 1;
}

static void schema(Store *s, char out[16 * 1024]) {
  Err err = {0};
  out[0] = '\0';
  StoreStatement *q = store_statement(
      s, "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema"
         " WHERE sql IS NOT NULL ORDER BY name)", &err);
  if (!q || store_select(s, q, NULL, keep_text, out, NULL, &err))
    printf("# %s\n", err.text);
}

static const char back_to_2[] =
  "DROP TABLE attempt; DROP TABLE decision; DROP TABLE step;"
  "DROP TABLE event; DROP TABLE run; DROP TABLE source;"
  "DROP TABLE source_set; DROP TABLE meta; DROP TABLE pause;"
  "DROP TABLE schedule;"
  "DROP TABLE slot; DROP TABLE outbox; PRAGMA user_version = 2;";

static void test_upgrade(void) {
  static char fresh[16 * 1024], upgraded[16 * 1024];
  Err err = {0};
  Store *s = open_store();
  schema(s, fresh);
  ok(strstr(fresh, "CREATE TABLE event"), "a new store has the journal");
  long long id;
  StoreCall call = {.service = "ixon", .profile = "prod", .account = "acme",
                    .operation = "invites.create", .effect = "create",
                    .scope = "", .arguments = "{}"};
  is_int(store_call_begin(s, &call, &id, &err), 0, "and calls");
  store_close(s);
  /* As an errand of schema 2 left it. */
  change(back_to_2);
  s = open_store();
  ok(s, "a store of schema 2 opens");
  schema(s, upgraded);
  is_str(upgraded, fresh, "and is like a new one");
  is_int(number(s, "SELECT count(*) FROM call"), 1, "with its calls");
  is_int(number(s, "SELECT length(v) FROM meta WHERE k = 'key'"), 64,
         "and a key of its own");
  is_int(store_check(s, &err), 0, "it is sound");
  store_close(s);
  /* The migration is killed, and done by the next. */
  change(back_to_2);
  disk.kill_at_sync = disk.syncs + 1;
  is_int(in_child(increment), SIGKILL, "killed in the migration");
  disk.kill_at_sync = 0;
  s = open_store();
  ok(s, "the next one does it");
  schema(s, upgraded);
  is_str(upgraded, fresh, "as a whole");
  store_close(s);
  change("PRAGMA user_version = 6");
  s = store_open(path, &err);
  ok(!s && strstr(err.text, "newer errand (schema 6, this one knows 5)"),
     "a newer one is refused");
  store_close(s);
  remove_store();
}

/* ---- settling ---- */

static void test_settled_call(void) {
  Err err = {0};
  Store *s = store_open(NULL, &err);
  StoreCall call = {.service = "intrexx", .profile = "prod",
                    .account = "acme", .operation = "users.create",
                    .effect = "create", .scope = "", .key = "a@example.com",
                    .arguments = "{}"};
  long long id;
  char out[64];
  is_int(store_call_begin(s, &call, &id, &err), 0, "a call");
  is_int(store_call_settle(s, &call, "7", &err), 0, "is settled");
  is_int(store_find_remote(s, "intrexx", "prod", "acme", "users.create", "",
                           "a@example.com", out, sizeof out, &err), 1,
         "what it made is found");
  is_str(out, "7", "by that id");
  is_int(number(s, "SELECT count(*) FROM call WHERE outcome = 'done'"), 1,
         "and the call is done");
  call.key = "b@example.com";
  is_int(store_call_settle(s, &call, "8", &err), 0, "one without a record");
  is_int(store_find_remote(s, "intrexx", "prod", "acme", "users.create", "",
                           "b@example.com", out, sizeof out, &err), 1,
         "is found, too");
  is_int(store_call_settle(s, &call, "9", &err), 0, "the last word");
  store_find_remote(s, "intrexx", "prod", "acme", "users.create", "",
                    "b@example.com", out, sizeof out, &err);
  is_str(out, "9", "counts");
  is_int(store_call_settle(s, &call, "", &err), -1, "no id is none");
  call.key = NULL;
  is_int(store_call_settle(s, &call, "9", &err), -1, "nor is no key");
  store_close(s);
}

int main(void) {
  if (!mkdtemp(dir)) return 1;
  snprintf(path, sizeof path, "%s/store.db", dir);
  snprintf(reserve, sizeof reserve, "%s.reserve", path);
  test_statements();
  test_atomic();
  test_full();
  test_log_flush_fails();
  test_database_flush_fails();
  test_read_only();
  test_network();
  test_kill();
  test_writers();
  test_upgrade();
  test_settled_call();
  redact_forget();
  remove_store();
  is_int(rmdir(dir), 0, "nothing is left behind");
  return done();
}
