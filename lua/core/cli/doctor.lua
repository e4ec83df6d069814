-- doctor.lua - errand doctor: one line a fact about this installation.
-- SPDX-License-Identifier: MIT

local command = {
  summary = "Check this installation: terminal, authorities, clock, store, daemon, services.",
  usage = "doctor [--online | --login]",
  doc = "One line a fact: ok, warn or fail, and below it what to do next where it is not ok. Exit code 1 if something failed. "
    .. "Sends nothing without --online or --login. -o json prints it as a list of check, level, text and step.",
  live = true,
  options = {
    { "online", doc = "Also try to reach every configured service, without signing in: name, connection, TLS, an answer." },
    { "login", doc = "Also try each credential: buy a token, or ask what the catalogue names as harmless. A wrong password counts "
      .. "as an attempt there." },
  },
}

-- Name of a check, its module.
local ORDER <const> = {
  { "versions", "own" }, { "installed", "own" }, { "configuration", "own" }, { "descriptions", "own" }, { "store", "own" },
  { "permissions", "own" }, { "daemon", "own" }, { "trust", "machine" }, { "proxy", "machine" }, { "terminal", "machine" },
  { "process", "machine" }, { "clock", "machine" },
}

local function message(err)
  return type(err) == "table" and tostring(err.message) or tostring(err)
end

-- Shows each fact when it is there, for services take their time; as data all at
-- the end.
local function new_report(format)
  local report = { failed = false, rows = {} }
  local host_err, output = require "host.err", require "core.output"
  local function clean(text) return host_err.safe(host_err.redact(text)) end
  function report.say(check, level, text, step)
    report.failed = report.failed or level == "fail"
    text, step = clean(text), step and clean(step)
    if format then
      report.rows[#report.rows + 1] = { check = check, level = level, text = text, step = step }
      return
    end
    output.text(("%-5s %s\n"):format(level, text))
    if step then output.text(("      next: %s\n"):format(step)) end
  end
  return report
end

local function show(report, format)
  if not format then return end
  local as_rows = format == "table" or format == "csv"
  require("core.output").write(require("host.json").array(report.rows), format,
    { columns = as_rows and { "check", "level", "text", "step" } or nil })
end

-- A check that breaks is a fact, too, but not an end that was asked for.
local function guarded(name, say, check, ...)
  local ok, err = pcall(check, say, ...)
  if ok then return end
  local is_end = require("core.exit").code(err) or type(err) == "table" and err.kind == "cancelled"
  if is_end then error(err, 0) end
  say("fail", name .. ": " .. message(err), "errand --verbose doctor says more, and errand config check")
end

--- doctor.run(args) -> 1 if something failed
function command.run(args)
  local options, format = args.options or {}, require("core.session").output
  if args[1] then require("core.error").raise("validation", "doctor takes no arguments, got '" .. args[1] .. "'") end
  local report = new_report(format)
  local function sayer(name)
    return function(level, text, step) report.say(name, level, text, step) end
  end
  for _, one in ipairs(ORDER) do
    guarded(one[1], sayer(one[1]), require("core.doctor." .. one[2])[one[1]])
  end
  guarded("services", sayer "services", require("core.doctor.services").check, options)
  show(report, format)
  return report.failed and 1 or 0
end

return command
