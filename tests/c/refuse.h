/* refuse.h - allocations that fail on purpose, and the places they are asked
   for. For a test that is linked with --wrap: see WRAP_ in tests.mk. */
#ifndef REFUSE_H
#define REFUSE_H

#include <execinfo.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { REFUSE_MOST = 50000, REFUSE_FRAMES = 32, REFUSE_DEPTHS = 4,
       REFUSE_STACK = 200 };

/* A place is the innermost frames of a backtrace: so many of them, by depth.
   The more are told apart, the more tries it takes to refuse each once. */
static const int refuse_frames[REFUSE_DEPTHS] = {4, 8, 16, REFUSE_FRAMES};

/* 0: none. */
typedef struct RefusePlace { uint64_t at[REFUSE_DEPTHS]; } RefusePlace;

static long refuse_left = -1;     /* allocations that succeed; -1: all */
static bool refuse_one;           /* not all that follow */
static long refuse_count;         /* refused since it was set to 0 */
static RefusePlace refuse_first;  /* where the first of them was asked for */
static RefusePlace *refuse_places;   /* of each allocation, while not NULL */
static long refuse_n;                /* so many of them */
static int refuse_outer;      /* frames around the test, which do not count */

/* To be called where the test begins, by a function that is not inlined;
   before anything is refused, for a program's first backtrace allocates. */
__attribute__((noinline)) static void refuse_begin(void) {
  void *frames[REFUSE_STACK];
  refuse_outer = backtrace(frames, REFUSE_STACK);
}

/* Of the wrapper's caller. */
__attribute__((noinline)) static RefusePlace refuse_place(void) {
  enum { OURS = 3 };     /* this function, refuse_deny, the wrapper */
  void *frames[REFUSE_STACK];
  RefusePlace place;
  uint64_t hash = 14695981039346656037u;
  int n = backtrace(frames, REFUSE_STACK) - refuse_outer;
  for (int i = 0, depth = 0; depth < REFUSE_DEPTHS; i++) {
    if (i + OURS < n)
      hash = (hash ^ (uintptr_t)frames[i + OURS]) * 1099511628211u;
    if (i + 1 == refuse_frames[depth]) place.at[depth++] = hash | 1;
  }
  return place;
}

/* Shrinking never fails, in life as in what Lua counts on, but it is numbered:
   whether a block is large enough as it is depends on its neighbours. */
__attribute__((noinline)) static bool refuse_deny(bool shrinks) {
  if (refuse_places && refuse_n < REFUSE_MOST)
    refuse_places[refuse_n++] = shrinks ? (RefusePlace){0} : refuse_place();
  if (refuse_left < 0) return false;
  if (refuse_left > 0) {
    refuse_left--;
    return false;
  }
  if (shrinks) return false;
  if (refuse_count++ == 0) refuse_first = refuse_place();
  if (refuse_one) refuse_left = -1;
  return true;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_reallocarray(void *p, size_t n, size_t size);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);

void *__wrap_malloc(size_t n) {
  return refuse_deny(false) ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size) {
  return refuse_deny(false) ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n) {
  bool shrinks = p && n <= malloc_usable_size(p);
  return refuse_deny(shrinks) ? NULL : __real_realloc(p, n);
}

void *__wrap_reallocarray(void *p, size_t n, size_t size) {
  return refuse_deny(false) ? NULL : __real_reallocarray(p, n, size);
}

char *__wrap_strdup(const char *s) {
  return refuse_deny(false) ? NULL : __real_strdup(s);
}

char *__wrap_strndup(const char *s, size_t n) {
  return refuse_deny(false) ? NULL : __real_strndup(s, n);
}

/* ---- sets of places ---- */

enum { REFUSE_SLOTS = 1 << 17 };

typedef struct RefuseSet { uint64_t *slots; long n; } RefuseSet;

static void refuse_clear(RefuseSet *set) {
  if (!set->slots) set->slots = __real_malloc(REFUSE_SLOTS * sizeof(uint64_t));
  if (!set->slots) abort();
  memset(set->slots, 0, REFUSE_SLOTS * sizeof(uint64_t));
  set->n = 0;
}

/* Where it is, or would be. */
static uint64_t *refuse_slot(const RefuseSet *set, uint64_t hash) {
  uint64_t i = (hash >> 1) % REFUSE_SLOTS;
  while (set->slots[i] != 0 && set->slots[i] != hash)
    i = (i + 1) % REFUSE_SLOTS;
  return &set->slots[i];
}

static bool refuse_has(const RefuseSet *set, uint64_t hash) {
  return hash == 0 || *refuse_slot(set, hash) == hash;
}

/* Whether it is new. */
static bool refuse_add(RefuseSet *set, uint64_t hash) {
  if (refuse_has(set, hash)) return false;
  *refuse_slot(set, hash) = hash;
  set->n++;
  return true;
}

#endif
