-- onboard.lua - people into IXON, Qalyptus and an Intrexx portal; safe to repeat.
-- SPDX-License-Identifier: MIT

local EMAIL = "[^@%s]+@[^@%s]+"

local opt = args{
  summary = "Invite people to IXON, make them Qalyptus recipients and Intrexx portal users.",
  doc = "Whoever is there already is found: nothing is made twice. Nothing is sent for a person "
    .. "whose data are wrong. The Intrexx login is the whole e-mail address in lower case. "
    .. "Ends with 4 when something is in doubt, with 1 when somebody failed otherwise.",
  { "csv", "file", doc = "People: email,first_name,last_name,group,role,portal." },
  { "email", unless = "csv", pattern = EMAIL, doc = "Of the one person." },
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
-- Addresses differ, and so do the logins made of them.
local people = opt.csv and read_csv(opt.csv, { columns = columns, unique = "email" }) or { opt }

-- What people name, each looked up once: name -> record, and name -> fault.
local function look_up(resource, column, what)
  local found, faults = {}, {}
  for _, person in ipairs(people) do
    local name = person[column]
    if not found[name] and not faults[name] then
      local record, err = try(resource.find, { name = name })
      if err and err.kind ~= "conflict" then error(err, 0) end
      found[name] = record
      faults[name] = not record and (err and err.message or ("no %s '%s'"):format(what, name)) or nil
    end
  end
  return found, faults
end

local roles, role_faults = look_up(ixon.roles, "role", "IXON role")
local groups, group_faults = look_up(ixon.groups, "group", "IXON group")
local _, portal_faults = look_up(intrexx.portals, "portal", "Intrexx portal")
local org = assert(qalyptus.organizations.find{ name = opt.organization },
                   "no Qalyptus organization '" .. opt.organization .. "'")
local readers = assert(qalyptus.groups.find{ name = opt.qalyptus_group },
                       "no Qalyptus group '" .. opt.qalyptus_group .. "'")

-- All that is wrong with a person's data, or nil.
local function fault_of(person)
  local faults = {}
  if not person.email:find("^" .. EMAIL .. "$") then
    faults[1] = ("'%s' is no e-mail address"):format(person.email)
  end
  table.insert(faults, role_faults[person.role])
  table.insert(faults, group_faults[person.group])
  table.insert(faults, portal_faults[person.portal])
  return faults[1] and table.concat(faults, "; ")
end

local function into_ixon(person, note)
  local role, group = roles[person.role], groups[person.group]
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

-- A login may have been given to somebody else since.
local function check_owner(user, person)
  local contact = type(user.contact) == "table" and user.contact.email
  local work = type(contact) == "table" and contact.work
  if type(work) == "string" and work:lower() ~= person.email:lower() then
    error(("portal '%s': user %s has the login of %s, but the e-mail address %s: see to it in the portal")
      :format(person.portal, user.id, person.email, work), 0)
  end
end

-- Intrexx cannot list users: find knows those that errand created.
local function portal_user(person, login)
  local user = intrexx.users.find(person.portal, { login_username = login })
  if user then
    check_owner(user, person)
    return user.id, "found"
  end
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
  local id, outcome = portal_user(person, person.email:lower())
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
  local system = ""
  local function note(what, id, outcome)
    table.insert(rows[i], { person = person.email, system = system, what = what,
                            id = tostring(id), outcome = outcome })
  end
  local fault = fault_of(person)
  if fault then note("", "", "nothing sent") error(fault, 0) end
  for _, step in ipairs(steps) do
    system = step[1]
    local ok, err = try(function() step[2](person, note) return true end)
    if not ok then note("", "", "failed") error(err, 0) end
  end
end, { limit = opt.limit, progress = function(person) return person.email end })

local list, failed, doubt = {}, 0, nil
for i, outcome in ipairs(outcomes) do
  table.move(rows[i], 1, #rows[i], #list + 1, list)
  if not outcome.ok then
    failed = failed + 1
    if outcome.error.kind == "in_doubt" then doubt = doubt or outcome.error end
    log.error(outcome.item.email .. ": " .. tostring(outcome.error))
  end
end
print_table(list, { columns = { "person", "system", "what", "id", "outcome" } })
local summary = ("%d of %d people failed"):format(failed, #people)
if doubt then
  -- The last error decides the exit code: an error in doubt makes it 4.
  doubt.message, doubt.problems = summary .. ", and something is in doubt: look before repeating", nil
  doubt.where, doubt.service, doubt.operation = nil, nil, nil
  error(doubt, 0)
end
if failed > 0 then error(summary, 0) end
