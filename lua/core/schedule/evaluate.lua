-- core/schedule/evaluate.lua - slots that are due by now get their rows.
-- SPDX-License-Identifier: MIT

-- Functions of core.schedule.scheduler, whose state they take; nothing else calls them. One evaluation of one schedule is one
-- transaction: its rows, how far it is evaluated, the notice about what was skipped.

local overlap = require "core.schedule.overlap"
local slots = require "core.schedule.slots"

local M = {}

local AT_ONCE <const> = 1000   -- rows that one tick writes
local TOGETHER <const> = 60    -- seconds that a notice waits for one that takes its place
local BOOT_LATE <const> = 600  -- seconds after the boot within which a new schedule still is of that boot

local function stopped(entry)
  if not entry.definition.enabled then return "disabled" end
  local state = entry.row.state
  return state ~= "active" and state or nil
end

-- Overlap decides about those that could run. What they take the place of is skipped in the transaction that writes them:
-- were it one of its own, a death between the two would skip a slot for one that is not there, and tell nobody.
local function admit(entry, plan, open)
  local late, why = overlap.give_way(entry.definition, plan.rows)
  if late then
    late.state, late.reason, late.note = "skipped", "overlap", why
    plan.reasons.overlap, plan.skipped, plan.last = 1, plan.skipped + 1, late.at
    plan.first = plan.first or late.at
  end
  for _, row in ipairs(plan.rows) do
    if row.state == "due" then
      local ok, reason, note, replaced = overlap.admit(entry.definition, open, row)
      for _, other in ipairs(replaced or {}) do
        other.state, other.reason, other.note = "skipped", "overlap", "a later slot took its place"
        if other.id then
          plan.replaced = plan.replaced or {}
          table.insert(plan.replaced, other)
        end
        plan.reasons.overlap, plan.skipped = (plan.reasons.overlap or 0) + 1, plan.skipped + 1
        plan.first, plan.last = plan.first or other.at, math.max(plan.last or other.at, other.at)
        for i, one in ipairs(open) do
          if one == other then table.remove(open, i) break end
        end
      end
      if ok then
        open[#open + 1] = row
      else
        row.state, row.reason, row.note = "skipped", reason, note
        plan.reasons[reason], plan.skipped = (plan.reasons[reason] or 0) + 1, plan.skipped + 1
        plan.first, plan.last = plan.first or row.at, row.at
      end
    end
  end
end

-- ---- those that waited while no daemon was there ----

-- Whether such a row, that nothing began, is too old by now.
local function too_late(self, row, definition, is_busy)
  if row.kind ~= "slot" or overlap.in_turn(definition, row) then return nil end
  local late = self.now - row.due
  if late <= slots.LATE then return nil end
  if definition.catchup ~= "all" and late >= definition.window then return "window" end
  local queues = definition.overlap ~= "skip" and definition.overlap ~= "allow"
  if definition.catchup == "none" and not (queues and is_busy) then return "missed" end
  return nil
end

-- The notice of what was skipped, in the transaction that skips it. Where more is about to follow it waits for a while, so that
-- one which counts all can take its place; if this process dies before that, it is told.
local function tell(self, entry, sum, more)
  local event = { type = "skipped", count = sum.count, reasons = {}, first = sum.first, last = sum.last, slot = sum.slot,
    previous = sum.previous, more = more }
  for reason, n in pairs(sum.reasons) do event.reasons[reason] = n end
  local list = self:notices(event, entry.definition)
  list.instead_of = sum.ids
  for _, one in ipairs(more and list or {}) do one.due = self.now + TOGETHER end
  return list
end

local function drop(self, entry, list)
  local sum = { count = #list, reasons = {}, first = list[1].at, last = list[#list].at, slot = list[#list],
    previous = self:previous(entry.name), asked = true }
  for _, row in ipairs(list) do
    row.note = "it waited while nothing was there to run it"
    sum.reasons[row.reason] = (sum.reasons[row.reason] or 0) + 1
  end
  local follows = entry.next and entry.next <= self.now
  sum.ids = self.book:drop(entry.name, list, tell(self, entry, sum, follows))
  for _, row in ipairs(list) do self:say("warning", "slot skipped", row, { why = row.reason }) end
  if follows then entry.sum = sum end
end

--- Before the first evaluation: drops rows that were due and are too old now,
-- lest they be in the way of what is due now.
function M.age(self)
  if self.aged then return end
  local rows, busy, late = self.book:open(), {}, {}
  for _, row in ipairs(rows) do
    if row.state ~= "due" then busy[row.schedule] = true end
  end
  for _, row in ipairs(rows) do
    local definition = row.state == "due" and self.set.by_name[row.schedule]
    row.reason = definition and too_late(self, row, definition, busy[row.schedule])
    if row.reason then
      late[row.schedule] = late[row.schedule] or {}
      table.insert(late[row.schedule], row)
    end
  end
  for _, entry in ipairs(self.entries) do
    if late[entry.name] then drop(self, entry, late[entry.name]) end
  end
  self.aged = true
end

-- ---- one schedule ----

local LOUD <const> = { missed = true, window = true, overlap = true, queue_full = true }

-- One notice for all that one evaluation skipped, also where it took several ticks: with what it counts, for the next of them.
local function told(self, entry, plan)
  local sum = entry.sum
  if not sum or not self.book:untold(sum.ids) then sum = { count = 0, reasons = {}, ids = {} } end
  for reason, n in pairs(plan.reasons) do
    sum.reasons[reason], sum.count = (sum.reasons[reason] or 0) + n, sum.count + n
  end
  if sum.count == 0 then return {}, sum end
  sum.first, sum.last = sum.first or plan.first, plan.last or sum.last
  local replaced = plan.replaced or {}
  if not sum.asked then
    local before = self.book:slots({ schedule = entry.name, limit = #replaced + 1 })[#replaced + 1]
    sum.previous = before and (before.state == "skipped" and "skipped:" .. tostring(before.reason)) or self:previous(entry.name)
    sum.asked = true -- the next of these ticks would find the rows of this one
  end
  sum.slot = replaced[#replaced] or sum.slot
  for i = #plan.rows, 1, -1 do
    if plan.rows[i].state == "skipped" then
      sum.slot = setmetatable({ schedule = entry.name }, { __index = plan.rows[i] })
      break
    end
  end
  return tell(self, entry, sum, plan.more), sum
end

local function hold_text(definition)
  return ("more than %d slots were missed, and catchup = \"all\" makes up for no more; errand schedule resume %s goes on"):format(
    definition.catchup_max, definition.name)
end

-- The lines of the log about one evaluation.
local function log_fired(self, name, inserted, plan, why)
  self.look_at = 0
  if plan.skipped > 0 then
    local loud, reasons = false, {}
    for reason, n in pairs(plan.reasons) do
      loud = loud or LOUD[reason]
      reasons[#reasons + 1] = ("%d %s"):format(n, reason)
    end
    table.sort(reasons)
    local row = {}
    for _, one in ipairs(inserted) do
      if one.state == "skipped" then row = one end
    end
    local one = plan.skipped == 1 and row.reason and plan.rows[1] and row.note -- which names what is in the way
    self.log(loud and "warning" or "info", "slots skipped", { schedule = name, count = plan.skipped,
      why = one and row.reason .. ": " .. one or table.concat(reasons, ", "), slot = row.id, at = plan.last })
  end
  if why then self.log("warning", "schedule held", { schedule = name, why = why }) end
end

-- What passed while the schedule was stopped was stopped, whatever it is now, and what passed before that was missed, also
-- where no daemon was there to see it: until when, and the reason.
local function rested(self, entry)
  for _, stop in ipairs(self.book:pauses(entry.name)) do
    if math.max(stop.began, stop.ended or stop.began) <= self.now then -- or by a clock that was wrong
      local missed = math.ceil(stop.began - slots.LATE) - 1
      if entry.next <= missed then return missed, "missed" end
      if stop.ended and entry.next <= stop.ended then return stop.ended, "paused" end
    end
  end
end

--- Evaluates one schedule up to now; how many rows that wrote.
function M.one(self, entry)
  local definition, name = entry.definition, entry.name
  entry.row = self.book:schedule(name) or entry.row
  local until_, reason = rested(self, entry)
  local open, waiting = self.book:open(name), 0
  for _, row in ipairs(open) do waiting = waiting + (row.state == "due" and row.catchup or 0) end
  local plan = slots.plan { cron = entry.cron, from = entry.from, now = until_ or self.now, jitter = entry.jitter,
    catchup = definition.catchup, catchup_max = definition.catchup_max, waiting = waiting, window = definition.window,
    keep = definition.keep, stopped = reason or stopped(entry), rest = entry.rest, limit = AT_ONCE }
  admit(entry, plan, open)
  local list, sum = told(self, entry, plan)
  local tells = #list
  local why = plan.hold and hold_text(definition) or nil
  if why then
    for _, one in ipairs(self:notices({ type = "held", why = why }, definition)) do list[#list + 1] = one end
  end
  self:note_wall()
  local inserted, ids = self.book:fire(name, plan.upto, plan.rows, list, why, plan.replaced)
  sum.ids = table.move(ids, 1, tells, 1, {})
  entry.from, entry.sum, entry.rest = plan.upto, plan.more and sum or nil, plan.more and (plan.hold and "missed" or entry.rest) or nil
  entry.next = plan.more and entry.next or slots.next(entry.cron, plan.upto, entry.jitter)
  log_fired(self, name, inserted, plan, why)
  return #plan.rows
end

--- Evaluates what is due, as far as one tick may; true if there is more.
function M.all(self)
  local rows = 0
  for _, entry in ipairs(self.entries) do
    if entry.next and entry.next <= self.now then
      if rows >= AT_ONCE then return true end
      rows = rows + math.max(1, M.one(self, entry))
      if entry.next and entry.next <= self.now then return true end
    end
  end
  return false
end

-- The slot of the boot, or nil if the boot had it.
local function boot_slot(self, entry, at)
  entry.row = self.book:schedule(entry.name) or entry.row
  local open = self.book:open(entry.name)
  local row = self.book:hand(entry.name, nil, at, "boot", "due", { boot = self.clock:boot_id() })
  if not row then return end
  self.look_at = 0
  local reason, note = stopped(entry), nil
  if not reason then
    local ok
    ok, reason, note = overlap.admit(entry.definition, open, row)
    if ok then return end
  end
  local list = self:notices({ type = "skipped", count = 1, reasons = { [reason] = 1 }, first = row.at, last = row.at, slot = row,
    previous = self:previous(entry.name) }, entry.definition)
  self.book:skip(row.id, reason, note, list)
  self:say("warning", "slot skipped", row, { why = reason })
end

--- Schedules of the boot, once.
function M.boot(self)
  self.booted = self.booted or {}
  for _, entry in ipairs(self.entries) do
    if entry.definition.boot and not self.booted[entry.name] then
      local at = self.host.boot_at
      if type(at) == "function" then at = at() end
      if at and entry.row.since - at <= BOOT_LATE then boot_slot(self, entry, at) end
      self.booted[entry.name] = true
    end
  end
end

return M
