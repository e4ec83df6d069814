-- whoami.lua - errand whoami: as whom each service would be called.
-- SPDX-License-Identifier: MIT

local error_ = require "core.error"

local command = {
  summary = "Say as whom each service would be called, and with which settings.",
  usage = "whoami [SERVICE...]",
  doc = "For every configured service of the profile in force: the base URL, how it signs in, where each setting comes from "
    .. "(never the value of a secret), and whether a token is kept. Asks nobody and sends nothing. -o json prints it as JSON.",
  live = true,
  options = {},
}

-- What is set for the service; for the profile in force the environment wins.
local function settings_of(config, service)
  local by_name, names = {}, {}
  for _, entry in ipairs(config.entries()) do -- "" comes first
    if entry.service == service and (entry.profile == "" or entry.profile == config.profile()) and not by_name[entry.name] then
      by_name[entry.name] = entry
      names[#names + 1] = entry.name
    end
  end
  table.sort(names)
  local list = {}
  for i, name in ipairs(names) do list[i] = { name = name, from = require("core.origin").text(by_name[name]) } end
  return list
end

local function token_of(account, way)
  if not way.needs or #way.needs == 0 then return { state = "none needed" } end
  if not way.login then return { state = "given" } end
  local token = account.connection:token()
  if not token.there then
    local kept = account.settings.cache_tokens or false
    local homeless = kept and not token.path and not require("core.session").sandbox
    return { state = "none", kept = kept, why = homeless and "there is no place for one: set HOME or XDG_CACHE_HOME" or nil }
  end
  return { state = "kept", expires = require("host.sys").utc(token.expires), at = token.expires, path = token.path }
end

local function facts(service)
  local config = require "core.config"
  local profile = config.profile()
  local out = { service = service, profile = profile, protected = config.is_protected(profile) }
  local ok, err = pcall(function()
    local account = require("core.account").get(require("core.services").catalogue(service))
    out.url = account.base
    local way, problem = config.way(profile, service)
    if not way then error_.raise("auth", problem, { service = service }) end
    out.needs, out.login = way.needs or {}, way.login ~= nil
    out.user = require("core.cli.login").user_of(account, way)
    out.token = token_of(account, way)
  end)
  if not ok and not error_.is(err) then error(err, 0) end
  if not ok then out.problem = err.message end
  out.settings = settings_of(config, service)
  return out, not ok and err or nil
end

local function token_text(token)
  if token.state == "kept" then return ("kept until %s in %s"):format(require("core.when").text(token.at), token.path) end
  if token.why then return "none kept, as " .. token.why end
  if token.state == "none" then return token.kept and "none kept" or "none kept (cache_tokens is off)" end
  return token.state == "given" and "given by the setting" or "none needed"
end

local function text_of(one)
  local lines = { ("%s, profile %s%s"):format(one.service, one.profile, one.protected and " (protected)" or "") }
  local function add(name, value)
    if value then lines[#lines + 1] = ("  %-9s %s"):format(name, value) end
  end
  add("url", one.url)
  if one.needs then
    local how = (one.login and "by a login with " or "with ") .. table.concat(one.needs, " and ")
    add("signs in", #one.needs > 0 and how or "not at all")
  end
  add("user", one.user)
  add("token", one.token and token_text(one.token))
  add("problem", one.problem)
  local width = 0
  for _, row in ipairs(one.settings) do width = math.max(width, #row.name) end
  for i, row in ipairs(one.settings) do
    add(i == 1 and "settings" or "", row.name .. (" "):rep(width - #row.name) .. "  " .. row.from)
  end
  return table.concat(lines, "\n")
end

-- Services that have a setting in the profile in force.
local function configured()
  local config, list = require "core.config", {}
  for _, account in ipairs(config.accounts()) do
    if account.profile == config.profile() then list[#list + 1] = account.service end
  end
  return list
end

local function show(list)
  local session, host_err = require "core.session", require "host.err"
  if session.output then
    for _, one in ipairs(list) do
      if one.token then one.token.at = nil end
    end
    return require("core.output").write(require("host.json").array(list), session.output)
  end
  local parts = {}
  for i, one in ipairs(list) do parts[i] = text_of(one) end
  if #list == 0 then parts[1] = "no service is configured in profile " .. require("core.config").profile() end
  require("core.output").text(host_err.safe(host_err.redact(table.concat(parts, "\n")), true) .. "\n")
end

--- whoami.run(args): the exit code is that of the first account that could
-- not be used.
function command.run(args)
  for _, service in ipairs(args) do require("core.services").catalogue(service) end
  local list, first = {}, nil
  for i, service in ipairs(#args > 0 and { table.unpack(args) } or configured()) do
    local err
    list[i], err = facts(service)
    first = first or err
  end
  show(list)
  return first and require("host.err").exit_code(first) or 0
end

return command
