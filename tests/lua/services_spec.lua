-- services_spec.lua - service modules as scripts see them.
-- SPDX-License-Identifier: MIT

local t = require "test"
local acme = require "acme"
local services = require "core.services"

local service = acme.service()

t.describe("a service", function()
  t.it("makes resources and operations when they are first named, once", function()
    local pages = service.pages
    t.ok(rawequal(service.pages, pages))
    t.ok(rawequal(pages.list, pages.list))
    t.ok(rawequal(services.get "acme", service))
  end)

  t.it("names the nearest where there is no such resource or operation", function()
    local err = t.raises(function() return service.thngs end, "acme has no resource 'thngs' (did you mean 'things'?); resources: ")
    t.eq(err.kind, "validation")
    t.eq(require("host.err").exit_code(err), 2)
    t.raises(function() return service.things.creat end, "acme.things has no operation 'creat' (did you mean 'create'?); operations: ")
    t.raises(function() return service.zzzzzz end,
      "acme has no resource 'zzzzzz'; resources: files, made, pages, people, plain, quoted, rows, things")
    t.raises(function() return service.things.zzzzzz end, "operations: act, create")
  end)

  t.it("takes no new members", function()
    t.raises(function() service.more = 1 end, "cannot be changed by a script")
    t.raises(function() service.people.list = print end, "cannot be changed by a script")
  end)

  t.it("has no members of other kinds", function()
    t.eq(service[1], nil)
    t.eq(service.things[1], nil)
  end)

  t.it("sends nothing until it is called", function()
    acme.serve {}
    local _ = { service.things.list, service.things.each, service.things.find, service.with }
    t.eq(acme.calls, {})
  end)
end)

t.describe("derived operations", function()
  t.it("are each and page where a list has pages", function()
    for _, name in ipairs { "each", "page", "list_each", "list_page" } do t.eq(type(service.things[name]), "function", name) end
    t.eq(type(service.rows.inside_each), "function")
    t.raises(function() return service.plain.each end, "no operation 'each'")
    t.raises(function() return service.plain.list_page end, "no operation")
    t.raises(function() return service.people.page end, "no operation 'page'")
    t.raises(function() return service.things.get_each end, "no operation 'get_each'")
    t.raises(function() return service.things.bleach end, "no operation 'bleach'")
    t.raises(function() return service.things.rampage end, "no operation 'rampage'")
  end)

  t.it("read the operation they are named after", function()
    acme.serve { acme.reply(200, { rows = { 1 } }), acme.reply(200, '{"rows":[]}', { ["Content-Type"] = "application/json" }) }
    for item in service.rows.inside_each() do t.eq(item, 1) end
    t.eq(acme.seen(), { "GET /inside?limit=3", "GET /inside?limit=3&offset=1" })
  end)

  t.it("are find where there is something to find in", function()
    t.eq(type(service.things.find), "function")
    t.eq(type(service.people.find), "function")
    t.eq(type(service.plain.find), "function")
    t.ok(service.pages.find)
  end)
end)

t.describe("services", function()
  t.it("are listed, and known by name", function()
    local names = services.names()
    for _, name in ipairs { "ixon", "qalyptus", "intrexx" } do t.ok(services.exists(name), name) end
    t.ok(not services.exists "ixn")
    t.ok(not services.exists "core")
    t.ok(#names >= 3)
    t.raises(function() services.catalogue "ixn" end, "no service 'ixn' (did you mean 'ixon'?); services: ")
  end)

  t.it("tell an operation by its whole name", function()
    t.eq(services.find_operation("acme.things.get").template, "/things/{id}")
    t.raises(function() services.find_operation "acme.things" end, "not of the form service.resource.operation")
    t.raises(function() services.find_operation "acme.thing.get" end, "did you mean 'things'?")
    t.raises(function() services.find_operation "acme.things.gett" end, "did you mean 'get'?")
    t.raises(function() services.find_operation "acne.things.get" end, "did you mean 'acme'?")
  end)

  t.it("that are shipped make every operation they describe", function()
    for _, name in ipairs(services.names()) do
      local module = services.get(name)
      for _, resource in ipairs(services.catalogue(name).resource_list) do
        for _, op in ipairs(resource.operations) do
          t.eq(type(module[resource.name][op.name]), "function", op.id)
        end
      end
    end
  end)

  t.it("with{} are modules of their own", function()
    local one, two = service.with { profile = "a" }, service.with { profile = "a" }
    t.ok(not rawequal(one, two))
    t.ok(not rawequal(one.things, service.things))
    t.eq(services.bound[one].profile, "a")
    t.eq(services.bound[service].profile, nil)
    t.eq(type(one.with), "function")
  end)
end)
