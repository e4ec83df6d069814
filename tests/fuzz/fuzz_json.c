/* fuzz_json.c - JSON in and out again, beside lua-cjson. */
/* SPDX-License-Identifier: MIT */
/*
 * lua-cjson takes more than JSON, such as 0x10 and texts that are no UTF-8; but
 * what we take it takes too, and means the same by it.
 */
#include "fuzz.h"

#include <lauxlib.h>
#include <lua-cjson.h>

#include "json.h"
#include "jsontext.h"

enum { TEXT_MAX = 1 << 26, RENEW = 1000 };

static lua_State *L;
static int runs;

typedef struct Input {
  const char *text;
  size_t len;
  Buf once, twice, found;
} Input;

static bool is_null(lua_State *l, int index) {
  return lua_type(l, index) == LUA_TLIGHTUSERDATA;
}

/* A table's members that are no null: ours keeps those of objects aside. */
static size_t count(lua_State *l, int index) {
  size_t n = 0;
  for (lua_pushnil(l); lua_next(l, index); lua_pop(l, 1)) n += !is_null(l, -1);
  return n;
}

static void compare(lua_State *l, int ours, int theirs);

static void compare_tables(lua_State *l, int ours, int theirs) {
  luaL_checkstack(l, 8, NULL);
  need(count(l, ours) == count(l, theirs), "as many members");
  for (lua_pushnil(l); lua_next(l, theirs); lua_settop(l, -2)) {
    int top = lua_gettop(l);               /* key theirs */
    lua_pushvalue(l, top - 1);
    lua_rawget(l, ours);                   /* key theirs ours */
    if (!is_null(l, top) || !lua_isnil(l, top + 1)) compare(l, top + 1, top);
    lua_settop(l, top);
  }
}

static void compare(lua_State *l, int ours, int theirs) {
  int type = lua_type(l, theirs);
  if (type == LUA_TNUMBER && lua_type(l, ours) != LUA_TNUMBER) {
    need(lua_type(l, ours) >= LUA_TTABLE, "a number that no double holds");
    return;
  }
  need(lua_type(l, ours) == type, "the same type");
  if (type == LUA_TTABLE) {
    compare_tables(l, ours, theirs);
  } else if (type == LUA_TNUMBER) {
    need(lua_tonumber(l, ours) == lua_tonumber(l, theirs), "the same number");
  } else {
    need(lua_rawequal(l, ours, theirs), "the same value");
  }
}

/* Our value is at 2; a key that stands twice is nobody's to judge. */
static void ask_cjson(lua_State *l, const char *text, size_t len) {
  lua_getfield(l, LUA_REGISTRYINDEX, "cjson.decode");
  lua_pushlstring(l, text, len);
  int rc = lua_pcall(l, 1, 1, 0);
  need(rc == LUA_OK, "lua-cjson reads it, too");
  compare(l, 2, lua_gettop(l));
  lua_settop(l, 2);
}

static int work(lua_State *l) {
  Input *in = lua_touserdata(l, 1);
  Err err = {0};
  JsonLimits limits = {.items = 100000};
  size_t duplicates = 0;
  int rc = json_decode(l, in->text, in->len, &limits, &duplicates, &err);
  bool found = jsontext_find(in->text, in->len, "", &in->found, NULL) == 0;
  if (rc) {
    need(err.kind == ERR_SERVER || err.kind == ERR_CAP, "a refusal has a kind");
    need(err.text[0], "a refusal has a reason");
    need(lua_gettop(l) == 1, "a refusal leaves nothing on the stack");
    need(!found || err.kind == ERR_CAP, "both readers refuse it");
    return 0;
  }
  need(lua_gettop(l) == 2, "one value on the stack");
  need(found, "both readers take it");
  if (duplicates == 0) ask_cjson(l, in->text, in->len);
  need(json_encode(l, 2, 0, &in->once, &err) == 0, "what was read is written");
  need(json_decode(l, buf_str(&in->once), in->once.len, &limits, &duplicates,
                   &err) == 0, "what was written is read");
  need(duplicates == 0, "what was written holds no key twice");
  lua_insert(l, 2);
  ask_cjson(l, buf_str(&in->once), in->once.len);
  lua_pushvalue(l, 2);
  need(json_encode(l, 3, 0, &in->twice, &err) == 0, "and written again");
  need(in->once.len == in->twice.len &&
       memcmp(in->once.data, in->twice.data, in->once.len) == 0,
       "the second time is as the first");
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (L && runs++ % RENEW == 0) {
    lua_close(L);
    L = NULL;
  }
  if (!L) {
    L = luaL_newstate();
    if (!L) abort();
    json_open(L);
    luaopen_cjson(L);
    lua_getfield(L, -1, "decode");
    lua_setfield(L, LUA_REGISTRYINDEX, "cjson.decode");
    lua_settop(L, 0);
  }
  Input in = {.text = (const char *)data, .len = size};
  buf_init(&in.once, TEXT_MAX);
  buf_init(&in.twice, TEXT_MAX);
  buf_init(&in.found, TEXT_MAX);
  lua_pushcfunction(L, work);
  lua_pushlightuserdata(L, &in);
  need(lua_pcall(L, 1, 0, 0) == LUA_OK, "nothing raises");
  buf_clear(&in.once);
  buf_clear(&in.twice);
  buf_clear(&in.found);
  return 0;
}
