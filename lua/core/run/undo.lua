-- core/run/undo.lua - takes back what a run did, the last step first.
-- SPDX-License-Identifier: MIT

-- Only steps that are done are undone; what is in doubt is settled before. An
-- undo is journaled like a step: intent before the first byte, result after
-- the reply. What was there before the run is never touched. A failure holds
-- the run: nothing behind it is skipped.
--
-- ctx, for all functions here:
--   journal, id   the run; it is owned (J:own) before M.run, but not for M.plan
--   clock         core.run.clock
--   force         beyond a pivot, and what others have changed
--   actor         who wants it (nullable: the run itself)
--   own           function() -> { [path] = { undo =, find =, match = } }: the
--                 functions that the workflow's own steps brought
--   settle        function(path) -> true | nil, sentence: settles a step that
--                 is in doubt; without it such a step stops the undo
--   on_step       function{ path, outcome, message } (nullable): for display

local aftermath = require "core.run.aftermath"
local error_ = require "core.error"
local guard = require "core.run.guard"
local inverse = require "core.run.inverse"
local json = require "host.json"
local id_of = require("core.run.operation").id_of
local protect = require "core.run.protect"
local quoted = require("core.run.view").quoted
local term = require "core.run.term"

local M = {}

local function message_of(err)
  local text = error_.is(err) and err.message or err
  return (tostring(text):gsub("%s+", " "))
end

local function decode(text)
  if text == nil or text == "" or type(text) ~= "string" then return text end
  return (json.decode(text))
end

local function hook(ctx, name, path)
  local J = ctx.journal
  if J.hook then J.hook(name, ctx.id, path) end
end

local function tell(ctx, path, outcome, message)
  if ctx.on_step then ctx.on_step { path = path, outcome = outcome, message = message } end
end

-- ---- which steps ----

local open_states = { intent = true, doubt = true }
local lost_kinds = { timeout = true, network = true, server = true, in_doubt = true }

local function changes(step)
  return step.kind == "step" and step.class ~= "read"
end

-- A call that may be repeated fails for now, while its effect may be there.
local function may_be_there(step)
  if open_states[step.state] then return true end
  local err = step.state == "failed" and step.class == "set" and step.inverse and decode(step.error)
  return err and lost_kinds[err.kind] or false
end

-- Pivots and steps that did something, the last one first.
local function candidates(ctx)
  local out, in_doubt = {}, {}
  for _, step in ipairs(ctx.journal:steps(ctx.id)) do
    if changes(step) and may_be_there(step) then in_doubt[#in_doubt + 1] = step end
    if step.done_seq and (step.kind == "pivot" or changes(step) and step.state == "done") then out[#out + 1] = step end
  end
  table.sort(out, function(a, b) return a.done_seq > b.done_seq end)
  return out, in_doubt
end

local function functions_of(ctx, path)
  ctx.functions = ctx.functions or ctx.own and ctx.own() or {}
  return ctx.functions[path]
end

-- ---- one step: what there is to do ----

-- fn(...) in the name of no step, or with a permit of its own: what it sends
-- is shown to that before it leaves.
local function apart(permit, fn, ...)
  local before = guard.set(permit and { permit = permit } or nil)
  local results = table.pack(pcall(fn, ...))
  guard.set(before)
  if not results[1] then error(results[2], 0) end
  return table.unpack(results, 2, results.n)
end

-- What a function of the workflow gets besides: readable, but no member, so
-- that it can be handed on to a call as its options.
local function options_of(step)
  return setmetatable({}, { __index = { key = step.op_key, path = step.path } })
end

local function own_call(permit, fn, ...)
  guard.install()
  return apart(permit, fn, ...)
end

-- A step whose workflow brought its own undo.
local function own_state(ctx, step)
  local own = functions_of(ctx, step.path)
  if not own or type(own.undo) ~= "function" then
    return { state = "cannot tell", problem = "the script's step is not reached any more, so its undo function is not known" }
  end
  local out = { own = own, undo = "the workflow's own function" }
  if not own.find then
    out.state = "cannot tell"
    return out
  end
  local options = options_of(step)
  local record = own_call(guard.reads "the look-up of a step", own.find, options)
  if record == nil or record == json.null then
    out.state = "gone"
  elseif own.match and not own.match(options, record) then
    out.state = "not ours"
  elseif step.remote_id and id_of(record) and id_of(record) ~= tostring(step.remote_id) then
    out.state, out.note = "not ours", ("another one is there: %s"):format(id_of(record))
  else
    out.state = "there"
  end
  return out
end

local function names_of(calls)
  local out = {}
  for i, call in ipairs(calls) do out[i] = call.op.id end
  return #out > 0 and table.concat(out, ", ") or nil
end

-- A step of an operation whose inverse the catalogue knew.
local function catalogue_state(info, step)
  local calls, problem = inverse.calls(info, decode(step.value))
  local out = { calls = calls, info = info, undo = names_of(calls), states = {} }
  if problem then
    out.state, out.problem = "cannot tell", problem
    return out
  end
  out.module = inverse.module(info)
  if #calls == 0 then out.state, out.note = "gone", "it made nothing that could be taken back" end
  for i, call in ipairs(calls) do
    local one = apart(nil, aftermath.state, out.module, info, call)
    out.states[i] = one
    out.state, out.note = aftermath.worse(one.state, out.state), out.note or one.note
  end
  if out.state == "gone" then
    local now = apart(nil, aftermath.turned_into, out.module, info)
    if now then out.state, out.note, out.turned = "changed", now, true end
  end
  return out
end

-- Whether the step found its thing, rather than made it.
local function is_foreign(step)
  if step.undo_state == "disabled" or step.found == 1 then return true end
  local before = decode(step.before)
  local id = type(before) == "table" and id_of(before.found)
  return id and id == (step.remote_id or id_of(decode(step.value))) or false
end

-- What became of what the step did, and how it would be undone.
local function look(ctx, step)
  if step.undo_state == "done" then return { state = "undone" } end
  if is_foreign(step) then return { state = "not ours", note = "it was there before the run, or undoing it was set aside" } end
  local info = decode(step.inverse)
  if not info or info == json.null then return { state = "stays", note = "no undo is known for it" } end
  if info.own then return own_state(ctx, step) end
  return catalogue_state(info, step)
end

-- ---- the plan ----

--- What undo would do: list of { step, operation, remote_id, state, undo,
-- note }, in the order of undoing. Sends nothing but reads. state is there,
-- gone, changed, not ours, past pivot, cannot tell, stays (nothing undoes it),
-- undone, or in doubt.
function M.plan(ctx)
  local rows, pivot = {}, nil
  local list, in_doubt = candidates(ctx)
  for _, step in ipairs(in_doubt) do
    rows[#rows + 1] = { step = step.path, operation = step.operation, state = "in doubt",
      note = step.class ~= "set" and "is settled first" or step.inverse and "its effect may be there: it is undone all the same"
        or "its effect may be there, and nothing undoes it" }
  end
  for _, step in ipairs(list) do
    local row = { step = step.path, operation = step.operation, remote_id = step.remote_id }
    if step.kind == "pivot" then
      pivot = step
      row.state, row.note = "pivot", not ctx.force and "what is below needs --force" or nil
    else
      local ok, found = protect.call(look, ctx, step)
      if not ok then found = { state = "cannot tell", note = "the look-up failed: " .. message_of(found) } end
      row.state, row.undo, row.note = found.state, found.undo, found.problem or found.note
      if pivot and not ctx.force and (row.state == "there" or row.state == "changed" or row.state == "cannot tell") then
        row.note = row.state .. (row.note and ": " .. row.note or "")
        row.state = "past pivot"
      end
    end
    rows[#rows + 1] = row
  end
  return rows
end

-- ---- undoing one step ----

local function intent(ctx, step, operation, class)
  local clock = ctx.clock
  ctx.journal:undo_intent(ctx.id, step.path, { operation = operation, class = class, boot_id = clock:boot_id(),
    mono = clock:mono(), wall = clock:wall() })
end

local function is_missing(err)
  return error_.is(err) and err.kind == "not_found"
end

-- Many at once where one is gone already: one by one then.
local function send_call(module, call, left)
  local ok, err = protect.call(inverse.send, module, call)
  if ok then return "undone" end
  if not is_missing(err) then error(err, 0) end
  if type(call.body) ~= "table" or not json.is_array(call.body) or #call.body < 2 then return "gone" end
  for _, item in ipairs(call.body) do
    local single = { op = call.op, path = call.path, body = json.array { item } }
    ok, err = protect.call(inverse.send, module, single)
    if not ok and not is_missing(err) then error(err, 0) end
  end
  return #left > 0 and "undone" or "gone"
end

local function send_all(ctx, step, found)
  local outcome = "gone"
  local class = "set"
  for _, call in ipairs(found.calls) do
    if call.op.once or call.op.effect ~= "set" then class = "send" end
  end
  intent(ctx, step, found.undo, class)
  hook(ctx, "before", step.path)
  for i, call in ipairs(found.calls) do
    if found.states[i].state ~= "gone" and apart(nil, send_call, found.module, call, found.states[i].left or {}) == "undone" then
      outcome = "undone"
    end
  end
  return outcome
end

-- The journal learns of the class before such a request leaves.
local function run_own(ctx, step, found)
  intent(ctx, step, found.undo, "set")
  hook(ctx, "before", step.path)
  local ok, err = protect.call(own_call, function(_, op)
    if op.effect ~= "read" and (op.once or op.effect ~= "set") then intent(ctx, step, op.id or op.name, "send") end
  end, found.own.undo, options_of(step), decode(step.value))
  if ok then return "undone" end
  if is_missing(err) then return "gone" end
  error(err, 0)
end

-- Why a step is not undone as things stand, or nil.
local function obstacle(ctx, step, found)
  if found.problem then return found.problem end
  local again = step.undo_state == "doubt" or step.undo_state == "intent"
  local undo = decode(step.undo) or {}
  if again and undo.class == "send" and found.state ~= "gone" then
    return ("errand died, or the reply was lost, while %s was under way, and repeating it is not safe: look whether it "
      .. "happened, then errand runs settle %s %s done|absent --reason TEXT"):format(undo.operation or "the undo", ctx.id,
      quoted(step.path)), "in_doubt"
  end
  if found.state == "changed" and not ctx.force then
    return ("it was changed since: %s; --force undoes the step all the same"):format(found.note or "")
  end
end

local function undo_step(ctx, step)
  hook(ctx, "look", step.path)
  local found = look(ctx, step)
  if found.state == "undone" then return nil end -- that was told when it happened
  if found.state == "not ours" then return found.state end
  if found.state == "stays" then return "stays", found.note end
  local why, state = obstacle(ctx, step, found)
  if why then return "failed", why, state end
  local started = ctx.clock:mono()
  local outcome = "gone"
  if found.state ~= "gone" and not found.turned then
    outcome = found.own and run_own(ctx, step, found) or send_all(ctx, step, found)
    hook(ctx, "reply", step.path)
  end
  ctx.journal:undo_result(ctx.id, step.path, { gone = outcome == "gone", seconds = ctx.clock:mono() - started })
  return outcome, found.note
end

-- ---- the whole run ----

local function hold(ctx, state, message, path, kind)
  ctx.journal:state(ctx.id, state, json.encode(json.object { kind = kind or "undo_failed", message = message, path = path }), nil,
    { actor = ctx.actor })
  return state, message
end

-- This process was asked to end. What the undo has not begun with stays as it
-- is, unless the run itself was under way.
local function interrupted(ctx, path, began)
  local message = term.reason(ctx.id)
  if not began and ctx.journal:run(ctx.id).state ~= "running" then return "held", message end
  return hold(ctx, "held", message, path, "interrupted")
end

-- To undo what may have been set leads to the same state either way.
local function take_for_done(ctx, step)
  local J = ctx.journal
  if step.state == "failed" then
    local clock = ctx.clock
    J:intent(ctx.id, { path = step.path, class = step.class, operation = step.operation, args_digest = step.args_digest,
      body_digest = step.body_digest, op_key = step.op_key, before = step.before, inverse = step.inverse,
      boot_id = clock:boot_id(), mono = clock:mono(), wall = clock:wall() })
  end
  if step.inverse then
    J:settled(ctx.id, step.path, "done", {}, ctx.actor, "its effect may be there, and undoing it does no harm where it is not")
  else
    J:settled(ctx.id, step.path, "skip", nil, ctx.actor, "its effect may be there, and nothing undoes it")
  end
  return true
end

local function settle_first(ctx, in_doubt)
  for _, step in ipairs(in_doubt) do
    local ok, why
    if step.class == "set" then
      ok = take_for_done(ctx, step)
    elseif ctx.settle then
      ok, why = ctx.settle(step.path)
    end
    if not ok and term.asked() then return interrupted(ctx, step.path) end
    if not ok then
      return hold(ctx, "in_doubt", ("nothing is undone before it is known what became of step %s: %s"):format(step.path,
        why or ("errand runs settle %s %s done|absent|skip --reason TEXT"):format(ctx.id, quoted(step.path))), step.path,
        "in_doubt")
    end
  end
end

local function failed(ctx, step, message, state)
  local record = state == "in_doubt" and "undo_doubt" or "undo_failed"
  ctx.journal[record](ctx.journal, ctx.id, step.path, { kind = state or "failed", message = message })
  tell(ctx, step.path, "failed", message)
  return hold(ctx, state or "held", ("undo of step %s failed: %s"):format(step.path, message), step.path)
end

-- The journal itself failed: there is nothing to write that down with.
local function is_journals(err)
  return error_.is(err) and err.reason ~= nil
end

-- Whether any step below a pivot has been left as it is.
local function pivot_stops(list, at)
  for i = at + 1, #list do
    local step = list[i]
    if step.kind ~= "pivot" and step.undo_state ~= "done" and step.undo_state ~= "disabled" and step.inverse then
      return ("the run is past its pivot '%s': step %s and what came before it stay; --force undoes them too"):format(
        list[at].path, step.path)
    end
  end
end

local function note_left(left)
  if #left == 0 then return nil end
  return ("%d step%s had no undo and stay%s: %s"):format(#left, #left == 1 and "" or "s", #left == 1 and "s" or "",
    table.concat(left, ", "))
end

--- Undoes the run. Gives its state then and, where that is not "undone" or
-- something stays, a sentence. A pivot with nothing undone before it leaves
-- the state as it was.
-- @treturn string "undone", "held" or "in_doubt"
function M.run(ctx)
  local list, in_doubt = candidates(ctx)
  if #in_doubt > 0 then
    local state, message = settle_first(ctx, in_doubt)
    if state then return state, message end
    list = candidates(ctx)
  end
  local began, left = false, {}
  for i, step in ipairs(list) do
    if step.kind == "pivot" then
      local stop = not ctx.force and pivot_stops(list, i)
      if stop and not began then return "held", stop end
      if stop then return hold(ctx, "held", stop) end
    else
      if term.asked() then return interrupted(ctx, step.path, began) end
      if not began then ctx.journal:state(ctx.id, "undoing", nil, nil, { actor = ctx.actor }) end
      began = true
      local ok, outcome, message, state = protect.call(undo_step, ctx, step)
      if not ok and is_journals(outcome) then error(outcome, 0) end
      if not ok then
        local lost = error_.is(outcome) and outcome.kind == "in_doubt"
        return failed(ctx, step, message_of(outcome), lost and "in_doubt" or nil)
      end
      if outcome == "failed" then return failed(ctx, step, message, state) end
      if outcome == "stays" then left[#left + 1] = step.path end
      if outcome then tell(ctx, step.path, outcome, message) end
    end
  end
  ctx.journal:state(ctx.id, "undone", nil, nil, { actor = ctx.actor })
  return "undone", note_left(left)
end

return M
