-- core/suggest.lua - the name somebody probably meant.
-- SPDX-License-Identifier: MIT

local distance = require("host.err").distance

local M = {}

--- The name of the list nearest to a misspelt one, or nil if none is near.
-- One edit in three characters still counts as near.
function M.nearest(name, list)
  local best, best_distance = nil, 1 + math.max(1, math.min(3, #name // 3))
  for _, candidate in ipairs(list) do
    local d = distance(name, candidate, best_distance)
    if d < best_distance then best, best_distance = candidate, d end
  end
  if best then return best end
  for _, candidate in ipairs(list) do -- "user" for "users_of_group": a common start
    if #name >= 3 and candidate:sub(1, #name):lower() == name:lower() then return candidate end
  end
end

--- " (did you mean 'x'?)", or "" where nothing is near.
function M.did_you_mean(name, list)
  local near = M.nearest(tostring(name), list)
  return near and (" (did you mean '%s'?)"):format(near) or ""
end

return M
