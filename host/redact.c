/* redact.c - takes known secrets out of text. */
/* SPDX-License-Identifier: MIT */
#include "redact.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "text.h"

enum { SHORTEST = 4 };   /* bytes; anything shorter occurs by chance */

static const char MARK[] = "[secret]";

/* A secret or one of its base64 forms. URL and JSON escapes are no patterns
   of their own: the text is unescaped while it is compared, so that every
   way of writing them is found, in a base64 form too. */
typedef struct Pattern {
  struct Pattern *next;  /* with the same first byte */
  size_t n;
  bool plain;            /* nothing in it could start an escape */
  bool whole;            /* a secret of which all forms are there */
  unsigned char bytes[];
} Pattern;

typedef struct HeaderName {
  struct HeaderName *next;
  char name[];
} HeaderName;

static Pattern *patterns[256];
static size_t npatterns;
static HeaderName *headers;

/* Pairs of bytes a match can start with: most of a text is passed over with
   one look. */
static unsigned char starts[256 * 256 / 8];

static void set_start(unsigned a, unsigned b) {
  unsigned i = a << 8 | b;
  starts[i >> 3] |= (unsigned char)(1u << (i & 7));
}

static bool may_start(const char *s, size_t n) {
  if (n < 2) return false;
  unsigned i = (unsigned)(unsigned char)s[0] << 8 | (unsigned char)s[1];
  return starts[i >> 3] >> (i & 7) & 1;
}

static void set_starts(const unsigned char *p) {
  static const char after_percent[] = "0123456789abcdefABCDEF";
  static const char after_backslash[] = "\"\\/bfnrtu";
  set_start(p[0], p[1]);
  set_start(p[0], '%');
  set_start(p[0], '\\');
  set_start(p[0], '+');
  set_start((unsigned char)MARK[0], (unsigned char)MARK[1]);
  for (const char *c = after_percent; *c; c++)
    set_start('%', (unsigned char)*c);
  for (const char *c = after_backslash; *c; c++)
    set_start('\\', (unsigned char)*c);
  if (p[0] == ' ')
    for (unsigned b = 0; b < 256; b++) set_start('+', b);
}

static Pattern *find(const char *s, size_t n) {
  Pattern *p = patterns[(unsigned char)s[0]];
  while (p && (p->n != n || memcmp(p->bytes, s, n) != 0)) p = p->next;
  return p;
}

static int add_pattern(const char *s, size_t n) {
  if (n < SHORTEST || find(s, n)) return 0;
  if (n > SIZE_MAX - sizeof(Pattern)) return -1;
  Pattern *p = malloc(sizeof *p + n);
  if (!p) return -1;
  Pattern **bucket = &patterns[(unsigned char)s[0]];
  p->n = n;
  p->plain = !memchr(s, '%', n) && !memchr(s, '\\', n);
  p->whole = false;
  memcpy(p->bytes, s, n);
  p->next = *bucket;
  *bucket = p;
  npatterns++;
  set_starts(p->bytes);
  return 0;
}

/* Both alphabets of a standard base64 text. */
static int add_alphabets(char *s, size_t n) {
  if (add_pattern(s, n)) return -1;
  for (size_t i = 0; i < n; i++) {
    if (s[i] == '+') s[i] = '-';
    if (s[i] == '/') s[i] = '_';
  }
  return add_pattern(s, n);
}

/* The digits that the value alone decides when `before` bytes of something
   else stand in front of it and others follow; and those up to the end, with
   and without padding, when nothing follows. */
static int add_base64(const char *value, size_t n, size_t before) {
  int rc = -1;
  Buf raw, coded, part;
  buf_init(&raw, SIZE_MAX);
  buf_init(&coded, SIZE_MAX);
  buf_init(&part, SIZE_MAX);
  if (buf_add(&raw, "\0\0", before) || buf_add(&raw, value, n)) goto done;
  if (text_base64(&coded, raw.data, raw.len)) goto done;
  size_t first = (before * 8 + 5) / 6, digits = (raw.len * 8 + 5) / 6;
  const size_t ends[] = {raw.len * 8 / 6, digits, coded.len};
  for (size_t i = 0; i < 3; i++) {
    buf_reset(&part);
    if (buf_add(&part, coded.data + first, ends[i] - first)) goto done;
    if (add_alphabets(part.data, part.len)) goto done;
  }
  rc = 0;
done:
  buf_wipe(&raw);
  buf_wipe(&coded);
  buf_wipe(&part);
  return rc;
}

/* Calls give the same few again and again. */
int redact_add(const char *value, size_t n) {
  if (n < SHORTEST) return 0;
  if (n > SIZE_MAX / 4 || add_pattern(value, n)) return -1;
  Pattern *p = find(value, n);
  if (p->whole) return 0;
  for (size_t before = 0; before < 3; before++)
    if (add_base64(value, n, before)) return -1;
  p->whole = true;
  return 0;
}

/* Matching. A unit is what stands for one or more bytes in the text. */

typedef enum Mode { RAW, PERCENT, JSON, MODES } Mode;

static int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/* The number in `digits` hex digits at s, -1 if they are none. */
static long hex_number(const char *s, size_t n, size_t digits) {
  if (n < digits) return -1;
  long v = 0;
  for (size_t i = 0; i < digits; i++) {
    int d = hex_value(s[i]);
    if (d < 0) return -1;
    v = v << 4 | d;
  }
  return v;
}

static size_t utf8_bytes(long c, unsigned char out[4]) {
  if (c < 0x80) {
    out[0] = (unsigned char)c;
    return 1;
  }
  size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  for (size_t i = len - 1; i > 0; i--, c >>= 6)
    out[i] = (unsigned char)(0x80 | (c & 0x3F));
  out[0] = (unsigned char)((0xF0 << (4 - len) & 0xFF) | c);
  return len;
}

/* \uXXXX or a pair of them at s; text bytes taken, 0 if it is none. */
static size_t json_unicode(const char *s, size_t n, unsigned char out[4],
                           size_t *made) {
  long c = n < 6 ? -1 : hex_number(s + 2, n - 2, 4);
  if (c < 0) return 0;
  size_t used = 6;
  if (c >= 0xD800 && c < 0xDC00 && n >= 12 && s[6] == '\\' && s[7] == 'u') {
    long low = hex_number(s + 8, n - 8, 4);
    if (low >= 0xDC00 && low < 0xE000) {
      c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
      used = 12;
    }
  }
  *made = utf8_bytes(c, out);
  return used;
}

/* Reads one unit: text bytes taken; *made bytes in out. n is at least 1. */
static size_t unit(const char *s, size_t n, Mode mode, unsigned char out[4],
                   size_t *made) {
  static const char letter[] = "bfnrt\"\\/", plain[] = "\b\f\n\r\t\"\\/";
  *made = 1;
  out[0] = (unsigned char)s[0];
  if (mode == PERCENT && s[0] == '%') {
    long v = hex_number(s + 1, n - 1, 2);
    if (v < 0) return 1;
    out[0] = (unsigned char)v;
    return 3;
  }
  if (mode == JSON && s[0] == '\\' && n > 1) {
    if (s[1] == 'u') {
      size_t used = json_unicode(s, n, out, made);
      return used ? used : 1;
    }
    const char *p = s[1] ? strchr(letter, s[1]) : NULL;
    if (!p) return 1;
    out[0] = (unsigned char)plain[p - letter];
    return 2;
  }
  return 1;
}

static bool is_escape(char c) {
  return c == '%' || c == '\\';
}

/* Text bytes that a match of p at s takes, 0 if it is none. */
static size_t match(const Pattern *p, const char *s, size_t n, Mode mode) {
  size_t at = 0, done = 0;
  while (done < p->n) {
    if (at >= n) return 0;
    unsigned char out[4];
    size_t made;
    size_t used = unit(s + at, n - at, mode, out, &made);
    if (made > p->n - done) return 0;
    if (memcmp(out, p->bytes + done, made) != 0) {
      bool plus = mode == PERCENT && s[at] == '+' && p->bytes[done] == ' ';
      if (!plus) return 0;
    }
    at += used;
    done += made;
  }
  return at;
}

/* Where p and the text part before anything that could be an escape, each mode
   has the same answer: true, and *used as match gives it. */
static bool match_plain(const Pattern *p, const char *s, size_t n,
                        size_t *used) {
  size_t at = 0, end = n < p->n ? n : p->n;
  if (!p->plain) return false;
  while (at < end && (unsigned char)s[at] == p->bytes[at]) at++;
  *used = at == p->n ? at : 0;
  return at == end || (!is_escape(s[at]) && s[at] != '+');
}

static size_t longest(unsigned char first, const char *s, size_t n, Mode mode,
                      size_t best) {
  for (const Pattern *p = patterns[first]; p; p = p->next) {
    size_t used = match(p, s, n, mode);
    if (used > best) best = used;
  }
  return best;
}

/* The same in any mode, where s starts with no escape. */
static size_t longest_plain(const char *s, size_t n) {
  size_t best = 0;
  for (const Pattern *p = patterns[(unsigned char)s[0]]; p; p = p->next) {
    size_t used = 0;
    bool settled = match_plain(p, s, n, &used);
    if (settled && used > best) best = used;
    for (int m = RAW; m < MODES && !settled; m++) {
      used = match(p, s, n, (Mode)m);
      if (used > best) best = used;
    }
  }
  return best;
}

/* The longest match that starts at s, 0 if none does. */
static size_t match_at(const char *s, size_t n) {
  if (!may_start(s, n)) return 0;
  if (!is_escape(s[0]) && s[0] != '+') return longest_plain(s, n);
  size_t best = 0;
  for (int m = RAW; m < MODES; m++) {
    unsigned char out[4];
    size_t made;
    unit(s, n, (Mode)m, out, &made);
    best = longest(out[0], s, n, (Mode)m, best);
  }
  if (s[0] == '+') best = longest(' ', s, n, PERCENT, best);
  return best;
}

/* The next stretch of overlapping matches from `from` on: its start, n if
   there is none; *end is set. */
static size_t next_match(const char *s, size_t n, size_t from, size_t *end) {
  const size_t mark = sizeof MARK - 1;
  for (size_t i = from; npatterns && i < n; i++) {
    if (!may_start(s + i, n - i)) continue;
    size_t used = match_at(s + i, n - i);
    if (used == 0) {
      /* Text that went through here before stays as it is, even when a
         secret is part of the mark. */
      if (n - i >= mark && memcmp(s + i, MARK, mark) == 0) i += mark - 1;
      continue;
    }
    *end = i + used;
    for (size_t j = i + 1; j < *end; j++) {
      used = match_at(s + j, n - j);
      if (j + used > *end) *end = j + used;
    }
    return i;
  }
  *end = n;
  return n;
}

int redact_text(Buf *out, const char *s, size_t n) {
  size_t at = 0;
  for (;;) {
    size_t end;
    size_t start = next_match(s, n, at, &end);
    if (buf_add(out, s + at, start - at)) return -1;
    if (start == n) return 0;
    if (buf_add(out, MARK, sizeof MARK - 1)) return -1;
    at = end;
  }
}

int redact_is_clean(const char *s, size_t n) {
  size_t end;
  return next_match(s, n, 0, &end) == n;
}

int redact_header_is_secret(const char *name, size_t n) {
  static const char *const always[] = {"Authorization", "Proxy-Authorization",
                                       "Cookie", "Set-Cookie"};
  for (size_t i = 0; i < sizeof always / sizeof *always; i++)
    if (strlen(always[i]) == n && strncasecmp(always[i], name, n) == 0)
      return 1;
  for (const HeaderName *h = headers; h; h = h->next)
    if (strlen(h->name) == n && strncasecmp(h->name, name, n) == 0) return 1;
  return 0;
}

int redact_header(const char *name) {
  size_t n = strlen(name);
  if (redact_header_is_secret(name, n)) return 0;
  HeaderName *h = malloc(sizeof *h + n + 1);
  if (!h) return -1;
  memcpy(h->name, name, n + 1);
  h->next = headers;
  headers = h;
  return 0;
}

void redact_forget(void) {
  for (size_t i = 0; i < 256; i++) {
    while (patterns[i]) {
      Pattern *p = patterns[i];
      patterns[i] = p->next;
      explicit_bzero(p, sizeof *p + p->n);
      free(p);
    }
  }
  npatterns = 0;
  explicit_bzero(starts, sizeof starts);
  while (headers) {
    HeaderName *h = headers;
    headers = h->next;
    free(h);
  }
}
