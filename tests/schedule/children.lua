-- children.lua - processes that are none: what errand run --slot would do, in virtual time.
-- SPDX-License-Identifier: MIT

-- They keep their own count of what they did (facts), which is what the judge
-- goes by. They write to the store as a child does, through a book and a
-- journal of their own. A program says what a slot's script is like:
--   { kind = "plain", seconds =, code =, dies = bool, deaf = bool }
--   { kind = "workflow", acts = { { "work", 10 }, { "sleep", 600 }, { "hold" }, ... }, deaf = bool }

local book_ = require "core.schedule.book"
local json = require "host.json"
local journal_ = require "core.run.journal"

local children = {}

local GONE <const> = {}    -- raised where the disk is full or the store away: the process ends with 1

-- ---- processes ----

local function finish(w, c, how)
  if c.over then return end
  c.over = true
  if c.timer then c.timer.off = true end
  if c.kill then c.kill.off = true end
  w.processes[c.pid] = nil
  if c.lock and w.slot_locks[c.lock] == c then w.slot_locks[c.lock] = nil end
  if c.run_lock and w.run_locks[c.run_lock] == c then w.run_locks[c.run_lock] = nil end
  if c.execution then c.execution.stopped = c.stopped end
  if c.execution then w.facts:over(c.execution, w, how.code or "signal") end   -- of a plain script
  how.seconds, how.stopped, how.timed_out = w.clock.t - c.began, c.stopped or false, c.timed_out or false
  how.peak, how.output, how.dropped, how.ok, how.known = 1000000, 100, 0, how.code == 0, true
  if c.on_end then c.on_end(how) end
end

local function go(w, c, ...)
  local ok, one, two = coroutine.resume(c.co, ...)
  if not ok then
    if one == GONE then return finish(w, c, { code = 1 }) end
    w:broken("a child: " .. tostring(type(one) == "table" and one.message or one))
    return finish(w, c, { code = 1 })
  end
  if coroutine.status(c.co) == "dead" then return finish(w, c, one) end
  if one == "call" then return go(w, c, two()) end   -- outside of the coroutine: what is called may use its own
  c.timer = w.clock:after(two, function() go(w, c) end)
end

-- Inside a process: nil when the time is over, "TERM" when it was told so.
local function sleep(seconds)
  return coroutine.yield("sleep", seconds)
end

local function start(w, main, c)
  w.last_pid = w.last_pid + 1
  c.pid, c.began = w.last_pid, w.clock.t
  c.co = coroutine.create(main)
  w.processes[c.pid] = c
  c.timer = w.clock:after(0, function()
    c.began_to_run = true
    go(w, c, w, c)
  end)
  return c
end

--- SIGTERM, and SIGKILL where it is not gone after the grace.
function children.term(w, c, grace)
  if c.over then return end
  c.kill = c.kill or grace and w.clock:after(grace, function() children.kill(w, c) end)
  if c.deaf or c.termed then return end
  c.termed = true
  if c.timer then c.timer.off = true end
  if not c.began_to_run then return finish(w, c, { signal = 15, signal_name = "SIGTERM" }) end
  c.timer = w.clock:after(0, function() go(w, c, "TERM") end)
end

--- SIGKILL.
function children.kill(w, c)
  finish(w, c, { signal = 9, signal_name = "SIGKILL" })
end

-- ---- what each has open ----

local function open(w)
  if w.full then error(GONE, 0) end
  if not w.own_book then
    w.own_book = book_.open(w.child_store, function() return w.clock:wall() end)
    w.own_journal = journal_.open(w.child_store, function() return w.clock:wall() end)
  end
  return w.own_book, w.own_journal
end

--- The journal as a person's command has it; nil while the disk is full.
function children.journal(w)
  if w.full then return nil end
  local _, J = open(w)
  return J
end

local function call(fn, ...)
  local all = table.pack(pcall(fn, ...))
  if all[1] then return table.unpack(all, 2, all.n) end
  if type(all[2]) == "table" and all[2].reason == "full" then error(GONE, 0) end
  error(all[2], 0)
end

-- The lock and the claim: what it is allowed to do, or nil.
local function claim(w, c)
  if sleep(w.R() * w.slow) == "TERM" then return nil end
  local id = c.slot
  if w.slot_locks[id] then return nil end
  w.slot_locks[id], c.lock = c, id
  if sleep(w.R() * 0.2) == "TERM" then return nil end
  local B = open(w)
  local row = call(B.claim, B, id, c.attempt, c.pid, w.clock:boot_id())
  if row then w.facts:claimed(id, c.how, w) end
  return row
end

local function told(w, id, what)
  local B = open(w)
  call(B.told, B, id, what)
end

-- ---- a plain script ----

local function ended_by_term(w, c)
  sleep(0.5)
  told(w, c.slot, { code = 143 })
  if c.execution then c.execution.code = 143 end
  return { code = 143 }
end

local function plain(w, c, program)
  if not claim(w, c) then return { code = 6 } end
  told(w, c.slot, { run = false })
  if sleep(w.R() * 0.1) == "TERM" then return ended_by_term(w, c) end
  c.execution = w.facts:executed(c, w)
  if sleep(program.seconds) == "TERM" then return ended_by_term(w, c) end
  if program.dies then return { signal = 9, signal_name = "SIGKILL" } end
  told(w, c.slot, { code = program.code })
  c.execution.code = program.code
  sleep(w.R() * 0.5)
  return { code = program.code }
end

-- ---- a workflow ----

local function take_run(w, c, id)
  if w.run_locks[id] then return false end
  w.run_locks[id], c.run_lock = c, id
  return true
end

local function state(w, id, to, kind, more)
  local _, J = open(w)
  local text = kind and json.encode(json.object { kind = kind, message = kind }) or nil
  call(J.state, J, id, to, text, to == "done" and "1" or nil, more)
  if journal_.STATES[to] and not journal_.LIVE[to] then w.facts:over(w.runs[id].execution, w, to) end
end

local acts = {}   -- each: "next", or an exit code; it keeps the rest itself

function acts.work(_, _, _, act)
  if sleep(act[2]) == "TERM" then return "term" end
  return "next"
end

function acts.sleep(w, _, run, act)
  run.wake = run.wake or w.clock:wall() + act[2]
  if w.clock:wall() >= run.wake then
    run.wake = nil
    return "next"
  end
  state(w, run.id, "sleeping", nil, { wake_at = run.wake })
  return 3
end

function acts.approve(w, _, run)
  local _, J = open(w)
  local path = "approval " .. run.pos
  local row = call(J.approval, J, run.id, path, { ordinal = run.pos, ask = "somebody" })
  if row.by then
    call(J.result, J, run.id, path, { value = "true" })
    return "next"
  end
  state(w, run.id, "waiting")
  w:person(run, "approve", path)
  return 3
end

function acts.hold(w, _, run)
  if run.held == run.pos then return "next" end   -- somebody resumed it
  run.held = run.pos
  state(w, run.id, "held", "hold")
  w:person(run, "resume")
  return 3
end

function acts.doubt(w, _, run)
  if run.settled == run.pos then return "next" end
  state(w, run.id, "in_doubt")
  w:person(run, "settle")
  return 4
end

function acts.stall(w, _, run)
  if w.R(2) == 1 then return "next" end
  state(w, run.id, "stalled", "stalled")
  return 3
end

function acts.diverge(w, _, run)
  if run.mended == run.pos then return "next" end
  state(w, run.id, "diverged", "diverged")
  w:person(run, "mend")
  return 3
end

function acts.crash(w, _, run)
  run.crashes = (run.crashes or 0) + 1
  if run.crashes > 2 and w.R(3) == 1 then return "next" end
  sleep(1)
  return "crash"
end

function acts.fail(w, _, run)
  state(w, run.id, "failed", "failed")
  return 1
end

-- From where the run is to where it cannot go on; the exit code.
local function go_through(w, c, run)
  local _, J = open(w)
  state(w, run.id, "running")
  while run.acts[run.pos] do
    local wanted = call(J.requested, J, run.id)
    if wanted and wanted.what == "cancel" then
      state(w, run.id, "cancelled", "cancelled")
      return 1
    end
    if c.termed then
      state(w, run.id, "held", "interrupted")
      return 3
    end
    local act = run.acts[run.pos]
    local how = acts[act[1]](w, c, run, act)
    if how == "crash" then return nil end
    if type(how) == "number" then return how end
    if how == "next" then run.pos = run.pos + 1 end
  end
  open(w)
  state(w, run.id, "done")
  return 0
end

local POISON <const> = 3

local function take_over(w, c, id)
  if not id or not w.runs[id] then
    w:broken(("slot %s: run %s is to be resumed, but there is none"):format(tostring(c.slot), tostring(id)))
    return nil
  end
  if not take_run(w, c, id) then return nil end
  local _, J = open(w)
  local row = call(J.own, J, id, "child")
  if not journal_.LIVE[row.state] then return nil, row.state end
  if row.state == "running" and row.crashes >= POISON then
    state(w, id, "held", "poison")
    w:person(w.runs[id], "resume")
    return nil, "held"
  end
  return w.runs[id]
end

local function create(w, c, row, program)
  local _, J = open(w)
  local id = row.run or J:new_id()
  if w.runs[id] then return take_over(w, c, id) end    -- it died when it had just begun
  if not take_run(w, c, id) then return nil end
  if sleep(w.R() * 0.2) == "TERM" then return nil end
  local made = call(J.create, J, { id = id, workflow = "wf " .. c.schedule, key = "slot " .. c.slot, input = "{}" })
  if not made then
    w:broken(("slot %d: a second run was to be created"):format(c.slot))
    return nil
  end
  w.runs[id] = { id = id, slot = c.slot, acts = program.acts, pos = 1, schedule = c.schedule,
    execution = w.facts:executed(c, w) }
  return w.runs[id]
end

local codes = { done = 0, held = 3, in_doubt = 4 }

local function workflow(w, c, program)
  local row = claim(w, c)
  if not row then return { code = 6 } end
  local run, why
  if c.how == "resume" then
    run, why = take_over(w, c, c.run)
  else
    run, why = create(w, c, row, program)
  end
  if not run and not why then return { code = 6 } end
  if run then told(w, c.slot, { run = run.id }) end
  local code = codes[why] or 1
  if run then code = go_through(w, c, run) end
  if not code then return { signal = 11, signal_name = "SIGSEGV" } end
  told(w, c.slot, { code = code })
  sleep(w.R() * 0.3)
  return { code = code }
end

-- ---- a real run of the engine ----

local function real(w, c, program)
  local row = claim(w, c)
  if not row then return { code = 6 } end
  local B, J = open(w)
  local result, seconds = coroutine.yield("call", function() return program.run(J, c, row) end)
  c.execution = w.facts:executed(c, w)
  call(B.told, B, c.slot, { run = result.id })
  sleep(seconds)
  told(w, c.slot, { code = result.exit })
  return { code = result.exit }
end

local mains = { plain = plain, workflow = workflow, real = real }

-- ---- from outside ----

--- The child of a job. on_end(how) is told of its end, as host.proc tells it.
function children.launch(w, job, on_end)
  local program = w:program_of(job.slot)
  local c = { slot = job.slot.id, attempt = job.attempt, how = job.how, run = job.run, schedule = job.slot.schedule,
    kind = job.slot.kind, deaf = program.deaf, on_end = on_end }
  local main = mains[program.kind]
  start(w, function(...) return main(..., c, program) end, c)
  local limit = job.definition and job.definition.timeout
  if limit then
    c.limit = w.clock:after(limit, function()
      if c.over or c.daemon ~= w.life then return end
      c.timed_out, c.stopped = true, true
      children.term(w, c, job.definition.grace or 10)
    end)
  end
  return c
end

--- Somebody at a terminal: errand runs resume RUN.
function children.by_hand(w, run)
  local c = { by_hand = true, schedule = run.schedule, run = run.id }
  return start(w, function(_, self)
    sleep(0.1)
    local taken = take_over(w, self, run.id)
    if not taken then return { code = 6 } end
    return { code = go_through(w, self, taken) or 1 }
  end, c)
end

return children
