/* console.c - writes to the terminal while something else has it. */
/* SPDX-License-Identifier: MIT */
#include "console.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "buf.h"
#include "progress.h"

enum { KEPT_MAX = 256 * 1024 };

static struct {
  console_hide_fn *hide;
  console_show_fn *show;
  bool held;
  int fd;                /* the terminal that the bytes kept are for */
  Buf kept;
  size_t lost;           /* bytes for which there was no room */
} self = {.kept = {.max = KEPT_MAX + 1}};

ConsoleTurn console_begin(int fd, const char *s, size_t n) {
  if (self.held && isatty(fd)) {
    size_t room = KEPT_MAX - self.kept.len, fits = n < room ? n : room;
    /* Once bytes are left out those behind them would mislead. */
    if (self.lost > 0 || buf_add(&self.kept, s, fits) != 0) fits = 0;
    self.lost += n - fits;
    self.fd = fd;
    return CONSOLE_KEPT;
  }
  if (fd <= STDERR_FILENO) progress_hide();  /* both may be the terminal */
  bool away = self.hide && isatty(fd) && self.hide();
  return away ? CONSOLE_AROUND : CONSOLE_FREE;
}

void console_end(ConsoleTurn turn) {
  if (turn == CONSOLE_AROUND && self.show) self.show();
}

void console_on_write(console_hide_fn *hide, console_show_fn *show) {
  self.hide = hide;
  self.show = show;
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

void console_hold(bool hold) {
  if (hold == self.held) return;
  self.held = hold;
  if (hold) return;
  write_all(self.fd, buf_str(&self.kept), self.kept.len);
  if (self.lost > 0) {
    char note[80];
    int n = snprintf(note, sizeof note, "\nerrand: warning: %zu bytes more "
                     "were written meanwhile\n", self.lost);
    write_all(self.fd, note, (size_t)n);
  }
  buf_clear(&self.kept);
  self.lost = 0;
}
