-- dump.lua - any value in Lua's notation, fitted to a terminal.
-- SPDX-License-Identifier: MIT
--
-- A table stands in one line if that fits, else its members do. What a limit
-- hides is marked where it stood and counted. Tables are read raw; of a
-- value's metamethods only __tostring runs.

local host_err = require "host.err"
local json = require "host.json"
local lexer = require "core.repl.lexer"

local dump = {}

-- At the prompt: levels, members of one table, lines in all; for everything,
-- what keeps a value that shares its parts from growing without end.
local PROMPT = { depth = 4, members = 100, lines = 100 }
local ALL = { depth = 150, members = math.maxinteger, lines = 200000 }

-- Texts: bytes of one without blanks that is not cut, columns that are left of
-- one that is, and lines for one that is the value itself.
local ENTIRE, SHORTEST, PARAGRAPH = 200, 8, 5

local CLIPPED = "…"
local escapes = { ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ['"'] = '\\"', ["\\"] = "\\\\" }
local colors = { string = "32", number = "36", word = "35", note = "2" }

local function paint(state, tone, text)
  return state.color and ("\27[%sm%s\27[0m"):format(colors[tone], text) or text
end

-- ---- single values ----

--- dump.quote(text) -> a string in quotes; what a terminal must not get is
-- written as Lua's escapes, secrets are redacted.
function dump.quote(text)
  text = host_err.redact(text):gsub('[%c"\\]', function(c)
    return escapes[c] or ("\\x%02x"):format(c:byte())
  end)
  return '"' .. host_err.safe(text) .. '"'
end

local function number(value)
  if value ~= value then return "0/0" end
  if value == math.huge then return "math.huge" end
  if value == -math.huge then return "-math.huge" end
  if math.type(value) == "integer" then return tostring(value) end
  local text
  for digits = 14, 17 do
    text = ("%." .. digits .. "g"):format(value)
    if tonumber(text) == value then break end
  end
  return text:find("[.e]") and text or text .. ".0"
end

local function has_text(value)
  if json.is_array(value) or json.is_object(value) then return false end
  local meta = getmetatable(value)
  return type(meta) == "table" and (rawget(meta, "__tostring") or rawget(meta, "__name")) ~= nil
end

-- What is no table of members: its text in one line, and its colour.
local function opaque(value)
  local ok, text = pcall(tostring, value)
  if not ok then text = type(value) .. ", whose __tostring fails" end
  return host_err.safe(host_err.redact(text)), "word"
end

--- dump.is_plain(value) -> true for a table that is shown by its members.
function dump.is_plain(value)
  return type(value) == "table" and not json.is_number(value) and not has_text(value)
end

local function scalar(value)
  local kind = type(value)
  if kind == "string" then return dump.quote(value), "string" end
  if kind == "number" then return number(value), "number" end
  if json.is_number(value) then return tostring(value), "number" end
  if rawequal(value, json.null) then return "null", "word" end
  if kind == "nil" or kind == "boolean" then return tostring(value), "word" end
  return opaque(value)
end

local function key_text(key)
  if type(key) == "string" then
    local plain = key:find("^[%a_][%w_]*$") and not lexer.keywords[key]
    return plain and host_err.redact(key) or "[" .. dump.quote(key) .. "]"
  end
  return "[" .. (dump.is_plain(key) and opaque(key) or (scalar(key))) .. "]"
end

-- ---- members ----

local ranks = { number = 1, string = 2, boolean = 3 }

local function key_order(a, b)
  local rank_a, rank_b = ranks[type(a)] or 4, ranks[type(b)] or 4
  if rank_a ~= rank_b then return rank_a < rank_b end
  if rank_a <= 2 then return a < b end
  return rank_a == 3 and not a and b or false
end

-- Length of the list at the front, the other keys in order, and what reads a
-- member. An object's null members are there, though reading them gives nil.
local function members(value)
  local n, keys = rawlen(value), {}
  local object = json.is_object(value)
  local step, state, first = next, value, nil
  if object then step, state, first = json.pairs(value) end
  for key in step, state, first do
    if not (math.type(key) == "integer" and key >= 1 and key <= n) then keys[#keys + 1] = key end
  end
  table.sort(keys, key_order)
  return n, keys, function(i)
    local key = keys[i - n]
    if key == nil then return "", rawget(value, i) end
    local member = rawget(value, key)
    if member == nil and object then member = json.null end
    return key_text(key) .. " = ", member
  end
end

-- ---- in one line ----

local flat

-- A large table is not sorted only to find that it has no room.
local function is_crowded(value, room)
  local n = 0
  for _ in next, value do
    n = n + 1
    if n * 3 > room then return true end
  end
  return false
end

local function flat_table(state, value, room, depth)
  if is_crowded(value, room) then return nil end
  local n, keys, member = members(value)
  if n + #keys == 0 then return "{}", 2 end
  if state.seen[value] or depth == 0 then return nil end
  state.seen[value] = true
  local parts, used = {}, 4
  for i = 1, n + #keys do
    local name, item = member(i)
    used = used + host_err.width(name) + (i > 1 and 2 or 0)
    local text, width = flat(state, item, room - used, depth - 1)
    if not text then
      state.seen[value] = nil
      return nil
    end
    used = used + width
    parts[i] = name .. text
  end
  state.seen[value] = nil
  return "{ " .. table.concat(parts, ", ") .. " }", used
end

-- The text and its width; nil where it has no room, or a limit would cut it.
function flat(state, value, room, depth)
  if dump.is_plain(value) then
    if room < 2 then return nil end
    local text, width = flat_table(state, value, room, depth)
    if text and width <= room then return text, width end
    return nil
  end
  if type(value) == "string" and #value > 4 * room then return nil end
  local text, tone = scalar(value)
  local width = host_err.width(text)
  if width > room then return nil end
  return paint(state, tone, text), width
end

-- ---- over several lines ----

local function hide(state, what, n)
  local hidden = state.hidden
  hidden[what] = (hidden[what] or 0) + n
end

local function plural(n, noun)
  return ("%d %s%s"):format(n, noun, n == 1 and "" or "s")
end

-- The longest beginning of at most n bytes that ends between two characters.
local function beginning(text, n)
  local at = n + 1
  while at > 1 and (text:byte(at) or 0) & 0xc0 == 0x80 and n + 1 - at < 4 do at = at - 1 end
  return text:sub(1, at - 1)
end

-- Its beginning in quotes that takes at most so many columns.
local function quoted_beginning(value, room)
  local n = 3 * room
  while true do
    local start = beginning(value, n)
    local text = dump.quote(start):sub(1, -2) .. CLIPPED .. '"'
    local excess = host_err.width(text) - room
    if excess <= 0 or n <= 1 then return text, #start end
    n = n - excess // 4 - 1
  end
end

-- A string, cut if it does not fit, and a note on what is missing. What has no
-- blanks, an address or an id, is of no use without its end: it may go on.
local function long_text(state, value, room)
  if state.whole then return paint(state, "string", dump.quote(value)) end
  -- Half a secret is one that redaction does not know any more.
  value = host_err.redact(value)
  local entire = #value <= ENTIRE and not value:find("%s")
  if entire or #value <= 4 * room then
    local text = dump.quote(value)
    if entire or host_err.width(text) <= room then return paint(state, "string", text) end
  end
  local noted = #"  --  more bytes" + #tostring(#value)
  local text, taken = quoted_beginning(value, math.max(SHORTEST, room - noted))
  local missing = #value - taken
  if missing <= 0 then return paint(state, "string", dump.quote(value)) end
  hide(state, "byte", missing)
  return paint(state, "string", text), plural(missing, "more byte")
end

local broken

-- Numbers, texts and the like beside each other, as many as a line takes.
local function filled(state, value, n, inner)
  local line, used, lines = {}, 0, {}
  local room = state.width - #inner
  local shown = math.min(n, state.members)
  for i = 1, shown do
    local text, tone = scalar(rawget(value, i))
    local width = host_err.width(text) + 2
    if used > 0 and used + width - 1 > room then
      lines[#lines + 1] = inner .. table.concat(line, " ")
      state.lines = state.lines + 1
      line, used = {}, 0
      if state.lines >= state.max_lines then
        shown = i - 1
        break
      end
    end
    line[#line + 1] = paint(state, tone, text) .. ","
    used = used + width
  end
  if #line > 0 then
    lines[#lines + 1] = inner .. table.concat(line, " ")
    state.lines = state.lines + 1
  end
  return lines, shown
end

-- True if all that would be shown of a list are short: no tables, no prose.
local function is_row_of_scalars(state, value, n, keys)
  if #keys > 0 or n == 0 then return false end
  for i = 1, math.min(n, state.members) do
    local item = rawget(value, i)
    if dump.is_plain(item) or type(item) == "string" and #item * 2 > state.width then return false end
  end
  return true
end

local function listed(state, all, member, inner, depth)
  local lines, shown = {}, 0
  for i = 1, math.min(all, state.members) do
    if state.lines >= state.max_lines then break end
    local name, item = member(i)
    local text, note = broken(state, item, inner, host_err.width(name), depth)
    lines[i] = inner .. name .. text .. "," .. (note and "  " .. paint(state, "note", "-- " .. note) or "")
    state.lines = state.lines + 1
    shown = i
  end
  return lines, shown
end

-- The text of a value behind a name of so many columns, and a note on it.
function broken(state, value, indent, named, depth)
  if type(value) == "string" then return long_text(state, value, state.width - #indent - named - 1) end
  if not dump.is_plain(value) then
    local text, tone = scalar(value)
    return paint(state, tone, text)
  end
  local text = flat(state, value, state.width - #indent - named - 1, depth)
  if text then return text end
  if state.seen[value] then return "{ … }", "a table that holds this one" end
  if depth == 0 then
    hide(state, "table", 1)
    return "{ … }"
  end
  state.seen[value] = true
  local n, keys, member = members(value)
  local inner, all = indent .. "  ", n + #keys
  local lines, shown
  if is_row_of_scalars(state, value, n, keys) then
    lines, shown = filled(state, value, n, inner)
  else
    lines, shown = listed(state, all, member, inner, depth - 1)
  end
  if shown < all then
    hide(state, "member", all - shown)
    lines[#lines + 1] = inner .. paint(state, "note", ("-- %d more"):format(all - shown))
  end
  state.seen[value] = nil
  return "{\n" .. table.concat(lines, "\n") .. "\n" .. indent .. "}"
end

-- ---- the whole ----

local function described(hidden)
  local parts = {}
  for _, what in ipairs{ "member", "table", "byte" } do
    if hidden[what] then parts[#parts + 1] = plural(hidden[what], what) end
  end
  if #parts == 0 then return nil end
  return table.concat(parts, ", ") .. " hidden"
end

--- dump.text(value, opts) -> text, and what it hides ("3 members, 1 table
-- hidden") or nil. opts.width: columns of the terminal, 80; opts.indent: those
-- that are taken in the first line; opts.color; opts.whole: without limits.
function dump.text(value, opts)
  opts = opts or {}
  local width = math.max(opts.width or 80, 20)
  local limits = opts.whole and ALL or PROMPT
  local state = { width = width, color = opts.color, whole = opts.whole, members = limits.members,
    max_lines = limits.lines, lines = 0, hidden = {}, seen = {} }
  local text, note
  if type(value) == "string" then
    text, note = long_text(state, value, PARAGRAPH * width - (opts.indent or 0))
  else
    text, note = broken(state, value, "", opts.indent or 0, limits.depth)
  end
  if note then text = text .. "  " .. paint(state, "note", "-- " .. note) end
  return text, described(state.hidden)
end

--- dump.line(value, width) -> the value in one line of at most that many
-- columns (nil: any), "{ … }" if it does not fit.
function dump.line(value, width)
  local state = { hidden = {}, seen = {} }
  return flat(state, value, width or 1000000, PROMPT.depth) or "{ … }"
end

return dump
