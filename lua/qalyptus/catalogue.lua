-- SPDX-License-Identifier: MIT
-- Qalyptus Server: organizations, people, reports, the tasks that send them, and the Hub.

-- The four rows every paged list ends with.
local page = { "page", "integer", min = 1, max = 2147483647, default = 1, doc = "Page, counted from 1." }
local page_size = { "page_size", "integer", min = 1, max = 50, default = 10,
  doc = "Records a page. The vendor's text says 100 in one place; its stated range ends at 50." }
local get_all = { "get_all", "boolean", default = false, doc = "Everything in one reply, without pages." }
local sort_direction = { "sort_direction", "string", enum = { "asc", "desc" }, default = "asc" }

local operators = { "equals", "contains" }
local name = { "name", "string", operators = operators, doc = "Narrow by name." }
local description = { "description", "string", operators = operators, doc = "Narrow by description." }
local extension = { "extension", "string", operators = operators, doc = "Narrow by file extension, such as pdf." }
local is_active = { "is_active", "boolean" }
local expired = { "expired", "boolean", doc = "Only expired keys, or only the others." }

-- Rows that many bodies have, and many replies.
local name_given = { "name", "string", required = true, min = 1 }
local description_given = { "description", "string", nullable = true }
local execution = { "execution", "string", nullable = true, doc = "Parallel or Serial; the spelling is inferred." }
local priority = { "priority", "integer", nullable = true, doc = "1 to 100; 1 is served first." }
local name_got = { "name", "string", nullable = true }
local description_got = { "description", "string", nullable = true }

-- Of these the source shows a sample only.
local sampled = "Names and types are read off a sample: what is required, and what may be null, is not said."

return {
  format = 1,
  name = "qalyptus",
  title = "Qalyptus Server, report distribution for Qlik Sense",
  doc = "Users, recipients, groups and organizations of a Qalyptus Server, the tasks that send them reports, and the Hub. The "
    .. "vendor's document has lost methods and paths: most paths here are inferred, and the first calls to a real server may "
    .. "correct them; the setting paths does so for one account. Keys must be switched on by an administrator, need a role "
    .. "that allows them, are shown once and expire. An update replaces the whole object: read, change, send everything. "
    .. "There is no single-item read for users, groups or tasks, and none of users or recipients can be deleted through the API.",
  docs = "https://help.qalyptus.com/",
  evidence = "source",
  url = { example = "https://reports.example.com/api/v1" },
  check = "users.list",

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
    ApiKeyCreate = {
      name_given,
      description_given,
      { "expiryDate", "datetime", required = true,
        doc = "Last moment of the key, 1 to 365 days from now; an administrator may set a lower ceiling." },
    },
    ApiKeyUpdate = { name_given, description_given },
    ConditionBody = {
      { "projectId", "uuid", required = true, doc = "The project whose tasks may use it." },
      name_given,
      description_given,
      { "isActive", "boolean", required = true },
    },
    ConditionRuleResponseDto = {
      { "id", "uuid", doc = "Id of a rule that is there already; without it the rule is new." },
      { "conditionId", "uuid", required = true, doc = "The condition again: path and body both carry it." },
      name_given,
      { "connectionId", "uuid", required = true, doc = "Connection to the Qlik app whose values are looked at." },
      { "connection", "string", nullable = true, doc = "Name of that connection." },
      { "numberOfValues", "integer", nullable = true },
      { "conditionRuleValues", "[ConditionRuleValueDto]", nullable = true, doc = "What is compared with what." },
    },
    ConditionRuleValueDto = {
      doc = sampled,
      { "id", "uuid", nullable = true },
      { "conditionRuleId", "uuid", nullable = true },
      { "type", "string", nullable = true, doc = "What is looked at, such as a variable, a KPI or a chart; spelling unknown." },
      { "variable", "string", nullable = true },
      { "comparisonValue", "string", nullable = true, doc = "A value, a variable or an expression." },
      { "chart", "string", nullable = true },
      { "chartHasValue", "boolean", nullable = true, doc = "Whether the chart must have values or be empty." },
      { "operator", "string", nullable = true, doc = "How the two are compared; spelling unknown." },
      { "lastReloadSuccessful", "boolean", nullable = true },
      { "order", "integer", nullable = true },
    },
    ExternalEventRequestDto = {
      name_given,
      description_given,
      { "appId", "string", required = true, min = 1, doc = "Qlik Sense's id of the app whose successful reload starts the task." },
      { "isActive", "boolean" },
      execution, priority,
      { "startDate", "datetime", required = true, doc = "Not before this time." },
      { "endDate", "datetime", required = true, doc = "Not after this time." },
    },
    FieldSelection = {
      doc = sampled,
      { "fieldName", "string", nullable = true },
      { "selectedCount", "integer", nullable = true },
      { "selectedValues", "[string]", nullable = true, doc = "As text, numbers too." },
      { "isNumeric", "boolean", nullable = true },
    },
    FileDeleteItem = {
      { "id", "uuid", doc = "Id of the file. Nothing is marked required: send at least id, reportId and isIteration." },
      { "reportId", "uuid" },
      { "reportName", "string", nullable = true },
      { "reportAvailableFormats", "[string]", nullable = true },
      { "reportDelete", "boolean", nullable = true },
      { "isIteration", "boolean", nullable = true },
      { "occurrenceId", "uuid", nullable = true },
      { "name", "string", nullable = true },
      { "fullName", "string", nullable = true },
      { "type", "string", nullable = true },
      { "extension", "string", nullable = true },
      { "thumbnailPath", "string", nullable = true },
      { "size", "integer", nullable = true },
      { "starred", "boolean", nullable = true },
      { "typeMime", "string", nullable = true },
      { "lastStarDate", "datetime", nullable = true },
      { "createdDate", "datetime", nullable = true },
      { "fileOccurrences", "[FileOccurrencerResponseDto]", nullable = true },
    },
    FileOccurrencerResponseDto = {
      doc = sampled,
      { "id", "uuid", nullable = true },
      { "fileId", "uuid", nullable = true },
      { "name", "string", nullable = true },
      { "fullName", "string", nullable = true },
      { "extension", "string", nullable = true },
      { "path", "string", nullable = true },
      { "size", "integer", nullable = true },
      { "typeMime", "string", nullable = true },
      { "createdDate", "datetime", nullable = true },
    },
    HubConfigBody = {
      { "fromEmail", "string", required = true, min = 1, doc = "Sender of the Hub's mails." },
      { "fromName", "string", required = true, min = 1 },
      { "customEmailFooter", "string", nullable = true },
      { "hideSubsciptionLink", "boolean", doc = "Leave the subscription link out of the mails. The vendor spells it so." },
    },
    HubFolderBody = {
      { "parentId", "uuid", nullable = true, doc = "The folder above." },
      name_given,
      { "parentUrl", "string", required = true, min = 1, doc = "Path of the folder above." },
      { "location", "string", required = true, min = 1, doc = "Where the files of the folder are; form unknown." },
    },
    IdentityProviderBody = {
      name_given,
      description_given,
      { "signAuthnRequest", "boolean", doc = "Sign the requests to the provider." },
      { "entityID", "string", nullable = true, doc = "Of the provider; with a capital D." },
      { "singleSignOnUrl", "string", nullable = true },
      { "type", "string", required = true, min = 1, doc = "Such as SAML or JWT." },
      { "certificatePublicKey", "string", nullable = true },
      { "singleLogoutUrl", "string", nullable = true },
      { "certificateFile", "string", nullable = true },
      { "buttonLabel", "string", nullable = true, doc = "Text on the sign-in page." },
    },
    IdentityProviderResponseInfoDto = {
      doc = sampled,
      { "id", "uuid", nullable = true },
      { "name", "string", nullable = true },
      { "description", "string", nullable = true },
      { "isAactive", "boolean", nullable = true, doc = "Whether it may be used. The vendor spells it so." },
      { "createdDate", "datetime", nullable = true },
    },
    OnDemandRequest = {
      { "id", "uuid" },
      { "type", "string", nullable = true, doc = "The vendor's own extension sends report." },
      { "config", "OnDemandRequestConfig", doc = "Which report, in which format." },
      { "selections", "[FieldSelection]", nullable = true, doc = "Selections to make in the Qlik app first; array{} for none." },
      { "appId", "string", nullable = true, doc = "Qlik Sense's id of the app." },
      { "ignoreExistingFilters", "boolean", doc = "Leave the filters of the report out." },
      { "overrideReportApp", "boolean", doc = "Use appId in place of the report's own app." },
    },
    OnDemandRequestConfig = {
      doc = sampled,
      { "reportId", "uuid", nullable = true },
      { "outputFormat", "string", nullable = true,
        doc = "Pdf, Html, Doc, Docx, Ppt, Pptx, Xls, Xlsx, Csv, Jpeg, Png, Tiff or Bmp, as far as the report offers it." },
    },
    OrganizationAuth = {
      { "allowNtlm", "boolean", doc = "What the server's own settings call ntlmAuth." },
      { "allowJwt", "boolean", doc = "What the server's own settings call jwtAuth." },
      { "identityProviders", "[IdentityProviderResponseInfoDto]", nullable = true },
    },
    OverwriteQlikAppDto = {
      doc = "The form is read off a sample; the name is ours.",
      { "qlikAppId", "uuid", nullable = true, doc = "The app that is used now." },
      { "newQlikAppId", "uuid", nullable = true, doc = "The app to use." },
    },
    OverwriteReportAppsDto = {
      doc = sampled,
      { "reportId", "uuid", nullable = true },
      { "qlikApps", "[OverwriteQlikAppDto]", nullable = true },
    },
    PermissionDto = {
      doc = sampled,
      { "id", "uuid", nullable = true },
      { "viewProject", "boolean", nullable = true },
      { "importProject", "boolean", nullable = true },
      { "updateProject", "boolean", nullable = true },
      { "deleteProject", "boolean", nullable = true },
      { "viewTask", "boolean", nullable = true },
      { "createTask", "boolean", nullable = true },
      { "editTask", "boolean", nullable = true },
      { "deleteTask", "boolean", nullable = true },
      { "runTask", "boolean", nullable = true, doc = "There is the right, but no call that runs a task." },
      { "viewTaskStatus", "boolean", nullable = true },
      { "viewUser", "boolean", nullable = true },
      { "createUser", "boolean", nullable = true },
      { "editUser", "boolean", nullable = true },
      { "deleteUser", "boolean", nullable = true },
      { "viewGroup", "boolean", nullable = true },
      { "createGroup", "boolean", nullable = true },
      { "editGroup", "boolean", nullable = true },
      { "deleteGroup", "boolean", nullable = true },
      { "viewUserDirectory", "boolean", nullable = true },
      { "createUserDirectory", "boolean", nullable = true },
      { "editUserDirectory", "boolean", nullable = true },
      { "deleteUserDirectory", "boolean", nullable = true },
      { "viewSystem", "boolean", nullable = true },
      { "createSystem", "boolean", nullable = true },
      { "editSystem", "boolean", nullable = true },
      { "deleteSystem", "boolean", nullable = true },
      { "viewSettings", "boolean", nullable = true },
      { "editSettings", "boolean", nullable = true },
      { "useApiKeys", "boolean", nullable = true, doc = "Needed by whoever is to use this API with a key." },
      { "previewPublishedReport", "boolean", nullable = true },
      { "downloadPublishedReport", "boolean", nullable = true },
      { "subscribePublishedReport", "boolean", nullable = true },
      { "deletePublishedReport", "boolean", nullable = true },
      { "viewCondition", "boolean", nullable = true },
      { "createCondition", "boolean", nullable = true },
      { "editCondition", "boolean", nullable = true },
      { "deleteCondition", "boolean", nullable = true },
      { "enterprise", "boolean", nullable = true },
      { "createdDate", "datetime", nullable = true },
      { "modifiedDate", "datetime", nullable = true },
    },
    QlikAppBody = {
      { "appId", "string", required = true, min = 1, doc = "Qlik Sense's id of the app; id is Qalyptus's own." },
      name_given,
      description_given,
      { "folderId", "uuid", required = true, doc = "Hub folder it is shown in." },
      { "folderPath", "string", required = true, min = 1, doc = "Path of that folder." },
      { "stream", "string", nullable = true, doc = "Stream of the app in Qlik Sense." },
      { "mashupTemplate", "string", nullable = true },
      { "allowQlikSenseApp", "boolean", required = true, doc = "It can be opened in Qlik Sense." },
      { "allowMashup", "boolean", required = true, doc = "It can be opened as a mashup." },
      { "defaultOpen", "string", required = true, min = 1, doc = "How it opens at first; values unknown." },
      { "templateTitle", "string", nullable = true },
      { "templateDescription", "string", nullable = true },
      { "themeId", "string", nullable = true, doc = "A plain text here, a UUID for organizations." },
      { "organizationId", "uuid", nullable = true },
      { "usedFields", "[QlikFieldRequestDto]", nullable = true },
      { "usedSheets", "[QlikAppSheetsRequestDto]", nullable = true },
    },
    QlikAppRef = {
      { "id", "uuid", doc = "Qalyptus's id of the app." },
      { "appId", "string", nullable = true, doc = "Qlik Sense's id of the app." },
      { "name", "string", nullable = true },
      { "description", "string", nullable = true },
      { "stream", "string", nullable = true },
      { "folder", "string", nullable = true },
    },
    QlikAppSheetsRequestDto = {
      doc = sampled,
      { "sheetId", "string", nullable = true },
      { "sheetName", "string", nullable = true },
      { "showSelection", "boolean", nullable = true },
      { "groupName", "string", nullable = true },
      { "order", "integer", nullable = true },
    },
    QlikAppSync = {
      { "defaultFolderUrl", "string", nullable = true },
      { "defaultFolderId", "uuid", nullable = true },
      { "qlikSenseServer", "string", nullable = true },
      { "qlikSenseAdminUser", "string", nullable = true, doc = "In the form UserDirectory\\UserID." },
      { "schedule", "ScheduleRequestDto" },
    },
    QlikFieldRequestDto = {
      doc = sampled,
      { "name", "string", nullable = true },
      { "order", "integer", nullable = true },
      { "appId", "string", nullable = true },
    },
    ReportConditionDto = {
      doc = sampled,
      { "id", "uuid", nullable = true },
      { "taskReportId", "uuid", nullable = true },
      { "conditionId", "uuid", nullable = true },
    },
    ReportFilterDto = {
      doc = sampled,
      { "id", "uuid", nullable = true },
      { "taskReportId", "uuid", nullable = true },
      { "filterId", "uuid", nullable = true },
      { "order", "integer", nullable = true },
    },
    ReportStorageServiceDto = {
      doc = sampled,
      { "id", "uuid", nullable = true },
      { "fileStorageServiceId", "uuid", nullable = true, doc = "One of storage_services.list." },
      { "path", "string", nullable = true },
      { "sharePointSiteUrl", "string", nullable = true },
      { "order", "integer", nullable = true },
    },
    ResourceBody = {
      name_given,
      description_given,
      { "type", "string", required = true, min = 1, doc = "Values unknown: look at an existing one." },
      { "organizationId", "uuid", required = true, doc = "The organization it is shown to." },
      { "url", "string", required = true, min = 1, doc = "Where the link leads." },
    },
    RoleBody = {
      name_given,
      description_given,
      { "allProjects", "boolean", doc = "The role holds for every project." },
      { "projects", "[BaseEntityInfo]", nullable = true, doc = "Id and name of each project, unless it holds for all." },
      { "permissions", "PermissionDto", required = true, doc = "A flag for each right; what is left out may count as false." },
      { "isActive", "boolean", required = true },
    },
    ScheduleRequestDto = {
      name_given,
      { "isActive", "boolean" },
      { "frequency", "string", nullable = true, doc = "Once, Hourly, Daily, Weekly, Monthly or Yearly; the spelling is inferred." },
      execution, priority,
      { "timeZone", "string", required = true, min = 1, doc = "Form unknown: look at an existing one." },
      { "day", "integer" },
      { "month", "integer" },
      { "atHour", "integer" },
      { "atMinut", "integer", doc = "Minute of atHour. The vendor spells it so." },
      { "everyHours", "integer", doc = "Hours from one run to the next." },
      { "fromHour", "integer" },
      { "fromMinut", "integer", doc = "Minute of fromHour. The vendor spells it so." },
      { "toHour", "integer", doc = "There is no toMinut to send, though Cloud shows one." },
      { "weeklyDays", "string", nullable = true, doc = "Form unknown: look at an existing one." },
      { "timeZoneOfset", "string", nullable = true, doc = "Form unknown. The vendor spells it so." },
      { "startDate", "datetime", required = true, doc = "Not before this time." },
      { "endDate", "datetime", required = true, doc = "Not after this time." },
    },
    ServerAuth = {
      { "jwtAuth", "boolean", required = true, doc = "What organizations call allowJwt." },
      { "ntlmAuth", "boolean", required = true, doc = "What organizations call allowNtlm." },
    },
    SmtpBody = {
      name_given,
      description_given,
      { "fromAddress", "string", nullable = true, doc = "Sender of the mails." },
      { "fromName", "string", required = true, min = 1 },
      { "emailPrefix", "string", nullable = true, doc = "Text before each subject." },
      { "hostName", "string", required = true, min = 1 },
      { "smtpPort", "integer", required = true },
      { "ssl", "boolean" },
      { "userName", "string", nullable = true },
      { "password", "string", nullable = true, secret = true },
      { "testEmail", "string", nullable = true, doc = "Where a test mail goes." },
    },
    SubscriptionBody = {
      { "name", "string", nullable = true },
      { "description", "string", nullable = true },
      { "triggerType", "string", required = true, min = 1, doc = "Whether schedule or externalEvent counts; spelling unknown." },
      { "type", "string", required = true, min = 1, doc = "Report, MultipleReports or QlikEntity." },
      { "reports", "[SubscriptionReportDto]", nullable = true, doc = "What is subscribed to, for the first two types." },
      { "qlikEntity", "SubscriptionQlikEntityDto", doc = "What is subscribed to, for the third." },
      { "format", "string", nullable = true },
      { "schedule", "ScheduleRequestDto" },
      { "externalEvent", "ExternalEventRequestDto" },
      { "recipients", "[SubscriptionRecipientDto]", nullable = true },
      { "subscribeTo", "string", nullable = true, doc = "Title of the subscription." },
      { "filter", "SubscriptionFilterDto" },
      { "email", "SubscriptionEmailDto", required = true },
      { "isActive", "boolean" },
    },
    SubscriptionEmailDto = {
      doc = sampled,
      { "bc", "string", nullable = true, doc = "Presumably the CC line; the vendor writes bc." },
      { "bcc", "string", nullable = true },
      { "ccQlikVariableId", "uuid", nullable = true },
      { "bccQlikVariableId", "uuid", nullable = true },
      { "subject", "string", nullable = true },
      { "message", "string", nullable = true },
    },
    SubscriptionFilterDto = {
      doc = sampled,
      { "selections", "[FieldSelection]", nullable = true },
      { "selectionsPreview", "string", nullable = true },
      { "bookmarkId", "string", nullable = true },
      { "bookmarkName", "string", nullable = true },
      { "appId", "string", nullable = true },
      { "serverAddress", "string", nullable = true },
    },
    SubscriptionQlikEntityDto = {
      doc = sampled,
      { "id", "string", nullable = true },
      { "appId", "string", nullable = true },
      { "serverAddress", "string", nullable = true },
      { "type", "string", nullable = true },
      { "format", "string", nullable = true },
      { "width", "number", nullable = true },
      { "height", "number", nullable = true },
    },
    SubscriptionRecipientDto = {
      doc = sampled,
      { "id", "uuid", nullable = true },
      { "fullName", "string", nullable = true },
      { "email", "string", nullable = true },
      { "type", "string", nullable = true, doc = "user or group." },
    },
    SubscriptionReportDto = {
      doc = sampled,
      { "id", "uuid", nullable = true },
      { "name", "string", nullable = true },
      { "description", "string", nullable = true },
      { "formats", "[string]", nullable = true },
      { "zipEmailFiles", "boolean", nullable = true },
      { "emailAttachment", "boolean", nullable = true },
      { "emailEmbedment", "boolean", nullable = true },
      { "filter", "SubscriptionFilterDto" },
    },
    TaskActivation = {
      { "id", "uuid", required = true, doc = "Id of the task." },
      { "isActive", "boolean", required = true },
    },
    TaskCreate = {
      name_given,
      { "projectId", "uuid", required = true, doc = "The project it belongs to, for good." },
      description_given,
    },
    TaskDuplicate = {
      { "newName", "string", nullable = true },
      { "overwriteReportApps", "[OverwriteReportAppsDto]", nullable = true,
        doc = "For each report the Qlik apps that others take the place of." },
    },
    TaskEmail = {
      { "taskId", "uuid", required = true, doc = "The task again: path and body both carry it." },
      { "from", "string", nullable = true },
      { "bcBcc", "boolean", doc = "Whether the two lines below are used, presumably. The vendor spells it so." },
      { "bc", "string", nullable = true, doc = "Presumably the CC line; the vendor writes bc." },
      { "bcc", "string", nullable = true },
      { "ccQlikVariableId", "uuid", nullable = true },
      { "bccQlikVariableId", "uuid", nullable = true },
      { "subject", "string", required = true, min = 1 },
      { "message", "string", required = true, min = 1 },
      { "isActive", "boolean" },
      { "oneToAll", "boolean", doc = "One mail to everybody instead of one each, presumably." },
    },
    TaskReportBody = {
      { "reportId", "uuid", required = true },
      { "format", "string", required = true, min = 1, doc = "One of the report's outputFormats, such as Pdf." },
      { "zipFolderFiles", "boolean" },
      { "zipEmailFiles", "boolean" },
      { "evaluateConditionForEachIteration", "boolean" },
      { "folderVariable", "string", nullable = true },
      { "recipientsVariable", "string", nullable = true },
      { "ftpVariable", "string", nullable = true },
      { "hubAuthorizedUserVariable", "string", nullable = true },
      { "dropboxVariable", "string", nullable = true },
      { "onedriveVariable", "string", nullable = true },
      { "googledriveVariable", "string", nullable = true },
      { "emailAttachment", "boolean", doc = "Attach the report to the mail." },
      { "emailEmbedment", "boolean", doc = "Show the report inside the mail." },
      { "publishToQalyptusHub", "boolean" },
      { "maxFileOccurrences", "integer", doc = "Versions kept in the Hub; 0 keeps all." },
      { "secureOutputFiles", "boolean" },
      { "fileOpenPassword", "string", nullable = true, secret = true },
      { "fileWritePassword", "string", nullable = true, secret = true },
      { "isOpenFilePasswordProtected", "boolean" },
      { "isWriteFilePasswordProtected", "boolean" },
      { "reportConditions", "[ReportConditionDto]", nullable = true },
      { "reportFilters", "[ReportFilterDto]", nullable = true },
      { "reportStorageServices", "[ReportStorageServiceDto]", nullable = true },
      { "reportFolders", "[TaskReportFolderDto]", nullable = true },
      { "overwriteReportApps", "[OverwriteReportAppsDto]", nullable = true },
    },
    TaskReportFolderDto = {
      doc = sampled,
      { "id", "uuid", nullable = true },
      { "taskReportId", "uuid", nullable = true },
      { "path", "string", nullable = true },
    },
    TaskUpdate = {
      name_given,
      description_given,
      { "isActive", "boolean", required = true },
      { "sendNotifications", "boolean" },
      { "notifyIfError", "boolean" },
      { "notifyIfWarning", "boolean" },
      { "notifyIfSuccess", "boolean" },
      { "notificationRecipients", "string", nullable = true },
      { "notificationCc", "string", nullable = true },
      { "notificationBcc", "string", nullable = true },
      { "testMode", "boolean", doc = "The reports go to testModeRecipients instead of the task's own." },
      { "testModeRecipients", "string", nullable = true },
    },
    TrustedOriginBody = {
      name_given,
      description_given,
      { "address", "string", required = true, min = 1, doc = "Scheme, host and port, such as https://intranet.example.com." },
    },
    UserDirectoryBody = {
      { "type", "string", required = true, min = 1, doc = "Values unknown: look at an existing one." },
      name_given,
      { "prefix", "string", nullable = true },
      { "userDirectoryName", "string", nullable = true },
      { "azureClientId", "string", nullable = true },
      { "azureTenantId", "string", nullable = true },
      { "azureClientSecret", "string", nullable = true, secret = true },
      { "hostName", "string", nullable = true },
      { "port", "integer" },
      { "userName", "string", nullable = true },
      { "password", "string", nullable = true, secret = true },
      { "sendNotification", "boolean", required = true, doc = "Send a mail to the people it brings in." },
      { "defaultUserRole", "uuid", nullable = true, doc = "Role of the people it brings in." },
      { "filter", "string", nullable = true },
      { "synchronization", "string", required = true, min = 1, doc = "Values unknown: look at an existing one." },
      { "frequency", "string", nullable = true },
      { "frequencyTime", "string", nullable = true },
      { "timeZone", "string", nullable = true },
      { "isActive", "boolean" },
      { "organizationId", "uuid", required = true, doc = "The organization the people go to." },
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
    ApiKey = {
      { "id", "string", required = true },
      name_got, description_got,
      { "expiryDate", "string", nullable = true },
      { "createdDate", "string", nullable = true },
      { "expired", "boolean", nullable = true },
      { "userId", "string", nullable = true },
      open = true, evidence = "inferred",
    },
    NewApiKey = {
      doc = "The vendor does not say which member holds the key: it is one of these, or one that is not listed.",
      { "id", "string", nullable = true },
      name_got,
      { "key", "string", nullable = true, secret = true },
      { "apiKey", "string", nullable = true, secret = true },
      { "token", "string", nullable = true, secret = true },
      { "secret", "string", nullable = true, secret = true },
      { "value", "string", nullable = true, secret = true },
      { "expiryDate", "string", nullable = true },
      open = true, evidence = "inferred",
    },
    Condition = {
      { "id", "string", required = true },
      name_got, description_got,
      { "projectId", "string", nullable = true },
      { "project", "any", nullable = true },
      { "isActive", "boolean" },
      open = true, evidence = "inferred",
    },
    ConditionRule = {
      { "id", "string", required = true },
      { "conditionId", "string", nullable = true },
      name_got,
      { "connectionId", "string", nullable = true },
      { "connection", "any", nullable = true },
      { "numberOfValues", "integer", nullable = true },
      { "conditionRuleValues", "any", nullable = true },
      open = true, evidence = "inferred",
    },
    File = {
      { "id", "string", required = true, doc = "Of an iteration report, the id of the report." },
      { "reportId", "string", nullable = true },
      { "reportName", "string", nullable = true },
      name_got,
      { "fullName", "string", nullable = true },
      { "type", "string", nullable = true },
      { "extension", "string", nullable = true },
      { "size", "integer", nullable = true },
      { "isIteration", "boolean", nullable = true },
      { "starred", "boolean", nullable = true },
      { "typeMime", "string", nullable = true },
      { "createdDate", "string", nullable = true },
      open = true, evidence = "inferred",
    },
    FileOccurrence = {
      { "id", "string", required = true },
      { "fileId", "string", nullable = true },
      name_got,
      { "extension", "string", nullable = true },
      { "size", "integer", nullable = true },
      { "createdDate", "string", nullable = true },
      open = true, evidence = "inferred",
    },
    HubConfig = {
      { "id", "string", nullable = true },
      { "fromEmail", "string", nullable = true },
      { "fromName", "string", nullable = true },
      { "customEmailFooter", "string", nullable = true },
      { "hideSubsciptionLink", "boolean" },
      open = true, evidence = "inferred",
    },
    HubFolder = {
      { "id", "string", required = true },
      name_got,
      { "parentId", "string", nullable = true },
      { "parentUrl", "string", nullable = true },
      { "location", "string", nullable = true },
      open = true, evidence = "inferred",
    },
    IdentityProvider = {
      { "id", "string", required = true },
      name_got, description_got,
      { "type", "string", nullable = true },
      { "isAactive", "boolean", nullable = true },
      { "createdDate", "string", nullable = true },
      open = true, evidence = "inferred",
    },
    OnDemandStatus = {
      { "id", "string", required = true },
      { "type", "string", nullable = true },
      { "status", "string", nullable = true, evidence = "docs",
        doc = "queued, running, completed, aborted, failed, error or stopped." },
      { "config", "any", nullable = true },
      open = true, evidence = "inferred",
    },
    OrganizationSignIn = {
      { "allowNtlm", "boolean", nullable = true },
      { "allowJwt", "boolean", nullable = true },
      { "identityProviders", "any", nullable = true },
      open = true, evidence = "inferred",
    },
    QlikApp = {
      { "id", "string", required = true },
      { "appId", "string", nullable = true },
      name_got, description_got,
      { "stream", "string", nullable = true },
      { "folderId", "string", nullable = true },
      { "folderPath", "string", nullable = true },
      { "mashupTemplate", "string", nullable = true },
      { "organizationId", "string", nullable = true },
      open = true, evidence = "inferred",
    },
    QlikAppSyncState = {
      { "defaultFolderUrl", "string", nullable = true },
      { "defaultFolderId", "string", nullable = true },
      { "qlikSenseServer", "string", nullable = true },
      { "qlikSenseAdminUser", "string", nullable = true },
      { "schedule", "any", nullable = true },
      open = true, evidence = "inferred",
    },
    Resource = {
      { "id", "string", required = true },
      name_got, description_got,
      { "type", "string", nullable = true },
      { "organizationId", "string", nullable = true },
      { "url", "string", nullable = true },
      open = true, evidence = "inferred",
    },
    ServerSignIn = {
      { "jwtAuth", "boolean", nullable = true },
      { "ntlmAuth", "boolean", nullable = true },
      open = true, evidence = "inferred",
    },
    SmtpServer = {
      { "id", "string", required = true },
      name_got, description_got,
      { "fromAddress", "string", nullable = true },
      { "fromName", "string", nullable = true },
      { "hostName", "string", nullable = true },
      { "smtpPort", "integer", nullable = true },
      { "ssl", "boolean", nullable = true },
      { "userName", "string", nullable = true },
      open = true, evidence = "inferred",
    },
    Status = {
      { "id", "string", nullable = true },
      name_got,
      { "status", "string", nullable = true },
      open = true, evidence = "inferred",
    },
    StorageService = {
      { "id", "string", required = true },
      name_got, description_got,
      { "type", "string", nullable = true },
      { "isDefault", "boolean", nullable = true },
      open = true, evidence = "inferred",
    },
    Subscription = {
      { "id", "string", required = true },
      name_got, description_got,
      { "type", "string", nullable = true },
      { "triggerType", "string", nullable = true },
      { "subscribeTo", "string", nullable = true },
      { "isActive", "boolean", nullable = true },
      { "lastExecutionDate", "string", nullable = true },
      { "nextExecutionDate", "string", nullable = true },
      open = true, evidence = "inferred",
    },
    TaskMail = {
      { "taskId", "string", nullable = true },
      { "subject", "string", nullable = true },
      { "message", "string", nullable = true },
      { "isActive", "boolean", nullable = true },
      open = true, evidence = "inferred",
    },
    TaskReport = {
      { "id", "string", required = true },
      { "name", "string", nullable = true },
      { "type", "string", nullable = true },
      { "format", "string", nullable = true },
      { "reportId", "string", nullable = true, evidence = "inferred", doc = "Cloud writes reportID." },
      { "description", "string", nullable = true },
      { "isIteration", "boolean", nullable = true },
      { "outputFormats", "any", nullable = true },
      { "emailEmbedment", "boolean", nullable = true },
      { "emailAttachment", "boolean", nullable = true },
      open = true, evidence = "docs",
    },
    TaskTrigger = {
      { "id", "string", required = true },
      { "name", "string", nullable = true },
      { "type", "string", nullable = true, doc = "Whether it is a schedule or an external event; spelling unknown." },
      { "isActive", "boolean", nullable = true },
      { "frequency", "string", nullable = true },
      { "nextExecutionDate", "string", nullable = true },
      { "appId", "string", nullable = true },
      open = true, evidence = "docs",
    },
    TaskSchedule = {
      { "id", "string", required = true },
      name_got,
      { "isActive", "boolean", nullable = true },
      { "frequency", "string", nullable = true },
      { "timeZone", "string", nullable = true },
      { "startDate", "string", nullable = true },
      { "endDate", "string", nullable = true },
      open = true, evidence = "inferred",
    },
    TaskEvent = {
      { "id", "string", required = true },
      name_got, description_got,
      { "appId", "string", nullable = true },
      { "isActive", "boolean", nullable = true },
      { "startDate", "string", nullable = true },
      { "endDate", "string", nullable = true },
      open = true, evidence = "inferred",
    },
    TrustedOrigin = {
      { "id", "string", required = true },
      name_got, description_got,
      { "address", "string", nullable = true },
      open = true, evidence = "inferred",
    },
    UserDirectory = {
      { "id", "string", required = true },
      { "type", "string", nullable = true },
      name_got,
      { "hostName", "string", nullable = true },
      { "synchronization", "string", nullable = true },
      { "isActive", "boolean", nullable = true },
      { "organizationId", "string", nullable = true },
      open = true, evidence = "inferred",
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
        { "list_resources", http = "GET /organizations/{id}/resources", summary = "List an organization's resources.",
          evidence = "inferred", effect = "read",
          path = { { "id", "uuid", doc = "Id of the organization." } },
          query = {
            { "sort_by", "string", enum = { "Name", "Description", "Url" } },
            name, description, page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[Resource]",
          example = [[return qalyptus.organizations.list_resources(qalyptus.organizations.find{ name = "Example Org" }.id)]] },
        { "list_qlik_apps", http = "GET /organizations/{id}/qlik-apps", summary = "List an organization's Qlik apps.",
          evidence = "inferred", effect = "read",
          path = { { "id", "uuid", doc = "Id of the organization." } },
          query = {
            { "sort_by", "string", enum = { "Name", "Stream" } },
            name, page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[QlikApp]",
          example = [[
local org = qalyptus.organizations.find{ name = "Example Org" }
return qalyptus.organizations.list_qlik_apps(org.id, { sort_by = "Stream" })]] },
        { "set_qlik_apps", http = "PUT /organizations/{id}/qlik-apps", summary = "Set the Qlik apps of an organization.",
          evidence = "inferred", effect = "set", danger = true,
          doc = "The list is the whole: read it first and add to it. array{} takes every app away.",
          path = { { "id", "uuid", doc = "Id of the organization." } },
          body = "[QlikAppRef]", returns = "[QlikApp]",
          example = [[
local org = qalyptus.organizations.find{ name = "Second Org" }
local app = qalyptus.organizations.list_unassigned_qlik_apps()[1]
return qalyptus.organizations.set_qlik_apps(org.id, { { id = app.id, appId = app.appId, name = app.name } })]] },
        { "list_unassigned_qlik_apps", http = "GET /organizations/qlik-apps/unassigned",
          summary = "List the Qlik apps that no organization has.", evidence = "inferred", effect = "read",
          query = {
            { "sort_by", "string", enum = { "Name", "Stream" } },
            name, page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[QlikApp]",
          example = [[return qalyptus.organizations.list_unassigned_qlik_apps()]] },
        { "set_authentication", http = "PUT /organizations/{id}/authentication",
          summary = "Choose how the people of an organization sign in.", evidence = "inferred", effect = "set",
          doc = "Only the Enterprise edition has a choice for each organization. Who turns off the way that people use locks them out.",
          path = { { "id", "uuid", doc = "Id of the organization." } },
          body = "OrganizationAuth", returns = "OrganizationSignIn",
          example = [[
local org = qalyptus.organizations.find{ name = "Example Org" }
local provider = qalyptus.identity_providers.find{ name = "Company sign-in" }
return qalyptus.organizations.set_authentication(org.id, {
  allowNtlm = true, allowJwt = false,
  identityProviders = { { id = provider.id, name = provider.name, isAactive = true } },
})]] },
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
            is_active,
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
            is_active,
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
            is_active,
            page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[Entity]",
          example = [[return qalyptus.roles.list_info()]] },
        { "create", http = "POST /roles", summary = "Add a role.", evidence = "inferred", effect = "create",
          doc = "A role cannot be deleted through the API: undoing this makes the role inactive.",
          body = "RoleBody", returns = "Role",
          inverse = { "roles.update", from = "/id", body = true, set = { isActive = false } }, settle = 60,
          example = [[
return qalyptus.roles.create{
  name = "Auditors", allProjects = true, projects = array{}, isActive = true,
  permissions = { viewProject = true, viewTask = true, viewTaskStatus = true },
}]] },
        { "update", http = "PUT /roles/{id}", summary = "Replace a role.", evidence = "inferred", effect = "set",
          doc = "Send everything, all permissions too: what is left out may be cleared.",
          path = { { "id", "uuid", doc = "Id of the role." } },
          body = "RoleBody", returns = "Role",
          example = [[
local role = {
  name = "Task watchers", description = null, allProjects = true, projects = array{}, isActive = true,
  permissions = { viewTask = true, viewTaskStatus = true },
}
local made = qalyptus.roles.create(role)
role.permissions.viewProject = true
return qalyptus.roles.update(made.id, role)]] },
      } },

    { "user_directories", doc = "Connections to directories such as Active Directory, which users are brought in from.",
      find = { by = { { "name" }, { "id" } }, list = "user_directories.list", query = { name = { equals = "{name}" } } },
      operations = {
        { "list", http = "GET /user-directories", summary = "List the directory connections.", evidence = "inferred",
          effect = "read",
          query = {
            { "sort_by", "string", enum = { "Name", "Type", "LastStartedSync", "SyncStatus" } },
            name, page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[UserDirectory]",
          example = [[return qalyptus.user_directories.list{ sort_by = "Name" }]] },
        { "create", http = "POST /user-directories", summary = "Add a directory connection.", evidence = "inferred",
          effect = "create",
          doc = "password and azureClientSecret travel in clear JSON: use https. What synchronization and type may be is unknown; "
            .. "look at a connection made by hand.",
          body = "UserDirectoryBody", returns = "UserDirectory", inverse = { "user_directories.delete", from = "/id" }, settle = 60,
          example = [[
local org = qalyptus.organizations.find{ name = "Example Org" }
return qalyptus.user_directories.create{
  type = "ActiveDirectory", name = "Branch directory", hostName = "ldap.example.com", port = 636,
  userName = "reader@example.com", password = "not-a-real-one", sendNotification = false,
  synchronization = "Manual", isActive = true, organizationId = org.id,
}]] },
        { "delete", http = "DELETE /user-directories", summary = "Remove directory connections by id.", evidence = "inferred",
          effect = "set", danger = true,
          body = "[uuid]", returns = "none",
          example = [[
local org = qalyptus.organizations.find{ name = "Example Org" }
local made = qalyptus.user_directories.create{
  type = "ActiveDirectory", name = "Short-lived", sendNotification = false, synchronization = "Manual",
  organizationId = org.id,
}
qalyptus.user_directories.delete{ made.id }]] },
        { "update", http = "PUT /user-directories/{id}", summary = "Replace a directory connection.", evidence = "inferred",
          effect = "set",
          doc = "Send everything, the password too: what is left out may be cleared.",
          path = { { "id", "uuid", doc = "Id of the connection." } },
          body = "UserDirectoryBody", returns = "UserDirectory",
          example = [[
local org = qalyptus.organizations.find{ name = "Example Org" }
local directory = qalyptus.user_directories.find{ name = "Head office" }
return qalyptus.user_directories.update(directory.id, {
  type = "ActiveDirectory", name = "Head office", hostName = "ldap.example.com", port = 636, filter = null,
  sendNotification = false, synchronization = "Manual", isActive = false, organizationId = org.id,
})]] },
      } },

    { "projects", doc = "What reports and tasks belong to.",
      find = { by = { { "name" }, { "id" } }, list = "projects.list", query = { name = { equals = "{name}" } } },
      operations = {
        { "list", http = "GET /projects", summary = "List the projects.", evidence = "docs", effect = "read",
          query = {
            { "organization_id", "uuid", doc = "Only those of this organization." },
            { "modified_by", "string", doc = "Only those this user changed last, spelled exactly." },
            is_active,
            { "sort_by", "string",
              enum = { "Name", "Description", "Organization.name", "IsActive", "Tasks", "CreatedDate", "ModifiedDate" } },
            name, description, page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[Project]",
          example = [[return qalyptus.projects.list()]] },
        { "delete", http = "DELETE /projects", summary = "Remove projects and all that belongs to them.", evidence = "inferred",
          effect = "set", danger = true,
          doc = "Reports, filters, conditions and tasks of the projects go too, and nothing brings them back. Wants id and name of each.",
          query = { { "deleteFiles", "boolean", doc = "Remove their files too." } },
          body = "[BaseEntityInfo]", returns = "none",
          example = [[
local project = qalyptus.projects.find{ name = "Retired" }
qalyptus.projects.delete{ { id = project.id, name = project.name }, deleteFiles = true }]] },
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
            is_active,
            { "is_scheduled", "boolean" },
            name, description,
            { "sort_by", "string", doc = "A field name; the source lost the list of them." },
            page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[Task]",
          example = [[return qalyptus.tasks.list{ is_active = true }]] },
        { "create", http = "POST /tasks", summary = "Add a task to a project.", evidence = "inferred", effect = "create",
          doc = "Reports, recipients and triggers have calls of their own. A task cannot be deleted through the API, except with "
            .. "its project: undoing this makes the task inactive.",
          body = "TaskCreate", returns = "Task",
          inverse = { "tasks.set_active", from = "", set = { isActive = false } }, settle = 60,
          example = [[
local project = qalyptus.projects.find{ name = "Sales" }
return qalyptus.tasks.create{ name = "Send monthly sales", projectId = project.id }]] },
        { "update", http = "PUT /tasks/{id}", summary = "Replace a task's own fields.", evidence = "inferred", effect = "set",
          doc = "Send everything: what is left out may be cleared. The project cannot be changed.",
          path = { { "id", "uuid", doc = "Id of the task." } },
          body = "TaskUpdate", returns = "Task",
          example = [[
local task = qalyptus.tasks.find{ name = "Send weekly sales" }
return qalyptus.tasks.update(task.id, {
  name = task.name, description = null, isActive = true, sendNotifications = true, notifyIfError = true,
  notificationRecipients = "anna.admin@example.com",
})]] },
        { "duplicate", http = "POST /tasks/{id}/duplicate", summary = "Copy a task.", evidence = "inferred", effect = "create",
          doc = "On the way the reports can be given other Qlik apps. A task cannot be deleted through the API: undoing this makes "
            .. "the copy inactive.",
          path = { { "id", "uuid", doc = "Id of the task." } },
          body = "TaskDuplicate", returns = "Task",
          inverse = { "tasks.set_active", from = "", set = { isActive = false } }, settle = 60,
          example = [[
local task = qalyptus.tasks.find{ name = "Send weekly sales" }
return qalyptus.tasks.duplicate(task.id, { newName = "Send weekly sales, second plant", overwriteReportApps = array{} })]] },
        { "set_active", http = "PUT /tasks/activation", summary = "Enable or disable tasks.", evidence = "inferred", effect = "set",
          doc = "A disabled task does not run, not even when its trigger fires.",
          body = "[TaskActivation]", returns = "none",
          example = [[
local task = qalyptus.tasks.find{ name = "Send weekly sales" }
qalyptus.tasks.set_active{ { id = task.id, isActive = false } }]] },
        { "set_email", http = "PUT /tasks/{task_id}/email", summary = "Replace the mail that a task sends.", evidence = "inferred",
          effect = "set",
          doc = "Path and body both carry the id of the task; errand fills in the second.",
          path = { { "task_id", "uuid", doc = "Id of the task." } },
          body = "TaskEmail", copy = { taskId = "task_id" }, returns = "TaskMail",
          example = [[
local task = qalyptus.tasks.find{ name = "Send weekly sales" }
return qalyptus.tasks.set_email(task.id, {
  subject = "Weekly sales", message = "The figures of the week are attached.", bcBcc = true, bcc = "archive@example.com",
  isActive = true, oneToAll = false,
})]] },
      } },

    { "task_reports", doc = "Which reports a task makes, in which format, and where they go.",
      find = {
        by = { { "reportId", at = { "/reportId", "/reportID" } }, { "name" }, { "id" } },
        list = "task_reports.list",
      },
      operations = {
        { "list", http = "GET /tasks/{task_id}/reports", summary = "List the reports of a task.", evidence = "docs",
          effect = "read",
          path = { { "task_id", "uuid", doc = "Id of the task." } },
          query = {
            { "selected_format_id", "string", doc = "Only those in this format." },
            { "sort_by", "string", doc = "A field name, such as format or createdDate." },
            page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[TaskReport]",
          example = [[
local task = qalyptus.tasks.find{ name = "Send weekly sales" }
return qalyptus.task_reports.list(task.id)]] },
        { "create", http = "POST /tasks/{task_id}/reports", summary = "Have a task make a report.", evidence = "inferred",
          effect = "create",
          doc = "fileOpenPassword and fileWritePassword travel in clear JSON: use https.",
          path = { { "task_id", "uuid", doc = "Id of the task." } },
          body = "TaskReportBody", returns = "TaskReport", inverse = { "task_reports.delete", from = "/id" }, settle = 60,
          example = [[
local task = qalyptus.tasks.find{ name = "Send weekly sales" }
local report = qalyptus.reports.find{ name = "Daily sales" }
return qalyptus.task_reports.create(task.id, {
  reportId = report.id, format = "Pdf", emailAttachment = true, publishToQalyptusHub = true, maxFileOccurrences = 5,
  reportFilters = array{},
})]] },
        { "update", http = "PUT /tasks/{task_id}/reports/{task_report_id}", summary = "Replace a report of a task.",
          evidence = "inferred", effect = "set",
          doc = "Send everything: what is left out may be cleared.",
          path = {
            { "task_id", "uuid", doc = "Id of the task." },
            { "task_report_id", "uuid", doc = "Id of the entry, not of the report." },
          },
          body = "TaskReportBody", returns = "TaskReport",
          example = [[
local task = qalyptus.tasks.find{ name = "Send weekly sales" }
local entry = qalyptus.task_reports.list(task.id)[1]
return qalyptus.task_reports.update(task.id, entry.id, {
  reportId = entry.reportId, format = "Pdf", emailAttachment = true, folderVariable = null,
})]] },
        { "delete", http = "DELETE /tasks/{task_id}/reports/{task_report_id}", summary = "Take one report off a task.",
          evidence = "inferred", effect = "set", danger = true,
          path = {
            { "task_id", "uuid", doc = "Id of the task." },
            { "task_report_id", "uuid", doc = "Id of the entry, not of the report." },
          },
          returns = "none",
          example = [[
local task = qalyptus.tasks.find{ name = "Send weekly sales" }
local report = qalyptus.reports.find{ name = "Daily sales" }
local entry = qalyptus.task_reports.create(task.id, { reportId = report.id, format = "Csv" })
qalyptus.task_reports.delete(task.id, entry.id)]] },
        { "delete_many", http = "DELETE /tasks/{task_id}/reports", summary = "Take reports off a task.", evidence = "inferred",
          effect = "set", danger = true,
          doc = "Ids of the entries, not of the reports. Among the least certain paths: the real one may have one more segment.",
          path = { { "task_id", "uuid", doc = "Id of the task." } },
          body = "[uuid]", returns = "none",
          example = [[
local task = qalyptus.tasks.find{ name = "Send weekly sales" }
local report = qalyptus.reports.find{ name = "Daily sales" }
local entry = qalyptus.task_reports.create(task.id, { reportId = report.id, format = "Html" })
qalyptus.task_reports.delete_many(task.id, { entry.id })]] },
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

    { "task_triggers", doc = "When a task runs: its schedules and its Qlik events, shown together.",
      find = { by = { { "name" }, { "id" } }, list = "task_triggers.list" },
      operations = {
        { "list", http = "GET /tasks/{task_id}/triggers", summary = "List a task's schedules and events.", evidence = "docs",
          effect = "read",
          path = { { "task_id", "uuid", doc = "Id of the task." } },
          query = {
            { "type", "string", doc = "Only those of this kind; look at the type of listed ones." },
            { "sort_by", "string", doc = "A field name, such as type or name." },
            page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[TaskTrigger]",
          example = [[
local task = qalyptus.tasks.find{ name = "Send weekly sales" }
return qalyptus.task_triggers.list(task.id)]] },
        { "delete", http = "DELETE /tasks/{task_id}/triggers", summary = "Remove triggers of either kind by id.",
          evidence = "inferred", effect = "set", danger = true,
          doc = "Among the least certain paths: the real one may have one more segment.",
          path = { { "task_id", "uuid", doc = "Id of the task." } },
          body = "[uuid]", returns = "none",
          example = [[
local task = qalyptus.tasks.find{ name = "Send weekly sales" }
local event = qalyptus.task_events.create(task.id, {
  name = "Short-lived", appId = "8f2b3a10-sales", startDate = "2027-01-01T00:00:00Z", endDate = "2028-01-01T00:00:00Z",
})
qalyptus.task_triggers.delete(task.id, { event.id })]] },
      } },

    { "task_schedules", doc = "Triggers by the clock. They are listed among the triggers of the task.",
      find = { by = { { "name" }, { "id" } }, list = "task_triggers.list" },
      operations = {
        { "create", http = "POST /tasks/{task_id}/schedules", summary = "Run a task by the clock.", evidence = "inferred",
          effect = "create",
          doc = "How weeklyDays, timeZone and timeZoneOfset are written is unknown: make one by hand and read it with get.",
          path = { { "task_id", "uuid", doc = "Id of the task." } },
          body = "ScheduleRequestDto", returns = "TaskSchedule", inverse = { "task_schedules.delete", from = "/id" }, settle = 60,
          example = [[
local task = qalyptus.tasks.find{ name = "Send weekly sales" }
return qalyptus.task_schedules.create(task.id, {
  name = "First of the month", isActive = true, frequency = "Monthly", execution = "Parallel", priority = 10,
  timeZone = "UTC", day = 1, atHour = 6, atMinut = 30,
  startDate = "2027-01-01T00:00:00Z", endDate = "2028-01-01T00:00:00Z",
})]] },
        { "update", http = "PUT /tasks/{task_id}/schedules/{task_schedule_id}", summary = "Replace a schedule.",
          evidence = "inferred", effect = "set",
          doc = "Send everything: what is left out may be cleared.",
          path = {
            { "task_id", "uuid", doc = "Id of the task." },
            { "task_schedule_id", "uuid", doc = "Id of the schedule." },
          },
          body = "ScheduleRequestDto", returns = "TaskSchedule",
          example = [[
local task = qalyptus.tasks.find{ name = "Send weekly sales" }
local schedule = qalyptus.task_schedules.find(task.id, { name = "Mondays" })
return qalyptus.task_schedules.update(task.id, schedule.id, {
  name = "Mondays", isActive = false, frequency = "Weekly", execution = null, timeZone = "UTC", atHour = 7, atMinut = 0,
  weeklyDays = "Monday", startDate = "2026-01-01T00:00:00Z", endDate = "2028-01-01T00:00:00Z",
})]] },
        { "get", http = "GET /tasks/{task_id}/schedules/{task_schedule_id}", summary = "Read a schedule.", evidence = "inferred",
          effect = "read",
          path = {
            { "task_id", "uuid", doc = "Id of the task." },
            { "task_schedule_id", "uuid", doc = "Id of the schedule." },
          },
          returns = "TaskSchedule",
          example = [[
local task = qalyptus.tasks.find{ name = "Send weekly sales" }
local trigger = qalyptus.task_triggers.find(task.id, { name = "Mondays" })
return qalyptus.task_schedules.get(task.id, trigger.id)]] },
        { "delete", http = "DELETE /tasks/{task_id}/schedules/{task_schedule_id}", summary = "Remove a schedule.",
          evidence = "inferred", effect = "set", danger = true,
          path = {
            { "task_id", "uuid", doc = "Id of the task." },
            { "task_schedule_id", "uuid", doc = "Id of the schedule." },
          },
          returns = "none",
          example = [[
local task = qalyptus.tasks.find{ name = "Send weekly sales" }
local schedule = qalyptus.task_schedules.create(task.id, {
  name = "Short-lived", timeZone = "UTC", startDate = "2027-01-01T00:00:00Z", endDate = "2028-01-01T00:00:00Z",
})
qalyptus.task_schedules.delete(task.id, schedule.id)]] },
      } },

    { "task_events", doc = "Triggers by the successful reload of a Qlik app. They are listed among the triggers of the task.",
      find = { by = { { "name" }, { "id" } }, list = "task_triggers.list" },
      operations = {
        { "create", http = "POST /tasks/{task_id}/external-events", summary = "Run a task when a Qlik app was reloaded.",
          evidence = "inferred", effect = "create",
          doc = "Qalyptus asks Qlik Sense at an interval that is set on the server; 0 there stops all events.",
          path = { { "task_id", "uuid", doc = "Id of the task." } },
          body = "ExternalEventRequestDto", returns = "TaskEvent", inverse = { "task_events.delete", from = "/id" }, settle = 60,
          example = [[
local task = qalyptus.tasks.find{ name = "Send weekly sales" }
return qalyptus.task_events.create(task.id, {
  name = "After the nightly reload", appId = "8f2b3a10-sales", isActive = true, execution = "Serial", priority = 1,
  startDate = "2027-01-01T00:00:00Z", endDate = "2028-01-01T00:00:00Z",
})]] },
        { "update", http = "PUT /tasks/{task_id}/external-events/{external_event_id}", summary = "Replace an event trigger.",
          evidence = "inferred", effect = "set",
          doc = "Send everything: what is left out may be cleared.",
          path = {
            { "task_id", "uuid", doc = "Id of the task." },
            { "external_event_id", "uuid", doc = "Id of the event trigger." },
          },
          body = "ExternalEventRequestDto", returns = "TaskEvent",
          example = [[
local task = qalyptus.tasks.find{ name = "Send weekly sales" }
local event = qalyptus.task_events.find(task.id, { name = "After reload" })
return qalyptus.task_events.update(task.id, event.id, {
  name = "After reload", description = null, appId = "8f2b3a10-sales", isActive = false,
  startDate = "2026-01-01T00:00:00Z", endDate = "2028-01-01T00:00:00Z",
})]] },
        { "delete", http = "DELETE /tasks/{task_id}/external-events/{external_event_id}", summary = "Remove an event trigger.",
          evidence = "inferred", effect = "set", danger = true,
          path = {
            { "task_id", "uuid", doc = "Id of the task." },
            { "external_event_id", "uuid", doc = "Id of the event trigger." },
          },
          returns = "none",
          example = [[
local task = qalyptus.tasks.find{ name = "Send weekly sales" }
local event = qalyptus.task_events.create(task.id, {
  name = "Short-lived", appId = "8f2b3a10-sales", startDate = "2027-01-01T00:00:00Z", endDate = "2028-01-01T00:00:00Z",
})
qalyptus.task_events.delete(task.id, event.id)]] },
        { "get", http = "GET /tasks/{task_id}/external-events/{external_event_id}", summary = "Read an event trigger.",
          evidence = "inferred", effect = "read",
          path = {
            { "task_id", "uuid", doc = "Id of the task." },
            { "external_event_id", "uuid", doc = "Id of the event trigger." },
          },
          returns = "TaskEvent",
          example = [[
local task = qalyptus.tasks.find{ name = "Send weekly sales" }
local trigger = qalyptus.task_triggers.find(task.id, { name = "After reload" })
return qalyptus.task_events.get(task.id, trigger.id)]] },
      } },

    { "conditions", doc = "Conditions that decide whether a report of a task is sent. What is compared stands in their rules.",
      find = { by = { { "name" }, { "id" } }, list = "conditions.list", query = { name = { equals = "{name}" } } },
      operations = {
        { "create", http = "POST /conditions", summary = "Add a condition to a project.", evidence = "inferred", effect = "create",
          body = "ConditionBody", returns = "Condition", inverse = { "conditions.delete", from = "/id" }, settle = 60,
          example = [[
local project = qalyptus.projects.find{ name = "Sales" }
return qalyptus.conditions.create{ projectId = project.id, name = "Stock is low", isActive = true }]] },
        { "list", http = "GET /conditions", summary = "List the conditions.", evidence = "inferred", effect = "read",
          query = {
            { "project_id", "uuid", doc = "Only those of this project." },
            is_active,
            { "sort_by", "string", enum = { "name", "description", "project.name", "createdDate", "modifiedDate", "isActive" } },
            name, description, page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[Condition]",
          example = [[return qalyptus.conditions.list{ is_active = true, sort_by = "project.name" }]] },
        { "delete", http = "DELETE /conditions", summary = "Remove conditions by id.", evidence = "inferred", effect = "set",
          danger = true,
          body = "[uuid]", returns = "none",
          example = [[
local project = qalyptus.projects.find{ name = "Sales" }
local made = qalyptus.conditions.create{ projectId = project.id, name = "Short-lived", isActive = false }
qalyptus.conditions.delete{ made.id }]] },
        { "update", http = "PUT /conditions/{id}", summary = "Replace a condition.", evidence = "inferred", effect = "set",
          doc = "Send everything: what is left out may be cleared.",
          path = { { "id", "uuid", doc = "Id of the condition." } },
          body = "ConditionBody", returns = "Condition",
          example = [[
local condition = qalyptus.conditions.find{ name = "Target missed" }
return qalyptus.conditions.update(condition.id, {
  projectId = condition.projectId, name = condition.name, description = null, isActive = false,
})]] },
      } },

    { "condition_rules", doc = "The comparisons of a condition.",
      find = { by = { { "name" }, { "id" } }, list = "condition_rules.list", query = { name = { equals = "{name}" } } },
      operations = {
        { "list", http = "GET /conditions/{condition_id}/rules", summary = "List the rules of a condition.", evidence = "inferred",
          effect = "read",
          path = { { "condition_id", "uuid", doc = "Id of the condition." } },
          query = {
            { "sort_by", "string", enum = { "Name", "connection.name", "CreatedDate", "ModifiedDate" } },
            name, page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[ConditionRule]",
          example = [[return qalyptus.condition_rules.list(qalyptus.conditions.find{ name = "Target missed" }.id)]] },
        { "save_all", http = "PUT /conditions/{condition_id}/rules", summary = "Add or change rules of a condition.",
          evidence = "inferred", effect = "create",
          doc = "A rule with an id is changed, one without is added. The list stands in items, and each rule names its condition "
            .. "again. The method is unknown too: a real server may want POST here and PUT for save.",
          path = { { "condition_id", "uuid", doc = "Id of the condition." } },
          body = { { "items", "[ConditionRuleResponseDto]", required = true } }, returns = "[ConditionRule]", settle = 60,
          example = [[
local condition = qalyptus.conditions.find{ name = "Target missed" }
local rule = qalyptus.condition_rules.list(condition.id)[1]
return qalyptus.condition_rules.save_all(condition.id, { items = {
  { id = rule.id, conditionId = condition.id, name = "Sales below target", connectionId = rule.connectionId,
    conditionRuleValues = array{} },
  { conditionId = condition.id, name = "Stock below 100", connectionId = rule.connectionId,
    conditionRuleValues = { { variable = "vStock", operator = "<", comparisonValue = "100", order = 1 } } },
} })]] },
        { "save", http = "POST /conditions/{condition_id}/rules", summary = "Add or change one rule of a condition.",
          evidence = "inferred", effect = "create",
          doc = "With an id the rule is changed, without it is added. Path and body both carry the id of the condition; errand fills "
            .. "in the second.",
          path = { { "condition_id", "uuid", doc = "Id of the condition." } },
          body = "ConditionRuleResponseDto", copy = { conditionId = "condition_id" }, returns = "ConditionRule",
          settle = 60,
          example = [[
local condition = qalyptus.conditions.find{ name = "Target missed" }
local rule = qalyptus.condition_rules.list(condition.id)[1]
return qalyptus.condition_rules.save(condition.id, {
  name = "Margin is negative", connectionId = rule.connectionId, numberOfValues = 1,
  conditionRuleValues = { { variable = "vMargin", operator = "<", comparisonValue = "0", order = 1 } },
})]] },
        { "get", http = "GET /conditions/{condition_id}/rules/{rule_id}", summary = "Read a rule.", evidence = "inferred",
          effect = "read",
          path = {
            { "condition_id", "uuid", doc = "Id of the condition." },
            { "rule_id", "uuid", doc = "Id of the rule." },
          },
          returns = "ConditionRule",
          example = [[
local condition = qalyptus.conditions.find{ name = "Target missed" }
local rule = qalyptus.condition_rules.list(condition.id)[1]
return qalyptus.condition_rules.get(condition.id, rule.id)]] },
        { "update", http = "PUT /conditions/rules/{condition_rule_id}", summary = "Replace a rule.", evidence = "inferred",
          effect = "set",
          doc = "The path has the id of the rule alone, so the body must name the condition.",
          path = { { "condition_rule_id", "uuid", doc = "Id of the rule." } },
          body = "ConditionRuleResponseDto", returns = "ConditionRule",
          example = [[
local condition = qalyptus.conditions.find{ name = "Target missed" }
local rule = qalyptus.condition_rules.list(condition.id)[1]
return qalyptus.condition_rules.update(rule.id, {
  id = rule.id, conditionId = condition.id, name = "Sales far below target", connectionId = rule.connectionId,
  connection = null,
})]] },
        { "delete", http = "DELETE /conditions/{condition_id}/rules", summary = "Remove rules of a condition by id.",
          evidence = "inferred", effect = "set", danger = true,
          doc = "Among the least certain paths: the real one may have one more segment.",
          path = { { "condition_id", "uuid", doc = "Id of the condition." } },
          body = "[uuid]", returns = "none",
          example = [[
local condition = qalyptus.conditions.find{ name = "Target missed" }
local rule = qalyptus.condition_rules.list(condition.id)[1]
local made = qalyptus.condition_rules.save(condition.id, { name = "Short-lived", connectionId = rule.connectionId })
qalyptus.condition_rules.delete(condition.id, { made.id })]] },
      } },

    { "on_demand", doc = "Reports made at once, with selections of the moment.",
      operations = {
        { "create", http = "POST /ondemand/requests", summary = "Have a report made with selections.", evidence = "docs",
          effect = "create",
          doc = "Only queues it: statuses.list_requests says how far it is. The vendor's document has no call for the finished file. "
            .. "Nothing is marked required; the vendor's own extension always sends type, config and selections. The report must "
            .. "be open to the API for the user.",
          body = "OnDemandRequest", returns = "OnDemandStatus", settle = 60,
          example = [[
local report = qalyptus.reports.find{ name = "Weekly sales" }
return qalyptus.on_demand.create{
  type = "report", config = { reportId = report.id, outputFormat = "Pdf" },
  selections = { { fieldName = "Region", selectedCount = 1, selectedValues = { "North" }, isNumeric = false } },
  ignoreExistingFilters = false,
}]] },
      } },

    { "statuses", doc = "What has run and what is running.",
      operations = {
        { "list_tasks", http = "GET /statuses/tasks", summary = "List the runs of tasks.", evidence = "inferred", effect = "read",
          doc = "Cannot be sorted by a field, only turned round.",
          query = { page, page_size, get_all, sort_direction },
          paging = "pages", returns = "[Status]",
          example = [[return qalyptus.statuses.list_tasks{ sort_direction = "desc" }]] },
        { "list_requests", http = "GET /statuses/requests", summary = "List the states of on-demand requests.",
          evidence = "inferred", effect = "read",
          doc = "Cannot be sorted by a field, only turned round.",
          query = { page, page_size, get_all, sort_direction },
          paging = "pages", returns = "[Status]",
          example = [[return qalyptus.statuses.list_requests()]] },
      } },

    { "subscriptions", doc = "Reports and Qlik objects that the caller gets regularly.",
      find = {
        by = { { "subscribeTo" }, { "name" }, { "id" } },
        list = "subscriptions.list", query = { subscribe_to = { equals = "{subscribeTo}" } },
      },
      operations = {
        { "create", http = "POST /subscriptions", summary = "Subscribe to a report or a Qlik object.", evidence = "inferred",
          effect = "create",
          doc = "type says what is subscribed to: one report, several, or a Qlik object; triggerType says which of schedule and "
            .. "externalEvent counts.",
          body = "SubscriptionBody", returns = "Subscription", inverse = { "subscriptions.delete", from = "/id" }, settle = 60,
          example = [[
local report = qalyptus.reports.find{ name = "Weekly sales" }
return qalyptus.subscriptions.create{
  name = "Sales on Fridays", triggerType = "Schedule", type = "Report", subscribeTo = "Sales on Fridays",
  reports = { { id = report.id, name = report.name, formats = { "Pdf" }, emailAttachment = true } },
  schedule = {
    name = "Fridays", isActive = true, frequency = "Weekly", timeZone = "UTC", weeklyDays = "Friday", atHour = 16, atMinut = 0,
    startDate = "2027-01-01T00:00:00Z", endDate = "2028-01-01T00:00:00Z",
  },
  recipients = array{}, email = { subject = "Sales of the week", message = "See the attachment." }, isActive = true,
}]] },
        { "list", http = "GET /subscriptions", summary = "List the caller's subscriptions.", evidence = "inferred", effect = "read",
          query = {
            { "sort_by", "string",
              enum = { "subscribeTo", "Type", "Subject", "triggerType", "lastExecutionDate", "nextExecutionDate" } },
            { "subscribe_to", "string", operators = operators, doc = "Narrow by title." },
            { "type", "string", operators = operators, doc = "Report, MultipleReports or QlikEntity." },
            page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[Subscription]",
          example = [[return qalyptus.subscriptions.list{ type = "Report", sort_by = "subscribeTo" }]] },
        { "delete", http = "DELETE /subscriptions", summary = "Remove subscriptions by id.", evidence = "inferred", effect = "set",
          danger = true,
          body = "[uuid]", returns = "none",
          example = [[
local made = qalyptus.subscriptions.create{ triggerType = "Schedule", type = "Report", email = { subject = "Short-lived" } }
qalyptus.subscriptions.delete{ made.id }]] },
        { "update", http = "PUT /subscriptions/{id}", summary = "Replace a subscription.", evidence = "inferred", effect = "set",
          doc = "Send everything: what is left out may be cleared.",
          path = { { "id", "uuid", doc = "Id of the subscription." } },
          body = "SubscriptionBody", returns = "Subscription",
          example = [[
local subscription = qalyptus.subscriptions.find{ subscribeTo = "Weekly sales" }
return qalyptus.subscriptions.update(subscription.id, {
  name = null, triggerType = "Schedule", type = "Report", subscribeTo = "Weekly sales",
  email = { subject = "Weekly sales", bcc = null }, isActive = false,
})]] },
        { "list_sites", http = "GET /subscriptions/sites", summary = "List the caller's subscriptions by site.",
          evidence = "inferred", effect = "read",
          doc = "What is in a record is unknown; the document speaks of sites only beside the filter.",
          query = {
            name,
            { "sort_by", "string", enum = { "name", "createddate", "modifieddate" }, default = "name" },
            page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[Entity]",
          example = [[return qalyptus.subscriptions.list_sites{ name = { contains = "site" } }]] },
      } },

    { "files", doc = "Files in the Hub: what tasks and requests have published there.",
      find = { by = { { "id" }, { "name" }, { "fullName" } }, list = "files.list", query = { name = { equals = "{name}" } } },
      operations = {
        { "list", http = "GET /hub/files", summary = "List every file of the Hub.", evidence = "inferred", effect = "read",
          doc = "Single files, files of iteration reports and dedicated ones.",
          query = {
            { "sort_by", "string", enum = { "starred", "Type", "Name", "CreatedDate" } },
            name, extension,
            { "report.name", "string", operators = operators, as = "report_name",
              doc = "Narrow by the report's name. On the wire the name has a dot: report.name." },
            { "is_iteration", "boolean", doc = "Only files of iteration reports, or only the others." },
            page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[File]",
          example = [[return qalyptus.files.list{ report_name = { contains = "sales" }, is_iteration = false }]] },
        { "list_occurrences", http = "GET /hub/files/{id}/occurrences", summary = "List the versions of a file.",
          evidence = "inferred", effect = "read",
          path = { { "id", "uuid", doc = "Id of the file." } },
          query = {
            { "sort_by", "string", enum = { "Type", "Name", "Size", "CreatedDate" } },
            name, page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[FileOccurrence]",
          example = [[
local file = qalyptus.files.find{ name = "Weekly sales" }
return qalyptus.files.list_occurrences(file.id, { sort_by = "CreatedDate", sort_direction = "desc" })]] },
        { "list_iterations", http = "GET /hub/files/iterations/{id}/{extension}",
          summary = "List the files of an iteration report in one format.", evidence = "inferred", effect = "read",
          path = {
            { "id", "uuid", doc = "Id of the report, not of a file." },
            { "extension", "string", min = 1, doc = "Such as pdf." },
          },
          query = {
            { "sort_by", "string", enum = { "starred", "Type", "Name", "Size", "CreatedDate" } },
            name, page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[File]",
          example = [[
local report = qalyptus.reports.find{ name = "Sales by branch" }
return qalyptus.files.list_iterations(report.id, "pdf")]] },
        { "list_favorites", http = "GET /hub/files/favorites", summary = "List the caller's starred files.", evidence = "inferred",
          effect = "read",
          query = {
            { "sort_by", "string", enum = { "Type", "Name", "CreatedDate" } },
            name,
            { "extension", "string", operators = operators, doc = "Narrow by extension; called exact and operator-capable alike." },
            page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[File]",
          example = [[return qalyptus.files.list_favorites()]] },
        { "list_recent", http = "GET /hub/files/recent", summary = "List the files added or viewed in the past week.",
          evidence = "inferred", effect = "read",
          query = {
            { "sort_by", "string", enum = { "Type", "Name", "CreatedDate" } },
            name,
            { "extension", "string", doc = "Only this extension, spelled exactly." },
            { "event_type", "string", enum = { "viewed", "added" }, doc = "Only viewed, or only added ones." },
            page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[File]",
          example = [[return qalyptus.files.list_recent{ event_type = "added" }]] },
        { "delete", http = "DELETE /hub/files", summary = "Remove files with all their versions.", evidence = "inferred",
          effect = "set", danger = true,
          doc = "Wants whole file objects, not ids: pass on what files.list gave, or at least id, reportId and isIteration. Among the "
            .. "least certain paths: the real one may have one more segment.",
          body = "[FileDeleteItem]", returns = "none",
          example = [[
local file = qalyptus.files.find{ name = "Old figures" }
qalyptus.files.delete{ { id = file.id, reportId = file.reportId, name = file.name, isIteration = file.isIteration } }]] },
        { "download", http = "GET /hub/files/download", summary = "Fetch a file, or a zip of an iteration report's files.",
          evidence = "inferred", effect = "read",
          query = {
            { "id", "uuid", doc = "Id of the file. Not marked required, but what else could say which." },
            { "isIteration", "boolean", default = false, doc = "The id is that of an iteration report: all its files, zipped." },
          },
          returns = "file", timeout = 600,
          example = [[
local file = qalyptus.files.find{ name = "Weekly sales" }
return #qalyptus.files.download{ id = file.id }]] },
      } },

    { "hub_folders", doc = "Folders of the Hub, which Qlik apps are shown in.",
      find = { by = { { "name" }, { "id" } }, list = "hub_folders.list", query = { name = { equals = "{name}" } } },
      operations = {
        { "create", http = "POST /hub/folders", summary = "Add a Hub folder.", evidence = "inferred", effect = "create",
          body = "HubFolderBody", returns = "HubFolder", inverse = { "hub_folders.delete", from = "/id" }, settle = 60,
          example = [[
local root = qalyptus.hub_folders.find{ name = "Root" }
return qalyptus.hub_folders.create{ parentId = root.id, name = "Purchasing", parentUrl = "/", location = "/Purchasing" }]] },
        { "list_all", http = "GET /hub/folders", summary = "List all Hub folders at once.", evidence = "inferred", effect = "read",
          paging = false,
          doc = "One reply without pages.",
          query = {
            { "exceptFolderId", "uuid", doc = "Leave this folder out." },
            { "exceptRoot", "boolean", default = false, doc = "Leave the root folder out." },
          },
          returns = "[HubFolder]",
          example = [[return qalyptus.hub_folders.list_all{ exceptRoot = true }]] },
        { "update", http = "PUT /hub/folders/{id}", summary = "Replace a Hub folder.", evidence = "inferred", effect = "set",
          doc = "Send everything: what is left out may be cleared.",
          path = { { "id", "uuid", doc = "Id of the folder." } },
          body = "HubFolderBody", returns = "HubFolder",
          example = [[
local folder = qalyptus.hub_folders.find{ name = "Sales" }
return qalyptus.hub_folders.update(folder.id, {
  parentId = folder.parentId, name = "Sales", parentUrl = "/", location = "/Sales figures",
})]] },
        { "list", http = "GET /hub/folders/paged", summary = "List the Hub folders in pages.", evidence = "inferred",
          effect = "read",
          query = {
            { "sort_by", "string", enum = { "Name", "ParentUrl" } },
            name, page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[HubFolder]",
          example = [[return qalyptus.hub_folders.list{ sort_by = "ParentUrl" }]] },
        { "delete", http = "DELETE /hub/folders", summary = "Remove Hub folders by id.", evidence = "inferred", effect = "set",
          danger = true,
          doc = "Among the least certain paths: the real one may have one more segment.",
          body = "[uuid]", returns = "none",
          example = [[
local made = qalyptus.hub_folders.create{ name = "Short-lived", parentUrl = "/", location = "/Short-lived" }
qalyptus.hub_folders.delete{ made.id }]] },
      } },

    { "hub_config", doc = "How the Hub writes its mails.",
      operations = {
        { "update", http = "PUT /hub/configuration/{id}", summary = "Set the sender and the footer of the Hub's mails.",
          evidence = "inferred", effect = "set",
          doc = "No call reads the configuration or gives its id: take both from the Hub's own pages. Send everything: what is left "
            .. "out may be cleared.",
          path = { { "id", "uuid", doc = "Id of the configuration." } },
          body = "HubConfigBody", returns = "HubConfig",
          example = [[
return qalyptus.hub_config.update("6d0c5b4a-3928-4716-8504-f3e2d1c0b9a8", {
  fromEmail = "reports@example.com", fromName = "Reports", customEmailFooter = null, hideSubsciptionLink = false,
})]] },
      } },

    { "qlik_apps", doc = "Qlik Sense apps that the Hub shows. id is Qalyptus's own, appId is Qlik Sense's.",
      find = { by = { { "name" }, { "appId" }, { "id" } }, list = "qlik_apps.list", query = { name = { equals = "{name}" } } },
      operations = {
        { "create", http = "POST /qlik-apps", summary = "Show a Qlik app in the Hub.", evidence = "inferred", effect = "create",
          doc = "No call removes it again.",
          body = "QlikAppBody", returns = "QlikApp", settle = 60,
          example = [[
local folder = qalyptus.hub_folders.find{ name = "Sales" }
return qalyptus.qlik_apps.create{
  appId = "3c9d1e42-stock", name = "Stock", folderId = folder.id, folderPath = "/Sales", allowQlikSenseApp = true,
  allowMashup = false, defaultOpen = "QlikSense", usedFields = array{},
  usedSheets = { { sheetId = "overview", sheetName = "Overview", showSelection = true, order = 1 } },
}]] },
        { "list", http = "GET /qlik-apps", summary = "List the Qlik apps.", evidence = "inferred", effect = "read",
          query = {
            { "sort_by", "string", enum = { "Name", "Stream", "FolderPath", "MashupTemplate" } },
            name,
            { "stream", "string", operators = operators, doc = "Narrow by stream." },
            { "folder_id", "uuid", doc = "Only those of this Hub folder." },
            { "mashup_template", "string", operators = operators, doc = "Narrow by mashup template." },
            page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[QlikApp]",
          example = [[return qalyptus.qlik_apps.list{ stream = { equals = "Everyone" } }]] },
        { "update", http = "PUT /qlik-apps/{id}", summary = "Replace how a Qlik app is shown.", evidence = "inferred",
          effect = "set",
          doc = "The path has Qalyptus's id, the body Qlik Sense's. Send everything: what is left out may be cleared.",
          path = { { "id", "uuid", doc = "Qalyptus's id of the app." } },
          body = "QlikAppBody", returns = "QlikApp",
          example = [[
local app = qalyptus.qlik_apps.find{ name = "Sales analysis" }
return qalyptus.qlik_apps.update(app.id, {
  appId = app.appId, name = app.name, description = "Figures of all plants", folderId = app.folderId, folderPath = app.folderPath,
  stream = app.stream, organizationId = app.organizationId, allowQlikSenseApp = true, allowMashup = true, defaultOpen = "Mashup",
})]] },
        { "list_in_folder", http = "GET /qlik-apps/folders/{folder_id}", summary = "List the Qlik apps of one Hub folder.",
          paging = false,
          evidence = "inferred", effect = "read",
          doc = "One reply without pages. The document calls the folder required and optional alike.",
          path = { { "folder_id", "uuid", doc = "Id of the Hub folder." } },
          query = {
            name,
            { "ofRoot", "boolean", default = false, doc = "Those of the root folder instead." },
          },
          returns = "[QlikApp]",
          example = [[
local folder = qalyptus.hub_folders.find{ name = "Sales" }
return qalyptus.qlik_apps.list_in_folder(folder.id)]] },
        { "set_sync", http = "PUT /qlik-apps/{id}/synchronization", summary = "Set how a Qlik app is kept up to date.",
          evidence = "inferred", effect = "set",
          path = { { "id", "uuid", doc = "Qalyptus's id of the app." } },
          body = "QlikAppSync", returns = "QlikAppSyncState",
          example = [[
local app = qalyptus.qlik_apps.find{ name = "Sales analysis" }
return qalyptus.qlik_apps.set_sync(app.id, {
  qlikSenseServer = "qlik.example.com", qlikSenseAdminUser = "EXAMPLE\\reports", defaultFolderId = app.folderId,
  defaultFolderUrl = null,
  schedule = {
    name = "Nightly", isActive = true, frequency = "Daily", timeZone = "UTC", atHour = 2, atMinut = 15,
    startDate = "2027-01-01T00:00:00Z", endDate = "2028-01-01T00:00:00Z",
  },
})]] },
      } },

    { "resources", doc = "Links that the Hub shows to the people of an organization.",
      find = { by = { { "name" }, { "url" }, { "id" } }, list = "resources.list", query = { name = { equals = "{name}" } } },
      operations = {
        { "list", http = "GET /resources", summary = "List every resource.", evidence = "inferred", effect = "read",
          query = {
            { "sort_by", "string", doc = "Such as name, description, type, url, createdDate or modifiedDate." },
            name, description, page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[Resource]",
          example = [[return qalyptus.resources.list{ sort_by = "url" }]] },
        { "create", http = "POST /resources", summary = "Add a link to the Hub.", evidence = "inferred", effect = "create",
          body = "ResourceBody", returns = "Resource", inverse = { "resources.delete", from = "/id" }, settle = 60,
          example = [[
local org = qalyptus.organizations.find{ name = "Example Org" }
return qalyptus.resources.create{
  name = "Price list", type = "Link", organizationId = org.id, url = "https://intranet.example.com/prices",
}]] },
        { "list_mine", http = "GET /resources/me", summary = "List the caller's resources.", evidence = "inferred", effect = "read",
          query = {
            { "sort_by", "string", doc = "Such as name, description, type, url, createdDate or modifiedDate." },
            name, description, page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[Resource]",
          example = [[return qalyptus.resources.list_mine()]] },
        { "delete", http = "DELETE /resources/{id}", summary = "Remove resources by id.", evidence = "inferred", effect = "set",
          danger = true,
          doc = "The document wants the ids twice: joined by commas in the path, and as the body. Give the list; errand writes both.",
          path = { { "id", "string", min = 1, join = ",", doc = "The ids, joined by commas; made of the list unless given." } },
          body = "[uuid]", returns = "none",
          example = [[
local org = qalyptus.organizations.find{ name = "Example Org" }
local made = qalyptus.resources.create{
  name = "Short-lived", type = "Link", organizationId = org.id, url = "https://intranet.example.com/short",
}
qalyptus.resources.delete{ made.id }]] },
        { "update", http = "PUT /resources/{id}", summary = "Replace a resource.", evidence = "inferred", effect = "set",
          doc = "Send everything: what is left out may be cleared.",
          path = { { "id", "uuid", doc = "Id of the resource." } },
          body = "ResourceBody", returns = "Resource",
          example = [[
local link = qalyptus.resources.find{ name = "Handbook" }
return qalyptus.resources.update(link.id, {
  name = link.name, description = null, type = link.type, organizationId = link.organizationId,
  url = "https://intranet.example.com/handbook/2",
})]] },
      } },

    { "storage_services", doc = "Where tasks can put files besides the Hub. They are made on the server's own pages.",
      find = { by = { { "name" }, { "id" } }, list = "storage_services.list", query = { name = { equals = "{name}" } } },
      operations = {
        { "list", http = "GET /file-storage-services", summary = "List the storage destinations.", evidence = "inferred",
          effect = "read",
          query = {
            { "sort_by", "string", enum = { "Name", "Description", "Type", "IsDefault" } },
            name, description, page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[StorageService]",
          example = [[return qalyptus.storage_services.list{ sort_by = "IsDefault" }]] },
        { "delete", http = "DELETE /file-storage-services", summary = "Remove storage destinations by id.", evidence = "inferred",
          effect = "set", danger = true,
          doc = "No call makes one again.",
          body = "[uuid]", returns = "none",
          example = [[qalyptus.storage_services.delete{ qalyptus.storage_services.find{ name = "Old archive" }.id }]] },
      } },

    { "smtp_servers", doc = "Mail servers that reports are sent through. No call lists them or removes one.",
      operations = {
        { "create", http = "POST /smtp-servers", summary = "Add a mail server.", evidence = "inferred", effect = "create",
          doc = "Keep the id of the reply: no call lists the servers. The password travels in clear JSON: use https.",
          body = "SmtpBody", returns = "SmtpServer", settle = 60,
          example = [[
return qalyptus.smtp_servers.create{
  name = "Second server", fromAddress = "reports@example.com", fromName = "Reports", hostName = "smtp.example.com",
  smtpPort = 587, ssl = true, userName = "reports@example.com", password = "not-a-real-one",
}]] },
        { "update", http = "PUT /smtp-servers/{id}", summary = "Replace a mail server.", evidence = "inferred", effect = "set",
          doc = "Send everything, the password too: what is left out may be cleared.",
          path = { { "id", "uuid", doc = "Id of the mail server." } },
          body = "SmtpBody", returns = "SmtpServer",
          example = [[
local server = {
  name = "Branch server", fromName = "Branch reports", hostName = "smtp.example.com", smtpPort = 25, ssl = false,
}
local made = qalyptus.smtp_servers.create(server)
server.smtpPort, server.ssl, server.description = 465, true, null
return qalyptus.smtp_servers.update(made.id, server)]] },
        { "test", http = "POST /smtp-servers/test", summary = "Try mail server settings without saving them.",
          evidence = "inferred", effect = "send",
          doc = "A mail goes to testEmail.",
          body = "SmtpBody", returns = "none", timeout = 120,
          example = [[
qalyptus.smtp_servers.test{
  name = "Trial", fromName = "Reports", hostName = "smtp.example.com", smtpPort = 587, ssl = true,
  testEmail = "anna.admin@example.com",
}]] },
      } },

    { "identity_providers", doc = "Other services that people can sign in with.",
      find = {
        by = { { "name" }, { "id" } },
        list = "identity_providers.list", query = { name = { equals = "{name}" } },
      },
      operations = {
        { "list", http = "GET /identity-providers", summary = "List the identity providers.", evidence = "inferred",
          effect = "read",
          query = {
            { "sort_by", "string", enum = { "Name", "Description", "Type" } },
            name, description,
            { "type", "string", operators = operators, doc = "Narrow by type, such as SAML or JWT." },
            page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[IdentityProvider]",
          example = [[return qalyptus.identity_providers.list{ type = "SAML" }]] },
        { "delete", http = "DELETE /identity-providers", summary = "Remove identity providers by id.", evidence = "inferred",
          effect = "set", danger = true,
          doc = "Whoever signs in with one of them cannot any more.",
          body = "[uuid]", returns = "none",
          example = [[
local made = qalyptus.identity_providers.create{ name = "Short-lived", type = "JWT" }
qalyptus.identity_providers.delete{ made.id }]] },
        { "create", http = "POST /identity-providers", summary = "Add an identity provider.", evidence = "inferred",
          effect = "create",
          body = "IdentityProviderBody", returns = "IdentityProvider", inverse = { "identity_providers.delete", from = "/id" },
          settle = 60,
          example = [[
return qalyptus.identity_providers.create{
  name = "Partner sign-in", type = "SAML", entityID = "https://login.example.com/saml", signAuthnRequest = true,
  singleSignOnUrl = "https://login.example.com/saml/sso", buttonLabel = "Partners",
}]] },
        { "update", http = "PUT /identity-providers/{id}", summary = "Replace an identity provider.", evidence = "inferred",
          effect = "set",
          doc = "Send everything, the certificate too: what is left out may be cleared.",
          path = { { "id", "uuid", doc = "Id of the identity provider." } },
          body = "IdentityProviderBody", returns = "IdentityProvider",
          example = [[
local provider = qalyptus.identity_providers.find{ name = "Company sign-in" }
return qalyptus.identity_providers.update(provider.id, {
  name = provider.name, description = null, type = "SAML", entityID = "https://login.example.com/saml",
  singleSignOnUrl = "https://login.example.com/saml/sso", singleLogoutUrl = "https://login.example.com/saml/slo",
})]] },
      } },

    { "settings", doc = "Settings of the whole server.",
      operations = {
        { "set_authentication", http = "PUT /settings/authentication", summary = "Switch JWT and NTLM sign-in on or off.",
          evidence = "inferred", effect = "set",
          doc = "For the whole server. Who turns off the way that people use locks them out.",
          body = "ServerAuth", returns = "ServerSignIn",
          example = [[return qalyptus.settings.set_authentication{ jwtAuth = true, ntlmAuth = true }]] },
      } },

    { "trusted_origins", doc = "Web pages on other hosts whose scripts may call this API.",
      find = {
        by = { { "name" }, { "address", fold = true }, { "id" } },
        list = "trusted_origins.list", query = { name = { equals = "{name}" } },
      },
      operations = {
        { "list", http = "GET /trusted-origins", summary = "List the trusted origins.", evidence = "inferred", effect = "read",
          query = {
            { "sort_by", "string", enum = { "Name", "Description", "Address" } },
            name, description, page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[TrustedOrigin]",
          example = [[return qalyptus.trusted_origins.list{ sort_by = "Address" }]] },
        { "delete", http = "DELETE /trusted-origins", summary = "Remove trusted origins by id.", evidence = "inferred",
          effect = "set", danger = true,
          body = "[uuid]", returns = "none",
          example = [[
local made = qalyptus.trusted_origins.create{ name = "Short-lived", address = "https://trial.example.com" }
qalyptus.trusted_origins.delete{ made.id }]] },
        { "create", http = "POST /trusted-origins", summary = "Trust an origin.", evidence = "inferred", effect = "create",
          body = "TrustedOriginBody", returns = "TrustedOrigin", inverse = { "trusted_origins.delete", from = "/id" }, settle = 60,
          example = [[
return qalyptus.trusted_origins.create{ name = "Portal", description = "Partner portal", address = "https://portal.example.com" }]] },
        { "update", http = "PUT /trusted-origins/{id}", summary = "Replace a trusted origin.", evidence = "inferred",
          effect = "set",
          doc = "Send everything: what is left out may be cleared.",
          path = { { "id", "uuid", doc = "Id of the trusted origin." } },
          body = "TrustedOriginBody", returns = "TrustedOrigin",
          example = [[
local origin = qalyptus.trusted_origins.find{ name = "Intranet" }
return qalyptus.trusted_origins.update(origin.id, {
  name = "Intranet", description = null, address = "https://intranet.example.com:8443",
})]] },
      } },

    { "api_keys", doc = "Keys for this API. A key may do what its user may do. The API cannot delete just one's own.",
      find = { by = { { "name" }, { "id" } }, list = "api_keys.list", query = { name = { equals = "{name}" } } },
      operations = {
        { "create", http = "POST /api-keys", summary = "Make a key for the caller.", evidence = "inferred", effect = "create",
          doc = "The key stands in the reply and is never shown again: store it at once. Under which name it stands there is unknown. "
            .. "An administrator must have switched keys on. Undoing this wants an administrator too.",
          body = "ApiKeyCreate", returns = "NewApiKey", secret = true, inverse = { "api_keys.delete", from = "/id" }, settle = 60,
          example = [[
return qalyptus.api_keys.create{
  name = "Nightly script", expiryDate = os.date("!%Y-%m-%dT%H:%M:%SZ", os.time() + 90 * 86400),
}.id]] },
        { "list", http = "GET /api-keys", summary = "List the caller's own keys.", evidence = "inferred", effect = "read",
          query = {
            name, description,
            { "sort_by", "string", doc = "A field name; the source lost the list of them." },
            expired, page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[ApiKey]",
          example = [[return qalyptus.api_keys.list{ expired = false }]] },
        { "update", http = "PUT /api-keys/{id}", summary = "Change name and description of a key.", evidence = "inferred",
          effect = "set",
          doc = "Its last day cannot be moved: make a new key.",
          path = { { "id", "uuid", doc = "Id of the key." } },
          body = "ApiKeyUpdate", returns = "ApiKey",
          example = [[
local key = qalyptus.api_keys.find{ name = "Invoice script" }
return qalyptus.api_keys.update(key.id, { name = "Invoice script", description = "Runs on the file server" })]] },
        { "delete", http = "DELETE /api-keys/admin", summary = "Remove keys by id, whoever has them.", evidence = "inferred",
          effect = "set", danger = true,
          doc = "For administrators. Mind the key that is in use for this very call.",
          body = "[uuid]", returns = "none",
          example = [[
local made = qalyptus.api_keys.create{ name = "Short-lived", expiryDate = "2027-06-30T00:00:00Z" }
qalyptus.api_keys.delete{ made.id }]] },
        { "list_all", http = "GET /api-keys/admin", summary = "List the keys of all users.", evidence = "inferred",
          effect = "read",
          doc = "For administrators.",
          query = {
            { "user_id", "uuid", doc = "Only those of this user." },
            name, description,
            { "sort_by", "string", doc = "A field name; the source lost the list of them." },
            expired, page, page_size, get_all, sort_direction,
          },
          paging = "pages", returns = "[ApiKey]",
          example = [[return qalyptus.api_keys.list_all{ expired = true }]] },
      } },
  },
}
