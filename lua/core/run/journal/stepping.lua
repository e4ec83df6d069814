-- core/run/journal/stepping.lua - what all changes of a step share.
-- SPDX-License-Identifier: MIT

local error_ = require "core.error"
local json = require "host.json"
local rows = require "core.run.journal.rows"

local M = {}

--- Raises: the step is not in a state for that.
function M.conflict(id, path, state, what)
  error_.raise("conflict", ("step %s of run %s is %s and cannot %s"):format(path, id, state or "not there", what))
end

--- How a step stands, without what went in and came out, which may be long.
function M.standing(self, id, path)
  return self:rows("SELECT state, attempt, class, op_key, undo_state, undo_attempt FROM step WHERE run = :id AND path = :path",
    { id = id, path = path })[1]
end

--- How the step stands, if in one of the states; else a raise that says what
-- could not be done.
function M.expect(self, id, path, states, what)
  local step = M.standing(self, id, path)
  if not step or not states[step.state] then M.conflict(id, path, step and step.state, what) end
  return step
end

local function row_of(self, id, step, state)
  return { run = id, path = step.path, ordinal = step.ordinal or 0, parent = step.parent,
    kind = step.kind or "step", class = step.class, operation = step.operation, args_digest = step.args_digest,
    args = rows.clean(step.args), body_digest = step.body_digest, op_key = step.op_key, state = state, attempt = 1,
    before = rows.clean(step.before), inverse = rows.clean(step.inverse), intent_at = step.wall or self.wall(),
    boot_id = step.boot_id, intent_mono = step.mono, wake_at = step.wake_at }
end

--- Inserts a step.
function M.begin(self, id, step, state)
  rows.insert(self, "step", row_of(self, id, step, state))
end

--- Inserts a step that most likely is new; how it stands if it is not.
function M.begin_new(self, id, step, state)
  if not rows.insert_step(self, row_of(self, id, step, state)) then return M.standing(self, id, step.path) end
end

--- Inserts an attempt that begins.
function M.attempt(self, id, path, phase, n, started)
  self:execute("INSERT INTO attempt(run, path, phase, n, started, outcome) VALUES (:id, :path, :phase, :n, :started, 'sent')",
    { id = id, path = path, phase = phase, n = n, started = started or self.wall() })
end

local ENDED = "UPDATE attempt SET ended = :ended, outcome = :outcome, message = coalesce(:message, message),"
  .. " http_status = coalesce(:status, http_status), request_id = coalesce(:request_id, request_id),"
  .. " seconds = coalesce(:seconds, seconds) WHERE run = :id AND path = :path AND phase = :phase AND n = "
local ENDED_N, ENDED_LAST = ENDED .. ":n", ENDED .. "(SELECT attempt FROM step WHERE run = :id AND path = :path)"

--- How an attempt ended; n nil: the last one to do the step.
function M.attempted(self, id, path, phase, n, outcome, r)
  self:execute(n and ENDED_N or ENDED_LAST,
    { id = id, path = path, phase = phase, n = n, ended = self.wall(), outcome = outcome, message = r.message, status = r.status,
      request_id = r.request_id, seconds = r.seconds })
end

--- A failure as JSON.
function M.failure_text(f)
  return json.encode(json.object { kind = f.kind, message = f.message, status = f.status, data = f.data and json.decode(f.data) })
end

return M
