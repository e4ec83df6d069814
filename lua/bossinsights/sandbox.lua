-- SPDX-License-Identifier: MIT
-- What the sandbox plays for Boss Insights. The credentials are for the
-- sandbox alone and no secrets.

local generalco, plantco, oldco = "5a70d8fcd44aa9.76285892", "5b81e90de55bb0.11200493", "5c92fa1ef66cc1.20311504"

return {
  base = "/bossinsights",
  ids = "uniqid", id = "id",
  any_content_type = true,              -- the vendor's samples leave it out
  unauthorized = "Invalid credentials",

  account = { account_key = "5a50d8fed44aa9.76285894", user = "sandbox-bossinsights-key", password = "" },

  reply = {
    success = { status_code = 200, message = "Success" },
    failure = { status_code = "{status}", message = "{message}" },
  },

  stores = {
    accounts = {
      id = "key", key = "subdomain", unique = { "subdomain" }, default = { domain = "", package_id = "1" },
      hidden = { "password", "active", "type", "datashare", "first_name", "last_name", "environment" },
    },
    connections = { key = { "account_key", "integration" }, refs = { account_key = "accounts" } },
    embed_tokens = { default = { token = "sandbox-embed-token" } },
    allowed_urls = { key = "url" },
    api_keys = { ids = "hex24", key = "name", default = { key = "sandbox-new-api-key", active = "1" } },
  },

  operations = {
    ["accounts.create"] = {
      wrap = {
        status_code = 200, message = "Account successfully created", account_key = "{data/key}", subdomain = "{data/subdomain}",
      },
    },
    ["accounts.list"] = {
      act = "list",
      wrap = { status_code = 200, message = "Accounts list successfully generated", accounts = "{data}" },
    },
    ["accounts.update"] = {
      act = "update", rename = { account_key = "key" },
      wrap = { status_code = 200, message = "Account successfully updated", account_key = "{data/key}" },
    },
    ["connections.list"] = {
      fields = {
        "integration", "property", "expires", "created", "status", "environment", "last_sync", "last_sync_error",
        "last_sync_error_count", "last_sync_error_message", "active", "name", "account_key", "in_error_state",
      },
      wrap = { status_code = 200, message = "Connections successfully listed", count = "{total}", connections = "{data}" },
    },
    ["connections.disconnect"] = {
      act = "update", match = { "account_key", "integration" }, set = { status = "INACTIVE", active = false },
    },
    ["embed_tokens.create"] = { act = "insert", wrap = { token = "{data/token}" } },
    ["api_keys.create"] = {
      wrap = { status_code = 200, message = "Success", id = "{data/id}", name = "{data/name}", key = "{data/key}" },
    },
    ["api_keys.list"] = {
      fields = { "id", "name", "active" }, wrap = { status_code = 200, message = "Success", api_keys = "{data}" },
    },
    ["api_keys.update"] = { act = "update" },
  },

  seed = {
    accounts = {
      { key = generalco, name = "General Company Ltd", subdomain = "generalco", domain = "", package_id = "93",
        email_admin = "cfo@example.com", active = "1" },
      { key = plantco, name = "Plant Company", subdomain = "plantco", domain = "", package_id = "9",
        email_admin = "anna.admin@example.com", active = "1" },
      { key = oldco, name = "Old Company", subdomain = "oldco", domain = "reports.example.com", package_id = "9",
        email_admin = "leaver@example.com", active = "0" },
    },
    connections = {
      { integration = "qbo", property = "9130350000000001", expires = "2027-04-01 08:00:00", created = "2026-01-05 08:00:00",
        status = "ACTIVE", environment = "production", last_sync = "2026-10-30 02:15:00", active = true,
        name = "General Company Ltd", account_key = generalco, in_error_state = false },
      { integration = "xero", property = "b1f2", expires = "2026-06-01 08:00:00", created = "2025-11-12 09:30:00",
        status = "ACTIVE", environment = "production", last_sync = "2026-05-30 02:15:00",
        last_sync_error = "2026-10-30 02:15:00", last_sync_error_count = "14", last_sync_error_message = "Consent has expired",
        active = true, name = "Plant Company", account_key = plantco, in_error_state = true },
    },
    api_keys = { { id = "64f0c2a91b3d5e7f80a1b2c3", name = "reporting", key = "sandbox-reporting-api-key" } },
  },
}
