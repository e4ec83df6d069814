/* procwatch.c - a child's end, by pidfd or by looking now and then. */
/* SPDX-License-Identifier: MIT */
#include "procwatch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

static const double look_again = 0.02;   /* seconds */

static void on_readable(void *ctx, int fd, int events) {
  const ProcWatch *w = ctx;
  (void)fd, (void)events;
  w->fn(w->ctx, false);
}

/* Kernels before 5.3 have no pidfd, nor has valgrind, and some containers allow
   none. It is not waited for here: until it is, nobody else has its number. */
static void on_look(void *ctx) {
  ProcWatch *w = ctx;
  siginfo_t info = { 0 };
  w->look = NULL;
  bool over = waitid(P_PID, (id_t)w->pid, &info, WEXITED | WNOHANG | WNOWAIT) !=
              0 || info.si_pid != 0;
  if (!over) w->look = loop_timer(w->loop, look_again, on_look, w);
  if (!w->look) w->fn(w->ctx, !over);
}

static void close_fd(ProcWatch *w) {
  if (w->fd < 0) return;
  loop_unwatch(w->loop, w->fd);
  close(w->fd);
  w->fd = -1;
}

int procwatch_reserve(ProcWatch *w, Loop *loop, int like, procwatch_fn *fn,
                      void *ctx) {
  *w = (ProcWatch){ .loop = loop, .fn = fn, .ctx = ctx };
  w->fd = fcntl(like, F_DUPFD_CLOEXEC, 0);
  if (w->fd < 0) return -1;
  if (loop_watch(loop, w->fd, LOOP_READ, on_readable, w, NULL) == 0) return 0;
  close_fd(w);
  errno = ENOMEM;
  return -1;
}

int procwatch_begin(ProcWatch *w, pid_t pid) {
  w->pid = pid;
  int fd = pidfd_open(pid, 0);
  int rc = fd < 0 ? -1 : dup3(fd, w->fd, O_CLOEXEC);
  int why = errno;
  if (fd >= 0) close(fd);
  if (rc >= 0) return 0;
  close_fd(w);
  if (why == ENOSYS || why == EPERM) {
    w->look = loop_timer(w->loop, look_again, on_look, w);
    why = ENOMEM;
  }
  errno = why;
  return w->look ? 0 : -1;
}

void procwatch_wait(const ProcWatch *w, int ms) {
  struct pollfd ended = { .fd = w->fd, .events = POLLIN };
  (void)poll(&ended, 1, ms);
}

void procwatch_stop(ProcWatch *w) {
  if (w->look) loop_timer_cancel(w->loop, w->look);
  w->look = NULL;
  close_fd(w);
}
