/* thread.c - expected: planted calls pthread_create */
/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stddef.h>

void planted(void);

static void *work(void *ctx) {
  return ctx;
}

void planted(void) {
  pthread_t thread;
  (void)pthread_create(&thread, NULL, work, NULL);
}
