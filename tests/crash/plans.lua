-- plans.lua - plans of one, two, three and four crashes, of the reference workflows.
-- SPDX-License-Identifier: MIT
--
-- errand run tests/crash/plans.lua --plans N [--shard I --shards K] [--only NAME] [--quick]
-- In virtual time, in this process. Ends with 1 if anything happened twice, was lost, or did not end.

local flows = require "flows"
local model = require "model"
local prove = require "core.run.prove"
local simulated = require "core.run.simulated"
local sources = require "core.run.sources"

local opt = args{
  summary = "Crash plans of the reference workflows.",
  { "plans", "integer", default = 100000, min = 1, doc = "How many, over all shards." },
  { "shard", "integer", default = 1, min = 1 }, { "shards", "integer", default = 1, min = 1 },
  { "only", doc = "Lua pattern of \"mode shape\"." },
  { "stop", "flag", doc = "Stop at the first failure." },
}

local combinations = {}
for mode in pairs(flows.modes) do
  for shape, body in pairs(flows.shapes) do
    combinations[#combinations + 1] = { name = mode .. " " .. shape, shape = shape, text = flows.text(mode, body) }
  end
end
for name, body in pairs(flows.undo) do
  combinations[#combinations + 1] = { name = "find " .. name, shape = name, text = flows.text("find", body) }
end
-- Those with few plans first: what they leave of their share goes to the others.
local size = { single = 1, ["undo"] = 2, ["undo on failure"] = 3, chance = 4, waits = 5, branches = 6, items = 7, chain = 8 }
local function before(a, b)
  local x, y = size[a.shape], size[b.shape]
  if x ~= y then return x < y end
  return a.name < b.name
end
table.sort(combinations, before)

-- Each shard has every other workflow.
local own = {}
for i, one in ipairs(combinations) do
  local wanted = not opt.only or one.name:find(opt.only)
  if wanted and (i - 1) % opt.shards == opt.shard - 1 then own[#own + 1] = one end
end

-- A prover of a workflow in the model service alone.
local function prover(text)
  return prove.new { program = sources.program { ["@flow.lua"] = text }, input = {}, sim = function(clock)
    return model.honour_keys(simulated.new { clock = clock, services = model.services })
  end }
end

local DEEPEST <const> = 4 -- kills of one run; the last ones where all plans with fewer were carried out

local total = { plans = 0, failed = 0, questions = 0, kills = 0 }

local function check(p, clean, plan, name)
  local outcome = p:carry_out(plan)
  local faults = prove.verdict(clean, outcome)
  total.plans, total.questions, total.kills = total.plans + 1, total.questions + #outcome.questions, total.kills + outcome.deaths
  if #faults > 0 then
    total.failed = total.failed + 1
    if total.failed <= 20 then
      print(("not ok - %s: %s: %s: %s"):format(name, prove.text(plan), faults[1].kind, faults[1].text))
    end
    if opt.stop then os.exit(1) end
  end
  return outcome
end

local function with(plan, kill)
  local kills = table.move(plan.kills, 1, #plan.kills, 1, {})
  kills[#kills + 1] = kill
  return { kills = kills, faults = {} }
end

-- Kills of the life after those of a plan.
local function next_plans(plan, outcome, out)
  for _, kill in ipairs(prove.kills(outcome.lives[#plan.kills + 1] or {}, 20)) do out[#out + 1] = with(plan, kill) end
end

-- n of a list, evenly spread.
local function some(list, n)
  if #list <= n then return list end
  local out, step = {}, #list / n
  for i = 0, n - 1 do out[#out + 1] = list[math.floor(i * step) + 1] end
  return out
end

local function campaign(one, quota)
  local p = prover(one.text)
  local started = total.plans
  local clean = p:carry_out { kills = {}, faults = {} }
  if clean.state ~= "done" and not one.name:find "undo" then
    print(("not ok - %s: without any crash it is %s: %s"):format(one.name, clean.state, tostring(clean.error)))
    total.failed = total.failed + 1
    return
  end
  local level = {}
  next_plans({ kills = {} }, clean, level)
  local depth = 1
  while #level > 0 and total.plans - started < quota and depth <= DEEPEST do
    local deeper = {}
    for _, plan in ipairs(some(level, quota - (total.plans - started))) do
      local outcome = check(p, clean, plan, one.name)
      if depth < DEEPEST then next_plans(plan, outcome, deeper) end
    end
    level, depth = deeper, depth + 1
  end
end

local share = math.ceil(opt.plans / opt.shards)
for i, one in ipairs(own) do campaign(one, math.ceil((share - total.plans) / (#own - i + 1))) end
print(("plans %d kills %d failed %d questions %d"):format(total.plans, total.kills, total.failed, total.questions))
if total.failed > 0 then os.exit(1) end
