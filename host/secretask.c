/* secretask.c - asking for a secret on the terminal. */
/* SPDX-License-Identifier: MIT */
#include "secretread.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include "progress.h"
#include "text.h"

/* Signals that would end or stop us while echo is off. */
static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
enum { SIGNALS = sizeof signals / sizeof *signals };

static volatile sig_atomic_t caught;

static void on_signal(int sig) {
  caught = sig;
}

/* The signals are blocked but while ppoll waits, so none slips in between
   a look at `caught` and the wait. */
typedef struct Guard {
  struct sigaction before[SIGNALS];
  sigset_t mask, open;
} Guard;

static int guard_start(Guard *g) {
  sigset_t set;
  struct sigaction act = {.sa_handler = on_signal};
  sigemptyset(&set);
  sigemptyset(&act.sa_mask);
  for (int i = 0; i < SIGNALS; i++) sigaddset(&set, signals[i]);
  if (pthread_sigmask(SIG_BLOCK, &set, &g->mask) != 0) return -1;
  g->open = g->mask;
  for (int i = 0; i < SIGNALS; i++) {
    sigdelset(&g->open, signals[i]);
    sigaction(signals[i], &act, &g->before[i]);
  }
  caught = 0;
  return 0;
}

static void guard_end(const Guard *g) {
  for (int i = 0; i < SIGNALS; i++)
    sigaction(signals[i], &g->before[i], NULL);
  pthread_sigmask(SIG_SETMASK, &g->mask, NULL);
}

static void write_all(int fd, const char *s, size_t n) {
  while (n > 0) {
    ssize_t k = write(fd, s, n);
    if (k < 0 && errno != EINTR) return;
    if (k > 0) {
      s += k;
      n -= (size_t)k;
    }
  }
}

/* 0 with a line, without its newline; -1 with *why 0 when a signal came, an
   errno, or ENODATA when input ended. */
static int read_line(int tty, const sigset_t *open_mask, Buf *out, int *why) {
  struct pollfd p = {.fd = tty, .events = POLLIN};
  *why = 0;
  for (;;) {
    char c;
    if (ppoll(&p, 1, NULL, open_mask) < 0) {
      if (caught) return -1;
      if (errno == EINTR) continue;
      *why = errno;
      return -1;
    }
    ssize_t n = read(tty, &c, 1);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n <= 0) {
      *why = n < 0 ? errno : ENODATA;
      return -1;
    }
    if (c == '\n') return 0;
    int rc = buf_addc(out, c);
    explicit_bzero(&c, 1);
    if (rc) {
      *why = EMSGSIZE;
      return -1;
    }
  }
}

static int ask_once(int tty, const char *question, Buf *out, int *why) {
  Guard guard;
  struct termios before, quiet;
  buf_reset(out);
  if (tcgetattr(tty, &before) != 0 || guard_start(&guard) != 0) {
    *why = errno;
    return -1;
  }
  quiet = before;
  quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
  quiet.c_lflag |= ICANON | ISIG;
  int rc = -1;
  if (tcsetattr(tty, TCSAFLUSH, &quiet) == 0) {
    progress_hide();
    write_all(tty, question, strlen(question));
    rc = read_line(tty, &guard.open, out, why);
    write_all(tty, "\n", 1);
  } else {
    *why = errno;
  }
  while (tcsetattr(tty, TCSAFLUSH, &before) != 0 && errno == EINTR) continue;
  guard_end(&guard);
  return rc;
}

/* In the background: stops us as reading the terminal would. */
static bool in_foreground(int tty) {
  if (tcgetpgrp(tty) == getpgrp()) return true;
  kill(0, SIGTTIN);
  return tcgetpgrp(tty) == getpgrp();
}

static int ask(int tty, const char *question, Buf *out, Err *err) {
  for (;;) {
    int why = 0;
    if (!in_foreground(tty))
      return err_set(err, ERR_AUTH, "cannot ask for a secret in the "
                     "background");
    if (ask_once(tty, question, out, &why) == 0) return 0;
    if (why == ENODATA)
      return err_set(err, ERR_AUTH, "no answer was given");
    if (why) return err_sys(err, ERR_AUTH, why, "cannot ask for a secret");
    /* The terminal is as it was: now the signal does what it would have. */
    int sig = caught;
    /* SIGSTOP, as the caller may have blocked the other one. */
    kill(getpid(), sig == SIGTSTP ? SIGSTOP : sig);
    if (sig != SIGTSTP)
      return err_set(err, ERR_CANCELLED, "interrupted");
  }
}

int secret_from_prompt(const char *question, Buf *out, Err *err) {
  int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (tty < 0)
    return err_set(err, ERR_AUTH, "there is no terminal to ask for a secret "
                   "on");
  Buf text;
  buf_init(&text, 4096);
  const char *name = *question ? question : "Secret";
  size_t n = strlen(name);
  text_safe(&text, name, n, false);
  buf_puts(&text, strchr(":?", name[n - 1]) ? " " : ": ");
  int rc = ask(tty, buf_str(&text), out, err);
  buf_clear(&text);
  close(tty);
  return rc;
}
