/* httphead.c - reply headers: kept, counted, looked up. */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "httpreq.h"

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void http_head_reset(HttpReq *req) {
  buf_reset(&req->head);
  req->in_body = false;
}

/* A line that begins with a blank goes on with the value before it. */
static int add_folded(HttpReq *req, const char *value, size_t n) {
  if (req->head.len == 0) return 0;
  req->head.len--;
  return buf_addc(&req->head, ' ') || buf_add(&req->head, value, n) ||
         buf_addc(&req->head, '\0') ? -1 : 0;
}

static int add_line(HttpReq *req, const char *line, size_t n) {
  bool folded = n > 0 && (line[0] == ' ' || line[0] == '\t');
  while (n > 0 && is_blank(line[n - 1])) n--;
  if (n == 0) {
    /* Blanks alone go on with the value before: the block is not over. */
    if (!folded) req->in_body = true;
    return 0;
  }
  /* A status line begins a block: those of 1xx replies are forgotten. */
  if (n >= 5 && memcmp(line, "HTTP/", 5) == 0) {
    http_head_reset(req);
    return 0;
  }
  if (req->in_body) return 0;   /* a trailer must not pose as a header */
  const char *value = folded ? line : memchr(line, ':', n);
  size_t name_len = value ? (size_t)(value - line) : 0;
  /* A NUL would be taken for the end of a name or a value. */
  if ((!folded && name_len == 0) || memchr(line, '\0', n)) return 0;
  if (!folded) value++;
  while (value < line + n && is_blank(*value)) value++;
  size_t value_len = (size_t)(line + n - value);
  if (folded) return add_folded(req, value, value_len);
  return buf_add(&req->head, line, name_len) || buf_addc(&req->head, '\0') ||
         buf_add(&req->head, value, value_len) ||
         buf_addc(&req->head, '\0') ? -1 : 0;
}

size_t http_on_header(char *bytes, size_t size, size_t n, void *ctx) {
  HttpReq *req = ((Slot *)ctx)->req;
  (void)size;   /* always 1 */
  req->head_bytes += n;
  if (req->head_bytes > req->max_header) {
    req->over_header = true;
    return 0;
  }
  if (add_line(req, bytes, n)) {
    req->no_memory = true;
    return 0;
  }
  return n;
}

void http_req_each_header(const HttpReq *req,
                          void (*fn)(void *ctx, const char *name, size_t nlen,
                                     const char *value, size_t vlen),
                          void *ctx) {
  const char *p = buf_str(&req->head), *end = p + req->head.len;
  while (p < end) {
    size_t nlen = strlen(p);
    const char *value = p + nlen + 1;
    size_t vlen = strlen(value);
    fn(ctx, p, nlen, value, vlen);
    p = value + vlen + 1;
  }
}

typedef struct Lookup {
  const char *name, *value;
  size_t len;
} Lookup;

static void match(void *ctx, const char *name, size_t nlen, const char *value,
                  size_t vlen) {
  Lookup *l = ctx;
  (void)nlen;
  if (strcasecmp(name, l->name) != 0) return;
  l->value = value;
  l->len = vlen;
}

const char *http_req_header(const HttpReq *req, const char *name, size_t *len) {
  Lookup l = { .name = name };
  http_req_each_header(req, match, &l);
  if (len) *len = l.len;
  return l.value;
}

typedef struct Lengths {
  const char *value;    /* of the first Content-Length; NULL: there is none */
  bool differ;
} Lengths;

static void compare_length(void *ctx, const char *name, size_t nlen,
                           const char *value, size_t vlen) {
  Lengths *l = ctx;
  (void)nlen;
  (void)vlen;
  if (strcasecmp(name, "Content-Length") != 0) return;
  if (!l->value) l->value = value;
  else if (strcmp(l->value, value) != 0) l->differ = true;
}

CURLcode http_check_head(HttpReq *req) {
  char *words = req->slot->error;
  Lengths l = {0};
  /* For libcurl a connection that closes ends the headers, too. */
  if (!req->in_body) {
    snprintf(words, CURL_ERROR_SIZE, "in the middle of its headers");
    return CURLE_PARTIAL_FILE;
  }
  if (req->status < 200) {
    snprintf(words, CURL_ERROR_SIZE, "status %d, which nothing asked for",
             req->status);
    return CURLE_WEIRD_SERVER_REPLY;
  }
  http_req_each_header(req, compare_length, &l);
  if (!l.differ) return CURLE_OK;
  snprintf(words, CURL_ERROR_SIZE, "its headers give two lengths");
  return CURLE_WEIRD_SERVER_REPLY;
}
