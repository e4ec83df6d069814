/* replplace.h - where on the terminal a part of the edited text stands.
   No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef REPLPLACE_H
#define REPLPLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct ReplPlace {
  int row, column;       /* from where the prompt begins */
} ReplPlace;

/* Of what follows the n bytes of text behind a prompt of so many columns. */
ReplPlace replplace_of(size_t prompt, int columns, const char *text, size_t n);

/* Columns of a prompt; what stands between \1 and \2 takes none. */
size_t replplace_prompt(const char *text);

/* Whether the terminal, when its size changes, wraps anew what stands on it:
   most do; the others keep each character in its row. */
bool replplace_reflows(void);

/* Begins a new line unless the cursor stands at the start of one. */
void replplace_fresh(FILE *out);

#endif
