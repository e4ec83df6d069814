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

-- An empty list is a slip where something is to be made or destroyed; where a
-- PUT replaces all there is, it says that nothing shall be left.
local function least_elements(op)
  if type(op.body) ~= "string" or op.body:sub(1, 1) ~= "[" then return nil end
  if op.effect == "create" or op.effect == "send" or op.danger and op.method ~= "PUT" then return 1 end
end

-- A body that is a file is told by its row, as the files of a form are.
local function whole_file(op)
  if op.body ~= "file" then return end
  op.body, op.whole = nil, true
  op.files = op.files or { { "file", "file", required = true, doc = "File that is the body." } }
end

local function index_operation(catalogue, resource, op)
  op.name = op[1]
  op.resource, op.service = resource.name, catalogue.name
  op.id = ("%s.%s.%s"):format(catalogue.name, resource.name, op.name)
  op.method, op.template = op.http:match "^(%u+) (/.*)$"
  if not op.method then error_.raise("script", ("catalogue: %s: http '%s' is no method and path"):format(op.id, op.http)) end
  whole_file(op)
  if op.body_min == nil then op.body_min = least_elements(op) end
  normalise(op.path)
  normalise(op.query)
  normalise(op.header)
  normalise(op.files)
  if type(op.body) == "table" then normalise(op.body) end
end

local function index_resource(catalogue, resource)
  resource.name = resource[1]
  resource.operation = {}
  for _, op in ipairs(resource.operations) do
    index_operation(catalogue, resource, op)
    resource.operation[op.name] = op
  end
  return resource
end

local function index_settings(catalogue)
  catalogue.setting = {}
  normalise(catalogue.settings)
  for _, row in ipairs(catalogue.settings or {}) do catalogue.setting[row.name] = row end
end

--- Adds the look-up tables the engine needs to a catalogue as written.
-- Resources: `resource_list` and `resource[name]`; in each `operations` and
-- `operation[name]`; rows get `name` and `type` beside [1] and [2].
function M.index(catalogue)
  catalogue.resource, catalogue.resource_list = {}, catalogue.resources
  index_settings(catalogue)
  for _, rows in pairs(catalogue.shapes or {}) do normalise(rows) end
  for _, resource in ipairs(catalogue.resources) do
    catalogue.resource[resource[1]] = index_resource(catalogue, resource)
  end
  return catalogue
end

-- A table of parts that are loaded when they are first named; pairs loads all.
local function parts(known, load_part)
  local meta = {}
  function meta.__index(self, name)
    if not known[name] then return nil end
    local part = load_part(name)
    rawset(self, name, part)
    return part
  end
  function meta.__pairs(self)
    for name in pairs(known) do local _ = self[name] end
    return next, self, nil
  end
  return setmetatable({}, meta)
end

-- An embedded catalogue comes in parts (see embed.c): shapes and resources
-- are there when they are touched, the list of all resources too.
local function assemble(catalogue, prefix)
  index_settings(catalogue)
  local known = {}
  for _, name in ipairs(catalogue.resource_names) do known[name] = true end
  catalogue.resource = parts(known, function(name)
    return index_resource(catalogue, assert(data(prefix .. "." .. name)))
  end)
  catalogue.shapes = parts(catalogue.shape_names, function(name)
    local rows = assert(data(prefix .. ":" .. name))
    normalise(rows)
    return rows
  end)
  return setmetatable(catalogue, { __index = function(self, key)
    if key ~= "resource_list" and key ~= "resources" then return nil end
    local list = {}
    for i, name in ipairs(self.resource_names) do list[i] = self.resource[name] end
    rawset(self, "resource_list", list)
    rawset(self, "resources", list)
    return list
  end })
end

--- The indexed catalogue of a service; raises if there is none.
function M.load(name)
  if loaded[name] then return loaded[name] end
  local catalogue, err = data(name .. ".catalogue")
  catalogue = catalogue or require("core.own").catalogue(name)
  if not catalogue then error_.rethrow(err) end
  loaded[name] = catalogue.resource_names and assemble(catalogue, name .. ".catalogue") or M.index(catalogue)
  return loaded[name]
end

--- The operation called "resource.operation" of a catalogue, or nil.
function M.operation(catalogue, name)
  local resource, op = name:match "^([%w_]+)%.([%w_]+)$"
  resource = resource and catalogue.resource[resource]
  return resource and resource.operation[op]
end

return M
