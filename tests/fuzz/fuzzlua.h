/* fuzzlua.h - a fuzz target whose parser and properties are Lua. */
/* SPDX-License-Identifier: MIT */
/*
 * A file fuzz_NAME.c holds FUZZ_LUA(NAME, bytes at most) or, where inputs are
 * lines of JSON, FUZZ_LUA_JSON; NAME.lua beside it returns what takes one
 * input and raises when something does not hold. It runs in a whole state with
 * the embedded library. libFuzzer sees C only, so a hook tells it which line
 * ran after which, in counters that it takes for coverage of its own.
 */
#ifndef FUZZLUA_H
#define FUZZLUA_H

#include "fuzz.h"

#include <lauxlib.h>

#include "json.h"
#include "loop.h"
#include "state.h"

enum {
  FUZZ_COUNTERS = 1 << 15,
  FUZZ_LINES_MAX = 20 * 1000 * 1000,     /* of one input: it ends */
  FUZZ_MEMORY = 256 * 1024 * 1024,       /* of the state: it is bounded */
  FUZZ_LOOK_EVERY = 2000,                /* inputs */
  FUZZ_KEPT = 16 * 1024 * 1024           /* that may stay from all of them */
};

/* From libFuzzer; not there where a corpus is fed once. */
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size,
                                              size_t max_size);

#if defined(__clang__)
__attribute__((section("__libfuzzer_extra_counters"), used))
#endif
static uint8_t fuzz_counters[FUZZ_COUNTERS];

static lua_State *fuzz_state;
static long fuzz_lines;
static uint32_t fuzz_line_before;

static uint32_t fuzz_hash(uint32_t h, const char *p) {
  for (; *p; p++) h = (h ^ (uint8_t)*p) * 16777619u;
  return h;
}

/* Which line came after which one, as AFL does it with blocks. Where a
   function is from is asked once a call of it, for that costs more than all
   the rest; two calls that meet in one place blur what is counted, no more. */
static void fuzz_on_line(lua_State *L, lua_Debug *ar) {
  static uint32_t sources[1024];
  uint32_t *source = sources + ((uintptr_t)ar->i_ci >> 5) % 1024;
  if (ar->event != LUA_HOOKLINE) {
    lua_getinfo(L, "S", ar);
    *source = fuzz_hash(2166136261u, ar->short_src);
    return;
  }
  uint32_t at = (*source ^ (uint32_t)ar->currentline) * 16777619u;
  at ^= at >> 15;
  uint8_t *counter = fuzz_counters + (at ^ fuzz_line_before) % FUZZ_COUNTERS;
  if (*counter < UINT8_MAX) (*counter)++;
  fuzz_line_before = at >> 1;
  if (++fuzz_lines > FUZZ_LINES_MAX)
    fuzz_broken("Lua", ar->currentline, "it runs without end");
}

static void fuzz_watch(bool on) {
  fuzz_line_before = 0;
  fuzz_lines = 0;
  lua_sethook(fuzz_state, on ? fuzz_on_line : NULL,
              on ? LUA_MASKLINE | LUA_MASKCALL : 0, 0);
}

static void fuzz_call(int nargs, int nresults) {
  Err err = {0};
  if (state_call(fuzz_state, nargs, nresults, &err) == 0) return;
  fprintf(stderr, "%s\n", luaL_tolstring(fuzz_state, -1, NULL));
  need(false, err.text);
}

/* Pushes what the file returns, given what is on top of the stack. */
static void fuzz_open(const char *path, int nargs) {
  if (luaL_loadfilex(fuzz_state, path, "t") != LUA_OK)
    fuzz_broken(path, 0, lua_tostring(fuzz_state, -1));
  lua_insert(fuzz_state, -1 - nargs);
  fuzz_call(nargs, 1);
}

/* mutate(text, most) -> text: libFuzzer's own changes. */
static int fuzz_bytes(lua_State *L) {
  size_t len, most = (size_t)luaL_checkinteger(L, 2);
  const char *text = luaL_checklstring(L, 1, &len);
  if (!LLVMFuzzerMutate || len > most) return luaL_error(L, "cannot mutate");
  uint8_t *room = lua_newuserdatauv(L, most + 1, 0);
  memcpy(room, text, len);
  len = LLVMFuzzerMutate(room, len, most);
  lua_pushlstring(L, (const char *)room, len);
  return 1;
}

/* Registry: what is called by name. */
static void fuzz_set_up(const char *file) {
  Err err = {0};
  Loop *loop = loop_new(&err);
  StateOptions options = {.max_memory = FUZZ_MEMORY,
                          .lua_dir = getenv("ERRAND_LUA")};
  State *s = loop ? state_new(loop, &options, &err) : NULL;
  need(s, err.text);
  fuzz_state = state_lua(s);
  fuzz_open("tests/fuzz/lib.lua", 0);
  lua_pushcfunction(fuzz_state, fuzz_bytes);
  lua_setfield(fuzz_state, -2, "bytes");
  lua_pushvalue(fuzz_state, -1);
  fuzz_open(file, 1);
  lua_setfield(fuzz_state, LUA_REGISTRYINDEX, "fuzz.one");
  lua_getfield(fuzz_state, -1, "mutate");
  lua_setfield(fuzz_state, LUA_REGISTRYINDEX, "fuzz.mutate");
  lua_settop(fuzz_state, 0);
}

/* What is kept of one input for the next ones, such as a cache whose keys come
   from outside, would fill the memory of a daemon. */
__attribute__((unused)) static void fuzz_look_at_memory(void) {
  static size_t before;
  lua_gc(fuzz_state, LUA_GCCOLLECT);
  lua_gc(fuzz_state, LUA_GCCOLLECT);
  size_t now = state_memory(fuzz_state, 0);
  if (!before) before = now;
  need(now < before + FUZZ_KEPT, "the state keeps something of each input");
}

__attribute__((unused)) static int fuzz_one(const char *file, size_t most,
                                            const uint8_t *data, size_t size) {
  static long runs;
  if (size > most) return 0;
  if (!fuzz_state) fuzz_set_up(file);
  lua_getfield(fuzz_state, LUA_REGISTRYINDEX, "fuzz.one");
  lua_pushlstring(fuzz_state, (const char *)data, size);
  fuzz_watch(true);
  fuzz_call(1, 0);
  fuzz_watch(false);
  if (++runs % FUZZ_LOOK_EVERY == 0) fuzz_look_at_memory();
  return 0;
}

__attribute__((unused)) static size_t fuzz_mutate(
    const char *file, uint8_t *data, size_t size, size_t most, unsigned seed) {
  size_t len;
  if (!fuzz_state) fuzz_set_up(file);
  lua_State *L = fuzz_state;
  lua_getfield(L, LUA_REGISTRYINDEX, "fuzz.mutate");
  lua_pushlstring(L, (const char *)data, size);
  lua_pushinteger(L, (lua_Integer)most);
  lua_pushinteger(L, (lua_Integer)seed);
  fuzz_call(3, 1);
  const char *text = lua_tolstring(L, -1, &len);
  need(text && len <= most, "a mutated text");
  memcpy(data, text, len);
  lua_settop(L, 0);
  return len;
}

#define FUZZ_LUA(name, most)                                               \
  int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {           \
    return fuzz_one("tests/fuzz/" #name ".lua", most, data, size);         \
  }

#define FUZZ_LUA_JSON(name, most)                                          \
  size_t LLVMFuzzerCustomMutator(uint8_t *, size_t, size_t, unsigned);     \
  size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room,  \
                                 unsigned seed) {                          \
    return fuzz_mutate("tests/fuzz/" #name ".lua", data, size, room, seed);\
  }                                                                        \
  FUZZ_LUA(name, most)

#endif
