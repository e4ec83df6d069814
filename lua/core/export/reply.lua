-- reply.lua - what a call answers, wrapped as the vendor wraps it, as OpenAPI.
-- SPDX-License-Identifier: MIT

local json = require "host.json"
local sample = require "core.export.sample"
local schema = require "core.export.schema"

local reply = {}

local function steps(pointer)
  local out = {}
  for step in (pointer or ""):gmatch("/([^/]*)") do out[#out + 1] = step end
  return out
end

local function require_member(at, name)
  at.required = at.required or {}
  for _, known in ipairs(at.required) do
    if known == name then return end
  end
  table.insert(at.required, name)
end

-- The schema one step below `at`; nil if `at` is neither object nor array.
local function below(at, step)
  if step:find("^%d+$") then
    if at.type == nil then at.type, at.items = "array", {} end
    return at.items
  end
  if at.type == nil then at.type, at.properties = "object", {} end
  if at.properties and not at.properties[step] then at.properties[step] = {} end
  return at.properties and at.properties[step]
end

local function clear(node)
  for key in pairs(node) do node[key] = nil end
  json.object(node)
end

-- Puts a schema where a JSON pointer leads to. Where a vendor has now an object
-- and now a text in the same place, anything is accepted there.
local function put(root, pointer, leaf, required)
  local at = root
  for _, step in ipairs(steps(pointer)) do
    local node = below(at, step)
    if not node then return clear(at) end
    if required then require_member(at, step) end
    at = node
  end
  if next(at) ~= nil then return clear(at) end
  for key, value in pairs(leaf) do at[key] = value end
  json.object(at)
end

local function constant(value)
  local kind = math.type(value) or type(value)
  return { type = kind == "float" and "number" or kind, enum = { value } }
end

local function problem_schema(spec)
  local properties = { [spec.message or "message"] = { type = "string" } }
  if spec.path then properties[spec.path] = { type = "string", nullable = true } end
  if spec.index then properties[spec.index] = { type = "integer", nullable = true } end
  return { type = "object", properties = properties }
end

-- The lists of what is wrong, one form or several. Gives a function that tells
-- whether a pointer leads into one of them.
local function put_problems(root, problems)
  local forms = problems and (type(problems[1]) == "table" and problems or { problems }) or {}
  for _, form in ipairs(forms) do
    put(root, form[1], { anyOf = { { type = "array", items = problem_schema(form) },
      { type = "object", additionalProperties = true }, { type = "string" } } })
  end
  return function(pointer)
    for _, form in ipairs(forms) do
      if pointer == form[1] or pointer:sub(1, #form[1] + 1) == form[1] .. "/" then return true end
    end
    return false
  end
end

local function envelope_of(op, catalogue)
  if op.envelope == false then return {} end
  return type(op.envelope) == "table" and op.envelope or catalogue.envelope or {}
end

-- The wrapping that does not stand in the data, such as where the next page is.
local function put_paging(root, op, catalogue)
  local style = op.paging and catalogue.paging[op.paging]
  if not style then return end
  if style.next then put(root, style.next, { type = "string", nullable = true }) end
  if style.total then put(root, style.total, { type = "integer" }) end
end

local function anything(kind)
  return kind == nil or kind == "any" or kind == "none"
end

local function data_schema(op, context)
  if op.returns == "none" then return { type = "object", nullable = true } end
  return schema.row({ type = op.returns or "any" }, context)
end

local function is_wrapped(envelope)
  return envelope.ok or envelope.status or (envelope.data or "") ~= ""
end

local function wrapped(op, envelope, catalogue, context)
  local root = { type = "object", properties = {} }
  if (envelope.data or "") ~= "" then
    put(root, envelope.data, data_schema(op, context), not anything(op.returns))
  end
  if envelope.ok then put(root, envelope.ok[1], constant(envelope.ok[2]), not envelope.optional) end
  if envelope.status and envelope.status ~= (envelope.ok or {})[1] then
    put(root, envelope.status, constant(200), not envelope.optional)
  end
  put_problems(root, envelope.partial)
  put_paging(root, op, catalogue)
  return root
end

--- reply.schema(op, catalogue, context) -> schema of the whole body of a
-- success, or nil where there is none.
function reply.schema(op, catalogue, context)
  local envelope = envelope_of(op, catalogue)
  if op.returns == "text" then return { type = "string" } end
  if op.returns == "file" then return { type = "string", format = "binary" } end
  if not is_wrapped(envelope) then
    if anything(op.returns) then return nil end
    return data_schema(op, context)
  end
  local root = wrapped(op, envelope, catalogue, context)
  if (envelope.data or "") == "" then -- the wrapping stands among the members of the data
    return anything(op.returns) and root or { allOf = { root, data_schema(op, context) } }
  end
  if not envelope.optional or anything(op.returns) then return root end
  return { anyOf = { root, data_schema(op, context) } }
end

local function content_type(op)
  if op.returns == "file" then return "*/*" end -- whatever the file is
  return op.returns == "text" and "text/plain" or "application/json"
end

-- A reply of one operation that is true to it: nothing failed in part.
local function example(op, one, catalogue, context)
  local value, partial = sample(one, schema.components(context)), envelope_of(op, catalogue).partial
  for _, form in ipairs(partial and (type(partial[1]) == "table" and partial or { partial }) or {}) do
    local at, list = value, steps(form[1])
    for i = 1, #list - 1 do at = type(at) == "table" and at[list[i]] or {} end
    if type(at) == "table" and #list > 0 then at[list[#list]] = nil end
  end
  return { summary = op.summary, value = value }
end

-- Where a schema alone does not say which reply belongs to which operation, or
-- would have entries that failed, there are examples by the operations' names.
local function examples(ops, kind, catalogue, context)
  local out
  for _, op in ipairs(ops) do
    local one = reply.schema(op, catalogue, context)
    if one and content_type(op) == kind and kind == "application/json"
       and (#ops > 1 or envelope_of(op, catalogue).partial) then
      out = out or {}
      out[op.id] = example(op, one, catalogue, context)
    end
  end
  return out
end

--- reply.success(ops, catalogue, context) -> the response of the operations
-- that share one method and path.
function reply.success(ops, catalogue, context)
  local out, schemas, by_text = { description = "Done." }, {}, {}
  for _, op in ipairs(ops) do
    local one = reply.schema(op, catalogue, context)
    local kind = content_type(op)
    local key = one and kind .. json.encode(one)
    if one and not by_text[key] then
      by_text[key] = true
      schemas[kind] = schemas[kind] or {}
      table.insert(schemas[kind], one)
    end
    if op.created then
      out.headers = { [op.created.header] = { schema = { type = "string" },
        description = "Where the new object is; its last part is the id." } }
    end
  end
  for kind, list in pairs(schemas) do
    out.content = out.content or {}
    out.content[kind] = { schema = #list == 1 and list[1] or { anyOf = list },
                          examples = examples(ops, kind, catalogue, context) }
    -- Text is taken as it comes, whatever it is said to be.
    if kind == "text/plain" then out.content["application/json"] = { schema = json.object({}) } end
  end
  return out
end

--- reply.failure(catalogue) -> the response of calls that fail.
function reply.failure(catalogue)
  local envelope = catalogue.envelope or {}
  local root = { type = "object", properties = json.object({}) }
  if envelope.ok and type(envelope.ok[2]) == "boolean" then
    put(root, envelope.ok[1], constant(not envelope.ok[2]))
  elseif envelope.ok then
    put(root, envelope.ok[1], { type = constant(envelope.ok[2]).type })
  end
  if envelope.status and envelope.status ~= (envelope.ok or {})[1] then put(root, envelope.status, { type = "integer" }) end
  local inside = put_problems(root, envelope.problems)
  for _, list in ipairs{ envelope.message or {}, envelope.code or {} } do
    for _, pointer in ipairs(list) do
      if pointer ~= "" and not inside(pointer) then put(root, pointer, { type = "string" }) end
    end
  end
  return { description = "Refused.", content = { ["application/json"] = { schema = root } } }
end

return reply
