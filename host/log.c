/* log.c - one line per record on stderr, secrets out, controls escaped. */
/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include "buf.h"
#include "console.h"
#include "redact.h"
#include "text.h"

enum {
  ONCE_MAX = 64,        /* keys; beyond that a warning is repeated */
  STALL_MAX = 1000      /* milliseconds a full pipe may hold us up */
};

/* The buffers are kept: a trace writes one record a request. */
static struct {
  LogLevel level;
  int fd;
  Buf raw, clean, line;
  char *once[ONCE_MAX];
  size_t nonce;
} state = {
  .level = LOG_INFO,
  .fd = STDERR_FILENO,
  .raw = {.max = SIZE_MAX},
  .clean = {.max = SIZE_MAX},
  .line = {.max = SIZE_MAX},
};

void log_set_level(LogLevel level) {
  state.level = level;
}

LogLevel log_level(void) {
  return state.level;
}

int log_enabled(LogLevel level) {
  return level <= state.level;
}

void log_set_fd(int fd) {
  state.fd = fd;
}

static void write_all(int fd, const char *s, size_t n) {
  while (n > 0) {
    ssize_t k = write(fd, s, n);
    if (k >= 0) {
      s += k;
      n -= (size_t)k;
    } else if (errno == EAGAIN) {
      struct pollfd p = {.fd = fd, .events = POLLOUT};
      if (poll(&p, 1, STALL_MAX) == 0) return;
    } else if (errno != EINTR) {
      return;   /* closed or full: the work goes on without a log */
    }
  }
}

/* A reader of stderr that has gone must not end the program by SIGPIPE. */
static void write_quietly(int fd, const char *s, size_t n) {
  sigset_t pipe_set, old, pending;
  sigemptyset(&pipe_set);
  sigaddset(&pipe_set, SIGPIPE);
  bool before = sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE);
  if (pthread_sigmask(SIG_BLOCK, &pipe_set, &old) != 0) return;
  write_all(fd, s, n);
  bool after = sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE);
  if (after && !before) {
    const struct timespec now = {0, 0};
    while (sigtimedwait(&pipe_set, NULL, &now) < 0 && errno == EINTR) continue;
  }
  pthread_sigmask(SIG_SETMASK, &old, NULL);
}

#define NO_MEMORY "no memory for a log record"

static const char *prefix(LogLevel level) {
  switch (level) {
    case LOG_ERROR: return "errand: error: ";
    case LOG_WARN: return "errand: warning: ";
    default: return "errand: ";
  }
}

void log_bytes(LogLevel level, const char *s, size_t n) {
  if (!log_enabled(level)) return;
  int saved = errno;
  if (n > 0 && s[n - 1] == '\n') n--;
  buf_reset(&state.clean);
  buf_reset(&state.line);
  /* Said without memory when there is none: silence would be worse. */
  bool made = buf_puts(&state.line, prefix(level)) == 0 &&
              redact_text(&state.clean, s, n) == 0 &&
              text_safe(&state.line, state.clean.data, state.clean.len,
                        false) == 0 &&
              buf_addc(&state.line, '\n') == 0;
  const char *record =
    made ? buf_str(&state.line) : "errand: " NO_MEMORY "\n";
  size_t len = strlen(record);
  ConsoleTurn turn = console_begin(state.fd, record, len);
  if (turn != CONSOLE_KEPT) write_quietly(state.fd, record, len);
  console_end(turn);
  errno = saved;
}

static void log_format(LogLevel level, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

static void log_format(LogLevel level, const char *fmt, va_list ap) {
  if (!log_enabled(level)) return;
  int saved = errno;
  buf_reset(&state.raw);
  if (buf_vprintf(&state.raw, fmt, ap) == 0)
    log_bytes(level, state.raw.data, state.raw.len);
  else
    log_bytes(level, NO_MEMORY, sizeof NO_MEMORY - 1);
  if (state.raw.data) explicit_bzero(state.raw.data, state.raw.cap);
  errno = saved;
}

void log_write(LogLevel level, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  log_format(level, fmt, ap);
  va_end(ap);
}

void log_warn_once(const char *key, const char *fmt, ...) {
  for (size_t i = 0; i < state.nonce; i++)
    if (strcmp(state.once[i], key) == 0) return;
  /* Without memory for the key the warning is repeated. */
  if (state.nonce < ONCE_MAX && (state.once[state.nonce] = strdup(key)))
    state.nonce++;
  va_list ap;
  va_start(ap, fmt);
  log_format(LOG_WARN, fmt, ap);
  va_end(ap);
}
