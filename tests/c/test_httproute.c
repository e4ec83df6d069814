/* test_httproute.c - which way an account's requests go, and what is refused
   before any goes. */
/* SPDX-License-Identifier: MIT */
#include "http.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "redact.h"
#include "tap.h"

#define BASE "https://reports.example.com/api"
#define LIST(...) (const char *const[]){ __VA_ARGS__, NULL }

static Loop *loop;

static Http *make(HttpOptions o, Err *err) {
  o.service = "ixon";
  if (!o.base) o.base = BASE;
  return http_new(loop, &o, err);
}

static void goes(HttpOptions o, const char *want) {
  Err err = { 0 };
  Buf out;
  buf_init(&out, 1000);
  Http *http = make(o, &err);
  if (!http || http_describe_route(http, &out)) ok(0, err.text);
  else is_str(buf_str(&out), want, want);
  buf_clear(&out);
  http_free(http);
}

static void refused(HttpOptions o, const char *part) {
  Err err = { 0 };
  Http *http = make(o, &err);
  if (!ok(!http && err.kind == ERR_CONFIG && strstr(err.text, part), part))
    printf("# it says: %s\n", err.text);
  http_free(http);
}

static void fine(HttpOptions o, const char *what) {
  Err err = { 0 };
  Http *http = make(o, &err);
  if (!ok(http != NULL, what)) printf("# %s\n", err.text);
  http_free(http);
}

static void clear(void) {
  static const char *const names[] = { "http_proxy", "HTTP_PROXY",
    "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy",
    "NO_PROXY" };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) unsetenv(names[i]);
}

static void test_settings(void) {
  goes((HttpOptions){ 0 }, "no proxy");
  goes((HttpOptions){ .proxy = "http://p.example:3128" },
       "proxy http://p.example:3128 (setting 'proxy')");
  goes((HttpOptions){ .proxy = "p.example:3128/", .proxy_user = "u" },
       "proxy http://[secret]@p.example:3128 (setting 'proxy')");
  goes((HttpOptions){ .proxy = "p.example" },
       "proxy http://p.example:1080 (setting 'proxy')");
  goes((HttpOptions){ .proxy = "https://p.example" },
       "proxy https://p.example:443 (setting 'proxy')");
  goes((HttpOptions){ .proxy = "SOCKS5h://[::1]:9" },
       "proxy socks5h://[::1]:9 (setting 'proxy')");
  goes((HttpOptions){ .proxy = "" },
       "no proxy, says the setting 'proxy', which is empty");
  goes((HttpOptions){ .proxy = "http://p.example", .noproxy = ".example.com" },
       "no proxy, says the setting 'noproxy'");
  goes((HttpOptions){ .proxy = "http://p.example", .noproxy = "other.com" },
       "proxy http://p.example:1080 (setting 'proxy')");
}

static void test_environment(void) {
  setenv("HTTP_PROXY", "http://wrong.example", 1);
  setenv("http_proxy", "http://plain.example:1", 1);
  goes((HttpOptions){ 0 }, "no proxy");
  goes((HttpOptions){ .base = "http://reports.example.com",
                      .insecure_http = true },
       "proxy http://plain.example:1 (variable http_proxy)");
  setenv("ALL_PROXY", "socks5://all.example:2", 1);
  goes((HttpOptions){ 0 }, "proxy socks5://all.example:2 (variable ALL_PROXY)");
  setenv("HTTPS_PROXY", "http://u:capital-pw@upper.example:3", 1);
  goes((HttpOptions){ 0 },
       "proxy http://[secret]@upper.example:3 (variable HTTPS_PROXY)");
  setenv("https_proxy", "", 1);
  goes((HttpOptions){ 0 },
       "proxy http://[secret]@upper.example:3 (variable HTTPS_PROXY)");
  setenv("https_proxy", "socks4a://lower.example:4", 1);
  goes((HttpOptions){ 0 },
       "proxy socks4a://lower.example:4 (variable https_proxy)");
  goes((HttpOptions){ .proxy = "http://set.example:5" },
       "proxy http://set.example:5 (setting 'proxy')");
  goes((HttpOptions){ .proxy = "" },
       "no proxy, says the setting 'proxy', which is empty");
  goes((HttpOptions){ .unix_socket = "/dev/null/none/s" },
       "no proxy, says the setting 'unix_socket'");
  setenv("NO_PROXY", "reports.example.com", 1);
  goes((HttpOptions){ 0 }, "no proxy, says the variable NO_PROXY");
  setenv("no_proxy", "x", 1);
  goes((HttpOptions){ 0 },
       "proxy socks4a://lower.example:4 (variable https_proxy)");
  goes((HttpOptions){ .noproxy = "*" }, "no proxy, says the setting 'noproxy'");
  setenv("no_proxy", "*", 1);
  goes((HttpOptions){ .noproxy = "" },
       "proxy socks4a://lower.example:4 (variable https_proxy)");
  setenv("https_proxy", "gopher://u:secret-pw@h:1", 1);
  goes((HttpOptions){ 0 }, "no proxy, says the variable no_proxy");
  unsetenv("no_proxy"), unsetenv("NO_PROXY");
  refused((HttpOptions){ 0 }, "the variable https_proxy does not hold");
  clear();
}

/* A proxy reads what is not encrypted. */
static void test_plain(void) {
  static const char *const here[] = { "http://127.0.0.1:8080/x",
    "http://localhost", "http://[::1]:1", "http://web.localhost" };
  clear();
  setenv("http_proxy", "http://plain.example:1", 1);
  for (size_t i = 0; i < sizeof here / sizeof *here; i++) {
    goes((HttpOptions){ .base = here[i] }, "no proxy, for plain http to this "
         "machine goes past the variable http_proxy");
    goes((HttpOptions){ .base = here[i], .insecure_http = true },
         "no proxy, for plain http to this machine goes past the variable "
         "http_proxy");
    refused((HttpOptions){ .base = here[i], .proxy = "h:1" },
            "the setting 'proxy' of ixon would show the credential to the "
            "proxy, since 'url' is plain http");
    refused((HttpOptions){ .base = here[i], .proxy = "socks5h://h:1" },
            "set 'insecure_http' to true");
    goes((HttpOptions){ .base = here[i], .proxy = "h:1",
                        .insecure_http = true },
         "proxy http://h:1 (setting 'proxy')");
    goes((HttpOptions){ .base = here[i], .proxy = "h:1", .noproxy = "*" },
         "no proxy, says the setting 'noproxy'");
  }
  refused((HttpOptions){ .base = "http://reports.example.com",
                         .proxy = "h:1" }, "'insecure_http'");
  setenv("no_proxy", "127.0.0.1", 1);
  goes((HttpOptions){ .base = here[0] }, "no proxy, says the variable no_proxy");
  clear();
  setenv("all_proxy", "socks5://all.example:2", 1);
  goes((HttpOptions){ .base = here[1] }, "no proxy, for plain http to this "
       "machine goes past the variable all_proxy");
  clear();
}

static void test_hidden(void) {
  static const char *const values[] = {
    "http://user:pass-word-1@h:1", "user:pass-word-2@h:1",
    "http://user:pass@word-3@h:1", "http://user:pass/word-4@h:1",
    "http://user:%70ass-word-5@h:1", "socks5h://:pass-word-6@h:1",
  };
  static const char *const hidden[] = { "pass-word-1", "pass-word-2",
    "pass@word-3", "pass/word-4", "pass-word-5", "pass-word-6" };
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    Err err = { 0 };
    clear();
    setenv("HTTP_PROXY", values[i], 1);   /* not even in force */
    http_free(make((HttpOptions){ 0 }, &err));
    ok(!redact_is_clean(hidden[i], strlen(hidden[i])), hidden[i]);
    clear();
    setenv("https_proxy", values[i], 1);
    Http *http = make((HttpOptions){ 0 }, &err);
    ok(http || !strstr(err.text, "pass"), "no error tells it");
    http_free(http);
  }
  clear();
  refused((HttpOptions){ .proxy = "http://u:setting-pw@h:1" },
          "into the settings 'proxy_user' and 'proxy_password'");
  ok(!redact_is_clean("setting-pw", 10), "a refused setting is hidden, too");
}

static void test_refused(void) {
  static const char *const proxies[] = {
    "ftp://h:1", "socks4://h:1", "http://", "http://h:0x", "http://h:70000",
    "http://h:1/path", "http://h:1?q", "http://h x:1", "http://[::1:1", "://",
    "http:/h\x01",
  };
  for (size_t i = 0; i < sizeof proxies / sizeof *proxies; i++)
    refused((HttpOptions){ .proxy = proxies[i] },
            "which is not the address of a proxy");
  refused((HttpOptions){ .proxy = "h:1", .proxy_user = "" }, "'proxy_user'");
  refused((HttpOptions){ .proxy = "h:1", .unix_socket = "/x" },
          "exclude each other");
  refused((HttpOptions){ .noproxy = "https://h" }, "'noproxy'");
  refused((HttpOptions){ .ipv4 = true, .ipv6 = true }, "'ipv4' and 'ipv6'");
  refused((HttpOptions){ .unix_socket = "" }, "'unix_socket'");
  refused((HttpOptions){ .unix_socket = "/etc/passwd" }, "is no socket");
  refused((HttpOptions){ .interface = "" }, "'interface'");
  refused((HttpOptions){ .interface = "absent0" }, "'absent0'");
  refused((HttpOptions){ .interface = "192.0.2.77" }, "'192.0.2.77'");
  fine((HttpOptions){ .interface = "lo" }, "an interface");
  fine((HttpOptions){ .interface = "127.0.0.9" }, "an own address");
  fine((HttpOptions){ .interface = "host!nowhere.invalid" }, "a host");
  refused((HttpOptions){ .proxy_cacert = "/dev/null/none" }, "'proxy_cacert'");
  struct sockaddr_un at;
  char path[sizeof at.sun_path + 1];
  memset(path, 'x', sizeof path);
  path[0] = '/';
  path[sizeof path - 1] = '\0';
  refused((HttpOptions){ .unix_socket = path }, "at most 107");
  path[sizeof path - 2] = '\0';
  fine((HttpOptions){ .unix_socket = path }, "107 bytes");
}

static void test_lists(void) {
  static const char *const good_resolve[] = { "h:1:127.0.0.1",
    "+h:65535:127.0.0.1", "h:1:::1", "h:1:[::1],127.0.0.1", "*:1:127.0.0.1" };
  static const char *const bad_resolve[] = { "", "h", "h:1", "h:1:", "h:0:::1",
    "h:65536:::1", "h:000001:::1", "h:1:x", "h:1:127.0.0.1,", "h:1:,::1",
    "h h:1:::1", ":1:::1", "-h:1", "h:1:127.0.0.1:2", "a,b:1:::1" };
  static const char *const good_to[] = { ":::", "::h:1", "h:1::2", "h:1:h2:",
    "[::1]:1:[::2]:2", "a:1:b:2" };
  static const char *const bad_to[] = { "", "h", "h:1", "h:1:h", "h:x:h:1",
    "h:1:h:x", "h:1:h:1:", "::::", "[::1:1:h:1", "[h]:1:h:1", "::h:0",
    "a b:1:h:1", "::h/x:1" };
  for (size_t i = 0; i < sizeof good_resolve / sizeof *good_resolve; i++)
    fine((HttpOptions){ .resolve = LIST(good_resolve[i]) }, good_resolve[i]);
  for (size_t i = 0; i < sizeof bad_resolve / sizeof *bad_resolve; i++)
    refused((HttpOptions){ .resolve = LIST("h:1:::1", bad_resolve[i]) },
            "HOST:PORT:ADDRESS");
  for (size_t i = 0; i < sizeof good_to / sizeof *good_to; i++)
    fine((HttpOptions){ .connect_to = LIST(good_to[i]) }, good_to[i]);
  for (size_t i = 0; i < sizeof bad_to / sizeof *bad_to; i++)
    refused((HttpOptions){ .connect_to = LIST("::h:1", bad_to[i]) },
            "HOST1:PORT1:HOST2:PORT2");
}

int main(void) {
  Err err = { 0 };
  clear();
  loop = loop_new(&err);
  if (!loop) return 2;
  test_settings();
  test_environment();
  test_plain();
  test_hidden();
  test_refused();
  test_lists();
  loop_free(loop);
  redact_forget();
  return done();
}
