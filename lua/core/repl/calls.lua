-- calls.lua - what this session called and what was sent for it, in memory only.
-- SPDX-License-Identifier: MIT
--
-- An exchange is one request and its reply, reads too, in the form of the rows
-- of errand calls. A call is what somebody typed, ixon.invites.create{...}: it
-- has the arguments as they were given, secrets among them, and none, one or
-- many exchanges. Both are numbered from 1; the oldest are dropped.

local error_ = require "core.error"
local json = require "host.json"
local now = require("host.task").now
local session = require "core.session"
local sys = require "host.sys"

local calls = {}
local Calls = {}
Calls.__index = Calls

--- What is kept at most: numbers of exchanges and of calls, bytes of all
-- exchanges, of one body, and of all arguments and results.
calls.limits = { exchanges = 1000, calls = 1000, exchange_bytes = 16 * 1024 * 1024, body_bytes = 1024 * 1024,
  result_bytes = 16 * 1024 * 1024 }

-- of one result or one list of arguments
local MOST_VALUES, MOST_BYTES, DEEPEST = 20000, 1024 * 1024, 50

--- calls.new() -> a recorder. Its fields: sent and n_calls, how many exchanges
-- and calls there were, which is the newest one's number; flying, exchanges
-- under way.
function calls.new()
  return setmetatable({ sent = 0, n_calls = 0, flying = 0, network = 0, exchanges = {}, calls = {},
    first_exchange = 1, first_call = 1, exchange_bytes = 0, result_bytes = 0,
    running = setmetatable({}, { __mode = "k" }), by_error = setmetatable({}, { __mode = "k" }) }, Calls)
end

-- ---- copies ----

-- A copy of what was given or came back, as far as it fits; the marks of
-- decoded JSON stay. What only a running program can hold is left out.
local function copy(value, room, depth)
  room.values = room.values + 1
  if type(value) == "string" then
    if #value > MOST_BYTES then room.cut = true return nil end
    room.bytes = room.bytes + #value
    return value
  end
  if type(value) ~= "table" and type(value) ~= "userdata" or value == json.null or json.is_number(value) then
    if type(value) == "function" or type(value) == "thread" then room.cut = true return nil end
    return value
  end
  local symbol = package.loaded["core.run.symbol"]
  if symbol and symbol.name(value) then return tostring(value) end
  if type(value) ~= "table" or depth == 0 then room.cut = true return nil end
  local out = json.is_array(value) and json.array {} or json.is_object(value) and json.object {} or {}
  for key, member in json.pairs(value) do
    if room.values > MOST_VALUES or room.bytes > MOST_BYTES then room.cut = true break end
    if member == json.null and type(key) == "string" then
      json.set_null(out, key)
    elseif type(key) == "string" or type(key) == "number" then
      if type(key) == "string" then room.bytes = room.bytes + #key end
      out[key] = copy(member, room, depth - 1)
    end
  end
  return out
end

local function kept_copy(value)
  local room = { values = 0, bytes = 0 }
  local out = copy(value, room, DEEPEST)
  return out, room.cut or false, room.bytes + room.values * 16
end

-- ---- exchanges ----

local function cut(text, most)
  if not text or #text <= most then return text, 0 end
  local stop = utf8.offset(text, 0, most + 1) -- start of the character there
  return text:sub(1, (stop or most + 1) - 1), #text
end

-- The row of the watch as the store would give it back.
local function finished(row, outcome, err)
  local out = require("core.history").whole(row, outcome, err)
  out.at = sys.utc(row.at // 1):gsub("Z$", (".%03dZ"):format(row.at % 1 * 1000 // 1))
  if row.account.replay then -- a cassette knows neither the profile nor its settings
    out.profile, out.request_head = out.profile or "replay", out.request_head:gsub("\1", "[setting]")
  end
  out.attempts, out.seconds = out.attempts or 0, out.seconds or 0
  out.insecure = out.insecure or false
  out.request_body, out.request_cut = cut(out.request_body, calls.limits.body_bytes)
  out.reply_body, out.reply_cut = cut(out.reply_body, calls.limits.body_bytes)
  return out
end

local function size_of(one)
  local bytes = 1000
  for _, name in ipairs { "url", "request_head", "request_body", "reply_head", "reply_body" } do bytes = bytes + #(one[name] or "") end
  return bytes
end

function Calls:drop_exchanges()
  local limits = calls.limits
  while self.first_exchange < self.sent and (self.sent - self.first_exchange >= limits.exchanges
    or self.exchange_bytes > limits.exchange_bytes) do
    local one = self.exchanges[self.first_exchange]
    if one then self.exchange_bytes = self.exchange_bytes - (one.bytes or 0) end
    self.exchanges[self.first_exchange] = nil
    self.first_exchange = self.first_exchange + 1
  end
end

--- For core.client: a request is about to leave.
function Calls:begin(row)
  self.sent = self.sent + 1
  row.number = self.sent
  local call = self.running[coroutine.running()]
  if call then call.exchanges[#call.exchanges + 1] = row.number end
  self.exchanges[row.number] = { watch = row, call = call and call.n }
  if self.flying == 0 then self.busy_since = now() end
  self.flying = self.flying + 1
  self:drop_exchanges()
end

--- For core.history: how it ended. err is nil where it was well.
function Calls:finish(row, outcome, err)
  if not row.number or row.ended then return end
  row.ended = true
  self.flying = self.flying - 1
  if self.flying == 0 then self.network = self.network + now() - self.busy_since end
  local held = self.exchanges[row.number]
  if not held then return end
  local one = finished(row, outcome, err)
  one.id, one.call, one.bytes, one.identity = row.number, held.call, size_of(one), row.account.identity
  self.exchanges[row.number] = one
  self.exchange_bytes = self.exchange_bytes + one.bytes
  self:drop_exchanges()
end

--- recorder:exchange(n) -> the row, nil if it is not kept (any more). One that
-- is under way has the outcome "sent". Fields as errand calls show has them
-- (id is n), and call: the number of the call it was made for, if any;
-- identity: of the account.
function Calls:exchange(n)
  local one = self.exchanges[n]
  if not one or not one.watch then return one end
  local out = finished(one.watch, "sent")
  out.id, out.call, out.identity = n, one.call, one.watch.account.identity
  return out
end

--- recorder:list() -> the exchanges that are kept, oldest first.
function Calls:list()
  local out = {}
  for n = self.first_exchange, self.sent do out[#out + 1] = self:exchange(n) end
  return out
end

-- ---- calls ----

function Calls:drop_calls()
  while self.n_calls - self.first_call >= calls.limits.calls do
    local one = self.calls[self.first_call]
    self.result_bytes = self.result_bytes - (one.bytes or 0)
    self.calls[self.first_call] = nil
    self.first_call = self.first_call + 1
  end
  -- Of those that stay the oldest arguments and results go first.
  local at = self.first_call
  while self.result_bytes > calls.limits.result_bytes and at < self.n_calls do
    local one = self.calls[at]
    if one.bytes then
      self.result_bytes = self.result_bytes - one.bytes
      one.args, one.args_cut = { n = one.args.n }, true
      one.result, one.bytes, one.result_cut = nil, nil, true
    end
    at = at + 1
  end
end

-- Whether a symbol is somewhere in the value.
local function holds_symbol(symbol, value, seen)
  if symbol.name(value) then return true end
  if type(value) ~= "table" or seen[value] then return false end
  seen[value] = true
  for _, member in next, value do
    if holds_symbol(symbol, member, seen) then return true end
  end
  return false
end

-- The arguments with the names of symbols in their places; whether there was
-- any: without one they stay those that were given.
local function filled(...)
  local symbol, args = package.loaded["core.run.symbol"], table.pack(...)
  if not symbol or not holds_symbol(symbol, args, {}) then return args, false end
  for i = 1, args.n do args[i] = symbol.filled(args[i]) end
  return args, true
end

function Calls:open(what, args)
  local bound = require("core.services").bound[what.module]
  local copies, is_cut, bytes = { n = args.n }, false, 0
  for i = 1, args.n do
    local one, size
    copies[i], one, size = kept_copy(args[i])
    is_cut, bytes = is_cut or one, bytes + size
  end
  self.n_calls = self.n_calls + 1
  local call = { n = self.n_calls, id = what.id, service = bound.service, resource = what.resource.name, op = what.op,
    how = what.how, profile = bound.profile, in_force = session.profile, sandbox = session.sandbox and true or false,
    world = session.child, module = what.module, args = copies, args_cut = is_cut, bytes = bytes, exchanges = {},
    undo_of = what.undo_of }
  self.calls[call.n] = call
  self.result_bytes = self.result_bytes + bytes
  return call
end

function Calls:close(call, started, ok, result)
  call.seconds = now() - started
  call.ok = ok
  if not ok then
    call.err = result
    if type(result) == "table" then self.by_error[result] = call.n end
  elseif call.how ~= "each" and self.calls[call.n] == call then
    local bytes
    call.result, call.result_cut, bytes = kept_copy(result)
    call.bytes = (call.bytes or 0) + bytes
    self.result_bytes = self.result_bytes + bytes
  end
  self:drop_calls()
end

-- What was stopped behind its reply, before anybody said how it ended.
function Calls:settle(call, first, err)
  for i = first, #call.exchanges do
    local held = self.exchanges[call.exchanges[i]]
    local row = held and held.watch
    if row then self:finish(row, row.effect == "read" and "failed" or "in_doubt", error_.is(err) and err or nil) end
  end
end

-- fn(...) with its exchanges counted to the call.
function Calls:within(call, fn, ...)
  local thread, first = coroutine.running(), #call.exchanges + 1
  local outer = self.running[thread]
  self.running[thread] = call
  local results = table.pack(pcall(fn, ...))
  self.running[thread] = outer
  self:settle(call, first, results[2])
  return results
end

-- What each() gives, whose requests leave later.
function Calls:iterator(call, fn)
  return function(...)
    local started = now()
    local results = self:within(call, fn, ...)
    call.seconds = call.seconds + now() - started
    if not results[1] then
      call.ok, call.err = false, results[2]
      error(results[2], 0)
    end
    return table.unpack(results, 2, results.n)
  end
end

--- recorder:observe(what, f, ...) -> what f(...) gives. what as in
-- core.services.behind, with undo_of where it takes back an exchange.
function Calls:observe(what, f, ...)
  local args, holds = filled(...)
  if holds and not session.plan then
    error_.raise("validation", ("%s was given %s, which plan mode left in place of a result: make that call again now")
      :format(what.id, require("core.repl.command.plan").first_symbol(...)))
  end
  local call, started = self:open(what, args), now()
  if holds then f = require("core.repl.command.plan").depends(what) end
  local results = self:within(call, f, table.unpack(args, 1, args.n))
  self:close(call, started, results[1], results[2])
  if not results[1] then error(results[2], 0) end
  if call.how == "each" and type(results[2]) == "function" then results[2] = self:iterator(call, results[2]) end
  return table.unpack(results, 2, results.n)
end

--- recorder:call(n) -> { n, id ("ixon.invites.create"), service, resource, op
-- (nil for find), how ("call", "list", "each", "page", "find"), module, profile
-- (that of with{}, else nil), in_force (the session's), sandbox, world (its
-- process), args (packed copies, args_cut: not all of them), result (a copy;
-- result_cut: not all of it, or no longer), ok, err, seconds, exchanges (list
-- of numbers), planned, undo_of (the exchange that it took back), undone } or
-- nil.
function Calls:call(n)
  return self.calls[n]
end

--- recorder:calls_made() -> list of the calls that are kept, oldest first.
function Calls:calls_made()
  local out = {}
  for n = self.first_call, self.n_calls do out[#out + 1] = self.calls[n] end
  return out
end

--- recorder:call_of(err) -> the call that raised this error, or nil.
function Calls:call_of(err)
  return self.calls[self.by_error[err]]
end

--- recorder:planned(): for plan mode: the call under way was not sent.
function Calls:planned()
  local call = self.running[coroutine.running()]
  if call then call.planned = true end
end

-- ---- time ----

function Calls:waited()
  return self.network + (self.flying > 0 and now() - self.busy_since or 0)
end

--- recorder:mark() -> a moment, for recorder:took.
function Calls:mark()
  return { at = now(), exchanges = self.sent, network = self:waited(), calls = self.n_calls }
end

-- Whether there were calls since then, all of operations that give nothing.
local function give_nothing(self, mark)
  for n = mark.calls + 1, self.n_calls do
    local one = self.calls[n]
    if not one or not one.op or (one.op.returns or "none") ~= "none" then return false end
  end
  return self.n_calls > mark.calls
end

--- recorder:took(mark) -> { seconds, calls (requests that left), network
-- (seconds in which at least one was under way), done (true: only calls of
-- operations that give nothing by their catalogue) } since then.
function Calls:took(mark)
  return { seconds = now() - mark.at, calls = self.sent - mark.exchanges, network = self:waited() - mark.network,
    done = give_nothing(self, mark) }
end

-- ---- in force ----

--- recorder:attach(): it records from now on.
function Calls:attach()
  session.recorder = self
  session.observe = function(...) return self:observe(...) end
  local client = package.loaded["core.client"]
  if client then client.rewatch() end
end

--- recorder:detach(): it does not any more.
function Calls:detach()
  if session.recorder ~= self then return end
  session.recorder, session.observe = nil, nil
  local client = package.loaded["core.client"]
  if client then client.rewatch() end
end

--- calls.start() -> a new recorder that is in force.
function calls.start()
  local recorder = calls.new()
  recorder:attach()
  return recorder
end

return calls
