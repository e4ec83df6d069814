/* deep.c - expected: on_deep > tidy > keep > malloc */
/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdlib.h>

void planted(void);

static void *kept;

static void keep(void) {
  kept = malloc(10);
}

static void tidy(int times) {
  if (times > 1) tidy(times - 1);
  keep();
}

static void on_deep(int signo) {
  tidy(signo);
}

void planted(void) {
  struct sigaction action = {.sa_flags = SA_RESTART, .sa_handler = on_deep};
  sigemptyset(&action.sa_mask);
  (void)sigaction(SIGUSR1, &action, NULL);
}
