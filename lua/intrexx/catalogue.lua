-- SPDX-License-Identifier: MIT
-- Intrexx Administration API: portals, their users and groups, their settings.

local portal = { "portal", "string", min = 1, not_in = { "portals", "templates", "auth", "admin-api" }, evidence = "source",
  doc = "Name of the portal, not its id. A portal named like a fixed route of the API cannot be reached and is refused." }
local user_id = { "user_id", "string", min = 1, evidence = "source", doc = "Id of the user, a small number." }
local group_id = { "group_id", "string", min = 1, evidence = "source",
  doc = "Id of the group, a small number: 3 is Administrators, 4 is Users." }
local job_id = { "job_id", "string", min = 1, evidence = "source", doc = "Id of the job; scheduler_jobs.list has it." }
local mail_service_id = { "mail_service_id", "string", min = 1, evidence = "source",
  doc = "Id of the mail service; mail_services.list has it." }

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
    Free = { open = true, min = 1, evidence = "inferred" },   -- no page shows its members
    MobileUpdate = { { "api_key", "string", secret = true }, open = true, min = 1, evidence = "inferred" },
    IndexAction = { { "action", "string", doc = "What to do; the words are not published." }, open = true, evidence = "inferred" },
    StandbyUpdate = { { "standby", "boolean", doc = "True stops the scheduler." }, open = true, min = 1, evidence = "inferred" },
    MailStatusUpdate = { { "status", "string", doc = "The words are not published." }, open = true, min = 1, evidence = "inferred" },
    LicenseCreate = {
      { "key", "string", required = true, min = 1 },
      { "count", "integer", min = 0, doc = "0 in the vendor's sample." },
    },
    ApiLicense = { { "key", "string", required = true, min = 1 }, open = true, evidence = "inferred" },

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
    Mobile = { { "api_key", "string", nullable = true, secret = true }, open = true, evidence = "inferred" },
    ReportsEngine = {
      { "engine", "string", nullable = true },
      { "configuration", "object", nullable = true },
      open = true, evidence = "inferred",
    },
    Job = {
      { "id", "any" },
      { "name", "string", nullable = true },
      { "type", "string", nullable = true },
      { "active", "boolean", nullable = true },
      { "next_run", "string", nullable = true },
      open = true, evidence = "inferred",
    },
    Standby = { { "standby", "boolean", nullable = true }, open = true, evidence = "inferred" },
    MailService = {
      { "id", "any" },
      { "name", "string", nullable = true },
      { "host", "string", nullable = true },
      { "port", "integer", nullable = true },
      { "active", "boolean", nullable = true },
      open = true, evidence = "inferred",
    },
    MailStatus = { { "status", "string", nullable = true }, open = true, evidence = "inferred" },
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
        { "upload", http = "POST /templates", summary = "Upload a template for new portals.", evidence = "source",
          effect = "create",
          doc = "The name of the form's part is taken from the upload of applications; the call option field gives another. What the "
            .. "reply says is not published, so it is given as it came. There is no call that deletes a template.",
          files = {
            { "files", "file", required = true, content_type = "application/zip", evidence = "inferred", doc = "Zip of the template." },
          },
          returns = "text", settle = 600, timeout = 1800,
          example = [[
local zip = os.tmpname()
intrexx.diagnosis.download("hr", { to = zip })   -- any zip will do for a try
intrexx.templates.upload(zip)
os.remove(zip)]] },
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

    { "mobile", doc = "API key of the Intrexx mobile app.",
      operations = {
        { "get", http = "GET /{portal}/mobile", summary = "Get the API key of the mobile app.", evidence = "source", effect = "read",
          path = { portal }, returns = "Mobile",
          example = [[return #intrexx.mobile.get("hr").api_key > 0]] },
        { "update", http = "PATCH /{portal}/mobile", summary = "Set the API key of the mobile app.", evidence = "source",
          effect = "set",
          path = { portal }, body = "MobileUpdate", returns = "any",
          example = [[intrexx.mobile.update("hr", { api_key = "sandbox-mobile-key-2" })]] },
        { "delete", http = "DELETE /{portal}/mobile", summary = "Delete the API key of the mobile app.", evidence = "source",
          effect = "set", danger = true,
          doc = "Phones that use the key are cut off.",
          path = { portal }, returns = "none",
          example = [[intrexx.mobile.delete("intranet")]] },
      } },

    { "reports_engine", doc = "What makes the reports of a portal.",
      operations = {
        { "get", http = "GET /{portal}/reports/engine", summary = "Get the report engine and its configuration.",
          evidence = "source", effect = "read",
          path = { portal }, returns = "ReportsEngine",
          example = [[return intrexx.reports_engine.get("hr").engine]] },
        { "update", http = "PATCH /{portal}/reports/engine", summary = "Change the report engine or its configuration.",
          evidence = "source", effect = "set",
          doc = "What members the body has is not published; whatever is given is sent as it is.",
          path = { portal }, body = "Free", returns = "any",
          example = [[intrexx.reports_engine.update("hr", { engine = "birt" })]] },
      } },

    { "export", doc = "Configuration of the export templates of a portal; no export of the portal itself.",
      operations = {
        { "get", http = "GET /{portal}/export", summary = "Get the export template configuration.", evidence = "source",
          effect = "read",
          path = { portal }, returns = "object",
          example = [[return intrexx.export.get("hr")]] },
        { "update", http = "PATCH /{portal}/export", summary = "Change the export template configuration.", evidence = "source",
          effect = "set",
          doc = "What members the body has is not published; whatever is given is sent as it is.",
          path = { portal }, body = "Free", returns = "any",
          example = [[intrexx.export.update("hr", { format = "xlsx" })]] },
      } },

    { "diagnosis", doc = "What the vendor's support asks for.",
      operations = {
        { "download", http = "GET /{portal}/diagnosis", summary = "Download the diagnosis data of a portal's server, a zip.",
          evidence = "source", effect = "read",
          doc = "It may hold names and settings that are nobody else's business: mind where it lies.",
          path = { portal }, returns = "file", timeout = 1800,
          example = [[
local zip = os.tmpname()
intrexx.diagnosis.download("hr", { to = zip })
os.remove(zip)]] },
      } },

    { "search_index", doc = "The search index of a portal.",
      operations = {
        { "trigger", http = "POST /{portal}/search/index", summary = "Start an action on the search index.", evidence = "source",
          effect = "send",
          doc = "The reply most likely comes before the work is done (our reading).",
          path = { portal }, body = "IndexAction", body_optional = true, returns = "any", settle = 60, timeout = 300,
          example = [[intrexx.search_index.trigger("hr", { action = "rebuild" })]] },
      } },

    { "applications", doc = "Applications, processes, layouts and files of a portal, as an export holds them.",
      operations = {
        { "import", http = "POST /{portal}/applications", summary = "Import an export zip into a portal.", evidence = "source",
          effect = "create",
          doc = "Adds; what is there already is the business of overwrite, and errand never falls back from one to the other. Zip and "
            .. "portal should have the same patch level: an early edition of the vendor's samples says so. What the reply says "
            .. "is not published, so it is given as it came.",
          path = { portal },
          files = { { "files", "file", required = true, content_type = "application/zip", doc = "Zip that an export made." } },
          returns = "text", settle = 600, timeout = 1800,
          example = [[
local zip = os.tmpname()
intrexx.diagnosis.download("hr", { to = zip })   -- any zip will do for a try
intrexx.applications.import("hr", zip)
os.remove(zip)]] },
        { "overwrite", http = "PATCH /{portal}/applications", summary = "Import an export zip over what a portal has.",
          evidence = "source", effect = "set", danger = true,
          doc = "Replaces what is there; import adds. The form is taken from import.",
          path = { portal },
          files = {
            { "files", "file", required = true, content_type = "application/zip", evidence = "inferred",
              doc = "Zip that an export made." },
          },
          returns = "text", timeout = 1800,
          example = [[
local zip = os.tmpname()
intrexx.diagnosis.download("hr", { to = zip })   -- any zip will do for a try
intrexx.applications.overwrite("hr", zip)
os.remove(zip)]] },
      } },

    { "sessions", doc = "Signed-in users of a portal.",
      operations = {
        { "logout", http = "POST /{portal}/logout", summary = "Log a user off a portal.", evidence = "source", effect = "set",
          danger = true,
          doc = "How the user is named is not published: whatever is given is sent as it is. Ends no token of this API.",
          path = { portal }, body = "object", body_optional = true, returns = "any",
          example = [[intrexx.sessions.logout("intranet", { login_username = "new.hire" })]] },
      } },

    { "scheduler_jobs", doc = "Jobs of a portal's scheduler.",
      find = { by = { { "name" }, { "id" } }, list = "scheduler_jobs.list" },
      operations = {
        { "list", http = "GET /{portal}/scheduler/jobs", summary = "List the jobs of a portal.", evidence = "source",
          effect = "read",
          path = { portal }, returns = "[Job]",
          example = [[return intrexx.scheduler_jobs.list("hr")]] },
        { "create", http = "POST /{portal}/scheduler/job/{job_type}", summary = "Create a job of a type.", evidence = "source",
          effect = "create",
          doc = "Neither the types nor the members of the body are published; whatever is given is sent as it is.",
          path = { portal, { "job_type", "string", min = 1, evidence = "source", doc = "Type of the job; list shows some." } },
          body = "Free", returns = "NewObject",
          created = { header = "Location", segment = -1, as = "id" },
          inverse = { "scheduler_jobs.delete", from = "/id" }, settle = 60,
          example = [[return intrexx.scheduler_jobs.create("hr", "user", { name = "Nightly import", active = true }).id]] },
        { "get", http = "GET /{portal}/scheduler/job/{job_id}", summary = "Get a job.", evidence = "source", effect = "read",
          path = { portal, job_id }, returns = "Job",
          example = [[
local job = intrexx.scheduler_jobs.find("hr", { name = "Clean up" })
return intrexx.scheduler_jobs.get("hr", job.id)]] },
        { "update", http = "PATCH /{portal}/scheduler/job/{job_id}", summary = "Change a job.", evidence = "source",
          effect = "set",
          doc = "What members the body has is not published; whatever is given is sent as it is.",
          path = { portal, job_id }, body = "Free", returns = "any",
          example = [[
local job = intrexx.scheduler_jobs.find("hr", { name = "Clean up" })
intrexx.scheduler_jobs.update("hr", job.id, { active = false })]] },
        { "delete", http = "DELETE /{portal}/scheduler/job/{job_id}", summary = "Delete a job.", evidence = "source",
          effect = "set", danger = true,
          path = { portal, job_id }, returns = "none",
          example = [[
local made = intrexx.scheduler_jobs.create("hr", "user", { name = "Short-lived" })
intrexx.scheduler_jobs.delete("hr", made.id)]] },
      } },

    { "scheduler", doc = "The scheduler of a portal as a whole.",
      operations = {
        { "get_standby", http = "GET /{portal}/scheduler/standby", summary = "Tell whether the scheduler stands by.",
          evidence = "source", effect = "read",
          path = { portal }, returns = "Standby",
          example = [[return intrexx.scheduler.get_standby("hr").standby]] },
        { "set_standby", http = "PUT /{portal}/scheduler/standby", summary = "Let the scheduler stand by, or run again.",
          evidence = "source", effect = "set",
          path = { portal }, body = "StandbyUpdate", returns = "any",
          example = [[intrexx.scheduler.set_standby("hr", { standby = true })]] },
        { "get_configuration", http = "GET /{portal}/scheduler/configuration", summary = "Get the scheduler's configuration.",
          evidence = "source", effect = "read",
          path = { portal }, returns = "object",
          example = [[return intrexx.scheduler.get_configuration("hr")]] },
        { "update_configuration", http = "PATCH /{portal}/scheduler/configuration",
          summary = "Change the scheduler's configuration.", evidence = "source", effect = "set",
          doc = "What members the body has is not published; whatever is given is sent as it is.",
          path = { portal }, body = "Free", returns = "any",
          example = [[intrexx.scheduler.update_configuration("hr", { threads = 4 })]] },
        { "run_actions", http = "PUT /{portal}/scheduler/actions", summary = "Run actions on jobs.", evidence = "source",
          effect = "send",
          doc = "A PUT, but each one runs the actions again. What members the body has is not published; whatever is given is sent "
            .. "as it is.",
          path = { portal }, body = "Free", returns = "any", settle = 60, timeout = 300,
          example = [[
local job = intrexx.scheduler_jobs.find("hr", { name = "Clean up" })
intrexx.scheduler.run_actions("hr", { action = "run", jobs = { job.id } })]] },
      } },

    { "mail_services", doc = "Mail services of a portal. They cannot be deleted.",
      find = { by = { { "name" }, { "id" } }, list = "mail_services.list" },
      operations = {
        { "list", http = "GET /{portal}/mailservices", summary = "List the mail services of a portal.", evidence = "source",
          effect = "read",
          path = { portal }, returns = "[MailService]",
          example = [[return intrexx.mail_services.list("hr")]] },
        { "create", http = "POST /{portal}/mailservices", summary = "Create a mail service.", evidence = "source",
          effect = "create",
          doc = "There is no call that deletes it. What members the body has is not published; whatever is given is sent as it is.",
          path = { portal }, body = "Free", returns = "NewObject",
          created = { header = "Location", segment = -1, as = "id" }, settle = 60,
          example = [[
return intrexx.mail_services.create("hr", { name = "Newsletter", host = "mail.example.com", port = 25 }).id]] },
        { "get", http = "GET /{portal}/mailservices/{mail_service_id}", summary = "Get a mail service.", evidence = "source",
          effect = "read",
          path = { portal, mail_service_id }, returns = "MailService",
          example = [[
local service = intrexx.mail_services.find("hr", { name = "Standard" })
return intrexx.mail_services.get("hr", service.id)]] },
        { "update", http = "PATCH /{portal}/mailservices/{mail_service_id}", summary = "Change a mail service.",
          evidence = "source", effect = "set",
          doc = "What members the body has is not published; whatever is given is sent as it is.",
          path = { portal, mail_service_id }, body = "Free", returns = "any",
          example = [[
local service = intrexx.mail_services.find("hr", { name = "Standard" })
intrexx.mail_services.update("hr", service.id, { host = "relay.example.com" })]] },
        { "get_status", http = "GET /{portal}/mailservices/{mail_service_id}/status", summary = "Get the status of a mail service.",
          evidence = "source", effect = "read",
          path = { portal, mail_service_id }, returns = "MailStatus",
          example = [[
local service = intrexx.mail_services.find("hr", { name = "Standard" })
return intrexx.mail_services.get_status("hr", service.id).status]] },
        { "set_status", http = "PUT /{portal}/mailservices/{mail_service_id}/status", summary = "Start or stop a mail service.",
          evidence = "source", effect = "set",
          path = { portal, mail_service_id }, body = "MailStatusUpdate", returns = "any",
          example = [[
local service = intrexx.mail_services.find("hr", { name = "Standard" })
intrexx.mail_services.set_status("hr", service.id, { status = "stopped" })]] },
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
      find = { by = { { "key" } }, list = "licenses.list" },
      operations = {
        { "list", http = "GET /{portal}/licenses", summary = "List the licences of a portal.", evidence = "source",
          effect = "read",
          path = { portal }, returns = "[License]",
          example = [[return intrexx.licenses.list("hr")]] },
        { "create", http = "POST /{portal}/licenses", summary = "Add a licence to a portal.", evidence = "source",
          effect = "create",
          path = { portal }, body = "LicenseCreate", returns = "License",
          inverse = { "licenses.delete", from = "/key" }, settle = 60,
          example = [[intrexx.licenses.create("hr", { key = "SANDBOX-LICENSE-0002", count = 0 })]] },
        { "delete", http = "DELETE /{portal}/licenses/{key}", summary = "Take a licence from a portal.", evidence = "source",
          effect = "set", danger = true,
          path = { portal, { "key", "string", min = 1, evidence = "source", doc = "The licence key as licenses.list gives it." } },
          returns = "none",
          example = [[
intrexx.licenses.create("hr", { key = "SANDBOX/LICENSE+0003=" })
intrexx.licenses.delete("hr", "SANDBOX/LICENSE+0003=")]] },
        { "set_trial", http = "PUT /{portal}/trial-license", summary = "Prolong the licence period of a portal.",
          evidence = "source", effect = "send",
          doc = "Each call may prolong it once more, so none is repeated by itself. Most likely without a body (our reading).",
          path = { portal }, body = "object", body_optional = true, returns = "any", settle = 60,
          example = [[intrexx.licenses.set_trial("hr")]] },
      } },

    { "admin_api", doc = "The Administration API itself.",
      operations = {
        { "set_license", http = "PUT /admin-api/license", summary = "Set the licence of the Administration API.",
          evidence = "source", effect = "set",
          doc = "The one call that is promised to work while the API has no licence.",
          body = "ApiLicense", returns = "any",
          example = [[intrexx.admin_api.set_license{ key = "SANDBOX-API-LICENSE" }]] },
      } },
  },
}
