/* json_sort.h - the members of an object in byte order of their keys. */
/* SPDX-License-Identifier: MIT */
#ifndef JSON_SORT_H
#define JSON_SORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JSON_SHAPES = 16, JSON_SHAPE_KEYS = 32 };

typedef struct JsonItem {
  const char *s;     /* the key, borrowed */
  size_t len;
  int index;         /* the caller's */
  uint64_t head;     /* set by json_sort */
} JsonItem;

/* Records of a list yield their keys in the same order, and the keys are the
   same strings: so the order found for one is kept for the next. */
typedef struct JsonSorter {
  struct {
    unsigned n;                           /* 0: unused */
    bool plain;                           /* no key needs an escape */
    const char *key[JSON_SHAPE_KEYS];     /* as they came */
    unsigned char order[JSON_SHAPE_KEYS];
  } shape[JSON_SHAPES];
} JsonSorter;

/* Before the first use, and when strings may have been freed. */
void json_sort_forget(JsonSorter *sorter);

/* Sorts n > 0 items in place. True if surely no key needs an escape. */
bool json_sort(JsonSorter *sorter, JsonItem *item, size_t n);

#endif
