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
local retired = { id = "b7c8d9e0-f1a2-4b3c-8d4e-5f6a7b8c9d01", name = "Retired" }

local anna = "d1e2f3a4-b5c6-4d7e-8f90-a1b2c3d4e571"
local weekly = { id = "b2c3d4e5-f6a7-4b8c-9d0e-1f2a3b4c5d68", name = "Weekly sales" }
local branches = { id = "c4d5e6f7-a8b9-4c0d-8e1f-2a3b4c5d6e80", name = "Sales by branch" }
local weekly_task = { id = "c3d4e5f6-a7b8-4c9d-8e1f-2a3b4c5d6e79", name = "Send weekly sales" }
local weekly_file = "e6f7a8b9-c0d1-4e2f-8a3b-4c5d6e7f8a91"
local root_folder, sales_folder = "f7a8b9c0-d1e2-4f30-9b4c-5d6e7f8a9b02", "08b9c0d1-e2f3-4041-8c5d-6e7f8a9b0c13"
local missed = "19c0d1e2-f304-4152-9d6e-7f8a9b0c1d24"

-- a key is shown once, by the call that makes it
local key_fields = { "id", "name", "description", "expiryDate", "expired", "userId" }

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
    group_id = "groups/*/id", organization_id = "organization/id", email_address = "email",
    ["report.name"] = "reportName", selected_format_id = "format", exceptFolderId = { "id" }, exceptRoot = false, ofRoot = false,
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
    projects = { key = "name", refs = { ["organization/id"] = "organizations" } },
    reports = {
      key = "name", refs = { projectId = "projects" }, cascade = { "projectId" },
      one = { project = { store = "projects", at = "projectId" } },
    },
    tasks = {
      key = "name", refs = { projectId = "projects" }, cascade = { "projectId" },
      one = { project = { store = "projects", at = "projectId" } },
      default = { isActive = true, isScheduled = false, testMode = false, sendNotifications = false },
    },
    task_recipients = { unique = { "id" } },
    task_reports = { key = "reportId", refs = {}, hidden = { "fileOpenPassword", "fileWritePassword" } },
    task_triggers = { key = "name" },
    task_emails = { single = true },
    conditions = {
      key = "name", refs = { projectId = "projects" }, cascade = { "projectId" },
      one = { project = { store = "projects", at = "projectId" } },
    },
    condition_rules = { key = "name", refs = { conditionId = "conditions" }, cascade = { "conditionId" } },
    request_statuses = { key = "config/reportId", refs = { ["config/reportId"] = "reports" } },
    subscriptions = { key = "subscribeTo", refs = { ["reports/*/id"] = "reports" } },
    files = { key = "name", default = { isIteration = false, starred = false } },
    file_occurrences = { refs = { fileId = "files" }, cascade = { "fileId" } },
    hub_folders = { key = "name", refs = { parentId = "hub_folders" }, cascade = { "parentId" } },
    qlik_apps = { key = "name", refs = { folderId = "hub_folders", organizationId = "organizations" } },
    resources = { key = "name", refs = { organizationId = "organizations" }, cascade = { "organizationId" } },
    smtp_servers = { key = "name", unique = { "name" }, hidden = { "password", "testEmail" } },
    identity_providers = { key = "name", unique = { "name" }, default = { isAactive = true } },
    trusted_origins = { key = "address", unique = { "address" } },
    user_directories = {
      key = "name", unique = { "name" }, refs = { organizationId = "organizations", defaultUserRole = "roles" },
      hidden = { "password", "azureClientSecret" },
    },
    api_keys = { key = "name", default = { expired = false, userId = anna } },
    settings = { single = true },
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
    ["organizations.list_resources"] = { store = "resources", where = "organizationId" },
    ["organizations.list_qlik_apps"] = { store = "qlik_apps", where = "organizationId" },
    ["organizations.set_qlik_apps"] = { act = "attach", store = "qlik_apps", owner = "organizations", as = "organizationId" },
    ["organizations.set_authentication"] = { fields = { "allowNtlm", "allowJwt", "identityProviders" } },
    ["organizations.list_unassigned_qlik_apps"] = { store = "qlik_apps", holds = { organizationId = "{null}" } },
    ["tasks.duplicate"] = { act = "copy", take = { name = "newName" } },
    ["tasks.set_email"] = { act = "update_single", store = "task_emails" },
    ["task_schedules.create"] = { store = "task_triggers", set = { type = "Schedule" } },
    ["task_schedules.get"] = { store = "task_triggers" },
    ["task_schedules.update"] = { store = "task_triggers" },
    ["task_schedules.delete"] = { store = "task_triggers" },
    ["task_events.create"] = { store = "task_triggers", set = { type = "ExternalEvent" } },
    ["task_events.get"] = { store = "task_triggers" },
    ["task_events.update"] = { store = "task_triggers" },
    ["task_events.delete"] = { store = "task_triggers" },
    ["condition_rules.list"] = { where = "conditionId" },
    ["condition_rules.save"] = { act = "save" },
    ["condition_rules.save_all"] = { act = "save", member = "items" },
    ["condition_rules.delete"] = { id = false },
    ["on_demand.create"] = { store = "request_statuses", set = { status = "queued" } },
    ["statuses.list_tasks"] = { store = "task_statuses" },
    ["statuses.list_requests"] = { store = "request_statuses" },
    ["subscriptions.list_sites"] = { store = "sites" },
    ["files.list_occurrences"] = { store = "file_occurrences", where = "fileId" },
    ["files.list_iterations"] = { where = { reportId = "id", extension = "extension" } },
    ["files.list_favorites"] = { holds = { starred = true } },
    ["files.download"] = { act = "file", bytes = "%PDF-1.4 weekly sales", content_type = "application/pdf" },
    ["qlik_apps.list_in_folder"] = { where = "folderId" },
    ["qlik_apps.set_sync"] = {
      fields = { "defaultFolderUrl", "defaultFolderId", "qlikSenseServer", "qlikSenseAdminUser", "schedule" },
    },
    ["resources.delete"] = { id = false },
    ["smtp_servers.test"] = { loose = true },
    ["api_keys.create"] = { set = { key = "sandbox-made-key" } },
    ["api_keys.list"] = { holds = { userId = anna }, fields = key_fields },
    ["api_keys.list_all"] = { fields = key_fields },
    ["api_keys.update"] = { fields = key_fields },
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
      { id = anna, firstName = "Anna", lastName = "Admin", email = "anna.admin@example.com",
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
      { id = retired.id, name = retired.name, organization = org, isActive = false, ownerName = "Anna Admin", isMine = true },
    },
    reports = {
      { id = weekly.id, name = weekly.name, type = "Excel", projectId = project.id,
        ownerName = "Anna Admin", isMine = true, isIteration = false, outputFormats = { "Xlsx", "Pdf" } },
      { id = "d5e6f7a8-b9c0-4d1e-8f20-3b4c5d6e7f81", name = "Daily sales", type = "Html", projectId = project.id,
        ownerName = "Anna Admin", isMine = true, isIteration = false, outputFormats = { "Html", "Pdf", "Csv" } },
      { id = branches.id, name = branches.name, type = "PowerPoint", projectId = project.id,
        ownerName = "Anna Admin", isMine = true, isIteration = true, outputFormats = { "Pptx", "Pdf" } },
    },
    tasks = {
      { id = weekly_task.id, name = weekly_task.name, projectId = project.id, ownerName = "Anna Admin",
        isMine = true, isActive = true, isScheduled = true, testMode = false, sendNotifications = true },
    },
    [weekly_task.id .. "/task_reports"] = {
      { id = "91485961-6b7c-48da-95e6-f1627384950c", reportId = weekly.id, name = weekly.name, type = "Excel", format = "Pdf",
        emailAttachment = true, isIteration = false },
    },
    [weekly_task.id .. "/task_triggers"] = {
      { id = "a2596072-7c8d-49eb-86f7-02738495061d", name = "Mondays", type = "Schedule", isActive = true, frequency = "Weekly",
        timeZone = "UTC", weeklyDays = "Monday", atHour = 6, atMinut = 0, startDate = "2026-01-01T00:00:00Z",
        endDate = "2028-01-01T00:00:00Z" },
      { id = "b36a7183-8d9e-4afc-9708-13849506172e", name = "After reload", type = "ExternalEvent", appId = "8f2b3a10-sales",
        isActive = true, startDate = "2026-01-01T00:00:00Z", endDate = "2028-01-01T00:00:00Z" },
    },
    conditions = {
      { id = missed, name = "Target missed", projectId = project.id, isActive = true },
    },
    condition_rules = {
      { id = "2ad1e2f3-0415-4263-8e7f-8a9b0c1d2e35", conditionId = missed, name = "Sales below target",
        connectionId = "3be2f304-1526-4374-9f80-9b0c1d2e3f46", connection = "Sales app", numberOfValues = 1,
        conditionRuleValues = { { variable = "vSales", operator = "<", comparisonValue = "vTarget", order = 1 } } },
    },
    task_statuses = {
      { id = "4cf30415-2637-4485-8091-ac1d2e3f4057", name = weekly_task.name, status = "completed",
        startDate = "2026-01-05T06:00:00Z", endDate = "2026-01-05T06:01:10Z" },
      { id = "5d041526-3748-4596-91a2-bd2e3f405168", name = weekly_task.name, status = "failed",
        startDate = "2026-01-12T06:00:00Z", endDate = "2026-01-12T06:00:02Z" },
    },
    request_statuses = {
      { id = "6e152637-4859-46a7-82b3-ce3f40516279", type = "report", status = "completed",
        config = { reportId = weekly.id, outputFormat = "Pdf" } },
    },
    subscriptions = {
      { id = "7f263748-596a-47b8-93c4-df405162738a", name = "My weekly sales", subscribeTo = weekly.name, type = "Report",
        triggerType = "Schedule", reports = { { id = weekly.id, name = weekly.name, formats = { "Pdf" } } },
        email = { subject = "Weekly sales" }, isActive = true },
    },
    sites = { { id = "80374859-6a7b-48c9-84d5-e0516273849b", name = "Main site" } },
    files = {
      { id = weekly_file, name = "Weekly sales", fullName = "Weekly sales.pdf", reportId = weekly.id, reportName = weekly.name,
        type = "File", extension = "pdf", size = 48213, typeMime = "application/pdf", starred = true, isIteration = false,
        eventType = "added", createdDate = "2026-01-05T06:01:00Z" },
      { id = "91485960-7b8c-49da-95e6-f16273849bac", name = "Old figures", fullName = "Old figures.xlsx", reportId = weekly.id,
        reportName = weekly.name, type = "File", extension = "xlsx", size = 9120, isIteration = false, eventType = "viewed",
        createdDate = "2025-01-06T06:01:00Z" },
      { id = "a2596071-8c9d-4aeb-86f7-027384a9bcbd", name = "Sales North", fullName = "Sales North.pdf", reportId = branches.id,
        reportName = branches.name, type = "File", extension = "pdf", size = 20480, isIteration = true, eventType = "added",
        createdDate = "2026-01-05T06:02:00Z" },
      { id = "b36a7182-9dae-4bfc-9708-138495bacdce", name = "Sales South", fullName = "Sales South.pdf", reportId = branches.id,
        reportName = branches.name, type = "File", extension = "pdf", size = 20992, isIteration = true, eventType = "added",
        createdDate = "2026-01-05T06:02:10Z" },
    },
    file_occurrences = {
      { id = "c47b8293-aebf-4c0d-8819-2495a6cbdedf", fileId = weekly_file, name = "Weekly sales", extension = "pdf", size = 48213,
        createdDate = "2026-01-05T06:01:00Z" },
      { id = "d58c93a4-bfc0-4d1e-992a-35a6b7dcefe0", fileId = weekly_file, name = "Weekly sales", extension = "pdf", size = 47110,
        createdDate = "2025-12-29T06:01:00Z" },
    },
    hub_config = {
      { id = "6d0c5b4a-3928-4716-8504-f3e2d1c0b9a8", fromEmail = "hub@example.com", fromName = "Hub", hideSubsciptionLink = false },
    },
    hub_folders = {
      { id = root_folder, name = "Root", parentUrl = "", location = "/" },
      { id = sales_folder, name = "Sales", parentId = root_folder, parentUrl = "/", location = "/Sales" },
    },
    qlik_apps = {
      { id = "e69da4b5-c0d1-4e2f-8a3b-46b7c8edf0f1", appId = "8f2b3a10-sales", name = "Sales analysis", stream = "Everyone",
        folderId = sales_folder, folderPath = "/Sales", organizationId = org.id, allowQlikSenseApp = true, allowMashup = false,
        defaultOpen = "QlikSense" },
      { id = "f7aeb5c6-d1e2-4f30-9b4c-57c8d9fef102", appId = "5d4c3b2a-finance", name = "Finance", stream = "Finance",
        folderId = sales_folder, folderPath = "/Sales", allowQlikSenseApp = true, allowMashup = false, defaultOpen = "QlikSense" },
    },
    resources = {
      { id = "08bfc6d7-e2f3-4041-8c5d-68d9eaff0213", name = "Handbook", type = "Link", organizationId = org.id,
        url = "https://intranet.example.com/handbook" },
    },
    storage_services = {
      { id = "19c0d7e8-f304-4152-9d6e-79eafb001324", name = "File share", type = "Network", isDefault = true },
      { id = "2ad1e8f9-0415-4263-8e7f-8afb0c112435", name = "Old archive", type = "Ftp", isDefault = false },
    },
    identity_providers = {
      { id = "3be2f90a-1526-4374-9f80-9b0c1d223546", name = "Company sign-in", type = "SAML", isAactive = true },
    },
    trusted_origins = {
      { id = "4cf30a1b-2637-4485-8091-ac1d2e334657", name = "Intranet", address = "https://intranet.example.com" },
    },
    user_directories = {
      { id = "5d041b2c-3748-4596-91a2-bd2e3f445768", type = "ActiveDirectory", name = "Head office", hostName = "ldap.example.com",
        port = 636, synchronization = "Manual", sendNotification = false, isActive = true, organizationId = org.id },
    },
    api_keys = {
      { id = "6e152c3d-4859-46a7-82b3-ce3f40556879", name = "Invoice script", expiryDate = "2099-06-30T00:00:00Z", userId = anna },
      { id = "7f263d4e-596a-47b8-93c4-df405166798a", name = "Old script", expiryDate = "2025-06-30T00:00:00Z", expired = true,
        userId = "e2f3a4b5-c6d7-4e8f-9001-b2c3d4e5f682" },
    },
  },
  fill = {
    users = { count = 57, record = {
      firstName = "Person", lastName = "{n}", email = "person{n}@example.com", type = "recipient", isActive = true,
      isoLanguage = "en", organizations = { org }, roles = { hub_users }, groups = {},
    } },
  },
}
