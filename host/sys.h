/* sys.h - files, descriptors, clock and terminal of this machine. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef SYS_H
#define SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "buf.h"
#include "err.h"

#ifndef ERRAND_VERSION
#define ERRAND_VERSION "0.1.0"
#endif
/* Where main.c leaves the commit it was built from, in Lua's registry. */
#define SYS_COMMIT "host.sys.commit"

/* Appends all that can be read from fd, until end of file; name is for
   messages. More than out->max bytes: ERR_CAP. A signal that interrupts the
   wait ends it with ERR_CANCELLED, so that Ctrl-C is obeyed. */
int sys_read_fd(Buf *out, int fd, const char *name, Err *err);

/* Appends a regular file or what a pipe gives; directories are refused. */
int sys_read_file(Buf *out, const char *path, Err *err);

/* The file holds the old or the new bytes at every instant, power loss
   included: temporary file beside it, fsync, rename, fsync of the directory.
   A symbolic link is followed; anything but a regular file is refused. */
int sys_write_file(const char *path, const void *bytes, size_t n, mode_t mode,
                   Err *err);

/* With parents; an existing directory is fine and keeps its mode. */
int sys_make_dir(const char *path, mode_t mode, Err *err);

/* All n bytes. *broken (nullable) is set when the reader is gone (EPIPE), in
   which case nothing more can be told there. */
int sys_write(int fd, const void *bytes, size_t n, bool *broken, Err *err);

int sys_random(void *bytes, size_t n, Err *err);

double sys_clock(void);   /* seconds since 1970 */
/* Seconds since the machine started, those it slept included, which the
   monotonic clock (loop_now) leaves out. No one sets it. */
double sys_boottime(void);

/* Whether the kernel's clock is kept by somebody (adjtimex), and by how many
   seconds it may be wrong. A guest whose host keeps its clock may never say
   that it is. -1 where the kernel does not tell. */
int sys_synchronised(bool *synchronised, double *error, Err *err);

enum { SYS_UTC = 32 };    /* bytes that sys_utc wants */
/* "2026-11-21T20:10:32Z"; -1 when seconds is beyond the years 0..9999. */
int sys_utc(double seconds, char *out);

typedef struct SysProcess {
  size_t memory;           /* bytes of RAM in use */
  size_t descriptors;      /* open ones */
} SysProcess;

/* Of this process; 0 where the kernel does not tell. */
void sys_process(SysProcess *out);

/* Columns of the terminal at fd, else $COLUMNS, else 80. */
int sys_columns(int fd);
/* Its rows, else $LINES, else 24. */
int sys_rows(int fd);

#endif
