/* stranger.c - expected: planted calls sigaction with an action of whose handler nothing is known */
/* SPDX-License-Identifier: MIT */
#include <signal.h>

void planted(int signo, const struct sigaction *action);

void planted(int signo, const struct sigaction *action) {
  (void)sigaction(signo, action, NULL);
}
