/* refuse.h - a malloc of the whole process that fails on purpose. */
#ifndef ALLOC_REFUSE_H
#define ALLOC_REFUSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Places are told apart by so many of their innermost frames. */
enum { REFUSE_MOST = 400000, REFUSE_DEPTHS = 5, REFUSE_STACK = 160 };

extern const int refuse_frames[REFUSE_DEPTHS];

/* Who asked, for the one that is refused first. */
typedef enum RefuseWho {
  BY_LUA, BY_SQLITE, BY_CURL, BY_MHD, BY_TLS, BY_LIBC, BY_OWN, BY_OTHER, WHOS
} RefuseWho;

extern const char *const refuse_names[WHOS];

typedef struct RefusePlace {
  uint64_t at[REFUSE_DEPTHS];    /* all 0: a block that shrinks */
} RefusePlace;

/* Shared between the driver and what it forks. */
typedef struct RefuseShared {
  long refused;                  /* since it was set to 0 */
  RefuseWho who;                 /* asked for the first of them */
  long n;                        /* allocations that were recorded */
  RefusePlace places[REFUSE_MOST];
} RefuseShared;

extern RefuseShared *refuse_shared;

void refuse_init(void);          /* once, before anything else here */
/* Which addresses are Lua's and SQLite's own: they are linked in statically. */
void refuse_know(RefuseWho who, void *function);
/* From here on: record places; or refuse the allocation behind n others, and
   all that follow unless `one`. Frames of the caller don't count. */
void refuse_record(void);
void refuse_arm(long n, bool one);
void refuse_disarm(void);

#endif
