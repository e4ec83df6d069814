-- campaign.lua - scenarios with faults, each judged: errand run tests/schedule/campaign.lua --scenarios N
-- SPDX-License-Identifier: MIT
--
-- In virtual time, in this process, with a store in a file. Ends with 1 if a slot had no row, ran twice, or anything
-- else was wrong. The seed of a failure is printed; --only SEED repeats it, with --log to see what happened.

local opt = args{
  summary = "Scheduler scenarios with faults.",
  { "scenarios", "integer", default = 2000, min = 1, doc = "How many, over all shards." },
  { "seed", "integer", default = 1, doc = "Of the first scenario." },
  { "shard", "integer", default = 1, min = 1 }, { "shards", "integer", default = 1, min = 1 },
  { "only", "integer", doc = "This seed alone." },
  { "commit", "integer", doc = "With --only: killed at this commit." }, { "when", default = "after", enum = { "before", "after" } },
  { "down", "number", default = 30 },
  { "bug", doc = "Plant this bug (tests/schedule/bugs.lua)." },
  { "kinds", doc = "Faults of these kinds only, such as kill,reload." },
  { "log", "flag", doc = "Tell what happens." },
  { "shrink", "flag", doc = "Look for the smallest plan that fails." },
  { "stop", "flag", doc = "Stop at the first failure." },
  { "sweep", "integer", default = 60, doc = "Kills at commits, per hundred scenarios." },
}

local clockwork = require "clockwork"
local scenario = require "scenario"

if opt.bug then require("bugs").plant(opt.bug) end

local kinds
for kind in (opt.kinds or ""):gmatch "[%w_]+" do
  kinds = kinds or {}
  kinds[#kinds + 1] = kind
end

local dir = scenario.directory()
local path = dir .. "/store.db"
local total = { scenarios = 0, faults = 0, kills = 0, slots = 0, runs = 0, failed = 0, commits = 0, hit = 0 }

local function one(seed, plan, kill)
  local ok, w = pcall(scenario.carry_out, plan, path, { kill = kill, log = opt.log and print or nil })
  if not ok and type(w) == "table" and w.kind == "cancelled" then error(w, 0) end
  total.scenarios = total.scenarios + 1
  local faults = ok and w.faults or { tostring(type(w) == "table" and w.message or w) }
  if ok then
    for _ in pairs(w.facts.executions) do total.runs = total.runs + 1 end
    total.kills, total.slots, total.commits = total.kills + w.lives - 1, total.slots + (w.counted or 0), total.commits + w.commits
    total.hit = total.hit + (w.hit or 0)
  end
  if #faults == 0 then return w end
  total.failed = total.failed + 1
  if total.failed <= 10 or opt.only then
    print(("not ok - seed %d%s: %s"):format(seed, kill and (" --commit %d --when %s --down %d"):format(kill.commit, kill.when,
      kill.down) or "", faults[1]))
    if opt.only then
      for i = 2, #faults do print("       " .. faults[i]) end
      print(scenario.text(plan))
    end
  end
  if opt.shrink then
    local small = scenario.shrink(plan, path, { kill = kill })
    print("smallest:\n" .. scenario.text(small))
    local again = scenario.carry_out(small, path, { kill = kill, log = opt.log and print or nil })
    print(again.faults[1])
  end
  if opt.stop then error "stopped" end
  return w
end

-- Each commit of a short plan without other faults, before it and after it.
local function sweep(seed, budget)
  local plan = scenario.plan(seed, 0)
  plan.horizon = math.min(plan.horizon, 12 * 3600)
  local w = one(seed, plan)
  if not w or type(w) ~= "table" then return end
  local R = clockwork.random(seed + 5)
  local all = w.commits
  local from, step = 1, math.max(1, 2 * all // budget)
  if step > 1 then from = R(step) end
  for k = from, all, step do
    for _, when in ipairs { "before", "after" } do
      one(seed, plan, { commit = k, when = when, down = ({ 2, 30, 300, 4000, 20000 })[R(5)] })
    end
  end
end

local ok, why = pcall(function()
  if opt.only then
    local plan = scenario.plan(opt.only, opt.commit and 0 or nil, kinds)
    if opt.commit then plan.horizon = math.min(plan.horizon, 12 * 3600) end
    one(opt.only, plan, opt.commit and { commit = opt.commit, when = opt.when, down = opt.down })
    return
  end
  local share, seed = opt.scenarios // opt.shards, opt.seed + opt.shard - 1
  while total.scenarios < share do
    if seed // opt.shards % 100 == 7 and opt.sweep > 0 then
      sweep(seed, opt.sweep)
    else
      one(seed, scenario.plan(seed, nil, kinds))
    end
    seed = seed + opt.shards
  end
end)
for _, suffix in ipairs { "", "-wal", "-shm", ".reserve" } do os.remove(path .. suffix) end
os.remove(dir)
if not ok then
  print("not ok - " .. tostring(type(why) == "table" and why.message or why))
  total.failed = total.failed + 1
end
print(("scenarios %d faults %d kills %d slots %d runs %d commits %d failed %d"):format(total.scenarios, total.hit, total.kills,
  total.slots, total.runs, total.commits, total.failed))
if total.failed > 0 then os.exit(1) end
