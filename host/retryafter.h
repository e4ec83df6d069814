/* retryafter.h - the header Retry-After. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef RETRYAFTER_H
#define RETRYAFTER_H

#define RETRY_AFTER_MAX 1e9

/* Seconds to wait from now (wall clock, seconds since 1970) by the value of a
   Retry-After header, which is borrowed: a number of seconds, or a date as HTTP
   writes it. A date that is past gives 0. -1 if it is neither. Never above
   RETRY_AFTER_MAX. */
double retry_after(const char *value, double now);

#endif
