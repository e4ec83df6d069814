/* test_pool.c - blocks keep their bytes, are reused, and never overlap. */
/* SPDX-License-Identifier: MIT */

#include <stdint.h>

#include "pool.h"
#include "tap.h"

enum { BLOCKS = 500, ROUNDS = 200000, MOST = 700 };

typedef struct Block {
  unsigned char *at;
  size_t size;
  unsigned char mark;
} Block;

static uint32_t seed = 7;

static uint32_t next(uint32_t below) {
  seed = seed * 1664525u + 1013904223u;
  return (seed >> 8) % below;
}

static int holds(const Block *b, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (b->at[i] != b->mark) return 0;
  return 1;
}

/* Grows, shrinks and frees at random; each block is full of its own mark, so
   an overlap or a lost byte shows. */
static void test_random(void) {
  static Block blocks[BLOCKS];
  Pool pool = {0};
  int kept = 1, aligned = 1;
  for (int i = 0; i < ROUNDS; i++) {
    Block *b = &blocks[next(BLOCKS)];
    size_t size = next(4) == 0 ? 0 : 1 + next(MOST);
    size_t common = size < b->size ? size : b->size;
    if (b->at && !holds(b, b->size)) kept = 0;
    unsigned char *at = pool_realloc(&pool, b->at, b->at ? b->size : 0, size);
    *b = (Block){at, at ? size : 0, b->mark};
    if (at && !holds(b, common)) kept = 0;
    if ((uintptr_t)at % sizeof(void *) != 0) aligned = 0;
    b->mark = (unsigned char)next(256);
    if (at) memset(at, b->mark, size);
  }
  ok(kept, "every block keeps its bytes");
  ok(aligned, "blocks are aligned for pointers");
  for (int i = 0; i < BLOCKS; i++)
    pool_realloc(&pool, blocks[i].at, blocks[i].size, 0);
  pool_clear(&pool);
}

static void test_reuse(void) {
  Pool pool = {0};
  void *a = pool_realloc(&pool, NULL, 0, 40);
  pool_realloc(&pool, a, 40, 0);
  ok(pool_realloc(&pool, NULL, 0, 33) == a, "a freed block is used again");
  ok(pool_realloc(&pool, a, 33, 48) == a, "growth within a class moves nothing");
  void *b = pool_realloc(&pool, a, 48, 49);
  ok(b != a, "growth beyond it moves");
  ok(pool_realloc(&pool, NULL, 0, 48) == a, "what it left is used again");
  pool_clear(&pool);
  ok(!pool.chunks && !pool.idle[2], "a cleared pool is empty");
}

int main(void) {
  test_random();
  test_reuse();
  return done();
}
