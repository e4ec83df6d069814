/* noproxy.h - whether a host is reached without the proxy. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef NOPROXY_H
#define NOPROXY_H

#include <stdbool.h>
#include <stddef.h>

/* True if the list names the host, by curl's rules: entries stand between
   commas or blanks; "example.com" and ".example.com" mean that host and all
   below it; an address means itself, 10.0.0.0/8 or 2001:db8::/32 a network;
   a list that is nothing but "*" names all. host: n bytes as they stand in a
   URL, IPv6 in brackets. list may be NULL. */
bool noproxy_lists(const char *list, const char *host, size_t n);

#endif
