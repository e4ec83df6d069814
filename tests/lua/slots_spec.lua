-- slots_spec.lua - which slots are due, which are skipped and why; days on which clocks change, each fired in virtual time.
-- SPDX-License-Identifier: MIT

local t = require "test"
local cron = require "host.cron"
local slots = require "core.schedule.slots"
local timetable = require "timetable"

local DAY <const> = 86400
local noon <const> = 1780000000 // 3600 * 3600 + 1800 -- half past an hour

-- ---- daylight saving ----

-- All slots of one local day as they were fired: their local times, and the flags of those that have any.
local function fired(zone, day, at)
  local z = assert(cron.zone(zone))
  local noon_of = assert(cron.zone "UTC"):instants(day .. " 12:00")[1] + 100 -- somewhere about that day
  local r = timetable.new(noon_of - 2 * DAY)
  r:start(timetable.set { s = { at = at, tz = zone } })
  r:pass(noon_of + 2 * DAY)
  local out, flags, rows = {}, {}, r:slots "s"
  for _, row in ipairs(rows) do
    t.eq(row.outcome, "done", zone .. " " .. tostring(row.local_time))
    t.eq(row.local_time, z:at(row.at).local_time)
    t.ok(row.started - row.due < 1, "on time")
    if row.local_time:sub(1, 10) == day then
      out[#out + 1] = row.local_time:sub(12, 16) .. " " .. z:at(row.at).abbreviation
      flags[#flags + 1] = row.flags
    end
  end
  return out, flags, rows
end

t.describe("clock changes", function()
  local function wall(name, zone, day, at, want, flag)
    t.it(name, function()
      local list, flags = fired(zone, day, at)
      t.eq(table.concat(list, ", "), want)
      t.eq(flags[1], flag)
    end)
  end
  local function hourly(name, zone, day, n)
    t.it(name, function() t.eq(#fired(zone, day, "0 * * * *"), n) end)
  end

  wall("Berlin, spring: 02:30 runs once, at 03:00", "Europe/Berlin", "2026-03-29", "30 2 * * *", "03:00 CEST", "gap")
  hourly("Berlin, spring: 23 runs of an hourly schedule", "Europe/Berlin", "2026-03-29", 23)
  wall("Berlin, autumn: 02:30 runs once, the first time", "Europe/Berlin", "2026-10-25", "30 2 * * *", "02:30 CEST", "overlap")
  hourly("Berlin, autumn: 25 runs", "Europe/Berlin", "2026-10-25", 25)
  wall("Lord Howe, spring: 02:30 is there", "Australia/Lord_Howe", "2026-10-04", "30 2 * * *", "02:30 +11")
  t.it("Lord Howe, spring: 23 runs, one step of 90 minutes", function()
    local list, _, rows = fired("Australia/Lord_Howe", "2026-10-04", "0 * * * *")
    t.eq(#list, 23)
    local steps = {}
    for i = 2, #rows do
      local step = rows[i].at - rows[i - 1].at
      steps[step] = (steps[step] or 0) + 1
    end
    t.eq(steps[5400], 1)
    t.eq(steps[3600], #rows - 2)
  end)
  wall("Casablanca, back: 02:30 runs once", "Africa/Casablanca", "2026-02-15", "30 2 * * *", "02:30 +01", "overlap")
  hourly("Casablanca, back: 25 runs", "Africa/Casablanca", "2026-02-15", 25)
  wall("Casablanca, on: 02:30 runs once, at 03:00", "Africa/Casablanca", "2026-03-22", "30 2 * * *", "03:00 +01", "gap")
  hourly("Casablanca, on: 23 runs", "Africa/Casablanca", "2026-03-22", 23)
  t.it("Apia without 2011-12-30: once at the first instant of the 31st, which runs as usual", function()
    local list, _, rows = fired("Pacific/Apia", "2011-12-31", "30 2 * * *")
    t.eq(table.concat(list, ", "), "00:00 +14, 02:30 +14")
    local gaps = 0
    for _, row in ipairs(rows) do
      t.ok(row.local_time:sub(1, 10) ~= "2011-12-30")
      if row.flags == "gap" then gaps = gaps + row.collapsed end
    end
    t.eq(gaps, 1)
  end)
  t.it("Apia, hourly: none for the missing day", function()
    local list, _, rows = fired("Pacific/Apia", "2011-12-31", "0 * * * *")
    t.eq(#list, 24)
    for i = 2, #rows do t.eq(rows[i].at - rows[i - 1].at, 3600) end
    t.eq(#fired("Pacific/Apia", "2011-12-30", "0 * * * *"), 0)
  end)
  wall("Cairo: 02:30 as usual", "Africa/Cairo", "2026-04-24", "30 2 * * *", "02:30 EEST")
  wall("Cairo: midnight runs at 01:00", "Africa/Cairo", "2026-04-24", "0 0 * * *", "01:00 EEST", "gap")
  hourly("Cairo: 23 runs", "Africa/Cairo", "2026-04-24", 23)

  t.it("several local times of a gap are one run that says so", function()
    local list, _, rows = fired("Europe/Berlin", "2026-03-29", "*/15 2 * * *")
    t.eq(table.concat(list, ", "), "03:00 CEST")
    for _, row in ipairs(rows) do
      t.eq(row.collapsed, row.flags and 4 or 0)
      t.eq(row.times, row.flags and "2026-03-29 02:00:00,2026-03-29 02:15:00,2026-03-29 02:30:00,2026-03-29 02:45:00" or nil)
    end
  end)

  t.it("dst = \"skip\" leaves them out", function()
    local r = timetable.new(1774746000 - DAY) -- the day before the change in Berlin
    r:start(timetable.set { s = { at = "30 2 * * *", tz = "Europe/Berlin", dst = "skip" } })
    r:wait(2 * DAY)
    local days = {}
    for i, one in ipairs(r:slots "s") do days[i] = one.local_time:sub(9, 16) end
    t.eq(table.concat(days, ", "), "28 02:30, 30 02:30")
  end)
end)

-- ---- misfire ----

local function plan(more)
  local given = { cron = assert(cron.new(more.at or "0 * * * *")), from = noon - 5 * 3600, now = noon, jitter = 0,
    catchup = "one", catchup_max = 24, window = DAY, keep = { days = 90, count = 10000 } }
  for key, value in pairs(more) do given[key] = value end
  return slots.plan(given)
end

local function words(p)
  local out = {}
  for i, row in ipairs(p.rows) do
    out[i] = (row.reason or row.state) .. (row.catchup == 1 and "+" or "") .. (row.covers > 1 and "*" .. row.covers or "")
  end
  return table.concat(out, " ")
end

local function covered(p)
  local n = 0
  for _, row in ipairs(p.rows) do n = n + row.covers end
  return n
end

t.describe("slots that are late", function()
  local hour = noon - 1800

  t.it("run as if they were not, up to a minute", function()
    for _, late in ipairs { 0, 0.5, 59, 60 } do
      local p = plan { from = hour - 1, now = hour + late }
      t.eq(words(p), "due", tostring(late))
      t.eq(p.rows[1].at, hour)
      t.eq(p.upto, math.floor(hour + late))
    end
    t.eq(words(plan { from = hour - 1, now = hour + 60.5, catchup = "none" }), "missed")
    t.eq(words(plan { from = hour - 1, now = hour + 61 }), "due+")
    t.eq(words(plan { from = hour - 1, now = hour - 0.5 }), "")
  end)

  t.it("are those after the one that was evaluated last, not that one", function()
    t.eq(words(plan { from = hour, now = hour + 30 }), "")
    t.eq(words(plan { from = hour, now = hour + 3600 }), "due")
  end)

  t.it("catchup one: the latest runs once, the others are missed", function()
    local p = plan {}
    t.eq(words(p), "missed missed missed missed due+")
    t.eq(p.rows[5].at, hour)
    t.eq({ p.skipped, p.reasons.missed, p.first, p.last, p.more, p.hold }, { 4, 4, hour - 4 * 3600, hour - 3600, false, false })
  end)

  t.it("catchup one, and one that is on time", function()
    t.eq(words(plan { now = hour + 10 }), "missed missed missed due+ due")
  end)

  t.it("catchup none: none", function()
    t.eq(words(plan { catchup = "none" }), "missed missed missed missed missed")
    t.eq(words(plan { catchup = "none", now = hour + 10 }), "missed missed missed missed due")
  end)

  t.it("catchup all: the oldest, up to a number; the rest is missed and the schedule held", function()
    t.eq(words(plan { catchup = "all" }), "due+ due+ due+ due+ due+")
    local p = plan { catchup = "all", catchup_max = 2 }
    t.eq(words(p), "due+ due+ missed missed missed")
    t.eq(p.hold, true)
    t.eq(plan { catchup = "all", catchup_max = 5 }.hold, false)
    p = plan { catchup = "all", catchup_max = 3, waiting = 2 }
    t.eq(words(p), "due+ missed missed missed missed")
  end)

  t.it("none runs that is older than the window", function()
    t.eq(words(plan { window = 7200 }), "window window window missed due+")
    t.eq(words(plan { window = 1801 }), "window window window window due+")
    t.eq(words(plan { window = 1800 }), "window window window window window")
    t.eq(words(plan { window = 600 }), "window window window window window")
  end)

  t.it("none runs of a schedule that is stopped", function()
    t.eq(words(plan { stopped = "paused", now = hour }), "paused paused paused paused paused")
    t.eq(words(plan { stopped = "held", catchup = "all" }), "held held held held held")
  end)

  t.it("jitter moves what is due, not the slot", function()
    local p = plan { jitter = 600, now = hour + 600, from = hour - 1 }
    t.eq(words(p), "due")
    t.eq({ p.rows[1].at, p.rows[1].due, p.upto }, { hour, hour + 600, hour })
    t.eq(words(plan { jitter = 600, now = hour + 599, from = hour - 1 }), "")
    t.eq(words(plan { jitter = 600, now = hour + 661, from = hour - 1 }), "due+")
  end)

  t.it("are counted in one row where retention would not keep them", function()
    local from = noon - 200 * DAY
    local p = plan { from = from }
    t.eq(p.rows[1].covers, 110 * 24)
    t.eq(p.rows[1].reason, "missed")
    t.eq(p.more, true)
    t.eq(#p.rows, 1000)
    local n, last = covered(p), p.upto
    for _ = 1, 10 do
      if not p.more then break end
      p = plan { from = last }
      n, last = n + covered(p), p.upto
    end
    t.eq({ n, p.more, last }, { 200 * 24, false, noon })
    t.eq(words { rows = { p.rows[#p.rows] } }, "due+")
    p = plan { from = noon - 20 * 3600, keep = { days = 90, count = 5 } }
    t.eq(words(p):sub(1, 22), "missed*14 missed misse")
    t.eq(covered(p), 20)
    p = plan { from = noon - 20 * 3600, keep = { days = 90, count = 5 }, catchup = "all", catchup_max = 3 }
    t.eq(words(p), "due+ due+ due+ missed*12 missed missed missed missed missed")
  end)

  t.it("of years by the minute cost little", function()
    local p = plan { at = "* * * * *", from = noon - 3000 * DAY }
    t.eq(words(p), "missed*1000000")
    t.eq(p.more, true)
    local row = slots.covering(cron.new "* * * * *", noon - 2000 * DAY, noon, 0, "edited")
    t.eq({ row.covers, row.at, row.reason }, { 2000 * 1440, noon, "edited" })
    t.eq(slots.covering(cron.new "0 * * * *", noon, noon + 10, 0, "edited"), nil)
  end)

  t.it("of a schedule of seconds", function()
    local p = plan { at = "@every 10s", from = hour, now = hour + 200 }
    t.eq(#p.rows, 20)
    t.eq(words(p):match "due.*", "due+ due due due due due due due")
  end)
end)

t.describe("the sum of rows", function()
  t.it("is the number of slots, whatever the rules", function()
    local count = cron.new "*/7 * * * *"
    for _, catchup in ipairs { "one", "none", "all" } do
      for _, limit in ipairs { 1, 2, 3, 17, 1000 } do
        for _, keep in ipairs { 3, 50, 10000 } do
          for _, window in ipairs { 60, 5000, DAY } do
            local from, n, rest, last = noon - 30000, 0, nil, noon - 30000
            repeat
              local p = plan { at = "*/7 * * * *", from = last, catchup = catchup, limit = limit, window = window, rest = rest,
                keep = { days = 90, count = keep } }
              n, last = n + covered(p), p.upto
              rest = p.more and (p.hold and "missed" or rest) or nil
            until not p.more
            t.eq({ n, last }, { (count:count(from, noon)), noon }, catchup .. " " .. limit .. " " .. keep .. " " .. window)
          end
        end
      end
    end
  end)
end)
