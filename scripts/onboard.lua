-- onboard.lua - people into IXON, Qalyptus and an Intrexx portal; safe to repeat.
-- SPDX-License-Identifier: MIT

local opt = args{
  summary = "Invite people to IXON, make them Qalyptus recipients and Intrexx portal users.",
  doc = "Whoever is there already is found: nothing is made twice.",
  { "csv", "file", doc = "People: email,first_name,last_name,group,role,portal." },
  { "email", unless = "csv", pattern = "[^@%s]+@[^@%s]+", doc = "Of the one person." },
  { "first_name", unless = "csv" },
  { "last_name", unless = "csv" },
  { "group", unless = "csv", doc = "IXON group, by name." },
  { "role", unless = "csv", doc = "IXON role in that group, by name." },
  { "portal", unless = "csv", doc = "Intrexx portal, by name." },
  { "intrexx_group", default = "4", doc = "Id of the portal group; 4 is Users." },
  { "organization", default = "Example Org", doc = "Qalyptus organization, by name." },
  { "qalyptus_group", default = "Report readers", doc = "Qalyptus group, by name." },
  { "limit", "integer", default = 4, min = 1, max = 64, doc = "People at a time." },
}
local columns = { "email", "first_name", "last_name", "group", "role", "portal" }
local people = opt.csv and read_csv(opt.csv, { columns = columns, unique = "email" }) or { opt }

-- Records by name, each name looked up once; false where there is none.
local function look_up(resource, column)
  local found = {}
  for _, person in ipairs(people) do
    local name = person[column]
    if found[name] == nil then found[name] = resource.find{ name = name } or false end
  end
  return found
end

local roles, groups = look_up(ixon.roles, "role"), look_up(ixon.groups, "group")
local org = assert(qalyptus.organizations.find{ name = opt.organization },
                   "no Qalyptus organization '" .. opt.organization .. "'")
local readers = assert(qalyptus.groups.find{ name = opt.qalyptus_group },
                       "no Qalyptus group '" .. opt.qalyptus_group .. "'")

local function into_ixon(person, note)
  local role = assert(roles[person.role], "no IXON role '" .. person.role .. "'")
  local group = assert(groups[person.group], "no IXON group '" .. person.group .. "'")
  local user = ixon.users.find{ emailAddress = person.email }
  if user then return note("user", user.publicId, "found") end
  local invite = ixon.invites.find{ emailAddress = person.email }
  if invite then return note("invite", invite.publicId, "found") end
  local made = ixon.invites.create{
    emailAddress = person.email,
    groupRoles = { { group = { publicId = group.publicId }, role = { publicId = role.publicId } } },
  }
  note("invite", (made.invites[1] or made.userMemberships[1]).publicId, "created")
end

local function into_qalyptus(person, note)
  local body = {
    firstName = person.first_name, lastName = person.last_name, email = person.email,
    isActive = true, organizations = { { id = org.id, name = org.name } },
    groups = { { id = readers.id, name = readers.name } },
  }
  local recipient = qalyptus.recipients.find{ email = person.email }
  if not recipient then
    return note("recipient", qalyptus.recipients.create(body).id, "created")
  elseif recipient.isActive ~= false then
    return note("recipient", recipient.id, "found")
  end
  qalyptus.recipients.update(recipient.id, body)
  note("recipient", recipient.id, "reactivated")
end

-- Intrexx cannot list users: find knows those that errand created.
local function portal_user(person, login)
  local user = intrexx.users.find(person.portal, { login_username = login })
  if user then return user.id, "found" end
  local made, err = try(intrexx.users.create, person.portal, {
    general_settings = { first_name = person.first_name, last_name = person.last_name,
                         object_name = login },
    contact = { email = { work = person.email } },
    account = { login_username = login },
  })
  if made then return made.id, "created" end
  if err.kind ~= "conflict" then error(err, 0) end
  error(("portal '%s' has a user '%s' that errand did not create and cannot look up: see to it "
    .. "in the portal"):format(person.portal, login), 0)
end

local function into_intrexx(person, note)
  local id, outcome = portal_user(person, person.email:match("^[^@]+"):lower())
  note("user", id, outcome)
  for _, group in ipairs(intrexx.users.list_groups(person.portal, id)) do
    if tostring(group.id) == opt.intrexx_group then return note("group", group.id, "found") end
  end
  intrexx.users.add_to_group(person.portal, id, opt.intrexx_group)
  note("group", opt.intrexx_group, "added")
end

local steps = { { "ixon", into_ixon }, { "qalyptus", into_qalyptus }, { "intrexx", into_intrexx } }
local rows = {}

-- A person's first failure ends that person's steps; what was done is noted.
local outcomes = parallel(people, function(person, i)
  rows[i] = {}
  for _, step in ipairs(steps) do
    local function note(what, id, outcome)
      table.insert(rows[i], { person = person.email, system = step[1], what = what,
                              id = tostring(id), outcome = outcome })
    end
    local ok, err = try(function() step[2](person, note) return true end)
    if not ok then note("", "", "failed") error(err, 0) end
  end
end, { limit = opt.limit, progress = function(person) return person.email end })

local list, failed = {}, 0
for i, outcome in ipairs(outcomes) do
  table.move(rows[i], 1, #rows[i], #list + 1, list)
  if not outcome.ok then
    failed = failed + 1
    log.error(outcome.item.email .. ": " .. tostring(outcome.error))
  end
end
print_table(list, { columns = { "person", "system", "what", "id", "outcome" } })
if failed > 0 then error(("%d of %d people failed"):format(failed, #people), 0) end
