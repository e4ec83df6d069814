/* sha256.h - digests as hexadecimal text. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef SHA256_H
#define SHA256_H

#include <stddef.h>

enum { SHA256_HEX = 65 };   /* 64 lower-case digits and a NUL */

/* 0 or -1 when the library refuses. key NULL: a plain digest; otherwise
   HMAC-SHA-256 with its key_len bytes. */
int sha256_hex(const void *key, size_t key_len, const void *bytes, size_t n,
               char out[SHA256_HEX]);

#endif
