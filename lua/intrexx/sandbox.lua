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
    licenses = { id = "key", key = "key", unique = { "key" } },
    templates = { id = "name", key = "name", unique = { "name" } },
    applications = { id = "name", key = "name" },
    scheduler_jobs = { key = "name" },
    scheduler_standby = { single = true },
    scheduler_configuration = { single = true },
    mail_services = { key = "name", default = { status = "running" }, hidden = { "status" } },
    mobile = { single = true },
    reports_engine = { single = true },
    export = { single = true },
    admin_api = { single = true },
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
    ["templates.upload"] = { status = 201, make = { name = "{files/name}", path = "/opt/intrexx/orgtempl/{files/name}" } },
    ["applications.import"] = { status = 201, make = { name = "{files/name}", size = "{files/size}" } },
    ["applications.overwrite"] = { act = "send", loose = true },
    ["diagnosis.download"] = {
      act = "file", content_type = "application/zip",
      bytes = "PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",   -- a zip of nothing
    },
    ["search_index.trigger"] = { act = "send", loose = true },
    ["scheduler_jobs.create"] = { set = { type = "{job_type}" } },
    ["scheduler.get_standby"] = { store = "scheduler_standby" },
    ["scheduler.set_standby"] = { store = "scheduler_standby" },
    ["scheduler.get_configuration"] = { store = "scheduler_configuration" },
    ["scheduler.update_configuration"] = { store = "scheduler_configuration" },
    ["scheduler.run_actions"] = { act = "send", loose = true },
    ["mail_services.get_status"] = { act = "get", fields = { "status" } },
    ["licenses.create"] = { status = 201 },
    ["licenses.set_trial"] = { act = "send", loose = true },
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
    scheduler_jobs = {
      { id = 1, name = "Clean up", type = "system", active = true, next_run = "2026-12-01T02:00:00Z" },
      { id = 2, name = "Birthdays", type = "user", active = true, next_run = "2026-12-01T06:00:00Z" },
    },
    scheduler_standby = { { standby = false } },
    scheduler_configuration = { { threads = 2 } },
    mail_services = { { id = 1, name = "Standard", host = "mail.example.com", port = 587, active = true } },
    mobile = { { api_key = "sandbox-mobile-key" } },
    reports_engine = { { engine = "jasper", configuration = { url = "http://reports.example.com" } } },
    export = { { format = "docx" } },
  } },
}
