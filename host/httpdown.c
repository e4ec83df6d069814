/* httpdown.c - a body that comes down into a file, in one go or in several. */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "httpreq.h"
#include "text.h"

enum {
  VALIDATOR_MAX = 256,
  DATE_GAP = 60,     /* seconds that make a Last-Modified a strong one */
  PAGE_KEPT = 1024, PAGE_SHOWN = 200
};

static bool is_ok(int status) {
  return status >= 200 && status < 300;
}

int http_output_open(HttpReq *req, const HttpCall *call, Err *err) {
  Download *d = &req->down;
  d->path = call->output;
  d->total = d->end = -1;
  if (!call->output || call->partial) return 0;
  d->out = outfile_open(call->output, err);
  return d->out ? 0 : -1;
}

void http_output_sent(HttpReq *req, const HttpCall *call) {
  Download *d = &req->down;
  HttpPartial *p = call->partial;
  if (!p) return;
  d->out = p->out;
  d->size = d->from = p->size;
  d->total = p->total;
  d->validator = p->validator;
  free(p);
}

void http_output_drop(HttpReq *req) {
  Download *d = &req->down;
  outfile_discard(d->out);
  free(d->validator);
  d->out = NULL;
  d->validator = NULL;
}

/* Going on where an earlier try broke off (RFC 9110, 13.1.5 and 14). */

int http_range_headers(const HttpPartial *p, char *lines[RANGE_HEADERS]) {
  /* What is compressed on the way has no bytes to count. */
  lines[0] = strdup("Accept-Encoding: identity");
  if (asprintf(&lines[1], "Range: bytes=%zu-", p->size) < 0) lines[1] = NULL;
  if (asprintf(&lines[2], "If-Range: %s", p->validator) < 0) lines[2] = NULL;
  return lines[0] && lines[1] && lines[2] ? RANGE_HEADERS : -1;
}

static bool is_header(const HttpReq *req, const char *name, const char *want) {
  const char *value = http_req_header(req, name, NULL);
  return value && strcasecmp(value, want) == 0;
}

static bool is_printable(const char *s, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (s[i] < 0x20 || s[i] > 0x7e) return false;
  return true;
}

/* A Last-Modified stands for one version of the file only if it was not
   changed again in that second: the server's own clock must say that it was
   a while ago. */
static bool is_old(const char *modified, const char *date) {
  time_t then = curl_getdate(modified, NULL);
  time_t now = date ? curl_getdate(date, NULL) : -1;
  return then >= 0 && now >= 0 && now - then >= DATE_GAP;
}

static bool is_encoded(const HttpReq *req) {
  return http_req_header(req, "Content-Encoding", NULL) &&
         !is_header(req, "Content-Encoding", "identity");
}

/* What tells that the rest belongs to the same file; NULL if nothing does. */
static char *strong_validator(const HttpReq *req) {
  size_t n = 0;
  const char *tag = http_req_header(req, "ETag", &n);
  if (is_encoded(req) || is_header(req, "Accept-Ranges", "none")) return NULL;
  if (tag) {
    bool strong = n >= 2 && tag[0] == '"' && tag[n - 1] == '"';
    return strong && n <= VALIDATOR_MAX && is_printable(tag, n) ? strdup(tag)
                                                                : NULL;
  }
  const char *modified = http_req_header(req, "Last-Modified", &n);
  if (!modified || n > VALIDATOR_MAX || !is_printable(modified, n)) return NULL;
  return is_old(modified, http_req_header(req, "Date", NULL))
             ? strdup(modified) : NULL;
}

static bool read_count(const char **p, curl_off_t *n) {
  if (**p < '0' || **p > '9') return false;
  for (*n = 0; **p >= '0' && **p <= '9'; (*p)++) {
    if (*n > (INT64_MAX - 9) / 10) return false;
    *n = *n * 10 + (**p - '0');
  }
  return true;
}

/* "bytes 10-19/20" or "bytes 10-19/x", x being an asterisk. */
static bool read_range(const char *p, curl_off_t *first, curl_off_t *end,
                       curl_off_t *total) {
  if (!p || strncasecmp(p, "bytes ", 6) != 0) return false;
  p += 6;
  if (!read_count(&p, first) || *p++ != '-' || !read_count(&p, end) ||
      *p++ != '/') return false;
  ++*end;
  *total = -1;
  if (strcmp(p, "*") == 0) return *end > *first;
  return read_count(&p, total) && *p == '\0' && *end > *first &&
         *end <= *total;
}

static int refuse(HttpReq *req, const char *why) {
  err_set(&req->file_err, ERR_SERVER, "%s; the file is left as it was", why);
  req->file_err.status = 206;
  req->file_err.retryable = req->call.repeatable;
  return -1;
}

/* 206: only the bytes behind those that are there, of the same file. */
static int check_part(HttpReq *req) {
  Download *d = &req->down;
  curl_off_t first, end, total;
  const char *range = http_req_header(req, "Content-Range", NULL);
  const char *tag = http_req_header(req, "ETag", NULL);
  if (!d->validator)
    return refuse(req, "the server sent a part of the file (status 206) that "
                  "nobody asked for");
  if (!read_range(range, &first, &end, &total)) {
    return refuse(req, "the server sent the rest of the file (status 206) "
                  "without a Content-Range that says what it is");
  }
  if (first != (curl_off_t)d->from || (d->total >= 0 && total >= 0 &&
                                       total != d->total))
    return refuse(req, "the server sent another part of the file (status 206) "
                  "than the rest that was asked for");
  if (is_encoded(req) || (tag && d->validator[0] == '"' &&
                          strcmp(tag, d->validator) != 0))
    return refuse(req, "the server sent the rest of another version of the "
                  "file (status 206)");
  if (total >= 0) d->total = total;
  d->end = end;
  return 0;
}

/* A page where a file was to come is a login page or a proxy's words. */
static bool is_page(const HttpReq *req) {
  static const char *const endings[] = { ".html", ".htm", ".xhtml" };
  static const char *const types[] = { "text/html", "application/xhtml+xml" };
  const char *type = http_req_header(req, "Content-Type", NULL);
  const char *dot = strrchr(req->down.path, '.');
  size_t n = type ? strcspn(type, "; \t") : 0;
  bool page = false;
  for (size_t i = 0; i < 2 && !page; i++)
    page = n == strlen(types[i]) && strncasecmp(type, types[i], n) == 0;
  for (size_t i = 0; i < 3 && page; i++)
    page = !dot || strcasecmp(dot, endings[i]) != 0;
  return page;
}

/* The head of a 2xx reply is there: is this the file, or its rest? */
static int begin(HttpReq *req, int status) {
  Download *d = &req->down;
  d->begun = true;
  if (status == 206) return check_part(req);
  free(d->validator);
  d->validator = NULL;
  if (d->from > 0 && outfile_empty(d->out, &req->file_err)) return -1;
  d->size = d->from = 0;
  d->total = -1;
  if (is_page(req)) {
    d->page = true;
    return 0;
  }
  d->validator = strong_validator(req);
  curl_off_t total = -1;
  CURLcode rc = curl_easy_getinfo(req->slot->easy,
      CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &total);
  if (rc == CURLE_OK && !is_encoded(req)) d->total = total;
  return 0;
}

/* What a failure says is for memory, as is a redirect: the file only ever
   gets what was asked for. */
bool http_to_file(const HttpReq *req) {
  long status = 0;
  if (!req->down.out) return false;
  CURLcode rc = curl_easy_getinfo(req->slot->easy, CURLINFO_RESPONSE_CODE,
                                  &status);
  return rc == CURLE_OK && is_ok((int)status);
}

static int take_page(HttpReq *req, const char *bytes, size_t n) {
  size_t room = PAGE_KEPT - req->body.len;
  if (buf_add(&req->body, bytes, n < room ? n : room)) req->no_memory = true;
  return n < room && !req->no_memory ? 0 : -1;
}

int http_output(HttpReq *req, const char *bytes, size_t n) {
  Download *d = &req->down;
  long status = 0;
  if (!d->begun) {
    if (curl_easy_getinfo(req->slot->easy, CURLINFO_RESPONSE_CODE, &status) ||
        begin(req, (int)status)) return -1;
  }
  if (d->page) return take_page(req, bytes, n);
  if (d->end >= 0 && (curl_off_t)n > d->end - (curl_off_t)d->size)
    return refuse(req, "the server sent more of the file (status 206) than "
                  "its Content-Range says");
  if (outfile_write(d->out, bytes, n, &req->file_err)) return -1;
  d->size += n;
  return 0;
}

/* The end. */

static void explain_page(const Http *http, HttpReq *req, Err *err) {
  const char *page = buf_str(&req->body);
  page += strspn(page, " \t\r\n");
  size_t n = strlen(page);
  Buf shown;
  buf_init(&shown, PAGE_KEPT);
  if (text_safe(&shown, page, n < PAGE_SHOWN ? n : PAGE_SHOWN, false))
    buf_reset(&shown);
  err_set(err, ERR_SERVER, "%s sent a page of HTML (a login page?) instead of "
          "the file; if it is what you want, let the name of the file end in "
          ".html, else check the setting 'url'; it begins: %s", http->service,
          buf_str(&shown));
  buf_clear(&shown);
}

/* 0, or -1: what came is not the whole file. */
static int check_whole(const Http *http, HttpReq *req) {
  const Download *d = &req->down;
  curl_off_t size = (curl_off_t)d->size;
  curl_off_t want = d->total >= 0 ? d->total : d->end;
  Err *err = &req->err;
  if (d->page) {
    explain_page(http, req, err);
    return -1;
  }
  if (size == 0)
    err_set(err, ERR_SERVER, "the reply of %s holds no bytes; the file is "
            "left as it was", http->service);
  else if (want >= 0 && size != want)
    err_set(err, ERR_SERVER, "%s sent %zu of the %lld bytes of the file; it "
            "is left as it was", http->service, d->size, (long long)want);
  else
    return 0;
  err->retryable = req->call.repeatable;
  return -1;
}

static bool broke_off(const HttpReq *req, CURLcode code) {
  switch (code) {
  case CURLE_OK: case CURLE_PARTIAL_FILE: case CURLE_OPERATION_TIMEDOUT:
  case CURLE_HTTP2: case CURLE_HTTP2_STREAM: case CURLE_SEND_ERROR:
    return true;
  case CURLE_RECV_ERROR:
    return req->err.kind == ERR_NETWORK;   /* else the framing was wrong */
  default:
    return false;
  }
}

/* What an earlier try brought stays good as long as no reply says otherwise. */
static bool may_go_on(const HttpReq *req, CURLcode code) {
  const Download *d = &req->down;
  if (!d->validator || !req->call.repeatable || req->file_err.kind != ERR_NONE
      || strcmp(req->call.method, "GET") != 0) return false;
  if (!d->begun && req->status != 206)
    return req->status != 416 && !is_ok(req->status);
  return d->size > 0 && req->err.retryable && broke_off(req, code);
}

static int finish(const Http *http, HttpReq *req) {
  Download *d = &req->down;
  if (!d->begun && begin(req, req->status)) {
    req->err = req->file_err;
    return -1;
  }
  if (check_whole(http, req)) return -1;
  OutFile *out = d->out;
  d->out = NULL;
  if (outfile_commit(out, OUTFILE_KEEP, &req->err)) return -1;
  d->done = true;
  return 0;
}

void http_output_end(const Http *http, HttpReq *req, CURLcode code) {
  Download *d = &req->down;
  Err *err = &req->err;
  bool ours = false;     /* the failure; else http_explain has told it */
  if (!d->out) return;
  if (err->kind == ERR_NONE && is_ok(req->status)) {
    if (finish(http, req) == 0) return;
    ours = true;
  } else if (d->page) {
    explain_page(http, req, err);
    ours = true;
  } else if (err->kind == ERR_NONE && req->status == 416 && d->from > 0) {
    err_set(err, ERR_SERVER, "%s no longer has the rest of the file (status "
            "416); it is left as it was", http->service);
    err->retryable = req->call.repeatable;
    ours = true;
  }
  d->kept = may_go_on(req, code);
  if (!d->kept) http_output_drop(req);
  if (!ours) return;
  err->status = req->status;
  if (!req->call.repeatable) http_doubt(req, err);
}

HttpPartial *http_req_partial(HttpReq *req) {
  Download *d = &req->down;
  HttpPartial *p = d->kept && d->out ? malloc(sizeof *p) : NULL;
  if (!p) return NULL;
  *p = (HttpPartial){ .out = d->out, .size = d->size, .total = d->total,
                      .validator = d->validator };
  d->out = NULL;
  d->validator = NULL;
  return p;
}

void http_partial_free(HttpPartial *p) {
  if (!p) return;
  outfile_discard(p->out);
  free(p->validator);
  free(p);
}

size_t http_req_resumed(const HttpReq *req) {
  return req->down.begun ? req->down.from : 0;
}
