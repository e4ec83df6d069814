-- envelope_spec.lua - replies unwrapped, failures told from successes.
-- SPDX-License-Identifier: MIT

local t = require "test"
local acme = require "acme"
local json = require "host.json"

local service = acme.service()

-- what a call of the function makes of one reply
local function answered(reply, fn)
  acme.serve { reply }
  return fn()
end

local function failed(reply, fn)
  acme.serve { reply }
  local err = t.raises(fn)
  t.ok(require("host.err").is(err), "no structured error: " .. tostring(err))
  return err
end

local function get() return service.things.get "a" end
local function create() return service.things.create { name = "n" } end
local function update() return service.things.update("a", { name = "n" }) end
local function send() return service.things.send "a" end
local function list() return service.plain.list() end
local function strict() return service.plain.list_strict() end

t.describe("success", function()
  t.it("is unwrapped", function()
    t.eq(answered(acme.ok { x = 1 }, get), { x = 1 })
    t.eq(answered(acme.ok "text", get), "text")
    t.eq(answered(acme.reply(200, '{"isSuccess":true,"data":null}', { ["Content-Type"] = "application/json" }), get), nil)
    t.eq(answered(acme.reply(201, { isSuccess = true }), create), nil)
  end)

  t.it("comes with the facts of the reply", function()
    local reply = acme.ok { x = 1 }
    reply.headers["X-Request-Id"] = "r-17"
    acme.serve { reply }
    local _, facts = service.things.get "a"
    t.eq(facts.status, 200)
    t.eq(facts.attempts, 1)
    t.eq(facts.headers["content-type"], "application/json")
    t.eq(facts.request_id, "r-17")
    t.ok(facts.seconds > 0 and facts.seconds < 5)
  end)

  t.it("may carry no body at all", function()
    t.eq(answered(acme.reply(204), function() return service.things.remove "a" end), nil)
  end)

  t.it("may be text", function()
    t.eq(answered(acme.reply(200, "plain ☃", { ["Content-Type"] = "text/plain" }), service.plain.text), "plain ☃")
    t.eq(answered(acme.reply(200, '{"as":"it is"}', { ["Content-Type"] = "application/json" }), service.plain.text), '{"as":"it is"}')
  end)

  t.it("of a list may be a lone object, an empty object, or bare", function()
    local one = answered(acme.reply(200, { items = { x = 1 } }), list)
    t.eq(one, { { x = 1 } })
    t.ok(json.is_array(one))
    t.ok(json.is_array(answered(acme.reply(200, '{"items":{}}', { ["Content-Type"] = "application/json" }), list)))
    t.eq(answered(acme.reply(200, { items = { 1, 2 } }), list), { 1, 2 })
    t.eq(answered(acme.reply(200, { 1, 2 }), list), { 1, 2 })
    t.eq(answered(acme.reply(200, "[]", { ["Content-Type"] = "application/json" }), list), {})
  end)

  t.it("of a list without its wrapping is refused, unless that is optional", function()
    local err = failed(acme.reply(200, { rows = { 1 } }), strict)
    t.eq(err.kind, "server")
    t.ok(err.message:find("no /items", 1, true), err.message)
    t.eq(failed(acme.reply(200, '{"items":null}', { ["Content-Type"] = "application/json" }), strict).kind, "server")
  end)

  t.it("of a list that is none is not an empty list", function()
    local json_type = { ["Content-Type"] = "application/json" }
    local function fails(body, fn, status)
      local err = failed(acme.reply(status or 200, body, json_type), fn)
      t.eq(err.kind, "server", body)
    end
    for _, data in ipairs { '"abcdefgh"', "5", "true", "null", "{}" } do
      fails(('{"items":%s}'):format(data), strict)
      fails(data, service.plain.shapes)
      fails(data, service.plain.loose)
      if data ~= "{}" then fails(('{"items":%s}'):format(data), list) end
    end
    fails("", service.plain.shapes, 204)
    -- a lone record has what its shape requires, or at least one known member
    fails('{"message":"maintenance"}', service.plain.shapes)
    fails('{"token":5}', service.plain.loose)
    t.eq(answered(acme.reply(200, '{"name":"n","x":1}', json_type), service.plain.shapes), { { name = "n", x = 1 } })
    t.eq(answered(acme.reply(200, '{"b":null,"x":1}', json_type), service.plain.loose), { { x = 1 } })
  end)

  t.it("of a create says what it made", function()
    local json_type = { ["Content-Type"] = "application/json" }
    for _, fn in ipairs { service.made.one, service.made.many } do
      for _, data in ipairs { "null", "[]", '"x"', "5", "true", "{}" } do
        local err = failed(acme.reply(201, ('{"isSuccess":true,"data":%s}'):format(data), json_type), fn)
        t.eq(err.kind, "in_doubt", data)
        t.ok(err.message:find("the server said yes but not what it made", 1, true), err.message)
        t.eq(require("host.err").exit_code(err), 4)
      end
      t.eq(failed(acme.reply(200), fn).kind, "in_doubt")
      t.eq(failed(acme.reply(204), fn).kind, "in_doubt")
    end
    t.eq(answered(acme.ok { name = "n" }, service.made.one), { name = "n" })
    t.eq(answered(acme.ok { name = "n" }, service.made.many), { { name = "n" } })
    t.eq(answered(acme.ok { { name = "n" } }, service.made.many), { { name = "n" } })
    local header = acme.reply(201, "", { Location = "/made/7" })
    t.eq(answered(header, service.made.header), { id = 7, location = "/made/7" })
    t.eq(failed(acme.reply(201), service.made.header).kind, "in_doubt")
  end)
end)

t.describe("failure", function()
  t.it("with status 200 is one all the same", function()
    local err = failed(acme.reply(200, { isSuccess = false, error = { message = "no such luck" } }), get)
    t.eq(err.kind, "validation")
    t.eq(err.status, 200)
    t.ok(err.message:find("no such luck", 1, true), err.message)
    t.eq(require("host.err").exit_code(err), 6)
  end)

  t.it("is a reply in another form", function()
    local err = failed(acme.reply(200, { something = 1 }), get)
    t.eq(err.kind, "server")
    t.ok(err.message:find("no /isSuccess", 1, true), err.message)
    t.eq(failed(acme.reply(200, { something = 1 }), create).kind, "in_doubt")
    t.eq(failed(acme.reply(200, { something = 1 }), update).kind, "server")
  end)

  t.it("is a reply that is not JSON", function()
    local html = acme.reply(200, "<html>\27[31mlogin</html>", { ["Content-Type"] = "text/html" })
    local err = failed(html, get)
    t.eq(err.kind, "server")
    t.ok(err.message:find("text/html", 1, true) and not err.message:find "\27", err.message)
    t.eq(failed(html, create).kind, "in_doubt")
    t.eq(failed(html, update).kind, "server")
    t.eq(failed(acme.reply(200, '{"isSuccess":tru', { ["Content-Type"] = "application/json" }), get).kind, "server")
    t.eq(failed(acme.reply(200, '{"isSuccess":true}{', { ["Content-Type"] = "application/json" }), send).kind, "in_doubt")
  end)

  -- status, kind of a read, kind of a create, exit code of the read
  for _, case in ipairs { { 400, "validation", "validation", 6 }, { 401, "auth", "auth", 5 }, { 403, "auth", "auth", 5 },
    { 404, "not_found", "not_found", 6 }, { 410, "not_found", "not_found", 6 }, { 409, "conflict", "conflict", 6 },
    { 422, "validation", "validation", 6 }, { 500, "server", "in_doubt", 7 }, { 501, "server", "in_doubt", 7 } } do
    local status, read, create_, code = table.unpack(case)
    t.it(("by status %d is of kind %s"):format(status, read), function()
      local reply = acme.reply(status, { isSuccess = false, error = { message = "because" } })
      acme.serve(function() return reply end)
      local err = t.raises(get)
      t.eq(err.kind, read)
      t.eq(err.status, status)
      t.eq(err.service, "acme")
      t.eq(err.operation, "things.get")
      t.eq(err.body.error.message, "because")
      t.ok(tostring(err):find("because", 1, true))
      t.eq(require("host.err").exit_code(err), code)
      t.eq(t.raises(create).kind, create_)
      t.eq(t.raises(send).kind, create_)
      t.eq(t.raises(update).kind, read)
    end)
  end

  t.it("of a create is doubt where the answer is elsewhere or late", function()
    for _, status in ipairs { 300, 301, 302, 303, 304, 305, 307, 308, 408 } do
      for _, location in ipairs { false, "/things/7" } do
        acme.serve(function() return acme.reply(status, "", { Location = location or nil }) end)
        for _, fn in ipairs { create, send } do
          local err = t.raises(fn)
          t.eq(err.kind, "in_doubt", tostring(status))
          t.eq(err.status, status)
          t.eq(err.retryable, false)
          t.eq(require("host.err").exit_code(err), 4)
          t.eq(require("core.record").store():calls(1)[1].outcome, "in_doubt")
        end
        t.eq(t.raises(update).kind, status == 408 and "timeout" or "server", tostring(status))
      end
    end
  end)

  t.it("that may be repeated says so, but not of a create", function()
    acme.serve(function() return acme.reply(500, {}) end)
    t.eq(t.raises(get).retryable, true)
    t.eq(t.raises(update).retryable, true)
    t.eq(t.raises(create).retryable, false)
    acme.serve(function() return acme.reply(404, {}) end)
    t.eq(t.raises(get).retryable, false)
  end)

  t.it("of the network before anything left is no doubt", function()
    local probe = assert(require("host.sandbox").listen(0, function() return { status = 200 } end))
    local url = "http://127.0.0.1:" .. probe:port()
    probe:close()
    local handle = require("core.config").handle()
    local account = assert(require("host.http").connect { service = "acme", profile = "sandbox", base = url, config = handle,
      auth = { headers = {}, methods = {} } })
    for _, repeatable in ipairs { true, false } do
      local status, err = account:send { method = "POST", template = "/x", path = {}, query = {}, headers = {}, repeatable = repeatable,
        timeout = 2 }
      t.eq(status, nil)
      t.eq(err.kind, "network")
    end
    account:close()
  end)

  t.it("of the connection after sending is doubt for a create alone", function()
    acme.serve(function() return { status = 200, fault = "drop" } end)
    t.eq(t.raises(create).kind, "in_doubt")
    t.eq(t.raises(send).kind, "in_doubt")
    t.eq(#acme.calls, 2)
    local err = t.raises(function() service.things.get("a", {}, { timeout = 1 }) end)
    t.ok(err.kind == "network" or err.kind == "timeout", err.kind)
  end)

  t.it("takes the problems from the reply, with their places", function()
    local err = failed(acme.reply(422, { isSuccess = false, data = {
      { propertyName = "name", message = "is taken", listIndex = 0 }, { propertyName = "kind", message = "is odd" }, "loose" } }), create)
    t.eq(err.problems, { { path = "[0].name", message = "is taken" }, { path = "kind", message = "is odd" }, { message = "loose" } })
    t.ok(tostring(err):find("[0].name: is taken", 1, true), tostring(err))
    err = failed(acme.reply(422, { data = { { propertyName = "name", message = "is taken" } } }), create)
    t.ok(err.message:find("name: is taken", 1, true), err.message)
  end)

  t.it("does not say the same twice", function()
    local err = failed(acme.reply(400, { why = "no", errors = { "no" } }), service.plain.status)
    t.eq(err.problems, nil)
    t.ok(not tostring(err):find("no.*no"), tostring(err))
    err = failed(acme.reply(400, { why = "no", errors = { a = "no" } }), service.plain.status)
    t.ok(err.message:find("a: no", 1, true), err.message)
    t.eq(err.problems, nil)
    t.eq(#failed(acme.reply(400, { why = "no", errors = { "no", "nor" } }), service.plain.status).problems, 2)
    t.eq(#failed(acme.reply(400, { why = "no", errors = { "never" } }), service.plain.status).problems, 1)
  end)

  t.it("takes problems by field name, each with one text or several", function()
    local err = failed(acme.reply(400, { why = "bad", errors = { b = { "one", "two" }, a = "three" } }), service.plain.status)
    t.eq(err.problems, { { path = "a", message = "three" }, { path = "b", message = "one" }, { path = "b", message = "two" } })
    t.ok(err.message:find("bad", 1, true))
  end)

  t.it("may hide in a member that stands for the status", function()
    local err = failed(acme.reply(200, { code = 404, why = "gone" }), service.plain.status)
    t.eq(err.kind, "not_found")
    t.eq(err.status, 404)
    t.eq(answered(acme.reply(200, { code = 201, x = 1 }), service.plain.status), { code = 201, x = 1 })
    t.eq(failed(acme.reply(500, { code = 200, why = "x" }), service.plain.status).status, 500)
  end)

  t.it("without a reason shows what came, safe and short", function()
    local err = failed(acme.reply(400, "no\27[2J  luck " .. ("x"):rep(500), { ["Content-Type"] = "text/plain" }), get)
    t.ok(err.message:find("no", 1, true) and #err.message < 400, err.message)
    t.ok(not tostring(err):find "\27")
    t.ok(failed(acme.reply(500), get).message:find("the server gave no reason", 1, true))
  end)

  t.it("does not show the credential that came back in it", function()
    local err = failed(acme.reply(400, { isSuccess = false, error = { message = "bad token acme-t0ken" } }), get)
    t.ok(not tostring(err):find("t0ken", 1, true), tostring(err))
  end)
end)
