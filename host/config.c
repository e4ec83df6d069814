/* config.c - settings per profile and service. */
/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Tens of settings: lists in order of addition, searched from the front. */
typedef struct Entry {
  struct Entry *next;
  char *profile, *service, *name;
  char *string, *origin;   /* what value points to */
  Setting value;
} Entry;

typedef struct Profile {
  struct Profile *next;
  bool is_protected;
  char name[];
} Profile;

struct Config {
  char *in_force;   /* NULL: "default" */
  bool history_all;
  Entry *entries;
  Profile *profiles;
};

static int no_memory(Err *err) {
  return err_set(err, ERR_CONFIG, "no memory for the configuration");
}

Config *config_new(void) {
  return calloc(1, sizeof(Config));
}

static void entry_free(Entry *e) {
  if (!e) return;
  free(e->profile);
  free(e->service);
  free(e->name);
  free(e->string);
  free(e->origin);
  secret_release(e->value.secret);
  free(e);
}

void config_free(Config *c) {
  if (!c) return;
  while (c->entries) {
    Entry *e = c->entries;
    c->entries = e->next;
    entry_free(e);
  }
  while (c->profiles) {
    Profile *p = c->profiles;
    c->profiles = p->next;
    free(p);
  }
  free(c->in_force);
  free(c);
}

const char *config_profile(const Config *c) {
  return c->in_force ? c->in_force : "default";
}

int config_set_profile(Config *c, const char *name, Err *err) {
  if (!*name) return err_set(err, ERR_CONFIG, "a profile has no name");
  char *copy = strdup(name);
  if (!copy) return no_memory(err);
  free(c->in_force);
  c->in_force = copy;
  return 0;
}

/* Where the entry hangs, or where a new one would. */
static Entry **find(Entry *const *list, const char *profile,
                    const char *service, const char *name) {
  Entry **at = (Entry **)list;
  for (; *at; at = &(*at)->next)
    if (strcmp((*at)->name, name) == 0 &&
        strcmp((*at)->service, service) == 0 &&
        strcmp((*at)->profile, profile) == 0) break;
  return at;
}

static char *copy(const char *s, bool *failed) {
  char *p = s ? strdup(s) : NULL;
  if (s && !p) *failed = true;
  return p;
}

static Entry *entry_new(const char *profile, const char *service,
                        const char *name, const Setting *value) {
  Entry *e = calloc(1, sizeof *e);
  if (!e) return NULL;
  bool failed = false;
  e->profile = copy(profile, &failed);
  e->service = copy(service, &failed);
  e->name = copy(name, &failed);
  e->string = copy(value->string, &failed);
  e->origin = copy(value->origin ? value->origin : "", &failed);
  e->value = *value;
  e->value.string = e->string;
  e->value.origin = e->origin;
  if (e->value.secret) secret_retain(e->value.secret);
  if (!failed) return e;
  entry_free(e);
  return NULL;
}

int config_set(Config *c, const char *profile, const char *service,
               const char *name, const Setting *value, Err *err) {
  /* The copy comes first: value may be the entry that is replaced. */
  Entry *e = entry_new(profile, service, name, value);
  if (!e) return no_memory(err);
  Entry **at = find(&c->entries, profile, service, name), *old = *at;
  e->next = old ? old->next : NULL;
  *at = e;
  entry_free(old);
  return 0;
}

const Setting *config_get(const Config *c, const char *profile,
                          const char *service, const char *name) {
  const Entry *e = NULL;
  if (strcmp(profile, config_profile(c)) == 0)
    e = *find(&c->entries, "", service, name);
  if (!e) e = *find(&c->entries, profile, service, name);
  return e ? &e->value : NULL;
}

static Profile *find_profile(const Config *c, const char *name) {
  Profile *p = c->profiles;
  while (p && strcmp(p->name, name) != 0) p = p->next;
  return p;
}

int config_set_protected(Config *c, const char *profile, bool on, Err *err) {
  if (!*profile) return err_set(err, ERR_CONFIG, "a profile has no name");
  Profile *p = find_profile(c, profile);
  if (!p) {
    size_t n = strlen(profile) + 1;
    p = n < SIZE_MAX - sizeof *p ? malloc(sizeof *p + n) : NULL;
    if (!p) return no_memory(err);
    memcpy(p->name, profile, n);
    p->next = c->profiles;
    c->profiles = p;
  }
  p->is_protected = on;
  return 0;
}

bool config_is_protected(const Config *c, const char *profile) {
  const Profile *p = find_profile(c, profile);
  return p && p->is_protected;
}

bool config_has_profile(const Config *c, const char *profile) {
  if (!*profile) return false;
  if (find_profile(c, profile)) return true;
  for (const Entry *e = c->entries; e; e = e->next)
    if (strcmp(e->profile, profile) == 0) return true;
  return false;
}

void config_set_history(Config *c, bool all) {
  c->history_all = all;
}

bool config_history(const Config *c) {
  return c->history_all;
}

int config_each(const Config *c, config_each_fn *fn, void *ctx) {
  for (const Entry *e = c->entries; e; e = e->next) {
    int rc = fn(ctx, e->profile, e->service, e->name, &e->value);
    if (rc) return rc;
  }
  return 0;
}
