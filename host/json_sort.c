/* json_sort.c - the members of an object in byte order of their keys. */
/* SPDX-License-Identifier: MIT */
#include "json_sort.h"

#include <endian.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "jsonlex.h"

/* The first eight bytes as a number that sorts as they do. A short key ends in
   zeros, as does one with NULs: equal heads decide nothing. */
static uint64_t head_of(const JsonItem *item) {
  uint64_t head = 0;
  memcpy(&head, item->s, item->len < 8 ? item->len : 8);
  return be64toh(head);
}

static int compare(const void *a, const void *b) {
  const JsonItem *x = a, *y = b;
  if (x->head != y->head) return x->head < y->head ? -1 : 1;
  int order = memcmp(x->s, y->s, x->len < y->len ? x->len : y->len);
  if (order) return order;
  return x->len < y->len ? -1 : x->len > y->len;
}

void json_sort_forget(JsonSorter *sorter) {
  for (size_t i = 0; i < JSON_SHAPES; i++) sorter->shape[i].n = 0;
}

bool json_sort(JsonSorter *sorter, JsonItem *item, size_t n) {
  JsonItem copy[JSON_SHAPE_KEYS];
  if (n > JSON_SHAPE_KEYS) {
    for (size_t i = 0; i < n; i++) item[i].head = head_of(&item[i]);
    qsort(item, n, sizeof *item, compare);
    return false;
  }
  size_t spread = (uintptr_t)item[0].s >> 4 ^ (uintptr_t)item[n - 1].s >> 6;
  size_t at = (spread ^ n) % JSON_SHAPES;
  unsigned char *order = sorter->shape[at].order;
  bool known = sorter->shape[at].n == n;
  for (size_t i = 0; i < n && known; i++)
    known = sorter->shape[at].key[i] == item[i].s;
  memcpy(copy, item, n * sizeof *item);
  if (!known) {
    sorter->shape[at].n = (unsigned)n;
    sorter->shape[at].plain = true;
    for (size_t i = 0; i < n; i++) {
      const char *end = copy[i].s + copy[i].len;
      size_t k = i;
      copy[i].head = head_of(&copy[i]);
      sorter->shape[at].key[i] = copy[i].s;
      if (jsonlex_plain(copy[i].s, end) != end) sorter->shape[at].plain = false;
      for (; k > 0 && compare(&copy[order[k - 1]], &copy[i]) > 0; k--)
        order[k] = order[k - 1];
      order[k] = (unsigned char)i;
    }
  }
  for (size_t i = 0; i < n; i++) item[i] = copy[order[i]];
  return sorter->shape[at].plain;
}
