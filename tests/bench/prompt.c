/* prompt.c - times how long two programs take to show their prompts. */
/* SPDX-License-Identifier: MIT */

/* prompt RUNS LIMIT NAME PROMPT COMMAND... -- PROMPT COMMAND...
   The commands run alternately, so that a busy machine slows both, each on a
   terminal of its own, until it has written PROMPT. Then 6*7 is entered some
   times, each time until the prompt comes back behind 42; the end of input
   makes it leave. Prints in one line the medians of the first prompt, the ratio
   of the second to the first (the median over the pairs) and the noise of the machine: how far
   apart the quartiles of the first lie, in parts of its median; in a second
   line the same from Enter to the next prompt, in a third the resident and the
   proportional memory at the first prompt. Fails if the ratio of the first
   prompts is above LIMIT; where there is much noise it first measures up to
   twice more. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { PATIENCE_MS = 20000, WARM = 5, NOISY = 20, ROUNDS = 3, TURNS = 10 };

/* What one run gives; seconds and kilobytes. */
typedef struct Run {
  double first, turn, resident, proportional;
} Run;

typedef struct Command {
  const char *prompt;
  char **argv;
  double *first, *turn, *resident, *proportional;
} Command;

static void die(const char *what, int error) {
  fprintf(stderr, "prompt: %s: %s\n", what, strerror(error));
  exit(EXIT_FAILURE);
}

static double now(void) {
  struct timespec t;
  if (clock_gettime(CLOCK_MONOTONIC, &t) != 0) die("clock", errno);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int open_terminal(char *name, size_t size) {
  const struct winsize window = {.ws_row = 24, .ws_col = 80};
  int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (fd < 0 || grantpt(fd) != 0 || unlockpt(fd) != 0) die("terminal", errno);
  int error = ptsname_r(fd, name, size);
  if (error) die("terminal", error);
  if (ioctl(fd, TIOCSWINSZ, &window) != 0) die("terminal", errno);
  return fd;
}

/* As the leader of a session, whose terminal is the first that it opens. */
static pid_t start(char **argv, const char *terminal) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attr;
  pid_t pid = 0;
  int error = posix_spawn_file_actions_init(&files);
  if (!error) error = posix_spawnattr_init(&attr);
  if (!error) error = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID);
  if (!error)
    error = posix_spawn_file_actions_addopen(&files, 0, terminal, O_RDWR, 0);
  if (!error) error = posix_spawn_file_actions_adddup2(&files, 0, 1);
  if (!error) error = posix_spawn_file_actions_adddup2(&files, 0, 2);
  if (!error) error = posix_spawnp(&pid, argv[0], &files, &attr, argv, environ);
  if (error) die(argv[0], error);
  posix_spawnattr_destroy(&attr);
  posix_spawn_file_actions_destroy(&files);
  return pid;
}

/* Reads until the texts have come, in that order; with NULL until nothing
   comes any more. */
static bool await(int fd, const char *result, const char *prompt) {
  char seen[64 * 1024];
  size_t n = 0;
  struct pollfd p = {.fd = fd, .events = POLLIN};
  while (poll(&p, 1, PATIENCE_MS) > 0 && n < sizeof seen - 1) {
    ssize_t got = read(fd, seen + n, sizeof seen - 1 - n);
    if (got <= 0) return prompt == NULL;   /* the terminal is closed */
    n += (size_t)got;
    seen[n] = '\0';
    const char *from = result ? strstr(seen, result) : seen;
    if (prompt && from && strstr(from, prompt)) return true;
  }
  return false;
}

/* 0 where the kernel does not tell, as of programs that nobody may debug. */
static double kilobytes(const char *smaps, const char *name) {
  const char *at = strstr(smaps, name);
  return at ? strtod(at + strlen(name), NULL) : 0;
}

static void weigh(pid_t pid, Run *r) {
  char path[64], text[4096];
  snprintf(path, sizeof path, "/proc/%ld/smaps_rollup", (long)pid);
  FILE *f = fopen(path, "r");
  if (!f) return;
  text[fread(text, 1, sizeof text - 1, f)] = '\0';
  fclose(f);
  r->resident = kilobytes(text, "\nRss:");
  r->proportional = kilobytes(text, "\nPss:");
}

/* From Enter to the prompt, on average. */
static bool take_turns(int fd, const char *prompt, Run *r) {
  static const char statement[] = "6*7", enter = '\n';
  for (int i = 0; i < TURNS; i++) {
    if (write(fd, statement, 3) != 3 || !await(fd, NULL, statement))
      return false;
    double from = now();
    if (write(fd, &enter, 1) != 1 || !await(fd, "42", prompt)) return false;
    r->turn += (now() - from) / TURNS;
  }
  return true;
}

static Run run(const Command *c) {
  static const char end_of_input = 4;
  char terminal[64];
  Run r = {0};
  int fd = open_terminal(terminal, sizeof terminal), status;
  double from = now();
  pid_t pid = start(c->argv, terminal);
  bool well = await(fd, NULL, c->prompt);
  r.first = now() - from;
  if (well) weigh(pid, &r);
  well = well && take_turns(fd, c->prompt, &r) &&
         write(fd, &end_of_input, 1) == 1 && await(fd, NULL, NULL);
  if (!well) kill(pid, SIGKILL);
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) die("waitpid", errno);
  close(fd);
  if (!well || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    fprintf(stderr, "prompt: %s showed no '%s' or did not end well\n",
            c->argv[0], c->prompt);
    exit(EXIT_FAILURE);
  }
  return r;
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(const double *sorted, size_t n) {
  return sorted[n / 2];
}

/* The second's to the first's, of each pair of runs. */
typedef struct Ratios {
  double *first, *turn;
} Ratios;

/* n runs of each, in turn. */
static void measure(Command commands[2], Ratios *ratios, size_t n) {
  for (size_t i = 0; i < n; i++) {
    for (int c = 0; c < 2; c++) {
      Run r = run(&commands[c]);
      commands[c].first[i] = r.first;
      commands[c].turn[i] = r.turn;
      commands[c].resident[i] = r.resident;
      commands[c].proportional[i] = r.proportional;
    }
    ratios->first[i] = commands[1].first[i] / commands[0].first[i];
    ratios->turn[i] = commands[1].turn[i] / commands[0].turn[i];
  }
  qsort(ratios->first, n, sizeof(double), by_value);
  qsort(ratios->turn, n, sizeof(double), by_value);
  for (int c = 0; c < 2; c++) {
    qsort(commands[c].first, n, sizeof(double), by_value);
    qsort(commands[c].turn, n, sizeof(double), by_value);
    qsort(commands[c].resident, n, sizeof(double), by_value);
    qsort(commands[c].proportional, n, sizeof(double), by_value);
  }
}

/* Percent. */
static double noise(const double *sorted, size_t n) {
  return (sorted[n * 3 / 4] - sorted[n / 4]) / sorted[n / 2] * 100;
}

static void report(const char *name, double limit, Command commands[2],
                   const Ratios *ratios, size_t n) {
  Command *a = &commands[0], *b = &commands[1];
  double first = median(ratios->first, n);
  printf("%-28s %8.2f ms %8.2f ms   ratio %.2f   noise %.0f %%   "
         "at most %.2f: %s\n", name, median(a->first, n) * 1e3,
         median(b->first, n) * 1e3, first, noise(a->first, n), limit,
         first <= limit ? "met" : "missed");
  printf("%-28s %8.3f ms %8.3f ms   ratio %.2f   noise %.0f %%\n",
         "  Enter to the next", median(a->turn, n) * 1e3,
         median(b->turn, n) * 1e3, median(ratios->turn, n),
         noise(a->turn, n));
  printf("%-28s %8.1f MB %8.1f MB   proportional %.1f MB, %.1f MB\n",
         "  memory there", median(a->resident, n) / 1024,
         median(b->resident, n) / 1024, median(a->proportional, n) / 1024,
         median(b->proportional, n) / 1024);
}

static double *column(size_t n) {
  double *values = calloc(n, sizeof *values);
  if (!values) die("calloc", ENOMEM);
  return values;
}

static Command command(char *prompt, char **argv, size_t n) {
  double *values = column(n * 4);
  return (Command){prompt, argv, values, values + n, values + 2 * n,
                   values + 3 * n};
}

int main(int argc, char **argv) {
  int split = 0;
  for (int i = 5; i < argc && !split; i++)
    if (strcmp(argv[i], "--") == 0) split = i;
  long runs = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
  double limit = argc > 2 ? strtod(argv[2], NULL) : 0;
  if (runs < 1 || runs > 100000 || limit <= 0 || split < 6 ||
      split + 2 >= argc) {
    fprintf(stderr, "usage: prompt RUNS LIMIT NAME PROMPT COMMAND... -- "
            "PROMPT COMMAND...\n");
    return 2;
  }
  argv[split] = NULL;
  size_t n = (size_t)runs;
  Command commands[] = {command(argv[4], argv + 5, n),
                        command(argv[split + 1], argv + split + 2, n)};
  Ratios ratios = {column(n), column(n)};
  for (int warm = 0; warm < WARM; warm++)
    for (int c = 0; c < 2; c++) run(&commands[c]);
  measure(commands, &ratios, n);
  for (int i = 1; i < ROUNDS && median(ratios.first, n) > limit &&
       noise(commands[0].first, n) > NOISY; i++)
    measure(commands, &ratios, n);
  report(argv[3], limit, commands, &ratios, n);
  double reached = median(ratios.first, n);
  bool noisy = noise(commands[0].first, n) > NOISY;
  free(commands[0].first);
  free(commands[1].first);
  free(ratios.first);
  free(ratios.turn);
  if (reached <= limit) return EXIT_SUCCESS;
  fprintf(stderr, "prompt: %s: the ratio is above %.2f%s\n", argv[3], limit,
          noisy ? ", but the machine was busy: try again" : "");
  return EXIT_FAILURE;
}
