-- One reply for each operation of qalyptus in the form a Cloud tenant showed, and what the call makes of it.
-- SPDX-License-Identifier: MIT

local done = [[{"data":null,"isSuccess":true,"error":null,"errorDetails":null}]]
local entity = [[{"data":[{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Daily"}],"isSuccess":true,"error":null}]]
local id = "4ae9735a-d165-4671-bd00-4119204f00d8"
local entities = { { id = id, name = "Daily" } }
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

  { op = "qalyptus.organizations.list_resources", status = 200,
    body = [=[{"data":[{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Handbook",]=]
      .. [=["url":"https://intranet.example.com/"}],"isSuccess":true,"error":null,"errorDetails":null}]=],
    data = { { id = id, name = "Handbook", url = "https://intranet.example.com/" } } },
  { op = "qalyptus.organizations.list_qlik_apps", status = 200,
    body = [=[{"data":[{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","appId":"8f2b3a10",]=]
      .. [=["name":"Sales"}],"isSuccess":true,"error":null,"errorDetails":null}]=],
    data = { { id = id, appId = "8f2b3a10", name = "Sales" } } },
  { op = "qalyptus.organizations.set_qlik_apps", status = 200,
    body = [=[{"data":[{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","appId":"8f2b3a10",]=]
      .. [=["name":"Sales","folder":null}],"isSuccess":true,"error":null,"errorDetails":null}]=],
    data = { { id = id, appId = "8f2b3a10", name = "Sales" } } },
  { op = "qalyptus.organizations.list_unassigned_qlik_apps", status = 200,
    body = [[{"data":[],"isSuccess":true,"error":null,"errorDetails":null}]], data = {} },
  { op = "qalyptus.organizations.set_authentication", status = 200,
    body = [[{"data":{"allowNtlm":true,"allowJwt":false,"identityProviders":[{"id":"4ae9735a-d165-4671-bd00-4119204f00d8",]]
      .. [["isAactive":true}]},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { allowNtlm = true, allowJwt = false, identityProviders = { { id = id, isAactive = true } } } },
  { op = "qalyptus.roles.create", status = 201,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Auditors",]]
      .. [["projects":[],"permissions":{"viewTask":true},"isActive":true},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, name = "Auditors", projects = {}, permissions = { viewTask = true }, isActive = true } },
  { op = "qalyptus.roles.update", status = 200,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Auditors",]]
      .. [["description":null,"isActive":false},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, name = "Auditors", isActive = false } },
  { op = "qalyptus.user_directories.list", status = 200,
    body = [=[{"data":[{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Head office",]=]
      .. [=["type":"ActiveDirectory","syncStatus":null}],"isSuccess":true,"error":null,"errorDetails":null}]=],
    data = { { id = id, name = "Head office", type = "ActiveDirectory" } } },
  { op = "qalyptus.user_directories.create", status = 201,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Cloud",]]
      .. [["type":"AzureAD","isActive":true},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, name = "Cloud", type = "AzureAD", isActive = true } },
  { op = "qalyptus.user_directories.delete", status = 200, body = done },
  { op = "qalyptus.user_directories.update", status = 200,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Head office",]]
      .. [["hostName":"ldap.example.com"},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, name = "Head office", hostName = "ldap.example.com" } },
  { op = "qalyptus.projects.delete", status = 204, body = "" },
  { op = "qalyptus.tasks.create", status = 201,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Send weekly",]]
      .. [["isActive":false,"isScheduled":false,"lastExecution":null},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, name = "Send weekly", isActive = false, isScheduled = false } },
  { op = "qalyptus.tasks.update", status = 200,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Send weekly",]]
      .. [["testMode":true},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, name = "Send weekly", testMode = true } },
  { op = "qalyptus.tasks.duplicate", status = 201,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Copy"},]]
      .. [["isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, name = "Copy" } },
  { op = "qalyptus.tasks.set_active", status = 200, body = done },
  { op = "qalyptus.tasks.set_email", status = 200,
    body = [[{"data":{"taskId":"4ae9735a-d165-4671-bd00-4119204f00d8","subject":"Weekly",]]
      .. [["message":"See above","bcBcc":true},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { taskId = id, subject = "Weekly", message = "See above", bcBcc = true } },
  { op = "qalyptus.task_reports.list", status = 200,
    body = [=[{"data":[{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Weekly",]=]
      .. [=["format":"Pdf","reportID":"x7","outputFormats":["Pdf","Xlsx"]}],"isSuccess":true,"error":null,"errorDetails":null}]=],
    data = { { id = id, name = "Weekly", format = "Pdf", reportID = "x7", outputFormats = { "Pdf", "Xlsx" } } } },
  { op = "qalyptus.task_reports.create", status = 201,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","reportId":"836df459-dc40-4aa1-972a-6eb0a864dff9",]]
      .. [["format":"Pdf"},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, reportId = "836df459-dc40-4aa1-972a-6eb0a864dff9", format = "Pdf" } },
  { op = "qalyptus.task_reports.update", status = 200,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","format":"Xlsx",]]
      .. [["emailEmbedment":false},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, format = "Xlsx", emailEmbedment = false } },
  { op = "qalyptus.task_reports.delete", status = 204, body = "" },
  { op = "qalyptus.task_reports.delete_many", status = 200, body = done },
  { op = "qalyptus.task_triggers.list", status = 200,
    body = [=[{"data":[{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Mondays",]=]
      .. [=["type":"schedule","frequency":"Weekly","toMinut":0,"nextExecutionDate":"2027-01-04T06:00:00Z"}],]=]
      .. [=["isSuccess":true,"error":null,"errorDetails":null}]=],
    data = { { id = id, name = "Mondays", type = "schedule", frequency = "Weekly", toMinut = 0,
      nextExecutionDate = "2027-01-04T06:00:00Z" } } },
  { op = "qalyptus.task_triggers.delete", status = 200, body = done },
  { op = "qalyptus.task_schedules.create", status = 201,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Nightly",]]
      .. [["atHour":2,"atMinut":30,"timeZone":"UTC"},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, name = "Nightly", atHour = 2, atMinut = 30, timeZone = "UTC" } },
  { op = "qalyptus.task_schedules.update", status = 200,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Hourly",]]
      .. [["everyHours":2,"execution":null},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, name = "Hourly", everyHours = 2 } },
  { op = "qalyptus.task_schedules.get", status = 200,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Nightly",]]
      .. [["isActive":true,"fromMinut":0},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, name = "Nightly", isActive = true, fromMinut = 0 } },
  { op = "qalyptus.task_schedules.delete", status = 204, body = "" },
  { op = "qalyptus.task_events.create", status = 201,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Reloaded",]]
      .. [["appId":"8f2b3a10"},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, name = "Reloaded", appId = "8f2b3a10" } },
  { op = "qalyptus.task_events.update", status = 200,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Reloaded",]]
      .. [["isActive":false},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, name = "Reloaded", isActive = false } },
  { op = "qalyptus.task_events.delete", status = 200, body = done },
  { op = "qalyptus.task_events.get", status = 200,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Reloaded",]]
      .. [["appId":"8f2b3a10","description":null},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, name = "Reloaded", appId = "8f2b3a10" } },
  { op = "qalyptus.conditions.create", status = 201,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Target missed",]]
      .. [["isActive":true},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, name = "Target missed", isActive = true } },
  { op = "qalyptus.conditions.list", status = 200,
    body = [=[{"data":[{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Target missed",]=]
      .. [=["project":{"id":"p1","name":"Sales"},"isActive":true}],"isSuccess":true,"error":null,"errorDetails":null}]=],
    data = { { id = id, name = "Target missed", project = { id = "p1", name = "Sales" }, isActive = true } } },
  { op = "qalyptus.conditions.delete", status = 200, body = done },
  { op = "qalyptus.conditions.update", status = 200,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Target missed",]]
      .. [["isActive":false},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, name = "Target missed", isActive = false } },
  { op = "qalyptus.condition_rules.list", status = 200,
    body = [=[{"data":[{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Below",]=]
      .. [=["numberOfValues":1,"conditionRuleValues":[{"variable":"vSales","order":1}]}],"isSuccess":true,]=]
      .. [=["error":null,"errorDetails":null}]=],
    data = { { id = id, name = "Below", numberOfValues = 1, conditionRuleValues = { { variable = "vSales", order = 1 } } } } },
  { op = "qalyptus.condition_rules.save_all", status = 200,
    body = [=[{"data":[{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Below"}],]=]
      .. [=["isSuccess":true,"error":null,"errorDetails":null}]=],
    data = { { id = id, name = "Below" } } },
  { op = "qalyptus.condition_rules.save", status = 200,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Below",]]
      .. [["connection":null},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, name = "Below" } },
  { op = "qalyptus.condition_rules.get", status = 200,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Below",]]
      .. [["connection":"Sales app"},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, name = "Below", connection = "Sales app" } },
  { op = "qalyptus.condition_rules.update", status = 200,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Below"},]]
      .. [["isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, name = "Below" } },
  { op = "qalyptus.condition_rules.delete", status = 200, body = done },
  { op = "qalyptus.on_demand.create", status = 200,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","status":"queued",]]
      .. [["type":"report"},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, status = "queued", type = "report" } },
  { op = "qalyptus.statuses.list_tasks", status = 200,
    body = [=[{"data":[{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Send weekly",]=]
      .. [=["status":"completed"}],"isSuccess":true,"error":null,"errorDetails":null}]=],
    data = { { id = id, name = "Send weekly", status = "completed" } } },
  { op = "qalyptus.statuses.list_requests", status = 200,
    body = [=[{"data":[{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","status":"running",]=]
      .. [=["name":null}],"isSuccess":true,"error":null,"errorDetails":null}]=],
    data = { { id = id, status = "running" } } },
  { op = "qalyptus.subscriptions.create", status = 201,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","subscribeTo":"Weekly",]]
      .. [["type":"Report","triggerType":"Schedule"},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, subscribeTo = "Weekly", type = "Report", triggerType = "Schedule" } },
  { op = "qalyptus.subscriptions.list", status = 200,
    body = [=[{"data":[{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","subscribeTo":"Weekly",]=]
      .. [=["type":"MultipleReports","lastExecutionDate":null}],"isSuccess":true,"error":null,"errorDetails":null}]=],
    data = { { id = id, subscribeTo = "Weekly", type = "MultipleReports" } } },
  { op = "qalyptus.subscriptions.delete", status = 200, body = done },
  { op = "qalyptus.subscriptions.update", status = 200,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","type":"QlikEntity",]]
      .. [["isActive":false},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, type = "QlikEntity", isActive = false } },
  { op = "qalyptus.subscriptions.list_sites", status = 200, body = entity, data = entities },
  { op = "qalyptus.files.list", status = 200,
    body = [=[{"data":[{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Weekly",]=]
      .. [=["extension":"pdf","size":48213,"isIteration":false,"starred":true}],"isSuccess":true,"error":null,]=]
      .. [=["errorDetails":null}]=],
    data = { { id = id, name = "Weekly", extension = "pdf", size = 48213, isIteration = false, starred = true } } },
  { op = "qalyptus.files.list_occurrences", status = 200,
    body = [=[{"data":[{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","fileId":"f1",]=]
      .. [=["size":48213}],"isSuccess":true,"error":null,"errorDetails":null}]=],
    data = { { id = id, fileId = "f1", size = 48213 } } },
  { op = "qalyptus.files.list_iterations", status = 200,
    body = [=[{"data":[{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"North",]=]
      .. [=["isIteration":true}],"isSuccess":true,"error":null,"errorDetails":null}]=],
    data = { { id = id, name = "North", isIteration = true } } },
  { op = "qalyptus.files.list_favorites", status = 200, body = entity, data = entities },
  { op = "qalyptus.files.list_recent", status = 200, body = entity, data = entities },
  { op = "qalyptus.files.delete", status = 200, body = done },
  { op = "qalyptus.files.download", status = 200, body = "%PDF-1.4 {\"data\":1}", data = "%PDF-1.4 {\"data\":1}" },
  { op = "qalyptus.hub_config.update", status = 200,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","fromEmail":"hub@example.com",]]
      .. [["fromName":"Hub","hideSubsciptionLink":true},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, fromEmail = "hub@example.com", fromName = "Hub", hideSubsciptionLink = true } },
  { op = "qalyptus.hub_folders.create", status = 201,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Sales",]]
      .. [["parentId":null,"parentUrl":"/","location":"/Sales"},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, name = "Sales", parentUrl = "/", location = "/Sales" } },
  { op = "qalyptus.hub_folders.list_all", status = 200, body = entity, data = entities },
  { op = "qalyptus.hub_folders.update", status = 200,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Sales"},]]
      .. [["isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, name = "Sales" } },
  { op = "qalyptus.hub_folders.list", status = 200,
    body = [=[{"data":{"items":[{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Daily"}]},"isSuccess":true,"error":null}]=],
    data = { items = entities } },
  { op = "qalyptus.hub_folders.delete", status = 200, body = done },
  { op = "qalyptus.qlik_apps.create", status = 201,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","appId":"8f2b3a10",]]
      .. [["name":"Sales"},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, appId = "8f2b3a10", name = "Sales" } },
  { op = "qalyptus.qlik_apps.list", status = 200,
    body = [=[{"data":[{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","appId":"8f2b3a10",]=]
      .. [=["name":"Sales","stream":null,"folderPath":"/Sales"}],"isSuccess":true,"error":null,"errorDetails":null}]=],
    data = { { id = id, appId = "8f2b3a10", name = "Sales", folderPath = "/Sales" } } },
  { op = "qalyptus.qlik_apps.update", status = 200,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","appId":"8f2b3a10",]]
      .. [["name":"Sales"},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, appId = "8f2b3a10", name = "Sales" } },
  { op = "qalyptus.qlik_apps.list_in_folder", status = 200,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Daily"},"isSuccess":true,"error":null}]],
    data = entities },
  { op = "qalyptus.qlik_apps.set_sync", status = 200,
    body = [[{"data":{"qlikSenseServer":"qlik.example.com","schedule":{"name":"Nightly"}},]]
      .. [["isSuccess":true,"error":null,"errorDetails":null}]],
    data = { qlikSenseServer = "qlik.example.com", schedule = { name = "Nightly" } } },
  { op = "qalyptus.resources.list", status = 200,
    body = [=[{"data":[{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Handbook",]=]
      .. [=["type":"Link"}],"isSuccess":true,"error":null,"errorDetails":null}]=],
    data = { { id = id, name = "Handbook", type = "Link" } } },
  { op = "qalyptus.resources.create", status = 201,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Handbook",]]
      .. [["url":"https://intranet.example.com/"},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, name = "Handbook", url = "https://intranet.example.com/" } },
  { op = "qalyptus.resources.list_mine", status = 200, body = entity, data = entities },
  { op = "qalyptus.resources.delete", status = 200, body = done },
  { op = "qalyptus.resources.update", status = 200,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Handbook",]]
      .. [["description":null},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, name = "Handbook" } },
  { op = "qalyptus.storage_services.list", status = 200,
    body = [=[{"data":[{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"File share",]=]
      .. [=["isDefault":true}],"isSuccess":true,"error":null,"errorDetails":null}]=],
    data = { { id = id, name = "File share", isDefault = true } } },
  { op = "qalyptus.storage_services.delete", status = 200, body = done },
  { op = "qalyptus.smtp_servers.create", status = 201,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Mail",]]
      .. [["smtpPort":587,"ssl":true},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, name = "Mail", smtpPort = 587, ssl = true } },
  { op = "qalyptus.smtp_servers.update", status = 200,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Mail",]]
      .. [["smtpPort":25},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, name = "Mail", smtpPort = 25 } },
  { op = "qalyptus.smtp_servers.test", status = 200, body = done },
  { op = "qalyptus.identity_providers.list", status = 200,
    body = [=[{"data":[{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"SSO",]=]
      .. [=["type":"SAML","isAactive":true}],"isSuccess":true,"error":null,"errorDetails":null}]=],
    data = { { id = id, name = "SSO", type = "SAML", isAactive = true } } },
  { op = "qalyptus.identity_providers.delete", status = 200, body = done },
  { op = "qalyptus.identity_providers.create", status = 201,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"SSO",]]
      .. [["entityID":"https://login.example.com"},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, name = "SSO", entityID = "https://login.example.com" } },
  { op = "qalyptus.identity_providers.update", status = 200,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"SSO",]]
      .. [["type":"JWT"},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, name = "SSO", type = "JWT" } },
  { op = "qalyptus.settings.set_authentication", status = 200,
    body = [[{"data":{"jwtAuth":false,"ntlmAuth":true},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { jwtAuth = false, ntlmAuth = true } },
  { op = "qalyptus.trusted_origins.list", status = 200,
    body = [=[{"data":[{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Intranet",]=]
      .. [=["address":"https://intranet.example.com"}],"isSuccess":true,"error":null,"errorDetails":null}]=],
    data = { { id = id, name = "Intranet", address = "https://intranet.example.com" } } },
  { op = "qalyptus.trusted_origins.delete", status = 200, body = done },
  { op = "qalyptus.trusted_origins.create", status = 201,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Intranet",]]
      .. [["description":null},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, name = "Intranet" } },
  { op = "qalyptus.trusted_origins.update", status = 200,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Intranet"},]]
      .. [["isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, name = "Intranet" } },
  { op = "qalyptus.api_keys.create", status = 201,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Nightly",]]
      .. [["key":"only-shown-once","expiryDate":"2027-06-30T00:00:00Z"},"isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, name = "Nightly", key = "only-shown-once", expiryDate = "2027-06-30T00:00:00Z" } },
  { op = "qalyptus.api_keys.list", status = 200,
    body = [=[{"data":[{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Nightly",]=]
      .. [=["expired":false}],"isSuccess":true,"error":null,"errorDetails":null}]=],
    data = { { id = id, name = "Nightly", expired = false } } },
  { op = "qalyptus.api_keys.update", status = 200,
    body = [[{"data":{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Nightly"},]]
      .. [["isSuccess":true,"error":null,"errorDetails":null}]],
    data = { id = id, name = "Nightly" } },
  { op = "qalyptus.api_keys.delete", status = 200, body = done },
  { op = "qalyptus.api_keys.list_all", status = 200, body = entity, data = entities },

  { op = "qalyptus.smtp_servers.test", status = 200,
    body = [[{"data":null,"isSuccess":false,"error":null,"errorDetails":"No answer from smtp.example.com"}]],
    error = { message = "No answer from smtp.example.com" } },
  { op = "qalyptus.api_keys.create", status = 403,
    body = [[{"data":null,"isSuccess":false,"error":"API keys are switched off","errorDetails":null}]],
    error = { kind = "auth", message = "API keys are switched off" } },
  { op = "qalyptus.files.download", status = 404,
    body = [[{"data":null,"isSuccess":false,"error":{"message":"No such file"},"errorDetails":null}]],
    error = { kind = "not_found", message = "No such file" } },

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
