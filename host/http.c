/* http.c - requests over libcurl's multi interface. */
/* SPDX-License-Identifier: MIT */
#include "http.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "halt.h"
#include "httpreq.h"
#include "text.h"
#include "url.h"

enum { MAX_URL = 1 << 20, MAX_SECONDS = 1000000 };

static int out_of_memory(Err *err) {
  return err_set(err, ERR_SCRIPT, "out of memory");
}

/* The account. */

static int copy(char **to, const char *from, Err *err) {
  if (!from) return 0;
  *to = strdup(from);
  return *to ? 0 : out_of_memory(err);
}

static int copy_list(struct curl_slist **to, const char *const *from,
                     Err *err) {
  for (; from && *from; from++) {
    struct curl_slist *more = curl_slist_append(*to, *from);
    if (!more) return out_of_memory(err);
    *to = more;
  }
  return 0;
}

static int copy_strings(Http *http, const HttpOptions *o, Err *err) {
  const struct { char **to; const char *from; } strings[] = {
    { &http->service, o->service ? o->service : "the service" },
    { &http->base, o->base }, { &http->cacert, o->cacert },
    { &http->capath, o->capath }, { &http->crlfile, o->crlfile },
    { &http->cert, o->cert }, { &http->key, o->key },
    { &http->pinnedpubkey, o->pinnedpubkey }, { &http->ciphers, o->ciphers },
    { &http->proxy, o->proxy }, { &http->noproxy, o->noproxy },
    { &http->unix_socket, o->unix_socket }, { &http->interface, o->interface },
    { &http->proxy_user, o->proxy_user },
    { &http->proxy_cacert, o->proxy_cacert },
  };
  for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
    if (copy(strings[i].to, strings[i].from, err)) return -1;
  return copy_list(&http->resolve, o->resolve, err) ||
         copy_list(&http->connect_to, o->connect_to, err) ? -1 : 0;
}

static int set_seconds(double *to, double given, double fallback,
                       const char *name, const Http *http, Err *err) {
  if (!(given >= 0 && given <= MAX_SECONDS))
    return err_set(err, ERR_CONFIG, "the setting '%s' of %s must be between 0 "
                   "and %d seconds", name, http->service, MAX_SECONDS);
  *to = given > 0 ? given : fallback;
  return 0;
}

static int set_version(Http *http, const char *version, Err *err) {
  http->http_version = CURL_HTTP_VERSION_2TLS;
  if (!version || strcmp(version, "2") == 0) return 0;
  http->http_version = CURL_HTTP_VERSION_1_1;
  if (strcmp(version, "1.1") == 0) return 0;
  return err_set(err, ERR_CONFIG, "the setting 'http_version' of %s is either "
                 "\"1.1\" or \"2\"", http->service);
}

static int set_tls(Http *http, const HttpOptions *o, Err *err) {
  const char *version = o->tls_min ? o->tls_min : "1.2";
  if (strcmp(version, "1.2") != 0 && strcmp(version, "1.3") != 0)
    return err_set(err, ERR_CONFIG, "the setting 'tls_min' of %s is either "
                   "\"1.2\" or \"1.3\"", http->service);
  http->tls_min = version[2] == '2' ? CURL_SSLVERSION_TLSv1_2
                                    : CURL_SSLVERSION_TLSv1_3;
  http->insecure = o->insecure;
  if (o->key_password) http->key_password = secret_retain(o->key_password);
  return http_check_tls(http, err);
}

static int set_route(Http *http, const HttpOptions *o, Err *err) {
  http->ipv4 = o->ipv4;
  http->ipv6 = o->ipv6;
  http->insecure_http = o->insecure_http;
  if (o->proxy_password)
    http->proxy_password = secret_retain(o->proxy_password);
  return http_check_route(http, err) || http_proxy_choose(http, err) ? -1 : 0;
}

static int set_up(Http *http, const HttpOptions *o, Err *err) {
  if (copy_strings(http, o, err) || set_tls(http, o, err) ||
      set_route(http, o, err) ||
      set_version(http, o->http_version, err) ||
      set_seconds(&http->connect_timeout, o->connect_timeout, 10,
                  "connect_timeout", http, err) ||
      set_seconds(&http->stall_timeout, o->stall_timeout, 60,
                  "stall_timeout", http, err) ||
      set_seconds(&http->timeout, o->timeout, 120, "timeout", http, err))
    return -1;
  http->max_body = o->max_body ? o->max_body : (size_t)64 << 20;
  http->max_header = o->max_header ? o->max_header : (size_t)256 << 10;
  return 0;
}

static void on_transfer(void *easy, int code);

/* libcurl itself is started by the first request, not here: that costs
   milliseconds, which a script that makes no call should not pay. */
Http *http_new(Loop *loop, const HttpOptions *options, Err *err) {
  Http *http = calloc(1, sizeof *http);
  if (!http) {
    out_of_memory(err);
    return NULL;
  }
  http->loop = loop;
  if (set_up(http, options, err) == 0) return http;
  http_free(http);
  return NULL;
}

void http_on_leave(Http *http, void (*fn)(void *ctx, void *tag), void *ctx) {
  http->on_leave = fn;
  http->leave_ctx = ctx;
}

Loop *http_loop(const Http *http) {
  return http->loop;
}

static void free_slot(Slot *slot) {
  if (slot->easy) curl_easy_cleanup(slot->easy);
  curl_slist_free_all(slot->headers);
  explicit_bzero(slot, sizeof *slot);
  free(slot);
}

static void stop(HttpReq *req);

void http_free(Http *http) {
  if (!http) return;
  while (http->flying) {
    HttpReq *req = http->flying;
    err_set(&req->err, ERR_CANCELLED, "the request was cancelled");
    stop(req);
  }
  while (http->pool) {
    Slot *slot = http->pool;
    http->pool = slot->next;
    free_slot(slot);
  }
  if (http->origin) curl_url_cleanup(http->origin);
  char *strings[] = {
    http->service, http->base, http->cacert, http->capath, http->crlfile,
    http->cert, http->key, http->pinnedpubkey, http->ciphers, http->proxy,
    http->noproxy, http->unix_socket, http->interface, http->proxy_user,
    http->proxy_cacert,
  };
  for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
    free(strings[i]);
  curl_slist_free_all(http->resolve);
  curl_slist_free_all(http->connect_to);
  secret_release(http->key_password);
  secret_release(http->proxy_password);
  http_proxy_clear(http);
  /* Fails only while a handle uses it, and they are gone. */
  if (http->share) (void)curl_share_cleanup(http->share);
  free(http);
}

/* Handles, reused: a fresh one must be told every option again. */

static Slot *take_slot(Http *http, Err *err) {
  Slot *slot = http->pool;
  if (slot) {
    http->pool = slot->next;
  } else {
    slot = calloc(1, sizeof *slot);
    if (slot) slot->easy = curl_easy_init();
    if (!slot || !slot->easy) {
      out_of_memory(err);
      free(slot);
      return NULL;
    }
  }
  if (http_apply(http, slot, err)) {
    free_slot(slot);
    return NULL;
  }
  slot->error[0] = '\0';
  return slot;
}

static void give_slot(Http *http, Slot *slot) {
  http_parts_end(slot);
  slot->req = NULL;
  slot->next = http->pool;
  http->pool = slot;
}

/* Out of the engine; afterwards req belongs to its holder alone. */
static void stop(HttpReq *req) {
  Http *http = req->http;
  if (!http) return;
  Slot *slot = req->slot;
  if (slot) {
    /* Fails only for a handle that is not in the engine. */
    (void)curl_multi_remove_handle(http->multi, slot->easy);
    loop_transfer_count(http->loop, -1);
    give_slot(http, slot);
  }
  progress_end(req->bar);
  req->bar = NULL;
  if (req->prev) req->prev->next = req->next;
  else http->flying = req->next;
  if (req->next) req->next->prev = req->prev;
  req->http = NULL;
  req->slot = NULL;
  req->next = req->prev = NULL;
}

/* A request. */

static HttpReq *new_req(Http *http, const HttpCall *call, http_done *fn,
                        void *ctx, Err *err) {
  HttpReq *req = calloc(1, sizeof *req);
  if (!req) {
    out_of_memory(err);
    return NULL;
  }
  req->fn = fn;
  req->ctx = ctx;
  req->call = (CallCopy){ .method = call->method, .operation = call->operation,
                          .body = call->body, .body_len = call->body_len,
                          .repeatable = call->repeatable,
                          .secret_reply = call->secret_reply,
                          .tag = call->tag };
  req->max_body = http->max_body;
  req->max_header = http->max_header;
  buf_init(&req->url, MAX_URL);
  buf_init(&req->body, http->max_body);
  buf_init(&req->head, http->max_header * 2 + 2);
  if (buf_puts(&req->url, call->url)) {
    out_of_memory(err);
    http_req_free(req);
    return NULL;
  }
  return req;
}

static int add(Http *http, HttpReq *req, Err *err) {
  CURLMcode rc = curl_multi_add_handle(http->multi, req->slot->easy);
  if (rc == CURLM_OK) return 0;
  return err_set(err, ERR_SCRIPT, "libcurl: %s", curl_multi_strerror(rc));
}

static int check_call(const Http *http, const HttpCall *call, Err *err) {
  if (!call->method || !url_method(call->method))
    return err_set(err, ERR_VALIDATION, "'%s' is not a method errand sends",
                   call->method ? call->method : "");
  if (http->base && !url_same_origin(call->url, http->base))
    return err_set(err, ERR_VALIDATION,
                   "the URL of the request leaves %s", http->base);
  bool up = call->nparts > 0 || call->upload;
  if (up && (call->body || (call->nparts > 0 && call->upload) ||
             url_method(call->method)[0] != 'P'))
    return err_set(err, ERR_VALIDATION, "files go up by POST, PUT or PATCH, "
                   "and without another body");
  if (call->partial && !call->output)
    return err_set(err, ERR_SCRIPT, "only what goes into a file can go on");
  if (!(call->timeout >= 0 && call->timeout <= MAX_SECONDS))
    return err_set(err, ERR_VALIDATION, "a timeout must be between 0 and %d "
                   "seconds", MAX_SECONDS);
  return 0;
}

HttpReq *http_send(Http *http, const HttpCall *call, http_done *fn, void *ctx,
                   Err *err) {
  HttpCall mine = *call;
  Slot *slot = NULL;
  if (check_call(http, call, err) || halt_check(err)) return NULL;
  mine.method = url_method(call->method);
  if (!http->multi) {
    http->multi = loop_transfers(http->loop, err);
    if (!http->multi) return NULL;
    loop_on_transfer(http->loop, on_transfer);
  }
  if (http_open_share(http, err)) return NULL;
  HttpReq *req = new_req(http, &mine, fn, ctx, err);
  if (!req) return NULL;
  if (!(slot = take_slot(http, err))) goto fail;
  if (http_apply_call(http, slot, &mine, err)) goto fail;
  if (http_output_open(req, &mine, err)) goto fail;
  slot->req = req;
  req->slot = slot;
  if (add(http, req, err)) goto fail;
  http_output_sent(req, &mine);
  http_meter(req, &mine);
  req->http = http;
  req->next = http->flying;
  if (http->flying) http->flying->prev = req;
  http->flying = req;
  loop_transfer_count(http->loop, 1);
  return req;
fail:
  if (slot) {
    slot->applied = false;   /* some options may be on and others not */
    give_slot(http, slot);
  }
  http_req_free(req);
  return NULL;
}

void http_req_free(HttpReq *req) {
  if (!req) return;
  stop(req);
  http_output_drop(req);
  buf_clear(&req->url);
  /* A login's reply holds the token. */
  buf_wipe(&req->body);
  buf_wipe(&req->head);
  free(req);
}

/* The end of a transfer. */

/* 0 where that point was not reached. */
static double at(CURL *easy, CURLINFO what, double start) {
  curl_off_t us = 0;
  if (curl_easy_getinfo(easy, what, &us) != CURLE_OK || us == 0) return 0;
  return start + (double)us / 1e6;
}

/* All count from the start of the first hop. */
static void take_times(HttpReq *req, CURL *easy) {
  HttpTimes *t = &req->times;
  double start = t->total;
  long connects = 0;
  t->resolve = at(easy, CURLINFO_NAMELOOKUP_TIME_T, start);
  t->connect = at(easy, CURLINFO_CONNECT_TIME_T, start);
  t->tls = at(easy, CURLINFO_APPCONNECT_TIME_T, start);
  t->sent = at(easy, CURLINFO_PRETRANSFER_TIME_T, start);
  t->first_byte = at(easy, CURLINFO_STARTTRANSFER_TIME_T, start);
  t->total = at(easy, CURLINFO_TOTAL_TIME_T, start);
  if (curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connects) == CURLE_OK)
    t->connects += connects;
}

static int take_status(CURL *easy) {
  long status = 0;
  if (curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK)
    return 0;
  return (int)status;
}

static bool is_redirect(const HttpReq *req) {
  switch (req->status) {
  case 301: case 302: case 303: case 307: case 308:
    return http_req_header(req, "Location", NULL) != NULL;
  default:
    return false;
  }
}

/* Where a reply points, without the query, which may hold a secret. */
static void describe_target(Buf *out, const char *target) {
  buf_init(out, 400);
  size_t n = strcspn(target, "?#");
  if (n > 120) n = 120;
  text_safe(out, target, n, false);
}

static int refuse_redirect(HttpReq *req, const char *target, const char *why) {
  Buf shown;
  describe_target(&shown, target);
  err_set(&req->err, ERR_SERVER, "the server answered %d and points to %s, %s",
          req->status, buf_str(&shown), why);
  if (!req->call.repeatable) http_doubt(req, &req->err);
  req->err.status = req->status;
  buf_clear(&shown);
  return -1;
}

/* 0: on its way again. -1: req->err says why not. */
static int follow(HttpReq *req) {
  Http *http = req->http;
  const char *target = http_req_header(req, "Location", NULL);
  bool get = strcmp(req->call.method, "GET") == 0 ||
             strcmp(req->call.method, "HEAD") == 0;
  if (!req->call.repeatable || !get)
    return refuse_redirect(req, target, "which errand does not follow for "
                           "calls that change something; check the setting "
                           "'url'");
  if (req->times.redirects >= MAX_REDIRECTS)
    return refuse_redirect(req, target, "after five redirects already; check "
                           "the setting 'url'");
  Buf next;
  buf_init(&next, MAX_URL);
  Err why = { 0 };
  int rc = url_resolve(&next, buf_str(&req->url), target, &why);
  if (rc || !url_same_origin(buf_str(&next), buf_str(&req->url))) {
    buf_clear(&next);
    err_set(&req->err, ERR_SERVER, "%s (status %d); errand sends no "
            "credentials there, so check the setting 'url' of %s", why.text,
            req->status, http->service);
    req->err.status = req->status;
    return -1;
  }
  buf_clear(&req->url);
  req->url = next;
  req->times.redirects++;
  buf_reset(&req->body);
  http_head_reset(req);
  req->slot->error[0] = '\0';
  if (http_apply_url(http, req->slot, buf_str(&req->url), &req->err) ||
      curl_multi_remove_handle(http->multi, req->slot->easy) != CURLM_OK ||
      add(http, req, &req->err)) {
    if (!req->err.kind)
      err_set(&req->err, ERR_SCRIPT, "libcurl does not take the redirect");
    return -1;
  }
  return 0;
}

static void on_transfer(void *easy, int code) {
  Slot *slot = NULL;
  if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&slot) != CURLE_OK ||
      !slot || !slot->req) return;
  HttpReq *req = slot->req;
  Http *http = req->http;
  take_times(req, easy);
  req->status = take_status(easy);
  if (req->unclean && http_resend(req) == 0) return;
  http_learn(http, slot);
  if (code == CURLE_OK) code = (int)http_check_head(req);
  if (code != CURLE_OK && !req->sent) http_stop_waiting(http);
  if (code != CURLE_OK)
    http_explain(http, req, (CURLcode)code);
  else if (req->status == 407)
    http_explain_407(http, req);
  else if (is_redirect(req) && follow(req) == 0)
    return;
  http_output_end(http, req, (CURLcode)code);
  http_trace(http, req);
  /* libcurl counts its silent repeats over the life of a handle and gives up
     after five: only a handle that needed no connection is kept as it is. */
  if (code != CURLE_OK || req->times.connects > 0) slot->applied = false;
  stop(req);
  if (req->fn) req->fn(req->ctx, req);   /* req and http may be gone now */
}

bool http_req_pending(const HttpReq *req) {
  return req->http != NULL;
}

const Err *http_req_err(const HttpReq *req) {
  return &req->err;
}

int http_req_status(const HttpReq *req) {
  return req->status;
}

const Buf *http_req_body(const HttpReq *req) {
  return &req->body;
}

size_t http_req_size(const HttpReq *req) {
  return req->body.len + req->down.size;
}

bool http_req_is_file(const HttpReq *req) {
  return req->down.done;
}

const char *http_req_url(const HttpReq *req) {
  return buf_str(&req->url);
}

HttpTimes http_req_times(const HttpReq *req) {
  return req->times;
}

bool http_req_maybe_sent(const HttpReq *req) {
  return req->sent;
}

bool http_req_lost(const HttpReq *req) {
  return req->lost && req->times.redirects == 0;
}

bool http_req_lasting(const HttpReq *req) {
  return req->lasting;
}
