/* storecall.c - the record of calls that change something. */
/* SPDX-License-Identifier: MIT */
#include "storepriv.h"

#include <string.h>
#include "log.h"
#include "redact.h"
#include "sys.h"

static int bind_thing(Store *s, sqlite3_stmt *stmt, const StoreCall *c,
                      Err *err) {
  const char *const text[] = {c->service, c->profile, c->account,
                              c->operation, c->scope};
  for (int i = 0; i < 5; i++)
    if (store_bind(s, stmt, i + 1, text[i] ? text[i] : "", STORE_TEXT, err))
      return -1;
  return store_bind(s, stmt, 6, c->key, STORE_TEXT, err);
}

int store_put_begin(Store *s, const StoreCall *c, long long *id, Err *err) {
  sqlite3_stmt *stmt = store_query(s, QUERY_CALL_BEGIN, err);
  if (!stmt || bind_thing(s, stmt, c, err) ||
      store_bind(s, stmt, 7, c->effect ? c->effect : "", STORE_NAME, err) ||
      store_bind(s, stmt, 8, c->arguments ? c->arguments : "", STORE_TEXT,
                 err) ||
      store_bind_time(s, stmt, 9, sys_clock(), err) ||
      store_finish(s, stmt, "write to", err))
    return -1;
  *id = sqlite3_last_insert_rowid(s->db);
  return c->exchange ? store_exchange_begin(s, *id, c, err) : 0;
}

int store_call_begin(Store *s, const StoreCall *c, long long *id, Err *err) {
  if (store_run(s, QUERY_BEGIN, err)) return -1;
  if (store_put_begin(s, c, id, err) == 0 &&
      store_run(s, QUERY_COMMIT, err) == 0)
    return 0;
  store_rollback(s);
  return -1;
}

static int end(Store *s, long long id, const char *outcome, int status,
               const char *remote_id, const char *message, Err *err) {
  sqlite3_stmt *stmt = store_query(s, QUERY_CALL_END, err);
  if (!stmt || store_bind_int(s, stmt, 1, id, err) ||
      store_bind(s, stmt, 2, outcome, STORE_NAME, err) ||
      store_bind_int(s, stmt, 3, status, err) ||
      store_bind(s, stmt, 4, remote_id, STORE_NAME, err) ||
      store_bind(s, stmt, 5, message, STORE_NAME, err) ||
      store_bind_time(s, stmt, 6, sys_clock(), err) ||
      store_finish(s, stmt, "write to", err))
    return -1;
  if (sqlite3_changes(s->db) != 1)
    return err_set(err, ERR_SCRIPT, "the store has no call %lld", id);
  if (strcmp(outcome, "done") != 0 || !remote_id) return 0;
  /* An id with a piece cut out would name something else. */
  size_t n = strlen(remote_id);
  if (n > STORE_NAME || !redact_is_clean(remote_id, n)) return 0;
  stmt = store_query(s, QUERY_MADE, err);
  if (!stmt || store_bind_int(s, stmt, 1, id, err) ||
      store_bind(s, stmt, 2, remote_id, STORE_NAME, err))
    return -1;
  return store_finish(s, stmt, "write to", err);
}

int store_call_end(Store *s, long long id, const char *outcome, int status,
                   const char *remote_id, const char *message, Err *err) {
  return store_call_finish(s, id, outcome, status, remote_id, message, NULL,
                           err);
}

int store_put_end(Store *s, long long id, const char *outcome, int status,
                  const char *remote_id, const char *message,
                  const StoreExchange *exchange, Err *err) {
  if (strcmp(outcome, "done") != 0 && strcmp(outcome, "failed") != 0 &&
      strcmp(outcome, "in_doubt") != 0)
    return err_set(err, ERR_SCRIPT, "the store knows no outcome '%s'",
                   outcome);
  return end(s, id, outcome, status, remote_id, message, err) ||
         store_exchange_end(s, id, outcome, status, message, exchange, err)
             ? -1 : 0;
}

static int finish(Store *s, long long id, const char *outcome, int status,
                  const char *remote_id, const char *message,
                  const StoreExchange *exchange, Err *err) {
  if (store_run(s, QUERY_BEGIN, err)) return -1;
  if (store_put_end(s, id, outcome, status, remote_id, message, exchange,
                    err) == 0 &&
      store_run(s, QUERY_COMMIT, err) == 0)
    return 0;
  store_rollback(s);
  return -1;
}

/* What came back must be known, or somebody has to find it out: whether to try
   once more what failed. There is room in reserve on a full disk, and a write
   that failed may pass the next time. A flush may not. */
static bool is_worth_another(Store *s) {
  const char *reason = store_reason(s);
  if (strcmp(reason, "full") == 0) return store_release(s);
  return strcmp(reason, "other") == 0;
}

int store_call_finish(Store *s, long long id, const char *outcome, int status,
                      const char *remote_id, const char *message,
                      const StoreExchange *exchange, Err *err) {
  int bad = finish(s, id, outcome, status, remote_id, message, exchange, err);
  if (bad && is_worth_another(s))
    bad = finish(s, id, outcome, status, remote_id, message, exchange, err);
  if (bad) return -1;
  store_tidy(s, id);
  return 0;
}

void store_tidy(Store *s, long long id) {
  Err why;
  if (id % STORE_PRUNE_EVERY == 0 &&
      (store_prune(s, STORE_KEEP_ROWS, STORE_KEEP_DAYS, &why) ||
       store_prune_exchanges(s, STORE_KEEP_EXCHANGES,
                             STORE_KEEP_EXCHANGE_DAYS, &why)))
    log_warn_once("store.prune", "%s", why.text);
}

/* The id of the newest call of that thing whose end is not known, 0: none. */
static int unsettled(Store *s, const StoreCall *thing, long long *id,
                     Err *err) {
  sqlite3_stmt *stmt = store_query(s, QUERY_UNSETTLED, err);
  if (!stmt || bind_thing(s, stmt, thing, err)) return -1;
  int rc = sqlite3_step(stmt);
  *id = rc == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
  int bad = rc == SQLITE_ROW || rc == SQLITE_DONE ? 0
                                                  : store_fail(s, "read", err);
  store_done(stmt);
  return bad;
}

int store_call_settle(Store *s, const StoreCall *thing, const char *remote_id,
                      Err *err) {
  size_t n = strlen(remote_id);
  if (!thing->key || n == 0 || n > STORE_NAME || !redact_is_clean(remote_id, n))
    return err_set(err, ERR_VALIDATION, "no id of something made: the store "
                   "takes 1 to %d bytes without secrets, and a key",
                   STORE_NAME);
  long long id;
  if (unsettled(s, thing, &id, err)) return -1;
  if (id > 0)
    return store_call_end(s, id, "done", 0, remote_id, NULL, err);
  sqlite3_stmt *stmt = store_query(s, QUERY_REMEMBER, err);
  if (!stmt || bind_thing(s, stmt, thing, err) ||
      store_bind(s, stmt, 7, remote_id, STORE_NAME, err))
    return -1;
  return store_finish(s, stmt, "write to", err);
}

/* One statement of tidying: ?1 the oldest time, ?2 how many rows stay, ?3 how
   many may go at a time, ?4 what time it is. */
static int prune(Store *s, StoreQuery q, long long keep_rows, double keep_days,
                 Err *err) {
  if (store_run(s, QUERY_BEGIN, err)) return -1;
  sqlite3_stmt *stmt = store_query(s, q, err);
  double now = sys_clock(), oldest = now - keep_days * 86400;
  if (!stmt || store_bind_time(s, stmt, 1, oldest, err) ||
      store_bind_int(s, stmt, 2, keep_rows, err) ||
      store_bind_int(s, stmt, 3, STORE_PRUNE_ROWS, err) ||
      store_bind_time(s, stmt, 4, now, err) ||
      store_finish(s, stmt, "tidy", err))
    goto fail;
  int gone = sqlite3_changes(s->db);
  if (store_run(s, QUERY_COMMIT, err)) goto fail;
  return gone ? store_run(s, QUERY_VACUUM, err) : 0;
fail:
  store_rollback(s);
  return -1;
}

int store_prune(Store *s, long long keep_rows, double keep_days, Err *err) {
  return prune(s, QUERY_PRUNE, keep_rows, keep_days, err);
}

int store_prune_exchanges(Store *s, long long keep_rows, double keep_days,
                          Err *err) {
  return prune(s, QUERY_PRUNE_EXCHANGES, keep_rows, keep_days, err);
}

int store_find_remote(Store *s, const char *service, const char *profile,
                      const char *account, const char *operation,
                      const char *scope, const char *key,
                      char *out, size_t out_size, Err *err) {
  StoreCall c = {.service = service, .profile = profile, .account = account,
                 .operation = operation, .scope = scope, .key = key};
  sqlite3_stmt *stmt = store_query(s, QUERY_FIND, err);
  if (!stmt || bind_thing(s, stmt, &c, err)) return -1;
  int rc = sqlite3_step(stmt), found = -1;
  if (rc == SQLITE_DONE) {
    found = 0;
  } else if (rc != SQLITE_ROW) {
    store_fail(s, "read", err);
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
  store_done(stmt);
  return found;
}

int store_each_call(Store *s, int limit, store_row_fn *fn, void *ctx,
                    Err *err) {
  sqlite3_stmt *stmt = store_query(s, QUERY_EACH, err);
  if (!stmt || store_bind_int(s, stmt, 1, limit, err)) return -1;
  int rc, stop = 0;
  while (!stop && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
    StoreRow row = {
      .id = sqlite3_column_int64(stmt, 0), .at = store_column(stmt, 1),
      .call = {.service = store_column(stmt, 2),
               .profile = store_column(stmt, 3),
               .account = store_column(stmt, 4),
               .operation = store_column(stmt, 5),
               .scope = store_column(stmt, 6), .key = store_column(stmt, 7),
               .effect = store_column(stmt, 8),
               .arguments = store_column(stmt, 9)},
      .outcome = store_column(stmt, 10),
      .status = sqlite3_column_int(stmt, 11),
      .remote_id = store_column(stmt, 12), .message = store_column(stmt, 13)};
    stop = fn(ctx, &row);
  }
  int bad = stop || rc == SQLITE_DONE ? 0 : store_fail(s, "read", err);
  store_done(stmt);
  return bad;
}

