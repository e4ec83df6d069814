/* httpopts.c - libcurl options of an account and of one call. */
/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "halt.h"
#include "httpreq.h"
#include "log.h"
#include "sys.h"
#include "url.h"

#define CERTS "/etc/ssl/certs"

enum { SHAPE_GET, SHAPE_HEAD, SHAPE_POST, SHAPE_FORM, SHAPE_FILE };

/* Headers that frame the message or steer the connection: a wrong one from
   outside could hang the call or smuggle a second request. */
static const char *const ours[] = {
  "Content-Length", "Transfer-Encoding", "Host", "Connection", "Expect",
  "Upgrade", "TE", "Trailer", "Keep-Alive", "Proxy-Connection",
};

static int refuse(CURLcode rc, Err *err) {
  return err_set(err, ERR_SCRIPT, "libcurl: %s", curl_easy_strerror(rc));
}

static int refuse_setting(const Http *http, const char *name, CURLcode rc,
                          Err *err) {
  return err_set(err, ERR_CONFIG, "the setting '%s' of %s is not usable: %s",
                 name, http->service, curl_easy_strerror(rc));
}

#define SET(option, value) do { \
    CURLcode rc_ = curl_easy_setopt(easy, option, value); \
    if (rc_ != CURLE_OK) return refuse(rc_, err); \
  } while (0)

#define SETTING(option, name, value) do { \
    if (value) { \
      CURLcode rc_ = curl_easy_setopt(easy, option, value); \
      if (rc_ != CURLE_OK) return refuse_setting(http, name, rc_, err); \
    } \
  } while (0)

static size_t on_body(char *bytes, size_t size, size_t n, void *ctx) {
  HttpReq *req = ((Slot *)ctx)->req;
  (void)size;   /* always 1 */
  if (http_to_file(req)) return http_output(req, bytes, n) ? 0 : n;
  if (n > req->max_body - req->body.len) {
    req->over_body = true;
    return 0;
  }
  if (buf_add(&req->body, bytes, n)) {
    req->no_memory = true;
    return 0;
  }
  return n;
}

/* Called when a connection stands and the request is about to leave on it:
   the last moment at which nothing can have happened. */
static int on_prerequest(void *ctx, char *ip, char *local, int port,
                         int local_port) {
  HttpReq *req = ((Slot *)ctx)->req;
  (void)ip, (void)local, (void)port;
  req->unclean = http_is_unclean(req, local_port);
  if (req->unclean || halt_check(&req->file_err)) return CURL_PREREQFUNC_ABORT;
  /* libcurl itself repeats what a kept connection lost. */
  req->lost = req->sent;
  req->sent = true;
  const Http *http = req->http;
  if (http->on_leave) http->on_leave(http->leave_ctx, req->call.tag);
  return CURL_PREREQFUNC_OK;
}

/* True if the directory has hashed names, "5ed36f99.0". */
bool http_is_hashed(const char *path) {
  DIR *dir = opendir(path);
  if (!dir) return false;
  const struct dirent *entry;
  bool found = false;
  while (!found && (entry = readdir(dir)))
    found = strlen(entry->d_name) == 10 && entry->d_name[8] == '.' &&
            entry->d_name[9] == '0' &&
            strspn(entry->d_name, "0123456789abcdef") == 8;
  closedir(dir);
  return found;
}

static int apply_identity(const Http *http, CURL *easy, Err *err) {
  if (!http->cert) return 0;
  const char *password = "";   /* without one OpenSSL asks at the terminal */
  if (http->key_password) {
    size_t len;
    password = secret_value(http->key_password, &len, err);
    if (!password) {
      err_prefix(err, "the setting 'tls_key_password' of %s", http->service);
      return -1;
    }
  }
  SETTING(CURLOPT_SSLCERT, "cert", http->cert);
  if (http->pkcs12) SET(CURLOPT_SSLCERTTYPE, "P12");
  SETTING(CURLOPT_SSLKEY, "tls_key", http->key);
  SETTING(CURLOPT_KEYPASSWD, "tls_key_password", password);
  return 0;
}

static int apply_trust(const Http *http, CURL *easy, Err *err) {
  SET(CURLOPT_SSLVERSION, http->tls_min);
  SET(CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  SET(CURLOPT_SSL_VERIFYPEER, http->insecure ? 0L : 1L);
  SET(CURLOPT_SSL_VERIFYHOST, http->insecure ? 0L : 2L);
  if (http->cacert || http->capath) {
    SET(CURLOPT_CAINFO, http->cacert);
    SET(CURLOPT_CAPATH, http->capath);
  } else if (http_is_hashed(CERTS)) {
    /* Parsing the bundle takes tens of milliseconds; the directory holds the
       same certificates and only the one needed is read. */
    SET(CURLOPT_CAINFO, NULL);
    SET(CURLOPT_CAPATH, CERTS);
    SET(CURLOPT_PROXY_CAINFO, NULL);
    SET(CURLOPT_PROXY_CAPATH, CERTS);
  }
  SETTING(CURLOPT_PINNEDPUBLICKEY, "pinnedpubkey", http->pinnedpubkey);
  SETTING(CURLOPT_CRLFILE, "crlfile", http->crlfile);
  SETTING(CURLOPT_SSL_CIPHER_LIST, "ciphers", http->ciphers);
  return apply_identity(http, easy, err);
}

/* Told by every process, and of every service. */
static void warn_insecure(const Http *http) {
  char key[64];
  if (!http->insecure) return;
  snprintf(key, sizeof key, "insecure %s", http->service);
  log_warn_once(key, "TLS certificates of %s are not verified (setting "
                "'insecure'): anyone on the way can read and change what is "
                "sent", http->service);
}

static int apply_route(const Http *http, CURL *easy, Err *err) {
  if (http_proxy_apply(http, easy, err)) return -1;
  SETTING(CURLOPT_UNIX_SOCKET_PATH, "unix_socket", http->unix_socket);
  SETTING(CURLOPT_INTERFACE, "interface", http->interface);
  SETTING(CURLOPT_RESOLVE, "resolve", http->resolve);
  SETTING(CURLOPT_CONNECT_TO, "connect_to", http->connect_to);
  SETTING(CURLOPT_SHARE, "resolve", http->share);
  if (http->ipv4 || http->ipv6)
    SET(CURLOPT_IPRESOLVE, http->ipv4 ? (long)CURL_IPRESOLVE_V4
                                      : (long)CURL_IPRESOLVE_V6);
  SET(CURLOPT_HTTP_VERSION, http->http_version);
  SET(CURLOPT_TCP_KEEPALIVE, 1L);
  SET(CURLOPT_TCP_NODELAY, 1L);
  SET(CURLOPT_CONNECTTIMEOUT_MS, lround(http->connect_timeout * 1000));
  SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
  return 0;
}

static int apply_callbacks(CURL *easy, Slot *slot, Err *err) {
  SET(CURLOPT_PRIVATE, slot);
  SET(CURLOPT_ERRORBUFFER, slot->error);
  SET(CURLOPT_WRITEFUNCTION, on_body);
  SET(CURLOPT_WRITEDATA, slot);
  SET(CURLOPT_HEADERFUNCTION, http_on_header);
  SET(CURLOPT_HEADERDATA, slot);
  SET(CURLOPT_PREREQFUNCTION, on_prerequest);
  SET(CURLOPT_PREREQDATA, slot);
  SET(CURLOPT_DEBUGFUNCTION, http_on_debug);
  SET(CURLOPT_DEBUGDATA, slot);
  return 0;
}

/* Children of scripts get no connection that is signed in. */
static int on_socket(void *ctx, curl_socket_t fd, curlsocktype purpose) {
  (void)ctx, (void)purpose;
  return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 ? CURL_SOCKOPT_OK
                                             : CURL_SOCKOPT_ERROR;
}

/* The resolver may work in a thread of its own, which inherits our mask. */
static int on_resolve(void *resolver, void *reserved, void *loop) {
  (void)resolver, (void)reserved;
  loop_block_signals(loop);
  return 0;
}

static int apply_habits(const Http *http, CURL *easy, Err *err) {
  SET(CURLOPT_PROTOCOLS_STR, "http,https");
  SET(CURLOPT_NOSIGNAL, 1L);
  SET(CURLOPT_RESOLVER_START_FUNCTION, on_resolve);
  SET(CURLOPT_RESOLVER_START_DATA, http->loop);
  SET(CURLOPT_SOCKOPTFUNCTION, on_socket);
  /* Cancelling must not wait for the resolver's thread. */
  SET(CURLOPT_QUICK_EXIT, 1L);
  SET(CURLOPT_FOLLOWLOCATION, 0L);
  SET(CURLOPT_ACCEPT_ENCODING, "");
  SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
  SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  SET(CURLOPT_PATH_AS_IS, 1L);
  SET(CURLOPT_USERAGENT, "errand/" ERRAND_VERSION);
  /* Credentials are headers of ours: a proxy never gets them. */
  SET(CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
  SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  return 0;
}

/* Calls side by side wait for the first connection, to share it if it turns
   out to be of HTTP/2; without TLS that never is, and would show only in the
   first reply. */
static int apply_sharing(const Http *http, CURL *easy, Err *err) {
  bool tls = http->base && strncmp(http->base, "https:", 6) == 0;
  SET(CURLOPT_PIPEWAIT, tls ? 1L : 0L);
  return 0;
}

/* Where no connection comes about, libcurl would let one after the other try
   and fail: those that wait set out now. A handle that does not take it goes
   on waiting. */
void http_stop_waiting(const Http *http) {
  for (const HttpReq *req = http->flying; req; req = req->next)
    if (req->slot && !req->sent)
      (void)curl_easy_setopt(req->slot->easy, CURLOPT_PIPEWAIT, 0L);
}

/* The options of the account, once a handle. */
int http_apply(Http *http, Slot *slot, Err *err) {
  if (slot->applied) return 0;
  CURL *easy = slot->easy;
  curl_easy_reset(easy);
  slot->verbose = slot->fresh = slot->metered = false;
  slot->shape = SHAPE_GET;
  slot->custom = NULL;
  slot->nheaders = 0;
  slot->aimed = false;
  slot->timeout_ms = slot->stall = -1;
  warn_insecure(http);
  if (apply_habits(http, easy, err) || apply_callbacks(easy, slot, err) ||
      apply_trust(http, easy, err) || apply_route(http, easy, err) ||
      apply_sharing(http, easy, err)) return -1;
  slot->applied = true;
  return 0;
}

static int apply_method(Slot *slot, const HttpCall *call, Err *err) {
  CURL *easy = slot->easy;
  const char *m = call->method, *custom = NULL;
  int shape = SHAPE_GET;
  if (strcmp(m, "HEAD") == 0) {
    if (call->body_len > 0)
      return err_set(err, ERR_VALIDATION, "a HEAD request has no body");
    shape = SHAPE_HEAD;
  } else if (call->nparts > 0 || call->upload) {
    shape = call->upload ? SHAPE_FILE : SHAPE_FORM;
    if (strcmp(m, "POST") != 0) custom = m;
  } else if (call->body || strcmp(m, "POST") == 0 || strcmp(m, "PUT") == 0 ||
             strcmp(m, "PATCH") == 0) {
    shape = SHAPE_POST;    /* also without a body: "Content-Length: 0" */
    if (strcmp(m, "POST") != 0) custom = m;
  } else if (strcmp(m, "GET") != 0) {
    custom = m;
  }
  if (shape != slot->shape) {
    if (slot->shape == SHAPE_HEAD) SET(CURLOPT_NOBODY, 0L);
    if (shape == SHAPE_HEAD) SET(CURLOPT_NOBODY, 1L);
    else if (shape == SHAPE_GET) SET(CURLOPT_HTTPGET, 1L);
    else if (shape != SHAPE_FORM) SET(CURLOPT_POST, 1L);
    slot->shape = shape;
  }
  if (custom != slot->custom) {
    SET(CURLOPT_CUSTOMREQUEST, custom);
    slot->custom = custom;
  }
  if (shape == SHAPE_FORM) return http_apply_parts(slot, call, err);
  if (shape == SHAPE_FILE) return http_apply_upload(slot, call, err);
  if (shape != SHAPE_POST) return 0;
  SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_len);
  SET(CURLOPT_POSTFIELDS, call->body ? call->body : "");
  return 0;
}

static int add_header(struct curl_slist **list, const char *line, Err *err) {
  struct curl_slist *more = curl_slist_append(*list, line);
  if (!more) return err_set(err, ERR_SCRIPT, "out of memory");
  *list = more;
  return 0;
}

static bool is_ours(const char *name, size_t n) {
  for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
    if (strlen(ours[i]) == n && strncasecmp(ours[i], name, n) == 0) return true;
  return false;
}

/* libcurl takes "Name:" as "leave it out" and "Name;" as an empty value. */
static int add_empty(struct curl_slist **list, const char *name, size_t n,
                     Err *err) {
  char line[256];
  if (n > sizeof line - 2)
    return err_set(err, ERR_VALIDATION, "a header name is too long");
  memcpy(line, name, n);
  memcpy(line + n, ";", 2);
  return add_header(list, line, err);
}

static int add_checked(struct curl_slist **list, const char *line,
                       bool *typed, Err *err) {
  const char *colon = strchr(line, ':');
  if (!colon)
    return err_set(err, ERR_VALIDATION, "a header is written 'Name: value'");
  size_t n = (size_t)(colon - line);
  const char *value = colon + 1;
  value += strspn(value, " \t");
  if (url_check_header(line, n, value, strlen(value), err)) return -1;
  if (is_ours(line, n))
    return err_set(err, ERR_VALIDATION,
                   "the header '%.*s' is set by errand itself", (int)n, line);
  if (n == 12 && strncasecmp(line, "Content-Type", n) == 0) *typed = true;
  return *value ? add_header(list, line, err) : add_empty(list, line, n, err);
}

static int add_range(struct curl_slist **list, const HttpPartial *partial,
                     Err *err) {
  char *lines[RANGE_HEADERS] = { NULL };
  int n = http_range_headers(partial, lines);
  int rc = n < 0 ? err_set(err, ERR_SCRIPT, "out of memory") : 0;
  for (int i = 0; i < n && !rc; i++) rc = add_header(list, lines[i], err);
  for (int i = 0; i < RANGE_HEADERS; i++) free(lines[i]);
  return rc;
}

/* The handle has these lines: nothing is to be checked or copied again. */
static bool has_headers(const Slot *slot, const HttpCall *call) {
  if (slot->nheaders == 0 || slot->nheaders != call->nheaders ||
      slot->headers_shape != slot->shape || call->partial) return false;
  const struct curl_slist *have = slot->headers;
  for (size_t i = 0; i < call->nheaders; i++, have = have->next)
    if (strcmp(have->data, call->headers[i]) != 0) return false;
  return true;
}

static int apply_headers(Slot *slot, const HttpCall *call, Err *err) {
  if (has_headers(slot, call)) return 0;
  CURL *easy = slot->easy;
  struct curl_slist *list = NULL;
  bool typed = false;
  for (size_t i = 0; i < call->nheaders; i++)
    if (add_checked(&list, call->headers[i], &typed, err)) goto fail;
  if (slot->shape == SHAPE_FORM && typed) {
    err_set(err, ERR_VALIDATION, "the Content-Type of a form is libcurl's");
    goto fail;
  }
  /* libcurl would claim a form for any body, and would wait for "100
     Continue". */
  if (slot->shape == SHAPE_POST && !typed &&
      add_header(&list, "Content-Type:", err)) goto fail;
  if (slot->shape == SHAPE_FILE && !typed &&
      add_header(&list, "Content-Type: application/octet-stream", err))
    goto fail;
  if (slot->shape >= SHAPE_POST && add_header(&list, "Expect:", err)) goto fail;
  if (call->partial && add_range(&list, call->partial, err)) goto fail;
  CURLcode rc = curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
  if (rc != CURLE_OK) {
    refuse(rc, err);
    goto fail;
  }
  curl_slist_free_all(slot->headers);
  slot->headers = list;
  slot->nheaders = call->partial ? 0 : call->nheaders;
  slot->headers_shape = slot->shape;
  return 0;
fail:
  curl_slist_free_all(list);
  return -1;
}

static int apply_limits(const Http *http, Slot *slot, const HttpCall *call,
                        Err *err) {
  CURL *easy = slot->easy;
  double timeout = call->timeout > 0 ? call->timeout : http->timeout;
  if (call->deadline > 0) {
    double left = call->deadline - loop_now();
    if (left <= 0)
      return err_set(err, ERR_TIMEOUT, "the time of the call was over before "
                     "it could be sent; raise 'timeout' of %s",
                     http->service);
    if (left < timeout) timeout = left;
  }
  long ms = lround(timeout * 1000);
  if (ms != slot->timeout_ms) SET(CURLOPT_TIMEOUT_MS, ms > 0 ? ms : 1);
  slot->timeout_ms = ms;
  /* Who says how long a call may take knows that it answers late. */
  double quiet = fmax(http->stall_timeout, call->timeout);
  long stall = lround(ceil(quiet));
  if (stall != slot->stall) SET(CURLOPT_LOW_SPEED_TIME, stall);
  slot->stall = stall;
  return 0;
}

/* What is neither read nor set must leave exactly once. libcurl repeats any
   request whose kept connection died before the reply, so it gets a fresh
   one; and one of HTTP/1.1, because a fresh HTTP/2 connection counts as kept
   as soon as a second request joins it. It is not kept afterwards: a script
   that creates a thousand things would pile up idle connections. */
static int apply_once(const Http *http, Slot *slot, const HttpCall *call,
                      Err *err) {
  CURL *easy = slot->easy;
  bool fresh = !call->repeatable;
  if (fresh == slot->fresh) return 0;
  SET(CURLOPT_FRESH_CONNECT, fresh ? 1L : 0L);
  SET(CURLOPT_FORBID_REUSE, fresh ? 1L : 0L);
  SET(CURLOPT_HTTP_VERSION,
      fresh ? (long)CURL_HTTP_VERSION_1_1 : http->http_version);
  slot->fresh = fresh;
  return 0;
}

/* What moves no file pays nothing for a bar. */
static int apply_meter(Slot *slot, const HttpCall *call, Err *err) {
  CURL *easy = slot->easy;
  bool metered = call->nparts > 0 || call->upload || call->output;
  if (metered == slot->metered) return 0;
  SET(CURLOPT_XFERINFOFUNCTION, metered ? http_on_progress : NULL);
  SET(CURLOPT_XFERINFODATA, slot);
  SET(CURLOPT_NOPROGRESS, metered ? 0L : 1L);
  slot->metered = metered;
  return 0;
}

int http_apply_call(Http *http, Slot *slot, const HttpCall *call, Err *err) {
  CURL *easy = slot->easy;
  bool verbose = log_enabled(LOG_DEBUG) != 0;
  if (verbose != slot->verbose) SET(CURLOPT_VERBOSE, verbose ? 1L : 0L);
  slot->verbose = verbose;
  return http_apply_url(http, slot, call->url, err) ||
         apply_method(slot, call, err) ||
         apply_headers(slot, call, err) ||
         apply_limits(http, slot, call, err) ||
         apply_meter(slot, call, err) ||
         apply_once(http, slot, call, err) ? -1 : 0;
}
