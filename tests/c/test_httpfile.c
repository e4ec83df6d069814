/* test_httpfile.c - files that go up and come down, and what stays behind. */
/* SPDX-License-Identifier: MIT */
#include "http.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "peer.h"
#include "sys.h"
#include "tap.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

enum { BIG = 100 << 20, ROOM_KB = 12 << 10 };

static Loop *loop;
static Peer *peer;
static Http *http;
static char dir[] = "/tmp/errand-test-XXXXXX";

/* Files without names, or the way for systems that have none. */
static bool named;
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);

int __wrap_open(const char *path, int flags, ...) {
  va_list ap;
  va_start(ap, flags);
  mode_t mode = va_arg(ap, mode_t);   /* read only where there is one */
  va_end(ap);
  if (named && (flags & O_TMPFILE) == O_TMPFILE) {
    errno = EOPNOTSUPP;
    return -1;
  }
  return __real_open(path, flags, mode);
}

static void on_done(void *ctx, HttpReq *req) {
  (void)req;
  *(bool *)ctx = true;
}

static const char *in_dir(const char *name) {
  static char path[4][512];
  static int at;
  at = (at + 1) % 4;
  snprintf(path[at], sizeof path[at], "%s/%s", dir, name);
  return path[at];
}

static void put(const char *name, const char *bytes, size_t n) {
  Err err = { 0 };
  if (sys_write_file(in_dir(name), bytes, n, 0600, &err)) {
    ok(0, err.text);
    exit(1);
  }
}

/* "?" if there is no such file. */
static const char *held(const char *name) {
  static char bytes[4096];
  int fd = open(in_dir(name), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return "?";
  ssize_t n = read(fd, bytes, sizeof bytes - 1);
  close(fd);
  bytes[n < 0 ? 0 : n] = '\0';
  return bytes;
}

static int files(void) {
  int n = 0;
  DIR *d = opendir(dir);
  if (!d) exit(2);
  while (readdir(d)) n++;
  closedir(d);
  return n - 2;
}

static void empty_dir(void) {
  DIR *d = opendir(dir);
  const struct dirent *e;
  if (!d) exit(2);
  while ((e = readdir(d)))
    if (e->d_name[0] != '.') unlink(in_dir(e->d_name));
  closedir(d);
}

static HttpReq *begin(HttpCall c, bool *finished, Err *err) {
  static char url[512];
  if (c.url[0] == '/') {
    snprintf(url, sizeof url, "%s%s", peer_base(peer), c.url);
    c.url = url;
  }
  c.operation = "applications.import";
  *finished = false;
  return http_send(http, &c, on_done, finished, err);
}

static HttpReq *call_with(HttpCall c) {
  Err err = { 0 };
  bool finished;
  HttpReq *req = begin(c, &finished, &err);
  if (!req) {
    ok(0, err.text);
    exit(1);
  }
  double end = loop_now() + 60;
  while (!finished && loop_now() < end) loop_step(loop, 1, &err);
  if (!finished) ok(0, "the request ended in time");
  return req;
}

static void is_kind(const HttpReq *req, ErrKind want, const char *what) {
  const Err *err = http_req_err(req);
  if (!is_int((int)err->kind, (int)want, what)) printf("# %s\n", err->text);
}

static bool sent_has(const char *part) {
  return strstr(peer_last(peer), part) != NULL;
}

static HttpReq *upload(const char *method, const char *name, bool repeatable) {
  HttpPart part = { "files", in_dir(name), "application/zip" };
  return call_with((HttpCall){ .method = method, .url = "/up", .parts = &part,
                               .nparts = 1, .repeatable = repeatable });
}

static HttpReq *download(const char *url, const char *name) {
  return call_with((HttpCall){ .method = "GET", .url = url,
                               .output = in_dir(name), .repeatable = true });
}

static void test_upload(void) {
  static const char *const methods[] = { "POST", "PATCH", "PUT" };
  peer_on(peer, (PeerReply){ .bytes = OK });
  put("a \"b\".zip", "PK zip bytes", 12);
  for (size_t i = 0; i < 3; i++) {
    HttpReq *r = upload(methods[i], "a \"b\".zip", i == 1);
    is_kind(r, ERR_NONE, methods[i]);
    ok(strncmp(peer_last(peer), methods[i], strlen(methods[i])) == 0 &&
       sent_has("\r\nContent-Type: multipart/form-data; boundary=--"),
       "sends a form");
    ok(sent_has("\r\nContent-Disposition: form-data; name=\"files\"; "
                "filename=\"a %22b%22.zip\"\r\n"
                "Content-Type: application/zip\r\n\r\nPK zip bytes\r\n--"),
       "with the file as its part");
    ok(sent_has("\r\nContent-Length: ") && !sent_has("chunked") &&
       !sent_has("Expect"), "and a length");
    http_req_free(r);
  }
  HttpReq *r = call_with((HttpCall){ .method = "POST", .url = "/x",
                                     .body = "{}", .body_len = 2 });
  ok(!sent_has("multipart") && !sent_has("Content-Type") && sent_has("\r\n\r\n{}"),
     "a plain POST after it is a plain POST");
  http_req_free(r);
}

static void test_refused(void) {
  Err err = { 0 };
  bool finished;
  if (mkfifo(in_dir("fifo"), 0600)) exit(2);
  const char *names[] = { "absent.zip", ".", "fifo" };
  for (size_t i = 0; i < 3; i++) {
    HttpPart part = { "files", in_dir(names[i]), NULL };
    HttpCall c = { .method = "POST", .url = "/up", .parts = &part,
                   .nparts = 1 };
    err_clear(&err);
    ok(!begin(c, &finished, &err) && err.kind == ERR_FILE &&
       strstr(err.text, part.path), "what cannot be read is named");
    err_clear(&err);
    ok(http_check_files(&c, &err) && err.kind == ERR_FILE, "also beforehand");
  }
  const char *outputs[] = { "absent/x.zip", ".", "fifo" };
  for (size_t i = 0; i < 3; i++) {
    HttpCall c = { .method = "GET", .url = "/down",
                   .output = in_dir(outputs[i]) };
    err_clear(&err);
    ok(!begin(c, &finished, &err) && err.kind == ERR_FILE,
       "what cannot be written is refused");
    ok(http_check_files(&c, &err), "also beforehand");
  }
  put("a.zip", "x", 1);
  static const char *const typed[] = { "content-type: text/plain" };
  HttpPart part = { "files", in_dir("a.zip"), NULL };
  const HttpCall bad[] = {
    { .method = "GET", .url = "/up", .parts = &part, .nparts = 1 },
    { .method = "POST", .url = "/up", .parts = &part, .nparts = 1,
      .body = "x", .body_len = 1 },
    { .method = "POST", .url = "/up", .parts = &part, .nparts = 1,
      .headers = typed, .nheaders = 1 },
    { .method = "POST", .url = "/up", .parts = &part, .nparts = 1,
      .upload = part.path },
    { .method = "POST", .url = "/up", .upload = part.path, .body = "x",
      .body_len = 1 },
    { .method = "DELETE", .url = "/up", .upload = part.path },
  };
  for (size_t i = 0; i < 6; i++)
    ok(!begin(bad[i], &finished, &err) && err.kind == ERR_VALIDATION,
       "a form is all there is");
  ok(http_check_files(&bad[0], &err) == 0, "a file that is there is fine");
  is_int(peer_connections(peer), 0, "nothing was sent");
  is_int(files(), 2, "nothing was left behind");
}

static void test_once(void) {
  put("a.zip", "zip bytes", 9);
  peer_on(peer, (PeerReply){ .target = "GET /x", .bytes = OK });
  peer_on(peer, (PeerReply){ .target = "POST /up", .end = PEER_RESET });
  peer_on(peer, (PeerReply){ .target = "PATCH /up", .end = PEER_RESET,
                             .times = 1 });
  peer_on(peer, (PeerReply){ .target = "PATCH /up", .bytes = OK });
  http_req_free(call_with((HttpCall){ .method = "GET", .url = "/x",
                                      .repeatable = true }));
  HttpReq *r = upload("POST", "a.zip", false);
  is_kind(r, ERR_IN_DOUBT, "an upload whose answer is lost is in doubt");
  is_int(peer_requests(peer, "POST /up"), 1, "and is not sent again");
  http_req_free(r);
  r = upload("PATCH", "a.zip", true);
  is_kind(r, ERR_NONE, "one that may be repeated is, on a dead connection");
  is_int(peer_requests(peer, "PATCH /up"), 2, "by libcurl");
  ok(sent_has("\r\n\r\nzip bytes\r\n--"), "from its first byte");
  http_req_free(r);
}

static void shrink(bool whole) {
  Err err = { 0 };
  bool finished;
  peer_on(peer, (PeerReply){ .bytes = OK });
  put("a.zip", "zip bytes", 9);
  HttpPart part = { "files", in_dir("a.zip"), NULL };
  HttpReq *r = begin((HttpCall){ .method = "POST", .url = "/up",
    .parts = whole ? NULL : &part, .nparts = whole ? 0 : 1,
    .upload = whole ? part.path : NULL, .repeatable = true }, &finished, &err);
  if (!r || truncate(part.path, 4)) exit(2);
  while (!finished) loop_step(loop, 1, &err);
  is_kind(r, ERR_FILE, "a file that shrinks meanwhile ends the call");
  ok(strstr(http_req_err(r)->text, "a.zip became shorter"), "by its name");
  is_int(peer_requests(peer, NULL), 0, "with no whole request sent");
  http_req_free(r);
}

static void test_shrinks(void) {
  shrink(false);
  shrink(true);
}

static HttpReq *upload_whole(const char *method, const char *name,
                             const char *type, bool repeatable) {
  return call_with((HttpCall){ .method = method, .url = "/up",
    .upload = in_dir(name), .headers = &type, .nheaders = type ? 1 : 0,
    .repeatable = repeatable });
}

static void test_whole(void) {
  static const char *const methods[] = { "POST", "PATCH", "PUT" };
  peer_on(peer, (PeerReply){ .bytes = OK });
  put("a.zip", "PK zip\0bytes", 12);
  put("empty", "", 0);
  for (size_t i = 0; i < 3; i++) {
    HttpReq *r = upload_whole(methods[i], "a.zip", NULL, i == 1);
    is_kind(r, ERR_NONE, methods[i]);
    ok(strncmp(peer_last(peer), methods[i], strlen(methods[i])) == 0 &&
       sent_has("\r\nContent-Type: application/octet-stream\r\n") &&
       sent_has("\r\nContent-Length: 12\r\n") && !sent_has("Expect"),
       "sends the file as the body");
    const char *body = strstr(peer_last(peer), "\r\n\r\n");
    ok(body && memcmp(body + 4, "PK zip\0bytes", 12) == 0, "byte by byte");
    http_req_free(r);
  }
  HttpReq *r = upload_whole("PUT", "a.zip", "content-type: image/png", true);
  ok(sent_has("\r\ncontent-type: image/png\r\n") && !sent_has("octet"),
     "of the type that a header says");
  http_req_free(r);
  r = upload_whole("PUT", "empty", NULL, true);
  is_kind(r, ERR_NONE, "a file without bytes");
  ok(sent_has("\r\nContent-Length: 0\r\n"), "is one");
  http_req_free(r);
  r = call_with((HttpCall){ .method = "POST", .url = "/x", .body = "{}",
                            .body_len = 2, .repeatable = true });
  ok(sent_has("\r\n\r\n{}") && !sent_has("octet"), "a plain POST after it "
     "is a plain POST");
  http_req_free(r);
}

static void test_whole_once(void) {
  put("a.zip", "zip bytes", 9);
  peer_on(peer, (PeerReply){ .target = "GET /x", .bytes = OK });
  peer_on(peer, (PeerReply){ .target = "POST /up", .end = PEER_RESET });
  peer_on(peer, (PeerReply){ .target = "PUT /up", .end = PEER_RESET,
                             .times = 1 });
  peer_on(peer, (PeerReply){ .target = "PUT /up", .bytes = OK });
  http_req_free(call_with((HttpCall){ .method = "GET", .url = "/x",
                                      .repeatable = true }));
  HttpReq *r = upload_whole("POST", "a.zip", NULL, false);
  is_kind(r, ERR_IN_DOUBT, "an upload whose answer is lost is in doubt");
  is_int(peer_requests(peer, "POST /up"), 1, "and is not sent again");
  http_req_free(r);
  r = upload_whole("PUT", "a.zip", NULL, true);
  is_kind(r, ERR_NONE, "one that may be repeated is, on a dead connection");
  is_int(peer_requests(peer, "PUT /up"), 2, "by libcurl");
  ok(sent_has("\r\n\r\nzip bytes"), "from its first byte");
  http_req_free(r);
}

/* Whoever says no before all has come gets no more of it. */
static void test_early(void) {
  static const char no[] = "HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno";
  put("big", "", 0);
  if (truncate(in_dir("big"), 8 << 20)) exit(2);
  peer_swallow(peer, 1 << 20);
  peer_on(peer, (PeerReply){ .bytes = no, .early = true, .times = 1 });
  peer_on(peer, (PeerReply){ .bytes = OK });
  HttpReq *r = upload_whole("POST", "big", NULL, false);
  is_kind(r, ERR_NONE, "a refusal in the middle of an upload is a reply");
  is_int(http_req_status(r), 401, "with its status");
  ok(!sent_has("[8388608 bytes]"), "long before its end");
  http_req_free(r);
  r = upload_whole("POST", "big", NULL, false);
  is_int(http_req_status(r), 200, "what is sent anew");
  ok(sent_has("[8388608 bytes]"), "is sent from its first byte");
  http_req_free(r);
}

static void test_download(void) {
  static const char zip[] = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n"
                            "PK\0\0\1z";
  struct stat st;
  peer_on(peer, (PeerReply){ .target = "GET /old", .bytes =
    "HTTP/1.1 302 Found\r\nLocation: /zip\r\nContent-Length: 4\r\n\r\ngone" });
  peer_on(peer, (PeerReply){ .target = "GET /zip", .bytes = zip,
                             .len = sizeof zip - 1 });
  HttpReq *r = download("/old", "new.zip");
  is_kind(r, ERR_NONE, "a download, behind a redirect");
  ok(http_req_is_file(r) && http_req_body(r)->len == 0, "is in the file");
  is_int(http_req_size(r), 6, "all of it");
  ok(memcmp(held("new.zip"), "PK\0\0\1z", 7) == 0, "zero bytes and all");
  mode_t mask = umask(022);
  umask(mask);
  ok(stat(in_dir("new.zip"), &st) == 0 &&
     (st.st_mode & 0777) == (0666 & ~mask), "with the mode of the umask");
  http_req_free(r);
  put("old.zip", "the old ones", 12);
  if (chmod(in_dir("old.zip"), 0640) ||
      symlink(in_dir("old.zip"), in_dir("link.zip"))) exit(2);
  r = download("/zip", "link.zip");
  ok(stat(in_dir("old.zip"), &st) == 0 && st.st_size == 6 &&
     (st.st_mode & 0777) == 0640, "a file that is there keeps its mode");
  http_req_free(r);
  is_int(files(), 3, "no temporary file is left");
}

static void test_failed_downloads(void) {
  static const struct { const char *reply; PeerEnd end; ErrKind kind;
                        int status; } cases[] = {
    { "HTTP/1.1 404 No\r\nContent-Length: 7\r\n\r\n{\"a\":1}", PEER_KEEP,
      ERR_NONE, 404 },
    { "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", PEER_CLOSE,
      ERR_SERVER, 200 },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
      PEER_CLOSE, ERR_SERVER, 200 },
    { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", PEER_KEEP, ERR_SERVER,
      200 },
    { "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", PEER_RESET,
      ERR_NETWORK, 200 },
  };
  put("old.zip", "the old ones", 12);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    peer_forget(peer);
    peer_on(peer, (PeerReply){ .bytes = cases[i].reply, .end = cases[i].end });
    HttpReq *r = download("/zip", "old.zip");
    is_kind(r, cases[i].kind, "a download that fails");
    is_int(http_req_status(r), cases[i].status, "with its status");
    ok(!http_req_is_file(r), "is no file");
    is_str(held("old.zip"), "the old ones", "and leaves what was there");
    if (i == 0)
      is_str(buf_str(http_req_body(r)), "{\"a\":1}", "its body in memory");
    http_req_free(r);
    is_int(files(), 1, "and nothing else");
  }
}

static void test_cancelled(void) {
  Err err = { 0 };
  bool finished;
  peer_on(peer, (PeerReply){ .bytes =
    "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", .end = PEER_HANG });
  HttpReq *r = begin((HttpCall){ .method = "GET", .url = "/zip",
    .output = in_dir("x.zip"), .repeatable = true }, &finished, &err);
  if (!r) exit(1);
  while (http_req_size(r) == 0) loop_step(loop, 1, &err);
  is_int(files(), named ? 1 : 0, "half of it lies in a temporary file");
  http_req_free(r);
  is_int(files(), 0, "which goes when the call is cancelled");
}

/* The same where a temporary file must have a name. */
static void test_named(void) {
  void (*const tests[])(void) = { test_download, test_failed_downloads,
                                  test_cancelled };
  named = true;
  for (size_t i = 0; i < 3; i++) {
    empty_dir();
    peer_forget(peer);
    tests[i]();
  }
  named = false;
}

static void test_page(void) {
  static const char login[] =
    "HTTP/1.1 200 OK\r\nContent-Type: TEXT/html; charset=utf-8\r\n"
    "Content-Length: 26\r\n\r\n\n <html>\033[2J Sign in</html>";
  static char large[5000];
  snprintf(large, sizeof large, "HTTP/1.1 200 OK\r\nContent-Type: "
           "application/xhtml+xml\r\n\r\n<!doctype html>%4800s", "");
  put("old.zip", "the old ones", 12);
  peer_on(peer, (PeerReply){ .target = "GET /a", .bytes = login });
  peer_on(peer, (PeerReply){ .target = "GET /b", .bytes = large,
                             .end = PEER_HANG });
  HttpReq *r = download("/a", "old.zip");
  is_kind(r, ERR_SERVER, "a page is no file");
  ok(strstr(http_req_err(r)->text, "begins: <html>\\x1b[2J Sign in") &&
     strstr(http_req_err(r)->text, "ends in .html") == NULL &&
     strstr(http_req_err(r)->text, "end in .html"), "is shown, made safe");
  ok(!http_req_err(r)->retryable && http_req_err(r)->status == 200,
     "and not asked for again");
  http_req_free(r);
  r = download("/b", "old.zip");
  is_kind(r, ERR_SERVER, "however long it is");
  http_req_free(r);
  is_str(held("old.zip"), "the old ones", "and leaves what was there");
  r = download("/a", "page.HTM");
  is_kind(r, ERR_NONE, "unless its name says that it is one");
  http_req_free(r);
  is_int(files(), 2, "nothing else is left");
}

/* A server of its own process, so that its memory is not ours: takes what
   comes and says how much it was, or gives BIG bytes. */

static void serve_one(int fd) {
  static char bytes[1 << 16];
  size_t got = 0;
  while (got < sizeof bytes - 1) {
    ssize_t n = read(fd, bytes + got, sizeof bytes - 1 - got);
    if (n <= 0) return;
    got += (size_t)n;
    bytes[got] = '\0';
    if (strstr(bytes, "\r\n\r\n")) break;
  }
  const char *end = strstr(bytes, "\r\n\r\n");
  const char *length = strcasestr(bytes, "\r\nContent-Length:");
  size_t want = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
  size_t body = got - (size_t)(end + 4 - bytes);
  bool up = bytes[0] == 'P';
  while (body < want) {
    ssize_t n = read(fd, bytes, sizeof bytes);
    if (n <= 0) return;
    body += (size_t)n;
  }
  char text[32];
  snprintf(text, sizeof text, "%zu", body);
  dprintf(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %zu"
          "\r\n\r\n%s", up ? strlen(text) : BIG, up ? text : "");
  memset(bytes, 'x', sizeof bytes);
  for (size_t left = up ? 0 : BIG; left > 0;) {
    ssize_t n = write(fd, bytes, left < sizeof bytes ? left : sizeof bytes);
    if (n <= 0) return;
    left -= (size_t)n;
  }
}

static pid_t start_server(int *port) {
  struct sockaddr_in sa = { .sin_family = AF_INET };
  sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t len = sizeof sa;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&sa, len) || listen(fd, 8) ||
      getsockname(fd, (struct sockaddr *)&sa, &len)) exit(2);
  *port = ntohs(sa.sin_port);
  pid_t pid = fork();
  if (pid < 0) exit(2);
  if (pid == 0) prctl(PR_SET_PDEATHSIG, SIGKILL);
  while (pid == 0) {
    int one = accept(fd, NULL, NULL);
    if (one < 0) _exit(1);
    serve_one(one);
    close(one);
  }
  close(fd);
  return pid;
}

static long peak_kb(void) {
  struct rusage use;
  if (getrusage(RUSAGE_SELF, &use)) exit(2);
  return use.ru_maxrss;
}

static void test_big(void) {
  int port;
  char url[64];
  pid_t pid = start_server(&port);
  snprintf(url, sizeof url, "http://127.0.0.1:%d/", port);
  put("big.zip", "", 0);
  if (truncate(in_dir("big.zip"), BIG)) exit(2);
  long before = peak_kb();
  HttpPart part = { "files", in_dir("big.zip"), NULL };
  HttpReq *r = call_with((HttpCall){ .method = "POST", .url = url,
                                     .parts = &part, .nparts = 1 });
  is_kind(r, ERR_NONE, "100 MB go up");
  ok(strtoul(buf_str(http_req_body(r)), NULL, 10) > BIG, "all of them");
  http_req_free(r);
  r = call_with((HttpCall){ .method = "GET", .url = url,
                            .output = in_dir("down.zip"),
                            .repeatable = true });
  is_kind(r, ERR_NONE, "100 MB come down, more than max_body");
  is_int((long)http_req_size(r), BIG, "all of them");
  http_req_free(r);
  struct stat st;
  ok(stat(in_dir("down.zip"), &st) == 0 && st.st_size == BIG, "into the file");
  long grown = peak_kb() - before;
  if (!ok(grown < ROOM_KB, "and memory stays flat"))
    printf("# it grew by %ld kB\n", grown);
  kill(pid, SIGKILL);
  waitpid(pid, NULL, 0);
}

int main(void) {
  Err err = { 0 };
  unsetenv("http_proxy"), unsetenv("all_proxy");
  if (!mkdtemp(dir)) return 2;
  loop = loop_new(&err);
  http = http_new(loop, &(HttpOptions){ .service = "intrexx" }, &err);
  if (!http) return 2;
  void (*const tests[])(void) = {
    test_upload, test_whole, test_refused, test_once, test_whole_once,
    test_shrinks, test_early, test_download, test_failed_downloads,
    test_cancelled, test_named, test_page, test_big,
  };
  for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
    peer = peer_new(loop);
    tests[i]();
    peer_free(peer);
    empty_dir();
  }
  http_free(http);
  loop_free(loop);
  rmdir(dir);
  return done();
}
