-- core/check.lua - arguments against their declared types; all faults at once.
-- SPDX-License-Identifier: MIT

local error_ = require "core.error"
local json = require "host.json"
local suggest = require "core.suggest"

local M = {}
local null = json.null

local function fault(problems, path, message, ...)
  problems[#problems + 1] = { path = path, message = select("#", ...) > 0 and message:format(...) or message }
end

local function show(value)
  if type(value) == "string" then
    local text = #value > 40 and value:sub(1, 40) .. "..." or value
    return ("'%s'"):format(text)
  end
  if value == null then return "null" end
  return type(value) == "table" and "a table" or tostring(value)
end

local function wrong(problems, path, expected, value, secret)
  if secret then return fault(problems, path, "%s expected, got %s", expected, value == null and "null" or type(value)) end
  fault(problems, path, "%s expected, got %s", expected, value == null and "null" or type(value) == "string" and show(value)
    or type(value) .. (type(value) == "table" and "" or " " .. tostring(value)))
end

-- unit: what is counted, for more than one; nil for numbers
local function in_range(row, size, path, unit, problems)
  local word, limit
  if row.min and size < row.min then
    word, limit = "least", row.min
  elseif row.max and size > row.max then
    word, limit = "most", row.max
  end
  if not word then return end
  unit = unit and " " .. (limit == 1 and unit:sub(1, -2) or unit) or ""
  fault(problems, path, "at %s %s%s expected, got %s", word, limit, unit, size)
end

-- patterns of rows by their text, made to match the whole
local anchored = setmetatable({}, {
  __index = function(self, pattern)
    local text = "^" .. pattern:gsub("^%^", ""):gsub("%$$", "") .. "$"
    self[pattern] = text
    return text
  end,
})

local function check_text(row, value, path, problems, secret)
  local length = utf8.len(value)
  if not length then return fault(problems, path, "text is not UTF-8") end
  if row.min or row.max then in_range(row, length, path, "characters", problems) end
  if row.pattern and not value:find(anchored[row.pattern]) then
    fault(problems, path, "%s does not have the form %s", secret and "the value" or show(value), row.pattern_doc or row.pattern)
  end
  if not row.not_in then return end
  for _, refused in ipairs(row.not_in) do
    if value == refused then fault(problems, path, "%s is not allowed here", secret and "the value" or show(value)) end
  end
end

local forms = {
  uuid = { "^" .. ("%x"):rep(8) .. ("%-%x%x%x%x"):rep(3) .. "%-" .. ("%x"):rep(12) .. "$",
    "a UUID such as 497f6eca-6276-4993-bfeb-53cbbbba6f08" },
  datetime = { "^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.?%d*[Z+-]?%d?%d?:?%d?%d?$", "a time such as 2026-11-21T20:10:00Z" },
  date = { "^%d%d%d%d%-%d%d%-%d%d$", "a date such as 2026-11-21" },
}

local scalars = {}

function scalars.string(row, value, path, problems)
  if type(value) ~= "string" then return wrong(problems, path, "string", value, row.secret) end
  check_text(row, value, path, problems, row.secret)
  return value
end

function scalars.integer(row, value, path, problems)
  local whole = type(value) == "number" and math.tointeger(value)
  if not whole then return wrong(problems, path, "integer", value) end
  in_range(row, whole, path, nil, problems)
  return whole
end

function scalars.number(row, value, path, problems)
  if type(value) ~= "number" and not json.is_number(value) then return wrong(problems, path, "number", value) end
  if value ~= value or value == math.huge or value == -math.huge then return wrong(problems, path, "finite number", value) end
  if type(value) == "number" then in_range(row, value, path, nil, problems) end
  return value
end

function scalars.boolean(_, value, path, problems)
  if type(value) ~= "boolean" then return wrong(problems, path, "true or false", value) end
  return value
end

-- the vendor writes truth as "1" and "0"; in Lua 0 is true, so guess nothing
function scalars.flag(_, value, path, problems)
  if value == true or value == 1 or value == "1" then return "1" end
  if value == false or value == 0 or value == "0" then return "0" end
  return wrong(problems, path, "true or false", value)
end

function scalars.object(_, value, path, problems)
  if type(value) ~= "table" or json.is_array(value) or value[1] ~= nil then
    return wrong(problems, path, "table with names as keys", value)
  end
  if next(value) == nil then return json.object({}) end
  return value
end

function scalars.any(_, value)
  return value
end

function scalars.json(_, value, path, problems)
  if type(value) == "string" then return value end
  local text, err = json.encode(value)
  if not text then return fault(problems, path, "%s", err.message) end
  return text
end

function scalars.file(_, value, path, problems)
  if type(value) ~= "string" or value == "" or value:find("\0", 1, true) then return wrong(problems, path, "file name", value) end
  return value
end

for name, form in pairs(forms) do
  scalars[name] = function(row, value, path, problems)
    if type(value) ~= "string" or not value:find(form[1]) then
      return wrong(problems, path, form[2], value)
    end
    check_text(row, value, path, problems)
    return value
  end
end

local check_value

local function check_list(catalogue, row, inner, value, path, problems)
  if type(value) ~= "table" then return wrong(problems, path, "list", value) end
  local out = json.array({})
  local count = #value
  for key in pairs(value) do
    if math.type(key) ~= "integer" or key < 1 or key > count then
      return fault(problems, path, "list expected, got a table with the key '%s'", tostring(key))
    end
  end
  in_range(row, count, path, "elements", problems)
  local element = { type = inner, enum = row.enum, nullable = row.item_nullable }
  for i = 1, count do
    out[i] = check_value(catalogue, element, value[i], ("%s[%d]"):format(path, i), problems)
  end
  return out
end

local function join_path(path, name)
  return path == "" and name or path .. "." .. name
end

local function check_presence(rows, value, path, problems)
  local given = 0
  for _ in pairs(value) do given = given + 1 end
  if rows.min and given < rows.min then
    fault(problems, path, "at least %d member%s expected", rows.min, rows.min == 1 and "" or "s")
  end
  local any, one = rows.any_of, rows.one_of
  local names, count = any or one, 0
  if not names then return end
  for _, name in ipairs(names) do
    if value[name] ~= nil then count = count + 1 end
  end
  if count == 0 then
    fault(problems, path, "one of %s is required", table.concat(names, ", "))
  elseif one and count > 1 then
    fault(problems, path, "only one of %s may be given", table.concat(names, ", "))
  end
end

--- Checks the members of one object against rows.
-- @return the checked copy, marked as a JSON object
function M.members(catalogue, rows, value, path, problems, what)
  local out, known = json.object({}), {}
  for _, row in ipairs(rows) do
    known[row.name] = true
    local given = value[row.name]
    if given == nil and json.is_null(value, row.name) then given = null end
    if given == nil then given = row.preset end
    if given ~= nil then
      out[row.name] = check_value(catalogue, row, given, join_path(path, row.name), problems)
    elseif row.required then
      fault(problems, join_path(path, row.name), "required, but missing")
    end
  end
  for name, member in pairs(value) do
    if not known[name] then
      if rows.open and type(name) == "string" then
        out[name] = member
      else
        M.unknown(rows, name, path, problems, what)
      end
    end
  end
  check_presence(rows, value, path, problems)
  return out
end

--- A problem for a name that is not among the rows.
function M.unknown(rows, name, path, problems, what)
  local names = {}
  for i, row in ipairs(rows) do names[i] = row.as or row.name end
  local accepted = #names > 0 and "accepted: " .. table.concat(names, ", ") or "none are accepted"
  fault(problems, join_path(path, tostring(name)), "unknown %s%s; %s", what or "member",
    suggest.did_you_mean(tostring(name), names), accepted)
end

local function check_enum(row, value, path, problems)
  for _, accepted in ipairs(row.enum) do
    if value == accepted then return end
  end
  local names = {}
  for i, accepted in ipairs(row.enum) do names[i] = tostring(accepted) end
  fault(problems, path, "%s is none of %s%s", row.secret and "the value" or show(value), table.concat(names, ", "),
    row.secret and "" or suggest.did_you_mean(tostring(value), names))
end

-- "T" for the type "[T]", false for others
local inner_of = setmetatable({}, {
  __index = function(self, type_)
    local inner = type_:match "^%[(.+)%]$" or false
    self[type_] = inner
    return inner
  end,
})

--- Checks one value against a row; returns what is to be sent. Faults are
-- added to problems.
function check_value(catalogue, row, value, path, problems)
  if value == null then
    if row.nullable or row.type == "any" then return null end
    return wrong(problems, path, row.type, value)
  end
  local inner = inner_of[row.type or "string"]
  if inner then return check_list(catalogue, row, inner, value, path, problems) end
  local check = scalars[row.type or "string"]
  local out
  if check then
    out = check(row, value, path, problems)
  else
    local shape = catalogue.shapes and catalogue.shapes[row.type]
    if not shape then return fault(problems, path, "the catalogue has no type '%s'", row.type) end
    if type(value) ~= "table" or json.is_array(value) or (#value > 0 and next(value) == 1) then
      return wrong(problems, path, "table (" .. row.type .. ")", value)
    end
    out = M.members(catalogue, shape, value, path, problems)
  end
  if row.enum and out ~= nil and not inner then check_enum(row, out, path, problems) end
  return out
end

M.value = check_value

--- Is it a number that no text can stand for: not a number, or infinite?
function M.infinite(value)
  return type(value) == "number" and (value ~= value or value == math.huge or value == -math.huge)
end

--- A value as it stands in a path or query: text. Whole floats lose ".0".
function M.text(value)
  if type(value) == "string" then return value end
  if M.infinite(value) then error_.raise("validation", "finite number expected, got " .. tostring(value)) end
  if math.type(value) == "float" and math.tointeger(value) then return ("%d"):format(value) end
  return tostring(value)
end

return M
