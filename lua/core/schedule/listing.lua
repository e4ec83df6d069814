-- core/schedule/listing.lua - schedules as people are told of them: the file and the store side by side.
-- SPDX-License-Identifier: MIT

local forecast = require "core.schedule.forecast"
local json = require "host.json"
local row_ = require "core.schedule.row"

local listing = {}

-- So late a slot may be looked at before anybody is told.
local LATE <const> = 60

-- States of a run in which it waits for somebody or something.
local WAITING <const> = { held = "held", in_doubt = "in doubt", waiting = "waits for approval", sleeping = "sleeping",
  stalled = "stalled", diverged = "diverged" }

--- listing.entries(set, book) -> list of { name, definition, row, edited }: what
-- the file has in its order, then what only the store knows, by name. Either
-- may be nil. edited: the store has other times than the file.
function listing.entries(set, book)
  local rows, out, rest = book and book:schedules() or {}, {}, {}
  for _, definition in ipairs(set and set.list or {}) do
    local row = rows[definition.name]
    local known = row and row.state ~= "gone"
    out[#out + 1] = { name = definition.name, definition = definition, row = row,
      edited = known and row.digest ~= definition.digest or false, new = not known }
  end
  for name in pairs(rows) do
    if not (set and set.by_name[name]) then rest[#rest + 1] = name end
  end
  table.sort(rest)
  for _, name in ipairs(rest) do
    out[#out + 1] = { name = name, definition = row_.restore(rows[name].definition), row = rows[name], edited = false,
      new = false, removed = set ~= nil and rows[name].state ~= "gone" }
  end
  return out
end

--- listing.state(entry) -> "active", "paused", "held", "gone", "new" (the file
-- has it, and no daemon has read that yet) or "disabled".
function listing.state(entry)
  if (entry.new or entry.row.state == "active") and entry.definition.enabled == false then return "disabled" end
  if entry.new then return "new" end
  return entry.row.state
end

--- listing.since(entry, now) -> what its period is counted from.
function listing.since(entry, now)
  return not entry.new and not entry.edited and entry.row.since or now
end

-- Slots that have passed and left no trace.
local function overdue(entry, now)
  if entry.new or entry.edited or listing.state(entry) ~= "active" then return 0 end
  local cron = entry.definition.cron(entry.row.since)
  if not cron then return 0 end
  -- What passed before somebody let it go on passed while it was paused.
  local resumed = entry.row.actor and math.floor(entry.row.changed) or entry.row.since
  local after = math.max(entry.row.since, entry.row.last_slot or entry.row.since, resumed)
  local upto = math.floor(now - LATE - forecast.jitter(entry.definition))
  if upto <= after then return 0 end
  local n = cron:count(after, upto, 100000)
  return n, n > 0 and cron:next(after).at or nil
end

local function open_slots(book, name)
  local out = json.array {}
  for _, slot in ipairs(book and book:open(name) or {}) do
    out[#out + 1] = { slot = slot.id, at = forecast.utc(slot.at), state = slot.state, run = slot.run, run_state = slot.run_state }
  end
  return out
end

local function last_slot(book, name)
  for _, slot in ipairs(book and book:slots { schedule = name, limit = 50 } or {}) do
    if slot.state == "ended" or slot.state == "skipped" then
      return { slot = slot.id, at = forecast.utc(slot.at), kind = slot.kind, outcome = slot.outcome or "skipped",
        reason = slot.reason, note = slot.note, run = slot.run,
        ended = slot.ended and forecast.utc(slot.ended) or nil, ended_at = slot.ended }
    end
  end
end

--- listing.local_text(slot) -> "Mon 2026-11-23 06:15 CET"
function listing.local_text(slot)
  local text = slot.local_time
  local seconds = text:sub(18) ~= "00"
  return ("%s %s %s"):format(os.date("!%a", slot.at + slot.offset), text:sub(1, seconds and 19 or 16), slot.abbreviation)
end

--- listing.one(entry, book, now) -> what there is to tell of a schedule, as
-- -o json gives it.
function listing.one(entry, book, now)
  local definition, state = entry.definition, listing.state(entry)
  local out = { name = entry.name, state = state, why = entry.row and entry.row.why, actor = entry.row and entry.row.actor,
    when = row_.explain(definition), at = definition.at, every = definition.every, tz = definition.tz, run = definition.run,
    edited = entry.edited, removed = entry.removed or false, open = open_slots(book, entry.name),
    last = last_slot(book, entry.name), file = definition.file }
  if state == "active" or state == "new" then
    local slot = forecast.slots(definition, now, { count = 1, since = listing.since(entry, now) })[1]
    if slot then
      out.next_at, out.next_local, out.due = forecast.utc(slot.at), listing.local_text(slot), forecast.utc(slot.due)
      out.next_slot = slot
    end
  end
  local since
  out.overdue, since = overdue(entry, now)
  out.overdue_since = since and forecast.utc(since) or nil
  return out
end

-- ---- for people ----

local function ago(seconds)
  seconds = math.max(math.floor(seconds), 0)
  if seconds < 90 then return ("%d s ago"):format(seconds) end
  if seconds < 90 * 60 then return ("%d min ago"):format(seconds // 60) end
  if seconds < 48 * 3600 then return ("%d h ago"):format(seconds // 3600) end
  return ("%d days ago"):format(seconds // 86400)
end

--- listing.outcome(slot) -> "done", "skipped: overlap"
function listing.outcome(slot)
  local word = (slot.outcome or slot.state):gsub("_", " ")
  return word == "skipped" and slot.reason and "skipped: " .. slot.reason or word
end

-- What somebody must look at comes first.
local function state_text(one)
  local parts = { one.state }
  local waiting = 0
  for _, slot in ipairs(one.open) do
    if slot.state == "due" then
      waiting = waiting + 1
    else
      parts[#parts + 1] = WAITING[slot.run_state or ""] and WAITING[slot.run_state] .. " " .. (slot.run or "") or "running"
    end
  end
  if waiting > 0 then parts[#parts + 1] = ("%d waiting"):format(waiting) end
  if one.overdue > 0 then parts[#parts + 1] = ("%d overdue"):format(one.overdue) end
  if one.edited then parts[#parts + 1] = "edited" end
  if one.removed then parts[#parts + 1] = "not in the file" end
  if #parts > 1 and one.state == "active" then table.remove(parts, 1) end
  return table.concat(parts, ", ")
end

-- "Mon 06:15 CET", "12-24 06:15 CET", "2027-12-24": no longer than it must be.
local function next_text(one, now)
  local slot = one.next_slot
  if not slot then return one.at == "@boot" and (one.state == "active" or one.state == "new") and "next start" or "" end
  local ahead = slot.at - now
  if ahead > 300 * 86400 then return slot.local_time:sub(1, 10) end
  local day = ahead < 6 * 86400 and os.date("!%a", slot.at + slot.offset) or slot.local_time:sub(6, 10)
  local seconds = slot.local_time:sub(18) ~= "00"
  return ("%s %s %s"):format(day, slot.local_time:sub(12, seconds and 19 or 16), slot.abbreviation)
end

local function last_text(last, now)
  if not last then return "" end
  local text = listing.outcome(last)
  return last.outcome ~= "skipped" and last.ended_at and text .. " " .. ago(now - last.ended_at) or text
end

--- listing.line(one, now) -> a record for a table.
function listing.line(one, now)
  return { name = one.name, when = one.when, next = next_text(one, now), state = state_text(one),
    last = last_text(one.last, now) }
end

--- listing.data(one): without what is for this process only.
function listing.data(one)
  local out = {}
  for name, value in pairs(one) do out[name] = value end
  out.next_slot = nil
  if out.last then
    out.last = {}
    for name, value in pairs(one.last) do out.last[name] = value end
    out.last.ended_at = nil
  end
  return out
end

return listing
