/* fuzz_json.c - JSON in and out again. */
/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <lauxlib.h>

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
  need(json_encode(l, 2, 0, &in->once, &err) == 0, "what was read is written");
  need(json_decode(l, buf_str(&in->once), in->once.len, &limits, &duplicates,
                   &err) == 0, "what was written is read");
  need(duplicates == 0, "what was written holds no key twice");
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
