/* pointer.c - expected: on_pointer > __indirect_call */
/* SPDX-License-Identifier: MIT */
#include <signal.h>

void planted(void (*fn)(void));

static void (*later)(void);

static void on_pointer(int signo) {
  (void)signo;
  later();
}

void planted(void (*fn)(void)) {
  later = fn;
  (void)signal(SIGUSR1, on_pointer);
}
