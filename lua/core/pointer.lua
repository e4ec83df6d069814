-- core/pointer.lua - JSON pointers (RFC 6901) into decoded values.
-- SPDX-License-Identifier: MIT

local M = {}
local compiled = {}

local function compile(pointer)
  local parts = {}
  for part in pointer:gmatch("/([^/]*)") do
    part = part:gsub("~1", "/"):gsub("~0", "~")
    parts[#parts + 1] = part
  end
  compiled[pointer] = parts
  return parts
end

--- The value at the pointer, nil where nothing is. "" is the value itself.
-- Array positions count from 0, as in the standard.
function M.get(value, pointer)
  local parts = compiled[pointer] or compile(pointer)
  for i = 1, #parts do
    local part = parts[i]
    if type(value) ~= "table" then return nil end
    local member = value[part]
    if member == nil and (part == "0" or part:find "^[1-9]%d*$") then member = value[tonumber(part) + 1] end
    value = member
  end
  return value
end

--- The value at the first of several pointers that is there.
-- @tparam string|table pointers one, or a list
function M.first(value, pointers)
  if type(pointers) == "string" then return M.get(value, pointers) end
  for _, pointer in ipairs(pointers) do
    local found = M.get(value, pointer)
    if found ~= nil then return found end
  end
end

return M
