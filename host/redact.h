/* redact.h - takes secrets out of everything that leaves by the side door:
   log, trace, error text, journal, recording, export. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef REDACT_H
#define REDACT_H

#include <stddef.h>
#include "buf.h"

/* From now on the value, and its URL-encoded, base64 (all three alignments,
   both alphabets) and JSON-escaped forms, are replaced in redact_text.
   Values under 4 bytes are too common to find and are not added. The set is
   global to the process, wiped by redact_forget. Where a secret stands beside
   other bytes in base64, the digit they share stays: add what is encoded as
   a whole, too. 0, or -1 when out of
   memory, in which case the caller must not go on. */
int redact_add(const char *value, size_t n);

/* Appends s with every known form of every known secret as "[secret]".
   0 or -1 as buf_add. Longest match first, so a secret that contains
   another one leaves nothing of itself. */
int redact_text(Buf *out, const char *s, size_t n);

/* True if redact_text would change nothing. */
int redact_is_clean(const char *s, size_t n);

/* True if the header of this name carries a credential and is never shown:
   Authorization, Proxy-Authorization, Cookie, Set-Cookie, and names given to
   redact_header. Case does not matter. */
int redact_header_is_secret(const char *name, size_t n);
int redact_header(const char *name);   /* adds a name; 0 or -1 out of memory */

void redact_forget(void);

#endif
