-- topic.lua - the help topic that stands behind a value.
-- SPDX-License-Identifier: MIT

local topic = {}

-- The operation, or its resource where the function was derived (each, find).
local function operation(catalogue, resource, name)
  local found = catalogue.resource[resource]
  local id = catalogue.name .. "." .. resource
  return found and found.operation[name] and id .. "." .. name or id
end

local function in_service(module, bound, value)
  if rawequal(module, value) then return bound.service end
  for name, resource in next, module do
    if type(resource) == "table" then
      if rawequal(resource, value) then return bound.service .. "." .. name end
      for op, fn in next, resource do
        if rawequal(fn, value) then return operation(bound.catalogue, name, op) end
      end
    end
  end
end

local function in_library(value)
  for name in next, require "std" do
    if rawequal(rawget(_G, name), value) then return name end
  end
end

--- topic.of(value) -> "ixon", "ixon.users", "ixon.users.list", "sleep" or nil.
-- Tables are read raw: nothing of a user's value is called.
function topic.of(value)
  if type(value) ~= "table" and type(value) ~= "function" then return nil end
  -- Not loaded: nobody can hold a value of a service yet.
  local services = package.loaded["core.services"]
  for module, bound in next, services and services.bound or {} do
    local found = in_service(module, bound, value)
    if found then return found end
  end
  return in_library(value)
end

--- topic.text(what) -> help text on a name in quotes or on a value.
function topic.text(what)
  if what ~= nil and type(what) ~= "string" then
    local name = topic.of(what)
    if not name then
      require("core.error").raise("validation", ("no help on a %s; help() lists what there is")
        :format(type(what)))
    end
    what = name
  end
  return require("core.help").topic(what)
end

return topic
