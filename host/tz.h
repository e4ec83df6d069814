/* tz.h - time zones by the system's data: offsets and transitions. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef TZ_H
#define TZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "tzrule.h"

typedef struct Tz Tz;

/* Instants are seconds since 1970 in UTC; local times are the same count of
   what a clock on the wall shows. All must lie in the years 1 to 9999. */
#define TZ_UTC_MIN INT64_C(-62135596800)
#define TZ_UTC_MAX INT64_C(253402300799)

/* The zone of an IANA name ("Europe/Berlin"), read from $TZDIR or
   /usr/share/zoneinfo. NULL with ERR_VALIDATION for what is no name of a
   zone, ERR_CONFIG where the machine has no time zone data (only "UTC" and
   "Etc/UTC" work then), ERR_FILE for a file that cannot be read. */
Tz *tz_open(const char *name, Err *err);
/* The same from the bytes of a file; name is for messages and is copied. */
Tz *tz_parse(const char *name, const void *bytes, size_t n, Err *err);
void tz_close(Tz *tz);               /* NULL is fine */

const char *tz_name(const Tz *tz);   /* borrowed */
/* True once the file is another than the one that was read, as after an
   update of tzdata: open the zone anew. */
bool tz_changed(const Tz *tz);

/* The span that holds utc: offset, abbreviation, daylight saving, and the
   transitions before and after. Neighbours always differ. */
void tz_span(const Tz *tz, int64_t utc, TzSpan *out);

/* The instants at which clocks there show this local time, first one first:
   0 in a gap, 1, or 2 in an overlap. More than two are not told. */
int tz_local(const Tz *tz, int64_t local, int64_t out[2]);

/* "2025b"; -1 if the machine does not tell. */
int tz_version(char *out, size_t size);

#endif
