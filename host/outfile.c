/* outfile.c - a file that is replaced whole or not at all. */
/* SPDX-License-Identifier: MIT */
#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys.h"

struct OutFile {
  int fd;
  char *name;              /* as the caller wrote it, for messages */
  char temp[PATH_MAX + 8]; /* "" while or once it has no name */
  char real[PATH_MAX];
};

/* The directory part of path into dir; "." if there is none. */
static int dir_of(char *dir, size_t size, const char *path, Err *err) {
  const char *slash = strrchr(path, '/');
  size_t n = slash ? (size_t)(slash - path) : 0;
  if (n >= size)
    return err_sys(err, ERR_FILE, ENAMETOOLONG, "cannot use %s", path);
  if (n == 0) {
    dir[0] = slash ? '/' : '.';
    dir[1] = '\0';
    return 0;
  }
  memcpy(dir, path, n);
  dir[n] = '\0';
  return 0;
}

static int sync_dir(const char *path, Err *err) {
  char dir[PATH_MAX];
  if (dir_of(dir, sizeof dir, path, err)) return -1;
  int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return err_sys(err, ERR_FILE, errno, "cannot open %s", dir);
  int rc = fsync(fd);
  if (rc) err_sys(err, ERR_FILE, errno, "cannot flush directory %s", dir);
  (void)close(fd);
  return rc;
}

/* Where the bytes go in the end: path itself, or what a link points to. */
static int resolve_target(char *real, const char *path, Err *err) {
  struct stat st;
  if (realpath(path, real)) {
    if (stat(real, &st))
      return err_sys(err, ERR_FILE, errno, "cannot use %s", path);
    /* As root, a rename over /dev/null would replace the device. */
    if (!S_ISREG(st.st_mode))
      return err_set(err, ERR_FILE, "%s is no regular file", path);
    return 0;
  }
  if (errno != ENOENT)
    return err_sys(err, ERR_FILE, errno, "cannot use %s", path);
  size_t n = strlen(path);
  if (n >= PATH_MAX)
    return err_sys(err, ERR_FILE, ENAMETOOLONG, "cannot use %s", path);
  memcpy(real, path, n + 1);
  return 0;
}

/* The name under which the descriptor can be linked. linkat by the descriptor
   itself needs a privilege. */
static void link_name(char *name, size_t size, int fd) {
  (void)snprintf(name, size, "/proc/self/fd/%d", fd);
}

/* -1 where the file system, or a system without /proc, has no such thing. A
   name too long to be replaced later is for the named file to refuse. */
static int open_nameless(const char *real) {
  char dir[PATH_MAX], link[64];
  struct stat here, there;
  const char *slash = strrchr(real, '/');
  if (dir_of(dir, sizeof dir, real, NULL) ||
      strlen(slash ? slash + 1 : real) > NAME_MAX - 7) return -1;
  int fd = open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0) return -1;
  link_name(link, sizeof link, fd);
  if (fstat(fd, &here) == 0 && stat(link, &there) == 0 &&
      here.st_ino == there.st_ino && here.st_dev == there.st_dev) return fd;
  (void)close(fd);
  return -1;
}

OutFile *outfile_open(const char *path, Err *err) {
  OutFile *f = calloc(1, sizeof *f);
  if (f) {
    f->fd = -1;
    f->name = strdup(path);
  }
  if (!f || !f->name) {
    err_set(err, ERR_FILE, "out of memory for %s", path);
    goto fail;
  }
  if (resolve_target(f->real, path, err)) goto fail;
  f->fd = open_nameless(f->real);
  if (f->fd >= 0) return f;
  (void)snprintf(f->temp, sizeof f->temp, "%s.XXXXXX", f->real);
  f->fd = mkostemp(f->temp, O_CLOEXEC);
  if (f->fd >= 0) return f;
  f->temp[0] = '\0';
  err_sys(err, ERR_FILE, errno, "cannot create a file beside %s", path);
fail:
  outfile_discard(f);
  return NULL;
}

int outfile_write(OutFile *f, const void *bytes, size_t n, Err *err) {
  if (sys_write(f->fd, bytes, n, NULL, NULL) == 0) return 0;
  return err_sys(err, ERR_FILE, errno, "cannot write %s", f->name);
}

int outfile_empty(OutFile *f, Err *err) {
  if (ftruncate(f->fd, 0) == 0 && lseek(f->fd, 0, SEEK_SET) == 0) return 0;
  return err_sys(err, ERR_FILE, errno, "cannot write %s", f->name);
}

/* There is no way to read the umask but to change it; no other thread of ours
   makes files. */
static mode_t kept_mode(const char *path) {
  struct stat st;
  if (stat(path, &st) == 0) return st.st_mode & 0777;
  mode_t mask = umask(077);
  (void)umask(mask);
  return 0666 & ~mask;
}

/* Nothing replaces a file but a rename, and nothing is renamed that has no
   name: it gets one for that moment. */
static int give_name(OutFile *f) {
  static const char digits[] = "abcdefghijklmnopqrstuvwxyz012345";
  unsigned char random[6];
  char link[64];
  if (f->temp[0]) return 0;
  link_name(link, sizeof link, f->fd);
  for (int tries = 0; tries < 100; tries++) {
    if (sys_random(random, sizeof random, NULL)) break;
    int n = snprintf(f->temp, sizeof f->temp, "%s.", f->real);
    for (size_t i = 0; i < sizeof random; i++)
      f->temp[n++] = digits[random[i] % 32];
    f->temp[n] = '\0';
    if (linkat(AT_FDCWD, link, AT_FDCWD, f->temp, AT_SYMLINK_FOLLOW) == 0)
      return 0;
    if (errno != EEXIST) break;
  }
  f->temp[0] = '\0';
  return -1;
}

static int finish(OutFile *f, mode_t mode, Err *err) {
  const char *doing = "set the mode of";
  int bad = fchmod(f->fd, mode == OUTFILE_KEEP ? kept_mode(f->real) : mode);
  if (!bad) doing = "flush", bad = fsync(f->fd);
  if (!bad) doing = "name", bad = give_name(f);
  int why = errno;
  if (close(f->fd) && !bad) doing = "close", bad = -1, why = errno;
  f->fd = -1;
  if (bad) return err_sys(err, ERR_FILE, why, "cannot %s %s", doing, f->name);
  if (rename(f->temp, f->real))
    return err_sys(err, ERR_FILE, errno, "cannot replace %s", f->name);
  f->temp[0] = '\0';
  return sync_dir(f->real, err);
}

int outfile_commit(OutFile *f, mode_t mode, Err *err) {
  int rc = finish(f, mode, err);
  outfile_discard(f);
  return rc;
}

void outfile_discard(OutFile *f) {
  if (!f) return;
  if (f->fd >= 0) (void)close(f->fd);
  if (f->temp[0]) (void)unlink(f->temp);
  free(f->name);
  free(f);
}
