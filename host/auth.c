/* auth.c - credentials put on at the wire; tokens bought when needed. */
/* SPDX-License-Identifier: MIT */
#include "auth.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "authreq.h"
#include "url.h"

static int out_of_memory(Err *err) {
  return err_set(err, ERR_SCRIPT, "out of memory");
}

/* Memory. */

void *auth_keep(Piece **pieces, size_t size) {
  if (size > SIZE_MAX - sizeof(Piece)) return NULL;
  Piece *piece = calloc(1, sizeof *piece + size);
  if (!piece) return NULL;
  piece->size = size;
  piece->next = *pieces;
  *pieces = piece;
  return piece->bytes;
}

char *auth_keep_text(Piece **pieces, const char *text) {
  size_t n = strlen(text) + 1;
  char *copy = auth_keep(pieces, n);
  return copy ? memcpy(copy, text, n) : NULL;
}

void auth_drop(Piece **pieces) {
  while (*pieces) {
    Piece *piece = *pieces;
    *pieces = piece->next;
    explicit_bzero(piece->bytes, piece->size);
    free(piece);
  }
}

/* Copies of what a caller gave. Each returns 0, or -1 without memory. */

static int copy_text(Piece **to, const char **text) {
  if (!*text) return 0;
  *text = auth_keep_text(to, *text);
  return *text ? 0 : -1;
}

static int copy_texts(Piece **to, const char *const **list, size_t n) {
  if (n == 0) {
    *list = NULL;
    return 0;
  }
  const char **copy = auth_keep(to, n * sizeof *copy);
  if (!copy) return -1;
  for (size_t i = 0; i < n; i++)
    if (!(copy[i] = auth_keep_text(to, (*list)[i]))) return -1;
  *list = copy;
  return 0;
}

static int copy_numbers(Piece **to, const int **list, size_t n) {
  int *copy = auth_keep(to, n * sizeof *copy);
  if (!copy) return -1;
  if (n > 0) memcpy(copy, *list, n * sizeof *copy);
  *list = copy;
  return 0;
}

static int copy_headers(Piece **to, const AuthHeader **list, size_t n) {
  AuthHeader *copy = auth_keep(to, n * sizeof *copy);
  if (!copy) return -1;
  for (size_t i = 0; i < n; i++) {
    copy[i] = (*list)[i];
    if (copy_text(to, &copy[i].name) || copy_text(to, &copy[i].value))
      return -1;
  }
  *list = copy;
  return 0;
}

static int copy_login(Piece **to, const AuthLogin **login) {
  if (!*login) return 0;
  AuthLogin *copy = auth_keep(to, sizeof *copy);
  if (!copy) return -1;
  *copy = **login;
  *login = copy;
  return copy_text(to, &copy->method) || copy_text(to, &copy->path) ||
         copy_text(to, &copy->body) || copy_text(to, &copy->token) ||
         copy_headers(to, &copy->headers, copy->nheaders) ||
         copy_numbers(to, &copy->refused, copy->nrefused) ||
         copy_texts(to, &copy->without, copy->nwithout) ? -1 : 0;
}

static int copy_spec(Piece **to, AuthSpec *spec) {
  AuthMethod *methods = auth_keep(to, spec->nmethods * sizeof *methods);
  if (!methods) return -1;
  for (size_t i = 0; i < spec->nmethods; i++) {
    AuthMethod *m = &methods[i];
    *m = spec->methods[i];
    if (copy_texts(to, &m->needs, m->nneeds) || copy_login(to, &m->login) ||
        copy_headers(to, &m->send, m->nsend) ||
        copy_numbers(to, &m->renew, m->nrenew)) return -1;
  }
  spec->methods = methods;
  return copy_text(to, &spec->service) ||
         copy_headers(to, &spec->headers, spec->nheaders) ? -1 : 0;
}

Auth *auth_new(Http *http, const char *base, const AuthSpec *spec,
               auth_lookup *lookup, void *ctx, Err *err) {
  Auth *auth = calloc(1, sizeof *auth);
  if (!auth) {
    out_of_memory(err);
    return NULL;
  }
  auth->http = http;
  auth->loop = http_loop(http);
  auth->lookup = lookup;
  auth->ctx = ctx;
  auth->spec = *spec;
  buf_init(&auth->token, MAX_TOKEN);
  buf_init(&auth->refused, MAX_TOKEN);
  buf_init(&auth->login_body, 0);
  if (!(auth->base = auth_keep_text(&auth->pieces, base)) ||
      copy_spec(&auth->pieces, &auth->spec)) {
    out_of_memory(err);
    auth_free(auth);
    return NULL;
  }
  return auth;
}

/* {token} is ours to know, all else the account's. */
int auth_value(void *ctx, const char *name, const char **value, size_t *len,
               bool *secret, Err *err) {
  Auth *auth = ctx;
  if (strcmp(name, "token") != 0 || !auth->method || !auth->method->login)
    return auth->lookup(auth->ctx, name, value, len, secret, err);
  *value = auth->token.len > 0 ? buf_str(&auth->token) : NULL;
  *len = auth->token.len;
  *secret = true;
  return 0;
}

void auth_free(Auth *auth) {
  if (!auth) return;
  auth_acquire_stop(auth);
  auth_orphan(&auth->waiting);
  auth_orphan(&auth->running);
  auth->freed = true;
  if (auth->busy > 0) return;   /* auth_login_over does the rest */
  tokencache_free(auth->cache);
  buf_wipe(&auth->token);
  buf_wipe(&auth->refused);
  buf_wipe(&auth->login_body);
  auth_lines_drop(auth);
  auth_drop(&auth->pieces);
  free(auth);
}

/* Sending a call. */

static bool same_name(const char *line, const char *other) {
  size_t n = strcspn(line, ":");
  return strncasecmp(line, other, n) == 0 && other[n] == ':';
}

/* The call's own headers, which win over the others of the same name. */
static void add_own(const AuthReq *req, const char **lines, size_t *n) {
  size_t kept = 0;
  for (size_t i = 0; i < *n; i++) {
    bool replaced = false;
    for (size_t k = 0; k < req->call.nheaders && !replaced; k++)
      replaced = same_name(lines[i], req->call.headers[k]);
    if (!replaced) lines[kept++] = lines[i];
  }
  for (size_t k = 0; k < req->call.nheaders; k++)
    lines[kept++] = req->call.headers[k];
  *n = kept;
}

static void on_reply(void *ctx, HttpReq *http);

/* Makes lines, with room for the call's own. */
static int make_lines(AuthReq *req, const AuthMethod *m, Lines *made,
                      Err *err) {
  Auth *auth = req->auth;
  const AuthSpec *spec = &auth->spec;
  *made = (Lines){ .method = m, .serial = auth->serial };
  made->line = auth_keep(&made->pieces, sizeof *made->line *
      (spec->nheaders + (m ? m->nsend : 0) + req->call.nheaders + 1));
  if (made->line &&
      auth_headers(auth, spec->headers, spec->nheaders, false, req->without,
                   req->nwithout, made->line, &made->n, &made->pieces,
                   err) == 0 &&
      (!m || auth_headers(auth, m->send, m->nsend, false, req->without,
                          req->nwithout, made->line, &made->n, &made->pieces,
                          err) == 0)) return 0;
  if (!made->line) out_of_memory(err);
  auth_drop(&made->pieces);
  return -1;
}

void auth_lines_drop(Auth *auth) {
  auth_drop(&auth->lines.pieces);
  auth->lines = (Lines){ .line = NULL };
}

/* For a call without lines of its own, which most are. NULL: err. */
static const Lines *known_lines(AuthReq *req, const AuthMethod *m, Err *err) {
  Auth *auth = req->auth;
  const Lines *known = &auth->lines;
  if (known->line && known->method == m && known->serial == auth->serial)
    return known;
  auth_lines_drop(auth);
  return make_lines(req, m, &auth->lines, err) ? NULL : known;
}

static int send_with(AuthReq *req, const Lines *lines, Err *err) {
  HttpCall call = req->call;
  call.headers = lines->line;
  call.nheaders = lines->n;
  req->http = http_send(req->auth->http, &call, on_reply, req, err);
  if (!req->http) return -1;
  req->call.partial = NULL;      /* the request has it now */
  return 0;
}

static int send_call(AuthReq *req, const AuthMethod *m, Err *err) {
  if (req->nwithout == 0 && req->call.nheaders == 0) {
    const Lines *known = known_lines(req, m, err);
    return known ? send_with(req, known, err) : -1;
  }
  Lines own;
  if (make_lines(req, m, &own, err)) return -1;
  add_own(req, own.line, &own.n);
  int rc = send_with(req, &own, err);
  auth_drop(&own.pieces);
  return rc;
}

int auth_start(AuthReq *req, Err *err) {
  Auth *auth = req->auth;
  auth_stop_timer(req);
  if (req->only) return auth_end_soon(req, err);
  const AuthMethod *m = req->flags & AUTH_NONE ? NULL : auth->method;
  if (send_call(req, m, err)) return -1;
  req->attempts++;
  req->serial = auth->serial;
  req->cached = m && auth->cached;
  auth_move(req, &auth->running);
  return 0;
}

/* Sends the call, or lets it wait for the token it needs. */
int auth_begin(AuthReq *req, Err *err) {
  Auth *auth = req->auth;
  if (req->flags & AUTH_NONE) return auth_start(req, err);
  bool acquiring = auth_acquiring(auth);
  if (!auth_token_fresh(auth) && !acquiring && !req->forced)
    auth_cache_take(auth);
  if (!auth->method && auth_choose(auth, err)) return -1;
  if (!auth->method || !auth->method->login || auth_token_fresh(auth))
    return auth_start(req, err);
  int rc = acquiring ? 0 : auth_acquire(auth, req->forced, err);
  if (rc < 0) return -1;
  if (rc > 0) return auth_start(req, err);
  return auth_wait(req, err);
}

static bool is_renewal(const Auth *auth, int status) {
  const AuthMethod *m = auth->method;
  if (status == 401) return true;
  for (size_t i = 0; i < m->nrenew; i++)
    if (m->renew[i] == status) return true;
  return false;
}

/* One new token a call. But the one that another process had in the file may
   be as dead as ours was: then this process buys one itself. */
static bool wants_renewal(AuthReq *req, int status) {
  const Auth *auth = req->auth;
  if ((req->flags & AUTH_NONE) || !auth->method || !auth->method->login ||
      !is_renewal(auth, status)) return false;
  if (!req->renewed) return req->renewed = true;
  return req->cached && !req->forced && (req->forced = true);
}

/* What it brought of a file is for the next sending. */
static void drop_http(AuthReq *req) {
  HttpPartial *partial = req->http ? http_req_partial(req->http) : NULL;
  if (partial) {
    http_partial_free(req->call.partial);
    req->call.partial = partial;
  }
  http_req_free(req->http);
  req->http = NULL;
}

static void on_reply(void *ctx, HttpReq *http) {
  AuthReq *req = ctx;
  Auth *auth = req->auth;
  const Err *failed = http_req_err(http);
  if (failed->kind != ERR_NONE ||
      !wants_renewal(req, http_req_status(http))) {
    req->err = *failed;
    auth_finish(req);
    return;
  }
  /* Another call may have bought a new token since this one was sent. */
  if (req->serial == auth->serial) auth_token_drop(auth);
  drop_http(req);
  if (auth_begin(req, &req->err)) auth_finish(req);
}

static int copy_call(AuthReq *req, const HttpCall *call,
                     const char *const *without, size_t nwithout) {
  req->call = *call;
  req->call.partial = NULL;    /* only ever what a sending of ours brought */
  req->without = without;
  req->nwithout = nwithout;
  if (call->method) {
    const char *known = url_method(call->method);
    if (known) req->call.method = known;
    else if (copy_text(&req->pieces, &req->call.method)) return -1;
  }
  return copy_text(&req->pieces, &req->call.url) ||
         copy_texts(&req->pieces, &req->call.headers, call->nheaders) ||
         copy_texts(&req->pieces, &req->without, nwithout) ? -1 : 0;
}

AuthReq *auth_req_new(Auth *auth, const HttpCall *call, int flags,
                      const char *const *without, size_t nwithout,
                      auth_done *fn, void *ctx, Err *err) {
  AuthReq *req = calloc(1, sizeof *req);
  if (!req || copy_call(req, call, without, nwithout)) {
    auth_req_free(req);
    out_of_memory(err);
    return NULL;
  }
  req->flags = flags;
  req->fn = fn;
  req->ctx = ctx;
  if ((flags & AUTH_NONE) || auth->method || auth_cache_take(auth) > 0 ||
      auth_choose(auth, err) == 0) return req;
  auth_req_free(req);
  return NULL;
}

int auth_req_start(Auth *auth, AuthReq *req, double deadline, Err *err) {
  drop_http(req);
  req->err = (Err){ 0 };
  auth_reply_release(req->reply);
  req->reply = NULL;
  req->renewed = req->forced = false;
  req->call.deadline = deadline;
  req->auth = auth;
  if (auth_begin(req, err) == 0) return 0;
  req->auth = NULL;
  return -1;
}

AuthReq *auth_send(Auth *auth, const HttpCall *call, int flags,
                   const char *const *without, size_t nwithout,
                   auth_done *fn, void *ctx, Err *err) {
  AuthReq *req = auth_req_new(auth, call, flags, without, nwithout, fn, ctx,
                              err);
  if (!req) return NULL;
  if (auth_req_start(auth, req, call->deadline, err) == 0) return req;
  auth_req_free(req);
  return NULL;
}

AuthReq *auth_login(Auth *auth, bool renew, auth_done *fn, void *ctx,
                    Err *err) {
  AuthReq *req = calloc(1, sizeof *req);
  if (!req) {
    out_of_memory(err);
    return NULL;
  }
  req->fn = fn;
  req->ctx = ctx;
  req->only = true;
  req->forced = renew;
  req->auth = auth;
  if (renew) auth_token_drop(auth);
  if (auth_begin(req, err) == 0) return req;
  req->auth = NULL;
  auth_req_free(req);
  return NULL;
}

void auth_req_free(AuthReq *req) {
  if (!req) return;
  Auth *auth = req->auth;
  auth_leave(req);
  http_req_free(req->http);
  http_partial_free(req->call.partial);
  auth_reply_release(req->reply);
  auth_drop(&req->pieces);
  free(req);
  /* A login that nobody waits for any more is not worth its end. */
  if (auth && auth_acquiring(auth) && !auth->waiting.head)
    auth_acquire_stop(auth);
}

Http *auth_http(const Auth *auth) {
  return auth->http;
}

bool auth_req_pending(const AuthReq *req) {
  return req->auth != NULL;
}

const HttpReq *auth_req_http(const AuthReq *req) {
  return req->http;
}

const Err *auth_req_err(const AuthReq *req) {
  return &req->err;
}

int auth_req_attempts(const AuthReq *req) {
  return req->attempts;
}

int auth_req_logins(const AuthReq *req) {
  return req->logins;
}

const HttpReq *auth_req_login(const AuthReq *req) {
  return req->reply ? req->reply->http : NULL;
}

unsigned auth_req_login_number(const AuthReq *req) {
  return req->login;
}

const char *auth_req_login_header(const AuthReq *req, const char *name) {
  const HttpReq *http = auth_req_login(req);
  return http ? http_req_header(http, name, NULL) : NULL;
}
