-- proc_spec.lua - supervised children, from Lua.
-- SPDX-License-Identifier: MIT

local t = require "test"
local proc = require "host.proc"
local sys = require "host.sys"
local task = require "host.task"

local dir = os.tmpname()
os.remove(dir)
assert(sys.make_dir(dir))
local log = dir .. "/log"

local function sh(script, options)
  local spec = { program = "sh", args = { "-c", script }, log = log }
  for name, value in pairs(options or {}) do spec[name] = value end
  return assert(proc.start(spec))
end

local function text()
  return assert(sys.read_file(log))
end

-- Waits until the log has that.
local function appears(what)
  task.deadline(20, function()
    while not text():find(what, 1, true) do task.sleep(0.01) end
  end)
end

local function ends()
  t.it("tell how they went", function()
    local how = sh("echo out; echo err >&2; exit 3"):wait()
    t.eq({ how.ok, how.code, how.signal, how.known, how.stopped, how.output }, { false, 3, nil, true, false, 8 })
    t.eq(text(), "out\nerr\n")
    t.ok(how.peak > 100000 and how.seconds > 0 and how.user >= 0 and how.system >= 0)
    t.eq(sh("exit 0"):wait().ok, true)
    how = sh("kill -USR1 $$"):wait()
    t.eq({ how.ok, how.code, how.signal, how.signal_name }, { false, nil, 10, "SIGUSR1" })
  end)

  t.it("are told to all who wait, and later again", function()
    local one = sh "echo up; read x </dev/null; sleep 0.2; exit 5"
    t.eq(one:ended(), nil)
    local waits = {}
    for i = 1, 3 do waits[i] = task.spawn(function() return one:wait().code end) end
    for i = 1, 3 do t.eq(waits[i]:join(), 5) end
    t.eq(one:wait().code, 5)
    t.eq(one:ended().code, 5)
  end)

  t.it("run beside each other and all else", function()
    local from, all, ticks = task.now(), {}, 0
    local ticker = task.spawn(function() while true do task.sleep(0.01) ticks = ticks + 1 end end)
    for i = 1, 10 do all[i] = sh("sleep 0.3; exit " .. i, { log = dir .. "/" .. i }) end
    for i = 1, 10 do
      t.eq(all[i]:wait().code, i)
      os.remove(dir .. "/" .. i)
    end
    t.ok(ticks > 5 and task.now() - from < 3)
    ticker:cancel()
    pcall(ticker.join, ticker)
  end)

  t.it("need no handle", function()
    sh("sleep 0.1; echo done")
    collectgarbage()
    collectgarbage()
    appears "done"
  end)
end

local function surroundings()
  t.it("are what was asked for", function()
    local how = sh([[echo "$A-$B-$HOME"; pwd; ulimit -n; ulimit -v; nice; cat]], { directory = "/usr", nice = 3,
      environment = { A = "x y", B = "", PATH = "/usr/bin:/bin" }, open_files = 30, address_space = 300 << 20 }):wait()
    t.eq(how.code, 0)
    t.eq(text(), "x y--\n/usr\n30\n307200\n3\n")
    sh("echo a; echo b", { stamps = true }):wait()
    t.eq(text():gsub("%d", "0"), "0000-00-00T00:00:00.000Z a\n0000-00-00T00:00:00.000Z b\n")
  end)

  t.it("are ours with changes, too", function()
    local home, path = os.getenv "HOME", os.getenv "PATH"
    sh([[echo "$A-${HOME-none}"; test "$PATH" = "$P" && echo same]], { set = { A = "x=y", HOME = false, P = path } }):wait()
    t.eq(text(), "x=y-none\nsame\n")
    t.eq(os.getenv "HOME", home)
    for _, wrong in ipairs { { set = { A = true } }, { set = { A = 1 } }, { set = { [1] = "x" } }, { set = { [""] = "x" } },
      { environment = { A = false } } } do
      t.raises(function() sh("true", wrong) end, wrong.set and wrong.set[""] and "cannot be set" or "texts by name expected")
    end
    for _, both in ipairs { { set = {} }, { credentials = true } } do
      both.environment = {}
      t.raises(function() sh("true", both) end, "it is the whole environment")
    end
  end)

  t.it("have credentials where that is asked for, and Lua never has", function()
    local script = log .. ".lua"
    assert(sys.write_file(script, [==[
      local proc = require "host.proc"
      local function has(options)
        options.program, options.args = "sh", { "-c", "test \"$ERRAND_ACME_TOKEN\" = canary-canary" }
        return proc.start(options):wait().code
      end
      print(os.getenv "ERRAND_ACME_TOKEN", has {}, has { credentials = true }, has { set = { A = "b" } },
        has { credentials = true, set = { ERRAND_ACME_TOKEN = false } },
        has { credentials = true, set = { ERRAND_ACME_TOKEN = "other" } },
        has { credentials = true, set = { A = "b" } })
    ]==]))
    local p = proc.start { program = "/proc/self/exe", args = { "run", script }, log = log,
      set = { ERRAND_ACME_TOKEN = "canary-canary" } }
    t.eq(p:wait().code, 0)
    t.eq(text(), "nil\t1\t0\t1\t1\t1\t0\n")
    os.remove(script)
  end)

  t.it("keep a log short", function()
    local how = sh("seq 1 100000", { head = 10, tail = 10 }):wait()
    t.eq(text(), "1\n2\n3\n4\n5\n\n[588878 bytes dropped]\n100000\n")
    t.eq({ how.output, how.dropped, how.lost }, { 588895, 588878, 0 })
    t.ok(proc.mend_log(log))
  end)

  t.it("are refused in one sentence", function()
    local none, err = proc.start { program = "/no/such" }
    t.eq({ none, err.message }, { nil, "cannot start /no/such: No such file or directory" })
    none, err = proc.start { program = "true", directory = "/no/such" }
    t.eq({ none, err.message }, { nil, "cannot start true in directory /no/such: No such file or directory" })
    none, err = proc.start { program = "true", args = { ("x"):rep(3000000) } }
    t.eq({ none, err.message }, { nil, "cannot start true: arguments and environment are too long" })
    t.raises(function() proc.start {} end, "program")
    t.raises(function() proc.start { program = "true", cwd = "/" } end, "cwd")
    t.raises(function() proc.start { program = "true", orphan = "adopt" } end, "orphan")
    t.raises(function() proc.start { program = "true", nice = 40 } end, "nice")
    t.raises(function() proc.start { program = "true", environment = { ["A=B"] = "x" } } end, "cannot be set")
    t.raises(function() proc.start { program = "true", environment = { A = "x\0y" } } end, "cannot be set")
  end)
end

local function stopping()
  t.it("comes by TERM, then by KILL", function()
    local one = sh "trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.02; done"
    appears "up"
    one:stop()
    local how = one:wait()
    t.eq({ how.code, how.stopped, how.killed }, { 7, true, false })
    one:stop()
    t.ok(not one:signal(15))
    one = sh "trap '' TERM; echo up; while :; do sleep 0.02; done"
    appears "up"
    one:stop(0.05)
    how = one:wait()
    t.eq({ how.signal_name, how.stopped, how.killed }, { "SIGKILL", true, true })
  end)

  t.it("comes by a time-out", function()
    local how = sh("sleep 60", { timeout = 0.05 }):wait()
    t.eq({ how.timed_out, how.stopped, how.signal_name }, { true, true, "SIGTERM" })
  end)

  t.it("is not what a cancelled wait does", function()
    local one = sh "echo up; sleep 60"
    t.eq(t.raises(function() task.deadline(0.05, function() one:wait() end) end).kind, "timeout")
    t.eq(one:ended(), nil)
    t.ok(one:signal(9))
    t.eq(one:wait().signal_name, "SIGKILL")
  end)

  t.it("is what close does, at once", function()
    local pid
    do
      local one <close> = sh "echo $$; exec sleep 60"
      appears "\n"
      pid = one:pid()
      t.eq(text(), pid .. "\n")
    end
    t.ok(not sys.exists("/proc/" .. pid))
    local one = sh "sleep 60"
    local waiter = task.spawn(function() return one:wait() end)
    task.sleep(0)
    one:close()
    one:close()
    t.raises(function() waiter:join() end, "the process was closed")
  end)
end

t.describe("a child's end", ends)
t.describe("a child's surroundings", surroundings)
t.describe("a child's stop", stopping)
os.remove(log)
t.it("leaves nothing behind", function() t.ok(os.remove(dir)) end)
