/* timing.c - where the time of the requests went. */
/* SPDX-License-Identifier: MIT */
#include "timing.h"

#include <math.h>

#include "log.h"

/* The stages of a request, in order; each is what passed since the one before
   that was reached. */
typedef struct Stages {
  double resolve, connect, tls, send, wait, receive, total;
} Stages;

static bool on;
static Stages sums;
static double turns, betweens;
static long requests, connections;

void timing_set(bool value) {
  on = value;
}

bool timing_enabled(void) {
  return on;
}

/* Since *before, which moves on; 0 if the stage was not reached. */
static double since(double *before, double at) {
  double passed = at > *before ? at - *before : 0;
  if (at > *before) *before = at;
  return passed;
}

static Stages stages_of(const HttpTimes *t) {
  double at = 0;
  Stages s = { .total = t->total };
  s.resolve = since(&at, t->resolve);
  s.connect = since(&at, t->connect);
  s.tls = since(&at, t->tls);
  s.send = since(&at, t->sent);
  s.wait = since(&at, t->first_byte);
  s.receive = since(&at, t->total);
  return s;
}

static void add_stages(Buf *out, const Stages *s) {
  const struct { const char *name; double seconds; } parts[] = {
    { "resolve", s->resolve }, { "connect", s->connect }, { "TLS", s->tls },
    { "send", s->send }, { "wait", s->wait }, { "receive", s->receive },
    { "total", s->total },
  };
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    buf_printf(out, "%s%s %.1f ms", i ? ", " : "", parts[i].name,
               parts[i].seconds * 1000);
}

void timing_request(const char *what, const HttpTimes *times) {
  if (!on) return;
  Stages s = stages_of(times);
  sums.resolve += s.resolve;
  sums.connect += s.connect;
  sums.tls += s.tls;
  sums.send += s.send;
  sums.wait += s.wait;
  sums.receive += s.receive;
  sums.total += s.total;
  requests++;
  connections += times->connects;
  Buf line;
  buf_init(&line, 8192);
  buf_printf(&line, "timing: %.2000s: ", what);
  add_stages(&line, &s);
  if (times->connects > 0) buf_puts(&line, ", new connection");
  if (!line.failed) log_write(LOG_INFO, "%s", buf_str(&line));
  buf_clear(&line);
}

void timing_wait(double turn, double between) {
  turns += turn;
  betweens += between;
}

int timing_sum(Buf *out) {
  buf_printf(out, "timing: %ld requests on %ld new connections: ", requests,
             connections);
  add_stages(out, &sums);
  buf_printf(out, "; %.1f ms waiting for a turn, %.1f ms between attempts",
             turns * 1000, betweens * 1000);
  return out->failed ? -1 : 0;
}
