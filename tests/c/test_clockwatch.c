/* test_clockwatch.c - steps of a clock that is ours. */
/* SPDX-License-Identifier: MIT */
#include "clockwatch.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include "sys.h"
#include "tap.h"

/* Nobody but the administrator may set a clock, and no test should: so the
   clocks that clockwatch.c reads are shifted, and its timer is an eventfd. */
static double wall_shift, boot_shift;
static bool fake = true;
static int timer = -1, armed;

int __real_clock_gettime(clockid_t clock, struct timespec *t);
int __wrap_clock_gettime(clockid_t clock, struct timespec *t);
int __real_timerfd_create(int clock, int flags);
int __wrap_timerfd_create(int clock, int flags);
int __real_timerfd_settime(int fd, int flags, const struct itimerspec *when,
                           struct itimerspec *was);
int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *when,
                           struct itimerspec *was);

int __wrap_clock_gettime(clockid_t clock, struct timespec *t) {
  int rc = __real_clock_gettime(clock, t);
  double shift = clock == CLOCK_REALTIME ? wall_shift + boot_shift
               : clock == CLOCK_BOOTTIME ? boot_shift : 0;
  long long ns = t->tv_nsec + (long long)(shift * 1e9);
  t->tv_sec += (time_t)(ns / 1000000000);
  t->tv_nsec = (long)(ns % 1000000000);
  if (t->tv_nsec < 0) {
    t->tv_nsec += 1000000000;
    t->tv_sec--;
  }
  return rc;
}

int __wrap_timerfd_create(int clock, int flags) {
  if (!fake) return __real_timerfd_create(clock, flags);
  return timer = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *when,
                           struct itimerspec *was) {
  armed++;
  return fake ? 0 : __real_timerfd_settime(fd, flags, when, was);
}

static Loop *loop;
static ClockWatch *watch;
static ClockStep seen;
static int steps;
static bool free_inside;

static void on_step(void *ctx, const ClockStep *step) {
  (void)ctx;
  seen = *step;
  steps++;
  if (!free_inside) return;
  clockwatch_free(watch);
  watch = NULL;
}

static bool near(double a, double b) {
  return a - b < 0.01 && b - a < 0.01;
}

static void shift(double wall, double asleep) {
  Err err;
  uint64_t one = 1;
  wall_shift += wall;
  boot_shift += asleep;
  steps = 0;
  seen = (ClockStep){ 99, 99 };
  ok(write(timer, &one, sizeof one) == sizeof one, "the clock is set");
  (void)loop_step(loop, 1, &err);
}

static void test_steps(void) {
  shift(3600, 0);
  ok(steps == 1 && near(seen.stepped, 3600) && near(seen.slept, 0), "forward");
  shift(-7200, 0);
  ok(steps == 1 && near(seen.stepped, -7200) && near(seen.slept, 0), "back");
  shift(0, 86400);
  ok(steps == 1 && near(seen.stepped, 0) && near(seen.slept, 86400), "asleep");
  shift(-1.5, 30);
  ok(steps == 1 && near(seen.stepped, -1.5) && near(seen.slept, 30), "both");
  shift(0, 0);
  is_int(steps, 0, "set to what it was is nothing");
  shift(0.0006, 0);
  is_int(steps, 0, "nor is less than a millisecond");
  shift(0.0006, 0);
  is_int(steps, 1, "but it adds up");
  is_int(armed, 8, "it is armed anew each time");
}

static void test_real(void) {
  Err err;
  fake = false;
  ClockWatch *w = clockwatch_new(loop, on_step, NULL, &err);
  steps = 0;
  ok(w, "the kernel knows such a timer");
  (void)loop_step(loop, 0.05, &err);
  is_int(steps, 0, "which is quiet while nobody sets the clock");
  clockwatch_free(w);
}

static void test_sys(void) {
  Err err;
  bool synchronised = false;
  double error = -1;
  int rc = sys_synchronised(&synchronised, &error, &err);
  ok(rc == 0 ? error >= 0 : err.text[0] != '\0', "the kernel tells, or not");
  double from = sys_boottime();
  ok(from > 0 && sys_boottime() >= from, "time since the start grows");
}

int main(void) {
  Err err;
  loop = loop_new(&err);
  watch = clockwatch_new(loop, on_step, NULL, &err);
  if (!ok(watch, "set up")) return done();
  test_steps();
  free_inside = true;
  shift(5, 0);
  ok(steps == 1 && !watch && !loop_busy(loop), "the callback may free it");
  test_real();
  test_sys();
  clockwatch_free(NULL);
  loop_free(loop);
  return done();
}
