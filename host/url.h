/* url.h - the one builder of request targets. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef URL_H
#define URL_H

#include <stdbool.h>
#include <stddef.h>
#include "buf.h"
#include "err.h"

typedef struct UrlPair {
  const char *name;  size_t name_len;
  const char *value; size_t value_len;
} UrlPair;

/* A base such as "https://host:4242/prefix/": http or https, no user
   information, query or fragment. Appends it to out without trailing slash.
   -1 and ERR_CONFIG naming the fault. Plain http to a host that is not
   loopback is refused unless insecure_http. */
int url_base(Buf *out, const char *base, bool insecure_http, Err *err);

/* Appends base + template with each {name} replaced by the next argument,
   percent-encoded as one segment, and the query pairs. An argument may have a
   name, which must then be the one the template wants. A template may hold a
   query of its own, to which the pairs are added. Refused with
   ERR_VALIDATION naming the parameter: an empty argument, "." or "..", also
   percent-encoded ones and between slashes, CR, LF, NUL anywhere. The result
   is checked against base and template: same origin, same number of
   segments. */
int url_build(Buf *out, const char *base, const char *template_,
              const UrlPair *args, size_t nargs,
              const UrlPair *query, size_t nquery, Err *err);

/* Resolves what a server gave (absolute, /absolute path or relative to
   base, as Location or a paging link; base is the URL that was asked, RFC
   3986 5.2) and appends it. -1 with ERR_SERVER naming the target when it
   leaves base's origin. */
int url_resolve(Buf *out, const char *base, const char *given, Err *err);

/* Scheme, host and port are equal (default ports filled in). */
bool url_same_origin(const char *a, const char *b);

/* Methods a request can have: GET HEAD POST PUT PATCH DELETE OPTIONS.
   NULL for any other, else the static upper-case text. */
const char *url_method(const char *method);

/* 0, or -1 with ERR_VALIDATION: name is a token of RFC 9110, value has no
   control characters but HTAB. */
int url_check_header(const char *name, size_t name_len,
                     const char *value, size_t value_len, Err *err);

#endif
