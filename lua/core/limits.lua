-- core/limits.lua - how much a service lets through, by catalogue and profile.
-- SPDX-License-Identifier: MIT

local error_ = require "core.error"

local M = {}

local units = { s = 1, m = 60, h = 3600, d = 86400 }
local YEAR = 366 * 86400

-- "30/s", "100/10s" -> 30, 1; 100, 10
local function parse(service, text)
  local requests, count, unit = text:match "^(%d+)/(%d*)([smhd])$"
  requests, count = tonumber(requests), count == "" and 1 or tonumber(count)
  local seconds = count and count * 1.0 * units[unit]
  if not requests or requests < 1 or requests > 100000 or seconds <= 0 or seconds > YEAR then
    error_.raise("config", ("the setting 'rate' of %s must be 1 to 100000 requests in a time of up to a year, such as 30/s or "
      .. "100/10s, got '%s'"):format(service, text), { service = service })
  end
  return requests, seconds
end

local function text_of(requests, seconds)
  return seconds == 1 and ("%d/s"):format(requests) or ("%d/%gs"):format(requests, seconds)
end

--- What core.account hands to host.http.connect: the limits that the profile
-- sets, else the catalogue's. The sandbox has none but those that are set.
-- @tparam table catalogue
-- @tparam table settings of the account
-- @tparam boolean sandbox
-- @treturn table rate_requests, rate_seconds, rate_block, concurrency
function M.of(catalogue, settings, sandbox)
  local rate = not sandbox and catalogue.rate or {}
  local out = { rate_requests = rate.requests or 0, rate_seconds = rate.seconds or rate.requests and 1,
    rate_block = (catalogue.rate or {}).block, concurrency = settings.concurrency or rate.concurrency }
  if settings.rate == "none" then
    out.rate_requests = 0
  elseif settings.rate then
    out.rate_requests, out.rate_seconds = parse(catalogue.name, settings.rate)
  end
  return out
end

--- The limits in force as text: "30/s, 8 at once".
function M.describe(limits)
  local parts = {}
  if limits.rate_requests > 0 then parts[1] = "at most " .. text_of(limits.rate_requests, limits.rate_seconds) end
  if (limits.concurrency or 0) > 0 then parts[#parts + 1] = ("%d calls at once"):format(limits.concurrency) end
  return #parts > 0 and table.concat(parts, ", ") or "no limit"
end

return M
