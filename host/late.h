/* late.h - shared libraries that are loaded at their first call. No Lua.

   libcurl and its thirty-odd libraries take longer to load than all else that
   errand does until its first prompt, and many commands never use them. So
   latecurl.c and latemhd.c define the functions of those libraries that errand
   calls; each finds the true one when it is first called. Callers see no
   difference. Not for several threads. */
/* SPDX-License-Identifier: MIT */
#ifndef LATE_H
#define LATE_H

typedef struct LateLibrary {
  const char *name;      /* "libcurl.so.4" */
  const char *init;      /* NULL, or its function, int (void), that is called
                            once it is loaded; if that fails, what is called
                            afterwards fails and says so */
  void *handle;          /* NULL until the first call */
} LateLibrary;

typedef void late_fn(void);

/* Never NULL: as with a library that the program is linked with, its absence
   ends the process with code 127 and one line on standard error. */
late_fn *late_find(LateLibrary *library, const char *name);

/* Defines a function of a library. */
#define LATE(library, type, name, params, args)                         \
  type name params {                                                    \
    static __typeof__(name) *real;                                      \
    if (!real) real = (__typeof__(name) *)late_find(&(library), #name); \
    return real args;                                                   \
  }

#endif
