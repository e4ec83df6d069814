/* replterm.h - the terminal while a line is edited: put back in every case.
   No Lua. Used by repl.c only; process-wide, as signals are. */
/* SPDX-License-Identifier: MIT */
#ifndef REPLTERM_H
#define REPLTERM_H

#include <stdio.h>
#include "err.h"
#include "loop.h"

/* Before readline changes the terminal: from now on a signal that ends or
   stops the process first puts the terminal back, and a changed size
   reaches readline. */
int replterm_enter(Loop *loop, Err *err);

/* After readline has put the terminal back. */
void replterm_leave(Loop *loop);

/* For readline. The terminal's Ctrl-C throws away what was typed, even what
   poll(2) has just announced; so reading must never wait: see replterm_read. */
void replterm_prepare(int meta);
int replterm_getc(FILE *in);

/* 1 and a byte; 0 if there is none (yet), -1 if none will come. */
int replterm_read(unsigned char *c);

#endif
