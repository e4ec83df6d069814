/* replterm.c - the terminal while a line is edited: put back in every case. */
/* SPDX-License-Identifier: MIT */
#include "replterm.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "progress.h"

/* What would end or stop us while a line is edited. The one before
   SIGTSTP may have a handler of its own: the time limit. */
static const int signals[] = {SIGHUP, SIGTERM, SIGQUIT, SIGABRT, SIGALRM,
                              SIGTSTP};
enum { SIGNALS = sizeof signals / sizeof *signals, LOOK_MS = 20 };

static struct {
  volatile sig_atomic_t editing;
  ReplTerm editor;
  struct termios plain;                  /* before the editor */
  bool filled;                           /* a zero byte stood for lost input */
  struct sigaction before[SIGNALS];
  struct sigaction interrupt;            /* SIGINT's, before */
} self;

/* Only what a signal handler may call. */
static void put_back(void) {
  static const char end[] = "\033[?2004l\r\n";
  size_t skip = self.editor.paste ? 0 : sizeof end - 3;
  tcsetattr(STDIN_FILENO, TCSANOW, &self.plain);
  ssize_t n = write(STDERR_FILENO, end + skip, sizeof end - 1 - skip);
  (void)n;    /* nothing could be done about it here */
}

static int slot_of(int signo) {
  int i = 0;
  while (i < SIGNALS - 1 && signals[i] != signo) i++;
  return i;
}

static void deliver(int signo, const sigset_t *open) {
  sigset_t closed;
  raise(signo);
  /* cppcheck-suppress unreachableCode ; raise returns */
  sigprocmask(SIG_UNBLOCK, open, &closed);   /* here it comes */
  sigprocmask(SIG_SETMASK, &closed, NULL);
}

static void on_signal(int signo) {
  int saved = errno;
  struct termios raw;
  struct sigaction mine;
  sigset_t open;
  bool known = tcgetattr(STDIN_FILENO, &raw) == 0;
  if (self.editing) put_back();
  sigemptyset(&open);
  sigaddset(&open, signo);
  sigaction(signo, &self.before[slot_of(signo)], &mine);
  deliver(signo, &open);
  /* Still here: it was stopped and goes on, or had a handler that returned. */
  sigaction(signo, &mine, NULL);
  if (self.editing && known) tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  errno = saved;
}

/* At the end of a process that does not leave the prompt first. */
static void at_exit(void) {
  if (self.editing) put_back();
}

static void on_continue(void *ctx) {
  (void)ctx;
  if (!self.editing) return;
  if (self.editor.paste) fputs("\033[?2004h", self.editor.out);
  self.editor.redraw();
}

static void on_resize(void *ctx) {
  (void)ctx;
  if (self.editing) self.editor.resized();
}

/* What the editor writes must not be cut off by the Ctrl-C that wakes us. */
static int restart_writes(void) {
  if (sigaction(SIGINT, NULL, &self.interrupt) != 0) return -1;
  struct sigaction action = self.interrupt;
  action.sa_flags |= SA_RESTART;
  return sigaction(SIGINT, &action, NULL);
}

static int guard_signals(void) {
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  sigfillset(&action.sa_mask);
  for (int i = 0; i < SIGNALS; i++) {
    if (sigaction(signals[i], NULL, &self.before[i]) != 0) return -1;
    if (self.before[i].sa_handler == SIG_IGN) continue;
    if (sigaction(signals[i], &action, NULL) != 0) return -1;
  }
  return 0;
}

int replterm_enter(Loop *loop, const ReplTerm *editor, Err *err) {
  static bool registered;
  if (tcgetattr(STDIN_FILENO, &self.plain) != 0)
    return err_sys(err, ERR_SCRIPT, errno, "cannot read the terminal's modes");
  if (!registered && atexit(at_exit) != 0)
    return err_set(err, ERR_SCRIPT, "cannot guard the terminal");
  registered = true;
  if (loop_signal(loop, SIGWINCH, on_resize, NULL, err) != 0 ||
      loop_signal(loop, SIGCONT, on_continue, NULL, err) != 0)
    return -1;
  if (restart_writes() != 0)
    return err_sys(err, ERR_SCRIPT, errno, "cannot handle signals");
  self.editor = *editor;
  self.filled = false;
  self.editing = 1;
  progress_allow(false);
  if (guard_signals() == 0) return 0;
  err_sys(err, ERR_SCRIPT, errno, "cannot handle signals");
  replterm_leave(loop);
  return -1;
}

void replterm_leave(Loop *loop) {
  for (int i = 0; i < SIGNALS; i++) {
    struct sigaction now;
    if (sigaction(signals[i], NULL, &now) == 0 && now.sa_handler == on_signal)
      sigaction(signals[i], &self.before[i], NULL);
  }
  self.editing = 0;
  progress_allow(true);
  sigaction(SIGINT, &self.interrupt, NULL);
  loop_signal(loop, SIGWINCH, NULL, NULL, NULL);
  loop_signal(loop, SIGCONT, NULL, NULL, NULL);
}

void replterm_no_wait(void) {
  struct termios raw;
  if (tcgetattr(STDIN_FILENO, &raw) != 0) return;
  raw.c_cc[VMIN] = 0;                    /* nothing there: read gives 0 */
  raw.c_cc[VTIME] = 0;
  tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

int replterm_read(unsigned char *c) {
  ssize_t n = read(STDIN_FILENO, c, 1);
  if (n < 0 && errno != EINTR && errno != EAGAIN) return -1;
  if (n > 0) self.filled = false;
  return n > 0;
}

/* In readline a zero byte only sets the mark and so ends what is typed ahead;
   the end of input ends a paste. */
int replterm_await(void) {
  unsigned char c;
  for (;;) {
    int n = replterm_read(&c);
    if (n != 0) return n > 0 ? c : EOF;
    if (loop_signalled(SIGINT)) {        /* whichever thread it went to */
      self.filled = !self.filled;
      return self.filled ? 0 : EOF;
    }
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    if (poll(&p, 1, LOOK_MS) < 0 && errno != EINTR) return EOF;
    if (p.revents && !(p.revents & POLLIN)) return EOF;
  }
}
