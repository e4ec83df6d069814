-- What each call of infoworks puts on the wire. Query as name=value joined by &, before percent-encoding.
-- SPDX-License-Identifier: MIT

local user, domain = "aN7xQ2mK9pR4tV6wB", "5f3c1a90b7d24e6880a1c2e1"
local source, job = "5f3c1a90b7d24e6880a1c2f1", "5f3c1a90b7d24e6880a1c301"
local pick = { limit = 10, offset = 20, sort_by = "name", order_by = "desc" }
local picked = "limit=10&offset=20&sort_by=name&order_by=desc"

return {
  settings = {},

  { op = "infoworks.auth.authenticate", args = {}, want = { method = "GET", path = "/security/authenticate" } },
  { op = "infoworks.auth.authenticate", args = { { service_id = 1 } },
    want = { method = "GET", path = "/security/authenticate", query = "service_id=1" } },
  { op = "infoworks.auth.authorise_user", args = { { entityType = "source", action = "read", entityId = source } },
    want = { method = "POST", path = "/security/authorise/user",
      body = [[{"action":"read","entityId":"5f3c1a90b7d24e6880a1c2f1","entityType":"source"}]] } },
  { op = "infoworks.access_token.get", args = {}, want = { method = "GET", path = "/security/token/access" } },
  { op = "infoworks.access_token.delete", args = {}, want = { method = "DELETE", path = "/security/token/access" } },
  { op = "infoworks.access_token.validate", args = {}, want = { method = "GET", path = "/security/token/validate" } },
  { op = "infoworks.refresh_token.regenerate", args = {}, want = { method = "DELETE", path = "/security/token/refresh" } },
  { op = "infoworks.sso.initialise", args = {}, want = { method = "GET", path = "/security/sso/initialise" } },
  { op = "infoworks.ldap.get_users", args = { { userIds = { "a@example.com", "b@example.com" }, searchAttribute = "mail" } },
    want = { method = "POST", path = "/security/get/user/data",
      body = [[{"searchAttribute":"mail","userIds":["a@example.com","b@example.com"]}]] } },
  { op = "infoworks.ldap.bulk_sync", args = { { search_on = "email", search_list = { "a@example.com" }, should_add = false } },
    want = { method = "POST", path = "/security/bulk-ldap-sync",
      body = [[{"search_list":["a@example.com"],"search_on":"email","should_add":false}]] } },

  { op = "infoworks.users.list", args = { pick }, want = { method = "GET", path = "/admin/users", query = picked } },
  { op = "infoworks.users.list", args = { { filter = { ["profile.email"] = "a+b@example.com" } } },
    want = { method = "GET", path = "/admin/users", query = [[filter={"profile.email":"a+b@example.com"}]] } },
  { op = "infoworks.users.list", args = { { filter = [[{"roles":"analyst"}]] } },
    want = { method = "GET", path = "/admin/users", query = [[filter={"roles":"analyst"}]] } },
  { op = "infoworks.users.create",
    args = { {
      profile = { name = "New Hire", email = "new.hire@example.com", needs_password_reset = true },
      roles = { "analyst" }, password = "first", accessible_domains = {},
    } },
    want = { method = "POST", path = "/admin/users",
      body = [[{"accessible_domains":[],"password":"first","profile":{"email":"new.hire@example.com","name":"New Hire",]]
        .. [["needs_password_reset":true},"roles":["analyst"]}]] } },
  { op = "infoworks.users.get", args = { user }, want = { method = "GET", path = "/admin/users/aN7xQ2mK9pR4tV6wB" } },
  { op = "infoworks.users.update", args = { user, { profile = { needs_password_reset = false }, roles = { "modeller" } } },
    want = { method = "PATCH", path = "/admin/users/aN7xQ2mK9pR4tV6wB",
      body = [[{"profile":{"needs_password_reset":false},"roles":["modeller"]}]] } },
  { op = "infoworks.users.delete", args = { user }, want = { method = "DELETE", path = "/admin/users/aN7xQ2mK9pR4tV6wB" } },
  { op = "infoworks.users.reset_password", args = { user, { new_password = "fresh" } },
    want = { method = "PATCH", path = "/admin/users/aN7xQ2mK9pR4tV6wB/reset-password", body = [[{"new_password":"fresh"}]] } },
  { op = "infoworks.users.add_domains", args = { user, { entity_ids = { domain } } },
    want = { method = "POST", path = "/admin/users/aN7xQ2mK9pR4tV6wB/accessible-domains",
      body = [[{"entity_ids":["5f3c1a90b7d24e6880a1c2e1"]}]] } },
  { op = "infoworks.me.get", args = {}, want = { method = "GET", path = "/admin/self" } },

  { op = "infoworks.domains.list", args = { pick }, want = { method = "GET", path = "/domains", query = picked } },
  { op = "infoworks.domains.create", args = { { name = "Finance", environment_ids = { "5f3c1a90b7d24e6880a1c2d1" } } },
    want = { method = "POST", path = "/domains",
      body = [[{"environment_ids":["5f3c1a90b7d24e6880a1c2d1"],"name":"Finance"}]] } },
  { op = "infoworks.domains.get", args = { domain }, want = { method = "GET", path = "/domains/5f3c1a90b7d24e6880a1c2e1" } },
  { op = "infoworks.domains.update", args = { domain, { description = "x" } },
    want = { method = "PATCH", path = "/domains/5f3c1a90b7d24e6880a1c2e1", body = [[{"description":"x"}]] } },
  { op = "infoworks.domains.delete", args = { domain }, want = { method = "DELETE", path = "/domains/5f3c1a90b7d24e6880a1c2e1" } },
  { op = "infoworks.domains.list_sources", args = { domain, pick },
    want = { method = "GET", path = "/domains/5f3c1a90b7d24e6880a1c2e1/accessible-sources", query = picked } },
  { op = "infoworks.domains.add_sources", args = { domain, { entity_ids = { source } } },
    want = { method = "POST", path = "/domains/5f3c1a90b7d24e6880a1c2e1/accessible-sources",
      body = [[{"entity_ids":["5f3c1a90b7d24e6880a1c2f1"]}]] } },
  { op = "infoworks.domains.remove_sources", args = { domain, { entity_ids = { source } } },
    want = { method = "DELETE", path = "/domains/5f3c1a90b7d24e6880a1c2e1/accessible-sources",
      body = [[{"entity_ids":["5f3c1a90b7d24e6880a1c2f1"]}]] } },

  { op = "infoworks.sources.list", args = { { resolve_ref = true, filter = { name = "a#b" } } },
    want = { method = "GET", path = "/sources", query = [[filter={"name":"a#b"}&resolve_ref=true]] } },
  { op = "infoworks.sources.create",
    args = { {
      name = "ledger", type = "rdbms", sub_type = "oracle", environment_id = "e1", storage_id = "s1",
      connection = { host = "db.example.com" }, transformation = "x",
    } },
    want = { method = "POST", path = "/sources",
      body = [[{"connection":{"host":"db.example.com"},"environment_id":"e1","name":"ledger","storage_id":"s1",]]
        .. [["sub_type":"oracle","transformation":"x","type":"rdbms"}]] } },
  { op = "infoworks.sources.get", args = { source }, want = { method = "GET", path = "/sources/5f3c1a90b7d24e6880a1c2f1" } },
  { op = "infoworks.sources.update", args = { source, { is_public = true } },
    want = { method = "PATCH", path = "/sources/5f3c1a90b7d24e6880a1c2f1", body = [[{"is_public":true}]] } },
  { op = "infoworks.sources.submit_job", args = { source, { job_type = "cdc_merge", table_ids = { "t1" }, overwrite = false } },
    want = { method = "POST", path = "/sources/5f3c1a90b7d24e6880a1c2f1/jobs",
      body = [[{"job_type":"cdc_merge","overwrite":false,"table_ids":["t1"]}]] } },

  { op = "infoworks.jobs.list", args = { pick }, want = { method = "GET", path = "/admin/jobs", query = picked } },
  { op = "infoworks.jobs.get", args = { job }, want = { method = "GET", path = "/admin/jobs/5f3c1a90b7d24e6880a1c301" } },
  { op = "infoworks.jobs.get_logs", args = { job, { num_lines = 20 } },
    want = { method = "GET", path = "/admin/jobs/5f3c1a90b7d24e6880a1c301/logs", query = "num_lines=20" } },
  { op = "infoworks.jobs.resubmit", args = { job },
    want = { method = "POST", path = "/admin/jobs/5f3c1a90b7d24e6880a1c301/resubmit" } },
  { op = "infoworks.jobs.cancel", args = { job },
    want = { method = "GET", path = "/prodops/jobs/5f3c1a90b7d24e6880a1c301/cancel" } },
}
