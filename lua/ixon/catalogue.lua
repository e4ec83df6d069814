-- SPDX-License-Identifier: MIT
-- IXON Cloud APIv2: roles, groups, invites, users and what they need.

local fields_doc = "What to return: names, also below objects (type.publicId). * takes the plain ones of the top level only."
local filters_doc = 'Conditions such as eq(name,"Plant A"), text in double quotes; several narrow together. Known: eq ne lt lte '
  .. "gt gte in ni between contains isnull isnotnull."

local filters = { "filters", "[string]", doc = filters_doc }
local size = { "page-size", "integer", min = 1, max = 4000, default = 20,
  doc = "Records a page. 4000 is the most the vendor's own code asks for." }
local after = { "page-after", "string", doc = "Where to go on: moreAfter of the page before." }
-- The lists no public sample pages through.
local size_guess = { "page-size", "integer", min = 1, max = 4000, default = 20, evidence = "inferred",
  doc = "Records a page, as in the lists the vendor's samples page through." }
local after_guess = { "page-after", "string", evidence = "inferred",
  doc = "Where to go on: moreAfter of the page before." }

local branding = { "Api-Branding", "string", value = "{branding}", as = "branding", required = true,
  doc = "Portal domain the mail and its link speak for, such as portal.ixon.cloud." }

return {
  format = 1,
  name = "ixon",
  title = "IXON Cloud, remote access to machines (APIv2)",
  doc = "Users of an IXON Cloud company: who is invited, who has which role in which group. Best run with the token of an API "
    .. "service account; it works only together with the application id of that same account. The company's licence must "
    .. "include the API. Ids are 12 letters or digits. Bulk calls take one object or a list and always send a list; when one "
    .. "element is refused, take nothing as done and read again.",
  docs = "https://developer.ixon.cloud/",
  evidence = "docs",
  url = { default = "https://portal.ixon.cloud/api" },
  check = "me.get",

  settings = {
    { "application", "string", required = true, min = 12, max = 12, pattern = "[0-9A-Za-z]+",
      doc = "Application id, from IXON or made along with a service account." },
    { "company", "string", min = 24, max = 24, pattern = "%d%d%d%d%-%d%d%d%d%-%d%d%d%d%-%d%d%d%d%-%d%d%d%d",
      doc = "Company id, five groups of four digits. All but logins, tokens, me and the list of companies need it." },
    { "token", "string", secret = true, doc = "Bearer token, such as that of a service account. Used before e-mail and password." },
    { "email", "string", min = 6, max = 254, doc = "E-mail of the person who signs in, where there is no token." },
    { "password", "string", secret = true, doc = "Password of that person." },
    { "otp", "string", secret = true, doc = "One-time password of this minute, if the person uses two factors. Good for one login; "
      .. "a trusted device spares it." },
    { "device", "uuid", doc = "Trusted device: with it later logins need no one-time password. Made trusted by "
      .. "access_tokens.create with trustedDeviceName." },
    { "branding", "string", preset = "portal.ixon.cloud", evidence = "source",
      doc = "Portal domain for invites. Another one only with premium branding." },
  },

  headers = {
    { "Api-Version", value = "2", evidence = "source" },
    { "Api-Application", value = "{application}", required = true, evidence = "source" },
    { "Api-Company", value = "{company}", required = true, evidence = "source" },
  },

  auth = {
    { needs = { "token" }, send = { { "Authorization", value = "Bearer {token}" } } },
    { needs = { "email", "password" },
      login = {
        http = "POST /access-tokens?fields=secretId", without = { "Api-Company" },
        headers = {
          { "Api-Device-Identifier", value = "{device}" },
          { "Authorization", value = "Basic {basic:{email}:{otp}:{password}}" },
        },
        json = { expiresIn = 86400 }, token = "/data/secretId", lifetime = 86400,
      },
      send = { { "Authorization", value = "Bearer {token}" } } },
    { name = "basic", needs = { "email", "password" },
      send = { { "Authorization", value = "Basic {basic:{email}:{otp}:{password}}" } } },
  },

  envelope = {
    data = "/data",
    ok = { "/status", "success" },
    message = { "/data/0/message", "/message" },
    problems = { "/data", message = "message", path = "propertyName", index = "listIndex" },
  },

  paging = {
    after = { style = "cursor", send = "page-after", size = "page-size", page_size = 1000, max = 4000, next = "/moreAfter" },
  },

  -- Published: 40 a second over two minutes for one address, then ten minutes of 429. Older copies of the page say 30.
  rate = { requests = 30, seconds = 1, concurrency = 8, block = 600 },

  shapes = {
    -- What is sent.
    Ref = { { "publicId", "string", required = true, min = 12, max = 12, pattern = "[0-9A-Za-z]+", doc = "Id of the thing meant." } },
    PermissionRef = { { "publicId", "string", required = true, min = 1, max = 255, doc = "A word such as MANAGE_AGENT." } },

    RoleCreate = {
      { "name", "string", required = true, min = 1, max = 255 },
      { "description", "string", nullable = true, max = 255 },
      { "enforce2fa", "boolean", doc = "Only for people who sign in with two factors." },
      { "enforceSso", "boolean", doc = "Only for people who sign in through single sign-on." },
      { "permissions", "[PermissionRef]", doc = "What the role may do; words from permissions.list." },
      { "audiences", "[Ref]", doc = "Categories of access; audiences.list has them." },
      { "custom", "object", doc = "The company's own fields." },
    },
    RoleUpdate = {
      { "publicId", "string", required = true, min = 12, max = 12, doc = "Which role." },
      { "name", "string", min = 1, max = 255 },
      { "description", "string", nullable = true, max = 255 },
      { "enforce2fa", "boolean", doc = "Only for people who sign in with two factors." },
      { "enforceSso", "boolean", doc = "Only for people who sign in through single sign-on." },
      { "custom", "object", doc = "The company's own fields." },
    },

    GroupCreate = {
      { "name", "string", required = true, min = 1, max = 255 },
      { "type", "Ref", required = true, doc = "Group type; group_types.list has them." },
      { "parent", "Ref", nullable = true, doc = "Group this one is part of." },
      { "custom", "object", doc = "The company's own fields." },
    },
    GroupUpdate = {
      { "publicId", "string", required = true, min = 12, max = 12, doc = "Which group." },
      { "name", "string", min = 1, max = 255 },
      { "type", "Ref" },
      { "parent", "Ref", nullable = true, doc = "Group this one is part of." },
      { "custom", "object", doc = "The company's own fields." },
    },

    GroupRole = {
      { "group", "Ref", required = true, evidence = "source", doc = "Where. The company group stands for all devices." },
      { "role", "Ref", required = true, evidence = "source", doc = "As what." },
      { "expiresOn", "datetime", nullable = true, doc = "End of the access; needs the temporary access module." },
    },
    InviteCreate = {
      { "emailAddress", "string", required = true, min = 6, max = 254, evidence = "source", doc = "Who is invited." },
      { "groupRoles", "[GroupRole]", required = true, evidence = "source", doc = "Roles in groups, given on acceptance." },
      { "message", "string", min = 1, max = 1024, evidence = "source", doc = "Text put into the mail." },
      { "language", "string", min = 2, max = 2, doc = "Language of the mail, two letters." },
    },

    MembershipCreate = {
      { "user", "Ref", doc = "Who, if already a user." },
      { "invite", "Ref", doc = "Who, if only invited so far." },
      { "group", "Ref", required = true },
      { "role", "Ref", required = true },
      { "expiresOn", "datetime", nullable = true, doc = "End of the access; needs the temporary access module." },
      one_of = { "user", "invite" },   -- inferred: the vendor marks both as optional
    },
    MembershipUpdate = {
      { "publicId", "string", required = true, min = 12, max = 12, doc = "Which membership." },
      { "group", "Ref" },
      { "role", "Ref", nullable = true },
      { "expiresOn", "datetime", nullable = true, doc = "End of the access; null for none." },
    },
    MembershipReplace = {
      { "group", "Ref", required = true },
      { "role", "Ref", nullable = true },
      { "expiresOn", "datetime", nullable = true, doc = "End of the access; needs the temporary access module." },
    },

    TokenCreate = {
      { "expiresIn", "integer", required = true, min = 60, max = 5184000, doc = "Seconds it lives; 60 days at most." },
      { "trustedDeviceName", "string", doc = "Makes the device of the Api-Device-Identifier header a trusted one, under this name." },
      { "scope", "TokenScope", doc = "What the token may do; everything if left out." },
    },
    TokenScope = {
      { "type", "string", required = true, enum = { "unrestricted", "allow", "deny" } },
      { "rels", "[TokenRel]", doc = "For allow and deny: which endpoints." },
    },
    TokenRel = {
      { "rel", "string", required = true, evidence = "inferred", doc = "Endpoint name from discovery.list." },
      { "get", "boolean", evidence = "inferred" },
      { "post", "boolean", evidence = "inferred" },
      { "patch", "boolean", evidence = "inferred" },
      { "delete", "boolean", evidence = "inferred" },
      { "put", "boolean", evidence = "inferred" },
    },

    MeUpdate = {
      { "name", "string", min = 1, max = 255 },
      { "language", "string", min = 2, max = 2, doc = "Two letters." },
      { "localisation", "string", nullable = true, max = 10 },
      { "timeZone", "string", nullable = true, max = 255, doc = "Such as Europe/Amsterdam." },
      { "phoneNumber", "string", nullable = true },
      { "custom", "object", doc = "The company's own fields." },
      min = 1,   -- inferred: a change of nothing is a mistake
    },
    CompanyRef = {
      { "publicId", "string", required = true, min = 24, max = 24, pattern = "%d%d%d%d%-%d%d%d%d%-%d%d%d%d%-%d%d%d%d%-%d%d%d%d",
        doc = "Id of the company, five groups of four digits." },
    },
    ServiceAccountCreate = { { "name", "string", required = true, min = 1, max = 255 } },
    GroupTypeCreate = {
      { "name", "string", required = true, min = 1, max = 255 },
      { "description", "string", nullable = true, max = 255 },
      { "order", "integer", doc = "Where it stands among the others." },
      { "color", "string", nullable = true },
      { "custom", "object", doc = "The company's own fields." },
    },
    AgentUpdate = {
      { "name", "string", min = 1, max = 255 },
      { "description", "string", nullable = true },
      { "timeZone", "string", nullable = true },
      { "fixedVpnAddress", "string", nullable = true, max = 255 },
      { "vpnProtocol", "string", enum = { "udp", "tcp" } },
      { "vpnRequireAccessApproval", "boolean" },
      { "vpnVisibleInMobileApp", "boolean" },
      { "vpnVisibleOnWeb", "boolean" },
      { "vpnAudience", "Ref", doc = "Category of access that VPN needs; from audiences.list." },
      { "dataAudience", "Ref", nullable = true, doc = "Category of access that its data needs." },
      { "custom", "object", doc = "The company's own fields." },
      min = 1,   -- inferred: a change of nothing is a mistake
    },
    AgentMembershipCreate = {
      { "agent", "Ref", required = true, doc = "Which device." },
      { "group", "Ref", required = true, doc = "Into which group." },
    },

    -- What comes back. fields decides what is there.
    Link = { { "publicId", "string", required = true }, open = true },

    Role = {
      { "publicId", "string", required = true, evidence = "source" },
      { "name", "string", evidence = "source" },
      { "description", "string", nullable = true },
      { "enforce2fa", "boolean" },
      { "enforceSso", "boolean" },
      { "permissions", "[Link]", nullable = true, doc = "Null is seen too." },
      { "audiences", "[Link]", nullable = true },
      { "custom", "object", nullable = true },
      open = true,
    },
    Group = {
      { "publicId", "string", required = true, evidence = "source" },
      { "name", "string", evidence = "source" },
      { "isCompanyGroup", "boolean", doc = "True for the one group that stands for all devices." },
      { "type", "Link", nullable = true },
      { "agent", "Link", nullable = true, doc = "Set where the group is just one device." },
      { "asset", "Link", nullable = true },
      { "parent", "Link", nullable = true },
      { "managedBy", "object", nullable = true },
      { "custom", "object", nullable = true },
      open = true,
    },
    InviteResult = {
      { "invites", "[Link]", doc = "The new invites; empty for people who are users already." },
      { "userMemberships", "[Link]", doc = "The memberships they were given." },
      open = true, evidence = "source",
    },
    Invite = {
      { "publicId", "string", required = true },
      { "emailAddress", "string" },
      { "expiresOn", "datetime", nullable = true },
      { "memberships", "[Membership]", nullable = true },
      open = true,
    },
    User = {
      { "publicId", "string", required = true, evidence = "source" },
      { "type", "string", doc = "person or service_account." },
      { "name", "string", nullable = true },
      { "emailAddress", "string", nullable = true, doc = "Null for service accounts." },
      { "support", "boolean" },
      { "registeredOn", "datetime", nullable = true },
      { "lastSeenOn", "datetime", nullable = true },
      { "registeredBy", "object", nullable = true },
      { "memberships", "[Membership]", nullable = true },
      { "apiApplications", "[Link]", nullable = true },
      { "otpauthRequired", "boolean" },
      { "custom", "object", nullable = true },
      open = true,
    },
    Membership = {
      { "publicId", "string" },
      { "user", "Link", nullable = true },
      { "invite", "Link", nullable = true },
      { "group", "Link", nullable = true },
      { "role", "Link", nullable = true },
      { "expiresOn", "datetime", nullable = true },
      open = true,
    },
    NewToken = {
      { "publicId", "string", doc = "Name of the token, for deletion." },
      { "secretId", "string", secret = true, doc = "The bearer token itself." },
      { "expiresOn", "datetime", nullable = true },
      { "user", "object", nullable = true },
      open = true,
    },
    Token = {
      { "publicId", "string", required = true },
      { "expiresOn", "datetime", nullable = true },
      { "created", "datetime", nullable = true },
      { "geoLocation", "any", nullable = true },
      { "scope", "any", nullable = true },
      { "ssoIdentityProvider", "any", nullable = true },
      open = true,
    },
    Me = {
      { "publicId", "string", required = true },
      { "type", "string" },
      { "name", "string", nullable = true },
      { "emailAddress", "string", nullable = true },
      { "support", "boolean" },
      { "hasPassword", "boolean" },
      { "externallyManaged", "boolean" },
      { "language", "string", nullable = true },
      { "localisation", "string", nullable = true },
      { "timeZone", "string", nullable = true },
      { "phoneNumber", "string", nullable = true },
      { "registeredOn", "datetime", nullable = true },
      { "lastSeenOn", "datetime", nullable = true },
      { "otpAuth", "any", nullable = true },
      { "invites", "[Link]", nullable = true },
      { "custom", "object", nullable = true },
      open = true,
    },
    Company = {
      { "publicId", "string", required = true },
      { "name", "string" },
      { "country", "string", nullable = true, doc = "Of the current company only, as are the next two." },
      { "defaultUserInviteLanguage", "string", nullable = true },
      { "supportAccessExpiresOn", "datetime", nullable = true },
      { "branding", "any", nullable = true },
      { "custom", "object", nullable = true },
      open = true,
    },
    NewServiceAccount = {
      { "publicId", "string", required = true },
      { "apiApplication", "Link", nullable = true, doc = "Its publicId is what the setting application wants." },
      { "token", "string", secret = true, doc = "What the setting token wants; shown this once only." },
      open = true,
    },
    Audience = {
      { "publicId", "string", required = true },
      { "name", "string" },
      { "description", "string", nullable = true },
      { "default", "boolean" },
      { "type", "any", nullable = true },
      { "custom", "object", nullable = true },
      open = true,
    },
    GroupType = {
      { "publicId", "string", required = true },
      { "name", "string" },
      { "description", "string", nullable = true },
      { "order", "integer", nullable = true },
      { "color", "string", nullable = true },
      { "custom", "object", nullable = true },
      open = true,
    },
    Agent = {
      { "publicId", "string", required = true },
      { "name", "string", nullable = true },
      { "deviceId", "string", nullable = true },
      { "serialNumber", "string", nullable = true },
      { "macAddress", "string", nullable = true },
      { "description", "string", nullable = true },
      { "timeZone", "string", nullable = true },
      { "activeStatus", "any", nullable = true },
      { "fixedVpnAddress", "string", nullable = true },
      { "type", "any", nullable = true },
      { "memberships", "[Link]", nullable = true },
      { "custom", "object", nullable = true },
      open = true,
    },
    AgentMembership = {
      { "publicId", "string", required = true },
      { "agent", "Link", nullable = true },
      { "group", "Link", nullable = true },
      open = true,
    },
    Permission = { { "publicId", "string", required = true }, { "custom", "object", nullable = true }, open = true },
    Endpoint = {
      { "rel", "string", required = true, doc = "Name of the endpoint, such as RoleList." },
      { "href", "string", doc = "URL with placeholders such as {publicId}." },
      { "methods", "any", nullable = true },
      open = true,
    },
  },

  resources = {
    { "roles", doc = "What people may do. A role counts only within a group, through a membership.",
      find = { by = { { "name" }, { "publicId" } }, list = "roles.list" },
      operations = {
        { "list", http = "GET /roles", summary = "List the roles of the company.", evidence = "source", effect = "read",
          doc = "The server cannot filter roles: find compares names here.",
          query = {
            { "fields", "[string]", join = ",", preset = "publicId,name,description,enforce2fa,enforceSso,permissions.publicId",
              evidence = "source", doc = fields_doc },
            size, after,
          },
          paging = "after", returns = "[Role]",
          example = [[return ixon.roles.list{ fields = "publicId,name" }]] },
        { "create", http = "POST /roles", summary = "Create roles.", evidence = "docs", effect = "create",
          body = "[RoleCreate]", returns = "[Link]", inverse = { "roles.delete", from = "" }, settle = 60,
          example = [[
local made = ixon.roles.create{ name = "Reader", permissions = { { publicId = "MANAGE_AGENT" } } }
return ixon.roles.get(made[1].publicId)]] },
        { "update", http = "PATCH /roles", summary = "Change roles, each named by publicId.", evidence = "docs", effect = "set",
          doc = "Members that are left out stay. Permissions have a call of their own, set_permissions.",
          body = "[RoleUpdate]", returns = "none",
          example = [[
local role = ixon.roles.find{ name = "Operator" }
ixon.roles.update{ publicId = role.publicId, description = "Runs the line" }]] },
        { "delete", http = "DELETE /roles", summary = "Delete roles.", evidence = "docs", effect = "set", danger = true,
          doc = "Look at memberships.list first: what becomes of people who hold the role is not published.",
          body = "[Ref]", returns = "none",
          example = [[
local made = ixon.roles.create{ name = "Short-lived" }
ixon.roles.delete(made)]] },
        { "get", http = "GET /roles/{public_id}", summary = "Get one role.", evidence = "docs", effect = "read",
          path = { { "public_id", "string", min = 12, max = 12, pattern = "[0-9A-Za-z]+", doc = "Id of the role." } },
          query = {
            { "fields", "[string]", join = ",", preset = "publicId,name,description,enforce2fa,enforceSso,permissions.publicId",
              doc = fields_doc },
          },
          returns = "Role",
          example = [[return ixon.roles.get(ixon.roles.find{ name = "Engineer" }.publicId)]] },
        { "set_permissions", http = "PUT /roles/{public_id}/permissions", summary = "Replace the permissions of a role.",
          evidence = "docs", effect = "set", danger = true,
          doc = "The list is the whole: what is not in it is taken away.",
          path = { { "public_id", "string", min = 12, max = 12, pattern = "[0-9A-Za-z]+", doc = "Id of the role." } },
          body = "[PermissionRef]", returns = "none",
          example = [[
local made = ixon.roles.create{ name = "Device keeper" }
ixon.roles.set_permissions(made[1].publicId, { { publicId = "MANAGE_AGENT" } })]] },
      } },

    { "groups", doc = "Sets of devices people get access to. The company group, isCompanyGroup, stands for all of them.",
      find = { by = { { "name" }, { "isCompanyGroup" }, { "publicId" } }, list = "groups.list" },
      operations = {
        { "list", http = "GET /groups", summary = "List the groups of the company, the company group too.", evidence = "source",
          effect = "read",
          doc = "A group with an agent is a single device's own group.",
          query = {
            { "fields", "[string]", join = ",",
              preset = "publicId,name,isCompanyGroup,type.publicId,agent.publicId,parent.publicId",
              evidence = "source", doc = fields_doc },
            filters, size, after,
          },
          paging = "after", returns = "[Group]",
          example = [[return ixon.groups.list{ fields = { "publicId", "name", "isCompanyGroup" } }]] },
        { "create", http = "POST /groups", summary = "Create groups.", evidence = "docs", effect = "create",
          body = "[GroupCreate]", returns = "[Link]", inverse = { "groups.delete", from = "" }, settle = 60,
          example = [[
local plant = ixon.groups.find{ name = "Plant A" }
return ixon.groups.create{ name = "Plant C", type = { publicId = plant.type.publicId } }]] },
        { "update", http = "PATCH /groups", summary = "Change groups, each named by publicId.", evidence = "docs", effect = "set",
          doc = "Members that are left out stay.",
          body = "[GroupUpdate]", returns = "none",
          example = [[
local plant = ixon.groups.find{ name = "Plant A" }
local made = ixon.groups.create{ name = "Plant D", type = { publicId = plant.type.publicId } }
ixon.groups.update{ publicId = made[1].publicId, name = "Plant D (closed)" }]] },
        { "delete", http = "DELETE /groups", summary = "Delete groups.", evidence = "docs", effect = "set", danger = true,
          doc = "Look at memberships.list first: people reach devices only through their groups.",
          body = "[Ref]", returns = "none",
          example = [[
local plant = ixon.groups.find{ name = "Plant A" }
local made = ixon.groups.create{ name = "Short-lived", type = { publicId = plant.type.publicId } }
ixon.groups.delete(made)]] },
        { "get", http = "GET /groups/{public_id}", summary = "Get one group.", evidence = "docs", effect = "read",
          path = { { "public_id", "string", min = 12, max = 12, pattern = "[0-9A-Za-z]+", doc = "Id of the group." } },
          query = {
            { "fields", "[string]", join = ",",
              preset = "publicId,name,isCompanyGroup,type.publicId,agent.publicId,parent.publicId", doc = fields_doc },
            filters,
          },
          returns = "Group",
          example = [[return ixon.groups.get(ixon.groups.find{ isCompanyGroup = true }.publicId)]] },
      } },

    { "invites", doc = "People who were asked to join and did not answer yet. Once accepted, an invite is gone and users has the "
        .. "person: a look for somebody needs both.",
      find = { by = { { "emailAddress", fold = true }, { "publicId" } }, list = "invites.list" },
      operations = {
        { "create", http = "POST /invites", summary = "Invite people by e-mail.", evidence = "source", effect = "create",
          doc = "A mail goes out at once. Somebody who is a user already gets the memberships, and no invite comes back. The API "
            .. "knows no key against repetition: look with invites.find and users.find first. The source document sends this "
            .. "one call's token without the word Bearer; errand sends it with.",
          header = { branding },
          body = "[InviteCreate]", returns = "InviteResult",
          inverse = { { "memberships.delete", from = "/userMemberships" }, { "invites.delete", from = "/invites" } }, settle = 60,
          look = { "users", "invites" },
          example = [[
local group = ixon.groups.find{ name = "Plant A" }
local role = ixon.roles.find{ name = "Engineer" }
return ixon.invites.create{
  emailAddress = "new.engineer@example.com",
  groupRoles = { { group = { publicId = group.publicId }, role = { publicId = role.publicId } } },
  message = "Welcome to Plant A",
}]] },
        { "list", http = "GET /invites", summary = "List the open invites.", evidence = "docs", effect = "read",
          query = {
            { "fields", "[string]", join = ",",
              preset = "publicId,emailAddress,expiresOn,memberships.publicId,memberships.group.publicId,memberships.role.publicId",
              doc = fields_doc },
            filters, size_guess, after_guess,
          },
          paging = "after", returns = "[Invite]",
          example = [[return ixon.invites.list()]] },
        { "delete", http = "DELETE /invites", summary = "Withdraw invites.", evidence = "docs", effect = "set", danger = true,
          body = "[Ref]", returns = "none",
          example = [[
local group = ixon.groups.find{ name = "Plant A" }
local role = ixon.roles.find{ name = "Operator" }
local made = ixon.invites.create{
  emailAddress = "wrong.address@example.com",
  groupRoles = { { group = { publicId = group.publicId }, role = { publicId = role.publicId } } },
}
ixon.invites.delete{ publicId = made.invites[1].publicId }]] },
        { "get", http = "GET /invites/{public_id}", summary = "Get one open invite.", evidence = "docs", effect = "read",
          path = { { "public_id", "string", min = 12, max = 12, pattern = "[0-9A-Za-z]+", doc = "Id of the invite." } },
          query = {
            { "fields", "[string]", join = ",",
              preset = "publicId,emailAddress,expiresOn,memberships.publicId,memberships.group.publicId,memberships.role.publicId",
              doc = fields_doc },
            filters,
          },
          returns = "Invite",
          example = [[
local group = ixon.groups.find{ name = "Plant A" }
local role = ixon.roles.find{ name = "Operator" }
local made = ixon.invites.create{
  emailAddress = "night.shift@example.com",
  groupRoles = { { group = { publicId = group.publicId }, role = { publicId = role.publicId } } },
}
return ixon.invites.get(made.invites[1].publicId)]] },
        { "delete_one", http = "DELETE /invites/{public_id}", summary = "Withdraw one invite.", evidence = "docs", effect = "set",
          danger = true,
          path = { { "public_id", "string", min = 12, max = 12, pattern = "[0-9A-Za-z]+", doc = "Id of the invite." } },
          returns = "none",
          example = [[
local group = ixon.groups.find{ name = "Plant A" }
local role = ixon.roles.find{ name = "Operator" }
local made = ixon.invites.create{
  emailAddress = "other.address@example.com",
  groupRoles = { { group = { publicId = group.publicId }, role = { publicId = role.publicId } } },
}
ixon.invites.delete_one(made.invites[1].publicId)]] },
        { "resend", http = "POST /invites/resend", summary = "Send invite mails again.", evidence = "docs", effect = "send",
          header = { branding }, body = "[Ref]", returns = "none",
          example = [[
local group = ixon.groups.find{ name = "Plant B" }
local role = ixon.roles.find{ name = "Operator" }
local made = ixon.invites.create{
  emailAddress = "lost.mail@example.com",
  groupRoles = { { group = { publicId = group.publicId }, role = { publicId = role.publicId } } },
}
ixon.invites.resend{ publicId = made.invites[1].publicId }]] },
        { "resend_one", http = "POST /invites/{public_id}/resend", summary = "Send one invite mail again.", evidence = "docs",
          effect = "send",
          path = { { "public_id", "string", min = 12, max = 12, pattern = "[0-9A-Za-z]+", doc = "Id of the invite." } },
          header = { branding }, returns = "none",
          example = [[
local group = ixon.groups.find{ name = "Plant B" }
local role = ixon.roles.find{ name = "Operator" }
local made = ixon.invites.create{
  emailAddress = "full.mailbox@example.com",
  groupRoles = { { group = { publicId = group.publicId }, role = { publicId = role.publicId } } },
}
ixon.invites.resend_one(made.invites[1].publicId)]] },
      } },

    { "users", doc = "People and service accounts of the company. A person becomes one by accepting an invite; there is no create.",
      find = { by = { { "emailAddress", fold = true }, { "name" }, { "publicId" } }, list = "users.list" },
      operations = {
        { "list", http = "GET /users", summary = "List the users of the company.", evidence = "source", effect = "read",
          doc = "Service accounts are among them, without e-mail. Open invites are not: see invites.list.",
          query = {
            { "fields", "[string]", join = ",",
              preset = "publicId,type,name,emailAddress,support,registeredOn,lastSeenOn,memberships.publicId,"
                .. "memberships.group.publicId,memberships.role.publicId",
              doc = fields_doc },
            filters, size, after,
          },
          paging = "after", returns = "[User]",
          example = [[return ixon.users.list{ fields = "publicId,name,emailAddress" }]] },
        { "delete", http = "DELETE /users", summary = "Remove users from the company.", evidence = "source", effect = "set",
          danger = true,
          doc = "Ends all access to this company; the person's own account stays (our reading). The way back is a new invite.",
          body = "[Ref]", returns = "none",
          example = [[
local user = ixon.users.find{ emailAddress = "leaver@example.com" }
if user then ixon.users.delete{ publicId = user.publicId } end]] },
        { "get", http = "GET /users/{public_id}", summary = "Get one user.", evidence = "docs", effect = "read",
          path = { { "public_id", "string", min = 12, max = 12, pattern = "[0-9A-Za-z]+", doc = "Id of the user." } },
          query = {
            { "fields", "[string]", join = ",",
              preset = "publicId,type,name,emailAddress,support,registeredOn,lastSeenOn,memberships.publicId,"
                .. "memberships.group.publicId,memberships.role.publicId",
              doc = fields_doc },
            filters,
          },
          returns = "User",
          example = [[
local users = ixon.users.list()
return ixon.users.get(users[1].publicId)]] },
        { "delete_one", http = "DELETE /users/{public_id}", summary = "Remove one user from the company.", evidence = "docs",
          effect = "set", danger = true,
          doc = "As delete, for one.",
          path = { { "public_id", "string", min = 12, max = 12, pattern = "[0-9A-Za-z]+", doc = "Id of the user." } },
          returns = "none",
          example = [[
local user = ixon.users.find{ emailAddress = "leaver@example.com" }
if user then ixon.users.delete_one(user.publicId) end]] },
      } },

    { "memberships", doc = "Who has which role in which group, users and open invites alike.",
      find = {
        by = {
          { "user", at = "/user/publicId" }, { "invite", at = "/invite/publicId" },
          { "group", at = "/group/publicId" }, { "role", at = "/role/publicId" }, { "publicId" },
        },
        list = "memberships.list",
      },
      operations = {
        { "list", http = "GET /users/memberships", summary = "List who has which role in which group.", evidence = "docs",
          effect = "read",
          query = {
            { "fields", "[string]", join = ",",
              preset = "publicId,user.publicId,invite.publicId,group.publicId,role.publicId,expiresOn", doc = fields_doc },
            filters, size_guess, after_guess,
          },
          paging = "after", returns = "[Membership]",
          example = [[return ixon.memberships.list()]] },
        { "create", http = "POST /users/memberships", summary = "Give users or invites a role in a group.", evidence = "docs",
          effect = "create",
          doc = "Each names a user or an invite, not both (our reading).",
          body = "[MembershipCreate]", returns = "[Link]", inverse = { "memberships.delete", from = "" }, settle = 60,
          example = [[
local user = ixon.users.list()[1]
local group = ixon.groups.find{ name = "Plant B" }
local role = ixon.roles.find{ name = "Operator" }
return ixon.memberships.create{
  user = { publicId = user.publicId }, group = { publicId = group.publicId }, role = { publicId = role.publicId },
}]] },
        { "update", http = "PATCH /users/memberships", summary = "Change memberships, each named by publicId.", evidence = "docs",
          effect = "set",
          doc = "Members that are left out stay.",
          body = "[MembershipUpdate]", returns = "none",
          example = [[
local user = ixon.users.list()[1]
local group = ixon.groups.find{ name = "Plant B" }
local role = ixon.roles.find{ name = "Operator" }
local made = ixon.memberships.create{
  user = { publicId = user.publicId }, group = { publicId = group.publicId }, role = { publicId = role.publicId },
}
ixon.memberships.update{ publicId = made[1].publicId, expiresOn = "2031-01-31T17:00:00Z" }]] },
        { "delete", http = "DELETE /users/memberships", summary = "Take roles in groups away.", evidence = "docs", effect = "set",
          danger = true,
          body = "[Ref]", returns = "none",
          example = [[
local user = ixon.users.list()[1]
local group = ixon.groups.find{ name = "Plant B" }
local role = ixon.roles.find{ name = "Engineer" }
local made = ixon.memberships.create{
  user = { publicId = user.publicId }, group = { publicId = group.publicId }, role = { publicId = role.publicId },
}
ixon.memberships.delete(made)]] },
        { "get", http = "GET /users/memberships/{public_id}", summary = "Get one membership.", evidence = "docs", effect = "read",
          path = { { "public_id", "string", min = 12, max = 12, pattern = "[0-9A-Za-z]+", doc = "Id of the membership." } },
          query = {
            { "fields", "[string]", join = ",",
              preset = "publicId,user.publicId,invite.publicId,group.publicId,role.publicId,expiresOn", doc = fields_doc },
            filters,
          },
          returns = "Membership",
          example = [[
local all = ixon.memberships.list()
return ixon.memberships.get(all[1].publicId)]] },
        { "update_one", http = "PATCH /users/memberships/{public_id}", summary = "Change one membership.", evidence = "docs",
          effect = "set",
          path = { { "public_id", "string", min = 12, max = 12, pattern = "[0-9A-Za-z]+", doc = "Id of the membership." } },
          body = {
            { "group", "Ref" },
            { "role", "Ref", nullable = true },
            { "expiresOn", "datetime", nullable = true, doc = "End of the access; null for none." },
          },
          returns = "none",
          example = [[
local all = ixon.memberships.list()
local role = ixon.roles.find{ name = "Operator" }
ixon.memberships.update_one(all[1].publicId, { role = { publicId = role.publicId } })]] },
        { "delete_one", http = "DELETE /users/memberships/{public_id}", summary = "Take one role in one group away.",
          evidence = "docs", effect = "set", danger = true,
          path = { { "public_id", "string", min = 12, max = 12, pattern = "[0-9A-Za-z]+", doc = "Id of the membership." } },
          returns = "none",
          example = [[
local user = ixon.users.list()[1]
local group = ixon.groups.find{ name = "Plant B" }
local role = ixon.roles.find{ name = "Engineer" }
local made = ixon.memberships.create{
  user = { publicId = user.publicId }, group = { publicId = group.publicId }, role = { publicId = role.publicId },
}
ixon.memberships.delete_one(made[1].publicId)]] },
        { "replace_for_user", http = "PUT /users/memberships/user/{public_id}", summary = "Replace all memberships of a user.",
          evidence = "docs", effect = "set", danger = true,
          doc = "The list is the whole: what is not in it is taken away, and an empty list ends all access (our reading).",
          path = { { "public_id", "string", min = 12, max = 12, pattern = "[0-9A-Za-z]+", doc = "Id of the user." } },
          body = "[MembershipReplace]", returns = "[Link]",
          example = [[
local user = ixon.users.list()[1]
local group = ixon.groups.find{ name = "Plant A" }
local role = ixon.roles.find{ name = "Operator" }
return ixon.memberships.replace_for_user(user.publicId, {
  { group = { publicId = group.publicId }, role = { publicId = role.publicId } },
})]] },
      } },

    { "access_tokens", doc = "Bearer tokens of the person or account that signs in. errand makes its own; these are for tidying up.",
      find = { by = { { "publicId" } }, list = "access_tokens.list" },
      operations = {
        { "create", http = "POST /access-tokens", summary = "Buy a bearer token with e-mail and password.", evidence = "docs",
          effect = "create",
          doc = "Signs in with the settings email, password and otp, whatever else is set. With device and trustedDeviceName "
            .. "later logins of that device need no one-time password.",
          auth = "basic", without = { "Api-Company" },
          query = {
            { "fields", "[string]", join = ",", preset = "publicId,secretId,expiresOn", doc = fields_doc },
          },
          header = {
            { "Api-Device-Identifier", "uuid", value = "{device}", as = "device", doc = "The device that is, or becomes, trusted." },
          },
          body = "TokenCreate", returns = "NewToken", inverse = { "access_tokens.delete", from = "" }, settle = 60,
          example = [[return ixon.access_tokens.create{ expiresIn = 3600 }.publicId]] },
        { "list", http = "GET /access-tokens", summary = "List the caller's tokens.", evidence = "docs", effect = "read",
          without = { "Api-Company" },
          query = {
            { "fields", "[string]", join = ",", preset = "publicId,expiresOn,created", doc = fields_doc },
            filters, size_guess, after_guess,
          },
          paging = "after", returns = "[Token]",
          example = [[return ixon.access_tokens.list()]] },
        { "delete", http = "DELETE /access-tokens", summary = "Revoke tokens.", evidence = "docs", effect = "set", danger = true,
          doc = "The one in use may be among them: the next call then fails or logs in again.",
          without = { "Api-Company" }, body = "[Ref]", returns = "none",
          example = [[
local made = ixon.access_tokens.create{ expiresIn = 600 }
ixon.access_tokens.delete{ publicId = made.publicId }]] },
        { "get_current", http = "GET /access-tokens/me", summary = "Describe the token in use.", evidence = "docs",
          effect = "read", without = { "Api-Company" },
          query = { { "fields", "[string]", join = ",", preset = "publicId,expiresOn,created", doc = fields_doc } },
          returns = "Token",
          example = [[return ixon.access_tokens.get_current()]] },
        { "delete_current", http = "DELETE /access-tokens/me", summary = "Revoke the token in use, that is, log out.",
          evidence = "docs", effect = "set", danger = true,
          doc = "A token given as a setting is dead for good afterwards, here and wherever else it is used.",
          without = { "Api-Company" }, returns = "none",
          example = [[ixon.access_tokens.delete_current()]] },
      } },

    { "me", doc = "The user or account behind the token.",
      operations = {
        { "get", http = "GET /users/me", summary = "Describe the calling user.", evidence = "docs", effect = "read",
          without = { "Api-Company" },
          query = {
            { "fields", "[string]", join = ",",
              preset = "publicId,type,name,emailAddress,support,hasPassword,externallyManaged,language,localisation,timeZone,"
                .. "phoneNumber,registeredOn,lastSeenOn",
              doc = fields_doc },
            filters,
          },
          returns = "Me",
          example = [[return ixon.me.get()]] },
        { "update", http = "PATCH /users/me", summary = "Change the profile of the calling user.", evidence = "docs",
          effect = "set", without = { "Api-Company" },
          doc = "Members that are left out stay.",
          body = "MeUpdate", returns = "none",
          example = [[ixon.me.update{ language = "nl", timeZone = "Europe/Amsterdam" }]] },
        { "leave_companies", http = "DELETE /users/me/leave-companies", summary = "Make the calling user leave companies.",
          evidence = "docs", effect = "set", danger = true, without = { "Api-Company" },
          doc = "Only an invite by somebody who is still there leads back.",
          body = "[CompanyRef]", returns = "none",
          example = [[
local company = ixon.companies.find{ name = "Former Company" }
ixon.me.leave_companies{ publicId = company.publicId }]] },
      } },

    { "companies", doc = "The companies the caller belongs to. Their publicId is what the setting company wants.",
      find = { by = { { "name" }, { "publicId" } }, list = "companies.list" },
      operations = {
        { "list", http = "GET /companies", summary = "List the caller's companies.", evidence = "docs", effect = "read",
          doc = "Needs no company setting, so it is how to learn the id.",
          without = { "Api-Company" },
          query = {
            { "fields", "[string]", join = ",", preset = "publicId,name", doc = fields_doc },
            filters, size_guess, after_guess,
          },
          paging = "after", returns = "[Company]",
          example = [[return ixon.companies.list()]] },
        { "get", http = "GET /companies/{public_id}", summary = "Get one company.", evidence = "docs", effect = "read",
          without = { "Api-Company" },
          path = {
            { "public_id", "string", min = 24, max = 24, pattern = "%d%d%d%d%-%d%d%d%d%-%d%d%d%d%-%d%d%d%d%-%d%d%d%d",
              doc = "Id of the company, five groups of four digits." },
          },
          query = {
            { "fields", "[string]", join = ",", preset = "publicId,name", doc = fields_doc },
            filters,
          },
          returns = "Company",
          example = [[
local companies = ixon.companies.list()
return ixon.companies.get(companies[1].publicId)]] },
        { "get_current", http = "GET /companies/me", summary = "Describe the company of the settings.", evidence = "docs",
          effect = "read",
          query = {
            { "fields", "[string]", join = ",",
              preset = "publicId,name,country,defaultUserInviteLanguage,supportAccessExpiresOn", doc = fields_doc },
            filters,
          },
          returns = "Company",
          example = [[return ixon.companies.get_current()]] },
      } },

    { "service_accounts", doc = "Accounts for programs. users.list shows them too, as type service_account.",
      operations = {
        { "create", http = "POST /users/service-account", summary = "Create API service accounts.", evidence = "docs",
          effect = "create",
          doc = "The token is in this reply and nowhere else, and works only together with the application id that comes with "
            .. "it. The account has no rights until memberships.create gives it a role.",
          body = "[ServiceAccountCreate]", returns = "[NewServiceAccount]",
          inverse = { "service_accounts.delete", from = "" }, settle = 60,
          example = [[
local made = ixon.service_accounts.create{ name = "reporting" }
return { application = made[1].apiApplication.publicId, length = #made[1].token }]] },
        { "delete", http = "DELETE /users/service-account", summary = "Delete API service accounts.", evidence = "docs",
          effect = "set", danger = true,
          doc = "Programs that use the token are cut off.",
          body = "[Ref]", returns = "none",
          example = [[
local made = ixon.service_accounts.create{ name = "short-lived" }
ixon.service_accounts.delete{ publicId = made[1].publicId }]] },
      } },

    { "audiences", doc = "Categories of access, which tie roles to what devices offer.",
      find = { by = { { "name" }, { "publicId" } }, list = "audiences.list" },
      operations = {
        { "list", http = "GET /audiences", summary = "List the categories of access.", evidence = "docs", effect = "read",
          query = {
            { "fields", "[string]", join = ",", preset = "publicId,name,description,default,type", doc = fields_doc },
            filters, size_guess, after_guess,
          },
          paging = "after", returns = "[Audience]",
          example = [[return ixon.audiences.list()]] },
      } },

    { "group_types", doc = "Types of groups, such as plants or customers. They can be neither changed nor deleted here.",
      find = { by = { { "name" }, { "publicId" } }, list = "group_types.list" },
      operations = {
        { "list", http = "GET /group-types", summary = "List the group types.", evidence = "docs", effect = "read",
          query = {
            { "fields", "[string]", join = ",", preset = "publicId,name,description,order,color", doc = fields_doc },
            filters, size, after,
          },
          paging = "after", returns = "[GroupType]",
          example = [[return ixon.group_types.list()]] },
        { "create", http = "POST /group-types", summary = "Create group types.", evidence = "docs", effect = "create",
          body = "[GroupTypeCreate]", returns = "[Link]", settle = 60,
          example = [[
local made = ixon.group_types.create{ name = "Line", order = 3 }
return ixon.groups.create{ name = "Line 1", type = { publicId = made[1].publicId } }]] },
      } },

    { "agents", doc = "The devices (routers) of the company.",
      find = { by = { { "name" }, { "deviceId" }, { "serialNumber" }, { "publicId" } }, list = "agents.list" },
      operations = {
        { "list", http = "GET /agents", summary = "List the devices.", evidence = "docs", effect = "read",
          doc = "Some sixty fields exist; the preset names those that are mostly used.",
          query = {
            { "fields", "[string]", join = ",",
              preset = "publicId,name,deviceId,serialNumber,macAddress,description,timeZone,activeStatus,fixedVpnAddress",
              doc = fields_doc },
            filters, size, after,
          },
          paging = "after", returns = "[Agent]",
          example = [[return ixon.agents.list{ fields = "publicId,name,activeStatus" }]] },
        { "get", http = "GET /agents/{public_id}", summary = "Get one device.", evidence = "docs", effect = "read",
          path = { { "public_id", "string", min = 12, max = 12, pattern = "[0-9A-Za-z]+", doc = "Id of the device." } },
          query = {
            { "fields", "[string]", join = ",",
              preset = "publicId,name,deviceId,serialNumber,macAddress,description,timeZone,activeStatus,fixedVpnAddress",
              doc = fields_doc },
            filters,
          },
          returns = "Agent",
          example = [[
local agent = ixon.agents.find{ name = "Press 4" }
return ixon.agents.get(agent.publicId)]] },
        { "update", http = "PATCH /agents/{public_id}", summary = "Change one device.", evidence = "docs", effect = "set",
          doc = "Members that are left out stay. A change of VPN settings can cut off who is connected.",
          path = { { "public_id", "string", min = 12, max = 12, pattern = "[0-9A-Za-z]+", doc = "Id of the device." } },
          body = "AgentUpdate", returns = "none",
          example = [[
local agent = ixon.agents.find{ name = "Press 4" }
ixon.agents.update(agent.publicId, { description = "Behind the paint shop", vpnProtocol = "tcp" })]] },
      } },

    { "agent_memberships", doc = "Which device is in which group.",
      operations = {
        { "list", http = "GET /agents/memberships", summary = "List which device is in which group.", evidence = "docs",
          effect = "read",
          query = {
            { "fields", "[string]", join = ",", preset = "publicId,agent.publicId,group.publicId", doc = fields_doc },
            filters, size_guess, after_guess,
          },
          paging = "after", returns = "[AgentMembership]",
          example = [[return ixon.agent_memberships.list()]] },
        { "create", http = "POST /agents/memberships", summary = "Put devices into groups.", evidence = "docs",
          effect = "create",
          body = "[AgentMembershipCreate]", returns = "[Link]", inverse = { "agent_memberships.delete", from = "" }, settle = 60,
          example = [[
local agent = ixon.agents.find{ name = "Press 4" }
local group = ixon.groups.find{ name = "Plant B" }
return ixon.agent_memberships.create{
  agent = { publicId = agent.publicId }, group = { publicId = group.publicId },
}]] },
        { "delete", http = "DELETE /agents/memberships", summary = "Take devices out of groups.", evidence = "docs",
          effect = "set", danger = true,
          doc = "People who reach the device through that group alone lose it.",
          body = "[Ref]", returns = "none",
          example = [[
local agent = ixon.agents.find{ name = "Press 4" }
local group = ixon.groups.find{ name = "Plant B" }
local made = ixon.agent_memberships.create{
  agent = { publicId = agent.publicId }, group = { publicId = group.publicId },
}
ixon.agent_memberships.delete(made)]] },
      } },

    { "permissions", doc = "The words a role's permissions are made of.",
      operations = {
        { "list", http = "GET /permissions", summary = "List the known permissions.", evidence = "docs", effect = "read",
          auth = false, without = { "Api-Application", "Api-Company" },
          query = {
            { "fields", "[string]", join = ",", preset = "publicId", doc = fields_doc },
            filters, size_guess, after_guess,
          },
          paging = "after", returns = "[Permission]",
          example = [[return ixon.permissions.list()]] },
      } },

    { "discovery", doc = "What the server itself says it offers.",
      operations = {
        { "list", http = "GET /", summary = "List the endpoint names with their URL templates.", evidence = "docs", paging = false,
          effect = "read",
          doc = "Needs no credential: the quickest proof that the url is right.",
          auth = false, without = { "Api-Application", "Api-Company" },
          returns = "[Endpoint]",
          example = [[return ixon.discovery.list()]] },
      } },
  },
}
