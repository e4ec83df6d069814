/* loop.h - descriptors, timers, signals and transfers, one thread. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef LOOP_H
#define LOOP_H

#include <stdbool.h>
#include "err.h"

typedef struct Loop Loop;
typedef struct LoopTimer LoopTimer;

enum { LOOP_READ = 1, LOOP_WRITE = 2, LOOP_HANGUP = 4 };

typedef void loop_fn(void *ctx);
typedef void loop_fd_fn(void *ctx, int fd, int events);

Loop *loop_new(Err *err);          /* NULL on failure */
void loop_free(Loop *loop);       /* pending timers do not fire; NULL is fine */

/* Monotonic seconds. */
double loop_now(void);

/* One-shot; owned by the loop until it has fired or was cancelled, after
   which the pointer is dead. NULL when out of memory. Timers due at the same
   time fire in order of creation. */
LoopTimer *loop_timer(Loop *loop, double seconds, loop_fn *fn, void *ctx);
void loop_timer_cancel(Loop *loop, LoopTimer *timer);

/* One watcher a descriptor; the descriptor stays the caller's. */
int loop_watch(Loop *loop, int fd, int events, loop_fd_fn *fn, void *ctx,
               Err *err);
void loop_unwatch(Loop *loop, int fd);

/* fn runs on the loop after the signal came (self-pipe; the handler itself
   only sets a flag and writes a byte). NULL fn restores the default. Waiting
   for signals alone does not make the loop busy. Where it is watched already
   fn takes the place of the one before and the handler stays, so that no
   signal meets the default in between. */
int loop_signal(Loop *loop, int signo, loop_fn *fn, void *ctx, Err *err);

/* The handler itself, for those who install one of their own after loop_signal
   and have this one do the rest. Async-signal-safe. */
void loop_on_signal(int signo);

/* True once signo came, until its callback runs. Whoever waits for something
   beside the loop looks here. */
bool loop_signalled(int signo);

/* The transfer engine (CURLM *), created on first use so that a program that
   never talks HTTP never starts libcurl. NULL on failure. */
void *loop_transfers(Loop *loop, Err *err);
/* Called for each finished transfer: easy handle and CURLcode. */
typedef void loop_transfer_fn(void *easy, int code);
void loop_on_transfer(Loop *loop, loop_transfer_fn *fn);
/* A transfer was added to or removed from the engine. */
void loop_transfer_count(Loop *loop, int delta);
/* For a transfer's callback: until libcurl returns no signal is delivered to
   this thread, nor ever to one that libcurl starts meanwhile. */
void loop_block_signals(Loop *loop);

/* One turn: waits at most max_wait seconds (0 polls, negative = no limit)
   for something to do and does it. 0, or -1 when waiting itself failed.
   Returns at once when nothing could ever happen. Callbacks may add and
   cancel anything, and may run turns of their own. */
int loop_step(Loop *loop, double max_wait, Err *err);

/* Anything left that could ever happen: timers, watchers, transfers. */
bool loop_busy(const Loop *loop);

#endif
