/* repl.h - line editing on a terminal: readline on the event loop. No Lua.

   readline keeps its state for the whole process, so this module does too:
   one line is edited at a time, on standard input. */
/* SPDX-License-Identifier: MIT */
#ifndef REPL_H
#define REPL_H

#include <stdbool.h>
#include <stddef.h>
#include "err.h"
#include "loop.h"

typedef struct ReplMatches ReplMatches;

/* The line, for the callee to free; NULL at the end of input. */
typedef void repl_line_fn(void *ctx, char *line);

/* Adds what the n bytes before the cursor may go on with. */
typedef void repl_complete_fn(void *ctx, const char *before, size_t n,
                              ReplMatches *out);

/* Starts to edit a line; fn is called from the loop once it is complete, when
   the terminal is already as it was. -1 if a line is being edited. */
int repl_read(Loop *loop, const char *prompt, repl_line_fn *fn, void *ctx,
              Err *err);

/* Leaves the line unfinished and restores the terminal; fn is not called.
   Harmless when no line is edited. */
void repl_abandon(void);

bool repl_reading(void);

/* Whoever writes to the terminal while a line is edited takes it away first
   and puts it back afterwards. Harmless when none is edited. */
void repl_hide(void);
void repl_show(void);

/* NULL fn: no completion. */
void repl_on_complete(repl_complete_fn *fn, void *ctx);

/* A match that does not start with the word at the cursor is passed over.
   text is copied. -1 when out of memory. */
int repl_match(ReplMatches *out, const char *text);

/* What follows a single match: one character, 0 for none. */
void repl_append(ReplMatches *out, char after);

/* Becomes the newest entry of the history. */
void repl_recall(const char *text);

/* The same, once: an older equal one goes. At most max entries stay. */
void repl_remember(const char *text, size_t max);

#endif
