/* loop.c - descriptors, timers, signals and transfers, one thread. */
/* SPDX-License-Identifier: MIT */
#include "loop.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SIGNALS = 65, IDLE_CONNECTIONS = 100 };

struct LoopTimer {
  double due;
  uint64_t seq;      /* order of creation decides between equal times */
  size_t at;         /* place in the heap */
  loop_fn *fn;
  void *ctx;
};

typedef struct Watch {
  int fd, events;
  uint64_t seq;      /* tells a watcher from a later one of the same fd */
  loop_fd_fn *fn;
  void *ctx;
} Watch;

typedef struct SignalSlot {
  loop_fn *fn;
  void *ctx;
} SignalSlot;

struct Loop {
  LoopTimer **heap;
  size_t ntimers, timer_cap;
  Watch *watches;
  size_t nwatches, watch_cap;
  struct pollfd *polls;       /* watch_cap + 1 of each */
  struct curl_waitfd *waits;
  uint64_t *poll_seq;
  uint64_t seq;
  uint64_t turn;              /* counts loop_step, which a callback may nest */
  SignalSlot signals[SIGNALS];
  size_t nsignals;
  CURLM *multi;
  loop_transfer_fn *on_transfer;
  size_t ntransfers;
  size_t begun;               /* of them since libcurl was last at work */
  bool skipped;               /* the last turn waited for nothing */
  bool blocked;               /* all signals; `mask` is what was before */
  sigset_t mask;
};

/* A signal handler has no context: these are the process's, like the signals
   themselves. Only the loop that called loop_signal reads them. */
static volatile sig_atomic_t signal_came[SIGNALS];
static volatile sig_atomic_t any_signal;
static int signal_pipe[2] = { -1, -1 };

double loop_now(void) {
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);  /* cannot fail with this clock */
  return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Room for one more watcher in all arrays that run beside each other. */
static int watch_room(Loop *loop) {
  if (loop->nwatches < loop->watch_cap) return 0;
  size_t cap = loop->watch_cap ? loop->watch_cap * 2 : 8;
  void *p;
  if (!(p = reallocarray(loop->watches, cap, sizeof *loop->watches))) return -1;
  loop->watches = p;
  if (!(p = reallocarray(loop->polls, cap + 1, sizeof *loop->polls))) return -1;
  loop->polls = p;
  if (!(p = reallocarray(loop->waits, cap + 1, sizeof *loop->waits))) return -1;
  loop->waits = p;
  if (!(p = reallocarray(loop->poll_seq, cap + 1, sizeof *loop->poll_seq)))
    return -1;
  loop->poll_seq = p;
  loop->watch_cap = cap;
  return 0;
}

Loop *loop_new(Err *err) {
  Loop *loop = calloc(1, sizeof *loop);
  if (!loop || watch_room(loop)) {
    err_set(err, ERR_SCRIPT, "out of memory");
    loop_free(loop);
    return NULL;
  }
  return loop;
}

void loop_free(Loop *loop) {
  if (!loop) return;
  for (int signo = 1; signo < SIGNALS; signo++)
    if (loop->signals[signo].fn) loop_signal(loop, signo, NULL, NULL, NULL);
  for (size_t i = 0; i < loop->ntimers; i++) free(loop->heap[i]);
  if (loop->multi) {
    curl_multi_cleanup(loop->multi);
    curl_global_cleanup();
  }
  free(loop->heap);
  free(loop->watches);
  free(loop->polls);
  free(loop->waits);
  free(loop->poll_seq);
  free(loop);
}

/* Timers: a binary heap, nearest first. */

static bool before(const LoopTimer *a, const LoopTimer *b) {
  if (a->due < b->due) return true;
  return !(b->due < a->due) && a->seq < b->seq;
}

static void heap_put(Loop *loop, size_t at, LoopTimer *t) {
  loop->heap[at] = t;
  t->at = at;
}

static void sift_up(Loop *loop, size_t at, LoopTimer *t) {
  while (at > 0 && before(t, loop->heap[(at - 1) / 2])) {
    heap_put(loop, at, loop->heap[(at - 1) / 2]);
    at = (at - 1) / 2;
  }
  heap_put(loop, at, t);
}

static void sift_down(Loop *loop, size_t at, LoopTimer *t) {
  for (;;) {
    size_t child = at * 2 + 1;
    if (child >= loop->ntimers) break;
    if (child + 1 < loop->ntimers &&
        before(loop->heap[child + 1], loop->heap[child])) child++;
    if (!before(loop->heap[child], t)) break;
    heap_put(loop, at, loop->heap[child]);
    at = child;
  }
  heap_put(loop, at, t);
}

LoopTimer *loop_timer(Loop *loop, double seconds, loop_fn *fn, void *ctx) {
  if (loop->ntimers == loop->timer_cap) {
    size_t cap = loop->timer_cap ? loop->timer_cap * 2 : 16;
    void *p = reallocarray(loop->heap, cap, sizeof(LoopTimer *));
    if (!p) return NULL;
    loop->heap = p;
    loop->timer_cap = cap;
  }
  LoopTimer *t = malloc(sizeof *t);
  if (!t) return NULL;
  t->due = loop_now() + (seconds > 0 ? seconds : 0);
  t->seq = ++loop->seq;
  t->fn = fn;
  t->ctx = ctx;
  sift_up(loop, loop->ntimers++, t);
  return t;
}

/* The timer at that place leaves the heap. */
static void heap_take(Loop *loop, size_t at) {
  LoopTimer *last = loop->heap[--loop->ntimers];
  loop->heap[loop->ntimers] = NULL;
  if (at == loop->ntimers) return;
  if (at > 0 && before(last, loop->heap[(at - 1) / 2]))
    sift_up(loop, at, last);
  else
    sift_down(loop, at, last);
}

void loop_timer_cancel(Loop *loop, LoopTimer *timer) {
  if (!timer) return;
  heap_take(loop, timer->at);
  free(timer);
}

/* Timers made while these run wait for the next turn, even with 0 seconds. */
static void run_timers(Loop *loop, double now) {
  uint64_t newest = loop->seq;
  while (loop->ntimers > 0) {
    LoopTimer *t = loop->heap[0];
    if (t->due > now || t->seq > newest) break;
    loop_fn *fn = t->fn;
    void *ctx = t->ctx;
    heap_take(loop, 0);
    free(t);
    fn(ctx);
  }
}

/* Watchers. */

static Watch *find_watch(Loop *loop, int fd) {
  for (size_t i = 0; i < loop->nwatches; i++)
    if (loop->watches[i].fd == fd) return &loop->watches[i];
  return NULL;
}

int loop_watch(Loop *loop, int fd, int events, loop_fd_fn *fn, void *ctx,
               Err *err) {
  Watch *w = find_watch(loop, fd);
  if (!w) {
    if (watch_room(loop)) return err_set(err, ERR_SCRIPT, "out of memory");
    w = &loop->watches[loop->nwatches++];
  }
  *w = (Watch){ .fd = fd, .events = events, .seq = ++loop->seq,
                .fn = fn, .ctx = ctx };
  return 0;
}

void loop_unwatch(Loop *loop, int fd) {
  Watch *w = find_watch(loop, fd);
  if (!w) return;
  size_t at = (size_t)(w - loop->watches);
  memmove(w, w + 1, (loop->nwatches - at - 1) * sizeof *w);
  loop->nwatches--;
}

/* The list of what to wait for; returns its length. The signal pipe is last
   and has no watcher. */
static size_t fill_polls(Loop *loop) {
  size_t n = 0;
  for (; n < loop->nwatches; n++) {
    const Watch *w = &loop->watches[n];
    short events = (short)((w->events & LOOP_READ ? POLLIN : 0) |
                           (w->events & LOOP_WRITE ? POLLOUT : 0));
    loop->polls[n] = (struct pollfd){ .fd = w->fd, .events = events };
    loop->poll_seq[n] = w->seq;
  }
  if (loop->nsignals > 0)
    loop->polls[n++] = (struct pollfd){ .fd = signal_pipe[0],
                                        .events = POLLIN };
  return n;
}

static void run_watches(Loop *loop, size_t n) {
  /* A callback may watch more and so move polls: read by index each time. It
     may also run a turn of its own, which makes what we know stale. */
  uint64_t turn = loop->turn;
  for (size_t i = 0; i < n && turn == loop->turn; i++) {
    short got = loop->polls[i].revents;
    if (!got) continue;
    Watch *w = find_watch(loop, loop->polls[i].fd);
    if (!w || w->seq != loop->poll_seq[i]) continue;
    int events = (got & POLLIN ? LOOP_READ : 0) |
                 (got & POLLOUT ? LOOP_WRITE : 0) |
                 (got & (POLLHUP | POLLERR | POLLNVAL) ? LOOP_HANGUP : 0);
    w->fn(w->ctx, w->fd, events);
  }
}

/* Signals. */

void loop_on_signal(int signo) {
  int saved = errno;
  signal_came[signo] = 1;
  any_signal = 1;
  /* A full pipe is fine: it wakes the loop all the same. */
  ssize_t n = write(signal_pipe[1], "", 1);
  (void)n;
  errno = saved;
}

int loop_signal(Loop *loop, int signo, loop_fn *fn, void *ctx, Err *err) {
  if (signo < 1 || signo >= SIGNALS)
    return err_set(err, ERR_SCRIPT, "signal %d does not exist", signo);
  if (fn && signal_pipe[0] < 0 && pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK))
    return err_sys(err, ERR_SCRIPT, errno, "cannot make a pipe for signals");
  SignalSlot *slot = &loop->signals[signo];
  struct sigaction sa;
  memset(&sa, 0, sizeof sa);
  sigemptyset(&sa.sa_mask);
  sa.sa_flags = SA_RESTART;
  sa.sa_handler = fn ? loop_on_signal : SIG_DFL;
  /* In force already: another handler may stand before ours. */
  bool changes = !fn != !slot->fn;
  if (changes && sigaction(signo, &sa, NULL))
    return err_sys(err, ERR_SCRIPT, errno, "cannot handle signal %d", signo);
  if (fn && !slot->fn) loop->nsignals++;
  if (!fn && slot->fn) loop->nsignals--;
  if (!fn) signal_came[signo] = 0;
  slot->fn = fn;
  slot->ctx = ctx;
  return 0;
}

bool loop_signalled(int signo) {
  return signo > 0 && signo < SIGNALS && signal_came[signo];
}

/* The handler may run in a thread of libcurl's resolver, so that its byte can
   come after its flag was seen: a readable pipe is always emptied. */
static void run_signals(Loop *loop, bool readable) {
  if (loop->nsignals == 0 || (!any_signal && !readable)) return;
  char drain[64];
  while (read(signal_pipe[0], drain, sizeof drain) > 0) continue;
  any_signal = 0;
  for (int signo = 1; signo < SIGNALS; signo++) {
    if (!signal_came[signo]) continue;
    signal_came[signo] = 0;
    const SignalSlot slot = loop->signals[signo];
    if (slot.fn) slot.fn(slot.ctx);
  }
}

/* Transfers. */

enum { SPARE = 16 };

/* The descriptors that the next ones opened will be. */
static int next_descriptors(int *fds) {
  int n = 0, fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  const int first = fd;
  while (n < SPARE && fd >= 0) {
    fds[n++] = fd;
    int more = fcntl(first, F_DUPFD_CLOEXEC, fd + 1);
    if (fd != first) close(fd);
    fd = more;
  }
  if (fd >= 0 && fd != first) close(fd);
  close(first);
  return n;
}

/* libcurl keeps a pair of sockets to wake itself, which it lets children have:
   they must not. */
static CURLM *start_multi(void) {
  int fds[SPARE];
  int n = next_descriptors(fds);
  CURLM *multi = curl_multi_init();
  for (int i = 0; multi && i < n; i++) {
    int flags = fcntl(fds[i], F_GETFD);
    if (flags < 0 || fcntl(fds[i], F_SETFD, flags | FD_CLOEXEC) == 0) continue;
    curl_multi_cleanup(multi);
    return NULL;
  }
  return multi;
}

void *loop_transfers(Loop *loop, Err *err) {
  if (loop->multi) return loop->multi;
  /* Whoever can set our environment must not get our session keys so. */
  unsetenv("SSLKEYLOGFILE");
  CURLcode rc = curl_global_init(CURL_GLOBAL_ALL);
  if (rc != CURLE_OK) {
    err_set(err, ERR_SCRIPT, "libcurl does not start: %s",
            curl_easy_strerror(rc));
    return NULL;
  }
  CURLM *multi = start_multi();
  /* The default, four times the transfers of the moment, would close the
     pool whenever a burst is over. */
  if (!multi || curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS,
                                  (long)IDLE_CONNECTIONS) != CURLM_OK) {
    err_set(err, ERR_SCRIPT, "libcurl does not start: out of memory");
    curl_multi_cleanup(multi);
    curl_global_cleanup();
    return NULL;
  }
  loop->multi = multi;
  return multi;
}

void loop_on_transfer(Loop *loop, loop_transfer_fn *fn) {
  loop->on_transfer = fn;
}

void loop_transfer_count(Loop *loop, int delta) {
  if (delta < 0) loop->ntransfers -= (size_t)-delta;
  else loop->ntransfers += (size_t)delta;
  if (delta > 0) loop->begun += (size_t)delta;
  if (loop->begun > loop->ntransfers) loop->begun = loop->ntransfers;
}

void loop_block_signals(Loop *loop) {
  sigset_t all;
  sigfillset(&all);
  if (!loop->blocked)
    loop->blocked = pthread_sigmask(SIG_SETMASK, &all, &loop->mask) == 0;
}

static int run_transfers(Loop *loop, Err *err) {
  int running, left;
  loop->begun = 0;
  CURLMcode rc = curl_multi_perform(loop->multi, &running);
  if (loop->blocked) pthread_sigmask(SIG_SETMASK, &loop->mask, NULL);
  loop->blocked = false;
  if (rc != CURLM_OK)
    return err_set(err, ERR_SCRIPT, "libcurl: %s", curl_multi_strerror(rc));
  CURLMsg *msg;
  while ((msg = curl_multi_info_read(loop->multi, &left)))
    if (msg->msg == CURLMSG_DONE && loop->on_transfer)
      loop->on_transfer(msg->easy_handle, (int)msg->data.result);
  return 0;
}

/* One turn. */

/* Milliseconds to wait, rounded up lest we spin before a timer; -1 = ever. */
static int wait_ms(const Loop *loop, double max_wait) {
  double wait = max_wait < 0 ? INFINITY : max_wait;
  if (any_signal && loop->nsignals > 0) return 0;
  if (loop->ntimers > 0) {
    double left = loop->heap[0]->due - loop_now();
    if (left < wait) wait = left > 0 ? left : 0;
  }
  if (isinf(wait)) return -1;
  return wait > 86400 ? 86400000 : (int)ceil(wait * 1000);
}

/* poll(2) alone: libcurl was never started or has nothing in flight. */
static int wait_plain(Loop *loop, size_t n, int ms, Err *err) {
  if (poll(loop->polls, (nfds_t)n, ms) >= 0) return 0;
  for (size_t i = 0; i < n; i++) loop->polls[i].revents = 0;
  if (errno == EINTR) return 0;
  return err_sys(err, ERR_SCRIPT, errno, "cannot wait for events");
}

static int wait_curl(Loop *loop, size_t n, int ms, Err *err) {
  for (size_t i = 0; i < n; i++) {
    short events = loop->polls[i].events;
    loop->waits[i] = (struct curl_waitfd){
      .fd = loop->polls[i].fd,
      .events = (short)((events & POLLIN ? CURL_WAIT_POLLIN : 0) |
                        (events & POLLOUT ? CURL_WAIT_POLLOUT : 0)) };
  }
  CURLMcode rc = curl_multi_poll(loop->multi, loop->waits, (unsigned)n,
                                 ms < 0 ? 86400000 : ms, NULL);
  if (rc != CURLM_OK)
    return err_set(err, ERR_SCRIPT, "libcurl: %s", curl_multi_strerror(rc));
  /* libcurl does not pass on hang-ups, so look again ourselves. */
  if (loop->nwatches > 0) return wait_plain(loop, n, 0, err);
  for (size_t i = 0; i < n; i++)
    loop->polls[i].revents = loop->waits[i].revents;
  return 0;
}

/* Waits; returns how many watchers were asked for news, or -1. */
static int wait_events(Loop *loop, int ms, bool *signalled, Err *err) {
  size_t n = fill_polls(loop), nwatches = loop->nwatches;
  if (loop->ntransfers > 0) {
    if (wait_curl(loop, n, ms, err)) return -1;
  } else if (n > 0 || ms >= 0) {   /* else nothing could ever wake us */
    if (wait_plain(loop, n, ms, err)) return -1;
  }
  *signalled = n > nwatches && loop->polls[nwatches].revents;
  return (int)nwatches;
}

int loop_step(Loop *loop, double max_wait, Err *err) {
  int nwatches = 0;
  bool signalled = false;
  /* What was just begun wants to be sent, and no event tells that: where there
     is nothing else, libcurl is not asked. But never twice in a row, for
     watchers wait, too. */
  loop->skipped = loop->begun > 0 && loop->begun >= loop->ntransfers &&
                  !loop->skipped;
  loop->turn++;
  if (!loop->skipped) {
    nwatches = wait_events(loop, wait_ms(loop, max_wait), &signalled, err);
    if (nwatches < 0) return -1;
  }
  uint64_t turn = loop->turn;
  run_signals(loop, signalled);
  if (loop->ntimers > 0) run_timers(loop, loop_now());
  if (turn == loop->turn) run_watches(loop, (size_t)nwatches);
  return loop->ntransfers > 0 ? run_transfers(loop, err) : 0;
}

bool loop_busy(const Loop *loop) {
  return loop->ntimers > 0 || loop->nwatches > 0 || loop->ntransfers > 0;
}
