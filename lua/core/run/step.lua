-- core/run/step.lua - one step: looked for, written down, sent, written down.
-- SPDX-License-Identifier: MIT

local body = require "core.run.body"
local error_ = require "core.error"
local guard = require "core.run.guard"
local json = require "host.json"
local operation = require "core.run.operation"
local protect = require "core.run.protect"
local settle = require "core.run.settle"
local journal_ = require "core.run.journal"

local M = {}

-- ---- what an error means ----

local refused = { validation = true, not_found = true, conflict = true, auth = true, rate_limited = true, config = true,
  file = true }
local passing = { network = true, timeout = true, server = true, rate_limited = true }

-- Several things in one call, of which some failed: the others are done.
local function partial(desc, err)
  local value = desc.request and desc.request.value
  return err.kind == "server" and err.problems ~= nil and type(value) == "table" and json.is_array(value) and #value > 1
end

--- What has become of a call that failed: "failed" (it had no effect, or may
-- be repeated) or "doubt", and whether another try makes sense.
-- @tparam table desc
-- @param err what was raised
-- @tparam boolean left the request has left, as far as this process knows
function M.judge(desc, err, left)
  if not error_.is(err) then return (left and (desc.class == "create" or desc.class == "send")) and "doubt" or "failed", false end
  if err.decided then return "failed", err.decided == "retry" end
  if desc.class == "read" or desc.class == "set" then
    if err.kind == "in_doubt" then return "failed", true end
    local again = err.retryable or err.unsent or err.kind == "network" or err.kind == "timeout" or err.kind == "rate_limited"
    -- an answer that cannot be read: a set may have been done, and may be repeated
    local unread = err.kind == "server" and desc.class == "set" and not err.problems
    return "failed", again or unread or err.kind == "server" and (err.status or 500) >= 500
  end
  if not left or err.unsent then return "failed", err.unsent or left and err.retryable or passing[err.kind] or false end
  if err.reason then return "doubt", false end -- of the store: it could not keep what came back
  if err.kind == "rate_limited" then return "failed", true end
  if refused[err.kind] then return "failed", false end
  if err.kind == "network" and err.retryable then return "failed", true end
  if err.kind == "server" and err.problems and not partial(desc, err) and (err.status or 0) < 300 then return "failed", false end
  return "doubt", false
end

-- The sentence, with the problems that it only counts.
local function message_of(err)
  if not error_.is(err) then return tostring(err) end
  local text, parts = tostring(err.message), {}
  for i, problem in ipairs(type(err.problems) == "table" and err.problems or {}) do
    parts[i] = (problem.path and problem.path ~= "" and problem.path .. ": " or "") .. tostring(problem.message)
  end
  return #parts > 0 and ("%s (%s)"):format(text, table.concat(parts, "; ")) or text
end

M.message = message_of

local function failure_of(err)
  local is = error_.is(err)
  local data = is and (err.decided or err.problems or err.service) and json.encode(json.object { decided = err.decided,
    problems = err.problems, service = err.service, operation = err.operation }) or nil
  return { kind = is and err.kind or "script", message = message_of(err), status = is and err.status or nil, data = data,
    request_id = is and err.request_id or nil, seconds = is and err.seconds or nil }
end

-- The error that a step left in the journal, as it was raised then.
local function recorded(row)
  local f = row.error and json.decode(row.error) or {}
  local data = type(f.data) == "table" and f.data or {}
  return error_.new(f.kind or "script", f.message or "the step failed", { status = f.status, decided = data.decided,
    problems = data.problems, service = data.service, operation = data.operation, step = row.path })
end

local function raise_recorded(row)
  error(recorded(row), 0)
end

-- ---- the call ----

local function how_of(row)
  if row.found == 1 or row.found == true then return "found" end
  return "done"
end

--- The value of a step that is done, as the journal has it.
function M.value(row)
  if row.value == nil then return nil, how_of(row) end
  return json.decode(row.value), how_of(row)
end

-- What the functions of a step get: options for its call, and what they may
-- want to know, which is no option.
local function options_of(S)
  return setmetatable({ timeout = S.desc.timeout }, { __index = { key = S.key, path = S.path } })
end

-- The request leaves, if it does, and its answer or error comes back.
local function call(S)
  local desc, sent = S.desc, {}
  local permit = desc.class == "read" and guard.reads("step " .. S.path .. " is of class read, so it")
    or guard.once(sent, { timeout = desc.timeout, digest = S.digest })
  local started = S.R.clock:mono()
  local options = desc.own and options_of(S) or { timeout = desc.timeout }
  local results = table.pack(protect.call(guard.with, permit, desc.call, options))
  local seconds = S.R.clock:mono() - started
  S.broken = sent.broken
  return results[1], results[2], sent.left, seconds, type(results[3]) == "table" and results[3] or {}
end

-- What the script and every later replay get: what JSON keeps.
local function as_json(S, value)
  if value == nil then return nil, nil end
  local live, err = json.encode(value)
  if not live then
    error_.raise("script", ("step %s: its value cannot be kept: %s"):format(S.path, err.message))
  end
  local text = operation.kept_value(S.desc, value)
  if #text > journal_.TEXT_MAX then
    error_.raise("cap", ("step %s gave %d bytes of JSON, and the journal of a run takes %d: ask for less, or keep it in a file")
      :format(S.path, #text, journal_.TEXT_MAX))
  end
  return json.decode(live), text
end

-- ---- one step under way ----

local function row_of(S, more)
  local row = { path = S.path, ordinal = S.ordinal, parent = S.parent, kind = "step", class = S.desc.class, operation = S.desc.id,
    args_digest = S.args_digest, args = S.kept_args }
  for name, value in pairs(S.R:moment()) do row[name] = value end
  for name, value in pairs(more or {}) do row[name] = value end
  return row
end

local function tell(S, state, info)
  info = info or {}
  info.class, info.operation, info.ordinal = S.desc.class, S.desc.id, S.ordinal
  S.R:tell(S.path, state, info)
end

local function finished(S, value, how)
  if S.R.plan then S.R.plan:result(S.path, value) end
  tell(S, how == "found" and "found" or "done", { how = how })
  return value, how
end

-- Seconds for which the service wants to be left alone, or nil.
local function wanted_pause(S, err)
  if not error_.is(err) then return nil end
  local account = S.desc.account
  local pause = err.kind == "rate_limited" and account and account.connection:paused() or 0
  return math.max(err.retry_after or 0, pause) > 0 and math.max(err.retry_after or 0, pause) or nil
end

-- Seconds until the next try, or nil where there is none.
local function backoff(S, err)
  local retry, R = S.desc.retry, S.R
  S.tries = S.tries + 1
  local asked = wanted_pause(S, err)
  local longest = math.min(retry.cap, retry.base * 2 ^ (S.tries - 1))
  local wait = asked and asked + body.random(S.jitter) or longest * body.random(S.jitter)
  if S.tries >= retry.max or R.clock:mono() - S.since + wait > retry.within then return nil end
  return wait
end

local function hold(S, err)
  tell(S, "failed", { message = message_of(err) })
  protect.stop("held", ("step %s failed %d times, the last time: %s; errand runs resume %s tries again"):format(S.path, S.tries,
    message_of(err), S.R.id), { path = S.path, error = err })
end

-- Writes a failure down; waits where another try makes sense, raises where not.
local function failed(S, err, again, begun)
  if not error_.is(err) then err = error_.new("script", tostring(err)) end
  local failure = failure_of(err)
  local wait = again and backoff(S, err)
  if wait then failure.retry_at = S.R.clock:wall() + wait end
  S.R:write("failure", begun and S.path or row_of(S), failure)
  if not again then
    tell(S, "failed", { message = failure.message })
    err.step = S.path
    error(err, 0)
  end
  if not wait then hold(S, err) end
  tell(S, "retry", { message = ("in %d s, for it failed: %s"):format(math.ceil(wait), failure.message),
    retry_at = failure.retry_at })
  S.R:wait(S.path, "sleeping", failure.retry_at, ("step %s is tried again later: %s"):format(S.path, failure.message), nil, true)
end

-- ---- look-before ----

local function adopt(S, record)
  local value, text = as_json(S, record)
  S.R:write("record", row_of(S, { before = json.encode(json.object { found = json.decode(text) }) }),
    { value = text, found = true, remote_id = operation.id_of(record) })
  S.R:write("undo_disabled", S.path, "it was there before the run")
  return value
end

local function there_already(S, record)
  local existing = S.desc.existing
  if existing == "adopt" then return true, adopt(S, record) end
  local id = operation.id_of(record)
  local what = ("there is one already%s"):format(id and " (" .. id .. ")" or "")
  if existing == "fail" then
    failed(S, error_.new("conflict", what, { operation = S.desc.id }), false, false)
  end
  S.R:write("intent", row_of(S, { before = json.encode(json.object { found = record }) }))
  S.R:write("doubt", S.path, { kind = "exists", message = what .. "; is it the one that is wanted?" })
  protect.stop("in_doubt", ("%s: %s"):format(S.path, what), { path = S.path })
end

-- "absent", "unknown" or nil (nobody can look); or true and the value of what is there.
local function look_before(S)
  local desc = S.desc
  if desc.class ~= "create" then return nil end
  local lookup, absence = operation.lookup(desc)
  if not lookup then return nil end
  tell(S, "looking")
  while true do
    local ok, record = protect.call(settle.look, S.R, S.path, lookup, options_of(S))
    if ok and record == nil then return absence and "absent" or "unknown" end
    if ok then return there_already(S, record) end
    local err = record
    failed(S, err, error_.is(err) and (err.retryable or passing[err.kind]), false)
  end
end

-- ---- attempts ----

local function agree(S)
  local account = S.desc.account
  if account and account.protected and not account.replay then
    require("core.confirm").confirm { service = account.service, profile = account.profile, account = account,
      operation = S.desc.id }
  end
end

local function intent(S, before, again)
  agree(S)
  local R = S.R
  if R.plan then
    local ok, why = protect.call(R.plan.allow, R.plan, S.path, S.desc.id, S.desc.args)
    if not ok then protect.stop("held", message_of(why), { path = S.path, kind = "plan" }) end
  end
  R:write("intent", row_of(S, { before = before and json.encode(json.object { [before] = true }) or nil,
    body_digest = S.body_digest, op_key = S.key, inverse = S.inverse, again = again }))
  tell(S, "sending")
end

-- A thing that is gone when it is to be deleted again is deleted.
local function gone_already(S, err)
  return S.repeated and S.desc.class == "set" and error_.is(err) and err.kind == "not_found" and S.desc.op
    and S.desc.op.method == "DELETE"
end

local function too_long(S, value)
  local ok, live, text = pcall(as_json, S, value)
  if ok then return live, text end
  if S.desc.class == "read" then error(live, 0) end
  -- its effect is there: what it made must be known, if not all that it said
  local id = operation.remote_id(S.desc, value)
  return as_json(S, id and json.object { id = id } or nil)
end

local function done(S, value, seconds, reply)
  local live, text = too_long(S, value)
  S.R:write("result", S.path, { value = text, status = reply.status, request_id = reply.request_id, seconds = seconds,
    remote_id = operation.remote_id(S.desc, value) })
  return live
end

-- One attempt of a step that changes something: true and its value, or false
-- where there is to be another.
local function attempt(S, before, again)
  local R = S.R
  intent(S, before, again)
  R:point("before", S.path)
  local ok, value, left, seconds, reply = call(S)
  R:point("reply", S.path)
  if ok and not S.broken then return true, done(S, value, seconds, reply) end
  local err = S.broken or value
  if gone_already(S, err) then return true, done(S, nil, seconds, {}) end
  local what, retry = M.judge(S.desc, err, left)
  -- perhaps it was our own, which came late
  if S.repeated and S.desc.class == "create" and error_.is(err) and err.kind == "conflict" then what = "doubt" end
  if what == "doubt" then
    R:write("doubt", S.path, failure_of(err))
    R.doubted[S.path] = R.clock:mono()
    tell(S, "doubt", { message = message_of(err) })
    return false, "doubt"
  end
  S.repeated = S.repeated or left and not (error_.is(err) and err.unsent)
  failed(S, err, retry, true)
  return false, "failed"
end

local function read_attempt(S)
  local R = S.R
  local ok, value, _, seconds, reply = call(S)
  if ok then
    local encoded, live, text = protect.call(as_json, S, value)
    if encoded then
      R:write("record", row_of(S), { value = text, status = reply.status, request_id = reply.request_id, seconds = seconds })
      return true, live
    end
    value = live
  end
  local _, again = M.judge(S.desc, value, true)
  failed(S, value, again, false)
  return false
end

local function run_read(S)
  while true do
    S.R:boundary(S.path)
    S.R.released[S.path] = nil
    local ok, value = read_attempt(S)
    if ok then return finished(S, value, "done") end
  end
end

-- Settles what is open; "done" with the row's value, or what comes next.
local function settled(S)
  local R = S.R
  local row = R:reload(S.path)
  local outcome = settle.step(R, S.path, S.desc, row, options_of(S))
  if outcome ~= "done" then return outcome end
  return "done", R:reload(S.path)
end

-- What the look-up before an attempt said, so that the next one still knows.
local function looked_before(row)
  local before = row.before and json.decode(row.before) or {}
  return before.absent and "absent" or before.unknown and "unknown" or nil
end

local function too_often(S)
  S.tries = S.tries + 1
  if S.tries < S.desc.retry.max then return end
  hold(S, error_.new("in_doubt", "its answer was lost, and look-ups found nothing"))
end

-- Attempts until the step is done. `open`: there is an intent without an end.
local function run_write(S, open)
  local R, before, again = S.R, nil, nil
  while true do
    if open then
      local outcome, row = settled(S)
      if outcome == "done" then
        if S.broken then error(S.broken, 0) end -- what it sent is done, but the workflow wants more of it
        return finished(S, M.value(row))
      end
      before = outcome == "absent" and "absent" or looked_before(R.rows[S.path])
      again = outcome == "repeat" and S.desc.class == "create" and "key" or nil
      S.repeated = true
      if S.open_tries then too_often(S) end
      S.open_tries = true
    end
    R:boundary(S.path)
    R.released[S.path] = nil
    if not open and not S.anyway then
      local value
      before, value = look_before(S)
      if before == true then return finished(S, value, "found") end
    end
    local ok, value = attempt(S, before, again)
    if ok then return finished(S, value, "done") end
    open = value == "doubt"
  end
end

-- ---- from the journal ----

local open_states = { intent = true, doubt = true }

local function replay(S, row)
  local R = S.R
  if row.state == "done" then
    if row.found == 1 and row.inverse and not row.undo_state and not R.dry then
      R:write("undo_disabled", S.path, "it was there before the run")
    end
    if R.plan then R.plan:result(S.path, (M.value(row))) end
    tell(S, "replayed", { how = how_of(row) })
    return true, M.value(row)
  end
  if row.state == "skipped" then
    if row.value ~= nil then return true, json.decode(row.value), "skipped" end
    return true, nil, "skipped"
  end
  local err = row.error and json.decode(row.error) or {}
  if row.state ~= "failed" or err.kind == "absent" then -- the latter: to be done, then
    S.anyway = row.state == "failed" and S.desc.existing == "ask" -- a person said that there is to be another
    return false
  end
  if row.retry_at and not R.dry then
    R:wait(S.path, "sleeping", row.retry_at, ("step %s is tried again later"):format(S.path), nil, true)
    return false
  end
  if not R.released[S.path] then raise_recorded(row) end
  return false
end

--- Brings a step to its end: its value and "done", "found" or "skipped"; raises
-- what it failed with, stops the branch where it cannot go on.
-- @tparam table S R (context), path, parent, ordinal, desc, args_digest, key,
-- digest (of the request), inverse, kept_args, jitter (generator)
-- @tparam ?table row of the journal
function M.run(S, row)
  S.tries, S.since = 0, S.R.clock:mono()
  if row then
    local over, value, how = replay(S, row)
    if over then return value, how end
    local kind = row.state == "failed" and row.error and json.decode(row.error).kind
    S.repeated = row.state ~= "failed" or kind == "timeout" or kind == "server" or kind == "network" or kind == "in_doubt"
  end
  if S.R.dry then
    if S.R.settle_only ~= S.path or not open_states[row and row.state or ""] then protect.stop("dry", "nothing is done") end
    S.R.dry = false
    S.R.settled = settled(S)
    S.R.dry = true
    protect.stop("dry", "it is settled")
  end
  if S.desc.class == "read" then return run_read(S) end
  return run_write(S, open_states[row and row.state or ""])
end

return M
