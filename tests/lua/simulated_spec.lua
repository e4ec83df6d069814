-- The simulated services without sockets: faults, late effects, what an oracle sees.

local t = require "test"
local fault = require "core.run.fault"
local oracle = require "core.run.oracle"
local simulated = require "core.run.simulated"
local virtual = require("core.run.clock").virtual

local ixon, qalyptus, intrexx = require "ixon", require "qalyptus", require "intrexx"

local clock = virtual()
local sim = simulated.new { clock = clock }

local function invite(email)
  return { emailAddress = email,
    groupRoles = { { group = { publicId = "gA7nWq35uFtE" }, role = { publicId = "rM4eTz81kQwA" } } } }
end

-- fn() in a world that is new, with faults.
local function with(faults, fn)
  sim:reset()
  sim:inject(faults)
  local detach = sim:attach()
  local ok, err = pcall(fn)
  detach()
  if not ok then error(err, 0) end
end

local function kind_of(fn, ...)
  local ok, err = pcall(fn, ...)
  return ok and "none" or type(err) == "table" and err.kind or err
end

local function count(effect)
  return sim:effects()[effect] or 0
end

t.describe("simulated services", function()
  t.it("answer through the client as a server does", function()
    with({}, function()
      t.eq(ixon.invites.find { emailAddress = "new.hire@example.com" }, nil)
      local made = ixon.invites.create(invite "new.hire@example.com")
      t.eq(#made.invites, 1)
      t.eq(ixon.invites.find { emailAddress = "new.hire@example.com" }.publicId, made.invites[1].publicId)
      t.eq(count "ixon.invites.create new.hire@example.com", 1)
    end)
  end)
  t.it("sign in where the service wants a login", function()
    with({}, function() t.eq(intrexx.portals.find({ name = "hr" }).name, "hr") end)
  end)
  t.it("know what errand made where the service cannot be asked", function()
    with({}, function()
      local made = intrexx.users.create("hr", { general_settings = { first_name = "New", last_name = "Hire", object_name = "n" },
        contact = { email = { work = "new.hire@example.com" } }, account = { login_username = "new.hire@example.com" } })
      t.eq(tostring(intrexx.users.find("hr", { login_username = "NEW.hire@example.com" }).id), tostring(made.id))
    end)
  end)
  t.it("leave a create in doubt whose reply is lost, after the effect", function()
    with({ "drop-reply:ixon.invites.create@1" }, function()
      t.eq(kind_of(ixon.invites.create, invite "a@example.com"), "in_doubt")
      t.eq(count "ixon.invites.create a@example.com", 1)
    end)
  end)
  t.it("leave a create in doubt that broke before the effect", function()
    with({ "drop:ixon.invites.create@1" }, function()
      t.eq(kind_of(ixon.invites.create, invite "a@example.com"), "in_doubt")
      t.eq(count "ixon.invites.create a@example.com", 0)
    end)
  end)
  t.it("let a late effect come when its time has", function()
    with({ "late=10:ixon.invites.create@1" }, function()
      t.eq(kind_of(ixon.invites.create, invite "a@example.com"), "in_doubt")
      clock:sleep(8)
      t.eq(ixon.invites.find { emailAddress = "a@example.com" }, nil)
      clock:sleep(3)
      t.ok(ixon.invites.find { emailAddress = "a@example.com" }, "it came")
      t.eq(count "ixon.invites.create a@example.com", 1)
    end)
  end)
  t.it("can get a request twice", function()
    with({ "twice:ixon.invites.create@1" }, function()
      t.eq(kind_of(ixon.invites.create, invite "a@example.com"), "none")
      t.eq(count "ixon.invites.create a@example.com", 2)
    end)
  end)
  t.it("refuse a connection before anything is sent", function()
    with({ "refuse:ixon.invites.create@1" }, function()
      t.eq(kind_of(ixon.invites.create, invite "a@example.com"), "network")
      t.eq(count "ixon.invites.create a@example.com", 0)
    end)
  end)
  t.it("make whoever waits for an answer wait, in virtual time", function()
    with({ "hang:ixon.invites.create@1" }, function()
      local before = clock:wall()
      t.eq(kind_of(ixon.invites.create, invite "a@example.com"), "in_doubt")
      t.ok(clock:wall() - before >= 120, "the time-out passed")
    end)
  end)
  t.it("repeat what may be repeated, as the client does", function()
    with({ "status=503:ixon.users.list@1" }, function()
      t.eq(ixon.users.find({ emailAddress = "anna.admin@example.com" }).name, "Anna Admin")
    end)
  end)
  t.it("have an end that does not depend on ids", function()
    local function onboard()
      ixon.invites.create(invite "a@example.com")
      qalyptus.recipients.create { firstName = "A", lastName = "B", email = "a@example.com", isActive = true,
        organizations = { { id = "5b0f6a0e-8a53-4c1d-9c39-1f1b6f3f2a10", name = "Example Org" } } }
    end
    local first, second, third
    with({}, function()
      onboard()
      first = oracle.records(sim.server)
    end)
    with({}, function()
      ixon.invites.create(invite "other@example.com") -- other serials from here on
      onboard()
      ixon.invites.delete { { publicId = ixon.invites.find({ emailAddress = "other@example.com" }).publicId } }
      second = oracle.records(sim.server)
    end)
    with({}, function()
      onboard()
      ixon.invites.create(invite "a@example.com")
      third = oracle.records(sim.server)
    end)
    t.eq(#oracle.difference(first, second), 0)
    local missing, extra = oracle.difference(first, third)
    t.eq(#missing, 0)
    t.eq(#extra, 2)
  end)
end)

t.describe("the oracle", function()
  local create, set = "ixon.invites.create a@example.com", "qalyptus.recipients.update a@example.com"
  local function kinds(expected, got)
    local out = {}
    for i, one in ipairs(oracle.effects(expected, got)) do out[i] = one.kind end
    return table.concat(out, " ")
  end
  t.it("sees a duplicate, a loss and what nobody wanted", function()
    t.eq(kinds({ [create] = 1 }, { [create] = 2 }), "duplicate")
    t.eq(kinds({ [create] = 1 }, {}), "loss")
    t.eq(kinds({}, { [create] = 1 }), "stray")
    t.eq(kinds({ [create] = 1 }, { [create] = 1 }), "")
  end)
  t.it("lets what may be repeated be repeated", function()
    t.eq(kinds({ [set] = 1 }, { [set] = 3 }), "")
    t.eq(kinds({ [set] = 1 }, {}), "loss")
  end)
end)

t.describe("a fault", function()
  t.it("is read from its text", function()
    local one = fault.parse "late=20:ixon.invites.create@2-4"
    t.eq(one.kind, "late")
    t.eq(one.arg, 20)
    t.eq(one.first, 2)
    t.eq(one.last, 4)
    t.eq(fault.parse("hang:ixon.invites.create").first, 1)
  end)
  t.it("is refused with the nearest kind", function()
    t.raises(function() fault.parse "drop-replay:ixon.invites.create" end, "drop-reply")
    t.raises(function() fault.parse "invite" end, "is no fault")
    t.raises(function() fault.parse "late:ixon.invites.create" end, "late wants seconds")
  end)
  t.it("meets the calls that it names", function()
    local list = { fault.parse "drop:a.b.c@2-3" }
    t.ok(not fault.find(list, { operation = "a.b.c", n = 1 }))
    t.ok(fault.find(list, { operation = "a.b.c", n = 3 }))
    t.ok(not fault.find(list, { operation = "a.b.d", n = 2 }))
  end)
end)
