/* serverguard.c - whom the server answers, and whom it refuses. */
/* SPDX-License-Identifier: MIT */
#include "serverpriv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A page of another site may resolve its own name to 127.0.0.1; it cannot
   choose the Host header its requests then carry. */
static bool host_is_ours(const char *host) {
  static const char *const ours[] = { "127.0.0.1", "localhost", "[::1]" };
  if (!host) return false;
  for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
    size_t n = strlen(ours[i]);
    if (strncasecmp(host, ours[i], n) != 0) continue;
    if (host[n] == '\0') return true;
    if (host[n] == ':' && host[n + 1] &&
        strspn(host + n + 1, "0123456789") == strlen(host + n + 1)) {
      return true;
    }
  }
  return false;
}

/* Whether the list has that method as a whole word. */
static bool listed(const char *list, const char *method) {
  size_t n = strlen(method);
  for (const char *at = strstr(list, method); at; at = strstr(at + 1, method)) {
    bool starts = at == list || at[-1] == ' ' || at[-1] == ',';
    if (n > 0 && starts && (at[n] == '\0' || at[n] == ',')) return true;
  }
  return false;
}

/* A page of another site may send forms here, and the browser says so. */
static bool is_foreign(const ServerReq *r) {
  static const char scheme[] = "http://";
  if (listed("GET, HEAD, OPTIONS", server_req_method(r))) return false;
  const char *site = server_req_header(r, "Sec-Fetch-Site");
  if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0) {
    return true;
  }
  const char *origin = server_req_header(r, "Origin");
  const char *host = server_req_header(r, "Host");
  if (!origin) return false;
  return !host || strncmp(origin, scheme, sizeof scheme - 1) != 0 ||
         strcasecmp(origin + sizeof scheme - 1, host) != 0;
}

static bool has_control(const char *text) {
  for (; *text; text++) {
    unsigned char c = (unsigned char)*text;
    if ((c < ' ' && c != '\t') || c == 0x7F) return true;
  }
  return false;
}

/* libmicrohttpd leaves a lone CR in a header. Who reads one line after another
   later on would take what stands behind it for a header of its own. */
static void look_for_control(void *ctx, const char *name, const char *value) {
  bool *found = ctx;
  if (has_control(name) || has_control(value)) *found = true;
}

int serverguard_check(const ServerReq *r, const ServerGuard *guard) {
  bool control = false;
  server_req_each_header(r, look_for_control, &control);
  if (control || server_req_path(r)[0] != '/') return MHD_HTTP_BAD_REQUEST;
  if (guard->local_names && !host_is_ours(server_req_header(r, "Host"))) {
    return MHD_HTTP_MISDIRECTED_REQUEST;
  }
  if (guard->methods && !listed(guard->methods, server_req_method(r))) {
    return MHD_HTTP_METHOD_NOT_ALLOWED;
  }
  if (guard->pages && is_foreign(r)) return MHD_HTTP_FORBIDDEN;
  const char *length = server_req_header(r, "Content-Length");
  if (length && strtoull(length, NULL, 10) > guard->max_body) {
    return MHD_HTTP_CONTENT_TOO_LARGE;
  }
  return 0;
}

const char *serverguard_text(int status) {
  switch (status) {
  case MHD_HTTP_MISDIRECTED_REQUEST:
    return "the Host header must be 127.0.0.1, localhost or [::1]\n";
  case MHD_HTTP_CONTENT_TOO_LARGE:
    return "the body is too large\n";
  case MHD_HTTP_SERVICE_UNAVAILABLE:
    return "there is no memory for the body\n";
  case MHD_HTTP_METHOD_NOT_ALLOWED:
    return "there is no such method here\n";
  case MHD_HTTP_FORBIDDEN:
    return "the request comes from a page of another site\n";
  default:
    return "the request was refused\n";
  }
}
