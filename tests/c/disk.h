/* disk.h - a disk under SQLite that is full, fails or kills when it is told to. */
/* SPDX-License-Identifier: MIT */
#ifndef DISK_H
#define DISK_H

#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

enum { DISK_LOG, DISK_DATABASE, DISK_KINDS };

static struct Disk {
  const char *reserve;      /* while that file is there ... */
  bool full;                /* ... others do not grow */
  bool read_only;
  bool fail_sync[DISK_KINDS];
  int fail_writes;          /* so many fail, and the others do not */
  int syncs, changes;       /* flushes; writes and flushes */
  int kill_at_sync, kill_at_change;   /* that number kills; 0: none does */
} disk;

static sqlite3_vfs disk_vfs;
/* The log's methods are others than the database's. */
static sqlite3_io_methods disk_ours[DISK_KINDS], disk_theirs[DISK_KINDS];

static int disk_kind(const sqlite3_file *file) {
  return file->pMethods == &disk_ours[DISK_DATABASE] ? DISK_DATABASE
                                                     : DISK_LOG;
}

static int disk_sync(sqlite3_file *file, int flags) {
  int kind = disk_kind(file);
  if (++disk.syncs == disk.kill_at_sync ||
      ++disk.changes == disk.kill_at_change) raise(SIGKILL);
  if (disk.fail_sync[kind]) return SQLITE_IOERR_FSYNC;
  return disk_theirs[kind].xSync(file, flags);
}

/* The room of a reserve that was given up is there for good. */
static bool disk_has_room(sqlite3_file *file, sqlite3_int64 end) {
  sqlite3_int64 size = 0;
  return !disk.full || access(disk.reserve, F_OK) != 0 ||
         disk_theirs[disk_kind(file)].xFileSize(file, &size) != SQLITE_OK ||
         end <= size;
}

static int disk_write(sqlite3_file *file, const void *bytes, int n,
                      sqlite3_int64 at) {
  if (++disk.changes == disk.kill_at_change) raise(SIGKILL);
  if (disk.fail_writes > 0) {
    disk.fail_writes--;
    return SQLITE_IOERR_WRITE;
  }
  if (!disk_has_room(file, at + n)) return SQLITE_FULL;
  return disk_theirs[disk_kind(file)].xWrite(file, bytes, n, at);
}

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file,
                     int flags, int *out) {
  sqlite3_vfs *real = vfs->pAppData;
  int given = flags;
  if (disk.read_only)
    given = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) |
            SQLITE_OPEN_READONLY;
  int rc = real->xOpen(real, name, file, given, out);
  if (rc || !file->pMethods) return rc;
  int kind = flags & SQLITE_OPEN_MAIN_DB ? DISK_DATABASE : DISK_LOG;
  disk_theirs[kind] = disk_ours[kind] = *file->pMethods;
  disk_ours[kind].xSync = disk_sync;
  disk_ours[kind].xWrite = disk_write;
  file->pMethods = &disk_ours[kind];
  return rc;
}

/* All stores that are opened from now on are on it; reserve is borrowed. */
static void disk_use(const char *reserve) {
  sqlite3_vfs *real = sqlite3_vfs_find(NULL);
  disk_vfs = *real;
  disk_vfs.zName = "disk";
  disk_vfs.xOpen = disk_open;
  disk_vfs.pAppData = real;
  disk.reserve = reserve;
  if (sqlite3_vfs_register(&disk_vfs, 1)) exit(EXIT_FAILURE);
}

#endif
