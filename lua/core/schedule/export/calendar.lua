-- core/schedule/export/calendar.lua - a cron expression as calendar events of systemd.
-- SPDX-License-Identifier: MIT
--
-- In systemd weekday and date must both match, so that "either" becomes several
-- events. It knows days from the end of the month (~), from which L, LW, nW, #
-- and L of a weekday are made without loss.

local M = {}

local NAMES = { [0] = "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" }
local WORKING = { 1, 2, 3, 4, 5 }

local function two(list)
  local out = {}
  for i, value in ipairs(list) do out[i] = ("%02d"):format(value) end
  return table.concat(out, ",")
end

local function range(from, to)
  local out = {}
  for value = from, to do out[#out + 1] = value end
  return out
end

-- A condition: weekdays = list or nil, days = list or nil, or from_end = text.

-- The weekday nearest to a day, in months that have that day. nil: no events of
-- systemd's say that.
local function nearest(n, months)
  if n == 1 then
    return { { weekdays = WORKING, days = { 1 } }, { weekdays = { 1 }, days = { 2, 3 } } }
  elseif n <= 27 then
    return { { weekdays = WORKING, days = { n } }, { weekdays = { 5 }, days = { n - 1 } }, { weekdays = { 1 },
      days = { n + 1 } } }
  end
  -- Towards the end it depends on the length of the month.
  local length = { 31, nil, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }
  local out = {}
  for _, month in ipairs(months) do
    if not length[month] then return nil end -- February has two lengths
    if n <= length[month] then
      local list = { { weekdays = WORKING, days = { n } }, { weekdays = { 5 }, days = { n - 1 } },
        n < length[month] and { weekdays = { 1 }, days = { n + 1 } } or { weekdays = { 5 }, days = { n - 2 } } }
      for _, one in ipairs(list) do
        one.month = month
        out[#out + 1] = one
      end
    end
  end
  return out
end

local function day_conditions(e)
  local out = {}
  if #e.days > 0 then out[1] = { days = e.days } end
  if e.day_last then out[#out + 1] = { from_end = "01" } end
  if e.day_last_work then
    table.move({ { weekdays = WORKING, from_end = "01" }, { weekdays = { 5 }, from_end = "02" }, { weekdays = { 5 },
      from_end = "03" } },
      1, 3, #out + 1, out)
  end
  if e.day_nearest then
    local list = nearest(e.day_nearest, e.months or range(1, 12))
    if not list then
      local why = "the weekday nearest to day %d cannot be told in February, whose length differs; leave February out"
      return nil, why:format(e.day_nearest)
    end
    table.move(list, 1, #list, #out + 1, out)
  end
  return out
end

local function weekday_conditions(e)
  local out = {}
  if #e.weekdays > 0 then out[1] = { weekdays = e.weekdays } end
  for _, which in ipairs(e.nth) do
    out[#out + 1] = { weekdays = { which.day }, days = range(7 * which.n - 6, math.min(7 * which.n, 31)) }
  end
  for _, which in ipairs(e.last) do out[#out + 1] = { weekdays = { which.day }, from_end = "07/1" } end
  return out
end

local function common(a, b)
  if not a or not b then return a or b end
  local has, out = {}, {}
  for _, value in ipairs(a) do has[value] = true end
  for _, value in ipairs(b) do
    if has[value] then out[#out + 1] = value end
  end
  return out
end

-- Both conditions; nil where they never meet; false where systemd cannot say it.
local function meet(a, b)
  if a.from_end and (b.from_end or b.days) or b.from_end and a.days then return false end
  local out = { weekdays = common(a.weekdays, b.weekdays), days = common(a.days, b.days), from_end = a.from_end or b.from_end,
    month = a.month or b.month }
  if out.weekdays and #out.weekdays == 0 or out.days and #out.days == 0 then return nil end
  return out
end

local function conditions(e)
  if e.any_day and e.any_weekday then return { {} } end
  local days, why = day_conditions(e)
  if not days and not e.any_day then return nil, why end
  local weekdays = weekday_conditions(e)
  if e.any_day then return weekdays end
  if e.any_weekday then return days end
  if not e.both then return table.move(weekdays, 1, #weekdays, #days + 1, days) end
  local out = {}
  for _, a in ipairs(days) do
    for _, b in ipairs(weekdays) do
      local both = meet(a, b)
      if both == false then return nil, "systemd cannot join a day from the end of the month with another day of the month" end
      out[#out + 1] = both
    end
  end
  return out
end

local function weekday_text(list)
  if not list or #list == 7 then return "" end
  local out = {}
  for i, day in ipairs(list) do out[i] = NAMES[day] end
  return table.concat(out, ",") .. " "
end

local function date_text(condition, months)
  local month = condition.month and two { condition.month } or months and two(months) or "*"
  if condition.from_end then return ("*-%s~%s"):format(month, condition.from_end) end
  return ("*-%s-%s"):format(month, condition.days and #condition.days < 31 and two(condition.days) or "*")
end

--- Calendar events, without a zone, that together match the local times of an
-- expression (core.schedule.export.expression); nil and why not.
function M.events(e)
  local list, why = conditions(e)
  if not list then return nil, why end
  local time = ("%s:%s:00"):format(e.any_hour and "*" or two(e.hours), #e.minutes == 60 and "*" or two(e.minutes))
  local out = {}
  for i, condition in ipairs(list) do
    out[i] = ("%s%s %s"):format(weekday_text(condition.weekdays), date_text(condition, e.months), time)
  end
  return out
end

-- ---- clock changes ----

local YEARS, DAY = 10, 86400

--- Instants in the years to come at which errand has a slot that the events in
-- that zone have not: systemd leaves out times that do not exist, and takes
-- those that come twice once. Also whether it has some that errand has not, the
-- year up to which it was looked, and whether there are slots at times that
-- come twice.
-- @treturn table list of slots
-- @treturn boolean
-- @treturn integer
-- @treturn boolean
function M.differences(definition, from)
  local cron_ = require "host.cron"
  local zone = assert(cron_.zone(definition.tz))
  local own, twice = definition.cron(from), false
  local fields = {}
  for one in require("core.schedule.export.expression").plain(definition.at):gmatch "%S+" do fields[#fields + 1] = one end
  if fields[2] == "*" then fields[2] = "0-23" end -- the same labels, but wall-clock time
  local theirs = assert(cron_.new(table.concat(fields, " "), { name = definition.name, tz = definition.tz,
    days = definition.days, dst = "skip" }))
  local upto, extra, more = from + YEARS * 366 * DAY, {}, false
  local change = zone:at(from).to
  while change and change < upto do
    local ours, has = own:slots(change - DAY, change + DAY), {}
    for _, slot in ipairs(theirs:slots(change - DAY, change + DAY)) do has[slot.at] = true end
    for _, slot in ipairs(ours) do
      local last = extra[#extra]
      if not has[slot.at] and slot.at > (last and last.at or from) then extra[#extra + 1] = slot end
      has[slot.at], twice = nil, twice or slot.overlap
    end
    more = more or next(has) ~= nil
    change = zone:at(change).to
  end
  return extra, more, tonumber(os.date("!%Y", math.floor(upto))) - 1, twice
end

--- Whether the expression means the same when its times are read in UTC: the
-- hour is any, the days are, too, and the zone's offsets do not move the
-- minutes.
function M.is_the_same_in_utc(e, definition, from)
  if not (e.any_hour and e.any_day and e.any_weekday and not e.months) then return false end
  local zone = assert(require("host.cron").zone(definition.tz))
  local has, upto, now = {}, from + 30 * 366 * DAY, zone:at(from)
  for _, minute in ipairs(e.minutes) do has[minute] = true end
  while true do
    if now.offset % 60 ~= 0 then return false end
    for _, minute in ipairs(e.minutes) do
      if not has[(minute - now.offset // 60) % 60] then return false end
    end
    if not now.to or now.to > upto then return true end
    now = zone:at(now.to)
  end
end

return M
