/* test_http.c - requests against a peer that behaves, and one that does not. */
/* SPDX-License-Identifier: MIT */
#include "http.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "halt.h"
#include "log.h"
#include "peer.h"
#include "tap.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

enum { MANY = 50 };

static Loop *loop;
static Peer *peer;
static Http *http;
static int done_calls;

static void on_done(void *ctx, HttpReq *req) {
  (void)req;
  done_calls++;
  if (ctx) *(bool *)ctx = true;
}

static Http *open_http(HttpOptions o) {
  Err err = { 0 };
  if (!o.service) o.service = "ixon";
  Http *h = http_new(loop, &o, &err);
  if (!h) printf("# %s\n", err.text);
  return h;
}

static void run(const bool *until) {
  Err err = { 0 };
  double end = loop_now() + 30;
  while (!*until && loop_now() < end)
    if (loop_step(loop, 1, &err)) ok(0, err.text);
  if (!*until) ok(0, "the request ended in time");
}

/* Sends below the peer's base, or to an absolute URL, and waits. */
static HttpReq *call_with(Http *h, HttpCall c) {
  Err err = { 0 };
  char url[512];
  bool finished = false;
  if (c.url[0] == '/') {
    snprintf(url, sizeof url, "%s%s", peer_base(peer), c.url);
    c.url = url;
  }
  c.operation = "invites.create";
  HttpReq *req = http_send(h, &c, on_done, &finished, &err);
  if (!req) {
    ok(0, err.text);
    exit(1);
  }
  if (!http_req_pending(req)) ok(0, "pending until done");
  run(&finished);
  if (http_req_pending(req)) ok(0, "not pending when done");
  return req;
}

static HttpReq *get(const char *url) {
  return call_with(http, (HttpCall){ .method = "GET", .url = url,
                                     .repeatable = true });
}

static HttpReq *post(const char *url, const char *body) {
  return call_with(http, (HttpCall){ .method = "POST", .url = url,
                                     .body = body,
                                     .body_len = body ? strlen(body) : 0 });
}

static int kind(const HttpReq *req) {
  return (int)http_req_err(req)->kind;
}

static void is_kind(const HttpReq *req, ErrKind want, const char *what) {
  if (!is_int(kind(req), want, what)) printf("# %s\n", http_req_err(req)->text);
}

static void says(const HttpReq *req, const char *part, const char *what) {
  const char *text = http_req_err(req)->text;
  if (!ok(strstr(text, part) != NULL, what)) printf("# it says: %s\n", text);
}

static bool sent_has(const char *part) {
  return strstr(peer_last(peer), part) != NULL;
}

static void test_get(void) {
  peer_on(peer, (PeerReply){ .target = "GET /users", .bytes =
    "HTTP/1.1 103 Early\r\nX-Early: 1\r\n\r\n"
    "HTTP/1.1 200 OK\r\nX-Two: a\r\nX-Two:  b \r\nX-Fold: one\r\n  two\r\n"
    "Empty:\r\nContent-Length: 5\r\n\r\nhello" });
  const char *headers[] = { "Accept: application/json", "X-None: " };
  HttpReq *r = call_with(http, (HttpCall){ .method = "GET",
    .url = "/users?a=1", .headers = headers, .nheaders = 2,
    .repeatable = true });
  is_kind(r, ERR_NONE, "a reply is no error");
  is_int(http_req_status(r), 200, "status");
  is_str(buf_str(http_req_body(r)), "hello", "body");
  size_t len = 0;
  is_str(http_req_header(r, "x-two", &len), "b", "the last of two headers");
  is_int(len, 1, "trimmed, with its length");
  is_str(http_req_header(r, "X-Fold", NULL), "one two", "a folded header");
  is_str(http_req_header(r, "Empty", NULL), "", "an empty header");
  is_str(http_req_header(r, "X-Early", NULL), NULL, "none of the 1xx reply");
  is_int(http_req_times(r).connects, 1, "one connection was made");
  ok(http_req_maybe_sent(r), "and the request left");
  char want[512];
  snprintf(want, sizeof want, "GET /users?a=1 HTTP/1.1\r\n"
           "Host: 127.0.0.1:%d\r\nUser-Agent: errand/", peer_port(peer));
  ok(strncmp(peer_last(peer), want, strlen(want)) == 0, "the request line");
  ok(sent_has("Accept-Encoding: deflate, gzip, br, zstd\r\n"), "encodings");
  ok(sent_has("Accept: application/json\r\n") && sent_has("X-None:\r\n"),
     "headers of the call, an empty one too");
  http_req_free(r);
}

/* One handle, told of targets in turn in one way and in the other. */
static void test_targets(void) {
  static const char *const rows[][2] = {
    { "/a/%7e;x=1?b=%2F&c=http://h/../d", "/a/%7e;x=1?b=%2F&c=http://h/../d" },
    { "/a?b=c#part", "/a?b=c" }, { "/d//e", "/d//e" }, { "/?", "/?" },
    { "/\xC3\xA4?b=c", "/%c3%a4?b=c" }, { "/", "/" },
    { "/!$&'()*+,;=:@\"<>[]^`{|}%2?!$&'()*+,;=:@\"<>[]^`{|}/?%zz",
      "/!$&'()*+,;=:@\"<>[]^`{|}%2?!$&'()*+,;=:@\"<>[]^`{|}/?%zz" },
  };
  peer_on(peer, (PeerReply){ .bytes = OK });
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char want[200];
    http_req_free(get(rows[i][0]));
    snprintf(want, sizeof want, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n",
             rows[i][1], peer_port(peer));
    if (!ok(strncmp(peer_last(peer), want, strlen(want)) == 0, rows[i][0]))
      printf("# it sends %.60s\n", peer_last(peer));
  }
  is_int(peer_connections(peer), 1, "over one connection");
}

static void test_methods(void) {
  peer_on(peer, (PeerReply){ .target = "HEAD /h", .bytes =
    "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" });
  peer_on(peer, (PeerReply){ .bytes = OK });
  HttpReq *r = call_with(http, (HttpCall){ .method = "HEAD", .url = "/h",
                                           .repeatable = true });
  is_int(http_req_status(r), 200, "HEAD");
  is_int(http_req_body(r)->len, 0, "has no body");
  http_req_free(r);
  const char *bodies[] = { "PUT", "PATCH", "POST" };
  for (size_t i = 0; i < 3; i++) {
    r = call_with(http, (HttpCall){ .method = bodies[i], .url = "/x",
                                    .repeatable = true });
    is_int(http_req_status(r), 200, bodies[i]);
    ok(sent_has("Content-Length: 0\r\n") && !sent_has("Content-Type"),
       "without a body says so and claims no type");
    http_req_free(r);
  }
  const char *type[] = { "Content-Type: application/json" };
  const char *all[] = { "GET", "DELETE", "OPTIONS", "PUT", "POST" };
  for (size_t i = 0; i < 5; i++) {
    r = call_with(http, (HttpCall){ .method = all[i], .url = "/x",
      .headers = type, .nheaders = 1, .body = "[1]\0", .body_len = 4,
      .repeatable = true });
    is_int(http_req_status(r), 200, all[i]);
    const char *sent = peer_last(peer);
    ok(strncmp(sent, all[i], strlen(all[i])) == 0 &&
       sent_has("Content-Length: 4\r\n") &&
       sent_has("Content-Type: application/json\r\n") &&
       !sent_has("Expect") && strcmp(strstr(sent, "\r\n\r\n") + 4, "[1]") == 0,
       "with a body keeps its method and bytes");
    http_req_free(r);
  }
  r = get("/x");
  ok(strncmp(peer_last(peer), "GET /x HTTP/1.1", 15) == 0 &&
     !sent_has("Content-") && !sent_has("[1]"),
     "a plain GET after them is a plain GET");
  http_req_free(r);
  char *big = malloc(3 << 20);
  memset(big, 'x', 3 << 20);
  r = call_with(http, (HttpCall){ .method = "POST", .url = "/x", .body = big,
                                  .body_len = 3 << 20 });
  is_int(http_req_status(r), 200, "3 MB go up without 100-continue");
  free(big);
  http_req_free(r);
}

static void test_refused_calls(void) {
  static const char *const split[] = { "X: a\r\nY: b" };
  static const char *const plain[] = { "no colon" };
  static const char *const framing[] = { "content-length: 5" };
  static const HttpCall calls[] = {
    { .method = "BREW", .url = "http://127.0.0.1/" },
    { .method = "GET ", .url = "http://127.0.0.1/" },
    { .method = "HEAD", .url = "http://127.0.0.1/", .body = "x",
      .body_len = 1 },
    { .method = "GET", .url = "http://127.0.0.1/", .nheaders = 1,
      .headers = split },
    { .method = "GET", .url = "http://127.0.0.1/", .nheaders = 1,
      .headers = plain },
    { .method = "POST", .url = "http://127.0.0.1/", .nheaders = 1,
      .headers = framing },
    { .method = "GET", .url = "http://127.0.0.1/", .timeout = -1 },
  };
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
    Err err = { 0 };
    HttpReq *r = http_send(http, &calls[i], on_done, NULL, &err);
    ok(!r && err.kind == ERR_VALIDATION, "refused before anything is sent");
    http_req_free(r);
  }
  Http *h = open_http((HttpOptions){ .base = "https://api.example.com" });
  Err err = { 0 };
  HttpCall away = { .method = "GET", .url = "https://evil.example.com/" };
  ok(!http_send(h, &away, on_done, NULL, &err),
     "a URL off the base is refused");
  http_free(h);
}

static void test_reuse(void) {
  peer_on(peer, (PeerReply){ .bytes = OK });
  for (int i = 0; i < 10; i++) http_req_free(get("/r"));
  is_int(peer_connections(peer), 1, "ten reads use one connection");
  peer_forget(peer);
  peer_on(peer, (PeerReply){ .bytes = OK });
  for (int i = 0; i < 3; i++) http_req_free(post("/c", "{}"));
  is_int(peer_connections(peer), 3, "three creates use three");
  HttpReq *r = get("/r");
  is_int(http_req_times(r).connects, 0, "and leave that of the reads alone");
  is_int(peer_open(peer), 1, "without piling up");
  http_req_free(r);
}

/* libcurl repeats a request, POST included, whose kept connection died
   before a byte of the reply. */
static void test_dropped_reply(void) {
  peer_on(peer, (PeerReply){ .target = "GET /r", .bytes = OK });
  peer_on(peer, (PeerReply){ .end = PEER_CLOSE });
  http_req_free(get("/r"));
  HttpReq *r = post("/c", "{}");
  is_int(peer_requests(peer, "POST /c"), 1,
         "a create whose reply is dropped takes effect once");
  is_kind(r, ERR_IN_DOUBT, "and is in doubt");
  says(r, "invites.create may have had its effect: look before", "and says so");
  ok(!http_req_err(r)->retryable && http_req_maybe_sent(r), "not retryable");
  http_req_free(r);
  r = get("/r");
  ok(!http_req_lost(r), "what left once has lost no answer");
  http_req_free(r);
  r = get("/gone");
  is_int(peer_requests(peer, "GET /gone"), 2, "a read is repeated by libcurl");
  ok(http_req_lost(r), "which is known");
  is_kind(r, ERR_NETWORK, "and then fails");
  ok(http_req_err(r)->retryable, "retryable");
  says(r, "without an answer", "and says how");
  http_req_free(r);
}

/* The handle's count of repeats must not run out over its life. */
static void test_many_stale(void) {
  int failed = 0;
  for (int i = 0; i < 12; i++) {
    peer_forget(peer);
    peer_on(peer, (PeerReply){ .target = "GET /r", .bytes = OK, .times = 1 });
    peer_on(peer, (PeerReply){ .target = "GET /r", .end = PEER_CLOSE,
                               .times = 1 });
    peer_on(peer, (PeerReply){ .target = "GET /r", .bytes = OK });
    for (int k = 0; k < 2; k++) {
      HttpReq *r = get("/r");
      if (kind(r) != ERR_NONE) failed++;
      http_req_free(r);
    }
  }
  is_int(failed, 0, "stale connections are survived any number of times");
}

static void test_resets(void) {
  peer_drop_connections(peer, 100);
  HttpReq *r = get("/r");
  is_kind(r, ERR_NETWORK, "a connection closed unread is a network error");
  ok(http_req_err(r)->retryable, "which may be retried");
  http_req_free(r);
  peer_forget(peer);
  peer_on(peer, (PeerReply){ .end = PEER_RESET });
  r = get("/r");
  is_kind(r, ERR_NETWORK, "a reset is a network error of a read");
  http_req_free(r);
  r = post("/c", "{}");
  is_kind(r, ERR_IN_DOUBT, "and doubt for a create");
  http_req_free(r);
}

static void test_refused(void) {
  Peer *other = peer_new(loop);
  char url[64];
  snprintf(url, sizeof url, "http://127.0.0.1:%d/x", peer_port(other));
  peer_free(other);
  HttpReq *r = call_with(http, (HttpCall){ .method = "POST", .url = url });
  is_kind(r, ERR_NETWORK, "connection refused is no doubt, even for a create");
  ok(http_req_err(r)->retryable && !http_req_maybe_sent(r), "nothing was sent");
  says(r, "Connection refused", "it says so");
  says(r, "127.0.0.1:", "and names the host");
  http_req_free(r);
  r = call_with(http, (HttpCall){ .method = "POST",
                                  .url = "http://nonexistent.invalid/" });
  is_kind(r, ERR_NETWORK, "a name that does not resolve");
  says(r, "nonexistent.invalid cannot be resolved", "is named");
  ok(http_req_err(r)->retryable, "and may be tried again");
  http_req_free(r);
}

/* gzip of a byte repeated; stored by hand so that no zlib is needed. */
static void test_gzip(void) {
  static const unsigned char hello[] = {
    0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x01, 5, 0, 0xfa, 0xff,
    'h', 'e', 'l', 'l', 'o', 0x86, 0xa6, 0x10, 0x36, 5, 0, 0, 0 };
  char reply[256];
  int n = snprintf(reply, sizeof reply, "HTTP/1.1 200 OK\r\nContent-Encoding: "
                   "gzip\r\nContent-Length: %zu\r\n\r\n", sizeof hello);
  memcpy(reply + n, hello, sizeof hello);
  peer_on(peer, (PeerReply){ .target = "GET /z", .bytes = reply,
                             .len = (size_t)n + sizeof hello });
  reply[200] = 0;
  HttpReq *r = get("/z");
  is_str(buf_str(http_req_body(r)), "hello", "gzip is decoded");
  http_req_free(r);
  peer_on(peer, (PeerReply){ .bytes = "HTTP/1.1 200 OK\r\nContent-Encoding: "
    "gzip\r\nContent-Length: 5\r\n\r\nplain" });
  r = get("/liar");
  is_kind(r, ERR_SERVER, "what claims to be gzip and is not");
  http_req_free(r);
  r = post("/liar", "{}");
  is_kind(r, ERR_IN_DOUBT, "leaves a create in doubt");
  http_req_free(r);
}

static size_t bomb(char *out, size_t size) {
  /* One deflate block of fixed codes: 'x', then matches of length 258 at
     distance 1. 13 bits make 258 bytes. */
  unsigned long long bits = 0;
  size_t nbits = 0, n = 0;
  static const unsigned char head[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3 };
  memcpy(out, head, n = sizeof head);
#define PUT(value, count) \
  for (int b_ = 0; b_ < (count); b_++) { \
    bits |= (unsigned long long)(((value) >> b_) & 1) << nbits++; \
    if (nbits == 8) { out[n++] = (char)bits; bits = 0; nbits = 0; } }
  PUT(3, 3)                /* last block, fixed codes */
  PUT(0x15, 8)             /* 'x' = code 0xa8, most significant bit first */
  while (n + 16 < size) {
    PUT(0xa3, 8)           /* length 258 = code 0xc5, bits reversed */
    PUT(0, 5)              /* distance 1 */
  }
#undef PUT
  return n;
}

static void test_limits(void) {
  static char reply[1 << 20];
  size_t n = (size_t)snprintf(reply, sizeof reply, "HTTP/1.1 200 OK\r\n"
    "Content-Encoding: gzip\r\nConnection: close\r\n\r\n");
  n += bomb(reply + n, 400000);
  peer_on(peer, (PeerReply){ .target = "GET /bomb", .bytes = reply, .len = n,
                             .end = PEER_CLOSE });
  peer_on(peer, (PeerReply){ .target = "GET /flood", .bytes =
    "HTTP/1.1 200 OK\r\n", .endless = "X-Flood: aaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" });
  peer_on(peer, (PeerReply){ .target = "GET /line", .bytes =
    "HTTP/1.1 200 OK\r\nX-Long: ", .endless = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" });
  peer_on(peer, (PeerReply){ .bytes = "HTTP/1.1 200 OK\r\n\r\n",
                             .endless = "blah blah blah " });
  Http *h = open_http((HttpOptions){ .max_body = 1000000 });
  HttpCall c = { .method = "GET", .url = "/bomb", .repeatable = true };
  HttpReq *r = call_with(h, c);
  is_kind(r, ERR_CAP, "a gzip bomb is capped by decoded bytes");
  says(r, "'max_body'", "and the limit is named");
  ok(http_req_body(r)->len <= 1000000, "no more than that is kept");
  http_req_free(r);
  c.url = "/flood";
  r = call_with(h, c);
  is_kind(r, ERR_CAP, "a flood of headers is capped");
  says(r, "'max_header'", "and the limit is named");
  http_req_free(r);
  c.url = "/line";
  r = call_with(h, c);
  is_kind(r, ERR_CAP, "an endless header line is capped");
  http_req_free(r);
  c.url = "/endless";
  r = call_with(h, c);
  is_kind(r, ERR_CAP, "an endless body is capped");
  http_req_free(r);
  c.method = "POST";
  c.repeatable = false;
  r = call_with(h, c);
  is_kind(r, ERR_IN_DOUBT, "which leaves a create in doubt");
  says(r, "'max_body'", "and still names the limit");
  http_req_free(r);
  http_free(h);
}

static void test_broken_replies(void) {
  static const struct { const char *bytes; const char *what; } replies[] = {
    { "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", "truncated" },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "bad chunk size" },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
      "chunk cut off" },
    { "SSH-2.0-OpenSSH_9.2\r\n", "another protocol" },
    { "HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n", "NUL in a header" },
    { "HTTP/1.1 200 OK\r\nX: a\r\n", "headers cut off" },
    { "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      "two lengths" },
    { "HTTP/1.1 101 Switch\r\nUpgrade: x\r\n\r\nx", "a protocol nobody wants" },
  };
  for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
    peer_forget(peer);
    peer_on(peer, (PeerReply){ .bytes = replies[i].bytes, .end = PEER_CLOSE,
      .len = i == 4 ? 27 : 0 });
    HttpReq *r = get("/x");
    is_kind(r, ERR_SERVER, replies[i].what);
    http_req_free(r);
    r = post("/x", "{}");
    is_kind(r, ERR_IN_DOUBT, "in doubt for a create");
    http_req_free(r);
  }
  peer_forget(peer);
  peer_on(peer, (PeerReply){ .bytes = "HTTP/1.1 204 None\r\n\r\n" });
  HttpReq *r = get("/empty");
  is_kind(r, ERR_NONE, "an empty reply is fine");
  is_int(http_req_status(r), 204, "204");
  is_str(buf_str(http_req_body(r)), "", "the body is empty, not NULL");
  http_req_free(r);
  peer_forget(peer);
  peer_on(peer, (PeerReply){ .bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
    "chunked\r\nX-Id: 1\r\n\r\n2\r\nok\r\n0\r\nX-Id: 2\r\n\r\n" });
  r = get("/trailer");
  is_str(http_req_header(r, "X-Id", NULL), "1", "a trailer is no header");
  http_req_free(r);
}

/* The seconds that follow PHASE in what is told; -1 where it is not there. */
static double time_told(HttpReq *r, const char *phase) {
  const char *at = strstr(http_req_err(r)->text, phase);
  return at ? strtod(at + strlen(phase), NULL) : -1;
}

static void test_timeouts(void) {
  peer_on(peer, (PeerReply){ .target = "GET /drip", .drip = 0.4, .bytes = OK });
  peer_on(peer, (PeerReply){ .end = PEER_HANG });
  Http *h = open_http((HttpOptions){ .stall_timeout = 1 });
  double start = loop_now();
  HttpReq *r = call_with(h, (HttpCall){ .method = "GET", .url = "/drip",
                                        .repeatable = true });
  is_kind(r, ERR_TIMEOUT, "a slow drip is cut by the stall timeout");
  says(r, "'stall_timeout'", "which is named");
  ok(loop_now() - start < 5, "in time");
  http_req_free(r);
  http_free(h);
  h = open_http((HttpOptions){ .timeout = 0.3 });
  start = loop_now();
  r = call_with(h, (HttpCall){ .method = "GET", .url = "/hang",
                               .repeatable = true });
  is_kind(r, ERR_TIMEOUT, "a silent peer is cut by the timeout");
  double told = time_told(r, "waiting for the answer ");
  ok(told > 0.25 && told < loop_now() - start + 0.06,
     "it says where the time went");
  ok(http_req_err(r)->retryable, "a read may be repeated");
  http_req_free(r);
  r = call_with(h, (HttpCall){ .method = "POST", .url = "/hang" });
  is_kind(r, ERR_IN_DOUBT, "a create is in doubt then");
  http_req_free(r);
  http_free(h);
  h = open_http((HttpOptions){ .timeout = 60 });
  r = call_with(h, (HttpCall){ .method = "POST", .url = "/hang",
                               .timeout = 0.05 });
  ok(http_req_times(r).total < 5, "a call may have its own timeout");
  http_req_free(r);
  http_free(h);
}

static void redirect(const char *from, int status, const char *to) {
  char location[256];
  snprintf(location, sizeof location, "Location: %s\r\n", to);
  peer_on(peer, (PeerReply){ .target = from,
                             .bytes = peer_text(peer, status, location, "") });
}

static void test_redirects(void) {
  Peer *evil = peer_new(loop);
  char away[128];
  snprintf(away, sizeof away, "%s/steal?key=1", peer_base(evil));
  redirect("GET /a", 302, "/b?x=1");
  redirect("GET /b", 307, "c");
  redirect("GET /loop", 301, "/loop");
  redirect("GET /away", 302, away);
  redirect("GET /scheme", 302, "ftp://127.0.0.1/x");
  redirect("POST /a", 303, "/b");
  redirect("PUT /a", 307, "/b");
  peer_on(peer, (PeerReply){ .target = "GET /c", .bytes = OK });
  const char *key[] = { "Account-Key: s3cret" };
  HttpCall c = { .method = "GET", .url = "/a", .headers = key, .nheaders = 1,
                 .repeatable = true };
  HttpReq *r = call_with(http, c);
  is_str(buf_str(http_req_body(r)), "ok", "redirects to the same origin");
  is_int(http_req_times(r).redirects, 2, "two of them");
  ok(strstr(http_req_url(r), "/c") != NULL, "the final URL is known");
  ok(sent_has("Account-Key: s3cret"), "headers go along");
  http_req_free(r);
  r = get("/loop");
  is_kind(r, ERR_SERVER, "a redirect loop ends");
  is_int(peer_requests(peer, "GET /loop"), 6, "after five redirects");
  http_req_free(r);
  c.url = "/away";
  r = call_with(http, c);
  is_kind(r, ERR_SERVER, "another origin is not followed");
  is_int(http_req_err(r)->status, 302, "with the status");
  says(r, "/steal", "and the target is named");
  ok(!strstr(http_req_err(r)->text, "key=1"), "without its query");
  is_int(peer_connections(evil), 0, "nothing at all was sent there");
  http_req_free(r);
  r = get("/scheme");
  is_kind(r, ERR_SERVER, "another scheme is not followed");
  http_req_free(r);
  r = post("/a", "{}");
  is_kind(r, ERR_IN_DOUBT, "a create is not redirected");
  is_int(peer_requests(peer, "GET /b") + peer_requests(peer, "POST /b"), 1,
         "nothing was sent on");
  http_req_free(r);
  r = call_with(http, (HttpCall){ .method = "PUT", .url = "/a",
                                  .repeatable = true });
  is_kind(r, ERR_SERVER, "nor is a PUT, though repeatable");
  http_req_free(r);
  peer_free(evil);
}

static void test_cancel(void) {
  Err err = { 0 };
  peer_on(peer, (PeerReply){ .end = PEER_HANG });
  HttpReq *reqs[3];
  char url[128];
  snprintf(url, sizeof url, "%s/hang", peer_base(peer));
  HttpCall c = { .method = "GET", .url = url, .repeatable = true };
  int before = done_calls;
  Http *h = open_http((HttpOptions){ 0 });
  for (int i = 0; i < 3; i++) {
    reqs[i] = http_send(h, &c, on_done, NULL, &err);
    if (!reqs[i]) exit(1);
  }
  is_int(done_calls, before, "http_send calls nobody back");
  while (peer_requests(peer, NULL) < 3) loop_step(loop, 1, &err);
  http_req_free(reqs[1]);
  ok(http_req_pending(reqs[0]), "freeing one leaves the others");
  http_free(h);
  ok(!http_req_pending(reqs[0]), "http_free ends them");
  is_kind(reqs[0], ERR_CANCELLED, "as cancelled");
  for (int i = 0; i < 20; i++) loop_step(loop, 0, &err);
  is_int(done_calls, before, "and calls nobody back");
  http_req_free(reqs[0]);
  http_req_free(reqs[2]);
  http_req_free(NULL);
}

/* Between http_send and the moment at which a connection stands. */
static void test_halt(void) {
  Err err = { 0 };
  bool finished = false;
  char url[128];
  snprintf(url, sizeof url, "%s/halt", peer_base(peer));
  HttpCall c = { .method = "POST", .url = url };
  HttpReq *r = http_send(http, &c, on_done, &finished, &err);
  if (!r) exit(1);
  halt_begin();
  run(&finished);
  is_kind(r, ERR_FILE, "a request does not leave once the disk has failed");
  says(r, "not sent, since the disk failed to flush", "as it says");
  ok(!http_req_err(r)->retryable, "nor does another try");
  ok(!http_req_maybe_sent(r), "so that there is no doubt");
  http_req_free(r);
  ok(!http_send(http, &c, on_done, &finished, &err) && err.kind == ERR_FILE,
     "no other is begun");
  is_int(peer_requests(peer, NULL), 0, "the server saw none");
  halt_end();
  r = get("/halt");
  is_kind(r, ERR_NONE, "until the store is closed");
  http_req_free(r);
}

static HttpReq *victims[2];
static Http *doomed;
static bool all_freed;

/* Frees itself, another request in flight, and the Http under both. */
static void free_all(void *ctx, HttpReq *req) {
  (void)ctx;
  http_req_free(req);
  http_req_free(req == victims[0] ? victims[1] : victims[0]);
  http_free(doomed);
  all_freed = true;
}

static void test_free_in_callback(void) {
  Err err = { 0 };
  char url[128];
  peer_on(peer, (PeerReply){ .bytes = OK });
  snprintf(url, sizeof url, "%s/x", peer_base(peer));
  HttpCall c = { .method = "GET", .url = url, .repeatable = true };
  doomed = open_http((HttpOptions){ 0 });
  for (int i = 0; i < 2; i++)
    victims[i] = http_send(doomed, &c, free_all, NULL, &err);
  run(&all_freed);
  ok(all_freed, "done may free its request, others and the Http");
  for (int i = 0; i < 20; i++) loop_step(loop, 0, &err);
}

static int many_left;
static void count_down(void *ctx, HttpReq *req) {
  (void)ctx;
  if (http_req_status(req) == 200) many_left--;
}

static void parallel(Http *h) {
  Err err = { 0 };
  char url[128];
  HttpReq *reqs[MANY];
  snprintf(url, sizeof url, "%s/x", peer_base(peer));
  HttpCall c = { .method = "GET", .url = url, .repeatable = true };
  many_left = MANY;
  for (int i = 0; i < MANY; i++)
    if (!(reqs[i] = http_send(h, &c, count_down, NULL, &err))) exit(1);
  double end = loop_now() + 20;
  while (many_left > 0 && loop_now() < end) loop_step(loop, 1, &err);
  for (int i = 0; i < MANY; i++) http_req_free(reqs[i]);
}

static void test_parallel(void) {
  peer_on(peer, (PeerReply){ .bytes = OK, .delay = 0.02 });
  Http *h = open_http((HttpOptions){ 0 });
  parallel(h);
  is_int(many_left, 0, "50 requests side by side");
  int connections = peer_connections(peer);
  ok(connections <= MANY, "at most a connection each");
  parallel(h);
  is_int(many_left, 0, "50 more");
  is_int(peer_connections(peer), connections, "on the same connections");
  http_free(h);
}

static void test_settings(void) {
  static const HttpOptions bad[] = {
    { .cacert = "/dev/null/none/ca.pem" }, { .http_version = "3" },
    { .timeout = -1 }, { .cert = "/dev/null/none/cert.pem" },
  };
  static const char *const names[] = { "'cacert'", "'http_version'",
                                       "'timeout'", "'cert'" };
  for (size_t i = 0; i < 4; i++) {
    Err err = { 0 };
    Http *h = http_new(loop, &bad[i], &err);
    ok(!h && err.kind == ERR_CONFIG && strstr(err.text, names[i]),
       "a bad setting is named");
    http_free(h);
  }
  peer_on(peer, (PeerReply){ .bytes = OK });
  char connect_to[64];
  snprintf(connect_to, sizeof connect_to, "::127.0.0.1:%d", peer_port(peer));
  Http *h = open_http((HttpOptions){
    .base = "http://reports.example.com",
    .connect_to = (const char *const[]){ connect_to, NULL } });
  HttpReq *r = call_with(h, (HttpCall){ .method = "GET",
    .url = "http://reports.example.com/x", .repeatable = true });
  is_int(http_req_status(r), 200, "connect_to leads elsewhere");
  ok(sent_has("Host: reports.example.com\r\n"), "under the same name");
  http_req_free(r);
  http_free(h);
}

static void test_trace(void) {
  char path[] = "/tmp/errand-test-XXXXXX", text[8192] = "";
  int fd = mkstemp(path);
  if (fd < 0) exit(2);
  unlink(path);
  log_set_fd(fd);
  log_set_level(LOG_DEBUG);
  peer_on(peer, (PeerReply){ .bytes =
    peer_text(peer, 200, "Set-Cookie: sid=verysecret\r\nX-Seen: yes\r\n", "ok")
  });
  const char *headers[] = { "Authorization: Bearer topsecret", "X-Plain: yes" };
  http_req_free(call_with(http, (HttpCall){ .method = "GET",
    .url = "/t?fields=id", .headers = headers, .nheaders = 2,
    .repeatable = true }));
  log_set_level(LOG_INFO);
  log_set_fd(2);
  ssize_t n = pread(fd, text, sizeof text - 1, 0);
  close(fd);
  ok(n > 0 && strstr(text, "ixon GET /t?fields=id 200 "), "one line a request");
  ok(strstr(text, "> X-Plain: yes") && strstr(text, "< X-Seen: yes"),
     "headers both ways");
  ok(strstr(text, "> Authorization: [secret]") &&
     strstr(text, "< Set-Cookie: [secret]") && !strstr(text, "topsecret") &&
     !strstr(text, "verysecret"), "but no credentials");
}

/* With a base libcurl is told where to connect once and a target each time,
   without one the URL of each request: what comes of it is the same. */
static void run_all(bool with_base) {
  void (*const tests[])(void) = {
    test_get, test_targets, test_methods, test_refused_calls, test_reuse,
    test_dropped_reply, test_many_stale, test_resets, test_refused, test_gzip,
    test_limits, test_broken_replies, test_timeouts, test_redirects,
    test_cancel, test_halt, test_free_in_callback, test_parallel,
    test_settings, test_trace,
  };
  if (!with_base) http = open_http((HttpOptions){ 0 });
  for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
    if (with_base && tests[i] == test_refused) continue;   /* goes elsewhere */
    peer = peer_new(loop);   /* a new port, so no kept connections */
    if (with_base) http = open_http((HttpOptions){ .base = peer_base(peer) });
    tests[i]();
    if (with_base) http_free(http);
    peer_free(peer);
  }
  if (!with_base) http_free(http);
}

int main(void) {
  Err err = { 0 };
  /* The tests must not depend on the proxies of who runs them. */
  unsetenv("http_proxy"), unsetenv("https_proxy"), unsetenv("all_proxy");
  unsetenv("HTTPS_PROXY"), unsetenv("ALL_PROXY");
  loop = loop_new(&err);
  run_all(false);
  run_all(true);
  loop_free(loop);
  return done();
}
