/* procwatch.h - a child's end, told by a pidfd on the loop or, where the kernel
   gives none, by looking now and then. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef PROCWATCH_H
#define PROCWATCH_H

#include <stdbool.h>
#include <sys/types.h>
#include "loop.h"

/* The child can be waited for now. With blind it may still run: no memory was
   left to look again, nobody will tell, and the owner should end it. The watch
   may be gone on return. */
typedef void procwatch_fn(void *ctx, bool blind);

typedef struct ProcWatch {
  Loop *loop;            /* borrowed */
  procwatch_fn *fn;
  void *ctx;
  pid_t pid;
  int fd;                /* readable once it has ended; -1 while not open, and
                            before anything is reserved */
  LoopTimer *look;       /* where there is no pidfd */
} ProcWatch;

/* Before the child is made, so that little can fail afterwards: takes the
   number of a descriptor, for now a copy of `like`. The loop must not turn until
   the watch is begun or stopped. 0, or -1 with errno. */
int procwatch_reserve(ProcWatch *w, Loop *loop, int like, procwatch_fn *fn,
                      void *ctx);

/* The child is there. 0, or -1 with errno, when nobody will tell of its end. */
int procwatch_begin(ProcWatch *w, pid_t pid);

/* Sleeps until it has ended, or for so many milliseconds. */
void procwatch_wait(const ProcWatch *w, int ms);

/* Tells no more; harmless where nothing was begun. */
void procwatch_stop(ProcWatch *w);

#endif
