/* secret.h - where secrets come from; resolved when first needed. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef SECRET_H
#define SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include "buf.h"
#include "err.h"

/* A value of nothing else is a mistake. */
#define SECRET_BLANKS " \t\r\n\v\f"

typedef struct Secret Secret;   /* reference counted, single thread */

typedef enum SecretSource {
  SECRET_LITERAL,     /* the value itself, from a configuration file */
  SECRET_ENV,         /* name of an environment variable */
  SECRET_FILE,        /* path; one trailing newline is dropped */
  SECRET_COMMAND,     /* run by /bin/sh -c; first line of its output */
  SECRET_CREDENTIAL,  /* name below $CREDENTIALS_DIRECTORY (systemd) */
  SECRET_PROMPT       /* asked on /dev/tty without echo; what = the question */
} SecretSource;

/* NULL when out of memory. SECRET_ENV reads the variable now and removes it
   from the environment, so that neither scripts nor children see it; the same
   name again gives the same secret while one of them lives; an empty variable
   counts as not set. Literals and
   variables are redacted from here on, the others once they are read. */
Secret *secret_new(SecretSource source, const char *what, Err *err);
Secret *secret_retain(Secret *s);
void secret_release(Secret *s);      /* NULL is fine; the last one wipes */

/* Whether a secret of that variable lives, which the environment then no
   longer has. */
bool secret_took(const char *variable);

/* The value, resolved on first use, kept after that and given to redact_add.
   Borrowed, valid while s lives. NULL on failure; err names the source, the
   setting stays the caller's to name. Files must be ours (or root's), with
   no group or other bits; the error carries the chmod line (credentials may
   have group bits: systemd lets users in by access lists). Values with CR,
   LF or NUL inside are refused, as they could not go into a header; so are
   empty files, commands and credentials, and values of blanks only. Kinds:
   ERR_AUTH where there is no value or only blanks, ERR_CONFIG where it is
   unusable, ERR_TIMEOUT, ERR_CANCELLED (Ctrl-C while it waited). */
const char *secret_value(Secret *s, size_t *len, Err *err);

/* The value as far as it is known, usable or not; NULL: it is yet to be
   fetched, or there is none. */
const char *secret_known(const Secret *s);

SecretSource secret_source(const Secret *s);

/* "environment variable INTREXX_PASSWORD", "file /run/x", ... never the
   value. Appends to out. */
int secret_describe(const Secret *s, Buf *out);

/* 0 if the open file's owner and mode are fit for secrets: ours or root's,
   no group or other bits. Else -1; err names path and the chmod line. */
int secret_check_fd(int fd, const char *path, Err *err);

#endif
