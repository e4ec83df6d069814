/* test_text.c - safe display, width, escapes, distance. */
/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <limits.h>
#include <stdint.h>
#include "tap.h"

static void safe_is(const char *s, size_t n, bool keep, const char *want) {
  Buf b;
  buf_init(&b, SIZE_MAX);
  int rc = text_safe(&b, s, n, keep);
  is_str(rc == 0 ? buf_str(&b) : NULL, want, keep ? "newlines kept" : want);
  if (!keep) ok(text_is_safe(s, n) == (b.len == n), "text_is_safe agrees");
  buf_clear(&b);
}

static void test_safe(void) {
  static const struct { const char *s, *want; } rows[] = {
    {"", ""},
    {"plain ~ text \\ \"x\"", "plain ~ text \\ \"x\""},
    {"a\nb\tc\rd", "a\\nb\\tc\\rd"},
    {"\x1b[31mred", "\\x1b[31mred"},
    {"\x01\x7f", "\\x01\\x7f"},
    {"Zo\xC3\xAB \xE2\x82\xAC \xF0\x9F\x98\x80",
     "Zo\xC3\xAB \xE2\x82\xAC \xF0\x9F\x98\x80"},
    {"\xC2\x85\xC2\x9B", "\\u{85}\\u{9b}"},
    {"\xC2\xA0", "\xC2\xA0"},
    {"a\xE2\x80\xAE" "b", "a\\u{202e}b"},
    {"\xD8\x9C", "\\u{61c}"},
    {"\xE2\x80\x8B\xE2\x80\x8F", "\\u{200b}\\u{200f}"},
    {"\xE2\x80\xA8\xE2\x80\xA9", "\\u{2028}\\u{2029}"},
    {"\xE2\x81\xA0\xE2\x81\xA6\xE2\x81\xA9", "\\u{2060}\\u{2066}\\u{2069}"},
    {"\xEF\xBB\xBF", "\\u{feff}"},
    {"\xF3\xA0\x81\x81", "\\u{e0041}"},
    {"\xFF", "\\xff"},
    {"\x9B" "31m", "\\x9b31m"},
    {"\xC3", "\\xc3"},
    {"\xC0\xAF", "\\xc0\\xaf"},
    {"\xE0\x80\xAF", "\\xe0\\x80\\xaf"},
    {"\xED\xA0\x80", "\\xed\\xa0\\x80"},
    {"\xF4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
    {"\xE2\x82" "a", "\\xe2\\x82a"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    safe_is(rows[i].s, strlen(rows[i].s), false, rows[i].want);
  safe_is("a\0b", 3, false, "a\\x00b");
  safe_is("a\nb\tc\rd\x1b", 8, true, "a\nb\tc\\rd\\x1b");
}

/* Whatever goes in, what comes out is safe and stays as it is. */
static void test_safe_any(void) {
  unsigned seed = 12345;
  int bad = 0;
  for (int round = 0; round < 3000; round++) {
    static const unsigned char tempting[] = {
      0xE2, 0x80, 0xAE, 0xC2, 0x9B, 0xF3, 0xA0, 0x81, '\n', 0x1b, 'a', 0xEF,
      0xBB, 0xBF, 0xF0, 0x9F};
    char s[12];
    for (size_t i = 0; i < sizeof s; i++) {
      seed = seed * 1103515245u + 12345u;
      s[i] = (char)tempting[seed >> 16 & 15];
    }
    Buf once, twice;
    buf_init(&once, SIZE_MAX);
    buf_init(&twice, SIZE_MAX);
    text_safe(&once, s, sizeof s, false);
    text_safe(&twice, once.data, once.len, false);
    bad += !text_is_safe(once.data, once.len);
    bad += !text_is_utf8(once.data, once.len);
    bad += strcmp(buf_str(&once), buf_str(&twice)) != 0;
    buf_clear(&once);
    buf_clear(&twice);
  }
  is_int(bad, 0, "3000 nasty texts come out safe");
  Buf small;
  buf_init(&small, 5);
  is_int(text_safe(&small, "ab\x1b", 3, false), -1, "over max is reported");
  buf_clear(&small);
}

static void width_is(const char *s, size_t want) {
  is_int((long long)text_width(s, strlen(s)), (long long)want, s);
}

static void test_width(void) {
  width_is("", 0);
  width_is("abc", 3);
  width_is("Zo\xC3\xAB", 3);
  width_is("e\xCC\x81", 1);                       /* combining acute */
  width_is("\xE6\x97\xA5\xE6\x9C\xAC", 4);        /* two ideographs */
  width_is("\xEF\xBC\xA1", 2);                    /* fullwidth A */
  width_is("\xEF\xBD\xB1", 1);                    /* halfwidth katakana */
  width_is("\xED\x95\x9C", 2);                    /* hangul syllable */
  width_is("\xF0\x9F\x98\x80", 2);                /* emoji */
  width_is("\xE2\x82\xAC\xE2\x80\xA6", 2);        /* euro, ellipsis */
  width_is("\xFF\xFF", 2);
}

static void escape_is(int (*fn)(Buf *, const char *, size_t), const char *s,
                      size_t n, const char *want) {
  Buf b;
  buf_init(&b, SIZE_MAX);
  is_int(fn(&b, s, n), 0, "escape");
  is_str(b.data, want, want);
  buf_clear(&b);
}

static int base64(Buf *out, const char *s, size_t n) {
  return text_base64(out, s, n);
}

static void test_escape(void) {
  escape_is(base64, "", 0, "");
  escape_is(base64, "f", 1, "Zg==");
  escape_is(base64, "fo", 2, "Zm8=");
  escape_is(base64, "foo", 3, "Zm9v");
  escape_is(base64, "foob", 4, "Zm9vYg==");
  escape_is(base64, "\xFB\xEF\xFF", 3, "++//");
  escape_is(base64, "\0\0", 2, "AAA=");
  escape_is(text_url_escape, "", 0, "");
  escape_is(text_url_escape, "aZ09-._~", 8, "aZ09-._~");
  escape_is(text_url_escape, "a b/?&%+\xC3\xAB", 10,
            "a%20b%2F%3F%26%25%2B%C3%AB");
  escape_is(text_url_escape, "\0\n", 2, "%00%0A");
  escape_is(text_json_escape, "", 0, "");
  escape_is(text_json_escape, "a\"b\\c/\n\t\r\b\f\x01", 12,
            "a\\\"b\\\\c/\\n\\t\\r\\b\\f\\u0001");
  escape_is(text_json_escape, "\0\x1f\x7f\xC3\xAB", 5,
            "\\u0000\\u001f\x7f\xC3\xAB");
}

static void test_distance(void) {
  static const struct { const char *a, *b; unsigned limit, want; } rows[] = {
    {"", "", 3, 0}, {"abc", "abc", 0, 0}, {"abc", "ABC", 3, 0},
    {"portals", "portls", 2, 1}, {"timeout", "timout", 2, 1},
    {"ab", "ba", 2, 1}, {"user", "usre", 2, 1}, {"abc", "xyz", 3, 3},
    {"abc", "xyz", 2, 3}, {"abc", "xyz", 0, 1}, {"", "abcd", 9, 4},
    {"", "abcd", 3, 4}, {"kitten", "sitting", 9, 3}, {"ca", "abc", 9, 3},
    {"a", "b", UINT_MAX, 1},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    is_int(text_distance(rows[i].a, rows[i].b, rows[i].limit), rows[i].want,
           rows[i].a);
    is_int(text_distance(rows[i].b, rows[i].a, rows[i].limit), rows[i].want,
           "and the other way round");
  }
  char a[200], b[200];
  memset(a, 'a', sizeof a);
  memset(b, 'b', sizeof b);
  a[199] = b[199] = '\0';
  is_int(text_distance(a, b, 100), 64, "64 bytes are compared");
  is_int(text_distance(a, b, 5), 6, "over the limit");
}

int main(void) {
  test_safe();
  test_safe_any();
  test_width();
  test_escape();
  test_distance();
  ok(text_is_utf8("a\xC3\xAB", 3) && !text_is_utf8("a\xC3", 2) &&
     text_is_utf8("", 0), "text_is_utf8");
  return done();
}
