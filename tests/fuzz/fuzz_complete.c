/* fuzz_complete.c - Tab behind any text at the prompt. */
/* SPDX-License-Identifier: MIT */
/*
 * The input is the text before the cursor. Lua completes it, so this is the
 * whole program's state. Whatever the text is, nothing of the session runs.
 */
#include "fuzz.h"

#include <lauxlib.h>

#include "loop.h"
#include "state.h"

/* A variable of the session with every metamethod, some plain ones, and the
   text that a choice would make, completed once more. */
static const char prepare[] =
  "local complete = require 'core.repl.complete'\n"
  "local results = require('core.repl.results').new()\n"
  "local ran\n"
  "local meta = {}\n"
  "for _, name in ipairs { '__index', '__newindex', '__pairs', '__len', '__eq',\n"
  "    '__lt', '__le', '__tostring', '__call', '__concat', '__unm', '__add' } do\n"
  "  meta[name] = function() ran = name end\n"
  "end\n"
  "local trap = setmetatable({ a = 1 }, meta)\n"
  "trap = setmetatable({ a = 1, b = trap, trap, [trap] = trap }, meta)\n"
  "results:add(trap)\n"
  "local env = setmetatable({ t = trap, x = 'text', f = function() ran = 'f' end,\n"
  "  l = { { id = 1, ['no name'] = 2 } } }, meta)\n"
  "local shell = setmetatable({ results = results, calls = trap }, meta)\n"
  "local function look(text)\n"
  "  local words, after, how = complete.expression(text, env, shell)\n"
  "  assert(ran == nil, ran)\n"
  "  assert(#after <= 1 and how.start >= 0 and how.start <= #text)\n"
  "  for _, word in ipairs(words) do assert(word ~= '' and not word:find '%c') end\n"
  "  for _, columns in ipairs { 80, 7 } do\n"
  "    local list = complete.display(words, columns, columns // 3)\n"
  "    assert(#words == 0 or list and not list:find '[^%C\\n]')\n"
  "  end\n"
  "  assert(ran == nil, ran)\n"
  "  return words[1] and text:sub(1, how.start) .. words[1] .. after\n"
  "end\n"
  "return function(text)\n"
  "  local longer = look(text)\n"
  "  if longer then look(longer) end\n"
  "end\n";

static lua_State *L;

static void set_up(void) {
  Err err = {0};
  Loop *loop = loop_new(&err);
  State *s = loop ? state_new(loop, &(StateOptions){0}, &err) : NULL;
  need(s, err.text);
  L = state_lua(s);
  need(state_load(L, prepare, strlen(prepare), "=fuzz_complete", &err) == 0,
       err.text);
  need(state_call(L, 0, 1, &err) == 0, err.text);
  lua_setfield(L, LUA_REGISTRYINDEX, "fuzz_complete");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Err err = {0};
  if (size > 16384) return 0;
  if (!L) set_up();
  lua_settop(L, 0);
  lua_getfield(L, LUA_REGISTRYINDEX, "fuzz_complete");
  lua_pushlstring(L, (const char *)data, size);
  need(state_call(L, 1, 0, &err) == 0, err.text);
  return 0;
}
