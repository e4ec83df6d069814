-- SPDX-License-Identifier: MIT
-- Boss Insights Administration API: accounts for customers, and what belongs to them.

-- Everything goes to one URL. Which operation is meant stands in `action`, which only this file sets: a POST without it
-- creates an account.
local at = "/app/api.php"
local status, ok, message = "/status_code", { "/status_code", 200 }, { "/message" }

local account_key_pattern = "[%w%.]+"
local email_pattern, email_doc = "[^%s@]+@[^%s@]+", "name@example.com"
local experimental = "Experimental: the vendor names this call, but neither its action nor its members are published. What is "
  .. "sent here is a guess that the server may refuse."

return {
  format = 1,
  name = "bossinsights",
  title = "Boss Insights Administration API, accounts for customers",
  doc = "Creates and manages the accounts that hold the data of your customers; the data themselves are another API. A key "
    .. "works in one region only: set url to https://admin.myintranetapps.com (USA), https://admin.myintranetapps.ca (Canada), "
    .. "https://admin.bossinsights.uk or your own domain. Two keys look alike: the setting account_key says who calls, the "
    .. "parameter account_key which account is meant, and accounts.list names that one key. They are text, though some look like "
    .. "numbers. Success is status_code 200 in the body; whatever else stands there is an error, HTTP 200 or not. There is no "
    .. "call that deletes an account or reads a single one.",
  docs = "https://docs.bossinsights.com/developer/administration-api",
  evidence = "docs",
  url = { default = "https://admin.myintranetapps.com" },
  check = "accounts.list",

  settings = {
    { "account_key", "string", required = true, secret = true, pattern = account_key_pattern, evidence = "source",
      doc = "Key of your own account, such as 5a50d8fed44aa9.76285894, from the developer menu of the admin portal. Sent with "
        .. "every call." },
    { "user", "string", required = true, secret = true,
      doc = "API key, with the password left empty. Or the name (not the e-mail) of a user of the admins group; it must not "
        .. "hold a colon." },
    { "password", "string", secret = true, doc = "Empty with an API key. Else the password of that user." },
  },

  headers = {
    { "Account-Key", value = "{account_key}", required = true, evidence = "source" },
  },

  auth = {
    { needs = { "user" }, send = { { "Authorization", value = "Basic {basic:{user}:{password}}" } },
      doc = "Nothing is fetched and nothing expires." },
  },

  envelope = { status = status, ok = ok, message = message },

  shapes = {
    -- What is sent.
    AccountCreate = {
      { "name", "string", required = true, min = 1, doc = "Name of the company, shown to the user." },
      { "package_id", "string", pattern = "%d+", doc = "Bundle of settings, digits as text. The default package if left out." },
      { "active", "flag", required = true, doc = "Whether the account works at once." },
      { "email_admin", "string", required = true, pattern = email_pattern, pattern_doc = email_doc,
        doc = "Address of whoever manages the account. System notices and requests for consent go there." },
      { "password", "string", required = true, secret = true,
        doc = "Password of the built-in login admin. An empty text switches that login off." },
      { "subdomain", "string", required = true, min = 1, max = 50, pattern = "[%w%-]+",
        doc = "First part of the account's host name. One that is taken is a conflict: choose another." },
      { "type", "string", enum = { "standard", "reseller" }, doc = "Keep to standard." },
      { "domain", "string", doc = "A DNS name of your own for the account. Normally empty." },
      { "datashare", "flag", doc = "Whether the account shares all its data with yours. The vendor advises true." },
      { "first_name", "string", evidence = "docs" },
      { "last_name", "string", evidence = "docs" },
      { "environment", "string", evidence = "docs", doc = "The vendor shows sandbox; production is seen too." },
      evidence = "source",
    },
    AccountUpdate = {
      { "account_key", "string", required = true, pattern = account_key_pattern,
        doc = "Which account. accounts.list has it as key." },
      { "package_id", "string", pattern = "%d+", doc = "Bundle of settings, digits as text." },
      { "active", "flag", doc = "false is the nearest there is to a deletion." },
      { "email_admin", "string", pattern = email_pattern, pattern_doc = email_doc, doc = "Address of whoever manages it." },
      any_of = { "package_id", "active", "email_admin" }, evidence = "source",
    },
    ApiKeyCreate = {
      { "name", "string", doc = "What the key is for." },
      open = true, evidence = "inferred",
    },
    ApiKeyUpdate = {
      { "id", "string", required = true, min = 1, doc = "Which key." },
      { "name", "string" },
      { "active", "flag" },
      open = true, evidence = "inferred",
    },

    -- What comes back.
    Done = {
      { "status_code", "integer", required = true, evidence = "source" },
      { "message", "string", evidence = "source" },
      open = true,
    },
    AccountResult = {
      { "status_code", "integer", required = true, evidence = "source" },
      { "message", "string", evidence = "source" },
      { "account_key", "string", required = true, evidence = "source", doc = "Names the account in later calls." },
      { "account_domain", "string", nullable = true },
      { "subdomain", "string", nullable = true },
      { "admin_url", "string", nullable = true },
      open = true,
    },
    Account = {
      { "name", "string" },
      { "key", "string", required = true, doc = "What other calls take as account_key." },
      { "subdomain", "string" },
      { "domain", "string", nullable = true, doc = "Often empty." },
      { "package_id", "string", nullable = true, doc = "Digits as text." },
      { "email_admin", "string", nullable = true },
      open = true, evidence = "source",
    },
    Connection = {
      { "integration", "string", doc = "Key of the connected application." },
      { "property", "any", nullable = true },
      { "expires", "string", nullable = true, doc = "As all times here: 2026-11-21 20:10:00, UTC." },
      { "created", "string", nullable = true },
      { "status", "string", doc = "ACTIVE, INACTIVE, perhaps others." },
      { "environment", "string", nullable = true, doc = "sandbox or production." },
      { "last_sync", "string", nullable = true },
      { "last_sync_error", "string", nullable = true },
      { "last_sync_error_count", "string", nullable = true, doc = "A number as text." },
      { "last_sync_error_message", "string", nullable = true },
      { "active", "boolean" },
      { "name", "string", doc = "Name of the account." },
      { "account_key", "string", doc = "Which account it belongs to." },
      { "in_error_state", "boolean" },
      open = true,
    },
    EmbedToken = {
      { "token", "string", required = true, secret = true, doc = "Good for one hour and one use." },
      open = true,
    },
    ApiKey = {
      { "id", "string" },
      { "name", "string", nullable = true },
      { "key", "string", secret = true, doc = "The key itself, if at all only in the reply that makes it." },
      open = true, evidence = "inferred",
    },
  },

  resources = {
    { "accounts", doc = "Accounts of customers, each under a subdomain of its own.",
      find = {
        by = {
          { "subdomain", fold = true }, { "account_key", at = { "/account_key", "/key" } }, { "key" },
          { "email_admin", fold = true }, { "name" },
        },
        list = "accounts.list",
      },
      operations = {
        { "create", http = "POST " .. at, summary = "Create an account for a customer.", evidence = "source", effect = "create",
          doc = "Keep the account_key of the reply, other calls want it. Nothing guards against repetition but the subdomain: "
            .. "look with accounts.find first. An account cannot be deleted, only made inactive.",
          body = "AccountCreate", returns = "AccountResult",
          inverse = { "accounts.update", from = "", set = { active = false } }, settle = 60,
          example = [[
local made = bossinsights.accounts.create{
  name = "Example Client Ltd", active = true, email_admin = "new.client@example.com", password = "",
  subdomain = "example-client", type = "standard", datashare = true,
}
return made.account_key]] },
        { "list", http = "POST " .. at, summary = "List all accounts that were created.", evidence = "source", effect = "read",
          doc = "Whether an account is active is not told.",
          fixed = { action = "list_accounts" }, body = {},
          envelope = { status = status, ok = ok, message = message, data = "/accounts", empty_object = true }, returns = "[Account]",
          example = [[return bossinsights.accounts.list()]] },
        { "update", http = "POST " .. at, summary = "Change package, contact or state of an account.", evidence = "source",
          effect = "set",
          doc = "At least one member beside account_key. Name, subdomain, password, domain and datashare stay as they were "
            .. "created.",
          fixed = { action = "update_account" }, body = "AccountUpdate", returns = "AccountResult",
          example = [[
local account = bossinsights.accounts.find{ subdomain = "generalco" }
bossinsights.accounts.update{ account_key = account.key, email_admin = "new.cfo@example.com" }]] },
      } },

    { "connections", doc = "Connections of accounts to accounting and banking applications.",
      find = { by = { { "account_key" }, { "integration" }, { "environment" }, { "name" } }, list = "connections.list" },
      operations = {
        { "list", http = "GET " .. at, summary = "List the connections of all accounts, and how they fare.", evidence = "docs",
          effect = "read",
          doc = "Those of one account are picked by account_key.",
          fixed = { query = { action = "connection_health" } },
          envelope = { status = status, ok = ok, message = message, data = "/connections", empty_object = true }, returns = "[Connection]",
          example = [[
local broken = {}
for _, connection in ipairs(bossinsights.connections.list()) do
  if connection.in_error_state then broken[#broken + 1] = connection end
end
return broken]] },
        { "disconnect", http = "POST " .. at, summary = "Cut the connection of an account to an application.",
          evidence = "inferred", effect = "set", danger = true,
          doc = experimental .. " Consent to connect again is the customer's to give.",
          fixed = { action = "disconnect" },
          body = {
            { "account_key", "string", required = true, pattern = account_key_pattern, evidence = "inferred",
              doc = "Which account." },
            { "integration", "string", required = true, min = 1, evidence = "inferred",
              doc = "Key of the application, as connections.list has it." },
          },
          returns = "Done",
          example = [[
local account = bossinsights.accounts.find{ subdomain = "generalco" }
bossinsights.connections.disconnect{ account_key = account.key, integration = "qbo" }]] },
      } },

    { "embed_tokens", doc = "Tokens that open an account's pages inside a page of yours.",
      operations = {
        { "create", http = "GET " .. at, summary = "Make a token for pages embedded elsewhere.", evidence = "docs",
          effect = "create",
          doc = "A GET that makes a secret: one hour, one use. It is never repeated by itself. Without account_key the token is "
            .. "for your own account.",
          fixed = { query = { action = "embed_token" } },
          query = {
            { "account_key", "string", pattern = account_key_pattern, doc = "The account to go into." },
            { "observe_account", "flag", doc = "With account_key: stay in your own account and see that one's pages." },
          },
          envelope = { status = status, ok = ok, message = message, optional = true }, returns = "EmbedToken",
          example = [[
local account = bossinsights.accounts.find{ subdomain = "generalco" }
local token = bossinsights.embed_tokens.create{ account_key = account.key, observe_account = true }.token
return #token > 0]] },
      } },

    { "allowed_urls", doc = "Sites that may embed the widget. They can be neither listed nor taken back.",
      operations = {
        { "create", http = "POST " .. at, summary = "Allow a site to embed the widget.", evidence = "docs", effect = "create",
          doc = "Known from the vendor's samples only, which call it a convenience.",
          fixed = { action = "allow_url" },
          body = {
            { "url", "string", required = true, pattern = "https?://.+", pattern_doc = "https://app.example.com",
              doc = "Address of the site." },
            { "environment", "string", default = "production", doc = "The samples know production and sandbox." },
          },
          returns = "Done",
          example = [[bossinsights.allowed_urls.create{ url = "https://app.example.com" }]] },
      } },

    { "api_keys", doc = "Keys that programs sign in with. Experimental throughout.",
      find = { by = { { "name" }, { "id" } }, list = "api_keys.list" },
      operations = {
        { "create", http = "POST " .. at, summary = "Create an API key.", evidence = "inferred", effect = "create",
          doc = experimental .. " The key in the reply is a secret.",
          fixed = { action = "create_api_key" }, body = "ApiKeyCreate", returns = "ApiKey", settle = 60,
          example = [[return bossinsights.api_keys.create{ name = "nightly export" } ~= nil]] },
        { "list", http = "GET " .. at, summary = "List the API keys.", evidence = "inferred", effect = "read",
          doc = experimental,
          fixed = { query = { action = "list_api_keys" } },
          envelope = { status = status, ok = ok, message = message, data = "/api_keys", empty_object = true }, returns = "[ApiKey]",
          example = [[return bossinsights.api_keys.list()]] },
        { "update", http = "POST " .. at, summary = "Change an API key.", evidence = "inferred", effect = "set",
          doc = experimental,
          fixed = { action = "update_api_key" }, body = "ApiKeyUpdate", returns = "Done",
          example = [[
local key = bossinsights.api_keys.find{ name = "reporting" }
bossinsights.api_keys.update{ id = key.id, active = false }]] },
      } },
  },
}
