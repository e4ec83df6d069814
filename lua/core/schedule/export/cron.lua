-- core/schedule/export/cron.lua - schedules as lines of a crontab.
-- SPDX-License-Identifier: MIT
--
-- Written for cronie. Lists of numbers instead of steps, for crons read a day
-- field that begins with * otherwise than one that does not.

local common = require "core.schedule.export.common"
local expression = require "core.schedule.export.expression"

local M = {}

local LINE = 990 -- bytes; cronie reads no longer ones

local function list(values)
  local out = {}
  for i, value in ipairs(values) do out[i] = ("%d"):format(value) end
  return table.concat(out, ",")
end

local function unknown(e)
  if e.day_last then return "the last day of the month (L)" end
  if e.day_last_work or e.day_nearest then return "the nearest weekday (W)" end
  if #e.nth > 0 then return "the n-th weekday of the month (#)" end
  if #e.last > 0 then return "the last weekday of the month (L)" end
  if e.both and not e.any_day and not e.any_weekday then return 'that both day fields must match (days = "and")' end
end

local function fields_of(e)
  return ("%s %s %s %s %s"):format(e.any_minute and "*" or list(e.minutes), e.any_hour and "*" or list(e.hours),
    e.any_day and "*" or list(e.days), e.months and list(e.months) or "*", e.any_weekday and "*" or list(e.weekdays))
end

local function by_period(period, note)
  local fields
  if period % 60 == 0 and 3600 % period == 0 then
    fields = period == 3600 and "0 * * * *" or period == 60 and "* * * * *" or ("*/%d * * * *"):format(period // 60)
  elseif period % 3600 == 0 and 86400 % period == 0 then
    fields = period == 86400 and "0 0 * * *" or ("0 */%d * * *"):format(period // 3600)
  else
    return nil, ("a crontab cannot say every %s; it can say minutes that divide an hour, and hours that divide a day"):format(
      common.duration(period))
  end
  note(("every %s is counted from midnight UTC, not from when errand first saw the schedule"):format(common.duration(period)))
  return fields, "UTC"
end

-- Whether clock changes of the next year touch its slots.
local function touched(definition, e, from)
  local cron_ = require "host.cron"
  if e.any_hour and require("core.schedule.export.calendar").is_the_same_in_utc(e, definition, from) then return false end
  local zone = assert(cron_.zone(definition.tz))
  local cron, change = definition.cron(from), zone:at(from).to
  while change and change < from + 366 * 86400 do
    for _, slot in ipairs(cron:slots(change - 86400, change + 86400)) do
      if slot.gap or slot.overlap or e.any_hour then return true end
    end
    change = zone:at(change).to
  end
  return false
end

-- The five fields and the zone; or nil and why not.
local function when(definition, from, note)
  if definition.boot then return "@reboot", nil end
  local period = expression.period(definition)
  if period then return by_period(period, note) end
  local e = expression.read(definition)
  local what = unknown(e)
  if what then return nil, "a crontab cannot say " .. what end
  if touched(definition, e, from) then
    note "on days when the clocks change the cron's own rules hold, and crons differ in them"
  end
  return fields_of(e), definition.tz
end

local function command(definition, options)
  local words = common.command(definition, options)
  for i, word in ipairs(words) do words[i] = common.shell(word) end
  local text = table.concat(words, " ")
  if definition.memory then text = ("ulimit -v %d && "):format(definition.memory // 1024) .. text end
  if definition.dir then text = ("cd %s && "):format(common.shell(definition.dir)) .. text end
  local jitter = definition.jitter or 0
  local delay = not definition.boot and jitter > 0 and require("host.cron").jitter(definition.name, jitter) or 0
  if delay > 0 then text = ("sleep %d && "):format(delay) .. text end
  return (text:gsub("%%", "\\%%")) -- else a line break to cron
end

--- The lines of one schedule.
-- @tparam table definition
-- @tparam table options program, from (instant)
-- @tparam function note called with each sentence about what is otherwise than in errand
-- @treturn table list of lines; or nil and why it cannot be translated
-- @treturn ?string the zone that the last line needs
function M.lines(definition, options, note)
  local out = { ("# %s"):format(definition.name) }
  local function tell(text)
    out[#out + 1] = "# " .. text
    note(text)
  end
  local fields, zone = when(definition, options.from, tell)
  if not fields then return nil, zone end
  for _, text in ipairs(common.overlap(definition, false)) do tell(text) end
  if definition.catchup ~= "none" and not definition.boot then
    tell(('catchup = "%s": cron makes up for nothing; a slot that passes while the machine is off is lost'):format(
      definition.catchup))
  end
  if zone then out[#out + 1] = "CRON_TZ=" .. zone end
  local line = fields .. " " .. command(definition, options)
  if #line > LINE then return nil, ("its line would have %d bytes, and crons read no more than %d"):format(#line, LINE) end
  out[#out + 1] = line
  return out, zone
end

--- The zone that a crontab without CRON_TZ is read in on this machine, as far
-- as that can be told.
function M.own_zone()
  local sys = require "host.sys"
  local path = sys.realpath "/etc/localtime"
  return path and path:match "/zoneinfo/(.+)$" or "UTC"
end

return M
