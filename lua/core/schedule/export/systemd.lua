-- core/schedule/export/systemd.lua - schedules as timer and service units.
-- SPDX-License-Identifier: MIT

local calendar = require "core.schedule.export.calendar"
local common = require "core.schedule.export.common"
local expression = require "core.schedule.export.expression"
local sys = require "host.sys"

local M = {}

local LINES = 250 -- of one timer; beyond that it is no help to anybody

--- The name of the units of a schedule, without their endings. Two names that
-- differ in what a unit's name cannot have get different ends.
function M.unit_name(name)
  local plain = name:gsub("[^%w.-]+", "-")
  return "errand-" .. (plain == name and plain or plain .. "-" .. sys.sha256(name):sub(1, 6))
end

-- A word of ExecStart.
local function quoted(word)
  word = word:gsub("%%", "%%%%"):gsub("%$", "$$"):gsub("\\", "\\\\"):gsub('"', '\\"')
  return word:find "[^%w_@+=:,./%%$-]" and '"' .. word .. '"' or word
end

local function exec(words)
  local out = {}
  for i, word in ipairs(words) do out[i] = quoted(word) end
  return table.concat(out, " ")
end

-- ---- when ----

local function zoned(events, zone)
  local out = {}
  for i, event in ipairs(events) do out[i] = ("OnCalendar=%s %s"):format(event, zone) end
  return out
end

-- Slots that the events leave out on days when the clocks change, one by one.
local function mended(lines, definition, from, note)
  local extra, more, year, twice = calendar.differences(definition, from)
  if more then note "on days when the clocks change systemd starts it at times that are no slots of errand" end
  if twice and table.concat(lines):find "~" then
    note("where the clocks go back on one of the last days of a month, systemd takes the second of times that come twice if it "
      .. "has started the one before in the same hour")
  end
  if #extra == 0 then return lines end
  if #lines + #extra > LINES then
    note(("on days when the clocks change systemd leaves out %d slots that errand has until %d: times that do not exist, and the "
      .. "second of times that come twice"):format(#extra, year))
    return lines
  end
  lines[#lines + 1] = "# slots on days when the clocks change, which the line above leaves out"
  for _, slot in ipairs(extra) do
    lines[#lines + 1] = ("OnCalendar=%s UTC"):format(os.date("!%Y-%m-%d %H:%M:%S", slot.at))
  end
  note(("days when the clocks change are written out until %d; export it again before"):format(year))
  return lines
end

local function by_expression(definition, from, note)
  local e = expression.read(definition)
  local events, why = calendar.events(e)
  if not events then return nil, why end
  if calendar.is_the_same_in_utc(e, definition, from) then return zoned(events, "UTC") end
  return mended(zoned(events, definition.tz), definition, from, note)
end

local function by_period(period, note)
  local times = common.times_of_day(period, 1440)
  if times and #times <= 48 then
    note(("every %s is counted from midnight UTC, not from when errand first saw the schedule"):format(common.duration(period)))
    local lines = {}
    for i, at in ipairs(times) do lines[i] = ("OnCalendar=*-*-* %02d:%02d:%02d UTC"):format(at // 3600, at % 3600 // 60,
      at % 60) end
    return lines
  end
  note(("every %s is counted from the start before, and anew from each start of the timer; none is made up for"):format(
    common.duration(period)))
  return { ("OnActiveSec=%ds"):format(period), ("OnUnitActiveSec=%ds"):format(period) }, true
end

-- The lines that say when; whether they count from the last start.
local function when(definition, from, note)
  local period = expression.period(definition)
  if period then
    local lines, counts = by_period(period, note)
    return lines, counts
  end
  local lines, why = by_expression(definition, from, note)
  return lines, lines and false or why
end

local function catchup(definition, from, note)
  if definition.catchup == "none" then
    note 'catchup = "none": systemd still starts it when the machine wakes from sleep after a slot'
    return "Persistent=false"
  end
  -- A day may have 25 hours; an hour of a year is not worth the words.
  if common.longest_gap(definition, from) > definition.window + 3600 then
    note(("a missed slot is made up for however old it is, not only within %s"):format(common.duration(definition.window)))
  end
  return "Persistent=true"
end

-- ---- the units ----

local function header(definition)
  local doc = definition.doc and " - " .. definition.doc:gsub("%%", "%%%%") or ""
  return ("Description=errand schedule \"%s\"%s"):format(definition.name, doc)
end

local function commented(notes)
  local out = {}
  for i, text in ipairs(notes) do out[i] = "# " .. text end
  return out
end

local function join(...)
  local out = {}
  for _, part in ipairs { ... } do
    if type(part) == "table" then table.move(part, 1, #part, #out + 1, out) else out[#out + 1] = part end
  end
  return table.concat(out, "\n") .. "\n"
end

local function service(definition, options, notes)
  local jitter = definition.jitter or 0
  local delay = not definition.boot and jitter > 0 and require("host.cron").jitter(definition.name, jitter) or 0
  return join("# Made by: errand schedule export systemd", commented(notes), "[Unit]", header(definition),
    "Wants=time-sync.target network-online.target", "After=time-sync.target network-online.target", "", "[Service]",
      "Type=oneshot",
    "# User= in a system unit: whose configuration and store errand is to use; else it belongs to systemctl --user",
    definition.dir and "WorkingDirectory=" .. definition.dir:gsub("%%", "%%%%") or {},
    delay > 0 and { "# jitter: always the same, by the name of the schedule", ("ExecStartPre=sleep %d"):format(delay) } or {},
    "ExecStart=" .. exec(common.command(definition, options)),
    "KillMode=mixed", ("TimeoutStopSec=%d"):format(math.ceil(definition.grace) + 30),
    definition.memory and ("LimitAS=%d"):format(definition.memory) or {},
    definition.boot and { "", "[Install]", "WantedBy=multi-user.target" } or {})
end

local function timer(definition, lines, persistent)
  return join("# Made by: errand schedule export systemd", "[Unit]", header(definition), "", "[Timer]", lines, "AccuracySec=1s",
    persistent or {}, "", "[Install]", "WantedBy=timers.target")
end

--- The units of one schedule.
-- @tparam table definition
-- @tparam table options program, from (instant)
-- @tparam function note called with each sentence about what is otherwise than in errand
-- @treturn table list of { name =, text = }; or nil and why it cannot be translated
function M.units(definition, options, note)
  if definition.catchup == "all" and not definition.boot then
    return nil, 'catchup = "all": a timer makes up for one missed slot, never for all of them'
  end
  local notes = {}
  local function tell(text)
    notes[#notes + 1] = text
    note(text)
  end
  for _, text in ipairs(common.overlap(definition, true)) do tell(text) end
  local base = M.unit_name(definition.name)
  if definition.boot then return { { name = base .. ".service", text = service(definition, options, notes) } } end
  local lines, counts = when(definition, options.from, tell)
  if not lines then return nil, counts end
  local persistent = not counts and catchup(definition, options.from, tell) or nil
  return { { name = base .. ".timer", text = timer(definition, lines, persistent) },
    { name = base .. ".service", text = service(definition, options, notes) } }
end

return M
