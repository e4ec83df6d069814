-- pattern.lua - Lua patterns as ECMA regular expressions, where they have one.
-- SPDX-License-Identifier: MIT

local pattern = {}

-- Character classes, as they stand inside [].
local CLASS = { a = "A-Za-z", d = "0-9", l = "a-z", s = "\\s", u = "A-Z", w = "0-9A-Za-z", x = "0-9A-Fa-f" }

-- What regular expressions give a meaning, outside a set and inside it.
local SPECIAL, SET_SPECIAL = "^[%^%$\\%.%*%+%?%(%)%[%]{}|/]$", "^[%^\\%-%]%[]$"

local function literal(char)
  return (char:find(SPECIAL) and "\\" or "") .. char
end

local function escaped(char)
  if CLASS[char] then return "[" .. CLASS[char] .. "]" end
  if CLASS[char:lower()] then return "[^" .. CLASS[char:lower()] .. "]" end
  return not char:find("^%w$") and literal(char) or nil
end

-- The set that begins at `at`: its expression and where it ends; nil if it
-- holds what a set of ECMA cannot say.
local function set(text, at)
  local parts, i = { "[" }, at + 1
  if text:sub(i, i) == "^" then
    parts[2], i = "^", i + 1
  end
  local first = i
  while i <= #text do
    local char = text:sub(i, i)
    if char == "]" and i > first then return table.concat(parts) .. "]", i end
    if char == "%" then
      i = i + 1
      char = text:sub(i, i)
      local class = CLASS[char]
      if not class and char:find("^%w$") then return nil end
      parts[#parts + 1] = class or ((char:find(SET_SPECIAL) and "\\" or "") .. char)
    elseif char == "-" and i > first and text:sub(i + 1, i + 1) ~= "]" then
      parts[#parts + 1] = "-"
    else
      parts[#parts + 1] = (char:find(SET_SPECIAL) and "\\" or "") .. char
    end
    i = i + 1
  end
end

-- One item without its repetition, and where it ends.
local function item(text, at)
  local char = text:sub(at, at)
  if char == "[" then return set(text, at) end
  if char == "%" then return escaped(text:sub(at + 1, at + 1)), at + 1 end
  if char == "." then return "[\\s\\S]", at end
  if char == "(" or char == ")" then return char, at end
  return literal(char), at
end

--- pattern.ecma(text) -> the regular expression that the whole string must
-- match, or nil where ECMA has no equal (%b, %f, back references).
function pattern.ecma(text)
  text = text:gsub("^%^", ""):gsub("%$$", "")
  if text:find("()", 1, true) then return nil end
  local parts, i = {}, 1
  while i <= #text do
    local part, last = item(text, i)
    if not part then return nil end
    i = last + 1
    local times = part ~= "(" and part ~= ")" and text:match("^[%*%+%?%-]", i)
    if times then
      part, i = part .. (times == "-" and "*?" or times), i + 1
    end
    parts[#parts + 1] = part
  end
  return "^" .. table.concat(parts) .. "$"
end

return pattern
