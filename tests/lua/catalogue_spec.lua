-- catalogue_spec.lua - the lint finds what is wrong; catalogues are data.
-- SPDX-License-Identifier: MIT

local t = require "test"
local acme = require "acme"
local catalogues = require "core.catalogue"
local lint = require "core.lint"
local services = require "core.services"
local sys = require "host.sys"

-- A whole small catalogue without a fault.
local function small()
  return {
    format = 1, name = "small", title = "Small", url = { example = "https://small.example.com" },
    settings = { { "token", "string", secret = true } },
    headers = { { "Small-Version", value = "1" } },
    auth = { { needs = { "token" }, send = { { "Authorization", value = "Bearer {token}" } } },
      { name = "other", needs = { "token" }, login = { http = "POST /login", headers = { { "X", value = "{token}" } }, token = "" },
        send = { { "Authorization", value = "Bearer {token}" } } } },
    envelope = { data = "/data", problems = { "/errors" } },
    paging = { pages = { style = "page", send = "page", size = "size", page_size = 10 } },
    rate = { requests = 1 },
    shapes = { Thing = { { "name", "string" }, { "other", "[Thing]" }, any_of = { "name" } } },
    resources = { { "things", find = { by = { { "name" } }, list = "things.list" }, operations = {
      { "list", http = "GET /things", summary = "s", example = "small.things.list()", effect = "read", paging = "pages",
        query = { { "page", "integer" }, { "size", "integer" } }, returns = "[Thing]" },
      { "create", http = "POST /spots/{spot}/things/{part}", summary = "s", example = "small.things.create('a', 'b', { name = 'n' })",
        effect = "create", path = { { "spot", "string" }, { "part", "string" } }, header = { { "X-Own", "string" } },
        query = { { "note", "string" } }, body = "Thing", envelope = { data = "/" },
        created = { header = "Location" }, inverse = { "things.delete", from = "/id" }, auth = "other" },
      { "delete", http = "DELETE /things/{id}", summary = "s", example = "small.things.delete('a')", effect = "set", danger = true,
        path = { { "id", "string" } }, returns = "none" },
      { "show", http = "PUT /photo", summary = "s", example = "small.things.show('a.png')", effect = "set",
        files = { { "photo", "file", content_type = "image/png" } }, returns = "file" },
    } } },
  }
end

-- what is done to the catalogue, and the one fault it gives
local function op(c, n) return c.resources[1].operations[n] end

local faults = {
  -- unknown keys, at every level
  { "service", function(c) c.pagging = {} end, "service: unknown key 'pagging' (did you mean 'paging'?)" },
  { "url", function(c) c.url.defualt = "x" end, "url: unknown key 'defualt' (did you mean 'default'?)" },
  { "setting", function(c) c.settings[1].secert = true end, "settings[token]: unknown key 'secert' (did you mean 'secret'?)" },
  { "header", function(c) c.headers[1].requierd = true end, "headers[Small-Version]: unknown key 'requierd' (did you mean 'required'?)" },
  { "way to sign in", function(c) c.auth[1].renwe = {} end, "auth[1]: unknown key 'renwe' (did you mean 'renew'?)" },
  { "header of a way", function(c) c.auth[1].send[1].vlaue = "x" end,
    "auth[1].send[Authorization]: unknown key 'vlaue' (did you mean 'value'?)" },
  { "login", function(c) c.auth[2].login.lifetim = 1 end, "auth[2].login: unknown key 'lifetim' (did you mean 'lifetime'?)" },
  { "header of a login", function(c) c.auth[2].login.headers[1].x = 1 end, "auth[2].login.headers[X]: unknown key 'x'" },
  { "envelope", function(c) c.envelope.mesage = {} end, "envelope: unknown key 'mesage' (did you mean 'message'?)" },
  { "problems", function(c) c.envelope.problems.indx = "x" end, "envelope.problems: unknown key 'indx' (did you mean 'index'?)" },
  { "a list without paging", function(c) op(c, 1).paging, op(c, 1).returns = nil, "[any]" end,
    "things.list: a list without paging; say paging = false if the vendor gives it whole" },
  { "paging", function(c) c.paging.pages.pagesize = 1 end, "paging.pages: unknown key 'pagesize' (did you mean 'page_size'?)" },
  { "rate", function(c) c.rate.second = 1 end, "rate: unknown key 'second' (did you mean 'seconds'?)" },
  { "shape", function(c) c.shapes.Thing.opne = true end, "shapes.Thing: unknown key 'opne' (did you mean 'open'?)" },
  { "shape with a key of rows", function(c) c.shapes.Thing.required = true end, "shapes.Thing: unknown key 'required'" },
  { "member", function(c) c.shapes.Thing[1].patern = "x" end, "shapes.Thing[name]: unknown key 'patern' (did you mean 'pattern'?)" },
  { "resource", function(c) c.resources[1].fnd = {} end, "things: unknown key 'fnd' (did you mean 'find'?)" },
  { "find", function(c) c.resources[1].find.qurey = {} end, "things.find: unknown key 'qurey' (did you mean 'query'?)" },
  { "key of find", function(c) c.resources[1].find.by[1].flod = true end,
    "things.find.by[name]: unknown key 'flod' (did you mean 'fold'?)" },
  { "operation", function(c) op(c, 1).sumary = "x" end, "things.list: unknown key 'sumary' (did you mean 'summary'?)" },
  { "path row", function(c) op(c, 2).path[1].enmu = {} end, "things.create.path[spot]: unknown key 'enmu' (did you mean 'enum'?)" },
  { "query row", function(c) op(c, 1).query[1].maxi = 1 end, "things.list.query[page]: unknown key 'maxi' (did you mean 'max'?)" },
  { "header row", function(c) op(c, 2).header[1].az = "x" end, "things.create.header[X-Own]: unknown key 'az' (did you mean 'as'?)" },
  { "body row", function(c) op(c, 2).body = { { "a", "string", dox = "x" } } end,
    "things.create.body[a]: unknown key 'dox' (did you mean 'doc'?)" },
  { "body", function(c) op(c, 2).body = { { "a", "string" }, opne = true } end,
    "things.create.body: unknown key 'opne' (did you mean 'open'?)" },
  { "name in the one_of of a body", function(c) op(c, 2).body = { { "a", "string" }, one_of = { "b" } } end,
    "things.create.body.one_of: no row 'b'" },
  { "one_of of a body", function(c) op(c, 2).body = { { "a", "string" }, one_of = "a" } end,
    "things.create.body.one_of: table expected, got string" },
  { "file row", function(c) op(c, 4).files[1].mim = "x" end, "things.show.files[photo]: unknown key 'mim' (did you mean 'min'?)" },
  { "type of a file", function(c) op(c, 4).files[1][2] = "string" end, "things.show.files[photo]: the type is file" },
  { "file and body", function(c) op(c, 4).body = "Thing" end, "things.show.files: a form has no other body" },
  { "file and the body it is, twice", function(c) op(c, 4).body, op(c, 4).files[2] = "file", { "second", "file" } end,
    "things.show.files: a body is one file" },
  { "a file as the body of a GET", function(c) op(c, 1).body = "file" end, "things.list.body: GET sends no files" },
  { "file by DELETE", function(c) op(c, 4).http = "DELETE /photo" end, "things.show.files: DELETE sends no files" },
  { "file named as the target", function(c) op(c, 4).files[1][1] = "to" end,
    "things.show.files[to]: the name is taken; give the row another with 'as'" },
  { "envelope of an operation", function(c) op(c, 2).envelope.dta = "x" end,
    "things.create.envelope: unknown key 'dta' (did you mean 'data'?)" },
  { "created", function(c) op(c, 2).created.segmnt = 1 end, "things.create.created: unknown key 'segmnt' (did you mean 'segment'?)" },
  { "inverse", function(c) op(c, 2).inverse.form = "/id" end, "things.create.inverse: unknown key 'form' (did you mean 'from'?)" },
  -- what misses
  { "title", function(c) c.title = nil end, "service: no title" },
  { "url", function(c) c.url = nil end, "service: no url" },
  { "summary", function(c) op(c, 1).summary = nil end, "things.list: no summary" },
  { "example", function(c) op(c, 1).example = nil end, "things.list: no example" },
  { "effect", function(c) op(c, 1).effect = nil end, "things.list: no effect" },
  { "operations", function(c) c.resources[2] = { "a" } end, "a: no operations" },
  { "method", function(c) op(c, 1).http = "/things" end, "things.list.http: method and path expected" },
  { "type", function(c) c.shapes.Thing[1][2] = nil end, "shapes.Thing[name]: no type" },
  { "value of a header", function(c) c.headers[1].value = nil end, "headers[Small-Version]: a header has a name and a value" },
  { "login's path", function(c) c.auth[2].login.http = "login" end, "auth[2].login.http: method and path expected" },
  { "paging's send", function(c) c.paging.pages.send = nil end, "paging.pages: no send" },
  { "row for the paging", function(c) table.remove(op(c, 1).query, 2) end, "things.list.query: no row 'size' for the paging" },
  { "path row", function(c) table.remove(op(c, 2).path, 2) end, "things.create.path: row 2 should describe {part}" },
  -- what is wrong
  { "value of a wrong type", function(c) op(c, 1).danger = "yes" end, "things.list.danger: boolean expected, got string" },
  { "effect", function(c) op(c, 1).effect = "reads" end, "things.list.effect: read, set, create or send expected" },
  { "effect of a DELETE", function(c) op(c, 3).effect = "read" end, "things.delete.effect: DELETE is no read" },
  { "type of a member", function(c) c.shapes.Thing[1][2] = "strin" end, "shapes.Thing[name]: unknown type 'strin'" },
  { "type of a list", function(c) c.shapes.Thing[2][2] = "[Thin]" end, "shapes.Thing[other]: unknown type '[Thin]'" },
  { "type of a body", function(c) op(c, 2).body = "Thign" end, "things.create.body: unknown type 'Thign'" },
  { "type of the data", function(c) op(c, 1).returns = "[Thign]" end, "things.list.returns: unknown type '[Thign]'" },
  { "evidence of a row", function(c) c.shapes.Thing[1].evidence = "guess" end, "shapes.Thing[name]: evidence is source, docs or inferred" },
  { "evidence of an operation", function(c) op(c, 1).evidence = "doc" end, "things.list.evidence: source, docs or inferred expected" },
  { "pattern", function(c) c.shapes.Thing[1].pattern = "[a" end, "shapes.Thing[name]: broken pattern" },
  { "example", function(c) op(c, 1).example = "small.things.list(" end, "things.list.example: " },
  { "paging", function(c) op(c, 1).paging = "page" end, "things.list.paging: no style 'page'" },
  { "style", function(c) c.paging.pages.style = "pages" end, "paging.pages.style: cursor, page or offset expected" },
  { "find", function(c) c.resources[1].find.list = "thing.list" end, "things.find: no operation 'thing.list'" },
  { "find without keys", function(c) c.resources[1].find.by = {} end, "things.find: no keys in 'by'" },
  { "find without a list", function(c) c.resources[1].find.list = nil end, "things.find: list or record expected" },
  { "find by record without get", function(c) c.resources[1].find.record = "things.create" end, "things.find: 'record' needs 'get'" },
  { "inverse", function(c) op(c, 2).inverse[1] = "things.remove" end, "things.create.inverse: no operation 'things.remove'" },
  { "second inverse", function(c) op(c, 2).inverse = { { "things.delete" }, { "x.y" } } end, "things.create.inverse: no operation 'x.y'" },
  { "look", function(c) op(c, 2).look = { "thigns" } end, "things.create.look: no resource 'thigns'" },
  { "look without a find", function(c) op(c, 2).look = { "things" } c.resources[1].find = nil end,
    "things.create.look: 'things' has no find" },
  { "way to sign in", function(c) op(c, 2).auth = "othr" end, "things.create.auth: no way to sign in is named 'othr'" },
  { "setting a way needs", function(c) c.auth[1].needs = { "tokn" } end, "auth[1].needs: no setting 'tokn'" },
  { "name in any_of", function(c) c.shapes.Thing.any_of = { "nme" } end, "shapes.Thing.any_of: no row 'nme'" },
  { "order of the path rows", function(c) local p = op(c, 2).path p[1], p[2] = p[2], p[1] end,
    "things.create.path: row 1 should describe {spot}", 2 },
  { "path row too many", function(c) op(c, 3).path[2] = { "x", "string" } end, "things.delete.path: 2 rows for 1 placeholders" },
  -- what is built otherwise
  { "fixed query that is no table", function(c) op(c, 2).fixed = { query = "x" } end,
    "things.create.fixed.query: table expected, got string" },
  { "fixed member that is no text", function(c) op(c, 2).fixed = { a = { { 1 } } } end,
    "things.create.fixed.a: names expected as keys, got 1" },
  { "rate that is a text", function(c) c.rate = "30/s" end, "rate: table expected, got string" },
  { "requests that are not whole", function(c) c.rate.requests = 1.5 end, "rate.requests: integer expected, got 1.5" },
  { "least number of members", function(c) c.shapes.Thing.min = 1.5 end, "shapes.Thing.min: integer expected, got 1.5" },
  { "limit that is no number", function(c) c.shapes.Thing[1].max = 1 / 0 end, "shapes.Thing[name].max: number expected, got inf" },
  { "status that is not whole", function(c) c.auth[1].renew = { 401.5 } end, "auth[1].renew[1]: integer expected, got 401.5" },
  { "preset that JSON has not", function(c) c.shapes.Thing[1].preset = { "a", b = 1 } end,
    "shapes.Thing[name].preset: a list cannot have named keys too" },
  { "function as a default", function(c) c.shapes.Thing[1].default = print end, "shapes.Thing[name].default: " },
  { "login whose body JSON has not", function(c) c.auth[2].login.json = { a = { 1, b = 2 } } end,
    "auth[2].login.json.a: a list cannot have named keys too" },
  { "created without a header", function(c) op(c, 2).created = {} end, "things.create.created: no header" },
  { "envelope that is true", function(c) op(c, 2).envelope = true end, "things.create.envelope: false or a table expected" },
  { "problems without a pointer", function(c) c.envelope.problems = {} end, "envelope.problems: no pointer" },
  { "success without a value", function(c) c.envelope.ok = { "/ok" } end, "envelope.ok: a pointer and a value expected" },
  { "success whose pointer is no text", function(c) c.envelope.ok = { true, true } end, "envelope.ok[1]: string expected, got boolean" },
  { "login without a token", function(c) c.auth[2].login.token = nil end, "auth[2].login: no token" },
  -- what stands twice
  { "resource", function(c) c.resources[2] = { "things", operations = {} } end, "things: the resource stands twice" },
  { "operation", function(c) op(c, 3)[1] = "list" op(c, 2).inverse = nil end, "things.list: the operation stands twice" },
  { "route", function(c) op(c, 3).http = "GET /things" op(c, 3).path, op(c, 3).effect = nil, "read" end,
    "things.delete: 'GET /things' is also the route of things.list" },
  { "member", function(c) c.shapes.Thing[3] = { "name", "string" } end, "shapes.Thing[name]: the name stands twice" },
  { "name in query and path", function(c) op(c, 2).query[1][1] = "spot" end,
    "things.create.query[spot]: the name is taken; give the row another with 'as'" },
  { "name in query and body", function(c) op(c, 2).query[1][1] = "name" end,
    "things.create.query[name]: the name is taken; give the row another with 'as'" },
  { "name in header and body", function(c) op(c, 2).header[1].as = "name" end,
    "things.create.header[name]: the name is taken; give the row another with 'as'" },
}

t.describe("the lint", function()
  t.it("finds nothing in a catalogue without a fault", function()
    t.eq(lint.check(small()), {})
    t.eq(lint.check(acme.written()), {})
    t.eq(lint.check(catalogues.index(small())), {})
  end)

  for i, case in ipairs(faults) do
    local name, plant, want, more = table.unpack(case, 1, 4)
    t.it(("finds the fault %d: %s"):format(i, name), function()
      local c = small()
      plant(c)
      local problems = lint.check(c)
      t.eq(#problems, more or 1, table.concat(problems, " | "))
      local found = want:sub(-2) == ": " and problems[1]:sub(1, #want) or problems[1]
      t.eq(found, want)
    end)
  end

  t.it("lets a query row have another name in calls", function()
    local c = small()
    op(c, 2).query[1][1], op(c, 2).query[1].as = "name", "query_name"
    t.eq(lint.check(c), {})
  end)
end)

t.describe("shipped catalogues", function()
  for _, name in ipairs(services.names()) do
    local path = "lua/" .. name .. "/catalogue.lua"
    if name ~= "acme" then
      t.it(name .. " has no fault and its own name", function()
        local catalogue = services.catalogue(name)
        t.eq(lint.check(catalogue), {})
        t.eq(catalogue.name, name)
        t.ok(#catalogue.resource_list > 0)
      end)
      t.it(name .. " is data: its file runs in an empty environment and holds no function", function()
        local fn = assert(load(assert(sys.read_file(path)), "@" .. path, "t", {}))
        local function walk(value, seen)
          if type(value) == "table" and not seen[value] then
            seen[value] = true
            t.eq(getmetatable(value), nil)
            for key, member in pairs(value) do walk(key, seen) walk(member, seen) end
          end
          t.ok(type(value) ~= "function" and type(value) ~= "userdata", "a " .. type(value))
        end
        walk(fn(), {})
      end)
    end
  end

  t.it("cannot call anything", function()
    t.raises(function() assert(load("return os.time()", "=x", "t", {}))() end, "global 'os'")
    t.eq(require("host.state").data "no.such", nil)
    t.raises(function() catalogues.load "nothing" end, "there is no data module 'nothing.catalogue'")
  end)
end)

t.describe("the index", function()
  t.it("finds resources and operations by name, in order", function()
    local c = catalogues.index(small())
    t.eq(c.resource.things.operation.create.id, "small.things.create")
    t.eq(c.resource_list[1].name, "things")
    t.eq(catalogues.operation(c, "things.list").template, "/things")
    t.eq(catalogues.operation(c, "things.list").method, "GET")
    t.eq(catalogues.operation(c, "things.lost"), nil)
    t.eq(catalogues.operation(c, "nothing.list"), nil)
    t.eq(catalogues.operation(c, "things"), nil)
    t.eq(c.setting.token.secret, true)
    t.eq(op(c, 2).path[1].name, "spot")
  end)

  t.it("refuses an operation without method and path", function()
    local c = small()
    op(c, 1).http = "things"
    t.raises(function() catalogues.index(c) end, "small.things.list: http 'things' is no method and path")
  end)
end)
