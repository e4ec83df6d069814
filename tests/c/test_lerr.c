/* test_lerr.c - structured errors, and the text helpers of host.err. */
/* SPDX-License-Identifier: MIT */
#include "lerr.h"

#include <unistd.h>
#include "bindings.h"
#include "log.h"
#include "redact.h"
#include "tap.h"
#include "lalloc.h"

static lua_State *L;

/* Runs the chunk; what it returns, as text, or "raised: ...". */
static const char *run(const char *chunk) {
  lua_settop(L, 0);
  if (luaL_loadbuffer(L, chunk, strlen(chunk), "=script") == LUA_OK &&
      lua_pcall(L, 0, 1, 0) == LUA_OK) return luaL_tolstring(L, -1, NULL);
  lua_pushfstring(L, "raised: %s", luaL_tolstring(L, -1, NULL));
  return lua_tostring(L, -1);
}

static void gives(const char *chunk, const char *want) {
  is_str(run(chunk), want, chunk);
}

static void test_push(void) {
  Err err;
  err_set(&err, ERR_NOT_FOUND, "no such user");
  err.status = 404;
  err.retryable = true;
  lua_settop(L, 0);
  lerr_push(L, &err);
  is_int(lua_gettop(L), 1, "one value");
  lua_setglobal(L, "e");
  gives("return e.kind", "not_found");
  gives("return e.message", "no such user");
  gives("return math.type(e.status) .. e.status", "integer404");
  gives("return e.retryable", "true");
  gives("return e", "no such user (HTTP 404)");
  gives("return err.is(e)", "true");
  gives("return err.exit_code(e)", "6");
  lua_settop(L, 0);
  is_int(lerr_fail(L, &err), 2, "lerr_fail returns 2");
  ok(lua_gettop(L) == 2 && lua_isnil(L, 1) && lua_istable(L, 2),
     "nil and the error");
  err_set(&err, ERR_CAP, "too many");
  lua_settop(L, 0);
  lerr_push(L, &err);
  lua_getfield(L, 1, "status");
  ok(lua_isnil(L, -1), "no status where there was no reply");
}

static int l_raise(lua_State *S) {
  Err err;
  err_set(&err, ERR_AUTH, "no password");
  return lerr_raise(S, &err);
}

static void test_raise(void) {
  lua_register(L, "raise", l_raise);
  gives("local ok, e = pcall(raise) return e.kind", "auth");
  gives("raise()", "raised: no password");
  gives("local ok, e = pcall(raise) return 'failed: ' .. e",
        "failed: no password");
  gives("local ok, e = pcall(raise) return e .. '!'", "no password!");
  gives("local ok, e = pcall(raise) return getmetatable(e)", "errand.error");
}

static void test_sentence(void) {
  static const struct { const char *fields, *want; } rows[] = {
    {"message = 'x'", "x"},
    {"message = 'x', service = 'ixon'", "ixon: x"},
    {"message = 'x', operation = 'users.list'", "users.list: x"},
    {"message = 'x', service = 'ixon', operation = 'users.list'",
     "ixon.users.list: x"},
    {"message = 'x', where = 'a.lua:3', service = 'ixon'", "a.lua:3: ixon: x"},
    {"message = 'x', status = 500", "x (HTTP 500)"},
    {"message = 'got 500 from it', status = 500", "got 500 from it"},
    {"message = 'x', service = 's404', status = 404", "s404: x (HTTP 404)"},
    {"message = 'x', status = 0", "x"},
    {"message = 'x', status = 'bad'", "x"},
    {"message = ''", "script"},
    {"message = 'x', problems = { 'one', 'two' }", "x\n  - one\n  - two"},
    {"message = 'x', problems = { { path = 'a.b', message = 'is bad' }, "
     "{ message = 'm' }, { path = 'p' }, 7 }",
     "x\n  - a.b: is bad\n  - m\n  - p: \n  - number"},
    {"message = 'x', problems = {}", "x"},
    {"message = 'x', problems = 'text'", "x"},
    {"message = 'a\\nb\\27[31m\\u{202e}'", "a\nb\\x1b[31m\\u{202e}"},
    {"message = 'pw hunter22!', problems = { 'hunter22' }",
     "pw [secret]!\n  - [secret]"},
  };
  redact_add("hunter22", 8);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char chunk[512];
    snprintf(chunk, sizeof chunk, "return err.new{ %s }", rows[i].fields);
    is_str(run(chunk), rows[i].want, rows[i].fields);
  }
  gives("local p = {} for i = 1, 105 do p[i] = 'x' end "
        "return tostring(err.new{ message = 'm', problems = p }):sub(-14)",
        "  - and 5 more");
  gives("return #tostring(err.new{ message = ('x'):rep(3000000) })",
        "3000000");
  gives("local s = ('x'):rep(65532) .. 'hunter22' "
        "return tostring(err.new{ message = s }):sub(65533)", "[secret]");
  gives("setmetatable(err.new{ message = 'x' }, {})",
        "raised: script:1: cannot change a protected metatable");
}

static void test_new(void) {
  gives("return err.new{ message = 'x', kind = 'auth' }.kind", "auth");
  gives("return err.new{ message = 'x', kind = 'nonsense' }.kind", "script");
  gives("return err.new{ message = 'x', kind = 5 }.kind", "script");
  gives("return err.new{ message = 'x' }.kind", "script");
  gives("local t = { message = 'x' } return err.new(t) == t", "true");
  gives("return err.new{}", "raised: script:1: bad argument #1 to 'new' "
        "(field 'message' must be a string)");
  gives("return err.new{ message = 5 }",
        "raised: script:1: bad argument #1 to 'new' "
        "(field 'message' must be a string)");
  gives("return err.new('x')", "raised: script:1: bad argument #1 to 'new' "
        "(table expected, got string)");
  gives("return err.is('x')", "false");
  gives("return err.is({})", "false");
  gives("return err.is(setmetatable({}, {}))", "false");
  gives("return err.exit_code('x')", "1");
  gives("return err.exit_code(nil)", "1");
  gives("return err.exit_code(err.new{ message = 'x', kind = 'validation' })",
        "2");
  gives("return err.exit_code(err.new{ message = 'x', kind = 'validation', "
        "status = 422 })", "6");
  gives("return err.exit_code(err.new{ message = 'x', kind = 'cancelled' })",
        "130");
}

static Err get(const char *chunk) {
  Err err;
  lua_settop(L, 0);
  if (luaL_loadstring(L, chunk) != LUA_OK || lua_pcall(L, 0, 1, 0) != LUA_OK)
    printf("# %s\n", lua_tostring(L, -1));
  int top = lua_gettop(L);
  lerr_get(L, -1, &err);
  if (lua_gettop(L) != top) err_set(&err, ERR_NONE, "stack not level");
  return err;
}

static void test_get(void) {
  Err err = get("return err.new{ kind = 'server', message = 'down', "
                "status = 503, retryable = true, service = 'ixon' }");
  ok(err.kind == ERR_SERVER && err.status == 503 && err.retryable,
     "kind, status, retryable");
  is_str(err.text, "ixon: down (HTTP 503)", "the sentence");
  err = get("return 'script:3: oops hunter22'");
  is_int(err.kind, ERR_SCRIPT, "a string is a script error");
  is_str(err.text, "script:3: oops [secret]", "redacted");
  err = get("return nil");
  is_str(err.text, "nil", "nil");
  err = get("return 42");
  is_str(err.text, "42", "a number");
  err = get("return setmetatable({}, { __tostring = function() "
            "return 'own' end })");
  is_str(err.text, "own", "an object with a tostring of its own");
  err = get("return setmetatable({}, { __tostring = function() "
            "error('no') end })");
  is_str(err.text, "an error that cannot be shown", "one that raises");
  ok(err.kind == ERR_SCRIPT, "is a script error");
  err = get("return ('x'):rep(5000)");
  is_int((long long)strlen(err.text), ERR_TEXT - 1, "long text is cut");
  lerr_get(L, -1, NULL);
}

static void test_text(void) {
  gives("return err.distance('portals', 'portls')", "1");
  gives("return err.distance('abc', 'xyz', 1)", "2");
  gives("return err.distance('abc', 'xyz', -1)",
        "raised: script:1: bad argument #3 to 'distance' (out of range)");
  gives("return err.safe('a\\n\\27')", "a\\n\\x1b");
  gives("return err.safe('a\\n\\27', true)", "a\n\\x1b");
  gives("return err.safe('plain')", "plain");
  gives("return err.redact('x hunter22 y')", "x [secret] y");
  gives("return err.redact('x')", "x");
  gives("return err.width('日本')", "4");
  gives("return err.log_level()", "info");
  gives("return err.log_level('trace')", "trace");
  gives("return err.log_level('loud')", "raised: script:1: bad argument #1 to "
        "'log_level' (invalid option 'loud')");
  gives("return err.log_level('info')", "info");
  int fds[2];
  if (pipe(fds) != 0) return;
  char text[100] = "";
  log_set_fd(fds[1]);
  gives("return err.log('warn', 'hunter22')", "nil");
  ok(read(fds[0], text, sizeof text - 1) > 0, "a record");
  is_str(text, "errand: warning: [secret]\n", "log");
  log_set_fd(2);
  close(fds[0]);
  close(fds[1]);
}

static int l_everything(lua_State *S) {
  Err err;
  err_set(&err, ERR_AUTH, "hunter22\x1b");
  lerr_push(S, &err);
  lua_newtable(S);
  lua_pushstring(S, "one");
  lua_rawseti(S, -2, 1);
  lua_setfield(S, -2, "problems");
  luaL_tolstring(S, -1, NULL);
  if (strcmp(lua_tostring(S, -1), "[secret]\\x1b\n  - one") != 0)
    return luaL_error(S, "wrong text: %s", lua_tostring(S, -1));
  return 0;
}

static void test_no_memory(void) {
  ok(lalloc_loop(L, l_everything) > 3,
     "every failing allocation raises cleanly");
  lua_settop(L, 0);
  lua_pushliteral(L, "plain text");
  Err err;
  lua_gc(L, LUA_GCCOLLECT);
  lalloc_left = 0;
  lerr_get(L, -1, &err);
  lalloc_left = -1;
  is_str(err.text, "plain text", "lerr_get without memory");
}

int main(void) {
  L = lua_newstate(lalloc, NULL);
  if (!L) return 1;
  luaL_openlibs(L);
  luaL_requiref(L, "err", luaopen_host_err, 1);
  lerr_open(L);
  test_push();
  test_raise();
  test_sentence();
  test_new();
  test_get();
  test_text();
  test_no_memory();
  lua_close(L);
  redact_forget();
  return done();
}
