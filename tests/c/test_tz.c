/* test_tz.c - time zones: offsets, transitions, names, broken files. */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "civil.h"
#include "sys.h"
#include "tap.h"
#include "tz.h"

static int64_t at(int year, int month, int day, int hour, int minute) {
  return civil_days(year, month, day) * CIVIL_DAY + hour * 3600 + minute * 60;
}

static Tz *zone(const char *name) {
  Err err;
  Tz *tz = tz_open(name, &err);
  if (!tz) {
    printf("Bail out! %s\n", err.text);
    exit(1);
  }
  return tz;
}

static void test_civil(void) {
  bool same = true;
  int64_t days = civil_days(1, 1, 1);
  Civil c;
  for (int y = 1; y <= 9999; y++)
    for (int m = 1; m <= 12; m++) {
      same &= civil_days(y, m, 1) == days;
      civil_from(days * CIVIL_DAY + CIVIL_DAY - 1, &c);
      same &= c.year == y && c.month == m && c.day == 1 && c.hour == 23 &&
              c.second == 59;
      days += civil_month_days(y, m);
    }
  ok(same, "every month of 9999 years is where it is counted to be");
  is_int(days * CIVIL_DAY - 1, TZ_UTC_MAX, "the last second");
  is_int(civil_days(1, 1, 1) * CIVIL_DAY, TZ_UTC_MIN, "the first second");
  is_int(civil_weekday(civil_days(2026, 11, 22)), 0, "a Sunday");
  is_int(civil_weekday(civil_days(1, 1, 1)), 1, "year 1 began on a Monday");
}

static void span_is(const Tz *tz, int64_t utc, int offset, const char *name,
                    bool dst, const char *what) {
  TzSpan s;
  tz_span(tz, utc, &s);
  ok(s.offset == offset && strcmp(s.name, name) == 0 && s.dst == dst &&
     s.from <= utc && utc < s.to, what);
}

static void test_spans(void) {
  TzSpan s;
  Tz *tz = zone("Europe/Berlin");
  int64_t spring = at(2026, 3, 29, 1, 0), autumn = at(2026, 10, 25, 1, 0);
  span_is(tz, spring - 1, 3600, "CET", false, "the second before summer time");
  span_is(tz, spring, 7200, "CEST", true, "its first second");
  span_is(tz, autumn - 1, 7200, "CEST", true, "its last second");
  span_is(tz, autumn, 3600, "CET", false, "the second after");
  tz_span(tz, spring, &s);
  is_int(s.from, spring, "the transition before");
  is_int(s.to, autumn, "and the one after");
  span_is(tz, at(2037, 12, 31, 0, 0), 3600, "CET", false, "the end of 2037");
  span_is(tz, at(2038, 7, 1, 0, 0), 7200, "CEST", true, "summer of 2038");
  span_is(tz, at(9999, 7, 1, 0, 0), 7200, "CEST", true, "summer of 9999");
  span_is(tz, at(9999, 12, 31, 23, 59), 3600, "CET", false, "the last minute");
  span_is(tz, at(1, 1, 1, 0, 0), 3208, "LMT", false, "the year 1");
  span_is(tz, INT64_MIN, 3208, "LMT", false, "before all time");
  span_is(tz, at(1945, 6, 1, 0, 0), 10800, "CEMT", true, "double summer time");
  tz_span(tz, at(1800, 1, 1, 0, 0), &s);
  is_int(s.from, INT64_MIN, "nothing before the first transition");
  tz_close(tz);
  tz = zone("Asia/Tokyo");
  tz_span(tz, at(2026, 1, 1, 0, 0), &s);
  is_int(s.to, INT64_MAX, "a zone that changes no more");
  is_int(s.offset, 9 * 3600, "nine hours east");
  tz_close(tz);
  tz = zone("America/Nuuk");   /* its rule has negative hours */
  span_is(tz, at(2050, 3, 27, 0, 59), -7200, "-02", false, "Nuuk before");
  span_is(tz, at(2050, 3, 27, 1, 0), -3600, "-01", true, "Nuuk after");
  tz_close(tz);
}

/* Going from transition to transition forward meets the same as backward. */
static void test_chain(const char *name) {
  char what[80];
  TzSpan a, b;
  int n = 0, bad = 0;
  Tz *tz = zone(name);
  tz_span(tz, at(1800, 1, 1, 0, 0), &a);
  while (a.to < at(2100, 1, 1, 0, 0)) {
    tz_span(tz, a.to, &b);
    bad += b.from != a.to || b.to <= b.from ||
      (b.offset == a.offset && b.dst == a.dst && !strcmp(a.name, b.name));
    tz_span(tz, b.from - 1, &a);
    bad += a.to != b.from;
    a = b;
    n++;
  }
  snprintf(what, sizeof what, "%s: %d spans follow each other", name, n);
  ok(bad == 0 && n > 0, what);
  tz_close(tz);
}

static void local_is(const Tz *tz, int64_t local, int n, int64_t first,
                     int64_t second, const char *what) {
  int64_t both[2] = {0, 0};
  int got = tz_local(tz, local, both);
  ok(got == n && both[0] == first && both[1] == second, what);
}

static void test_local(void) {
  Tz *tz = zone("Europe/Berlin");
  local_is(tz, at(2026, 3, 29, 2, 30), 0, 0, 0, "left out in spring");
  local_is(tz, at(2026, 3, 29, 3, 0), 1, at(2026, 3, 29, 1, 0), 0,
           "the first time after the gap");
  local_is(tz, at(2026, 10, 25, 2, 30), 2, at(2026, 10, 25, 0, 30),
           at(2026, 10, 25, 1, 30), "twice in autumn");
  local_is(tz, at(2026, 10, 25, 3, 0), 1, at(2026, 10, 25, 2, 0), 0,
           "once again");
  local_is(tz, at(2126, 3, 31, 2, 30), 0, 0, 0, "left out in 2126");
  tz_close(tz);
  tz = zone("Pacific/Apia");
  local_is(tz, at(2011, 12, 30, 12, 0), 0, 0, 0, "a day that never was");
  local_is(tz, at(2011, 12, 31, 0, 0), 1, at(2011, 12, 30, 10, 0), 0,
           "the day after it");
  tz_close(tz);
  tz = zone("America/Juneau");   /* came to America over the date line */
  local_is(tz, at(1867, 10, 19, 0, 0), 2, at(1867, 10, 18, 8, 57) + 41,
           at(1867, 10, 19, 8, 57) + 41, "a day that was twice");
  tz_close(tz);
}

static void refused(const char *name, ErrKind kind, const char *text) {
  char what[160];
  Err err;
  err_clear(&err);
  Tz *tz = tz_open(name, &err);
  snprintf(what, sizeof what, "refused: %.40s (%.90s)", name, err.text);
  for (char *p = what; *p; p++) if ((unsigned char)*p < ' ') *p = '?';
  ok(!tz && err.kind == kind && strstr(err.text, text), what);
  tz_close(tz);
}

static void test_names(void) {
  static const char *const bad[] = {
    "", "/", ".", "..", "../zoneinfo/UTC", "/etc/localtime",
    "/usr/share/zoneinfo/UTC", "Europe/../UTC", "Europe//Berlin", "Europe/",
    "Europe", "europe/berlin", "Europe/Berlin ", "Europe/Berlin\n",
    "Mars/Olympus", "localtime", "posixrules", "posix/Europe/Berlin",
    "right/Europe/Berlin", "Factory", "zone.tab", "leapseconds", "tzdata.zi",
    "CET-1CEST,M3.5.0,M10.5.0/3", ":Europe/Berlin", "-", "\x1b[2J"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    refused(bad[i], ERR_VALIDATION, "is not known; expected an IANA name");
  char lengthy[300];
  memset(lengthy, 'a', sizeof lengthy - 1);
  lengthy[sizeof lengthy - 1] = '\0';
  refused(lengthy, ERR_VALIDATION, "aaaa...' is not known");
  static const char *const good[] = {
    "UTC", "Etc/GMT+12", "America/Argentina/ComodRivadavia", "EST5EDT", "GB",
    "Asia/Kathmandu", "America/Port-au-Prince", "US/East-Indiana"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    Tz *tz = zone(good[i]);
    is_str(tz_name(tz), good[i], "a name that is known");
    tz_close(tz);
  }
}

static void test_machine(void) {
  char version[32], dir[] = "/tmp/errand-tz-XXXXXX", path[64];
  Err err;
  if (tz_version(version, sizeof version) == 0)
    ok(strlen(version) >= 5 && version[0] == '2', "the data has a version");
  if (!mkdtemp(dir)) exit(1);
  setenv("TZDIR", "/dev/null/none", 1);
  refused("Europe/Berlin", ERR_CONFIG, "install the package tzdata");
  Tz *tz = tz_open("UTC", &err);
  ok(tz != NULL, "UTC needs no data");
  span_is(tz, 0, 0, "UTC", false, "and is what it is");
  tz_close(tz);
  ok(tz_version(version, sizeof version) < 0, "no version without data");
  setenv("TZDIR", dir, 1);
  snprintf(path, sizeof path, "%s/Test", dir);
  if (sys_write_file(path, "TZif2", 5, 0600, &err)) exit(1);
  refused("Test", ERR_FILE, "reinstall the package tzdata");
  if (sys_write_file(path, "nothing", 7, 0600, &err)) exit(1);
  refused("Test", ERR_VALIDATION, "is not known");
  unlink(path);
  rmdir(dir);
  unsetenv("TZDIR");
}

static void test_changed(void) {
  char dir[] = "/tmp/errand-tz-XXXXXX", path[64];
  Buf b;
  Err err;
  buf_init(&b, 1 << 20);
  if (!mkdtemp(dir) ||
      sys_read_file(&b, "/usr/share/zoneinfo/Asia/Tokyo", &err))
    exit(1);
  snprintf(path, sizeof path, "%s/Test", dir);
  setenv("TZDIR", dir, 1);
  if (sys_write_file(path, b.data, b.len, 0600, &err)) exit(1);
  Tz *tz = zone("Test");
  ok(!tz_changed(tz), "the file is as it was");
  if (sys_write_file(path, b.data, b.len, 0600, &err)) exit(1);
  ok(tz_changed(tz), "an update is seen");
  unlink(path);
  ok(tz_changed(tz), "a file that went is a change, too");
  tz_close(tz);
  unsetenv("TZDIR");
  rmdir(dir);
  /* Each beginning of the file, and each byte another: never a crash. */
  int opened = 0, held = 0, others = 0;
  for (size_t i = 0; i < b.len; i++) {
    TzSpan s = {0};
    Tz *part = tz_parse("part", b.data, i, &err);
    opened += part != NULL;
    tz_close(part);
    b.data[i] = (char)(b.data[i] ^ 0xFF);
    Tz *other = tz_parse("other", b.data, b.len, &err);
    if (other) tz_span(other, 0, &s);
    others += other != NULL;
    held += other && s.from <= 0 && s.to > 0;
    tz_close(other);
    b.data[i] = (char)(b.data[i] ^ 0xFF);
  }
  ok(others > 0 && held == others, "a broken file still has spans");
  is_int(opened, 0, "no part of a file is taken for one");
  buf_clear(&b);
}

static void test_rules(void) {
  static const char *const good[] = {
    "UTC0", "CET-1CEST,M3.5.0,M10.5.0/3", "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
    "EET-2EEST,M3.4.4/50,M10.4.4/50", "AAA3BBB,J60/0,J300", "AAA3BBB2:30,0,364",
    "IST-1GMT0,M10.5.0,M3.5.0/1", "XXX3EDT4,0/0,J365/23"};
  static const char *const bad[] = {
    "", "A1", "AAA", "AAA25", "AAA1BBB", "AAA1BBB,M3.5.0",
    "AAA1BBB,M0.5.0,M1.1.0",
    "AAA1BBB,M3.6.0,M1.1.0", "AAA1BBB,M3.5.7,M1.1.0", "AAA1BBB,J0,J1",
    "AAA1BBB,366,1", "AAA1BBB,M3.5.0/168,M1.1.0", "<AAA1", "AAA1 ",
    "ABCDEFGHIJKLMNOPQ1", "AAA1BBB,M3.5.0,M10.5.0x"};
  TzRule rule;
  TzSpan s;
  int right = 0;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    right += tzrule_parse(&rule, good[i]) == 0;
  is_int(right, sizeof good / sizeof *good, "rules that are rules");
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    ok(tzrule_parse(&rule, bad[i]) < 0, bad[i]);
  tzrule_parse(&rule, "AAA3BBB,J60/0,J300");
  tzrule_span(&rule, at(2028, 3, 1, 3, 0), &s);
  is_int(s.from, at(2028, 3, 1, 3, 0), "J60 is the 1st of March in leap years");
  tzrule_parse(&rule, "AAA3BBB,59/0,J300");
  tzrule_span(&rule, at(2028, 2, 29, 3, 0), &s);
  is_int(s.from, at(2028, 2, 29, 3, 0), "59 is the 29th of February there");
  tzrule_parse(&rule, "AAA3BBB,0/0,J365/25");   /* all the year */
  tzrule_span(&rule, at(2026, 1, 1, 3, 0), &s);
  ok(s.dst && s.from == INT64_MIN && s.to == INT64_MAX,
     "daylight saving all year has no transition");
  tzrule_parse(&rule, "AEST-10AEDT,M10.1.0,M4.1.0/3");
  tzrule_span(&rule, at(2040, 1, 1, 0, 0), &s);
  ok(s.dst && s.offset == 11 * 3600, "summer in the south");
}

int main(void) {
  test_civil();
  test_spans();
  test_local();
  test_names();
  test_rules();
  static const char *const chain[] = {
    "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Gaza",
    "Africa/Casablanca", "Pacific/Apia", "America/Nuuk", "Asia/Tokyo",
    "Europe/Dublin", "Africa/Monrovia", "Antarctica/Troll", "Asia/Pyongyang"};
  for (size_t i = 0; i < sizeof chain / sizeof *chain; i++)
    test_chain(chain[i]);
  test_machine();
  test_changed();
  return done();
}
