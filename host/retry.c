/* retry.c - a call sent until it is answered, as long as that does no harm. */
/* SPDX-License-Identifier: MIT */
#include "retry.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http.h"
#include "log.h"
#include "retryafter.h"
#include "sys.h"

struct Retry {
  Loop *loop;
  Auth *auth;
  Limit *limit;
  RetryRule rule;
  char *service;
  RetryReq *reqs;           /* not finished */
  unsigned charged;         /* the last failed login that cost a retry */
};

struct RetryReq {
  Retry *retry;             /* NULL once finished */
  RetryReq *next, *prev;
  AuthReq *auth;
  retry_done *fn;
  void *ctx;
  LimitTurn turn;
  LoopTimer *timer;         /* until the next attempt, then until the end of
                               the wait for its turn */
  const char *operation;    /* borrowed */
  bool repeatable;
  bool lost;                /* the answer to an attempt before this one */
  int retries, retried, begun;
  double timeout, deadline; /* 0 = it has not left yet */
  double queued, waiting;   /* loop_now when that began */
  double started;
  RetryTimes times;
  const char *gave_up;
  Err err;
};

static int out_of_memory(Err *err) {
  return err_set(err, ERR_SCRIPT, "out of memory");
}

/* A login leaves besides the calls that wait for it. */
static void on_leave(void *ctx, void *tag) {
  const Retry *r = ctx;
  RetryReq *req = tag;
  if (req) limit_left(&req->turn);
  else limit_count(r->limit);
}

Retry *retry_new(Loop *loop, Auth *auth, Limit *limit, const RetryRule *rule,
                 Err *err) {
  Retry *r = calloc(1, sizeof *r);
  if (r) r->service = strdup(rule->service);
  if (!r || !r->service) {
    free(r);
    out_of_memory(err);
    return NULL;
  }
  r->loop = loop;
  r->auth = auth;
  r->limit = limit;
  r->rule = *rule;
  http_on_leave(auth_http(auth), on_leave, r);
  return r;
}

static void stop_timer(RetryReq *req) {
  if (req->timer) loop_timer_cancel(req->retry->loop, req->timer);
  req->timer = NULL;
}

/* Out of the list; afterwards req belongs to its holder alone. */
static void stop(RetryReq *req) {
  Retry *r = req->retry;
  if (!r) return;
  stop_timer(req);
  if (req->prev) req->prev->next = req->next;
  else r->reqs = req->next;
  if (req->next) req->next->prev = req->prev;
  req->retry = NULL;
  req->next = req->prev = NULL;
  limit_leave(&req->turn);
}

void retry_free(Retry *r) {
  if (!r) return;
  while (r->reqs) {
    RetryReq *req = r->reqs;
    err_set(&req->err, ERR_CANCELLED, "the request was cancelled");
    stop(req);
  }
  http_on_leave(auth_http(r->auth), NULL, NULL);
  free(r->service);
  free(r);
}

static void finish(RetryReq *req) {
  req->times.total = req->started > 0 ? loop_now() - req->started : 0;
  stop(req);
  if (req->fn) req->fn(req->ctx, req);   /* req may be gone now */
}

/* What an attempt has come to. */

static bool is_passing(int status) {
  return status == 408 || status == 429 || status == 502 || status == 503 ||
         status == 504;
}

/* NULL where no reply came. */
static const HttpReq *reply_of(const RetryReq *req) {
  const HttpReq *http = auth_req_http(req->auth);
  return http && http_req_status(http) > 0 ? http : NULL;
}

/* The reply's, the login's where that failed, or 0. */
static int status_of(const RetryReq *req) {
  const Err *err = auth_req_err(req->auth);
  if (err->kind != ERR_NONE) return err->status;
  return http_req_status(auth_req_http(req->auth));
}

/* -1 if the server did not say. */
static double asked(const RetryReq *req) {
  const HttpReq *http = reply_of(req);
  const char *value = http ? http_req_header(http, "Retry-After", NULL)
                           : auth_req_login_header(req->auth, "Retry-After");
  return value ? retry_after(value, sys_clock()) : -1;
}

/* Nothing of the call can have left: it was not even tried, or no connection
   stood that it could have left on. */
static bool is_unsent(const RetryReq *req) {
  const HttpReq *http = auth_req_http(req->auth);
  return !http || !http_req_maybe_sent(http);
}

static bool may_repeat(const RetryReq *req) {
  const Err *err = auth_req_err(req->auth);
  if (err->kind == ERR_NONE)
    return req->repeatable && is_passing(status_of(req));
  const HttpReq *http = auth_req_http(req->auth);
  if (!http) http = auth_req_login(req->auth);
  if (http && http_req_lasting(http)) return false;
  return err->retryable && (req->repeatable || is_unsent(req));
}

/* What the attempts up to this one did nobody knows. */
static bool is_lost(const RetryReq *req, int status) {
  if (retry_req_lost(req)) return true;
  if (auth_req_err(req->auth)->kind == ERR_NONE)
    return status != 429 && status != 503;
  return !is_unsent(req);
}

/* Any time up to the longest: who failed together comes back spread out. */
static double jitter(double longest) {
  return longest * arc4random() / 4294967296.0;
}

static double backoff(const RetryReq *req) {
  const RetryRule *rule = &req->retry->rule;
  return jitter(fmin(rule->max_delay, ldexp(rule->delay, req->retried)));
}

/* A 429 is for everybody: nothing leaves until it is over. */
static void heed(RetryReq *req, int status) {
  Retry *r = req->retry;
  req->times.ask = asked(req);
  if (status != 429) return;
  double pause = req->times.ask;
  if (pause < 0) pause = r->rule.block > 0 ? r->rule.block : backoff(req);
  double left = limit_pause(r->limit, pause);
  if (left >= 1)
    log_write(LOG_INFO, "%s answered 429: nothing more is sent there for "
              "%.0f s", r->service, ceil(left));
}

static void tell(const RetryReq *req, int status, double wait) {
  const Err *err = auth_req_err(req->auth);
  char reason[200];
  if (err->kind == ERR_NONE)
    (void)snprintf(reason, sizeof reason, "the server answered %d", status);
  else
    (void)snprintf(reason, sizeof reason, "%.*s",
                   (int)strcspn(err->text, ";"), err->text);
  log_write(LOG_INFO, "%s %s: %s; trying again in %.1f s (attempt %d of %d)",
            req->retry->service, req->operation ? req->operation : "call",
            reason, wait, req->retried + 2, req->retries + 1);
}

/* Sending. */

static void on_end(void *ctx, AuthReq *auth);
static void on_turn(void *ctx);

static int go(RetryReq *req, Err *err) {
  stop_timer(req);
  req->begun++;
  double now = loop_now();
  req->times.turn += now - req->queued;
  if (req->deadline == 0) {
    req->started = now;
    req->deadline = now + req->timeout;
  }
  return auth_req_start(req->retry->auth, req->auth, req->deadline, err);
}

/* 1: it waits for its turn. */
static int enter(RetryReq *req, double longest, Err *err) {
  req->queued = loop_now();
  req->turn.longest = longest;
  if (!limit_enter(req->retry->limit, &req->turn)) return 1;
  return go(req, err);
}

static void refuse(RetryReq *req) {
  req->gave_up = "pause";
  req->times.turn += loop_now() - req->queued;
  /* What has been answered once has that answer, or lack of one. */
  if (req->deadline > 0)
    req->err = *auth_req_err(req->auth);
  else if (limit_paused(req->retry->limit) <= 0)
    err_set(&req->err, ERR_RATE_LIMITED, "its turn at %s had not come when "
            "errand was asked to end; nothing was sent", req->retry->service);
  else
    err_set(&req->err, ERR_RATE_LIMITED, "%s answered 429 and lets nobody "
            "from here in for another %.0f s; nothing was sent, try again "
            "then", req->retry->service,
            ceil(limit_paused(req->retry->limit)));
  finish(req);
}

static void on_turn(void *ctx) {
  RetryReq *req = ctx;
  if (req->turn.refused) refuse(req);
  else if (go(req, &req->err)) finish(req);
}

/* Its turn has not come while it had time: the last attempt's end is its. */
static void on_late(void *ctx) {
  RetryReq *req = ctx;
  req->timer = NULL;
  req->gave_up = "time";
  req->times.turn += loop_now() - req->queued;
  req->err = *auth_req_err(req->auth);
  finish(req);
}

static void on_wait(void *ctx) {
  RetryReq *req = ctx;
  double now = loop_now(), left = req->deadline - now;
  req->timer = NULL;
  req->times.between += now - req->waiting;
  req->queued = now;
  if (limit_paused(req->retry->limit) >= left) {
    refuse(req);
    return;
  }
  int rc = enter(req, left, &req->err);
  if (rc > 0) req->timer = loop_timer(req->retry->loop, left, on_late, req);
  if (rc < 0) finish(req);
  else if (rc > 0 && !req->timer) on_late(req);
}

/* One login that fails for all who wait for it is one failure. */
static bool may_charge(const RetryReq *req) {
  Retry *r = req->retry;
  bool login = auth_req_login(req->auth) != NULL;
  unsigned number = auth_req_login_number(req->auth);
  if (login && r->charged == number) return true;
  if (!limit_retry(r->limit)) return false;
  if (login) r->charged = number;
  return true;
}

/* True: it is tried again. */
static bool again(RetryReq *req, int status) {
  Retry *r = req->retry;
  double wait = backoff(req), left = req->deadline - loop_now();
  if (req->times.ask >= 0) wait = req->times.ask + jitter(r->rule.delay);
  double pause = limit_paused(r->limit);
  if (req->retried >= req->retries) req->gave_up = "attempts";
  else if (pause > 0 && pause >= left) req->gave_up = "pause";
  else if (wait >= left) req->gave_up = "time";
  else if (!may_charge(req)) req->gave_up = "quota";
  if (req->gave_up) return false;
  req->timer = loop_timer(r->loop, wait, on_wait, req);
  if (!req->timer) return false;   /* the failure itself is told */
  tell(req, status, fmax(wait, pause));
  req->lost = is_lost(req, status);
  req->waiting = loop_now();
  req->retried++;
  return true;
}

static void on_end(void *ctx, AuthReq *auth) {
  RetryReq *req = ctx;
  int status = status_of(req);
  (void)auth;
  if (is_passing(status)) heed(req, status);
  else if (auth_req_err(req->auth)->kind == ERR_NONE && status < 500)
    limit_succeeded(req->retry->limit, req->retried == 0);
  bool repeat = may_repeat(req);
  if (repeat && again(req, status)) {
    limit_leave(&req->turn);
    return;
  }
  req->err = *auth_req_err(req->auth);
  finish(req);
}

static RetryReq *new_req(Retry *r, const HttpCall *call, int retries) {
  RetryReq *req = calloc(1, sizeof *req);
  if (!req) return NULL;
  req->retries = retries >= 0 ? retries : r->rule.retries;
  req->repeatable = call->repeatable;
  req->operation = call->operation;
  req->timeout = call->timeout > 0 ? call->timeout : r->rule.timeout;
  req->times.ask = -1;
  req->turn.fn = on_turn;
  req->turn.ctx = req;
  return req;
}

RetryReq *retry_send(Retry *r, const HttpCall *call, int flags,
                     const char *const *without, size_t nwithout, int retries,
                     retry_done *fn, void *ctx, Err *err) {
  RetryReq *req = new_req(r, call, retries);
  HttpCall mine = *call;
  if (!req) {
    out_of_memory(err);
    return NULL;
  }
  mine.tag = req;
  req->auth = auth_req_new(r->auth, &mine, flags, without, nwithout, on_end,
                           req, err);
  if (!req->auth) {
    retry_req_free(req);
    return NULL;
  }
  req->retry = r;
  req->next = r->reqs;
  if (r->reqs) r->reqs->prev = req;
  r->reqs = req;
  if (enter(req, req->timeout, err) < 0) {
    retry_req_free(req);
    return NULL;
  }
  /* From here on: done is for what happens later. */
  req->fn = fn;
  req->ctx = ctx;
  return req;
}

void retry_req_free(RetryReq *req) {
  if (!req) return;
  stop(req);
  auth_req_free(req->auth);
  free(req);
}

const AuthReq *retry_req_auth(const RetryReq *req) {
  return req->auth;
}

int retry_req_attempts(const RetryReq *req) {
  int sent = auth_req_attempts(req->auth);
  return sent > req->begun ? sent : req->begun;
}

const Err *retry_req_err(const RetryReq *req) {
  return &req->err;
}

const char *retry_req_gave_up(const RetryReq *req) {
  return req->gave_up;
}

bool retry_req_lost(const RetryReq *req) {
  const HttpReq *http = auth_req_http(req->auth);
  return req->lost || (http && http_req_lost(http));
}

RetryTimes retry_req_times(const RetryReq *req) {
  return req->times;
}

bool retry_req_maybe_sent(const RetryReq *req) {
  return !is_unsent(req);
}
