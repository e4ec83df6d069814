/* lcron.c - host.cron: schedules' expressions and time zones. */
/* SPDX-License-Identifier: MIT */
#include "bindings.h"

#include <lauxlib.h>
#include <math.h>
#include <string.h>

#include "civil.h"
#include "cron.h"
#include "lerr.h"
#include "lhandle.h"
#include "lopt.h"
#include "ltext.h"

#define CRON "host.cron.cron"
#define ZONE "host.cron.zone"

enum { MISSED_MAX = 100, SLOTS_MAX = 100000, SAY_MAX = 4096, STAMP = 32 };

typedef struct Cron {
  CronRow row;
  CronZone zone;
  Tz *tz;            /* owned; NULL until it is open */
} Cron;

/* ---- arguments and results ---- */

/* Whole seconds since 1970; a fraction is cut off. */
static int64_t check_instant(lua_State *L, int index) {
  lua_Number n = floor(luaL_checknumber(L, index));
  luaL_argcheck(L, n >= (double)TZ_UTC_MIN && n <= (double)TZ_UTC_MAX, index,
                "seconds since 1970 within the years 1 to 9999 expected");
  return (int64_t)n;
}

static void set_integer(lua_State *L, const char *name, int64_t value) {
  lua_pushinteger(L, (lua_Integer)value);
  lua_setfield(L, -2, name);
}

static void set_flag(lua_State *L, const char *name, bool value) {
  lua_pushboolean(L, value);
  lua_setfield(L, -2, name);
}

/* "2026-03-29 03:00:00" */
static void push_time(lua_State *L, int64_t local) {
  char text[STAMP];
  Civil c;
  civil_from(local, &c);
  lua_pushlstring(L, text, (size_t)snprintf(
    text, sizeof text, "%04u-%02u-%02u %02u:%02u:%02u",
    (unsigned)c.year % 10000, (unsigned)c.month % 100, (unsigned)c.day % 100,
    (unsigned)c.hour % 100, (unsigned)c.minute % 100,
    (unsigned)c.second % 100));
}

static void set_time(lua_State *L, const char *name, int64_t local) {
  push_time(L, local);
  lua_setfield(L, -2, name);
}

static void set_span(lua_State *L, const TzSpan *span) {
  set_integer(L, "offset", span->offset);
  set_flag(L, "dst", span->dst);
  lua_pushstring(L, span->name);
  lua_setfield(L, -2, "abbreviation");
}

/* ---- slots ---- */

/* The local times that the slot stands for, as far as a list may be long. */
static void push_missed(lua_State *L, const Cron *c, const CronSlot *slot) {
  int64_t at = slot->gap_from, both[2];
  lua_Integer n = 0;
  lua_newtable(L);
  while (n < MISSED_MAX && (at = cron_local(&c->row, at)) < slot->gap_to) {
    if (tz_local(c->tz, at, both) == 0) {
      push_time(L, at);
      lua_rawseti(L, -2, ++n);
    }
    at += 60;
  }
}

static void push_slot(lua_State *L, const Cron *c, const CronSlot *slot) {
  lua_createtable(L, 0, 8);
  set_integer(L, "at", slot->utc);
  set_time(L, "local_time", slot->utc + slot->span.offset);
  set_span(L, &slot->span);
  set_flag(L, "own", slot->own);
  if (slot->flags & CRON_OVERLAP) set_flag(L, "overlap", true);
  if (!(slot->flags & CRON_GAP)) return;
  set_flag(L, "gap", true);
  set_integer(L, "collapsed", slot->collapsed);
  push_missed(L, c, slot);
  lua_setfield(L, -2, "missed");
}

static Cron *check_cron(lua_State *L) {
  Cron *c = luaL_checkudata(L, 1, CRON);
  luaL_argcheck(L, c->tz, 1, "closed expression");
  return c;
}

/* cron:next(after) -> slot, or nil if there is none */
static int cron_next_slot(lua_State *L) {
  Cron *c = check_cron(L);
  CronSlot slot;
  if (cron_next(&c->row, &c->zone, check_instant(L, 2), &slot))
    push_slot(L, c, &slot);
  else
    lua_pushnil(L);
  return 1;
}

/* cron:slots(after, upto[, max = 1000]) -> list of the slots later than after
   and not later than upto, whether there are more than max */
static int cron_slots(lua_State *L) {
  Cron *c = check_cron(L);
  int64_t after = check_instant(L, 2), upto = check_instant(L, 3);
  lua_Integer max = luaL_optinteger(L, 4, 1000), n = 0;
  luaL_argcheck(L, max >= 0 && max <= SLOTS_MAX, 4,
                "a number from 0 to 100000 expected");
  CronSlot slot;
  lua_newtable(L);
  while (cron_next(&c->row, &c->zone, after, &slot) && slot.utc <= upto) {
    if (n == max) {
      lua_pushboolean(L, 1);
      return 2;
    }
    push_slot(L, c, &slot);
    lua_rawseti(L, -2, ++n);
    after = slot.utc;
  }
  lua_pushboolean(L, 0);
  return 2;
}

/* cron:count(after, upto[, max = 1000000]) -> how many slots there are, at
   most max, and the last one counted or nil */
static int cron_count(lua_State *L) {
  Cron *c = check_cron(L);
  int64_t after = check_instant(L, 2), upto = check_instant(L, 3);
  lua_Integer max = luaL_optinteger(L, 4, 1000000), n = 0;
  CronSlot slot, last = {0};
  while (n < max && cron_next(&c->row, &c->zone, after, &slot) &&
         slot.utc <= upto) {
    last = slot;
    after = slot.utc;
    n++;
  }
  lua_pushinteger(L, n);
  if (n > 0) push_slot(L, c, &last);
  else lua_pushnil(L);
  return 2;
}

/* cron:explain() -> "at 06:15 on Monday to Friday" */
static int cron_explain(lua_State *L) {
  Cron *c = check_cron(L);
  Buf *b = ltext_buf(L, SAY_MAX);
  if (cron_say(&c->row, b)) return luaL_error(L, "out of memory");
  ltext_push(L, b);
  return 1;
}

/* cron:kind() -> "interval", "wall", "every" or "boot" */
static int cron_kind(lua_State *L) {
  lua_pushstring(L, cron_kind_name(check_cron(L)->row.kind));
  return 1;
}

/* cron:every() -> seconds of @every, or nil */
static int cron_every(lua_State *L) {
  Cron *c = check_cron(L);
  if (c->row.kind == CRON_EVERY) lua_pushinteger(L, c->row.every);
  else lua_pushnil(L);
  return 1;
}

/* cron:changed() -> whether the zone's file is another by now; make a new one
   then */
static int cron_changed(lua_State *L) {
  lua_pushboolean(L, tz_changed(check_cron(L)->tz));
  return 1;
}

static int cron_close(lua_State *L) {
  Cron *c = luaL_checkudata(L, 1, CRON);
  tz_close(c->tz);
  c->tz = NULL;
  return 0;
}

/* ---- new ---- */

typedef struct New {
  const char *name, *tz;
  int days, dst;
  double since;
} New;

static const char *const days_choices[] = {"", "and", "or", NULL};
static const char *const dst_choices[] = {"run", "skip", NULL};
static const Lopt new_options[] = {
  {"name", LOPT_STRING, offsetof(New, name), NULL, false},
  {"tz", LOPT_STRING, offsetof(New, tz), NULL, false},
  {"days", LOPT_ENUM, offsetof(New, days), days_choices, false},
  {"dst", LOPT_ENUM, offsetof(New, dst), dst_choices, false},
  {"since", LOPT_NUMBER, offsetof(New, since), NULL, false},
  {NULL, 0, 0, NULL, false}};

/* nil, error with the faults as problems; the zone's is err, if it has one. */
static int push_faults(lua_State *L, const CronFaults *faults,
                       const Err *zone) {
  Err err;
  int n = faults->n + (zone->kind != ERR_NONE);
  err_set(&err, faults->n ? ERR_VALIDATION : zone->kind,
          "the schedule's time has %d fault%s", n, n == 1 ? "" : "s");
  lua_pushnil(L);
  lerr_push(L, &err);
  lua_createtable(L, n, 0);
  for (int i = 0; i < faults->n; i++) {
    lua_pushstring(L, faults->text[i]);
    lua_rawseti(L, -2, i + 1);
  }
  if (zone->kind != ERR_NONE) {
    lua_pushstring(L, zone->text);
    lua_rawseti(L, -2, n);
  }
  lua_setfield(L, -2, "problems");
  return 2;
}

static const char *check_text(lua_State *L, int index) {
  size_t n;
  const char *text = luaL_checklstring(L, index, &n);
  luaL_argcheck(L, strlen(text) == n, index, "zero byte inside");
  return text;
}

/* What says nothing of a zone or its name: want of memory, and Ctrl-C. */
static bool is_raised(const Err *err) {
  return err->kind == ERR_SCRIPT || err->kind == ERR_CANCELLED;
}

/* new(text[, { name, tz = "UTC", days = "and"|"or", dst = "run"|"skip",
   since = 0 }]) -> cron | nil, error whose problems are all its faults */
static int l_new(lua_State *L) {
  New o = {.name = "", .tz = "UTC"};
  CronFaults faults;
  Err err;
  const char *text = check_text(L, 1);
  lopt_read(L, 2, new_options, &o);
  if (!(o.since >= (double)TZ_UTC_MIN && o.since <= (double)TZ_UTC_MAX))
    return luaL_error(L, "option 'since': seconds since 1970 expected");
  Cron *c = lua_newuserdatauv(L, sizeof *c, 0);
  memset(c, 0, sizeof *c);
  luaL_setmetatable(L, CRON);
  const CronOptions options = {.name = o.name, .days = (CronDays)o.days};
  err_clear(&err);
  bool bad = cron_parse(&c->row, text, &options, &faults) != 0;
  c->tz = tz_open(o.tz, &err);
  if (is_raised(&err)) return lerr_raise(L, &err);
  if (bad || !c->tz) return push_faults(L, &faults, &err);
  c->zone = (CronZone){.tz = c->tz, .skip_gaps = o.dst == 1,
                       .since = (int64_t)floor(o.since)};
  return 1;
}

/* ---- zones ---- */

static Tz **check_zone(lua_State *L) {
  Tz **tz = luaL_checkudata(L, 1, ZONE);
  luaL_argcheck(L, *tz, 1, "closed zone");
  return tz;
}

/* zone(name) -> zone | nil, error */
static int l_zone(lua_State *L) {
  Err err;
  const char *name = check_text(L, 1);
  Tz **tz = lua_newuserdatauv(L, sizeof *tz, 0);
  *tz = NULL;
  luaL_setmetatable(L, ZONE);
  *tz = tz_open(name, &err);
  if (*tz) return 1;
  return is_raised(&err) ? lerr_raise(L, &err) : lerr_fail(L, &err);
}

/* zone:at(utc) -> { local_time, offset, dst, abbreviation, from, to }: from and
   to are the transitions before and after, nil where there is none */
static int zone_at(lua_State *L) {
  Tz **tz = check_zone(L);
  int64_t utc = check_instant(L, 2);
  TzSpan span;
  tz_span(*tz, utc, &span);
  lua_createtable(L, 0, 6);
  set_span(L, &span);
  set_time(L, "local_time", utc + span.offset);
  if (span.from != INT64_MIN) set_integer(L, "from", span.from);
  if (span.to != INT64_MAX) set_integer(L, "to", span.to);
  return 1;
}

/* The digits at s as the pattern has them: 0 for a digit, T for T or blank.
   Their values go to parts, one a group. */
static bool match_digits(const char *s, const char *pattern, int *parts) {
  bool inside = false;
  for (; *pattern; s++, pattern++) {
    if (*pattern == '0') {
      if (*s < '0' || *s > '9') return false;
      if (!inside) *++parts = 0;
      *parts = *parts * 10 + (*s - '0');
    } else if (*s != *pattern && !(*pattern == 'T' && *s == ' ')) {
      return false;
    }
    inside = *pattern == '0';
  }
  return *s == '\0';
}

/* "2026-03-29 02:30" or with seconds, or a T between, as local seconds. */
static int64_t check_local(lua_State *L, int index) {
  const char *s = check_text(L, index);
  int p[7] = {0};
  bool good = (match_digits(s, "0000-00-00T00:00", p) ||
               match_digits(s, "0000-00-00T00:00:00", p)) &&
    p[1] >= 1 && p[2] >= 1 && p[2] <= 12 && p[3] >= 1 &&
    p[3] <= civil_month_days(p[1], p[2]) && p[4] < 24 && p[5] < 60 &&
    p[6] < 60;
  luaL_argcheck(L, good, index, "local time such as 2026-03-29 02:30 expected");
  return civil_seconds(&(Civil){.year = p[1], .month = p[2], .day = p[3],
                                .hour = p[4], .minute = p[5], .second = p[6]});
}

/* zone:instants("2026-03-29 02:30") -> the instants at which clocks show it: a
   list of none, one or two */
static int zone_instants(lua_State *L) {
  Tz **tz = check_zone(L);
  int64_t both[2];
  int n = tz_local(*tz, check_local(L, 2), both);
  lua_createtable(L, n, 0);
  for (int i = 0; i < n; i++) {
    lua_pushinteger(L, (lua_Integer)both[i]);
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}

static int zone_changed(lua_State *L) {
  lua_pushboolean(L, tz_changed(*check_zone(L)));
  return 1;
}

static int zone_name(lua_State *L) {
  lua_pushstring(L, tz_name(*check_zone(L)));
  return 1;
}

static int zone_close(lua_State *L) {
  Tz **tz = luaL_checkudata(L, 1, ZONE);
  tz_close(*tz);
  *tz = NULL;
  return 0;
}

/* ---- functions ---- */

/* tzdata() -> "2025b", or nil if the machine does not tell */
static int l_tzdata(lua_State *L) {
  char version[32];
  if (tz_version(version, sizeof version)) lua_pushnil(L);
  else lua_pushstring(L, version);
  return 1;
}

/* jitter(name, max) -> whole seconds of 0 to max, the same for every call */
static int l_jitter(lua_State *L) {
  const char *name = check_text(L, 1);
  lua_Number max = luaL_checknumber(L, 2);
  luaL_argcheck(L, max >= 0 && max <= 1e9, 2, "seconds expected");
  lua_pushinteger(L, (lua_Integer)cron_jitter(name, (int64_t)max));
  return 1;
}

static const luaL_Reg cron_methods[] = {
  {"next", cron_next_slot}, {"slots", cron_slots}, {"count", cron_count},
  {"explain", cron_explain}, {"kind", cron_kind}, {"every", cron_every},
  {"changed", cron_changed}, {"close", cron_close}, {NULL, NULL}};

static const luaL_Reg zone_methods[] = {
  {"at", zone_at}, {"instants", zone_instants}, {"changed", zone_changed},
  {"name", zone_name}, {"close", zone_close}, {NULL, NULL}};

static const luaL_Reg functions[] = {
  {"new", l_new}, {"zone", l_zone}, {"tzdata", l_tzdata},
  {"jitter", l_jitter}, {NULL, NULL}};

int luaopen_host_cron(lua_State *L) {
  lhandle_register(L, CRON, cron_methods, cron_close);
  lhandle_register(L, ZONE, zone_methods, zone_close);
  luaL_newlib(L, functions);
  return 1;
}
