-- The sandbox from inside: requests as tables, no socket and no client.

local t = require "test"
local base64 = require("core.sandbox.auth").base64
local data_of = require "core.sandbox.data"
local envelope = require "core.envelope"
local fault = require "core.sandbox.fault"
local ids = require "core.sandbox.ids"
local json = require "host.json"
local main = require "core.sandbox.main"
local router = require "core.sandbox.router"
local services = require "core.services"
local sys = require "host.sys"
local validate = require "core.sandbox.validate"
local _

local function fresh(options)
  return main.build(options or {})
end

local ixon_headers = {
  ["api-version"] = "2", ["api-application"] = "SandboxApp01", ["api-company"] = "1111-2222-3333-4444-5555",
  ["authorization"] = "Bearer sandbox-ixon-token", ["content-type"] = "application/json",
  ["api-branding"] = "portal.ixon.cloud",
}

local function with(headers, changes)
  local out = {}
  for name, value in pairs(headers) do out[name] = value end
  for name, value in pairs(changes or {}) do out[name] = value or nil end
  return out
end

-- The reply and its decoded body.
local function ask(server, method, target, body, headers)
  local path, query = target:match "^([^?]*)%??(.*)$"
  local reply = server:handle { method = method, path = path, query = query, headers = headers,
    body = body and (type(body) == "string" and body or json.encode(body)) or "" }
  local decoded = reply.body and reply.body ~= "" and json.decode(reply.body) or nil
  return reply, decoded
end

local function ixon(server, method, target, body, changes)
  return ask(server, method, "/ixon" .. target, body, with(ixon_headers, changes))
end

local qalyptus_headers = { ["authorization"] = "Bearer sandbox-qalyptus-key", ["content-type"] = "application/json" }

local function qalyptus(server, method, target, body, changes)
  return ask(server, method, "/qalyptus/api/v1" .. target, body, with(qalyptus_headers, changes))
end

local function intrexx_token(server)
  local reply = ask(server, "POST", "/intrexx/auth", { name = "admin", password = "sandbox-intrexx-password" }, {})
  return reply.body, reply
end

local function intrexx(server, method, target, body, token)
  return ask(server, method, "/intrexx" .. target, body, { authorization = "Bearer " .. (token or intrexx_token(server)) })
end

local function infoworks_token(server)
  local _, body = ask(server, "GET", "/infoworks/v3/security/token/access", nil, { authorization = "Basic sandbox+infoworks/refresh=" })
  return body.result.authentication_token
end

local function find(list, name, value)
  for _, one in ipairs(list) do
    if one[name] == value then return one end
  end
end

local function by_name(server, path, name)
  local _, body = ixon(server, "GET", path)
  return find(body.data, "name", name).publicId
end

local function invitation(server, email)
  return json.array { {
    emailAddress = email,
    groupRoles = json.array { { group = { publicId = by_name(server, "/groups", "Plant A") },
      role = { publicId = by_name(server, "/roles", "Engineer") } } },
  } }
end

local function count(server, operation, key)
  return (server.world.effects[operation] or {})[key] or 0
end

t.describe("sandbox data", function()
  for _, name in ipairs(services.names()) do
    t.it("of " .. name .. " is well-formed", function()
      local data = data_of.load(name)
      if data then t.eq(data_of.lint(data, services.catalogue(name)), {}) end
    end)
  end
  t.it("is faulted for unknown keys and operations", function()
    local problems = data_of.lint({ base = "/x", ids = "uuid", id = "id", account = {}, reply = {}, seeds = {},
      operations = { ["invites.creat"] = { akt = "get" } }, stores = { users = { uniqe = {} } } }, services.catalogue "ixon")
    t.eq(problems, {
      "ixon.sandbox.operations.invites.creat: no such operation",
      "ixon.sandbox.operations.invites.creat: unknown key 'akt' (did you mean 'act'?)",
      "ixon.sandbox.stores.users: unknown key 'uniqe' (did you mean 'unique'?)",
      "ixon.sandbox: unknown key 'seeds' (did you mean 'seed'?)",
    })
  end)
  t.it("gives every service an account with its required settings", function()
    for name, account in pairs(main.accounts(4711)) do
      t.ok(account.url:find("^http://127%.0%.0%.1:4711/" .. name), account.url)
      for _, row in ipairs(services.catalogue(name).settings) do
        if row.required then t.ok(account[row[1]], name .. "." .. row[1]) end
      end
    end
  end)
  t.it("answers every read operation that needs no id with what its shape says", function()
    local server = fresh()
    local function authorization(service)
      if service == "bossinsights" then return "Basic " .. base64 "sandbox-bossinsights-key:" end
      return "Bearer " .. ({ intrexx = intrexx_token, infoworks = infoworks_token })[service](server)
    end
    local asked = 0
    for _, service in ipairs(server.services) do
      for _, resource in ipairs(service.catalogue.resources) do
        for _, op in ipairs(resource.operations) do
          local target = op.template:gsub("{portal}", "hr")
          if op.method == "GET" and op.effect == "read" and op.returns ~= "file" and not target:find "{" then
            local given = ({ ixon = ixon_headers, qalyptus = qalyptus_headers })[service.name]
            local headers = with(ixon_headers, { authorization = given and given.authorization or authorization(service.name),
              ["account-key"] = service.data.account.account_key, ["content-type"] = false })
            for name, value in pairs(op.fixed and op.fixed.query or {}) do target = ("%s?%s=%s"):format(target, name, value) end
            local reply, body = ask(server, "GET", service.data.base .. target, nil, headers)
            t.eq(reply.status, 200, op.id)
            local value = envelope.unwrap(service.catalogue, op, reply.status, body, { text = reply.body })
            local problems = op.returns ~= "any" and validate.body(service.catalogue.shapes, op.returns, value) or {}
            t.eq(problems, {}, op.id)
            asked = asked + 1
          end
        end
      end
    end
    t.ok(asked >= 20, "too few: " .. asked)
  end)
end)

t.describe("router", function()
  local r = router.new()
  r:add("GET", "/users", "list")
  r:add("GET", "/users/{id}", "get")
  r:add("GET", "/users/me", "me")
  r:add("PUT", "/users/me/x", "x")
  r:add("GET", "/users/{id}/groups", "groups")
  r:add("GET", "/", "root")
  t.it("prefers literal segments but backs out of them", function()
    t.eq(r:match("GET", "/users/me"), "me")
    local value, args = r:match("GET", "/users/a%2Fb")
    t.eq(value, "get")
    t.eq(args, { id = "a/b" })
    value, args = r:match("GET", "/users/me/groups")
    t.eq(value, "groups")
    t.eq(args, { id = "me" })
    t.eq(r:match("GET", "/"), "root")
  end)
  t.it("tells a wrong path from a wrong method", function()
    local value, why, methods = r:match("DELETE", "/users")
    t.eq({ value, why, methods }, { nil, "method", { "GET" } })
    for _, path in ipairs { "/nothing", "/users/", "/users//groups", "/users/%zz", "/users/1/2/3" } do
      t.eq({ r:match("GET", path) }, { nil, "path" }, path)
    end
  end)
end)

t.describe("ids", function()
  t.it("look like the vendors' and never repeat", function()
    local forms = { alnum12 = "^[0-9A-Za-z]+$", hex40 = "^[0-9a-f]+$",
      uuid = "^%x%x%x%x%x%x%x%x%-%x%x%x%x%-4%x%x%x%-[89ab]%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$" }
    local lengths = { alnum12 = 12, hex40 = 40, uuid = 36 }
    for kind, form in pairs(forms) do
      local seen = {}
      for serial = 1, 2000 do
        local id = ids.kinds[kind](7, serial)
        t.ok(id:find(form) and #id == lengths[kind], id)
        t.ok(not seen[id], id)
        seen[id] = true
      end
    end
    t.eq(ids.kinds.uuid(1, 5), ids.kinds.uuid(1, 5))
    t.ok(ids.kinds.uuid(1, 5) ~= ids.kinds.uuid(2, 5))
  end)
end)

t.describe("ixon", function()
  t.it("wants its headers, each named in the vendor's form", function()
    local server = fresh()
    for _, case in ipairs { { "api-version", "Api-Version" }, { "api-application", "Api-Application" },
        { "api-company", "Api-Company" } } do
      local reply, body = ixon(server, "GET", "/users", nil, { [case[1]] = false })
      t.eq(reply.status, 400)
      t.eq(body, { status = "error", type = "Error", data = { { message = "Required header", propertyName = case[2] } } })
      t.ok(json.is_null(body, "moreAfter") and json.is_null(body.data[1], "listIndex"))
      _, body = ixon(server, "GET", "/users", nil, { [case[1]] = "nonsense" })
      t.eq(body.data[1].message, "Invalid value")
    end
    for _, value in ipairs { false, "Bearer wrong", "sandbox-ixon-token", "Basic c2FuZGJveA==", "bearer sandbox-ixon-token" } do
      local reply, body = ixon(server, "GET", "/users", nil, { authorization = value })
      t.eq(reply.status, 401, tostring(value))
      t.eq(body.data[1].propertyName, "Authorization")
    end
    t.eq((ixon(server, "GET", "/permissions", nil, { authorization = false, ["api-company"] = false })).status, 200)
    local reply, body = ixon(server, "POST", "/invites", invitation(server, "a.hire@example.com"), { ["api-branding"] = false })
    t.eq({ reply.status, body.data[1].propertyName }, { 400, "Api-Branding" })
  end)

  t.it("takes the token without the word Bearer for invites alone", function()
    local server = fresh()
    local bare = { authorization = "sandbox-ixon-token" }
    t.eq((ixon(server, "POST", "/invites", invitation(server, "bare@example.com"), bare)).status, 201)
    t.eq((ixon(server, "GET", "/invites", nil, bare)).status, 401)
    t.eq((ixon(server, "POST", "/invites", invitation(server, "x@example.com"), { authorization = "wrong" })).status, 401)
  end)

  t.it("signs in with e-mail, one-time password and password", function()
    local server = fresh()
    local function login(text)
      return ixon(server, "POST", "/access-tokens?fields=secretId", { expiresIn = 3600 },
        { authorization = "Basic " .. require("core.sandbox.auth").base64(text), ["api-company"] = false })
    end
    local reply, body = login "anna.admin@example.com::sandbox-ixon-password"
    t.eq({ reply.status, body.type, #body.data.secretId }, { 201, "AccessTokenCreateResponse", 32 })
    local bearer = { authorization = "Bearer " .. body.data.secretId }
    t.eq((ixon(server, "GET", "/users", nil, bearer)).status, 200)
    server.world.skew = 3599
    t.eq((ixon(server, "GET", "/users", nil, bearer)).status, 200)
    server.world.skew = 3601
    t.eq((ixon(server, "GET", "/users", nil, bearer)).status, 401, "expired")
    t.eq((login "anna.admin@example.com:sandbox-ixon-password").status, 401)
    t.eq((login "anna.admin@example.com::wrong").status, 401)
  end)

  t.it("logs out by deleting the token in use", function()
    local server = fresh()
    local _, body = ixon(server, "GET", "/access-tokens/me?fields=*")
    t.eq(body.data.publicId, "kT9sLw25bXeH")
    t.eq(body.data.secretId, nil, "the secret is not shown again")
    t.eq((ixon(server, "DELETE", "/access-tokens/me")).status, 200)
    t.eq((ixon(server, "GET", "/users")).status, 401)
  end)

  t.it("invites a person: an invite that carries memberships", function()
    local server = fresh()
    local reply, body = ixon(server, "POST", "/invites", invitation(server, "new.hire@example.com"))
    t.eq({ reply.status, body.status, body.type }, { 201, "success", "InviteResponse" })
    t.eq({ #body.data.invites, #body.data.userMemberships }, { 1, 1 })
    local invite = body.data.invites[1].publicId
    _, body = ixon(server, "GET", "/invites?fields=publicId,emailAddress,memberships.role.name&filters="
      .. "eq(emailAddress,%22new.hire@example.com%22)")
    t.eq(body.data[1].memberships[1].role.name, "Engineer")
    t.eq(body.data[1].publicId, invite)
    t.eq(body.data[1].groupRoles, nil)
    t.eq(count(server, "ixon.invites.create", "new.hire@example.com"), 1)
    _, body = ixon(server, "GET", "/users/memberships?fields=publicId,invite.publicId,user.publicId")
    t.ok(find(body.data, "publicId", body.data[4].publicId).invite.publicId == invite)
    t.eq((ixon(server, "DELETE", "/invites", json.array { { publicId = invite } })).status, 200)
    _, body = ixon(server, "GET", "/users/memberships")
    t.eq(#body.data, 3, "its memberships went with it")
    t.eq(count(server, "ixon.invites.delete", "new.hire@example.com"), 1)
    t.eq((ixon(server, "DELETE", "/invites", json.array { { publicId = invite } })).status, 404)
    t.eq(count(server, "ixon.invites.delete", "new.hire@example.com"), 1, "what was refused does not count")
  end)

  t.it("gives somebody who is a user the membership only", function()
    local server = fresh()
    local _, body = ixon(server, "POST", "/invites", invitation(server, "OLAF.operator@example.com"))
    t.eq({ #body.data.invites, #body.data.userMemberships }, { 0, 1 })
    t.ok(json.is_array(body.data.invites))
    _, body = ixon(server, "GET", "/users/uN2gVx73mBpS?fields=memberships(group.name,role(name))")
    t.eq(body.data.memberships[2].group.name, "Plant A")
    t.eq(body.data.memberships[2].role, { publicId = "rM4eTz81kQwA", name = "Engineer" })
    t.eq((ixon(server, "DELETE", "/users", { publicId = "uN2gVx73mBpS" })).status, 200, "a lone object stands for a list")
    _, body = ixon(server, "GET", "/users/memberships")
    t.eq(#body.data, 2, "both memberships are gone")
  end)

  t.it("lets a second invite through and counts it: the oracle of the crash tests", function()
    local server = fresh()
    for _ = 1, 2 do ixon(server, "POST", "/invites", invitation(server, "twice@example.com")) end
    t.eq(count(server, "ixon.invites.create", "twice@example.com"), 2)
  end)

  t.it("names every fault of a body with its place, and does nothing", function()
    local server = fresh()
    local reply, body = ixon(server, "POST", "/invites", json.array {
      { emailAddress = "fine@example.com", groupRoles = json.array {} },
      { emailAddress = "a@b", groupRoles = json.array { { group = {}, role = { publicId = "short" } } }, mesage = "x" },
    })
    t.eq(reply.status, 400)
    local seen = {}
    for _, problem in ipairs(body.data) do
      seen[problem.propertyName] = problem.listIndex
      t.eq(problem.listIndex, 1)
    end
    t.eq(seen, { emailAddress = 1, mesage = 1, ["groupRoles.0.group.publicId"] = 1, ["groupRoles.0.role.publicId"] = 1 })
    local wrong = invitation(server, "new.hire@example.com")
    wrong[1].groupRoles[1].role.publicId = "AAAAAAAAAAAA"
    reply, body = ixon(server, "POST", "/invites", wrong)
    t.eq({ reply.status, body.data[1].propertyName }, { 400, "groupRoles.role.publicId" })
    t.eq(server.world.effects, {})
    for _, text in ipairs { "[", "{\"a\":}", "[] []", "\255" } do
      t.eq((ixon(server, "POST", "/invites", text)).status, 400, text)
    end
    t.eq((ixon(server, "POST", "/invites", "")).status, 400)
    t.eq((ixon(server, "POST", "/invites", "[]", { ["content-type"] = "text/plain" })).status, 415)
    t.eq((ixon(server, "GET", "/invites", "[]")).status, 400, "a body where none belongs")
  end)

  t.it("pages by moreAfter, steady while records go", function()
    local server = fresh()
    local reply, body = ixon(server, "GET", "/users")
    t.eq({ reply.status, #body.data }, { 200, 20 }, "20 without page-size")
    local seen, pages = {}, 0
    local after = ""
    repeat
      _, body = ixon(server, "GET", "/users?page-size=7&fields=publicId" .. after)
      pages = pages + 1
      for _, user in ipairs(body.data) do
        t.ok(not seen[user.publicId], "twice: " .. user.publicId)
        seen[user.publicId] = true
      end
      if pages == 2 then ixon(server, "DELETE", "/users/" .. body.data[7].publicId) end
      after = body.moreAfter and "&page-after=" .. body.moreAfter
    until not after
    local n = 0
    for _ in pairs(seen) do n = n + 1 end
    t.eq({ n, pages }, { 45, 7 })
    t.ok(json.is_null(body, "moreAfter"))
    t.eq((ixon(server, "GET", "/users?page-after=nonsense")).status, 400)
    t.eq((ixon(server, "GET", "/users?page-size=4001")).status, 400)
    t.eq((ixon(server, "GET", "/users?page-size=x")).status, 400)
    t.eq((ixon(server, "GET", "/users?pagesize=2")).status, 400, "an unknown parameter")
  end)

  t.it("filters", function()
    local server = fresh()
    local function names(filters)
      local reply, body = ixon(server, "GET", "/users?page-size=100&fields=name" .. filters)
      if reply.status ~= 200 then return reply.status end
      local out = {}
      for i, user in ipairs(body.data) do out[i] = user.name end
      return table.concat(out, ",")
    end
    t.eq(names '&filters=eq(name,"Anna Admin")', "Anna Admin")
    t.eq(names '&filters=contains(emailAddress,"LEAVER")', "Lea Leaver")
    t.eq(names '&filters=eq(type,"service_account")', "errand")
    t.eq(names '&filters=isnull(emailAddress)', "errand")
    t.eq(names '&filters=in(name,"Anna Admin","Lea Leaver")&filters=ne(name,"Lea Leaver")', "Anna Admin")
    t.eq(names '&filters=eq(memberships.group.publicId,"gA7nWq35uFtE")', "Olaf Operator")
    t.eq(names '&filters=eq(name,"nobody, or so")', "")
    for _, bad in ipairs { "eq(name)", "near(name,1)", "eq(nonsense,1)", "name=x", 'eq(name,"a)', "isnull(name,1)" } do
      t.eq(names("&filters=" .. bad), 400, bad)
    end
    t.eq((ixon(server, "GET", '/roles?filters=eq(name,"x")')).status, 400, "roles take no filters")
    t.eq((ixon(server, "GET", "/users?fields=nonsense")).status, 400)
    t.eq((ixon(server, "GET", "/users?fields=memberships(role")).status, 200, "an open bracket is closed by the end")
  end)

  t.it("changes, replaces and removes", function()
    local server = fresh()
    local _, body = ixon(server, "POST", "/roles", json.array { { name = "Reader" }, { name = "Writer", description = "w" } })
    local reader, writer = body.data[1].publicId, body.data[2].publicId
    t.eq((ixon(server, "PATCH", "/roles", '[{"publicId":"' .. writer .. '","description":null}]')).status, 200)
    _, body = ixon(server, "GET", "/roles/" .. writer .. "?fields=*")
    t.eq({ body.data.name, body.data.description }, { "Writer", nil })
    t.eq((ixon(server, "PUT", "/roles/" .. reader .. "/permissions", '[{"publicId":"MANAGE_AGENT"}]')).status, 200)
    _, body = ixon(server, "GET", "/roles/" .. reader .. "?fields=permissions.publicId")
    t.eq(body.data.permissions, { { publicId = "MANAGE_AGENT" } })
    local reply
    reply, body = ixon(server, "PATCH", "/roles", json.array { { publicId = reader, name = "New" },
      { publicId = "AAAAAAAAAAAA", name = "X" } })
    t.eq({ reply.status, body.data[1].listIndex }, { 404, 1 })
    _, body = ixon(server, "GET", "/roles/" .. reader .. "?fields=name")
    t.eq(body.data.name, "Reader", "one bad element: nothing changed")
    reply, body = ixon(server, "PUT", "/users/memberships/user/uN2gVx73mBpS", json.array {
      { group = { publicId = "gB1kRs94cHyD" }, role = { publicId = reader } } })
    t.eq({ reply.status, #body.data }, { 200, 1 })
    _, body = ixon(server, "GET", "/users/uN2gVx73mBpS?fields=memberships.group.name")
    t.eq(#body.data.memberships, 1)
    t.eq(body.data.memberships[1].group.name, "Plant B")
    t.eq((ixon(server, "DELETE", "/roles", json.array { { publicId = reader } })).status, 200)
    _, body = ixon(server, "GET", "/users/uN2gVx73mBpS?fields=memberships.publicId")
    t.eq(body.data.memberships, {})
  end)

  t.it("answers unknown routes and methods in its own form", function()
    local server = fresh()
    local reply, body = ixon(server, "GET", "/nothing")
    t.eq({ reply.status, body.status }, { 404, "error" })
    reply = ixon(server, "PUT", "/users")
    t.eq({ reply.status, reply.headers.Allow }, { 405, "DELETE, GET" })
    t.eq((ixon(server, "GET", "/users/zzz")).status, 404, "no id at all")
    t.eq((ask(server, "GET", "/ixonx/users", nil, ixon_headers)).status, 404)
    t.eq((ixon(server, "GET", "")).status, 200, "the base itself")
  end)
end)

t.describe("qalyptus", function()
  local org = { id = "5b0f6a0e-8a53-4c1d-9c39-1f1b6f3f2a10", name = "Example Org" }
  local readers = { id = "0d9e4c3b-6a25-4b7f-a1c8-52e6f7d8b901", name = "Report readers" }
  local function person(email)
    return { firstName = "New", lastName = "Hire", email = email, isActive = true, password = "not shown",
      organizations = json.array { org }, groups = json.array { readers } }
  end

  t.it("wraps replies and refusals", function()
    local server = fresh()
    local reply, body = qalyptus(server, "GET", "/organizations")
    t.eq(reply.status, 200)
    t.eq(body.isSuccess, true)
    t.ok(json.is_null(body, "error") and json.is_null(body, "errorDetails"))
    reply, body = qalyptus(server, "GET", "/organizations", nil, { authorization = "Bearer x" })
    t.eq({ reply.status, body.isSuccess, body.error.message }, { 401, false, "The API key is not valid" })
    t.ok(json.is_null(body, "data"))
    reply, body = qalyptus(server, "GET", "/organizations?page_size=51&page=0&nam=x&get_all=1")
    t.eq({ reply.status, #body.errorDetails }, { 400, 4 })
  end)

  t.it("lists a new recipient among the users, in the group and the organization", function()
    local server = fresh()
    local reply, body = qalyptus(server, "POST", "/users/recipients", person "new.hire@example.com")
    t.eq({ reply.status, body.data.type, body.data.fullName }, { 201, "recipient", "New Hire" })
    t.eq({ body.data.password, body.data.roles[1].name }, { nil, "Hub users" })
    local id = body.data.id
    _, body = qalyptus(server, "GET", "/users?email=new.hire@example.com")
    t.eq({ #body.data, body.data[1].id }, { 1, id })
    _, body = qalyptus(server, "GET", "/users?email%5Bcontains%5D=NEW.hire&group_id=" .. readers.id)
    t.eq(#body.data, 1)
    _, body = qalyptus(server, "GET", "/groups?name[equals]=Report+readers")
    t.eq(find(body.data[1].members, "id", id), { id = id, name = "New Hire" })
    t.eq(body.data[1].organization, org)
    _, body = qalyptus(server, "GET", "/organizations/" .. org.id .. "/members?get_all=true&type=user&name[contains]=hire")
    t.eq({ #body.data, body.data[1].name, body.data[1].type }, { 1, "New Hire", "user" })
    _, body = qalyptus(server, "GET", "/organizations/" .. org.id .. "/members?type=group&sort_by=Name&sort_direction=desc")
    t.eq({ body.data[1].name, body.data[2].name }, { "Report readers", "Managers" })
    reply, body = qalyptus(server, "POST", "/users/recipients", person "NEW.HIRE@example.com")
    t.eq({ reply.status, body.isSuccess }, { 409, false })
    t.eq(count(server, "qalyptus.recipients.create", "new.hire@example.com"), 1)
    t.eq((qalyptus(server, "PUT", "/users/recipients/" .. id, person "new.hire@example.com")).status, 200, "its own e-mail may stay")
  end)

  t.it("replaces on update: what is left out is cleared", function()
    local server = fresh()
    local _, body = qalyptus(server, "POST", "/users/recipients", person "new.hire@example.com")
    local changed = person "new.hire@example.com"
    changed.groups, changed.isActive = nil, false
    _, body = qalyptus(server, "PUT", "/users/recipients/" .. body.data.id, changed)
    t.eq({ body.data.isActive, #body.data.groups, body.data.type }, { false, 0, "recipient" })
    local role = { id = "33e7d8c9-4f50-4162-ad3c-8e9f0a1b2c35", name = "Users" }
    _, body = qalyptus(server, "POST", "/users/recipients/" .. body.data.id .. "/convert",
      { roles = json.array { role }, isActive = true, language = "de" })
    t.eq({ body.data.type, body.data.isoLanguage, body.data.language }, { "user", "de", nil })
  end)

  t.it("pages by ten, up to fifty, or all", function()
    local server = fresh()
    local seen, pages = {}, 0
    repeat
      pages = pages + 1
      local _, body = qalyptus(server, "GET", "/users?page=" .. pages)
      for _, user in ipairs(body.data) do seen[#seen + 1] = user.id end
    until #body.data < 10
    t.eq({ #seen, pages }, { 60, 7 })
    local _, body = qalyptus(server, "GET", "/users?page=2&page_size=50")
    t.eq(#body.data, 10)
    _, body = qalyptus(server, "GET", "/users?get_all=true&page_size=5")
    t.eq(#body.data, 60)
    _, body = qalyptus(server, "GET", "/users?is_active=false")
    t.eq(body.data, {})
    t.ok(json.is_array(body.data))
  end)

  t.it("sets the members of a group", function()
    local server = fresh()
    local anna = "d1e2f3a4-b5c6-4d7e-8f90-a1b2c3d4e571"
    local reply, body = qalyptus(server, "PUT", "/groups/members",
      { groupId = readers.id, name = "Report readers", userIds = json.array { anna } })
    t.eq({ reply.status, #body.data.members, body.data.members[1].id }, { 200, 1, anna })
    _, body = qalyptus(server, "GET", "/users?group_id=" .. readers.id)
    t.eq(#body.data, 1)
    t.eq((qalyptus(server, "DELETE", "/groups", json.array { readers.id })).status, 200)
    _, body = qalyptus(server, "GET", "/users?email=anna.admin@example.com")
    t.eq(#body.data[1].groups, 1, "the group that is gone is taken out of its members")
    reply = qalyptus(server, "PUT", "/groups/members", { groupId = readers.id, name = "x", userIds = json.array {} })
    t.eq(reply.status, 404)
  end)

  t.it("keeps the recipients of a task with it", function()
    local server = fresh()
    local path = "/tasks/c3d4e5f6-a7b8-4c9d-8e1f-2a3b4c5d6e79/recipients"
    local entry = { id = readers.id, type = "group", sendEmail = true, seeInHub = false }
    t.eq((qalyptus(server, "POST", path, json.array { entry })).status, 201)
    entry.seeInHub = true
    t.eq((qalyptus(server, "PUT", path, entry)).status, 200)
    local _, body = qalyptus(server, "GET", path)
    t.eq(body.data[1].seeInHub, true)
    t.eq((qalyptus(server, "DELETE", path, json.array { entry })).status, 200)
    _, body = qalyptus(server, "GET", path)
    t.eq(#body.data, 0)
    t.eq((qalyptus(server, "GET", "/tasks/" .. readers.id .. "/recipients")).status, 404, "no such task")
    t.eq((qalyptus(server, "POST", path, entry)).status, 400, "no lone objects here")
  end)
end)

t.describe("intrexx", function()
  local function user(login)
    return { general_settings = { first_name = "New", object_name = login }, contact = { email = { work = "new.hire@example.com" } },
      account = { login_username = login, password = "not shown" } }
  end

  t.it("sells a token in bare text that lives an hour", function()
    local server = fresh()
    local token, reply = intrexx_token(server)
    t.eq({ reply.status, reply.headers["Content-Type"] }, { 200, "text/plain; charset=utf-8" })
    t.ok(token:find "^eyJ[%w_-]+%.eyJ[%w_-]+%.[%w_-]+$", token)
    t.eq((intrexx(server, "GET", "/portals", nil, token)).status, 200)
    server.world.skew = 3601
    local body
    reply, body = intrexx(server, "GET", "/portals", nil, token)
    t.eq({ reply.status, body }, { 401, { message = "The token is missing or no longer valid" } })
    t.eq((intrexx(server, "GET", "/portals")).status, 200, "a new one works")
    t.eq((ask(server, "POST", "/intrexx/auth", { name = "admin", password = "wrong" }, {})).status, 401)
    t.eq((ask(server, "POST", "/intrexx/auth", { user = "x" }, {})).status, 400)
  end)

  t.it("creates portal users, in each portal apart", function()
    local server = fresh()
    local token = intrexx_token(server)
    local reply = intrexx(server, "POST", "/hr/users", user "new.hire", token)
    t.eq({ reply.status, reply.body, reply.headers.Location }, { 201, "", "hr/users/6" })
    local body
    reply, body = intrexx(server, "POST", "/hr/users", user "New.Hire", token)
    t.eq(reply.status, 409)
    t.ok(body.message:find "exists already")
    t.eq((intrexx(server, "POST", "/intranet/users", user "new.hire", token)).status, 201)
    t.eq((intrexx(server, "POST", "/nowhere/users", user "new.hire", token)).status, 404)
    _, body = intrexx(server, "GET", "/hr/users/6", nil, token)
    t.eq({ body.id, body.account, body.groups }, { 6, { login_username = "new.hire" }, nil })
    t.eq(count(server, "intrexx.users.create", "hr/new.hire"), 1)
    t.eq(count(server, "intrexx.users.create", "intranet/new.hire"), 1)
    t.eq((intrexx(server, "PATCH", "/hr/users/6", { general_settings = { last_name = "Hire" } }, token)).status, 204)
    _, body = intrexx(server, "GET", "/hr/users/6", nil, token)
    t.eq(body.general_settings, { first_name = "New", last_name = "Hire", object_name = "new.hire" })
    t.eq((intrexx(server, "DELETE", "/hr/users/6", nil, token)).status, 204)
    t.eq((intrexx(server, "GET", "/hr/users/6", nil, token)).status, 404)
    t.eq((intrexx(server, "POST", "/hr/users", user "next", token)).headers.Location, "hr/users/7", "ids are not used again")
  end)

  t.it("puts users into groups", function()
    local server = fresh()
    local token = intrexx_token(server)
    intrexx(server, "POST", "/hr/users", user "new.hire", token)
    for _ = 1, 2 do t.eq((intrexx(server, "PUT", "/hr/users/6/groups/4", nil, token)).status, 204) end
    t.eq(count(server, "intrexx.users.add_to_group", "hr/new.hire/Users"), 1, "the second changed nothing")
    local _, body = intrexx(server, "GET", "/hr/users/6/groups", nil, token)
    t.eq(body, { { id = 4, name = "Users" } })
    t.eq((intrexx(server, "PUT", "/hr/users/6/groups/99", nil, token)).status, 404)
    t.eq((intrexx(server, "PUT", "/hr/users/99/groups/4", nil, token)).status, 404)
    t.eq((intrexx(server, "DELETE", "/hr/users/6/groups/4", nil, token)).status, 204)
    t.eq((intrexx(server, "DELETE", "/hr/users/6/groups/4", nil, token)).status, 404)
    _, body = intrexx(server, "GET", "/hr/users/6/groups", nil, token)
    t.ok(json.is_array(body) and #body == 0)
  end)

  t.it("makes and drops whole portals", function()
    local server = fresh()
    local token = intrexx_token(server)
    local reply, body = intrexx(server, "POST", "/portals", { template_path = "/t", portal_path = "/p",
      portal = { display_name = "Plant 7" }, database = { type = "postgresql" } }, token)
    t.eq({ reply.status, body.name, #body.id }, { 201, "plant-7", 40 })
    local portal
    reply, portal = intrexx(server, "GET", "/plant-7/groups/4", nil, token)
    t.eq({ reply.status, portal.name }, { 200, "Users" })
    _, portal = intrexx(server, "PATCH", "/plant-7/settings", { session_timeout_sek = 60 }, token)
    t.eq({ portal.session_timeout_sek, portal.jvm_minimal_memory_mb }, { 60, 512 })
    t.eq((intrexx(server, "DELETE", "/portals/" .. body.id, nil, token)).status, 204)
    t.eq((intrexx(server, "GET", "/plant-7/groups/4", nil, token)).status, 404)
  end)
end)

t.describe("faults", function()
  t.it("are parsed, or refused with the nearest name", function()
    local ops = { "ixon.invites.create", "ixon.users.list" }
    local one = fault.parse("ixon.*:429=7@2-4", ops)
    t.eq({ one.kind, one.arg, one.first, one.last }, { "429", 7, 2, 4 })
    t.eq(fault.parse("*:huge", ops).arg, 256 * 1024 * 1024)
    t.eq(fault.parse("*:latency=0.5@3-", ops).last, math.huge)
    for spec, text in pairs {
      ["ixon.users.list"] = "expected SERVICE.RESOURCE.OPERATION:KIND",
      ["ixon.users.list:droop"] = "unknown kind 'droop' (did you mean 'drop'?)",
      ["ixon.invite.create:drop"] = "no operation is called 'ixon.invite.create' (did you mean 'ixon.invites.create'?)",
      ["*:status"] = "status wants status: status=503",
      ["*:status=999"] = "'999' is no status",
      ["*:latency=soon"] = "'soon' is no seconds",
      ["*:drop=1"] = "drop takes no argument",
      ["*:drop@0"] = "'@0' is no call number",
      ["*:drop@4-2"] = "'@4-2' is no call number",
    } do
      local parsed, why = fault.parse(spec, ops)
      t.ok(not parsed and why:find(text, 1, true), spec .. " -> " .. tostring(why))
    end
    t.raises(function() fresh { faults = { "*:drp" } } end, "did you mean 'drop'")
  end)

  t.it("hit the call they are meant for, before or after the effect", function()
    for spec, want in pairs {
      ["ixon.invites.create:drop@2"] = { fault = "drop", effects = 0 },
      ["ixon.*:reset@2"] = { fault = "reset", effects = 0 },
      ["ixon.invites.*:drop-reply@2"] = { fault = "drop", effects = 1 },
      ["ixon.invites.create:status=503@2-2"] = { status = 503, effects = 0 },
      ["*:status-after=502@2"] = { status = 502, effects = 1 },
      ["ixon.invites.create:429=3@2"] = { status = 429, effects = 0, retry = "3" },
      ["ixon.invites.create:429@2"] = { status = 429, effects = 0 },
      ["ixon.invites.create:truncate@2"] = { status = 201, fault = "truncate", effects = 1 },
      ["ixon.invites.create:huge=5000@2"] = { status = 201, fault = "huge", effects = 1 },
      ["ixon.invites.create:html@2"] = { status = 200, effects = 1, kind = "text/html" },
      ["ixon.invites.create:empty@2"] = { status = 201, effects = 1, body = "" },
      ["ixon.invites.create:malformed@2"] = { status = 200 + 1, effects = 1, broken = true },
      ["ixon.invites.create:latency=2@2"] = { status = 201, effects = 1, delay = 2 },
    } do
      local server = fresh()
      local body = invitation(server, "new.hire@example.com")
      t.ok(server.faults:add(spec))
      t.eq((ixon(server, "POST", "/invites", invitation(fresh(), "other@example.com"))).status, 201, spec)
      local reply = server:handle { method = "POST", path = "/ixon/invites", query = "", headers = ixon_headers,
        body = json.encode(body) }
      t.eq(reply.fault, want.fault, spec)
      if want.status then t.eq(reply.status, want.status, spec) end
      t.eq(count(server, "ixon.invites.create", "new.hire@example.com"), want.effects, spec)
      t.eq(reply.delay, want.delay, spec)
      t.eq((reply.headers or {})["Retry-After"], want.retry, spec)
      if want.kind then t.eq(reply.headers["Content-Type"], want.kind) end
      if want.body then t.eq(reply.body, want.body) end
      if want.broken then t.ok(not json.decode(reply.body)) end
      t.eq((ixon(server, "POST", "/invites", invitation(fresh(), "third@example.com"))).status, 201, spec .. ": only that one")
    end
  end)

  t.it("apply late what the client was never told of", function()
    local later = {}
    local server = fresh { faults = { "ixon.invites.create:late=5@1" }, after = function(seconds, fn) later = { seconds, fn } end }
    local reply = ixon(server, "POST", "/invites", invitation(fresh(), "new.hire@example.com"))
    t.eq({ reply.fault, later[1], count(server, "ixon.invites.create", "new.hire@example.com") }, { "drop", 5, 0 })
    later[2]()
    t.eq(count(server, "ixon.invites.create", "new.hire@example.com"), 1)
  end)

  t.it("let tokens expire", function()
    local server = fresh { faults = { "intrexx.portals.list:expire-token@1" } }
    local token = intrexx_token(server)
    t.eq((intrexx(server, "GET", "/portals", nil, token)).status, 401)
    t.eq((intrexx(server, "GET", "/portals", nil, token)).status, 401, "for good")
    t.eq((intrexx(server, "GET", "/portals")).status, 200)
    local keyed = fresh { faults = { "qalyptus.roles.list:expire-token@1" } }
    t.eq((qalyptus(keyed, "GET", "/roles")).status, 401)
    t.eq((qalyptus(keyed, "GET", "/roles")).status, 200, "a key does not expire by itself")
  end)
end)

t.describe("the world", function()
  local function scratch()
    return ("%s/errand-sandbox-%s.json"):format(sys.env "TMPDIR" or "/tmp", (sys.random(8):gsub(".", function(c)
      return ("%02x"):format(c:byte())
    end)))
  end

  t.it("makes the same ids each time", function()
    local made = {}
    for i = 1, 2 do
      local server = fresh()
      local _, body = ixon(server, "POST", "/invites", invitation(server, "new.hire@example.com"))
      made[i] = body.data.invites[1].publicId
    end
    t.eq(made[1], made[2])
  end)

  t.it("is kept in a file from run to run", function()
    local path = scratch()
    local server = fresh { state = path }
    t.ok(not sys.exists(path), "nothing is written before an effect")
    ixon(server, "POST", "/invites", invitation(server, "new.hire@example.com"))
    intrexx(server, "POST", "/hr/users", { general_settings = {}, account = { login_username = "new.hire" } })
    local again = fresh { state = path }
    local _, body = ixon(again, "GET", "/invites?fields=emailAddress")
    t.eq(body.data[1].emailAddress, "new.hire@example.com")
    t.eq(count(again, "ixon.invites.create", "new.hire@example.com"), 1)
    local reply = intrexx(again, "POST", "/hr/users", { general_settings = {}, account = { login_username = "second" } })
    t.eq(reply.headers.Location, "hr/users/7")
    local _, second = ixon(again, "POST", "/invites", invitation(again, "second@example.com"))
    t.ok(second.data.invites[1].publicId ~= body.data[1].publicId, "ids go on")
    os.remove(path)
    sys.write_file(path, '{"format":1}', 384)
    t.raises(function() fresh { state = path } end, "not written by errand sandbox")
    os.remove(path)
  end)

  t.it("answers for itself below /_sandbox/", function()
    local server = fresh()
    ixon(server, "POST", "/invites", invitation(server, "new.hire@example.com"))
    local reply, body = ask(server, "GET", "/_sandbox/effects", nil, {})
    t.eq({ reply.status, body }, { 200, { ["ixon.invites.create"] = { ["new.hire@example.com"] = 1 } } })
    _, body = ask(server, "GET", "/_sandbox/calls", nil, {})
    t.eq(body["ixon.invites.create"], 1)
    t.eq((ask(server, "POST", "/_sandbox/reset", nil, {})).status, 403)
    local token = { ["x-sandbox-token"] = server.token }
    t.eq((ask(server, "POST", "/_sandbox/faults", json.array { "ixon.*:dropp" }, token)).status, 400)
    t.eq((ask(server, "POST", "/_sandbox/faults", json.array { "ixon.*:drop" }, token)).status, 200)
    t.eq((ixon(server, "GET", "/users")).fault, "drop")
    t.eq((ask(server, "POST", "/_sandbox/clock", { advance = 100 }, token)).status, 200)
    t.eq(server.world.skew, 100)
    t.eq((ask(server, "POST", "/_sandbox/reset", nil, token)).status, 200)
    _, body = ask(server, "GET", "/_sandbox/effects", nil, {})
    t.ok(json.is_object(body) and next(body) == nil)
    t.eq((ixon(server, "GET", "/users")).status, 200)
    t.eq((ask(server, "GET", "/_sandbox/secrets", nil, token)).status, 404)
  end)
end)
