/* unnamed.c - expected: which function is 'choose()' */
/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdio.h>

void planted(void);

static void on_unnamed(int signo) {
  printf("%d\n", signo);
}

static void (*choose(void))(int) {
  return on_unnamed;
}

void planted(void) {
  struct sigaction action = {0};
  action.sa_handler = choose();
  (void)sigaction(SIGUSR1, &action, NULL);
}
