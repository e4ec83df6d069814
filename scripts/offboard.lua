-- offboard.lua - people out of IXON, Qalyptus and an Intrexx portal; safe to repeat.
-- SPDX-License-Identifier: MIT

local opt = args{
  summary = "Withdraw IXON invites, remove IXON and Intrexx users, deactivate Qalyptus recipients.",
  doc = "What is not there is said and is no failure. Qalyptus cannot delete a recipient: it is "
    .. "deactivated and taken out of its groups. Intrexx users are known by errand's own record.",
  { "csv", "file", doc = "People: email,portal; other columns do not matter." },
  { "email", unless = "csv", pattern = "[^@%s]+@[^@%s]+", doc = "Of the one person." },
  { "portal", unless = "csv", doc = "Intrexx portal, by name." },
  { "limit", "integer", default = 4, min = 1, max = 64, doc = "People at a time." },
}
local columns = { "email", "portal" }
local people = opt.csv and read_csv(opt.csv, { columns = columns, unique = "email" }) or { opt }

local function out_of_ixon(person, note)
  local invite = ixon.invites.find{ emailAddress = person.email }
  if invite then
    ixon.invites.delete{ publicId = invite.publicId }
    note("invite", invite.publicId, "withdrawn")
  else
    note("invite", "", "not there")
  end
  local user = ixon.users.find{ emailAddress = person.email }
  if user then
    ixon.users.delete{ publicId = user.publicId }
    note("user", user.publicId, "removed")
  else
    note("user", "", "not there")
  end
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

local function out_of_intrexx(person, note)
  local login = person.email:match("^[^@]+"):lower()
  local user = intrexx.users.find(person.portal, { login_username = login })
  if not user then return note("user", "", "not there") end
  intrexx.users.delete(person.portal, user.id)
  note("user", user.id, "removed")
end

local steps = { { "ixon", out_of_ixon }, { "qalyptus", out_of_qalyptus },
                { "intrexx", out_of_intrexx } }
local rows = {}

-- Whoever leaves must lose access everywhere: a failure in one system does not
-- keep the others from being tried.
local outcomes = parallel(people, function(person, i)
  rows[i] = {}
  local first
  for _, step in ipairs(steps) do
    local function note(what, id, outcome)
      table.insert(rows[i], { person = person.email, system = step[1], what = what,
                              id = tostring(id), outcome = outcome })
    end
    local ok, err = try(function() step[2](person, note) return true end)
    if not ok then
      note("", "", "failed")
      log.error(person.email .. ": " .. step[1] .. ": " .. tostring(err))
      first = first or err
    end
  end
  if first then error(first, 0) end
end, { limit = opt.limit, progress = function(person) return person.email end })

local list, failed = {}, 0
for i, outcome in ipairs(outcomes) do
  table.move(rows[i], 1, #rows[i], #list + 1, list)
  if not outcome.ok then failed = failed + 1 end
end
print_table(list, { columns = { "person", "system", "what", "id", "outcome" } })
if failed > 0 then error(("%d of %d people failed"):format(failed, #people), 0) end
