/* test_log.c - levels, prefixes, escapes, secrets, closed descriptors. */
/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include "redact.h"
#include "tap.h"

static int fds[2];

/* What was written since the last call. */
static const char *written(void) {
  static char text[4096];
  ssize_t n = read(fds[0], text, sizeof text - 1);
  text[n > 0 ? n : 0] = '\0';
  return text;
}

static void test_records(void) {
  log_write(LOG_ERROR, "no %s", "luck");
  is_str(written(), "errand: error: no luck\n", "error");
  log_write(LOG_WARN, "careful");
  is_str(written(), "errand: warning: careful\n", "warning");
  log_write(LOG_INFO, "hello\n");
  is_str(written(), "errand: hello\n", "info, one newline at the end dropped");
  log_write(LOG_INFO, "a\nb\x1b[0m\xE2\x80\xAE");
  is_str(written(), "errand: a\\nb\\x1b[0m\\u{202e}\n", "one line, escaped");
  log_bytes(LOG_INFO, "a\0b", 3);
  is_str(written(), "errand: a\\x00b\n", "bytes");
  log_bytes(LOG_INFO, "", 0);
  is_str(written(), "errand: \n", "an empty record");
}

static void test_levels(void) {
  is_int(log_level(), LOG_INFO, "info at start");
  ok(!log_enabled(LOG_TRACE), "trace is off");
  log_write(LOG_TRACE, "GET /");
  is_str(written(), "", "and dropped");
  log_set_level(LOG_TRACE);
  ok(log_enabled(LOG_TRACE) && !log_enabled(LOG_DEBUG), "trace is on");
  log_write(LOG_TRACE, "GET /");
  log_bytes(LOG_DEBUG, "x", 1);
  is_str(written(), "errand: GET /\n", "and written, debug is not");
  log_set_level(LOG_INFO);
}

static void test_secrets(void) {
  redact_add("hunter22", 8);
  log_write(LOG_INFO, "token %s, coded %s", "hunter22", "aHVudGVyMjI=");
  is_str(written(), "errand: token [secret], coded [secret]\n", "secrets");
  redact_add("two\nlines", 9);
  log_write(LOG_INFO, "%s", "two\nlines");
  is_str(written(), "errand: [secret]\n", "found before controls are escaped");
  redact_forget();
}

static void test_once(void) {
  for (int i = 0; i < 3; i++) {
    log_warn_once("tls", "TLS is not verified");
    log_warn_once("http", "plain http");
  }
  is_str(written(), "errand: warning: TLS is not verified\n"
         "errand: warning: plain http\n", "once per key");
}

static void test_long(void) {
  char big[3000];
  memset(big, 'x', sizeof big);
  log_bytes(LOG_INFO, big, sizeof big);
  const char *s = written();
  is_int((long long)strlen(s), 8 + 3000 + 1, "a long record is one write");
}

/* A pipe that is full, or closed at the other end, or no descriptor at all. */
static void test_broken(void) {
  int dead[2];
  if (pipe(dead) != 0) return;
  close(dead[0]);
  log_set_fd(dead[1]);
  errno = ENOENT;
  log_write(LOG_INFO, "nobody listens");
  is_int(errno, ENOENT, "SIGPIPE does not end the program, errno is kept");
  sigset_t pending;
  sigpending(&pending);
  ok(!sigismember(&pending, SIGPIPE), "and does not wait for later");
  close(dead[1]);
  log_write(LOG_INFO, "closed");
  log_set_fd(-1);
  log_write(LOG_INFO, "no descriptor");
  ok(1, "a closed descriptor is ignored");
  log_set_fd(fds[1]);
}

int main(void) {
  if (pipe2(fds, O_NONBLOCK) != 0) return 1;
  log_set_fd(fds[1]);
  test_records();
  test_levels();
  test_secrets();
  test_once();
  test_long();
  test_broken();
  return done();
}
