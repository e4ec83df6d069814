-- core/run/fan.lua - several branches of a run: run:parallel and run:each.
-- SPDX-License-Identifier: MIT

local branch_ = require "core.run.branch"
local error_ = require "core.error"
local guard = require "core.run.guard"
local json = require "host.json"
local protect = require "core.run.protect"
local suggest = require "core.suggest"
local term = require "core.run.term"

local M = {}

local known = { "limit", "on_error" }

-- Which state a run ends in when its branches stopped in several.
M.order = { "dry", "stalled", "diverged", "in_doubt", "held", "undo", "cancelled", "waiting", "sleeping" }

local function bad(message, ...)
  error_.raise("script", message:format(...))
end

local function read_options(options, what)
  options = options or {}
  for key in pairs(options) do
    if key ~= "limit" and key ~= "on_error" then
      bad("%s: unknown option '%s'%s", what, tostring(key), suggest.did_you_mean(tostring(key), known))
    end
  end
  local limit, on_error = options.limit or 4, options.on_error or "wait_all"
  if math.type(limit) ~= "integer" or limit < 1 then
    bad("%s: limit: a whole number above 0 expected, got %s", what, tostring(limit))
  end
  if on_error ~= "wait_all" and on_error ~= "stop" then
    bad("%s: on_error: wait_all or stop expected, got %s", what, tostring(on_error))
  end
  return limit, on_error == "stop"
end

-- The stop that counts most.
local function worst(stops)
  for _, state in ipairs(M.order) do
    for _, stop in ipairs(stops) do
      if stop.state == state then return stop end
    end
  end
end

local function as_error(err)
  if error_.is(err) then return err end
  return error_.new("script", tostring(err), { cause = err })
end

-- What failed in no step has been told nobody, and a workflow may not look.
local function tell(R, job, err)
  if err.step or R.dry then return end
  R:tell(branch_.inside(job.branch).parent, "failed", { message = tostring(err.message), kind = "branch" })
end

-- A branch whose code did not heed SIGTERM has stopped; what the others have
-- under way comes to its end all the same.
local function heeding(R, fn)
  return function(...)
    local results = table.pack(pcall(fn, ...))
    if results[1] then return table.unpack(results, 2, results.n) end
    if term.ended_by(results[2]) then protect.stop("held", term.reason(R.id), { kind = "interrupted" }) end
    error(results[2], 0)
  end
end

-- What ends the other branches, too, as soon as they have come so far.
local function halts(F, stop)
  return F.stop or stop.state == "cancelled" or stop.state == "stalled" or stop.kind == "interrupted" or F.R.settled ~= nil
end

-- One branch from its start to its end; its outcome, or nil where it stopped.
local function run_one(F, job)
  local B = branch_.inside(job.branch)
  local before = guard.set { branch = B }
  local ok, value = protect.branch(heeding(F.R, job.fn), job.branch, job.item)
  guard.set(before)
  local outcome = { item = job.item, ok = ok }
  if ok then
    outcome.value = value
  elseif protect.is_stop(value) then
    F.stops[#F.stops + 1] = value
    F.halted = F.halted or halts(F, value)
    return
  else
    outcome.error = as_error(value)
    tell(F.R, job, outcome.error)
    F.halted = F.halted or F.stop
    F.failed = F.failed or outcome.error
  end
  F.outcomes[job.at] = outcome
end

local function lane(F)
  while not F.halted and F.taken < #F.jobs do
    F.taken = F.taken + 1
    run_one(F, F.jobs[F.taken])
  end
end

-- What ends one lane ends them all, and at once.
local function busy_lane(F, at)
  local ok, err = pcall(lane, F)
  F.R.busy = F.R.busy - 1
  if ok then return end
  F.halted, F.ended = true, F.ended or err
  for i, one in ipairs(F.tasks) do
    if i ~= at then one:cancel() end
  end
  error(err, 0)
end

local function join(tasks)
  for _, one in ipairs(tasks) do one:join() end
end

-- As tasks, so that their calls are under way at once.
local function run_tasks(F, limit)
  local task = require "host.task"
  local tasks = {}
  F.tasks = tasks
  F.R.busy = F.R.busy - 1 -- this branch only waits for the others
  for i = 1, math.min(limit, #F.jobs) do
    F.R.busy = F.R.busy + 1
    tasks[i] = task.spawn(busy_lane, F, i)
  end
  local ok, err = pcall(join, tasks)
  if not ok then
    F.halted = true
    for _, one in ipairs(tasks) do one:cancel() end
    for _, one in ipairs(tasks) do pcall(one.join, one) end
    error(F.ended or err, 0)
  end
  F.R.busy = F.R.busy + 1
end

local function run_all(F, limit)
  if F.R.clock.virtual or F.R.dry or limit == 1 or #F.jobs < 2 then
    lane(F)
  else
    run_tasks(F, limit)
  end
  for i = F.taken + 1, #F.jobs do F.R.unstarted[branch_.inside(F.jobs[i].branch).prefix] = true end
  if #F.stops > 0 then error(worst(F.stops), 0) end
  if F.stop and F.failed then error(F.failed, 0) end
end

local function fan(B, name, kind, jobs, options)
  local limit, stop = read_options(options, ("%s '%s'"):format(kind, tostring(name)))
  local keys, seen = json.array {}, {}
  for i, job in ipairs(jobs) do
    local part = branch_.part(job.key, ("the key of item %d of %s '%s'"):format(i, kind, tostring(name)))
    if seen[part] then bad("%s '%s': two items have the key '%s'", kind, tostring(name), tostring(job.key)) end
    seen[part] = true
    keys[i], job.part, job.at = part, part, i
  end
  local place = branch_.place(B, name, kind, keys)
  place.args = json.encode(json.object { branches = #jobs })
  branch_.once(B, place)
  for _, job in ipairs(jobs) do job.branch = branch_.new(B.R, place.path .. "/" .. job.part .. "/") end
  local F = { R = B.R, jobs = jobs, stop = stop, stops = {}, outcomes = {}, taken = 0 }
  run_all(F, limit)
  return F.outcomes
end

--- Behind run:each.
function M.each(B, name, list, key, fn, options)
  if type(list) ~= "table" then bad("each '%s': list expected, got %s", tostring(name), type(list)) end
  if type(key) ~= "function" or type(fn) ~= "function" then
    bad("each '%s': run:each(name, list, function(item) return key end, function(b, item) ... end) expected", tostring(name))
  end
  local jobs = {}
  for i, item in ipairs(list) do jobs[i] = { item = item, key = key(item), fn = fn } end
  return fan(B, name, "each", jobs, options)
end

--- Behind run:parallel.
function M.parallel(B, name, branches, options)
  if type(branches) ~= "table" then bad("parallel '%s': table of functions expected, got %s", tostring(name), type(branches)) end
  local names, jobs = {}, {}
  for key, fn in pairs(branches) do
    if type(key) ~= "string" or type(fn) ~= "function" then
      bad("parallel '%s': names and functions expected: { mail = function(b) ... end }", tostring(name))
    end
    names[#names + 1] = key
  end
  table.sort(names)
  for i, key in ipairs(names) do jobs[i] = { key = key, fn = branches[key] } end
  local outcomes, by_name = fan(B, name, "parallel", jobs, options), {}
  for i, key in ipairs(names) do by_name[key] = outcomes[i] end
  return by_name
end

return M
