-- core/run/context.lua - one execution of a run: journal, clock and what was recorded.
-- SPDX-License-Identifier: MIT

local clock_ = require "core.run.clock"
local error_ = require "core.error"
local protect = require "core.run.protect"
local term = require "core.run.term"

local M = {}

local SOON <const> = 30 -- seconds until another try that are waited for in any case
local Context = {}
Context.__index = Context

--- An execution of the run. options: journal, clock, observer, wait, plan,
-- dry (nothing is done, only what is recorded is gone through).
-- @tparam table row of the run
function M.new(options, row)
  local clock = options.clock
  local self = setmetatable({ journal = options.journal, clock = clock, id = row.id, run = row, observer = options.observer or {},
    waits = options.wait ~= false, plan = options.plan, dry = options.dry, rows = {}, places = {}, last = {}, visited = {},
    unstarted = {}, functions = {}, released = {}, doubted = {}, busy = 1, resting = 0,
    began = { wall = clock:wall(), mono = clock:mono(), boot_id = clock:boot_id() }, deadline = row.deadline }, Context)
  for _, step in ipairs(self.journal:steps(row.id)) do self:remember(step) end
  return self
end

function Context:remember(step)
  local parent = step.parent or ""
  self.rows[step.path] = step
  self.places[parent] = self.places[parent] or {}
  self.places[parent][step.ordinal] = step.path
  self.last[parent] = math.max(self.last[parent] or 0, step.ordinal)
end

-- ---- the journal ----

-- Faults of the store are no faults of a step: the run stops where it is.
local function stalled(self, err)
  if not error_.is(err) or not err.reason then error(err, 0) end
  self.broken = err
  protect.stop("stalled", tostring(err.message), { error = err })
end

--- A method of the journal; a store that cannot be written stops the run.
function Context:write(method, ...)
  if self.dry then protect.stop("dry", "nothing is done") end
  local results = table.pack(protect.call(self.journal[method], self.journal, self.id, ...))
  if not results[1] then stalled(self, results[2]) end
  return table.unpack(results, 2, results.n)
end

--- The row of a step, as it is now.
function Context:reload(path)
  local row = self.journal:step(self.id, path)
  if row then self:remember(row) end
  return row
end

--- A point where tests may end the process.
function Context:point(name, path)
  local hook = self.journal.hook
  if hook then hook(name, self.id, path) end
end

--- Tells whoever looks on.
function Context:tell(path, state, info)
  if self.observer.step then self.observer.step(path, state, info or {}) end
end

-- ---- time ----

--- When something is written down: for the intent of a step.
function Context:moment()
  return { wall = self.clock:wall(), mono = self.clock:mono(), boot_id = self.clock:boot_id() }
end

local function cancelled(self)
  local wanted = self.journal:requested(self.id)
  return wanted and wanted.what == "cancel" and wanted or nil
end

--- Stops the branch where this process has been asked to end.
function Context:heed_term(path)
  if term.asked() then protect.stop("held", term.reason(self.id), { path = path, kind = "interrupted" }) end
end

--- Before anything new is begun: does somebody want the run or the process to
-- stop, is its time over?
function Context:boundary(path)
  if self.dry then protect.stop("dry", "nothing is done") end
  local wanted = cancelled(self)
  if wanted then
    local reason = wanted.reason and ": " .. wanted.reason or ""
    protect.stop("cancelled", ("cancelled by %s%s"):format(wanted.actor or "somebody", reason), { path = path })
  end
  self:heed_term(path)
  if self.deadline and self.clock:wall() >= self.deadline then
    protect.stop("held", "the run's time is over (timeout of the workflow); errand runs resume gives it the same time again",
      { path = path, kind = "timeout" })
  end
end

-- A run of which every branch waits is not running: a process that ends now
-- has not crashed.
local function rest(self, state, at)
  self.resting = self.resting + 1
  if self.resting < self.busy then return end
  self:write("state", state, self.run.error, nil, { wake_at = at })
  self.rested = true
end

local function wake(self)
  self.resting = self.resting - 1
  if not self.rested then return end
  self.rested = false
  self:write("state", "running", self.run.error)
end

--- Waits until the wall clock shows `at` (nil: no end) or look() gives
-- something, which is returned. What is not waited for stops the branch.
-- @tparam string state sleeping or waiting
-- @tparam string why one sentence
-- @tparam ?function look
-- @tparam ?boolean told the observer knows already
function Context:wait(path, state, at, why, look, told)
  local found = look and look()
  if found ~= nil then return found end
  if at and at <= self.clock:wall() then return nil end
  if self.dry then protect.stop("dry", "nothing is done") end
  local soon = told and at and at - self.clock:wall() <= SOON
  if not self.waits and not soon or self.clock.virtual and look then protect.stop(state, why, { path = path, wake_at = at }) end
  self:heed_term(path)
  if not told then self:tell(path, state, { message = why, wake_at = at }) end
  rest(self, state, at)
  local ends = at
  if self.deadline and (not ends or self.deadline < ends) then ends = self.deadline end
  found = clock_.wait(self.clock, ends, function()
    if cancelled(self) or term.asked() then return false end
    return look and look() or nil
  end)
  wake(self)
  if found == nil and at and at <= self.clock:wall() then return nil end
  if not found then self:boundary(path) end
  return found
end

return M
