/* test_limit.c - turns, windows, pauses and the retry quota. */
/* SPDX-License-Identifier: MIT */
#include "limit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "tap.h"

enum { MANY = 40 };

static Loop *loop;

typedef struct Visitor {
  Limit *limit;
  LimitTurn turn;
  double at;       /* when its turn came, 0 = not yet */
  bool leave;      /* its turn ends at once */
  bool stay;       /* its request does not leave yet */
} Visitor;

static int under_way, most;

static void arrive(void *ctx) {
  Visitor *v = ctx;
  v->at = loop_now();
  if (v->turn.refused) return;
  if (++under_way > most) most = under_way;
  if (v->stay) return;
  limit_left(&v->turn);
  if (!v->leave) return;
  under_way--;
  limit_leave(&v->turn);
}

static void visit(Limit *l, Visitor *v, double longest, bool leave) {
  *v = (Visitor){ .limit = l, .leave = leave };
  v->turn.fn = arrive;
  v->turn.ctx = v;
  v->turn.longest = longest;
  if (limit_enter(l, &v->turn)) arrive(v);
}

static void run_until(const Visitor *v) {
  Err err = { 0 };
  double end = loop_now() + 20;
  while (v->at == 0 && loop_now() < end && loop_step(loop, 1, &err) == 0) ;
}

static Limit *open_limit(const char *key, LimitRule rule) {
  Err err = { 0 };
  rule.service = "ixon";
  Limit *l = limit_get(loop, key, &rule, &err);
  if (!l) exit(2);
  return l;
}

static void test_free(void) {
  Limit *l = open_limit("a", (LimitRule){ .quota = 1 });
  Visitor v[MANY];
  for (int i = 0; i < MANY; i++) visit(l, &v[i], 1, false);
  bool all = true;
  for (int i = 0; i < MANY; i++) all = all && v[i].at > 0;
  ok(all, "without a limit everybody goes at once");
  for (int i = 0; i < MANY; i++) limit_leave(&v[i].turn);
  limit_release(l);
  under_way = most = 0;
}

static void test_concurrency(void) {
  Limit *l = open_limit("a", (LimitRule){ .concurrency = 3 });
  Visitor v[MANY];
  for (int i = 0; i < MANY; i++) visit(l, &v[i], 1, false);
  ok(v[2].at > 0 && v[3].at == 0, "three at once, the fourth waits");
  limit_leave(&v[20].turn);     /* out of the queue */
  for (int i = 0; i < MANY; i++) {
    if (i == 20) continue;
    run_until(&v[i]);
    under_way--;
    limit_leave(&v[i].turn);
    limit_leave(&v[i].turn);    /* harmless twice */
  }
  bool ordered = true;
  for (int i = 1; i < MANY; i++)
    if (i != 20 && i != 21) ordered = ordered && v[i].at >= v[i - 1].at;
  ok(ordered && v[20].at == 0, "in order, but who has left");
  ok(most == 3, "never more than three");
  limit_release(l);
  under_way = most = 0;
}

static void test_window(void) {
  Limit *l = open_limit("a", (LimitRule){ .requests = 5, .seconds = 0.2 });
  Visitor v[17];
  double start = loop_now();
  for (int i = 0; i < 17; i++) visit(l, &v[i], 9, true);
  ok(v[4].at > 0 && v[5].at == 0, "five at once, the sixth waits");
  run_until(&v[16]);
  bool kept = true;
  for (int i = 5; i < 17; i++) kept = kept && v[i].at - v[i - 5].at >= 0.2;
  ok(kept, "never more than five in any window");
  ok(v[16].at - start >= 0.6 && v[16].at > 0, "seventeen take three windows");
  limit_count(l);
  limit_release(l);
  under_way = most = 0;
}

/* Whether n visits kept to so many in so many seconds. */
static bool keeps(const Visitor *v, int n, int requests, double seconds) {
  for (int i = requests; i < n; i++)
    if (v[i].at - v[i - requests].at < seconds) return false;
  return true;
}

/* Of 3 in 0.05 s and 8 in 0.5 s neither says what the other says. */
static void test_two_windows(void) {
  for (int order = 0; order < 2; order++) {
    LimitRule often = { .requests = 3, .seconds = 0.05 };
    LimitRule rarely = { .requests = 8, .seconds = 0.5 };
    Limit *a = open_limit("a", order ? often : rarely);
    Limit *b = open_limit("a", order ? rarely : often);
    Visitor v[20];
    for (int i = 0; i < 20; i++) visit(i % 2 ? a : b, &v[i], 9, true);
    run_until(&v[19]);
    ok(keeps(v, 20, 3, 0.05), "two rules: the short window holds");
    ok(keeps(v, 20, 8, 0.5), "and the long one");
    ok(v[19].at > 0 && v[19].at - v[0].at < 5, "and nothing else");
    limit_release(a);
    limit_release(b);
    under_way = most = 0;
  }
}

static void test_history(void) {
  Limit *a = open_limit("a", (LimitRule){ .requests = 4, .seconds = 0.1 });
  Visitor v[5];
  for (int i = 0; i < 4; i++) visit(a, &v[i], 9, true);
  Limit *b = open_limit("a", (LimitRule){ .requests = 4, .seconds = 0.4 });
  visit(b, &v[4], 9, true);
  ok(v[3].at > 0 && v[4].at == 0, "a later rule knows what has left before");
  run_until(&v[4]);
  ok(v[4].at - v[0].at >= 0.4, "and holds for it");
  limit_release(a);
  limit_release(b);
  under_way = most = 0;
}

/* Who waits for a login has a turn long before the request leaves. */
static void test_leaving(void) {
  Limit *l = open_limit("a", (LimitRule){ .requests = 3, .seconds = 0.1 });
  Err err = { 0 };
  Visitor v[3], late;
  for (int i = 0; i < 3; i++) {
    v[i] = (Visitor){ .limit = l, .stay = true };
    v[i].turn.fn = arrive;
    v[i].turn.ctx = &v[i];
    if (limit_enter(l, &v[i].turn)) arrive(&v[i]);
  }
  visit(l, &late, 9, true);
  double end = loop_now() + 0.3;
  while (loop_now() < end) loop_step(loop, 0.01, &err);
  ok(v[2].at > 0 && late.at == 0, "its place is kept until it leaves");
  double left = loop_now();
  for (int i = 0; i < 3; i++) limit_left(&v[i].turn);
  run_until(&late);
  ok(late.at - left >= 0.1, "and the window begins then");
  for (int i = 0; i < 3; i++) limit_leave(&v[i].turn);
  under_way = 0;
  Visitor gone = { .limit = l, .stay = true };
  gone.turn.fn = arrive;
  gone.turn.ctx = &gone;
  end = loop_now() + 0.3;
  while (loop_now() < end) loop_step(loop, 0.01, &err);
  for (int i = 0; i < 5; i++) {
    if (limit_enter(l, &gone.turn)) arrive(&gone);
    limit_leave(&gone.turn);
  }
  visit(l, &late, 9, true);
  ok(late.at > 0, "what never left does not count");
  limit_release(l);
  under_way = most = 0;
}

/* What has been logged since the last call. */
static const char *logged(int fd) {
  static char text[4096];
  ssize_t n = read(fd, text, sizeof text - 1);
  text[n > 0 ? n : 0] = '\0';
  return text;
}

static int lines(const char *text) {
  int n = 0;
  for (; *text; text++) n += *text == '\n';
  return n;
}

static void test_notice(void) {
  int ends[2];
  Err err = { 0 };
  Visitor v[MANY];
  if (pipe2(ends, O_NONBLOCK | O_CLOEXEC)) exit(2);
  log_set_fd(ends[1]);
  Limit *l = open_limit("a", (LimitRule){ .requests = 2, .seconds = 10 });
  for (int i = 0; i < MANY; i++) visit(l, &v[i], 1e6, true);
  for (int i = 0; i < 9; i++) loop_step(loop, 0.01, &err);
  const char *text = logged(ends[0]);
  ok(strstr(text, "ixon: 38 calls wait for their turn, the last for about ") &&
     strstr(text, " s: 2 requests have left in 10 s (setting 'rate')"),
     "a long wait is told when it begins");
  is_int(lines(text), 1, "in one line");
  for (int i = 2; i < MANY; i++) limit_leave(&v[i].turn);
  visit(l, &v[2], 1e6, true);
  for (int i = 0; i < 9; i++) loop_step(loop, 0.01, &err);
  is_int(lines(logged(ends[0])), 0, "and not again at once");
  limit_leave(&v[2].turn);
  ok(!loop_busy(loop), "nothing is left of it");
  limit_release(l);
  l = open_limit("a", (LimitRule){ .concurrency = 1, .notice = 0.1 });
  visit(l, &v[0], 9, false);
  visit(l, &v[1], 9, false);
  loop_step(loop, 0.01, &err);
  is_int(lines(logged(ends[0])), 0, "a wait that nobody knows the end of");
  double end = loop_now() + 0.3;
  while (loop_now() < end) loop_step(loop, 0.01, &err);
  text = logged(ends[0]);
  ok(strstr(text, "ixon: a call waits for its turn, the first for ") &&
     strstr(text, " s already: 1 under way (setting 'concurrency')"),
     "is told when it is long");
  is_int(lines(text), 1, "in one line, too");
  limit_leave(&v[1].turn);
  limit_leave(&v[0].turn);
  limit_release(l);
  log_set_fd(2);
  close(ends[0]);
  close(ends[1]);
  under_way = most = 0;
}

static void test_pause(void) {
  Limit *l = open_limit("a", (LimitRule){ .longest_pause = 50 });
  Visitor patient, hasty;
  ok(limit_paused(l) == 0, "no pause at first");
  double left = limit_pause(l, 0.15);
  ok(left > 0.1 && left <= 0.15, "a pause has begun");
  visit(l, &patient, 9, true);
  visit(l, &hasty, 1, true);
  double asked = loop_now();
  ok(patient.at == 0 && hasty.at == 0, "nobody goes meanwhile");
  run_until(&hasty);
  ok(patient.at - asked >= 0.14 && !patient.turn.refused, "then both go");
  limit_pause(l, 0.1);
  visit(l, &patient, 90, true);
  visit(l, &hasty, 1, true);
  left = limit_pause(l, 1e6);
  ok(left > 49 && left <= 50, "never longer than the rule says");
  ok(hasty.turn.refused && !patient.turn.refused && patient.at == 0,
     "who would not wait that long is told at once");
  ok(limit_pause(l, 1) > 49, "a shorter pause does not end a longer one");
  limit_leave(&patient.turn);
  limit_leave(&hasty.turn);
  limit_release(l);
}

static void test_refuse(void) {
  Limit *a = open_limit("a", (LimitRule){ .concurrency = 1 });
  Limit *b = open_limit("b", (LimitRule){ .longest_pause = 50 });
  Visitor first, second, paused;
  limit_pause(b, 20);
  visit(a, &first, 9, false);
  visit(a, &second, 9, false);
  visit(b, &paused, 90, false);
  limit_refuse();
  ok(first.at > 0 && !first.turn.refused, "who goes already is left alone");
  ok(second.turn.refused && paused.turn.refused,
     "all who wait are refused, at all limits");
  limit_leave(&first.turn);
  visit(a, &second, 9, false);
  ok(second.at > 0 && !second.turn.refused, "who comes later is not");
  limit_leave(&second.turn);
  limit_leave(&paused.turn);
  limit_release(a);
  limit_release(b);
  limit_refuse();
  ok(true, "and nobody is there afterwards");
}

static void test_quota(void) {
  Limit *l = open_limit("a", (LimitRule){ .quota = 2 });
  ok(limit_retry(l) && limit_retry(l) && !limit_retry(l), "two retries");
  for (int i = 0; i < 9; i++) limit_succeeded(l, true);
  ok(!limit_retry(l), "nine first successes are no retry yet");
  limit_succeeded(l, true);
  limit_succeeded(l, true);
  ok(limit_retry(l) && !limit_retry(l), "ten are");
  for (int i = 0; i < 9; i++) limit_succeeded(l, false);
  ok(limit_retry(l) && limit_retry(l) && !limit_retry(l), "never above it");
  limit_release(l);
}

static void test_shared(void) {
  Limit *a = open_limit("x", (LimitRule){ .concurrency = 9, .quota = 5 });
  Limit *b = open_limit("x", (LimitRule){ .concurrency = 1, .quota = 5 });
  Limit *c = open_limit("y", (LimitRule){ .concurrency = 1 });
  ok(a == b && a != c, "one limit a base URL");
  Visitor v, w, x;
  visit(a, &v, 1, false);
  visit(b, &w, 1, false);
  visit(c, &x, 1, false);
  ok(v.at > 0 && w.at == 0 && x.at > 0, "the stricter rule holds for both");
  limit_release(b);
  limit_leave(&w.turn);
  limit_leave(&v.turn);
  limit_leave(&x.turn);
  limit_release(a);
  limit_release(c);
}

int main(void) {
  Err err = { 0 };
  loop = loop_new(&err);
  if (!loop) return 2;
  test_free();
  test_concurrency();
  test_window();
  test_two_windows();
  test_history();
  test_leaving();
  test_notice();
  test_pause();
  test_refuse();
  test_quota();
  test_shared();
  loop_free(loop);
  return done();
}
