-- source.lua - expressions of Lua as text that fits the lines of a script.
-- SPDX-License-Identifier: MIT
--
-- An expression is { code = "opt.email" }, { value = "text" } or { items = {
-- { key = "name" or nil, of = expression }, ... }, mark = "array" or "object" }.

local json = require "host.json"
local keywords = require("core.repl.lexer").keywords

local source = {}

local WIDTH <const> = 110

local escapes = { ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ['"'] = '\\"', ["\\"] = "\\\\" }

local function escape(c)
  return escapes[c] or ("\\x%02x"):format(c:byte())
end

--- source.quote(text) -> a literal. Characters that an editor would not show
-- are written as escapes, so that nobody reads past them.
function source.quote(text)
  if not utf8.len(text) then return '"' .. text:gsub('[%c"\\\128-\255]', escape) .. '"' end
  local shown = text:gsub('[%c"\\]', escape):gsub("[\xC2-\xF4][\x80-\xBF]*", function(char)
    local safe = require("host.err").safe(char)
    return safe ~= char and ("\\u{%04X}"):format(utf8.codepoint(char)) or nil
  end)
  return '"' .. shown .. '"'
end

local function number(value)
  if value ~= value then return "0/0" end
  if value == math.huge or value == -math.huge then return value > 0 and "math.huge" or "-math.huge" end
  if math.type(value) == "integer" then return ("%q"):format(value) end
  for digits = 15, 17 do
    local text = ("%." .. digits .. "g"):format(value)
    if tonumber(text) == value then return text:find("[.e]") and text or text .. ".0" end
  end
end

local function scalar(value)
  if value == json.null then return "null" end
  if type(value) == "string" then return source.quote(value) end
  if type(value) == "number" then return number(value) end
  if json.is_number(value) then return ("json.decode(%s)"):format(source.quote(tostring(value))) end
  return tostring(value)
end

-- A long text in pieces that a line has room for.
local function pieces(value, indent)
  local room, out, rest = WIDTH - #indent - 6, {}, value
  while #rest > 0 do
    local cut = math.min(room, #rest)
    while cut < #rest and cut > 1 and rest:byte(cut + 1) & 0xC0 == 0x80 do cut = cut - 1 end
    local blank = cut < #rest and rest:sub(1, cut):match("^.*() ")
    if blank and blank > room // 2 then cut = blank end
    out[#out + 1] = source.quote(rest:sub(1, cut))
    rest = rest:sub(cut + 1)
  end
  return table.concat(out, "\n" .. indent .. "  .. ")
end

--- source.is_name(text) -> true for what can stand behind a dot.
function source.is_name(text)
  return text:find("^[%a_][%w_]*$") ~= nil and not keywords[text]
end

local function key_text(key)
  if source.is_name(key) then return key end
  return "[" .. source.quote(key) .. "]"
end

local function flat(of)
  if of.code then return of.code end
  if not of.items then return scalar(of.value) end
  local parts = {}
  for i, item in ipairs(of.items) do
    parts[i] = (item.key and key_text(item.key) .. " = " or "") .. flat(item.of)
  end
  local inside = #parts == 0 and "{}" or "{ " .. table.concat(parts, ", ") .. " }"
  return (#parts == 0 and of.mark or "") .. inside
end

-- before: what stands in front of it in its line; after: behind it.
local function write(of, indent, before, after)
  local line = flat(of)
  if #indent + before + #line + after <= WIDTH then return line end
  if type(of.value) == "string" and not of.code then return pieces(of.value, indent) end
  if not of.items or #of.items == 0 then return line end
  local inner, lines = indent .. "  ", {}
  for i, item in ipairs(of.items) do
    local key = item.key and key_text(item.key) .. " = " or ""
    lines[i] = inner .. key .. write(item.of, inner, #key, 1) .. ","
  end
  return "{\n" .. table.concat(lines, "\n") .. "\n" .. indent .. "}"
end

--- source.expression(of, indent, before, after) -> its text, over several
-- lines where one has no room for it.
-- @tparam string indent blanks that the line begins with
-- @tparam ?number before columns that are taken in front of it; after: behind
function source.expression(of, indent, before, after)
  return write(of, indent or "", before or 0, after or 0)
end

--- source.call(name, args, before) -> text of a call. A lone table stands
-- without parentheses: ixon.users.list{ fields = "name" }.
-- @tparam string name what is called; args list of expressions
-- @tparam ?number before columns that are taken in front of it
function source.call(name, args, before)
  before = before or 0
  if #args == 1 and args[1].items and not (args[1].mark and #args[1].items == 0) then
    return name .. write(args[1], "", before + #name, 0)
  end
  local texts = {}
  for i, of in ipairs(args) do texts[i] = flat(of) end
  local line = ("%s(%s)"):format(name, table.concat(texts, ", "))
  if before + #line <= WIDTH then return line end
  local taken = before + #name + 1
  for i, of in ipairs(args) do
    -- What is written over several lines leaves the line that it ends in free.
    texts[i] = of.items and #of.items > 0 and write(of, "", taken + 1, i == #args and 1 or WIDTH) or flat(of)
    taken = texts[i]:find("\n", 1, true) and 3 or taken + #texts[i] + 2
  end
  return ("%s(%s)"):format(name, table.concat(texts, ", "))
end

return source
