-- scheduler_runs_spec.lua - runs of slots that are not over, and daemons that are killed at each commit
-- SPDX-License-Identifier: MIT

local t = require "test"
local timetable = require "timetable"

local HOUR <const> = 3600
local start <const> = timetable.START
local fresh, with, lasting, endless = timetable.fresh, timetable.with, timetable.lasting, timetable.endless
local hourly = with {}

t.describe("a run that is not over", function()
  t.it("is told of once", function()
    local r = fresh({ s = hourly }, lasting(1, { run = "held", code = 3, kind = "hold", message = "look at it" }))
    r:wait(HOUR)
    t.eq(r:slots("s")[1].reason, "held: look at it")
    r:off(600):start(r.set)
    r:wait(HOUR)
    t.eq(#r:notices "waiting", 1)
    t.eq({ r:notices("waiting")[1].state, r:notices("waiting")[1].error }, { "held", "look at it" })
  end)

  t.it("is told of once, whatever its processes leave behind", function()
    local r = fresh({ s = hourly }, function(rig, job)
      rig.book:told(job.slot.id, { note = "" })
      return { after = 1, run = "stalled", code = 3, kind = "stalled", message = "disk full" }
    end)
    r:wait(2 * HOUR)
    t.ok(#r.jobs > 10)
    t.eq(#r:notices "waiting", 1)
  end)

  t.it("wakes late where there is no seat, and does not spin", function()
    local r = fresh({ a = { at = "0 1 * * *" }, b = { at = "10 1 * * *" } }, function(_, job)
      if job.slot.schedule == "b" then return {} end
      if job.how == "run" then return { after = 1, run = "sleeping", wake = start + HOUR, code = 3 } end
      return { after = 1, run = "done", code = 0 }
    end, { jobs = 1 })
    r:wait(2 * HOUR)
    t.eq({ r:states "a", r:states "b" }, { "running", "running" })
    r:finish(2, { code = 0 })
    r:wait(31)
    t.eq({ r:states "a", r:states "b" }, { "ended:done", "ended:done" })
  end)

  t.it("ends its slot when somebody resumed it by hand and it ended", function()
    local r = fresh({ s = hourly }, lasting(1, { run = "held", code = 3, kind = "hold" }))
    r:wait(HOUR)
    local run = r:slots("s")[1].run
    r.by_hand = run
    r.journal:own(run)
    r.journal:state(run, "running")
    r:wait(60)
    t.eq(r:states "s", "running")
    t.eq(#r.jobs, 1)
    r.journal:state(run, "done")
    r.by_hand = nil
    r:wait(10)
    t.eq(r:states "s", "ended:done")
    t.eq(r:notices("ended")[1].waited, true)
  end)

  t.it("wakes at its time", function()
    local r = fresh({ s = { at = "0 1 * * *" } }, function(_, job)
      if job.how == "run" then return { after = 1, run = "sleeping", wake = start + 2 * HOUR, code = 3 } end
      return { after = 1, run = "done", code = 0 }
    end)
    r:wait(2 * HOUR - 1)
    t.eq(r:states "s", "running")
    t.eq(r:tick() <= start + 2 * HOUR, true)
    r:wait(3)
    t.eq(r:states "s", "ended:done")
    t.eq({ r.jobs[2].how, r.jobs[2].attempt, r.jobs[2].run == r.jobs[1].run }, { "resume", 2, true })
    t.eq(#r:notices "waiting", 0)
  end)

  t.it("goes on when its approval is decided, or its time is over", function()
    local function behave(_, job)
      if job.how == "run" then return { after = 1, run = "waiting", code = 3, wake = start + 3 * HOUR } end
      return { after = 1, run = "done", code = 0 }
    end
    local r = fresh({ s = { at = "0 1 * * *" } }, behave)
    r:wait(HOUR)
    t.eq(r:notices("waiting")[1].state, "waiting")
    r.journal:decide(r:slots("s")[1].run, "ask", { approved = true, by = "ann" })
    r:wait(10)
    t.eq(r:states "s", "ended:done")
    r = fresh({ s = { at = "0 1 * * *" } }, behave)
    r:wait(3 * HOUR - 1)
    t.eq(r:states "s", "running")
    r:wait(5)
    t.eq(r:states "s", "ended:done")
  end)

  t.it("wakes at the end of its own time", function()
    local r = fresh({ s = { at = "0 1 * * *" } }, function(_, job)
      if job.how == "run" then return { after = 1, run = "waiting", code = 3, deadline = start + 2 * HOUR } end
      return { after = 1, run = "held", kind = "timeout", code = 3 }
    end)
    r:wait(3 * HOUR)
    t.eq(#r.jobs, 2)
    t.eq(r:states "s", "running")
  end)

  t.it("is tried again each five minutes while it is stalled", function()
    local n = 0
    local r = fresh({ s = { at = "0 1 * * *" } }, function()
      n = n + 1
      return { after = 1, run = n < 4 and "stalled" or "done", code = n < 4 and 3 or 0 }
    end)
    r:wait(1800 + 899)
    t.eq(n, 3)
    r:wait(10)
    t.eq(r:states "s", "ended:done")
  end)

  t.it("that crashed is resumed after 1, 10 and 60 seconds, until the engine holds it", function()
    local at = {}
    local r = fresh({ s = { at = "0 1 * * *" } }, function(rig, job)
      at[#at + 1] = rig.at - start - 1800
      if #at == 5 then return { after = 1, run = "held", kind = "poison", code = 3 } end
      return { after = 1, run = "running", signal = 11, signal_name = "SIGSEGV", how = job.how }
    end)
    r:wait(HOUR)
    t.eq(at, { 0, 2.0, 13.0, 74.0, 135.0 })
    t.eq(r:states "s", "running")
    t.eq(r:notices("waiting")[1].state, "held")
  end)

  t.it("that took too long waits for somebody, also after a restart", function()
    local r = fresh({ s = hourly }, lasting(1, { run = "held", kind = "interrupted", timed_out = true, code = 3 }))
    r:wait(HOUR)
    t.eq(r:states "s", "running")
    t.eq(#r:notices "waiting", 1)
    t.eq({ r:slots("s")[1].reason, r:slots("s")[1].note },
      { "timed_out", "it took longer than its time limit and waits for somebody" })
    r:off(60):start(r.set)
    r:wait(600)
    t.eq(#r.jobs, 1)
    t.eq(#r:notices "waiting", 1)
    r.S:resume_run(r:slots("s")[1].run, "ann")
    r.behave = lasting(1, { run = "done", code = 0 })
    r:wait(10)
    t.eq(r:states "s":match "^%S+", "ended:done")
  end)

  t.it("that was killed when its time was over is held", function()
    local r = fresh({ s = hourly }, lasting(1, { run = "running", timed_out = true, signal = 9, signal_name = "SIGKILL" }))
    r:wait(HOUR)
    local row = r:slots("s")[1]
    t.eq({ row.state, row.reason, row.run_state, #r.jobs }, { "running", "timed_out", "held", 1 })
    t.eq(#r:notices "waiting", 1)
    r:off(60):start(r.set)
    r:wait(60)
    t.eq(#r.jobs, 1)
    r.S:resume_run(row.run, "ann")
    r.behave = lasting(1, { run = "held", kind = "interrupted", code = 3 })
    r:wait(5)
    t.eq({ #r.jobs, r:slots("s")[1].reason }, { 2, "held: interrupted" })
  end)

  t.it("that was stopped with the daemon goes on at its next start", function()
    local r = fresh({ s = hourly }, function() return { run = "running" } end)
    r:wait(HOUR)
    r.S:drain()
    r:finish(1, { run = "held", kind = "interrupted", stopped = true, code = 3 })
    r:wait(HOUR)
    t.eq({ r:states "s", #r.jobs, #r:notices "waiting" }, { "running", 1, 0 })
    r:die()
    r.behave = lasting(1, { run = "done", code = 0 })
    r:start(r.set)
    r:wait(10)
    t.eq(r.jobs[2].how, "resume")
    t.eq(r:states "s":match "^%S+", "ended:done")
  end)

  t.it("that was stopped before it began is begun at the next start", function()
    for _, dies in ipairs { true, false } do
      local r = fresh({ s = hourly }, function() return { unborn = true } end)
      r:wait(HOUR)
      if dies then r:die() else r.S:drain() end
      r:finish(1, { code = 143, stopped = not dies or nil })
      if not dies then r:wait(5) end
      r.behave = lasting(1, { run = "done" })
      r:off(10):start(r.set)
      r:wait(10)
      t.eq({ r:states "s", #r.jobs, r.jobs[2].how }, { "ended:done", 2, "run" })
    end
  end)

  t.it("with the key of another one fails, and says so", function()
    local r = fresh({ s = hourly }, lasting(1, { unborn = true, code = 6 }))
    r:wait(HOUR)
    t.eq(r:states "s", "ended:failed")
    t.ok(r:slots("s")[1].note:find("exit code 6", 1, true))
  end)

  t.it("may end as undone or abandoned", function()
    for _, state in ipairs { "undone", "abandoned", "failed", "cancelled" } do
      local r = fresh({ s = hourly }, lasting(1, { run = state, code = 1 }))
      r:wait(HOUR)
      t.eq(r:states "s", "ended:" .. state)
    end
  end)
end)

t.describe("the daemon is killed", function()
  t.it("and a plain script with it: lost, never twice", function()
    local r = fresh({ s = hourly }, endless)
    r:wait(HOUR)
    r:off(100)
    r:reset()
    r:start(r.set)
    r:wait(10)
    t.eq({ r:states "s", #r.jobs }, { "ended:lost", 1 })
  end)

  t.it("and its script ended meanwhile: by what it told", function()
    local r = fresh({ s = hourly }, endless)
    r:wait(HOUR)
    r:die()
    r:finish(1, { code = 1 })
    r:off(100):start(r.set)
    r:wait(10)
    t.eq({ r:states "s", r:slots("s")[1].code }, { "ended:failed", 1 })
  end)

  t.it("and its script ends while it is looked at", function()
    local r = fresh({ s = hourly }, endless)
    r:wait(HOUR)
    r:off(100)
    local looked
    r.options = { busy = function(id) -- after the row was read
      if looked then r:finish(id, { code = 0 }) return nil end
      looked = true
      return 1
    end }
    r:start(r.set)
    r:wait(20)
    t.eq(r:states "s", "ended:done")
  end)

  t.it("and its script with it by SIGTERM: killed", function()
    local r = fresh({ s = hourly }, endless)
    r:wait(HOUR)
    r:die()
    r:finish(1, { code = 143 })
    r:off(100):start(r.set)
    r:wait(10)
    t.eq({ r:states "s", r:slots("s")[1].note }, { "ended:killed", "stopped by SIGTERM, for its daemon had died" })
  end)

  t.it("and its script lives: it is followed", function()
    local r = fresh({ s = with { overlap = "queue" } }, lasting(5000))
    r:wait(HOUR)
    r:off(100):start(r.set)
    r:wait(100)
    t.eq(r.S:view().counts.orphans, 1)
    r:wait(2000)
    t.eq(r:states "s", "running due")
    r:wait(1500)
    t.eq(r:states "s", "ended:done running")
  end)

  t.it("and its script ends just before the next one stops: written by that one, whenever it looked last", function()
    local r = fresh({ s = hourly }, endless)
    r:wait(HOUR)
    r:die()
    r:start(r.set)
    r:wait(1)
    t.eq({ r:states "s", r.S:view().counts.orphans }, { "running", 1 })
    r:finish(1, { code = 0 })
    r.S:drain()
    r:tick()
    t.eq(r:states "s", "ended:done")
  end)

  t.it("and its workflow ends just before the next one stops: left to the one after", function()
    local r = fresh({ s = hourly }, function() return { run = "running" } end)
    r:wait(HOUR)
    r:die()
    r:start(r.set)
    r:wait(1)
    r:finish(1, { signal = 9 })
    r.S:drain()
    r:wait(HOUR)
    t.eq({ r:states "s", #r.jobs, #r:notices "waiting" }, { "running", 1, 0 })
    r.behave = lasting(1, { run = "done", code = 0 })
    r:off(10):start(r.set)
    r:wait(10)
    t.eq({ r:states "s":match "^%S+", r.jobs[2].how }, { "ended:done", "resume" })
  end)

  t.it("and a workflow with it: it goes on", function()
    local r = fresh({ s = hourly }, function() return { run = "running" } end)
    r:wait(HOUR)
    r:off(100)
    r:reset()
    r.behave = lasting(1, { run = "done", code = 0 })
    r:start(r.set)
    r:wait(10)
    t.eq(r:states "s", "ended:done")
    t.eq({ r.jobs[2].how, r.jobs[2].attempt, r.jobs[2].run == r.jobs[1].run }, { "resume", 2, true })
  end)

  t.it("before a process had its slot: it is started again", function()
    local r = fresh({ s = hourly }, function() return { no_claim = true } end)
    r:wait(HOUR)
    r:off(10)
    r:reset()
    r.behave = lasting(1)
    r:start(r.set)
    r:wait(10)
    t.eq(r:states "s", "ended:done")
    t.eq({ r.jobs[2].how, r.jobs[2].attempt }, { "run", 2 })
  end)

  t.it("and a process that comes late to its slot finds another there", function()
    local r = fresh({ s = hourly }, function() return { no_claim = true } end)
    r:wait(HOUR)
    local late = r.processes[1]
    r:die()
    r:reset()
    r.behave = endless
    r:start(r.set)
    r:wait(1)
    t.eq(r.book:claim(late.job.slot.id, late.job.attempt, 1, "boot-1"), nil)
    t.eq(r:slots("s")[1].attempt, 2)
  end)

  t.it("while it was idle, and the slot passed: as any other outage", function()
    local r = fresh({ s = hourly }):off(1830)
    r:start(r.set)
    r:wait(5)
    t.eq(r:states "s", "ended:done")
    t.eq(r:slots("s")[1].catchup, 0)
  end)
end)

-- Kills the daemon at the n-th commit of the book, starts it again at once, and lets it be.
local function killed_at(n, schedules, behave, prelude)
  local r = timetable.new(start)
  r.behave = behave
  local set = timetable.set(schedules)
  local left = n
  local function hook()
    left = left - 1
    if left == 0 then error(setmetatable({}, timetable.Killed), 0) end
  end
  local function guarded(fn)
    local ok, err = pcall(fn)
    if ok then return true end
    if getmetatable(err) ~= timetable.Killed then error(err, 0) end
    r:die()
    if prelude then r:reset() end -- the machine died with it
    return false
  end
  local alive = guarded(function() r:start(set, hook) end)
  alive = alive and guarded(function() r:wait(4 * HOUR) end)
  local died = not alive
  while r.at < start + 6 * HOUR do
    if not alive then r:start(set) end
    alive = guarded(function() r:pass(start + 6 * HOUR) end)
  end
  return died, r
end

t.describe("killed at each commit", function()
  local function campaign(name, schedules, behave, check, machine)
    t.it(name, function()
      local n, died = 0, true
      while died do
        n = n + 1
        local r
        died, r = killed_at(n, schedules, behave, machine)
        check(r, ("killed at commit %d"):format(n))
      end
      t.ok(n > 10, n .. " commits")
    end)
  end

  -- One row per slot, and each begun once.
  local function each_once(r, what)
    local rows, begun = r:slots "s", {}
    t.eq(#rows, 6, what)
    for _, job in ipairs(r.jobs) do begun[job.slot.id] = (begun[job.slot.id] or 0) + 1 end
    for i, row in ipairs(rows) do
      t.eq(row.at, start + 1800 + (i - 1) * HOUR, what)
      t.eq(row.outcome, "done", what)
    end
    return begun
  end

  campaign("scripts: none lost, none twice", { s = hourly }, lasting(10), function(r, what)
    for _, n in pairs(each_once(r, what)) do t.eq(n, 1, what) end
  end)

  campaign("workflows", { s = hourly }, lasting(10, { run = "done" }), function(r, what) each_once(r, what) end)

  campaign("workflows, with the machine", { s = hourly }, lasting(10, { run = "done" }), function(r, what) each_once(r, what) end,
    true)

  campaign("scripts, with the machine: lost at worst", { s = hourly }, lasting(10), function(r, what)
    local ran = {}
    t.eq(#r:slots "s", 6, what)
    for _, job in ipairs(r.jobs) do
      t.ok(not ran[job.slot.id] or job.attempt > 1, what)
      ran[job.slot.id] = true
    end
    local lost = 0
    for _, row in ipairs(r:slots "s") do
      t.eq(row.state, "ended", what)
      if row.outcome == "lost" then lost = lost + 1 else t.eq(row.outcome, "done", what) end
    end
    t.ok(lost <= 1, what)
  end, true)

  t.it("while it makes up for some: not for more of them", function()
    local n, died = 0, true
    while died do
      n, died = n + 1, false
      local r = fresh { s = with { catchup = "all", catchup_max = 3, overlap = "allow" } }
      r:off(10 * HOUR)
      local left = n
      local ok, err = pcall(function()
        r:start(r.set, function()
          left = left - 1
          if left == 0 then error(setmetatable({}, timetable.Killed), 0) end
        end)
        r:wait(30)
      end)
      if not ok then
        if getmetatable(err) ~= timetable.Killed then error(err, 0) end
        died = true
        r:die()
        r:start(r.set)
      end
      r:wait(30)
      local ran, sum = 0, 0
      for _, row in ipairs(r:slots "s") do
        sum = sum + row.covers
        if row.state ~= "skipped" then ran = ran + 1 end
      end
      t.eq({ ran, sum, r.book:schedule("s").state }, { 3, 10, "held" }, "killed at commit " .. n)
    end
    t.ok(n > 5)
  end)

  campaign("runs that sleep", { s = { at = "0 */3 * * *" } }, function(rig, job)
    if job.how == "run" then return { after = 1, run = "sleeping", wake = rig.at + 600, code = 3 } end
    return { after = 1, run = "done", code = 0 }
  end, function(r, what) t.eq(r:states "s", "ended:done ended:done", what) end)

  local all = with { catchup = "all", overlap = "queue_all" }
  campaign("catch-up of all, and a queue", { s = all }, lasting(4000), function(r, what)
    local rows = r:slots "s"
    t.eq(#rows, 6, what)
    for i, row in ipairs(rows) do
      t.eq(row.at, start + 1800 + (i - 1) * HOUR, what)
      t.ok(row.state ~= "skipped", what)
      if i > 1 and row.started then t.ok(rows[i - 1].ended <= row.started, what) end
    end
  end)
end)
