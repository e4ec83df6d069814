/* errno.c - expected: on_errno calls write, and never puts errno back */
/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <unistd.h>

void planted(void);

static void on_errno(int signo) {
  (void)signo;
  if (write(STDERR_FILENO, "x", 1) != 1) return;
}

void planted(void) {
  (void)signal(SIGUSR1, on_errno);
}
