-- workflow_faults_spec.lua - durable runs: doubt, failures, time, keys and locks.
-- SPDX-License-Identifier: MIT

local t = require "test"
local engine = require "core.run.engine"
local json = require "host.json"
local runs = require "runs"
local sys = require "host.sys"
local settle = require "core.run.settle"

local clock, sim, invite, people = runs.clock, runs.sim, runs.invite, runs.people
local run, resume, wrap, program, invites, heard = runs.run, runs.resume, runs.wrap, runs.program, runs.invites, runs.heard
local J

local function fresh(faults)
  J = runs.fresh(faults)
end

-- ---- doubt ----

t.describe("a step in doubt", function()
  local function send_step(more)
    return wrap([[return run:step("x", { ]] .. (more or "") .. [[ call = function(op)
      return qalyptus.groups.create({ name = "A" }, op) end })]])
  end
  local function settle_it(id, outcome, value)
    return engine.settle { journal = J, id = id, path = "x", outcome = outcome, value = value, actor = "me", reason = "seen" }
  end

  t.it("waits until nothing can come any more", function()
    local quiet = settle.quiet
    local now = { wall = 1000, mono = 500, boot_id = "a" }
    local step = { boot_id = "a", intent_mono = 100, intent_at = 600 }
    t.eq(quiet(now, step, { mono = 490, wall = 990 }, 240, 60), 0, "long after")
    t.eq(quiet(now, step, { mono = 480, wall = 980 }, 1e6, 60), 40, "taken 20 s ago")
    t.eq(quiet(now, step, { mono = 500, wall = 1000 }, 380, 60), 40, "may have left until 480")
    t.eq(quiet(now, { boot_id = "b", intent_at = 990 }, { mono = 5, wall = 1000 }, 240, 60), 60, "another boot")
    t.eq(quiet(now, { boot_id = "b", intent_at = 100 }, { mono = 5, wall = 1000 }, 240, 60), 0, "long ago")
    t.eq(quiet(now, { boot_id = "b", intent_at = 5000 }, { mono = 5, wall = 990 }, 240, 60), 50, "the clock went back")
    t.eq(quiet(now, step, { mono = 1, wall = 1 }, 240, 60, 495), 55, "lost by this process")
  end)

  t.it("is looked for twice, the second time after the bound", function()
    fresh { "late=50:ixon.invites.create" }
    local result = run(wrap(invite .. " return 1"), people.a)
    t.eq({ result.state, invites "a.hire@example.com" }, { "done", 1 })
    fresh { "late=3000:ixon.invites.create" }
    result = run(wrap(invite .. " return 1"), people.a)
    sim:arrive(true)
    t.eq({ result.state, invites "a.hire@example.com" }, { "done", 2 }, "later than the bound: the oracle sees it")
  end)

  t.it("found is the value that the call would have given", function()
    fresh { "drop-reply:ixon.invites.create" }
    local result = run(wrap("local made, how = " .. invite
      .. " return { made.invites[1].emailAddress, #made.userMemberships, how }"), people.a)
    t.eq(result.output, { "a.hire@example.com", 0, "done" })
  end)

  t.it("is asked about where it must not happen twice or cannot be seen", function()
    fresh { "drop-reply:qalyptus.groups.create" }
    local result = run(send_step 'class = "send",')
    t.eq({ result.state, result.exit, result.error.path }, { "in_doubt", 4, "x" })
    t.eq(resume(result.id).state, "in_doubt")
    t.eq(settle_it(result.id, "done", '{"id":"7"}'), "held")
    result = resume(result.id)
    t.eq({ result.state, result.output.id, sim:effects()["qalyptus.groups.create A"] }, { "done", "7", 1 })
  end)

  t.it("that a person found absent is sent again", function()
    fresh { "drop:qalyptus.groups.create" }
    local result = run(send_step 'class = "send",')
    settle_it(result.id, "absent")
    t.eq({ resume(result.id).state, sim:effects()["qalyptus.groups.create A"] }, { "done", 1 })
  end)

  t.it("that a person skipped has no value", function()
    fresh { "drop:qalyptus.groups.create" }
    local result = run(send_step 'class = "send",')
    settle_it(result.id, "skip")
    result = resume(result.id)
    t.eq({ result.state, result.output, sim:effects() }, { "done", nil, {} })
  end)

  t.it("of class set is repeated, and what is gone is deleted", function()
    fresh()
    local id = run(send_step()).output.id
    sim:inject { "drop-reply:qalyptus.groups.delete" }
    local result = run(("return workflow.define('out', {}, function(run) run:step('x', qalyptus.groups.delete, { %q }) "
      .. "return 1 end)"):format(id))
    t.eq({ result.state, sim.counts["qalyptus.groups.delete"] }, { "done", 2 })
    id = run(send_step()).output.id
    sim:inject { "malformed:qalyptus.groups.update" }
    result = run(("return workflow.define('change', {}, function(run) run:step('x', qalyptus.groups.update, %q, "
      .. "{ name = 'B' }) return 1 end)"):format(id))
    t.eq({ result.state, sim.counts["qalyptus.groups.update"] }, { "done", 2 }, "an answer that cannot be read")
  end)

  t.it("with a key that the service keeps is sent again with it", function()
    fresh { "drop:qalyptus.groups.create" }
    local text = wrap([[
      return run:step("x", { settle = { by = "key", lifetime = "1h" }, call = function(op)
        return qalyptus.groups.create({ name = "A", description = op.key }, op) end })]])
    local result = run(text)
    t.eq({ result.state, sim.counts["qalyptus.groups.create"] }, { "done", 2 })
    t.ok(result.output.description:find "^%x+%-%x+%-4%x%x%x%-8%x%x%x%-%x+$")
    t.eq(sim.counts["qalyptus.groups.list"], 1, "nobody had to look again")
    fresh { "hang:qalyptus.groups.create" }
    result = run((text:gsub("1h", "1m")))
    t.eq({ result.state, sim.counts["qalyptus.groups.create"] }, { "done", 2 })
    t.eq(J:step(result.id, "x").attempt, 2)
  end)

  t.it("is settled by its look-up for those who ask from outside", function()
    fresh()
    J.hook = function(name) if name == "reply" then runs.kill() end end
    t.ok(not pcall(run, wrap(invite), people.a))
    J.hook = nil
    local id = J:runs {}[1].id
    t.eq(engine.settle_by_look { journal = J, clock = clock, id = id, path = "invite" }, true)
    t.eq({ J:step(id, "invite").state, J:run(id).state }, { "done", "running" })
    local text = wrap [[run:each("e", { "a", "b", "c" }, function(s) return s end, function(b, s)
      b:step("x", { undo = tostring, call = function(op) return qalyptus.groups.create({ name = s }, op) end })
      if s ~= "b" then b:hold "here" end
    end)]]
    local other = run(text)
    local found = engine.functions(J, other.id, clock)
    t.eq({ found["e/a/x"].undo, found["e/b/x"].undo, found["e/c/x"].undo }, { tostring, tostring, tostring })
    local ok, why = engine.settle_by_look { journal = J, clock = clock, id = id, path = "invite" }
    t.eq({ ok, why }, { nil, "the workflow does not come to that step any more" })
  end)
end)

-- ---- what was there before ----

t.describe("what was there before the run", function()
  local function once(existing, more)
    return wrap(([[local made, how = run:step("x", { existing = %q, %s call = function(op)
      return qalyptus.groups.create({ name = "A" }, op) end }) return { name = made and made.name, how = how }]])
      :format(existing, more or ""))
  end
  local function before()
    fresh()
    require("core.services").get("qalyptus").groups.create { name = "A" }
    sim.server.world.effects = {}
  end

  t.it("is taken over, and never undone", function()
    before()
    local result = run(once "adopt")
    t.eq(result.output, { name = "A", how = "found" })
    t.eq(sim:effects(), {})
    t.eq({ J:step(result.id, "x").undo_state, J:step(result.id, "x").inverse }, { "disabled", nil })
  end)

  t.it("is a failure where it must not be", function()
    before()
    local result = run(once "fail")
    t.eq({ result.state, result.error.message:find("there is one already", 1, true) and true }, { "held", true })
    t.eq(sim:effects(), {})
  end)

  t.it("is asked about, and the answer counts", function()
    for outcome, want in pairs { done = { name = "A", how = "found" }, skip = { how = "skipped" } } do
      before()
      local result = run(once "ask")
      t.eq(result.state, "in_doubt")
      engine.settle { journal = J, id = result.id, path = "x", outcome = outcome, actor = "me", reason = "it is" }
      t.eq(resume(result.id).output, want, outcome)
      t.eq(sim:effects(), {})
    end
  end)

  t.it("is matched by the step's own functions", function()
    before()
    local result = run(once("adopt", [[find = function() return qalyptus.groups.find { name = "A" } end,
      match = function(_, o) return o.name == "B" end,]]))
    t.eq(result.output, { name = "A", how = "done" })
    t.eq(sim:effects(), { ["qalyptus.groups.create A"] = 1 }, "match said that it is another one")
  end)
end)

-- ---- failures ----

t.describe("a failure", function()
  t.it("because it is there already may be our own that came late", function()
    fresh()
    local create = require("core.services").get("qalyptus").groups
    local n = 0
    local R = wrap([[return run:step("x", { find = function() return qalyptus.groups.find { name = "A" } end,
      call = function(op) return qalyptus.groups.create({ name = "A" }, op) end })]])
    sim:inject { "drop:qalyptus.groups.create", "status=409:qalyptus.groups.create@2" }
    sim.hook = function(point, operation, entry)
      if point == "sent" and operation == "qalyptus.groups.create" and entry.n == 2 then
        sim.hook, n = nil, n + 1
        create.create { name = "A" } -- it arrives now
      end
    end
    local result = run(R)
    sim.hook = nil
    t.eq({ result.state, result.output.name, n, sim:effects() }, { "done", "A", 1, { ["qalyptus.groups.create A"] = 1 } })
  end)

  t.it("of a plan stops the run before anything else is sent", function()
    fresh()
    local seen = {}
    local plan = { result = function(_, path) seen[#seen + 1] = path end }
    function plan.allow(_, path, id)
      if id ~= "ixon.invites.create" then require("core.error").raise("cap", path .. " is not in the plan") end
    end
    local result = run(wrap(invite .. [[ try(run.step, run, "x", qalyptus.groups.create, { name = "A" }) return 1]]), people.a,
      { plan = plan })
    t.eq({ result.state, result.error.message, seen }, { "held", "x is not in the plan", { "invite" } })
    t.eq(sim:effects(), { ["ixon.invites.create a.hire@example.com"] = 1 })
  end)

  t.it("that passes is tried again, when the service says so", function()
    fresh { "429=20:ixon.invites.create" }
    local before = clock:wall()
    local result = run(wrap(invite .. " return 1"), people.a)
    t.eq({ result.state, invites "a.hire@example.com" }, { "done", 1 })
    t.ok(clock:wall() - before >= 20, "Retry-After")
    t.ok(heard("invite", "retry").retry_at >= before + 20)
    t.eq(J:step(result.id, "invite").attempt, 2)
  end)

  t.it("that goes on holds the run, and resuming tries again", function()
    fresh { "refuse:ixon.invites.create@1-99" }
    local result = run(wrap(invite .. " return 1"), people.a)
    t.eq({ result.state, result.exit, J:step(result.id, "invite").attempt }, { "held", 3, 8 })
    t.ok(result.error.message:find("failed 8 times", 1, true), result.error.message)
    sim:inject {}
    t.eq({ resume(result.id).state, invites "a.hire@example.com" }, { "done", 1 })
  end)

  t.it("keeps to the retry of the step", function()
    fresh { "refuse:qalyptus.groups.create@1-99" }
    local result = run(wrap([[run:step("x", { retry = { max = 3, base = "10s", within = "1h" }, call = function(op)
      return qalyptus.groups.create({ name = "A" }, op) end })]]))
    t.eq({ result.state, J:step(result.id, "x").attempt }, { "held", 3 })
  end)

  t.it("does not wait where nobody waits", function()
    fresh { "429=60:ixon.invites.create" }
    local first = run(wrap(invite .. " return 1"), people.a, { wait = false })
    t.eq({ first.state, first.exit }, { "sleeping", 3 })
    clock:sleep(90)
    t.eq(resume(first.id, { wait = false }).state, "done")
  end)

  t.it("of a read is written down, too", function()
    fresh { "status=503:ixon.groups.list@1-99" }
    local result = run(wrap [[run:step("r", ixon.groups.list)]])
    t.eq({ result.state, J:step(result.id, "r").state }, { "held", "failed" })
  end)

  t.it("that the workflow declares ends the run", function()
    fresh()
    local result = run(wrap "workflow.fail('no such person')")
    t.eq({ result.state, result.exit, result.error.message }, { "failed", 1, "no such person" })
    fresh()
    result = run(wrap [[run:step("x", { class = "read", call = function() workflow.fail("never") end })]])
    t.eq({ result.state, J:step(result.id, "x").attempt }, { "failed", 1 })
  end)

  t.it("that the workflow declares passing is tried again after that time", function()
    fresh()
    local before = clock:wall()
    local result = run(wrap [[local n = 0 run:step("x", { class = "read", call = function()
      n = n + 1 if n < 3 then workflow.retry("5m") end return n end }) return n]])
    t.eq({ result.state, result.output }, { "done", 3 })
    t.ok(clock:wall() - before >= 600)
  end)

  t.it("undoes the run where the workflow wants that", function()
    for _, body in ipairs { invite .. " error 'no'", invite .. " return run:undo 'no'" } do
      fresh()
      local result = run(wrap(body, 'on_fail = "undo"'), people.a)
      t.eq({ result.state, result.exit }, { "undone", 1 })
      t.eq(require("core.services").get("ixon").invites.find { emailAddress = people.a.email }, nil)
    end
  end)

  t.it("of the store stops the run before anything is sent", function()
    fresh()
    local intent = J.intent
    J.intent = function() require("core.error").raise("file", "the disk is full", { reason = "full" }) end
    local result = run(wrap("try(function() " .. invite .. " end) return 1"), people.a)
    t.eq({ result.state, result.exit, result.error.message }, { "stalled", 3, "the disk is full" })
    t.eq(sim:effects(), {})
    J.intent = intent
    t.eq(resume(result.id).state, "done")
  end)

  t.it("with a value that is too long is one", function()
    fresh()
    local result = run(wrap [[run:step("x", { class = "read", call = function() return ("x"):rep(2000000) end })]])
    t.eq(result.state, "held")
    t.ok(result.error.message:find("bytes of JSON", 1, true), result.error.message)
  end)
end)

-- ---- time ----

t.describe("time", function()
  t.it("of a sleep is fixed once", function()
    fresh()
    local text = wrap "run:sleep('night', '8h') return run:now()"
    local start = clock:wall()
    local first = run(text, nil, { wait = false })
    t.eq({ first.state, J:run(first.id).wake_at }, { "sleeping", start + 28800 })
    clock:sleep(3600)
    t.eq(resume(first.id, { wait = false }).state, "sleeping")
    local result = resume(first.id)
    t.near(result.output, start + 28800, 1)
  end)

  t.it("of an approval ends it", function()
    for late, want in pairs { reject = false, approve = true } do
      fresh()
      local text = wrap(("local d = run:approve('boss', { timeout = '1d', on_timeout = %q }) return d"):format(late))
      local first = run(text)
      t.eq({ first.state, first.exit, first.error.path }, { "waiting", 3, "boss" })
      clock:sleep(90000)
      local result = resume(first.id)
      t.eq({ result.output.approved, result.output.by }, { want, "timeout" })
      t.eq(J:decide(first.id, "boss", { approved = not want, by = "late" }), nil)
    end
  end)

  t.it("of the whole run is not exceeded silently", function()
    fresh()
    local text = wrap("run:sleep('a', '3d') run:note 'over' return 1", "timeout = '2d'")
    local result = run(text)
    t.eq({ result.state, result.exit }, { "held", 3 })
    t.ok(result.error.message:find("time is over", 1, true), result.error.message)
    t.eq(resume(result.id).state, "done")
  end)

  t.it("is given up when somebody cancels", function()
    fresh()
    local first = run(wrap("run:sleep('a', '1h') " .. invite), people.a, { wait = false })
    J:request(first.id, "cancel", "me", "no longer wanted")
    local result = resume(first.id)
    t.eq({ result.state, result.exit, result.error.message }, { "cancelled", 1, "cancelled by me: no longer wanted" })
    t.eq(sim:effects(), {})
  end)
end)

-- ---- one run ----

t.describe("a key", function()
  local text = wrap("run:hold 'x' return i.n", "key = function(i) return i.k end")

  t.it("has one live run", function()
    fresh()
    local first = run(text, { k = "a", n = 1 })
    local err = t.raises(function() run(text, { k = "a", n = 2 }) end, "another input")
    t.eq(err.kind, "conflict")
    t.ok(tostring(err):find(first.id, 1, true))
    local result = run(text, { k = "a", n = 1 })
    t.eq({ result.id, result.state, result.output }, { first.id, "done", 1 })
    t.ok(run(text, { k = "a", n = 2 }).id ~= first.id)
  end)

  t.it("is held by one process", function()
    fresh()
    local dir = os.tmpname()
    os.remove(dir)
    local first = run(text, { k = "a", n = 1 }, { lock = dir })
    local held = engine.lock(dir, first.id)
    for _, f in ipairs {
      function() resume(first.id, { lock = dir }) end, function() run(text, { k = "a", n = 1 }, { lock = dir }) end,
    } do
      local err = t.raises(f, "is under way (pid ")
      t.eq(err.kind, "conflict")
    end
    t.ok(engine.holder(dir, first.id))
    held:close()
    t.ok(sys.exists(dir .. "/" .. first.id .. ".lock"), "while the run is live")
    t.eq(engine.holder(dir, first.id), nil)
    t.eq(resume(first.id, { lock = dir }).state, "done")
    t.eq(sys.exists(dir), false, "what is over leaves nothing behind")
  end)

  t.it("that is none is refused before there is a run", function()
    fresh()
    t.raises(function() run(wrap("", "key = function() return 1.5 end")) end, "must be a text")
    local deletes = "key = function() ixon.invites.delete { publicId = 'x12345678901' } end"
    t.raises(function() run(wrap("", deletes)) end, "may only read")
    t.eq(#J:runs {}, 0)
  end)
end)

t.describe("a run", function()
  t.it("that kills errand three times is held", function()
    fresh()
    local made = program(wrap "run:note 'x' return 1")
    J.hook = function(name) if name == "C2" then runs.kill() end end
    J.result, J.record = function() runs.kill() end, function() runs.kill() end
    t.ok(not pcall(run, made))
    local id = J:runs {}[1].id
    for _ = 1, 2 do
      J.owned = {}
      t.ok(not pcall(resume, id))
    end
    J.owned = {}
    local result = resume(id)
    t.eq({ result.state, result.exit }, { "held", 3 })
    t.ok(result.error.message:find("3 times", 1, true))
    J.hook, J.result, J.record = nil, nil, nil
    t.eq(resume(id).state, "done")
  end)

  t.it("that is over stays as it was", function()
    fresh()
    local first = run(wrap "return { a = 1 }")
    local events = #J:events(first.id)
    local result = resume(first.id)
    t.eq({ result.state, result.output.a, result.exit, #J:events(first.id) }, { "done", 1, 0, events })
    t.raises(function() resume "r-none" end, "there is no run r-none")
  end)

  t.it("keeps secret input out of the store", function()
    fresh()
    local text = wrap("run:hold 'x' return i.token:upper() .. i.name",
      "secret = { 'token' }, key = function(i) return i.name end")
    local first = run(text, { token = "c4nary-s3cret", name = "n" })
    t.eq(json.decode(J:run(first.id).input), { token = "[secret]", name = "n" })
    local again = resume(first.id)
    t.eq(again.state, "held")
    t.ok(again.error.message:find("the input 'token' is a secret", 1, true), again.error.message)
    t.eq(run(text, { token = "c4nary-s3cret", name = "n" }).state, "done")
    for _, row in ipairs(J:rows("SELECT input, output, error FROM run", {})) do
      t.ok(not json.encode(row):find("s3cret", 1, true) and not json.encode(row):find("S3CRET", 1, true) or row.output)
    end
  end)

  t.it("tells what it does, and what to do next", function()
    fresh { "drop-reply:qalyptus.groups.create" }
    local out = {}
    local lines = require("core.run.lines").new(function(text) out[#out + 1] = text end)
    local result = run(wrap([[run:step("mail", { class = "send", call = function(op)
      return qalyptus.groups.create({ name = "A" }, op) end })]], "key = function() return 'k' end"), nil, { observer = lines })
    t.eq(out[1], ("run %s (test, key k)"):format(result.id))
    t.ok(out[2]:find("^  mail  in doubt: "))
    t.ok(out[#out]:find(("errand runs settle %s mail done|absent|skip --reason"):format(result.id), 1, true), out[#out])
  end)
end)

runs.detach()
