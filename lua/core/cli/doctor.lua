-- doctor.lua - errand doctor: one line a fact about this installation.
-- SPDX-License-Identifier: MIT

local sys = require "host.sys"

local command = {
  summary = "Check this installation: versions, files, TLS, proxy, clock.",
  usage = "doctor",
  doc = "One line a fact: ok, warn or fail. Exit code 1 if something failed. Sends nothing without --online.",
  live = true,
  options = {
    { "online", doc = "Also try to reach every configured service, without signing in." },
  },
}

-- Each check is given `say(level, text)`.
local checks = {}

local function message(err)
  return type(err) == "table" and tostring(err.message) or tostring(err)
end

function checks.versions(say)
  local facts = sys.facts()
  say("ok", ("errand %s, Lua %s"):format(sys.version, facts.lua))
  say("ok", ("libcurl %s with %s%s"):format(facts.curl, facts.tls or "no TLS", facts.http2 and ", HTTP/2" or ", no HTTP/2"))
  say("ok", ("SQLite %s, libmicrohttpd %s, %s"):format(facts.sqlite, facts.microhttpd, facts.editor))
end

function checks.configuration(say)
  local config = require "core.config"
  local path, named = config.path()
  if not path then return say("warn", "no configuration file: HOME is not set") end
  local there = sys.exists(path)
  if not there and not named then say("ok", "configuration " .. path .. ": not there, which is fine") end
  local problems = config.check()
  for _, problem in ipairs(problems) do
    say("fail", (problem.path ~= "" and problem.path .. ": " or "") .. problem.message)
  end
  if #problems == 0 and there then
    say("ok", ("configuration %s, profile %s"):format(path, config.profile()))
  end
end

-- The store is not made for the sake of looking at it.
function checks.store(say)
  local path = require("core.config").store_path()
  if not path then return say("ok", "store in memory") end
  if not sys.exists(path) then return say("ok", "store " .. path .. ": not there yet, made at the first write") end
  local store, err = require("host.store").open(path)
  if not store then return say("fail", err.message) end
  local ok, rows
  ok, err = store:check()
  if ok then rows, err = store:calls(1) end
  store:close()
  if not rows then return say("fail", err.message) end
  say("ok", ("store %s is sound%s"):format(path, rows[1] and ", last write " .. rows[1].at or ""))
  if rows[1] and rows[1].at > sys.utc(sys.clock() + 60) then
    say("fail", "the clock of this machine is behind the last write in the store")
  end
end

function checks.trust(say)
  local facts = sys.facts()
  local dir = facts.ca_dir
  if (not dir or not sys.exists(dir)) and sys.exists "/etc/ssl/certs" then dir = "/etc/ssl/certs" end
  if dir and sys.exists(dir) then return say("ok", "certificate authorities from the directory " .. dir) end
  if facts.ca_file and sys.exists(facts.ca_file) then
    return say("ok", "certificate authorities from the file " .. facts.ca_file)
  end
  say("fail", "no certificate authorities found: install the package ca-certificates, or set cacert")
end

-- curl ignores HTTP_PROXY in capitals, and so do we.
local proxies = { "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY" }

function checks.proxy(say)
  local any = false
  for _, name in ipairs(proxies) do
    local value = sys.env(name)
    if value and value ~= "" then
      any = true
      -- User and password may stand before the last @, in whatever spelling.
      local scheme, rest = value:match "^(%a[%w+.-]*://)(.*)$"
      rest = (rest or value):gsub("^.*@", "[secret]@")
      say("ok", name .. " = " .. (scheme or "") .. rest)
    end
  end
  if not any then say("ok", "no proxy in the environment") end
end

function checks.terminal(say)
  local function kind(fd) return sys.isatty(fd) and "a terminal" or "no terminal" end
  say("ok", ("standard input is %s, standard output %s, %d columns, TERM %s"):format(kind(0), kind(1), sys.columns(1),
    sys.env "TERM" or "not set"))
  local locale = sys.env "LC_ALL" or sys.env "LC_CTYPE" or sys.env "LANG" or ""
  if not locale:lower():find "utf%-?8" then
    say("warn", "the locale is not UTF-8: names may look wrong on the terminal")
  end
end

function checks.process(say)
  local facts = sys.facts()
  if facts.core_dumps then say("fail", "core dumps are on") else say("ok", "core dumps are off") end
  if facts.dumpable then say("warn", "other processes of this user may trace errand") else say("ok", "tracing is refused") end
end

-- 2025-01-01: errand did not exist before.
local EARLIEST = 1735689600

function checks.clock(say)
  local now = sys.clock()
  if now < EARLIEST then return say("fail", "the clock says " .. sys.utc(now)) end
  local synchronised = sys.facts().synchronised
  say(synchronised == false and "warn" or "ok", ("the clock says %s%s"):format(sys.utc(now),
    synchronised == false and ", and the kernel knows of no time server" or ""))
end

-- Nothing is sent by this: account.connection says which way it would go.
local function connect(say, account)
  local name = ("%s in profile %s"):format(account.service, account.profile)
  local ok, connection = pcall(require("core.account").get, require("core.services").catalogue(account.service), account.profile)
  if not ok then return say("fail", name .. ": " .. message(connection)) end
  say("ok", ("%s: %s"):format(name, connection.connection:route()))
  return connection, name
end

local function reach(say, connection, name)
  local status, err = connection.connection:send { method = "GET", url = connection.base .. "/", anonymous = true,
    repeatable = true, timeout = 15, operation = "doctor" }
  if status then return say("ok", ("%s: %s answers (status %d)"):format(name, connection.base, status)) end
  say("fail", ("%s: %s: %s"):format(name, connection.base, message(err)))
end

local function services(say, online)
  local config = require "core.config"
  if #config.check() > 0 then return say("warn", "services: not tried, as long as the configuration has problems") end
  local accounts = config.accounts()
  for _, account in ipairs(accounts) do
    local connection, name = connect(say, account)
    if connection and online then
      reach(say, connection, name)
    elseif connection then
      say("ok", name .. ": not tried (--online)")
    end
  end
  if #accounts == 0 then say("warn", "no service is configured") end
end

local order = { "versions", "configuration", "store", "trust", "proxy", "terminal", "process", "clock" }

--- doctor.run(args) -> 1 if something failed
function command.run(args)
  local failed = false
  local host_err, output = require "host.err", require "core.output"
  if args[1] then require("core.error").raise("validation", "doctor takes no arguments, got '" .. args[1] .. "'") end
  local function say(level, text)
    failed = failed or level == "fail"
    output.text(("%-5s %s\n"):format(level, host_err.safe(host_err.redact(text))))
  end
  for _, name in ipairs(order) do
    local ok, err = pcall(checks[name], say)
    if not ok then
      if require("core.exit").code(err) then error(err, 0) end
      say("fail", name .. ": " .. message(err))
    end
  end
  services(say, args.options and args.options.online or false)
  return failed and 1 or 0
end

return command
