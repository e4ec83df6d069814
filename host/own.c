/* own.c - descriptions of services that an administrator added. */
/* SPDX-License-Identifier: MIT */

#include "own.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys.h"

static int too_long(const char *dir, Err *err) {
  return err_set(err, ERR_CAP, "too much is in %s", dir);
}

/* The folder's name goes to names if there is a catalogue in it. */
static int add_folder(int at, const char *dir, const char *name, Buf *names,
                      Err *err) {
  static const char form[] = "%s/catalogue.lua";
  char path[300];   /* a name has 255 bytes at most */
  if (snprintf(path, sizeof path, form, name) >= (int)sizeof path) return 0;
  if (name[0] == '.' || faccessat(at, path, F_OK, 0) != 0) return 0;
  if (buf_puts(names, name) != 0 || buf_addc(names, '\0') != 0)
    return too_long(dir, err);
  return 0;
}

int own_services(const char *dir, Buf *names, Err *err) {
  DIR *d = opendir(dir);
  if (!d && (errno == ENOENT || errno == ENOTDIR)) return 0;
  if (!d) return err_sys(err, ERR_CONFIG, errno, "cannot read %s", dir);
  int rc = 0;
  const struct dirent *e;
  while (rc == 0 && (errno = 0, e = readdir(d)))
    rc = add_folder(dirfd(d), dir, e->d_name, names, err);
  if (rc == 0 && errno)
    rc = err_sys(err, ERR_CONFIG, errno, "cannot read %s", dir);
  closedir(d);
  return rc;
}

int own_read(const char *path, Buf *text, Err *err) {
  struct stat st;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) return err_sys(err, ERR_CONFIG, errno, "cannot open %s", path);
  int rc = 0;
  if (fstat(fd, &st) != 0)
    rc = err_sys(err, ERR_CONFIG, errno, "cannot look at %s", path);
  else if (!S_ISREG(st.st_mode))
    rc = err_set(err, ERR_CONFIG, "%s is no file", path);
  else if (st.st_uid != geteuid() && st.st_uid != 0)
    rc = err_set(err, ERR_CONFIG, "%s belongs to another user (%ld): it says "
                 "where credentials go, so it must be yours or root's", path,
                 (long)st.st_uid);
  else if (st.st_mode & (S_IWGRP | S_IWOTH))
    rc = err_set(err, ERR_CONFIG, "%s can be changed by others (mode %04o), "
                 "and it says where credentials go: run chmod go-w on it",
                 path, (unsigned)(st.st_mode & 07777));
  else
    rc = sys_read_fd(text, fd, path, err);
  close(fd);
  return rc;
}
