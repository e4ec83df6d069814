-- core/when.lua - a moment as people say it.
-- SPDX-License-Identifier: MIT

local M = {}

local function distance(seconds)
  if seconds < 90 then return ("%d s"):format(seconds) end
  if seconds < 90 * 60 then return ("%d min"):format(seconds // 60) end
  if seconds < 48 * 3600 then return ("%d h"):format(seconds // 3600) end
  return ("%d days"):format(seconds // 86400)
end

--- "2026-11-21 20:10 (in 58 min)", in the zone of this machine.
-- @tparam number at seconds since 1970
-- @tparam ?number now nil: the clock
function M.text(at, now)
  now = now or require("host.sys").clock()
  local left = math.floor(at - now)
  local relation = left >= 0 and "in " .. distance(left) or distance(-left) .. " ago"
  return ("%s (%s)"):format(os.date("%Y-%m-%d %H:%M", math.floor(at)), relation)
end

return M
