-- onboard.lua - the workflow that is really killed: people in two services.
-- SPDX-License-Identifier: MIT

-- pairs goes over texts here, which another process would have in another order.
local systems = {
  ixon = function(b, email)
    return b:step("invite", ixon.invites.create, { emailAddress = email,
      groupRoles = { { group = { publicId = "gA7nWq35uFtE" }, role = { publicId = "rM4eTz81kQwA" } } } })
  end,
  qalyptus = function(b, email)
    return b:step("recipient", qalyptus.recipients.create, { firstName = "New", lastName = "Hire", email = email, isActive = true,
      organizations = { { id = "5b0f6a0e-8a53-4c1d-9c39-1f1b6f3f2a10", name = "Example Org" } },
      groups = { { id = "0d9e4c3b-6a25-4b7f-a1c8-52e6f7d8b901", name = "Report readers" } } })
  end,
}

return workflow.define("kill-me", {
  args = { { "email", required = true } },
  key = function(input) return input.email end,
}, function(run, input)
  local started = run:now()
  for name, sign in pairs { north = "n", south = "s", east = "e", west = "w", up = "u", down = "d" } do run:note(name .. sign) end
  run:step("look", ixon.roles.find, { name = "Engineer" })
  for name, make in pairs(systems) do
    run:parallel(name, { here = function(b) return make(b, input.email) end })
  end
  run:sleep("pause", 0.01)
  return { email = input.email, lasted = run:now() >= started }
end)
