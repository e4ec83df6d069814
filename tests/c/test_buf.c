/* test_buf.c - growth, maximum, failing allocations. */
/* SPDX-License-Identifier: MIT */

/* The module itself, with a first size of 4 and a realloc that can fail. */
#include <stdlib.h>
static void *test_realloc(void *p, size_t n);
#define BUF_INITIAL 4
#define realloc test_realloc
#include "buf.c"
#undef realloc

#include "tap.h"

static int allow = -1;   /* allocations that still succeed; -1 all */

static void *test_realloc(void *p, size_t n) {
  if (allow == 0) return NULL;
  if (allow > 0) allow--;
  return realloc(p, n);
}

static void test_add(void) {
  Buf b;
  buf_init(&b, SIZE_MAX);
  ok(b.data == NULL, "nothing is allocated at first");
  is_str(buf_str(&b), "", "an empty buffer reads as \"\"");
  is_int(buf_add(&b, NULL, 0), 0, "adding nothing");
  int bad = 0;
  char want[200] = "";
  for (int i = 0; i < 150; i++) {
    char c = (char)('a' + i % 26);
    bad += buf_addc(&b, c) != 0;
    want[i] = c;
    want[i + 1] = '\0';
    bad += strcmp(buf_str(&b), want) != 0 || b.len != (size_t)i + 1;
    bad += b.cap <= b.len;
  }
  is_int(bad, 0, "byte by byte, always NUL-terminated");
  buf_reset(&b);
  ok(b.len == 0 && b.cap > 0 && *buf_str(&b) == '\0', "reset keeps memory");
  buf_add(&b, "a\0b", 3);
  ok(b.len == 3 && memcmp(b.data, "a\0b", 4) == 0, "NUL bytes are data");
  buf_clear(&b);
  ok(b.data == NULL && b.len == 0 && b.max == SIZE_MAX, "clear");
  buf_clear(&b);
}

static void test_max(void) {
  Buf b;
  buf_init(&b, 5);
  is_int(buf_puts(&b, "12345"), 0, "exactly max fits");
  is_int(buf_addc(&b, '6'), -1, "one more does not");
  ok(b.failed, "failed is set");
  is_str(buf_str(&b), "12345", "what was there stays");
  is_int(buf_add(&b, "", 0), -1, "every further addition is refused");
  buf_reset(&b);
  is_int(buf_puts(&b, "123456"), -1, "too much at once");
  is_str(buf_str(&b), "", "nothing of it was added");
  buf_reset(&b);
  is_int(buf_printf(&b, "%d", 123456), -1, "printf over max, within cap");
  is_str(buf_str(&b), "", "nothing of it was added");
  buf_reset(&b);
  is_int(buf_printf(&b, "%d", 12345), 0, "printf exactly max");
  is_str(buf_str(&b), "12345", "and all is there");
  buf_clear(&b);
  buf_init(&b, 0);
  is_int(buf_puts(&b, ""), 0, "max 0 holds nothing");
  is_int(buf_puts(&b, "x"), -1, "and no byte");
  buf_clear(&b);
  buf_init(&b, SIZE_MAX);
  buf_puts(&b, "x");
  ok(buf_reserve(&b, SIZE_MAX - 1) == NULL && b.failed, "size overflow");
  buf_reset(&b);
  ok(buf_reserve(&b, SIZE_MAX) == NULL && b.failed, "size overflow past max");
  buf_clear(&b);
}

static void test_printf(void) {
  Buf b;
  buf_init(&b, 1000);
  is_int(buf_printf(&b, "%s", ""), 0, "empty printf");
  is_int(buf_printf(&b, "abc"), 0, "fits the first size");
  is_int(buf_printf(&b, "-%s-%d", "0123456789", 42), 0, "has to grow");
  is_str(buf_str(&b), "abc-0123456789-42", "both texts");
  buf_clear(&b);
}

static void test_reserve_take(void) {
  Buf b;
  buf_init(&b, 100);
  char *p = buf_reserve(&b, 10);
  ok(p != NULL, "reserve");
  if (!p) return;
  memcpy(p, "0123456789", 11);
  b.len += 10;
  size_t len = 0;
  char *s = buf_take(&b, &len);
  is_str(s, "0123456789", "take");
  ok(len == 10 && b.data == NULL && b.len == 0 && b.max == 100,
     "the buffer is empty");
  free(s);
  s = buf_take(&b, NULL);
  is_str(s, "", "take of nothing gives \"\"");
  free(s);
  buf_puts(&b, "secret");
  b.failed = true;
  ok(buf_take(&b, &len) == NULL && len == 0, "take of a failed buffer");
  ok(b.data == NULL && !b.failed, "which is empty afterwards");
  buf_puts(&b, "secret");
  buf_wipe(&b);
  ok(b.data == NULL && b.len == 0, "wipe");
  buf_wipe(&b);
}

/* With the Nth allocation failing the buffer holds what fitted, says that it
   failed, and leaks nothing (valgrind and ASan look). */
static void test_no_memory(void) {
  int bad = 0, n = 0;
  for (bool passed = false; !passed && n < 20; n++) {
    Buf b;
    buf_init(&b, SIZE_MAX);
    allow = n;
    int rc = 0;
    rc |= buf_puts(&b, "abc");
    rc |= buf_printf(&b, "%s", "defghijklmn");
    rc |= buf_reserve(&b, 100) ? 0 : -1;
    passed = rc == 0;
    if (passed == b.failed) bad++;
    if (strncmp(buf_str(&b), "abcdefghijklmn", b.len) != 0) bad++;
    if (buf_str(&b)[b.len] != '\0') bad++;
    char *s = buf_take(&b, NULL);
    if (passed != (s != NULL)) bad++;
    free(s);
    allow = -1;
    buf_clear(&b);
  }
  is_int(bad, 0, "every failing allocation is reported");
  ok(n > 2 && n < 20, "and with enough memory it passes");
  Buf b;
  buf_init(&b, 10);
  allow = 0;
  ok(buf_take(&b, NULL) == NULL, "take of nothing without memory");
  ok(buf_printf(&b, "x") == -1 && b.failed, "printf without memory");
  allow = -1;
  buf_clear(&b);
}

int main(void) {
  test_add();
  test_max();
  test_printf();
  test_reserve_take();
  test_no_memory();
  return done();
}
