/* retryafter.c - the header Retry-After. */
/* SPDX-License-Identifier: MIT */
#include "retryafter.h"

#include <curl/curl.h>
#include <math.h>
#include <string.h>
#include <time.h>

/* Seconds are digits only by the standard; a fraction is met in practice. */
static double seconds_of(const char *s, size_t n) {
  double value = 0, unit = 1;
  size_t i = 0;
  for (; i < n && s[i] >= '0' && s[i] <= '9'; i++)
    value = fmin(value * 10 + (s[i] - '0'), RETRY_AFTER_MAX);
  if (i == 0) return -1;
  if (i < n && s[i] == '.')
    for (i++; i < n && s[i] >= '0' && s[i] <= '9'; i++)
      value += (s[i] - '0') * (unit /= 10);
  return i == n ? fmin(value, RETRY_AFTER_MAX) : -1;
}

double retry_after(const char *value, double now) {
  while (*value == ' ' || *value == '\t') value++;
  size_t n = strlen(value);
  while (n > 0 && (value[n - 1] == ' ' || value[n - 1] == '\t')) n--;
  double seconds = seconds_of(value, n);
  if (seconds >= 0) return seconds;
  /* Dates of all three forms begin with the day's name. libcurl would take
     much else for a date, such as "17". */
  if (n < 24 || n > 40 || !strchr("MTWFS", value[0])) return -1;
  time_t at = curl_getdate(value, NULL);
  if (at == (time_t)-1) return -1;
  return fmin(fmax(0, (double)at - now), RETRY_AFTER_MAX);
}
