-- What each call of qalyptus puts on the wire. Query as name=value joined by &, before percent-encoding.
-- SPDX-License-Identifier: MIT

local group, org = "eb54e96e-21b8-4f54-9cd4-80fccbd06f55", "7bc05553-4b68-44e8-b7bc-37be63c6d9e9"
local user, role = "497f6eca-6276-4993-bfeb-53cbbbba6f08", "4ae9735a-d165-4671-bd00-4119204f00d8"
local task, theme = "5a8591dd-4039-49df-9202-96385ba3eff8", "53fe7fb9-b3ba-4541-bf79-a49c12f44b76"

return {
  settings = {},

  { op = "qalyptus.groups.create", args = { { name = "Night shift", organizationId = org, isActive = true } },
    want = { method = "POST", path = "/groups",
      body = [[{"isActive":true,"name":"Night shift","organizationId":"7bc05553-4b68-44e8-b7bc-37be63c6d9e9"}]] } },
  { op = "qalyptus.groups.list", args = { { name = { contains = "shift" }, sort_by = "Name", sort_direction = "desc" } },
    want = { method = "GET", path = "/groups", query = "sort_by=Name&name[contains]=shift&sort_direction=desc" } },
  { op = "qalyptus.groups.list", args = { { name = "Managers", get_all = true } },
    want = { method = "GET", path = "/groups", query = "name=Managers&get_all=true" } },
  { op = "qalyptus.groups.delete", args = { { group, org } },
    want = { method = "DELETE", path = "/groups",
      body = [=[["eb54e96e-21b8-4f54-9cd4-80fccbd06f55","7bc05553-4b68-44e8-b7bc-37be63c6d9e9"]]=] } },
  { op = "qalyptus.groups.update", args = { group, { name = "Managers", isActive = false } },
    want = { method = "PUT", path = "/groups/eb54e96e-21b8-4f54-9cd4-80fccbd06f55",
      body = [[{"isActive":false,"name":"Managers"}]] } },
  { op = "qalyptus.groups.set_members", args = { { groupId = group, name = "Managers", userIds = { user } } },
    want = { method = "PUT", path = "/groups/members",
      body = [[{"groupId":"eb54e96e-21b8-4f54-9cd4-80fccbd06f55","name":"Managers",]]
        .. [["userIds":["497f6eca-6276-4993-bfeb-53cbbbba6f08"]}]] } },

  { op = "qalyptus.organizations.create", args = { { displayName = "Branch", themeId = theme } },
    want = { method = "POST", path = "/organizations",
      body = [[{"displayName":"Branch","themeId":"53fe7fb9-b3ba-4541-bf79-a49c12f44b76"}]] } },
  { op = "qalyptus.organizations.list", args = { { description = { equals = "main" }, page = 2, page_size = 25 } },
    want = { method = "GET", path = "/organizations", query = "description[equals]=main&page=2&page_size=25" } },
  { op = "qalyptus.organizations.update", args = { org, { name = "Example Org", displayName = "Example", themeId = theme } },
    want = { method = "PUT", path = "/organizations/7bc05553-4b68-44e8-b7bc-37be63c6d9e9",
      body = [[{"displayName":"Example","name":"Example Org","themeId":"53fe7fb9-b3ba-4541-bf79-a49c12f44b76"}]] } },
  { op = "qalyptus.organizations.list_projects", args = { org },
    want = { method = "GET", path = "/organizations/7bc05553-4b68-44e8-b7bc-37be63c6d9e9/projects" } },
  { op = "qalyptus.organizations.list_members", args = { org, { type = "group", sort_by = "Email" } },
    want = { method = "GET", path = "/organizations/7bc05553-4b68-44e8-b7bc-37be63c6d9e9/members",
      query = "sort_by=Email&type=group" } },
  { op = "qalyptus.organizations.delete", args = { { org } },
    want = { method = "DELETE", path = "/organizations", body = [=[["7bc05553-4b68-44e8-b7bc-37be63c6d9e9"]]=] } },

  { op = "qalyptus.users.create",
    args = { {
      firstName = "New", lastName = "Hire", email = "new.hire@example.com", isActive = true,
      organizations = { { id = org, name = "Example Org" } }, roles = { { id = role, name = "Users" } },
    } },
    want = { method = "POST", path = "/users",
      body = [[{"email":"new.hire@example.com","firstName":"New","isActive":true,"lastName":"Hire",]]
        .. [["organizations":[{"id":"7bc05553-4b68-44e8-b7bc-37be63c6d9e9","name":"Example Org"}],]]
        .. [["roles":[{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Users"}]}]] } },
  { op = "qalyptus.users.list", args = { { email = { equals = "new.hire@example.com" }, is_active = true, group_id = role } },
    want = { method = "GET", path = "/users",
      query = "email[equals]=new.hire@example.com&is_active=true&group_id=4ae9735a-d165-4671-bd00-4119204f00d8" } },
  { op = "qalyptus.users.update",
    args = { user, { firstName = "New", lastName = "Hire", isActive = false, organizations = { { id = org, name = "Example Org" } } } },
    want = { method = "PUT", path = "/users/497f6eca-6276-4993-bfeb-53cbbbba6f08",
      body = [[{"firstName":"New","isActive":false,"lastName":"Hire",]]
        .. [["organizations":[{"id":"7bc05553-4b68-44e8-b7bc-37be63c6d9e9","name":"Example Org"}]}]] } },

  { op = "qalyptus.recipients.create",
    args = { {
      firstName = "New", lastName = "Hire", email = "new.hire@example.com", isActive = true, isoLanguage = "en",
      organizations = { { id = org, name = "Example Org" } }, groups = { { id = group, name = "Report readers" } },
    } },
    want = { method = "POST", path = "/users/recipients",
      body = [[{"email":"new.hire@example.com","firstName":"New",]]
        .. [["groups":[{"id":"eb54e96e-21b8-4f54-9cd4-80fccbd06f55","name":"Report readers"}],"isActive":true,]]
        .. [["isoLanguage":"en","lastName":"Hire",]]
        .. [["organizations":[{"id":"7bc05553-4b68-44e8-b7bc-37be63c6d9e9","name":"Example Org"}]}]] } },
  { op = "qalyptus.recipients.update",
    args = { user, { firstName = "New", lastName = "Hire", isActive = false, organizations = { { id = org, name = "Example Org" } } } },
    want = { method = "PUT", path = "/users/recipients/497f6eca-6276-4993-bfeb-53cbbbba6f08",
      body = [[{"firstName":"New","isActive":false,"lastName":"Hire",]]
        .. [["organizations":[{"id":"7bc05553-4b68-44e8-b7bc-37be63c6d9e9","name":"Example Org"}]}]] } },
  { op = "qalyptus.recipients.convert",
    args = { user, { roles = { { id = role, name = "Users" } }, isActive = true, language = "en" } },
    want = { method = "POST", path = "/users/recipients/497f6eca-6276-4993-bfeb-53cbbbba6f08/convert",
      body = [[{"isActive":true,"language":"en","roles":[{"id":"4ae9735a-d165-4671-bd00-4119204f00d8","name":"Users"}]}]] } },

  { op = "qalyptus.roles.list", args = { { is_active = false } },
    want = { method = "GET", path = "/roles", query = "is_active=false" } },
  { op = "qalyptus.roles.list_info", args = { { sort_by = "CreatedDate" } },
    want = { method = "GET", path = "/roles/info", query = "sort_by=CreatedDate" } },
  { op = "qalyptus.projects.list", args = { { organization_id = org, sort_by = "Organization.name" } },
    want = { method = "GET", path = "/projects",
      query = "organization_id=7bc05553-4b68-44e8-b7bc-37be63c6d9e9&sort_by=Organization.name" } },
  { op = "qalyptus.reports.list", args = { { type = "Excel", name = { contains = "daily" } } },
    want = { method = "GET", path = "/reports", query = "name[contains]=daily&type=Excel" } },
  { op = "qalyptus.tasks.list", args = { { is_scheduled = true, is_active = true } },
    want = { method = "GET", path = "/tasks", query = "is_active=true&is_scheduled=true" } },

  { op = "qalyptus.task_recipients.list", args = { task, { type = "user", email_address = { contains = "@example.com" } } },
    want = { method = "GET", path = "/tasks/5a8591dd-4039-49df-9202-96385ba3eff8/recipients",
      query = "email_address[contains]=@example.com&type=user" } },
  { op = "qalyptus.task_recipients.add", args = { task, { { id = user, type = "user", sendEmail = true, seeInHub = false } } },
    want = { method = "POST", path = "/tasks/5a8591dd-4039-49df-9202-96385ba3eff8/recipients",
      body = [=[[{"id":"497f6eca-6276-4993-bfeb-53cbbbba6f08","seeInHub":false,"sendEmail":true,"type":"user"}]]=] } },
  { op = "qalyptus.task_recipients.delete", args = { task, { id = user, type = "user", sendEmail = true, seeInHub = false } },
    want = { method = "DELETE", path = "/tasks/5a8591dd-4039-49df-9202-96385ba3eff8/recipients",
      body = [=[[{"id":"497f6eca-6276-4993-bfeb-53cbbbba6f08","seeInHub":false,"sendEmail":true,"type":"user"}]]=] } },
  { op = "qalyptus.task_recipients.update", args = { task, { id = group, type = "group", sendEmail = false, seeInHub = true } },
    want = { method = "PUT", path = "/tasks/5a8591dd-4039-49df-9202-96385ba3eff8/recipients",
      body = [[{"id":"eb54e96e-21b8-4f54-9cd4-80fccbd06f55","seeInHub":true,"sendEmail":false,"type":"group"}]] } },
}
