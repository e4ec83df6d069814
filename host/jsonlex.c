/* jsonlex.c - the words of JSON, shared by json and jsontext. */
/* SPDX-License-Identifier: MIT */
#include "jsonlex.h"

#include <stdio.h>

static const char *at_fault(JsonFault *fault, const char *at,
                            const char *what) {
  fault->at = at;
  fault->what = what;
  return NULL;
}

static bool is_tail(char c) {
  return ((unsigned char)c & 0xc0) == 0x80;
}

static inline int utf8_length(const char *p, const char *end) {
  unsigned char c = (unsigned char)p[0];
  ptrdiff_t left = end - p;
  if (c < 0x80) return 1;
  if (c < 0xc2 || c > 0xf4 || left < 2) return 0;
  unsigned char d = (unsigned char)p[1];
  if (!is_tail(p[1])) return 0;
  if (c < 0xe0) return 2;
  if (left < 3 || !is_tail(p[2])) return 0;
  if (c == 0xe0 && d < 0xa0) return 0;   /* overlong */
  if (c == 0xed && d > 0x9f) return 0;   /* surrogate */
  if (c < 0xf0) return 3;
  if (left < 4 || !is_tail(p[3])) return 0;
  if (c == 0xf0 && d < 0x90) return 0;   /* overlong */
  if (c == 0xf4 && d > 0x8f) return 0;   /* beyond U+10FFFF */
  return 4;
}

int jsonlex_utf8(const char *p, const char *end) {
  return utf8_length(p, end);
}

/* Goes over what is well-formed in two and three bytes, as most letters are
   beyond ASCII; stops early at whatever is not easily told. */
static inline const char *short_letters(const char *p, const char *end) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  while (end - p >= 4) {
    uint32_t w;
    memcpy(&w, p, sizeof w);
    uint32_t first = w & 0x200f;   /* 0: overlong, 0x200d: a surrogate */
    if ((w & 0xc0c0f0) == 0x8080e0 && first != 0 && first != 0x200d) p += 3;
    else if ((w & 0xc0e0) == 0x80c0 && (w & 0x1e) != 0) p += 2;
    else break;
  }
#endif
  return p;
}

const char *jsonlex_text(const char *p, const char *end) {
  for (;;) {
    p = short_letters(jsonlex_plain(p, end), end);
    while (p < end && (unsigned char)*p >= 0x80) {
      int n = utf8_length(p, end);
      if (n == 0) return p;
      p += n;
    }
    if (p == end || (unsigned char)*p < 0x20 || *p == '"' || *p == '\\')
      return p;
  }
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/* The four digits at p as a number, -1 if they are not there. */
static int hex4(const char *p, const char *end) {
  int value = 0;
  if (end - p < 4) return -1;
  for (int i = 0; i < 4; i++) {
    int digit = hex_digit(p[i]);
    if (digit < 0) return -1;
    value = value << 4 | digit;
  }
  return value;
}

/* What a letter behind a backslash stands for; 0 for \\u and what is none. */
static const char short_escape[256] = {
  ['"'] = '"', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b', ['f'] = '\f',
  ['n'] = '\n', ['r'] = '\r', ['t'] = '\t'
};

/* p is at the backslash; returns the end of the escape, or NULL. */
static const char *escape(const char *p, const char *end, JsonFault *fault) {
  if (end - p < 2) return at_fault(fault, end, "expected the end of a string");
  if (short_escape[(unsigned char)p[1]]) return p + 2;
  if (p[1] != 'u') return at_fault(fault, p, "a string has an unknown escape");
  int unit = hex4(p + 2, end);
  if (unit < 0)
    return at_fault(fault, p, "a string has \\u without four hex digits");
  if (unit < 0xd800 || unit > 0xdfff) return p + 6;
  if (unit < 0xdc00 && end - p >= 8 && p[6] == '\\' && p[7] == 'u') {
    int low = hex4(p + 8, end);
    if (low >= 0xdc00 && low <= 0xdfff) return p + 12;
  }
  return at_fault(fault, p, "a string has half of a surrogate pair");
}

const char *jsonlex_string(const char *p, const char *end, bool *escaped,
                           JsonFault *fault) {
  *escaped = false;
  for (;;) {
    p = jsonlex_text(p, end);
    if (p == end) return at_fault(fault, p, "expected the end of a string");
    if (*p == '"') return p;
    if (*p == '\\') {
      *escaped = true;
      p = escape(p, end, fault);
      if (!p) return NULL;
      continue;
    }
    if ((unsigned char)*p < 0x20)
      return at_fault(fault, p,
                      "a string has a control character that is not escaped");
    return at_fault(fault, p, "a string has invalid UTF-8");
  }
}

static char *put_utf8(char *out, unsigned code) {
  if (code < 0x80) {
    *out++ = (char)code;
  } else if (code < 0x800) {
    *out++ = (char)(0xc0 | code >> 6);
    *out++ = (char)(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    *out++ = (char)(0xe0 | code >> 12);
    *out++ = (char)(0x80 | (code >> 6 & 0x3f));
    *out++ = (char)(0x80 | (code & 0x3f));
  } else {
    *out++ = (char)(0xf0 | code >> 18);
    *out++ = (char)(0x80 | (code >> 12 & 0x3f));
    *out++ = (char)(0x80 | (code >> 6 & 0x3f));
    *out++ = (char)(0x80 | (code & 0x3f));
  }
  return out;
}

/* Copies what comes before the next backslash; *s is then there, or at end. As
   long as eight bytes are left, out has room for as many. */
static char *copy_run(char *out, const char **s, const char *end) {
  const char *p = *s;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  const uint64_t ones = UINT64_C(0x0101010101010101);
  while (end - p >= 8) {
    uint64_t w, slash;
    memcpy(&w, p, sizeof w);
    memcpy(out, p, sizeof w);
    slash = w ^ ones * '\\';
    slash = (slash - ones) & ~slash & ones * 0x80;
    size_t n = slash ? (size_t)__builtin_ctzll(slash) >> 3 : 8;
    p += n;
    out += n;
    if (n < 8) break;
  }
#endif
  while (p < end && *p != '\\') *out++ = *p++;
  *s = p;
  return out;
}

size_t jsonlex_unescape(char *out, const char *s, size_t n) {
  const char *end = s + n;
  char *start = out;
  for (;;) {
    out = copy_run(out, &s, end);
    if (s == end) break;
    const char *slash = s;
    if (slash[1] != 'u') {
      *out++ = short_escape[(unsigned char)slash[1]];
      s = slash + 2;
      continue;
    }
    unsigned code = (unsigned)hex4(slash + 2, end);
    s = slash + 6;
    if (code >= 0xd800 && code <= 0xdbff) {
      unsigned low = (unsigned)hex4(s + 2, end);
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
      s += 6;
    }
    out = put_utf8(out, code);
  }
  return (size_t)(out - start);
}

const char *jsonlex_easy(char **to, const char *full, const char *p,
                         const char *end) {
#ifdef JSONLEX_WORDS
  char *out = *to;
  while (end - p >= 8 && full - out >= 8) {
    uint64_t w;
    memcpy(&w, p, sizeof w);
    memcpy(out, &w, sizeof w);
    size_t n = jsonlex_special(w);
    p += n;
    out += n;
    if (n == 8) continue;
    if (*p == '\\') {
      if (end - p < 2) return NULL;
      char c = short_escape[(unsigned char)p[1]];
      if (!c) return NULL;
      *out++ = c;
      p += 2;
    } else if (*p == '"') {
      *to = out;
      return p;
    } else {
      int letter = utf8_length(p, end);
      if (letter < 2 || full - out < letter) return NULL;
      memcpy(out, p, (size_t)letter);
      p += letter;
      out += letter;
    }
  }
#endif
  return NULL;
}

static bool is_digit(const char *p, const char *end) {
  return p < end && *p >= '0' && *p <= '9';
}

const char *jsonlex_number(const char *p, const char *end, JsonFault *fault) {
  if (*p == '-') p++;
  if (!is_digit(p, end)) return at_fault(fault, p, "expected a digit");
  if (*p == '0') {
    p++;
    if (is_digit(p, end))
      return at_fault(fault, p, "a number has a leading zero");
  } else {
    while (is_digit(p, end)) p++;
  }
  if (p < end && *p == '.') {
    p++;
    if (!is_digit(p, end)) return at_fault(fault, p, "expected a digit");
    while (is_digit(p, end)) p++;
  }
  if (p < end && (*p == 'e' || *p == 'E')) {
    p++;
    if (p < end && (*p == '+' || *p == '-')) p++;
    if (!is_digit(p, end)) return at_fault(fault, p, "expected a digit");
    while (is_digit(p, end)) p++;
  }
  return p;
}

void jsonlex_place(const char *text, const char *at, size_t *line,
                   size_t *column) {
  *line = *column = 1;
  for (const char *p = text; p < at; p++) {
    if (*p == '\n') {
      ++*line;
      *column = 1;
    } else if (!is_tail(*p)) {
      ++*column;
    }
  }
}

/* What stands at p, for a reader: 'x', byte 0x01 or end of text. */
static void found(char out[32], const char *p, const char *end) {
  if (p >= end)
    snprintf(out, 32, "the end of the text");
  else if ((unsigned char)*p < 0x20 || *p == 0x7f || !jsonlex_utf8(p, end))
    snprintf(out, 32, "byte 0x%02x", (unsigned)(unsigned char)*p);
  else
    snprintf(out, 32, "'%.*s'", jsonlex_utf8(p, end), p);
}

int jsonlex_report(Err *err, const char *text, size_t len,
                   const JsonFault *fault) {
  size_t line, column;
  char what[32];
  jsonlex_place(text, fault->at, &line, &column);
  if (strncmp(fault->what, "expected", 8) != 0)
    return err_set(err, ERR_SERVER, "%s at line %zu column %zu", fault->what,
                   line, column);
  found(what, fault->at, text + len);
  return err_set(err, ERR_SERVER, "%s, found %s at line %zu column %zu",
                 fault->what, what, line, column);
}

int jsonlex_check_bom(const char *text, size_t len, JsonFault *fault) {
  const char *what = NULL;
  if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
    what = "JSON must not start with a byte order mark";
  else if (len >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 ||
                        memcmp(text, "\xfe\xff", 2) == 0))
    what = "JSON must be UTF-8, and this is UTF-16";
  if (!what) return 0;
  at_fault(fault, text, what);
  return -1;
}
