/* retry.h - a call sent until it is answered, as long as that does no harm.
   No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef RETRY_H
#define RETRY_H

#include <stdbool.h>
#include "auth.h"
#include "err.h"
#include "limit.h"
#include "loop.h"

typedef struct Retry Retry;         /* the rules of one account */
typedef struct RetryReq RetryReq;   /* one call, under way or finished */

typedef struct RetryRule {
  const char *service;    /* for messages; copied */
  int retries;            /* sendings after the first one */
  double delay;           /* seconds: the longest wait before the first retry,
                             doubled for each further one; the wait itself is
                             any time up to that */
  double max_delay;       /* seconds: no longest wait above this */
  double timeout;         /* seconds for the call with all its retries, from
                             when it may leave for the first time */
  double block;           /* seconds: how long a 429 without Retry-After keeps
                             everything back; 0: as before a retry */
} RetryRule;

/* auth, which is nobody else's, and limit must outlive it. NULL when out of
   memory. */
Retry *retry_new(Loop *loop, Auth *auth, Limit *limit, const RetryRule *rule,
                 Err *err);
/* Cancels what is under way: done is not called, the requests stay their
   holders'. NULL is fine. */
void retry_free(Retry *retry);

/* Called once, from loop_step; never from retry_send itself. */
typedef void retry_done(void *ctx, RetryReq *req);

/* As auth_send, in the call's turn by the limit. A call that is repeatable is
   sent again when no answer came, or one of 408, 429, 502, 503, 504; any other
   only when no byte of it can have left. A 429 keeps back all calls of the
   limit. What call borrows must live until done. retries: -1 for the rule's.
   Between the attempts it waits as Retry-After says, and gives up where that,
   or the rule's wait, is beyond the call's time. NULL: nothing was sent. */
RetryReq *retry_send(Retry *retry, const HttpCall *call, int flags,
                     const char *const *without, size_t nwithout, int retries,
                     retry_done *fn, void *ctx, Err *err);
/* Cancels if under way, and frees. NULL is fine. */
void retry_req_free(RetryReq *req);

/* The last attempt. */
const AuthReq *retry_req_auth(const RetryReq *req);
/* Begun so far: sendings, and logins that failed before one. */
int retry_req_attempts(const RetryReq *req);
const Err *retry_req_err(const RetryReq *req);   /* ERR_NONE: a reply came */

/* False: no byte of a call that is not repeatable can have left, whether it
   waits, is under way or was cancelled. */
bool retry_req_maybe_sent(const RetryReq *req);

/* True: it left before the last time, too, and that was not answered. Then a
   404 may be the answer to a second deletion. */
bool retry_req_lost(const RetryReq *req);

/* Why it was not tried once more: "attempts", "time", "quota", "pause" (the
   service lets nobody in for longer than the call has), NULL: it was no
   failure, or none that is tried again. Static text. */
const char *retry_req_gave_up(const RetryReq *req);

typedef struct RetryTimes {      /* seconds */
  double total;     /* from when it could leave for the first time */
  double turn;      /* waiting for its turn before that, and later */
  double between;   /* waiting before retries */
  double ask;       /* what the last Retry-After asked for, -1 = nothing */
} RetryTimes;
RetryTimes retry_req_times(const RetryReq *req);

#endif
