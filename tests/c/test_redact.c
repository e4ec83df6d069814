/* test_redact.c - every form of a secret is found, nothing else is. */
/* SPDX-License-Identifier: MIT */
#include "redact.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include "tap.h"
#include "text.h"

static void redacted_is(const char *s, const char *want, const char *what) {
  Buf b;
  buf_init(&b, SIZE_MAX);
  is_int(redact_text(&b, s, strlen(s)), 0, what);
  is_str(buf_str(&b), want, what);
  bool same = strcmp(s, buf_str(&b)) == 0;
  ok(!!redact_is_clean(s, strlen(s)) == same, "redact_is_clean agrees");
  buf_clear(&b);
}

static void add(const char *s) {
  if (redact_add(s, strlen(s)) != 0) ok(0, "redact_add");
}

static void test_nothing(void) {
  redacted_is("", "", "empty text, no secrets");
  redacted_is("abc", "abc", "no secrets");
  add("");
  add("abc");
  redacted_is("abc", "abc", "under four bytes is not a secret");
}

static void test_forms(void) {
  redact_forget();
  add("p@ss w/\"rd\\1");
  redacted_is("x p@ss w/\"rd\\1 y", "x [secret] y", "raw");
  redacted_is("k=p%40ss%20w%2F%22rd%5C1&", "k=[secret]&", "url, upper case");
  redacted_is("k=p%40ss%20w%2f%22rd%5c1&", "k=[secret]&", "url, lower case");
  redacted_is("k=p%40ss+w%2F%22rd%5C1&", "k=[secret]&", "form");
  redacted_is("/p@ss%20w%2F%22rd%5C1/", "/[secret]/", "url, @ kept");
  redacted_is("%70%40%73%73%20%77%2f%22%72%64%5c%31", "[secret]",
              "url, everything escaped");
  redacted_is("\"p@ss w/\\\"rd\\\\1\"", "\"[secret]\"", "json, minimal");
  redacted_is("\"p@ss w\\/\\\"rd\\\\1\"", "\"[secret]\"", "json, \\/");
  redacted_is("\"p\\u0040ss\\u0020w\\u002F\\u0022rd\\u005c1\"",
              "\"[secret]\"", "json, \\u00XX");
  redacted_is("p@ss w/\"rd\\", "p@ss w/\"rd\\", "cut off at the end");
  redacted_is("p%40ss%2", "p%40ss%2", "an escape cut off");
  redacted_is("p@ss w/\"rd\\2", "p@ss w/\"rd\\2", "another last byte");
}

/* What starts an escape may be the first byte of a secret. */
static void test_escape_first(void) {
  redact_forget();
  add("%x-word");
  add("\\y-word");
  redacted_is("k=%25x-word&", "k=[secret]&", "a secret with % first, in a URL");
  redacted_is("k=%25%78-word&", "k=[secret]&", "with more escapes");
  redacted_is("k=%x-word&", "k=[secret]&", "as it stands");
  redacted_is("\"\\u005cy-word\"", "\"[secret]\"",
              "a secret with a backslash first, in JSON");
  redacted_is("\"\\\\y-word\"", "\"[secret]\"", "in the short form");
}

static void test_unicode(void) {
  redact_forget();
  add("k\xC3\xABy\xF0\x9F\x98\x80!");
  redacted_is("k\xC3\xABy\xF0\x9F\x98\x80!", "[secret]", "raw");
  redacted_is("k\\u00ebY k\\u00eby\\ud83d\\ude00!.", "k\\u00ebY [secret].",
              "json, with a surrogate pair");
  redacted_is("k%C3%ABy%f0%9f%98%80!", "[secret]", "url");
  redact_forget();
  add("\"quoted\"");
  redacted_is("\\\"quoted\\\"", "[secret]", "first byte escaped for json");
  redacted_is("%22quoted%22", "[secret]", "first byte escaped for url");
  add(" space ");
  redacted_is("a+space+b", "a[secret]b", "first byte a plus");
  redact_forget();
  add("50%25+50%25");
  redacted_is("50%25+50%25", "[secret]", "a secret that looks escaped");
  redacted_is("50%2525%2B50%2525", "[secret]", "and the same escaped");
  redact_forget();
  add("a\\u0041b");
  redacted_is("a\\u0041b a\\\\u0041b aAb", "[secret] [secret] aAb",
              "a secret that looks like JSON escapes");
}

/* The value inside longer base64 texts, at every offset and length. */
static void test_base64(void) {
  static const char *const secrets[] = {"s3cr", "hunter2\xFF\xFB\xEF",
                                        "0123456789abcdef"};
  int bad = 0, count = 0;
  for (size_t i = 0; i < 3; i++) {
    redact_forget();
    add(secrets[i]);
    for (int before = 0; before < 7; before++) {
      for (int after = 0; after < 5; after++) {
        char raw[64] = "";
        memset(raw, 'u', (size_t)before);
        memcpy(raw + before, secrets[i], strlen(secrets[i]));
        memset(raw + strlen(raw), 'z', (size_t)after);
        Buf coded;
        buf_init(&coded, SIZE_MAX);
        text_base64(&coded, raw, strlen(raw));
        count += 2;
        bad += redact_is_clean(coded.data, coded.len);
        for (size_t k = 0; k < coded.len; k++) {
          if (coded.data[k] == '+') coded.data[k] = '-';
          if (coded.data[k] == '/') coded.data[k] = '_';
        }
        bad += redact_is_clean(coded.data, coded.len);
        buf_clear(&coded);
      }
    }
  }
  is_int(bad, 0, "found at every offset, both alphabets");
  is_int(count, 3 * 7 * 5 * 2, "all looked at");
  redact_forget();
  add("hunter2");
  redacted_is("Basic aHVudGVyMg==", "Basic [secret]", "with padding");
  redacted_is("Basic aHVudGVyMg", "Basic [secret]", "without padding");
  redacted_is("Basic aHVudGVyMg%3D%3D", "Basic [secret]", "padding in a URL");
  redacted_is("Basic YTpodW50ZXIy", "Basic YTp[secret]", "user a: before it");
}

/* What is known as a form of another is a secret with forms of its own. */
static void test_form_as_secret(void) {
  redact_forget();
  add("hunter2");
  add("aHVudGVyMg");
  redacted_is("Basic YUhWdWRHVnlNZw==", "Basic [secret]",
              "a form of what was a form before");
  add("hunter2");
  add("aHVudGVyMg");
  redacted_is("hunter2 aHVudGVyMg YUhWdWRHVnlNZw",
              "[secret] [secret] [secret]", "given twice");
}

/* Text and secret part before, at and behind what could be an escape. */
static void test_half_matches(void) {
  redact_forget();
  add("ab+cd ef/gh");
  redacted_is("ab+cd ef/gh", "[secret]", "as it stands");
  redacted_is("ab+cd+ef/gh", "[secret]", "a plus for the space");
  redacted_is("ab%2Bcd ef\\/gh", "ab%2Bcd ef\\/gh",
              "two ways of escaping are none");
  redacted_is("ab+cd ef\\/gh", "[secret]", "the second half escaped");
  redacted_is("ab+cd ef/g", "ab+cd ef/g", "its end is missing");
  redacted_is("ab+cd ef/g%", "ab+cd ef/g%", "an escape that ends too soon");
  redacted_is("ab+cdxef/gh", "ab+cdxef/gh", "another letter");
}

static void test_overlap(void) {
  redact_forget();
  add("abcdef");
  add("abcdefghij");
  redacted_is("abcdefghij abcdefgh", "[secret] [secret]gh", "longest first");
  add("defxyz");
  redacted_is("abcdefxyz", "[secret]", "overlapping secrets leave nothing");
  redacted_is("abcdefabcdef", "[secret][secret]", "side by side");
  redact_forget();
  add("aaaa");
  redacted_is("aaaaaab", "[secret]b", "overlapping itself");
  redact_forget();
  add("inner1");
  add("xxinner1yy");
  redacted_is("xxinner1yy", "[secret]", "a secret inside another");
  redact_forget();
  add("secret");
  redacted_is("a secret", "a [secret]", "a secret called secret");
  redacted_is("a [secret]", "a [secret]", "is replaced once");
}

static void test_binary(void) {
  redact_forget();
  is_int(redact_add("a\0b\xFF", 4), 0, "NUL inside");
  Buf b;
  buf_init(&b, SIZE_MAX);
  redact_text(&b, "x\0a\0b\xFFy", 7);
  ok(b.len == 11 && memcmp(b.data, "x\0[secret]y", 11) == 0, "bytes are found");
  buf_clear(&b);
  buf_init(&b, 3);
  is_int(redact_text(&b, "a\0b\xFF", 4), -1, "over max is reported");
  buf_clear(&b);
}

static void test_headers(void) {
  ok(redact_header_is_secret("authorization", 13), "Authorization");
  ok(redact_header_is_secret("SET-COOKIE", 10), "Set-Cookie");
  ok(!redact_header_is_secret("Authorization-X", 15), "a longer name");
  ok(!redact_header_is_secret("Auth", 4), "a shorter name");
  ok(!redact_header_is_secret("Account-Key", 11), "not known yet");
  is_int(redact_header("Account-Key"), 0, "redact_header");
  is_int(redact_header("account-key"), 0, "twice is fine");
  ok(redact_header_is_secret("ACCOUNT-KEY", 11), "known now");
  redact_forget();
  ok(!redact_header_is_secret("Account-Key", 11), "forgotten");
  redacted_is("a\\0b", "a\\0b", "secrets too");
}

/* A clock fails no test; the figure is there to be read. */
static void test_speed(void) {
  redact_forget();
  for (int i = 0; i < 10; i++) {
    char s[40];
    snprintf(s, sizeof s, "%c%dtoken-%08d-%c", 'a' + i * 2, i, i * 7919,
             'z' - i);
    add(s);
  }
  const size_t n = 1 << 20;
  char *text = malloc(n);
  if (!text) return;
  static const char sample[] =
      "{\"publicId\":\"Xy7+abc\",\"name\":\"a\\\"b\"},";
  for (size_t i = 0; i < n; i++) text[i] = sample[i % (sizeof sample - 1)];
  struct timespec from, to;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
  int clean = redact_is_clean(text, n);
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
  ok(clean, "1 MiB of JSON is clean");
  printf("# 1 MiB, 10 secrets: %.2f ms\n",
         (double)(to.tv_sec - from.tv_sec) * 1e3 +
         (double)(to.tv_nsec - from.tv_nsec) / 1e6);
  free(text);
}

int main(void) {
  test_nothing();
  test_forms();
  test_escape_first();
  test_unicode();
  test_base64();
  test_form_as_secret();
  test_half_matches();
  test_overlap();
  test_binary();
  test_headers();
  test_speed();
  redact_forget();
  return done();
}
