/* httpproxy.c - which proxy an account's requests go through, if any. */
/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "httpreq.h"
#include "noproxy.h"
#include "redact.h"
#include "text.h"
#include "urlpart.h"

#define FORMS "http://HOST:PORT, https://, socks5:// or socks5h://"

enum { SHOWN_MAX = 600 };

/* As libcurl reads them: HTTP_PROXY in capitals may come from a request to a
   CGI program, so nobody believes it. Empty ones count as not set. */
static const char *const for_http[] = { "http_proxy", "all_proxy",
                                        "ALL_PROXY", NULL };
static const char *const for_https[] = { "https_proxy", "HTTPS_PROXY",
                                         "all_proxy", "ALL_PROXY", NULL };
static const char *const exceptions[] = { "no_proxy", "NO_PROXY", NULL };

static const char *first_set(const char *const *names, const char **found) {
  for (; *names; names++) {
    const char *value = getenv(*names);
    if (!value || !*value) continue;
    *found = *names;
    return value;
  }
  return NULL;
}

static int out_of_memory(Err *err) {
  return err_set(err, ERR_SCRIPT, "out of memory");
}

/* Where user and password begin in the address of a proxy, and how long they
   are; NULL if there are none. Cut generously: a password may hold an @ or a
   slash that should have been escaped. */
static const char *find_user(const char *text, size_t *n) {
  const char *start = strstr(text, "://"), *at = strrchr(text, '@');
  start = start && (!at || start < at) ? start + 3 : text;
  if (!at) return NULL;
  *n = (size_t)(at - start);
  return start;
}

/* The text and what it says without its percent signs. */
static int hide(const char *text, size_t n, Err *err) {
  int len = 0;
  char *plain = n > 0 && n < 65536
                    ? curl_easy_unescape(NULL, text, (int)n, &len) : NULL;
  int rc = redact_add(text, n);
  if (plain) {
    if (redact_add(plain, (size_t)len)) rc = -1;
    explicit_bzero(plain, (size_t)len);
    curl_free(plain);
  }
  return rc || (!plain && n > 0 && n < 65536) ? out_of_memory(err) : 0;
}

static int hide_password(const char *text, Err *err) {
  size_t n = 0;
  const char *user = find_user(text, &n);
  const char *colon = user ? memchr(user, ':', n) : NULL;
  if (!colon) return 0;
  size_t before = (size_t)(colon - user) + 1;
  return hide(colon + 1, n - before, err) || hide(user, n, err) ? -1 : 0;
}

/* Also what is not in force, for somebody may print it. */
static int hide_variables(Err *err) {
  static const char *const all[] = { "http_proxy", "HTTP_PROXY", "https_proxy",
                                     "HTTPS_PROXY", "all_proxy", "ALL_PROXY" };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    const char *value = getenv(all[i]);
    if (value && hide_password(value, err)) return -1;
  }
  return 0;
}

/* libcurl's own reading. */
static char *part(CURLU *url, CURLUPart what) {
  char *text = NULL;
  return curl_url_get(url, what, &text, 0) == CURLUE_OK ? text : NULL;
}

static bool knows_scheme(const char *scheme, bool variable) {
  static const char *const known[] = { "http", "https", "socks5", "socks5h",
                                       "socks", "socks4", "socks4a" };
  size_t n = variable ? sizeof known / sizeof *known : 4;
  for (size_t i = 0; i < n; i++)
    if (strcasecmp(known[i], scheme) == 0) return true;
  return false;
}

/* "http://proxy.example.com:3128" of what may have a user and no port. */
static int show(Proxy *p, CURLU *url, const char *scheme, Err *err) {
  char *host = part(url, CURLUPART_HOST), *port = part(url, CURLUPART_PORT);
  p->https = strcasecmp(scheme, "https") == 0;
  p->socks = strncasecmp(scheme, "socks", 5) == 0;
  Buf out;
  buf_init(&out, SHOWN_MAX);
  int rc = -1;
  if (host && (buf_printf(&out, "%s://", scheme) ||
               text_safe(&out, host, strlen(host), false) ||
               buf_printf(&out, ":%s", port ? port : p->https ? "443"
                                                              : "1080")))
    out_of_memory(err);
  else if (host)
    rc = (p->shown = strdup(buf_str(&out))) ? 0 : out_of_memory(err);
  buf_clear(&out);
  curl_free(host);
  curl_free(port);
  return rc;
}

static bool has_path(CURLU *url) {
  char *path = part(url, CURLUPART_PATH), *query = part(url, CURLUPART_QUERY);
  bool has = query || (path && *path && strcmp(path, "/") != 0);
  curl_free(path);
  curl_free(query);
  return has;
}

/* -1 without a word in err: libcurl could make nothing of it. */
static int read_proxy(Proxy *p, const char *text, Err *err) {
  int rc = -1;
  char *scheme = NULL;
  CURLU *url = curl_url();
  if (!url) return out_of_memory(err);
  CURLUcode code = curl_url_set(url, CURLUPART_URL, text,
                                CURLU_NON_SUPPORT_SCHEME | CURLU_GUESS_SCHEME);
  if (code == CURLUE_OUT_OF_MEMORY) {
    out_of_memory(err);
    goto done;
  }
  if (code != CURLUE_OK || !(scheme = part(url, CURLUPART_SCHEME))) goto done;
  if (!knows_scheme(scheme, p->variable != NULL) ||
      (!p->variable && has_path(url))) goto done;
  rc = show(p, url, scheme, err);
done:
  curl_free(scheme);
  curl_url_cleanup(url);
  return rc;
}

static int refuse(const Http *http, const char *text, Err *err) {
  const char *service = http->service;
  if (err->kind != ERR_NONE) return -1;
  if (http->route.variable)   /* it may hold a password */
    return err_set(err, ERR_CONFIG, "the variable %s does not hold the "
                   "address of a proxy; write it as " FORMS ", or set 'proxy' "
                   "of %s", http->route.variable, service);
  Buf shown;
  buf_init(&shown, SHOWN_MAX);
  if (text_safe(&shown, text, strnlen(text, 100), false)) buf_reset(&shown);
  err_set(err, ERR_CONFIG, "the setting 'proxy' of %s is '%s', which is not "
          "the address of a proxy; write it as " FORMS, service,
          buf_str(&shown));
  buf_clear(&shown);
  return -1;
}

/* What else the settings must hold to. */
static int check_settings(const Http *http, Err *err) {
  const char *service = http->service;
  if (http->proxy && strchr(http->proxy, '@'))
    return err_set(err, ERR_CONFIG, "the setting 'proxy' of %s holds a user "
                   "or password, where others can read it; put them into the "
                   "settings 'proxy_user' and 'proxy_password'", service);
  if (http->proxy_password && !http->proxy_user)
    return err_set(err, ERR_CONFIG, "the setting 'proxy_password' of %s needs "
                   "'proxy_user' beside it", service);
  if (http->proxy_user && !*http->proxy_user)
    return err_set(err, ERR_CONFIG, "the setting 'proxy_user' of %s is empty; "
                   "name the user or leave it out", service);
  if (http->proxy && *http->proxy && http->unix_socket)
    return err_set(err, ERR_CONFIG, "the settings 'proxy' and 'unix_socket' of "
                   "%s exclude each other; leave one of them out", service);
  if (http->noproxy && strstr(http->noproxy, "://"))
    return err_set(err, ERR_CONFIG, "the setting 'noproxy' of %s is '%.200s', "
                   "but lists hosts without a scheme, such as "
                   ".example.com,10.0.0.0/8", service, http->noproxy);
  return 0;
}

/* The address in force, "" or NULL: none; route says who says so. */
static const char *choose(Http *http) {
  Proxy *p = &http->route;
  UrlOrigin base;
  const char *list = http->noproxy, *list_from = NULL;
  if (http->unix_socket) {
    p->direct = "the setting 'unix_socket'";
    return NULL;
  }
  if (url_parse(http->base, &base)) return NULL;   /* url_base knew better */
  const char *text = http->proxy;
  if (!text)
    text = first_set(base.https ? for_https : for_http, &p->variable);
  if (!text || !*text) {
    if (text) p->direct = "the setting 'proxy', which is empty";
    return NULL;
  }
  if (!list) list = first_set(exceptions, &list_from);
  if (!noproxy_lists(list, base.host, base.host_len)) {
    /* The proxy would read the credential, and who set the variable for the
       whole machine did not think of what never leaves it. */
    p->passed = p->variable && !base.https && url_is_loopback(&base);
    p->plain = !base.https;
    return p->passed ? NULL : text;
  }
  p->variable = list_from;
  p->direct = list_from ? "the variable" : "the setting 'noproxy'";
  return NULL;
}

int http_proxy_choose(Http *http, Err *err) {
  Proxy *p = &http->route;
  if (hide_variables(err)) return -1;
  if (http->proxy && hide_password(http->proxy, err)) return -1;
  if (check_settings(http, err)) return -1;
  p->decided = http->base != NULL;
  const char *text = p->decided ? choose(http) : http->proxy;
  if (!text || !*text) return 0;
  if (p->plain && !http->insecure_http)
    return err_set(err, ERR_CONFIG, "the setting 'proxy' of %s would show the "
                   "credential to the proxy, since 'url' is plain http; use "
                   "https, leave out 'proxy', or set 'insecure_http' to true",
                   http->service);
  size_t n;
  Err why = { 0 };
  if (read_proxy(p, text, &why)) {
    *err = why;
    return refuse(http, text, err);
  }
  bool in_url = find_user(text, &n) != NULL;
  /* What the settings say goes before what the environment says. */
  p->url = strdup(http->proxy_user || !in_url ? p->shown : text);
  p->user = http->proxy_user || in_url;
  p->user_in_url = in_url && !http->proxy_user;
  return p->url ? 0 : out_of_memory(err);
}

void http_proxy_clear(Http *http) {
  Proxy *p = &http->route;
  if (p->url) explicit_bzero(p->url, strlen(p->url));
  free(p->url);
  free(p->shown);
  *p = (Proxy){ 0 };
}

int http_describe_route(const Http *http, Buf *out) {
  const Proxy *p = &http->route;
  if (p->url) {
    const char *host = strstr(p->shown, "://") + 3;
    return buf_printf(out, "proxy %.*s%s%s (%s%s)", (int)(host - p->shown),
                      p->shown, p->user ? "[secret]@" : "", host,
                      p->variable ? "variable " : "setting 'proxy'",
                      p->variable ? p->variable : "");
  }
  if (p->passed)
    return buf_printf(out, "no proxy, for plain http to this machine goes past "
                      "the variable %s", p->variable);
  if (!p->direct) return buf_puts(out, "no proxy");
  return buf_printf(out, "no proxy, says %s%s%s", p->direct,
                    p->variable ? " " : "", p->variable ? p->variable : "");
}

static int refuse_option(const Http *http, const char *name, CURLcode rc,
                         Err *err) {
  return err_set(err, ERR_CONFIG, "the setting '%s' of %s is not usable: %s",
                 name, http->service, curl_easy_strerror(rc));
}

#define SET(option, name, value) do { \
    CURLcode rc_ = curl_easy_setopt(easy, option, value); \
    if (rc_ != CURLE_OK) return refuse_option(http, name, rc_, err); \
  } while (0)

/* Both as one, for that is what goes into base64. */
static int hide_pair(const Http *http, const char *password, size_t len,
                     Err *err) {
  Buf pair;
  buf_init(&pair, SIZE_MAX);
  int rc = buf_puts(&pair, http->proxy_user) || buf_addc(&pair, ':') ||
           buf_add(&pair, password, len) || redact_add(pair.data, pair.len);
  buf_wipe(&pair);
  return rc ? out_of_memory(err) : 0;
}

static int apply_user(const Http *http, CURL *easy, Err *err) {
  if (!http->proxy_user) return 0;
  SET(CURLOPT_PROXYUSERNAME, "proxy_user", http->proxy_user);
  if (!http->proxy_password) return 0;
  size_t len;
  const char *password = secret_value(http->proxy_password, &len, err);
  if (!password) {
    err_prefix(err, "the setting 'proxy_password' of %s", http->service);
    return -1;
  }
  SET(CURLOPT_PROXYPASSWORD, "proxy_password", password);
  return hide_pair(http, password, len, err);
}

/* 'insecure', client certificate and pinned key are the service's alone. */
static int apply_tls(const Http *http, CURL *easy, Err *err) {
  if (!http->route.https) return 0;
  SET(CURLOPT_PROXY_SSLVERSION, "proxy", (long)CURL_SSLVERSION_TLSv1_2);
  if (!http->proxy_cacert) return 0;
  SET(CURLOPT_PROXY_CAINFO, "proxy_cacert", http->proxy_cacert);
  SET(CURLOPT_PROXY_CAPATH, "proxy_cacert", NULL);
  return 0;
}

int http_proxy_apply(const Http *http, CURL *easy, Err *err) {
  const Proxy *p = &http->route;
  if (!p->decided) {
    SET(CURLOPT_PROXY, "proxy", http->proxy);
    SET(CURLOPT_NOPROXY, "noproxy", http->noproxy);
    return apply_tls(http, easy, err) || apply_user(http, easy, err) ? -1 : 0;
  }
  /* Not NULL: libcurl would look into the environment itself. */
  SET(CURLOPT_PROXY, "proxy", p->url ? p->url : "");
  SET(CURLOPT_NOPROXY, "noproxy", "");
  if (!p->url) return 0;
  return apply_tls(http, easy, err) || apply_user(http, easy, err) ? -1 : 0;
}
