-- core/sandbox/validate.lua - the server's own checks of a request.
-- SPDX-License-Identifier: MIT

-- Deliberately apart from what the client checks with: a mistake in one must
-- show against the other. Problems are { message =, path =, index = } where
-- index is the element of a list in the body, counted from 0.

local json = require "host.json"

local M = {}

local value -- forward: shapes nest

local function add(problems, at, message)
  problems[#problems + 1] = { message = message, path = at.path, index = at.index }
end

local function below(at, name)
  return { path = at.path and at.path .. "." .. name or name, index = at.index }
end

local function size_ok(row, n)
  return (not row.min or n >= row.min) and (not row.max or n <= row.max)
end

local function is_uuid(v)
  return #v == 36 and v:find "^%x+%-%x+%-%x+%-%x+%-%x+$" and v:find "^%x%x%x%x%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-" ~= nil
end

local function is_date(v)
  local month, day = v:match "^%d%d%d%d%-(%d%d)%-(%d%d)$"
  month, day = tonumber(month), tonumber(day)
  return month and month >= 1 and month <= 12 and day >= 1 and day <= 31
end

local function is_datetime(v)
  local date, hour, minute, zone = v:match "^([%d-]+)[Tt](%d%d):(%d%d):%d%d%.?%d*(.*)$"
  return date and is_date(date) and tonumber(hour) < 24 and tonumber(minute) < 60
    and (zone == "Z" or zone == "z" or zone:find "^[+-]%d%d:%d%d$")
end

local function text_check(test)
  return function(v) return type(v) == "string" and test(v) end
end

local checks = {
  string = function(v) return type(v) == "string" end,
  integer = function(v) return type(v) == "number" and math.tointeger(v) ~= nil end,
  number = function(v) return (type(v) == "number" or json.is_number(v)) end,
  boolean = function(v) return type(v) == "boolean" end,
  flag = function(v) return v == "0" or v == "1" end,
  uuid = text_check(is_uuid),
  date = text_check(is_date),
  datetime = text_check(is_datetime),
  object = function(v) return type(v) == "table" and not json.is_array(v) end,
  json = function() return true end,
  any = function() return true end,
}

local function limits(row, v, at, problems)
  if row.enum then
    local found = false
    for _, allowed in ipairs(row.enum) do found = found or allowed == v end
    if not found then return add(problems, at, "Invalid value: not one of the accepted ones") end
  end
  local n = type(v) == "string" and (utf8.len(v) or #v) or type(v) == "table" and #v or type(v) == "number" and v
  if n and not size_ok(row, n) then add(problems, at, "Invalid value: out of range") end
  if row.pattern and type(v) == "string" and not v:find("^" .. row.pattern .. "$") then
    add(problems, at, "Invalid value: wrong form")
  end
end

local function filled(object, name)
  return object[name] ~= nil
end

local function groups(shape, object, at, problems)
  for kind, wanted in pairs { any_of = shape.any_of or false, one_of = shape.one_of or false } do
    local n = 0
    for _, name in ipairs(wanted or {}) do
      if filled(object, name) then n = n + 1 end
    end
    if wanted and (n == 0 or kind == "one_of" and n > 1) then
      add(problems, below(at, wanted[1]), "Required value: one of " .. table.concat(wanted, ", "))
    end
  end
end

--- Checks the members of an object against rows (or a shape, which are rows
-- too) and adds to problems.
function M.members(shapes, rows, object, at, problems)
  if not checks.object(object) then return add(problems, at, "Invalid value: object expected") end
  local known = {}
  for _, row in ipairs(rows) do
    local name, v = row[1], object[row[1]]
    local here = below(at, name)
    known[name] = true
    if v ~= nil then
      value(shapes, row, row[2], v, here, problems)
    elseif json.is_null(object, name) then
      if not row.nullable then add(problems, here, "Invalid value: null") end
    elseif row.required then
      add(problems, here, "Required value")
    end
  end
  for name in pairs(object) do
    if not known[name] and not rows.open then add(problems, below(at, tostring(name)), "Unknown property") end
  end
  groups(rows, object, at, problems)
  if rows.min and next(object) == nil then add(problems, at, "Required value: at least one property") end
end

--- Checks one value against a type of the catalogue.
function value(shapes, row, kind, v, at, problems)
  local element = kind:match "^%[(.+)%]$"
  if element then
    if type(v) ~= "table" or not json.is_array(v) then return add(problems, at, "Invalid value: array expected") end
    for i, item in ipairs(v) do
      value(shapes, {}, element, item, below(at, tostring(i - 1)), problems)
    end
    return limits(row, v, at, problems)
  end
  if shapes[kind] then return M.members(shapes, shapes[kind], v, at, problems) end
  if not checks[kind](v) then return add(problems, at, ("Invalid value: %s expected"):format(kind)) end
  limits(row, v, at, problems)
end

--- The body of an operation: a list of problems. A lone object stands for a
-- list of one where lone is true.
function M.body(shapes, kind, body, lone)
  local problems = {}
  if type(kind) == "table" then
    M.members(shapes, kind, body, {}, problems)
    return problems
  end
  local element = kind:match "^%[(.+)%]$"
  if element and lone and checks.object(body) then
    value(shapes, {}, element, body, { index = 0 }, problems)
  elseif element then
    if type(body) ~= "table" or not json.is_array(body) then
      return { { message = "Invalid value: array expected" } }
    end
    for i, item in ipairs(body) do value(shapes, {}, element, item, { index = i - 1 }, problems) end
  else
    value(shapes, {}, kind, body, {}, problems)
  end
  return problems
end

local function convert(kind, text)
  if kind == "integer" then return math.tointeger(tonumber(text)) end
  if kind == "number" then return tonumber(text) end
  if kind == "boolean" then
    if text == "true" then return true end
    if text == "false" then return false end
    return nil
  end
  if kind == "json" then return (json.decode(text)) end
  return text
end

local function split(text, by)
  local out, from = {}, 1
  local at, to = text:find(by, from, true)
  while at do
    out[#out + 1] = text:sub(from, at - 1)
    from = to + 1
    at, to = text:find(by, from, true)
  end
  out[#out + 1] = text:sub(from)
  return out
end

-- name[contains] where the row takes operators; else the name alone.
local function query_row(rows, wire)
  local base, operator = wire:match "^([^%[%]]+)%[([^%[%]]+)%]$"
  for _, row in ipairs(rows) do
    if row[1] == wire then return row end
    if base and row[1] == base and row.operators then return row, operator end
  end
end

local function query_one(row, text, at, problems)
  local kind = row[2]:match "^%[(.+)%]$" or row[2]
  local v = convert(kind, text)
  if v == nil then return add(problems, at, ("Invalid value: %s expected"):format(kind)) end
  value({}, row[2] == kind and row or {}, kind, v, at, problems)
  return v
end

--- The query as { name = value } and a list of conditions { name, operator,
-- value }, checked; pairs_ is a list of { name, text }.
function M.query(rows, pairs_, problems)
  local out, conditions = {}, {}
  for _, pair in ipairs(pairs_) do
    local row, operator = query_row(rows, pair[1])
    local at = { path = pair[1] }
    if not row then
      add(problems, at, "Unknown parameter")
    elseif row[2]:sub(1, 1) == "[" then
      out[row[1]] = out[row[1]] or {}
      for _, text in ipairs(row.join and split(pair[2], row.join) or { pair[2] }) do
        table.insert(out[row[1]], query_one(row, text, at, problems))
      end
    else
      local v = query_one(row, pair[2], at, problems)
      if row.operators then
        conditions[#conditions + 1] = { row[1], operator or "equals", v }
      elseif out[row[1]] ~= nil then
        add(problems, at, "Invalid value: given twice")
      end
      out[row[1]] = v
    end
  end
  for _, row in ipairs(rows) do
    if row.required and out[row[1]] == nil then add(problems, { path = row[1] }, "Required value") end
  end
  return out, conditions
end

--- True if the path arguments can name anything at all.
function M.path(rows, args)
  local problems = {}
  for _, row in ipairs(rows or {}) do
    local text = args[row[1]]
    local v = text and convert(row[2], text)
    if v == nil then return false end
    value({}, row, row[2], v, { path = row[1] }, problems)
  end
  return #problems == 0
end

return M
