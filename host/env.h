/* env.h - ERRAND_ variables, where neither scripts nor children see them.
   No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef ENV_H
#define ENV_H

#include "err.h"

#define ENV_PREFIX "ERRAND_"

/* Moves every ERRAND_ variable that may be a setting of a service, and so a
   credential, out of the environment into this process's own memory. Global,
   like the environment itself; called once, before any script runs. */
int env_take(Err *err);

/* The value in the environment, else the one taken; NULL if there is none.
   Borrowed until either changes. */
const char *env_get(const char *name);

/* Removes it from both places and wipes its bytes. */
void env_drop(const char *name);

/* Every one that was taken and is in force, for a child that is errand too. */
typedef void env_taken_fn(void *ctx, const char *name, const char *value);
void env_each_taken(env_taken_fn *fn, void *ctx);

/* Every ERRAND_ variable of either place, once; len is the name's. */
typedef void env_each_fn(void *ctx, const char *name, size_t len);
void env_each(env_each_fn *fn, void *ctx);

#endif
