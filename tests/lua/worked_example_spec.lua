-- The worked example of docs/catalogue.md, as it stands there: a service in
-- under 40 lines that lints, calls, pages and is exported.

local t = require "test"
local catalogues = require "core.catalogue"
local json = require "host.json"
local lint = require "core.lint"
local services = require "core.services"

local function example()
  local file = assert(io.open("docs/catalogue.md"))
  local text = file:read "a"
  file:close()
  return assert(text:match "## Adding a service.-\n```lua\n(.-)```", "no example")
end

local source = example()

local function written()
  return assert(load(source, "=docs/catalogue.md", "t", {}))()
end

local calls = {}

-- What the helpdesk answers: one page of tickets, and whatever was asked done.
local function answer(request)
  request.value = request.body ~= "" and json.decode(request.body) or nil
  calls[#calls + 1] = request
  local status, data = 200, json.array({})
  if request.method == "POST" and request.path == "/tickets" then
    status, data = 201, { id = 9, title = request.value.title, state = "open" }
  elseif request.method == "POST" then
    data = { id = 8, state = "closed" }
  elseif not request.query:find("page=2", 1, true) then
    data = { { id = 7, title = "Printer on fire" }, { id = 8, title = "No paper" } }
  end
  return { status = status, body = json.encode({ data = data }), headers = { ["Content-Type"] = "application/json" } }
end

local server

-- The service as a script has it, on a loopback server.
local function helpdesk()
  if not server then
    server = assert(require("host.sandbox").listen(0, answer))
    local load_, indexed = catalogues.load, catalogues.index(written())
    function catalogues.load(name)
      return name == "helpdesk" and indexed or load_(name)
    end
    table.insert(services.names(), "helpdesk")
    require("core.config").load{ sandbox = { helpdesk = {
      url = "http://127.0.0.1:" .. server:port(), key = "helpdesk-k3y" } } }
  end
  calls = {}
  return services.get "helpdesk"
end

t.describe("the worked example of the catalogue format", function()
  t.it("is under 40 lines", function()
    t.ok(select(2, source:gsub("\n", "\n")) < 40)
  end)

  t.it("lints clean, before and after it is indexed", function()
    t.eq(lint.check(written()), {})
    t.eq(lint.check(catalogues.index(written())), {})
  end)

  t.it("is linted: a fault put into it is found", function()
    local broken = written()
    broken.resources[1].operations[1].pagign = "pages"
    t.ok(#lint.check(broken) > 0)
  end)

  t.it("sends and reads what it says", function()
    local ticket = helpdesk().tickets.create{ title = "Printer on fire", priority = "high" }
    t.eq(ticket.id, 9)
    t.eq({ calls[1].method, calls[1].path, calls[1].value }, { "POST", "/tickets",
      { title = "Printer on fire", priority = "high" } })
    t.eq(calls[1].headers.authorization or calls[1].headers.Authorization, "Bearer helpdesk-k3y")
  end)

  t.it("refuses what it does not know, before anything is sent", function()
    local service = helpdesk()
    t.raises(function() service.tickets.create{ titel = "x" } end, "did you mean 'title'?")
    t.raises(function() service.tickets.create{ title = "x", priority = "urgent" } end, "low, normal, high")
    t.eq(#calls, 0)
  end)

  t.it("has pages, find and the undone-by of its data", function()
    local service = helpdesk()
    t.eq(service.tickets.close(service.tickets.find{ title = "No paper" }.id).state, "closed")
    t.eq(calls[1].path .. "?" .. calls[1].query, "/tickets?per_page=100&page=1")
    t.eq(calls[#calls].path, "/tickets/8/close")
  end)

  t.it("has every face of a service", function()
    helpdesk()
    local catalogue = services.catalogue "helpdesk"
    t.ok(require("core.help").topic("helpdesk.tickets.create"):find("priority", 1, true))
    t.ok(require("core.export.openapi").document(catalogue).paths["/tickets/{id}/close"].post)
    t.ok(require("core.export.docs").page(catalogue):find("helpdesk.tickets.close", 1, true))
    t.ok(load(require("core.export.stubs").service(catalogue)))
  end)
end)
