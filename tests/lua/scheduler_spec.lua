-- scheduler_spec.lua - schedules with a clock and processes that are not real: slots, outages, overlap, people, files
-- SPDX-License-Identifier: MIT

local t = require "test"
local timetable = require "timetable"

local HOUR <const>, DAY <const> = 3600, 86400
local start <const> = timetable.START
local fresh, with, lasting, endless = timetable.fresh, timetable.with, timetable.lasting, timetable.endless
local hourly = with {}

t.describe("a slot", function()
  t.it("is one run at its time, and one row", function()
    local r = fresh { s = hourly }
    t.eq(r:tick(), start + 60) -- looks for runs by hand
    r:wait(5 * HOUR)
    t.eq(r:states "s", "ended:done ended:done ended:done ended:done ended:done")
    for _, row in ipairs(r:slots "s") do t.eq(row.started, row.due) end
    t.eq(#r.jobs, 5)
    local job = r.jobs[1]
    t.eq({ job.how, job.attempt, job.log, job.definition.name }, { "run", 1, "1-1.log", "s" })
    t.ok(job.run:find "^r%-" and job.slot.run == job.run)
  end)

  t.it("due at a jitter of its own", function()
    local r = fresh { a = with { jitter = "10m" } }
    local after = require("host.cron").jitter("a", 600)
    r:wait(2 * HOUR)
    for _, row in ipairs(r:slots "a") do t.eq({ row.due - row.at, row.started - row.at }, { after, after + 0.0 }) end
    t.eq(#r:slots "a", 2)
  end)

  t.it("ends as its process does", function()
    local codes = { { code = 0 }, { code = 1 }, { code = 3 }, { code = 4 }, { code = 6 }, { timed_out = true, signal = 15 },
      { signal = 9, signal_name = "SIGKILL" }, { stopped = true, code = 143 } }
    local n = 0
    local r = fresh({ s = hourly }, function()
      n = n + 1
      codes[n].after = 1
      return codes[n]
    end)
    r:wait(8 * HOUR)
    t.eq(r:states "s", "ended:done ended:failed ended:failed ended:failed ended:failed ended:timed_out ended:killed"
      .. " ended:cancelled")
    local rows = r:slots "s"
    t.eq({ rows[2].code, rows[2].note, rows[7].signal, rows[7].note }, { 1, "exit code 1", "SIGKILL", "ended by SIGKILL" })
    t.eq({ rows[1].seconds, rows[1].peak, rows[1].output, rows[1].dropped }, { 1.0, 1000, 10, 0 })
    t.eq(#r:notices "ended", 8)
    t.eq(r:notices("ended")[2].previous, "done")
    t.eq(r:notices("ended")[2].slot.outcome, "failed")
    t.eq(#r:notices "started", 8)
  end)

  t.it("under way leaves the one before as the newest that ended", function()
    local n = 0
    local r = fresh({ s = hourly }, function()
      n = n + 1
      return n == 1 and { after = 1, code = 1 } or {}
    end)
    t.eq(r.S:view().schedules[1].ended, nil)
    r:wait(2 * HOUR)
    local seen = r.S:view().schedules[1]
    t.eq({ #r:slots "s", seen.last.outcome, seen.ended.id, seen.ended.outcome }, { 2, nil, r:slots("s")[1].id, "failed" })
  end)

  t.it("of a process that cannot be started fails, or waits for room", function()
    local r = fresh { s = hourly }
    r.no_room = "never"
    r:wait(HOUR)
    t.eq(r:states "s", "ended:failed")
    t.eq(r:slots("s")[1].note, "no room for a process")
    r.no_room = "soon"
    r:wait(HOUR)
    t.eq(r:states "s", "ended:failed started")
    r.no_room = nil
    r:wait(15)
    t.eq(r:states "s", "ended:failed ended:done")
    t.eq(r:slots("s")[2].attempt > 1, true)
  end)

  t.it("beside another one of the same second or minute is one more slot", function()
    for overlap, want in pairs { skip = "ended:done skipped:overlap", allow = "ended:done ended:done",
      queue = "ended:done ended:done" } do
      local r = fresh { s = { at = "* * * * *", overlap = overlap } }
      r:off(120):start(r.set) -- both are on time: 60 s and 0 s late
      r:wait(10)
      t.eq(r:states "s", want, overlap)
    end
  end)

  t.it("whose row is there already is not run again", function()
    local r = fresh { s = hourly }
    r.book:fire("s", start, { { at = start + 1800, state = "skipped", reason = "missed" } })
    r:wait(HOUR)
    t.eq({ r:states "s", #r.jobs }, { "skipped:missed", 0 })
  end)
end)

t.describe("after an outage", function()
  t.it("catchup one runs the latest, and tells once of the others", function()
    local r = fresh({ s = hourly }):off(5 * HOUR)
    r:start(r.set)
    r:wait(10)
    t.eq(r:states "s", "skipped:missed skipped:missed skipped:missed skipped:missed ended:done")
    t.eq(r:slots("s")[5].catchup, 1)
    local told = r:notices "skipped"
    t.eq(#told, 1)
    t.eq({ told[1].count, told[1].reasons.missed }, { 4, 4 })
    t.eq({ told[1].first, told[1].last }, { start + 1800, start + 1800 + 3 * HOUR })
  end)

  t.it("catchup one gives way to one that is on time, where only one may run", function()
    for overlap, want in pairs { skip = "skipped:missed skipped:overlap ended:done",
      allow = "skipped:missed ended:done ended:done", queue = "skipped:missed ended:done ended:done" } do
      local r = fresh({ s = with { overlap = overlap } }):off(3 * HOUR - 1800 + 10)
      r:start(r.set)
      r:wait(10)
      t.eq(r:states "s", want, overlap)
    end
  end)

  t.it("catchup none runs none", function()
    local r = fresh({ s = with { catchup = "none" } }):off(3 * HOUR)
    r:start(r.set)
    r:wait(10)
    t.eq(r:states "s", "skipped:missed skipped:missed skipped:missed")
  end)

  t.it("catchup all runs them one after the other, oldest first", function()
    local most = 0
    local r = fresh({ s = with { catchup = "all", overlap = "allow" } }, lasting(600))
    r:off(3 * HOUR)
    r:start(r.set)
    for _ = 1, 60 do
      r:wait(60)
      local n = 0
      for _, row in ipairs(r:slots "s") do n = n + (row.state == "running" and row.catchup or 0) end
      most = math.max(most, n)
    end
    t.eq(most, 1)
    local rows = r:slots "s"
    t.eq(r:states "s", "ended:done ended:done ended:done ended:done")
    t.ok(rows[1].ended <= rows[2].started and rows[2].ended <= rows[3].started)
  end)

  t.it("catchup all beyond its number holds the schedule, until somebody resumes it", function()
    local r = fresh({ s = with { catchup = "all", catchup_max = 2 } }):off(4 * HOUR)
    r:start(r.set)
    r:wait(20)
    t.eq(r:states "s", "ended:done ended:done skipped:missed skipped:missed")
    t.eq(r.book:schedule("s").state, "held")
    t.eq(#r:notices "held", 1)
    r:wait(2 * HOUR)
    t.eq(r:states "s", "ended:done ended:done skipped:missed skipped:missed skipped:held skipped:held")
    r.S:resume("s", "ann")
    r:wait(HOUR)
    t.eq(r:states "s":match "[^ ]+$", "ended:done")
  end)

  t.it("catchup all beyond its number, more than a tick may write: all of them were missed", function()
    local r = fresh({ s = { at = "* * * * *", catchup = "all", catchup_max = 2 } }):off(2 * DAY)
    r:start(r.set)
    r:wait(10)
    local by = {}
    for _, row in ipairs(r:slots "s") do by[row.outcome or row.reason] = (by[row.outcome or row.reason] or 0) + 1 end
    t.eq(by.missed, 2 * 1440 - 2 - 2) -- two are on time
    t.eq(by.done, 2)
    t.eq(#r:notices "held", 1)
  end)

  t.it("a window counts", function()
    local r = fresh({ s = { at = "0 1 * * *" } }):off(2 * DAY - 2000)
    r:start(r.set)
    r:wait(10)
    t.eq(r:states "s", "skipped:window ended:done")
    r = fresh({ s = { at = "0 1 * * *", window = "1h" } }):off(DAY)
    r:start(r.set)
    r:wait(10)
    t.eq(r:states "s", "skipped:window")
  end)

  t.it("years are one row and what retention keeps", function()
    local r = fresh({ s = { at = "*/5 * * * *", keep = { days = 30, count = 100 } } }):off(400 * DAY)
    r:start(r.set)
    r:wait(10)
    local rows, sum = r:slots "s", 0
    for _, row in ipairs(rows) do sum = sum + row.covers end
    t.eq(sum, 400 * 288)
    t.eq(#rows, 103)
    t.eq({ rows[102].reason, rows[103].outcome }, { "overlap", "done" })
    t.eq(#r:notices "skipped", 1)
    t.eq(r:notices("skipped")[1].count, sum - 1)
  end)

  t.it("more than a tick may write takes several", function()
    local r = fresh({ s = { at = "* * * * *" } }):off(3 * DAY)
    r:start(r.set)
    t.eq(r.S:tick(), r.at)
    t.eq(#r:slots "s", 1000)
    r:wait(10)
    t.eq(#r:slots "s", 3 * 1440)
    local told = r:notices "skipped"
    t.eq({ #told, told[1].count }, { 1, 3 * 1440 - 1 })
  end)

  t.it("a slot that waited is not begun when it is too old by then", function()
    local r = fresh({ a = hourly, b = with { catchup = "none" }, c = hourly, d = { at = "0 2 * * *", window = "2h" } }, endless,
      { jobs = 1 })
    r:wait(2 * HOUR)
    t.eq(r:states "b", "due skipped:overlap")
    r:off(3 * HOUR)
    r:reset()
    r.behave = lasting(1)
    r:start(r.set)
    r:wait(20)
    t.eq(r:states "b", "skipped:missed skipped:overlap skipped:missed skipped:missed skipped:missed")
    t.eq(r:states "d", "skipped:window")
    t.eq(r:slots("a")[1].outcome, "lost")
    t.eq(r:slots("c")[1].outcome, "done")
  end)
end)

t.describe("overlap", function()
  t.it("skip: says what is in the way", function()
    local r = fresh({ s = hourly }, endless)
    r:wait(3 * HOUR)
    t.eq(r:states "s", "running skipped:overlap skipped:overlap")
    t.ok(r:slots("s")[2].note:find("the slot of 20", 1, true), r:slots("s")[2].note)
    r:finish(1, { code = 0 })
    r:wait(HOUR)
    t.eq(r:states "s", "ended:done skipped:overlap skipped:overlap running")
    t.eq(r:notices("skipped")[2].previous, "skipped:overlap")
  end)

  t.it("queue: one waits", function()
    local r = fresh({ s = with { overlap = "queue" } }, endless)
    r:wait(4 * HOUR)
    t.eq(r:states "s", "running due skipped:queue_full skipped:queue_full")
    r:finish(1, { code = 0 })
    r:wait(1)
    t.eq(r:states "s", "ended:done running skipped:queue_full skipped:queue_full")
  end)

  t.it("queue_all: so many wait, in their order", function()
    local r = fresh({ s = with { overlap = "queue_all", overlap_max = 2 } }, endless)
    r:wait(4 * HOUR)
    t.eq(r:states "s", "running due due skipped:queue_full")
    r:finish(1, { code = 0 })
    r:wait(1)
    t.eq(r:states "s", "ended:done running due skipped:queue_full")
    r:finish(2, { code = 0 })
    r:wait(1)
    t.eq(r:states "s", "ended:done ended:done running skipped:queue_full")
  end)

  t.it("allow: so many at once", function()
    local r = fresh({ s = with { overlap = "allow", overlap_max = 2 } }, endless)
    r:wait(3 * HOUR)
    t.eq(r:states "s", "running running skipped:overlap")
  end)

  t.it("cancel: asks a run to stop, and a script by a signal", function()
    local r = fresh({ s = with { overlap = "cancel" } }, function() return { run = "running" } end)
    r:wait(2 * HOUR)
    t.eq(r:states "s", "running due")
    local wanted = r.journal:requested(r:slots("s")[1].run)
    t.eq({ wanted.what, wanted.actor }, { "cancel", "schedule s" })
    r:wait(HOUR)
    t.eq(r:states "s", "running skipped:overlap due")
    r:finish(1, { run = "cancelled", code = 1 })
    r:wait(1)
    t.eq(r:states "s", "ended:cancelled skipped:overlap running")
    r = fresh({ s = with { overlap = "cancel" } }, endless)
    r:wait(2 * HOUR)
    t.eq(r.stopped, { 1 })
    r:finish(1, { code = 143, stopped = true })
    r:wait(1)
    t.eq(r:states "s", "ended:cancelled running")
  end)

  t.it("cancel: not one that waits for somebody", function()
    local r = fresh({ s = with { overlap = "cancel" } }, lasting(1, { run = "in_doubt", code = 4, kind = "in_doubt" }))
    r:wait(2 * HOUR)
    t.eq(r:states "s", "running skipped:overlap")
    t.ok(r:slots("s")[2].note:find("is in doubt", 1, true))
  end)

  t.it("cancel: a run that sleeps is woken to stop", function()
    local r = fresh({ s = with { overlap = "cancel" } }, function(_, job)
      if job.how == "run" and job.slot.id == 1 then return { after = 1, run = "sleeping", wake = start + DAY, code = 3 } end
      return { after = 1, run = job.how == "resume" and "cancelled" or "done", code = job.how == "resume" and 1 or 0 }
    end)
    r:wait(2 * HOUR)
    t.eq(r:states "s", "ended:cancelled ended:done")
  end)

  t.it("held, in doubt, asleep: all are in the way", function()
    for _, state in ipairs { "held", "in_doubt", "sleeping", "waiting", "diverged", "stalled" } do
      local r = fresh({ s = hourly }, lasting(1, { run = state, code = 3, kind = "hold", wake = start + 9 * DAY }))
      r:wait(HOUR)
      t.eq(r:states "s", "running", state)
      r:wait(HOUR - 1)
      t.eq(r:states "s", "running skipped:overlap", state)
    end
  end)

  t.it("jobs: what has no seat waits, and nothing is lost", function()
    local schedules = {}
    for i = 1, 10 do schedules["s" .. i] = hourly end
    local r = fresh(schedules, lasting(60), { jobs = 3 })
    local most = 0
    for _ = 1, 100 do
      r:wait(60)
      most = math.max(most, r.S:busy())
    end
    t.eq(most, 3)
    for i = 1, 10 do t.eq(r:states("s" .. i), "ended:done ended:done") end
  end)
end)

t.describe("people", function()
  t.it("pause and resume", function()
    local r = fresh { s = hourly }
    r:wait(HOUR)
    t.eq(r.S:pause("s", "ann", "holidays"), true)
    r:wait(2 * HOUR)
    t.eq(r.S:view().schedules[1].state, "paused")
    t.eq(r.S:resume("s", "ann"), true)
    r:wait(HOUR)
    t.eq(r:states "s", "ended:done skipped:paused skipped:paused ended:done")
    t.eq(#r:notices "skipped", 2) -- who is told is the notices' business
    t.raises(function() r.S:pause("x", "ann") end, "no schedule 'x'")
  end)

  t.it("pause by another process, also without a daemon", function()
    local r = fresh { s = hourly }
    r.book:pause("s", "ann")
    r:wait(HOUR)
    r:off(2 * HOUR)
    r.book:resume("s", "ann")
    r:off(HOUR):start(r.set)
    r:wait(10)
    t.eq(r:states "s", "skipped:paused skipped:paused skipped:paused ended:done")
  end)

  t.it("pause while a slot waits", function()
    local r = fresh({ s = with { overlap = "queue" } }, endless)
    r:wait(2 * HOUR)
    r.S:pause("s", "ann")
    r:wait(1)
    t.eq(r:states "s", "running skipped:paused")
  end)

  t.it("disable in the file", function()
    local r = fresh { s = with { enabled = false } }
    r:wait(2 * HOUR)
    t.eq(r:states "s", "skipped:disabled skipped:disabled")
  end)

  t.it("run by hand", function()
    local r = fresh({ s = hourly, q = with { overlap = "queue" } }, endless)
    local row = r.S:run_now("s", "ann")
    t.eq({ row.kind, row.actor, row.state }, { "hand", "ann", "due" })
    r:wait(1)
    t.eq(r:states "s", "running")
    t.raises(function() r.S:run_now("s", "ann") end, "is under way")
    r:wait(HOUR)
    t.eq(r:states "s", "running skipped:overlap")
    t.ok(r:slots("s")[2].note:find("the run by hand of", 1, true))
    r.S:pause("q", "ann")
    r:finish(2, { code = 0 })
    r.S:run_now("q", "ann")
    r:wait(1)
    t.eq(r:states "q", "ended:done running")
  end)

  t.it("run by hand at the very moment of a slot, in a process of their own", function()
    local r = fresh { s = hourly }
    local begin, row = r.S.book.start, nil
    r.S.book.start = function(self, ...)
      row = row or r.book:hand("s", "ann", r.at + 1, "hand", "started") -- between look and write
      return begin(self, ...)
    end
    r:wait(1801)
    t.eq({ r:states "s", #r.jobs }, { "due started", 0 })
    r.book:finish(row.id, { outcome = "done" })
    r:wait(60)
    t.eq(r:states "s", "ended:done ended:done")
  end)

  t.it("run by hand in a process of their own", function()
    local r = fresh { s = hourly }
    local row = r.book:hand("s", "ann", r.at, "hand", "started")
    r:wait(8)
    t.eq({ r:slots("s")[1].state, r:slots("s")[1].attempt }, { "started", row.attempt })
    r:wait(65)
    t.eq(r:states "s", "ended:done") -- that one never came
    t.eq(r.jobs[1].attempt, 2)
  end)
end)

t.describe("a new file", function()
  t.it("with another time: from now on", function()
    local r = fresh { s = hourly }
    r:wait(HOUR)
    r.S:load(timetable.set { s = { at = "*/20 * * * *" } })
    r:wait(1801)
    t.eq(r:states "s", "ended:done ended:done ended:done")
    t.eq(r:slots("s")[2].at, start + 1800 + 2400)
  end)

  t.it("read at the very second of a slot does not lose it", function()
    local r = fresh { s = hourly }
    r:wait(1799)
    r.at, r.ticks = start + 1800.5, r.ticks + 1.5
    r.S:load(timetable.set { s = { at = "30 * * * *" } })
    r:wait(1802)
    t.eq(r:states "s", "ended:done ended:done")
    t.eq(r:slots("s")[1].at, start + 1800)
    t.eq(r:slots("s")[2].at, start + HOUR)
  end)

  t.it("read before the tick of a slot of the same schedule", function()
    local r = fresh { s = hourly }
    r:wait(1799)
    r.at, r.ticks = start + 1800.5, r.ticks + 1.5
    r.S:load(timetable.set { s = with { timeout = "10m" } })
    r:wait(5)
    t.eq(r:states "s", "ended:done")
  end)

  t.it("edited while the daemon was away: one row for what passed", function()
    local r = fresh({ s = hourly, kept = hourly }):off(3 * HOUR)
    r:start(timetable.set { s = { at = "15 * * * *" }, kept = with { timeout = "5m", run = "/srv/other.lua" } })
    r:wait(10)
    t.eq(r:states "s", "skipped:edited*3")
    t.eq(r:states "kept", "skipped:missed skipped:missed ended:done")
    t.eq(r.jobs[1].definition.run, "/srv/other.lua")
    r:wait(HOUR)
    t.eq(r:states "s", "skipped:edited*3 ended:done")
  end)

  t.it("without a schedule: what waits is skipped, what runs runs on", function()
    local r = fresh({ s = with { overlap = "queue" }, other = { at = "0 3 * * *" } }, function(_, job)
      if job.how == "run" then return { after = 6000, run = "sleeping", wake = start + 5 * HOUR, code = 3 } end
      return { after = 1, run = "done", code = 0 }
    end)
    r:wait(2 * HOUR)
    r.S:load(timetable.set { other = { at = "0 3 * * *" } })
    r:wait(1)
    t.eq(r:states "s", "running skipped:gone")
    r:wait(5 * HOUR)
    t.eq(r:states "s", "ended:done skipped:gone")
    local names = {}
    for _, job in ipairs(r.jobs) do names[#names + 1] = job.how .. " " .. job.definition.name end
    table.sort(names)
    t.eq(table.concat(names, ", "), "resume other, resume s, run other, run s")
  end)

  t.it("with one again that was gone: as a new one", function()
    local r = fresh { s = hourly, t = hourly }
    r:wait(HOUR)
    r.S:load(timetable.set { t = hourly })
    r:wait(2 * HOUR)
    r.S:load(timetable.set { s = hourly, t = hourly })
    r:wait(HOUR)
    t.eq(r:states "s", "ended:done ended:done")
  end)

  t.it("that the book refuses leaves the old one", function()
    local r = fresh { s = hourly }
    r.S.book.enter = function() require("core.error").raise("config", "no such name") end
    t.raises(function() r.S:load(timetable.set { s = { at = "@daily" } }) end, "no such name")
    r:wait(HOUR)
    t.eq({ r:states "s", r.S:view().set.error }, { "ended:done", "no such name" })
  end)

  t.it("that is broken leaves the old one, and the view says so", function()
    local r = fresh { s = hourly }
    r.S:refused "schedule.lua:3: no such field"
    t.eq(r.S:view().set.error, "schedule.lua:3: no such field")
    r.S:load(r.set)
    t.eq(r.S:view().set.error, nil)
  end)
end)

t.describe("@boot", function()
  t.it("runs once per boot, however often the daemon starts", function()
    local r = fresh { s = { at = "@reboot" } }
    r:wait(10)
    t.eq(r:states "s", "ended:done")
    r:off(HOUR)
    r.boot_at = r.boot_at + 1 -- the same boot, computed from another clock
    r:start(r.set)
    r:wait(10)
    t.eq(r:states "s", "ended:done")
    r:off(HOUR)
    r:reset()
    r:start(r.set)
    r:wait(10)
    t.eq(r:states "s", "ended:done ended:done")
    t.eq(r:slots("s")[2].kind, "boot")
  end)

  t.it("meets overlap and pauses as others do", function()
    local r = fresh({ s = { at = "@boot" }, p = { at = "@boot" } }, lasting(1, { run = "held", code = 3, kind = "hold" }))
    r:wait(10)
    r.book:pause("p", "ann")
    r:off(HOUR)
    r:reset()
    r:start(r.set)
    r:wait(10)
    t.eq(r:states "s", "running skipped:overlap")
    t.eq(r:states "p", "running skipped:paused")
  end)

  t.it("of a schedule that is new long after the boot waits for the next", function()
    local r = fresh { other = hourly }
    r:wait(HOUR)
    r.S:load(timetable.set { s = { at = "@boot" } })
    r:wait(10)
    t.eq(r:states "s", "")
  end)
end)

t.describe("the log", function()
  local function said(r, text)
    local out = {}
    for _, line in ipairs(r.lines) do
      if line.text == text then out[#out + 1] = line.fields end
    end
    return out
  end

  t.it("names what a file brought and took, and what is in the way of a slot", function()
    local r = fresh({ s = { at = "* * * * *" } }, lasting(90, { code = 0 }))
    r:wait(200)
    t.eq(said(r, "schedules in force")[1].new, "s")
    t.ok(said(r, "slots skipped")[1].why:find "^overlap: the slot of ")
  end)

  t.it("names no run where a script began none", function()
    local r = fresh({ s = { at = "* * * * *" } })
    r:wait(120)
    t.eq(said(r, "slot fired")[1].run, nil)
    t.eq(said(r, "slot done")[1].run, nil)
    t.eq(r:slots "s"[1].run, nil)
  end)
end)
