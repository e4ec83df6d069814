/* err.c - the error record every C function reports through. */
/* SPDX-License-Identifier: MIT */
#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
  const char *name;
  int exit_code;         /* without regard to the HTTP status */
} kinds[ERR_KINDS] = {
  [ERR_NONE] = {"none", 0},
  [ERR_SCRIPT] = {"script", 1},
  [ERR_VALIDATION] = {"validation", 2},
  [ERR_AUTH] = {"auth", 5},
  [ERR_NOT_FOUND] = {"not_found", 6},
  [ERR_CONFLICT] = {"conflict", 6},
  [ERR_RATE_LIMITED] = {"rate_limited", 6},
  [ERR_SERVER] = {"server", 7},
  [ERR_NETWORK] = {"network", 7},
  [ERR_TIMEOUT] = {"timeout", 7},
  [ERR_IN_DOUBT] = {"in_doubt", 4},
  [ERR_CAP] = {"cap", 8},
  [ERR_CANCELLED] = {"cancelled", 130},
  [ERR_CONFIG] = {"config", 2},
  [ERR_FILE] = {"file", 1},
};

/* The longest length up to n that does not end within a UTF-8 sequence. */
static size_t utf8_cut(const char *s, size_t n) {
  size_t i = n;
  while (i > 0 && n - i < 3 && ((unsigned char)s[i - 1] & 0xC0) == 0x80) i--;
  if (i == 0) return n;
  unsigned char lead = (unsigned char)s[i - 1];
  size_t want = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
  return n - (i - 1) < want ? i - 1 : n;
}

/* Appends to text, which holds ERR_TEXT bytes with len used. */
static size_t add(char *text, size_t len, const char *s, size_t n) {
  size_t room = ERR_TEXT - 1 - len;
  size_t take = n <= room ? n : utf8_cut(s, room);
  memcpy(text + len, s, take);
  text[len + take] = '\0';
  return len + take;
}

__attribute__((format(printf, 2, 0)))
static size_t format(char *text, const char *fmt, va_list ap) {
  int n = vsnprintf(text, ERR_TEXT, fmt, ap);
  if (n < 0) return add(text, 0, fmt, strlen(fmt));
  if (n < ERR_TEXT) return (size_t)n;
  size_t len = utf8_cut(text, ERR_TEXT - 1);
  text[len] = '\0';
  return len;
}

/* The text is made aside: an argument may point into err->text. */
static void fill(Err *err, ErrKind kind, const char *text, size_t len) {
  err->kind = kind;
  err->status = 0;
  err->retryable = false;
  memcpy(err->text, text, len + 1);
}

int err_set(Err *err, ErrKind kind, const char *fmt, ...) {
  if (!err) return -1;
  char text[ERR_TEXT];
  va_list ap;
  va_start(ap, fmt);
  size_t len = format(text, fmt, ap);
  va_end(ap);
  fill(err, kind, text, len);
  return -1;
}

int err_sys(Err *err, ErrKind kind, int errnum, const char *fmt, ...) {
  if (!err) return -1;
  char text[ERR_TEXT], buf[128];
  va_list ap;
  va_start(ap, fmt);
  size_t len = format(text, fmt, ap);
  va_end(ap);
  const char *why = strerror_r(errnum, buf, sizeof buf);
  len = add(text, len, ": ", 2);
  len = add(text, len, why, strlen(why));
  fill(err, kind, text, len);
  return -1;
}

void err_prefix(Err *err, const char *fmt, ...) {
  if (!err) return;
  char text[ERR_TEXT];
  va_list ap;
  va_start(ap, fmt);
  size_t len = format(text, fmt, ap);
  va_end(ap);
  len = add(text, len, ": ", 2);
  len = add(text, len, err->text, strlen(err->text));
  memcpy(err->text, text, len + 1);
}

void err_clear(Err *err) {
  if (err) fill(err, ERR_NONE, "", 0);
}

const char *err_kind_name(ErrKind kind) {
  return (unsigned)kind < ERR_KINDS ? kinds[kind].name : "script";
}

ErrKind err_kind_from_name(const char *name) {
  for (int i = ERR_NONE + 1; name && i < ERR_KINDS; i++)
    if (strcmp(kinds[i].name, name) == 0) return (ErrKind)i;
  return ERR_NONE;
}

int err_exit_code(ErrKind kind, int status) {
  if ((unsigned)kind >= ERR_KINDS) return 1;
  /* With a status the refusal came from the server, not from us. */
  if (kind == ERR_VALIDATION && status > 0) return 6;
  return kinds[kind].exit_code;
}
