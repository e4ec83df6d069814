-- duration.lua - fuzz target: texts as seconds, beside a second reading of them.
-- SPDX-License-Identifier: MIT

local fuzz = ...
local seconds = require("core.duration").seconds

local UNITS <const> = { ms = 1 / 1000, s = 1, m = 60, h = 3600, d = 86400 }

-- The same sum, read from the end; nil where the text has another form.
local function sum(text)
  local total = 0
  while text ~= "" do
    local rest, number, unit = text:match "^(.-)(%d+%.?%d*)(%a+)$"
    -- the shortest rest leaves the longest number
    if not rest or not UNITS[unit] then return nil end
    total, text = total + tonumber(number) * UNITS[unit], rest
    if rest ~= "" and not rest:find "%a$" then return nil end
  end
  return total
end

local function near(a, b)
  return math.abs(a - b) <= 1e-9 * math.max(1, math.abs(a))
end

return function(text)
  local value, message = seconds(text)
  if value == nil then
    fuzz.told(message, text)
    local total = text ~= "" and sum(text)
    assert(not total or total > 30 * 365 * 86400, "a sum of times is read")
    return
  end
  assert(message == nil and type(value) == "number" and value >= 0 and value <= 30 * 365 * 86400, "a time that can be waited")
  local expected = tonumber(text) or sum(text)
  assert(expected and near(expected, value), "the same sum")
  assert(near(seconds(("%.17f"):format(math.abs(value)) .. "s"), value), "written as seconds it is the same")
  assert(seconds(value) == value, "a number stands for itself")
end
