-- core/sandbox/control.lua - /_sandbox/: what tests ask the sandbox itself.
-- SPDX-License-Identifier: MIT

local json = require "host.json"

local M = {}

local function reply(status, value)
  return { status = status, headers = { ["Content-Type"] = "application/json" }, body = json.encode(value) .. "\n" }
end

local readers = {
  effects = function(server) return json.object(server.world.effects) end,
  calls = function(server) return json.object(server.calls) end,
  faults = function(server)
    local out = json.array {}
    for i, fault in ipairs(server.faults.list) do
      out[i] = json.object { fault = fault.spec, seen = fault.seen }
    end
    return out
  end,
}

local actors = {}

function actors.reset(server)
  server:reset()
  server.faults.list = {}
  return { done = true }
end

function actors.faults(server, body)
  if type(body) ~= "table" then return nil, "the body must be a list of fault specifications" end
  for _, spec in ipairs(body) do
    local ok, why = server.faults:add(tostring(spec))
    if not ok then return nil, why end
  end
  return { done = true }
end

function actors.clock(server, body)
  local seconds = type(body) == "table" and tonumber(body.advance)
  if not seconds then return nil, 'the body must be {"advance": SECONDS}' end
  server.world.skew = server.world.skew + seconds
  server.world.changed = true
  return { done = true, now = server.world:now() }
end

local function act(server, name, raw)
  if raw.headers["x-sandbox-token"] ~= server.token then
    return reply(403, { message = "X-Sandbox-Token is missing or wrong; errand sandbox prints it at its start" })
  end
  local body = raw.body ~= "" and json.decode(raw.body) or nil
  local done, why = actors[name](server, body)
  if done and server.state then server.world:save(server.state) end
  return reply(done and 200 or 400, done or { message = why })
end

--- Answers a request below /_sandbox/: GET effects, calls, faults; POST
-- reset, faults, clock with the token of this start.
function M.handle(server, raw)
  local name = raw.path:match "^/_sandbox/(%l+)$"
  if raw.method == "GET" and name and readers[name] then return reply(200, readers[name](server)) end
  if raw.method == "POST" and name and actors[name] then return act(server, name, raw) end
  return reply(404, { message = "GET effects, calls, faults; POST reset, faults, clock" })
end

return M
