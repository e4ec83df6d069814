/* test_cron.c - cron expressions: slots, clock changes, faults, words. */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "cron.h"
#include "tap.h"

enum { SLOTS = 2000 };

typedef struct Case {
  CronRow row;
  CronZone zone;
  Tz *tz;
} Case;

static int64_t at(int year, int month, int day, int hour, int minute) {
  return civil_days(year, month, day) * CIVIL_DAY + hour * 3600 + minute * 60;
}

static Case open_case(const char *text, const char *zone) {
  Case c = {0};
  Err err;
  CronFaults faults;
  if (cron_parse(&c.row, text, NULL, &faults)) {
    printf("Bail out! %s: %s\n", text, faults.text[0]);
    exit(1);
  }
  c.tz = tz_open(zone, &err);
  if (!c.tz) exit(1);
  c.zone.tz = c.tz;
  return c;
}

/* The slots of a local day as "03:00+2g1", joined by blanks: local time, hours
   east of UTC, g and the number of local times made up for, o: comes twice. */
static int day_slots(Case *c, int year, int month, int day, char *out,
                     size_t size) {
  int64_t from = at(year, month, day, 0, 0);
  CronSlot s;
  int n = 0;
  size_t len = 0;
  out[0] = '\0';
  int64_t after = from - 2 * TZ_OFFSET_MAX;
  while (cron_next(&c->row, &c->zone, after, &s)) {
    int64_t local = s.utc + s.span.offset;
    after = s.utc;
    if (local >= from + CIVIL_DAY && s.utc > from + TZ_OFFSET_MAX) break;
    if (local < from || local >= from + CIVIL_DAY) continue;
    int rest = (int)(local - from);
    n++;
    if (len < size)
      len += (size_t)snprintf(out + len, size - len, "%s%02d:%02d%+g",
                              n > 1 ? " " : "", rest / 3600, rest / 60 % 60,
                              s.span.offset / 3600.0);
    if (len < size && s.flags & CRON_GAP)
      len += (size_t)snprintf(out + len, size - len, "g%lld%s",
                              (long long)s.collapsed, s.own ? "s" : "");
    if (len < size && s.flags & CRON_OVERLAP)
      len += (size_t)snprintf(out + len, size - len, "o");
  }
  return n;
}

/* The table of the description, and more of its kind. */
static const struct {
  const char *zone;
  int year, month, day;
  const char *text, *slots;     /* NULL: only counted */
  int count;
} table[] = {
  {"Europe/Berlin", 2026, 3, 29, "30 2 * * *", "03:00+2g1", 1},
  {"Europe/Berlin", 2026, 3, 29, "0 * * * *", NULL, 23},
  {"Europe/Berlin", 2026, 10, 25, "30 2 * * *", "02:30+2o", 1},
  {"Europe/Berlin", 2026, 10, 25, "0 * * * *", NULL, 25},
  {"Australia/Lord_Howe", 2026, 10, 4, "30 2 * * *", "02:30+11", 1},
  {"Australia/Lord_Howe", 2026, 10, 4, "0 * * * *", NULL, 23},
  {"Africa/Casablanca", 2026, 2, 15, "30 2 * * *", "02:30+1o", 1},
  {"Africa/Casablanca", 2026, 3, 22, "30 2 * * *", "03:00+1g1", 1},
  {"Africa/Casablanca", 2026, 2, 15, "0 * * * *", NULL, 25},
  {"Africa/Casablanca", 2026, 3, 22, "0 * * * *", NULL, 23},
  {"Pacific/Apia", 2011, 12, 30, "30 2 * * *", "", 0},
  {"Pacific/Apia", 2011, 12, 31, "30 2 * * *", "00:00+14g1 02:30+14", 2},
  {"Pacific/Apia", 2011, 12, 30, "0 * * * *", "", 0},
  {"Pacific/Apia", 2011, 12, 31, "0 * * * *", NULL, 24},
  {"Africa/Cairo", 2026, 4, 24, "30 2 * * *", "02:30+3", 1},
  {"Africa/Cairo", 2026, 4, 24, "0 0 * * *", "01:00+3g1", 1},
  {"Africa/Cairo", 2026, 4, 24, "0 * * * *", NULL, 23},
  /* several times of one gap are one slot; a time of its own joins them */
  {"Europe/Berlin", 2026, 3, 29, "*/15 2 * * *", "03:00+2g4", 1},
  {"Europe/Berlin", 2026, 3, 29, "0 2,3 * * *", "03:00+2g1s", 1},
  {"Europe/Berlin", 2026, 3, 29, "30 1,2,3 * * *",
   "01:30+1 03:00+2g1 03:30+2", 3},
  {"Europe/Berlin", 2026, 3, 29, "0 0-23 * * *", NULL, 23},
  {"Europe/Berlin", 2026, 10, 25, "0 0-23 * * *", NULL, 24},
  {"Europe/Berlin", 2026, 10, 25, "*/15 2 * * *",
   "02:00+2o 02:15+2o 02:30+2o 02:45+2o", 4},
  {"Europe/Berlin", 2026, 10, 25, "0 */4 * * *", NULL, 6},
  {"Europe/Berlin", 2026, 10, 25, "0 3 * * *", "03:00+1", 1},
  {"Europe/Berlin", 2026, 10, 25, "*/30 * * * *", NULL, 50},
  {"Europe/Berlin", 2026, 3, 29, "* * * * *", NULL, 1380},
  {"Europe/Berlin", 2026, 10, 25, "* * * * *", NULL, 1500},
  {"Pacific/Apia", 2011, 12, 31, "0 */4 * * *",
   "00:00+14g6s 04:00+14 08:00+14 12:00+14 16:00+14 20:00+14", 6},
  {"Pacific/Apia", 2011, 12, 31, "0 0 30 12 *", "00:00+14g1", 1},
  {"Australia/Lord_Howe", 2026, 10, 4, "15 2 * * *", "02:30+11g1", 1},
  {"Australia/Lord_Howe", 2026, 4, 5, "45 * * * *", NULL, 25},
  {"Australia/Lord_Howe", 2026, 4, 5, "45 1 * * *", "01:45+11o", 1},
  /* beyond the data of the file, by its rule */
  {"Europe/Berlin", 2037, 3, 29, "30 2 * * *", "03:00+2g1", 1},
  {"Europe/Berlin", 2038, 3, 28, "30 2 * * *", "03:00+2g1", 1},
  {"Europe/Berlin", 2099, 10, 25, "30 2 * * *", "02:30+2o", 1},
  {"America/New_York", 9998, 3, 8, "30 2 * * *", "03:00-4g1", 1},
  /* the offset before had seconds: the first full minute after is late */
  {"Africa/Monrovia", 1972, 1, 7, "10 0 * * *", "00:44+0g1", 1},
  {"Asia/Kathmandu", 2026, 6, 1, "0 6 * * *", "06:00+5.75", 1},
  {"Europe/Berlin", 2026, 3, 29, "@daily", "00:00+1", 1},
  {"Africa/Cairo", 2026, 4, 24, "@daily", "01:00+3g1", 1},
  {"Africa/Cairo", 2026, 4, 24, "@hourly", NULL, 23}};

static void test_table(void) {
  char got[256], what[200];
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    Case c = open_case(table[i].text, table[i].zone);
    int n = day_slots(&c, table[i].year, table[i].month, table[i].day, got,
                      sizeof got);
    snprintf(what, sizeof what, "%s %d-%02d-%02d: %s", table[i].zone,
             table[i].year, table[i].month, table[i].day, table[i].text);
    if (table[i].slots) is_str(got, table[i].slots, what);
    is_int(n, table[i].count, what);
    tz_close(c.tz);
  }
}

static void test_skip(void) {
  char got[256];
  Case c = open_case("*/30 1,2,3 * * *", "Europe/Berlin");
  c.zone.skip_gaps = true;
  day_slots(&c, 2026, 3, 29, got, sizeof got);
  is_str(got, "01:00+1 01:30+1 03:00+2 03:30+2", "skip: nothing is made up");
  day_slots(&c, 2026, 10, 25, got, sizeof got);
  is_str(got, "01:00+2 01:30+2 02:00+2o 02:30+2o 03:00+1 03:30+1",
         "skip: an overlap is as ever");
  tz_close(c.tz);
  CronSlot s;
  c = open_case("0 * * * *", "Australia/Lord_Howe");
  cron_next(&c.row, &c.zone, at(2026, 10, 3, 14, 29), &s);
  int64_t before = s.utc;
  cron_next(&c.row, &c.zone, s.utc, &s);
  is_int(s.utc - before, 90 * 60, "one step of 90 minutes");
  tz_close(c.tz);
}

/* The first n local days on which it is due, from a date on, in UTC. */
static void dates_are(const char *text, CronDays days, int64_t from,
                      const char *want) {
  char got[256] = "";
  size_t len = 0;
  CronOptions options = {.days = days};
  CronFaults faults;
  CronSlot s;
  Civil d;
  Err err;
  CronRow row;
  Tz *tz = tz_open("UTC", &err);
  if (!tz || cron_parse(&row, text, &options, &faults)) {
    ok(0, faults.text[0]);
    tz_close(tz);
    return;
  }
  CronZone zone = {.tz = tz};
  from--;
  while (len < strlen(want) && cron_next(&row, &zone, from, &s)) {
    civil_from(s.utc, &d);
    len += (size_t)snprintf(got + len, sizeof got - len, "%s%d-%d-%d",
                            len ? " " : "", d.year, d.month, d.day);
    from = s.utc;
  }
  is_str(got, want, text);
  tz_close(tz);
}

static void test_dates(void) {
  const int64_t y26 = at(2026, 1, 1, 0, 0);
  dates_are("0 0 29 2 *", CRON_DAYS_PLAIN, y26, "2028-2-29 2032-2-29");
  dates_are("0 0 29 2 *", CRON_DAYS_PLAIN, at(2096, 3, 1, 0, 0), "2104-2-29");
  dates_are("0 0 29 2 1", CRON_DAYS_AND, y26, "2044-2-29 2072-2-29 2112-2-29");
  dates_are("0 0 31 * *", CRON_DAYS_PLAIN, y26,
            "2026-1-31 2026-3-31 2026-5-31");
  dates_are("0 0 13 * 5", CRON_DAYS_PLAIN, y26, "2026-1-2 2026-1-9 2026-1-13");
  dates_are("0 0 13 * 5", CRON_DAYS_OR, y26, "2026-1-2 2026-1-9 2026-1-13");
  dates_are("0 0 13 * 5", CRON_DAYS_AND, y26, "2026-2-13 2026-3-13 2026-11-13");
  dates_are("0 0 */15 * 0", CRON_DAYS_AND, y26, "2026-2-1 2026-3-1 2026-5-31");
  dates_are("0 0 */15 * 0", CRON_DAYS_OR, y26, "2026-1-1 2026-1-4 2026-1-11");
  dates_are("0 0 */15 * *", CRON_DAYS_PLAIN, y26,
            "2026-1-1 2026-1-16 2026-1-31");
  dates_are("0 0 L * *", CRON_DAYS_PLAIN, at(2028, 2, 1, 0, 0),
            "2028-2-29 2028-3-31 2028-4-30");
  dates_are("0 0 1,L * *", CRON_DAYS_PLAIN, y26, "2026-1-1 2026-1-31 2026-2-1");
  dates_are("0 0 LW * *", CRON_DAYS_PLAIN, y26,
            "2026-1-30 2026-2-27 2026-3-31");
  dates_are("0 0 15W * *", CRON_DAYS_PLAIN, y26,
            "2026-1-15 2026-2-16 2026-3-16");
  dates_are("0 0 1W * *", CRON_DAYS_PLAIN, at(2026, 8, 1, 0, 0),
            "2026-8-3 2026-9-1 2026-10-1");
  dates_are("0 0 31W * *", CRON_DAYS_PLAIN, at(2026, 2, 1, 0, 0),
            "2026-3-31 2026-5-29 2026-7-31");
  dates_are("0 0 * * 5#L", CRON_DAYS_PLAIN, y26, "2026-1-30 2026-2-27");
  dates_are("0 0 * * fri#l", CRON_DAYS_PLAIN, y26, "2026-1-30 2026-2-27");
  dates_are("0 0 * * FRIL", CRON_DAYS_PLAIN, y26, "2026-1-30 2026-2-27");
  dates_are("0 0 * * 7#1", CRON_DAYS_PLAIN, y26, "2026-1-4 2026-2-1");
  dates_are("0 0 * * TUE#5", CRON_DAYS_PLAIN, y26, "2026-3-31 2026-6-30");
  dates_are("0 0 * * MON#1,wed#3", CRON_DAYS_PLAIN, y26, "2026-1-5 2026-1-21");
  dates_are("0 0 * JAN SAT-SUN", CRON_DAYS_PLAIN, y26, "2026-1-3 2026-1-4");
  dates_are("0 0 * 12 5-7", CRON_DAYS_PLAIN, y26, "2026-12-4 2026-12-5");
  dates_are("@yearly", CRON_DAYS_PLAIN, y26 + 1, "2027-1-1 2028-1-1");
  dates_are("@weekly", CRON_DAYS_PLAIN, y26, "2026-1-4 2026-1-11");
  dates_are("0 0 * * *", CRON_DAYS_PLAIN, TZ_UTC_MIN, "1-1-1 1-1-2");
  dates_are("0 0 1 1 *", CRON_DAYS_PLAIN, at(9999, 1, 1, 0, 0), "9999-1-1");
}

static void test_every(void) {
  Case c = open_case("@every 1h30m", "Europe/Berlin");
  CronSlot s;
  is_int(c.row.every, 5400, "the period");
  c.zone.since = 1000;
  ok(cron_next(&c.row, &c.zone, 0, &s), "there is a slot");
  is_int(s.utc, 6400, "the first is one period after since");
  cron_next(&c.row, &c.zone, 6399, &s);
  is_int(s.utc, 6400, "just before");
  cron_next(&c.row, &c.zone, 6400, &s);
  is_int(s.utc, 11800, "strictly later");
  c.zone.since = at(2026, 3, 28, 23, 30);
  cron_next(&c.row, &c.zone, at(2026, 3, 29, 0, 59), &s);
  is_int(s.utc, at(2026, 3, 29, 1, 0), "clock changes play no part");
  is_int(s.span.offset, 7200, "its local time is told");
  tz_close(c.tz);
  c = open_case("@boot", "UTC");
  ok(!cron_next(&c.row, &c.zone, 0, &s), "@boot has no slots in time");
  tz_close(c.tz);
  c = open_case("* * * * *", "UTC");
  ok(!cron_next(&c.row, &c.zone, TZ_UTC_MAX, &s), "nor has the end of time");
  ok(!cron_next(&c.row, &c.zone, INT64_MAX, &s), "nor what is behind it");
  ok(cron_next(&c.row, &c.zone, INT64_MIN, &s), "the beginning has");
  is_int(s.utc, TZ_UTC_MIN, "the first minute of all");
  tz_close(c.tz);
}

static void test_hash(void) {
  CronRow a, b;
  CronFaults faults;
  CronOptions one = {.name = "access audit"}, two = {.name = "leavers"};
  ok(!cron_parse(&a, "~ 3 * * *", &one, &faults), "~ is a minute");
  ok(!cron_parse(&b, "~ 3 * * *", &one, &faults) && a.minutes == b.minutes,
     "the same for a name");
  is_int(__builtin_popcountll(a.minutes), 1, "one minute");
  /* Schedules move when these change: they must not. */
  is_int(__builtin_ctzll(a.minutes), 20, "minute of 'access audit'");
  ok(!cron_parse(&b, "~ 3 * * *", &two, &faults), "~ of another name");
  is_int(__builtin_ctzll(b.minutes), 28, "minute of 'leavers'");
  is_int(cron_jitter("access audit", 600), 370, "jitter of 'access audit'");
  is_int(cron_jitter("leavers", 600), 536, "jitter of 'leavers'");
  is_int(cron_jitter("leavers", 0), 0, "no jitter");
  int bad = 0, used[60] = {0};
  for (int i = 0; i < 6000; i++) {
    char name[32];
    CronOptions o = {.name = name};
    snprintf(name, sizeof name, "schedule %d", i);
    bad += cron_parse(&a, "10~20 1~4 * * *", &o, &faults) != 0;
    bad += (a.minutes & ~(UINT64_C(0x7FF) << 10)) != 0 ||
           (a.hours & ~0x1Eu) != 0;
    used[cron_hash(name, "minute", 60)]++;
    bad += cron_jitter(name, 600) < 0 || cron_jitter(name, 600) > 600;
  }
  is_int(bad, 0, "choices stay in their range");
  for (int i = 0; i < 60; i++) bad += used[i] < 50 || used[i] > 150;
  is_int(bad, 0, "and are spread over it");
}

static const struct { const char *text, *fault; } faulty[] = {
  {"", "'' has 0 fields; expected five"},
  {"* * * *", "'* * * *' has 4 fields; expected five"},
  {"0 0 * * * *", "has 6 fields; expected five: minute, hour, day of month, "
   "month, day of week (there are no seconds)"},
  {"60 * * * *", "minute '60' is out of range; expected 0 to 59"},
  {"-1 * * * *", "minute '-1' cannot be read; expected 0 to 59"},
  {"* 24 * * *", "hour '24' is out of range; expected 0 to 23"},
  {"* * 0 * *", "day of month '0' is out of range; expected 1 to 31"},
  {"* * 32 * *", "day of month '32' is out of range"},
  {"* * * 13 *", "month '13' is out of range; expected 1 to 12 or JAN to DEC"},
  {"* * * * 8", "day of week '8' is out of range; expected 0 to 7"},
  {"* * * foo *", "month 'foo' cannot be read"},
  {"* * * january *", "month 'january' cannot be read"},
  {"* * * * monday", "day of week 'monday' cannot be read"},
  {"99999999999999999999 * * * *", "is out of range"},
  {"1,,2 * * * *", "minute '' is an empty list item"},
  {"1, * * * *", "minute '' is an empty list item"},
  {"1;2 * * * *", "minute '1;2' cannot be read"},
  {"*/0 * * * *", "minute '*/0' has no step behind the slash"},
  {"*/ * * * *", "minute '*/' has no step"},
  {"*/x * * * *", "minute '*/x' has no step"},
  {"*/90 * * * *", "minute '*/90' has a step beyond its range, so that only 0 "
   "were left; expected a step of 1 to 59"},
  {"* */24 * * *", "hour '*/24' has a step beyond its range"},
  {"5/15 * * * *", "minute '5/15' has a step without a range; expected a "
   "range before the slash, as 5-59/15"},
  {"30-10 * * * *", "minute '30-10' ends before it begins; expected two "
   "ranges: 30-59,0-10"},
  {"* * * * FRI-MON", "expected two ranges: 5-6,0-1"},
  {"* * * * 5-0", "day of week '5-0' ends before it begins; expected 5-7"},
  {"* * ? * *", "day of month '?' is not used here; expected *"},
  {"* * * * L", "day of week 'L' lacks the day; expected the last of one, as "
   "5#L"},
  {"* * * * 5#6", "day of week '5#6' has no known count; expected #1 to #5"},
  {"* * * * 5#0", "has no known count"},
  {"* * 15W,20 * *", "day of month '15W' is one of several; expected W to "
   "stand alone"},
  {"* * 1-15W * *", "puts W behind a range"},
  {"* * W * *", "day of month 'W' cannot be read"},
  {"* * L-3 * *", "day of month 'L-3' cannot be read"},
  {"* * ~ * *", "day of month '~' uses ~, which is for minute and hour"},
  {"20~10 * * * *", "minute '20~10' is a range from high to low"},
  {"0 0 30 2 *", "day of month '30' never comes in month '2'"},
  {"0 0 31 4,6,9,NOV *", "day of month '31' never comes in month "
   "'4,6,9,NOV'"},
  {"0 0 30W 2 *", "day of month '30W' never comes in month '2'"},
  {"0 0 31 2 1", "day of month '31' never comes in month '2'"},
  {"0 0 */2 * 1", "day of month '*/2' beside day of week '1' means both to "
   "some crons and either to others; expected the option days = \"and\" or "
   "days = \"or\""},
  {"0 0 1 * */2", "beside day of week '*/2'"},
  {"0 0 *,1 * 1", "day of month '*,1' beside day of week '1'"},
  {"@reboot", "'@reboot' is not known; expected @hourly, @daily"},
  {"@daily 5", "'@daily 5' is not known"},
  {"@every", "@every '' is no period; expected 1s to 366d"},
  {"@every 5", "@every '5' is no period"},
  {"@every 0m", "@every '0m' is no period"},
  {"@every 400d", "@every '400d' is no period"},
  {"@every 90 m", "@every '90 m' is no period"},
  {"@every 9999999999999999999999h", "is no period"},
  {"\x1b[2J * * * *", "minute '\\x1b[2J' cannot be read"},
  {"0 0 * * *\n", "day of week '*\\n' cannot be read"}};

static void test_faults(void) {
  CronRow row;
  CronFaults faults;
  for (size_t i = 0; i < sizeof faulty / sizeof *faulty; i++) {
    int rc = cron_parse(&row, faulty[i].text, NULL, &faults);
    bool told = rc < 0 && faults.n > 0 &&
                strstr(faults.text[0], faulty[i].fault);
    ok(told, faulty[i].fault);
    if (!told) printf("# got %s\n", rc < 0 ? faults.text[0] : "no fault");
  }
  ok(cron_parse(&row, "60 24 0 13 8", NULL, &faults) < 0 && faults.n == 5,
     "all faults are told at once");
  ok(cron_parse(&row, "60,61 x,5 * * *", NULL, &faults) < 0 && faults.n == 3,
     "and all of a field");
  ok(cron_parse(&row, "61,61,61,61,61,61,61,61,61,61 * * * *", NULL, &faults)
     < 0 && faults.n == CRON_FAULTS_MAX, "as many as there is room for");
  CronOptions and = {.days = CRON_DAYS_AND};
  ok(cron_parse(&row, "0 0 1 * 5#3", &and, &faults) < 0 &&
     strstr(faults.text[0], "is never a day of week '5#3'"),
     "days that never meet");
  static char lengthy[2000];
  memset(lengthy, '1', sizeof lengthy - 1);
  ok(cron_parse(&row, lengthy, NULL, &faults) < 0, "too long a text");
}

static const struct { const char *text, *words; } said[] = {
  {"* * * * *", "every minute"},
  {"*/15 * * * *", "every 15 minutes"},
  {"0 * * * *", "every hour, on the hour"},
  {"5 * * * *", "at minute 5 of every hour"},
  {"*/7 * * * *", "at the minutes 0, 7, 14, 21, 28, 35, 42, 49 and 56 of every "
   "hour"},
  {"0 */4 * * *", "every 4 hours from 00:00"},
  {"15 6 * * 1-5", "at 06:15 on Monday to Friday"},
  {"30 2,14 * * *", "at 02:30 and 14:30"},
  {"* 2 * * *", "every minute of hour 2"},
  {"0 9-17 * * 1-5", "at minute 0 of the hours 9 to 17 on Monday to Friday"},
  {"0 0 * * 5-7", "at 00:00 on Friday to Sunday"},
  {"0 0 13 * 5", "at 00:00 on day 13 of the month, and also on Friday"},
  {"0 0 L 3,6,9,12 *", "at 00:00 on the last day of the month in March, June, "
   "September and December"},
  {"0 0 1,L * *", "at 00:00 on day 1 and the last day of the month"},
  {"0 0 15W * *", "at 00:00 on Monday to Friday nearest to day 15 of the "
   "month"},
  {"0 0 LW * *", "at 00:00 on the last of Monday to Friday of the month"},
  {"0 0 * * 2#3", "at 00:00 on the third Tuesday of the month"},
  {"0 0 * JAN-MAR FRI#L", "at 00:00 on the last Friday of the month in January "
   "to March"},
  {"@daily", "at 00:00"},
  {"@every 90m", "every 1 hour and 30 minutes"},
  {"@boot", "once at each start"}};

static void test_words(void) {
  CronRow row;
  CronFaults faults;
  Buf b;
  buf_init(&b, 4096);
  for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
    buf_reset(&b);
    if (cron_parse(&row, said[i].text, NULL, &faults) || cron_say(&row, &b))
      ok(0, said[i].text);
    else
      is_str(buf_str(&b), said[i].words, said[i].text);
  }
  buf_clear(&b);
}

int main(void) {
  test_table();
  test_skip();
  test_dates();
  test_every();
  test_hash();
  test_faults();
  test_words();
  return done();
}
