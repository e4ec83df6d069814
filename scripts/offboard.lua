-- offboard.lua - people out of IXON, Qalyptus and an Intrexx portal; may be killed at any moment.
-- SPDX-License-Identifier: MIT

local people = require "people"

-- Every record with the address goes, for there may be more than one invite.
-- Of what is read the ids alone are journaled.
local function all_out(b, person, note, resource, what, outcome)
  local refs = b:step("look for " .. what, { class = "read", call = function()
    local found = array{}
    for record in resource.each() do
      local address = record.emailAddress
      if type(address) == "string" and address:lower() == person.email:lower() then
        found[#found + 1] = { publicId = record.publicId }
      end
    end
    return found
  end })
  if #refs == 0 then return note("ixon", what, "", "not there") end
  b:step(what, resource.delete, refs)
  for _, ref in ipairs(refs) do note("ixon", what, ref.publicId, outcome) end
end

-- An update replaces the recipient whole, so what stays is sent again.
local function recipient_out(b, person, note)
  local recipient = b:step("look for recipient", qalyptus.recipients.find, { email = person.email })
  if not recipient then return note("qalyptus", "recipient", "", "not there") end
  local in_groups = recipient.groups and #recipient.groups > 0
  if recipient.isActive == false and not in_groups then
    return note("qalyptus", "recipient", recipient.id, "inactive already")
  end
  if not recipient.organizations then -- sending none would detach the person
    error("the server does not say which organizations recipient " .. recipient.id
      .. " belongs to: deactivate it in Qalyptus", 0)
  end
  local organizations = array{}
  for n, one in ipairs(recipient.organizations) do organizations[n] = { id = one.id, name = one.name } end
  b:step("recipient", qalyptus.recipients.update, recipient.id, {
    firstName = recipient.firstName, lastName = recipient.lastName, email = recipient.email,
    isoLanguage = recipient.isoLanguage, isActive = false, organizations = organizations, groups = array{},
  })
  note("qalyptus", "recipient", recipient.id, "deactivated")
end

local function portal_user_out(b, person, note)
  if not b:step("portal", intrexx.portals.find, { name = person.portal }) then
    error(("no Intrexx portal '%s'"):format(person.portal), 0)
  end
  local user = b:step("look for user", intrexx.users.find, person.portal, { login_username = person.email:lower() })
  if not user then
    return note("intrexx", "user", "", "not known to errand",
      ("errand knows no user of this person in portal '%s': look in the portal"):format(person.portal))
  end
  people.check_owner(user, person)
  b:step("user", intrexx.users.delete, person.portal, user.id)
  note("intrexx", "user", user.id, "removed")
end

return workflow.define("offboard", {
  summary = "Withdraw IXON invites, remove IXON and Intrexx users, deactivate Qalyptus recipients.",
  doc = "What is not there is said and is no failure. Qalyptus cannot delete a recipient: it is "
    .. "deactivated and taken out of its groups. Intrexx cannot list users: errand removes those that "
    .. "its own record knows. For anybody else, and for whom it removed before, it says \"not known "
    .. "to errand\" and warns: that is no failure, but only a look into the portal shows whether the "
    .. "person still has a user there. Run again after a crash it goes on where it was.",
  args = {
    { "csv", "file", doc = "People: email,portal; other columns do not matter." },
    { "email", unless = "csv", pattern = people.email, doc = "Of the one person." },
    { "portal", unless = "csv", doc = "Intrexx portal, by name." },
    { "limit", "integer", default = 4, min = 1, max = 64, doc = "People at a time." },
  },
  input = function(opt) return people.input(opt, { "email", "portal" }) end,
  key = people.key,
}, function(run, i)
  local rows = {}

  -- Whoever leaves must lose access everywhere: what fails in one system does
  -- not keep the others from being tried.
  local outcomes = run:each("people", i.people, people.address, function(b, person)
    local note = people.notes(rows, person)
    people.check(person, note)
    local systems = b:parallel("systems", {
      -- Invites first: one that is accepted meanwhile is a user afterwards.
      ixon = function(own)
        local _, err = try(all_out, own, person, note, ixon.invites, "invite", "withdrawn")
        all_out(own, person, note, ixon.users, "user", "removed")
        if err then error(err, 0) end
      end,
      qalyptus = function(own) recipient_out(own, person, note) end,
      intrexx = function(own) portal_user_out(own, person, note) end,
    })
    local faults = {}
    for _, system in ipairs{ "ixon", "qalyptus", "intrexx" } do
      if not systems[system].ok then
        note(system, "", "", "failed")
        faults[#faults + 1] = system .. ": " .. tostring(systems[system].error)
      end
    end
    if #faults > 0 then error(table.concat(faults, "; "), 0) end
  end, { limit = i.limit })

  people.finish(outcomes, rows)
end)
