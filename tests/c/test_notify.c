/* test_notify.c - the manager's side of NOTIFY_SOCKET. */
/* SPDX-License-Identifier: MIT */
#include "notify.h"

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include "tap.h"

static char seen[8192];

static int manager(const char *name) {
  struct sockaddr_un addr = { .sun_family = AF_UNIX };
  size_t n = strlen(name);
  memcpy(addr.sun_path, name, n);
  if (name[0] == '@') addr.sun_path[0] = '\0';
  socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n +
                              (name[0] != '@'));
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd >= 0 && bind(fd, (const struct sockaddr *)&addr, len) == 0) return fd;
  printf("# %s\n", strerror(errno));
  return -1;
}

static const char *hear(int fd) {
  ssize_t n = recv(fd, seen, sizeof seen - 1, 0);
  seen[n > 0 ? n : 0] = '\0';
  return n >= 0 ? seen : "(nothing)";
}

static void test_messages(int fd, const char *name) {
  Err err;
  setenv("NOTIFY_SOCKET", name, 1);
  setenv("WATCHDOG_USEC", "3000000", 1);
  unsetenv("WATCHDOG_PID");
  Notify *n = notify_open(&err);
  if (!ok(n && notify_active(n), "a manager")) return;
  ok(!getenv("NOTIFY_SOCKET") && !getenv("WATCHDOG_USEC"),
     "children know nothing of it");
  ok(notify_watchdog_seconds(n) > 2.9 && notify_watchdog_seconds(n) < 3.1,
     "the watchdog's time");
  is_int(notify_ready(n, "2 schedules\nnext 06:15", &err), 0, "ready");
  is_str(hear(fd), "READY=1\nSTATUS=2 schedules next 06:15\n",
         "a status has no second line to smuggle");
  is_int(notify_stopping(n, NULL, &err), 0, "stopping");
  is_str(hear(fd), "STOPPING=1\n", "without a status");
  is_int(notify_status(n, "ok", &err), 0, "status");
  is_str(hear(fd), "STATUS=ok\n", "alone");
  is_int(notify_watchdog(n, &err), 0, "watchdog");
  is_str(hear(fd), "WATCHDOG=1\n", "a sign of life");
  is_int(notify_extend(n, 1.5, &err), 0, "extension");
  is_str(hear(fd), "EXTEND_TIMEOUT_USEC=1500000\n", "in microseconds");
  is_int(notify_extend(n, -1, &err), -1, "but not backwards");
  is_int(notify_main_pid(n, 4711, &err), 0, "main process");
  is_str(hear(fd), "MAINPID=4711\n", "by number");
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  is_int(notify_reloading(n, NULL, &err), 0, "reloading");
  long long us = 0;
  ok(sscanf(hear(fd), "RELOADING=1\nMONOTONIC_USEC=%lld\n", &us) == 1 &&
     us >= t.tv_sec * 1000000LL && us < t.tv_sec * 1000000LL + 60000000LL,
     "with the monotonic time");
  char big[3001];
  for (size_t i = 0; i < 3000; i += 3) memcpy(big + i, "\xE2\x82\xAC", 3);
  big[3000] = '\0';
  is_int(notify_status(n, big, &err), 0, "a long status");
  is_int((long long)strlen(hear(fd)), 7 + 1023 + 1, "is cut between letters");
  notify_close(n);
}

static void test_deaf(int fd, const char *name) {
  Err err;
  setenv("NOTIFY_SOCKET", name, 1);
  Notify *n = notify_open(&err);
  if (!ok(n, "a manager that does not read")) return;
  int rc = 0, sent = 0;
  while (rc == 0 && sent < 100000) {
    rc = notify_watchdog(n, &err);
    sent += rc == 0;
  }
  ok(rc == -1 && err.retryable && sent > 0, "does not hold up a sign of life");
  while (recv(fd, seen, sizeof seen, 0) >= 0) continue;
  is_int(notify_ready(n, NULL, &err), 0, "when it reads again");
  is_str(hear(fd), "READY=1\n", "it hears what matters");
  close(fd);
  is_int(notify_ready(n, NULL, &err), -1, "when it is gone");
  ok(strstr(err.text, "cannot tell the service manager: "), "that is told");
  notify_close(n);
}

static void refused(const char *name, const char *value, const char *text) {
  Err err;
  setenv(name, value, 1);
  ok(!notify_open(&err), value[0] && strlen(value) < 40 ? value : "too long");
  ok(strstr(err.text, text), text);
  ok(getenv(name), "stays in the environment");
  unsetenv(name);
}

static void test_environment(void) {
  Err err;
  unsetenv("NOTIFY_SOCKET");
  unsetenv("WATCHDOG_USEC");
  Notify *n = notify_open(&err);
  ok(n && !notify_active(n), "no manager");
  ok(notify_ready(n, "x", &err) == 0 && notify_watchdog(n, &err) == 0 &&
     notify_extend(n, 1, &err) == 0 && notify_reloading(n, NULL, &err) == 0,
     "makes everything a success");
  notify_close(n);
  setenv("NOTIFY_SOCKET", "", 1);
  n = notify_open(&err);
  ok(n && !notify_active(n), "nor does an empty name make one");
  notify_close(n);
  refused("NOTIFY_SOCKET", "vsock:2:1234", "neither a path nor");
  refused("NOTIFY_SOCKET", "relative", "neither a path nor");
  refused("NOTIFY_SOCKET", "/", "neither a path nor");
  char big[200];
  memset(big, 'x', sizeof big - 1);
  big[sizeof big - 1] = '\0';
  big[0] = '/';
  refused("NOTIFY_SOCKET", big, "too long for a socket");
  refused("WATCHDOG_USEC", "12x", "is no time");
  refused("WATCHDOG_USEC", "0", "is no time");
  refused("WATCHDOG_USEC", "-5", "is no time");
  refused("WATCHDOG_USEC", "99999999999999999999999", "is no time");
  setenv("NOTIFY_SOCKET", "@x", 1);
  setenv("WATCHDOG_USEC", "1000", 1);
  setenv("WATCHDOG_PID", "1", 1);
  n = notify_open(&err);
  ok(n && notify_watchdog_seconds(n) <= 0, "a watchdog for another process");
  notify_close(n);
  char pid[32];
  snprintf(pid, sizeof pid, "%ld", (long)getpid());
  setenv("NOTIFY_SOCKET", "@x", 1);
  setenv("WATCHDOG_USEC", "1000", 1);
  setenv("WATCHDOG_PID", pid, 1);
  n = notify_open(&err);
  ok(n && notify_watchdog_seconds(n) > 0, "one for us");
  notify_close(n);
}

int main(void) {
  char path[] = "/tmp/test_notify.XXXXXX", name[64];
  if (!ok(mkdtemp(path), "set up")) return done();
  snprintf(name, sizeof name, "%s/socket", path);
  int fd = manager(name);
  test_messages(fd, name);
  test_deaf(fd, name);
  (void)unlink(name);
  is_int(rmdir(path), 0, "clean");
  snprintf(name, sizeof name, "@errand-test-notify-%ld", (long)getpid());
  fd = manager(name);
  test_messages(fd, name);
  close(fd);
  char longest[109];
  memset(longest, 'x', sizeof longest - 1);
  snprintf(longest, sizeof longest, "@errand-longest-%ld-", (long)getpid());
  longest[strlen(longest)] = 'x';
  longest[108] = '\0';
  fd = manager(longest);
  test_messages(fd, longest);
  close(fd);
  test_environment();
  return done();
}
