/* proc.h - a supervised child process: limits, a bounded log, its end. No Lua.

   The child leads a session and process group of its own; signals go to the
   group. Its output goes through a pipe into a log that is bounded, so that
   it is never held up and costs no more than that. Its end is told on
   the loop. Whoever makes processes here must leave SIGCHLD alone and not
   wait for any child but its own. */
/* SPDX-License-Identifier: MIT */
#ifndef PROC_H
#define PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "err.h"
#include "loop.h"

typedef struct Proc Proc;

/* What becomes of a child whose parent dies, however that goes. That no other
   starts the same work meanwhile is for a lock to see to: a child may ignore
   the signal, and its own children never get it. */
typedef enum ProcOrphan {
  PROC_ORPHAN_TERM,      /* SIGTERM: it may come to an orderly end */
  PROC_ORPHAN_KILL,
  PROC_ORPHAN_LEAVE      /* it goes on; its output has no reader */
} ProcOrphan;

/* All borrowed for the call; zero means the default. */
typedef struct ProcSpec {
  const char *program;             /* without a slash: looked for in PATH */
  const char *const *args;         /* after the program; NULL-terminated */
  const char *const *environment;  /* "NAME=value"; NULL: that of ours */
  const char *directory;           /* NULL: ours */
  const char *log;                 /* file; NULL: output is thrown away */
  size_t log_head, log_tail;       /* as proclog_open */
  bool log_stamps;
  /* Where a hard limit of ours is lower, that one. 0: as ours. */
  uint64_t address_space, file_size, open_files;
  bool renice;
  int nice;                        /* absolute, with renice */
  bool oom;
  int oom_score_adj;               /* -1000..1000, with oom */
  ProcOrphan orphan;
  bool keep_group;                 /* what is left of the group lives on */
  double timeout;                  /* seconds; then as proc_stop */
  double grace;                    /* between TERM and KILL; 0 = 10 seconds */
} ProcSpec;

typedef struct ProcEnd {
  bool known;              /* false: somebody else took the status */
  int code;                /* of exit, -1 if a signal ended it */
  int signal;              /* that ended it, 0 if none */
  bool core;
  bool stopped;            /* proc_stop or the time-out asked for it */
  bool timed_out;
  bool killed;             /* it did not heed TERM for the grace */
  bool leftovers;          /* others of its group outlived it */
  double seconds, user, system;
  uint64_t peak;           /* bytes of memory; at least what we had when it was
                              started, for the kernel counts from the fork */
  uint64_t output, dropped, lost;  /* bytes, see proclog.h */
  bool oom_applied;
  Err log_err;             /* why bytes were lost; kind ERR_NONE if not */
} ProcEnd;

/* On the loop, once; may free p. */
typedef void proc_fn(void *ctx, Proc *p, const ProcEnd *end);

/* NULL on failure, in one sentence, with err->retryable where the machine
   lacks something that it may have later: processes, memory, descriptors. */
Proc *proc_start(Loop *loop, const ProcSpec *spec, proc_fn *fn, void *ctx,
                 Err *err);

pid_t proc_pid(const Proc *p);         /* 0 once it has ended */

/* TERM to the group (and CONT, lest a stopped one sleep through it), KILL
   after grace seconds. Again: the sooner of the two KILLs counts. Nothing if
   it has ended. */
void proc_stop(Proc *p, double grace);

/* A signal to the group. -1 with errno; ESRCH if it has ended. */
int proc_signal(Proc *p, int signo);

/* Kills at once what still runs, and then tells nobody. NULL is fine. */
void proc_free(Proc *p);

#endif
