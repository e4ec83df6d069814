-- core/account.lua - one connection a service and profile, made when needed.
-- SPDX-License-Identifier: MIT

local config = require "core.config"
local error_ = require "core.error"
local host_http = require "host.http"
local json = require "host.json"
local limits = require "core.limits"
local paths = require "core.paths"

local M = {}
local accounts = {}

local transport = { "cacert", "capath", "crlfile", "cert", "tls_key", "pinnedpubkey", "tls_min", "ciphers", "proxy",
  "proxy_user", "proxy_cacert", "noproxy", "ipv4", "ipv6", "unix_socket", "interface", "http_version", "insecure", "insecure_http",
  "connect_timeout", "stall_timeout", "timeout", "max_body", "max_header", "resolve", "connect_to",
  "retry", "retry_delay", "retry_max_delay", "retry_quota" }

local function headers(rows)
  local out = {}
  for i, row in ipairs(rows or {}) do out[i] = { row[1], row.value, row.required or false } end
  return out
end

local function login(spec)
  if not spec then return nil end
  local method, path = spec.http:match "^(%u+) (/.*)$"
  local out = headers(spec.headers)
  local body = spec.json and assert(json.encode(spec.json))
  if body then out[#out + 1] = { "Content-Type", "application/json" } end
  return { method = method, path = path, headers = out, body = body, token = spec.token, lifetime = spec.lifetime,
    refused = spec.refused, without = spec.without }
end

-- a named way is only for the operations that ask for it
local function auth_spec(catalogue, name)
  local methods = {}
  for _, way in ipairs(catalogue.auth or {}) do
    if way.name == name then
      methods[#methods + 1] = { needs = way.needs, send = headers(way.send), renew = way.renew, login = login(way.login) }
    end
  end
  return { headers = headers(catalogue.headers), methods = methods }
end

local function connect(catalogue, profile, auth)
  if require("core.session").replay then
    error_.raise("validation", "with --replay no service is reached: run this without it", { service = catalogue.name })
  end
  local settings = config.service(profile, catalogue.name)
  local base, err = host_http.base(settings.url, settings.insecure_http or false)
  if not base then error_.rethrow(err, { service = catalogue.name }) end
  local corrected = paths.read(catalogue, settings.paths)
  local options = { service = catalogue.name, profile = profile, base = base, config = config.handle(), auth = auth_spec(catalogue, auth) }
  for _, name in ipairs(transport) do options[name] = settings[name] end
  local session = require "core.session"
  options.retry = session.retry or options.retry
  local limit = limits.of(catalogue, settings, session.sandbox)
  for name, value in pairs(limit) do options[name] = value end
  if settings.cache_tokens and not require("core.session").sandbox then
    options.token_dir = config.token_dir()
    options.token_name = host_http.token_name(catalogue.name, profile, auth)
  end
  local connection
  connection, err = host_http.connect(options)
  if not connection then error_.rethrow(err, { service = catalogue.name }) end
  require("host.err").log("trace", ("%s: %s"):format(catalogue.name, limits.describe(limit)))
  -- whose record of writes it is: the sandbox has another port each time
  local identity = session.sandbox and "sandbox" or base
  return { service = catalogue.name, profile = profile, catalogue = catalogue, settings = settings, base = base, identity = identity,
    connection = connection, protected = config.is_protected(profile), paths = corrected }
end

--- The account of a service in a profile (nil: the profile in force). auth
-- names a way to sign in that only some operations use.
function M.get(catalogue, profile, auth)
  profile = profile or config.profile()
  local of_profile = accounts[profile]
  if not of_profile then
    of_profile = {}
    accounts[profile] = of_profile
  end
  local key = auth and catalogue.name .. "\0" .. auth or catalogue.name
  local account = of_profile[key]
  if not account then
    account = connect(catalogue, profile, auth)
    of_profile[key] = account
  end
  return account
end

--- From now on accounts are made anew, of the configuration in force then.
-- Those there were are gone: core.client sends nothing more over them.
function M.forget()
  for _, of_profile in pairs(accounts) do
    for _, account in pairs(of_profile) do account.gone = true end
  end
  accounts = {}
end

return M
