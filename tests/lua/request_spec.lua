-- request_spec.lua - where the arguments of a call go in its request.
-- SPDX-License-Identifier: MIT

local t = require "test"
local acme = require "acme"
local json = require "host.json"

local function query(name, ...)
  local out = {}
  for i, pair in ipairs(acme.build(name, ...).query) do out[i] = pair[1] .. "=" .. pair[2] end
  return table.concat(out, "&")
end

local function path(name, ...)
  local request = acme.build(name, ...)
  local values = {}
  for _, pair in ipairs(request.path) do values[pair[1]] = pair[2] end
  return (request.template:gsub("{(%w+)}", values))
end

t.describe("path values", function()
  t.it("are the leading scalars, in the order of the template", function()
    t.eq(path("people.get", "hr", 6), "/portals/hr/people/6")
    t.eq(path("people.create", "hr", { x = 1 }), "/portals/hr/people")
  end)

  t.it("may be given by name", function()
    t.eq(path("people.get", { portal = "hr", id = 6 }), "/portals/hr/people/6")
    t.eq(path("people.get", "hr", { id = 6 }), "/portals/hr/people/6")
    local request = acme.build("things.update", { id = "a", name = "n" })
    t.eq(request.body, '{"name":"n","state":"new"}')
  end)

  t.it("that are whole numbers never have a fraction", function()
    t.eq(path("things.get", 6), "/things/6")
    t.eq(path("things.get", 6.0), "/things/6")
    t.eq(path("people.get", "hr", 6.0), "/portals/hr/people/6")
    t.eq(path("things.get", 2 ^ 53), "/things/9007199254740992")
    for _, value in ipairs { 1.5, 1e300, math.huge, -math.huge } do
      t.eq(acme.problems("things.get", value), { "id: text or a whole number expected, got " .. tostring(value) })
      t.eq(acme.problems("people.get", "hr", value), { "id: text or a whole number expected, got " .. tostring(value) })
    end
    t.eq(#acme.problems("things.get", 0 / 0), 1)
    t.eq(acme.problems("things.list", { q = { equals = math.huge } }), { "q[equals]: finite number expected, got inf" })
  end)

  t.it("that miss, are too many or empty are refused", function()
    t.eq(acme.problems("people.get"), { "id: path value missing (argument 2)", "portal: path value missing (argument 1)" })
    t.eq(acme.problems("people.get", "hr"), { "id: path value missing (argument 2)" })
    t.eq(acme.problems("things.get", "a", "b"), { "2 path values given, acme.things.get wants 1" })
    t.eq(acme.problems("things.get", ""), { "id: must not be empty" })
    t.eq(acme.problems("people.get", "hr", "x"), { "id: integer expected, got 'x'" })
    t.eq(acme.problems("things.get", { id = { 1 } }), { "id: string expected, got table" })
    t.eq(acme.problems("things.get", { id = json.null }), { "id: string expected, got null" })
  end)

  t.it("that are given twice are refused", function()
    t.ok(acme.problems("things.get", "a", { id = "b" })[1]:find("id: unknown parameter", 1, true))
  end)

  t.it("that are nil are refused, not skipped", function()
    t.raises(function() acme.build("people.get", nil, 6) end, "acme.people.get: argument 1 is nil")
    t.raises(function() acme.build("things.get", true) end, "argument 1: string or number expected, got boolean")
    t.raises(function() acme.build("things.get", print) end, "string or number expected, got function")
    t.eq(acme.problems("things.get", nil), { "id: path value missing (argument 1)" })
  end)
end)

t.describe("the query", function()
  t.it("stands in the order of its rows", function()
    t.eq(query("things.list", { kind = "small", q = "x", limit = 5, after = "b" }), "limit=5&after=b&q=x&kind=small")
  end)

  t.it("has operators, known and unknown ones, sorted", function()
    t.eq(query("things.list", { q = { equals = "a b", contains = 1.0 } }), "q[contains]=1&q[equals]=a b")
    t.eq(query("things.list", { q = { starts_with = "x" } }), "q[starts_with]=x")
    t.eq(query("things.list", { q = "plain" }), "q=plain")
    t.eq(acme.problems("things.list", { q = { ["e]["] = 1 } }), { "q: 'e][' is no operator; known: equals, contains" })
    t.eq(acme.problems("things.list", { q = { "x" } }), { "q: '1' is no operator; known: equals, contains" })
    t.eq(acme.problems("things.list", { q = { equals = {} } }), { "q[equals]: text expected, got table" })
    t.eq(acme.problems("things.list", { q = { equals = json.null } }), { "q[equals]: text expected, got null" })
  end)

  t.it("repeats a list, or joins it", function()
    t.eq(query("things.list", { tag = { "a", "b" }, fields = { "id", "name" } }), "tag=a&tag=b&fields=id,name")
    t.eq(query("things.list", { tag = "a", fields = "id" }), "tag=a&fields=id")
    t.eq(query("things.list", { tag = {} }), "")
    t.eq(acme.problems("things.list", { tag = { "a", {} } }), { "tag[2]: string expected, got table" })
  end)

  t.it("writes flags, booleans and JSON as the vendor wants them", function()
    t.eq(query("things.list", { lit = true, deep = { b = { 1, json.null }, a = json.array {} } }), 'deep={"a":[],"b":[1,null]}&lit=1')
    t.eq(query("things.list", { lit = false, deep = '{"as":"given"}' }), 'deep={"as":"given"}&lit=0')
    t.eq(query("things.update", "a", { name = "n", notify = false }), "notify=false")
    t.eq(query("pages.list", { get_all = true, page = 2.0 }), "page=2&get_all=true")
  end)

  t.it("holds no null", function()
    t.eq(acme.problems("things.list", { kind = json.null }), { "kind: string expected, got null" })
    t.eq(acme.problems("things.list", (json.decode '{"kind":null}')), { "kind: string expected, got null" })
  end)

  t.it("holds what the catalogue fixes, beside the body", function()
    local request = acme.build("things.act", { who = "me" })
    t.eq(request.query, { { "v", "2" } })
    t.eq(request.body, '{"action":"wake","who":"me"}')
    t.ok(acme.problems("things.act", { who = "me", action = "sleep" })[1]:find("action: unknown parameter", 1, true))
  end)

  t.it("fixes several values in one order", function()
    local op = {}
    for key, value in pairs(acme.operation "things.act") do op[key] = value end
    op.fixed = { query = { e = 5, b = 2, d = 4, a = 1, c = 3 } }
    local request = require("core.request").build(acme.catalogue, op, {}, require("core.request").parse(op, { who = "x" }))
    t.eq(request.query, { { "a", "1" }, { "b", "2" }, { "c", "3" }, { "d", "4" }, { "e", "5" } })
  end)
end)

t.describe("headers", function()
  local function headers(...)
    return acme.build("things.create", ...).headers
  end

  t.it("come from a setting, or from the call", function()
    t.eq(headers { name = "n" }, { "Acme-Brand: plain", "Content-Type: application/json" })
    t.eq(headers { name = "n", brand = "own", header_note = "hi" },
      { "Acme-Brand: own", "Acme-Note: hi", "Content-Type: application/json" })
  end)

  t.it("are known under the name of the call alone", function()
    t.ok(acme.problems("things.create", { name = "n", ["Acme-Note"] = "x" })[1]:find("Acme-Note: unknown parameter", 1, true))
  end)

  t.it("without the setting they need are left out, or refused", function()
    local op = {}
    for key, value in pairs(acme.operation "things.create") do op[key] = value end
    local request_ = require "core.request"
    op.header = { { "Acme-Where", "string", value = "{nowhere}", name = "Acme-Where", type = "string" } }
    t.eq(request_.build(acme.catalogue, op, {}, request_.parse(op, { name = "n" })).headers, { "Content-Type: application/json" })
    op.header[1].required = true
    t.raises(function() request_.build(acme.catalogue, op, {}, request_.parse(op, { name = "n" })) end,
      "Acme-Where: needs the setting 'nowhere' of acme, or the parameter")
  end)
end)

t.describe("the body", function()
  local function body(name, ...)
    return acme.build(name, ...).body
  end

  t.it("that is a list is the list part; a lone object is its one element", function()
    t.eq(body("things.create_many", { { name = "a" }, { name = "b" } }), '[{"name":"a","state":"new"},{"name":"b","state":"new"}]')
    t.eq(body("things.create_many", { name = "a" }), '[{"name":"a","state":"new"}]')
    t.eq(body("things.remove_many", { "a", "b" }), '["a","b"]')
  end)

  t.it("names the element of a list that is wrong, but not that of a lone object", function()
    t.eq(acme.problems("things.create_many", { { name = "a" }, { name = "" } }), { "[2].name: at least 1 character expected, got 0" })
    t.eq(acme.problems("things.create_many", { name = "" }), { "name: at least 1 character expected, got 0" })
    t.ok(acme.problems("things.create_many", { { nam = "a" } })[1]:find("nam", 1, true))
  end)

  t.it("is wanted, unless the catalogue says otherwise", function()
    t.eq(acme.problems("things.create_many"), { "acme.things.create_many wants a list of Thing as its argument" })
    t.eq(acme.problems("things.create_many", {}), { "acme.things.create_many wants a list of Thing as its argument" })
    t.eq(body("things.ids"), nil)
    t.eq(body("things.ids", json.array {}), "[]")
    for _, name in ipairs { "things.remove_many", "things.create_many", "made.drop" } do
      t.eq(acme.problems(name, json.array {}), { "at least 1 element expected, got 0" })
    end
    t.eq(acme.build("made.replace", json.array {}).body, "[]")
    t.raises(function() acme.build("things.create_many", json.null) end, "got null")
  end)

  t.it("with a list and members together is refused", function()
    t.ok(acme.problems("things.create_many", { { name = "a" }, name = "b" })[1]:find("name: unknown parameter", 1, true))
    t.eq(acme.problems("things.create", { "a" })[1], "acme.things.create takes one record, not a list")
    t.eq(acme.problems("things.list", { "a" }), { "acme.things.list takes no list" })
  end)

  t.it("of any kind is sent as it is", function()
    t.eq(body("things.put_any", { 1, 2 }), "[1,2]")
    t.eq(body("things.put_any", json.array {}), "[]")
    t.eq(body("things.put_any", { a = { b = 1 } }), '{"a":{"b":1}}')
    t.eq(body("things.put_any", {}), "{}")
    t.eq(body("things.put_any", (json.decode '{"a":null,"b":[],"c":{}}')), '{"a":null,"b":[],"c":{}}')
  end)

  t.it("that cannot be JSON is refused, naming the place", function()
    local err = t.raises(function() acme.build("things.create", { name = "n", free = { deep = { f = print } } }) end, "free.deep.f")
    t.eq(err.kind, "validation")
    t.eq(err.operation, "things.create")
    local loop = {}
    loop.loop = loop
    t.eq(t.raises(function() acme.build("things.create", { name = "n", free = loop }) end).kind, "validation")
  end)

  t.it("leaves the arguments as they were", function()
    local given = { id = "a", name = "n", notify = true, count = 3.0, tags = {} }
    acme.build("things.update", given)
    t.eq(given, { id = "a", name = "n", notify = true, count = 3.0, tags = {} })
    local list = { { name = "a" } }
    acme.build("things.create_many", list)
    t.eq(list, { { name = "a" } })
  end)
end)

t.describe("files", function()
  local zip = { { "files", "a.zip", "application/zip" } }

  t.it("are leading values after those of the path, or named", function()
    t.eq(acme.build("files.put", "hr", "a.zip").parts, zip)
    t.eq(acme.build("files.put", "hr", { files = "a.zip" }).parts, zip)
    t.eq(acme.build("files.put", { portal = "hr", files = "a.zip", note = "n" }).query, { { "note", "n" } })
    t.eq(acme.build("files.put", "hr", "a.zip").body, nil)
    t.eq(acme.build("files.put", "hr", "a.zip", { extra = "b" }).parts, { zip[1], { "second", "b" } })
  end)

  t.it("that are wrong or miss are refused", function()
    t.eq(acme.problems("files.put", "hr"), { "files: required, but missing" })
    t.eq(acme.problems("files.put", "hr", ""), { "files: file name expected, got ''" })
    t.eq(acme.problems("files.put", "hr", 5), { "files: file name expected, got number 5" })
    t.eq(#acme.problems("files.put", "hr", "a\0b"), 1)
    t.eq(acme.problems("files.put", "hr", "a", "b", "c"), { "4 leading values given, acme.files.put wants 3" })
    t.eq(acme.problems("files.put", "hr", "a", { file = "b" }),
      { "file: unknown parameter (did you mean 'files'?); accepted: note, files, extra" })
    t.eq(acme.problems("files.put", "hr", "a", {}, { field = "f" }), { "options.field: acme.files.put sends no single file" })
    t.eq(acme.problems("things.get", "a", {}, { field = "f" }), { "options.field: acme.things.get sends no single file" })
  end)

  t.it("may be the whole body", function()
    local request = acme.build("files.body", "hr", "a.png")
    t.eq({ request.upload, request.parts, request.body, request.headers }, { "a.png", nil, nil, { "Content-Type: image/png" } })
    t.eq(acme.build("files.body", "hr", { image = "b", type = "image/gif" }).headers, { "Content-Type: image/gif" })
    request = acme.build("files.any", "hr", { file = "b" })
    t.eq({ request.upload, #request.headers }, { "b", 0 })
    t.eq(acme.problems("files.body", "hr"), { "image: required, but missing" })
    t.eq(acme.problems("files.any", "hr", "a", { name = "x" }), { "name: unknown parameter; accepted: file" })
    t.eq(acme.problems("files.any", "hr", "a", {}, { field = "f" }), { "options.field: acme.files.any sends no single file" })
  end)

  t.it("come down where to says", function()
    t.eq(acme.build("files.get", "hr").output, nil)
    t.eq(acme.build("files.get", "hr", { to = "x.zip" }).output, "x.zip")
    t.eq(acme.build("files.get", "hr", {}, { to = "x.zip" }).output, "x.zip")
    t.eq(acme.problems("files.get", "hr", { to = 5 }), { "to: string expected, got number 5" })
    t.eq(acme.problems("files.get", "hr", {}, { to = "" }), { "options.to: text expected, got none" })
    t.eq(acme.problems("things.get", "a", {}, { to = "x" }), { "options.to: acme.things.get gives no file" })
    t.ok(acme.problems("things.get", "a", { to = "x" })[1]:find("to: unknown parameter", 1, true))
  end)
end)

t.describe("call options", function()
  t.it("are a table after the arguments", function()
    t.eq(acme.build("things.list", {}, { timeout = 2.5, cap = 10 }).options, { timeout = 2.5, cap = 10 })
    t.eq(acme.build("things.get", "a", {}, { timeout = 1 }).options, { timeout = 1 })
  end)

  t.it("that are misspelt or wrong are refused", function()
    t.eq(acme.problems("things.list", {}, { timout = 2 }),
      { "options.timout: unknown call option (did you mean 'timeout'?); accepted: cap, field, retry, timeout, to" })
    t.eq(acme.problems("things.list", {}, { timeout = 0 }), { "options.timeout: a number above 0 expected, got 0" })
    t.eq(acme.problems("things.list", {}, { timeout = "2" }), { "options.timeout: a number above 0 expected, got 2" })
    t.eq(acme.problems("things.list", {}, { cap = 1.5 }), { "options.cap: a whole number above 0 expected, got 1.5" })
    t.eq(acme.problems("things.list", {}, { retry = -1 }), { "options.retry: a whole number from 0 to 100 expected, got -1" })
    t.eq(#acme.problems("things.list", {}, { retry = 1.5 }), 1)
    t.eq(#acme.problems("things.list", {}, { timeout = 0 / 0 }), 1)
    t.eq(#acme.problems("things.list", {}, { timeout = math.huge }), 1)
    t.raises(function() acme.build("things.list", {}, 5) end, "one table of arguments, one of options")
    t.raises(function() acme.build("things.list", {}, {}, {}) end, "one table of arguments, one of options")
    t.raises(function() acme.build("things.list", {}, {}, "x") end, "one table of arguments, one of options")
  end)

  t.it("are reported together with the arguments", function()
    t.eq(#acme.problems("things.list", { kind = "x", limt = 1 }, { cap = 0 }), 3)
  end)
end)
