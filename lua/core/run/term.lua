-- core/run/term.lua - SIGTERM stops the runs of this process where nothing is lost.
-- SPDX-License-Identifier: MIT

-- Who is asked to end begins nothing more: requests that are under way come to
-- their end and are written down, waits are over, and the run is held until
-- somebody, or the scheduler, goes on with it. So nothing is in doubt that was
-- not before. Every second part of a run looks here, so looking costs next to
-- nothing.

local M = {}

local watch         -- of host.signal, while runs are under way
local asked = false
local cause = "SIGTERM"

--- Has this process been asked to end?
function M.asked()
  if not asked and watch then asked = watch:came "TERM" > 0 end
  return asked
end

--- Asks the runs of this process to stop, as SIGTERM does.
-- @tparam ?string|boolean why what did; false takes it back (tests)
function M.ask(why)
  asked, cause = why ~= false, why or "SIGTERM"
end

--- Is anybody listening for SIGTERM?
function M.listens()
  return watch ~= nil
end

--- Is it the error by which code was stopped that did not heed SIGTERM?
function M.ended_by(err)
  return type(err) == "table" and err.kind == "cancelled" and M.asked()
end

--- Why a run is held then: one sentence.
function M.reason(id)
  return ("stopped by %s before anything new was begun; errand runs resume %s goes on"):format(cause, id)
end

-- What waits for its turn at a service has not been sent, and will not be.
local function refuse_waiting()
  if not watch:wait() then return end
  local http = package.loaded["host.http"]
  if http then http.refuse_waiting() end
end

--- fn(...), during which SIGTERM stops runs rather than the process. The
-- second one ends the process at once: what is under way is settled then when
-- somebody goes on, as after any death.
function M.during(fn, ...)
  if watch then return fn(...) end
  local err
  watch, err = require("host.signal").watch { "TERM", second = true }
  if not watch then require("core.error").rethrow(err) end
  local task = require "host.task"
  local listener = task.spawn(refuse_waiting)
  local results = table.pack(pcall(fn, ...))
  listener:cancel()
  pcall(listener.join, listener) -- or it would count as one that failed
  M.asked() -- until the end: what is closed forgets it
  watch:close()
  watch = nil
  if not results[1] then error(results[2], 0) end
  return table.unpack(results, 2, results.n)
end

return M
