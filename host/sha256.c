/* sha256.c - digests as hexadecimal text. */
/* SPDX-License-Identifier: MIT */
#include "sha256.h"

#include <gnutls/crypto.h>

int sha256_hex(const void *key, size_t key_len, const void *bytes, size_t n,
               char out[SHA256_HEX]) {
  static const char digits[] = "0123456789abcdef";
  unsigned char sum[32];
  int rc = key ? gnutls_hmac_fast(GNUTLS_MAC_SHA256, key, key_len, bytes, n,
                                  sum)
               : gnutls_hash_fast(GNUTLS_DIG_SHA256, bytes, n, sum);
  if (rc < 0) return -1;
  for (size_t i = 0; i < sizeof sum; i++) {
    out[2 * i] = digits[sum[i] >> 4];
    out[2 * i + 1] = digits[sum[i] & 15];
  }
  out[SHA256_HEX - 1] = '\0';
  return 0;
}
