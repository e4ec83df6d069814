-- SPDX-License-Identifier: MIT
-- What the sandbox plays for Qalyptus Server. The key is for the sandbox alone
-- and no secret.

local org = { id = "5b0f6a0e-8a53-4c1d-9c39-1f1b6f3f2a10", name = "Example Org" }
local other_org = { id = "c2a7d8e4-1b6f-4f0a-8d25-7e9c3b4a5d61", name = "Second Org" }
local readers = { id = "0d9e4c3b-6a25-4b7f-a1c8-52e6f7d8b901", name = "Report readers" }
local managers = { id = "7f3c2b1a-4e5d-4c6b-9a8f-0b1c2d3e4f52", name = "Managers" }
local administrators = { id = "11c5b6a7-2d3e-4f40-8b1a-6c7d8e9f0a13", name = "Administrators" }
local developers = { id = "22d6c7b8-3e4f-4051-9c2b-7d8e9f0a1b24", name = "Developers" }
local users_role = { id = "33e7d8c9-4f50-4162-ad3c-8e9f0a1b2c35", name = "Users" }
local hub_users = { id = "44f8e9da-5061-4273-be4d-9f0a1b2c3d46", name = "Hub users" }
local project = { id = "a1b2c3d4-e5f6-4a7b-8c9d-0e1f2a3b4c57", name = "Sales" }

return {
  base = "/qalyptus/api/v1",
  ids = "uuid", id = "id", brief = { "id", "name" },
  page = 10,
  unauthorized = "The API key is not valid",

  account = { key = "sandbox-qalyptus-key" },

  reply = {
    success = { data = "{data}", isSuccess = true, error = "{null}", errorDetails = "{null}" },
    failure = { data = "{null}", isSuccess = false, error = { code = "{status}", message = "{message}" }, errorDetails = "{problems}" },
    problem = { field = "{path}", message = "{message}" },
  },
  status = { POST = 201 },

  scopes = { task_id = { store = "tasks", key = "id" } },
  filters = {
    group_id = "groups/*/id", organization_id = "organization/id", project_id = "project/id", email_address = "email",
    modified_by = "modifiedBy",
  },

  stores = {
    users = {
      key = "email", unique = { "email" }, hidden = { "password", "sendNotification" },
      derive = { name = "{firstName} {lastName}", fullName = "{firstName} {lastName}" },
      default = { groups = {}, roles = {}, organizations = {} },
      refs = { ["organizations/*/id"] = "organizations", ["groups/*/id"] = "groups", ["roles/*/id"] = "roles" },
    },
    groups = {
      key = "name", refs = { organizationId = "organizations" }, default = { isDefault = false },
      one = { organization = { store = "organizations", at = "organizationId" } },
      many = { members = { store = "users", by = "groups/*/id" } },
    },
    organizations = { key = { "name" }, derive = {}, unique = { "name" } },
    roles = { key = "name" },
    tasks = { key = "name" },
    task_recipients = { unique = { "id" } },
  },

  operations = {
    ["groups.set_members"] = {
      act = "set_members", store = "users", member = "groups", to = "groups", id_member = "groupId", list = "userIds",
      fields = { "name", "description" },
    },
    ["organizations.list_projects"] = { store = "projects", where = "organization/id" },
    ["organizations.list_members"] = {
      sources = {
        { store = "users", where = "organizations/*/id", set = { type = "user" } },
        { store = "groups", where = "organizationId", set = { type = "group" } },
      },
    },
    ["users.create"] = { set = { type = "user" } },
    ["recipients.create"] = { store = "users", set = { type = "recipient", roles = { hub_users } } },
    ["recipients.update"] = { store = "users" },
    ["recipients.convert"] = {
      act = "update", store = "users", set = { type = "user" }, status = 200,
      rename = { language = "isoLanguage", domain = "domainAccount" },
    },
    ["roles.list_info"] = { store = "roles", fields = { "id", "name" } },
    ["task_recipients.update"] = { act = "update" },
  },

  seed = {
    organizations = {
      { id = org.id, name = org.name, displayName = "Example Org", description = "Main tenant",
        themeId = "9e8d7c6b-5a49-4382-b716-05f4e3d2c1b8" },
      { id = other_org.id, name = other_org.name, displayName = "Second Org", themeId = "9e8d7c6b-5a49-4382-b716-05f4e3d2c1b8" },
    },
    groups = {
      { id = readers.id, name = readers.name, description = "Get the weekly reports", organizationId = org.id, isActive = true },
      { id = managers.id, name = managers.name, organizationId = org.id, isActive = true },
    },
    roles = {
      { id = administrators.id, name = administrators.name, type = "BuiltIn", isActive = true, allProjects = true,
        permissions = { viewUser = true, createUser = true, editUser = true, useApiKeys = true } },
      { id = developers.id, name = developers.name, type = "BuiltIn", isActive = true, allProjects = true,
        permissions = { viewProject = true, updateProject = true, useApiKeys = true } },
      { id = users_role.id, name = users_role.name, type = "BuiltIn", isActive = true, allProjects = false,
        permissions = { viewProject = true } },
      { id = hub_users.id, name = hub_users.name, type = "BuiltIn", isActive = true, allProjects = false,
        permissions = { previewPublishedReport = true } },
    },
    users = {
      { id = "d1e2f3a4-b5c6-4d7e-8f90-a1b2c3d4e571", firstName = "Anna", lastName = "Admin", email = "anna.admin@example.com",
        type = "user", isActive = true, isoLanguage = "en", organizations = { org }, roles = { administrators },
        groups = { managers } },
      { id = "e2f3a4b5-c6d7-4e8f-9001-b2c3d4e5f682", firstName = "Rudi", lastName = "Reader", email = "rudi.reader@example.com",
        type = "recipient", isActive = true, isoLanguage = "en", organizations = { org }, roles = { hub_users },
        groups = { readers } },
      { id = "f3a4b5c6-d7e8-4f90-8112-c3d4e5f6a793", firstName = "Lea", lastName = "Leaver", email = "leaver@example.com",
        type = "recipient", isActive = true, isoLanguage = "en", organizations = { org }, roles = { hub_users },
        groups = { readers } },
    },
    projects = {
      { id = project.id, name = project.name, description = "Sales figures", organization = org, isActive = true,
        ownerName = "Anna Admin", isMine = true },
    },
    reports = {
      { id = "b2c3d4e5-f6a7-4b8c-9d0e-1f2a3b4c5d68", name = "Weekly sales", type = "Excel", project = project,
        ownerName = "Anna Admin", isMine = true, isIteration = false, outputFormats = { "Xlsx", "Pdf" } },
    },
    tasks = {
      { id = "c3d4e5f6-a7b8-4c9d-8e1f-2a3b4c5d6e79", name = "Send weekly sales", project = project, ownerName = "Anna Admin",
        isMine = true, isActive = true, isScheduled = true, testMode = false, sendNotifications = true },
    },
  },
  fill = {
    users = { count = 57, record = {
      firstName = "Person", lastName = "{n}", email = "person{n}@example.com", type = "recipient", isActive = true,
      isoLanguage = "en", organizations = { org }, roles = { hub_users }, groups = {},
    } },
  },
}
