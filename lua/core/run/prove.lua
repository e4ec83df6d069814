-- core/run/prove.lua - a workflow killed at each point where it can die, and what came of it.
-- SPDX-License-Identifier: MIT

-- A plan is a list of faults: a kill for each process in turn ("C1:invite#1":
-- after the first commit of that kind there; "sent=20:ixon.invites.create#1":
-- the request is on its way and arrives 20 seconds later) and faults of
-- requests ("drop-reply:ixon.invites.create@1"). core/run/lives.lua carries
-- them out.

local error_ = require "core.error"
local fault_of = require "core.run.fault"
local json = require "host.json"
local lives = require "core.run.lives"
local oracle = require "core.run.oracle"

local M = { muted = lives.muted }
local Prover = setmetatable({}, { __index = lives.methods })
Prover.__index = Prover

local LATE <const> = 20 -- seconds that an effect comes late: less than any service needs at most

--- What proves a workflow: options of core/run/lives.lua, with limit (plans at
-- most), tell (function(done, total, failed), nullable).
function M.new(options)
  local self = setmetatable(lives.new(options), Prover)
  self.limit, self.tell = options.limit or 1000, options.tell
  return self
end

-- ---- plans ----

local points = { sent = true, effect = true, look = true, before = true, reply = true, own = true, event = true, request = true,
  sources = true }

local function is_kill(kind)
  return points[kind] or kind:find "^C%d%l?$" ~= nil
end

--- A plan from its text.
function M.parse(text)
  local plan = { kills = {}, faults = {}, text = text }
  local parts = {}
  for part in text:gmatch "[^,]+" do -- a path may hold commas
    if #parts > 0 and not part:find "^[%w-]+=?[%d.]*:" then
      parts[#parts] = parts[#parts] .. "," .. part
    else
      parts[#parts + 1] = part
    end
  end
  for _, part in ipairs(parts) do
    local kind, arg, where = part:match "^([%w-]+)=?([%d.]*):(.*)$"
    if kind and is_kill(kind) then
      if not where:find "#%d+$" then where = where .. "#1" end
      plan.kills[#plan.kills + 1] = { label = kind .. ":" .. where, late = tonumber(arg) }
    else
      plan.faults[#plan.faults + 1] = fault_of.parse(part)
    end
  end
  if #plan.kills + #plan.faults == 0 then
    error_.raise("validation", ("'%s' is no plan such as C1:invite#1,drop-reply:ixon.invites.create@1"):format(text))
  end
  return plan
end

local function kill_text(kill)
  return kill.late and kill.label:gsub("^sent", ("sent=%g"):format(kill.late), 1) or kill.label
end

--- The text of a plan, to repeat it.
function M.text(plan)
  local parts = {}
  for _, kill in ipairs(plan.kills or {}) do parts[#parts + 1] = (kill_text(kill)) end
  for _, fault in ipairs(plan.faults or {}) do parts[#parts + 1] = type(fault) == "table" and fault.text or fault end
  return #parts > 0 and table.concat(parts, ",") or "crash-free"
end

-- Kills at each point of a life; what was on its way may arrive later, too.
local function kills_of(labels, late)
  local out = {}
  for _, label in ipairs(labels) do
    out[#out + 1] = { label = label }
    local operation = late and label:match "^sent:(.*)#%d+$"
    if operation and oracle.writes(operation) then out[#out + 1] = { label = label, late = late } end
  end
  return out
end

local of_writes = { "drop-reply", "drop", "late=%g", "hang", "hang-after", "status=503", "status-after=503", "429=1", "refuse",
  "malformed" }
local of_reads = { "drop", "status=503", "refuse" }

M.kills = kills_of

-- Faults of each request that a run made.
local function faults_of(requests)
  local out = {}
  for _, entry in ipairs(requests) do
    local list = entry.writes and of_writes or of_reads
    for _, kind in ipairs(list) do
      out[#out + 1] = ("%s:%s@%d"):format(kind:format(LATE), entry.operation, entry.n)
    end
    if entry.writes and oracle.repeatable(entry.operation) then
      out[#out + 1] = ("twice:%s@%d"):format(entry.operation, entry.n)
    end
  end
  return out
end

-- ---- verdicts ----

--- What is wrong with an outcome, compared with the crash-free one: a list of
-- { kind = "duplicate" | "loss" | "stray" | "unrecorded" | "unfinished" | "different", text }.
function M.verdict(clean, outcome)
  local out = {}
  for _, one in ipairs(oracle.effects(clean.effects, outcome.effects)) do
    out[#out + 1] = { kind = one.kind, text = ("%s: %d instead of %d"):format(one.effect, one.got, one.expected) }
  end
  for _, operation in ipairs(outcome.unrecorded) do
    out[#out + 1] = { kind = "unrecorded", text = operation .. " was not written down at once" }
  end
  if outcome.state ~= clean.state then
    local why = type(outcome.error) == "string" and json.decode(outcome.error)
    out[#out + 1] = { kind = "unfinished", text = ("the run is %s instead of %s%s"):format(outcome.state, clean.state,
      type(why) == "table" and why.message and ": " .. why.message or "") }
  end
  if #out > 0 then return out end
  local missing, extra = oracle.difference(clean.records, outcome.records)
  if #missing > 0 or #extra > 0 then
    out[1] = { kind = "different", text = ("the services hold something else in the end: %s"):format(
      missing[1] and "missing " .. missing[1] or "extra " .. extra[1]) }
  end
  return out
end

local function new_row(name)
  return { plans = name, run = 0, duplicates = 0, losses = 0, different = 0, questions = 0, unfinished = 0 }
end

M.new_row = new_row

local counted = { duplicate = "duplicates", loss = "losses", stray = "duplicates", unfinished = "unfinished",
  different = "different", unrecorded = "different" }

--- Carries out a plan and counts it in a row of the report.
function Prover:judge(plan, row, report)
  local outcome = self:carry_out(plan)
  local faults = M.verdict(report.clean, outcome)
  row.run = row.run + 1
  row.questions = row.questions + #outcome.questions
  for _, fault in ipairs(faults) do row[counted[fault.kind]] = row[counted[fault.kind]] + 1 end
  if #faults > 0 then report.failures[#report.failures + 1] = { plan = M.text(plan), faults = faults } end
  report.done = report.done + 1
  if self.tell then self.tell(report.done, report.total, #report.failures) end
  return outcome
end

-- Services that a crash-free run talked to: the others need not be simulated.
local function used_services(self, clean)
  local used, out = {}, {}
  for _, entry in ipairs(clean.requests) do used[entry.operation:match "^[^.]+"] = true end
  for _, service in ipairs(self.sim.server.services) do
    if used[service.name] then out[#out + 1] = { catalogue = service.catalogue, data = service.data } end
  end
  return out
end

-- Numbers from 1 to total, at most limit of them, evenly spread.
local function spread(total, limit)
  local n, i = math.min(total, limit), 0
  return function()
    i = i + 1
    if i > n then return nil end
    return total <= limit and i or (i - 1) * total // limit + 1
  end
end

-- Plans with a second thing that may go wrong after the first.
local function pairs_after(plan, outcome, faults)
  local out = {}
  local second = #(plan.kills or {}) > 0 and 2 or 1
  for _, kill in ipairs(kills_of(outcome.lives[second] or {}, LATE)) do
    local kills = { table.unpack(plan.kills or {}) }
    kills[#kills + 1] = kill
    out[#out + 1] = { kills = kills, faults = plan.faults }
  end
  if second == 1 then
    for _, fault in ipairs(faults) do
      if fault > plan.faults[1] then out[#out + 1] = { kills = {}, faults = { plan.faults[1], fault } } end
    end
  end
  return out
end

-- The run without faults, in a world of the services that it uses.
local function without_faults(self, report)
  local row = new_row "crash-free"
  report.rows[1] = row
  report.clean = self:carry_out {}
  self:world(used_services(self, report.clean))
  report.clean = self:carry_out {}
  row.run, row.questions = 1, #report.clean.questions
  if not lives.final[report.clean.state] then row.unfinished = 1 end
  return report.clean.state == "done" or report.clean.state == "undone"
end

-- The plans of a group that are carried out; what may follow them goes into more.
local function carry_out_group(self, group, most, report, more)
  local row = new_row(group.name)
  table.insert(report.rows, row)
  for at in spread(#group, most) do
    local plan = group[at]
    local outcome = self:judge(plan, row, report)
    for _, pair in ipairs(more and pairs_after(plan, outcome, more.faults) or {}) do more[#more + 1] = pair end
  end
  report.cut = report.cut + #group - row.run
end

--- Proves the workflow: crash-free, one fault, two. Returns a report { rows, failures = { {
-- plan, faults } }, clean, cut = plans left out }.
function Prover:prove()
  local report = { rows = {}, failures = {}, done = 0, total = 1, cut = 0 }
  if not without_faults(self, report) then return report end
  local killed, faulty, two = { name = "killed once" }, { name = "one fault" }, { name = "pairs" }
  two.faults = faults_of(report.clean.requests)
  for i, kill in ipairs(kills_of(report.clean.lives[1], LATE)) do killed[i] = { kills = { kill }, faults = {} } end
  for i, fault in ipairs(two.faults) do faulty[i] = { kills = {}, faults = { fault } } end
  local all = #killed + #faulty
  report.total = math.min(all, self.limit)
  for _, group in ipairs { killed, faulty } do
    carry_out_group(self, group, all <= self.limit and all or self.limit * #group // all, report, two)
  end
  local left = math.max(0, self.limit - report.done)
  report.total = report.done + math.min(#two, left)
  carry_out_group(self, two, left, report)
  return report
end

return M
