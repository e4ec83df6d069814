/* limit.c - how much may leave for one service. */
/* SPDX-License-Identifier: MIT */
#include "limit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

/* Requests arrive closer together than they left: the window is taken to be a
   little longer than the server says. */
#define MARGIN 1.05

/* Seconds between two lines about the same queue. */
enum { NOTICE = 10, NOTICE_PAUSE = 60 };

/* At most so many requests in any time that long. */
typedef struct Window Window;
struct Window {
  Window *next;
  int requests;
  double seconds;           /* with the margin */
  int at, count;
  double times[];           /* when the last of them left, a ring */
};

struct Limit {
  Limit *next;              /* in the table */
  char *key, *service;
  int users;
  Loop *loop;
  LimitRule rule;           /* requests and seconds are in the windows */
  Window *windows;
  int under_way, waiting;
  int leaving;              /* under way, but not left yet */
  LimitTurn *head, *tail;   /* who waits */
  LoopTimer *timer, *notice;
  double noticed;           /* loop_now of the last line, 0 = none */
  double paused_until;
  double quota;             /* retries left */
  bool pumping;
};

/* Few services, few base URLs: a list is quick enough. */
static Limit *limits;

static void free_limit(Limit *l) {
  if (l->timer) loop_timer_cancel(l->loop, l->timer);
  if (l->notice) loop_timer_cancel(l->loop, l->notice);
  while (l->windows) {
    Window *w = l->windows;
    l->windows = w->next;
    free(w);
  }
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

/* The i-th last request that left, of w->count. */
static double last_but(const Window *w, int i) {
  return w->times[(w->at - i + w->requests) % w->requests];
}

static void note(Window *w, double when) {
  w->times[w->at] = when;
  w->at = (w->at + 1) % w->requests;
  if (w->count < w->requests) w->count++;
}

/* What has left so far is what the window with the longest memory knows. */
static void remember(const Limit *l, Window *fresh) {
  const Window *from = l->windows;
  for (const Window *w = from; w; w = w->next)
    if (w->count > from->count) from = w;
  for (int i = from ? from->count : 0; i > 0; i--)
    note(fresh, last_but(from, i));
}

/* Windows that differ say different things, so each of them holds: 10 in a
   second and 100 in a minute. One that another implies is not kept. */
static int add_window(Limit *l, int requests, double seconds, Err *err) {
  seconds *= MARGIN;
  for (const Window *w = l->windows; w; w = w->next)
    if (w->requests <= requests && w->seconds >= seconds) return 0;
  Window *w = calloc(1, sizeof *w + (size_t)requests * sizeof *w->times);
  if (!w) return out_of_memory(err);
  w->requests = requests;
  w->seconds = seconds;
  remember(l, w);
  w->next = l->windows;
  l->windows = w;
  return 0;
}

static int add_rule(Limit *l, const LimitRule *rule, Err *err) {
  if (rule->requests > 0 &&
      add_window(l, rule->requests, rule->seconds, err)) return -1;
  l->rule.notice = rule->notice > 0 ? rule->notice : NOTICE;
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

/* Who has a turn keeps a place until the request leaves: those who wait for a
   login or a connection may leave all at once when it is there. */
static double window_left(const Window *w, int leaving, double now) {
  int places = w->requests - leaving;
  if (places <= 0) return INFINITY;
  return w->count < places ? 0 : last_but(w, places) + w->seconds - now;
}

/* Seconds until the next may go, 0 = now, INFINITY = when another has left or
   ended. */
static double until_next(const Limit *l) {
  if (l->rule.concurrency > 0 && l->under_way >= l->rule.concurrency)
    return INFINITY;
  if (!l->windows && l->paused_until <= 0) return 0;   /* without the clock */
  double now = loop_now(), wait = l->paused_until - now;
  for (const Window *w = l->windows; w; w = w->next)
    wait = fmax(wait, window_left(w, l->leaving, now));
  return fmax(0, wait);
}

void limit_count(Limit *l) {
  for (Window *w = l->windows; w; w = w->next) note(w, loop_now());
}

static void remove_turn(Limit *l, LimitTurn *t) {
  if (t->prev) t->prev->next = t->next;
  else l->head = t->next;
  if (t->next) t->next->prev = t->prev;
  else l->tail = t->prev;
  t->next = t->prev = NULL;
  l->waiting--;
}

static void hold(Limit *l, LimitTurn *t) {
  t->limit = l;
  t->holds = true;
  l->under_way++;
  l->leaving++;
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
  if (!l->head && l->notice) {
    loop_timer_cancel(l->loop, l->notice);
    l->notice = NULL;
  }
  if (!l->head || isinf(wait)) return;
  l->timer = loop_timer(l->loop, wait, on_timer, l);
  /* Without a timer the next call that ends looks again. */
  if (!l->timer) log_write(LOG_WARN, "out of memory for a timer");
}

void limit_left(LimitTurn *t) {
  Limit *l = t->limit;
  if (!l || !t->holds) return;
  if (!t->left) l->leaving--;
  t->left = true;
  limit_count(l);
  /* Now it is known when there is a place again. */
  if (!l->pumping) set_timer(l, until_next(l));
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

/* What the last in the queue waits for at least, by the windows: seconds, and
   which of them makes it that long. */
static double queue_left(const Limit *l, const Window **which) {
  double longest = 0, now = loop_now();
  for (const Window *w = l->windows; w; w = w->next) {
    double first = window_left(w, l->leaving, now);
    double wait = (isinf(first) ? 0 : fmax(0, first)) +
                  floor((l->waiting - 1.0) / w->requests) * w->seconds;
    if (wait > longest) longest = wait, *which = w;
  }
  return longest;
}

/* Why nobody goes just now, as the end of a sentence. */
static void describe(const Limit *l, const Window *w, char *out, size_t n) {
  if (l->paused_until > loop_now())
    (void)snprintf(out, n, "as the service asked for after a 429");
  else if (w)
    (void)snprintf(out, n, "%d requests have left in %g s (setting 'rate')",
                   w->requests, w->seconds / MARGIN);
  else
    (void)snprintf(out, n, "%d under way (setting '%s')", l->under_way,
                   l->rule.concurrency > 0 &&
                   l->under_way >= l->rule.concurrency ? "concurrency"
                                                       : "rate");
}

static void trace_wait(const Limit *l, double wait) {
  char why[120];
  const Window *which = NULL;
  if (!log_enabled(LOG_TRACE)) return;
  for (const Window *w = l->windows; w && !isinf(wait); w = w->next)
    if (window_left(w, l->leaving, loop_now()) > 0) which = w;
  describe(l, which, why, sizeof why);
  if (isinf(wait))
    log_write(LOG_TRACE, "%s: waits for its turn, %s", l->service, why);
  else
    log_write(LOG_TRACE, "%s: waits %.2f s, %s", l->service, wait, why);
}

/* Whoever looks at a script that stands still should see why, and be told once
   and not a thousand times. */
static void tell(Limit *l, double wait, const Window *w) {
  char why[120], who[60];
  double now = loop_now(), waited = now - l->head->since;
  describe(l, w, why, sizeof why);
  (void)snprintf(who, sizeof who, l->waiting == 1 ? "a call waits for its turn"
                 : "%d calls wait for their turn", l->waiting);
  l->noticed = now;
  if (wait > waited)
    log_write(LOG_INFO, "%s: %s, the last for about %.0f s: %s", l->service,
              who, ceil(wait), why);
  else
    log_write(LOG_INFO, "%s: %s, the first for %.0f s already: %s", l->service,
              who, waited, why);
}

static void on_notice(void *ctx);

/* In so many seconds, once everybody has entered who does so now. */
static void set_notice(Limit *l, double wait) {
  if (l->noticed > 0)
    wait = fmax(wait, l->noticed + NOTICE_PAUSE - loop_now());
  if (l->notice) loop_timer_cancel(l->loop, l->notice);
  l->notice = loop_timer(l->loop, wait, on_notice, l);   /* NULL: no line */
}

static double longest_wait(const Limit *l, const Window **which) {
  return fmax(queue_left(l, which), l->paused_until - loop_now());
}

static void on_notice(void *ctx) {
  Limit *l = ctx;
  const Window *which = NULL;
  l->notice = NULL;
  if (!l->head) return;
  double wait = longest_wait(l, &which);
  double waited = loop_now() - l->head->since;
  if (wait >= l->rule.notice || waited >= l->rule.notice) {
    tell(l, wait, which);
    set_notice(l, 0);
  } else {
    set_notice(l, l->rule.notice - waited);
  }
}

static void expect_notice(Limit *l) {
  const Window *which = NULL;
  bool now = longest_wait(l, &which) >= l->rule.notice;
  if (!l->notice || (now && l->noticed == 0))
    set_notice(l, now ? 0 : l->rule.notice);
}

bool limit_enter(Limit *l, LimitTurn *t) {
  t->refused = t->holds = t->left = false;
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
  l->waiting++;
  t->since = loop_now();
  expect_notice(l);
  if (!l->timer && !l->pumping) set_timer(l, wait);
  return false;
}

void limit_leave(LimitTurn *t) {
  Limit *l = t->limit;
  if (!l) return;
  t->limit = NULL;
  if (t->holds && !t->left) l->leaving--;
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

void limit_refuse(void) {
  for (Limit *l = limits; l; ) {
    l->users++;
    while (l->head) {
      LimitTurn *t = l->head;
      remove_turn(l, t);
      t->limit = NULL;
      t->refused = true;
      t->fn(t->ctx);
    }
    Limit *next = l->next;
    limit_release(l);
    l = next;
  }
}

double limit_paused(const Limit *l) {
  if (l->paused_until <= 0) return 0;
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
