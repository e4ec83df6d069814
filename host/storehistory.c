/* storehistory.c - what was sent and what came back, bounded. */
/* SPDX-License-Identifier: MIT */
#include "storepriv.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "log.h"
#include "sys.h"

/* A text of an exchange, in the order of the columns from `service` on. */
typedef struct Text {
  const char *text, *otherwise;
  size_t max;
} Text;

enum { FIRST_TEXT = 3, REQUEST_BODY = 8, REPLY_BODY = 13, TEXTS = 18 };

/* Binds all texts; cut[0] and cut[1] are those of the two bodies. */
static int bind_texts(Store *s, sqlite3_stmt *stmt, const StoreExchange *x,
                      size_t cut[2], Err *err) {
  const Text texts[TEXTS] = {
    {x->service, "", STORE_NAME}, {x->profile, "", STORE_NAME},
    {x->operation, "", STORE_NAME}, {x->effect, "read", STORE_NAME},
    {x->what, "", STORE_NAME}, {x->method, "", STORE_NAME},
    {x->url, "", STORE_TEXT}, {x->request_head, NULL, STORE_TEXT},
    {x->request_body, NULL, STORE_TEXT}, {x->request_note, NULL, STORE_NAME},
    {x->files, NULL, STORE_TEXT}, {x->outcome, "sent", STORE_NAME},
    {x->reply_head, NULL, STORE_TEXT}, {x->reply_body, NULL, STORE_TEXT},
    {x->reply_note, NULL, STORE_NAME}, {x->times, NULL, STORE_NAME},
    {x->kind, NULL, STORE_NAME}, {x->message, NULL, STORE_TEXT}};
  for (int i = 0; i < TEXTS; i++) {
    size_t n;
    const Text *t = &texts[i];
    if (store_bind_cut(s, stmt, FIRST_TEXT + i,
                       t->text ? t->text : t->otherwise, t->max, &n, err))
      return -1;
    if (i == REQUEST_BODY) cut[0] = n;
    if (i == REPLY_BODY) cut[1] = n;
  }
  return 0;
}

/* With milliseconds: reads are written later than writes, and the order in
   which calls began shall be told all the same. */
static int bind_when(Store *s, sqlite3_stmt *stmt, int at, double seconds,
                     Err *err) {
  char whole[SYS_UTC + 8];
  const char *text = store_utc(s, seconds, err);
  if (!text) return -1;
  int ms = (int)((seconds - floor(seconds)) * 1000);
  int rest = (int)strlen(text) - 1;   /* without the Z */
  int n = snprintf(whole, sizeof whole, "%.*s.%03dZ", rest, text, ms);
  if (n < 0 || (size_t)n >= sizeof whole)
    return err_set(err, ERR_SCRIPT, "store: time too long");
  return store_bind_copy(s, stmt, at, whole, err);
}

/* call 0: none. */
static int insert(Store *s, long long call, const StoreExchange *x, Err *err) {
  enum { AFTER = FIRST_TEXT + TEXTS };
  size_t cut[2];
  sqlite3_stmt *stmt = store_query(s, QUERY_EXCHANGE, err);
  if (!stmt || (call && store_bind_int(s, stmt, 1, call, err)) ||
      bind_when(s, stmt, 2, x->at > 0 ? x->at : sys_clock(), err) ||
      bind_texts(s, stmt, x, cut, err) ||
      store_bind_int(s, stmt, AFTER, x->status, err) ||
      store_bind_int(s, stmt, AFTER + 1, x->attempts, err) ||
      store_bind_number(s, stmt, AFTER + 2, x->seconds, err) ||
      store_bind_int(s, stmt, AFTER + 3, x->insecure, err) ||
      store_bind_int(s, stmt, AFTER + 4, (long long)cut[0], err) ||
      store_bind_int(s, stmt, AFTER + 5, (long long)cut[1], err))
    return -1;
  return store_finish(s, stmt, "write to", err);
}

int store_exchange_begin(Store *s, long long call, const StoreCall *c,
                         Err *err) {
  StoreExchange x = *c->exchange;
  x.service = c->service;
  x.profile = c->profile;
  x.operation = c->operation;
  x.effect = c->effect;
  x.outcome = "sent";
  return insert(s, call, &x, err);
}

int store_exchange_end(Store *s, long long call, const char *outcome,
                       int status, const char *message,
                       const StoreExchange *x, Err *err) {
  static const StoreExchange unknown;
  if (!x) x = &unknown;
  size_t cut;
  sqlite3_stmt *stmt = store_query(s, QUERY_EXCHANGE_END, err);
  if (!stmt || store_bind_int(s, stmt, 1, call, err) ||
      store_bind(s, stmt, 2, outcome, STORE_NAME, err) ||
      store_bind(s, stmt, 3, x->reply_head, STORE_TEXT, err) ||
      store_bind_cut(s, stmt, 4, x->reply_body, STORE_TEXT, &cut, err) ||
      store_bind(s, stmt, 5, x->reply_note, STORE_NAME, err) ||
      store_bind(s, stmt, 6, x->times, STORE_NAME, err) ||
      store_bind(s, stmt, 7, x->kind, STORE_NAME, err) ||
      store_bind(s, stmt, 8, message, STORE_TEXT, err) ||
      store_bind_int(s, stmt, 9, status, err) ||
      store_bind_int(s, stmt, 10, x->attempts, err) ||
      store_bind_number(s, stmt, 11, x->seconds, err) ||
      store_bind_int(s, stmt, 12, (long long)cut, err))
    return -1;
  return store_finish(s, stmt, "write to", err);
}

int store_add_exchanges(Store *s, const StoreExchange *list, size_t n,
                        Err *err) {
  if (n == 0) return 0;
  if (store_run(s, QUERY_BEGIN, err)) return -1;
  for (size_t i = 0; i < n; i++)
    if (insert(s, 0, &list[i], err)) goto fail;
  long long last = sqlite3_last_insert_rowid(s->db);
  if (store_run(s, QUERY_COMMIT, err)) goto fail;
  Err why;
  bool due = last / STORE_PRUNE_EVERY !=
             (last - (long long)n) / STORE_PRUNE_EVERY;
  if (due && store_prune_exchanges(s, STORE_KEEP_EXCHANGES,
                                   STORE_KEEP_EXCHANGE_DAYS, &why))
    log_warn_once("store.prune", "%s", why.text);
  return 0;
fail:
  store_rollback(s);
  return -1;
}

static void read_row(sqlite3_stmt *stmt, StoreExchangeRow *row) {
  *row = (StoreExchangeRow){
    .id = sqlite3_column_int64(stmt, 0), .at = store_column(stmt, 1),
    .x = {.service = store_column(stmt, 2), .profile = store_column(stmt, 3),
          .operation = store_column(stmt, 4), .effect = store_column(stmt, 5),
          .what = store_column(stmt, 6), .method = store_column(stmt, 7),
          .url = store_column(stmt, 8), .outcome = store_column(stmt, 9),
          .status = sqlite3_column_int(stmt, 10),
          .attempts = sqlite3_column_int(stmt, 11),
          .seconds = sqlite3_column_double(stmt, 12),
          .kind = store_column(stmt, 13), .message = store_column(stmt, 14),
          .insecure = sqlite3_column_int(stmt, 15) != 0,
          .request_head = store_column(stmt, 16),
          .request_body = store_column(stmt, 17),
          .request_note = store_column(stmt, 18),
          .files = store_column(stmt, 19),
          .reply_head = store_column(stmt, 20),
          .reply_body = store_column(stmt, 21),
          .reply_note = store_column(stmt, 22),
          .times = store_column(stmt, 23)},
    .request_cut = sqlite3_column_int64(stmt, 24),
    .reply_cut = sqlite3_column_int64(stmt, 25)};
}

/* Shows the rows of a bound query to fn; how many, or -1. */
static int each(Store *s, sqlite3_stmt *stmt, store_exchange_fn *fn, void *ctx,
                Err *err) {
  int rc, rows = 0, stop = 0;
  while (!stop && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
    StoreExchangeRow row;
    read_row(stmt, &row);
    stop = fn(ctx, &row);
    rows++;
  }
  int bad = stop || rc == SQLITE_DONE ? 0 : store_fail(s, "read", err);
  store_done(stmt);
  return bad ? -1 : rows;
}

int store_each_exchange(Store *s, const StoreFilter *f, store_exchange_fn *fn,
                        void *ctx, Err *err) {
  sqlite3_stmt *stmt = store_query(s, QUERY_EXCHANGES, err);
  if (!stmt || store_bind(s, stmt, 1, f->service, STORE_NAME, err) ||
      store_bind(s, stmt, 2, f->operation, STORE_NAME, err) ||
      store_bind(s, stmt, 3, f->outcome, STORE_NAME, err) ||
      store_bind(s, stmt, 4, f->since, STORE_NAME, err) ||
      store_bind_int(s, stmt, 5, f->limit > 0 ? f->limit : -1, err))
    return -1;
  return each(s, stmt, fn, ctx, err) < 0 ? -1 : 0;
}

int store_one_exchange(Store *s, long long id, store_exchange_fn *fn,
                       void *ctx, Err *err) {
  sqlite3_stmt *stmt = store_query(s, QUERY_ONE_EXCHANGE, err);
  if (!stmt || store_bind_int(s, stmt, 1, id, err)) return -1;
  return each(s, stmt, fn, ctx, err);
}
