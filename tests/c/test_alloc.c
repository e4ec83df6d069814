/* test_alloc.c - every binding with its Nth allocation failing. */
/* SPDX-License-Identifier: MIT */

/* Linked with --wrap, so that Lua's memory and that of our own C fail alike,
   and that of the libraries which are linked from their archives. Each chunk
   runs with the first allocation refused, then the second, ... until it asks
   for no more than it gets. Whatever it raises is fine; then it must pass
   again in the same state. Leaks are for ASan and valgrind to find. */

#include <lauxlib.h>
#include <malloc.h>
#include <stdbool.h>

#include "loop.h"
#include "redact.h"
#include "state.h"
#include "tap.h"
#include "task.h"

enum { LIMIT = 20000 };

static long left = -1;      /* allocations that succeed; -1: all */
static bool only_one;       /* refuse one, not all that follow */
static long refused;

static bool deny(void) {
  if (left < 0) return false;
  if (left > 0) {
    left--;
    return false;
  }
  refused++;
  if (only_one) left = -1;
  return true;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_reallocarray(void *p, size_t n, size_t size);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);

void *__wrap_malloc(size_t n) {
  return deny() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size) {
  return deny() ? NULL : __real_calloc(n, size);
}

/* Shrinking never fails, in life as in what Lua counts on. */
void *__wrap_realloc(void *p, size_t n) {
  bool grows = !p || n > malloc_usable_size(p);
  return grows && deny() ? NULL : __real_realloc(p, n);
}

void *__wrap_reallocarray(void *p, size_t n, size_t size) {
  return deny() ? NULL : __real_reallocarray(p, n, size);
}

char *__wrap_strdup(const char *s) {
  return deny() ? NULL : __real_strdup(s);
}

char *__wrap_strndup(const char *s, size_t n) {
  return deny() ? NULL : __real_strndup(s, n);
}

/* Each returns the function that is repeated. */
static const struct { const char *name, *code; } chunks[] = {
  {"host.err",
   "local e = require 'host.err'\n"
   "return function()\n"
   "  local err = e.new { kind = 'conflict', message = 'twice \\27',\n"
   "    problems = { { path = 'a', message = 'b' }, 'c' } }\n"
   "  assert(e.is(err) and e.exit_code(err) == 6)\n"
   "  assert(#tostring(err) > 10 and #('x' .. err) > 10)\n"
   "  assert(e.distance('users', 'usres', 3) == 1 or true)\n"
   "  assert(e.safe('a\\27b') ~= 'a\\27b')\n"
   "  assert(e.redact(('x'):rep(300)) == ('x'):rep(300))\n"
   "  assert(e.width('abc') == 3)\n"
   "end"},
  {"host.json",
   "local j = require 'host.json'\n"
   "local text = '{\"a\":[1,2.5,null,{\"b\":\"\\\\u00fc\"}],\"big\":' ..\n"
   "  '123456789012345678901234567890,\"e\":[],\"o\":{},\"z\":null}'\n"
   "return function()\n"
   "  local v = assert(j.decode(text))\n"
   "  assert(assert(j.encode(v)) == assert(j.encode(assert(j.decode(text)))))\n"
   "  assert(j.encode(v, 2))\n"
   "  local a = j.array({}) for i = 1, 50 do a[i] = { n = i } end\n"
   "  assert(#assert(j.encode(j.object({ list = a, n = j.null }))) > 300)\n"
   "  local _, err = j.decode('[1,')\n"
   "  assert(err.kind)\n"
   "  _, err = j.encode({ f = print })\n"
   "  assert(err.kind)\n"
   "end"},
  {"host.task",
   "local t = require 'host.task'\n"
   "return function()\n"
   "  local all = {}\n"
   "  for i = 1, 5 do\n"
   "    all[i] = t.spawn(function(n)\n"
   "      local c <close> = setmetatable({}, { __close = function() end })\n"
   "      t.sleep(0)\n"
   "      return n\n"
   "    end, i)\n"
   "  end\n"
   "  local sum = 0\n"
   "  for _, one in ipairs(all) do sum = sum + one:join() end\n"
   "  assert(sum == 15)\n"
   "  assert(t.deadline(5, function() t.sleep(0) return 1 end) == 1)\n"
   "  assert(not pcall(t.deadline, 0, t.sleep, 60))\n"
   "  local one = t.spawn(t.sleep, 60)\n"
   "  t.sleep(0)\n"
   "  one:cancel()\n"
   "  assert(not pcall(one.join, one))\n"
   "  table.sort({ 1, 2 }, function() t.sleep(0) return false end)\n"
   "  coroutine.wrap(function() t.sleep(0) coroutine.yield(1) end)()\n"
   "end"},
  {"host.config",
   "local c = require 'host.config'\n"
   "return function()\n"
   "  local h = c.new()\n"
   "  assert(h:set_profile 'p')\n"
   "  assert(h:set('p', 's', 'url', 'http://127.0.0.1:1', 'here'))\n"
   "  assert(h:set('p', 's', 'pin', 'a-secret-canary', 'here', true))\n"
   "  assert(h:set('p', 's', 'list', { 'a', 'b' }, 'here'))\n"
   "  assert(h:mark_secret('s', 'pin'))\n"
   "  assert(h:get('p', 's', 'url') and h:get('p', 's', 'pin') == true)\n"
   "  assert(h:resolve('p', 's', 'pin'))\n"
   "  assert(#h:names() == 3 and h:has 'p' and not h:protected 'p')\n"
   "end"},
  {"host.config with a file",
   "local c, sys = require 'host.config', require 'host.sys'\n"
   "local path = ALLOC_DIR .. '/config.lua'\n"
   "assert(sys.write_file(path, [[return { default = 'p', profiles = { p =\n"
   "  { protected = true, s = { url = 'http://x.example.com',\n"
   "    key = secret.env 'ALLOC_KEY', n = 5, on = true } } } }]], 384))\n"
   "return function()\n"
   "  sys.setenv('ALLOC_KEY', 'a-key-canary')\n"
   "  local h, err = c.load(path)\n"
   "  if not h then error(err, 0) end\n"
   "  assert(h:profile() == 'p' and h:protected 'p')\n"
   "  assert(h:resolve('p', 's', 'key'))\n"
   "  assert(h:get('p', 's', 'n') == 5)\n"
   "end"},
  {"host.store",
   "local s = require 'host.store'\n"
   "return function()\n"
   "  local store <close>, err = s.open()\n"
   "  if not store then error(err, 0) end\n"
   "  local id = assert(store:begin { service = 'a', profile = 'p',\n"
   "    account = 'x', operation = 'o.c', effect = 'create', key = 'k',\n"
   "    arguments = '{}' })\n"
   "  assert(store:finish(id, 'done', 201, 'r1'))\n"
   "  local found, why = store:find_remote { service = 'a', profile = 'p',\n"
   "    account = 'x', operation = 'o.c', key = 'k' }\n"
   "  assert(found == 'r1', why)\n"
   "  assert(#store:calls() == 1)\n"
   "end"},
  {"host.sys",
   "local s = require 'host.sys'\n"
   "local path = ALLOC_DIR .. '/a/b/file'\n"
   "return function()\n"
   "  assert(s.make_dir(ALLOC_DIR .. '/a/b', 448))\n"
   "  assert(s.write_file(path, ('x'):rep(5000), 384))\n"
   "  assert(#assert(s.read_file(path)) == 5000)\n"
   "  assert(select(2, s.read_file(path, 10)).kind)\n"
   "  assert(select(2, s.read_file(path .. '.absent')).kind)\n"
   "  assert(s.exists(path) and s.realpath(path) and s.cwd())\n"
   "  assert(#s.random(20) == 20 and s.utc(0) and s.environ())\n"
   "  s.setenv('ALLOC_VALUE', 'x') assert(s.env 'ALLOC_VALUE' == 'x')\n"
   "end"},
  {"host.state and coroutines",
   "local s = require 'host.state'\n"
   "return function()\n"
   "  assert(s.traceback('x').traceback and s.memory() > 0)\n"
   "  s.where()\n"
   "  assert(load('return ...', '=x')(5) == 5)\n"
   "  assert(#s.services() > 0)\n"
   "  assert(s.data('ixon.sandbox').base)\n"
   "  local co = coroutine.wrap(function(a) error(coroutine.yield(a)) end)\n"
   "  assert(co(1) == 1 and not pcall(co, 'x'))\n"
   "end"},
  {"host.cron",
   "local cron = require 'host.cron'\n"
   "return function()\n"
   "  local o = { tz = 'Europe/Berlin' }\n"
   "  local c <close> = assert(cron.new('*/30 2 * * *', o))\n"
   "  assert(c:next(1774742400).missed[2])\n"
   "  assert(#c:slots(0, 86400 * 5) == 10 and c:explain())\n"
   "  local none, err = cron.new('61 * ? * 9', { tz = 'Mars' })\n"
   "  assert(not none and #err.problems > 0)\n"
   "  local z <close> = assert(cron.zone 'Europe/Berlin')\n"
   "  assert(z:at(0).to and #z:instants '2026-10-25 02:30' == 2)\n"
   "  assert(not cron.zone '..' and cron.jitter('x', 5))\n"
   "  cron.tzdata()\n"
   "end"},
  {"host.declare",
   "local d = require 'host.declare'\n"
   "return function()\n"
   "  local list, fault = d.read([[local t = { 1, 2, { deep = 'x' } }\n"
   "  schedule 'a' { args = t, key = secret.env 'KEY' }\n"
   "  schedule('b', { t = { 0.5, true } }) defaults { tz = 'UTC' }]],\n"
   "    { 'schedule', 'defaults' })\n"
   "  assert(not fault, fault and fault.message)\n"
   "  assert(#list == 3 and list[1].options.args[3].deep == 'x')\n"
   "  assert(list[1].options.key.env == 'KEY' and list[3].line == 3)\n"
   "  local text = 'schedule \"a\" {}\\nerror \"no\"'\n"
   "  list, fault = d.read(text, { 'schedule' })\n"
   "  if #fault.message > 2 then error(fault.message, 0) end\n"
   "  assert(#list == 1 and fault.line == 2 and fault.message == 'no')\n"
   "end"},
  {"host.http to a closed port",
   "local http, c = require 'host.http', require 'host.config'\n"
   "local server = assert(require 'host.sandbox'.listen(0, print))\n"
   "local url = 'http://127.0.0.1:' .. server:port()\n"
   "server:close()\n"
   "return function()\n"
   "  local h = c.new()\n"
   "  assert(h:set_profile 'p')\n"
   "  assert(h:set('p', 's', 'token', 'a-secret-canary', 'here', true))\n"
   "  assert(http.url(assert(http.base(url)), { template = '/a/{b}',\n"
   "    path = { { 'b', '\xc3\xbc/' } }, query = { { 'q', ' ' } } }))\n"
   "  local a, err = http.connect { service = 's', profile = 'p',\n"
   "    base = url, config = h, auth = { headers = { { 'X-A', '1' } },\n"
   "    methods = { { needs = { 'token' },\n"
   "      send = { { 'Authorization', 'Bearer {token}' } } } } } }\n"
   "  if not a then error(err, 0) end\n"
   "  local ok, why = a:send { method = 'GET', template = '/x/{y}',\n"
   "    path = { { 'y', 'z' } }, query = {}, headers = { 'X-B: 2' },\n"
   "    body = '{}', operation = 'o', repeatable = false, timeout = 5,\n"
   "    retry = 0 }\n"
   "  a:close()\n"
   "  assert(not ok)\n"
   "  if why.kind ~= 'network' then error(why, 0) end\n"
   "end"},
  {"host.http and host.sandbox",
   "local http, c = require 'host.http', require 'host.config'\n"
   "local sandbox, t = require 'host.sandbox', require 'host.task'\n"
   "local reply = { status = 200, body = '{\"data\":[1,2,{\"a\":null}]}',\n"
   "  headers = { ['Content-Type'] = 'application/json' } }\n"
   "return function()\n"
   "  local server <close> = sandbox.listen(0, function() return reply end)\n"
   "  local h = c.new()\n"
   "  assert(h:set_profile 'p')\n"
   "  local a <close>, err = http.connect { service = 's', profile = 'p',\n"
   "    base = 'http://127.0.0.1:' .. server:port(), config = h,\n"
   "    auth = { headers = {}, methods = {} } }\n"
   "  if not a then error(err, 0) end\n"
   "  local function send()\n"
   "    local status, value, facts = a:send { method = 'POST',\n"
   "      template = '/x', path = {}, query = {}, headers = {}, body = '{}',\n"
   "      timeout = 5 }\n"
   "    if not status then error(value, 0) end\n"
   "    if status ~= 200 then error(facts.text, 0) end\n"
   "    assert(#value.data == 3 and facts.head)\n"
   "  end\n"
   "  local one = t.spawn(send)\n"
   "  send()\n"
   "  one:join()\n"
   "end"},
  {"host.proc",
   "local proc = require 'host.proc'\n"
   "return function()\n"
   "  local p <close>, err = proc.start { program = 'sh', timeout = 60,\n"
   "    args = { '-c', 'echo 12345678; exit 3' }, head = 4, tail = 4,\n"
   "    environment = { A = 'b', PATH = '/bin:/usr/bin' },\n"
   "    log = ALLOC_DIR .. '/proclog', stamps = true }\n"
   "  if not p then error(err, 0) end\n"
   "  local how = p:wait()\n"
   "  p:stop()\n"
   "  os.remove(ALLOC_DIR .. '/proclog')\n"
   "  os.remove(ALLOC_DIR .. '/proclog.1')\n"
   "  os.remove(ALLOC_DIR .. '/proclog.2')\n"
   "  if how.log_error then error(how.log_error, 0) end\n"
   "  assert(how.code == 3 and how.output == 9 and p:ended().code == 3)\n"
   "end"},
  {"host.signal and a child's environment",
   "local proc, signal = require 'host.proc', require 'host.signal'\n"
   "local function pass(value, err)\n"
   "  if not value then error(err, 0) end\n"
   "  return value\n"
   "end\n"
   "return function()\n"
   "  local w <close> = pass(signal.watch { 'USR1', 'USR2' })\n"
   "  local p <close> = pass(proc.start { program = 'sh',\n"
   "    args = { '-c', 'test $A = b && kill -USR1 $PPID' },\n"
   "    set = { A = 'b', HOME = false }, credentials = true })\n"
   "  assert(p:wait().code == 0 and w:came 'USR1' == 1)\n"
   "  assert(w:wait() == 'USR1' and w:came 'USR2' == 0)\n"
   "end"},
  {"host.server, host.notify and host.clock",
   "local server, notify = require 'host.server', require 'host.notify'\n"
   "local clock, sys = require 'host.clock', require 'host.sys'\n"
   "local function pass(value, err)\n"
   "  if not value then error(err, 0) end\n"
   "  return value\n"
   "end\n"
   "return function()\n"
   "  local path = ALLOC_DIR .. '/server'\n"
   "  local s <close> = pass(server.listen({ path = path,\n"
   "    methods = 'GET', pages = true }, print))\n"
   "  local t <close> = pass(server.listen({ port = 0 }, print))\n"
   "  assert(sys.exists(path) and t:port() > 0)\n"
   "  local n <close> = pass(notify.open())\n"
   "  assert(n:ready 'x' and n:extend(1))\n"
   "  local c <close> = pass(clock.watch())\n"
   "end"},
  {"host.http with tokens that are kept",
   "local http, c = require 'host.http', require 'host.config'\n"
   "local sandbox = require 'host.sandbox'\n"
   "local reply = { status = 200, body = 'a-token-canary',\n"
   "  headers = { ['Content-Type'] = 'text/plain' } }\n"
   "local dir, name = ALLOC_DIR .. '/tokens', http.token_name('s', 'p')\n"
   "local way = { needs = { 'user', 'password' },\n"
   "  send = { { 'Authorization', 'Bearer {token}' } },\n"
   "  login = { method = 'POST', path = '/auth', token = '',\n"
   "    body = '{\"u\":\"{user}\",\"p\":\"{password}\"}' } }\n"
   "local function pass(value, err, ...)\n"
   "  if not value then error(err, 0) end\n"
   "  return value, err, ...\n"
   "end\n"
   "return function()\n"
   "  pass(http.forget_tokens(dir, nil, 1))\n"
   "  local server <close> = sandbox.listen(0, function() return reply end)\n"
   "  local h = c.new()\n"
   "  assert(h:set_profile 'p' and h:set('p', 's', 'user', 'me', 'here'))\n"
   "  assert(h:set('p', 's', 'password', 'secret-canary', 'here', true))\n"
   "  local options = { service = 's', profile = 'p', config = h,\n"
   "    base = 'http://127.0.0.1:' .. server:port(),\n"
   "    auth = { headers = {}, methods = { way } },\n"
   "    token_dir = dir, token_name = name }\n"
   "  local a <close> = pass(http.connect(options))\n"
   "  assert(select(2, pass(a:login())) == 1)\n"
   "  local token = a:token()\n"
   "  if not token.kept then error('no memory for the file', 0) end\n"
   "  local b <close> = pass(http.connect(options))\n"
   "  if not b:token().there then error('no memory to read it', 0) end\n"
   "  assert(select(2, pass(b:login())) == 0)\n"
   "  assert(#pass(http.forget_tokens(dir, name, 1)) == 1)\n"
   "end"},
};

static char dir[] = "/tmp/errand-alloc-XXXXXX";

/* Runs the repeated function; 0, or -1 with err. */
static int run(lua_State *L, int ref, Err *err) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, ref);
  int failed = task_run(L, 0, 0, err);
  lua_settop(L, 0);
  return failed;
}

static int compile(lua_State *L, const char *code, int *ref, Err *err) {
  if (state_load(L, code, strlen(code), "=chunk", err) != 0) return -1;
  if (task_run(L, 0, 1, err) != 0) return -1;
  *ref = luaL_ref(L, LUA_REGISTRYINDEX);
  return 0;
}

/* Where each takes long a sample is tried; a plain build tries them all. */
static long stride(long n) {
  if (getenv("VALGRIND")) return 1 + n / 20;
#ifdef __SANITIZE_ADDRESS__
  return 1 + n / 200;
#else
  return 1;
#endif
}

/* Number of allocations of the chunk, -1 when something went wrong. Under
   valgrind, which is slow, the later ones are only sampled. */
static long torture(lua_State *L, int ref) {
  Err err;
  for (long n = 0; n < LIMIT; n += stride(n)) {
    lua_gc(L, LUA_GCCOLLECT);
    refused = 0;
    left = n;
    int failed = run(L, ref, &err);
    left = -1;
    if (refused == 0 && !failed) return n;
    if (refused == 0) {
      printf("# failed though nothing was refused: %s\n", err.text);
      return -1;
    }
    if (run(L, ref, &err) != 0) {
      printf("# broken after %ld allocations: %s\n", n, err.text);
      return -1;
    }
  }
  printf("# never passed\n");
  return -1;
}

static void test_chunk(const char *name, const char *code) {
  Err err = {0};
  char what[128];
  int ref;
  Loop *loop = loop_new(&err);
  State *state = state_new(loop, &(StateOptions){0}, &err);
  if (!state) {
    ok(0, err.text);
    loop_free(loop);
    return;
  }
  lua_State *L = state_lua(state);
  lua_pushglobaltable(L);
  lua_pushliteral(L, "ALLOC_DIR");
  lua_pushstring(L, dir);
  lua_rawset(L, -3);
  lua_settop(L, 0);
  if (compile(L, code, &ref, &err) != 0 || run(L, ref, &err) != 0) {
    printf("# %s\n", err.text);
    ok(0, name);
  } else {
    for (int i = 0; i < 2; i++) {
      only_one = i == 0;
      long n = torture(L, ref);
      snprintf(what, sizeof what, "%s, %s refused", name,
               only_one ? "one allocation" : "all further allocations");
      ok(n > 0, what);
      if (n > 0) printf("# %ld allocations\n", n);
    }
  }
  state_free(state);
  loop_free(loop);
  redact_forget();
}

/* Starting a state fails cleanly as well. */
static void test_start(void) {
  Err err;
  long n = 0;
  for (; n < LIMIT; n += stride(n)) {
    refused = 0;
    left = n;
    only_one = false;
    Loop *loop = loop_new(&err);
    State *state = loop ? state_new(loop, &(StateOptions){0}, &err) : NULL;
    left = -1;
    bool started = state != NULL;
    state_free(state);
    loop_free(loop);
    if (refused == 0) {
      ok(started, "a state starts when it gets its memory");
      break;
    }
    if (started) {
      ok(0, "a state started without its memory");
      break;
    }
  }
  ok(n > 10 && n < LIMIT, "a state that does not get its memory does not start");
}

int main(void) {
  if (!mkdtemp(dir)) return 1;
  test_start();
  for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++)
    test_chunk(chunks[i].name, chunks[i].code);
  static const char *const left_over[] = {"/a/b/file", "/a/b", "/a",
    "/config.lua", "/tokens/s@p.lock", "/tokens", ""};
  for (size_t i = 0; i < sizeof left_over / sizeof *left_over; i++) {
    char path[128];
    snprintf(path, sizeof path, "%s%s", dir, left_over[i]);
    ok(remove(path) == 0, "what the chunks left behind is gone");
  }
  return done();
}
