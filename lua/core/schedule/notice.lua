-- core/schedule/notice.lua - which event tells whom, and in which words: outbox rows.
-- SPDX-License-Identifier: MIT
--
-- Pure: the same event, definition and instant give the same rows, with the
-- same ids. A row holds what is to be told and where; a secret only by name.
--
-- Events (type, and what else they have):
--   started  slot
--   ended    slot with its outcome; previous: outcome of the slot that ended before; waited: a "waiting" was told; error
--   waiting  slot; state of the run: held, in_doubt, stalled, diverged or waiting (for an answer); previous; error
--   skipped  count, reasons = { [reason] = count }, first, last (instants); previous; more: another one follows that counts these, too
--   held     why: the schedule starts nothing until it is resumed
--   clock    why: nothing starts until the clock can be believed

local json = require "host.json"
local sys = require "host.sys"
local target = require "core.schedule.target"

local M = {}

local DAY = 86400
local KEEP = { start = 600, success = 3600, fail = DAY } -- seconds: a late "all is well" would hide that nothing ran since
local CHANNELS = { "command", "mail", "webhook" }
local TEXT_MAX = 2000

-- ---- who wants to know ----

-- Somebody has decided these, or has heard of the one before.
local QUIET = { paused = true, disabled = true, edited = true, held = true }
local REPEATED = { overlap = true, queue_full = true }

local function skipped_class(event)
  local repeated
  for reason in pairs(event.reasons or {}) do
    if REPEATED[reason] then
      repeated = reason
    elseif not QUIET[reason] then
      return "bad"
    end
  end
  if not repeated then return "none" end
  return event.previous == "skipped:" .. repeated and "none" or "bad"
end

-- "ok", "bad", or "none": neither.
local function class_of(event)
  if event.type == "ended" then
    local outcome = event.slot.outcome
    if outcome == "done" then return "ok" end
    return outcome == "cancelled" and "none" or "bad"
  end
  if event.type == "skipped" then return skipped_class(event) end
  return event.type == "started" and "none" or "bad"
end

-- How it stood before; what nobody knows was well.
local function class_before(event)
  if event.waited then return "bad" end
  local previous = event.previous
  return (previous == nil or previous == "done" or previous == "cancelled") and "ok" or "bad"
end

local function wants(on, event)
  on = on or "failure"
  if on == "never" or event.type == "started" then return false end
  if on == "always" then return true end
  local class = class_of(event)
  if class == "none" then return false end
  if on == "change" then return class ~= class_before(event) end
  return class == "bad"
end

-- ---- words ----

local STATES = {
  held = "is held", in_doubt = "is in doubt", stalled = "is stalled", diverged = "has diverged", waiting = "waits for an answer",
}
local OUTCOMES = {
  done = "done", failed = "failed", timed_out = "took too long", killed = "was killed", lost = "was lost",
    cancelled = "was cancelled",
  abandoned = "was abandoned", undone = "was undone",
}
local REASONS = {
  missed = "missed", window = "too old to be made up for", overlap = "the one before still ran",
    queue_full = "the queue was full",
  paused = "paused", held = "held", disabled = "switched off", edited = "before the schedule was edited",
}

local function clean(text)
  local err = require "host.err"
  text = err.safe((err.redact(tostring(text)):gsub("%s+", " ")))
  return #text > TEXT_MAX and text:sub(1, utf8.offset(text, 0, TEXT_MAX) - 1) .. "..." or text
end

local function headline(event, name)
  if event.type == "ended" then return name .. " " .. (OUTCOMES[event.slot.outcome] or tostring(event.slot.outcome)) end
  if event.type == "waiting" then return name .. " " .. (STATES[event.state] or "is " .. tostring(event.state)) end
  if event.type == "held" then return name .. " starts nothing more" end
  if event.type == "clock" then return "nothing starts: the clock is not to be believed" end
  return ("%s did not run %s"):format(name, event.count == 1 and "once" or ("%d times"):format(event.count))
end

local function seconds_text(seconds)
  if seconds < 60 then return ("%.3g s"):format(seconds) end
  seconds = math.floor(seconds + 0.5)
  if seconds < 3600 then return ("%d min %d s"):format(seconds // 60, seconds % 60) end
  return ("%d h %d min"):format(seconds // 3600, seconds % 3600 // 60)
end

local function slot_lines(add, slot, err)
  if not slot then return end
  if slot.at then
    add("Slot", slot.local_time and ("%s (%s)"):format(slot.local_time, sys.utc(slot.at)) or sys.utc(slot.at))
  end
  add("Run", slot.run)
  if slot.signal then add("Signal", slot.signal) elseif slot.code then add("Exit code", tostring(slot.code)) end
  if slot.seconds then add("Took", seconds_text(slot.seconds)) end
  add("Reason", slot.reason)
  if slot.note ~= err then add("Note", slot.note) end
end

local function skipped_lines(add, event)
  local names = {}
  for reason in pairs(event.reasons or {}) do names[#names + 1] = reason end
  table.sort(names)
  for _, reason in ipairs(names) do
    local n = event.reasons[reason]
    add(n == 1 and "Once" or ("%d times"):format(n), REASONS[reason] or reason)
  end
  if event.first then add("First", sys.utc(event.first)) end
  if event.last and event.last ~= event.first then add("Last", sys.utc(event.last)) end
  add("Note", event.slot and event.slot.note)
end

-- What to type next.
local function advice(event, name)
  local run = event.slot and event.slot.run
  if event.type == "held" then return ('errand schedule resume "%s"'):format(name) end
  if event.type == "clock" then return "errand serve --accept-clock, where the clock is right" end
  if run and (event.type == "waiting" or event.slot.outcome ~= "done") then return "errand runs show " .. run end
  return ('errand schedule log "%s"'):format(name)
end

local function words(event, name)
  local lines = { headline(event, name == "" and "errand" or ('"%s"'):format(name)), "" }
  local function add(label, value)
    if value ~= nil and value ~= "" then lines[#lines + 1] = ("%s: %s"):format(label, clean(value)) end
  end
  if event.type == "skipped" then skipped_lines(add, event) else slot_lines(add, event.slot, event.error) end
  add("Why", event.why)
  add("Error", event.error)
  lines[#lines + 1] = ""
  lines[#lines + 1] = "See: " .. advice(event, name)
  return "errand: " .. headline(event, name == "" and "errand" or name), table.concat(lines, "\n") .. "\n"
end

-- ---- the row ----

-- An identifier of the form that ping services want, the same for the same parts.
local function uuid(...)
  local parts = table.pack(...)
  for i = 1, parts.n do parts[i] = tostring(parts[i]) end
  local hex = sys.sha256(table.concat(parts, "\0"))
  local variant = ("89ab"):byte(1 + tonumber(hex:sub(32, 32), 16) % 4)
  return ("%s-%s-8%s-%c%s-%s"):format(hex:sub(1, 8), hex:sub(9, 12), hex:sub(13, 15), variant, hex:sub(16, 18), hex:sub(19, 30))
end

local function slot_data(slot)
  if not slot then return nil end
  return { id = slot.id, at = slot.at and sys.utc(slot.at), local_time = slot.local_time, kind = slot.kind,
    outcome = slot.outcome,
    reason = slot.reason, note = slot.note and clean(slot.note), attempt = slot.attempt, code = slot.code, signal = slot.signal,
    seconds = slot.seconds, collapsed = slot.collapsed, covers = slot.covers }
end

-- What a webhook is told; "text" is what chat systems show.
local function data_of(event, name, now, subject)
  return { event = event.type, schedule = name ~= "" and name or nil, state = event.state, outcome = event.slot
    and event.slot.outcome,
    slot = slot_data(event.slot), run = event.slot and event.slot.run, error = event.error and clean(event.error),
    why = event.why and clean(event.why), count = event.count, reasons = event.reasons,
    first = event.first and sys.utc(event.first), last = event.last and sys.utc(event.last), at = sys.utc(now),
      subject = subject }
end

local function row_of(event, name, to, channel, now)
  local subject, text = words(event, name)
  local slot = event.slot or {}
  local id = uuid("notice", name, slot.at or event.last or "", slot.kind or "", event.type, event.state or slot.outcome or "",
    channel, now)
  local body = { id = id, to = to, subject = subject, text = text, data = data_of(event, name, now, subject) }
  return { channel = channel, body = assert(json.encode(body)), due = now, expires = now + DAY }
end

local function ping_kind(event)
  if event.type == "started" then return "start" end
  if event.type == "ended" then return event.slot.outcome == "done" and "success" or "fail" end
  return event.type == "waiting" and "fail" or nil
end

-- The id is that of the slot: start and end belong together by it.
local function ping_row(event, definition, now)
  local kind = ping_kind(event)
  if not definition.ping or not kind then return nil end
  local to, channel = target.of("ping", definition.ping)
  local body = { id = uuid("ping", definition.name, event.slot.at, event.slot.kind), to = to, ping = kind }
  return { channel = channel, body = assert(json.encode(body)), due = now, expires = now + KEEP[kind] }
end

-- Calls fn(kind, value, on) for each channel of a definition.
local function each_channel(definition, fn)
  local list = definition.notify or {}
  if #list == 0 then list = { list } end
  for _, entry in ipairs(list) do
    for _, kind in ipairs(CHANNELS) do
      if entry[kind] ~= nil then fn(kind, entry[kind], entry.on) end
    end
  end
end

--- The messages that an event of a schedule makes, as rows for the outbox.
-- @tparam table event see above
-- @tparam table definition of the schedule
-- @tparam number now seconds since 1970
-- @treturn table list of { channel =, body = JSON, due =, expires = }
function M.messages(event, definition, now)
  local rows, seen = { ping_row(event, definition, now) }, {}
  each_channel(definition, function(kind, value, on)
    if not wants(on, event) then return end
    local to, channel = target.of(kind, value)
    if seen[channel] then return end
    seen[channel] = true
    rows[#rows + 1] = row_of(event, definition.name, to, channel, now)
  end)
  return rows
end

--- The messages of an event that is about no schedule: each channel of all of
-- them is told once.
function M.broadcast(event, definitions, now)
  local rows, seen = {}, {}
  for _, definition in ipairs(definitions) do
    each_channel(definition, function(kind, value, on)
      if not wants(on, event) then return end
      local to, channel = target.of(kind, value)
      if seen[channel] then return end
      seen[channel] = true
      rows[#rows + 1] = row_of(event, "", to, channel, now)
    end)
  end
  return rows
end

return M
