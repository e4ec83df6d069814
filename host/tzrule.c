/* tzrule.c - the rule for all later years at the end of a zone file. */
/* SPDX-License-Identifier: MIT */
#include "tzrule.h"

#include <string.h>

#include "civil.h"

/* ---- reading ---- */

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Digits of a value up to max; NULL if there are none or it is larger. */
static const char *number(const char *s, int max, int *value) {
  int n = 0;
  if (!is_digit(*s)) return NULL;
  for (; is_digit(*s); s++) {
    n = n * 10 + (*s - '0');
    if (n > max) return NULL;
  }
  *value = n;
  return s;
}

/* [+-]hh[:mm[:ss]] */
static const char *clock_time(const char *s, int hours_max, int *seconds) {
  int sign = *s == '-' ? -1 : 1, h = 0, m = 0, sec = 0;
  if (*s == '-' || *s == '+') s++;
  s = number(s, hours_max, &h);
  if (s && *s == ':') s = number(s + 1, 59, &m);
  if (s && *s == ':') s = number(s + 1, 59, &sec);
  *seconds = sign * (h * 3600 + m * 60 + sec);
  return s;
}

/* CET or <+03> */
static const char *zone_name(const char *s, char out[TZ_NAME]) {
  bool quoted = *s == '<';
  size_t n = 0;
  if (quoted) s++;
  while (is_alpha(s[n]) ||
         (quoted && (is_digit(s[n]) || s[n] == '+' || s[n] == '-')))
    n++;
  if (n < 3 || n >= TZ_NAME || (quoted && s[n] != '>')) return NULL;
  memcpy(out, s, n);
  out[n] = '\0';
  return s + n + quoted;
}

/* M3.5.0, J60 or 59, and /time if it is not 2 o'clock */
static const char *change(const char *s, TzChange *c) {
  *c = (TzChange){.form = '0', .time = 2 * 3600};
  if (*s == 'M') {
    c->form = 'M';
    s = number(s + 1, 12, &c->a);
    if (s) s = *s == '.' ? number(s + 1, 5, &c->b) : NULL;
    if (s) s = *s == '.' ? number(s + 1, 6, &c->c) : NULL;
    if (!s || c->a < 1 || c->b < 1) return NULL;
  } else if (*s == 'J') {
    c->form = 'J';
    s = number(s + 1, 365, &c->a);
    if (!s || c->a < 1) return NULL;
  } else {
    s = number(s, 365, &c->a);
  }
  return s && *s == '/' ? clock_time(s + 1, 167, &c->time) : s;
}

static const char *dst_part(TzRule *rule, const char *s) {
  rule->has_dst = true;
  rule->offset[1] = rule->offset[0] + 3600;
  s = zone_name(s, rule->name[1]);
  if (s && *s && *s != ',') {
    s = clock_time(s, 24, &rule->offset[1]);
    rule->offset[1] = -rule->offset[1];    /* POSIX counts to the west */
  }
  if (!s || *s != ',' || !(s = change(s + 1, &rule->start))) return NULL;
  return *s == ',' ? change(s + 1, &rule->end) : NULL;
}

int tzrule_parse(TzRule *rule, const char *text) {
  memset(rule, 0, sizeof *rule);
  const char *s = zone_name(text, rule->name[0]);
  if (s) s = clock_time(s, 24, &rule->offset[0]);
  rule->offset[0] = -rule->offset[0];
  if (s && *s) s = dst_part(rule, s);
  return s && *s == '\0' ? 0 : -1;
}

/* ---- using ---- */

/* The day of the change in a year, counted from 1970. */
static int64_t change_day(const TzChange *c, int year) {
  int64_t first = civil_days(year, 1, 1);
  if (c->form == '0') return first + c->a;
  /* J counts as if no year had a 29th of February. */
  if (c->form == 'J')
    return first + c->a - 1 + (c->a >= 60 && civil_leap(year));
  int64_t month = civil_days(year, c->a, 1);
  int day = (c->c - civil_weekday(month) + 7) % 7 + (c->b - 1) * 7;
  if (day >= civil_month_days(year, c->a)) day -= 7;
  return month + day;
}

typedef struct Event {
  int64_t at;
  int dst;
} Event;

/* The changes of five years in order, and how many are left when those that
   change nothing are gone. An end and a start at one instant (daylight saving
   all year) cancel out: the start counts. */
static int events(const TzRule *rule, int year, Event out[10]) {
  Event all[10];
  int n = 0, kept = 0;
  for (int y = year - 2; y <= year + 2; y++) {
    int64_t s = change_day(&rule->start, y) * CIVIL_DAY + rule->start.time;
    int64_t e = change_day(&rule->end, y) * CIVIL_DAY + rule->end.time;
    all[n++] = (Event){e - rule->offset[1], 0};
    all[n++] = (Event){s - rule->offset[0], 1};
  }
  for (int i = 1; i < n; i++)
    for (int j = i; j > 0 && (all[j].at < all[j - 1].at ||
         (all[j].at == all[j - 1].at && all[j].dst < all[j - 1].dst)); j--) {
      Event swap = all[j];
      all[j] = all[j - 1];
      all[j - 1] = swap;
    }
  for (int i = 0; i < n; i++) {
    if (i + 1 < n && all[i + 1].at == all[i].at) continue;
    if (kept > 0 && out[kept - 1].dst == all[i].dst) continue;
    out[kept++] = all[i];
  }
  return kept;
}

void tzrule_span(const TzRule *rule, int64_t utc, TzSpan *out) {
  Event list[10] = {{0, 0}};
  int now = 0;
  out->from = INT64_MIN;
  out->to = INT64_MAX;
  if (rule->has_dst) {
    Civil c;
    civil_from(utc, &c);
    int n = events(rule, c.year, list), i = 0;
    while (i + 1 < n && list[i + 1].at <= utc) i++;
    now = list[i].dst;
    /* The first and the last are there for lack of more years, if daylight
       saving lasts all year. */
    if (i > 0) out->from = list[i].at;
    if (i + 2 < n) out->to = list[i + 1].at;
  }
  out->offset = rule->offset[now];
  out->dst = now == 1;
  memcpy(out->name, rule->name[now], TZ_NAME);
}
