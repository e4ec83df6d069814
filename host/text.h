/* text.h - making foreign text safe to show, and escaping it. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include "buf.h"

/* Appends s with C0, DEL, C1, bidirectional controls, zero-width characters,
   line separators and invalid UTF-8 written as \n, \t, \x1b, \u{202e} ...
   With keep_newlines, \n and \t pass. 0 or -1 as buf_add. */
int text_safe(Buf *out, const char *s, size_t n, bool keep_newlines);

/* True if text_safe would change nothing. */
bool text_is_safe(const char *s, size_t n);

bool text_is_utf8(const char *s, size_t n);

/* Columns a terminal gives the UTF-8 text (wide 2, combining 0). */
size_t text_width(const char *s, size_t n);

int text_base64(Buf *out, const void *s, size_t n);
/* RFC 3986 unreserved kept. */
int text_url_escape(Buf *out, const char *s, size_t n);
/* Without the quotes. */
int text_json_escape(Buf *out, const char *s, size_t n);

/* Damerau-Levenshtein distance, at most 64 bytes of each are compared;
   limit + 1 when it is over limit. Case is folded (ASCII). */
unsigned text_distance(const char *a, const char *b, unsigned limit);

#endif
