-- core/run/body.lua - the globals that a workflow's code sees.
-- SPDX-License-Identifier: MIT

-- A run is replayed from its start each time it goes on, so its code must
-- come to the same steps each time: nothing here tells the time, the machine
-- or the order in which a table happens to lie in memory.

local error_ = require "core.error"
local guard = require "core.run.guard"
local protect = require "core.run.protect"
local services = require "core.services"

local M = {}

local instead = {
  os = "run:now() tells the time, run:sleep() waits", io = "read files in the workflow's input function",
  args = "declare them in the options of workflow.define", sleep = "use run:sleep(name, time)",
  spawn = "use run:parallel(name, branches)", parallel = "use run:parallel or run:each", deadline = "give the step a timeout",
  read_csv = "read files in the workflow's input function", collectgarbage = "", dofile = "use require", loadfile = "use require",
  package = "", help = "",
}

local plain = { "assert", "error", "ipairs", "select", "tonumber", "tostring", "type", "rawequal", "rawget", "rawlen", "rawset",
  "getmetatable", "setmetatable", "_VERSION", "utf8", "string", "table" }

local std = { array = true, json = true, log = true, null = true, object = true, print_table = true, workflow = true }

local function raise(message, ...)
  error_.raise("script", message:format(...))
end

-- ---- tables in one order ----

local rank = { number = 1, string = 2, boolean = 3 }

local function before(a, b)
  local ta, tb = type(a), type(b)
  if ta ~= tb then return rank[ta] < rank[tb] end
  if ta == "boolean" then return a and not b end
  return a < b
end

local function members(t)
  local meta = getmetatable(t)
  local walk = type(meta) == "table" and meta.__pairs
  local keys, values = {}, {}
  local iterate, state, at
  if walk then iterate, state, at = walk(t) else iterate, state, at = next, t, nil end
  for key, value in iterate, state, at do
    if not rank[type(key)] then
      raise("pairs in a workflow goes through keys that are texts, numbers or booleans, for others have no order that stays; "
        .. "got a %s", type(key))
    end
    keys[#keys + 1] = key
    values[key] = value
  end
  table.sort(keys, before)
  return keys, values
end

local function sorted_pairs(t)
  if type(t) ~= "table" then raise("pairs: table expected, got %s", type(t)) end
  local keys, values = members(t)
  local at = 0
  return function()
    at = at + 1
    local key = keys[at]
    if key ~= nil then return key, values[key] end
  end, t, nil
end

local function sorted_next(t, key)
  local keys = members(t)
  if key == nil then return keys[1], t[keys[1]] end
  for i, one in ipairs(keys) do
    if one == key then return keys[i + 1], keys[i + 1] ~= nil and t[keys[i + 1]] or nil end
  end
  raise("next: the table has no key '%s'", tostring(key))
end

-- ---- chance from the run's seed ----

--- A generator: function() -> 64 bits.
-- @tparam integer state the seed
function M.generator(state)
  return function()
    state = state + 0x9E3779B97F4A7C15
    local z = state
    z = (z ~ (z >> 30)) * 0xBF58476D1CE4E5B9
    z = (z ~ (z >> 27)) * 0x94D049BB133111EB
    return z ~ (z >> 31)
  end
end

--- As math.random, from a generator.
function M.random(generator, low, high)
  local bits = generator()
  if low == nil then return (bits >> 11) * 2.0 ^ -53 end
  if high == nil then low, high = 1, low end
  low, high = math.tointeger(low), math.tointeger(high)
  if not low or not high or low > high then raise("random: two whole numbers in order expected") end
  local span = high - low + 1
  if span <= 0 then return low + (bits >> 1) % math.maxinteger end
  return low + (bits >> 1) % span
end

local function math_library()
  local out = {}
  for name, value in pairs(math) do out[name] = value end
  out.random = function(...)
    local mark = guard.mark()
    local branch = mark and mark.branch
    if not branch then raise("math.random has its numbers from the run: use it inside the workflow's function") end
    return M.random(branch.generator, ...)
  end
  out.randomseed = function() raise("math.random in a workflow has its numbers from the run's seed") end
  return out
end

-- ---- coroutines work for the same branch ----

local function coroutine_library()
  local out = {}
  for name, value in pairs(coroutine) do out[name] = value end
  local function create(f)
    local thread = coroutine.create(f)
    guard.inherit(thread)
    return thread
  end
  local function resumed(ok, ...)
    local err = ...
    if not ok and (protect.is_stop(err) or protect.is_end(err)) then error(err, 0) end
    return ok, ...
  end
  out.create = create
  out.resume = function(...) return resumed(coroutine.resume(...)) end
  out.wrap = function(f)
    local thread = create(f)
    local function pass(ok, ...)
      if not ok then error(..., 0) end
      return ...
    end
    return function(...) return pass(coroutine.resume(thread, ...)) end
  end
  return out
end

local function try(f, ...)
  local results = table.pack(protect.call(f, ...))
  if results[1] then return table.unpack(results, 2, results.n) end
  local err = results[2]
  if not error_.is(err) then err = error_.new("script", tostring(err), { cause = err }) end
  return nil, err
end

-- ---- the globals ----

local function missing(environment, name)
  if environment.phase == "input" then return _G[name] end
  if std[name] then return require("std." .. name) end
  if services.exists(name) then return services.get(name) end
  if instead[name] then
    local hint = instead[name] ~= "" and ": " .. instead[name] or ""
    raise("'%s' is not there in a workflow, for a run must come to the same steps when it goes on%s", name, hint)
  end
  require("core.globals").unknown(name)
end

local function lua_loader(environment)
  return function(text, chunk, _, env)
    if type(text) ~= "string" then raise("load: text expected, got %s", type(text)) end
    if text:byte(1) == 27 then raise("%s: compiled Lua is not run", tostring(chunk)) end
    return load(text, chunk, "t", env or environment.globals)
  end
end

local function new_globals(environment)
  local g = {}
  for _, name in ipairs(plain) do g[name] = rawget(_G, name) end
  g._G, g.pairs, g.next, g.try = g, sorted_pairs, sorted_next, try
  g.pcall, g.xpcall = protect.call, protect.xcall
  g.math, g.coroutine = math_library(), coroutine_library()
  g.load = lua_loader(environment)
  g.print = function(...)
    local mark = guard.mark()
    if mark and mark.branch and mark.branch.replaying then return end
    print(...)
  end
  return setmetatable(g, {
    __index = function(_, name) return missing(environment, name) end,
    __newindex = function(_, name)
      raise("assignment to undeclared variable '%s' (write 'local %s = ...')", tostring(name), tostring(name))
    end,
    __metatable = "global",
  })
end

--- The surroundings of one copy of a workflow: { phase = "load", "input" (all
-- of errand is there) or anything else, globals, load(text, chunk) -> function,
-- require(own) with own(name) -> a module of the workflow, or nil }.
function M.environment()
  local environment = { phase = "load" }
  environment.globals = new_globals(environment)
  function environment.load(text, chunk)
    if text:byte(1) == 35 then text = "--" .. text end -- "#!": for the kernel
    local fn, message = environment.globals.load(text, chunk)
    if not fn then error_.raise("script", message) end
    return fn
  end
  function environment.require(own)
    rawset(environment.globals, "require", function(name)
      if type(name) ~= "string" then raise("require: name of a module expected, got %s", type(name)) end
      local short = name:match "^std%.([%w_]+)$" or name
      if std[short] then return require("std." .. short) end
      if services.exists(name) then return services.get(name) end
      local value = own(name)
      if value ~= nil then return value end
      if environment.phase == "input" then return require(name) end
      raise("no module '%s' beside the workflow, which is where its modules are", name)
    end)
  end
  return environment
end

return M
