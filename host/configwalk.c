/* configwalk.c - from the table of a configuration file to the Config. */
/* SPDX-License-Identifier: MIT */
#include "configjob.h"

#include <lauxlib.h>
#include <math.h>
#include <string.h>
#include "configfile.h"
#include "text.h"

/* The step limit does not see what is done here, nor the memory limit what
   is kept: a few tables, each used many times, are billions of settings. */
enum { ENTRIES_MAX = 1000, SETTINGS_MAX = 5000, VALUE_MAX = 64 * 1024 };

void configjob_hint(lua_State *L, const char *given,
                    const char *const *names) {
  size_t n = strlen(given);
  unsigned best = n / 3 < 1 ? 1 : n / 3 > 4 ? 4 : (unsigned)(n / 3);
  const char *near = NULL;
  for (; *names; names++) {
    unsigned d = text_distance(given, *names, best);
    if (d > best || (near && d == best)) continue;
    best = d;
    near = *names;
  }
  if (near) lua_pushfstring(L, " (did you mean '%s'?)", near);
  else lua_pushliteral(L, "");
}

/* Ends the reading with what a C function put into job->err, or with our own
   text about the file. */
static int give_up(lua_State *L) {
  configjob(L)->told = true;
  return luaL_error(L, "told");
}

static int complain(lua_State *L, const char *where, const char *what) {
  Job *job = configjob(L);
  err_set(job->err, ERR_CONFIG, "%s: %s%s%s", job->path, where,
          *where ? ": " : "", what);
  return give_up(L);
}

/* Pushes the sorted keys of the table at index; complains of others than
   strings. The order makes one of several faults the first, always. */
static lua_Integer push_keys(lua_State *L, int index, const char *where) {
  index = lua_absindex(L, index);
  lua_newtable(L);
  int keys = lua_gettop(L);
  lua_Integer n = 0;
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING)
      return complain(L, where, "holds a value without a name");
    if (n == ENTRIES_MAX) return complain(L, where, "holds too many entries");
    lua_Integer at = ++n;
    for (; at > 1; at--) {
      lua_rawgeti(L, keys, at - 1);
      if (strcmp(lua_tostring(L, -1), lua_tostring(L, -3)) <= 0) break;
      lua_rawseti(L, keys, at);
    }
    if (at > 1) lua_pop(L, 1);
    lua_pushvalue(L, -2);
    lua_rawseti(L, keys, at);
  }
  return n;
}

typedef struct Place {
  const char *profile, *service, *name;
  const char *where;    /* for messages */
} Place;

static int refuse(lua_State *L, const Place *p, const char *what) {
  return complain(L, p->where, what);
}

/* Text that C can hold whole. */
static const char *read_text(lua_State *L, const Place *p) {
  size_t n;
  const char *s = lua_tolstring(L, -1, &n);
  if (strlen(s) != n) refuse(L, p, "holds a zero byte");
  if (n > VALUE_MAX) refuse(L, p, "is longer than 65536 bytes");
  if (n > 0 && s[n - 1] == CONFIG_LIST_END)
    refuse(L, p, "ends with a line break");
  return s;
}

/* Pushes the list on top of the stack as one string; NULL if it is empty. */
static const char *push_list(lua_State *L, const Place *p) {
  int list = lua_gettop(L);
  lua_Integer n = luaL_len(L, list), named = 0;
  if (n > ENTRIES_MAX) refuse(L, p, "is too long a list");
  for (lua_pushnil(L); lua_next(L, list); lua_pop(L, 1)) named++;
  if (named != n) refuse(L, p, "must be one value or a list of strings");
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  for (lua_Integer i = 1; i <= n; i++) {
    if (lua_geti(L, list, i) != LUA_TSTRING)
      refuse(L, p, "must be one value or a list of strings");
    const char *text = read_text(L, p);
    if (*text == '\0' || strchr(text, CONFIG_LIST_END))
      refuse(L, p, "holds an empty string or a line break");
    luaL_addvalue(&b);
    luaL_addchar(&b, CONFIG_LIST_END);
  }
  luaL_pushresult(&b);
  if (lua_rawlen(L, -1) > VALUE_MAX)
    refuse(L, p, "is longer than 65536 bytes");
  return n ? lua_tostring(L, -1) : NULL;
}

static void read_number(lua_State *L, const Place *p, Setting *s) {
  s->number = lua_tonumber(L, -1);
  if (lua_isinteger(L, -1)) {
    s->type = SETTING_INTEGER;
    s->integer = lua_tointeger(L, -1);
    return;
  }
  if (!isfinite(s->number)) refuse(L, p, "is no finite number");
  s->type = SETTING_NUMBER;
}

static void read_secret(lua_State *L, const Place *p, Setting *s) {
  Handle *h = luaL_checkudata(L, -1, CONFIG_SECRET);
  if (!h->secret) {
    const char *question = lua_pushfstring(L, "%s %s (profile %s): ",
                                           p->service, p->name, p->profile);
    h->secret = secret_new(SECRET_PROMPT, question, configjob(L)->err);
    if (!h->secret) give_up(L);
    lua_pop(L, 1);
  }
  s->type = SETTING_SECRET;
  s->secret = h->secret;
}

/* The value is on top of the stack. */
static void read_setting(lua_State *L, const Place *p) {
  Job *job = configjob(L);
  int top = lua_gettop(L);
  Setting s = {.origin = job->path};
  if (++job->settings > SETTINGS_MAX)
    complain(L, "", "holds more than 5000 settings");
  switch (lua_type(L, -1)) {
  case LUA_TSTRING:
    s.type = SETTING_STRING;
    s.string = read_text(L, p);
    break;
  case LUA_TNUMBER:
    read_number(L, p, &s);
    break;
  case LUA_TBOOLEAN:
    s.type = SETTING_BOOLEAN;
    s.integer = lua_toboolean(L, -1);
    break;
  case LUA_TTABLE:
    s.type = SETTING_STRING;
    s.string = push_list(L, p);
    if (!s.string) goto out;   /* an empty list sets nothing */
    break;
  case LUA_TUSERDATA:
    read_secret(L, p, &s);
    break;
  case LUA_TFUNCTION:
    refuse(L, p, "is a function that was not called: secret.env \"NAME\"");
    break;
  default:
    refuse(L, p, "must be a value");
  }
  if (config_set(job->config, p->profile, p->service, p->name, &s, job->err))
    give_up(L);
out:
  lua_settop(L, top);
}

/* The table of a service is on top of the stack. */
static void read_service(lua_State *L, const char *profile,
                         const char *service) {
  int table = lua_gettop(L);
  const char *where = lua_pushfstring(L, "profile '%s', %s", profile, service);
  lua_Integer n = push_keys(L, table, where);
  int keys = lua_gettop(L);
  for (lua_Integer i = 1; i <= n; i++) {
    lua_rawgeti(L, keys, i);
    Place p = {.profile = profile, .service = service,
               .name = lua_tostring(L, -1)};
    p.where = lua_pushfstring(L, "%s.%s", where, p.name);
    lua_getfield(L, table, p.name);
    read_setting(L, &p);
    lua_settop(L, keys);
  }
}

static void read_mark(lua_State *L, const char *profile, const char *key,
                      const char *where) {
  static const char *const marks[] = {"protected", NULL};
  Job *job = configjob(L);
  if (strcmp(key, "protected") == 0) {
    if (!lua_isboolean(L, -1))
      complain(L, where, "protected must be true or false");
    if (config_set_protected(job->config, profile, lua_toboolean(L, -1),
                             job->err))
      give_up(L);
    return;
  }
  configjob_hint(L, key, marks);
  complain(L, where, lua_pushfstring(L, "%s must be a table of settings%s",
                                     key, lua_tostring(L, -1)));
}

/* The table of a profile is on top of the stack. */
static void read_profile(lua_State *L, const char *profile) {
  Job *job = configjob(L);
  int table = lua_gettop(L);
  const char *where = lua_pushfstring(L, "profile '%s'", profile);
  if (!lua_istable(L, table)) complain(L, where, "must be a table");
  /* An empty profile is a profile as well. */
  if (config_set_protected(job->config, profile, false, job->err)) give_up(L);
  lua_Integer n = push_keys(L, table, where);
  int keys = lua_gettop(L);
  for (lua_Integer i = 1; i <= n; i++) {
    lua_rawgeti(L, keys, i);
    const char *key = lua_tostring(L, -1);
    if (lua_getfield(L, table, key) == LUA_TTABLE &&
        strcmp(key, "protected") != 0)
      read_service(L, profile, key);
    else
      read_mark(L, profile, key, where);
    lua_settop(L, keys);
  }
}

/* Says that a profile is not there, and which one was meant. */
static int no_profile(lua_State *L, const char *profile, int keys,
                      lua_Integer n) {
  const char **names = lua_newuserdatauv(L, ((size_t)n + 1) * sizeof *names, 0);
  for (lua_Integer i = 0; i < n; i++) {
    lua_rawgeti(L, keys, i + 1);
    names[i] = lua_tostring(L, -1);   /* anchored by keys */
    lua_pop(L, 1);
  }
  names[n] = NULL;
  configjob_hint(L, profile, names);
  return complain(L, "", lua_pushfstring(L, "there is no profile '%s'%s",
                                         profile, lua_tostring(L, -1)));
}

/* Of several profiles none is taken by guess. */
static void choose_profile(lua_State *L, int root, int keys, lua_Integer n) {
  Job *job = configjob(L);
  const char *profile = job->wanted;
  if (lua_getfield(L, root, "default") != LUA_TNIL) {
    if (lua_type(L, -1) != LUA_TSTRING)
      complain(L, "default", "must be the name of a profile");
    if (!profile) profile = lua_tostring(L, -1);
  } else if (!profile && n == 1) {
    lua_rawgeti(L, keys, 1);
    profile = lua_tostring(L, -1);
  }
  if (!profile) {
    complain(L, "", "no profile is chosen: add default = \"NAME\", or use "
             "--profile NAME or ERRAND_PROFILE");
    return;   /* never: complain raises */
  }
  if (!*profile || !config_has_profile(job->config, profile))
    no_profile(L, profile, keys, n);
  if (config_set_profile(job->config, profile, job->err)) give_up(L);
}

static void read_history(lua_State *L, int root) {
  lua_getfield(L, root, "history");
  const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
  bool all = strcmp(text, "all") == 0;
  if (!all && strcmp(text, "writes") != 0)
    complain(L, "history", "must be \"writes\" or \"all\"");
  config_set_history(configjob(L)->config, all);
  lua_pop(L, 1);
}

void configjob_walk(lua_State *L) {
  static const char *const known[] = {"default", "history", "profiles", NULL};
  int root = lua_gettop(L);
  if (!lua_istable(L, root)) complain(L, "", "must return a table");
  lua_Integer n = push_keys(L, root, "");
  for (lua_Integer i = 1; i <= n; i++) {
    lua_rawgeti(L, root + 1, i);
    const char *key = lua_tostring(L, -1);
    if (strcmp(key, "default") == 0 || strcmp(key, "profiles") == 0) continue;
    if (strcmp(key, "history") == 0) {
      read_history(L, root);
      continue;
    }
    configjob_hint(L, key, known);
    complain(L, "", lua_pushfstring(L, "unknown key '%s'%s", key,
                                    lua_tostring(L, -1)));
  }
  lua_settop(L, root);
  if (lua_getfield(L, root, "profiles") != LUA_TTABLE)
    complain(L, "", "has no table 'profiles'");
  int profiles = lua_gettop(L);
  n = push_keys(L, profiles, "profiles");
  int keys = lua_gettop(L);
  for (lua_Integer i = 1; i <= n; i++) {
    lua_rawgeti(L, keys, i);
    const char *profile = lua_tostring(L, -1);
    size_t len = strlen(profile);
    if (len == 0 || len > CONFIG_PROFILE_MAX)
      complain(L, "profiles", "the name of a profile is empty or too long");
    lua_getfield(L, profiles, profile);
    read_profile(L, profile);
    lua_settop(L, keys);
  }
  choose_profile(L, root, keys, n);
}
