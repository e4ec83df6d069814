-- core/globals.lua - what a name means that no Lua library defined.
-- SPDX-License-Identifier: MIT

local M = {}

--- Raises for a name that nobody knows.
function M.unknown(name)
  local suggest = require "core.suggest"
  local names = {}
  for known in pairs(require "std") do names[#names + 1] = known end
  for _, service in ipairs(require("core.services").names()) do names[#names + 1] = service end
  for known in pairs(_G) do names[#names + 1] = known end
  table.sort(names)
  require("core.error").raise("validation", ("unknown name '%s'%s"):format(name, suggest.did_you_mean(name, names)))
end

--- Called for a global that is not there yet: the script library and the
-- services are loaded at their first touch, anything else is an error.
function M.index(globals, name)
  local module = require("std")[name]
  local value
  if module then
    value = require(module)
  else
    local services = require "core.services"
    if not services.exists(name) then
      services.explain(name)
      return M.unknown(name)
    end
    value = services.get(name)
  end
  rawset(globals, name, value)
  return value
end

return M
