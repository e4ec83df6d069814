-- login.lua - errand login: buys a token now, so that later runs need not.
-- SPDX-License-Identifier: MIT

local error_ = require "core.error"

local command = {
  summary = "Sign in to services now and say until when that lasts.",
  usage = "login SERVICE... [--renew]",
  doc = "Buys a token, or takes the one that is kept. A token outlives this run only where the setting cache_tokens is true; "
    .. "then later runs need neither a login nor what it would ask for, such as a one-time password. A service that needs no "
    .. "login is asked something harmless instead, where its catalogue names such a call. Exit code 5 if a login was refused.",
  live = true,
  options = { { "renew", doc = "Buy a new token even if the one that is there is still good." } },
}

-- The settings of the way that are no secret: who signs in.
local function user_of(account, way)
  local names = {}
  for _, name in ipairs(way.needs or {}) do
    local value = account.settings[name]
    if value ~= nil then names[#names + 1] = tostring(value) end
  end
  return #names > 0 and table.concat(names, ", ") or nil
end

command.user_of = user_of

local function whom(account, way)
  local user = user_of(account, way)
  return ("%s (profile %s) at %s%s"):format(account.service, account.profile, account.base, user and " as " .. user or "")
end

local function keeping(account, token)
  if token.kept then return "kept in " .. token.path end
  if require("core.session").sandbox then return "not kept, as the sandbox keeps none" end
  if account.settings.cache_tokens then
    return token.path and "not kept, as it could not be written to " .. token.path
      or "not kept, as there is no place for it: set HOME or XDG_CACHE_HOME"
  end
  local step = require("core.config").next_step(account.profile, account.service, "cache_tokens")
  return "not kept for later runs; to keep it, " .. step .. " to true"
end

local function sign_in(account, way, renew)
  local connection = account.connection
  local before = connection:token()
  local ok, logins = true, 0
  if renew or not before.there then ok, logins = connection:login(renew or false) end
  if not ok then error_.rethrow(logins, { service = account.service }) end
  local token = connection:token()
  local lives = token.expires and "good until " .. require("core.when").text(token.expires) or "good until it is refused"
  return ("%s: %s token, %s, %s"):format(whom(account, way), logins > 0 and "new" or "there is a", lives, keeping(account, token))
end

-- The cheap read that the catalogue names; one page of it is enough.
local function ask(account, check)
  local services, client = require "core.services", require "core.client"
  local module = services.get(account.service).with { profile = account.profile }
  local op = require("core.catalogue").operation(account.catalogue, check)
  if op.paging then client.page(module, op) else client.call(module, op) end
end

local function try_credential(account, way)
  local check = account.catalogue.check
  local names = "'" .. table.concat(way.needs or {}, "', '") .. "'"
  local text = ("%s: needs no login, %s is sent with every call"):format(whom(account, way), names)
  if not way.needs or #way.needs == 0 then return ("%s: needs no credential"):format(whom(account, way)) end
  if not check then return text .. "; nothing was checked" end
  ask(account, check)
  return text .. "; " .. check .. " was answered"
end

--- Signs in to an account, or asks what its catalogue names; raises, or says
-- how it went.
function command.attempt(account, way, renew)
  return way.login and sign_in(account, way, renew) or try_credential(account, way)
end

local function login(service, renew)
  local config = require "core.config"
  local catalogue = require("core.services").catalogue(service)
  local account = require("core.account").get(catalogue)
  local way, problem = config.way(account.profile, service)
  if not way then error_.raise("auth", problem, { service = service }) end
  local text = command.attempt(account, way, renew)
  local host_err = require "host.err"
  require("core.output").text(host_err.safe(host_err.redact(text)) .. "\n")
end

--- login.run(args): all services are tried; the exit code is that of the
-- first failure.
function command.run(args)
  if #args == 0 then error_.raise("validation", "which service? errand login SERVICE...") end
  for _, service in ipairs(args) do require("core.services").catalogue(service) end
  local renew = args.options.renew or false
  if #args == 1 then return login(args[1], renew) end
  local cli, host_err = require "core.cli", require "host.err"
  local code = 0
  for _, service in ipairs(args) do
    local ok, err = pcall(login, service, renew)
    if not ok and (not error_.is(err) or err.kind == "cancelled") then error(err, 0) end
    if not ok then
      require("host.sys").write(2, host_err.safe(host_err.redact(cli.describe(err)), true) .. "\n")
      if code == 0 then code = host_err.exit_code(err) end
    end
  end
  return code
end

return command
