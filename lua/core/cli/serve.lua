-- serve.lua - errand serve: the schedules of a file, until SIGTERM.
-- SPDX-License-Identifier: MIT

local error_ = require "core.error"
local session = require "core.session"
local sys = require "host.sys"

local function seconds(text)
  local value, why = require("core.duration").seconds(text)
  if value and value < 1 then return nil, "a second or more expected" end
  return value, why
end

-- "/run/errand/health", "127.0.0.1:9100", "[::1]:9100", ":9100" or "9100"
local function address(text)
  if text:find "/" then return { path = text } end
  local host, port = text:match "^%[?([^%]]-)%]?:?(%d+)$"
  if not tonumber(port) or tonumber(port) > 65535 then
    return nil, ("an address such as 127.0.0.1:9100, or the path of a socket expected, got '%s'"):format(text)
  end
  if host == "" or host:lower() == "localhost" then host = "127.0.0.1" end
  return { address = host, port = tonumber(port) }
end

local serve = {
  summary = "Run scheduled scripts and workflows, until it is told to stop.",
  usage = "serve [--schedule FILE] [OPTIONS]",
  doc = "Fires the schedules of FILE (errand schedule check FILE), each run in a process of its own. Stays in the foreground "
    .. "and logs on standard error; tells systemd when it is ready, and feeds its watchdog. SIGHUP: FILE is read again; if it is "
    .. "broken the old one stays in force. SIGTERM: nothing more starts, the runs are told to stop and waited for. One daemon "
    .. "for each store. What ran, what was missed and what waits for somebody: errand schedule list, or --page. What a "
    .. "schedule file says: errand schedule --help. Exit codes: 0 told to stop, 1 cannot go on, 2 the file or an option "
    .. "is wrong, 6 another one has the store.",
  options = {
    { "schedule", value = "FILE",
      doc = "The schedule file; else ERRAND_SCHEDULE_FILE, else schedule.lua beside the configuration or here." },
    { "jobs", value = "N", type = "integer", min = 1, max = 1000, doc = "At most so many runs at once (8); further ones wait." },
    { "grace", value = "TIME", convert = seconds, doc = "What runs get to stop in, on SIGTERM, before they are killed (90s)." },
    { "health", value = "ADDRESS", convert = address,
      doc = "Answer GET /health and /metrics there: 127.0.0.1:PORT, or the path of a socket." },
    { "page", value = "ADDRESS", convert = address, doc = "Serve the status page there, such as 127.0.0.1:8700." },
    { "log-format", key = "log_format", value = "FORMAT", enum = { "text", "json" }, doc = "How the log is written (text)." },
    { "trust-clock", key = "trust_clock",
      doc = "Fire also where the kernel does not say that the clock is synchronised, as in some containers; with --sandbox so anyway." },
    { "accept-clock", key = "accept_clock",
      doc = "Take the present for the present, also where the store has seen a later time." },
  },
}

local function refuse(args)
  if args[1] then error_.raise("validation", ("unexpected '%s'; usage: errand %s"):format(args[1], serve.usage)) end
  if session.record or session.play then
    error_.raise("validation", "--record and --replay are for single runs: leave them out")
  end
end

--- serve.run(args): until SIGTERM or SIGINT.
function serve.run(args)
  local options = args.options or {}
  refuse(args)
  local level = session.verbose > 0 and "debug" or session.quiet and "warn" or "info"
  local log = require("core.schedule.logline").new { format = options.log_format, level = level,
    journal = require("host.notify").journal() }
  -- whatever is wrong with the file is told before anything is touched
  local path = require("core.schedule.file").need(options.schedule)
  local set = require("core.schedule.file").read(path)
  local place <close> = require("core.schedule.place").open()
  local daemon = require("core.schedule.assembly").build { options = options, log = log, path = path, set = set, place = place,
    terminal = sys.isatty(2) }
  local code = daemon:run()
  require("host.task").cancel_others(true) -- nobody waits for a child that cannot be killed
  return code
end

return serve
