-- core/client.lua - runs one described operation: check, send, unwrap.
-- SPDX-License-Identifier: MIT

local accounts = require "core.account"
local config = require "core.config"
local envelope = require "core.envelope"
local error_ = require "core.error"
local get = require("core.pointer").get
local log = require "std.log"
local paths = require "core.paths"
local request_ = require "core.request"
local secrets = require "core.secrets"
local session = require "core.session"

local M = {}

-- reply.headers: parsed when first asked for; names in lower case.
-- reply.request_id: what the server calls this call in its own log
local reply_meta = {
  __index = function(reply, key)
    if key == "request_id" then
      return reply.headers["x-request-id"] or reply.headers["request-id"] or reply.headers["x-correlation-id"]
    end
    if key ~= "headers" then return nil end
    local headers = {}
    for name, value in reply.head:gmatch "([^:\n]+): ([^\n]*)" do headers[name:lower()] = value end
    rawset(reply, "headers", headers)
    return headers
  end,
}

local services -- core.services requires this module

local function bound_of(module)
  services = services or require "core.services"
  return services.bound[module]
end

local function account_of_bound(bound, op)
  if session.replay then return session.replay:account(bound) end
  return accounts.get(bound.catalogue, bound.profile, op and type(op.auth) == "string" and op.auth or nil)
end

local function account_of(module, op)
  return account_of_bound(bound_of(module), op)
end

M.account_of = account_of

-- "resource.name", by operation
local full_names = setmetatable({}, { __mode = "k" })

local function operation_name(op)
  if not op.resource then return op.name end
  local name = full_names[op]
  if not name then
    name = op.resource .. "." .. op.name
    full_names[op] = name
  end
  return name
end

-- Fetches the secrets that a call will be signed with. Once for an account, a
-- way to sign in and whether a token is there: what was fetched stays.
local function know_secrets(account, auth)
  local there = account.connection:token().there
  local known = account.known or {}
  account.known = known
  local key = (type(auth) == "string" and auth or "") .. (there and "+" or "-")
  if known[key] then return end
  config.credentials(account.profile, account.service, auth, there)
  known[key] = true
end

-- before a write is recorded: somebody may have to agree, and the secrets must
-- be known, so that redaction can keep them out of the record
local function write_guard(account, op, request)
  if account.replay then return nil end
  if op.auth ~= false then know_secrets(account, op.auth) end
  if account.protected then
    require("core.confirm").confirm { service = account.service, profile = account.profile, account = account,
      operation = operation_name(op) }
  end
  return require("core.record").begin(account, op, request)
end

-- who wants to see reads: nil while that is not known, false for nobody
local watch

local function watch_read(account, op, request)
  if watch == nil then
    watch = (session.recorder or not session.replay and (session.tape or config.history() == "all")) and require "core.history"
      or false
  end
  return watch and watch.begin(account, op, request) or nil
end

--- Finds out anew who wants to see reads.
function M.rewatch()
  watch = nil
end

local function created(op, reply, data)
  local header = reply.headers[op.created.header:lower()]
  if not header then return data end
  local path = header:gsub("[?#].*$", ""):gsub("/+$", "")
  local id = path:match "([^/]+)$"
  local number = math.tointeger(tonumber(id))
  local out = type(data) == "table" and data or {}
  out[op.created.as or "id"] = tostring(number) == id and number or id
  out.location = header
  return out
end

-- Notes how a call ended. What happened at the server stands, whether or not
-- the store can say so: its fault is told, and the row stays as it was sent,
-- which reads as unknown. It is no success either; but a run has a journal.
local function note(request, row, how, ...)
  local ok, err = pcall(row[how], row, ...)
  if ok then return end
  if not session.gate then session.unrecorded = true end
  log.error(("%s: how the call ended is not in the record: %s"):format(request.operation, tostring(err)))
end

-- A wait that was cut short: a write may have had its effect all the same, so
-- its record says so, and a script does not take it for one that can be repeated.
local function cut_short(op, request, row, err)
  if op.effect == "read" then
    note(request, row, "fail", error_.is(err) and err or error_.new("script", tostring(err)))
    error(err, 0)
  end
  if not error_.is(err) then err = error_.new("script", tostring(err)) end
  local unsent = request.call and request.call:unsent()
  if unsent then
    err.message, err.retryable, err.unsent = err.message .. " before the call was sent", true, true
  elseif err.kind == "timeout" and not request.repeatable then
    err.kind, err.message = "in_doubt", "the deadline passed while the call was under way: look before repeating it"
  end
  if err.kind == "cancelled" and not unsent and not request.repeatable then
    err.message = err.message .. " while the call was under way: it may have had its effect, look before repeating it"
    err.in_doubt = true
  end
  err.service, err.operation = err.service or op.service, err.operation or request.operation
  note(request, row, "fail", err)
  error_.rethrow(err)
end

local function transfer(account, op, request, row)
  if not row then return account.connection:send(request, op) end
  if session.recorder then session.recorder:begin(row) end
  local ok, status, value, reply = pcall(account.connection.send, account.connection, request, op)
  if not ok then cut_short(op, request, row, status) end
  if status then row:got(status, value, reply) end
  return status, value, reply
end

-- before anything is agreed to, recorded or sent
local function check_files(op, request)
  local ok, err = require("host.http").check_files(request)
  if not ok then error_.rethrow(err, { service = op.service, operation = operation_name(op) }) end
end

-- before anything is agreed to or recorded: what would only wait in vain
local function refuse_paused(account, op, request)
  local left = account.connection:paused()
  if left < (request.timeout or account.settings.timeout or 120) then return end
  local err = error_.new("rate_limited", ("%s answered 429 and lets nobody from here in for another %d s; nothing was sent, try "
    .. "again then"):format(account.service, math.ceil(left)),
    { service = account.service, operation = request.operation, retry_after = left })
  if session.tape then session.tape:write({ account = account, op = op, request = request }, err) end
  error_.rethrow(err)
end

-- What each() gave before :profile, :sandbox or :reload would go on there.
local function refuse_gone(account, op)
  if not account.gone then return end
  error_.raise("validation", ("this was begun with profile '%s' before calls went elsewhere: begin it anew; nothing was sent")
    :format(account.profile), { service = account.service, operation = operation_name(op) })
end

local reasons = {
  attempts = "more are not made (setting 'retry')",
  time = "the call had no time for another (setting 'timeout')",
  quota = "no more are made until calls to it succeed again (setting 'retry_quota')",
  pause = "it lets nobody in for longer than the call has (setting 'timeout')",
}

-- How many attempts it took, where the time went, and why it ends there.
local function tell_attempts(err, course, op)
  err.attempts, err.seconds = course.attempts, course.seconds
  if course.lost and op.effect ~= "read" and not err.retryable then
    err.message = err.message .. "; an attempt before this one was not answered and may have had its effect: look"
  end
  if not course.gave_up then return end
  if course.retry_after then err.retry_after = course.retry_after end
  if course.gave_up == "attempts" and course.attempts < 2 then return end
  err.message = ("%s; gave up after %d attempt%s in %.1f s (%.1f s of it between them): %s"):format(err.message, course.attempts,
    course.attempts == 1 and "" or "s", course.seconds, course.waited or 0, reasons[course.gave_up])
end

-- One thing was to be deleted and is not there, after an attempt that nobody
-- answered: whether that one did it or somebody else, it is gone. A list of
-- several may be refused for another of them.
local function is_gone(op, request, reply, err)
  if not reply.lost or op.method ~= "DELETE" or (op.returns or "none") ~= "none" then return false end
  local one = request.body == nil or type(request.value) == "table" and #request.value == 1
  return one and error_.is(err) and err.kind == "not_found"
end

--- Sends a built request over an account and gives data and reply; raises.
-- What changes something is recorded before it leaves. look (nullable) is
-- shown the whole decoded reply, for paging.
function M.send(account, op, request, look)
  refuse_gone(account, op)
  paths.apply(account.paths, op, request)
  if session.gate then
    local stop, data, reply = session.gate(account, op, request)
    if stop then return data, reply end
  end
  if session.plan then
    local stop, data, reply = session.plan(account, op, request)
    if stop then return data, reply end
  end
  request.operation = operation_name(op)
  request.timeout, request.retry = request.options.timeout or op.timeout, request.options.retry
  refuse_paused(account, op, request)
  local writes = op.effect ~= "read"
  if request.parts or request.upload or request.output then check_files(op, request) end
  secrets.hide(account.catalogue, op.body, request.value)
  local row
  if writes then row = write_guard(account, op, request) end
  if not row and watch ~= false and (not writes or session.recorder) then row = watch_read(account, op, request) end
  request.repeatable = (op.effect == "read" or op.effect == "set") and not op.once
  request.without, request.anonymous = op.without, op.auth == false or nil
  if op.returns == "text" or op.returns == "file" then request.decode = "text" end
  local status, value, reply = transfer(account, op, request, row)
  if not status then
    local err = value
    err.service, err.operation = err.service or account.service, err.operation or request.operation
    tell_attempts(err, err, op)
    if row then note(request, row, "fail", err) end
    error_.rethrow(err)
  end
  setmetatable(reply, reply_meta)
  local ok, data = pcall(envelope.unwrap, account.catalogue, op, status, value, reply)
  if not ok and is_gone(op, request, reply, data) then
    log.warn(("%s.%s: it is not there any more; the answer to the attempt before was lost"):format(account.service,
      request.operation))
    ok, data = true, nil
  end
  if not ok then
    if error_.is(data) then tell_attempts(data, reply, op) end
    if row then note(request, row, "fail", data) end
    error(data, 0)
  end
  if op.secret and type(data) == "string" then require("host.err").hide(data) end
  secrets.hide(account.catalogue, op.returns, data)
  if row then row:keep(data) end
  if look then look(value) end
  if op.created then data = created(op, reply, data) end
  if row then note(request, row, "done", status, data) end
  return data, reply
end

--- Checks and places the arguments of a call without sending anything.
-- @tparam ?table settings of the account, for headers made from them
function M.build(op, settings, ...)
  local catalogue = require("core.catalogue").load(op.service)
  return request_.build(catalogue, op, settings or {}, request_.parse(op, ...))
end

local no_settings = {}

--- One call of an operation; data and reply, or a raised error.
function M.call(module, op, ...)
  local call = request_.parse(op, ...)
  local bound = bound_of(module)
  local account
  if op.header then account = account_of_bound(bound, op) end
  local request = request_.build(bound.catalogue, op, account and account.settings or no_settings, call)
  return M.send(account or account_of_bound(bound, op), op, request)
end

--- All pages as one list, up to the cap; raises kind "cap" beyond it.
function M.list(module, op, ...)
  return require("core.paging").list(account_of(module), op, request_.parse(op, ...))
end

--- An iterator over the records of all pages, read one page at a time.
function M.each(module, op, ...)
  return require("core.paging").each(account_of(module), op, request_.parse(op, ...))
end

--- One page: records, reply; reply.next holds what the next page wants.
function M.page(module, op, ...)
  return require("core.paging").page(account_of(module), op, request_.parse(op, ...))
end

local read_methods = { GET = true, HEAD = true, OPTIONS = true }

--- A call by method and path, with the service's credential and envelope.
-- The path may carry a query; it is sent as it stands.
function M.raw(service, method, path, options)
  options = options or {}
  local module = require("core.services").get(service)
  local account = account_of(module)
  local effect = read_methods[method] and "read" or method == "PUT" and "set" or "create"
  local op = { service = service, name = method .. " " .. path, id = service .. " " .. method .. " " .. path, effect = effect }
  if options.raw then op.envelope = false end
  local headers = { table.unpack(options.headers or {}) }
  if options.body then headers[#headers + 1] = "Content-Type: application/json" end
  return M.send(account, op, { method = method, template = path, path = {}, query = {}, headers = headers, body = options.body,
    upload = options.upload, options = { timeout = options.timeout, retry = options.retry } })
end

--- A member of the data by the JSON pointer, for callers that have both.
M.get = get

return M
