-- selector_spec.lua - operations that share a method and a path; forms of replies.
-- SPDX-License-Identifier: MIT

local t = require "test"
local base64 = require("core.sandbox.auth").base64
local envelope = require "core.envelope"
local json = require "host.json"
local lint = require "core.lint"
local main = require "core.sandbox.main"
local paging = require "core.paging"

local function fresh()
  return main.build {}
end

local function ask(server, method, target, body, headers)
  local path, query = target:match "^([^?]*)%??(.*)$"
  local reply = server:handle { method = method, path = path, query = query, headers = headers, body = body and json.encode(body) or "" }
  return reply, reply.body ~= "" and json.decode(reply.body) or nil
end

local function boss(server, body, key, method, query)
  return ask(server, method or "POST", "/bossinsights/app/api.php" .. (query or ""), body,
    { ["account-key"] = key or "5a50d8fed44aa9.76285894", authorization = "Basic " .. base64 "sandbox-bossinsights-key:" })
end

local function infoworks(server, target, authorization)
  return ask(server, "GET", "/infoworks/v3" .. target, nil, { authorization = authorization })
end

t.describe("operations of one path", function()
  t.it("are told apart by what is fixed in them", function()
    local server = fresh()
    local _
    local reply, body = boss(server, { action = "list_accounts" })
    t.eq({ reply.status, #body.accounts, body.status_code }, { 200, 3, 200 })
    _, body = boss(server, { action = "update_account", account_key = body.accounts[1].key, active = "0" })
    t.eq(body.message, "Account successfully updated")
    t.eq(server.calls, { ["bossinsights.accounts.list"] = 1, ["bossinsights.accounts.update"] = 1 })
    _, body = boss(server, nil, nil, "GET", "?action=connection_health")
    t.eq(body.count, 2)
    t.eq((boss(server, nil, nil, "GET", "?action=embed_tokens")).status, 400)
    t.eq((boss(server, nil, nil, "GET")).status, 400)
  end)

  t.it("mean the one without a selector where none fits", function()
    local server = fresh()
    local account = { name = "X", active = "1", email_admin = "x@example.com", password = "", subdomain = "x-1" }
    local _, body = boss(server, account)
    t.ok(body.account_key:find "^%x+%.%d+$", body.account_key)
    t.eq(server.world.effects["bossinsights.accounts.create"], { ["x-1"] = 1 })
    account.action = "lits_accounts"
    local reply
    reply, body = boss(server, account)
    t.eq({ reply.status, body.message }, { 400, "Unknown property" })
    account.action, account.subdomain = nil, "X-1"
    reply, body = boss(server, account)
    t.eq({ reply.status, body.status_code }, { 409, 409 })
    t.eq((boss(server, { action = "list_accounts" }, "5a70d8fcd44aa9.76285892")).status, 400)
  end)

  local function catalogue(first, second)
    local function op(name, fixed)
      return { name, http = "POST /x", effect = "send", summary = "s", example = "return 1", body = {}, fixed = fixed }
    end
    return { format = 1, name = "s", title = "S", url = { default = "https://s.example.com" },
      resources = { { "r", operations = { op("a", first), op("b", second) } } } }
  end

  t.it("are no fault, unless they have the same selector", function()
    t.eq(lint.check(catalogue({ action = "a" }, { action = "b" })), {})
    t.eq(lint.check(catalogue(nil, { action = "b" })), {})
    t.eq(lint.check(catalogue({ action = "a" }, { query = { action = "a" } })), {})
    t.eq(lint.check(catalogue({ action = "a" }, { action = "a" })), { "r.b: 'POST /x action=a' is also the route of r.a" })
    t.eq(lint.check(catalogue(nil, nil)), { "r.b: 'POST /x' is also the route of r.a" })
  end)

  t.it("have no row of the selector's name", function()
    local c = catalogue({ action = "a" }, nil)
    c.resources[1].operations[1].body = { { "action", "string" } }
    t.eq(lint.check(c), { "r.a.fixed: 'action' is a row of the body too" })
    c.resources[1].operations[1].body = nil
    t.eq(lint.check(c), { "r.a.fixed: 'action' goes into a body, but there is none (body = {})" })
  end)
end)

t.describe("a list by offset, in the sandbox", function()
  t.it("has a total and names the next page by its path", function()
    local server = fresh()
    local _, login = infoworks(server, "/security/token/access", "Basic sandbox+infoworks/refresh=")
    local bearer = "Bearer " .. login.result.authentication_token
    local _, body = infoworks(server, "/admin/users?limit=5&offset=30", bearer)
    t.eq({ #body.result, body.total_count, body.links.next }, { 5, 37, "/infoworks/v3/admin/users?offset=35&limit=5" })
    _, body = ask(server, "GET", body.links.next, nil, { authorization = bearer })
    t.eq(#body.result, 2)
    t.ok(json.is_null(body.links, "next"))
  end)

  t.it("refuses a wrong login with a status of its own", function()
    t.eq((infoworks(fresh(), "/security/token/access", "Basic wrong")).status, 406)
    t.eq((infoworks(fresh(), "/security/authenticate", "Basic wrong")).status, 406)
    t.eq((infoworks(fresh(), "/admin/self", "Bearer wrong")).status, 401)
  end)
end)

-- pages by offset with a link to the next and no total; size: the server's own
local function pages(total, size, link)
  local asked = {}
  local connection = { paused = function() return 0 end, send = function(_, request)
    local query = {}
    for _, pair in ipairs(request.query) do query[pair[1]] = tonumber(pair[2]) end
    local from, out = query.offset or 0, json.array {}
    asked[#asked + 1] = from
    for i = from + 1, math.min(from + (size or query.limit), total) do out[#out + 1] = { n = i } end
    return 200, { result = out, links = { next = link(from + #out) } }, { head = "", headers = {} }
  end }
  local op = { service = "s", resource = "r", name = "list", id = "s.r.list", method = "GET", template = "/r", effect = "read",
    returns = "[any]", paging = "offset",
    query = { { "limit", "integer", name = "limit", type = "integer" }, { "offset", "integer", name = "offset", type = "integer" } } }
  local account = { service = "s", connection = connection, settings = {}, catalogue = { name = "s", envelope = { data = "/result" },
    paging = { offset = { style = "offset", send = "offset", size = "limit", page_size = 4, next = "/links/next" } } } }
  local list = paging.list(account, op, require("core.request").parse(op))
  for i, record in ipairs(list) do t.eq(record.n, i) end
  return #list, asked
end

t.describe("a link to the next page", function()
  t.it("says that there is one, wherever it points", function()
    local function relative(to) return "/v3/r?offset=" .. to end
    local function absolute(to) return to < 7 and "http://localhost:3001/v3/r?offset=" .. to or nil end
    t.eq({ pages(7, 3, absolute) }, { 7, { 0, 3, 6 } })
    t.eq({ pages(7, 3, relative) }, { 7, { 0, 3, 6, 7 } })   -- as some servers have it: until a page is empty
    t.eq({ pages(0, 3, relative) }, { 0, { 0 } })
    t.eq({ pages(8, nil, function() return nil end) }, { 8, { 0, 4, 8 } })
  end)
end)

local function unwrapped(envelope_, op, status, body)
  for key, value in pairs { service = "s", resource = "r", name = "o", effect = "read" } do op[key] = op[key] or value end
  return pcall(envelope.unwrap, { envelope = envelope_ }, op, status, body and json.decode(body), { attempts = 1 })
end

t.describe("an envelope", function()
  t.it("can call other statuses a refused login", function()
    local ok, err = unwrapped({ refused = { 406 } }, {}, 406, '{"message":"no"}')
    t.eq({ ok, err.kind }, { false, "auth" })
    ok, err = unwrapped({}, {}, 406, '{"message":"no"}')
    t.eq({ ok, err.kind }, { false, "validation" })
  end)

  t.it("reads problems in several forms, and a code", function()
    local env = { message = { "/message", "/errors/0/message" }, code = { "/code", "/errors/0/code" },
      problems = { { "/errors", message = "detail" }, { "/details" } } }
    local _, err = unwrapped(env, {}, 400, '{"errors":[{"message":"m","detail":"d","code":"C1"}]}')
    t.eq({ err.message, err.problems }, { "HTTP 400: m (C1)", { { message = "d" } } })
    _, err = unwrapped(env, {}, 400, '{"message":"m","details":{"name":"too long"},"code":"C2"}')
    t.eq({ err.message, err.problems }, { "HTTP 400: m (C2)", { { path = "name", message = "too long" } } })
    _, err = unwrapped(env, {}, 400, '{"message":"m","details":"in words"}')
    t.eq({ err.message, err.problems }, { "HTTP 400: m", { { message = "in words" } } })
  end)

  t.it("does not let a success pass in which entries failed", function()
    local env = { data = "/result", partial = { "/result/failed", message = "error", path = "email" } }
    local ok, err = unwrapped(env, { effect = "set" }, 200,
      '{"result":{"added":1,"failed":[{"email":"a","error":"unknown"},{"email":"b","error":"locked"}]}}')
    t.eq({ ok, err.kind, err.retryable, err.body.added }, { false, "server", false, 1 })
    t.eq(err.problems, { { path = "a", message = "unknown" }, { path = "b", message = "locked" } })
    t.eq({ unwrapped(env, {}, 200, '{"result":{"added":1,"failed":[]}}') }, { true, { added = 1, failed = {} } })
    t.eq({ unwrapped(env, {}, 200, '{"result":{"added":1}}') }, { true, { added = 1 } })
  end)

  t.it("calls a call that is sent once in doubt, whatever its effect", function()
    local _, err = unwrapped({}, { effect = "set", once = true }, 502)
    t.eq({ err.kind, err.retryable }, { "in_doubt", false })
    _, err = unwrapped({}, { effect = "set" }, 502)
    t.eq({ err.kind, err.retryable }, { "server", true })
  end)
end)
