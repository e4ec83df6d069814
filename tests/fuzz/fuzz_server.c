/* fuzz_server.c - bytes that come over a socket to our own server. */
/* SPDX-License-Identifier: MIT */
/*
 * The first byte picks the server: that of the page on an address, or the
 * daemon's on a Unix socket. The rest is sent as it is, and the sending side
 * closed. Whoever comes to the handler has passed all that guards it.
 */
#include "fuzz.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "loop.h"
#include "server.h"

enum { BODY_MAX = 100, PATIENCE = 10 };

static Loop *loop;
static Server *servers[2];
static char path[64];
static bool on_address;

static bool is_local(const char *host) {
  static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    size_t n = strlen(names[i]);
    if (strncasecmp(host, names[i], n) == 0 &&
        (!host[n] || (host[n] == ':' && strspn(host + n + 1, "0123456789") ==
                                            strlen(host + n + 1))))
      return true;
  }
  return false;
}

static void look(void *ctx, const char *name, const char *value) {
  (void)ctx;
  need(!strpbrk(name, "\r\n") && !strpbrk(value, "\r\n"), "a header is a line");
}

static void handler(void *ctx, ServerReq *r) {
  static const char *const headers[] = {"Content-Type", "text/plain"};
  size_t len = 0;
  Err err = {0};
  (void)ctx;
  const char *body = server_req_body(r, &len);
  const char *method = server_req_method(r);
  const char *host = server_req_header(r, "Host");
  const ServerReply reply = {.status = 200, .headers = headers, .nheaders = 1,
                             .body = body, .body_len = len};
  need(len <= BODY_MAX, "a body has its limit");
  need(server_req_path(r) && server_req_query(r), "a path and a query");
  need(!strchr(server_req_path(r), '?'), "a path has no query in it");
  server_req_each_header(r, look, NULL);
  if (on_address) {
    need(!strcmp(method, "GET") || !strcmp(method, "HEAD") ||
         !strcmp(method, "POST"), "only the methods that it has");
    need(host && is_local(host), "only this machine's names lead here");
    const char *site = server_req_header(r, "Sec-Fetch-Site");
    need(strcmp(method, "POST") || !site || !*site ||
         strcasecmp(site, "cross-site"), "no other site posts here");
  }
  if (server_answer(r, &reply, &err)) fuzz_broken(__FILE__, __LINE__, err.text);
}

static void set_up(void) {
  Err err = {0};
  snprintf(path, sizeof path, "/tmp/errand-fuzz-%ld.sock", (long)getpid());
  const ServerOptions page = {
    .methods = "GET, HEAD, POST", .pages = true, .max_body = BODY_MAX,
    .idle = 2, .fn = handler
  };
  const ServerOptions file = {.path = path, .max_body = BODY_MAX, .idle = 2,
                              .fn = handler};
  loop = loop_new(&err);
  need(loop, err.text);
  servers[0] = server_new(loop, &page, &err);
  need(servers[0], err.text);
  servers[1] = server_new(loop, &file, &err);
  need(servers[1], err.text);
}

static int dial(void) {
  struct sockaddr_un un = {.sun_family = AF_UNIX};
  struct sockaddr_in in = {
    .sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)},
    .sin_port = htons((uint16_t)server_port(servers[0]))
  };
  /* No address stays in TIME_WAIT behind thousands of inputs. */
  const struct linger now = {.l_onoff = 1};
  int fd = socket(on_address ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC,
                  0);
  if (fd < 0) abort();
  memcpy(un.sun_path, path, strlen(path) + 1);
  if (on_address && setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now))
    abort();
  if (on_address ? connect(fd, (const struct sockaddr *)&in, sizeof in)
                 : connect(fd, (const struct sockaddr *)&un, sizeof un))
    abort();
  return fd;
}

/* All that comes back, until the server closes. */
static void converse(int fd, const uint8_t *data, size_t size) {
  const double end = loop_now() + PATIENCE;
  char block[4096], head[8] = "";
  size_t got = 0;
  Err err = {0};
  if (send(fd, data, size, MSG_NOSIGNAL) < 0 && errno != EPIPE &&
      errno != ECONNRESET)
    abort();
  if (shutdown(fd, SHUT_WR) && errno != ENOTCONN) abort();
  for (;;) {
    ssize_t n = recv(fd, block, sizeof block, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN)) break;
    if (n > 0 && got < 7)
      memcpy(head + got, block, (size_t)n < 7 - got ? (size_t)n : 7 - got);
    if (n > 0) got += (size_t)n;
    if (n < 0 && loop_step(loop, 0.02, &err))
      fuzz_broken(__FILE__, __LINE__, err.text);
    need(loop_now() < end, "the server comes to an end");
  }
  need(got < 7 || memcmp(head, "HTTP/1.", 7) == 0, "the answer is HTTP");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0 || size > 32768) return 0;
  if (!loop) set_up();
  on_address = data[0] % 2 == 0;
  int fd = dial();
  converse(fd, data + 1, size - 1);
  close(fd);
  return 0;
}

/* A socket is a file. */
__attribute__((destructor)) static void clean_up(void) {
  if (*path) unlink(path);
}
