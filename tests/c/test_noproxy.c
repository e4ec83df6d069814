/* test_noproxy.c - which hosts a list names. */
/* SPDX-License-Identifier: MIT */
#include "noproxy.h"

#include "tap.h"

static void lists(const char *list, const char *host, bool want) {
  char what[256];
  snprintf(what, sizeof what, "'%.80s' %s %.80s", list ? list : "NULL",
           want ? "lists" : "does not list", host);
  ok(noproxy_lists(list, host, strlen(host)) == want, what);
}

int main(void) {
  static const struct { const char *list, *host; bool want; } cases[] = {
    { NULL, "example.com", false }, { "", "example.com", false },
    { "*", "example.com", true }, { "x,*", "example.com", false },
    { "example.com", "example.com", true },
    { "example.com", "www.example.com", true },
    { ".example.com", "example.com", true },
    { ".example.com.", "www.example.com", true },
    { "example.com", "nonexample.com", false },
    { "www.example.com", "example.com", false },
    { "EXAMPLE.com", "example.COM", true },
    { "example.com", "example.com.", true },
    { "a.example, ,b.example c.example", "b.example", true },
    { "a.example, ,b.example c.example", "c.example", true },
    { "a.example\tb.example", "b.example", true },
    { ",,", "example.com", false }, { ".", "example.com", false },
    { "127.0.0.1", "127.0.0.1", true }, { "127.0.0", "127.0.0.1", false },
    { ".1", "127.0.0.1", false }, { "10.0.0.0/8", "10.9.8.7", true },
    { "10.0.0.0/8", "11.9.8.7", false }, { "10.0.0.0/33", "10.0.0.0", false },
    { "10.1.0.0/12", "10.15.0.1", true }, { "10.1.0.0/12", "10.16.0.1", false },
    { "10.0.0.1/32", "10.0.0.1", true }, { "0.0.0.0/0", "10.0.0.1", false },
    { "10.0.0.1/-1", "10.0.0.1", false },
    { "10.0.0.0/99999999999999999999", "10.0.0.1", false },
    { "10.0.0.0/8", "a10.0.0.1", false },
    { "::1", "[::1]", true }, { "0:0::1", "[::1]", true },
    { "2001:db8::/32", "[2001:db8:1::2]", true },
    { "2001:db8::/32", "[2001:db9::2]", false },
    { "2001:db8::/129", "[2001:db8::]", false }, { "::1", "127.0.0.1", false },
    { "[::1]", "[::1]", false },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    lists(cases[i].list, cases[i].host, cases[i].want);
  char host[301], list[700];
  memset(host, 'a', 300);
  host[300] = '\0';
  snprintf(list, sizeof list, "%s,b.example", host);
  ok(!noproxy_lists(list, host, 300), "an impossible host is not listed");
  ok(noproxy_lists(list, "b.example", 9), "behind an impossible entry");
  ok(!noproxy_lists("example.com", "", 0), "no host");
  ok(!noproxy_lists("example.com", "[", 1), "no host but a bracket");
  ok(!noproxy_lists("example.com", "[]", 2), "nothing in brackets");
  return done();
}
