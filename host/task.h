/* task.h - coroutines on the loop: what waits yields, the rest runs on. */
/* SPDX-License-Identifier: MIT */
#ifndef TASK_H
#define TASK_H

#include <stdbool.h>
#include <lua.h>
#include "err.h"

typedef struct Wait Wait;

/* A wait embedded in a binding's userdata. `cancel` (nullable) is called when
   the task is cancelled or its deadline passes while waiting; it must make
   sure that wait_done is not called afterwards. */
struct Wait {
  void (*cancel)(Wait *w);
  bool shielded;           /* it is over soon, and its end matters: who cancels
                              ends the next wait instead. Only where the task
                              has company */
  bool done;
  bool cancelled;          /* set before cancel is called */
  struct Task *task;       /* private */
  lua_State *thread;       /* private */
};

/* Suspends the running Lua code until wait_done(w). In a task it yields and
   goes on in k, with the stack as it was; elsewhere (main state, inside a
   library callback, in a coroutine of the script's own) it runs the loop
   until done and then calls k. If cancelled it raises kind "cancelled" or
   "timeout" instead of calling k. The userdata that holds w must be on the
   stack. */
int wait_for(lua_State *L, Wait *w, lua_KContext ctx, lua_KFunction k);

/* Whether a wait would yield, to other tasks that are there. */
bool task_has_company(lua_State *L);

/* Marks done and readies the task that waits, if any. Call from the loop. */
void wait_done(Wait *w);

/* Makes the scheduler of a new state. */
void task_open(lua_State *L);

/* Ctrl-C: cancels what the main task waits for or, where that has ended, the
   tasks that are left. From the loop only. */
void task_interrupt(lua_State *L);

/* Whether what runs now belongs to the main task. */
bool task_in_main(lua_State *L);

/* Whether the thread at index is that of a task, which only the scheduler may
   resume or close. */
bool task_owns(lua_State *L, int index);

/* Opens the module host.task: spawn, sleep, deadline, now, cancel_others, lost,
   others; methods of a task: join, cancel, status. */
int luaopen_host_task(lua_State *L);

/* Runs the function and its nargs arguments on top of the stack as a task
   and the loop until that task ends. Like state_call. */
int task_run(lua_State *L, int nargs, int nresults, Err *err);

#endif
