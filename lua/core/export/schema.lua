-- schema.lua - rows and shapes of a catalogue as schemas of OpenAPI 3.0.
-- SPDX-License-Identifier: MIT
--
-- A context is { shapes = the catalogue's, sent = set of the names of shapes
-- that requests use }.

local json = require "host.json"
local pattern = require "core.export.pattern"

local schema = {}

-- The form of each plain type; limits = what min and max count.
local plain = {
  string = { type = "string", limits = "Length" },
  integer = { type = "integer", limits = "imum" },
  number = { type = "number", limits = "imum" },
  boolean = { type = "boolean" },
  flag = { type = "string", enum = { "0", "1" } },
  uuid = { type = "string", format = "uuid" },
  datetime = { type = "string", format = "date-time" },
  date = { type = "string", format = "date" },
  json = { type = "string" },
  file = { type = "string", format = "binary" },
}

local lua_type = { string = "string", integer = "number", number = "number", boolean = "boolean" }

-- In OpenAPI 3.0 a reference can be neither nullable nor described itself.
local NULL = { type = "object", nullable = true, enum = { json.null } }

--- schema.element("[T]") -> "T", true; of another type the type itself.
function schema.element(kind)
  local inner = type(kind) == "string" and kind:match("^%[(.+)%]$")
  return inner or kind, inner ~= nil and inner ~= false
end

local function reference(name, row)
  local ref = { ["$ref"] = "#/components/schemas/" .. name }
  if row.nullable then return { anyOf = { ref, NULL } } end
  if row.doc or row.evidence then return { allOf = { ref } } end
  return ref
end

local function values(list, nullable)
  local out = json.array({})
  for i, value in ipairs(list) do out[i] = value end
  if nullable then out[#out + 1] = json.null end
  return out
end

local function limits(out, row, suffix)
  if not suffix then return end
  if row.min then out["min" .. suffix] = row.min end
  if row.max then out["max" .. suffix] = row.max end
end

local function scalar(row)
  local form = plain[row.type]
  local out = { type = form.type, format = form.format }
  limits(out, row, form.limits)
  local enum = row.enum or form.enum
  if enum then out.enum = values(enum, row.nullable) end
  if row.not_in then out["not"] = { enum = values(row.not_in) } end
  out.pattern = row.pattern and pattern.ecma(row.pattern)
  if row.secret and form.type == "string" and not out.format then out.format = "password" end
  if row.nullable then out.nullable = true end
  if type(row.default) == lua_type[form.type] then out.default = row.default end
  return out
end

local function array(row, inner, context)
  local out = { type = "array", items = schema.row({ type = inner, enum = row.enum, pattern = row.pattern,
                                                     nullable = row.item_nullable }, context) }
  limits(out, row, "Items")
  if row.nullable then out.nullable = true end
  return out
end

local function bare(row, context)
  local kind = row.type or "string"
  if type(kind) == "table" then return schema.members(kind, context, true) end
  local inner, is_list = schema.element(kind)
  if is_list then return array(row, inner, context) end
  if plain[kind] then return scalar(row) end
  if context.shapes[kind] then return reference(kind, row) end
  if kind == "object" then
    return { type = "object", additionalProperties = true, nullable = row.nullable }
  end
  return json.object({})
end

--- schema.row(row, context) -> the schema of one value.
function schema.row(row, context)
  local out = bare(row, context)
  out.description = row.doc
  out["x-errand-evidence"] = row.evidence
  out["x-errand-preset"] = row.preset
  return out
end

-- At least one, or exactly one, of some members.
local function presence(out, rows)
  for rule, key in pairs{ any_of = "anyOf", one_of = "oneOf" } do
    if rows[rule] then
      out[key] = {}
      for i, name in ipairs(rows[rule]) do out[key][i] = { required = { name } } end
    end
  end
end

--- schema.members(rows, context, sent, fixed) -> the schema of an object. Closed
-- rows refuse other members only where they are sent: of replies we know less.
-- fixed (nullable) holds members of one value each.
function schema.members(rows, context, sent, fixed)
  local properties, required = json.object({}), {}
  for _, row in ipairs(rows) do
    properties[row.name] = schema.row(row, context)
    if row.required then required[#required + 1] = row.name end
  end
  for name, value in pairs(fixed or {}) do
    local kind = math.type(value) or type(value)
    properties[name] = { type = kind == "float" and "number" or kind, enum = { value } }
    required[#required + 1] = name
  end
  table.sort(required)
  local out = { type = "object", properties = properties, minProperties = rows.min,
                description = rows.doc, ["x-errand-evidence"] = rows.evidence }
  if required[1] then out.required = required end
  if rows.open then
    out.additionalProperties = true
  elseif sent then
    out.additionalProperties = false
  end
  presence(out, rows)
  return out
end

-- Marks the shapes that `kind` leads to.
local function mark(kind, shapes, seen)
  local rows = type(kind) == "table" and kind
  if not rows then
    local name = schema.element(kind)
    rows = shapes[name]
    if not rows or seen[name] then return end
    seen[name] = true
  end
  for _, row in ipairs(rows) do mark(row.type, shapes, seen) end
end

--- schema.context(catalogue) -> the context for the calls above.
function schema.context(catalogue)
  local context = { shapes = catalogue.shapes or {}, sent = {} }
  for _, resource in ipairs(catalogue.resource_list) do
    for _, op in ipairs(resource.operations) do mark(op.body, context.shapes, context.sent) end
  end
  return context
end

--- schema.components(context) -> schemas of all shapes, by name.
function schema.components(context)
  local out = json.object({})
  for name, rows in pairs(context.shapes) do
    out[name] = schema.members(rows, context, context.sent[name])
  end
  return out
end

return schema
