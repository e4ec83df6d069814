/* json_number.c - decimal text to and from numbers, exactly. */
/* SPDX-License-Identifier: MIT */
#include "json_number.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Exact in a double, all of them. */
static const double power10[] = {
  1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
  1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22
};

/* A decimal taken apart: d.ddd * 10^exponent, nothing lost. */
typedef struct Decimal {
  const char *first;       /* first digit that is not 0; NULL for zero */
  const char *end;         /* of the digits */
  size_t digits;           /* from first on, zeros at the end included */
  size_t significant;      /* the same without zeros at the end */
  uint64_t head;           /* the first 19 digits, or all of them */
  long long exponent;      /* of the first digit */
  bool negative;
  bool integer;            /* written without point and exponent */
} Decimal;

enum { HEAD_DIGITS = 19 };
static const long long exponent_cap = 1000000000000000;

static long long read_exponent(const char *s, const char *end) {
  long long value = 0;
  bool negative = *s == '-';
  if (*s == '-' || *s == '+') s++;
  for (; s < end; s++)
    if (value < exponent_cap) value = value * 10 + (*s - '0');
  if (value > exponent_cap) value = exponent_cap;
  return negative ? -value : value;
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* Takes the digits at s, of which the first that is not 0 begins the number;
   returns their end. *zeros counts those before it. */
static const char *take_digits(Decimal *d, const char *s, const char *end,
                               long long *zeros) {
  const char *from = s;
  if (d->digits == 0) {
    while (s < end && *s == '0') s++;
    *zeros = s - from;
    if (s == end || !is_digit(*s)) return s;
    d->first = from = s;
  }
  uint64_t head = d->head;
  size_t room = d->digits < HEAD_DIGITS ? HEAD_DIGITS - d->digits : 0;
  const char *full = (size_t)(end - s) > room ? s + room : end;
  for (; s < full && is_digit(*s); s++) head = head * 10 + (uint64_t)(*s - '0');
  while (s < end && is_digit(*s)) s++;
  d->head = head;
  d->digits += (size_t)(s - from);
  return s;
}

static void take_apart(Decimal *d, const char *s, size_t n) {
  const char *end = s + n;
  long long zeros = 0;   /* after the point, before the first digit */
  memset(d, 0, sizeof *d);
  d->integer = true;
  if (*s == '-') {
    d->negative = true;
    s++;
  }
  s = take_digits(d, s, end, &zeros);
  size_t before = d->digits;
  if (s < end && *s == '.') {
    d->integer = false;
    s = take_digits(d, s + 1, end, &zeros);
  }
  d->end = s;
  d->significant = d->digits;
  for (const char *p = s; d->first && (p[-1] == '0' || p[-1] == '.'); p--)
    if (p[-1] == '0') d->significant--;
  d->exponent = before ? (long long)before - 1 : -zeros - 1;
  if (s < end) {
    d->integer = false;
    d->exponent += read_exponent(s + 1, end);
  }
}

#ifdef __SIZEOF_INT128__
typedef unsigned __int128 Wide;
typedef __int128 WideOff;

/* Exact as integers; together with 53 or 57 bits they fit Wide. */
static const uint64_t power10_int[] = {
  1u, 10u, 100u, 1000u, 10000u, 100000u, 1000000u, 10000000u, 100000000u,
  1000000000u, 10000000000u, 100000000000u, 1000000000000u, 10000000000000u,
  100000000000000u, 1000000000000000u, 10000000000000000u,
  100000000000000000u, 1000000000000000000u, 10000000000000000000u
};

/* d = mantissa / 2^shift, for doubles between 1e-3 and 2^52 that are no
   integers: shift is 1 to 62. */
static uint64_t split(double d, int *shift) {
  int exponent;
  double fraction = frexp(d, &exponent);
  *shift = DBL_MANT_DIG - exponent;
  return (uint64_t)ldexp(fraction, DBL_MANT_DIG);
}

/* digits / 10^places, correctly rounded: the quotient is taken to far more
   bits than a double has, and what remains is added as one more. */
static double divide(uint64_t digits, int places) {
  int up = 60;
  for (; !(digits >> 63); up++) digits <<= 1;
  Wide top = (Wide)digits << 60;
  Wide quotient = top / power10_int[places];
  if (quotient * power10_int[places] != top) quotient |= 1;
  return ldexp((double)quotient, -up);
}

/* Is this decimal, of 16 or 17 digits, what d prints in as many? That is, do
   they differ by no more than half of the last digit's unit? (At just half,
   writers differ in which of two they print.) -1 when that is not to be had
   here. */
static int prints_as(double d, uint64_t digits, int places) {
  int shift;
  if (d < 1e-3 || d >= 4503599627370496.0 || d == floor(d)) return -1;
  uint64_t mantissa = split(d, &shift);
  Wide a = (Wide)digits << shift, b = (Wide)mantissa * power10_int[places];
  Wide off = (a > b ? a - b : b - a) * 2;
  return off <= (Wide)1 << shift;
}

/* Shortest digits of 15 to 17 that read back as d, *places of them behind the
   point; 0 when that is not to be had here. */
static uint64_t shortest(double d, int *places) {
  int shift, before = 0;
  if (d < 1e-3 || d >= 1e15 || d == floor(d)) return 0;
  uint64_t mantissa = split(d, &shift);
  if (mantissa == UINT64_C(1) << 52) return 0;   /* the gaps differ in size */
  while (before < 16 && d >= power10[before]) before++;
  if (d < 0.1) before = d < 0.01 ? -2 : -1;
  for (int digits = DBL_DIG; digits <= DBL_DECIMAL_DIG; digits++) {
    *places = digits - before;
    uint64_t power = power10_int[*places];
    Wide exact = (Wide)mantissa * power;
    Wide half = (Wide)1 << (shift - 1);
    uint64_t near = (uint64_t)((exact + half) >> shift);
    if ((exact & (half * 2 - 1)) == half) near &= ~UINT64_C(1);
    Wide back = (Wide)near << shift;
    Wide off = (back > exact ? back - exact : exact - back) * 2;
    if (off < power) return near;
  }
  return 0;
}
/* The nearest double of a decimal of 16 or 17 digits, if it prints as these;
   false also when that takes a longer look. A division of doubles is off by
   one unit in the last place at most, and what remains tells by how much. */
static bool nearest(double *d, uint64_t digits, size_t places) {
  double near = (double)digits / power10[places];
  if (near < 1e-3 || near >= 4503599627370496.0 || digits % 10 == 0)
    return false;
  uint64_t bits, power = power10_int[places];
  memcpy(&bits, &near, sizeof bits);
  const uint64_t low = UINT64_C(1) << (DBL_MANT_DIG - 1);
  uint64_t mantissa = low | (bits & (low - 1));
  int shift = DBL_MANT_DIG - 1 + DBL_MAX_EXP - 1 -
              (int)(bits >> (DBL_MANT_DIG - 1));
  WideOff off = (WideOff)((Wide)digits << shift) -
                (WideOff)((Wide)mantissa * power);
  if (off * 2 > power) {
    mantissa++;
    off -= power;
  } else if (-off * 2 > power) {
    mantissa--;
    off += power;
  }
  if (off < 0) off = -off;
  /* Not where the gaps differ in size, between two doubles, or an integer. */
  if (mantissa <= low || mantissa >= low * 2 || off * 2 >= power ||
      (mantissa & ((UINT64_C(1) << shift) - 1)) == 0)
    return false;
  bits = (bits & ~(low - 1)) | (mantissa & (low - 1));
  memcpy(d, &bits, sizeof bits);
  return off * 2 <= (WideOff)1 << shift;   /* as in prints_as */
}
#else
static bool nearest(double *d, uint64_t digits, size_t places) {
  return false;
}
static double divide(uint64_t digits, int places) {
  return -1;
}
static int prints_as(double d, uint64_t digits, int places) {
  return -1;
}
static uint64_t shortest(double d, int *places) {
  return 0;
}
#endif

/* digits * 10^exponent; strtod gets no point, so no locale can mislead it. */
static double scale(uint64_t digits, long long exponent) {
  char text[48];
  if (digits <= UINT64_C(1) << DBL_MANT_DIG) {
    if (exponent >= 0 && exponent <= 22)
      return (double)digits * power10[exponent];
    if (exponent < 0 && exponent >= -22)
      return (double)digits / power10[-exponent];
  }
  if (digits && exponent < 0 && exponent >= -19) {
    double quotient = divide(digits, (int)-exponent);
    if (quotient > 0) return quotient;
  }
  snprintf(text, sizeof text, "%llue%lld", (unsigned long long)digits,
           exponent);
  return strtod(text, NULL);
}

/* d, positive, in so many digits: as an integer, and its first one's exponent.
   Whatever the locale takes for a point is skipped. */
static uint64_t round_to(double d, int digits, int *exponent) {
  char text[64];
  uint64_t value = 0;
  snprintf(text, sizeof text, "%.*e", digits - 1, d);
  const char *p = text;
  for (; *p && *p != 'e'; p++)
    if (*p >= '0' && *p <= '9') value = value * 10 + (uint64_t)(*p - '0');
  *exponent = *p ? (int)strtol(p + 1, NULL, 10) : 0;
  return value;
}

static JsonNumber read_integer(const Decimal *d, long long *i) {
  uint64_t most = d->negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
  if (d->digits > HEAD_DIGITS || d->head > most) return JSON_BIG;
  *i = d->negative ? (long long)(0 - d->head) : (long long)d->head;
  return JSON_INTEGER;
}

JsonNumber json_number_read(const char *s, size_t n, long long *i, double *d) {
  Decimal dec;
  take_apart(&dec, s, n);
  if (!dec.first) {   /* -0 has no place among the integers */
    *d = dec.negative ? -0.0 : 0.0;
    *i = 0;
    return dec.integer && !dec.negative ? JSON_INTEGER : JSON_DOUBLE;
  }
  if (dec.integer) return read_integer(&dec, i);
  /* 17 digits are what writers of doubles print at most; a decimal of more
     was meant as one. */
  if (dec.significant > DBL_DECIMAL_DIG || dec.exponent > DBL_MAX_10_EXP ||
      dec.exponent < -324)
    return JSON_BIG;
  uint64_t digits = dec.head;
  size_t have = dec.digits < HEAD_DIGITS ? dec.digits : HEAD_DIGITS;
  for (; have > dec.significant; have--) digits /= 10;
  long long exponent = dec.exponent - (long long)have + 1;
  double value = scale(digits, exponent);
  if (!isfinite(value)) return JSON_BIG;
  /* Fifteen digits survive any double; more, and those near the ends of the
     range, must prove it. */
  if (have > DBL_DIG || value < DBL_MIN) {
    int same = exponent < 0 && exponent >= -19
                   ? prints_as(value, digits, (int)-exponent) : -1;
    if (same < 0) {
      int first;
      same = round_to(value, (int)have, &first) == digits &&
             first == dec.exponent;
    }
    if (!same) return JSON_BIG;
  }
  *d = dec.negative ? -value : value;
  return JSON_DOUBLE;
}

double json_number_decimal(uint64_t digits, size_t places) {
  return (double)digits / power10[places];
}

const char *json_number_long(const char *p, const char *end, uint64_t digits,
                             size_t places, double *d) {
  const char *from = p;
  while (p < end && is_digit(*p) && digits < 10000000000000000)
    digits = digits * 10 + (uint64_t)(*p++ - '0');
  places += (size_t)(p - from);
  if (digits < 1000000000000000 || places >= HEAD_DIGITS ||
      (p < end && (is_digit(*p) || *p == 'e' || *p == 'E')))
    return NULL;
  return nearest(d, digits, places) ? p : NULL;
}

double json_number_nearest(const char *s, size_t n) {
  enum { ENOUGH = 780 };   /* digits, beyond which only "more" matters */
  char text[ENOUGH + 32];
  size_t len = 0;
  Decimal d;
  take_apart(&d, s, n);
  if (!d.first) return d.negative ? -0.0 : 0.0;
  if (d.negative) text[len++] = '-';
  size_t start = len;
  const char *p = d.first;
  for (; p < d.end && len - start < ENOUGH; p++)
    if (*p != '.') text[len++] = *p;
  if (d.significant > ENOUGH) text[len++] = '1';
  long long exponent = d.exponent - (long long)(len - start) + 1;
  snprintf(text + len, sizeof text - len, "e%lld", exponent);
  return strtod(text, NULL);
}

static size_t write_digits(char *out, uint64_t v) {
  char text[24];
  size_t n = sizeof text;
  static const char pairs[] =
      "0001020304050607080910111213141516171819"
      "2021222324252627282930313233343536373839"
      "4041424344454647484950515253545556575859"
      "6061626364656667686970717273747576777879"
      "8081828384858687888990919293949596979899";
  while (v >= 100) {
    n -= 2;
    memcpy(text + n, pairs + v % 100 * 2, 2);
    v /= 100;
  }
  if (v >= 10) {
    n -= 2;
    memcpy(text + n, pairs + v * 2, 2);
  } else {
    text[--n] = (char)('0' + v);
  }
  memcpy(out, text + n, sizeof text - n);
  return sizeof text - n;
}

size_t json_integer_write(char *out, long long i) {
  if (i >= 0) return write_digits(out, (uint64_t)i);
  *out = '-';
  return 1 + write_digits(out + 1, 0 - (uint64_t)i);
}

/* Writes digits / 10^places; places may be negative. */
static size_t lay_out(char *out, uint64_t digits, int places) {
  char text[24];
  for (; digits % 10 == 0; places--) digits /= 10;
  int n = (int)write_digits(text, digits);
  int exponent = n - 1 - places;   /* of the first digit */
  char *p = out;
  if (exponent < -5 || exponent > 16) {
    *p++ = text[0];
    if (n > 1) {
      *p++ = '.';
      memcpy(p, text + 1, (size_t)n - 1);
      p += n - 1;
    }
    *p++ = 'e';
    return (size_t)(p - out) + json_integer_write(p, exponent);
  }
  int i = 0;
  if (exponent < 0) *p++ = '0';
  for (; exponent >= 0; exponent--) *p++ = i < n ? text[i++] : '0';
  *p++ = '.';
  for (; exponent < -1; exponent++) *p++ = '0';
  if (i == n) *p++ = '0';
  while (i < n) *p++ = text[i++];
  return (size_t)(p - out);
}

/* Amounts, rates and the like: few decimals, found without printing. The
   quotient of two exact doubles is rounded as reading the text would be, and
   of at most 15 digits there is one decimal for a double. 0 if not such. */
static size_t write_short(char *out, double d) {
  for (int k = 1; k <= 8; k++) {
    double scaled = d * power10[k];
    if (scaled >= 1e15) return 0;
    uint64_t digits = (uint64_t)(scaled + 0.5);
    if (digits == 0 || (double)digits / power10[k] != d) continue;
    uint64_t whole = (uint64_t)d;
    char text[24];
    size_t n = write_digits(out, whole);
    out[n++] = '.';
    if (whole) digits -= whole * (uint64_t)power10[k];
    size_t have = write_digits(text, digits);
    for (size_t pad = have; pad < (size_t)k; pad++) out[n++] = '0';
    memcpy(out + n, text, have);
    return n + have;
  }
  return 0;
}

size_t json_double_write(char *out, double d) {
  size_t n = 0;
  if (signbit(d)) {
    out[n++] = '-';
    d = -d;
  }
  if (d < 1e15 && d == (double)(uint64_t)d) {
    n += write_digits(out + n, (uint64_t)d);
    out[n++] = '.';
    out[n++] = '0';
    return n;
  }
  if (d >= 1e-5 && d < 1e15) {
    size_t more = write_short(out + n, d);
    if (more) return n + more;
  }
  int places = 0;
  uint64_t digits = shortest(d, &places);
  if (digits) return n + lay_out(out + n, digits, places);
  for (int k = d < DBL_MIN ? 1 : DBL_DIG; k <= DBL_DECIMAL_DIG; k++) {
    int exponent;
    digits = round_to(d, k, &exponent);
    places = k - 1 - exponent;
    if (scale(digits, -places) == d) break;
  }
  return n + lay_out(out + n, digits, places);
}

int json_number_compare(const char *a, size_t na, const char *b, size_t nb) {
  Decimal x, y;
  take_apart(&x, a, na);
  take_apart(&y, b, nb);
  int sx = !x.first ? 0 : x.negative ? -1 : 1;
  int sy = !y.first ? 0 : y.negative ? -1 : 1;
  if (sx != sy) return sx < sy ? -1 : 1;
  if (sx == 0) return 0;
  if (x.exponent != y.exponent) return x.exponent < y.exponent ? -sx : sx;
  const char *p = x.first, *q = y.first;
  for (;;) {
    while (p < x.end && *p == '.') p++;
    while (q < y.end && *q == '.') q++;
    if (p >= x.end && q >= y.end) return 0;
    char c = p < x.end ? *p++ : '0', d = q < y.end ? *q++ : '0';
    if (c != d) return c < d ? -sx : sx;
  }
}
