-- confirm.lua - asks before the first write on a protected profile.
-- SPDX-License-Identifier: MIT

local session = require "core.session"

local M = {}

-- Profiles that were agreed to: one question a run, not one a call.
local agreed = {}

local function ask(what)
  local safe = require("host.err").safe
  local tty = io.open("/dev/tty", "r+")
  if not tty then
    require("core.error").raise("validation", ("profile '%s' is protected: pass --yes to let %s"
      .. " change something"):format(what.profile, what.operation or what.service), {
        service = what.service, operation = what.operation }, 3)
  end
  require("host.progress").block {} -- what is drawn there would stand in the way
  tty:setvbuf("no")
  tty:write(safe(("Profile '%s' is protected; %s would change something%s.\n"):format(
    what.profile, what.operation or what.service,
    what.account and " as " .. what.account or ""), true))
  tty:write("Type the profile's name to go on: ")
  local answer = tty:read("l")
  tty:close()
  return answer
end

--- confirm{ service =, profile =, account =, operation = } -> true, or raises
-- kind "cancelled"; without a terminal and without --yes kind "validation".
function M.confirm(what)
  if session.yes or agreed[what.profile] then return true end
  if ask(what) ~= what.profile then
    require("core.error").raise("cancelled", "not confirmed: nothing was sent", {
      service = what.service, operation = what.operation }, 2)
  end
  agreed[what.profile] = true
  return true
end

return M
