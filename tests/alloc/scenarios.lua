-- scenarios.lua - what tests/alloc/alloc.c does with an allocation failing.
-- SPDX-License-Identifier: MIT
--
-- Each: run = the words of the command line; code = its exit code (0);
-- seed = commands before it, in the same folder; again = the command that must
-- end with 0 after a failure (the same again, with the same code); otherwise =
-- what else may be said than that memory is short; files = what
-- is in the folder; peer = { { "GET /x", reply, times =, drop = true }, ... };
-- env. PORT is the server's port, DIR the folder, TLS the port of a server that
-- has every file of DIR/../../.https.

local function reply(status, headers, body)
  return ("HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s"):format(status, headers, #body, body)
end

local function json(body, status)
  return reply(status or "200 OK", "Content-Type: application/json\r\n", body)
end

local function eval(code) return { "-q", "-e", code } end

local names = {}
for i = 1, 40 do names[i] = ('{"id":"%d","name":"Person %d, \\u00fc","tags":[1,2.5,null,{}],"on":true}'):format(i, i) end
local large = "[" .. table.concat(names, ",") .. "]"

local csv = { "email,first_name,last_name" }
for i = 1, 60 do csv[#csv + 1] = ('p%d@example.com,"A ""%d""",B'):format(i, i) end

local flow = [[
return workflow.define("flow", { args = { { "name", default = "A" } } }, function(run, input)
  local a = run:step("first", qalyptus.groups.create, { name = input.name, description = "" })
  run:step("second", qalyptus.groups.create, { name = input.name .. "2", description = "" })
  run:note("made " .. tostring(a and a.id))
end)
]]

local doubt = [[
return workflow.define("doubt", {}, function(run)
  run:step("user", intrexx.users.create, "hr", { general_settings = { object_name = "a" }, account = { login_username = "a" } })
end)
]]

-- Every group was made at most once: the sandbox has counted.
local once = eval [[
local text = io.open("world.json")
local world = text and json.decode(text:read "a") or {}
for operation, keys in pairs(world.effects or {}) do
  for key, count in pairs(keys) do assert(count <= 1, operation .. " " .. key) end
end]]

local schedule = [[
defaults { tz = "Europe/Berlin" }
schedule "audit" { at = "15 6 * * 1-5", run = "job.lua", args = { "a b", deep = true }, timeout = "30m" }
schedule "night" { at = "*/30 2 * * *", run = "job.lua", overlap = "queue_all", catchup = "all" }
schedule "often" { every = "6h", run = "job.lua", jitter = "10m", notify = { on = "failure", command = "cat" } }
]]

local function text_of(path)
  local file = assert(io.open(path))
  local text = file:read "a"
  file:close()
  return text
end

-- An hour of the daemon, with processes and a clock that are not real.
local turn = [[
local timetable = require "timetable"
local rig = timetable.fresh { s = timetable.with { notify = { on = "always", mail = "ops@example.com" } } }
rig:wait(3600)
print(rig:states "s", #rig:notices "ended")
]]

-- A notice written and sent.
local notice = [[
local book = require("core.schedule.book").open(assert(require("host.store").open "store.db"), function() return 1795327260 end)
local event = { type = "ended", slot = { id = 1, at = 1795327200, kind = "slot", outcome = "failed", run = "r-1" }, error = "it broke" }
local d = { name = "leavers", notify = { { on = "always", command = "cat >free/sent" } } }
book:post(require("core.schedule.notice").messages(event, d, 1795327260), d.name)
local trouble
local outbox = require("core.schedule.outbox").new { book = book, clock = { wall = function() return 1795327260 end },
  log = function(level, text, fields) if level ~= "info" then trouble = text .. " " .. json.encode(fields) end end }
local sent = outbox:once()
local row = book:outbox { limit = 1 }[1]
if not row.sent then error("not sent: " .. tostring(row.message or trouble), 0) end
return sent
]]

-- Client and server in one process; each may be short of memory.
local server = [[
local sandbox, http, c = require "host.sandbox", require "host.http", require "host.config"
local here <close> = assert(sandbox.listen(0, function(request)
  return { status = 200, body = json.encode { path = request.path }, headers = { ["Content-Type"] = "application/json" } }
end))
local settings = c.new()
assert(settings:set_profile "p")
local a <close> = assert(http.connect { service = "s", profile = "p", base = "http://127.0.0.1:" .. here:port(), config = settings,
  auth = { headers = {}, methods = {} } })
local status, value, facts = a:send { method = "POST", template = "/x", path = {}, query = {}, headers = {}, body = ("x"):rep(50000),
  timeout = 20 }
if status ~= 200 then error(facts and facts.text or value, 0) end
return value.path
]]

-- What is typed at the prompt, run and shown.
local statement = [[
local shell = require("core.repl.shell").new()
local fn = assert(require("core.repl.statement").compile("local t = { a = 1 } return t, #'x'", shell.env))
return require("core.repl.show") and select(2, fn())
]]

local scenarios = {
  daemon_turn = { run = { "run", "turn.lua" }, files = { ["turn.lua"] = turn, ["timetable.lua"] = text_of "tests/lua/timetable.lua" } },
  notice = { run = { "-q", "run", "notice.lua" }, files = { ["notice.lua"] = notice, ["free/x"] = "" } },
  server = { run = eval(server), otherwise = "closed the connection without an answer" }, -- the server's own trouble
  statement = { run = eval(statement) },
  tls = { run = { "api", "qalyptus", "GET", "/x" }, env = { ERRAND_QALYPTUS_URL = "https://127.0.0.1:TLS",
    ERRAND_QALYPTUS_CACERT = "DIR/../../.https/tls.pem" } },
  version = { run = { "--version" } },
  help = { run = { "help", "qalyptus.groups.list" } },
  get = { run = { "api", "qalyptus", "GET", "/groups" }, peer = { { "GET /groups", json '[{"id":"1","name":"a"}]' } } },
  get_large = { run = { "api", "qalyptus", "GET", "/x" }, peer = { { "GET /x", json(large) } } },
  post = { run = { "api", "qalyptus", "POST", "/x", "--json", '{"a":1}' }, peer = { { "POST /x", json("{}", "201 Created") } } },
  post_in_doubt = { run = { "api", "qalyptus", "POST", "/x", "--json", '{"a":1}' }, code = 4, peer = { { "POST /x", drop = true } } },
  retry = { run = { "api", "qalyptus", "GET", "/x" }, otherwise = "HTTP 503", -- no timer, so the failure itself is told
    peer = { { "GET /x", reply("503 Service Unavailable", "Retry-After: 0\r\n", "busy"), times = 2 }, { "GET /x", json "[]" } },
    env = { ERRAND_QALYPTUS_RETRY = "3", ERRAND_QALYPTUS_RETRY_DELAY = "0.001" } },
  login = { run = { "call", "intrexx.portals.list" }, env = { ERRAND_INTREXX_CACHE_TOKENS = "true" },
    peer = { { "POST /auth", reply("200 OK", "Content-Type: text/plain\r\n", "token-1") }, { "GET /portals", json "[]" } } },
  paging = { run = eval "return #ixon.roles.list()", peer = {
    { "GET /roles", json '{"type":"Role","data":[{"publicId":"a","name":"A"}],"status":"success","moreAfter":"a"}', times = 1 },
    { "GET /roles", json '{"type":"Role","data":[{"publicId":"b","name":"B"}],"status":"success","moreAfter":null}' } } },
  download = { run = eval 'return intrexx.diagnosis.download("hr", { to = "got/x.zip" }).bytes',
    files = { ["got/x.zip"] = "the old ones" },
    peer = { { "POST /auth", reply("200 OK", "", "token-1") },
      { "GET /hr/diagnosis", reply("200 OK", 'ETag: "v1"\r\n', ("PK zip bytes"):rep(5000)) } } },
  upload = { run = eval 'return intrexx.templates.upload("up.bin", {}, { timeout = 8 })',
    files = { ["up.bin"] = ("PK zip bytes"):rep(3000) },
    peer = { { "POST /auth", reply("200 OK", "", "token-1") },
      { "POST /templates", reply("201 Created", "Content-Type: text/plain\r\n", "uploaded") } } },
  config = { run = { "config", "check", "--resolve" },
    env = { ERRAND_CONFIG = "DIR/config.lua", SOME_KEY = "env-secret-1", CREDENTIALS_DIRECTORY = "DIR/cred" },
    files = { ["cred/one"] = "credential-1", ["key"] = "file-secret-1\n", ["config.lua"] = [[
return { default = "p", profiles = { p = { protected = true,
  intrexx = { url = "https://intrexx.example.com", user = "admin", password = secret.env "SOME_KEY" },
  ixon = { application = "App000000001", company = "1111-2222-3333-4444-5555", token = secret.command "echo command-secret-1" },
  qalyptus = { url = "https://reports.example.com", key = secret.credential "one" },
  infoworks = { url = "https://i.example.com", refresh_token = secret.file "~/key" } } } }]] } },
  json = { run = eval(('local v = json.decode([==[%s]==]) return #json.encode(v, { indent = 2 })'):format(large)) },
  csv = { run = eval 'return read_csv("people.csv", { unique = "email" })', files = { ["people.csv"] = table.concat(csv, "\n") } },
  csv_output = { run = { "-o", "csv", "-e", 'return read_csv("people.csv")' }, files = { ["people.csv"] = table.concat(csv, "\n") } },
  table_output = { run = { "-o", "table", "-e", 'return read_csv("people.csv")' }, files = { ["people.csv"] = table.concat(csv, "\n") } },
  workflow = { run = { "--sandbox=world.json", "run", "flow.lua" }, files = { ["flow.lua"] = flow }, again = once },
  resume = { seed = { { "--sandbox=world.json", "--fault", "qalyptus.groups.create:status=403@2", "run", "flow.lua" } },
    run = { "--sandbox=world.json", "run", "flow.lua" }, files = { ["flow.lua"] = flow }, again = once },
  runs_check = { seed = { { "--sandbox=world.json", "run", "flow.lua" } }, run = { "--sandbox=world.json", "runs", "check" },
    files = { ["flow.lua"] = flow } },
  runs_list = { seed = { { "--sandbox=world.json", "run", "flow.lua" } },
    run = { "--sandbox=world.json", "runs", "-o", "json", "list", "--state", "failed" },
    files = { ["flow.lua"] = flow } },
  undo = { seed = { { "--sandbox=world.json", "run", "flow.lua" } }, files = { ["flow.lua"] = flow }, again = once,
    run = { "--sandbox=world.json", "runs", "undo", "RUN" } },
  settle = { seed = { { "--sandbox=world.json", "--fault", "intrexx.users.create:drop-reply@1", "run", "doubt.lua" } },
    run = { "--sandbox=world.json", "runs", "settle", "RUN", "user", "absent", "--reason", "looked" },
    again = { "runs", "check" }, -- where memory ended after it was settled, a second time is refused
    files = { ["doubt.lua"] = doubt } },
  schedule_check = { run = { "schedule", "check", "schedule.lua", "--from", "2026-03-27" },
    files = { ["schedule.lua"] = schedule, ["job.lua"] = "print(...)" } },
  schedule_list = { run = { "schedule", "next", "--from", "2026-03-27", "--count", "5", "-o", "table", "--schedule", "schedule.lua" },
    files = { ["schedule.lua"] = schedule, ["job.lua"] = "print(...)" } },
  schedule_run = { run = { "schedule", "run", "audit", "--schedule", "schedule.lua" },
    files = { ["schedule.lua"] = schedule, ["job.lua"] = "print 'done'" } },
  openapi = { run = { "export", "openapi", "bossinsights" } },
  completion = { run = eval [[
    local complete = require "core.repl.complete"
    return { complete.words("ixon.us", {}), complete.words("qalyptus.groups.list{ na", {}) }]] },
  replay = { seed = { { "--record", "tape", "api", "qalyptus", "GET", "/x" } },
    run = { "--replay", "tape", "api", "qalyptus", "GET", "/x" },
    peer = { { "GET /x", json "[1]" } } },
  record = { run = { "--record", "tape", "api", "qalyptus", "GET", "/x" }, peer = { { "GET /x", json "[1]" } } },
}

-- For all of them.
local env = {
  HOME = "DIR", TMPDIR = "DIR", LC_ALL = "C.UTF-8", TERM = "xterm", ERRAND_STORE = "DIR/store.db",
  ERRAND_IXON_URL = "http://127.0.0.1:PORT", ERRAND_IXON_TOKEN = "ixon-token-1", ERRAND_IXON_APPLICATION = "App000000001",
  ERRAND_IXON_COMPANY = "1111-2222-3333-4444-5555", ERRAND_QALYPTUS_URL = "http://127.0.0.1:PORT",
  ERRAND_QALYPTUS_KEY = "qalyptus-key-1", ERRAND_INTREXX_URL = "http://127.0.0.1:PORT", ERRAND_INTREXX_USER = "admin",
  ERRAND_INTREXX_PASSWORD = "intrexx-password-1", ERRAND_INTREXX_STALL_TIMEOUT = "8", ERRAND_IXON_RETRY = "0",
  ERRAND_QALYPTUS_RETRY = "0", ERRAND_INTREXX_RETRY = "0",
}
for _, one in pairs(scenarios) do
  one.env = one.env or {}
  for name, value in pairs(env) do one.env[name] = one.env[name] or value end
end
return scenarios
