/* proc.c - a supervised child process: limits, a bounded log, its end. */
/* SPDX-License-Identifier: MIT */
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proclog.h"
#include "procspawn.h"
#include "procwatch.h"

enum {
  BLOCK = 64 * 1024,
  PIPE = 1024 * 1024,      /* more than any pipe holds by default */
  GRACE = 10,
  FREE_MS = 2000, LOOK_MS = 5
};

struct Proc {
  Loop *loop;
  proc_fn *fn;
  void *ctx;
  pid_t pid;               /* 0 once it was waited for */
  int fd;                  /* its output; -1 while not open */
  ProcWatch watch;         /* its end */
  ProcLog *log;            /* NULL: output is counted only */
  LoopTimer *timeout, *kill;
  double grace, started, kill_due;
  bool keep_group;
  ProcEnd end;
};

/* ---- its output ---- */

static void close_output(Proc *p) {
  if (p->fd < 0) return;
  loop_unwatch(p->loop, p->fd);
  close(p->fd);
  p->fd = -1;
}

/* One read; what there was. 0 at the end, -1 when there is nothing now. */
static ssize_t take_output(Proc *p) {
  char bytes[BLOCK];
  ssize_t n = read(p->fd, bytes, sizeof bytes);
  if (n > 0) {
    p->end.output += (uint64_t)n;
    if (p->log) proclog_add(p->log, bytes, (size_t)n);
  } else if (n < 0 && errno != EAGAIN && errno != EINTR) {
    n = 0;
  }
  return n;
}

/* One read a turn, so that a child that never stops writing leaves time for
   all else. */
static void on_output(void *ctx, int fd, int events) {
  Proc *p = ctx;
  (void)fd, (void)events;
  if (take_output(p) == 0) close_output(p);
}

/* What was in the pipe when the child ended is no more than a pipe holds. Who
   has it open now and goes on writing is not waited for. */
static void drain(Proc *p) {
  for (ssize_t left = PIPE; p->fd >= 0 && left > 0;) {
    ssize_t n = take_output(p);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    left -= n;
  }
  close_output(p);
}

static void close_log(Proc *p) {
  ProcLogSize size;
  if (!p->log) return;
  (void)proclog_close(p->log, &size, &p->end.log_err);
  p->log = NULL;
  p->end.dropped = size.dropped;
  p->end.lost = size.lost;
}

/* ---- its end ---- */

static double seconds(struct timeval t) {
  return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* False while it lives. The group is killed before that: as long as the child
   was not waited for nobody else can have its number. */
static bool reap(Proc *p, bool kill_group) {
  struct rusage used;
  int status = 0;
  pid_t pid;
  if (kill_group) (void)kill(-p->pid, SIGKILL);
  do pid = wait4(p->pid, &status, WNOHANG, &used);
  while (pid < 0 && errno == EINTR);
  if (pid == 0) return false;
  p->end.leftovers = kill_group && kill(-p->pid, 0) == 0;
  p->end.known = pid > 0;
  p->end.code = -1;
  if (pid > 0) {
    if (WIFEXITED(status)) p->end.code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) {
      p->end.signal = WTERMSIG(status);
      p->end.core = WCOREDUMP(status);
    }
    p->end.user = seconds(used.ru_utime);
    p->end.system = seconds(used.ru_stime);
    p->end.peak = (uint64_t)used.ru_maxrss * 1024;
  }
  p->end.seconds = loop_now() - p->started;
  p->pid = 0;
  return true;
}

static void release(Proc *p) {
  if (p->timeout) loop_timer_cancel(p->loop, p->timeout);
  if (p->kill) loop_timer_cancel(p->loop, p->kill);
  p->timeout = p->kill = NULL;
  procwatch_stop(&p->watch);
  drain(p);
  close_log(p);
}

static void tell_end(Proc *p) {
  release(p);
  const ProcEnd end = p->end;
  p->fn(p->ctx, p, &end);
}

void proc_free(Proc *p) {
  if (!p) return;
  if (p->pid > 0) {
    (void)kill(-p->pid, SIGKILL);
    /* One that hangs in the kernel is left to whoever inherits it. */
    for (int ms = 0; ms < FREE_MS && !reap(p, true); ms += LOOK_MS)
      procwatch_wait(&p->watch, LOOK_MS);
  }
  release(p);
  free(p);
}

/* ---- stopping ---- */

pid_t proc_pid(const Proc *p) {
  return p->pid;
}

int proc_signal(Proc *p, int signo) {
  if (p->pid > 0) return kill(-p->pid, signo);
  errno = ESRCH;
  return -1;
}

static void kill_now(Proc *p) {
  if (proc_signal(p, SIGKILL) == 0) p->end.killed = true;
}

static void on_kill(void *ctx) {
  Proc *p = ctx;
  p->kill = NULL;
  kill_now(p);
}

void proc_stop(Proc *p, double grace) {
  if (p->pid <= 0) return;
  double due = loop_now() + (grace > 0 ? grace : 0);
  p->end.stopped = true;
  (void)proc_signal(p, SIGTERM);
  (void)proc_signal(p, SIGCONT);
  if (p->kill && p->kill_due <= due) return;
  if (p->kill) loop_timer_cancel(p->loop, p->kill);
  p->kill_due = due;
  p->kill = loop_timer(p->loop, grace, on_kill, p);
  if (!p->kill) kill_now(p);   /* rather too soon than never */
}

static void on_timeout(void *ctx) {
  Proc *p = ctx;
  p->timeout = NULL;
  p->end.timed_out = true;
  proc_stop(p, p->grace);
}

/* ---- starting ---- */

static void on_end(void *ctx, bool blind) {
  Proc *p = ctx;
  if (!blind && !reap(p, !p->keep_group)) return;
  if (blind) {
    kill_now(p);               /* better ended than unwatched */
    while (!reap(p, true)) procwatch_wait(&p->watch, LOOK_MS);
  }
  tell_end(p);
}

/* All that can fail is done before the child exists. The pipe's other end, or
   -1. */
static int prepare(Proc *p, const ProcSpec *spec, Err *err) {
  int fds[2] = { -1, -1 };
  if (spec->log) {
    p->log = proclog_open(spec->log, spec->log_head, spec->log_tail,
                          spec->log_stamps, err);
    if (!p->log) return -1;
  }
  if (pipe2(fds, O_CLOEXEC)) goto fail;
  p->fd = fds[0];
  if (procwatch_reserve(&p->watch, p->loop, fds[0], on_end, p) ||
      fcntl(fds[0], F_SETFL, O_NONBLOCK))
    goto fail;
  if (spec->timeout > 0) {
    p->timeout = loop_timer(p->loop, spec->timeout, on_timeout, p);
    if (!p->timeout) {
      errno = ENOMEM;
      goto fail;
    }
  }
  if (loop_watch(p->loop, p->fd, LOOP_READ, on_output, p, err)) {
    close(fds[1]);
    return -1;
  }
  return fds[1];
fail:
  err_sys(err, ERR_SCRIPT, errno, "cannot start %s", spec->program);
  if (err) err->retryable = true;
  if (fds[1] >= 0) close(fds[1]);
  return -1;
}

Proc *proc_start(Loop *loop, const ProcSpec *spec, proc_fn *fn, void *ctx,
                 Err *err) {
  Proc *p = calloc(1, sizeof *p);
  if (!p) {
    err_set(err, ERR_SCRIPT, "cannot start %s: out of memory", spec->program);
    return NULL;
  }
  p->loop = loop;
  p->fn = fn;
  p->ctx = ctx;
  p->watch.fd = p->fd = -1;
  p->grace = spec->grace > 0 ? spec->grace : GRACE;
  p->keep_group = spec->keep_group;
  p->started = loop_now();
  int output = prepare(p, spec, err);
  if (output < 0) goto fail;
  p->pid = procspawn(spec, output, &p->end.oom_applied, err);
  close(output);
  if (p->pid < 0) {
    p->pid = 0;
    goto fail;
  }
  if (procwatch_begin(&p->watch, p->pid) == 0) return p;
  err_sys(err, ERR_SCRIPT, errno, "cannot watch process %ld", (long)p->pid);
fail:
  proc_free(p);
  return NULL;
}
