-- inverse_spec.lua - what the catalogues say undoes a call does undo it.
-- SPDX-License-Identifier: MIT

-- The example of every operation with an inverse runs against a simulated
-- world; its call is undone from what the journal would have, in JSON, and
-- looked at before and after.

local t = require "test"
local aftermath = require "core.run.aftermath"
local catalogues = require "core.catalogue"
local client = require "core.client"
local clocks = require "core.run.clock"
local inverse = require "core.run.inverse"
local json = require "host.json"
local request_ = require "core.request"
local script = require "core.script"
local services = require "core.services"
local simulated = require "core.run.simulated"

-- What the journal has of the calls of `op` that the example made.
local function calls_of(op)
  local made, original = {}, client.call
  function client.call(module, called, ...)
    local data, reply = original(module, called, ...)
    if called.id == op.id then
      local info = inverse.declare(called, { profile = "p", identity = "i" }, request_.parse(called, ...))
      made[#made + 1] = { info = json.decode(json.encode(info)), value = data ~= nil and json.decode(json.encode(data)) or nil }
    end
    return data, reply
  end
  local ok, err = pcall(script.load(op.example, "=example"))
  client.call = original
  if not ok then error(err, 0) end
  return made
end

local function count_stores(world)
  local out = {}
  for name, items in pairs(world.server.world.stores) do out[name] = #items end
  return json.encode(out)
end

-- Undoes it; the states before and after of each call of the inverse.
local function undo(one)
  local calls, problem = inverse.calls(one.info, one.value)
  t.eq(problem, nil)
  local module, before, after = services.get(one.info.service), {}, {}
  for i, call in ipairs(calls) do
    before[i] = aftermath.state(module, one.info, call).state
    if before[i] ~= "gone" then
      inverse.send(module, call)
      after[i] = aftermath.state(module, one.info, call).state
    end
  end
  return calls, before, after
end

local function check(op)
  local world = simulated.new { clock = clocks.virtual() }
  local detach = world:attach()
  local ok, err = pcall(function()
    local made = calls_of(op)
    t.ok(#made > 0, "the example does not call it")
    local one = made[#made]
    local stores = count_stores(world)
    local calls, before, after = undo(one)
    t.ok(#calls > 0, "its inverse has nothing to do")
    for i, call in ipairs(calls) do
      t.ok(before[i] ~= "changed", call.op.id .. ": changed although nobody changed it")
      local gone = after[i] == nil or after[i] == "gone" or after[i] == "cannot tell"
      -- what is switched off where the list does not say so is still there
      t.ok(gone or call.op.method ~= "DELETE", call.op.id .. " leaves it " .. tostring(after[i]))
      if before[i] == "there" and call.op.method == "DELETE" then
        t.ok(count_stores(world) ~= stores, call.op.id .. " removes nothing")
      end
    end
  end)
  detach()
  if not ok then error(err, 0) end
end

for _, name in ipairs(services.names()) do
  t.describe(name, function()
    for _, resource in ipairs(catalogues.load(name).resource_list) do
      for _, op in ipairs(resource.operations) do
        if op.inverse then
          t.it(op.id .. " is undone", function() check(op) end)
        end
      end
    end
  end)
end

