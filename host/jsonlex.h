/* jsonlex.h - the words of JSON, shared by json and jsontext. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef JSONLEX_H
#define JSONLEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "err.h"

/* Where a text stopped being JSON, and why; what is static text. When it
   starts with "expected", jsonlex_report adds what was found instead. */
typedef struct JsonFault {
  const char *at;
  const char *what;
} JsonFault;

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define JSONLEX_WORDS
/* Where in these eight bytes, the first in the low bits, the first is that is
   a quote, backslash, control or no ASCII; 8 if none is. */
static inline size_t jsonlex_special(uint64_t w) {
  const uint64_t ones = UINT64_C(0x0101010101010101);
  uint64_t quote = w ^ ones * '"', slash = w ^ ones * '\\';
  /* The high bit of each byte that is special. A borrow can only mark a
     byte above a special one, so that the lowest mark is always right. */
  uint64_t m = w | ((w - ones * 0x20) & ~w) | ((quote - ones) & ~quote) |
               ((slash - ones) & ~slash);
  m &= ones * 0x80;
  return m ? (size_t)__builtin_ctzll(m) >> 3 : 8;
}
#endif

/* The end of the longest run from p of bytes that may stand in a string as
   they are and are ASCII: stops at quote, backslash, control and UTF-8. */
static inline const char *jsonlex_plain(const char *p, const char *end) {
#ifdef JSONLEX_WORDS
  while (end - p >= 8) {
    uint64_t w;
    memcpy(&w, p, sizeof w);
    size_t n = jsonlex_special(w);
    p += n;
    if (n < 8) return p;
  }
#endif
  while (p < end && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80 &&
         *p != '"' && *p != '\\')
    p++;
  return p;
}

static inline const char *jsonlex_blank(const char *p, const char *end) {
  while (p < end && (unsigned char)*p <= ' ' &&
         (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
    p++;
  return p;
}

static inline bool jsonlex_word(const char *p, const char *end,
                                const char *word, size_t n) {
  return (size_t)(end - p) >= n && memcmp(p, word, n) == 0;
}

/* The end of the longest run from p of bytes that may stand in a string as
   they are: ASCII and well-formed UTF-8. */
const char *jsonlex_text(const char *p, const char *end);

/* Length of the well-formed UTF-8 sequence at p (p < end), 0 if it is none. */
int jsonlex_utf8(const char *p, const char *end);

/* p is behind the opening quote; returns the closing one, or NULL with the
   fault. *escaped tells whether jsonlex_unescape has work to do. */
const char *jsonlex_string(const char *p, const char *end, bool *escaped,
                           JsonFault *fault);

/* Writes the value of a string that jsonlex_string accepted: at most n bytes
   to out, which may be n bytes long. Returns their number. */
size_t jsonlex_unescape(char *out, const char *s, size_t n);

/* Both in one for what is easily told: *to gets the value of the string from
   p on, and is then behind it; full is the end of the room. Returns the closing
   quote, or NULL where it takes jsonlex_string and jsonlex_unescape. */
const char *jsonlex_easy(char **to, const char *full, const char *p,
                         const char *end);

/* p is at '-' or a digit; returns the end of the number or NULL. */
const char *jsonlex_number(const char *p, const char *end, JsonFault *fault);

/* Line and column (in characters), both from 1, of a place in text. */
void jsonlex_place(const char *text, const char *at, size_t *line,
                   size_t *column);

/* Fills err with the fault, its line and column; returns -1. */
int jsonlex_report(Err *err, const char *text, size_t len,
                   const JsonFault *fault);

/* 0 unless text starts with a byte order mark; then -1 and the fault. */
int jsonlex_check_bom(const char *text, size_t len, JsonFault *fault);

#endif
