/* net_server.c - the loopback server that the network measurements ask. */
/* SPDX-License-Identifier: MIT */

/* net_server PAGES POST_MICROSECONDS: prints its port and serves on 127.0.0.1
   until it is ended. Every reply stands ready before the first request, so
   that the server never is what a client waits for:
     GET  ...page-after=N  page N of PAGES, of 100 users each
     GET  /users...        the first page
     GET  anything else    one record, 1 KB
     POST anything         after POST_MICROSECONDS: a list for action
                           list_accounts, else an account */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNS = 4096, IN = 16384, EVENTS = 256, PAGE = 100, NANO = 1000000000 };

typedef struct Text {
  char *bytes;
  size_t len;
} Text;

typedef struct Conn {
  bool open, closing, blocked;
  unsigned life;                /* tells a connection from its successor */
  size_t have, left;
  const char *out;              /* what is left to send, of a ready reply */
  char in[IN];
} Conn;

/* A reply that waits for its time. All wait equally long: a ring is in order. */
typedef struct Late {
  int fd;
  unsigned life;
  long long due;
  const Text *reply;
} Late;

static Conn *conns;             /* by descriptor */
static Late late[CONNS];
static size_t late_first, late_count;
static Text record, account, accounts, *pages;
static size_t npages;
static long long delay;
static int epoll;

static void die(const char *what) {
  perror(what);
  exit(EXIT_FAILURE);
}

static long long now(void) {
  struct timespec t;
  if (clock_gettime(CLOCK_MONOTONIC, &t)) die("clock_gettime");
  return (long long)t.tv_sec * NANO + t.tv_nsec;
}

/* ---- replies ---- */

static Text reply(const char *body) {
  size_t n = strlen(body), max = n + 256;
  Text t = { .bytes = malloc(max) };
  if (!t.bytes) die("malloc");
  t.len = (size_t)snprintf(t.bytes, max,
                           "HTTP/1.1 200 OK\r\nServer: bench\r\n"
                           "Content-Type: application/json\r\n"
                           "Content-Length: %zu\r\n\r\n%s", n, body);
  return t;
}

static void make_page(Text *to, size_t number) {
  static char body[PAGE * 512];
  size_t n = (size_t)snprintf(body, sizeof body, "{\"type\":\"User\",\"data\":[");
  for (size_t i = 0; i < PAGE; i++) {
    size_t id = number * PAGE + i;
    n += (size_t)snprintf(
        body + n, sizeof body - n,
        "%s{\"publicId\":\"u%011zu\",\"type\":\"User\",\"name\":\"Person %zu\","
        "\"emailAddress\":\"person.%zu@example.com\",\"support\":false,"
        "\"registeredOn\":\"2024-03-07T08:15:30Z\",\"lastSeenOn\":null,"
        "\"loginCount\":%zu,\"memberships\":[{\"publicId\":\"m%011zu\","
        "\"group\":{\"publicId\":\"gAbCdEfGh123\"},"
        "\"role\":{\"publicId\":\"rAbCdEfGh123\"}}]}",
        i ? "," : "", id, id, id, id * 7, id);
  }
  if (number + 1 < npages)
    snprintf(body + n, sizeof body - n,
             "],\"moreAfter\":\"%zu\",\"status\":\"success\"}", number + 1);
  else
    snprintf(body + n, sizeof body - n,
             "],\"moreAfter\":null,\"status\":\"success\"}");
  *to = reply(body);
}

static void make_record(void) {
  static char body[2048];
  size_t n = (size_t)snprintf(
      body, sizeof body,
      "{\"type\":\"Role\",\"status\":\"success\",\"data\":{"
      "\"publicId\":\"rAbCdEfGh123\",\"name\":\"Operator of line 1\","
      "\"description\":\"Runs the line; sees and sets what it makes\","
      "\"enforce2fa\":true,\"enforceSso\":false,\"memberCount\":42,"
      "\"weight\":0.75,\"createdOn\":\"2024-03-07T08:15:30Z\","
      "\"changedBy\":null,\"permissions\":[");
  for (int i = 0; i < 18; i++)
    n += (size_t)snprintf(body + n, sizeof body - n,
                          "%s{\"publicId\":\"MANAGE_THE_AGENT_%02d\"}",
                          i ? "," : "", i);
  snprintf(body + n, sizeof body - n, "]}}");
  record = reply(body);
}

static void make_replies(void) {
  make_record();
  account = reply(
      "{\"status_code\":200,\"message\":\"OK\",\"name\":\"Example Client Ltd\","
      "\"account_key\":\"5a50d8fed44aa9.76285894\",\"url\":"
      "\"https://example-client.example.com\",\"package_id\":\"12\"}");
  accounts = reply(
      "{\"status_code\":200,\"message\":\"OK\",\"accounts\":["
      "{\"name\":\"Example Client Ltd\",\"key\":\"5a50d8fed44aa9.76285894\","
      "\"subdomain\":\"example-client\"}]}");
  pages = calloc(npages, sizeof *pages);
  if (!pages) die("calloc");
  for (size_t i = 0; i < npages; i++) make_page(&pages[i], i);
}

/* ---- connections ---- */

static void drop(int fd) {
  conns[fd].open = false;
  close(fd);
}

static void watch(int fd, int how, unsigned events) {
  struct epoll_event e = { .events = events, .data.fd = fd };
  if (epoll_ctl(epoll, how, fd, &e)) die("epoll_ctl");
}

static void flush(int fd) {
  Conn *c = &conns[fd];
  while (c->left > 0) {
    ssize_t n = send(fd, c->out, c->left, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) {
      if (!c->blocked) watch(fd, EPOLL_CTL_MOD, EPOLLOUT);
      c->blocked = true;
      return;
    }
    if (n < 0) {
      drop(fd);
      return;
    }
    c->out += n;
    c->left -= (size_t)n;
  }
  if (c->blocked) watch(fd, EPOLL_CTL_MOD, EPOLLIN);
  c->blocked = false;
  if (c->closing) drop(fd);
}

static void answer(int fd, const Text *text) {
  conns[fd].out = text->bytes;
  conns[fd].left = text->len;
  flush(fd);
}

static void answer_late(int fd, const Text *text) {
  if (late_count == CONNS) die("too many late replies");
  late[(late_first + late_count++) % CONNS] =
      (Late){ .fd = fd, .life = conns[fd].life, .due = now() + delay,
              .reply = text };
}

static void run_late(long long at) {
  while (late_count > 0 && late[late_first].due <= at) {
    const Late l = late[late_first];
    late_first = (late_first + 1) % CONNS;
    late_count--;
    if (conns[l.fd].open && conns[l.fd].life == l.life) answer(l.fd, l.reply);
  }
}

static const Text *choose(const char *head, const char *body) {
  if (memcmp(head, "POST", 4) == 0)
    return strstr(body, "list_accounts") ? &accounts : &account;
  const char *after = strstr(head, "page-after=");
  if (after) {
    size_t number = strtoul(after + 11, NULL, 10);
    if (number < npages) return &pages[number];
  }
  return strncmp(head, "GET /users", 10) == 0 ? &pages[0] : &record;
}

/* Bytes of the request that stands at the beginning of in; 0: not all of it
   has come. */
static size_t request(int fd, const char *in) {
  char *end = strstr(in, "\r\n\r\n");
  if (!end) return 0;
  end += 4;
  size_t body = 0;
  for (const char *line = strstr(in, "\r\n"); line && line < end;
       line = strstr(line + 2, "\r\n")) {
    if (strncasecmp(line + 2, "Content-Length:", 15) == 0)
      body = strtoul(line + 17, NULL, 10);
    else if (strncasecmp(line + 2, "Connection: close", 17) == 0)
      conns[fd].closing = true;
  }
  if (strlen(end) < body) return 0;
  const Text *text = choose(in, end);
  if (delay > 0 && memcmp(in, "POST", 4) == 0) answer_late(fd, text);
  else answer(fd, text);
  return (size_t)(end - in) + body;
}

static void receive(int fd) {
  Conn *c = &conns[fd];
  ssize_t n = recv(fd, c->in + c->have, IN - 1 - c->have, MSG_DONTWAIT);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) {
    drop(fd);
    return;
  }
  c->have += (size_t)n;
  c->in[c->have] = '\0';
  size_t taken = request(fd, c->in);
  if (taken == 0 && c->have == IN - 1) drop(fd);
  if (!c->open || taken == 0) return;
  c->have -= taken;             /* clients here send one at a time */
  memmove(c->in, c->in + taken, c->have + 1);
}

static void take(int listener) {
  const int on = 1;
  int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  if (fd < 0) return;
  if (fd >= CONNS) {
    close(fd);
    return;
  }
  if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on))
    die("setsockopt");
  Conn *c = &conns[fd];
  c->open = true;
  c->closing = c->blocked = false;
  c->have = c->left = 0;
  c->life++;
  watch(fd, EPOLL_CTL_ADD, EPOLLIN);
}

static int listen_anywhere(void) {
  struct sockaddr_in at = { .sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  socklen_t n = sizeof at;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&at, n) || listen(fd, 1024) ||
      getsockname(fd, (struct sockaddr *)&at, &n)) die("listen");
  printf("%d\n", ntohs(at.sin_port));
  if (fflush(stdout)) die("stdout");
  return fd;
}

static void serve(int listener) {
  struct epoll_event events[EVENTS];
  for (;;) {
    struct timespec wait, *until = NULL;
    if (late_count > 0) {
      long long left = late[late_first].due - now();
      if (left < 0) left = 0;
      wait = (struct timespec){ .tv_sec = left / NANO, .tv_nsec = left % NANO };
      until = &wait;
    }
    int n = epoll_pwait2(epoll, events, EVENTS, until, NULL);
    if (n < 0 && errno != EINTR) die("epoll_pwait2");
    if (late_count > 0) run_late(now());
    for (int i = 0; i < n; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) take(listener);
      else if (!conns[fd].open) continue;
      else if (events[i].events & EPOLLOUT) flush(fd);
      else receive(fd);
    }
  }
}

int main(int argc, char **argv) {
  npages = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
  delay = argc == 3 ? strtoll(argv[2], NULL, 10) * 1000 : -1;
  if (npages < 1 || npages > 10000 || delay < 0 || delay >= NANO) {
    fprintf(stderr, "usage: net_server PAGES POST_MICROSECONDS\n");
    return 2;
  }
  conns = calloc(CONNS, sizeof *conns);
  epoll = epoll_create1(EPOLL_CLOEXEC);
  if (!conns || epoll < 0) die("start");
  make_replies();
  int listener = listen_anywhere();
  watch(listener, EPOLL_CTL_ADD, EPOLLIN);
  serve(listener);
}
