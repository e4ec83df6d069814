-- SPDX-License-Identifier: MIT
-- What the sandbox plays for Infoworks. The credentials are for the sandbox
-- alone and no secrets.

local sales, logistics = "5f3c1a90b7d24e6880a1c2e1", "5f3c1a90b7d24e6880a1c2e2"
local orders, stock = "5f3c1a90b7d24e6880a1c2f1", "5f3c1a90b7d24e6880a1c2f2"
local anna, olaf, leaver = "aN7xQ2mK9pR4tV6wB", "oL3fD8hJ5sZ1cY7nG", "lE9vT4kW6bM2qX8rH"

return {
  base = "/infoworks/v3",
  ids = "hex24", id = "id",
  any_content_type = true,
  unauthorized = "Authentication failed",

  account = {
    user = "anna.admin@example.com", password = "sandbox-infoworks-password", refresh_token = "sandbox+infoworks/refresh=",
  },
  tokens = { store = "tokens", secret = "authentication_token", form = "jwt" },

  reply = {
    success = { message = "Success", result = "{data}" },
    list = { message = "Success", result = "{data}", total_count = "{total}", links = { next = "{next}" } },
    failure = { message = "{message}", details = "{problems}", iw_code = "IW10006", help = "https://docs.example.com/IW10006" },
    problem = { message = "{message}", field = "{path}" },
  },

  filters = { resolve_ref = false },
  page = 10,

  stores = {
    users = {
      ids = "alnum17", key = "profile/email", unique = { "profile/email" }, hidden = { "password" },
      derive = { display_name = "{profile/name}" },
      default = { accessible_domains = {}, status = "active", failed_logins = 0, login_disabled = false },
      refs = { ["accessible_domains/*"] = "domains" },
    },
    domains = { key = "name", unique = { "name" }, hidden = { "sources" }, refs = { ["sources/*"] = "sources" } },
    sources = {
      key = "name", unique = { "name" }, hidden = { "connection" },
      default = { state = "ready", is_public = false, is_source_ingested = false },
    },
    jobs = { key = { "entity_id", "type" }, default = { status = "pending", percentage = 0 } },
  },

  operations = {
    ["auth.authenticate"] = {
      act = "login", lifetime = 900, refused = 406,
      wrap = { message = "Success", result = { authentication_token = "{data}", is_authenticated = true, user_id = anna } },
    },
    ["auth.authorise_user"] = {
      act = "say", wrap = { message = "Success", result = { delegation_token = "sandbox-delegation-token", is_authorised = true } },
    },
    ["access_token.get"] = {
      act = "login", lifetime = 900, refused = 406, wrap = { message = "Success", result = { authentication_token = "{data}" } },
    },
    ["access_token.delete"] = {
      act = "remove", store = "tokens", record = "{token}", wrap = { message = "Success", result = "Token purged" },
    },
    ["access_token.validate"] = { act = "say", wrap = { message = "Success", result = { is_valid = true } } },
    ["refresh_token.regenerate"] = {
      act = "send", loose = true, wrap = { message = "Success", result = "Refresh token regenerated" },
    },
    ["sso.initialise"] = { act = "say", wrap = { Location = "https://sso.example.com/saml?SAMLRequest=sandbox" } },
    ["ldap.get_users"] = { act = "say", wrap = { users = { "new.hire@example.com" } } },
    ["ldap.bulk_sync"] = {
      act = "sync", store = "users", from = "directory", by = "mail", list = "search_list", drop = { "mail" },
      refused = 406,
    },
    ["users.create"] = { wrap = { message = "Success", result = { id = "{data/id}" } } },
    ["users.update"] = { wrap = { message = "Success", result = { id = "{data/id}" } } },
    ["users.delete"] = { wrap = { message = "User deleted" } },
    ["users.reset_password"] = { act = "send", wrap = { message = "Password reset" } },
    ["users.add_domains"] = {
      act = "add_ids", id = "user_id", list = "entity_ids", member = "accessible_domains", to = "domains",
      wrap = { message = "Added Domain(s) to User" },
    },
    ["me.get"] = { act = "get", store = "users", record = anna },
    ["domains.create"] = { wrap = { message = "Success", result = { id = "{data/id}" } } },
    ["domains.update"] = { wrap = { message = "Success", result = { id = "{data/id}" } } },
    ["domains.delete"] = { wrap = { message = "Domain deleted" } },
    ["domains.list_sources"] = {
      act = "linked", member = "sources", to = "sources",
      make = {
        id = "{id}", sourceName = "{name}", sourceType = "{type}", created_at = "{created_at}", created_by = "{created_by}",
      },
    },
    ["domains.add_sources"] = {
      act = "add_ids", list = "entity_ids", member = "sources", to = "sources",
      wrap = { message = "Success", result = "Added Source(s) to Domain" },
    },
    ["domains.remove_sources"] = {
      act = "remove_ids", list = "entity_ids", member = "sources", to = "sources",
      wrap = { message = "Success", result = "Removed Source(s) from Domain" },
    },
    ["sources.create"] = { wrap = { message = "Success", result = { id = "{data/id}" } } },
    ["sources.update"] = { wrap = { message = "Success", result = { id = "{data/id}" } } },
    ["sources.submit_job"] = {
      store = "jobs", owner = "sources", make = { type = "{job_type}", name = "{job_name}", entity_id = "{source_id}" },
      set = { entity_type = "source" }, wrap = { message = "Success", result = { id = "{data/id}" } },
    },
    ["jobs.get_logs"] = { act = "text", text = "INFO job {id}: {type}\nINFO status is {status}\n" },
    ["jobs.resubmit"] = {
      owner = "jobs", make = { build_id = "{job_id}" }, set = { name = "resubmitted" },
      wrap = { message = "Success", result = { id = "{data/id}" } },
    },
    ["jobs.cancel"] = { act = "update", set = { status = "canceled" }, wrap = { message = "Requested Job Cancellation" } },
  },

  seed = {
    users = {
      { id = anna, profile = { name = "Anna Admin", email = "anna.admin@example.com" }, roles = { "admin" },
        accessible_domains = { sales, logistics }, created_at = "2024-02-01T09:00:00Z" },
      { id = olaf, profile = { name = "Olaf Operator", email = "olaf.operator@example.com" }, roles = { "analyst" },
        accessible_domains = { sales }, created_at = "2024-03-11T10:30:00Z" },
      { id = leaver, profile = { name = "Lea Leaver", email = "leaver@example.com" }, roles = { "modeller" },
        accessible_domains = { sales, logistics }, created_at = "2024-05-20T12:15:00Z" },
    },
    -- What LDAP knows; no operation shows it.
    directory = {
      { id = "nH2gB6yU8jM4kP1xC", mail = "new.hire@example.com",
        profile = { name = "New Hire", email = "new.hire@example.com" }, roles = { "analyst" } },
      { id = olaf, mail = "olaf.operator@example.com" },
    },
    domains = {
      { id = sales, name = "Sales", description = "Orders", environment_ids = { "5f3c1a90b7d24e6880a1c2d1" }, users = { olaf },
        secrets = {}, sources = { orders }, created_at = "2024-02-02T09:00:00Z", created_by = anna },
      { id = logistics, name = "Logistics", environment_ids = { "5f3c1a90b7d24e6880a1c2d1" }, users = { leaver }, secrets = {},
        sources = { stock }, created_at = "2024-02-03T09:00:00Z", created_by = anna },
    },
    sources = {
      { id = orders, name = "orders", type = "rdbms", sub_type = "oracle", data_lake_path = "/iw/sources/orders",
        environment_id = "5f3c1a90b7d24e6880a1c2d1", storage_id = "5f3c1a90b7d24e6880a1c2d2", is_source_ingested = true,
        created_at = "2024-02-05T09:00:00Z", created_by = anna },
      { id = stock, name = "stock", type = "file", sub_type = "structured", data_lake_path = "/iw/sources/stock",
        environment_id = "5f3c1a90b7d24e6880a1c2d1", storage_id = "5f3c1a90b7d24e6880a1c2d2", is_source_ingested = false,
        created_at = "2024-02-06T09:00:00Z", created_by = anna },
    },
    jobs = {
      { id = "5f3c1a90b7d24e6880a1c301", name = "nightly orders", type = "cdc_merge", status = "completed", percentage = 100,
        entity_id = orders, entity_type = "source", created_at = "2026-10-29T02:00:00Z", created_by = anna },
      { id = "5f3c1a90b7d24e6880a1c302", name = "nightly stock", type = "cdc_merge", status = "failed", percentage = 40,
        entity_id = stock, entity_type = "source", created_at = "2026-10-30T02:00:00Z", created_by = anna },
    },
  },
  fill = {
    users = { count = 34, record = {
      profile = { name = "Person {n}", email = "person{n}@example.com" }, roles = { "analyst" },
      created_at = "2025-01-15T08:{n}:00Z",
    } },
  },
}
