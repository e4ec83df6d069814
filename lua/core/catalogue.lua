-- core/catalogue.lua - loads a service's description and indexes it.
-- SPDX-License-Identifier: MIT

local data = require("host.state").data
local error_ = require "core.error"

local M = {}
local loaded = {}

local function normalise(rows)
  for _, row in ipairs(rows or {}) do
    row.name, row.type = row[1], row[2]
  end
end

local function index_operation(catalogue, resource, op)
  op.name = op[1]
  op.resource, op.service = resource.name, catalogue.name
  op.id = ("%s.%s.%s"):format(catalogue.name, resource.name, op.name)
  op.method, op.template = op.http:match "^(%u+) (/.*)$"
  if not op.method then error_.raise("script", ("catalogue: %s: http '%s' is no method and path"):format(op.id, op.http)) end
  normalise(op.path)
  normalise(op.query)
  normalise(op.header)
  normalise(op.files)
  if type(op.body) == "table" then normalise(op.body) end
end

--- Adds the look-up tables the engine needs to a catalogue as written.
-- Resources: `resource_list` and `resource[name]`; in each `operations` and
-- `operation[name]`; rows get `name` and `type` beside [1] and [2].
function M.index(catalogue)
  catalogue.resource, catalogue.resource_list = {}, catalogue.resources
  catalogue.setting = {}
  normalise(catalogue.settings)
  for _, row in ipairs(catalogue.settings or {}) do catalogue.setting[row.name] = row end
  for _, rows in pairs(catalogue.shapes or {}) do normalise(rows) end
  for _, resource in ipairs(catalogue.resources) do
    resource.name = resource[1]
    resource.operation = {}
    catalogue.resource[resource.name] = resource
    for _, op in ipairs(resource.operations) do
      index_operation(catalogue, resource, op)
      resource.operation[op.name] = op
    end
  end
  return catalogue
end

--- The indexed catalogue of a service; raises if there is none.
function M.load(name)
  if loaded[name] then return loaded[name] end
  local catalogue, err = data(name .. ".catalogue")
  if not catalogue then error_.rethrow(err) end
  loaded[name] = M.index(catalogue)
  return catalogue
end

--- The operation called "resource.operation" of a catalogue, or nil.
function M.operation(catalogue, name)
  local resource, op = name:match "^([%w_]+)%.([%w_]+)$"
  resource = resource and catalogue.resource[resource]
  return resource and resource.operation[op]
end

return M
