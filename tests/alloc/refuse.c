/* refuse.c - a malloc of the whole process that fails on purpose. */
/* SPDX-License-Identifier: MIT */

/* The program's own malloc comes before the C library's, and before that of
   AddressSanitizer, for every library, be it loaded at start or later. So Lua,
   SQLite, libcurl, libmicrohttpd, the TLS libraries and the C library itself
   ask here. What is granted comes from the next malloc in line. */

#include "refuse.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { KNOWN = 8, SPAN = 1024 };

const int refuse_frames[REFUSE_DEPTHS] = {4, 6, 9, 14, 32};
const char *const refuse_names[WHOS] = {
  "Lua", "SQLite", "libcurl", "libmicrohttpd", "TLS", "libc", "errand",
  "others"};

RefuseShared *refuse_shared;

static struct { RefuseWho who; const char *from; } known[KNOWN];
static size_t nknown;
static int outer;              /* frames around what is tested */
static long left = -1;         /* allocations that succeed; -1: all */
static bool only_one, recording, busy;
static const void *program;    /* where this program was loaded */

static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static void *(*real_aligned_alloc)(size_t, size_t);
static int (*real_posix_memalign)(void **, size_t, size_t);

/* Called before the sanitizer is there: this file is built without. */
static void find(void *to, const char *name) {
  void *symbol = dlsym(RTLD_NEXT, name);
  if (!symbol) abort();
  *(void **)to = symbol;
}

static void find_all(void) {
  find(&real_calloc, "calloc");
  find(&real_realloc, "realloc");
  find(&real_aligned_alloc, "aligned_alloc");
  find(&real_posix_memalign, "posix_memalign");
  find(&real_malloc, "malloc");
}

void refuse_know(RefuseWho who, void *function) {
  if (nknown == KNOWN) abort();
  known[nknown].who = who;
  known[nknown++].from = function;
}

static RefuseWho who_of(const char *caller) {
  static const struct { const char *name; RefuseWho who; } libraries[] = {
    {"libcurl", BY_CURL}, {"libmicrohttpd", BY_MHD}, {"libgnutls", BY_TLS},
    {"libcrypto", BY_TLS}, {"libssl", BY_TLS}, {"libc.so", BY_LIBC}};
  Dl_info info;
  for (size_t i = 0; i < nknown; i++)
    if (caller >= known[i].from && caller < known[i].from + SPAN)
      return known[i].who;
  if (!dladdr(caller, &info) || !info.dli_fname) return BY_OTHER;
  if (info.dli_fbase == program) return BY_OWN;
  for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
    if (strstr(info.dli_fname, libraries[i].name)) return libraries[i].who;
  return BY_OTHER;
}

/* From the caller of the allocating function outwards. */
__attribute__((noinline)) static RefusePlace place(const void *caller) {
  void *frames[REFUSE_STACK];
  RefusePlace here;
  uint64_t hash = 14695981039346656037u;
  int first = 0;
  busy = true;
  int n = backtrace(frames, REFUSE_STACK) - outer;
  busy = false;
  while (first < n && frames[first] != caller) first++;
  for (int i = 0, depth = 0; depth < REFUSE_DEPTHS; i++) {
    if (first + i < n)
      hash = (hash ^ (uintptr_t)frames[first + i]) * 1099511628211u;
    if (i + 1 == refuse_frames[depth]) here.at[depth++] = hash | 1;
  }
  return here;
}

/* Shrinking never fails, in life as in what Lua counts on, but is numbered. */
static bool deny(bool shrinks, const void *caller) {
  if (!real_malloc) find_all();
  if (busy) return false;
  if (recording && refuse_shared->n < REFUSE_MOST)
    refuse_shared->places[refuse_shared->n++] =
      shrinks ? (RefusePlace){0} : place(caller);
  if (left < 0) return false;
  if (left > 0) {
    left--;
    return false;
  }
  if (shrinks) return false;
  if (refuse_shared->refused++ == 0) {
    busy = true;
    refuse_shared->who = who_of(caller);
    busy = false;
  }
  if (only_one) left = -1;
  errno = ENOMEM;
  return true;
}

#define DENY(shrinks) deny(shrinks, __builtin_return_address(0))

void *malloc(size_t n) {
  return DENY(false) ? NULL : real_malloc(n);
}

void *calloc(size_t n, size_t size) {
  return DENY(false) ? NULL : real_calloc(n, size);
}

void *realloc(void *p, size_t n) {
  bool shrinks = p && n <= malloc_usable_size(p);
  return DENY(shrinks) ? NULL : real_realloc(p, n);
}

void *reallocarray(void *p, size_t n, size_t size) {
  size_t all;
  if (__builtin_mul_overflow(n, size, &all)) {
    errno = ENOMEM;
    return NULL;
  }
  bool shrinks = p && all <= malloc_usable_size(p);
  return DENY(shrinks) ? NULL : real_realloc(p, all);
}

void *aligned_alloc(size_t to, size_t n) {
  return DENY(false) ? NULL : real_aligned_alloc(to, n);
}

int posix_memalign(void **p, size_t to, size_t n) {
  return DENY(false) ? ENOMEM : real_posix_memalign(p, to, n);
}

/* The sanitizer's own would not ask here. */
char *strndup(const char *s, size_t n) {
  size_t len = strnlen(s, n);
  char *copy = DENY(false) ? NULL : real_malloc(len + 1);
  if (!copy) return NULL;
  memcpy(copy, s, len);
  copy[len] = '\0';
  return copy;
}

char *strdup(const char *s) {
  size_t len = strlen(s);
  char *copy = DENY(false) ? NULL : real_malloc(len + 1);
  return copy ? memcpy(copy, s, len + 1) : NULL;
}

/* ---- what the driver calls ---- */

void refuse_disarm(void) {
  left = -1;
  recording = false;
}

void refuse_init(void) {
  void *frames[REFUSE_STACK];
  Dl_info info;
  backtrace(frames, REFUSE_STACK);     /* the first one allocates */
  if (!dladdr(&nknown, &info)) abort();
  program = info.dli_fbase;
  refuse_shared = mmap(NULL, sizeof *refuse_shared, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (refuse_shared == MAP_FAILED) abort();
  /* Only the program that is tested: not the sandbox that it may start. */
  if (pthread_atfork(NULL, NULL, refuse_disarm) != 0) abort();
}

__attribute__((noinline)) static void begin(void) {
  void *frames[REFUSE_STACK];
  outer = backtrace(frames, REFUSE_STACK) - 1;   /* the caller is the test's */
}

void refuse_record(void) {
  begin();
  refuse_shared->n = 0;
  recording = true;
}

void refuse_arm(long n, bool one) {
  begin();
  only_one = one;
  refuse_shared->refused = 0;
  left = n;
}
