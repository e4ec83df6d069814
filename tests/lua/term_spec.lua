-- term_spec.lua - SIGTERM at each point of a run, and runs that are the work of a slot.
-- SPDX-License-Identifier: MIT

local t = require "test"
local json = require "host.json"
local runs = require "runs"
local term = require "core.run.term"

local clock, sim, invite, people = runs.clock, runs.sim, runs.invite, runs.people
local run, resume, wrap = runs.run, runs.resume, runs.wrap
local J

local function fresh(faults)
  J = runs.fresh(faults)
  term.ask(false)
end

-- SIGTERM at the n-th point (commits, looks, before and after each request);
-- gives how many there were.
local function ask_at(n)
  local count = 0
  J.hook = function()
    count = count + 1
    if count == n then term.ask() end
  end
  return function() return count end
end

local function error_of(id)
  local row = J:run(id)
  return row.error and json.decode(row.error) or {}
end

-- The run from its start to its end, asked to end at the n-th point of its
-- first process; how it ended then, how at last, and how many points there were.
local function asked_once(text, input, n, decide)
  local count = ask_at(n)
  local first = run(text, input)
  J.hook = nil
  term.ask(false)
  local last = first
  for _ = 1, 8 do
    if decide then decide(first.id) end
    if last.state == "done" or last.state == "undone" or last.state == "failed" then break end
    last = resume(first.id)
  end
  return first, last, count()
end

local function open_steps(id)
  local out = {}
  for _, step in ipairs(J:steps(id)) do
    if step.kind == "step" and (step.state == "intent" or step.state == "doubt") then out[#out + 1] = step.path end
  end
  return table.concat(out, " ")
end

-- Asked to end at each point: held or done, nothing in doubt, and the same
-- effects at the end as if nobody had asked.
local function everywhere(text, input, faults, effects)
  fresh(faults)
  local want = run(text, input)
  for _ = 1, 8 do
    if want.state == "done" then break end
    want = resume(want.id)
  end
  local n, points = 0, math.huge
  while n < points do
    n = n + 1
    fresh(faults)
    local first, last
    first, last, points = asked_once(text, input, n)
    if first.state == "held" then
      t.eq(first.exit, 3, ("point %d: exit code"):format(n))
      t.eq(open_steps(first.id), "", ("point %d: in doubt"):format(n))
    else
      t.eq(first.state, "done", ("point %d: held or done"):format(n))
    end
    t.eq(last.state, "done", ("point %d: at the end"):format(n))
    t.eq(json.encode(last.output), json.encode(want.output), ("point %d: output"):format(n))
    for key, count in pairs(effects) do t.eq(sim:effects()[key] or 0, count, ("point %d: %s"):format(n, key)) end
    t.eq(J:run(first.id).crashes, 0, ("point %d: no crash is counted"):format(n))
    t.ok(J:check())
  end
  return points
end

local ONE = { ["ixon.invites.create a.hire@example.com"] = 1 }

t.describe("SIGTERM", function()
  t.it("at each point of a run of one step", function()
    t.ok(everywhere(wrap(invite .. " return 'in'"), people.a, nil, ONE) > 5)
  end)

  t.it("at each point of two steps, a note and a sleep", function()
    local body = ([[
      run:note("begun")
      local _, how = %s
      run:sleep("nap", "2h")
      local role = run:step("role", ixon.roles.find, { name = "Engineer" })
      return { how = how, role = role.publicId }]]):format(invite)
    t.ok(everywhere(wrap(body), people.a, nil, ONE) > 12)
  end)

  t.it("at each point where a request is refused for now and tried again", function()
    t.ok(everywhere(wrap(invite .. " return 'in'"), people.a, { "429=5:ixon.invites.create@1" }, ONE) > 6)
  end)

  t.it("at each point of branches", function()
    local body = [[
      local out = run:each("all", i, function(p) return p.email end, function(b, p)
        return (b:]] .. invite:gsub("^run:", ""):gsub("i%.email", "p.email") .. [[) and p.email
      end)
      return #out]]
    everywhere(wrap(body), { people.a, people.b, people.c }, nil, { ["ixon.invites.create a.hire@example.com"] = 1,
      ["ixon.invites.create b.hire@example.com"] = 1, ["ixon.invites.create c.hire@example.com"] = 1 })
  end)

  t.it("while a lost answer is settled: the next process settles it", function()
    local n, points, interrupted = 0, math.huge, 0
    while n < points do
      n = n + 1
      fresh { "drop:ixon.invites.create@1" }
      local first, last
      first, last, points = asked_once(wrap(invite .. " return 'in'"), people.a, n)
      if first.state == "held" then
        t.eq(error_of(first.id).kind or "-", last.state == "done" and "-" or "interrupted")
        interrupted = interrupted + 1
      end
      t.eq(last.state, "done", "point " .. n)
      t.eq(runs.invites(people.a.email), 1, "point " .. n)
    end
    t.ok(interrupted > 3)
  end)

  t.it("holds the run with a kind of its own, which the journal tells", function()
    fresh()
    ask_at(2)
    local result = run(wrap(invite .. " return 'in'"), people.a)
    t.eq(result.state, "held")
    t.eq(error_of(result.id).kind, "interrupted")
    t.ok(result.error.message:find("SIGTERM", 1, true))
    local told
    for _, event in ipairs(J:events(result.id)) do
      local data = event.data and json.decode(event.data) or {}
      if event.type == "state" and data.to == "held" then told = data.reason end
    end
    t.ok(told and told:find("SIGTERM", 1, true))
  end)

  t.it("does not end a wait that is the scheduler's", function()
    fresh()
    ask_at(1)
    local result = run(wrap "run:sleep('nap', '2h') return 1", {}, { wait = false })
    t.eq(result.state, "held") -- nothing new: the sleep was not begun
    term.ask(false)
    result = resume(result.id, { wait = false })
    t.eq(result.state, "sleeping")
    term.ask()
    result = resume(result.id, { wait = false })
    t.eq(result.state, "sleeping")
    t.ok(J:run(result.id).wake_at > clock:wall())
    term.ask(false)
  end)

  t.it("keeps what was to be tried again", function()
    fresh { "status=400:ixon.invites.create@1" }
    local result = run(wrap(invite .. " return 'in'"), people.a)
    t.eq(result.state, "held")
    term.ask()
    result = resume(result.id)
    t.eq(error_of(result.id).kind, "interrupted")
    t.eq(runs.invites(people.a.email), 0)
    term.ask(false)
    t.eq(resume(result.id).state, "done")
  end)

  t.it("is not in the way of a decision to cancel", function()
    fresh()
    J.hook = function(name, id)
      if name ~= "C0" then return end
      J.hook = nil
      J:request(id, "cancel", "somebody", "no more")
      term.ask()
    end
    local result = run(wrap(invite), people.a)
    t.eq(result.state, "cancelled")
    term.ask(false)
  end)

  t.it("stops code that had to be interrupted, and only there", function()
    local body = [[run:note("one")
      run:parallel("p", { a = function(b) b:note("two") die() end, b = function(b) b:note("three") end }) return 1]]
    local text = "local die = require 'die' " .. wrap(body)
    local modules = { die = "return function() error({ kind = 'cancelled', message = 'interrupted' }, 0) end" }
    fresh()
    local made = runs.program(text, modules)
    local ok, err = pcall(run, made, {})
    t.ok(not ok and err.kind == "cancelled") -- as Ctrl-C: it leaves everything
    fresh()
    term.ask()
    t.ok(term.ended_by { kind = "cancelled" })
    term.ask(false)
    J.hook = function(name, _, path) if name == "C2" and path:find "p/a" then term.ask() end end
    local result = run(made, {})
    t.eq(result.state, "held")
    t.eq(error_of(result.id).kind, "interrupted")
    term.ask(false)
  end)
end)

t.describe("SIGTERM while undoing", function()
  local body = ("%s if i.undo then run:undo('no') end return 1"):format(invite)

  t.it("at each point: gone once at the end", function()
    local n, points = 0, math.huge
    while n < points do
      n = n + 1
      fresh()
      local count = ask_at(n)
      local result = run(wrap(body), { email = people.a.email, undo = true })
      points = count()
      J.hook = nil
      term.ask(false)
      for _ = 1, 4 do
        if result.state == "undone" then break end
        t.eq(result.state, "held", "point " .. n)
        t.eq(J:run(result.id).state, "held", "point " .. n)
        result = resume(result.id)
      end
      t.eq(result.state, "undone", "point " .. n)
      t.eq(runs.invites(people.a.email), 1, "point " .. n)
      t.eq(sim:effects()["ixon.invites.delete a.hire@example.com"] or 0, 1, "point " .. n)
    end
    t.ok(points > 6)
  end)
end)

t.describe("a run for a slot", function()
  local slot = { id = 7, schedule = "job", at = "2026-11-22T05:15:00Z", local_time = "2026-11-22 06:15:00", kind = "slot",
    collapsed = 2, times = { "2026-11-22 05:15:00", "2026-11-22 05:45:00" }, covers = 1 }
  local text = wrap "return run.slot and run.slot.at or 'none'"

  t.it("knows its slot, also when somebody else goes on with it", function()
    fresh()
    local held = run(wrap "run:hold('look') return run.slot.schedule", {}, { slot = slot, new_id = "r-aaaaaa" })
    t.eq(held.id, "r-aaaaaa")
    t.eq(resume(held.id).output, "job")
    held = run(wrap "run:hold('look') return table.concat(run.slot.times, '+')", {}, { slot = slot, new_id = "r-aaaaab" })
    t.eq(resume(held.id).output, table.concat(slot.times, "+"))
    t.eq(json.decode(J:run(held.id).parent), slot, "as the journal has had it from its first row")
  end)

  t.it("has none where nobody has one for it", function()
    fresh()
    t.eq(run(text, {}).output, "none")
  end)

  t.it("is another one for each slot, unless the workflow has a key", function()
    fresh()
    local other = { schedule = "job", at = "2026-11-23T05:15:00Z", kind = "slot" }
    local hold = wrap "run:hold('look')"
    local first, second = run(hold, {}, { slot = slot }), run(hold, {}, { slot = other })
    t.ok(first.id ~= second.id)
    t.eq(run(hold, {}, { slot = slot }).id, first.id)
    t.ok(run(hold, {}).id ~= first.id)
    local keyed = wrap("run:hold('look')", "key = function() return 'k' end")
    t.eq(run(keyed, {}, { slot = slot }).id, run(keyed, {}, { slot = other }).id)
  end)

  t.it("is told before anything of it is done, also where it is taken over", function()
    fresh()
    local told = {}
    local function begun(id) told[#told + 1] = id .. " " .. #J:steps(id) end
    local keyed = wrap(invite, "key = function() return 'k' end")
    runs.sim:inject { "status=400:ixon.invites.create@1" }
    local first = run(keyed, people.a, { begun = begun })
    t.eq(first.state, "held")
    run(keyed, people.a, { begun = begun, slot = slot, new_id = "r-bbbbbb" })
    t.eq(told[1], first.id .. " 0")
    t.eq(told[2]:match "^%S+", first.id)
    t.eq(J:run "r-bbbbbb", nil)
  end)

  t.it("may change what it got without changing it for others", function()
    fresh()
    local body = [[run.slot.at = "x"
      return run:each("a", { 1 }, function(n) return n end, function(b) return b.slot.at end)[1].value]]
    t.eq(run(wrap(body), {}, { slot = slot }).output, slot.at)
  end)
end)

term.ask(false)
