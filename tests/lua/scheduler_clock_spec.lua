-- scheduler_clock_spec.lua - clocks that are wrong, a full disk, the view, and memory
-- SPDX-License-Identifier: MIT

local t = require "test"
local timetable = require "timetable"

local HOUR <const>, DAY <const> = 3600, 86400
local start <const> = timetable.START
local fresh, with, endless = timetable.fresh, timetable.with, timetable.endless
local hourly = with {}

t.describe("the clock", function()
  t.it("back: no slot runs twice", function()
    local r = fresh { s = hourly }
    r:wait(2 * HOUR)
    r:step(-5000)
    r:wait(5000)
    t.eq(r:states "s", "ended:done ended:done")
    r:wait(HOUR)
    t.eq(r:states "s", "ended:done ended:done ended:done")
  end)

  t.it("on by some hours: as an outage", function()
    local r = fresh { s = hourly }
    r:wait(HOUR)
    r:step(3 * HOUR)
    r:wait(10)
    t.eq(r:states "s", "ended:done skipped:missed skipped:missed ended:done")
  end)

  t.it("suspended for days: as an outage, whoever hears of it first", function()
    for _, first in ipairs { true, false } do
      local r = fresh { s = hourly }
      r:wait(HOUR)
      r.at = r.at + 3 * DAY
      if not first then t.eq(r.S:tick() > r.at, true) end
      r.S:clock_moved(0, 3 * DAY)
      r:wait(10)
      t.eq(#r:slots "s", 1 + 72)
      t.eq(r.S:view().clock.ok, true)
    end
  end)

  t.it("not synchronised: nothing begins, nothing is lost", function()
    local r = timetable.new(start)
    r.synchronised = false
    r:start(timetable.set { s = hourly })
    r:wait(3 * HOUR)
    t.eq(r.book:schedule "s", nil) -- since would be wrong
    t.eq({ r.S:view().clock.ok, #r:notices "clock" }, { false, 1 })
    r.synchronised = true
    r:wait(HOUR)
    t.eq(r:states "s", "ended:done")
    r.synchronised = false
    r:wait(3 * HOUR)
    t.eq(r:states "s", "ended:done")
    r.synchronised = true
    r:wait(10)
    t.eq(r:states "s", "ended:done skipped:missed skipped:missed ended:done")
  end)

  t.it("not synchronised, and trusted", function()
    local r = timetable.new(start)
    r.synchronised, r.options = false, { trust_clock = true }
    r:start(timetable.set { s = hourly })
    r:wait(HOUR)
    t.eq(r:states "s", "ended:done")
  end)

  t.it("before the last time that was seen: nothing begins until then", function()
    local r = fresh({ s = hourly }):off(0)
    r:start(r.set)
    r:wait(HOUR)
    r:off(-2 * HOUR)
    r.ticks = 10
    r:start(r.set)
    r:wait(HOUR)
    t.eq({ r:states "s", r.S:view().clock.ok }, { "ended:done", false })
    t.ok(r.S:view().clock.why:find("--accept-clock", 1, true))
    r:wait(3 * HOUR)
    t.eq(r:states "s", "ended:done ended:done ended:done")
    t.eq(r.S:view().clock.ok, true)
  end)

  local function wrong_future(synchronised)
    local r = timetable.new(start)
    r.synchronised, r.options = synchronised, { trust_clock = true }
    r:start(timetable.set { s = hourly })
    r:wait(HOUR)
    return r
  end

  t.it("in a wrong future: nothing is swallowed if it is put right within ten minutes", function()
    for _, silent in ipairs { true, false } do
      local r = wrong_future()
      r:step(400 * DAY, silent)
      r:wait(500)
      t.eq({ r:states "s", r.S:view().clock.ok }, { "ended:done", false })
      r:step(-400 * DAY, silent)
      r:wait(HOUR)
      t.eq(r:states "s", "ended:done ended:done")
      t.eq(r.S:view().clock.ok, true)
    end
  end)

  t.it("in a future that stays: it is believed after ten minutes, or when it is synchronised", function()
    local r = wrong_future()
    r:step(400 * DAY)
    r:wait(700)
    local rows = r:slots "s"
    t.eq(rows[#rows].outcome, "done")
    t.eq(rows[2].covers > 300 * 24 and rows[2].reason, "missed")
    r = wrong_future(true)
    r:step(400 * DAY)
    r:wait(10)
    rows = r:slots "s"
    t.eq(rows[#rows].outcome, "done")
  end)

  -- The slots that a schedule's rows stand for, each of which must stand for the next one.
  local function count_of(r, upto)
    local n = 0
    for _, row in ipairs(r:slots "s") do
      if row.at <= upto then
        n = n + row.covers
        t.eq(row.at, start + 1800 + (n - 1) * HOUR)
      end
    end
    return n
  end

  t.it("in a future that was believed and is put back: its slots are yet to come, and come", function()
    for _, ahead in ipairs { 9 * DAY, 100 * DAY } do
      for _, catchup in ipairs { "one", "none", "all" } do
        local r = timetable.new(start)
        r.synchronised = true
        r:start(timetable.set { s = with { catchup = catchup, jitter = "10m" } })
        r:wait(1.5 * HOUR)
        r:off(2 * HOUR)
        r:step(ahead, true)
        r:start(r.set)
        r:wait(60)
        r:step(-ahead)
        r:wait(HOUR) -- ten minutes until the present is believed
        r.S:resume("s", "me")
        local before, there = r.at, #r:slots "s"
        r:wait(2 * DAY)
        local ran = 0
        for _, row in ipairs(r:slots "s") do
          if row.at >= before and row.at < r.at - HOUR and row.outcome == "done" then ran = ran + 1 end
        end
        t.eq(ran, 2 * 24 - 1, catchup)
        t.ok(there < 60, "the future is forgotten")
        t.ok(count_of(r, r.at - HOUR) >= 2 * 24, catchup)
      end
    end
  end)

  t.it("in a future that was believed and is put back: not blocked for ever", function()
    local r = wrong_future()
    r:step(400 * DAY)
    r:wait(700)
    local function done()
      return select(2, r:states "s":gsub("ended:done", "%0"))
    end
    local n = #r:slots "s"
    r:step(-400 * DAY)
    r:wait(HOUR)
    t.eq({ #r:slots "s", r.S:view().clock.ok }, { n, false })
    r:die()
    n = done()
    r.book:wall(r.at, true) -- errand serve --accept-clock
    r:start(r.set)
    r:wait(3 * HOUR)
    t.eq(r.S:view().clock.ok, true)
    t.eq(done(), n + 3)
    -- the same by a clock that is synchronised
    r = wrong_future()
    r:step(400 * DAY)
    r:wait(700)
    n = done()
    r:step(-400 * DAY)
    r.synchronised = true
    r:wait(3 * HOUR)
    t.eq(r.S:view().clock.ok, true)
    t.ok(done() >= n + 2)
  end)
end)

t.describe("the store", function()
  t.it("full: the tick raises, and nothing is lost when there is room", function()
    local r = fresh { s = hourly }
    r:wait(1799)
    local book_ = r.S.book
    local atomic = r.store.atomic
    local err = require("core.error").new("file", "full", { reason = "full" })
    local full = setmetatable({ atomic = function() return nil, err end }, { __index = function(_, key)
        local value = r.store[key]
        if type(value) ~= "function" then return value end
        return function(_, ...) return value(r.store, ...) end
      end })
    t.ok(atomic)
    book_.store = full
    r.at, r.ticks = r.at + 10, r.ticks + 10
    t.raises(function() r.S:tick() end, "full")
    book_.store = r.store
    r:wait(0.5)
    t.eq(r:states "s", "running")
    book_.store = full
    r:finish(1, {})
    t.raises(function() r.S:tick() end, "full")
    t.raises(function() r.S:tick() end, "full")
    book_.store = r.store
    r:wait(1)
    t.eq({ r:states "s", #r.jobs }, { "ended:done", 1 })
  end)

  t.it("full for a moment: what was being looked at is looked at again", function()
    local r = fresh({ s = { at = "0 1 * * *" } }, timetable.lasting(1, { run = "held", code = 3, kind = "hold" }))
    r:wait(HOUR)
    r.journal:own(r:slots("s")[1].run)
    r.journal:state(r:slots("s")[1].run, "done")
    local finish = r.S.book.finish
    r.S.book.finish = function()
      r.S.book.finish = finish
      error("full", 0)
    end
    r.at, r.ticks = r.at + 6, r.ticks + 6
    t.raises(function() r.S:tick() end, "full")
    r:tick()
    t.eq(r:states "s", "ended:done")
  end)
end)

t.describe("a tick with nothing due", function()
  t.it("costs no store write, and few reads", function()
    local r = fresh { s = with {}, b = { at = "@boot" } }
    r:wait(5)
    local writes, reads, rows = 0, 0, r.S.book.rows
    r.S.book.hook = function() writes = writes + 1 end
    r.S.book.rows = function(...)
      reads = reads + 1
      return rows(...)
    end
    for _ = 1, 100 do
      r.at, r.ticks = r.at + 1, r.ticks + 1
      r.S:tick()
    end
    t.eq(writes, 0)
    t.ok(reads <= 2, reads .. " reads")
  end)
end)

t.describe("the view", function()
  t.it("shows what comes and what was", function()
    local r = fresh({ a = with { overlap = "queue" }, b = { at = "@boot" } }, endless)
    r:wait(2 * HOUR)
    local view = r.S:view()
    t.eq({ view.ready, view.clock.ok, view.set.file, #view.schedules }, { true, true, "/etc/errand/schedule.lua", 2 })
    local a = view.schedules[1]
    t.eq({ a.name, a.state, #a.next, #a.strip, a.last.state }, { "a", "active", 5, 2, "due" })
    t.eq(a.next[1].at, start + 1800 + 2 * HOUR)
    t.eq(#view.schedules[2].next, 0)
    t.eq(view.counts, { due = 1, started = 0, running = 2, children = 2, orphans = 0 })
    t.eq(view.overdue, nil)
    t.eq({ #view.children, view.children[1].slot.schedule }, { 2, "b" })
  end)
end)

t.describe("memory", function()
  t.it("is flat over many slots", function()
    local r = fresh({ s = { at = "* * * * *", keep = { count = 100 } } }, function(_, job)
      if job.slot.id % 10 ~= 0 then return { after = 1, code = 0 } end
      return { after = 1, run = job.how == "run" and "running" or "done", signal = job.how == "run" and 9 or nil,
        code = job.how ~= "run" and 0 or nil }
    end)
    r.S.log = function() end
    local function settle()
      r.jobs, r.sent, r.lines = {}, {}, {}
      collectgarbage()
      collectgarbage()
      return collectgarbage "count"
    end
    r:wait(5 * HOUR)
    local before = settle()
    r:wait(30 * HOUR)
    t.ok(settle() - before < 40, "grows by less than 40 KiB")
    t.eq(next(r.S.items), nil)
  end)
end)
