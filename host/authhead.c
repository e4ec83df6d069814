/* authhead.c - header lines and ways to sign in, from the settings. */
/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>

#include "authreq.h"
#include "redact.h"
#include "url.h"

static bool listed(const char *name, const char *const *names, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (strcasecmp(name, names[i]) == 0) return true;
  return false;
}

/* "'token' (ERRAND_IXON_TOKEN)" */
static void name_setting(Buf *out, const char *service, const char *name) {
  buf_printf(out, "'%s' (ERRAND_", name);
  const char *parts[] = { service, "_", name };
  for (size_t i = 0; i < 3; i++)
    for (const char *p = parts[i]; *p; p++) {
      char c = *p;
      if (c >= 'a' && c <= 'z') c = (char)(c - 'a' + 'A');
      bool plain = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      buf_addc(out, plain ? c : '_');
    }
  buf_addc(out, ')');
}

static int no_setting(const Auth *auth, const char *name, const char *header,
                      Err *err) {
  Buf text;
  buf_init(&text, 256);
  name_setting(&text, auth->spec.service, name);
  err_set(err, ERR_AUTH, "%s wants the header %s: set %s, in the profile of "
          "the configuration file or as the environment variable",
          auth->spec.service, header, buf_str(&text));
  buf_clear(&text);
  return -1;
}

/* 1: a setting is not set that takes the header with it. */
static int add_line(const Auth *auth, const AuthHeader *h, bool required,
                    Buf *line, Err *err) {
  Template t = { .lookup = auth_value, .ctx = (void *)auth };
  if (buf_puts(line, h->name) || buf_add(line, ": ", 2))
    return err_set(err, ERR_SCRIPT, "out of memory");
  size_t start = line->len;
  Err why = { 0 };
  if (auth_text(line, h->value, strlen(h->value), &t, &why)) {
    if (*t.missing && !required) return 1;
    if (*t.missing) return no_setting(auth, t.missing, h->name, err);
    if (err) *err = why;
    err_prefix(err, "the header %s of %s", h->name, auth->spec.service);
    return -1;
  }
  /* A trace shows no header that carries a credential. */
  if (t.secret && redact_header(h->name))
    return err_set(err, ERR_SCRIPT, "out of memory");
  const char *value = buf_str(line) + start;
  size_t len = line->len - start;
  if (len == 0 && !required) return 1;
  if (url_check_header(h->name, strlen(h->name), value, len, &why))
    return err_set(err, ERR_CONFIG, "a setting that goes into the header %s of "
                   "%s holds a line break or another control character",
                   h->name, auth->spec.service);
  return 0;
}

int auth_headers(Auth *auth, const AuthHeader *headers, size_t n, bool login,
                 const char *const *without, size_t nwithout,
                 const char **lines, size_t *nlines, Piece **pieces, Err *err) {
  for (size_t i = 0; i < n; i++) {
    const AuthHeader *h = &headers[i];
    if (listed(h->name, without, nwithout)) continue;
    Buf line;
    buf_init(&line, MAX_HEADER);
    int rc = add_line(auth, h, h->required && !login, &line, err);
    char *kept = rc ? NULL : auth_keep_text(pieces, buf_str(&line));
    buf_wipe(&line);
    if (rc < 0) return -1;
    if (rc > 0) continue;
    if (!kept) return err_set(err, ERR_SCRIPT, "out of memory");
    lines[(*nlines)++] = kept;
  }
  return 0;
}

/* Ways to sign in. */

/* Number of settings that miss; they are added to out. -1 on failure. */
static int missing(Auth *auth, const AuthMethod *m, Buf *out, Err *err) {
  int n = 0;
  for (size_t i = 0; i < m->nneeds; i++) {
    const char *value = NULL;
    size_t len = 0;
    bool secret = false;
    if (auth->lookup(auth->ctx, m->needs[i], &value, &len, &secret, err))
      return -1;
    if (value && len > 0) continue;   /* empty is as good as not set */
    if (n++ > 0) buf_puts(out, " and ");
    name_setting(out, auth->spec.service, m->needs[i]);
  }
  return n;
}

int auth_choose(Auth *auth, Err *err) {
  Buf text;
  buf_init(&text, ERR_TEXT);
  for (size_t i = 0; i < auth->spec.nmethods && !auth->method; i++) {
    if (i > 0) buf_puts(&text, ", or ");
    int n = missing(auth, &auth->spec.methods[i], &text, err);
    if (n < 0) {
      buf_clear(&text);
      return -1;
    }
    if (n == 0) auth->method = &auth->spec.methods[i];
  }
  if (!auth->method && auth->spec.nmethods > 0)
    err_set(err, ERR_AUTH, "%s has no credential: set %s, in the profile of "
            "the configuration file or as the environment variable",
            auth->spec.service, buf_str(&text));
  buf_clear(&text);
  return auth->method || auth->spec.nmethods == 0 ? 0 : -1;
}
