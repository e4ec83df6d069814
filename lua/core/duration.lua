-- duration.lua - seconds from a number or from text such as "2h" or "1h30m".
-- SPDX-License-Identifier: MIT

local duration = {}

local units = { ms = 0.001, s = 1, m = 60, h = 3600, d = 86400 }

local function parse(text)
  local total, at = 0, 1
  while at <= #text do
    local number, unit, after = text:match("^(%d+%.?%d*)(%a+)()", at)
    if not number or not units[unit] then return nil end
    total = total + tonumber(number) * units[unit]
    at = after
  end
  return at > 1 and total or nil
end

local LONGEST = 30 * 365 * 86400 -- more than anybody waits, less than any timer holds

--- duration.seconds(value) -> seconds, or nil and what is wrong.
function duration.seconds(value)
  local seconds = value
  if type(value) == "string" then seconds = tonumber(value) or parse(value) end
  if type(seconds) == "number" and seconds >= 0 and seconds <= LONGEST then return seconds end
  if type(seconds) == "number" and seconds > LONGEST then
    return nil, ("a time of at most 30 years expected, got %s"):format(tostring(value))
  end
  return nil, ("seconds or a text such as \"2h\" or \"1m30s\" expected, got %s"):format(
    type(value) == "string" and "'" .. value .. "'" or type(value) == "number" and tostring(value)
    or type(value))
end

return duration
