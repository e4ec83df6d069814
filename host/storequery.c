/* storequery.c - statements that Lua words itself, and its transactions. */
/* SPDX-License-Identifier: MIT */
#include "storepriv.h"

#include <stdlib.h>
#include <string.h>
#include "redact.h"
#include "sha256.h"

struct StoreStatement {
  sqlite3_stmt *stmt;
  size_t len;              /* of its wording: most differ in that */
  StoreStatement *next;
};

/* sha256(text): what chains the events of the journal, so that a hash is made
   of the very bytes that are kept. */
static void sql_sha256(sqlite3_context *ctx, int n, sqlite3_value **args) {
  char hex[SHA256_HEX];
  const unsigned char *text = sqlite3_value_text(args[0]);
  size_t len = (size_t)sqlite3_value_bytes(args[0]);
  if (!text)
    sqlite3_result_null(ctx);
  else if (sha256_hex(NULL, 0, text, len, hex))
    sqlite3_result_error(ctx, "sha256 failed", -1);
  else
    sqlite3_result_text(ctx, hex, -1, SQLITE_TRANSIENT);
}

int store_functions(Store *s, Err *err) {
  int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  if (sqlite3_create_function_v2(s->db, "sha256", 1, flags, NULL, sql_sha256,
                                 NULL, NULL, NULL) == SQLITE_OK)
    return 0;
  return store_fail(s, "use", err);
}

void store_forget(Store *s) {
  while (s->statements) {
    StoreStatement *gone = s->statements;
    s->statements = gone->next;
    (void)sqlite3_finalize(gone->stmt);
    free(gone);
  }
}

static bool blank(const char *text) {
  return text[strspn(text, " \t\r\n;")] == '\0';
}

StoreStatement *store_statement(Store *s, const char *sql, Err *err) {
  if (store_alive(s, err)) return NULL;
  size_t len = strlen(sql);
  for (StoreStatement *q = s->statements; q; q = q->next)
    if (q->len == len && strcmp(sqlite3_sql(q->stmt), sql) == 0) return q;
  if (s->statement_count >= STORE_STATEMENTS) {
    err_set(err, ERR_SCRIPT, "the store was given more than %d different "
            "statements; pass what varies as parameters", STORE_STATEMENTS);
    return NULL;
  }
  StoreStatement *q = calloc(1, sizeof *q);
  if (!q) {
    err_set(err, ERR_FILE, "out of memory for the store %s", s->path);
    return NULL;
  }
  const char *rest = "";
  if (sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &q->stmt,
                         &rest) != SQLITE_OK) {
    store_fail(s, "use", err);
    goto fail;
  }
  if (!q->stmt || !blank(rest)) {
    err_set(err, ERR_SCRIPT, "the store runs one statement at a time");
    goto fail;
  }
  q->len = len;
  q->next = s->statements;
  s->statements = q;
  s->statement_count++;
  return q;
fail:
  (void)sqlite3_finalize(q->stmt);
  free(q);
  return NULL;
}

int store_parameters(const StoreStatement *q) {
  return sqlite3_bind_parameter_count(q->stmt);
}

const char *store_parameter(const StoreStatement *q, int at) {
  const char *name = sqlite3_bind_parameter_name(q->stmt, at + 1);
  return name && *name == ':' ? name + 1 : NULL;
}

/* A text that is cut would be broken JSON, or another program. */
static int bind_text(Store *s, sqlite3_stmt *stmt, int at, const char *text,
                     Err *err) {
  size_t cut;
  if (store_bind_cut(s, stmt, at, text, STORE_VALUE, &cut, err)) return -1;
  if (cut == 0) return 0;
  return err_set(err, ERR_CAP, "a text of %zu bytes is too long for the "
                 "journal, which takes %d at most; keep it in a file and "
                 "name that", cut, STORE_VALUE);
}

static int bind(Store *s, sqlite3_stmt *stmt, int at, const StoreValue *v,
                Err *err) {
  switch (v->type) {
  case STORE_NULL: return store_bind(s, stmt, at, NULL, 0, err);
  case STORE_INTEGER: return store_bind_int(s, stmt, at, v->integer, err);
  case STORE_NUMBER: return store_bind_number(s, stmt, at, v->number, err);
  case STORE_STRING: return bind_text(s, stmt, at, v->text, err);
  }
  return err_set(err, ERR_SCRIPT, "store: no such type");
}

static StoreValue value_of(sqlite3_stmt *stmt, int at) {
  switch (sqlite3_column_type(stmt, at)) {
  case SQLITE_INTEGER:
    return (StoreValue){.type = STORE_INTEGER,
                        .integer = sqlite3_column_int64(stmt, at)};
  case SQLITE_FLOAT:
    return (StoreValue){.type = STORE_NUMBER,
                        .number = sqlite3_column_double(stmt, at)};
  case SQLITE_TEXT: {
    const char *text = store_column(stmt, at);
    return (StoreValue){.type = STORE_STRING, .text = text ? text : "",
                        .len = (size_t)sqlite3_column_bytes(stmt, at)};
  }
  default: return (StoreValue){.type = STORE_NULL};
  }
}

/* Shows the row at hand to fn; non-zero: enough. */
static int show(sqlite3_stmt *stmt, store_values_fn *fn, void *ctx) {
  const char *names[STORE_COLUMNS];
  StoreValue row[STORE_COLUMNS];
  int n = sqlite3_column_count(stmt);
  for (int i = 0; i < n; i++) {
    names[i] = sqlite3_column_name(stmt, i);
    row[i] = value_of(stmt, i);
  }
  return fn(ctx, n, names, row);
}

int store_select(Store *s, StoreStatement *q, const StoreValue *values,
                 store_values_fn *fn, void *ctx, long long *changed,
                 Err *err) {
  sqlite3_stmt *stmt = q->stmt;
  if (store_alive(s, err)) return -1;
  if (sqlite3_stmt_busy(stmt) || sqlite3_column_count(stmt) > STORE_COLUMNS)
    return err_set(err, ERR_SCRIPT, "store: this statement cannot be run");
  int bad = 0, stop = 0, rc = SQLITE_DONE;
  for (int i = 0; !bad && i < store_parameters(q); i++)
    bad = bind(s, stmt, i + 1, &values[i], err);
  long long before = sqlite3_total_changes64(s->db);
  while (!bad && !stop && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
    if (fn) stop = show(stmt, fn, ctx);
  if (!bad && !stop && rc != SQLITE_DONE)
    bad = store_fail(s, sqlite3_stmt_readonly(stmt) ? "read" : "write to",
                     err);
  if (changed) *changed = sqlite3_total_changes64(s->db) - before;
  store_done(stmt);
  return bad;
}

long long store_last_id(const Store *s) {
  return sqlite3_last_insert_rowid(s->db);
}

int store_atomic_begin(Store *s, Err *err) {
  if (store_alive(s, err)) return -1;
  if (!sqlite3_get_autocommit(s->db))
    return err_set(err, ERR_SCRIPT, "store: a transaction inside another");
  return store_run(s, QUERY_BEGIN, err);
}

int store_atomic_commit(Store *s, Err *err) {
  if (store_run(s, QUERY_COMMIT, err) == 0) return 0;
  store_rollback(s);
  return -1;
}

void store_atomic_rollback(Store *s) {
  store_rollback(s);
}
