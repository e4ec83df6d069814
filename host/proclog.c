/* proclog.c - a log file with a maximum: its head and tail stay. */
/* SPDX-License-Identifier: MIT */
#include "proclog.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { STAGE = 16 * 1024, STAMP = 40, MEND_MAX = 64 * 1024 * 1024 };

struct ProcLog {
  char *path, *older, *newer;   /* PATH, PATH.1, PATH.2; one allocation */
  int fd, tail_fd;              /* -1 while not open */
  size_t head, tail;
  size_t head_used, tail_used;  /* bytes in PATH and in PATH.2 */
  bool full;                    /* the head is: all else goes to the tail */
  bool stamps, within;          /* within a line */
  ProcLogSize size;
  int why;                      /* errno of the first loss */
};

/* ---- names ---- */

static ProcLog *named(const char *path) {
  size_t n = strlen(path);
  ProcLog *log = calloc(1, sizeof *log);
  char *names = log ? malloc(3 * n + 7) : NULL;
  if (!names) {
    free(log);
    return NULL;
  }
  log->path = names;
  log->older = names + n + 1;
  log->newer = log->older + n + 3;
  memcpy(log->path, path, n + 1);
  snprintf(log->older, n + 3, "%s.1", path);
  snprintf(log->newer, n + 3, "%s.2", path);
  log->fd = log->tail_fd = -1;
  return log;
}

static void release(ProcLog *log) {
  if (log->fd >= 0) close(log->fd);
  if (log->tail_fd >= 0) close(log->tail_fd);
  free(log->path);
  free(log);
}

/* A regular file of ours; a fifo somebody put there must not hold us up. */
static int open_file(const char *path, int flags) {
  struct stat st;
  int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
                0600);
  if (fd < 0) return -1;
  if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) return fd;
  close(fd);
  errno = EINVAL;
  return -1;
}

ProcLog *proclog_open(const char *path, size_t head, size_t tail, bool stamps,
                      Err *err) {
  ProcLog *log = named(path);
  if (!log) {
    err_set(err, ERR_SCRIPT, "no memory for the log %s", path);
    return NULL;
  }
  log->head = head ? head : PROCLOG_HEAD;
  log->tail = tail ? tail : PROCLOG_TAIL;
  log->stamps = stamps;
  log->fd = open_file(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (log->fd < 0) {
    err_sys(err, ERR_FILE, errno, "cannot write the log %s", path);
    release(log);
    return NULL;
  }
  (void)unlink(log->older);     /* of a writer that died */
  (void)unlink(log->newer);
  return log;
}

/* ---- writing ---- */

static void lose(ProcLog *log, size_t n) {
  if (n > 0 && log->size.lost == 0) log->why = errno ? errno : EIO;
  log->size.lost += n;
}

/* How many of the bytes are written. */
static size_t write_some(int fd, const char *bytes, size_t n) {
  size_t done = 0;
  while (done < n) {
    ssize_t did = write(fd, bytes + done, n - done);
    if (did < 0 && errno == EINTR) continue;
    if (did <= 0) break;
    done += (size_t)did;
  }
  return done;
}

/* What PATH.1 held is gone from now on. */
static void next_segment(ProcLog *log) {
  if (log->tail_fd >= 0) {
    struct stat st;
    if (stat(log->older, &st) == 0) log->size.dropped += (uint64_t)st.st_size;
    close(log->tail_fd);
    /* If this fails the new one empties what was to be kept. */
    if (rename(log->newer, log->older)) log->size.dropped += log->tail_used;
  }
  log->tail_used = 0;
  log->tail_fd = open_file(log->newer, O_WRONLY | O_CREAT | O_TRUNC);
}

static void put(ProcLog *log, const char *bytes, size_t n) {
  while (n > 0) {
    if (!log->full && log->head_used == log->head) log->full = true;
    if (log->full && (log->tail_fd < 0 || log->tail_used == log->tail)) {
      next_segment(log);
    }
    size_t room = log->full ? log->tail - log->tail_used
                            : log->head - log->head_used;
    int fd = log->full ? log->tail_fd : log->fd;
    size_t want = n < room ? n : room;
    size_t did = fd < 0 ? 0 : write_some(fd, bytes, want);
    if (log->full) log->tail_used += did;
    else log->head_used += did;
    if (did < want) {
      lose(log, n - did);       /* the rest is not tried: it comes too fast */
      return;
    }
    bytes += want;
    n -= want;
  }
}

/* One time for all that came at once; its length. */
static size_t stamp(char *text) {
  struct timespec now;
  struct tm tm;
  char day[STAMP];
  if (clock_gettime(CLOCK_REALTIME, &now) || !gmtime_r(&now.tv_sec, &tm) ||
      strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &tm) == 0) return 0;
  int n = snprintf(text, STAMP, "%s.%03dZ ", day,
                   (int)(now.tv_nsec / 1000000));
  return n > 0 && n < STAMP ? (size_t)n : 0;
}

/* Lines are gathered, lest each of them be two writes. */
static void put_lines(ProcLog *log, const char *at, size_t n) {
  char text[STAMP], out[STAGE];
  const char *end = at + n;
  size_t text_n = stamp(text), used = 0;
  while (at < end) {
    const char *line = memchr(at, '\n', (size_t)(end - at));
    const char *stop = line ? line + 1 : end;
    size_t room = STAGE - used - text_n;
    if ((size_t)(stop - at) > room) stop = at + room;
    if (!log->within) {
      memcpy(out + used, text, text_n);
      used += text_n;
    }
    memcpy(out + used, at, (size_t)(stop - at));
    used += (size_t)(stop - at);
    log->within = stop[-1] != '\n';
    at = stop;
    if (used + text_n + 1 < STAGE) continue;
    put(log, out, used);
    used = 0;
  }
  put(log, out, used);
}

void proclog_add(ProcLog *log, const void *bytes, size_t n) {
  log->size.bytes += n;
  if (log->stamps) put_lines(log, bytes, n);
  else put(log, bytes, n);
}

/* ---- putting together ---- */

/* The last `want` bytes of older and newer, which hold n1 and n2. Returns how
   many there are in out. */
static size_t read_tail(int older, size_t n1, int newer, size_t n2, char *out,
                        size_t want) {
  size_t skip = n1 + n2 > want ? n1 + n2 - want : 0;
  size_t n = 0, from = skip < n1 ? skip : n1;
  const int fds[2] = { older, newer };
  const off_t starts[2] = { (off_t)from, (off_t)(skip - from) };
  for (int i = 0; i < 2; i++) {
    off_t at = starts[i];
    while (fds[i] >= 0 && n < want) {
      ssize_t got = pread(fds[i], out + n, want - n, at);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      n += (size_t)got;
      at += got;
    }
  }
  return n;
}

static size_t size_of(int fd) {
  struct stat st;
  return fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0
      ? (size_t)st.st_size : 0;
}

/* A tail that follows a gap begins with a whole line where it has one. */
static size_t line_start(const char *text, size_t n) {
  const char *line = memchr(text, '\n', n);
  return line && line + 1 < text + n ? (size_t)(line + 1 - text) : 0;
}

static size_t marker(char *text, size_t size, uint64_t dropped, bool known) {
  int n = known
      ? snprintf(text, size, "\n[%" PRIu64 " bytes dropped]\n", dropped)
      : snprintf(text, size, "\n[bytes dropped, the number is not known]\n");
  return n > 0 ? (size_t)n : 0;
}

/* known: log->size.dropped is true; else there is a gap if PATH.1 exists. */
static void join(ProcLog *log, bool known) {
  int older = open_file(log->older, O_RDONLY);
  int newer = open_file(log->newer, O_RDONLY);
  size_t n1 = size_of(older), n2 = size_of(newer);
  size_t all = n1 + n2;
  const size_t most = known ? log->tail : MEND_MAX;
  if (all > most) {
    log->size.dropped += all - most;
    all = most;
  }
  char *text = all ? malloc(all) : NULL;
  if (all && !text) {
    errno = ENOMEM;
    lose(log, all);
  }
  size_t n = text ? read_tail(older, n1, newer, n2, text, all) : 0;
  bool gap = known ? log->size.dropped > 0 : older >= 0;
  size_t skip = gap && n ? line_start(text, n) : 0;
  log->size.dropped += skip;
  char note[80];
  size_t note_n = gap ? marker(note, sizeof note, log->size.dropped, known) : 0;
  if (write_some(log->fd, note, note_n) == note_n) {
    size_t did = n ? write_some(log->fd, text + skip, n - skip) : 0;
    lose(log, n - skip - did);
  } else {
    lose(log, n - skip);
  }
  free(text);
  if (older >= 0) close(older);
  if (newer >= 0) close(newer);
  /* What could not be joined stays where it is. */
  if (log->size.lost == 0 || n1 + n2 == 0) {
    (void)unlink(log->older);
    (void)unlink(log->newer);
  }
}

static int tell_loss(const ProcLog *log, Err *err) {
  if (log->size.lost == 0) return 0;
  return err_sys(err, ERR_FILE, log->why,
                 "%" PRIu64 " bytes are missing in the log %s",
                 log->size.lost, log->path);
}

int proclog_close(ProcLog *log, ProcLogSize *size, Err *err) {
  if (log->tail_fd >= 0) close(log->tail_fd);
  log->tail_fd = -1;
  if (log->full) join(log, true);
  if (size) *size = log->size;
  int rc = tell_loss(log, err);
  release(log);
  return rc;
}

int proclog_mend(const char *path, Err *err) {
  ProcLog *log = named(path);
  if (!log) return err_set(err, ERR_SCRIPT, "no memory for the log %s", path);
  struct stat st;
  int rc = 0;
  if (lstat(log->newer, &st) == 0 || lstat(log->older, &st) == 0) {
    log->fd = open_file(path, O_WRONLY | O_APPEND | O_CREAT);
    if (log->fd < 0) {
      rc = err_sys(err, ERR_FILE, errno, "cannot write the log %s", path);
    } else {
      join(log, false);
      rc = tell_loss(log, err);
    }
  }
  release(log);
  return rc;
}
