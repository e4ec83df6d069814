-- schedule_export_spec.lua - what systemd makes of exported schedules, beside the slots that errand has.
-- SPDX-License-Identifier: MIT

local t = require "test"
local calendar = require "core.schedule.export.calendar"
local cron_ = require "host.cron"
local export_cron = require "core.schedule.export.cron"
local expression = require "core.schedule.export.expression"
local row = require "core.schedule.row"
local sys = require "host.sys"
local systemd = require "core.schedule.export.systemd"

local log = os.tmpname()

local function definition(at, more)
  local given = { at = at, run = "/srv/a.lua", tz = "Europe/Berlin", catchup = "one" }
  for name, value in pairs(more or {}) do given[name] = value end
  local d, problems = row.definition("nightly report", given, { file = "/etc/errand/schedule.lua", dir = "/etc/errand",
    line = 1 })
  return d or error(problems[1].key .. ": " .. problems[1].message .. " in " .. at, 0)
end

local function utc(text)
  return cron_.zone("UTC"):instants(text)[1]
end

-- The instants at which systemd starts something, for each calendar event.
local function elapses(events, from, n)
  local args = { "calendar", "--iterations=" .. n, "--base-time=" .. os.date("!%Y-%m-%d %H:%M:%S UTC", from),
    table.unpack(events) }
  local how = assert(require("host.proc").start { program = "env", args = { "TZ=UTC", "LC_ALL=C", "systemd-analyze",
    table.unpack(args) },
    log = log, head = 4 << 20, tail = 4096 }):wait()
  local text = sys.read_file(log)
  if not how.ok then error(text, 0) end
  local out, at = {}, 0
  for line in text:gmatch "[^\n]+" do
    if line:find "Normalized form:" then
      at = at + 1
      out[at] = {}
    elseif line:find "Next elapse:" or line:find "Iter. #" then
      local stamp = line:match "(%d%d%d%d%-%d%d%-%d%d %d%d:%d%d:%d%d) UTC"
      if stamp then table.insert(out[at], utc(stamp)) end
    end
  end
  return out
end

-- The slots of errand and those of its timers, as far as n of each event reach;
-- one process for all, for it takes its time. Their number, and what is wrong.
local function compare(definitions, from, n)
  local events, parts, wrong, count = {}, {}, {}, 0
  for i, d in ipairs(definitions) do
    local units = assert(systemd.units(d, { program = "/usr/bin/errand", from = from }, function() end))
    local part = { theirs = {}, first = #events + 1, upto = from + 800 * 86400 }
    for event in units[1].text:gmatch "OnCalendar=([^\n]+)" do
      local single = event:match "^(%d%d%d%d%-%d%d%-%d%d %d%d:%d%d:%d%d) UTC$"
      if single then part.theirs[utc(single)] = true else events[#events + 1] = event end
    end
    part.last = #events
    parts[i] = part
  end
  local lists = elapses(events, from, n)
  assert(#lists == #events)
  for i, d in ipairs(definitions) do
    local part = parts[i]
    local theirs = part.theirs
    for k = part.first, part.last do
      if #lists[k] == n then part.upto = math.min(part.upto, lists[k][n]) end
      for _, at in ipairs(lists[k]) do theirs[at] = true end
    end
    local slots = d.cron(from):slots(from, part.upto)
    count = count + #slots
    local told = ("%s in %s as %s"):format(d.at, d.tz, table.concat(events, " | ", part.first, part.last))
    if #slots == 0 then wrong[#wrong + 1] = told .. ": nothing to compare" end
    for _, slot in ipairs(slots) do
      if not theirs[slot.at] then wrong[#wrong + 1] = told .. ": systemd lacks " .. sys.utc(slot.at) end
      theirs[slot.at] = nil
    end
    for at in pairs(theirs) do
      if at <= part.upto and at > from then wrong[#wrong + 1] = told .. ": systemd has " .. sys.utc(at) end
    end
  end
  return count, table.concat(wrong, "; ")
end

-- One definition for each text.
local function definitions(texts, more)
  local out = {}
  for i, text in ipairs(texts) do out[i] = definition(text, more) end
  return out
end

local expressions = {}
for line in sys.read_file("tests/cron/expressions.txt"):gmatch "[^\n]+" do
  local option, text = line:match "^(%l+) (%S.*)$"
  if option and not text:find "^@every" and not text:find "^@boot" then expressions[#expressions + 1] = { option, text } end
end

local function options_of(option)
  return { days = (option == "and" or option == "or") and option or nil, dst = option == "skip" and "skip" or nil }
end

t.describe("a timer starts what errand has a slot for", function()
  local places = {
    -- shortly before the clocks change there, or the first of the hours that come twice
    { "UTC", "2027-12-30 11:59:00", 8 },
    { "Europe/Berlin", "2027-03-28 00:29:00", 6 },
    { "Europe/Berlin", "2027-10-30 23:59:00", 6 },
    { "Australia/Lord_Howe", "2026-10-03 14:59:00", 6 },
    { "Africa/Cairo", "2026-04-23 21:29:00", 5 },
  }
  for _, place in ipairs(places) do
    t.it(place[1] .. " from " .. place[2], function()
      local list = {}
      for _, one in ipairs(expressions) do
        local more = options_of(one[1])
        more.tz = place[1]
        local d = definition(one[2], more)
        if calendar.events(expression.read(d)) then list[#list + 1] = d end
      end
      local count, wrong = compare(list, utc(place[2]), place[3])
      t.eq(wrong, "")
      t.ok(count > 200, count)
    end)
  end

  t.it("for years of days from the end of the month and of nearest weekdays", function()
    local list = definitions({ "0 8 L * *", "0 8 LW * *", "0 8 1W * *", "0 8 2W * *", "0 8 15W * *", "0 8 27W * *",
      "0 8 28W 1,3-12 *", "0 8 29W 1,3-12 *", "0 8 30W 1,3-12 *", "0 8 31W 1,3,5,7,8,10,12 *", "0 8 * * MON#1,WED#3",
      "0 8 * * 5#5", "0 8 * * SUN#L", "0 8 * * 5L", "0 8 29 2 *", "0 8 1,L * 1", "0 8 15W * 1#2" }, { tz = "UTC" })
    local count, wrong = compare(list, utc "2027-01-01 00:00:00", 15)
    t.eq(wrong, "")
    t.ok(count > 200, count)
  end)

  t.it("where both day fields must match", function()
    local list = definitions({ "0 8 13 * 5", "0 8 1-7 * MON", "0 8 L * 1-5", "0 8 LW * 5", "0 8 15W * 3", "0 8 8-21 * 2#2",
      "0 8 30W 1,3-12 5" },
      { tz = "UTC", days = "and" })
    local _, wrong = compare(list, utc "2027-01-01 00:00:00", 8)
    t.eq(wrong, "")
    t.eq(systemd.units(definition("0 8 L * 5#4", { days = "and" }), { program = "/e", from = 0 }, print), nil)
  end)

  t.it("for a period that divides the day, from midnight on", function()
    for _, period in ipairs { 1800, 5400, 6 * 3600, 86400 } do
      local d = definition(nil, { every = period, tz = nil })
      local notes = {}
      local units = systemd.units(d, { program = "/e", from = 0 }, function(text) notes[#notes + 1] = text end)
      local events = {}
      for event in units[1].text:gmatch "OnCalendar=([^\n]+)" do events[#events + 1] = event end
      t.eq(#events, 86400 // period)
      t.ok(notes[1]:find "counted from midnight UTC")
      local from = utc "2027-01-01 00:00:00"
      for i, list in ipairs(elapses(events, from - 1, 1)) do t.eq(list[1], from + (i - 1) * period) end
    end
  end)
end)

t.describe("what is otherwise", function()
  local function notes(d, from)
    local out = {}
    local units, why = systemd.units(d, { program = "/e", from = from or utc "2027-01-01 00:00:00" },
      function(text) out[#out + 1] = text end)
    return table.concat(out, "\n"), units, why
  end

  t.it("is told by a timer", function()
    local weekly = "a missed slot is made up for however old it is, not only within 1d"
    for _, one in ipairs {
      { definition "0 6 * * 1", weekly }, { definition "0 6 * * *", "" }, { definition("0 6 * * 1", { window = "8d" }), "" },
      { definition("0 6 * * *", { catchup = "none" }), 'catchup = "none": systemd still starts it' },
      { definition("0 6 * * *", { overlap = "queue" }), "is dropped" }, { definition("0 6 * * *", { overlap = "allow" }),
        "runs once at a time" },
      { definition "30 2 * * *", "days when the clocks change are written out until 2036" },
      { definition("30 2 * * *", { dst = "skip" }), weekly }, { definition "*/15 * * * *", "" },
      { definition "* * * * 0", "on days when the clocks change systemd leaves out" },
      { definition "30 2 L * *", "the second of times that come twice" }, { definition(nil, { every = "7h" }),
        "counted from the start before" } } do
      local text, units = notes(one[1])
      t.ok(one[2] == "" and text == "" or one[2] ~= "" and text:find(one[2], 1, true), text .. " for " .. one[2])
      for line in text:gmatch "[^\n]+" do t.ok(units[2].text:find("# " .. line, 1, true), "no comment: " .. line) end
    end
  end)

  t.it("is refused where it would be another schedule", function()
    for _, one in ipairs { { definition("0 6 * * *", { catchup = "all" }), "never for all" }, { definition "0 6 28W * *",
      "February" } } do
      local _, units, why = notes(one[1])
      t.eq(units, nil)
      t.ok(why:find(one[2], 1, true), why)
    end
  end)

  t.it("is in a crontab refused or told, too", function()
    local function lines(d)
      local told = {}
      local out, zone = export_cron.lines(d, { program = "/usr/bin/errand", from = utc "2027-01-01 00:00:00" },
        function(text) told[#told + 1] = text end)
      return out, zone, table.concat(told, "\n")
    end
    for _, text in ipairs { "0 6 L * *", "0 6 LW * *", "0 6 15W * *", "0 6 * * 5#2", "0 6 * * 5L" } do
      local out, why = lines(definition(text))
      t.ok(out == nil and why:find "^a crontab cannot say", why)
    end
    t.eq(lines(definition("0 6 13 * 5", { days = "and" })), nil)
    t.eq(lines(definition(nil, { every = "7h" })), nil)
    local out, zone, told = lines(definition("30 2 */10 * 1", { days = "or" }))
    local command = " cd /etc/errand && /usr/bin/errand schedule run 'nightly report' %-%-schedule /etc/errand/schedule.lua$"
    t.eq(out[#out]:match("^(.-)" .. command),
      "30 2 1,11,21,31 * 1")
    t.eq({ zone, out[#out - 1] }, { "Europe/Berlin", "CRON_TZ=Europe/Berlin" })
    t.ok(told:find "clocks change" and told:find "cron makes up for nothing")
    out, zone, told = lines(definition("0 * * * *", { catchup = "none" }))
    t.eq({ out[#out]:match "^0 %* %* %* %* cd " ~= nil, zone, told }, { true, "Europe/Berlin", "" })
  end)

  t.it("takes nobody's words for its own", function()
    local d = definition("0 6 * * *", { memory = "512m", jitter = "10m" })
    d.file, d.dir = "/srv/50% \"of\" $HOME/a'b\\c/schedule.lua", "/srv/50% of"
    local units = systemd.units(d, { program = "/usr/bin/errand", from = 0 }, function() end)
    t.ok(units[2].text:find([[--schedule "/srv/50%% \"of\" $$HOME/a'b\\c/schedule.lua"]], 1, true), units[2].text)
    t.ok(units[2].text:find("WorkingDirectory=/srv/50%% of\n", 1, true) and units[2].text:find("LimitAS=536870912\n", 1, true))
    t.ok(units[2].text:find(("ExecStartPre=sleep %d\n"):format(cron_.jitter("nightly report", 600)), 1, true))
    local out = export_cron.lines(d, { program = "/usr/bin/errand", from = 0 }, function() end)
    local line = out[#out]
    t.ok(line:find([[--schedule '/srv/50\% "of" $HOME/a'\''b\c/schedule.lua']], 1, true), line)
    local before = ("sleep %d && cd '/srv/50\\%% of' && ulimit -v 524288 && /usr/bin/errand"):format(cron_.jitter(d.name, 600))
    t.ok(line:find(before, 1, true), line)
    t.ok(systemd.unit_name "a b" ~= systemd.unit_name "a-b" and systemd.unit_name "nightly" == "errand-nightly")
  end)
end)

t.describe("an expression", function()
  t.it("is read as host.cron reads it", function()
    local e = expression.read(definition "~ 9-17/4 1,15-17 jan,oct-dec fri-sun,1#2")
    t.eq(#e.minutes, 1)
    t.eq({ e.hours, e.days, e.months, e.weekdays, e.nth[1].day, e.nth[1].n }, { { 9, 13, 17 }, { 1, 15, 16, 17 }, { 1, 10, 11,
      12 }, { 0, 5, 6 }, 1, 2 })
    t.eq(expression.read(definition "@weekly").weekdays[1], 0)
    t.eq({ expression.read(definition(nil, { every = "90m" })), expression.period(definition "@every 90m") }, { nil, 5400 })
  end)
end)

t.it("leaves nothing behind", function() t.ok(os.remove(log)) end)
