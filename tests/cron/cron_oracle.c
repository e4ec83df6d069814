/* cron_oracle.c - due times found by walking from minute to minute. */
/* SPDX-License-Identifier: MIT */

/*
 * oracle ZONE EXPRESSIONS SEED DAYS CHANGES RANDOM [FROM TO]
 *
 * Shares no code with the program that it judges: the C library tells the
 * local time, every minute is looked at, expressions are read by a naive
 * reader that takes them for right. Writes records to standard output: for
 * each window the slots in it. Windows are of DAYS days: CHANGES of them
 * around clock changes, RANDOM of them anywhere; or just FROM to TO.
 *
 * The rules, from the description of schedules:
 * - hour *: due at every minute whose local time matches
 * - else: due at the first minute with that local time; where clocks are put
 *   forward, the local times left out are due at the first instant after
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "record.h"

enum { ROWS_MAX = 100, DAY = 86400, WARM = 30 * 3600, CHANGES_MAX = 4000 };

typedef struct Row {
  bool minute[60], hour[24], day[32], month[13], weekday[8];
  bool last, last_work, nearest[32], nth[8][6], nth_last[8];
  bool hour_star, day_star, weekday_star, both, skip;
} Row;

static Row rows[ROWS_MAX];
static int row_count;

/* ---- expressions ---- */

static int word(const char *s, const char *names) {
  char up[4] = {(char)toupper((unsigned char)s[0]), 0, 0, 0};
  if (!isalpha((unsigned char)s[0])) return -1;
  for (int i = 1; i < 3 && s[i]; i++)
    up[i] = (char)toupper((unsigned char)s[i]);
  const char *at = strstr(names, up);
  return at && strlen(up) == 3 ? (int)(at - names) / 3 : -1;
}

static int read_value(const char **s) {
  static const char months[] = "???JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";
  static const char weekdays[] = "SUNMONTUEWEDTHUFRISAT";
  int n = word(*s, weekdays);
  if (n < 0) n = word(*s, months);
  if (n >= 0) {
    *s += 3;
    return n;
  }
  return (int)strtol(*s, (char **)(void *)s, 10);
}

static void read_item(Row *row, int field, bool *set, int low, int high,
                      const char *s) {
  int from = low, to = high, step = 1;
  if (field == 2 && strcmp(s, "L") == 0) { row->last = true; return; }
  if (field == 2 && strcmp(s, "LW") == 0) { row->last_work = true; return; }
  if (*s == '*') {
    s++;
  } else {
    from = to = read_value(&s);
    if (*s == 'W') { row->nearest[from] = true; return; }
    if (*s == 'L' || strcmp(s, "#L") == 0) {
      row->nth_last[from % 7] = true;
      return;
    }
    if (*s == '#') { row->nth[from % 7][s[1] - '0'] = true; return; }
    if (*s == '-') {
      s++;
      to = read_value(&s);
      if (field == 4 && to < from) to += 7;     /* FRI-SUN */
    }
  }
  if (*s == '/') step = atoi(s + 1);
  for (int v = from; v <= to; v += step) set[v] = true;
}

static void read_field(Row *row, int field, char *s) {
  bool *const sets[] = {row->minute, row->hour, row->day, row->month,
                        row->weekday};
  static const int low[] = {0, 0, 1, 1, 0}, high[] = {59, 23, 31, 12, 6};
  bool star = strcmp(s, "*") == 0;
  if (field == 1) row->hour_star = star;
  if (field == 2) row->day_star = star;
  if (field == 4) row->weekday_star = star;
  for (char *comma; s; s = comma) {
    comma = strchr(s, ',');
    if (comma) *comma++ = '\0';
    read_item(row, field, sets[field], low[field], high[field], s);
  }
}

static void read_row(char *line) {
  static const char *const words[][2] = {
    {"@hourly", "0 * * * *"}, {"@daily", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"}, {"@monthly", "0 0 1 * *"},
    {"@yearly", "0 0 1 1 *"}};
  char option[16], copy[100], f[5][32];
  Row *row = &rows[row_count++];
  int at = 0;
  if (row_count > ROWS_MAX || sscanf(line, "%15s %n", option, &at) != 1)
    exit(2);
  snprintf(copy, sizeof copy, "%s", line + at);
  copy[strcspn(copy, "\r\n")] = '\0';
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strcmp(copy, words[i][0]) == 0)
      snprintf(copy, sizeof copy, "%s", words[i][1]);
  if (sscanf(copy, "%31s %31s %31s %31s %31s", f[0], f[1], f[2], f[3],
             f[4]) != 5)
    exit(2);
  for (int i = 0; i < 5; i++) read_field(row, i, f[i]);
  if (row->weekday[7]) row->weekday[0] = true;
  row->both = strcmp(option, "and") == 0;
  row->skip = strcmp(option, "skip") == 0;
}

static void read_rows(const char *path) {
  char line[128];
  FILE *f = fopen(path, "r");
  if (!f) exit(2);
  while (fgets(line, sizeof line, f))
    if (line[0] != '#' && line[0] != '\n') read_row(line);
  fclose(f);
}

/* ---- does a local time match? ---- */

/* The last day of the month, by asking for the day before the next one. */
static int length_of(const struct tm *tm) {
  struct tm next = {.tm_year = tm->tm_year, .tm_mon = tm->tm_mon + 1,
                    .tm_hour = 12};
  time_t at = timegm(&next);
  struct tm last;
  gmtime_r(&at, &last);
  return last.tm_mday;
}

/* The weekday that day d of this month has. */
static int weekday_of(const struct tm *tm, int d) {
  return ((tm->tm_wday + d - tm->tm_mday) % 7 + 7) % 7;
}

static bool is_work(const struct tm *tm, int d) {
  int w = weekday_of(tm, d);
  return w >= 1 && w <= 5;
}

static bool day_matches(const Row *r, const struct tm *tm, int length) {
  int d = tm->tm_mday;
  if (r->day[d] || (r->last && d == length)) return true;
  if (!is_work(tm, d)) return false;
  if (r->last_work) {
    bool later = false;
    for (int x = d + 1; x <= length; x++) later |= is_work(tm, x);
    if (!later) return true;
  }
  /* Which day of the month would move to this one? Friday before Monday. */
  for (int x = 1; x <= length; x++) {
    if (!r->nearest[x]) continue;
    int w = weekday_of(tm, x);
    int to = w == 6 ? x - 1 : w == 0 ? x + 1 : x;
    if (to < 1) to = x + 2;
    if (to > length) to = x - 2;
    if (to == d) return true;
  }
  return false;
}

static bool weekday_matches(const Row *r, const struct tm *tm, int length) {
  int w = tm->tm_wday;
  return r->weekday[w] || r->nth[w][(tm->tm_mday + 6) / 7] ||
         (r->nth_last[w] && tm->tm_mday + 7 > length);
}

static bool matches(const Row *r, const struct tm *tm) {
  if (!r->minute[tm->tm_min] || !r->hour[tm->tm_hour] ||
      !r->month[tm->tm_mon + 1])
    return false;
  if (r->day_star && r->weekday_star) return true;
  int length = length_of(tm);
  bool a = day_matches(r, tm, length), b = weekday_matches(r, tm, length);
  if (r->day_star) return b;
  if (r->weekday_star) return a;
  return r->both ? a && b : a || b;
}

/* ---- walking ---- */

typedef struct Walk {
  time_t from, to;
  int64_t base;            /* local minute of the first bit of seen */
  size_t bits;
  unsigned char *seen;     /* local minutes that have been */
} Walk;

static void put(int what, int64_t utc, int64_t count, int twice) {
  Record r = {.what = what, .twice = twice, .utc = utc, .count = count};
  if (fwrite(&r, sizeof r, 1, stdout) != 1) exit(1);
}

static bool test_seen(Walk *w, int64_t minute, bool mark) {
  int64_t i = minute - w->base;
  if (i < 0 || (size_t)i >= w->bits) exit(3);
  bool was = w->seen[i / 8] >> (i % 8) & 1;
  if (mark) w->seen[i / 8] |= (unsigned char)(1 << (i % 8));
  return was;
}

/* At t, where the local time is tm and the local seconds [gap, here) were left
   out, if there are any. */
static void look(Walk *w, time_t t, const struct tm *tm, int64_t gap) {
  int64_t here = (int64_t)t + tm->tm_gmtoff;
  int64_t first = gap % 60 == 0 ? gap : gap + 60 - gap % 60;
  bool whole = tm->tm_sec == 0;
  bool twice = whole && test_seen(w, here / 60, true);
  if (t < w->from || t >= w->to) return;
  for (int i = 0; i < row_count; i++) {
    const Row *r = &rows[i];
    int64_t count = 0;
    if (!r->hour_star && !r->skip)
      for (int64_t l = first; l < here; l += 60) {
        time_t left = (time_t)l;
        struct tm lost;
        gmtime_r(&left, &lost);
        count += matches(r, &lost) && !test_seen(w, l / 60, false);
      }
    bool own = whole && matches(r, tm) && (r->hour_star || !twice);
    if (own || count > 0) put(i, t, count, twice && own);
  }
}

/* The first second after `a` (and not after b) at which the offset is not that
   at a. */
static time_t change(time_t a, time_t b) {
  struct tm tm;
  localtime_r(&a, &tm);
  long was = tm.tm_gmtoff;
  while (b - a > 1) {
    time_t mid = a + (b - a) / 2;
    localtime_r(&mid, &tm);
    if (tm.tm_gmtoff == was) a = mid;
    else b = mid;
  }
  return b;
}

static void walk(time_t from, time_t to) {
  Walk w = {.from = from, .to = to};
  struct tm tm;
  time_t t = from - WARM;
  w.base = (from - WARM) / 60 - 2880;
  w.bits = (size_t)((to - from + WARM) / 60 + 2 * 2880 + 60);
  w.seen = calloc(w.bits / 8 + 1, 1);
  if (!w.seen) exit(1);
  put(RECORD_WINDOW, from, to, 0);
  localtime_r(&t, &tm);
  while (t < to) {
    time_t next = t + 60 - tm.tm_sec;
    long was = tm.tm_gmtoff;
    int64_t gap = INT64_MAX;
    localtime_r(&next, &tm);
    if (tm.tm_gmtoff != was) {
      next = change(t, next);
      localtime_r(&next, &tm);
      gap = (int64_t)next + was;
    }
    t = next;
    int64_t here = (int64_t)t + tm.tm_gmtoff;
    if (tm.tm_sec == 0 || gap < here) look(&w, t, &tm, gap < here ? gap : here);
  }
  put(RECORD_END, to, 0, 0);
  free(w.seen);
}

/* ---- windows ---- */

static uint64_t state;

static uint64_t chance(uint64_t n) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state % n;
}

/* Times of which each has a clock change within ten days before. */
static int find_changes(time_t from, time_t to, time_t *out) {
  struct tm tm;
  int n = 0;
  localtime_r(&from, &tm);
  for (time_t t = from; t < to && n < CHANGES_MAX; t += 10 * DAY) {
    long was = tm.tm_gmtoff;
    time_t next = t + 10 * DAY;
    localtime_r(&next, &tm);
    if (tm.tm_gmtoff != was) out[n++] = change(t, next);
  }
  return n;
}

static void offset_at(time_t t) {
  struct tm tm;
  localtime_r(&t, &tm);
  put(RECORD_OFFSET, t, tm.tm_gmtoff, tm.tm_isdst > 0);
}

int main(int argc, char **argv) {
  static time_t changes[CHANGES_MAX];
  /* 1970 to 2100: beyond 2037 zones go by the rule at the end of their data */
  const time_t begin = 5 * DAY, end = (time_t)130 * 31556952,
               far = (time_t)430 * 31556952;
  if (argc != 7 && argc != 9) return 2;
  if (setenv("TZ", argv[1], 1)) return 1;
  tzset();
  read_rows(argv[2]);
  state = strtoull(argv[3], NULL, 10) * 2654435761u + 88172645463325252u;
  time_t length = (time_t)(strtod(argv[4], NULL) * DAY);
  if (argc == 9) {
    walk(strtoll(argv[7], NULL, 10), strtoll(argv[8], NULL, 10));
    return 0;
  }
  int n = find_changes(begin, end, changes);
  for (int i = atoi(argv[5]); i > 0 && n > 0; i--) {
    time_t at = changes[chance((uint64_t)n)];
    offset_at(at - 1);
    offset_at(at);
    walk(at - length / 2 - (time_t)chance(60), at + length / 2);
  }
  for (int i = atoi(argv[6]); i > 0; i--) {
    time_t at = begin + (time_t)chance((uint64_t)(end - begin));
    walk(at, at + length);
    offset_at(begin + (time_t)chance((uint64_t)(far - begin)));
  }
  return fflush(stdout) ? 1 : 0;
}
