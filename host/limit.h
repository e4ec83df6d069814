/* limit.h - how much may leave for one service: so many requests in a window,
   so many calls at once, none after a 429, few retries. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef LIMIT_H
#define LIMIT_H

#include <stdbool.h>
#include "err.h"
#include "loop.h"

typedef struct Limit Limit;
typedef struct LimitTurn LimitTurn;

enum { LIMIT_MAX_REQUESTS = 100000 };

/* 0 = no such limit. */
typedef struct LimitRule {
  const char *service;  /* for messages; copied */
  int requests;         /* at most so many in any window of `seconds`; up to
                           LIMIT_MAX_REQUESTS */
  double seconds;
  int concurrency;      /* calls at once */
  double longest_pause; /* seconds; a server that asks for more gets this */
  double quota;         /* retries in a row with no success between them */
  double notice;        /* seconds of waiting for a turn that are told in one
                           line, once a minute; 0 = 10 */
} LimitRule;

/* The limit of all accounts whose base URL is key: they share one, for the
   server counts them as one. It is kept in a table of this process; the windows
   of all rules hold, of the other numbers the stricter ones. Given back with
   limit_release. NULL when out of memory. */
Limit *limit_get(Loop *loop, const char *key, const LimitRule *rule, Err *err);
void limit_release(Limit *limit);      /* NULL is fine */

/* A place in the queue, embedded in what waits. */
struct LimitTurn {
  Limit *limit;         /* private: NULL while it neither waits nor holds */
  LimitTurn *next, *prev;
  bool holds;           /* counted among the calls under way */
  bool left;            /* its request has */
  double since;         /* loop_now when it began to wait */
  double longest;       /* seconds it would wait for the end of a pause */
  bool refused;         /* the pause is longer than that: it holds nothing */
  loop_fn *fn;
  void *ctx;
};

/* True: go on at once. False: queued; fn(ctx) is called when its turn has
   come, from loop_step, or with turn->refused set, from there, limit_pause or
   limit_refuse.
   longest, fn and ctx are the caller's to fill in. First come, first served. */
bool limit_enter(Limit *limit, LimitTurn *turn);

/* Out of the queue, or no longer under way. Harmless twice. */
void limit_leave(LimitTurn *turn);

/* The request of this turn is leaving: from now on it counts in the windows;
   until then the turn keeps a place in each. The next one of the same turn, as
   after a redirect, leaves besides. Calls nobody. */
void limit_left(LimitTurn *turn);
/* A request that leaves besides, without a turn: a login. */
void limit_count(Limit *limit);

/* Nothing is let through for so many seconds, or until the end of a longer
   pause; never for more than the rule's longest_pause. Gives the seconds left.
   Those who wait and would not wait that long are refused. */
double limit_pause(Limit *limit, double seconds);
double limit_paused(const Limit *limit);     /* seconds left, 0 = none */

/* Refuses all who wait, at all limits: for a process that is to end, and lets
   nothing more leave that it can help. */
void limit_refuse(void);

/* Takes a retry out of the quota; false: it is used up. */
bool limit_retry(Limit *limit);
/* A call has succeeded: at its first attempt, which gives a tenth of a retry
   back, or after retries, which gives the last one back. */
void limit_succeeded(Limit *limit, bool first);

#endif
