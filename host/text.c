/* text.c - making foreign text safe to show, and escaping it. */
/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

typedef struct Range {
  uint32_t first, last;
} Range;

/* What can hide, reorder or forge what a reader sees. Sorted. */
static const Range unsafe[] = {
  {0x0000, 0x001F}, {0x007F, 0x009F}, {0x061C, 0x061C}, {0x180E, 0x180E},
  {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F}, {0xFEFF, 0xFEFF},
  {0xFFF9, 0xFFFB}, {0xE0000, 0xE007F},
};

/* Marks that share the cell of the character before. Sorted. */
static const Range combining[] = {
  {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x05BF, 0x05BF},
  {0x05C1, 0x05C2}, {0x05C4, 0x05C5}, {0x05C7, 0x05C7}, {0x0610, 0x061A},
  {0x064B, 0x065F}, {0x0670, 0x0670}, {0x06D6, 0x06DC}, {0x06DF, 0x06E4},
  {0x06E7, 0x06E8}, {0x06EA, 0x06ED}, {0x0711, 0x0711}, {0x0730, 0x074A},
  {0x0900, 0x0902}, {0x093A, 0x093A}, {0x093C, 0x093C}, {0x0941, 0x0948},
  {0x094D, 0x094D}, {0x0951, 0x0957}, {0x0962, 0x0963}, {0x0E31, 0x0E31},
  {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E}, {0x0EB1, 0x0EB1}, {0x0EB4, 0x0EBC},
  {0x0EC8, 0x0ECD}, {0x1160, 0x11FF}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF},
  {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x206F}, {0x20D0, 0x20F0},
  {0x302A, 0x302D}, {0x3099, 0x309A}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
  {0xFEFF, 0xFEFF}, {0x1F3FB, 0x1F3FF}, {0xE0000, 0xE01EF},
};

/* East Asian wide and fullwidth, and emoji shown as pictures. Sorted. */
static const Range wide[] = {
  {0x1100, 0x115F}, {0x231A, 0x231B}, {0x2329, 0x232A}, {0x23E9, 0x23EC},
  {0x23F0, 0x23F0}, {0x23F3, 0x23F3}, {0x25FD, 0x25FE}, {0x2614, 0x2615},
  {0x2648, 0x2653}, {0x267F, 0x267F}, {0x2693, 0x2693}, {0x26A1, 0x26A1},
  {0x26AA, 0x26AB}, {0x26BD, 0x26BE}, {0x26C4, 0x26C5}, {0x26CE, 0x26CE},
  {0x26D4, 0x26D4}, {0x26EA, 0x26EA}, {0x26F2, 0x26F3}, {0x26F5, 0x26F5},
  {0x26FA, 0x26FA}, {0x26FD, 0x26FD}, {0x2705, 0x2705}, {0x270A, 0x270B},
  {0x2728, 0x2728}, {0x274C, 0x274C}, {0x274E, 0x274E}, {0x2753, 0x2755},
  {0x2757, 0x2757}, {0x2795, 0x2797}, {0x27B0, 0x27B0}, {0x27BF, 0x27BF},
  {0x2B1B, 0x2B1C}, {0x2B50, 0x2B50}, {0x2B55, 0x2B55}, {0x2E80, 0x303E},
  {0x3041, 0x4DBF}, {0x4E00, 0xA4CF}, {0xA960, 0xA97C}, {0xAC00, 0xD7A3},
  {0xF900, 0xFAFF}, {0xFE10, 0xFE19}, {0xFE30, 0xFE6B}, {0xFF01, 0xFF60},
  {0xFFE0, 0xFFE6}, {0x16FE0, 0x18DFF}, {0x1AFF0, 0x1B2FF},
  {0x1F004, 0x1F004}, {0x1F0CF, 0x1F0CF}, {0x1F18E, 0x1F18E},
  {0x1F191, 0x1F19A}, {0x1F200, 0x1F320}, {0x1F32D, 0x1F335},
  {0x1F337, 0x1F37C}, {0x1F37E, 0x1F393}, {0x1F3A0, 0x1F3CA},
  {0x1F3CF, 0x1F3D3}, {0x1F3E0, 0x1F3F0}, {0x1F3F4, 0x1F3F4},
  {0x1F3F8, 0x1F43E}, {0x1F440, 0x1F440}, {0x1F442, 0x1F4FC},
  {0x1F4FF, 0x1F53D}, {0x1F54B, 0x1F54E}, {0x1F550, 0x1F567},
  {0x1F57A, 0x1F57A}, {0x1F595, 0x1F596}, {0x1F5A4, 0x1F5A4},
  {0x1F5FB, 0x1F64F}, {0x1F680, 0x1F6C5}, {0x1F6CC, 0x1F6CC},
  {0x1F6D0, 0x1F6D2}, {0x1F6D5, 0x1F6DF}, {0x1F6EB, 0x1F6EC},
  {0x1F6F4, 0x1F6FC}, {0x1F7E0, 0x1F7F0}, {0x1F90C, 0x1F93A},
  {0x1F93C, 0x1F945}, {0x1F947, 0x1F9FF}, {0x1FA70, 0x1FAFF},
  {0x20000, 0x3FFFD},
};

#define COUNT(a) (sizeof(a) / sizeof *(a))

static bool in_ranges(const Range *r, size_t n, uint32_t c) {
  size_t low = 0;
  while (low < n) {
    size_t mid = low + (n - low) / 2;
    if (c < r[mid].first) n = mid;
    else if (c > r[mid].last) low = mid + 1;
    else return true;
  }
  return false;
}

static bool is_unsafe(uint32_t c) {
  return in_ranges(unsafe, COUNT(unsafe), c);
}

/* Length of the strict UTF-8 character at s, with *c set; 0 if there is none
   (overlong, surrogate, beyond U+10FFFF, cut off). n is at least 1. */
static size_t decode(const char *s, size_t n, uint32_t *c) {
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  unsigned char lead = (unsigned char)s[0];
  if (lead < 0x80) {
    *c = lead;
    return 1;
  }
  size_t len = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || n < len) return 0;
  uint32_t v = lead & (0x7Fu >> len);
  for (size_t i = 1; i < len; i++) {
    unsigned char b = (unsigned char)s[i];
    if ((b & 0xC0) != 0x80) return 0;
    v = v << 6 | (b & 0x3F);
  }
  if (v < least[len] || v > 0x10FFFF || (v >= 0xD800 && v <= 0xDFFF)) return 0;
  *c = v;
  return len;
}

static int add_escaped(Buf *out, uint32_t c) {
  switch (c) {
    case '\n': return buf_puts(out, "\\n");
    case '\r': return buf_puts(out, "\\r");
    case '\t': return buf_puts(out, "\\t");
  }
  return buf_printf(out, c < 0x80 ? "\\x%02x" : "\\u{%x}", (unsigned)c);
}

/* Length of the longest safe piece at the start of s; *c and *bad say what
   ended it: *bad bytes that are character *c, or a lone bad byte. */
static size_t safe_span(const char *s, size_t n, bool keep_newlines,
                        uint32_t *c, size_t *bad, bool *valid) {
  size_t i = 0;
  while (i < n) {
    unsigned char b = (unsigned char)s[i];
    if (b >= 0x20 && b < 0x7F) {
      i++;
      continue;
    }
    size_t len = decode(s + i, n - i, c);
    bool keep = keep_newlines && (b == '\n' || b == '\t');
    if (len == 0 || (!keep && is_unsafe(*c))) {
      *valid = len > 0;
      *bad = len > 0 ? len : 1;
      return i;
    }
    i += len;
  }
  *bad = 0;
  return i;
}

int text_safe(Buf *out, const char *s, size_t n, bool keep_newlines) {
  while (n > 0) {
    uint32_t c = 0;
    size_t bad = 0;
    bool valid = false;
    size_t span = safe_span(s, n, keep_newlines, &c, &bad, &valid);
    if (buf_add(out, s, span)) return -1;
    if (bad == 0) return 0;
    int rc = valid ? add_escaped(out, c)
                   : buf_printf(out, "\\x%02x", (unsigned char)s[span]);
    if (rc) return -1;
    s += span + bad;
    n -= span + bad;
  }
  return 0;
}

bool text_is_safe(const char *s, size_t n) {
  uint32_t c = 0;
  size_t bad = 0;
  bool valid = false;
  return safe_span(s, n, false, &c, &bad, &valid) == n;
}

bool text_is_utf8(const char *s, size_t n) {
  for (size_t i = 0, len; i < n; i += len) {
    uint32_t c;
    len = decode(s + i, n - i, &c);
    if (len == 0) return false;
  }
  return true;
}

size_t text_width(const char *s, size_t n) {
  size_t width = 0;
  for (size_t i = 0, len; i < n; i += len) {
    uint32_t c = 0;
    len = decode(s + i, n - i, &c);
    if (len == 0) {
      len = 1;
      width++;
    } else if (c < 0x300) {
      width += c >= 0x20 && !(c >= 0x7F && c < 0xA0);
    } else if (in_ranges(combining, COUNT(combining), c)) {
      continue;
    } else {
      width += in_ranges(wide, COUNT(wide), c) ? 2 : 1;
    }
  }
  return width;
}

int text_base64(Buf *out, const void *bytes, size_t n) {
  static const char digits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const unsigned char *s = bytes;
  for (size_t i = 0; i < n; i += 3) {
    size_t left = n - i;
    uint32_t v = (uint32_t)s[i] << 16;
    if (left > 1) v |= (uint32_t)s[i + 1] << 8;
    if (left > 2) v |= s[i + 2];
    char quad[4] = {digits[v >> 18], digits[v >> 12 & 63],
                    left > 1 ? digits[v >> 6 & 63] : '=',
                    left > 2 ? digits[v & 63] : '='};
    if (buf_add(out, quad, 4)) return -1;
  }
  return buf_add(out, "", 0);
}

static bool is_unreserved(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
         c == '~';
}

int text_url_escape(Buf *out, const char *s, size_t n) {
  static const char hex[] = "0123456789ABCDEF";
  size_t plain = 0;   /* where what needs no escape begins */
  for (size_t i = 0; i < n; i++) {
    unsigned char c = (unsigned char)s[i];
    if (is_unreserved(c)) continue;
    char esc[3] = {'%', hex[c >> 4], hex[c & 15]};
    if (buf_add(out, s + plain, i - plain) || buf_add(out, esc, 3)) return -1;
    plain = i + 1;
  }
  return buf_add(out, s + plain, n - plain);
}

int text_json_escape(Buf *out, const char *s, size_t n) {
  static const char plain[] = "\b\f\n\r\t\"\\", letter[] = "bfnrt\"\\";
  for (size_t i = 0; i < n; i++) {
    unsigned char c = (unsigned char)s[i];
    const char *p = c ? strchr(plain, c) : NULL;
    int rc;
    if (p) rc = buf_addc(out, '\\') || buf_addc(out, letter[p - plain]);
    else if (c < 0x20) rc = buf_printf(out, "\\u%04x", c);
    else rc = buf_addc(out, s[i]);
    if (rc) return -1;
  }
  return buf_add(out, "", 0);
}

enum { COMPARED = 64 };

static unsigned char fold(char c) {
  return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static unsigned least(unsigned a, unsigned b) {
  return a < b ? a : b;
}

/* Optimal string alignment over three rolling rows. */
unsigned text_distance(const char *a, const char *b, unsigned limit) {
  size_t la = strlen(a), lb = strlen(b);
  unsigned over = limit < UINT_MAX ? limit + 1 : limit;
  if ((la > lb ? la - lb : lb - la) > limit) return over;
  if (la > COMPARED) la = COMPARED;
  if (lb > COMPARED) lb = COMPARED;
  unsigned rows[3][COMPARED + 1];
  for (size_t j = 0; j <= lb; j++) rows[0][j] = (unsigned)j;
  for (size_t i = 1; i <= la; i++) {
    unsigned *now = rows[i % 3];
    const unsigned *up = rows[(i + 2) % 3], *up2 = rows[(i + 1) % 3];
    now[0] = (unsigned)i;
    for (size_t j = 1; j <= lb; j++) {
      unsigned char ca = fold(a[i - 1]), cb = fold(b[j - 1]);
      unsigned d = least(up[j], now[j - 1]) + 1;
      d = least(d, up[j - 1] + (ca != cb));
      if (i > 1 && j > 1 && ca == fold(b[j - 2]) && fold(a[i - 2]) == cb)
        d = least(d, up2[j - 2] + 1);
      now[j] = d;
    }
  }
  unsigned d = rows[la % 3][lb];
  return d > limit ? over : d;
}
