-- core/run/acts.lua - what people do to runs: go on, settle, undo, end, answer.
-- SPDX-License-Identifier: MIT

-- Where a function takes `by`, that is { actor =, say = }: in whose name it is
-- done, and what is told how it went. Without it both are the terminal's:
-- whoever runs this process, and standard error.

local error_ = require "core.error"
local json = require "host.json"
local session = require "core.session"
local sys = require "host.sys"
local view = require "core.run.view"

local M = {}

local function raise(text, ...)
  error(error_.new("validation", text:format(...)), 0)
end

local function engine()
  return require "core.run.engine"
end

-- What the engine works with, with this journal.
local function environment(J, more)
  more = more or {}
  more.journal, more.owner = J, sys.whoami()
  if J then J.hook = J.hook or require("core.cli.run").crash_hook() end
  return engine().environment(more)
end

local function say(by, text, ...)
  if by and by.say then return by.say(text:format(...)) end
  if session.quiet then return end
  local host_err = require "host.err"
  sys.write(2, host_err.safe(host_err.redact(text:format(...))) .. "\n")
end

local function actor_of(by)
  return by and by.actor or sys.whoami()
end

local function live(run)
  return require("core.run.journal").LIVE[run.state]
end

local function word(run)
  return view.WORDS[run.state] or run.state
end

local function refuse_ended(run, what)
  if not live(run) then raise("run %s is %s and cannot be %s", run.id, word(run), what) end
end

--- The number of the process that has the run under way, nil if none.
function M.holder(run)
  if not live(run) then return nil end
  local pid = engine().holder(environment().lock, run.id)
  return pid == true and "(unknown)" or pid or nil
end

local function refuse_busy(run, what)
  local pid = M.holder(run)
  if pid then
    raise("run %s is under way in process %s and cannot be %s; errand runs cancel %s stops it at its next step", run.id, pid,
      what, run.id)
  end
end

-- fn(...) while this process has the run: the lock, then the journal. The
-- file of the lock goes with the end of the run.
local function while_ours(J, run, by, fn, ...)
  local lock <close> = engine().lock(environment(J).lock, run.id)
  J:own(run.id, actor_of(by))
  local result = fn(...)
  lock.over = not live(J:run(run.id))
  return result
end

-- ---- which step ----

local function paths(steps, fits)
  local out = {}
  for _, step in ipairs(steps) do
    if not fits or fits(step) then out[#out + 1] = step.path end
  end
  return out
end

-- The step that somebody means: its path, or the end of it where only one ends so.
local function step_of(J, run, text, usage)
  if not text then raise("which step? errand runs %s", usage) end
  local steps, ending = J:steps(run.id), {}
  for _, step in ipairs(steps) do
    if step.path == text then return step end
    if step.path:sub(-#text - 1) == "/" .. text then ending[#ending + 1] = step end
  end
  if #ending == 1 then return ending[1] end
  if #ending > 1 then raise("'%s' may be %s; say the whole path", text, table.concat(paths(ending), ", ")) end
  raise("run %s has no step '%s'%s; errand runs show %s lists them", run.id, text,
    require("core.suggest").did_you_mean(text, paths(steps)), run.id)
end

local function open_undo(step)
  return step.undo_state == "intent" or step.undo_state == "doubt" or step.undo_state == "failed"
end

local function is_open(step)
  return step.state == "intent" or step.state == "doubt" or open_undo(step)
end

-- Steps of which nobody knows what became of them.
local function in_doubt(J, run)
  return paths(J:steps(run.id), function(step)
    return step.kind == "step" and step.class ~= "read" and (step.state == "intent" or step.state == "doubt")
  end)
end

-- ---- going on ----

local function finish(outcome)
  if outcome.output ~= nil and outcome.state == "done" then
    require("core.output").write(outcome.output, session.output)
  end
  return outcome.exit
end

--- errand runs resume
-- @treturn integer exit code
function M.resume(J, run, how)
  refuse_ended(run, "resumed")
  return finish(engine().run(environment(J, { id = run.id, wait = how.wait })))
end

-- ---- settling ----

local OUTCOMES = { "done", "absent", "skip" }

local function check_outcome(text, usage)
  if not text then raise("what became of it? errand runs %s", usage) end
  for _, known in ipairs(OUTCOMES) do
    if text == known then return end
  end
  raise("'%s' is none of done, absent, skip%s", text, require("core.suggest").did_you_mean(text, OUTCOMES))
end

local function check_reason(text, what)
  if text and text:find "%S" then return end
  raise("say why with --reason TEXT: it is kept, with your name, for those who ask later why it was %s", what)
end

-- An undo that failed or is in doubt: done, to be tried again, or left.
local function settle_undo(J, run, step, how)
  local actor = actor_of(how)
  if how.outcome == "done" then
    J:undo_result(run.id, step.path, { gone = true, message = how.reason })
  elseif how.outcome == "skip" then
    J:undo_disabled(run.id, step.path, how.reason)
  else
    J:undo_failed(run.id, step.path, { kind = "absent", message = how.reason })
  end
  J:event(run.id, step.path, "undo_settled", json.encode(json.object { outcome = how.outcome, reason = how.reason }), actor)
  if run.state == "in_doubt" then
    J:state(run.id, "held", json.encode(json.object { kind = "undo_failed", path = step.path,
      message = ("the undo of step %s was settled; errand runs undo %s goes on"):format(step.path, run.id) }), nil,
      { actor = actor })
  end
  say(how, "undo of step %s of %s is settled as %s; errand runs undo %s goes on", step.path, run.id, how.outcome, run.id)
end

-- What the step's operation returns, where a catalogue says so: "list",
-- "object", or nil.
local function returned_form(step)
  local known, op = pcall(require("core.services").find_operation, step.operation or "")
  local returns = known and op.returns
  if not returns or returns == "any" or returns == "none" or returns == "text" or returns == "file" then return nil end
  return returns:sub(1, 1) == "[" and "list" or "object"
end

-- The rest of the run works with it as with an answer of the service.
local function encode_result(step, text)
  if not text then return nil end
  local value, err = json.decode(text)
  if value == nil and err then
    raise("--result: JSON expected, as %s returns it: %s", step.operation or "the call", tostring(err.message or err))
  end
  local form = returned_form(step)
  local given = type(value) ~= "table" and "value" or json.is_array(value) and "list" or "object"
  if form and form ~= given then
    raise("--result: %s returns %s, such as %s; got %s", step.operation, form == "list" and "a list" or "an object",
      form == "list" and '[{"id": ...}]' or '{"id": ...}', text)
  end
  return text
end

-- A service without a look-up is looked up in errand's own record of calls:
-- what somebody knows of the lost one goes there, too.
local function remember(J, step, result)
  local info = view.decode(step.inverse)
  local id = result and require("core.run.operation").id_of(json.decode(result))
  if not id or type(info) ~= "table" or not info.operation or not info.sent then return end
  local catalogue = require("core.catalogue").load(info.service)
  local find = catalogue.resource[info.operation:match "^[^.]*"].find
  if not find or find.record ~= info.operation then return end
  local scope, op = {}, require("core.catalogue").operation(catalogue, info.operation)
  for i, row in ipairs(op.path or {}) do scope[i] = info.path[row.name] end
  local key
  for _, row in ipairs(find.by) do
    local value = require("core.pointer").first(info.sent, row.at or "/" .. row[1])
    if not key and type(value) == "string" then key = row.fold and value:lower() or value end
  end
  if not key then return end
  local ok, err = J.store:settle { service = info.service, profile = info.profile, account = info.identity,
    operation = info.operation, scope = table.concat(scope, "/"), key = key, remote_id = id }
  if not ok then error_.rethrow(err) end
end

--- errand runs settle
-- @tparam table how step, outcome, result (JSON text), reason, usage; and as `by`
function M.settle(J, run, how)
  local step = step_of(J, run, how.step, how.usage)
  check_outcome(how.outcome, how.usage)
  check_reason(how.reason, "settled so")
  if not is_open(step) or step.kind ~= "step" then
    raise("step %s of %s is not in doubt, it is %s; only a step in doubt is settled", step.path, run.id, step.state)
  end
  if how.result and how.outcome ~= "done" then raise("--result belongs to settle %s %s done", run.id, step.path) end
  refuse_busy(run, "settled")
  if step.state == "done" then
    if how.result then raise("step %s is done; its undo, which is open, has no result: leave out --result", step.path) end
    return while_ours(J, run, how, settle_undo, J, run, step, how)
  end
  local result = encode_result(step, how.result)
  refuse_ended(run, "settled")
  engine().settle(environment(J, { id = run.id, path = step.path, outcome = how.outcome, value = result, actor = actor_of(how),
    reason = how.reason }))
  if how.outcome == "done" then remember(J, step, result) end
  local left = in_doubt(J, run)
  if #left > 0 then
    say(how, "step %s of %s is settled as %s; still in doubt: %s", step.path, run.id, how.outcome, table.concat(left, ", "))
  else
    say(how, "step %s of %s is settled as %s; errand runs resume %s goes on", step.path, run.id, how.outcome, run.id)
  end
end

-- ---- undo ----

local function undo_context(J, run, options)
  local clock = require("core.run.clock").real()
  return {
    journal = J, id = run.id, clock = clock, force = options.force, actor = sys.whoami(),
    own = function() return engine().functions(J, run.id, clock) end,
    settle = function(path)
      return engine().settle_by_look { journal = J, clock = clock, id = run.id, path = path, owned = true }
    end,
    on_step = function(event)
      local words = { undone = "undone", gone = "gone already", ["not ours"] = "not ours, left alone", stays = "stays",
        failed = "failed" }
      say(nil, "  %s  %s%s", event.path, words[event.outcome] or event.outcome, event.message and ": " .. event.message or "")
    end,
  }
end

local PLAN = { "step", "state", "undo", "remote_id", "note" }

--- errand runs undo --plan
function M.undo_plan(J, run, options)
  local rows = require("core.run.undo").plan(undo_context(J, run, options))
  local out = json.array {}
  for i, row in ipairs(rows) do out[i] = json.object(row) end
  if #out == 0 then say(nil, "run %s has made nothing that could be undone", run.id) end
  local format, terminal = session.output, sys.isatty(1)
  local tabular = format == "table" or format == "csv" or not format
  if #out == 0 and not format then return 0 end
  require("core.output").write(out, not format and not terminal and "table" or format, { columns = tabular and PLAN or nil })
end

local exits = { undone = 0, held = 3, in_doubt = 4 }

local function undo(J, run, options)
  if options.reason then
    J:event(run.id, nil, "undo_wanted", json.encode(json.object { reason = options.reason }), sys.whoami())
  end
  local state, message = require("core.run.undo").run(undo_context(J, run, options))
  if state == "undone" then
    say(nil, "run %s is undone%s", run.id, message and "; " .. message or "")
  else
    say(nil, "run %s is %s: %s; errand runs show %s tells what can be done", run.id, view.WORDS[state], message, run.id)
  end
  return exits[state]
end

--- errand runs undo
-- @treturn integer exit code
function M.undo(J, run, options)
  if run.state == "undone" then raise("run %s is undone already", run.id) end
  refuse_busy(run, "undone")
  return while_ours(J, run, nil, undo, J, run, options)
end

-- ---- ending ----

local function cancel(J, run, reason, by)
  local doubt = in_doubt(J, run)
  if #doubt > 0 then
    error(error_.new("in_doubt", ("run %s cannot be cancelled while it is not known what became of %s: errand runs resume %s, or "
      .. "errand runs settle %s %s done|absent|skip --reason TEXT"):format(run.id, table.concat(doubt, ", "), run.id, run.id,
      view.quoted(doubt[1]))), 0)
  end
  J:state(run.id, "cancelled", run.error, nil, { actor = actor_of(by), reason = reason })
  say(by, "run %s is cancelled; what it made stays, errand runs undo %s --plan shows it", run.id, run.id)
end

--- errand runs cancel
function M.cancel(J, run, reason, by)
  refuse_ended(run, "cancelled")
  local pid = M.holder(run)
  if pid then
    J:request(run.id, "cancel", actor_of(by), reason)
    say(by, "run %s is under way in process %s, which was asked to stop at its next step; see errand runs show %s", run.id, pid,
      run.id)
    return 0
  end
  return while_ours(J, run, by, cancel, J, run, reason, by)
end

--- errand runs abandon
function M.abandon(J, run, reason, by)
  refuse_ended(run, "abandoned")
  check_reason(reason, "abandoned")
  refuse_busy(run, "abandoned")
  while_ours(J, run, by, function()
    local doubt = in_doubt(J, run)
    J:state(run.id, "abandoned", run.error, nil, { actor = actor_of(by), reason = reason })
    say(by, "run %s is abandoned%s", run.id,
      #doubt > 0 and "; nobody will look what became of " .. table.concat(doubt, ", ") or "")
  end)
end

-- ---- answering ----

local function asked(J, run, text, usage)
  if text then
    local step = step_of(J, run, text, usage)
    if step.kind ~= "approval" then raise("step %s of %s asks nobody for approval", step.path, run.id) end
    return step.path
  end
  local open, answered = {}, nil
  for _, step in ipairs(J:steps(run.id)) do
    local decision = step.kind == "approval" and J:decision(run.id, step.path)
    if decision and decision.by and step.state ~= "done" then answered = step.path end
    if decision and not decision.by then open[#open + 1] = step.path end
  end
  if #open == 0 and answered then return answered end
  if #open == 0 then raise("run %s asks nobody for approval; it is %s", run.id, word(run)) end
  if #open > 1 then raise("run %s asks for several approvals, so say which: %s", run.id, table.concat(open, ", ")) end
  return open[1]
end

--- errand runs approve, errand runs reject
-- @tparam table how step, approved, comment; and as `by`
function M.decide(J, run, how)
  refuse_ended(run, how.approved and "approved" or "rejected")
  local path = asked(J, run, how.step, (how.approved and "approve" or "reject") .. " ID STEP")
  local first, decision = J:decide(run.id, path, { approved = how.approved, by = actor_of(how), comment = how.comment })
  if not first then
    raise("step %s of %s was %s by %s at %s already; the first answer counts", path, run.id,
      decision.approved and "approved" or "rejected", decision.by, view.iso(decision.at))
  end
  local goes_on = M.holder(run) and "" or ("; errand runs resume %s goes on"):format(run.id)
  say(how, "step %s of %s is %s%s", path, run.id, how.approved and "approved" or "rejected", goes_on)
end

return M
