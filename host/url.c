/* url.c - origins, bases, what a server points to, methods, headers. */
/* SPDX-License-Identifier: MIT */
#include "url.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include "text.h"
#include "urlpart.h"

static bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static bool is_one_of(char c, const char *set) {
  return c && strchr(set, c);
}

bool url_is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_control(char c) {
  return (unsigned char)c < 0x20 || c == 0x7F;
}

bool url_is_pchar(char c) {
  return is_alpha(c) || is_digit(c) || is_one_of(c, "-._~!$&'()*+,;=:@");
}

static const char *host_fault(const char *s, size_t n) {
  char text[INET6_ADDRSTRLEN];
  struct in6_addr a6;
  if (n == 0) return "names no host";
  if (s[0] == '[') {
    if (n < 2 || s[n - 1] != ']' || n - 2 >= sizeof text)
      return "holds a broken IPv6 address";
    memcpy(text, s + 1, n - 2);
    text[n - 2] = '\0';
    return inet_pton(AF_INET6, text, &a6) == 1
               ? NULL : "holds a broken IPv6 address";
  }
  if (n > 253) return "has a host name that is too long";
  for (size_t i = 0; i < n; i++) {
    if (!is_alpha(s[i]) && !is_digit(s[i]) && !is_one_of(s[i], "-._"))
      return "has a host name with other characters than letters, digits, "
             "'-', '.' and '_' (write international names as xn--...)";
    if (s[i] == '.' && (i == 0 || s[i - 1] == '.'))
      return "has a host name with an empty part";
  }
  return NULL;
}

static const char *port_fault(const char *s, size_t n, unsigned *port) {
  unsigned v = 0;
  if (n == 0 || n > 5) return "has a broken port";
  for (size_t i = 0; i < n; i++) {
    if (!is_digit(s[i])) return "has a broken port";
    v = v * 10 + (unsigned)(s[i] - '0');
  }
  *port = v;
  return v > 0 && v < 65536 ? NULL : "has a port that does not exist";
}

const char *url_parse(const char *url, UrlOrigin *o) {
  static const char wrong[] = "must start with https:// or http://";
  static const char refused[] = " \\\x7F"
    "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20"
    "\21\22\23\24\25\26\27\30\31\32\33\34\35\36\37";
  memset(o, 0, sizeof *o);
  const char *bad = url + strcspn(url, refused);
  if (*bad && is_control(*bad)) return "holds a control character";
  if (*bad) return "holds a space or a backslash";
  size_t scheme = strcspn(url, ":");
  o->https = scheme == 5 && strncasecmp(url, "https", 5) == 0;
  if (!o->https && !(scheme == 4 && strncasecmp(url, "http", 4) == 0))
    return wrong;
  if (strncmp(url + scheme, "://", 3) != 0) return wrong;
  const char *authority = url + scheme + 3;
  size_t n = strcspn(authority, "/?#");
  o->path = authority + n;
  if (memchr(authority, '@', n))
    return "holds a user name; put the user into the setting of that name";
  size_t host = n;
  if (n > 0 && authority[0] == '[') {
    const char *close = memchr(authority, ']', n);
    host = close ? (size_t)(close - authority) + 1 : n;
  } else {
    const char *colon = memchr(authority, ':', n);
    if (colon) host = (size_t)(colon - authority);
  }
  o->host = authority;
  o->host_len = host;
  o->port = o->https ? 443 : 80;
  const char *fault = host_fault(authority, host);
  if (fault || host == n) return fault;
  if (authority[host] != ':') return "has something between host and port";
  return port_fault(authority + host + 1, n - host - 1, &o->port);
}

bool url_same_host(const UrlOrigin *a, const UrlOrigin *b) {
  return a->https == b->https && a->port == b->port &&
         a->host_len == b->host_len &&
         strncasecmp(a->host, b->host, a->host_len) == 0;
}

bool url_same_origin(const char *a, const char *b) {
  UrlOrigin oa, ob;
  return !url_parse(a, &oa) && !url_parse(b, &ob) && url_same_host(&oa, &ob);
}

bool url_is_loopback(const UrlOrigin *o) {
  static const char name[] = "localhost";
  const size_t len = sizeof name - 1;
  char text[64];
  if (o->host_len >= sizeof text) return false;
  memcpy(text, o->host, o->host_len);
  text[o->host_len] = '\0';
  if (text[0] == '[') {
    struct in6_addr a6;
    text[o->host_len - 1] = '\0';
    return inet_pton(AF_INET6, text + 1, &a6) == 1 &&
           IN6_IS_ADDR_LOOPBACK(&a6);
  }
  struct in_addr a4;
  if (inet_pton(AF_INET, text, &a4) == 1)
    return ntohl(a4.s_addr) >> 24 == 127;
  if (o->host_len < len) return false;
  size_t before = o->host_len - len;
  return strcasecmp(text + before, name) == 0 &&
         (before == 0 || text[before - 1] == '.');
}

int url_add_origin(Buf *out, const UrlOrigin *o) {
  if (buf_puts(out, o->https ? "https://" : "http://")) return -1;
  for (size_t i = 0; i < o->host_len; i++) {
    char c = o->host[i];
    if (buf_addc(out, c >= 'A' && c <= 'Z' ? (char)(c + 32) : c)) return -1;
  }
  if (o->port == (o->https ? 443u : 80u)) return 0;
  return buf_printf(out, ":%u", o->port);
}

int url_dots(const char *s, size_t n) {
  int count = 0;
  size_t i = 0;
  while (i < n && count < 3) {
    if (s[i] == '%') {
      for (i++; i + 1 < n && s[i] == '2' && s[i + 1] == '5';) i += 2;
      if (i + 1 >= n || s[i] != '2' || (s[i + 1] | 0x20) != 'e') return 0;
      i += 2;
    } else if (s[i++] != '.') {
      return 0;
    }
    count++;
  }
  return i == n && count < 3 ? count : 0;
}

/* Length of what a server may take for a separator at s. */
static size_t separator(const char *s, size_t n) {
  if (s[0] == '/') return 1;
  if (n < 3 || s[0] != '%') return 0;
  bool is = strncasecmp(s, "%2f", 3) == 0 || strncasecmp(s, "%5c", 3) == 0;
  return is ? 3 : 0;
}

const char *url_path_fault(const char *s, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (s[i] == '%' &&
        (n - i < 3 || !url_is_hex(s[i + 1]) || !url_is_hex(s[i + 2])))
      return "has a '%' in its path that two hex digits must follow";
    if (s[i] != '%' && s[i] != '/' && !url_is_pchar(s[i]))
      return "has a character in its path that must be percent-encoded";
  }
  for (size_t i = 0, from = 0; i <= n; i++) {
    size_t len = i < n ? separator(s + i, n - i) : 1;
    if (len == 0) continue;
    if (url_dots(s + from, i - from)) return "has '.' or '..' in its path";
    if (i < n && i > 0 && s[i] == '/' && s[i - 1] == '/')
      return "has '//' in its path";
    from = i + len;
    i += len - 1;
  }
  return NULL;
}

int url_undo(Buf *out, size_t start) {
  if (out->len > start) {
    out->len = start;
    out->data[start] = '\0';
  }
  return -1;
}

int url_too_long(const Buf *out, Err *err) {
  if (out->over)
    return err_set(err, ERR_CAP, "the URL is longer than %zu bytes", out->max);
  return err_set(err, ERR_CAP, "no memory for the URL");
}

/* A URL that may hold a password is not repeated. */
int url_bad_base(const char *base, const char *fault, Err *err) {
  if (strchr(base, '@') || !text_is_safe(base, strlen(base)))
    return err_set(err, ERR_CONFIG, "the URL %s", fault);
  return err_set(err, ERR_CONFIG, "the URL '%s' %s", base, fault);
}

int url_base(Buf *out, const char *base, bool insecure_http, Err *err) {
  UrlOrigin o;
  size_t start = out->len;
  const char *fault = url_parse(base, &o);
  if (fault) return url_bad_base(base, fault, err);
  size_t n = strlen(o.path);
  if (strcspn(o.path, "?#") < n)
    return url_bad_base(base, "has a query or a fragment", err);
  if (n > 0 && o.path[n - 1] == '/') n--;
  fault = url_path_fault(o.path, n);
  if (!fault && n > 0 && o.path[n - 1] == '/') fault = "ends in '//'";
  if (fault) return url_bad_base(base, fault, err);
  if (!o.https && !insecure_http && !url_is_loopback(&o))
    return url_bad_base(base, "would send credentials unencrypted: use "
                        "https, or set insecure_http = true", err);
  if (url_add_origin(out, &o) || buf_add(out, o.path, n)) {
    url_too_long(out, err);
    return url_undo(out, start);
  }
  return 0;
}

static int bad_target(const char *given, const char *fault, Err *err) {
  size_t n = strcspn(given, "?#");
  Buf shown;
  buf_init(&shown, 1000);
  text_safe(&shown, given, n < 200 ? n : 200, false);
  if (memchr(given, '@', n) || shown.failed)
    err_set(err, ERR_SERVER, "the server points to a URL that %s", fault);
  else
    err_set(err, ERR_SERVER, "the server points to '%s', which %s",
            buf_str(&shown), fault);
  buf_clear(&shown);
  return -1;
}

/* Bytes that servers leave as they are although they may not. */
static int add_tolerant(Buf *out, const char *s, size_t n) {
  for (size_t i = 0; i < n; i++) {
    unsigned char c = (unsigned char)s[i];
    bool escape = c <= 0x20 || c > 0x7E || is_one_of(s[i], "\"<>^`{|}");
    if (escape ? text_url_escape(out, s + i, 1) : buf_addc(out, s[i]))
      return -1;
  }
  return 0;
}

/* Appends the absolute path without its dot segments. */
static int add_normal_path(Buf *out, const char *s, size_t n) {
  size_t floor = out->len;
  for (size_t i = 0; i < n;) {
    size_t from = i + 1;
    const char *slash = memchr(s + from, '/', n - from);
    size_t len = slash ? (size_t)(slash - s) - from : n - from;
    int up = url_dots(s + from, len);
    if (up == 2)
      while (out->len > floor && out->data[--out->len] != '/') continue;
    if ((up == 0 || !slash) && buf_addc(out, '/')) return -1;
    if (up == 0 && add_tolerant(out, s + from, len)) return -1;
    i = from + len;
  }
  return out->len > floor ? 0 : buf_addc(out, '/');
}

/* What stands before ':' if that can be a scheme. */
static size_t scheme_len(const char *s) {
  size_t n = is_alpha(s[0]) ? strcspn(s, ":/?#") : 0;
  return s[n] == ':' ? n : 0;
}

/* *rest is what follows the authority of given, which has one. */
static int check_authority(const char *given, const UrlOrigin *base,
                           const char **rest, Err *err) {
  int rc = -1;
  Buf url;
  buf_init(&url, SIZE_MAX);
  if (given[0] == '/') buf_puts(&url, base->https ? "https:" : "http:");
  size_t before = url.len;
  /* A space in what follows is mended later; the authority has none. */
  if (buf_add(&url, given, strcspn(given, "?# "))) {
    err_set(err, ERR_CAP, "no memory for the URL");
    goto done;
  }
  UrlOrigin o;
  const char *fault = url_parse(url.data, &o);
  if (!fault) {
    *rest = given + (o.path - url.data) - before;
    if (**rest == ' ') fault = "has a space in its host name";
    else if (!url_same_host(base, &o)) fault = "is another origin than ours";
  }
  rc = fault ? bad_target(given, fault, err) : 0;
done:
  buf_clear(&url);
  return rc;
}

/* The absolute path that a reference without authority means: RFC 3986,
   5.2.3. n is the length of the reference's own path. */
static int merge(Buf *path, const char *base, const char *ref, size_t n) {
  size_t keep = strcspn(base, "?#");
  if (ref[0] == '/') keep = 0;
  else if (n > 0)
    while (keep > 0 && base[keep - 1] != '/') keep--;
  if (keep == 0 && ref[0] != '/' && buf_addc(path, '/')) return -1;
  return buf_add(path, base, keep) || buf_add(path, ref, n) ? -1 : 0;
}

/* Appends the target; base_path is "" where ref had an authority. */
static int add_target(Buf *out, const UrlOrigin *o, const char *base_path,
                      const char *ref) {
  Buf path;
  buf_init(&path, SIZE_MAX);
  size_t n = strcspn(ref, "?#");
  int rc = merge(&path, base_path, ref, n);
  /* An empty reference is the base with its query. */
  const char *query = *ref && *ref != '#' ? ref : base_path;
  query += strcspn(query, "?#");
  if (!rc) rc = url_add_origin(out, o);
  if (!rc) rc = add_normal_path(out, path.data, path.len);
  if (!rc) rc = add_tolerant(out, query, strcspn(query, "#"));
  buf_clear(&path);
  return rc;
}

int url_resolve(Buf *out, const char *base, const char *given, Err *err) {
  UrlOrigin o;
  size_t start = out->len;
  const char *fault = url_parse(base, &o), *ref = given;
  if (fault) return url_bad_base(base, fault, err);
  for (const char *c = given; *c; c++)
    if (is_control(*c) || *c == '\\')
      return bad_target(given, "holds a control character or a backslash",
                        err);
  bool absolute = scheme_len(given) > 0 || strncmp(given, "//", 2) == 0;
  if (absolute && check_authority(given, &o, &ref, err)) return -1;
  if (add_target(out, &o, absolute ? "" : o.path, ref) == 0) return 0;
  url_too_long(out, err);
  return url_undo(out, start);
}

const char *url_method(const char *method) {
  static const char *const known[] = {"GET", "HEAD", "POST", "PUT", "PATCH",
                                      "DELETE", "OPTIONS"};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strcasecmp(known[i], method) == 0) return known[i];
  return NULL;
}

int url_check_header(const char *name, size_t name_len,
                     const char *value, size_t value_len, Err *err) {
  if (name_len == 0)
    return err_set(err, ERR_VALIDATION, "a header has no name");
  for (size_t i = 0; i < name_len; i++)
    if (!is_alpha(name[i]) && !is_digit(name[i]) &&
        !is_one_of(name[i], "!#$%&'*+-.^_`|~"))
      return err_set(err, ERR_VALIDATION, "the name of a header holds byte "
                     "0x%02X", (unsigned char)name[i]);
  for (size_t i = 0; i < value_len; i++)
    if (is_control(value[i]) && value[i] != '\t')
      return err_set(err, ERR_VALIDATION,
                     "header '%.*s' has a control character in its value",
                     (int)(name_len < 100 ? name_len : 100), name);
  return 0;
}
