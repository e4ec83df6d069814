-- faults.lua - every fault of every request, and each with a kill or another fault.
-- SPDX-License-Identifier: MIT
--
-- errand run tests/crash/faults.lua --plans N [--shard I --shards K]

local flows = require "flows"
local model = require "model"
local prove = require "core.run.prove"
local simulated = require "core.run.simulated"
local sources = require "core.run.sources"

local opt = args{
  summary = "Network faults at each request of the reference workflows.",
  { "plans", "integer", default = 5000, min = 1 }, { "shard", "integer", default = 1, min = 1 },
  { "shards", "integer", default = 1, min = 1 }, { "only", doc = "Lua pattern of \"mode shape\"." },
}

local combinations = {}
for mode in pairs(flows.modes) do
  for shape, body in pairs(flows.shapes) do
    combinations[#combinations + 1] = { name = mode .. " " .. shape, text = flows.text(mode, body) }
  end
end
table.sort(combinations, function(a, b) return a.name < b.name end)

local plans, failed, questions = 0, 0, 0
for i, one in ipairs(combinations) do
  if (i - 1) % opt.shards == opt.shard - 1 and (not opt.only or one.name:find(opt.only)) then
    local p = prove.new { program = sources.program { ["@flow.lua"] = one.text }, input = {},
      limit = math.max(1, opt.plans // #combinations), sim = function(clock)
        return model.honour_keys(simulated.new { clock = clock, services = model.services })
      end }
    local report = p:prove()
    for _, row in ipairs(report.rows) do plans, questions = plans + row.run, questions + row.questions end
    if report.clean.state ~= "done" then
      failed = failed + 1
      print(("not ok - %s: without a fault it is %s"):format(one.name, report.clean.state))
    end
    for at, failure in ipairs(report.failures) do
      failed = failed + 1
      if at <= 5 then
        print(("not ok - %s: %s: %s: %s"):format(one.name, failure.plan, failure.faults[1].kind, failure.faults[1].text))
      end
    end
  end
end
print(("plans %d kills %d failed %d questions %d"):format(plans, 0, failed, questions))
if failed > 0 then os.exit(1) end
