-- core/schedule/assembly.lua - puts the daemon together: scheduler, children, notices, servers.
-- SPDX-License-Identifier: MIT

local error_ = require "core.error"
local lock = require "core.run.lock"
local sys = require "host.sys"
local task = require "host.task"

local M = {}

local JOBS, GRACE = 8, 90

local function must(value, err)
  if not value then error_.rethrow(err) end
  return value
end

-- ---- servers ----

local function listen(what, where, options, handler)
  for name, value in pairs(where) do options[name] = value end
  local server, err = require("host.server").listen(options, handler)
  if server then return server end
  error_.raise(err.kind, ("%s: %s"):format(what, err.message))
end

local function shown(where, server)
  if where.path then return where.path end
  local host = where.address:find(":", 1, true) and "[" .. where.address .. "]" or where.address
  return ("http://%s:%d"):format(host, server:port())
end

local function hexadecimal(n)
  return (must(sys.random(n)):gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

-- A log is no place for a token: on a terminal it is shown, else it is in a file.
local function tell_token(parts, at, token, file)
  if parts.terminal then
    sys.write(2, ("the status page: %s/?token=%s\n"):format(at, token))
    return
  end
  must(sys.write_file(file, token .. "\n", 384))
  parts.log("notice", "status page", { address = at, token_file = file })
end

local function open_page(parts, own, answer)
  local page = require "core.schedule.page"
  local token = hexadecimal(16)
  local P = page.new { scheduler = own.scheduler, book = own.book, journal = own.journal, clock = own.clock, token = token,
    logs = own.logs, log = parts.log, open = answer, wake = own.wake, facts = own.facts }
  local server = listen("--page", parts.options.page, { methods = page.METHODS, max_body = page.BODY_MAX, pages = true },
    function(request) return P:handle(request) end)
  tell_token(parts, shown(parts.options.page, server), token, parts.place.path .. ".page-token")
  return server
end

local function open_health(parts, handler)
  local where = parts.options.health
  local server = listen("--health", where, { methods = "GET, HEAD" }, handler)
  parts.log("notice", "health and metrics", { address = shown(where, server) })
  return server
end

-- ---- parts ----

-- Counts what the scheduler tells once the tick that wrote it is over.
local function counted(metrics)
  local notice, waiting = require "core.schedule.notice", {}
  local function messages(event, definition)
    waiting[#waiting + 1] = { event, definition }
    return notice.messages(event, definition, sys.clock())
  end
  local function count(tick_was_good)
    for _, one in ipairs(waiting) do
      if tick_was_good then metrics:event(one[1], one[2]) end
    end
    waiting = {}
  end
  return messages, count
end

local function new_launch(parts, logs, ended)
  local place = parts.place
  return require("core.schedule.launch").new { globals = place.globals, profile = place.profile, set = place.set,
    credentials = place.credentials, dir = logs, ended = ended }
end

local function new_scheduler(parts, own, launch, messages)
  local runs = parts.place.path .. ".runs"
  return require("core.schedule.scheduler").new {
    book = own.book, journal = own.journal, clock = own.clock, jobs = own.jobs, log = parts.log, messages = messages,
    broadcast = function(event, list) return require("core.schedule.notice").broadcast(event, list, sys.clock()) end,
    launch = function(job) return launch:start(job) end,
    stop = function(id, grace) launch:stop(id, grace) end,
    busy = function(id) return lock.holder(runs, "slot-" .. id) end,
    run_busy = function(id) return lock.holder(runs, id) end,
    synchronised = function() return (sys.synchronised()) end,
    -- in the sandbox nothing is at stake, and a trial on a machine without a time server must do something
    trust_clock = parts.options.trust_clock or require("core.session").sandbox ~= nil,
    -- asked when the clock can be believed: it may not be set yet
    host = { boot_at = function() return math.floor(sys.clock() - sys.boottime() + 0.5) end },
  }
end

local function retain(own)
  return function(daemon)
    local view = daemon:view()
    if not view or not view.clock.ok then return end -- in a wrong future everything is old
    require("core.schedule.retention").run { book = own.book, journal = own.journal, logs = own.logs,
      definitions = daemon.set.list, now = sys.clock(), breathe = function() task.sleep(0) end, idle = daemon.launch.count == 0 }
  end
end

--- The daemon, ready to run, with its servers open.
-- @tparam table parts options (of errand serve), log, set (the schedule file), place (core.schedule.place), terminal (standard
-- error is one)
function M.build(parts)
  local place, options = parts.place, parts.options
  local clock = require("core.run.clock").real()
  local own = { clock = clock, logs = place.path .. ".logs", jobs = options.jobs or JOBS,
    book = require("core.schedule.book").open(place.store), journal = require("core.run.journal").open(place.store) }
  if options.accept_clock then own.book:wall(clock:wall(), true) end
  local metrics = require("core.schedule.metrics").new()
  local messages, count = counted(metrics)
  local daemon
  local launch = new_launch(parts, own.logs, function(job, end_) daemon:child_ended(job, end_) end)
  own.scheduler = new_scheduler(parts, own, launch, messages)
  own.wake, own.facts = function() daemon:wake() end, function() return daemon:facts() end
  daemon = require("core.schedule.daemon").new {
    scheduler = own.scheduler, book = own.book, launch = launch, log = parts.log, metrics = metrics, count = count,
    set = parts.set, read = function() return require("core.schedule.file").read(parts.set.file) end,
    notify = must(require("host.notify").open()),
    signals = must(require("host.signal").watch { "TERM", "INT", "HUP" }),
    clock = must(require("host.clock").watch()),
    outbox = require("core.schedule.outbox").new { book = own.book, clock = clock, log = parts.log, store = place.path },
    retain = retain(own), mend = function() require("core.schedule.launch").mend(own.logs, own.book:open()) end,
    store = place.path, version = sys.version, jobs = own.jobs, grace = options.grace or GRACE,
  }
  local answer = require("core.schedule.health").handler(own.facts, metrics)
  daemon.servers = {}
  if options.health then table.insert(daemon.servers, open_health(parts, answer)) end
  if options.page then table.insert(daemon.servers, open_page(parts, own, { ["/health"] = answer, ["/metrics"] = answer })) end
  return daemon
end

return M
