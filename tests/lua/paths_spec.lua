-- paths_spec.lua - paths that an account corrects, and what stands in path and body alike.
-- SPDX-License-Identifier: MIT

local t = require "test"
local acme = require "acme"
local catalogues = require "core.catalogue"
local config = require "core.config"
local lint = require "core.lint"
local paths = require "core.paths"
local request = require "core.request"
local services = require "core.services"

config.load { sandbox = { acme = { url = acme.url(), token = "acme-t0ken", paths = {
  "things.remove_many=POST:/things/purge", "people.get=/people/{id}/of/{portal}", "pages.list=/v2/pages" } } } }
local service = services.get "acme"

t.describe("the setting paths", function()
  t.it("changes path and method of one operation", function()
    acme.serve { acme.ok {}, acme.ok {} }
    service.things.remove_many { "a" }
    service.things.remove "a"
    t.eq(acme.seen(), { "POST /things/purge", "DELETE /things/a" })
    t.eq(acme.calls[1].body, '["a"]')
  end)

  t.it("may put the values in another order", function()
    acme.serve { acme.reply(200, { id = 6 }) }
    service.people.get("hr", 6)
    t.eq(acme.seen(), { "GET /people/6/of/hr" })
  end)

  t.it("holds for every page", function()
    acme.serve { acme.ok { 1, 2, 3 }, acme.ok { 4 } }
    t.eq(service.pages.list(), { 1, 2, 3, 4 })
    t.eq(acme.seen(), { "GET /v2/pages?limit=3&page=1", "GET /v2/pages?limit=3&page=2" })
  end)

  t.it("is refused where it is wrong", function()
    local function refused(text, why)
      t.raises(function() paths.read(acme.catalogue, { text }) end, why)
    end
    refused("things.remove", "not of the form")
    refused("things.remove=things", "not of the form")
    refused("things.remove=:/things/{id}", "not of the form")
    refused("things.remove=delete:/things/{id}", "not of the form")
    refused("things.remove=/things/{id}?all=1", "not of the form")
    refused("things.remove=DELTE:/things/{id}", "no method 'DELTE' (did you mean 'DELETE'?)")
    refused("things.remove=/a/../{id}", "no '.' or '..'")
    refused("things.remove=//{id}", "no empty part")
    refused("things.remov=/things/{id}", "did you mean 'things.remove'?")
    refused("things.remove=/things", "same {names} as /things/{id}")
    refused("things.remove=/things/{thing}", "same {names} as /things/{id}")
    refused("things.get=/portals/{id}/{id}", "same {names} as /things/{id}")
    t.raises(function() paths.read(acme.catalogue, { "things.get=/a/{id}", "things.get=/b/{id}" }) end, "stands twice")
  end)

  t.it("is a problem of the configuration", function()
    local ok, err = pcall(paths.read, acme.catalogue, { "x", "y" })
    t.ok(not ok)
    t.eq(err.kind, "config")
    t.eq(#err.problems, 2)
  end)
end)

local catalogue = catalogues.index {
  format = 1, name = "twice", title = "T", url = { example = "https://x.example.com" },
  shapes = { Rule = { { "ruleSet", "string", required = true }, { "name", "string", required = true } } },
  resources = { { "rules", operations = {
    { "save", http = "POST /sets/{set}/rules", path = { { "set", "string" } }, body = "Rule", copy = { ruleSet = "set" },
      effect = "create", summary = "S", example = "rules.save()" },
    { "delete", http = "DELETE /rules/{ids}", path = { { "ids", "string", join = "," } }, body = "[string]", effect = "set",
      summary = "S", example = "rules.delete()" },
  } } },
}
local ops = catalogue.resource.rules.operation

local function build(op, ...)
  return request.build(catalogue, op, {}, request.parse(op, ...))
end

t.describe("a value in path and body", function()
  t.it("is filled in", function()
    t.eq(build(ops.save, "A1", { name = "n" }).body, '{"name":"n","ruleSet":"A1"}')
    t.eq(build(ops.save, { set = "A1", name = "n" }).body, '{"name":"n","ruleSet":"A1"}')
    t.eq(build(ops.save, 7, { name = "n" }).body, '{"name":"n","ruleSet":"7"}')
  end)

  t.it("may be given, but not another one", function()
    t.eq(build(ops.save, "A1", { name = "n", ruleSet = "a1" }).body, '{"name":"n","ruleSet":"a1"}')
    t.raises(function() build(ops.save, "A1", { name = "n", ruleSet = "B2" }) end, "ruleSet: is not the set of the path")
  end)

  t.it("leaves the script's table alone", function()
    local rule = { name = "n" }
    build(ops.save, "A1", rule)
    t.eq(rule, { name = "n" })
  end)

  t.it("is made of a list", function()
    local r = build(ops.delete, { "a", "b" })
    t.eq(r.path, { { "ids", "a,b" } })
    t.eq(r.body, '["a","b"]')
    t.eq(build(ops.delete, "c", { "a" }).path, { { "ids", "c" } })
    t.raises(function() build(ops.delete, {}) end, "ids: path value missing")
    t.raises(function() build(ops.delete, { {} }) end, "ids: path value missing")
  end)

  t.it("is checked by the lint", function()
    t.eq(lint.check(catalogue), {})
    ops.save.copy = { ruleset = "set", name = "sets" }
    t.eq(#lint.check(catalogue), 2)
    ops.save.copy = { ruleSet = "set" }
  end)
end)
