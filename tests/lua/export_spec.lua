-- The other faces of the catalogues: OpenAPI, pages, editor stubs, the list.

local t = require "test"
local catalogues = require "core.catalogue"
local docs = require "core.export.docs"
local json = require "host.json"
local openapi = require "core.export.openapi"
local pattern = require "core.export.pattern"
local schema = require "core.export.schema"
local services = require "core.services"
local stubs = require "core.export.stubs"

local binary = os.getenv "ERRAND" or "errand"
local GOLDEN = "tests/lua/golden/openapi.json"

local function op(row)
  row.summary, row.example = row.summary or "Something.", row.example or "return small.things.get(1)"
  return row
end

-- What the format can say, in little.
local function small()
  return catalogues.index{
    format = 1, name = "small", title = "Small", doc = "A service for tests.", docs = "https://small.example.com/docs",
    evidence = "docs", url = { example = "https://small.example.com/v1" },
    settings = { { "token", "string", secret = true }, { "company", "string", min = 4, doc = "Whose." },
      { "user", "string" }, { "password", "string" } },
    headers = { { "Small-Version", value = "2" }, { "Small-Company", value = "{company}", required = true } },
    auth = { { needs = { "token" }, send = { { "Authorization", value = "Bearer {token}" } } },
      { name = "basic", needs = { "user", "password" }, send = { { "Authorization", value = "Basic {basic:{user}:{password}}" } } } },
    envelope = { data = "/data", ok = { "/status", "success" }, message = { "/error/message", "/error" },
      problems = { "/problems", message = "text", path = "field", index = "row" } },
    paging = { after = { style = "cursor", send = "after", size = "size", next = "/next" } },
    shapes = {
      Ref = { { "id", "uuid", required = true } },
      Thing = { { "name", "string", required = true, min = 1, max = 9, pattern = "%a[%w_-]*", doc = "What it is called." },
        { "kind", "string", enum = { "a", "b" }, nullable = true }, { "lit", "flag" }, { "pin", "string", secret = true },
        { "owner", "Ref", nullable = true }, { "parts", "[Ref]", max = 3 }, { "size", "number", min = 0, max = 1.5 },
        { "at", "datetime" }, { "day", "date" }, { "free", "object" }, { "left", "any" }, { "not_root", "string", not_in = { "root" } } },
      Either = { { "a", "string" }, { "b", "string" }, one_of = { "a", "b" } },
      Open = { { "a", "string" }, open = true, min = 1, evidence = "inferred" },
      Answer = { { "id", "uuid" }, { "name", "string", nullable = true } },
    },
    resources = {
      { "things", doc = "Things.", operations = {
        op{ "list", http = "GET /things", effect = "read", paging = "after", returns = "[Answer]",
          query = { { "name", "string", operators = { "contains" }, doc = "Narrow." }, { "fields", "[string]", join = "," },
            { "tag", "[string]" }, { "words", "[string]", join = ";" }, { "size", "integer", min = 1, max = 9, default = 5 },
            { "after", "string" } } },
        op{ "create", http = "POST /things", effect = "create", evidence = "source", body = "Thing", returns = "Answer",
          header = { { "Small-Note", "string", as = "note", required = true } }, created = { header = "Location" } },
        op{ "get", http = "GET /things/{id}", effect = "read", path = { { "id", "integer", min = 1 } }, returns = "Answer" },
        op{ "remove", http = "DELETE /things/{thing_id}", effect = "set", danger = true,
          path = { { "thing_id", "integer" } }, returns = "none", auth = "basic", without = { "Small-Company" } },
        op{ "many", http = "PUT /things", effect = "set", body = "[Either]", body_min = 1, returns = "none" },
        op{ "open", http = "PATCH /things", effect = "set", body = "Open", body_optional = true, envelope = false, returns = "any" },
        op{ "upload", http = "POST /files", effect = "create", files = { { "files", "file", required = true } }, returns = "none",
          auth = false },
        op{ "download", http = "GET /files", effect = "read", returns = "file" },
        op{ "login", http = "GET /login", effect = "read", returns = "text", envelope = false },
      } },
      { "acts", operations = {
        op{ "make", http = "POST /act", effect = "create", body = "Either", returns = "any" },
        op{ "drop", http = "POST /act", effect = "set", body = { { "who", "string", required = true } }, fixed = { action = "drop" },
          returns = "none" },
        op{ "health", http = "GET /act", effect = "read", fixed = { query = { action = "health" } }, returns = "any" },
        op{ "keys", http = "GET /act", effect = "read", fixed = { query = { action = "keys" } },
          query = { { "page", "integer", required = true } }, returns = "any" },
      } },
    },
  }
end

local function each_operation(catalogue, fn)
  for _, resource in ipairs(catalogue.resource_list) do
    for _, one in ipairs(resource.operations) do fn(one) end
  end
end

local function run(...)
  local words = { "env", "-i", "PATH=" .. os.getenv "PATH", "'" .. binary .. "'", ... }
  local pipe = assert(io.popen(table.concat(words, " ") .. " 2>&1"))
  local out = pipe:read "a"
  local _, _, code = pipe:close()
  return code, out
end

local function temporary()
  local name = os.tmpname()
  os.remove(name)
  return name
end

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "a"
  file:close()
  return text
end

t.describe("a pattern of Lua as one of ECMA", function()
  t.it("matches the same texts", function()
    for lua, want in pairs{
      ["[0-9A-Za-z]+"] = "^[0-9A-Za-z]+$", ["%d%d%-%x*"] = "^[0-9][0-9]-[0-9A-Fa-f]*$", ["^a.b$"] = "^a[\\s\\S]b$",
      ["[%w._%-]+@.-"] = "^[0-9A-Za-z._\\-]+@[\\s\\S]*?$", ["(%a)?{x}|/"] = "^([A-Za-z])\\?\\{x\\}\\|\\/$",
      ["%S+"] = "^[^\\s]+$", ["[^%s]"] = "^[^\\s]$", ["[]%]]"] = "^[\\]\\]]$", ["%.%%"] = "^\\.%$",
    } do
      t.eq(pattern.ecma(lua), want, lua)
    end
  end)

  t.it("is left out where ECMA has no equal", function()
    for _, lua in ipairs{ "%b()", "%f[%w]", "(a)%1", "()", "[%D]" } do t.eq(pattern.ecma(lua), nil, lua) end
  end)
end)

t.describe("the OpenAPI of a catalogue", function()
  t.it("is what it was, to the byte", function()
    local version = '"version": "' .. require("host.sys").version .. '"'
    local text = openapi.text(small())
    local at, last = text:find(version, 1, true)
    text = text:sub(1, at - 1) .. '"version": "VERSION"' .. text:sub(last + 1)
    if os.getenv "GOLDEN" then assert(require("host.sys").write_file(GOLDEN, text, 420)) end
    local want = read(GOLDEN)
    if text ~= want then -- name the first line that differs
      local lines = want:gmatch "[^\n]*"
      for line in text:gmatch "[^\n]*" do t.eq(line, lines()) end
    end
    t.eq(text, want)
  end)

  t.it("is the same each time", function()
    t.eq(openapi.text(small()), openapi.text(small()))
  end)

  t.it("joins operations of one method and path, and paths that differ in names only", function()
    local document = openapi.document(small())
    local post, get = document.paths["/act"].post, document.paths["/act"].get
    t.eq(#post.requestBody.content["application/json"].schema.oneOf, 2)
    t.eq(post.requestBody.content["application/json"].schema.oneOf[2].properties.action.enum, { "drop" })
    t.eq(get.parameters[1].schema.enum, { "health", "keys" })
    t.eq({ get.parameters[1].required, get.parameters[#get.parameters].required }, { true })
    t.eq(#get["x-errand-operations"], 2)
    t.ok(document.paths["/things/{id}"].delete)
    t.eq(document.paths["/things/{id}"].delete.parameters[1].name, "id")
    t.eq(document.paths["/things/{thing_id}"], nil)
  end)

  t.it("refuses other members where a closed shape is sent, and only there", function()
    local schemas = openapi.document(small()).components.schemas
    t.eq({ schemas.Thing.additionalProperties, schemas.Ref.additionalProperties, schemas.Open.additionalProperties },
      { false, false, true })
    t.eq(schemas.Answer.additionalProperties, nil)
  end)

  t.it("takes a credential off where the call carries none", function()
    local paths = openapi.document(small()).paths
    t.ok(json.is_array(paths["/files"].post.security) and #paths["/files"].post.security == 0)
    t.eq(paths["/things/{id}"].delete.security[1].basic, {})
    t.eq(paths["/things"].get.security, nil)
  end)

  t.it("cannot be more than JSON can hold", function()
    local row = schema.row({ type = "integer", min = 0, max = math.maxinteger }, { shapes = {} })
    t.eq(row.maximum, math.maxinteger)
  end)

  for _, name in ipairs(services.names()) do
    t.it("has method and path of every operation of " .. name, function()
      local document = assert(json.decode(openapi.text(services.catalogue(name))))
      local known = {}
      for path, item in pairs(document.paths) do
        for method, one in pairs(item) do
          known[method:upper() .. " " .. path:gsub("{[^}]*}", "{}")] = one
        end
      end
      each_operation(services.catalogue(name), function(one)
        local found = known[one.method .. " " .. one.template:gsub("{[^}]*}", "{}")]
        t.ok(found, one.id)
        local listed = found.operationId == one.resource .. "_" .. one.name
        for _, other in ipairs(found["x-errand-operations"] or {}) do listed = listed or other.id == one.id end
        t.ok(listed, one.id)
      end)
    end)

    t.it("refers to nothing that is not there in " .. name, function()
      local document = openapi.document(services.catalogue(name))
      local function walk(value)
        if type(value) ~= "table" then return end
        local kind, target = (value["$ref"] or ""):match "^#/components/(%w+)/(.+)$"
        if kind then t.ok(document.components[kind] and document.components[kind][target], value["$ref"]) end
        for _, member in pairs(value) do walk(member) end
      end
      walk(document)
    end)
  end
end)

t.describe("the page of a service", function()
  for _, name in ipairs(services.names()) do
    t.it("mentions every operation of " .. name, function()
      local page = docs.page(services.catalogue(name))
      each_operation(services.catalogue(name), function(one)
        t.ok(page:find("\n### " .. one.id .. "\n", 1, true), one.id)
        t.ok(page:find("`" .. one.method .. " " .. one.template .. "`", 1, true), one.id)
        t.ok(page:find(one.example:gsub("%s+$", ""), 1, true), one.id)
      end)
    end)
  end

  t.it("keeps the columns of its tables", function()
    local catalogue = small()
    catalogue.resource.things.operation.list.query[1].doc = "a | b\nc"
    t.ok(docs.page(catalogue):find("a \\| b c", 1, true))
  end)
end)

t.describe("the stubs", function()
  t.it("are Lua, and name every operation", function()
    for _, name in ipairs(services.names()) do
      local text = stubs.service(services.catalogue(name))
      local chunk, err = load(text, "=" .. name, "t")
      t.ok(chunk, err)
      each_operation(services.catalogue(name), function(one)
        t.ok(text:find(("\nfunction %s("):format(one.id), 1, true), one.id)
      end)
    end
  end)

  t.it("do nothing but set up tables and empty functions", function()
    local env = {}
    assert(load(stubs.service(small()), "=stubs", "t", env))()
    t.eq(env.small.things.list({}), nil)
    t.ok(env.small.things.each and env.small.things.page and env.small.things.find and env.small.with)
    t.eq(env.small.things.get_each, nil)
  end)

  t.it("hold the types of members, and which are needed", function()
    local text = stubs.service(small())
    for _, part in ipairs{ "---@field name string What it is called.", '---@field kind ("a"|"b"|errand.null)?',
      "---@field parts small.Ref[]?", "---@field note string", "---@field words (string[]|string)?",
      "---@return small.Answer[] data", "---@overload fun(list: small.Either[], options?: errand.options)",
      "---@class (exact) small.Thing", "---@class small.Open" } do
      t.ok(text:find(part, 1, true), part)
    end
  end)

  t.it("know the script library, all of it", function()
    local text = stubs.library()
    t.ok(load(text, "=errand", "t"))
    for _, entry in ipairs(require "std.doc") do t.ok(stubs.known[entry.name], entry.name) end
    for name in pairs(require "std") do t.ok(stubs.known[name], name) end
  end)
end)

t.describe("the commands", function()
  t.it("list every operation, one a line", function()
    local code, out = run("list-operations")
    t.eq(code, 0)
    local count = 0
    for _, name in ipairs(services.names()) do
      each_operation(services.catalogue(name), function() count = count + 1 end)
    end
    local lines, first = 0, nil
    for line in out:gmatch "([^\n]*)\n" do
      lines = lines + 1
      first = first or line
      local fields = {}
      for field in (line .. "\t"):gmatch "([^\t]*)\t" do fields[#fields + 1] = field end
      t.eq(#fields, 6, line)
      local one = services.find_operation(fields[1])
      t.eq({ fields[2], fields[3], fields[4], fields[6] },
        { one.method, one.template, one.effect .. (one.danger and "*" or ""), one.summary })
      t.ok(({ source = 1, docs = 1, inferred = 1 })[fields[5]], line)
    end
    t.eq(lines, count)
    t.ok(first:find(services.names()[1], 1, true))
  end)

  t.it("list those of one service, and no other's", function()
    local code, out = run("list-operations", "ixon")
    t.eq(code, 0)
    for line in out:gmatch "[^\n]+" do t.eq(line:match "^[^.]+", "ixon") end
    code, out = run("list-operations", "ixn")
    t.eq(code, 2)
    t.ok(out:find("did you mean 'ixon'?", 1, true), out)
  end)

  t.it("print OpenAPI and stubs, write pages and stubs", function()
    local code, out = run("export", "openapi", "ixon")
    t.eq(code, 0)
    t.eq(out, openapi.text(services.catalogue "ixon"))
    code, out = run("export", "stubs")
    t.eq(code, 0)
    t.ok(load(out, "=stubs", "t"))
    t.eq(select(2, out:gsub("%-%-%-@meta", "")), 1)
    local dir = temporary()
    code = run("export", "docs", dir) + run("export", "stubs", dir)
    local page, stub = read(dir .. "/ixon.md"), read(dir .. "/ixon.lua")
    os.execute("rm -r " .. dir)
    t.eq(code, 0)
    t.eq(page, docs.page(services.catalogue "ixon"))
    t.eq(stub, stubs.service(services.catalogue "ixon"))
  end)

  t.it("say what is missing or misspelt", function()
    for words, want in pairs{ [""] = "which form?", ["opnapi ixon"] = "did you mean 'openapi'?", openapi = "which service?",
      ["openapi ixn"] = "did you mean 'ixon'?", docs = "which directory?", ["stubs a b"] = "usage:" } do
      local code, out = run("export", words)
      t.eq(code, 2, words)
      t.ok(out:find(want, 1, true), out)
    end
  end)
end)

t.describe("help on an operation", function()
  local help = require "core.help"

  t.it("shows members below the one that holds them, required ones first", function()
    local text = help.topic "qalyptus.recipients.create"
    local function at(part) return (t.ok(text:find(part, 1, true), part)) end
    t.ok(at "\n  isActive " < at "\n  organizations ")
    t.ok(at "\n  organizations " < at "\n    id ")
    t.ok(at "\n    id " < at "\n  email ")
    t.ok(text:find("list of BaseEntityInfo, as organizations", 1, true))
    t.ok(text:find("errand call qalyptus.recipients.create --firstName STRING", 1, true))
  end)

  t.it("explains each mark of evidence once", function()
    local text = help.topic "qalyptus.recipients.create"
    local _, count = text:gsub(require("core.describe").EVIDENCE.inferred, "")
    t.eq(count, 1)
  end)

  t.it("exists for what is made from others: find, each, page", function()
    for topic, want in pairs{ ["ixon.users.find"] = "emailAddress", ["ixon.users.each"] = "ixon.users.list",
      ["ixon.users.page"] = "reply.next" } do
      t.ok(help.topic(topic):find(want, 1, true), topic)
    end
    t.raises(function() help.topic "intrexx.portals.each" end, "no operation 'each'")
  end)

  t.it("fits 80 columns, every operation", function()
    for _, name in ipairs(services.names()) do
      each_operation(services.catalogue(name), function(one)
        local text = help.operation(one, services.catalogue(name))
        local example = text:find("\nexample:", 1, true) or #text
        local after = text:find("\nas a command:", 1, true) or #text
        for line in (text:sub(1, example) .. text:sub(after)):gmatch "[^\n]+" do
          t.ok(require("host.err").width(line) <= 80 or not line:find "^%s*%S+%s+%S+%s+%S", one.id .. ": " .. line)
        end
      end)
    end
  end)
end)
