/* store.c - the SQLite store: its file, schema and failures. */
/* SPDX-License-Identifier: MIT */
#include "storepriv.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "buf.h"
#include "halt.h"
#include "redact.h"
#include "storefile.h"
#include "sys.h"

enum {
  APPLICATION_ID = 0x65727264,   /* "errd" */
  BUSY_MS = 5000,
  SMALL_PAGES = 64,      /* up to here a full check takes a millisecond */
  CHECKPOINT_PAGES = 1000   /* of the log, from one checkpoint to the next */
};

const char *store_reason(const Store *s) {
  if (s->dead) return "dead";
  switch (s->code & 0xFF) {
  case SQLITE_FULL: return "full";
  case SQLITE_BUSY: return "busy";
  case SQLITE_READONLY: return "read_only";
  case SQLITE_CORRUPT: case SQLITE_NOTADB: return "damaged";
  case SQLITE_CONSTRAINT: return "constraint";
  default: return "other";
  }
}

static bool is_flush(int code) {
  return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC ||
         code == SQLITE_IOERR_TRUNCATE;
}

/* A quota is a disk, too; SQLite knows ENOSPC only, and not everywhere. */
static int failure(Store *s) {
  int code = sqlite3_extended_errcode(s->db);
  int os = (code & 0xFF) == SQLITE_IOERR ? sqlite3_system_errno(s->db) : 0;
  bool full = os == ENOSPC || os == EDQUOT || os == EFBIG;
  return full && !is_flush(code) ? SQLITE_FULL : code;
}

static void die(Store *s) {
  if (!s->dead) halt_begin();
  s->dead = true;
}

/* SQLite's own way of writing the log back takes no notice of a failed flush
   and would flush again, which may report success for pages that are lost.
   What was committed stays in the log. */
static int after_commit(void *store, sqlite3 *db, const char *name,
                        int pages) {
  Store *s = store;
  if (pages < CHECKPOINT_PAGES) return SQLITE_OK;
  int rc = sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE,
                                     NULL, NULL);
  if (is_flush(rc)) die(s);
  return SQLITE_OK;
}

/* A log that is lost later shall not take the store's identity with it. */
static int write_back(Store *s, Err *err) {
  int rc = sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE,
                                     NULL, NULL);
  return is_flush(rc) ? store_fail(s, "set up", err) : 0;
}

static int not_writable(const Store *s, Err *err) {
  return err_set(err, ERR_FILE, "the store %s cannot be written: its file "
                 "system is mounted read-only, its mode forbids it, or too "
                 "many files are open; nothing is sent without a record, so "
                 "mount it writable or set ERRAND_STORE to another file",
                 s->path);
}

/* SQLite says "malformed" of a disk that cannot be read, too. */
#define AFTER_DAMAGE "see what the system's log says of the disk, then move " \
  "the store and its -wal file away and look at them before going on"

int store_fail(Store *s, const char *doing, Err *err) {
  int code = s->code = failure(s);
  if (is_flush(code)) {
    die(s);
    return err_set(err, ERR_FILE, "the disk failed to flush the store %s: "
                   "what was written last may be lost, so nothing more is "
                   "recorded or sent; check the disk, then run "
                   "'errand doctor'", s->path);
  }
  switch (code & 0xFF) {
  case SQLITE_BUSY:
    return err_set(err, ERR_FILE, "the store %s was held by another process "
                   "for %d seconds; try again", s->path, BUSY_MS / 1000);
  case SQLITE_FULL:
    return err_set(err, ERR_FILE, "cannot %s the store %s: the disk is full; "
                   "make room on it and try again", doing, s->path);
  case SQLITE_READONLY: return not_writable(s, err);
  case SQLITE_NOMEM:
    return err_set(err, ERR_FILE, "cannot %s the store %s: out of memory",
                   doing, s->path);
  case SQLITE_CORRUPT: case SQLITE_NOTADB:
    return err_set(err, ERR_FILE, "the store %s is damaged or is no store of "
                   "errand, or its disk fails (%s); " AFTER_DAMAGE, s->path,
                   sqlite3_errmsg(s->db));
  default: {
    int os = sqlite3_system_errno(s->db);
    /* All of its files are made where they are missing: it has forgotten why
       it could not be. */
    if (os == ENOENT && (code & 0xFF) == SQLITE_CANTOPEN)
      return err_set(err, ERR_FILE, "cannot %s the store %s: its -wal or -shm "
                     "file cannot be opened", doing, s->path);
    if (os && ((code & 0xFF) == SQLITE_IOERR ||
               (code & 0xFF) == SQLITE_CANTOPEN))
      return err_sys(err, ERR_FILE, os, "cannot %s the store %s", doing,
                     s->path);
    return err_set(err, ERR_FILE, "cannot %s the store %s: %s", doing,
                   s->path, sqlite3_errmsg(s->db));
  }
  }
}

int store_alive(Store *s, Err *err) {
  s->code = SQLITE_OK;   /* of the failure that comes, if any */
  if (!s->dead) return 0;
  return err_set(err, ERR_FILE, "the store %s is not used any more since the "
                 "disk failed to flush it", s->path);
}

sqlite3_stmt *store_query(Store *s, StoreQuery q, Err *err) {
  if (store_alive(s, err)) return NULL;
  if (!s->query[q] &&
      sqlite3_prepare_v3(s->db, store_sql[q], -1, SQLITE_PREPARE_PERSISTENT,
                         &s->query[q], NULL) != SQLITE_OK) {
    store_fail(s, "use", err);
    return NULL;
  }
  return s->query[q];
}

int store_finish(Store *s, sqlite3_stmt *stmt, const char *doing, Err *err) {
  int rc;
  do rc = sqlite3_step(stmt); while (rc == SQLITE_ROW);
  int bad = rc == SQLITE_DONE ? 0 : store_fail(s, doing, err);
  store_done(stmt);
  return bad;
}

void store_done(sqlite3_stmt *stmt) {
  (void)sqlite3_reset(stmt);   /* repeats the code of the step */
  (void)sqlite3_clear_bindings(stmt);
}

const char *store_column(sqlite3_stmt *stmt, int at) {
  return (const char *)sqlite3_column_text(stmt, at);
}

int store_run(Store *s, StoreQuery q, Err *err) {
  sqlite3_stmt *stmt = store_query(s, q, err);
  return stmt ? store_finish(s, stmt, "write to", err) : -1;
}

void store_rollback(Store *s) {
  if (s->dead || sqlite3_get_autocommit(s->db)) return;
  int code = s->code;
  sqlite3_stmt *stmt = store_query(s, QUERY_ROLLBACK, NULL);
  if (stmt) (void)store_finish(s, stmt, "write to", NULL);
  s->code = code;
}

static size_t utf8_floor(const char *s, size_t n) {
  while (n > 0 && ((unsigned char)s[n] & 0xC0) == 0x80) n--;
  return n;
}

int store_bind_cut(Store *s, sqlite3_stmt *stmt, int at, const char *text,
                   size_t max, size_t *cut, Err *err) {
  *cut = 0;
  int rc;
  size_t n = text ? strlen(text) : 0;
  if (!text) {
    rc = sqlite3_bind_null(stmt, at);
  } else if (n <= max && redact_is_clean(text, n)) {
    rc = sqlite3_bind_text64(stmt, at, text, n, SQLITE_STATIC, SQLITE_UTF8);
  } else {
    Buf clean;
    buf_init(&clean, n * 4 + 64);
    if (redact_text(&clean, text, n)) {
      buf_clear(&clean);
      return err_set(err, ERR_FILE, "out of memory for the store %s", s->path);
    }
    n = clean.len > max ? utf8_floor(clean.data, max) : clean.len;
    if (n < clean.len) *cut = clean.len;
    rc = sqlite3_bind_text64(stmt, at, buf_str(&clean), n, SQLITE_TRANSIENT,
                             SQLITE_UTF8);
    buf_clear(&clean);
  }
  return rc == SQLITE_OK ? 0 : store_fail(s, "write to", err);
}

int store_bind(Store *s, sqlite3_stmt *stmt, int at, const char *text,
               size_t max, Err *err) {
  size_t cut;
  return store_bind_cut(s, stmt, at, text, max, &cut, err);
}

int store_bind_copy(Store *s, sqlite3_stmt *stmt, int at, const char *text,
                    Err *err) {
  if (sqlite3_bind_text(stmt, at, text, -1, SQLITE_TRANSIENT) == SQLITE_OK)
    return 0;
  return store_fail(s, "write to", err);
}

int store_bind_int(Store *s, sqlite3_stmt *stmt, int at, long long n,
                   Err *err) {
  if (sqlite3_bind_int64(stmt, at, n) == SQLITE_OK) return 0;
  return store_fail(s, "use", err);
}

int store_bind_number(Store *s, sqlite3_stmt *stmt, int at, double n,
                      Err *err) {
  if (sqlite3_bind_double(stmt, at, n) == SQLITE_OK) return 0;
  return store_fail(s, "use", err);
}

const char *store_utc(Store *s, double seconds, Err *err) {
  double second = floor(seconds);
  if (*s->utc && s->utc_second == second) return s->utc;
  s->utc_second = second;
  if (sys_utc(second, s->utc) == 0) return s->utc;
  *s->utc = '\0';
  err_set(err, ERR_FILE, "the clock of this machine is wrong");
  return NULL;
}

int store_bind_time(Store *s, sqlite3_stmt *stmt, int at, double seconds,
                    Err *err) {
  const char *text = store_utc(s, seconds, err);
  return text ? store_bind_copy(s, stmt, at, text, err) : -1;
}

/* The integer that a pragma or count gives. */
static int number(Store *s, const char *text, long long *out, Err *err) {
  sqlite3_stmt *stmt = NULL;
  int bad = sqlite3_prepare_v2(s->db, text, -1, &stmt, NULL) != SQLITE_OK ||
            sqlite3_step(stmt) != SQLITE_ROW;
  if (bad) store_fail(s, "read", err);
  else *out = sqlite3_column_int64(stmt, 0);
  (void)sqlite3_finalize(stmt);
  return bad ? -1 : 0;
}

static int execute(Store *s, const char *text, Err *err) {
  if (sqlite3_exec(s->db, text, NULL, NULL, NULL) == SQLITE_OK) return 0;
  return store_fail(s, "set up", err);
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
    /* The answer comes before the file is written, which this does. */
    int end = sqlite3_finalize(stmt);
    if (rc == SQLITE_ROW) rc = end;
  } while ((rc & 0xFF) == SQLITE_BUSY && ++tries < BUSY_MS / 10);
  if (rc != SQLITE_OK) return store_fail(s, "set up", err);
  if (wal) return 0;
  return err_set(err, ERR_FILE, "the store %s cannot be kept on this file "
                 "system (no write-ahead log); set ERRAND_STORE to a file on "
                 "a local disk", s->path);
}

/* Makes the tables, or brings older ones up to this schema; as a whole, or
   not at all. */
static int upgrade(Store *s, Err *err) {
  char stamp[96];
  int n = snprintf(stamp, sizeof stamp,
                   "PRAGMA application_id = %d; PRAGMA user_version = %d",
                   APPLICATION_ID, STORE_SCHEMA);
  if (n < 0 || (size_t)n >= sizeof stamp)
    return err_set(err, ERR_SCRIPT, "store: stamp too long");
  if (store_run(s, QUERY_BEGIN, err)) return -1;
  long long version;
  /* Another process may have been first. */
  if (number(s, "PRAGMA user_version", &version, err)) goto fail;
  if (version < 1 && execute(s, store_schema_1, err)) goto fail;
  if (version < 2 && (execute(s, store_schema_2, err) ||
                      execute(s, store_upgrade_2, err)))
    goto fail;
  if (version < 3 && execute(s, store_schema_3, err)) goto fail;
  if (version < 4 && execute(s, store_schema_4, err)) goto fail;
  if (version < 5 && execute(s, store_schema_5, err)) goto fail;
  if (version < STORE_SCHEMA && execute(s, stamp, err)) goto fail;
  return store_run(s, QUERY_COMMIT, err) ? -1 : write_back(s, err);
fail:
  store_rollback(s);
  return -1;
}

/* What is wrong, in one line: SQLite puts a heading before it. That it had no
   memory for a page, code 7, is one of the things it finds wrong. */
static int damaged(const Store *s, const char *said, Err *err) {
  static const char no_memory[] = "error code=7";
  const char *code = said ? strstr(said, no_memory) : NULL;
  if (!said || (code && !isdigit((unsigned char)code[sizeof no_memory - 1])))
    return err_set(err, ERR_FILE, "cannot check the store %s: out of memory",
                   s->path);
  const char *line = strrchr(said, '\n');
  return err_set(err, ERR_FILE, "the store %s is damaged, or its disk fails "
                 "(%s); " AFTER_DAMAGE, s->path, line ? line + 1 : said);
}

static int check_all(Store *s, Err *err) {
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite3_prepare_v2(s->db, "PRAGMA quick_check(1)", -1, &stmt, NULL);
  if (rc == SQLITE_OK) rc = sqlite3_step(stmt);
  int bad = -1;
  if (rc != SQLITE_ROW) {
    store_fail(s, "check", err);
  } else {
    const char *said = store_column(stmt, 0);
    bad = said && strcmp(said, "ok") == 0 ? 0 : damaged(s, said, err);
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
    store_rollback(s);
    return -1;
  }
  return execute(s, "COMMIT", err);
}

int store_schema(void) {
  return STORE_SCHEMA;
}

/* Whose file it is, which schema, and that it is sound. */
static int settle(Store *s, bool memory, Err *err) {
  Stamp at;
  if (read_stamp(s, &at, err)) return -1;
  bool fresh = at.id == 0 && at.version == 0 && at.objects == 0;
  if (!fresh && at.id != APPLICATION_ID)
    return err_set(err, ERR_FILE, "%s is no store of errand, but a database "
                   "of another program", s->path);
  if (at.version > STORE_SCHEMA)
    return err_set(err, ERR_FILE, "the store %s was written by a newer "
                   "errand (schema %lld, this one knows %d); use that one",
                   s->path, at.version, STORE_SCHEMA);
  if (fresh && execute(s, "PRAGMA auto_vacuum = INCREMENTAL", err)) return -1;
  if (!memory && use_wal(s, err)) return -1;
  if (fresh) return upgrade(s, err);
  /* SQLite itself finds a bad header and a cut file; the rest of a large
     store is looked at by doctor only. */
  if (at.pages <= SMALL_PAGES && check_all(s, err)) return -1;
  return at.version < STORE_SCHEMA ? upgrade(s, err) : 0;
}

/* A store died while it was opened. What it lost then nobody can say, so that
   this process does not open it once more, such as for its next task. */
static bool died_opening;

/* One thread of ours uses it: neither locks nor sums of memory are needed. A
   table that a statement makes for itself, as each check of a state does, would
   get a page cache of 90 KB for its one page. Refused where a test has started
   the library before, which is as well. */
static void set_up_library(void) {
  (void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
  (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
}

Store *store_open(const char *path, Err *err) {
  set_up_library();
  if (died_opening && path) {
    err_set(err, ERR_FILE, "the store %s is not used any more since the disk "
            "failed to flush it", path);
    return NULL;
  }
  Store *s = calloc(1, sizeof *s);
  if (!s) {
    err_set(err, ERR_FILE, "out of memory for the store");
    return NULL;
  }
  s->memory = !path;
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
    store_fail(s, "open", err);
    goto fail;
  }
  if (sqlite3_db_readonly(s->db, "main") == 1) {
    not_writable(s, err);
    goto fail;
  }
  (void)sqlite3_wal_hook(s->db, after_commit, s);   /* gives the former one */
  if (execute(s, store_settings, err) || store_functions(s, err) ||
      settle(s, !path, err))
    goto fail;
  return s;
fail:
  died_opening = died_opening || s->dead;
  store_close(s);
  return NULL;
}

void store_close(Store *s) {
  if (!s) return;
  for (int q = 0; q < STORE_QUERIES; q++) (void)sqlite3_finalize(s->query[q]);
  store_forget(s);
  /* Closing would write the log back, and a flush is never tried again. */
  if (s->dead) {
    (void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    halt_end();
  }
  (void)sqlite3_close(s->db);   /* no statement is left open: cannot fail */
  free(s->path);
  free(s);
}

int store_check(Store *s, Err *err) {
  return check_all(s, err);
}
