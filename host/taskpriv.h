/* taskpriv.h - what the scheduler and its Lua face share. */
/* SPDX-License-Identifier: MIT */
#ifndef TASKPRIV_H
#define TASKPRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <lua.h>
#include "err.h"
#include "loop.h"
#include "task.h"

#define TASK "errand.task"

typedef struct Sched Sched;
typedef struct Task Task;

typedef enum TaskState { TASK_READY, TASK_WAITING, TASK_RUNNING,
                         TASK_DONE, TASK_FAILED } TaskState;

struct Task {
  Sched *sched;
  lua_State *thread;
  TaskState state;
  bool joined;             /* somebody has seen or will see the outcome */
  bool lost;               /* counted in the scheduler's lost */
  int nargs;               /* of the first resume */
  ErrKind stop;            /* pending cancellation, ERR_NONE without one */
  Wait *waiting;           /* while it has yielded */
  bool shielded;           /* the last wait was such a one */
  Wait *nested;            /* while it turns the loop itself */
  lua_KFunction k;         /* what follows the wait */
  lua_KContext kctx;
  Task *next;              /* ready queue */
  struct Join *joins;      /* who waits for this task */
};

typedef struct Join {
  Wait wait;               /* first: Join and Wait share an address */
  Task *target;            /* NULL once it has ended */
  struct Join *next;
  bool owner;              /* cancelling the join cancels the target */
} Join;

struct Sched {
  Loop *loop;
  Task *current;
  Task *head, *tail;       /* ready queue */
  Task *main;
  bool ending;             /* nobody waits for the tasks that are left */
  bool interrupted;        /* while the tasks that were left ran to their end */
  size_t alive;
  int depth;               /* waits that turn the loop inside one another */
  Wait *nested;            /* wait of code that cannot yield */
  size_t lost;             /* tasks that failed and were never joined */
  Err lost_err;            /* the first of them */
};

Sched *task_sched(lua_State *L);

/* function, args... -> task, ready to run */
Task *task_spawn(lua_State *L, Sched *s, int nargs);

/* Makes the task raise kind at its wait, or at its next one. */
void task_stop(Task *t, ErrKind kind);

/* Cancels every task but the one that runs, if any; nobody will hear how
   they ended. */
void task_cancel_others(lua_State *L);

/* Waits for the end of t, which is on the stack; pushes its results or
   raises its error. owner: cancelling the wait cancels t. */
int task_wait(lua_State *L, Task *t, bool owner);

/* Metatables of tasks, sleeps and deadlines. */
void ltask_open(lua_State *L);

#endif
