/* store.c - the SQLite store: the record of calls that change something. */
/* SPDX-License-Identifier: MIT */
#include "store.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sqlite3.h>
#include "buf.h"
#include "log.h"
#include "redact.h"
#include "storefile.h"
#include "sys.h"

enum {
  APPLICATION_ID = 0x65727264,   /* "errd" */
  SCHEMA = 1,
  BUSY_MS = 5000,
  SMALL_PAGES = 32,      /* up to here a full check takes half a millisecond */
  PRUNE_EVERY = 128,
  PRUNE_ROWS = 1000,
  MAX_NAME = 4 * 1024,
  MAX_TEXT = 64 * 1024
};

/* The columns that say which thing a call made. */
#define THING "service, profile, account, operation, scope, key"

typedef enum Query {
  BEGIN, COMMIT, ROLLBACK, CALL_BEGIN, CALL_END, MADE, FIND, EACH, PRUNE,
  VACUUM, QUERIES
} Query;

static const char *const sql[QUERIES] = {
  [BEGIN] = "BEGIN IMMEDIATE",
  [COMMIT] = "COMMIT",
  [ROLLBACK] = "ROLLBACK",
  [CALL_BEGIN] =
    "INSERT INTO call(" THING ", effect, arguments, at, outcome, status)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'sent', 0)",
  [CALL_END] =
    "UPDATE call SET outcome = ?2, status = ?3, remote_id = ?4,"
    " message = ?5, ended = ?6 WHERE id = ?1",
  [MADE] =
    "INSERT INTO made(" THING ", remote_id, call)"
    " SELECT " THING ", ?2, id FROM call WHERE id = ?1 AND key IS NOT NULL"
    " ON CONFLICT DO UPDATE SET remote_id = excluded.remote_id,"
    " call = excluded.call WHERE excluded.call >= made.call",
  [FIND] =
    "SELECT remote_id FROM made WHERE service = ?1 AND profile = ?2"
    " AND account = ?3 AND operation = ?4 AND scope = ?5 AND key = ?6",
  [EACH] =
    "SELECT id, at, " THING ", effect, arguments, outcome, status, remote_id,"
    " message FROM call ORDER BY id DESC LIMIT ?1",
  [PRUNE] =
    "DELETE FROM call WHERE id IN (SELECT id FROM call"
    " WHERE outcome IN ('done', 'failed') AND (at < ?1 OR id <= (SELECT id"
    " FROM call WHERE outcome IN ('done', 'failed') ORDER BY id DESC"
    " LIMIT 1 OFFSET ?2)) ORDER BY id LIMIT ?3)",
  [VACUUM] = "PRAGMA incremental_vacuum(1000)",
};

/* mmap_size 0: an I/O error stays an error instead of a SIGBUS. FULL: a
   call that was recorded is recorded after a power loss too. */
static const char settings[] =
  "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
  "PRAGMA mmap_size = 0; PRAGMA secure_delete = ON;"
  "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864;";

/* AUTOINCREMENT: the number of a pruned call is never given again. */
static const char schema[] =
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
  " PRIMARY KEY (" THING ")"
  ") STRICT, WITHOUT ROWID;";

struct Store {
  sqlite3 *db;
  char *path;             /* for messages; "in memory" */
  bool dead;              /* a flush failed: nothing is certain any more */
  sqlite3_stmt *query[QUERIES];
};

/* Explains the last failure of s->db. */
static int fail(Store *s, const char *doing, Err *err) {
  int code = sqlite3_extended_errcode(s->db);
  switch (code) {
  case SQLITE_IOERR_FSYNC: case SQLITE_IOERR_DIR_FSYNC:
  case SQLITE_IOERR_TRUNCATE:
    s->dead = true;
    return err_set(err, ERR_FILE, "the disk failed to flush the store %s: "
                   "what was written last may be lost, so nothing more is "
                   "recorded or sent; check the disk, then run "
                   "'errand doctor'", s->path);
  default: break;
  }
  switch (code & 0xFF) {
  case SQLITE_BUSY:
    return err_set(err, ERR_FILE, "the store %s was held by another process "
                   "for %d seconds; try again", s->path, BUSY_MS / 1000);
  case SQLITE_FULL:
    return err_set(err, ERR_FILE, "cannot %s the store %s: the disk is full",
                   doing, s->path);
  case SQLITE_CORRUPT: case SQLITE_NOTADB:
    return err_set(err, ERR_FILE, "the store %s is damaged or is no store of "
                   "errand (%s); move it and its -wal file away and look at "
                   "them before going on", s->path, sqlite3_errmsg(s->db));
  default: {
    int os = sqlite3_system_errno(s->db);
    if (os && ((code & 0xFF) == SQLITE_IOERR ||
               (code & 0xFF) == SQLITE_CANTOPEN))
      return err_sys(err, ERR_FILE, os, "cannot %s the store %s", doing,
                     s->path);
    return err_set(err, ERR_FILE, "cannot %s the store %s: %s", doing,
                   s->path, sqlite3_errmsg(s->db));
  }
  }
}

/* Borrowed, ready to be bound. */
static sqlite3_stmt *query(Store *s, Query q, Err *err) {
  if (s->dead) {
    err_set(err, ERR_FILE, "the store %s is not used any more since the disk "
            "failed to flush it", s->path);
    return NULL;
  }
  if (!s->query[q] &&
      sqlite3_prepare_v3(s->db, sql[q], -1, SQLITE_PREPARE_PERSISTENT,
                         &s->query[q], NULL) != SQLITE_OK) {
    fail(s, "use", err);
    return NULL;
  }
  return s->query[q];
}

/* Runs a query that gives no rows, and lets go of its bindings. */
static int finish(Store *s, sqlite3_stmt *stmt, const char *doing, Err *err) {
  int rc;
  do rc = sqlite3_step(stmt); while (rc == SQLITE_ROW);
  int bad = rc == SQLITE_DONE ? 0 : fail(s, doing, err);
  (void)sqlite3_reset(stmt);   /* repeats the code of the step */
  (void)sqlite3_clear_bindings(stmt);
  return bad;
}

static int run(Store *s, Query q, Err *err) {
  sqlite3_stmt *stmt = query(s, q, err);
  return stmt ? finish(s, stmt, "write to", err) : -1;
}

/* What went wrong first is what the caller is told. */
static void rollback(Store *s) {
  if (s->dead || sqlite3_get_autocommit(s->db)) return;
  sqlite3_stmt *stmt = query(s, ROLLBACK, NULL);
  if (stmt) (void)finish(s, stmt, "write to", NULL);
}

static size_t utf8_floor(const char *s, size_t n) {
  while (n > 0 && ((unsigned char)s[n] & 0xC0) == 0x80) n--;
  return n;
}

/* The only way in for text: secrets out, cut to max bytes. */
static int bind(Store *s, sqlite3_stmt *stmt, int at, const char *text,
                size_t max, Err *err) {
  int rc;
  if (!text) {
    rc = sqlite3_bind_null(stmt, at);
  } else {
    size_t n = strlen(text);
    Buf clean;
    buf_init(&clean, n * 4 + 64);
    if (redact_text(&clean, text, n)) {
      buf_clear(&clean);
      return err_set(err, ERR_FILE, "out of memory for the store %s", s->path);
    }
    n = clean.len > max ? utf8_floor(clean.data, max) : clean.len;
    rc = sqlite3_bind_text64(stmt, at, buf_str(&clean), n, SQLITE_TRANSIENT,
                             SQLITE_UTF8);
    buf_clear(&clean);
  }
  return rc == SQLITE_OK ? 0 : fail(s, "write to", err);
}

static int bind_thing(Store *s, sqlite3_stmt *stmt, const StoreCall *c,
                      Err *err) {
  const char *const text[] = {c->service, c->profile, c->account,
                              c->operation, c->scope};
  for (int i = 0; i < 5; i++)
    if (bind(s, stmt, i + 1, text[i] ? text[i] : "", MAX_TEXT, err)) return -1;
  return bind(s, stmt, 6, c->key, MAX_TEXT, err);
}

static int bind_int(Store *s, sqlite3_stmt *stmt, int at, long long n,
                    Err *err) {
  if (sqlite3_bind_int64(stmt, at, n) == SQLITE_OK) return 0;
  return fail(s, "use", err);
}

static int bind_time(Store *s, sqlite3_stmt *stmt, int at, double seconds,
                     Err *err) {
  char text[SYS_UTC];
  if (sys_utc(seconds, text))
    return err_set(err, ERR_FILE, "the clock of this machine is wrong");
  return bind(s, stmt, at, text, SYS_UTC, err);
}

/* The integer that a pragma or count gives. */
static int number(Store *s, const char *text, long long *out, Err *err) {
  sqlite3_stmt *stmt = NULL;
  int bad = sqlite3_prepare_v2(s->db, text, -1, &stmt, NULL) != SQLITE_OK ||
            sqlite3_step(stmt) != SQLITE_ROW;
  if (bad) fail(s, "read", err);
  else *out = sqlite3_column_int64(stmt, 0);
  (void)sqlite3_finalize(stmt);
  return bad ? -1 : 0;
}

static int execute(Store *s, const char *text, Err *err) {
  if (sqlite3_exec(s->db, text, NULL, NULL, NULL) == SQLITE_OK) return 0;
  return fail(s, "set up", err);
}

/* The pragma can report success on a file system without shared memory and
   the first write fails, so success is what the file says afterwards and
   that the schema, written next, got through. */
static int use_wal(Store *s, Err *err) {
  sqlite3_stmt *stmt = NULL;
  int rc = SQLITE_OK, tries = 0;
  bool wal = false;
  do {
    /* Of two processes that create the store at once, one is told busy
       without being made to wait. */
    if (tries > 0) (void)sqlite3_sleep(10);
    rc = sqlite3_prepare_v2(s->db, "PRAGMA journal_mode = WAL", -1, &stmt,
                            NULL);
    if (rc == SQLITE_OK) rc = sqlite3_step(stmt);
    const unsigned char *mode = rc == SQLITE_ROW
                                    ? sqlite3_column_text(stmt, 0) : NULL;
    wal = mode && strcmp((const char *)mode, "wal") == 0;
    (void)sqlite3_finalize(stmt);
  } while ((rc & 0xFF) == SQLITE_BUSY && ++tries < BUSY_MS / 10);
  if (wal) return 0;
  if (rc != SQLITE_ROW) return fail(s, "set up", err);
  return err_set(err, ERR_FILE, "the store %s cannot be kept on this file "
                 "system (no write-ahead log); set ERRAND_STORE to a file on "
                 "a local disk", s->path);
}

static int create(Store *s, Err *err) {
  char stamp[96];
  int n = snprintf(stamp, sizeof stamp,
                   "PRAGMA application_id = %d; PRAGMA user_version = %d",
                   APPLICATION_ID, SCHEMA);
  if (n < 0 || (size_t)n >= sizeof stamp)
    return err_set(err, ERR_SCRIPT, "store: stamp too long");
  if (run(s, BEGIN, err)) return -1;
  long long version;
  /* Another process may have been first. */
  if (number(s, "PRAGMA user_version", &version, err)) goto fail;
  if (version == 0 && (execute(s, schema, err) || execute(s, stamp, err)))
    goto fail;
  return run(s, COMMIT, err);
fail:
  rollback(s);
  return -1;
}

static int check_all(Store *s, Err *err) {
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite3_prepare_v2(s->db, "PRAGMA quick_check(1)", -1, &stmt, NULL);
  if (rc == SQLITE_OK) rc = sqlite3_step(stmt);
  int bad = -1;
  if (rc != SQLITE_ROW) {
    fail(s, "check", err);
  } else {
    const char *said = (const char *)sqlite3_column_text(stmt, 0);
    if (said && strcmp(said, "ok") == 0) bad = 0;
    else err_set(err, ERR_FILE, "the store %s is damaged (%s); move it and "
                 "its -wal file away and look at them before going on",
                 s->path, said ? said : "out of memory");
  }
  (void)sqlite3_finalize(stmt);
  return bad;
}

typedef struct Stamp {
  long long id, version, objects, pages;
} Stamp;

/* In one transaction: another process may be creating the store. */
static int read_stamp(Store *s, Stamp *at, Err *err) {
  if (execute(s, "BEGIN", err)) return -1;
  int bad = number(s, "PRAGMA application_id", &at->id, err) ||
            number(s, "PRAGMA user_version", &at->version, err) ||
            number(s, "SELECT count(*) FROM sqlite_schema", &at->objects,
                   err) ||
            number(s, "PRAGMA page_count", &at->pages, err);
  if (bad) {
    rollback(s);
    return -1;
  }
  return execute(s, "COMMIT", err);
}

/* Whose file it is, which schema, and that it is sound. */
static int settle(Store *s, bool memory, Err *err) {
  Stamp at;
  if (read_stamp(s, &at, err)) return -1;
  bool fresh = at.id == 0 && at.version == 0 && at.objects == 0;
  if (!fresh && at.id != APPLICATION_ID)
    return err_set(err, ERR_FILE, "%s is no store of errand, but a database "
                   "of another program", s->path);
  if (at.version > SCHEMA)
    return err_set(err, ERR_FILE, "the store %s was written by a newer "
                   "errand (schema %lld, this one knows %d); use that one",
                   s->path, at.version, SCHEMA);
  if (fresh && execute(s, "PRAGMA auto_vacuum = INCREMENTAL", err)) return -1;
  if (!memory && use_wal(s, err)) return -1;
  if (fresh) return create(s, err);
  /* SQLite itself finds a bad header and a cut file; the rest of a large
     store is looked at by doctor only. */
  return at.pages <= SMALL_PAGES ? check_all(s, err) : 0;
}

Store *store_open(const char *path, Err *err) {
  Store *s = calloc(1, sizeof *s);
  if (!s) {
    err_set(err, ERR_FILE, "out of memory for the store");
    return NULL;
  }
  s->path = path ? storefile_prepare(path, err) : strdup("in memory");
  if (!s->path) {
    if (!path) err_set(err, ERR_FILE, "out of memory for the store");
    goto fail;
  }
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
              SQLITE_OPEN_EXRESCODE |
              (path ? SQLITE_OPEN_NOFOLLOW : SQLITE_OPEN_CREATE);
  int rc = sqlite3_open_v2(path ? s->path : ":memory:", &s->db, flags, NULL);
  if (!s->db) {
    err_set(err, ERR_FILE, "out of memory for the store");
    goto fail;
  }
  if (rc != SQLITE_OK ||
      sqlite3_busy_timeout(s->db, BUSY_MS) != SQLITE_OK ||
      sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL)) {
    fail(s, "open", err);
    goto fail;
  }
  if (execute(s, settings, err) || settle(s, !path, err)) goto fail;
  return s;
fail:
  store_close(s);
  return NULL;
}

void store_close(Store *s) {
  if (!s) return;
  for (int q = 0; q < QUERIES; q++) (void)sqlite3_finalize(s->query[q]);
  /* Closing would write the log back, and a flush is never tried again. */
  if (s->dead)
    (void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  (void)sqlite3_close(s->db);   /* no statement is left open: cannot fail */
  free(s->path);
  free(s);
}

int store_call_begin(Store *s, const StoreCall *c, long long *id, Err *err) {
  if (run(s, BEGIN, err)) return -1;
  sqlite3_stmt *stmt = query(s, CALL_BEGIN, err);
  if (!stmt || bind_thing(s, stmt, c, err) ||
      bind(s, stmt, 7, c->effect ? c->effect : "", MAX_NAME, err) ||
      bind(s, stmt, 8, c->arguments ? c->arguments : "", MAX_TEXT, err) ||
      bind_time(s, stmt, 9, sys_clock(), err) ||
      finish(s, stmt, "write to", err))
    goto fail;
  *id = sqlite3_last_insert_rowid(s->db);
  if (run(s, COMMIT, err)) goto fail;
  return 0;
fail:
  rollback(s);
  return -1;
}

static int end(Store *s, long long id, const char *outcome, int status,
               const char *remote_id, const char *message, Err *err) {
  sqlite3_stmt *stmt = query(s, CALL_END, err);
  if (!stmt || bind_int(s, stmt, 1, id, err) ||
      bind(s, stmt, 2, outcome, MAX_NAME, err) ||
      bind_int(s, stmt, 3, status, err) ||
      bind(s, stmt, 4, remote_id, MAX_NAME, err) ||
      bind(s, stmt, 5, message, MAX_NAME, err) ||
      bind_time(s, stmt, 6, sys_clock(), err) ||
      finish(s, stmt, "write to", err))
    return -1;
  if (sqlite3_changes(s->db) != 1)
    return err_set(err, ERR_SCRIPT, "the store has no call %lld", id);
  if (strcmp(outcome, "done") != 0 || !remote_id) return 0;
  /* An id with a piece cut out would name something else. */
  size_t n = strlen(remote_id);
  if (n > MAX_NAME || !redact_is_clean(remote_id, n)) return 0;
  stmt = query(s, MADE, err);
  if (!stmt || bind_int(s, stmt, 1, id, err) ||
      bind(s, stmt, 2, remote_id, MAX_NAME, err))
    return -1;
  return finish(s, stmt, "write to", err);
}

int store_call_end(Store *s, long long id, const char *outcome, int status,
                   const char *remote_id, const char *message, Err *err) {
  if (strcmp(outcome, "done") != 0 && strcmp(outcome, "failed") != 0 &&
      strcmp(outcome, "in_doubt") != 0)
    return err_set(err, ERR_SCRIPT, "the store knows no outcome '%s'",
                   outcome);
  if (run(s, BEGIN, err)) return -1;
  if (end(s, id, outcome, status, remote_id, message, err) ||
      run(s, COMMIT, err)) {
    rollback(s);
    return -1;
  }
  Err why;
  if (id % PRUNE_EVERY == 0 &&
      store_prune(s, STORE_KEEP_ROWS, STORE_KEEP_DAYS, &why))
    log_warn_once("store.prune", "%s", why.text);
  return 0;
}

int store_prune(Store *s, long long keep_rows, double keep_days, Err *err) {
  if (run(s, BEGIN, err)) return -1;
  sqlite3_stmt *stmt = query(s, PRUNE, err);
  if (!stmt || bind_time(s, stmt, 1, sys_clock() - keep_days * 86400, err) ||
      bind_int(s, stmt, 2, keep_rows, err) ||
      bind_int(s, stmt, 3, PRUNE_ROWS, err) ||
      finish(s, stmt, "tidy", err))
    goto fail;
  int gone = sqlite3_changes(s->db);
  if (run(s, COMMIT, err)) goto fail;
  return gone ? run(s, VACUUM, err) : 0;
fail:
  rollback(s);
  return -1;
}

int store_find_remote(Store *s, const char *service, const char *profile,
                      const char *account, const char *operation,
                      const char *scope, const char *key,
                      char *out, size_t out_size, Err *err) {
  StoreCall c = {.service = service, .profile = profile, .account = account,
                 .operation = operation, .scope = scope, .key = key};
  sqlite3_stmt *stmt = query(s, FIND, err);
  if (!stmt || bind_thing(s, stmt, &c, err)) return -1;
  int rc = sqlite3_step(stmt), found = -1;
  if (rc == SQLITE_DONE) {
    found = 0;
  } else if (rc != SQLITE_ROW) {
    fail(s, "read", err);
  } else {
    const void *id = sqlite3_column_text(stmt, 0);
    size_t n = (size_t)sqlite3_column_bytes(stmt, 0);
    if (!id || n >= out_size) {
      err_set(err, ERR_FILE, "the store's remote id of %s is too long", key);
    } else {
      memcpy(out, id, n);
      out[n] = '\0';
      found = 1;
    }
  }
  (void)sqlite3_reset(stmt);
  (void)sqlite3_clear_bindings(stmt);
  return found;
}

static const char *column(sqlite3_stmt *stmt, int at) {
  return (const char *)sqlite3_column_text(stmt, at);
}

int store_each_call(Store *s, int limit, store_row_fn *fn, void *ctx,
                    Err *err) {
  sqlite3_stmt *stmt = query(s, EACH, err);
  if (!stmt || bind_int(s, stmt, 1, limit, err)) return -1;
  int rc, stop = 0;
  while (!stop && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
    StoreRow row = {
      .id = sqlite3_column_int64(stmt, 0), .at = column(stmt, 1),
      .call = {.service = column(stmt, 2), .profile = column(stmt, 3),
               .account = column(stmt, 4), .operation = column(stmt, 5),
               .scope = column(stmt, 6), .key = column(stmt, 7),
               .effect = column(stmt, 8), .arguments = column(stmt, 9)},
      .outcome = column(stmt, 10), .status = sqlite3_column_int(stmt, 11),
      .remote_id = column(stmt, 12), .message = column(stmt, 13)};
    stop = fn(ctx, &row);
  }
  int bad = stop || rc == SQLITE_DONE ? 0 : fail(s, "read", err);
  (void)sqlite3_reset(stmt);
  (void)sqlite3_clear_bindings(stmt);
  return bad;
}

int store_check(Store *s, Err *err) {
  return check_all(s, err);
}
