/* fuzz_pointer.c - JSON pointers, followed in the text and in the value. */
/* SPDX-License-Identifier: MIT */
/*
 * Two fields: pointer, document. What jsontext_find finds in the text and
 * what core/pointer.lua finds in the decoded value must be the same.
 */
#include "fuzz.h"

#include <lauxlib.h>
#include <lualib.h>

#include "json.h"
#include "jsontext.h"

enum { TEXT_MAX = 1 << 20, RENEW = 1000 };

static lua_State *L;
static int runs;

static void set_up(void) {
  L = luaL_newstate();
  if (!L) abort();
  luaL_openlibs(L);
  json_open(L);
  lua_settop(L, 0);
  if (luaL_dofile(L, "lua/core/pointer.lua") != LUA_OK)
    fuzz_broken("pointer.lua", 0, lua_tostring(L, -1));
  lua_getfield(L, 1, "get");
  lua_setfield(L, LUA_REGISTRYINDEX, "pointer.get");
  lua_settop(L, 0);
}

/* Pushes what Lua finds. */
static void get(int value, const char *pointer) {
  lua_getfield(L, LUA_REGISTRYINDEX, "pointer.get");
  lua_pushvalue(L, value);
  lua_pushstring(L, pointer);
  if (lua_pcall(L, 2, 1, 0) != LUA_OK)
    fuzz_broken("pointer.lua", 0, lua_tostring(L, -1));
}

/* Both at the same place: a text as it is, all else as JSON. */
static void compare(int value, const Buf *found, const char *pointer) {
  Err err = {0};
  Buf ours, theirs;
  size_t len;
  get(value, pointer);
  const int got = lua_gettop(L);
  if (lua_type(L, got) == LUA_TSTRING) {
    const char *text = lua_tolstring(L, got, &len);
    need(len == found->len && memcmp(text, buf_str(found), len) == 0,
         "the same text");
    return;
  }
  need(json_decode(L, buf_str(found), found->len, NULL, NULL, &err) == 0,
       "what was found is JSON");
  /* A null member of an object reads as nil. */
  if (lua_isnil(L, got) && lua_islightuserdata(L, got + 1)) return;
  buf_init(&ours, TEXT_MAX);
  buf_init(&theirs, TEXT_MAX);
  need(json_encode(L, got, 0, &theirs, &err) == 0 &&
       json_encode(L, got + 1, 0, &ours, &err) == 0, err.text);
  need(strcmp(buf_str(&ours), buf_str(&theirs)) == 0, "the same value");
  buf_clear(&ours);
  buf_clear(&theirs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Fields f = {(const char *)data, size};
  size_t len, duplicates = 0;
  Err err = {0};
  Buf found;
  if (L && runs++ % RENEW == 0) {
    lua_close(L);
    L = NULL;
  }
  if (!L) set_up();
  char *pointer = fuzz_field(&f, NULL), *text = fuzz_field(&f, &len);
  buf_init(&found, TEXT_MAX);
  int rc = jsontext_find(text, len, pointer, &found, &err);
  bool read = json_decode(L, text, len, NULL, &duplicates, NULL) == 0;
  if (rc == 0) {
    need(read, "both read it");
    compare(1, &found, pointer);
  } else if (read && err.kind == ERR_NOT_FOUND) {
    get(1, pointer);
    need(lua_isnil(L, -1), "neither finds it");
  } else {
    need(!read || err.kind == ERR_CONFIG || err.kind == ERR_CAP,
         "a refusal has its reason");
  }
  buf_clear(&found);
  free(pointer);
  free(text);
  lua_settop(L, 0);
  return 0;
}
