-- workflow_secrets_spec.lua - secrets of a workflow's input, and what a plan refused.
-- SPDX-License-Identifier: MIT

local t = require "test"

local engine = require "core.run.engine"
local lines = require "core.run.lines"
local planned = require "core.run.planned"
local runs = require "runs"

local SECRET <const> = "canary-5b1c-of-a-workflow"
local HEAD <const> = "key = function() return 'k' end, secret = { 'token' }"
local ROLE <const> = "run:step('role', ixon.roles.create, { { name = 'R ' .. i.token } })"

local function with_plan(token)
  local path = os.tmpname()
  planned.save(path, { workflow = "test", input = "x", steps = {
    { path = "role", operation = "ixon.roles.create", class = "create", args = { { { name = "R " .. token } } } } } })
  local plan = planned.open(path)
  os.remove(path)
  return plan
end

t.describe("a secret of the input", function()
  t.it("is compared with a plan as the plan has it", function()
    runs.fresh()
    local result = runs.run(runs.wrap(ROLE, HEAD), { token = SECRET }, { plan = with_plan "[secret]" })
    t.eq(result.state, "done", result.error and result.error.message)
  end)

  t.it("is no part of the name of a step or branch", function()
    for _, body in ipairs { "run:step('s ' .. i.token, ixon.roles.find, { name = 'Operator' })",
      "run:each('p', { 1 }, function() return i.token end, function() end)", "run:approve(i.token, { ask = 'ok?' })" } do
      runs.fresh()
      local result = runs.run(runs.wrap(body, HEAD), { token = SECRET })
      t.eq(result.state, "held")
      t.ok(result.error.message:find("a name without a secret expected", 1, true), result.error.message)
      t.ok(not result.error.message:find(SECRET, 1, true), "it is not told")
    end
  end)

  t.it("is there when the run goes on and is given it again", function()
    runs.fresh()
    local first = runs.run(runs.wrap("run:hold('look')\nreturn #i.token", HEAD), { token = SECRET })
    t.eq(runs.resume(first.id).state, "held")
    local again = runs.resume(first.id, { input = { token = SECRET } })
    t.eq({ again.state, again.output }, { "done", #SECRET })
  end)
end)

t.describe("what a plan refused", function()
  t.it("is not sent because the run goes on without a plan", function()
    runs.fresh()
    local said = {}
    local observer = lines.new(function(line) said[#said + 1] = line end)
    local text = runs.wrap("run:step('role', ixon.roles.create, { { name = 'R B' } })", "key = function() return 'k' end")
    local first = runs.run(text, {}, { plan = with_plan "A", observer = observer })
    t.eq({ first.state, first.exit }, { "held", 8 })
    t.ok(not table.concat(said, "\n"):find("runs resume", 1, true), "resume is not proposed")
    local again = runs.resume(first.id)
    t.eq({ again.state, again.exit }, { "held", 8 })
    t.eq(runs.J:step(first.id, "role"), nil)
    t.eq(engine.run { journal = runs.J, clock = runs.clock, id = first.id, plan = with_plan "B" }.state, "done")
  end)
end)

t.describe("a row of args that says secret = true", function()
  t.it("names a secret of the input", function()
    local workflow = require "std.workflow"
    local rows = { { "pin", secret = true }, { "token" }, { "name" } }
    local both = workflow.define("w", { args = rows, secret = { "token" } }, print)
    t.eq(both.secret, { pin = true, token = true })
  end)

  t.it("is what the names in secret make of theirs", function()
    local child = require "child"
    child.file("pw", SECRET .. "\n")
    child.file("main.lua", [[return workflow.define("w", { args = { { "token", required = true } }, secret = { "token" } },
      function(_, i) return #i.token end)]])
    local out = child.errand("--sandbox run main.lua --token @pw")
    t.ok(out:find(tostring(#SECRET), 1, true) and not out:find(SECRET, 1, true), out)
    child.clean()
  end)
end)
