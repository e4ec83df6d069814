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

/* What is sorted of an item: its head, and where it is. */
typedef struct Place {
  uint64_t head;
  unsigned at;
} Place;

enum { PLACES = 512 };   /* sorted without a call for each comparison */

static int compare(const void *a, const void *b) {
  const JsonItem *x = a, *y = b;
  if (x->head != y->head) return x->head < y->head ? -1 : 1;
  int order = memcmp(x->s, y->s, x->len < y->len ? x->len : y->len);
  if (order) return order;
  return x->len < y->len ? -1 : x->len > y->len;
}

static bool comes_first(const JsonItem *item, const Place *x, const Place *y) {
  if (x->head != y->head) return x->head < y->head;
  return compare(&item[x->at], &item[y->at]) < 0;
}

/* Puts the runs [0, half) and [half, n) of from together in to. */
static void merge(const JsonItem *item, const Place *from, Place *to,
                  size_t half, size_t n) {
  size_t i = 0, j = half;
  for (size_t k = 0; k < n; k++) {
    bool right = i == half ||
                 (j < n && comes_first(item, &from[j], &from[i]));
    to[k] = right ? from[j++] : from[i++];
  }
}

/* Sorts n places, at most PLACES; room is as large. */
static void sort_places(const JsonItem *item, Place *place, Place *room,
                        size_t n) {
  Place *from = place, *to = room;
  for (size_t width = 1; width < n; width *= 2) {
    for (size_t i = 0; i < n; i += 2 * width) {
      size_t rest = n - i;
      merge(item, from + i, to + i, width < rest ? width : rest,
            2 * width < rest ? 2 * width : rest);
    }
    Place *swap = from;
    from = to;
    to = swap;
  }
  if (from != place) memcpy(place, from, n * sizeof *place);
}

/* Not inlined: small objects need none of this room. */
__attribute__((noinline))
static void sort_many(JsonItem *item, size_t n) {
  Place place[PLACES], room[PLACES];
  JsonItem copy[PLACES];
  for (size_t i = 0; i < n; i++) item[i].head = head_of(&item[i]);
  if (n > PLACES) {
    qsort(item, n, sizeof *item, compare);
    return;
  }
  for (size_t i = 0; i < n; i++) place[i] = (Place){item[i].head, (unsigned)i};
  sort_places(item, place, room, n);
  memcpy(copy, item, n * sizeof *item);
  for (size_t i = 0; i < n; i++) item[i] = copy[place[i].at];
}

void json_sort_forget(JsonSorter *sorter) {
  for (size_t i = 0; i < JSON_SHAPES; i++) sorter->shape[i].n = 0;
}

bool json_sort(JsonSorter *sorter, JsonItem *item, size_t n) {
  JsonItem copy[JSON_SHAPE_KEYS];
  if (n > JSON_SHAPE_KEYS) {
    sort_many(item, n);
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
