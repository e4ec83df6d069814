/* once.c - feeds a fuzz target the files of its corpus once; prints TAP. */
/* SPDX-License-Identifier: MIT */
#include <dirent.h>

#include "fuzz.h"

enum { INPUT_MAX = 1 << 20 };

static int is_file(const struct dirent *entry) {
  return entry->d_name[0] != '.';
}

static void feed(const char *dir, const char *name) {
  char path[4096];
  int n = snprintf(path, sizeof path, "%s/%s", dir, name);
  if (n < 0 || (size_t)n >= sizeof path) abort();
  FILE *f = fopen(path, "rb");
  uint8_t *whole = malloc(INPUT_MAX);
  if (!f || !whole) abort();
  size_t size = fread(whole, 1, INPUT_MAX, f);
  /* Its own block, so that a sanitizer sees a read behind the end. */
  uint8_t *data = malloc(size ? size : 1);
  if (!data || ferror(f)) abort();
  memcpy(data, whole, size);
  free(whole);
  fclose(f);
  fprintf(stderr, "# %s\n", path);   /* known before a crash */
  LLVMFuzzerTestOneInput(data, size);
  free(data);
}

int main(int argc, char **argv) {
  struct dirent **entries;
  if (argc != 2) return 2;
  int n = scandir(argv[1], &entries, is_file, alphasort);
  if (n < 1) return 2;
  for (int i = 0; i < n; i++) {
    feed(argv[1], entries[i]->d_name);
    free(entries[i]);
  }
  free(entries);
  printf("ok 1 - %d inputs\n1..1\n", n);
  return 0;
}
