-- undo_spec.lua - what a run made is taken back, and nothing else.
-- SPDX-License-Identifier: MIT

local t = require "test"
local clocks = require "core.run.clock"
local error_ = require "core.error"
local inverse = require "core.run.inverse"
local journal = require "core.run.journal"
local json = require "host.json"
local request_ = require "core.request"
local services = require "core.services"
local simulated = require "core.run.simulated"
local undo = require "core.run.undo"

local clock, world, J, detach, id

-- A new world and an empty run in it; fn has both.
local function in_world(fn)
  return function()
    clock = clocks.virtual()
    world = simulated.new { clock = clock }
    detach = world:attach()
    J = journal.open(require("host.store").open(), function() return clock:wall() end)
    id = J:new_id()
    t.ok(J:create { id = id, workflow = "test", key = "k", input = "{}" })
    J:state(id, "running")
    local ok, err = pcall(fn)
    detach()
    if not ok then error(err, 0) end
  end
end

local function call(operation, ...)
  local op = services.find_operation(operation)
  return require("core.client").call(services.get(op.service), op, ...)
end

local function intent(path, operation, ...)
  local op = services.find_operation(operation)
  local info = inverse.declare(op, { profile = "sandbox", identity = "sandbox" }, request_.parse(op, ...))
  J:intent(id, { path = path, kind = "step", class = op.effect, operation = operation,
    inverse = info and json.encode(info) or nil, before = '{"absent":true}', wall = clock:wall(), mono = clock:mono(),
    boot_id = clock:boot_id() })
end

-- A step as the engine does it; what the call returned.
local function step(path, operation, ...)
  intent(path, operation, ...)
  local value = call(operation, ...)
  local remote = type(value) == "table" and (value.publicId or value.id or value[1] and value[1].publicId) or nil
  J:result(id, path, { value = value ~= nil and json.encode(value) or nil, status = 200,
    remote_id = remote and tostring(remote) })
  return value
end

local function own_step(path, class)
  J:intent(id, { path = path, kind = "step", class = class or "create", operation = "function", inverse = '{"own":true}' })
  J:result(id, path, { value = '{"id":"x1"}', remote_id = "x1" })
end

local function pivot(path)
  J:record(id, { path = path, kind = "pivot" }, {})
end

local function context(more)
  local ctx = { journal = J, id = id, clock = clock, actor = "somebody@here" }
  for name, value in pairs(more or {}) do ctx[name] = value end
  return ctx
end

-- What undo tells on its way: { "path outcome", ... }
local function run_undo(more)
  local told = {}
  more = more or {}
  more.on_step = function(event) told[#told + 1] = event.path .. " " .. event.outcome end
  local state, message = undo.run(context(more))
  t.eq(J:run(id).state, state)
  return told, state, message
end

local function states(more)
  local out = {}
  for i, row in ipairs(undo.plan(context(more))) do out[i] = row.step .. ": " .. row.state end
  return out
end

local function state_of(path)
  return J:step(id, path).undo_state
end

local function role(name, ...)
  return step(name, "ixon.roles.create", { { name = name, ... } })[1].publicId
end

local function there(name)
  return services.get("ixon").roles.find { name = name } ~= nil
end

local function invite(path, address)
  local ixon = services.get "ixon"
  local group, a_role = ixon.groups.find { name = "Plant A" }, ixon.roles.find { name = "Engineer" }
  return step(path, "ixon.invites.create", { { emailAddress = address,
    groupRoles = { { group = { publicId = group.publicId }, role = { publicId = a_role.publicId } } } } })
end

t.describe("undo of a run", function()
  t.it("takes back what was made, the last step first", in_world(function()
    role "First"
    role "Second"
    step("look", "ixon.roles.list")
    t.eq(states(), { "Second: there", "First: there" })
    local told, state, message = run_undo()
    t.eq(told, { "Second undone", "First undone" })
    t.eq(state, "undone")
    t.eq(message, nil)
    t.ok(not there "First" and not there "Second")
    t.eq(state_of "First", "done")
    t.eq(#J:attempts(id, "First"), 2)
    t.ok(J:check())
  end))

  t.it("plans without sending anything but reads", in_world(function()
    role "First"
    local before = json.encode(world:effects())
    local rows = undo.plan(context())
    t.eq(json.encode(world:effects()), before)
    t.eq({ rows[1].step, rows[1].state, rows[1].undo }, { "First", "there", "ixon.roles.delete" })
    t.eq(J:run(id).state, "running")
    t.eq(state_of "First", nil)
  end))

  t.it("is done with what is gone already", in_world(function()
    local made = role "First"
    call("ixon.roles.delete", { { publicId = made } })
    t.eq(states(), { "First: gone" })
    local calls = #J:attempts(id, "First")
    local told = run_undo()
    t.eq(told, { "First gone" })
    t.eq(#J:attempts(id, "First"), calls) -- nothing was sent
  end))

  t.it("takes back the rest of several things of which some are gone", in_world(function()
    local made = step("roles", "ixon.roles.create", { { name = "One" }, { name = "Two" }, { name = "Three" } })
    call("ixon.roles.delete", { { publicId = made[2].publicId } })
    t.eq(states(), { "roles: there" })
    t.eq(run_undo(), { "roles undone" })
    t.ok(not there "One" and not there "Three")
  end))

  t.it("uses the entries of an inverse that have something to do", in_world(function()
    local made = invite("invite", "new.hire@example.com")
    t.eq({ #made.invites, #made.userMemberships }, { 1, 1 })
    t.eq(undo.plan(context())[1].undo, "ixon.memberships.delete, ixon.invites.delete")
    run_undo()
    t.eq(services.get("ixon").invites.find { emailAddress = "new.hire@example.com" }, nil)
  end))

  t.it("sets what the catalogue sets, with the body of the call", in_world(function()
    local qalyptus = services.get "qalyptus"
    local org = qalyptus.organizations.find { name = "Example Org" }
    local group = qalyptus.groups.find { name = "Report readers" }
    step("recipient", "qalyptus.recipients.create", { firstName = "New", lastName = "Hire", email = "new.hire@example.com",
      isActive = true, organizations = { { id = org.id, name = org.name } }, groups = { { id = group.id, name = group.name } } })
    t.eq(states(), { "recipient: there" })
    t.eq(select(2, run_undo()), "undone")
    t.eq(qalyptus.recipients.find({ email = "new.hire@example.com" }).isActive, false)
    t.eq(state_of "recipient", "done")
  end))

  t.it("fills path values from the call", in_world(function()
    local user = step("user", "intrexx.users.create", "hr", { general_settings = { first_name = "New", last_name = "Hire",
      object_name = "new.hire" }, account = { login_username = "new.hire" } })
    step("group", "intrexx.users.add_to_group", "hr", user.id, "4")
    t.eq(states(), { "group: cannot tell", "user: there" })
    t.eq(run_undo(), { "group undone", "user undone" })
    local gone = pcall(services.get("intrexx").users.get, "hr", user.id)
    t.ok(not gone)
  end))

  t.it("says what stays because nothing undoes it", in_world(function()
    local made = role "First"
    step("rename", "ixon.roles.update", { { publicId = made, description = "other" } })
    t.eq(states(), { "rename: stays", "First: there" })
    local _, state, message = run_undo()
    t.eq(state, "undone")
    t.ok(message:find("rename", 1, true), message)
  end))
end)

t.describe("undo leaves alone", function()
  t.it("what was found before the run", in_world(function()
    local made = call("ixon.roles.create", { { name = "Older" } })[1]
    intent("adopted", "ixon.roles.create", { { name = "Older" } })
    J:result(id, "adopted", { value = json.encode(made), remote_id = made.publicId, found = true })
    t.eq(states(), { "adopted: not ours" })
    t.eq(run_undo { force = true }, { "adopted not ours" })
    t.ok(there "Older")
  end))

  t.it("what the look-up before the call showed with the same id", in_world(function()
    local made = call("ixon.roles.create", { { name = "Older" } })[1]
    J:intent(id, { path = "s", kind = "step", class = "create", operation = "ixon.roles.create",
      before = json.encode { found = made },
      inverse = '{"service":"ixon","operation":"roles.create","list":[{"op":"roles.delete","from":""}]}' })
    J:settled(id, "s", "done", { value = json.encode { made }, remote_id = made.publicId })
    t.eq(states(), { "s: not ours" })
    run_undo { force = true }
    t.ok(there "Older")
  end))

  t.it("what was set aside", in_world(function()
    role "First"
    J:undo_disabled(id, "First", "keep it")
    t.eq(run_undo(), { "First not ours" })
    t.ok(there "First")
  end))

  t.it("what others have changed, unless it is forced", in_world(function()
    local made = role("First", nil)
    call("ixon.roles.update", { { publicId = made, name = "Renamed" } })
    t.eq(states(), { "First: changed" })
    local told, state, message = run_undo()
    t.eq(told, { "First failed" })
    t.eq(state, "held")
    t.ok(message:find("name was 'First', is 'Renamed'", 1, true), message)
    t.ok(there "Renamed")
    t.eq(state_of "First", "failed")
    t.eq(select(2, run_undo { force = true }), "undone")
    t.ok(not there "Renamed")
  end))

  t.it("what is before a pivot, unless it is forced", in_world(function()
    role "First"
    pivot "told"
    role "Second"
    t.eq(states(), { "Second: there", "told: pivot", "First: past pivot" })
    t.eq(states { force = true }, { "Second: there", "told: pivot", "First: there" })
    local told, state, message = run_undo()
    t.eq(told, { "Second undone" })
    t.eq(state, "held")
    t.ok(message:find("past its pivot 'told'", 1, true), message)
    t.ok(there "First")
    told, state = run_undo { force = true }
    t.eq(told, { "First undone" })
    t.eq(state, "undone")
  end))

  t.it("the state of a finished run of which nothing is to be undone before its pivot", in_world(function()
    role "First"
    pivot "told"
    J:state(id, "done")
    local state, message = undo.run(context())
    t.eq(state, "held")
    t.ok(message:find("--force", 1, true))
    t.eq(J:run(id).state, "done")
    t.ok(there "First")
  end))

  t.it("members of the body that were secrets", in_world(function()
    local info = { service = "qalyptus", operation = "users.create", list = { { op = "users.update", from = "/id", body = true,
      set = { isActive = false } } }, path = {}, sent = { firstName = "New", password = "[secret]" } }
    t.ok(inverse.is_mark "[secret]")
    local op = services.find_operation "qalyptus.users.create"
    local kept = inverse.declare(op, nil, request_.parse(op, { firstName = "New", lastName = "Hire", password = "hunter22" }))
    t.eq(kept.sent.password, nil)
    t.eq(kept.sent.firstName, "New")
    t.ok(not json.encode(kept):find("hunter22", 1, true))
    t.eq(inverse.calls(info, { id = "7" })[1].body.isActive, false)
  end))
end)

t.describe("an undo that fails", function()
  t.it("holds the run and does not skip what is behind it", in_world(function()
    role "First"
    role "Second"
    world:inject { "status=403:ixon.roles.delete@1" }
    local told, state, message = run_undo()
    t.eq(told, { "Second failed" })
    t.eq(state, "held")
    t.ok(message:find("undo of step Second failed", 1, true), message)
    t.ok(there "First" and there "Second")
    t.eq(json.decode(J:run(id).error).kind, "undo_failed")
    told, state, message = run_undo()
    t.eq({ message, told }, { nil, { "Second undone", "First undone" } })
    t.eq(state, "undone")
  end))

  t.it("goes on after the process died at any point of it", in_world(function()
    local points = 0
    for n = 1, 100 do
      world:reset()
      J = journal.open(require("host.store").open(), function() return clock:wall() end)
      id = J:new_id()
      J:create { id = id, workflow = "test", key = "k", input = "{}" }
      role "First"
      role "Second"
      invite("invite", "new.hire@example.com")
      local count, killed = 0, setmetatable({}, { __name = "errand.killed" })
      J.hook = function()
        count = count + 1
        if count == n then error(killed, 0) end
      end
      local ok, err = pcall(undo.run, context())
      J.hook = nil
      if ok then break end
      t.ok(rawequal(err, killed), tostring(err))
      points = n
      J:own(id)
      t.eq(select(2, run_undo()), "undone")
      t.ok(not there "First" and not there "Second")
      t.eq(services.get("ixon").invites.find { emailAddress = "new.hire@example.com" }, nil)
    end
    t.ok(points >= 15, "killed at " .. points .. " points")
  end))

  t.it("asks where the undo is no repetition and its answer was lost", in_world(function()
    own_step "job"
    local sent = 0
    local own = { undo = function()
      sent = sent + 1
      return services.get("ixon").invites.create { emailAddress = "x@example.com", groupRoles = json.array {} }
    end }
    J:undo_intent(id, "job", { class = "send", operation = "ixon.invites.create" })
    local _, state, message = run_undo { own = function() return { job = own } end }
    t.eq(state, "in_doubt")
    t.ok(message:find("errand runs settle " .. id .. " job done|absent", 1, true), message)
    t.eq(sent, 0)
    t.eq(state_of "job", "doubt")
  end))

  t.it("settles what is in doubt first, or stops", in_world(function()
    role "First"
    intent("second", "ixon.roles.create", { { name = "Second" } })
    local _, state, message = run_undo()
    t.eq(state, "in_doubt")
    t.ok(message:find("what became of step second", 1, true), message)
    t.ok(there "First")
    local settled = {}
    local told
    told, state = run_undo { settle = function(path)
      settled[#settled + 1] = path
      J:settled(id, path, "absent", {}, nil, "looked")
      return true
    end }
    t.eq(settled, { "second" })
    t.eq(told, { "First undone" })
    t.eq(state, "undone")
  end))

  t.it("undoes what may have been set, too", in_world(function()
    local user = step("user", "intrexx.users.create", "hr", { general_settings = { first_name = "New", last_name = "Hire",
      object_name = "new.hire" }, account = { login_username = "new.hire" } })
    local id_ = user.id
    intent("lost", "intrexx.users.add_to_group", "hr", id_, "4")
    call("intrexx.users.add_to_group", "hr", id_, "4")
    intent("late", "intrexx.users.add_to_group", "hr", id_, "5")
    J:failure(id, "late", { kind = "timeout", message = "no answer" })
    intent("refused", "intrexx.users.add_to_group", "hr", id_, "6")
    J:failure(id, "refused", { kind = "validation", message = "no" })
    t.eq(states(), { "lost: in doubt", "late: in doubt", "user: there" })
    t.eq(run_undo(), { "late gone", "lost undone", "user undone" })
    t.eq(J:step(id, "refused").state, "failed")
  end))

  t.it("needs the journal to know what was made", in_world(function()
    intent("s", "ixon.roles.create", { { name = "Second" } })
    J:settled(id, "s", "done", {}, "somebody", "saw it")
    t.eq(states(), { "s: cannot tell" })
    local _, state, message = run_undo()
    t.eq(state, "held")
    t.ok(message:find("does not have what the step made", 1, true), message)
  end))
end)

t.describe("a workflow's own undo", function()
  t.it("is called with the result, and looked for before", in_world(function()
    own_step "thing"
    local got, present = {}, true
    local own = { undo = function(_, r) got[#got + 1] = r.id end, find = function() return present and { id = "x1" } or nil end }
    local more = { own = function() return { thing = own } end }
    t.eq(states(more), { "thing: there" })
    t.eq(run_undo(more), { "thing undone" })
    t.eq(got, { "x1" })
    own_step "other"
    present = false
    more = { own = function() return { thing = own, other = own } end }
    J:own(id)
    t.eq(states(more), { "other: gone", "thing: undone" })
  end))

  t.it("is through where there is nothing to undo any more", in_world(function()
    own_step "thing"
    t.eq(run_undo { own = function()
      return { thing = { undo = function() error_.raise("not_found", "no such thing") end } }
    end }, { "thing gone" })
  end))

  t.it("leaves another thing of the same key alone", in_world(function()
    own_step "thing"
    local own = { undo = function() error "called" end, find = function() return { id = "x2" } end }
    t.eq(run_undo { own = function() return { thing = own } end }, { "thing not ours" })
    own_step "second"
    own = { undo = function() error "called" end, find = function() return { id = "x1" } end,
      match = function() return false end }
    t.eq(run_undo { own = function() return { second = own, thing = own } end }, { "second not ours", "thing not ours" })
  end))

  t.it("may not write while it looks", in_world(function()
    own_step "thing"
    local own = { undo = function() end, find = function()
      return services.get("ixon").roles.create { { name = "x" } }
    end }
    local _, state, message = run_undo { own = function() return { thing = own } end }
    t.eq(state, "held")
    t.ok(message:find("may only read", 1, true), message)
    t.ok(not there "x")
  end))

  t.it("holds the run when the script has it no more, or when it fails", in_world(function()
    own_step "thing"
    local _, state, message = run_undo()
    t.eq(state, "held")
    t.ok(message:find("undo function is not known", 1, true), message)
    _, state, message = run_undo { own = function()
      return { thing = { undo = function() error_.raise("conflict", "it is in use") end } }
    end }
    t.eq(state, "held")
    t.ok(message:find("it is in use", 1, true), message)
  end))
end)
