-- timetable.lua - a scheduler with a clock, a store and processes that are not real, for specs.
-- SPDX-License-Identifier: MIT

local book = require "core.schedule.book"
local journal = require "core.run.journal"
local json = require "host.json"
local row = require "core.schedule.row"
local scheduler = require "core.schedule.scheduler"
local store = require "host.store"

local timetable = { Killed = { __name = "errand.killed" } }

timetable.START = 1780000000 // 86400 * 86400 + 1800 -- half past midnight
local Rig = {}
Rig.__index = Rig

local function clock_of(rig)
  return { wall = function() return rig.at end, mono = function() return rig.ticks end, boot_id = function() return rig.boot end }
end

--- A machine whose clock shows `start`.
function timetable.new(start)
  local rig = setmetatable({ at = start, ticks = 1000, boot = "boot-1", boot_at = start, lines = {}, sent = {}, processes = {},
    jobs = {}, stopped = {}, options = {} }, Rig)
  rig.store = assert(store.open())
  rig.clock = clock_of(rig)
  rig.book = book.open(rig.store, rig.clock.wall)
  rig.journal = journal.open(rig.store, rig.clock.wall)
  return rig
end

--- { name = { at =, ... } } or a list of { name, { ... } } as a set.
function timetable.set(given)
  local set = { file = "/etc/errand/schedule.lua", list = {}, by_name = {} }
  local names = {}
  for name in pairs(given) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do
    local fields = { run = "/srv/job.lua" }
    for key, value in pairs(given[name]) do fields[key] = value end
    local definition, problems = row.definition(name, fields, { dir = "/srv" })
    if not definition then error(problems[1].key .. " " .. problems[1].message, 2) end
    set.list[i], set.by_name[name] = definition, definition
  end
  return set
end

--- A schedule of each hour, with more.
function timetable.with(more)
  local out = { at = "0 * * * *" }
  for key, value in pairs(more) do out[key] = value end
  return out
end

--- A machine with these schedules, whose daemon was just started.
function timetable.fresh(schedules, behave, options)
  local rig = timetable.new(timetable.START)
  rig.behave, rig.options = behave, options or {}
  rig:start(timetable.set(schedules))
  return rig
end

--- Processes that end when they are told to.
function timetable.endless() return {} end

--- Processes that take so many seconds.
function timetable.lasting(seconds, more)
  return function()
    local out = { after = seconds, code = 0 }
    for key, value in pairs(more or {}) do out[key] = value end
    return out
  end
end

-- ---- processes ----

local function process_of(rig, id)
  for _, one in ipairs(rig.processes) do
    if one.job.slot.id == id and one.lives then return one end
  end
end

-- What a process does at once: it claims the slot, and creates its run or takes it.
local function begin(rig, one)
  local plan, job = one.plan, one.job
  if plan.never then return end
  if plan.no_claim then return end
  one.claimed = rig.book:claim(job.slot.id, job.attempt, 100 + #rig.processes, rig.boot)
  if not one.claimed then
    one.ends_at, one.plan = rig.at, { code = 6 }
    return
  end
  if plan.unborn then return end
  if plan.run then
    one.journal = journal.open(rig.store, rig.clock.wall)
    if job.how == "run" then
      assert(one.journal:create { id = job.run, workflow = job.slot.schedule, key = plan.key or job.run, input = "{}", seed = 1,
        deadline = plan.deadline })
    else
      one.journal:own(job.run)
    end
    one.journal:state(job.run, "running")
  else
    rig.book:told(job.slot.id, { run = false })
  end
end

-- How it ends, without telling the daemon.
local function conclude(rig, one)
  local plan, job = one.plan, one.job
  one.lives = false
  if not one.claimed then return end
  if one.journal and plan.run and plan.run ~= "running" then
    local err = plan.kind and json.encode { kind = plan.kind, message = plan.message or plan.kind } or nil
    if plan.run == "waiting" and not rig.journal:decision(job.run, "ask") then
      one.journal:approval(job.run, "ask", { ordinal = 1, ask = "somebody" })
    end
    one.journal:state(job.run, plan.run, err, nil, { wake_at = plan.wake })
  end
  if plan.code then rig.book:told(job.slot.id, { code = plan.code }) end
end

--- Ends the process of a slot now, as told or as planned.
function Rig:finish(id, how)
  local one = assert(process_of(self, id), "no process of that slot")
  for key, value in pairs(how or {}) do one.plan[key] = value end
  conclude(self, one)
  if self.S and one.daemon == self.S then
    local ended = { known = true, seconds = self.at - one.from, peak = 1000, output = 10, dropped = 0 }
    for _, name in ipairs { "code", "signal", "signal_name", "timed_out", "stopped" } do ended[name] = one.plan[name] end
    self.S:ended(one.job, ended)
  end
end

--- Kills it as SIGKILL does.
function Rig:kill(id)
  self:finish(id, { run = process_of(self, id).plan.run and "running" or nil, signal = 9, signal_name = "SIGKILL" })
end

local function launch(rig, job)
  if rig.no_room then error({ message = "no room for a process", retryable = rig.no_room == "soon" }, 0) end
  local plan = {}
  for key, value in pairs(rig.behave and rig:behave(job) or { after = 1, code = 0 }) do plan[key] = value end
  local one = { job = job, plan = plan, lives = true, from = rig.at, daemon = rig.S }
  one.ends_at = plan.after and rig.at + plan.after
  rig.processes[#rig.processes + 1], rig.jobs[#rig.jobs + 1] = one, job
  begin(rig, one)
end

-- ---- the daemon ----

--- Starts a daemon on the book, as a new process would.
function Rig:start(set, hook)
  self.book = book.open(self.store, self.clock.wall)
  self.journal = journal.open(self.store, self.clock.wall)
  self.book.hook = hook
  local daemon_book = self.book
  -- children have a book of their own
  self.book = book.open(self.store, self.clock.wall)
  local options = { book = daemon_book, journal = self.journal, clock = self.clock,
    launch = function(job) launch(self, job) end,
    busy = function(id) return process_of(self, id) and 1 or nil end,
    run_busy = function(id) return self.by_hand == id and 2 or nil end,
    stop = function(id) self.stopped[#self.stopped + 1] = id end,
    log = function(level, text, fields) self.lines[#self.lines + 1] = { level = level, text = text, fields = fields } end,
    messages = function(event, definition)
      self.sent[#self.sent + 1] = event
      event.to = definition and definition.name
      return { { channel = "test", body = "{}" } }
    end,
    broadcast = function(event)
      self.sent[#self.sent + 1] = event
      return {}
    end,
    synchronised = function() return self.synchronised end,
    host = { boot_at = function() return self.boot_at end } }
  for key, value in pairs(self.options) do options[key] = value end
  self.S = scheduler.new(options)
  self.S:load(set)
  self.S:recover()
  self.set = set
  return self.S
end

--- The daemon is gone; its processes are nobody's.
function Rig:die()
  self.S = nil
end

--- No daemon for so many seconds.
function Rig:off(seconds)
  self:die()
  self.at, self.ticks = self.at + seconds, self.ticks + seconds
  return self
end

--- The machine starts anew.
function Rig:reset()
  self.processes = {}
  self.boot, self.boot_at = self.boot .. "'", self.at
  self.ticks = 10
end

--- Ticks until it has nothing to do at once; when it wants to be called again.
function Rig:tick()
  local at
  for _ = 1, 1000 do
    at = self.S:tick()
    if not at or at > self.at then return at end
  end
  error("the scheduler does not come to rest")
end

local function next_end(rig)
  local first
  for _, one in ipairs(rig.processes) do
    if one.lives and one.ends_at and (not first or one.ends_at < first.ends_at) then first = one end
  end
  return first
end

local function tidy(rig)
  for i = #rig.processes, 1, -1 do
    if not rig.processes[i].lives then table.remove(rig.processes, i) end
  end
end

--- Lets time pass until then: processes end, the daemon ticks when it asked to.
function Rig:pass(upto)
  while true do
    local one = next_end(self)
    while one and one.ends_at <= self.at do
      self:finish(one.job.slot.id)
      one = next_end(self)
    end
    tidy(self)
    local at = self.S and self:tick() or upto
    one = next_end(self)
    if one then at = math.min(at, math.max(one.ends_at, self.at)) end
    if not (one and one.ends_at <= self.at) then
      if self.at >= upto then return end
      local to = math.min(at, upto)
      self.ticks, self.at = self.ticks + math.max(0, to - self.at), math.max(to, self.at)
    end
  end
end

--- Lets seconds pass.
function Rig:wait(seconds) self:pass(self.at + seconds) end

--- Sets the wall clock on or back.
function Rig:step(seconds, silent)
  self.at = self.at + seconds
  if self.S and not silent then self.S:clock_moved(seconds, 0) end
end

-- ---- what there is ----

--- Slots of a schedule, oldest first.
function Rig:slots(name)
  local list, out = self.book:slots { schedule = name }, {}
  for i = #list, 1, -1 do out[#out + 1] = list[i] end
  return out
end

--- "skipped:missed ended:done running" of a schedule.
function Rig:states(name)
  local out = {}
  for i, one in ipairs(self:slots(name)) do
    local what = one.outcome or one.state == "skipped" and one.reason
    out[i] = one.state .. (what and ":" .. what or "") .. (one.covers > 1 and "*" .. one.covers or "")
  end
  return table.concat(out, " ")
end

--- The notices of a type.
function Rig:notices(kind)
  local out = {}
  for _, event in ipairs(self.sent) do
    if event.type == kind and not event.more then out[#out + 1] = event end
  end
  return out
end

return timetable
