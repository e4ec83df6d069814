-- error_spec.lua - structured errors: made, shown, raised, suggested.
-- SPDX-License-Identifier: MIT

local t = require "test"
local duration = require "core.duration"
local error_ = require "core.error"
local host_err = require "host.err"
local pointer = require "core.pointer"
local suggest = require "core.suggest"

t.describe("a structured error", function()
  t.it("keeps its fields and is known for one", function()
    local err = error_.new("conflict", "twice", { status = 409, service = "acme" })
    t.eq({ err.kind, err.message, err.status, err.service }, { "conflict", "twice", 409, "acme" })
    t.ok(error_.is(err))
    for _, other in ipairs { {}, "text", 1, { kind = "conflict", message = "x" } } do t.ok(not error_.is(other)) end
    t.ok(not error_.is(setmetatable({}, { __name = "errand.error" })))
  end)

  t.it("of no known kind is a fault of the script", function()
    t.eq(error_.new("odd", "x").kind, "script")
  end)

  t.it("is one sentence as text, with all its problems below", function()
    local err = error_.new("validation", "2 problems", { service = "acme", operation = "things.create", status = 422, where = "a.lua:3",
      problems = { { path = "name", message = "missing" }, { message = "odd" } } })
    t.eq(tostring(err), "a.lua:3: acme.things.create: 2 problems (HTTP 422)\n  - name: missing\n  - odd")
    t.eq("cannot: " .. error_.new("conflict", "twice"), "cannot: twice")
    t.eq(tostring(error_.new("conflict", "HTTP 409: twice", { status = 409 })), "HTTP 409: twice")
  end)

  t.it("shows no control characters and no secret", function()
    local handle = require("host.config").new()
    assert(handle:set("p", "s", "n", "err0r-canary", "here", true))
    local text = tostring(error_.new("server", "bad \27[2J token err0r-canary \u{202e}", { problems = { { message = "err0r-canary" } } }))
    t.ok(not text:find("canary", 1, true) and not text:find "\27" and not text:find("\u{202e}", 1, true), text)
  end)

  t.it("has the exit code of its kind", function()
    local codes = { script = 1, validation = 2, config = 2, in_doubt = 4, auth = 5, not_found = 6, conflict = 6, rate_limited = 6,
      server = 7, network = 7, timeout = 7, cap = 8, cancelled = 130 }
    for kind, code in pairs(codes) do t.eq(host_err.exit_code(error_.new(kind, "x")), code, kind) end
    t.eq(host_err.exit_code(error_.new("validation", "x", { status = 422 })), 6)
    t.eq(host_err.exit_code(error_.new("validation", "x", { status = 200 })), 6)
    t.eq(host_err.exit_code "text", 1)
    t.eq(host_err.exit_code(nil), 1)
  end)

  t.it("is raised with the line of the script", function()
    local err = t.raises(function() error_.raise("conflict", "twice") end, "twice")
    t.ok(err.where:find "^tests/lua/error_spec.lua:%d+$", err.where)
    err = t.raises(function() error_.raise("conflict", "twice", { where = "own:1" }) end)
    t.eq(err.where, "own:1")
  end)

  t.it("of a host primitive is raised with more fields, not over its own", function()
    local err = t.raises(function() error_.rethrow(error_.new("file", "gone", { service = "own" }), { service = "x", operation = "y" }) end)
    t.eq({ err.kind, err.service, err.operation }, { "file", "own", "y" })
  end)

  t.it("with one problem is that problem; with several it lists them", function()
    local err = t.raises(function() error_.problems("validation", { { path = "name", message = "missing" } }) end, "name: missing")
    t.eq(err.problems, nil)
    err = t.raises(function() error_.problems("validation", { { path = "a", message = "x" }, { message = "y" } }) end, "2 problems")
    t.eq(#err.problems, 2)
    t.raises(function() error_.problems("validation", { { path = "", message = "alone" } }) end, "alone")
  end)
end)

t.describe("suggestions", function()
  t.it("are near, or none", function()
    local names = { "users", "groups", "users_of_group", "roles" }
    t.eq(suggest.nearest("user", names), "users")
    t.eq(suggest.nearest("gruops", names), "groups")
    t.eq(suggest.nearest("rols", names), "roles")
    t.eq(suggest.nearest("xyz", names), nil)
    t.eq(suggest.nearest("", names), nil)
    t.eq(suggest.nearest("a", {}), nil)
    t.eq(suggest.nearest("users_of", names), "users_of_group")
    t.eq(suggest.did_you_mean("xyz", names), "")
    t.eq(suggest.did_you_mean(5, { "5" }), " (did you mean '5'?)")
  end)
end)

t.describe("pointers", function()
  t.it("follow members and positions", function()
    local value = { a = { b = { "x", "y" } }, ["a/b"] = 1, ["m~n"] = 2, [""] = 3 }
    t.eq(pointer.get(value, "/a/b/1"), "y")
    t.ok(rawequal(pointer.get(value, ""), value))
    t.eq(pointer.get(value, "/a~1b"), 1)
    t.eq(pointer.get(value, "/m~0n"), 2)
    t.eq(pointer.get(value, "/"), 3)
    t.eq(pointer.get({ ["~1"] = 4 }, "/~01"), 4)
    for _, absent in ipairs { "/x", "/a/x/y", "/a/b/2", "/a/b/0/z" } do t.eq(pointer.get(value, absent), nil, absent) end
    t.eq(pointer.get(nil, "/a"), nil)
    t.eq(pointer.get({ ["0"] = "name" }, "/0"), "name")
  end)

  t.it("give the first that is there", function()
    t.eq(pointer.first({ b = 2, c = 3 }, { "/a", "/b", "/c" }), 2)
    t.eq(pointer.first({ a = false, b = 2 }, { "/a", "/b" }), false)
    t.eq(pointer.first({ b = 2 }, "/b"), 2)
    t.eq(pointer.first({}, { "/a" }), nil)
  end)
end)

t.describe("durations", function()
  t.it("are numbers or texts with units", function()
    for text, seconds in pairs { ["2h"] = 7200, ["1h30m"] = 5400, ["500ms"] = 0.5, ["1.5s"] = 1.5, ["1d"] = 86400, ["90"] = 90 } do
      t.near(duration.seconds(text), seconds)
    end
    for _, wrong in ipairs { "", "h", "2 h", "-1s", "1x", "1h30", "nan", -1, {}, false } do
      local seconds, message = duration.seconds(wrong)
      t.eq(seconds, nil, tostring(wrong))
      t.ok(message:find("expected, got", 1, true))
    end
  end)
end)
