/* jsontext.h - looking into JSON text without building values. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef JSONTEXT_H
#define JSONTEXT_H

#include <stddef.h>
#include "buf.h"
#include "err.h"

/* Finds the value at an RFC 6901 pointer ("" is the whole document) and
   appends it: a string unescaped, anything else as its text. -1 with
   ERR_SERVER when the text is not strict JSON, or ERR_NOT_FOUND when nothing
   is there. The whole document is checked. */
int jsontext_find(const char *text, size_t len, const char *pointer,
                  Buf *out, Err *err);

#endif
