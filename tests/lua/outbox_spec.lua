-- outbox_spec.lua - messages leave in order, at least once, and are given up aloud.
-- SPDX-License-Identifier: MIT

local t = require "test"
local book_ = require "core.schedule.book"
local host_store = require "host.store"
local json = require "host.json"
local notice = require "core.schedule.notice"
local outbox = require "core.schedule.outbox"
local program = require "core.schedule.send.program"
local server = require "host.server"
local sys = require "host.sys"
local task = require "host.task"

-- everything takes so many times as long, under valgrind
local slow = tonumber(os.getenv "SLOW" or 1)

local dir = os.tmpname()
os.remove(dir)
assert(sys.make_dir(dir))

local function shell(text) return assert(require("host.proc").start { program = "sh", args = { "-c", text } }):wait() end
local function read(name) return sys.read_file(dir .. "/" .. name) or "" end

-- A world of its own: book in memory, clock by hand, what was logged.
local function world(options)
  local w = { now = 1795327260, logged = {} }
  w.store = assert(host_store.open())
  w.book = book_.open(w.store, function() return w.now end)
  local given = { book = w.book, clock = { wall = function() return w.now end },
    log = function(level, text, fields) w.logged[#w.logged + 1] = { level = level, text = text, fields = fields } end }
  for name, value in pairs(options or {}) do given[name] = value end
  w.outbox = outbox.new(given)
  w.n = 0
  function w.post(channel, value, more)
    w.n = w.n + 1
    local event = { type = "ended", slot = { id = w.n, at = w.now + w.n, kind = "slot", outcome = "failed", run = "r-" .. w.n },
      error = "it broke" }
    for name, one in pairs(more or {}) do event[name] = one end
    local d = { name = w.name or "leavers", notify = { { on = "always", [channel] = value } } }
    if channel == "ping" then d = { name = "leavers", ping = value } end
    local rows = notice.messages(event, d, w.now)
    w.book:post(rows, d.name)
    return json.decode(rows[1].body)
  end
  function w.levels()
    local out = {}
    for i, one in ipairs(w.logged) do out[i] = one.level .. " " .. one.text end
    return table.concat(out, "\n")
  end
  function w.row() return w.book:outbox { limit = 1 }[1] end
  return w
end

local function hooks(answer)
  local seen = {}
  local s = assert(server.listen({ port = 0 }, function(request)
    seen[#seen + 1] = request
    local reply = answer and answer(request, #seen)
    return reply or { status = 200, body = "ok", headers = { ["Content-Type"] = "text/plain" } }
  end))
  return s, "http://127.0.0.1:" .. s:port(), seen
end

t.describe("a command", function()
  t.it("gets the text and the facts, and leaves nothing in our environment", function()
    local w = world()
    local message = w.post("command", ("cat >%s/text; env | grep ^ERRAND_ | sort >%s/facts"):format(dir, dir))
    t.eq(w.outbox:once(), 1)
    t.eq(read "text", message.text)
    local facts = read "facts"
    for _, one in ipairs { "ERRAND_EVENT=ended", "ERRAND_NOTICE=" .. message.id, "ERRAND_OUTCOME=failed", "ERRAND_RUN=r-1",
      "ERRAND_SCHEDULE=leavers", "ERRAND_SUBJECT=errand: leavers failed", "ERRAND_SLOT=2026-11-22T" } do
      t.ok(facts:find(one, 1, true), one .. " in " .. facts)
    end
    t.ok(not facts:find("ERRAND_TEXT", 1, true))
    t.eq({ sys.env "ERRAND_NOTICE", sys.env "ERRAND_TEXT" }, {})
    t.ok(w.row().sent)
  end)

  t.it("that fails is tried again, later and later, with its last words", function()
    local w = world { store = dir .. "/store" }
    w.post("command", "echo no such list >&2; exit 7")
    local due
    for i = 1, 4 do
      t.eq(w.outbox:once(), 1)
      t.eq(w.outbox:once(), 0)
      local row = w.row()
      t.eq({ row.tries, row.message }, { i, "the command ended with exit code 7: no such list" })
      t.ok(not due or row.due - w.now > due, "back-off grows")
      due = row.due - w.now
      w.now = row.due
    end
    t.ok(w.levels():find "^warning notice not sent\nwarning")
    t.ok(not sys.exists(dir .. "/store.logs/notice-1.log"))
  end)

  t.it("is given up after a day, aloud", function()
    local w = world()
    w.post("command", "exit 1")
    local tries = 0
    while not w.row().failed do
      tries = tries + w.outbox:once()
      w.now = math.max(w.row().due, w.now)
      assert(tries < 100)
    end
    t.ok(tries > 20 and tries < 40, tries)
    t.near(w.row().failed, 1795327260 + 86400, 1)
    t.ok(w.levels():find "error notice given up$")
  end)

  t.it("that hangs is stopped, with all that it started", function()
    local w = world { seconds = 0.3 }
    w.post("command", ("trap '' TERM; (sleep 60; :) & echo $! >%s/pid; sleep 60"):format(dir))
    local before = task.now()
    t.eq(w.outbox:once(), 1)
    t.ok(task.now() - before < 8)
    t.eq(w.row().message, "the command took longer than 0.3 s and was stopped")
    task.deadline(20, function() -- it was killed, and takes its time
      local left
      repeat
        task.sleep(0.01)
        left = sys.read_file(("/proc/%d/stat"):format(tonumber(read "pid")))
      until not left or left:find "%) [ZX] "
    end)
  end)

  t.it("may leave its input unread and print what it likes", function()
    local w = world()
    w.post("command", "exec <&-; seq 1 50000; exit 0", { error = ("x"):rep(2000) })
    t.eq(w.outbox:once(), 1)
    t.ok(w.row().sent)
  end)
end)

t.describe("mail", function()
  local function message(more)
    local m = { id = "0-1", to = { mail = { "ops@example.com", "root" } }, subject = "errand: leavers failed",
      text = "It failed.\n" }
    for name, value in pairs(more or {}) do m[name] = value end
    return m
  end

  t.it("goes to sendmail -i -t with a head that cannot be written into", function()
    shell(([[mkdir %s/bin; printf '#!/bin/sh\necho "$@" >%s/args; cat >%s/mail\n' >%s/bin/sendmail; chmod 755 %s/bin/sendmail]])
      :format(dir, dir, dir, dir, dir))
    local path = sys.env "PATH"
    sys.setenv("PATH", dir .. "/bin:" .. path)
    local w = world()
    w.name = "leavers"
    w.post("mail", { "ops@example.com", "root" })
    t.eq(w.outbox:once(), 1)
    sys.setenv("PATH", path)
    t.eq(read "args", "-i -t\n")
    local head, body = read("mail"):match "^(.-\n)\n(.*)$"
    t.ok(head:find("^To: ops@example.com,\n root\nSubject: errand: leavers failed\n"
      .. "Date: %a+, %d%d Nov 2026 06:01:00 %+0000\nMessage%-ID: <"))
    t.ok(head:find("Auto-Submitted: auto-generated\n", 1, true) and body:find("it broke", 1, true))
  end)

  t.it("keeps line breaks out of the head and other alphabets whole", function()
    local text = program.mail_text(message { subject = "a\r\nBcc: x@example.com" }, "host\nX: y", 0)
    t.ok(not text:find "\nBcc" and not text:find "\nX: " and text:find("Subject: a Bcc: x@example.com\n", 1, true))
    text = program.mail_text(message { subject = ("Fälligkeit "):rep(12), text = "Prüfung\n" }, "h", 0)
    for line in text:gmatch "[^\n]+" do t.ok(#line <= 78, line) end
    t.ok(text:find("Content-Transfer-Encoding: base64\n\nUHLDvGZ1bmcK\n", 1, true), text)
    local words = 0
    for _ in text:gmatch "=%?UTF%-8%?B%?[%w+/]+=*%?=" do words = words + 1 end
    t.ok(words >= 3)
  end)

  t.it("is refused where an address is none", function()
    local ok, why, final = program.mail(message { to = { mail = { "a@example.com\nBcc: b@example.com" } } }, {}, { host = "h",
      now = 0 })
    t.eq({ ok, final }, { nil, true })
    t.ok(why:find "no mail address")
  end)
end)

t.describe("a webhook", function()
  t.it("gets JSON, an id and the token, which Lua never has", function()
    local _s <close>, url, seen = hooks()
    sys.setenv("HOOK_URL", url .. "/services/T000/B000/abcdefgh?x=1")
    sys.setenv("HOOK_TOKEN", "token-token-1")
    local hook = { url = { env = "HOOK_URL" }, token = { env = "HOOK_TOKEN" } }
    local w = world()
    t.eq(#w.outbox:load { list = { { name = "leavers", notify = { { webhook = hook } } } } }, 0)
    t.eq({ sys.env "HOOK_URL", sys.env "HOOK_TOKEN" }, {})
    local message = w.post("webhook", hook)
    t.eq(w.outbox:once(), 1)
    t.eq({ seen[1].method, seen[1].path, seen[1].query, seen[1].headers.authorization, seen[1].headers["idempotency-key"] },
      { "POST", "/services/T000/B000/abcdefgh", "x=1", "Bearer token-token-1", message.id })
    local data = json.decode(seen[1].body)
    t.eq({ data.id, data.schedule, data.outcome, data.text }, { message.id, "leavers", "failed", message.text })
    t.ok(data.host)
    t.ok(not w.row().body:find "B000" and not w.row().channel:find "B000")
    t.eq(require("host.err").redact("POST /services/T000/B000/abcdefgh?x=1"):find("abcdefgh", 1, true), nil)
    for _, text in ipairs { "/services/T000/B000/abcdefgh", "/services/T000/B000/abcdefgh/fail?x=1&create=1" } do
      t.eq(require("host.err").redact("> POST " .. text .. " HTTP/1.1"):find("abcdefgh", 1, true), nil)
    end
  end)

  t.it("has a token that was changed after the next load, a variable for good", function()
    local _s <close>, url, seen = hooks()
    local hook = { url = { env = "HOOK_URL_2" }, token = { file = dir .. "/token" } }
    local other = { url = url .. "/other", token = { file = dir .. "/token" } }
    local set = { list = { { name = "leavers", notify = { { webhook = hook }, { webhook = other } } } } }
    local w = world()
    sys.setenv("HOOK_URL_2", url .. "/hook")
    for _, token in ipairs { "first-token", "second-token" } do
      assert(sys.write_file(dir .. "/token", token .. "\n"))
      t.eq(#w.outbox:load(set), 0)
      w.post("webhook", hook)
      w.post("webhook", other)
      t.eq(w.outbox:once(), 2)
    end
    table.sort(seen, function(a, b) return a.path .. a.headers.authorization < b.path .. b.headers.authorization end)
    t.eq({ seen[1].path, seen[3].headers.authorization, seen[4].headers.authorization },
      { "/hook", "Bearer first-token", "Bearer second-token" })
  end)

  t.it("without its variable is told at once", function()
    local w = world()
    local list = w.outbox:load { list = { { name = "leavers", notify = { { webhook = { env = "NO_SUCH_HOOK" } } },
      ping = { file = "/no/such" } } } }
    t.eq(#list, 2)
    t.ok(list[1]:find("schedule 'leavers': url of the webhook: ", 1, true) and list[1]:find("NO_SUCH_HOOK", 1, true), list[1])
    w.post("webhook", { env = "NO_SUCH_HOOK" })
    w.outbox:once()
    t.ok(w.row().message:find("NO_SUCH_HOOK", 1, true) and not w.row().failed)
  end)

  t.it("that cannot be used is told without its value", function()
    local w = world()
    local function told(hook)
      return w.outbox:load({ list = { { name = "leavers", notify = { { webhook = hook } } } } })[1] or "nothing"
    end
    for _, value in ipairs { "hunter3-hunter3", "http://hooks.example.com/hunter3-hunter3",
      "https://hunter3-hunter3@x.example.com/",
      "https:///hunter3-hunter3", "https://x.example.com/#hunter3-hunter3", "x=hunter3-hunter3://x.example.com/",
      "https://x.example.com/hunter3-hunter3\\?x", "https://x.example.com/ hunter3-hunter3" } do
      assert(sys.write_file(dir .. "/hook", value))
      local text = told { file = dir .. "/hook" }
      t.ok(text:find "^schedule 'leavers': the webhook: .+" and not text:find "hunter3" and not text:find "insecure", text)
      w.post("webhook", { file = dir .. "/hook" })
    end
    t.ok(w.outbox:once() > 0)
    for _, one in ipairs(w.book:outbox()) do t.ok(not (one.message or ""):find "hunter3", one.message) end
    local text = told { url = "https://x.example.com/", cacert = "/no/such.pem" }
    t.ok(text:find("/no/such.pem", 1, true), text)
  end)

  t.it("is sent again as the server asks, with the same id", function()
    local _s <close>, url, seen = hooks(function(_, n)
      if n == 1 then return { status = 503, body = "busy", headers = { ["Retry-After"] = "1234",
        ["Content-Type"] = "text/plain" } } end
      if n == 2 then return { status = 429, body = "", headers = { ["Retry-After"] = "Sun, 22 Nov 2026 08:00:00 GMT" } } end
    end)
    local w = world()
    w.post("webhook", url .. "/hook")
    w.outbox:once()
    t.eq({ w.row().due - w.now, w.row().message }, { 1234, "the webhook answered HTTP 503: busy" })
    w.now = w.row().due
    w.outbox:once()
    t.eq(w.row().due, 1795334400)
    w.now = w.row().due
    t.eq(w.outbox:once(), 1)
    t.ok(w.row().sent)
    t.eq(#seen, 3)
    t.eq(seen[3].headers["idempotency-key"], seen[1].headers["idempotency-key"])
    t.eq(seen[3].body, seen[1].body)
  end)

  t.it("is not followed elsewhere, nor asked twice what it refuses", function()
    local _other <close>, elsewhere, got = hooks()
    local _s <close>, url, seen = hooks(function(request)
      if request.path == "/moved" then return { status = 307, body = "", headers = { Location = elsewhere .. "/x" } } end
      return { status = 410, body = "gone", headers = { ["Content-Type"] = "text/plain" } }
    end)
    local w = world()
    w.post("webhook", url .. "/moved")
    w.post("webhook", url .. "/gone")
    t.eq(w.outbox:once(), 2)
    t.eq({ #seen, #got }, { 2, 0 })
    t.ok(w.book:outbox()[1].failed and w.book:outbox()[2].failed)
    t.ok(w.book:outbox()[2].message:find "redirect", w.book:outbox()[2].message)
    t.eq(w.levels(), "error notice given up\nerror notice given up")
  end)

  t.it("that nobody serves is tried for a day, others of the schedule go on", function()
    local s, url = hooks()
    s:close()
    local w = world()
    w.post("webhook", url .. "/hook")
    w.post("command", "exit 0")
    t.eq(w.outbox:once(), 2)
    t.ok(w.book:outbox()[1].sent and not w.book:outbox()[2].sent)
    local tries = 1
    while not w.book:outbox()[2].failed do
      w.now = w.book:outbox()[2].due
      tries = tries + w.outbox:once()
      assert(tries < 100)
    end
    t.ok(tries > 20 and tries < 40)
  end)

  t.it("that never answers is let go", function()
    local peer = assert(require("host.proc").start { program = "socat", args = { "-d", "-d", "TCP-LISTEN:0,bind=127.0.0.1,fork",
      "EXEC:sleep 60" }, log = dir .. "/socat" })
    local port
    task.deadline(20, function()
      repeat
        task.sleep(0.01)
        port = read("socat"):match "listening on AF=2 127%.0%.0%.1:(%d+)"
      until port
    end)
    local w = world()
    w.post("webhook", { url = "http://127.0.0.1:" .. port .. "/", timeout = 0.3 })
    local from = task.now()
    t.eq(w.outbox:once(), 1)
    t.ok(task.now() - from < 10)
    t.ok(not w.row().sent and w.row().tries == 1, w.row().message)
    peer:close()
  end)
end)

t.describe("a ping", function()
  t.it("has a path for each kind, before a query", function()
    local _s <close>, url, seen = hooks()
    local w = world()
    local m = w.post("ping", url .. "/5a1b", { type = "started" })
    w.post("ping", url .. "/5a1b/?a=b")
    w.post("ping", url .. "/5a1b", { slot = { at = 1, kind = "slot", outcome = "done" } })
    t.eq(w.outbox:once(), 3)
    table.sort(seen, function(a, b) return a.path < b.path end)
    t.eq({ seen[1].method, seen[1].path, seen[2].path, seen[3].path }, { "GET", "/5a1b", "/5a1b/fail", "/5a1b/start" })
    t.eq({ seen[2].query:match "^a=b&rid=" ~= nil, seen[3].query }, { true, "rid=" .. m.id })
    t.eq(w.levels(), "")
  end)

  t.it("that is late is not sent", function()
    local _s <close>, url, seen = hooks()
    local w = world()
    w.post("ping", url .. "/5a1b", { type = "started" })
    w.now = w.now + 601
    w.outbox:once()
    t.eq({ #seen, w.row().failed ~= nil }, { 0, true })
  end)
end)

t.describe("the order", function()
  t.it("is kept within a channel of a schedule, and only there", function()
    local _s <close>, url, seen = hooks(function(_, n) return n == 1 and { status = 500, body = "" } or nil end)
    local w = world()
    local ids = {}
    for i = 1, 5 do ids[i] = w.post("webhook", url .. "/hook").id end
    w.name = "audit"
    local other = w.post("webhook", url .. "/hook").id
    t.eq(w.outbox:once(), 2) -- the first one of each
    t.eq(w.outbox:once(), 0)
    w.now = w.book:outbox_next()
    t.eq(w.outbox:once(), 5)
    local got = {}
    for _, request in ipairs(seen) do
      local id = request.headers["idempotency-key"]
      if id ~= other then got[#got + 1] = id end
    end
    t.eq(table.concat(got, " "):gsub("^" .. ids[1]:gsub("%-", "%%-") .. " ", ""), table.concat(ids, " "))
  end)

  t.it("of more than a thousand takes a moment", function()
    local _s <close>, url, seen = hooks()
    local w = world()
    local event = { type = "ended", slot = { id = 1, at = w.now, kind = "slot", outcome = "failed" } }
    local rows = {}
    for i = 1, 1500 do
      event.slot.at = w.now + i
      rows[i] = notice.messages(event, { name = "x", notify = { on = "always", webhook = url .. "/" .. i % 50 } }, w.now)[1]
    end
    w.book:post(rows, "x")
    local over = task.now() + 60 * slow
    while w.book:outbox_next() and task.now() < over do w.outbox:once() end
    t.eq(#seen, 1500)
    t.eq(#w.book:outbox { waiting = true }, 0)
  end)
end)

t.describe("trouble", function()
  t.it("between sending and marking sends it once more, with the same id", function()
    local _s <close>, url, seen = hooks()
    local w = world()
    w.post("webhook", url .. "/hook")
    w.book.sent = function() error("this process is gone", 0) end
    w.outbox:once()
    w.book.sent = nil
    t.eq({ #seen, w.row().sent }, { 1, nil })
    t.eq(outbox.new { book = w.book, clock = { wall = function() return w.now end } }:once(), 1)
    t.eq({ #seen, seen[1].headers["idempotency-key"] == seen[2].headers["idempotency-key"] }, { 2, true })
    t.ok(w.row().sent)
  end)

  t.it("of a full disk at marking does not send it again", function()
    local _s <close>, url, seen = hooks()
    local w = world()
    w.post("webhook", url .. "/hook")
    local sent, full = w.book.sent, true
    w.book.sent = function(...)
      if full then error(require("core.error").new("file", "the disk is full", { reason = "full" }), 0) end
      return sent(...)
    end
    for _ = 1, 3 do w.outbox:once() end
    t.eq({ #seen, w.row().sent }, { 1, nil })
    full = false
    w.outbox:once()
    t.ok(w.row().sent)
    t.eq(#seen, 1)
    t.ok(w.levels():find("error outbox cannot be read or written", 1, true))
  end)

  t.it("of rows for which there is no memory waits", function()
    local _s <close>, url, seen = hooks()
    local w = world()
    w.post("webhook", url .. "/hook")
    local decode = json.decode
    json.decode = function() error("not enough memory", 0) end
    w.outbox:once()
    json.decode = decode
    t.eq({ #seen, #w.book:outbox { waiting = true } }, { 0, 1 })
    w.now = w.now + 86000
    w.outbox:once()
    t.eq({ #seen, w.row().sent ~= nil }, { 1, true })
  end)

  t.it("of rows that cannot be read is told and over", function()
    local w = world()
    w.book:post({ { channel = "mail x", body = "{", due = w.now }, { channel = "mail x",
      body = '{"id":"1","to":{"kind":"pigeon"}}', due = w.now } }, "x")
    w.outbox:once()
    w.outbox:once()
    t.eq(#w.book:outbox { waiting = true }, 0)
    t.ok(w.levels():find "^error notice given up")
  end)
end)

t.describe("the worker", function()
  t.it("sends what comes while it waits, and ends when told", function()
    local _s <close>, url, seen = hooks()
    local w = world { store = dir .. "/worker" }
    local worker = task.spawn(function() w.outbox:run() end)
    local function until_(n)
      task.deadline(20, function()
        while #seen < n do task.sleep(0.01) end
      end)
    end
    for i = 1, 3 do
      w.post("webhook", url .. "/hook")
      w.outbox:wake()
      until_(i)
    end
    local rival = outbox.new { book = w.book, clock = { wall = function() return w.now end }, store = dir .. "/worker" }
    t.eq(rival:once(), nil)
    w.outbox:drain(10)
    worker:join()
    t.ok(w.row().sent)
    t.eq(rival:once(), 0)
  end)
end)

t.it("leaves nothing behind", function()
  shell("rm -rf " .. dir)
  t.ok(not sys.exists(dir))
end)
