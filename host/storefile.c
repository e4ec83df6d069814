/* storefile.c - the file that a store lives in: place, owner, mode. */
/* SPDX-License-Identifier: MIT */
#include "storefile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "buf.h"
#include "secret.h"
#include "sys.h"

/* File systems whose locks or shared memory cannot be relied on between
   machines: the numbers of statfs(2). */
static const struct {
  unsigned long magic;
  const char *name;
} network[] = {
  {0x6969, "NFS"}, {0xFF534D42, "CIFS"}, {0xFE534D42, "SMB2"},
  {0x517B, "SMB"}, {0x5346414F, "AFS"}, {0x6B414653, "AFS"},
  {0x01021997, "9p"}, {0x00C36400, "Ceph"}, {0x564C, "NCP"},
  {0x73757245, "Coda"}, {0x7461636F, "OCFS2"}, {0x01161970, "GFS2"},
  {0x0BD00BD0, "Lustre"}, {0x47504653, "GPFS"}, {0x19830326, "BeeGFS"},
};

static int check_local(int fd, const char *path, Err *err) {
  struct statfs fs;
  if (fstatfs(fd, &fs))
    return err_sys(err, ERR_FILE, errno, "cannot look at the store %s", path);
  for (size_t i = 0; i < sizeof network / sizeof *network; i++)
    if (((unsigned long)fs.f_type & 0xFFFFFFFF) == network[i].magic)
      return err_set(err, ERR_FILE, "the store %s is on a network file system "
                     "(%s), where its locks do not hold; set ERRAND_STORE to "
                     "a file on a local disk", path, network[i].name);
  return 0;
}

/* Who can write to the directory can put another file in our place. */
static int check_dir(const char *dir, Err *err) {
  struct stat st;
  if (stat(dir, &st))
    return err_sys(err, ERR_FILE, errno, "cannot look at %s", dir);
  if (!S_ISDIR(st.st_mode))
    return err_sys(err, ERR_FILE, ENOTDIR, "cannot keep a store in %s", dir);
  if ((st.st_mode & (S_IWGRP | S_IWOTH)) && !(st.st_mode & S_ISVTX))
    return err_set(err, ERR_FILE, "others can write to %s, so no store is "
                   "kept there: chmod go-w '%s'", dir, dir);
  return 0;
}

static int check_private(int fd, const char *path, Err *err) {
  if (secret_check_fd(fd, path, err) == 0) return 0;
  if (err) err->kind = ERR_FILE;   /* of the store, not of a secret */
  return -1;
}

/* O_PATH, because closing an ordinary descriptor of the file would drop the
   locks of another store that this process has open on it. */
static int check_file(const char *path, Err *err) {
  int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return err_sys(err, ERR_FILE, errno, "cannot open the store %s", path);
  struct stat st;
  int rc = fstat(fd, &st);
  if (rc)
    err_sys(err, ERR_FILE, errno, "cannot look at the store %s", path);
  else if (!S_ISREG(st.st_mode))
    rc = err_set(err, ERR_FILE, "the store %s is no regular file", path);
  else
    rc = check_private(fd, path, err) || check_local(fd, path, err) ? -1 : 0;
  (void)close(fd);
  return rc;
}

/* Directory and name of path, apart; *name points into path. */
static char *split(const char *path, const char **name, Err *err) {
  const char *slash = strrchr(path, '/');
  *name = slash ? slash + 1 : path;
  if (**name == '\0') {
    err_set(err, ERR_FILE, "the store '%s' is no file name", path);
    return NULL;
  }
  char *dir = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path))
                    : strdup(".");
  if (!dir) err_set(err, ERR_FILE, "out of memory for the store");
  return dir;
}

/* The real path of a file that need not be there, into real. */
static int locate(const char *path, char *real, Err *err) {
  if (realpath(path, real)) return 0;
  const char *name;
  char *dir = split(path, &name, err);
  if (!dir) return -1;
  int rc = -1;
  if (sys_make_dir(dir, 0700, err)) goto fail;
  if (!realpath(dir, real)) {
    err_sys(err, ERR_FILE, errno, "cannot use %s", dir);
    goto fail;
  }
  size_t used = strlen(real);
  int n = snprintf(real + used, PATH_MAX - used, "%s%s",
                   real[used - 1] == '/' ? "" : "/", name);
  if (n < 0 || (size_t)n >= PATH_MAX - used)
    err_sys(err, ERR_FILE, ENAMETOOLONG, "cannot use %s", path);
  else
    rc = 0;
fail:
  free(dir);
  return rc;
}

char *storefile_prepare(const char *path, Err *err) {
  char real[PATH_MAX];
  if (locate(path, real, err)) return NULL;
  const char *name;
  char *dir = split(real, &name, err);
  if (!dir) return NULL;
  int bad = check_dir(dir, err);
  free(dir);
  if (bad) return NULL;
  /* Group and other bits are off from the first instant. */
  int fd = open(real, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd >= 0) {
    (void)close(fd);   /* nothing was written */
  } else if (errno != EEXIST) {
    err_sys(err, ERR_FILE, errno, "cannot create the store %s", real);
    return NULL;
  }
  if (check_file(real, err)) return NULL;
  char *out = strdup(real);
  if (!out) err_set(err, ERR_FILE, "out of memory for the store");
  return out;
}
