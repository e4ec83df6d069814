/* httproute.c - settings that say which way an account's requests take. */
/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "httpreq.h"

#define RESOLVE_FORM "HOST:PORT:ADDRESS[,ADDRESS...]"
#define CONNECT_FORM "HOST1:PORT1:HOST2:PORT2"

enum { LONGEST = 256 };

static bool is_port(const char *s, size_t n) {
  unsigned v = 0;
  if (n == 0 || n > 5) return false;
  for (size_t i = 0; i < n; i++) {
    if (s[i] < '0' || s[i] > '9') return false;
    v = v * 10 + (unsigned)(s[i] - '0');
  }
  return v > 0 && v < 65536;
}

static bool is_host(const char *s, size_t n) {
  for (size_t i = 0; i < n; i++)
    if ((unsigned char)s[i] <= ' ' || s[i] == 127 || strchr("/@,[]", s[i]))
      return false;
  return n < LONGEST;
}

/* brackets: an IPv6 address may stand in them. */
static int family_of(const char *s, size_t n, bool brackets) {
  char text[LONGEST];
  unsigned char bytes[sizeof(struct in6_addr)];
  if (brackets && n > 1 && s[0] == '[' && s[n - 1] == ']') s++, n -= 2;
  if (n >= sizeof text) return 0;
  memcpy(text, s, n);
  text[n] = '\0';
  if (inet_pton(AF_INET, text, bytes) == 1) return AF_INET;
  return inet_pton(AF_INET6, text, bytes) == 1 ? AF_INET6 : 0;
}

/* "+" in front makes the entry time out like an answer of the name service. */
static bool is_resolve(const char *s) {
  if (*s == '+') s++;
  size_t n = strcspn(s, ":");
  if (n == 0 || s[n] != ':' || *s == '-' || !is_host(s, n)) return false;
  s += n + 1;
  n = strcspn(s, ":");
  if (s[n] != ':' || !is_port(s, n)) return false;
  s += n;
  do {
    s++;
    n = strcspn(s, ",");
    if (!family_of(s, n, true)) return false;
    s += n;
  } while (*s);
  return true;
}

/* Up to the colon behind a host, which may be empty or IPv6 in brackets. */
static const char *skip_host(const char *s) {
  if (*s == '[') {
    const char *close = strchr(s, ']');
    if (!close || family_of(s, (size_t)(close - s) + 1, true) != AF_INET6)
      return NULL;
    s = close + 1;
  } else {
    size_t n = strcspn(s, ":");
    if (!is_host(s, n)) return NULL;
    s += n;
  }
  return *s == ':' ? s : NULL;
}

static bool is_connect_to(const char *s) {
  for (int i = 0; i < 2; i++) {
    if (!(s = skip_host(s))) return false;
    s++;
    size_t n = strcspn(s, ":");
    if (n > 0 && !is_port(s, n)) return false;
    s += n;
    if (i == 0 && *s++ != ':') return false;
  }
  return *s == '\0';
}

static int check_list(const Http *http, const char *name, const char *form,
                      const struct curl_slist *list, bool (*is)(const char *),
                      Err *err) {
  for (; list; list = list->next)
    if (!is(list->data))
      return err_set(err, ERR_CONFIG, "the setting '%s' of %s holds '%.200s', "
                     "but an entry is written %s", name, http->service,
                     list->data, form);
  return 0;
}

/* A missing one is left to the connection: the service may not run yet. */
static int check_socket(const Http *http, Err *err) {
  const char *path = http->unix_socket, *service = http->service;
  const size_t max = sizeof((struct sockaddr_un *)0)->sun_path - 1;
  struct stat st;
  if (!path) return 0;
  if (!*path)
    return err_set(err, ERR_CONFIG, "the setting 'unix_socket' of %s is empty; "
                   "name a socket or leave it out", service);
  if (strlen(path) > max)
    return err_set(err, ERR_CONFIG, "the setting 'unix_socket' of %s is %zu "
                   "bytes long, but a socket's path has at most %zu; use a "
                   "shorter one, such as a symbolic link", service,
                   strlen(path), max);
  if (stat(path, &st) == 0 && !S_ISSOCK(st.st_mode))
    return err_set(err, ERR_CONFIG, "the setting 'unix_socket' of %s names %s, "
                   "which is no socket; name the one the service listens on",
                   service, path);
  return 0;
}

/* Whether a connection could start there. */
static bool is_own_address(const char *text, int family) {
  struct sockaddr_storage at = { .ss_family = (sa_family_t)family };
  bool v4 = family == AF_INET;
  void *bytes = v4 ? (void *)&((struct sockaddr_in *)&at)->sin_addr
                   : (void *)&((struct sockaddr_in6 *)&at)->sin6_addr;
  if (inet_pton(family, text, bytes) != 1) return false;
  int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno != EAFNOSUPPORT;
  socklen_t len = v4 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
  int rc = bind(fd, (struct sockaddr *)&at, len);
  /* A link-local address wants its interface, which libcurl finds. */
  bool own = rc == 0 || errno != EADDRNOTAVAIL;
  close(fd);
  return own;
}

static int check_interface(const Http *http, Err *err) {
  const char *text = http->interface, *name = text;
  if (!text || strncmp(text, "host!", 5) == 0) return 0;
  if (strncmp(text, "if!", 3) == 0) name += 3;
  int family = name == text ? family_of(text, strlen(text), false) : 0;
  if (family ? is_own_address(text, family) : if_nametoindex(name) != 0)
    return 0;
  return err_set(err, ERR_CONFIG, "the setting 'interface' of %s is '%.100s', "
                 "which is neither an interface nor an address of this "
                 "machine; 'ip addr' lists them", http->service, text);
}

static int check_files(const Http *http, Err *err) {
  const char *path = http->proxy_cacert;
  if (!path || access(path, R_OK) == 0) return 0;
  return err_sys(err, ERR_CONFIG, errno, "the setting 'proxy_cacert' of %s "
                 "names a file that cannot be read, %s", http->service, path);
}

/* Told now, by name, rather than by libcurl in the middle of a run, which also
   passes over some of it without a word. */
int http_check_route(const Http *http, Err *err) {
  if (http->ipv4 && http->ipv6)
    return err_set(err, ERR_CONFIG, "the settings 'ipv4' and 'ipv6' of %s "
                   "exclude each other; leave out both for either kind of "
                   "address", http->service);
  return check_list(http, "resolve", RESOLVE_FORM, http->resolve, is_resolve,
                    err) ||
         check_list(http, "connect_to", CONNECT_FORM, http->connect_to,
                    is_connect_to, err) ||
         check_socket(http, err) || check_interface(http, err) ||
         check_files(http, err) ? -1 : 0;
}

/* Addresses given by 'resolve' go into libcurl's cache for everybody, and a
   connection made by them would serve any account with the same host name:
   one profile's calls would end at another's server. So such an account has
   both for itself. */
int http_open_share(Http *http, Err *err) {
  static const curl_lock_data kinds[] = { CURL_LOCK_DATA_DNS,
                                          CURL_LOCK_DATA_CONNECT };
  if (!http->resolve || http->share) return 0;
  CURLSH *share = curl_share_init();
  if (!share) return err_set(err, ERR_SCRIPT, "out of memory");
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    CURLSHcode rc = curl_share_setopt(share, CURLSHOPT_SHARE, kinds[i]);
    if (rc == CURLSHE_OK) continue;
    (void)curl_share_cleanup(share);   /* in use by nobody */
    return err_set(err, ERR_SCRIPT, "libcurl: %s", curl_share_strerror(rc));
  }
  http->share = share;
  return 0;
}
