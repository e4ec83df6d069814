-- core/schedule/forecast.lua - what is coming: next slots, and what clock changes do to them.
-- SPDX-License-Identifier: MIT

local cron_ = require "host.cron"
local sys = require "host.sys"

local forecast = {}

local DAY <const> = 86400
local YEAR <const> = 366 * DAY

--- forecast.utc(instant) -> "2026-11-23T05:15:00Z"
function forecast.utc(instant)
  return (sys.utc(math.floor(instant)):gsub("%.%d+Z$", "Z"))
end

--- forecast.jitter(definition) -> seconds between a slot and its start.
function forecast.jitter(definition)
  local most = definition.jitter or 0
  return most > 0 and cron_.jitter(definition.name, most) or 0
end

--- forecast.slots(definition, after, how) -> list of slots as host.cron gives
-- them, each with `due`. how: count (5), upto, since (what a period is
-- counted from; `after` if nobody has counted yet). A schedule that runs at
-- boot has none.
function forecast.slots(definition, after, how)
  local cron = definition.cron(how.since or after)
  local out, at, delay = {}, after, forecast.jitter(definition)
  while cron and #out < (how.count or 5) do
    local slot = cron:next(at)
    if not slot or how.upto and slot.at > how.upto then break end
    slot.due, at = slot.at + delay, slot.at
    out[#out + 1] = slot
  end
  return out
end

--- forecast.merge(entries, after, how) -> the slots of several schedules in
-- the order of time, each with its `definition`. entries: { definition, since }.
function forecast.merge(entries, after, how)
  local out = {}
  for place, entry in ipairs(entries) do
    for _, slot in ipairs(forecast.slots(entry.definition, after, { count = how.count, upto = how.upto, since = entry.since })) do
      slot.definition, slot.place = entry.definition, place
      out[#out + 1] = slot
    end
  end
  table.sort(out, function(a, b)
    if a.due ~= b.due then return a.due < b.due end
    return a.place < b.place
  end)
  return table.move(out, 1, math.min(#out, how.count), 1, {})
end

-- ---- clock changes ----

-- The changes of the zone's offset in (from, upto].
local function transitions(zone, from, upto)
  local out = {}
  local span = zone:at(from)
  while span.to and span.to <= upto do
    local next_span = zone:at(span.to)
    if next_span.offset ~= span.offset then
      out[#out + 1] = { at = span.to, by = next_span.offset - span.offset, before = span, after = next_span }
    end
    span = next_span
  end
  return out
end

-- Where a local day begins; its midnight may not exist.
local function beginning(zone, date, near)
  local first = zone:instants(date .. " 00:00")[1]
  if first then return first end
  return zone:at(near).local_time:sub(1, 10) == date and near or nil
end

local function following(date)
  local year, month, day = date:match "(%d+)-(%d+)-(%d+)"
  return os.date("!%Y-%m-%d", os.time { year = year, month = month, day = day, hour = 12 } + DAY)
end

-- Days on which an expression for every hour comes more or less often than on others.
local function counted(definition, change, zone, out)
  local cron = definition.cron(0)
  local even = cron_.new(definition.at, { name = definition.name, days = definition.days })
  local utc = cron_.zone "UTC"
  local date, last = zone:at(change.at - 1).local_time:sub(1, 10), zone:at(change.at).local_time:sub(1, 10)
  while date <= last do
    local from, upto = beginning(zone, date, change.at), beginning(zone, following(date), change.at)
    local label = utc:instants(date .. " 00:00")[1]
    if upto then -- a day that has no beginning does not exist
      local runs, usual = from and cron:count(from - 1, upto - 1) or 0, even:count(label - 1, label + DAY - 1)
      if runs ~= usual then
        out[#out + 1] = { kind = "count", date = date, runs = runs, usual = usual, by = change.by, at = change.at }
      end
    end
    date = following(date)
  end
end

-- Local times that do not exist, or come twice, and what is made of them.
local function touched(definition, change, from, out)
  local after, upto = math.max(change.at - DAY - 1, from), change.at + DAY
  local cron = definition.cron(0)
  local skipped = definition.dst == "skip"
  if skipped then cron = cron_.new(definition.at, { name = definition.name, tz = definition.tz, days = definition.days }) end
  local list = cron:slots(after, upto, 10000)
  local first, last, n
  for _, slot in ipairs(list) do
    if slot.gap then
      out[#out + 1] = { kind = skipped and "skipped" or "gap", at = slot.at, local_time = slot.local_time,
        abbreviation = slot.abbreviation, missed = slot.missed, collapsed = slot.collapsed, by = change.by, own = slot.own }
    elseif slot.overlap then
      first, last, n = first or slot, slot, (n or 0) + 1
    end
  end
  if first then
    out[#out + 1] = { kind = "overlap", at = first.at, local_time = first.local_time, abbreviation = first.abbreviation,
      count = n, upto = n > 1 and last.at or nil, upto_local = n > 1 and last.local_time or nil, by = change.by }
  end
end

--- forecast.changes(definition, from) -> what clock changes within a year do to
-- a schedule, in the order of time. by: seconds by which clocks go forward.
--   { kind = "gap", at, local_time, abbreviation, missed = local times that do not exist, collapsed = their number, own }
--   { kind = "skipped", ... }  the same with dst = "skip": these have no slot
--   { kind = "overlap", at, local_time, abbreviation, count, upto, upto_local }  come twice, run the first time
--   { kind = "count", date, runs, usual }  a day of another length, for expressions with every hour
-- Periods (every) and boot have none.
function forecast.changes(definition, from)
  local cron = definition.cron(0)
  local kind = cron and cron:kind()
  local out = {}
  if kind ~= "wall" and kind ~= "interval" then return out end
  local zone = cron_.zone(definition.tz)
  for _, change in ipairs(transitions(zone, from, from + YEAR)) do
    if kind == "wall" then touched(definition, change, from, out) else counted(definition, change, zone, out) end
  end
  return out
end

-- ---- in words ----

local function clock(local_time)
  return local_time:sub(12, local_time:sub(18) == "00" and 16 or 19)
end

-- Every five minutes of an hour are told one by one.
local TOLD <const> = 12

--- forecast.times(list, n) -> "02:00, 02:30 and 48 more": of n local times
-- those that the list has, in words.
function forecast.times(list, n)
  local out = {}
  for i = 1, math.min(#list, TOLD) do out[i] = clock(list[i]) end
  local text = table.concat(out, ", ")
  return n > #out and ("%s and %d more"):format(text, n - #out) or text
end

local words = {}

-- The day of what does not exist, which may be another than the slot's.
local function day(e)
  return (e.missed[1] or e.local_time):sub(1, 10)
end

function words.gap(e)
  local once = e.collapsed > 1 and "; these " .. e.collapsed .. " are one run" or ""
  if e.own then once = e.collapsed > 1 and "; one run for all of them" or "; one run for both" end
  local at = day(e) == e.local_time:sub(1, 10) and clock(e.local_time) or e.local_time:sub(1, 16)
  return ("%s  %s %s not there (clocks go forward): runs once at %s %s%s"):format(day(e),
    forecast.times(e.missed, e.collapsed), e.collapsed == 1 and "is" or "are", at, e.abbreviation, once)
end

function words.skipped(e)
  return ("%s  %s %s not there (clocks go forward): does not run for %s (dst = \"skip\")"):format(day(e),
    forecast.times(e.missed, e.collapsed), e.collapsed == 1 and "is" or "are", e.collapsed == 1 and "it" or "them")
end

function words.overlap(e)
  local what = clock(e.local_time)
  if e.count > 1 then what = ("%s to %s (%d slots)"):format(what, clock(e.upto_local), e.count) end
  return ("%s  %s %s twice (clocks go back): runs the first time only, %s"):format(e.local_time:sub(1, 10), what,
    e.count > 1 and "come" or "comes", e.abbreviation)
end

function words.count(e)
  return ("%s  %d runs instead of %d (clocks go %s)"):format(e.date, e.runs, e.usual, e.by > 0 and "forward" or "back")
end

--- forecast.sentence(change) -> one line on what forecast.changes told.
function forecast.sentence(change)
  return words[change.kind](change)
end

return forecast
