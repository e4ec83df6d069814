/* civil.h - the Gregorian calendar by day numbers. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef CIVIL_H
#define CIVIL_H

#include <stdbool.h>
#include <stdint.h>

enum { CIVIL_DAY = 86400 };
/* The years that hold for all of these: within them nothing overflows. */
enum { CIVIL_YEAR_MIN = 1, CIVIL_YEAR_MAX = 9999 };

typedef struct Civil {
  int year, month, day;      /* month 1..12, day 1..31 */
  int hour, minute, second;
  int weekday;               /* 0 = Sunday */
} Civil;

bool civil_leap(int year);
int civil_month_days(int year, int month);
/* Days since 1970-01-01. */
int64_t civil_days(int year, int month, int day);
int civil_weekday(int64_t days);
/* Seconds since 1970-01-01 00:00, read as if in UTC. */
int64_t civil_seconds(const Civil *c);
void civil_from(int64_t seconds, Civil *c);

/* n / d and the rest, rounded down; d > 0. */
int64_t civil_floor_div(int64_t n, int64_t d);
int64_t civil_floor_mod(int64_t n, int64_t d);

#endif
