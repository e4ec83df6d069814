-- core/schedule/launch.lua - the processes of runs, as the daemon starts them.
-- SPDX-License-Identifier: MIT
--
-- Each run is an errand of its own, in a process group of its own, with its
-- limits and a bounded log. It gets the credentials that the daemon was given
-- (they stay in C), and the same configuration or sandbox.

local error_ = require "core.error"
local proc = require "host.proc"
local sys = require "host.sys"
local task = require "host.task"

local M = {}
local Launch = {}
Launch.__index = Launch

M.OOM_SCORE = 500 -- the kernel ends a run before the daemon

--- M.new(options): globals (words before the command), profile (false: that of a definition does not count), set (changes to the
-- environment), credentials (boolean), dir (of the logs), ended (function(job, end_), called once for each child that was
-- started), program (else this one).
function M.new(options)
  return setmetatable({ options = options, children = {}, count = 0 }, Launch)
end

--- The log file of an attempt.
function M.log_path(dir, slot, attempt)
  return ("%s/%d-%d.log"):format(dir, slot, attempt)
end

--- The words of the command line of a job.
function Launch:words(job)
  local options, definition = self.options, job.definition
  local words = table.move(options.globals or {}, 1, #(options.globals or {}), 1, {})
  local function add(...)
    for _, word in ipairs { ... } do words[#words + 1] = tostring(word) end
  end
  if definition.profile and options.profile ~= false then
    add("--profile", definition.profile)
  elseif options.profile then
    add("--profile", options.profile)
  end
  if job.how == "resume" then
    add("runs", "resume", "--slot", job.slot.id, "--attempt", job.attempt, job.run)
  else
    add("run", "--slot", job.slot.id, "--attempt", job.attempt, definition.run, table.unpack(definition.words or {}))
  end
  return words
end

local function make_dir(dir)
  if sys.exists(dir) then return end
  local ok, err = sys.make_dir(dir, 448)
  if not ok then error_.rethrow(err) end
end

--- Starts the process of a job; raises where it cannot. The child has a method pid.
function Launch:start(job)
  local options, definition, id = self.options, job.definition, job.slot.id
  if self.children[id] then error_.raise("script", ("slot %d has a process already"):format(id)) end
  make_dir(options.dir)
  local process, err = proc.start {
    -- the very program that runs here, also where an update has put another one in its place
    program = options.program or "/proc/self/exe", args = self:words(job), set = options.set, credentials = options.credentials,
    directory = definition.dir, log = M.log_path(options.dir, id, job.attempt), stamps = true, address_space = definition.memory,
    timeout = definition.timeout, grace = definition.grace or 30, orphan = "term", oom_score = M.OOM_SCORE,
  }
  if not process then error_.rethrow(err) end
  local child = { process = process, job = job, since = task.now() }
  self.children[id] = child
  self.count = self.count + 1
  task.spawn(function()
    local end_ = process:wait()
    self.children[id] = nil
    self.count = self.count - 1
    options.ended(job, end_)
  end)
  return process
end

--- SIGTERM to the child of a slot, SIGKILL after the grace. Nothing if there is none.
function Launch:stop(id, grace)
  local child = self.children[id]
  if child then child.process:stop(grace or 30) end
end

--- As stop, for all of them.
function Launch:stop_all(grace)
  for _, child in pairs(self.children) do child.process:stop(grace) end
end

--- For logs whose writer died with the daemon before: puts them together.
-- @tparam table rows slots that are not over
function M.mend(dir, rows)
  for _, slot in ipairs(rows) do
    local path = M.log_path(dir, slot.id, slot.attempt)
    if slot.attempt > 0 and sys.exists(path) then proc.mend_log(path) end
  end
end

return M
