-- core/run/simulated.lua - the services of the sandbox in this process, with a virtual clock.
-- SPDX-License-Identifier: MIT

-- What answers here stands where a connection does, as in core/replay.lua, so
-- that a workflow goes through the same client, checks and errors as with a
-- real service. Time is the clock's: nothing waits. A process that "dies"
-- leaves this world as it is; what it had sent may still arrive.

local auth = require "core.sandbox.auth"
local client = require "core.client"
local envelope = require "core.envelope"
local error_ = require "core.error"
local fault_of = require "core.run.fault"
local host_http = require "host.http"
local json = require "host.json"
local pointer = require "core.pointer"
local sandbox = require "core.sandbox.main"
local session = require "core.session"
local sys = require "host.sys"

local M = {}
local Sim = {}
Sim.__index = Sim

local BASE <const> = "http://127.0.0.1:1"
local TIMEOUT <const> = 120   -- of a request, where nothing says otherwise
local RETRIES <const> = 3     -- of what may be repeated, as the setting 'retry'
local TRIP <const> = 0.05     -- seconds from the client to the server

-- ---- the world ----

-- The request under way notes which effects it had.
local function watch_effects(sim)
  local world = sim.server.world
  local count = getmetatable(world).__index.count
  world.count = function(self, operation, key)
    local entry = sim.applying
    if entry then entry.effects[#entry.effects + 1] = operation .. " " .. key end
    count(self, operation, key)
  end
  world.now = function() return sim.clock:wall() + world.skew end
end

--- A world of the services' sandbox data. options: clock (core.run.clock),
-- services (list of { catalogue =, data = }; all by default), hook (function(point,
-- operation, entry), called where a process may die: "sent" and "effect").
function M.new(options)
  local sim = setmetatable({ clock = options.clock, hook = options.hook, pending = {}, tokens = {}, faults = {}, counts = {},
    log = {}, made = {}, by_name = {} }, Sim)
  sim.server = sandbox.build { services = options.services, after = function(seconds, fn) sim:later(seconds, fn) end }
  for _, service in ipairs(sim.server.services) do sim.by_name[service.name] = service end
  watch_effects(sim)
  return sim
end

--- Makes this world the only one that calls reach; returns a function that
-- puts things back.
function Sim:attach()
  local before = session.replay
  session.replay = self
  client.rewatch()
  return function()
    session.replay = before
    client.rewatch()
  end
end

--- The start again: no effects, no faults, nothing under way.
function Sim:reset()
  self.server:reset()
  self.server.faults.list = {}
  self.pending, self.tokens, self.faults, self.counts, self.log, self.made = {}, {}, {}, {}, {}, {}
end

--- Another process from here on: it has no token yet.
function Sim:restart()
  self.tokens = {}
end

--- Runs fn when the clock is so many seconds further.
function Sim:later(seconds, fn)
  local due = self.clock:wall() + seconds
  local at = #self.pending + 1
  while at > 1 and self.pending[at - 1].due > due do at = at - 1 end
  table.insert(self.pending, at, { due = due, fn = fn })
end

--- Lets arrive what was to arrive by now; all of it if asked to.
function Sim:arrive(all)
  while self.pending[1] and (all or self.pending[1].due <= self.clock:wall()) do
    table.remove(self.pending, 1).fn()
  end
end

--- Faults by texts of core/run/fault.lua, for the requests from now on.
function Sim:inject(list)
  self.faults = {}
  for i, one in ipairs(list) do self.faults[i] = type(one) == "table" and one or fault_of.parse(one) end
end

--- Effects as { ["ixon.invites.create new.hire@example.com"] = 1 }.
function Sim:effects()
  local out = {}
  for operation, keys in pairs(self.server.world.effects) do
    for key, n in pairs(keys) do out[operation .. " " .. key] = n end
  end
  return out
end

-- ---- the way there ----

-- A template with settings; nil where one of them is not set.
local function expand(template, settings)
  for name in template:gmatch "{([%w_]+)}" do
    if settings[name] == nil and not template:find("{basic:", 1, true) then return nil end
  end
  return auth.expand(template, settings)
end

local function without(list, name)
  for _, other in ipairs(list or {}) do
    if other:lower() == name:lower() then return true end
  end
  return false
end

local function add_rows(rows, settings, skip, out)
  for _, row in ipairs(rows or {}) do
    local value = not without(skip, row[1]) and expand(row.value, settings)
    if value then out[row[1]:lower()] = value end
  end
end

local function complete(method, settings)
  for _, name in ipairs(method.needs or {}) do
    if settings[name] == nil then return false end
  end
  return true
end

local function method_of(service, op)
  local name = type(op.auth) == "string" and op.auth or nil
  for _, method in ipairs(service.catalogue.auth or {}) do
    if method.name == name and complete(method, service.settings) then return method end
  end
end

local function split_url(url)
  local path, query = url:sub(#BASE + 1):match "^([^?]*)%??(.*)$"
  return path, query
end

local function fill(value, settings)
  if type(value) == "string" then return expand(value, settings) end
  if type(value) ~= "table" then return value end
  local out = {}
  for key, member in pairs(value) do out[key] = fill(member, settings) end
  return out
end

-- A token by the catalogue's login, kept until the process ends.
local function sign_in(sim, service, method)
  local key = service.name .. "\0" .. (method.name or "")
  if sim.tokens[key] then return sim.tokens[key] end
  local login, headers = method.login, {}
  add_rows(service.catalogue.headers, service.settings, login.without, headers)
  add_rows(login.headers, service.settings, nil, headers)
  local verb, where = login.http:match "^(%u+) (/.*)$"
  local path, query = where:match "^([^?]*)%??(.*)$"
  local body = login.json and json.encode(fill(login.json, service.settings)) or ""
  if login.json then headers["content-type"] = "application/json" end
  local reply = sim.server:handle { method = verb, path = service.data.base .. path, query = query, headers = headers,
    body = body }
  local value = json.decode(reply.body or "")
  if value == nil then value = reply.body end
  local token = login.token == "" and value or pointer.get(value, login.token)
  if reply.status >= 300 or type(token) ~= "string" then
    return nil, error_.new("auth", ("the simulated %s refused the login with HTTP %d"):format(service.name, reply.status))
  end
  sim.tokens[key] = token
  return token
end

-- The files of a request as a form.
local function form(parts, headers)
  local mark, out = "errand-simulated-form", {}
  for _, part in ipairs(parts) do
    local text, err = sys.read_file(part[2])
    if not text then return nil, err end
    out[#out + 1] = ('--%s\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\nContent-Type: %s\r\n\r\n%s\r\n'):format(
      mark, part[1], part[2]:match "[^/]*$", part[3] or "application/octet-stream", text)
  end
  headers["content-type"] = "multipart/form-data; boundary=" .. mark
  return table.concat(out) .. "--" .. mark .. "--\r\n"
end

-- The request as the server gets it, or nil and an error.
local function raw_request(sim, service, op, request)
  local url, err = host_http.url(BASE .. service.data.base, request)
  if not url then return nil, err end
  local headers, settings = {}, service.settings
  add_rows(service.catalogue.headers, settings, op.without, headers)
  local method = op.auth ~= false and method_of(service, op)
  if method then
    local token = settings.token
    if method.login then
      token, err = sign_in(sim, service, method)
      if not token then return nil, err end
    end
    add_rows(method.send, setmetatable({ token = token }, { __index = settings }), op.without, headers)
  end
  for _, line in ipairs(request.headers or {}) do
    local name, value = line:match "^([^:]+):%s*(.*)$"
    headers[name:lower()] = value
  end
  local body = request.body or ""
  if request.parts then body, err = form(request.parts, headers) end
  if request.upload then body, err = sys.read_file(request.upload) end
  if not body then return nil, err end
  local path, query = split_url(url)
  return { method = request.method, path = path, query = query, headers = headers, body = body }
end

-- ---- the way back ----

local function lost(op, request, what)
  if request.repeatable then return error_.new("network", what, { retryable = true }) end
  return error_.new("in_doubt", ("%s; %s may have had its effect: look before repeating it"):format(what, op.id),
    { retryable = false })
end

local function head_of(headers)
  local names, lines = {}, {}
  for name in pairs(headers or {}) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do lines[i] = ("%s: %s\n"):format(name, headers[name]) end
  return table.concat(lines)
end

-- As the host gives it: status, value, reply; or nil and an error.
local function decoded(request, reply)
  local body = reply.body or ""
  local out = { status = reply.status, head = head_of(reply.headers), attempts = 1, seconds = TRIP, size = #body, url = BASE }
  local after = tonumber(reply.headers and reply.headers["Retry-After"])
  if after then out.gave_up, out.retry_after = "attempts", after end -- as host/retry.c tells the last attempt
  if request.output and reply.status < 300 then
    local ok, err = sys.write_file(request.output, body, 384)
    if not ok then return nil, err end
    return reply.status, request.output, out
  end
  if request.decode == "text" and reply.status < 300 then return reply.status, body, out end
  if body:find "^%s*$" then return reply.status, nil, out end
  local value = json.decode(body)
  if value ~= nil then return reply.status, value, out end
  if reply.status < 300 then
    local what = "the reply is not JSON; it begins: " .. body:sub(1, 60)
    if request.repeatable then return nil, error_.new("server", what, { status = reply.status }) end
    return nil, error_.new("in_doubt", what .. "; it may or may not have had its effect: look before repeating it",
      { status = reply.status })
  end
  out.text = body
  return reply.status, nil, out
end

-- What a call gives of a reply, nil for a failure; and the id in the header
-- of what it made.
local function unwrapped(service, op, status, value, reply)
  local headers = {}
  for name, text in reply.head:gmatch "([^:\n]+): ([^\n]*)" do headers[name:lower()] = text end
  local whole = setmetatable({ headers = headers }, { __index = reply })
  local ok, data = pcall(envelope.unwrap, service.catalogue, op, status, value, whole)
  if not ok then return nil end
  local place = op.created and headers[op.created.header:lower()]
  local id = place and place:match "([^/]+)/*$"
  return data, math.tointeger(tonumber(id)) or id
end

--- What the caller of a request would have got, had the reply reached it.
function Sim:result(entry)
  local reply = entry.reply
  if not reply or reply.status >= 300 then return nil end
  local value = json.decode(reply.body or "")
  local data, id = unwrapped(self.by_name[entry.service], entry.op, reply.status, value, { head = head_of(reply.headers) })
  if id == nil then return data end
  local out = type(data) == "table" and data or json.object {}
  out[entry.op.created.as or "id"] = id
  return out
end

local function made_key(...)
  return table.concat({ ... }, "\0")
end

-- Where a service cannot be asked, errand's own record says what it made.
local function remember(sim, service, op, request, status, value, reply)
  local resource = service.catalogue.resource[op.resource]
  local find = resource and resource.find
  if not find or find.record ~= op.resource .. "." .. op.name then return end
  local data, id = unwrapped(service, op, status, value, reply)
  id = id or type(data) == "table" and data.id or nil
  if id == nil then return end
  for _, row in ipairs(find.by) do
    local key = pointer.first(request.value, row.at or "/" .. row[1])
    if type(key) == "string" then
      local scope = {}
      for i, pair in ipairs(request.path) do scope[i] = pair[2] end
      sim.made[made_key(op.service, find.record, table.concat(scope, "/"), row.fold and key:lower() or key)] = tostring(id)
      return
    end
  end
end

--- What core.record would know: the id of an earlier create, or nil.
function Sim:find(account, operation, scope, key)
  return self.made[made_key(account.service, operation, scope, key)]
end

-- ---- one request ----

local function apply(sim, raw, entry)
  local before = sim.applying
  sim.applying = entry
  local reply = sim.server:handle(raw)
  sim.applying = before
  entry.reply, entry.arrived = reply, true
  return reply
end

-- Faults that only the network has; nil where the server decides.
local network = {}

function network.refuse(_, op)
  return error_.new("network", ("connection to %s refused"):format(op.service), { retryable = true, unsent = true })
end

function network.hang(sim, op, request)
  sim.clock:sleep(request.timeout or TIMEOUT)
  return lost(op, request, "no answer in time")
end

network["hang-after"] = function(sim, op, request, raw, entry)
  apply(sim, raw, entry)
  sim.clock:sleep(request.timeout or TIMEOUT)
  return lost(op, request, "no answer in time")
end

-- The server gets it twice and the client one answer, as from a connection
-- that died and was replaced without a word.
function network.twice(sim, _, _, raw, entry)
  apply(sim, raw, entry)
  return nil, apply(sim, raw, entry)
end

-- What becomes of a reply on its way, after the effect.
local spoiled = {
  ["status-after"] = function(fault) return { status = fault.arg, headers = { ["Content-Type"] = "application/json" },
    body = '{"message":"Injected fault"}' } end,
  ["drop-reply"] = function() return { status = 500, fault = "drop" } end,
  truncate = function() return { status = 500, fault = "truncate" } end,
  huge = function() return { status = 200, fault = "huge" } end,
  html = function() return { status = 200, headers = { ["Content-Type"] = "text/html" },
    body = "<!DOCTYPE html><title>Sign in</title>" } end,
  empty = function(_, reply) return { status = reply.status, headers = reply.headers, body = "" } end,
  malformed = function(_, reply) return { status = reply.status, headers = { ["Content-Type"] = "application/json" },
    body = '{"data": [1, 2,, "' } end,
}

-- A fault of the sandbox, for just this request.
local function with_fault(sim, op, fault, raw, entry)
  local list = sim.server.faults.list
  sim.server.faults.list = { { glob = "", kind = fault.kind, arg = fault.arg, first = 1, last = 1, seen = 0, spec = op.id } }
  local after = sim.server.after
  sim.server.after = function(seconds)  -- the effect is this request's, whenever it comes
    sim:later(seconds, function() apply(sim, raw, entry) end)
  end
  local reply = apply(sim, raw, entry)
  sim.server.faults.list, sim.server.after = list, after
  if fault.kind == "late" then entry.arrived = false end
  return reply
end

local function once(sim, account, op, request)
  local service = sim.by_name[account.service]
  sim.clock:sleep(TRIP)
  sim:arrive()
  local raw, err = raw_request(sim, service, op, request)
  if not raw then return nil, err end
  sim.counts[op.id] = (sim.counts[op.id] or 0) + 1
  local entry = { operation = op.id, op = op, service = service.name, n = sim.counts[op.id], path = sim.path, effects = {},
    arrived = false, writes = op.effect ~= "read" }
  entry.deliver = function(seconds) sim:later(seconds, function() apply(sim, raw, entry) end) end
  sim.log[#sim.log + 1] = entry
  if sim.hook then sim.hook("sent", op.id, entry) end
  local fault = fault_of.find(sim.faults, entry)
  local reply
  if fault and network[fault.kind] then
    err, reply = network[fault.kind](sim, op, request, raw, entry)
  elseif fault and not spoiled[fault.kind] then
    reply = with_fault(sim, op, fault, raw, entry)
  elseif fault then
    reply = spoiled[fault.kind](fault, apply(sim, raw, entry)) -- the entry keeps the true one
  else
    reply = apply(sim, raw, entry)
  end
  if sim.hook then sim.hook("effect", op.id, entry) end
  if err then return nil, err end
  if reply.fault == "huge" then return nil, lost(op, request, "the reply is larger than 64 MiB") end
  if reply.fault then return nil, lost(op, request, ("the connection to %s broke"):format(op.service)) end
  local status, value, out = decoded(request, reply)
  if status and status < 300 then remember(sim, service, op, request, status, value, out) end
  return status, value, out
end

local passing = { [408] = true, [429] = true, [500] = true, [502] = true, [503] = true, [504] = true }

-- Tries again what may be repeated, as host/retry.c does.
local function send(sim, account, op, request)
  local retries = request.repeatable and (request.retry or RETRIES) or 0
  local renewed = false
  for attempt = 0, retries + 1 do
    local status, value, reply = once(sim, account, op, request)
    if status == 401 and not renewed then
      renewed, sim.tokens = true, {}
    elseif attempt >= retries or status and not passing[status] or not status and not value.retryable then
      return status, value, reply
    else
      sim.clock:sleep(0.5 * 2 ^ attempt)
    end
  end
  return once(sim, account, op, request)
end

--- What stands for an account while this world is attached.
function Sim:account(bound)
  local service = self.by_name[bound.service]
  if not service then
    local why = require("core.sandbox.data").absent(bound.service)
    error_.raise("validation", ("there is no simulated %s: %s"):format(bound.service, why), { service = bound.service })
  end
  local account = { service = bound.service, profile = bound.profile, catalogue = bound.catalogue, settings = service.settings,
    base = BASE .. service.data.base, identity = "simulated", protected = false, replay = self }
  account.connection = {
    send = function(_, request, op) return send(self, account, op, request) end,
    paused = function() return 0 end,
    token = function() return {} end,
  }
  return account
end

return M
