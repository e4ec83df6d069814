/* replmatch.h - what the word at the cursor may become. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef REPLMATCH_H
#define REPLMATCH_H

#include <stdbool.h>
#include <stddef.h>
#include "repl.h"

struct ReplMatches {
  char **list;           /* owned, as are its n words; NULL at the end */
  size_t n, cap;
  const char *before;    /* borrowed: the text up to the cursor */
  size_t end;            /* its length */
  size_t start;          /* where the word begins */
  char after;            /* follows a single match; 0 for nothing */
};

/* start is where the word begins unless repl_word says otherwise. */
void replmatch_init(ReplMatches *m, const char *before, size_t end,
                    size_t start);
void replmatch_clear(ReplMatches *m);      /* harmless twice */

/* text goes on from what was typed, and does not take its place. */
bool replmatch_fits(const ReplMatches *m, const char *text);

/* How many bytes, of whole characters, all n words begin with. */
size_t replmatch_common(const ReplMatches *m);

#endif
