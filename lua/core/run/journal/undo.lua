-- core/run/journal/undo.lua - undoing what is done.
-- SPDX-License-Identifier: MIT

local events = require "core.run.journal.events"
local json = require "host.json"
local rows = require "core.run.journal.rows"
local stepping = require "core.run.journal.stepping"

local event = events.of

--- Gives the journal its methods for undoing.
-- @tparam table J the methods
-- @tparam function write one transaction, see core.run.journal
return function(J, write)
  --- C4: a step that is done is about to be undone.
  function J:undo_intent(id, path, undo)
    return write(self, "C4", id, path, function()
      local step = stepping.expect(self, id, path, { done = true }, "be undone")
      if step.undo_state == "done" or step.undo_state == "disabled" then
        stepping.conflict(id, path, step.undo_state == "done" and "undone" or "not ours", "be undone")
      end
      local n = (step.undo_attempt or 0) + 1
      local data = json.encode(json.object { class = undo.class, operation = undo.operation,
        data = undo.data and json.decode(undo.data) })
      self:execute("UPDATE step SET undo_state = 'intent', undo_attempt = :n, undo = :data, undo_error = NULL, undo_at = :wall,"
        .. " undo_boot_id = :boot_id, undo_mono = :mono WHERE run = :id AND path = :path",
        { id = id, path = path, n = n, data = rows.clean(data), wall = undo.wall or self.wall(), boot_id = undo.boot_id,
          mono = undo.mono })
      stepping.attempt(self, id, path, "undo", n, undo.wall)
      event(self, id, path, "undo_intent", { attempt = n, class = undo.class, operation = undo.operation })
      return n
    end)
  end

  -- state is a literal of ours
  local function undone(self, id, path, state, r, more)
    write(self, "C4r", id, path, function()
      local step = stepping.expect(self, id, path, { done = true }, "be undone")
      self:execute(("UPDATE step SET undo_state = '%s', undo_error = :error WHERE run = :id AND path = :path"):format(state),
        { id = id, path = path, error = state ~= "done" and rows.clean(stepping.failure_text(r)) or nil })
      if step.undo_attempt then stepping.attempted(self, id, path, "undo", step.undo_attempt, state, r) end
      more.status, more.message, more.kind = r.status, r.message, r.kind
      event(self, id, path, "undo_" .. state, more)
    end)
  end

  --- C4r: it is gone.
  function J:undo_result(id, path, result) undone(self, id, path, "done", result or {}, { gone = result and result.gone }) end

  --- C4r: it could not be undone.
  function J:undo_failed(id, path, failure) undone(self, id, path, "failed", failure, {}) end

  --- C4r: nobody knows whether it is gone.
  function J:undo_doubt(id, path, failure) undone(self, id, path, "doubt", failure, {}) end

  --- C4r: it is not ours to undo.
  function J:undo_disabled(id, path, reason) undone(self, id, path, "disabled", { kind = "disabled", message = reason }, {}) end
end
