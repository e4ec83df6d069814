-- core/run/inverse.lua - the calls that take back what a step did.
-- SPDX-License-Identifier: MIT

-- What a catalogue says of an operation's inverse goes into the journal with
-- the intent, so that a step can be undone by a process that knows no more
-- than the journal: years later, or with another catalogue.

local catalogues = require "core.catalogue"
local check = require "core.check"
local describe = require "core.describe"
local error_ = require "core.error"
local get = require("core.pointer").get
local json = require "host.json"
local kept = require "core.kept"
local request_ = require "core.request"

local M = {}

-- A copy of a decoded value as it is, nulls and marks included.
local function copy(value)
  if type(value) ~= "table" or value == json.null or json.is_number(value) then return value end
  local out = json.is_array(value) and json.array({}) or json.object({})
  for key, member in json.pairs(value) do out[key] = copy(member) end
  return out
end

-- Takes out what was a secret: the journal does not have it, and to send the
-- mark that stands in its place would make it the new value.
local function without_marks(value)
  if type(value) ~= "table" or value == json.null or json.is_number(value) then return value end
  local out = json.is_array(value) and json.array({}) or json.object({})
  for key, member in json.pairs(value) do
    if not M.is_mark(member) then out[key] = without_marks(member) end
  end
  return out
end

--- Whether a text stands in the journal for a secret.
function M.is_mark(value)
  return type(value) == "string" and (value == kept.secret or value:find "^%[secret[ :][^%]]*%]$" ~= nil)
end

local function entries(op)
  return type(op.inverse[1]) == "table" and op.inverse or { op.inverse }
end

local function path_of(op, call)
  local out = json.object {}
  for i, row in ipairs(op.path or {}) do
    local value = call.positional[i]
    if value == nil and call.arguments and not (row.join and call.arguments[1] ~= nil) then value = call.arguments[row.name] end
    if type(value) == "string" or type(value) == "number" then out[row.name] = check.text(value) end
  end
  return out
end

-- What was sent as the body, as far as the arguments tell it.
local function body_of(catalogue, op, call)
  if not op.body or not call.arguments then return nil end
  local type_ = op.body
  local value = call.arguments
  local is_list = type(type_) == "string" and type_:sub(1, 1) == "["
  if is_list and not json.is_array(value) and value[1] == nil then type_ = type_:match "^%[(.+)%]$" end
  if is_list and value[1] ~= nil then value = json.array(value) end
  return without_marks(kept.clean(catalogue, type_, copy(value)))
end

--- What the journal keeps of how to undo a call, or nil where the catalogue
-- knows no inverse.
-- @tparam table op operation of a catalogue
-- @tparam table account of the call: the same will undo it
-- @tparam table call as core.request parses the arguments
function M.declare(op, account, call)
  if not op.inverse then return nil end
  local catalogue = catalogues.load(op.service)
  local list = json.array {}
  for i, one in ipairs(entries(op)) do
    list[i] = json.object { op = one[1], from = one.from, body = one.body, set = one.set and copy(json.object(one.set)) }
  end
  return json.object { service = op.service, profile = account and account.profile, identity = account and account.identity,
    operation = op.resource .. "." .. op.name, list = list, path = path_of(op, call), sent = body_of(catalogue, op, call),
    look = op.look and json.array(copy(op.look)) or nil }
end

-- ---- the calls ----

local function operation(info, name)
  local catalogue = catalogues.load(info.service)
  local op = catalogues.operation(catalogue, name)
  if op then return op, catalogue end
  error_.raise("config", ("%s.%s, which would undo this, is not in the catalogue of this errand: undo it by hand, then "
    .. "errand runs settle"):format(info.service, name))
end

-- The member of the body without which the other operation refuses it.
local function known_members(catalogue, op, value)
  local rows = describe.body(op, catalogue.shapes)
  if not rows or rows.open or type(value) ~= "table" or json.is_number(value) then return value end
  local out = json.object {}
  for _, row in ipairs(rows) do
    if value[row.name] ~= nil then out[row.name] = value[row.name] end
  end
  return out
end

local function with_set(value, set)
  for name, member in pairs(set or {}) do value[name] = copy(member) end
  return value
end

-- The body of the undoing call out of a value.
local function fit_body(catalogue, op, value, set)
  local _, is_list = describe.element(op.body)
  if not is_list then return with_set(known_members(catalogue, op, value), set) end
  if type(value) ~= "table" or not json.is_array(value) then value = { value } end
  local out = json.array {}
  for i, item in ipairs(value) do
    out[i] = type(item) == "table" and not json.is_number(item) and with_set(known_members(catalogue, op, item), set) or item
  end
  return out
end

local function is_scalar(value)
  return type(value) == "string" or type(value) == "number" or json.is_number(value)
end

-- Path values by name; a scalar fills the last one.
local function fit_path(op, info, scalar)
  local out, used = {}, false
  for i, row in ipairs(op.path or {}) do
    local value = info.path and info.path[row.name]
    if i == #op.path and scalar ~= nil and not row.join then value, used = check.text(scalar), true end
    if value == nil and not row.join then return nil, row.name end
    if not row.join then out[#out + 1] = request_.path_value(row, value) end
  end
  return out, used
end

-- The things that an entry is about: { id =, member =, sent = }.
local function targets_of(entry, data, info)
  local out = {}
  local member = entry.from and entry.from:match "([^/]+)$"
  local sent = info.sent
  local function add(value, i)
    local own = sent
    if sent and json.is_array(sent) then own = sent[i] end
    if is_scalar(value) then
      out[#out + 1] = { id = check.text(value), member = member or "id", sent = own }
    elseif type(value) == "table" then
      for _, name in ipairs { "publicId", "id" } do
        if is_scalar(value[name]) then
          out[#out + 1] = { id = check.text(value[name]), member = name, sent = own, record = value }
          return
        end
      end
      out[#out + 1] = { record = value, sent = own }
    end
  end
  if type(data) == "table" and json.is_array(data) then
    for i, value in ipairs(data) do add(value, i) end
  elseif data ~= nil then
    add(data, 1)
  end
  return out
end

local function has_id(value)
  return type(value) == "table" and not json.is_array(value) and (value.publicId ~= nil or value.id ~= nil)
end

-- What an entry is about. A record that a look-up found may have another shape
-- than the reply of the call that made it: it is itself what the entry of its
-- own resource is about.
local function data_of(info, entry, result)
  if not entry.from then return nil, true end
  local data = get(result, entry.from)
  if data == json.null then data = nil end
  if data == nil and has_id(result) and entry.op:match "^[^.]*" == info.operation:match "^[^.]*" then data = result end
  local empty = type(data) == "table" and json.is_array(data) and #data == 0
  return not empty and data or nil, data ~= nil
end

-- One entry of the inverse as a call, or nil where it has nothing to do; and
-- whether the result told so.
local function one_call(info, entry, result)
  local op, catalogue = operation(info, entry.op)
  local data, told = data_of(info, entry, result)
  if entry.from and data == nil then return nil, told end
  local scalar = is_scalar(data) and data or nil
  local path, used = fit_path(op, info, scalar)
  if not path then error_.raise("script", ("the journal does not know '%s' for %s"):format(used, op.id)) end
  local body
  if entry.body then
    body = fit_body(catalogue, op, copy(info.sent or json.object {}), entry.set)
  elseif op.body and data ~= nil and not (scalar ~= nil and used) then
    body = fit_body(catalogue, op, copy(data), entry.set)
  elseif op.body and entry.set then
    body = fit_body(catalogue, op, json.object {}, entry.set)
  end
  return { op = op, path = path, body = body, set = entry.set, targets = targets_of(entry, data, info) }, true
end

--- The calls that undo a step: list of { op, path, body, set, targets }, in
-- their order; and a sentence where the result does not tell what was made.
-- @tparam table info what declare gave, back from the journal
-- @param result what the step returned
function M.calls(info, result)
  local out, known = {}, false
  for _, entry in ipairs(info.list or {}) do
    local call, told = one_call(info, entry, result)
    out[#out + 1] = call
    known = known or told
  end
  if known then return out end
  return out, "the journal does not have what the step made: undo it by hand, then errand runs settle it as done"
end

--- The service module with the account that the step used; raises where that
-- account leads elsewhere now.
function M.module(info)
  local services, config = require "core.services", require "core.config"
  local session = require "core.session"
  local module = services.get(info.service)
  if session.replay or not info.profile then return module end
  if info.profile ~= config.profile() then module = module.with { profile = info.profile } end
  local account = require("core.client").account_of(module)
  if info.identity and account.identity ~= info.identity then
    error_.raise("config", ("the step was done at %s, but profile '%s' leads to %s now: undo it with one that leads there")
      :format(info.identity, account.profile, account.identity), { service = info.service })
  end
  return module
end

--- Sends one of those calls; the reply's data.
function M.send(module, call)
  local words = { table.unpack(call.path) }
  if call.body ~= nil then words[#words + 1] = call.body end
  return require("core.client").call(module, call.op, table.unpack(words))
end

return M
