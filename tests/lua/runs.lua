-- runs.lua - durable runs against simulated services, for specs.
-- SPDX-License-Identifier: MIT

local clock_ = require "core.run.clock"
local engine = require "core.run.engine"
local journal = require "core.run.journal"
local simulated = require "core.run.simulated"
local sources = require "core.run.sources"
local store = require "host.store"

local runs = { Killed = { __name = "errand.killed" } }

local clock = clock_.virtual()
local sim = simulated.new { clock = clock }

runs.clock, runs.sim = clock, sim

--- A store, a world and a clock as on the first day; the journal.
function runs.fresh(faults)
  sim:reset()
  sim:inject(faults or {})
  runs.J = journal.open(assert(store.open(nil)), function() return clock:wall() end)
  runs.said = {}
  return runs.J
end

local observer = {
  step = function(path, state, info) runs.said[#runs.said + 1] = { path, state, info } end,
}

--- What the observer was told of a step and state, or nil.
function runs.heard(path, state)
  for _, one in ipairs(runs.said) do
    if one[1] == path and one[2] == state then return one[3] end
  end
end

--- The program of a text, with modules by name.
function runs.program(text, more)
  local texts = { ["@test.lua"] = text }
  for name, module in pairs(more or {}) do texts[name] = module end
  return sources.program(texts)
end

local function options(more)
  local out = { journal = runs.J, clock = clock, observer = observer, seed = "seed" }
  for name, value in pairs(more or {}) do out[name] = value end
  return out
end

--- Runs a text or program with an input.
function runs.run(text, input, more)
  more = more or {}
  more.program, more.input = type(text) == "string" and runs.program(text) or text, input or {}
  return engine.run(options(more))
end

--- Goes on with a run.
function runs.resume(id, more)
  more = more or {}
  more.id = id
  return engine.run(options(more))
end

--- The text of a workflow around a body.
function runs.wrap(body, head)
  return ("return workflow.define('test', { %s }, function(run, i) %s end)"):format(head or "", body)
end

--- Raises as a process does that is killed.
function runs.kill()
  sim:restart()
  error(setmetatable({}, runs.Killed), 0)
end

--- How many invites there were for an address.
function runs.invites(email)
  return sim:effects()["ixon.invites.create " .. email] or 0
end

--- Whoever is done with the simulated services calls this.
runs.detach = sim:attach()

local function id_of(resource, name)
  return require("core.services").get("ixon")[resource].find { name = name }.publicId
end

--- A step that invites i.email.
runs.invite = ([[run:step("invite", ixon.invites.create, { emailAddress = i.email,
  groupRoles = { { group = { publicId = %q }, role = { publicId = %q } } } })]]):format(id_of("groups", "Plant A"),
    id_of("roles", "Engineer"))

runs.people = { a = { email = "a.hire@example.com" }, b = { email = "b.hire@example.com" }, c = { email = "c.hire@example.com" } }

return runs
