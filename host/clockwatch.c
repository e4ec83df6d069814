/* clockwatch.c - tells when the wall clock was set or the machine slept. */
/* SPDX-License-Identifier: MIT */
#include "clockwatch.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#ifndef TFD_TIMER_CANCEL_ON_SET
#define TFD_TIMER_CANCEL_ON_SET (1 << 1)
#endif

enum { LEAST_NS = 1000000, ROUNDS = 5 };

/* In nanoseconds: a double of seconds since 1970 knows no microseconds. */
typedef struct Clocks {
  int64_t wall_boot;      /* wall clock minus boot time: changes when set */
  int64_t boot_mono;      /* boot time minus monotonic: time spent asleep */
} Clocks;

struct ClockWatch {
  Loop *loop;
  int fd;
  clockwatch_fn *fn;
  void *ctx;
  Clocks was;
};

static int64_t ns(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);      /* cannot fail with these */
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Clocks cannot be read at the same instant: the reading that took the least
   time counts, should we have been interrupted between two of them. */
static Clocks read_clocks(void) {
  Clocks best = { 0, 0 };
  int64_t least = INT64_MAX;
  for (int i = 0; i < ROUNDS; i++) {
    int64_t from = ns(CLOCK_MONOTONIC), boot = ns(CLOCK_BOOTTIME);
    int64_t wall = ns(CLOCK_REALTIME), to = ns(CLOCK_MONOTONIC);
    if (to - from >= least) continue;
    least = to - from;
    best = (Clocks){ wall - boot, boot - from };
  }
  return best;
}

/* It expires in the year 2255, and is cancelled whenever the clock is set. */
static int arm(const ClockWatch *w) {
  const struct itimerspec never = { .it_value.tv_sec = 9000000000 };
  return timerfd_settime(w->fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
                         &never, NULL);
}

static void on_set(void *ctx, int fd, int events) {
  ClockWatch *w = ctx;
  uint64_t expired;
  (void)events;
  /* ECANCELED tells of a change; until it is read the descriptor is ready. */
  ssize_t n = read(fd, &expired, sizeof expired);
  (void)n;
  (void)arm(w);
  const Clocks now = read_clocks();
  int64_t stepped = now.wall_boot - w->was.wall_boot;
  int64_t slept = now.boot_mono - w->was.boot_mono;
  if (llabs(stepped) < LEAST_NS && slept < LEAST_NS) return;
  w->was = now;
  const ClockStep step = {
    llabs(stepped) < LEAST_NS ? 0 : (double)stepped / 1e9,
    slept < LEAST_NS ? 0 : (double)slept / 1e9
  };
  w->fn(w->ctx, &step);
}

ClockWatch *clockwatch_new(Loop *loop, clockwatch_fn *fn, void *ctx,
                           Err *err) {
  ClockWatch *w = malloc(sizeof *w);
  if (!w) {
    err_set(err, ERR_SCRIPT, "out of memory");
    return NULL;
  }
  *w = (ClockWatch){ .loop = loop, .fd = -1, .fn = fn, .ctx = ctx };
  w->fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  if (w->fd < 0 || arm(w)) {
    err_sys(err, ERR_SCRIPT, errno, "cannot watch the clock");
    goto fail;
  }
  if (loop_watch(loop, w->fd, LOOP_READ, on_set, w, err)) goto fail;
  w->was = read_clocks();
  return w;
fail:
  clockwatch_free(w);
  return NULL;
}

void clockwatch_free(ClockWatch *w) {
  if (!w) return;
  if (w->fd >= 0) {
    loop_unwatch(w->loop, w->fd);
    close(w->fd);
  }
  free(w);
}
