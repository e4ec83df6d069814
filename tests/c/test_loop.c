/* test_loop.c - timers, descriptors, signals and nested turns. */
/* SPDX-License-Identifier: MIT */
#include "loop.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "tap.h"

enum { MANY = 500 };

typedef struct Trail {
  Loop *loop;
  char text[64];
  size_t n;
  LoopTimer *other;
  int fd, count, events;
} Trail;

typedef struct Step {
  Trail *trail;
  char mark;
} Step;

static void mark(void *ctx) {
  Step *s = ctx;
  s->trail->text[s->trail->n++] = s->mark;
}

static void turn(Loop *loop, double wait) {
  Err err = { 0 };
  if (loop_step(loop, wait, &err)) ok(0, err.text);
}

static void drain(Loop *loop) {
  while (loop_busy(loop)) turn(loop, -1);
}

static void test_order(Loop *loop) {
  Trail t = { .loop = loop };
  Step a = { &t, 'a' }, b = { &t, 'b' }, c = { &t, 'c' }, d = { &t, 'd' };
  double start = loop_now();
  loop_timer(loop, 0.03, mark, &d);
  loop_timer(loop, 0, mark, &a);
  LoopTimer *dead = loop_timer(loop, 0.01, mark, &a);
  loop_timer(loop, 0, mark, &b);
  loop_timer(loop, 0.01, mark, &c);
  loop_timer_cancel(loop, dead);
  drain(loop);
  is_str(t.text, "abcd", "timers fire by time, then by creation");
  double took = loop_now() - start;
  ok(took >= 0.029 && took < 1, "and not before their time");
}

static double last_due;
static int out_of_order, fired;
typedef struct Due { double earliest, latest; } Due;   /* it is made between */

static void check_due(void *ctx) {
  Due *d = ctx;
  if (d->latest < last_due) out_of_order++;
  if (d->earliest > last_due) last_due = d->earliest;
  fired++;
}

static void test_many(Loop *loop) {
  static Due due[MANY];
  static LoopTimer *timers[MANY];
  unsigned seed = 7;
  for (int i = 0; i < MANY; i++) {
    seed = seed * 1103515245u + 12345u;
    double wait = (double)(seed >> 16 & 0x3ff) * 2e-5;
    due[i].earliest = loop_now() + wait;
    timers[i] = loop_timer(loop, wait, check_due, &due[i]);
    due[i].latest = loop_now() + wait;
  }
  for (int i = 0; i < MANY; i += 3) loop_timer_cancel(loop, timers[i]);
  drain(loop);
  is_int(fired, MANY - (MANY + 2) / 3, "cancelled timers do not fire");
  is_int(out_of_order, 0, "a heap of 500 stays in order");
}

static void again(void *ctx) {
  Trail *t = ctx;
  if (++t->count < 1000) loop_timer(t->loop, 0, again, t);
}

static void test_no_starving(Loop *loop) {
  Trail t = { .loop = loop };
  loop_timer(loop, 0, again, &t);
  turn(loop, 0);
  turn(loop, 0);
  ok(t.count <= 2, "a timer of 0 s made in a timer waits for the next turn");
  drain(loop);
  is_int(t.count, 1000, "and all come in the end");
}

static void on_fd(void *ctx, int fd, int events) {
  Trail *t = ctx;
  char c;
  t->count++;
  t->events |= events;
  if (events & LOOP_READ && read(fd, &c, 1) > 0) return;
  loop_unwatch(t->loop, fd);
}

static void test_pipe(Loop *loop) {
  Err err = { 0 };
  int p[2];
  if (pipe(p)) exit(2);
  Trail t = { .loop = loop };
  ok(!loop_watch(loop, p[0], LOOP_READ, on_fd, &t, &err), "watch a pipe");
  turn(loop, 0);
  is_int(t.count, 0, "nothing to read, no call");
  ok(write(p[1], "x", 1) == 1, "write");
  turn(loop, -1);
  is_int(t.count, 1, "readable, one call");
  is_int(t.events, LOOP_READ, "with LOOP_READ");
  close(p[1]);
  turn(loop, -1);
  ok(t.events & LOOP_HANGUP, "hang-up is told");
  ok(!loop_busy(loop), "unwatched: nothing is left");
  close(p[0]);
}

static void unwatch_other(void *ctx, int fd, int events) {
  Trail *t = ctx;
  t->count++;
  loop_unwatch(t->loop, t->fd);
  loop_unwatch(t->loop, fd);
}

static void test_unwatch_in_callback(Loop *loop) {
  int p[2], q[2];
  if (pipe(p) || pipe(q)) exit(2);
  Trail a = { .loop = loop, .fd = q[1] }, b = { .loop = loop, .fd = p[1] };
  loop_watch(loop, p[1], LOOP_WRITE, unwatch_other, &a, NULL);
  loop_watch(loop, q[1], LOOP_WRITE, unwatch_other, &b, NULL);
  turn(loop, -1);
  is_int(a.count + b.count, 1, "a watcher removed by another is not called");
  ok(!loop_busy(loop), "both are gone");
  close(p[0]), close(p[1]), close(q[0]), close(q[1]);
}

static void nest(void *ctx, int fd, int events) {
  Trail *t = ctx;
  if (++t->count == 1) turn(t->loop, 0);
  char c;
  ssize_t n = read(fd, &c, 1);
  if (n < 1) t->events++;
}

static void test_nested(Loop *loop) {
  int p[2], q[2];
  if (pipe2(p, O_NONBLOCK) || pipe2(q, O_NONBLOCK)) exit(2);
  Trail t = { .loop = loop };
  loop_watch(loop, p[0], LOOP_READ, nest, &t, NULL);
  loop_watch(loop, q[0], LOOP_READ, nest, &t, NULL);
  ok(write(p[1], "x", 1) == 1 && write(q[1], "x", 1) == 1, "write both");
  turn(loop, -1);
  is_int(t.count, 3, "a nested turn serves both, the outer one stops there");
  loop_unwatch(loop, p[0]);
  loop_unwatch(loop, q[0]);
  close(p[0]), close(p[1]), close(q[0]), close(q[1]);
}

static void count_signal(void *ctx) {
  ((Trail *)ctx)->count++;
}

static void raise_usr1(void *ctx) {
  (void)ctx;
  raise(SIGUSR1);
}

static volatile sig_atomic_t own_calls;

static void own_handler(int signo) {
  own_calls++;
  loop_on_signal(signo);
}

static void test_signal(Loop *loop) {
  Err err = { 0 };
  Trail t = { .loop = loop };
  ok(!loop_signal(loop, SIGUSR1, count_signal, &t, &err), "handle SIGUSR1");
  raise(SIGUSR1);
  is_int(t.count, 0, "not called from the handler");
  turn(loop, -1);
  is_int(t.count, 1, "but by the loop, which does not wait then");
  loop_timer(loop, 0, raise_usr1, NULL);
  turn(loop, -1);
  turn(loop, -1);
  is_int(t.count, 2, "one that comes while the loop runs wakes it");
  turn(loop, 0);
  is_int(t.count, 2, "and is told once");
  ok(!loop_busy(loop), "signals alone do not make the loop busy");
  struct sigaction sa = { .sa_handler = own_handler };
  sigaction(SIGUSR1, &sa, NULL);
  ok(!loop_signal(loop, SIGUSR1, count_signal, &t, &err), "handle it anew");
  raise(SIGUSR1);
  turn(loop, 0);
  is_int(own_calls * 10 + t.count, 13,
         "a handler that stands before ours stays, and calls it");
  ok(!loop_signal(loop, SIGUSR1, NULL, NULL, &err), "restore the default");
  sigaction(SIGUSR1, NULL, &sa);
  ok(sa.sa_handler == SIG_DFL, "it is restored");
  ok(loop_signal(loop, 9999, count_signal, &t, &err) == -1,
     "a signal that does not exist is refused");
}

static void test_transfers(Loop *loop) {
  Err err = { 0 };
  setenv("SSLKEYLOGFILE", "/dev/null/none/keys", 1);
  bool had[256];
  for (int fd = 0; fd < 256; fd++) had[fd] = fcntl(fd, F_GETFD) >= 0;
  ok(loop_transfers(loop, &err) != NULL, "the transfer engine starts");
  ok(!getenv("SSLKEYLOGFILE"), "SSLKEYLOGFILE is taken out");
  ok(loop_transfers(loop, &err) == loop_transfers(loop, &err), "once");
  int opened = 0, left = 0;
  for (int fd = 0; fd < 256; fd++) {
    int flags = fcntl(fd, F_GETFD);
    if (had[fd] || flags < 0) continue;
    opened++;
    if (!(flags & FD_CLOEXEC)) left++;
  }
  ok(opened > 0, "it opens descriptors");
  is_int(left, 0, "none of which children get");
  ok(!loop_busy(loop), "it alone does not make the loop busy");
}

static void count_news(void *ctx, int fd, int events) {
  (void)fd, (void)events;
  ((Trail *)ctx)->count++;
}

/* A transfer of which libcurl knows nothing: it never ends. */
static void test_begun(Loop *loop) {
  Err err = { 0 };
  Trail t = { .loop = loop };
  int fds[2];
  if (!ok(pipe(fds) == 0 && write(fds[1], "x", 1) == 1, "a pipe with news"))
    return;
  loop_watch(loop, fds[0], LOOP_READ, count_news, &t, &err);
  loop_transfer_count(loop, 1);
  turn(loop, 10);
  is_int(t.count, 0, "what was just begun sets out at once");
  turn(loop, 10);
  is_int(t.count, 1, "then others have their turn");
  for (int i = 0; i < 10; i++) {
    loop_transfer_count(loop, -1);
    loop_transfer_count(loop, 1);
    turn(loop, 10);
  }
  is_int(t.count, 6, "also where each turn begins one");
  loop_transfer_count(loop, -1);
  turn(loop, 10);
  turn(loop, 10);
  is_int(t.count, 8, "what ended before it set out holds nobody up");
  loop_unwatch(loop, fds[0]);
  close(fds[0]);
  close(fds[1]);
}

int main(void) {
  Err err = { 0 };
  Loop *loop = loop_new(&err);
  ok(loop != NULL, "a loop");
  if (!loop) return done();
  double start = loop_now();
  turn(loop, -1);
  ok(loop_now() - start < 1, "a turn without anything to wait for returns");
  test_order(loop);
  test_many(loop);
  test_no_starving(loop);
  test_pipe(loop);
  test_unwatch_in_callback(loop);
  test_nested(loop);
  test_signal(loop);
  test_transfers(loop);
  test_begun(loop);
  Step never = { NULL, 'x' };
  loop_timer(loop, 0, mark, &never);   /* must not fire from loop_free */
  loop_free(loop);
  loop_free(NULL);
  return done();
}
