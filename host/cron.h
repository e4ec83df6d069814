/* cron.h - cron expressions: reading them, the next slot, in words. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef CRON_H
#define CRON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"
#include "tz.h"

typedef enum CronKind {
  CRON_INTERVAL,   /* the hour is *: every instant whose local time matches */
  CRON_WALL,       /* any other: every local time that matches, once */
  CRON_EVERY,      /* @every: a period counted from `since` */
  CRON_BOOT        /* @boot: no slots in time */
} CronKind;

typedef enum CronDays {
  CRON_DAYS_PLAIN, /* either, if both day fields are restricted; see below */
  CRON_DAYS_AND,
  CRON_DAYS_OR
} CronDays;

enum { CRON_NTH_MAX = 5, CRON_FAULTS_MAX = 8, CRON_FAULT_TEXT = 256 };

/* Plain data; bit N of a set stands for the value N. */
typedef struct CronRow {
  CronKind kind;
  bool days_and;            /* both day fields must match, not one of them */
  bool any_day, any_weekday;   /* the field is * */
  uint64_t minutes;
  uint32_t hours, days, months;
  uint8_t weekdays;         /* 0 = Sunday */
  uint8_t weekday_nth[CRON_NTH_MAX];  /* [0]: first of the month */
  uint8_t weekday_last;     /* 5L */
  uint32_t day_nearest;     /* 15W */
  bool day_last;            /* L */
  bool day_last_work;       /* LW */
  int64_t every;            /* seconds; CRON_EVERY */
} CronRow;

typedef struct CronOptions {
  const char *name;   /* of the schedule: what ~ is chosen by; NULL as "" */
  CronDays days;
} CronOptions;

/* What is wrong, one sentence each: field, value and what is expected. */
typedef struct CronFaults {
  int n;              /* more than CRON_FAULTS_MAX are not told */
  char text[CRON_FAULTS_MAX][CRON_FAULT_TEXT];
} CronFaults;

/* Reads the expression; NULL options are all defaults. 0, or -1 with at least
   one fault. With CRON_DAYS_PLAIN a day field that holds a * with a step
   beside a restricted other one is a fault, because crons do not agree on what
   it means. */
int cron_parse(CronRow *row, const char *text, const CronOptions *options,
               CronFaults *faults);

enum {
  CRON_GAP = 1,       /* local times that did not exist are made up for here */
  CRON_OVERLAP = 2    /* the local time comes twice; CRON_WALL: the first */
};

typedef struct CronSlot {
  int64_t utc;        /* seconds since 1970 */
  int flags;
  bool own;           /* the local time of the slot itself matches, too */
  int64_t collapsed;  /* local times that CRON_GAP stands for, or 0 */
  int64_t gap_from, gap_to;   /* [,) local times that did not exist, or 0 */
  TzSpan span;        /* offset and abbreviation at utc */
} CronSlot;

typedef struct CronZone {
  const Tz *tz;
  bool skip_gaps;     /* dst = "skip" */
  int64_t since;      /* what @every is counted from */
} CronZone;

/* The first slot later than `after`. False if there is none: @boot, or beyond
   the year 9999. */
bool cron_next(const CronRow *row, const CronZone *zone, int64_t after,
               CronSlot *slot);

/* The first local time not before `local` that the fields match, as a full
   minute; INT64_MAX if there is none. Clock changes play no part. */
int64_t cron_local(const CronRow *row, int64_t local);

/* Some date in the 400 years of the calendar matches; likewise with the month
   and day of month alone. Expressions of times only. */
bool cron_possible(const CronRow *row);

/* Seconds from 0 to max that stay the same for a name. */
int64_t cron_jitter(const char *name, int64_t max);
/* A number below n by the name and what it is for; n > 0. */
uint32_t cron_hash(const char *name, const char *salt, uint32_t n);

/* Appends a sentence without a full stop: "at 06:15 on Monday to Friday".
   0 or -1 as buf_add. */
int cron_say(const CronRow *row, Buf *out);
const char *cron_kind_name(CronKind kind);   /* "interval", "wall", ... */

#endif
