/* console.h - writes to the terminal while something else has it: around the
   line being edited, or later, when the pager is left. No Lua.

   There is one terminal, so this is the process's. Whoever writes to standard
   output or standard error asks before each write:

     ConsoleTurn turn = console_begin(fd, s, n);
     if (turn != CONSOLE_KEPT) write(fd, s, n);
     console_end(turn); */
/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

typedef enum ConsoleTurn {
  CONSOLE_KEPT,     /* the bytes are kept, or left out: nothing to write */
  CONSOLE_FREE,     /* to be written */
  CONSOLE_AROUND    /* to be written; console_end puts back what stood there */
} ConsoleTurn;

/* The n bytes at s are about to be written to fd. Takes the line of progress
   away, and what is edited if fd is the terminal. */
ConsoleTurn console_begin(int fd, const char *s, size_t n);
void console_end(ConsoleTurn turn);

/* How what is edited is taken away (false: nothing was there to take) and put
   back. NULL at start. */
typedef bool console_hide_fn(void);
typedef void console_show_fn(void);
void console_on_write(console_hide_fn *hide, console_show_fn *show);

/* True: from now on what goes to the terminal is kept, the first 256 KiB of
   it. False: it is written. Harmless when that is so already. */
void console_hold(bool hold);

#endif
