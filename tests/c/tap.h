/* tap.h - TAP for C tests: ok(), is_int(), is_str(), done(). */
#ifndef TAP_H
#define TAP_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tap_count, tap_failures;

__attribute__((unused)) static int tap_ok(int pass, const char *file, int line,
                                          const char *what) {
  printf("%sok %d - %s\n", pass ? "" : "not ", ++tap_count, what);
  if (!pass) {
    tap_failures++;
    printf("# at %s:%d\n", file, line);
  }
  fflush(stdout);
  return pass;
}

__attribute__((unused)) static int tap_int(long long got, long long want,
                                           const char *file, int line,
                                           const char *what) {
  int pass = tap_ok(got == want, file, line, what);
  if (!pass) printf("# got %lld, expected %lld\n", got, want);
  return pass;
}

__attribute__((unused)) static int tap_str(const char *got, const char *want,
                                           const char *file, int line,
                                           const char *what) {
  int same = got && want ? strcmp(got, want) == 0 : got == want;
  int pass = tap_ok(same, file, line, what);
  if (!pass) printf("# got      %s\n# expected %s\n", got ? got : "(null)",
                    want ? want : "(null)");
  return pass;
}

#define ok(pass, what) tap_ok(!!(pass), __FILE__, __LINE__, what)
#define is_int(got, want, what) tap_int(got, want, __FILE__, __LINE__, what)
#define is_str(got, want, what) tap_str(got, want, __FILE__, __LINE__, what)

/* The last statement of main. */
__attribute__((unused)) static int done(void) {
  printf("1..%d\n", tap_count);
  return tap_failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
