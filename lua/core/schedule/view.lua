-- core/schedule/view.lua - schedules as people look at them.
-- SPDX-License-Identifier: MIT

local NEXT <const> = 5
local STRIP <const> = 30

-- The next slots of a schedule, if nothing stops it.
local function upcoming(entry, now)
  local out, after = {}, math.max(entry.from, math.floor(now) - entry.jitter)
  while entry.cron and #out < NEXT do
    local slot = entry.cron:next(after)
    if not slot then break end
    slot.due = slot.at + entry.jitter
    out[#out + 1], after = slot, slot.at
  end
  return out
end

-- The newest slot that a run has ended, also while the next one is under way.
local function newest_ended(S, name, recent)
  for _, one in ipairs(recent) do
    if one.outcome then return one end
  end
  return S.book:slots({ schedule = name, state = "ended", limit = 1 })[1]
end

-- One schedule: its state, what comes, what was.
local function schedule(S, entry, row)
  local recent = S.book:slots { schedule = entry.name, limit = STRIP }
  local strip = {}
  for i, one in ipairs(recent) do strip[#recent + 1 - i] = one end -- oldest first
  local state = row and row.state or "new"
  if not entry.definition.enabled then state = "disabled" end
  return { name = entry.name, definition = entry.definition, state = state, why = row and row.why, actor = row and row.actor,
    changed = row and row.changed, since = row and row.since, next = upcoming(entry, S.now), last = recent[1],
    ended = newest_ended(S, entry.name, recent), strip = strip }
end

--- { now, ready, draining, clock = { ok, why }, set = { file, loaded, error },
-- schedules = { ... } in the order of the file, children = jobs, open = rows
-- that are not over, counts = { due, started, running, children, orphans },
-- overdue = the oldest slot that should have been evaluated, or nil }
return function(S)
  S:moment()
  local rows, list, overdue = S.book:schedules(), {}, nil
  for i, entry in ipairs(S.entries) do
    list[i] = schedule(S, entry, rows[entry.name])
    if entry.next and entry.next < S.now and (not overdue or entry.next < overdue) then overdue = entry.next end
  end
  local counts = { due = 0, started = 0, running = 0, children = S.seats, orphans = S.orphans }
  local open = S.book:open()
  for _, row in ipairs(open) do counts[row.state] = counts[row.state] + 1 end
  local children = {}
  for _, job in pairs(S.children) do children[#children + 1] = job end
  table.sort(children, function(a, b) return a.slot.id < b.slot.id end)
  return { now = S.now, ready = S.ready or false, draining = S.draining or false,
    clock = { ok = S.trusted, why = S.why }, schedules = list, open = open, children = children, counts = counts,
    set = { file = (S.wanted or S.set).file, loaded = S.loaded_at, error = S.load_error, waits = S.wanted ~= nil },
    overdue = overdue }
end
