/* test_httptls.c - certificates that do not hold, each told apart. */
/* SPDX-License-Identifier: MIT */
#include "http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

static char dir[] = "/tmp/errand-test-XXXXXX";
static Loop *loop;

/* openssl with these arguments, in dir, silent. Its exit code. */
static int openssl(const char *const *args) {
  pid_t pid = fork();
  if (pid == 0) {
    if (chdir(dir) || !freopen("/dev/null", "w", stdout) ||
        !freopen("/dev/null", "w", stderr)) _exit(126);
    execvp("openssl", (char *const *)args);
    _exit(127);
  }
  int status = 1;
  return pid < 0 || waitpid(pid, &status, 0) < 0 ? -1 : status;
}

static int make_certificates(void) {
  static const char *const localhost[] = { "openssl", "req", "-x509",
    "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
    "-days", "2", "-keyout", "key.pem", "-out", "cert.pem", "-subj",
    "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", NULL };
  static const char *const other[] = { "openssl", "req", "-x509",
    "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
    "-days", "2", "-keyout", "key2.pem", "-out", "other.pem", "-subj",
    "/CN=other.example.com", "-addext",
    "subjectAltName=DNS:other.example.com", NULL };
  static const char *const request[] = { "openssl", "req", "-new", "-key",
    "key.pem", "-subj", "/CN=localhost", "-out", "old.csr", NULL };
  static const char *const expired[] = { "openssl", "x509", "-req", "-in",
    "old.csr", "-signkey", "key.pem", "-days", "-1", "-out", "old.pem", NULL };
  return openssl(localhost) || openssl(other) || openssl(request) ||
         openssl(expired);
}

/* Starts a server with the certificate; its port, 0 on failure. */
static int serve(const char *cert, const char *key, const char *version,
                 pid_t *pid) {
  int out[2], port = 0;
  if (pipe(out)) return 0;
  *pid = fork();
  if (*pid == 0) {
    dup2(out[1], 1);
    close(out[0]);
    if (chdir(dir) || !freopen("/dev/null", "w", stderr)) _exit(126);
    execlp("openssl", "openssl", "s_server", "-accept", "127.0.0.1:0",
           "-cert", cert, "-key", key, "-www", version, (char *)NULL);
    _exit(127);
  }
  close(out[1]);
  FILE *f = fdopen(out[0], "r");
  char line[256];
  while (f && port == 0 && fgets(line, sizeof line, f)) {
    const char *colon = strrchr(line, ':');
    if (strncmp(line, "ACCEPT", 6) == 0 && colon)
      port = (int)strtol(colon + 1, NULL, 10);
  }
  if (f) fclose(f);   /* what it says later is lost, and it ignores that */
  return port;
}

static void stop(pid_t pid) {
  kill(pid, SIGKILL);
  waitpid(pid, NULL, 0);
}

static void on_done(void *ctx, HttpReq *req) {
  (void)req;
  *(bool *)ctx = true;
}

static HttpReq *send_to(const HttpOptions *o, const char *url) {
  Err err = { 0 };
  bool finished = false;
  Http *http = http_new(loop, o, &err);
  HttpCall call = { .method = "GET", .url = url };
  HttpReq *req = http ? http_send(http, &call, on_done, &finished, &err) : NULL;
  if (!req) {
    printf("# %s\n", err.text);
    exit(1);
  }
  while (!finished && !loop_step(loop, 5, &err)) continue;
  http_free(http);
  return req;
}

static void fails(const HttpOptions *o, const char *host, int port,
                  const char *part, const char *what) {
  char url[128];
  snprintf(url, sizeof url, "https://%s:%d/", host, port);
  HttpReq *req = send_to(o, url);
  const Err *err = http_req_err(req);
  if (!ok(err->kind == ERR_NETWORK && err->retryable &&
          http_req_lasting(req) && !http_req_maybe_sent(req) &&
          strstr(err->text, part), what))
    printf("# kind %s: %s\n", err_kind_name(err->kind), err->text);
  http_req_free(req);
}

static void works(const HttpOptions *o, const char *host, int port,
                  const char *what) {
  char url[128];
  snprintf(url, sizeof url, "https://%s:%d/", host, port);
  HttpReq *req = send_to(o, url);
  if (!is_int(http_req_status(req), 200, what))
    printf("# %s\n", http_req_err(req)->text);
  http_req_free(req);
}

static void in_dir(char *out, size_t size, const char *name) {
  snprintf(out, size, "%s/%s", dir, name);
}

static void refused(const HttpOptions *o, const char *part) {
  Err err = { 0 };
  Http *http = http_new(loop, o, &err);
  if (!ok(!http && err.kind == ERR_CONFIG && strstr(err.text, part) &&
          strstr(err.text, "intrexx"), part))
    printf("# %s\n", err.text);
  http_free(http);
}

static void accepted(const HttpOptions *o, const char *what) {
  Err err = { 0 };
  Http *http = http_new(loop, o, &err);
  if (!ok(http != NULL, what)) printf("# %s\n", err.text);
  http_free(http);
}

/* What the settings name is looked at before anything is sent. */
static void test_files(void) {
  static const char pin[] =
    "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  char two[256], cert[64], key[64], empty[64];
  snprintf(two, sizeof two, "%s;%s", pin, pin);
  in_dir(cert, sizeof cert, "cert.pem");
  in_dir(key, sizeof key, "key.pem");
  in_dir(empty, sizeof empty, "empty");
  FILE *f = fopen(empty, "w");
  if (f) fclose(f);
#define WITH(...) &(HttpOptions){ .service = "intrexx", __VA_ARGS__ }
  Err err = { 0 };
  Secret *word = secret_new(SECRET_LITERAL, "door-bell-7", &err);
  refused(WITH(.cacert = "/dev/null/none"), "'cacert' of intrexx names a file");
  refused(WITH(.cacert = empty), "empty is empty");
  refused(WITH(.cacert = key), "holds something else in PEM form");
  refused(WITH(.cacert = dir), "is no regular file");
  refused(WITH(.capath = dir), "run openssl rehash");
  refused(WITH(.capath = cert), "is no directory");
  refused(WITH(.crlfile = cert), "holds no list of revoked");
  refused(WITH(.cert = cert), "name its file in the setting 'tls_key'");
  refused(WITH(.cert = empty, .key = key), "the setting 'cert' of intrexx");
  refused(WITH(.cert = cert, .key = cert), "holds no private key");
  refused(WITH(.key = key), "the setting 'tls_key' of intrexx is of no use");
  refused(WITH(.key_password = word), "'tls_key_password' of intrexx is of");
  refused(WITH(.tls_min = "1.1"), "'tls_min' of intrexx is either");
  refused(WITH(.pinnedpubkey = "sha256//AAAA"), "is not of the form");
  refused(WITH(.pinnedpubkey = cert), "holds no public key");
  accepted(WITH(.cert = cert, .key = key), "a certificate and its key");
  accepted(WITH(.pinnedpubkey = two), "two pins");
  accepted(WITH(.tls_min = "1.3"), "tls_min = 1.3");
  ok(chmod(key, 0640) == 0, "a key that others may read");
  refused(WITH(.cert = cert, .key = key), "run chmod 600");
  ok(chmod(key, 0600) == 0, "and no more");
#undef WITH
  secret_release(word);
}

static void run(void) {
  pid_t good, wrong, old, weak;
  int port = serve("cert.pem", "key.pem", "-tls1_2", &good);
  int other = serve("other.pem", "key2.pem", "-tls1_3", &wrong);
  int expired = serve("old.pem", "key.pem", "-tls1_3", &old);
  int tls11 = serve("cert.pem", "key.pem", "-tls1_1", &weak);
  ok(port && other && expired && tls11, "four TLS servers");
  char ca[64], other_ca[64], old_ca[64];
  in_dir(ca, sizeof ca, "cert.pem");
  in_dir(other_ca, sizeof other_ca, "other.pem");
  in_dir(old_ca, sizeof old_ca, "old.pem");
  HttpOptions none = { .service = "intrexx" };
  HttpOptions own = { .service = "intrexx", .cacert = ca };
  HttpOptions theirs = { .service = "intrexx", .cacert = other_ca };
  HttpOptions dated = { .service = "intrexx", .cacert = old_ca };
  HttpOptions pinned = { .service = "intrexx", .cacert = ca, .pinnedpubkey =
    "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" };
  HttpOptions newest = { .service = "intrexx", .cacert = ca,
                         .tls_min = "1.3" };
  HttpOptions insecure = { .service = "intrexx", .insecure = true };
  works(&own, "localhost", port, "a self-signed certificate named in cacert");
  fails(&none, "localhost", port, "is self-signed; if it is the right one, "
        "name its file in the setting 'cacert' of intrexx", "self-signed");
  fails(&theirs, "localhost", port, "'cacert' of intrexx", "another authority");
  fails(&theirs, "localhost", other, "is for another host name", "wrong host");
  fails(&own, "127.0.0.1", port, "is for another host name", "an IP address");
  fails(&dated, "localhost", expired, "has expired", "expired");
  fails(&pinned, "localhost", port, "'pinnedpubkey'", "another than pinned");
  fails(&insecure, "localhost", tls11, "TLS 1.2", "TLS 1.1, even if insecure");
  fails(&newest, "localhost", port, "'tls_min'", "TLS 1.2 with tls_min 1.3");
  works(&insecure, "localhost", other, "insecure accepts all");
  char url[64];
  snprintf(url, sizeof url, "http://localhost:%d/", port);
  HttpReq *req = send_to(&none, url);
  ok(http_req_err(req)->kind != ERR_NONE || http_req_status(req) >= 400,
     "plain HTTP to a TLS port is no success");
  http_req_free(req);
  test_files();
  stop(good), stop(wrong), stop(old), stop(weak);
}

enum { MANY = 12 };

static int left;

static void on_one(void *ctx, HttpReq *req) {
  (void)ctx, (void)req;
  left--;
}

/* Requests wait for the first connection, to share it. Where none comes about
   they must not try one after the other. */
static void test_nobody_shakes(void) {
  struct sockaddr_in a = { .sin_family = AF_INET,
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  socklen_t n = sizeof a;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&a, n) || listen(fd, 64) ||
      getsockname(fd, (struct sockaddr *)&a, &n)) {
    ok(0, "a port that accepts and says nothing");
    return;
  }
  char url[64];
  Err err = { 0 };
  snprintf(url, sizeof url, "https://127.0.0.1:%d/", ntohs(a.sin_port));
  Http *http = http_new(loop, &(HttpOptions){ .service = "intrexx",
                        .base = url, .connect_timeout = 0.3 }, &err);
  HttpCall call = { .method = "GET", .url = url, .repeatable = true };
  HttpReq *reqs[MANY];
  double begun = loop_now();
  left = MANY;
  for (int i = 0; i < MANY; i++)
    reqs[i] = http_send(http, &call, on_one, NULL, &err);
  while (left > 0 && loop_now() < begun + 20 && !loop_step(loop, 1, &err))
    continue;
  double took = loop_now() - begun;
  int late = 0;
  for (int i = 0; i < MANY; i++) {
    late += reqs[i] && http_req_err(reqs[i])->kind == ERR_TIMEOUT;
    http_req_free(reqs[i]);
  }
  is_int(late, MANY, "nobody answers the hand-shake: all time out");
  if (!ok(took < 2, "and not one after the other")) printf("# %.1f s\n", took);
  http_free(http);
  close(fd);
}

static void remove_dir(void) {
  static const char *const names[] = { "cert.pem", "key.pem", "other.pem",
                                       "key2.pem", "old.csr", "old.pem",
                                       "empty" };
  char path[64];
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    in_dir(path, sizeof path, names[i]);
    unlink(path);
  }
  rmdir(dir);
}

int main(void) {
  Err err = { 0 };
  unsetenv("http_proxy"), unsetenv("https_proxy"), unsetenv("all_proxy");
  unsetenv("HTTPS_PROXY"), unsetenv("ALL_PROXY");
  loop = loop_new(&err);
  if (!loop || !mkdtemp(dir)) return 2;
  if (make_certificates())
    ok(1, "TLS # SKIP no openssl command to make certificates with");
  else
    run();
  test_nobody_shakes();
  remove_dir();
  loop_free(loop);
  return done();
}
