-- SPDX-License-Identifier: MIT
-- What the sandbox plays for IXON Cloud. The credentials are for the sandbox
-- alone and no secrets.

local engineer, operator, viewer = { publicId = "rM4eTz81kQwA" }, { publicId = "rP9oLx27hVbN" }, { publicId = "rC2vYd63sJmK" }
local plant_a, plant_b = { publicId = "gA7nWq35uFtE" }, { publicId = "gB1kRs94cHyD" }
local company_group = { publicId = "gX5zJo62pUiL" }
local plant_type, company_type = { publicId = "tY8bGe47xSoC" }, { publicId = "tK3wMn59vAfR" }
local vpn_audience, press, oven = { publicId = "aV7pHc38nDyQ" }, { publicId = "dE2rTs61jLmX" }, { publicId = "dF5wGk07bZuN" }
local anna, olaf, leaver = { publicId = "uH6dQf18jZcT" }, { publicId = "uN2gVx73mBpS" }, { publicId = "uL4rKy86wEqJ" }

return {
  base = "/ixon",
  ids = "alnum12", id = "publicId", brief = { "publicId" },
  page = 20,
  lone = true,                          -- a lone object stands for a list of one
  select = "fields",
  bare_token = { "invites.create" },    -- the vendor's document sends this call's token without the word Bearer
  unauthorized = "Invalid value",

  account = {
    application = "SandboxApp01", company = "1111-2222-3333-4444-5555", token = "sandbox-ixon-token",
    email = "anna.admin@example.com", password = "sandbox-ixon-password",
  },
  tokens = { store = "access_tokens", secret = "secretId" },

  reply = {
    success = { status = "success", type = "{type}", data = "{data}", moreAfter = "{next}" },
    failure = { status = "error", type = "Error", data = "{problems}", moreAfter = "{null}" },
    problem = { message = "{message}", propertyName = "{path}", listIndex = "{index}" },
  },
  status = { POST = 201 },

  stores = {
    roles = { key = "name", plain = { "publicId", "name" }, default = { enforce2fa = false, enforceSso = false } },
    groups = { key = "name", plain = { "publicId", "name" }, default = { isCompanyGroup = false } },
    users = {
      key = "emailAddress", plain = { "publicId", "name", "emailAddress" },
      many = { memberships = { store = "memberships", by = "user/publicId" } },
    },
    invites = {
      key = "emailAddress", plain = { "publicId", "emailAddress" }, default = { expiresOn = "2031-12-31T00:00:00Z" },
      many = { memberships = { store = "memberships", by = "invite/publicId" } },
    },
    memberships = {
      key = { "user/publicId", "invite/publicId", "group/publicId", "role/publicId" },
      one = {
        user = { store = "users", at = "user/publicId" }, invite = { store = "invites", at = "invite/publicId" },
        group = { store = "groups", at = "group/publicId" }, role = { store = "roles", at = "role/publicId" },
      },
      refs = {
        ["user/publicId"] = "users", ["invite/publicId"] = "invites",
        ["group/publicId"] = "groups", ["role/publicId"] = "roles",
      },
      cascade = { "user/publicId", "invite/publicId", "group/publicId", "role/publicId" },
    },
    access_tokens = { plain = { "publicId", "expiresOn" }, hidden = { "secretId", "expires_at" } },
    companies = { plain = { "publicId", "name" } },
    service_accounts = {
      key = "name", default = { token = "sandbox-service-account-token-01", apiApplication = { publicId = "SandboxApp02" } },
      brief = { "publicId", "apiApplication", "token" },
    },
    audiences = { plain = { "publicId", "name" } },
    group_types = { key = "name", plain = { "publicId", "name" } },
    agents = {
      key = "name", plain = { "publicId", "name" },
      many = { memberships = { store = "agent_memberships", by = "agent/publicId" } },
      refs = { ["vpnAudience/publicId"] = "audiences", ["dataAudience/publicId"] = "audiences" },
    },
    agent_memberships = {
      key = { "agent/publicId", "group/publicId" },
      one = { agent = { store = "agents", at = "agent/publicId" }, group = { store = "groups", at = "group/publicId" } },
      refs = { ["agent/publicId"] = "agents", ["group/publicId"] = "groups" },
      cascade = { "agent/publicId", "group/publicId" },
    },
  },

  operations = {
    ["invites.create"] = {
      act = "spread", type = "InviteResponse", made = "invites", drop = { "groupRoles", "message", "language" },
      existing = { store = "users", by = "emailAddress", as = "user" },
      spread = { member = "groupRoles", store = "memberships", as = "invite", made = "userMemberships" },
      refs = { ["groupRoles/*/group/publicId"] = "groups", ["groupRoles/*/role/publicId"] = "roles" },
    },
    ["roles.set_permissions"] = { act = "set_member", member = "permissions" },
    ["memberships.replace_for_user"] = {
      act = "replace_all", store = "memberships", owner = "users", by = "user/publicId", as = "user",
    },
    ["access_tokens.create"] = { act = "login", lifetime = "expiresIn", type = "AccessTokenCreateResponse" },
    ["access_tokens.get_current"] = { act = "get", record = "{token}" },
    ["access_tokens.delete_current"] = { act = "remove", record = "{token}" },
    ["me.get"] = { act = "get", store = "users", record = anna.publicId },
    ["me.update"] = { act = "update", store = "users", record = anna.publicId },
    ["me.leave_companies"] = { act = "remove", store = "companies" },
    ["companies.get_current"] = { act = "get", record = "{company}" },
    ["discovery.list"] = { act = "endpoints" },
  },

  seed = {
    access_tokens = {
      { publicId = "kT9sLw25bXeH", secretId = "sandbox-ixon-token", created = "2026-01-05T08:00:00Z", expiresOn = "2031-01-05T08:00:00Z" },
    },
    companies = {
      { publicId = "1111-2222-3333-4444-5555", name = "Example Company", country = "NL", defaultUserInviteLanguage = "en" },
      { publicId = "6666-7777-8888-9999-0000", name = "Former Company", country = "BE", defaultUserInviteLanguage = "en" },
    },
    permissions = {
      { publicId = "COMPANY_ADMIN" }, { publicId = "COMPANY_WIDE_ROLE" }, { publicId = "MANAGE_AGENT" },
      { publicId = "MANAGE_USER" }, { publicId = "ACCESS_VPN" },
    },
    roles = {
      { publicId = engineer.publicId, name = "Engineer", description = "Works on machines", enforce2fa = true, enforceSso = false,
        permissions = { { publicId = "MANAGE_AGENT" }, { publicId = "ACCESS_VPN" } } },
      { publicId = operator.publicId, name = "Operator", description = "Runs machines", enforce2fa = false, enforceSso = false,
        permissions = { { publicId = "ACCESS_VPN" } } },
      { publicId = viewer.publicId, name = "Company viewer", enforce2fa = false, enforceSso = false,
        permissions = { { publicId = "COMPANY_WIDE_ROLE" } } },
    },
    groups = {
      { publicId = company_group.publicId, name = "Example Company", isCompanyGroup = true, type = company_type },
      { publicId = plant_a.publicId, name = "Plant A", type = plant_type },
      { publicId = plant_b.publicId, name = "Plant B", type = plant_type },
    },
    audiences = {
      { publicId = vpn_audience.publicId, name = "VPN", default = true, type = "vpn" },
      { publicId = "aD4kWb92sRfJ", name = "Data", default = false, type = "data" },
    },
    group_types = {
      { publicId = plant_type.publicId, name = "Plant", order = 1, color = "#1a73e8" },
      { publicId = company_type.publicId, name = "Company", order = 2 },
    },
    agents = {
      { publicId = press.publicId, name = "Press 4", deviceId = "10000001", serialNumber = "20000001",
        macAddress = "00:00:5e:00:53:01", timeZone = "Europe/Amsterdam", activeStatus = "online", vpnAudience = vpn_audience },
      { publicId = oven.publicId, name = "Oven 1", deviceId = "10000002", serialNumber = "20000002",
        macAddress = "00:00:5e:00:53:02", timeZone = "Europe/Amsterdam", activeStatus = "offline" },
    },
    agent_memberships = { { publicId = "nB8xQd45gHvK", agent = press, group = plant_a } },
    users = {
      { publicId = anna.publicId, type = "person", name = "Anna Admin", emailAddress = "anna.admin@example.com", support = false,
        registeredOn = "2024-02-01T09:00:00Z", lastSeenOn = "2026-10-30T07:55:00Z", language = "en", hasPassword = true,
        externallyManaged = false },
      { publicId = olaf.publicId, type = "person", name = "Olaf Operator", emailAddress = "olaf.operator@example.com",
        support = false, registeredOn = "2024-03-11T10:30:00Z", lastSeenOn = "2026-10-29T15:02:00Z" },
      { publicId = leaver.publicId, type = "person", name = "Lea Leaver", emailAddress = "leaver@example.com", support = false,
        registeredOn = "2024-05-20T12:15:00Z", lastSeenOn = "2026-09-01T06:40:00Z" },
      { publicId = "uS8aPz31tGkW", type = "service_account", name = "errand", support = false,
        registeredOn = "2026-01-05T08:00:00Z" },
    },
    memberships = {
      { publicId = "mA1cFh52yLdO", user = anna, group = company_group, role = viewer },
      { publicId = "mB6jTu40nRxI", user = olaf, group = plant_a, role = operator },
      { publicId = "mC3eWv97qKsP", user = leaver, group = plant_b, role = engineer },
    },
  },
  fill = {
    users = { count = 41, record = {
      type = "person", name = "Person {n}", emailAddress = "person{n}@example.com", support = false,
      registeredOn = "2025-01-15T08:{n}:00Z",
    } },
  },
}
