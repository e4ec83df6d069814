-- core/run/journal/waiting.lua - sleeps, approvals and decisions.
-- SPDX-License-Identifier: MIT

local error_ = require "core.error"
local events = require "core.run.journal.events"
local rows = require "core.run.journal.rows"
local stepping = require "core.run.journal.stepping"

local event = events.of

--- Gives the journal its methods for waiting.
-- @tparam table J the methods
-- @tparam function write one transaction, see core.run.journal
return function(J, write)
  --- C3: until when to sleep; what was written first counts.
  function J:sleep(id, path, ordinal, wake_at, step)
    local old = self:step(id, path)
    if old then return old.wake_at end
    write(self, "C3", id, path, function()
      local row = { path = path, ordinal = ordinal, kind = "sleep", wake_at = wake_at }
      for name, value in pairs(step or {}) do row[name] = value end
      stepping.begin(self, id, row, "intent")
      event(self, id, path, "sleep", { wake_at = wake_at })
    end)
    return wake_at
  end

  --- C3: somebody is asked.
  function J:approval(id, path, asked)
    local old = self:decision(id, path)
    if old then return old end
    write(self, "C3", id, path, function()
      local row = { path = path, kind = "approval", wake_at = asked.deadline }
      for name, value in pairs(asked) do row[name] = value end
      stepping.begin(self, id, row, "intent")
      rows.insert(self, "decision", { run = id, path = path, ask = asked.ask, deadline = asked.deadline,
        on_timeout = asked.on_timeout })
      event(self, id, path, "approval", { ask = asked.ask, deadline = asked.deadline, on_timeout = asked.on_timeout })
    end)
    return self:decision(id, path)
  end

  --- C3: the answer. The first one counts, whoever gives it.
  function J:decide(id, path, decision)
    return write(self, "decide", id, path, function()
      local old = self:decision(id, path)
      if not old then
        error_.raise("not_found", ("run %s asks nobody about %s; see errand runs show %s"):format(id, path, id))
      end
      if old.by then return nil, old end
      self:execute("UPDATE decision SET approved = :approved, by = :by, at = :at, comment = :comment"
        .. " WHERE run = :id AND path = :path",
        { id = id, path = path, approved = decision.approved and 1 or 0, by = decision.by or "unknown", at = self.wall(),
          comment = decision.comment })
      event(self, id, path, "decision", { approved = decision.approved and true or false, comment = decision.comment },
        decision.by)
      return true
    end)
  end

  --- Whether somebody has answered what the run still waits for.
  function J:answered(id)
    return self:rows("SELECT 1 FROM decision JOIN step ON step.run = decision.run AND step.path = decision.path"
      .. " WHERE decision.run = :id AND decision.by IS NOT NULL AND step.state = 'intent' LIMIT 1", { id = id })[1] ~= nil
  end

  --- What was asked and, once `by` is there, answered.
  function J:decision(id, path)
    local row = self:rows("SELECT * FROM decision WHERE run = :id AND path = :path", { id = id, path = path })[1]
    if row and row.approved then row.approved = row.approved == 1 end
    return row
  end
end
