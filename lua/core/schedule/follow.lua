-- core/schedule/follow.lua - slots that began: what became of their process and of their run.
-- SPDX-License-Identifier: MIT

-- Functions of core.schedule.scheduler, whose state S they take. A row is over when its run is over, or when a plain script has
-- ended; a run that is held, in doubt or asleep keeps its slot running. Nothing here is needed to go on after a crash: what S
-- keeps of a row (its item) says only when to look at it again.

local begin = require "core.schedule.begin"
local json = require "host.json"
local states = require "core.run.journal.states"

local M = {}

local LOOK <const> = 5         -- seconds between two looks at what others may have done
local SLEEPER <const> = 30     -- the same, at a run that sleeps
local STALLED <const> = 300
local BACK_OFF <const> = { 1, 10, 60 } -- seconds, after a crash
local SELDOM <const> = 900     -- the same, where somebody has been told that no process begins
local BEGINS <const> = 3       -- times that a process may die before it begins
local HAND <const> = 10        -- seconds that a person's own process may take to begin
local SIGTERMED <const> = 143  -- exit code of a script that heeded the signal
local TIMED_OUT <const> = "timed_out"
local TOO_LONG <const> = "it took longer than its time limit and waits for somebody"

local function wait(S, item, seconds)
  item.at = S.mono + seconds
end

-- Again after a while, longer each time.
local function back_off(S, item)
  item.tries = (item.tries or 0) + 1
  wait(S, item, BACK_OFF[math.min(item.tries, #BACK_OFF)])
  item.seen = nil
end

local function error_of(row)
  local err = row.run_error and json.decode(row.run_error)
  return type(err) == "table" and err or {}
end

-- ---- the end ----

local function by_code(code)
  if code == 0 then return "done" end
  return "failed", ("exit code %d"):format(code)
end

-- What its process said of it; an empty one stands for nothing.
local function noted(row)
  return row.note ~= "" and row.note or nil
end

-- Why a person ended a run; what it had waited for before that is no reason.
local function decided(S, row)
  local events = S.journal:events(row.run)
  for i = #events, 1, -1 do
    local data = events[i].type == "state" and json.decode(events[i].data or "")
    if type(data) == "table" and data.to == row.run_state then
      local by = events[i].actor and ", by " .. events[i].actor or ""
      return type(data.reason) == "string" and data.reason .. by or nil
    end
  end
end

local DECIDED <const> = { cancelled = true, abandoned = true, undone = true }

-- The run is over, and so is the slot.
local function run_over(S, row, ended)
  local message = DECIDED[row.run_state] and decided(S, row)
    or row.run_state ~= "done" and error_of(row).message or nil
  S:finish(row, { outcome = row.run_state, note = message }, ended)
end

local function killed_note(ended)
  local name = ended.signal_name or ended.signal and "signal " .. ended.signal or "a signal"
  return ("ended by %s"):format(name)
end

-- A process without a run that goes on by itself: a plain script, or one that never came to its run.
local function script_over(S, row, ended)
  local item = S:item(row.id)
  local code = ended.known ~= false and ended.code or row.code
  if ended.timed_out then
    S:finish(row, { outcome = "timed_out", note = "it took longer than its time limit" }, ended)
  elseif code ~= 0 and (item.asked or ended.stopped) then
    S:finish(row, { outcome = "cancelled", note = item.asked and "a later slot took its place" or "stopped with the daemon" },
      ended)
  elseif code == SIGTERMED then -- nobody asked: not this daemon, and the one before can only have died
    local why = ended.known == false and ", for its daemon had died" or ""
    S:finish(row, { outcome = "killed", note = "stopped by SIGTERM" .. why }, ended)
  elseif code then
    local outcome, note = by_code(code)
    S:finish(row, { outcome = outcome, note = noted(row) or note }, ended)
  elseif ended.signal then
    S:finish(row, { outcome = "killed", note = killed_note(ended) }, ended)
  else
    S:finish(row, { outcome = "lost", note = "its process vanished, and a script that is no workflow is not run again" }, ended)
  end
end

-- Nothing of the slot has happened, and its process is gone.
local function not_begun(S, row, ended)
  local item = S:item(row.id)
  if item.asked then
    return S:finish(row, { outcome = "cancelled", note = "a later slot took its place" }, ended)
  end
  if ended and ended.timed_out then return script_over(S, row, ended) end
  local code = ended and (ended.known ~= false and ended.code or row.code)
  if code == SIGTERMED then code = nil end -- it was told to go before it had come to anything
  if code and not (code == 6 and row.state == "started") then
    local _, note = by_code(code)
    if code == 0 and row.state == "running" then return S:finish(row, { outcome = "done" }, ended) end
    return S:finish(row, { outcome = "failed", note = noted(row) or (note or "exit code 0") .. ", and nothing was begun" }, ended)
  end
  if S.draining then return end
  if not ended then return begin.again(S, row, "run") end
  if (item.tries or 0) >= BEGINS then
    return S:finish(row, { outcome = "killed", note = "its process died before it began, " .. BEGINS + 1 .. " times" }, ended)
  end
  back_off(S, item)
end

-- ---- a run that is not over ----

-- Tells once of each state that needs somebody, also across restarts: the reason of the row remembers.
local function tell(S, row, state, message, about)
  about = about or { reason = message and ("%s: %s"):format(state, message) or state }
  if row.reason == about.reason then return end
  local list = S:notices({ type = "waiting", slot = row, state = state, error = message, previous = S:previous(row.schedule) },
    S:definition(row.schedule))
  S.book:told(row.id, about, list)
  S:say(state == "waiting" and "info" or "warning", "run " .. state:gsub("_", " "), row, { run = row.run, why = message })
end

-- When a run that waits has to be looked at although nobody did anything.
local function wakes_at(S, row)
  local at = row.run_wake_at
  local run = S.journal:run(row.run)
  local deadline = run and run.deadline
  if deadline and (not at or deadline < at) then return deadline end
  return at
end

local parked = {}

function parked.sleeping(S, row, item)
  if item.seen ~= row.run_state or item.wake_at ~= row.run_wake_at then
    item.seen, item.wake_at, item.wake = row.run_state, row.run_wake_at, wakes_at(S, row)
  end
  if item.wake and S.now >= item.wake and S.trusted then
    if not begin.again(S, row, "resume") then wait(S, item, LOOK) end
    return
  end
  wait(S, item, SLEEPER)
end

function parked.waiting(S, row, item)
  if item.seen ~= row.run_state then
    item.seen, item.wake = row.run_state, wakes_at(S, row)
    tell(S, row, "waiting", error_of(row).message)
  end
  if S.journal:answered(row.run) or item.wake and S.now >= item.wake and S.trusted then begin.again(S, row, "resume") end
  if not S.children[row.id] then wait(S, item, LOOK) end
end

function parked.held(S, row, item)
  local err = error_of(row)
  -- what another process of ours left when it was told to end; a limit and a person's own signal are no such end
  if err.kind == "interrupted" and not item.left and row.reason ~= TIMED_OUT then
    if not begin.again(S, row, "resume") then wait(S, item, LOOK) end
    return
  end
  if item.seen ~= row.run_error then
    item.seen = row.run_error
    if row.reason ~= TIMED_OUT then tell(S, row, "held", err.message) end
  end
  wait(S, item, LOOK)
end

function parked.in_doubt(S, row, item)
  if item.seen ~= row.run_error then tell(S, row, "in_doubt", error_of(row).message) end
  item.seen = row.run_error
  wait(S, item, LOOK)
end

function parked.diverged(S, row, item)
  if item.seen ~= row.run_error then tell(S, row, "diverged", error_of(row).message) end
  item.seen = row.run_error
  wait(S, item, LOOK)
end

function parked.stalled(S, row, item)
  if item.seen ~= "stalled" then
    item.seen, item.stalled = "stalled", S.mono + STALLED
    tell(S, row, "stalled", error_of(row).message)
  end
  if S.mono >= item.stalled then
    item.seen = nil
    if not begin.again(S, row, "resume") then wait(S, item, LOOK) end
  else
    wait(S, item, LOOK)
  end
end

-- One that was killed when its time was over is left to somebody, as one that heeded the signal is.
local function hold(S, row, item)
  S.journal:own(row.run, "schedule " .. row.schedule)
  S.journal:state(row.run, "held", json.encode(json.object { kind = "interrupted", message = TOO_LONG }))
  item.seen = nil
  wait(S, item, LOOK)
end

-- ready, running, undoing without a process: it died.
local function crashed(S, row, item)
  if row.reason == TIMED_OUT then return hold(S, row, item) end
  if not begin.again(S, row, "resume") then wait(S, item, LOOK) end
end

local function live(S, row, item)
  if S.run_busy(row.run) then -- somebody resumes it by hand
    item.seen = nil
    return wait(S, item, LOOK)
  end
  if item.forced and not S.draining then
    if not begin.again(S, row, "resume") then wait(S, item, 1) end
    return
  end
  return (parked[row.run_state] or crashed)(S, row, item)
end

-- ---- looking ----

-- A run by hand that another process is about to begin.
local function is_beginning(S, row, item)
  if row.kind ~= "hand" or row.state ~= "started" or row.attempt ~= 1 then return false end
  item.from = item.from or S.mono
  local age = S.now - (row.started or S.now)
  if S.mono - item.from >= HAND or age >= HAND then return false end
  wait(S, item, 1)
  return true
end

local function same(one, other)
  for _, name in ipairs { "state", "run", "run_state", "run_wake_at", "run_error", "attempt", "code" } do
    if one[name] ~= other[name] then return false end
  end
  return true
end

--- Looks at a row that is started or running and has no process of ours.
-- Whether it may be over by now.
function M.look(S, row)
  local item = S:item(row.id)
  -- the last look of all comes before its time, for the next daemon may be far away
  local early = item.at and S.mono < item.at and not S.draining
  if early and not item.forced and not (item.wake and S.now >= item.wake) then return false end
  if is_beginning(S, row, item) then return false end -- to look for its lock might be in its way
  local holder = S.busy_slot(row.id)
  item.orphan = holder and true or nil
  if holder then
    wait(S, item, LOOK)
    return false
  end
  -- what its process wrote before it gave the lock back
  local fresh = S.book:slot(row.id)
  if not fresh or fresh.state ~= "started" and fresh.state ~= "running" then return true end
  if not same(row, fresh) then item.seen = nil end
  row = fresh
  if row.run_state and states.ended[row.run_state] then
    run_over(S, row)
  elseif row.run_state then
    live(S, row, item)
  elseif row.state == "started" or row.run then
    local failed = row.state == "running" and row.code and row.code ~= SIGTERMED
    not_begun(S, row, failed and { known = false } or nil)
  else
    script_over(S, row, { known = false })
  end
  return true
end

-- Did the end of its time cut it short?
local function is_cut(row, ended)
  if not ended.timed_out then return false end
  return not parked[row.run_state] or row.run_state == "held" and error_of(row).kind == "interrupted"
end

-- Our process of a run that is not over is gone.
local function went(S, row, item, ended)
  item.seen = nil
  if is_cut(row, ended) then
    tell(S, row, "held", TOO_LONG, { reason = TIMED_OUT, note = TOO_LONG })
    item.at = S.mono
    return
  end
  if S.draining then return wait(S, item, LOOK) end
  if parked[row.run_state] then
    item.left = row.run_state == "held" and error_of(row).kind == "interrupted" or nil
    if row.run_state ~= "running" then item.tries = nil end
    item.at = S.mono
    return
  end
  back_off(S, item)
end

--- A process of ours has ended.
function M.ended(S, job, ended)
  local row = S.book:slot(job.slot.id)
  if not row or row.attempt ~= job.attempt or row.state ~= "started" and row.state ~= "running" then return end
  local item = S:item(row.id)
  item.at = nil
  if row.run_state and states.ended[row.run_state] then
    run_over(S, row, ended)
  elseif row.run_state then
    if item.asked and row.run_state ~= "held" then item.forced = true end
    if ended.code == 6 or row.state == "started" and not ended.signal then -- somebody else has the run, or it cannot begin
      back_off(S, item)
      if item.tries > BEGINS and ended.code ~= 6 then
        tell(S, row, "stalled", ("its process ends before it comes to the run (exit code %s); see errand schedule log '%s' %d")
          :format(ended.code, row.schedule, row.id))
        wait(S, item, SELDOM)
      end
    else
      went(S, row, item, ended)
    end
  elseif row.state == "started" and ended.code == 6 then
    if (item.tries or 0) >= BEGINS then
      S:finish(row, { outcome = "failed", note = "exit code 6: another process has the slot" }, ended)
    else
      back_off(S, item)
    end
  elseif row.state == "started" or row.run then
    not_begun(S, row, ended)
  else
    script_over(S, row, ended)
  end
end

return M
