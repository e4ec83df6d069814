/* test_progress.c - the line on a terminal, looked at from its other side. */
/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "buf.h"
#include "log.h"
#include "loop.h"
#include "redact.h"
#include "tap.h"

#define ERASE "\r\033[K"

static int screen;        /* what is written to standard error comes out here */
static int plain;         /* standard error as it was */
static Buf seen;

static void set_columns(unsigned short columns) {
  struct winsize size = { .ws_row = 24, .ws_col = columns };
  if (ioctl(screen, TIOCSWINSZ, &size)) exit(2);
}

static void open_screen(void) {
  screen = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (screen < 0 || grantpt(screen) || unlockpt(screen)) exit(2);
  int fd = open(ptsname(screen), O_RDWR | O_NOCTTY | O_CLOEXEC);
  plain = dup(STDERR_FILENO);
  if (fd < 0 || plain < 0 || dup2(fd, STDERR_FILENO) < 0) exit(2);
  close(fd);
}

/* All that has come so far. */
static const char *look(void) {
  char bytes[4096];
  struct pollfd p = { .fd = screen, .events = POLLIN };
  buf_reset(&seen);
  while (poll(&p, 1, 0) == 1 && (p.revents & POLLIN)) {
    ssize_t n = read(screen, bytes, sizeof bytes);
    if (n <= 0) break;
    buf_add(&seen, bytes, (size_t)n);
  }
  return buf_str(&seen);
}

/* Tells until something is drawn. */
static const char *drawn(Progress *p, int64_t done, int64_t total) {
  double end = loop_now() + 20;
  const char *line = look();
  while (!*line && loop_now() < end) {
    progress_set(p, done, total);
    line = look();
  }
  return line;
}

static size_t count(const char *text, const char *part) {
  size_t n = 0;
  for (; (text = strstr(text, part)); text += strlen(part)) n++;
  return n;
}

static void has(const char *line, const char *part, const char *what) {
  if (!ok(strstr(line, part) != NULL, what))
    printf("# wanted '%s', got '%s'\n", part, line);
}

static void test_silent(void) {
  setenv("TERM", "dumb", 1);
  ok(!progress_begin("a.zip"), "a dumb terminal has no line");
  unsetenv("TERM");
  ok(!progress_begin("a.zip"), "nor one of which nothing is known");
  setenv("TERM", "xterm", 1);
  int tty = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  dup2(null, STDERR_FILENO);
  ok(!progress_begin("a.zip"), "nor what is no terminal");
  dup2(tty, STDERR_FILENO);
  close(tty), close(null);
  Progress *p = progress_begin("quick.zip");
  progress_set(p, 10, 20);
  progress_end(p);
  is_str(look(), "", "what is done at once draws nothing");
  progress_end(NULL);
}

static void test_line(void) {
  double begun = loop_now();
  Progress *p = progress_begin("a\033[2J secret-word.zip");
  const char *line = drawn(p, 1500000, 3000000);
  ok(loop_now() - begun >= 0.45, "the line comes after half a second");
  has(line, ERASE "a\\x1b[2J [secret].zip  1.5 MB / 3.0 MB  ",
      "with a name that is safe, and how far it is");
  has(line, "B/s  0:0", "the rate and the time left");
  begun = loop_now();
  buf_reset(&seen);
  size_t times = 0;
  while (loop_now() - begun < 0.55) {
    progress_set(p, 2000000, 3000000);
    times += count(look(), ERASE);
  }
  ok(times >= 2 && times <= 6, "drawn ten times a second at most");
  line = drawn(p, 2500000, -1);
  ok(strstr(line, "2.5 MB  ") && !strstr(line, "left"),
     "without a total there is no time left");
  log_write(LOG_WARN, "a word");
  is_str(look(), ERASE "errand: warning: a word\r\n",
         "a log line stands alone");
  has(drawn(p, 2600000, 3000000), ERASE "a", "the line comes back");
  progress_allow(false);
  is_str(look(), ERASE, "it goes when something else has the terminal");
  begun = loop_now();
  while (loop_now() - begun < 0.2) progress_set(p, 2700000, 3000000);
  is_str(look(), "", "and stays away");
  progress_allow(true);
  has(drawn(p, 2800000, 3000000), "2.8 MB", "until that has ended");
  progress_end(p);
  is_str(look(), ERASE, "the end leaves nothing");
  progress_hide();
  is_str(look(), "", "nor is nothing erased");
}

static void test_width(void) {
  static const unsigned short widths[] = { 79, 40, 30, 20, 10, 4, 1 };
  Progress *p = progress_begin("a-name-that-is-really-quite-long-\xc3\xa9"
                               "\xc3\xa9\xe6\x97\xa5\xe6\x9c\xac-is-what-it-is.zip");
  for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
    set_columns(widths[i]);
    look();
    const char *line = drawn(p, 123456789, 987654321);
    has(line, ERASE, "a narrow terminal");
    line += strlen(ERASE);
    size_t n = strlen(line), wide = 0;
    for (size_t k = 0; k < n; k++)    /* columns; the wide ones count two */
      wide += ((unsigned char)line[k] & 0xC0) != 0x80 ?
              1 + ((unsigned char)line[k] == 0xE6) : 0;
    if (!ok(wide < widths[i] || (widths[i] == 1 && wide == 0),
            "gets a line that fits")) printf("# %zu: %s\n", wide, line);
    if (widths[i] == 79) has(line, "...", "with a shorter name");
    if (widths[i] == 30) has(line, "123.5 MB / 987.7 MB", "with what matters");
  }
  set_columns(80);
  progress_end(p);
  look();
}

static void test_sum(void) {
  Progress *a = progress_begin("a"), *b = progress_begin("b");
  progress_set(a, 1000, 4000);
  has(drawn(b, 2000, 6000), ERASE "2 files  3.0 kB / 10.0 kB",
      "several files are one line");
  progress_set(a, 4000, 4000);
  progress_end(a);
  look();
  has(drawn(b, 3000, 6000), ERASE "2 files  7.0 kB / 10.0 kB",
      "what is done still counts");
  Progress *c = progress_begin("c");
  progress_set(c, 0, -1);
  look();
  const char *line = drawn(b, 3000, 6000);
  ok(strstr(line, "3 files  7.0 kB  ") != NULL, "one unknown, and the sum is");
  progress_end(b);
  look();
  progress_end(c);
  is_str(look(), ERASE, "the last one takes the line away");
}

static void shows(const char *wanted, const char *what) {
  const char *got = look();
  if (!ok(strcmp(got, wanted) == 0, what))
    printf("# wanted '%s', got '%s'\n", wanted, got);
}

static void test_block(void) {
  static const char *const two[] = { "one", "\033[31mtwo\033[0m" };
  static const char *const wide[] = { "0123456789\033[0m",
                                      "a\xc3\xa4\xe4\xb8\xadxyz" };
  set_columns(20);
  look();
  ok(progress_block(two, 2) == 0, "a block is drawn");
  shows("one\r\n\033[31mtwo\033[0m", "as it is");
  log_write(LOG_WARN, "x");
  const char *line = look();
  has(line, "\r\033[1A\033[J" "errand: warning: x", "a record of the log "
      "takes it away");
  log_write(LOG_WARN, "y");
  ok(strncmp(look(), "errand: ", 8) == 0, "once");
  progress_block(two, 2);
  progress_block(two, 1);
  line = look();
  has(line, "two\033[0m\r\033[1A\033[Jone", "the next takes its place");
  Progress *p = progress_begin("a.zip");
  progress_set(p, 1, 2);
  shows("", "a file has no line beside it");
  progress_end(p);
  set_columns(8);
  progress_block(wide, 2);
  line = look();
  has(line, "\r\033[J0123456\033[0m\r\na\xc3\xa4\xe4\xb8\xadxyz",
      "lines are cut to the width, colours are not");
  set_columns(4);
  progress_block(NULL, 0);
  shows("\r\033[3A\033[J", "lines broken by a narrower terminal are counted");
  progress_block(NULL, 0);
  shows("", "nothing is taken away twice");
  progress_allow(false);
  progress_block(two, 2);
  shows("", "nor drawn where something else has the terminal");
  progress_allow(true);
}

int main(void) {
  buf_init(&seen, 1 << 20);
  redact_add("secret-word", 11);
  open_screen();
  set_columns(80);
  test_silent();
  test_line();
  test_width();
  test_sum();
  test_block();
  dup2(plain, STDERR_FILENO);
  redact_forget();
  buf_clear(&seen);
  return done();
}
