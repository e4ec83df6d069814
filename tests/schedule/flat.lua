-- flat.lua - memory and descriptors while a scheduler goes through slots: errand run tests/schedule/flat.lua --slots N
-- SPDX-License-Identifier: MIT
--
-- Each slot is run by a child that is none; each simulated hour what is old is forgotten, as the daemon does.

local opt = args{
  summary = "Memory and descriptors over many slots.",
  { "slots", "integer", default = 100000, min = 1000 },
}

local clockwork = require "clockwork"
local measure = require "measure"
local retention = require "core.schedule.retention"
local row_ = require "core.schedule.row"
local scenario = require "scenario"
local world = require "world"

local HOUR <const> = 3600

local function set_of(w)
  local set = { file = "/srv/schedule.lua", list = {}, by_name = {} }
  for i, overlap in ipairs { "skip", "queue", "allow", "cancel", "queue_all" } do
    local d = assert(row_.definition("flat " .. i, { every = "60s", run = "/srv/x.lua", overlap = overlap, catchup = "one",
      keep = { days = 1, count = 200 } }, { dir = "/srv", file = set.file, line = i }))
    set.list[i], set.by_name[d.name] = d, d
    w.most[d.name] = 24
  end
  return set
end

local function program(slot)
  return { kind = "plain", seconds = slot.at % 7 == 0 and 90 or 3, code = slot.at % 11 == 0 and 1 or 0 }
end

local dir = scenario.directory()
local w = world.new { path = dir .. "/store.db", start = 1774000000, R = clockwork.random(7), seed = 7, program = program }
w.facts.light, w.most = true, {}
w.set = set_of(w)
w:start()
local S = w.life.S
for i = 1, opt.slots // 300 + 1000 do -- each simulated hour, 300 slots
  w.clock:at(1774000000 + i * HOUR, function()
    retention.run { book = w.life.book, journal = w.life.journal, definitions = w.set.list, now = w.clock:wall(), idle = true }
  end)
end

local function reach(slots)
  while #w.faults == 0 do
    local last = w.store:rows("SELECT seq FROM sqlite_sequence WHERE name = 'slot'")[1]
    if last and last.seq >= slots then return end
    w:run_until(w.clock.t + HOUR)
  end
end

reach(1000)
measure.now()
reach(opt.slots // 5)
local before = measure.now()
for i = 2, 4 do
  reach(opt.slots // 5 * i)
  local m = measure.now()
  print(("# at %d slots: Lua %.0f KiB, resident %d KiB"):format(opt.slots // 5 * i, m.lua, m.resident))
end
reach(opt.slots)
local after = measure.now()
local runs = w.facts.runs
assert(w.life.S == S and w.lives == 1)
local good = w.store:rows("SELECT count(*) AS n FROM slot")[1].n
w:close()
for _, suffix in ipairs { "", "-wal", "-shm", ".reserve" } do os.remove(dir .. "/store.db" .. suffix) end
os.remove(dir)

local check = measure.checker()
check("no fault in the world", #w.faults == 0, w.faults[1])
check("the Lua heap does not grow", after.lua - before.lua < 0.02 * before.lua + 16, ("%.0f KiB, then %.0f KiB"):format(before.lua,
  after.lua))
check("resident memory does not grow", after.resident <= 1.01 * before.resident + 512, ("%d KiB, then %d KiB"):format(
  before.resident, after.resident))
check("no descriptor is left open", after.descriptors == before.descriptors, ("%d, then %d"):format(before.descriptors,
  after.descriptors))
check("what is kept is bounded", good < 5 * 1500, good .. " rows")
print(("# %d slots, %d runs: Lua %.0f -> %.0f KiB, resident %d -> %d KiB, descriptors %d -> %d, %d rows kept"):format(opt.slots, runs,
  before.lua, after.lua, before.resident, after.resident, before.descriptors, after.descriptors, good))
check.done()
