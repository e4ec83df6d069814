-- cassette_spec.lua - calls recorded, and given back as they were.
-- SPDX-License-Identifier: MIT

local t = require "test"
local acme = require "acme"
local cassette = require "core.cassette"
local client = require "core.client"
local json = require "host.json"
local replay = require "core.replay"
local session = require "core.session"
local sys = require "host.sys"

local service = acme.service()
local path = os.tmpname()

-- Runs fn while everything is recorded, then again from the cassette: what it
-- gave both times, the cassette's text, and how many calls the server saw.
local function both(answer, fn)
  os.remove(path)
  acme.serve(answer)
  session.tape = cassette.create(path)
  client.rewatch()
  local live = table.pack(pcall(fn))
  session.tape:close()
  session.tape = nil
  client.rewatch()
  local text, sent = sys.read_file(path), #acme.calls
  session.replay = replay.open(path)
  local again = table.pack(pcall(fn))
  local left = 0
  for _, call in ipairs(session.replay.calls) do left = left + (call.used and 0 or 1) end
  session.replay = nil
  client.rewatch()
  os.remove(path)
  return live, again, { text = text, sent = sent, more = #acme.calls - sent, left = left }
end

local function facts(err)
  if not require("core.error").is(err) then return { tostring(err) } end
  return { kind = err.kind, message = err.message, status = err.status, attempts = err.attempts, retryable = err.retryable,
    problems = err.problems, body = err.body, service = err.service, operation = err.operation, request_id = err.request_id }
end

-- What was returned, without the reply of a call: it tells the host, too.
local function results(list)
  local out = json.array {}
  for i = 2, list.n do
    if type(list[i]) ~= "table" or not rawget(list[i], "head") then out[#out + 1] = list[i] end
  end
  return json.encode(out)
end

local function same(answer, fn)
  local live, again, about = both(answer, fn)
  if live[1] then
    t.eq(again[1], true, tostring(again[2]))
    t.eq(results(again), results(live))
  else
    t.eq(again[1], false)
    t.eq(facts(again[2]), facts(live[2]))
  end
  t.eq({ about.more, about.left }, { 0, 0 })
  return live, about
end

-- reply, decode: what a cassette says of each kind of reply
t.describe("a replay gives", function()
  local cases = {
    data = { acme.ok { id = 1, name = "ü", none = json.null, list = json.array {}, object = json.object {} },
      function() return service.things.get "a" end },
    ["exact numbers"] = { acme.reply(200, '{"isSuccess":true,"data":{"a":1.0,"b":123456789012345678901234567890,"c":1e400}}',
      { ["Content-Type"] = "application/json" }), function() return service.things.get "a" end },
    ["an error with its problems"] = { acme.reply(422, { data = { { message = "no", propertyName = "name", listIndex = 2 } } }),
      function() service.things.update("a", { name = "n" }) end },
    ["a conflict"] = { acme.reply(409, { message = "is there" }), function() service.things.create { name = "n" } end },
    ["an error without JSON"] = { acme.reply(404, "<p>gone</p>", { ["Content-Type"] = "text/html" }),
      function() service.things.get "a" end },
    ["a reply of another type"] = { acme.reply(200, "<p>hello</p>", { ["Content-Type"] = "text/html" }),
      function() service.things.get "a" end },
    ["doubt"] = { acme.reply(500, { message = "late" }), function() service.things.create { name = "n" } end },
    ["a lost reply"] = { { status = 200, fault = "drop" }, function() service.things.create { name = "n" } end },
    ["a foreign success"] = { acme.reply(200, { x = 1 }), function() service.things.create { name = "n" } end },
    text = { acme.reply(200, "plain\nüxt", { ["Content-Type"] = "text/plain" }), function() return service.plain.text() end },
    ["no text"] = { acme.reply(200, "", { ["Content-Type"] = "text/plain" }), function() return service.plain.text() end },
    ["no body"] = { acme.reply(204), function() return service.things.remove "a" end },
    ["an id from a header"] = { acme.reply(201, "", { Location = "/people/77" }),
      function() return service.people.create("hr", { login = "joe" }) end },
    ["false as data"] = { acme.ok(false), function() return (service.things.get "a") end },
  }
  for name, case in pairs(cases) do
    t.it(name, function()
      same(function() return case[1] end, case[2])
    end)
  end

  t.it("the reply's status, attempts and headers", function()
    same(function()
      return acme.reply(200, { isSuccess = true, data = { id = 1 } }, { ETag = '"7"', ["X-Request-Id"] = "r-1" })
    end, function()
      local _, reply = service.things.get "a"
      return { reply.status, reply.attempts, reply.seconds, reply.size, reply.headers.etag, reply.request_id, reply.logins }
    end)
  end)

  t.it("all pages", function()
    local pages = { acme.ok({ { id = 1 }, { id = 2 }, { id = 3 } }, { next = "n2" }), acme.ok { { id = 4 } } }
    local live, about = same(pages, function() return service.things.list { q = { equals = "x" } } end)
    t.eq(#live[2], 4)
    t.eq(about.sent, 2)
  end)

  t.it("the same call's replies in order", function()
    local n = 0
    local live = same(function()
      n = n + 1
      return acme.ok { n = n }
    end, function() return service.things.get("a").n, service.things.get("b").n, service.things.get("a").n end)
    t.eq({ table.unpack(live, 2) }, { 1, 2, 3 })
  end)

  t.it("what the record of writes knew", function()
    local live = same(function(request)
      if request.method == "POST" then return acme.reply(201, "", { Location = "/people/5" }) end
      return acme.reply(200, { login = "cass" })
    end, function()
      local before = service.people.find("hr", { login = "cass-" .. path })
      service.people.create("hr", { login = "cass" })
      return { before == nil, service.people.find("hr", { login = "cass" }).id }
    end)
    t.eq(live[2], { true, 5 })
  end)

  t.it("calls by method and path", function()
    local live = same(function(request) return acme.reply(200, { echo = request.body }) end, function()
      return client.raw("acme", "POST", "/x?y=1", { body = '{"b":1,"a":[null]}', raw = true, headers = { "X-Y: 1" } })
    end)
    t.ok(live[1])
  end)

  t.it("a file that was sent by its name", function()
    local file = os.tmpname()
    assert(sys.write_file(file, "FILECONTENT"))
    acme.operation("files.put").envelope = false
    local live, about = same(function() return acme.reply(200, "fine", { ["Content-Type"] = "text/plain" }) end,
      function() return service.files.put("hr", file) end)
    acme.operation("files.put").envelope = nil
    os.remove(file)
    t.ok(live[1], tostring(live[2]))
    t.ok(not about.text:find("FILECONTENT", 1, true))
  end)
end)

t.describe("a file that came", function()
  local bytes = "PK\3\4" .. ("\0binary"):rep(10)

  t.it("is not in the cassette, and not written again", function()
    local target = os.tmpname()
    local zip = acme.reply(200, bytes, { ["Content-Type"] = "application/zip" })
    local live, again, about = both(function() return zip end, function()
      os.remove(target)
      return (service.files.get("hr", { to = target }))
    end)
    t.eq({ live[2], again[2] }, { target, target })
    t.ok(not sys.exists(target))
    t.ok(not about.text:find("binary", 1, true))
  end)

  t.it("into memory is missed loudly", function()
    local live, again = both(function() return acme.reply(200, bytes, { ["Content-Type"] = "application/zip" }) end, function()
      return (service.files.get "hr")
    end)
    t.eq(live[2], bytes)
    t.ok(not again[1] and tostring(again[2]):find("holds no files", 1, true), tostring(again[2]))
  end)
end)

t.describe("a secret", function()
  local function leaks(text)
    for _, word in ipairs { "p1n-c4nary", "r3ply-c4nary", "acme-t0ken" } do
      if text:find(word, 1, true) then return word end
    end
  end

  t.it("of a body is left out, and any other one is the same call", function()
    local pin = "p1n-c4nary"
    local _, _, about = both(function() return acme.ok { id = 1 } end, function()
      service.things.create { name = "n", pin = pin, anything = json.null }
      pin = "other-pin"
    end)
    t.eq(leaks(about.text), nil)
    t.eq({ about.more, about.left }, { 0, 0 })
    t.ok(about.text:find('"pin":"[secret]"', 1, true))
  end)

  t.it("of a reply is left out, and goes on as [secret]", function()
    local op = acme.operation "things.get"
    op.returns = "Thing"
    local live, again, about = both(function(request)
      return acme.ok { name = "n", pin = "r3ply-c4nary", note = "is r3ply-c4nary, Bearer acme-t0ken", seen = request.path }
    end, function()
      local one = service.things.get "a"
      return one.pin, service.things.get(one.pin).name
    end)
    op.returns = "any"
    t.eq({ live[2], again[2] }, { "r3ply-c4nary", "[secret]" })
    t.eq(leaks(about.text), nil)
    t.eq({ again[3], about.more, about.left }, { "n", 0, 0 })
  end)

  t.it("that is the whole reply leaves nothing but its shape", function()
    local op = acme.operation "things.get"
    op.secret, op.returns = true, "Thing"
    local _, again, about = both(function() return acme.ok { name = "n", pin = "xyz", extra = { deep = "r3ply-c4nary" } } end,
      function() return service.things.get "a" end)
    op.secret, op.returns = nil, "any"
    t.eq(leaks(about.text), nil)
    t.eq({ again[2].name, again[2].pin, again[2].extra.deep }, { "n", "[secret]", "[secret]" })
  end)

  t.it("that is a text is one in the cassette, too", function()
    local op = acme.operation "plain.text"
    op.secret = true
    local _, again, about = both(function() return acme.reply(200, "r3ply-c4nary", { ["Content-Type"] = "text/plain" }) end,
      function() return service.plain.text() end)
    op.secret = nil
    t.eq(leaks(about.text), nil)
    t.eq(again[2], "[secret]")
  end)

  t.it("of a credential does not come back in any form", function()
    local _, _, about = both(function()
      return acme.reply(200, { isSuccess = true, data = { a = "Bearer acme-t0ken", b = "acme%2Dt0ken", c = "YWNtZS10MGtlbg==" } },
        { ["Set-Cookie"] = "k=acme-t0ken", ETag = "acme-t0ken" })
    end, function() return service.things.get "a" end)
    t.eq(leaks(about.text), nil)
    t.ok(not about.text:find("YWNtZS10MGtlbg", 1, true) and not about.text:find("t0ken", 1, true), about.text)
  end)
end)

t.describe("a call that is not in the cassette", function()
  local function missing(serve, live_fn, then_fn)
    os.remove(path)
    acme.serve(serve)
    session.tape = cassette.create(path)
    client.rewatch()
    live_fn()
    session.tape:close()
    session.tape = nil
    client.rewatch()
    session.replay = replay.open(path)
    local ok, err = pcall(then_fn)
    session.replay = nil
    client.rewatch()
    os.remove(path)
    t.ok(not ok and type(err) == "table", tostring(err))
    return err
  end
  local function answer() return acme.ok { id = 1 } end

  t.it("names the nearest and the first difference", function()
    local err = missing(answer, function()
      service.things.create { name = "one", count = 1 }
      service.things.create { name = "two", count = 2, on = true }
    end, function() service.things.create { name = "two", count = 3, on = true } end)
    t.eq({ err.kind, err.service, err.operation }, { "validation", "acme", "things.create" })
    t.ok(err.message:find("in line 3, differs: body.count was 2, is 3", 1, true), err.message)
  end)

  t.it("tells path, query and a header apart", function()
    local function first(live_fn, then_fn)
      return missing(answer, live_fn, then_fn).message:match "differs: (.-);"
    end
    t.eq(first(function() service.things.get "a" end, function() service.things.get "b" end), 'path.id was "a", is "b"')
    t.eq(first(function() service.things.update("a", { notify = true, name = "n" }) end,
      function() service.things.update("a", { name = "n" }) end), 'query.notify was "true", is nothing')
    t.eq(first(function() service.things.create { name = "n", header_note = "x" } end,
      function() service.things.create { name = "n", header_note = "y" } end), 'header.Acme-Note was "x", is "y"')
    t.eq(first(function() service.things.create { name = "n", note = json.null } end,
      function() service.things.create { name = "n" } end), "body.note was null, is nothing")
  end)

  t.it("is no write: a header made from a setting matches any", function()
    local _, again = both(answer, function() return service.things.create { name = "n" } end)
    t.eq(again[2], { id = 1 })
  end)

  t.it("may be a look-up", function()
    local err = missing(answer, function() service.things.get "a" end, function() service.people.find("hr", { login = "x" }) end)
    t.ok(err.message:find("no look-up of 'x'", 1, true), err.message)
  end)
end)

t.describe("a replay", function()
  t.it("records and asks nothing", function()
    local store = require("core.record").store()
    local before = #store:calls(1000)
    os.remove(path)
    acme.serve(function() return acme.ok { id = 1 } end)
    session.tape = cassette.create(path)
    service.things.create { name = "n" }
    session.tape:close()
    session.tape = nil
    t.eq(#store:calls(1000), before + 1)
    session.replay = replay.open(path)
    t.eq(service.with { profile = "protected-one" }.things.create({ name = "n" }), { id = 1 })
    t.raises(function() require("core.account").get(acme.catalogue, "never-connected") end, "with --replay no service is reached")
    session.replay = nil
    t.eq(#store:calls(1000), before + 1)
    os.remove(path)
  end)
end)
