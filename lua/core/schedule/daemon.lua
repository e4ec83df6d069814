-- core/schedule/daemon.lua - the process around the scheduler: signals, the service manager, the loop.
-- SPDX-License-Identifier: MIT
--
-- One task turns the loop: tick, tell the service manager, wait. Everything
-- else (signals, clock, children, requests) only notes something and wakes it.
-- So the watchdog is fed by the work itself: who hangs in a tick starves it.

local error_ = require "core.error"
local status = require "core.schedule.status"
local sys = require "host.sys"
local task = require "host.task"

local M = {}
local Daemon = {}
Daemon.__index = Daemon

local IDLE = 5 -- seconds between two looks at what others (pause, resume, approve) have written
local BACK_OFF, BACK_OFF_MAX = 1, 60 -- seconds after a tick that failed
local KEEP_EVERY = 3600 -- seconds between two rounds of forgetting
local EXTEND = 15 -- seconds that we ask the service manager for, again and again while it takes
local KILLED = 10 -- seconds that a killed child may take to be gone
local WAITS = { held = true, in_doubt = true, stalled = true, diverged = true, waiting = true }

--- M.new(parts): scheduler, book, launch, notify, signals (host.signal), clock (host.clock.watch), log, metrics, count
-- (function(whether a tick was good)), set, read (function() -> set, raises), outbox, retain (function(daemon)), mend (function),
-- store (path), version, jobs, grace (seconds for children at the end). servers: what is to be closed at the end.
function M.new(parts)
  local self = setmetatable(parts, Daemon)
  self.failures, self.kept, self.signalled = 0, task.now(), 0
  return self
end

-- ---- waiting ----

-- Until somebody wakes us, or so long.
function Daemon:pause(seconds)
  if self.woken then seconds = 0 end
  self.nap = task.spawn(task.sleep, math.max(0, seconds))
  pcall(self.nap.join, self.nap)
  self.nap, self.woken = nil, false
end

--- Something is to be done: the loop looks at once.
function Daemon:wake()
  self.woken = true
  if self.nap then self.nap:cancel() end
end

-- ---- what others ask ----

-- What the scheduler shows; where the store does not let it, what it showed last.
function Daemon:view()
  local ok, view = pcall(self.scheduler.view, self.scheduler)
  if ok then self.last_view = view end
  return self.last_view
end

-- Slots that should have begun, and runs that wait for somebody.
local function open_counts(rows, now)
  local active, overdue, waiting, oldest = {}, 0, 0, nil
  for _, slot in ipairs(rows) do
    if slot.state ~= "due" then active[slot.schedule] = true end
    if WAITS[slot.run_state] then
      waiting = waiting + 1
      local since = slot.started or slot.due
      oldest = math.min(oldest or since, since)
    end
  end
  for _, slot in ipairs(rows) do
    local late = slot.state == "due" and slot.catchup == 0 and slot.due < now - 60
    if late and not active[slot.schedule] then overdue = overdue + 1 end
  end
  return overdue, waiting, oldest and now - oldest
end

--- How things are, for health, metrics and STATUS.
function Daemon:facts()
  local now, process = sys.clock(), sys.process()
  process.lua = require("host.state").memory()
  local facts = { now = now, ready = self.ready, stopping = self.stopping ~= nil, view = self:view(),
    tick_error = self.tick_error, ticked = self.ticked, file = self.set.file, file_error = self.file_error,
    loaded = self.loaded, store = self.store, children = self.launch.count, jobs = self.jobs, version = self.version,
    process = process, started = self.started }
  local ok, rows = pcall(self.book.open, self.book)
  if ok then facts.overdue, facts.waiting, facts.oldest_waiting = open_counts(rows, now) end
  local counted, notices = pcall(self.book.outbox, self.book, { waiting = true, limit = 1000 })
  facts.outbox = counted and #notices or nil
  return facts
end

-- ---- signals and clock ----

function Daemon:listen()
  for name in self.signals.wait, self.signals do
    if name == "HUP" then
      self.reload_asked = true
    else
      self.signalled = self.signalled + 1
      self.stopping = self.stopping or name
      if self.signalled > 2 then sys.exit_now(name == "INT" and 130 or 143) end
    end
    self:wake()
  end
end

function Daemon:watch_clock()
  while true do
    local stepped, slept = self.clock:wait()
    if not stepped then return end
    self.scheduler:clock_moved(stepped, slept)
    self:wake()
  end
end

--- What the launcher calls at the end of a child.
function Daemon:child_ended(job, end_)
  if end_.log_error then
    self.log("warn", "a part of the log was lost", { schedule = job.definition.name, slot = job.slot.id, why = end_.log_error })
  end
  self.scheduler:ended(job, end_)
  self:wake()
end

-- A task whose failure is told, for nobody joins it.
function Daemon:spawn(what, fn, ...)
  task.spawn(function(...)
    local ok, err = pcall(fn, ...)
    if ok or type(err) == "table" and err.kind == "cancelled" then return end
    self.log("error", what .. " has failed", { why = err })
    self.broken = self.broken or error_.is(err) and err or error_.new("script", ("%s has failed: %s"):format(what, tostring(err)))
    self:wake()
  end, ...)
end

-- ---- telling the service manager ----

-- nobody may be listening, or have no room: no reason to stop
function Daemon:tell(method, ...)
  local ok, err = self.notify[method](self.notify, ...)
  if not ok and not err.retryable and not self.told_so then
    self.told_so = true
    self.log("warn", "the service manager does not hear us", { why = err })
  end
end

-- Once a second is enough for people.
function Daemon:tell_status()
  local now = task.now()
  if not self.notify:active() or self.status_made and now - self.status_made < 1 then return end
  self.status_made = now
  local text = status.line(self:facts())
  if text == self.said then return end
  self.said = text
  self:tell("status", text)
end

-- Only the loop calls this, and only behind a tick that came back.
function Daemon:sign_of_life()
  local every = self.notify:watchdog_seconds()
  if not every then return end
  local now = task.now()
  if self.alive_told and now - self.alive_told < every / 4 then return end
  self.alive_told = now
  self:tell "watchdog"
end

-- ---- the loop ----

local function reason(err)
  return type(err) == "table" and err.reason or nil
end

-- What no later attempt can put right, but a new process perhaps can.
local function is_fatal(err)
  return reason(err) == "dead" or reason(err) == "damaged"
end

local function check_fatal(err)
  if is_fatal(err) then error(err, 0) end
end

function Daemon:failed(what, err)
  check_fatal(err)
  self.failures = self.failures + 1
  self.tick_error = tostring(type(err) == "table" and err.message or err)
  self.delay = math.min(BACK_OFF_MAX, BACK_OFF * 2 ^ math.min(self.failures - 1, 10))
  self.log("error", what, { why = self.tick_error, again_in = self.delay })
  if type(err) == "table" and err.traceback then self.log("debug", "traceback", { traceback = err.traceback }) end
end

function Daemon:succeeded()
  if self.tick_error then self.log("notice", "slots are fired again", { failures = self.failures }) end
  self.failures, self.tick_error, self.ticked = 0, nil, sys.clock()
end

-- One tick; seconds until the next one.
function Daemon:tick()
  local began = task.now()
  local ok, at = xpcall(self.scheduler.tick, require("host.state").traceback, self.scheduler)
  self.metrics:tick(task.now() - began, not ok and at or nil)
  self.count(ok)
  if not ok then
    self:failed("slots cannot be fired", at)
    return self.delay
  end
  self:succeeded()
  self.outbox:wake()
  return math.min(IDLE, at and at - sys.clock() or IDLE)
end

-- Old rows and logs go, now and then; what fails is tried again with the next round.
function Daemon:retain_some()
  if self.retaining or task.now() - self.kept < KEEP_EVERY then return end
  self.kept, self.retaining = task.now(), true
  task.spawn(function()
    local ok, err = pcall(self.retain, self)
    self.retaining = false
    if ok or type(err) == "table" and err.kind == "cancelled" then return end
    if is_fatal(err) then self.broken = err end
    self.log("warn", "old rows and logs could not be removed", { why = err })
  end)
end

function Daemon:turn()
  if self.reload_asked then self:reload() end
  local seconds = self:tick()
  self:sign_of_life()
  self:retain_some()
  self:tell_status()
  if self.broken then error(self.broken, 0) end
  local watchdog = self.notify:watchdog_seconds()
  self:pause(math.min(seconds, watchdog and watchdog / 4 or seconds))
end

-- ---- start, reload, end ----

function Daemon:take_variables(set)
  for _, problem in ipairs(self.outbox:load(set) or {}) do
    self.log("warn", "a notice cannot be delivered", { why = problem })
  end
end

-- Where the store cannot be written now, the scheduler enters it later.
function Daemon:adopt(set)
  self.set, self.file_error, self.loaded = set, nil, sys.clock()
  local ok, err = pcall(self.scheduler.load, self.scheduler, set, "reload")
  if not ok then
    check_fatal(err)
    self.log("warn", "the new schedules wait until the store can be written", { why = err })
  end
  self:take_variables(set)
end

function Daemon:refuse(err)
  local problems = type(err) == "table" and err.problems or {}
  self.file_error = tostring(type(err) == "table" and err.message or err)
  self.log("error", "the schedule file was refused, the one before stays in force", { why = self.file_error })
  if #problems < 2 then return end -- one is told whole
  self.file_error = ("%s, the first at %s: %s"):format(self.file_error, problems[1].path, problems[1].message)
  for _, problem in ipairs(problems) do
    self.log("error", "problem in the schedule file", { at_line = problem.path, why = problem.message })
  end
end

--- The schedule file is read again. A broken one changes nothing.
function Daemon:reload()
  self.reload_asked = nil
  self:tell("reloading", "reading the schedule file again")
  local ok, set = pcall(self.read)
  self.metrics:reload(not ok)
  if ok then self:adopt(set) else self:refuse(set) end
  self.said = status.line(self:facts())
  self:tell("ready", self.said)
end

-- Tried until it works: a full disk at the start is no reason for slots to be missed for good.
function Daemon:begin()
  while not self.stopping do
    local ok, err = xpcall(function()
      self.scheduler:load(self.set, "start")
      self.mend()
      self.scheduler:recover()
    end, require("host.state").traceback)
    if ok then return true end
    self:failed("the start has failed", err)
    self:tell("extend", self.delay + EXTEND)
    self:tell_status()
    self:pause(self.delay)
  end
end

function Daemon:go()
  self.loaded = sys.clock()
  self:take_variables(self.set)
  self:spawn("the watch over the clock", self.watch_clock, self)
  if not self:begin() then return end
  self:succeeded()
  self.ready = true
  self.said = status.line(self:facts())
  self:tell("ready", self.said)
  self.log("notice", "ready", { file = self.set.file, schedules = #self.set.list, store = self.store, pid = sys.process().pid })
  self:spawn("the delivery of notices", self.outbox.run, self.outbox)
  while not self.stopping do self:turn() end
end

-- What became of children that ended is written at once, lest a SIGKILL comes first.
function Daemon:file_ends()
  local ok, err = pcall(self.scheduler.tick, self.scheduler)
  if not ok then self.log("error", "what became of the last runs is written at the next start", { why = err }) end
end

-- Until there are no children, or a second signal came, or so many seconds are over.
function Daemon:await_children(seconds, signals)
  local over, count = task.now() + seconds, self.launch.count
  while self.launch.count > 0 and self.signalled < signals and task.now() < over do
    if self.launch.count < count then
      count = self.launch.count
      self:file_ends()
    end
    self:tell("extend", EXTEND)
    self:sign_of_life()
    self:pause(math.min(EXTEND / 3, over - task.now()))
  end
end

-- Children get SIGTERM, and their time; nothing starts any more.
function Daemon:drain()
  self.scheduler:drain()
  self:tell("stopping", ("waiting for %d run%s"):format(self.launch.count, self.launch.count == 1 and "" or "s"))
  self.log("notice", "stopping", { signal = "SIG" .. self.stopping, children = self.launch.count, grace = self.grace })
  self.launch:stop_all(self.grace)
  self:await_children(self.grace + KILLED, 2)
  if self.launch.count > 0 then
    self.log("warn", "stopped at once", { children = self.launch.count })
    self.launch:stop_all(0)
    self:await_children(KILLED, math.huge)
  end
  self:file_ends()
  self:tell("extend", EXTEND)
  pcall(self.outbox.drain, self.outbox, 5)
end

--- Runs until it is told to stop: exit code 0. Raises where a new process is wanted.
function Daemon:run()
  self.started = sys.clock()
  local began = task.now() -- the other clock may be set meanwhile
  self:spawn("the watch over signals", self.listen, self)
  local ok, err = xpcall(self.go, require("host.state").traceback, self)
  if ok then ok, err = xpcall(self.drain, require("host.state").traceback, self) end
  self:close()
  if ok then
    self.log("notice", "stopped", { uptime = math.floor(task.now() - began) })
    return 0
  end
  -- the system stops the children, and the next daemon finds them
  self.log("error", "the daemon ends", { why = err })
  self:tell("stopping", "failed: " .. tostring(type(err) == "table" and err.message or err))
  error(err, 0)
end

-- Ends the tasks beside the loop.
function Daemon:close()
  self.signals:close()
  self.clock:close()
  self.outbox:close()
  for _, server in ipairs(self.servers or {}) do server:close() end
end

return M
