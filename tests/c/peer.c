/* peer.c - a scripted HTTP server on a loopback port, good at misbehaving. */
/* SPDX-License-Identifier: MIT */
#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RULES = 64, CONNECTIONS = 256, TEXTS = 64, SEEN = 4096 };

typedef struct Conn {
  Peer *peer;
  int fd;                    /* -1 = free */
  Buf in, out;
  size_t written;
  const PeerReply *reply;    /* being sent */
  size_t to_fill;            /* zeros still to be sent */
  bool late;                 /* what is endless has begun */
  size_t body, discard;      /* of a request that is not kept; to come yet */
  LoopTimer *timer;
} Conn;

struct Peer {
  Loop *loop;
  int fd, port;
  char base[64];
  PeerReply rules[RULES];
  int used[RULES];
  size_t nrules;
  Conn conns[CONNECTIONS];
  int accepted, to_drop;
  size_t swallow;            /* 0 = never */
  char *seen[SEEN];          /* "GET /x" of every request */
  int nseen;
  Buf last;
  void (*watch)(void *ctx, const char *bytes, size_t n);   /* nullable */
  void *watch_ctx;
  char *texts[TEXTS];
  int ntexts;
};

static void die(const char *what) {
  perror(what);
  exit(2);
}

static void conn_close(Conn *c, bool reset) {
  if (reset) {
    struct linger off = { .l_onoff = 1 };
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &off, sizeof off);
  }
  if (c->timer) loop_timer_cancel(c->peer->loop, c->timer);
  loop_unwatch(c->peer->loop, c->fd);
  close(c->fd);
  buf_clear(&c->in);
  buf_clear(&c->out);
  c->fd = -1;
  c->timer = NULL;
  c->reply = NULL;
}

static void on_conn(void *ctx, int fd, int events);
static void next_request(Conn *c);

static void conn_watch(Conn *c, int events) {
  if (loop_watch(c->peer->loop, c->fd, events, on_conn, c, NULL)) exit(2);
}

static void finish_reply(Conn *c) {
  PeerEnd end = c->reply->end;
  c->reply = NULL;
  buf_reset(&c->out);
  c->written = 0;
  if (end == PEER_CLOSE || end == PEER_RESET) {
    conn_close(c, end == PEER_RESET);
    return;
  }
  conn_watch(c, LOOP_READ);
  if (end == PEER_KEEP) next_request(c);
}

static void on_drip(void *ctx);

static void send_some(Conn *c) {
  size_t left = c->out.len - c->written;
  size_t n = c->reply->drip > 0 && left > 1 ? 1 : left;
  if (n > 0) {
    ssize_t sent = send(c->fd, c->out.data + c->written, n, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) {
      conn_close(c, false);
      return;
    }
    if (sent > 0) c->written += (size_t)sent;
  }
  if (c->written == c->out.len && c->to_fill > 0) {
    static const char zeros[1 << 18];
    n = c->to_fill < sizeof zeros ? c->to_fill : sizeof zeros;
    c->to_fill -= n;
    buf_reset(&c->out);
    c->written = 0;
    buf_add(&c->out, zeros, n);
  } else if (c->written == c->out.len && c->reply->endless) {
    buf_reset(&c->out);
    c->written = 0;
    buf_puts(&c->out, c->reply->endless);
    if (c->reply->later > 0 && !c->late) {
      c->late = true;
      conn_watch(c, 0);
      c->timer = loop_timer(c->peer->loop, c->reply->later, on_drip, c);
      return;
    }
  }
  if (c->written == c->out.len) {
    finish_reply(c);
  } else if (c->reply->drip > 0) {
    conn_watch(c, 0);
    c->timer = loop_timer(c->peer->loop, c->reply->drip, on_drip, c);
  } else {
    conn_watch(c, LOOP_WRITE);
  }
}

static void on_drip(void *ctx) {
  Conn *c = ctx;
  c->timer = NULL;
  send_some(c);
}

static const PeerReply *find_rule(Peer *p, const char *target, bool use) {
  static const PeerReply none = {
    .bytes = "HTTP/1.1 404 No Rule\r\nContent-Length: 0\r\n\r\n" };
  for (size_t i = 0; i < p->nrules; i++) {
    const PeerReply *r = &p->rules[i];
    if (r->target && strcmp(r->target, target) != 0) continue;
    if (r->times > 0 && p->used[i] >= r->times) continue;
    if (use) p->used[i]++;
    return r;
  }
  return &none;
}

/* Length of the request at the start of in; 0 = not all there yet. */
static size_t request_length(const Buf *in) {
  if (in->len == 0) return 0;
  const char *end = memmem(in->data, in->len, "\r\n\r\n", 4);
  if (!end) return 0;
  size_t head = (size_t)(end - in->data) + 4, body = 0;
  const char *found = strcasestr(in->data, "\r\nContent-Length:");
  if (found && found < end) body = strtoul(found + 17, NULL, 10);
  return in->len >= head + body ? head + body : 0;
}

static char *target_of(const char *request) {
  const char *space = strchr(request, ' ');
  size_t len = space ? (size_t)(space - request) : 0;
  if (space) len += 1 + strcspn(space + 1, " ?\r");
  char *target = strndup(request, len);
  if (!target) exit(2);
  return target;
}

/* Cuts a request down to its head if its body is not to be kept. True if it
   can be answered now. */
static bool skim(Conn *c) {
  Peer *p = c->peer;
  char *end = c->in.len > 0 ? memmem(c->in.data, c->in.len, "\r\n\r\n", 4)
                            : NULL;
  if (!end || c->body > 0) return c->body > 0 && c->discard == 0;
  char *found = strcasestr(c->in.data, "\r\nContent-Length:");
  size_t head = (size_t)(end - c->in.data) + 4, have = c->in.len - head;
  size_t body = found && found < end ? strtoul(found + 17, NULL, 10) : 0;
  char *target = target_of(c->in.data);
  bool early = find_rule(p, target, false)->early;
  free(target);
  if (body == 0 || have > body || !(early || (p->swallow && body > p->swallow)))
    return false;
  c->body = body;
  c->discard = body - have;
  c->in.len = head;
  c->in.data[head] = '\0';
  return early || c->discard == 0;
}

static void next_request(Conn *c) {
  Peer *p = c->peer;
  if (c->reply) return;
  size_t n = skim(c) ? c->in.len : c->body > 0 ? 0 : request_length(&c->in);
  if (n == 0) return;
  buf_reset(&p->last);
  buf_add(&p->last, c->in.data, n);
  memmove(c->in.data, c->in.data + n, c->in.len - n + 1);
  c->in.len -= n;
  if (c->body > 0) buf_printf(&p->last, "[%zu bytes]", c->body - c->discard);
  c->body = 0;    /* what is still to come of it is thrown away */
  if (p->watch) p->watch(p->watch_ctx, p->last.data, p->last.len);
  if (p->nseen == SEEN) exit(2);
  char *target = p->seen[p->nseen++] = target_of(p->last.data);
  c->reply = find_rule(p, target, true);
  c->to_fill = c->reply->fill;
  c->late = false;
  if (c->reply->bytes)
    buf_add(&c->out, c->reply->bytes,
            c->reply->len ? c->reply->len : strlen(c->reply->bytes));
  if (c->reply->delay > 0) {
    conn_watch(c, 0);
    c->timer = loop_timer(p->loop, c->reply->delay, on_drip, c);
  } else {
    send_some(c);
  }
}

static void on_conn(void *ctx, int fd, int events) {
  Conn *c = ctx;
  char bytes[65536];
  if (events & LOOP_READ) {
    ssize_t n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN)) {
      conn_close(c, false);
      return;
    }
    size_t skip = n < 0 ? 0 : (size_t)n < c->discard ? (size_t)n : c->discard;
    c->discard -= skip;
    if (n > 0) buf_add(&c->in, bytes + skip, (size_t)n - skip);
    next_request(c);
  } else if (events & LOOP_HANGUP) {
    conn_close(c, false);
  } else if (events & LOOP_WRITE) {
    send_some(c);
  }
}

static void on_accept(void *ctx, int fd, int events) {
  Peer *p = ctx;
  int one = 1, got = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  (void)events;
  if (got < 0) return;
  p->accepted++;
  setsockopt(got, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (p->to_drop > 0) {
    p->to_drop--;
    close(got);
    return;
  }
  for (size_t i = 0; i < CONNECTIONS; i++) {
    Conn *c = &p->conns[i];
    if (c->fd >= 0) continue;
    *c = (Conn){ .peer = p, .fd = got };
    buf_init(&c->in, 64 << 20);
    buf_init(&c->out, 64 << 20);
    conn_watch(c, LOOP_READ);
    return;
  }
  close(got);
}

Peer *peer_new(Loop *loop) {
  Peer *p = calloc(1, sizeof *p);
  if (!p) die("calloc");
  p->loop = loop;
  for (size_t i = 0; i < CONNECTIONS; i++) p->conns[i].fd = -1;
  buf_init(&p->last, 64 << 20);
  struct sockaddr_in sa = { .sin_family = AF_INET };
  sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t len = sizeof sa;
  p->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (p->fd < 0 || bind(p->fd, (struct sockaddr *)&sa, len) ||
      listen(p->fd, 128) || getsockname(p->fd, (struct sockaddr *)&sa, &len))
    die("peer");
  p->port = ntohs(sa.sin_port);
  snprintf(p->base, sizeof p->base, "http://127.0.0.1:%d", p->port);
  if (loop_watch(loop, p->fd, LOOP_READ, on_accept, p, NULL)) die("watch");
  return p;
}

void peer_free(Peer *p) {
  if (!p) return;
  for (size_t i = 0; i < CONNECTIONS; i++)
    if (p->conns[i].fd >= 0) conn_close(&p->conns[i], false);
  peer_forget(p);
  for (int i = 0; i < p->ntexts; i++) free(p->texts[i]);
  buf_clear(&p->last);
  loop_unwatch(p->loop, p->fd);
  close(p->fd);
  free(p);
}

int peer_port(const Peer *p) {
  return p->port;
}

const char *peer_base(const Peer *p) {
  return p->base;
}

void peer_on(Peer *p, PeerReply reply) {
  if (p->nrules == RULES) exit(2);
  p->rules[p->nrules++] = reply;
}

void peer_forget(Peer *p) {
  for (size_t i = 0; i < CONNECTIONS; i++)
    if (p->conns[i].fd >= 0 && p->conns[i].reply)
      conn_close(&p->conns[i], false);
  for (int i = 0; i < p->nseen; i++) free(p->seen[i]);
  p->nseen = p->accepted = p->to_drop = 0;
  p->nrules = 0;
  memset(p->used, 0, sizeof p->used);
  buf_reset(&p->last);
}

void peer_swallow(Peer *p, size_t n) {
  p->swallow = n;
}

void peer_drop_connections(Peer *p, int n) {
  p->to_drop = n;
}

int peer_connections(const Peer *p) {
  return p->accepted;
}

int peer_open(const Peer *p) {
  int n = 0;
  for (size_t i = 0; i < CONNECTIONS; i++) n += p->conns[i].fd >= 0;
  return n;
}

int peer_requests(const Peer *p, const char *target) {
  int n = 0;
  for (int i = 0; i < p->nseen; i++)
    if (!target || strcmp(p->seen[i], target) == 0) n++;
  return n;
}

const char *peer_last(const Peer *p) {
  return buf_str(&p->last);
}

void peer_watch(Peer *p, void (*fn)(void *ctx, const char *bytes, size_t n),
                void *ctx) {
  p->watch = fn;
  p->watch_ctx = ctx;
}

const char *peer_text(Peer *p, int status, const char *headers,
                      const char *body) {
  char *text = NULL;
  if (p->ntexts == TEXTS ||
      asprintf(&text, "HTTP/1.1 %d X\r\n%sContent-Length: %zu\r\n\r\n%s",
               status, headers ? headers : "", strlen(body), body) < 0)
    exit(2);
  return p->texts[p->ntexts++] = text;
}
