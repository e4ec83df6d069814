/* beside.c - times two commands in turn and prints medians and their ratio. */
/* SPDX-License-Identifier: MIT */

/* beside RUNS NAME COMMAND... -- COMMAND...
   The commands run alternately, so that a busy machine slows both; output
   goes to /dev/null. The ratio is that of the second to the first. */

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static void die(const char *what, int error) {
  fprintf(stderr, "beside: %s: %s\n", what, strerror(error));
  exit(EXIT_FAILURE);
}

static double now(void) {
  struct timespec t;
  if (clock_gettime(CLOCK_MONOTONIC, &t) != 0) die("clock", errno);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double run(char **argv, const posix_spawn_file_actions_t *quiet) {
  pid_t pid;
  int status;
  double start = now();
  int error = posix_spawnp(&pid, argv[0], quiet, NULL, argv, environ);
  if (error) die(argv[0], error);
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) die("waitpid", errno);
  double seconds = now() - start;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    fprintf(stderr, "beside: %s did not end well\n", argv[0]);
    exit(EXIT_FAILURE);
  }
  return seconds;
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  int split = 0;
  for (int i = 3; i < argc && !split; i++)
    if (strcmp(argv[i], "--") == 0) split = i;
  long runs = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
  if (runs < 1 || runs > 100000 || split < 4 || split + 1 >= argc) {
    fprintf(stderr, "usage: beside RUNS NAME COMMAND... -- COMMAND...\n");
    return 2;
  }
  argv[split] = NULL;
  char **commands[2] = {argv + 3, argv + split + 1};
  double *times[2] = {calloc((size_t)runs, sizeof(double)),
                      calloc((size_t)runs, sizeof(double))};
  if (!times[0] || !times[1]) die("calloc", ENOMEM);
  posix_spawn_file_actions_t quiet;
  int error = posix_spawn_file_actions_init(&quiet);
  if (!error)
    error = posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null",
                                             O_WRONLY, 0);
  if (error) die("file actions", error);
  for (int warm = 0; warm < 5; warm++)
    for (int c = 0; c < 2; c++) run(commands[c], &quiet);
  for (long i = 0; i < runs; i++)
    for (int c = 0; c < 2; c++) times[c][i] = run(commands[c], &quiet);
  for (int c = 0; c < 2; c++)
    qsort(times[c], (size_t)runs, sizeof(double), by_value);
  double a = times[0][runs / 2], b = times[1][runs / 2];
  printf("%-28s %8.2f ms %8.2f ms   ratio %.2f\n", argv[2], a * 1e3, b * 1e3,
         b / a);
  posix_spawn_file_actions_destroy(&quiet);
  free(times[0]);
  free(times[1]);
  return EXIT_SUCCESS;
}
