-- repl_calls_spec.lua - what the prompt keeps of the calls of its session.
-- SPDX-License-Identifier: MIT

local t = require "test"
local acme = require "acme"
local calls = require "core.repl.calls"
local json = require "host.json"
local services = require "core.services"
local session = require "core.session"

acme.service()

-- A session with a module of its own: what was made before it began is not
-- observed.
local function recording(fn)
  local recorder = calls.start()
  local ok, err = pcall(fn, recorder, services.get("acme").with { profile = "sandbox" })
  recorder:detach()
  if not ok then error(err, 0) end
end

local function answering(request)
  if request.path:find "refused" then return acme.reply(409, { message = "is there" }) end
  if request.method == "GET" and request.path == "/things" then
    local after = request.query:match "after=(%w+)"
    local rows = { { id = "a" }, { id = "b" } }
    return acme.ok(json.array(after and { { id = "c" } } or rows), { next = not after and "n2" or nil })
  end
  return acme.ok { id = "t1", name = "Pump", pin = "1234-secret" }
end

t.describe("the calls of a session", function()
  t.it("are what was typed: arguments, result, requests", function()
    acme.serve(answering)
    recording(function(recorder, service)
      service.things.create { name = "Pump", pin = "1234-secret" }
      service.things.list()
      service.things.find { id = "c" }
      service.things.get("t1", {}, { timeout = 5 })
      local seen = {}
      for i, call in ipairs(recorder:calls_made()) do
        seen[i] = ("%d %s %s %s %d"):format(call.n, call.id, call.how, call.ok, #call.exchanges)
        t.ok(call.seconds > 0)
      end
      t.eq(seen, { "1 acme.things.create call true 1", "2 acme.things.list list true 2", "3 acme.things.find find true 2",
        "4 acme.things.get call true 1" })
      local one = recorder:call(1)
      t.eq(one.args, { n = 1, { name = "Pump", pin = "1234-secret" } })
      t.eq(one.result, { id = "t1", name = "Pump", pin = "1234-secret" })
      t.eq({ one.service, one.resource, one.op.name, one.profile, one.planned }, { "acme", "things", "create", "sandbox", nil })
      t.eq(recorder:call(2).result, { { id = "a" }, { id = "b" }, { id = "c" } })
      t.eq(recorder:call(3).op, nil)
      t.eq(recorder:call(4).args, { n = 3, "t1", {}, { timeout = 5 } })
      t.eq(recorder:call(5), nil)
    end)
  end)

  t.it("keep copies: what is changed later is not theirs", function()
    acme.serve(answering)
    recording(function(recorder, service)
      local given = { name = "Pump", tags = { "a" } }
      local made = service.things.create(given)
      given.tags[1], made.id = "changed", "changed"
      t.eq(recorder:call(1).args[1].tags, { "a" })
      t.eq(recorder:call(1).result.id, "t1")
    end)
  end)

  t.it("keep the marks of decoded JSON", function()
    acme.serve { acme.ok { list = json.array {}, none = json.null, map = json.object {} } }
    recording(function(recorder, service)
      service.things.get "t1"
      t.eq(json.encode(recorder:call(1).result), '{"list":[],"map":{},"none":null}')
    end)
  end)

  t.it("that fail have the error, and are found by it", function()
    acme.serve(answering)
    recording(function(recorder, service)
      local ok, err = pcall(service.things.get, "refused")
      t.eq({ ok, err.kind }, { false, "conflict" })
      local call = recorder:call(1)
      t.eq({ call.ok, call.err == err, call.result }, { false, true, nil })
      t.ok(recorder:call_of(err) == call)
      t.eq(recorder:call_of {}, nil)
      t.eq(recorder:exchange(1).outcome, "failed")
      t.eq({ recorder:exchange(1).status, recorder:exchange(1).kind }, { 409, "conflict" })
      pcall(service.things.create, { nonsense = 1 })
      t.eq({ recorder:call(2).ok, #recorder:call(2).exchanges, recorder.sent }, { false, 0, 1 })
    end)
  end)

  t.it("count the requests of each() as its own, whenever they leave", function()
    acme.serve(answering)
    recording(function(recorder, service)
      local next_one = service.things.each()
      t.eq(#recorder:call(1).exchanges, 0)
      service.things.get "t1"
      for _ in next_one do end
      t.eq({ recorder:call(1).exchanges, recorder:call(2).exchanges }, { { 2, 3 }, { 1 } })
      t.eq(recorder:exchange(3).call, 1)
    end)
  end)

  t.it("of two tasks are told apart", function()
    acme.serve(answering)
    recording(function(recorder, service)
      local task = require "std.spawn"(function() service.things.list() end)
      service.things.get "t1"
      task:join()
      for _, call in ipairs(recorder:calls_made()) do
        for _, n in ipairs(call.exchanges) do
          local row = recorder:exchange(n)
          t.eq(row.operation, call.resource .. "." .. call.op.name)
          t.eq(row.call, call.n)
        end
      end
      t.eq({ recorder.sent, recorder.flying }, { 3, 0 })
    end)
  end)

  t.it("are not kept outside a session", function()
    acme.serve(answering)
    local recorder, service
    recording(function(r, s) recorder, service = r, s end)
    service.things.get "t1"
    t.eq({ recorder.sent, recorder.n_calls, session.recorder, session.observe }, { 0, 0, nil, nil })
  end)
end)

t.describe("the exchanges of a session", function()
  t.it("are rows as errand calls has them, without secrets", function()
    acme.serve(answering)
    recording(function(recorder, service)
      service.things.create { name = "Pump", pin = "1234-secret" }
      local row = recorder:exchange(1)
      t.eq({ row.id, row.service, row.operation, row.effect, row.outcome, row.status, row.method, row.url, row.what },
        { 1, "acme", "things.create", "create", "done", 200, "POST", acme.url() .. "/things", "pump" })
      t.ok(row.request_head:find("Authorization: [secret]", 1, true))
      t.eq(row.request_body, '{"name":"Pump","pin":"[secret]","state":"new"}')
      t.ok(not row.reply_body:find("1234-secret", 1, true), row.reply_body)
      t.eq({ row.request_cut, row.reply_cut, row.attempts, row.insecure }, { 0, 0, 1, false })
      t.ok(row.at:find "^%d+%-%d%d%-%d%dT%d%d:%d%d:%d%d%.%d%d%dZ$", row.at)
      t.ok(require("core.har").text { row })
      t.ok(require("core.curl").command(row):find("curl -sS", 1, true))
    end)
  end)

  t.it("of a cassette are there, too, reads and writes", function()
    local play = { by_name = {} }
    function play:account(bound)
      local account = { service = "acme", catalogue = bound.catalogue, base = "https://replay.invalid", identity = "replay",
        settings = { brand = "\1" }, replay = self }
      account.connection = { paused = function() return 0 end, send = function()
        return 200, { isSuccess = true, data = { id = "t1" } }, { status = 200, head = "" }
      end }
      return account
    end
    session.replay = play
    local ok, err = pcall(recording, function(recorder, service)
      service.things.create { name = "Pump" }
      service.things.get "t1"
      t.eq({ recorder:exchange(1).outcome, recorder:exchange(2).outcome }, { "done", "done" })
      t.eq({ recorder:exchange(1).profile, recorder:exchange(1).effect }, { "replay", "create" })
      t.ok(recorder:exchange(1).request_head:find("Acme-Brand: [setting]", 1, true), recorder:exchange(1).request_head)
    end)
    session.replay = nil
    require("core.client").rewatch()
    if not ok then error(err, 0) end
  end)

  t.it("that are under way are there, too", function()
    local inside
    recording(function(recorder, service)
      acme.serve(function()
        inside = { recorder:exchange(1).outcome, recorder:exchange(1).url, recorder.flying }
        return acme.ok {}
      end)
      service.things.get "t1"
      t.eq(inside, { "sent", acme.url() .. "/things/t1", 1 })
      t.eq({ recorder:exchange(1).outcome, recorder.flying }, { "done", 0 })
    end)
  end)

  t.it("are in the answer of the store, too, where it keeps them", function()
    acme.serve(answering)
    session.history = "all"
    recording(function(recorder, service)
      service.things.get "t1"
      require("core.history").flush()
      local newest = require("core.record").store():exchanges { limit = 1 }
      t.eq(newest[1].operation, "things.get")
      t.eq(recorder.sent, 1)
    end)
    session.history = nil
  end)

  t.it("are bounded in number and bytes", function()
    acme.serve(function() return acme.ok { text = ("x"):rep(3000) } end)
    local limits = calls.limits
    calls.limits = { exchanges = 3, calls = 4, exchange_bytes = 9000, body_bytes = 2000, result_bytes = 7000 }
    local ok, err = pcall(recording, function(recorder, service)
      for _ = 1, 6 do service.things.get "t1" end
      t.eq({ recorder.sent, #recorder:list(), recorder:exchange(3) }, { 6, 2, nil })
      t.eq(recorder:list()[2].id, 6)
      t.ok(recorder.exchange_bytes <= 9000)
      local row = recorder:exchange(6)
      t.eq(#row.reply_body, 2000)
      t.ok(row.reply_cut > 3000)
      t.eq({ #recorder:calls_made(), recorder:call(2) }, { 4, nil })
      t.eq({ recorder:call(3).result, recorder:call(3).result_cut }, { nil, true })
      t.eq(#recorder:call(6).result.text, 3000)
    end)
    calls.limits = limits
    if not ok then error(err, 0) end
  end)

  t.it("are bounded in what they were given, too", function()
    local limits = calls.limits
    calls.limits = { exchanges = 9, calls = 4, exchange_bytes = 1e6, body_bytes = 1e6, result_bytes = 7000 }
    local ok, err = pcall(recording, function(recorder, service)
      for _ = 1, 4 do pcall(service.things.create, { name = ("x"):rep(3000) }) end
      t.ok(recorder.result_bytes <= 7000, recorder.result_bytes)
      t.eq({ recorder:call(1).args, recorder:call(1).args_cut }, { { n = 1 }, true })
      t.eq(#recorder:call(4).args[1].name, 3000)
      pcall(service.things.get, ("x"):rep(2 * 1024 * 1024))
      t.eq({ recorder:call(5).args, recorder:call(5).args_cut }, { { n = 1 }, true })
    end)
    calls.limits = limits
    if not ok then error(err, 0) end
  end)

  t.it("that end when they are no longer kept leave nothing behind", function()
    acme.serve(function() return acme.ok { text = "x" } end)
    local limits = calls.limits
    calls.limits = { exchanges = 9, calls = 2, exchange_bytes = 1e6, body_bytes = 1e6, result_bytes = 1e6 }
    local ok, err = pcall(recording, function(recorder, service)
      recorder:observe(services.behind(service.things.get), function()
        for _ = 1, 3 do service.things.get "t1" end
        return ("x"):rep(3000)
      end)
      t.eq(recorder.result_bytes, recorder:call(3).bytes + recorder:call(4).bytes)
    end)
    calls.limits = limits
    if not ok then error(err, 0) end
  end)

  t.it("that were stopped behind their reply are over", function()
    recording(function(recorder, service)
      local client = require "core.client"
      local what = services.behind(service.things.get)
      local account = client.account_of(what.module, what.op)
      local ok, err = pcall(recorder.observe, recorder, what, function()
        local request = client.build(what.op, account.settings, "t1")
        request.operation = "things.get"
        recorder:begin(require("core.history").begin(account, what.op, request))
        error("stopped", 0)
      end)
      t.eq({ ok, err, recorder.flying, recorder:exchange(1).outcome }, { false, "stopped", 0, "failed" })
    end)
  end)

  t.it("take what goes round in circles for no symbol", function()
    require "core.run.symbol"
    recording(function(_, service)
      local round = { name = "Pump" }
      round.round = round
      local ok, err = pcall(service.things.create, round)
      t.eq({ ok, err.kind }, { false, "validation" })
    end)
  end)

  t.it("say how long the network took", function()
    acme.serve(answering)
    recording(function(recorder, service)
      local mark = recorder:mark()
      t.eq({ recorder:took(mark).calls, recorder:took(mark).network }, { 0, 0 })
      service.things.list()
      local took = recorder:took(mark)
      t.eq(took.calls, 2)
      t.ok(took.network > 0 and took.network <= took.seconds)
    end)
  end)
end)
