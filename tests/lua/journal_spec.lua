-- journal_spec.lua - the journal of runs: durable, chained, owned by one.
-- SPDX-License-Identifier: MIT
local t = require "test"
local host_store = require "host.store"
local journal = require "core.run.journal"
local json = require "host.json"
local sys = require "host.sys"

local function open(store) return journal.open(store or assert(host_store.open())) end

local function created(J, key, input)
  local id = J:new_id()
  assert(J:create { id = id, workflow = "onboard", key = key or id, input = input or "{}", seed = 7 })
  return id
end

local function create(path, more)
  local step = { path = path, ordinal = 1, class = "create", operation = "ixon.invites.create", args = '["a"]', args_digest = "d" }
  for name, value in pairs(more or {}) do step[name] = value end
  return step
end

local function raised(fn, ...)
  local ok, err = pcall(fn, ...)
  t.ok(not ok, "it raises")
  return type(err) == "table" and err or { message = tostring(err) }
end

local function types(J, id)
  local out = {}
  for i, row in ipairs(J:events(id)) do out[i] = row.type end
  return table.concat(out, " ")
end

t.describe("statements", function()
  t.it("take parameters by name and by place", function()
    local store <close> = assert(host_store.open())
    t.eq(store:execute("INSERT INTO meta VALUES (:k, :v)", { k = "a", v = "b" }), 1)
    t.eq(store:execute("INSERT INTO meta VALUES (?, ?)", { "c", "d" }), 1)
    t.eq(#store:rows("SELECT * FROM meta WHERE k IN (?, ?)", { "a", "c" }), 2)
    local row = store:rows("SELECT ? AS i, ? AS f, ? AS s, ? AS n, ? AS t, typeof(?) AS b",
      { 1 << 62, 0.5, "x", host_store.null, true })[1]
    t.eq({ row.i, row.f, row.s, row.n, row.t, row.b }, { 1 << 62, 0.5, "x", nil, 1, "null" })
    t.eq(math.type(row.i), "integer")
  end)

  t.it("refuse what cannot be kept", function()
    local store <close> = assert(host_store.open())
    t.raises(function() store:rows("SELECT ?", { {} }) end, "a table cannot be kept")
    t.raises(function() store:rows("SELECT :a", { a = "x\0y" }) end, "zero byte")
    local ok, err = store:rows "SELECT 1; SELECT 2"
    t.ok(not ok and err.message:find "one statement")
    ok, err = store:rows "SELEC 1"
    t.ok(not ok and err.message:find "syntax")
    ok, err = store:execute("INSERT INTO meta VALUES ('long', ?)", { ("x"):rep(1024 * 1024 + 1) })
    t.ok(not ok and err.kind == "cap" and err.message:find "1048577")
    t.eq(#store:rows "SELECT * FROM meta WHERE k = 'long'", 0)
    ok, err = store:execute "INSERT INTO meta SELECT * FROM meta"
    t.ok(not ok)
    t.eq(err.reason, "constraint")
  end)

  t.it("are all there or not at all", function()
    local store <close> = assert(host_store.open())
    local function add(key) assert(store:execute("INSERT INTO meta VALUES (?, '')", { key })) end
    local function keys() return #store:rows "SELECT * FROM meta" end
    local before = keys()
    local a, b = store:atomic(function(x) add "a"; return x, 2 end, 1)
    t.eq({ a, b, keys() }, { 1, 2, before + 1 })
    local boom = {}
    local ok, err = pcall(store.atomic, store, function() add "b"; error(boom) end)
    t.ok(not ok and rawequal(err, boom), "what was raised comes on as it was")
    t.eq(keys(), before + 1)
    ok, err = store:atomic(function() add "c"; return store:atomic(print) end)
    t.ok(not ok and err.message:find "inside another")
    ok, err = pcall(coroutine.wrap(function() store:atomic(function() add "d"; coroutine.yield() end) end))
    t.ok(not ok, "nothing waits inside")
    t.ok(tostring(err):find "yield")
    ok = pcall(store.atomic, store, function() add "e"; store:close() end)
    t.ok(not ok)
    t.raises(function() store:rows "SELECT 1" end, "closed store")
  end)

  t.it("hash as everybody does", function()
    t.eq(sys.sha256 "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    t.eq(sys.sha256("what do ya want for nothing?", "Jefe"), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    t.ok(sys.boot_id():find "^%x+%-%x+%-%x+%-%x+%-%x+$")
  end)
end)

t.describe("a run", function()
  t.it("is written once for a workflow and key", function()
    local J = open()
    local id = created(J, "k", '{"a":1}')
    local run = J:run(id)
    t.eq({ run.state, run.workflow, run.key, run.input, run.seed, run.crashes }, { "ready", "onboard", "k", '{"a":1}', "7", 0 })
    t.eq(run.input_digest, J:digest '{"a":1}')
    local ok, other = J:create { id = "r-222222", workflow = "onboard", key = "k", input = "{}" }
    t.eq(ok, nil)
    t.eq(other.id, id)
    t.eq(J:run "r-222222", nil)
    t.eq(J:create { id = "r-222222", workflow = "offboard", key = "k" }, true)
    J:state(id, "running")
    J:state(id, "done", nil, '{"x":1}')
    t.eq({ J:run(id).state, J:run(id).output }, { "done", '{"x":1}' })
    t.ok(J:run(id).ended >= J:run(id).started)
    t.eq(J:create { id = "r-333333", workflow = "onboard", key = "k" }, true, "an ended run frees its key")
    t.eq(raised(J.state, J, id, "running").kind, "conflict")
    t.eq(raised(J.state, J, id, "undoing").kind, "conflict", "the key is taken")
    J:state("r-333333", "abandoned")
    J:state(id, "undoing")
    t.eq(J:run(id).ended, nil)
    t.raises(function() J:state(id, "fine") end, "no run state")
    t.eq(#J:runs(), 3)
    t.eq(#J:runs { live = true }, 2)
    t.eq(#J:runs { workflow = "offboard", state = "ready", limit = 5 }, 1)
    t.eq(J:find("2222")[1].id, "r-222222")
    t.eq(#J:find "2222222", 0)
  end)

  t.it("belongs to the process that took it last", function()
    local store = assert(host_store.open())
    local A, B = open(store), open(store)
    local id = created(A)
    A:state(id, "running")
    t.raises(function() B:intent(id, create "a") end, "J:own")
    t.eq(B:own(id, "me").crashes, 1)
    t.eq(B:run(id).owner, "me")
    local err = raised(A.intent, A, id, create "a")
    t.eq({ err.kind, err.reason }, { "conflict", "lost" })
    t.eq(#B:steps(id), 0)
    B:intent(id, create "a")
    B:result(id, "a", { value = "1" })
    t.eq(B:run(id).crashes, 0, "it got on")
    t.eq(raised(A.result, A, id, "a", {}).reason, "lost")
    t.eq(A:own(id).crashes, 1)
    t.eq(raised(A.own, A, "r-none").kind, "not_found")
    t.eq(types(A, id), "created state recovered intent result recovered")
  end)

  t.it("is asked to end by anybody", function()
    local store = assert(host_store.open())
    local A, B = open(store), open(store)
    local id = created(A)
    t.eq(A:requested(id), nil)
    B:request(id, "cancel", "me", "wrong person")
    local asked = A:requested(id)
    t.eq({ asked.what, asked.actor, asked.reason }, { "cancel", "me", "wrong person" })
    A:state(id, "cancelled")
    t.eq(A:requested(id), nil)
    t.eq(raised(B.request, B, "r-none", "cancel").kind, "not_found")
  end)
end)

t.describe("a step", function()
  t.it("goes from intent to result", function()
    local J = open()
    local id = created(J)
    t.eq(J:intent(id, create("a", { before = "null", op_key = "k1", boot_id = "boot", mono = 12.5, wall = 99 })), 1)
    local step = J:step(id, "a")
    t.eq({ step.state, step.class, step.args, step.before, step.intent_at, step.intent_mono, step.boot_id, step.attempt, step.seq },
      { "intent", "create", '["a"]', "null", 99.0, 12.5, "boot", 1, 1 })
    t.eq(J:result(id, "a", { status = 201, value = '{"id":1}', remote_id = "1", request_id = "q", seconds = 0.5, found = true }), 1)
    step = J:step(id, "a")
    t.eq({ step.state, step.value, step.remote_id, step.status, step.found, step.done_seq }, { "done", '{"id":1}', "1", 201, 1, 1 })
    local attempt = J:attempts(id, "a")[1]
    t.eq({ attempt.outcome, attempt.http_status, attempt.request_id, attempt.phase }, { "found", 201, "q", "do" })
    t.eq(raised(J.result, J, id, "a", {}).kind, "conflict")
    t.eq(raised(J.intent, J, id, create "a").kind, "conflict")
    t.eq(raised(J.result, J, id, "b", {}).kind, "conflict")
    t.eq({ J:run(id).done_count, J:attempts(id, "a")[1].outcome, #J:attempts(id) }, { 1, "found", 1 }, "nothing of them stays")
    t.eq(J:record(id, { path = "b", kind = "now", ordinal = 2 }, { value = "5" }), 2)
    t.eq(raised(J.record, J, id, { path = "b", kind = "now" }, {}).kind, "conflict")
    t.eq({ #J:steps(id), J:steps(id)[2].path }, { 2, "b" })
  end)

  t.it("is not sent again before it is settled", function()
    local J = open()
    local id = created(J)
    for _, class in ipairs { "create", "send" } do
      J:intent(id, create(class, { class = class }))
      t.eq(raised(J.intent, J, id, create(class, { class = class })).kind, "conflict", "an intent of " .. class)
      J:doubt(id, class, { kind = "timeout", message = "lost", seconds = 3 })
      t.eq(raised(J.intent, J, id, create(class, { class = class })).kind, "conflict", "in doubt")
      t.eq(J:step(id, class).error, '{"kind":"timeout","message":"lost"}')
      J:settled(id, class, "absent", { looks = "[1,2]" }, "look-up", "not there twice")
      t.eq(J:step(id, class).state, "failed")
      t.eq(J:intent(id, create(class, { class = class })), 2)
      J:settled(id, class, "done", { value = "7", remote_id = "7" }, "me", "seen")
      t.eq({ J:step(id, class).state, J:step(id, class).remote_id }, { "done", "7" })
    end
    for _, class in ipairs { "read", "set" } do
      J:intent(id, create(class, { class = class }))
      t.eq(J:intent(id, create(class, { class = class })), 2, "repeating does no harm")
    end
    J:intent(id, create("key", { op_key = "k" }))
    t.eq(raised(J.intent, J, id, create("key", { op_key = "other", again = "key" })).kind, "conflict")
    t.eq(J:intent(id, create("key", { op_key = "k", again = "key" })), 2)
    J:settled(id, "key", "skip", nil, "me", "not needed")
    t.eq(J:step(id, "key").state, "skipped")
    t.eq(raised(J.settled, J, id, "key", "done").kind, "conflict")
    t.eq(J:attempts(id, "create")[1].outcome, "settled_absent")
    t.eq(J:attempts(id, "create")[1].message, "not there twice")
    t.raises(function() J:settled(id, "set", "perhaps") end, "done, absent or skip")
  end)

  t.it("fails and is tried again", function()
    local J = open()
    local id = created(J)
    J:failure(id, create "early", { kind = "validation", message = "no" })
    t.eq({ J:step(id, "early").state, J:step(id, "early").attempt }, { "failed", 1 })
    J:intent(id, create "a")
    J:failure(id, "a", { kind = "rate_limited", message = "slow", status = 429, retry_at = 1234.5, data = '{"n":1}' })
    local step = J:step(id, "a")
    t.eq({ step.state, step.retry_at, step.status }, { "failed", 1234.5, 429 })
    t.eq(json.decode(step.error).data.n, 1)
    t.eq(J:intent(id, create "a"), 2)
    step = J:step(id, "a")
    t.eq({ step.state, step.retry_at, step.error, step.status }, { "intent" })
    t.eq(raised(J.doubt, J, id, "early", { kind = "timeout", message = "x" }).kind, "conflict")
  end)

  t.it("is undone in the order of its kind", function()
    local J = open()
    local id = created(J)
    for _, path in ipairs { "a", "b" } do J:intent(id, create(path)) end
    J:result(id, "b", {})
    t.eq(raised(J.undo_intent, J, id, "a", {}).kind, "conflict", "only what is done")
    J:result(id, "a", {})
    t.eq({ J:step(id, "b").done_seq, J:step(id, "a").done_seq }, { 1, 2 })
    t.eq(J:undo_intent(id, "a", { class = "set", operation = "ixon.invites.delete", mono = 2 }), 1)
    t.eq(json.decode(J:step(id, "a").undo).operation, "ixon.invites.delete")
    J:undo_doubt(id, "a", { kind = "timeout", message = "lost" })
    t.eq(J:undo_intent(id, "a", { class = "set" }), 2)
    J:undo_failed(id, "a", { kind = "server", message = "no", status = 500 })
    t.eq(J:step(id, "a").undo_state, "failed")
    J:undo_intent(id, "a", { class = "set" })
    J:undo_result(id, "a", { gone = true })
    t.eq({ J:step(id, "a").undo_state, J:step(id, "a").undo_error }, { "done" })
    t.eq(raised(J.undo_intent, J, id, "a", {}).kind, "conflict")
    J:undo_disabled(id, "b", "it was there before")
    t.eq(raised(J.undo_intent, J, id, "b", {}).kind, "conflict")
    t.eq(#J:attempts(id), 5)
  end)

  t.it("sleeps and asks, and the first word counts", function()
    local store = assert(host_store.open())
    local J, other = open(store), open(store)
    local id = created(J)
    t.eq(J:sleep(id, "s", 1, 100), 100)
    t.eq(J:sleep(id, "s", 1, 200), 100.0)
    J:result(id, "s", {})
    t.eq(J:approval(id, "ok", { ordinal = 2, ask = "fine?", deadline = 50, on_timeout = "reject" }).approved, nil)
    t.eq(other:decide(id, "ok", { approved = false, by = "b", comment = "no" }), true)
    local late, first = J:decide(id, "ok", { approved = true, by = "a" })
    t.eq({ late, first.by, first.approved, first.comment }, { nil, "b", false, "no" })
    t.eq(J:approval(id, "ok", { ask = "again?" }).by, "b")
    t.eq(J:step(id, "ok").wake_at, 50.0)
    t.eq(raised(J.decide, J, id, "s", { approved = true }).kind, "not_found")
    t.eq(types(J, id), "created sleep result approval decision")
  end)

  t.it("keeps no secret, and its JSON stays JSON", function()
    local handle = require("host.config").new()
    assert(handle:set("p", "s", "n", "j0urnal-c4nary", "here", true))
    assert(handle:set("p", "s", "m", "8675309", "here", true))
    local J = open()
    local id = created(J, "k", '{"pw":"j0urnal-c4nary"}')
    J:intent(id, create("a", { args = '{"pin":8675309,"who":"x","list":[1.50,"j0urnal-c4nary"]}' }))
    J:result(id, "a", { value = '"j0urnal-c4nary"', request_id = "j0urnal-c4nary" })
    J:state(id, "failed", '{"message":"j0urnal-c4nary"}')
    local step = J:step(id, "a")
    t.eq(step.args, '{"list":[1.5,"[secret]"],"pin":"[secret]","who":"x"}')
    t.eq(J:run(id).input_digest, J:digest '{"pw":"j0urnal-c4nary"}', "the digest is of what was given")
    for _, name in ipairs { "run", "step", "attempt", "event" } do
      for _, row in ipairs(J:rows("SELECT * FROM " .. name)) do
        for column, value in pairs(row) do
          t.ok(not tostring(value):find("c4nary", 1, true) and value ~= "8675309", name .. "." .. column)
        end
      end
    end
    t.eq(J:check(), 4)
  end)

  t.it("is not cut", function()
    local J = open()
    local id = created(J)
    local long = '"' .. ("x"):rep(1024 * 1024) .. '"'
    local err = raised(J.intent, J, id, create("a", { args = long }))
    t.eq(err.kind, "cap")
    t.eq(#J:steps(id), 0)
    J:intent(id, create "a")
    t.eq(raised(J.result, J, id, "a", { value = long }).kind, "cap")
    t.eq(J:step(id, "a").state, "intent")
    t.eq(J:result(id, "a", { value = long:sub(3) }), 1)
    t.eq(#J:step(id, "a").value, 1024 * 1024)
  end)
end)

t.describe("the journal", function()
  t.it("tells its hook what is on disk", function()
    local J = open()
    local seen = {}
    function J.hook(name, id, path) seen[#seen + 1] = name .. (path and "/" .. path or "") .. (id and "" or "-") end
    local id = created(J)
    J:own(id)
    J:intent(id, create "a")
    J:result(id, "a", {})
    J:intent(id, create "b")
    J:doubt(id, "b", { kind = "timeout", message = "x" })
    J:settled(id, "b", "absent")
    J:intent(id, create "b")
    J:failure(id, "b", { kind = "conflict", message = "x" })
    J:sleep(id, "s", 3, 5)
    J:approval(id, "ok", {})
    J:decide(id, "ok", { approved = true, by = "me" })
    J:event(id, "b", "looked", "{}")
    J:undo_intent(id, "a", {})
    J:undo_result(id, "a")
    J:state(id, "undone")
    t.eq(table.concat(seen, " "),
      "C0 own C1/a C2/a C1/b C2d/b C5/b C1/b C2f/b C3/s C3/ok C3/ok event/b C4/a C4r/a C6")
    -- killed after a commit: what was committed is there
    J.hook = function() error "killed" end
    t.raises(function() created(J, "other") end, "killed")
    t.eq(J:live("onboard", "other").state, "ready")
  end)

  t.it("is a chain that shows what was changed", function()
    local store = assert(host_store.open())
    local J = open(store)
    local id = created(J)
    for i = 1, 5 do J:record(id, { path = "n" .. i, kind = "note", ordinal = i }, { value = tostring(i) }) end
    t.eq(J:check(), 6)
    local ok, err = store:execute "DELETE FROM event WHERE seq = 3"
    t.ok(not ok and err.message:find "never deleted")
    ok, err = store:execute "UPDATE event SET data = '{}' WHERE seq = 3"
    t.ok(not ok and err.message:find "never changed")
    -- by somebody who takes the guards away
    local original = store:rows "SELECT * FROM event WHERE seq = 3"[1]
    local function guards_off() for _, name in ipairs { "event_stays", "event_is_final" } do
      assert(store:execute("DROP TRIGGER IF EXISTS " .. name))
    end end
    guards_off()
    local function broken(what)
      local bad, why = J:check()
      t.ok(not bad and why.kind == "file" and why.message:find(what, 1, true), why and why.message)
    end
    assert(store:execute "UPDATE event SET data = '{}' WHERE seq = 3")
    broken "event 3 is not what was written"
    assert(store:execute "UPDATE event SET type = 'pruned', at = NULL, data = NULL WHERE seq = 3")
    broken "event 3 was emptied by nobody"
    assert(store:execute("UPDATE event SET type = :type, at = :at, data = :data WHERE seq = 3", original))
    t.eq(J:check(), 6)
    assert(store:execute "DELETE FROM event WHERE seq = 6")
    broken "event 6 is missing"
    assert(store:execute "DELETE FROM event WHERE seq = 2")
    broken "event 2 is missing"
  end)

  t.it("forgets old runs, but not what is open or in doubt", function()
    local now = 1000000
    local J = journal.open(assert(host_store.open()), function() return now end)
    local function ended(state, doubt)
      now = now + 1
      local id = J:new_id()
      J:create { id = id, workflow = "w", key = id, source_set = J:sources { ["a.lua"] = "return '" .. id .. "'" } }
      J:intent(id, create "a")
      if not doubt then J:result(id, "a", {}) end
      if state then J:state(id, state) end
      return id
    end
    local old, open_one, doubtful = ended "done", ended(nil), ended("abandoned", true)
    local ids = {}
    for i = 1, 4 do ids[i] = ended "failed" end
    local kept_set = J:run(ids[4]).source_set
    t.eq(J:prune(90, 100), 0)
    t.eq(J:prune(90, 4), 1)
    t.eq(J:run(old), nil)
    t.eq(#J:steps(old) + #J:attempts(old), 0)
    now = now + 91 * 86400
    local fresh = ended "done"
    t.eq(J:prune(90, 100), 4)
    t.ok(J:run(open_one) and J:run(doubtful) and J:run(fresh))
    t.eq(raised(J.source, J, kept_set).kind, "file", "its source is gone, too")
    t.ok(J:source(J:run(open_one).source_set)["a.lua"])
    t.ok(J:check() > 20, "the chain holds")
    t.eq(types(J, old), "pruned pruned pruned pruned prune")
    t.eq(J:events(old)[1].data, nil)
  end)

  t.it("counts the runs of each workflow by themselves", function()
    local now = 1e6
    local store = assert(host_store.open())
    local J = journal.open(store, function() return now end)
    local function ended(workflow, n)
      for i = 1, n do
        now = now + 1
        local id = J:new_id()
        J:create { id = id, workflow = workflow, key = id }
        J:state(id, i % 2 == 0 and "done" or "failed")
      end
    end
    local function left()
      local out = {}
      for i, row in ipairs(store:rows "SELECT workflow, count(*) AS n FROM run GROUP BY 1 ORDER BY 1") do
        out[i] = row.workflow .. " " .. row.n
      end
      return table.concat(out, ", ")
    end
    ended("quiet", 3)
    ended("chatty", 130)
    ended("Zeitplan", 7)
    ended("chatty", 20)
    local hooked = 0
    t.eq(J:prune(90, 5, function() hooked = hooked + 1 end), 147)
    t.eq(left(), "Zeitplan 5, chatty 5, quiet 3", "one that runs often pushes none of another out")
    t.eq(hooked >= 5, true, "in several transactions")
    now = now + 80 * 86400
    ended("chatty", 4)
    t.eq(J:prune(90, 5), 4)
    t.eq(left(), "Zeitplan 5, chatty 5, quiet 3")
    now = now + 20 * 86400
    t.eq(J:prune(90, 5), 9, "age is the same for all")
    t.eq(left(), "chatty 4")
    t.eq(J:prune(90, 0), 4)
    t.ok(J:check())
  end)

  t.it("pins sources by what they are", function()
    local handle = require("host.config").new()
    assert(handle:set("p", "s", "n", "s0urce-c4nary", "here", true))
    local J = open()
    local set = J:sources { ["a.lua"] = "return 1", ["b.lua"] = "return 2" }
    t.eq(J:sources { ["b.lua"] = "return 2", ["a.lua"] = "return 1" }, set)
    t.ok(J:sources { ["a.lua"] = "return 1" } ~= set)
    local texts, elsewhere = J:source(set)
    t.eq({ texts["a.lua"], texts["b.lua"], next(elsewhere) }, { "return 1", "return 2" })
    local text = "local token = 's0urce-c4nary'"
    texts, elsewhere = J:source(J:sources { ["s.lua"] = text, ["a.lua"] = "return 1" })
    t.eq({ texts["s.lua"], elsewhere["s.lua"], texts["a.lua"] }, { nil, sys.sha256(text), "return 1" })
    J:execute "UPDATE source SET text = 'return 3' WHERE text = 'return 2'"
    t.eq(raised(J.source, J, set).kind, "file")
    t.eq(raised(J.source, J, ("0"):rep(64)).kind, "file")
    t.eq(raised(J.sources, J, { big = ("x"):rep(1024 * 1024 + 1) }).kind, "cap")
  end)

  t.it("notices that the end of it is gone", function()
    local dir = os.tmpname()
    os.remove(dir)
    local path, copy = dir .. "/store.db", dir .. "/copy.db"
    local store = assert(host_store.open(path))
    created(open(store))
    store:close()
    local function move(from, to) assert(sys.write_file(to, assert(sys.read_file(from)))) end
    move(path, copy)
    store = assert(host_store.open(path))
    local J = open(store)
    created(J)
    store:close()
    store = assert(host_store.open(path))
    t.ok(open(store), "nothing is gone")
    store:close()
    move(copy, path)
    store = assert(host_store.open(path))
    local err = raised(journal.open, store)
    t.eq(err.reason, "damaged")
    t.ok(err.message:find("ends at event 1, but event 2 was written", 1, true), err.message)
    os.remove(path .. ".reserve")
    t.ok(open(store), "somebody said that it is so")
    store:close()
    os.remove(path)
    os.remove(path .. ".reserve")
    -- another store in the same place is no shorter one
    move(copy, path)
    os.remove(path)
    os.remove(copy)
    store = assert(host_store.open(path))
    t.ok(store:reserve())
    store:mark "0123456789abcdef 99"
    t.eq(store:marked(), "0123456789abcdef 99")
    t.ok(open(store))
    store:close()
    for _, name in ipairs { "", ".reserve" } do os.remove(path .. name) end
    t.ok(os.remove(dir), "nothing else is there")
  end)
end)
