/* test_httpresume.c - downloads that break off, and how they go on. */
/* SPDX-License-Identifier: MIT */
#include "http.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "peer.h"
#include "sys.h"
#include "tap.h"

#define CUT(headers) "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n" headers \
                     "\r\n0123"
#define TAG "ETag: \"v1\"\r\n"
#define OLD "Last-Modified: Tue, 07 Jul 2026 10:00:00 GMT\r\n"
#define REST(range, headers) "HTTP/1.1 206 Partial\r\nContent-Length: 6\r\n" \
                             range headers "\r\n456789"
#define RANGE "Content-Range: bytes 4-9/10\r\n"

static Loop *loop;
static Peer *peer;
static Http *http;
static char dir[] = "/tmp/errand-test-XXXXXX";

/* As where no file can be without a name. */
static bool named;
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);

int __wrap_open(const char *path, int flags, ...) {
  va_list ap;
  va_start(ap, flags);
  mode_t mode = va_arg(ap, mode_t);
  va_end(ap);
  if (named && (flags & O_TMPFILE) == O_TMPFILE) {
    errno = EOPNOTSUPP;
    return -1;
  }
  return __real_open(path, flags, mode);
}

static void on_done(void *ctx, HttpReq *req) {
  (void)req;
  *(bool *)ctx = true;
}

static const char *target(void) {
  static char path[512];
  snprintf(path, sizeof path, "%s/x.zip", dir);
  return path;
}

static const char *held(void) {
  static char bytes[64];
  int fd = open(target(), O_RDONLY | O_CLOEXEC);
  ssize_t n = fd < 0 ? -1 : read(fd, bytes, sizeof bytes - 1);
  if (fd >= 0) close(fd);
  bytes[n < 0 ? 0 : n] = '\0';
  return n < 0 ? "?" : bytes;
}

static int files(void) {
  int n = 0;
  DIR *d = opendir(dir);
  if (!d) exit(2);
  while (readdir(d)) n++;
  closedir(d);
  return n - 2;
}

static HttpReq *get(const char *method, HttpPartial *partial, double timeout) {
  Err err = { 0 };
  bool finished = false;
  char url[128];
  snprintf(url, sizeof url, "%s/x", peer_base(peer));
  HttpReq *req = http_send(http, &(HttpCall){ .method = method, .url = url,
    .output = target(), .repeatable = true, .partial = partial,
    .timeout = timeout, .operation = "things.get" }, on_done, &finished, &err);
  if (!req) {
    ok(0, err.text);
    exit(1);
  }
  double end = loop_now() + 60;
  while (!finished && loop_now() < end) loop_step(loop, 1, &err);
  if (!finished) ok(0, "the request ended in time");
  return req;
}

/* One reply, one request; its kind of failure, and what can go on. */
static HttpPartial *turn(PeerReply reply, HttpPartial *partial, ErrKind want,
                         const char *what) {
  peer_forget(peer);
  peer_on(peer, reply);
  HttpReq *req = get("GET", partial, 0);
  const Err *err = http_req_err(req);
  if (!is_int((int)err->kind, (int)want, what)) printf("# %s\n", err->text);
  if (want != ERR_NONE) {
    ok(err->retryable, "and may be tried again");
    ok(!http_req_is_file(req), "with no file made");
  }
  HttpPartial *next = http_req_partial(req);
  ok(!http_req_partial(req), "what goes on is given once");
  http_req_free(req);
  return next;
}

static HttpPartial *broken_off(void) {
  if (sys_write_file(target(), "old", 3, 0600, NULL)) exit(2);
  HttpPartial *p = turn((PeerReply){ .bytes = CUT(TAG), .end = PEER_CLOSE },
                        NULL, ERR_SERVER, "a download that breaks off");
  ok(p != NULL, "can go on");
  is_str(held(), "old", "the file is the old one");
  return p;
}

static bool sent_has(const char *part) {
  return strstr(peer_last(peer), part) != NULL;
}

static void test_goes_on(void) {
  HttpPartial *p = broken_off();
  is_int(files(), named ? 2 : 1, "what came is out of sight where it can be");
  peer_forget(peer);
  peer_on(peer, (PeerReply){ .bytes = REST(RANGE, TAG) });
  HttpReq *r = get("GET", p, 0);
  is_int((int)http_req_err(r)->kind, ERR_NONE, "the rest is asked for");
  ok(sent_has("\r\nRange: bytes=4-\r\n") &&
     sent_has("\r\nIf-Range: \"v1\"\r\n"), "of that version");
  ok(sent_has("\r\nAccept-Encoding: identity\r\n") && !sent_has("gzip"),
     "as it is");
  is_str(held(), "0123456789", "and put behind what was there");
  is_int((long)http_req_size(r), 10, "which makes the whole");
  is_int((long)http_req_resumed(r), 4, "of which four bytes had come before");
  ok(!http_req_partial(r), "and there is nothing left to go on with");
  http_req_free(r);
  is_int(files(), 1, "nothing else is left");
  r = get("GET", NULL, 0);
  ok(!sent_has("Range") && sent_has("gzip"), "the next call is a whole one");
  http_req_free(r);
}

static void test_starts_over(void) {
  HttpPartial *p = broken_off();
  p = turn((PeerReply){ .bytes = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"
                                 "ETag: \"v2\"\r\n\r\nnew" }, p, ERR_NONE,
           "a 200 is the whole file");
  is_str(held(), "new", "without what was there");
  ok(!p, "and the end");
  p = turn((PeerReply){ .bytes = CUT("ETag: \"v2\"\r\n"), .end = PEER_CLOSE },
           broken_off(), ERR_SERVER, "a 200 that breaks off in turn");
  p = turn((PeerReply){ .bytes = REST(RANGE, "ETag: \"v2\"\r\n") }, p, ERR_NONE,
           "goes on as the version it is");
  ok(sent_has("\r\nIf-Range: \"v2\"\r\n"), "by its own name");
  is_str(held(), "0123456789", "to its end");
  ok(!p, "and that is all");
}

static void test_stays_good(void) {
  static const PeerReply lost[] = {
    { .bytes = NULL, .end = PEER_RESET },
    { .bytes = "HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\nno" },
    { .bytes = "HTTP/1.1 401 Who\r\nContent-Length: 2\r\n\r\nno" },
  };
  HttpPartial *p = broken_off();
  for (size_t i = 0; i < sizeof lost / sizeof *lost; i++) {
    p = turn(lost[i], p, i == 0 ? ERR_NETWORK : ERR_NONE,
             "no reply, or none about the file");
    ok(p != NULL, "takes nothing away");
  }
  p = turn((PeerReply){ .bytes = "HTTP/1.1 206 P\r\nContent-Length: 6\r\n" RANGE
                                 "\r\n45", .end = PEER_RESET }, p, ERR_NETWORK,
           "a rest that breaks off");
  p = turn((PeerReply){ .bytes = "HTTP/1.1 206 P\r\nContent-Length: 2\r\n"
                                 "Content-Range: bytes 6-7/10\r\n\r\n67" }, p,
           ERR_SERVER, "a rest shorter than was asked for");
  ok(sent_has("\r\nRange: bytes=6-\r\n"), "is asked for from where it is");
  p = turn((PeerReply){ .bytes = "HTTP/1.1 206 P\r\nContent-Length: 2\r\n"
                                 "Content-Range: bytes 8-9/*\r\n\r\n89" }, p,
           ERR_NONE, "goes on to the end");
  is_str(held(), "0123456789", "with every byte in its place");
  ok(!p, "and is done");
}

static void test_wrong_rest(void) {
  static const char *const replies[] = {
    "HTTP/1.1 416 No\r\nContent-Range: bytes */3\r\nContent-Length: 0\r\n\r\n",
    REST("", TAG),
    REST("Content-Range: bytes 3-8/10\r\n", TAG),
    REST("Content-Range: bytes 5-10/11\r\n", TAG),
    REST("Content-Range: bytes 4-9/11\r\n", TAG),
    REST("Content-Range: bytes 4-9/9\r\n", TAG),
    REST("Content-Range: bytes 4-3/10\r\n", TAG),
    REST("Content-Range: bytes 4-9\r\n", TAG),
    REST("Content-Range: bytes -4-9/10\r\n", TAG),
    REST("Content-Range: bytes */10\r\n", TAG),
    REST("Content-Range: bytes 4-9/10x\r\n", TAG),
    REST("Content-Range: lines 4-9/10\r\n", TAG),
    REST("Content-Range: bytes 4-99999999999999999999/99999999999999999999\r\n",
         TAG),
    REST(RANGE, "ETag: \"v2\"\r\n"),
    REST(RANGE, "Content-Encoding: br\r\n" TAG),
    "HTTP/1.1 206 P\r\nTransfer-Encoding: chunked\r\n" RANGE
    "\r\n7\r\n456789x\r\n0\r\n\r\n",
  };
  for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
    HttpPartial *p = turn((PeerReply){ .bytes = replies[i] }, broken_off(),
                          ERR_SERVER, "what is not the rest is refused");
    if (!ok(!p, "and nothing goes on from there")) printf("# case %zu\n", i);
    is_str(held(), "old", "the file is the old one");
    is_int(files(), 1, "nothing else is left");
  }
  HttpPartial *p = turn((PeerReply){ .bytes = REST(RANGE, TAG) }, NULL,
                        ERR_SERVER, "a part that nobody asked for is refused");
  ok(!p && strcmp(held(), "old") == 0, "and is no file");
}

static void test_nothing_to_go_on(void) {
  static const struct { const char *reply, *why; } cases[] = {
    { CUT(""), "no validator" },
    { CUT("ETag: W/\"v1\"\r\n"), "a weak one" },
    { CUT("ETag: W/\"v1\"\r\n" OLD "Date: Wed, 08 Jul 2026 10:00:00 GMT\r\n"),
      "a weak one beside a date" },
    { CUT("ETag: v1\r\n"), "one without quotes" },
    { CUT(OLD), "a date that may be a second old" },
    { CUT(OLD "Date: Tue, 07 Jul 2026 10:00:59 GMT\r\n"), "a fresh date" },
    { CUT("Last-Modified: long ago\r\nDate: Tue, 07 Jul 2026 10:00:59 GMT\r\n"),
      "a date that is none" },
    { CUT(TAG "Accept-Ranges: none\r\n"), "no ranges" },
    { CUT(TAG "Content-Encoding: gzip\r\n"), "compressed bytes" },
    { "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n" TAG "\r\n", "no bytes" },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" TAG
      "\r\n4\r\n0123\r\nzz\r\n", "chunks that are wrong" },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    HttpPartial *p = turn((PeerReply){ .bytes = cases[i].reply,
                                       .end = PEER_CLOSE },
                          NULL, ERR_SERVER, cases[i].why);
    ok(!p, "nothing to go on with");
    is_int(files(), 1, "nothing is left");
  }
  peer_forget(peer);
  peer_on(peer, (PeerReply){ .bytes = CUT(TAG), .end = PEER_CLOSE });
  HttpReq *r = get("POST", NULL, 0);
  ok(!http_req_partial(r), "nor for what is no GET");
  http_req_free(r);
}

static void test_dates_and_stalls(void) {
  peer_on(peer, (PeerReply){ .bytes = CUT(OLD "Date: Tue, 07 Jul 2026 10:01:00 "
                                          "GMT\r\n"), .end = PEER_HANG });
  HttpReq *r = get("GET", NULL, 0.3);
  is_int((int)http_req_err(r)->kind, ERR_TIMEOUT, "a download that stands");
  HttpPartial *p = http_req_partial(r);
  http_req_free(r);
  ok(p != NULL, "goes on too, with a date that is old enough");
  p = turn((PeerReply){ .bytes = REST(RANGE, OLD) }, p, ERR_NONE, "as asked");
  ok(sent_has("\r\nIf-Range: Tue, 07 Jul 2026 10:00:00 GMT\r\n"),
     "for that date");
  is_str(held(), "0123456789", "to the end");
  ok(!p, "and is done");
  p = broken_off();
  Err err = { 0 };
  ok(!http_send(http, &(HttpCall){ .method = "GET", .partial = p,
     .url = peer_base(peer), .repeatable = true }, on_done, NULL, &err),
     "without a file there is nothing to go on with");
  http_partial_free(p);
  http_partial_free(NULL);
  is_int(files(), 1, "what is not wanted leaves nothing");
}

static void test_named(void) {
  named = true;
  test_goes_on();
  named = false;
}

int main(void) {
  Err err = { 0 };
  unsetenv("http_proxy"), unsetenv("all_proxy");
  if (!mkdtemp(dir)) return 2;
  loop = loop_new(&err);
  http = http_new(loop, &(HttpOptions){ .service = "intrexx" }, &err);
  if (!http) return 2;
  void (*const tests[])(void) = {
    test_goes_on, test_starts_over, test_stays_good, test_wrong_rest,
    test_nothing_to_go_on, test_dates_and_stalls, test_named,
  };
  for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
    if (sys_write_file(target(), "old", 3, 0600, &err)) return 2;
    peer = peer_new(loop);
    tests[i]();
    peer_free(peer);
  }
  http_free(http);
  loop_free(loop);
  unlink(target());
  rmdir(dir);
  return done();
}
