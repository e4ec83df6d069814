-- find_spec.lua - records by their natural keys.
-- SPDX-License-Identifier: MIT

local t = require "test"
local acme = require "acme"
local json = require "host.json"

local service = acme.service()

local things = { { id = "aaaa", name = "Pump" }, { id = "bbbb", name = "valve" },
  { id = "cccc", name = "Valve" }, { id = "dddd", name = "Gate" } }

-- a server that narrows by name, minding the case
local function serve(records)
  acme.serve(function(request)
    local wanted = request.query:match "q%%5Bequals%%5D=([^&]*)"
    local out = json.array {}
    for _, record in ipairs(records or things) do
      if not wanted or record.name == wanted:gsub("%%20", " ") then out[#out + 1] = record end
    end
    return acme.ok(out)
  end)
end

t.describe("find", function()
  t.it("gives the one record, nil, or an error for several", function()
    serve()
    t.eq(service.things.find { name = "Pump" }, things[1])
    t.eq(service.things.find { name = "Lamp" }, nil)
    serve { { id = "aaaa", name = "Pump" }, { id = "eeee", name = "Pump" } }
    local err = t.raises(function() service.things.find { name = "Pump" } end, "acme.things.find: 2 records have name = Pump")
    t.eq(err.kind, "conflict")
    serve { { id = "aaaa", name = "Pump" }, { id = "eeee", name = "Pump" } }
    t.eq(service.things.find { name = "Pump", id = "eeee" }.id, "eeee")
  end)

  t.it("narrows the list by the keys it has", function()
    serve()
    service.things.find { name = "Pump" }
    t.eq(acme.seen(), { "GET /things?q%5Bequals%5D=Pump&limit=3" })
    serve()
    t.eq(service.things.find { id = "dddd" }, things[4])
    t.eq(acme.seen(), { "GET /things?limit=3" })
  end)

  t.it("compares without case, reading all again where the server minds it", function()
    serve()
    t.eq(service.things.find { name = "pump" }, things[1])
    t.eq(acme.seen(), { "GET /things?q%5Bequals%5D=pump&limit=3", "GET /things?limit=3" })
    serve()
    t.raises(function() service.things.find { name = "VALVE" } end, "2 records")
  end)

  t.it("believes neither the server's narrowing nor its case", function()
    acme.serve(function() return acme.ok(things) end)
    t.eq(service.things.find { name = "Gate" }, things[4])
    t.eq(service.things.find { name = "Gat" }, nil)
  end)

  t.it("reads all pages", function()
    acme.serve { acme.ok({ things[1] }, { next = "x" }), acme.ok { things[4] } }
    t.eq(service.things.find { id = "dddd" }, things[4])
  end)

  t.it("takes any member of the records where the catalogue names no key", function()
    acme.serve(function(request)
      return acme.ok(request.query:find "offset" and json.array {} or { { a = 1, b = "x" }, { a = 2, b = "y" } })
    end)
    t.eq(service.rows.find { b = "y" }.a, 2)
    t.eq(service.rows.find { a = 1.0 }.b, "x")
    t.eq(service.rows.find { b = "Y" }, nil)
    t.eq(service.rows.find { c = "Y" }, nil)
  end)

  t.it("refuses wrong keys and sends nothing", function()
    acme.serve {}
    t.raises(function() service.things.find { nmae = "x" } end, "nmae: unknown key (did you mean 'name'?); accepted: name, id")
    t.raises(function() service.things.find {} end, "acme.things.find wants a key to look for, one of name, id")
    t.raises(function() service.things.find() end, "wants a key")
    t.raises(function() service.things.find { name = "" } end, "a value to look for expected, got an empty text")
    t.raises(function() service.things.find { name = {} } end, "got a table")
    t.raises(function() service.things.find { name = json.null } end, "got null")
    t.raises(function() service.things.find { "x" } end, "unknown key")
    t.raises(function() service.things.find { name = 0 / 0 } end, "finite number expected")
    t.eq(acme.calls, {})
  end)

  t.it("passes quotes as they are where the narrowing is no expression", function()
    acme.serve(function(request)
      return acme.ok(request.query:find("=a%22b%5C&", 1, true) and { { id = "aaaa", name = 'a"b\\' } } or json.array {})
    end)
    t.eq(service.things.find { name = 'a"b\\' }.id, "aaaa")
    t.eq(#acme.calls, 1)
  end)

  t.it("narrows by no expression that a quote would break", function()
    for _, name in ipairs { 'a"b', "a\\b", "a'b" } do
      acme.serve(function(request)
        return acme.ok(request.query == "" and { { name = name, kind = "k" } } or json.array {})
      end)
      t.eq(service.quoted.find { name = name }.kind, "k")
      t.eq(acme.seen(), { "GET /quoted" })
      t.eq(service.quoted.find { name = name, kind = "k" }.kind, "k") -- the second look goes without any narrowing
      t.eq(acme.seen(), { "GET /quoted", "GET /quoted?kind=k", "GET /quoted" })
    end
    acme.serve(function() return acme.ok(json.array {}) end)
    t.eq(service.quoted.find { name = "ab" }, nil)
    t.eq(acme.seen(), { "GET /quoted?filter=eq%28name%2C%22ab%22%29" })
  end)

  t.it("fails as its calls fail", function()
    acme.serve(function() return acme.reply(403, {}) end)
    t.eq(t.raises(function() service.things.find { name = "x" } end).kind, "auth")
  end)
end)

t.describe("find by record", function()
  local there = {}

  local function people()
    acme.serve(function(request)
      local id = request.path:match "/people/(%d+)$"
      if request.method == "POST" then
        there["17"] = request.json
        return acme.reply(201, "", { Location = "/people/17" })
      end
      return there[id] and acme.reply(200, there[id]) or acme.reply(404, {})
    end)
  end

  t.it("finds what errand made", function()
    people()
    t.eq(service.people.find("hr", { login = "new.hire" }), nil)
    t.eq(acme.calls, {})
    service.people.create("hr", { account = { login = "new.hire" }, x = 1 })
    local found = service.people.find("hr", { login = "new.hire" })
    t.eq(found.x, 1)
    t.eq(found.id, 17)
    t.eq(acme.seen()[2], "GET /portals/hr/people/17")
  end)

  t.it("minds the path: another portal has other people", function()
    people()
    t.eq(service.people.find("it", { login = "new.hire" }), nil)
    t.eq(acme.calls, {})
  end)

  t.it("finds nothing that is another's, or gone since", function()
    people()
    t.eq(service.people.find("hr", { login = "old.hand" }), nil)
    there["17"].account.login = "renamed"
    t.eq(service.people.find("hr", { login = "new.hire" }), nil)
    there["17"] = nil
    t.eq(service.people.find("hr", { login = "new.hire" }), nil)
  end)

  t.it("fails where the service cannot say whether it is still there", function()
    acme.serve(function() return acme.reply(403, {}) end)
    t.eq(t.raises(function() service.people.find("hr", { login = "new.hire" }) end).kind, "auth")
  end)

  t.it("does not find what failed to be made", function()
    acme.serve(function() return acme.reply(409, {}) end)
    t.eq(t.raises(function() service.people.create("hr", { login = "second" }) end).kind, "conflict")
    t.eq(service.people.find("hr", { login = "second" }), nil)
    t.eq(#acme.calls, 1)
  end)
end)
