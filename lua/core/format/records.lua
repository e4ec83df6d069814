-- records.lua - a value as rows and columns, for the formats that need them.
-- SPDX-License-Identifier: MIT

local json = require "host.json"

local records = {}

-- What a reader looks for first, in this order.
local first = { "id", "publicId", "public_id", "key", "name", "display_name", "displayName",
                "emailAddress", "email", "title" }
local rank = {}
for i, name in ipairs(first) do rank[name] = i end

--- records.is_first(name) -> true for a column that a reader looks for first.
function records.is_first(name)
  return rank[name] ~= nil
end

--- records.is_null(value) -> true for nil and JSON's null.
function records.is_null(value)
  return value == nil or value == json.null
end

--- records.is_record(value) -> true for a table that is no list.
function records.is_record(value)
  return type(value) == "table" and not json.is_array(value) and
    (json.is_object(value) or (next(value) ~= nil and #value == 0))
end

--- records.is_list(value) -> true for a table with an array part, or an array.
function records.is_list(value)
  return type(value) == "table" and not records.is_record(value)
end

--- records.list(value) -> list of records. A record is a list of one; values
-- that are no records become records with the one column "value".
function records.list(value)
  if not records.is_list(value) then value = { value } end
  local list = {}
  for i = 1, #value do
    local one = value[i]
    list[i] = records.is_record(one) and one or { value = one }
  end
  return list
end

local function nested(value)
  return type(value) == "table" and not json.is_number(value)
end

--- records.columns(list) -> names of all columns: ids and names first, then
-- the plain ones, then nested ones, each group sorted.
function records.columns(list)
  local names, has_nested = {}, {}
  for _, record in ipairs(list) do
    for name, value in json.pairs(record) do    -- null members too
      if has_nested[name] == nil then
        names[#names + 1] = name
        has_nested[name] = false
      end
      if nested(value) then has_nested[name] = true end
    end
  end
  table.sort(names, function(a, b)
    local ra, rb = rank[a] or 100, rank[b] or 100
    if ra ~= rb then return ra < rb end
    if has_nested[a] ~= has_nested[b] then return has_nested[b] end
    return tostring(a) < tostring(b)
  end)
  return names
end

--- records.cell(record, column) -> the value in a column; "contact.email"
-- reaches into nested values where there is no member of that very name.
function records.cell(record, column)
  local value = record[column]
  if value ~= nil or type(column) ~= "string" or not column:find(".", 1, true) then return value end
  value = record
  for name in column:gmatch("[^.]+") do
    if type(value) ~= "table" then return nil end
    value = value[name]
  end
  return value
end

--- records.text(value) -> a cell's text: nothing for null, JSON for a table.
function records.text(value)
  if records.is_null(value) then return "" end
  if type(value) == "string" then return value end
  local text, err = json.encode(value)
  if text then return text end
  if type(value) == "table" then
    require("core.error").raise("validation", tostring(err.message or err))
  end
  return tostring(value)
end

return records
