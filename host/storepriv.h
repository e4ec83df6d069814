/* storepriv.h - what the parts of the store share. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef STOREPRIV_H
#define STOREPRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <sqlite3.h>
#include "err.h"
#include "store.h"
#include "sys.h"

enum {
  STORE_SCHEMA = 5,
  STORE_PRUNE_EVERY = 128,    /* rows from one tidying to the next */
  STORE_PRUNE_ROWS = 1000,    /* rows that one tidying removes at most */
  STORE_NAME = 4 * 1024,      /* bytes of a name, */
  STORE_TEXT = 64 * 1024,     /* and of any text */
  STORE_STATEMENTS = 256      /* different statements of the journal */
};

typedef enum StoreQuery {
  QUERY_BEGIN, QUERY_COMMIT, QUERY_ROLLBACK, QUERY_CALL_BEGIN, QUERY_CALL_END,
  QUERY_MADE, QUERY_UNSETTLED, QUERY_REMEMBER, QUERY_FIND,
  QUERY_EACH, QUERY_PRUNE, QUERY_VACUUM,
  QUERY_EXCHANGE, QUERY_EXCHANGE_END, QUERY_EXCHANGES, QUERY_ONE_EXCHANGE,
  QUERY_PRUNE_EXCHANGES, STORE_QUERIES
} StoreQuery;

extern const char *const store_sql[STORE_QUERIES];
extern const char store_settings[];   /* pragmas of every connection */
extern const char store_schema_1[];
extern const char store_schema_2[];   /* what 2 has on top of 1 */
extern const char store_upgrade_2[];  /* fills it from what 1 held */
extern const char store_schema_3[];   /* the journal of runs */
extern const char store_schema_4[];   /* schedules; events that fold */
extern const char store_schema_5[];   /* when schedules were paused */

struct Store {
  sqlite3 *db;
  char *path;             /* for messages; "in memory" */
  bool memory;            /* there is no file */
  bool dead;              /* a flush failed: nothing is certain any more */
  int code;               /* SQLite's, of the last failure */
  double utc_second;      /* of store_utc */
  char utc[SYS_UTC];
  StoreStatement *statements;
  int statement_count;
  sqlite3_stmt *query[STORE_QUERIES];
};

/* Explains the last failure of s->db: "cannot DOING the store ...". */
int store_fail(Store *s, const char *doing, Err *err);

/* -1 once a flush has failed. */
int store_alive(Store *s, Err *err);

/* What SQL of ours calls; and letting go of every store_statement. */
int store_functions(Store *s, Err *err);
void store_forget(Store *s);

/* Borrowed, ready to be bound; NULL on failure. */
sqlite3_stmt *store_query(Store *s, StoreQuery q, Err *err);

/* Runs a query that gives no rows, and lets go of its bindings. */
int store_finish(Store *s, sqlite3_stmt *stmt, const char *doing, Err *err);
int store_run(Store *s, StoreQuery q, Err *err);

/* After a failure: what went wrong first is what the caller is told. */
void store_rollback(Store *s);

/* Lets go of a query whose rows were read. */
void store_done(sqlite3_stmt *stmt);

/* The only way in for text: secrets out, cut to max bytes. NULL is null. text
   must live until the statement is done with. */
int store_bind(Store *s, sqlite3_stmt *stmt, int at, const char *text,
               size_t max, Err *err);
/* *cut: how long it was before the cut, 0 if nothing was cut. */
int store_bind_cut(Store *s, sqlite3_stmt *stmt, int at, const char *text,
                   size_t max, size_t *cut, Err *err);
/* For text of ours, such as a time: neither cut nor looked at, but copied. */
int store_bind_copy(Store *s, sqlite3_stmt *stmt, int at, const char *text,
                    Err *err);
int store_bind_int(Store *s, sqlite3_stmt *stmt, int at, long long n,
                   Err *err);
int store_bind_number(Store *s, sqlite3_stmt *stmt, int at, double n,
                      Err *err);
/* Seconds since 1970 as text, borrowed until the next call; made once a second,
   for calls come many a second. NULL on failure. */
const char *store_utc(Store *s, double seconds, Err *err);
int store_bind_time(Store *s, sqlite3_stmt *stmt, int at, double seconds,
                    Err *err);

/* Text of a column of the row at hand; NULL is null. */
const char *store_column(sqlite3_stmt *stmt, int at);

/* Inside a transaction: a call begins, and ends, as store_call_begin and
   store_call_finish say. */
int store_put_begin(Store *s, const StoreCall *c, long long *id, Err *err);
int store_put_end(Store *s, long long id, const char *outcome, int status,
                  const char *remote_id, const char *message,
                  const StoreExchange *exchange, Err *err);

/* Now and then after a call has ended: what is old goes. */
void store_tidy(Store *s, long long id);

/* Inside the transaction of a call: c->exchange begins, and ends. x NULL: the
   reply is not known. A call without an exchange has none to end. */
int store_exchange_begin(Store *s, long long call, const StoreCall *c,
                         Err *err);
int store_exchange_end(Store *s, long long call, const char *outcome,
                       int status, const char *message,
                       const StoreExchange *x, Err *err);

#endif
