/* interrupt.c - Ctrl-C, and signals that are to act like it. */
/* SPDX-License-Identifier: MIT */

#include "interrupt.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "state.h"
#include "task.h"

enum { SIGNALS = 65 };

/* Signal handlers have no context: these are the process's. */
static pthread_t main_thread;           /* the one that runs Lua */
static bool main_known;
static bool catches[SIGNALS];
static volatile sig_atomic_t came[SIGNALS];
static volatile sig_atomic_t last;
static bool elsewhere;                  /* a task other than the main one heard
                                           it */

bool interrupt_is_here(int signo) {
  if (!main_known || pthread_equal(pthread_self(), main_thread)) return true;
  pthread_kill(main_thread, signo);
  return false;
}

/* A person may ask three times; whoever sends another signal twice means it. */
static bool insists(int signo) {
  int asked = state_interrupt(), times = ++came[signo];
  if (signo == SIGINT) return asked > (state_is_leaving() ? 1 : 2);
  return times > 1;
}

static void on_interrupt(int signo) {
  if (!interrupt_is_here(signo)) return;
  last = signo;
  if (insists(signo)) _exit(128 + signo);
  loop_on_signal(signo);
}

static void note_stop(lua_State *L) {
  elsewhere = !task_in_main(L);
}

/* It is for the program: where one of its tasks heard it, which is one of
   many, the main task is told as well. */
static void interrupt_wait(void *ctx) {
  if (!state_take_interrupt()) {       /* Lua code was running and heard it */
    state_heeded();
    if (!elsewhere) return;
    elsewhere = false;
  }
  task_interrupt(ctx);
}

int interrupt_catch(Loop *loop, lua_State *L, int signo, Err *err) {
  bool before = loop_signalled(signo);
  if (loop_signal(loop, signo, interrupt_wait, L, err) != 0) return -1;
  /* No SA_RESTART: whoever reads from a terminal or pipe is woken. */
  struct sigaction action = {.sa_handler = on_interrupt};
  sigemptyset(&action.sa_mask);
  state_on_stop(note_stop);
  main_thread = pthread_self();
  main_known = true;
  came[signo] = 0;
  if (sigaction(signo, &action, NULL) != 0)
    return err_sys(err, ERR_SCRIPT, errno, "cannot catch signal %d", signo);
  catches[signo] = true;
  /* It came while its handler was changed, which did not interrupt. */
  if (!before && loop_signalled(signo) && !came[signo]) raise(signo);
  return 0;
}

void interrupt_leave(Loop *loop, int signo) {
  catches[signo] = false;
  loop_signal(loop, signo, NULL, NULL, NULL);
}

bool interrupt_catches(int signo) {
  return catches[signo];
}

int interrupt_by(void) {
  return last;
}
