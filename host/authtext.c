/* authtext.c - templates of headers, paths and login bodies. */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "authreq.h"
#include "redact.h"
#include "text.h"

enum { MAX_NAME = 63 };

static bool is_name(char c, bool first) {
  return (c >= 'a' && c <= 'z') || c == '_' ||
         (!first && c >= '0' && c <= '9');
}

/* "{name}"; any other brace is the text's own, as in JSON. */
const char *auth_placeholder(const char *p, const char *end, size_t *len) {
  for (; p < end && (p = memchr(p, '{', (size_t)(end - p))); p++) {
    size_t n = 0;
    while (p + 1 + n < end && is_name(p[1 + n], n == 0)) n++;
    if (n > 0 && n <= MAX_NAME && p + 1 + n < end && p[1 + n] == '}') {
      *len = n;
      return p;
    }
  }
  return NULL;
}

/* "{basic:": length of the template inside, up to its own closing brace. */
static bool is_basic(const char *p, const char *end, size_t *len) {
  static const char mark[] = "{basic:";
  const size_t n = sizeof mark - 1;
  if ((size_t)(end - p) < n || memcmp(p, mark, n) != 0) return false;
  int depth = 1;
  for (const char *q = p + n; q < end; q++) {
    if (*q == '{') depth++;
    if (*q == '}' && --depth == 0) {
      *len = (size_t)(q - p) - n;
      return true;
    }
  }
  return false;
}

static int no_room(const Buf *out, Err *err) {
  return err_set(err, ERR_SCRIPT, out->over ? "a template grows too long"
                                            : "out of memory");
}

/* RFC 7617: everything up to the first colon is the user name. */
static int check_user(const char *tmpl, size_t n, Template *t, Err *err) {
  size_t len, value_len = 0;
  const char *p = auth_placeholder(tmpl, tmpl + n, &len);
  if (p != tmpl || n < len + 3 || p[len + 2] != ':') return 0;
  char name[MAX_NAME + 1] = "";
  memcpy(name, p + 1, len);
  const char *value = NULL;
  bool secret = false;
  if (t->lookup(t->ctx, name, &value, &value_len, &secret, err)) return -1;
  if (!value || !memchr(value, ':', value_len)) return 0;
  return err_set(err, ERR_CONFIG, "the setting '%s' must not hold a ':', as it "
                 "is the user name of basic authentication", name);
}

static int add_basic(Buf *out, const char *tmpl, size_t n, Template *t,
                     Err *err) {
  Buf plain, coded;
  Template inner = *t;
  inner.json = inner.secret = false;
  inner.lenient = true;
  buf_init(&plain, MAX_HEADER);
  buf_init(&coded, (size_t)MAX_HEADER * 2);
  int rc = check_user(tmpl, n, t, err);
  if (!rc) rc = auth_text(&plain, tmpl, n, &inner, err);
  if (!rc && text_base64(&coded, buf_str(&plain), plain.len))
    rc = no_room(&coded, err);
  /* The joined text is as good as the secrets in it. */
  if (!rc && inner.secret && redact_add(buf_str(&coded), coded.len))
    rc = err_set(err, ERR_SCRIPT, "out of memory");
  if (!rc && buf_add(out, buf_str(&coded), coded.len)) rc = no_room(out, err);
  t->secret |= inner.secret;
  memcpy(t->missing, inner.missing, sizeof t->missing);
  buf_wipe(&plain);
  buf_wipe(&coded);
  return rc;
}

static int add_value(Buf *out, const char *at, size_t n, Template *t,
                     Err *err) {
  char name[MAX_NAME + 1] = "";
  memcpy(name, at, n);
  const char *value = NULL;
  size_t len = 0;
  bool secret = false;
  if (t->lookup(t->ctx, name, &value, &len, &secret, err)) return -1;
  if (!value) {
    if (t->lenient) return 0;
    memcpy(t->missing, name, sizeof name);
    return err_set(err, ERR_CONFIG, "the setting '%s' is not set", name);
  }
  t->secret |= secret;
  int rc = t->json ? text_json_escape(out, value, len)
                   : buf_add(out, value, len);
  return rc ? no_room(out, err) : 0;
}

int auth_text(Buf *out, const char *tmpl, size_t n, Template *t, Err *err) {
  const char *p = tmpl, *end = tmpl + n;
  while (p < end) {
    size_t len = 0, name_len;
    if (is_basic(p, end, &len)) {
      if (add_basic(out, p + 7, len, t, err)) return -1;
      p += len + 8;
    } else if (auth_placeholder(p, end, &name_len) == p) {
      if (add_value(out, p + 1, name_len, t, err)) return -1;
      p += name_len + 2;
    } else {
      /* A run of plain text, up to the next brace. */
      const char *brace = memchr(p + 1, '{', (size_t)(end - p - 1));
      size_t run = (size_t)((brace ? brace : end) - p);
      if (buf_add(out, p, run)) return no_room(out, err);
      p += run;
    }
  }
  return 0;
}

int auth_expand(Buf *out, const char *tmpl, bool json, auth_lookup *lookup,
                void *ctx, Err *err) {
  Template t = { .lookup = lookup, .ctx = ctx, .json = json };
  return auth_text(out, tmpl, strlen(tmpl), &t, err);
}
