/* beside.c - times two commands in turn and prints medians and their ratio. */
/* SPDX-License-Identifier: MIT */

/* beside [-l LIMIT | -p LIMIT] RUNS NAME COMMAND... -- COMMAND...
   The commands run alternately, so that a busy machine slows both; output
   goes to /dev/null. Prints the medians of their times, the ratio of the
   second to the first (the median over the pairs) by the clock and by the
   processor's time, and the second's page faults and largest resident memory;
   with -l also whether the clock's ratio is at most LIMIT, with -p whether the
   processor's is, which whatever else the machine does changes less. */

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { WARM = 5 };

static void die(const char *what, int error) {
  fprintf(stderr, "beside: %s: %s\n", what, strerror(error));
  exit(EXIT_FAILURE);
}

static double now(void) {
  struct timespec t;
  if (clock_gettime(CLOCK_MONOTONIC, &t) != 0) die("clock", errno);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

typedef struct Cost {
  double seconds, processor, faults, peak;
} Cost;

static double seconds_of(struct timeval t) {
  return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static Cost run(char **argv, const posix_spawn_file_actions_t *quiet) {
  pid_t pid;
  int status;
  struct rusage used;
  double start = now();
  int error = posix_spawnp(&pid, argv[0], quiet, NULL, argv, environ);
  if (error) die(argv[0], error);
  while (wait4(pid, &status, 0, &used) < 0)
    if (errno != EINTR) die("wait4", errno);
  double seconds = now() - start;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    fprintf(stderr, "beside: %s did not end well\n", argv[0]);
    exit(EXIT_FAILURE);
  }
  return (Cost){seconds, seconds_of(used.ru_utime) + seconds_of(used.ru_stime),
                (double)used.ru_minflt, (double)used.ru_maxrss / 1024};
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Sorts the values. */
static double median(double *values, size_t n) {
  qsort(values, n, sizeof *values, by_value);
  return values[n / 2];
}

typedef struct Samples {
  double *first, *second, *ratio, *processor, *faults, *peak;
} Samples;

static double *column(size_t n) {
  double *values = calloc(n, sizeof *values);
  if (!values) die("calloc", ENOMEM);
  return values;
}

static void measure(char **commands[2], size_t n,
                    const posix_spawn_file_actions_t *quiet, Samples *s) {
  for (int warm = 0; warm < WARM; warm++)
    for (int c = 0; c < 2; c++) run(commands[c], quiet);
  for (size_t i = 0; i < n; i++) {
    Cost a = run(commands[0], quiet), b = run(commands[1], quiet);
    s->first[i] = a.seconds;
    s->second[i] = b.seconds;
    s->ratio[i] = b.seconds / a.seconds;
    s->processor[i] = b.processor / a.processor;
    s->faults[i] = b.faults;
    s->peak[i] = b.peak;
  }
}

static void report(const char *name, char by, double limit, size_t n,
                   Samples *s) {
  double ratio = median(s->ratio, n), processor = median(s->processor, n);
  printf("%-30s %8.2f ms %8.2f ms   ratio %5.2f   processor %5.2f   "
         "%6.0f faults %6.1f MB", name, median(s->first, n) * 1e3,
         median(s->second, n) * 1e3, ratio, processor,
         median(s->faults, n), median(s->peak, n));
  if (limit > 0)
    printf("   at most %.2f: %s", limit,
           (by == 'p' ? processor : ratio) <= limit ? "met" : "missed");
  putchar('\n');
}

int main(int argc, char **argv) {
  int split = 0;
  double limit = 0;
  char by = 'l';
  if (argc > 2 && (strcmp(argv[1], "-l") == 0 || strcmp(argv[1], "-p") == 0)) {
    by = argv[1][1];
    limit = strtod(argv[2], NULL);
    argc -= 2;
    argv += 2;
  }
  for (int i = 3; i < argc && !split; i++)
    if (strcmp(argv[i], "--") == 0) split = i;
  long runs = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
  if (runs < 1 || runs > 100000 || split < 4 || split + 1 >= argc) {
    fprintf(stderr, "usage: beside [-l LIMIT | -p LIMIT] RUNS NAME COMMAND... -- "
            "COMMAND...\n");
    return 2;
  }
  argv[split] = NULL;
  size_t n = (size_t)runs;
  char **commands[2] = {argv + 3, argv + split + 1};
  Samples s = {column(n), column(n), column(n), column(n), column(n),
               column(n)};
  posix_spawn_file_actions_t quiet;
  int error = posix_spawn_file_actions_init(&quiet);
  if (!error)
    error = posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null",
                                             O_WRONLY, 0);
  if (error) die("file actions", error);
  measure(commands, n, &quiet, &s);
  report(argv[2], by, limit, n, &s);
  posix_spawn_file_actions_destroy(&quiet);
  double *columns[] = {s.first, s.second, s.ratio, s.processor, s.faults,
                       s.peak};
  for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
    free(columns[i]);
  return EXIT_SUCCESS;
}
