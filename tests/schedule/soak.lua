-- soak.lua - a month of real runs in virtual time: errand run tests/schedule/soak.lua --runs N
-- SPDX-License-Identifier: MIT
--
-- The engine makes each run, in this process, with a simulated service; retention comes each simulated hour, as in the
-- daemon. N runs are spread over 30 days. The store, its log, memory and descriptors must stay bounded.

local opt = args{
  summary = "Thirty virtual days of runs.",
  { "runs", "integer", default = 100000, min = 300 },
  { "days", "integer", default = 30, min = 10 },
}

require("host.state").set_path "tests/crash"
local model = require "model"
require("host.state").set_path "tests/schedule"

local clockwork = require "clockwork"
local engine = require "core.run.engine"
local lives = require "core.run.lives"
local measure = require "measure"
local retention = require "core.schedule.retention"
local row_ = require "core.schedule.row"
local scenario = require "scenario"
local simulated = require "core.run.simulated"
local sources = require "core.run.sources"
local virtual = require("core.run.clock").virtual
local world = require "world"

local HOUR <const>, DAY <const>, START <const> = 3600, 86400, 1774000000
local SCHEDULES <const> = 20

local TEXT <const> = "return workflow" .. [[
.define("soak", {}, function(run, i)
  run:step("look", model.orders.list)
  local made = run:step("order", model.orders.create, { ref = "ref " .. i.n, about = "a month" })
  run:step("switch", model.switches.set, i.n % 2 == 0 and "left" or "right", { state = "on" })
  run:note("made " .. made.id)
  return { id = made.id }
end)
]]

local program = sources.program { ["@soak.lua"] = TEXT }

-- ---- the runs ----

local clock = virtual(START)
local sim = simulated.new { clock = clock, services = model.services }

local function run(J, c, row)
  clock.at = math.max(clock.at, row.due)
  local began = clock.at
  local detach = sim:attach()
  local ok, result = lives.muted(engine.run, { journal = J, clock = clock, program = program, input = { n = c.slot },
    new_id = row.run, wait = false })
  detach()
  if not ok then error(result, 0) end
  return result, clock.at - began
end

local KEEP <const> = opt.days // 10 -- days
local every = math.max(60, opt.days * DAY * SCHEDULES // opt.runs)

local function set_of(w)
  local set = { file = "/srv/schedule.lua", list = {}, by_name = {} }
  for i = 1, SCHEDULES do
    local d = assert(row_.definition("soak " .. i, { every = every .. "s", run = "/srv/soak.lua", jitter = "40s",
      keep = { days = KEEP, count = 10000 } }, { dir = "/srv", file = set.file, line = i }))
    set.list[i], set.by_name[d.name] = d, d
    w.most[d.name] = 1
  end
  return set
end

-- ---- the month ----

local dir = scenario.directory()
local path = dir .. "/store.db"
local w = world.new { path = path, start = START, R = clockwork.random(3), seed = 3, jobs = 8, slow = 0.05,
  program = function() return { kind = "real", run = run } end }
w.facts.light, w.most = true, {}
w.set = set_of(w)
w:start()

local largest_wal, largest = 0, 0

local function size(name)
  local file = io.open(name)
  if not file then return 0 end
  local n = file:seek "end"
  file:close()
  return n
end

-- What the daemon does each hour; what is old is younger here.
for i = 1, opt.days * 24 do
  w.clock:at(START + i * HOUR, function()
    largest_wal = math.max(largest_wal, size(path .. "-wal"))
    w.life.journal:prune(KEEP, 10000)
    retention.run { book = w.life.book, journal = w.life.journal, definitions = w.set.list, now = w.clock:wall(), idle = true }
    largest = math.max(largest, size(path))
    sim:reset()
    w.own_book, w.own_journal = nil, nil -- a journal knows the runs of its process, and runs are processes of their own
  end)
end

local function at_day(day)
  w:run_until(START + day * DAY + HOUR / 2)
  local m = measure.now()
  m.size = size(path)
  print(("# day %d: %d runs, store %d KiB, Lua %.0f KiB, resident %d KiB, descriptors %d"):format(day, w.facts.runs or 0,
    m.size // 1024, m.lua, m.resident, m.descriptors))
  return m
end

measure.now()
at_day(opt.days // 6)
local half = at_day(opt.days // 2)
at_day(opt.days * 2 // 3)
local most = at_day(opt.days)

local done = w.store:rows("SELECT count(*) AS n FROM run WHERE state <> 'done'")[1].n
local count, broken = require("core.run.journal").open(w.store):check()
local events = w.store:rows("SELECT count(*) AS n FROM event")[1].n
local wrong = w.faults[1]
w:close()
for _, suffix in ipairs { "", "-wal", "-shm", ".reserve" } do os.remove(path .. suffix) end
os.remove(dir)

local check = measure.checker()
check("no fault in the world", not wrong, wrong)
check("as many runs as were to be", (w.facts.runs or 0) > 0.9 * opt.days * DAY * SCHEDULES / every, w.facts.runs)
check("all runs are done", done == 0, done .. " are not")
check("the journal is whole", count ~= nil, broken and broken.message)
check("the log stays below 64 MiB", largest_wal <= 64 * 1024 * 1024, largest_wal)
check("the store does not grow", most.size <= 1.02 * half.size + 262144, ("%d bytes at half time, %d at the end"):format(half.size,
  most.size))
check("resident memory does not grow", most.resident <= 1.01 * half.resident, ("%d KiB, then %d KiB"):format(half.resident,
  most.resident))
check("the Lua heap does not grow", most.lua <= 1.02 * half.lua + 32, ("%.0f KiB, then %.0f KiB"):format(half.lua, most.lua))
check("no descriptor is left open", most.descriptors == half.descriptors, ("%d, then %d"):format(half.descriptors, most.descriptors))
print(("# %d runs, %d events kept, log at most %d KiB, store at most %d KiB"):format(w.facts.runs or 0, events, largest_wal // 1024,
  largest // 1024))
check.done()
