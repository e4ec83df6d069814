/* cronsay.c - a cron expression in words. */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cron.h"

enum { TIMES_MAX = 6, WEEK = 7, NAMES = 13 };

static const char *const weekdays[] = {
  "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday",
  "Saturday"};
static const char *const months[NAMES] = {
  "", "January", "February", "March", "April", "May", "June", "July",
  "August", "September", "October", "November", "December"};
static const char *const counts[] = {
  "first", "second", "third", "fourth", "fifth"};

static int lowest(uint64_t set) {
  return __builtin_ctzll(set);
}

static int size(uint64_t set) {
  return __builtin_popcountll(set);
}

static void say_value(Buf *out, const char *const *names, int v) {
  if (names) buf_puts(out, names[v % NAMES]);
  else buf_printf(out, "%d", v);
}

/* "A, B to D and F"; ranges of three and more are drawn together. */
static void say_set(Buf *out, uint64_t set, const char *const *names) {
  bool first = true;
  while (set) {
    int from = lowest(set), to = from;
    while (to < 63 && set >> (to + 1) & 1) to++;
    if (to - from < 2) to = from;
    for (int v = from; v <= to; v++) set &= ~(UINT64_C(1) << v);
    if (!first) buf_puts(out, set ? ", " : " and ");
    first = false;
    say_value(out, names, from);
    if (to == from) continue;
    buf_puts(out, " to ");
    say_value(out, names, to);
  }
}

/* The step of a set that runs through all of 0 to end - 1 evenly; 0 if it
   does not. */
static int even_step(uint64_t set, int end) {
  if (!(set & 1) || size(set) < 2) return 0;
  int step = lowest(set & ~UINT64_C(1));
  uint64_t made = 0;
  for (int v = 0; v < end; v += step) made |= UINT64_C(1) << v;
  return made == set && end % step == 0 ? step : 0;
}

/* ---- times of day ---- */

static void say_times(Buf *out, const CronRow *row) {
  int left = size(row->minutes) * size(row->hours);
  buf_puts(out, "at ");
  for (int h = 0; h < 24; h++)
    for (int m = 0; m < 60; m++) {
      if (!(row->hours >> h & 1) || !(row->minutes >> m & 1)) continue;
      buf_printf(out, "%02d:%02d", h, m);
      left--;
      if (left > 0) buf_puts(out, left == 1 ? " and " : ", ");
    }
}

static void say_minutes(Buf *out, const CronRow *row) {
  int step = even_step(row->minutes, 60);
  if (step == 1)
    buf_puts(out, "every minute");
  else if (step > 1)
    buf_printf(out, "every %d minutes", step);
  else {
    buf_puts(out, size(row->minutes) == 1 ? "at minute " : "at the minutes ");
    say_set(out, row->minutes, NULL);
  }
}

static void say_hours(Buf *out, const CronRow *row) {
  int step = even_step(row->hours, 24);
  bool all = step == 1;
  if (all)
    buf_puts(out, even_step(row->minutes, 60) ? "" : " of every hour");
  else if (step > 1)
    buf_printf(out, " of every %d%s hour from 00", step,
               step == 2 ? "nd" : step == 3 ? "rd" : "th");
  else {
    buf_puts(out, size(row->hours) == 1 ? " of hour " : " of the hours ");
    say_set(out, row->hours, NULL);
  }
}

static void say_clock(Buf *out, const CronRow *row) {
  if (row->kind == CRON_INTERVAL && row->minutes == 1) {
    buf_puts(out, "every hour, on the hour");
  } else if (row->minutes == 1 && size(row->hours) > 2 &&
             even_step(row->hours, 24) > 1) {
    buf_printf(out, "every %d hours from 00:00", even_step(row->hours, 24));
  } else if (row->kind == CRON_WALL &&
             size(row->minutes) * size(row->hours) <= TIMES_MAX) {
    say_times(out, row);
  } else {
    say_minutes(out, row);
    say_hours(out, row);
  }
}

/* ---- days ---- */

static void also(Buf *out, bool *first) {
  buf_puts(out, *first ? "" : " and ");
  *first = false;
}

static void say_days(Buf *out, const CronRow *row) {
  bool first = true;
  buf_puts(out, "on ");
  if (row->days) {
    also(out, &first);
    buf_puts(out, size(row->days) == 1 ? "day " : "the days ");
    say_set(out, row->days, NULL);
    buf_puts(out, row->day_last ? "" : " of the month");
  }
  for (int day = 1; day <= 31; day++)
    if (row->day_nearest >> day & 1) {
      also(out, &first);
      buf_printf(out, "Monday to Friday nearest to day %d of the month", day);
    }
  if (row->day_last) {
    also(out, &first);
    buf_puts(out, "the last day of the month");
  }
  if (row->day_last_work) {
    also(out, &first);
    buf_puts(out, "the last of Monday to Friday of the month");
  }
}

/* Sunday stands behind Saturday here, as in "Friday to Sunday". */
static void say_weekday_set(Buf *out, uint8_t set) {
  static const char *const names[NAMES] = {
    "", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
    "Sunday"};
  uint64_t turned = (set & 0x7E) | (uint64_t)(set & 1) << WEEK;
  say_set(out, turned, names);
}

static void say_weekdays(Buf *out, const CronRow *row) {
  bool first = true;
  buf_puts(out, "on ");
  if (row->weekdays) {
    also(out, &first);
    say_weekday_set(out, row->weekdays);
  }
  for (int n = 0; n <= CRON_NTH_MAX; n++) {
    uint8_t set = n < CRON_NTH_MAX ? row->weekday_nth[n] : row->weekday_last;
    for (int d = 0; d < WEEK; d++)
      if (set >> d & 1) {
        also(out, &first);
        buf_printf(out, "the %s %s of the month",
                   n < CRON_NTH_MAX ? counts[n] : "last", weekdays[d]);
      }
  }
}

static void say_dates(Buf *out, const CronRow *row) {
  if (!row->any_day) {
    buf_puts(out, " ");
    say_days(out, row);
  }
  if (!row->any_day && !row->any_weekday)
    buf_puts(out, row->days_and ? ", if that is also" : ", and also");
  if (!row->any_weekday) {
    buf_puts(out, " ");
    say_weekdays(out, row);
  }
  if (size(row->months) < 12) {
    buf_puts(out, " in ");
    say_set(out, row->months, months);
  }
}

/* ---- periods ---- */

static void say_every(Buf *out, int64_t seconds) {
  static const struct { int64_t seconds; const char *name; } units[] = {
    {86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
  bool first = true;
  buf_puts(out, "every ");
  for (int i = 0; i < 4; i++) {
    int64_t n = seconds / units[i].seconds;
    seconds %= units[i].seconds;
    if (n == 0) continue;
    also(out, &first);
    buf_printf(out, "%lld %s%s", (long long)n, units[i].name,
               n == 1 ? "" : "s");
  }
}

int cron_say(const CronRow *row, Buf *out) {
  if (row->kind == CRON_BOOT) {
    buf_puts(out, "once at each start");
  } else if (row->kind == CRON_EVERY) {
    say_every(out, row->every);
  } else {
    say_clock(out, row);
    say_dates(out, row);
  }
  return out->failed ? -1 : 0;
}
