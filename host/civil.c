/* civil.c - the Gregorian calendar by day numbers. */
/* SPDX-License-Identifier: MIT */
#include "civil.h"

/* Days of 400 years, and from year 0 (that begins in March) to 1970. */
enum { ERA_DAYS = 146097, EPOCH_DAYS = 719468 };

bool civil_leap(int year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int civil_month_days(int year, int month) {
  static const unsigned char days[] = {31, 28, 31, 30, 31, 30,
                                       31, 31, 30, 31, 30, 31};
  return days[month - 1] + (month == 2 && civil_leap(year));
}

int64_t civil_floor_div(int64_t n, int64_t d) {
  return n / d - (n % d < 0);
}

int64_t civil_floor_mod(int64_t n, int64_t d) {
  int64_t rest = n % d;
  return rest < 0 ? rest + d : rest;
}

/* Years begin in March here, so that the day that comes and goes is the last
   of a year; months of 31 and 30 days then alternate with a period of five
   that has 153 days. */
int64_t civil_days(int year, int month, int day) {
  int64_t y = month <= 2 ? year - 1 : year;
  int64_t era = civil_floor_div(y, 400);
  int64_t of_era = y - era * 400;
  int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  int64_t days = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
  return era * ERA_DAYS + days - EPOCH_DAYS;
}

int civil_weekday(int64_t days) {
  return (int)civil_floor_mod(days + 4, 7);   /* 1970 began on a Thursday */
}

int64_t civil_seconds(const Civil *c) {
  int of_day = c->hour * 3600 + c->minute * 60 + c->second;
  return civil_days(c->year, c->month, c->day) * CIVIL_DAY + of_day;
}

void civil_from(int64_t seconds, Civil *c) {
  int64_t days = civil_floor_div(seconds, CIVIL_DAY);
  int rest = (int)(seconds - days * CIVIL_DAY);
  int64_t n = days + EPOCH_DAYS;
  int64_t era = civil_floor_div(n, ERA_DAYS);
  int64_t of_era = n - era * ERA_DAYS;
  int64_t year = (of_era - of_era / 1460 + of_era / 36524 -
                  of_era / (ERA_DAYS - 1)) / 365;
  int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
  int64_t month = (5 * of_year + 2) / 153;
  c->day = (int)(of_year - (153 * month + 2) / 5 + 1);
  c->month = (int)(month < 10 ? month + 3 : month - 9);
  c->year = (int)(year + era * 400 + (c->month <= 2));
  c->hour = rest / 3600;
  c->minute = rest / 60 % 60;
  c->second = rest % 60;
  c->weekday = civil_weekday(days);
}
