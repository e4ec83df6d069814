/* halt.h - once the disk has failed to flush, nothing is sent. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef HALT_H
#define HALT_H

#include "err.h"

/* What is sent must be on record first, and of a store that failed to flush
   nobody knows what it holds. Of the whole process; counted, so each
   halt_begin wants its halt_end, which a store gives when it is closed. */
void halt_begin(void);
void halt_end(void);

/* 0, or -1 and ERR_FILE: the request must not leave. */
int halt_check(Err *err);

#endif
