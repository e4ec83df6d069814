-- timing.lua - random timings of schedules, and their slots by a plain loop over the minutes.
-- SPDX-License-Identifier: MIT

-- Shares nothing with host/cron.c but the rules of the zones: a timing is made
-- as sets of minutes, hours and days, so it needs no parser; its text is what
-- errand is given.

local cron = require "host.cron"

local timing = {}

--- Zones and the instant of a change in each, around which the campaigns play.
timing.changes = {
  { "Europe/Berlin", 1774746000 }, { "Europe/Berlin", 1792890000 },
  { "Australia/Lord_Howe", 1791041400 }, { "Australia/Lord_Howe", 1775314800 },
  { "Africa/Casablanca", 1771120800 }, { "Africa/Casablanca", 1774144800 },
  { "Pacific/Apia", 1325239200 }, { "Africa/Cairo", 1776981600 },
  { "America/New_York", 1772953200 }, { "America/New_York", 1793512800 },
  { "Asia/Kathmandu", 1790000000 }, { "UTC", 1790000000 }, { "America/St_Johns", 1772947800 },
}

-- ---- making one ----

local function pick(R, list)
  return list[R(#list)]
end

local function subset(R, from, to, n)
  local set = {}
  for _ = 1, n do set[R(from, to)] = true end
  return set
end

local function every(from, to, step)
  local set = {}
  for v = from, to, step do set[v] = true end
  return set
end

-- "1,3-5" of a set
local function text_of(set)
  local list, out, i = {}, {}, 1
  for v in pairs(set) do list[#list + 1] = v end
  table.sort(list)
  while list[i] do
    local j = i
    while list[j + 1] == list[j] + 1 do j = j + 1 end
    out[#out + 1] = j - i > 1 and ("%d-%d"):format(list[i], list[j]) or tostring(list[i])
    i = j - i > 1 and j + 1 or i + 1
  end
  return table.concat(out, ",")
end

-- A field as a set and its text; nil for *
local function steps(R, from, to, list)
  local step = pick(R, list)
  return every(from, to, step), ("*/%d"):format(step)
end

local function days_of(R, out)
  local how = R(8)
  if how == 1 or how == 8 then out.weekdays = subset(R, 0, 6, R(2, 5)) end
  if how == 2 or how == 8 then out.days = subset(R, 1, 28, R(8, 14)) end
  if how == 8 and R(2) == 1 then out.day_rule = R(2) == 1 and "and" or "or" end
end

local function cron_of(R, out)
  local minute, hour
  local how = R(7)
  if how == 1 then                        -- each few minutes
    out.minutes, minute = steps(R, 0, 59, { 5, 10, 15, 20 })
  elseif how == 2 then                    -- each hour
    out.minutes = subset(R, 0, 59, R(1, 3))
  elseif how == 3 then                    -- each few hours
    out.minutes = subset(R, 0, 59, 1)
    out.hours, hour = steps(R, 0, 23, { 2, 3, 4, 6 })
  elseif how == 4 then                    -- a few minutes of the hours around a change
    out.minutes, minute = steps(R, 0, 59, { 10, 15, 30 })
    out.hours = subset(R, 0, 4, R(1, 3))
  else                                    -- times of the day
    out.minutes, out.hours = subset(R, 0, 59, 1), subset(R, 0, 23, R(1, 4))
    if how == 5 then out.hours[R(0, 3)] = true end
  end
  if how > 2 then days_of(R, out) end
  out.at = ("%s %s %s * %s"):format(minute or text_of(out.minutes), hour or out.hours and text_of(out.hours) or "*",
    out.days and text_of(out.days) or "*", out.weekdays and text_of(out.weekdays) or "*")
  if R(5) == 1 then out.dst = "skip" end
end

--- A random timing. R is as math.random. Members: at or every (seconds), tz,
-- dst, day_rule, and the sets.
function timing.random(R, zone)
  local out = { tz = zone }
  if R(4) == 1 then
    out.every = pick(R, { 300, 600, 1200, 3600, 5400, 21600 })
    return out
  end
  cron_of(R, out)
  return out
end

-- ---- its slots ----

local zones = {}
local function zone_of(name)
  zones[name] = zones[name] or assert(cron.zone(name))
  return zones[name]
end

-- Day number since 1970 as day of the month, month, year
local function civil(day)
  local z = day + 719468
  local era = z // 146097
  local doe = z - era * 146097
  local yoe = (doe - doe // 1460 + doe // 36524 - doe // 146096) // 365
  local doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
  local mp = (5 * doy + 2) // 153
  return doy - (153 * mp + 2) // 5 + 1, mp < 10 and mp + 3 or mp - 9, yoe + era * 400
end

local function day_fits(one, day)
  local date = civil(day)
  local dom = not one.days or one.days[date] or false
  local dow = not one.weekdays or one.weekdays[(day + 4) % 7] or false
  if one.days and one.weekdays and one.day_rule ~= "and" then return dom or dow end
  return dom and dow
end

-- Does a local minute (seconds as if it were UTC) fit?
local function fits(one, label)
  return one.minutes[label // 60 % 60] and (not one.hours or one.hours[label // 3600 % 24]) and day_fits(one, label // 86400)
    or false
end

local function every_slots(one, since, after, upto)
  local out, at = {}, since
  while at <= upto do
    if at > after and at > since then out[#out + 1] = { at = at, collapsed = 0 } end
    at = at + one.every
  end
  return out
end

local DAY <const> = 86400

-- The slots of one stretch without a change: labels as the offset has them;
-- those below `seen` were shown before.
local function stretch(one, from, to, offset, seen, out)
  for at = (from + 59) // 60 * 60, to - 1, 60 do
    local label = at + offset
    if fits(one, label) and (not one.hours or label >= seen) then
      local last = out[#out]
      if last and last.at == at then
        last.own = true
      else
        out[#out + 1] = { at = at, collapsed = 0, own = true }
      end
    end
  end
end

--- The slots with after < at <= upto: { at, collapsed, gap = bool }, oldest
-- first. A wall-clock time that a gap leaves out is made up for at its end, one
-- that comes twice counts the first time; where the hour is * each real minute
-- counts.
function timing.slots(one, since, after, upto)
  if one.every then return every_slots(one, since, after, upto) end
  local zone, out, all = zone_of(one.tz), {}, {}
  local at = (after // 60) * 60 - 2 * DAY
  local seen, offset = math.mininteger, nil
  while at <= upto do
    local span = zone:at(at)
    if offset and one.hours then
      local missing, n = span.offset - offset, 0
      for label = at + offset, at + offset + missing - 60, 60 do
        if label >= seen and fits(one, label) then n = n + 1 end
      end
      if n > 0 and one.dst ~= "skip" then all[#all + 1] = { at = at, collapsed = n, gap = true } end
    end
    local to = math.min(span.to or math.maxinteger, upto + 1)
    stretch(one, at, to, span.offset, seen, all)
    seen, offset, at = math.max(seen, to + span.offset), span.offset, to
  end
  for _, slot in ipairs(all) do
    if slot.at > after and slot.at <= upto then out[#out + 1] = slot end
  end
  return out
end

--- What errand is told of it.
function timing.text(one)
  if one.every then return ("@every %ds"):format(one.every) end
  return one.at
end

return timing
