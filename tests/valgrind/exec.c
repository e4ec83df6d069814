/* exec.c - what valgrind 3.19 cannot do about exec; to be preloaded. */
/* SPDX-License-Identifier: MIT */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

enum { LONGEST = 32 * 4096 };   /* MAX_ARG_STRLEN of Linux, on pages of 4 kB */

/* To valgrind /proc/self/exe is the client where it is read as a link, but is
   valgrind itself where it is executed. And it does not survive an exec that
   fails for a reason that it did not foresee. */
int execvpe(const char *file, char *const argv[], char *const envp[]) {
  typedef int Exec(const char *, char *const[], char *const[]);
  char self[PATH_MAX];
  union { void *object; Exec *function; } real = {dlsym(RTLD_NEXT, "execvpe")};
  for (char *const *arg = argv; *arg; arg++) {
    if (strlen(*arg) >= LONGEST) {
      errno = E2BIG;
      return -1;
    }
  }
  if (strcmp(file, "/proc/self/exe") == 0) {
    ssize_t n = readlink(file, self, sizeof self - 1);
    if (n < 0) return -1;
    self[n] = '\0';
    file = self;
  }
  return real.function(file, argv, envp);
}
