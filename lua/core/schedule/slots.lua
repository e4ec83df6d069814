-- core/schedule/slots.lua - which slots of a schedule are due by now, which are skipped, and why.
-- SPDX-License-Identifier: MIT

-- Pure: an expression, two instants and the rules of the schedule give rows. Instants are whole seconds since 1970 in UTC; a
-- slot is due at its instant plus the jitter of its schedule, and missed when that is more than a minute ago.

local M = {}

M.LATE = 60 -- seconds: a slot that is due no longer than that is on time

local COUNT_MAX <const> = 1000000 -- slots that one evaluation looks at
local DAY <const> = 86400

local function flags_of(slot)
  if slot.gap then return slot.overlap and "gap,overlap" or "gap" end
  return slot.overlap and "overlap" or nil
end

--- The row of a slot of host.cron, due.
function M.row(slot, jitter)
  return { at = slot.at, kind = "slot", due = slot.at + jitter, local_time = slot.local_time, flags = flags_of(slot),
    collapsed = slot.collapsed or 0, times = slot.missed and table.concat(slot.missed, ","),
    covers = 1, catchup = 0, state = "due" }
end

local function skipped(slot, jitter, reason, covers)
  local row = M.row(slot, jitter)
  row.state, row.reason, row.covers = "skipped", reason, covers or 1
  return row
end

--- One row that stands for all slots later than `from` and not later than
-- `upto`, or nil if there are none.
function M.covering(cron, from, upto, jitter, reason, note)
  if not cron or upto <= from then return nil end
  local n, last = cron:count(from, upto, COUNT_MAX)
  local more = n == COUNT_MAX and last.at
  while more do -- years of a schedule by the minute
    local beyond, later = cron:count(more, upto, COUNT_MAX)
    n, last, more = n + beyond, later or last, beyond == COUNT_MAX and later.at
  end
  if n == 0 then return nil end
  local row = skipped(last, jitter, reason, n)
  row.note = note
  return row
end

--- When the first slot later than `from` is due, or nil.
function M.next(cron, from, jitter)
  local slot = cron and cron:next(from)
  return slot and slot.at + jitter
end

-- The rows of one evaluation, as far as they have room.
local Sheet = {}
Sheet.__index = Sheet

function Sheet:add(row)
  self.rows[#self.rows + 1] = row
  self.upto = row.at
  if row.state == "skipped" then
    self.reasons[row.reason] = (self.reasons[row.reason] or 0) + row.covers
    self.skipped = self.skipped + row.covers
    self.first = self.first or row.at
    self.last = row.at
  end
end

-- A row for each slot up to there; false where there is no room for all.
function Sheet:each(upto, make)
  if upto <= self.upto then return true end
  local list, more = self.cron:slots(self.upto, upto, self.limit - #self.rows)
  for _, slot in ipairs(list) do self:add(make(slot)) end
  if more then return false end
  self.upto = upto
  return true
end

function Sheet:skip(upto, reason)
  return self:each(upto, function(slot) return skipped(slot, self.jitter, reason) end)
end

-- What retention would not keep needs no row each.
function Sheet:cover(upto, n, g)
  local keep = g.keep or {}
  local old = math.floor(g.now - (keep.days or 90) * DAY)
  local count = keep.count or 10000
  if n > count then
    local _, last = self.cron:count(self.upto, upto, n - count)
    old = math.max(old, last.at)
  end
  old = math.min(old, upto)
  if old <= self.upto then return end
  local many, last = self.cron:count(self.upto, old, COUNT_MAX)
  if many > 0 then self:add(skipped(last, self.jitter, g.rest or g.stopped or "missed", many)) end
  self.upto = math.max(self.upto, old)
end

-- The oldest that are missed run one after the other.
function Sheet:catch_up_all(edge, n, g)
  local quota = math.max(0, math.min(n, g.catchup_max - (g.waiting or 0), self.limit - 1))
  local list = self.cron:slots(self.upto, edge, quota)
  for _, slot in ipairs(list) do
    local row = M.row(slot, self.jitter)
    row.catchup = 1
    self:add(row)
  end
  self.hold = n > #list
  if self.hold then self:cover(edge, n - #list, g) end
  return self:skip(edge, "missed")
end

-- The latest that is missed runs, unless that is too long ago.
function Sheet:catch_up_one(edge, n, newest, g)
  local candidate = g.now - (newest.at + self.jitter) < g.window and newest or nil
  local last = candidate and candidate.at - 1 or edge
  if n > (candidate and 1 or 0) then self:cover(last, candidate and n - 1 or n, g) end
  local old = math.floor(g.now - g.window) - self.jitter -- due that long ago or longer
  if not self:skip(math.min(old, last), "window") or not self:skip(last, "missed") then return false end
  if not candidate then return true end
  if #self.rows >= self.limit then return false end
  local row = M.row(candidate, self.jitter)
  row.catchup = 1
  self:add(row)
  self.upto = edge
  return true
end

function Sheet:missed(edge, g)
  if edge <= self.upto then return true end
  local n, newest = self.cron:count(self.upto, edge, COUNT_MAX)
  if n == 0 then
    self.upto = edge
    return true
  end
  local why = g.rest or g.stopped
  if n == COUNT_MAX then -- the rest next time
    self:add(skipped(newest, self.jitter, why or "missed", n))
    return false
  end
  if not why and g.catchup == "all" then return self:catch_up_all(edge, n, g) end
  if not why and g.catchup == "one" then return self:catch_up_one(edge, n, newest, g) end
  self:cover(edge, n, g)
  return self:skip(edge, why or "missed")
end

--- What becomes of the slots later than `from` that are due by `now`. given:
-- cron (host.cron), from, now, jitter, catchup ("one", "none", "all"),
-- catchup_max, waiting (catch-ups that wait from before), window (seconds),
-- keep { days, count }, stopped (a reason why none may run, or nil), rest (the
-- same for those that are missed), limit (rows; 1000).
-- Gives { rows by instant, upto (evaluated up to there), more (there is more:
-- evaluate again), hold (the schedule is to be held), skipped, reasons, first,
-- last }; overlap is not looked at.
function M.plan(given)
  local jitter = given.jitter or 0
  local upto = math.floor(given.now) - jitter
  local sheet = setmetatable({ cron = given.cron, jitter = jitter, limit = given.limit or 1000, rows = {}, upto = given.from,
    reasons = {}, skipped = 0 }, Sheet)
  local edge = math.ceil(given.now - M.LATE) - 1 - jitter -- the newest that could be missed
  local whole = sheet:missed(edge, given)
  if whole then
    whole = sheet:each(upto, function(slot)
      if given.stopped then return skipped(slot, jitter, given.stopped) end
      return M.row(slot, jitter)
    end)
  end
  return { rows = sheet.rows, upto = sheet.upto, more = not whole, hold = sheet.hold or false, skipped = sheet.skipped,
    reasons = sheet.reasons, first = sheet.first, last = sheet.last }
end

return M
