-- core/run/engine.lua - a run from its first row to its last, as often as it takes.
-- SPDX-License-Identifier: MIT

-- A run goes on by replay: its code runs again from the start, and each step
-- that the journal has gives what it gave. Nothing of a run is kept in this
-- module: who calls brings journal, clock and program, and may walk away at
-- any point.

local branch = require "core.run.branch"
local context = require "core.run.context"
local error_ = require "core.error"
local guard = require "core.run.guard"
local input_ = require "core.run.input"
local json = require "host.json"
local journal_ = require "core.run.journal"
local lock = require "core.run.lock"
local protect = require "core.run.protect"
local sources = require "core.run.sources"
local step_ = require "core.run.step"
local sys = require "host.sys"
local term = require "core.run.term"

local M = {}

local CRASHES <const> = 3 -- without progress: something in the run kills errand

local PLAN_DIFFERS <const> = 8 -- exit code

local exits = { done = 0, failed = 1, undone = 1, cancelled = 1, abandoned = 1, in_doubt = 4 }

--- The text of a path's part, as run:step and its like make it.
M.part = branch.part

-- ---- one process a run ----

M.lock, M.holder = lock.take, lock.holder

local function is_over(state)
  return journal_.STATES[state] and not journal_.LIVE[state] or false
end

-- fn() while nobody else has the run; what fn gives as its state, or the state
-- of what it gives, says whether the run is over.
local function with_lock(options, id, fn)
  local held <close> = lock.take(options.lock, id)
  local result, more = fn()
  held.over = is_over(type(result) == "table" and result.state or result)
  return result, more
end

-- ---- what a run starts with ----

local function load_definition(options, J, row)
  local program = options.program
  if not program and row and not options.definition then program = sources.pinned(J, row) end
  if program then
    local definition, environment = program:definition()
    return definition, environment, program
  end
  return options.definition, { phase = "ready" }, nil
end

--- fn(...) with all of errand at hand, but without calls that change anything.
function M.prepare(environment, what, fn, ...)
  local phase, before = environment.phase, guard.set { permit = guard.reads(what) }
  environment.phase = "input"
  local results = table.pack(pcall(fn, ...))
  environment.phase = phase
  guard.set(before)
  if not results[1] then error(results[2], 0) end
  return table.unpack(results, 2, results.n)
end

-- A workflow without a key of its own begins one run for each input, or for
-- each slot of a schedule: today's must not go on with yesterday's. A slot is
-- named, so that lists of runs say which one it was.
local function key_of(definition, environment, input, text, slot)
  if not definition.key then
    if not slot then return sys.sha256(text):sub(1, 12) end
    return ("%s %s%s"):format(slot.schedule, slot.at, slot.kind ~= "slot" and " by " .. slot.kind or "")
  end
  local key = M.prepare(environment, "the key of a workflow", definition.key, input)
  if type(key) == "number" and math.tointeger(key) then key = ("%d"):format(key) end
  if type(key) ~= "string" or key == "" then
    error_.raise("script", ("the key of workflow %s must be a text, got %s"):format(definition.name, tostring(key)))
  end
  return key
end

-- ---- how a run ends ----

local function error_text(err, message)
  local is = error_.is(err)
  return json.encode(json.object { kind = is and err.kind or "script", message = message or step_.message(err),
    path = is and err.step or nil, where = is and err.where or nil, status = is and err.status or nil })
end

local function outcome(R, state, message, path, output, cause)
  if R.observer.finish then R.observer.finish(state, { id = R.id, message = message, path = path, cause = cause }) end
  return { id = R.id, state = state, output = output, exit = exits[state] or 3,
    error = message and { message = message, path = path, kind = state } or nil }
end

local function end_stop(R, stop)
  local state = stop.state
  if state == "stalled" then
    -- the store may be of no use any more; then the run is settled when it goes on
    if not (stop.error and stop.error.reason == "dead") then
      pcall(R.journal.state, R.journal, R.id, "stalled", json.encode(json.object { kind = "stalled", message = stop.reason }))
    end
    return outcome(R, "stalled", stop.reason, stop.path)
  end
  -- what was to be tried again and has not been yet still is
  local again = stop.kind == "interrupted" and next(R.released) ~= nil or nil
  local text = json.encode(json.object { kind = stop.kind or state, message = stop.reason, path = stop.path, again = again })
  R:write("state", state, text, nil, { wake_at = stop.wake_at, reason = stop.reason })
  local out = outcome(R, state, stop.reason, stop.path, nil, stop.kind)
  if stop.kind == "plan" then out.exit = PLAN_DIFFERS end
  return out
end

local function undo(R, reason)
  if reason then R:write("event", nil, "undo_wanted", json.encode(json.object { reason = reason })) end
  local function settle(path)
    return M.settle_by_look { journal = R.journal, clock = R.clock, id = R.id, path = path, owned = true }
  end
  local state, message = require("core.run.undo").run { journal = R.journal, id = R.id, clock = R.clock,
    own = function() return R.functions end,
    settle = settle,
    on_step = function(one) R:tell(one.path, "undo " .. one.outcome, { message = one.message }) end }
  local why = reason and message and reason .. "; " .. message or reason or message
  return outcome(R, state, why)
end

-- What the journal has and the code did not come to.
local function check_all_visited(R)
  for path, row in pairs(R.rows) do
    if not R.visited[path] then
      local left_out = false
      for prefix in pairs(R.unstarted) do left_out = left_out or path:sub(1, #prefix) == prefix end
      if not left_out then
        protect.stop("diverged", ("the workflow ended without step %s (%s), which is recorded\nnothing was sent"):format(path,
          row.operation or row.kind), { path = path, kind = "diverged" })
      end
    end
  end
end

local function end_value(R, value)
  check_all_visited(R)
  local text
  if value ~= nil then
    local err
    text, err = json.encode(value)
    if not text then error_.raise("script", "what the workflow returned cannot be kept: " .. err.message) end
  end
  R:write("state", "done", nil, text)
  return outcome(R, "done", nil, nil, text and json.decode(text) or nil)
end

-- Whether the script itself is wrong: resuming it as it was ends here again. A
-- call that is refused before it is sent is the script's, too.
local function is_mistake(err)
  return not error_.is(err) or (err.kind == "script" or err.kind == "validation") and not err.step
end

-- With the line and the call, without which a mistake is not found.
local function mistake_of(err)
  local text = step_.message(err)
  if not error_.is(err) then return text end
  if err.service and err.operation then text = ("%s.%s: %s"):format(err.service, err.operation, text) end
  return err.where and err.where .. ": " .. text or text
end

local function end_error(R, definition, err)
  if protect.is_stop(err) then
    if err.state == "undo" then return undo(R, err.reason) end
    return end_stop(R, err)
  end
  local state = error_.is(err) and err.decided == "fail" and "failed" or "held"
  local own = state == "held" and is_mistake(err)
  local message = own and mistake_of(err) or step_.message(err)
  if definition.on_fail == "undo" then return undo(R, message) end
  R:write("state", state, error_text(err, message))
  return outcome(R, state, message, error_.is(err) and err.step or nil, nil, own and "script" or nil)
end

local function conclude(R, definition, ok, value)
  if ok then
    local ended, result = protect.branch(end_value, R, value)
    if ended then return result end
    value = result
  end
  local ended, result = protect.branch(end_error, R, definition, value)
  if ended then return result end
  if not protect.is_stop(result) then error(result, 0) end
  return end_stop(R, result)
end

-- ---- one execution ----

-- The body from its start; whatever it raises but the end of the process.
local function go_through(R, definition, environment, input)
  local root = branch.new(R, "")
  local before = guard.set { branch = branch.inside(root) }
  environment.phase = "body"
  local results = table.pack(pcall(definition.body, root, input))
  guard.set(before)
  if not results[1] and term.ended_by(results[2]) then
    results[2] = protect.stopped("held", term.reason(R.id), { kind = "interrupted" })
  elseif not results[1] and protect.is_end(results[2]) then
    local err = results[2]
    if error_.is(err) and err.kind == "cancelled" and not R.dry then
      pcall(R.journal.state, R.journal, R.id, "held", json.encode(json.object { kind = err.kind, message = "interrupted" }))
      outcome(R, "held", "interrupted")
    end
    error(err, 0)
  end
  return results[1], results[2]
end

-- A person who lets a held run go on wants what failed to be tried again: each
-- failed step after which nothing was recorded, neither in its branch nor
-- behind the branches around it.
local function release(R)
  for path, row in pairs(R.rows) do
    local open, parent, ordinal = row.state == "failed", row.parent or "", row.ordinal
    while open do
      open = R.last[parent] == ordinal
      if parent == "" then break end
      local holder = R.rows[parent:match "^(.*)/[^/]*$" or ""]
      if not holder then break end
      parent, ordinal = holder.parent or "", holder.ordinal
    end
    R.released[path] = open or nil
  end
end

-- Held for another reason than a failure.
local stopped = { hold = true, timeout = true, settled = true, poison = true, plan = true, interrupted = true }

-- A run that was held to a plan once is so for good, whoever goes on with it.
local function keep_to_plan(R)
  local planned = R.journal:planned(R.id)
  if R.plan and not planned then R:write("event", nil, "planned", "{}") end
  if R.plan or not planned then return nil end
  return end_stop(R, { state = "held", kind = "plan", reason = "it was begun with --plan, and goes on with a plan only" })
end

local function execute(R, definition, environment, given)
  local run = R.run
  if run.state == "held" then
    local err = run.error and json.decode(run.error) or {}
    -- what a plan refused must not leave because nobody names the plan again
    if err.kind == "plan" and not R.plan then
      return end_stop(R, { state = "held", kind = "plan", path = err.path,
        reason = ("a plan refused step %s, so the run goes on with a plan only"):format(err.path or "?") })
    end
    if not stopped[err.kind] or err.again then release(R) end
    R.held_at = err.kind == "hold" and err.path or nil
    if R.deadline and err.kind == "timeout" and definition.timeout then R.deadline = R.clock:wall() + definition.timeout end
  end
  local started, why = protect.branch(R.write, R, "state", "running", run.error)
  if not started then return conclude(R, definition, false, why) end
  local unplanned = keep_to_plan(R)
  if unplanned then return unplanned end
  local input = input_.live(definition, run.input, given, R.id)
  return conclude(R, definition, go_through(R, definition, environment, input))
end

local function tell_run(R, options, resumed, edited)
  if options.begun then options.begun(R.id) end
  if R.observer.run then
    R.observer.run(R.id, { workflow = R.run.workflow, key = R.run.key, resumed = resumed, edited = edited })
  end
end

-- ---- starting and going on ----

local undone = { intent = true, done = true, failed = true, doubt = true }

local function undo_began(R)
  if R.run.state == "undoing" then return true end
  for _, row in pairs(R.rows) do
    if undone[row.undo_state or ""] then return true end
  end
  return false
end

local function over(R)
  local run = R.run
  local err = run.error and json.decode(run.error) or nil
  return outcome(R, run.state, err and err.message, err and err.path, run.output and json.decode(run.output) or nil)
end

local function owned_row(options, id)
  local J = options.journal
  local row = J:run(id)
  if not row then error_.raise("not_found", ("there is no run %s; see errand runs"):format(id)) end
  if not journal_.LIVE[row.state] then return row end
  return J:own(id, options.owner)
end

-- The run goes on where it was. The lock is held.
local function go_on(options, id, given, edited)
  local row = owned_row(options, id)
  local R = context.new(options, row)
  if not journal_.LIVE[row.state] then return over(R) end
  tell_run(R, options, true, edited)
  if undo_began(R) then
    R.functions = M.functions(options.journal, id, options.clock, options)
    return undo(R)
  end
  if row.crashes >= CRASHES and row.state == "running" then
    return end_stop(R, { state = "held", kind = "poison", reason = ("it ended errand %d times without getting any further; "
      .. "errand runs show %s tells where"):format(row.crashes, id) })
  end
  local definition, environment = load_definition(options, options.journal, row)
  return execute(R, definition, environment, given)
end

-- Is the file, or what it requires, another text than when the run began?
local function is_edited(J, run, program)
  if not program then return nil end
  local pinned = J:source(run.source_set)
  for name, text in pairs(program.texts) do
    -- the file may be called from another folder; a text with a secret in it is not kept
    local was = pinned[name == program.main and "@" .. (run.file or "") or name]
    if was and was ~= text then return true end
  end
  return nil
end

-- A run with that workflow and key is there already.
local function take_over(options, other, text)
  local J = options.journal
  return with_lock(options, other.id, function()
    if other.input_digest ~= J:digest(text) then
      error_.raise("conflict", ("run %s of %s has the key %s, another input and is %s: errand runs show %s, then resume or "
        .. "abandon it"):format(other.id, other.workflow, other.key, other.state, other.id))
    end
    local more = {}
    for name, value in pairs(options) do more[name] = value end
    more.program = nil
    return go_on(more, other.id, options.input, is_edited(J, other, options.program))
  end)
end

local function start(options)
  local J, clock = options.journal, options.clock
  local definition, environment, program = load_definition(options, J)
  local text = input_.keep(definition, options.input)
  local input = input_.live(definition, text, options.input or {})
  local key = key_of(definition, environment, input, text, options.slot)
  local id = options.new_id or J:new_id()
  local seed = options.seed or (assert(sys.random(16)):gsub(".", function(c) return ("%02x"):format(c:byte()) end))
  local held <close> = lock.take(options.lock, id)
  held.over = true -- until there is such a run
  local made, other = J:create { id = id, workflow = definition.name, key = key, input = text, seed = seed,
    source_set = program and J:sources(program.texts) or "", file = program and program.main:sub(2) or nil,
    deadline = definition.timeout and clock:wall() + definition.timeout or nil, owner = options.owner,
    parent = options.slot and json.encode(options.slot) or nil }
  if not made then
    held:close()
    return take_over(options, other, text)
  end
  held.over = false
  local R = context.new(options, J:run(id))
  tell_run(R, options, false)
  -- what made the input must not have left anything behind for the body
  if program then definition, environment = program:definition() end
  local result = execute(R, definition, environment, options.input or {})
  held.over = is_over(result.state)
  return result
end

--- Starts a run, or goes on with the one of options.id. options: journal,
-- clock, program (core.run.sources) or definition, input (table), id, new_id,
-- seed, lock (directory of the locks, nil: none), observer, wait (false: what
-- sleeps or waits ends the call), plan, owner, slot (of a schedule, what
-- run.slot is), begun (function(id): called once the run is this call's, before
-- anything of it is done).
-- Gives { id, state, output, error = { message, path, kind }, exit }; raises
-- where the run is another process's or not there, and for Ctrl-C.
function M.run(options)
  guard.install()
  if not options.id then return start(options) end
  return with_lock(options, options.id, function() return go_on(options, options.id, options.input) end)
end

-- ---- what is done to runs from outside ----

local function dry(options, settle_only)
  local J = options.journal
  local row = J:run(options.id)
  if not row then error_.raise("not_found", ("there is no run %s; see errand runs"):format(options.id)) end
  local definition, environment = load_definition(options, J, row)
  local R = context.new({ journal = J, clock = options.clock, dry = true, observer = options.observer }, row)
  R.settle_only = settle_only
  local _, value = go_through(R, definition, environment, input_.live(definition, row.input, nil, options.id))
  return R, value
end

--- The functions that the steps of a run brought along, by path, as far as the
-- journal goes: { undo =, find =, match = }. Nothing is done.
function M.functions(J, id, clock, options)
  options = options or {}
  guard.install()
  return dry({ journal = J, id = id, clock = clock, program = options.program, definition = options.definition }).functions
end

--- Settles a step that is in doubt by its look-up, if that can be: true, or
-- nil and a sentence. options: journal, clock, id, path, lock, owned (the
-- journal has the run already).
function M.settle_by_look(options)
  guard.install()
  local function settle()
    if not options.owned then options.journal:own(options.id, options.owner) end
    local R, why = dry(options, options.path)
    if R.settled then return true end
    return nil, protect.is_stop(why) and why.state ~= "dry" and why.reason or "the workflow does not come to that step any more"
  end
  if options.owned then return settle() end
  return with_lock(options, options.id, settle)
end

local function another_doubt(J, id)
  for _, step in ipairs(J:steps(id)) do
    local open = step.state == "doubt" or step.state == "intent"
    if open and step.kind == "step" and step.class ~= "read" then return step.path end
  end
end

--- A person says what became of a step: outcome is done, absent or skip.
-- options: journal, id, path, outcome, value (JSON text of what it made),
-- actor, reason, lock. The run is held then, or still in doubt.
function M.settle(options)
  local J, id, path = options.journal, options.id, options.path
  return with_lock(options, id, function()
    local row = J:own(id, options.actor)
    local step = J:step(id, path)
    if not step then error_.raise("not_found", ("run %s has no step %s; see errand runs show %s"):format(id, path, id)) end
    local evidence = {}
    local err = step.error and json.decode(step.error) or {}
    local before = step.before and json.decode(step.before) or {}
    if options.value then
      local value, why = json.decode(options.value)
      if value == nil and why then error_.raise("validation", "--result is no JSON: " .. tostring(why.message)) end
      evidence.value, evidence.remote_id = options.value, require("core.run.operation").id_of(value)
    elseif options.outcome == "done" and err.kind == "exists" and before.found ~= nil then
      evidence.value, evidence.found = json.encode(before.found), true
      evidence.remote_id = require("core.run.operation").id_of(before.found)
    end
    J:settled(id, path, options.outcome, evidence, options.actor, options.reason)
    if evidence.found then J:undo_disabled(id, path, "it was there before the run") end
    if row.state == "undoing" then return row.state end
    local doubt = another_doubt(J, id)
    local state = doubt and "in_doubt" or "held"
    J:state(id, state, json.encode(json.object { kind = doubt and "in_doubt" or "settled", path = doubt,
      message = doubt and ("step %s is in doubt"):format(doubt) or ("step %s is settled; errand runs resume %s goes on")
        :format(path, id) }),
      nil, { actor = options.actor, reason = options.reason })
    return state
  end)
end

-- While a cassette plays nothing is written; the run is forgotten with the process.
local function open_store()
  if not require("core.session").play then return require("core.record").store(), require("core.config").store_path() end
  local store, err = require("host.store").open(nil)
  return store or error_.rethrow(err)
end

--- Options for run and the others with this machine's clock, store and locks.
-- @tparam ?table more what to put over them
function M.environment(more)
  local clock = require("core.run.clock").real()
  local store, path = open_store()
  local out = { clock = clock, journal = journal_.open(store, function() return clock:wall() end),
    lock = path and path .. ".runs" or nil,
    observer = require("core.run.live").observer() }
  for name, value in pairs(more or {}) do out[name] = value end
  return out
end

return M
