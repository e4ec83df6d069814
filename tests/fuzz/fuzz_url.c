/* fuzz_url.c - bases, path templates, what a server points to. */
/* SPDX-License-Identifier: MIT */
/*
 * Fields: base, template, what a server gave, then names and values of the
 * query while the first byte of a name is '?', else values for the template.
 * libcurl's own parser, which the result will meet, has to agree.
 */
#include "fuzz.h"

#include <curl/curl.h>
#include <strings.h>

#include "url.h"

enum { ARGS = 8, TEXT_MAX = 1 << 16 };

static char *part(CURLU *u, CURLUPart which, unsigned flags) {
  char *text = NULL;
  CURLUcode rc = curl_url_get(u, which, &text, flags);
  need(rc != CURLUE_OUT_OF_MEMORY, "memory");
  return rc ? NULL : text;
}

static bool same_part(CURLU *a, CURLU *b, CURLUPart which, unsigned flags) {
  char *x = part(a, which, flags), *y = part(b, which, flags);
  bool same = x && y ? strcasecmp(x, y) == 0 : x == y;
  curl_free(x);
  curl_free(y);
  return same;
}

/* libcurl reads url and finds the origin of base there, and no user. */
static CURLU *check_origin(const char *url, const char *base) {
  CURLU *u = curl_url(), *b = curl_url();
  if (!u || !b) abort();
  need(curl_url_set(b, CURLUPART_URL, base, CURLU_PATH_AS_IS) == CURLUE_OK,
       "libcurl takes the base");
  need(curl_url_set(u, CURLUPART_URL, url, CURLU_PATH_AS_IS) == CURLUE_OK,
       "libcurl takes the URL");
  need(same_part(u, b, CURLUPART_SCHEME, 0), "the scheme stays");
  need(same_part(u, b, CURLUPART_HOST, 0), "the host stays");
  need(same_part(u, b, CURLUPART_PORT, CURLU_DEFAULT_PORT), "the port stays");
  need(!part(u, CURLUPART_USER, 0) && !part(u, CURLUPART_PASSWORD, 0),
       "there is no user in it");
  curl_url_cleanup(b);
  need(url_same_origin(url, base), "url_same_origin agrees");
  return u;
}

static size_t slashes(const char *s, size_t n) {
  size_t count = 0;
  for (size_t i = 0; i < n; i++) count += s[i] == '/';
  return count;
}

/* A segment that is "." or "..", percent-encoded or not. */
static bool has_dot_segment(const char *path, size_t n) {
  for (size_t from = 0, i = 0; i <= n; i++) {
    if (i < n && path[i] != '/') continue;
    size_t dots = 0, at = from;
    while (at < i) {
      if (path[at] == '.') at++;
      else if (i - at >= 3 && strncasecmp(path + at, "%2e", 3) == 0) at += 3;
      else break;
      dots++;
    }
    if (at == i && (dots == 1 || dots == 2)) return true;
    from = i + 1;
  }
  return false;
}

static void check_bytes(const char *url) {
  for (const char *c = url; *c; c++)
    need((unsigned char)*c > 0x20 && *c != 0x7F, "no blank, no control");
  need(!strchr(url, '#'), "no fragment");
}

static void check_built(const char *url, const char *base, const char *path) {
  size_t nbase = strlen(base), n = strcspn(path, "?"), before = 0;
  need(strncmp(url, base, nbase) == 0, "it starts with the base");
  check_bytes(url);
  const char *host = strstr(base, "://") + 3, *base_path = strchr(host, '/');
  if (base_path) before = strlen(base_path);
  const char *rest = url + (base_path ? (size_t)(base_path - base) : nbase);
  size_t npath = strcspn(rest, "?");
  need(slashes(rest, npath) == slashes(base_path ? base_path : "", before) +
                               slashes(path, n),
       "it has the segments of the template");
  need(!has_dot_segment(rest, npath), "it has no dot segment");
  CURLU *u = check_origin(url, base);
  char *seen = part(u, CURLUPART_PATH, 0);
  need(seen && (npath == 0 ? strcmp(seen, "/") == 0
                           : strlen(seen) == npath &&
                             memcmp(seen, rest, npath) == 0),
       "libcurl sees the same path");
  curl_free(seen);
  curl_url_cleanup(u);
}

static void resolve(const char *base, const char *given) {
  Err err = {0};
  Buf out;
  buf_init(&out, TEXT_MAX);
  if (url_resolve(&out, base, given, &err) == 0) {
    const char *url = buf_str(&out);
    check_bytes(url);
    CURLU *u = check_origin(url, base);
    size_t path = strcspn(strstr(url, "://") + 3, "/?");
    const char *rest = strstr(url, "://") + 3 + path;
    need(!has_dot_segment(rest, strcspn(rest, "?")), "no dot segment is left");
    curl_url_cleanup(u);
    /* What it resolves to resolves to itself. */
    Buf again;
    buf_init(&again, TEXT_MAX);
    need(url_resolve(&again, base, url, &err) == 0 &&
         strcmp(buf_str(&again), url) == 0, "twice is once");
    buf_clear(&again);
  } else {
    need(err.kind != ERR_NONE && err.text[0], "a refusal has a reason");
    need(out.len == 0, "a refusal leaves nothing");
  }
  buf_clear(&out);
}

static void build(const char *base, const char *path, Fields *f) {
  UrlPair args[ARGS], query[ARGS];
  char *keep[3 * ARGS];
  size_t nargs = 0, nquery = 0, nkeep = 0;
  while (f->left > 0 && nargs < ARGS && nquery < ARGS) {
    size_t n, m;
    char *s = keep[nkeep++] = fuzz_field(f, &n);
    if (s[0] == '?') {
      char *v = keep[nkeep++] = fuzz_field(f, &m);
      query[nquery++] = (UrlPair){s + 1, n - 1, v, m};
    } else {
      args[nargs++] = (UrlPair){NULL, 0, s, n};
    }
  }
  Err err = {0};
  Buf out;
  buf_init(&out, TEXT_MAX);
  if (url_build(&out, base, path, args, nargs, query, nquery, &err) == 0) {
    check_built(buf_str(&out), base, path);
    for (size_t i = 0; i < nargs; i++)
      need(args[i].value_len > 0 &&
           !memchr(args[i].value, '\0', args[i].value_len) &&
           !strpbrk(args[i].value, "\r\n"), "no break went in");
  } else {
    need(err.kind != ERR_NONE && err.text[0], "a refusal has a reason");
    need(out.len == 0, "a refusal leaves nothing");
  }
  buf_clear(&out);
  while (nkeep > 0) free(keep[--nkeep]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Fields f = {(const char *)data, size};
  char *given_base = fuzz_field(&f, NULL), *path = fuzz_field(&f, NULL);
  char *given = fuzz_field(&f, NULL);
  Err err = {0};
  Buf base, again;
  buf_init(&base, TEXT_MAX);
  buf_init(&again, TEXT_MAX);
  url_method(path);
  if (url_base(&base, given_base, false, &err) == 0) {
    need(url_base(&again, buf_str(&base), false, &err) == 0 &&
         strcmp(buf_str(&again), buf_str(&base)) == 0, "a base stays one");
    curl_url_cleanup(check_origin(buf_str(&base), buf_str(&base)));
    resolve(buf_str(&base), given);
    build(buf_str(&base), path, &f);
  } else {
    need(err.kind == ERR_CONFIG && err.text[0], "a refusal has a reason");
    need(base.len == 0, "a refusal leaves nothing");
  }
  buf_clear(&base);
  buf_clear(&again);
  free(given_base);
  free(path);
  free(given);
  return 0;
}
