-- kills.lua - errand serve killed by SIGKILL at any time, again and again.
-- SPDX-License-Identifier: MIT
--
-- errand run tests/schedule/kills.lua ERRAND DIRECTORY --kills N [--seed S]
-- Keeps its store in DIRECTORY, which must be new. The scripts of the schedules add their slot to a file; in the end each
-- slot has one row, and none is in the file twice.

local sys = require "host.sys"

local opt = args{
  summary = "Kill the daemon again and again.",
  { "errand", positional = true, required = true }, { "dir", positional = true, required = true },
  { "kills", "integer", default = 60, min = 1 }, { "seed", "integer", default = 1 },
}

math.randomseed(opt.seed)

local dir = opt.dir
local SCHEDULE <const>, STORE <const> = dir .. "/schedule.lua", dir .. "/store.db"

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function write(name, text, ...)
  assert(sys.write_file(dir .. "/" .. name, text:format(...), 384))
end

local function read(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  pipe:close()
  return text
end

local function pause(seconds)
  os.execute(("sleep %.3f"):format(seconds))
end

-- ---- what is scheduled ----

local SCRIPT <const> = [[
local file = assert(io.open(%q, "a"))
file:setvbuf "full"
file:write(os.getenv "ERRAND_SLOT", "\n")
file:close()
%s
]]

-- in two pieces, for a file with that line in it would be taken for a workflow
local WORKFLOW <const> = "return workflow" .. [[
.define("flow", {}, function(run)
  run:note("first")
  run:sleep("a while", "1s")
  run:note("last")
  return run.slot and run.slot.at
end)
]]

local NAMES <const> = { "quick", "slow", "queue", "flow" }

write("quick.lua", SCRIPT, dir .. "/quick.out", "")
write("slow.lua", SCRIPT, dir .. "/slow.out", "require('host.task').sleep(1.6)")
write("queue.lua", SCRIPT, dir .. "/queue.out", "")
write("flow.lua", "%s", WORKFLOW)
write("schedule.lua", [[
schedule "quick" { every = "1s", run = "quick.lua", overlap = "allow", catchup = "one" }
schedule "slow" { every = "2s", run = "slow.lua" }
schedule "queue" { every = "3s", run = "queue.lua", overlap = "queue", catchup = "all" }
schedule "flow" { every = "4s", run = "flow.lua" }
]])

-- ---- lives of the daemon ----

local function is_alive(pid)
  local text = sys.read_file(("/proc/%s/stat"):format(pid))
  return text ~= nil and text:match "%) (%a)" ~= "Z"
end

local function start()
  local command = ("cd %s && ERRAND_STORE=%s exec %s serve --trust-clock --schedule %s"):format(quote(dir), quote(STORE), quote(opt.errand),
    quote(SCHEDULE))
  return read(("sh -c %s >>%s 2>&1 & echo $!"):format(quote(command), quote(dir .. "/serve.log"))):match "%d+"
end

local function signal(pid, name)
  os.execute(("kill -%s %s 2>/dev/null"):format(name, pid))
end

local function gone(pid, seconds)
  for _ = 1, seconds * 50 do
    if not is_alive(pid) then return true end
    pause(0.02)
  end
  return false
end

local failed, pid, kills = 0, nil, 0

local function wrong(text, ...)
  failed = failed + 1
  if failed <= 20 then print("not ok - " .. text:format(...)) end
end


-- ---- the verdict ----

local function counts_of(name)
  local out = {}
  for line in (sys.read_file(("%s/%s.out"):format(dir, name)) or ""):gmatch "[^\n]+" do out[line] = (out[line] or 0) + 1 end
  return out
end

local function check(store, name)
  local schedule = assert(store:rows("SELECT * FROM schedule WHERE name = :name", { name = name }))[1]
  local rows = assert(store:rows("SELECT * FROM slot WHERE schedule = :name AND kind = 'slot' ORDER BY at", { name = name }))
  local every = ({ quick = 1, slow = 2, queue = 3, flow = 4 })[name]
  local covered, at, outcomes = 0, schedule.since, {}
  for _, row in ipairs(rows) do
    covered, at = covered + row.covers, at + every * row.covers
    if row.at ~= at then wrong("%s: a row at %d where %d was expected", name, row.at, at) end
    at = row.at
    if row.state ~= "ended" and row.state ~= "skipped" then wrong("%s: slot %d is %s", name, row.id, row.state) end
    local what = row.outcome or "skipped:" .. tostring(row.reason)
    outcomes[what] = (outcomes[what] or 0) + 1
  end
  if covered ~= (schedule.last_slot - schedule.since) // every then
    wrong("%s: %d slots have rows of %d", name, covered, (schedule.last_slot - schedule.since) // every)
  end
  local seen, by_time, ran = counts_of(name), {}, 0
  for _, row in ipairs(rows) do by_time[sys.utc(row.at):gsub("%.%d+Z$", "Z")] = row end
  for time, n in pairs(seen) do
    ran = ran + 1
    local row = by_time[time:gsub("%.%d+Z$", "Z")]
    if n > 1 then wrong("%s: slot %s was run %d times", name, time, n) end
    if not row then
      wrong("%s: %s was run, and there is no such slot", name, time)
    elseif row.state ~= "ended" then
      wrong("%s: slot %s was run, and it is %s %s", name, time, row.state, tostring(row.reason))
    end
    if row then row.seen = true end
  end
  for _, row in ipairs(rows) do
    if name ~= "flow" and row.outcome == "done" and not row.seen then wrong("%s: slot %d is done, but nothing was run", name, row.id) end
  end
  local list = {}
  for what, n in pairs(outcomes) do list[#list + 1] = ("%s %d"):format(what, n) end
  table.sort(list)
  print(("# %s: %d slots, %d rows, %d ran; %s"):format(name, covered, #rows, ran, table.concat(list, ", ")))
  return covered
end

local function check_flow(store)
  local two = assert(store:rows "SELECT parent, count(*) AS n FROM run GROUP BY parent HAVING count(*) > 1")
  for _, row in ipairs(two) do wrong("flow: %d runs of one slot: %s", row.n, tostring(row.parent)) end
  for _, row in ipairs(assert(store:rows("SELECT s.id, s.outcome, r.state FROM slot s LEFT JOIN run r ON r.id = s.run"
    .. " WHERE s.schedule = 'flow' AND s.state = 'ended'"))) do
    if row.outcome ~= row.state then wrong("flow: slot %d is %s, and its run is %s", row.id, row.outcome, tostring(row.state)) end
  end
end

-- ---- all of it ----

local function campaign()
  while kills < opt.kills do
    pid = start()
    local wait = math.random(3) == 1 and math.random() * 0.15 or 0.1 + math.random() * 1.4
    pause(wait)
    if not is_alive(pid) then
      wrong("the daemon ended by itself: %s", (sys.read_file(dir .. "/serve.log") or ""):sub(-400))
      return
    end
    signal(pid, "KILL")
    gone(pid, 5)
    kills = kills + 1
    if math.random(10) == 1 then pause(math.random() * 4) end
  end
  pid = start()
  local store
  for _ = 1, 400 do -- until all that was begun before has ended
    pause(0.05)
    store = store or require("host.store").open(STORE)
    local rows = store and store:rows("SELECT count(*) AS n FROM slot WHERE state IN ('due', 'started', 'running')"
      .. " AND made < :by", { by = sys.clock() - 6 })
    if rows and rows[1].n == 0 then break end
  end
  pause(4)
  signal(pid, "TERM")
  if not gone(pid, 30) then wrong "the daemon does not end on SIGTERM" end
  -- what SIGTERM stopped goes on at the next start, which ends with what is open
  for _ = 1, 3 do
    local rows = assert(store:rows "SELECT count(*) AS n FROM slot WHERE state IN ('due', 'started', 'running')")
    if rows[1].n == 0 then break end
    pid = start()
    pause(2.5)
    signal(pid, "TERM")
    gone(pid, 30)
  end
  local slots = 0
  for _, name in ipairs(NAMES) do slots = slots + check(store, name) end
  check_flow(store)
  local count, broken = require("core.run.journal").open(store):check()
  if not count then wrong("the journal: %s", broken.message) end
  local good = store:rows "PRAGMA integrity_check"
  if good[1].integrity_check ~= "ok" then wrong "the store is damaged" end
  store:close()
  return slots
end

local ok, slots = pcall(campaign)
if pid and is_alive(pid) then signal(pid, "KILL") end
if not ok then wrong("%s", tostring(type(slots) == "table" and slots.message or slots)) end
if failed > 0 then print((sys.read_file(dir .. "/serve.log") or ""):sub(-3000)) end
print(("kills %d slots %d failed %d"):format(kills, ok and slots or 0, failed))
if failed > 0 then os.exit(1) end
