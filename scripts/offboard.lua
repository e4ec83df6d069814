-- offboard.lua - people out of IXON, Qalyptus and an Intrexx portal; safe to repeat.
-- SPDX-License-Identifier: MIT

local EMAIL = "[^@%s]+@[^@%s]+"

local opt = args{
  summary = "Withdraw IXON invites, remove IXON and Intrexx users, deactivate Qalyptus recipients.",
  doc = "What is not there is said and is no failure. Qalyptus cannot delete a recipient: it is "
    .. "deactivated and taken out of its groups. Intrexx cannot list users: errand removes those that "
    .. "its own record knows. For anybody else, and for whom it removed before, it says \"not known "
    .. "to errand\" and warns: that is no failure, but only a look into the portal shows whether the "
    .. "person still has a user there. "
    .. "Ends with 4 when something is in doubt, with 1 when somebody failed otherwise.",
  { "csv", "file", doc = "People: email,portal; other columns do not matter." },
  { "email", unless = "csv", pattern = EMAIL, doc = "Of the one person." },
  { "portal", unless = "csv", doc = "Intrexx portal, by name." },
  { "limit", "integer", default = 4, min = 1, max = 64, doc = "People at a time." },
}
local columns = { "email", "portal" }
local people = opt.csv and read_csv(opt.csv, { columns = columns, unique = "email" }) or { opt }

-- Every record with the address goes: there may be more than one invite.
local function all_out(resource, person, what, outcome, note)
  local found = {}
  for record in resource.each() do
    local address = record.emailAddress
    if type(address) == "string" and address:lower() == person.email:lower() then
      found[#found + 1] = record.publicId
    end
  end
  for _, id in ipairs(found) do
    resource.delete{ publicId = id }
    note(what, id, outcome)
  end
  if #found == 0 then note(what, "", "not there") end
end

local function invites_out(person, note)
  all_out(ixon.invites, person, "invite", "withdrawn", note)
end

local function users_out(person, note)
  all_out(ixon.users, person, "user", "removed", note)
end

-- An update replaces the recipient whole, so what stays is sent again.
local function out_of_qalyptus(person, note)
  local recipient = qalyptus.recipients.find{ email = person.email }
  if not recipient then return note("recipient", "", "not there") end
  local in_groups = recipient.groups and #recipient.groups > 0
  if recipient.isActive == false and not in_groups then
    return note("recipient", recipient.id, "inactive already")
  end
  if not recipient.organizations then -- sending none would detach the person
    error("the server does not say which organizations recipient " .. recipient.id
      .. " belongs to: deactivate it in Qalyptus", 0)
  end
  local organizations = {}
  for i, one in ipairs(recipient.organizations) do
    organizations[i] = { id = one.id, name = one.name }
  end
  qalyptus.recipients.update(recipient.id, {
    firstName = recipient.firstName, lastName = recipient.lastName, email = recipient.email,
    isoLanguage = recipient.isoLanguage, isActive = false,
    organizations = array(organizations), groups = array{},
  })
  note("recipient", recipient.id, "deactivated")
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

local function out_of_intrexx(person, note)
  if not intrexx.portals.find{ name = person.portal } then
    error(("no Intrexx portal '%s'"):format(person.portal), 0)
  end
  local user = intrexx.users.find(person.portal, { login_username = person.email:lower() })
  if not user then
    note("user", "", "not known to errand")
    return log.warn(("%s: intrexx: errand knows no user of this person in portal '%s': look in the portal")
      :format(person.email, person.portal))
  end
  check_owner(user, person)
  intrexx.users.delete(person.portal, user.id)
  note("user", user.id, "removed")
end

-- Invites first: one that is accepted meanwhile is a user afterwards.
local steps = { { "ixon", "invite", invites_out }, { "ixon", "user", users_out },
                { "qalyptus", "recipient", out_of_qalyptus }, { "intrexx", "user", out_of_intrexx } }
local rows = {}

-- Whoever leaves must lose access everywhere: a failure in one step does not
-- keep the others from being tried.
local outcomes = parallel(people, function(person, i)
  rows[i] = {}
  local worst
  local function note(system, what, id, outcome)
    table.insert(rows[i], { person = person.email, system = system, what = what,
                            id = tostring(id), outcome = outcome })
  end
  if not person.email:find("^" .. EMAIL .. "$") then
    note("", "", "", "nothing sent")
    local fault = ("'%s' is no e-mail address"):format(person.email)
    log.error(fault)
    error(fault, 0)
  end
  for _, step in ipairs(steps) do
    local ok, err = try(function()
      step[3](person, function(...) note(step[1], ...) end)
      return true
    end)
    if not ok then
      note(step[1], step[2], "", "failed")
      log.error(person.email .. ": " .. step[1] .. ": " .. tostring(err))
      if not worst or err.kind == "in_doubt" then worst = err end
    end
  end
  if worst then error(worst, 0) end
end, { limit = opt.limit, progress = function(person) return person.email end })

local list, failed, doubt = {}, 0, nil
for i, outcome in ipairs(outcomes) do
  table.move(rows[i], 1, #rows[i], #list + 1, list)
  if not outcome.ok then
    failed = failed + 1
    if outcome.error.kind == "in_doubt" then doubt = doubt or outcome.error end
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
