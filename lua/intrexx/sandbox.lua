-- SPDX-License-Identifier: MIT
-- What the sandbox plays for the Intrexx Administration API. The credentials
-- are for the sandbox alone and no secrets.

return {
  base = "/intrexx",
  ids = "integer", id = "id", brief = { "id", "name" },
  any_content_type = true,              -- the vendor's samples leave it out
  unauthorized = "The token is missing or no longer valid",

  account = { user = "admin", password = "sandbox-intrexx-password" },
  tokens = { store = "tokens", secret = "secret", form = "jwt" },

  reply = { success = "{data}", failure = { message = "{message}" } },

  scopes = { portal = { store = "portals", key = "name" } },

  stores = {
    portals = { ids = "hex40", key = "name", unique = { "name" } },
    users = {
      key = "account/login_username", unique = { "account/login_username" }, hidden = { "groups", "account/password" },
      refs = { ["groups/*/id"] = "groups" },
    },
    groups = { key = "name" },
    settings = { single = true },
    webserver = { single = true },
    licenses = { id = "key", key = "key" },
    templates = { id = "name", key = "name" },
  },

  operations = {
    ["auth.login"] = { act = "login", lifetime = 3600, reply = "text", refused = 401 },
    ["portals.create"] = {
      status = 201,
      make = {
        name = "{slug:portal/display_name}", display_name = "{portal/display_name}", base_url = "{portal/web_default_base_url}",
      },
    },
    ["users.list_groups"] = { act = "linked", id = "user_id", member = "groups", to = "groups" },
    ["users.add_to_group"] = { act = "link", id = "user_id", target = "group_id", member = "groups", to = "groups" },
    ["users.remove_from_group"] = { act = "unlink", id = "user_id", target = "group_id", member = "groups", to = "groups" },
    ["sessions.logout"] = { act = "send", loose = true },
  },

  seed = {
    portals = {
      { id = "3f0c9b7e51a24d86c1e07b5a92f4d3186ab0e7c5", name = "hr", display_name = "Human Resources",
        base_url = "https://hr.example.com" },
      { id = "b84e6d2f0a937c15d8e3f62b4c70a19e5d2f8b36", name = "intranet", display_name = "Intranet",
        base_url = "https://intranet.example.com" },
    },
    templates = {
      { name = "blank", path = "/opt/intrexx/orgtempl/blank" }, { name = "standard", path = "/opt/intrexx/orgtempl/standard" },
    },
  },

  -- What each portal has from the start.
  sow = { store = "portals", key = "name", seed = {
    groups = { { id = 3, name = "Administrators" }, { id = 4, name = "Users" } },
    users = {
      { id = 1, general_settings = { first_name = "System", last_name = "Administrator", object_name = "Administrator" },
        contact = { email = { work = "anna.admin@example.com" } }, account = { login_username = "administrator" },
        groups = { { id = 3 }, { id = 4 } } },
      { id = 5, general_settings = { first_name = "Lea", last_name = "Leaver", object_name = "lea.leaver" },
        contact = { email = { work = "leaver@example.com" } }, account = { login_username = "leaver@example.com" },
        groups = { { id = 4 } } },
    },
    settings = {
      { jvm_minimal_memory_mb = 512, jvm_maximal_memory_mb = 2048, session_timeout_sek = 1800,
        anonymous_session_timeout_sek = 600, workflow_event_on_login = false },
    },
    webserver = { { base_url = "https://portal.example.com" } },
    licenses = { { key = "SANDBOX-LICENSE-0001", count = 25 } },
  } },
}
