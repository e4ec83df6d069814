/* fuzz.h - what the fuzz targets share. */
/* SPDX-License-Identifier: MIT */
/*
 * A target is one file fuzz_NAME.c with LLVMFuzzerTestOneInput; its seeds are
 * the files in corpus/NAME, which every input that ever broke something joins.
 * `make fuzz` runs each under libFuzzer, ASan and UBSan. `make test` feeds
 * each its corpus once (once.c), with any compiler. A parser in Lua has its
 * target in Lua, too: see fuzzlua.h.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold of every input. */
#define need(holds, what) \
  ((holds) ? (void)0 : fuzz_broken(__FILE__, __LINE__, what))

__attribute__((noreturn, unused)) static void fuzz_broken(
    const char *file, int line, const char *what) {
  fprintf(stderr, "%s:%d: %s\n", file, line, what);
  abort();
}

/* An input of several fields has the byte 0xFF between them: no text that is
   UTF-8 holds it. */
typedef struct Fields {
  const char *p;
  size_t left;
} Fields;

/* The next field, NUL-terminated; the caller frees it. "" when there is no
   more. */
__attribute__((unused)) static char *fuzz_field(Fields *f, size_t *len) {
  const char *end = f->left ? memchr(f->p, 0xFF, f->left) : NULL;
  size_t n = end ? (size_t)(end - f->p) : f->left;
  char *copy = malloc(n + 1);
  if (!copy) abort();
  if (n > 0) memcpy(copy, f->p, n);
  copy[n] = '\0';
  f->p += n + (end != NULL);
  f->left -= n + (end != NULL);
  if (len) *len = n;
  return copy;
}

#endif
