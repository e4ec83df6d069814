-- facts.lua - what really happened, as the world saw it and not as the scheduler tells it.
-- SPDX-License-Identifier: MIT

local Facts = {}
Facts.__index = Facts

local facts = {}

function facts.new()
  return setmetatable({ executions = {}, live = {}, segments = {}, steps = {}, events = {}, first = {}, ended = {}, open = {},
    epochs = {}, states = {}, launches = {}, backs = {}, last_id = 0, observed = 0, max_wall = 0, claims = 0 }, Facts)
end

-- ---- when the daemon could work ----

--- From now on the wall clock is so far off and the daemon well, or not.
function Facts:segment(t, off, ok)
  if self.light then return end
  local last = self.segments[#self.segments]
  if last then
    if last.ok == ok and last.off == off then return end
    last.to = t
    if last.from == t then self.segments[#self.segments] = nil end
  end
  self.segments[#self.segments + 1] = { from = t, off = off, ok = ok }
end

--- Was there a time without interruption in which the wall clock went from a to
-- b and the daemon was well? Between two true times, if they are given.
function Facts:was_well(a, b, from, to)
  for _, s in ipairs(self.segments) do
    local last = math.min(s.to or math.huge, to or math.huge)
    if s.ok and math.max(s.from, from or s.from) + s.off <= a and last + s.off >= b then return true end
  end
  return false
end

-- ---- what the children did ----

--- A child got hold of its slot and begins with what it is for.
function Facts:executed(c, w)
  if self.executions[c.slot] then
    w:broken(("slot %d of %s was run twice"):format(c.slot, c.schedule))
  end
  local e = { slot = c.slot, schedule = c.schedule, from = w.clock.t, wall = w.clock:wall(), kind = c.kind }
  self.executions[c.slot] = e
  local live = self.live[c.schedule] or {}
  self.live[c.schedule] = live
  local n = 1
  for _ in pairs(live) do n = n + 1 end
  live[c.slot] = e
  local most = w.most[c.schedule] or 1
  if n > most then
    local others = {}
    for id in pairs(live) do others[#others + 1] = tostring(id) end
    w:broken(("%s runs %d times at once, at most %d may: slots %s"):format(c.schedule, n, most, table.concat(others, " ")))
  end
  return e
end

--- It is over: an exit code, "signal", or the state of a run.
function Facts:over(e, w, how)
  if e.to then return end
  e.to, e.how = w.clock.t, how
  self.live[e.schedule][e.slot] = nil
  if self.light then
    self.executions[e.slot], self.launches[e.slot], w.programs[e.slot] = nil, nil, nil
    self.runs = (self.runs or 0) + 1
  end
end

function Facts:claimed(_, _, _)
  self.claims = self.claims + 1
end

--- The scheduler starts a child.
function Facts:launched(job, w)
  local slot = job.slot
  self.launches[slot.id] = (self.launches[slot.id] or 0) + 1
  if job.how ~= "run" or slot.kind ~= "slot" or job.attempt > 1 then return end
  if w:clock_is_wrong() then w:broken(("slot %d fires while the clock is not synchronised"):format(slot.id)) end
  if w.wrong_future and w.wrong_future ~= "accepted" then w:broken(("slot %d fires in a wrong future"):format(slot.id)) end
  local wall = w.clock:wall()
  if self.persisted and not w.trust and wall < self.persisted - 1 then
    w:broken(("slot %d fires at %.0f, before the last known time %.0f"):format(slot.id, wall, self.persisted))
  end
  if wall < slot.due and #self.steps == 0 then
    w:broken(("slot %d fires %.1f s before it is due"):format(slot.id, slot.due - wall))
  end
end

-- ---- what is in the store ----

-- New rows and new states, seen at this instant.
local function observe(self, w)
  if self.light then return end
  local store, t = w.store, w.clock.t
  self.observed = self.observed + 1
  for _, row in ipairs(store:rows "SELECT name, digest, since, state FROM schedule") do
    local list = self.epochs[row.name] or {}
    self.epochs[row.name] = list
    local last = list[#list]
    if not last or last.since ~= row.since or last.digest ~= row.digest or last.gone ~= (row.state == "gone") then
      if last then last.over, last.over_max = last.over or t, self.max_wall end
      list[#list + 1] = { since = row.since, digest = row.digest, seen = t, wall = w.clock:wall(), gone = row.state == "gone",
        earliest = self.earliest or w.clock:wall() }
    end
    local states = self.states[row.name] or {}
    self.states[row.name] = states
    if not states[#states] or states[#states].state ~= row.state then
      states[#states + 1] = { t = t, state = row.state, wall = w.clock:wall() }
    end
  end
  local now = {}
  for _, row in ipairs(store:rows "SELECT id, schedule, state FROM slot WHERE state IN ('due', 'started', 'running')") do
    now[row.id] = row
  end
  for id in pairs(self.open) do
    if not now[id] then self.ended[id] = t end
  end
  self.open = now
  for _, row in ipairs(store:rows("SELECT id, schedule, state FROM slot WHERE id > :last ORDER BY id", { last = self.last_id })) do
    self.first[row.id] = { t = t, n = self.observed, state = row.state, wall = w.clock:wall() }
    if row.state == "ended" or row.state == "skipped" then self.ended[row.id] = t end
    self.last_id = row.id
  end
  self.earliest = nil
end

--- The states that a schedule had between two true times.
function Facts:state_between(name, from, to)
  local out, list = {}, self.states[name] or {}
  for i, one in ipairs(list) do
    local next_ = list[i + 1]
    if one.t <= to and (not next_ or next_.t >= from) then out[one.state] = true end
  end
  return out
end

--- When somebody had paused a schedule, by the wall clock, if it was so at a
-- true time; also when it had been held, by an earlier look than that one. And
-- whether it was nothing else at that time.
function Facts:stopped_since(name, t)
  local list = self.states[name] or {}
  for i, one in ipairs(list) do
    local next_ = list[i + 1]
    local stopped = one.state == "paused" and one.t <= t or one.state == "held" and one.t < t
    if stopped and (not next_ or next_.t >= t) then return one.wall, one.t < t and (not next_ or next_.t > t) end
  end
end

--- The times, until a true one, in which a schedule was paused or held: { t, from, to }, the last two by the wall clock.
function Facts:stops(name, until_)
  local out, last = {}, nil
  for _, one in ipairs(self.states[name] or {}) do
    if one.t > until_ then break end
    local stopped = one.state == "paused" or one.state == "held"
    if stopped and not last then
      last = { t = one.t, from = one.wall, to = math.huge }
      out[#out + 1] = last
    elseif not stopped and last then
      last.to, last = one.wall, nil
    end
  end
  return out
end

--- Was a row that was first seen at a true time of a later time of day than one that the clock was put back to afterwards?
function Facts:taken_back(t, wall)
  for _, back in ipairs(self.backs) do
    if t < back.t and wall > back.wall then return true end
  end
  return false
end

function Facts:loading(w)
  self.earliest = self.earliest or w.clock:wall()
end

function Facts:loaded(w) observe(self, w) end

function Facts:before_tick(w)
  local row = w.store:rows("SELECT v FROM meta WHERE k = 'last_wall'")[1]
  local was = self.persisted
  self.persisted = row and tonumber(row.v) or nil
  if was and self.persisted and self.persisted < was then self.backs[#self.backs + 1] = { t = w.clock.t, wall = self.persisted } end
  self.earliest = self.earliest or w.clock:wall()
  if not w:clock_is_wrong() and not (w.wrong_future and w.wrong_future ~= "accepted") then
    self.max_wall = math.max(self.max_wall, w.clock:wall())
  end
end

function Facts:after_tick(w) observe(self, w) end

return facts
