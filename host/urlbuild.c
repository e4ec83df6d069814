/* urlbuild.c - the one builder of request targets. */
/* SPDX-License-Identifier: MIT */
#include "url.h"

#include <string.h>
#include "text.h"
#include "urlpart.h"

/* These go nowhere, not even encoded: behind a proxy they may be decoded. */
static bool has_break(const char *s, size_t n) {
  return memchr(s, '\r', n) || memchr(s, '\n', n) || memchr(s, '\0', n);
}

static const char *argument_fault(const UrlPair *arg) {
  const char *s = arg->value;
  size_t n = arg->value_len;
  if (n == 0) return "must not be empty";
  if (has_break(s, n)) return "must not hold CR, LF or NUL";
  /* Some servers split at an encoded slash, so each part counts. */
  for (size_t from = 0, i = 0; i <= n; i++) {
    if (i < n && s[i] != '/' && s[i] != '\\') continue;
    if (url_dots(s + from, i - from)) return "must not be '.' or '..'";
    from = i + 1;
  }
  return NULL;
}

typedef struct Args {
  const UrlPair *next;
  size_t left;
} Args;

/* Appends the argument for the {name} at s, which is n bytes long. */
static int add_argument(Buf *out, const char *s, size_t n, Args *args,
                        Err *err) {
  int len = n < 100 ? (int)n : 100;
  if (n == 0)
    return err_set(err, ERR_VALIDATION, "the path has an empty {}");
  if (args->left == 0)
    return err_set(err, ERR_VALIDATION, "parameter '%.*s' is missing", len, s);
  const UrlPair *arg = args->next++;
  args->left--;
  if (arg->name && (arg->name_len != n || memcmp(arg->name, s, n) != 0))
    return err_set(err, ERR_VALIDATION,
                   "parameter '%.*s' is given where the path wants '%.*s'",
                   (int)(arg->name_len < 100 ? arg->name_len : 100), arg->name,
                   len, s);
  const char *fault = argument_fault(arg);
  if (fault)
    return err_set(err, ERR_VALIDATION, "parameter '%.*s' %s", len, s, fault);
  if (text_url_escape(out, arg->value, arg->value_len))
    return url_too_long(out, err);
  return 0;
}

static int add_path(Buf *out, const char *t, size_t n, Args *args, Err *err) {
  for (size_t i = 0; i < n;) {
    size_t literal = i;
    while (i < n && t[i] != '{') i++;
    if (buf_add(out, t + literal, i - literal)) return url_too_long(out, err);
    if (i == n) break;
    const char *close = memchr(t + i, '}', n - i);
    if (!close)
      return err_set(err, ERR_VALIDATION, "the path has a '{' without '}'");
    size_t name = i + 1;
    i = (size_t)(close - t) + 1;
    if (add_argument(out, t + name, i - 1 - name, args, err)) return -1;
  }
  if (args->left == 0) return 0;
  return err_set(err, ERR_VALIDATION,
                 "%zu more path value%s given than the path has places for",
                 args->left, args->left == 1 ? " is" : "s are");
}

/* The query of a template, '?' not included. */
static int add_literal_query(Buf *out, const char *s, size_t n, Err *err) {
  if (n > 0 && buf_addc(out, '?')) return url_too_long(out, err);
  for (size_t i = 0; i < n; i++) {
    bool bracket = s[i] == '[' || s[i] == ']';
    bool percent = s[i] == '%' && n - i >= 3 && url_is_hex(s[i + 1]) &&
                   url_is_hex(s[i + 2]);
    bool plain = url_is_pchar(s[i]) || s[i] == '/' || s[i] == '?';
    if (!bracket && !percent && !plain)
      return err_set(err, ERR_VALIDATION, "the query holds a character that "
                     "must be percent-encoded");
    if (bracket ? text_url_escape(out, s + i, 1) : buf_addc(out, s[i]))
      return url_too_long(out, err);
  }
  return 0;
}

static int add_query(Buf *out, const UrlPair *q, size_t n, char mark,
                     Err *err) {
  for (size_t i = 0; i < n; i++, mark = '&') {
    if (q[i].name_len == 0)
      return err_set(err, ERR_VALIDATION, "a query parameter has no name");
    if (has_break(q[i].name, q[i].name_len))
      return err_set(err, ERR_VALIDATION,
                     "the name of a query parameter holds CR, LF or NUL");
    if (has_break(q[i].value, q[i].value_len))
      return err_set(err, ERR_VALIDATION,
                     "parameter '%.*s' must not hold CR, LF or NUL",
                     (int)(q[i].name_len < 100 ? q[i].name_len : 100),
                     q[i].name);
    if (buf_addc(out, mark) ||
        text_url_escape(out, q[i].name, q[i].name_len) ||
        buf_addc(out, '=') ||
        text_url_escape(out, q[i].value, q[i].value_len))
      return url_too_long(out, err);
  }
  return 0;
}

static size_t slashes(const char *s, size_t n) {
  size_t count = 0;
  for (size_t i = 0; i < n; i++) count += s[i] == '/';
  return count;
}

/* What was built is read again as a server would. */
static int verify(const char *url, const UrlOrigin *base, size_t wanted_slashes,
                  Err *err) {
  UrlOrigin o;
  const char *fault = url_parse(url, &o);
  if (!fault && !url_same_host(base, &o)) fault = "leads to another host";
  if (!fault) {
    size_t n = strcspn(o.path, "?#");
    fault = url_path_fault(o.path, n);
    if (!fault && slashes(o.path, n) != wanted_slashes)
      fault = "has another number of segments than its template";
    if (!fault && strchr(o.path, '#')) fault = "has a fragment";
  }
  if (!fault) return 0;
  return err_set(err, ERR_VALIDATION, "the URL that would be sent %s", fault);
}

int url_build(Buf *out, const char *base, const char *template_,
              const UrlPair *args, size_t nargs,
              const UrlPair *query, size_t nquery, Err *err) {
  UrlOrigin o;
  size_t start = out->len;
  const char *fault = url_parse(base, &o);
  if (!fault && strcspn(o.path, "?#") < strlen(o.path))
    fault = "has a query or a fragment";
  if (fault) return url_bad_base(base, fault, err);
  if (template_[0] && template_[0] != '/' && template_[0] != '?')
    return err_set(err, ERR_VALIDATION, "the path must start with '/'");
  size_t path = strcspn(template_, "?"), n = strlen(o.path);
  if (n > 0 && o.path[n - 1] == '/' && path > 0) n--;
  const char *literal = template_ + path + (template_[path] == '?');
  size_t nliteral = strlen(literal);
  Args values = {args, nargs};
  if (url_add_origin(out, &o) || buf_add(out, o.path, n)) {
    url_too_long(out, err);
    goto fail;
  }
  if (add_path(out, template_, path, &values, err)) goto fail;
  if (add_literal_query(out, literal, nliteral, err)) goto fail;
  if (add_query(out, query, nquery, nliteral ? '&' : '?', err)) goto fail;
  if (verify(out->data + start, &o,
             slashes(o.path, n) + slashes(template_, path), err)) goto fail;
  return 0;
fail:
  return url_undo(out, start);
}
