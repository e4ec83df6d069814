/* cron.c - the next slot of a cron expression in a time zone. */
/* SPDX-License-Identifier: MIT */

/* Slots are enumerated span by span: between two transitions of the zone the
   local time runs evenly, so that the fields can be matched by the calendar;
   at the beginning of a span it is seen which local times were left out. */

#include "cron.h"

#include <string.h>

#include "civil.h"

enum { MINUTE = 60 };
#define ALL_DAYS UINT32_C(0xFFFFFFFE)      /* bits 1 to 31 */

/* ---- days ---- */

static uint32_t bit(int n) {
  return UINT32_C(1) << (n & 31);
}

/* Monday to Friday nearest to the day, within the month. */
static int nearest_work(int day, int length, int first_weekday) {
  int weekday = (first_weekday + day - 1) % 7;
  if (weekday == 6) return day > 1 ? day - 1 : day + 2;
  if (weekday == 0) return day < length ? day + 1 : day - 2;
  return day;
}

static int last_work(int length, int first_weekday) {
  int weekday = (first_weekday + length - 1) % 7;
  return weekday == 6 ? length - 1 : weekday == 0 ? length - 2 : length;
}

static uint32_t by_day(const CronRow *row, int length, int first) {
  uint32_t set = row->days;
  if (row->day_last) set |= bit(length);
  if (row->day_last_work) set |= bit(last_work(length, first));
  for (int day = 1; row->day_nearest && day <= length; day++)
    if (row->day_nearest & bit(day))
      set |= bit(nearest_work(day, length, first));
  return set;
}

static uint32_t by_weekday(const CronRow *row, int length, int first) {
  uint32_t set = 0;
  for (int day = 1; day <= length; day++) {
    int weekday = (first + day - 1) % 7;
    uint8_t all = row->weekdays | row->weekday_nth[(day - 1) / 7];
    if (day > length - 7) all |= row->weekday_last;
    if (all & bit(weekday)) set |= bit(day);
  }
  return set;
}

/* The days of a month on which the row is due. */
static uint32_t month_days(const CronRow *row, int length, int first) {
  uint32_t set = length == 31 ? ALL_DAYS : bit(length + 1) - 2;
  if (row->any_day && row->any_weekday) return set;
  if (row->any_weekday) return set & by_day(row, length, first);
  if (row->any_day) return set & by_weekday(row, length, first);
  uint32_t a = by_day(row, length, first), b = by_weekday(row, length, first);
  return set & (row->days_and ? a & b : a | b);
}

bool cron_possible(const CronRow *row) {
  for (int month = 1; month <= 12; month++) {
    if (!(row->months & bit(month))) continue;
    for (int leap = 0; leap <= 1; leap++)
      for (int first = 0; first < 7; first++)
        if (month_days(row, civil_month_days(leap ? 2000 : 2001, month), first))
          return true;
  }
  return false;
}

/* ---- local times ---- */

/* The lowest member of the set that is not below from; -1 if none is. */
static int first_from(uint64_t set, int from) {
  if (from > 63) return -1;
  set &= UINT64_MAX << from;
  return set ? __builtin_ctzll(set) : -1;
}

/* Moves to the first day not before that of c that is due; midnight, if it is
   a later one. */
static bool day_from(const CronRow *row, Civil *c) {
  const Civil was = *c;
  int day = c->day;
  /* The calendar repeats itself after 400 years. */
  for (; c->year <= was.year + 400 && c->year <= CIVIL_YEAR_MAX; c->year++) {
    for (int m = first_from(row->months, c->month); m > 0;
         m = first_from(row->months, m + 1)) {
      int first = civil_weekday(civil_days(c->year, m, 1));
      uint32_t set = month_days(row, civil_month_days(c->year, m), first);
      int found = first_from(set, m == c->month ? day : 1);
      if (found < 0) continue;
      c->month = m;
      c->day = found;
      if (c->year != was.year || m != was.month || found != was.day)
        c->hour = c->minute = 0;
      return true;
    }
    c->month = day = 1;
  }
  return false;
}

/* Moves within the day. */
static bool time_from(const CronRow *row, Civil *c) {
  int minute = first_from(row->minutes, c->minute);
  int hour = first_from(row->hours, c->hour);
  if (hour == c->hour && minute >= 0) {
    c->minute = minute;
    return true;
  }
  if (hour == c->hour) hour = first_from(row->hours, c->hour + 1);
  if (hour < 0) return false;
  c->hour = hour;
  c->minute = first_from(row->minutes, 0);
  return true;
}

int64_t cron_local(const CronRow *row, int64_t local) {
  Civil c;
  if (local > TZ_UTC_MAX) return INT64_MAX;
  if (local < TZ_UTC_MIN) local = TZ_UTC_MIN;
  civil_from(civil_floor_div(local + MINUTE - 1, MINUTE) * MINUTE, &c);
  while (c.year <= CIVIL_YEAR_MAX && day_from(row, &c)) {
    if (time_from(row, &c)) return civil_seconds(&c);
    c.hour = c.minute = 0;
    civil_from(civil_seconds(&c) + CIVIL_DAY, &c);
  }
  return INT64_MAX;
}

/* ---- slots ---- */

static bool is_near(int64_t edge, int64_t utc) {
  int64_t reach = INT64_C(2) * TZ_OFFSET_MAX;     /* what two offsets can differ by */
  return edge > utc - reach && edge < utc + reach;
}

/* The local times that the beginning of the span left out: [from, to). */
static bool gap_before(const Tz *tz, const TzSpan *span, int64_t *from,
                       int64_t *to) {
  TzSpan before;
  if (span->from == INT64_MIN) return false;
  tz_span(tz, span->from - 1, &before);
  *from = span->from + before.offset;
  *to = span->from + span->offset;
  return *from < *to;
}

/* A slot at the beginning of the span for the local times that were due in
   the gap before it. Such a time may yet exist elsewhere, when clocks were
   changed to and fro; then it has a slot of its own there. */
static bool gap_slot(const CronRow *row, const CronZone *zone,
                     const TzSpan *span, CronSlot *slot) {
  int64_t from, to, twice[2];
  if (row->kind != CRON_WALL || zone->skip_gaps ||
      !gap_before(zone->tz, span, &from, &to))
    return false;
  *slot = (CronSlot){.utc = span->from, .span = *span};
  for (int64_t at = cron_local(row, from); at < to;
       at = cron_local(row, at + MINUTE))
    slot->collapsed += tz_local(zone->tz, at, twice) == 0;
  if (slot->collapsed == 0) return false;
  slot->flags = CRON_GAP;
  slot->gap_from = from;
  slot->gap_to = to;
  int64_t own = span->from + span->offset;
  slot->own = cron_local(row, own) == own;
  return true;
}

/* Whether the local time at utc is due there, not at an earlier instant. */
static bool is_due(const CronRow *row, const CronZone *zone,
                   const TzSpan *span, int64_t utc, int *flags) {
  int64_t both[2];
  *flags = 0;
  if (!is_near(span->from, utc) && !is_near(span->to, utc)) return true;
  if (tz_local(zone->tz, utc + span->offset, both) < 2) return true;
  *flags = CRON_OVERLAP;
  return row->kind == CRON_INTERVAL || both[0] == utc;
}

/* The first slot of the span that is not before utc, its beginning apart. */
static bool span_slot(const CronRow *row, const CronZone *zone,
                      const TzSpan *span, int64_t utc, CronSlot *slot) {
  int64_t local = utc + span->offset;
  int flags;
  while ((local = cron_local(row, local)) != INT64_MAX) {
    int64_t at = local - span->offset;
    if (at >= span->to) return false;
    if (is_due(row, zone, span, at, &flags)) {
      *slot = (CronSlot){
        .utc = at, .flags = flags, .own = true, .span = *span};
      return true;
    }
    local += MINUTE;
  }
  return false;
}

/* since itself is no slot: what is new or changed does not run at once. */
static bool every_slot(const CronRow *row, const CronZone *zone,
                       int64_t after, CronSlot *slot) {
  int64_t since = zone->since;
  if (since < TZ_UTC_MIN || since > TZ_UTC_MAX || row->every < 1) return false;
  if (after < since) after = since;
  int64_t periods = (after - since) / row->every + 1;
  *slot = (CronSlot){.utc = since + periods * row->every, .own = true};
  if (slot->utc > TZ_UTC_MAX) return false;
  tz_span(zone->tz, slot->utc, &slot->span);
  return true;
}

bool cron_next(const CronRow *row, const CronZone *zone, int64_t after,
               CronSlot *slot) {
  TzSpan span;
  if (row->kind == CRON_BOOT || after >= TZ_UTC_MAX) return false;
  if (after < TZ_UTC_MIN) after = TZ_UTC_MIN - 1;
  if (row->kind == CRON_EVERY) return every_slot(row, zone, after, slot);
  int64_t utc = after + 1;
  tz_span(zone->tz, utc, &span);
  for (;;) {
    if (span.from == utc && gap_slot(row, zone, &span, slot)) return true;
    if (span_slot(row, zone, &span, utc, slot)) return true;
    if (span.to > TZ_UTC_MAX) return false;
    utc = span.to;
    tz_span(zone->tz, utc, &span);
  }
}

/* ---- names ---- */

/* FNV-1a, then mixed so that similar names lie far apart. Schedules depend on
   it: it must not change. */
uint32_t cron_hash(const char *name, const char *salt, uint32_t n) {
  uint64_t h = UINT64_C(0xCBF29CE484222325);
  const char *const parts[] = {name, salt};
  for (int i = 0; i < 2; i++) {
    for (const char *p = parts[i]; *p; p++)
      h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001B3);
    h = (h ^ 0xFF) * UINT64_C(0x100000001B3);
  }
  h = (h ^ h >> 33) * UINT64_C(0xFF51AFD7ED558CCD);
  h = (h ^ h >> 33) * UINT64_C(0xC4CEB9FE1A85EC53);
  return (uint32_t)((h ^ h >> 33) % n);
}

int64_t cron_jitter(const char *name, int64_t max) {
  if (max < 1) return 0;
  if (max >= UINT32_MAX) max = UINT32_MAX - 1;
  return cron_hash(name, "jitter", (uint32_t)max + 1);
}

const char *cron_kind_name(CronKind kind) {
  static const char *const names[] = {"interval", "wall", "every", "boot"};
  return names[kind];
}
