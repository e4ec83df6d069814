-- task_spec.lua - tasks: what runs when, and how each of them ends.
-- SPDX-License-Identifier: MIT

local t = require "test"
local child = require "child"
local task = require "host.task"
local slow = tonumber(os.getenv "SLOW" or 1)

local function kind(fn, ...)
  local args = table.pack(...)
  return t.raises(function() fn(table.unpack(args, 1, args.n)) end).kind
end

local function join(one) return one:join() end

local function closer(list, name)
  return setmetatable({}, { __close = function(_, err) list[#list + 1] = name .. (err and "!" or "") end })
end

local function basics()
  t.it("give their results to whoever joins, as often as asked", function()
    local one = spawn(function(a, b) return a + b, nil, "x", nil end, 1, 2)
    t.eq(table.pack(one:join()), { n = 4, 3, nil, "x", nil })
    t.eq(table.pack(one:join()), { n = 4, 3, nil, "x", nil })
    t.eq(select("#", spawn(function() end):join()), 0)
  end)

  t.it("are counted until they end", function()
    local before = task.others()
    local one, two = spawn(sleep, 60), spawn(function() end)
    t.eq(task.others() - before, 2)
    two:join()
    t.eq(task.others() - before, 1)
    one:cancel()
    pcall(join, one)
    t.eq(task.others() - before, 0)
  end)

  t.it("give many results and take many arguments", function()
    local many = {}
    for i = 1, 2000 do many[i] = i end
    local got = table.pack(spawn(function(...) sleep(0) return ... end, table.unpack(many)):join())
    t.eq(got.n, 2000)
    t.eq(got[2000], 2000)
  end)

  t.it("raise their error in whoever joins, as often as asked", function()
    local one = spawn(function() error("wrong", 0) end)
    t.eq(t.raises(function() one:join() end), "wrong")
    t.eq(t.raises(function() one:join() end), "wrong")
    local thing = {}
    t.ok(rawequal(t.raises(function() join(spawn(error, thing)) end), thing))
    t.eq(next(thing), nil)
    t.eq(kind(join, spawn(require("core.error").raise, "conflict", "twice")), "conflict")
    t.ok(t.raises(function() join(spawn(require("core.error").raise, "conflict", "twice")) end).traceback:find("stack traceback", 1, true))
    t.eq(select(2, pcall(join, spawn(error))), nil)
  end)

  t.it("tell their status", function()
    local one, seen
    one = spawn(function() seen = one:status() sleep(0.001) end)
    t.eq(one:status(), "ready")
    sleep(0)
    t.eq(seen, "running")
    t.eq(one:status(), "waiting")
    one:join()
    t.eq(one:status(), "done")
    one = spawn(error, "x")
    pcall(join, one)
    t.eq(one:status(), "failed")
  end)

  t.it("start in order, after what spawned them waits", function()
    local seen = {}
    for i = 1, 5 do spawn(function() seen[#seen + 1] = i end) end
    t.eq(seen, {})
    sleep(0)
    t.eq(seen, { 1, 2, 3, 4, 5 })
  end)

  t.it("wake in the order of their times", function()
    local seen, all = {}, {}
    local start, apart = task.now(), 0.02 * slow
    for _, n in ipairs { 5, 1, 4, 2, 3 } do -- each begins a little later than the one before, on a slow machine a lot
      all[n] = spawn(function() sleep(math.max(0, start + n * apart - task.now())) seen[#seen + 1] = n end)
    end
    for _, one in ipairs(all) do one:join() end
    t.eq(seen, { 1, 2, 3, 4, 5 })
  end)

  t.it("can be joined by several", function()
    local one = spawn(function() sleep(0.002) return "r" end)
    local others = {}
    for i = 1, 5 do others[i] = spawn(function() return one:join() .. i end) end
    for i = 1, 5 do t.eq(others[i]:join(), "r" .. i) end
  end)

  t.it("take turns at a bare yield", function()
    local seen = {}
    local function body(name)
      for i = 1, 3 do
        seen[#seen + 1] = name .. i
        t.eq(select("#", coroutine.yield("unseen", i)), 0)
      end
      return name
    end
    local a, b = spawn(body, "a"), spawn(body, "b")
    t.eq(a:join() .. b:join(), "ab")
    t.eq(seen, { "a1", "b1", "a2", "b2", "a3", "b3" })
  end)

  t.it("that yield all the time do not keep the clock from going", function()
    local stop = false
    local busy = spawn(function() while not stop do coroutine.yield() end end)
    local nested = spawn(function() ("x"):gsub("x", function() sleep(0.002) end) return "n" end)
    sleep(0.004)
    t.eq(nested:join(), "n")
    stop = true
    busy:join()
  end)
end

local function cancelling()
  t.it("stop where they wait", function()
    local after = false
    local one = spawn(function() sleep(60) after = true end)
    sleep(0)
    one:cancel()
    t.eq(kind(join, one), "cancelled")
    t.eq(after, false)
  end)

  t.it("stop at their first wait when they had not begun", function()
    local begun, after = false, false
    local one = spawn(function() begun = true sleep(60) after = true end)
    one:cancel()
    t.eq(kind(join, one), "cancelled")
    t.eq({ begun, after }, { true, false })
  end)

  t.it("stop in a wait inside a coroutine of their own, or a callback", function()
    for _, wait in ipairs {
      function() coroutine.wrap(function() sleep(60) end)() end,
      function() ("x"):gsub("x", function() sleep(60) end) end,
      function() table.sort({ 1, 2 }, function() sleep(60) end) end,
    } do
      local before = spawn(wait)
      before:cancel()                     -- not begun
      t.eq(kind(join, before), "cancelled")
      local under = spawn(wait)
      spawn(function() sleep(0.001) under:cancel() end)
      t.eq(kind(join, under), "cancelled")
    end
  end)

  t.it("may go on after they caught it, to their next wait or end", function()
    local one = spawn(function()
      local ok, err = pcall(sleep, 60)
      sleep(0)
      return ok, err.kind
    end)
    sleep(0)
    one:cancel()
    t.eq(table.pack(one:join()), { n = 2, false, "cancelled" })
    one:cancel()
    t.eq(one:status(), "done")
  end)

  t.it("close their variables, inner ones first", function()
    local seen = {}
    local one = spawn(function()
      local _a <close> = closer(seen, "a")
      local _b <close> = closer(seen, "b")
      sleep(60)
    end)
    sleep(0)
    one:cancel()
    t.eq(kind(join, one), "cancelled")
    t.eq(seen, { "b!", "a!" })
  end)

  t.it("may wait while they close their variables", function()
    local seen = {}
    local one = spawn(function()
      local _a <close> = setmetatable({}, { __close = function() sleep(0.001) seen[1] = "slept" end })
      sleep(60)
    end)
    sleep(0)
    one:cancel()
    t.eq(kind(join, one), "cancelled")
    t.eq(seen, { "slept" })
  end)

  t.it("leave the task they wait for alone", function()
    local inner = spawn(function() sleep(0.003) return "kept" end)
    local outer = spawn(join, inner)
    sleep(0)
    outer:cancel()
    t.eq(kind(join, outer), "cancelled")
    t.eq(inner:join(), "kept")
  end)

  t.it("cancel nothing but themselves", function()
    local one = spawn(function() sleep(0.002) return "one" end)
    local two = spawn(sleep, 60)
    sleep(0)
    two:cancel()
    t.eq(one:join(), "one")
    t.eq(kind(join, two), "cancelled")
  end)

  t.it("can cancel themselves", function()
    local one
    one = spawn(function() one:cancel() sleep(0) return "not reached" end)
    t.eq(kind(join, one), "cancelled")
  end)
end

local function failing()
  t.it("close their variables when they fail", function()
    local seen = {}
    local one = spawn(function()
      local _a <close> = closer(seen, "a")
      sleep(0)
      error("wrong", 0)
    end)
    t.eq(t.raises(function() one:join() end), "wrong")
    t.eq(seen, { "a!" })
  end)

  t.it("close their variables when they end", function()
    local seen = {}
    spawn(function()
      local _a <close> = closer(seen, "a")
      sleep(0)
    end):join()
    t.eq(seen, { "a" })
  end)

  t.it("catch errors around and after their waits", function()
    local one = spawn(function()
      local ok, err = pcall(function() sleep(0.001) error("in", 0) end)
      local ok2, text = xpcall(function() sleep(0) error("x", 0) end, function(e) return e .. " handled" end)
      return ok, err, ok2, text
    end)
    t.eq(table.pack(one:join()), { n = 4, false, "in", false, "x handled" })
  end)

  t.it("that wait for themselves, or for one another, are told", function()
    local one
    one = spawn(function() return one:join() end)
    t.raises(function() one:join() end, "a task cannot wait for itself")
  end)
end

local function deadlines()
  t.it("let pass what ends in time, with all it gives", function()
    t.eq(table.pack(deadline(5, function(...) sleep(0) return ..., "more" end, 1, nil)), { n = 2, 1, "more" })
    t.eq(t.raises(function() deadline(5, error, "own") end), "own")
  end)

  t.it("end what does not", function()
    local seen = {}
    t.eq(kind(deadline, 0.002, function()
      local _a <close> = closer(seen, "a")
      sleep(60)
    end), "timeout")
    t.eq(seen, { "a!" })
    t.eq(kind(deadline, 0, sleep, 60), "timeout")
  end)

  t.it("inside one another: the nearer one counts", function()
    local which
    t.eq(kind(deadline, 60, function()
      local ok, err = pcall(deadline, 0.002, sleep, 60)
      which = not ok and err.kind
      sleep(0)
      return deadline(0.002, sleep, 60)
    end), "timeout")
    t.eq(which, "timeout")
    local inner
    t.eq(kind(deadline, 0.002, function()
      inner = spawn(deadline, 60, sleep, 60)
      return inner:join()
    end), "timeout")
    inner:cancel()
    t.eq(kind(join, inner), "cancelled")
    t.eq(kind(deadline, 0.002, deadline, 60, deadline, 60, sleep, 60), "timeout")
  end)

  t.it("of a task that is cancelled end with it", function()
    local ended
    local one = spawn(deadline, 60, function()
      local _a <close> = setmetatable({}, { __close = function(_, err) ended = err.kind end })
      sleep(60)
    end)
    sleep(0)
    one:cancel()
    t.eq(kind(join, one), "cancelled")
    sleep(0)
    t.eq(ended, "cancelled")
  end)

  t.it("hold where Lua cannot yield", function()
    t.eq(kind(table.sort, { 1, 2 }, function() deadline(0.002, sleep, 60) end), "timeout")
    t.eq(kind(string.gsub, "x", "x", function() deadline(0.002, sleep, 60) end), "timeout")
    t.eq(kind(deadline, 0.002, string.gsub, "x", "x", function() sleep(60) end), "timeout")
    t.eq(kind(deadline, 0.002, coroutine.wrap(function() sleep(60) end)), "timeout")
    local sum = 0
    table.sort({ 3, 1, 2 }, function(a, b) sum = sum + deadline(5, function() sleep(0) return 1 end) return a < b end)
    t.ok(sum >= 2)
  end)

  t.it("are numbers that make sense", function()
    for _, wrong in ipairs { -1, 0 / 0, 1 / 0 } do
      t.raises(function() task.deadline(wrong, sleep, 0) end, "seconds must be a finite number")
      t.raises(function() task.sleep(wrong) end, "seconds must be a finite number")
    end
    t.raises(function() task.deadline(1, nil) end, "function expected")
    t.raises(function() task.spawn(nil) end, "function expected")
    t.raises(function() task.sleep "x" end, "number expected")
  end)
end

local function coroutines()
  t.it("may wait, and yield to the script, in turn", function()
    local seen = {}
    local co = coroutine.wrap(function(a)
      for i = 1, 3 do
        sleep(0.001)
        a = coroutine.yield(a + i)
      end
      return "end"
    end)
    for i = 1, 3 do seen[i] = co(i * 10) end
    seen[4] = co(0)
    t.eq(seen, { 11, 22, 33, "end" })
  end)

  t.it("as iterators may wait", function()
    local seen = {}
    for item in coroutine.wrap(function()
      for i = 1, 3 do sleep(0) coroutine.yield(spawn(function() sleep(0) return i end):join()) end
    end) do seen[#seen + 1] = item end
    t.eq(seen, { 1, 2, 3 })
    seen = {}
    for i in function(_, n) sleep(0) if n < 3 then return n + 1 end end, nil, 0 do seen[#seen + 1] = i end
    t.eq(seen, { 1, 2, 3 })
  end)

  t.it("let other tasks go on while they wait", function()
    local n = 0
    local other = spawn(function() for _ = 1, 5 do n = n + 1 sleep(0) end end)
    coroutine.wrap(function()
      for _ = 1, 1000 do
        sleep(0.001)
        if n == 5 then return end
      end
    end)()
    t.eq(n, 5)
    other:join()
  end)

  t.it("behave as in Lua: results, errors, status, close", function()
    local co = coroutine.create(function(a) local b = coroutine.yield(a, nil) error("x" .. b, 0) end)
    t.eq(table.pack(coroutine.resume(co, 1)), { n = 3, true, 1, nil })
    t.eq(coroutine.status(co), "suspended")
    t.eq(table.pack(coroutine.resume(co, "y")), { n = 2, false, "xy" })
    t.eq(coroutine.status(co), "dead")
    t.eq(table.pack(coroutine.resume(co)), { n = 2, false, "cannot resume dead coroutine" })
    t.eq(coroutine.close(coroutine.create(print)), true)
    local seen = {}
    t.raises(function() coroutine.wrap(function() local _c <close> = closer(seen, "c") error("gone", 0) end)() end, "gone")
    t.eq(seen, { "c!" })
    t.raises(function() coroutine.resume(1) end, "coroutine expected")
    t.raises(function() coroutine.wrap(1) end, "function expected")
    t.raises(function() coroutine.close(1) end, "expected, got number")
  end)

  t.it("that are tasks are left to the scheduler", function()
    local thread
    local one = spawn(function() thread = coroutine.running() sleep(0.002) return "kept" end)
    sleep(0)
    t.raises(function() coroutine.resume(thread) end, "a task goes on by itself")
    t.raises(function() coroutine.close(thread) end, "cancel")
    t.eq(one:join(), "kept")
    t.raises(function() coroutine.resume(thread) end, "a task goes on by itself")
    t.raises(function() coroutine.close(thread) end, "cancel")
    t.eq(one:join(), "kept")
  end)
end

local function many()
  t.it("in thousands", function()
    local all, sum = {}, 0
    for i = 1, 1000 do all[i] = spawn(function() sleep(i % 7 * 0.001) return i end) end
    for _, one in ipairs(all) do sum = sum + one:join() end
    t.eq(sum, 500500)
  end)

  t.it("in hundreds where Lua cannot yield", function()
    local all, n = {}, 0
    for i = 1, 150 do all[i] = spawn(function() ("x"):gsub("x", function() sleep(0.001) n = n + 1 end) end) end
    for _, one in ipairs(all) do one:join() end
    t.eq(n, 150)
  end)

  t.it("are forgotten when they ended", function()
    local weak, ended = setmetatable({}, { __mode = "v" }), 0
    for i = 1, 20 do
      local held = {}
      weak[i] = held
      spawn(function() sleep(0) ended = ended + 1 return held end)
    end
    deadline(10, function() while ended < 20 do sleep(0.001) end end)
    collectgarbage()
    collectgarbage()
    t.eq(next(weak), nil)
  end)

  t.it("that nobody holds run on", function()
    local done = 0
    for _ = 1, 20 do spawn(function() collectgarbage() sleep(0.001) collectgarbage() done = done + 1 end) end
    collectgarbage()
    deadline(10, function() while done < 20 do sleep(0.001) end end)
    t.eq(done, 20)
  end)
end

local function suite(name)
  t.describe(name .. ": tasks", basics)
  t.describe(name .. ": cancelled tasks", cancelling)
  t.describe(name .. ": tasks that fail", failing)
  t.describe(name .. ": deadlines", deadlines)
  t.describe(name .. ": coroutines", coroutines)
  t.describe(name .. ": tasks", many)
end

suite "plain"
collectgarbage "incremental"
local pause = collectgarbage("setpause", 0)
suite "collector that never rests"
collectgarbage("setpause", pause)
collectgarbage("generational", 1, 1)
suite "young collector"
collectgarbage("generational", 20, 100)

t.describe("a run", function()
  t.it("fails when a task failed and nobody joined it", function()
    local output, code = child.script [[
      spawn(function() sleep(0.001) error "lost one" end)
      spawn(function() sleep(0.002) error "lost two" end)
      print "script ended"
    ]]
    t.eq(code, 1)
    t.ok(output:find("script ended", 1, true), output)
    t.ok(output:find("2 tasks failed and nobody joined", 1, true) and output:find("main.lua:1: lost one", 1, true), output)
  end)

  t.it("does not fail for a failure that somebody saw", function()
    t.eq(table.pack(child.script [[
      local a = spawn(function() error "seen late" end)
      sleep(0.002)
      print(pcall(a.join, a))
    ]]), { n = 2, "false\tmain.lua:1: seen late\n", 0 })
  end)

  t.it("lets its tasks end", function()
    t.eq(table.pack(child.script [[ spawn(function() sleep(0.005) print "done" end) print "first" ]]), { n = 2, "first\ndone\n", 0 })
  end)

  t.it("that failed stops its tasks", function()
    local output, code = child.script [[
      spawn(function()
        local _c <close> = setmetatable({}, { __close = function() print "closed" end })
        sleep(30)
        print "went on"
      end)
      sleep(0)
      error "stop"
    ]]
    t.eq(code, 1)
    t.ok(output:find("closed", 1, true) and not output:find("went on", 1, true), output)
  end)

  t.it("whose tasks wait for one another ends, and says so", function()
    local output, code = child.script [[
      local a, b
      a = spawn(function() sleep(0) return b:join() end)
      b = spawn(function() return a:join() end)
      a:join()
    ]]
    t.eq(code, 1)
    t.ok(output:find("all tasks wait for one another", 1, true), output)
    output, code = child.script [[
      local a, b
      a = spawn(function() sleep(0) string.gsub("x", "x", function() return b:join() end) end)
      b = spawn(function() string.gsub("x", "x", function() return a:join() end) end)
      print(pcall(a.join, a))
    ]]
    t.ok(output:find("all tasks wait for one another", 1, true), output .. tostring(code))
  end)

  t.it("that is interrupted is cancelled in its wait", function()
    local output, code = child.script [[
      local _c <close> = setmetatable({}, { __close = function(_, err) print("closed", err.kind) end })
      os.execute "(sleep 0.1; kill -INT $PPID) &" -- os.execute itself ignores SIGINT
      sleep(30)
    ]]
    t.eq(code, 130)
    t.ok(output:find("closed\tcancelled", 1, true), output)
  end)

  t.it("that is interrupted while another task runs ends as well", function()
    local _, code = child.script [[
      spawn(function()
        pcall(function()
          os.execute "(sleep 0.1; kill -INT $PPID) &"
          while true do end -- hears it, and keeps it to itself
        end)
      end)
      deadline(60, function() while true do sleep(1) end end)
    ]]
    t.eq(code, 130)
  end)
end)

child.clean()

t.describe("a task that goes on in spite of its cancellation", function()
  local STUBBORN <const> = "spawn(function() while true do pcall(sleep, 3600) end end) sleep(0.01) "

  t.it("does not keep a script that failed, or left, from its end", function()
    local out, code = child.script(STUBBORN .. "error('no', 0)")
    t.eq({ out, code }, { "errand: no\n", 1 })
    t.eq(select(2, child.script(STUBBORN .. "os.exit(3)")), 3)
    t.eq(select(2, child.errand("-e \"" .. STUBBORN .. "os.exit(4)\"")), 4)
    child.clean()
  end)

  t.it("ends at Ctrl-C, as all do that are left when the script has ended", function()
    local interrupt = 'spawn(function() io.popen("kill -INT $PPID"):close() end)'
    local out, code = child.script("spawn(function() sleep(3600) end) " .. interrupt)
    t.eq({ out, code }, { "errand: error: interrupted\n", 130 })
    out, code = child.script(STUBBORN .. interrupt)
    t.eq({ out, code }, { "errand: error: interrupted\n", 130 })
    child.clean()
  end)
end)
