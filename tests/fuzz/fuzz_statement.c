/* fuzz_statement.c - what is typed at the prompt: words, statements, marks. */
/* SPDX-License-Identifier: MIT */
/*
 * The whole input is the text. Nothing of it is run: what is looked at is what
 * the prompt does with any text before and after that.
 */
#include "fuzz.h"

#include <lauxlib.h>

#include "loop.h"
#include "state.h"

static const char script[] =
  "local lexer = require 'core.repl.lexer'\n"
  "local statement = require 'core.repl.statement'\n"
  "local history = require 'core.repl.history'\n"
  "local private = require 'core.repl.private'\n"
  "local mark = require 'core.repl.mark'\n"
  "local function words(text)\n"
  "  local list = {}\n"
  "  for i, token in ipairs(lexer.tokens(text)) do\n"
  "    list[i] = token.text\n"
  "  end\n"
  "  return table.concat(list, '\\0')\n"
  "end\n"
  "local function tokens(text)\n"
  "  local at = 0\n"
  "  for i, token in ipairs(lexer.tokens(text)) do\n"
  "    assert(token.from > at and token.to >= token.from, 'in order')\n"
  "    assert(not text:sub(at + 1, token.from - 1):find '%S', 'blanks')\n"
  "    assert(token.text == text:sub(token.from, token.to), 'its text')\n"
  "    at = token.to\n"
  "  end\n"
  "  assert(not text:sub(at + 1):find '%S', 'to the end')\n"
  "end\n"
  /* What Lua reads as one string must be one here, with its value. */
  "local function strings(text)\n"
  "  local list = lexer.tokens(text)\n"
  "  if #list ~= 1 or list[1].kind ~= 'string' then return end\n"
  "  local fn = load('return ' .. text, '=text', 't', {})\n"
  "  assert((fn ~= nil) == (list[1].value ~= nil), 'a string or none')\n"
  "  assert(not fn or fn() == list[1].value, 'its value')\n"
  "end\n"
  "local function compiles(text)\n"
  "  return load(text, '=text', 't', {}) ~= nil\n"
  "end\n"
  "local function compiling(text)\n"
  "  local fn, message, more, from, to = statement.compile(text, {})\n"
  "  if fn then return end\n"
  "  assert(type(message) == 'string' and type(more) == 'boolean')\n"
  "  assert(not more or not from, 'more to come is no wrong place')\n"
  "  if from then assert(from >= 1 and to >= from and to <= #text + 1) end\n"
  "end\n"
  "local function marking(text)\n"
  "  local line = text:match '^[^\\n]*'\n"
  "  for _, kind in ipairs { 'validation', 'script' } do\n"
  "    local spans = mark.spans(text, { kind = kind, message = text })\n"
  "    for _, span in ipairs(spans) do\n"
  "      assert(span.from >= 1 and span.to <= #text)\n"
  "    end\n"
  "    mark.draw(line, spans, 20)\n"
  "  end\n"
  "end\n"
  "local text = ...\n"
  "tokens(text)\n"
  "strings(text)\n"
  "compiling(text)\n"
  "statement.complete(text)\n"
  "assert(statement.indent(text):find '^ *$')\n"
  "assert(words(statement.tidy(text)) == words(text), 'only blanks change')\n"
  "if compiles(text) then\n"
  "  assert(compiles((statement.lasting(text))), 'locals that last')\n"
  "end\n"
  "assert(history.decode(history.encode(text)) == text)\n"
  "assert(not history.encode(text):find '[\\n\\r]')\n"
  "private.is(text)\n"
  "marking(text)\n";

static lua_State *L;

static void set_up(void) {
  Err err = {0};
  Loop *loop = loop_new(&err);
  State *s = loop ? state_new(loop, &(StateOptions){0}, &err) : NULL;
  need(s, err.text);
  L = state_lua(s);
  need(state_load(L, script, sizeof script - 1, "fuzz_statement", &err) == 0,
       err.text);
  lua_setfield(L, LUA_REGISTRYINDEX, "fuzz_statement");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Err err = {0};
  if (size > 16384) return 0;
  if (!L) set_up();
  lua_settop(L, 0);
  lua_getfield(L, LUA_REGISTRYINDEX, "fuzz_statement");
  lua_pushlstring(L, (const char *)data, size);
  need(state_call(L, 1, 0, &err) == 0, err.text);
  return 0;
}
