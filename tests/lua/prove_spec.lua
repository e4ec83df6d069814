-- errand prove and errand plan: what they find out about somebody's workflow.

local t = require "test"
local catalogues = require "core.catalogue"
local lives = require "core.run.lives"
local plan = require "core.run.plan"
local prove = require "core.run.prove"
local sandbox_data = require "core.sandbox.data"
local simulated = require "core.run.simulated"
local sources = require "core.run.sources"
local start = require "core.run.start"
local virtual = require("core.run.clock").virtual

local qalyptus = { { catalogue = catalogues.load "qalyptus", data = sandbox_data.load "qalyptus" } }

local function program(body, options)
  return sources.program { ["@flow.lua"] = ("local function group(name) return { name = name, "
    .. "organizationId = \"5b0f6a0e-8a53-4c1d-9c39-1f1b6f3f2a10\" } end\n"
    .. "return workflow.define(\"flow\", %s, function(run, input)\n%s\nend)\n"):format(options or "{}", body) }
end

local function prover(body, limit, options)
  return prove.new { program = program(body, options), input = {}, limit = limit or 60, services = qalyptus }
end

local function sum(report, name)
  local n = 0
  for _, row in ipairs(report.rows) do n = n + row[name] end
  return n
end

t.describe("the text of a plan", function()
  t.it("is read back as it was", function()
    for _, text in ipairs { "C1:invite#1", "C1:invite#1,drop-reply:ixon.invites.create@2",
      "sent=20:ixon.invites.create#1,C5:invite#2", "C2:people/a, b@example.com/invite#1,late=20:ixon.invites.create@1" } do
      t.eq(prove.text(prove.parse(text)), text)
    end
  end)
  t.it("may leave out what is 1", function()
    t.eq(prove.text(prove.parse "C1:invite"), "C1:invite#1")
  end)
  t.it("is refused where it says nothing", function()
    t.raises(function() prove.parse "" end, "is no plan")
    t.raises(function() prove.parse "C1" end, "is no fault")
    t.raises(function() prove.parse "drip-reply:ixon.invites.create" end, "unknown kind")
  end)
end)

t.describe("proving a workflow", function()
  t.it("finds nothing wrong with one that names operations", function()
    local report = prover [[
      local one = run:step("one", qalyptus.groups.create, group "One")
      run:step("rename", qalyptus.groups.update, one.id, group "Two")]]:prove()
    t.eq(report.clean.state, "done")
    t.eq(#report.failures, 0)
    t.eq(report.done, 60)
    t.ok(report.cut > 0, "it says that plans were left out")
  end)
  t.it("finds the duplicates of a create that is called a set", function()
    local report = prover([[
      run:step("one", { class = "set", call = function(op) return qalyptus.groups.create(group "One", op) end })]], 40):prove()
    t.ok(sum(report, "duplicates") > 0, "no duplicate was found")
    local plan_text = report.failures[1].plan
    local p = prover [[
      run:step("one", { class = "set", call = function(op) return qalyptus.groups.create(group "One", op) end })]]
    local again = prove.verdict(p:carry_out {}, p:carry_out(prove.parse(plan_text)))
    t.eq(again[1].kind, report.failures[1].faults[1].kind)
  end)
  t.it("counts what somebody has to answer", function()
    local report = prover([[
      run:step("one", { class = "send", call = function(op) return qalyptus.groups.create(group "One", op) end })]], 40):prove()
    t.eq(#report.failures, 0)
    t.ok(sum(report, "questions") > 0, "nobody was asked")
  end)
  t.it("says so when the run does not end without any fault", function()
    local report = prover("run:step(\"one\", qalyptus.groups.get, \"5b0f6a0e-8a53-4c1d-9c39-1f1b6f3f2aff\")"):prove()
    t.eq(report.clean.state, "held")
    t.eq(report.rows[1].unfinished, 1)
  end)
  t.it("undoes, too", function()
    local report = prover([[
      run:step("one", qalyptus.groups.create, group "One")
      return run:undo("enough")]], 40):prove()
    t.eq(report.clean.state, "undone")
    t.eq(#report.failures, 0)
  end)
  t.it("lets nothing of a dead process be written", function()
    local p = prover 'run:step("one", qalyptus.groups.create, group "One")'
    local clean = p:carry_out {}
    for _, label in ipairs(clean.lives[1]) do
      local outcome = p:carry_out { kills = { { label = label } } }
      if not label:find "^sources" then t.eq(outcome.lives[1][#outcome.lives[1]], label) end -- written once in a store
      t.eq(outcome.state, "done")
    end
  end)
  t.it("prints nothing that the workflow prints", function()
    local before = print
    t.eq(lives.muted(function() print "never" return 1 end), true)
    t.eq(print, before)
  end)
end)

t.describe("planning a workflow", function()
  local clock = virtual()
  local sim = simulated.new { clock = clock, services = qalyptus }
  local function planned(body)
    sim:reset()
    local detach = sim:attach()
    local definition, environment = program(body):definition()
    local found = plan.workflow(definition, environment, {})
    detach()
    return found
  end
  local function steps(found)
    local out = {}
    for i, one in ipairs(found.writes) do
      out[i] = ("%s %s %s%s"):format(one.path, one.operation, one.class, one.danger and "!" or "")
    end
    return table.concat(out, "; ")
  end
  t.it("reads and sends nothing", function()
    local found = planned [[
      local readers = run:step("readers", qalyptus.groups.find, { name = "Report readers" })
      local one = run:step("one", qalyptus.groups.create, group("like " .. readers.name))
      run:step("rename", qalyptus.groups.update, one.id, group "Two")
      run:step("remove", qalyptus.groups.delete, one.id)]]
    t.eq(found.failed, nil)
    t.eq(steps(found), "one qalyptus.groups.create create; rename qalyptus.groups.update set; remove qalyptus.groups.delete set!")
    t.eq(found.writes[1].args[1].name, "like Report readers")
    t.eq(found.writes[2].args[1], "<one.id>")
    t.eq(next(sim:effects()), nil)
  end)
  t.it("knows what is there already", function()
    local found = planned 'local g, how = run:step("one", qalyptus.groups.create, group "Report readers") return { g.name, how }'
    t.eq(steps(found), "")
    t.eq(found.output[1], "Report readers")
    t.eq(found.output[2], "found")
  end)
  t.it("stops where the workflow must know a result", function()
    local found = planned [[
      local one = run:step("one", qalyptus.groups.create, group "One")
      if one.number > 3 then run:step("two", qalyptus.groups.create, group "Two") end]]
    t.eq(steps(found), "one qalyptus.groups.create create")
    t.ok(found.failed.message:find "depends on a result: a comparison with <one.number>", found.failed.message)
  end)
  t.it("goes through branches, approvals and sleeps", function()
    local found = planned [[
      run:sleep("pause", "2h")
      if run:approve("boss", { ask = "go on?" }).approved then
        run:each("groups", { "A", "B" }, function(n) return n end, function(b, n)
          b:step("make", qalyptus.groups.create, group(n))
        end)
        run:parallel("both", { x = function(b) b:step("make", qalyptus.groups.create, group "X") end })
      end]]
    t.eq(found.failed, nil)
    t.eq(steps(found), "groups/A/make qalyptus.groups.create create; groups/B/make qalyptus.groups.create create; "
      .. "both/x/make qalyptus.groups.create create")
  end)
  t.it("shows what a spelled-out step would send", function()
    local found = planned [[
      local one = run:step("one", { class = "create", call = function(op) return qalyptus.groups.create(group "One", op) end })
      run:step("two", { class = "set", call = function(op) return qalyptus.groups.delete(one.id, op) end })]]
    t.eq(found.failed, nil)
    t.eq(steps(found), "one qalyptus.groups.create create; two qalyptus.groups.delete set!")
    t.eq(found.writes[1].args[1].name, "One")
    t.eq(found.writes[2].args, nil)
  end)
  t.it("checks arguments as the call would", function()
    local found = planned 'run:step("one", qalyptus.groups.create, { nam = "One" })'
    t.ok(found.failed.message:find "problems" or found.failed.message:find "nam", found.failed.message)
  end)
  t.it("lists the writes of a plain script", function()
    sim:reset()
    local detach = sim:attach()
    local q = require "qalyptus"
    local found = plan.script(function()
      local readers = q.groups.find { name = "Report readers" }
      local made = q.groups.create { name = "like " .. readers.name, organizationId = "5b0f6a0e-8a53-4c1d-9c39-1f1b6f3f2a10" }
      assert(made.id)
    end)
    detach()
    t.eq(found.failed, nil)
    t.eq(found.writes[1].operation, "qalyptus.groups.create")
    t.eq(found.writes[1].args[1].name, "like Report readers")
    t.eq(next(sim:effects()), nil)
  end)
  t.it("needs a workflow to prove", function()
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write "return 1\n"
    file:close()
    t.raises(function() start.input(path, {}) end, "does not return a workflow")
    os.remove(path)
  end)
end)
