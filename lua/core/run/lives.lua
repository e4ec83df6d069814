-- core/run/lives.lua - a run in simulated services: one process after the other until it has ended.
-- SPDX-License-Identifier: MIT

-- A life is one process: it runs until it ends or is killed at a point; the
-- next one resumes. Points are the journal's commits ("C1:invite#1", the
-- first of them at that step in this life), those of the engine ("look",
-- "before" and "reply") and those of a request ("sent", "effect").

local engine = require "core.run.engine"
local json = require "host.json"
local journal = require "core.run.journal"
local oracle = require "core.run.oracle"
local virtual = require("core.run.clock").virtual

local M = {}
local Lives = {}
Lives.__index = Lives

local LIVES <const> = 40        -- after so many a run is called endless
local HELD <const> = 3          -- how often a held run is resumed
local DOWN <const> = 1          -- seconds between two lives
local STORE_PLANS <const> = 200 -- then a new store, so that none grows without end

local Killed = { __name = "errand.killed", __tostring = function() return "killed" end }

local function killed()
  error(setmetatable({}, Killed), 0)
end

-- ---- what dies with the process ----

-- Once it is dead a process writes nothing more, whatever its code may catch.
local function mortal(prover, target)
  return setmetatable({}, { __index = function(proxy, name)
    local function call(_, ...)
      if prover.dead then killed() end
      return target()[name](target(), ...)
    end
    rawset(proxy, name, call)
    return call
  end })
end

local function clock_of(prover)
  local clock = virtual()
  prover.clock = clock
  local proxy = mortal(prover, function() return clock end)
  proxy.virtual = true
  return proxy
end

local function die(prover)
  prover.dead = true
  killed()
end

-- Each point has a name; the same one may come again in one life.
local function point(prover, name, where)
  if prover.dead then killed() end
  local base = name .. ":" .. (where or "")
  local n = (prover.seen[base] or 0) + 1
  prover.seen[base] = n
  local label = ("%s#%d"):format(base, n)
  prover.points[#prover.points + 1] = label
  local kill = prover.kills[prover.life]
  return kill and kill.label == label and kill
end

local function hook(prover, name, path)
  local sim = prover.sim
  if name == "before" then sim.path = path end
  if name == "C1" then sim.phase = "do" elseif name == "C4" then sim.phase = "undo" end
  if point(prover, name, path) then die(prover) end
end

-- Was the request written down before it left? An undo has rows of its own.
local function is_recorded(prover, entry)
  local list = prover.store:rows("SELECT n.phase FROM attempt n JOIN run r ON r.id = n.run WHERE n.path = :path"
    .. " AND n.ended IS NULL AND r.ended IS NULL LIMIT 1", { path = entry.path })
  return list and list[1] ~= nil
end

local function world_hook(prover, name, operation, entry)
  entry.phase = prover.sim.phase
  if name == "sent" and entry.writes and not is_recorded(prover, entry) then
    prover.unrecorded[#prover.unrecorded + 1] = operation
  end
  local kill = point(prover, name, operation)
  if not kill then return end
  if name == "sent" then entry.deliver(kill.late or 0) end
  die(prover)
end

--- What carries out plans. options: program (of core.run.sources), input,
-- answers (function(path) -> approved, nullable: everything is approved),
-- services, sim (function(clock, services) -> world, nullable).
function M.new(options)
  local self = setmetatable({ program = options.program, input = options.input, answers = options.answers, dead = false, life = 0,
    seen = {}, points = {}, kills = {}, plans = 0 }, Lives)
  self.mortal_clock = clock_of(self)
  self.mortal_store = mortal(self, function() return self.store end)
  self.make_sim = options.sim or function(clock, services)
    return require("core.run.simulated").new { clock = clock, services = services }
  end
  self:world(options.services)
  return self
end

--- The methods, for those who add to them.
M.methods = Lives

--- fn(...) with the simulated services as the only ones.
function Lives:within(fn, ...)
  local detach = self.sim:attach()
  local results = table.pack(pcall(fn, ...))
  detach()
  if not results[1] then error(results[2], 0) end
  return table.unpack(results, 2, results.n)
end

--- Replaces the world by one of these services (nil: all that have a sandbox).
function Lives:world(services)
  self.sim = self.make_sim(self.mortal_clock, services)
  self.sim.hook = function(...) world_hook(self, ...) end
end

function Lives:journal()
  local J = journal.open(self.mortal_store, function() return self.mortal_clock:wall() end)
  J.hook = function(name, _, path) hook(self, name, path) end
  return J
end

-- ---- one process ----

-- What the workflow prints is nothing that somebody should read a thousand times.
local quiet = { ["std.print_table"] = function() end,
  ["std.log"] = setmetatable({}, { __index = function() return function() end end }) }

--- pcall(fn, ...) with print, print_table and log saying nothing.
function M.muted(fn, ...)
  local kept, print_ = {}, rawget(_G, "print")
  for name, stub in pairs(quiet) do kept[name], package.loaded[name] = require(name), stub end
  rawset(_G, "print", function() end)
  local results = table.pack(pcall(fn, ...))
  for name, module in pairs(kept) do package.loaded[name] = module end
  rawset(_G, "print", print_)
  return table.unpack(results, 1, results.n)
end

-- fn(journal) in a process of its own: true and its result, or false if it was killed.
local function live(self, fn)
  self.life = self.life + 1
  self.seen, self.points = {}, {}
  local ok, result = M.muted(fn, self:journal())
  self.lives[self.life] = self.points
  local was_killed = self.dead
  if was_killed then self.deaths = self.deaths + 1 end
  self.dead = false
  self.sim:restart()
  self.clock:sleep(DOWN)
  if was_killed and self.between then self.between(self, self.life) end
  if was_killed then return false end
  if not ok then error(result, 0) end
  return true, result
end

local function steps_in_doubt(J, id)
  local out = {}
  for _, step in ipairs(J:steps(id)) do
    local open = step.state == "intent" or step.state == "doubt"
    if open and step.kind == "step" and step.class ~= "read" then out[#out + 1] = step end
  end
  return out
end

-- What somebody who looks into the system would find of a step.
local function truth(self, step)
  for _, entry in ipairs(self.sim.log) do
    if entry.path == step.path and entry.phase ~= "undo" and #entry.effects > 0 then return entry end
  end
end

-- A person settles what is in doubt: waits till all has arrived, looks, says.
local function settle(self, J, id)
  self.sim:arrive(true)
  for _, step in ipairs(steps_in_doubt(J, id)) do
    local entry = truth(self, step)
    local value = entry and self.sim:result(entry)
    self.questions[#self.questions + 1] = step.path
    engine.settle { journal = J, clock = self.mortal_clock, id = id, path = step.path, outcome = entry and "done" or "absent",
      value = value ~= nil and json.encode(value) or nil, actor = "errand prove", reason = "looked into the simulated service" }
  end
end

local function approve(self, J, id)
  local any = false
  for _, step in ipairs(J:steps(id)) do
    if step.kind == "approval" and step.state == "intent" then
      local decision = J:decision(id, step.path)
      if decision and not decision.by then
        local answer = not self.answers or self.answers(step.path)
        J:decide(id, step.path, { approved = answer, by = "errand prove" })
        any = true
      end
    end
  end
  return any
end

local function run(self, id)
  return live(self, function(J)
    return engine.run { journal = J, clock = self.mortal_clock, program = self.programs and self.programs[self.life]
      or self.program, input = self.input, id = id, seed = "prove",
      owner = "errand prove" }
  end)
end

-- The newest run; last_id is that of the plan before.
local function newest(self)
  return self.store:rows("SELECT id, state, error FROM run ORDER BY rowid DESC LIMIT 1")[1]
end

-- The run that is under way, if its first commit was reached.
local function current(self)
  local row = newest(self)
  return row and row.id ~= self.last_id and row or nil
end

--- States that a run does not leave any more.
M.final = { done = true, failed = true, undone = true, abandoned = true, cancelled = true }

-- Lives one after the other until the run has ended; its last state.
local function resume(self)
  local held = 0
  while self.life < LIVES do
    local row = current(self)
    if row and M.final[row.state] then return row.state, row end
    local open = row and row.state == "in_doubt" and #steps_in_doubt(journal.open(self.store), row.id) > 0
    if not open then run(self, row and row.id) end
    row = current(self)
    local state = row and row.state
    if M.final[state] then return state, row end
    if state == "in_doubt" then
      live(self, function(J) settle(self, J, row.id) end)
    elseif state == "waiting" then
      live(self, function(J) approve(self, J, row.id) end)
    elseif state == "held" or state == "stalled" then
      held = held + 1
      if held > HELD then return state, row end
    elseif state == "diverged" then
      return state, row
    end
  end
  return "endless", current(self)
end

-- After a reply comes its row, and nothing before it.
local function unwritten(lives)
  local out = {}
  for _, points in ipairs(lives) do
    for i, label in ipairs(points) do
      local path = label:match "^reply:(.*)#%d+$"
      local after = path and points[i + 1]
      if after and after:match "^C[24][fdr]?:(.*)#%d+$" ~= path then out[#out + 1] = path end
    end
  end
  return out
end

local function new_store(self)
  if self.store and self.plans % STORE_PLANS ~= 0 then return end
  if self.store then self.store:close() end
  self.store = assert(require("host.store").open())
end

--- Carries out one plan: { kills = { { label =, late = }, ... }, faults = { text, ... },
-- programs = { [life] = program }, between = function(prover, life) after each
-- death; both for tests }. Returns { state, effects, records, questions, lives =
-- points of each life, deaths, requests, unrecorded, seconds, error, id }.
function Lives:carry_out(plan)
  new_store(self)
  self.plans = self.plans + 1
  self.clock.at, self.clock.start = 1700000000, 1700000000
  self.sim:reset()
  self.sim:inject(plan.faults or {})
  self.kills, self.life, self.lives, self.questions, self.dead = plan.kills or {}, 0, {}, {}, false
  self.unrecorded, self.programs, self.between, self.deaths = {}, plan.programs, plan.between, 0
  local began = self.clock:wall()
  local before = newest(self)
  self.last_id = before and before.id
  local state, row = self:within(resume, self)
  self.sim:arrive(true)
  if row and not M.final[state] then -- its key must be free for the next plan
    local J = journal.open(self.store)
    J:own(row.id)
    J:state(row.id, "abandoned")
  end
  for _, path in ipairs(unwritten(self.lives)) do table.insert(self.unrecorded, "the reply to step " .. path) end
  return { state = state, error = row and row.error, effects = self.sim:effects(), records = oracle.records(self.sim.server),
    questions = self.questions, unrecorded = self.unrecorded, seconds = self.clock:wall() - began, lives = self.lives,
    requests = self.sim.log, id = row and row.id, deaths = self.deaths }
end

return M
