/* urlpart.h - what url.c and urlbuild.c share. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef URLPART_H
#define URLPART_H

#include <stdbool.h>
#include <stddef.h>
#include "buf.h"
#include "err.h"

/* Where the parts of an absolute URL are; borrowed from its text. */
typedef struct UrlOrigin {
  bool https;
  const char *host;   /* with the brackets of an IPv6 address */
  size_t host_len;
  unsigned port;      /* the scheme's own if none is given */
  const char *path;   /* what follows the authority */
} UrlOrigin;

/* NULL, or what is wrong: part of a sentence that starts with the URL. The
   functions named _fault below answer in the same way. */
const char *url_parse(const char *url, UrlOrigin *o);
bool url_same_host(const UrlOrigin *a, const UrlOrigin *b);
/* localhost, names below it, 127.0.0.0/8, ::1: nothing leaves this machine. */
bool url_is_loopback(const UrlOrigin *o);

/* scheme://host[:port] in one spelling. 0 or -1 as buf_add. */
int url_add_origin(Buf *out, const UrlOrigin *o);

/* 1 for ".", 2 for "..", percent-encoded any number of times too; else 0. */
int url_dots(const char *s, size_t n);

/* A path as it goes over the wire: its characters, no dot segments (behind
   an encoded slash or backslash neither), no empty ones but the last. */
const char *url_path_fault(const char *s, size_t n);

bool url_is_hex(char c);
bool url_is_pchar(char c);   /* RFC 3986, but for '%' */

/* For every failing function here: what was appended since start goes away
   again. Returns -1. */
int url_undo(Buf *out, size_t start);

int url_bad_base(const char *base, const char *fault, Err *err);
int url_too_long(const Buf *out, Err *err);

#endif
