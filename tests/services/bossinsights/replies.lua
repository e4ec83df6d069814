-- One reply for each operation of bossinsights in the form the vendor shows or, for api_keys and disconnect, that we guess;
-- and what the call makes of it.
-- SPDX-License-Identifier: MIT

local done = [[{"status_code":200,"message":"Success"}]]
local done_data = { status_code = 200, message = "Success" }

return {
  { op = "bossinsights.accounts.create", status = 200,
    body = [[{"status_code":200,"message":"Account successfully created","account_key":"5a70d8fcd44aa9.76285892"}]],
    data = { status_code = 200, message = "Account successfully created", account_key = "5a70d8fcd44aa9.76285892" } },
  -- a subdomain in use, by the body alone and by both
  { op = "bossinsights.accounts.create", status = 200, body = [[{"status_code":409,"message":"Subdomain already in use"}]],
    error = { kind = "conflict", message = "Subdomain already in use" } },
  { op = "bossinsights.accounts.create", status = 409, body = [[{"status_code":409,"message":"Subdomain already in use"}]],
    error = { kind = "conflict", message = "HTTP 409" } },
  -- HTTP 200 alone is no success: nobody knows whether the account is there
  { op = "bossinsights.accounts.create", status = 200, body = [[{"message":"odd"}]], error = { kind = "in_doubt" } },
  { op = "bossinsights.accounts.create", status = 200, body = "", error = { kind = "in_doubt" } },
  { op = "bossinsights.accounts.create", status = 200, body = [=[["odd"]]=], error = { kind = "in_doubt" } },
  { op = "bossinsights.accounts.create", status = 200, body = [[{"status_code":500,"message":"Something broke"}]],
    error = { kind = "in_doubt", message = "Something broke" } },
  { op = "bossinsights.accounts.create", status = 503, body = "<html>down</html>", error = { kind = "in_doubt" } },
  { op = "bossinsights.accounts.list", status = 200,
    body = [[{"status_code":200,"message":"Accounts list successfully generated","accounts":[{"name":"General Company Ltd",]]
      .. [["key":"5a70d8fcd44aa9.76285892","subdomain":"generalco","domain":"","package_id":"93","email_admin":"cfo@example.com"}]}]],
    data = { { name = "General Company Ltd", key = "5a70d8fcd44aa9.76285892", subdomain = "generalco", domain = "",
      package_id = "93", email_admin = "cfo@example.com" } } },
  { op = "bossinsights.accounts.list", status = 200, body = [[{"status_code":200,"message":"ok","accounts":{}}]], data = {} },
  { op = "bossinsights.accounts.list", status = 200, body = [[{"status_code":200,"message":"ok","accounts":[]}]], data = {} },
  { op = "bossinsights.accounts.list", status = 200, body = [[{"status_code":200,"message":"ok"}]], error = { kind = "server" } },
  { op = "bossinsights.accounts.list", status = 200, body = [[{"status_code":401,"message":"Access denied"}]],
    error = { kind = "auth", message = "Access denied" } },
  { op = "bossinsights.accounts.update", status = 200,
    body = [[{"status_code":200,"message":"Account successfully updated","account_key":"5a70d8fcd44aa9.76285892"}]],
    data = { status_code = 200, message = "Account successfully updated", account_key = "5a70d8fcd44aa9.76285892" } },
  { op = "bossinsights.accounts.update", status = 200, body = [[{"status_code":400,"message":"Nothing to update"}]],
    error = { kind = "validation", message = "Nothing to update" } },

  { op = "bossinsights.connections.list", status = 200,
    body = [[{"status_code":200,"message":"ok","count":1,"connections":[{"integration":"qbo","property":"9130","status":"ACTIVE",]]
      .. [["expires":"2027-04-01 08:00:00","last_sync_error_count":"3","last_sync_error":null,"active":true,]]
      .. [["account_key":"5a70d8fcd44aa9.76285892","in_error_state":false}]}]],
    data = { { integration = "qbo", property = "9130", status = "ACTIVE", expires = "2027-04-01 08:00:00",
      last_sync_error_count = "3", active = true, account_key = "5a70d8fcd44aa9.76285892", in_error_state = false } } },
  { op = "bossinsights.connections.disconnect", status = 200, body = done, data = done_data },

  -- the one reply that may do without a status_code
  { op = "bossinsights.embed_tokens.create", status = 200, body = [[{"token":"eyJ0.b25l.Li4u"}]], data = { token = "eyJ0.b25l.Li4u" } },
  { op = "bossinsights.embed_tokens.create", status = 200, body = [[{"status_code":200,"message":"ok","token":"eyJ0.dHdv.Li4u"}]],
    data = { status_code = 200, message = "ok", token = "eyJ0.dHdv.Li4u" } },
  { op = "bossinsights.embed_tokens.create", status = 200, body = [[{"status_code":404,"message":"No such account"}]],
    error = { kind = "not_found", message = "No such account" } },

  { op = "bossinsights.allowed_urls.create", status = 200, body = done, data = done_data },
  { op = "bossinsights.api_keys.create", status = 200,
    body = [[{"status_code":200,"message":"Success","id":"64f0","name":"nightly","key":"a-new-api-key"}]],
    data = { status_code = 200, message = "Success", id = "64f0", name = "nightly", key = "a-new-api-key" } },
  { op = "bossinsights.api_keys.list", status = 200,
    body = [[{"status_code":200,"message":"Success","api_keys":[{"id":"64f0","name":"nightly"}]}]],
    data = { { id = "64f0", name = "nightly" } } },
  { op = "bossinsights.api_keys.update", status = 200, body = done, data = done_data },
}
