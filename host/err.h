/* err.h - the error record every C function reports through. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef ERR_H
#define ERR_H

#include <stdbool.h>
#include <stddef.h>

typedef enum ErrKind {
  ERR_NONE,
  ERR_SCRIPT,       /* a fault of the script or of errand itself */
  ERR_VALIDATION,   /* refused before sending, or a 4xx without own kind */
  ERR_AUTH,         /* credential missing or refused */
  ERR_NOT_FOUND,
  ERR_CONFLICT,
  ERR_RATE_LIMITED,
  ERR_SERVER,       /* 5xx, or a reply that cannot be what was asked for */
  ERR_NETWORK,      /* nothing usable came back, nothing can have happened */
  ERR_TIMEOUT,
  ERR_IN_DOUBT,     /* a create/send whose outcome is unknown */
  ERR_CAP,          /* a limit of ours was reached: pages, bytes, depth */
  ERR_CANCELLED,
  ERR_CONFIG,       /* a setting is missing, misspelt or unusable */
  ERR_FILE,         /* a local file or the store */
  ERR_KINDS
} ErrKind;

enum { ERR_TEXT = 1024 };

/* Plain data: copy it freely, nothing to release. */
typedef struct Err {
  ErrKind kind;
  int status;        /* HTTP status, 0 where there was no reply */
  bool retryable;    /* the same call may be repeated without harm */
  char text[ERR_TEXT];  /* one sentence, NUL-terminated, UTF-8 */
} Err;

/* Fills *err (ignored when NULL) and returns -1, for `return err_set(...)`.
   Text beyond ERR_TEXT - 1 bytes is cut at a UTF-8 boundary. */
int err_set(Err *err, ErrKind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* err_set with ": " and the system's text for errnum appended. */
int err_sys(Err *err, ErrKind kind, int errnum, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Puts "TEXT: " before what err already says; kind and status stay. */
void err_prefix(Err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

void err_clear(Err *err);

/* "validation", "not_found", ...; static storage. */
const char *err_kind_name(ErrKind kind);
/* ERR_NONE for an unknown name. */
ErrKind err_kind_from_name(const char *name);

/* The process exit code for an error of this kind and HTTP status:
   1 script, 2 validation or configuration, 4 in doubt, 5 auth, 6 HTTP 4xx,
   7 HTTP 5xx or network, 8 cap, 130 cancelled. */
int err_exit_code(ErrKind kind, int status);

#endif
