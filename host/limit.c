/* limit.c - how much may leave for one service. */
/* SPDX-License-Identifier: MIT */
#include "limit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

/* Requests arrive closer together than they left: the window is taken to be a
   little longer than the server says. */
#define MARGIN 1.05

struct Limit {
  Limit *next;              /* in the table */
  char *key, *service;
  int users;
  Loop *loop;
  LimitRule rule;
  double *times;            /* when the last rule.requests left, a ring */
  int at, count;
  int under_way;
  LimitTurn *head, *tail;   /* who waits */
  LoopTimer *timer;
  double paused_until;
  double quota;             /* retries left */
  bool pumping;
};

/* Few services, few base URLs: a list is quick enough. */
static Limit *limits;

static void free_limit(Limit *l) {
  if (l->timer) loop_timer_cancel(l->loop, l->timer);
  free(l->times);
  free(l->key);
  free(l->service);
  free(l);
}

static int out_of_memory(Err *err) {
  return err_set(err, ERR_SCRIPT, "out of memory");
}

static int strictest(int a, int b) {
  return a == 0 ? b : b == 0 ? a : a < b ? a : b;
}

/* Whether b lets fewer requests through than a. */
static bool is_stricter(const LimitRule *a, const LimitRule *b) {
  if (b->requests == 0) return false;
  if (a->requests == 0) return true;
  return b->requests / b->seconds < a->requests / a->seconds;
}

static int set_window(Limit *l, int requests, double seconds, Err *err) {
  double *times = calloc((size_t)requests, sizeof *times);
  if (!times) return out_of_memory(err);
  free(l->times);
  l->times = times;
  l->at = l->count = 0;
  l->rule.requests = requests;
  l->rule.seconds = seconds;
  return 0;
}

static int add_rule(Limit *l, const LimitRule *rule, Err *err) {
  if (is_stricter(&l->rule, rule) &&
      set_window(l, rule->requests, rule->seconds, err)) return -1;
  l->rule.concurrency = strictest(l->rule.concurrency, rule->concurrency);
  if (rule->longest_pause > l->rule.longest_pause)
    l->rule.longest_pause = rule->longest_pause;
  if (l->users == 0) l->quota = l->rule.quota = rule->quota;
  if (rule->quota < l->rule.quota) l->rule.quota = rule->quota;
  l->quota = fmin(l->quota, l->rule.quota);
  return 0;
}

static Limit *new_limit(Loop *loop, const char *key, const LimitRule *rule,
                        Err *err) {
  Limit *l = calloc(1, sizeof *l);
  if (l) {
    l->key = strdup(key);
    l->service = strdup(rule->service);
  }
  if (!l || !l->key || !l->service) {
    if (l) free_limit(l);
    out_of_memory(err);
    return NULL;
  }
  l->loop = loop;
  l->next = limits;
  limits = l;
  return l;
}

Limit *limit_get(Loop *loop, const char *key, const LimitRule *rule, Err *err) {
  Limit *l = limits;
  while (l && (strcmp(l->key, key) != 0 || l->loop != loop)) l = l->next;
  if (!l && !(l = new_limit(loop, key, rule, err))) return NULL;
  int rc = add_rule(l, rule, err);
  l->users++;
  if (rc == 0) return l;
  limit_release(l);
  return NULL;
}

void limit_release(Limit *l) {
  if (!l || --l->users > 0) return;
  Limit **at = &limits;
  while (*at && *at != l) at = &(*at)->next;
  if (*at) *at = l->next;
  free_limit(l);
}

/* Who may go. */

static double window_left(const Limit *l, double now) {
  if (l->rule.requests == 0 || l->count < l->rule.requests) return 0;
  /* The ring is full: the next place holds the oldest. */
  return l->times[l->at] + l->rule.seconds * MARGIN - now;
}

/* Seconds until the next may go, 0 = now, INFINITY = when another has ended. */
static double until_next(const Limit *l) {
  double now = loop_now();
  if (l->rule.concurrency > 0 && l->under_way >= l->rule.concurrency)
    return INFINITY;
  return fmax(0, fmax(l->paused_until - now, window_left(l, now)));
}

void limit_count(Limit *l) {
  if (l->rule.requests == 0) return;
  l->times[l->at] = loop_now();
  l->at = (l->at + 1) % l->rule.requests;
  if (l->count < l->rule.requests) l->count++;
}

static void remove_turn(Limit *l, LimitTurn *t) {
  if (t->prev) t->prev->next = t->next;
  else l->head = t->next;
  if (t->next) t->next->prev = t->prev;
  else l->tail = t->prev;
  t->next = t->prev = NULL;
}

static void hold(Limit *l, LimitTurn *t) {
  t->limit = l;
  t->holds = true;
  l->under_way++;
  limit_count(l);
}

static void pump(Limit *l);

static void on_timer(void *ctx) {
  Limit *l = ctx;
  l->timer = NULL;
  pump(l);
}

static void set_timer(Limit *l, double wait) {
  if (l->timer) loop_timer_cancel(l->loop, l->timer);
  l->timer = NULL;
  if (!l->head || isinf(wait)) return;
  l->timer = loop_timer(l->loop, wait, on_timer, l);
  /* Without a timer the next call that ends looks again. */
  if (!l->timer) log_write(LOG_WARN, "out of memory for a timer");
}

/* Lets go whose turn it is. They may enter and leave meanwhile. */
static void pump_held(Limit *l) {
  if (l->pumping) return;
  l->pumping = true;
  double wait = 0;
  while (l->head && (wait = until_next(l)) <= 0) {
    LimitTurn *t = l->head;
    remove_turn(l, t);
    hold(l, t);
    t->fn(t->ctx);
  }
  l->pumping = false;
  set_timer(l, wait);
}

/* Whoever is called may be the last one to need it. */
static void pump(Limit *l) {
  l->users++;
  pump_held(l);
  limit_release(l);
}

static void trace_wait(const Limit *l, double wait) {
  if (!log_enabled(LOG_TRACE)) return;
  if (isinf(wait))
    log_write(LOG_TRACE, "%s: waits for its turn, %d under way (setting "
              "'concurrency')", l->service, l->under_way);
  else if (l->paused_until > loop_now())
    log_write(LOG_TRACE, "%s: waits %.2f s, as the service asked for after a "
              "429", l->service, wait);
  else
    log_write(LOG_TRACE, "%s: waits %.2f s, %d requests have left in %g s "
              "(setting 'rate')", l->service, wait, l->rule.requests,
              l->rule.seconds);
}

bool limit_enter(Limit *l, LimitTurn *t) {
  t->refused = t->holds = false;
  t->next = t->prev = NULL;
  double wait = until_next(l);
  if (!l->head && wait <= 0) {
    hold(l, t);
    return true;
  }
  trace_wait(l, l->head && wait <= 0 ? 0 : wait);
  t->limit = l;
  t->prev = l->tail;
  if (l->tail) l->tail->next = t;
  else l->head = t;
  l->tail = t;
  if (!l->timer && !l->pumping) set_timer(l, wait);
  return false;
}

void limit_leave(LimitTurn *t) {
  Limit *l = t->limit;
  if (!l) return;
  t->limit = NULL;
  if (t->holds) l->under_way--;
  else remove_turn(l, t);
  t->holds = false;
  /* From the loop: this one may be on its way out with all the others. */
  if (!l->pumping) set_timer(l, until_next(l));
}

double limit_pause(Limit *l, double seconds) {
  double longest = l->rule.longest_pause;
  if (longest > 0 && seconds > longest) seconds = longest;
  double until = loop_now() + seconds;
  if (until > l->paused_until) l->paused_until = until;
  double left = limit_paused(l);
  l->users++;
  /* From the start again each time: what is called may change the queue. */
  for (LimitTurn *t = l->head; t; ) {
    if (t->longest >= left) {
      t = t->next;
      continue;
    }
    remove_turn(l, t);
    t->limit = NULL;
    t->refused = true;
    t->fn(t->ctx);
    t = l->head;
  }
  pump_held(l);
  limit_release(l);
  return left;
}

double limit_paused(const Limit *l) {
  return fmax(0, l->paused_until - loop_now());
}

bool limit_retry(Limit *l) {
  if (l->quota < 1) return false;
  l->quota -= 1;
  return true;
}

void limit_succeeded(Limit *l, bool first) {
  l->quota = fmin(l->rule.quota, l->quota + (first ? 0.1 : 1));
}
