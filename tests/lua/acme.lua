-- acme.lua - a service made up for the specs of the engine, and its server.
-- SPDX-License-Identifier: MIT
--
-- acme.answer is what the server does with a request; acme.calls holds the
-- requests since acme.serve. Client and server share this process.

local catalogues = require "core.catalogue"
local config = require "core.config"
local json = require "host.json"
local services = require "core.services"

local acme = { calls = {} }

local id = { "id", "string", doc = "Which one." }
local size, after = { "limit", "integer", min = 1, max = 100 }, { "after", "string" }

local function op(row)
  row.summary, row.evidence = row.summary or "Something.", "docs"
  row.example = row.example or "acme.things.list()"
  return row
end

--- The catalogue as its file would return it, made anew.
function acme.written()
  return {
    format = 1, name = "acme", title = "Acme, a service for tests", evidence = "docs",
    url = { example = "https://acme.example.com" },
    settings = { { "token", "string", secret = true }, { "brand", "string", preset = "plain" }, { "site", "string" },
      { "user", "string" }, { "password", "string", secret = true } },
    headers = { { "Acme-Version", value = "7" }, { "Acme-Site", value = "{site}" } },
    auth = { { needs = { "token" }, send = { { "Authorization", value = "Bearer {token}" } } },
      { name = "basic", needs = { "user", "password" }, send = { { "Authorization", value = "Basic {basic:{user}:{password}}" } } } },
    envelope = { data = "/data", ok = { "/isSuccess", true }, message = { "/error/message", "/message" },
      problems = { "/data", message = "message", path = "propertyName", index = "listIndex" } },
    paging = {
      after = { style = "cursor", send = "after", size = "limit", page_size = 3, next = "/next" },
      pages = { style = "page", send = "page", size = "limit", page_size = 3, default = 2, all = "get_all" },
      offset = { style = "offset", send = "offset", size = "limit", page_size = 3, total = "/total" },
      inside = { style = "offset", send = "offset", size = "limit", page_size = 3, items = "/rows" },
    },
    shapes = {
      Ref = { { "id", "string", required = true, min = 4, max = 8, pattern = "[0-9a-z]+" } },
      Place = { { "ref", "Ref", required = true }, { "floor", "integer", min = 0, max = 9 } },
      Thing = {
        { "name", "string", required = true, min = 1, max = 10 },
        { "kind", "string", enum = { "small", "large" } },
        { "note", "string", nullable = true, max = 20 },
        { "count", "integer", min = 1, max = 10 }, { "ratio", "number", min = 0, max = 1 },
        { "on", "boolean" }, { "lit", "flag" }, { "uid", "uuid" }, { "at", "datetime" }, { "day", "date" },
        { "tags", "[string]", max = 3 }, { "places", "[Place]" }, { "home", "Place", nullable = true },
        { "free", "object" }, { "anything", "any" }, { "pin", "string", secret = true }, { "state", "string", preset = "new" },
        { "login", "string", not_in = { "root", "admin" } },
      },
      Open = { { "name", "string", required = true }, open = true },
      Loose = { { "a", "string" }, { "b", "string" }, open = true },
      Either = { { "a", "string" }, { "b", "string" }, one_of = { "a", "b" } },
      Some = { { "a", "string" }, { "b", "string" }, any_of = { "a", "b" } },
      Any = { { "a", "string" }, { "b", "string" }, min = 1 },
    },
    resources = {
      { "things", doc = "Things.",
        find = { by = { { "name", fold = true }, { "id" } }, list = "things.list", query = { q = { equals = "{name}" } } },
        operations = {
          op { "list", http = "GET /things", effect = "read", paging = "after", returns = "[any]",
            query = { size, after, { "q", "string", operators = { "equals", "contains" } }, { "tag", "[string]" },
              { "fields", "[string]", join = "," }, { "deep", "json" }, { "lit", "flag" },
              { "kind", "string", enum = { "small", "large" } } } },
          op { "get", http = "GET /things/{id}", effect = "read", path = { id }, returns = "any" },
          op { "create", http = "POST /things", effect = "create", body = "Thing", returns = "any",
            header = { { "Acme-Brand", "string", value = "{brand}", as = "brand" }, { "Acme-Note", "string", as = "header_note" } } },
          op { "create_many", http = "POST /things/many", effect = "create", body = "[Thing]", returns = "[any]" },
          op { "update", http = "PATCH /things/{id}", effect = "set", path = { id }, query = { { "notify", "boolean" } },
            body = "Thing", returns = "any" },
          op { "send", http = "POST /things/{id}/mail", effect = "send", path = { id }, returns = "any" },
          op { "remove", http = "DELETE /things/{id}", effect = "set", danger = true, path = { id }, returns = "none" },
          op { "remove_many", http = "DELETE /things", effect = "set", danger = true, body = "[string]", body_min = 1, returns = "none" },
          op { "ids", http = "PUT /things/ids", effect = "set", body = "[uuid]", body_optional = true, returns = "none" },
          op { "put_any", http = "PUT /things/any", effect = "set", body = "any", returns = "any" },
          op { "act", http = "POST /things/act", effect = "send", body = { { "who", "string", required = true } },
            fixed = { action = "wake", query = { v = 2 } }, returns = "any" },
          op { "open", http = "POST /things/open", effect = "create", body = "Open", returns = "any" },
          op { "either", http = "POST /things/either", effect = "create", body = "Either", returns = "any" },
          op { "some", http = "POST /things/some", effect = "create", body = "Some", returns = "any" },
          op { "least", http = "POST /things/least", effect = "create", body = "Any", returns = "any" },
        } },
      { "pages", operations = {
        op { "list", http = "GET /pages", effect = "read", paging = "pages", returns = "[any]",
          query = { size, { "page", "integer" }, { "get_all", "boolean" } } } } },
      { "rows", operations = {
        op { "list", http = "GET /rows", effect = "read", paging = "offset", returns = "[any]", query = { size, { "offset", "integer" } } },
        op { "inside", http = "GET /inside", effect = "read", paging = "inside", returns = "any",
          query = { size, { "offset", "integer" } }, envelope = false } } },
      { "people", doc = "People of a portal.",
        find = { by = { { "login", at = { "/account/login", "/login" } } }, record = "people.create", get = "people.get" },
        operations = {
          op { "create", http = "POST /portals/{portal}/people", effect = "create", path = { { "portal", "string" } }, body = "object",
            returns = "any", envelope = false, created = { header = "Location", segment = -1, as = "id" } },
          op { "get", http = "GET /portals/{portal}/people/{id}", effect = "read", path = { { "portal", "string" }, { "id", "integer" } },
            returns = "any", envelope = false } } },
      { "files", operations = {
        op { "put", http = "POST /portals/{portal}/files", effect = "create", path = { { "portal", "string" } },
          query = { { "note", "string" } }, returns = "text",
          files = { { "files", "file", required = true, content_type = "application/zip" }, { "second", "file", as = "extra" } } },
        op { "body", http = "PUT /portals/{portal}/image", effect = "set", path = { { "portal", "string" } }, body = "file",
          header = { { "Content-Type", "string", as = "type" } }, returns = "any", envelope = false,
          files = { { "image", "file", required = true, content_type = "image/png" } } },
        op { "any", http = "POST /portals/{portal}/any", effect = "create", path = { { "portal", "string" } }, body = "file",
          returns = "any", envelope = false },
        op { "get", http = "GET /portals/{portal}/file", effect = "read", path = { { "portal", "string" } }, returns = "file" } } },
      { "made", operations = {
        op { "one", http = "POST /made", effect = "create", returns = "Open" },
        op { "many", http = "POST /made/many", effect = "send", returns = "[Open]" },
        op { "header", http = "POST /made/header", effect = "create", returns = "Open", envelope = false,
          created = { header = "Location", segment = -1, as = "id" } },
        op { "replace", http = "PUT /made", effect = "set", danger = true, body = "[Ref]", returns = "none" },
        op { "drop", http = "POST /made/drop", effect = "set", danger = true, body = "[Ref]", returns = "none" } } },
      { "quoted", find = { by = { { "name" }, { "kind" } }, list = "quoted.list",
          query = { filter = 'eq(name,"{name}")', kind = "{kind}" } },
        operations = {
          op { "list", http = "GET /quoted", effect = "read", paging = false, returns = "[any]",
            query = { { "filter", "string" }, { "kind", "string" } } } } },
      { "plain", operations = {
        op { "text", http = "GET /text", effect = "read", returns = "text", envelope = false },
        op { "list", http = "GET /plain", effect = "read", returns = "[any]", paging = false,
          envelope = { data = "/items", optional = true, empty_object = true } },
        op { "shapes", http = "GET /shapes", effect = "read", paging = false, returns = "[Open]", envelope = false },
        op { "loose", http = "GET /loose", effect = "read", paging = false, returns = "[Loose]", envelope = false },
        op { "list_strict", http = "GET /strict", effect = "read", paging = false, returns = "[any]", envelope = { data = "/items" } },
        op { "status", http = "GET /status", effect = "read", returns = "any",
          envelope = { status = "/code", message = { "/why" }, problems = { "/errors" } } },
        op { "free", http = "GET /free", effect = "read", auth = false, without = { "Acme-Version" }, returns = "any", envelope = false },
        op { "basic", http = "GET /basic", effect = "read", auth = "basic", returns = "any", envelope = false },
        op { "slow", http = "GET /slow", effect = "read", timeout = 0.05, returns = "any", envelope = false } } },
    },
  }
end

acme.catalogue = catalogues.index(acme.written())

local load_ = catalogues.load
function catalogues.load(name)
  return name == "acme" and acme.catalogue or load_(name)
end
table.insert(services.names(), "acme")

--- The operation "things.list" of the catalogue.
function acme.operation(name)
  return catalogues.operation(acme.catalogue, name)
end

--- A reply of the service as it wraps one.
function acme.ok(data, more)
  local body = { isSuccess = true, data = data }
  for key, value in pairs(more or {}) do body[key] = value end
  return acme.reply(200, body)
end

--- A reply with a JSON body, or with the text as it stands.
function acme.reply(status, body, headers)
  headers = headers or {}
  if type(body) == "table" then
    headers["Content-Type"], body = headers["Content-Type"] or "application/json", assert(json.encode(body))
  end
  return { status = status, body = body or "", headers = headers }
end

local server

local function handle(request)
  request.json = request.body ~= "" and json.decode(request.body) or nil
  acme.calls[#acme.calls + 1] = request
  return acme.answer(request)
end

--- The base URL of the server, which starts when first asked for.
function acme.url()
  server = server or assert(require("host.sandbox").listen(0, handle))
  return "http://127.0.0.1:" .. server:port()
end

--- Answers from now on with the function, or with the replies of a list in
-- turn; forgets the calls so far.
function acme.serve(answer)
  acme.calls = {}
  local given = answer
  if type(given) == "table" then
    answer = function() return given[#acme.calls] or acme.reply(500, "one call too many") end
  end
  acme.answer = answer
end

--- The service as a script has it, on the sandbox's profile; its record of
-- writes is in memory.
function acme.service()
  if not acme.module then
    config.load { sandbox = { acme = { url = acme.url(), token = "acme-t0ken", brand = "plain", user = "u", password = "acme-passw0rd" } } }
    acme.module = services.get "acme"
  end
  return acme.module
end

--- Method, path and query of the calls so far, one text each.
function acme.seen()
  local out = {}
  for i, call in ipairs(acme.calls) do
    out[i] = call.method .. " " .. call.path .. (call.query ~= "" and "?" .. call.query or "")
  end
  return out
end

--- The request of a call without sending it.
function acme.build(name, ...)
  return require("core.client").build(acme.operation(name), { brand = "plain" }, ...)
end

--- The problems of a refused call: lines "path: message", sorted.
function acme.problems(name, ...)
  local ok, err = pcall(acme.build, name, ...)
  if ok then error("the call was not refused", 2) end
  if not require("core.error").is(err) then error(err, 0) end
  if err.kind ~= "validation" then error("refused with kind " .. err.kind, 2) end
  local out = {}
  for i, p in ipairs(err.problems or { { message = err.message } }) do out[i] = (p.path and p.path .. ": " or "") .. p.message end
  return out, err
end

return acme
