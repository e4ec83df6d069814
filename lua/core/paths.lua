-- core/paths.lua - paths and methods that an account's settings correct.
-- SPDX-License-Identifier: MIT

-- A path of a catalogue may be inferred, and a real server may know better.
-- Each text of the setting `paths` corrects one operation:
--   "groups.delete=/groups/bulk"
--   "condition_rules.save=PUT:/conditions/{condition_id}/rules"

local catalogues = require "core.catalogue"
local error_ = require "core.error"
local suggest = require "core.suggest"

local M = {}

local function names_of(template)
  local names = {}
  for name in template:gmatch "{([^}]*)}" do names[#names + 1] = name end
  return names
end

local function same_names(a, b)
  if #a ~= #b then return false end
  local left, right = { table.unpack(a) }, { table.unpack(b) }
  table.sort(left)
  table.sort(right)
  return table.concat(left, "\0") == table.concat(right, "\0")
end

local methods = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS" }

-- what no request could have, told before one is made
local function impossible(method, template)
  local known = method == ""
  for _, name in ipairs(methods) do known = known or name == method end
  if not known then
    return ("no method '%s'%s; methods: %s"):format(method, suggest.did_you_mean(method, methods), table.concat(methods, ", "))
  end
  for segment in template:gmatch "[^/]+" do
    if segment == "." or segment == ".." then return "a path has no '.' or '..'" end
  end
  if template:find("//", 1, true) then return "a path has no empty part" end
end

local function operation_ids(catalogue)
  local ids = {}
  for _, resource in ipairs(catalogue.resource_list) do
    for _, op in ipairs(resource.operations) do ids[#ids + 1] = resource.name .. "." .. op.name end
  end
  return ids
end

-- op and its correction, or nil and what is wrong with the text
local function read_one(catalogue, text)
  local id, method, template = text:match "^([%w_.]+)=(%u*):?(/[^%s?#]*)$"
  if not id or (method == "") == (text:find("=" .. method .. ":", 1, true) ~= nil) then
    return nil, "not of the form resource.operation=/path or resource.operation=METHOD:/path"
  end
  local op = catalogues.operation(catalogue, id)
  if not op then
    return nil, ("%s has no operation '%s'%s"):format(catalogue.name, id, suggest.did_you_mean(id, operation_ids(catalogue)))
  end
  local why = impossible(method, template)
  if why then return nil, why end
  local names = names_of(template)
  if not same_names(names, names_of(op.template)) then
    return nil, ("the path must have the same {names} as %s"):format(op.template)
  end
  return op, { method = method ~= "" and method or op.method, template = template, names = names }
end

--- What the texts of the setting say, by operation, and all that is wrong with
-- them as problems; nothing is raised.
-- @tparam table catalogue as core.catalogue loads it
-- @tparam ?table texts
function M.check(catalogue, texts)
  local out, problems = {}, {}
  for _, text in ipairs(texts or {}) do
    local op, fixed = read_one(catalogue, text)
    if not op then
      problems[#problems + 1] = { path = ("%s.paths, '%s'"):format(catalogue.name, text), message = fixed }
    elseif out[op] then
      problems[#problems + 1] = { path = ("%s.paths, '%s'"):format(catalogue.name, text), message = "the operation stands twice" }
    else
      out[op] = fixed
    end
  end
  return out, problems
end

--- As check, but raises kind "config" with the problems.
function M.read(catalogue, texts)
  local out, problems = M.check(catalogue, texts)
  if #problems > 0 then error_.problems("config", problems, { service = catalogue.name }) end
  return out
end

--- Puts the correction for an operation, if there is one, into its request.
-- @tparam ?table paths what read gave
function M.apply(paths, op, request)
  local fixed = paths and paths[op]
  if not fixed then return end
  local values, path = {}, {}
  for _, pair in ipairs(request.path) do values[pair[1]] = pair[2] end
  for i, name in ipairs(fixed.names) do path[i] = { name, values[name] } end
  request.method, request.template, request.path = fixed.method, fixed.template, path
end

return M
