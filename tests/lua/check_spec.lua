-- check_spec.lua - arguments against their types: what passes, what is refused.
-- SPDX-License-Identifier: MIT

local t = require "test"
local acme = require "acme"
local json = require "host.json"

-- the body that a create sends for these members (name is given)
local function body(members)
  members.name = members.name or "n"
  return json.decode(acme.build("things.create", members).body)
end

local function refused(members)
  members.name = members.name or "n"
  return acme.problems("things.create", members)
end

-- value that passes, value that is refused, the message
local types = {
  { "name", "abc", 5, "name: string expected, got number 5" },
  { "name", "a", "", "name: at least 1 character expected, got 0" },
  { "name", "äöüäöüäöüä", "äöüäöüäöüäö", "name: at most 10 characters expected, got 11" },
  { "name", "x", "\xff", "name: text is not UTF-8" },
  { "name", "x", true, "name: string expected, got boolean true" },
  { "kind", "small", "smal", "kind: 'smal' is none of small, large (did you mean 'small'?)" },
  { "count", 10, 11, "count: at most 10 expected, got 11" },
  { "count", 1, 0, "count: at least 1 expected, got 0" },
  { "count", 3.0, 3.5, "count: integer expected, got number 3.5" },
  { "count", 3, "3", "count: integer expected, got '3'" },
  { "count", 3, 0 / 0, nil },
  { "ratio", 0.5, 1.5, "ratio: at most 1 expected, got 1.5" },
  { "ratio", 1, "1", "ratio: number expected, got '1'" },
  { "ratio", 0, 0 / 0, nil },
  { "on", false, "true", "on: true or false expected, got 'true'" },
  { "on", true, 1, "on: true or false expected, got number 1" },
  { "lit", true, 2, "lit: true or false expected, got number 2" },
  { "uid", "497f6eca-6276-4993-bfeb-53cbbbba6f08", "497f6eca62764993bfeb53cbbbba6f08",
    "uid: a UUID such as 497f6eca-6276-4993-bfeb-53cbbbba6f08 expected, got '497f6eca62764993bfeb53cbbbba6f08'" },
  { "uid", "497F6ECA-6276-4993-BFEB-53CBBBBA6F08", "497f6eca-6276-4993-bfeb-53cbbbba6f0g", nil },
  { "at", "2026-11-21T20:10:00Z", "2026-11-21", nil },
  { "at", "2026-11-21T20:10:00.123+01:00", "2026-11-21T20:10:00X", nil },
  { "at", "2026-11-21T20:10:00", "21.11.2026 20:10", nil },
  { "day", "2026-11-21", "2026-11-21T20:10:00Z", "day: a date such as 2026-11-21 expected, got '2026-11-21T20:10:00Z'" },
  { "tags", { "a", "b", "c" }, { "a", "b", "c", "d" }, "tags: at most 3 elements expected, got 4" },
  { "tags", {}, { "a", 2 }, "tags[2]: string expected, got number 2" },
  { "tags", { "a" }, { one = "a" }, "tags: list expected, got a table with the key 'one'" },
  { "tags", { "a" }, "a", "tags: list expected, got 'a'" },
  { "places", { { ref = { id = "abcd" } } }, { { ref = { id = "abc" } } }, "places[1].ref.id: at least 4 characters expected, got 3" },
  { "home", { ref = { id = "abcd" }, floor = 0 }, { ref = { id = "abcd" }, floor = 10 }, "home.floor: at most 9 expected, got 10" },
  { "home", { ref = { id = "ab12" } }, { ref = { id = "AB12" } }, "home.ref.id: 'AB12' does not have the form [0-9a-z]+" },
  { "home", { ref = { id = "abcd" } }, "abcd", "home: table (Place) expected, got 'abcd'" },
  { "home", { ref = { id = "abcd" } }, { { ref = { id = "abcd" } } }, "home: table (Place) expected, got table" },
  { "free", { x = { y = 1 } }, { 1, 2 }, nil },
  { "free", {}, "text", "free: table with names as keys expected, got 'text'" },
  { "note", json.null, 1, "note: string expected, got number 1" },
  { "login", "joe", "root", "login: 'root' is not allowed here" },
}

t.describe("types", function()
  for i, case in ipairs(types) do
    local name, good, bad, message = table.unpack(case, 1, 4)
    t.it(("%s accepts and refuses (%d)"):format(name, i), function()
      local sent = body { [name] = good }
      t.ok(sent[name] ~= nil or good == json.null, "nothing was sent for " .. name)
      local problems = refused { [name] = bad }
      t.eq(#problems, 1)
      if message then t.eq(problems[1], message) else t.eq(problems[1]:match "^%w+", name) end
    end)
  end

  t.it("are sent as they should look", function()
    local members = { name = "n", count = 3.0, ratio = 1, on = false, lit = false, tags = {}, free = {}, anything = { 1, { a = {} } },
      note = json.null, home = json.null, places = { { ref = { id = "abcd" }, floor = 2.0 } } }
    t.eq(acme.build("things.create", members).body, '{"anything":[1,{"a":{}}],"count":3,"free":{},"home":null,"lit":"0","name":"n",'
      .. '"note":null,"on":false,"places":[{"floor":2,"ref":{"id":"abcd"}}],"ratio":1,"state":"new","tags":[]}')
    t.eq(body { lit = true }.lit, "1")
    t.eq(body { lit = 0 }.lit, "0")
    t.eq(body { lit = "1" }.lit, "1")
  end)

  t.it("are checked for every element of a list, with its place", function()
    local problems = refused { places = { { ref = { id = "abcd" } }, { floor = 1 }, { ref = { id = "a" }, flor = 1 } } }
    t.eq(problems, { "places[2].ref: required, but missing", "places[3].flor: unknown member (did you mean 'floor'?); accepted: ref, floor",
      "places[3].ref.id: at least 4 characters expected, got 1" })
  end)

  t.it("do not show the value of a secret", function()
    local row = { type = "string", secret = true, pattern = "[0-9]+", not_in = { "p1n-canary" } }
    local problems = {}
    require("core.check").value(acme.catalogue, row, "p1n-canary", "pin", problems)
    t.eq(#problems, 2)
    for _, problem in ipairs(problems) do t.ok(not problem.message:find("canary", 1, true), problem.message) end
    problems = {}
    require("core.check").value(acme.catalogue, row, 70915, "pin", problems)
    t.ok(not problems[1].message:find("70915", 1, true), problems[1].message)
    problems = {}
    require("core.check").value(acme.catalogue, { type = "string", secret = true, enum = { "a" } }, "p1n-canary", "pin", problems)
    t.eq(#problems, 1)
    t.ok(not problems[1].message:find("canary", 1, true), problems[1].message)
  end)
end)

t.describe("null", function()
  t.it("passes where the row says so, and only there", function()
    t.eq(acme.build("things.create", { name = "n", note = json.null }).body, '{"name":"n","note":null,"state":"new"}')
    t.eq(refused { count = json.null }, { "count: integer expected, got null" })
    t.eq(refused { tags = { "a", json.null } }, { "tags[2]: string expected, got null" })
    t.eq(acme.problems("things.create", { name = json.null }), { "name: string expected, got null" })
    t.eq(acme.build("things.create", { name = "n", anything = json.null }).body, '{"anything":null,"name":"n","state":"new"}')
  end)

  t.it("of a decoded record is sent back", function()
    local record = assert(json.decode '{"name":"n","note":null,"home":null,"tags":[],"free":{},"count":4}')
    t.eq(record.note, nil)
    t.eq(acme.build("things.create", record).body, '{"count":4,"free":{},"home":null,"name":"n","note":null,"state":"new","tags":[]}')
  end)

  t.it("of a decoded record inside another is sent back", function()
    local record = assert(json.decode '{"name":"n","free":{"a":null,"b":[null]},"anything":{"c":null}}')
    t.eq(acme.build("things.create", record).body, '{"anything":{"c":null},"free":{"a":null,"b":[null]},"name":"n","state":"new"}')
  end)

  t.it("of a decoded record can be overwritten", function()
    local record = assert(json.decode '{"name":"n","note":null}')
    record.note = "now"
    t.eq(acme.build("things.create", record).body, '{"name":"n","note":"now","state":"new"}')
  end)

  t.it("in a list of decoded records is sent back", function()
    local records = assert(json.decode '[{"name":"a","note":null},{"name":"b"}]')
    t.eq(acme.build("things.create_many", records).body, '[{"name":"a","note":null,"state":"new"},{"name":"b","state":"new"}]')
  end)

  t.it("that is refused is refused in a decoded record too", function()
    local record = assert(json.decode '{"name":"n","count":null}')
    t.eq(acme.problems("things.create", record), { "count: integer expected, got null" })
  end)
end)

t.describe("members", function()
  t.it("that are unknown name the nearest and all that are accepted", function()
    local problems = refused { cuont = 1 }
    t.eq(#problems, 1)
    t.eq(problems[1]:match "^(.-%?%))", "cuont: unknown parameter (did you mean 'count'?)")
    t.ok(problems[1]:find("accepted: name, kind, note, count", 1, true), problems[1])
    t.ok(refused({ zzzzzz = 1 })[1]:find("zzzzzz: unknown parameter; accepted", 1, true))
  end)

  t.it("are all reported at once", function()
    local problems, err = acme.problems("things.update", { nmae = "x", count = 99, home = { floor = "g" }, tags = { 1, 2 } })
    t.eq(#problems, 8)
    t.eq(err.message, "8 problems, nothing was sent")
    t.eq(err.service, "acme")
    t.eq(err.operation, "things.update")
    t.eq(require("host.err").exit_code(err), 2)
    t.ok(err.where and err.where:find "^tests/lua/acme.lua:%d+$", err.where)
  end)

  t.it("of an open shape pass, with what they hold", function()
    t.eq(acme.build("things.open", { name = "n", extra = { list = {}, deep = { 1 } } }).body,
      '{"extra":{"deep":[1],"list":{}},"name":"n"}')
    t.eq(acme.problems("things.open", { extra = 1 }), { "name: required, but missing" })
  end)

  t.it("of which one, or at least one, is wanted", function()
    t.eq(acme.problems("things.either", {}), { "one of a, b is required" })
    t.eq(acme.problems("things.either", { a = "1", b = "2" }), { "only one of a, b may be given" })
    t.eq(acme.build("things.either", { b = "2" }).body, '{"b":"2"}')
    t.eq(acme.problems("things.some", {}), { "one of a, b is required" })
    t.eq(acme.build("things.some", { a = "1", b = "2" }).body, '{"a":"1","b":"2"}')
    t.eq(acme.problems("things.least", {}), { "at least 1 member expected" })
    t.eq(acme.build("things.least", { b = "2" }).body, '{"b":"2"}')
  end)

  t.it("with a preset are sent, unless the call says otherwise", function()
    t.eq(body({}).state, "new")
    t.eq(body({ state = "old" }).state, "old")
  end)
end)
