/* replterm.h - the terminal while a line is edited: put back in every case.
   No Lua. Used by repl.c only; process-wide, as signals are. */
/* SPDX-License-Identifier: MIT */
#ifndef REPLTERM_H
#define REPLTERM_H

#include "err.h"
#include "loop.h"

/* Before readline changes the terminal: from now on a signal that ends or
   stops the process first puts the terminal back, and a changed size
   reaches readline. */
int replterm_enter(Loop *loop, Err *err);

/* After readline has put the terminal back. */
void replterm_leave(Loop *loop);

#endif
