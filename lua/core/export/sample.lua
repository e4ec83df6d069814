-- sample.lua - a value that a schema of OpenAPI allows, for mock servers.
-- SPDX-License-Identifier: MIT

local json = require "host.json"

local FORMATS = { uuid = "497f6eca-6276-4993-bfeb-53cbbbba6f08", ["date-time"] = "2026-11-21T20:10:00Z",
                  date = "2026-11-21" }

local sample

local function members(schema, schemas, depth)
  local out = json.object({})
  for _, part in ipairs(schema.allOf or {}) do
    local value = sample(part, schemas, depth)
    for name, member in pairs(type(value) == "table" and value or {}) do
      if out[name] == nil then out[name] = member end -- the first part says what success looks like
    end
  end
  local required = {}
  for _, name in ipairs(schema.required or {}) do required[name] = true end
  for name, member in pairs(schema.properties or {}) do
    -- Shapes that hold themselves come to an end where they may.
    if depth < 4 or required[name] then out[name] = sample(member, schemas, depth + 1) end
  end
  return out
end

local function text(schema)
  local value = FORMATS[schema.format] or "string"
  if schema.minLength and #value < schema.minLength then value = ("x"):rep(schema.minLength) end
  return schema.maxLength and value:sub(1, schema.maxLength) or value
end

--- sample(schema, schemas) -> a value. schemas are those that references name.
function sample(schema, schemas, depth)
  depth = depth or 0
  local name = schema["$ref"] and schema["$ref"]:match "[^/]+$"
  if name then return sample(schemas[name], schemas, depth) end
  if schema.enum then return schema.enum[1] end
  local choice = schema.anyOf or schema.oneOf
  if choice and not schema.properties then return sample(choice[1], schemas, depth) end
  if schema.type == "object" or schema.properties or schema.allOf then return members(schema, schemas, depth) end
  if schema.type == "array" then
    if depth > 4 and not schema.minItems then return json.array({}) end
    return json.array({ sample(schema.items, schemas, depth + 1) })
  end
  if schema.type == "integer" or schema.type == "number" then return schema.minimum or 1 end
  if schema.type == "boolean" then return true end
  return text(schema)
end

return sample
