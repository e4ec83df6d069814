/* buf.c - growable byte buffer with a maximum. */
/* SPDX-License-Identifier: MIT */
#include "buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef BUF_INITIAL
#define BUF_INITIAL 64   /* tests shrink it to meet the edges early */
#endif

void buf_init(Buf *b, size_t max) {
  *b = (Buf){.max = max};
}

void buf_clear(Buf *b) {
  free(b->data);
  buf_init(b, b->max);
}

void buf_wipe(Buf *b) {
  if (b->data) explicit_bzero(b->data, b->cap);
  buf_clear(b);
}

void buf_reset(Buf *b) {
  b->len = 0;
  b->failed = b->over = false;
  if (b->data) b->data[0] = '\0';
}

static int fail(Buf *b) {
  b->failed = true;
  return -1;
}

static int fail_over(Buf *b) {
  b->over = true;
  return fail(b);
}

/* Makes room for n more bytes and the NUL. */
static int grow(Buf *b, size_t n) {
  if (b->failed) return -1;
  if (b->len > b->max || n > b->max - b->len) return fail_over(b);
  size_t need = b->len + n;
  if (need == SIZE_MAX) return fail(b);
  need++;
  if (need <= b->cap) return 0;
  size_t cap = b->cap ? b->cap : BUF_INITIAL;
  while (cap < need) cap = cap > SIZE_MAX / 2 ? need : cap * 2;
  char *data = realloc(b->data, cap);
  if (!data) return fail(b);
  b->data = data;
  b->cap = cap;
  b->data[b->len] = '\0';
  return 0;
}

int buf_add(Buf *b, const void *bytes, size_t n) {
  if (grow(b, n)) return -1;
  if (n) memcpy(b->data + b->len, bytes, n);
  b->len += n;
  b->data[b->len] = '\0';
  return 0;
}

int buf_addc(Buf *b, char c) {
  return buf_add(b, &c, 1);
}

int buf_puts(Buf *b, const char *s) {
  return buf_add(b, s, strlen(s));
}

int buf_vprintf(Buf *b, const char *fmt, va_list ap) {
  if (grow(b, 0)) return -1;
  va_list again;
  va_copy(again, ap);
  size_t room = b->cap - b->len;
  int n = vsnprintf(b->data + b->len, room, fmt, ap);
  if (n >= 0 && (size_t)n >= room && grow(b, (size_t)n) == 0)
    n = vsnprintf(b->data + b->len, b->cap - b->len, fmt, again);
  va_end(again);
  /* A short text that fitted into cap can still be over max. */
  if (n < 0 || b->failed || (size_t)n > b->max - b->len) {
    b->data[b->len] = '\0';
    return b->failed ? -1 : fail_over(b);
  }
  b->len += (size_t)n;
  return 0;
}

int buf_printf(Buf *b, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  int rc = buf_vprintf(b, fmt, ap);
  va_end(ap);
  return rc;
}

char *buf_reserve(Buf *b, size_t n) {
  return grow(b, n) ? NULL : b->data + b->len;
}

const char *buf_str(const Buf *b) {
  return b->data ? b->data : "";
}

char *buf_take(Buf *b, size_t *len) {
  if (b->failed || grow(b, 0)) {
    buf_clear(b);
    if (len) *len = 0;
    return NULL;
  }
  char *data = b->data;
  if (len) *len = b->len;
  buf_init(b, b->max);
  return data;
}
