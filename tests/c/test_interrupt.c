/* test_interrupt.c - Ctrl-C and signals like it: which thread, how often, and
   what is in force before and after. */
/* SPDX-License-Identifier: MIT */
#include "interrupt.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include "state.h"
#include "tap.h"

static Loop *loop;
static lua_State *L;

static void turn(void) {
  Err err = {0};
  if (loop_step(loop, 0, &err)) printf("# %s\n", err.text);
}

static void catch(int signo) {
  Err err = {0};
  if (interrupt_catch(loop, L, signo, &err)) printf("# %s\n", err.text);
}

/* What becomes of a process in which fn runs: its code, or minus the signal
   that ended it. A reading end that stays open would hide a hang. */
static int end_of(void (*fn)(void)) {
  int status = 0;
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    alarm(20);
    fn();
    _exit(0);
  }
  if (waitpid(pid, &status, 0) != pid) return -1000;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void *send_term(void *to) {
  pthread_kill(to ? *(pthread_t *)to : pthread_self(), SIGTERM);
  return NULL;
}

/* In a thread that is not ours, as a resolver's is. */
static void term_elsewhere(void) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, send_term, NULL)) _exit(99);
  if (pthread_join(thread, NULL)) _exit(98);
}

/* ---- once ---- */

static void once(void) {
  catch(SIGTERM);
  raise(SIGTERM);
  if (interrupt_by() != SIGTERM || !loop_signalled(SIGTERM)) _exit(1);
  turn();
  _exit(loop_signalled(SIGTERM) || state_take_interrupt() ? 2 : 0);
}

static void once_elsewhere(void) {
  catch(SIGTERM);
  term_elsewhere();
  _exit(interrupt_by() == SIGTERM && loop_signalled(SIGTERM) ? 0 : 1);
}

/* ---- again ---- */

static void term_twice(void) {
  catch(SIGTERM);
  raise(SIGTERM);
  turn();
  raise(SIGTERM);
}

static void term_twice_elsewhere(void) {
  catch(SIGTERM);
  term_elsewhere();
  term_elsewhere();
}

static void int_twice(void) {
  raise(SIGINT);
  raise(SIGINT);
}

static void int_thrice(void) {
  int_twice();
  raise(SIGINT);
}

static void int_heeded(void) {
  int_twice();
  state_take_interrupt();
  turn();                       /* nobody is left to be told: it is heeded */
  int_twice();
}

static void int_leaving(void) {
  state_leaving();
  int_twice();
}

static void int_then_term(void) {
  catch(SIGTERM);
  int_twice();
  raise(SIGTERM);
}

/* ---- begin and end ---- */

static void left(void) {
  catch(SIGTERM);
  interrupt_leave(loop, SIGTERM);
  if (interrupt_catches(SIGTERM)) _exit(1);
  raise(SIGTERM);
}

static void caught_anew(void) {
  for (int i = 0; i < 3; i++) {
    catch(SIGTERM);
    raise(SIGTERM);
    turn();
  }
}

/* It comes all the time while the handler changes; the default would end us
   by the signal, and as the second one that nothing counted does by its code.
   Each catch counts anew, so that nothing else may. */
static void while_it_changes(void) {
  pthread_t thread;
  pthread_t self = pthread_self();
  for (int i = 0; i < 300; i++) {
    catch(SIGTERM);
    if (pthread_create(&thread, NULL, send_term, &self)) _exit(99);
    catch(SIGTERM);
    if (pthread_join(thread, NULL)) _exit(98);
    if (!loop_signalled(SIGTERM)) _exit(1);
    turn();
  }
}

int main(void) {
  Err err = {0};
  const StateOptions options = {0};
  loop = loop_new(&err);
  State *state = loop ? state_new(loop, &options, &err) : NULL;
  if (!state) {
    printf("# %s\n", err.text);
    return 1;
  }
  L = state_lua(state);
  is_int(interrupt_by(), 0, "nothing has come yet");
  ok(interrupt_is_here(SIGINT), "where no thread is known, it is this one");
  catch(SIGINT);
  ok(interrupt_catches(SIGINT) && !interrupt_catches(SIGTERM),
     "what is caught");
  is_int(end_of(once), 0, "the first SIGTERM is told to the loop");
  is_int(end_of(once_elsewhere), 0, "so is one that meets another thread");
  is_int(end_of(term_twice), 128 + SIGTERM, "the second one ends the process");
  is_int(end_of(term_twice_elsewhere), 128 + SIGTERM,
         "in whichever thread they come");
  is_int(end_of(int_twice), 0, "two SIGINT do not");
  is_int(end_of(int_thrice), 128 + SIGINT, "three do");
  is_int(end_of(int_heeded), 0, "unless somebody heeds them");
  is_int(end_of(int_leaving), 128 + SIGINT, "two do while the prompt is left");
  is_int(end_of(int_then_term), 0, "each signal counts for itself");
  is_int(end_of(left), -SIGTERM, "afterwards it is the system's again");
  is_int(end_of(caught_anew), 0, "who catches it anew counts anew");
  is_int(end_of(while_it_changes), 0, "none is lost on the way");
  state_free(state);
  loop_free(loop);
  return done();
}
