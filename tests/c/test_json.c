/* test_json.c - JSON to Lua values and back. */
/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <lauxlib.h>
#include <lualib.h>
#include <math.h>
#include <stdint.h>
#include "bindings.h"
#include "json_cases.h"
#include "json_number.h"
#include "jsontext.h"
#include "lalloc.h"
#include "lerr.h"
#include "tap.h"

static uint64_t seed = UINT64_C(0x2545f4914f6cdd1d);

static unsigned rnd(unsigned n) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return (unsigned)(seed >> 33) % n;
}

/* Decodes and writes again; NULL and err set if either fails. Static. */
static const char *again(lua_State *L, const char *text, size_t len,
                         Err *err) {
  static Buf out;
  if (!out.max) buf_init(&out, 64 << 20);
  buf_reset(&out);
  int top = lua_gettop(L);
  if (json_decode(L, text, len, NULL, NULL, err)) {
    if (lua_gettop(L) != top) return "decode left something on the stack";
    return NULL;
  }
  int status = json_encode(L, -1, 0, &out, err);
  if (lua_gettop(L) != top + 1) return "encode moved the stack";
  lua_settop(L, top);
  return status ? NULL : buf_str(&out);
}

static void cases(lua_State *L) {
  int accepted = 0;
  for (size_t i = 0; i < JSON_CASES; i++) {
    const JsonCase *c = &json_cases[i];
    char name[64];
    Err err = {0};
    const char *got = again(L, c->text, c->len, &err);
    snprintf(name, sizeof name, "case %zu: %.40s", i, c->text);
    for (char *p = name; *p; p++)
      if (*p < ' ' || *p == '#') *p = '.';
    is_str(got, c->want, name);
    if (!got)
      ok(err.kind == ERR_SERVER && strstr(err.text, " line "), err.text);
    else
      accepted++;
  }
  ok(accepted > 150, "enough cases are accepted");
}

static const char *fault(lua_State *L, const char *text,
                         const JsonLimits *limits) {
  static Err err;
  err_clear(&err);
  if (json_decode(L, text, strlen(text), limits, NULL, &err) == 0) {
    lua_pop(L, 1);
    return "no fault";
  }
  return err.text;
}

static void faults(lua_State *L) {
  JsonLimits two = {.depth = 2}, five = {.items = 5}, bytes = {.bytes = 3};
  JsonLimits no_big = {.refuse_big = true};
  is_str(fault(L, "[1,\n  x]", NULL),
         "expected a value, found 'x' at line 2 column 3", "line and column");
  is_str(fault(L, "[\"\xc3\xa4\xe2\x82\xac\",]", NULL),
         "expected a value, found ']' at line 1 column 7",
         "columns are characters");
  is_str(fault(L, "", NULL),
         "expected a value, found the end of the text at line 1 column 1",
         "empty text");
  is_str(fault(L, "{\"a\":1 \"b\"}", NULL),
         "expected ',' or '}', found '\"' at line 1 column 8", "a comma");
  is_str(fault(L, "{", NULL), "expected a key in quotes or '}', found the end "
         "of the text at line 1 column 2", "a key");
  is_str(fault(L, "\xef\xbb\xbf{}", NULL), "JSON must not start with a byte "
         "order mark at line 1 column 1", "byte order mark");
  is_str(fault(L, "[[[]]]", &two),
         "limit 'depth' (2) exceeded at line 1 column 3", "depth");
  is_str(fault(L, "[[],[]]", &two), "no fault", "depth goes down again");
  is_str(fault(L, "[1,2,3,4]", &five), "no fault", "items");
  is_str(fault(L, "[1,2,3,4,5]", &five),
         "limit 'items' (5) exceeded at line 1 column 10", "too many items");
  is_str(fault(L, "{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":null}", &five),
         "limit 'items' (5) exceeded at line 1 column 30", "nulls are items");
  is_str(fault(L, "[12]", &bytes),
         "limit 'bytes' (3) exceeded: the text has 4", "bytes");
  is_str(fault(L, "[1,1e400]", &no_big), "a number fits neither 64 bits nor a "
         "double at line 1 column 4", "refuse_big");
  is_str(fault(L, "[9223372036854775807,0.1]", &no_big), "no fault",
         "refuse_big lets exact ones through");
}

/* Runs Lua code with the modules as json and cjson. */
static void run(lua_State *L, const char *code, const char *name) {
  int failed = luaL_dostring(L, code);
  if (!ok(!failed, name)) printf("# %s\n", lua_tostring(L, -1));
  lua_settop(L, 0);
}

static void binding(lua_State *L) {
  run(L, "local t = json.decode '{\"a\":null,\"b\":1}' "
         "assert(t.a == nil and next(t, 'b') == nil) "
         "assert(json.is_null(t, 'a') and not json.is_null(t, 'b')) "
         "t.a = false assert(json.encode(t) == '{\"a\":false,\"b\":1}') "
         "t.a = json.null assert(json.encode(t) == '{\"a\":null,\"b\":1}')",
      "a null member");
  run(L, "assert(json.null == cjson.null)", "null is cjson.null");
  run(L, "local s = (' '):rep(64 * 2^20 + 1) "
         "local ok, e = pcall(cjson.encode, { s }) "
         "assert(not ok and e:find 'too long') "
         "ok, e = pcall(cjson.decode, s) assert(not ok and e:find 'too long') "
         "ok, e = pcall(cjson.new().encode, s) assert(not ok) "
         "ok, e = pcall(cjson.encode, { [s] = 1 }) assert(not ok) "
         "local m = s:sub(1, -2) ok, e = pcall(cjson.encode, { m, m }) "
         "assert(not ok and e:find 'too long')",
      "cjson refuses what would overflow");
  run(L, "assert(not pcall(cjson.encode_max_depth, 2001)) "
         "assert(cjson.encode_max_depth(1500) == 1500) "
         "local t = {} t[1] = t assert(not pcall(cjson.encode, t)) "
         "assert(cjson.encode{1, 'a', {b = true}} == '[1,\"a\",{\"b\":true}]')"
         " local d = cjson.decode '[1,null]' assert(d[2] == cjson.null) "
         "cjson.encode_sparse_array(false, 0, 0) "
         "assert(not pcall(cjson.encode, { [2^40 | 0] = 1 }))",
      "cjson otherwise as it is");
}

static void deep(lua_State *L) {
  enum { DEEP = JSON_DEPTH_MAX };
  char *text = malloc(2 * DEEP + 2);
  JsonLimits limits = {.depth = 1000000};
  Err err = {0};
  Buf out;
  buf_init(&out, 1 << 20);
  memset(text, '[', DEEP + 1);
  memset(text + DEEP + 1, ']', DEEP + 1);
  ok(json_decode(L, text, 2 * DEEP + 2, &limits, NULL, &err) == -1 &&
     err.kind == ERR_CAP, "no limit lets the C stack overflow");
  ok(json_decode(L, text + 1, 2 * DEEP, &limits, NULL, &err) == 0,
     "as deep as may be");
  ok(json_encode(L, -1, 0, &out, &err) == 0 && out.len == 2 * DEEP &&
     !memcmp(out.data, text + 1, out.len), "and out again");
  lua_createtable(L, 1, 0);
  lua_insert(L, -2);
  lua_rawseti(L, -2, 1);
  ok(json_encode(L, -1, 0, &out, &err) == -1 && strstr(err.text, "deeper") &&
     strlen(err.text) < 600, "one more cannot be written");
  ok(out.len == 2 * DEEP, "what was in out stays");
  lua_pop(L, 1);
  buf_clear(&out);
  free(text);
}

static void large(lua_State *L) {
  enum { N = 20 << 20 };
  char *text = malloc(N);
  Err err = {0};
  Buf out;
  memset(text, 'x', N);
  text[0] = text[N - 1] = '"';
  is_str(again(L, text, N, &err) ? "same" : err.text, "same", "20 MiB of text");
  memcpy(text + N / 2, "\\n\xc3\xa4", 4);
  const char *got = again(L, text, N, &err);
  ok(got && strlen(got) == N && !memcmp(got, text, N), "with an escape inside");
  buf_init(&out, 1000);
  lua_pushlstring(L, text, 990);
  ok(json_encode(L, -1, 0, &out, &err) == 0, "up to the buffer's maximum");
  ok(json_encode(L, -1, 0, &out, &err) == -1 && err.kind == ERR_CAP,
     "and no further");
  lua_pop(L, 1);
  buf_clear(&out);
  free(text);
}

/* -- random values -- */

static void random_text(luaL_Buffer *b) {
  static const char *const parts[] = {
    "a", "Z", "\"", "\\", "/", "\n", "\x01", "\x7f", "\xc3\xa4",
    "\xe2\x82\xac", "\xf0\x9f\x98\x80", "longer part ", "key"};
  for (unsigned n = rnd(12); n > 0; n--)
    luaL_addstring(b, parts[rnd(sizeof parts / sizeof *parts)]);
  if (rnd(20) == 0) luaL_addchar(b, '\0');
}

static void push_number(lua_State *L) {
  double d;
  uint64_t bits = seed;
  switch (rnd(4)) {
  case 0: lua_pushinteger(L, (lua_Integer)rnd(1000)); break;
  case 1: lua_pushinteger(L, (lua_Integer)bits); break;
  case 2: lua_pushnumber(L, (double)rnd(1000000) / 100); break;
  default:
    memcpy(&d, &bits, sizeof d);
    lua_pushnumber(L, isfinite(d) ? d : 0.5);
  }
}

/* Pushes what a decoder could have made. */
static void push_random(lua_State *L, int depth) {
  luaL_Buffer b;
  luaL_checkstack(L, 10, NULL);
  switch (rnd(depth > 4 ? 5 : 8)) {
  case 0: lua_pushboolean(L, (int)rnd(2)); break;
  case 1:
  case 2: push_number(L); break;
  case 3:
  case 4:
    luaL_buffinit(L, &b);
    random_text(&b);
    luaL_pushresult(&b);
    break;
  case 5:
    lua_newtable(L);
    json_mark_array(L, -1);
    for (unsigned i = 1, n = rnd(6); i <= n; i++) {
      if (rnd(6) == 0) json_push_null(L);
      else push_random(L, depth + 1);
      lua_rawseti(L, -2, i);
    }
    break;
  default:
    lua_newtable(L);
    json_mark_object(L, -1);
    for (unsigned n = rnd(rnd(30) ? 8 : 700); n > 0; n--) {
      lua_pushfstring(L, rnd(2) ? "k%d" : "a rather longer key than that %d",
                      (int)rnd(rnd(30) ? 9 : 2000));
      if (rnd(5) == 0) json_push_null(L);
      else push_random(L, depth + 1);
      lua_rawset(L, -3);
    }
  }
}

/* Is what lua-cjson made at b the same as what we made at a? */
static int same(lua_State *L, int a, int b) {
  size_t na, nb;
  luaL_checkstack(L, 10, NULL);
  if (lua_type(L, a) == LUA_TNUMBER)
    return lua_type(L, b) == LUA_TNUMBER &&
           lua_tonumber(L, a) == lua_tonumber(L, b);
  if (lua_type(L, a) != LUA_TTABLE) {
    if (lua_type(L, a) != lua_type(L, b)) return 0;
    if (lua_type(L, a) != LUA_TSTRING) return lua_rawequal(L, a, b);
    const char *s = lua_tolstring(L, a, &na), *t = lua_tolstring(L, b, &nb);
    return na == nb && !memcmp(s, t, na);
  }
  if (lua_type(L, b) != LUA_TTABLE) return 0;
  lua_pushnil(L);
  while (lua_next(L, b)) {   /* cjson has the nulls as values */
    int value = lua_gettop(L);
    lua_pushvalue(L, value - 1);
    lua_rawget(L, a);
    int both = lua_isnil(L, -1) ? lua_touserdata(L, value) == NULL &&
                                      lua_islightuserdata(L, value)
                                : same(L, lua_gettop(L), value);
    if (!both) return 0;
    lua_settop(L, value - 1);
  }
  lua_pushnil(L);
  while (lua_next(L, a)) {
    lua_pushvalue(L, -2);
    lua_rawget(L, b);
    if (lua_isnil(L, -1)) return 0;
    lua_pop(L, 2);
  }
  return 1;
}

/* Any text: does the decoder accept it as the scanner does, and write what it
   reads again? */
static int consistent(lua_State *L, const char *text, size_t len) {
  Err err = {0};
  Buf whole, first;
  buf_init(&whole, 1 << 24);
  buf_init(&first, 1 << 24);
  int scanned = jsontext_find(text, len, "", &whole, &err);
  const char *once = again(L, text, len, &err);
  int fine = (scanned == 0) == (once != NULL);
  if (once) {
    fine = fine && !buf_puts(&first, once);
    const char *twice = again(L, first.data, first.len, &err);
    fine = fine && twice && !strcmp(twice, first.data);
  }
  if (!fine) printf("# %.*s\n", (int)len, text);
  buf_clear(&whole);
  buf_clear(&first);
  return fine;
}

/* A tenth where each takes forty times as long and is to be looked at, not to
   be met by chance. */
static int times(int n) {
  return getenv("VALGRIND") ? n / 10 : n;
}

static void random_values(lua_State *L) {
  int bad = 0, foreign = 0, mutants = 0;
  Buf out, other;
  Err err = {0};
  buf_init(&out, 1 << 24);
  buf_init(&other, 1 << 24);
  for (int i = 0; i < times(1500); i++) {
    lua_settop(L, 0);
    push_random(L, 0);
    buf_reset(&out);
    buf_reset(&other);
    if (json_encode(L, 1, (int)rnd(2) * 3, &out, &err) ||
        json_decode(L, out.data, out.len, NULL, NULL, &err)) {
      printf("# %s\n", err.text);
      bad++;
      continue;
    }
    buf_reset(&out);
    json_encode(L, 1, 0, &out, &err);
    json_encode(L, 2, 0, &other, &err);
    if (out.len != other.len || memcmp(out.data, other.data, out.len)) bad++;
    lua_getglobal(L, "cjson");
    lua_getfield(L, -1, "decode");
    lua_pushlstring(L, out.data, out.len);
    lua_call(L, 1, 1);
    if (!same(L, 2, lua_gettop(L))) foreign++;
    for (int k = 0; k < 20; k++) {
      static const char bytes[] = "[]{},:\"\\ue+-.0123456789tfn \n\x01\xc3\xff";
      size_t at = rnd((unsigned)out.len);
      char saved = out.data[at];
      size_t cut = rnd(4) ? out.len : at;
      if (out.len > 5000) break;
      out.data[at] = bytes[rnd(sizeof bytes)];
      if (!consistent(L, out.data, cut)) mutants++;
      out.data[at] = saved;
    }
  }
  lua_settop(L, 0);
  buf_clear(&out);
  buf_clear(&other);
  is_int(bad, 0, "random values come back as they were");
  is_int(foreign, 0, "lua-cjson reads the same from what we write");
  is_int(mutants, 0, "damaged texts: decoder and scanner agree");
}

static void doubles(void) {
  int bad = 0;
  for (int i = 0; i < times(100000); i++) {
    char text[JSON_NUMBER_MAX + 1];
    long long integer;
    double d, back = 0;
    uint64_t bits = (rnd(2), seed);
    switch (i % 4) {
    case 0: memcpy(&d, &bits, sizeof d); break;
    case 1: d = (double)(bits >> 11) * 0x1p-53 * pow(10, rnd(16)); break;
    case 2: d = (double)(bits % 100000000) / 1000; break;
    default: d = ldexp(1 + (double)rnd(3) * 0x1p-52, (int)rnd(2000) - 1000);
    }
    if (!isfinite(d)) continue;
    size_t n = json_double_write(text, d);
    text[n] = '\0';
    if (json_number_read(text, n, &integer, &back) != JSON_DOUBLE ||
        memcmp(&back, &d, sizeof d) || strtod(text, NULL) != d) {
      printf("# %s %.17g\n", text, d);
      bad++;
    }
  }
  is_int(bad, 0, "doubles come back bit by bit");
}

/* -- memory -- */

static const char memory_code[] =
  "local list = {} "
  "for i = 1, 20 do list[i] = '{\"id\":' .. i .. ',\"name\":\"n' .. i .. "
  "'\",\"gone\":null,\"big\":1e400,\"k' .. i .. '\":[1.5,null,{}],"
  "\"text\":\"' .. ('x\\\\n'):rep(200) .. '\"}' end "
  "local v = assert(json.decode('[' .. table.concat(list, ',') .. ']')) "
  "json.set_null(v[1], 'other') json.set_null(v[1], 'gone', false) "
  "local many = {} for i = 1, 600 do many['key' .. i] = i end v[21] = many "
  "local text = assert(json.encode(v)) "
  "assert(assert(json.encode(assert(json.decode(text)), 2)):find '1e400') "
  "for k, x in json.pairs(v[2]) do many[k] = x end "
  "assert(v[1].big > 5 and tostring(v[1].big) .. v[1].big) "
  "assert(not json.encode { print })";

static int work(lua_State *L) {
  lerr_open(L);
  luaL_requiref(L, "json", luaopen_host_json, 1);
  luaL_requiref(L, "_G", luaopen_base, 1);
  luaL_requiref(L, "table", luaopen_table, 1);
  luaL_requiref(L, "string", luaopen_string, 1);
  if (luaL_dostring(L, memory_code)) return lua_error(L);
  return 0;
}

/* Lua's own buffers do not survive running short at their first use. */
static int use_buffer(lua_State *L) {
  luaL_Buffer b;
  luaL_buffinitsize(L, &b, 100000);
  luaL_pushresultsize(&b, 0);
  return 0;
}

static void memory(void) {
  lua_State *L = lua_newstate(lalloc, NULL);
  lua_pushcfunction(L, use_buffer);
  lua_call(L, 0, 0);
  long n = lalloc_loop(L, work);
  ok(n > 500, "each allocation has failed once, without a leak or a crash");

  lua_close(L);
}

int main(void) {
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  lerr_open(L);
  luaL_requiref(L, "json", luaopen_host_json, 1);
  luaL_requiref(L, "cjson", luaopen_errand_cjson, 1);
  lua_settop(L, 0);
  cases(L);
  faults(L);
  binding(L);
  deep(L);
  large(L);
  random_values(L);
  doubles();
  memory();
  lua_close(L);
  return done();
}
