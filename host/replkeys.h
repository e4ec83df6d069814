/* replkeys.h - readline's keys in a statement of several lines. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef REPLKEYS_H
#define REPLKEYS_H

#include "repl.h"

/* After rl_initialize, once: keys that mean Enter, up, down, start and end of
   line get to know lines, whichever keys the user has put these on. */
void replkeys_bind(void);

void replkeys_on_enter(repl_enter_fn *fn, void *ctx);

#endif
