-- journal_fold_spec.lua - the chain of events stays short, whole, and shows what was changed.
-- SPDX-License-Identifier: MIT
local t = require "test"
local host_store = require "host.store"
local journal = require "core.run.journal"

local function open(store) return journal.open(store or assert(host_store.open())) end

local function created(J)
  local id = J:new_id()
  assert(J:create { id = id, workflow = "onboard", key = id, input = "{}", seed = 7 })
  return id
end

local function types(J, id)
  local out = {}
  for i, row in ipairs(J:events(id)) do out[i] = row.type end
  return table.concat(out, " ")
end

t.describe("the chain of events", function()
  t.it("is folded where runs are forgotten", function()
    local now = 1e9
    local store = assert(host_store.open())
    local J = journal.open(store, function() return now end)
    local function ended(n) for _ = 1, n do J:state(created(J), "done") end end
    local function count(type_) return #store:rows("SELECT 1 FROM event WHERE type = ?", { type_ }) end
    ended(5)
    local open_one = created(J)
    ended(5)
    now = now + 91 * 86400
    t.eq(J:prune(90, 100), 10)
    -- 10 of the first runs; the open one; 10 of the others and 10 that say that they were forgotten
    t.eq({ count "pruned", count "folded", count "prune", count "fold", types(J, open_one) }, { 0, 2, 0, 2, "created" })
    t.eq(J:check(), 33)
    t.eq(J:prune(90, 100), 0)
    t.eq(J:check(), 33, "nothing to do is nothing done")
    J:state(open_one, "cancelled")
    ended(20)
    now = now + 91 * 86400
    local fresh = created(J)
    t.eq(J:prune(90, 100), 21)
    t.eq({ count "pruned", count "folded", count "fold", #store:rows "SELECT 1 FROM event", types(J, fresh) },
      { 0, 2, 2, 5, "created" })
    t.eq(J:check(), 98)
    t.eq(J:check(), store:rows "SELECT seq FROM sqlite_sequence WHERE name = 'event'"[1].seq)
  end)

  t.it("is folded where an older errand left it long", function()
    local store = assert(host_store.open())
    local J = open(store)
    for _ = 1, 10 do
      local id = created(J)
      J:event(id, nil, "prune")
      store:execute("UPDATE event SET type = 'pruned', at = NULL, data = NULL WHERE run = ? AND type <> 'prune'", { id })
      store:execute("DELETE FROM run WHERE id = ?", { id })
    end
    t.eq(J:check(), 20)
    t.eq(J:prune(90, 100), 0)
    t.eq({ J:check(), #store:rows "SELECT 1 FROM event" }, { 21, 2 })
  end)

  -- A journal that has been pruned again and again while runs were open.
  local function folded_journal(seed, hook, store)
    math.randomseed(seed)
    local now, opened = 1e9, {}
    store = store or assert(host_store.open())
    local J = journal.open(store, function() return now end)
    J.hook = hook
    for _ = 1, 12 do
      for _ = 1, math.random(0, 12) do
        local id = created(J)
        if math.random(6) == 1 then opened[#opened + 1] = id else J:state(id, "done") end
      end
      if opened[1] and math.random(3) == 1 then J:state(table.remove(opened, math.random(#opened)), "failed") end
      now = now + math.random(10) * 86400
      J:prune(20, 100)
      local seq = store:rows "SELECT seq FROM sqlite_sequence WHERE name = 'event'"[1]
      t.eq(J:check(), seq and seq.seq or 0)
    end
    return J, store
  end

  t.it("can be followed however it was folded", function()
    for seed = 1, 8 do
      local J, store = folded_journal(seed)
      local rows = store:rows "SELECT seq, type FROM event ORDER BY seq"
      J.folded = false
      J:prune(20, 100)
      t.eq(store:rows "SELECT seq, type FROM event ORDER BY seq", rows, "there is nothing left to fold")
      local runs = {}
      for _, run in ipairs(J:runs()) do runs[run.id] = true end
      for _, event in ipairs(store:rows "SELECT DISTINCT run FROM event WHERE type IN ('created', 'state')") do
        t.ok(runs[event.run], "of runs that are here nothing is gone")
        runs[event.run] = nil
      end
      t.eq(next(runs), nil)
    end
  end)

  t.it("shows what was changed beside what is folded", function()
    local J, store = folded_journal(3)
    for _, name in ipairs { "event_stays", "event_is_final" } do assert(store:execute("DROP TRIGGER " .. name)) end
    local fine = J:check()
    local seen = {}
    local function finds(row, what, sql, parameters)
      local undo = {}
      pcall(store.atomic, store, function()
        assert(store:execute(sql, parameters))
        local ok, err = J:check()
        t.ok(not ok and err.kind == "file", ("event %d (%s): %s"):format(row.seq, row.type, what))
        seen[row.type] = (seen[row.type] or 0) + 1
        error(undo)
      end)
    end
    local rows = store:rows "SELECT * FROM event ORDER BY seq"
    for _, row in ipairs(rows) do
      finds(row, "deleted", "DELETE FROM event WHERE seq = ?", { row.seq })
      for _, column in ipairs { "at", "path", "actor", "data", "hash", "prev_hash" } do
        finds(row, column, ("UPDATE event SET %s = '3' WHERE seq = ?"):format(column), { row.seq })
      end
      if row.type ~= "pruned" then
        finds(row, "run", "UPDATE event SET run = 'r-other2' WHERE seq = ?", { row.seq })
        finds(row, "type", "UPDATE event SET type = 'note' WHERE seq = ?", { row.seq })
      end
      if row.type == "created" then
        finds(row, "emptied", "UPDATE event SET type = 'pruned', at = NULL, data = NULL WHERE seq = ?", { row.seq })
      end
    end
    t.ok(seen.folded and seen.fold and seen.prune and seen.pruned and seen.created, "all sorts of events were there")
    t.eq(J:check(), fine)
    -- a stretch that takes its neighbour in
    for at, row in ipairs(rows) do
      local after = rows[at + 1]
      if row.type == "folded" and after then
        pcall(store.atomic, store, function()
          assert(store:execute("DELETE FROM event WHERE seq = ?", { row.seq }))
          assert(store:execute("UPDATE event SET type = 'folded', run = '', at = NULL, path = NULL, actor = NULL, data = ?,"
            .. " prev_hash = ? WHERE seq = ?", { tostring(tonumber(row.data) + 1), row.prev_hash, after.seq }))
          local ok, err = J:check()
          t.ok(not ok and err.message:find "folded by nobody", ok or err.message)
          error "undo"
        end)
      end
    end
    t.eq(J:check(), fine)
  end)

  t.it("is whole wherever the folding is killed", function()
    local commits = 0
    folded_journal(5, function(name) commits = commits + (name == "prune" and 1 or 0) end)
    t.ok(commits > 20)
    for n = 1, commits, 3 do
      local store, left = assert(host_store.open()), n
      t.raises(function()
        folded_journal(5, function(name)
          if name == "prune" then left = left - 1 end
          if left == 0 then error "killed" end
        end, store)
      end, "killed")
      local J = journal.open(store, function() return 2e9 end)
      t.ok(J:check())
      J:prune(20, 100)
      local count = J:check()
      t.eq(store:rows "SELECT seq FROM sqlite_sequence WHERE name = 'event'"[1].seq, count)
      J.folded = false
      J:prune(20, 100)
      t.eq(J:check(), count, "the next one has left nothing to do")
    end
  end)
end)
