-- SPDX-License-Identifier: MIT
-- Intrexx Administration API: portals, their users and groups, their settings.

local portal = { "portal", "string", min = 1, not_in = { "portals", "templates", "auth", "admin-api" }, evidence = "source",
  doc = "Name of the portal, not its id. A portal named like a fixed route of the API cannot be reached and is refused." }
local user_id = { "user_id", "string", min = 1, evidence = "source", doc = "Id of the user, a small number." }
local group_id = { "group_id", "string", min = 1, evidence = "source",
  doc = "Id of the group, a small number: 3 is Administrators, 4 is Users." }

return {
  format = 1,
  name = "intrexx",
  title = "Intrexx Administration API, portals and their users",
  doc = "Administers the portals of one Intrexx installation (10.10 or later; from 11.0 with a licence for the API). The account "
    .. "is the one chosen when the API was installed, not a portal user. Its token lives one hour; errand buys the next one "
    .. "itself. The server keeps each portal's own administrator password: where that was changed elsewhere, calls to that one "
    .. "portal fail though the token is good. Users and groups cannot be listed. What replies look like is not published and "
    .. "is inferred throughout.",
  docs = "https://help.intrexx.com/intrexx/steady/en-us/Content/OH/api-administration/"
    .. "api-admin-api-endpoints-links-examples.html",
  evidence = "docs",
  url = { example = "https://intrexx.example.com:4242" },

  settings = {
    { "user", "string", required = true, doc = "Account of the Administration API, chosen at its installation." },
    { "password", "string", required = true, secret = true, doc = "Password of that account." },
  },

  auth = {
    { needs = { "user", "password" },
      login = {
        http = "POST /auth",
        json = { name = "{user}", password = "{password}" },
        token = "", lifetime = 3600,
      },
      send = { { "Authorization", value = "Bearer {token}" } } },
  },

  envelope = { message = { "/message", "/error", "/detail" } },

  shapes = {
    -- What is sent.
    PortalCreate = {
      { "template_path", "string", required = true, min = 1, doc = "Directory of the template, on the server." },
      { "portal_path", "string", required = true, min = 1, doc = "Directory the portal goes into, on the server." },
      { "portal", "PortalConfig", required = true },
      { "database", "DatabaseConfig", required = true },
    },
    PortalConfig = {
      { "display_name", "string", required = true, min = 1, doc = "What people see." },
      { "default_language", "string", doc = "Such as de or en." },
      { "web_server_host_name", "string" },
      { "web_default_base_url", "string", doc = "URL of the portal for browsers." },
      { "web_connector_host", "string" },
      { "web_connector_port", "integer", min = 1, max = 65535 },
      { "rest_connector_port", "integer", min = 1, max = 65535, doc = "Port through which the API reaches this portal." },
      { "search_configuration", "SearchConfig" },
      open = true,
    },
    SearchConfig = { { "server_configuration", "SearchServer" }, open = true },
    SearchServer = {
      { "url", "string", doc = "Solr server." },
      { "base_directory", "string" },
      open = true,
    },
    DatabaseConfig = {
      { "type", "string", required = true, min = 1, doc = "Such as postgresql." },
      { "host", "string" },
      { "port", "integer", min = 1, max = 65535 },
      { "user", "string" },
      { "password", "string", secret = true },
      { "database_name", "string" },
      { "create", "boolean", doc = "Create the database too." },
      open = true,
    },
    WebserverUpdate = { { "base_url", "string", required = true, min = 1, doc = "URL of the portal for browsers." } },
    SettingsUpdate = {
      { "jvm_minimal_memory_mb", "integer", min = 0 },
      { "jvm_maximal_memory_mb", "integer", min = 0 },
      { "session_timeout_sek", "integer", doc = "Seconds; the vendor writes sek." },
      { "anonymous_session_timeout_sek", "integer", doc = "Seconds; the vendor writes sek." },
      { "workflow_event_on_login", "boolean" },
      open = true, min = 1,
    },
    GeneralSettings = {
      { "first_name", "string" },
      { "last_name", "string" },
      { "object_name", "string", doc = "Name of the user object; not what is typed at sign-in." },
      open = true,
    },
    Contact = { { "email", "ContactEmail" }, open = true },
    ContactEmail = { { "work", "string" }, open = true },
    AccountCreate = {
      { "login_username", "string", doc = "What is typed at sign-in." },
      { "password", "string", secret = true },
      open = true,
    },
    UserCreate = {
      { "general_settings", "GeneralSettings", required = true },
      { "contact", "Contact" },
      { "account", "AccountCreate", required = true },
    },
    UserUpdate = {
      { "general_settings", "GeneralSettings" },
      { "contact", "Contact" },
      { "account", "AccountCreate", doc = "password sets a new password." },
      any_of = { "general_settings", "contact", "account" },
    },
    GroupCreate = {
      { "name", "string", doc = "Taken from what a group should have; no page shows the members." },
      open = true, min = 1, evidence = "inferred",
    },

    -- What comes back. No page shows a reply.
    Portal = {
      { "id", "string", doc = "40 hexadecimal digits; only portals.delete wants it." },
      { "name", "string", doc = "What every other call wants." },
      { "display_name", "string", nullable = true },
      { "base_url", "string", nullable = true },
      open = true, evidence = "inferred",
    },
    Template = {
      { "name", "string" },
      { "path", "string", nullable = true, doc = "What template_path of portals.create wants." },
      open = true, evidence = "inferred",
    },
    Webserver = { { "base_url", "string", nullable = true }, open = true, evidence = "inferred" },
    Settings = {
      { "jvm_minimal_memory_mb", "integer", nullable = true },
      { "jvm_maximal_memory_mb", "integer", nullable = true },
      { "session_timeout_sek", "integer", nullable = true },
      { "anonymous_session_timeout_sek", "integer", nullable = true },
      { "workflow_event_on_login", "boolean", nullable = true },
      open = true, evidence = "inferred",
    },
    NewObject = {
      { "id", "any", doc = "From the Location header." },
      { "location", "string", nullable = true },
      open = true, evidence = "inferred",
    },
    User = {
      { "id", "any" },
      { "general_settings", "object", nullable = true },
      { "contact", "object", nullable = true },
      { "account", "object", nullable = true },
      open = true, evidence = "inferred",
    },
    Group = { { "id", "any" }, { "name", "string", nullable = true }, open = true, evidence = "inferred" },
    License = {
      { "key", "string" },
      { "count", "integer", nullable = true },
      open = true, evidence = "inferred",
    },
  },

  resources = {
    { "auth", doc = "Signing in. errand does it by itself; this is for looking.",
      operations = {
        { "login", http = "POST /auth", summary = "Buy a token with an account's name and password.", evidence = "source",
          effect = "set",
          doc = "The reply is the bare token. It lives one hour and can be neither renewed nor revoked.",
          auth = false,
          body = {
            { "name", "string", required = true, min = 1, doc = "Account of the Administration API." },
            { "password", "string", required = true, secret = true },
          },
          returns = "text", secret = true,
          example = [[return #intrexx.auth.login{ name = "admin", password = "sandbox-intrexx-password" } > 0]] },
      } },

    { "portals", doc = "The portals of the installation.",
      find = { by = { { "name" }, { "id" }, { "display_name" } }, list = "portals.list" },
      operations = {
        { "list", http = "GET /portals", summary = "List every portal of the installation.", evidence = "source", effect = "read",
          doc = "name is what other calls take as portal; id is for portals.delete alone.",
          returns = "[Portal]",
          example = [[return intrexx.portals.list()]] },
        { "create", http = "POST /portals", summary = "Create a portal from a template.", evidence = "source", effect = "create",
          doc = "Takes minutes. The paths are directories of the server, not of this machine.",
          body = "PortalCreate", returns = "Portal", inverse = { "portals.delete", from = "/id" }, settle = 600, timeout = 900,
          example = [[
return intrexx.portals.create{
  template_path = "/opt/intrexx/orgtempl/blank", portal_path = "/opt/intrexx/org/plant",
  portal = { display_name = "Plant", default_language = "en", web_default_base_url = "https://plant.example.com" },
  database = { type = "postgresql", host = "localhost", port = 5432, database_name = "plant", create = true },
}]] },
        { "delete", http = "DELETE /portals/{portal_id}", summary = "Delete a portal for good.", evidence = "source",
          effect = "set", danger = true,
          doc = "Cannot be undone. Wants the id of the portal, not its name.",
          path = {
            { "portal_id", "string", min = 40, max = 40, pattern = "%x+", evidence = "docs",
              doc = "Id of the portal, 40 hexadecimal digits; portals.list has it." },
          },
          returns = "none", timeout = 600,
          example = [[
local made = intrexx.portals.create{
  template_path = "/opt/intrexx/orgtempl/blank", portal_path = "/opt/intrexx/org/trial",
  portal = { display_name = "Trial" }, database = { type = "postgresql", database_name = "trial", create = true },
}
intrexx.portals.delete(made.id)]] },
      } },

    { "templates", doc = "What new portals are made from.",
      operations = {
        { "list", http = "GET /templates", summary = "List the portal templates.", evidence = "source", effect = "read",
          returns = "[Template]",
          example = [[return intrexx.templates.list()]] },
      } },

    { "webserver", doc = "The URL under which a portal is reached.",
      operations = {
        { "get", http = "GET /{portal}/webserver", summary = "Get the base URL of a portal.", evidence = "source", effect = "read",
          path = { portal }, returns = "Webserver",
          example = [[return intrexx.webserver.get("hr").base_url]] },
        { "update", http = "PUT /{portal}/webserver", summary = "Set the base URL of a portal.", evidence = "source",
          effect = "set",
          path = { portal }, body = "WebserverUpdate", returns = "Webserver",
          example = [[return intrexx.webserver.update("hr", { base_url = "https://hr.example.com" })]] },
      } },

    { "settings", doc = "Memory, session times and the like of a portal.",
      operations = {
        { "get", http = "GET /{portal}/settings", summary = "Get the settings of a portal.", evidence = "source", effect = "read",
          path = { portal }, returns = "Settings",
          example = [[return intrexx.settings.get("hr")]] },
        { "update", http = "PATCH /{portal}/settings", summary = "Change settings of a portal.", evidence = "source",
          effect = "set",
          doc = "Members that are left out stay. Members not listed here are passed on.",
          path = { portal }, body = "SettingsUpdate", returns = "Settings",
          example = [[return intrexx.settings.update("hr", { session_timeout_sek = 3600 })]] },
      } },

    { "sessions", doc = "Signed-in users of a portal.",
      operations = {
        { "logout", http = "POST /{portal}/logout", summary = "Log a user off a portal.", evidence = "source", effect = "set",
          danger = true,
          doc = "How the user is named is not published: whatever is given is sent as it is. Ends no token of this API.",
          path = { portal }, body = "object", body_optional = true, returns = "any",
          example = [[intrexx.sessions.logout("intranet", { login_username = "new.hire" })]] },
      } },

    { "users", doc = "Users of a portal. They cannot be listed: find knows those errand created, by its own record.",
      find = {
        by = {
          { "login_username", at = "/account/login_username", fold = true },
          { "email", at = "/contact/email/work", fold = true },
        },
        record = "users.create", get = "users.get",
      },
      operations = {
        { "create", http = "POST /{portal}/users", summary = "Create a portal user.", evidence = "source", effect = "create",
          doc = "object_name and login_username are two names of one user. Keep the id: no call lists users. Groups come after, "
            .. "with add_to_group.",
          path = { portal }, body = "UserCreate", returns = "NewObject",
          created = { header = "Location", segment = -1, as = "id" },
          inverse = { "users.delete", from = "/id" }, settle = 60,
          example = [[
return intrexx.users.create("hr", {
  general_settings = { first_name = "Newt", last_name = "Hire", object_name = "newt.hire" },
  contact = { email = { work = "newt.hire@example.com" } },
  account = { login_username = "newt.hire" },
}).id]] },
        { "get", http = "GET /{portal}/users/{user_id}", summary = "Get a portal user.", evidence = "source", effect = "read",
          path = { portal, user_id }, returns = "User",
          example = [[
local made = intrexx.users.create("hr", {
  general_settings = { object_name = "gil.hire" }, account = { login_username = "gil.hire" },
})
return intrexx.users.get("hr", made.id)]] },
        { "update", http = "PATCH /{portal}/users/{user_id}", summary = "Change a portal user.", evidence = "source",
          effect = "set",
          doc = "Members that are left out stay (our reading). A new password is account.password.",
          path = { portal, user_id }, body = "UserUpdate", returns = "any",
          example = [[
local made = intrexx.users.create("hr", {
  general_settings = { object_name = "una.hire" }, account = { login_username = "una.hire" },
})
intrexx.users.update("hr", made.id, { contact = { email = { work = "una.hire@example.com" } } })]] },
        { "delete", http = "DELETE /{portal}/users/{user_id}", summary = "Delete a portal user.", evidence = "source",
          effect = "set", danger = true,
          path = { portal, user_id }, returns = "none",
          example = [[
local made = intrexx.users.create("hr", {
  general_settings = { object_name = "ex.hire" }, account = { login_username = "ex.hire" },
})
intrexx.users.delete("hr", made.id)]] },
        { "list_groups", http = "GET /{portal}/users/{user_id}/groups", summary = "List the groups a user is in.",
          evidence = "source", effect = "read",
          path = { portal, user_id }, returns = "[Group]",
          example = [[
local made = intrexx.users.create("hr", {
  general_settings = { object_name = "lea.hire" }, account = { login_username = "lea.hire" },
})
intrexx.users.add_to_group("hr", made.id, 4)
return intrexx.users.list_groups("hr", made.id)]] },
        { "add_to_group", http = "PUT /{portal}/users/{user_id}/groups/{group_id}", summary = "Put a user into a group.",
          evidence = "source", effect = "set",
          doc = "Sends no body. Group 3 is Administrators, 4 is Users.",
          path = { portal, user_id, group_id }, returns = "any",
          inverse = { "users.remove_from_group" },
          example = [[
local made = intrexx.users.create("hr", {
  general_settings = { object_name = "ada.hire" }, account = { login_username = "ada.hire" },
})
intrexx.users.add_to_group("hr", made.id, 4)]] },
        { "remove_from_group", http = "DELETE /{portal}/users/{user_id}/groups/{group_id}",
          summary = "Take a user out of a group.", evidence = "source", effect = "set", danger = true,
          doc = "Ends the membership; user and group stay.",
          path = { portal, user_id, group_id }, returns = "none",
          inverse = { "users.add_to_group" },
          example = [[
local made = intrexx.users.create("hr", {
  general_settings = { object_name = "bo.hire" }, account = { login_username = "bo.hire" },
})
intrexx.users.add_to_group("hr", made.id, 4)
intrexx.users.remove_from_group("hr", made.id, 4)]] },
      } },

    { "groups", doc = "Groups of a portal. They can be neither listed nor changed: note the id when creating one.",
      operations = {
        { "create", http = "POST /{portal}/groups", summary = "Create a group in a portal.", evidence = "source",
          effect = "create",
          doc = "What members the body has is not published; whatever is given is sent as it is.",
          path = { portal }, body = "GroupCreate", returns = "NewObject",
          created = { header = "Location", segment = -1, as = "id" },
          inverse = { "groups.delete", from = "/id" }, settle = 60,
          example = [[return intrexx.groups.create("hr", { name = "Auditors" }).id]] },
        { "get", http = "GET /{portal}/groups/{group_id}", summary = "Get a group of a portal.", evidence = "source",
          effect = "read",
          path = { portal, group_id }, returns = "Group",
          example = [[return intrexx.groups.get("hr", 4)]] },
        { "delete", http = "DELETE /{portal}/groups/{group_id}", summary = "Delete a group of a portal.", evidence = "source",
          effect = "set", danger = true,
          path = { portal, group_id }, returns = "none",
          example = [[
local made = intrexx.groups.create("hr", { name = "Short-lived" })
intrexx.groups.delete("hr", made.id)]] },
      } },

    { "licenses", doc = "Intrexx licences of a portal.",
      operations = {
        { "list", http = "GET /{portal}/licenses", summary = "List the licences of a portal.", evidence = "source",
          effect = "read",
          path = { portal }, returns = "[License]",
          example = [[return intrexx.licenses.list("hr")]] },
      } },
  },
}
