/* server.c - HTTP server for this machine alone, on libmicrohttpd. */
/* SPDX-License-Identifier: MIT */
#include "serverpriv.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
  MAX_BODY = 16 * 1024 * 1024,
  MAX_CONNECTIONS = 512,
  CONNECTION_MEMORY = 128 * 1024    /* request line and headers fit in here */
};

struct ServerReq {
  Server *server;
  struct MHD_Connection *conn;
  const char *method;               /* MHD's, lives as long as the request */
  char *path, *query;               /* one allocation, path owns it */
  Buf body;
  struct MHD_Response *response;    /* NULL until answered */
  unsigned status;
  ServerEnd end;
  double delay;
  LoopTimer *timer;
  int refused;                      /* status we answer by ourselves */
  bool started, asked, answered, suspended, abandoned;
  ServerReq *prev, *next;
};

struct Server {
  Loop *loop;
  struct MHD_Daemon *daemon;
  int epoll_fd;                     /* MHD's; -1 while not watched */
  ServerListener listener;
  ServerGuard guard;
  server_handler *fn;
  void *ctx;
  LoopTimer *timer;
  ServerReq *reqs;                  /* all that are not completed */
  bool running, closing;            /* inside MHD_run; free when it returns */
  bool left;                        /* a connection was closed in this round */
};

static void release(Server *s);
static void on_timer(void *ctx);

/* ---- requests ---- */

static void *on_uri(void *cls, const char *uri, struct MHD_Connection *conn) {
  Server *s = cls;
  ServerReq *r = calloc(1, sizeof *r);
  if (!r) return NULL;
  r->path = strdup(uri);
  if (!r->path) {
    free(r);
    return NULL;
  }
  char *mark = strchr(r->path, '?');
  if (mark) *mark++ = '\0';
  r->query = mark ? mark : r->path + strlen(r->path);
  buf_init(&r->body, s->guard.max_body);
  r->server = s;
  r->conn = conn;
  r->next = s->reqs;
  if (s->reqs) s->reqs->prev = r;
  s->reqs = r;
  return r;
}

static void on_completed(void *cls, struct MHD_Connection *conn, void **slot,
                         enum MHD_RequestTerminationCode why) {
  ServerReq *r = *slot;
  (void)conn;
  (void)why;
  *slot = NULL;
  if (!r) return;
  Server *s = cls;
  if (r->timer) loop_timer_cancel(s->loop, r->timer);
  if (r->response) MHD_destroy_response(r->response);
  if (r->prev) r->prev->next = r->next;
  else s->reqs = r->next;
  if (r->next) r->next->prev = r->prev;
  buf_clear(&r->body);
  free(r->path);
  free(r);
}

static enum MHD_Result refuse(ServerReq *r) {
  const char *const headers[] = { "Content-Type", "text/plain",
                                  "Allow", r->server->guard.methods };
  const char *text = serverguard_text(r->refused);
  ServerReply reply = {
    .status = r->refused, .headers = headers,
    .nheaders = r->refused == MHD_HTTP_METHOD_NOT_ALLOWED ? 2 : 1,
    .body = text, .body_len = strlen(text)
  };
  if (server_answer(r, &reply, NULL)) return MHD_NO;
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

static enum MHD_Result send_reply(ServerReq *r) {
  switch (r->end) {
  case SERVER_RESET:
    arm_reset(r->conn);
    return MHD_NO;
  case SERVER_DROP:
    return MHD_NO;
  default:
    return MHD_queue_response(r->conn, r->status, r->response);
  }
}

/* MHD looks at a resumed connection in its next round, but without a thread
   of its own it wakes nobody for that. */
static void resume(ServerReq *r) {
  Server *s = r->server;
  if (!r->suspended) return;
  r->suspended = false;
  MHD_resume_connection(r->conn);
  if (s->timer) loop_timer_cancel(s->loop, s->timer);
  s->timer = loop_timer(s->loop, 0, on_timer, s);
}

static void on_delay(void *ctx) {
  ServerReq *r = ctx;
  r->timer = NULL;
  resume(r);
}

static void suspend(ServerReq *r) {
  r->suspended = true;
  MHD_suspend_connection(r->conn);
}

static enum MHD_Result finish(ServerReq *r) {
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
  Server *s = cls;
  ServerReq *r = *slot;
  (void)conn;
  (void)url;
  (void)version;
  if (!r) return MHD_NO;
  if (!r->started) {
    r->started = true;
    r->method = method;
    r->refused = serverguard_check(r, &s->guard);
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
      r->refused = r->body.over ? MHD_HTTP_CONTENT_TOO_LARGE
                                : MHD_HTTP_SERVICE_UNAVAILABLE;
      return refuse(r);
    }
    s->fn(s->ctx, r);
  }
  return finish(r);
}

/* ---- replies ---- */

/* What a page may do: nothing that is not its own. */
static const char own_only[] =
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
  "connect-src 'self'; form-action 'self'; base-uri 'none'; "
  "frame-ancestors 'none'";

static const char *const page_headers[] = {
  "Content-Security-Policy", own_only,
  "X-Content-Type-Options", "nosniff",
  "X-Frame-Options", "DENY",
  "Referrer-Policy", "no-referrer",
  "Cross-Origin-Resource-Policy", "same-origin",
  "Cross-Origin-Opener-Policy", "same-origin",
  "Cache-Control", "no-store"
};

static int add_page_headers(struct MHD_Response *response, Err *err) {
  for (size_t i = 0; i < sizeof page_headers / sizeof *page_headers; i += 2) {
    if (MHD_get_response_header(response, page_headers[i])) continue;
    if (MHD_add_response_header(response, page_headers[i],
                                page_headers[i + 1]) != MHD_YES) {
      return err_set(err, ERR_SCRIPT, "no memory for the reply");
    }
  }
  return 0;
}

struct MHD_Response *server_dress(struct MHD_Response *response,
                                  const char *const *headers, size_t nheaders,
                                  Err *err) {
  if (!response) {
    err_set(err, ERR_SCRIPT, "no memory for the reply");
    return NULL;
  }
  for (size_t i = 0; i < nheaders; i++) {
    const char *name = headers[2 * i];
    if (MHD_add_response_header(response, name, headers[2 * i + 1]) ==
        MHD_YES) continue;
    err_set(err, ERR_SCRIPT, "the reply header '%s' cannot be sent", name);
    MHD_destroy_response(response);
    return NULL;
  }
  return response;
}

static int check_answer(const ServerReq *r, int status, Err *err) {
  if (r->answered) {
    return err_set(err, ERR_SCRIPT, "the request was answered before");
  }
  if (status < 200 || status > 599) {
    return err_set(err, ERR_SCRIPT, "%d is no status of a reply", status);
  }
  return 0;
}

int server_respond(ServerReq *r, int status, struct MHD_Response *response,
                   ServerEnd end, double delay, Err *err) {
  if (check_answer(r, status, err) ||
      (r->server->guard.pages && add_page_headers(response, err))) {
    MHD_destroy_response(response);
    return -1;
  }
  r->response = response;
  r->status = (unsigned)status;
  r->end = end;
  r->delay = delay;
  r->answered = true;
  resume(r);   /* not suspended yet while the handler itself answers */
  return 0;
}

int server_answer(ServerReq *r, const ServerReply *reply, Err *err) {
  bool empty = reply->status == 204 || reply->status == 304;
  if (check_answer(r, reply->status, err)) return -1;
  /* MHD copies; it only forgot the const. */
  struct MHD_Response *response = server_dress(
      MHD_create_response_from_buffer(empty ? 0 : reply->body_len,
                                      (void *)(uintptr_t)reply->body,
                                      MHD_RESPMEM_MUST_COPY),
      reply->headers, reply->nheaders, err);
  if (!response) return -1;
  return server_respond(r, reply->status, response, SERVER_SEND, 0, err);
}

void server_abandon(ServerReq *r) {
  r->abandoned = true;
}

/* ---- what the handler reads ---- */

const char *server_req_method(const ServerReq *r) {
  return r->method;
}

const char *server_req_path(const ServerReq *r) {
  return r->path;
}

const char *server_req_query(const ServerReq *r) {
  return r->query;
}

const char *server_req_header(const ServerReq *r, const char *name) {
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

void server_req_each_header(const ServerReq *r,
                             void (*fn)(void *ctx, const char *name,
                                        const char *value), void *ctx) {
  EachHeader each = { fn, ctx };
  (void)MHD_get_connection_values(r->conn, MHD_HEADER_KIND, each_header,
                                  &each);
}

const char *server_req_body(const ServerReq *r, size_t *len) {
  *len = r->body.len;
  return buf_str(&r->body);
}

/* ---- server ---- */

static void on_connection(void *cls, struct MHD_Connection *conn, void **slot,
                          enum MHD_ConnectionNotificationCode what) {
  Server *s = cls;
  (void)conn, (void)slot;
  if (what == MHD_CONNECTION_NOTIFY_CLOSED) s->left = true;
}

/* One round of MHD, and a timer where it wants the next one by itself. At its
   limit of connections it stops listening, and only the round after one has
   gone begins again, which it does not ask for. */
static void turn(Server *s) {
  if (s->running) return;
  s->running = true;
  s->left = false;
  (void)MHD_run(s->daemon);
  s->running = false;
  if (s->closing) {
    release(s);
    return;
  }
  MHD_UNSIGNED_LONG_LONG ms = 0;
  if (s->timer) loop_timer_cancel(s->loop, s->timer);
  s->timer = NULL;
  if (s->left) {
    s->timer = loop_timer(s->loop, 0, on_timer, s);
  } else if (MHD_get_timeout(s->daemon, &ms) == MHD_YES) {
    s->timer = loop_timer(s->loop, (double)ms / 1000, on_timer, s);
  }
}

static void on_timer(void *ctx) {
  Server *s = ctx;
  s->timer = NULL;
  turn(s);
}

static void on_ready(void *ctx, int fd, int events) {
  (void)fd;
  (void)events;
  turn(ctx);
}

static struct MHD_Daemon *start(Server *s, const ServerOptions *options,
                                Err *err) {
  unsigned most = options->max_connections ? options->max_connections
                                           : MAX_CONNECTIONS;
  struct MHD_Daemon *daemon = MHD_start_daemon(
      MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO, 0, NULL, NULL,
      on_access, s, MHD_OPTION_LISTEN_SOCKET, s->listener.fd,
      MHD_OPTION_URI_LOG_CALLBACK, on_uri, s,
      MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
      MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,
      MHD_OPTION_CONNECTION_LIMIT, most,
      MHD_OPTION_CONNECTION_TIMEOUT, options->idle,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
      MHD_OPTION_END);
  if (!daemon) err_set(err, ERR_NETWORK, "the server did not start");
  else s->listener.fd = -1;         /* closed by MHD from now on */
  return daemon;
}

Server *server_new(Loop *loop, const ServerOptions *options, Err *err) {
  Server *s = calloc(1, sizeof *s);
  if (!s) {
    err_set(err, ERR_SCRIPT, "no memory for the server");
    return NULL;
  }
  s->loop = loop;
  s->epoll_fd = -1;
  s->guard = (ServerGuard){
    .max_body = options->max_body ? options->max_body : MAX_BODY,
    .methods = options->methods, .pages = options->pages,
    .local_names = !options->path
  };
  s->fn = options->fn;
  s->ctx = options->ctx;
  if (serverlisten_open(&s->listener, options, err)) goto fail;
  s->daemon = start(s, options, err);
  if (!s->daemon) goto fail;
  const union MHD_DaemonInfo *info =
      MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD);
  if (!info || info->epoll_fd < 0) {
    err_set(err, ERR_NETWORK, "the server has no epoll descriptor");
    goto fail;
  }
  if (loop_watch(loop, info->epoll_fd, LOOP_READ, on_ready, s, err)) goto fail;
  s->epoll_fd = info->epoll_fd;
  return s;
fail:
  release(s);
  return NULL;
}

static void release(Server *s) {
  if (s->epoll_fd >= 0) loop_unwatch(s->loop, s->epoll_fd);
  /* MHD_stop_daemon aborts the process over a suspended connection. */
  for (ServerReq *r = s->reqs; r; r = r->next) {
    r->abandoned = true;
    resume(r);
  }
  if (s->timer) loop_timer_cancel(s->loop, s->timer);
  serverlisten_close(&s->listener);
  if (s->daemon) MHD_stop_daemon(s->daemon);
  free(s);
}

void server_free(Server *s) {
  if (!s) return;
  if (s->running) s->closing = true;
  else release(s);
}

int server_port(const Server *s) {
  return s->listener.port;
}
