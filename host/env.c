/* env.c - ERRAND_ variables, where neither scripts nor children see them. */
/* SPDX-License-Identifier: MIT */
#include "env.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* No settings of a service; a child that is errand too may want them. The
   same as core.settings has. */
static const char *const kept[] = {
  "ERRAND_CONFIG", "ERRAND_PROFILE", "ERRAND_LUA", "ERRAND_SERVICES",
  "ERRAND_STORE", "ERRAND_SANDBOX", "ERRAND_HISTORY", "ERRAND_CRASH", "ERRAND_PAGER",
  "ERRAND_SCHEDULE_FILE", "ERRAND_SCHEDULE", "ERRAND_SLOT",
  "ERRAND_SLOT_LOCAL", "ERRAND_SLOT_COLLAPSED", "ERRAND_SLOT_TIMES",
  "ERRAND_NOTICE", "ERRAND_EVENT", "ERRAND_SUBJECT", "ERRAND_OUTCOME",
  "ERRAND_REASON", "ERRAND_RUN", "ERRAND_HOST",
};

typedef struct Taken {
  struct Taken *next;
  char *value;
  char name[];
} Taken;

static Taken *taken;

static bool has_prefix(const char *entry) {
  return strncmp(entry, ENV_PREFIX, sizeof ENV_PREFIX - 1) == 0;
}

static bool is_kept(const char *name, size_t n) {
  for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
    if (strlen(kept[i]) == n && memcmp(kept[i], name, n) == 0) return true;
  return false;
}

static Taken *find(const char *name) {
  for (Taken *t = taken; t; t = t->next)
    if (strcmp(t->name, name) == 0) return t;
  return NULL;
}

/* Out of the environment, and its bytes out of the block that /proc shows. */
static void unset(const char *name) {
  char *value = getenv(name);
  if (!value) return;
  explicit_bzero(value, strlen(value));
  unsetenv(name);
}

/* entry is "NAME=value" of the environment; n is the length of NAME. */
static int take(const char *entry, size_t n) {
  Taken *t = malloc(sizeof *t + n + 1);
  char *value = strdup(entry + n + 1);
  if (!t || !value) {
    free(t);
    free(value);
    return -1;
  }
  memcpy(t->name, entry, n);
  t->name[n] = '\0';
  t->value = value;
  t->next = taken;
  taken = t;
  unset(t->name);
  return 0;
}

int env_take(Err *err) {
  char **e = environ;
  while (e && *e) {
    const char *equals = has_prefix(*e) ? strchr(*e, '=') : NULL;
    if (!equals || is_kept(*e, (size_t)(equals - *e))) e++;
    else if (take(*e, (size_t)(equals - *e)))   /* the next one moves up */
      return err_set(err, ERR_SCRIPT, "out of memory");
  }
  return 0;
}

const char *env_get(const char *name) {
  const char *value = getenv(name);
  if (value) return value;
  const Taken *t = find(name);
  return t ? t->value : NULL;
}

void env_drop(const char *name) {
  unset(name);
  for (Taken **p = &taken; *p; p = &(*p)->next) {
    Taken *t = *p;
    if (strcmp(t->name, name) != 0) continue;
    *p = t->next;
    explicit_bzero(t->value, strlen(t->value));
    free(t->value);
    free(t);
    return;
  }
}

void env_each_taken(env_taken_fn *fn, void *ctx) {
  for (const Taken *t = taken; t; t = t->next)
    if (!getenv(t->name)) fn(ctx, t->name, t->value);
}

void env_each(env_each_fn *fn, void *ctx) {
  for (char **e = environ; e && *e; e++) {
    const char *equals = has_prefix(*e) ? strchr(*e, '=') : NULL;
    if (equals) fn(ctx, *e, (size_t)(equals - *e));
  }
  for (const Taken *t = taken; t; t = t->next)
    if (!getenv(t->name)) fn(ctx, t->name, strlen(t->name));
}
