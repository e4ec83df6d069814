/* fuzz_text.c - foreign text made safe to show, and the escapers. */
/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <lauxlib.h>

#include "json.h"
#include "text.h"

enum { TEXT_MAX = 1 << 26 };

static int hex(char c) {
  return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

static void check_safe(const char *s, size_t n, bool breaks) {
  Buf out, again;
  buf_init(&out, TEXT_MAX);
  buf_init(&again, TEXT_MAX);
  need(text_safe(&out, s, n, breaks) == 0, "there is room");
  const char *safe = buf_str(&out);
  need(text_is_utf8(safe, out.len), "what is shown is UTF-8");
  for (size_t i = 0; i < out.len; i++) {
    unsigned char c = (unsigned char)safe[i];
    need((c >= 0x20 || (breaks && (c == '\n' || c == '\t'))) && c != 0x7F,
         "what is shown holds no control characters");
    need(!(c == 0xC2 && (unsigned char)safe[i + 1] < 0xA0), "C1 neither");
    need(!(c == 0xE2 && (unsigned char)safe[i + 1] == 0x80 &&
           (unsigned char)safe[i + 2] >= 0xAA &&
           (unsigned char)safe[i + 2] <= 0xAE), "nor a change of direction");
  }
  if (!breaks) need(text_is_safe(safe, out.len), "what is safe is called so");
  need(text_safe(&again, safe, out.len, breaks) == 0 && again.len == out.len &&
       (out.len == 0 || memcmp(again.data, safe, out.len) == 0),
       "what is safe stays as it is");
  if (text_is_safe(s, n))
    need(out.len == n && (n == 0 || memcmp(safe, s, n) == 0),
         "what was safe before, too");
  buf_clear(&out);
  buf_clear(&again);
}

static void check_url(const char *s, size_t n) {
  Buf out;
  buf_init(&out, TEXT_MAX);
  need(text_url_escape(&out, s, n) == 0, "there is room");
  size_t at = 0;
  for (size_t i = 0; i < out.len; i++, at++) {
    char c = out.data[i];
    if (c == '%') {
      c = (char)(hex(out.data[i + 1]) << 4 | hex(out.data[i + 2]));
      i += 2;
    }
    need(at < n && c == s[at], "percent-encoding is undone");
  }
  need(at == n, "as a whole");
  buf_clear(&out);
}

static int decode(lua_State *L) {
  const Buf *b = lua_touserdata(L, 1);
  Err err;
  need(json_decode(L, b->data, b->len, NULL, NULL, &err) == 0,
       "an escaped string is one");
  return 1;
}

static void check_json(const char *s, size_t n) {
  static lua_State *L;
  Buf out;
  size_t len;
  if (!L) {
    if (!(L = luaL_newstate())) abort();
    json_open(L);
  }
  lua_settop(L, 0);
  buf_init(&out, TEXT_MAX);
  need(!buf_addc(&out, '"') && !text_json_escape(&out, s, n) &&
       !buf_addc(&out, '"'), "there is room");
  lua_pushcfunction(L, decode);
  lua_pushlightuserdata(L, &out);
  need(lua_pcall(L, 1, 1, 0) == LUA_OK, "nothing raises");
  const char *back = lua_tolstring(L, 1, &len);
  need(back && len == n && memcmp(back, s, n) == 0, "the escapes are undone");
  buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *s = (const char *)data;
  check_safe(s, size, true);
  check_safe(s, size, false);
  check_url(s, size);
  if (size > 0 && text_is_utf8(s, size)) check_json(s, size);
  need(text_width(s, size) <= 2 * size, "a byte has no more than two columns");
  return 0;
}
