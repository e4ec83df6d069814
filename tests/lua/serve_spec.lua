-- SPDX-License-Identifier: MIT
-- errand serve without processes: the loop, what it tells, logs, counts.
local t = require "test"
local daemon = require "core.schedule.daemon"
local health = require "core.schedule.health"
local json = require "host.json"
local logline = require "core.schedule.logline"
local metrics = require "core.schedule.metrics"
local status = require "core.schedule.status"
local sys = require "host.sys"
local task = require "host.task"

-- ---- a daemon of stand-ins ----

local function waiter()
  local w = { list = {} }
  function w.send(what)
    table.insert(w.list, what)
    if w.nap then w.nap:cancel() end
  end
  function w:wait()
    while not self.closed and not self.list[1] do
      self.nap = task.spawn(task.sleep, 1000)
      pcall(self.nap.join, self.nap)
    end
    if self.list[1] then return table.unpack(table.remove(self.list, 1)) end
  end
  function w:close()
    self.closed = true
    if self.nap then self.nap:cancel() end
  end
  return w
end

local function recorder(names, answer)
  local one = { calls = {} }
  for name in names:gmatch "%S+" do
    one[name] = function(_, ...)
      table.insert(one.calls, { name, task.now(), ... })
      if answer and answer[name] then return answer[name](...) end
      return true
    end
  end
  function one.count(name)
    local n = 0
    for _, call in ipairs(one.calls) do n = n + (call[1] == name and 1 or 0) end
    return n
  end
  function one.names()
    local out = {}
    for i, call in ipairs(one.calls) do out[i] = call[1] end
    return table.concat(out, " ")
  end
  return one
end

local VIEW = { ready = true, clock = { ok = true }, schedules = {}, children = {}, counts = {} }

local function stand_in(more)
  more = more or {}
  local lines = {}
  local scheduler = recorder("load recover tick drain ended clock_moved view", { view = function() return VIEW end,
    tick = more.tick or function() end, load = more.load, recover = more.recover })
  local notify = recorder("ready reloading stopping status watchdog extend", {})
  function notify.active() return true end
  function notify.watchdog_seconds() return more.watchdog end
  local launch = recorder "stop_all"
  launch.count = 0
  local outbox = recorder("load run wake drain close", { load = function() return {} end })
  local D = daemon.new { scheduler = scheduler, notify = notify, launch = launch, outbox = outbox, signals = waiter(), clock = waiter(),
    book = { open = function() return {} end, outbox = function() return {} end }, metrics = metrics.new(),
    set = { file = "/x/schedule.lua", list = {} }, read = more.read or function() return { file = "/x/schedule.lua", list = {} } end,
    log = function(level, text, fields) table.insert(lines, logline.text(nil, level, text, fields)) end,
    count = function() end, retain = more.retain or function() end, mend = function() end, store = "/x/store.db", version = "0",
    jobs = 8, grace = more.grace or 5 }
  D.lines = lines
  return D, scheduler, notify, launch
end

local function logged(D, text)
  for _, line in ipairs(D.lines) do
    if line:find(text, 1, true) then return true end
  end
  return false, table.concat(D.lines, "\n")
end

-- Runs a daemon in a task and f beside it; then it is told to stop.
local function running(D, f)
  local run = task.spawn(function() return pcall(D.run, D) end)
  task.deadline(20, f, run)
  D.signals.send { "TERM" }
  return task.deadline(20, run.join, run)
end

local function until_(f)
  task.deadline(20, function()
    while not f() do task.sleep(0.005) end
  end)
end

t.describe("the daemon's loop", function()
  t.it("recovers before it is ready, and says so", function()
    local D, scheduler, notify = stand_in()
    local ok, code = running(D, function() until_(function() return scheduler.count "tick" > 0 end) end)
    t.eq({ ok, code }, { true, 0 })
    t.eq(scheduler.names():match "^load recover [%l ]*tick" ~= nil, true)
    t.eq(notify.names():match "^ready.*stopping", notify.names():match "^ready.*stopping")
    t.ok(notify.count "ready" == 1 and notify.count "stopping" == 1, notify.names())
  end)

  t.it("feeds the watchdog while it works", function()
    local D, _, notify = stand_in { watchdog = 0.2 }
    running(D, function() until_(function() return notify.count "watchdog" >= 5 end) end)
    t.ok(notify.count "watchdog" >= 5)
  end)

  t.it("starves the watchdog when a tick hangs", function()
    local ticks, hang = 0, 0.6
    local D, _, notify = stand_in { watchdog = 0.2, tick = function()
      ticks = ticks + 1
      if ticks == 4 then task.sleep(hang) end
    end }
    running(D, function() until_(function() return ticks >= 6 end) end)
    local longest, before = 0, nil
    for _, call in ipairs(notify.calls) do
      if call[1] == "watchdog" then
        longest = math.max(longest, before and call[2] - before or 0)
        before = call[2]
      end
    end
    t.ok(longest >= hang, "nothing was told meanwhile: " .. longest)
  end)

  t.it("tries again later when a tick fails, tells of it, and goes on", function()
    local ticks, at, bad = 0, {}, nil
    local D, _, notify = stand_in { watchdog = 100, tick = function()
      ticks = ticks + 1
      at[ticks] = task.now()
      if ticks >= 2 and ticks <= 3 then
        require("core.error").raise("file", "the disk is full", { reason = "full" })
      end
    end }
    local health_then
    running(D, function()
      until_(function() return ticks >= 1 end)
      D:wake()
      until_(function() return ticks >= 3 end)
      bad = { health.judge(D:facts()) }
      health_then = { health.report(D:facts()) }
      until_(function() return ticks >= 4 end)
    end)
    t.eq(bad[1], "failing")
    t.eq(health_then[1], false)
    t.eq(bad[2][1], "slots cannot be fired: the disk is full")
    t.ok(at[3] - at[2] >= 0.99 and at[4] - at[3] >= 1.99, "each wait twice as long")
    t.ok(logged(D, 'error slots cannot be fired again_in=1 why="the disk is full"'))
    t.ok(logged(D, "notice slots are fired again failures=2"))
    t.ok(notify.count "watchdog" > 0, "that is no reason to be restarted")
    t.eq(health.judge(D:facts()), "stopping")
  end)

  t.it("ends where only a new process can help", function()
    local D, _, notify, launch = stand_in { tick = function()
      require("core.error").raise("file", "the disk could not flush", { reason = "dead" })
    end }
    local run = task.spawn(function() return pcall(D.run, D) end)
    local ok, err = task.deadline(20, run.join, run)
    t.eq({ ok, err.reason }, { false, "dead" })
    t.ok(logged(D, 'error the daemon ends why="the disk could not flush"'))
    t.eq(launch.count, 0)
    t.eq(notify.count "stopping", 1)
  end)

  t.it("starts when there is room", function()
    local loads = 0
    local D, scheduler, notify = stand_in { load = function()
      loads = loads + 1
      if loads == 1 then require("core.error").raise("file", "the disk is full", { reason = "full" }) end
    end }
    running(D, function() until_(function() return scheduler.count "tick" > 0 end) end)
    t.eq({ loads, notify.count "ready" }, { 2, 1 })
    t.ok(notify.count "extend" >= 1, "the service manager waits meanwhile")
  end)

  t.it("keeps the old file where the new one is broken", function()
    local reads = 0
    local D, scheduler, notify = stand_in { read = function()
      reads = reads + 1
      if reads > 1 then return { file = "/x/schedule.lua", list = { {} } } end
      require("core.error").raise("config", "2 problems", { problems = {
        { path = "f:1", message = "a" }, { path = "f:2", message = "b" } } })
    end }
    local word, line
    running(D, function()
      until_(function() return scheduler.count "tick" > 0 end)
      D.signals.send { "HUP" }
      until_(function() return reads == 1 and D.file_error end)
      until_(function() return notify.count "ready" == 2 end)
      word, line = health.judge(D:facts()), status.line(D:facts())
      D.signals.send { "HUP" }
      until_(function() return notify.count "ready" == 3 end)
      t.eq(D.file_error, nil)
    end)
    t.eq(word, "degraded")
    t.eq(line, "0 schedules, 0 running; degraded: the schedule file was refused, and the one before is in force: 2 problems, "
      .. "the first at f:1: a")
    t.ok(logged(D, "error problem in the schedule file at_line=f:2 why=b"))
    t.eq(scheduler.count "load", 2)
    t.ok(notify.names():find "reloading[%l ]* ready[%l ]* reloading[%l ]* ready", notify.names())
  end)

  t.it("waits for its children, and not for ever", function()
    local D, scheduler, notify, launch = stand_in()
    launch.count = 2
    local run = task.spawn(function() return D:run() end)
    until_(function() return scheduler.count "tick" > 0 end)
    D.signals.send { "TERM" }
    until_(function() return launch.count_of_stops or #launch.calls > 0 end)
    t.eq(scheduler.count "drain", 1)
    t.eq({ launch.calls[1][1], launch.calls[1][3] }, { "stop_all", 5 })
    t.eq(run:status(), "waiting")
    t.ok(notify.count "extend" >= 1)
    launch.count = 0
    D:wake()
    t.eq(task.deadline(20, run.join, run), 0)
  end)

  t.it("kills them on the second signal", function()
    local D, scheduler, _, launch = stand_in()
    launch.count = 1
    local run = task.spawn(function() return D:run() end)
    until_(function() return scheduler.count "tick" > 0 end)
    D.signals.send { "TERM" }
    until_(function() return #launch.calls == 1 end)
    D.signals.send { "INT" }
    until_(function() return #launch.calls == 2 end)
    t.eq(launch.calls[2][3], 0)
    launch.count = 0
    D:wake()
    t.eq(task.deadline(20, run.join, run), 0)
  end)

  t.it("tells the scheduler what became of children and of the clock", function()
    local D, scheduler = stand_in()
    running(D, function()
      until_(function() return scheduler.count "tick" > 0 end)
      local before = scheduler.count "tick"
      D:child_ended({ definition = { name = "n" }, slot = { id = 1 } }, { ok = true })
      until_(function() return scheduler.count "tick" > before end)
      D.clock.send { 3600, 0 }
      until_(function() return scheduler.count "clock_moved" == 1 end)
    end)
    t.eq(scheduler.count "ended", 1)
  end)
end)

t.describe("health", function()
  t.it("is bad while nothing fires", function()
    local now = sys.clock()
    local function word(facts)
      facts.now, facts.jobs = now, 8
      return (health.judge(facts))
    end
    t.eq(word { ready = false }, "starting")
    t.eq(word { ready = true, view = VIEW }, "ok")
    t.eq(word { ready = true, stopping = true, view = VIEW }, "stopping")
    t.eq(word { ready = true, view = { clock = { ok = false, why = "it is not synchronised" } } }, "failing")
    t.eq(word { ready = true, view = VIEW, waiting = 1 }, "degraded")
    t.eq(word { ready = true, view = VIEW, overdue = 2 }, "degraded")
    t.eq(word { ready = true, view = { clock = { ok = true }, overdue = now - 100 } }, "failing")
    t.eq(word { ready = true, view = { clock = { ok = true }, overdue = now - 10 } }, "ok")
  end)

  t.it("answers GET only, with JSON", function()
    local handler = health.handler(function() return { now = 0, ready = true, view = VIEW, jobs = 8 } end, metrics.new())
    local reply = handler { method = "GET", path = "/health" }
    t.eq({ reply.status, json.decode(reply.body).status }, { 200, "ok" })
    t.eq(handler { method = "POST", path = "/health" }.status, 405)
    t.eq(handler { method = "GET", path = "/" }.status, 404)
    local down = health.handler(function() return { now = 0, ready = false, jobs = 8 } end, metrics.new())
    t.eq(down { method = "GET", path = "/health" }.status, 503)
    t.ok(down { method = "GET", path = "/metrics" }.body:find("errand_healthy 0\n", 1, true))
  end)
end)

t.describe("metrics", function()
  t.it("count what ended and what was skipped", function()
    local m = metrics.new()
    local definition = { name = 'a "b"\n\\' }
    for _, seconds in ipairs { 1, 0.25 } do
      m:event({ type = "ended", slot = { outcome = "done", seconds = seconds } }, definition)
    end
    m:event({ type = "skipped", count = 4, reasons = { missed = 3, window = 1 } }, definition)
    m:event({ type = "clock" }, nil)
    m:tick(0.5)
    m:tick(0.25, "no")
    local text = m:text { ready = true, view = VIEW, healthy = true, version = "1" }
    for _, line in ipairs { [[errand_slots_total{schedule="a \"b\"\n\\",outcome="done"} 2]],
      [[errand_slots_skipped_total{schedule="a \"b\"\n\\",reason="missed"} 3]], [[errand_run_seconds_sum{schedule="a \"b\"\n\\"} 1.25]],
      "errand_ticks_total 2", "errand_ticks_failed_total 1", "errand_tick_seconds_total 0.75", "errand_healthy 1" } do
      t.ok(text:find(line .. "\n", 1, true), line .. "\n" .. text)
    end
  end)

  t.it("tell what runs do that have not ended, and how late the next is", function()
    local open = { { state = "due", due = 900, catchup = 0 }, { state = "due", due = 100, catchup = 1 },
      { state = "running", due = 1, started = 400, run_state = "in_doubt" }, { state = "started", due = 990 },
      { state = "running", due = 2, started = 700, run_state = "in_doubt" }, { state = "running", due = 3, run_state = "held" } }
    local text = metrics.new():text { now = 1000, view = { open = open } }
    for _, line in ipairs { [[errand_runs{state="in_doubt"} 2]], [[errand_runs{state="held"} 1]], [[errand_runs{state="running"} 1]],
      [[errand_runs{state="sleeping"} 0]], "errand_oldest_in_doubt_seconds 600", "errand_slot_lag_seconds 100" } do
      t.ok(text:find(line .. "\n", 1, true), line .. "\n" .. text)
    end
  end)

  t.it("tell how the newest run ended while another one is under way", function()
    local text = metrics.new():text { now = 1000, view = { schedules = {
      { name = "a", last = { at = 900, state = "running" }, ended = { ended = 850, outcome = "done" } },
      { name = "b", last = { at = 900, state = "skipped", ended = 910 }, ended = { ended = 860, outcome = "failed" } },
      { name = "c", last = { at = 900, state = "due" } } } } }
    for _, line in ipairs { [[errand_last_ok{schedule="a"} 1]], [[errand_last_end_timestamp_seconds{schedule="a"} 850]],
      [[errand_last_ok{schedule="b"} 0]], [[errand_last_end_timestamp_seconds{schedule="b"} 860]] } do
      t.ok(text:find(line .. "\n", 1, true), line .. "\n" .. text)
    end
    t.eq(text:find([[errand_last_ok{schedule="c"}]], 1, true), nil)
  end)

  t.it("write numbers as they are", function()
    local m = metrics.new()
    local text = m:text { process = { memory = 1 << 40, descriptors = 7, lua = 123456789 }, ticked = 1795328100.125 }
    t.ok(text:find("process_resident_memory_bytes 1099511627776\n", 1, true), text)
    t.ok(text:find("errand_last_tick_timestamp_seconds 1795328100.125\n", 1, true), text)
    t.ok(text:find("errand_lua_memory_bytes 123456789\n", 1, true), text)
  end)
end)

t.describe("the daemon's log", function()
  t.it("has one line a record, without control characters", function()
    local line = logline.text("T", "info", "a\nb\27", { schedule = "offboard leavers", slot = 12, at = 1795328100,
      z = 'q"\\', path = "/a/b", n = 1.5, b = true, empty = "", long = ("x x"):rep(5000) })
    t.eq(line:find "%c", nil)
    t.ok(line:find([[T info a\nb\x1b schedule="offboard leavers" slot=12 at=2026-11-22T06:15:00Z b=true empty="" long="x xx]],
      1, true), line:sub(1, 200))
    t.ok(line:find([[ n=1.5 path=/a/b z="q\"\\"]], 1, true), line:sub(-100))
    t.ok(#line < 2500)
  end)

  t.it("is JSON on request, whatever is in it", function()
    local text = logline.json(1795328100.5, "error", "x\255", { time = "t", u = "\xff", n = 0 / 0, t = { 1 }, why =
      require("core.error").new("file", "no") })
    t.eq(json.decode(text), { time = "2026-11-22T06:15:00.500Z", level = "error", message = "x\\xff", time_ = "t", u = "\\xff",
      n = tostring(0 / 0), t = "[1]", why = "no" })
    t.eq(text:find "\n", nil)
  end)

  t.it("leaves the time to the journal, and what is not important out", function()
    local lines = {}
    local log = logline.new { journal = true, level = "notice", write = function(line) table.insert(lines, line) end }
    log("warning", "w", {})
    log("info", "i", {})
    log("error", "e")
    t.eq(lines, { "<4>warn w\n", "<3>error e\n" })
  end)

  t.it("keeps secrets out", function()
    sys.setenv("ERRAND_ALPHA_TOKEN", "canary-of-the-log")
    local handle = require("host.config").new()
    assert(handle:set_profile "default")
    assert(handle:env("ERRAND_ALPHA_TOKEN", "alpha", "token", "string", true))
    for _, line in ipairs { logline.text(nil, "info", "x canary-of-the-log", { a = "Bearer canary-of-the-log" }),
      logline.json(0, "info", "x canary-of-the-log", { a = { "canary-of-the-log" } }) } do
      t.ok(not line:find("canary", 1, true) and line:find "secret.*secret", line)
    end
  end)
end)

t.describe("the environment of a child", function()
  local proc = require "host.proc"
  local path = os.tmpname()

  local function seen(options)
    options.program, options.args, options.log = "env", {}, path
    t.eq(assert(proc.start(options)):wait().code, 0)
    local text = assert(sys.read_file(path))
    return function(name) return ("\n" .. text):match("\n" .. name .. "=([^\n]*)") end
  end

  t.it("is ours, with changes", function()
    sys.setenv("FOO", "1")
    local value = seen { set = { FOO = false, BAR = "a=b", HOME = "/nowhere" } }
    t.eq({ value "FOO", value "BAR", value "HOME", value "PATH" }, { nil, "a=b", "/nowhere", os.getenv "PATH" })
    t.eq(seen {} "FOO", "1")
    t.eq(seen { set = {} } "FOO", "1")
  end)

  t.it("may be another one altogether", function()
    local value = seen { environment = { PATH = os.getenv "PATH", ONLY = "this" } }
    t.eq({ value "ONLY", value "FOO" }, { "this", nil })
    t.raises(function() proc.start { program = "env", environment = {}, credentials = true } end, "leave out 'set'")
    t.raises(function() proc.start { program = "env", set = { ["A=B"] = "x" } } end, "cannot be set")
    t.raises(function() proc.start { program = "env", set = { A = true } } end, "texts by name expected")
    t.raises(function() proc.start { program = "env", set = { A = "x\0y" } } end, "cannot be set")
    os.remove(path)
  end)
end)

t.describe("STATUS", function()
  t.it("names what comes next, in its own zone", function()
    local now = 1795328000
    local function schedule(name, at, state)
      return { name = name, state = state or "active", definition = { tz = "Europe/Berlin" }, next = { { at = at, due = at } } }
    end
    local view = { clock = { ok = true }, schedules = { schedule("late", now + 90000), schedule("offboard leavers", now + 100),
      schedule("paused", now + 1, "paused") } }
    t.eq(status.line { now = now, ready = true, view = view, children = 1 },
      "3 schedules, 1 running, next offboard leavers 07:15 CET")
    table.remove(view.schedules, 2)
    t.eq(status.line { now = now, ready = true, view = view, children = 0 }, "2 schedules, 0 running, next late 2026-11-23 08:13 CET")
  end)
end)
