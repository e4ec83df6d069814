/* test_store.c - the record of calls: durable, private, found again. */
/* SPDX-License-Identifier: MIT */
#include "store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "disk.h"
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

static int changed_by(Store *s, const char *sql) {
  Err err;
  StoreStatement *q = store_statement(s, sql, &err);
  long long changed = -1;
  if (!q || store_select(s, q, NULL, NULL, NULL, &changed, &err))
    printf("# %s\n", err.text);
  return (int)changed;
}

/* Not all rows are read to find those that go: the numbers tell, and the first
   that is young enough. */
static void test_pruning_reads_little(void) {
  Err err = {0};
  Store *s = store_open(NULL, &err);
  for (int i = 0; i < 20; i++) {
    StoreCall call = invite(NULL);
    long long id = begin(s, &call);
    if (i != 17) store_call_end(s, id, "done", 200, NULL, NULL, &err);
  }
  is_int(store_prune(s, 5, 90, &err), 0, "pruned by number");
  is_int(newest(s).rows, 6, "five that are over stay, and what is not");
  is_int(changed_by(s, "UPDATE call SET at = '2020-01-01T00:00:00Z'"
                       " WHERE id IN (15, 16, 19)"), 3, "three are old");
  is_int(changed_by(s, "UPDATE call SET outcome = 'in_doubt' WHERE id = 15"),
         1, "one of them in doubt");
  is_int(changed_by(s, "UPDATE call SET at = '2999-01-01T00:00:00Z'"
                       " WHERE id = 17"), 1, "one of a clock gone wrong");
  is_int(store_prune(s, 100, 90, &err), 0, "pruned by age");
  is_int(newest(s).rows, 5, "one has gone,");
  is_int(changed_by(s, "DELETE FROM call WHERE id = 16"), 0,
         "as far as the first that is young");
  store_close(s);
}

/* The exchange that was shown last, its texts cut to what is looked at. */
typedef struct Shown {
  int rows;
  long long id, request_cut, reply_cut;
  char at[40], what[64], outcome[16], method[16], url[128], head[128];
  char body[200], reply[200], note[64], times[64], kind[16], message[64];
  int status, attempts;
  double seconds;
  bool insecure;
  size_t reply_len;
} Shown;

static int show(void *ctx, const StoreExchangeRow *row) {
  Shown *s = ctx;
  const StoreExchange *x = &row->x;
  s->rows++;
  s->id = row->id;
  s->request_cut = row->request_cut;
  s->reply_cut = row->reply_cut;
  keep(s->at, sizeof s->at, row->at);
  keep(s->what, sizeof s->what, x->what);
  keep(s->outcome, sizeof s->outcome, x->outcome);
  keep(s->method, sizeof s->method, x->method);
  keep(s->url, sizeof s->url, x->url);
  keep(s->head, sizeof s->head, x->request_head);
  keep(s->body, sizeof s->body, x->request_body);
  keep(s->reply, sizeof s->reply, x->reply_body);
  keep(s->note, sizeof s->note, x->reply_note);
  keep(s->times, sizeof s->times, x->times);
  keep(s->kind, sizeof s->kind, x->kind);
  keep(s->message, sizeof s->message, x->message);
  s->status = x->status;
  s->attempts = x->attempts;
  s->seconds = x->seconds;
  s->insecure = x->insecure;
  s->reply_len = x->reply_body ? strlen(x->reply_body) : 0;
  return 0;
}

static Shown one(Store *s, long long id) {
  Shown shown = {0};
  Err err = {0};
  is_int(store_one_exchange(s, id, show, &shown, &err), 1, "it is there");
  return shown;
}

static int listed(Store *s, StoreFilter filter) {
  Shown shown = {0};
  Err err = {0};
  if (store_each_exchange(s, &filter, show, &shown, &err)) return -1;
  return shown.rows;
}

static StoreExchange request(void) {
  return (StoreExchange){
    .what = "a@example.com", .method = "POST",
    .url = "https://example.com/invites", .request_head = "X-A: 1",
    .request_body = "{\"a\":1}", .insecure = true};
}

static void test_exchange_of_a_call(void) {
  Err err = {0};
  Store *s = store_open(NULL, &err);
  StoreExchange x = request(), end = {.reply_head = "Date: x",
    .reply_body = "{\"b\":2}", .times = "{\"total\":1}", .attempts = 2,
    .seconds = 0.25};
  StoreCall call = invite("a@example.com");
  call.exchange = &x;
  long long id = begin(s, &call);
  Shown shown = one(s, 1);
  is_str(shown.outcome, "sent", "an exchange begins with its call");
  is_str(shown.method, "POST", "with the method");
  is_str(shown.url, "https://example.com/invites", "the URL");
  is_str(shown.head, "X-A: 1", "the head");
  is_str(shown.body, "{\"a\":1}", "the body");
  is_int(strlen(shown.at), 24, "and the time in milliseconds");
  ok(shown.insecure, "and that nobody was verified");
  is_int(store_call_finish(s, id, "in_doubt", 0, NULL, "lost", &end, &err), 0,
         "it ends with its call");
  shown = one(s, 1);
  is_str(shown.outcome, "in_doubt", "with the outcome");
  is_str(shown.message, "lost", "the message");
  is_str(shown.reply, "{\"b\":2}", "the reply");
  is_int(shown.attempts, 2, "the attempts");
  ok(shown.seconds > 0.24 && shown.seconds < 0.26, "and the time it took");
  is_int(store_call_end(s, id, "done", 201, "i1", NULL, &err), 0, "settled");
  shown = one(s, 1);
  is_str(shown.outcome, "done", "the outcome is the new one");
  is_int(shown.status, 201, "so is the status");
  is_str(shown.reply, "{\"b\":2}", "what was known of the reply stays");
  call.exchange = NULL;
  ok(begin(s, &call) > 0, "a call without an exchange");
  is_int(listed(s, (StoreFilter){0}), 1, "has none");
  is_int(store_one_exchange(s, 9, show, &shown, &err), 0, "nor is a ninth");
  store_close(s);
}

static void test_exchanges_of_reads(void) {
  Err err = {0};
  Store *s = store_open(NULL, &err);
  StoreExchange list[3] = {request(), request(), request()};
  static const char *const operations[] = {"users.list", "users.get", "x.y"};
  for (int i = 0; i < 3; i++) {
    list[i].service = i < 2 ? "ixon" : "qalyptus";
    list[i].operation = operations[i];
    list[i].outcome = i == 1 ? "failed" : "done";
    list[i].at = 1700000000.5 - i;
  }
  is_int(store_add_exchanges(s, list, 3, &err), 0, "reads are added");
  is_int(listed(s, (StoreFilter){0}), 3, "all are listed");
  is_int(listed(s, (StoreFilter){.service = "ixon"}), 2, "by service");
  is_int(listed(s, (StoreFilter){.operation = "users.get"}), 1, "operation");
  is_int(listed(s, (StoreFilter){.operation = "qalyptus.x.y"}), 1,
         "operation with its service");
  is_int(listed(s, (StoreFilter){.outcome = "failed"}), 1, "outcome");
  is_int(listed(s, (StoreFilter){.since = "2023-11-14T22:13:20"}), 1, "time");
  is_int(listed(s, (StoreFilter){.limit = 2}), 2, "and number");
  Shown last = {0};
  is_int(store_each_exchange(s, &(StoreFilter){.limit = 1}, show, &last, &err),
         0, "one");
  is_str(last.at, "2023-11-14T22:13:20.500Z", "the one that began last");
  is_str(last.body, "(null)", "without bodies");
  is_int(store_add_exchanges(s, list, 0, &err), 0, "none are none");
  list[0].outcome = "perhaps";
  is_int(store_add_exchanges(s, list, 3, &err), -1, "an unknown outcome");
  is_int(listed(s, (StoreFilter){0}), 3, "adds nothing at all");
  store_close(s);
}

static void test_what_is_kept_of_an_exchange(void) {
  Err err = {0};
  Store *s = store_open(NULL, &err);
  is_int(redact_add("s3cr3t-canary", 13), 0, "a secret is known");
  static char large[70001];
  memset(large, 'x', sizeof large - 1);
  memcpy(large + 64 * 1024 - 6, "s3cr3t-canary", 13);
  StoreExchange x = request();
  x.service = "ixon";
  x.url = "https://example.com/?k=s3cr3t-canary";
  x.request_head = "X-Key: s3cr3t-canary";
  x.request_body = "s3cr3t%2Dcanary";
  x.reply_body = large;
  x.message = "no s3cr3t-canary";
  x.what = "s3cr3t-canary";
  is_int(store_add_exchanges(s, &x, 1, &err), 0, "added");
  Shown shown = one(s, 1);
  ok(!strstr(shown.url, "canary") && !strstr(shown.head, "canary") &&
     !strstr(shown.body, "canary") && !strstr(shown.message, "canary") &&
     !strstr(shown.what, "canary"), "no text holds it");
  is_int((int)shown.reply_len, 64 * 1024, "a large body is cut");
  is_int((int)shown.reply_cut, 70000 - 13 + 8, "and its length is remembered");
  is_int((int)shown.request_cut, 0, "a small one is whole");
  store_close(s);
  redact_forget();
}

static void test_pruning_exchanges(void) {
  Err err = {0};
  Store *s = store_open(NULL, &err);
  StoreExchange x = request();
  x.service = "ixon";
  for (int i = 0; i < 12; i++) {
    x.at = i < 3 ? 1700000000.0 : 0;
    is_int(store_add_exchanges(s, &x, 1, &err), 0, "added");
  }
  is_int(store_prune_exchanges(s, 100, 30, &err), 0, "pruned by age");
  is_int(listed(s, (StoreFilter){0}), 9, "the old ones are gone");
  is_int(store_prune_exchanges(s, 5, 30, &err), 0, "pruned by number");
  is_int(listed(s, (StoreFilter){0}), 5, "the newest stay");
  StoreExchange many[64];
  for (int i = 0; i < 64; i++) many[i] = x;
  for (int i = 0; i < 20; i++) store_add_exchanges(s, many, 64, &err);
  int rows = listed(s, (StoreFilter){0});
  ok(rows >= STORE_KEEP_EXCHANGES && rows < STORE_KEEP_EXCHANGES + 200,
     "the bound holds by itself");
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

/* As an errand of schema 1 left it. */
static const char schema_1[] =
  "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;"
  "CREATE TABLE call("
  " id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL,"
  " service TEXT NOT NULL, profile TEXT NOT NULL, account TEXT NOT NULL,"
  " operation TEXT NOT NULL, effect TEXT NOT NULL, scope TEXT NOT NULL,"
  " key TEXT, arguments TEXT NOT NULL, outcome TEXT NOT NULL"
  "  CHECK (outcome IN ('sent', 'done', 'failed', 'in_doubt')),"
  " status INTEGER NOT NULL, remote_id TEXT, message TEXT, ended TEXT"
  ") STRICT;"
  "CREATE INDEX call_unsettled ON call(id)"
  " WHERE outcome IN ('sent', 'in_doubt');"
  "CREATE TABLE made("
  " service TEXT NOT NULL, profile TEXT NOT NULL, account TEXT NOT NULL,"
  " operation TEXT NOT NULL, scope TEXT NOT NULL, key TEXT NOT NULL,"
  " remote_id TEXT NOT NULL, call INTEGER NOT NULL,"
  " PRIMARY KEY (service, profile, account, operation, scope, key)"
  ") STRICT, WITHOUT ROWID;"
  "PRAGMA application_id = 1701999204; PRAGMA user_version = 1;";

static const char rows_1[] =
  "INSERT INTO call(id, at, service, profile, operation, account, effect,"
  " scope, key, arguments, outcome, status, message) VALUES"
  " (7, '2026-01-02T03:04:05Z', 'ixon', 'prod', 'invites.create', 'acme',"
  "  'create', '', 'old@example.com', '{\"a\":1}', 'done', 201, NULL),"
  " (8, '2026-01-02T03:04:06Z', 'intrexx', 'prod', 'users.delete', 'acme',"
  "  'set', 'hr/6', NULL, '', 'in_doubt', 0, 'reply lost');"
  "INSERT INTO made VALUES ('ixon', 'prod', 'acme', 'invites.create', '',"
  " 'old@example.com', 'inv7', 7);";

static void test_upgrade(void) {
  remove_store();
  int fd = open(path, O_WRONLY | O_CREAT, 0600);
  close(fd);
  change(schema_1);
  change(rows_1);
  Err err = {0};
  Store *s = store_open(path, &err);
  ok(s, "a store of schema 1 opens");
  if (!s) {
    printf("# %s\n", err.text);
    return;
  }
  is_int(newest(s).rows, 2, "its calls are there");
  char out[64];
  is_int(find(s, "old@example.com", out, sizeof out), 1, "so are their ids");
  is_int(listed(s, (StoreFilter){0}), 2, "and they are in the history");
  Shown shown = one(s, 1);
  is_str(shown.what, "old@example.com", "by their key");
  is_str(shown.body, "{\"a\":1}", "with their arguments");
  is_str(shown.at, "2026-01-02T03:04:05.000Z", "and time");
  is_str(one(s, 2).what, "hr/6", "or their place");
  is_int(store_call_end(s, 8, "done", 200, NULL, NULL, &err), 0, "settled");
  is_str(one(s, 2).outcome, "done", "which the history tells");
  StoreExchange x = request();
  StoreCall call = invite("new@example.com");
  call.exchange = &x;
  is_int(begin(s, &call), 9, "numbers go on");
  is_int(store_check(s, &err), 0, "the store is sound");
  store_close(s);
  s = store_open(path, &err);
  is_int(listed(s, (StoreFilter){0}), 3, "it is brought up once");
  store_close(s);
  /* A half upgrade is none: the second statement fails. */
  remove_store();
  fd = open(path, O_WRONLY | O_CREAT, 0600);
  close(fd);
  change(schema_1);
  change("CREATE TABLE exchange_call(x);");
  s = store_open(path, &err);
  ok(!s && strstr(err.text, "set up"), "an upgrade that fails");
  store_close(s);
  change("DROP TABLE exchange_call;");
  s = store_open(path, &err);
  ok(s, "has left nothing behind");
  store_close(s);
  remove_store();
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

static void test_failed_flush(void) {
  disk_use(NULL);
  Err err = {0};
  Store *s = store_open(path, &err);
  if (!ok(s, "a store on a disk that can fail")) {
    printf("# %s\n", err.text);
    return;
  }
  StoreCall call = invite("a@example.com");
  long long id = -1;
  disk.syncs = 0;
  is_int(store_call_begin(s, &call, &id, &err), 0, "recorded");
  ok(disk.syncs > 0, "flushed before it returns");
  int plain = disk.syncs;
  is_int(store_call_end(s, id, "done", 200, NULL, NULL, &err), 0, "ended");
  plain += disk.syncs;
  StoreExchange x = request();
  call.exchange = &x;
  disk.syncs = 0;
  is_int(store_call_begin(s, &call, &id, &err), 0, "with an exchange");
  int shown = disk.syncs;
  is_int(store_call_finish(s, id, "done", 200, NULL, NULL, &x, &err), 0, "too");
  shown += disk.syncs;
  ok(shown > 0 && shown <= plain, "which costs no flush");
  disk.fail_sync[DISK_LOG] = true;
  is_int(store_call_begin(s, &call, &id, &err), -1, "the flush fails");
  ok(strstr(err.text, "failed to flush"), "the error says so");
  disk.fail_sync[DISK_LOG] = false;
  disk.syncs = 0;
  is_int(store_call_begin(s, &call, &id, &err), -1, "nothing goes on then");
  store_close(s);
  is_int(disk.syncs, 0, "the flush is never tried again");
  remove_store();
}

int main(void) {
  if (!mkdtemp(dir)) return EXIT_FAILURE;
  snprintf(path, sizeof path, "%s/store.db", dir);
  test_life_of_a_call();
  test_secrets_stay_out();
  test_pruning();
  test_pruning_reads_little();
  test_exchange_of_a_call();
  test_exchanges_of_reads();
  test_what_is_kept_of_an_exchange();
  test_pruning_exchanges();
  test_refusals();
  test_upgrade();
  test_directories();
  test_many_processes();
  test_kill();
  test_failed_flush();
  remove_store();
  ok(rmdir(dir) == 0, "nothing is left behind");
  return done();
}
