/* progress.h - what stands at the end of a terminal for a while: one line that
   tells how far the files under way have come, or a block of lines. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* There is one terminal, so there is one line, whoever asks: it belongs to the
   process, is drawn on standard error, and stands for the sum of all files
   under way. It appears after half a second, is drawn anew at most ten times a
   second in the width that the terminal has then, and is erased when the last
   file is done. */
typedef struct Progress Progress;

/* A file of this name (copied) begins; the caller ends it. NULL where there is
   nothing to draw on (no terminal, TERM unset or dumb), the line is not
   allowed, or memory is out, which is all the same to the caller. */
Progress *progress_begin(const char *name);

/* So many bytes of it are done; total is -1 where nobody knows it. */
void progress_set(Progress *p, int64_t done, int64_t total);

void progress_end(Progress *p);     /* NULL is fine */

/* Takes the line away until it is drawn next: for who is about to write to
   the terminal. Free when there is none. */
void progress_hide(void);

/* Puts lines there, below all that has been written, until they are replaced
   (n = 0: taken away). A line longer than the terminal is wide is cut. Each is
   plain text but for colours, ESC [ ... m. They are taken away as the line of
   a file is, and drawn again by the next call; while they are there, files
   have no line. Nothing happens where there is no terminal. -1: no memory */
int progress_block(const char *const *lines, size_t n);

/* Whether there is a terminal to draw on. */
bool progress_possible(void);

/* False while something else has the terminal, such as the prompt; true at
   start. */
void progress_allow(bool allowed);

#endif
