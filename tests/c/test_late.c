/* test_late.c - libraries that load at their first call. */
/* SPDX-License-Identifier: MIT */
#include "late.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sha256.h"
#include "tap.h"

enum { SAID = 1024 };

typedef double number_fn(double x);

/* Looks for the name in a process of its own; what that says goes to said.
   Its exit code, or -1 if it did not exit. */
static int in_child(LateLibrary library, const char *name, char *said) {
  int ends[2], status = 0;
  size_t n = 0;
  ssize_t got;
  if (pipe(ends) != 0) return -1;
  pid_t pid = fork();
  if (pid == 0) {
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    late_find(&library, name);
    _exit(0);
  }
  close(ends[1]);
  while (n < SAID - 1 && (got = read(ends[0], said + n, SAID - 1 - n)) > 0)
    n += (size_t)got;
  said[n] = '\0';
  close(ends[0]);
  if (pid < 0 || waitpid(pid, &status, 0) != pid) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool is_one_line(const char *text) {
  const char *end = strchr(text, '\n');
  return end && end > text && end[1] == '\0';
}

static void test_found(void) {
  LateLibrary library = {.name = "libm.so.6"};
  late_fn *found = late_find(&library, "cbrt");
  void *handle = library.handle;
  ok(found && handle, "a function of a library that is there");
  number_fn *root = (number_fn *)found;
  ok(root(27) > 2.999 && root(27) < 3.001, "it works");
  ok(late_find(&library, "floor") != found, "another one of it");
  ok(late_find(&library, "cbrt") == found, "the same one again");
  ok(library.handle == handle, "the library is loaded once");
}

static void test_missing(void) {
  char said[SAID];
  LateLibrary there = {.name = "libm.so.6"};
  LateLibrary gone = {.name = "liberrand-that-is-not-there.so.1"};
  is_int(in_child(gone, "cbrt", said), 127, "no such library: exit code 127");
  ok(is_one_line(said), "and one line");
  ok(strstr(said, gone.name) != NULL, "which names it");
  is_int(in_child(there, "no_such_function", said), 127,
         "no such function: exit code 127");
  ok(is_one_line(said), "and one line");
  ok(strstr(said, "no_such_function") != NULL, "which names it");
  LateLibrary odd = {.name = "libm.so.6", .init = "no_such_init"};
  is_int(in_child(odd, "cbrt", said), 127, "nothing to set it up by");
  ok(strstr(said, "no_such_init") != NULL, "which is named");
  is_int(in_child(there, "cbrt", said), 0, "one that is there");
  is_str(said, "", "is no reason to say anything");
}

/* Through the functions that stand in for the library's own. */
static void test_curl(void) {
  CURL *easy = curl_easy_init();
  ok(easy != NULL, "a handle");
  is_int(curl_easy_setopt(easy, CURLOPT_URL, "https://www.example.com/a?b=c"),
         CURLE_OK, "an option that is a text");
  is_int(curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 1234L), CURLE_OK,
         "an option that is a number");
  char *url = NULL;
  is_int(curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url), CURLE_OK,
         "it comes back");
  is_str(url, "https://www.example.com/a?b=c", "as it was given");
  curl_easy_cleanup(easy);
}

/* Which comes with libcurl, and is told by a variable to wait. */
static void test_gnutls(void) {
  char sum[SHA256_HEX];
  LateLibrary library = {.name = "libcurl.so.4"};
  ok(late_find(&library, "curl_version") != NULL, "GnuTLS is loaded");
  ok(!getenv("GNUTLS_NO_IMPLICIT_INIT"), "no variable of ours stays");
  is_int(sha256_hex(NULL, 0, "abc", 3, sum), 0, "it is set up at its first use");
  is_str(sum, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
         "and works");
  setenv("GNUTLS_NO_IMPLICIT_INIT", "0", 1);
  library = (LateLibrary){.name = "libmicrohttpd.so.12"};
  ok(late_find(&library, "MHD_get_version") != NULL, "another of its users");
  is_str(getenv("GNUTLS_NO_IMPLICIT_INIT"), "0", "whose own wish stays");
}

int main(void) {
  test_missing();
  test_found();
  test_gnutls();
  test_curl();
  return done();
}
