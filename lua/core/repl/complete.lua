-- complete.lua - what the text before the cursor may go on with.
-- SPDX-License-Identifier: MIT
--
-- Reads descriptions and raw tables only: no function and no metamethod of a
-- user's value is called and nothing is sent.

local context = require "core.repl.complete.context"
local names = require "core.repl.complete.names"
local params = require "core.repl.complete.params"
local resolve = require "core.repl.complete.resolve"

local complete = {}

-- More is a file, and reading it at each Tab would be felt.
local MAX_TEXT <const> = 32 * 1024

-- The entries of the last answer, for the list that is shown of them.
local last = {}

-- ---- choosing ----

local function begins(text, with, fold)
  local head = text:sub(1, #with)
  return head == with or fold and head:lower() == with:lower()
end

-- What would disturb the terminal, end the line or show a secret is left out.
local function fit(word)
  local err = require "host.err"
  return word ~= "" and not word:find("%c") and err.safe(word) == word and err.redact(word) == word
end

-- The entries whose `match` (else their word) goes on from prefix; where none
-- does, those that do without regard to case.
local function narrow(entries, prefix)
  for _, fold in ipairs { false, true } do
    local out = {}
    for _, entry in ipairs(entries) do
      if begins(entry.match or entry.word, prefix, fold) and fit(entry.word) then out[#out + 1] = entry end
    end
    if out[1] then return out end
  end
  return {}
end

local function by_word(a, b)
  return a.word < b.word
end

local function sorted(entries)
  table.sort(entries, by_word)
  return entries
end

-- ---- members of { } ----

-- page-after is no name: ["page-after"]
local function named_row(row, needed)
  local name = row.as or row.name
  return { word = names.is_name(name) and name or '["' .. name .. '"]', label = name, match = name, kind = "parameter", row = row,
           needed = needed, follow = "=" }
end

local function parameters(expected, given)
  local out = {}
  for i, row in ipairs(params.names(expected, given)) do
    out[i] = named_row(row, expected.needed[row] or false)
  end
  return out
end

-- ---- values ----

local function quoted(value, quote)
  return quote .. tostring(value):gsub("[\\" .. quote .. "]", "\\%0")
end

-- Without quotes: "low" as a whole.
local function values_of(row)
  local out = {}
  for i, value in ipairs(params.values(row) or {}) do
    local text = type(value) == "string"
    out[i] = { word = text and quoted(value, '"') .. '"' or tostring(value), kind = "value", label = tostring(value) }
  end
  if out[1] and row.nullable then out[#out + 1] = { word = "null", kind = "value" } end
  return out
end

-- ---- inside quotes ----

local closing = { ['"'] = '"', ["'"] = "'" }

local function end_quotes(entries, quote, more)
  local char = closing[quote]
  for _, entry in ipairs(entries) do
    entry.label = entry.label or entry.word
    if char then entry.word = quoted(entry.word, char):sub(2) end
    entry.match = entry.word
    if more and char then entry.word = entry.word .. char .. more end
    entry.follow = not more and char or entry.follow
  end
  return entries
end

-- t["key"], and ["key"] = inside { }
local function bracketed(ctx, frame, env, shell)
  local first = ctx:chain_start(frame.at - 1)
  if first then
    local thing = resolve.expression(ctx, first, frame.at - 1, env, shell)
    return sorted(narrow(end_quotes(names.keys(thing), ctx.quote, "]"), ctx.word))
  end
  local outer = ctx.frames[#ctx.frames - 1]
  if outer.open ~= "{" or outer.item ~= frame.at then return {} end
  ctx.frames[#ctx.frames] = nil                    -- as if the bracket were not there
  local expected = params.expected(ctx, env, shell)
  local list = expected and parameters(expected, outer.given) or {}
  for _, entry in ipairs(list) do entry.word, entry.match = entry.label, nil end
  return narrow(end_quotes(list, ctx.quote, "]"), ctx.word)
end

local function topics(word)
  return sorted(narrow(names.topics(word), word))
end

-- A service goes on by a dot, an operation ends the text.
local function end_topics(list, quote)
  for _, entry in ipairs(list) do entry.follow = entry.follow == "." and "." or closing[quote] end
  return list
end

local function in_quotes(ctx, env, shell)
  local frame = ctx:top()
  if frame.open == "[" and (frame.item or ctx.last + 1) == ctx.last + 1 then return bracketed(ctx, frame, env, shell) end
  local row = params.row(ctx, env, shell)
  if not row then return {} end
  if row.topic then return end_topics(topics(ctx.word), ctx.quote) end
  local list = {}
  if row.service then
    for i, name in ipairs(require("core.services").names()) do list[i] = { word = name, service = name, kind = "service" } end
  elseif params.is_file(row) then
    return {}, true
  else
    for _, value in ipairs(params.values(row) or {}) do
      if type(value) == "string" then list[#list + 1] = { word = value, kind = "value" } end
    end
  end
  return narrow(end_quotes(list, ctx.quote), ctx.word)
end

-- ---- names ----

-- Where a new name is made there is nothing to go on with.
local function declares(ctx)
  local tokens, i = ctx.tokens, ctx.last
  if ctx:top().unfinished then return {} end
  while context.is_op(tokens[i], ",") and tokens[i - 1] and tokens[i - 1].kind == "name" do i = i - 2 end
  local word = tokens[i] and tokens[i].kind == "keyword" and tokens[i].text
  if word == "local" and i == ctx.last then return { { word = "function", kind = "keyword" } } end
  if word == "local" or word == "for" or word == "goto" or word == "function" and i == ctx.last then return {} end
end

local starts = { ["then"] = true, ["do"] = true, ["else"] = true, ["repeat"] = true, ["end"] = true, ["break"] = true,
                 ["true"] = true, ["false"] = true, ["nil"] = true }

-- Is a value wanted, so that no statement can begin?
local function wants_value(ctx)
  local token = ctx.tokens[ctx.last]
  if not token then return false end
  if token.kind == "keyword" then return not starts[token.text] end
  if token.kind ~= "op" then return false end
  return not token.text:find("^[%)%]};]$") and token.text ~= "::" and token.text ~= "..."
end

local function alone(ctx, env, shell)
  return sorted(narrow(names.globals(ctx, env, shell, wants_value(ctx)), ctx.word))
end

-- At the beginning of an element of { }: members first, anything if none fits.
local function member_or_value(ctx, env, shell)
  local frame = ctx:top()
  local expected = params.expected(ctx, env, shell)
  if not expected then return nil end
  local list = narrow(parameters(expected, frame.given), ctx.word)
  if list[1] then return list end
  local row = expected.element
  if row then list = narrow(values_of(row), ctx.word) end
  if list[1] then return list end
  return expected.only and not row and {} or nil
end

-- page-a begins no difference but the name of a parameter: ["page-after"]
local function odd_name(ctx, text, env, shell)
  local frame = ctx:top()
  local item = frame.item
  if frame.value or not item or item > ctx.last then return nil end
  local typed = text:sub(ctx.tokens[item].from)
  if not typed:find("^[%a_][%w_.-]*$") then return nil end
  local expected = params.expected(ctx, env, shell)
  local list = {}
  for _, entry in ipairs(expected and parameters(expected, frame.given) or {}) do
    if entry.word ~= entry.label then list[#list + 1] = entry end
  end
  list = narrow(list, typed)
  if not list[1] then return nil end
  ctx.start = ctx.tokens[item].from - 1
  return list
end

local function by_label(entries)
  for _, entry in ipairs(entries) do entry.match = entry.label end
  return entries
end

local function value(ctx, env, shell)
  local row, _, op = params.row(ctx, env, shell)
  ctx.hint = row and row.name and { row = row } or op and { op = op } or nil
  local values = row and row.name and values_of(row) or {}
  if ctx.word == "" then return values[1] and values or alone(ctx, env, shell) end
  local list = narrow(values, ctx.word)
  if list[1] then return list end
  list = alone(ctx, env, shell)
  return list[1] and list or narrow(by_label(values), ctx.word)
end

-- t[ with nothing behind it yet
local function index(ctx, frame, env, shell)
  local first = ctx.word == "" and not frame.item and ctx:chain_start(frame.at - 1)
  local thing = first and resolve.expression(ctx, first, frame.at - 1, env, shell)
  local list = names.keys(thing)
  for _, entry in ipairs(list) do entry.word, entry.label = quoted(entry.word, '"') .. '"]', entry.word end
  list = sorted(narrow(list, ""))
  return list[1] and list or nil
end

local function candidates(ctx, text, env, shell)
  if ctx.inside then return {} end
  if ctx.quote then return in_quotes(ctx, env, shell) end
  local before, frame = ctx.tokens[ctx.last], ctx:top()
  local odd = frame.open == "{" and odd_name(ctx, text, env, shell)
  if odd then return odd end
  if context.is_op(before, ".") or context.is_op(before, ":") then
    local first = ctx:chain_start(ctx.last - 1)
    local thing = first and resolve.expression(ctx, first, ctx.last - 1, env, shell)
    return sorted(narrow(names.members(thing, before.text), ctx.word))
  end
  local declared = declares(ctx)
  if declared then return narrow(declared, ctx.word) end
  local list
  if frame.open == "{" and not frame.item then list = member_or_value(ctx, env, shell) end
  if frame.open == "[" then list = index(ctx, frame, env, shell) end
  return list or value(ctx, env, shell)
end

-- ---- the answer ----

local function answer(entries, start, files, hint)
  last = entries
  last.hint = hint
  local words = {}
  for i, entry in ipairs(entries) do words[i] = entry.word end
  return words, #words == 1 and entries[1].follow or "", { start = start, files = files or false }
end

--- complete.expression(text, env, shell) -> as complete.words, for Lua alone.
function complete.expression(text, env, shell)
  if #text > MAX_TEXT then return answer({}, #text) end
  local ctx = context.read(text)
  local entries, files = candidates(ctx, text, env, shell)
  local words, after, how = answer(entries, ctx.start, files, ctx.hint)
  if files then after = closing[ctx.quote] or "" end
  return words, after, how
end

-- What a command of the prompt goes on with; its words may have an `about`.
local function command(before, shell)
  last = {}
  local words, after, how = require("core.repl.commands").complete(shell, before)
  if last[1] then return words, after, how end       -- it asked us: Lua behind :time
  local entries = {}
  for i, word in ipairs(words) do
    if type(word) ~= "table" then word = { word = word } end
    entries[i] = { word = word.word, label = word.label, title = word.about, kind = "command" }
  end
  if #entries == 0 then return words, after, how end
  local list, _, place = answer(entries, how and how.start or #before, how and how.files)
  return list, after or "", place
end

--- complete.words(before, env, shell) -> list of what the word at the end of
-- before may be replaced by, the character that follows if it is the only one,
-- and { start = offset of the word from 0, files = true for names of files }.
-- env: variables of the session; shell: the session (may be nil).
function complete.words(before, env, shell)
  if shell and rawget(shell, "asking") then return answer({}, #before) end   -- a question is no place for Lua
  if before:find("^%s*:") and shell then return command(before, shell) end
  local asked = before:match("^%s*%?%s*()")
  if not asked then return complete.expression(before, env, shell) end
  local word = before:sub(asked)
  return answer(topics(word), asked - 1)
end

--- complete.display(words, columns, rows) -> text that shows the candidates of
-- the last answer on a terminal of this size; nil where they are others.
function complete.display(words, columns, rows)
  return require "core.repl.complete.display"(last, words, columns, rows)
end

--- complete.profiles() -> sorted names of the configured profiles.
function complete.profiles()
  return params.profiles()
end

return complete
