-- core/run/view.lua - a run as people are told of it: facts, and sentences.
-- SPDX-License-Identifier: MIT

-- What `runs show` prints and `runs report` draws comes from here, and is what
-- -o json gives.

local json = require "host.json"
local sys = require "host.sys"

local M = {}

--- States as they are said.
M.WORDS = {
  ready = "ready", running = "running", sleeping = "sleeping", waiting = "waiting", held = "held", in_doubt = "in doubt",
  diverged = "diverged", stalled = "stalled", undoing = "being undone", done = "done", undone = "undone", failed = "failed",
  abandoned = "abandoned", cancelled = "cancelled",
}

local function decode(text)
  if type(text) ~= "string" or text == "" then return nil end
  local value = json.decode(text)
  return value
end

M.decode = decode

--- A time in seconds since 1970 as ISO 8601, UTC, without fractions.
function M.iso(seconds)
  return seconds and (sys.utc(math.floor(seconds)):gsub("%.%d+Z$", "Z")) or nil
end

local function rounded(seconds)
  return seconds and math.floor(seconds * 1000 + 0.5) / 1000 or nil
end

--- Seconds to the millisecond.
M.rounded = rounded

--- "1 step", "2 steps"
function M.count(n, word)
  return ("%d %s%s"):format(n, word, n == 1 and "" or "s")
end

--- "20 ms", "0.3 s", "4 min 5 s", "2 h 3 min", "3 days 4 h"
function M.span(seconds)
  if not seconds then return nil end
  if seconds < 0.1 then return ("%d ms"):format(math.ceil(seconds * 1000)) end
  if seconds < 10 then return ("%.1f s"):format(seconds) end
  if seconds < 120 then return ("%d s"):format(math.floor(seconds)) end
  local s = math.floor(seconds)
  if s < 7200 then return s % 60 == 0 and ("%d min"):format(s // 60) or ("%d min %d s"):format(s // 60, s % 60) end
  if s < 172800 then return ("%d h %d min"):format(s // 3600, s % 3600 // 60) end
  return ("%d days %d h"):format(s // 86400, s % 86400 // 3600)
end

--- A word as a shell takes it.
function M.quoted(text)
  if text:find "^[%w@%%+=:,./_-]+$" then return text end
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- ---- steps ----

local kinds = { sleep = true, approval = true, pivot = true }
local timed = { step = true, sleep = true, approval = true }

-- How a step stands, in one word.
local function standing(step, decision)
  if step.undo_state == "done" then return "undone" end
  if step.undo_state == "failed" then return "undo failed" end
  if step.undo_state == "doubt" or step.undo_state == "intent" then return "undo in doubt" end
  if step.kind == "approval" and decision and decision.by then return decision.approved and "approved" or "rejected" end
  if step.kind == "sleep" and step.state == "intent" then return "sleeping" end
  if step.kind == "approval" and step.state == "intent" then return "waiting" end
  if step.state == "doubt" then return "in doubt" end
  if step.state == "intent" then return "under way" end
  if step.state == "failed" and step.retry_at then return "to be retried" end
  if step.state == "done" and step.found == 1 then return "found" end
  return step.state
end

-- What is known of why nobody knows.
local function doubt_of(run, step, active)
  if step.kind ~= "step" or step.class == "read" then return nil end
  local err = decode(step.error) or {}
  local why
  if step.state == "intent" then
    if active then return nil end
    why = "errand ended while the call was under way, so it may or may not have had its effect"
  elseif step.state == "doubt" then
    why = tostring(err.message or "its outcome is not known")
  elseif step.undo_state == "doubt" or step.undo_state == "intent" and not active then
    local undo = decode(step.undo_error) or {}
    why = "its undo is in doubt: " .. tostring(undo.message or "errand ended while it was under way")
  else
    return nil
  end
  local settle = ("errand runs settle %s %s"):format(run.id, M.quoted(step.path))
  if step.undo_state then
    return { why = why, next = json.array { "errand runs undo " .. run.id, settle .. " done --reason TEXT",
      settle .. " absent --reason TEXT" } }
  end
  return { why = why, next = json.array { "errand runs resume " .. run.id, settle .. " done --result JSON --reason TEXT",
    settle .. " absent --reason TEXT", settle .. " skip --reason TEXT" } }
end

local function undo_of(step)
  if not step.undo_state then return nil end
  local undo, err = decode(step.undo) or {}, decode(step.undo_error)
  return { state = step.undo_state, operation = undo.operation, at = M.iso(step.undo_at), attempts = step.undo_attempt,
    error = err and err.message }
end

local function attempt_row(row)
  local seconds = row.seconds or row.ended and row.ended - row.started
  return { n = row.n, phase = row.phase, at = M.iso(row.started), seconds = rounded(seconds),
    outcome = row.outcome, status = row.http_status, request_id = row.request_id, message = row.message }
end

local function seconds_of(step)
  if not timed[step.kind] then return nil end
  return rounded(step.seconds or step.done_at and step.intent_at and step.done_at - step.intent_at)
end

local function step_row(J, run, step, full, active)
  local decision = step.kind == "approval" and J:decision(run.id, step.path) or nil
  local err = decode(step.error)
  local row = {
    step = step.path, kind = step.kind, operation = step.operation, class = step.class, state = standing(step, decision),
    attempts = step.kind == "step" and step.attempt or nil, started = M.iso(step.intent_at), ended = M.iso(step.done_at),
    seconds = seconds_of(step), remote_id = step.remote_id, request_id = step.request_id, status = step.status,
    error = err and err.message, retry_at = M.iso(step.retry_at), wake_at = M.iso(step.wake_at),
    undo = undo_of(step), doubt = doubt_of(run, step, active),
  }
  if decision then
    row.ask = decision.ask
    row.decision = decision.by and { approved = decision.approved, by = decision.by, at = M.iso(decision.at),
      comment = decision.comment } or nil
  end
  row.begin, row.finish = step.intent_at, step.done_at   -- for drawing; taken out of what is printed
  if full then
    local before = decode(step.before)
    row.args, row.result = decode(step.args), decode(step.value)
    row.before = type(before) == "table" and before.found or nil
    row.tries = json.array {}
    for i, one in ipairs(J:attempts(run.id, step.path)) do row.tries[i] = attempt_row(one) end
  end
  return row
end

-- ---- the run ----

local function tally(steps)
  local n = { done = 0, made = 0, found = 0, undone = 0, doubt = {}, failed = {}, waiting = {} }
  for _, step in ipairs(steps) do
    if step.doubt then n.doubt[#n.doubt + 1] = step end
    if step.state == "failed" or step.state == "undo failed" then n.failed[#n.failed + 1] = step end
    if step.state == "waiting" or step.state == "sleeping" then n.waiting[#n.waiting + 1] = step end
    if step.state == "undone" then n.undone = n.undone + 1 end
    if step.state == "found" then n.found = n.found + 1 end
    if step.state == "done" and step.kind == "step" then
      n.done = n.done + 1
      if step.class ~= "read" then n.made = n.made + 1 end
    end
  end
  return n
end

local function names(steps)
  local out = {}
  for i, step in ipairs(steps) do
    if i > 3 then
      out[i] = ("and %d more"):format(#steps - 3)
      break
    end
    out[i] = step.step
  end
  return table.concat(out, ", ")
end

local function made_words(n)
  local parts = {}
  if n.made > 0 then parts[#parts + 1] = M.count(n.made, "change") .. " made" end
  if n.found > 0 then parts[#parts + 1] = ("%d found as they were"):format(n.found) end
  if n.undone > 0 then parts[#parts + 1] = ("%d undone"):format(n.undone) end
  return #parts > 0 and table.concat(parts, ", ") or "nothing changed"
end

local sentences = {}

function sentences.done(_, n, took) return ("The run is done: %s%s."):format(made_words(n), took) end
function sentences.undone(_, n, took)
  return ("What the run did has been undone: %s%s."):format(made_words(n), took)
end
function sentences.failed(view, n)
  return ("The run failed: %s (%s)."):format(view.error and view.error.message or "no reason is known", made_words(n))
end
function sentences.abandoned(view) return ("The run was abandoned%s."):format(view.reason and ": " .. view.reason or "") end
function sentences.cancelled(view, n)
  return ("The run was cancelled%s: %s."):format(view.reason and ", " .. view.reason or "", made_words(n))
end
function sentences.in_doubt(view, n)
  if #n.doubt == 0 then
    return ("Something is in doubt and somebody has to say what happened: %s."):format(view.error and view.error.message or "")
  end
  local what = #n.doubt == 1 and "1 step is" or #n.doubt .. " steps are"
  return ("%s in doubt and somebody has to say what happened: %s."):format(what, names(n.doubt))
end
function sentences.held(view)
  return ("The run is held: %s."):format((view.error and view.error.message or "no reason is known"):gsub("%.$", ""))
end
function sentences.diverged(view)
  return ("The script went another way than before, so nothing was sent: %s."):format(view.error and view.error.message or "")
end
function sentences.stalled(view)
  return ("The run could not go on: %s."):format(view.error and view.error.message or "the store refused to write")
end
function sentences.waiting(_, n) return ("The run waits for somebody's approval: %s."):format(names(n.waiting)) end
function sentences.sleeping(view) return ("The run sleeps%s."):format(view.wake_at and " until " .. view.wake_at or "") end
function sentences.running(view, n)
  if view.process then return ("The run is under way in process %s: %s so far."):format(view.process, made_words(n)) end
  return ("The run was interrupted: %s so far; errand runs resume %s goes on where it was."):format(made_words(n), view.id)
end
function sentences.ready(view)
  if view.process then return ("The run is about to begin in process %s."):format(view.process) end
  return ("The run has not begun; errand runs resume %s begins it."):format(view.id)
end
function sentences.undoing(view)
  if view.process then return ("The run is being undone in process %s."):format(view.process) end
  return ("The undo was interrupted; errand runs undo %s goes on with it."):format(view.id)
end

-- What somebody can type now, the likeliest first.
local function next_commands(view, n)
  local out, id = json.array {}, view.id
  local function add(text, ...) out[#out + 1] = ("errand runs " .. text):format(...) end
  if view.process then
    add("cancel %s", id)
    return out
  end
  for _, step in ipairs(n.doubt) do
    for _, command in ipairs(step.doubt.next) do
      local known = false
      for _, one in ipairs(out) do known = known or one == command end
      if not known then out[#out + 1] = command end
    end
  end
  local state = view.state
  if state == "waiting" then
    for _, step in ipairs(n.waiting) do
      if step.kind == "approval" then
        add("approve %s %s", id, M.quoted(step.step))
        add("reject %s %s", id, M.quoted(step.step))
      end
    end
  end
  if (view.undo_failed or state == "undoing") and #n.doubt == 0 then
    add("undo %s", id)
    for _, step in ipairs(n.failed) do
      if step.state == "undo failed" then add("settle %s %s done --reason TEXT", id, M.quoted(step.step)) end
    end
  elseif #n.doubt == 0 and view.live then
    add("resume %s", id)
  end
  if (view.live or state == "done" or state == "failed" or state == "cancelled") and n.made > 0 and not view.undo_failed
    and state ~= "undoing" then
    add("undo %s --plan", id)
  end
  if view.live then add("abandon %s --reason TEXT", id) end
  return out
end

local function last_reason(J, run)
  local reason
  for _, event in ipairs(J:events(run.id)) do
    local data = event.type == "state" and decode(event.data)
    if data and data.reason then reason = data.reason end
  end
  return reason
end

--- The run as a table of plain values.
-- @tparam table J the journal
-- @tparam table run its row
-- @tparam ?table how full: bodies and attempts too; process: number of the
--   process that has it under way, nil if none
function M.of(J, run, how)
  how = how or {}
  local live = require("core.run.journal").LIVE[run.state] or false
  local view = {
    id = run.id, workflow = run.workflow, key = run.key, state = run.state, live = live, process = how.process,
    file = run.file, errand = run.host_version, sources = run.source_set ~= "" and run.source_set or nil, crashes = run.crashes,
    created = M.iso(run.created), started = M.iso(run.started), ended = M.iso(run.ended), wake_at = M.iso(run.wake_at),
    deadline = M.iso(run.deadline), seconds = rounded(run.started and (run.ended or run.changed) - run.started),
    error = decode(run.error), begin = run.started or run.created, finish = run.ended or run.changed,
  }
  if run.state == "abandoned" or run.state == "cancelled" then view.reason = last_reason(J, run) end
  local slot = decode(run.parent)
  if type(slot) == "table" and slot.schedule then view.slot = slot end
  view.undo_failed = view.error and view.error.kind == "undo_failed" or nil
  local wanted = J:requested(run.id)
  if wanted and live then view.wanted = { what = wanted.what, actor = wanted.actor, reason = wanted.reason, at = wanted.at } end
  view.steps = json.array {}
  for i, step in ipairs(J:steps(run.id)) do
    view.steps[i] = step_row(J, run, step, how.full, how.process ~= nil)
  end
  local n = tally(view.steps)
  local took = view.seconds and run.ended and (", in " .. M.span(view.seconds)) or ""
  view.outcome = sentences[run.state](view, n, took)
  if view.process and (run.state == "waiting" or run.state == "sleeping") then
    view.outcome = ("%s It is under way in process %s."):format(view.outcome, view.process)
  end
  view.next = next_commands(view, n)
  view.input, view.output = decode(run.input), decode(run.output)
  return view
end

--- The same as it is printed: without what only drawing needs.
function M.plain(view)
  view.begin, view.finish, view.undo_failed = nil, nil, nil
  for _, step in ipairs(view.steps) do step.begin, step.finish = nil, nil end
  return view
end

--- Whether a step stands for something that was sent, or for a wait.
function M.is_shown(step)
  return step.kind == "step" or kinds[step.kind] or false
end

return M
