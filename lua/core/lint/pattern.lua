-- core/lint/pattern.lua - whether a text is a pattern of Lua's.
-- SPDX-License-Identifier: MIT

-- string.find complains of a broken pattern only once it gets to the broken
-- part, which depends on the text it is matched with.

local M = {}

-- The place behind a set whose members begin at i; nil if nothing ends it.
local function behind_set(text, i)
  if text:sub(i, i) == "^" then i = i + 1 end
  repeat
    if i > #text then return nil end
    i = i + (text:sub(i, i) == "%" and i < #text and 2 or 1)
  until text:sub(i, i) == "]"
  return i + 1
end

local CAPTURES <const> = 32 -- that Lua has room for

-- What stands at a place; each gives the place behind it, or nil if it is
-- broken. captures: true for each that is closed, false while it is open.
local items = {}

items["["] = function(text, i) return behind_set(text, i + 1) end

items["("] = function(_, i, captures)
  captures[#captures + 1] = false
  return #captures <= CAPTURES and i + 1 or nil
end

items[")"] = function(_, i, captures)
  for n = #captures, 1, -1 do
    if not captures[n] then
      captures[n] = true
      return i + 1
    end
  end
end

items["%"] = function(text, i, captures)
  local char = text:sub(i + 1, i + 1)
  if char == "" then return nil end
  if char == "b" then return i + 3 <= #text and i + 4 or nil end
  if char == "f" then return text:sub(i + 2, i + 2) == "[" and behind_set(text, i + 3) or nil end
  if char:find "%d" then return captures[tonumber(char)] and i + 2 or nil end
  return i + 2
end

--- Whether it is one, whatever it will be matched with.
function M.is(text)
  local captures, i = {}, 1
  while i and i <= #text do
    local item = items[text:sub(i, i)]
    if item then i = item(text, i, captures) else i = i + 1 end
  end
  for _, closed in ipairs(captures) do
    if not closed then return false end
  end
  return i ~= nil
end

return M
