-- statement.lua - the text typed at the prompt as a function, or why not.
-- SPDX-License-Identifier: MIT

local lexer = require "core.repl.lexer"

local statement = {}

--- statement.chunk(n) -> name of the n-th statement in messages: "prompt 3:1:".
function statement.chunk(n)
  return n and "=prompt " .. n or "=prompt"
end

-- ---- what the words do ----

local opens = { ["function"] = true, ["if"] = true, ["do"] = true, ["repeat"] = true }
local closes = { ["end"] = true, ["until"] = true }
local brackets = { ["("] = 1, ["{"] = 1, ["["] = 1, [")"] = -1, ["}"] = -1, ["]"] = -1 }

-- By how much a token changes the number of blocks, and of brackets, open.
local function change(token)
  if token.kind == "keyword" then return opens[token.text] and 1 or closes[token.text] and -1 or 0, 0 end
  return 0, token.kind == "op" and brackets[token.text] or 0
end

-- "local a, b" from the i-th token on: the names and the token behind them;
-- nil where one has an attribute, which needs a real local.
local function names_of(tokens, i)
  local names = {}
  repeat
    local name = tokens[i + 1]
    if not name or name.kind ~= "name" then return nil end
    names[#names + 1] = name.text
    i = i + 2
  until not tokens[i] or tokens[i].text ~= ","
  if tokens[i] and tokens[i].text == "<" then return nil end
  return names, tokens[i], tokens[i - 1]
end

local function without_comments(tokens)
  local list = {}
  for _, token in ipairs(tokens) do
    if not token.comment then list[#list + 1] = token end
  end
  return list
end

-- The edits that make the locals of the outermost level variables of the
-- session: list of { from, to, text }, and their names.
local function edits_of(text)
  local tokens, depth, edits, declared = without_comments(lexer.tokens(text)), 0, {}, {}
  for i, token in ipairs(tokens) do
    depth = depth + change(token)
    if token.text == "local" and token.kind == "keyword" and depth == 0 then
      local names, behind, last = names_of(tokens, i)
      if names then
        edits[#edits + 1] = { token.from, token.to, "     " }
        if not behind or behind.text ~= "=" then edits[#edits + 1] = { last.to + 1, last.to, "=nil" } end
        table.move(names, 1, #names, #declared + 1, declared)
      elseif tokens[i + 1] and tokens[i + 1].text == "function" then
        edits[#edits + 1] = { token.from, token.to, "     " }
      end
    end
  end
  return edits, declared
end

--- statement.lasting(text) -> the text with the locals of its outermost level
-- as variables of the session, in the same lines; and the list of their names.
function statement.lasting(text)
  if not text:find("local", 1, true) then return text, {} end
  local edits, declared = edits_of(text)
  local parts, at = {}, 1
  for _, edit in ipairs(edits) do
    parts[#parts + 1] = text:sub(at, edit[1] - 1)
    parts[#parts + 1] = edit[3]
    at = edit[2] + 1
  end
  parts[#parts + 1] = text:sub(at)
  return table.concat(parts), declared
end

-- ---- compiling ----

-- load, and how many bytes of the text the compiler had looked at: the byte
-- behind the token that it stopped at.
local function read_bytes(code)
  local n = 0
  load(function()
    n = n + 1
    return n <= #code and code:sub(n, n) or nil
  end, "=prompt", "t")
  return n
end

-- The message of two that got further: one that stumbles over the very first
-- word of a text knows nothing of what stands behind it. And how far it got.
local function better(code, as_statement, as_expression)
  local expression, first = read_bytes("return " .. code) - #"return ", read_bytes(code)
  if expression > first then return as_expression, expression end
  return as_statement, first
end

-- The first and last byte of what the compiler names, having read so many.
local function place(code, message, got)
  local near = message:match "near '(.+)'$" or message:match "near (<eof>)$"
  if not near then return nil end
  if near == "<eof>" then
    local stop = #code:gsub("%s+$", "") + 1
    return stop, stop
  end
  -- The first byte of a character that is none of Lua's.
  local byte = near:match "^<\\(%d+)>$"
  if byte then near = string.char(tonumber(byte)) end
  local found
  for _, token in ipairs(lexer.tokens(code)) do
    if token.from >= got then break end
    local text = code:sub(token.from, math.min(token.to, got))
    if text:sub(1, #near) == near or near:sub(1, #text) == text then found = token end
  end
  if found then return found.from, math.min(found.from + #near - 1, found.to) end
end

-- Text that a bare expression ends, as in "x = f(); x" or in lines that were
-- pasted: its values are what is wanted of it. It stands outside of all blocks
-- and begins a line or follows a semicolon: these are the places to try.
local MAX_PLACES = 40

-- Bytes of the text where an expression of its own could begin.
local function beginnings(text)
  local tokens, depth, places = without_comments(lexer.tokens(text)), 0, {}
  for i, token in ipairs(tokens) do
    local before = tokens[i - 1]
    if before and depth == 0 and token.text ~= ";"
      and (before.text == ";" or text:sub(before.to + 1, token.from - 1):find("\n", 1, true)) then
      places[#places + 1] = token.from
    end
    local blocks, inside = change(token)
    depth = depth + blocks + inside
  end
  return places
end

local function with_last_expression(text, chunk, env)
  local places = beginnings(text)
  for i = #places, math.max(1, #places - MAX_PLACES + 1), -1 do
    local fn = load(text:sub(1, places[i] - 1) .. "return " .. text:sub(places[i]), chunk, "t", env)
    if fn then return fn end
  end
end

--- statement.compile(text, env, chunk) -> function that gives the expression's
-- values, or runs the statement; and the names of the locals that it declares.
-- Or nil, the message, whether more lines may help, and the first and last
-- byte of the place that is wrong where that is known.
function statement.compile(text, env, chunk)
  chunk = chunk or statement.chunk()
  -- Without its line end an open "string would look as if more were to come.
  local code = text .. "\n"
  local fn, as_expression, as_statement
  fn, as_expression = load("return " .. code, chunk, "t", env)
  if fn then return fn, {} end
  fn, as_statement = load(code, chunk, "t", env)
  if fn then
    local lasting, names = statement.lasting(code)
    return load(lasting, chunk, "t", env) or fn, names
  end
  local incomplete = as_statement:find("<eof>$") or as_expression:find("<eof>$")
  if text:find "[\n;]" then
    local lasting, names = statement.lasting(code)
    fn = with_last_expression(lasting, chunk, env)
    if fn then return fn, names end
  end
  if incomplete then return nil, as_statement, true end
  local message, got = better(code, as_statement, as_expression)
  local from, to = place(code, message, got)
  local char = from and code:match("^[\192-\247][\128-\191]+", from)
  if char then message = message:gsub("'<\\%d+>'$", "'" .. char .. "'") end
  return nil, message, false, from, to
end

--- statement.complete(text) -> true if Enter runs it: it is a command, asks for
-- help, or more lines could not mend it.
function statement.complete(text)
  if statement.command(text) or statement.topic(text) then return true end
  local fn, _, incomplete = statement.compile(text, {})
  return fn ~= nil or not incomplete
end

-- ---- indentation ----

local STEP = "  "

-- What is open is a list of the lines that opened it and how far that sets in;
-- what one line opens, as "f({" does, is set in by one step.
local function steps(open)
  local last = open[#open]
  return last and last.steps or 0
end

local function follow(open, token, line)
  local blocks, inside = change(token)
  if blocks + inside > 0 then
    local last = open[#open]
    open[#open + 1] = { line = line, steps = steps(open) + (last and last.line == line and 0 or 1) }
  elseif blocks + inside < 0 then
    open[#open] = nil
  end
end

local function newlines(text)
  return select(2, text:gsub("\n", ""))
end

--- statement.indent(text) -> the blanks that a new line behind it begins with;
-- none inside a long string or comment, whose blanks are its own.
function statement.indent(text)
  local open, line, at = {}, 1, 1
  for _, token in ipairs(lexer.tokens(text)) do
    if token.kind == "open" and token.quote ~= "--" then return "" end
    line, at = line + newlines(text:sub(at, token.from - 1)), token.from
    follow(open, token, line)
  end
  return STEP:rep(steps(open))
end

-- How far in a line stands that begins with the i-th token: "end", "else", "})".
local function steps_at(open, tokens, i)
  local text, left = tokens[i].text, #open
  if text == "else" or text == "elseif" then return math.max(0, steps(open) - 1) end
  repeat
    local blocks, inside = change(tokens[i])
    if blocks + inside >= 0 then break end
    left, i = left - 1, i + 1
  until not tokens[i] or tokens[i].from ~= tokens[i - 1].to + 1
  return left > 0 and open[left].steps or 0
end

--- statement.tidy(text) -> the text with what closes a block as far out as what
-- opened it. Only lines are changed that are indented as statement.indent does.
function statement.tidy(text)
  if not text:find("\n", 1, true) then return text end
  local tokens, open, parts, at, line = lexer.tokens(text), {}, {}, 1, 1
  for i, token in ipairs(tokens) do
    local blanks = text:sub(at, token.from - 1)
    line = line + newlines(blanks)
    local own = i > 1 and blanks:match "\n( *)$"
    if own and #own == #STEP * steps(open) then
      blanks = blanks:sub(1, #blanks - #own) .. STEP:rep(steps_at(open, tokens, i))
    end
    follow(open, token, line)
    line = line + newlines(token.text)
    parts[#parts + 1] = blanks .. token.text
    at = token.to + 1
  end
  parts[#parts + 1] = text:sub(at)
  return table.concat(parts)
end

--- statement.blanks(text) -> with how many blanks the last line is to begin
-- where tidy would change that, else nil.
function statement.blanks(text)
  local own = text:match "\n( +)[^\n]*$"
  local wanted = own and statement.tidy(text):match "\n( *)[^\n]*$"
  return wanted and #wanted < #own and #wanted or nil
end

-- ---- what is no Lua ----

--- statement.command(text) -> true for ":calls 3"; "::name::" is a label.
function statement.command(text)
  return text:find "^%s*:" ~= nil and not text:find "^%s*::"
end

--- statement.topic(text) -> what "?x" asks help for ("" for "?" alone), or nil.
function statement.topic(text)
  local topic = text:match("^%s*%?%s*(.-)%s*$")
  return topic and topic:gsub("%s*%(.*$", "")
end

--- statement.leaves(text) -> true for exit or quit alone, with or without ().
function statement.leaves(text)
  local word = text:match("^%s*(%a+)%s*%(?%s*%)?%s*;?%s*$")
  return word == "exit" or word == "quit"
end

return statement
