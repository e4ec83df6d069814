-- access.lua - what audit.lua reads: who has access to what, system by system.
-- SPDX-License-Identifier: MIT

-- Each function calls add(row) for one thing that somebody may do: person (the
-- e-mail address where there is one), access (a role, a key), place (a group, a
-- portal), state.

local access = {}

local function by(key, list)
  local found = {}
  for _, record in ipairs(list) do found[record[key]] = record end
  return found
end

-- A thing that was deleted since is still told, by its id.
local function name_of(ref, known)
  if not ref then return "" end
  local record = known[ref.publicId]
  return record and record.name or ref.publicId
end

--- access.ixon(add): memberships, also those of people who are only invited.
function access.ixon(add)
  local groups, roles = by("publicId", ixon.groups.list()), by("publicId", ixon.roles.list())
  local users, invites = by("publicId", ixon.users.list()), by("publicId", ixon.invites.list())
  local seen = {}
  for one in ixon.memberships.each() do
    local ref = one.user or one.invite or {}
    local who = users[ref.publicId] or invites[ref.publicId] or {}
    local invite = one.user == nil and one.invite ~= nil
    seen[ref.publicId or ""] = true
    local ends = one.expiresOn or invite and who.expiresOn
    add{ person = who.emailAddress or who.name or ref.publicId, access = name_of(one.role, roles), place = name_of(one.group, groups),
         state = (invite and "invited" or "active") .. (ends and " until " .. ends:sub(1, 10) or "") }
  end
  for id, user in pairs(users) do
    if not seen[id] then add{ person = user.emailAddress or user.name or id, access = "user without membership", state = "active" } end
  end
end

--- access.qalyptus(add): roles and groups of users and recipients, and the
-- keys of programs.
function access.qalyptus(add)
  local users = qalyptus.users.list()
  for _, user in ipairs(users) do
    local places, state = {}, user.isActive == false and "inactive" or "active"
    for n, one in ipairs(user.organizations or {}) do places[n] = one.name end
    table.sort(places)
    for _, role in ipairs(user.roles or {}) do
      add{ person = user.email, access = role.name, place = table.concat(places, ", "), state = state }
    end
    for _, group in ipairs(user.groups or {}) do
      add{ person = user.email, access = "member", place = group.name, state = state }
    end
    if #(user.roles or {}) + #(user.groups or {}) == 0 then
      add{ person = user.email, access = user.type or "user", place = table.concat(places, ", "), state = state }
    end
  end
  local known = by("id", users)
  for _, key in ipairs(qalyptus.api_keys.list_all()) do
    local owner = known[key.userId]
    add{ person = owner and owner.email or key.userId, access = "API key", place = key.name,
         state = key.expired and "expired" or key.expiryDate and "active until " .. key.expiryDate:sub(1, 10) or "active" }
  end
end

--- access.infoworks(add): roles, and the domains that somebody is let into.
function access.infoworks(add)
  local domains = by("id", infoworks.domains.list())
  for _, user in ipairs(infoworks.users.list()) do
    local person = user.profile and user.profile.email or user.id
    local state = user.login_disabled and "disabled" or user.status or "active"
    for _, role in ipairs(user.roles or {}) do add{ person = person, access = role, state = state } end
    for _, id in ipairs(user.accessible_domains or {}) do
      add{ person = person, access = "domain", place = domains[id] and domains[id].name or id, state = state }
    end
  end
end

--- access.bossinsights(add): administrators of accounts, and keys of programs.
function access.bossinsights(add)
  for _, account in ipairs(bossinsights.accounts.list()) do
    add{ person = account.email_admin, access = "administrator", place = account.name, state = "active" }
  end
  for _, key in ipairs(bossinsights.api_keys.list()) do
    local active = key.active == "1" or key.active == 1 or key.active == true
    add{ person = "(program)", access = "API key", place = key.name, state = active and "active" or "inactive" }
  end
end

--- access.intrexx(add, people): groups of portal users. No call of Intrexx
-- lists users; only those that errand has created are found, by their login.
function access.intrexx(add, people)
  for _, portal in ipairs(intrexx.portals.list()) do
    for _, person in ipairs(people) do
      local user = intrexx.users.find(portal.name, { login_username = person })
      local groups = user and intrexx.users.list_groups(portal.name, user.id) or {}
      for _, group in ipairs(groups) do
        add{ person = person, access = group.name or tostring(group.id), place = portal.name, state = "active" }
      end
      if user and #groups == 0 then add{ person = person, access = "user", place = portal.name, state = "active" } end
    end
  end
end

return access
