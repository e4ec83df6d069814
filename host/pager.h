/* pager.h - a long text in the pager of the user's choice. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef PAGER_H
#define PAGER_H

#include <stdbool.h>
#include <stddef.h>
#include "err.h"
#include "loop.h"

typedef struct Pager Pager;

/* status is waitpid's. */
typedef void pager_fn(void *ctx, int status);

/* The command for sh -c: $ERRAND_PAGER, else $PAGER, else less, which leaves
   alone what fits the screen. Borrowed; "" where the user wants none. *chosen
   tells whether it is the user's choice. */
const char *pager_command(bool *chosen);

/* Runs the command with the n bytes as its standard input; fn is called from
   the loop when it has ended, by itself or because the user left it. While it
   runs it has the terminal and its keys: Ctrl-C is not ours, and what others
   write waits (console.h). text stays the
   caller's and must stay until pager_close. NULL on failure. */
Pager *pager_open(Loop *loop, const char *command, const char *text, size_t n,
                  pager_fn *fn, void *ctx, Err *err);

/* Ends it if it still runs, and puts terminal and signals back. NULL is
   fine. */
void pager_close(Pager *p);

#endif
