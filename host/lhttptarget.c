/* lhttptarget.c - addresses that are settings, and may be secrets. */
/* SPDX-License-Identifier: MIT */
#include "lhttp.h"

#include <string.h>

#include "redact.h"
#include "url.h"

enum { PATH_SECRET = 12, SCHEME_MAX = 5, URL_MAX = 64 << 10 };

static bool is_printed(const char *text) {
  for (; *text; text++)
    if ((unsigned char)*text <= ' ' || *text == 0x7F || *text == '\\')
      return false;
  return true;
}

/* The text of the setting, borrowed; NULL and what is wrong. The text itself
   is in no message. */
static const char *address(const Config *config, const char *profile,
                           const char *service, const char *name,
                           size_t *len, Err *err) {
  const Setting *s = config_get(config, profile, service, name);
  const char *text = NULL;
  if (s && s->type == SETTING_SECRET) {
    if (!(text = secret_value(s->secret, len, err))) return NULL;
  } else if (s && s->type == SETTING_STRING) {
    text = s->string;
    *len = strlen(text);
  }
  const char *host = text ? strstr(text, "://") : NULL;
  /* What is wrong would be told with the address in it. */
  if (!host || host - text > SCHEME_MAX || !is_printed(text) ||
      strcspn(host + 3, "@#") < strcspn(host + 3, "/?") ||
      strchr(host, '#')) {
    err_set(err, ERR_CONFIG, "the address of the %s is no URL; expected "
            "https://HOST/PATH without user and fragment", service);
    return NULL;
  }
  return text;
}

/* Its length up to the path. */
static size_t origin_length(const char *text) {
  const char *host = strstr(text, "://") + 3;
  return (size_t)(host - text) + strcspn(host, "/?");
}

/* A trace shows the path, with something behind it or without its query; a
   short one is a name, not a secret. */
static int hide(const char *text, size_t n) {
  return n < PATH_SECRET ? 0 : redact_add(text, n);
}

static int hide_target(const char *text) {
  size_t n = strcspn(text, "?"), path = n;
  while (path > 0 && text[path - 1] == '/') path--;
  if (hide(text, strlen(text)) || hide(text, path)) return -1;
  return text[n] ? hide(text + n + 1, strlen(text + n + 1)) : 0;
}

int lhttp_origin(Buf *out, const Config *config, const char *profile,
                 const char *service, const char *name, Err *err) {
  size_t len;
  const char *text = address(config, profile, service, name, &len, err);
  if (!text) return -1;
  size_t n = origin_length(text);
  if (config_get(config, profile, service, name)->type == SETTING_SECRET &&
      hide_target(text + n))
    return err_set(err, ERR_SCRIPT, "out of memory");
  char origin[512];
  if (n >= sizeof origin)
    return err_set(err, ERR_CONFIG, "the host of the %s is too long", service);
  memcpy(origin, text, n);
  origin[n] = '\0';
  return url_base(out, origin, false, err);
}

int lhttp_target(Buf *out, const Account *a, const char *name,
                 const char *suffix, const char *query, Err *err) {
  size_t len;
  const char *text = address(a->config, a->profile, a->service, name, &len,
                             err);
  if (!text) return -1;
  size_t origin = origin_length(text), path = origin;
  path += strcspn(text + path, "?");
  size_t end = path;
  if (*suffix)
    while (end > origin && text[end - 1] == '/') end--;
  Buf whole;
  buf_init(&whole, URL_MAX);
  int rc = buf_add(&whole, text, end) || buf_puts(&whole, suffix) ||
           buf_puts(&whole, text + path);
  if (!rc && *query)
    rc = buf_addc(&whole, text[path] ? '&' : '?') || buf_puts(&whole, query);
  rc = rc ? err_set(err, ERR_SCRIPT, "out of memory")
          : url_resolve(out, a->base, buf_str(&whole), err);
  buf_wipe(&whole);
  return rc;
}
