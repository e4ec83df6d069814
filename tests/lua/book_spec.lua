-- book_spec.lua - schedules and their slots in the store: each there once, all or nothing, and not for ever.
-- SPDX-License-Identifier: MIT
local t = require "test"
local book = require "core.schedule.book"
local host_store = require "host.store"
local journal = require "core.run.journal"
local json = require "host.json"
local retention = require "core.schedule.retention"
local sys = require "host.sys"

-- A book with a clock that stands still: B, its store, what has its time in `at`.
local function open(path)
  local store, clock = assert(host_store.open(path)), { at = 1000 }
  return book.open(store, function() return clock.at end), store, clock
end

local function entry(name, digest, rows)
  return { name = name, digest = digest or "d1", definition = json.encode(json.object { name = name }), rows = rows }
end

local function raised(fn, ...)
  local ok, err = pcall(fn, ...)
  t.ok(not ok, "it raises")
  return type(err) == "table" and err or { message = tostring(err) }
end

-- One schedule with a slot that is due at 60.
local function one()
  local B, store, clock = open()
  B:enter({ entry "a" }, 0, "/s.lua")
  return B, B:fire("a", 60, { { at = 60 } })[1].id, store, clock
end

local function ats(rows)
  local out = {}
  for i, row in ipairs(rows) do out[i] = row.at end
  return out
end

t.describe("the book of schedules", function()
  t.it("knows what a file has, had and has again", function()
    local B, _, clock = open()
    t.eq(B:enter({ entry "a", entry "b" }, 500.7, "/s.lua"), { new = { "a", "b" }, changed = {}, back = {}, gone = {} })
    local row = B:schedule "a"
    t.eq({ row.since, row.state, row.digest, row.file, row.changed, row.last_slot }, { 500, "active", "d1", "/s.lua", 1000, nil })
    B:fire("a", 600, { { at = 600 } })
    t.eq(B:enter({ entry "a", entry "b" }, 700, "/s.lua"), { new = {}, changed = {}, back = {}, gone = {} })
    t.eq({ B:schedule "a".since, B:schedule "a".last_slot }, { 500, 600 }, "the same file changes nothing")
    -- edited: what was missed under the old timing is written before since moves
    B:pause("a", "me", "holiday")
    clock.at = 1100
    t.eq(B:enter({ entry("a", "d2", { { at = 660, state = "skipped", reason = "edited", covers = 2 } }) }, 800, "/t.lua"),
      { new = {}, changed = { "a" }, back = {}, gone = { "b" } })
    row = B:schedule "a"
    t.eq({ row.since, row.last_slot, row.state, row.why, row.digest, row.file, row.changed },
      { 800, nil, "paused", "holiday", "d2", "/t.lua", 1000 })
    t.eq({ B:slots()[1].reason, B:slots()[1].covers, B:slots()[1].ended }, { "edited", 2, 1100 })
    t.eq({ B:schedule "b".state, B:schedule "b".changed }, { "gone", 1100 })
    t.eq(B:resume("b", "me"), nil, "what is gone does not go on")
    B:fire("b", 900, {})
    t.eq(B:enter({ entry("b", "d1") }, 950, "/s.lua").back, { "b" })
    row = B:schedule "b"
    t.eq({ row.since, row.last_slot, row.state }, { 950, nil, "active" }, "there again is as new")
    t.eq(B:schedule "a".state, "gone")
    t.eq(B:schedules().b, row)
    t.eq(B:schedule "c", nil)
  end)

  t.it("is told who paused and why", function()
    local B, _, clock = open()
    B:enter({ entry "a" }, 0)
    clock.at = 1200
    t.eq(B:pause("a", "me", "holiday"), true)
    local row = B:schedule "a"
    t.eq({ row.state, row.actor, row.why, row.changed }, { "paused", "me", "holiday", 1200 })
    local done, old = B:pause("a", "you", "again")
    t.eq({ done, old.actor }, { nil, "me" }, "the first one counts")
    t.eq(B:hold("a", "too much"), nil, "a paused one is not held")
    t.eq(B:resume("a", "you"), true)
    row = B:schedule "a"
    t.eq({ row.state, row.actor, row.why }, { "active", "you", nil })
    t.eq(B:resume("a", "you"), nil)
    t.eq(B:hold("a", "too much", { { channel = "mail", body = "{}" } }), true)
    t.eq({ B:schedule "a".state, B:schedule "a".why, #B:outbox(), B:outbox()[1].schedule }, { "held", "too much", 1, "a" })
    t.eq(B:pause("a", "me", "later"), true, "a held one can be paused")
    t.eq({ B:pause("c", "me") }, { nil, nil })
  end)

  t.it("remembers the time of day, forwards", function()
    local B, store = open()
    t.eq(B:last_wall(), nil)
    t.eq({ B:wall(100.5), B:wall(130), B:wall(130.5), B:wall(90), B:last_wall() }, { true, false, true, false, 130.5 })
    t.eq({ book.open(store):wall(140), B:wall(50, true), B:last_wall(), B:wall(79), B:wall(80) },
      { false, true, 50, false, true })
    B:wall(1795328603.4853)
    t.ok(math.abs(B:last_wall() - 1795328603.4853) < 0.001)
  end)
end)

t.describe("a slot", function()
  t.it("has one row, however often it is fired", function()
    local B, _, clock = open()
    B:enter({ entry "a", entry "b" }, 0)
    local rows = B:fire("a", 120, { { at = 60, due = 75, local_time = "1970-01-01 01:01", flags = "gap", collapsed = 2,
      times = "1970-01-01 00:30,1970-01-01 00:45" },
      { at = 120, state = "skipped", reason = "missed", covers = 7, note = "n" } })
    t.eq(ats(rows), { 60, 120 })
    local row = B:slot(rows[1].id)
    t.eq({ row.schedule, row.kind, row.due, row.local_time, row.flags, row.collapsed, row.times, row.covers, row.catchup,
      row.state, row.made, row.attempt, row.ended }, { "a", "slot", 75, "1970-01-01 01:01", "gap", 2,
      "1970-01-01 00:30,1970-01-01 00:45", 1, 0, "due", 1000, 0, nil })
    row = B:slot(rows[2].id)
    t.eq({ row.state, row.reason, row.covers, row.note, row.ended, row.outcome }, { "skipped", "missed", 7, "n", 1000, nil })
    B:start(rows[1].id, "r-1")
    clock.at = 2000
    rows = B:fire("a", 180, { { at = 60 }, { at = 120, state = "skipped", reason = "overlap" },
      { at = 180, catchup = true } })
    t.eq(ats(rows), { 180 }, "those that are new")
    t.eq({ rows[1].catchup, rows[1].due }, { 1, 180 })
    t.eq({ B:slot(1).state, B:slot(2).reason, B:slot(1).made }, { "started", "missed", 1000 })
    t.eq(#B:fire("b", 60, { { at = 60 } }), 1, "another schedule has its own")
    t.eq({ B:schedule "a".last_slot, B:schedule "b".last_slot }, { 180, 60 })
    B:fire("a", 150, {})
    t.eq(B:schedule "a".last_slot, 180, "which never goes back")
    local sum = 0
    for _, count in ipairs(B:counts()) do sum = sum + count.slots end
    t.eq(sum, 10)
  end)

  t.it("is there with its notice, its fellows and its hold, or not at all", function()
    local B, store = open()
    B:enter({ entry "a" }, 0)
    local notice = { channel = "mail", body = '{"a":1}', due = 5, expires = 99 }
    raised(B.fire, B, "a", 120, { { at = 60 }, { at = 120, kind = "perhaps" } }, { notice })
    raised(B.fire, B, "a", 120, { { at = 60 } }, { { channel = "mail" } }, "too many")
    t.eq({ #B:slots(), #B:outbox(), B:schedule "a".last_slot, B:schedule "a".state }, { 0, 0, nil, "active" })
    local waits = B:hand("a", "me", 30, "hand")
    local replaced = { { id = waits.id, reason = "overlap", note = "later" } }
    raised(B.fire, B, "a", 120, { { at = 60 } }, { { channel = "mail" } }, nil, replaced)
    t.eq(B:slot(waits.id).state, "due")
    B:fire("a", 120, {}, nil, nil, replaced)
    waits = B:slot(waits.id)
    t.eq({ waits.state, waits.reason, waits.note, waits.ended }, { "skipped", "overlap", "later", 1000 })
    store:execute("DELETE FROM slot WHERE id = :id", { id = waits.id })
    store:execute "UPDATE schedule SET last_slot = NULL"
    B:fire("a", 120, { { at = 60 } }, { notice }, "too many")
    t.eq({ #B:slots(), B:schedule "a".last_slot, B:schedule "a".state, B:schedule "a".why }, { 1, 120, "held", "too many" })
    local row = B:outbox()[1]
    t.eq({ row.schedule, row.slot, row.channel, row.body, row.due, row.expires, row.tries, row.made },
      { "a", nil, "mail", '{"a":1}', 5, 99, 0, 1000 })
    -- a full disk: nothing, then everything
    local pages = store:rows("PRAGMA page_count")[1].page_count
    store:rows(("PRAGMA max_page_count = %d"):format(pages))
    local rows = {}
    for i = 1, 1000 do rows[i] = { at = 1000 + i * 60, note = ("x"):rep(100) } end
    local err = raised(B.fire, B, "a", 90000, rows, { notice })
    t.eq({ err.kind, err.reason }, { "file", "full" })
    t.eq({ #B:slots(), #B:outbox(), B:schedule "a".last_slot }, { 1, 1, 120 })
    store:rows "PRAGMA max_page_count = 1000000"
    t.eq(#B:fire("a", 90000, rows, { notice }), 1000)
    t.eq({ #B:slots(), #B:outbox() }, { 1001, 2 })
  end)

  t.it("goes from due to its end, and nowhere else", function()
    local B, id, _, clock = one()
    t.eq({ B:claim(id, 1, 77, "boot"), B:again(id), B:told(id, { code = 0 }) }, {}, "nobody runs it yet")
    clock.at = 1001.5
    local row = B:start(id, "r-abc234")
    t.eq({ row.state, row.attempt, row.run, row.started, row.schedule }, { "started", 1, "r-abc234", 1001.5, "a" })
    t.eq({ B:start(id, "r-other2"), B:skip(id, "overlap") }, {})
    t.eq(B:claim(id, 2, 77, "boot"), nil, "another attempt is not this one")
    row = B:claim(id, 1, 77, "boot")
    t.eq({ row.state, row.pid, row.boot_id }, { "running", 77, "boot" })
    t.eq(B:claim(id, 1, 78, "boot"), nil, "one process has it")
    t.eq(B:told(id, { code = 3, note = "held", attempt = 1 }), true)
    t.eq({ B:slot(id).code, B:slot(id).note, B:slot(id).run }, { 3, "held", "r-abc234" })
    row = B:again(id)
    t.eq({ row.state, row.attempt, row.run, row.code, row.pid, row.boot_id, row.started, row.note },
      { "started", 2, "r-abc234", nil, nil, nil, 1001.5, "held" })
    t.eq({ B:told(id, { code = 0, attempt = 1 }), B:claim(id, 1, 77, "boot") }, {}, "an attempt that is over says nothing")
    B:claim(id, 2, 79, "boot")
    B:told(id, { run = "r-taken2" })
    t.eq(B:slot(id).run, "r-taken2")
    B:told(id, { run = false, code = 0 })
    t.eq({ B:slot(id).run, B:slot(id).code }, { nil, 0 })
    clock.at = 1010
    t.raises(function() B:finish(id, {}) end, "outcome")
    t.eq(B:finish(id, { outcome = "killed", reason = "memory", note = "n", signal = "SIGKILL", seconds = 8.5, peak = 2^30,
      output = 12.0, dropped = 0 }, { { channel = "c", body = "{}" } }), true)
    row = B:slot(id)
    t.eq({ row.state, row.outcome, row.reason, row.note, row.code, row.signal, row.seconds, row.peak, row.output, row.dropped,
      row.ended, row.attempt }, { "ended", "killed", "memory", "n", 0, "SIGKILL", 8.5, 1 << 30, 12, 0, 1010, 2 })
    t.eq({ B:outbox()[1].slot, B:outbox()[1].schedule }, { id, "a" })
    t.eq({ B:finish(id, { outcome = "done" }, { { channel = "c", body = "{}" } }), B:again(id), B:told(id, { code = 1 }),
      B:start(id), B:skip(id, "x"), #B:outbox() }, { nil, nil, nil, nil, nil, 1 }, "what is over is over")
    local due = B:fire("a", 120, { { at = 120 } })[1].id
    t.eq(B:skip(due, "overlap", "run r-abc234", { { channel = "c", body = "{}" } }), true)
    row = B:slot(due)
    t.eq({ row.state, row.reason, row.note, row.ended, #B:outbox() }, { "skipped", "overlap", "run r-abc234", 1010, 2 })
    t.eq({ B:start(due), B:finish(due, { outcome = "done" }), B:skip(due, "x") }, {})
    local failed = B:fire("a", 180, { { at = 180 } })[1].id
    t.eq(B:finish(failed, { outcome = "failed", reason = "no such file" }), true, "it could not even be started")
    t.eq({ B:slot(999), B:start(999), B:finish(999, { outcome = "done" }) }, {})
  end)

  t.it("is claimed by one of two processes", function()
    local path = os.tmpname()
    os.remove(path)
    local B, store = open(path)
    local C, other = open(path)
    B:enter({ entry "a" }, 0)
    local id = B:fire("a", 60, { { at = 60 } })[1].id
    B:start(id)
    t.eq({ C:claim(id, 1, 2, "b").pid, B:claim(id, 1, 1, "b"), B:slot(id).pid }, { 2, nil, 2 })
    t.eq({ #C:fire("a", 60, { { at = 60 } }), #C:slots() }, { 0, 1 })
    other:close()
    store:close()
    for _, suffix in ipairs { "", "-wal", "-shm", ".reserve" } do os.remove(path .. suffix) end
  end)

  t.it("does not begin beside too many others", function()
    local B = open()
    B:enter({ entry "a", entry "b" }, 0)
    B:fire("a", 240, { { at = 60 }, { at = 120 }, { at = 180 }, { at = 240 } })
    B:fire("b", 60, { { at = 60 } })
    t.eq({ B:start(5).attempt, B:start(1, nil, 1).attempt, B:start(2, nil, 1) }, { 1, 1 })
    B:claim(1, 1, 7, "b")
    t.eq({ B:start(2, nil, 1), B:start(2, nil, 2).attempt, B:start(3, nil, 2), B:slot(3).state }, { nil, 1, nil, "due" })
    t.eq(B:hand("a", "me", 500, "hand", "started", { most = 2 }), nil)
    B:finish(1, { outcome = "done" })
    t.eq(B:hand("a", "me", 500, "hand", "started", { most = 2 }).attempt, 1)
    t.eq({ B:start(3, nil, 2), B:start(3).attempt }, { nil, 1 })
  end)

  t.it("by hand has a second of its own, one of a boot the boot", function()
    local B, _, clock = open()
    B:enter({ entry "a" }, 0)
    clock.at = 1000.9
    B:fire("a", 1000, { { at = 1000 } })
    local row = B:hand("a", "me", 1000.9, "hand")
    t.eq({ row.at, row.due, row.kind, row.state, row.actor, row.attempt, row.started },
      { 1000, 1000, "hand", "due", "me", 0, nil })
    row = B:hand("a", "you", 1000.95, "hand", "started", { run = "r-abc234", local_time = "02:16", note = "n" })
    t.eq({ row.at, row.state, row.attempt, row.started, row.run, row.local_time, row.note },
      { 1001, "started", 1, 1000.9, "r-abc234", "02:16", "n" })
    t.eq(B:claim(row.id, 1, 5, "boot").state, "running")
    t.eq(B:hand("a", "me", 1001, "hand").at, 1002)
    t.eq(B:hand("a", "me", 999, "hand").at, 999)
    t.eq({ B:hand("a", nil, 300, "boot", "due", { boot = "b1" }).at,
      B:hand("a", nil, 300, "boot", "due", { boot = "b2" }), B:hand("a", nil, 301, "boot", "due", { boot = "b1" }) },
      { 300 }, "known by its instant or its id")
    t.eq(B:hand("a", nil, 400, "boot", "due", { boot = "b2" }).boot, "b2")
    t.eq(B:schedule "a".last_slot, 1000, "none of them is one that the expression gave")
    t.raises(function() B:hand("a", "me", 1, "hnad") end, "kind")
  end)

  t.it("is found by what is asked for", function()
    local B, store = open()
    local J = journal.open(store, function() return 1000 end)
    B:enter({ entry "a", entry "b" }, 0)
    B:fire("a", 240, { { at = 60 }, { at = 120, due = 500 }, { at = 180, state = "skipped", reason = "missed" }, { at = 240 } })
    B:fire("b", 180, { { at = 90 }, { at = 180 } })
    J:create { id = "r-abc234", workflow = "w", key = "k" }
    B:start(1, "r-abc234")
    B:finish(4, { outcome = "done" })
    J:state("r-abc234", "sleeping", '{"kind":"x"}', nil, { wake_at = 77 })
    t.eq(ats(B:slots()), { 240, 180, 180, 120, 90, 60 })
    t.eq(ats(B:slots { schedule = "a", limit = 2 }), { 240, 180 })
    t.eq(ats(B:slots { schedule = "a", since = 120, before = 240 }), { 180, 120 })
    t.eq(ats(B:slots { state = "due" }), { 180, 120, 90 })
    t.eq(ats(B:slots { outcome = "done" }), { 240 })
    t.eq(ats(B:open()), { 60, 90, 180, 120 }, "by when they are due")
    t.eq(ats(B:open "a"), { 60, 120 })
    for _, row in ipairs { B:slot(1), B:of_run "r-abc234", B:open "a"[1], B:slots { state = "started" }[1] } do
      t.eq({ row.run_state, row.run_wake_at, row.run_error }, { "sleeping", 77, '{"kind":"x"}' })
    end
    t.eq({ B:of_run "r-other2", B:slot(2).run_state }, {})
  end)

  t.it("holds no secret", function()
    local handle = require("host.config").new()
    assert(handle:set("p", "s", "n", "b00k-c4nary", "here", true))
    local B, store = open()
    B:enter({ { name = "a", digest = "d", definition = '{"words":["b00k-c4nary"]}' } }, 0, "/b00k-c4nary.lua")
    t.eq(raised(B.enter, B, { entry "b00k-c4nary" }, 0).kind, "config")
    local id = B:fire("a", 60, { { at = 60, note = "b00k-c4nary" } }, { { channel = "c", body = '["b00k-c4nary"]' } })[1].id
    B:start(id)
    B:told(id, { note = "b00k-c4nary" })
    B:pause("a", "b00k-c4nary", "b00k-c4nary")
    B:again_at(1, 5, "b00k-c4nary")
    B:finish(id, { outcome = "done", reason = "b00k-c4nary" })
    for _, name in ipairs { "pause", "schedule", "slot", "outbox" } do
      for _, row in ipairs(store:rows("SELECT * FROM " .. name)) do
        for column, value in pairs(row) do t.ok(not tostring(value):find("c4nary", 1, true), name .. "." .. column) end
      end
    end
    t.eq({ json.decode(B:schedule "a".definition).words[1], json.decode(B:outbox()[1].body)[1] }, { "[secret]", "[secret]" })
  end)
end)

t.describe("notices", function()
  t.it("wait until they are delivered or given up", function()
    local B, _, clock = open()
    t.eq({ B:outbox_next(), #B:outbox_due(1e12) }, { nil, 0 })
    t.eq(B:post({ { channel = "c", body = "{}", due = 20 }, { channel = "d", body = "{}", due = 10 } }, "a", 7), { 1, 2 })
    t.eq({ B:outbox_next(), #B:outbox_due(9), #B:outbox_due(10), #B:outbox_due(20), #B:outbox_due(20, 1) }, { 10, 0, 1, 2, 1 })
    t.eq({ B:outbox_due(20)[1].id, B:outbox_due(20)[1].schedule, B:outbox_due(20)[1].slot }, { 2, "a", 7 })
    t.eq(B:again_at(2, 30, "no answer"), true)
    t.eq({ B:outbox_next(), B:outbox { limit = 1 }[1].tries, B:outbox { limit = 1 }[1].message }, { 20, 1, "no answer" })
    clock.at = 1111
    t.eq({ B:sent(2), B:sent(2), B:give_up(2, "x"), B:again_at(2, 1), B:sent(99) }, { true })
    t.eq({ B:outbox()[1].sent, B:outbox()[1].message, B:outbox()[1].tries }, { 1111, nil, 2 })
    t.eq({ B:give_up(1, "gone"), B:outbox()[2].failed, B:outbox()[2].message, B:outbox_next() }, { true, 1111, "gone", nil })
    t.eq({ #B:outbox { waiting = true }, #B:outbox { waiting = false } }, { 0, 2 })
    t.eq(B:post({}), {})
  end)

  t.it("keep their order on each channel of a schedule", function()
    local B = open()
    B:post({ { channel = "c", body = "1", due = 50 }, { channel = "c", body = "2", due = 10 } }, "a")
    B:post({ { channel = "c", body = "3", due = 20 } }, "b")
    B:post { { channel = "c", body = "4", due = 30 }, { channel = "c", body = "5", due = 5 } }
    local function due(now)
      local out = {}
      for i, row in ipairs(B:outbox_due(now)) do out[i] = row.body end
      return table.concat(out, " ")
    end
    t.eq({ due(100), due(40), B:outbox_next() }, { "3 4 1", "3 4", 20 })
    B:sent(1)
    B:give_up(4)
    t.eq({ due(100), B:outbox_next() }, { "5 2 3", 5 })
  end)
end)

t.describe("the book", function()
  t.it("tells its hook what is on disk, and only that", function()
    local B, store = open()
    local seen = {}
    function B.hook(name, about, more)
      seen[#seen + 1] = name .. "/" .. tostring(about) .. (more and "/" .. more or "")
      t.raises(function() assert(store:execute "ROLLBACK") end, "no transaction")
    end
    B:enter({ entry "a" }, 0, "/s.lua")
    B:fire("a", 60, { { at = 60 } })
    B:start(1)
    B:start(1)
    B:claim(1, 1, 5, "b")
    B:told(1, { code = 0 })
    B:finish(1, { outcome = "done" })
    B:finish(1, { outcome = "done" })
    B:hand("a", "me", 100, "hand")
    B:hand("a", nil, 5, "boot")
    B:hand("a", nil, 5, "boot")
    B:skip(2, "gone")
    B:pause("a", "me")
    B:pause("a", "me")
    B:wall(1000)
    B:wall(1001)
    B:post { { channel = "c", body = "{}" } }
    B:sent(1)
    B:prune { count = 0, now = 1000 }
    t.eq(table.concat(seen, " "), "enter//s.lua fire/a/60 start/1/1 claim/1/1 told/1/1 finish/1/1 hand/a/2 hand/a/3 skip/2/0"
      .. " pause/a wall/1000 outbox/1 outbox/1 prune/2")
    -- killed after a commit: what was committed is there
    B.hook = function() error "killed" end
    t.raises(function() B:fire("a", 120, { { at = 120 } }) end, "killed")
    t.eq({ B:slots()[1].at, B:schedule "a".last_slot }, { 120, 120 })
  end)

  t.it("comes to a store that an older errand made", function()
    local path = os.tmpname()
    os.remove(path)
    local store = assert(host_store.open(path))
    local J = journal.open(store)
    J:create { id = "r-abc234", workflow = "w", key = "k" }
    for _, name in ipairs { "pause", "schedule", "slot", "outbox" } do assert(store:execute("DROP TABLE " .. name)) end
    for _, name in ipairs { "event_folded", "run_ended" } do assert(store:execute("DROP INDEX " .. name)) end
    store:rows "PRAGMA user_version = 3"
    store:close()
    local B
    B, store = open(path)
    B:enter({ entry "a" }, 0)
    t.eq(#B:fire("a", 60, { { at = 60 } }), 1)
    J = journal.open(store)
    t.eq({ J:run "r-abc234".state, J:check() }, { "ready", 1 })
    store:close()
    for _, suffix in ipairs { "", "-wal", "-shm", ".reserve" } do os.remove(path .. suffix) end
  end)
end)

t.describe("what is old", function()
  -- Schedules a and b with a slot each 100 s from 100 on; of the first 30 each ran, the others passed.
  local function filled(n, path)
    local B, store, clock = open(path)
    B:enter({ entry "a", entry "b" }, 0)
    for _, name in ipairs { "a", "b" } do
      local rows = {}
      for i = 1, n do rows[i] = { at = i * 100, state = i > 30 and "skipped" or "due", reason = i > 30 and "missed" or nil } end
      for _, row in ipairs(B:fire(name, n * 100, rows)) do
        if row.state == "due" and B:start(row.id) then B:finish(row.id, { outcome = "done" }) end
      end
    end
    return B, store, clock
  end

  t.it("goes by age and number, as each schedule says", function()
    local B = filled(20)
    t.eq({ B:prune { days = 1, count = 20, now = 2000 } }, { 0, {}, false })
    local slots, ids, more = B:prune { days = 1, count = 15, now = 86400 + 300, of = { b = { count = 3, days = 1 } } }
    t.eq({ slots, #ids, more }, { 5 + 17, 22, false })
    t.eq(ats(B:slots { schedule = "b" }), { 2000, 1900, 1800 })
    t.eq({ #B:slots { schedule = "a" }, B:slots { schedule = "a", limit = 1 }[1].at }, { 15, 2000 })
    t.eq(B:prune { days = 1, count = 15, now = 86400 + 1000, of = { b = {} } }, 4, "a rule of nothing is the common one")
    t.eq(ats(B:slots { schedule = "a", before = 1200 }), { 1100, 1000 }, "at the bound is not over it")
  end)

  t.it("stays while it is open or its run lives", function()
    local B, store, clock = open()
    local J = journal.open(store, function() return clock.at end)
    B:enter({ entry "a" }, 0)
    for i, id in ipairs { "r-live22", "r-ended2", "r-open33" } do
      J:create { id = id, workflow = "w", key = id }
      B:fire("a", i * 60, { { at = i * 60 } })
      B:start(i, id)
    end
    B:finish(1, { outcome = "undone" })
    B:finish(2, { outcome = "done" })
    B:fire("a", 300, { { at = 240 }, { at = 300, state = "skipped", reason = "missed", covers = 9 } })
    J:state("r-ended2", "done")
    J:state("r-open33", "done")
    t.eq({ B:prune { days = 0, count = 0, now = 1e9 } }, { 10, { 2, 5 }, false }, "covers are counted")
    t.eq(ats(B:slots()), { 240, 180, 60 })
    clock.at = 1e9
    t.eq(J:prune(1, 0), 1, "the run of a slot that is open stays, too")
    t.ok(J:run "r-open33" and not J:run "r-ended2")
    J:state("r-live22", "failed")
    B:finish(3, { outcome = "done" })
    t.eq({ B:prune { days = 0, count = 0, now = 1e9 } }, { 2, { 1, 3 }, false })
    t.eq(J:prune(1, 0), 2)
  end)

  t.it("goes in pieces, after what hangs on it", function()
    local B = filled(30)
    local seen, rest, rounds = {}, true, 0
    local function before(rows)
      for _, row in ipairs(rows) do
        t.eq({ B:slot(row.id).state, row.attempt }, { "ended", 1 }, "it is there still")
        seen[#seen + 1] = row.id
      end
    end
    while rest do
      local _, ids
      _, ids, rest = B:prune { days = 0, count = 0, now = 1e9, limit = 7, before = before } -- luacheck: ignore
      t.ok(#ids <= 7)
      rounds = rounds + 1
    end
    t.ok(rounds >= 9 and rounds <= 10, rounds)
    t.eq({ #seen, #B:slots() }, { 60, 0 })
  end)

  t.it("goes with its schedule and its notices", function()
    local B, _, clock = filled(2)
    B:enter({ entry "b" }, 5000)
    for i = 1, 1010 do
      B:post { { channel = "c", body = "{}" } }
      if i > 5 then B:sent(i) end
    end
    clock.at = 10 * 86400
    B:prune { days = 5, count = 1, now = clock.at - 8 * 86400 }
    t.eq({ B:schedule "a".state, #B:outbox(), #B:outbox { waiting = true } }, { "gone", 1005, 5 })
    B:prune { days = 5, count = 1 }
    t.eq({ B:schedule "a", B:schedule "b".state, #B:slots() }, { nil, "active", 0 })
    B:prune { now = 31 * 86400 }
    t.eq(#B:outbox(), 5, "what waits stays")
  end)

  t.it("gives its room back, and its logs", function()
    local dir = os.tmpname()
    os.remove(dir)
    local path = dir .. "/store.db"
    local B, store, clock = filled(1500, path)
    assert(sys.make_dir(dir .. "/logs"))
    for _, name in ipairs { "1-1", "2-1", "2-2", "2999-0" } do
      assert(sys.write_file(("%s/logs/%s.log"):format(dir, name), "x"))
    end
    local J = journal.open(store, function() return clock.at end)
    for _ = 1, 30 do
      local id = J:new_id()
      J:create { id = id, workflow = "w", key = id }
      J:state(id, "done")
    end
    store:rows "PRAGMA wal_checkpoint(TRUNCATE)"
    local function size() return #assert(sys.read_file(path)) end
    local before, breaths = size(), 0
    clock.at = 100 * 86400
    local done = retention.run { book = B, journal = J, logs = dir .. "/logs", now = clock.at, idle = true,
      definitions = { { name = "b", keep = { days = 1000, count = 10 } } }, breathe = function() breaths = breaths + 1 end }
    t.eq({ done.slots, done.runs, done.logs, done.truncated }, { 1500 + 1490, 30, 2, true })
    t.ok(breaths > 6 and done.pages > 20)
    t.ok(size() < before / 2, ("%d of %d bytes"):format(size(), before))
    t.eq({ sys.exists(dir .. "/logs/1-1.log"), sys.exists(dir .. "/logs/2-1.log"), sys.exists(dir .. "/logs/2-2.log"),
      sys.exists(dir .. "/logs/2999-0.log") }, { false, false, true, true }, "there was one attempt of the second")
    t.eq({ #B:slots(), J:check(), store:rows("PRAGMA quick_check")[1].quick_check }, { 10, 60 + 30 + 1, "ok" })
    local again = retention.run { book = B, journal = J, definitions = { { name = "b", keep = { days = 1000, count = 10 } } } }
    t.eq({ again.slots, again.runs, again.logs, again.pages, again.truncated }, { 0, 0, 0, 0, false })
    store:close()
    for _, name in ipairs { "/logs/2-2.log", "/logs/2999-0.log", "/logs", "/store.db", "/store.db.reserve" } do
      os.remove(dir .. name)
    end
    t.ok(os.remove(dir), "nothing else is there")
  end)
end)
