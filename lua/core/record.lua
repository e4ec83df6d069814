-- core/record.lua - every write goes into the store before it is sent.
-- SPDX-License-Identifier: MIT

local check = require "core.check"
local error_ = require "core.error"
local first = require("core.pointer").first
local json = require "host.json"

local M = {}
local store

--- The open store; opened at the first write or look-up.
function M.store()
  if store then return store end
  local err
  store, err = require("host.store").open(require("core.config").store_path())
  if not store then error_.rethrow(err) end
  return store
end

--- Closes the store, if it was opened; the next write opens it again.
function M.close()
  if store then store:close() end
  store = nil
end

local function find_key(catalogue, op, value)
  local resource = catalogue.resource[op.resource]
  local by = resource and resource.find and resource.find.by
  if not by or type(value) ~= "table" then return nil end
  local body = json.is_array(value) and value[1] or value
  for _, row in ipairs(by) do
    local key = first(body, row.at or "/" .. row[1])
    if type(key) == "string" then return row.fold and key:lower() or key end
  end
end

-- secret members of the body do not enter the store
local function without_secrets(catalogue, rows, value)
  if type(value) ~= "table" then return value end
  local out = json.is_array(value) and json.array({}) or json.object({})
  for key, member in pairs(value) do out[key] = member end
  for _, row in ipairs(rows or {}) do
    if row.secret and out[row.name] ~= nil then
      out[row.name] = "[secret]"
    elseif out[row.name] ~= nil then
      out[row.name] = M.clean(catalogue, row.type, out[row.name])
    end
  end
  return out
end

--- A copy of a checked body without its secret members.
function M.clean(catalogue, type_, value)
  if type(type_) == "table" then return without_secrets(catalogue, type_, value) end
  local inner = type(type_) == "string" and type_:match "^%[(.+)%]$"
  if inner and type(value) == "table" then
    local out = json.array({})
    for i, item in ipairs(value) do out[i] = M.clean(catalogue, inner, item) end
    return out
  end
  local shape = catalogue.shapes and catalogue.shapes[type_]
  return shape and without_secrets(catalogue, shape, value) or value
end

local row_meta = {}
row_meta.__index = row_meta

local function finish(row, outcome, status, remote_id, message)
  local ok, err = M.store():finish(row.id, outcome, status or 0, remote_id, message)
  if not ok then error_.rethrow(err) end
end

local function id_of(data)
  for _, name in ipairs { "id", "publicId" } do
    local id = data[name]
    if type(id) == "string" or type(id) == "number" or id ~= nil and json.is_number(id) then return check.text(id) end
  end
end

--- The call succeeded; the id of what it made is kept where there is one.
function row_meta:done(status, data)
  finish(self, "done", status, type(data) == "table" and id_of(data) or nil)
end

local definite = { auth = true, not_found = true, conflict = true, rate_limited = true, validation = true, network = true,
  config = true, cap = true, file = true }

--- The call failed: without effect, or nobody knows.
function row_meta:fail(err)
  local outcome = "in_doubt"
  if definite[err.kind] or err.retryable and self.effect == "set" then outcome = "failed" end
  finish(self, outcome, err.status, nil, tostring(err.message))
end

local function path_scope(request)
  local parts = {}
  for i, pair in ipairs(request.path) do parts[i] = pair[2] end
  return table.concat(parts, "/")
end

-- a form is recorded by the files it is made of
local function files_of(parts)
  local out = json.object({})
  for _, part in ipairs(parts) do out[part[1]] = part[2] end
  return out
end

--- Records a call that is about to be sent; raises if it cannot be recorded,
-- so that nothing leaves unrecorded.
function M.begin(account, op, request)
  local shown = request.value ~= nil and M.clean(account.catalogue, op.body, request.value) or nil
  if request.parts then shown = files_of(request.parts) end
  local id, err = M.store():begin {
    service = account.service, profile = account.profile, account = account.identity,
    operation = op.resource and op.resource .. "." .. op.name or op.name, effect = op.effect, scope = path_scope(request),
    key = op.resource and find_key(account.catalogue, op, request.value), arguments = shown ~= nil and json.encode(shown) or "",
  }
  if not id then error_.rethrow(err, { service = account.service }) end
  return setmetatable({ id = id, effect = op.effect }, row_meta)
end

--- The id of what an earlier call made, nil if errand has not made it.
function M.find(account, operation, scope, key)
  local id, err = M.store():find_remote { service = account.service, profile = account.profile, account = account.identity,
    operation = operation, scope = scope, key = key }
  if err then error_.rethrow(err) end
  return id
end

return M
