/* secret.c - secrets: resolved when first needed, kept out of sight. */
/* SPDX-License-Identifier: MIT */
#include "secret.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "env.h"
#include "redact.h"
#include "secretread.h"
#include "text.h"

struct Secret {
  size_t refs;
  SecretSource source;
  char *what;        /* NULL for SECRET_LITERAL */
  char *value;       /* pages of its own; NULL until there is a value */
  size_t len;
  size_t pages;      /* bytes mapped at value */
  bool checked;      /* fit for a header */
  Secret *next_env;
};

/* Living secrets of SECRET_ENV. The variable is gone after the first look, so
   a second setting that names it shares what was found. */
static Secret *env_list;

/* Puts the value on pages that stay out of core dumps and, where the limit
   on locked memory lets us, out of swap: without that right we would rather
   work than not. */
static int keep(Secret *s, const char *value, size_t n, Err *err) {
  long page = sysconf(_SC_PAGESIZE);
  size_t size = page > 0 ? (size_t)page : 4096;
  size_t pages = (n / size + 1) * size;
  char *p = mmap(NULL, pages, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) return err_set(err, ERR_CAP, "no memory for a secret");
  (void)mlock(p, pages);
  (void)madvise(p, pages, MADV_DONTDUMP);
  memcpy(p, value, n);
  p[n] = '\0';
  s->value = p;
  s->len = n;
  s->pages = pages;
  return 0;
}

static void drop(Secret *s) {
  if (!s->value) return;
  explicit_bzero(s->value, s->pages);
  munmap(s->value, s->pages);
  s->value = NULL;
}

static bool is_blank(const char *value, size_t n) {
  while (n > 0 && value[n - 1] && strchr(SECRET_BLANKS, value[n - 1])) n--;
  return n == 0;
}

/* From here on it is redacted, whether it turns out usable or not; but blanks
   are in every text. */
static int keep_redacted(Secret *s, const char *value, size_t n, Err *err) {
  if (!is_blank(value, n) && redact_add(value, n))
    return err_set(err, ERR_CAP, "no memory for a secret");
  return keep(s, value, n, err);
}

static size_t without_newline(const char *s, size_t n) {
  if (n > 0 && s[n - 1] == '\n') n--;
  else return n;
  return n > 0 && s[n - 1] == '\r' ? n - 1 : n;
}

/* Takes the variable out of the environment. */
static int take_env(Secret *s, Err *err) {
  const char *value = env_get(s->what);
  if (!value) return 0;
  size_t n = without_newline(value, strlen(value));
  if (n > 0 && keep_redacted(s, value, n, err)) return -1;
  env_drop(s->what);
  return 0;
}

static Secret *find_env(const char *name) {
  for (Secret *s = env_list; s; s = s->next_env)
    if (strcmp(s->what, name) == 0) return s;
  return NULL;
}

bool secret_took(const char *variable) {
  const Secret *s = find_env(variable);
  return s && s->value;
}

static void forget_env(const Secret *gone) {
  for (Secret **p = &env_list; *p; p = &(*p)->next_env) {
    if (*p != gone) continue;
    *p = gone->next_env;
    return;
  }
}

Secret *secret_new(SecretSource source, const char *what, Err *err) {
  Secret *s = source == SECRET_ENV ? find_env(what) : NULL;
  if (s) {
    if (!s->value && take_env(s, err)) return NULL;
    return secret_retain(s);
  }
  s = calloc(1, sizeof *s);
  if (!s) goto no_memory;
  s->refs = 1;
  s->source = source;
  if (source == SECRET_LITERAL) {
    if (keep_redacted(s, what, strlen(what), err)) goto fail;
    return s;
  }
  s->what = strdup(what);
  if (!s->what) goto no_memory;
  if (source == SECRET_ENV) {
    if (take_env(s, err)) goto fail;
    s->next_env = env_list;
    env_list = s;
  }
  return s;
no_memory:
  err_set(err, ERR_CAP, "no memory for a secret");
fail:
  secret_release(s);
  return NULL;
}

Secret *secret_retain(Secret *s) {
  s->refs++;
  return s;
}

void secret_release(Secret *s) {
  if (!s || --s->refs > 0) return;
  if (s->source == SECRET_ENV) forget_env(s);
  drop(s);
  free(s->what);
  free(s);
}

SecretSource secret_source(const Secret *s) {
  return s->source;
}

int secret_describe(const Secret *s, Buf *out) {
  static const char *const names[] = {
    [SECRET_LITERAL] = "a value in the configuration",
    [SECRET_ENV] = "environment variable ",
    [SECRET_FILE] = "file ",
    [SECRET_COMMAND] = "command ",
    [SECRET_CREDENTIAL] = "systemd credential ",
    [SECRET_PROMPT] = "a question on the terminal",
  };
  if (buf_puts(out, names[s->source])) return -1;
  if (s->source == SECRET_LITERAL || s->source == SECRET_PROMPT) return 0;
  return text_safe(out, s->what, strlen(s->what), false);
}

static int read_source(const Secret *s, Buf *out, Err *err) {
  switch (s->source) {
    case SECRET_FILE: return secret_from_file(s->what, out, err);
    case SECRET_COMMAND: return secret_from_command(s->what, out, err);
    case SECRET_CREDENTIAL: return secret_from_credential(s->what, out, err);
    case SECRET_PROMPT: return secret_from_prompt(s->what, out, err);
    case SECRET_ENV:
      return err_set(err, ERR_AUTH, "environment variable %s is not set",
                     s->what);
    case SECRET_LITERAL: break;
  }
  return err_set(err, ERR_SCRIPT, "a secret without a value");
}

/* "SOURCE FAULT" as an error. */
static int bad_value(const Secret *s, ErrKind kind, const char *fault,
                     Err *err) {
  Buf name;
  buf_init(&name, 4096);
  secret_describe(s, &name);
  err_set(err, kind, "the secret from %s %s", buf_str(&name), fault);
  buf_clear(&name);
  return -1;
}

static int resolve(Secret *s, Err *err) {
  Buf raw;
  if (secret_buf(&raw, err)) return -1;
  int rc = read_source(s, &raw, err);
  if (rc) goto done;
  size_t n = raw.len;
  if (s->source == SECRET_COMMAND) {
    const char *line = memchr(raw.data, '\n', n);
    if (line) n = (size_t)(line - raw.data) + 1;
  }
  n = without_newline(raw.data, n);
  /* Nothing is a fault where a value was expected, but can be an answer. */
  if (n == 0 && s->source != SECRET_PROMPT)
    rc = bad_value(s, ERR_CONFIG, "is empty", err);
  else rc = keep_redacted(s, raw.data, n, err);
done:
  buf_wipe(&raw);
  return rc;
}

static int check_value(const Secret *s, Err *err) {
  if (s->len > 0 && is_blank(s->value, s->len))
    return bad_value(s, ERR_AUTH, "holds only blanks", err);
  if (memchr(s->value, '\r', s->len) || memchr(s->value, '\n', s->len) ||
      memchr(s->value, '\0', s->len))
    return bad_value(s, ERR_CONFIG, "has CR, LF or NUL inside, which no header "
                     "can carry", err);
  return 0;
}

const char *secret_known(const Secret *s) {
  return s->value;
}

const char *secret_value(Secret *s, size_t *len, Err *err) {
  if (!s->value) (void)resolve(s, err);
  if (!s->value) return NULL;
  if (!s->checked) {
    if (check_value(s, err)) {
      if (s->source != SECRET_LITERAL && s->source != SECRET_ENV) drop(s);
      return NULL;
    }
    s->checked = true;
  }
  if (len) *len = s->len;
  return s->value;
}
