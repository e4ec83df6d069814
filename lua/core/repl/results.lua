-- results.lua - the numbered results of a session: what _, _1, _2 ... mean.
-- SPDX-License-Identifier: MIT

local results = {}
results.__index = results

--- results.kept: so many of the newest results are held.
results.kept = 100

--- results.new() -> an empty list; its field n is the number of the last one.
function results.new()
  return setmetatable({ n = 0, values = {} }, results)
end

--- results:add(value) -> its number. It is the last result from now on.
function results:add(value)
  self.n = self.n + 1
  self.values[self.n] = value
  self.values[self.n - results.kept] = nil
  self.latest = value
  return self.n
end

--- results:set(value): what _ means until the next result, for `_ = value`.
function results:set(value)
  self.latest = value
end

--- results:last() -> the value of _, nil before the first one.
function results:last()
  return self.latest
end

--- results:get(n) -> the value; raises kind "validation" for one that is not
-- there yet or no longer.
function results:get(n)
  if n >= 1 and n <= self.n and n > self.n - results.kept then return self.values[n] end
  local why
  if n >= 1 and n <= self.n then
    why = ("result _%d is no longer kept, only the last %d are"):format(n, results.kept)
  elseif self.n == 0 then
    why = ("there is no result _%d, nothing has been printed yet"):format(n)
  else
    why = ("there is no result _%d, the last one is _%d"):format(n, self.n)
  end
  require("core.error").raise("validation", why)
end

--- results.number(name) -> 3 for "_3", nil for any other name.
function results.number(name)
  return type(name) == "string" and math.tointeger(tonumber(name:match "^_(%d+)$")) or nil
end

return results
