/* httptrace.c - one line a request for --verbose, headers for -vv. */
/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>

#include "httpreq.h"
#include "log.h"
#include "redact.h"
#include "timing.h"

static void add_size(Buf *out, size_t n) {
  if (n < 1000) buf_printf(out, "%zu B", n);
  else if (n < 1000000) buf_printf(out, "%.1f kB", (double)n / 1e3);
  else buf_printf(out, "%.1f MB", (double)n / 1e6);
}

static void add_time(Buf *out, double seconds) {
  if (seconds < 1) buf_printf(out, "%.0f ms", seconds * 1000);
  else buf_printf(out, "%.1f s", seconds);
}

/* "ixon GET /users?fields=publicId 200", or the kind of failure */
static void add_request(Buf *line, const Http *http, const HttpReq *req) {
  const char *url = buf_str(&req->url), *path = strstr(url, "://");
  path = path ? strchr(path + 3, '/') : NULL;
  buf_printf(line, "%s %s %.2000s ", http->service, req->call.method,
             path ? path : "/");
  if (req->err.kind != ERR_NONE && req->status == 0)
    buf_puts(line, err_kind_name(req->err.kind));
  else
    buf_printf(line, "%d", req->status);
}

/* "ixon GET /users?fields=publicId 200 12 ms 3.4 kB, new connection" */
void http_trace(const Http *http, const HttpReq *req) {
  bool trace = log_enabled(LOG_TRACE);
  if (!trace && !timing_enabled()) return;
  Buf line;
  buf_init(&line, 8192);
  add_request(&line, http, req);
  if (!line.failed) timing_request(buf_str(&line), &req->times);
  buf_puts(&line, " ");
  add_time(&line, req->times.total);
  buf_puts(&line, " ");
  add_size(&line, http_req_size(req));
  if (http_req_resumed(req) > 0) {
    buf_puts(&line, ", resumed after ");
    add_size(&line, http_req_resumed(req));
  }
  if (req->times.redirects > 0)
    buf_printf(&line, ", %ld redirects", req->times.redirects);
  if (req->times.connects > 0) buf_puts(&line, ", new connection");
  if (trace && !line.failed) log_write(LOG_TRACE, "%s", buf_str(&line));
  buf_clear(&line);
}

/* Headers that tell of the reply, and cannot carry a token. */
static bool is_plain(const char *name, size_t n) {
  static const char *const plain[] = {"Connection", "Content-Encoding",
      "Content-Length", "Content-Type", "Date", "Retry-After", "Server"};
  for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
    if (strlen(plain[i]) == n && !strncasecmp(plain[i], name, n)) return true;
  return false;
}

static void log_header(char direction, const char *line, size_t n,
                       bool secret) {
  while (n > 0 && (line[n - 1] == '\r' || line[n - 1] == '\n')) n--;
  if (n == 0) return;
  const char *colon = memchr(line, ':', n);
  size_t name = colon ? (size_t)(colon - line) : 0;
  if (colon && (redact_header_is_secret(line, name) ||
                (secret && !is_plain(line, name))))
    log_write(LOG_DEBUG, "%c %.*s: [secret]", direction, (int)(colon - line),
              line);
  else
    log_write(LOG_DEBUG, "%c %.*s", direction, n > 4096 ? 4096 : (int)n, line);
}

/* libcurl shows what really went over the wire, its own headers included. */
int http_on_debug(CURL *easy, curl_infotype type, char *bytes, size_t n,
                  void *slot) {
  const HttpReq *req = ((const Slot *)slot)->req;
  (void)easy;
  if (type != CURLINFO_HEADER_IN && type != CURLINFO_HEADER_OUT) return 0;
  char direction = type == CURLINFO_HEADER_OUT ? '>' : '<';
  bool secret = direction == '<' && req && req->call.secret_reply;
  const char *p = bytes, *end = bytes + n;
  while (p < end) {
    const char *eol = memchr(p, '\n', (size_t)(end - p));
    const char *next = eol ? eol + 1 : end;
    log_header(direction, p, (size_t)(next - p), secret);
    p = next;
  }
  return 0;
}
