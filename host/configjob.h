/* configjob.h - what the two halves of reading a configuration file share. */
/* SPDX-License-Identifier: MIT */
#ifndef CONFIGJOB_H
#define CONFIGJOB_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>
#include <lua.h>
#include "buf.h"
#include "config.h"
#include "err.h"
#include "secret.h"

/* One reading. The extra space of its Lua state points here. */
typedef struct Job {
  Config *config;
  const char *path, *wanted;
  Buf text;
  size_t used;     /* bytes the Lua state holds */
  long steps;
  clock_t start;
  int settings;    /* so far */
  Err *err;        /* filled before a raise when `told` */
  bool told;
} Job;

static inline Job *configjob(lua_State *L) {
  return *(Job **)lua_getextraspace(L);
}

#define CONFIG_SECRET "secret"   /* metatable of a Handle */

/* What secret.env and the others give. */
typedef struct Handle {
  Secret *secret;    /* NULL: a prompt whose question names its setting, once
                        that is known */
} Handle;

/* Pushes " (did you mean 'x'?)" or "", as core.suggest would. */
void configjob_hint(lua_State *L, const char *given,
                    const char *const *names);

/* The table that the file returned is on top of the stack. Raises. */
void configjob_walk(lua_State *L);

#endif
