-- context.lua - where the cursor stands in Lua text that is being typed.
-- SPDX-License-Identifier: MIT
--
-- One pass over the tokens keeps a stack of what is open at the cursor:
-- brackets and blocks. A frame of the stack:
--   open    "(", "{", "[" or "block"
--   at      its first token (index)
--   call    true for the "(" or "{" of a call
--   item    the first token of the element at the cursor
--   items   first tokens of all elements so far
--   value   the first token behind "key =" in the element, and key
--   given   set of the keys named so far; positional: how many have none
--   locals  of a block, by name: list of { at, from, how }: the expression at
--           token `from` says what it is; how is "value", "first" or "second"
--           (what a loop over it gives)

local lexer = require "core.repl.lexer"

local context = {}

local FORGIVEN = 32                    -- brackets that lack their end

local Context = {}
Context.__index = Context

local closes = { [")"] = "(", ["}"] = "{", ["]"] = "[" }

local function is_op(token, text)
  return token ~= nil and token.kind == "op" and token.text == text
end

local function is_word(token, text)
  return token ~= nil and token.kind == "keyword" and token.text == text
end

context.is_op = is_op

-- May what stands at token i be called or indexed?
local function ends_prefix(tokens, i)
  local token = tokens[i]
  if not token then return false end
  if token.kind == "name" or token.kind == "string" then return true end
  return token.kind == "op" and (token.text == ")" or token.text == "]" or token.text == "}")
end

-- ---- the stack ----

function Context:top()
  return self.frames[#self.frames]
end

function Context:push(open, at)
  local frame = { open = open, at = at, items = {}, given = {}, positional = 0, locals = {}, wanted = true }
  self.frames[#self.frames + 1] = frame
  if open ~= "block" then frame.call = open ~= "[" and ends_prefix(self.tokens, at - 1) end
  return frame
end

-- A bracket closes what is open inside it, too; how far down is bounded, so
-- that no text takes long.
function Context:close_bracket(open, at)
  for i = #self.frames, math.max(2, #self.frames - FORGIVEN), -1 do
    local frame = self.frames[i]
    if frame.open == open then
      self.match[at], self.match[frame.at], self.frame_at[frame.at] = frame.at, at, frame
      for k = #self.frames, i, -1 do self.frames[k] = nil end
      return
    end
    if frame.open ~= "block" then return end
  end
end

function Context:close_block()
  if #self.frames > 1 and self:top().open == "block" then self.frames[#self.frames] = nil end
end

function Context:block()
  for i = #self.frames, 1, -1 do
    if self.frames[i].open == "block" then return self.frames[i] end
  end
end

local function declare(frame, name, at, from, how)
  local list = frame.locals[name] or {}
  frame.locals[name] = list
  list[#list + 1] = { at = at, from = from, how = how or "value" }
end

-- ---- declarations ----

-- "a, b <const>, c": the names from token i on, and the token behind them.
local function name_list(tokens, i)
  local names = {}
  while tokens[i] and tokens[i].kind == "name" do
    names[#names + 1] = { tokens[i].text, i }
    i = i + 1
    if is_op(tokens[i], "<") then i = i + (is_op(tokens[i + 2], ">") and 3 or 1) end
    if not is_op(tokens[i], ",") then break end
    i = i + 1
  end
  return names, i
end

-- The parameters of a function whose word "function" is token i; the token
-- behind them.
function Context:open_function(i)
  local tokens, method = self.tokens, false
  local at = i + 1
  while tokens[at] and (tokens[at].kind == "name" or is_op(tokens[at], ".") or is_op(tokens[at], ":")) do
    method = method or is_op(tokens[at], ":")
    at = at + 1
  end
  if at == i + 2 then declare(self:block(), tokens[i + 1].text, i + 1) end
  local frame = self:push("block", i)
  if method then declare(frame, "self", i) end
  if not is_op(tokens[at], "(") then return at end
  local names, behind = name_list(tokens, at + 1)
  for _, name in ipairs(names) do declare(frame, name[1], name[2]) end
  if is_op(tokens[behind], "...") then behind = behind + 1 end
  if is_op(tokens[behind], ")") then return behind + 1 end
  frame.unfinished = behind > self.last          -- the cursor is among the parameters
  return behind
end

function Context:local_names(i)
  if is_word(self.tokens[i + 1], "function") then return i + 1 end
  local names, behind = name_list(self.tokens, i + 1)
  local from = is_op(self.tokens[behind], "=") and behind + 1 or nil
  for k, name in ipairs(names) do declare(self:block(), name[1], name[2], k == 1 and from or nil) end
  return behind
end

-- They are visible behind the next "do".
function Context:loop_names(i)
  local names, behind = name_list(self.tokens, i + 1)
  local from = is_word(self.tokens[behind], "in") and behind + 1 or nil
  local how = { "first", "second" }
  self.loop = {}
  for k, name in ipairs(names) do
    self.loop[k] = { name[1], name[2], how[k] and from, how[k] or "value" }
  end
  return behind
end

function Context:open_block(i)
  local frame = self:push("block", i)
  for _, one in ipairs(self.loop or {}) do declare(frame, table.unpack(one, 1, 4)) end
  self.loop = nil
end

-- ---- one token after the other ----

local words = {
  ["function"] = Context.open_function,
  ["local"] = Context.local_names,
  ["for"] = Context.loop_names,
  ["do"] = Context.open_block,
  ["then"] = Context.open_block,
  ["repeat"] = Context.open_block,
  ["end"] = Context.close_block,
  ["until"] = Context.close_block,
  ["else"] = function(self, i)
    self:close_block()
    self:open_block(i)
  end,
  ["elseif"] = Context.close_block,
}

-- "name =" outside of brackets makes a variable of the session, "name =" and
-- "["name"] =" inside { } give a member.
function Context:assignment(i)
  local tokens, frame = self.tokens, self:top()
  if frame.open == "block" then
    local alone = tokens[i - 1] and tokens[i - 1].kind == "name"
      and not (is_op(tokens[i - 2], ".") or is_op(tokens[i - 2], ":") or is_op(tokens[i - 2], ","))
    if alone and not self:find_local(tokens[i - 1].text, i) then
      declare(self.frames[1], tokens[i - 1].text, i - 1, i + 1)
    end
  elseif frame.open == "{" and frame.item and not frame.value then
    local first = tokens[frame.item]
    local key = frame.item == i - 1 and first.kind == "name" and first.text
    if is_op(first, "[") and self.match[frame.item] == i - 1 and frame.item == i - 3 then
      key = tokens[i - 2].kind == "string" and tokens[i - 2].value
    end
    frame.key, frame.value = key or "", i + 1
    if key then frame.given[key] = true end
  end
end

local function next_item(frame)
  if frame.item and not frame.value then frame.positional = frame.positional + 1 end
  frame.item, frame.value, frame.key, frame.wanted = nil, nil, nil, true
end

function Context:op(i, text)
  if text == "(" or text == "{" or text == "[" then
    self:push(text, i)
  elseif closes[text] then
    self:close_bracket(closes[text], i)
  elseif text == "=" then
    self:assignment(i)
  elseif text == "," or text == ";" and self:top().open == "{" then
    if self:top().open ~= "block" then next_item(self:top()) end
  end
end

function Context:scan(last)
  local i = 1
  while i <= last do
    local token, frame = self.tokens[i], self:top()
    if frame.wanted and frame.open ~= "block" and not closes[token.text] then
      frame.item, frame.wanted = i, false
      frame.items[#frame.items + 1] = i
    end
    local behind
    if token.kind == "op" then
      self:op(i, token.text)
    elseif token.kind == "keyword" and words[token.text] then
      behind = words[token.text](self, i)
    end
    i = math.max(i + 1, behind or 0)
  end
end

-- ---- expressions ----

--- The first token of the chain of names, calls and indexes that ends at token
-- i, or nil.
function Context:chain_start(i)
  local tokens = self.tokens
  while i >= 1 do
    local token = tokens[i]
    if token.kind == "name" then
      if not (is_op(tokens[i - 1], ".") or is_op(tokens[i - 1], ":")) then return i end
      i = i - 2
    elseif token.kind == "string" then
      if not ends_prefix(tokens, i - 1) then return i end
      i = i - 1
    else
      local open = token.kind == "op" and closes[token.text] and self.match[i]
      if not open then return nil end
      if not ends_prefix(tokens, open - 1) then return token.text ~= "]" and open or nil end
      i = open - 1
    end
  end
end

--- The last token of the chain that begins at token i.
function Context:chain_end(i)
  local tokens = self.tokens
  if not tokens[i] then return nil end
  local at = is_op(tokens[i], "(") or is_op(tokens[i], "{")
  if not at and tokens[i].kind ~= "name" and tokens[i].kind ~= "string" then return nil end
  at = at and self.match[i] or not at and i
  while at do
    local behind = tokens[at + 1]
    if not behind then return at end
    if is_op(behind, ".") or is_op(behind, ":") then
      if not tokens[at + 2] or tokens[at + 2].kind ~= "name" then return at end
      at = at + 2
    elseif is_op(behind, "(") or is_op(behind, "[") or is_op(behind, "{") then
      if not self.match[at + 1] then return at end
      at = self.match[at + 1]
    elseif behind.kind == "string" then
      at = at + 1
    else
      return at
    end
  end
end

--- The declaration that a name at token i means: { at, from, how }.
function Context:find_local(name, i)
  for k = #self.frames, 1, -1 do
    local list = self.frames[k].locals[name] or {}
    for n = #list, 1, -1 do
      local one = list[n]
      -- not inside the expression that it is made from
      if one.at < i and not (one.from and i >= one.from and i <= (self:chain_end(one.from) or i)) then return one end
    end
  end
end

--- The tokens from first to last as text without blanks.
function Context:text_of(first, last)
  local parts = {}
  for i = first, last do parts[#parts + 1] = self.tokens[i].text end
  return table.concat(parts)
end

-- ---- the cursor ----

-- The token that the cursor is inside of or right behind: a word to go on with.
local function word_at(tokens, text)
  local last = tokens[#tokens]
  if not last then return nil end
  if last.kind == "open" then return last end
  local touches = last.to == #text
  return touches and (last.kind == "name" or last.kind == "keyword" or last.kind == "number") and last or nil
end

local function without_comments(tokens)
  local out = {}
  for _, token in ipairs(tokens) do
    if token.kind ~= "comment" then out[#out + 1] = token end
  end
  return out
end

--- context.read(text) -> where the end of the text is:
--   word    what stands there of a name, or of the text inside quotes
--   start   its offset in the text, from 0
--   quote   what opened the text in quotes
--   inside  "comment" or "number": nothing can be said
--   last    the token before the word (index, 0 for none)
--   frames, tokens and the methods above
function context.read(text)
  local tokens = without_comments(lexer.tokens(text))
  local self = setmetatable({ tokens = tokens, frames = {}, match = {}, frame_at = {}, word = "", start = #text }, Context)
  local word = word_at(tokens, text)
  self.last = word and #tokens - 1 or #tokens
  if word and word.kind == "open" then
    if word.comment then self.inside = "comment" end
    self.quote = word.quote
    self.start = word.from - 1 + #word.quote
  elseif word then
    if word.kind == "number" then self.inside = "number" end
    self.start = word.from - 1
  end
  self.word = text:sub(self.start + 1)
  self:push("block", 0)
  self:scan(self.last)
  -- What is being typed counts as the element's first token.
  local frame = self:top()
  if frame.wanted and frame.open ~= "block" then frame.items[#frame.items + 1] = self.last + 1 end
  return self
end

return context
