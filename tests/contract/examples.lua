-- Every example of one service, run against the sandbox through a proxy that
-- holds requests and replies to the exported OpenAPI. run.sh starts both.
-- SPDX-License-Identifier: MIT

local t = require "test"
local client = require "core.client"
local json = require "host.json"
local services = require "core.services"

local name = assert(os.getenv "CONTRACT_SERVICE", "run.sh sets CONTRACT_SERVICE")
local world = assert(os.getenv "CONTRACT_SANDBOX", "run.sh sets CONTRACT_SANDBOX")
local token = assert(os.getenv "CONTRACT_TOKEN", "run.sh sets CONTRACT_TOKEN")

local violations

-- The proxy lets everything pass and says in a header what it minds.
local send = client.send
function client.send(account, op, request, look)
  local data, reply = send(account, op, request, look)
  -- Whether a reply may be empty is errand's to say: OpenAPI has no word for it.
  local empty = reply.headers["content-type"] == nil
  for _, one in ipairs(json.decode(reply.headers["sl-violations"] or "[]") or {}) do
    if not (empty and one.location[1] == "response") then
      violations[#violations + 1] = ("%s: %s: %s"):format(op.id, table.concat(one.location or {}, "."), one.message)
    end
  end
  return data, reply
end

-- Each example finds the world as it was.
local function reset()
  t.ok(os.execute(("curl -fsS -o /dev/null -X POST -H 'X-Sandbox-Token: %s' %s/_sandbox/reset"):format(token, world)),
    "reset of the sandbox")
end

local function run(op)
  reset()
  violations = {}
  local chunk, err = load(op.example, "=example", "t")
  chunk = chunk or load("return " .. op.example, "=example", "t")
  t.ok(chunk, err)
  local ok, why = pcall(chunk)
  if not ok then error({ failed = tostring(why) }, 0) end
  if violations[1] then error({ failed = table.concat(violations, "\n") }, 0) end
end

t.describe(name, function()
  for _, resource in ipairs(services.catalogue(name).resource_list) do
    for _, op in ipairs(resource.operations) do
      t.it(op.id .. ": the example", function() run(op) end)
    end
  end
end)
