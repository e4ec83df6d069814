-- parallel.lua - parallel(items, fn): fn for every item, several at a time.
-- SPDX-License-Identifier: MIT

local task = require "host.task"

local defaults = { limit = 8 }
local known = { "limit", "on_progress", "progress" }

local function check(items, fn, opts)
  local raise = require("core.error").raise
  if type(items) ~= "table" then
    raise("validation", "parallel: list expected, got " .. type(items), nil, 3)
  end
  local meta = getmetatable(fn)
  if type(fn) ~= "function" and not (type(meta) == "table" and meta.__call) then
    raise("validation", "parallel: function expected, got " .. type(fn), nil, 3)
  end
  for name in pairs(opts) do
    local found = false
    for _, one in ipairs(known) do found = found or one == name end
    if not found then
      raise("validation", ("parallel: unknown option '%s'%s"):format(tostring(name),
        require("core.suggest").did_you_mean(tostring(name), known)), nil, 3)
    end
  end
  local limit = opts.limit or defaults.limit
  if math.type(limit) ~= "integer" or limit < 1 then
    raise("validation", "parallel: limit must be a positive integer", nil, 3)
  end
  return limit
end

-- One lane: takes the next item until none is left. A cancellation, or an
-- exit from the script, is nobody's outcome: it ends the whole.
local function lane(run)
  while not run.stopped and run.taken < run.total do
    run.taken = run.taken + 1
    local at = run.taken
    local item = run.items[at]
    local ok, value = pcall(run.fn, item, at)
    if not ok and type(value) == "table"
       and (value.kind == "cancelled" or require("core.exit").code(value)) then
      error(value, 0)
    end
    local outcome = { item = item, ok = ok }
    if ok then
      outcome.value = value
    elseif require("host.err").is(value) then
      outcome.error = value
    else
      outcome.error = require("core.error").new("script", tostring(value), { cause = value })
    end
    run.outcomes[at] = outcome
    run.done = run.done + 1
    if run.report then run.report(run.done, run.total, outcome) end
  end
end

local function reporter(opts)
  if opts.on_progress then return opts.on_progress end
  if not opts.progress then return nil end
  local progress = require "core.progress"
  if not progress.shown() then return nil end
  return function(done, total, outcome)
    progress.step(done, total, opts.progress(outcome.item, outcome))
  end
end

local function join_all(tasks)
  for _, one in ipairs(tasks) do one:join() end
end

--- parallel(items, fn, opts) -> list of outcomes in the order of items, each
-- { item =, ok = true, value = } or { item =, ok = false, error = }. fn gets
-- the item and its position. opts.limit: how many at a time, 8.
-- opts.on_progress(done, total, outcome) is called after each;
-- opts.progress(item, outcome) gives the text of a line shown on a terminal.
return function(items, fn, opts)
  opts = opts or {}
  local limit = check(items, fn, opts)
  local run = { items = items, fn = fn, total = #items, taken = 0, done = 0, outcomes = {},
                stopped = false, report = reporter(opts) }
  local tasks = {}
  for i = 1, math.min(limit, run.total) do tasks[i] = task.spawn(lane, run) end
  local ok, err = pcall(join_all, tasks)
  if not ok then
    run.stopped = true
    for _, one in ipairs(tasks) do one:cancel() end
    for _, one in ipairs(tasks) do pcall(one.join, one) end
    error(err, 0)
  end
  return run.outcomes
end
