/* prompt.c - times how long two programs take to show their first prompt. */
/* SPDX-License-Identifier: MIT */

/* prompt RUNS LIMIT NAME PROMPT COMMAND... -- PROMPT COMMAND...
   The commands run alternately, so that a busy machine slows both, each on a
   terminal of its own, until it has written PROMPT; the end of input then
   makes it leave. Prints in one line the medians, their ratio, that of the
   second to the first, and the noise of the machine: how far apart the
   quartiles of the first lie, in parts of its median. Fails if the ratio is
   above LIMIT; where there is much noise it first measures up to twice more. */

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

enum { PATIENCE_MS = 20000, WARM = 5, NOISY = 20, ROUNDS = 3 };

typedef struct Command {
  const char *prompt;
  char **argv;
  double *times;
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

/* Reads until the text has come, or with NULL until nothing comes any more. */
static bool await(int fd, const char *text) {
  char seen[64 * 1024];
  size_t n = 0;
  struct pollfd p = {.fd = fd, .events = POLLIN};
  while (poll(&p, 1, PATIENCE_MS) > 0 && n < sizeof seen - 1) {
    ssize_t got = read(fd, seen + n, sizeof seen - 1 - n);
    if (got <= 0) return text == NULL;   /* the terminal is closed */
    n += (size_t)got;
    seen[n] = '\0';
    if (text && strstr(seen, text)) return true;
  }
  return false;
}

static double run(const Command *c) {
  static const char end_of_input = 4;
  char terminal[64];
  int fd = open_terminal(terminal, sizeof terminal), status;
  double from = now();
  pid_t pid = start(c->argv, terminal);
  bool shown = await(fd, c->prompt);
  double seconds = now() - from;
  bool left = shown && write(fd, &end_of_input, 1) == 1 && await(fd, NULL);
  if (!left) kill(pid, SIGKILL);
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) die("waitpid", errno);
  close(fd);
  if (!left || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    fprintf(stderr, "prompt: %s showed no '%s' or did not end well\n",
            c->argv[0], c->prompt);
    exit(EXIT_FAILURE);
  }
  return seconds;
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

typedef struct Medians {
  double first, second;
  double noise;            /* percent */
} Medians;

/* n runs of each, in turn. */
static Medians measure(Command commands[2], size_t n) {
  for (size_t i = 0; i < n; i++)
    for (int c = 0; c < 2; c++) commands[c].times[i] = run(&commands[c]);
  for (int c = 0; c < 2; c++)
    qsort(commands[c].times, n, sizeof(double), by_value);
  const double *first = commands[0].times;
  double median = first[n / 2];
  double spread = first[n * 3 / 4] - first[n / 4];
  return (Medians){median, commands[1].times[n / 2], spread / median * 100};
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
  Command commands[] = {
    {argv[4], argv + 5, calloc(n, sizeof(double))},
    {argv[split + 1], argv + split + 2, calloc(n, sizeof(double))}};
  if (!commands[0].times || !commands[1].times) die("calloc", ENOMEM);
  for (int warm = 0; warm < WARM; warm++)
    for (int c = 0; c < 2; c++) run(&commands[c]);
  Medians m = measure(commands, n);
  for (int i = 1; i < ROUNDS && m.second / m.first > limit && m.noise > NOISY;
       i++)
    m = measure(commands, n);
  double ratio = m.second / m.first;
  printf("%-28s %8.2f ms %8.2f ms   ratio %.2f   noise %.0f %%\n", argv[3],
         m.first * 1e3, m.second * 1e3, ratio, m.noise);
  free(commands[0].times);
  free(commands[1].times);
  if (ratio <= limit) return EXIT_SUCCESS;
  fprintf(stderr, "prompt: %s: the ratio is above %.2f%s\n", argv[3], limit,
          m.noise > NOISY ? ", but the machine was busy: try again" : "");
  return EXIT_FAILURE;
}
