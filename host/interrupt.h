/* interrupt.h - Ctrl-C, and signals that are to act like it. */
/* SPDX-License-Identifier: MIT */
#ifndef INTERRUPT_H
#define INTERRUPT_H

#include <stdbool.h>
#include <lua.h>
#include "err.h"
#include "loop.h"

/* From now on the first such signal stops the Lua code that runs and cancels
   what the main task waits for. One that follows ends the process at once,
   with 128 and its number: the third SIGINT that nothing heeds (the second
   while the prompt is being left), and the second of any other. To be called
   in the thread that runs Lua. */
int interrupt_catch(Loop *loop, lua_State *L, int signo, Err *err);
/* As before interrupt_catch: the system's default. */
void interrupt_leave(Loop *loop, int signo);
/* Whether interrupt_catch is in force for it. */
bool interrupt_catches(int signo);

/* The last signal that interrupted; 0 if none did. */
int interrupt_by(void);

/* For handlers, since the system may pick a thread of libcurl's resolver,
   which must not touch the Lua state: true in the thread that runs Lua;
   elsewhere false, and the signal goes there. Async-signal-safe. */
bool interrupt_is_here(int signo);

#endif
