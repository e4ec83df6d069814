/* authwait.c - who waits for a token, and what becomes of them. */
/* SPDX-License-Identifier: MIT */
#include "authreq.h"

static int out_of_memory(Err *err) {
  return err_set(err, ERR_SCRIPT, "out of memory");
}

/* Queues. */

static void enqueue(Queue *q, AuthReq *req) {
  req->queue = q;
  req->next = NULL;
  req->prev = q->tail;
  if (q->tail) q->tail->next = req;
  else q->head = req;
  q->tail = req;
}

static void dequeue(AuthReq *req) {
  Queue *q = req->queue;
  if (!q) return;
  if (req->prev) req->prev->next = req->next;
  else q->head = req->next;
  if (req->next) req->next->prev = req->prev;
  else q->tail = req->prev;
  req->queue = NULL;
  req->next = req->prev = NULL;
}

void auth_stop_timer(AuthReq *req) {
  if (req->timer && req->auth) loop_timer_cancel(req->auth->loop, req->timer);
  req->timer = NULL;
}

void auth_move(AuthReq *req, Queue *q) {
  dequeue(req);
  enqueue(q, req);
}

/* Waits for nothing any more. */
void auth_leave(AuthReq *req) {
  dequeue(req);
  auth_stop_timer(req);
}

void auth_orphan(Queue *q) {
  while (q->head) {
    AuthReq *req = q->head;
    auth_leave(req);
    http_req_free(req->http);
    req->http = NULL;
    req->auth = NULL;
    err_set(&req->err, ERR_CANCELLED, "the request was cancelled");
  }
}

void auth_finish(AuthReq *req) {
  auth_leave(req);
  req->auth = NULL;
  if (req->fn) req->fn(req->ctx, req);   /* req and auth may be gone now */
}

/* Waiting. */

static void on_timer(void *ctx) {
  AuthReq *req = ctx;
  req->timer = NULL;
  auth_finish(req);
}

/* Nothing is sent for who only wants the token; done is called later, as
   always. */
int auth_end_soon(AuthReq *req, Err *err) {
  req->timer = loop_timer(req->auth->loop, 0, on_timer, req);
  if (!req->timer) return out_of_memory(err);
  auth_move(req, &req->auth->running);
  return 0;
}

/* The time of the call is over before it has a token. A login that nobody
   waits for any more is not worth its end. */
static void on_late(void *ctx) {
  AuthReq *req = ctx;
  Auth *auth = req->auth;
  const char *service = auth->spec.service;
  req->timer = NULL;
  err_set(&req->err, ERR_TIMEOUT, auth->polling
          ? "another process was still logging in to %s when the time of the "
            "call was over; if it hangs, end it, else raise 'timeout' of %s"
          : "the login to %s was not answered before the time of the call was "
            "over; if it is known to be slow, raise 'timeout' of %s",
          service, service);
  req->err.retryable = true;
  dequeue(req);
  if (!auth->waiting.head) auth_acquire_stop(auth);
  auth_finish(req);
}

/* Until there is a token, but not beyond the call's time. */
int auth_wait(AuthReq *req, Err *err) {
  Auth *auth = req->auth;
  if (req->call.deadline > 0) {
    req->timer = loop_timer(auth->loop, req->call.deadline - loop_now(),
                            on_late, req);
    if (!req->timer) return out_of_memory(err);
  }
  req->login = auth->logins;
  auth_move(req, &auth->waiting);
  return 0;
}

/* Requests that a callback adds meanwhile wait for a later login. */
void auth_login_over(Auth *auth, const Err *err, bool bought) {
  unsigned login = auth->logins;
  LoginReply *reply = auth->failed;
  auth->failed = NULL;
  auth->busy++;
  while (auth->waiting.head && auth->waiting.head->login <= login) {
    AuthReq *req = auth->waiting.head;
    if (bought) req->logins++;
    if (err) req->err = *err;
    if (err && reply) {
      reply->refs++;
      req->reply = reply;
    }
    if (err || auth_start(req, &req->err)) auth_finish(req);
  }
  auth->busy--;
  auth_reply_release(reply);
  if (auth->freed) auth_free(auth);
}
