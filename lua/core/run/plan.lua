-- core/run/plan.lua - what a workflow or a script would send, found out without sending it.
-- SPDX-License-Identifier: MIT

-- Reads go out live. A write is noted and gives a symbol (core/run/symbol.lua)
-- in place of its result, so that later steps run on; a create whose thing is
-- there already gives that, as the run would.

local branch_ = require "core.run.branch"
local client = require "core.client"
local error_ = require "core.error"
local guard = require "core.run.guard"
local json = require "host.json"
local kept = require "core.kept"
local operation = require "core.run.operation"
local request_ = require "core.request"
local pointer = require "core.pointer"
local services = require "core.services"
local session = require "core.session"
local symbol = require "core.run.symbol"
local sys = require "host.sys"

local M = {}
local Run = {}
Run.__index = Run

local Captured = { __name = "errand.captured" }
local Ended = { __name = "errand.ended" }

-- ---- rows ----

-- What a person knows the thing by: its natural key, or the arguments.
local function about(op, args)
  local resource = op and op.resource and services.catalogue(op.service).resource[op.resource]
  local words = {}
  for _, value in ipairs(args or {}) do
    if type(value) ~= "table" then
      words[#words + 1] = tostring(value)
    else
      local body = json.is_array(value) and value[1] or value
      for _, row in ipairs(resource and resource.find and resource.find.by or {}) do
        local key = type(body) == "table" and pointer.first(body, row.at or "/" .. row[1])
        if type(key) == "string" then
          words[#words + 1] = key
          break
        end
      end
    end
  end
  if #words > 0 then return table.concat(words, " ") end
  local text = args and #args > 0 and json.encode(args[1]) or ""
  return #text > 60 and text:sub(1, 57) .. "..." or text
end

local function add(plan, row)
  plan.rows[#plan.rows + 1] = row
  return row
end

local function add_write(plan, path, desc, note)
  local class = desc.class
  local args = json.decode(json.encode(desc.args))
  plan.writes[#plan.writes + 1] = { path = path, operation = desc.id, class = class, danger = desc.danger,
    args = not desc.unknown and args or nil }
  return add(plan, { step = path, what = desc.id, class = class, danger = desc.danger, about = about(desc.op, args), note = note,
    write = true })
end

-- ---- one step ----

-- fn with calls stopped that are given what nobody knows yet: they cannot be
-- checked, let alone sent.
local function watch_arguments(fn, ...)
  local parse = request_.parse
  request_.parse = function(op, ...)
    local _, holds = symbol.filled(table.pack(...))
    if holds then error(setmetatable({ op = op, holds = true }, Captured), 0) end
    return parse(op, ...)
  end
  local results = table.pack(pcall(fn, ...))
  request_.parse = parse
  return table.unpack(results, 1, results.n)
end

-- The first write that fn would send: { account, op, request }, or { op, holds }
-- for a call with a result that is not known; or nil and an error.
local function capture(fn)
  local ok, found = watch_arguments(guard.with, function(account, op, request)
    if op.effect == "read" and not op.once then return end
    error(setmetatable({ account = account, op = op, request = request }, Captured), 0)
  end, fn, {})
  if not ok and getmetatable(found) == Captured then return found end
  return nil, not ok and found or nil
end

local function copy(value)
  if value == nil then return nil end
  return (json.decode(json.encode(value)))
end

local function read(plan, path, desc, holds)
  local row = add(plan, { step = path, what = desc.id, class = "read", about = about(desc.op, desc.args) })
  if holds then
    row.note = "not read: it depends on a result"
    return symbol.new(path)
  end
  local ok, value = pcall(guard.with, guard.reads("a step of class read"), desc.call, {})
  if not ok then
    row.note = tostring(type(value) == "table" and value.message or value)
    error(value, 0)
  end
  if desc.how == "find" then row.note = value == nil and "absent" or "found" end
  return copy(value)
end

-- What is there already where a create would make it.
local function look(desc)
  if desc.class ~= "create" then return nil end
  local find = operation.lookup(desc)
  if not find then return nil end
  return guard.with(guard.reads("a look-up"), find, {})
end

local instead = { adopt = "nothing is sent", ask = "the run would ask", fail = "the run would stop with an error" }

local function there_already(plan, path, desc, record)
  local what = about(desc.op, desc.args)
  add(plan, { step = path, what = desc.id, class = desc.class, about = what, note = "there already: " .. instead[desc.existing] })
  if desc.existing == "adopt" then return copy(record), "found" end
  error_.raise("conflict", ("step %s: %s is there already"):format(path, what))
end

local function write(plan, path, desc, holds)
  if holds then
    add_write(plan, path, operation.complete(desc), "depends on a result: not checked")
    return symbol.new(path), "planned"
  end
  local captured, err = capture(desc.call)
  if not captured and err then error(err, 0) end
  if captured and captured.holds then
    local op = captured.op
    desc.op, desc.id, desc.danger, desc.unknown = op, op.id, op.danger, true
    desc.class = desc.class or operation.class(op)
    add_write(plan, path, desc, "depends on a result: any arguments are allowed")
    return symbol.new(path), "planned"
  end
  operation.complete(desc, captured)
  if not captured then
    add_write(plan, path, desc, "it sends nothing, as far as one can see")
    return symbol.new(path), "planned"
  end
  local record = look(desc)
  if record ~= nil then return there_already(plan, path, desc, record) end
  add_write(plan, path, desc, desc.class == "create" and operation.lookup(desc) == nil and "cannot be looked up" or nil)
  return symbol.new(path), "planned"
end

-- ---- the run, as a workflow sees it ----

local function child(run, name, key)
  local path = run.prefix .. branch_.part(name, "step") .. "/" .. branch_.part(key, "key")
  return setmetatable({ plan = run.plan, prefix = path .. "/", id = run.id, key = run.key }, Run)
end

local function path_of(run, name)
  local path = run.prefix .. branch_.part(name, "step")
  if run.plan.taken[path] then
    error_.raise("script", ("two steps are called '%s': a step's name is there once in its branch"):format(path))
  end
  run.plan.taken[path] = true
  return path
end

--- A step: a read is made, a write is noted.
function Run:step(name, target, ...)
  local path, holds = path_of(self, name), false
  local arguments = table.pack(...)
  for i = 1, arguments.n do
    local found
    arguments[i], found = symbol.filled(arguments[i])
    holds = holds or found
  end
  if type(target) == "table" and target.args ~= nil then
    local filled, found = symbol.filled(target.args)
    holds = holds or found
    local with = {}
    for key, value in pairs(target) do with[key] = value end
    with.args = filled
    target = with
  end
  local desc = operation.describe(target, table.unpack(arguments, 1, arguments.n))
  if desc.class == "read" then return read(self.plan, path, desc, holds) end
  return write(self.plan, path, desc, holds)
end

function Run:sleep(name, time)
  add(self.plan, { step = path_of(self, name), what = "sleep", about = tostring(time) })
end

function Run:approve(name, options)
  local path = path_of(self, name)
  add(self.plan, { step = path, what = "approval", about = options and options.ask or "", note = "taken as given" })
  return { approved = true, by = symbol.new(path .. ".by"), comment = symbol.new(path .. ".comment") }
end

function Run:pivot(name)
  add(self.plan, { step = path_of(self, name), what = "pivot", note = "what is before it is not undone from here on" })
end

function Run:note() end -- luacheck: ignore 212

function Run:now() -- luacheck: ignore 212
  return math.floor(sys.clock())
end

function Run:uuid(name) -- luacheck: ignore 212
  return symbol.new("uuid:" .. tostring(name or ""))
end

function Run:random() -- luacheck: ignore 212
  return symbol.new "random"
end

local function ended(run, what, reason)
  add(run.plan, { step = run.prefix:gsub("/$", ""), what = what, about = tostring(reason or "") })
  error(setmetatable({}, Ended), 0)
end

function Run:hold(reason) ended(self, "hold", reason) end

function Run:undo(reason) ended(self, "undo", reason) end

-- fn in a branch: an outcome, as the run gives it.
local function branch(run, fn, ...)
  local results = table.pack(pcall(fn, run, ...))
  if results[1] then return { ok = true, value = results[2] } end
  local err = results[2]
  if getmetatable(err) == Ended then return { ok = false, error = error_.new("script", "ended") } end
  if not error_.is(err) then err = error_.new("script", tostring(err)) end
  add(run.plan, { step = (run.prefix:gsub("/$", "")), what = "error", note = err.message })
  run.plan.failed = run.plan.failed or err
  return { ok = false, error = err }
end

function Run:parallel(name, branches)
  path_of(self, name)
  local names, out = {}, {}
  for key in pairs(branches) do names[#names + 1] = key end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  for _, key in ipairs(names) do out[key] = branch(child(self, name, key), branches[key]) end
  return out
end

function Run:each(name, list, key_of, fn)
  path_of(self, name)
  if symbol.name(list) then error_.raise("script", ("this depends on a result: run:each over %s"):format(tostring(list))) end
  local out = {}
  for i, item in ipairs(list) do
    out[i] = branch(child(self, name, key_of(item)), fn, item)
    out[i].item = item
  end
  return out
end

-- ---- a whole one ----

local function new_plan()
  return { rows = {}, writes = {}, taken = {} }
end

--- Plans a workflow. definition and environment as core.run.sources gives
-- them. Returns { rows = { { step, what, class, danger, about, note, write }, ... }, writes,
-- failed = the error that stops it (nullable), output }.
function M.workflow(definition, environment, input)
  local plan = new_plan()
  local run = setmetatable({ plan = plan, prefix = "", id = "plan" }, Run)
  guard.install()
  environment.phase = "run"
  local before = guard.set { branch = { generator = require("core.run.body").generator(1) } }
  local results = table.pack(require("core.run.lives").muted(definition.body, run, input))
  guard.set(before)
  if results[1] then
    plan.output = (symbol.filled(results[2]))
  elseif getmetatable(results[2]) ~= Ended then
    plan.failed = error_.is(results[2]) and results[2] or error_.new("script", tostring(results[2]))
  end
  return plan
end

local function request_args(account, op, request)
  local args = json.array {}
  for _, pair in ipairs(request.path or {}) do args[#args + 1] = pair[2] end
  if request.value ~= nil then args[#args + 1] = kept.clean(account.catalogue, op.body, request.value) end
  return args
end

--- Plans a plain script: fn() runs with its writes noted.
function M.script(fn)
  local plan = new_plan()
  local before = session.gate
  session.gate = function(account, op, request)
    if op.effect == "read" and not op.once then return end
    local path = "call " .. #plan.writes + 1
    local args = symbol.filled(request_args(account, op, request))
    add_write(plan, path, { id = op.id, op = op, class = operation.class(op), danger = op.danger, args = args })
    return true, symbol.new(path), {}
  end
  client.rewatch()
  local ok, err = pcall(fn)
  session.gate = before
  if not ok then plan.failed = error_.is(err) and err or error_.new("script", tostring(err)) end
  return plan
end

return M
