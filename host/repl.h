/* repl.h - editing a line or a statement of several lines on a terminal, on
   the event loop. No Lua.

   What edits is GNU readline (repl.c) or, where the build asks for it, libedit
   (repledit.c). Both keep one line for the whole process, so this module does
   too: one is edited at a time, on standard input. */
/* SPDX-License-Identifier: MIT */
#ifndef REPL_H
#define REPL_H

#include <stdbool.h>
#include <stddef.h>
#include "err.h"
#include "loop.h"

typedef struct ReplMatches ReplMatches;

/* "readline" or "libedit". */
extern const char repl_editor[];

/* With its version: "readline 8.2". */
const char *repl_version(void);

/* The line, for the callee to free; NULL at the end of input. */
typedef void repl_line_fn(void *ctx, char *line);

/* Starts to edit a line; fn is called from the loop once it is complete, when
   the terminal is already as it was. What is to take no room in the prompt
   stands between \1 and \2. -1 if a line is being edited. */
int repl_read(Loop *loop, const char *prompt, repl_line_fn *fn, void *ctx,
              Err *err);

/* Leaves the line unfinished and restores the terminal; fn is not called.
   Harmless when no line is edited. */
void repl_abandon(void);

bool repl_reading(void);

/* Whoever writes to the terminal while a line is edited takes it away first
   and puts it back afterwards. Harmless when none is edited. repl_hide is
   false if there was none to take away. */
bool repl_hide(void);
void repl_show(void);

/* Asked at Enter, but not for a line end within pasted text: NULL ends the
   line, a text of malloc's is inserted behind a new line. *blanks is -1; set,
   it is how many the last line is to begin with from now on. False, and fn is
   never asked, if the editor cannot edit several lines. NULL fn: Enter ends
   the line. */
typedef char *repl_enter_fn(void *ctx, const char *text, size_t n,
                            int *blanks);
bool repl_on_enter(repl_enter_fn *fn, void *ctx);

/* ---- completion ---- */

/* Adds what the n bytes before the cursor may go on with. */
typedef void repl_complete_fn(void *ctx, const char *before, size_t n,
                              ReplMatches *out);

/* NULL fn: no completion. */
void repl_on_complete(repl_complete_fn *fn, void *ctx);

/* To be called before the first match: where in the text before the cursor
   the word begins. Without it, at its last name. */
void repl_word(ReplMatches *out, size_t start);

/* text replaces the word, with which it need not begin. It is copied. -1 when
   out of memory. */
int repl_match(ReplMatches *out, const char *text);

/* The files whose path begins with the word; folders end with a slash. */
int repl_match_files(ReplMatches *out);

/* What follows a single match: one character, 0 for none. */
void repl_append(ReplMatches *out, char after);

/* How the n matches, in their order, are shown when there are several: a text
   of malloc's for a terminal of that size, NULL: in columns. NULL fn: always
   in columns. */
typedef char *repl_display_fn(void *ctx, char *const *words, size_t n,
                              int columns, int rows);
void repl_on_display(repl_display_fn *fn, void *ctx);

/* ---- history ---- */

/* Becomes the newest entry of the history. */
void repl_recall(const char *text);

/* The same, once: an older equal one goes. At most max entries stay. */
void repl_remember(const char *text, size_t max);

#endif
