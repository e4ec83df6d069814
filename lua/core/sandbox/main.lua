-- core/sandbox/main.lua - the simulated services behind one loopback server.
-- SPDX-License-Identifier: MIT

local auth = require "core.sandbox.auth"
local behaviour = require "core.sandbox.behaviour"
local control = require "core.sandbox.control"
local data_of = require "core.sandbox.data"
local envelope = require "core.sandbox.envelope"
local error_ = require "core.error"
local failure = require "core.sandbox.failure"
local fault = require "core.sandbox.fault"
local host_err = require "host.err"
local json = require "host.json"
local request_of = require "core.sandbox.request"
local router = require "core.sandbox.router"
local service_of = require "core.sandbox.service"
local sys = require "host.sys"
local world_of = require "core.sandbox.world"

local M = {}
local Server = {}
Server.__index = Server

local function hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

-- Somebody's own data are tried alone first: a mistake that the lint does not
-- see must not take the other services along.
local function described()
  local out = {}
  for _, one in ipairs(data_of.all()) do
    local ok, err = true, nil
    if one.own then ok, err = pcall(M.build, { services = { one } }) end
    if ok then
      out[#out + 1] = one
    else
      host_err.log("warn", ("the sandbox cannot play %s by its sandbox.lua: %s"):format(one.name, tostring(err)))
    end
  end
  return out
end

local function add_service(server, one)
  local service = service_of.new(one.catalogue, one.data, server.world)
  service.router = router.new()
  local routes = {} -- one may lead to several operations, told apart by what is fixed in them
  for _, resource in ipairs(one.catalogue.resources) do
    for _, op in ipairs(resource.operations) do
      local route = op.method .. " " .. op.template
      routes[route] = routes[route] or {}
      table.insert(routes[route], behaviour.plan(service, op))
      service.router:add(op.method, op.template, routes[route])
      server.operations[#server.operations + 1] = op.id
    end
  end
  server.services[#server.services + 1] = service
end

--- Empties the world and plants the seeds again.
function Server:reset()
  for name, value in pairs(world_of.new(self.world.seed)) do self.world[name] = value end
  for _, service in ipairs(self.services) do service:seed(service.data.seed or {}, "") end
  self.world.effects = {}
  self.calls = {}
end

local function restore(server, path)
  local text = sys.exists(path) and assert(sys.read_file(path))
  if not text then return end
  local ok, why = server.world:restore(text)
  if not ok then error_.raise("file", ("sandbox state %s: %s"):format(path, why)) end
end

--- A server's inside without a socket: options are services (a list of
-- { catalogue =, data = }; all there are by default), state (path of a file
-- that keeps the world; only serve locks it), faults (list of specifications), after (function
-- that calls a function later).
function M.build(options)
  local server = setmetatable({ services = {}, operations = {}, calls = {}, state = options.state,
    world = world_of.new(options.seed), after = options.after, token = hex(assert(sys.random(16))) }, Server)
  for _, one in ipairs(options.services or described()) do add_service(server, one) end
  server.faults = fault.new(server.operations)
  for _, spec in ipairs(options.faults or {}) do
    local ok, why = server.faults:add(spec)
    if not ok then error_.raise("validation", why) end
  end
  server:reset()
  server.world.changed = false -- seeds alone are not worth a file
  if options.state then restore(server, options.state) end
  return server
end

-- ---- one call ----

local function status_of(service, op, extras)
  local by_method = service.data.status or {}
  return extras.status or by_method[op.method] or 200
end

local function perform(server, service, plan, args, request)
  local op = plan.op
  if not require("core.sandbox.validate").path(op.path, args) then
    failure.raise(404, "Not found", { { message = "Not found" } })
  end
  local token = auth.check(service, op, request.headers, plan.entry.refused)
  request_of.check(service, op, request)
  local data, extras = behaviour.run(plan, { server = server, service = service, args = args, request = request, token = token })
  extras = extras or {}
  local status = plan.entry.status or status_of(service, op, extras)
  if extras.text then
    return { status = status, headers = extras.headers or { ["Content-Type"] = "text/plain; charset=utf-8" }, body = extras.text }
  end
  return envelope.success(service, status, data,
    { type = plan.entry.type or service.type_name(op), next = extras.next, total = extras.total, headers = extras.headers,
      wrap = plan.entry.wrap })
end

-- perform with refusals as replies; other errors are faults of the sandbox
-- and go on to whoever asked.
local function answer(server, service, plan, args, request)
  local ok, reply = pcall(perform, server, service, plan, args, request)
  if not ok then
    if not failure.is(reply) then error(reply, 0) end
    reply = envelope.failure(service, reply)
  end
  if server.state then
    local saved, err = server.world:save(server.state)
    if not saved then error(err, 0) end
  end
  return reply
end

local function injected(service, status, headers)
  local message = ("Injected fault: status %d"):format(status)
  return envelope.failure(service, { status = status, message = message, problems = { { message = message } }, headers = headers })
end

-- A reply instead of the call, or nil where the call goes ahead.
local function before(server, service, plan, args, request, faults)
  if faults["expire-token"] then auth.expire(service, plan.op, request.headers) end
  if faults["expire-token"] and plan.op.auth ~= false then
    return injected(service, 401)
  end
  if faults.reset then return { status = 500, fault = "reset" } end
  if faults.drop then return { status = 500, fault = "drop" } end
  if faults.late then
    server.after(faults.late.arg, function() answer(server, service, plan, args, request) end)
    return { status = 500, fault = "drop" }
  end
  if faults["429"] then
    local seconds = faults["429"].arg
    return injected(service, 429, seconds and { ["Retry-After"] = ("%d"):format(math.ceil(seconds)) })
  end
  if faults.status then return injected(service, faults.status.arg) end
end

local function after(service, faults, reply)
  if faults["status-after"] then reply = injected(service, faults["status-after"].arg) end
  if faults["drop-reply"] then reply.fault = "drop" end
  if faults.truncate then reply.fault = "truncate" end
  if faults.huge then reply.fault, reply.huge_bytes = "huge", faults.huge.arg end
  if faults.html then
    reply = { status = 200, headers = { ["Content-Type"] = "text/html" },
      body = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in</body></html>\n" }
  end
  if faults.empty then reply.body = "" end
  if faults.malformed then
    reply.body = '{"data": [1, 2,, "'
    reply.headers = { ["Content-Type"] = "application/json" }
  end
  return reply
end

local function call(server, service, plan, args, request)
  local id = plan.op.id
  local faults = server.faults:take(id)
  server.calls[id] = (server.calls[id] or 0) + 1
  local reply = before(server, service, plan, args, request, faults)
  reply = reply or after(service, faults, answer(server, service, plan, args, request))
  if faults.latency then reply.delay = faults.latency.arg end
  return reply
end

local function route(server, service, request)
  local plans, args, methods = service.router:match(request.method, request.path)
  if plans then
    local plan = request_of.choose(plans, request)
    if plan then return call(server, service, plan, args, request) end
    return envelope.failure(service, { status = 400, message = "No such action", problems = { { message = "No such action" } } })
  end
  if args == "path" then
    local message = ("%s has no %s"):format(service.name, request.path)
    return envelope.failure(service, { status = 404, message = message, problems = { { message = message } } })
  end
  local message = ("%s is not allowed here"):format(request.method)
  return envelope.failure(service, { status = 405, message = message, problems = { { message = message } },
    headers = { Allow = table.concat(methods, ", ") } })
end

--- Answers a request { method, path, query, headers, body } with a reply
-- { status, headers, body, fault, huge_bytes, delay }.
function Server:handle(raw)
  if raw.path:sub(1, 10) == "/_sandbox/" then return control.handle(self, raw) end
  for _, service in ipairs(self.services) do
    local base = service.data.base
    local rest = raw.path:sub(#base + 1)
    if raw.path:sub(1, #base) == base and (rest == "" or rest:sub(1, 1) == "/") then
      return route(self, service, { method = raw.method, path = rest == "" and "/" or rest, raw_query = raw.query,
        headers = raw.headers, raw_body = raw.body })
    end
  end
  return { status = 404, headers = { ["Content-Type"] = "application/json" },
    body = json.encode { message = "no service at " .. raw.path } }
end

-- ---- outside ----

M.accounts = data_of.accounts

-- Two servers on one file would give the same ids, and the last one to write
-- would win. The state file itself is replaced at every change, so another one
-- is locked.
local function lock(path)
  local held, err = sys.lock(path .. ".lock", "the sandbox state " .. path)
  if not held then error_.rethrow(err) end
  return held
end

--- Serves until stopped. options as of build, with port (0: a free one) and
-- on_listen, which is called with the port and the server once it listens.
function M.serve(options)
  local host = require "host.sandbox"
  local held <close> = options.state and lock(options.state) or nil -- luacheck: ignore 211
  local inside = M.build { state = options.state, faults = options.faults, after = host.after }
  local server, err = host.listen(options.port or 0, function(raw) return inside:handle(raw) end)
  if not server then error_.rethrow(err) end
  if options.on_listen then options.on_listen(server:port(), inside) end
  server:wait()
end

return M
