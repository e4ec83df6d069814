/* test_authcache.c - logins spared by a kept token, and shared by processes. */
/* SPDX-License-Identifier: MIT */
#include "auth.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "peer.h"
#include "redact.h"
#include "sys.h"
#include "tap.h"
#include "tokencache.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define NO "HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno"
#define LEN(a) (sizeof(a) / sizeof *(a))
#define LOGIN "POST /auth"

enum { MANY = 10 };

static Loop *loop;
static Peer *peer;
static Http *http;
static char dir[] = "/tmp/authcache.XXXXXX";

/* The account: a value is asked for if its name is in asked. */
static const char *user, *password, *otp, *company, *given, *asked;
static int questions;

static const char *value_of(const char *name) {
  if (strcmp(name, "user") == 0) return user;
  if (strcmp(name, "password") == 0) return password;
  if (strcmp(name, "otp") == 0) return otp;
  if (strcmp(name, "company") == 0) return company;
  return strcmp(name, "token") == 0 ? given : NULL;
}

static bool is_secret(const char *name) {
  return strcmp(name, "user") != 0 && strcmp(name, "company") != 0;
}

static bool is_asked(const char *name) {
  return asked && strstr(asked, name);
}

static int lookup(void *ctx, const char *name, const char **value, size_t *len,
                  bool *secret, Err *err) {
  (void)ctx, (void)err;
  if (is_asked(name)) questions++;
  *value = value_of(name);
  *len = *value ? strlen(*value) : 0;
  *secret = is_secret(name);
  return 0;
}

static int known(void *ctx, const char *name, Buf *out, Err *err) {
  (void)ctx;
  if (is_asked(name))
    return buf_puts(out, "a question on the terminal") ? -1 : AUTH_ASKED;
  const char *value = value_of(name);
  if (!value) return AUTH_UNSET;
  if (strcmp(value, "unreadable") == 0) return err_set(err, ERR_CONFIG, "no");
  if (buf_puts(out, value)) return -1;
  return is_secret(name) ? AUTH_SECRET : AUTH_PLAIN;
}

static const char *const need_token[] = {"token"};
static const char *const need_login[] = {"user", "password"};
static const AuthHeader bearer[] = {{"Authorization", "Bearer {token}", false}};
static const AuthHeader service_headers[] = {{"Company", "{company}", false}};
static AuthLogin login;
static AuthMethod methods[2];

static void reset(void) {
  user = "new.hire@example.com", password = "s3cret-1", otp = NULL;
  company = "1111", given = asked = NULL;
  questions = 0;
  login = (AuthLogin){.method = "POST", .path = "/auth",
    .body = "{\"u\":\"{user}\",\"p\":\"{password}\",\"o\":\"{otp}\"}",
    .token = "", .lifetime = 3600};
  methods[0] = (AuthMethod){.needs = need_token, .nneeds = 1, .send = bearer,
                            .nsend = 1};
  methods[1] = (AuthMethod){.needs = need_login, .nneeds = 2, .login = &login,
                            .send = bearer, .nsend = 1};
  Buf removed;
  buf_init(&removed, 1 << 16);
  tokencache_remove(dir, NULL, 0.2, &removed, NULL);
  buf_clear(&removed);
  peer_forget(peer);
}

static Auth *open_for(const char *base, double wait) {
  AuthSpec spec = {.service = "acme", .headers = service_headers,
                   .nheaders = 1, .methods = methods, .nmethods = 2};
  AuthKeep keep = {.dir = dir, .name = "acme@default",
                   .known = known, .wait = wait};
  Err err = {0};
  Auth *a = auth_new(http, base, &spec, lookup, NULL, &err);
  if (!a || auth_keep_tokens(a, &keep, &err)) exit(2);
  return a;
}

/* As another process would: it knows what is in the file. */
static Auth *process(void) {
  return open_for(peer_base(peer), 0);
}

static void on_done(void *ctx, AuthReq *req) {
  (void)req;
  ++*(int *)ctx;
}

static void run(const int *count, int want) {
  Err err = {0};
  double end = loop_now() + 30;
  while (*count < want && loop_now() < end) loop_step(loop, 1, &err);
  if (*count < want) ok(0, "ended in time");
}

static AuthReq *begin(Auth *a, int *finished) {
  char url[256];
  Err err = {0};
  snprintf(url, sizeof url, "%s/x", peer_base(peer));
  HttpCall c = {.method = "GET", .url = url, .repeatable = true};
  AuthReq *r = auth_send(a, &c, 0, NULL, 0, on_done, finished, &err);
  if (!r) printf("# %s\n", err.text);
  return r;
}

static AuthReq *end(AuthReq *r, int *finished) {
  if (r) run(finished, 1);
  else ok(0, "is sent");
  return r;
}

/* Status of a call, 0 if none came. */
static int call(Auth *a) {
  int finished = 0;
  AuthReq *r = end(begin(a, &finished), &finished);
  int status = r && auth_req_http(r) ? http_req_status(auth_req_http(r)) : 0;
  auth_req_free(r);
  return status;
}

/* The same by a process of its own. */
static int run_one(void) {
  Auth *a = process();
  int status = call(a);
  auth_free(a);
  return status;
}

static void grants(const char *token, int times) {
  peer_on(peer, (PeerReply){.target = LOGIN, .times = times,
                            .bytes = peer_text(peer, 200, NULL, token)});
}

static void answers(const char *bytes, int times) {
  peer_on(peer, (PeerReply){.target = "GET /x", .bytes = bytes,
                            .times = times});
}

static bool sent_has(const char *part) {
  return strstr(peer_last(peer), part) != NULL;
}

static int logins(void) {
  return peer_requests(peer, LOGIN);
}

static void test_spared(void) {
  asked = "password otp";
  grants("kept-token-1", 0);
  answers(OK, 0);
  Auth *a = process();
  AuthToken token;
  auth_token(a, &token);
  ok(!token.there && !token.kept && token.path, "no token yet");
  is_int(call(a), 200, "the first process");
  auth_token(a, &token);
  ok(token.there && token.kept && token.expires > sys_clock() + 3500,
     "has one that is kept");
  auth_free(a);
  ok(questions > 0, "for which it asked");
  questions = 0;
  a = process();
  auth_token(a, &token);
  ok(token.there && token.kept && token.expires > sys_clock() + 3500,
     "the second one finds it");
  int finished = 0;
  AuthReq *r = end(begin(a, &finished), &finished);
  ok(sent_has("Bearer kept-token-1\r\n") && sent_has("Company: 1111\r\n"),
     "and sends it");
  is_int(auth_req_logins(r), 0, "without a login");
  is_int(questions, 0, "or a question");
  is_int(logins(), 1, "one login in all");
  auth_req_free(r);
  auth_free(a);
}

/* After a change: does the next process log in? */
static void changed(int want, const char *what) {
  int before = logins();
  is_int(run_one(), 200, "a call");
  is_int(logins() - before, want, what);
}

static void test_account(void) {
  grants("kept-token-2", 0);
  answers(OK, 0);
  changed(1, "the first");
  changed(0, "nothing has changed");
  password = "s3cret-2";
  changed(1, "another password logs in");
  user = "other@example.com";
  changed(1, "so does another user");
  company = "2222";
  changed(1, "and another company");
  otp = "123456";
  changed(0, "a one-time password says nothing of who it is");
  otp = "654321";
  changed(0, "whichever it is");
  asked = "password";
  changed(1, "the password comes from elsewhere");
  password = "s3cret-3";
  changed(0, "what would be asked for is not known to have changed");
  char other[64];
  snprintf(other, sizeof other, "http://localhost:%d", peer_port(peer));
  Auth *a = open_for(other, 0);
  AuthToken token;
  auth_token(a, &token);
  ok(!token.there, "nor does another base URL have the token");
  auth_free(a);
  asked = NULL;
  password = "unreadable";
  a = process();
  auth_token(a, &token);
  ok(!token.there, "a setting that cannot be read: no token");
  auth_free(a);
  given = "given-token";
  changed(0, "a token that is given needs no login");
  ok(sent_has("Bearer given-token\r\n"), "and is sent");
}

static void test_refused(void) {
  grants("dead-token", 1);
  grants("live-token", 0);
  answers(OK, 1);
  answers(NO, 1);
  answers(OK, 0);
  is_int(run_one(), 200, "a token is kept");
  is_int(run_one(), 200, "and refused later");
  is_int(logins(), 2, "one more login");
  is_int(peer_requests(peer, "GET /x"), 3, "one repeat");
  is_int(run_one(), 200, "a third process");
  ok(sent_has("Bearer live-token\r\n"), "has the new one");
  is_int(logins(), 2, "without a login");
}

/* The way that seemed to be there turns out not to be. */
static void test_guess(void) {
  grants("dead-token", 0);
  answers(OK, 1);
  answers(NO, 0);
  asked = "password";
  is_int(run_one(), 200, "a token is kept");
  password = "";
  Auth *a = process();
  int finished = 0;
  AuthReq *r = end(begin(a, &finished), &finished);
  is_int(auth_req_err(r)->kind, ERR_AUTH, "an empty answer is no password");
  ok(strstr(auth_req_err(r)->text, "'password'"), auth_req_err(r)->text);
  is_int(logins(), 1, "and is not sent");
  auth_req_free(r);
  auth_free(a);
}

/* Two long-lived processes, and both their tokens die at once. */
static void test_both_dead(void) {
  grants("dead-token-a", 1);
  grants("dead-token-b", 1);
  grants("live-token", 0);
  answers(OK, 2);
  answers(NO, 2);
  answers(OK, 0);
  Auth *a = process();
  is_int(call(a), 200, "a token is bought");
  Err err = {0};
  int finished = 0;
  Auth *b = process();
  AuthReq *r = auth_login(b, true, on_done, &finished, &err);
  run(&finished, 1);
  ok(!auth_req_http(r) && auth_req_err(r)->kind == ERR_NONE, "and another");
  auth_req_free(r);
  is_int(call(b), 200, "both are good");
  is_int(call(a), 200, "until they are refused, the kept one too");
  ok(sent_has("Bearer live-token\r\n"), "then a third is bought");
  is_int(logins(), 3, "by one login");
  auth_free(a);
  is_int(call(b), 200, "the other process");
  auth_free(b);
  is_int(run_one(), 200, "a later one");
  is_int(logins(), 3, "needs none");
}

static void hold(TokenCache **other) {
  *other = tokencache_new(dir, "acme@default");
  is_int(tokencache_lock(*other), 1, "another process logs in");
}

/* What auth_cache_store would write for this account, by a real login. */
static void test_waits(void) {
  grants("their-token", 0);
  answers(OK, 0);
  TokenCache *other;
  AuthReq *reqs[MANY];
  int finished = 0;
  Err err = {0};
  hold(&other);
  Auth *a = process();
  for (int i = 0; i < MANY; i++) reqs[i] = begin(a, &finished);
  double stop = loop_now() + 0.2;
  while (loop_now() < stop) loop_step(loop, 0.05, &err);
  is_int(peer_requests(peer, NULL), 0, "while it does, we do not");
  auth_req_free(reqs[0]);
  tokencache_free(other);
  run(&finished, MANY - 1);
  is_int(logins(), 1, "it ended without a token: we log in, once for all");
  for (int i = 1; i < MANY; i++) auth_req_free(reqs[i]);
  auth_free(a);
  /* The second time it ends with one. */
  Buf file;
  char path[300];
  snprintf(path, sizeof path, "%s/acme@default.token", dir);
  buf_init(&file, 1 << 20);
  if (sys_read_file(&file, path, &err) || unlink(path)) ok(0, "read");
  hold(&other);
  a = process();
  finished = 0;
  for (int i = 0; i < MANY; i++) reqs[i] = begin(a, &finished);
  if (sys_write_file(path, buf_str(&file), file.len, 0600, &err))
    ok(0, "written");
  tokencache_unlock(other);
  run(&finished, MANY);
  is_int(logins(), 1, "it ended with a token: we do not log in");
  int counted = 0;
  for (int i = 0; i < MANY; i++) counted += auth_req_logins(reqs[i]);
  is_int(counted, 0, "nor say that we did");
  for (int i = 0; i < MANY; i++) auth_req_free(reqs[i]);
  is_int(tokencache_lock(other), 1, "the lock is not kept");
  tokencache_free(other);
  auth_free(a);
  buf_wipe(&file);
}

static void test_bounded(void) {
  int fds[2];
  char text[2000] = "";
  TokenCache *other;
  grants("impatient-token", 0);
  answers(OK, 0);
  if (pipe(fds)) exit(2);
  log_set_fd(fds[1]);
  hold(&other);
  Auth *a = open_for(peer_base(peer), 0.1);
  is_int(call(a), 200, "who hangs is not waited for without end");
  log_set_fd(2);
  ok(read(fds[0], text, sizeof text - 1) > 0 && strstr(text, "acme") &&
     strstr(text, "another process"), "which is said");
  is_int(tokencache_lock(other), 1, "the lock stays theirs");
  tokencache_free(other);
  auth_free(a);
  close(fds[0]);
  close(fds[1]);
}

static void test_given_up(void) {
  TokenCache *other;
  int finished = 0;
  Err err = {0};
  hold(&other);
  Auth *a = process();
  AuthReq *one = begin(a, &finished), *two = begin(a, &finished);
  auth_req_free(one);
  auth_req_free(two);
  tokencache_unlock(other);
  for (int i = 0; i < 4; i++) loop_step(loop, 0.05, &err);
  is_int(peer_requests(peer, NULL), 0, "nobody waits: nobody logs in");
  is_int(tokencache_lock(other), 1, "or has the lock");
  one = begin(a, &finished);
  auth_free(a);
  is_int(auth_req_err(one)->kind, ERR_CANCELLED, "auth_free cancels the wait");
  auth_req_free(one);
  tokencache_unlock(other);
  peer_on(peer, (PeerReply){.target = LOGIN, .end = PEER_HANG});
  a = process();
  one = begin(a, &finished);
  while (logins() < 1) loop_step(loop, 1, &err);
  is_int(tokencache_lock(other), 0, "a login in flight has the lock");
  auth_req_free(one);
  is_int(tokencache_lock(other), 1, "until it is cancelled");
  tokencache_free(other);
  auth_free(a);
  is_int(finished, 0, "nobody was called back");
}

static void test_failed(void) {
  peer_on(peer, (PeerReply){.target = LOGIN, .times = 1, .bytes =
    peer_text(peer, 429, "Retry-After: 17\r\nX-Id: a1\r\n", "slow down")});
  /* Twice, as the first one is on a kept connection. */
  peer_on(peer, (PeerReply){.target = LOGIN, .times = 2, .end = PEER_CLOSE});
  grants("late-token", 0);
  answers(OK, 0);
  Auth *a = process();
  int finished = 0;
  AuthReq *reqs[MANY];
  for (int i = 0; i < MANY; i++) reqs[i] = begin(a, &finished);
  run(&finished, MANY);
  int good = 0;
  for (int i = 0; i < MANY; i++) {
    const char *value = auth_req_login_header(reqs[i], "retry-after");
    good += value && strcmp(value, "17") == 0 && !auth_req_http(reqs[i]) &&
            auth_req_err(reqs[i])->status == 429 &&
            http_req_status(auth_req_login(reqs[i])) == 429;
  }
  is_int(good, MANY, "Retry-After of a login is there for all who waited");
  is_int(auth_req_logins(reqs[0]), 1, "for one login");
  ok(!auth_req_login_header(reqs[0], "X-None"), "a header that is not there");
  for (int i = 1; i < MANY; i++) auth_req_free(reqs[i]);
  TokenCache *other;
  hold(&other);
  tokencache_free(other);
  Err err = {0};
  finished = 0;
  is_int(auth_req_start(a, reqs[0], 0, &err), 0, "started again");
  ok(!auth_req_login(reqs[0]), "what was is gone");
  run(&finished, 1);
  ok(auth_req_login(reqs[0]) && !auth_req_login_header(reqs[0], "X-Id") &&
     http_req_status(auth_req_login(reqs[0])) == 0,
     "a login that got no answer");
  finished = 0;
  is_int(auth_req_start(a, reqs[0], 0, &err), 0, "and again");
  run(&finished, 1);
  ok(http_req_status(auth_req_http(reqs[0])) == 200 &&
     !auth_req_login(reqs[0]), "at last");
  auth_free(a);
  auth_req_free(reqs[0]);
}

static void test_login(void) {
  Err err = {0};
  int finished = 0;
  grants("first-token", 1);
  grants("renewed-token", 0);
  answers(OK, 0);
  Auth *a = process();
  AuthReq *r = auth_login(a, false, on_done, &finished, &err);
  is_int(finished, 0, "auth_login calls nobody back");
  run(&finished, 1);
  is_int(auth_req_logins(r), 1, "it logs in");
  auth_req_free(r);
  finished = 0;
  r = auth_login(a, false, on_done, &finished, &err);
  ok(r && finished == 0 && auth_req_pending(r), "nor when there is a token");
  run(&finished, 1);
  is_int(auth_req_logins(r), 0, "then it does not");
  ok(!auth_req_pending(r) && !auth_req_http(r), "and sends nothing else");
  auth_req_free(r);
  r = auth_login(a, false, on_done, &finished, &err);
  auth_req_free(r);
  r = auth_login(a, false, on_done, &finished, &err);
  auth_free(a);
  is_int(auth_req_err(r)->kind, ERR_CANCELLED, "auth_free cancels it");
  auth_req_free(r);
  a = process();
  finished = 0;
  r = auth_login(a, true, on_done, &finished, &err);
  run(&finished, 1);
  is_int(logins(), 2, "renew logs in though a token is kept");
  auth_req_free(r);
  is_int(call(a), 200, "a call");
  ok(sent_has("Bearer renewed-token\r\n"), "has the new one");
  auth_free(a);
  is_int(run_one(), 200, "and so has");
  ok(sent_has("Bearer renewed-token\r\n"), "the next process");
  password = NULL;
  a = process();
  ok(!auth_login(a, false, on_done, &finished, &err) &&
     err.kind == ERR_AUTH, "without a credential there is no login");
  auth_free(a);
}

/* A token that does not say how long it lives is kept for an hour at most. */
static void test_unknown_life(void) {
  login.lifetime = 0;
  grants("opaque-token", 0);
  answers(OK, 0);
  Auth *a = process();
  AuthToken token;
  is_int(call(a), 200, "a token of unknown life");
  auth_token(a, &token);
  ok(token.there && token.kept && token.expires == 0, "is said to be that");
  auth_free(a);
  a = process();
  auth_token(a, &token);
  ok(token.there && token.expires < sys_clock() + 3601, "and kept an hour");
  auth_free(a);
}

/* Nowhere to write: all goes on as without a cache. */
static void test_no_place(void) {
  static char good[sizeof dir];
  memcpy(good, dir, sizeof dir);
  memcpy(dir, "/dev/null", 10);
  int fds[2];
  char text[2000] = "";
  grants("homeless-token", 0);
  answers(OK, 0);
  if (pipe(fds)) exit(2);
  log_set_fd(fds[1]);
  is_int(run_one(), 200, "without a place a call goes on");
  log_set_fd(2);
  ok(read(fds[0], text, sizeof text - 1) > 0 && strstr(text, "/dev/null"),
     "with a warning that names it");
  is_int(logins(), 1, "after a login");
  close(fds[0]);
  close(fds[1]);
  memcpy(dir, good, sizeof dir);
}

int main(void) {
  Err err = {0};
  unsetenv("http_proxy"), unsetenv("all_proxy"), unsetenv("ALL_PROXY");
  if (!mkdtemp(dir)) return 2;
  loop = loop_new(&err);
  HttpOptions options = {.service = "acme"};
  http = http_new(loop, &options, &err);
  if (!loop || !http) return 2;
  void (*const tests[])(void) = {
    test_spared, test_account, test_refused, test_guess, test_both_dead,
    test_waits, test_bounded, test_given_up, test_failed, test_login,
    test_unknown_life, test_no_place,
  };
  for (size_t i = 0; i < LEN(tests); i++) {
    peer = peer_new(loop);
    reset();
    tests[i]();
    peer_free(peer);
  }
  peer = peer_new(loop);
  reset();
  peer_free(peer);
  char path[300];
  snprintf(path, sizeof path, "%s/acme@default.lock", dir);
  unlink(path);
  is_int(rmdir(dir), 0, "no file is left but the lock");
  http_free(http);
  loop_free(loop);
  redact_forget();
  return done();
}
