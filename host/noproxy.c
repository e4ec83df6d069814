/* noproxy.c - whether a host is reached without the proxy. */
/* SPDX-License-Identifier: MIT */
#include "noproxy.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LONGEST = 256 };

static const char SEPARATORS[] = ", \t";

typedef struct Address {
  int family;               /* AF_INET, AF_INET6; 0: it is a name */
  unsigned char bytes[16];
  unsigned size;
} Address;

static Address read_address(const char *text) {
  Address a = { .family = AF_INET, .size = 4 };
  if (inet_pton(AF_INET, text, a.bytes) == 1) return a;
  a.family = AF_INET6;
  a.size = 16;
  if (inet_pton(AF_INET6, text, a.bytes) == 1) return a;
  a.family = 0;
  return a;
}

static bool same_bits(const Address *a, const Address *b, unsigned bits) {
  unsigned whole = bits / 8, rest = bits % 8;
  if (memcmp(a->bytes, b->bytes, whole) != 0) return false;
  return rest == 0 || ((a->bytes[whole] ^ b->bytes[whole]) >> (8 - rest)) == 0;
}

/* Entry is an address, or a network: address/bits. As in curl, /0 is the
   address alone and no way to name all. */
static bool covers(const char *entry, const Address *host) {
  char text[LONGEST];
  size_t n = strcspn(entry, "/");
  memcpy(text, entry, n);
  text[n] = '\0';
  Address net = read_address(text);
  if (net.family != host->family) return false;
  unsigned long bits = 0, all = net.size;
  if (entry[n]) bits = strtoul(entry + n + 1, NULL, 10);
  all *= 8;
  if (bits > all) return false;
  return same_bits(&net, host, (unsigned)(bits ? bits : all));
}

/* The domain itself or one below it. */
static bool is_below(const char *entry, const char *host) {
  size_t n = strlen(entry), len = strlen(host);
  if (n > 0 && entry[n - 1] == '.') n--;
  if (n > 0 && *entry == '.') entry++, n--;
  if (n > len || strncasecmp(entry, host + len - n, n) != 0) return false;
  return n == len || (n > 0 && host[len - n - 1] == '.');
}

bool noproxy_lists(const char *list, const char *host, size_t n) {
  char name[LONGEST], entry[LONGEST];
  if (n > 1 && host[0] == '[') host++, n -= 2;
  if (!list || n == 0 || n >= sizeof name) return false;
  if (strcmp(list, "*") == 0) return true;
  memcpy(name, host, n);
  name[n] = '\0';
  Address address = read_address(name);
  if (!address.family && name[n - 1] == '.') name[n - 1] = '\0';
  for (const char *p = list; *p;) {
    p += strspn(p, SEPARATORS);
    size_t len = strcspn(p, SEPARATORS);
    if (len > 0 && len < sizeof entry) {
      memcpy(entry, p, len);
      entry[len] = '\0';
      if (address.family ? covers(entry, &address) : is_below(entry, name))
        return true;
    }
    p += len;
  }
  return false;
}
