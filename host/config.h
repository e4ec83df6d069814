/* config.h - settings per profile and service, from file and environment.
   No Lua: the reader of the Lua file (lconfig.c) fills this in. */
/* SPDX-License-Identifier: MIT */
#ifndef CONFIG_H
#define CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include "buf.h"
#include "err.h"
#include "secret.h"

typedef struct Config Config;

typedef enum SettingType {
  SETTING_STRING, SETTING_INTEGER, SETTING_NUMBER, SETTING_BOOLEAN,
  SETTING_SECRET
} SettingType;

/* Borrowed from the Config that holds it. */
typedef struct Setting {
  SettingType type;
  const char *string;      /* SETTING_STRING */
  long long integer;       /* SETTING_INTEGER, SETTING_BOOLEAN (0 or 1) */
  double number;           /* SETTING_INTEGER too */
  Secret *secret;          /* SETTING_SECRET */
  const char *origin;      /* "config.lua", "ERRAND_IXON_TOKEN", ... */
} Setting;

Config *config_new(void);              /* NULL when out of memory */
void config_free(Config *c);           /* NULL is fine */

/* The profile in force: --profile, else ERRAND_PROFILE, else the file's
   default, else "default". Borrowed. */
const char *config_profile(const Config *c);
int config_set_profile(Config *c, const char *name, Err *err);

/* Adds or replaces. Profile "" holds what came from the environment: it
   applies to the profile in force only, never to one chosen by with{}, so
   that a token for one account cannot be sent as another. Copies all. */
int config_set(Config *c, const char *profile, const char *service,
               const char *name, const Setting *value, Err *err);

/* NULL if nothing is set. For the profile in force the environment wins. */
const Setting *config_get(const Config *c, const char *profile,
                          const char *service, const char *name);

/* Marks of a profile itself, such as protected. Marking, with false too,
   makes the profile known. */
int config_set_protected(Config *c, const char *profile, bool on, Err *err);
bool config_is_protected(const Config *c, const char *profile);
bool config_has_profile(const Config *c, const char *profile);

/* Whether the history keeps reads, too: history = "all". */
void config_set_history(Config *c, bool all);
bool config_history(const Config *c);

/* Calls fn for every setting, in order of addition; stops when it returns
   non-zero and returns that. */
typedef int config_each_fn(void *ctx, const char *profile,
                           const char *service, const char *name,
                           const Setting *value);
int config_each(const Config *c, config_each_fn *fn, void *ctx);

#endif
