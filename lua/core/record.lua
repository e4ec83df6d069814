-- core/record.lua - every write goes into the store before it is sent.
-- SPDX-License-Identifier: MIT

local check = require "core.check"
local error_ = require "core.error"
local first = require("core.pointer").first
local history = require "core.history"
local json = require "host.json"
local kept = require "core.kept"
local session = require "core.session"

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

--- Writes what waits to be written into the store.
function M.flush()
  local ok, err = pcall(history.flush)
  if not ok then require("std.log").error("the last reads are not in the history: " .. tostring(err)) end
end

--- Closes the store, if it was opened; the next write opens it again.
function M.close()
  M.flush()
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

--- A copy of a checked body without its secret members.
M.clean = kept.clean

local row_meta = setmetatable({}, history.Watch)
row_meta.__index = row_meta

local function finish(row, outcome, status, remote_id, err)
  local message = err and kept.message(row.op, err)
  history.tell(row, outcome, err)
  local ok, why = M.store():finish(row.id, outcome, status or 0, remote_id, message, history.reply_half(row, err))
  if not ok then error_.rethrow(why) end
end

local function id_of(data)
  for _, name in ipairs { "id", "publicId" } do
    local id = data[name]
    if type(id) == "string" or type(id) == "number" or id ~= nil and json.is_number(id) then return check.text(id) end
  end
end

--- The call succeeded; the id of what it made is kept where there is one.
function row_meta:done(status, data)
  self:keep(data)
  finish(self, "done", status, type(data) == "table" and id_of(data) or nil)
end

local definite = { auth = true, not_found = true, conflict = true, rate_limited = true, validation = true, network = true,
  config = true, cap = true, file = true }

--- The call failed: without effect, or nobody knows.
function row_meta:fail(err)
  self:keep()
  local outcome = "in_doubt"
  if definite[err.kind] or err.unsent or err.retryable and self.effect == "set" then outcome = "failed" end
  finish(self, outcome, err.status, nil, err)
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

-- a file that is the whole body; what it holds is not for the record
local function file_of(path)
  local file = io.open(path, "rb")
  local size = file and file:seek "end"
  if file then file:close() end
  return json.object { file = path, size = size or nil }
end

-- what was given, as JSON; request.body is that of request.value
local function arguments_of(account, op, request)
  if request.parts then return json.encode(files_of(request.parts)) end
  if request.upload then return json.encode(file_of(request.upload)) end
  if request.value == nil then return "" end
  local shown = kept.view(account.catalogue, op.body, request.value)
  return shown == request.value and request.body or json.encode(shown)
end

--- Records a call that is about to be sent; raises if it cannot be recorded,
-- so that nothing leaves unrecorded.
function M.begin(account, op, request)
  local key = op.resource and find_key(account.catalogue, op, request.value)
  local row = setmetatable(history.start(account, op, request, key), row_meta)
  local id, err = M.store():begin({
    service = account.service, profile = account.profile, account = account.identity,
    operation = op.resource and op.resource .. "." .. op.name or op.name, effect = op.effect, scope = path_scope(request),
    key = key, arguments = arguments_of(account, op, request),
  }, history.request_half(row))
  if not id then error_.rethrow(err, { service = account.service, unsent = true }) end
  row.id = id
  return row
end

--- The id of what an earlier call made, nil if errand has not made it.
function M.find(account, operation, scope, key)
  if account.replay then return account.replay:find(account, operation, scope, key) end
  local id, err = M.store():find_remote { service = account.service, profile = account.profile, account = account.identity,
    operation = operation, scope = scope, key = key }
  if err then error_.rethrow(err) end
  if session.tape then session.tape:found(account, operation, scope, key, id) end
  return id
end

return M
