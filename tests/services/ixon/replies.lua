-- One reply for each operation of ixon in the form the API describes, and what the call makes of it.
-- SPDX-License-Identifier: MIT

local done = [[{"status":"success","type":"Response","data":null,"moreAfter":null}]]

return {
  { op = "ixon.roles.list", status = 200,
    body = [[{"status":"success","type":"Role","data":[{"publicId":"role00000001","name":"Engineer","permissions":null},]]
      .. [[{"publicId":"role00000002","name":"Operator","permissions":[{"publicId":"MANAGE_AGENT"}]}],"moreAfter":null}]],
    data = {
      { publicId = "role00000001", name = "Engineer" },
      { publicId = "role00000002", name = "Operator", permissions = { { publicId = "MANAGE_AGENT" } } },
    } },
  { op = "ixon.roles.create", status = 201,
    body = [[{"status":"success","type":"Role","data":{"publicId":"role00000003"},"moreAfter":null}]],
    data = { { publicId = "role00000003" } } },
  { op = "ixon.roles.update", status = 200, body = done },
  { op = "ixon.roles.delete", status = 200, body = done },
  { op = "ixon.roles.get", status = 200,
    body = [[{"status":"success","type":"Role","data":{"publicId":"role00000001","name":"Engineer","enforce2fa":false}}]],
    data = { publicId = "role00000001", name = "Engineer", enforce2fa = false } },
  { op = "ixon.roles.set_permissions", status = 200, body = done },

  { op = "ixon.groups.list", status = 200,
    body = [[{"status":"success","type":"Group","data":[{"publicId":"grup00000001","name":"Example Company","isCompanyGroup":true,]]
      .. [["type":null,"agent":null},{"publicId":"grup00000002","name":"Plant A","isCompanyGroup":false,]]
      .. [["type":{"publicId":"type00000001"},"agent":null}],"moreAfter":null}]],
    data = {
      { publicId = "grup00000001", name = "Example Company", isCompanyGroup = true },
      { publicId = "grup00000002", name = "Plant A", isCompanyGroup = false, type = { publicId = "type00000001" } },
    } },
  { op = "ixon.groups.create", status = 201,
    body = [[{"status":"success","type":"Group","data":[{"publicId":"grup00000003"}],"moreAfter":null}]],
    data = { { publicId = "grup00000003" } } },
  { op = "ixon.groups.update", status = 200, body = done },
  { op = "ixon.groups.delete", status = 200, body = done },
  { op = "ixon.groups.get", status = 200,
    body = [[{"status":"success","type":"Group","data":{"publicId":"grup00000002","name":"Plant A","isCompanyGroup":false}}]],
    data = { publicId = "grup00000002", name = "Plant A", isCompanyGroup = false } },

  { op = "ixon.invites.create", status = 201,
    body = [[{"status":"success","type":"InviteResponse","data":{"invites":[{"publicId":"invt00000001"}],]]
      .. [["userMemberships":[{"publicId":"mbrs00000001"}]}}]],
    data = { invites = { { publicId = "invt00000001" } }, userMemberships = { { publicId = "mbrs00000001" } } } },
  { op = "ixon.invites.create", status = 400,
    body = [[{"status":"error","type":"Error","data":[{"message":"Invalid value","propertyName":"emailAddress","listIndex":0}],]]
      .. [["moreAfter":null}]],
    error = { kind = "validation", message = "Invalid value" } },
  { op = "ixon.invites.list", status = 200,
    body = [[{"status":"success","type":"Invite","data":[{"publicId":"invt00000001","emailAddress":"new.hire@example.com",]]
      .. [["expiresOn":"2031-01-31T17:00:00Z","memberships":[{"publicId":"mbrs00000001","group":{"publicId":"grup00000002"},]]
      .. [["role":{"publicId":"role00000001"}}]}],"moreAfter":null}]],
    data = { { publicId = "invt00000001", emailAddress = "new.hire@example.com", expiresOn = "2031-01-31T17:00:00Z",
      memberships = { { publicId = "mbrs00000001", group = { publicId = "grup00000002" }, role = { publicId = "role00000001" } } } } } },
  { op = "ixon.invites.delete", status = 200, body = done },
  { op = "ixon.invites.get", status = 200,
    body = [[{"status":"success","type":"Invite","data":{"publicId":"invt00000001","emailAddress":"new.hire@example.com"}}]],
    data = { publicId = "invt00000001", emailAddress = "new.hire@example.com" } },
  { op = "ixon.invites.delete_one", status = 200, body = done },
  { op = "ixon.invites.resend", status = 201, body = done },
  { op = "ixon.invites.resend_one", status = 201, body = done },

  { op = "ixon.users.list", status = 200,
    body = [[{"status":"success","type":"User","data":[{"publicId":"user00000001","type":"person","name":"Ada Example",]]
      .. [["emailAddress":"ada@example.com","lastSeenOn":null,"memberships":[]},{"publicId":"user00000002",]]
      .. [["type":"service_account","name":"errand","emailAddress":null}],"moreAfter":null}]],
    data = {
      { publicId = "user00000001", type = "person", name = "Ada Example", emailAddress = "ada@example.com", memberships = {} },
      { publicId = "user00000002", type = "service_account", name = "errand" },
    } },
  { op = "ixon.users.list", status = 401,
    body = [[{"status":"error","type":"Error","data":[{"message":"Invalid value","propertyName":"Authorization","listIndex":null}],]]
      .. [["moreAfter":null}]],
    error = { kind = "auth", message = "Invalid value" } },
  { op = "ixon.users.delete", status = 200, body = done },
  { op = "ixon.users.get", status = 200,
    body = [[{"status":"success","type":"User","data":{"publicId":"user00000001","type":"person","name":"Ada Example"}}]],
    data = { publicId = "user00000001", type = "person", name = "Ada Example" } },
  { op = "ixon.users.delete_one", status = 200, body = done },

  { op = "ixon.memberships.list", status = 200,
    body = [[{"status":"success","type":"UserMembership","data":[{"publicId":"mbrs00000001","user":{"publicId":"user00000001"},]]
      .. [["invite":null,"group":{"publicId":"grup00000002"},"role":{"publicId":"role00000001"},"expiresOn":null}],]]
      .. [["moreAfter":null}]],
    data = { { publicId = "mbrs00000001", user = { publicId = "user00000001" }, group = { publicId = "grup00000002" },
      role = { publicId = "role00000001" } } } },
  { op = "ixon.memberships.create", status = 201,
    body = [[{"status":"success","type":"UserMembership","data":[{"publicId":"mbrs00000002"}],"moreAfter":null}]],
    data = { { publicId = "mbrs00000002" } } },
  { op = "ixon.memberships.update", status = 200, body = done },
  { op = "ixon.memberships.delete", status = 200, body = done },
  { op = "ixon.memberships.get", status = 200,
    body = [[{"status":"success","type":"UserMembership","data":{"publicId":"mbrs00000001","role":null}}]],
    data = { publicId = "mbrs00000001" } },
  { op = "ixon.memberships.update_one", status = 200, body = done },
  { op = "ixon.memberships.delete_one", status = 200, body = done },
  { op = "ixon.memberships.replace_for_user", status = 200,
    body = [[{"status":"success","type":"UserMembership","data":{"publicId":"mbrs00000003"},"moreAfter":null}]],
    data = { { publicId = "mbrs00000003" } } },

  { op = "ixon.access_tokens.create", status = 201,
    body = [[{"status":"success","type":"AccessTokenCreateResponse","data":{"publicId":"tokn00000001",]]
      .. [["secretId":"0123456789abcdef0123456789abcdef","expiresOn":"2031-01-31T17:00:00Z"}}]],
    data = { publicId = "tokn00000001", secretId = "0123456789abcdef0123456789abcdef", expiresOn = "2031-01-31T17:00:00Z" } },
  { op = "ixon.access_tokens.create", status = 401,
    body = [[{"status":"error","type":"Error","data":[{"message":"One-Time Password required","propertyName":null,]]
      .. [["listIndex":null}],"moreAfter":null}]],
    error = { kind = "auth", message = "One-Time Password required" } },
  { op = "ixon.access_tokens.list", status = 200,
    body = [[{"status":"success","type":"AccessToken","data":[{"publicId":"tokn00000001","created":"2030-01-31T17:00:00Z"}],]]
      .. [["moreAfter":null}]],
    data = { { publicId = "tokn00000001", created = "2030-01-31T17:00:00Z" } } },
  { op = "ixon.access_tokens.delete", status = 200, body = done },
  { op = "ixon.access_tokens.get_current", status = 200,
    body = [[{"status":"success","type":"AccessToken","data":{"publicId":"tokn00000001","expiresOn":null}}]],
    data = { publicId = "tokn00000001" } },
  { op = "ixon.access_tokens.delete_current", status = 200, body = done },

  { op = "ixon.me.get", status = 200,
    body = [[{"status":"success","type":"User","data":{"publicId":"user00000002","type":"service_account","name":"errand",]]
      .. [["emailAddress":null,"support":false}}]],
    data = { publicId = "user00000002", type = "service_account", name = "errand", support = false } },
  { op = "ixon.companies.list", status = 200,
    body = [[{"status":"success","type":"Company","data":[{"publicId":"1111-2222-3333-4444-5555","name":"Example Company"}],]]
      .. [["moreAfter":null}]],
    data = { { publicId = "1111-2222-3333-4444-5555", name = "Example Company" } } },
  { op = "ixon.companies.get", status = 200,
    body = [[{"status":"success","type":"Company","data":{"publicId":"1111-2222-3333-4444-5555","name":"Example Company"}}]],
    data = { publicId = "1111-2222-3333-4444-5555", name = "Example Company" } },
  { op = "ixon.companies.get_current", status = 200,
    body = [[{"status":"success","type":"Company","data":{"publicId":"1111-2222-3333-4444-5555","country":"NL"}}]],
    data = { publicId = "1111-2222-3333-4444-5555", country = "NL" } },
  { op = "ixon.permissions.list", status = 200,
    body = [[{"status":"success","type":"Permission","data":[{"publicId":"COMPANY_ADMIN"},{"publicId":"MANAGE_AGENT"}]}]],
    data = { { publicId = "COMPANY_ADMIN" }, { publicId = "MANAGE_AGENT" } } },
  { op = "ixon.discovery.list", status = 200,
    body = [[{"status":"success","type":"Discovery","data":[{"rel":"RoleList","href":"https://portal.ixon.cloud/api/roles",]]
      .. [["methods":["GET","POST"]}],"moreAfter":null}]],
    data = { { rel = "RoleList", href = "https://portal.ixon.cloud/api/roles", methods = { "GET", "POST" } } } },

  { op = "ixon.groups.list", status = 400,
    body = [[{"status":"error","type":"Error","data":[{"message":"Required header","propertyName":"Api-Company","listIndex":null}],]]
      .. [["moreAfter":null}]],
    error = { kind = "validation", message = "Required header" } },
  { op = "ixon.groups.list", status = 200,
    body = [[{"status":"error","type":"Error","data":[{"message":"Invalid value","propertyName":"fields","listIndex":null}]}]],
    error = { message = "Invalid value" } },

  { op = "ixon.me.update", status = 200, body = done },
  { op = "ixon.me.leave_companies", status = 200, body = done },
  { op = "ixon.service_accounts.create", status = 201,
    body = [[{"status":"success","type":"ServiceAccount","data":{"publicId":"user00000009",]]
      .. [["apiApplication":{"publicId":"appl00000009"},"token":"0123456789abcdef0123456789abcdef"},"moreAfter":null}]],
    data = { { publicId = "user00000009", apiApplication = { publicId = "appl00000009" },
      token = "0123456789abcdef0123456789abcdef" } } },
  { op = "ixon.service_accounts.delete", status = 200, body = done },
  { op = "ixon.audiences.list", status = 200,
    body = [[{"status":"success","type":"Audience","data":[{"publicId":"audn00000001","name":"VPN","default":true}],"moreAfter":null}]],
    data = { { publicId = "audn00000001", name = "VPN", default = true } } },
  { op = "ixon.group_types.list", status = 200,
    body = [[{"status":"success","type":"GroupType","data":[{"publicId":"type00000001","name":"Plant","order":1,"color":null}],]]
      .. [["moreAfter":null}]],
    data = { { publicId = "type00000001", name = "Plant", order = 1 } } },
  { op = "ixon.group_types.create", status = 201,
    body = [[{"status":"success","type":"GroupType","data":[{"publicId":"type00000003"}],"moreAfter":null}]],
    data = { { publicId = "type00000003" } } },
  { op = "ixon.agents.list", status = 200,
    body = [[{"status":"success","type":"Agent","data":[{"publicId":"agnt00000001","name":null,"deviceId":"10000001",]]
      .. [["activeStatus":"online","memberships":[{"publicId":"ambr00000001"}]}],"moreAfter":null}]],
    data = { { publicId = "agnt00000001", deviceId = "10000001", activeStatus = "online",
      memberships = { { publicId = "ambr00000001" } } } } },
  { op = "ixon.agents.get", status = 200,
    body = [[{"status":"success","type":"Agent","data":{"publicId":"agnt00000001","name":"Press 4"},"moreAfter":null}]],
    data = { publicId = "agnt00000001", name = "Press 4" } },
  { op = "ixon.agents.update", status = 200, body = done },
  { op = "ixon.agent_memberships.list", status = 200,
    body = [[{"status":"success","type":"AgentMembership","data":[{"publicId":"ambr00000001",]]
      .. [["agent":{"publicId":"agnt00000001"},"group":{"publicId":"grup00000002"}}],"moreAfter":null}]],
    data = { { publicId = "ambr00000001", agent = { publicId = "agnt00000001" }, group = { publicId = "grup00000002" } } } },
  { op = "ixon.agent_memberships.create", status = 201,
    body = [[{"status":"success","type":"AgentMembership","data":{"publicId":"ambr00000002"},"moreAfter":null}]],
    data = { { publicId = "ambr00000002" } } },
  { op = "ixon.agent_memberships.delete", status = 200, body = done },
}
