/* fuzz_cron.c - cron expressions and their slots. */
/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <stdbool.h>

#include "civil.h"
#include "cron.h"
#include "text.h"

/* Zones of few and of odd changes, opened once. */
static const char *const names[] = {
  "UTC", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca",
  "Pacific/Apia", "Africa/Monrovia", "America/Nuuk", "Asia/Gaza"};
enum { ZONES = sizeof names / sizeof *names, SLOTS = 8 };
static Tz *zones[ZONES];

static const Tz *zone_of(unsigned n) {
  Err err;
  n %= ZONES;
  if (!zones[n]) zones[n] = tz_open(names[n], &err);
  if (!zones[n]) zones[n] = tz_open("UTC", &err);
  need(zones[n], "a zone opens");
  return zones[n];
}

static void check_faults(const CronFaults *f) {
  need(f->n > 0 && f->n <= CRON_FAULTS_MAX, "faults are told");
  for (int i = 0; i < f->n; i++) {
    size_t n = strlen(f->text[i]);
    need(n > 0, "each in words");
    need(text_is_safe(f->text[i], n) || n == CRON_FAULT_TEXT - 1,
         "that are safe to show");
    need(strstr(f->text[i], "expected") || n == CRON_FAULT_TEXT - 1,
         "and say what is expected");
  }
}

/* The slot is what it says it is, and nothing is due between after and it. */
static void check_slot(const CronRow *row, const CronZone *zone,
                       int64_t after, const CronSlot *s) {
  TzSpan span;
  int64_t both[2];
  need(s->utc > after, "slots go forward");
  need(s->utc <= TZ_UTC_MAX, "and end");
  if (row->kind == CRON_EVERY) return;
  tz_span(zone->tz, s->utc, &span);
  int64_t local = s->utc + span.offset;
  need(span.offset == s->span.offset, "the offset is right");
  need(s->own == (cron_local(row, local) == local), "own tells of a match");
  need(s->own || s->collapsed > 0, "there is a reason for it");
  need((s->collapsed > 0) == ((s->flags & CRON_GAP) != 0), "the flag is set");
  if (s->flags & CRON_GAP) {
    need(row->kind == CRON_WALL && !zone->skip_gaps, "gaps are of walls");
    need(s->utc == span.from, "at the first instant after");
  } else {
    need(local % 60 == 0, "a full minute of local time");
    int n = tz_local(zone->tz, local, both);
    need(n > 0 && (both[0] == s->utc || row->kind == CRON_INTERVAL),
         "a wall's slot is at the first");
  }
  CronSlot again;
  need(cron_next(row, zone, s->utc - 1, &again) && again.utc == s->utc,
       "it is there from any instant before");
  need(cron_next(row, zone, after + (s->utc - 1 - after) / 2, &again) &&
       again.utc == s->utc, "and from halfway");
}

static void check_slots(const CronRow *row, const CronZone *zone,
                        int64_t after) {
  CronSlot s;
  for (int i = 0; i < SLOTS && cron_next(row, zone, after, &s); i++) {
    check_slot(row, zone, after, &s);
    after = s.utc;
  }
}

static void check_row(const CronRow *row, const uint8_t *how, bool since) {
  static const int64_t starts[] = {
    0, INT64_C(1774746000), INT64_C(1792886400), INT64_C(1325152800),
    INT64_C(63158400), TZ_UTC_MIN, TZ_UTC_MAX - 100000000, INT64_C(4102444800)};
  CronZone zone = {.tz = zone_of(how[0]), .skip_gaps = how[1] & 1,
                   .since = since ? 1000 : 0};
  Buf b;
  buf_init(&b, 8192);
  need(cron_say(row, &b) == 0 && b.len > 0, "it can be said");
  need(text_is_safe(b.data, b.len), "safely");
  buf_clear(&b);
  if (row->kind == CRON_INTERVAL || row->kind == CRON_WALL) {
    need(row->minutes && row->hours && row->months, "no field is empty");
    need(cron_possible(row), "there is a date for it");
  }
  check_slots(row, &zone, starts[how[1] >> 1 & 7]);
}

/* Two bytes: zone, and options; then the expression. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  CronRow row, again;
  CronFaults faults;
  if (size < 2 || size > 600) return 0;
  Fields f = {(const char *)data + 2, size - 2};
  char *text = fuzz_field(&f, NULL), *name = fuzz_field(&f, NULL);
  CronOptions o = {.name = name, .days = (CronDays)(data[1] >> 4 & 3) % 3};
  if (cron_parse(&row, text, &o, &faults)) {
    check_faults(&faults);
  } else {
    need(faults.n == 0, "no fault of what is right");
    need(cron_parse(&again, text, &o, &faults) == 0 &&
         memcmp(&row, &again, sizeof row) == 0, "read twice, the same");
    check_row(&row, data, data[1] >> 7);
  }
  free(text);
  free(name);
  return 0;
}
