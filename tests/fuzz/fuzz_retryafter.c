/* fuzz_retryafter.c - how long a server asks us to wait. */
/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <math.h>
#include <stdbool.h>
#include <time.h>

#include "retryafter.h"

static const double NOW = 1765537200;   /* 2025-12-12 11:00:00 UTC */

static bool is_digits(const char *s) {
  size_t n = strspn(s, "0123456789");
  return n > 0 && s[n] == '\0';
}

/* What libc makes of the form that servers send, if it is just that. */
static double by_libc(const char *s) {
  static const char form[] = "%a, %d %b %Y %H:%M:%S GMT";
  struct tm tm = {0};
  char back[64];
  const char *end = strptime(s, form, &tm);
  /* A year of two digits is another matter. */
  if (!end || *end || strlen(s) != 29 ||
      !strftime(back, sizeof back, form, &tm) || strcmp(back, s) != 0)
    return NAN;
  return (double)timegm(&tm);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Fields f = {(const char *)data, size};
  char *text = fuzz_field(&f, NULL);
  double seconds = retry_after(text, NOW);
  need(isfinite(seconds), "a number comes back");
  need(seconds >= 0 || seconds == -1, "never a time before now");
  need(seconds <= RETRY_AFTER_MAX, "never above the most");
  if (is_digits(text)) {
    need(seconds >= 0, "digits are seconds");
    if (strlen(text) < 9)
      need(seconds == strtod(text, NULL), "as many as they say");
  }
  double then = by_libc(text);
  if (seconds >= 0 && isfinite(then)) {
    double left = fmin(fmax(0, then - NOW), RETRY_AFTER_MAX);
    need(fabs(seconds - left) < 1, "a date is what libc reads");
  }
  /* In an hour the same date is an hour nearer. */
  double later = retry_after(text, NOW + 3600);
  need((later < 0) == (seconds < 0), "the clock does not make it valid");
  if (seconds >= 0 && !is_digits(text) && strchr(text, ':'))
    need(later <= seconds, "a date comes nearer");
  free(text);
  return 0;
}
