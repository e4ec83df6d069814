-- lua.lua - a Lua chunk that returns the value, keys sorted.
-- SPDX-License-Identifier: MIT

local json = require "host.json"

local keywords = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or
  repeat return then true until while]]):gmatch("%a+") do keywords[word] = true end

local escapes = { ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ['"'] = '\\"', ["\\"] = "\\\\" }

local function quote(text)
  return '"' .. text:gsub('[%c"\\]', function(c)
    return escapes[c] or ("\\x%02x"):format(c:byte())
  end) .. '"'
end

local function number(value)
  if value ~= value then return "0/0" end
  if value == math.huge then return "math.huge" end
  if value == -math.huge then return "-math.huge" end
  if math.type(value) == "integer" then return ("%q"):format(value) end
  for digits = 15, 17 do
    local text = ("%." .. digits .. "g"):format(value)
    if tonumber(text) == value then
      return text:find("[.e]") and text or text .. ".0"
    end
  end
end

local function key_order(a, b)
  local ta, tb = math.type(a) and 0 or 1, math.type(b) and 0 or 1
  if ta ~= tb then return ta < tb end
  if ta == 0 then return a < b end
  return tostring(a) < tostring(b)
end

local function key_text(key)
  if type(key) == "string" and key:find("^[%a_][%w_]*$") and not keywords[key] then return key end
  if type(key) == "string" then return "[" .. quote(key) .. "]" end
  if type(key) == "boolean" then return "[" .. tostring(key) .. "]" end
  if math.type(key) then return "[" .. number(key) .. "]" end
  require("core.error").raise("validation", "a " .. type(key) .. " as key cannot be written as Lua")
end

local write

local function write_table(value, indent, seen)
  if seen[value] then require("core.error").raise("validation", "a table that holds itself") end
  if #indent > 400 then require("core.error").raise("cap", "nested deeper than 200 levels") end
  seen[value] = true
  local inner, lines = indent .. "  ", {}
  for i = 1, #value do lines[i] = inner .. write(value[i], inner, seen) end
  local keys, n = {}, #value
  for key in pairs(value) do
    if not (math.type(key) == "integer" and key >= 1 and key <= n) then keys[#keys + 1] = key end
  end
  table.sort(keys, key_order)
  for _, key in ipairs(keys) do
    lines[#lines + 1] = inner .. key_text(key) .. " = " .. write(value[key], inner, seen)
  end
  seen[value] = nil
  if #lines == 0 then return "{}" end
  return "{\n" .. table.concat(lines, ",\n") .. ",\n" .. indent .. "}"
end

function write(value, indent, seen)
  if value == json.null then return "null" end
  local kind = type(value)
  if kind == "string" then return quote(value) end
  if kind == "boolean" or kind == "nil" then return tostring(value) end
  if kind == "number" then return number(value) end
  if json.is_number(value) then return quote(tostring(value)) end
  if kind == "table" then return write_table(value, indent, seen) end
  require("core.error").raise("validation", "a " .. kind .. " cannot be written as Lua")
end

--- lua(value, opts) -> text that load() turns back into an equal value. JSON's
-- null is written as null; numbers too large for Lua as text.
return function(value)
  return "return " .. write(value, "", {}) .. "\n"
end
