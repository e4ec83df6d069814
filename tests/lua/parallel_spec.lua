-- parallel_spec.lua - parallel, try, spawn, sleep and deadline.
-- SPDX-License-Identifier: MIT

local t = require "test"

t.describe("parallel", function()
  t.it("keeps the order whatever ends first", function()
    local outcomes = parallel({ 0.03, 0.001, 0.015 }, function(time, at)
      sleep(time)
      return at * 10
    end)
    local values = {}
    for i, outcome in ipairs(outcomes) do values[i] = outcome.value end
    t.eq(values, { 10, 20, 30 })
    t.eq(outcomes[2].item, 0.001)
  end)

  t.it("never runs more than the limit at a time, and all of them", function()
    local running, most, done = 0, 0, 0
    local items = {}
    for i = 1, 50 do items[i] = i end
    parallel(items, function()
      running = running + 1
      most = math.max(most, running)
      sleep(0.001)
      running, done = running - 1, done + 1
    end, { limit = 7 })
    t.eq(most, 7)
    t.eq(done, 50)
  end)

  t.it("keeps a failure to its item", function()
    local outcomes = parallel({ 1, 2, 3 }, function(n)
      if n == 2 then error("no luck", 0) end
      return n
    end, { limit = 1 })
    t.eq(outcomes[1].ok, true)
    t.eq(outcomes[2].ok, false)
    t.eq(outcomes[2].error.kind, "script")
    t.eq(outcomes[2].error.message, "no luck")
    t.eq(outcomes[3].value, 3)
  end)

  t.it("gives an empty list for no items", function()
    t.eq(parallel({}, print), {})
  end)

  t.it("reports each end in turn", function()
    local seen = {}
    parallel({ "a", "b" }, function(item) return item end, { limit = 1,
      on_progress = function(done, total, outcome)
        seen[#seen + 1] = done .. "/" .. total .. outcome.value
      end })
    t.eq(seen, { "1/2a", "2/2b" })
  end)

  t.it("ends all of them when it is cancelled", function()
    local started, ended = 0, 0
    local task = spawn(parallel, { 1, 2, 3, 4, 5 }, function()
      started = started + 1
      sleep(60)
      ended = ended + 1
    end, { limit = 2 })
    sleep(0.005)
    task:cancel()
    local err = t.raises(function() task:join() end)
    t.eq(err.kind, "cancelled")
    t.eq(started, 2)
    t.eq(ended, 0)
  end)

  t.it("stops when one of them is cancelled from inside, as by Ctrl-C", function()
    local calls = 0
    local err = t.raises(function()
      parallel({ 1, 2, 3 }, function()
        calls = calls + 1
        local inner = spawn(sleep, 60)
        inner:cancel()
        inner:join()
      end, { limit = 1 })
    end)
    t.eq(err.kind, "cancelled")
    t.eq(calls, 1)
  end)

  t.it("passes on what on_progress raises", function()
    t.raises(function()
      parallel({ 1, 2 }, function() end, { on_progress = function() error("stop here", 0) end })
    end, "stop here")
  end)

  t.it("refuses wrong arguments, naming the nearest option", function()
    t.raises(function() parallel("x", print) end, "list expected, got string")
    t.raises(function() parallel({}, 1) end, "function expected")
    t.raises(function() parallel({}, print, { limt = 2 }) end, "did you mean 'limit'?")
    t.raises(function() parallel({}, print, { limit = 0 }) end, "positive integer")
    t.raises(function() parallel({}, print, { limit = 1.5 }) end, "positive integer")
  end)
end)

t.describe("try", function()
  t.it("gives results, or nil and a structured error", function()
    local function results(...)
      return table.pack(try(...))
    end
    t.eq(results(function() return 1, nil, 3 end), { n = 3, 1, nil, 3 })
    local value, err = try(error, "plain")
    t.eq(value, nil)
    t.eq(err.kind, "script")
    t.eq(err.message, "plain")
  end)

  t.it("keeps a structured error as it is", function()
    local _, err = try(json.decode, "[1,")
    t.eq(err.kind, "validation")
  end)

  t.it("lets a cancellation through", function()
    local task = spawn(function() return try(sleep, 60) end)
    sleep(0.001)
    task:cancel()
    t.eq(t.raises(function() task:join() end).kind, "cancelled")
  end)
end)

t.describe("deadline and sleep", function()
  t.it("end what takes too long, as a timeout", function()
    local err = t.raises(function() deadline("5ms", sleep, 60) end)
    t.eq(err.kind, "timeout")
    t.eq(deadline(5, function(a) return a end, 7), 7)
  end)

  t.it("understand durations and refuse anything else", function()
    local seconds = require("core.duration").seconds
    t.eq(seconds("2h"), 7200.0)
    t.eq(seconds("1h30m"), 5400.0)
    t.near(seconds("500ms"), 0.5)
    t.eq(seconds(1.5), 1.5)
    t.eq(seconds("90"), 90)
    for _, wrong in ipairs{ "", "2 hours", "h", "-1s", "1x", -1, 0 / 0, 1 / 0, true } do
      t.eq(seconds(wrong), nil, tostring(wrong))
    end
    t.raises(function() sleep "soon" end, "got 'soon'")
  end)
end)
