-- scenarios.lua - what is run while its system calls fail.
-- SPDX-License-Identifier: MIT

-- Each one is a shell line in which TRACED stands for errand under strace; it
-- runs in a folder of its own that has the files, with an empty sandbox. Fields:
--   files     what the folder has before, by name
--   before    a shell line without faults that makes what there is before
--   effects   what the world has in the end: operation and key, each once
--   makes     files that are there whole or not at all, equal to those of a run without faults
--   again     a shell line that brings a run which was disturbed to its right end
--   keeps     patterns of files that may stay behind whatever happens
--   shared    true: what is printed differs from run to run; repeats: and what the store has
--   durable   true: a workflow; posts: a notice is to be posted once
--   terminal  true: on a terminal; detached: without what errand starts
--   patient   seconds that one run may take

local scenarios = {}

local function add(s)
  scenarios[#scenarios + 1] = s
  scenarios[s.name] = s
end

local recipient = [[{ firstName = "New", lastName = "Hire", email = "new.hire@example.com", isActive = true,
    organizations = { { id = "5b0f6a0e-8a53-4c1d-9c39-1f1b6f3f2a10", name = "Example Org" } } }]]
local recipient_json = [[{"firstName":"New","lastName":"Hire","email":"new.hire@example.com","isActive":true,
"organizations":[{"id":"5b0f6a0e-8a53-4c1d-9c39-1f1b6f3f2a10","name":"Example Org"}]}]]

add { name = "script", files = { ["write.lua"] = "-- write.lua - one write, and what is read before it.\n"
  .. "local groups = qalyptus.groups.list()\nprint(#groups)\nlocal made = qalyptus.recipients.create(" .. recipient .. ")\n"
  .. "print(made.email)\n" },
  run = "TRACED run write.lua", effects = { "qalyptus.recipients.create new.hire@example.com" } }

-- whose beginnings share a transaction, and so do their ends
add { name = "side by side", files = { ["write.lua"] = "-- write.lua - three writes at once.\n"
  .. "local function make(who)\n  local new = " .. recipient .. "\n  new.email = who .. \"@example.com\"\n"
  .. "  return qalyptus.recipients.create(new).email\nend\n"
  .. "local tasks = {}\nfor i, who in ipairs { \"one\", \"two\", \"three\" } do tasks[i] = spawn(make, who) end\n"
  .. "for _, task in ipairs(tasks) do print(task:join()) end\n" },
  run = "TRACED run write.lua", effects = { "qalyptus.recipients.create one@example.com",
    "qalyptus.recipients.create two@example.com", "qalyptus.recipients.create three@example.com" } }

add { name = "call", files = { ["r.json"] = recipient_json },
  run = "TRACED call qalyptus recipients create --json @r.json",
  effects = { "qalyptus.recipients.create new.hire@example.com" } }

add { name = "csv to a file", run = "TRACED call qalyptus groups list -o csv >printed.csv; code=$?; cat printed.csv; (exit $code)",
  keeps = { "^printed" } }

add { name = "csv to a pipe", run = "{ TRACED call ixon roles list -o csv; echo $? >code; } | cat; read code <code; (exit $code)",
  keeps = { "^code$" } }

add { name = "download", files = { ["got/kept"] = "" },
  run = "TRACED call intrexx diagnosis download hr --to got/hr.zip", makes = { "got/hr.zip" },
  again = "errand call intrexx diagnosis download hr --to got/hr.zip" }

add { name = "download over a file", files = { ["got/hr.zip"] = "what was there before" },
  run = "TRACED call intrexx diagnosis download hr --to got/hr.zip", makes = { "got/hr.zip" },
  again = "errand call intrexx diagnosis download hr --to got/hr.zip" }

add { name = "upload", files = { ["export.zip"] = "PK\3\4" .. ("some bytes\0"):rep(20000) },
  run = "TRACED call intrexx templates upload export.zip", effects = { "intrexx.templates.upload" } }

add { name = "token kept", run = "ERRAND_INTREXX_CACHE_TOKENS=true TRACED call intrexx portals list",
  again = "ERRAND_INTREXX_CACHE_TOKENS=true errand call intrexx portals list", keeps = { "tokens/[^/]*%.lock$", "%.token$" } }

add { name = "token read", before = "ERRAND_INTREXX_CACHE_TOKENS=true errand login intrexx",
  run = "ERRAND_INTREXX_CACHE_TOKENS=true TRACED call intrexx portals list",
  again = "ERRAND_INTREXX_CACHE_TOKENS=true errand call intrexx portals list", keeps = { "tokens/[^/]*%.lock$", "%.token$" } }

add { name = "record", run = "TRACED --record roles.cassette call ixon roles list", makes = { "roles.cassette" },
  again = "rm -f roles.cassette; errand --record roles.cassette call ixon roles list" }

add { name = "settings", files = {
    ["key"] = "sandbox-qalyptus-key\n",
    ["config.lua"] = 'return { default = "prod", profiles = { prod = { qalyptus = { url = secret.env "AT", '
      .. 'key = secret.file "key" } } } }\n' },
  before = "sed -i \"s|secret.env \\\"AT\\\"|\\\"$ERRAND_QALYPTUS_URL\\\"|; s|\\\"key\\\"|\\\"$PWD/key\\\"|\" config.lua",
  run = "env -u ERRAND_QALYPTUS_URL -u ERRAND_QALYPTUS_KEY ERRAND_CONFIG=$PWD/config.lua TRACED call qalyptus groups list" }

local flow = "-- flow.lua - three steps.\nreturn workflow.define(\"flow\", { key = function() return \"one\" end%s }, function(run)\n"
  .. "  run:step(\"look\", qalyptus.groups.list)\n"
  .. "  run:step(\"invite\", ixon.invites.create, { emailAddress = \"new.hire@example.com\",\n"
  .. "    groupRoles = { { group = { publicId = \"gA7nWq35uFtE\" }, role = { publicId = \"rM4eTz81kQwA\" } } } })\n%s"
  .. "  run:step(\"recipient\", qalyptus.recipients.create, " .. recipient .. ")\n%s"
  .. "  return \"well\"\nend)\n"

-- The id of the newest run, into the file id.
local newest = "errand runs list -o ndjson | sed 's/.*\"id\":\"\\([^\"]*\\).*/\\1/' | head -n 1 >id"

local function again(command)
  return "for i in 1 2 3 4; do " .. command .. "; code=$?; [ $code = 0 ] && break; done; (exit $code)"
end

local both = { "ixon.invites.create new.hire@example.com", "qalyptus.recipients.create new.hire@example.com" }
local undone = { "ixon.invites.create new.hire@example.com", "qalyptus.recipients.create new.hire@example.com",
  "ixon.invites.delete new.hire@example.com", "qalyptus.recipients.update new.hire@example.com" }

add { name = "workflow", files = { ["flow.lua"] = flow:format("", "", "") },
  run = "TRACED run flow.lua", again = again "errand run flow.lua", effects = both, durable = true }

add { name = "undo", files = { ["flow.lua"] = flow:format("", "", "") },
  before = "errand run flow.lua; " .. newest, run = "TRACED runs undo $(cat id)",
  again = "errand runs undo $(cat id); errand runs list -o ndjson | grep -q '\"state\":\"undone\"'", effects = undone, durable = true }

add { name = "resume", files = { ["flow.lua"] = flow:format("", "  run:hold \"look first\"\n", "") },
  before = "errand run flow.lua; " .. newest, run = "TRACED runs resume $(cat id)",
  again = again "errand run flow.lua", effects = both, durable = true }

add { name = "settle", files = { ["user.lua"] = [[
-- user.lua - a portal user whose answer is lost.
return workflow.define("user", { key = function() return "one" end }, function(run)
  local user = run:step("user", intrexx.users.create, "hr", {
    general_settings = { first_name = "New", last_name = "Hire", object_name = "new.hire" }, account = { login_username = "new.hire" } })
  run:step("group", intrexx.users.add_to_group, "hr", user.id, "4")
end)
]] },
  before = "control faults '[\"intrexx.users.create:drop-reply@1\"]'; errand run user.lua; " .. newest,
  run = "TRACED runs settle $(cat id) user done --result '{\"id\":7}' --reason 'is there'",
  again = "errand runs settle $(cat id) user done --result '{\"id\":7}' --reason 'is there' || :",
  effects = { "intrexx.users.create hr/new.hire" }, durable = true }

local schedule = 'schedule "invite" { at = "15 6 1 1 *", run = "flow.lua" }\n'

add { name = "schedule run", files = { ["job/flow.lua"] = flow:format("", "", ""), ["job/schedule.lua"] = schedule },
  run = "ERRAND_SCHEDULE_FILE=$PWD/job/schedule.lua TRACED schedule run invite", effects = both, durable = true,
  again = again "errand run job/flow.lua", keeps = { "^store%.db%.logs/" } }

add { name = "daemon", files = { ["job/flow.lua"] = flow:format("", "", ""),
    ["job/schedule.lua"] = 'schedule "invite" { every = "1s", run = "flow.lua" }\n', ["daemon.sh"] = [[
# One slot, then SIGTERM to errand, which is the child of strace.
"$@" >/dev/null 2>log </dev/null &
strace=$!
tries=0
while kill -0 $strace 2>/dev/null && ! grep -qs 'slot done\|slot failed' log && [ $tries -lt 400 ]; do
  tries=$((tries + 1))
  sleep 0.02
done
cat /proc/$strace/task/$strace/children >pid 2>/dev/null
[ -s pid ] && kill -TERM $(cat pid) 2>/dev/null
wait $strace
code=$?
cat log >&2
exit $code
]] },
  run = "sh daemon.sh TRACED serve --schedule $PWD/job/schedule.lua --trust-clock --grace 2s",
  detached = true, patient = 30, every = 7,
  effects = both, durable = true, again = again "errand run job/flow.lua", keeps = { "^log$", "^pid$", "^store%.db%.logs/" },
  shared = true, repeats = true }

add { name = "notice", files = { ["outbox.lua"] = [[
-- outbox.lua - one notice: "post" writes it down, "send" sends what is due.
local store = require("core.record").store()
local book = require("core.schedule.book").open(store)
local definition = { name = "leavers", notify = { on = "always", webhook = os.getenv "HOOK" } }
if ... == "post" then
  local event = { type = "ended", slot = { at = os.time(), kind = "slot", outcome = "failed", run = "r-1" }, error = "it broke" }
  book:post(require("core.schedule.notice").messages(event, definition, os.time()), "leavers", nil)
else
  local box = require("core.schedule.outbox").new { book = book, clock = { wall = require("host.sys").clock }, log = print,
    store = os.getenv "STORE" }
  box:load { list = { definition } }
  box:once(20)
  for _, row in ipairs(book:outbox {}) do print(row.sent and "sent" or "waits") end
end
]] },
  before = "HOOK=$peer/hook STORE=$ERRAND_STORE errand run outbox.lua post",
  run = "HOOK=$peer/hook STORE=$ERRAND_STORE TRACED run outbox.lua send",
  posts = true }

add { name = "stubs", run = "TRACED export stubs out", makes = { "out/" }, again = "errand export stubs out", every = 5 }

add { name = "history", files = { ["keys"] = "1 + 1\n2 + 2\n" },
  run = "mkdir -p home/.local/state/errand; (sleep 0.3; cat keys; sleep 0.3; printf '\\004') | script -qec \"TRACED\" /dev/null",
  shared = true, every = 3, keeps = { "^home/" }, terminal = true }

add { name = "demo", run = "TRACED run \"$TREE/scripts/onboard.lua\" --csv \"$TREE/scripts/people.csv\"",
  shared = true, every = 5, durable = true,
  again = again "errand run \"$TREE/scripts/onboard.lua\" --csv \"$TREE/scripts/people.csv\"",
  effects = { "intrexx.users.add_to_group hr/new.hire@example.com/Users", "intrexx.users.add_to_group hr/second.hire@example.com/Users",
    "intrexx.users.create hr/new.hire@example.com", "intrexx.users.create hr/second.hire@example.com",
    "ixon.invites.create new.hire@example.com", "ixon.invites.create second.hire@example.com",
    "qalyptus.recipients.create new.hire@example.com", "qalyptus.recipients.create second.hire@example.com" } }

return scenarios
