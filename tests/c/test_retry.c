/* test_retry.c - what is sent again, when, how often, and what never is. */
/* SPDX-License-Identifier: MIT */
#include "retry.h"

#include <math.h>
#include <string.h>

#include "http.h"
#include "log.h"
#include "peer.h"
#include "tap.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define BUSY "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy"

static Loop *loop;
static Peer *peer;
static Http *http;
static Auth *auth;
static Limit *limit;
static Retry *retry;

static int lookup(void *ctx, const char *name, const char **value, size_t *len,
                  bool *secret, Err *err) {
  (void)ctx, (void)name, (void)len, (void)secret, (void)err;
  *value = NULL;
  return 0;
}

static const RetryRule quick = { .service = "ixon", .retries = 3,
  .delay = 0.02, .max_delay = 0.05, .timeout = 10 };

static void open_all(const char *base, const RetryRule *rule, double quota,
                     int concurrency) {
  Err err = { 0 };
  AuthSpec spec = { .service = "ixon" };
  HttpOptions options = { .service = "ixon", .base = base };
  LimitRule limits = { .service = "ixon", .quota = quota, .longest_pause = 30,
                       .concurrency = concurrency };
  http = http_new(loop, &options, &err);
  if (http) auth = auth_new(http, base, &spec, lookup, NULL, &err);
  if (auth) limit = limit_get(loop, base, &limits, &err);
  if (limit) retry = retry_new(loop, auth, limit, rule, &err);
  if (!retry) exit(2);
}

static void close_all(void) {
  retry_free(retry);
  limit_release(limit);
  auth_free(auth);
  http_free(http);
  retry = NULL, limit = NULL, auth = NULL, http = NULL;
  peer_forget(peer);
}

static void on_done(void *ctx, RetryReq *req) {
  (void)req;
  ++*(int *)ctx;
}

static void run(const int *count, int want) {
  Err err = { 0 };
  double end = loop_now() + 30;
  while (*count < want && loop_now() < end) loop_step(loop, 1, &err);
  if (*count < want) ok(0, "ended in time");
}

/* The call at path of base, started. */
static RetryReq *start(const char *base, const char *method, const char *path,
                       bool repeatable, double timeout, int *count) {
  static char urls[64][128];
  static int next;
  Err err = { 0 };
  char *url = urls[next++ % 64];
  snprintf(url, sizeof urls[0], "%s%s", base, path);
  HttpCall call = { .method = method, .url = url, .repeatable = repeatable,
                    .timeout = timeout, .operation = "things.call" };
  if (strcmp(method, "POST") == 0) call.body = "{}", call.body_len = 2;
  RetryReq *r = retry_send(retry, &call, AUTH_NONE, NULL, 0, -1, on_done,
                           count, &err);
  if (!r) printf("# %s\n", err.text);
  return r;
}

static RetryReq *call(const char *method, const char *path, bool repeatable) {
  int count = 0;
  RetryReq *r = start(peer_base(peer), method, path, repeatable, 0, &count);
  if (r) run(&count, 1);
  return r;
}

static int status(const RetryReq *r) {
  const HttpReq *h = auth_req_http(retry_req_auth(r));
  return h ? http_req_status(h) : 0;
}

static int attempts(const RetryReq *r) {
  return auth_req_attempts(retry_req_auth(r));
}

static void test_passing(void) {
  static const int passing[] = { 408, 429, 502, 503, 504 };
  static const int lasting[] = { 400, 401, 404, 409, 500, 501 };
  open_all(peer_base(peer), &quick, 100, 0);
  for (size_t i = 0; i < sizeof passing / sizeof *passing; i++) {
    peer_forget(peer);
    peer_on(peer, (PeerReply){ .times = 2,
            .bytes = peer_text(peer, passing[i], NULL, "no") });
    peer_on(peer, (PeerReply){ .bytes = OK });
    RetryReq *r = call("GET", "/a", true);
    ok(status(r) == 200 && attempts(r) == 3, "a read goes on after it");
    ok(!retry_req_gave_up(r), "and has not given up");
    retry_req_free(r);
    peer_forget(peer);
    peer_on(peer, (PeerReply){
            .bytes = peer_text(peer, passing[i], NULL, "no") });
    r = call("POST", "/a", false);
    is_int(status(r), passing[i], "a create has that answer");
    ok(attempts(r) == 1 && peer_requests(peer, NULL) == 1, "and is sent once");
    retry_req_free(r);
  }
  for (size_t i = 0; i < sizeof lasting / sizeof *lasting; i++) {
    peer_forget(peer);
    peer_on(peer, (PeerReply){
            .bytes = peer_text(peer, lasting[i], NULL, "no") });
    RetryReq *r = call("GET", "/a", true);
    ok(status(r) == lasting[i] && attempts(r) == 1 && !retry_req_gave_up(r),
       "any other answer is one");
    retry_req_free(r);
  }
  close_all();
}

/* Of an attempt before the last one nobody knows what it did. */
static void test_lost(void) {
  static const struct { const char *first; bool lost; } cases[] = {
    { "HTTP/1.1 429 No\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n", false },
    { "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", false },
    { "HTTP/1.1 504 No\r\nContent-Length: 0\r\n\r\n", true },
    { NULL, true },
  };
  open_all(peer_base(peer), &quick, 100, 0);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    peer_forget(peer);
    peer_on(peer, (PeerReply){ .times = 1, .bytes = cases[i].first,
            .end = cases[i].first ? PEER_KEEP : PEER_RESET });
    peer_on(peer, (PeerReply){ .bytes = peer_text(peer, 404, NULL, "no") });
    RetryReq *r = call("DELETE", "/a", true);
    is_int(status(r), 404, "a deletion is tried again");
    is_int(retry_req_lost(r), cases[i].lost, "what was not answered is lost");
    retry_req_free(r);
  }
  close_all();
}

static void test_attempts(void) {
  open_all(peer_base(peer), &quick, 100, 0);
  peer_on(peer, (PeerReply){ .bytes = BUSY });
  RetryReq *r = call("PUT", "/a", true);
  ok(status(r) == 503 && attempts(r) == 4, "four attempts in all");
  is_str(retry_req_gave_up(r), "attempts", "then it gives up");
  RetryTimes t = retry_req_times(r);
  ok(t.total >= t.between && t.between > 0 && t.between <= 0.2,
     "and tells how long it waited");
  retry_req_free(r);
  close_all();
}

static void test_broken(void) {
  open_all(peer_base(peer), &quick, 100, 0);
  peer_on(peer, (PeerReply){ .end = PEER_RESET, .times = 1 });
  peer_on(peer, (PeerReply){ .end = PEER_CLOSE, .times = 1,
          .bytes = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal" });
  peer_on(peer, (PeerReply){ .bytes = OK });
  RetryReq *r = call("GET", "/a", true);
  ok(status(r) == 200 && attempts(r) >= 2, "a read after a broken connection");
  retry_req_free(r);
  peer_forget(peer);
  peer_on(peer, (PeerReply){ .end = PEER_RESET });
  r = call("POST", "/a", false);
  is_int(retry_req_err(r)->kind, ERR_IN_DOUBT, "a create is in doubt");
  is_int(peer_requests(peer, NULL), 1, "and is not sent again");
  retry_req_free(r);
  close_all();
}

/* Nobody listens: nothing can have left, so creates are tried again, too. */
static void test_unsent(void) {
  Err err = { 0 };
  Loop *other = loop_new(&err);
  Peer *gone = other ? peer_new(other) : NULL;
  if (!gone) exit(2);
  char base[64];
  snprintf(base, sizeof base, "%s", peer_base(gone));
  peer_free(gone);
  loop_free(other);
  open_all(base, &quick, 100, 0);
  int count = 0;
  RetryReq *r = start(base, "POST", "/a", false, 0, &count);
  run(&count, 1);
  is_int(retry_req_err(r)->kind, ERR_NETWORK, "a create that cannot connect");
  is_int(attempts(r), 4, "is tried again");
  retry_req_free(r);
  close_all();
}

static void test_retry_after(void) {
  open_all(peer_base(peer), &quick, 100, 0);
  peer_on(peer, (PeerReply){ .times = 1, .bytes = peer_text(peer, 503,
          "Retry-After: 0.3\r\n", "no") });
  peer_on(peer, (PeerReply){ .bytes = OK });
  double began = loop_now();
  RetryReq *r = call("GET", "/a", true);
  double took = loop_now() - began;
  ok(status(r) == 200 && took >= 0.3 && took < 5, "Retry-After is heeded");
  retry_req_free(r);
  peer_forget(peer);
  peer_on(peer, (PeerReply){ .times = 1, .bytes = peer_text(peer, 503,
          "Retry-After: Thu, 01 Jan 1970 00:00:00 GMT\r\n", "no") });
  peer_on(peer, (PeerReply){ .bytes = OK });
  r = call("GET", "/a", true);
  ok(status(r) == 200 && attempts(r) == 2, "a date that is past is no wait");
  retry_req_free(r);
  peer_forget(peer);
  peer_on(peer, (PeerReply){ .bytes = peer_text(peer, 503,
          "Retry-After: 3600\r\n", "no") });
  r = call("GET", "/a", true);
  ok(status(r) == 503 && attempts(r) == 1, "an hour is more than it has");
  is_str(retry_req_gave_up(r), "time", "so it gives up at once");
  ok(fabs(retry_req_times(r).ask - 3600) < 1, "and says for how long");
  retry_req_free(r);
  close_all();
}

/* A 429 is for all calls of the service. */
static void test_pause(void) {
  int count = 0;
  open_all(peer_base(peer), &quick, 100, 1);
  peer_on(peer, (PeerReply){ .target = "GET /first", .times = 1,
          .bytes = peer_text(peer, 429, "Retry-After: 0.3\r\n", "no") });
  peer_on(peer, (PeerReply){ .bytes = OK });
  double began = loop_now();
  RetryReq *first = start(peer_base(peer), "GET", "/first", true, 0, &count);
  RetryReq *second = start(peer_base(peer), "POST", "/other", false, 0, &count);
  RetryReq *hasty = start(peer_base(peer), "GET", "/hasty", true, 0.1, &count);
  run(&count, 1);
  ok(!retry_req_gave_up(first), "the first is still on its way");
  is_int(retry_req_err(hasty)->kind, ERR_RATE_LIMITED,
         "who has not the time is told at once");
  is_str(retry_req_gave_up(hasty), "pause", "with the reason");
  is_int(peer_requests(peer, NULL), 1, "nothing else has left");
  run(&count, 3);
  ok(status(first) == 200 && status(second) == 200, "the others have waited");
  ok(loop_now() - began >= 0.3, "as long as was asked for");
  retry_req_free(first);
  retry_req_free(second);
  retry_req_free(hasty);
  close_all();
}

static void test_quota(void) {
  open_all(peer_base(peer), &quick, 4, 0);
  peer_on(peer, (PeerReply){ .bytes = BUSY });
  RetryReq *r = call("GET", "/a", true);
  is_int(attempts(r), 4, "three retries of four");
  retry_req_free(r);
  r = call("GET", "/a", true);
  is_int(attempts(r), 2, "the fourth");
  is_str(retry_req_gave_up(r), "quota", "then no more");
  retry_req_free(r);
  peer_forget(peer);
  peer_on(peer, (PeerReply){ .bytes = OK });
  for (int i = 0; i < 12; i++) retry_req_free(call("GET", "/a", true));
  peer_forget(peer);
  peer_on(peer, (PeerReply){ .bytes = BUSY });
  r = call("GET", "/a", true);
  is_int(attempts(r), 2, "until calls succeed");
  retry_req_free(r);
  close_all();
}

static void test_deadline(void) {
  int count = 0;
  open_all(peer_base(peer), &quick, 100, 0);
  peer_on(peer, (PeerReply){ .times = 1, .bytes = BUSY });
  peer_on(peer, (PeerReply){ .end = PEER_HANG });
  double began = loop_now();
  RetryReq *r = start(peer_base(peer), "GET", "/a", true, 0.5, &count);
  run(&count, 1);
  double took = loop_now() - began;
  is_int(retry_req_err(r)->kind, ERR_TIMEOUT, "the time is over");
  ok(took >= 0.45 && took < 5 && attempts(r) == 2,
     "of both attempts together");
  is_str(retry_req_gave_up(r), "time", "and none is begun beyond it");
  retry_req_free(r);
  close_all();
}

/* A turn that comes too late, or never, is not waited for. */
static void test_turn(void) {
  int count = 0, other = 0;
  open_all(peer_base(peer), &quick, 100, 1);
  peer_on(peer, (PeerReply){ .target = "GET /a", .bytes = BUSY });
  peer_on(peer, (PeerReply){ .end = PEER_HANG });
  double began = loop_now();
  RetryReq *r = start(peer_base(peer), "GET", "/a", true, 0.4, &count);
  RetryReq *slow = start(peer_base(peer), "GET", "/b", true, 0, &other);
  run(&count, 1);
  ok(loop_now() - began < 3, "the retry that stands in the queue");
  is_str(retry_req_gave_up(r), "time", "gives up when the time is over");
  is_int(status(r), 503, "with the answer it had");
  is_int(retry_req_attempts(r), 1, "of its one attempt");
  is_int(other, 0, "while the one before it goes on");
  retry_req_free(r);
  retry_req_free(slow);
  close_all();
}

/* While it waits to be sent again, somebody else is told to stay away. */
static void test_pause_later(void) {
  static const RetryRule rule = { .service = "ixon", .retries = 3,
    .delay = 0.4, .max_delay = 0.4, .timeout = 10 };
  int count = 0, other = 0;
  open_all(peer_base(peer), &rule, 100, 0);
  peer_on(peer, (PeerReply){ .target = "GET /a", .end = PEER_RESET });
  peer_on(peer, (PeerReply){ .bytes = peer_text(peer, 429,
          "Retry-After: 20\r\n", "no") });
  double began = loop_now();
  RetryReq *r = start(peer_base(peer), "GET", "/a", true, 0, &count);
  Err err = { 0 };
  while (peer_requests(peer, "GET /a") < 1) loop_step(loop, 1, &err);
  RetryReq *told = start(peer_base(peer), "GET", "/b", true, 0, &other);
  run(&other, 1);
  run(&count, 1);
  ok(loop_now() - began < 5, "the wait for a pause that is too long is none");
  is_str(retry_req_gave_up(r), "pause", "with the reason");
  is_int(retry_req_err(r)->kind, ERR_NETWORK, "and the failure that it had");
  retry_req_free(r);
  retry_req_free(told);
  close_all();
}

/* As open_all, with a login at POST /login and a limit. */
static void open_login(LimitRule limits) {
  static const AuthHeader send[] = { { "Authorization", "Bearer {token}",
                                       false } };
  static const AuthLogin login = { .method = "POST", .path = "/login",
                                   .token = "" };
  static const AuthMethod method = { .login = &login, .send = send,
                                     .nsend = 1 };
  AuthSpec spec = { .service = "ixon", .methods = &method, .nmethods = 1 };
  Err err = { 0 };
  open_all(peer_base(peer), &quick, 9, 0);
  retry_free(retry);
  auth_free(auth);
  limit_release(limit);
  limits.service = "ixon";
  auth = auth_new(http, peer_base(peer), &spec, lookup, NULL, &err);
  limit = limit_get(loop, peer_base(peer), &limits, &err);
  retry = auth && limit ? retry_new(loop, auth, limit, &quick, &err) : NULL;
  if (!retry) exit(2);
}

/* GET /a behind a login, started. */
static RetryReq *start_login(int *count) {
  HttpCall c = { .method = "GET", .repeatable = true };
  char url[128];
  Err err = { 0 };
  snprintf(url, sizeof url, "%s/a", peer_base(peer));
  c.url = url;
  RetryReq *r = retry_send(retry, &c, 0, NULL, 0, -1, on_done, count, &err);
  if (!r) exit(2);
  return r;
}

/* The login and the call once more with a new token use up the rate, too. */
static void test_logins_count(void) {
  open_login((LimitRule){ .quota = 9, .requests = 5, .seconds = 0.6 });
  peer_on(peer, (PeerReply){ .target = "POST /login",
          .bytes = peer_text(peer, 200, NULL, "bought") });
  peer_on(peer, (PeerReply){ .target = "GET /a", .times = 1,
          .bytes = peer_text(peer, 401, NULL, "no") });
  peer_on(peer, (PeerReply){ .bytes = OK });
  double began = loop_now();
  for (int i = 0; i < 3; i++) {
    int count = 0;
    RetryReq *r = start_login(&count);
    run(&count, 1);
    is_int(status(r), 200, "a call that needs a login");
    retry_req_free(r);
    if (i == 1) ok(loop_now() - began < 0.6, "five requests go at once");
  }
  is_int(peer_requests(peer, NULL), 6, "two logins, four calls");
  ok(loop_now() - began >= 0.6, "the sixth waits");
  close_all();
}

enum { CALLS = 24 };

static double came[2 * CALLS];   /* when each call was at the peer */
static int arrived;

static void on_request(void *ctx, const char *bytes, size_t n) {
  (void)ctx, (void)n;
  if (strncmp(bytes, "GET", 3) == 0 && arrived < 2 * CALLS)
    came[arrived++] = loop_now();
}

/* Turns come while the login takes its time; what has one leaves when there is
   a token, which must not be all at once. */
static void test_slow_login(void) {
  RetryReq *r[CALLS];
  int count = 0;
  open_login((LimitRule){ .quota = 9, .requests = 6, .seconds = 0.1 });
  peer_on(peer, (PeerReply){ .target = "POST /login", .delay = 0.5,
          .bytes = peer_text(peer, 200, NULL, "bought") });
  peer_on(peer, (PeerReply){ .bytes = OK });
  peer_watch(peer, on_request, NULL);
  for (int i = 0; i < CALLS; i++) r[i] = start_login(&count);
  run(&count, CALLS);
  bool kept = arrived == CALLS;
  for (int i = 6; i < arrived; i++)
    kept = kept && came[i] - came[i - 6] >= 0.05;   /* peers are late */
  ok(kept, "the rate holds behind a slow login");
  peer_watch(peer, NULL, NULL);
  for (int i = 0; i < CALLS; i++) retry_req_free(r[i]);
  close_all();
}

/* One login that fails for many is one failure. */
static void test_shared_login(void) {
  RetryReq *r[CALLS];
  int count = 0, good = 0;
  open_login((LimitRule){ .quota = 2 });
  peer_on(peer, (PeerReply){ .target = "POST /login", .times = 2,
                             .bytes = BUSY });
  peer_on(peer, (PeerReply){ .target = "POST /login",
          .bytes = peer_text(peer, 200, NULL, "bought") });
  peer_on(peer, (PeerReply){ .bytes = OK });
  for (int i = 0; i < CALLS; i++) r[i] = start_login(&count);
  run(&count, CALLS);
  for (int i = 0; i < CALLS; i++) {
    good += auth_req_http(retry_req_auth(r[i])) && status(r[i]) == 200;
    retry_req_free(r[i]);
  }
  is_int(good, CALLS, "a login that fails for many costs one retry");
  close_all();
}

static void test_cancel(void) {
  static const RetryRule slow = { .service = "ixon", .retries = 3,
    .delay = 1000, .max_delay = 1000, .timeout = 5000 };
  int count = 0;
  Err err = { 0 };
  open_all(peer_base(peer), &slow, 100, 2);
  peer_on(peer, (PeerReply){ .bytes = BUSY });
  RetryReq *r[4];
  for (int i = 0; i < 4; i++)
    r[i] = start(peer_base(peer), "GET", "/a", true, 0, &count);
  double end = loop_now() + 20;
  while (peer_requests(peer, NULL) < 4 && loop_now() < end)
    loop_step(loop, 1, &err);
  retry_req_free(r[0]);       /* in the wait before its retry */
  retry_free(retry);
  retry = NULL;
  is_int(retry_req_err(r[3])->kind, ERR_CANCELLED, "cancelled with the rest");
  is_int(count, 0, "done is not called");
  for (int i = 1; i < 4; i++) retry_req_free(r[i]);
  close_all();
}

int main(void) {
  Err err = { 0 };
  log_set_level(LOG_ERROR);
  loop = loop_new(&err);
  if (!loop) return 2;
  peer = peer_new(loop);
  test_passing();
  test_lost();
  test_attempts();
  test_broken();
  test_unsent();
  test_retry_after();
  test_pause();
  test_quota();
  test_deadline();
  test_turn();
  test_pause_later();
  test_logins_count();
  test_slow_login();
  test_shared_login();
  test_cancel();
  peer_free(peer);
  loop_free(loop);
  return done();
}
