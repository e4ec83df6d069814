-- history_spec.lua - what is kept of calls, and the forms it is shown in.
-- SPDX-License-Identifier: MIT

local t = require "test"
local acme = require "acme"
local client = require "core.client"
local curl = require "core.curl"
local har = require "core.har"
local history = require "core.history"
local json = require "host.json"
local linediff = require "core.linediff"
local record = require "core.record"
local session = require "core.session"

local service = acme.service()

local function newest(n)
  history.flush()
  local list = record.store():exchanges { limit = n or 1 }
  for i, row in ipairs(list) do list[i] = record.store():exchange(row.id) end
  return n and list or list[1]
end

local function count()
  history.flush()
  return #record.store():exchanges {}
end

-- Runs fn with all reads in the history.
local function watching(fn)
  session.history = "all"
  client.rewatch()
  local ok, err = pcall(fn)
  session.history = nil
  client.rewatch()
  if not ok then error(err, 0) end
end

t.describe("the history", function()
  t.it("has a write with its reply", function()
    local body = { isSuccess = true, data = { id = "t1", note = json.null } }
    acme.serve(function() return acme.reply(200, body, { ETag = "7" }) end)
    service.things.create { name = "Pump", header_note = "x" }
    local row = newest()
    t.eq({ row.service, row.profile, row.operation, row.effect, row.what },
      { "acme", "sandbox", "things.create", "create", "pump" })
    t.eq({ row.method, row.url }, { "POST", acme.url() .. "/things" })
    t.eq(row.request_body, '{"name":"Pump","state":"new"}')
    t.eq(row.request_head, "Acme-Brand: plain\nAcme-Note: x\n"
      .. "Content-Type: application/json\nAcme-Version: 7\nAuthorization: [secret]")
    t.eq({ row.outcome, row.status, row.attempts, row.kind }, { "done", 200, 1, nil })
    t.eq(row.reply_body, '{"data":{"id":"t1","note":null},"isSuccess":true}')
    t.ok(row.reply_head:find("ETag: 7", 1, true))
    t.ok(row.seconds > 0 and json.decode(row.times).total > 0)
    t.ok(row.at:find "^%d+%-%d%d%-%d%dT%d%d:%d%d:%d%d%.%d%d%dZ$", row.at)
    t.eq(row.insecure, false)
  end)

  t.it("has a write that failed, or was lost", function()
    acme.serve { acme.reply(409, { message = "is there" }) }
    t.raises(function() service.things.create { name = "n" } end)
    local row = newest()
    t.eq({ row.outcome, row.status, row.kind }, { "failed", 409, "conflict" })
    t.eq(row.reply_body, '{"message":"is there"}')
    acme.serve(function() return { status = 200, fault = "drop" } end)
    t.raises(function() service.things.send "a" end)
    row = newest()
    t.eq({ row.outcome, row.status, row.kind, row.what, row.reply_body }, { "in_doubt", 0, "in_doubt", "a", nil })
  end)

  t.it("leaves reads out unless it is asked for them", function()
    acme.serve(function() return acme.ok { id = 1 } end)
    local before = count()
    service.things.get "a"
    t.eq(count(), before)
    watching(function() service.things.get "a" end)
    t.eq(count(), before + 1)
    local row = newest()
    t.eq({ row.operation, row.effect, row.outcome, row.what }, { "things.get", "read", "done", "a" })
    t.eq(row.reply_body, '{"data":{"id":1},"isSuccess":true}')
  end)

  t.it("has reads that failed", function()
    acme.serve(function() return acme.reply(404, "<p>gone", { ["Content-Type"] = "text/html" }) end)
    watching(function() t.raises(function() service.things.get "a" end) end)
    local row = newest()
    t.eq({ row.outcome, row.status, row.kind, row.reply_body }, { "failed", 404, "not_found", "<p>gone" })
  end)

  t.it("writes reads many at a time", function()
    acme.serve(function() return acme.ok { id = 1 } end)
    local before = count()
    watching(function()
      for _ = 1, 63 do service.things.get "a" end
      t.eq(#record.store():exchanges {}, before)
      service.things.get "a"
      t.eq(#record.store():exchanges {}, before + 64)
    end)
  end)

  t.it("changes nothing that a script sees", function()
    acme.serve(function(request)
      return request.path:find "text" and acme.reply(200, "some text", { ["Content-Type"] = "text/plain" })
        or acme.reply(503, "<p>busy", { ["Content-Type"] = "text/html", ["Retry-After"] = "900" })
    end)
    local function look()
      local data, reply = service.plain.text()
      local _, err = try(service.things.get, "a", {}, { retry = 0 })
      return { data, reply.text == nil, err.message, err.body, err.kind }
    end
    local plain, watched = look(), nil
    watching(function() watched = look() end)
    t.eq(watched, plain)
  end)

  t.it("is not stopped by a zero byte", function()
    acme.serve(function() return acme.reply(200, "a\0b", { ["Content-Type"] = "text/plain" }) end)
    watching(function() t.eq(service.plain.text(), "a\0b") end)
    local row = newest()
    t.eq({ row.reply_body, row.reply_note }, { nil, "not kept: 3 bytes that are no text" })
  end)
end)

t.describe("what is kept", function()
  local words = { "p1n-h1story", "w0rd-h1story", "acme-t0ken", "YWNtZS10MGtlbg" }

  local function clean(rows)
    local text = json.encode(rows)
    for _, word in ipairs(words) do
      if text:find(word, 1, true) then return word .. " in " .. text end
    end
  end

  t.it("has no secret of a body or reply", function()
    local op = acme.operation "things.update"
    op.returns = "Thing"
    acme.serve(function()
      local data = { name = "n", pin = "w0rd-h1story", tags = { "w0rd-h1story", "YWNtZS10MGtlbg==" } }
      return acme.reply(200, { isSuccess = true, data = data },
        { ["Set-Cookie"] = "a=w0rd-h1story", ["X-Echo"] = "Bearer acme-t0ken" })
    end)
    service.things.update("a", { name = "n", pin = "p1n-h1story" })
    op.returns = "any"
    local row = newest()
    t.eq(clean(row), nil)
    t.eq(row.request_body, '{"name":"n","pin":"[secret]","state":"new"}')
    t.ok(row.reply_head:find("Set-Cookie: [secret]", 1, true))
  end)

  t.it("has no value of a header whose name tells of a secret", function()
    acme.serve(function()
      return acme.reply(200, { isSuccess = true, data = {} }, { ["X-Session-Token"] = "nobody-knows", ["X-Note"] = "a: token: b" })
    end)
    service.things.update("a", { name = "n" })
    local row = newest()
    t.ok(row.reply_head:find("X-Session-Token: [secret]", 1, true))
    t.ok(row.reply_head:find("X-Note: a: token: b", 1, true))
  end)

  t.it("is nothing of a reply that is a secret", function()
    local op = acme.operation "things.create"
    op.secret = true
    acme.serve(function() return acme.ok { key = "abc" } end)
    service.things.create { name = "n" }
    op.secret = nil
    local row = newest()
    t.eq({ row.reply_body, row.reply_note }, { nil, "not kept: the whole reply is a secret" })
  end)

  t.it("is judged by names where no catalogue says what is secret", function()
    acme.serve(function(request)
      if request.path == "/login" then return acme.reply(200, "w0rd-h1story", { ["Content-Type"] = "text/plain" }) end
      return acme.reply(200, { access_token = "w0rd-h1story", name = "n" }, { ["X-Auth-Token"] = "w0rd-h1story" })
    end)
    client.raw("acme", "POST", "/x", { body = '{"password":"p1n-h1story","name":"n"}',
      headers = { "X-Api-Key: p1n-h1story" }, raw = true })
    local row = newest()
    t.eq(clean(row), nil)
    t.eq(row.request_body, '{"name":"n","password":"[secret]"}')
    t.eq(row.reply_body, '{"access_token":"[secret]","name":"n"}')
    acme.catalogue.auth[3] = { name = "bought", login = { http = "POST /login?a=b", token = "" } }
    t.raises(function() client.raw("acme", "POST", "/login", { raw = true }) end)
    acme.catalogue.auth[3] = nil
    t.eq(clean(newest()), nil)
    local bought = { name = "n", password = "new-1", list = { { token = "new-2" } } }
    acme.serve(function() return acme.reply(200, { isSuccess = true, data = bought }) end)
    client.raw("acme", "POST", "/x", { body = "{}" })
    t.eq(newest().reply_body, '{"data":{"list":[{"token":"[secret]"}],"name":"n","password":"[secret]"},"isSuccess":true}')
  end)

  t.it("is name and size of files", function()
    local file = os.tmpname()
    assert(require("host.sys").write_file(file, "FILECONTENT"))
    acme.serve(function(request)
      if request.method == "POST" then return acme.reply(200, "fine", { ["Content-Type"] = "text/plain" }) end
      return acme.reply(200, "REPLYCONTENT", { ["Content-Type"] = "application/zip" })
    end)
    acme.operation("files.put").envelope = false
    service.files.put("hr", file)
    acme.operation("files.put").envelope = nil
    local sent = newest()
    t.eq(json.decode(sent.files), { { "files", file, "application/zip", 11 } })
    t.eq(sent.request_body, nil)
    watching(function() service.files.get("hr", { to = file }) end)
    local came = newest()
    os.remove(file)
    t.eq({ came.reply_body, came.reply_note }, { nil, ("not kept: a file of 12 bytes, %s"):format(file) })
    t.ok(not json.encode({ sent, came }):find("CONTENT", 1, true))
  end)

  t.it("is 64 KiB of a body, and says so", function()
    acme.serve(function() return acme.ok { text = ("x"):rep(100000) } end)
    service.things.send "a"
    local row = newest()
    t.eq({ #row.reply_body, row.reply_cut }, { 65536, 100000 + #'{"data":{"text":""},"isSuccess":true}' })
  end)
end)

-- a row as the store gives one
local function row_of(more)
  local row = { id = 3, at = "2026-01-02T03:04:05.678Z", service = "ixon", profile = "prod", operation = "invites.create",
    effect = "create", what = "", method = "POST", url = "https://portal.ixon.cloud/api/invites?a=b%20c&d=%5Bx%5D",
    outcome = "done",
    status = 201, attempts = 1, seconds = 0.5, request_cut = 0, reply_cut = 0, insecure = false,
    request_head = "Content-Type: application/json\nApi-Version: 2\nAuthorization: [secret]",
    request_body = "[{\"a\":\"it's $x\"}]",
    reply_head = "Content-Type: application/json\nLocation: /x", reply_body = "{}",
    times = '{"turn":0,"between":0,"resolve":0.1,"connect":0.2,"tls":0.3,"sent":0.3,"first_byte":0.4,"total":0.5}' }
  for name, value in pairs(more or {}) do row[name] = value end
  return row
end

t.describe("the command for curl", function()
  local function command(more) return curl.command(row_of(more)) end

  t.it("has variables where credentials were", function()
    local text = command()
    t.ok(text:find('-H "Authorization: Bearer $ERRAND_IXON_TOKEN"', 1, true), text)
    t.ok(text:find([[--data-raw '[{"a":"it'\''s $x"}]']], 1, true), text)
    t.ok(text:find("# Careful: ixon.invites.create creates something", 1, true), text)
    t.ok(text:find("'https://portal.ixon.cloud/api/invites?a=b%20c&d=%5Bx%5D'", 1, true), text)
    t.ok(not text:find("secret", 1, true), text)
  end)

  t.it("uses -u for Basic", function()
    local text = command { service = "bossinsights", operation = "accounts.list", effect = "read",
      request_head = "Account-Key: [secret]\nAuthorization: [secret]" }
    t.ok(text:find('-u "$ERRAND_BOSSINSIGHTS_USER:$ERRAND_BOSSINSIGHTS_PASSWORD"', 1, true), text)
    t.ok(text:find('-H "Account-Key: $ERRAND_BOSSINSIGHTS_ACCOUNT_KEY"', 1, true), text)
    t.ok(not text:find("Careful", 1, true))
  end)

  t.it("says how a token is bought", function()
    local text = command { service = "intrexx", operation = "users.get", effect = "read", method = "GET",
      url = "https://hr.example.com:4242/hr/users/6", request_body = false }
    t.ok(text:find('-H "Authorization: Bearer $TOKEN"', 1, true), text)
    t.ok(text:find("# TOKEN is the body of the reply to: curl -sS -g -X POST", 1, true), text)
    t.ok(text:find("https://hr.example.com:4242/auth\n", 1, true), text)
  end)

  t.it("names files, and warns of what is not there", function()
    local text = command { request_body = false, files = '[["files","/tmp/a;b.zip","application/zip",3]]', insecure = true }
    t.ok(text:find([[-F 'files=@"/tmp/a;b.zip";type=application/zip']], 1, true), text)
    t.ok(text:find(" -k", 1, true))
    t.ok(command({ request_cut = 70000 }):find("# The body was cut: it had 70000 bytes", 1, true))
    t.ok(command({ request_body = '{"pin":"[secret]"}' }):find("# [secret] stands for", 1, true))
    t.ok(command({ service = "gone", request_head = "X-Key: [secret]" }):find('-H "X-Key: $SECRET"', 1, true))
  end)
end)

-- Members that HAR 1.2 requires, by kind.
local required = {
  log = { version = "string", creator = "table", entries = "table" },
  creator = { name = "string", version = "string" },
  entry = { startedDateTime = "string", time = "number", request = "table", response = "table", cache = "table",
    timings = "table" },
  request = { method = "string", url = "string", httpVersion = "string", cookies = "table", headers = "table",
    queryString = "table",
    headersSize = "number", bodySize = "number" },
  response = { status = "number", statusText = "string", httpVersion = "string", cookies = "table", headers = "table",
    content = "table",
    redirectURL = "string", headersSize = "number", bodySize = "number" },
  content = { size = "number", mimeType = "string" },
  timings = { send = "number", wait = "number", receive = "number" },
  pair = { name = "string", value = "string" },
  post = { mimeType = "string", params = "table", text = "string" },
}

local function check(kind, value)
  for name, type_ in pairs(required[kind]) do t.eq(type(value[name]), type_, kind .. "." .. name) end
end

t.describe("the archive", function()
  local function entries(...)
    local archive = assert(json.decode(har.text { ... }))
    check("log", archive.log)
    check("creator", archive.log.creator)
    t.eq(archive.log.version, "1.2")
    for _, entry in ipairs(archive.log.entries) do
      check("entry", entry)
      check("request", entry.request)
      check("response", entry.response)
      check("content", entry.response.content)
      check("timings", entry.timings)
      if entry.request.postData then check("post", entry.request.postData) end
      for _, list in ipairs { entry.request.headers, entry.request.queryString, entry.response.headers } do
        for _, pair in ipairs(list) do check("pair", pair) end
      end
      for name, value in pairs(entry.timings) do
        t.ok(value >= (required.timings[name] and 0 or -1), name .. " is " .. value)
      end
      t.ok(entry.startedDateTime:find "^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.%d%d%dZ$")
    end
    return archive.log.entries
  end

  t.it("has every member that the format requires", function()
    local one = entries(row_of())[1]
    t.eq(one.request.queryString, { { name = "a", value = "b c" }, { name = "d", value = "[x]" } })
    t.eq(one.request.headers[3], { name = "Authorization", value = "[secret]" })
    t.eq(one.response.redirectURL, "/x")
    t.near(one.timings.dns, 100, 0.01)
    t.near(one.timings.connect, 200, 0.01)
    t.near(one.timings.ssl, 100, 0.01)
    t.near(one.timings.wait, 100, 0.01)
    t.near(one.timings.receive, 100, 0.01)
    t.near(one.time, one.timings.blocked + one.timings.dns + one.timings.connect + one.timings.wait + one.timings.receive, 0.01)
  end)

  t.it("has it for all kinds of calls", function()
    local list = entries(row_of { method = "GET", request_body = false, times = false, reply_body = false, status = 0,
        message = "lost" },
      row_of { request_body = false, files = '[["files","a.zip","application/zip",3]]' },
      row_of { request_body = false, files = '[["","a.zip","application/zip",3]]', reply_cut = 99999, request_head = false },
      row_of { url = "https://example.com/?%ff=%zz&&=&x", reply_head = false, reply_note = "not kept: 3 bytes" })
    t.eq(list[1].request.postData, nil)
    t.eq(list[2].request.postData.params[1].fileName, "a.zip")
    t.ok(list[3].response.content.comment:find "cut")
    t.eq(#entries(), 0)
  end)
end)

t.describe("the difference of lines", function()
  local function lists(a, b)
    local out = {}
    for _, text in ipairs { a, b } do
      local list = {}
      for letter in text:gmatch "." do list[#list + 1] = letter end
      out[#out + 1] = list
    end
    return out[1], out[2]
  end

  t.it("is the least there is", function()
    for _, case in ipairs { { "", "", "" }, { "a", "a", " a" }, { "", "ab", "+a+b" }, { "ab", "", "-a-b" },
      { "abc", "axc", " a-b+x c" },
      { "abcabba", "cbabac", "-a-b c+b a b-b a+c" } } do
      local a, b = lists(case[1], case[2])
      local text, left, right = "", "", ""
      for _, one in ipairs(linediff.compare(a, b)) do
        text = text .. one[1] .. one[2]
        left = left .. (one[1] ~= "+" and one[2] or "")
        right = right .. (one[1] ~= "-" and one[2] or "")
      end
      t.eq({ left, right, #text }, { case[1], case[2], #case[3] })
    end
  end)

  t.it("shows some lines around, and nothing where nothing differs", function()
    local a, b = lists("abcdefghij", "abcdefxhij")
    t.eq(linediff.text(a, b, 1), "  ...\n  f\n- g\n+ x\n  h\n  ...\n")
    t.eq(linediff.text(a, a), nil)
  end)

  t.it("gives up on the least where all differs", function()
    local a, b = {}, {}
    for i = 1, 3000 do a[i], b[i] = "a" .. i, "b" .. i end
    t.eq(#linediff.compare(a, b), 6000)
  end)
end)
