/* test_auth.c - credentials, logins shared and renewed, what may not leak. */
/* SPDX-License-Identifier: MIT */
#include "auth.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "peer.h"
#include "redact.h"
#include "tap.h"
#include "text.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define NO "HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno"
#define LEN(a) (sizeof(a) / sizeof *(a))

enum { MANY = 20 };

static Loop *loop;
static Peer *peer;
static Http *http;

/* The settings of the account: name, value, ..., NULL. */
static const char *const *settings;
static int lookups;

static int lookup(void *ctx, const char *name, const char **value, size_t *len,
                  bool *secret, Err *err) {
  (void)ctx;
  lookups++;
  *value = NULL;
  if (strcmp(name, "unreadable") == 0)
    return err_set(err, ERR_CONFIG, "the setting 'unreadable': no such file");
  for (size_t i = 0; settings[i]; i += 2) {
    if (strcmp(settings[i], name) != 0) continue;
    *value = settings[i + 1];
    *len = strlen(*value);
    *secret = strstr(name, "password") || strstr(name, "token");
  }
  return 0;
}

static const AuthHeader bearer[] = { { "Authorization", "Bearer {token}", false } };
static const AuthHeader basic[] = {
  { "Authorization", "Basic {basic:{user}:{password}}", false } };
static const AuthHeader login_basic[] = {
  { "Authorization", "Basic {basic:{email}:{otp}:{password}}", false },
  { "Api-Device-Identifier", "{device}", false } };
static const AuthHeader service_headers[] = {
  { "Api-Version", "2", false }, { "Api-Company", "{company}", true },
  { "Api-Site", "site {site}", false } };
static const char *const need_token[] = { "token" };
static const char *const need_login[] = { "email", "password" };
static const char *const need_user[] = { "user", "password" };
static const char *const company[] = { "Api-Company" };
static const int refused[] = { 406 };

static AuthLogin login;
static AuthMethod ixon_methods[2];
static AuthSpec ixon;

static void reset_spec(void) {
  login = (AuthLogin){
    .method = "POST", .path = "/access-tokens", .headers = login_basic,
    .nheaders = 2, .body = "{\"expiresIn\":86400,\"who\":\"{email}\"}",
    .token = "/data/secretId", .refused = refused, .nrefused = 1,
    .without = company, .nwithout = 1 };
  ixon_methods[0] = (AuthMethod){ .needs = need_token, .nneeds = 1,
                                  .send = bearer, .nsend = 1 };
  ixon_methods[1] = (AuthMethod){ .needs = need_login, .nneeds = 2,
    .login = &login, .send = bearer, .nsend = 1, .renew = refused,
    .nrenew = 1 };
  ixon = (AuthSpec){ .service = "ixon", .headers = service_headers,
    .nheaders = 3, .methods = ixon_methods, .nmethods = 2 };
}

static const char *const with_login[] = {
  "email", "new.hire@example.com", "password", "pa\"ss", "company", "1111",
  NULL };
static const char *const with_token[] = {
  "token", "tok-given", "company", "1111", NULL };

static Auth *open_auth(const AuthSpec *spec) {
  Err err = { 0 };
  Auth *a = auth_new(http, peer_base(peer), spec, lookup, NULL, &err);
  if (!a) exit(2);
  return a;
}

static void on_done(void *ctx, AuthReq *req) {
  (void)req;
  if (ctx) ++*(int *)ctx;
}

static HttpCall a_call(const char *path) {
  static char url[4][256];
  static int next;
  char *mine = url[next++ % 4];
  snprintf(mine, 256, "%s%s", peer_base(peer), path);
  return (HttpCall){ .method = "GET", .url = mine, .repeatable = true };
}

static void run(const int *count, int want) {
  Err err = { 0 };
  double end = loop_now() + 30;
  while (*count < want && loop_now() < end) loop_step(loop, 1, &err);
  if (*count < want) ok(0, "ended in time");
}

static AuthReq *send_call(Auth *a, const HttpCall *c, int flags) {
  Err err = { 0 };
  int finished = 0;
  AuthReq *r = auth_send(a, c, flags, NULL, 0, on_done, &finished, &err);
  if (!r) {
    printf("# %s\n", err.text);
    return NULL;
  }
  run(&finished, 1);
  if (auth_req_pending(r)) ok(0, "not pending when done");
  return r;
}

static AuthReq *get(Auth *a, const char *path) {
  HttpCall c = a_call(path);
  return send_call(a, &c, 0);
}

static int status(const AuthReq *r) {
  return r && auth_req_http(r) ? http_req_status(auth_req_http(r)) : 0;
}

static bool sent_has(const char *part) {
  return strstr(peer_last(peer), part) != NULL;
}

static void grants(const char *token, int times) {
  char body[1024];
  snprintf(body, sizeof body, "{\"data\":{\"secretId\":\"%s\"}}", token);
  peer_on(peer, (PeerReply){ .target = "POST /access-tokens", .times = times,
                             .bytes = peer_text(peer, 201, NULL, body) });
}

static void expands(const char *tmpl, bool json, const char *want) {
  Err err = { 0 };
  Buf out;
  buf_init(&out, 1000);
  ok(!auth_expand(&out, tmpl, json, lookup, NULL, &err), tmpl);
  is_str(buf_str(&out), want, "expands as it should");
  buf_clear(&out);
}

static void test_expand(void) {
  static const char *const set[] = { "user", "me", "password", "a\"b\\{user}",
    "empty", "", "colon", "a:b", NULL };
  settings = set;
  expands("", false, "");
  expands("{user}", false, "me");
  expands("x{user}y{user}z", false, "xmeymez");
  expands("{password}", false, "a\"b\\{user}");
  expands("{\"p\":\"{password}\"}", true, "{\"p\":\"a\\\"b\\\\{user}\"}");
  expands("{} {\"a\":{\"b\":1}} { user } {User} {user", false,
          "{} {\"a\":{\"b\":1}} { user } {User} {user");
  expands("Basic {basic:{user}:{empty}}", false, "Basic bWU6");
  expands("{basic:plain}!", false, "cGxhaW4=!");
  expands("{basic:{empty}:{colon}}", false, "OmE6Yg==");
  expands("{basic:open", false, "{basic:open");
  static const struct { const char *tmpl, *part; } bad[] = {
    { "{nothing}", "'nothing'" }, { "{basic:{colon}:x}", "'colon'" },
    { "{unreadable}", "'unreadable'" },
  };
  for (size_t i = 0; i < LEN(bad); i++) {
    Err err = { 0 };
    Buf out;
    buf_init(&out, 1000);
    ok(auth_expand(&out, bad[i].tmpl, false, lookup, NULL, &err) &&
       err.kind == ERR_CONFIG && strstr(err.text, bad[i].part),
       "a template that cannot be filled names the setting");
    buf_clear(&out);
  }
}

static void test_given(void) {
  settings = with_token;
  peer_on(peer, (PeerReply){ .target = "GET /no", .bytes = NO });
  peer_on(peer, (PeerReply){ .bytes = OK });
  Auth *a = open_auth(&ixon);
  AuthReq *r = get(a, "/users");
  is_int(status(r), 200, "a given token");
  ok(sent_has("Authorization: Bearer tok-given\r\n") &&
     sent_has("Api-Version: 2\r\n") && sent_has("Api-Company: 1111\r\n"),
     "is sent, with the headers of the service");
  is_int(auth_req_attempts(r) * 10 + auth_req_logins(r), 10, "once, no login");
  auth_req_free(r);
  r = get(a, "/no");
  is_int(status(r), 401, "a 401 on it is the reply");
  is_int(peer_requests(peer, "GET /no"), 1, "and is not repeated");
  is_int(auth_req_err(r)->kind, ERR_NONE, "for the caller to judge");
  auth_req_free(r);
  HttpCall c = a_call("/open");
  r = send_call(a, &c, AUTH_NONE);
  ok(!sent_has("Api-Site"), "without the header whose setting is not set");
  ok(!sent_has("Authorization") && sent_has("Api-Company"),
     "AUTH_NONE sends no credential");
  auth_req_free(r);
  Err err = { 0 };
  int finished = 0;
  r = auth_send(a, &c, 0, company, 1, on_done, &finished, &err);
  run(&finished, 1);
  ok(sent_has("Authorization") && !sent_has("Api-Company"),
     "without leaves out a header");
  auth_req_free(r);
  const char *own[] = { "api-version: 3", "X-Other: 1" };
  c.headers = own;
  c.nheaders = 2;
  r = send_call(a, &c, 0);
  ok(sent_has("api-version: 3\r\n") && !sent_has("Api-Version: 2") &&
     sent_has("X-Other: 1"), "a header of the call replaces the service's");
  auth_req_free(r);
  auth_free(a);
}

static void test_basic(void) {
  static const char *const set[] = { "user", "admin", "password", "s3cretpw",
                                     NULL };
  settings = set;
  AuthMethod m = { .needs = need_user, .nneeds = 2, .send = basic, .nsend = 1 };
  AuthSpec spec = { .service = "boss", .methods = &m, .nmethods = 1 };
  peer_on(peer, (PeerReply){ .bytes = OK });
  Auth *a = open_auth(&spec);
  auth_req_free(get(a, "/x"));
  ok(sent_has("Authorization: Basic YWRtaW46czNjcmV0cHc=\r\n"), "basic");
  Buf out;
  buf_init(&out, 1000);
  redact_text(&out, "Basic YWRtaW46czNjcmV0cHc= sent", 31);
  ok(!strstr(buf_str(&out), "YWRtaW46"), "the joined form is redacted too");
  buf_clear(&out);
  static const char *const colon[] = { "user", "a:b", "password", "x", NULL };
  static const char *const crlf[] = { "user", "a", "password", "x", NULL };
  auth_free(a);
  settings = colon;
  a = open_auth(&spec);
  Err err = { 0 };
  HttpCall c = a_call("/x");
  ok(!auth_send(a, &c, 0, NULL, 0, on_done, NULL, &err) &&
     err.kind == ERR_CONFIG, "a user name with a colon is refused");
  settings = crlf;
  auth_free(a);
  static const AuthHeader raw[] = { { "X-Key", "{user}", false } };
  static const char *const split[] = { "user", "a\r\nX-Evil: 1", "password",
                                       "x", NULL };
  settings = split;
  m.send = raw;
  a = open_auth(&spec);
  int before = peer_requests(peer, NULL);
  err.text[0] = '\0';
  ok(!auth_send(a, &c, 0, NULL, 0, on_done, NULL, &err) &&
     strstr(err.text, "X-Key") && !strstr(err.text, "Evil"),
     "a line break in a credential is refused, and not shown");
  is_int(peer_requests(peer, NULL), before, "nothing was sent");
  auth_free(a);
}

static void refuses(const char *const *set, const char *part, const char *not,
                    const char *what) {
  Err err = { 0 };
  settings = set;
  Auth *a = open_auth(&ixon);
  HttpCall c = a_call("/x");
  AuthReq *r = auth_send(a, &c, 0, NULL, 0, on_done, NULL, &err);
  if (!ok(!r && err.kind == ERR_AUTH && strstr(err.text, part) &&
          !(not && strstr(err.text, not)), what))
    printf("# %s\n", err.text);
  auth_req_free(r);
  auth_free(a);
}

static void test_missing(void) {
  static const char *const none[] = { "company", "1", NULL };
  static const char *const half[] = { "company", "1", "email", "a@b", NULL };
  static const char *const no_company[] = { "token", "t", NULL };
  refuses(none, "set 'token' (ERRAND_IXON_TOKEN), or 'email' "
          "(ERRAND_IXON_EMAIL) and 'password' (ERRAND_IXON_PASSWORD)", NULL,
          "without any credential all ways are named");
  refuses(half, "'password' (ERRAND_IXON_PASSWORD)", "'email'",
          "of a half-given one only what misses");
  refuses(no_company, "'company' (ERRAND_IXON_COMPANY)", NULL,
          "a setting that a header of the service wants");
  is_int(peer_connections(peer), 0, "nothing was sent");
}

static void test_login(void) {
  settings = with_login;
  grants("bought-token-1", 0);
  peer_on(peer, (PeerReply){ .target = "GET /x", .bytes = OK });
  Auth *a = open_auth(&ixon);
  HttpCall c = a_call("/x");
  Err err = { 0 };
  int finished = 0;
  AuthReq *r = auth_send(a, &c, 0, NULL, 0, on_done, &finished, &err);
  while (peer_requests(peer, NULL) < 1) loop_step(loop, 1, &err);
  char want[512];
  snprintf(want, sizeof want, "POST /access-tokens HTTP/1.1\r\n");
  ok(strncmp(peer_last(peer), want, strlen(want)) == 0,
     "the login comes first");
  ok(sent_has("Authorization: Basic "
              "bmV3LmhpcmVAZXhhbXBsZS5jb206OnBhInNz\r\n"),
     "an optional setting that is not set is empty");
  ok(sent_has("Api-Version: 2\r\n") && !sent_has("Api-Company") &&
     !sent_has("Api-Device"), "with the headers it should have");
  ok(sent_has("Content-Type: application/json\r\n"), "its type");
  is_str(strstr(peer_last(peer), "\r\n\r\n") + 4,
         "{\"expiresIn\":86400,\"who\":\"new.hire@example.com\"}", "its body");
  run(&finished, 1);
  is_int(status(r), 200, "then the call");
  ok(sent_has("Authorization: Bearer bought-token-1\r\n"), "with the token");
  is_int(auth_req_logins(r) * 10 + auth_req_attempts(r), 11,
         "one login, one attempt");
  auth_req_free(r);
  r = get(a, "/x");
  is_int(auth_req_logins(r), 0, "the next call has its token already");
  is_int(peer_requests(peer, "POST /access-tokens"), 1, "one login in all");
  ok(!redact_is_clean("bought-token-1", 14), "the token is redacted");
  auth_req_free(r);
  auth_free(a);
}

static void many(Auth *a, AuthReq **reqs, const char *path) {
  Err err = { 0 };
  int finished = 0;
  for (int i = 0; i < MANY; i++) {
    HttpCall c = a_call(path);
    reqs[i] = auth_send(a, &c, 0, NULL, 0, on_done, &finished, &err);
    if (!reqs[i]) exit(2);
  }
  is_int(finished, 0, "auth_send calls nobody back");
  run(&finished, MANY);
}

static void free_many(AuthReq **reqs) {
  for (int i = 0; i < MANY; i++) auth_req_free(reqs[i]);
}

static void test_shared(void) {
  settings = with_login;
  peer_on(peer, (PeerReply){ .target = "POST /access-tokens", .delay = 0.05,
    .bytes = peer_text(peer, 201, NULL,
                       "{\"data\":{\"secretId\":\"t1t1\"}}") });
  peer_on(peer, (PeerReply){ .target = "GET /x", .bytes = OK });
  Auth *a = open_auth(&ixon);
  AuthReq *reqs[MANY];
  many(a, reqs, "/x");
  int good = 0;
  for (int i = 0; i < MANY; i++) good += status(reqs[i]) == 200;
  is_int(good, MANY, "20 calls at once");
  is_int(peer_requests(peer, "POST /access-tokens"), 1, "share one login");
  free_many(reqs);
  /* The token is withdrawn: all 20 get a 401, one login serves them all. */
  peer_forget(peer);
  peer_on(peer, (PeerReply){ .target = "GET /x", .bytes = NO, .times = MANY });
  peer_on(peer, (PeerReply){ .target = "GET /x", .bytes = OK });
  grants("t2t2", 0);
  many(a, reqs, "/x");
  good = 0;
  for (int i = 0; i < MANY; i++) good += status(reqs[i]) == 200;
  is_int(good, MANY, "20 refused at once");
  ok(peer_requests(peer, "POST /access-tokens") <= 2,
     "log in once for all, or once more for who came after");
  is_int(peer_requests(peer, "GET /x"), 2 * MANY, "and repeat once each");
  free_many(reqs);
  auth_free(a);
}

static void test_renewal(void) {
  settings = with_login;
  grants("tok-one", 1);
  grants("tok-two", 0);
  peer_on(peer, (PeerReply){ .target = "POST /c", .bytes = NO, .times = 1 });
  peer_on(peer, (PeerReply){ .target = "POST /c", .bytes = OK });
  peer_on(peer, (PeerReply){ .target = "GET /odd", .times = 1,
                             .bytes = peer_text(peer, 406, NULL, "") });
  peer_on(peer, (PeerReply){ .target = "GET /odd", .bytes = OK });
  peer_on(peer, (PeerReply){ .bytes = NO });
  Auth *a = open_auth(&ixon);
  HttpCall c = a_call("/c");
  c.method = "POST";
  c.body = "{\"a\":1}";
  c.body_len = 7;
  c.repeatable = false;
  AuthReq *r = send_call(a, &c, 0);
  is_int(status(r), 200, "a 401 logs in once and repeats, a create too");
  ok(sent_has("Bearer tok-two\r\n") && sent_has("\r\n\r\n{\"a\":1}"),
     "with the new token and the same body");
  is_int(auth_req_logins(r) * 10 + auth_req_attempts(r), 22, "is counted");
  auth_req_free(r);
  r = get(a, "/odd");
  is_int(status(r), 200, "a status of renew does the same");
  auth_req_free(r);
  int logins = peer_requests(peer, "POST /access-tokens");
  r = get(a, "/never");
  is_int(status(r), 401, "a second 401 is the reply");
  is_int(auth_req_err(r)->kind, ERR_NONE, "for the caller to judge");
  is_int(peer_requests(peer, "GET /never"), 2, "after one repeat");
  is_int(peer_requests(peer, "POST /access-tokens"), logins + 1,
         "and one login");
  auth_req_free(r);
  auth_free(a);
}

/* Two calls side by side with the given token life; logins made. */
/* As the binding makes numbers: each lookup overwrites the last one's. */
static int number_lookup(void *ctx, const char *name, const char **value,
                         size_t *len, bool *secret, Err *err) {
  static char number[16];
  if (name[0] != 'n') return lookup(ctx, name, value, len, secret, err);
  memcpy(number, name[1] == '1' ? "11" : "2222", name[1] == '1' ? 3 : 5);
  *value = number;
  *len = strlen(number);
  return 0;
}

static void test_numbers_in_path(void) {
  settings = with_login;
  login.path = "/a/{n1}/b/{n2}";
  peer_on(peer, (PeerReply){ .target = "POST /a/11/b/2222", .times = 1,
    .bytes = peer_text(peer, 201, NULL, "{\"data\":{\"secretId\":\"t1\"}}") });
  peer_on(peer, (PeerReply){ .target = "GET /x", .bytes = OK });
  Err err = { 0 };
  Auth *a = auth_new(http, peer_base(peer), &ixon, number_lookup, NULL, &err);
  if (!a) exit(2);
  AuthReq *r = get(a, "/x");
  is_int(status(r), 200, "two numbers in the path of a login");
  auth_req_free(r);
  auth_free(a);
}

/* A way whose credential is empty is not taken. */
static void test_empty_need(void) {
  static const char *const set[] = { "token", "", "company", "1111", NULL };
  settings = set;
  Auth *a = open_auth(&ixon);
  HttpCall c = a_call("/x");
  Err err = { 0 };
  AuthReq *r = auth_send(a, &c, 0, NULL, 0, on_done, NULL, &err);
  ok(!r, "an empty token is not sent");
  is_int(err.kind, ERR_AUTH, err.text);
  auth_free(a);
}

static int logins_of(double lifetime, const char *token, double wait) {
  peer_forget(peer);
  settings = with_login;
  grants(token, 0);
  peer_on(peer, (PeerReply){ .bytes = OK });
  login.lifetime = lifetime;
  Auth *a = open_auth(&ixon);
  auth_req_free(get(a, "/x"));
  double end = loop_now() + wait;
  Err err = { 0 };
  while (loop_now() < end) {
    loop_timer(loop, end - loop_now(), (loop_fn *)free, NULL);
    loop_step(loop, -1, &err);
  }
  AuthReq *r = get(a, "/x");
  is_int(status(r), 200, "the call goes through");
  auth_req_free(r);
  auth_free(a);
  login.lifetime = 0;
  return peer_requests(peer, "POST /access-tokens");
}

static void jwt(char *out, size_t size, const char *payload) {
  Buf b;
  buf_init(&b, 1000);
  text_base64(&b, payload, strlen(payload));
  while (b.len > 0 && b.data[b.len - 1] == '=') b.data[--b.len] = '\0';
  for (size_t i = 0; i < b.len; i++)
    if (b.data[i] == '+') b.data[i] = '-';
    else if (b.data[i] == '/') b.data[i] = '_';
  snprintf(out, size, "eyJhbGciOiJub25lIn0.%s.c2ln", buf_str(&b));
  buf_clear(&b);
}

static void test_expiry(void) {
  char token[512], payload[128];
  is_int(logins_of(0.2, "short-lived", 0.2), 2, "an old token is renewed");
  is_int(logins_of(100, "long-lived", 0.05), 1, "a young one is kept");
  /* A clock which is years off must not matter where iat is given. */
  jwt(token, sizeof token, "{\"iat\":1000,\"exp\":1000.2}");
  is_int(logins_of(0, token, 0.2), 2, "exp counts from iat");
  jwt(token, sizeof token, "{\"iat\":1000,\"exp\":9000}");
  is_int(logins_of(0, token, 0), 1, "whatever the clock says");
  snprintf(payload, sizeof payload, "{\"exp\":%lld}",
           (long long)time(NULL) + 1);
  jwt(token, sizeof token, payload);
  is_int(logins_of(0, token, 1.05), 2, "exp alone counts from the clock");
  jwt(token, sizeof token, "{\"exp\":5}");
  is_int(logins_of(0, token, 0), 1, "an impossible exp is not believed");
  is_int(logins_of(0, "a.%%%.c", 0), 1, "nor is what only looks like a JWT");
}

static void fails(const char *reply, PeerEnd end, ErrKind kind, int code,
                  const char *part, const char *what) {
  peer_forget(peer);
  peer_on(peer, (PeerReply){ .target = "POST /access-tokens", .bytes = reply,
                             .end = end, .delay = 0.01 });
  peer_on(peer, (PeerReply){ .bytes = OK });
  settings = with_login;
  Auth *a = open_auth(&ixon);
  AuthReq *reqs[MANY];
  many(a, reqs, "/x");
  int same = 0;
  for (int i = 0; i < MANY; i++)
    same += auth_req_err(reqs[i])->kind == kind && !auth_req_http(reqs[i]) &&
            auth_req_err(reqs[i])->status == code &&
            strstr(auth_req_err(reqs[i])->text, part) != NULL;
  if (!is_int(same, MANY, what))
    printf("# %s\n", auth_req_err(reqs[0])->text);
  is_int(peer_requests(peer, "GET /x"), 0, "no call was sent");
  free_many(reqs);
  auth_free(a);
}

static void test_failures(void) {
  fails(NO, PEER_KEEP, ERR_AUTH, 401, "'email', 'password'",
        "a refused login fails all, naming the settings");
  fails(peer_text(peer, 406, NULL, ""), PEER_KEEP, ERR_AUTH, 406, "406",
        "so does a status of refused");
  fails(peer_text(peer, 503, NULL, ""), PEER_KEEP, ERR_SERVER, 503,
        "logging in", "their outage is not our password");
  fails(peer_text(peer, 429, NULL, ""), PEER_KEEP, ERR_RATE_LIMITED, 429,
        "logging in", "nor are too many requests");
  fails(NULL, PEER_CLOSE, ERR_NETWORK, 0, "logging in to ixon: ",
        "a lost connection keeps its kind");
  fails(OK, PEER_KEEP, ERR_SERVER, 200, "without a token",
        "no JSON where a token should be");
  fails(peer_text(peer, 200, NULL, "{\"data\":{\"secretId\":\"a\\nb\"}}"),
        PEER_KEEP, ERR_SERVER, 200, "without a token",
        "a token that cannot go into a header");
}

static void whole(const char *body, const char *want, const char *what) {
  peer_forget(peer);
  peer_on(peer, (PeerReply){ .target = "POST /access-tokens",
                             .bytes = peer_text(peer, 200, NULL, body) });
  peer_on(peer, (PeerReply){ .bytes = OK });
  Auth *a = open_auth(&ixon);
  AuthReq *r = get(a, "/x");
  char line[128];
  snprintf(line, sizeof line, "Authorization: Bearer %s\r\n", want);
  if (*want) ok(sent_has(line), what);
  else is_int(auth_req_err(r)->kind, ERR_SERVER, what);
  auth_req_free(r);
  auth_free(a);
}

static void test_whole_body(void) {
  settings = with_login;
  login.token = "";
  whole("abc.def", "abc.def", "the body is the token");
  whole("  abcd\r\n", "abcd", "trimmed");
  whole("\"quo\\u0041\"", "quoA", "as a JSON string");
  whole("{\"token\":\"inside\"}", "inside", "in a JSON object");
  whole("<!DOCTYPE html><html></html>", "", "a page is no token");
  whole("two words", "", "nor are words");
  whole("", "", "nor is nothing");
  whole("{\"other\":1}", "", "nor another object");
}

static void test_cancel(void) {
  Err err = { 0 };
  settings = with_login;
  peer_on(peer, (PeerReply){ .end = PEER_HANG });
  Auth *a = open_auth(&ixon);
  HttpCall c = a_call("/x");
  int finished = 0;
  AuthReq *r[3];
  for (int i = 0; i < 3; i++)
    r[i] = auth_send(a, &c, 0, NULL, 0, on_done, &finished, &err);
  while (peer_requests(peer, NULL) < 1) loop_step(loop, 1, &err);
  auth_req_free(r[0]);
  auth_req_free(r[1]);
  ok(auth_req_pending(r[2]), "the others keep waiting for the login");
  auth_req_free(r[2]);
  for (int i = 0; i < 2; i++)
    r[i] = auth_send(a, &c, 0, NULL, 0, on_done, &finished, &err);
  while (peer_requests(peer, NULL) < 2) loop_step(loop, 1, &err);
  is_int(peer_requests(peer, "POST /access-tokens"), 2,
         "a login that nobody waits for is dropped");
  auth_free(a);
  ok(!auth_req_pending(r[0]) &&
     auth_req_err(r[0])->kind == ERR_CANCELLED, "auth_free cancels");
  auth_req_free(r[0]);
  auth_req_free(r[1]);
  is_int(finished, 0, "and nobody is called back");
}

static AuthReq *both[2];
static Auth *doomed;
static int freed;

static void free_all(void *ctx, AuthReq *req) {
  (void)ctx;
  auth_req_free(req);
  auth_req_free(req == both[0] ? both[1] : both[0]);
  auth_free(doomed);
  freed++;
}

/* A login that hangs costs no call more than its own time. */
static void test_late(void) {
  settings = with_login;
  peer_on(peer, (PeerReply){ .target = "POST /access-tokens",
          .end = PEER_HANG });
  Auth *a = open_auth(&ixon);
  HttpCall hasty = a_call("/x"), patient = a_call("/y");
  double began = loop_now();
  hasty.deadline = began + 0.2;
  patient.deadline = began + 0.5;
  Err err = { 0 };
  int ended = 0;
  AuthReq *r = auth_send(a, &hasty, 0, NULL, 0, on_done, &ended, &err);
  AuthReq *s = auth_send(a, &patient, 0, NULL, 0, on_done, &ended, &err);
  run(&ended, 1);
  is_int(auth_req_err(r)->kind, ERR_TIMEOUT, "the first is over in its time");
  ok(strstr(auth_req_err(r)->text, "the login to ixon was not answered"),
     "and says that it was the login");
  ok(auth_req_pending(s), "the other waits on");
  run(&ended, 2);
  is_int(auth_req_err(s)->kind, ERR_TIMEOUT, "as long as it may");
  ok(loop_now() - began < 5, "and not until the login's own time is over");
  auth_req_free(r);
  auth_req_free(s);
  is_int(peer_requests(peer, NULL), 1, "one login for both");
  peer_forget(peer);
  grants("bought-in-time", 0);
  peer_on(peer, (PeerReply){ .target = "GET /x", .bytes = OK });
  hasty.deadline = loop_now() + 5;
  r = send_call(a, &hasty, 0);
  is_int(status(r), 200, "the next call logs in anew");
  auth_req_free(r);
  auth_free(a);
}

static void test_free_in_callback(void) {
  Err err = { 0 };
  settings = with_login;
  for (int refuse = 0; refuse < 2; refuse++) {
    peer_forget(peer);
    if (!refuse) grants("tok-x", 0);
    peer_on(peer, (PeerReply){ .bytes = refuse ? NO : OK });
    doomed = open_auth(&ixon);
    HttpCall c = a_call("/x");
    freed = 0;
    for (int i = 0; i < 2; i++)
      both[i] = auth_send(doomed, &c, 0, NULL, 0, free_all, NULL, &err);
    run(&freed, 1);
    for (int i = 0; i < 20; i++) loop_step(loop, 0, &err);
    is_int(freed, 1, refuse ? "done of a failed login may free everything"
                            : "done of a call may free everything");
  }
}

static Auth *retrying;
static AuthReq *second;
static int second_done;

static void try_again(void *ctx, AuthReq *req) {
  Err err = { 0 };
  HttpCall c = a_call("/x");
  (void)ctx;
  auth_req_free(req);
  second = auth_send(retrying, &c, 0, NULL, 0, on_done, &second_done, &err);
}

static void test_again_in_callback(void) {
  Err err = { 0 };
  settings = with_login;
  peer_on(peer, (PeerReply){ .target = "POST /access-tokens", .bytes = NO,
                             .times = 1 });
  grants("tok-y", 0);
  peer_on(peer, (PeerReply){ .bytes = OK });
  retrying = open_auth(&ixon);
  HttpCall c = a_call("/x");
  AuthReq *r = auth_send(retrying, &c, 0, NULL, 0, try_again, NULL, &err);
  ok(r != NULL, "a call whose login fails");
  run(&second_done, 1);
  is_int(status(second), 200, "may try again from its callback");
  auth_req_free(second);
  auth_free(retrying);
}

/* Away from home: another origin must see nothing of the credential. */
static void test_redirect(void) {
  settings = with_token;
  Peer *evil = peer_new(loop);
  char location[128];
  snprintf(location, sizeof location, "Location: %s/x\r\n", peer_base(evil));
  peer_on(peer, (PeerReply){ .bytes = peer_text(peer, 302, location, "") });
  Auth *a = open_auth(&ixon);
  AuthReq *r = get(a, "/x");
  is_int(auth_req_err(r)->kind, ERR_SERVER, "a redirect away is an error");
  is_int(peer_connections(evil), 0, "and the credential stays at home");
  auth_req_free(r);
  auth_free(a);
  peer_free(evil);
}

int main(void) {
  Err err = { 0 };
  unsetenv("http_proxy"), unsetenv("all_proxy"), unsetenv("ALL_PROXY");
  loop = loop_new(&err);
  HttpOptions options = { .service = "ixon" };
  http = http_new(loop, &options, &err);
  if (!loop || !http) return 2;
  void (*const tests[])(void) = {
    test_expand, test_given, test_basic, test_missing, test_login,
    test_numbers_in_path, test_empty_need, test_shared,
    test_renewal, test_expiry, test_failures, test_whole_body, test_cancel,
    test_late, test_free_in_callback, test_again_in_callback, test_redirect,
  };
  for (size_t i = 0; i < LEN(tests); i++) {
    peer = peer_new(loop);
    reset_spec();
    tests[i]();
    peer_free(peer);
  }
  http_free(http);
  loop_free(loop);
  redact_forget();
  return done();
}
