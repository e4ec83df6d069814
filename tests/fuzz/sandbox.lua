-- sandbox.lua - fuzz target: {"op": ..., "args": {...}, "query": ..., "headers": {...}} and
-- then the body, as a request to the simulated services; or {"state": true} and
-- then the text of their state file. They answer, whatever it is.
-- SPDX-License-Identifier: MIT

local fuzz = ...
local client = require "core.client"
local clock_ = require "core.run.clock"
local form = require "core.schedule.page.form"
local json = require "host.json"
local services = require "core.services"
local simulated = require "core.run.simulated"
local world_of = require "core.sandbox.world"

for word in ([[op args query headers body method path raw state content-type application/json multipart/form-data GET POST PUT PATCH DELETE
  text/plain emailAddress groupRoles group role publicId name id filter fields moreAfter page-size page offset limit order status-after
  latency drop-reply x-sandbox-token /_sandbox/effects /_sandbox/faults /_sandbox/clock advance format seed serial skew stores last
  effects eq(name,"a") and( or( not( like( in(]]):gmatch "%S+" do
  table.insert(fuzz.words, word)
end

local sim = simulated.new { clock = clock_.virtual() }
local world = sim.server.world

-- The headers of a caller who may do everything, and all operations.
local headers, operations, bases = {}, {}, {}
for _, service in ipairs(sim.server.services) do bases[service.name] = service.data.base end
sim:attach()
do
  local handle = sim.server.handle
  for _, name in ipairs(services.names()) do
    sim.server.handle = function(self, raw)
      headers[name] = raw.headers
      return handle(self, raw)
    end
    for _, resource in ipairs(services.catalogue(name).resource_list) do
      for _, op in ipairs(resource.operations) do
        operations[#operations + 1] = op
        table.insert(fuzz.words, op.id)
        if not headers[name] and op.effect == "read" and not op.path and op.auth == nil then
          pcall(client.call, services.get(name), op, {})
        end
      end
    end
    assert(headers[name], name .. " was not reached")
  end
  sim.server.handle = nil
end
local snapshot = world:dump()
assert(world:restore(snapshot) and world:dump() == snapshot)

local function operation_of(value)
  if math.type(value) == "integer" then return operations[value % #operations + 1] end
  for _, op in ipairs(operations) do
    if op.id == value then return op end
  end
  return operations[1]
end

local function text_of(value)
  if type(value) == "string" then return value end
  return math.type(value) == "integer" and ("%d"):format(value) or "x"
end

local function query_of(query)
  if type(query) == "string" then return query end
  if type(query) ~= "table" or json.is_number(query) then return "" end
  local out = {}
  for name, value in pairs(query) do out[tostring(name)] = text_of(value) end
  return (form.query("", out):gsub("^%?", ""))
end

local function raw_of(given, body)
  local op = operation_of(given.op)
  local args = type(given.args) == "table" and not json.is_number(given.args) and given.args or {}
  local path = bases[op.service] .. op.template:gsub("{([^}]*)}", function(name) return form.encode(text_of(args[name])) end)
  local all = { ["content-type"] = "application/json" }
  for name, value in pairs(headers[op.service]) do all[name] = value end
  for name, value in pairs(type(given.headers) == "table" and not json.is_number(given.headers) and given.headers or {}) do
    if type(name) == "string" and type(value) == "string" then all[name:lower()] = value end
  end
  local query = query_of(given.query)
  if path:find "?" then path, query = path:match "^([^?]*)%?(.*)$" end
  if all["x-sandbox-token"] then all["x-sandbox-token"] = sim.server.token end
  return { method = type(given.method) == "string" and given.method or op.method, path = type(given.path) == "string"
    and "/" .. given.path or path, query = query, headers = all, body = body }
end

local function check(reply)
  assert(math.type(reply.status) == "integer" and reply.status >= 200 and reply.status <= 599, "a status")
  assert(reply.body == nil or type(reply.body) == "string", "a body")
  for name, value in pairs(reply.headers or {}) do
    assert(type(name) == "string" and type(value) == "string", "headers are texts")
  end
  local kind = reply.headers and reply.headers["Content-Type"] or ""
  if kind:find "^application/json" and reply.body and reply.body ~= "" and not reply.fault then
    assert(json.decode(reply.body) ~= nil, "what is called JSON is JSON")
  end
  -- a refusal has no effect, whatever it refuses; a fault was asked for
  return reply.status
end

local function state(text)
  local one = world_of.new()
  local before = one:dump()
  local ok, why = one:restore(text)
  if not ok then
    fuzz.told(why, text)
    assert(one:dump() == before, "what was refused changed nothing")
    return
  end
  local kept = one:dump()
  assert(kept, "what was read can be written")
  assert(one:restore(kept) and one:dump() == kept, "and is the same then")
end

return function(input)
  local line, rest = input:match "^([^\n]*)\n?(.*)$"
  local given = fuzz.object(line)
  if given.state == true then return state(rest) end
  if world.changed then assert(world:restore(snapshot)) end
  sim.server.faults.list, sim.server.calls = {}, {}
  sim.pending = {}
  local effects = json.encode(json.object(world.effects))
  local status = check(sim.server:handle(raw_of(given, rest)))
  if status >= 400 and status < 500 then
    assert(json.encode(json.object(world.effects)) == effects, "a refusal has no effect")
  end
  if not world.changed or #input % 8 > 0 then return end -- for it takes long
  local text = world:dump()
  assert(text, "the world can be written")
  assert(world:restore(text) and world:dump() == text, "and read")
  world.changed = true
end
