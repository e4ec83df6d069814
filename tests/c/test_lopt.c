/* test_lopt.c - option tables: values, defaults, every fault named. */
/* SPDX-License-Identifier: MIT */
#include "lopt.h"

#include "tap.h"
#include "lalloc.h"

typedef struct Target {
  const char *name;
  lua_Integer count;
  double ratio, timeout;
  bool quiet, data;
  size_t limit;
  int mode;
} Target;

static const char *const modes[] = {"fast", "slow", NULL};

static const Lopt options[] = {
  {"name", LOPT_STRING, offsetof(Target, name), NULL, false},
  {"count", LOPT_INTEGER, offsetof(Target, count), NULL, false},
  {"ratio", LOPT_NUMBER, offsetof(Target, ratio), NULL, false},
  {"timeout", LOPT_SECONDS, offsetof(Target, timeout), NULL, false},
  {"quiet", LOPT_BOOLEAN, offsetof(Target, quiet), NULL, false},
  {"limit", LOPT_SIZE, offsetof(Target, limit), NULL, false},
  {"mode", LOPT_ENUM, offsetof(Target, mode), modes, false},
  {"data", LOPT_VALUE, offsetof(Target, data), NULL, false},
  {0}
};

static const Lopt wanted[] = {
  {"name", LOPT_STRING, offsetof(Target, name), NULL, true},
  {"count", LOPT_INTEGER, offsetof(Target, count), NULL, true},
  {0}
};

static Target got;

static int l_read(lua_State *L) {
  got = (Target){"none", 1, 2.5, 10, false, false, 7, 1};
  int top = lua_gettop(L);
  lopt_read(L, 1, options, &got);
  if (lua_gettop(L) != top) return luaL_error(L, "stack not level");
  return 0;
}

static int l_want(lua_State *L) {
  lopt_read(L, 1, wanted, &got);
  return 0;
}

static lua_State *L;

/* Runs the chunk; "" or the error. */
static const char *run(const char *chunk) {
  lua_settop(L, 0);
  if (luaL_loadbuffer(L, chunk, strlen(chunk), "=script") == LUA_OK &&
      lua_pcall(L, 0, 0, 0) == LUA_OK) return "";
  return lua_tostring(L, -1);
}

static void raises(const char *chunk, const char *want) {
  is_str(run(chunk), want, chunk);
}

static void test_values(void) {
  is_str(run("read{ name = 'x', count = 3, ratio = 1, timeout = 0.5, "
             "quiet = true, limit = 9, mode = 'fast', data = false }"), "",
         "all of them");
  is_str(got.name, "x", "string");
  ok(got.count == 3 && got.ratio == 1 && got.timeout == 0.5, "numbers");
  ok(got.quiet && got.data && got.limit == 9 && got.mode == 0, "the rest");
  is_str(run("read{ count = 4.0 }"), "", "an integral float is an integer");
  is_int(got.count, 4, "and arrives");
  is_str(run("read()"), "", "none");
  is_str(run("read(nil)"), "", "nil");
  is_str(run("read{}"), "", "an empty table");
  ok(strcmp(got.name, "none") == 0 && got.count == 1 && got.ratio == 2.5 &&
     got.timeout == 10 && !got.quiet && got.limit == 7 && got.mode == 1 &&
     !got.data, "defaults stay");
}

#define KNOWN "known: name, count, ratio, timeout, quiet, limit, mode, data"

static void test_unknown(void) {
  raises("read{ timout = 1 }", "script:1: unknown option 'timout' "
         "(did you mean 'timeout'?); " KNOWN);
  raises("read{ Name = 'x' }", "script:1: unknown option 'Name' "
         "(did you mean 'name'?); " KNOWN);
  raises("read{ zzzzzz = 1 }", "script:1: unknown option 'zzzzzz'; " KNOWN);
  raises("read{ ['a\\27[31m'] = 1 }", "script:1: unknown option '?'; " KNOWN);
  raises("read{ ['name\\0'] = 1 }", "script:1: unknown option '?' "
         "(did you mean 'name'?); " KNOWN);
  raises("read{ 'x' }", "script:1: options are named, got a list; " KNOWN);
  raises("read{ [true] = 1 }",
         "script:1: option names are strings, got a boolean; " KNOWN);
  raises("read('x')", "script:1: options: table expected, got string");
}

static void test_types(void) {
  raises("read{ name = 3 }",
         "script:1: option 'name': string expected, got number");
  raises("read{ name = 'a\\0b' }",
         "script:1: option 'name': text without NUL bytes expected");
  raises("read{ timeout = 'x' }",
         "script:1: option 'timeout': number expected, got string");
  raises("read{ timeout = '5' }",
         "script:1: option 'timeout': number expected, got string");
  raises("read{ timeout = -1 }",
         "script:1: option 'timeout': seconds must be finite and not negative");
  raises("read{ timeout = 1/0 }",
         "script:1: option 'timeout': seconds must be finite and not negative");
  raises("read{ timeout = 0/0 }",
         "script:1: option 'timeout': seconds must be finite and not negative");
  raises("read{ count = 1.5 }",
         "script:1: option 'count': integer expected, got a fraction");
  raises("read{ count = {} }",
         "script:1: option 'count': integer expected, got table");
  raises("read{ count = '5' }",
         "script:1: option 'count': integer expected, got string");
  raises("read{ limit = -1 }",
         "script:1: option 'limit': must not be negative");
  raises("read{ quiet = 1 }",
         "script:1: option 'quiet': boolean expected, got number");
  raises("read{ mode = 'fsat' }", "script:1: option 'mode': one of 'fast', "
         "'slow' expected, got 'fsat' (did you mean 'fast'?)");
  raises("read{ mode = 1 }",
         "script:1: option 'mode': string expected, got number");
}

static void test_several(void) {
  raises("read{ name = 1, quiet = 2 }",
         "script:1: option 'name': string expected, got number; "
         "option 'quiet': boolean expected, got number");
  raises("read{ name = 1, conut = 2 }",
         "script:1: option 'name': string expected, got number; "
         "unknown option 'conut' (did you mean 'count'?); " KNOWN);
  raises("want()", "script:1: option 'name': is required; "
         "option 'count': is required");
  raises("want{ name = 'x' }", "script:1: option 'count': is required");
  raises("want{ name = 'x', count = 1 }", "");
}

/* The faults of a bad table, built with every allocation failing in turn. */
static int l_faults(lua_State *S) {
  lua_getglobal(S, "bad");
  Target t = {0};
  lopt_read(S, -1, options, &t);
  return 0;
}

static void test_no_memory(void) {
  is_str(run("bad = { name = 1, mode = 'fsat', conut = 3 }"), "", "set up");
  int tries = 0;
  for (int status = LUA_ERRMEM; status == LUA_ERRMEM && tries < 1000;) {
    lua_settop(L, 0);
    lua_gc(L, LUA_GCCOLLECT);
    lua_pushcfunction(L, l_faults);
    lalloc_left = tries++;
    status = lua_pcall(L, 0, 0, 0);
    lalloc_left = -1;
    if (status == LUA_ERRRUN && strstr(lua_tostring(L, -1), "known: ")) break;
  }
  ok(tries > 3 && tries < 1000, "every failing allocation raises cleanly");
}

int main(void) {
  L = lua_newstate(lalloc, NULL);
  if (!L) return 1;
  luaL_openlibs(L);
  lua_register(L, "read", l_read);
  lua_register(L, "want", l_want);
  test_values();
  test_unknown();
  test_types();
  test_several();
  test_no_memory();
  lua_close(L);
  return done();
}
