-- catalogue.lua - fuzz target: a description of a service, as JSON. What lint
-- finds nothing wrong with must work wherever catalogues are used.
-- SPDX-License-Identifier: MIT

local fuzz = ...
local catalogues = require "core.catalogue"
local docs = require "core.export.docs"
local json = require "host.json"
local limits = require "core.limits"
local lint = require "core.lint"
local openapi = require "core.export.openapi"
local request_ = require "core.request"
local stubs = require "core.export.stubs"

for word in ([[format name title doc docs evidence url check settings headers auth envelope paging rate shapes resources
  required nullable enum min max pattern pattern_doc not_in default preset secret operators join as value item_nullable content_type
  any_of one_of open http summary example effect danger path query header body body_optional body_min files fixed without returns
  created inverse settle timeout copy once look find by list record get login send renew needs token lifetime refused data ok status
  message problems partial style size page_size next total items all string integer number boolean flag uuid datetime date json object
  any file read set create none text cursor page offset GET POST source inferred]]):gmatch "%S+" do
  table.insert(fuzz.words, word)
end
for _, word in ipairs { "GET /things/{id}", "POST /things", "things.list", "[thing]", "{ id }", "^%d+$", "[", "%" } do
  table.insert(fuzz.words, word)
end

-- As a Lua file would have it: no nulls; {"1": "id", "required": true} is a row
-- with places and names.
local function plain(value)
  if value == json.null then return nil end
  if json.is_number(value) then return json.tonumber(value) end
  if type(value) ~= "table" then return value end
  local out = {}
  for key, member in pairs(value) do
    local place = type(key) == "string" and #key < 4 and key:find "^[1-9]%d*$" and math.tointeger(tonumber(key))
    out[place or key] = plain(member)
  end
  return out
end

-- Arguments that fit the rows, more or less.
local function arguments(op)
  local out = {}
  for _, part in ipairs { "query", "header", "body" } do
    for _, row in ipairs(type(op[part]) == "table" and op[part] or {}) do
      out[row.as or row[1]] = row.type == "integer" and 1 or row.type == "boolean" or "x"
    end
  end
  return out
end

-- What people and other programs are told of it.
local function tell(catalogue)
  for name, fn in pairs { openapi = openapi.text, stubs = stubs.service, docs = docs.page } do
    local text = fn(catalogue)
    assert(type(text) == "string" and text ~= "", name)
    if name == "openapi" then assert(json.decode(text), "it is JSON") end
  end
end

local function use(catalogue)
  tell(catalogue)
  limits.describe(limits.of(catalogue, {}, false))
  for _, resource in ipairs(catalogue.resource_list) do
    for _, op in ipairs(resource.operations) do
      local list = {}
      for i in ipairs(op.path or {}) do list[i] = "x" end
      list[#list + 1] = arguments(op)
      fuzz.try(nil, function()
        return request_.build(catalogue, op, {}, request_.parse(op, table.unpack(list)))
      end)
      fuzz.try(nil, require("core.envelope").unwrap, catalogue, op, 200, json.object { data = json.array {} },
        { headers = {}, head = "", text = "" })
      fuzz.try(nil, require("core.envelope").unwrap, catalogue, op, 400, json.object { message = "m" },
        { headers = {}, head = "", text = "" })
    end
  end
end

return function(text)
  local value = json.decode(text)
  value = plain(value)
  if type(value) ~= "table" then return end
  local problems = lint.check(value)
  assert(type(problems) == "table")
  for i, problem in ipairs(problems) do
    fuzz.told(problem, text)
    assert(i == 1 or problems[i - 1] <= problem, "in their order")
  end
  if #problems == 0 then use(catalogues.index(value)) end
end
