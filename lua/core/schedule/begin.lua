-- core/schedule/begin.lua - slots that are due become processes.
-- SPDX-License-Identifier: MIT

-- Functions of core.schedule.scheduler, whose state S they take; nothing else calls them.

local overlap = require "core.schedule.overlap"
local protect = require "core.run.protect"

local M = {}

local RETRY <const> = 10 -- seconds until the machine may have room for another process

local function job_of(S, row, how)
  return { slot = row, definition = S:definition(row.schedule), how = how, attempt = row.attempt, run = row.run,
    log = ("%d-%d.log"):format(row.id, row.attempt) }
end

-- The process of a row that has become "started".
local function launch(S, row, how)
  local job = job_of(S, row, how)
  S.children[row.id], S.seats = job, S.seats + 1
  local ok, err = protect.call(S.launch, job)
  if ok then
    -- its id is only reserved until the process begins a run; a plain script begins none
    S:say("info", how == "run" and "slot fired" or "run resumed", row, { attempt = row.attempt,
      run = row.run_state and row.run or nil })
    local list = row.attempt == 1 and S:notices({ type = "started", slot = row }, job.definition)
    if list and #list > 0 then S.book:post(list, row.schedule, row.id) end
    return
  end
  if S.children[row.id] == job then S.children[row.id], S.seats = nil, S.seats - 1 end
  local message = type(err) == "table" and err.message or tostring(err)
  S:say("error", "cannot start a process", row, { error = message })
  if type(err) == "table" and err.retryable then
    S:item(row.id).at = S.mono + RETRY
    return
  end
  S:finish(row, { outcome = "failed", note = message })
end

--- Starts the run of a row that is due; false where another process began one of the schedule meanwhile.
function M.first(S, row, definition)
  local started = S.book:start(row.id, S.journal:new_id(), overlap.most(definition, row))
  if not started then return false end
  S.items[row.id] = nil
  launch(S, started, "run")
  return true
end

--- Starts the process of a row again, which nobody has now.
function M.again(S, row, how)
  if S.recovering or S.draining or S.seats + S.orphans >= S.jobs then return false end
  -- when it waits again, somebody is told again; one that is stalled is only tried
  if row.reason and row.reason ~= "resumed" and not row.reason:find "^stalled" then
    S.book:told(row.id, { reason = "resumed" })
  end
  local started = S.book:again(row.id)
  if not started then return false end
  for _, name in ipairs { "run_state", "run_wake_at", "run_error" } do started[name] = row[name] end
  local item = S:item(row.id)
  item.at, item.seen, item.forced, item.wake = nil, nil, nil, nil
  launch(S, started, how)
  return true
end

-- ---- those that are due ----

-- Rows that will not run after all: their schedule is no more, or stopped.
local function refuse(S, row, states)
  local definition, state = S.set.by_name[row.schedule], states[row.schedule]
  if not definition or not state or state.state == "gone" then
    return S.book:skip(row.id, "gone", "the schedule is not in the file any more")
  end
  if row.kind == "hand" then return false end
  if not definition.enabled then return S.book:skip(row.id, "disabled", "enabled = false") end
  if state.state == "paused" then return S.book:skip(row.id, "paused", state.why) end
  return false
end

-- Asks those in the way of one that waits to stop.
local function cancel(S, row, busy)
  for _, other in ipairs(busy) do
    local item = S:item(other.id)
    if not item.asked and overlap.can_cancel(other) then
      if other.run_state then
        S.journal:request(other.run, "cancel", ("schedule %s"):format(row.schedule),
          "overlap = \"cancel\": " .. overlap.describe(row))
        if not S.children[other.id] then item.at, item.forced = S.mono, true end
      elseif S.children[other.id] and S.stop then
        S.stop(other.id, (S:definition(other.schedule) or {}).grace)
      else
        return -- a script that an earlier daemon left behind: it cannot be asked, and ends by itself
      end
      item.asked = true
      S:say("info", "asked to stop, for a later slot waits", other)
    end
  end
end

--- Starts what may start of the rows that are not over.
-- @tparam table rows all of them, by due
function M.due(S, rows)
  local busy, before, states = {}, {}, nil
  for _, row in ipairs(rows) do
    busy[row.schedule] = busy[row.schedule] or {}
    if row.state ~= "due" then table.insert(busy[row.schedule], row) end
  end
  for _, row in ipairs(rows) do
    if row.state == "due" then
      states = states or S.book:schedules()
      M.one(S, row, { states = states, busy = busy[row.schedule], before = before })
    end
  end
end

--- Starts one, or leaves it for later. about: states of all schedules, busy
-- rows of this one, before (how many wait, by schedule).
function M.one(S, row, about)
  local name, busy = row.schedule, about.busy
  if refuse(S, row, about.states) then return end
  local definition = S.set.by_name[name]
  local first = about.before[name] or 0
  if definition.overlap == "cancel" and not overlap.in_turn(definition, row) then cancel(S, row, busy) end
  local allowed = (S.trusted or row.kind == "hand") and not S.draining and overlap.may_begin(definition, row, busy, first)
  if allowed and S.seats + S.orphans >= S.jobs then allowed = false end
  if allowed and M.first(S, row, definition) then
    busy[#busy + 1] = row
  else
    about.before[name] = first + 1
  end
end

return M
