/* replterm.h - the terminal while a line is edited: put back in every case.
   No Lua. For repl.c and repledit.c only; process-wide, as signals are. */
/* SPDX-License-Identifier: MIT */
#ifndef REPLTERM_H
#define REPLTERM_H

#include <stdbool.h>
#include <stdio.h>
#include "err.h"
#include "loop.h"

typedef struct ReplTerm {
  bool paste;            /* bracketed paste is switched on while editing */
  FILE *out;             /* where the line is shown; borrowed */
  void (*redraw)(void);  /* the line was taken away: shows it anew */
  void (*resized)(void); /* the terminal has another size */
} ReplTerm;

/* Before the editor changes the terminal: from now on a signal that ends or
   stops the process first puts the terminal back, and a changed size
   reaches the editor. The editor is copied. */
int replterm_enter(Loop *loop, const ReplTerm *editor, Err *err);

/* After the editor has put the terminal back. */
void replterm_leave(Loop *loop);

/* After the editor has changed the terminal's modes. Its Ctrl-C throws away
   what was typed, even what poll(2) has just announced; so reading must never
   wait: see replterm_read. */
void replterm_no_wait(void);

/* 1 and a byte; 0 if there is none (yet), -1 if none will come. */
int replterm_read(unsigned char *c);

/* The next byte of what has begun to come: the rest of a key, a paste, what
   was typed ahead. After Ctrl-C that may never come: then a zero byte, and
   EOF right behind it. */
int replterm_await(void);

#endif
