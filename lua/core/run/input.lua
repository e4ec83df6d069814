-- core/run/input.lua - the input of a run, in the journal and for its code.
-- SPDX-License-Identifier: MIT

local error_ = require "core.error"
local json = require "host.json"
local kept = require "core.kept"
local protect = require "core.run.protect"

local M = {}

--- The input as the journal has it: JSON, without secrets.
-- @tparam table definition the workflow
-- @tparam ?table input
function M.keep(definition, input)
  input = input or {}
  local copy = (json.is_array(input) or input[1] ~= nil) and json.array {} or json.object {}
  for name, value in pairs(input) do
    if definition.secret[name] then
      if type(value) == "string" then require("host.err").hide(value) end
      value = kept.secret
    end
    copy[name] = value
  end
  local text, err = json.encode(copy)
  if not text then error_.raise("validation", "the input cannot be kept as JSON: " .. err.message) end
  return text
end

--- The input as the code gets it. Secret members are there as long as this
-- process was given them; one that is missing holds the run when it is read.
-- @tparam table definition the workflow
-- @tparam string text as the journal has it
-- @tparam ?table given the input that this process was given
-- @tparam ?string id of the run
function M.live(definition, text, given, id)
  local input = json.decode(text)
  if next(definition.secret) == nil or type(input) ~= "table" then return input end
  for name in pairs(definition.secret) do
    if input[name] == kept.secret then input[name] = given and given[name] or nil end
  end
  return setmetatable(input, { __index = function(_, name)
    if not definition.secret[name] or given then return nil end
    protect.stop("held", ("the input '%s' is a secret and so not kept: run the file again with the same arguments to go on with "
      .. "%s"):format(name, id))
  end })
end

return M
