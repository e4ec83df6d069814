-- core/services.lua - service modules made from catalogues, on first touch.
-- SPDX-License-Identifier: MIT

local catalogues = require "core.catalogue"
local error_ = require "core.error"
local session = require "core.session"
local suggest = require "core.suggest"

local M = {}
local modules = {}
local names, own_names, refused

local function read_names()
  if names then return end
  local list = require("host.state").services()
  own_names, refused = require("core.own").names()
  names = table.move(own_names, 1, #own_names, #list + 1, list)
  table.sort(names)
end

--- Sorted names of the services errand knows, those of one's own included.
function M.names()
  read_names()
  return names
end

function M.exists(name)
  for _, known in ipairs(M.names()) do
    if known == name then return true end
  end
  return false
end

--- Why a folder of this name is no service though somebody put it there, or nil.
function M.refusal(name)
  read_names()
  for _, one in ipairs(refused) do
    if not one.name or one.name == name then return one.message end
  end
end

--- Raises that, as kind "config".
function M.explain(name)
  local why = M.refusal(name)
  if why then error_.raise("config", why) end
end

--- The indexed catalogue of a service.
function M.catalogue(name)
  if not M.exists(name) then
    M.explain(name)
    error_.raise("validation", ("no service '%s'%s; services: %s"):format(name, suggest.did_you_mean(name, M.names()),
      table.concat(M.names(), ", ")))
  end
  return catalogues.load(name)
end

-- What is wrong with a description of one's own; nil if nothing is.
local function fault_of(name)
  local ok, err = pcall(M.catalogue, name)
  if ok then return nil end
  if type(err) ~= "table" then return tostring(err) end -- a hole in the lint
  if err.kind ~= "config" then error(err, 0) end
  return err.problems and ("%s; errand help %s tells them"):format(err.message, name) or err.message
end

--- Sorted names of the services whose descriptions can be used, and those of
-- one's own that cannot: a list of { name =, message = }.
function M.sound()
  read_names()
  local broken, faults, list = table.move(refused, 1, #refused, 1, {}), {}, {}
  for _, name in ipairs(own_names) do
    faults[name] = fault_of(name)
    if faults[name] then broken[#broken + 1] = { name = name, message = faults[name] } end
  end
  for _, name in ipairs(names) do
    if not faults[name] then list[#list + 1] = name end
  end
  table.sort(broken, function(a, b) return (a.name or "") < (b.name or "") end)
  return list, broken
end

--- The same names; what is left out is told as a warning.
function M.usable()
  local list, broken = M.sound()
  for _, one in ipairs(broken) do
    require("host.err").log("warn", ("%s is left out: %s"):format(one.name or "what you described", one.message))
  end
  return list
end

--- The operation behind "ixon.invites.create"; raises naming what is wrong.
function M.find_operation(id)
  local service, resource, op = id:match "^([^.]+)%.([^.]+)%.([^.]+)$"
  if not service then
    error_.raise("validation", ("'%s' is not of the form service.resource.operation"):format(id))
  end
  local catalogue = M.catalogue(service)
  local found = catalogue.resource[resource] or M.no_resource(catalogue, resource)
  return found.operation[op] or M.no_operation(catalogue, found, op)
end

local function keys(list)
  local out = {}
  for i, item in ipairs(list) do out[i] = item.name end
  table.sort(out)
  return out
end

function M.no_resource(catalogue, name)
  local known = keys(catalogue.resource_list)
  error_.raise("validation", ("%s has no resource '%s'%s; resources: %s"):format(catalogue.name, name,
    suggest.did_you_mean(name, known), table.concat(known, ", ")))
end

function M.no_operation(catalogue, resource, name)
  local known = keys(resource.operations)
  error_.raise("validation", ("%s.%s has no operation '%s'%s; operations: %s"):format(catalogue.name, resource.name, name,
    suggest.did_you_mean(name, known), table.concat(known, ", ")))
end

-- what stands behind a function of a module: { module =, resource =, op =, how = }
local behind = setmetatable({}, { __mode = "k" })

-- each and page exist where there is a paged list; find where records can be searched
local function derived(module, resource, name)
  local client = require "core.client"
  local list = resource.operation.list
  if name == "find" and (resource.find or list) then
    local find = require "core.find"
    return function(...) return find.call(module, resource, ...) end, { how = "find" }
  end
  local op, what = resource.operation[name:match "^(.-)_each$" or name:match "^(.-)_page$" or "list"],
    name:match "each$" or name:match "page$"
  if not op or not op.paging or not what then return nil end
  if name ~= "each" and name ~= "page" and not name:find(op.name, 1, true) then return nil end
  return function(...) return client[what](module, op, ...) end, { op = op, how = what }
end

local function operation_function(module, catalogue, resource, name)
  local client = require "core.client"
  local op = resource.operation[name]
  if op and op.paging then
    return function(...) return client.list(module, op, ...) end, { op = op, how = "list" }
  elseif op then
    return function(...) return client.call(module, op, ...) end, { op = op, how = "call" }
  end
  local f, what = derived(module, resource, name)
  if f then return f, what end
  return M.no_operation(catalogue, resource, name)
end

-- f as the prompt wants it, which keeps a list of what was called.
local function observed(f, what)
  return function(...)
    if session.observe then return session.observe(what, f, ...) end
    return f(...)
  end
end

local function resource_table(module, catalogue, resource)
  return setmetatable({}, {
    __name = "errand.resource",
    __index = function(self, name)
      if type(name) ~= "string" then return nil end
      local f, what = operation_function(module, catalogue, resource, name)
      what.module, what.resource, what.id = module, resource, ("%s.%s.%s"):format(catalogue.name, resource.name, name)
      if session.observe then f = observed(f, what) end
      behind[f] = what
      rawset(self, name, f)
      return f
    end,
    __newindex = function() error_.raise("validation", "a resource cannot be changed by a script") end,
  })
end

local function new_module(name, profile)
  local catalogue = M.catalogue(name)
  local module = { }
  local hidden = { service = name, profile = profile, catalogue = catalogue }
  M.bound[module] = hidden
  --- The same service with another profile's account.
  function module.with(options)
    if type(options) ~= "table" or type(options.profile) ~= "string" then
      error_.raise("validation", ("%s.with wants a table such as { profile = \"plant-b\" }"):format(name))
    end
    for key in pairs(options) do
      if key ~= "profile" then error_.raise("validation", ("%s.with has no option '%s'; it knows profile"):format(name, tostring(key))) end
    end
    return new_module(name, options.profile)
  end
  return setmetatable(module, {
    __name = "errand.service",
    __index = function(self, key)
      if type(key) ~= "string" then return nil end
      local resource = catalogue.resource[key] or M.no_resource(catalogue, key)
      local value = resource_table(module, catalogue, resource)
      rawset(self, key, value)
      return value
    end,
    __newindex = function() error_.raise("validation", "a service module cannot be changed by a script") end,
  })
end

--- What stands behind a function such as ixon.invites.create: { module =,
-- resource =, op = (nil for find), how = "call", "list", "each", "page" or
-- "find" }; nil for any other function.
function M.behind(f)
  return behind[f]
end

--- What stands behind a service module: service, profile (nil: the one in
-- force), catalogue.
M.bound = setmetatable({}, { __mode = "k" })

--- The module of a service; the same one each time.
function M.get(name)
  modules[name] = modules[name] or new_module(name)
  return modules[name]
end

--- For require "ixon".
function M.loader(name)
  return M.get(name)
end

return M
