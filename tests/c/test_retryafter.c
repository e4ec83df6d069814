/* test_retryafter.c - both forms of Retry-After, and what is neither. */
/* SPDX-License-Identifier: MIT */
#include "retryafter.h"

#include <math.h>

#include "tap.h"

#define NOW 1795302000.0   /* Sat, 21 Nov 2026 23:00:00 GMT */

static void gives(const char *value, double want) {
  double got = retry_after(value, NOW);
  char what[128];
  (void)snprintf(what, sizeof what, "'%.60s' gives %g", value, want);
  if (!ok(fabs(got - want) < 1e-9, what)) printf("# got %g\n", got);
}

int main(void) {
  gives("0", 0);
  gives("120", 120);
  gives("  7 ", 7);
  gives("1.5", 1.5);
  gives("99999999999999999999999999", RETRY_AFTER_MAX);
  gives("Sat, 21 Nov 2026 23:00:30 GMT", 30);
  gives("Sat, 21 Nov 2026 22:00:00 GMT", 0);
  gives("Saturday, 21-Nov-26 23:00:30 GMT", 30);
  gives("Sat Nov 21 23:00:30 2026", 30);
  gives("Thu, 01 Jan 1970 00:00:00 GMT", 0);
  gives("", -1);
  gives("-5", -1);
  gives("+5", -1);
  gives("soon", -1);
  gives("12 apples", -1);
  gives("5,6", -1);
  gives("0x10", -1);
  gives("1e3", -1);
  gives("Sat, 99 Nov 2026 99:00:30 GMT", -1);
  gives("Sometime next week, I should think", -1);
  return done();
}
