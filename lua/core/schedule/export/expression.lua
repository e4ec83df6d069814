-- core/schedule/export/expression.lua - a cron expression as sets of numbers, for translating it.
-- SPDX-License-Identifier: MIT
--
-- Only for expressions that host.cron has taken. Minutes and hours are asked of
-- it, which also settles what ~ stands for; days are read here.

local M = {}

local WORDS = { ["@hourly"] = "0 * * * *", ["@daily"] = "0 0 * * *", ["@midnight"] = "0 0 * * *", ["@weekly"] = "0 0 * * 0",
  ["@monthly"] = "0 0 1 * *", ["@yearly"] = "0 0 1 1 *", ["@annually"] = "0 0 1 1 *" }
local MONTHS = { JAN = 1, FEB = 2, MAR = 3, APR = 4, MAY = 5, JUN = 6, JUL = 7, AUG = 8, SEP = 9, OCT = 10, NOV = 11, DEC = 12 }
local WEEKDAYS = { SUN = 0, MON = 1, TUE = 2, WED = 3, THU = 4, FRI = 5, SAT = 6 }

--- The five fields that a word such as @daily stands for; else the text itself.
function M.plain(text)
  return WORDS[text] or text
end

local function sorted(set)
  local out = {}
  for value in pairs(set) do out[#out + 1] = value end
  table.sort(out)
  return out
end

-- The minutes and hours that minute and hour field mean for this schedule.
local function times(minute, hour, name)
  local cron = assert(require("host.cron").new(("%s %s * * *"):format(minute, hour), { name = name, tz = "UTC" }))
  local minutes, hours = {}, {}
  for _, slot in ipairs((cron:slots(-1, 86399, 1440))) do
    minutes[slot.at % 3600 // 60], hours[slot.at // 3600] = true, true
  end
  return sorted(minutes), sorted(hours)
end

local function number(text, names)
  return math.tointeger(tonumber(text)) or names[text]
end

-- Adds an item without L, W and #: *, */n, a, a-b, a-b/n.
local function add_plain(set, item, low, high, names)
  local range, step = item:match "^(.-)/(%d+)$"
  range = range or item
  local from, to = range:match "^(%w+)%-(%w+)$"
  if range == "*" then
    from, to = low, high
  elseif from then
    local named = not from:find "%d"
    from, to = number(from, names), number(to, names)
    if named and to == 0 and from > 0 then to = 7 end -- FRI-SUN
  else
    from = number(range, names)
    to = from
  end
  for value = from, to, math.tointeger(tonumber(step or 1)) do set[value] = true end
end

local function days_of(field, out)
  local set = {}
  for item in field:gmatch "[^,]+" do
    if item == "L" then
      out.day_last = true
    elseif item == "LW" then
      out.day_last_work = true
    elseif item:find "W$" then
      out.day_nearest = math.tointeger(tonumber(item:sub(1, -2)))
    else
      add_plain(set, item, 1, 31, {})
    end
  end
  out.days = sorted(set)
end

local function weekdays_of(field, out)
  local set = {}
  out.nth, out.last = {}, {}
  for item in field:gmatch "[^,]+" do
    local day, count = item:match "^(%w+)#(%w)$"
    if not day and item:find "L$" then day, count = item:sub(1, -2), "L" end
    if day then
      local which = { day = number(day, WEEKDAYS) % 7, n = count ~= "L" and math.tointeger(tonumber(count)) or nil }
      table.insert(which.n and out.nth or out.last, which)
    else
      add_plain(set, item, 0, 6, WEEKDAYS)
    end
  end
  if set[7] then set[0], set[7] = true, nil end
  out.weekdays = sorted(set)
end

--- What a definition's `at` says:
--   minutes, hours    lists; any_minute, any_hour: the field is *
--   months            list; nil for *
--   any_day, days, day_last, day_last_work, day_nearest = n
--   any_weekday, weekdays (0 = Sunday), nth = { { day, n } }, last = { { day } }
--   both              both day fields must match
-- nil where it is a period.
function M.read(definition)
  local text = definition.at and M.plain(definition.at)
  if not text or text:find "^@" then return nil end
  local field = {}
  for one in text:upper():gmatch "%S+" do field[#field + 1] = one end
  local out = { any_minute = field[1] == "*", any_hour = field[2] == "*", any_day = field[3] == "*",
    any_weekday = field[5] == "*",
    both = definition.days == "and" }
  out.minutes, out.hours = times(field[1], field[2], definition.name)
  days_of(field[3], out)
  weekdays_of(field[5], out)
  if field[4] ~= "*" then
    local set = {}
    for item in field[4]:gmatch "[^,]+" do add_plain(set, item, 1, 12, MONTHS) end
    out.months = sorted(set)
  end
  return out
end

--- The period of a definition in seconds; nil where it has none.
function M.period(definition)
  if definition.period then return definition.period end
  local cron = definition.at and not definition.boot and definition.cron(0)
  return cron and cron:every() or nil
end

return M
