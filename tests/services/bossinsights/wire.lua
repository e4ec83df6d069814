-- What each call of bossinsights puts on the wire. Query as name=value joined by &, before percent-encoding.
-- SPDX-License-Identifier: MIT

local at = "/app/api.php"

return {
  settings = {},

  -- the body of the vendor's page; it has no action
  { op = "bossinsights.accounts.create",
    args = { {
      name = "new client name", package_id = "9", active = true, email_admin = "newaccountadmin@email.com",
      password = "newadminpassword", subdomain = "example", type = "standard", domain = "www.redirect.com", datashare = true,
    } },
    want = { method = "POST", path = at,
      body = [[{"active":"1","datashare":"1","domain":"www.redirect.com","email_admin":"newaccountadmin@email.com",]]
        .. [["name":"new client name","package_id":"9","password":"newadminpassword","subdomain":"example","type":"standard"}]] } },
  -- an empty password is a meaning, and 0 is no truth here
  { op = "bossinsights.accounts.create",
    args = { { name = "Example", active = 0, email_admin = "a@example.com", password = "", subdomain = "ex-1", datashare = "1" } },
    want = { method = "POST", path = at,
      body = [[{"active":"0","datashare":"1","email_admin":"a@example.com","name":"Example","password":"","subdomain":"ex-1"}]] } },
  { op = "bossinsights.accounts.list", args = {},
    want = { method = "POST", path = at, body = [[{"action":"list_accounts"}]] } },
  { op = "bossinsights.accounts.update",
    args = { { account_key = "5a70d8fcd44aa9.76285892", package_id = "9", active = true, email_admin = "newaccountadmin@email.com" } },
    want = { method = "POST", path = at,
      body = [[{"account_key":"5a70d8fcd44aa9.76285892","action":"update_account","active":"1",]]
        .. [["email_admin":"newaccountadmin@email.com","package_id":"9"}]] } },
  { op = "bossinsights.accounts.update", args = { { account_key = "1234567890.00000000", active = false } },
    want = { method = "POST", path = at,
      body = [[{"account_key":"1234567890.00000000","action":"update_account","active":"0"}]] } },

  { op = "bossinsights.connections.list", args = {}, want = { method = "GET", path = at, query = "action=connection_health" } },
  { op = "bossinsights.connections.disconnect", args = { { account_key = "5a70d8fcd44aa9.76285892", integration = "qbo" } },
    want = { method = "POST", path = at,
      body = [[{"account_key":"5a70d8fcd44aa9.76285892","action":"disconnect","integration":"qbo"}]] } },

  { op = "bossinsights.embed_tokens.create", args = {}, want = { method = "GET", path = at, query = "action=embed_token" } },
  { op = "bossinsights.embed_tokens.create", args = { { account_key = "5a70d8fcd44aa9.76285892", observe_account = true } },
    want = { method = "GET", path = at,
      query = "action=embed_token&account_key=5a70d8fcd44aa9.76285892&observe_account=1" } },

  { op = "bossinsights.allowed_urls.create", args = { { url = "https://app.example.com" } },
    want = { method = "POST", path = at, body = [[{"action":"allow_url","url":"https://app.example.com"}]] } },
  { op = "bossinsights.allowed_urls.create", args = { { url = "https://app.example.com", environment = "sandbox" } },
    want = { method = "POST", path = at,
      body = [[{"action":"allow_url","environment":"sandbox","url":"https://app.example.com"}]] } },

  { op = "bossinsights.api_keys.create", args = { { name = "nightly" } },
    want = { method = "POST", path = at, body = [[{"action":"create_api_key","name":"nightly"}]] } },
  { op = "bossinsights.api_keys.list", args = {}, want = { method = "GET", path = at, query = "action=list_api_keys" } },
  { op = "bossinsights.api_keys.update", args = { { id = "64f0", active = false, note = "x" } },
    want = { method = "POST", path = at, body = [[{"action":"update_api_key","active":"0","id":"64f0","note":"x"}]] } },
}
