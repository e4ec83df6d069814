-- Every wire case of one service, sent by errand to a server that was made
-- from the exported OpenAPI. run.sh starts both; not part of `make test`.
-- SPDX-License-Identifier: MIT

local t = require "test"
local client = require "core.client"
local json = require "host.json"
local services = require "core.services"

local name = assert(os.getenv "CONTRACT_SERVICE", "run.sh sets CONTRACT_SERVICE")
local module = services.get(name)

local function cases()
  local env = { null = json.null, array = json.array }
  return assert(loadfile(("tests/services/%s/wire.lua"):format(name), "t", env))()
end

-- What the server says against a request stands in a header or in the body.
local function violation(err)
  local body = type(err) == "table" and err.body
  return ("%s %s"):format(tostring(err), type(body) == "table" and json.encode(body) or tostring(body or ""))
end

-- Of operations that share a method and path the server must be told whose
-- reply is wanted; the description names an example of each.
local function choose_replies()
  for _, item in pairs(require("core.export.openapi").document(services.catalogue(name)).paths) do
    for _, shared in pairs(item) do
      for _, one in ipairs(shared["x-errand-operations"] or {}) do
        local op = services.find_operation(one.id)
        op.header = { { "Prefer", name = "Prefer", value = "example=" .. op.id }, table.unpack(op.header or {}) }
      end
    end
  end
end

local temporary = {}

local function temporary_file()
  local path = os.tmpname()
  temporary[#temporary + 1] = path
  local file = assert(io.open(path, "w"))
  file:write "what it holds does not matter"
  file:close()
  return path
end

-- Arguments with files that are there in place of those that the case names.
local function with_files(value, names)
  if type(value) == "string" then return names[value] and temporary_file() or value end
  if type(value) ~= "table" then return value end
  local out = setmetatable({}, getmetatable(value))
  for key, member in pairs(value) do
    out[key] = key == "to" and temporary_file() or with_files(member, names)
  end
  return out
end

-- A part under another name than the described one.
local function deviates(case)
  local options = case.args and case.args[#case.args]
  return type(options) == "table" and options.field ~= nil
end

local function send(case)
  local op, names = services.find_operation(case.op), {}
  for _, part in ipairs(case.want.parts or {}) do names[part[2]] = true end
  local args = with_files(case.args or {}, names)
  local ok, data, reply = pcall(client.call, module, op, table.unpack(args))
  for _, path in ipairs(temporary) do os.remove(path) end
  temporary = {}
  if not ok then error({ failed = violation(data) }, 0) end
  t.eq(reply.headers["sl-violations"], nil, "sl-violations")
end

t.describe(name, function()
  local called = {}
  choose_replies()
  for i, case in ipairs(cases()) do
    called[case.op] = true
    if not deviates(case) then
      t.it(("%s (%d)"):format(case.op, i), function() send(case) end)
    end
  end
  t.it("every operation was called", function()
    local missing = {}
    for _, resource in ipairs(services.catalogue(name).resource_list) do
      for _, op in ipairs(resource.operations) do
        if not called[op.id] then missing[#missing + 1] = op.id end
      end
    end
    t.eq(missing, {})
  end)

  -- A server that accepts everything would prove nothing.
  t.it("a body of another type is refused", function()
    for _, case in ipairs(cases()) do
      if case.want.body and not case.want.headers and not case.want.query then
        local ok, err = pcall(client.raw, name, case.want.method, case.want.path, { body = '"text"' })
        t.ok(not ok and err.status and err.status >= 400 and err.status < 500, case.op)
        return
      end
    end
    t.ok(false, "no case with a body")
  end)
end)
