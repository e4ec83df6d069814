-- confirm.lua - asks before the first write on a protected profile.
-- SPDX-License-Identifier: MIT

local session = require "core.session"

local M = {}

-- Profiles that were agreed to: one question a run, not one a call; at the
-- prompt one a statement.
local agreed = {}

-- As whom the call is made, where the configuration says it.
local function user_of(what)
  local ok, user = pcall(function()
    local way = require("core.config").way(what.profile, what.service)
    return way and require("core.cli.login").user_of(what.account, way)
  end)
  return ok and user or nil
end

-- Where the call goes and as whom, in one line.
local function context(what)
  local user = what.account and user_of(what)
  local operation = what.operation or "a call"
  if operation:sub(1, #what.service + 1) == what.service .. "." then operation = operation:sub(#what.service + 2) end
  return ("%s, profile '%s' (protected)%s: %s\n"):format(what.service, what.profile, user and ", as " .. user or "", operation)
end

local function refuse(what, text)
  require("core.error").raise("validation", text:format(what.profile, what.operation or what.service), {
    service = what.service, operation = what.operation })
end

local function ask(what)
  local host_err = require "host.err"
  -- A task: what is typed belongs to the line that is being edited.
  if session.editing then
    refuse(what, "profile '%s' is protected, and no question can be asked while a line is typed: wait for the task in the "
      .. "statement that starts it, or start errand with --yes to let %s change something")
  end
  local tty = io.open("/dev/tty", "r+")
  if not tty then refuse(what, "profile '%s' is protected: pass --yes to let %s change something") end
  io.stdout:flush()
  require("host.progress").block {} -- what is drawn there would stand in the way
  tty:setvbuf("no")
  tty:write(host_err.safe(host_err.redact(context(what)), true))
  tty:write(host_err.safe(("Type the profile's name, %s, to go on: "):format(what.profile)))
  local answer = tty:read("l")
  tty:close()
  return answer
end

--- confirm{ service =, profile =, account = (nullable), operation = } -> true,
-- or raises kind "cancelled"; without a terminal and without --yes kind
-- "validation".
function M.confirm(what)
  if session.yes or agreed[what.profile] then return true end
  if ask(what) ~= what.profile then
    require("core.error").raise("cancelled", "not confirmed: nothing was sent", {
      service = what.service, operation = what.operation })
  end
  agreed[what.profile] = true
  return true
end

--- confirm.renew(): what was agreed to before no longer counts.
function M.renew()
  agreed = {}
end

return M
