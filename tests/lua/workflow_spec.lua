-- workflow_spec.lua - durable runs: killed anywhere, replayed, in branches.
-- SPDX-License-Identifier: MIT

local t = require "test"
local json = require "host.json"
local journal = require "core.run.journal"
local runs = require "runs"
local clock_ = require "core.run.clock"

local clock, sim, Killed, invite, people = runs.clock, runs.sim, runs.Killed, runs.invite, runs.people
local run, resume, wrap, program, invites = runs.run, runs.resume, runs.wrap, runs.program, runs.invites
local J

local function fresh(faults)
  J = runs.fresh(faults)
end

-- ---- killed at each point ----

local function kill_at(n)
  local count = 0
  J.hook = function()
    count = count + 1
    if count == n then
      sim:restart()
      runs.kill()
    end
  end
  return function() return count end
end

-- The run from its start to its end, killed at the n-th point of the first
-- execution; nil when it has fewer points.
local function killed_once(text, input, n, decide)
  local count = kill_at(n)
  local made = program(text)
  local ok, result = pcall(run, made, input)
  J.hook = nil
  if not ok and getmetatable(result) ~= Killed then error(result, 0) end
  for _ = 1, 8 do
    local id = J:runs {}[1]
    if ok and result.state ~= "waiting" then break end
    if id and decide then decide(id.id) end
    if id and journal.LIVE[id.state] then
      ok, result = true, resume(id.id)
    elseif not id then
      ok, result = true, run(made, input)
    else
      ok, result = true, { state = id.state, output = id.output and json.decode(id.output), id = id.id, exit = 0 }
    end
  end
  return count() >= n and result or nil
end

local function everywhere(text, input, want, decide, faults)
  local n, effects, output = 0, nil, nil
  while true do
    n = n + 1
    fresh(faults)
    local result = killed_once(text, input, n, decide)
    if not result then break end
    sim:arrive(true)
    t.eq(result.state, "done", "killed at point " .. n .. ": " .. tostring(result.error and result.error.message))
    effects, output = effects or sim:effects(), output or result.output
    t.eq(result.output, output, "output when killed at point " .. n)
    t.eq(sim:effects(), effects, "killed at point " .. n)
    if want then want(result, n) end
  end
  t.ok(n > 5, "points")
  for key, count in pairs(effects) do t.eq(count, 1, key) end
  return effects
end

t.describe("a run that is killed at every point", function()
  t.it("has each effect once", function()
    local effects = everywhere(wrap(invite
      .. [[ return { n = run:random(1000), u = run:uuid "x", r = math.random(1000) } ]]), people.a)
    t.eq(effects, { ["ixon.invites.create a.hire@example.com"] = 1 })
  end)

  t.it("has each effect once in branches, between sleeps and answers", function()
    local effects = everywhere(wrap([[
      run:note("people: " .. #i.people)
      local out = run:each("people", i.people, function(p) return p.email end, function(run, i)
        local made = ]] .. invite .. [[
        run:sleep("cool-off", "2h")
        return made
      end)
      local both = run:parallel("both", {
        q = function(b)
          local o = b:step("org", qalyptus.organizations.find, { name = "Example Org" })
          return b:step("recipient", qalyptus.recipients.create, { firstName = "New", lastName = "Hire",
            email = "new.hire@example.com", isActive = true, organizations = { { id = o.id, name = o.name } } })
        end,
        note = function(b) b:note("side by side") return b:now() end,
      })
      local d = run:approve("manager", { ask = "ops", timeout = "3d" })
      run:pivot("told")
      return { n = #out, ok = both.q.ok, approved = d.approved, by = d.by }
    ]]), { people = { people.a, people.b } }, function(result)
      t.eq(result.output, { n = 2, ok = true, approved = true, by = "boss" })
    end, function(id) pcall(J.decide, J, id, "manager", { approved = true, by = "boss" }) end)
    t.eq(effects, { ["ixon.invites.create a.hire@example.com"] = 1, ["ixon.invites.create b.hire@example.com"] = 1,
      ["qalyptus.recipients.create new.hire@example.com"] = 1 })
  end)

  t.it("has each effect once, also when an answer is lost", function()
    for _, fault in ipairs { "drop-reply", "drop", "status-after=503", "late=30", "hang-after", "status=500", "429=20", "refuse",
      "malformed", "empty" } do
      everywhere(wrap(invite .. " return 1"), people.a, nil, nil, { fault .. ":ixon.invites.create" })
    end
  end)

  t.it("has each effect once, also when it is killed again and again", function()
    for gap = 1, 12 do
      fresh { "drop-reply:ixon.invites.create" }
      local made, count = program(wrap(invite .. " return 1")), 0
      local ok, result
      J.hook = function()
        count = count + 1
        if count % gap == 0 and count < 60 then runs.kill() end
      end
      for _ = 1, 80 do
        ok, result = pcall(run, made, people.a)
        if ok and result.state == "done" then break end
        if not ok and getmetatable(result) ~= Killed then error(result, 0) end
      end
      t.eq(result.state, "done", "a kill every " .. gap)
      t.eq(invites "a.hire@example.com", 1, "a kill every " .. gap)
      t.eq(select(2, J:check()), nil)
    end
  end)
end)

-- ---- replay ----

t.describe("a replay", function()
  local function in_two(first, second, more)
    fresh()
    J.hook = function(name, _, path) if name == "C2" and path == "last" then runs.kill() end end
    t.ok(not pcall(run, wrap(first), people.a))
    J.hook = nil
    local calls = #sim.log
    more = more or {}
    more.program = program(wrap(second))
    local result = resume(J:runs {}[1].id, more)
    return result, #sim.log - calls
  end
  local last = [[ run:step("last", ixon.groups.find, { name = "Plant A" })]]

  t.it("of the same code sends nothing that is recorded", function()
    local result, calls = in_two(invite .. last .. " return 7", invite .. last .. " return 7")
    t.eq({ result.state, result.output, calls }, { "done", 7, 0 })
  end)

  t.it("with other arguments has diverged, and sends nothing", function()
    local other = invite:gsub("i.email", '"other@example.com"')
    local result, calls = in_two(invite .. last, "local x = 1\n" .. other .. last)
    t.eq({ result.state, result.exit, calls }, { "diverged", 3, 0 })
    for _, text in ipairs { "recorded   invite  ixon.invites.create (create)", "attempted  invite", "a.hire@example.com",
      "other@example.com", "test.lua:2" } do
      t.ok(result.error.message:find(text, 1, true), text .. " in " .. result.error.message)
    end
    t.eq(invites "other@example.com", 0)
  end)

  t.it("with another name, class, place, kind, more steps or fewer has diverged", function()
    for _, second in ipairs {
      (invite:gsub('"invite"', '"other"')) .. last,
      [[run:step("invite", { class = "send", call = function(op) return ixon.invites.create({ emailAddress = i.email,
        groupRoles = { { group = { publicId = "gP1aNtA00001" }, role = { publicId = "rM4eTz81kQwA" } } } }, op) end })]] .. last,
      last .. invite, 'run:note "first"' .. invite .. last, 'run:sleep("invite", 1)' .. last, invite,
    } do
      local result, calls = in_two(invite .. last, second)
      t.eq({ result.state, calls }, { "diverged", 0 }, second)
      t.ok(result.error.message:find("nothing was sent", 1, true))
    end
  end)

  t.it("has the sources of the start, whatever became of the files", function()
    fresh()
    local made = program("local m = require 'm' return workflow.define('w', {}, function(run) run:hold(m) return m end)",
      { m = "return 'old'" })
    local first = run(made)
    t.eq({ first.state, first.error.message }, { "held", "old" })
    made.texts.m, made.texts["@test.lua"] = "return 'new'", "error 'new'"
    local result = resume(first.id)
    t.eq({ result.state, result.output }, { "done", "old" })
  end)

  t.it("raises a step's failure again, and only that", function()
    fresh { "status=400:ixon.invites.create" }
    local text = wrap([[
      local ok, err = pcall(function() ]] .. invite .. [[ end)
      local _, again = try(error, { kind = "x" })
      run:hold("look")
      return { ok = ok, kind = err.kind, status = err.status, message = err.message }
    ]])
    local first = run(text, people.a)
    t.eq(first.state, "held")
    local result = resume(first.id)
    t.eq({ result.state, result.output.ok, result.output.kind, result.output.status }, { "done", false, "validation", 400 })
    t.eq(invites "a.hire@example.com", 0)
  end)

  t.it("has its own globals each time", function()
    fresh()
    local text = "local n = 0 return workflow.define('w', { key = function() n = n + 1 return 'k' end }, function(run) "
      .. "n = n + 1 if n == 1 then run:hold 'x' end return n end)"
    local first = run(text)
    t.eq({ first.state, resume(first.id).output }, { "held", 1 })
  end)
end)

-- ---- rules ----

t.describe("a workflow", function()
  local function fails(body, text, input)
    fresh()
    local result = run(wrap(body), input or people.a)
    t.eq(result.state, "held", body)
    t.ok(result.error.message:find(text, 1, true), ("%s in %s"):format(text, result.error.message))
    for key in pairs(sim:effects()) do error("an effect: " .. key) end
    return result
  end

  t.it("calls nothing outside its steps", function()
    fails("ixon.invites.delete { publicId = 'x12345678901' }", 'run:step("NAME", ixon.invites.delete')
    fails("ixon.groups.find { name = 'Plant A' }", 'run:step("NAME", ixon.groups.list')
    fails("coroutine.wrap(function() ixon.groups.find { name = 'Plant A' } end)()", "run:step")
    fails("run:step('a', { call = function() run:step('b', ixon.groups.list) end })", "a step of its own")
  end)

  t.it("has steps that change one thing", function()
    fresh()
    local result = run(wrap([[run:step("two", { class = "create", call = function(op)
      for _, name in ipairs { "A", "B" } do qalyptus.groups.create({ name = name }, op) end
    end })]]))
    t.eq(result.state, "held")
    t.ok(result.error.message:find("would be the second", 1, true), result.error.message)
    t.eq(sim:effects(), { ["qalyptus.groups.create A"] = 1 })
    fails([[run:step("read", { class = "read", call = function(op) return qalyptus.groups.create({ name = "A" }, op) end })]],
      "of class read")
    fails([[run:step("x", { find = function() return qalyptus.groups.create { name = "B" } end,
      call = function(op) return qalyptus.groups.create({ name = "A" }, op) end })]], "may only read")
  end)

  t.it("has names that are there once", function()
    fails("for _ = 1, 2 do run:note 'x' run:step('a', ixon.groups.find, { name = 'Plant A' }) end", "two steps are called 'a'")
    fails("run:each('e', { 1, 1 }, function(n) return n end, function() end)", "have the key '1'")
    fails("run:each('e', { {} }, function(n) return n end, function() end)", "a name that is a text")
    fails("run:step('', ixon.groups.list)", "a name that is a text")
    fails("run:step('a', function() end)", "a step wants an operation")
    fails("run:step('a', ixon.groups.each)", "use ixon.groups.list")
    fails("run:step('a', { cal = print })", "a step has no key 'cal'")
  end)

  t.it("does not learn the time, the machine or an order by chance", function()
    fails("return os.time()", "run:now()")
    fails("return io.open('x')", "input function")
    fails("return math.randomseed(1)", "seed")
    fails("for _ in pairs { [{}] = 1 } do end", "no order that stays")
    fails("sleep(1)", "run:sleep")
    fails("return require 'core.config'", "no module 'core.config'")
    fails("x = 1", "undeclared variable 'x'")
    fresh()
    local result = run(wrap("local out = {} for k in pairs { b = 1, a = 2, c = 3, [2] = 1, [true] = 1 } do "
      .. "out[#out + 1] = tostring(k) end return table.concat(out, ' ') .. tostring(next { z = 1, y = 2 })"))
    t.eq(result.output, "2 a b c truey")
  end)

  t.it("gives the same numbers, times and names in each replay", function()
    fresh()
    local text = wrap("local a = { run:now(), run:random(1, 6), math.random(), run:uuid 'a' } run:hold 'x' return a")
    local first = run(text)
    local other = J:steps(first.id)[1].value
    clock:sleep(1000)
    local result = resume(first.id)
    t.eq(tostring(json.decode(other)), tostring(result.output[1]))
    fresh()
    t.eq(resume(run(text).id).output[4], result.output[4])
  end)

  t.it("cannot keep a stop to itself", function()
    fresh { "drop:qalyptus.groups.create" }
    local body = [[
      local function send() return run:step("send", { class = "send", call = function(op)
        return qalyptus.groups.create({ name = "A" }, op) end }) end
      for _, f in ipairs { pcall, xpcall, try, function(g) return coroutine.resume(coroutine.create(g)) end } do
        f(send, print)
      end
      run:note "went on"
    ]]
    local result = run(wrap(body))
    t.eq({ result.state, result.exit, #J:steps(result.id) }, { "in_doubt", 4, 1 })
  end)
end)

-- ---- branches ----

t.describe("branches", function()
  local body = ([[
    local out = run:each("people", i, function(p) return p.email end, function(run, i) %s return i.email end, { limit = 3 })
    local n = 0
    for _, one in ipairs(out) do n = n + (one.ok and 1 or 0) end
    return { n = n, kind = out[2].error and out[2].error.kind, value = out[1].value }
  ]]):format(invite)
  local list = { people.a, people.b, people.c }

  t.it("do no harm to each other", function()
    fresh { "status=400:ixon.invites.create@2" }
    local result = run(wrap(body), list)
    t.eq({ result.state, result.output }, { "done", { n = 2, kind = "validation", value = "a.hire@example.com" } })
    t.eq(#J:steps(result.id), 4)
    t.eq(J:step(result.id, "people/b.hire@example.com/invite").parent, "people/b.hire@example.com")
  end)

  t.it("go on when one is in doubt, and the run ends so", function()
    fresh { "drop-reply:ixon.invites.create@2", "status=500:ixon.invites.list@3-22" }
    local result = run(wrap(body), list)
    t.eq({ result.state, result.exit, result.error.path }, { "in_doubt", 4, "people/b.hire@example.com/invite" })
    t.eq({ invites "a.hire@example.com", invites "c.hire@example.com" }, { 1, 1 })
    sim:inject {}
    t.eq({ resume(result.id).state, invites "b.hire@example.com" }, { "done", 1 })
  end)

  t.it("run side by side with the clock of this machine", function()
    fresh()
    local result = run(wrap(body), list, { clock = clock_.real() })
    t.eq({ result.state, result.output.n }, { "done", 3 })
    local twice = run(wrap(body), list, { clock = clock_.real() })
    t.eq(twice.output.n, 3)
    for _, person in ipairs(list) do t.eq(invites(person.email), 1) end
  end)

  t.it("stop where that is wanted", function()
    fresh { "status=400:ixon.invites.create@1" }
    local text = wrap((body:gsub("limit = 3", 'limit = 1, on_error = "stop"')))
    local result = run(text, list)
    t.eq({ result.state, #J:steps(result.id) }, { "held", 2 })
    t.eq({ resume(result.id).state, invites "c.hire@example.com" }, { "done", 1 })
  end)

  t.it("have keys with any letters", function()
    fresh()
    local result = run(wrap "run:each('e', { 'a/b', '50%' }, function(s) return s end, function(b) b:note 'x' end) return 1")
    t.ok(J:step(result.id, "e/a%2Fb/(note 1)"))
    t.ok(J:step(result.id, "e/50%25/(note 1)"))
  end)
end)

runs.detach()
