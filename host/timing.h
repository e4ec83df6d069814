/* timing.h - where the time of the requests went, for --timing. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef TIMING_H
#define TIMING_H

#include <stdbool.h>
#include "buf.h"
#include "http.h"

/* Whether each request is told in a line of the log. Off at start; the only
   state of this module besides the sums, both for the whole process. */
void timing_set(bool on);
bool timing_enabled(void);

/* A finished request: a line, and into the sums. what: "ixon GET /users 200",
   of which secrets are taken out here. Does nothing when off. */
void timing_request(const char *what, const HttpTimes *times);

/* A call waited for its turn, and before retries; seconds. */
void timing_wait(double turn, double between);

/* Appends the sums as one line without its end. 0, or -1 as buf_add. */
int timing_sum(Buf *out);

#endif
