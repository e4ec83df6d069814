-- scenario.lua - a plan by a seed, carried out in a world and judged.
-- SPDX-License-Identifier: MIT

local clockwork = require "clockwork"
local judge = require "judge"
local row_ = require "core.schedule.row"
local sys = require "host.sys"
local timing = require "timing"
local world = require "world"

local scenario = {}

local HOUR <const>, DAY <const> = 3600, 86400

-- ---- plans ----

local function pick(R, list)
  return list[R(#list)]
end

-- Some length of time, short ones as likely as long ones.
local function span(R, least, most)
  return least * (most / least) ^ R()
end

local OVERLAPS <const> = { "skip", "skip", "queue", "queue_all", "allow", "cancel" }
local CATCHUPS <const> = { "one", "one", "none", "all" }

local function schedule(R, i, zone)
  local one = { name = ("%s %d"):format(pick(R, { "leavers", "audit", "sync", "report" }), i), timing = timing.random(R, zone),
    overlap = pick(R, OVERLAPS), catchup = pick(R, CATCHUPS), nature = pick(R, { "plain", "plain", "workflow" }),
    length = pick(R, { "short", "short", "long" }), luck = pick(R, { "good", "good", "mixed", "bad" }) }
  if one.overlap == "allow" or one.overlap == "queue_all" then one.overlap_max = R(2, 4) end
  if R(3) == 1 then one.jitter = pick(R, { 7, 90, 600 }) end
  if R(4) == 1 then one.window = pick(R, { 1800, 7200, 43200 }) end
  if one.catchup == "all" and R(2) == 1 then one.catchup_max = R(2, 6) end
  if R(4) == 1 then one.timeout, one.grace = pick(R, { 20, 300 }), pick(R, { 2, 30 }) end
  return one
end

-- When the faults are, as parts of the whole time.
local kinds = {}

function kinds.kill(R) return { down = span(R, 1, 1.5 * DAY) } end
function kinds.commit(R)
  local again = {}
  if R(3) == 1 then
    for i = 1, R(5) do again[i] = { commit = R(6), when = pick(R, { "before", "after" }) } end
  end
  return { commit = R(12), when = pick(R, { "before", "after" }), down = span(R, 1, 20000), again = again }
end
function kinds.launch(R) return { launch = R(3), down = span(R, 0.2, 4000) } end
function kinds.drain(R) return { down = span(R, 1, 4000), grace = pick(R, { 5, 90 }) } end
function kinds.reboot(R) return { down = span(R, 20, DAY) } end
function kinds.step(R) return { by = pick(R, { 1, -1 }) * span(R, 0.5, 5 * HOUR) } end
function kinds.suspend(R) return { seconds = span(R, 5, 1.5 * DAY) } end
function kinds.unsynchronised(R) return { off = pick(R, { 0, -1, -1, 1 }) * span(R, 5, 900 * DAY), seconds = span(R, 5, 4000),
  down = span(R, 20, DAY) } end
function kinds.future(R) return { by = span(R, 1.1 * DAY, 900 * DAY), seconds = span(R, 5, 550), unknown = R(2) == 1 } end
function kinds.lose_sync(R) return { seconds = span(R, 30, 20000) } end
function kinds.full(R) return { seconds = span(R, 1, 20000) } end
function kinds.refuse(R) return { commit = R(8) } end
function kinds.reload(R) return { what = pick(R, { "same", "edit", "edit", "disable", "gone", "window" }), n = R(1, 3), seed = R(1000000),
  back = span(R, 60, 20000), down = R(2) == 1 and span(R, 10, 40000) or nil } end
function kinds.pause(R) return { n = R(1, 3), seconds = span(R, 30, 40000) } end
function kinds.hand(R) return { n = R(1, 3) } end
function kinds.no_process(R) return { seconds = span(R, 1, 4000) } end

local names = {}
for name in pairs(kinds) do names[#names + 1] = name end
table.sort(names)
scenario.kinds = names

-- as often as they are named
local weights = { "kill", "kill", "reload", "reload", "commit", "commit", "commit", "commit", "launch", "launch" }
for _, name in ipairs(names) do weights[#weights + 1] = name end

local function horizon(R, plan)
  local wanted, most = R(3, 16), 0
  for _, one in ipairs(plan.schedules) do
    local list = timing.slots(one.timing, plan.start, plan.start, plan.start + 4 * DAY)
    local last = list[math.min(wanted, #list)]
    if last then most = math.max(most, last.at - plan.start) end
  end
  -- no more than some 50 slots of the busiest one
  for _, one in ipairs(plan.schedules) do
    local list = timing.slots(one.timing, plan.start, plan.start, plan.start + most)
    if #list > 50 then most = list[50].at - plan.start end
  end
  return math.max(most, HOUR) + R() * HOUR
end

--- A plan. faults: how many, nil for some; only: a list of their kinds.
function scenario.plan(seed, faults, only)
  local R = clockwork.random(seed)
  local change = pick(R, timing.changes)
  local plan = { seed = seed, zone = change[1], start = change[2] - R(1, 30) * HOUR - R(3600) + R(), schedules = {}, faults = {},
    jobs = pick(R, { 8, 8, 8, 1, 2 }), trust = R(12) == 1, slow = pick(R, { 0.05, 0.5, 5 }) }
  for i = 1, pick(R, { 1, 1, 2, 3 }) do plan.schedules[i] = schedule(R, i, plan.zone) end
  plan.horizon = horizon(R, plan)
  for _ = 1, faults or pick(R, { 1, 1, 2, 2, 3, 5 }) do
    local kind = pick(R, only or weights)
    local fault = kinds[kind](R)
    fault.kind, fault.at = kind, R() * 0.95
    plan.faults[#plan.faults + 1] = fault
  end
  table.sort(plan.faults, function(a, b) return a.at < b.at end)
  return plan
end

local function describe(value)
  if type(value) ~= "table" then return type(value) == "number" and ("%.6g"):format(value) or tostring(value) end
  local list = {}
  for k, v in pairs(value) do
    if k ~= "minutes" and k ~= "hours" and k ~= "days" and k ~= "weekdays" then list[#list + 1] = ("%s=%s"):format(k, describe(v)) end
  end
  table.sort(list)
  return "{" .. table.concat(list, " ") .. "}"
end

--- A plan in words.
function scenario.text(plan)
  local out = { ("start %.0f for %.0f s, jobs %d%s"):format(plan.start, plan.horizon, plan.jobs, plan.trust and ", trusted" or "") }
  for _, one in ipairs(plan.schedules) do out[#out + 1] = "  schedule " .. describe(one) end
  for _, one in ipairs(plan.faults) do out[#out + 1] = ("  at %.0f s: %s"):format(one.at * plan.horizon, describe(one)) end
  return table.concat(out, "\n")
end

-- ---- definitions ----

local function definition(w, one)
  local given = { run = "/srv/x.lua", overlap = one.overlap, catchup = one.catchup, jitter = one.jitter and one.jitter .. "s",
    overlap_max = one.overlap_max, catchup_max = one.catchup_max, window = one.window and one.window .. "s",
    timeout = one.timeout and one.timeout .. "s", grace = one.grace and one.grace .. "s", enabled = one.enabled,
    tz = one.timing.tz }
  if one.timing.every then
    given.every = one.timing.every .. "s"
  else
    given.at, given.days, given.dst = one.timing.at, one.timing.day_rule, one.timing.dst
  end
  local d, problems = row_.definition(one.name, given, { dir = "/srv", file = "/srv/schedule.lua", line = 1 })
  if not d then error("the definition is refused: " .. problems[1].message) end
  local offset = one.jitter and require("host.cron").jitter(one.name, one.jitter) or 0
  w.definitions[d.digest .. one.name] = { timing = one.timing, offset = offset }
  w.most[one.name] = one.overlap == "allow" and one.overlap_max or 1
  return d
end

local function set_of(w, schedules)
  local set = { file = "/srv/schedule.lua", list = {}, by_name = {} }
  for i, one in ipairs(schedules) do
    local d = definition(w, one)
    set.list[i], set.by_name[one.name] = d, d
    w.by_name[one.name] = d
  end
  return set
end

-- ---- programs ----

local function acts_of(R, one)
  local acts = {}
  for i = 1, R(1, 4) do
    acts[#acts + 1] = { "work", one.length == "long" and span(R, 30, 9000) or span(R, 0.2, 40) }
    if one.luck ~= "good" and R(one.luck == "bad" and 2 or 6) == 1 or R(25) == 1 then
      local what = pick(R, { "sleep", "approve", "hold", "doubt", "stall", "crash", "diverge" })
      acts[#acts + 1] = { what, what == "sleep" and span(R, 10, 9000) or nil }
    end
    if i > 1 and R(30) == 1 then acts[#acts + 1] = { "fail" } end
  end
  return acts
end

local function program_of(plan, by_name)
  return function(slot, final)
    if final then return { kind = "plain", seconds = 1, code = 0 } end
    local one = by_name[slot.schedule]
    local R = clockwork.random(plan.seed * 31 + slot.at * 7 + #slot.schedule + slot.schedule:byte(-1))
    local out = { kind = one.nature, deaf = R(8) == 1 }
    if one.nature == "workflow" then
      out.acts = acts_of(R, one)
    else
      out.seconds = one.length == "long" and span(R, 30, 9000) or span(R, 0.1, 40)
      out.code = (one.luck == "bad" or R(8) == 1) and R(2) == 1 and R(1, 5) or 0
      out.dies = R(20) == 1
    end
    return out
  end
end

-- ---- faults in the world ----

local faults = {}

local function restart(w, seconds)
  w.clock:after(seconds, function()
    if w.life then return end
    local kill = table.remove(w.kills, 1)
    if w.final then kill = nil end
    w:start(kill)
  end)
end

local function nth(plan, n)
  return plan.schedules[(n - 1) % #plan.schedules + 1]
end

function faults.kill(w, f)
  w.down = f.down
  w:kill()
end

function faults.commit(w, f)
  local life = w.life
  if not life then return end
  w.down = f.down
  for _, one in ipairs(f.again) do table.insert(w.kills, one) end
  life.kill = { commit = life.commits + f.commit, when = f.when }
end

function faults.launch(w, f)
  local life = w.life
  if not life then return end
  w.down = f.down
  life.kill = { launch = life.launches + f.launch }
end

function faults.drain(w, f)
  w.down = f.down
  w:drain(f.grace)
end

function faults.reboot(w, f)
  w.down = f.down
  w:reboot()
end

function faults.step(w, f) w:step(f.by) end
function faults.suspend(w, f) w:suspend(f.seconds) end

function faults.unsynchronised(w, f)
  if w.wrong then return end
  w.wrong = true
  w.down = f.down
  w:reboot()
  w.sync = false
  w.clock.off = w.clock.off + f.off    -- the machine's own clock was wrong when it came up
  w:mark()
  w.clock:after(f.down + f.seconds, function()
    w.wrong = nil
    w:set_sync(true)
    w:step(-f.off)
  end)
end

function faults.future(w, f)
  if w.wrong or not w.sync then return end
  w.wrong = true
  if f.unknown then w.sync = nil else w.sync = false end
  w.wrong_future = true
  w:step(f.by)
  w.clock:after(f.seconds, function()
    w.wrong, w.wrong_future = nil, nil
    w:set_sync(true)
    w:step(-f.by)
  end)
end

function faults.lose_sync(w, f)
  if w.wrong then return end
  w.wrong = true
  w:set_sync(false)
  w.clock:after(f.seconds, function()
    w.wrong = nil
    w:set_sync(true)
  end)
end

function faults.full(w, f)
  w.full = true
  w:mark()
  w.clock:after(f.seconds, function()
    w.full = false
    w:mark()
  end)
end

function faults.refuse(w, f)
  if w.life then w.life.refuse = w.life.commits + f.commit else w.refuse = f.commit end
end

local change = {}

function change.edit(_, plan, f, one)
  one.timing = timing.random(clockwork.random(f.seed), plan.zone)
end

function change.disable(w, _, f, one)
  one.enabled, w.was_disabled = false, true
  w.clock:after(f.back, function()
    one.enabled = nil
    w:reload(set_of(w, w.schedules))
  end)
end

-- One that does not touch its slots; the judge knows one window only.
function change.window(w, _, f, one)
  one.window, w.other_window[one.name] = 3600 + f.seed % 40000, true
end

function change.gone(w, _, f, one)
  for i, other in ipairs(w.schedules) do
    if other == one then
      table.remove(w.schedules, i)
      w.clock:after(f.back, function()
        table.insert(w.schedules, one)
        w:reload(set_of(w, w.schedules))
      end)
      return
    end
  end
end

function change.same() end

function faults.reload(w, f, plan)
  if #w.schedules == 0 then return end
  if f.down then   -- while it was not there
    w.down = f.down
    w:kill()
  end
  change[f.what](w, plan, f, w.schedules[(f.n - 1) % #w.schedules + 1])
  w:reload(set_of(w, w.schedules))
end

function faults.pause(w, f, plan)
  local name = nth(plan, f.n).name
  w:ask(function(S) return S:pause(name, "somebody", "a test") end)
  w.clock:after(f.seconds, function()
    w:ask(function(S) return S:resume(name, "somebody") end)
  end)
end

function faults.hand(w, f, plan)
  w:ask(function(S) return S:run_now(nth(plan, f.n).name, "somebody") end)
end

function faults.no_process(w, f)
  w.no_process = true
  w.clock:after(f.seconds, function() w.no_process = false end)
end

-- ---- carrying out ----

local function all_open(w)
  return w.store:rows("SELECT count(*) AS n FROM slot WHERE state IN ('due', 'started', 'running') AND due <= :by",
    { by = math.floor(w.done_by) })[1].n
end

-- Everything becomes right, and all that was begun may end.
local function make_good(w)
  w.final, w.full, w.no_process, w.down = true, false, false, 5
  w.kills = {}
  if w.life then w.life.kill, w.life.refuse = nil, nil end
  w.refuse = nil
  local limit = w.clock.t + 3 * DAY
  while w.wrong and w.clock.t < limit do w:run_until(w.clock.t + 60) end
  if math.abs(w.clock.off) > 0.001 and w.clock.off < 0 then w:step(-w.clock.off) end
  while (#w.schedules < w.count or not w.life or w.life.draining) and w.clock.t < limit do w:run_until(w.clock.t + 300) end
  w:run_until(w.clock.t + 120)
  for name in pairs(w.by_name) do w:ask(function(S) return S:resume(name, "somebody") end) end
  w:run_until(w.clock.t + 60)
  w.done_by = w.clock:wall()
  while all_open(w) > 0 and w.clock.t < limit and #w.faults == 0 do
    w:run_until(w.clock.t + 600)
    w:look_after()
    for name in pairs(w.by_name) do
      local states = w.facts.states[name]
      if states and states[#states].state == "held" then w:ask(function(S) return S:resume(name, "somebody") end) end
    end
  end
end

local function copy(value)
  if type(value) ~= "table" then return value end
  local out = {}
  for k, v in pairs(value) do out[k] = copy(v) end
  return out
end

--- Carries a plan out in a store at path: the world, with what was wrong in
-- w.faults. options: kill = { commit = n, when =, down = } of all commits
-- counted together, scheduler, log.
function scenario.carry_out(given, path, options)
  options = options or {}
  local plan = copy(given)
  for _, suffix in ipairs { "", "-wal", "-shm", ".reserve" } do os.remove(path .. suffix) end
  local by_name = {}
  for _, one in ipairs(plan.schedules) do by_name[one.name] = one end
  local w = world.new { path = path, start = plan.start, R = clockwork.random(plan.seed + 77), seed = plan.seed, trust = plan.trust,
    program = program_of(plan, by_name), jobs = plan.jobs, scheduler = options.scheduler, log = options.log }
  w.other_window = {}
  w.definitions, w.most, w.by_name, w.kills, w.slow, w.schedules = {}, {}, {}, {}, plan.slow, plan.schedules
  w.count, w.down, w.kill_at = #plan.schedules, 5, options.kill
  w.schedules = table.move(plan.schedules, 1, #plan.schedules, 1, {})
  w.on_death = function() restart(w, w.final and 5 or w.kill_at and w.kill_at.down or w.down) end
  w.set = set_of(w, w.schedules)
  for i, f in ipairs(plan.faults) do
    w.clock:at(plan.start + f.at * plan.horizon, function()
      if w.final then return end
      w:note("fault %d: %s", i, f.kind)
      w.hit = (w.hit or 0) + 1
      faults[f.kind](w, f, plan)
    end)
  end
  w.clock:after(0.01, function() w:start() end)
  w:run_until(plan.start + plan.horizon)
  make_good(w)
  w.life_ok = w.life ~= nil
  if #w.faults == 0 then judge.all(w) end
  w:close()
  return w
end

--- The smallest plan that still goes wrong, as far as leaving things out goes.
function scenario.shrink(plan, path, options)
  local best = plan
  local function try(candidate)
    local ok, w = pcall(scenario.carry_out, candidate, path, options)
    if ok and #w.faults > 0 then best = candidate end
    return ok and #w.faults > 0
  end
  for i = #best.faults, 1, -1 do
    local one = copy(best)
    table.remove(one.faults, i)
    try(one)
  end
  for i = #best.schedules, 1, -1 do
    if #best.schedules > 1 then
      local one = copy(best)
      table.remove(one.schedules, i)
      try(one)
    end
  end
  for _, one in ipairs(best.schedules) do
    for _, member in ipairs { "jitter", "window", "timeout", "luck" } do
      local was = one[member]
      one[member] = nil
      if member == "luck" then one.luck = "good" end
      local ok, w = pcall(scenario.carry_out, best, path, options)
      if not (ok and #w.faults > 0) then one[member] = was end
    end
  end
  return best
end

--- A new directory for stores, in memory where the machine has that.
function scenario.directory()
  for _, parent in ipairs { "/dev/shm", os.getenv "TMPDIR" or "/tmp" } do
    local hex = sys.random(6):gsub(".", function(c) return ("%02x"):format(c:byte()) end)
    local dir = ("%s/errand-schedule-%s"):format(parent, hex)
    if sys.make_dir(dir, 448) then return dir end
  end
  error "no directory for the stores"
end

return scenario
