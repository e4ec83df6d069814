-- SPDX-License-Identifier: MIT
-- host.signal: tasks wait for signals; Lua code that never waits is stopped.
local t = require "test"
local proc = require "host.proc"
local signal = require "host.signal"
local task = require "host.task"

--- A child that sends this process a signal, once or more often.
local function send(name, times)
  local one = "kill -" .. name .. " $PPID"
  local text = one
  for _ = 2, times or 1 do text = text .. "; " .. one end
  return assert(proc.start { program = "sh", args = { "-c", text } })
end

--- Waits, but not for ever.
local function within(f, ...)
  return task.deadline(20, f, ...)
end

t.describe("host.signal", function()
  t.it("tells a task, and others go on meanwhile", function()
    local w <close> = assert(signal.watch { "TERM", "HUP" })
    local ticks = 0
    local other = task.spawn(function()
      while ticks < 3 do
        task.sleep(0.01)
        ticks = ticks + 1
      end
      send "TERM":wait()
    end)
    t.eq(within(w.wait, w), "TERM")
    other:join()
    t.eq(ticks, 3)
    t.eq(w:came "TERM", 1)
    t.eq(w:came "HUP", 0)
  end)

  t.it("keeps what came until somebody asks, each once", function()
    local w <close> = assert(signal.watch { "TERM", "HUP" })
    send "HUP":wait()
    send "TERM":wait()
    send "HUP":wait()
    t.eq(within(w.wait, w), "HUP")
    t.eq(within(w.wait, w), "TERM")
    t.eq(w:came "HUP", 2)
    local none = pcall(task.deadline, 0.01, w.wait, w)
    t.eq(none, false)
  end)

  t.it("ends a wait when it is closed, twice harmlessly", function()
    local w = assert(signal.watch { "USR1" })
    local waits = task.spawn(function() return w:wait() == nil end)
    task.sleep(0)
    w:close()
    w:close()
    t.eq(within(waits.join, waits), true)
    t.eq(w:wait(), nil)
  end)

  t.it("gives a signal one watch, and says what it knows", function()
    local w <close> = assert(signal.watch { "USR2" }) -- luacheck: ignore 211
    local no, err = signal.watch { "USR1", "USR2" }
    t.eq(no, nil)
    t.eq(err.message, "SIGUSR2 is watched already")
    local again <close> = assert(signal.watch { "USR1" }) -- luacheck: ignore 211
    t.raises(function() signal.watch { "KILL" } end, "there is no signal KILL to watch")
  end)

  t.it("lets those go on reading who are not to stop", function()
    local w <close> = assert(signal.watch { "HUP" })
    -- it comes while we wait for the text
    local pipe = assert(io.popen "kill -HUP $PPID; sleep 0.2; echo whole")
    t.eq(pipe:read "a", "whole\n")
    pipe:close()
    t.eq(within(w.wait, w), "HUP")
  end)

  t.it("is as it was before once it is closed: like Ctrl-C", function()
    assert(signal.interrupt "USR2")
    local w = assert(signal.watch { "USR2" })
    for _ = 1, 3 do
      send "USR2":wait()
      t.eq(within(w.wait, w), "USR2")
    end
    t.raises(function() signal.interrupt "USR2" end, "SIGUSR2 is watched already")
    t.eq(signal.interrupted(), nil)
    w:close()
    local sent
    local ok, err = pcall(function() -- here, or while it waits
      sent = send "USR2"
      task.sleep(20)
    end)
    t.eq({ ok, err.kind, signal.interrupted() }, { false, "cancelled", "USR2" })
    if sent then sent:wait() end
  end)

  t.it("stops Lua code that takes no turn of the loop, again each time", function()
    local w <close> = assert(signal.watch { "TERM" })
    send("TERM"):wait()
    local started = task.now()
    for _ = 1, 2 do
      local ok, err = pcall(load("while true do pcall(error) end", "=busy"))
      t.eq(ok, false)
      t.eq(err.kind, "cancelled")
    end
    t.ok(task.now() - started >= 3.9, "it has two seconds each time")
    t.eq(within(w.wait, w), "TERM")
  end)

  t.it("stops a coroutine of the script's own, too", function()
    local w <close> = assert(signal.watch { "TERM" })
    t.ok(w)
    send("TERM"):wait()
    local co = coroutine.wrap(load("while true do end", "=busy"))
    local ok, err = pcall(co)
    t.eq(ok, false)
    t.eq(err.kind, "cancelled")
  end)
end)
