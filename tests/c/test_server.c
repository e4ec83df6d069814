/* test_server.c - the server on loopback addresses and Unix sockets. */
/* SPDX-License-Identifier: MIT */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "tap.h"

static Loop *loop;
static Server *server;
static char dir[] = "/tmp/test_server.XXXXXX";
static char path[64];
static int calls;
static const char *const own[] = { "Content-Type", "text/html",
                                   "Cache-Control", "max-age=60" };
static size_t nown;

static void handler(void *ctx, ServerReq *r) {
  const ServerReply reply = {
    .status = 200, .headers = own, .nheaders = nown, .body = "hello",
    .body_len = 5
  };
  Err err;
  (void)ctx;
  calls++;
  if (strcmp(server_req_path(r), "/close") == 0) {
    server_free(server);
    server = NULL;
    server_abandon(r);
  } else if (server_answer(r, &reply, &err)) {
    server_abandon(r);
  }
}

static int dial(void) {
  struct sockaddr_un un = { .sun_family = AF_UNIX };
  struct sockaddr_in in = {
    .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) },
    .sin_port = htons((uint16_t)server_port(server))
  };
  bool file = server_port(server) == 0;
  int fd = socket(file ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  memcpy(un.sun_path, path, strlen(path) + 1);
  int rc = file ? connect(fd, (const struct sockaddr *)&un, sizeof un)
                : connect(fd, (const struct sockaddr *)&in, sizeof in);
  if (rc == 0) return fd;
  close(fd);
  return -1;
}

static bool ask(const char *request, Buf *out) {
  double end = loop_now() + 20;
  char block[4096];
  Err err;
  buf_reset(out);
  int fd = dial();
  size_t n = strlen(request);
  if (fd < 0 || send(fd, request, n, MSG_NOSIGNAL) != (ssize_t)n) return false;
  for (;;) {
    ssize_t got = recv(fd, block, sizeof block, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN) || loop_now() > end) break;
    if (got > 0 && buf_add(out, block, (size_t)got)) break;
    if (got < 0 && loop_step(loop, 0.02, &err)) break;
  }
  close(fd);
  return true;
}

static bool has(const Buf *b, const char *text) {
  return b->data && memmem(b->data, b->len, text, strlen(text)) != NULL;
}

#define REQUEST(method, more) method " / HTTP/1.1\r\nHost: localhost\r\n" \
                              "Connection: close\r\n" more "\r\n"

static void test_pages(Buf *out) {
  Err err;
  const ServerOptions options = {
    .methods = "GET, HEAD, POST", .pages = true, .max_body = 10, .idle = 30,
    .fn = handler
  };
  server = server_new(loop, &options, &err);
  if (!ok(server && server_port(server) > 0, "a server for pages")) return;
  ok(ask(REQUEST("GET", ""), out) && has(out, " 200 ") && has(out, "hello"),
     "answers");
  static const char *const headers[] = {
    "Content-Security-Policy: default-src 'none'; ", "frame-ancestors 'none'",
    "X-Content-Type-Options: nosniff\r\n", "X-Frame-Options: DENY\r\n",
    "Referrer-Policy: no-referrer\r\n", "Cache-Control: no-store\r\n",
    "Cross-Origin-Resource-Policy: same-origin\r\n"
  };
  for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
    ok(has(out, headers[i]), headers[i]);
  }
  ok(!has(out, "Access-Control"), "no other site may read it");
  nown = 2;
  ok(ask(REQUEST("GET", "Origin: http://evil.example.com\r\n"), out) &&
     has(out, "max-age=60") && !has(out, "no-store") &&
     !has(out, "Access-Control"), "a header of the reply's own stays alone");
  nown = 0;
  calls = 0;
  static const char *const bad[] = {
    REQUEST("DELETE", ""), REQUEST("OPTIONS", ""), REQUEST("TRACE", ""),
    REQUEST("GE", ""), REQUEST("POST,", ""), REQUEST("get", ""),
    REQUEST("HEA", "")
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    ok(ask(bad[i], out) && has(out, " 405 ") &&
       has(out, "Allow: GET, HEAD, POST\r\n") && has(out, "nosniff"),
       "another method is refused");
  }
  static const char *const foreign[] = {
    REQUEST("POST", "Content-Length: 0\r\nOrigin: http://evil.example.com\r\n"),
    REQUEST("POST", "Content-Length: 0\r\nOrigin: null\r\n"),
    REQUEST("POST", "Content-Length: 0\r\nOrigin: https://localhost\r\n"),
    REQUEST("POST", "Content-Length: 0\r\nOrigin: http://localhost:1\r\n"),
    REQUEST("POST", "Content-Length: 0\r\nSec-Fetch-Site: cross-site\r\n"),
    REQUEST("POST", "Content-Length: 0\r\nSec-Fetch-Site: same-site\r\n")
  };
  for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
    ok(ask(foreign[i], out) && has(out, " 403 "),
       "another site's page may not");
  }
  is_int(calls, 0, "the handler saw none of them");
  ok(ask(REQUEST("POST", "Content-Length: 0\r\nOrigin: http://localhost\r\n"
                 "Sec-Fetch-Site: same-origin\r\n"), out) && has(out, " 200 "),
     "a page of ours may");
  ok(ask(REQUEST("POST", "Content-Length: 0\r\n"), out) && has(out, " 200 "),
     "what is no browser may");
  ok(ask(REQUEST("HEAD", ""), out) && has(out, " 200 ") && !has(out, "hello"),
     "HEAD has no body");
  ok(ask(REQUEST("POST", "Content-Length: 11\r\n") "01234567890", out) &&
     has(out, " 413 "), "a large body");
  ok(ask("GET / HTTP/1.1\r\nHost: evil.example.com\r\n\r\n"
         "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
         out) && has(out, " 421 "), "another name");
  server_free(server);
  server = NULL;
  ok(!loop_busy(loop), "nothing is left");
}

static void refused(ServerOptions options, const char *text) {
  Err err;
  options.fn = handler;
  err_clear(&err);
  ok(!server_new(loop, &options, &err), text);
  if (!ok(strstr(err.text, text), "is told")) printf("# %s\n", err.text);
}

static void test_addresses(Buf *out) {
  Err err;
  ServerOptions options = { .address = "127.0.0.2", .fn = handler };
  server = server_new(loop, &options, &err);
  ok(server, "another address of the loopback net");
  server_free(server);
  options.address = "::1";
  server = server_new(loop, &options, &err);
  ok(server || strstr(err.text, "cannot listen on ::1") ||
     strstr(err.text, "no socket"), "IPv6 where there is any");
  server_free(server);
  server = NULL;
  refused((ServerOptions){ .address = "0.0.0.0" }, "is no loopback address");
  refused((ServerOptions){ .address = "192.0.2.1" }, "is no loopback address");
  refused((ServerOptions){ .address = "::" }, "is no loopback address");
  refused((ServerOptions){ .address = "localhost" }, "is no loopback address");
  refused((ServerOptions){ .port = 70000 }, "70000 is no port number");
  refused((ServerOptions){ .path = "" }, "has 1 to 107 bytes");
  refused((ServerOptions){ .path = "/no/such/dir/socket" },
          "cannot listen on /no/such/dir/socket: No such file or directory");
  (void)out;
}

static void test_file(Buf *out) {
  Err err;
  struct stat st;
  ServerOptions options = { .path = path, .fn = handler };
  mode_t mask = umask(0);
  server = server_new(loop, &options, &err);
  umask(mask);
  if (!ok(server, "a server at a file")) return;
  ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600,
     "for its owner only, whatever the umask");
  is_int(server_port(server), 0, "without a port");
  ok(ask("GET / HTTP/1.1\r\nHost: anything.example.com\r\n"
         "Connection: close\r\n\r\n", out) && has(out, " 200 "), "answers");
  refused(options, "another process does");
  ok(ask(REQUEST("GET", ""), out) && has(out, " 200 "),
     "and is not disturbed by that");
  server_free(server);
  ok(stat(path, &st) != 0, "the file is gone with it");

  /* one that was left over */
  struct sockaddr_un un = { .sun_family = AF_UNIX };
  memcpy(un.sun_path, path, strlen(path) + 1);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ok(bind(fd, (const struct sockaddr *)&un, sizeof un) == 0, "a dead socket");
  close(fd);
  server = server_new(loop, &options, &err);
  ok(server && ask(REQUEST("GET", ""), out) && has(out, " 200 "),
     "is replaced");

  /* the file becomes another's */
  (void)unlink(path);
  fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  server_free(server);
  server = NULL;
  ok(fd >= 0 && stat(path, &st) == 0, "another's file stays");
  close(fd);
  refused(options, "it is there, and no socket");
  ok(stat(path, &st) == 0 && S_ISREG(st.st_mode), "a file is never removed");
  (void)unlink(path);
}

static void test_close_inside(Buf *out) {
  Err err;
  const ServerOptions options = { .path = path, .fn = handler };
  server = server_new(loop, &options, &err);
  int fd = dial();
  static const char get[] = "GET /close HTTP/1.1\r\nHost: x\r\n\r\n";
  ok(server && fd >= 0 && send(fd, get, sizeof get - 1, 0) > 0, "a request");
  while (server && loop_step(loop, 1, &err) == 0) continue;
  ok(!server && !loop_busy(loop), "may close its server");
  close(fd);
  (void)out;
}

static void test_full(Buf *out) {
  Err err;
  const ServerOptions options = { .max_connections = 2, .idle = 1,
                                  .fn = handler };
  server = server_new(loop, &options, &err);
  int one = dial(), two = dial();
  for (int i = 0; i < 5; i++) (void)loop_step(loop, 0.01, &err);
  ok(ask(REQUEST("GET", ""), out) && has(out, " 200 "),
     "idle connections make room for others in the end");
  close(one);
  close(two);
  server_free(server);
  server = NULL;
}

int main(void) {
  Err err;
  Buf out;
  buf_init(&out, 1024 * 1024);
  loop = loop_new(&err);
  if (!ok(loop && mkdtemp(dir), "set up")) return done();
  snprintf(path, sizeof path, "%s/socket", dir);
  test_pages(&out);
  test_addresses(&out);
  test_file(&out);
  test_close_inside(&out);
  test_full(&out);
  server_free(NULL);
  is_int(rmdir(dir), 0, "no file is left");
  buf_clear(&out);
  loop_free(loop);
  return done();
}
