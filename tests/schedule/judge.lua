-- judge.lua - whether what the store says at the end is what should be there.
-- SPDX-License-Identifier: MIT

-- Knows the slots by counting minutes (timing.lua) and what happened by what
-- the world saw (facts.lua). It does not compute what a scheduler would do, but
-- asks of every row whether it is right.

local timing = require "timing"

local judge = {}

local LATE <const> = 60

-- ---- one row a slot ----

-- What an epoch of a schedule must and may have: at -> "must" | "may", and the
-- slots in their order.
local function slots_of_epoch(w, name, epochs, i)
  local e, next_ = epochs[i], epochs[i + 1]
  local definition = w.definitions[e.digest .. name]   -- jitter is made of the name, too
  local jitter = definition.offset
  local must_until = next_ and (next_.gone and next_.wall or next_.since) or w.clock:wall()
  local may_until = math.max(must_until, next_ and e.over_max or w.facts.max_wall)
  if next_ and next_.gone then must_until = math.min(must_until, next_.earliest) end
  local list = timing.slots(definition.timing, e.since, e.since, may_until)
  for _, slot in ipairs(list) do
    slot.due, slot.epoch = slot.at + jitter, e
    slot.must = slot.due <= must_until - 1
  end
  return list
end

local function expected(w, name)
  local epochs, all, list = w.facts.epochs[name] or {}, {}, {}
  for i, e in ipairs(epochs) do
    if not e.gone and (e.since < math.floor(e.earliest) - 1 or e.since > e.wall + 1) then
      w:broken(("%s: counts from %d, but was seen at %.0f"):format(name, e.since, e.wall))
    end
    if not e.gone then
      for _, slot in ipairs(slots_of_epoch(w, name, epochs, i)) do
        local old = all[slot.at]
        if old then
          old.must = old.must or slot.must
        else
          all[slot.at] = slot
          list[#list + 1] = slot
        end
      end
    end
  end
  table.sort(list, function(a, b) return a.at < b.at end)
  for k, slot in ipairs(list) do slot.n = k end
  return all, list
end

local function check_shape(w, row, slot)
  local gap = (row.flags or ""):find "gap" ~= nil
  if gap ~= (slot.gap or false) and row.covers == 1 then
    w:broken(("slot %d of %s at %d: flags %s, but the minutes say %s"):format(row.id, row.schedule, row.at, row.flags, slot.gap))
  end
  if row.collapsed ~= slot.collapsed and row.covers == 1 then
    w:broken(("slot %d of %s at %d: collapsed %d, the minutes say %d"):format(row.id, row.schedule, row.at, row.collapsed,
      slot.collapsed))
  end
  if row.covers == 1 and row.due ~= slot.due then
    w:broken(("slot %d of %s at %d: due %d, expected %d"):format(row.id, row.schedule, row.at, row.due, slot.due))
  end
end

-- A slot that was run while the clock was ahead keeps its row when that is put back, and a row for many may pass over it.
local function ran_ahead(w, row)
  return row.state ~= "skipped" and w.facts:taken_back(w.facts.first[row.id].t, row.due)
end

-- Every slot in one row, no row without a slot.
local function check_rows(w, name, rows)
  local all, list = expected(w, name)
  for _, row in ipairs(rows) do
    local slot = all[row.at]
    if not slot then
      w:broken(("%s: row %d at %d (%s %s) is no slot of it"):format(name, row.id, row.at, row.state, row.reason or row.outcome
        or ""))
    else
      check_shape(w, row, slot)
      for k = slot.n, slot.n - row.covers + 1, -1 do
        local one = list[k]
        if not one then
          w:broken(("%s: row %d covers %d slots, and there are not so many"):format(name, row.id, row.covers))
          break
        end
        if one.row and not (one ~= slot and ran_ahead(w, one.row)) then
          w:broken(("%s: slot %d has two rows, %d and %d"):format(name, one.at, one.row.id, row.id))
        end
        one.row = row
      end
      row.slot = slot
    end
  end
  local missing = 0
  for _, slot in ipairs(list) do
    if slot.must and not slot.row then
      missing = missing + 1
      if missing <= 3 then w:broken(("%s: slot %d has no row (since %d)"):format(name, slot.at, slot.epoch.since)) end
    end
  end
  w.counted = (w.counted or 0) + #list
  return list
end

-- ---- why one was skipped ----

local reasons = {}

function reasons.missed(w, row, f)
  if f.state == "due" then   -- it waited, and the daemon was not there
    if row.ended - row.due <= LATE then return ("is missed, but only %.1f s late"):format(row.ended - row.due) end
    return nil
  end
  if row.made - row.due <= LATE and row.covers == 1 then return ("is missed, but only %.1f s late"):format(row.made - row.due) end
  local stopped, only = w.facts:stopped_since(row.schedule, f.t)
  if only and row.due > stopped - LATE + 1 then return "is missed, but the schedule was stopped by then" end
  for _, stop in ipairs(#w.facts.steps == 0 and row.covers == 1 and w.facts:stops(row.schedule, f.t) or {}) do
    if row.due > stop.from - LATE + 1 and row.due < stop.to - 1 then return "is missed, but the schedule was stopped at that time" end
  end
  local known = row.slot and row.slot.epoch.seen
  if row.covers == 1 and w.facts:was_well(row.due, row.due + LATE, known, f.t) then
    return "is missed, but the daemon was well when it was due"
  end
end

function reasons.window(w, row, f)
  local d = w.by_name[row.schedule]
  if w.other_window[d.name] then return nil end
  if f.state == "due" then
    if row.ended - row.due <= d.window - 1 then return "is within the window" end
    return nil
  end
  if d.catchup ~= "one" then return "is out of the window, which this schedule has none of" end
  if row.made - row.due <= d.window - 1 and row.made - row.at <= d.window - 1 then return "is within the window" end
end

-- It was so when the row was written, or when it was due: that may be looked at long after it was let go on.
local function state_reason(state)
  return function(w, row, f)
    local states = w.facts:state_between(row.schedule, f.before, w.facts.ended[row.id] or f.t)
    for _, stop in ipairs(state == "paused" and w.facts:stops(row.schedule, f.t) or {}) do
      states[state] = states[state] or row.due >= stop.from - LATE - 1 and row.due <= stop.to + 1
    end
    if not states[state] then return ("is skipped as %s, but the schedule was not"):format(state) end
  end
end

reasons.paused, reasons.held, reasons.gone = state_reason "paused", state_reason "held", state_reason "gone"

function reasons.disabled(w)
  if not w.was_disabled then return "is skipped as disabled, but the schedule was not" end
end

function reasons.edited(w, row)
  if w.facts.epochs[row.schedule] and #w.facts.epochs[row.schedule] < 2 then return "is skipped as edited, but nobody did" end
end

-- Another one of the schedule in the way at that time, which was not over for long.
local function in_the_way(w, row, f, rows)
  local t, found = w.facts.ended[row.id] or f.t, nil
  for _, other in ipairs(rows) do
    local g = w.facts.first[other.id]
    if other ~= row and g.t <= t and g.state ~= "skipped" and (w.facts.ended[other.id] or math.huge) >= f.t then
      found = other
      local e = w.facts.executions[other.id]
      if not e or not e.to or e.to >= f.t - 400 or not w.facts:was_well(f.wall - 400, f.wall) then return nil, other end
    end
  end
  if found then return ("is skipped for overlap, but run %d was over for long"):format(found.id) end
  return "is skipped for overlap, but nothing was in the way"
end

function reasons.overlap(w, row, f, rows)
  if w.by_name[row.schedule].overlap:find "queue" then return "is skipped for overlap, but it is to queue" end
  return in_the_way(w, row, f, rows)
end

function reasons.queue_full(w, row, f, rows)
  if not w.by_name[row.schedule].overlap:find "queue" then return "met a full queue, but there is no queue" end
  return in_the_way(w, row, f, rows)
end

-- ---- what was run, and what came of it ----

local plain_ok = {
  ["0"] = { done = true, timed_out = true }, signal = { killed = true, lost = true, timed_out = true, cancelled = true },
  ["143"] = { cancelled = true, timed_out = true, killed = true, lost = true, failed = true },
}

local function check_outcome(w, row)
  local e = w.facts.executions[row.id]
  local what = ("slot %d of %s at %d"):format(row.id, row.schedule, row.at)
  if not e then
    if not w.facts.launches[row.id] and row.outcome ~= "cancelled" or row.outcome == "done" then
      w:broken(("%s ended as %s, but nothing ran"):format(what, row.outcome))
    end
    w.unrun = (w.unrun or 0) + 1
    return
  end
  if not e.to then
    w:broken(("%s ended as %s, but its run is not over"):format(what, row.outcome))
    return
  end
  local fine
  if type(e.how) == "number" or e.how == "signal" then
    fine = plain_ok[tostring(e.how)] or { failed = true, timed_out = true }
    if e.how == "signal" and e.code == 0 then fine = { done = true, killed = true, timed_out = true } end
    if e.how == "signal" and e.code and e.code > 0 then fine = { failed = true, killed = true, timed_out = true, lost = true,
      cancelled = true } end
    if fine[row.outcome] then return end
    if row.outcome == "cancelled" and e.stopped then return end   -- it did not heed it
    if row.outcome == "lost" and not e.code then return end       -- the disk was full, so nobody knows
  elseif e.how == row.outcome or row.outcome == "timed_out" then
    return
  end
  w:broken(("%s has outcome %s, but it was %s (code %s)"):format(what, row.outcome, tostring(e.how), tostring(e.code)))
end

-- One that was stopped for a later slot: was there one that may do that?
local function check_cancelled(w, row, rows)
  local d = w.by_name[row.schedule]
  if row.note ~= "a later slot took its place" then return end
  local f = w.facts.first[row.id]
  for _, other in ipairs(rows) do
    local g = w.facts.first[other.id]
    local in_turn = d.catchup == "all" and other.catchup == 1
    if other ~= row and not in_turn and g.state == "due" and g.t >= f.t and g.t <= (w.facts.ended[row.id] or math.huge) then
      return
    end
  end
  w:broken(("slot %d of %s was stopped for a later one, and there was none that may ask for that"):format(row.id, row.schedule))
end

-- A future that was none must not leave slots skipped that are yet to come; but those of an older timing never come.
local function is_swallowed(w, row)
  if row.kind ~= "slot" or row.reason == "edited" or row.reason == "gone" then return false end
  return w.facts:taken_back(w.facts.first[row.id].t, row.due - 1)
end

local function check_one(w, row, rows)
  local f = w.facts.first[row.id]
  if row.state == "skipped" then
    if is_swallowed(w, row) then
      w:broken(("slot %d of %s at %d (%s) is skipped since the clock was ahead"):format(row.id, row.schedule, row.at, row.reason))
    end
    if w.facts.executions[row.id] then w:broken(("slot %d is skipped (%s), but ran"):format(row.id, row.reason)) end
    local check = reasons[row.reason]
    local wrong = not check and "has the unknown reason " .. tostring(row.reason) or check and check(w, row, f, rows)
    if wrong then w:broken(("slot %d of %s at %d (%s) %s"):format(row.id, row.schedule, row.at, row.reason, wrong)) end
  elseif row.state == "ended" then
    check_outcome(w, row)
    if row.outcome == "cancelled" then check_cancelled(w, row, rows) end
  elseif row.due <= w.done_by then
    w:broken(("slot %d of %s at %d is %s at the end (run %s)"):format(row.id, row.schedule, row.at, row.state,
      tostring(row.run)))
  end
end

-- ---- catching up ----

local passive = { paused = true, held = true, disabled = true, edited = true, gone = true }
local met = { overlap = true, queue_full = true }

local catchups = {}

function catchups.none(_, late)
  for _, row in ipairs(late) do
    if row.began then return ("row %d is %.0f s late and was run, but nothing is to be caught up"):format(row.id,
      row.made - row.due) end
  end
end

function catchups.one(w, late, d)
  local known = not w.other_window[d.name]
  for i, row in ipairs(late) do
    local last = i == #late
    if not last and row.began then
      return ("row %d is not the newest of %d that were missed, but it was run"):format(row.id, #late)
    end
    if last and not row.began and not met[row.reason] then
      local age = row.made - row.at
      if row.reason ~= "window" or known and age <= d.window - 1 then
        return ("row %d is the newest missed one, %.0f s old, and was not run (%s)"):format(row.id, age, row.reason)
      end
    end
    if last and row.began and known and row.made - row.due > d.window + 1 then
      return ("row %d was run though it is older than the window"):format(row.id)
    end
  end
end

-- Catch-ups that wait since an earlier evaluation take the room of later ones, and so do those that ran while the clock was ahead.
local function waiting_at(w, rows, n, t)
  local count = 0
  for _, row in ipairs(rows) do
    local f = w.facts.first[row.id]
    if row.catchup == 1 and f.n < n and ((w.facts.ended[row.id] or math.huge) >= t or ran_ahead(w, row)) then count = count + 1 end
  end
  return count
end

function catchups.all(w, late, d, rows)
  local ran, over = 0, false
  for _, row in ipairs(late) do
    if row.began then
      ran = ran + 1
      if over then return ("row %d is run, but older ones were skipped"):format(row.id) end
    elseif row.reason == "missed" then
      over = true
    end
  end
  if ran > d.catchup_max then return ("%d were caught up, at most %d may"):format(ran, d.catchup_max) end
  local f = w.facts.first[late[1].id]
  if over and not w.facts:state_between(d.name, f.t, f.t)["held"] then return "some were dropped, but the schedule was not held" end
  if over and ran + waiting_at(w, rows, f.n, f.t) < d.catchup_max then return ("only %d were caught up, others dropped"):format(ran) end
end

-- Skipped at once, for a reason that leaves nothing to be made up for: what was missed before somebody paused the schedule is
-- of that sort, too. A row that was to run is not, whatever came of it. What is left of a look at a future that was none shows
-- nothing.
local function is_passive(w, row)
  local f = w.facts.first[row.id]
  if w.facts:taken_back(f.t, row.made) then return true end
  if f.state ~= "skipped" then return false end
  local before = false
  for _, stop in ipairs(row.reason == "missed" and w.facts:stops(row.schedule, f.t) or {}) do
    before = before or row.due <= stop.from - LATE + 1
  end
  return passive[row.reason] or before
end

-- One evaluation writes so many rows at a look and goes on at the next: those looks count as one.
local FULL <const> = 900

local function joined(w, batches, order)
  table.sort(order)
  local out, last = {}, nil
  for _, n in ipairs(order) do
    local list = batches[n]
    local t = w.facts.first[list[1].id].t
    if last and last.size >= FULL and t - last.t < 1 then
      table.move(list, 1, #list, #last.rows + 1, last.rows)
    else
      last = { rows = list }
      out[#out + 1] = last.rows
    end
    last.size, last.t = #list, t
  end
  return out
end

-- Rows that were seen first at the same time belong to one evaluation.
local function check_catchup(w, name, rows)
  local batches, order = {}, {}
  for _, row in ipairs(rows) do
    if row.kind == "slot" and row.covers == 1 and row.made - row.due > LATE and not is_passive(w, row) then
      local n = w.facts.first[row.id].n
      if not batches[n] then
        batches[n] = {}
        order[#order + 1] = n
      end
      row.began = w.facts.first[row.id].state ~= "skipped"   -- it was to run, whatever came of that
      table.insert(batches[n], row)
    end
  end
  local d = w.by_name[name]
  for _, batch in ipairs(joined(w, batches, order)) do
    table.sort(batch, function(a, b) return a.at < b.at end)
    local wrong = catchups[d.catchup](w, batch, d, rows)
    if wrong then w:broken(("%s (catchup %s): %s"):format(name, d.catchup, wrong)) end
  end
end

-- ---- what is told ----

local TOLD = "SELECT schedule, reason, sum(covers) AS n, (SELECT coalesce(sum(body ->> ('$.reasons.' || reason)), 0) FROM outbox"
  .. " WHERE body ->> '$.type' = 'skipped' AND body ->> '$.name' = slot.schedule) AS told FROM slot WHERE state = 'skipped'"
  .. " AND reason IN ('missed', 'window', 'overlap', 'queue_full') GROUP BY schedule, reason"

-- Each slot that nobody decided to skip is told of, once. A look at a future that was none told of some that have no rows.
local function check_told(w)
  for _, one in ipairs(w.store:rows(TOLD)) do
    if one.told < one.n or one.told > one.n and #w.facts.backs == 0 then
      w:broken(("%s: %d skipped as %s, notices tell of %d"):format(one.schedule, one.n, one.reason, one.told))
    end
  end
end

-- ---- all of it ----

--- Looks at everything; what is wrong is in w.faults.
function judge.all(w)
  local by_name = {}
  for _, row in ipairs(w.store:rows "SELECT * FROM slot ORDER BY at, id") do
    by_name[row.schedule] = by_name[row.schedule] or {}
    table.insert(by_name[row.schedule], row)
  end
  for name in pairs(w.by_name) do
    local rows, slots = by_name[name] or {}, {}
    for _, row in ipairs(rows) do
      local f = w.facts.first[row.id]
      f.before = f.t - 1
      if row.kind == "slot" then slots[#slots + 1] = row end
    end
    check_rows(w, name, slots)
    for _, row in ipairs(rows) do check_one(w, row, rows) end
    check_catchup(w, name, rows)
  end
  check_told(w)
  local again = w.store:rows("SELECT schedule, made, count(*) AS n FROM outbox WHERE body ->> '$.type' = 'skipped'"
    .. " GROUP BY schedule, made HAVING count(*) > 1")[1]
  if again then w:broken(("%s: %d notices of one evaluation"):format(tostring(again.schedule), again.n)) end
  local good = w.store:rows("PRAGMA integrity_check")[1]
  if not good or good.integrity_check ~= "ok" then w:broken "the store is damaged" end
end

return judge
