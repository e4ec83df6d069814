/* test_pager.c - a pager on a terminal of its own. */
/* SPDX-License-Identifier: MIT */
#include "pager.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "env.h"
#include "tap.h"

enum { LARGE = 3 << 20, COMMAND = 512 };

static Loop *loop;
static char folder[] = "/tmp/test_pager.XXXXXX";
static char terminal[64];        /* the name of our standard input */

static int refusal;              /* errno, where there are to be no pidfds */

/* In place of the C library's. */
int pidfd_open(pid_t pid, unsigned int flags) {
  if (!refusal) return (int)syscall(SYS_pidfd_open, pid, flags);
  errno = refusal;
  return -1;
}

typedef struct Ended {
  int times, status;
} Ended;

static void on_end(void *ctx, int status) {
  Ended *e = ctx;
  e->times++;
  e->status = status;
}

static Pager *start(const char *command, const char *text, size_t n, Ended *e) {
  Err err = {0};
  *e = (Ended){0};
  Pager *p = pager_open(loop, command, text, n, on_end, e, &err);
  if (!p) ok(0, err.text);
  return p;
}

/* Until it has ended; at most 20 seconds. */
static void await_end(const Ended *e) {
  Err err = {0};
  double until = loop_now() + 20;
  while (!e->times && loop_now() < until)
    if (loop_step(loop, 1, &err) != 0) break;
  is_int(e->times, 1, "it has ended, which is told once");
}

/* waitpid's status of a command that got this text. */
static int status_of(const char *command, const char *text, size_t n) {
  Ended e;
  Pager *p = start(command, text, n, &e);
  if (!p) return -1;
  await_end(&e);
  pager_close(p);
  return e.status;
}

static int descriptors(void) {
  int n = 0;
  DIR *d = opendir("/proc/self/fd");
  while (d && readdir(d)) n++;
  if (d) closedir(d);
  return n;
}

static void path_of(char *path, size_t size, const char *name) {
  snprintf(path, size, "%s/%s", folder, name);
}

static bool exists(const char *name) {
  char path[COMMAND];
  struct stat info;
  path_of(path, sizeof path, name);
  return stat(path, &info) == 0;
}

/* Runs the loop until the command has made the file. */
static bool await_file(const char *name) {
  Err err = {0};
  double until = loop_now() + 20;
  while (!exists(name) && loop_now() < until) loop_step(loop, 0.01, &err);
  return exists(name);
}

static void test_command(void) {
  bool chosen = true;
  unsetenv("PAGER");
  is_str(pager_command(&chosen), "less -FRX", "less, if nothing is chosen");
  ok(!chosen, "which is nobody's choice");
  setenv("PAGER", "more", 1);
  is_str(pager_command(&chosen), "more", "PAGER");
  ok(chosen, "is the user's choice");
  setenv("ERRAND_PAGER", "cat -n", 1);
  is_str(pager_command(&chosen), "cat -n", "ERRAND_PAGER comes first");
  setenv("ERRAND_PAGER", "", 1);
  is_str(pager_command(&chosen), "", "and may be none");
  ok(chosen, "which is a choice, too");
  unsetenv("ERRAND_PAGER");
  unsetenv("PAGER");
}

static void test_text(void) {
  char command[COMMAND], path[COMMAND];
  struct stat info;
  char *text = malloc(LARGE), *back = malloc(LARGE + 1);
  if (!text || !back) exit(EXIT_FAILURE);
  for (size_t i = 0; i < LARGE; i++) text[i] = (char)(i * 7 + i / 256);
  snprintf(command, sizeof command, "cat >%s/all", folder);
  is_int(status_of(command, text, LARGE), 0, "a pager that reads all");
  path_of(path, sizeof path, "all");
  FILE *file = fopen(path, "r");
  size_t n = file ? fread(back, 1, LARGE + 1, file) : 0;
  if (file) fclose(file);
  ok(n == LARGE && memcmp(text, back, LARGE) == 0, "gets every byte in order");
  is_int(status_of("exit 0", text, LARGE), 0, "one that reads nothing");
  is_int(status_of("head -c 1 >/dev/null", text, LARGE), 0,
         "one that is left at its start");
  snprintf(command, sizeof command, "cat >%s/none", folder);
  is_int(status_of(command, "", 0), 0, "no text at all");
  path_of(path, sizeof path, "none");
  ok(stat(path, &info) == 0 && info.st_size == 0, "is the end of input");
  free(text);
  free(back);
}

static void test_status(void) {
  int status = status_of("exit 3", "x", 1);
  ok(WIFEXITED(status) && WEXITSTATUS(status) == 3, "its exit code");
  status = status_of("exec no-such-pager 2>/dev/null", "x", 1);
  ok(WIFEXITED(status) && WEXITSTATUS(status) == 127, "one that is not there");
  status = status_of("kill -KILL $$", "x", 1);
  ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "one that is killed");
  static const int sent[] = {SIGINT, SIGQUIT, SIGPIPE};
  for (size_t i = 0; i < sizeof sent / sizeof *sent; i++) {
    char command[COMMAND];
    snprintf(command, sizeof command, "ulimit -c 0; kill -%d $$", sent[i]);
    status = status_of(command, "x", 1);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == sent[i],
       "what we ignore meanwhile, it does not");
  }
}

static volatile sig_atomic_t interrupts;

static void on_interrupt(int signo) {
  (void)signo;
  interrupts++;
}

static void test_signals(void) {
  const struct sigaction count = {.sa_handler = on_interrupt};
  struct sigaction now;
  Ended e;
  char command[COMMAND];
  sigaction(SIGINT, &count, NULL);
  snprintf(command, sizeof command,
           "trap 'touch %s/asked' INT; touch %s/ready; "
           "while ! [ -e %s/asked ]; do sleep 0.01; done",
           folder, folder, folder);
  Pager *p = start(command, "x", 1, &e);
  if (!p) return;
  ok(await_file("ready"), "a pager that heeds Ctrl-C");
  /* What the terminal does at Ctrl-C: its whole foreground hears of it. */
  ok(kill(0, SIGINT) == 0, "Ctrl-C");
  await_end(&e);
  ok(exists("asked"), "reaches the pager");
  is_int(interrupts, 0, "and not us");
  pager_close(p);
  ok(sigaction(SIGINT, NULL, &now) == 0 && now.sa_handler == on_interrupt,
     "which is put back");
  raise(SIGINT);
  is_int(interrupts, 1, "so that the next one is ours");
  signal(SIGINT, SIG_DFL);
}

static void test_modes(void) {
  struct termios before, after;
  char command[COMMAND];
  ok(tcgetattr(STDIN_FILENO, &before) == 0 && (before.c_lflag & ECHO) != 0,
     "a terminal that echoes");
  snprintf(command, sizeof command, "stty raw -echo <%s; kill -KILL $$",
           terminal);
  int status = status_of(command, "x", 1);
  ok(WIFSIGNALED(status), "a pager that leaves it raw");
  ok(tcgetattr(STDIN_FILENO, &after) == 0 &&
       after.c_lflag == before.c_lflag && after.c_iflag == before.c_iflag &&
       after.c_oflag == before.c_oflag, "it is put back");
}

static void test_close(void) {
  char command[COMMAND];
  struct sigaction now;
  Ended e;
  static const char *const traps[] = {"", "trap '' TERM; "};
  for (size_t i = 0; i < sizeof traps / sizeof *traps; i++) {
    char name[] = "up0";
    name[2] = (char)('0' + i);
    snprintf(command, sizeof command,
             "%secho $$ >%s/pid; touch %s/%s; while :; do sleep 0.05; done",
             traps[i], folder, folder, name);
    Pager *p = start(command, "x", 1, &e);
    if (!p) return;
    ok(await_file(name), i ? "a pager that does not heed" : "a pager at work");
    double begin = loop_now();
    pager_close(p);
    ok(loop_now() - begin < 10, "is ended");
    char path[COMMAND];
    long pid = 0;
    path_of(path, sizeof path, "pid");
    FILE *file = fopen(path, "r");
    ok(file && fscanf(file, "%ld", &pid) == 1 && pid > 1 &&
         kill((pid_t)pid, 0) != 0 && errno == ESRCH, "and gone");
    if (file) fclose(file);
    is_int(e.times, 0, "which is not told");
    ok(sigaction(SIGINT, NULL, &now) == 0 && now.sa_handler == SIG_DFL,
       "signals are put back");
  }
  ok(!loop_busy(loop), "nothing is left in the loop");
  pager_close(NULL);
}

static void clean_up(void) {
  DIR *d = opendir(folder);
  for (const struct dirent *one; d && (one = readdir(d));) {
    char path[COMMAND];
    path_of(path, sizeof path, one->d_name);
    if (one->d_name[0] != '.') unlink(path);
  }
  if (d) closedir(d);
}

static void test_unwatched(void) {
  Ended e;
  Err err = {0};
  e = (Ended){0};
  refusal = EMFILE;
  ok(!pager_open(loop, "cat >/dev/null", "x", 1, on_end, &e, &err),
     "one whose end nobody could be told");
  ok(strstr(err.text, "cannot watch the pager") != NULL, err.text);
  is_int(waitpid(-1, NULL, WNOHANG), -1, "is ended");
  is_int(e.times, 0, "which is not told");
  refusal = 0;
}

/* With the terminal as its standard input, and leader of its session. */
static int tests(void) {
  Err err = {0};
  signal(SIGPIPE, SIG_IGN);    /* as errand has it */
  if (!mkdtemp(folder) || env_take(&err) != 0) return EXIT_FAILURE;
  loop = loop_new(&err);
  if (!loop) return EXIT_FAILURE;
  int before = descriptors();
  test_command();
  static const int refusals[] = {0, ENOSYS, EPERM};
  for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
    refusal = refusals[i];
    interrupts = 0;
    test_text();
    test_status();
    test_signals();
    test_modes();
    test_close();
    clean_up();
  }
  test_unwatched();
  is_int(descriptors(), before, "no descriptor is left open");
  loop_free(loop);
  rmdir(folder);
  return done();
}

int main(void) {
  int master, slave, status = 0;
  if (openpty(&master, &slave, terminal, NULL, NULL) != 0) return EXIT_FAILURE;
  pid_t pid = fork();
  if (pid == 0) {
    close(master);
    if (setsid() < 0 || ioctl(slave, TIOCSCTTY, 0) != 0 ||
        dup2(slave, STDIN_FILENO) < 0)
      return EXIT_FAILURE;
    close(slave);
    return tests();
  }
  close(slave);
  while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  close(master);
  return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}
