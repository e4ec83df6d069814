-- flows.lua - the reference workflows of the crash campaigns, by name.
-- SPDX-License-Identifier: MIT

local flows = {}

-- make(run, name, ref): one effect, in each of the four ways of settling.
flows.modes = {
  find = [[
local function make(run, name, ref)
  return run:step(name, model.orders.create, { ref = ref, about = "made" })
end
]],
  key = [[
local function make(run, name, ref)
  return run:step(name, { class = "create", settle = { by = "key" }, args = { ref = ref },
    call = function(op) return model.tickets.create({ ref = ref, about = "made", key = op.key }) end })
end
]],
  ask = [[
local function make(run, name, ref)
  return run:step(name, model.notes.post, { ref = ref, about = "made" })
end
]],
  ["repeat"] = [[
local function make(run, name, ref)
  return run:step(name, model.switches.set, ref:find "2$" and "right" or "left", { state = ref })
end
]],
}

--- The text of a workflow with these options and this body.
function flows.flow(options, body)
  return ("return workflow.define(\"flow\", %s, function(run, input)\n%s\nend)\n"):format(options, body)
end

local flow = flows.flow

-- Several effects of one kind, in the shapes that workflows have.
flows.shapes = {
  single = flow("{}", [[
  return make(run, "one", "a1")]]),
  chain = flow("{}", [[
  local one = make(run, "one", "a1")
  run:step("look", model.orders.list)
  make(run, "two", "a2")]]),
  branches = flow("{}", [[
  run:parallel("both", { a = function(b) return make(b, "one", "a1") end, b = function(b) return make(b, "two", "a2") end })]]),
  items = flow("{}", [[
  run:each("items", { "a1", "a2" }, function(ref) return ref end, function(b, ref) return make(b, "make", ref) end)]]),
  waits = flow("{}", [[
  make(run, "one", "a1")
  run:sleep("pause", "2h")
  if run:approve("boss", { ask = "go on?" }).approved then make(run, "two", "a2") end]]),
  chance = flow("{}", [[
  local id, n = run:uuid("id"), run:random()
  local t = run:now()
  run:note("n is " .. n)
  make(run, "one", "u" .. #id .. "-1")
  return { later = run:now() >= t }]]),
}

-- Undo; only for what can be undone.
flows.undo = {
  ["undo"] = flow("{}", [[
  make(run, "one", "a1")
  make(run, "two", "a2")
  return run:undo("not wanted any more")]]),
  ["undo on failure"] = flow("{ on_fail = \"undo\" }", [[
  make(run, "one", "a1")
  run:step("two", model.orders.create, { ref = "before", about = "made" })
  error("the last step fails")]]),
}

--- The text of a reference workflow.
function flows.text(mode, body)
  return "local model = require \"model\"\n" .. flows.modes[mode] .. body
end

return flows
