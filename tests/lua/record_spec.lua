-- record_spec.lua - the record of writes, protected profiles, other accounts.
-- SPDX-License-Identifier: MIT

local t = require "test"
local acme = require "acme"
local config = require "core.config"
local json = require "host.json"
local record = require "core.record"
local session = require "core.session"
local sys = require "host.sys"

-- everything takes so many times as long, under valgrind
local slow = tonumber(os.getenv "SLOW" or 1)

local service = acme.service()

local function last()
  return record.store():calls(1)[1]
end

local function count()
  return #record.store():calls()
end

t.describe("a write", function()
  t.it("is in the record before it is sent", function()
    local seen
    acme.serve(function()
      seen = last()
      return acme.ok { id = "t1" }
    end)
    service.things.create { name = "Pump" }
    t.eq({ seen.service, seen.profile, seen.operation, seen.effect }, { "acme", "sandbox", "things.create", "create" })
    t.eq(seen.arguments, '{"name":"Pump","state":"new"}')
    t.ok(seen.outcome ~= "done" and seen.outcome ~= "failed", tostring(seen.outcome))
    t.eq(seen.remote_id, nil)
    local after = last()
    t.eq({ after.outcome, after.status, after.remote_id, after.key }, { "done", 200, "t1", "pump" })
  end)

  -- reply, outcome of a create, of an update
  for name, case in pairs {
    success = { acme.ok { id = 1 }, "done", "done" },
    conflict = { acme.reply(409, {}), "failed", "failed" },
    refusal = { acme.reply(422, {}), "failed", "failed" },
    ["server error"] = { acme.reply(500, {}), "in_doubt", "failed" },
    ["failure with status 200"] = { acme.reply(200, { isSuccess = false }), "failed", "failed" },
    ["foreign reply"] = { acme.reply(200, { x = 1 }), "in_doubt", "in_doubt" },
    ["HTML reply"] = { acme.reply(200, "<p>", { ["Content-Type"] = "text/html" }), "in_doubt", "in_doubt" },
    ["lost reply"] = { { status = 200, fault = "drop" }, "in_doubt", nil },
  } do
    local reply, create, update = table.unpack(case, 1, 3)
    t.it("that ends in " .. name .. " is noted so", function()
      acme.serve(function() return reply end)
      pcall(service.things.create, { name = "n" })
      t.eq(last().outcome, create)
      if not update then return end
      pcall(service.things.update, "a", { name = "n" })
      t.eq(last().outcome, update)
      t.eq(last().scope, "a")
    end)
  end

  t.it("of a file holds its name and size, not its bytes", function()
    local path = os.tmpname()
    assert(sys.write_file(path, "secret bytes"))
    acme.serve(function() return acme.reply(200, {}) end)
    service.files.any("hr", path)
    os.remove(path)
    t.eq(json.decode(last().arguments), { file = path, size = 12 })
    t.eq(last().scope, "hr")
    t.eq({ acme.calls[1].body, acme.calls[1].headers["content-type"] }, { "secret bytes", "application/octet-stream" })
  end)

  t.it("keeps the id it is given, and nothing that is none", function()
    local function id_of(data)
      acme.serve(function() return acme.reply(200, ('{"isSuccess":true,"data":%s}'):format(data),
        { ["Content-Type"] = "application/json" }) end)
      service.things.create { name = "n" }
      return last().remote_id
    end
    t.eq(id_of '{"id":7}', "7")
    t.eq(id_of '{"id":7.0}', "7")
    t.eq(id_of '{"id":12345678901234567890123}', "12345678901234567890123")
    t.eq(id_of '{"publicId":"p"}', "p")
    t.eq(id_of '{"id":{"x":1},"publicId":"p"}', "p")
    for _, none in ipairs { '{"x":1}', "[1]", "true", "false", "null" } do t.eq(id_of(('{"id":%s}'):format(none)), nil) end
  end)

  t.it("that is cancelled under way is in doubt", function()
    local arrived = false
    acme.serve(function() arrived = true return { status = 200, body = "{}", delay = 30 } end)
    local task = spawn(service.things.create, { name = "n" })
    while not arrived do sleep(0.001) end
    task:cancel()
    t.eq(t.raises(function() task:join() end).kind, "cancelled")
    t.eq(last().outcome, "in_doubt")
    t.raises(function() deadline(0.02 * slow, service.things.create, { name = "n" }) end)
    t.eq(last().outcome, "in_doubt")
  end)

  t.it("that is refused before sending is not recorded", function()
    local before = count()
    acme.serve {}
    pcall(service.things.create, { nam = "n" })
    t.eq(count(), before)
  end)

  t.it("whose path leads elsewhere is noted as failed", function()
    acme.serve {}
    t.raises(function() service.things.update("..", { name = "n" }) end)
    t.eq(last().outcome, "failed")
    t.eq(acme.calls, {})
  end)

  t.it("is recorded without the secrets of its body, and sent with them", function()
    acme.serve(function() return acme.ok() end)
    service.things.create { name = "n", pin = "p1n-canary", free = { token = "acme-t0ken" } }
    t.ok(acme.calls[1].body:find('"pin":"p1n-canary"', 1, true))
    local row = last()
    t.ok(not row.arguments:find("canary", 1, true) and not row.arguments:find("t0ken", 1, true), row.arguments)
    acme.serve(function() return acme.ok { { id = 1 }, { id = 2 } } end)
    service.things.create_many { { name = "a", pin = "p1n-canary" }, { name = "b" } }
    t.ok(not last().arguments:find("canary", 1, true), last().arguments)
    t.eq(#json.decode(last().arguments), 2)
    service.things.create { name = "n", pin = "77" } -- too short to be known by its text
    t.eq(last().arguments, '{"name":"n","pin":"[secret]","state":"new"}')
  end)

  t.it("that failed is recorded without the secrets of the answer", function()
    acme.serve(function() return acme.reply(409, { error = { message = "acme-t0ken is known" } }) end)
    pcall(service.things.create, { name = "n" })
    t.ok(not last().message:find("t0ken", 1, true), last().message)
  end)

  t.it("that cannot be recorded is not sent", function()
    acme.serve {}
    local store = record.store()
    store:close()
    t.raises(function() service.things.create { name = "n" } end, "closed store")
    t.eq(acme.calls, {})
    record.close()
  end)
end)

t.describe("a read", function()
  t.it("is not recorded", function()
    local before = count()
    acme.serve(function() return acme.ok { id = 1 } end)
    service.things.get "a"
    t.eq(count(), before)
  end)
end)

-- Two accounts out of a file, one of them protected.

local dir = os.tmpname()
os.remove(dir)
assert(sys.make_dir(dir, 448))

local function use_file()
  local text = ([[return { default = "plant-a", profiles = {
    ["plant-a"] = { acme = { url = "%s", token = "a-canary" } },
    ["plant-b"] = { protected = true, acme = { url = "%s", token = "b-canary" } },
    ["plant-c"] = { acme = { url = "%s", user = "u", password = "p" } } } }]]):format(acme.url(), acme.url(), acme.url())
  assert(sys.write_file(dir .. "/config.lua", text, 384))
  record.close()
  config.load { config = dir .. "/config.lua", store = dir .. "/store.db" }
end

-- a terminal that is not there, or that answers
local function with_terminal(answer, fn)
  local open, said = io.open, {}
  io.open = function(path, ...) -- luacheck: ignore 122
    if path ~= "/dev/tty" then return open(path, ...) end
    if not answer then return nil end
    return { setvbuf = function() end, close = function() end, read = function() return answer end,
      write = function(_, text) said[#said + 1] = text end }
  end
  local ok, err = pcall(fn)
  io.open = open -- luacheck: ignore 122
  if not ok then error(err, 0) end
  return table.concat(said)
end

t.describe("with{ profile = }", function()
  t.it("is another account behind the same operations", function()
    use_file()
    acme.serve(function() return acme.ok { id = 1 } end)
    service.things.get "a"
    local other = service.with { profile = "plant-b" }
    other.things.get "a"
    service.things.get "a"
    t.eq({ acme.calls[1].headers.authorization, acme.calls[2].headers.authorization, acme.calls[3].headers.authorization },
      { "Bearer a-canary", "Bearer b-canary", "Bearer a-canary" })
    local ids = {}
    for item in other.things.each() do ids[#ids + 1] = item.id end
    t.eq(ids, { 1 })
    t.eq(acme.calls[4].headers.authorization, "Bearer b-canary")
    t.eq(other.things.find { id = "1" }.id, 1)
    t.eq(acme.calls[5].headers.authorization, "Bearer b-canary")
  end)

  t.it("refuses what is no profile", function()
    acme.serve {}
    t.raises(function() service.with { profile = "plant-bb" }.things.get "a" end, "did you mean 'plant-b'?")
    t.raises(function() service.with { profil = "x" } end, "acme.with wants a table")
    t.raises(function() service.with { profile = "plant-b", x = 1 } end, "no option 'x'")
    t.raises(function() service.with "plant-b" end, "acme.with wants a table")
    t.eq(acme.calls, {})
  end)

  t.it("without a credential says which one, before anything is sent or recorded", function()
    acme.serve {}
    local before = count()
    local err = t.raises(function() service.with { profile = "plant-c" }.things.create { name = "n" } end, "token")
    t.eq(err.kind, "auth")
    t.eq(count(), before)
    t.eq(t.raises(function() service.with { profile = "plant-c" }.things.get "a" end).kind, "auth")
    t.eq(acme.calls, {})
  end)
end)

t.describe("a protected profile", function()
  local other = service.with { profile = "plant-b" }

  t.it("lets reads pass", function()
    acme.serve { acme.ok { id = 1 } }
    t.eq(with_terminal(nil, function() t.eq(other.things.get "a", { id = 1 }) end), "")
  end)

  t.it("refuses writes where nobody can be asked", function()
    acme.serve {}
    local before = count()
    with_terminal(nil, function()
      local err = t.raises(function() other.things.create { name = "n" } end, "profile 'plant-b' is protected: pass --yes")
      t.eq(err.kind, "validation")
    end)
    t.eq(acme.calls, {})
    t.eq(count(), before)
  end)

  t.it("asks, and sends nothing after a wrong answer", function()
    acme.serve {}
    local said = with_terminal("yes", function()
      local err = t.raises(function() other.things.remove "a" end, "not confirmed")
      t.eq(err.kind, "cancelled")
    end)
    t.ok(said:find("plant-b", 1, true) and said:find("things.remove", 1, true), said)
    t.eq(acme.calls, {})
  end)

  t.it("asks once a run, by the profile's name", function()
    acme.serve { acme.ok(), acme.ok() }
    local said = with_terminal("plant-b", function()
      other.things.create { name = "n" }
      other.things.create { name = "m" }
    end)
    t.eq(select(2, said:gsub("Type the profile's name", "")), 1)
    t.eq(#acme.calls, 2)
    t.eq(last().profile, "plant-b")
  end)

  t.it("is not asked for with --yes", function()
    -- asked already above: only another profile's question would show
    session.yes = true
    local ok, err = pcall(require("core.confirm").confirm, { service = "acme", profile = "never-asked", operation = "x" })
    session.yes = nil
    t.eq({ ok, err }, { true, true })
  end)

  t.it("keeps its records apart", function()
    acme.serve(function(request)
      if request.method == "POST" then return acme.reply(201, "", { Location = "/people/5" }) end
      return acme.reply(200, { login = "joe" })
    end)
    other.people.create("hr", { login = "joe" })
    t.eq(other.people.find("hr", { login = "joe" }).id, 5)
    t.eq(service.people.find("hr", { login = "joe" }), nil)
  end)
end)

-- the newest row of a key, without case
local function row_of(key)
  for _, row in ipairs(record.store():calls(100)) do
    if row.key == key then return row end
  end
end

local function side_by_side(fs)
  local tasks = {}
  for i, f in ipairs(fs) do tasks[i] = spawn(f) end
  return tasks
end

t.describe("writes of tasks side by side", function()
  t.it("are each in the record before they are sent, and end there", function()
    local early = {}
    acme.serve(function(request)
      local name = json.decode(request.body).name
      local row = row_of(name)
      early[name] = row and row.outcome
      return acme.ok { id = name }
    end)
    local fs = {}
    for i = 1, 12 do fs[i] = function() return service.things.create({ name = "side" .. i }).id end end
    for i, task in ipairs(side_by_side(fs)) do t.eq(task:join(), "side" .. i) end
    for i = 1, 12 do
      local row = row_of("side" .. i)
      t.eq({ early["side" .. i], row.outcome, row.remote_id }, { "sent", "done", "side" .. i })
    end
  end)

  t.it("that are cancelled before they leave are noted so, and stop nobody else", function()
    acme.serve(function(request) return acme.ok { id = json.decode(request.body).name } end)
    local tasks
    tasks = side_by_side {
      function() service.things.create { name = "first" } end,
      function()
        tasks[1]:cancel() -- which waits for the disk now
        return service.things.create({ name = "second" }).id
      end,
    }
    local err = t.raises(function() tasks[1]:join() end)
    t.eq({ err.kind, err.unsent, row_of("first").outcome }, { "cancelled", true, "failed" })
    t.eq({ tasks[2]:join(), row_of("second").outcome, #acme.calls }, { "second", "done", 1 })
  end)

  t.it("of which one cannot be recorded are sent without it", function()
    acme.serve(function(request) return acme.ok { id = json.decode(request.body).name } end)
    local begin, store = record.store().begin, getmetatable(record.store()).__index
    store.begin = function(self, call, exchange)
      if call.key == "broken" then call.service = "no\0text" end
      return begin(self, call, exchange)
    end
    local tasks = side_by_side {
      function() return service.things.create({ name = "broken" }).id end,
      function() return service.things.create({ name = "whole" }).id end,
    }
    local ok = pcall(tasks[1].join, tasks[1])
    local id = tasks[2]:join()
    store.begin = begin
    t.eq({ ok, id, #acme.calls, row_of "broken" }, { false, "whole", 1 })
  end)
end)

t.describe("the store's file", function()
  t.it("holds no secret", function()
    record.close()
    local found = {}
    for _, name in ipairs { "/store.db", "/store.db-wal", "/store.db-shm" } do
      local text = sys.read_file(dir .. name) or ""
      found[#found + 1] = text:match "[ab]%-canary" or nil
      os.remove(dir .. name)
    end
    os.remove(dir .. "/config.lua")
    os.remove(dir)
    t.eq(found, {})
    t.ok(not sys.exists(dir), "something was left in " .. dir)
  end)
end)
