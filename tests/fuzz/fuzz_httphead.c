/* fuzz_httphead.c - the reader of reply headers, fed in arbitrary pieces. */
/* SPDX-License-Identifier: MIT */
/*
 * The first byte says how the rest is cut: into lines, as libcurl does, or
 * into pieces of that many bytes; its top bit sets a low limit.
 */
#include "fuzz.h"

#include <strings.h>

#include "httpreq.h"

enum { LIMIT_LOW = 64, LIMIT_HIGH = 256 * 1024 };

typedef struct Walk {
  const HttpReq *req;
  size_t count, bytes;
  bool as_lines;
} Walk;

static void look(void *ctx, const char *name, size_t nlen, const char *value,
                 size_t vlen) {
  Walk *w = ctx;
  const char *head = w->req->head.data;
  size_t len = 0;
  need(name == head + w->bytes, "the headers lie one after another");
  need(value == name + nlen + 1, "a value stands behind its name");
  need(value + vlen < head + w->req->head.len, "no header ends outside");
  w->count++;
  w->bytes += nlen + vlen + 2;
  if (!w->as_lines) return;
  need(nlen > 0, "a header has a name");
  need(!memchr(value, '\n', vlen), "a value is one line");
  need(vlen == 0 || !strchr(" \t\r\n", value[vlen - 1]),
       "a value has no blanks at its end");
  need(http_req_header(w->req, name, &len), "a header is found by name");
}

static size_t piece(const uint8_t *p, size_t left, unsigned how) {
  if (how > 0) return how < left ? how : left;
  const uint8_t *end = memchr(p, '\n', left);
  return end ? (size_t)(end - p) + 1 : left;
}

/* libcurl takes no line with a NUL, and gives none that are empty. */
static bool is_given(const uint8_t *p, size_t n) {
  return n > 0 && !memchr(p, '\0', n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0;
  unsigned how = data[0] & 0x7F;
  size_t limit = data[0] & 0x80 ? LIMIT_LOW : LIMIT_HIGH;
  HttpReq req = {.max_header = limit};
  Slot slot = {.req = &req};
  buf_init(&req.head, limit * 2 + 2);
  size_t taken = 0;
  for (size_t at = 1; at < size;) {
    size_t n = piece(data + at, size - at, how);
    char *line = malloc(n);
    if (!line) abort();
    memcpy(line, data + at, n);
    at += n;
    bool given = how > 0 || is_given((uint8_t *)line, n);
    size_t rc = given ? http_on_header(line, 1, n, &slot) : n;
    free(line);
    need(rc == n || rc == 0, "all or nothing is taken");
    if (rc == 0) break;
    if (given) taken += n;
  }
  need(taken <= limit, "no more is taken than allowed");
  need(!req.no_memory, "the room is enough for what the limit allows");
  Walk w = {.req = &req, .as_lines = how == 0};
  http_req_each_header(&req, look, &w);
  need(w.bytes == req.head.len, "all of the kept bytes are headers");
  need(http_req_header(&req, "", NULL) == NULL || how > 0,
       "no header without a name");
  buf_clear(&req.head);
  return 0;
}
