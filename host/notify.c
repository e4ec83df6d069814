/* notify.c - what a service tells its manager over NOTIFY_SOCKET. */
/* SPDX-License-Identifier: MIT */
#include "notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"

enum { MESSAGE_MAX = 4096, STATUS_MAX = 1024, PATIENCE_MS = 5000 };

struct Notify {
  int fd;                  /* -1: nobody listens */
  struct sockaddr_un addr;
  socklen_t len;
  double watchdog;
};

/* ---- what the environment says ---- */

/* Digits only. */
static bool number(const char *text, uint64_t *out) {
  char *end = NULL;
  if (!*text || strspn(text, "0123456789") != strlen(text)) return false;
  errno = 0;
  *out = strtoull(text, &end, 10);
  return errno == 0;
}

/* "@name" is in no directory: the first byte of its address is zero, and its
   length counts. */
static int read_address(Notify *n, const char *name, Err *err) {
  size_t len = strlen(name);
  bool abstract = name[0] == '@';
  if (len < 2 || (!abstract && name[0] != '/')) {
    return err_set(err, ERR_CONFIG, "NOTIFY_SOCKET=%s is neither a path nor "
                   "an abstract name", name);
  }
  if (len > sizeof n->addr.sun_path - (abstract ? 0 : 1)) {
    return err_set(err, ERR_CONFIG, "NOTIFY_SOCKET is too long for a socket");
  }
  n->addr.sun_family = AF_UNIX;
  memcpy(n->addr.sun_path, name, len);
  if (abstract) n->addr.sun_path[0] = '\0';
  n->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len +
                       (abstract ? 0 : 1));
  return 0;
}

static int read_watchdog(Notify *n, Err *err) {
  const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
  uint64_t us = 0, whose = 0;
  if (!usec) return 0;
  if (!number(usec, &us) || us == 0 || us == UINT64_MAX) {
    return err_set(err, ERR_CONFIG, "WATCHDOG_USEC=%s is no time", usec);
  }
  if (pid && !number(pid, &whose)) {
    return err_set(err, ERR_CONFIG, "WATCHDOG_PID=%s is no process", pid);
  }
  if (!pid || whose == (uint64_t)getpid()) n->watchdog = (double)us / 1e6;
  return 0;
}

Notify *notify_open(Err *err) {
  Notify *n = calloc(1, sizeof *n);
  const char *name = getenv("NOTIFY_SOCKET");
  if (!n) {
    err_set(err, ERR_SCRIPT, "out of memory");
    return NULL;
  }
  n->fd = -1;
  if (read_watchdog(n, err)) goto fail;
  if (name && *name) {
    if (read_address(n, name, err)) goto fail;
    n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (n->fd < 0) {
      err_sys(err, ERR_SCRIPT, errno, "no socket for NOTIFY_SOCKET");
      goto fail;
    }
  }
  (void)unsetenv("NOTIFY_SOCKET");
  (void)unsetenv("WATCHDOG_USEC");
  (void)unsetenv("WATCHDOG_PID");
  return n;
fail:
  notify_close(n);
  return NULL;
}

bool notify_journal(void) {
  const char *stream = getenv("JOURNAL_STREAM");
  struct stat st;
  char ours[64];
  if (!stream || fstat(STDERR_FILENO, &st)) return false;
  (void)snprintf(ours, sizeof ours, "%ju:%ju", (uintmax_t)st.st_dev,
                 (uintmax_t)st.st_ino);
  return strcmp(stream, ours) == 0;
}

void notify_close(Notify *n) {
  if (!n) return;
  if (n->fd >= 0) close(n->fd);
  free(n);
}

bool notify_active(const Notify *n) {
  return n->fd >= 0;
}

double notify_watchdog_seconds(const Notify *n) {
  return n->fd >= 0 ? n->watchdog : 0;
}

/* ---- messages ---- */

static int64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);   /* cannot fail with this clock */
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Not connected: after the manager was executed anew (daemon-reexec) its
   socket is another one of the same name. So a full queue cannot be polled
   for, and is asked again. */
static int send_message(Notify *n, const Buf *message, bool must, Err *err) {
  const struct timespec slice = { 0, 5000000 };
  const int64_t end = now_us() + PATIENCE_MS * INT64_C(1000);
  if (message->failed) return err_set(err, ERR_SCRIPT, "message too long");
  for (;;) {
    ssize_t sent = sendto(n->fd, message->data, message->len, MSG_NOSIGNAL,
                          (const struct sockaddr *)&n->addr, n->len);
    if (sent >= 0) return 0;
    if (errno == EINTR) continue;
    bool full = errno == EAGAIN || errno == ENOBUFS;
    if (full && must && now_us() < end) {
      (void)nanosleep(&slice, NULL);
      continue;
    }
    err_sys(err, ERR_FILE, errno, "cannot tell the service manager");
    if (err) err->retryable = full;
    return -1;
  }
}

/* One line whatever is in it, valid as far as the text was. */
static void add_status(Buf *b, const char *status) {
  if (!status) return;
  size_t len = strlen(status);
  if (len > STATUS_MAX) {
    len = STATUS_MAX;
    while (len > 0 && ((unsigned char)status[len] & 0xC0) == 0x80) len--;
  }
  buf_puts(b, "STATUS=");
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)status[i];
    buf_addc(b, c < ' ' || c == 0x7F ? ' ' : (char)c);
  }
  buf_addc(b, '\n');
}

static int tell(Notify *n, const char *line, const char *status, bool must,
                Err *err) {
  Buf b;
  if (n->fd < 0) return 0;
  buf_init(&b, MESSAGE_MAX);
  if (line) buf_printf(&b, "%s\n", line);
  add_status(&b, status);
  int rc = send_message(n, &b, must, err);
  buf_clear(&b);
  return rc;
}

static int tell_number(Notify *n, const char *name, int64_t value,
                       const char *status, Err *err) {
  Buf b;
  buf_init(&b, MESSAGE_MAX);
  int rc = buf_printf(&b, "%s%" PRId64, name, value)
      ? err_set(err, ERR_SCRIPT, "out of memory")
      : tell(n, b.data, status, true, err);
  buf_clear(&b);
  return rc;
}

int notify_ready(Notify *n, const char *status, Err *err) {
  return tell(n, "READY=1", status, true, err);
}

/* The manager tells by the time which reload the READY after it ends. */
int notify_reloading(Notify *n, const char *status, Err *err) {
  return tell_number(n, "RELOADING=1\nMONOTONIC_USEC=", now_us(), status, err);
}

int notify_stopping(Notify *n, const char *status, Err *err) {
  return tell(n, "STOPPING=1", status, true, err);
}

int notify_main_pid(Notify *n, pid_t pid, Err *err) {
  return tell_number(n, "MAINPID=", (int64_t)pid, NULL, err);
}

int notify_extend(Notify *n, double seconds, Err *err) {
  if (!(seconds > 0 && seconds < 1e9)) {
    return err_set(err, ERR_VALIDATION, "%g seconds are no extension", seconds);
  }
  return tell_number(n, "EXTEND_TIMEOUT_USEC=", (int64_t)(seconds * 1e6), NULL,
                     err);
}

int notify_status(Notify *n, const char *status, Err *err) {
  return tell(n, NULL, status ? status : "", false, err);
}

int notify_watchdog(Notify *n, Err *err) {
  return tell(n, "WATCHDOG=1", NULL, false, err);
}
