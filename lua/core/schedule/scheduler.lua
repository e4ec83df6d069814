-- core/schedule/scheduler.lua - which slot runs when: the rules, without processes, signals or waiting.
-- SPDX-License-Identifier: MIT

-- local S = require("core.schedule.scheduler").new{
--   book =, journal =,                  core.schedule.book, core.run.journal
--   clock =,                            wall(), mono(), boot_id()
--   launch = function(job),             starts a process; raises where it cannot, err.retryable where it may be possible later
--   busy = function(slot id),           pid or true: a process holds the lock of that slot
--   run_busy = function(run id),        the same of a run's lock; nil: nobody ever
--   stop = function(slot id, grace),    SIGTERM to its process
--   log = function(level, text, fields),
--   messages = function(event, definition), broadcast = function(event, definitions)    rows for the outbox; see notice.lua
--   jobs = 8, synchronised = function() -> bool|nil, trust_clock = bool, host = { boot_at = instant or function } }
--
-- job: { slot = row, definition, how = "run"|"resume", attempt, run = id, log = name of its log file }
--
-- S:load(set), S:recover(), then S:tick() whenever something happened and at the instant that the last tick gave. Everything
-- that counts is in the book; what S keeps beside it says when to look again. A method that writes may raise what the book
-- raises, and be called again.

local begin = require "core.schedule.begin"
local cron = require "host.cron"
local error_ = require "core.error"
local evaluate = require "core.schedule.evaluate"
local follow = require "core.schedule.follow"
local overlap = require "core.schedule.overlap"
local protect = require "core.run.protect"
local slots = require "core.schedule.slots"
local trust = require "core.schedule.trust"

local M = {}
local S = {}
S.__index = S

local LOOK <const> = 5         -- seconds between two looks at runs without a process of ours
local IDLE <const> = 60        -- the same, where there are none
local HOURLY <const> = 3600
local NAMES <const> = 10       -- of schedules, in a line of the log
local UNTRUSTED <const> = 60   -- seconds without a clock that nobody is told of: it is being set

local function nothing() end
local function none() return {} end
local function nobody() return nil end

--- A scheduler; see above.
function M.new(options)
  local self = setmetatable({ book = options.book, journal = options.journal, clock = options.clock, launch = options.launch,
    busy_slot = options.busy or nobody, run_busy = options.run_busy or nobody, stop = options.stop, log = options.log or nothing,
    messages = options.messages or none, broadcast = options.broadcast or none, jobs = options.jobs or 8,
    host = options.host or {}, set = { list = {}, by_name = {} }, entries = {}, children = {}, seats = 0, orphans = 0,
    items = {}, endings = {}, restored = {}, trusted = false, look_at = 0 }, S)
  self.trust = trust.new { clock = options.clock, synchronised = options.synchronised, trusted = options.trust_clock,
    last = options.book:last_wall() }
  self:moment()
  return self
end

-- ---- small things ----

-- Times of this call.
function S:moment()
  self.now, self.mono = self.clock:wall(), self.clock:mono()
end

--- What is kept in memory of a row that began.
function S:item(id)
  local item = self.items[id]
  if not item then
    item = {}
    self.items[id] = item
  end
  return item
end

--- One line of the log about a slot.
function S:say(level, text, row, fields)
  fields = fields or {}
  fields.schedule, fields.slot, fields.at = row.schedule, row.id, row.at
  self.log(level, text, fields)
end

--- The definition in force, or the one that the book kept.
function S:definition(name)
  local definition = self.set.by_name[name] or self.wanted and self.wanted.by_name[name] or self.restored[name]
  if definition then return definition end
  local row = self.book:schedule(name)
  self.restored[name] = require("core.schedule.row").try_restore(row and row.definition or "")
  return self.restored[name]
end

--- Rows for the outbox; a notice that cannot be made stops nothing.
function S:notices(event, definition)
  local ok, list = protect.call(self.messages, event, definition)
  if ok then return list or {} end
  self.log("error", "cannot make a notice", { schedule = definition and definition.name, error = tostring(list) })
  return {}
end

--- How the slot before ended.
function S:previous(name)
  local row = self.book:slots({ schedule = name, state = "ended", limit = 1 })[1]
  return row and row.outcome
end

--- Ends a slot, and tells of it.
-- @tparam ?table ended of its process
function S:finish(row, about, ended)
  ended = ended or {}
  local event = { type = "ended", previous = self:previous(row.schedule), error = about.note,
    waited = row.reason ~= nil or nil, slot = setmetatable({}, { __index = row }) }
  about.code, about.signal = about.code or ended.code, ended.signal_name
  about.seconds, about.peak, about.output, about.dropped = ended.seconds, ended.peak, ended.output, ended.dropped
  for _, of in ipairs { row, about } do
    for key, value in pairs(of) do event.slot[key] = value end
  end
  event.slot = setmetatable(event.slot, nil)
  event.slot.state = "ended"
  event.slot.run = row.run_state and row.run or nil -- an id that was reserved is no run
  if self.book:finish(row.id, about, self:notices(event, self:definition(row.schedule))) then
    self:say(about.outcome == "done" and "info" or "warning", "slot " .. about.outcome:gsub("_", " "), row,
      { run = event.slot.run, code = about.code, signal = about.signal, seconds = about.seconds, why = about.note })
  end
  self.items[row.id] = nil
  self.look_at = 0
end

-- ---- the set of schedules ----

-- Up to where a schedule was evaluated.
local function evaluated(row)
  return math.max(row.since, row.last_slot or row.since)
end

-- Seconds from a slot to when it is due.
local function jitter_of(definition)
  return cron.jitter(definition.name, definition.jitter or 0)
end

local function entry_of(definition, row)
  local entry = { name = definition.name, definition = definition, row = row, jitter = jitter_of(definition),
    cron = not definition.boot and definition.cron(row.since) or nil, from = evaluated(row) }
  entry.next = slots.next(entry.cron, entry.from, entry.jitter)
  return entry
end

-- What passed under the old timing of a schedule, in one row.
local function passed(self, row, definition)
  if row.state == "gone" or definition and definition.digest == row.digest then return nil end
  local old = self:old_definition(row)
  if not old or old.boot then return nil end
  return slots.covering(old.cron(row.since), evaluated(row), math.floor(self.now), jitter_of(old),
    definition and "edited" or "gone",
    definition and "the schedule was edited before this was evaluated" or "the schedule was taken out of the file")
end

--- The definition that a row of the book was made of.
function S:old_definition(row)
  local old, why = require("core.schedule.row").try_restore(row.definition)
  if old then return old end
  self.log("warning", "the book's definition cannot be read", { schedule = row.name, error = tostring(why) })
end

-- Some names of a list, for a line of the log; nil for none.
local function some(names)
  if not names or #names == 0 then return nil end
  local more = #names > NAMES and (" and %d more"):format(#names - NAMES) or ""
  return table.concat(names, ", ", 1, math.min(#names, NAMES)) .. more
end

-- The wanted set comes into force.
local function enter(self)
  local set, rows, list, left = self.wanted, self.book:schedules(), {}, {}
  for i, definition in ipairs(set.list) do
    local name, row = definition.name, rows[definition.name]
    left[name] = row and passed(self, row, definition)
    list[i] = { name = name, digest = definition.digest, definition = definition.json, rows = { left[name] } }
  end
  for name, row in pairs(rows) do
    if not set.by_name[name] then
      left[name] = passed(self, row, nil)
      if left[name] then self.book:fire(name, left[name].at, { left[name] }) end
    end
  end
  self:note_wall()
  local seen = self.book:enter(list, self.now, set.file)
  rows = self.book:schedules()
  self.entries, self.restored = {}, {}
  for i, definition in ipairs(set.list) do self.entries[i] = entry_of(definition, rows[definition.name]) end
  self.set, self.wanted, self.look_at, self.entered = set, nil, 0, true
  seen = seen or {}
  self.log("info", "schedules in force", { file = set.file, schedules = #set.list, new = some(seen.new),
    edited = some(seen.changed), back = some(seen.back), gone = some(seen.gone) })
  for name, row in pairs(left) do
    self.log("info", "slots skipped", { schedule = name, count = row.covers, at = row.at,
      why = ("%d %s"):format(row.covers, row.reason) })
  end
end

-- A set that the book refuses is not tried again; a full disk passes.
local function try_enter(self)
  local ok, err = protect.call(enter, self)
  if ok then return end
  if error_.is(err) and err.kind == "config" then self.wanted, self.load_error = nil, err.message end
  error(err, 0)
end

--- A new set of schedules, at the start or later. It is in force at once, or
-- as soon as the clock can be believed: `since` is a time of day.
function S:load(set)
  self:moment()
  self.wanted, self.loaded_at, self.load_error = set, self.now, nil -- also where the disk is full by now
  self:believe()
  if self.trusted and self.entered and self.ready and not self.draining then -- what is due this very second is due by the old one
    while evaluate.all(self) do self:moment() end
  end
  if self.trusted then try_enter(self) end
end

--- A new file could not be read: the set in force stays, and the view says so.
function S:refused(why)
  self.load_error = tostring(why)
end

-- ---- the clock ----

--- Writes the time of day down, now and then.
function S:note_wall(force)
  if self.book:wall(self.now, force) then self.trust.last = self.now end
end

-- Whether the clock can be believed, and tells once that it cannot.
function S:believe()
  local ok, why, code = self.trust:look()
  if ok and code == "back" then
    self.log("warning", "the clock was put back and is synchronised, so its time counts from now on", {})
    self.book:wall(self.now, true)
    self.trust.last = self.now
    for i, entry in ipairs(self.entries) do
      self.entries[i] = entry_of(entry.definition, self.book:schedule(entry.name) or entry.row)
    end
  end
  if ok ~= self.trusted or code ~= self.why_code then
    local first = ok and not self.untrusted
    local text = ok and "the clock can be believed" or "nothing begins: " .. why
    if not first then self.log(ok and "info" or "warning", text, {}) end
    self.untrusted = not ok and (self.untrusted or self.mono) or nil
    self.trusted, self.why_code, self.clock_told = ok, code, not ok and self.clock_told or nil
  end
  self.why = why
  if not ok and not self.clock_told and self.mono - self.untrusted >= UNTRUSTED then
    local set = self.wanted or self.set
    local done, list = protect.call(self.broadcast, { type = "clock", why = why }, set.list)
    if done and list and #list > 0 then self.book:post(list) end
    self.clock_told = true
  end
  return ok
end

--- The clock was set by so many seconds, or the machine slept so long.
function S:clock_moved(stepped, slept)
  self:moment()
  self.trust:moved(stepped, slept)
  self.look_at = 0
  self.log("warning", "the clock moved", { stepped = stepped, slept = slept })
end

-- ---- one turn ----

-- What became of processes that ended.
local function handle_endings(self)
  while self.endings[1] do
    local one = self.endings[1]
    follow.ended(self, one.job, one.ended)
    table.remove(self.endings, 1)
    self.look_at = 0
  end
end

-- Looks at all rows that are not over, and starts what may start.
local function look(self)
  self.look_at, self.looking = math.huge, true -- until it is through: what raises is looked at again
  local rows = self.book:open()
  local there, changed, orphans = {}, false, 0
  for _, row in ipairs(rows) do
    there[row.id] = true
    if row.state ~= "due" and not self.children[row.id] then
      changed = follow.look(self, row) or changed
      if self.items[row.id] and self.items[row.id].orphan then orphans = orphans + 1 end
    end
  end
  self.orphans = orphans
  for id in pairs(self.items) do
    if not there[id] then self.items[id] = nil end
  end
  if changed then rows = self.book:open() end
  if self.ready and self.entered then begin.due(self, rows) end
  self:look_again(rows)
  self.looking = false
end

--- When to look again, by the clock that only counts, and when the first one
-- that sleeps wakes up.
function S:look_again(rows)
  local at, wake = self.mono + IDLE, nil
  for _, row in ipairs(rows) do
    local item = self.items[row.id]
    if row.state ~= "due" and not self.children[row.id] then
      local when = item and item.at
      at = math.min(at, when and when > self.mono and when or self.mono + LOOK)
      -- one that should be awake has no seat, or no clock; it is looked at again as the others are
      if item and item.wake and item.wake > self.now and (not wake or item.wake < wake) then wake = item.wake end
    end
  end
  self.look_at, self.wake_at = math.min(self.look_at, at), wake
end

-- Once an hour: the time of day, and zones whose rules were replaced.
local function hourly(self)
  if self.mono < (self.hour_at or 0) then return end
  self.hour_at = self.mono + HOURLY
  if not self.trusted then return end
  self:note_wall()
  for i, entry in ipairs(self.entries) do
    if entry.cron and entry.cron:changed() then
      self.log("info", "the rules of its time zone were replaced", { schedule = entry.name })
      self.entries[i] = entry_of(entry.definition, self.book:schedule(entry.name) or entry.row)
    end
  end
end

-- The next instant at which something is to be done.
local function next_instant(self, more)
  if more then return self.now end
  local at = self.now + math.max(0, self.look_at - self.mono)
  if not self.trusted then return math.min(at, self.now + LOOK) end
  if self.wake_at then at = math.min(at, math.max(self.now, self.wake_at)) end
  if self.draining then return at end
  for _, entry in ipairs(self.entries) do
    if entry.next and entry.next < at then at = entry.next end
  end
  return at
end

--- Does all that is due. When to be called again, at the latest: an instant
-- of the wall clock, now if there is more to do at once.
function S:tick()
  self:moment()
  if not self.ready then return nil end
  self:believe()
  handle_endings(self)
  if self.trusted and self.wanted then try_enter(self) end
  local more = false
  if self.trusted and self.entered and not self.draining then
    evaluate.age(self)
    evaluate.boot(self)
    more = evaluate.all(self)
  end
  hourly(self)
  local asleep = self.look_at > self.mono and not (self.wake_at and self.trusted and self.wake_at <= self.now)
  if not asleep or self.looking or self.draining then look(self) end
  return next_instant(self, more)
end

--- Looks at what an earlier process left, before anything is started.
function S:recover()
  self:moment()
  self:believe()
  require("core.schedule.recover")(self, follow)
  self.ready = true
end

--- A process of ours has ended; ended as of host.proc. The next tick sees to
-- it.
function S:ended(job, ended)
  if self.children[job.slot.id] == job then
    self.children[job.slot.id], self.seats = nil, self.seats - 1
  end
  self.endings[#self.endings + 1] = { job = job, ended = ended }
end

--- Starts nothing more. Each tick looks at all rows now, so that the last one
-- leaves what it knows.
function S:drain()
  self.draining = true
end

--- How many processes of ours there are.
function S:busy()
  return self.seats
end

-- ---- what people do ----

local function known(self, name)
  local definition = self.set.by_name[name]
  if definition then return definition end
  error_.raise("not_found", ("there is no schedule '%s' in force; see errand schedule list"):format(tostring(name)))
end

--- Runs a schedule now: the row of the slot. Raises kind "conflict" where the
-- overlap rule forbids it.
function S:run_now(name, actor)
  self:moment()
  local definition = known(self, name)
  if self.draining then error_.raise("conflict", "the daemon is about to end and starts nothing more") end
  local ok, _, note, replaced = overlap.admit(definition, self.book:open(name))
  if not ok then error_.raise("conflict", ("schedule '%s' is not run: %s"):format(name, note)) end
  for _, other in ipairs(replaced or {}) do other.reason, other.note = "overlap", "a run by hand took its place" end
  local notices = replaced and replaced[1] and self:notices({ type = "skipped", count = #replaced,
    reasons = { overlap = #replaced }, first = replaced[1].at, last = replaced[#replaced].at, slot = replaced[#replaced],
    previous = self:previous(name) }, definition)
  local row = self.book:hand(name, actor, self.now, "hand", "due", { replaced = replaced, notices = notices })
  self.look_at = 0
  self:say("info", "run by hand", row, { actor = actor })
  return row
end

--- Stops a schedule until it is resumed: true | nil, its row.
function S:pause(name, actor, why)
  known(self, name)
  self.look_at = 0
  self.log("info", "schedule paused", { schedule = name, actor = actor, why = why })
  return self.book:pause(name, actor, why)
end

--- Lets a paused or held schedule go on: true | nil, its row.
function S:resume(name, actor)
  known(self, name)
  self:moment()
  for _, entry in ipairs(self.entries) do -- what passed until now passed while it was stopped
    if entry.name == name and self.trusted and self.ready and entry.next and entry.next <= self.now then
      repeat evaluate.one(self, entry) until not entry.next or entry.next > self.now
    end
  end
  self.look_at = 0
  self.log("info", "schedule resumed", { schedule = name, actor = actor })
  return self.book:resume(name, actor)
end

--- Goes on with the run of a slot, as errand runs resume would.
function S:resume_run(run, actor)
  local row = self.book:of_run(run)
  if not row or row.state ~= "running" and row.state ~= "started" then
    error_.raise("not_found", ("run %s is of no slot that is under way; see errand runs show %s"):format(run, run))
  end
  if self.children[row.id] or self.busy_slot(row.id) or self.run_busy(run) then
    error_.raise("conflict", ("run %s is under way"):format(run))
  end
  self:item(row.id).forced = true
  self.look_at = 0
  self:say("info", "resumed by hand", row, { run = run, actor = actor })
  return row
end

--- All of it as it is now, for page, metrics and lists.
function S:view()
  return require("core.schedule.view")(self)
end

return M
