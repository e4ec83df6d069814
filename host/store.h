/* store.h - the SQLite store: the record of calls that change something, and
   a bounded history of what was sent and what came back. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef STORE_H
#define STORE_H

#include <stdbool.h>
#include <stddef.h>
#include "err.h"

typedef struct Store Store;

/* Opens or creates. path NULL: a store in memory, for throw-away sandboxes.
   Files are created 0600 in a directory made 0700; a file of another owner
   or with group or other bits is refused with the chmod line. Network file
   systems, a corrupt file and a newer schema are refused; an older schema is
   brought up to this one. */
Store *store_open(const char *path, Err *err);
void store_close(Store *s);           /* NULL is fine */

/* A request and its reply, for people to look at. NULL where nothing is known
   or kept; strings borrowed, NUL-terminated, redacted on their way in. Bodies
   are cut after 64 KiB, and the cut is remembered. */
typedef struct StoreExchange {
  const char *service, *profile, *operation, *effect;  /* not read for a call:
                                                          it says so itself */
  const char *what;          /* which thing it is about: key or path values */
  const char *method, *url;
  const char *request_head;  /* lines "Name: value"; credentials are not in */
  const char *request_body;
  const char *request_note;  /* why a body is not kept */
  const char *files;         /* JSON: [[part, name, type, bytes], ...] */
  const char *outcome;       /* as of a call; the default is "sent" */
  const char *reply_head, *reply_body, *reply_note;
  const char *times;         /* JSON object of seconds, by stage */
  const char *kind, *message;   /* of the error */
  int status, attempts;
  double seconds;            /* how long it took */
  double at;                 /* when it began, since 1970; 0: now */
  bool insecure;             /* the server's certificate was not verified */
} StoreExchange;

/* A call about to be sent. All strings borrowed, NUL-terminated; everything
   that is kept goes through redact_text on its way in, so the credentials
   of the call must be known to redact.h by now. key is the natural key of
   what is made ("new.hire@example.com"), nullable. */
typedef struct StoreCall {
  const char *service, *profile, *account, *operation, *effect;
  const char *scope;       /* path arguments joined by "/", "" if none */
  const char *key;         /* nullable */
  const char *arguments;   /* JSON; cut after 64 KiB */
  const StoreExchange *exchange;   /* nullable: what the history shows of it */
} StoreCall;

/* Durable before it returns; *id identifies the row. -1: do not send. */
int store_call_begin(Store *s, const StoreCall *call, long long *id, Err *err);

/* outcome: "done", "failed" (definitely without effect) or "in_doubt".
   remote_id and message are nullable. */
int store_call_end(Store *s, long long id, const char *outcome, int status,
                   const char *remote_id, const char *message, Err *err);

/* The same; exchange (nullable) is what the history shows of the reply, and
   goes into the same transaction. */
int store_call_finish(Store *s, long long id, const char *outcome, int status,
                      const char *remote_id, const char *message,
                      const StoreExchange *exchange, Err *err);

/* A beginning or an end that is written together with others. */
typedef struct StoreWrite {
  struct StoreWrite *next;
  const StoreCall *begins;     /* NULL: the call id ends */
  long long id;                /* of the one that ends; out: of the one that
                                  began */
  const char *outcome, *remote_id, *message;   /* of an end, as above */
  int status;
  const StoreExchange *exchange;   /* of an end; nullable */
  const char *failed;          /* out: NULL, or what store_reason said */
  Err err;                     /* out: where it failed */
} StoreWrite;

/* Writes them, one at least, in one transaction, so that the disk is flushed once for all;
   durable before it returns. Where a row cannot be written they are written
   one by one. Where the commit fails no call of them begins; an end is tried
   once more alone, as store_call_finish does. */
void store_write_calls(Store *s, StoreWrite *list);

/* What became of the newest call of that thing (service to key) is known now:
   it made remote_id. Also where the call itself is not recorded any more. */
int store_call_settle(Store *s, const StoreCall *thing, const char *remote_id,
                      Err *err);

/* The remote id of the newest "done" call with this key, so that a create
   can be found again where the service has no look-up. Kept for good, also
   when the call itself has been pruned. Copies into out (NUL-terminated);
   1 found, 0 none, -1 failure. */
int store_find_remote(Store *s, const char *service, const char *profile,
                      const char *account, const char *operation,
                      const char *scope, const char *key,
                      char *out, size_t out_size, Err *err);

/* Rows of the record, newest first; fn returns non-zero to stop. Everything
   is borrowed until fn returns. */
typedef struct StoreRow {
  long long id;
  const char *at;          /* ISO 8601, UTC */
  StoreCall call;
  const char *outcome;     /* "sent" while unknown */
  int status;
  const char *remote_id, *message;   /* nullable */
} StoreRow;
typedef int store_row_fn(void *ctx, const StoreRow *row);
int store_each_call(Store *s, int limit, store_row_fn *fn, void *ctx, Err *err);

/* Deletes the oldest finished calls beyond the newest keep_rows and those
   older than keep_days, a bounded number of them at a time. Calls that are
   in doubt or of unknown outcome stay. store_call_end does it now and then,
   with the numbers below. */
enum { STORE_KEEP_ROWS = 10000, STORE_KEEP_DAYS = 90 };
int store_prune(Store *s, long long keep_rows, double keep_days, Err *err);

/* Adds n exchanges that belong to no call of the record (reads), in one
   transaction. */
int store_add_exchanges(Store *s, const StoreExchange *list, size_t n,
                        Err *err);

typedef struct StoreExchangeRow {
  long long id;
  const char *at;          /* ISO 8601, UTC, with milliseconds */
  StoreExchange x;         /* x.at is 0; x.effect "read" is no call */
  long long request_cut, reply_cut;   /* bytes of a body before it was cut */
} StoreExchangeRow;
typedef int store_exchange_fn(void *ctx, const StoreExchangeRow *row);

/* NULL and 0 are no condition. */
typedef struct StoreFilter {
  const char *service, *operation, *outcome;
  const char *since;       /* ISO 8601, UTC; as much of it as matters */
  int limit;               /* rows at most */
} StoreFilter;

/* Exchanges, those that began last first, without heads and bodies; fn as
   above. */
int store_each_exchange(Store *s, const StoreFilter *filter,
                        store_exchange_fn *fn, void *ctx, Err *err);

/* One whole exchange: 1 shown to fn, 0 there is none, -1 failure. */
int store_one_exchange(Store *s, long long id, store_exchange_fn *fn,
                       void *ctx, Err *err);

/* As store_prune, for the history; whatever their outcome. */
enum { STORE_KEEP_EXCHANGES = 1000, STORE_KEEP_EXCHANGE_DAYS = 30 };
int store_prune_exchanges(Store *s, long long keep_rows, double keep_days,
                          Err *err);

/* ---- statements worded elsewhere: the journal of runs is Lua ---- */

typedef struct StoreStatement StoreStatement;

typedef enum StoreType {
  STORE_NULL, STORE_INTEGER, STORE_NUMBER, STORE_STRING
} StoreType;

typedef struct StoreValue {
  StoreType type;
  long long integer;
  double number;
  const char *text;   /* borrowed, NUL-terminated */
  size_t len;         /* of a text that is read */
} StoreValue;

/* One row; all borrowed until it returns. Non-zero: enough. */
typedef int store_values_fn(void *ctx, int n, const char *const *names,
                            const StoreValue *row);

/* Prepared once for each wording, borrowed from s; one statement only. */
StoreStatement *store_statement(Store *s, const char *sql, Err *err);

/* How many parameters it wants, and what the one at 0, 1, ... is called:
   NULL for a ?, "name" for a :name. */
int store_parameters(const StoreStatement *q);
const char *store_parameter(const StoreStatement *q, int at);

/* Runs it with a value for each parameter. Texts are redacted on their way in;
   one that is longer than STORE_VALUE then is refused (ERR_CAP), never cut.
   fn (nullable) is shown each row; *changed (nullable): rows written. */
enum { STORE_VALUE = 1024 * 1024, STORE_COLUMNS = 48 };
int store_select(Store *s, StoreStatement *q, const StoreValue *values,
                 store_values_fn *fn, void *ctx, long long *changed, Err *err);

/* The number of the row that was inserted last. */
long long store_last_id(const Store *s);

/* What is written between begin and commit is there as a whole and durable,
   or not at all. They do not nest. A commit that fails has rolled back. */
int store_atomic_begin(Store *s, Err *err);
int store_atomic_commit(Store *s, Err *err);
void store_atomic_rollback(Store *s);

/* Keeps STORE_RESERVE bytes of the disk, if they are not kept yet; without
   them nothing may be sent, for there might be no room to write down what
   comes back. A store in memory needs none. */
enum { STORE_RESERVE = 2 * 1024 * 1024 };
int store_reserve(Store *s, Err *err);
/* Gives them free, so that a write that failed as "full" can be repeated;
   whether there were any. */
bool store_release(Store *s);

/* A line in the file of the reserve, told after a commit: whoever opens the
   store later sees that what was committed is there still. Lost with the
   reserve; -> whether there is one. */
enum { STORE_MARK = 128 };
void store_mark(Store *s, const char *text);
bool store_marked(Store *s, char out[STORE_MARK]);

/* Why the last failure of s was one, for programs: "full", "dead" (a flush
   failed, nothing is certain), "busy", "read_only", "damaged", "constraint",
   else "other"; static storage. */
const char *store_reason(const Store *s);

/* Number of the tables' version that this program writes. */
int store_schema(void);

/* Reads the whole store and checks it; for doctor. */
int store_check(Store *s, Err *err);

#endif
