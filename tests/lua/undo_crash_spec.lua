-- undo_crash_spec.lua - a run that died anywhere is undone, and the undo may die, too.
-- SPDX-License-Identifier: MIT

-- After the undo the world must be as before: nothing left of what the run
-- made, everything there that was there. What cannot be deleted is inactive.

local t = require "test"
local engine = require "core.run.engine"
local json = require "host.json"
local runs = require "runs"
local services = require "core.services"
local undo = require "core.run.undo"

local sim, clock = runs.sim, runs.clock
local J

local BODY = [[
run:step("older", ixon.roles.create, { { name = "Engineer" } })
local role = run:step("role", ixon.roles.create, { { name = "Own role" } })
run:parallel("systems", {
  ixon = function(b) ]] .. runs.invite:gsub("run:step", "b:step") .. [[ end,
  qalyptus = function(b)
    b:step("recipient", qalyptus.recipients.create, { firstName = "A", lastName = "Hire", email = i.email, isActive = true,
      organizations = { i.org }, groups = { i.readers } })
  end,
})
local user = run:step("user", intrexx.users.create, "hr", { general_settings = { first_name = "A", last_name = "Hire",
  object_name = i.email }, account = { login_username = i.email } })
run:step("group", intrexx.users.add_to_group, "hr", user.id, "4")
run:step("own", { class = "create",
  call = function() return ixon.roles.create{ { name = "By hand" } }[1] end,
  find = function() return ixon.roles.find{ name = "By hand" } end,
  undo = function(op, made) ixon.roles.delete({ { publicId = made.publicId } }, op) end })
]]

-- What there is in the simulated services, without what was switched off.
local function world()
  local out = {}
  for name, items in pairs(sim.server.world.stores) do
    local list = json.array {}
    for _, item in ipairs(items) do
      if item.v.isActive ~= false and not name:find "token" then list[#list + 1] = item.v end
    end
    if #list > 0 then out[name] = list end
  end
  return json.encode(json.object(out))
end

local function input()
  local org = services.get("qalyptus").organizations.find { name = "Example Org" }
  local group = services.get("qalyptus").groups.find { name = "Report readers" }
  return { email = "a.hire@example.com", org = { id = org.id, name = org.name }, readers = { id = group.id, name = group.name } }
end

local function kill_at(n)
  local count = 0
  J.hook = function()
    count = count + 1
    if count == n then runs.kill() end
  end
end

local function is_kill(err)
  return getmetatable(err) == runs.Killed
end

-- A person looks and says: the portal's users cannot be found by name.
local function answer(id)
  for _, step in ipairs(J:steps(id)) do
    if step.class == "create" and (step.state == "intent" or step.state == "doubt") then
      local found
      for _, item in ipairs(sim.server.world.stores["intrexx/hr/users"] or {}) do
        local login = item.v.account and item.v.account.login_username
        if login == "a.hire@example.com" then found = item.v end
      end
      engine.settle { journal = J, clock = clock, id = id, path = step.path, outcome = found and "done" or "absent",
        value = found and json.encode(found) or nil, actor = "somebody", reason = "looked" }
    end
  end
end

-- Undo by a new process each time, until it is through; how often it was killed.
local function undo_all(id, kill)
  local killed = 0
  for turn = 1, 12 do
    sim:restart()
    J.owned = {}
    if turn <= 3 and kill then kill_at(kill) end
    local ok, state, message = pcall(function()
      J:own(id)
      return undo.run { journal = J, id = id, clock = clock, actor = "somebody",
        own = function() return engine.functions(J, id, clock) end,
        settle = function(path) return engine.settle_by_look { journal = J, clock = clock, id = id, path = path, owned = true } end }
    end)
    J.hook = nil
    if not ok and not is_kill(state) then error(state, 0) end
    if ok and state == "undone" then return killed end
    if ok and state == "held" then error("held: " .. message, 0) end
    if not ok then killed = killed + 1 end
    if ok then answer(id) end
  end
  error("the undo does not come to an end", 0)
end

-- The whole story for one point of death; false when the run has fewer points.
local function story(n, kill, faults)
  J = runs.fresh(faults)
  local given = input()
  local before = world()
  kill_at(n)
  local ok, result = pcall(runs.run, runs.wrap(BODY), given)
  J.hook = nil
  if not ok and not is_kill(result) then error(result, 0) end
  local run = J:runs {}[1]
  if run then
    local killed = undo_all(run.id, kill)
    t.eq(J:run(run.id).state, "undone", "killed at " .. n)
    t.eq(world(), before, ("killed at %d, undo killed %d times at %s"):format(n, killed, tostring(kill)))
    t.ok(J:check())
  end
  return not ok
end

t.describe("undo after a death", function()
  t.it("at any point of the run leaves the world as it was", function()
    local n = 1
    while story(n) do n = n + 1 end
    t.ok(n > 30, "points: " .. n)
  end)

  t.it("at some points of the run, and of the undo as well", function()
    local n = 1
    while story(n, 1 + n % 9) do n = n + 3 end
  end)

  t.it("at any point of the undo of a whole run", function()
    for kill = 1, 40 do story(10000, kill) end
  end)

  t.it("when replies were lost, too", function()
    for _, operation in ipairs { "ixon.invites.create", "qalyptus.recipients.create", "intrexx.users.create",
      "intrexx.users.add_to_group", "ixon.roles.create" } do
      for _, fault in ipairs { "drop-reply", "drop", "status-after=500" } do
        story(10000, nil, { ("%s:%s@1"):format(fault, operation) })
      end
    end
  end)
end)

runs.detach()
