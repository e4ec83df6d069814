/* json_number.h - decimal text to and from numbers, exactly. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef JSON_NUMBER_H
#define JSON_NUMBER_H

#include <stddef.h>
#include <stdint.h>

typedef enum JsonNumber {
  JSON_INTEGER,   /* fits 64 bits */
  JSON_DOUBLE,    /* a double prints the same value in as many digits */
  JSON_BIG        /* neither; only the text is exact */
} JsonNumber;

enum { JSON_NUMBER_MAX = 40 };   /* bytes json_*_write need at most */

/* s is a number that jsonlex_number accepted. Fills i or d by the kind. */
JsonNumber json_number_read(const char *s, size_t n, long long *i, double *d);

/* digits / 10^places, correctly rounded: at most 15 digits and 22 places. */
double json_number_decimal(uint64_t digits, size_t places);

/* The same of 16 or 17 digits, of which the last are at p and places stood
   before them behind the point. Returns their end, or NULL where it takes
   jsonlex_number and json_number_read to tell. */
const char *json_number_long(const char *p, const char *end, uint64_t digits,
                             size_t places, double *d);

/* The nearest double, infinite beyond the range. */
double json_number_nearest(const char *s, size_t n);

/* Shortest text that reads back as d, which is finite; always with a point or
   an exponent, so that it stays a float. Returns the length; no NUL. None of
   these depend on the locale. */
size_t json_double_write(char *out, double d);
size_t json_integer_write(char *out, long long i);

/* Negative, 0, positive as the values compare; both texts are JSON numbers.
   Exponents beyond 15 digits count as equal. */
int json_number_compare(const char *a, size_t na, const char *b, size_t nb);

#endif
