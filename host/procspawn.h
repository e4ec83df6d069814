/* procspawn.h - from a specification to a process that runs it. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef PROCSPAWN_H
#define PROCSPAWN_H

#include "proc.h"

/* Forks and waits until the program is loaded or the attempt has failed. Its
   output goes to the descriptor output. The pid, or -1. *oom_applied tells
   whether spec->oom could be obeyed. */
pid_t procspawn(const ProcSpec *spec, int output, bool *oom_applied, Err *err);

#endif
