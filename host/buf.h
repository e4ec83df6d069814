/* buf.h - growable byte buffer with a maximum. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef BUF_H
#define BUF_H

#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>

/* data is NUL-terminated beyond len whenever it is not NULL. After a failed
   addition `failed` stays true and every further addition is refused, so a
   caller may add many times and look once. */
typedef struct Buf {
  char *data;     /* owned; NULL until the first addition */
  size_t len;
  size_t cap;
  size_t max;     /* len never exceeds this */
  bool failed;
  bool over;      /* it failed for max, not for want of memory */
} Buf;

void buf_init(Buf *b, size_t max);   /* allocates nothing */
void buf_clear(Buf *b);              /* frees; b is as after buf_init */
void buf_wipe(Buf *b);               /* buf_clear, bytes zeroed first */
void buf_reset(Buf *b);              /* len 0, failed false, memory kept */

/* 0, or -1 with b->failed set and nothing added: over max, or out of memory.
   The bytes must not lie in b itself. */
int buf_add(Buf *b, const void *bytes, size_t n);
int buf_addc(Buf *b, char c);
int buf_puts(Buf *b, const char *s);
int buf_printf(Buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
int buf_vprintf(Buf *b, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

/* Room for n more bytes at the end; NULL as above. The caller writes there
   and then adds what it wrote to b->len and terminates with a NUL. */
char *buf_reserve(Buf *b, size_t n);

/* "" when empty; borrowed until the next change. */
const char *buf_str(const Buf *b);

/* The bytes, NUL-terminated ("" if none were added), go to the caller, who
   frees them; b is empty afterwards. NULL if b had failed or memory is out.
   len may be NULL. */
char *buf_take(Buf *b, size_t *len);

#endif
