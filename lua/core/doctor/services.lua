-- core/doctor/services.lua - whether each configured service can be reached, and takes the credential.
-- SPDX-License-Identifier: MIT
--
-- how.online: one request without a credential. how.login: what errand login
-- does, too: a token is bought, or the read asked that the catalogue names.

local error_ = require "core.error"

local M = {}

local function message(err)
  return type(err) == "table" and tostring(err.message) or tostring(err)
end

local function milliseconds(from, to)
  return ("%.0f ms"):format(math.max(to - from, 0) * 1000)
end

-- How far it was to the server: libcurl counts all from the beginning.
local function stages(times, url)
  if not times or times.connect <= 0 then return "" end -- over the connection of another account
  local text = (": name found in %s, connected in %s"):format(milliseconds(0, times.resolve),
    milliseconds(times.resolve, times.connect))
  return url:find "^https:" and text .. ", TLS in " .. milliseconds(times.connect, times.tls) or text
end

-- Any answer will do, also a page for people or a refusal: it came from there.
local function reach(say, account, name)
  local status, err, reply = account.connection:send { method = "GET", url = account.base .. "/", anonymous = true, decode = "text",
    repeatable = true, keep = true, timeout = 15, retry = 0, operation = "doctor" }
  if not status then
    say("fail", ("%s: %s: %s"):format(name, account.base, message(err)), "errand whoami " .. account.service .. " shows the settings")
    return false
  end
  say(status >= 500 and "warn" or "ok", ("%s: %s answers (status %d)%s"):format(name, account.base, status,
    stages(reply.times, account.base)), status >= 500 and "ask who runs it: it cannot serve now" or nil)
  return true
end

local function sign_in(say, account, name)
  local config = require "core.config"
  local ok, text = pcall(function()
    local way, problem = config.way(account.profile, account.service)
    if not way then error_.raise("auth", problem, { service = account.service }) end
    return require("core.cli.login").attempt(account, way)
  end)
  if not ok and (not error_.is(text) or text.kind == "cancelled") then error(text, 0) end
  if ok then return say("ok", text) end
  say("fail", ("%s: %s"):format(name, message(text)), "errand whoami " .. account.service .. " shows where the credential comes from")
end

-- Nothing is sent by this: account.connection says which way it would go.
local function connect(say, one)
  local name = ("%s in profile %s"):format(one.service, one.profile)
  local ok, account = pcall(require("core.account").get, require("core.services").catalogue(one.service), one.profile)
  if not ok then
    if not error_.is(account) then error(account, 0) end
    return say("fail", name .. ": " .. message(account), "errand config check")
  end
  say("ok", ("%s: %s"):format(name, account.connection:route()))
  return account, name
end

--- One or more lines for each account.
function M.check(say, how)
  local config = require "core.config"
  if #config.check() > 0 then
    return say("warn", "services: not tried, as long as the configuration has problems", "errand config check")
  end
  local accounts = config.accounts()
  for _, one in ipairs(accounts) do
    local account, name = connect(say, one)
    if account and not (how.online or how.login) then
      say("ok", name .. ": not tried (--online)")
    elseif account and reach(say, account, name) and how.login then
      sign_in(say, account, name)
    end
  end
  if #accounts == 0 then
    say("warn", "no service is configured", "errand help SERVICE lists the settings; errand --sandbox needs none")
  end
end

return M
