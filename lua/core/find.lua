-- core/find.lua - a record by its natural key, or nil.
-- SPDX-License-Identifier: MIT

local catalogues = require "core.catalogue"
local check = require "core.check"
local client = require "core.client"
local error_ = require "core.error"
local first = require("core.pointer").first
local json = require "host.json"
local request_ = require "core.request"
local suggest = require "core.suggest"

local M = {}

local function name_of(resource, catalogue)
  return ("%s.%s.find"):format(catalogue.name, resource.name)
end

-- the accepted keys by name; without a find in the catalogue any member is one
local function key_rows(resource, wanted, who)
  local rows, names = {}, {}
  for _, row in ipairs(resource.find and resource.find.by or {}) do
    rows[row[1]] = row
    names[#names + 1] = row[1]
  end
  local problems = {}
  for key, value in pairs(wanted) do
    if type(key) ~= "string" or (#names > 0 and not rows[key]) then
      problems[#problems + 1] = { path = tostring(key), message = ("unknown key%s; accepted: %s"):format(
        suggest.did_you_mean(tostring(key), names), table.concat(names, ", ")) }
    elseif check.infinite(value) then
      problems[#problems + 1] = { path = key, message = "finite number expected, got " .. tostring(value) }
    elseif type(value) == "table" or value == "" or value == json.null then
      problems[#problems + 1] = { path = key,
        message = "a value to look for expected, got " .. (value == "" and "an empty text" or value == json.null and "null" or "a table") }
    end
    rows[key] = rows[key] or { key }
  end
  if next(wanted) == nil then
    problems[1] = { message = ("%s wants a key to look for%s"):format(who, #names > 0 and ", one of " .. table.concat(names, ", ") or "") }
  end
  if #problems > 0 then error_.problems("validation", problems) end
  return rows
end

local function same(row, a, b)
  a, b = check.text(a), check.text(b)
  if row.fold then a, b = a:lower(), b:lower() end
  return a == b
end

local function matches(rows, wanted, record)
  for key, value in pairs(wanted) do
    local found = first(record, rows[key].at or "/" .. key)
    if found == nil or not same(rows[key], found, value) then return false end
  end
  return true
end

-- characters that end or escape a text inside a query expression
local quoting = "[\"'\\]"

-- nil where a key is missing, or cannot stand between the template's quotes
local function fill(template, wanted)
  if type(template) == "table" then
    local out = {}
    for key, value in pairs(template) do
      local filled = fill(value, wanted)
      if filled == nil then return nil end
      out[key] = filled
    end
    return out
  end
  if type(template) ~= "string" then return template end
  local quoted, unfit = template:find(quoting), false
  local text = template:gsub("{([%w_]+)}", function(name)
    local value = wanted[name] ~= nil and check.text(wanted[name]) or ""
    if wanted[name] == nil or quoted and value:find(quoting) then unfit = true end
    return value
  end)
  if unfit then return nil end
  return text
end

-- the narrowing of the catalogue, as far as its keys were given; nil: none
local function narrowing(resource, wanted, rows)
  local out
  local function add(query)
    for name, template in pairs(query or {}) do
      local value = fill(template, wanted)
      if value ~= nil then
        out = out or {}
        out[name] = value
      end
    end
  end
  add(resource.find and resource.find.query)
  for key in pairs(wanted) do add(rows[key].query) end
  return out
end

local function conflict(who, wanted, count)
  local parts = {}
  for key, value in pairs(wanted) do parts[#parts + 1] = ("%s = %s"):format(key, tostring(value)) end
  table.sort(parts)
  error_.raise("conflict", ("%s: %d records have %s; name one by its id"):format(who, count, table.concat(parts, ", ")))
end

-- the matching record among all pages, and how many match
local function search(module, op, path, query, wanted, rows)
  local arguments = { table.unpack(path) }
  arguments[#arguments + 1] = query
  local found, count = nil, 0
  local function look(record)
    if matches(rows, wanted, record) then found, count = found or record, count + 1 end
  end
  if op.paging then
    for record in client.each(module, op, table.unpack(arguments)) do look(record) end
  else
    for _, record in ipairs(client.call(module, op, table.unpack(arguments)) or {}) do look(record) end
  end
  return found, count
end

-- may the server's narrowing have missed it? It may mind the case where we do
-- not, or trip over a quote.
local function may_miss(wanted, rows)
  for key, value in pairs(wanted) do
    if rows[key].fold or check.text(value):find(quoting) then return true end
  end
  return false
end

local function by_list(module, resource, catalogue, path, wanted, rows)
  local name = resource.find and resource.find.list or resource.name .. ".list"
  local op = catalogues.operation(catalogue, name)
  local query = narrowing(resource, wanted, rows)
  local found, count = search(module, op, path, query, wanted, rows)
  if count == 0 and query and may_miss(wanted, rows) then found, count = search(module, op, path, nil, wanted, rows) end
  if count > 1 then conflict(name_of(resource, catalogue), wanted, count) end
  return found
end

-- no look-up in the API: our own record knows what we made, the service says
-- whether it is still there
local function by_record(module, resource, catalogue, path, wanted, rows)
  local spec = resource.find
  local key, value = next(wanted)
  local account = client.account_of(module)
  local folded = rows[key].fold and check.text(value):lower() or check.text(value)
  local scope = {}
  for i, part in ipairs(path) do scope[i] = check.text(part) end
  local id = require("core.record").find(account, spec.record, table.concat(scope, "/"), folded)
  if not id then return nil end
  local number = math.tointeger(tonumber(id))
  id = tostring(number) == id and number or id -- the record keeps text
  local op = catalogues.operation(catalogue, spec.get)
  local arguments = { table.unpack(path) }
  arguments[#arguments + 1] = id
  local ok, record = pcall(client.call, module, op, table.unpack(arguments))
  if ok then
    if not matches(rows, wanted, record) then return nil end
    record.id = record.id or id
    return record
  end
  if error_.is(record) and record.kind == "not_found" then return nil end
  error(record, 0)
end

--- find(path values..., { key = value }): the one record, or nil.
function M.call(module, resource, ...)
  local catalogue = require("core.services").bound[module].catalogue
  local who = name_of(resource, catalogue)
  local call = request_.parse({ id = who }, ...)
  local wanted = call.arguments or {}
  local rows = key_rows(resource, wanted, who)
  local path = call.positional
  if resource.find and resource.find.record then return by_record(module, resource, catalogue, path, wanted, rows) end
  return by_list(module, resource, catalogue, path, wanted, rows)
end

return M
