/* test_sandbox.c - the loopback server, spoken to over raw sockets. */
/* SPDX-License-Identifier: MIT */
#include "sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include "tap.h"

enum { LIMIT = 1000 };

static Loop *loop;
static Sandbox *server;
static char seen[4096];          /* what the handler saw last */
static int calls;
static SandboxReply reply;       /* what it answers */
static SandboxReq *held;         /* answered later when hold is set */
static bool hold;
static bool fail_answer;
static Err answer_err;

static void on_header(void *ctx, const char *name, const char *value) {
  (void)ctx;
  if (strcmp(name, "X-Mark") != 0) return;
  size_t n = strlen(seen);
  snprintf(seen + n, sizeof seen - n, " mark=%s", value);
}

static void handler(void *ctx, SandboxReq *r) {
  size_t len = 0;
  const char *body = sandbox_req_body(r, &len);
  const char *host = sandbox_req_header(r, "hOsT");
  (void)ctx;
  calls++;
  snprintf(seen, sizeof seen, "%s %s ?%s [%.*s] %s", sandbox_req_method(r),
           sandbox_req_path(r), sandbox_req_query(r), (int)len, body,
           host ? "host" : "no host");
  sandbox_req_each_header(r, on_header, NULL);
  if (hold) {
    held = r;
    return;
  }
  int rc = sandbox_answer(r, &reply, &answer_err);
  fail_answer = rc != 0;
  if (rc) {
    const SandboxReply plain = { .status = 500 };
    (void)sandbox_answer(r, &plain, NULL);
  }
}

static int dial(void) {
  struct sockaddr_in addr = {
    .sin_family = AF_INET, .sin_port = htons((uint16_t)sandbox_port(server)),
    .sin_addr = { htonl(INADDR_LOOPBACK) }
  };
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  if (connect(fd, (const struct sockaddr *)&addr, sizeof addr)) {
    close(fd);
    return -1;
  }
  return fd;
}

static int put(int fd, const char *bytes, size_t n) {
  double end = loop_now() + 20;
  Err err;
  while (n) {
    ssize_t sent = send(fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) {
      bytes += sent;
      n -= (size_t)sent;
    } else if (errno != EAGAIN || loop_now() > end) {
      return -1;
    }
    if (loop_step(loop, 0, &err)) return -1;
  }
  return 0;
}

/* Reads until the server closes: 0 for a clean end, else errno. */
static int drain(int fd, Buf *out) {
  double end = loop_now() + 20;
  char block[65536];
  Err err;
  buf_reset(out);
  for (;;) {
    ssize_t n = recv(fd, block, sizeof block, MSG_DONTWAIT);
    if (n == 0) return 0;
    if (n > 0) {
      if (buf_add(out, block, (size_t)n)) return ENOMEM;
      continue;
    }
    if (errno != EAGAIN) return errno;
    if (loop_now() > end) return ETIMEDOUT;
    if (loop_step(loop, 0.02, &err)) return EIO;
  }
}

static int ask(const char *request, Buf *out) {
  int fd = dial();
  if (fd < 0) return errno;
  int rc = put(fd, request, strlen(request)) ? EPIPE : drain(fd, out);
  close(fd);
  return rc;
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: 127.0.0.1\r\n" \
                  "Connection: close\r\n\r\n"

static void plain(const char *body) {
  static const char *const json[] = { "Content-Type", "application/json" };
  const SandboxReply fresh = {
    .status = 200, .headers = json, .nheaders = 1, .body = body,
    .body_len = body ? strlen(body) : 0
  };
  reply = fresh;
}

static bool has(const Buf *b, const char *text) {
  return b->data && memmem(b->data, b->len, text, strlen(text)) != NULL;
}

static void test_plain(Buf *out) {
  plain("{\"a\":1}");
  is_int(ask("POST /a%2Fb/c?x=%20y&&z HTTP/1.1\r\nHost: LocalHost:99\r\n"
             "X-Mark: one\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"
             "he\"lo", out), 0, "a request is answered");
  is_str(seen, "POST /a%2Fb/c ?x=%20y&&z [he\"lo] host mark=one",
         "path and query arrive raw, body and headers too");
  ok(has(out, "HTTP/1.1 200 OK\r\n"), "status line");
  ok(has(out, "Content-Type: application/json\r\n"), "reply header");
  ok(has(out, "\r\n\r\n{\"a\":1}"), "reply body");
  is_int(ask(GET("/?"), out), 0, "an empty query");
  is_str(seen, "GET / ? [] host", "is empty");
  reply.status = 204;
  is_int(ask(GET("/"), out), 0, "204 is answered");
  ok(has(out, " 204 ") && !has(out, "{"), "and has no body");
  plain(NULL);
  is_int(ask("DELETE /x HTTP/1.1\r\nHost: [::1]:1\r\nContent-Length: 2\r\n"
             "Connection: close\r\n\r\n[]", out), 0, "a DELETE with a body");
  is_str(seen, "DELETE /x ? [[]] host", "keeps it");
  is_int(ask("POST /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
             "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n"
             "0\r\n\r\n", out), 0, "a chunked body");
  is_str(seen, "POST /x ? [abcde] host", "is put together");
}

static void test_kept(Buf *out) {
  plain("[]");
  calls = 0;
  is_int(ask("GET /1 HTTP/1.1\r\nHost: localhost\r\n\r\n" GET("/2"), out), 0,
         "two requests on one connection");
  is_int(calls, 2, "are two calls");
  is_str(seen, "GET /2 ? [] host", "in order");
}

static void test_refused(Buf *out) {
  char big[LIMIT * 4];
  static const char *const hosts[] = {
    "evil.example.com", "127.0.0.1.example.com", "localhost.example.com",
    "127.0.0.1:80.example.com", "127.0.0.1:", ""
  };
  plain("[]");
  calls = 0;
  for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
    char request[256];
    snprintf(request, sizeof request, "GET / HTTP/1.1\r\nHost: %s\r\n"
             "Connection: close\r\n\r\n", hosts[i]);
    is_int(ask(request, out), 0, hosts[i]);
    ok(has(out, " 421 "), "a foreign Host gets 421");
  }
  is_int(ask("GET / HTTP/1.0\r\n\r\n", out), 0, "no Host at all");
  ok(has(out, " 421 "), "gets 421 too");
  is_int(calls, 0, "the handler saw none of them");

  int n = snprintf(big, sizeof big, "POST / HTTP/1.1\r\nHost: localhost\r\n"
                   "Connection: close\r\nContent-Length: %d\r\n\r\n",
                   LIMIT + 1);
  memset(big + n, 'x', LIMIT + 1);
  big[n + LIMIT + 1] = '\0';
  int rc = ask(big, out);
  ok(rc == 0 || rc == ECONNRESET || rc == EPIPE, "an announced big body");
  ok(has(out, " 413 "), "gets 413");
  n = snprintf(big, sizeof big, "POST / HTTP/1.1\r\nHost: localhost\r\n"
               "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
               "%x\r\n", LIMIT + 1);
  memset(big + n, 'x', LIMIT + 1);
  snprintf(big + n + LIMIT + 1, 32, "\r\n0\r\n\r\n");
  is_int(ask(big, out), 0, "a big body that was not announced");
  ok(has(out, " 413 "), "gets 413");
  is_int(calls, 0, "the handler saw neither");
  n = snprintf(big, sizeof big, "POST / HTTP/1.1\r\nHost: localhost\r\n"
               "Connection: close\r\nContent-Length: %d\r\n\r\n", LIMIT);
  memset(big + n, 'x', LIMIT);
  big[n + LIMIT] = '\0';
  is_int(ask(big, out), 0, "a body of exactly the limit");
  is_int(calls, 1, "is let in");
}

static void test_faults(Buf *out) {
  plain("{\"a\":12345}");
  reply.fault = SANDBOX_DROP;
  is_int(ask(GET("/"), out), 0, "drop ends the connection");
  is_int((long long)out->len, 0, "without a byte");
  reply.fault = SANDBOX_RESET;
  is_int(ask(GET("/"), out), ECONNRESET, "reset resets it");
  is_int((long long)out->len, 0, "without a byte");
  reply.fault = SANDBOX_TRUNCATE;
  is_int(ask(GET("/"), out), 0, "truncate ends the connection");
  ok(has(out, "Content-Length: 11\r\n"), "after promising all");
  ok(has(out, "\r\n\r\n{\"a\":") && !has(out, "1"
         "2345"), "and sending half");
  reply.fault = SANDBOX_HUGE;
  reply.huge_bytes = 3000000;
  is_int(ask(GET("/"), out), 0, "huge is read to its end");
  ok(has(out, "Content-Length: 3000011\r\n"), "announced");
  ok(out->len > 3000011 && has(out, "{\"a\":12345}    "), "and blank");
  plain("late");
  reply.delay = 0.05;
  double start = loop_now();
  is_int(ask(GET("/"), out), 0, "a delayed reply comes");
  ok(loop_now() - start >= 0.05, "not before its time");
  ok(has(out, "\r\n\r\nlate"), "whole");
  reply.fault = SANDBOX_DROP;
  is_int(ask(GET("/"), out), 0, "a delayed drop");
  is_int((long long)out->len, 0, "has no byte");
}

static void test_later(Buf *out) {
  Err err;
  hold = true;
  held = NULL;
  plain("then");
  int fd = dial();
  const char *request = GET("/later");
  ok(fd >= 0 && put(fd, request, strlen(request)) == 0, "a request is sent");
  for (double end = loop_now() + 20; !held && loop_now() < end;) {
    if (loop_step(loop, 0.02, &err)) break;
  }
  ok(held, "the handler keeps it");
  hold = false;
  is_int(ask(GET("/other"), out), 0, "another one is served meanwhile");
  is_int(sandbox_answer(held, &reply, &err), 0, "the first is answered");
  is_int(sandbox_answer(held, &reply, &err), -1, "but not twice");
  is_str(err.text, "the request was answered before", "and says so");
  is_int(drain(fd, out), 0, "its reply comes");
  ok(has(out, "\r\n\r\nthen"), "as given");
  close(fd);
}

static void test_bad_answers(Buf *out) {
  static const char *const broken[] = { "X-Bad", "a\r\nb: c" };
  plain("x");
  reply.headers = broken;
  is_int(ask(GET("/"), out), 0, "a header with a line break");
  ok(fail_answer, "is refused");
  is_str(answer_err.text, "the reply header 'X-Bad' cannot be sent", "named");
  ok(has(out, " 500 "), "the request can still be answered");
  plain("x");
  reply.status = 99;
  is_int(ask(GET("/"), out), 0, "status 99");
  ok(fail_answer, "is refused");
}

/* Nothing hangs or leaks when a server goes away with requests in hand. */
static void test_free(Buf *out) {
  Err err;
  hold = true;
  held = NULL;
  int fd = dial();
  const char *request = GET("/never");
  ok(fd >= 0 && put(fd, request, strlen(request)) == 0, "a request is kept");
  while (!held && loop_step(loop, 1, &err) == 0) continue;
  hold = false;
  plain("x");
  reply.delay = 3600;
  int fd2 = dial();
  calls = 0;
  ok(fd2 >= 0 && put(fd2, request, strlen(request)) == 0, "one is delayed");
  while (!calls && loop_step(loop, 1, &err) == 0) continue;
  sandbox_free(server);
  server = NULL;
  is_int(drain(fd, out), 0, "the first ends with the server");
  is_int(drain(fd2, out), 0, "the second too");
  is_int((long long)out->len, 0, "without a reply");
  ok(!loop_busy(loop), "nothing is left on the loop");
  close(fd);
  close(fd2);
}

static void test_port(void) {
  Err err;
  err_clear(&err);
  Sandbox *second = sandbox_new(loop, sandbox_port(server), 0, handler, NULL,
                                &err);
  ok(!second, "a port in use is refused");
  ok(err.kind == ERR_NETWORK && strstr(err.text, "Address already in use"),
     "with the reason");
  ok(!sandbox_new(loop, 70000, 0, handler, NULL, &err), "as is port 70000");
  is_str(err.text, "70000 is no port number", "named");
}

int main(void) {
  Err err;
  Buf out;
  buf_init(&out, 16 * 1024 * 1024);
  loop = loop_new(&err);
  if (!ok(loop, "loop")) return done();
  server = sandbox_new(loop, 0, LIMIT, handler, NULL, &err);
  if (!ok(server, "server")) return done();
  ok(sandbox_port(server) > 0, "a free port");
  test_plain(&out);
  test_kept(&out);
  test_refused(&out);
  test_faults(&out);
  test_later(&out);
  test_bad_answers(&out);
  test_port();
  test_free(&out);
  sandbox_free(NULL);
  buf_clear(&out);
  loop_free(loop);
  return done();
}
