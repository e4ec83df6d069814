-- What each call of ixon puts on the wire. Query as name=value joined by &, before percent-encoding.
-- SPDX-License-Identifier: MIT

local role, group, user = "role00000001", "grup00000001", "user00000001"
local invite, membership, token = "invt00000001", "mbrs00000001", "tokn00000001"
local branded = { ["Api-Branding"] = "portal.ixon.cloud" }
local role_fields = "fields=publicId,name,description,enforce2fa,enforceSso,permissions.publicId"
local group_fields = "fields=publicId,name,isCompanyGroup,type.publicId,agent.publicId,parent.publicId"
local invite_fields = "fields=publicId,emailAddress,expiresOn,memberships.publicId,memberships.group.publicId,"
  .. "memberships.role.publicId"
local user_fields = "fields=publicId,type,name,emailAddress,support,registeredOn,lastSeenOn,memberships.publicId,"
  .. "memberships.group.publicId,memberships.role.publicId"
local membership_fields = "fields=publicId,user.publicId,invite.publicId,group.publicId,role.publicId,expiresOn"

return {
  settings = { application = "SandboxApp01", company = "1111-2222-3333-4444-5555", branding = "portal.ixon.cloud" },

  { op = "ixon.roles.list", args = { { fields = "publicId,name" } },
    want = { method = "GET", path = "/roles", query = "fields=publicId,name" } },
  { op = "ixon.roles.list", args = { { ["page-size"] = 50, ["page-after"] = "abc" } },
    want = { method = "GET", path = "/roles", query = role_fields .. "&page-size=50&page-after=abc" } },
  { op = "ixon.roles.create", args = { { name = "Reader", permissions = { { publicId = "MANAGE_AGENT" } } } },
    want = { method = "POST", path = "/roles", body = [=[[{"name":"Reader","permissions":[{"publicId":"MANAGE_AGENT"}]}]]=] } },
  { op = "ixon.roles.update", args = { { { publicId = role, name = "Technician" }, { publicId = "role00000002", enforce2fa = true } } },
    want = { method = "PATCH", path = "/roles",
      body = [=[[{"name":"Technician","publicId":"role00000001"},{"enforce2fa":true,"publicId":"role00000002"}]]=] } },
  { op = "ixon.roles.delete", args = { { publicId = role } },
    want = { method = "DELETE", path = "/roles", body = [=[[{"publicId":"role00000001"}]]=] } },
  { op = "ixon.roles.get", args = { role },
    want = { method = "GET", path = "/roles/role00000001", query = role_fields } },
  { op = "ixon.roles.set_permissions", args = { role, { { publicId = "MANAGE_AGENT" }, { publicId = "COMPANY_ADMIN" } } },
    want = { method = "PUT", path = "/roles/role00000001/permissions",
      body = [=[[{"publicId":"MANAGE_AGENT"},{"publicId":"COMPANY_ADMIN"}]]=] } },

  { op = "ixon.groups.list", args = {},
    want = { method = "GET", path = "/groups", query = group_fields } },
  { op = "ixon.groups.list", args = { { fields = { "publicId", "name" }, filters = { 'eq(name,"Plant A")', "isnull(agent)" } } },
    want = { method = "GET", path = "/groups", query = 'fields=publicId,name&filters=eq(name,"Plant A")&filters=isnull(agent)' } },
  { op = "ixon.groups.create", args = { { name = "Plant C", type = { publicId = "type00000001" } } },
    want = { method = "POST", path = "/groups", body = [=[[{"name":"Plant C","type":{"publicId":"type00000001"}}]]=] } },
  { op = "ixon.groups.update", args = { { publicId = group, name = "Plant A1" } },
    want = { method = "PATCH", path = "/groups", body = [=[[{"name":"Plant A1","publicId":"grup00000001"}]]=] } },
  { op = "ixon.groups.delete", args = { { { publicId = group } } },
    want = { method = "DELETE", path = "/groups", body = [=[[{"publicId":"grup00000001"}]]=] } },
  { op = "ixon.groups.get", args = { group },
    want = { method = "GET", path = "/groups/grup00000001", query = group_fields } },

  { op = "ixon.invites.create",
    args = { {
      groupRoles = { { group = { publicId = group }, role = { publicId = role } } },
      emailAddress = "new.hire@example.com", message = "Welcome",
    } },
    want = { method = "POST", path = "/invites", headers = branded,
      body = [=[[{"emailAddress":"new.hire@example.com","groupRoles":[{"group":{"publicId":"grup00000001"},]=]
        .. [=["role":{"publicId":"role00000001"}}],"message":"Welcome"}]]=] } },
  { op = "ixon.invites.create",
    args = { {
      { emailAddress = "new.hire@example.com", groupRoles = { { group = { publicId = group }, role = { publicId = role } } } },
      branding = "cloud.example.com",
    } },
    want = { method = "POST", path = "/invites", headers = { ["Api-Branding"] = "cloud.example.com" },
      body = [=[[{"emailAddress":"new.hire@example.com","groupRoles":[{"group":{"publicId":"grup00000001"},]=]
        .. [=["role":{"publicId":"role00000001"}}]}]]=] } },
  { op = "ixon.invites.list", args = {},
    want = { method = "GET", path = "/invites", query = invite_fields } },
  { op = "ixon.invites.delete", args = { { { publicId = invite }, { publicId = "invt00000002" } } },
    want = { method = "DELETE", path = "/invites", body = [=[[{"publicId":"invt00000001"},{"publicId":"invt00000002"}]]=] } },
  { op = "ixon.invites.get", args = { invite },
    want = { method = "GET", path = "/invites/invt00000001", query = invite_fields } },
  { op = "ixon.invites.delete_one", args = { invite },
    want = { method = "DELETE", path = "/invites/invt00000001" } },
  { op = "ixon.invites.resend", args = { { publicId = invite } },
    want = { method = "POST", path = "/invites/resend", headers = branded, body = [=[[{"publicId":"invt00000001"}]]=] } },
  { op = "ixon.invites.resend_one", args = { invite },
    want = { method = "POST", path = "/invites/invt00000001/resend", headers = branded } },

  { op = "ixon.users.list", args = {},
    want = { method = "GET", path = "/users", query = user_fields } },
  { op = "ixon.users.delete", args = { { { publicId = user } } },
    want = { method = "DELETE", path = "/users", body = [=[[{"publicId":"user00000001"}]]=] } },
  { op = "ixon.users.get", args = { user, { fields = "*" } },
    want = { method = "GET", path = "/users/user00000001", query = "fields=*" } },
  { op = "ixon.users.delete_one", args = { user },
    want = { method = "DELETE", path = "/users/user00000001" } },

  { op = "ixon.memberships.list", args = { { filters = 'eq(user.publicId,"user00000001")' } },
    want = { method = "GET", path = "/users/memberships",
      query = membership_fields .. '&filters=eq(user.publicId,"user00000001")' } },
  { op = "ixon.memberships.create",
    args = { { user = { publicId = user }, group = { publicId = group }, role = { publicId = role } } },
    want = { method = "POST", path = "/users/memberships",
      body = [=[[{"group":{"publicId":"grup00000001"},"role":{"publicId":"role00000001"},"user":{"publicId":"user00000001"}}]]=] } },
  { op = "ixon.memberships.update", args = { { publicId = membership, expiresOn = "2031-01-31T17:00:00Z" } },
    want = { method = "PATCH", path = "/users/memberships",
      body = [=[[{"expiresOn":"2031-01-31T17:00:00Z","publicId":"mbrs00000001"}]]=] } },
  { op = "ixon.memberships.delete", args = { { { publicId = membership } } },
    want = { method = "DELETE", path = "/users/memberships", body = [=[[{"publicId":"mbrs00000001"}]]=] } },
  { op = "ixon.memberships.get", args = { membership },
    want = { method = "GET", path = "/users/memberships/mbrs00000001", query = membership_fields } },
  { op = "ixon.memberships.update_one", args = { membership, { role = { publicId = role } } },
    want = { method = "PATCH", path = "/users/memberships/mbrs00000001", body = [[{"role":{"publicId":"role00000001"}}]] } },
  { op = "ixon.memberships.delete_one", args = { membership },
    want = { method = "DELETE", path = "/users/memberships/mbrs00000001" } },
  { op = "ixon.memberships.replace_for_user",
    args = { user, { { group = { publicId = group }, role = { publicId = role } } } },
    want = { method = "PUT", path = "/users/memberships/user/user00000001",
      body = [=[[{"group":{"publicId":"grup00000001"},"role":{"publicId":"role00000001"}}]]=] } },

  { op = "ixon.access_tokens.create", args = { { expiresIn = 3600 } },
    want = { method = "POST", path = "/access-tokens", query = "fields=publicId,secretId,expiresOn", body = [[{"expiresIn":3600}]] } },
  { op = "ixon.access_tokens.list", args = {},
    want = { method = "GET", path = "/access-tokens", query = "fields=publicId,expiresOn,created" } },
  { op = "ixon.access_tokens.delete", args = { { publicId = token } },
    want = { method = "DELETE", path = "/access-tokens", body = [=[[{"publicId":"tokn00000001"}]]=] } },
  { op = "ixon.access_tokens.get_current", args = {},
    want = { method = "GET", path = "/access-tokens/me", query = "fields=publicId,expiresOn,created" } },
  { op = "ixon.access_tokens.delete_current", args = {},
    want = { method = "DELETE", path = "/access-tokens/me" } },

  { op = "ixon.me.get", args = { { fields = { "publicId", "name" } } },
    want = { method = "GET", path = "/users/me", query = "fields=publicId,name" } },
  { op = "ixon.companies.list", args = {},
    want = { method = "GET", path = "/companies", query = "fields=publicId,name" } },
  { op = "ixon.companies.get", args = { "1111-2222-3333-4444-5555" },
    want = { method = "GET", path = "/companies/1111-2222-3333-4444-5555", query = "fields=publicId,name" } },
  { op = "ixon.companies.get_current", args = {},
    want = { method = "GET", path = "/companies/me",
      query = "fields=publicId,name,country,defaultUserInviteLanguage,supportAccessExpiresOn" } },
  { op = "ixon.permissions.list", args = {},
    want = { method = "GET", path = "/permissions", query = "fields=publicId" } },
  { op = "ixon.discovery.list", args = {},
    want = { method = "GET", path = "/" } },
}
