-- One reply for each operation of qalyptus in the form a Cloud tenant showed, and what the call makes of it.
-- SPDX-License-Identifier: MIT

local done = [[{"data":null,"isSuccess":true,"error":null,"errorDetails":null}]]
local entity = [[{"data":[{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Daily"}],"isSuccess":true,"error":null}]]
local entities = { { id = "4ae9735a-d165-4671-bd00-4119204f00d8", name = "Daily" } }
local person = [[{"data":{"id":"497f6eca-6276-4993-bfeb-53cbbbba6f08","email":"new.hire@example.com","isActive":true},]]
  .. [["isSuccess":true,"error":null,"errorDetails":null}]]
local person_data = { id = "497f6eca-6276-4993-bfeb-53cbbbba6f08", email = "new.hire@example.com", isActive = true }

return {
  { op = "qalyptus.groups.create", status = 201,
    body = [[{"data":{"id":"eb54e96e-21b8-4f54-9cd4-80fccbd06f55","name":"Night shift","description":null,"isActive":true},]]
      .. [["isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = "eb54e96e-21b8-4f54-9cd4-80fccbd06f55", name = "Night shift", isActive = true } },
  { op = "qalyptus.groups.list", status = 200, body = entity, data = entities },
  { op = "qalyptus.groups.list", status = 200, body = [=[[{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Daily"}]]=],
    data = entities },
  { op = "qalyptus.groups.list", status = 200, body = [[{"data":[],"isSuccess":true,"error":null,"errorDetails":null}]], data = {} },
  { op = "qalyptus.groups.delete", status = 204, body = "" },
  { op = "qalyptus.groups.update", status = 200,
    body = [[{"data":{"id":"eb54e96e-21b8-4f54-9cd4-80fccbd06f55","name":"Managers"},"isSuccess":true}]],
    data = { id = "eb54e96e-21b8-4f54-9cd4-80fccbd06f55", name = "Managers" } },
  { op = "qalyptus.groups.set_members", status = 200,
    body = [[{"data":{"id":"eb54e96e-21b8-4f54-9cd4-80fccbd06f55","name":"Managers","members":1},"isSuccess":true}]],
    data = { id = "eb54e96e-21b8-4f54-9cd4-80fccbd06f55", name = "Managers", members = 1 } },

  { op = "qalyptus.organizations.create", status = 201,
    body = [[{"data":{"id":"7bc05553-4b68-44e8-b7bc-37be63c6d9e9","displayName":"Branch"},"isSuccess":true}]],
    data = { id = "7bc05553-4b68-44e8-b7bc-37be63c6d9e9", displayName = "Branch" } },
  { op = "qalyptus.organizations.list", status = 200, body = entity, data = entities },
  { op = "qalyptus.organizations.update", status = 200,
    body = [[{"data":{"id":"7bc05553-4b68-44e8-b7bc-37be63c6d9e9","displayName":"Branch"},"isSuccess":true}]],
    data = { id = "7bc05553-4b68-44e8-b7bc-37be63c6d9e9", displayName = "Branch" } },
  { op = "qalyptus.organizations.list_projects", status = 200, body = entity, data = entities },
  { op = "qalyptus.organizations.list_members", status = 200,
    body = [[{"data":[{"id":"497f6eca-6276-4993-bfeb-53cbbbba6f08","type":"user","name":"New Hire",]]
      .. [["email":"new.hire@example.com"}],"isSuccess":true}]],
    data = { { id = "497f6eca-6276-4993-bfeb-53cbbbba6f08", type = "user", name = "New Hire", email = "new.hire@example.com" } } },
  { op = "qalyptus.organizations.delete", status = 200, body = done },

  { op = "qalyptus.users.create", status = 201, body = person, data = person_data },
  { op = "qalyptus.users.list", status = 200,
    body = [[{"data":[{"id":"497f6eca-6276-4993-bfeb-53cbbbba6f08","name":"New Hire","email":"new.hire@example.com","type":"user"}],]]
      .. [["isSuccess":true,"error":null,"errorDetails":null}]],
    data = { { id = "497f6eca-6276-4993-bfeb-53cbbbba6f08", name = "New Hire", email = "new.hire@example.com", type = "user" } } },
  { op = "qalyptus.users.update", status = 200, body = person, data = person_data },
  { op = "qalyptus.recipients.create", status = 201, body = person, data = person_data },
  { op = "qalyptus.recipients.update", status = 200, body = person, data = person_data },
  { op = "qalyptus.recipients.convert", status = 200, body = person, data = person_data },

  { op = "qalyptus.roles.list", status = 200,
    body = [[{"data":[{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Users","permissions":{"viewUser":false},]]
      .. [["isActive":true}],"isSuccess":true}]],
    data = { { id = "4ae9735a-d165-4671-bd00-4119204f00d8", name = "Users", permissions = { viewUser = false }, isActive = true } } },
  { op = "qalyptus.roles.list_info", status = 200, body = entity, data = entities },
  { op = "qalyptus.projects.list", status = 200, body = entity, data = entities },
  { op = "qalyptus.reports.list", status = 200, body = entity, data = entities },
  { op = "qalyptus.tasks.list", status = 200, body = entity, data = entities },

  { op = "qalyptus.task_recipients.list", status = 200,
    body = [[{"data":[{"id":"497f6eca-6276-4993-bfeb-53cbbbba6f08","type":"user","name":"New Hire",]]
      .. [["email":"new.hire@example.com","recipientID":"x1"}],"isSuccess":true}]],
    data = { { id = "497f6eca-6276-4993-bfeb-53cbbbba6f08", type = "user", name = "New Hire", email = "new.hire@example.com",
      recipientID = "x1" } } },
  { op = "qalyptus.task_recipients.add", status = 200, body = done },
  { op = "qalyptus.task_recipients.delete", status = 200, body = done },
  { op = "qalyptus.task_recipients.update", status = 200, body = done },

  { op = "qalyptus.recipients.create", status = 200,
    body = [[{"data":null,"isSuccess":false,"error":"E-mail already in use","errorDetails":null}]],
    error = { message = "E-mail already in use" } },
  { op = "qalyptus.recipients.create", status = 200,
    body = [[{"data":null,"isSuccess":false,"error":{"message":"E-mail already in use"},"errorDetails":null}]],
    error = { message = "E-mail already in use" } },
  { op = "qalyptus.recipients.create", status = 400,
    body = [[{"title":"One or more validation errors occurred.","status":400,"errors":{"FirstName":["The field is required."]}}]],
    error = { kind = "validation", message = "One or more validation errors occurred." } },
  { op = "qalyptus.tasks.list", status = 401, body = "", error = { kind = "auth" } },
}
