/* storereserve.c - room on the disk that is kept for results. */
/* SPDX-License-Identifier: MIT */
#include "storepriv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The write-ahead log grows at its end, so room is kept beside it: a file of
   allocated blocks that is deleted when the disk is full. */
static int reserve_path(const Store *s, char out[PATH_MAX], Err *err) {
  int n = snprintf(out, PATH_MAX, "%s.reserve", s->path);
  if (n >= 0 && n < PATH_MAX) return 0;
  return err_sys(err, ERR_FILE, ENAMETOOLONG, "cannot use %s", s->path);
}

static int no_room(Store *s, int errnum, Err *err) {
  s->code = SQLITE_FULL;
  return err_sys(err, ERR_FILE, errnum, "cannot keep %d KiB of room beside the "
                 "store %s for what comes back, so nothing is sent; make room "
                 "on that disk and try again", STORE_RESERVE / 1024, s->path);
}

int store_reserve(Store *s, Err *err) {
  char path[PATH_MAX];
  struct stat st;
  if (s->memory) return 0;
  if (store_alive(s, err) || reserve_path(s, path, err)) return -1;
  if (stat(path, &st) == 0 && st.st_size == STORE_RESERVE) return 0;
  int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return no_room(s, errno, err);
  int rc = posix_fallocate(fd, 0, STORE_RESERVE);
  (void)close(fd);   /* there are no bytes to lose */
  if (rc == 0) return 0;
  (void)unlink(path);   /* what there is of it is of no use */
  return no_room(s, rc, err);
}

/* Opened for each mark: as long as it is open the room is not free. */
static int open_reserve(Store *s, int flags) {
  char path[PATH_MAX];
  if (s->memory || reserve_path(s, path, NULL)) return -1;
  return open(path, flags | O_CLOEXEC | O_NOFOLLOW);
}

void store_mark(Store *s, const char *text) {
  char line[STORE_MARK] = "";
  int fd = open_reserve(s, O_WRONLY);
  if (fd < 0) return;
  int n = snprintf(line, sizeof line, "%s\n", text);
  /* What cannot be marked is not checked later. */
  bool done = n > 0 && (size_t)n < sizeof line &&
              pwrite(fd, line, sizeof line, 0) == (ssize_t)sizeof line;
  (void)done;
  (void)close(fd);
}

bool store_marked(Store *s, char out[STORE_MARK]) {
  int fd = open_reserve(s, O_RDONLY);
  if (fd < 0) return false;
  ssize_t n = pread(fd, out, STORE_MARK, 0);
  (void)close(fd);
  char *end = n == STORE_MARK ? memchr(out, '\n', STORE_MARK) : NULL;
  if (end) *end = '\0';
  return end != NULL;
}

bool store_release(Store *s) {
  char path[PATH_MAX];
  return !s->memory && reserve_path(s, path, NULL) == 0 && unlink(path) == 0;
}
