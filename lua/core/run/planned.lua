-- core/run/planned.lua - the writes that a plan lists, in a file and as a guard of a run.
-- SPDX-License-Identifier: MIT

local error_ = require "core.error"
local json = require "host.json"
local kept = require "core.kept"
local protect = require "core.run.protect"
local symbol = require "core.run.symbol"
local sys = require "host.sys"

local M = {}
local Plan = {}
Plan.__index = Plan

--- The version of the file's format.
M.FORMAT = 1

-- What a write is, for the digest: everything but its place in the file.
local function canonical(steps)
  local out = json.array {}
  for i, step in ipairs(steps) do
    out[i] = json.array { step.path, step.operation, step.class, step.args or json.null }
  end
  return json.encode(out)
end

--- The digest of a list of writes.
function M.digest(steps)
  return sys.sha256(canonical(steps))
end

--- Writes a plan: workflow, input (a digest), steps = list of { path, operation, class,
-- danger, args }.
function M.save(path, plan)
  local steps = json.array {}
  for i, step in ipairs(plan.steps) do
    steps[i] = json.object { step = step.path, operation = step.operation, class = step.class, danger = step.danger or nil,
      args = step.args }
  end
  local text = json.encode(json.object { errand_plan = M.FORMAT, workflow = plan.workflow, input = plan.input,
    digest = M.digest(plan.steps), steps = steps })
  local ok, err = sys.write_file(path, text .. "\n", 384) -- 0600: it shows what would be sent
  if not ok then error_.rethrow(err) end
end

local function damaged(path, what)
  error_.raise("validation", ("the plan %s %s; make it anew with errand plan --digest"):format(path, what))
end

--- Reads a plan that save wrote; raises if it is none, or was changed.
function M.open(path)
  local text, err = sys.read_file(path)
  if not text then error_.rethrow(err) end
  local value = json.decode(text)
  if type(value) ~= "table" or math.type(value.errand_plan) ~= "integer" or type(value.steps) ~= "table" then
    damaged(path, "is none")
  end
  if value.errand_plan ~= M.FORMAT then
    damaged(path, ("has format %d and this errand reads %d"):format(value.errand_plan, M.FORMAT))
  end
  local self = setmetatable({ file = path, workflow = value.workflow, input = value.input, steps = {}, by_path = {},
    results = {} }, Plan)
  for i, step in ipairs(value.steps) do
    local whole = type(step) == "table" and type(step.step) == "string" and type(step.operation) == "string"
    if not whole then damaged(path, "is damaged") end
    local one = { path = step.step, operation = step.operation, class = step.class, args = step.args }
    self.steps[i], self.by_path[step.step] = one, one
  end
  if M.digest(self.steps) ~= value.digest then damaged(path, "was changed since it was made") end
  return self
end

-- The first place where two argument lists differ, as "path", planned, wanted.
local function differs(planned, wanted, results, at)
  if planned == wanted or symbol.stands_for(planned, wanted, results) then return nil end
  local a, b = type(planned) == "table" and not json.is_number(planned), type(wanted) == "table" and not json.is_number(wanted)
  if not a or not b or planned == json.null or wanted == json.null then
    if json.encode(planned) == json.encode(wanted) then return nil end
    return at, planned, wanted
  end
  local names, seen = {}, {}
  for _, list in ipairs { planned, wanted } do
    for name in json.pairs(list) do
      if not seen[name] then names[#names + 1] = name end
      seen[name] = true
    end
  end
  table.sort(names, function(x, y) return tostring(x) < tostring(y) end)
  for _, name in ipairs(names) do
    local where = type(name) == "number" and ("%s[%d]"):format(at, name) or at .. "." .. name
    local found, p, w = differs(planned[name], wanted[name], results, where)
    if found then return found, p, w end
  end
end

local function shown(value)
  if value == nil then return "nothing" end
  local text = json.encode(value)
  return #text > 80 and text:sub(1, 77) .. "..." or text
end

-- No try or pcall of the workflow keeps this one.
local function refuse(path, text, ...)
  protect.stop("held", (text .. "; nothing was sent for it: look why, then make a new plan with errand plan"):format(...),
    { path = path, kind = "plan" })
end

--- Lets a write pass that the plan has, and stops the run for any other (it is
-- held, exit code 8). args is the list of arguments as JSON keeps it.
function Plan:allow(path, operation, args)
  args = kept.redacted(args) -- as the plan has them
  local step = self.by_path[path]
  if not step then refuse(path, "step %s (%s) is not in the plan %s", path, operation, self.file) end
  if step.operation ~= operation then
    refuse(path, "step %s: the plan %s has %s and the run wants %s", path, self.file, step.operation, operation)
  end
  if step.args == nil then return end -- a plan could not know them, and says so
  local at, planned, wanted = differs(step.args, args, self.results, "arguments")
  if at then
    refuse(path, "step %s (%s): %s is %s in the plan %s and %s now", path, operation, at, shown(planned), self.file,
      shown(wanted))
  end
end

--- Says what a step gave, so that later steps are held to it.
function Plan:result(path, value)
  self.results[path] = value
end

return M
