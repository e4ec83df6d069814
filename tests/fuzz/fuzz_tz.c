/* fuzz_tz.c - time zone files, and rules alone. */
/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "tz.h"

/* Some spans, forward from an instant: each holds what it should. */
static void check_spans(const Tz *tz, int64_t utc) {
  TzSpan s, before;
  int64_t both[2] = {0, 0};
  for (int i = 0; i < 6; i++) {
    tz_span(tz, utc, &s);
    need(s.from < s.to, "a span is not empty");
    need(s.from <= utc && utc < s.to, "it holds the instant");
    need(s.offset >= -TZ_OFFSET_MAX && s.offset <= TZ_OFFSET_MAX,
         "offsets are bounded");
    need(memchr(s.name, '\0', TZ_NAME), "the name ends");
    int n = tz_local(tz, utc + s.offset, both);
    need(n >= 1 && both[0] <= utc, "the local time of an instant exists");
    need(n < 2 || both[0] < both[1], "the first one first");
    if (s.from > TZ_UTC_MIN) {
      tz_span(tz, s.from - 1, &before);
      need(before.to == s.from, "spans follow each other");
    }
    if (s.to > TZ_UTC_MAX) return;
    utc = s.to;
  }
}

static void check_rule(const char *text) {
  TzRule rule;
  TzSpan s;
  if (tzrule_parse(&rule, text)) return;
  for (int64_t at = -4000000000; at < 8000000000; at += 1234567890) {
    tzrule_span(&rule, at, &s);
    need(s.from <= at && at < s.to, "a rule has a span for the instant");
    need(s.offset == rule.offset[s.dst], "of one of its offsets");
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Err err;
  Tz *tz = tz_parse("Fuzz/Zone", data, size, &err);
  if (tz) {
    check_spans(tz, TZ_UTC_MIN);
    check_spans(tz, 0);
    check_spans(tz, INT64_C(1774746000));
    check_spans(tz, INT64_C(4102444800));
  }
  tz_close(tz);
  if (size < 200) {
    Fields f = {(const char *)data, size};
    char *text = fuzz_field(&f, NULL);
    check_rule(text);
    free(text);
  }
  return 0;
}
