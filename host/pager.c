/* pager.c - a long text in the pager of the user's choice. */
/* SPDX-License-Identifier: MIT */
#include "pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "console.h"
#include "env.h"
#include "procwatch.h"
#include "progress.h"

/* What the terminal sends to us as well, being the pager's neighbours. */
static const int ignored[] = {SIGINT, SIGQUIT};
enum { IGNORED = sizeof ignored / sizeof *ignored, PATIENCE_MS = 500,
       LOOK_MS = 20 };

struct Pager {
  Loop *loop;
  pid_t pid;             /* 0: not started, or it has ended */
  ProcWatch watch;       /* its end */
  int in;                /* its standard input; -1 */
  const char *text;      /* borrowed: what it has not got yet */
  size_t n;
  pager_fn *fn;
  void *ctx;
  bool guarded;          /* the fields below are to be put back */
  bool terminal;         /* modes is known */
  struct termios modes;
  struct sigaction before[IGNORED];
};

const char *pager_command(bool *chosen) {
  const char *own = env_get("ERRAND_PAGER");
  if (!own) own = getenv("PAGER");
  *chosen = own != NULL;
  return own ? own : "less -FRX";
}

static void close_in(Pager *p) {
  if (p->in < 0) return;
  loop_unwatch(p->loop, p->in);
  close(p->in);
  p->in = -1;
}

/* A pager that was left before its end is no failure. */
static void on_writable(void *ctx, int fd, int events) {
  Pager *p = ctx;
  (void)events;
  ssize_t n = p->n ? write(fd, p->text, p->n) : 0;
  if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (n > 0) {
    p->text += n;
    p->n -= (size_t)n;
  }
  if (n < 0 || p->n == 0) close_in(p);
}

static int guard(Pager *p) {
  const struct sigaction ignore = {.sa_handler = SIG_IGN};
  p->terminal = tcgetattr(STDIN_FILENO, &p->modes) == 0;
  for (int i = 0; i < IGNORED; i++)
    if (sigaction(ignored[i], &ignore, &p->before[i]) != 0) {
      while (i-- > 0) sigaction(ignored[i], &p->before[i], NULL);
      return -1;
    }
  p->guarded = true;
  progress_allow(false);
  console_hold(true);
  return 0;
}

/* Some pagers end without putting the terminal back: those that are killed. */
static void put_back(Pager *p) {
  if (!p->guarded) return;
  p->guarded = false;
  if (p->terminal) tcsetattr(STDIN_FILENO, TCSADRAIN, &p->modes);
  for (int i = 0; i < IGNORED; i++) sigaction(ignored[i], &p->before[i], NULL);
  progress_allow(true);
  console_hold(false);
}

static void on_end(void *ctx, bool blind) {
  Pager *p = ctx;
  int status = 0;
  pid_t pid;
  if (blind) kill(p->pid, SIGKILL);    /* better ended than unwatched */
  do pid = waitpid(p->pid, &status, blind ? 0 : WNOHANG);
  while (pid < 0 && errno == EINTR);
  if (pid == 0) return;
  p->pid = 0;
  procwatch_stop(&p->watch);
  close_in(p);
  put_back(p);
  p->fn(p->ctx, status);
}

/* errno's number. */
static int start(Pager *p, const char *command, int from) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attr;
  sigset_t defaults, none;
  const char *const argv[] = {"sh", "-c", command, NULL};
  sigemptyset(&none);
  sigemptyset(&defaults);
  for (int i = 0; i < IGNORED; i++) sigaddset(&defaults, ignored[i]);
  sigaddset(&defaults, SIGPIPE);
  int error = posix_spawn_file_actions_init(&files);
  if (error) return error;
  error = posix_spawnattr_init(&attr);
  if (error) goto files;
  error = posix_spawn_file_actions_adddup2(&files, from, STDIN_FILENO);
  if (!error) error = posix_spawnattr_setsigdefault(&attr, &defaults);
  if (!error) error = posix_spawnattr_setsigmask(&attr, &none);
  if (!error)
    error = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETSIGMASK);
  if (!error)
    error = posix_spawn(&p->pid, "/bin/sh", &files, &attr,
                        (char *const *)argv, environ);
  if (error) p->pid = 0;
  posix_spawnattr_destroy(&attr);

files:
  posix_spawn_file_actions_destroy(&files);
  return error;
}

/* A pipe of which we keep the end to write to; the other one is *from. */
static int make_pipe(Pager *p, int *from) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  *from = ends[0];
  p->in = ends[1];
  int flags = fcntl(p->in, F_GETFL);
  return flags < 0 ? -1 : fcntl(p->in, F_SETFL, flags | O_NONBLOCK);
}

Pager *pager_open(Loop *loop, const char *command, const char *text, size_t n,
                  pager_fn *fn, void *ctx, Err *err) {
  int from = -1;
  Pager *p = malloc(sizeof *p);
  if (!p) {
    err_set(err, ERR_SCRIPT, "out of memory");
    return NULL;
  }
  *p = (Pager){.loop = loop, .watch.fd = -1, .in = -1, .text = text, .n = n,
               .fn = fn, .ctx = ctx};
  if (make_pipe(p, &from) != 0 ||
      procwatch_reserve(&p->watch, loop, from, on_end, p) != 0 ||
      guard(p) != 0)
    goto system;
  errno = start(p, command, from);
  if (errno) goto system;
  if (procwatch_begin(&p->watch, p->pid) != 0) {
    err_sys(err, ERR_SCRIPT, errno, "cannot watch the pager");
    goto fail;
  }
  close(from);
  from = -1;
  if (loop_watch(loop, p->in, LOOP_WRITE, on_writable, p, err) != 0)
    goto fail;
  return p;

system:
  err_sys(err, ERR_SCRIPT, errno, "cannot start the pager '%s'", command);
fail:
  if (from >= 0) close(from);
  pager_close(p);
  return NULL;
}

/* It may not heed what is asked of it. */
static void end(const Pager *p) {
  kill(p->pid, SIGTERM);
  for (int ms = 0; ms < PATIENCE_MS; ms += LOOK_MS) {
    if (waitpid(p->pid, NULL, WNOHANG) != 0) return;
    procwatch_wait(&p->watch, LOOK_MS);
  }
  kill(p->pid, SIGKILL);
  while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR) continue;
}

void pager_close(Pager *p) {
  if (!p) return;
  close_in(p);
  if (p->pid > 0) end(p);
  procwatch_stop(&p->watch);
  put_back(p);
  free(p);
}
