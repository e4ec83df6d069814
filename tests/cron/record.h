/* record.h - what the oracle writes and the comparison reads. */
/* SPDX-License-Identifier: MIT */
#ifndef RECORD_H
#define RECORD_H

#include <stdint.h>

enum { RECORD_WINDOW = -1, RECORD_END = -2, RECORD_OFFSET = -3 };

/* Of a slot: number of the expression, instant, local times that it stands
   for, whether its local time was there before. Of a window: from and to. Of
   an offset: instant, seconds east of UTC, daylight saving. */
typedef struct Record {
  int32_t what;
  int32_t twice;
  int64_t utc;
  int64_t count;
} Record;

#endif
