/* test_url.c - bases, targets, what is refused, what a server points to. */
/* SPDX-License-Identifier: MIT */
#include "url.h"

#include <stdint.h>
#include "tap.h"
#include "text.h"

/* A name for a case that cannot break the test protocol. */
static const char *shown(const char *s) {
  static char text[300];
  Buf b;
  buf_init(&b, sizeof text - 1);
  text_safe(&b, s, strlen(s), false);
  memcpy(text, buf_str(&b), b.len + 1);
  buf_clear(&b);
  return text;
}

static void base_is(const char *base, bool insecure, const char *want) {
  Buf b;
  Err err;
  buf_init(&b, SIZE_MAX);
  err_clear(&err);
  int rc = url_base(&b, base, insecure, &err);
  is_str(rc == 0 ? buf_str(&b) : NULL, want, shown(base));
  if (rc != 0) ok(err.kind == ERR_CONFIG && b.len == 0, shown(err.text));
  buf_clear(&b);
}

static void test_base(void) {
  static const char *const good[][2] = {
    {"https://api.example.com", "https://api.example.com"},
    {"https://api.example.com/", "https://api.example.com"},
    {"HTTPS://Api.Example.COM:443/V1/", "https://api.example.com/V1"},
    {"https://h.example.com:4242/pre/x", "https://h.example.com:4242/pre/x"},
    {"https://h.example.com:80", "https://h.example.com:80"},
    {"http://localhost", "http://localhost"},
    {"http://localhost:80/", "http://localhost"},
    {"http://api.localhost:8080", "http://api.localhost:8080"},
    {"http://127.0.0.1:8080/", "http://127.0.0.1:8080"},
    {"http://127.255.1.2", "http://127.255.1.2"},
    {"http://[::1]", "http://[::1]"},
    {"http://[::1]:8080/a", "http://[::1]:8080/a"},
    {"https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443"},
    {"https://h.example.com/a%20b", "https://h.example.com/a%20b"},
    {"https://h.example.com./a", "https://h.example.com./a"},
  };
  static const char *const bad[] = {
    "", "api.example.com", "ftp://h.example.com", "https:/h.example.com",
    "https:h.example.com", "https://", "https:///path", "https://:80",
    "https://user:pw@h.example.com", "https://user@h.example.com",
    "https://@h.example.com", "https://h.example.com?x=1",
    "https://h.example.com/#x", "https://h.example.com/?",
    "https://h.example.com\\@evil.example.com", "https://h.example.com\\x",
    "https://h example.com", " https://h.example.com",
    "https://h.example.com ", "https://h.example.com/a b",
    "https://h.example.com\n", "https://h.example.com/\t",
    "https://h.example.com:0", "https://h.example.com:65536",
    "https://h.example.com:", "https://h.example.com:80a",
    "https://h.example.com:999999", "https://h.example.com:+80",
    "https://h..example.com", "https://.example.com",
    "https://h\xC3\xA9.example.com", "https://h%2eexample.com",
    "https://[::1", "https://[::1]x", "https://[::1%25eth0]", "https://[]",
    "https://[1.2.3.4]", "https://::1", "https://h.example.com/a/../b",
    "https://h.example.com/..", "https://h.example.com/%2e%2E/x",
    "https://h.example.com/a//b", "https://h.example.com//",
    "https://h.example.com/%zz", "https://h.example.com/{x}",
    "https://h.example.com/a%2f../b",
    "http://api.example.com", "http://127.0.0.1.example.com",
    "http://localhost.example.com", "http://notlocalhost", "http://127.1",
    "http://0x7f.0.0.1", "http://2130706433", "http://[::2]",
    "http://[::ffff:127.0.0.1]", "http://128.0.0.1", "http://10.0.0.1",
  };
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    base_is(good[i][0], false, good[i][1]);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    base_is(bad[i], false, NULL);
  base_is("http://api.example.com/x", true, "http://api.example.com/x");
  Err err;
  Buf b;
  buf_init(&b, SIZE_MAX);
  url_base(&b, "https://admin:hunter2@h.example.com", false, &err);
  ok(!strstr(err.text, "hunter2"), "a password is not repeated");
  buf_puts(&b, "before ");
  url_base(&b, "https://h.example.com", false, &err);
  is_str(buf_str(&b), "before https://h.example.com", "appends");
  buf_clear(&b);
  buf_init(&b, 10);
  is_int(url_base(&b, "https://h.example.com", false, &err), -1, "over max");
  ok(err.kind == ERR_CAP, "is a cap");
  buf_clear(&b);
}

#define B "https://h.example.com/v1"

static UrlPair arg(const char *value) {
  return (UrlPair){NULL, 0, value, strlen(value)};
}

/* One argument, no query. NULL where it is refused. */
static void path_is(const char *tmpl, const char *value, const char *want) {
  UrlPair a = arg(value ? value : "");
  Buf b;
  Err err;
  buf_init(&b, SIZE_MAX);
  int rc = url_build(&b, B, tmpl, &a, value ? 1 : 0, NULL, 0, &err);
  is_str(rc == 0 ? buf_str(&b) : NULL, want,
         shown(value ? value : tmpl));
  if (rc != 0) ok(err.kind == ERR_VALIDATION && b.len == 0, shown(err.text));
  buf_clear(&b);
}

static void test_path(void) {
  path_is("/users", NULL, B "/users");
  path_is("", NULL, B);
  path_is("/", NULL, B "/");
  path_is("/users/", NULL, B "/users/");
  path_is("/users/{id}", "7", B "/users/7");
  path_is("/users/{id}/x", "a b", B "/users/a%20b/x");
  path_is("/users/{id}", "a/b", B "/users/a%2Fb");
  path_is("/users/{id}", "a?b#c&d=e", B "/users/a%3Fb%23c%26d%3De");
  path_is("/users/{id}", "50%", B "/users/50%25");
  path_is("/users/{id}", "new.hire@example.com",
          B "/users/new.hire%40example.com");
  path_is("/users/{id}", "Zo\xC3\xAB", B "/users/Zo%C3%AB");
  path_is("/users/{id}", "...", B "/users/...");
  path_is("/users/{id}", "a..b", B "/users/a..b");
  path_is("/users/{id}", "..%2fadmin", B "/users/..%252fadmin");
  path_is("/users/{id}", "%41", B "/users/%2541");
  path_is("/users/{id}", "\x1b", B "/users/%1B");
  path_is("/f/{name}.json", "a", B "/f/a.json");
  path_is("/users/{id}", "", NULL);
  path_is("/users/{id}", ".", NULL);
  path_is("/users/{id}", "..", NULL);
  path_is("/users/{id}", "%2e", NULL);
  path_is("/users/{id}", "%2E.", NULL);
  path_is("/users/{id}", ".%2e", NULL);
  path_is("/users/{id}", "%2e%2E", NULL);
  path_is("/users/{id}", "%252e%252e", NULL);
  path_is("/users/{id}", "../admin", NULL);
  path_is("/users/{id}", "a/../../admin", NULL);
  path_is("/users/{id}", "a\\..", NULL);
  path_is("/users/{id}", "./x", NULL);
  path_is("/users/{id}", "a\r", NULL);
  path_is("/users/{id}", "a\nb", NULL);
  path_is("/users/{id}.", ".", NULL);
  path_is("/users/.{id}", "x", B "/users/.x");
}

static void test_template(void) {
  path_is("users", NULL, NULL);
  path_is("/../x", NULL, NULL);
  path_is("/a/%2e%2e/x", NULL, NULL);
  path_is("/a/..%2fx", NULL, NULL);
  path_is("//evil.example.com/x", NULL, NULL);
  path_is("/a b", NULL, NULL);
  path_is("/a\nb", NULL, NULL);
  path_is("/a#b", NULL, NULL);
  path_is("/a\\b", NULL, NULL);
  path_is("/a%2", NULL, NULL);
  path_is("/{id", "x", NULL);
  path_is("/{}", "x", NULL);
  path_is("/}", NULL, NULL);
  path_is("/{id}", NULL, NULL);
  path_is("/users", "x", NULL);
  path_is("@evil.example.com/", NULL, NULL);
  path_is(":80/", NULL, NULL);
  path_is("/a?x=1&y[z]=%20", NULL, B "/a?x=1&y%5Bz%5D=%20");
  path_is("/a?", NULL, B "/a");
  path_is("?x=1", NULL, B "?x=1");
  path_is("/a?x=1 2", NULL, NULL);
  path_is("/a?x={id}", "x", NULL);
}

static void test_args(void) {
  Buf b;
  Err err;
  buf_init(&b, SIZE_MAX);
  UrlPair nul = {NULL, 0, "a\0b", 3};
  is_int(url_build(&b, B, "/{id}", &nul, 1, NULL, 0, &err), -1, "NUL");
  is_str(err.text, "parameter 'id' must not hold CR, LF or NUL", "is named");
  const UrlPair two[] = {{"portal", 6, "hr", 2}, {"id", 2, "6", 1}};
  is_int(url_build(&b, B, "/p/{portal}/u/{id}", two, 2, NULL, 0, &err), 0,
         "two arguments");
  is_str(buf_str(&b), B "/p/hr/u/6", "in order");
  buf_reset(&b);
  is_int(url_build(&b, B, "/p/{portal}/u/{id}", two, 1, NULL, 0, &err), -1,
         "one missing");
  is_str(err.text, "parameter 'id' is missing", "is named");
  is_int(url_build(&b, B, "/p/{id}/u/{portal}", two, 2, NULL, 0, &err), -1,
         "names in another order");
  is_str(err.text, "parameter 'portal' is given where the path wants 'id'",
         "are named");
  is_int(url_build(&b, B, "/p/{portal}", two, 2, NULL, 0, &err), -1,
         "one too many");
  const UrlPair dot[] = {{NULL, 0, "a.", 2}, {NULL, 0, ".", 1}};
  is_int(url_build(&b, B, "/{a}{b}", dot, 2, NULL, 0, &err), -1,
         "a lone dot beside another");
  is_int(url_build(&b, "https://h.example.com?x", "/", NULL, 0, NULL, 0, &err),
         -1, "a base with a query");
  is_int((long long)b.len, 0, "nothing is left behind");
  url_build(&b, "https://h.example.com/v1/", "/x", NULL, 0, NULL, 0, &err);
  is_str(buf_str(&b), B "/x", "one slash between base and path");
  buf_clear(&b);
  buf_init(&b, 30);
  is_int(url_build(&b, B, "/too/long", NULL, 0, NULL, 0, &err), -1, "max");
  ok(err.kind == ERR_CAP && b.len == 0, "is a cap");
  buf_clear(&b);
}

static void test_query(void) {
  Buf b;
  Err err;
  buf_init(&b, SIZE_MAX);
  const UrlPair q[] = {
    {"filter[name]", 12, "a b&c=d", 7}, {"fields", 6, "id,name", 7},
    {"page-after", 10, "", 0}, {"x.y_z", 5, "~-._\xC3\xAB+", 7}};
  is_int(url_build(&b, B, "/u", NULL, 0, q, 4, &err), 0, "query");
  is_str(buf_str(&b), B "/u?filter%5Bname%5D=a%20b%26c%3Dd&fields=id%2Cname"
         "&page-after=&x.y_z=~-._%C3%AB%2B", "is encoded");
  buf_reset(&b);
  is_int(url_build(&b, B, "/u?a=1", NULL, 0, q + 1, 1, &err), 0, "both");
  is_str(buf_str(&b), B "/u?a=1&fields=id%2Cname", "are joined");
  buf_reset(&b);
  is_int(url_build(&b, B, "/u?", NULL, 0, q + 1, 1, &err), 0, "a lone ?");
  is_str(buf_str(&b), B "/u?fields=id%2Cname", "is not doubled");
  buf_reset(&b);
  const UrlPair bad[] = {{"", 0, "x", 1}, {"a\n", 2, "x", 1},
                         {"a", 1, "x\r\n", 3}, {"a", 1, "\0", 1}};
  for (size_t i = 0; i < 4; i++) {
    is_int(url_build(&b, B, "/u", NULL, 0, bad + i, 1, &err), -1, err.text);
    ok(err.kind == ERR_VALIDATION && b.len == 0, "nothing is left behind");
  }
  buf_clear(&b);
}

static void resolve_is(const char *base, const char *given, const char *want) {
  Buf b;
  Err err;
  buf_init(&b, SIZE_MAX);
  int rc = url_resolve(&b, base, given, &err);
  is_str(rc == 0 ? buf_str(&b) : NULL, want, shown(given));
  if (rc != 0) ok(err.kind == ERR_SERVER && b.len == 0, shown(err.text));
  buf_clear(&b);
}

static void test_resolve(void) {
  static const char base[] = "https://h.example.com/a/b?q=1";
  static const char *const rows[][2] = {
    {"/x/y?p=2", "https://h.example.com/x/y?p=2"},
    {"c", "https://h.example.com/a/c"},
    {"c/?p=2#f", "https://h.example.com/a/c/?p=2"},
    {"?p=2", "https://h.example.com/a/b?p=2"},
    {"", "https://h.example.com/a/b?q=1"},
    {"#f", "https://h.example.com/a/b?q=1"},
    {".", "https://h.example.com/a/"},
    {"..", "https://h.example.com/"},
    {"../../../x", "https://h.example.com/x"},
    {"./c/../d", "https://h.example.com/a/d"},
    {"/a/%2e%2e/x", "https://h.example.com/x"},
    {"https://h.example.com", "https://h.example.com/"},
    {"https://h.example.com?z", "https://h.example.com/?z"},
    {"https://H.EXAMPLE.com:443/x", "https://h.example.com/x"},
    {"//h.example.com/x", "https://h.example.com/x"},
    {"/a b/\xC3\xAB?x=\"1 2\"",
     "https://h.example.com/a%20b/%C3%AB?x=%221%202%22"},
    {"/a:b", "https://h.example.com/a:b"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    resolve_is(base, rows[i][0], rows[i][1]);
  static const char *const bad[] = {
    "https://evil.example.com/", "http://h.example.com/x",
    "https://h.example.com:444/", "//evil.example.com/x",
    "https://h.example.com@evil.example.com/", "https://u@h.example.com/",
    "https://h.example.com.evil.example.com/", "javascript:alert(1)",
    "file:///etc/passwd", "https:x", "https:///x", "\\\\evil.example.com",
    "/\\evil.example.com", "/a\nb", "/a\x1b", "https://h.example.com evil/",
    "ftp://h.example.com/", "//", "https://h.example.com\\@evil.example.com",
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    resolve_is(base, bad[i], NULL);
  resolve_is("http://127.0.0.1:8080", "x", "http://127.0.0.1:8080/x");
  resolve_is("http://127.0.0.1:8080", "", "http://127.0.0.1:8080/");
  Err err;
  Buf b;
  buf_init(&b, SIZE_MAX);
  url_resolve(&b, base, "https://evil.example.com/x?token=hunter2", &err);
  is_str(err.text, "the server points to 'https://evil.example.com/x', which "
         "is another origin than ours", "the target is named, not its query");
  buf_clear(&b);
}

static void test_rest(void) {
  ok(url_same_origin("https://H.example.com/a", "https://h.example.com:443/b"),
     "same origin");
  ok(!url_same_origin("https://h.example.com", "http://h.example.com"),
     "another scheme");
  ok(!url_same_origin("https://h.example.com", "https://h.example.com:444"),
     "another port");
  ok(!url_same_origin("https://h.example.com", "https://h.example.co"),
     "another host");
  ok(!url_same_origin("x", "x"), "no URLs");
  is_str(url_method("get"), "GET", "a method in lower case");
  is_str(url_method("DELETE"), "DELETE", "a method");
  is_str(url_method("TRACE"), NULL, "a method we do not send");
  is_str(url_method(""), NULL, "no method");
  is_str(url_method("GET "), NULL, "a method with a space");
  Err err;
  is_int(url_check_header("X-A", 3, "a\tb\xC3\xAB", 5, &err), 0, "a header");
  is_int(url_check_header("X-A", 3, "", 0, &err), 0, "an empty value");
  is_int(url_check_header("", 0, "a", 1, &err), -1, "no name");
  is_int(url_check_header("X A", 3, "a", 1, &err), -1, "a space in the name");
  is_int(url_check_header("X:A", 3, "a", 1, &err), -1, "a colon in the name");
  is_int(url_check_header("X\0A", 3, "a", 1, &err), -1, "NUL in the name");
  is_int(url_check_header("X-A", 3, "a\r\nB: c", 7, &err), -1, "CR LF");
  ok(err.kind == ERR_VALIDATION && !strstr(err.text, "B: c"),
     "the value is not repeated");
  is_int(url_check_header("X-A", 3, "a\0", 2, &err), -1, "NUL");
  is_int(url_check_header("X-A", 3, "a\x7f", 2, &err), -1, "DEL");
}

int main(void) {
  test_base();
  test_path();
  test_template();
  test_args();
  test_query();
  test_resolve();
  test_rest();
  return done();
}
