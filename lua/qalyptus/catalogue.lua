-- SPDX-License-Identifier: MIT
-- Qalyptus Server: groups, organizations, people and what they get reports from.

-- The four rows every paged list ends with.
local page = { "page", "integer", min = 1, max = 2147483647, default = 1, doc = "Page, counted from 1." }
local page_size = { "page_size", "integer", min = 1, max = 50, default = 10,
  doc = "Records a page. The vendor's text says 100 in one place; its stated range ends at 50." }
local get_all = { "get_all", "boolean", default = false, doc = "Everything in one reply, without pages." }
local sort_direction = { "sort_direction", "string", enum = { "asc", "desc" }, default = "asc" }

local operators = { "equals", "contains" }
local name = { "name", "string", operators = operators, doc = "Narrow by name." }
local description = { "description", "string", operators = operators, doc = "Narrow by description." }

return {
  format = 1,
  name = "qalyptus",
  title = "Qalyptus Server, report distribution for Qlik Sense",
  doc = "Users, recipients, groups and organizations of a Qalyptus Server, and the tasks that send them reports. The vendor's "
    .. "document has lost methods and paths: most paths here are inferred, and the first calls to a real server may correct "
    .. "them. Keys must be switched on by an administrator, need a role that allows them, are shown once and expire. An "
    .. "update replaces the whole object: read, change, send everything. There is no single-item read for users, groups or "
    .. "tasks, and none of users or recipients can be deleted through the API.",
  docs = "https://help.qalyptus.com/",
  evidence = "source",
  url = { example = "https://reports.example.com/api/v1" },

  settings = {
    { "key", "string", required = true, secret = true, evidence = "docs",
      doc = "API key, made in the profile of a user. It may do what that user may do." },
  },

  auth = {
    { needs = { "key" }, send = { { "Authorization", value = "Bearer {key}" } } },
  },

  -- The wrapping was seen on Qalyptus Cloud; the failures are inferred: a 200 with isSuccess false, or a problem object.
  envelope = {
    data = "/data",
    ok = { "/isSuccess", true },
    message = { "/error/message", "/error", "/errorDetails/message", "/errorDetails", "/detail", "/title", "/message" },
    problems = { "/errors", message = "message", path = "field" },
    optional = true,
  },

  paging = {
    pages = { style = "page", send = "page", size = "page_size", page_size = 50, max = 50, default = 10,
      all = "get_all", items = "/items" },
  },

  shapes = {
    -- What is sent.
    BaseEntityInfo = {
      { "id", "uuid", required = true },
      { "name", "string", required = true, min = 1 },
    },
    GroupBody = {
      { "name", "string", required = true, min = 1 },
      { "description", "string", nullable = true },
      { "organizationId", "uuid", nullable = true, doc = "The one organization the group belongs to." },
      { "isActive", "boolean" },
    },
    GroupMembers = {
      { "groupId", "uuid", required = true, doc = "Which group. It stands here, not in the path." },
      { "name", "string", required = true, min = 1, doc = "The group's name, sent again." },
      { "description", "string", nullable = true },
      { "userIds", "[uuid]", nullable = true, doc = "Everybody who is to belong to it; whoever is missing is taken out." },
    },
    OrganizationBody = {
      { "name", "string", nullable = true },
      { "displayName", "string", required = true, min = 1 },
      { "description", "string", nullable = true },
      { "themeId", "uuid", required = true, doc = "Theme of the Hub; that of another organization will do." },
    },
    UserBody = {
      { "domainAccount", "string", nullable = true, doc = "Windows account, for NTLM sign-in." },
      { "firstName", "string", required = true, min = 1 },
      { "lastName", "string", required = true, min = 1 },
      { "email", "string", nullable = true },
      { "password", "string", nullable = true, secret = true },
      { "isActive", "boolean", required = true },
      { "sendNotification", "boolean", doc = "Send the person a mail." },
      { "isoLanguage", "string", nullable = true, doc = "Language of the person, such as en." },
      { "roles", "[BaseEntityInfo]", nullable = true, doc = "Id and name of each role; see roles.list_info." },
      { "organizations", "[BaseEntityInfo]", required = true, doc = "Id and name of each organization." },
      { "groups", "[BaseEntityInfo]", nullable = true, doc = "Id and name of each group." },
    },
    RecipientBody = {
      { "firstName", "string", required = true, min = 1 },
      { "lastName", "string", required = true, min = 1 },
      { "email", "string", nullable = true, doc = "Where the reports go." },
      { "password", "string", nullable = true, secret = true },
      { "isActive", "boolean", required = true },
      { "isoLanguage", "string", nullable = true, doc = "Language of the person, such as en." },
      { "organizations", "[BaseEntityInfo]", required = true, doc = "Id and name of each organization." },
      { "groups", "[BaseEntityInfo]", nullable = true, doc = "Id and name of each group." },
    },
    RecipientConvert = {
      { "roles", "[BaseEntityInfo]", required = true, doc = "Id and name of each role; see roles.list_info." },
      { "isActive", "boolean", required = true },
      { "sendNotification", "boolean", doc = "Send the person a mail." },
      { "language", "string", required = true, min = 1, doc = "What users and recipients call isoLanguage." },
      { "domain", "string", nullable = true, doc = "What users call domainAccount." },
    },
    TaskRecipientDto = {
      { "id", "uuid", required = true, doc = "Id of the user, recipient or group." },
      { "type", "string", required = true, min = 1, doc = "user or group." },
      { "sendEmail", "boolean", required = true, doc = "Gets the reports by mail." },
      { "seeInHub", "boolean", required = true, doc = "Sees the reports in the Hub." },
    },

    -- What comes back: field names from a Cloud tenant, or those that are sent. A Server may differ.
    Entity = {
      { "id", "string", required = true },
      { "name", "string", nullable = true },
      open = true, evidence = "inferred",
    },
    Group = {
      { "id", "string", required = true, evidence = "docs" },
      { "name", "string", evidence = "docs" },
      { "description", "string", nullable = true, evidence = "docs" },
      { "organizationId", "string", nullable = true, doc = "Cloud writes organizationID." },
      { "organization", "any", nullable = true, evidence = "docs" },
      { "members", "any", nullable = true, evidence = "docs" },
      { "isDefault", "boolean", evidence = "docs" },
      { "isActive", "boolean" },
      open = true, evidence = "inferred",
    },
    Organization = {
      { "id", "string", required = true },
      { "name", "string", nullable = true },
      { "displayName", "string", nullable = true },
      { "description", "string", nullable = true },
      { "themeId", "string", nullable = true },
      open = true, evidence = "inferred",
    },
    Member = {
      { "id", "string", required = true },
      { "type", "string", doc = "user or group." },
      { "name", "string", nullable = true },
      { "email", "string", nullable = true },
      open = true, evidence = "inferred",
    },
    User = {
      { "id", "string", required = true, evidence = "docs" },
      { "name", "string", nullable = true, evidence = "docs", doc = "Full name, as Cloud has it." },
      { "fullName", "string", nullable = true },
      { "firstName", "string", nullable = true },
      { "lastName", "string", nullable = true },
      { "email", "string", nullable = true, evidence = "docs" },
      { "type", "any", nullable = true, evidence = "docs" },
      { "isActive", "boolean" },
      { "roles", "any", nullable = true },
      { "organizations", "any", nullable = true },
      { "groups", "any", nullable = true, evidence = "docs" },
      open = true, evidence = "inferred",
    },
    Role = {
      { "id", "string", required = true },
      { "name", "string" },
      { "description", "string", nullable = true },
      { "allProjects", "boolean" },
      { "projects", "any", nullable = true },
      { "permissions", "object", nullable = true, doc = "A flag for each right, such as viewUser or useApiKeys." },
      { "isActive", "boolean" },
      open = true, evidence = "inferred",
    },
    Project = {
      { "id", "string", required = true },
      { "name", "string" },
      { "description", "string", nullable = true },
      { "owner", "any", nullable = true },
      { "ownerName", "string", nullable = true },
      { "isMine", "boolean" },
      open = true, evidence = "docs",
    },
    Report = {
      { "id", "string", required = true },
      { "name", "string" },
      { "type", "string", doc = "Excel, PowerPoint, Html, Word or QlikEntity." },
      { "description", "string", nullable = true },
      { "project", "any", nullable = true },
      { "owner", "any", nullable = true },
      { "ownerName", "string", nullable = true },
      { "isMine", "boolean" },
      { "isIteration", "boolean" },
      { "outputFormats", "any", nullable = true },
      open = true, evidence = "docs",
    },
    Task = {
      { "id", "string", required = true },
      { "name", "string" },
      { "project", "any", nullable = true },
      { "owner", "any", nullable = true },
      { "ownerName", "string", nullable = true },
      { "isMine", "boolean" },
      { "isActive", "boolean" },
      { "isScheduled", "boolean" },
      { "testMode", "boolean" },
      { "sendNotifications", "boolean" },
      { "lastExecution", "any", nullable = true },
      open = true, evidence = "docs",
    },
    TaskRecipient = {
      { "id", "string", required = true, doc = "Of the entry or of the person: unclear. Cloud has recipientID beside it." },
      { "name", "string", nullable = true },
      { "type", "string", doc = "user or group." },
      { "email", "string", nullable = true },
      { "sendEmail", "boolean", evidence = "inferred" },
      { "seeInHub", "boolean", evidence = "inferred" },
      open = true, evidence = "docs",
    },
  },

  resources = {
    { "groups", doc = "Groups of users and recipients. A group belongs to one organization.",
      find = { by = { { "name" }, { "id" } }, list = "groups.list", query = { name = { equals = "{name}" } } },
      operations = {
        { "create", http = "POST /groups", summary = "Add a group.", evidence = "inferred", effect = "create",
          body = "GroupBody", returns = "Group", inverse = { "groups.delete", from = "/id" }, settle = 60,
          example = [[
local org = qalyptus.organizations.find{ name = "Example Org" }
return qalyptus.groups.create{ name = "Night shift", organizationId = org.id, isActive = true }]] },
        { "list", http = "GET /groups", summary = "List the groups.", evidence = "docs", effect = "read",
          query = {
            { "sort_by", "string", enum = { "Name", "Type", "Organization.Name", "Users", "CreatedDate", "ModifiedDate" } },
            name, page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[Group]",
          example = [[return qalyptus.groups.list{ name = { contains = "read" }, sort_by = "Name" }]] },
        { "delete", http = "DELETE /groups", summary = "Remove groups by id.", evidence = "inferred", effect = "set",
          danger = true,
          body = "[uuid]", returns = "none",
          example = [[
local made = qalyptus.groups.create{ name = "Short-lived", isActive = true }
qalyptus.groups.delete{ made.id }]] },
        { "update", http = "PUT /groups/{id}", summary = "Replace a group's own fields.", evidence = "inferred", effect = "set",
          doc = "Send everything: what is left out may be cleared. Members have a call of their own, set_members.",
          path = { { "id", "uuid", doc = "Id of the group." } },
          body = "GroupBody", returns = "Group",
          example = [[
local group = qalyptus.groups.find{ name = "Managers" }
local org = qalyptus.organizations.find{ name = "Example Org" }
return qalyptus.groups.update(group.id, {
  name = "Managers", description = "Heads of plants", organizationId = org.id, isActive = true,
})]] },
        { "set_members", http = "PUT /groups/members", summary = "Set who belongs to a group.", evidence = "inferred",
          effect = "set", danger = true,
          doc = "The list is the whole: read the members first and add to them. To add one recipient, give groups to "
            .. "recipients.create or update instead.",
          body = "GroupMembers", returns = "Group",
          example = [[
local group = qalyptus.groups.create{ name = "Late shift", isActive = true }
local users = qalyptus.users.list()
return qalyptus.groups.set_members{ groupId = group.id, name = group.name, userIds = { users[1].id } }]] },
      } },

    { "organizations", doc = "Tenants of the server: each has its people, groups, projects and Qlik apps.",
      find = {
        by = { { "name" }, { "displayName" }, { "id" } },
        list = "organizations.list", query = { name = { equals = "{name}" } },
      },
      operations = {
        { "create", http = "POST /organizations", summary = "Add an organization.", evidence = "inferred", effect = "create",
          body = "OrganizationBody", returns = "Organization", inverse = { "organizations.delete", from = "/id" }, settle = 60,
          example = [[
local org = qalyptus.organizations.find{ name = "Example Org" }
return qalyptus.organizations.create{ name = "Branch Org", displayName = "Branch", themeId = org.themeId }]] },
        { "list", http = "GET /organizations", summary = "List the organizations.", evidence = "inferred", effect = "read",
          query = {
            { "sort_by", "string", enum = { "Name", "DisplayName", "Description" } },
            name, description, page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[Organization]",
          example = [[return qalyptus.organizations.list()]] },
        { "update", http = "PUT /organizations/{id}", summary = "Replace an organization.", evidence = "inferred",
          effect = "set",
          doc = "Send everything: what is left out may be cleared.",
          path = { { "id", "uuid", doc = "Id of the organization." } },
          body = "OrganizationBody", returns = "Organization",
          example = [[
local org = qalyptus.organizations.find{ name = "Example Org" }
return qalyptus.organizations.update(org.id, {
  name = org.name, displayName = "Example Organization", themeId = org.themeId,
})]] },
        { "list_projects", http = "GET /organizations/{id}/projects", summary = "List an organization's projects.",
          evidence = "inferred", effect = "read",
          path = { { "id", "uuid", doc = "Id of the organization." } },
          query = {
            { "sort_by", "string", enum = { "Name", "Description" } },
            name, page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[Project]",
          example = [[return qalyptus.organizations.list_projects(qalyptus.organizations.find{ name = "Example Org" }.id)]] },
        { "list_members", http = "GET /organizations/{id}/members", summary = "List an organization's users and groups.",
          evidence = "inferred", effect = "read",
          path = { { "id", "uuid", doc = "Id of the organization." } },
          query = {
            { "sort_by", "string", enum = { "Type", "Name", "Email" } },
            name,
            { "type", "string", enum = { "user", "group" } },
            page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[Member]",
          example = [[
local org = qalyptus.organizations.find{ name = "Example Org" }
return qalyptus.organizations.list_members(org.id, { type = "user" })]] },
        { "delete", http = "DELETE /organizations", summary = "Remove organizations by id.", evidence = "inferred",
          effect = "set", danger = true,
          doc = "Among the least certain paths: the real one may have one more segment.",
          body = "[uuid]", returns = "none",
          example = [[
local org = qalyptus.organizations.find{ name = "Example Org" }
local made = qalyptus.organizations.create{ displayName = "Short-lived", themeId = org.themeId }
qalyptus.organizations.delete{ made.id }]] },
      } },

    { "users", doc = "People who can sign in, and recipients, who cannot: users.list shows both. The API deletes neither.",
      find = {
        by = { { "email", fold = true }, { "full_name", at = { "/fullName", "/name" } }, { "id" } },
        list = "users.list", query = { email = { equals = "{email}" }, full_name = { equals = "{full_name}" } },
      },
      operations = {
        { "create", http = "POST /users", summary = "Add a user with roles.", evidence = "inferred", effect = "create",
          doc = "For somebody who only gets reports by mail, recipients.create is the right call. A user cannot be deleted: "
            .. "undoing this makes the user inactive.",
          body = "UserBody", returns = "User",
          inverse = { "users.update", from = "/id", body = true, set = { isActive = false, sendNotification = false } }, settle = 60,
          example = [[
local org = qalyptus.organizations.find{ name = "Example Org" }
local role = qalyptus.roles.list_info()[1]
return qalyptus.users.create{
  firstName = "Nora", lastName = "Hire", email = "nora.hire@example.com", isActive = true,
  organizations = { { id = org.id, name = org.name } },
  roles = { { id = role.id, name = role.name } },
}]] },
        { "list", http = "GET /users", summary = "List users and recipients.", evidence = "docs", effect = "read",
          query = {
            { "sort_by", "string",
              enum = { "FullName", "Email", "UserName", "IsActive", "Groups", "Type", "CreatedDate", "ModifiedDate" } },
            { "full_name", "string", operators = operators, doc = "Narrow by full name." },
            { "email", "string", operators = operators, evidence = "inferred",
              doc = "Narrow by e-mail. The source lost the name of this filter." },
            { "is_active", "boolean" },
            { "group_id", "uuid", doc = "Only members of this group." },
            page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[User]",
          example = [[return qalyptus.users.list{ is_active = true, email = { contains = "@example.com" } }]] },
        { "update", http = "PUT /users/{id}", summary = "Replace a user.", evidence = "inferred", effect = "set",
          doc = "Send everything: what is left out may be cleared. isActive = false is the nearest thing to a deletion.",
          path = { { "id", "uuid", doc = "Id of the user." } },
          body = "UserBody", returns = "User",
          example = [[
local org = qalyptus.organizations.find{ name = "Example Org" }
local person = {
  firstName = "Otto", lastName = "Hire", email = "otto.hire@example.com", isActive = true,
  organizations = { { id = org.id, name = org.name } },
}
local made = qalyptus.users.create(person)
person.isActive = false
return qalyptus.users.update(made.id, person)]] },
      } },

    { "recipients", doc = "People who get reports by mail and cannot sign in. They are listed among the users.",
      find = { by = { { "email", fold = true }, { "id" } }, list = "users.list", query = { email = { equals = "{email}" } } },
      operations = {
        { "create", http = "POST /users/recipients", summary = "Add a recipient.", evidence = "inferred", effect = "create",
          doc = "The server gives the default role Hub users; roles cannot be sent. A recipient cannot be deleted: undoing "
            .. "this makes the recipient inactive.",
          body = "RecipientBody", returns = "User",
          inverse = { "recipients.update", from = "/id", body = true, set = { isActive = false } }, settle = 60,
          example = [[
local org = qalyptus.organizations.find{ name = "Example Org" }
local group = qalyptus.groups.find{ name = "Report readers" }
return qalyptus.recipients.create{
  firstName = "Newton", lastName = "Reader", email = "newton.reader@example.com", isActive = true, isoLanguage = "en",
  organizations = { { id = org.id, name = org.name } },
  groups = { { id = group.id, name = group.name } },
}]] },
        { "update", http = "PUT /users/recipients/{id}", summary = "Replace a recipient.", evidence = "inferred",
          effect = "set",
          doc = "Send everything, groups too: what is left out may be cleared. isActive = false is the nearest thing to a deletion.",
          path = { { "id", "uuid", doc = "Id of the recipient." } },
          body = "RecipientBody", returns = "User",
          example = [[
local org = qalyptus.organizations.find{ name = "Example Org" }
local person = {
  firstName = "Rita", lastName = "Reader", email = "rita.reader@example.com", isActive = true,
  organizations = { { id = org.id, name = org.name } },
}
local made = qalyptus.recipients.create(person)
person.isActive = false
return qalyptus.recipients.update(made.id, person)]] },
        { "convert", http = "POST /users/recipients/{id}/convert", summary = "Turn a recipient into a user by granting roles.",
          evidence = "inferred", effect = "create",
          doc = "One way: no call turns a user back. With sendNotification a mail goes out.",
          path = { { "id", "uuid", doc = "Id of the recipient." } },
          body = "RecipientConvert", returns = "User",
          example = [[
local org = qalyptus.organizations.find{ name = "Example Org" }
local role = qalyptus.roles.list_info()[1]
local made = qalyptus.recipients.create{
  firstName = "Cora", lastName = "Reader", email = "cora.reader@example.com", isActive = true,
  organizations = { { id = org.id, name = org.name } },
}
return qalyptus.recipients.convert(made.id, {
  roles = { { id = role.id, name = role.name } }, isActive = true, language = "en",
})]] },
      } },

    { "roles", doc = "What users may do. Built in are roles such as Administrators, Developers and Users.",
      find = { by = { { "name" }, { "id" } }, list = "roles.list", query = { name = { equals = "{name}" } } },
      operations = {
        { "list", http = "GET /roles", summary = "List the roles with their permissions.", evidence = "inferred", effect = "read",
          query = {
            { "sort_by", "string", enum = { "Name", "Type", "CreatedDate", "ModifiedDate" } },
            name,
            { "is_active", "boolean" },
            page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[Role]",
          example = [[return qalyptus.roles.list{ is_active = true }]] },
        { "list_info", http = "GET /roles/info", summary = "List the roles, id and name only.", evidence = "inferred",
          effect = "read",
          doc = "Just what roles of a user wants.",
          query = {
            { "sort_by", "string", enum = { "Name", "Type", "CreatedDate", "ModifiedDate" } },
            name,
            { "is_active", "boolean" },
            page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[Entity]",
          example = [[return qalyptus.roles.list_info()]] },
      } },

    { "projects", doc = "What reports and tasks belong to.",
      find = { by = { { "name" }, { "id" } }, list = "projects.list", query = { name = { equals = "{name}" } } },
      operations = {
        { "list", http = "GET /projects", summary = "List the projects.", evidence = "docs", effect = "read",
          query = {
            { "organization_id", "uuid", doc = "Only those of this organization." },
            { "modified_by", "string", doc = "Only those this user changed last, spelled exactly." },
            { "is_active", "boolean" },
            { "sort_by", "string",
              enum = { "Name", "Description", "Organization.name", "IsActive", "Tasks", "CreatedDate", "ModifiedDate" } },
            name, description, page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[Project]",
          example = [[return qalyptus.projects.list()]] },
      } },

    { "reports", doc = "Report designs. What they produce goes out through tasks.",
      find = { by = { { "name" }, { "id" } }, list = "reports.list", query = { name = { equals = "{name}" } } },
      operations = {
        { "list", http = "GET /reports", summary = "List the reports the caller may see.", evidence = "docs", effect = "read",
          query = {
            { "project_id", "uuid", doc = "Only those of this project." },
            { "sort_by", "string", enum = { "Name", "Description", "Type", "Project.Name", "IsIteration" } },
            name, description,
            { "type", "string", doc = "Only those of this type, such as Excel." },
            page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[Report]",
          example = [[return qalyptus.reports.list()]] },
      } },

    { "tasks", doc = "What sends which reports to whom, and when. The API cannot start one.",
      find = { by = { { "name" }, { "id" } }, list = "tasks.list", query = { name = { equals = "{name}" } } },
      operations = {
        { "list", http = "GET /tasks", summary = "List the tasks.", evidence = "docs", effect = "read",
          query = {
            { "project_id", "uuid", doc = "Only those of this project." },
            { "is_active", "boolean" },
            { "is_scheduled", "boolean" },
            name, description,
            { "sort_by", "string", doc = "A field name; the source lost the list of them." },
            page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[Task]",
          example = [[return qalyptus.tasks.list{ is_active = true }]] },
      } },

    { "task_recipients", doc = "Who gets the reports of a task: users, recipients and groups.",
      find = {
        by = { { "email", fold = true }, { "name" }, { "id" } },
        list = "task_recipients.list", query = { email_address = { equals = "{email}" }, name = { equals = "{name}" } },
      },
      operations = {
        { "list", http = "GET /tasks/{task_id}/recipients", summary = "List a task's recipients.", evidence = "docs",
          effect = "read",
          path = { { "task_id", "uuid", doc = "Id of the task." } },
          query = {
            name,
            { "email_address", "string", operators = operators, doc = "Narrow by e-mail." },
            { "type", "string", enum = { "user", "group" } },
            { "sort_by", "string", doc = "A field name, such as type or name." },
            page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[TaskRecipient]",
          example = [[
local task = qalyptus.tasks.list()[1]
return qalyptus.task_recipients.list(task.id)]] },
        { "add", http = "POST /tasks/{task_id}/recipients", summary = "Add users or groups to a task.",
          evidence = "inferred", effect = "create",
          path = { { "task_id", "uuid", doc = "Id of the task." } },
          body = "[TaskRecipientDto]", returns = "none",
          inverse = { "task_recipients.delete", body = true }, settle = 60,
          example = [[
local task = qalyptus.tasks.list()[1]
local group = qalyptus.groups.find{ name = "Managers" }
qalyptus.task_recipients.add(task.id, { { id = group.id, type = "group", sendEmail = true, seeInHub = false } })]] },
        { "delete", http = "DELETE /tasks/{task_id}/recipients", summary = "Take users or groups off a task.",
          evidence = "inferred", effect = "set", danger = true,
          doc = "Wants whole objects, the two flags too, though only id and type can matter.",
          path = { { "task_id", "uuid", doc = "Id of the task." } },
          body = "[TaskRecipientDto]", returns = "none",
          example = [[
local task = qalyptus.tasks.list()[1]
local group = qalyptus.groups.find{ name = "Report readers" }
local entry = { id = group.id, type = "group", sendEmail = true, seeInHub = true }
qalyptus.task_recipients.add(task.id, { entry })
qalyptus.task_recipients.delete(task.id, { entry })]] },
        { "update", http = "PUT /tasks/{task_id}/recipients", summary = "Change how one recipient of a task is served.",
          evidence = "inferred", effect = "set",
          doc = "One object here, lists in add and delete.",
          path = { { "task_id", "uuid", doc = "Id of the task." } },
          body = "TaskRecipientDto", returns = "none",
          example = [[
local task = qalyptus.tasks.list()[1]
local group = qalyptus.groups.create{ name = "Hub only", isActive = true }
qalyptus.task_recipients.add(task.id, { { id = group.id, type = "group", sendEmail = true, seeInHub = true } })
qalyptus.task_recipients.update(task.id, { id = group.id, type = "group", sendEmail = false, seeInHub = true })]] },
      } },
  },
}
