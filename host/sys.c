/* sys.c - files, descriptors, clock and terminal of this machine. */
/* SPDX-License-Identifier: MIT */
#include "sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "outfile.h"

enum { CHUNK = 64 * 1024, SIZE_LIMIT = 10000 };

/* Waits for a descriptor that someone made non-blocking. */
static int wait_fd(int fd, short events) {
  struct pollfd p = {.fd = fd, .events = events};
  return poll(&p, 1, -1) < 0 ? -1 : 0;
}

static int read_failed(const char *name, Err *err) {
  if (errno == EINTR)
    return err_set(err, ERR_CANCELLED, "interrupted while reading %s", name);
  return err_sys(err, ERR_FILE, errno, "cannot read %s", name);
}

int sys_read_fd(Buf *out, int fd, const char *name, Err *err) {
  for (;;) {
    /* One byte beyond the maximum is tried, to tell full from too long. */
    char past = 0;
    size_t room = out->max - out->len;
    char *at = room ? buf_reserve(out, room < CHUNK ? room : CHUNK) : &past;
    if (!at) return err_set(err, ERR_SCRIPT, "out of memory for %s", name);
    size_t want = room ? (room < CHUNK ? room : CHUNK) : 1;
    ssize_t n = read(fd, at, want);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      if (wait_fd(fd, POLLIN)) return read_failed(name, err);
      continue;
    }
    if (n < 0) return read_failed(name, err);
    if (n == 0) return 0;
    if (!room)
      return err_set(err, ERR_CAP, "%s is larger than %zu bytes", name,
                     out->max);
    out->len += (size_t)n;
    out->data[out->len] = '\0';
  }
}

int sys_read_file(Buf *out, const char *path, Err *err) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return err_sys(err, ERR_FILE, errno, "cannot open %s", path);
  int rc = sys_read_fd(out, fd, path, err);
  (void)close(fd);   /* read only: nothing can be lost */
  return rc;
}

int sys_write(int fd, const void *bytes, size_t n, bool *broken, Err *err) {
  const char *at = bytes;
  while (n > 0) {
    ssize_t did = write(fd, at, n);
    if (did >= 0) {
      at += did;
      n -= (size_t)did;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (wait_fd(fd, POLLOUT) && errno != EINTR) goto fail;
    } else if (errno != EINTR) {
      goto fail;
    }
  }
  return 0;
fail:
  if (broken) *broken = errno == EPIPE;
  return err_sys(err, ERR_FILE, errno, "cannot write to %s",
                 fd == 1 ? "standard output" : fd == 2 ? "standard error"
                                                       : "descriptor");
}

int sys_write_file(const char *path, const void *bytes, size_t n, mode_t mode,
                   Err *err) {
  OutFile *f = outfile_open(path, err);
  if (!f) return -1;
  if (outfile_write(f, bytes, n, err) == 0)
    return outfile_commit(f, mode, err);
  outfile_discard(f);
  return -1;
}

static int make_one(const char *path, mode_t mode, Err *err) {
  if (mkdir(path, mode) == 0) return 0;
  int why = errno;
  struct stat st;
  if (why == EEXIST) {
    bool seen = stat(path, &st) == 0;
    if (seen && S_ISDIR(st.st_mode)) return 0;
    why = seen ? ENOTDIR : errno;
  }
  return err_sys(err, ERR_FILE, why, "cannot make directory %s", path);
}

int sys_make_dir(const char *path, mode_t mode, Err *err) {
  char part[PATH_MAX];
  size_t n = strlen(path);
  if (n == 0 || n >= sizeof part)
    return err_sys(err, ERR_FILE, n ? ENAMETOOLONG : ENOENT,
                   "cannot make directory '%s'", path);
  for (size_t i = 1; i <= n; i++) {
    if (path[i] != '/' && path[i] != '\0') continue;
    if (path[i - 1] == '/') continue;
    memcpy(part, path, i);
    part[i] = '\0';
    if (make_one(part, mode, err)) return -1;
  }
  return 0;
}

int sys_random(void *bytes, size_t n, Err *err) {
  unsigned char *at = bytes;
  while (n > 0) {
    ssize_t did = getrandom(at, n, 0);
    if (did < 0 && errno != EINTR)
      return err_sys(err, ERR_SCRIPT, errno, "no random bytes");
    if (did < 0) continue;
    at += did;
    n -= (size_t)did;
  }
  return 0;
}

double sys_clock(void) {
  struct timespec t;
  if (clock_gettime(CLOCK_REALTIME, &t)) return 0;
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double sys_boottime(void) {
  struct timespec t;
  if (clock_gettime(CLOCK_BOOTTIME, &t)) return 0;
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int sys_synchronised(bool *synchronised, double *error, Err *err) {
  struct timex clock = {0};
  int state = adjtimex(&clock);
  if (state < 0)
    return err_sys(err, ERR_SCRIPT, errno, "cannot ask about the clock");
  *synchronised = state != TIME_ERROR && !(clock.status & STA_UNSYNC);
  *error = (double)clock.maxerror / 1e6;
  return 0;
}

int sys_utc(double seconds, char *out) {
  out[0] = '\0';
  /* 0000-01-01 and 9999-12-31: beyond them the text has another form. */
  if (!(seconds >= -62167219200.0 && seconds < 253402300800.0)) return -1;
  time_t t = (time_t)floor(seconds);
  struct tm tm;
  if (!gmtime_r(&t, &tm)) return -1;
  int n = snprintf(out, SYS_UTC, "%04d-%02d-%02dT%02d:%02d:%02dZ",
                   tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
                   tm.tm_min, tm.tm_sec);
  return n > 0 && n < SYS_UTC ? 0 : -1;
}

static size_t resident(void) {
  FILE *f = fopen("/proc/self/statm", "re");
  char line[128] = "";
  long page = sysconf(_SC_PAGESIZE);
  if (!f) return 0;
  const char *second = fgets(line, sizeof line, f) ? strchr(line, ' ') : NULL;
  fclose(f);
  return page > 0 && second ? strtoul(second, NULL, 10) * (size_t)page : 0;
}

/* Not counting the one that the list itself takes. */
static size_t open_descriptors(void) {
  DIR *dir = opendir("/proc/self/fd");
  size_t n = 0;
  if (!dir) return 0;
  for (const struct dirent *e; (e = readdir(dir));) n += e->d_name[0] != '.';
  closedir(dir);
  return n > 0 ? n - 1 : 0;
}

void sys_process(SysProcess *out) {
  *out = (SysProcess){.memory = resident(), .descriptors = open_descriptors()};
}

static int size_from(const char *variable, int standard) {
  const char *given = getenv(variable);
  char *end = NULL;
  long n = given ? strtol(given, &end, 10) : 0;
  return n > 0 && n < SIZE_LIMIT && *end == '\0' ? (int)n : standard;
}

int sys_columns(int fd) {
  struct winsize size;
  if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return size.ws_col;
  return size_from("COLUMNS", 80);
}

int sys_rows(int fd) {
  struct winsize size;
  if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0)
    return size.ws_row;
  return size_from("LINES", 24);
}
