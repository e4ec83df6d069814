/* lconfig.c - host.config: settings by name; values of secrets stay here. */
/* SPDX-License-Identifier: MIT */
#include "lconfig.h"

#include <errno.h>
#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "bindings.h"
#include "buf.h"
#include "configfile.h"
#include "env.h"
#include "lerr.h"
#include "ltext.h"
#include "secret.h"

#define CONFIG "host.config"

enum { DESCRIBE_MAX = 4096 };

typedef struct LConfig {
  Config *config;   /* NULL only while it is made */
} LConfig;

Config *lconfig_check(lua_State *L, int index) {
  LConfig *c = luaL_checkudata(L, index, CONFIG);
  luaL_argcheck(L, c->config, index, "no configuration");
  return c->config;
}

static const char *check_text(lua_State *L, int index) {
  size_t n;
  const char *text = luaL_checklstring(L, index, &n);
  luaL_argcheck(L, strlen(text) == n, index, "zero byte inside");
  return text;
}

/* What profile, service and name at 2, 3, 4 stand for; NULL if not set. */
static const Setting *find(lua_State *L) {
  const Config *c = lconfig_check(L, 1);
  return config_get(c, check_text(L, 2), check_text(L, 3), check_text(L, 4));
}

static int is_list(const Setting *s) {
  size_t n = s->type == SETTING_STRING ? strlen(s->string) : 0;
  return n > 0 && s->string[n - 1] == CONFIG_LIST_END;
}

/* ---- looking ---- */

static int config_gc(lua_State *L) {
  LConfig *c = luaL_checkudata(L, 1, CONFIG);
  config_free(c->config);
  c->config = NULL;
  return 0;
}

/* profile() -> name of the profile in force */
static int l_profile(lua_State *L) {
  lua_pushstring(L, config_profile(lconfig_check(L, 1)));
  return 1;
}

/* protected(profile), has(profile) -> boolean */
static int l_protected(lua_State *L) {
  lua_pushboolean(L, config_is_protected(lconfig_check(L, 1),
                                         check_text(L, 2)));
  return 1;
}

static int l_has(lua_State *L) {
  lua_pushboolean(L, config_has_profile(lconfig_check(L, 1),
                                        check_text(L, 2)));
  return 1;
}

static void set(lua_State *L, const char *name, const char *value) {
  lua_pushstring(L, value);
  lua_setfield(L, -2, name);
}

/* The list is on top of the stack. An error of Lua may leave the loop of
   config_each: it holds nothing. */
static int add_name(void *ctx, const char *profile, const char *service,
                    const char *name, const Setting *value) {
  static const char *const types[] = {"string", "integer", "number",
                                      "boolean", "secret"};
  lua_State *L = ctx;
  lua_createtable(L, 0, 5);
  set(L, "profile", profile);
  set(L, "service", service);
  set(L, "name", name);
  set(L, "origin", value->origin);
  set(L, "type", is_list(value) ? "list" : types[value->type]);
  lua_rawseti(L, -2, luaL_len(L, -2) + 1);
  return 0;
}

/* names() -> list of { profile, service, name, origin, type } */
static int l_names(lua_State *L) {
  const Config *c = lconfig_check(L, 1);
  lua_newtable(L);
  config_each(c, add_name, L);
  return 1;
}

static void push_list(lua_State *L, const char *text) {
  lua_newtable(L);
  lua_Integer n = 0;
  for (const char *end; (end = strchr(text, CONFIG_LIST_END)); text = end + 1) {
    lua_pushlstring(L, text, (size_t)(end - text));
    lua_rawseti(L, -2, ++n);
  }
}

/* get(profile, service, name) -> value, origin | nil; a secret is `true` */
static int l_get(lua_State *L) {
  const Setting *s = find(L);
  if (!s) return 0;
  switch (s->type) {
  case SETTING_STRING:
    if (is_list(s)) push_list(L, s->string);
    else lua_pushstring(L, s->string);
    break;
  case SETTING_INTEGER: lua_pushinteger(L, s->integer); break;
  case SETTING_NUMBER: lua_pushnumber(L, s->number); break;
  case SETTING_BOOLEAN: lua_pushboolean(L, s->integer != 0); break;
  default: lua_pushboolean(L, 1);
  }
  lua_pushstring(L, s->origin);
  return 2;
}

/* source(profile, service, name) -> where a secret comes from | nil */
static int l_source(lua_State *L) {
  const Setting *s = find(L);
  if (!s || s->type != SETTING_SECRET) return 0;
  Buf *out = ltext_buf(L, DESCRIBE_MAX);
  /* What does not fit is left out; what memory is short of is an error. */
  if (secret_describe(s->secret, out) && out->over) out->failed = false;
  ltext_push(L, out);
  return 1;
}

/* lacks(profile, service, name) -> what is wrong with a text that is known,
   or nil: "is empty", "holds only blanks" */
static int l_lacks(lua_State *L) {
  const Setting *s = find(L);
  const char *text = NULL;
  if (s && s->type == SETTING_STRING) text = s->string;
  if (s && s->type == SETTING_SECRET) text = secret_known(s->secret);
  if (!text || text[strspn(text, SECRET_BLANKS)]) return 0;
  lua_pushstring(L, *text ? "holds only blanks" : "is empty");
  return 1;
}

/* resolve(profile, service, name) -> true | nil, err: fetches a secret now,
   so that it is known to redaction */
static int l_resolve(lua_State *L) {
  const Setting *s = find(L);
  Err err;
  size_t n;
  if (s && s->type == SETTING_SECRET && !secret_value(s->secret, &n, &err))
    return lerr_fail(L, &err);
  lua_pushboolean(L, s != NULL);
  return 1;
}

/* ---- changing ---- */

/* A secret from now on; text (borrowed) is known to redaction at once. */
static int set_literal(Config *c, const char *profile, const char *service,
                       const char *name, const char *text, const char *origin,
                       Err *err) {
  size_t n;
  Setting s = {.type = SETTING_SECRET, .origin = origin};
  s.secret = secret_new(SECRET_LITERAL, text, err);
  if (!s.secret) return -1;
  /* ERR_AUTH: nothing but blanks, a fault only of who signs in with it. */
  int rc = secret_value(s.secret, &n, err) || err->kind == ERR_AUTH
               ? config_set(c, profile, service, name, &s, err) : -1;
  if (rc) err_prefix(err, "profile '%s', %s.%s", profile, service, name);
  secret_release(s.secret);
  return rc;
}

typedef struct Mark {
  Config *config;
  const char *service, *name;
  char profile[CONFIG_PROFILE_MAX + 1];   /* the one to be done next */
  const Setting *found;
} Mark;

/* Stops at the next setting of that name that is no secret yet. */
static int find_plain(void *ctx, const char *profile, const char *service,
                      const char *name, const Setting *value) {
  Mark *m = ctx;
  if (value->type == SETTING_SECRET || value->type == SETTING_BOOLEAN ||
      strcmp(service, m->service) != 0 || strcmp(name, m->name) != 0)
    return 0;
  size_t n = strlen(profile);
  if (n >= sizeof m->profile) return 0;
  memcpy(m->profile, profile, n + 1);
  m->found = value;
  return 1;
}

/* mark_secret(service, name) -> true | nil, err: in every profile, what was
   written as plain text or number becomes a secret */
static int l_mark_secret(lua_State *L) {
  Mark m = {.config = lconfig_check(L, 1), .service = check_text(L, 2),
            .name = check_text(L, 3)};
  Err err;
  while (config_each(m.config, find_plain, &m)) {
    const Setting *s = m.found;
    const char *text = s->string;
    if (s->type != SETTING_STRING) {
      if (s->type == SETTING_INTEGER) lua_pushinteger(L, s->integer);
      else lua_pushnumber(L, s->number);
      text = lua_tostring(L, -1);
    }
    if (set_literal(m.config, m.profile, m.service, m.name, text, s->origin,
                    &err))
      return lerr_fail(L, &err);
  }
  lua_pushboolean(L, 1);
  return 1;
}

/* Pushes the list of strings at index as it is kept. */
static const char *pack_list(lua_State *L, int index) {
  luaL_Buffer b;
  lua_Integer n = luaL_len(L, index);
  luaL_buffinit(L, &b);
  for (lua_Integer i = 1; i <= n; i++) {
    lua_geti(L, index, i);
    size_t len;
    const char *text = luaL_checklstring(L, -1, &len);
    luaL_argcheck(L, strlen(text) == len && !strchr(text, CONFIG_LIST_END),
                  index, "no line breaks in a list");
    luaL_addvalue(&b);
    luaL_addchar(&b, CONFIG_LIST_END);
  }
  luaL_pushresult(&b);
  return lua_tostring(L, -1);
}

static Setting read_value(lua_State *L, int index) {
  Setting s = {.type = SETTING_STRING};
  switch (lua_type(L, index)) {
  case LUA_TTABLE: s.string = pack_list(L, index); break;
  case LUA_TBOOLEAN:
    s.type = SETTING_BOOLEAN;
    s.integer = lua_toboolean(L, index);
    break;
  case LUA_TNUMBER:
    s.type = lua_isinteger(L, index) ? SETTING_INTEGER : SETTING_NUMBER;
    s.integer = lua_tointeger(L, index);
    s.number = lua_tonumber(L, index);
    break;
  default: s.string = check_text(L, index);
  }
  return s;
}

/* set(profile, service, name, value[, origin[, secret]]) -> true | nil, err */
static int l_set(lua_State *L) {
  Config *c = lconfig_check(L, 1);
  const char *profile = check_text(L, 2), *service = check_text(L, 3),
             *name = check_text(L, 4);
  const char *origin = luaL_optstring(L, 6, "set by errand");
  Err err;
  int rc;
  if (lua_toboolean(L, 7)) {
    rc = set_literal(c, profile, service, name, check_text(L, 5), origin, &err);
  } else {
    Setting s = read_value(L, 5);
    s.origin = origin;
    rc = config_set(c, profile, service, name, &s, &err);
  }
  if (rc) return lerr_fail(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

/* set_profile(name[, protected]) -> true | nil, err: puts it in force */
static int l_set_profile(lua_State *L) {
  Config *c = lconfig_check(L, 1);
  const char *name = check_text(L, 2);
  Err err;
  if (config_set_protected(c, name, lua_toboolean(L, 3), &err) ||
      config_set_profile(c, name, &err))
    return lerr_fail(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

/* ---- environment ---- */

static int is_one_of(const char *text, const char *const *words) {
  for (; *words; words++)
    if (strcmp(text, *words) == 0) return 1;
  return 0;
}

/* The words of text, separated by blanks, as a list is kept. Pushes it. */
static const char *push_words(lua_State *L, const char *text) {
  static const char blanks[] = " \t\r\n";
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  for (text += strspn(text, blanks); *text; text += strspn(text, blanks)) {
    size_t n = strcspn(text, blanks);
    luaL_addlstring(&b, text, n);
    luaL_addchar(&b, CONFIG_LIST_END);
    text += n;
  }
  luaL_pushresult(&b);
  return lua_tostring(L, -1);
}

/* NULL, or what was expected. text must outlive *s. */
static const char *convert(lua_State *L, const char *type, const char *text,
                           Setting *s) {
  static const char *const yes[] = {"true", "1", "yes", "on", NULL};
  static const char *const no[] = {"false", "0", "no", "off", NULL};
  char *end = NULL;
  if (strcmp(type, "boolean") == 0 || strcmp(type, "flag") == 0) {
    s->type = SETTING_BOOLEAN;
    s->integer = is_one_of(text, yes);
    return s->integer || is_one_of(text, no) ? NULL : "true or false";
  }
  if (strcmp(type, "integer") == 0) {
    s->type = SETTING_INTEGER;
    errno = 0;
    s->integer = strtoll(text, &end, 10);
    s->number = (double)s->integer;
    return *text && !*end && !errno ? NULL : "a whole number";
  }
  if (strcmp(type, "number") == 0) {
    s->type = SETTING_NUMBER;
    s->number = strtod(text, &end);
    return *text && !*end && isfinite(s->number) ? NULL : "a number";
  }
  s->type = SETTING_STRING;
  s->string = *type == '[' ? push_words(L, text) : text;
  return NULL;
}

/* env(variable, service, name, type, secret) -> true | nil, err: takes the
   setting from the environment, a secret out of it (or shares one that
   another configuration took); false if it is empty, which counts as not
   set */
static int l_env(lua_State *L) {
  Config *c = lconfig_check(L, 1);
  const char *variable = check_text(L, 2), *service = check_text(L, 3),
             *name = check_text(L, 4), *type = check_text(L, 5);
  Setting s = {.origin = variable};
  Err err;
  const char *text = env_get(variable), *wants = NULL;
  bool secret = lua_toboolean(L, 6);
  bool taken = secret && !text && secret_took(variable);
  if (!text && !taken) return luaL_error(L, "%s is not set", variable);
  if (text && !*text) {
    lua_pushboolean(L, 0);
    return 1;
  }
  int rc = -1;
  if (secret) {
    s.type = SETTING_SECRET;
    s.secret = secret_new(SECRET_ENV, variable, &err);
    if (s.secret) rc = config_set(c, "", service, name, &s, &err);
    secret_release(s.secret);
  } else if ((wants = convert(L, type, text, &s))) {
    rc = err_set(&err, ERR_CONFIG, "%s must be %s", variable, wants);
  } else {
    rc = config_set(c, "", service, name, &s, &err);
  }
  if (rc) return lerr_fail(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

/* secret(profile, service, name, source, what) -> true | nil, err: a setting
   whose value is looked up when it is needed, as the configuration file's are;
   source is "env" (taken out of the environment now), "file", "command" or
   "credential" */
static int l_secret(lua_State *L) {
  static const char *const names[] = {"env", "file", "command", "credential",
                                      NULL};
  static const SecretSource sources[] = {SECRET_ENV, SECRET_FILE,
                                         SECRET_COMMAND, SECRET_CREDENTIAL};
  Config *c = lconfig_check(L, 1);
  const char *profile = check_text(L, 2), *service = check_text(L, 3),
             *name = check_text(L, 4);
  Err err;
  Setting s = {.type = SETTING_SECRET, .origin = names[0]};
  int source = luaL_checkoption(L, 5, NULL, names);
  s.origin = names[source];
  s.secret = secret_new(sources[source], check_text(L, 6), &err);
  if (!s.secret) return lerr_fail(L, &err);
  int rc = config_set(c, profile, service, name, &s, &err);
  secret_release(s.secret);
  if (rc) return lerr_fail(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

/* history() -> "writes" or "all" */
static int l_history(lua_State *L) {
  lua_pushstring(L, config_history(lconfig_check(L, 1)) ? "all" : "writes");
  return 1;
}

static const luaL_Reg methods[] = {
  {"history", l_history}, {"profile", l_profile},
  {"protected", l_protected}, {"has", l_has},
  {"names", l_names}, {"get", l_get}, {"source", l_source},
  {"lacks", l_lacks}, {"resolve", l_resolve}, {"mark_secret", l_mark_secret},
  {"set", l_set}, {"secret", l_secret},
  {"set_profile", l_set_profile}, {"env", l_env}, {NULL, NULL}};

/* ---- functions ---- */

static LConfig *push_new(lua_State *L) {
  LConfig *c = lua_newuserdatauv(L, sizeof *c, 0);
  c->config = NULL;
  luaL_setmetatable(L, CONFIG);
  c->config = config_new();
  if (!c->config) luaL_error(L, "not enough memory");
  return c;
}

/* new() -> an empty configuration */
static int l_new(lua_State *L) {
  push_new(L);
  return 1;
}

/* load(path[, profile]) -> configuration | nil, err */
static int l_load(lua_State *L) {
  const char *path = check_text(L, 1);
  const char *wanted = lua_isnoneornil(L, 2) ? NULL : check_text(L, 2);
  LConfig *c = push_new(L);
  Err err;
  if (configfile_load(c->config, path, wanted, &err)) return lerr_fail(L, &err);
  return 1;
}

static const luaL_Reg functions[] = {
  {"new", l_new}, {"load", l_load}, {NULL, NULL}};

int luaopen_host_config(lua_State *L) {
  luaL_newmetatable(L, CONFIG);
  lua_pushcfunction(L, config_gc);
  lua_setfield(L, -2, "__gc");
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}
