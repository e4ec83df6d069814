/* clockwatch.h - tells when the wall clock was set or the machine slept. No
   Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef CLOCKWATCH_H
#define CLOCKWATCH_H

#include "err.h"
#include "loop.h"

typedef struct ClockWatch ClockWatch;

typedef struct ClockStep {
  double stepped;    /* seconds the wall clock was set on; below 0: back */
  double slept;      /* seconds the machine was suspended */
} ClockStep;

/* On the loop, after each step since the last one; may free w. A step below a
   millisecond is none: that is what a kept clock does all day. */
typedef void clockwatch_fn(void *ctx, const ClockStep *step);

/* The kernel wakes the loop when the clock is set (TFD_TIMER_CANCEL_ON_SET).
   NULL on failure. */
ClockWatch *clockwatch_new(Loop *loop, clockwatch_fn *fn, void *ctx,
                           Err *err);
void clockwatch_free(ClockWatch *w);    /* NULL is fine */

#endif
