/* tokenlogout.c - removes tokens kept on disk, while nobody buys one. */
/* SPDX-License-Identifier: MIT */
#include "tokencache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>
#include "loop.h"

#define SUFFIX ".token"
#define LOCK ".lock"

enum { NAMES_MAX = 1 << 20 };

/* NAME and NAME@WAY, of which no dot is a part. */
static bool is_of(const char *file, const char *name) {
  size_t n = name ? strlen(name) : 0;
  return !name || (strncmp(file, name, n) == 0 &&
                   (file[n] == '.' || file[n] == '@'));
}

/* "NAME.token"; a killed process may have left "NAME.token.12345678". */
static bool is_token_of(const char *file, const char *name, bool *whole) {
  const char *end = file + strcspn(file, ".");
  if (!is_of(file, name) || strncmp(end, SUFFIX, sizeof SUFFIX - 1) != 0)
    return false;
  end += sizeof SUFFIX - 1;
  *whole = *end == '\0';
  return *whole || (*end == '.' && strlen(end) == 9);
}

static int remove_all(DIR *d, const char *dir, const char *name, Buf *removed,
                      Err *err) {
  bool whole;
  rewinddir(d);
  for (struct dirent *e; (errno = 0, e = readdir(d));) {
    if (!is_token_of(e->d_name, name, &whole)) continue;
    if (unlinkat(dirfd(d), e->d_name, 0) && errno != ENOENT)
      return err_sys(err, ERR_FILE, errno, "cannot remove %s/%s", dir,
                     e->d_name);
    if (!whole) continue;
    if (buf_printf(removed, "%s/%s", dir, e->d_name) ||
        buf_addc(removed, '\0'))
      return err_set(err, ERR_SCRIPT, "out of memory");
  }
  return errno ? err_sys(err, ERR_FILE, errno, "cannot read %s", dir) : 0;
}

/* Each with a zero byte after it. */
static int find_locks(DIR *d, const char *dir, const char *name, Buf *out,
                      Err *err) {
  for (struct dirent *e; (errno = 0, e = readdir(d));)
    if (is_of(e->d_name, name) &&
        strcmp(e->d_name + strcspn(e->d_name, "."), LOCK) == 0 &&
        (buf_puts(out, e->d_name) || buf_addc(out, '\0')))
      return err_set(err, ERR_SCRIPT, "out of memory");
  return errno ? err_sys(err, ERR_FILE, errno, "cannot read %s", dir) : 0;
}

/* The descriptor that holds it; -1: somebody else still does, or it is no
   lock that errand has made. */
static int take_lock(int dir, const char *file, double end, bool *busy) {
  const struct timespec pause = { .tv_nsec = 50L * 1000 * 1000 };
  int fd = openat(dir, file, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB)) {
    *busy = errno == EWOULDBLOCK;
    if (*busy && loop_now() < end && nanosleep(&pause, NULL) == 0) continue;
    (void)close(fd);
    return -1;
  }
  *busy = false;
  return fd;
}

/* A process that is logging in would put its token there afterwards: it is
   waited for, and its token removed before anybody can take it. */
static int remove_locked(DIR *d, const char *dir, const char *name, double wait,
                         Buf *removed, Err *err) {
  Buf locks;
  double end = loop_now() + wait;
  const char *left = NULL;
  buf_init(&locks, NAMES_MAX);
  int rc = find_locks(d, dir, name, &locks, err);
  const char *stop = buf_str(&locks) + locks.len;
  for (const char *p = buf_str(&locks); !rc && p < stop; p += strlen(p) + 1) {
    char one[NAME_MAX + 1];
    bool busy = false;
    int fd = take_lock(dirfd(d), p, end, &busy);
    if (busy) left = p;
    size_t n = strcspn(p, ".");
    memcpy(one, p, n);
    one[n] = '\0';
    rc = remove_all(d, dir, one, removed, err);
    if (fd >= 0) (void)close(fd);
  }
  if (!rc) rc = remove_all(d, dir, name, removed, err);
  if (!rc && left)
    rc = err_set(err, ERR_FILE, "the tokens that were kept are removed, but "
                 "another process has been logging in for %.0f s and may keep "
                 "a new one (it has locked %s/%s); end it, or run errand "
                 "logout again", wait, dir, left);
  buf_clear(&locks);
  return rc;
}

int tokencache_remove(const char *dir, const char *name, double wait,
                      Buf *removed, Err *err) {
  int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return 0;
  DIR *d = fd < 0 ? NULL : fdopendir(fd);
  if (!d) {
    int why = errno;
    if (fd >= 0) (void)close(fd);
    return err_sys(err, ERR_FILE, why, "cannot look into %s", dir);
  }
  int rc = remove_locked(d, dir, name, wait, removed, err);
  (void)closedir(d);
  return rc;
}
