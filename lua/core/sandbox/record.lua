-- core/sandbox/record.lua - reading records by path, copying, filling templates.
-- SPDX-License-Identifier: MIT

local json = require "host.json"

local M = {}

--- A deep copy that keeps what is an array, an object or null.
function M.copy(value)
  if type(value) ~= "table" then return value end
  return (json.decode(json.encode(value)))
end

--- A deep copy of data from a sandbox.lua, where an empty table is a list.
function M.data(value)
  if type(value) ~= "table" then return value end
  local out = (next(value) == nil or #value > 0) and json.array {} or json.object {}
  for key, member in pairs(value) do out[key] = M.data(member) end
  return out
end

--- All values at a path such as "groups/*/id", where * means each element.
function M.values(record, path)
  local found = { record }
  for step in path:gmatch "[^/]+" do
    local deeper = {}
    for _, value in ipairs(found) do
      if type(value) == "table" and step == "*" then
        for _, element in ipairs(value) do deeper[#deeper + 1] = element end
      elseif type(value) == "table" and value[step] ~= nil then
        deeper[#deeper + 1] = value[step]
      end
    end
    found = deeper
  end
  return found
end

--- The first value at a path, or nil.
function M.value(record, path)
  return M.values(record, path)[1]
end

--- True if any value at the path is this one; ids compare as text.
function M.has(record, path, wanted)
  for _, value in ipairs(M.values(record, path)) do
    if tostring(value) == tostring(wanted) then return true end
  end
  return false
end

local function slug(text)
  return (text:lower():gsub("[^a-z0-9]+", "-"):gsub("^%-", ""):gsub("%-$", ""))
end

--- Fills {path} and {slug:path} from a record. A template that is just one
-- {path} gives the value itself, nil if there is none. Texts in a table are
-- filled, too.
function M.fill(template, record)
  if type(template) == "table" then
    local out = {}
    for key, value in pairs(template) do out[key] = M.fill(value, record) end
    return out
  end
  if type(template) ~= "string" then return template end
  local whole = template:match "^{([^{}:]+)}$"
  if whole then return M.value(record, whole) end
  return (template:gsub("{([^{}]*)}", function(inner)
    local how, path = inner:match "^(%l+):(.+)$"
    local value = M.value(record, path or inner)
    value = value == nil and "" or tostring(value)
    return how == "slug" and slug(value) or value
  end))
end

return M
