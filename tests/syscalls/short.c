/* short.c - a library before the C library whose Nth write or read is short. */
/* SPDX-License-Identifier: MIT */
/*
 * strace can say that a call did less than was asked for, but not have it do
 * so. LD_PRELOAD=short.so SHORT_CALL=write SHORT_AT=3 makes half of what the
 * third call of write asks for; SHORT_MARK names a file that then appears. Of
 * files and sockets only: an event or a signal is read as a whole.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long count;

static bool divisible(int fd) {
  struct stat st;
  return fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISSOCK(st.st_mode));
}

/* How many of the n bytes this call is to take. */
static size_t cut(const char *call, int fd, size_t n) {
  const char *wanted = getenv("SHORT_CALL"), *at = getenv("SHORT_AT");
  const char *mark = getenv("SHORT_MARK");
  if (!wanted || !at || !mark || strcmp(wanted, call) != 0) return n;
  if (n < 2 || !divisible(fd)) return n;
  if (atomic_fetch_add(&count, 1) + 1 != strtol(at, NULL, 10)) return n;
  int made = open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (made >= 0) (void)close(made);
  return n / 2;
}

/* The next one of this name; a cast from an object to a function would be
   none of ISO C's. */
static void after(const char *name, void *into) {
  void *found = dlsym(RTLD_NEXT, name);
  if (!found) abort();
  memcpy(into, &found, sizeof found);
}

#define SHORT(type, name, parameters, call, arguments) \
  type name parameters; \
  type name parameters { \
    static type (*real) parameters; \
    if (!real) after(#name, &real); \
    n = cut(call, fd, n); \
    return real arguments; \
  }

SHORT(ssize_t, write, (int fd, const void *p, size_t n), "write", (fd, p, n))
SHORT(ssize_t, read, (int fd, void *p, size_t n), "read", (fd, p, n))
SHORT(ssize_t, pwrite64, (int fd, const void *p, size_t n, off64_t at),
      "pwrite", (fd, p, n, at))
SHORT(ssize_t, pread64, (int fd, void *p, size_t n, off64_t at), "pread",
      (fd, p, n, at))
SHORT(ssize_t, pwrite, (int fd, const void *p, size_t n, off_t at), "pwrite",
      (fd, p, n, at))
SHORT(ssize_t, pread, (int fd, void *p, size_t n, off_t at), "pread",
      (fd, p, n, at))
SHORT(ssize_t, send, (int fd, const void *p, size_t n, int flags), "send",
      (fd, p, n, flags))
SHORT(ssize_t, recv, (int fd, void *p, size_t n, int flags), "recv",
      (fd, p, n, flags))
