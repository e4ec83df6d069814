/* storegroup.c - calls that begin and end side by side, in one transaction. */
/* SPDX-License-Identifier: MIT */
#include "storepriv.h"

static void failed(StoreWrite *w, const char *reason, const Err *err) {
  w->failed = reason;
  w->err = *err;
}

static int put(Store *s, StoreWrite *w, Err *err) {
  if (w->begins) return store_put_begin(s, w->begins, &w->id, err);
  return store_put_end(s, w->id, w->outcome, w->status, w->remote_id,
                       w->message, w->exchange, err);
}

static void write_alone(Store *s, StoreWrite *w) {
  Err err;
  int bad = w->begins
      ? store_call_begin(s, w->begins, &w->id, &err)
      : store_call_finish(s, w->id, w->outcome, w->status, w->remote_id,
                          w->message, w->exchange, &err);
  if (bad) failed(w, store_reason(s), &err);
}

/* Why the group was not written. */
typedef enum Trouble {
  NONE,
  NOT_BEGUN,        /* another process has the store, ... */
  BAD_ROW,          /* one of them; the others may be well */
  NOT_COMMITTED
} Trouble;

static Trouble write_all(Store *s, StoreWrite *list, Err *err) {
  if (store_run(s, QUERY_BEGIN, err)) return NOT_BEGUN;
  Trouble trouble = NONE;
  for (StoreWrite *w = list; w && !trouble; w = w->next)
    if (put(s, w, err)) trouble = BAD_ROW;
  if (!trouble && store_run(s, QUERY_COMMIT, err)) trouble = NOT_COMMITTED;
  if (trouble) store_rollback(s);
  return trouble;
}

void store_write_calls(Store *s, StoreWrite *list) {
  if (!list) return;
  for (StoreWrite *w = list; w; w = w->next) w->failed = NULL;
  if (!list->next) {
    write_alone(s, list);
    return;
  }
  Err err;
  Trouble trouble = write_all(s, list, &err);
  const char *reason = store_reason(s);
  bool lost = trouble == NOT_BEGUN || s->dead;
  for (StoreWrite *w = list; w; w = w->next) {
    if (lost || (trouble == NOT_COMMITTED && w->begins))
      failed(w, reason, &err);
    else if (trouble)
      write_alone(s, w);
    else if (!w->begins)
      store_tidy(s, w->id);
  }
}
