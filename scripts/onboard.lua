-- onboard.lua - people into IXON, Qalyptus and an Intrexx portal; may be killed at any moment.
-- SPDX-License-Identifier: MIT

local people = require "people"

local columns = { "email", "first_name", "last_name", "group", "role", "portal" }

-- What a look found, or the call made: an invite, or for somebody who is a
-- user already that user, or the new membership.
local function invited(made, how)
  if how == "found" or not made or not made.invites then return made or {} end
  return made.invites[1] or made.userMemberships[1] or made.users[1]
end

-- Intrexx cannot list users: only those that errand created are found.
local function portal_user(b, person)
  local login = person.email:lower()
  local user, how = try(b.step, b, "user", intrexx.users.create, person.portal, {
    general_settings = { first_name = person.first_name, last_name = person.last_name, object_name = login },
    contact = { email = { work = person.email } },
    account = { login_username = login },
  })
  if how == "found" then people.check_owner(user, person) end
  if type(how) ~= "table" then return user and user.id, how end
  if how.kind == "conflict" then
    how.message = ("portal '%s' has a user '%s' that errand did not create and cannot look up: see to it in the portal")
      :format(person.portal, login)
  end
  error(how, 0)
end

-- A user that was there before may be in the group.
local function into_group(b, person, id, came, group)
  if came == "found" then
    for _, one in ipairs(b:step("look for group", intrexx.users.list_groups, person.portal, id)) do
      if tostring(one.id) == group then return "found" end
    end
  end
  b:step("group", intrexx.users.add_to_group, person.portal, id, group)
  return "added"
end

return workflow.define("onboard", {
  summary = "Invite people to IXON, make them Qalyptus recipients and Intrexx portal users.",
  doc = "Whoever is there already is found: nothing is made twice. Nothing is sent for a person "
    .. "whose data are wrong. The Intrexx login is the whole e-mail address in lower case. "
    .. "Run again after a crash it goes on where it was.",
  args = {
    { "csv", "file", doc = "People: email,first_name,last_name,group,role,portal." },
    { "email", unless = "csv", pattern = people.email, doc = "Of the one person." },
    { "first_name", unless = "csv" },
    { "last_name", unless = "csv" },
    { "group", unless = "csv", doc = "IXON group, by name." },
    { "role", unless = "csv", doc = "IXON role in that group, by name." },
    { "portal", unless = "csv", doc = "Intrexx portal, by name." },
    { "intrexx_group", default = "4", doc = "Id of the portal group; 4 is Users." },
    { "organization", default = "Example Org", doc = "Qalyptus organization, by name." },
    { "qalyptus_group", default = "Report readers", doc = "Qalyptus group, by name." },
    { "limit", "integer", default = 4, min = 1, max = 64, doc = "People at a time." },
  },
  input = function(opt) return people.input(opt, columns) end,
  key = people.key,
}, function(run, i)
  local roles, no_role = people.named(run, "IXON role", ixon.roles.find, i.people, "role")
  local groups, no_group = people.named(run, "IXON group", ixon.groups.find, i.people, "group")
  local _, no_portal = people.named(run, "Intrexx portal", intrexx.portals.find, i.people, "portal")
  local org = run:step("organization", qalyptus.organizations.find, { name = i.organization })
    or workflow.fail("no Qalyptus organization '" .. i.organization .. "'")
  local readers = run:step("report group", qalyptus.groups.find, { name = i.qalyptus_group })
    or workflow.fail("no Qalyptus group '" .. i.qalyptus_group .. "'")
  local rows = {}

  -- A person's first failure ends that person's steps; what was done is noted.
  local outcomes = run:each("people", i.people, people.address, function(b, person)
    local note = people.notes(rows, person)
    people.check(person, note, no_role[person.role], no_group[person.group], no_portal[person.portal])

    local made, how = b:step("invite", ixon.invites.create, {
      emailAddress = person.email,
      groupRoles = { { group = { publicId = groups[person.group].publicId },
                       role = { publicId = roles[person.role].publicId } } },
    })
    local invite = invited(made, how)
    note("ixon", how == "found" and invite.type and "user" or "invite", invite.publicId, how) -- an invite has no type

    local body = {
      firstName = person.first_name, lastName = person.last_name, email = person.email, isActive = true,
      organizations = { { id = org.id, name = org.name } }, groups = { { id = readers.id, name = readers.name } },
    }
    local recipient, was = b:step("recipient", qalyptus.recipients.create, body)
    if was == "found" and recipient.isActive == false then
      b:step("reactivate recipient", qalyptus.recipients.update, recipient.id, body)
      was = "reactivated"
    end
    note("qalyptus", "recipient", recipient and recipient.id, was)

    local id, came = portal_user(b, person)
    note("intrexx", "user", id, came)
    if not id and came ~= "skipped" then
      error(("the id of the user in portal '%s' is not known, so it is in no group: see to it in the portal"):format(person.portal), 0)
    end
    if id then note("intrexx", "group", i.intrexx_group, into_group(b, person, id, came, i.intrexx_group)) end
  end, { limit = i.limit })

  people.finish(outcomes, rows)
end)
