-- One reply for each operation of infoworks in the form the API describes, and what the call makes of it.
-- SPDX-License-Identifier: MIT

local made = [[{"message":"Success","result":{"id":"5f3c1a90b7d24e6880a1c2ff"}}]]
local made_data = { id = "5f3c1a90b7d24e6880a1c2ff" }
local said = [[{"message":"Success","result":"done"}]]
local paged = [[,"limit":10,"offset":0,"total_count":1,"links":{"base":"http://iw.example.com:3001","self":"/v3/x","next":null}}]]
local login_refused = [[{"message":"Authentication failed","details":"Wrong user name or password","iw_code":"IW10031",]]
  .. [["help":"https://docs.example.com/IW10005"}]]
local synced = [=["added":[{"email":"a@example.com","id":"aN7xQ2mK9pR4tV6wB"}],"updated":[]]=]

return {
  { op = "infoworks.auth.authenticate", status = 200,
    body = [[{"message":"Success","result":{"authentication_token":"eyJh.eyJp.c2ln","is_authenticated":true,"user_id":"aN7x"}}]],
    data = { authentication_token = "eyJh.eyJp.c2ln", is_authenticated = true, user_id = "aN7x" } },
  { op = "infoworks.auth.authenticate", status = 406, body = login_refused,
    error = { kind = "auth", message = "HTTP 406: Authentication failed (IW10031)" } },
  -- a refusal is an answer
  { op = "infoworks.auth.authorise_user", status = 200,
    body = [[{"message":"Success","result":{"delegation_token":"d-1","is_authorised":false}}]],
    data = { delegation_token = "d-1", is_authorised = false } },
  { op = "infoworks.access_token.get", status = 200,
    body = [[{"message":"Success","result":{"authentication_token":"eyJh.eyJp.c2ln"}}]],
    data = { authentication_token = "eyJh.eyJp.c2ln" } },
  { op = "infoworks.access_token.get", status = 406, body = login_refused, error = { kind = "auth" } },
  { op = "infoworks.access_token.delete", status = 200, body = said, data = "done" },
  { op = "infoworks.access_token.validate", status = 200, body = [[{"message":"Success","result":{"is_valid":false}}]],
    data = { is_valid = false } },
  { op = "infoworks.access_token.validate", status = 401,
    body = [[{"message":"Forbidden","details":{},"iw_code":"IW10004","help":"https://docs.example.com/IW10004"}]],
    error = { kind = "auth", message = "Forbidden (IW10004)" } },
  { op = "infoworks.refresh_token.regenerate", status = 200, body = said, data = "done" },
  { op = "infoworks.sso.initialise", status = 200, body = [[{"Location":"https://sso.example.com/saml"}]],
    data = { Location = "https://sso.example.com/saml" } },
  { op = "infoworks.ldap.get_users", status = 200, body = [[{"users":["new.hire"]}]], data = { users = { "new.hire" } } },
  { op = "infoworks.ldap.get_users", status = 400, body = [[{"message":"searchAttribute is missing","iw_code":"IW10006"}]],
    error = { kind = "validation", message = "searchAttribute is missing" } },
  { op = "infoworks.ldap.bulk_sync", status = 200,
    body = [[{"message":"Success","result":{"new_users_count":1,"existing_user_count":0,]] .. synced .. [=[,"failed":[]}}]=],
    data = { new_users_count = 1, existing_user_count = 0, added = { { email = "a@example.com", id = "aN7xQ2mK9pR4tV6wB" } },
      updated = {}, failed = {} } },
  -- 200, and yet one user is missing
  { op = "infoworks.ldap.bulk_sync", status = 200,
    body = [[{"message":"Success","result":{"new_users_count":1,"existing_user_count":0,]] .. synced
      .. [=[,"failed":[{"email":"b@example.com","id":null,"error":"not found in LDAP"}]}}]=],
    error = { kind = "server", message = "1 of the entries failed (b@example.com: not found in LDAP)" } },
  { op = "infoworks.ldap.bulk_sync", status = 406, body = login_refused, error = { kind = "auth" } },

  { op = "infoworks.users.list", status = 200,
    body = [[{"message":"Success","result":[{"id":"aN7xQ2mK9pR4tV6wB","profile":{"name":"Anna Admin","email":"anna@example.com"},]]
      .. [["roles":["admin"],"refresh_token":"s3cret-refresh","locked_till":null}] ]] .. paged,
    data = { { id = "aN7xQ2mK9pR4tV6wB", profile = { name = "Anna Admin", email = "anna@example.com" }, roles = { "admin" },
      refresh_token = "s3cret-refresh" } } },
  { op = "infoworks.users.list", status = 403, body = [[{"message":"No access","details":{"role":"admin only"},"iw_code":"IW10004"}]],
    error = { kind = "auth", message = "No access (IW10004)" } },
  { op = "infoworks.users.create", status = 200, body = made, data = made_data },
  { op = "infoworks.users.create", status = 500, body = [[{"message":"Internal server error","iw_code":"IW10002"}]],
    error = { kind = "in_doubt", message = "IW10002" } },
  { op = "infoworks.users.get", status = 200, body = [[{"message":"Success","result":{"id":"aN7x","display_name":"Anna Admin"}}]],
    data = { id = "aN7x", display_name = "Anna Admin" } },
  { op = "infoworks.users.update", status = 200, body = made, data = made_data },
  { op = "infoworks.users.delete", status = 200, body = [[{"message":"Success"}]] },
  { op = "infoworks.users.reset_password", status = 200, body = [[{"message":"Success"}]] },
  { op = "infoworks.users.add_domains", status = 200, body = [[{"message":"Added Domain(s) to User"}]] },
  { op = "infoworks.me.get", status = 200, body = [[{"message":"Success","result":{"id":"aN7x","roles":["admin"]}}]],
    data = { id = "aN7x", roles = { "admin" } } },

  { op = "infoworks.domains.list", status = 200,
    body = [[{"message":"Success","result":[{"id":"5f3c","name":"Sales","environment_ids":["e1"]}] ]] .. paged,
    data = { { id = "5f3c", name = "Sales", environment_ids = { "e1" } } } },
  { op = "infoworks.domains.list", status = 200, body = [[{"message":"Success","result":[] ]] .. paged, data = {} },
  { op = "infoworks.domains.list", status = 200, body = [[{"message":"Success"}]], error = { kind = "server" } },
  { op = "infoworks.domains.create", status = 200, body = made, data = made_data },
  { op = "infoworks.domains.get", status = 200, body = [[{"message":"Success","result":{"id":"5f3c","name":"Sales"}}]],
    data = { id = "5f3c", name = "Sales" } },
  { op = "infoworks.domains.update", status = 200, body = made, data = made_data },
  { op = "infoworks.domains.delete", status = 200, body = [[{"message":"Success"}]] },
  { op = "infoworks.domains.list_sources", status = 200,
    body = [[{"message":"Success","result":[{"id":"5f3c","sourceName":"orders","sourceType":"rdbms"}] ]] .. paged,
    data = { { id = "5f3c", sourceName = "orders", sourceType = "rdbms" } } },
  { op = "infoworks.domains.add_sources", status = 200, body = [[{"result":"Added"}]], data = "Added" },
  { op = "infoworks.domains.remove_sources", status = 200, body = said, data = "done" },

  { op = "infoworks.sources.list", status = 200,
    body = [[{"message":"Success","result":[{"id":"5f3c","name":"orders","type":"rdbms","sub_type":"oracle"}] ]] .. paged,
    data = { { id = "5f3c", name = "orders", type = "rdbms", sub_type = "oracle" } } },
  -- sources word their errors in another way
  { op = "infoworks.sources.list", status = 400,
    body = [[{"errors":[{"message":"Bad filter","detail":"filter is no JSON","help":"","code":"IW10006"}]}]],
    error = { kind = "validation", message = "HTTP 400: Bad filter (IW10006)" } },
  { op = "infoworks.sources.create", status = 200, body = made, data = made_data },
  { op = "infoworks.sources.get", status = 200, body = [[{"message":"Success","result":{"id":"5f3c","name":"orders","tags":null}}]],
    data = { id = "5f3c", name = "orders" } },
  { op = "infoworks.sources.get", status = 404, body = [[{"errors":[{"message":"No such source","code":"IW10007"}]}]],
    error = { kind = "not_found", message = "No such source" } },
  { op = "infoworks.sources.update", status = 200, body = made, data = made_data },
  { op = "infoworks.sources.submit_job", status = 200, body = made, data = made_data },

  { op = "infoworks.jobs.list", status = 200,
    body = [[{"message":"Success","result":[{"id":"5f3c","status":"running","percentage":40.5}] ]] .. paged,
    data = { { id = "5f3c", status = "running", percentage = 40.5 } } },
  { op = "infoworks.jobs.get", status = 200, body = [[{"message":"Success","result":{"id":"5f3c","status":"completed"}}]],
    data = { id = "5f3c", status = "completed" } },
  { op = "infoworks.jobs.get_logs", status = 200, body = "INFO one\nINFO two\n", data = "INFO one\nINFO two\n" },
  { op = "infoworks.jobs.get_logs", status = 500, body = [[{"message":"No log yet","iw_code":"IW10002"}]],
    error = { kind = "server", message = "HTTP 500: No log yet (IW10002)" } },
  { op = "infoworks.jobs.resubmit", status = 200, body = made, data = made_data },
  { op = "infoworks.jobs.cancel", status = 200, body = [[{"message":"Requested Job Cancellation"}]] },
  -- a GET that may have had its effect
  { op = "infoworks.jobs.cancel", status = 502, body = "", error = { kind = "in_doubt" } },
}
