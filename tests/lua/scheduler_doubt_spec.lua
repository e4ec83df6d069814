-- scheduler_doubt_spec.lua - what a sceptical reader of the scheduler did not believe
-- SPDX-License-Identifier: MIT

local t = require "test"
local timetable = require "timetable"

local HOUR <const>, DAY <const> = 3600, 86400
local start <const> = timetable.START
local fresh, with, endless, lasting = timetable.fresh, timetable.with, timetable.endless, timetable.lasting
local hourly = with {}

-- A machine that believes a wrong future, with these schedules entered there.
local function born_in_the_future(schedules, ahead)
  local r = timetable.new(start)
  r.synchronised, r.options = false, { trust_clock = true }
  r.at = r.at + ahead
  r:start(timetable.set(schedules))
  r:wait(10)
  return r
end

t.describe("a schedule that was entered in a wrong future", function()
  t.it("counts from the present, when that is put right", function()
    for _, how in ipairs { "accepted", "synchronised" } do
      local r = born_in_the_future({ s = { every = "1h" }, w = hourly }, 400 * DAY)
      r:step(-400 * DAY)
      if how == "accepted" then
        r:die()
        r.book:wall(r.at, true)
        r:start(r.set)
      else
        r.synchronised = true
        r:wait(700)
        t.eq(r.S:view().clock.ok, true)
      end
      r:wait(2 * HOUR + 5)
      t.eq({ how, r:states "s", r:states "w" }, { how, "ended:done ended:done", "ended:done ended:done" })
      -- and after a restart at any time
      r:off(30):start(r.set)
      r:wait(HOUR)
      t.eq(#r:slots "s", 3)
    end
  end)

  t.it("is not swallowed by a resume of that time", function()
    local r = born_in_the_future({ s = hourly }, 400 * DAY)
    r.S:pause("s", "ann", "why not")
    r.S:resume("s", "ann")
    r:die()
    r.at = r.at - 400 * DAY
    r.book:wall(r.at, true)
    r:start(r.set)
    r:wait(2 * HOUR)
    t.eq(r:states "s", "ended:done ended:done")
  end)
end)

local function held_at_one()
  return fresh({ s = { at = "0 1 * * *" } }, lasting(1, { run = "held", kind = "hold", message = "no such group", code = 3 }))
end

t.describe("a run that waits for somebody", function()
  t.it("is told of again when it was gone on with and waits again for the same reason", function()
    local r = held_at_one()
    r:wait(HOUR)
    t.eq(#r:notices "waiting", 1)
    local run = r:slots("s")[1].run
    r:off(5):start(r.set) -- a restart is no news
    r:wait(20)
    t.eq(#r:notices "waiting", 1)
    r.S:resume_run(run, "ann")
    r:wait(20)
    t.eq({ #r.jobs, #r:notices "waiting" }, { 2, 2 })
  end)

  t.it("is told of once while it is only tried again because the disk is full", function()
    local r = fresh({ s = { at = "0 1 * * *" } }, lasting(1, { run = "stalled", kind = "file", message = "full", code = 3 }))
    r:wait(3 * HOUR)
    t.ok(#r.jobs > 5)
    t.eq(#r:notices "waiting", 1)
  end)

  t.it("is told to be well again, however often it was gone on with", function()
    local r = held_at_one()
    r:wait(HOUR)
    r.behave = lasting(1, { run = "done", code = 0 })
    r.S:resume_run(r:slots("s")[1].run, "ann")
    r:wait(20)
    local ended = r:notices "ended"
    t.eq({ #ended, ended[1].waited }, { 1, true })
  end)
end)

t.describe("a run whose process never comes to it", function()
  t.it("is told of, and not tried each minute for ever", function()
    local r = fresh({ s = { at = "0 1 28 5 *" } }, function(_, job)
      if job.how == "run" then return { after = 1, run = "sleeping", wake = start + 2 * HOUR, code = 3 } end
      return { after = 1, code = 2, no_claim = true }
    end)
    r:wait(DAY)
    t.eq(#r:notices "waiting", 1)
    t.ok(#r.jobs < 100, #r.jobs .. " processes")
    r.behave = lasting(1, { run = "done", code = 0 })
    r:wait(HOUR)
    t.eq(r:states "s", "ended:done")
  end)
end)

-- The store of the daemon, on a disk that is full until told otherwise.
local function full_disk(r)
  local book, store = r.S.book, r.S.book.store
  local err = require("core.error").new("file", "full", { reason = "full" })
  book.store = setmetatable({ atomic = function() return nil, err end }, { __index = function(_, key)
    local value = store[key]
    if type(value) ~= "function" then return value end
    return function(_, ...) return value(store, ...) end
  end })
  return function() book.store = store end
end

t.describe("a new file, read while the disk is full", function()
  t.it("comes into force when there is room", function()
    local r = fresh { s = hourly }
    r:wait(1790)
    local room = full_disk(r)
    r.at, r.ticks = r.at + 20, r.ticks + 20
    t.raises(function() r.S:tick() end, "full")
    t.raises(function() r.S:load(timetable.set { s = hourly, new = with { at = "30 * * * *" } }) end, "full")
    t.eq(r.S:view().set.waits, true)
    room()
    r:wait(HOUR)
    t.eq({ r:states "s", r:states "new" }, { "ended:done ended:done", "ended:done" })
  end)
end)

t.describe("what was missed before somebody paused", function()
  t.it("was missed, and is told", function()
    local r = fresh { s = hourly }
    r:off(2 * HOUR)
    r.book:pause("s", "ann", "later")
    r:off(2 * HOUR):start(r.set)
    r:wait(10)
    t.eq(r:states "s", "skipped:missed skipped:missed skipped:paused skipped:paused")
    t.eq(r:notices("skipped")[1].reasons.missed, 2)
  end)

  t.it("was missed also where it was let go on before anything looked, however often", function()
    local r = fresh { s = hourly }
    for _ = 1, 2 do
      r:off(2 * HOUR)
      r.book:pause("s", "ann", "later")
      r:off(2 * HOUR)
      r.book:resume("s", "ann")
    end
    r:off(2 * HOUR):start(r.set)
    t.eq(#r.book:pauses "s", 2)
    r:wait(10)
    t.eq(r:states "s", ("skipped:missed skipped:missed skipped:paused skipped:paused "):rep(2) .. "skipped:missed ended:done")
    local missed = 0
    for _, notice in ipairs(r:notices "skipped") do missed = missed + (notice.reasons.missed or 0) end
    t.eq({ missed, #r.book:pauses "s" }, { 5, 0 })
  end)

  t.it("is paused while it stays so, also when it was held before", function()
    local r = fresh { s = hourly }
    r.book:hold("s", "too many")
    r:off(2 * HOUR)
    r.book:pause("s", "ann", "later")
    r:off(2 * HOUR):start(r.set)
    r:wait(10)
    t.eq({ r:states "s", #r.book:pauses "s" }, { "skipped:paused skipped:paused skipped:paused skipped:paused", 1 })
  end)

  t.it("counts nothing that a clock said which was ahead", function()
    local r = fresh { s = hourly }
    r:off(2 * HOUR)
    r.at = r.at + 10 * DAY
    r.book:pause("s", "ann")
    r.book:resume("s", "ann")
    r.at = r.at - 10 * DAY
    r:start(r.set)
    r:wait(10)
    t.eq(r:states "s", "skipped:missed ended:done")
  end)
end)

t.describe("overlap cancel", function()
  t.it("of one that does not stop: later slots are told of, once", function()
    local r = fresh({ s = with { overlap = "cancel" } }, endless)
    r:wait(6 * HOUR)
    t.eq(r:states "s", "running skipped:overlap skipped:overlap skipped:overlap skipped:overlap due")
    local heard = {}
    for _, event in ipairs(r:notices "skipped") do
      if event.previous ~= "skipped:overlap" then heard[#heard + 1] = event.reasons.overlap end
    end
    t.eq(heard, { 1 })
  end)

  t.it("of one that waits: it is skipped in the commit that brings what takes its place, never before", function()
    local r, seen = timetable.new(start), {}
    r.behave = endless
    r:start(timetable.set { s = with { overlap = "cancel" } }, function() seen[r:states "s"] = true end)
    r:wait(3 * HOUR)
    local slot = "running skipped:overlap"
    t.eq({ r:states "s", seen[slot .. " due"], seen[slot] }, { slot .. " due", true })
    r.S:run_now("s", "ann")
    local hand = slot .. " skipped:overlap"
    t.eq({ r:states "s", seen[hand .. " due"], seen[hand] }, { hand .. " due", true })
    t.eq(r:slots("s")[3].note, "a run by hand took its place")
  end)
end)

t.describe("forgetting", function()
  t.it("makes no slot run again, wherever the clock goes", function()
    local r = fresh { s = hourly }
    r:wait(5 * HOUR)
    r.book:prune { days = 90, count = 0, now = r.at }
    t.eq(#r:slots "s", 0)
    r:off(10):start(r.set)
    r:wait(10)
    r:step(-3 * HOUR)
    r:wait(10)
    r.synchronised = true
    r:off(10):start(r.set)
    r:wait(3 * HOUR)
    t.eq(r:states "s", "")
    r:wait(HOUR)
    t.eq({ r:states "s", #r.jobs }, { "ended:done", 6 })
  end)

  t.it("spares what waits, however old", function()
    local r = fresh({ s = { at = "0 1 * * *" } }, lasting(1, { run = "held", kind = "hold", code = 3 }))
    r:wait(2 * DAY)
    local n = #r:slots "s"
    r.book:prune { days = 1, count = 0, now = r.at + 300 * DAY }
    t.eq({ n > 0, r:states "s" }, { true, "running" })
  end)
end)

t.describe("a run that waits", function()
  t.it("is in the way also when the rules of its schedule have changed, and when it was gone and is back", function()
    for _, overlap in ipairs { "queue", "queue_all", "cancel", "skip" } do
      local r = fresh({ s = with { overlap = "queue_all" } }, lasting(1, { run = "held", kind = "hold", code = 3 }))
      r:wait(3 * HOUR)
      r.S:load(timetable.set { other = hourly })
      r:wait(HOUR)
      r.S:load(timetable.set { s = with { overlap = overlap, at = "30 * * * *" } })
      r:wait(3 * HOUR)
      local jobs = 0
      for _, job in ipairs(r.jobs) do jobs = jobs + (job.slot.schedule == "s" and 1 or 0) end
      t.eq({ overlap, jobs }, { overlap, 1 })
    end
  end)
end)

t.describe("a schedule that was paused", function()
  t.it("is so when it was out of the file and comes back", function()
    local r = fresh { a = hourly, p = hourly, h = hourly }
    r.S:pause("p", "ann", "the data is wrong")
    r.book:hold("h", "too many")
    local whole = r.set
    for _ = 1, 2 do
      r.S:load(timetable.set { other = { at = "30 5 * * *" } })
      r:wait(2 * HOUR)
      t.eq(r.book:schedule("p").state, "gone")
      r.S:load(whole)
    end
    r:wait(HOUR)
    local p, h = r.book:schedule "p", r.book:schedule "h"
    t.eq({ p.state, p.actor, p.why, h.state, h.why }, { "paused", "ann", "the data is wrong", "held", "too many" })
    t.eq({ r:states "a", r:states "p", r:states "h" }, { "ended:done", "skipped:paused", "skipped:held" })
    r.S:resume("p", "ann")
    r.S:load(timetable.set { a = hourly })
    r.S:load(whole)
    t.eq(r.book:schedule("p").state, "active")
  end)
end)

t.describe("notices that were written in a wrong future", function()
  t.it("are sent, and hold up no others", function()
    local r = timetable.new(start)
    local first = r.book:post({ { channel = "c", body = "{}", due = start + 400 * DAY } }, "s")[1]
    local due = r.book:outbox_due(start, 10)
    t.eq({ #due, due[1] and due[1].id }, { 1, first })
    r.book:again_at(first, start + 3600, "not yet")
    t.eq(#r.book:outbox_due(start, 10), 0)
  end)
end)
