/* proclog.h - a log file with a maximum: its head and tail stay. No Lua.

   The first bytes go to PATH. What comes after them goes to PATH.2; when that
   is full it becomes PATH.1 and a new one begins, so that the last bytes are
   on disk at every instant and no more than head + 2 * tail of them. Closing
   puts the tail behind the head, with a line between that tells how much is
   gone, and removes both. */
/* SPDX-License-Identifier: MIT */
#ifndef PROCLOG_H
#define PROCLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "err.h"

enum { PROCLOG_HEAD = 256 * 1024, PROCLOG_TAIL = 256 * 1024 };

typedef struct ProcLog ProcLog;

typedef struct ProcLogSize {
  uint64_t bytes;      /* that were added, stamps not counted */
  uint64_t dropped;    /* of those between head and tail, stamps counted */
  uint64_t lost;       /* that could not be written: disk full, ... */
} ProcLogSize;

/* Makes the file, mode 0600, or empties it; no symbolic links. head and tail
   in bytes, 0 for the values above. stamps puts the time before each line:
   "2026-11-22T04:05:06.123Z ". NULL on failure. */
ProcLog *proclog_open(const char *path, size_t head, size_t tail, bool stamps,
                      Err *err);

/* Never fails: what cannot be written is counted as lost. */
void proclog_add(ProcLog *log, const void *bytes, size_t n);

/* Frees. size and err may be NULL; -1 when bytes were lost, err says why. */
int proclog_close(ProcLog *log, ProcLogSize *size, Err *err);

/* What proclog_close would have done, for a log whose writer died. Nothing to
   do is fine. Not while somebody writes. */
int proclog_mend(const char *path, Err *err);

#endif
