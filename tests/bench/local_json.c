/* local_json.c - decodes documents with cJSON: what plain C needs for them. */
/* SPDX-License-Identifier: MIT */

/* local_json SECONDS FILE...: for each the MB/s of the best of some turns, of
   building the tree and freeing it. The processor's time counts. */

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TURNS = 8 };

static void die(const char *what, int error) {
  fprintf(stderr, "local_json: %s: %s\n", what, strerror(error));
  exit(EXIT_FAILURE);
}

static double now(void) {
  struct timespec t;
  if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) != 0) die("clock", errno);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static char *read_whole(const char *path, size_t *len) {
  FILE *f = fopen(path, "rb");
  if (!f) die(path, errno);
  if (fseek(f, 0, SEEK_END) != 0) die(path, errno);
  long size = ftell(f);
  if (size < 0 || fseek(f, 0, SEEK_SET) != 0) die(path, errno);
  char *text = malloc((size_t)size + 1);
  if (!text) die(path, ENOMEM);
  if (fread(text, 1, (size_t)size, f) != (size_t)size) die(path, EIO);
  fclose(f);
  *len = (size_t)size;
  return text;
}

/* Seconds for one decoding. */
static double once(const char *path, const char *text, size_t len,
                   size_t rounds) {
  double from = now();
  for (size_t i = 0; i < rounds; i++) {
    cJSON *tree = cJSON_ParseWithLength(text, len);
    if (!tree) die(path, EINVAL);
    cJSON_Delete(tree);
  }
  return (now() - from) / (double)rounds;
}

static void measure(const char *path, double seconds) {
  size_t len, rounds = 1;
  char *text = read_whole(path, &len);
  while (once(path, text, len, rounds) * (double)rounds < seconds / TURNS)
    rounds *= 2;
  double best = once(path, text, len, rounds);
  for (int i = 1; i < TURNS; i++) {
    double took = once(path, text, len, rounds);
    if (took < best) best = took;
  }
  const char *name = strrchr(path, '/');
  printf("%-29s %8.0f\n", name ? name + 1 : path, (double)len / 1e6 / best);
  free(text);
}

int main(int argc, char **argv) {
  double seconds = argc > 2 ? strtod(argv[1], NULL) : 0;
  if (seconds <= 0) {
    fprintf(stderr, "usage: local_json SECONDS FILE...\n");
    return 2;
  }
  for (int i = 2; i < argc; i++) measure(argv[i], seconds);
  return EXIT_SUCCESS;
}
