/* fuzz_redact.c - no form of a known secret is left in a text. */
/* SPDX-License-Identifier: MIT */
/*
 * Fields: the secret, and what stands around it. The text is made of the
 * secret in all its forms between these pieces, and of the input itself.
 */
#include "fuzz.h"

#include "redact.h"
#include "text.h"

enum { TEXT_MAX = 1 << 24, PIECES = 6 };

static const char MARK[] = "[secret]";

/* A secret that the mark itself can give a part of cannot be told from it. */
static bool is_usable(const char *s, size_t n) {
  return n >= 4 && n < 256 && !memmem(MARK, sizeof MARK - 1, s, n) &&
         !memchr(s, '[', n) && !memchr(s, ']', n);
}

static void add(Buf *b, const char *s, size_t n) {
  need(buf_add(b, n ? s : "", n) == 0, "there is room");
}

/* Every byte as %XX or %xx. */
static void add_all_escaped(Buf *b, const char *s, size_t n, bool upper) {
  for (size_t i = 0; i < n; i++) {
    unsigned c = (unsigned char)s[i];
    int rc = upper ? buf_printf(b, "%%%02X", c) : buf_printf(b, "%%%02x", c);
    need(rc == 0, "there is room");
  }
}

static void add_form(Buf *b, const char *s, size_t n, size_t which) {
  switch (which) {
  case 0: add(b, s, n); break;
  case 1: need(text_url_escape(b, s, n) == 0, "there is room"); break;
  case 2: need(text_json_escape(b, s, n) == 0, "there is room"); break;
  case 3: need(text_base64(b, s, n) == 0, "there is room"); break;
  case 4: add_all_escaped(b, s, n, true); break;
  default: add_all_escaped(b, s, n, false); break;
  }
}

static void check_gone(const Buf *out, const char *s, size_t n) {
  for (size_t form = 0; form < PIECES; form++) {
    Buf b;
    buf_init(&b, TEXT_MAX);
    add_form(&b, s, n, form);
    need(!memmem(buf_str(out), out->len, b.data, b.len),
         "no form of the secret is left");
    buf_clear(&b);
  }
}

static void check(const char *text, size_t len, const char *s, size_t n) {
  Buf out, again;
  buf_init(&out, TEXT_MAX);
  buf_init(&again, TEXT_MAX);
  need(redact_text(&out, text, len) == 0, "there is room");
  check_gone(&out, s, n);
  bool clean = redact_is_clean(text, len);
  need(clean == (out.len == len &&
                 (len == 0 || memcmp(out.data, text, len) == 0)),
       "what is clean is called so");
  need(redact_text(&again, buf_str(&out), out.len) == 0, "there is room");
  need(again.len == out.len &&
       (out.len == 0 || memcmp(again.data, out.data, out.len) == 0),
       "what went through once stays as it is");
  buf_clear(&out);
  buf_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Fields f = {(const char *)data, size};
  size_t n, len;
  if (size > 4096) return 0;
  char *secret = fuzz_field(&f, &n);
  if (is_usable(secret, n)) {
    need(redact_add(secret, n) == 0, "there is memory");
    check((const char *)data, size, secret, n);
    Buf text;
    buf_init(&text, TEXT_MAX);
    for (size_t i = 0; i < PIECES; i++) {
      char *between = fuzz_field(&f, &len);
      add(&text, between, len);
      add_form(&text, secret, n, i);
      free(between);
    }
    check(text.data, text.len, secret, n);
    buf_clear(&text);
  }
  redact_forget();
  free(secret);
  return 0;
}
