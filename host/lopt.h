/* lopt.h - option tables: one static description, every fault reported. */
/* SPDX-License-Identifier: MIT */
#ifndef LOPT_H
#define LOPT_H

#include <stdbool.h>
#include <stddef.h>
#include <lua.h>

typedef enum LoptType {
  LOPT_STRING,    /* const char *; anchored by the table while it lives */
  LOPT_INTEGER,   /* lua_Integer */
  LOPT_NUMBER,    /* double */
  LOPT_SECONDS,   /* double, not negative, finite */
  LOPT_BOOLEAN,   /* bool */
  LOPT_SIZE,      /* size_t, not negative */
  LOPT_ENUM,      /* int: position in choices */
  LOPT_VALUE      /* int: stack index is not kept; true if present (bool) */
} LoptType;

typedef struct Lopt {
  const char *name;
  LoptType type;
  size_t offset;                 /* of the field in the target struct */
  const char *const *choices;    /* LOPT_ENUM, NULL-terminated */
  bool required;
} Lopt;

/* Reads the table at index into target, which the caller has filled with
   defaults; nil or none leaves them. Raises at the caller, naming an unknown
   option with the nearest known one, or the wrong type: "option 'timeout':
   number expected, got string". options ends with a NULL name. */
void lopt_read(lua_State *L, int index, const Lopt *options, void *target);

#endif
