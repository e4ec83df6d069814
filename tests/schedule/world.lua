-- world.lua - a machine in virtual time: a store, a daemon that can be killed at any commit, children, people.
-- SPDX-License-Identifier: MIT

-- The scheduler is the real one, over a real store in a file. It reaches the
-- store through a gate that can be shut at any commit, before it or after it:
-- to the scheduler that is a death, for nothing it does later reaches anything.

local book_ = require "core.schedule.book"
local children = require "children"
local clockwork = require "clockwork"
local facts_ = require "facts"
local journal_ = require "core.run.journal"
local json = require "host.json"
local store_ = require "host.store"

local World = {}
World.__index = World

local DEATH <const> = { kind = "death" }
local SPINS <const> = 20000     -- ticks without time passing: it does not come to an end

local world = {}

-- ---- the store and its gates ----

local function full_error()
  return { kind = "file", message = "database or disk is full (made up)", reason = "full" }
end

-- The store as a life of the daemon has it.
local function gate(w, life)
  local g = {}
  local function pass()
    if life.dead then error(DEATH, 0) end
  end
  for _, name in ipairs { "rows", "execute", "last_id", "reserve", "release", "mark", "marked" } do
    g[name] = function(_, ...)
      pass()
      return w.store[name](w.store, ...)
    end
  end
  g.atomic = function(_, fn, ...)
    pass()
    life.commits, w.commits = life.commits + 1, w.commits + 1
    local dies = life.kill and life.kill.commit == life.commits and life.kill.when
    if w.kill_at and w.kill_at.commit == w.commits then dies = w.kill_at.when end
    local refused = w.full or life.refuse == life.commits
    local all = table.pack(w.store:atomic(function(...)
      local inner = table.pack(fn(...))
      if dies == "before" then
        life.dead = true
        error(DEATH, 0)
      end
      if refused then error(full_error(), 0) end
      return table.unpack(inner, 1, inner.n)
    end, ...))
    if dies == "after" then
      life.dead = true
      error(DEATH, 0)
    end
    return table.unpack(all, 1, all.n)
  end
  return g
end

-- The store as children and people have it; it outlives the daemon.
local function outside_gate(w)
  local g = {}
  for _, name in ipairs { "rows", "execute", "last_id", "reserve", "release", "mark", "marked" } do
    g[name] = function(_, ...) return w.store[name](w.store, ...) end
  end
  g.atomic = function(_, fn, ...)
    if not w.full then return w.store:atomic(fn, ...) end
    return w.store:atomic(function(...)
      fn(...)
      error(full_error(), 0)
    end, ...)
  end
  return g
end

--- options: path of the store, start (true time), R (as math.random), scheduler
-- (the module), boot_at.
function world.new(options)
  local w = setmetatable({ clock = clockwork.new(options.start), R = options.R, path = options.path, facts = facts_.new(),
    scheduler = options.scheduler or require "core.schedule.scheduler", processes = {}, slot_locks = {}, run_locks = {}, runs = {},
    programs = {}, last_pid = 1000, commits = 0, lives = 0, faults = {}, slow = 1, sync = true, trust = options.trust,
    seed = options.seed, notices = 0, make_program = options.program, jobs = options.jobs, log = options.log }, World)
  w.store = assert(store_.open(w.path))
  w.child_store = outside_gate(w)
  return w
end

--- Something that must not be.
function World:broken(text)
  if #self.faults < 20 then self.faults[#self.faults + 1] = ("t+%.1f: %s"):format(self.clock.t - self.clock.booted, text) end
end

function World:note(...)
  if self.log then self.log(("%s %s"):format(os.date("!%m-%d %H:%M:%S", math.floor(self.clock:wall())), string.format(...))) end
end

function World:program_of(slot)
  if not self.programs[slot.id] then self.programs[slot.id] = self.make_program(slot, self.final) end
  return self.programs[slot.id]
end

--- Is the clock known to be wrong?
function World:clock_is_wrong()
  return self.sync == false and not self.trust
end

-- ---- whether the daemon could have done its work ----

--- To be called when anything changes that this depends on.
function World:mark()
  local life = self.life
  local ok = life and life.ready and not life.dead and not self.full and not life.trouble and not self:clock_is_wrong()
    and not self.wrong_future and not self.settling or false
  self.facts:segment(self.clock.t, self.clock.off, ok)
end

-- ---- a life of the daemon ----

local function forget(life)
  life.dead = true
  if life.timer then life.timer.off = true end
end

-- fn in the daemon: true and what it gives; false where it died, or what it
-- did could not be written.
-- A refusal is an answer, too.
function World:enter(life, fn, ...)
  if life.dead then return false end
  local all = table.pack(pcall(fn, ...))
  if life.dead then
    self:died(life)
    return false
  end
  if all[1] then return table.unpack(all, 1, all.n) end
  local err = all[2]
  if type(err) == "table" and err.kind == "cancelled" then error(err, 0) end   -- Ctrl-C
  if type(err) == "table" and err.reason == "full" then return false, "full" end
  if type(err) == "table" and (err.kind == "conflict" or err.kind == "not_found") then return false, err.kind end
  self:broken("the scheduler raised: " .. tostring(type(err) == "table" and err.message or err))
  self:kill()
  return false
end

local function clock_of(w)
  return { wall = function() return w.clock:wall() end, mono = function() return w.clock:mono() end,
    boot_id = function() return w.clock:boot_id() end }
end

local function launch(w, life, job)
  if life.dead then error(DEATH, 0) end
  if w.no_process then error({ kind = "file", message = "cannot start a process (made up)", retryable = true }, 0) end
  w.facts:launched(job, w)
  local c = children.launch(w, job, function(how)
    w.clock:after(0, function()   -- by the loop, as everything
      if life.dead or w.life ~= life then return end
      w:note("ended slot %d code %s signal %s", job.slot.id, how.code, how.signal)
      if life.running[job.slot.id] and life.running[job.slot.id].over then life.running[job.slot.id] = nil end
      w:enter(life, life.S.ended, life.S, job, how)
      w:tick()
    end)
  end)
  w:note("launch slot %d %s %s attempt %d at %d", job.slot.id, job.slot.schedule, job.how, job.attempt, job.slot.at)
  c.daemon = life
  life.running[job.slot.id] = c
  life.launches = life.launches + 1
  if life.kill and life.kill.launch == life.launches then
    life.dead = true
    error(DEATH, 0)
  end
  return { pid = function() return c.pid end, ended = function() return nil end, stop = function(_, grace)
    children.term(w, c, grace or 10)
  end, signal = function() return true end, job = job }
end

local function stop(w, life, id, grace)
  if life.dead then error(DEATH, 0) end
  for _, c in ipairs(w:all_processes()) do
    if c.slot == id then
      c.stopped = true
      children.term(w, c, grace or 10)
    end
  end
end

function World:all_processes()
  local list = {}
  for _, c in pairs(self.processes) do list[#list + 1] = c end
  table.sort(list, function(a, b) return a.pid < b.pid end)
  return list
end

local function messages(w)
  return function(event, definition)
    w.notices = w.notices + 1
    w.facts.events[event.type] = (w.facts.events[event.type] or 0) + 1
    if event.type == "ended" or event.type == "started" then return nil end
    local body = json.encode { type = event.type, name = definition and definition.name, reasons = event.reasons }
    return { { channel = "command x", body = body, due = w.clock:wall() } }
  end
end

--- Starts the daemon. kill: { commit = n, when = "before" | "after" } or
-- { launch = n }, counted from now.
function World:start(kill)
  self.lives = self.lives + 1
  local life = { commits = 0, launches = 0, running = {}, kill = kill, refuse = self.refuse, spins = 0, quiet = 0 }
  self.refuse = nil
  self.life = life
  -- set while nothing was there to see it, and nobody knows whether it is right
  if self.wrong_future and self.sync == nil then self.wrong_future = "accepted" end
  local store = gate(self, life)
  local wall = function() return self.clock:wall() end
  self:note("daemon starts, kill %s", kill and ("%s %s"):format(kill.commit or kill.launch, kill.when or "launch") or "-")
  local ok, why = self:enter(life, function()
    life.book, life.journal = book_.open(store, wall), journal_.open(store, wall)
    life.S = self.scheduler.new { book = life.book, journal = life.journal, clock = clock_of(self),
      launch = function(job) return launch(self, life, job) end,
      run_busy = function(id) return self.run_locks[id] and self.run_locks[id].pid end,
      broadcast = messages(self),
      busy = function(id) return self.slot_locks[id] and self.slot_locks[id].pid end,
      stop = function(id, grace) return stop(self, life, id, grace) end,
      log = function(level, text, fields) self:logged(level, text, fields) end,
      messages = messages(self), jobs = self.jobs or 8, synchronised = function() return self.sync end, trust_clock = self.trust,
      host = { boot_at = math.floor(self.clock:boot_at()) } }
    self:before_load(life)
    life.S:load(self.set, "start")
    self.facts:loaded(self)
    life.S:recover()
    return true
  end)
  if not ok then
    if why == "full" then
      self:kill()
    end
    return false
  end
  life.ready = true
  self:mark()
  self:tick()
  return true
end

function World:logged(level, text, fields)
  if not self.log then return end
  local list = {}
  for k, v in pairs(fields or {}) do list[#list + 1] = ("%s=%s"):format(k, tostring(v)) end
  table.sort(list)
  self:note("  [%s] %s %s", level, text, table.concat(list, " "))
end

-- What the schedules were like before a load, whose commit may be the last.
function World:before_load()
  self.facts:loading(self)
end

-- The daemon is gone; its children are orphans.
function World:died(life)
  if self.life ~= life then return end
  self:note("daemon died after %d commits", life.commits)
  forget(life)
  self.life = nil
  self:mark()
  self.store:close()
  self.store = assert(store_.open(self.path))
  self.facts:loaded(self)
  for _, c in ipairs(self:all_processes()) do
    if c.daemon ~= life then goto continue end
    local how = self.R(3)   -- the third never heard of it, and goes on
    if how == 1 then children.kill(self, c) elseif how == 2 then children.term(self, c) end
    ::continue::
  end
  if self.on_death then self.on_death() end
end

--- SIGKILL.
function World:kill()
  local life = self.life
  if not life then return end
  life.dead = true
  self:died(life)
end

--- SIGTERM: it drains, and ends when its children have.
function World:drain(grace)
  local life = self.life
  if not life then return end
  self:enter(life, function() life.S:drain() end)
  if life.dead then return end
  life.draining, life.ready = true, false
  self:mark()
  local last = self.clock.t + grace
  for _, c in ipairs(self:all_processes()) do
    if c.daemon == life then
      c.stopped = true
      children.term(self, c, grace)
    end
  end
  local function look()
    if life.dead then return end
    local _, busy = self:enter(life, function() return life.S:busy() end)
    if life.dead then return end
    if busy ~= 0 and self.clock.t <= last + 5 then return self.clock:after(1, look) end
    self:kill()
  end
  look()
end

local QUIET <const> = 4     -- ticks after which nothing changed

-- A run that waits for somebody is looked at each few seconds; days of that
-- are cut short, but never beyond the next slot, nor the time that the store
-- waits for.
local function stretch(w, life, seconds)
  life.quiet = life.commits == life.seen_commits and life.quiet + 1 or 0
  life.seen_commits = life.commits
  if life.quiet < QUIET or seconds > 60 then return seconds end
  local most = next(w.facts.open) and 240 or 3600
  local now, longest = w.clock:wall(), math.min(most, seconds * 2 ^ (life.quiet - QUIET))
  local last = w.facts.persisted
  if last and last > now then longest = math.min(longest, last - now) end
  for _, entry in ipairs(life.S.entries) do
    if entry.next and entry.next > now then longest = math.min(longest, entry.next - now) end
  end
  return math.max(seconds, longest)
end

-- The next thing to do, as the scheduler says.
local function wait_until(w, life, at)
  if life.timer then life.timer.off = true end
  life.timer = nil
  if not at then return end
  local seconds = stretch(w, life, math.max(0, at - w.clock:wall()))
  life.spins = seconds < 0.001 and life.spins + 1 or 0
  if life.spins > SPINS then
    w:broken "it ticks and ticks"
    w:kill()
    return
  end
  life.timer = w.clock:after(seconds + w.R() * 0.01, function()
    if not life.dead then w:tick() end
  end)
end

--- One turn of the daemon's loop.
function World:tick()
  local life = self.life
  if not life or life.dead or not life.S then return end
  self.facts:before_tick(self)
  local ok, at = self:enter(life, life.S.tick, life.S)
  if life.dead then return end
  life.trouble = not ok
  self:mark()
  self.facts:after_tick(self)
  if not ok then
    wait_until(self, life, self.clock:wall() + 5)
  else
    wait_until(self, life, at)
  end
end

--- fn(S) as if somebody had asked the daemon, then a tick.
function World:ask(fn)
  local life = self.life
  if not life or not life.ready then return nil end
  local ok, result = self:enter(life, fn, life.S)
  self:tick()
  return ok and result
end

--- A new file.
function World:reload(set)
  self.set = set
  local life = self.life
  if not life or not life.ready then return end
  self:before_load()
  local ok = self:enter(life, function() life.S:load(set, "reload") end)
  if not life.dead then self.facts:loaded(self) end
  if not ok and not life.dead then self.clock:after(7, function() self:reload(self.set) end) end
  self:tick()
end

--- The clock is set; the daemon hears of it soon.
function World:step(seconds)
  self.clock.off = self.clock.off + seconds
  self.facts.steps[#self.facts.steps + 1] = { t = self.clock.t, by = seconds }
  self:mark()
  local life = self.life
  self.clock:after(self.R() * 0.02, function()
    if not life or life.dead then return end
    self:enter(life, function() life.S:clock_moved(seconds, 0) end)
    self:tick()
  end)
end

--- The clock is synchronised, or is not any more (nil: nobody knows). The
-- daemon looks at that each few seconds.
function World:set_sync(value)
  self.sync, self.settling = value, true
  self:mark()
  self.clock:after(self.R() * 5, function()
    self.settling = nil
    self:tick()
    self:mark()
  end)
end

--- The machine sleeps.
function World:suspend(seconds)
  self.facts:segment(self.clock.t, self.clock.off, false)
  self.clock:sleep(seconds)
  self:mark()
  local life = self.life
  if not life or life.dead then return end
  self:enter(life, function() life.S:clock_moved(0, seconds) end)
  self:tick()
end

--- Power off and on.
function World:reboot()
  self:kill()
  for _, c in ipairs(self:all_processes()) do children.kill(self, c) end
  self.clock:boot()
end

-- ---- people ----

local function act(w, run, what, path)
  local J = children.journal(w)
  local row = J and J:run(run.id)
  if not row or not journal_.LIVE[row.state] then return end
  if what == "approve" then
    J:decide(run.id, path, { approved = true, by = "somebody" })
    return
  end
  run.settled, run.mended = run.pos, run.pos
  if w.run_locks[run.id] or w.slot_locks[run.slot] then return end
  local how = w.R(4)
  if how == 1 and row.state == "held" then
    w:note("somebody abandons %s", run.id)
    J:own(run.id, "somebody")
    J:state(run.id, "abandoned", nil, nil, { actor = "somebody", reason = "no use" })
    w.facts:over(run.execution, w, "abandoned")
  elseif how == 2 and w.life and w.life.ready then
    w:note("somebody resumes %s at the page", run.id)
    w:ask(function(S) return S:resume_run(run.id, "somebody") end)
  else
    w:note("somebody resumes %s", run.id)
    children.by_hand(w, run)
  end
end

local needs_somebody = { held = true, in_doubt = true, diverged = true }

-- One that took too long is nobody's any more, whatever state that left it in.
local function stopped_by_limit(w, run)
  local row = w.store:rows("SELECT note FROM slot WHERE id = :id", { id = run.slot })[1]
  return row and (row.note or ""):find("time", 1, true) ~= nil
end

--- Somebody looks after each run that waits for somebody.
function World:look_after()
  local list = {}
  for _, run in pairs(self.runs) do list[#list + 1] = run end
  table.sort(list, function(a, b) return a.id < b.id end)
  for _, run in ipairs(list) do
    if not run.execution.to then
      local ok, J = pcall(children.journal, self)
      local row = ok and J and J:run(run.id)
      if row and (needs_somebody[row.state] or stopped_by_limit(self, run)) then pcall(act, self, run, "settle") end
    end
  end
end

local open_states = { held = true, in_doubt = true, diverged = true, waiting = true }

--- Somebody will do something about a run, and again if that did not help.
function World:person(run, what, path)
  local wait = self.final and 5 + self.R() * 20 or 30 + self.R() * self.R() * 9000
  self.clock:after(wait, function()
    local pos = run.pos
    local ok, err = pcall(act, self, run, what, path)
    if not ok and not (type(err) == "table" and err.reason == "full") then
      self:broken("somebody: " .. tostring(type(err) == "table" and err.message or err))
    end
    self.clock:after(self.final and 30 or 900, function()
      local J = children.journal(self)
      local row = J and J:run(run.id)
      if not row then return self:person(run, what, path) end
      if run.pos == pos and open_states[row.state] and not self.run_locks[run.id] then self:person(run, what, path) end
    end)
  end)
end

--- Until a true time.
function World:run_until(t)
  local clock = self.clock
  while #self.faults < 20 and clock:step(t) do end
  clock.t = math.max(clock.t, t)
end

--- Ends all; the store's file stays.
function World:close()
  self.on_death = nil
  local life = self.life
  if life then forget(life) end
  self.store:close()
end

return world
