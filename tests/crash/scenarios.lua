-- scenarios.lua - single situations that a crash campaign does not come to by itself.
-- SPDX-License-Identifier: MIT
--
-- errand run tests/crash/scenarios.lua [--only NAME]; lines "ok - ..." and "not ok - ...".

local flows = require "flows"
local journal = require "core.run.journal"
local model = require "model"
local oracle = require "core.run.oracle"
local prove = require "core.run.prove"
local simulated = require "core.run.simulated"
local sources = require "core.run.sources"

local opt = args{ summary = "Single situations.", { "only", doc = "Lua pattern of a name." } }

local function program(mode, body)
  return sources.program { ["@flow.lua"] = flows.text(mode, body) }
end

local function prover(mode, body, options)
  options = options or {}
  return prove.new { program = program(mode, body), input = {}, answers = options.answers, sim = function(clock)
    return model.honour_keys(simulated.new { clock = clock, services = model.services })
  end }
end

local function flow(body, options)
  return flows.flow(options or "{}", body)
end

local failed, passed = 0, 0

local function scenario(name, fn)
  if opt.only and not name:find(opt.only) then return end
  local ok, why = pcall(fn)
  if ok then passed = passed + 1 else failed = failed + 1 end
  print(ok and "ok - " .. name or ("not ok - %s: %s"):format(name, tostring(why)))
end

local function expect(condition, ...)
  if not condition then error(("%s"):rep(select("#", ...), " "):format(...), 0) end
end

local function kinds(clean, outcome)
  local out = {}
  for i, fault in ipairs(prove.verdict(clean, outcome)) do out[i] = fault.kind .. " (" .. fault.text .. ")" end
  return table.concat(out, "; ")
end

local function count(outcome, operation)
  local n = 0
  for _, entry in ipairs(outcome.requests) do
    if entry.operation == operation then n = n + 1 end
  end
  return n
end

-- ---- the late server ----

scenario("an effect that comes late, but within the bound, happens once", function()
  for _, late in ipairs { 0, 1, 5, 20, 40, 55 } do
    for _, shape in ipairs { "single", "items" } do
      local p = prover("find", flows.shapes[shape])
      local clean = p:carry_out {}
      for _, label in ipairs(clean.lives[1]) do
        if label:find "^sent:model.orders.create" then
          local outcome = p:carry_out { kills = { { label = label, late = late } } }
          expect(kinds(clean, outcome) == "", late, label, kinds(clean, outcome))
        end
      end
      local outcome = p:carry_out { faults = { ("late=%d:model.orders.create@1"):format(late) } }
      expect(kinds(clean, outcome) == "", late, "reply lost", kinds(clean, outcome))
    end
  end
end)

scenario("an effect that comes after the bound is a duplicate, and the oracle sees it", function()
  for _, late in ipairs { 200, 1000 } do
    local p = prover("find", flows.shapes.single)
    local clean = p:carry_out {}
    local outcome = p:carry_out { kills = { { label = "sent:model.orders.create#1", late = late } } }
    expect(kinds(clean, outcome):find "^duplicate", late, "seconds late, and no duplicate was seen:", kinds(clean, outcome))
    outcome = p:carry_out { faults = { ("late=%d:model.orders.create@1"):format(late) } }
    expect(kinds(clean, outcome):find "^duplicate", late, "seconds late, and no duplicate was seen:", kinds(clean, outcome))
  end
end)

-- ---- look-ups ----

scenario("a look-up that fails proves nothing: somebody is asked", function()
  local p = prover("find", flows.shapes.single)
  local clean = p:carry_out {}
  for _, kind in ipairs { "status=503", "drop", "status=400", "html" } do
    local outcome = p:carry_out { kills = { { label = "effect:model.orders.create#1" } },
      faults = { kind .. ":model.orders.list@2-60" } }
    expect(kinds(clean, outcome) == "", kind, kinds(clean, outcome))
    expect(#outcome.questions == 1, kind, "questions:", #outcome.questions)
  end
end)

scenario("of several that fit none is adopted: somebody is asked", function()
  local p = prover("find", flows.shapes.single)
  local clean = p:carry_out {}
  local function another(self)
    local service = self.sim.by_name.model
    for _ = 1, 2 do service:insert("orders", "", json.object { ref = "a1", about = "somebody else's" }) end
  end
  local outcome = p:carry_out { kills = { { label = "before:one#1" } }, between = another }
  expect(#outcome.questions == 1, "questions:", #outcome.questions, kinds(clean, outcome))
end)

scenario("what was there before is adopted and not made again", function()
  local p = prover("find", flow 'return run:step("one", model.orders.create, { ref = "before", about = "made" })')
  local clean = p:carry_out {}
  expect(clean.state == "done", clean.state)
  expect(next(clean.effects) == nil, "it was made again")
  for _, label in ipairs(clean.lives[1]) do
    local outcome = p:carry_out { kills = { { label = label } } }
    expect(kinds(clean, outcome) == "", label, kinds(clean, outcome))
  end
end)

-- ---- replay ----

local three = flow [[
  local a = run:step("one", model.orders.create, { ref = "a1", about = "made" })
  run:step("two", model.orders.create, { ref = "a2", about = a.id })
  run:step("three", model.orders.create, { ref = "a3", about = "made" })]]

-- The program is another one from the second life on; what it says must be refused.
local function changed(name, from, to)
  scenario("a changed program is diverged and sends nothing: " .. name, function()
    local p = prover("find", three)
    p:carry_out {}
    local text, n = three:gsub(from, to, 1)
    expect(n == 1, "the change does not apply")
    local outcome = p:carry_out { kills = { { label = "C2:two#1" } }, programs = { [2] = program("find", text) } }
    expect(outcome.state == "diverged", "it is", outcome.state, tostring(outcome.error))
    expect(count(outcome, "model.orders.create") == 2, "requests:", count(outcome, "model.orders.create"))
    local why = json.decode(outcome.error).message
    expect(why:find "recorded" and why:find "attempted", "the message shows not both:", why)
  end)
end

changed("an argument", 'about = "made"', 'about = "changed"')
changed("a result passed on", 'about = a.id', 'about = a.ref')
changed("the order", 'local a = run:step%("one".-\n', 'local a = run:step("zero", model.orders.list) a = { id = 1 }\n')
changed("the operation", 'run:step%("one", model.orders.create, { ref = "a1", about = "made" }%)',
  'run:step("one", model.switches.set, "left", { state = "x" }) or {}')
changed("a step less", 'run:step%("two".-\n', "\n")

scenario("programs are replayed the same whatever the order in memory", function()
  local p = prover("find", flow [[
  local t = {}
  for _, name in ipairs { "alpha", "beta", "gamma", "delta", "epsilon", "zeta" } do t[name] = name .. "-ref" end
  for name, ref in pairs(t) do run:step(name, model.orders.create, { ref = ref, about = "made" }) end]])
  local clean = p:carry_out {}
  local order = {}
  for _, entry in ipairs(clean.requests) do
    if entry.writes then order[#order + 1] = entry.path end
  end
  expect(table.concat(order, " ") == "alpha beta delta epsilon gamma zeta", "the order was", table.concat(order, " "))
end)

scenario("what is noted of the time is the same in every replay", function()
  local p = prover("find", flow [[
  local t = run:now()
  run:note("it was " .. t)
  run:step("one", model.orders.create, { ref = "a1", about = "made" })]])
  local clean = p:carry_out {}
  local outcome = p:carry_out { kills = { { label = "C1:one#1" } } }
  expect(kinds(clean, outcome) == "", kinds(clean, outcome))
end)

-- ---- undo ----

local made_three = [[
  for i = 1, 3 do run:step("make " .. i, model.orders.create, { ref = "a" .. i, about = "made" }) end
  run:step("adopt", model.orders.create, { ref = "before", about = "made" })
]]

local function removed(outcome)
  local out = {}
  for _, entry in ipairs(outcome.requests) do
    if entry.operation == "model.orders.remove" then
      for _, effect in ipairs(entry.effects) do out[#out + 1] = effect:match " (.*)$" end
    end
  end
  return table.concat(out, " ")
end

scenario("undo goes backwards and leaves alone what was there before", function()
  local p = prover("find", flow(made_three .. ' return run:undo("enough")'))
  local clean = p:carry_out {}
  expect(clean.state == "undone", clean.state, tostring(clean.error))
  expect(removed(clean) == "a3 a2 a1", "removed:", removed(clean))
  local before = prover("find", flow "return 1"):carry_out {}
  local missing, extra = oracle.difference(before.records, clean.records)
  expect(#missing + #extra == 0, "the world is not as it was:", missing[1] or extra[1])
end)

scenario("undo from every prefix, killed anywhere: the world is as at the start", function()
  local before = prover("find", flow "return 1"):carry_out {}
  for prefix = 0, 3 do
    local p = prover("find", flow(("for i = 1, %d do run:step(\"make \" .. i, model.orders.create, { ref = \"a\" .. i }) end "
      .. "run:step(\"adopt\", model.orders.create, { ref = \"before\" }) return run:undo(\"enough\")"):format(prefix)))
    local clean = p:carry_out {}
    for _, label in ipairs(clean.lives[1]) do
      for _, late in ipairs { 0, 20 } do
        local outcome = p:carry_out { kills = { { label = label, late = label:find "^sent" and late or nil } } }
        expect(outcome.state == "undone", prefix, label, outcome.state, tostring(outcome.error))
        local missing, extra = oracle.difference(before.records, outcome.records)
        expect(#missing + #extra == 0, prefix, label, "the world is not as it was:", missing[1] or extra[1])
      end
    end
  end
end)

scenario("what is in doubt is settled before anything is undone", function()
  local before = prover("find", flow "return 1"):carry_out {}
  local p = prover("find", flow [[
  run:step("one", model.orders.create, { ref = "a1" })
  run:step("two", model.orders.create, { ref = "a2" })]])
  local clean = p:carry_out {}
  local engine, undo = require "core.run.engine", require "core.run.undo"
  for _, kill in ipairs(prove.kills(clean.lives[1], 20)) do
    local outcome = p:carry_out { kills = { kill }, between = function(self, life)
      if life > 1 then return end
      local J = self:journal()
      local row = J:runs({ limit = 1 })[1]
      if not row or row.state ~= "running" then return end
      J:own(row.id)
      undo.run { journal = J, id = row.id, clock = self.mortal_clock, own = function() return {} end, settle = function(path)
        return engine.settle_by_look { journal = J, clock = self.mortal_clock, id = row.id, path = path, owned = true }
      end }
    end }
    if outcome.state == "undone" then
      local missing, extra = oracle.difference(before.records, outcome.records)
      expect(#missing + #extra == 0, kill.label, "the world is not as it was:", missing[1] or extra[1])
    end
  end
end)

-- ---- waiting and keys ----

scenario("a sleep ends when it would have, however long errand was away", function()
  local p = prover("find", flow [[
  run:step("one", model.orders.create, { ref = "a1" })
  run:sleep("pause", "2h")
  run:step("two", model.orders.create, { ref = "a2" })]])
  local clean = p:carry_out {}
  local outcome = p:carry_out { kills = { { label = "C3:pause#1" } }, between = function(self) self.clock:sleep(3600) end }
  expect(kinds(clean, outcome) == "", kinds(clean, outcome))
  expect(outcome.seconds >= 7200 and outcome.seconds < 7200 + 120, "it took", outcome.seconds, "s")
end)

scenario("a sleep that is over when errand comes back is over", function()
  local p = prover("find", flow 'run:sleep("pause", "2h") run:step("two", model.orders.create, { ref = "a2" })')
  local clean = p:carry_out {}
  local outcome = p:carry_out { kills = { { label = "C3:pause#1" } }, between = function(self) self.clock:sleep(36000) end }
  expect(kinds(clean, outcome) == "", kinds(clean, outcome))
  expect(outcome.seconds < 36000 + 120, "it took", outcome.seconds, "s")
end)

scenario("the first answer to a question counts", function()
  local J = journal.open(assert(require("host.store").open()))
  J:create { id = "r-one", workflow = "w", key = "k", input = "{}" }
  J:approval("r-one", "boss", { ordinal = 1, ask = "?" })
  expect(J:decide("r-one", "boss", { approved = false, by = "anna" }))
  local second, other = J:decide("r-one", "boss", { approved = true, by = "olaf" })
  expect(not second and other.by == "anna", "the second answer was taken")
  expect(J:decision("r-one", "boss").approved == false, "the first answer was overwritten")
end)

scenario("the same key is one run, wherever the first one is", function()
  local body = flow([[
  run:step("say", model.notes.post, { ref = "n1" })
  if run:approve("boss", { ask = "?" }).approved then run:step("two", model.notes.post, { ref = "n2" }) end]],
    '{ key = function() return "one" end }')
  local p = prover("ask", body)
  local store = assert(require("host.store").open())
  p.sim:reset()
  p.unrecorded, p.store = {}, store
  local detach = p.sim:attach()
  local engine = require "core.run.engine"
  local function start()
    return prove.muted(engine.run, { journal = journal.open(store, function() return p.clock:wall() end), clock = p.clock,
      program = p.program, input = {} })
  end
  local ok, first = start()
  expect(ok, tostring(first))
  local again, second = start()
  detach()
  expect(first.state == "waiting", first.state)
  expect(again and second.id == first.id, "there are two runs")
  expect(p.sim:effects()["model.notes.post n1"] == 1, "it was said twice")
end)

-- ---- the record ----

scenario("each request that left is an attempt in the journal", function()
  local p = prover("find", flows.shapes.chain)
  p:carry_out {}
  for _, fault in ipairs { "drop:model.orders.create@1-2", "429=1:model.orders.create@1-3", "refuse:model.orders.create@2",
    "status=503:model.orders.create@1" } do
    local outcome = p:carry_out { faults = { fault } }
    local J = journal.open(p.store)
    for _, path in ipairs { "one", "two" } do
      local sent, attempts = 0, 0
      for _, entry in ipairs(outcome.requests) do
        if entry.writes and entry.path == path then sent = sent + 1 end
      end
      for _, attempt in ipairs(J:attempts(outcome.id, path)) do attempts = math.max(attempts, attempt.n) end
      expect(attempts == sent, fault, path, "requests:", sent, "attempts:", attempts)
      expect(J:step(outcome.id, path).attempt == sent, fault, path, "the step counts", J:step(outcome.id, path).attempt)
    end
    expect(outcome.state == "done", fault, outcome.state)
  end
end)

scenario("the journal's chain of events holds after every kill", function()
  local p = prover("find", flows.shapes.items)
  local clean = p:carry_out {}
  for _, label in ipairs(clean.lives[1]) do p:carry_out { kills = { { label = label } } } end
  local checked, why = journal.open(p.store):check()
  expect(checked, tostring(why))
end)

scenario("a call outside a step is refused before it is sent", function()
  local p = prover("find", flow 'model.orders.create { ref = "a1" }')
  local outcome = p:carry_out {}
  expect(outcome.state == "held", outcome.state)
  expect(#outcome.requests == 0, "it was sent")
end)

scenario("a step sends one request that changes something, not two", function()
  local p = prover("find", flow [[
  run:step("both", { class = "create", call = function()
    model.orders.create { ref = "a1" }
    return model.orders.create { ref = "a2" }
  end })]])
  local outcome = p:carry_out {}
  expect(count(outcome, "model.orders.create") <= 1, "two were sent")
end)

print(("%d passed, %d failed"):format(passed, failed))
if failed > 0 then os.exit(1) end
