-- store_spec.lua - the record of writes, as lua/core uses it.
-- SPDX-License-Identifier: MIT
local t = require "test"
local host_store = require "host.store"

local function call(key)
  return { service = "ixon", profile = "prod", account = "acme", operation = "invites.create", effect = "create",
    key = key, arguments = "{}" }
end

local function find(store, key)
  return store:find_remote { service = "ixon", profile = "prod", account = "acme", operation = "invites.create", key = key }
end

t.describe("store", function()
  t.it("records a call, its end, and what it made", function()
    local store <close> = assert(host_store.open())
    local id = assert(store:begin(call "a@example.com"))
    t.eq(find(store, "a@example.com"), nil)
    t.eq(store:finish(id, "done", 201, "inv1"), true)
    t.eq(find(store, "a@example.com"), "inv1")
    t.eq(find(store, "b@example.com"), nil)
    local second = assert(store:begin(call(nil)))
    t.eq(store:finish(second, "failed", 409, nil, "exists"), true)
    local rows = store:calls()
    t.eq(#rows, 2)
    t.eq({ rows[1].outcome, rows[1].status, rows[1].message, rows[1].key }, { "failed", 409, "exists", nil })
    t.eq({ rows[2].outcome, rows[2].remote_id, rows[2].key, rows[2].operation },
      { "done", "inv1", "a@example.com", "invites.create" })
    t.ok(rows[1].at:find "^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ$")
    t.eq(#store:calls(1), 1)
    t.eq(store:check(), true)
  end)

  t.it("keeps secrets out", function()
    local handle = require("host.config").new()
    assert(handle:set("p", "s", "n", "st0re-c4nary", "here", true))
    local store <close> = assert(host_store.open())
    local given = call "a@example.com"
    given.arguments = '{"password":"st0re-c4nary"}'
    local id = assert(store:begin(given))
    store:finish(id, "in_doubt", 0, nil, "sent st0re-c4nary")
    local row = store:calls()[1]
    t.ok(not (row.arguments .. row.message):find("c4nary", 1, true))
  end)

  t.it("keeps what was sent and what came back", function()
    local store <close> = assert(host_store.open())
    local id = assert(store:begin(call "a@example.com", { method = "POST", url = "https://example.com/x", request_body = "{}" }))
    t.eq(store:exchange(1).outcome, "sent")
    t.eq(store:finish(id, "failed", 409, nil, "exists", { reply_body = "no", kind = "conflict", attempts = 2, seconds = 0.5 }), true)
    local row = store:exchange(1)
    t.eq({ row.service, row.operation, row.outcome, row.status, row.message, row.kind, row.attempts, row.seconds, row.reply_body },
      { "ixon", "invites.create", "failed", 409, "exists", "conflict", 2, 0.5, "no" })
    t.eq(store:add {}, true)
    t.eq(store:add { { service = "acme", operation = "a.b", outcome = "done", at = 1.25 }, { service = "acme", outcome = "done" } }, true)
    t.eq(#store:exchanges(), 3)
    t.eq(#store:exchanges { service = "acme", limit = 1 }, 1)
    t.eq(store:exchanges { operation = "a.b" }[1].at, "1970-01-01T00:00:01.250Z")
    t.eq(store:exchange(99), nil)
    t.raises(function() store:add { { servic = "x" } } end, "service")
    t.raises(function() store:add { 1 } end, "table expected")
    t.raises(function() store:exchanges { limt = 1 } end, "limit")
    t.raises(function() store:begin(call "x", { method = 1 }) end, "method")
    t.eq(#store:exchanges(), 3)
  end)

  t.it("says what is wrong", function()
    local store = assert(host_store.open())
    t.raises(function() store:begin { service = "ixon" } end, "operation")
    local misspelt = call "x"
    misspelt.argument = "{}"
    t.raises(function() store:begin(misspelt) end, "arguments")
    t.raises(function() store:begin(call "a\0b") end, "NUL")
    local ok, err = store:finish(12345, "done", 200)
    t.ok(not ok and err.message:find("no call 12345", 1, true))
    ok, err = store:finish(1, "perhaps", 200)
    t.ok(not ok and err.kind == "script")
    store:close()
    store:close()
    t.raises(function() store:calls() end, "closed store")
    ok, err = host_store.open "/dev/null/store.db"
    t.ok(not ok and err.kind == "file")
  end)

  t.it("lives in a file", function()
    local path = os.tmpname()
    os.remove(path)
    path = path .. ".d/store.db"
    local store = assert(host_store.open(path))
    local id = assert(store:begin(call "k@example.com"))
    assert(store:finish(id, "done", 200, "r1"))
    store:close()
    local again <close> = assert(host_store.open(path))
    t.eq(find(again, "k@example.com"), "r1")
    again:close()
    os.remove(path)
    os.remove((path:gsub("/store.db$", "")))
  end)
end)
