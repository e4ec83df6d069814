-- core/run/protect.lua - errors that nobody in between may keep.
-- SPDX-License-Identifier: MIT

-- A run that is held, in doubt or cancelled leaves the workflow's body by an
-- error. That one, like Ctrl-C, is no failure of the step: whoever calls
-- something protected here lets it pass.

local exit_code = require("core.exit").code

local M = {}

local Stop = { __name = "errand.stop" }

function Stop.__tostring(self)
  return self.reason or self.state
end

--- Leaves the branch that runs: the run goes into this state.
-- @tparam string state held, in_doubt, waiting, sleeping, diverged, stalled, cancelled, undo
-- @tparam string reason one sentence for people
-- @tparam ?table fields path, error, ...
function M.stop(state, reason, fields)
  error(M.stopped(state, reason, fields), 0)
end

--- What M.stop raises.
function M.stopped(state, reason, fields)
  local stop = fields or {}
  stop.state, stop.reason = state, reason
  return setmetatable(stop, Stop)
end

--- Is it what M.stop raises?
function M.is_stop(value)
  return getmetatable(value) == Stop
end

--- Is it the end of the process or of a test: Ctrl-C, an exit, a kill?
function M.is_end(value)
  if type(value) ~= "table" then return false end
  local meta = getmetatable(value)
  if type(meta) == "table" and meta.__name == "errand.killed" then return true end
  return value.kind == "cancelled" or exit_code(value) ~= nil
end

local function finish(passes, ok, ...)
  if ok then return ok, ... end
  local err = ...
  if passes(err) then error(err, 0) end
  return false, err
end

local function is_control(value)
  return M.is_stop(value) or M.is_end(value)
end

--- pcall that keeps neither stops nor ends.
function M.call(f, ...)
  return finish(is_control, pcall(f, ...))
end

--- pcall that keeps stops, for those who end a branch.
function M.branch(f, ...)
  return finish(M.is_end, pcall(f, ...))
end

--- xpcall that keeps neither; the handler does not see them.
function M.xcall(f, handler, ...)
  return finish(is_control, xpcall(f, function(err)
    if is_control(err) then return err end
    return handler(err)
  end, ...))
end

return M
