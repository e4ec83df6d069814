-- core/run/guard.lua - no call of a workflow outside its steps.
-- SPDX-License-Identifier: MIT

-- Which branch of which run a piece of code works for is told by the thread
-- it runs on, so nothing is left behind by a run that is abandoned.

local error_ = require "core.error"
local json = require "host.json"
local protect = require "core.run.protect"
local session = require "core.session"
local sys = require "host.sys"

local M = {}

local marks = setmetatable({}, { __mode = "k" })

--- What the running thread works for: { branch =, permit = } or nil.
function M.mark()
  return marks[(coroutine.running())]
end

--- Makes the running thread work for mark (nil: for nobody) and gives the
-- mark before.
function M.set(mark)
  local thread = coroutine.running()
  local before = marks[thread]
  marks[thread] = mark
  return before
end

--- The thread works for whom the running one does.
function M.inherit(thread)
  marks[thread] = M.mark()
end

local function name_of(op)
  return op.id or op.name
end

local function outside(op)
  local id = name_of(op)
  error_.raise("script", ("a call inside a workflow is a step of it: write run:step(\"NAME\", %s, ...) instead of calling "
    .. "%s; nothing was sent"):format(id, id))
end

--- The gate of core.client: lets a call pass, or raises before it is sent.
function M.gate(account, op, request)
  local mark = M.mark()
  if not mark then return end
  if not mark.permit then outside(op) end
  return mark.permit(account, op, request)
end

--- Puts the gate in force for this process.
function M.install()
  session.gate = M.gate
end

--- fn(...) with this permit: function(account, op, request) that may raise.
function M.with(permit, fn, ...)
  local mark = M.mark()
  local before = mark.permit
  mark.permit = permit
  local results = table.pack(pcall(fn, ...))
  mark.permit = before
  if not results[1] then error(results[2], 0) end
  return table.unpack(results, 2, results.n)
end

--- A permit for what only looks; what says who asks.
function M.reads(what)
  return function(_, op)
    if op.effect == "read" and not op.once then return end
    error_.raise("script", ("%s may only read, and %s does not; nothing was sent"):format(what, name_of(op)))
  end
end

local function places(list)
  local out = {}
  for i, pair in ipairs(list or {}) do out[i] = pair[1] .. "=" .. pair[2] end
  return table.concat(out, "&")
end

--- A digest of all that a request says.
function M.digest(request)
  return sys.sha256(table.concat({ request.method, request.template, places(request.path), places(request.query),
    request.body or "", request.upload or "", json.encode(request.parts or json.array {}) }, "\n"))
end

local Captured = { __name = "errand.captured" }

--- The first write that fn would send, as { account =, op =, request = }, or
-- nil where it reads first, sends nothing or fails. Nothing is sent.
function M.capture(fn, ...)
  local ok, found = protect.call(M.with, function(account, op, request)
    error(setmetatable({ account = account, op = op, request = request }, Captured), 0)
  end, fn, ...)
  if ok or getmetatable(found) ~= Captured then return nil, not ok and found or nil end
  if found.op.effect == "read" and not found.op.once then return nil end
  return found
end

--- A permit for a step's call: it may read and write once.
-- @tparam table sent gets left and op when that leaves, broken when a second is refused
-- @tparam table limits timeout (seconds), digest of the one request that may leave
function M.once(sent, limits)
  return function(_, op, request)
    if request.options.timeout == nil then request.options.timeout = limits.timeout end
    if op.effect == "read" and not op.once then return end
    if sent.left then
      sent.broken = error_.new("script", ("a step sends one request that changes something, and %s would be the second; make it "
        .. "a step of its own"):format(name_of(op)))
      error(sent.broken, 0)
    end
    if limits.digest and M.digest(request) ~= limits.digest then
      error_.raise("script", ("%s: the step made another request than a moment before; a step's call must not depend on the "
        .. "time or on chance; nothing was sent"):format(name_of(op)))
    end
    sent.left, sent.op = true, op
    request.options.retry = 0 -- each attempt is a row of its own
  end
end

return M
