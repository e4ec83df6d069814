-- params.lua - an operation's parameters as command-line options and back.
-- SPDX-License-Identifier: MIT

local json = require "host.json"
local options = require "core.options"

local params = {}

-- Keys of these options, to be told from errand's own: "@name", and for
-- lists, whose values come as a list of lists, "@name[]".
local KEY = "^@([^%[]*)(.*)$"

-- "[T]" -> "T", true
local function element(kind)
  if type(kind) ~= "string" then return kind, false end
  local inner = kind:match("^%[(.+)%]$")
  return inner or kind, inner ~= nil
end

-- The rows of an object type, and whether other members pass; nil for plain
-- types.
local function members(kind, shapes)
  if type(kind) == "table" then return kind, kind.open end
  if kind == "object" or kind == "any" or kind == "json" then return {}, true end
  local shape = shapes[kind]
  if shape then return shape, shape.open end
end

local plain = { integer = "integer", number = "number", boolean = "boolean", flag = "boolean",
                date = "date", file = "file" }

local function as_json(text)
  local value, err = json.decode(text)
  if value == nil then return nil, "not JSON: " .. tostring(err.message or err) end
  return value
end

-- What nobody declares: JSON where it is JSON, else the text itself.
local function guess(text)
  local value = json.decode(text)
  if value == nil then return text end
  return value
end

local function scalar(kind, row, shapes)
  if kind == "any" then return guess end
  if members(kind, shapes) then return as_json end
  local read = { type = plain[kind] or "string", enum = row.enum }
  return function(text) return options.convert(read, text) end
end

-- A list from one occurrence: a JSON array, elements between commas where
-- none can hold a comma, or a single element.
local function list_of(kind, row, shapes)
  local read = scalar(kind, row, shapes)
  local splits = row.join or row.enum or plain[kind] or kind == "uuid"
  return function(text)
    if text:find("^%s*%[") then return as_json(text) end
    local items = json.array({})
    for part in text:gmatch(splits and "[^,]+" or ".+") do
      local value, message = read(part)
      if message then return nil, message end
      items[#items + 1] = value
    end
    return items
  end
end

local function option(name, row, shapes)
  local kind, is_list = element(row.type)
  if type(kind) ~= "string" then kind = "object" end
  local made = { name, key = "@" .. name, value = is_list and kind:upper() .. "..." or kind:upper(),
                 doc = row.doc, required = row.required, default = row.default }
  if is_list then
    made.key = made.key .. "[]"
    made.repeatable, made.convert = true, list_of(kind, row, shapes)
  else
    made.convert = scalar(kind, row, shapes)
  end
  return made
end

local function body_rows(op, shapes)
  if not op.body then return {} end
  if type(op.body) == "table" then return op.body, op.body.open end
  return members((element(op.body)), shapes)
end

-- --to of the operations that give a file.
local function target_rows(op)
  return op.returns == "file" and { require("core.request").to } or {}
end

--- params.rows(op, shapes) -> rows for core.options, one a parameter or
-- member of the body.
function params.rows(op, shapes)
  local rows = {}
  for _, place in ipairs{ op.query or {}, op.header or {}, op.files or {}, target_rows(op), body_rows(op, shapes) } do
    for _, row in ipairs(place) do
      -- Without a type it is no parameter: its value comes from the settings.
      if row.type then rows[#rows + 1] = option(row.as or row.name, row, shapes) end
    end
  end
  return rows
end

-- "name.contains" where the query parameter takes operators.
local function operator_row(op, path)
  local name, operator = path:match("^([^.]+)%.([%w_]+)$")
  for _, row in ipairs(op.query or {}) do
    if row.operators and (row.as or row.name) == name then
      return { name = operator, type = row.type }
    end
  end
end

-- The row of "a.b.c" below the body's members, or nil.
local function nested_row(op, shapes, path)
  local query = operator_row(op, path)
  if query then return query end
  local rows, open = body_rows(op, shapes)
  local row
  for name in path:gmatch("[^.]+") do
    if not rows then return nil end
    row = nil
    for _, one in ipairs(rows) do
      if one.name == name then row = one end
    end
    if not row then return open and { name = name, type = "any" } or nil end
    local kind, is_list = element(row.type)
    if is_list then rows, open = nil, nil else rows, open = members(kind, shapes) end
  end
  return row
end

--- params.finder(op, shapes) -> function(name) -> a row for a nested member
-- such as "account.login_username", or for one that an open shape lets pass.
function params.finder(op, shapes)
  local found = {}
  return function(name)
    if found[name] == nil then
      local row = nested_row(op, shapes, name)
      found[name] = row and option(name, row, shapes) or false
    end
    return found[name] or nil
  end
end

local function collect_names(rows, shapes, prefix, depth, names)
  for _, row in ipairs(rows) do
    local name = prefix .. (row.as or row.name)
    if row.type then
      names[#names + 1] = "--" .. name
      local kind, is_list = element(row.type)
      local below = not is_list and depth < 4 and members(kind, shapes)
      if below then collect_names(below, shapes, name .. ".", depth + 1, names) end
    end
  end
end

--- params.names(op, shapes) -> every option name, nested ones too.
function params.names(op, shapes)
  local names = {}
  for _, rows in ipairs{ op.query or {}, op.header or {}, op.files or {}, target_rows(op),
                         (body_rows(op, shapes)) } do
    collect_names(rows, shapes, "", 1, names)
  end
  return names
end

local function flatten(lists)
  if #lists == 1 then return lists[1] end
  local all = json.array({})
  for _, list in ipairs(lists) do table.move(list, 1, #list, #all + 1, all) end
  return all
end

local function put(target, path, value, problems)
  local names = {}
  for name in path:gmatch("[^.]+") do names[#names + 1] = name end
  for i = 1, #names - 1 do
    local below = target[names[i]]
    if below == nil then
      below = {}
      target[names[i]] = below
    elseif type(below) ~= "table" or json.is_array(below) then
      problems[#problems + 1] = { path = "--" .. path,
        message = "--" .. table.concat(names, ".", 1, i) .. " is no object" }
      return
    end
    target = below
  end
  target[names[#names]] = value
end

--- params.assemble(values, body, problems) -> the call's table. values as
-- core.options gave them; body (nullable) is the decoded --json, to which they
-- are added.
function params.assemble(values, body, problems)
  local keys = {}
  for key in pairs(values) do
    if key:find(KEY) then keys[#keys + 1] = key end
  end
  if #keys == 0 then return body end
  table.sort(keys)
  local settings = body or {}
  if body and json.is_array(body) then settings = table.move(body, 1, #body, 1, {}) end
  for _, key in ipairs(keys) do
    local name, lists = key:match(KEY)
    put(settings, name, lists == "[]" and flatten(values[key]) or values[key], problems)
  end
  return settings
end

--- params.path(op, words, shapes, problems) -> list of path values and files.
function params.path(op, words, shapes, problems)
  local rows, list = table.move(op.path or {}, 1, #(op.path or {}), 1, {}), {}
  table.move(op.files or {}, 1, #(op.files or {}), #rows + 1, rows)
  for i, word in ipairs(words) do
    local row = rows[i]
    if not row and #problems > 0 then
      break      -- most likely the value of an unknown option
    elseif not row then
      problems[#problems + 1] = { path = word, message = #rows == 0 and
        op.id .. " takes no path values; parameters are given as --name value"
        or ("unexpected: %s takes %d path value%s"):format(op.id, #rows, #rows == 1 and "" or "s") }
    else
      local value, message = scalar((element(row.type)), row, shapes)(word)
      if message then problems[#problems + 1] = { path = row.name, message = message } end
      list[#list + 1] = value
    end
  end
  return list
end

return params
