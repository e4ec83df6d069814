-- core/run/journal/steps.lua - steps: before they are sent, and what came of it.
-- SPDX-License-Identifier: MIT

local events = require "core.run.journal.events"
local json = require "host.json"
local rows = require "core.run.journal.rows"
local stepping = require "core.run.journal.stepping"
local sys = require "host.sys"

local event = events.of

local function may_try(step, old)
  if old.state == "failed" then return true end
  if old.state ~= "intent" and old.state ~= "doubt" then return false end
  return old.class == "read" or old.class == "set" or step.again == "key" and old.op_key ~= nil and old.op_key == step.op_key
end

local DONE = "UPDATE step SET state = 'done', value = :value, status = coalesce(:status, status), remote_id = :remote_id,"
  .. " request_id = :request_id, seconds = :seconds, found = :found, error = NULL, retry_at = NULL, done_at = :now,"
  .. " done_seq = :seq WHERE run = :id AND path = :path"
local SENT_IS_DONE = DONE .. " AND state = 'intent'"

-- Marks a step as done; its place in the order of what got done.
-- @tparam table run of core.run.journal's check_owner
-- @tparam string done DONE or SENT_IS_DONE
local function finish(self, run, id, path, r, done, type_, actor, more)
  local now, seq = self.wall(), run.done_count + 1
  self:execute("UPDATE run SET done_count = :seq, crashes = 0, changed = :now WHERE id = :id", { id = id, now = now, seq = seq })
  local changed = self:execute(done, { id = id, path = path, value = rows.clean(r.value), status = r.status,
    remote_id = r.remote_id, request_id = r.request_id, seconds = r.seconds, found = r.found, now = now, seq = seq })
  if changed ~= 1 then stepping.expect(self, id, path, {}, "be done") end
  more = more or {}
  more.done_seq, more.status, more.remote_id, more.request_id = seq, r.status, r.remote_id, r.request_id
  more.found, more.value_digest = r.found, r.value and sys.sha256(rows.clean(r.value))
  event(self, id, path, type_, more, actor)
  return seq
end

-- state is a literal of ours
local function not_done(self, id, path, state, f)
  local doubt = state == "doubt"
  local step = stepping.expect(self, id, path, { intent = true, failed = not doubt }, doubt and "be in doubt" or "fail")
  self:execute(("UPDATE step SET state = '%s', error = :error, status = :status, request_id = :request_id, seconds = :seconds,"
    .. " retry_at = :retry_at WHERE run = :id AND path = :path"):format(state),
    { id = id, path = path, error = rows.clean(stepping.failure_text(f)), status = f.status, request_id = f.request_id,
      seconds = f.seconds, retry_at = f.retry_at })
  stepping.attempted(self, id, path, "do", step.attempt, doubt and "in_doubt" or "failed", f)
  event(self, id, path, doubt and "doubt" or "failure", { kind = f.kind, message = f.message, status = f.status,
    retry_at = f.retry_at })
end

--- Gives the journal its methods for steps.
-- @tparam table J the methods
-- @tparam function write one transaction, see core.run.journal
return function(J, write)
  --- Steps in the order in which they began.
  function J:steps(id)
    return self:rows("SELECT * FROM step WHERE run = :id ORDER BY seq", { id = id })
  end

  --- One step, nil if the run has not come there.
  function J:step(id, path)
    return self:rows("SELECT * FROM step WHERE run = :id AND path = :path", { id = id, path = path })[1]
  end

  --- What was tried, for one step or all.
  function J:attempts(id, path)
    return self:rows("SELECT * FROM attempt WHERE run = :id AND (:path IS NULL OR path = :path) ORDER BY started, path, phase, n",
      { id = id, path = path })
  end

  --- The events of a run after the one with that number.
  function J:events(id, after)
    return self:rows("SELECT * FROM event WHERE run = :id AND seq > :after ORDER BY seq", { id = id, after = after or 0 })
  end

  --- Whether the run was ever held to a plan.
  function J:planned(id)
    return #self:rows("SELECT 1 AS one FROM event WHERE run = :id AND type = 'planned' LIMIT 1", { id = id }) > 0
  end

  --- C1: what is about to be sent. Durable when this returns.
  function J:intent(id, step)
    return write(self, "C1", id, step.path, function()
      local old, n = stepping.begin_new(self, id, step, "intent"), 1
      if old and may_try(step, old) then
        n = old.attempt + 1
        self:execute("UPDATE step SET state = 'intent', attempt = :n, before = :before, body_digest = :body_digest,"
          .. " op_key = :op_key, inverse = :inverse, error = NULL, status = NULL, retry_at = NULL, intent_at = :wall,"
          .. " boot_id = :boot_id, intent_mono = :mono WHERE run = :id AND path = :path",
          { id = id, path = step.path, n = n, before = rows.clean(step.before), body_digest = step.body_digest,
            op_key = step.op_key, inverse = rows.clean(step.inverse), wall = step.wall or self.wall(), boot_id = step.boot_id,
            mono = step.mono })
      elseif old then
        stepping.conflict(id, step.path, old.state, "be sent again before it is settled")
      end
      stepping.attempt(self, id, step.path, "do", n, step.wall)
      event(self, id, step.path, "intent", { attempt = n, class = step.class, operation = step.operation,
        args_digest = step.args_digest, body_digest = step.body_digest, op_key = step.op_key,
        before_digest = step.before and sys.sha256(rows.clean(step.before)) })
      return n
    end)
  end

  --- C2: it is done, and this came of it.
  function J:result(id, path, result)
    return write(self, "C2", id, path, function(run)
      stepping.attempted(self, id, path, "do", nil, result.found and "found" or "done", result)
      return finish(self, run, id, path, result, SENT_IS_DONE, "result")
    end)
  end

  --- C2 without a C1, for what has no effect anywhere.
  function J:record(id, step, result)
    return write(self, "C2", id, step.path, function(run)
      local old = stepping.begin_new(self, id, step, "intent")
      if old and old.state ~= "failed" then stepping.conflict(id, step.path, old.state, "be recorded") end
      if old then
        self:execute("UPDATE step SET attempt = attempt + 1 WHERE run = :id AND path = :path", { id = id, path = step.path })
      end
      return finish(self, run, id, step.path, result, DONE, "result", nil,
        { kind = step.kind, class = step.class, operation = step.operation, args_digest = step.args_digest })
    end, true)
  end

  --- C2f: it has certainly had no effect.
  function J:failure(id, step, failure)
    local path = type(step) == "table" and step.path or step
    write(self, "C2f", id, path, function()
      if type(step) == "table" and not stepping.standing(self, id, path) then stepping.begin(self, id, step, "intent") end
      not_done(self, id, path, "failed", failure)
    end)
  end

  --- C2d: nobody knows whether it had an effect.
  function J:doubt(id, path, failure)
    write(self, "C2d", id, path, function() not_done(self, id, path, "doubt", failure) end)
  end

  --- C5: what became of a step in doubt, by evidence or by a person.
  function J:settled(id, path, outcome, evidence, actor, reason)
    evidence = evidence or {}
    write(self, "C5", id, path, function(run)
      local step = stepping.expect(self, id, path, { intent = true, doubt = true }, "be settled")
      local why = { outcome = outcome, reason = reason, looks = evidence.looks and json.decode(rows.clean(evidence.looks)) }
      if outcome == "done" then
        finish(self, run, id, path, evidence, DONE, "settled", actor, why)
      elseif outcome == "absent" or outcome == "skip" then
        local state = outcome == "absent" and "failed" or "skipped"
        local message = (outcome == "absent" and "it had no effect" or "skipped") .. (reason and ": " .. reason or "")
        local text = rows.clean(stepping.failure_text { kind = outcome, message = message })
        self:execute(("UPDATE step SET state = '%s', error = :error, value = :value WHERE run = :id AND path = :path")
          :format(state), { id = id, path = path, error = text, value = rows.clean(evidence.value) })
        event(self, id, path, "settled", why, actor)
      else
        error("core.run.journal: settled is done, absent or skip", 2)
      end
      stepping.attempted(self, id, path, "do", step.attempt, "settled_" .. outcome, { message = reason })
    end)
  end

  --- Only an event.
  function J:event(id, path, type_, data, actor)
    write(self, "event", id, path, function()
      events.add(self, { run = id, path = path, type = type_, data = rows.clean(data), actor = actor })
    end)
  end
end
