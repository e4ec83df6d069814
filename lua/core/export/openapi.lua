-- openapi.lua - a catalogue as an OpenAPI 3.0.3 document.
-- SPDX-License-Identifier: MIT
--
-- OpenAPI knows one operation for a method and path. Services that tell their
-- operations apart by a member of the body or the query get one operation that
-- takes any of the bodies, with all of them listed in x-errand-operations.

local json = require "host.json"
local replies = require "core.export.reply"
local schema = require "core.export.schema"

local openapi = {}

-- Header parameters of these names are ignored by OpenAPI.
local RESERVED = { authorization = true, accept = true, ["content-type"] = true }

local function object(t)
  return json.object(t or {})
end

-- ---- headers that every call carries, and credentials ----

local function setting_of(template, catalogue)
  local name = template:match("^{([%w_]+)}$")
  return name and catalogue.setting[name]
end

local function is_constant(template)
  return not template:find("[{}]")
end

-- A header row: typed by its own type, by the setting it is made from, or one
-- fixed text.
local function header_parameter(row, context, catalogue)
  local setting = row.value and setting_of(row.value, catalogue)
  local value_schema
  if row.type then
    value_schema = schema.row({ type = row.type, enum = row.enum, min = row.min, max = row.max, pattern = row.pattern }, context)
  elseif is_constant(row.value) then
    value_schema = { type = "string", enum = { row.value } }
  elseif setting then
    value_schema = schema.row({ type = setting.type, enum = setting.enum, min = setting.min, max = setting.max,
                                pattern = setting.pattern }, context)
  else
    value_schema = { type = "string" }
  end
  return { name = row.name or row[1], ["in"] = "header", description = row.doc or setting and setting.doc,
           required = (row.required or row.value and is_constant(row.value)) and true or nil, schema = value_schema,
           ["x-errand-evidence"] = row.evidence }
end

-- Basic as OpenAPI means it: one user and one password.
local function is_basic(template)
  local pair = template:match("^Basic {basic:(.*)}$")
  return pair ~= nil and select(2, pair:gsub(":", "")) == 1
end

local function scheme_of(row)
  local name, template = row[1], row.value
  if name:lower() == "authorization" and template:find("^Bearer ") then
    return "bearer", { type = "http", scheme = "bearer" }
  elseif name:lower() == "authorization" and is_basic(template) then
    return "basic", { type = "http", scheme = "basic" }
  end
  local word = template:match("^(%a+) ") -- of Authorization
  return (name .. (word and "-" .. word or "")):lower(), { type = "apiKey", ["in"] = "header", name = name,
    description = "Sent as " .. template .. ", where {basic:...} stands for base64." }
end

local function requirement(way, schemes)
  local out = object()
  for _, row in ipairs(way.send or {}) do
    local name, scheme = scheme_of(row)
    schemes[name] = schemes[name] or scheme
    out[name] = json.array({})
  end
  return out
end

-- The alternatives that an operation may sign in by.
local function security(catalogue, auth, schemes)
  local out, seen = json.array({}), {}
  if auth == false then return out end
  for _, way in ipairs(catalogue.auth or {}) do
    if way.name == (auth or nil) then
      local one = requirement(way, schemes)
      local key = json.encode(one)
      if not seen[key] then
        seen[key] = true
        out[#out + 1] = one
      end
    end
  end
  return out
end

-- ---- parameters ----

local STYLES = { [","] = "form", ["|"] = "pipeDelimited", [" "] = "spaceDelimited" }

local function query_parameter(row, context)
  local out = { name = row.name, ["in"] = "query", description = row.doc, required = row.required,
                ["x-errand-evidence"] = row.evidence }
  local typed = {}
  for key, value in pairs(row) do typed[key] = value end
  typed.doc, typed.evidence, typed.required = nil, nil, nil
  local _, is_list = schema.element(row.type)
  if is_list and row.join and not STYLES[row.join] then
    out.schema = { type = "string" }
    out.description = ((row.doc or "") .. (" Joined by '%s'."):format(row.join)):gsub("^ ", "")
  else
    out.schema = schema.row(typed, context)
    if is_list then
      out.style, out.explode = row.join and STYLES[row.join] or "form", not row.join
    end
  end
  return out
end

local function add_query(list, row, context)
  list[#list + 1] = query_parameter(row, context)
  for _, operator in ipairs(row.operators or {}) do
    list[#list + 1] = { name = ("%s[%s]"):format(row.name, operator), ["in"] = "query", schema = { type = "string" },
      description = ("Compares %s by '%s'."):format(row.name, operator), ["x-errand-evidence"] = row.evidence }
  end
end

local function path_parameters(op, names, context)
  local out = {}
  for i, row in ipairs(op.path or {}) do
    local typed = {}
    for key, value in pairs(row) do typed[key] = value end
    typed.doc, typed.evidence, typed.required = nil, nil, nil
    if (row.type or "string") == "string" and not row.min then typed.min = 1 end
    out[i] = { name = names[i], ["in"] = "path", required = true, description = row.doc,
               schema = schema.row(typed, context), ["x-errand-evidence"] = row.evidence }
  end
  return out
end

-- Parameters of one operation; those of the whole service by reference.
local function parameters(op, names, context, catalogue)
  local out = path_parameters(op, names, context)
  for name, value in pairs(op.fixed and op.fixed.query or {}) do
    local kind = math.type(value) or type(value)
    out[#out + 1] = { name = name, ["in"] = "query", required = true, schema = { type = kind, enum = { value } } }
  end
  for _, row in ipairs(op.query or {}) do add_query(out, row, context) end
  local without = {}
  for _, name in ipairs(op.without or {}) do without[name] = true end
  for _, row in ipairs(op.header or {}) do
    without[row.name] = true
    if not RESERVED[row.name:lower()] then out[#out + 1] = header_parameter(row, context, catalogue) end
  end
  for _, row in ipairs(catalogue.headers or {}) do
    if not without[row[1]] and not RESERVED[row[1]:lower()] then
      out[#out + 1] = { ["$ref"] = "#/components/parameters/" .. row[1] }
    end
  end
  return out
end

-- ---- bodies ----

local function fixed_members(op)
  local out
  for name, value in pairs(op.fixed or {}) do
    if name ~= "query" then
      out = out or {}
      out[name] = value
    end
  end
  return out
end

local function copy(rows)
  local out = {}
  for key, value in pairs(rows) do out[key] = value end
  return out
end

-- The members of a multipart body: its files and what goes beside them.
local function form(op, context)
  local rows = copy(type(op.body) == "table" and op.body or context.shapes[op.body] or {})
  for _, row in ipairs(op.files) do rows[#rows + 1] = row end
  return schema.members(rows, context, true, fixed_members(op))
end

local function body_schema(op, context)
  local fixed = fixed_members(op)
  local rows = type(op.body) == "table" and op.body or fixed and context.shapes[op.body]
  if rows then return schema.members(rows, context, true, fixed) end
  return schema.row({ type = op.body, min = op.body_min }, context)
end

-- Adds what one operation sends to the lists of schemas by content type.
local function add_body(op, context, content)
  if not op.body and not op.files then return end
  if op.whole then
    local type_ = op.files[1].content_type or "application/octet-stream"
    content[type_] = content[type_] or {}
    table.insert(content[type_], { op = op, schema = schema.row(op.files[1], context) })
    return
  end
  local kind = op.files and "multipart/form-data" or "application/json"
  content[kind] = content[kind] or {}
  table.insert(content[kind], { op = op, schema = op.files and form(op, context) or body_schema(op, context) })
end

local function request_body(ops, context)
  local content, required = {}, true
  for _, op in ipairs(ops) do
    add_body(op, context, content)
    if op.body_optional or not (op.body or op.files) then required = false end
  end
  if next(content) == nil then return nil end
  local out = { required = required, content = {} }
  for kind, list in pairs(content) do
    if #list == 1 then
      out.content[kind] = { schema = list[1].schema }
    else
      local any = {}
      for i, one in ipairs(list) do
        any[i] = one.schema["$ref"] and { allOf = { one.schema } } or one.schema
        any[i].title = one.op.id
      end
      out.content[kind] = { schema = { oneOf = any } }
    end
  end
  return out
end

-- ---- operations that share a method and path ----

local function key_of(parameter)
  return parameter["$ref"] or parameter["in"] .. " " .. parameter.name
end

local function join_enums(into, from)
  local mine, its = into.schema and into.schema.enum, from.schema and from.schema.enum
  if not mine or not its then return end
  local known = {}
  for _, value in ipairs(mine) do known[value] = true end
  for _, value in ipairs(its) do
    if not known[value] then mine[#mine + 1] = value end
  end
end

-- Required is only what all of them require.
local function merge_parameters(lists)
  local out, by_key, count = {}, {}, {}
  for _, list in ipairs(lists) do
    for _, parameter in ipairs(list) do
      local key = key_of(parameter)
      local there = by_key[key]
      count[key] = (count[key] or 0) + 1
      if not there then
        by_key[key] = parameter
        out[#out + 1] = parameter
      else
        join_enums(there, parameter)
        if not parameter.required then there.required = nil end
      end
    end
  end
  for _, parameter in ipairs(out) do
    if count[key_of(parameter)] < #lists and parameter["in"] ~= "path" then parameter.required = nil end
  end
  return out
end

local function facts(op, catalogue)
  return { ["x-errand-effect"] = op.effect, ["x-errand-danger"] = op.danger or false,
           ["x-errand-evidence"] = op.evidence or catalogue.evidence }
end

local function describe_one(out, op, catalogue)
  out.operationId = op.resource .. "_" .. op.name
  out.tags, out.summary, out.description = { op.resource }, op.summary, op.doc
  for key, value in pairs(facts(op, catalogue)) do out[key] = value end
  if op.example then out["x-codeSamples"] = { { lang = "Lua", source = op.example } } end
end

local function describe_many(out, ops, catalogue)
  local lines, list, tags, seen = {}, {}, {}, {}
  for i, op in ipairs(ops) do
    lines[i] = ("- `%s`: %s"):format(op.id, op.summary)
    list[i] = facts(op, catalogue)
    list[i].id, list[i].summary = op.id, op.summary
    if not seen[op.resource] then
      seen[op.resource] = true
      tags[#tags + 1] = op.resource
    end
  end
  out.operationId = ops[1].method:lower() .. ops[1].template:gsub("[^%w]+", "_"):gsub("_$", "")
  out.tags, out["x-errand-operations"] = tags, list
  out.summary = ("One of %d operations."):format(#ops)
  out.description = "Operations that share this method and path:\n\n" .. table.concat(lines, "\n")
end

local function same(a, b)
  return json.encode(a) == json.encode(b)
end

-- ops share one method and path; names are those of the path's parameters.
local function operation(ops, names, build)
  local catalogue, context = build.catalogue, build.context
  local out, lists = {}, {}
  if #ops == 1 then describe_one(out, ops[1], catalogue) else describe_many(out, ops, catalogue) end
  for i, op in ipairs(ops) do lists[i] = parameters(op, names, context, catalogue) end
  local all = merge_parameters(lists)
  if all[1] then out.parameters = all end
  out.requestBody = request_body(ops, context)
  out.responses = { ["2XX"] = replies.success(ops, catalogue, context),
                    ["4XX"] = { ["$ref"] = "#/components/responses/Failure" } }
  local own = security(catalogue, ops[1].auth, build.schemes)
  if not same(own, build.security) then out.security = own end
  return out
end

-- Operations by path and method. Paths that differ only in the names of their
-- parameters are one path: it gets the names of the first.
local function routes(catalogue)
  local list, by_route = {}, {}
  for _, resource in ipairs(catalogue.resource_list) do
    for _, op in ipairs(resource.operations) do
      local bare = op.template:gsub("{[^}]*}", "{}")
      local route = by_route[bare]
      if not route then
        route = { template = op.template, names = {}, methods = {} }
        for name in op.template:gmatch("{([^}]*)}") do table.insert(route.names, name) end
        by_route[bare] = route
        list[#list + 1] = route
      end
      route.methods[op.method] = route.methods[op.method] or {}
      table.insert(route.methods[op.method], op)
    end
  end
  return list
end

local function tags(catalogue)
  local out = {}
  for i, resource in ipairs(catalogue.resource_list) do
    out[i] = { name = resource.name, description = resource.doc }
  end
  return out
end

local function shared_headers(catalogue, context)
  local out
  for _, row in ipairs(catalogue.headers or {}) do
    if not RESERVED[row[1]:lower()] then
      out = out or {}
      out[row[1]] = header_parameter(row, context, catalogue)
    end
  end
  return out
end

--- openapi.document(catalogue) -> the document as a table. The catalogue is
-- indexed, as core.catalogue gives it.
function openapi.document(catalogue)
  local context, schemes = schema.context(catalogue), object()
  local build = { catalogue = catalogue, context = context, schemes = schemes,
                  security = security(catalogue, nil, schemes) }
  local paths = object()
  for _, route in ipairs(routes(catalogue)) do
    local item = object()
    for method, ops in pairs(route.methods) do item[method:lower()] = operation(ops, route.names, build) end
    paths[route.template] = item
  end
  return {
    openapi = "3.0.3",
    info = { title = catalogue.title, version = require("host.sys").version, description = catalogue.doc,
             ["x-errand-service"] = catalogue.name, ["x-errand-evidence"] = catalogue.evidence },
    externalDocs = catalogue.docs and { url = catalogue.docs } or nil,
    servers = { { url = catalogue.url.default or catalogue.url.example } },
    security = build.security, tags = tags(catalogue), paths = paths,
    components = { schemas = schema.components(context), securitySchemes = schemes,
                   parameters = shared_headers(catalogue, context),
                   responses = { Failure = replies.failure(catalogue) } },
  }
end

--- openapi.text(catalogue) -> the document as JSON, the same for the same
-- catalogue.
function openapi.text(catalogue)
  local text, err = json.encode(openapi.document(catalogue), 2)
  if not text then require("core.error").rethrow(err) end
  return text .. "\n"
end

return openapi
