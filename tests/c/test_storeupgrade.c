/* test_storeupgrade.c - a store of schema 3 or 4 becomes one of schema 5:
   whole, with all that was in it, or not at all; and what may be folded then. */
/* SPDX-License-Identifier: MIT */
#include "store.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>
#include "disk.h"
#include "store_3.h"
#include "tap.h"

static char dir[] = "/tmp/errand-upgrade-XXXXXX";
static char path[256];

static void remove_store(void) {
  static const char *const suffixes[] = {"", "-wal", "-shm", ".reserve"};
  for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
    char name[300];
    snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
    unlink(name);
  }
}

static Store *open_store(void) {
  Err err = {0};
  Store *s = store_open(path, &err);
  if (!s) printf("# %s\n", err.text);
  return s;
}

/* Runs statements by SQLite alone. With why they have to fail, saying that. */
static bool change(const char *statements, const char *why) {
  sqlite3 *db = NULL;
  char *said = NULL;
  bool fine = sqlite3_open(path, &db) == SQLITE_OK &&
              sqlite3_exec(db, statements, NULL, NULL, &said) == SQLITE_OK;
  if (!fine && (!why || !said || !strstr(said, why)))
    printf("# %s\n", said ? said : sqlite3_errmsg(db));
  bool expected = why ? said && strstr(said, why) : fine;
  sqlite3_free(said);
  sqlite3_close(db);
  return expected;
}

static bool make_store_3(void) {
  remove_store();
  int fd = open(path, O_WRONLY | O_CREAT, 0600);
  if (fd < 0) printf("# cannot create %s\n", path);
  else close(fd);
  return change(store_3, NULL);
}

/* What schema 5 added taken away, and schedules of every sort. */
static bool make_store_4(void) {
  remove_store();
  store_close(open_store());
  return change(
    "DROP TABLE pause; PRAGMA user_version = 4;"
    "INSERT INTO schedule(name, digest, definition, since, last_slot, state,"
    " why, actor, changed) VALUES"
    " ('active', 'd', '{}', 100, 160, 'active', NULL, NULL, 100),"
    " ('back', 'd', '{}', 100, 160, 'active', NULL, 'ann', 170.5),"
    " ('back, unseen', 'd', '{}', 100, NULL, 'active', NULL, 'ann', 170.5),"
    " ('gone', 'd', '{}', 100, 160, 'gone', NULL, NULL, 180),"
    " ('gone, paused', 'd', '{}', 100, 160, 'gone', '', 'ann', 180),"
    " ('held', 'd', '{}', 100, 160, 'held', 'many', NULL, 165),"
    " ('paused', 'd', '{}', 100, 160, 'paused', 'why', 'ann', 175)", NULL);
}

/* ---- looking at it ---- */

enum { TEXT = 32 * 1024 };

/* The text that a query gives, by SQLite alone. */
static void look(const char *sql, char out[TEXT]) {
  sqlite3 *db = NULL;
  sqlite3_stmt *stmt = NULL;
  out[0] = '\0';
  if (sqlite3_open(path, &db) || sqlite3_prepare_v2(db, sql, -1, &stmt, NULL)
      || sqlite3_step(stmt) != SQLITE_ROW)
    printf("# %s\n", sqlite3_errmsg(db));
  else
    snprintf(out, TEXT, "%s", (const char *)sqlite3_column_text(stmt, 0));
  sqlite3_finalize(stmt);
  sqlite3_close(db);
}

static const char schema[] =
  "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema"
  " WHERE sql IS NOT NULL ORDER BY name)";

/* Everything that the older one knew. */
static const char rows_3[] =
  "SELECT group_concat(t, char(10)) FROM ("
  "SELECT json_array(seq, at, run, path, actor, type, data, prev_hash, hash)"
  " AS t FROM event UNION ALL SELECT json_array(id, workflow, key, state,"
  " input, source_set, epoch, created, ended) FROM run UNION ALL"
  " SELECT json_array(seq, run, path, kind, value, done_seq) FROM step"
  " UNION ALL SELECT json_array(digest, text) FROM source UNION ALL"
  " SELECT json_array(digest, names) FROM source_set UNION ALL"
  " SELECT json_array(k, v) FROM meta UNION ALL"
  " SELECT json_array(id, key, outcome, remote_id) FROM call UNION ALL"
  " SELECT json_array(key, remote_id, call) FROM made UNION ALL"
  " SELECT json_array(name, seq) FROM sqlite_sequence WHERE name = 'event')";

static int keep_first(void *ctx, int n, const char *const *names,
                      const StoreValue *row) {
  (void)names;
  if (n > 0) *(long long *)ctx = row[0].integer;
  return 1;
}

static long long number(Store *s, const char *sql) {
  Err err = {0};
  long long out = -1;
  StoreStatement *q = store_statement(s, sql, &err);
  if (!q || store_select(s, q, NULL, keep_first, &out, NULL, &err))
    printf("# %s\n", err.text);
  return out;
}

static const char rows_4[] =
  "SELECT group_concat(json_array(name, digest, definition, file, since,"
  " last_slot, state, why, actor, changed), char(10)) FROM schedule";

typedef struct Older {
  const char *name;
  bool (*make)(void);
  const char *rows;         /* reads everything that it knew */
  const char *has;          /* some of that */
} Older;

static const Older olders[] = {
  {"schema 3", make_store_3, rows_3, "old@example.com"},
  {"schema 4", make_store_4, rows_4, "gone, paused"},
};

static void test_keeps_everything(const Older *older) {
  static char fresh[TEXT], before[TEXT], after[TEXT];
  Err err = {0};
  printf("# %s\n", older->name);
  remove_store();
  store_close(open_store());
  look(schema, fresh);
  ok(older->make(), "an older store");
  look(older->rows, before);
  ok(strstr(before, older->has), "with rows");
  Store *s = open_store();
  ok(s, "is opened");
  is_int(number(s, "SELECT user_version FROM pragma_user_version"),
         store_schema(), "and is of the newest schema then");
  is_int(store_check(s, &err), 0, "it is sound");
  store_close(s);
  look(schema, after);
  ok(strcmp(after, fresh) == 0, "it is like a new one");
  look(older->rows, after);
  ok(strcmp(after, before) == 0, "and has every row that it had");
  remove_store();
}

static void test_from_3(void) {
  make_store_3();
  Store *s = open_store();
  is_int(number(s, "SELECT count(*) FROM event WHERE type <> 'pruned' AND"
                   " hash = sha256(json_array(prev_hash, seq, at, run, path,"
                   " actor, type, data))"), 6, "the chain of events holds");
  is_int(number(s, "SELECT count(*) FROM schedule") +
         number(s, "SELECT count(*) FROM slot") +
         number(s, "SELECT count(*) FROM outbox"), 0, "no schedules yet");
  store_close(s);
  remove_store();
}

/* When one of schema 4 was paused is known; since when one had been that goes
   on again is not, so that it counts from where it was evaluated. */
static void test_from_4(void) {
  static char pauses[TEXT];
  make_store_4();
  store_close(open_store());
  look("SELECT group_concat(json_array(schedule, began, ended), ' ') FROM"
       " (SELECT * FROM pause ORDER BY schedule)", pauses);
  is_str(pauses, "[\"back\",160.0,170.5] [\"back, unseen\",100.0,170.5]"
                 " [\"gone, paused\",180.0,null] [\"held\",165.0,null]"
                 " [\"paused\",175.0,null]", "pauses");
  remove_store();
}

/* ---- killed on the way ---- */

/* Opens the store in a child that dies at that write or flush; did it? */
static bool dies_at(int n) {
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    disk_use(NULL);
    disk.kill_at_change = n;
    Err err = {0};
    Store *s = store_open(path, &err);
    store_close(s);
    _exit(s ? 0 : 1);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status)) printf("# not opened\n");
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static void test_killed(const Older *older) {
  static char fresh[TEXT], old[TEXT], before[TEXT], after[TEXT];
  printf("# %s\n", older->name);
  store_close(open_store());
  look(schema, fresh);
  older->make();
  look(schema, old);
  look(older->rows, before);
  int deaths = 0, halves = 0, wrong = 0;
  while (dies_at(deaths + 1)) {
    deaths++;
    look(schema, after);
    bool was = strcmp(after, old) == 0, is = strcmp(after, fresh) == 0;
    halves += !was && !is;
    look(older->rows, after);
    wrong += strcmp(after, before) != 0;
    if (is) older->make();   /* once more from the start */
  }
  printf("# killed at each of %d writes and flushes\n", deaths);
  ok(deaths > 5, "killed on the way");
  is_int(halves, 0, "it is the old one or the new one");
  is_int(wrong, 0, "with every row");
  look(schema, after);
  ok(strcmp(after, fresh) == 0, "the next one brings it up");
  remove_store();
}

/* ---- what the guards of the chain let through ---- */

#define FOLD "UPDATE event SET type = 'folded', run = '', data = "

static void test_guards(void) {
  make_store_3();
  Store *s = open_store();
  store_close(s);
  ok(change("DELETE FROM event WHERE seq = 3", "never deleted"),
     "an emptied event is not deleted");
  ok(change("UPDATE event SET data = 'x' WHERE seq = 9", "never changed"),
     "one that says something is not changed");
  ok(change("UPDATE event SET type = 'pruned', data = NULL, hash = 'x'"
            " WHERE seq = 9", "never changed"), "nor its hash");
  ok(change(FOLD "2, prev_hash = (SELECT prev_hash FROM event WHERE seq = 9)"
            " WHERE seq = 10", "never changed"), "nor is it folded");
  ok(change(FOLD "8, prev_hash = 'x' WHERE seq = 8", "never changed"),
     "what is folded goes on from what was before");
  ok(change(FOLD "4, prev_hash = (SELECT prev_hash FROM event WHERE seq = 5)"
            " WHERE seq = 8", NULL), "emptied ones are folded");
  ok(change("DELETE FROM event WHERE seq = 4", "never deleted"),
     "what stands before them stays");
  ok(change("DELETE FROM event WHERE seq = 9", "never deleted"),
     "so does what comes after");
  ok(change("UPDATE event SET type = 'pruned' WHERE seq = 8",
            "never changed"), "a folded one is not emptied");
  ok(change("UPDATE event SET type = 'pruned' WHERE seq = 11",
            "never changed"), "nor one that vouches for others");
  ok(change("DELETE FROM event WHERE seq BETWEEN 5 AND 7", NULL),
     "they themselves can go");
  ok(change("DELETE FROM event WHERE seq = 8", "never deleted"),
     "but not the one that stands for them");
  remove_store();
}

/* ---- what the tables refuse ---- */

#define SLOT "INSERT INTO slot(schedule, at, kind, due, state, outcome, made," \
  " ended) VALUES ('a', 60, "

static void test_tables(void) {
  Store *s = open_store();
  store_close(s);
  ok(change(SLOT "'slot', 60, 'due', NULL, 1, NULL)", NULL), "a slot");
  ok(change(SLOT "'slot', 61, 'skipped', NULL, 1, 2)", "UNIQUE"),
     "is there once");
  ok(change(SLOT "'hand', 60, 'due', NULL, 1, NULL)", NULL),
     "but for one by hand");
  ok(change(SLOT "'boot', 60, 'ended', NULL, 1, 2)", "CHECK"),
     "what ended has an outcome");
  ok(change(SLOT "'boot', 60, 'due', 'done', 1, NULL)", "CHECK"),
     "what did not end has none");
  ok(change(SLOT "'boot', 60, 'ended', 'done', 1, NULL)", "CHECK"),
     "what ended did so at some time");
  ok(change(SLOT "'boot', 60, 'lost', 'done', 1, 2)", "CHECK"),
     "and there are no other states");
  remove_store();
}

int main(void) {
  if (!mkdtemp(dir)) return 1;
  snprintf(path, sizeof path, "%s/store.db", dir);
  for (size_t i = 0; i < sizeof olders / sizeof *olders; i++) {
    test_keeps_everything(&olders[i]);
    test_killed(&olders[i]);
  }
  test_from_3();
  test_from_4();
  test_guards();
  test_tables();
  is_int(rmdir(dir), 0, "nothing is left behind");
  return done();
}
