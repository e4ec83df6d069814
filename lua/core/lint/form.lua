-- core/lint/form.lua - how a catalogue is built: where tables, lists and texts belong.
-- SPDX-License-Identifier: MIT

-- The other checks look into what is there. Somebody's own catalogue may hold
-- anything, so they come after this one, and only where it finds nothing.

local json = require "host.json"

local M = {}

-- A form is the name of a type, "integer", "json", or one of these. The members
-- of a list that is `spoken` are told by their names alone: users.list, not
-- resources[users].operations[list]. In a map `but` has the forms of some names.
local function list(form, spoken) return { list = form, spoken = spoken } end
local function map(form, but) return { map = form, but = but or {} } end
local function record(members) return { members = members } end
local function either(...) return { either = { ... } } end

local texts = list "string"
local scalar = either("string", "number", "boolean")
local pairs_ = map(scalar)

local row = record { [1] = "string", enum = list(scalar), not_in = list(scalar), pattern = "string", value = "string",
  operators = texts, as = "string", min = "number", max = "number", default = "json", preset = "json" }
local rows = list(row)
local header = record { [1] = "string", value = "string" }
local problem = record { [1] = "string", message = "string", path = "string", index = "string" }
local problems = either(problem, list(problem))
local inverse = record { [1] = "string", set = map "json" }

local fixed = map(either(scalar, pairs_), { query = pairs_ })

local envelope = record { data = "string", ok = record { [1] = "string", [2] = scalar }, status = "string", message = texts,
  problems = problems, partial = problem, refused = list "integer", code = texts }

local shape = record { any_of = texts, one_of = texts, min = "integer", rows = rows }

local operation = record { [1] = "string", http = "string", example = "string", path = rows, query = rows, header = rows,
  body = either("string", shape), files = rows, fixed = fixed, auth = either("string", "boolean"), without = texts,
  envelope = either("boolean", envelope), paging = either("string", "boolean"), returns = "string",
  created = record { header = "string", as = "string" }, inverse = either(inverse, list(inverse)), copy = map "string", look = texts }

local find = record { by = list(record { [1] = "string", at = either("string", texts), query = map "json" }), list = "string",
  record = "string", get = "string", query = map "json" }

local login = record { http = "string", headers = list(header), json = map "json", token = "string", refused = list "integer",
  without = texts }
local way = record { name = "string", needs = texts, login = login, send = list(header), renew = list "integer" }

local rate = record { requests = "integer", seconds = "number", concurrency = "integer", block = "number" }

local catalogue = record { name = "string", rate = rate, url = record { default = "string", example = "string" }, check = "string",
  settings = rows, headers = list(header), auth = list(way), envelope = envelope, paging = map(record {
    style = "string", send = "string", size = "string", page_size = "number", default = "number", next = "string", total = "string",
    items = "string", all = "string" }),
  shapes = map(shape), resources = list(record { [1] = "string", find = find,
    operations = list(operation, true) }, true) }

local check

local function add(report, path, form, value)
  local got = type(value) == "number" and tostring(value) or type(value)
  report.add(path == "" and "service" or path, "%s expected, got %s", form, got)
end

-- Numbers that no text can stand for are none.
local function is(value, name)
  if name == "integer" then return math.type(value) == "integer" end
  return type(value) == name and (name ~= "number" or value - value == 0)
end

local function below(path, key)
  if math.type(key) == "integer" then return ("%s[%d]"):format(path, key) end
  return path == "" and tostring(key) or path .. "." .. tostring(key)
end

-- A place in a list is told by the name of what stands there.
local function place(path, i, value)
  local name = type(value) == "table" and type(value[1]) == "string" and value[1] or nil
  return name and ("%s[%s]"):format(path, name) or below(path, i)
end

local function check_json(report, path, value)
  local text, err = json.encode(value)
  if not text then report.add(path, "%s", err.message) end
end

local function check_list(report, path, value, form)
  if type(value) ~= "table" then return add(report, path, "table", value) end
  for i, member in ipairs(value) do
    local at = place(path, i, member)
    if form.spoken and type(member) == "table" and type(member[1]) == "string" then
      at = below(path:gsub("%.?%w+$", ""), member[1])
    end
    check(report, at, member, form.list)
  end
end

local function check_map(report, path, value, form)
  if type(value) ~= "table" then return add(report, path, "table", value) end
  for key, member in pairs(value) do
    if type(key) ~= "string" then
      report.add(path == "" and "service" or path, "names expected as keys, got %s", tostring(key))
    else
      check(report, below(path, key), member, form.but[key] or form.map)
    end
  end
end

local function check_members(report, path, value, members)
  if type(value) ~= "table" then return add(report, path, "table", value) end
  for key, form in pairs(members) do
    local member = value[key]
    if key == "rows" then
      check_list(report, path, value, form)
    elseif member ~= nil then
      check(report, below(path, key), member, form)
    elseif key == 1 then
      report.add(path, "a row begins with its name")
    end
  end
end

local function fits(value, form)
  local found = false
  check({ add = function() found = true end }, "", value, form)
  return not found
end

local function check_either(report, path, value, forms)
  for _, form in ipairs(forms) do
    if fits(value, form) then return end
  end
  local last = forms[#forms]
  for _, form in ipairs(forms) do -- what is meant is told by the type
    if type(form) == "table" and type(value) == "table" then last = form end
  end
  if type(last) == "table" and type(value) == "table" then return check(report, path, value, last) end
  local names = {}
  for i, form in ipairs(forms) do names[i] = type(form) == "table" and "table" or form end
  add(report, path, table.concat(names, " or "), value)
end

function check(report, path, value, form)
  if form == "json" then
    check_json(report, path, value)
  elseif type(form) == "string" then
    if not is(value, form) then add(report, path, form, value) end
  elseif form.list then
    check_list(report, path, value, form)
  elseif form.map then
    check_map(report, path, value, form)
  elseif form.either then
    check_either(report, path, value, form.either)
  else
    check_members(report, path, value, form.members)
  end
end

--- Adds to a report what is no table, list or text where one belongs.
function M.check(report, value)
  check(report, "", value, catalogue)
end

return M
