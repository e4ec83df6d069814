-- Every catalogue against the lint, its wire cases and its recorded replies.

local t = require "test"
local catalogues = require "core.catalogue"
local client = require "core.client"
local envelope = require "core.envelope"
local get = require("core.pointer").get
local host_json = require "host.json"
local http = require "host.http"
local lint = require "core.lint"
local services = require "core.services"
local validate = require "core.sandbox.validate"

-- cases are data, with the two values that Lua has no other word for
local function data_file(path)
  local chunk = assert(loadfile(path, "t", { null = host_json.null, array = host_json.array }))
  return chunk()
end

local function query_text(query)
  local parts = {}
  for i, pair in ipairs(query) do parts[i] = pair[1] .. "=" .. pair[2] end
  return #parts > 0 and table.concat(parts, "&") or nil
end

local function header_map(headers)
  local out = {}
  for _, line in ipairs(headers) do
    local name, value = line:match "^([^:]+): (.*)$"
    if name ~= "Content-Type" then out[name] = value end
  end
  return out
end

local function filled_path(request)
  local i = 0
  return (request.template:gsub("{[^}]*}", function()
    i = i + 1
    return (request.path[i][2]:gsub("%%", "%%%%"))
  end))
end

local function null_free(value)
  if value == host_json.null then return nil end
  if type(value) ~= "table" then return value end
  local out = {}
  for key, member in pairs(value) do out[key] = null_free(member) end
  return out
end

local function wire_case(case, settings)
  local op = services.find_operation(case.op)
  local request = client.build(op, settings, table.unpack(case.args or {}))
  t.eq(request.method, case.want.method, "method")
  t.eq(filled_path(request), case.want.path, "path")
  t.eq(query_text(request.query), case.want.query, "query")
  t.eq(header_map(request.headers), case.want.headers or {}, "headers")
  t.eq(request.body, case.want.body, "body")
  t.eq(request.parts, case.want.parts, "files")
  t.eq(request.output, case.want.output, "output")
  if case.want.url then t.eq(http.url("http://x", request), "http://x" .. case.want.url, "url") end
end

-- whether the catalogue says what the data looks like
local function shaped(op)
  local loose = { none = true, any = true, text = true, file = true }
  return op.returns and not loose[op.returns] and not op.created
end

local function reply_case(case)
  local op = services.find_operation(case.op)
  local catalogue = catalogues.load(op.service)
  local value = case.body
  local as_json = op.returns ~= "text" and op.returns ~= "file" or case.status >= 300
  if as_json then value = case.body and case.body ~= "" and host_json.decode(case.body) or nil end
  local headers = {}
  for name, text in pairs(case.headers or {}) do headers[name:lower()] = text end
  local reply = { attempts = 1, head = "", headers = headers, text = value == nil and case.body or nil }
  local ok, got = pcall(envelope.unwrap, catalogue, op, case.status, value, reply)
  if case.error then
    t.ok(not ok, "should fail")
    if case.error.kind then t.eq(got.kind, case.error.kind) end
    local text = tostring(got)
    if case.error.message then t.ok(text:find(case.error.message, 1, true), "message: " .. text) end
  else
    t.ok(ok, tostring(got))
    if not op.created then t.eq(null_free(got), case.data) end
    local style = op.paging and catalogue.paging[op.paging]
    local records = style and style.items and get(got, style.items) or got -- as paging takes them
    if shaped(op) and got ~= nil then t.eq(validate.body(catalogue.shapes or {}, op.returns, records), {}, "shape") end
  end
end

for _, name in ipairs(services.names()) do
  t.describe(name, function()
    local wire = data_file(("tests/services/%s/wire.lua"):format(name))
    local replies = data_file(("tests/services/%s/replies.lua"):format(name))
    local called, answered = {}, {}

    t.it("has a clean catalogue", function()
      t.eq(lint.check(catalogues.load(name)), {})
    end)

    for i, case in ipairs(wire) do
      called[case.op] = true
      t.it(("sends %s (%d)"):format(case.op, i), function() wire_case(case, wire.settings) end)
    end

    for i, case in ipairs(replies) do
      answered[case.op] = true
      t.it(("reads %s (%d)"):format(case.op, i), function() reply_case(case) end)
    end

    t.it("has a wire case and a reply for every operation", function()
      local missing = {}
      for _, resource in ipairs(catalogues.load(name).resource_list) do
        for _, op in ipairs(resource.operations) do
          if not called[op.id] then missing[#missing + 1] = op.id .. " (wire)" end
          if not answered[op.id] then missing[#missing + 1] = op.id .. " (reply)" end
        end
      end
      t.eq(missing, {})
    end)
  end)
end
