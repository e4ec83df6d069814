/* tzrule.h - the rule for all later years at the end of a zone file. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef TZRULE_H
#define TZRULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TZ_NAME = 16 };    /* bytes of an abbreviation, NUL included */
/* No offset and no overlap is larger: 25 h by the standard, 26 to be safe. */
enum { TZ_OFFSET_MAX = 26 * 3600 };

/* The local time that holds from one transition to the next. */
typedef struct TzSpan {
  int64_t from, to;       /* [from, to); INT64_MIN, INT64_MAX: no transition */
  int offset;             /* seconds east of UTC */
  bool dst;
  char name[TZ_NAME];     /* "CEST" */
} TzSpan;

typedef struct TzChange {
  char form;              /* M, J or 0: what a, b, c are */
  int a, b, c;            /* M: month, week, weekday; J and 0: a day */
  int time;               /* seconds from local midnight; may be negative */
} TzChange;

typedef struct TzRule {
  int offset[2];          /* [0] standard time, [1] daylight saving */
  char name[2][TZ_NAME];
  bool has_dst;
  TzChange start, end;
} TzRule;

/* Reads POSIX.1 TZ text with the extensions of RFC 8536 (hours up to 167,
   negative times, names in <>). -1 if it is none. */
int tzrule_parse(TzRule *rule, const char *text);

/* The span around the instant as if the rule had always held. */
void tzrule_span(const TzRule *rule, int64_t utc, TzSpan *out);

#endif
