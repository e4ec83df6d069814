-- SPDX-License-Identifier: MIT
-- Infoworks REST API v3: signing in, users, domains, sources and jobs.

-- Ways to sign in. A refresh token goes out as it is, a user with the password in base64: both are called Basic.
local bearer = { { "Authorization", value = "Bearer {token}" } }
local given = { needs = { "access_token" }, send = { { "Authorization", value = "Bearer {access_token}" } } }
local by_refresh_token = {
  needs = { "refresh_token" },
  login = { http = "GET /security/token/access", headers = { { "Authorization", value = "Basic {refresh_token}" } },
    token = "/result/authentication_token", refused = { 406 } },
  send = bearer, renew = { 406 },
}
local by_password = {
  needs = { "user", "password" },
  login = { http = "GET /security/authenticate", headers = { { "Authorization", value = "Basic {basic:{user}:{password}}" } },
    token = "/result/authentication_token", refused = { 406 } },
  send = bearer, renew = { 406 },
}
local as_user = { { "Authorization", value = "Basic {basic:{user}:{password}}" } }

local message = { "/message", "/errors/0/message" }
local problems = { { "/errors", message = "detail" }, { "/details", path = "field" } }
local code = { "/iw_code", "/errors/0/code" }

local user_id = { "user_id", "string", min = 1, doc = "Id of the user, about 17 letters and digits." }
local domain_id = { "domain_id", "string", min = 1, doc = "Id of the domain, 24 hexadecimal digits." }
local source_id = { "source_id", "string", min = 1, doc = "Id of the source, 24 hexadecimal digits." }
local job_id = { "job_id", "string", min = 1, doc = "Id of the job, 24 hexadecimal digits." }
local entity_ids = { { "entity_ids", "[string]", required = true, min = 1, doc = "Ids of what is meant." } }

local limit = { "limit", "integer", min = 1, default = 10, doc = "Records a page." }
local offset = { "offset", "integer", min = 0, default = 0, doc = "Records to pass over." }
local sort_by = { "sort_by", "string", doc = "Name of a member." }
local order_by = { "order_by", "string", enum = { "asc", "desc" }, default = "asc" }
local filter = { "filter", "json", doc = 'Table of what members must be, such as { ["profile.email"] = "a@example.com" }; a text is '
  .. "sent as it is." }
local json_type = { "Content-Type", value = "application/json" } -- listed as required, though there is no body
local resolve_ref = { "resolve_ref", "boolean", doc = "Show what ids lead to." }

return {
  format = 1,
  name = "infoworks",
  title = "Infoworks, data pipelines (REST API v3)",
  doc = "Signing in, users, domains, sources and jobs of one Infoworks installation; the whole API is far larger. Access tokens "
    .. "live 15 minutes unless the installation says otherwise; errand buys the next one in time. Set refresh_token, or user and "
    .. "password, which do not work where people sign in by SAML. A failed login is status 406 here, and 401 may also mean that "
    .. "something is not allowed. Deletions are final. No call is safe to repeat that starts a job or creates something.",
  docs = "https://docs.infoworks.io/infoworks-5.5.1/infoworks-rest-api-v3/ref",
  evidence = "docs",
  url = { example = "https://infoworks.example.com:443/v3" },
  check = "me.get",

  settings = {
    { "refresh_token", "string", secret = true, evidence = "source",
      doc = "From the web interface, My Profile, Settings. It is sent as issued. Since 6.2 it expires, too." },
    { "user", "string", doc = "Who signs in with a password; it must not hold a colon." },
    { "password", "string", secret = true, doc = "Password of that user." },
    { "access_token", "string", secret = true,
      doc = "An access token bought elsewhere. Used before all others and never renewed." },
  },

  auth = {
    given, by_refresh_token, by_password,
    { name = "password", needs = { "user", "password" }, send = as_user },
    { name = "refresh_token", needs = { "refresh_token" }, send = { { "Authorization", value = "Basic {refresh_token}" } } },
    -- Published with the password of an administrator; an access token is the second choice.
    { name = "administrator", needs = { "user", "password" }, send = as_user },
    { name = "administrator", needs = given.needs, send = given.send },
    { name = "administrator", needs = by_refresh_token.needs, login = by_refresh_token.login, send = bearer, renew = { 406 } },
    -- Who asks where to sign in may have nothing yet.
    { name = "optional", needs = given.needs, send = given.send },
    { name = "optional", needs = by_refresh_token.needs, login = by_refresh_token.login, send = bearer, renew = { 406 } },
    { name = "optional", needs = by_password.needs, login = by_password.login, send = bearer, renew = { 406 } },
    { name = "optional", needs = {}, send = {} },
  },

  envelope = { data = "/result", message = message, problems = problems, code = code, refused = { 406 } },

  paging = {
    offset = { style = "offset", send = "offset", size = "limit", page_size = 100, default = 10, total = "/total_count",
      next = "/links/next" },
  },

  shapes = {
    -- What is sent.
    Profile = {
      { "name", "string", doc = "Full name." },
      { "email", "string", pattern = "[^%s@]+@[^%s@]+", pattern_doc = "name@example.com" },
      { "needs_password_reset", "boolean", doc = "Whether the user must choose a new password at the next login." },
    },
    NewProfile = {
      { "name", "string", required = true, min = 1, doc = "Full name." },
      { "email", "string", required = true, pattern = "[^%s@]+@[^%s@]+", pattern_doc = "name@example.com" },
      { "needs_password_reset", "boolean", doc = "Whether the user must choose a new password at the next login." },
    },
    UserCreate = {
      { "profile", "NewProfile", required = true },
      { "roles", "[string]", required = true, min = 1, doc = "Names of roles, such as modeller and analyst." },
      { "password", "string", required = true, min = 1, secret = true },
      { "accessible_domains", "[string]", doc = "Ids of domains." },
    },
    UserUpdate = {
      { "profile", "Profile" },
      { "roles", "[string]", doc = "The whole list: names of roles, such as modeller and analyst." },
      { "password", "string", min = 1, secret = true },
      { "accessible_domains", "[string]", doc = "Ids of domains, the whole list." },
      min = 1,
    },
    DomainCreate = {
      { "name", "string", required = true, min = 1 },
      { "description", "string" },
      { "environment_ids", "[string]", doc = "As the published description has it." },
      { "environment_id", "string", doc = "As the vendor's client sends it." },
      { "users", "[string]", doc = "Ids of users." },
      { "secrets", "[string]", doc = "Ids of secrets, not secrets themselves." },
    },
    DomainUpdate = {
      { "name", "string", min = 1 },
      { "description", "string" },
      { "environment_ids", "[string]" },
      { "environment_id", "string" },
      { "users", "[string]", doc = "Ids of users, the whole list." },
      { "secrets", "[string]", doc = "Ids of secrets, not secrets themselves." },
      min = 1,
    },
    SourceCreate = {
      { "name", "string", required = true, min = 1 },
      { "type", "string", required = true, min = 1, doc = "Kind of source, such as rdbms." },
      { "sub_type", "string", required = true, min = 1, doc = "Product, such as oracle." },
      { "environment_id", "string", required = true, min = 1 },
      { "storage_id", "string", required = true, min = 1 },
      { "data_lake_path", "string" },
      { "data_lake_schema", "string" },
      { "is_source_ingested", "boolean" },
      { "is_public", "boolean" },
      { "connection", "object", doc = "What it takes to reach the source; its members depend on the kind." },
      open = true,
    },
    SourceUpdate = {
      { "name", "string", min = 1 },
      { "type", "string" },
      { "sub_type", "string" },
      { "environment_id", "string" },
      { "storage_id", "string" },
      { "data_lake_path", "string" },
      { "data_lake_schema", "string" },
      { "is_source_ingested", "boolean" },
      { "is_public", "boolean" },
      { "connection", "object" },
      open = true, min = 1,
    },

    -- What comes back. Releases differ: take nothing but the token for granted.
    Session = {
      { "authentication_token", "string", required = true, secret = true, doc = "The access token." },
      { "is_authenticated", "boolean" },
      { "user_id", "string", nullable = true },
      open = true, evidence = "source",
    },
    Authorisation = {
      { "delegation_token", "string", nullable = true, secret = true },
      { "is_authorised", "boolean", doc = "False is the answer no, not an error." },
      open = true, evidence = "source",
    },
    Validity = { { "is_valid", "boolean", required = true }, open = true, evidence = "source" },
    Redirect = { { "Location", "string", required = true, doc = "Where to sign in." }, open = true, evidence = "source" },
    LdapUsers = { { "users", "[string]", required = true }, open = true, evidence = "source" },
    Synced = { { "email", "string", nullable = true }, { "id", "string", nullable = true }, open = true, evidence = "source" },
    NotSynced = {
      { "email", "string", nullable = true }, { "id", "string", nullable = true }, { "error", "string", nullable = true },
      open = true, evidence = "source",
    },
    SyncResult = {
      { "new_users_count", "integer" }, { "existing_user_count", "integer" },
      { "added", "[Synced]", nullable = true }, { "updated", "[Synced]", nullable = true },
      { "failed", "[NotSynced]", nullable = true, doc = "If there are any, the call raises an error that has all of this as body." },
      open = true, evidence = "source",
    },
    Made = { { "id", "string", required = true }, open = true },
    User = {
      { "id", "string", required = true },
      { "profile", "object", nullable = true, doc = "name, email and more." },
      { "emails", "any", nullable = true },
      { "display_name", "string", nullable = true },
      { "roles", "[string]", nullable = true },
      { "status", "any", nullable = true },
      { "accessible_domains", "[string]", nullable = true, doc = "Ids of domains." },
      { "failed_logins", "any", nullable = true },
      { "created_at", "any", nullable = true },
      { "modified_at", "any", nullable = true },
      { "login_disabled", "boolean", nullable = true },
      { "locked_till", "any", nullable = true },
      { "refresh_token", "string", nullable = true, secret = true,
        doc = "May be there: with it anybody can sign in as this user. Do not pass whole records on." },
      open = true,
    },
    Domain = {
      { "id", "string", required = true },
      { "name", "string" },
      { "description", "string", nullable = true },
      { "environment_ids", "[string]", nullable = true },
      { "users", "[string]", nullable = true, doc = "Ids of users." },
      { "secrets", "[string]", nullable = true, doc = "Ids of secrets." },
      { "created_at", "any", nullable = true },
      { "created_by", "string", nullable = true },
      { "modified_at", "any", nullable = true },
      { "modified_by", "string", nullable = true },
      open = true,
    },
    DomainSource = {
      { "id", "string", required = true },
      { "sourceName", "string" },
      { "sourceType", "string" },
      { "created_at", "any", nullable = true },
      { "created_by", "string", nullable = true },
      open = true,
    },
    Source = {
      { "id", "string", required = true },
      { "name", "string" },
      { "type", "string" },
      { "sub_type", "string" },
      { "data_lake_path", "string", nullable = true },
      { "data_lake_schema", "string", nullable = true },
      { "description", "string", nullable = true },
      { "state", "string", nullable = true },
      { "is_source_ingested", "boolean", nullable = true },
      { "is_public", "boolean", nullable = true },
      { "environment_id", "string", nullable = true },
      { "storage_id", "string", nullable = true },
      { "tags", "any", nullable = true },
      { "tables", "any", nullable = true },
      { "created_at", "any", nullable = true },
      { "created_by", "string", nullable = true },
      { "modified_at", "any", nullable = true },
      { "modified_by", "string", nullable = true },
      open = true,
    },
    Job = {
      { "id", "string", required = true },
      { "build_id", "string", nullable = true },
      { "name", "string", nullable = true },
      { "status", "string", doc = "Final are completed, failed, aborted, canceled; succeeded, if it is seen." },
      { "percentage", "number", nullable = true },
      { "type", "string", nullable = true },
      { "entity_id", "string", nullable = true, doc = "What the job works on." },
      { "entity_type", "string", nullable = true },
      { "sub_entity_id", "string", nullable = true },
      { "sub_entity_type", "string", nullable = true },
      { "duration", "any", nullable = true },
      { "compute_name", "string", nullable = true },
      { "created_at", "any", nullable = true },
      { "created_by", "string", nullable = true },
      { "last_updated", "any", nullable = true },
      { "processed_at", "any", nullable = true },
      open = true,
    },
  },

  resources = {
    { "auth", doc = "Signing in by hand, and asking what is allowed. errand signs in by itself.",
      operations = {
        { "authenticate", http = "GET /security/authenticate", summary = "Buy an access token with user and password.",
          evidence = "source", effect = "set",
          doc = "Signs in with the settings user and password, whatever else is set. Status 406 means that they are wrong.",
          auth = "password",
          query = {
            { "service_id", "number", evidence = "source", doc = "How the user signs in. Values are not published, 1 is shown." },
          },
          returns = "Session",
          example = [[return infoworks.auth.authenticate().is_authenticated]] },
        { "authorise_user", http = "POST /security/authorise/user", summary = "Ask whether the caller may do something.",
          evidence = "source", effect = "read",
          doc = "The accepted values are not published. That all three are needed is our reading.",
          body = {
            { "entityType", "string", required = true, evidence = "source", doc = "Kind of thing, such as source." },
            { "action", "string", required = true, evidence = "source", doc = "What is to be done." },
            { "entityId", "string", required = true, evidence = "source", doc = "Id of the thing." },
          },
          returns = "Authorisation",
          example = [[
local source = infoworks.sources.find{ name = "orders" }
return infoworks.auth.authorise_user{ entityType = "source", action = "read", entityId = source.id }.is_authorised]] },
      } },

    { "access_token", doc = "The 15-minute token that all other calls carry.",
      operations = {
        { "get", http = "GET /security/token/access", summary = "Buy an access token with the refresh token.",
          evidence = "source", effect = "set",
          doc = "Signs in with the setting refresh_token, whatever else is set. Status 406 means that it is wrong or expired.",
          auth = "refresh_token", returns = "Session",
          example = [[return #infoworks.access_token.get().authentication_token > 0]] },
        { "delete", http = "DELETE /security/token/access", summary = "Purge the access token in use.", evidence = "source",
          effect = "set", danger = true,
          doc = "Logs the user out. errand buys another token for the next call, unless the setting access_token was used.",
          returns = "any",
          example = [[infoworks.access_token.delete()]] },
        { "validate", http = "GET /security/token/validate", summary = "Ask whether the access token in use is active.",
          evidence = "source", effect = "read",
          doc = "An inactive token is an answer with is_valid false (our reading), not an error.",
          returns = "Validity",
          example = [[return infoworks.access_token.validate().is_valid]] },
      } },

    { "refresh_token", doc = "The long-lived token from the web interface that buys access tokens.",
      operations = {
        { "regenerate", http = "DELETE /security/token/refresh", summary = "Replace the refresh token and block the old one.",
          evidence = "source", effect = "send", danger = true,
          doc = "The setting refresh_token is of no use from then on. The reply is a text that is not described: fetch the new "
            .. "token from the web interface. Which credential the call wants is not published; errand sends the refresh token "
            .. "that is to be replaced.",
          auth = "refresh_token", returns = "any", secret = true,
          example = [[infoworks.refresh_token.regenerate()]] },
      } },

    { "sso", doc = "Single sign-on by SAML.",
      operations = {
        { "initialise", http = "GET /security/sso/initialise", summary = "Get the address where people sign in by SAML.",
          evidence = "source", effect = "read",
          doc = "Published with a bearer token; without any credential set, none is sent.",
          auth = "optional", envelope = false, returns = "Redirect",
          example = [[return infoworks.sso.initialise().Location]] },
      } },

    { "ldap", doc = "Users in the directory.",
      operations = {
        { "get_users", http = "POST /security/get/user/data", summary = "Look users up in LDAP.", evidence = "source",
          effect = "read",
          doc = "That both members are needed is our reading.",
          body = {
            { "userIds", "[string]", required = true, min = 1, evidence = "source", doc = "Values to look for." },
            { "searchAttribute", "string", required = true, min = 1, evidence = "source", doc = "Attribute they stand in." },
          },
          envelope = false, returns = "LdapUsers",
          example = [[
return infoworks.ldap.get_users{ userIds = { "new.hire@example.com" }, searchAttribute = "mail" }.users]] },
        { "bulk_sync", http = "POST /security/bulk-ldap-sync", summary = "Add or update users from LDAP.", evidence = "source",
          effect = "set",
          doc = "Left out, should_add and should_update count as true. If single users fail, the call raises an error of kind "
            .. "server that names each of them; the others are done, and err.body has what the server said of all. Wants user "
            .. "and password of an administrator; an access token is tried where they are not set.",
          auth = "administrator",
          body = {
            { "search_on", "string", required = true, min = 1, evidence = "source", doc = "Login attribute, such as email." },
            { "search_list", "[string]", required = true, min = 1, evidence = "source", doc = "Its values: who is meant." },
            { "should_update", "boolean", default = true, evidence = "source", doc = "Change users who are there already." },
            { "should_add", "boolean", default = true, evidence = "source", doc = "Add users who are not." },
          },
          envelope = {
            data = "/result", message = message, problems = problems, code = code, refused = { 406 },
            partial = { "/result/failed", message = "error", path = "email" },
          },
          returns = "SyncResult", timeout = 300,
          example = [[
return infoworks.ldap.bulk_sync{
  search_on = "email", search_list = { "new.hire@example.com" }, should_update = false,
}.new_users_count]] },
      } },

    { "users", doc = "People who may sign in.",
      find = {
        by = {
          { "email", at = "/profile/email", fold = true }, { "name", at = { "/profile/name", "/display_name" } }, { "id" },
        },
        list = "users.list", query = { filter = { ["profile.email"] = "{email}" } },
      },
      operations = {
        { "list", http = "GET /admin/users", summary = "List the users.", effect = "read", evidence = "docs",
          doc = "Records may hold a refresh_token: do not pass them on whole.",
          query = { limit, offset, sort_by, order_by, filter },
          paging = "offset", returns = "[User]",
          example = [[
local emails = {}
for user in infoworks.users.each{ sort_by = "profile.email" } do emails[#emails + 1] = user.profile.email end
return emails]] },
        { "create", http = "POST /admin/users", summary = "Create a user.", effect = "create", evidence = "docs",
          doc = "Look with users.find first: a repetition may make a second one.",
          body = "UserCreate", returns = "Made", inverse = { "users.delete", from = "/id" }, settle = 60,
          example = [[
return infoworks.users.create{
  profile = { name = "New Hire", email = "new.hire@example.com", needs_password_reset = true },
  roles = { "analyst" }, password = "first-password",
}.id]] },
        { "get", http = "GET /admin/users/{user_id}", summary = "Get one user.", effect = "read", evidence = "docs",
          path = { user_id }, returns = "User",
          example = [[return infoworks.users.get(infoworks.me.get().id).display_name]] },
        { "update", http = "PATCH /admin/users/{user_id}", summary = "Change a user.", effect = "set", evidence = "docs",
          doc = "Members that are left out stay.",
          path = { user_id }, body = "UserUpdate", returns = "Made",
          example = [[
local user = infoworks.users.find{ email = "olaf.operator@example.com" }
infoworks.users.update(user.id, { roles = { "analyst", "modeller" } })]] },
        { "delete", http = "DELETE /admin/users/{user_id}", summary = "Delete a user for good.", effect = "set", danger = true,
          evidence = "docs",
          path = { user_id }, returns = "none",
          example = [[
local user = infoworks.users.find{ email = "leaver@example.com" }
infoworks.users.delete(user.id)]] },
        { "reset_password", http = "PATCH /admin/users/{user_id}/reset-password", summary = "Set a new password for a user.",
          effect = "set", evidence = "docs",
          path = { user_id },
          body = {
            { "old_password", "string", secret = true, doc = "Whether it is needed is not published." },
            { "new_password", "string", required = true, min = 1, secret = true },
          },
          returns = "none",
          example = [[
local user = infoworks.users.find{ email = "olaf.operator@example.com" }
infoworks.users.reset_password(user.id, { new_password = "a-fresh-password" })]] },
        { "add_domains", http = "POST /admin/users/{user_id}/accessible-domains", summary = "Let a user into domains.",
          effect = "set", evidence = "docs",
          doc = "To take one away, send the whole list with users.update.",
          path = { user_id }, body = entity_ids, returns = "none",
          example = [[
local user = infoworks.users.find{ email = "olaf.operator@example.com" }
local domain = infoworks.domains.find{ name = "Logistics" }
infoworks.users.add_domains(user.id, { entity_ids = { domain.id } })]] },
      } },

    { "me", doc = "Whoever the credential belongs to.",
      operations = {
        { "get", http = "GET /admin/self", summary = "Describe the calling user.", effect = "read", evidence = "docs",
          returns = "User",
          example = [[return infoworks.me.get().display_name]] },
      } },

    { "domains", doc = "Areas that users are let into and that may use sources.",
      find = { by = { { "name" }, { "id" } }, list = "domains.list", query = { filter = { name = "{name}" } } },
      operations = {
        { "list", http = "GET /domains", summary = "List the domains.", effect = "read", evidence = "docs",
          query = { limit, offset, sort_by, order_by, filter },
          paging = "offset", returns = "[Domain]",
          example = [[return infoworks.domains.list()]] },
        { "create", http = "POST /domains", summary = "Create a domain.", effect = "create", evidence = "docs",
          doc = "Needs the rights of an administrator. The published description names environments in environment_ids, the "
            .. "vendor's client in environment_id.",
          body = "DomainCreate", returns = "Made", inverse = { "domains.delete", from = "/id" }, settle = 60,
          example = [[return infoworks.domains.create{ name = "Finance", description = "Ledgers and invoices" }.id]] },
        { "get", http = "GET /domains/{domain_id}", summary = "Get one domain.", effect = "read", evidence = "docs",
          path = { domain_id }, returns = "Domain",
          example = [[return infoworks.domains.get(infoworks.domains.find{ name = "Sales" }.id)]] },
        { "update", http = "PATCH /domains/{domain_id}", summary = "Change a domain.", effect = "set", evidence = "docs",
          doc = "Members that are left out stay.",
          path = { domain_id }, body = "DomainUpdate", returns = "Made",
          example = [[
local domain = infoworks.domains.find{ name = "Sales" }
infoworks.domains.update(domain.id, { description = "Orders and returns" })]] },
        { "delete", http = "DELETE /domains/{domain_id}", summary = "Delete a domain for good.", effect = "set", danger = true,
          evidence = "docs",
          path = { domain_id }, returns = "none",
          example = [[
local made = infoworks.domains.create{ name = "Short-lived" }
infoworks.domains.delete(made.id)]] },
        { "list_sources", http = "GET /domains/{domain_id}/accessible-sources", summary = "List the sources a domain may use.",
          effect = "read", evidence = "docs",
          path = { domain_id }, query = { limit, offset, sort_by, order_by, filter },
          paging = "offset", returns = "[DomainSource]",
          example = [[return infoworks.domains.list_sources(infoworks.domains.find{ name = "Sales" }.id)]] },
        { "add_sources", http = "POST /domains/{domain_id}/accessible-sources", summary = "Let a domain use sources.",
          effect = "set", evidence = "docs",
          doc = "Needs the rights of an administrator.",
          path = { domain_id }, body = entity_ids, returns = "any",
          inverse = { "domains.remove_sources", body = true },
          example = [[
local domain = infoworks.domains.find{ name = "Logistics" }
local source = infoworks.sources.find{ name = "orders" }
infoworks.domains.add_sources(domain.id, { entity_ids = { source.id } })]] },
        { "remove_sources", http = "DELETE /domains/{domain_id}/accessible-sources", summary = "Stop a domain using sources.",
          effect = "set", danger = true, evidence = "docs",
          doc = "Only the permission goes; the source stays.",
          path = { domain_id }, body = entity_ids, returns = "any",
          inverse = { "domains.add_sources", body = true },
          example = [[
local domain = infoworks.domains.find{ name = "Sales" }
local source = infoworks.sources.find{ name = "orders" }
infoworks.domains.remove_sources(domain.id, { entity_ids = { source.id } })]] },
      } },

    { "sources", doc = "Systems that data are read from.",
      find = { by = { { "name" }, { "id" } }, list = "sources.list", query = { filter = { name = "{name}" } } },
      operations = {
        { "list", http = "GET /sources", summary = "List the sources.", effect = "read", evidence = "docs",
          header = { json_type }, query = { limit, offset, sort_by, order_by, filter, resolve_ref },
          paging = "offset", returns = "[Source]",
          example = [[return infoworks.sources.list{ filter = { type = "rdbms" } }]] },
        { "create", http = "POST /sources", summary = "Create a source.", effect = "create", evidence = "docs",
          doc = "More members depend on the kind of source and are passed on. Which are needed follows the vendor's client.",
          body = "SourceCreate", returns = "Made", settle = 60,
          example = [[
return infoworks.sources.create{
  name = "ledger", type = "rdbms", sub_type = "oracle", environment_id = "5f3c1a90b7d24e6880a1c2d1",
  storage_id = "5f3c1a90b7d24e6880a1c2d2", data_lake_path = "/iw/sources/ledger", is_source_ingested = false,
}.id]] },
        { "get", http = "GET /sources/{source_id}", summary = "Get one source.", effect = "read", evidence = "docs",
          path = { source_id }, header = { json_type }, returns = "Source",
          example = [[return infoworks.sources.get(infoworks.sources.find{ name = "orders" }.id)]] },
        { "update", http = "PATCH /sources/{source_id}", summary = "Change a source.", effect = "set", evidence = "docs",
          doc = "Any members of a source; those that are left out stay.",
          path = { source_id }, body = "SourceUpdate", returns = "Made",
          example = [[
local source = infoworks.sources.find{ name = "orders" }
infoworks.sources.update(source.id, { is_public = true })]] },
        { "submit_job", http = "POST /sources/{source_id}/jobs", summary = "Start a job on a source.", effect = "create",
          evidence = "docs",
          doc = "Starts work that is paid for: each repetition is another job. Follow it with jobs.get.",
          path = { source_id },
          body = {
            { "job_type", "string", required = true,
              enum = {
                "export_data", "streaming_start", "segmentation_load", "truncate_reload", "cdc_merge", "truncate_table",
                "source_test_connection", "source_fetch_metadata", "table_fetch_metadata",
              },
              doc = "truncate_reload and truncate_table empty tables." },
            { "job_name", "string" },
            { "interactive_cluster_id", "string", doc = "Cluster to run on." },
            { "table_ids", "[string]", doc = "Which tables." },
            { "table_group_id", "string", doc = "Which group of tables." },
            { "overwrite", "boolean" },
          },
          returns = "Made", inverse = { "jobs.cancel", from = "/id" }, settle = 60,
          example = [[
local source = infoworks.sources.find{ name = "orders" }
return infoworks.sources.submit_job(source.id, { job_type = "source_test_connection" }).id]] },
      } },

    { "jobs", doc = "Work done on sources and pipelines.",
      operations = {
        { "list", http = "GET /admin/jobs", summary = "List the jobs.", effect = "read", evidence = "docs",
          query = { limit, offset, sort_by, order_by, filter, resolve_ref },
          paging = "offset", returns = "[Job]",
          example = [[return infoworks.jobs.list{ filter = { status = "failed" } }]] },
        { "get", http = "GET /admin/jobs/{job_id}", summary = "Get one job.", effect = "read", evidence = "docs",
          doc = "A job whose status is completed, failed, aborted or canceled is over.",
          path = { job_id }, returns = "Job",
          example = [[return infoworks.jobs.get(infoworks.jobs.find{ status = "failed" }.id).status]] },
        { "get_logs", http = "GET /admin/jobs/{job_id}/logs", summary = "Read the end of a job's log.", effect = "read",
          evidence = "docs",
          path = { job_id }, query = { { "num_lines", "integer", min = 1, doc = "How many lines of it." } },
          returns = "text",
          example = [[return infoworks.jobs.get_logs(infoworks.jobs.find{ status = "failed" }.id, { num_lines = 20 })]] },
        { "resubmit", http = "POST /admin/jobs/{job_id}/resubmit", summary = "Run the failed tables of a job again.",
          effect = "create", evidence = "docs",
          doc = "Starts another job, with an id of its own.",
          path = { job_id }, returns = "Made", inverse = { "jobs.cancel", from = "/id" }, settle = 60,
          example = [[return infoworks.jobs.resubmit(infoworks.jobs.find{ status = "failed" }.id).id]] },
        { "cancel", http = "GET /prodops/jobs/{job_id}/cancel", summary = "Cancel a job.", effect = "set", danger = true,
          once = true, evidence = "docs",
          doc = "Changes something although it is a GET: errand never repeats it by itself. The job ends some time later.",
          path = { job_id }, returns = "none",
          example = [[
local source = infoworks.sources.find{ name = "orders" }
local job = infoworks.sources.submit_job(source.id, { job_type = "source_fetch_metadata" })
infoworks.jobs.cancel(job.id)]] },
      } },
  },
}
