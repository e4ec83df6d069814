-- What each call of intrexx puts on the wire. Query as name=value joined by &, before percent-encoding.
-- SPDX-License-Identifier: MIT

return {
  settings = {},

  { op = "intrexx.auth.login", args = { { name = "admin", password = "a \"b\" c" } },
    want = { method = "POST", path = "/auth", body = [[{"name":"admin","password":"a \"b\" c"}]] } },

  { op = "intrexx.portals.list", args = {}, want = { method = "GET", path = "/portals" } },
  { op = "intrexx.portals.create",
    args = { {
      template_path = "/opt/intrexx/orgtempl/blank", portal_path = "/opt/intrexx/org/plant",
      portal = { display_name = "Plant", default_language = "en", web_connector_port = 1337,
        search_configuration = { server_configuration = { url = "http://localhost:8983/solr/" } } },
      database = { type = "postgresql", host = "localhost", port = 5432, create = true },
    } },
    want = { method = "POST", path = "/portals",
      body = [[{"database":{"create":true,"host":"localhost","port":5432,"type":"postgresql"},]]
        .. [["portal":{"default_language":"en","display_name":"Plant",]]
        .. [["search_configuration":{"server_configuration":{"url":"http://localhost:8983/solr/"}},"web_connector_port":1337},]]
        .. [["portal_path":"/opt/intrexx/org/plant","template_path":"/opt/intrexx/orgtempl/blank"}]] } },
  { op = "intrexx.portals.delete", args = { "0123456789abcdef0123456789abcdef01234567" },
    want = { method = "DELETE", path = "/portals/0123456789abcdef0123456789abcdef01234567" } },
  { op = "intrexx.templates.list", args = {}, want = { method = "GET", path = "/templates" } },

  { op = "intrexx.webserver.get", args = { "hr" }, want = { method = "GET", path = "/hr/webserver" } },
  { op = "intrexx.webserver.update", args = { "hr", { base_url = "https://hr.example.com" } },
    want = { method = "PUT", path = "/hr/webserver", body = [[{"base_url":"https://hr.example.com"}]] } },
  { op = "intrexx.settings.get", args = { "hr" }, want = { method = "GET", path = "/hr/settings" } },
  { op = "intrexx.settings.update", args = { "hr", { session_timeout_sek = 3600, workflow_event_on_login = false, other = 1 } },
    want = { method = "PATCH", path = "/hr/settings",
      body = [[{"other":1,"session_timeout_sek":3600,"workflow_event_on_login":false}]] } },
  { op = "intrexx.sessions.logout", args = { "intranet" }, want = { method = "POST", path = "/intranet/logout" } },
  { op = "intrexx.sessions.logout", args = { "intranet", { login_username = "new.hire" } },
    want = { method = "POST", path = "/intranet/logout", body = [[{"login_username":"new.hire"}]] } },

  { op = "intrexx.users.create",
    args = { "hr", {
      general_settings = { first_name = "New", last_name = "Hire", object_name = "new.hire" },
      contact = { email = { work = "new.hire@example.com" } },
      account = { login_username = "new.hire" },
    } },
    want = { method = "POST", path = "/hr/users",
      body = [[{"account":{"login_username":"new.hire"},"contact":{"email":{"work":"new.hire@example.com"}},]]
        .. [["general_settings":{"first_name":"New","last_name":"Hire","object_name":"new.hire"}}]] } },
  { op = "intrexx.users.get", args = { "hr", 6 }, want = { method = "GET", path = "/hr/users/6" } },
  { op = "intrexx.users.get", args = { "hr", 6.0 }, want = { method = "GET", path = "/hr/users/6" } },
  { op = "intrexx.users.get", args = { "hr", "6" }, want = { method = "GET", path = "/hr/users/6" } },
  { op = "intrexx.users.update", args = { "hr", 6, { account = { password = "fresh one" } } },
    want = { method = "PATCH", path = "/hr/users/6", body = [[{"account":{"password":"fresh one"}}]] } },
  { op = "intrexx.users.delete", args = { "hr", 6 }, want = { method = "DELETE", path = "/hr/users/6" } },
  { op = "intrexx.users.list_groups", args = { "hr", 6 }, want = { method = "GET", path = "/hr/users/6/groups" } },
  { op = "intrexx.users.add_to_group", args = { "hr", 6, 4 }, want = { method = "PUT", path = "/hr/users/6/groups/4" } },
  { op = "intrexx.users.remove_from_group", args = { "hr", 6, 4 }, want = { method = "DELETE", path = "/hr/users/6/groups/4" } },

  { op = "intrexx.groups.create", args = { "hr", { name = "Auditors" } },
    want = { method = "POST", path = "/hr/groups", body = [[{"name":"Auditors"}]] } },
  { op = "intrexx.groups.get", args = { "hr", 4 }, want = { method = "GET", path = "/hr/groups/4" } },
  { op = "intrexx.groups.delete", args = { "hr", 7 }, want = { method = "DELETE", path = "/hr/groups/7" } },
  { op = "intrexx.licenses.list", args = { "hr" }, want = { method = "GET", path = "/hr/licenses" } },
}
