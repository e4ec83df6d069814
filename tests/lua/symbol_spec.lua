-- Values that are not known yet, and the plans that hold them.

local t = require "test"
local json = require "host.json"
local planned = require "core.run.planned"
local symbol = require "core.run.symbol"

t.describe("a symbol", function()
  local made = symbol.new "invite"
  t.it("prints as its name", function()
    t.eq(tostring(made), "<invite>")
    t.eq(tostring(made.publicId), "<invite.publicId>")
    t.eq(tostring(made.invites[1].publicId), "<invite.invites[1].publicId>")
  end)
  t.it("can be put into a text", function()
    t.eq(tostring("u-" .. made.id .. "-x"), "u-<invite.id>-x")
    t.eq(tostring(made.a .. made.b), "<invite.a><invite.b>")
  end)
  t.it("stops what would have to look at it", function()
    for _, look in ipairs { function() return made.n + 1 end, function() return made.n < 2 end, function() return #made.list end,
      function() return made.id == symbol.new "other" end, function() return next(made), pairs(made) end,
      function() return made() end, function() made.x = 1 end } do
      t.raises(look, "depends on a result")
    end
  end)
  t.it("ends a loop over what nobody knows", function()
    t.raises(function() for _ in ipairs(made.list) do end end, "depends on a result") -- luacheck: ignore 542
  end)
  t.it("gives its name where a value is written down", function()
    local filled, any = symbol.filled { a = { made.id, 2 }, b = "x" }
    t.eq(json.encode(filled), '{"a":["<invite.id>",2],"b":"x"}')
    t.eq(any, true)
    t.eq(select(2, symbol.filled { a = 1 }), false)
  end)
end)

t.describe("a plan in a file", function()
  local path = os.tmpname()
  local function args(...) return json.array { ... } end
  planned.save(path, { workflow = "w", input = "x", steps = {
    { path = "invite", operation = "ixon.invites.create", class = "create", args = args { emailAddress = "a@example.com" } },
    { path = "link", operation = "qalyptus.recipients.update", class = "set",
      args = args("<invite.id>", { name = "of <invite.id>" }) },
  } })
  local function refusal(...)
    local plan = planned.open(path)
    plan:result("invite", { id = "i1" })
    local ok, err = pcall(plan.allow, plan, ...)
    return ok and "allowed" or ("%s for the %s: %s"):format(err.state, err.kind, err.reason)
  end
  t.it("lets pass what it holds", function()
    t.eq(refusal("invite", "ixon.invites.create", args { emailAddress = "a@example.com" }), "allowed")
    t.eq(refusal("link", "qalyptus.recipients.update", args("i1", { name = "of i1" })), "allowed")
  end)
  t.it("names the first difference of anything else", function()
    t.ok(refusal("invite", "ixon.invites.create", args { emailAddress = "b@example.com" }):find(
      'held for the plan: step invite %(ixon.invites.create%): arguments%[1%]%.emailAddress is "a@example.com" in the plan .*'
      .. ' and "b@example.com" now'))
    t.ok(refusal("invite", "ixon.users.delete", args {}):find "the run wants ixon.users.delete")
    t.ok(refusal("other", "ixon.invites.create", args {}):find "step other .* is not in the plan")
    t.ok(refusal("link", "qalyptus.recipients.update", args("i2", { name = "of i1" })):find "arguments%[1%]")
    t.ok(refusal("link", "qalyptus.recipients.update", args("i1", { name = "of i2" })):find "arguments%[2%]%.name")
    local more = args { emailAddress = "a@example.com", message = "hi" }
    t.ok(refusal("invite", "ixon.invites.create", more):find "message is nothing")
  end)
  t.it("is refused when somebody changed it", function()
    local file = assert(io.open(path))
    local text = file:read "a"
    file:close()
    file = assert(io.open(path, "w"))
    file:write((text:gsub("a@example", "c@example")))
    file:close()
    t.raises(function() planned.open(path) end, "was changed since it was made")
    os.remove(path)
  end)
end)
