/* test_sys.c - files replaced whole, directories, pipes, times. */
/* SPDX-License-Identifier: MIT */
#include "sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tap.h"

static char dir[] = "/tmp/errand-sys-XXXXXX";

static const char *in_dir(const char *name) {
  static char text[64][512];   /* more than the calls of one test */
  static int turn;
  char *out = text[turn++ % 64];
  snprintf(out, sizeof text[0], "%s/%s", dir, name);
  return out;
}

static int is_file(const char *name, const char *want) {
  Buf b;
  Err err = {0};
  buf_init(&b, 1 << 20);
  int same = sys_read_file(&b, name, &err) == 0 &&
             strcmp(buf_str(&b), want) == 0;
  if (!same) printf("# '%s' %s\n", buf_str(&b), err.text);
  buf_clear(&b);
  return same;
}

static int files(void) {
  int n = 0;
  DIR *d = opendir(dir);
  while (d && readdir(d)) n++;
  if (d) closedir(d);
  return n - 2;   /* . and .. */
}

static void test_write_file(void) {
  Err err = {0};
  struct stat st;
  const char *name = in_dir("a");
  is_int(sys_write_file(name, "one", 3, 0600, &err), 0, "a file is made");
  ok(is_file(name, "one"), "with its bytes");
  ok(stat(name, &st) == 0 && (st.st_mode & 0777) == 0600, "and its mode");
  is_int(sys_write_file(name, "two!", 4, 0644, &err), 0, "it is replaced");
  ok(is_file(name, "two!"), "whole");
  is_int(files(), 1, "and no temporary file stays");
  is_int(symlink("a", in_dir("link")), 0, "a link");
  is_int(sys_write_file(in_dir("link"), "3", 1, 0600, &err), 0, "is followed");
  ok(is_file(name, "3"), "to the file");
  ok(lstat(in_dir("link"), &st) == 0 && S_ISLNK(st.st_mode), "and stays");
  is_int(sys_write_file(dir, "x", 1, 0600, &err), -1, "no directory");
  is_int(mkfifo(in_dir("fifo"), 0600), 0, "a FIFO");
  is_int(sys_write_file(in_dir("fifo"), "x", 1, 0600, &err), -1, "is refused");
  ok(strstr(err.text, "regular"), "by name");
  is_int(sys_write_file(in_dir("no/where"), "x", 1, 0600, &err), -1,
         "no file in no directory");
  is_int(err.kind, ERR_FILE, "kind file");
  is_int(files(), 3, "nothing was left behind");
  unlink(in_dir("fifo"));
  unlink(in_dir("link"));
  unlink(name);
}

static void test_read_file(void) {
  Err err = {0};
  Buf b;
  const char *name = in_dir("r");
  static char large[200000];
  memset(large, 'x', sizeof large);
  sys_write_file(name, large, sizeof large, 0600, &err);
  buf_init(&b, sizeof large);
  is_int(sys_read_file(&b, name, &err), 0, "a file of just the maximum");
  is_int(b.len, sizeof large, "is read whole");
  buf_clear(&b);
  buf_init(&b, sizeof large - 1);
  is_int(sys_read_file(&b, name, &err), -1, "one byte more is refused");
  is_int(err.kind, ERR_CAP, "kind cap");
  buf_clear(&b);
  is_int(sys_read_file(&b, dir, &err), -1, "a directory is no file");
  is_int(sys_read_file(&b, in_dir("none"), &err), -1, "nor is nothing");
  ok(strstr(err.text, "none"), "the error names it");
  buf_clear(&b);
  unlink(name);
}

static void test_make_dir(void) {
  Err err = {0};
  struct stat st;
  is_int(sys_make_dir(in_dir("x//y/z/"), 0700, &err), 0, "with parents");
  ok(stat(in_dir("x/y/z"), &st) == 0 && S_ISDIR(st.st_mode), "all there");
  is_int(sys_make_dir(in_dir("x/y/z"), 0700, &err), 0, "twice is fine");
  sys_write_file(in_dir("x/f"), "", 0, 0600, &err);
  is_int(sys_make_dir(in_dir("x/f/g"), 0700, &err), -1, "not below a file");
  is_int(sys_make_dir("", 0700, &err), -1, "nor without a name");
  unlink(in_dir("x/f"));
  rmdir(in_dir("x/y/z"));
  rmdir(in_dir("x/y"));
  rmdir(in_dir("x"));
}

/* More than a pipe holds, through a descriptor that would rather not wait. */
static void test_pipes(void) {
  static char text[300000];
  Err err = {0};
  int fd[2];
  memset(text, 'y', sizeof text);
  if (pipe(fd)) return;
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    close(fd[0]);
    fcntl(fd[1], F_SETFL, O_NONBLOCK);
    _exit(sys_write(fd[1], text, sizeof text, NULL, &err) != 0);
  }
  close(fd[1]);
  Buf b;
  buf_init(&b, 1 << 20);
  is_int(sys_read_fd(&b, fd[0], "pipe", &err), 0, "a pipe is read to its end");
  is_int(b.len, sizeof text, "and was written whole");
  buf_clear(&b);
  close(fd[0]);
  int status = -1;
  waitpid(pid, &status, 0);
  is_int(status, 0, "by a patient writer");
  bool broken = false;
  if (pipe(fd)) return;
  close(fd[0]);
  is_int(sys_write(fd[1], "x", 1, &broken, &err), -1, "nobody reads");
  ok(broken, "and that is told apart");
  close(fd[1]);
  broken = true;
  is_int(sys_write(fd[1], "x", 1, &broken, &err), -1, "a closed descriptor");
  ok(!broken, "is another fault");
}

static void on_alarm(int signo) {
  (void)signo;
}

static void test_interrupted(void) {
  struct sigaction action = {.sa_handler = on_alarm}, before;
  Err err = {0};
  int fd[2];
  Buf b;
  buf_init(&b, 100);
  if (pipe(fd) || sigaction(SIGALRM, &action, &before)) return;
  ualarm(20000, 20000);   /* again and again: one could come too early */
  is_int(sys_read_fd(&b, fd[0], "pipe", &err), -1, "a signal ends a read");
  ualarm(0, 0);
  is_int(err.kind, ERR_CANCELLED, "as cancelled");
  sigaction(SIGALRM, &before, NULL);
  close(fd[0]);
  close(fd[1]);
  buf_clear(&b);
}

static void test_small_things(void) {
  Err err = {0};
  char text[SYS_UTC];
  unsigned char a[64] = {0}, b[64] = {0};
  is_int(sys_random(a, sizeof a, &err), 0, "random bytes");
  is_int(sys_random(b, sizeof b, &err), 0, "and more");
  ok(memcmp(a, b, sizeof a) != 0, "are not the same");
  ok(sys_clock() > 1.6e9, "the clock is past 2020");
  is_int(sys_utc(0, text), 0, "the epoch");
  is_str(text, "1970-01-01T00:00:00Z", "as text");
  is_int(sys_utc(1795291832.9, text), 0, "a time");
  is_str(text, "2026-11-21T20:10:32Z", "is not rounded up");
  is_int(sys_utc(-0.5, text), 0, "just before the epoch");
  is_str(text, "1969-12-31T23:59:59Z", "goes down");
  is_int(sys_utc(253402300800.0, text), -1, "not the year 10000");
  is_int(sys_utc(0.0 / 0.0, text), -1, "nor no number");
  setenv("COLUMNS", "123", 1);
  int fd = open("/dev/null", O_RDONLY);
  is_int(sys_columns(fd), 123, "COLUMNS counts without a terminal");
  setenv("COLUMNS", "12x", 1);
  is_int(sys_columns(fd), 80, "but not nonsense");
  close(fd);
}

int main(void) {
  if (!mkdtemp(dir) || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
    return EXIT_FAILURE;
  test_write_file();
  test_read_file();
  test_make_dir();
  test_pipes();
  test_interrupted();
  test_small_things();
  ok(rmdir(dir) == 0, "nothing is left behind");
  return done();
}
