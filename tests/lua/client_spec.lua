-- client_spec.lua - calls as they leave and as they end.
-- SPDX-License-Identifier: MIT

local t = require "test"
local acme = require "acme"
local client = require "core.client"
local json = require "host.json"

-- everything takes so many times as long, under valgrind
local slow = tonumber(os.getenv "SLOW" or 1)

local service = acme.service()

t.describe("a call", function()
  t.it("leaves as the catalogue says", function()
    acme.serve { acme.ok { id = 1 } }
    service.things.update("a/b", { notify = true, name = "ü" })
    local sent = acme.calls[1]
    t.eq(acme.seen(), { "PATCH /things/a%2Fb?notify=true" })
    t.eq(sent.body, '{"name":"ü","state":"new"}')
    t.eq(sent.headers["content-type"], "application/json")
    t.eq(sent.headers["authorization"], "Bearer acme-t0ken")
    t.eq(sent.headers["acme-version"], "7")
    t.eq(sent.headers["acme-site"], nil)
    t.ok(sent.headers["user-agent"]:find "^errand/")
  end)

  t.it("without a body has no Content-Type", function()
    acme.serve { acme.ok {}, acme.ok {} }
    service.things.get "a"
    service.things.send "a"
    t.eq(acme.calls[1].headers["content-type"], nil)
    t.eq(acme.calls[2].headers["content-type"], nil)
    t.eq(acme.calls[2].body, "")
  end)

  t.it("has its headers from settings or arguments", function()
    acme.serve { acme.ok {}, acme.ok {} }
    service.things.create { name = "n" }
    service.things.create { name = "n", brand = "own" }
    t.eq(acme.calls[1].headers["acme-brand"], "plain")
    t.eq(acme.calls[2].headers["acme-brand"], "own")
  end)

  t.it("may go without a credential, or with another one", function()
    acme.serve(function() return acme.reply(200, {}) end)
    service.plain.free()
    t.eq(acme.calls[1].headers["authorization"], nil)
    t.eq(acme.calls[1].headers["acme-version"], nil)
    service.plain.basic()
    t.eq(acme.calls[2].headers["authorization"], "Basic " .. "dTphY21lLXBhc3N3MHJk")
  end)

  t.it("escapes what stands in the path and the query", function()
    acme.serve(function() return acme.ok {} end)
    service.things.get "ä %2e?x#y"
    t.eq(acme.seen(), { "GET /things/%C3%A4%20%252e%3Fx%23y" })
    acme.serve(function() return acme.ok(json.array {}) end)
    service.things.page { q = { equals = "a&b=c+d é" }, tag = { "x y", "z" } }
    t.eq(acme.seen(), {
      "GET /things?q%5Bequals%5D=a%26b%3Dc%2Bd%20%C3%A9&tag=x%20y&tag=z&limit=3" })
  end)

  t.it("with a path value that would lead elsewhere is not sent", function()
    acme.serve {}
    for _, value in ipairs { "..", ".", "%2e%2e", "a\r\nb", "a\0b", "a\nX: y" } do
      local err = t.raises(function() service.things.get(value) end)
      t.eq(err.kind, "validation", ("%q"):format(value))
    end
    t.eq(acme.calls, {})
  end)

  t.it("with a header that would be two is not sent", function()
    acme.serve {}
    for _, value in ipairs { "a\r\nX-Evil: 1", "a\nb", "a\0b" } do
      t.eq(t.raises(function() service.things.create { name = "n", header_note = value } end).kind, "validation")
    end
    t.eq(acme.calls, {})
  end)

  t.it("that is refused is not sent", function()
    acme.serve {}
    t.eq(t.raises(function() service.things.create { nam = "n" } end).kind, "validation")
    t.eq(t.raises(function() service.things.get() end).kind, "validation")
    t.eq(acme.calls, {})
  end)

  t.it("ends as it ended where the store cannot note it", function()
    local record, log, session = require "core.record", require "std.log", require "core.session"
    local said, real = {}, log.error
    log.error = function(text) said[#said + 1] = text end
    acme.serve(function()
      record.store():close()
      return #acme.calls == 1 and acme.ok { id = "t1" } or acme.reply(409, { error = { message = "is there" } })
    end)
    local ok, made = pcall(service.things.create, { name = "n" })
    record.close()
    local failed, err = pcall(service.things.create, { name = "n" })
    record.close()
    log.error = real
    local unrecorded = session.unrecorded
    session.unrecorded = nil
    t.ok(unrecorded, "and errand's exit code will not be 0")
    t.ok(ok, tostring(made))
    t.eq(made, { id = "t1" })
    t.ok(not failed)
    t.eq(err.kind, "conflict")
    t.eq(#said, 2)
    t.ok(said[1]:find("things.create: how the call ended is not in the record", 1, true), said[1])
  end)

  t.it("names the line of the script that made it", function()
    acme.serve { acme.reply(404, {}) }
    local err = t.raises(function() service.things.get "a" end)
    t.ok(err.where:find "tests/lua/client_spec.lua:%d+", err.where)
  end)

  t.it("ends after its own time, or that of the catalogue", function()
    acme.serve(function() return { status = 200, body = "{}", delay = 3 } end)
    local started = require("host.task").now()
    t.eq(t.raises(service.plain.slow).kind, "timeout")
    t.eq(t.raises(function() service.things.get("a", {}, { timeout = 0.05 }) end).kind, "timeout")
    t.eq(t.raises(function() service.things.create({ name = "n" }, { timeout = 0.05 }) end).kind, "in_doubt")
    t.ok(require("host.task").now() - started < 2)
  end)

  t.it("for a create uses a fresh connection", function()
    acme.serve(function() return acme.ok {} end)
    service.things.get "a"
    local _, reply = service.things.create { name = "n" }
    t.eq(reply.attempts, 1)
  end)

  t.it("runs beside others in tasks", function()
    acme.serve(function(request) return { status = 200, body = json.encode { isSuccess = true, data = request.path }, delay = 0.05 } end)
    local started = require("host.task").now()
    local outcomes = parallel({ 1, 2, 3, 4, 5, 6, 7, 8 }, function(n) return service.things.get(n) end)
    for i, outcome in ipairs(outcomes) do t.eq(outcome.value, "/things/" .. i) end
    t.ok(require("host.task").now() - started < 0.3, "one after the other")
  end)

  t.it("works where Lua cannot yield", function()
    acme.serve(function(request) return acme.ok(request.path) end)
    local seen = {}
    table.sort({ 1, 2 }, function() seen[#seen + 1] = service.things.get "sort" return false end)
    ;("x"):gsub("x", function() seen[#seen + 1] = service.things.get "gsub" end)
    coroutine.wrap(function() seen[#seen + 1] = service.things.get "wrap" end)()
    seen[#seen + 1] = setmetatable({}, { __index = function() return service.things.get "index" end }).x
    t.eq({ seen[1], seen[#seen - 2], seen[#seen - 1], seen[#seen] }, { "/things/sort", "/things/gsub", "/things/wrap", "/things/index" })
  end)

  t.it("that is cancelled frees its place at once", function()
    local arrived = 0
    acme.serve(function() arrived = arrived + 1 return { status = 200, body = "{}", delay = 30 } end)
    local task = spawn(service.things.get, "a")
    while arrived == 0 do sleep(0.001) end
    task:cancel()
    t.eq(t.raises(function() task:join() end).kind, "cancelled")
    acme.serve(function() return acme.ok "next" end)
    t.eq(service.things.get "a", "next")
  end)

  t.it("stops at its deadline; a create is in doubt then", function()
    acme.serve(function() return { status = 200, body = "{}", delay = 30 } end)
    t.eq(t.raises(function() deadline(0.02 * slow, service.things.get, "a") end).kind, "timeout")
    local err = t.raises(function() deadline(0.02 * slow, service.things.create, { name = "n" }) end)
    t.eq(err.kind, "in_doubt")
    t.eq(err.operation, "things.create")
  end)
end)

t.describe("created", function()
  t.it("takes the id out of the header", function()
    acme.serve { acme.reply(201, "", { Location = "https://x.example.com/a/people/17?x=1" }),
      acme.reply(201, { login = "u" }, { Location = "/people/ab-c/" }),
      acme.reply(201, { login = "u" }) }
    t.eq(service.people.create("hr", { login = "u" }), { id = 17, location = "https://x.example.com/a/people/17?x=1" })
    t.eq(service.people.create("hr", { login = "u" }), { login = "u", id = "ab-c", location = "/people/ab-c/" })
    t.eq(service.people.create("hr", { login = "u" }), { login = "u" })
  end)

  t.it("keeps an id that only looks like a number", function()
    acme.serve { acme.reply(201, "", { Location = "/people/007" }), acme.reply(201, "", { Location = "/people/0x10" }),
      acme.reply(201, "", { Location = "/people/1e3" }) }
    t.eq(service.people.create("hr", { login = "u" }).id, "007")
    t.eq(service.people.create("hr", { login = "u" }).id, "0x10")
    t.eq(service.people.create("hr", { login = "u" }).id, "1e3")
  end)
end)

t.describe("a raw call", function()
  t.it("carries path, query and body as they stand, and the credential", function()
    acme.serve { acme.ok { x = 1 }, acme.ok(), acme.reply(200, { bare = true }) }
    t.eq(client.raw("acme", "GET", "/a%20b/c?x=1&y=%26"), { x = 1 })
    client.raw("acme", "POST", "/things", { body = '{"a":1}' })
    t.eq(client.raw("acme", "GET", "/bare", { raw = true }), { bare = true })
    t.eq(acme.seen(), { "GET /a%20b/c?x=1&y=%26", "POST /things", "GET /bare" })
    t.eq(acme.calls[2].body, '{"a":1}')
    t.eq(acme.calls[2].headers["content-type"], "application/json")
    t.eq(acme.calls[1].headers["authorization"], "Bearer acme-t0ken")
  end)
end)
