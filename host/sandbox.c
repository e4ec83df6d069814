/* sandbox.c - loopback HTTP server on libmicrohttpd, driven by a handler. */
/* SPDX-License-Identifier: MIT */
#include "sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  MAX_BODY = 16 * 1024 * 1024,
  MAX_CONNECTIONS = 512,
  CONNECTION_MEMORY = 128 * 1024,   /* request line and headers fit in here */
  BLOCK = 32 * 1024
};

struct SandboxReq {
  Sandbox *server;                  /* NULL until the request line is read */
  struct MHD_Connection *conn;
  const char *method;               /* MHD's, lives as long as the request */
  char *path, *query;               /* one allocation, path owns it */
  Buf body;
  struct MHD_Response *response;    /* NULL until answered */
  unsigned status;
  SandboxFault fault;
  double delay;
  LoopTimer *timer;
  int refused;                      /* status we answer by ourselves */
  bool started, asked, answered, suspended, abandoned;
  SandboxReq *prev, *next;
};

struct Sandbox {
  Loop *loop;
  struct MHD_Daemon *daemon;
  int epoll_fd;                     /* MHD's; -1 while not watched */
  int port;
  size_t max_body;
  sandbox_handler *fn;
  void *ctx;
  LoopTimer *timer;
  SandboxReq *reqs;                 /* all that are not completed */
  bool running, closing;            /* inside MHD_run; free when it returns */
};

/* A body made on the fly: what is there, then blanks, then the end or a cut. */
typedef struct Stream {
  char *body;
  size_t len, cut;                  /* cut: bytes after which we hang up */
} Stream;

static void release(Sandbox *s);
static void on_timer(void *ctx);

/* ---- requests ---- */

static void *on_uri(void *cls, const char *uri, struct MHD_Connection *conn) {
  Sandbox *s = cls;
  SandboxReq *r = calloc(1, sizeof *r);
  if (!r) return NULL;
  r->path = strdup(uri);
  if (!r->path) {
    free(r);
    return NULL;
  }
  char *mark = strchr(r->path, '?');
  if (mark) *mark++ = '\0';
  r->query = mark ? mark : r->path + strlen(r->path);
  buf_init(&r->body, s->max_body);
  r->server = s;
  r->conn = conn;
  r->next = s->reqs;
  if (s->reqs) s->reqs->prev = r;
  s->reqs = r;
  return r;
}

static void on_completed(void *cls, struct MHD_Connection *conn, void **slot,
                         enum MHD_RequestTerminationCode why) {
  SandboxReq *r = *slot;
  (void)conn;
  (void)why;
  *slot = NULL;
  if (!r) return;
  Sandbox *s = cls;
  if (r->timer) loop_timer_cancel(s->loop, r->timer);
  if (r->response) MHD_destroy_response(r->response);
  if (r->prev) r->prev->next = r->next;
  else s->reqs = r->next;
  if (r->next) r->next->prev = r->prev;
  buf_clear(&r->body);
  free(r->path);
  free(r);
}

/* A page of another site may resolve its own name to 127.0.0.1; it cannot
   choose the Host header its requests then carry. */
static bool host_is_ours(const char *host) {
  static const char *const ours[] = { "127.0.0.1", "localhost", "[::1]" };
  if (!host) return false;
  for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
    size_t n = strlen(ours[i]);
    if (strncasecmp(host, ours[i], n) != 0) continue;
    if (host[n] == '\0') return true;
    if (host[n] == ':' && host[n + 1] &&
        strspn(host + n + 1, "0123456789") == strlen(host + n + 1)) {
      return true;
    }
  }
  return false;
}

static int refusal(const SandboxReq *r) {
  if (r->path[0] != '/') return MHD_HTTP_BAD_REQUEST;
  if (!host_is_ours(sandbox_req_header(r, "Host"))) {
    return MHD_HTTP_MISDIRECTED_REQUEST;
  }
  const char *length = sandbox_req_header(r, "Content-Length");
  if (length && strtoull(length, NULL, 10) > r->server->max_body) {
    return MHD_HTTP_CONTENT_TOO_LARGE;
  }
  return 0;
}

static enum MHD_Result refuse(SandboxReq *r) {
  static const char *const plain[] = { "Content-Type", "text/plain" };
  const char *text = "the request was refused\n";
  if (r->refused == MHD_HTTP_MISDIRECTED_REQUEST) {
    text = "the Host header must be 127.0.0.1, localhost or [::1]\n";
  } else if (r->refused == MHD_HTTP_CONTENT_TOO_LARGE) {
    text = "the body is too large\n";
  }
  SandboxReply reply = {
    .status = r->refused, .headers = plain, .nheaders = 1,
    .body = text, .body_len = strlen(text)
  };
  if (sandbox_answer(r, &reply, NULL)) return MHD_NO;
  return MHD_queue_response(r->conn, r->status, r->response);
}

/* SO_LINGER 0 makes the close that follows send RST. */
static void arm_reset(struct MHD_Connection *conn) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD);
  const struct linger hard = { .l_onoff = 1, .l_linger = 0 };
  if (info) {
    (void)setsockopt(info->connect_fd, SOL_SOCKET, SO_LINGER, &hard,
                     sizeof hard);
  }
}

static enum MHD_Result send_reply(SandboxReq *r) {
  switch (r->fault) {
  case SANDBOX_RESET:
    arm_reset(r->conn);
    return MHD_NO;
  case SANDBOX_DROP:
    return MHD_NO;
  default:
    return MHD_queue_response(r->conn, r->status, r->response);
  }
}

/* MHD looks at a resumed connection in its next round, but without a thread
   of its own it wakes nobody for that. */
static void resume(SandboxReq *r) {
  Sandbox *s = r->server;
  if (!r->suspended) return;
  r->suspended = false;
  MHD_resume_connection(r->conn);
  if (s->timer) loop_timer_cancel(s->loop, s->timer);
  s->timer = loop_timer(s->loop, 0, on_timer, s);
}

static void on_delay(void *ctx) {
  SandboxReq *r = ctx;
  r->timer = NULL;
  resume(r);
}

static void suspend(SandboxReq *r) {
  r->suspended = true;
  MHD_suspend_connection(r->conn);
}

static enum MHD_Result finish(SandboxReq *r) {
  if (r->abandoned) return MHD_NO;
  if (!r->answered) {
    suspend(r);
    return MHD_YES;
  }
  if (r->delay > 0) {
    r->timer = loop_timer(r->server->loop, r->delay, on_delay, r);
    if (!r->timer) return MHD_NO;
    r->delay = 0;
    suspend(r);
    return MHD_YES;
  }
  return send_reply(r);
}

static enum MHD_Result on_access(void *cls, struct MHD_Connection *conn,
                                 const char *url, const char *method,
                                 const char *version, const char *data,
                                 size_t *size, void **slot) {
  Sandbox *s = cls;
  SandboxReq *r = *slot;
  (void)conn;
  (void)url;
  (void)version;
  if (!r) return MHD_NO;
  if (!r->started) {
    r->started = true;
    r->method = method;
    r->refused = refusal(r);
    return r->refused ? refuse(r) : MHD_YES;
  }
  if (*size) {
    /* A body over the limit is read to its end all the same, so that the
       client gets the 413 instead of a broken connection. */
    if (!r->body.failed) (void)buf_add(&r->body, data, *size);
    *size = 0;
    return MHD_YES;
  }
  if (!r->asked) {
    r->asked = true;
    if (r->body.failed) {
      r->refused = MHD_HTTP_CONTENT_TOO_LARGE;
      return refuse(r);
    }
    s->fn(s->ctx, r);
  }
  return finish(r);
}

/* ---- replies ---- */

static ssize_t stream_read(void *cls, uint64_t pos, char *out, size_t max) {
  const Stream *b = cls;
  if (pos >= b->cut) return MHD_CONTENT_READER_END_WITH_ERROR;
  size_t n = b->cut - (size_t)pos;
  if (n > max) n = max;
  size_t real = pos < b->len ? b->len - (size_t)pos : 0;
  if (real > n) real = n;
  if (real) memcpy(out, b->body + pos, real);
  memset(out + real, ' ', n - real);
  return (ssize_t)n;
}

static void stream_free(void *cls) {
  Stream *b = cls;
  free(b->body);
  free(b);
}

static struct MHD_Response *stream(const SandboxReply *reply) {
  uint64_t total = (uint64_t)reply->body_len;
  Stream *b = calloc(1, sizeof *b);
  if (!b) return NULL;
  b->body = malloc(reply->body_len + 1);
  if (!b->body) goto fail;
  if (reply->body_len) memcpy(b->body, reply->body, reply->body_len);
  b->len = reply->body_len;
  if (reply->fault == SANDBOX_HUGE) total += reply->huge_bytes;
  b->cut = reply->fault == SANDBOX_TRUNCATE ? b->len / 2 : (size_t)total;
  /* Even an empty body can end too early if one byte is promised. */
  if (total == 0 && reply->fault == SANDBOX_TRUNCATE) total = 1;
  struct MHD_Response *response = MHD_create_response_from_callback(
      total, BLOCK, stream_read, b, stream_free);
  if (!response) goto fail;
  return response;
fail:
  stream_free(b);
  return NULL;
}

static struct MHD_Response *make_response(const SandboxReply *reply,
                                          Err *err) {
  struct MHD_Response *response =
      reply->fault == SANDBOX_TRUNCATE || reply->fault == SANDBOX_HUGE
      ? stream(reply)
      /* MHD copies; it only forgot the const. */
      : MHD_create_response_from_buffer(
            reply->body_len, (void *)(uintptr_t)reply->body,
            MHD_RESPMEM_MUST_COPY);
  if (!response) {
    err_set(err, ERR_SCRIPT, "no memory for the reply");
    return NULL;
  }
  for (size_t i = 0; i < reply->nheaders; i++) {
    const char *name = reply->headers[2 * i];
    const char *value = reply->headers[2 * i + 1];
    if (MHD_add_response_header(response, name, value) != MHD_YES) {
      err_set(err, ERR_SCRIPT, "the reply header '%s' cannot be sent", name);
      MHD_destroy_response(response);
      return NULL;
    }
  }
  return response;
}

int sandbox_answer(SandboxReq *r, const SandboxReply *reply, Err *err) {
  if (r->answered) {
    return err_set(err, ERR_SCRIPT, "the request was answered before");
  }
  if (reply->status < 200 || reply->status > 599) {
    return err_set(err, ERR_SCRIPT, "%d is no status of a reply",
                   reply->status);
  }
  SandboxReply plain = *reply;
  if (plain.status == 204 || plain.status == 304) plain.body_len = 0;
  struct MHD_Response *response = make_response(&plain, err);
  if (!response) return -1;
  r->response = response;
  r->status = (unsigned)reply->status;
  r->fault = reply->fault;
  r->delay = reply->delay;
  r->answered = true;
  resume(r);   /* not suspended yet while the handler itself answers */
  return 0;
}

void sandbox_abandon(SandboxReq *r) {
  r->abandoned = true;
}

/* ---- what the handler reads ---- */

const char *sandbox_req_method(const SandboxReq *r) {
  return r->method;
}

const char *sandbox_req_path(const SandboxReq *r) {
  return r->path;
}

const char *sandbox_req_query(const SandboxReq *r) {
  return r->query;
}

const char *sandbox_req_header(const SandboxReq *r, const char *name) {
  return MHD_lookup_connection_value(r->conn, MHD_HEADER_KIND, name);
}

typedef struct EachHeader {
  void (*fn)(void *ctx, const char *name, const char *value);
  void *ctx;
} EachHeader;

static enum MHD_Result each_header(void *cls, enum MHD_ValueKind kind,
                                   const char *name, const char *value) {
  const EachHeader *each = cls;
  (void)kind;
  each->fn(each->ctx, name, value ? value : "");
  return MHD_YES;
}

void sandbox_req_each_header(const SandboxReq *r,
                             void (*fn)(void *ctx, const char *name,
                                        const char *value), void *ctx) {
  EachHeader each = { fn, ctx };
  (void)MHD_get_connection_values(r->conn, MHD_HEADER_KIND, each_header,
                                  &each);
}

const char *sandbox_req_body(const SandboxReq *r, size_t *len) {
  *len = r->body.len;
  return buf_str(&r->body);
}

/* ---- server ---- */

/* One round of MHD, and a timer where it wants the next one by itself. */
static void turn(Sandbox *s) {
  if (s->running) return;
  s->running = true;
  (void)MHD_run(s->daemon);
  s->running = false;
  if (s->closing) {
    release(s);
    return;
  }
  MHD_UNSIGNED_LONG_LONG ms = 0;
  if (s->timer) loop_timer_cancel(s->loop, s->timer);
  s->timer = NULL;
  if (MHD_get_timeout(s->daemon, &ms) == MHD_YES) {
    s->timer = loop_timer(s->loop, (double)ms / 1000, on_timer, s);
  }
}

static void on_timer(void *ctx) {
  Sandbox *s = ctx;
  s->timer = NULL;
  turn(s);
}

static void on_ready(void *ctx, int fd, int events) {
  (void)fd;
  (void)events;
  turn(ctx);
}

/* Our own socket, because MHD does not say why it could not bind. */
static int listen_on(int port, int *bound, Err *err) {
  struct sockaddr_in addr = {
    .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
    .sin_addr = { htonl(INADDR_LOOPBACK) }
  };
  socklen_t len = sizeof addr;
  const int on = 1;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) {
    return err_sys(err, ERR_NETWORK, errno, "no socket for the sandbox");
  }
  if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
      bind(fd, (const struct sockaddr *)&addr, len) ||
      listen(fd, SOMAXCONN) ||
      getsockname(fd, (struct sockaddr *)&addr, &len)) {
    err_sys(err, ERR_NETWORK, errno, "cannot listen on 127.0.0.1:%d", port);
    close(fd);
    return -1;
  }
  *bound = ntohs(addr.sin_port);
  return fd;
}

static struct MHD_Daemon *start(Sandbox *s, int fd, Err *err) {
  struct MHD_Daemon *daemon = MHD_start_daemon(
      MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO, 0, NULL, NULL,
      on_access, s, MHD_OPTION_LISTEN_SOCKET, fd,
      MHD_OPTION_URI_LOG_CALLBACK, on_uri, s,
      MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
      MHD_OPTION_CONNECTION_LIMIT, (unsigned)MAX_CONNECTIONS,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
      MHD_OPTION_END);
  if (!daemon) err_set(err, ERR_NETWORK, "the sandbox server did not start");
  return daemon;
}

Sandbox *sandbox_new(Loop *loop, int port, size_t max_body,
                     sandbox_handler *fn, void *ctx, Err *err) {
  if (port < 0 || port > 65535) {
    err_set(err, ERR_VALIDATION, "%d is no port number", port);
    return NULL;
  }
  Sandbox *s = calloc(1, sizeof *s);
  if (!s) {
    err_set(err, ERR_SCRIPT, "no memory for the sandbox server");
    return NULL;
  }
  s->loop = loop;
  s->epoll_fd = -1;
  s->max_body = max_body ? max_body : MAX_BODY;
  s->fn = fn;
  s->ctx = ctx;
  int fd = listen_on(port, &s->port, err);
  if (fd < 0) goto fail;
  s->daemon = start(s, fd, err);
  if (!s->daemon) {
    close(fd);
    goto fail;
  }
  const union MHD_DaemonInfo *info =
      MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD);
  if (!info || info->epoll_fd < 0) {
    err_set(err, ERR_NETWORK, "the sandbox server has no epoll descriptor");
    goto fail;
  }
  if (loop_watch(loop, info->epoll_fd, LOOP_READ, on_ready, s, err)) goto fail;
  s->epoll_fd = info->epoll_fd;
  return s;
fail:
  release(s);
  return NULL;
}

static void release(Sandbox *s) {
  if (s->epoll_fd >= 0) loop_unwatch(s->loop, s->epoll_fd);
  /* MHD_stop_daemon aborts the process over a suspended connection. */
  for (SandboxReq *r = s->reqs; r; r = r->next) {
    r->abandoned = true;
    resume(r);
  }
  if (s->timer) loop_timer_cancel(s->loop, s->timer);
  if (s->daemon) MHD_stop_daemon(s->daemon);
  free(s);
}

void sandbox_free(Sandbox *s) {
  if (!s) return;
  if (s->running) s->closing = true;
  else release(s);
}

int sandbox_port(const Sandbox *s) {
  return s->port;
}
