/* pool.h - small blocks by size class, for an owner that knows sizes. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef POOL_H
#define POOL_H

#include <stddef.h>

enum { POOL_STEP = 16, POOL_CLASSES = 16 };   /* blocks up to 256 bytes */

/* Zeroed is empty. */
typedef struct Pool {
  void *idle[POOL_CLASSES];   /* free blocks of each class, linked */
  char *at, *end;             /* unused part of the newest chunk */
  void *chunks;               /* all chunks, linked */
} Pool;

/* Like realloc, but old must be the size that block has (0 for NULL), and new
   0 frees. NULL when out of memory, the old block is then untouched; shrinking
   never fails. */
void *pool_realloc(Pool *pool, void *block, size_t old, size_t new);

/* Frees all small blocks at once; larger ones are their owner's to free. */
void pool_clear(Pool *pool);

#endif
