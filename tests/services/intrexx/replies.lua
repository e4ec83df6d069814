-- One reply for each operation of intrexx as we take it to be, and what the call makes of it. The vendor shows none.
-- SPDX-License-Identifier: MIT

return {
  { op = "intrexx.auth.login", status = 200, body = "eyJhbGciOiJIUzI1NiJ9.eyJuIjoxfQ.c2ln", data = "eyJhbGciOiJIUzI1NiJ9.eyJuIjoxfQ.c2ln" },
  { op = "intrexx.portals.list", status = 200,
    body = [=[[{"id":"0123456789abcdef0123456789abcdef01234567","name":"hr","display_name":"Personnel","base_url":null}]]=],
    data = { { id = "0123456789abcdef0123456789abcdef01234567", name = "hr", display_name = "Personnel" } } },
  { op = "intrexx.portals.list", status = 200, body = "[]", data = {} },
  { op = "intrexx.portals.create", status = 201,
    body = [[{"id":"0123456789abcdef0123456789abcdef01234568","name":"plant","display_name":"Plant"}]],
    data = { id = "0123456789abcdef0123456789abcdef01234568", name = "plant", display_name = "Plant" } },
  { op = "intrexx.portals.delete", status = 204, body = "" },
  { op = "intrexx.templates.list", status = 200, body = [=[[{"name":"blank","path":"/opt/intrexx/orgtempl/blank"}]]=],
    data = { { name = "blank", path = "/opt/intrexx/orgtempl/blank" } } },

  { op = "intrexx.webserver.get", status = 200, body = [[{"base_url":"https://hr.example.com"}]],
    data = { base_url = "https://hr.example.com" } },
  { op = "intrexx.webserver.update", status = 200, body = [[{"base_url":"https://hr.example.com"}]],
    data = { base_url = "https://hr.example.com" } },
  { op = "intrexx.settings.get", status = 200, body = [[{"jvm_minimal_memory_mb":512,"session_timeout_sek":1800,"new_member":true}]],
    data = { jvm_minimal_memory_mb = 512, session_timeout_sek = 1800, new_member = true } },
  { op = "intrexx.settings.update", status = 200, body = [[{"session_timeout_sek":3600}]], data = { session_timeout_sek = 3600 } },
  { op = "intrexx.sessions.logout", status = 200, body = "" },

  { op = "intrexx.users.create", status = 201, headers = { Location = "hr/users/6" }, body = "",
    data = { id = 6, location = "hr/users/6" } },
  { op = "intrexx.users.get", status = 200,
    body = [[{"id":6,"general_settings":{"object_name":"new.hire"},"contact":{"email":{"work":"new.hire@example.com"}},]]
      .. [["account":{"login_username":"new.hire"}}]],
    data = { id = 6, general_settings = { object_name = "new.hire" }, contact = { email = { work = "new.hire@example.com" } },
      account = { login_username = "new.hire" } } },
  { op = "intrexx.users.update", status = 204, body = "" },
  { op = "intrexx.users.delete", status = 204, body = "" },
  { op = "intrexx.users.list_groups", status = 200, body = [=[[{"id":4,"name":"Users"}]]=], data = { { id = 4, name = "Users" } } },
  { op = "intrexx.users.add_to_group", status = 200, body = "" },
  { op = "intrexx.users.remove_from_group", status = 204, body = "" },

  { op = "intrexx.groups.create", status = 201, headers = { Location = "/hr/groups/7" }, body = "",
    data = { id = 7, location = "/hr/groups/7" } },
  { op = "intrexx.groups.create", status = 201, body = [[{"id":7,"name":"Auditors"}]], data = { id = 7, name = "Auditors" } },
  { op = "intrexx.groups.get", status = 200, body = [[{"id":4,"name":"Users"}]], data = { id = 4, name = "Users" } },
  { op = "intrexx.groups.delete", status = 204, body = "" },
  { op = "intrexx.licenses.list", status = 200, body = [=[[{"key":"AAAA-BBBB","count":0}]]=], data = { { key = "AAAA-BBBB", count = 0 } } },

  { op = "intrexx.users.get", status = 404, body = [[{"message":"no such user"}]],
    error = { kind = "not_found", message = "no such user" } },
  { op = "intrexx.users.create", status = 409, body = [[{"error":"login name in use"}]],
    error = { kind = "conflict", message = "login name in use" } },
  { op = "intrexx.portals.list", status = 401, body = "", error = { kind = "auth" } },
}
