/* outfile.h - a file that is replaced whole or not at all. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef OUTFILE_H
#define OUTFILE_H

#include <stddef.h>
#include <sys/types.h>
#include "err.h"

typedef struct OutFile OutFile;

#define OUTFILE_KEEP ((mode_t)-1)

/* A temporary file in the directory of path, which nobody else can read: one
   without a name where the file system has such (nothing is left of it
   however the program ends), else one named like path with something added.
   A symbolic link is followed; a path that is there and no regular file is
   refused. NULL on failure, ERR_FILE. */
OutFile *outfile_open(const char *path, Err *err);

/* All n bytes at the end. */
int outfile_write(OutFile *f, const void *bytes, size_t n, Err *err);

/* Takes everything out again that was written. */
int outfile_empty(OutFile *f, Err *err);

/* Flushes the bytes, puts them in place of path and flushes the directory: at
   every instant path has the old or the new bytes, power loss included. mode:
   OUTFILE_KEEP takes that of the file replaced, else what the umask leaves.
   Frees f in every case; on failure path is as it was, unless it is the
   directory that cannot be flushed. */
int outfile_commit(OutFile *f, mode_t mode, Err *err);

/* As if it had never been opened. NULL is fine. */
void outfile_discard(OutFile *f);

#endif
