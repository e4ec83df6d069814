-- core/request.lua - the arguments of a call placed into a request.
-- SPDX-License-Identifier: MIT

-- A call is f(path values..., files..., arguments, options). The arguments hold
-- query, header and body members and files together; their list part is a
-- list body.

local check = require "core.check"
local error_ = require "core.error"
local json = require "host.json"
local suggest = require "core.suggest"

local M = {}

local option_types = { timeout = "number", cap = "integer", retry = "count", to = "string", field = "string" }

--- Names of the call options (the table after the arguments).
M.options = { "cap", "field", "retry", "timeout", "to" }

--- The parameter that an operation has whose reply is a file.
M.to = { "to", "string", name = "to", type = "string", min = 1,
  doc = "File the reply goes into, replaced whole when all is there. Without it the call gives the bytes." }

local function is_table(value)
  return type(value) == "table"
end

-- ids that stand in the path as well as in the list body
local function joined(list, by)
  local texts = {}
  for i, value in ipairs(list or {}) do
    if type(value) ~= "string" and math.type(value) ~= "integer" then return nil end
    texts[i] = check.text(value)
  end
  return #texts > 0 and table.concat(texts, by) or nil
end

--- What a call takes for a value that stands in a path, where all are texts.
-- @tparam table row of the path
function M.path_value(row, text)
  return row.type == "integer" and math.tointeger(tonumber(text)) or text
end

-- names of query and header parameters, by operation
local names_of = setmetatable({}, { __mode = "k" })

local function by_name(op)
  local names = names_of[op]
  if names then return names end
  names = {}
  for _, list in ipairs { op.query or {}, op.header or {} } do
    for _, row in ipairs(list) do names[row.as or row.name] = true end
  end
  names_of[op] = names
  return names
end

local none = {}

-- path values: the leading scalars, or by name in the arguments
local function place_path(catalogue, op, call, problems)
  local rows, out = op.path or none, {}
  call.named = nil
  for i = 1, #rows do
    local row = rows[i]
    local value = call.positional[i]
    if value == nil and call.arguments and call.arguments[row.name] ~= nil and not by_name(op)[row.name] then
      value = call.arguments[row.name]
      call.named = call.named or {}
      call.named[row.name] = true
    end
    if value == nil and row.join then value = joined(call.arguments, row.join) end
    local whole = type(value) ~= "number" or math.tointeger(value)
    if whole and type(value) == "number" and row.type ~= "integer" then value = check.text(value) end
    if whole and op.copy then call.value_of[row.name] = value end
    if not whole then
      problems[#problems + 1] = { path = row.name, message = "text or a whole number expected, got " .. tostring(value) }
    elseif value == nil then
      problems[#problems + 1] = { path = row.name, message = "path value missing (argument " .. i .. ")" }
    else
      local before = #problems
      value = check.value(catalogue, row, value, row.name, problems)
      if value == "" and #problems == before then problems[#problems + 1] = { path = row.name, message = "must not be empty" } end
      out[#out + 1] = { row.name, value ~= nil and check.text(value) or "" }
    end
  end
  local most = #rows + #(op.files or none)
  if #call.positional > most then
    local what = op.files and "leading value" or "path value"
    problems[#problems + 1] = { message = ("%d %s%s given, %s wants %d"):format(#call.positional, what,
      #call.positional == 1 and "" or "s", op.id, most) }
  end
  return out
end

local plain = { string = true, number = true, boolean = true }

local function add_operators(row, value, out, problems)
  local known = type(row.operators) == "table" and row.operators or {}
  local names = {}
  for operator in pairs(value) do names[#names + 1] = operator end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  for _, operator in ipairs(names) do
    if type(operator) ~= "string" or not operator:find "^[%w_]+$" then
      problems[#problems + 1] = { path = row.name, message = ("'%s' is no operator; known: %s"):format(tostring(operator),
        table.concat(known, ", ")) }
    elseif check.infinite(value[operator]) then
      problems[#problems + 1] = { path = row.name .. "[" .. operator .. "]",
        message = "finite number expected, got " .. tostring(value[operator]) }
    elseif not plain[type(value[operator])] then
      local given = value[operator] == json.null and "null" or type(value[operator])
      problems[#problems + 1] = { path = row.name .. "[" .. operator .. "]", message = "text expected, got " .. given }
    else
      out[#out + 1] = { ("%s[%s]"):format(row.name, operator), check.text(value[operator]) }
    end
  end
end

local function add_query(catalogue, row, value, out, problems)
  if row.operators and is_table(value) then return add_operators(row, value, out, problems) end
  local inner = row.type:match "^%[.+%]$"
  if inner and not is_table(value) then value = { value } end
  value = check.value(catalogue, row, value, row.as or row.name, problems)
  if value == nil then return end
  if not inner then
    out[#out + 1] = { row.name, check.text(value) }
    return
  end
  local texts = {}
  for i, item in ipairs(value) do texts[i] = check.text(item) end
  if row.join then
    out[#out + 1] = { row.name, table.concat(texts, row.join) }
  else
    for _, text in ipairs(texts) do out[#out + 1] = { row.name, text } end
  end
end

-- takes the rows' arguments out of `left`
local function place_rows(catalogue, rows, left, problems, add)
  for _, row in ipairs(rows or {}) do
    local name = row.as or row.name
    local value = left[name]
    left[name] = nil
    if value == nil then value = row.preset end
    if value ~= nil then
      add(catalogue, row, value)
    elseif row.required then
      problems[#problems + 1] = { path = name, message = "required, but missing" }
    end
  end
end

local function expand(template, settings)
  local missing
  local text = template:gsub("{([%w_]+)}", function(name)
    local value = settings and settings[name]
    if value == nil then missing = name end
    return value ~= nil and check.text(value) or ""
  end)
  return text, missing
end

-- a header made from a setting, unless the call gives it under its name
local function template_header(row, op, settings, out, problems)
  local text, missing = expand(row.value, settings)
  if not missing then
    out[#out + 1] = row.name .. ": " .. text
  elseif row.required then
    problems[#problems + 1] = { path = row.as or row.name,
      message = ("needs the setting '%s' of %s, or the parameter"):format(missing, op.service) }
  end
end

local function place_headers(catalogue, op, left, settings, problems)
  local out = {}
  for _, row in ipairs(op.header or {}) do
    local name = row.as or row.name
    local given = left[name]
    left[name] = nil
    if given == nil then given = row.preset end
    if given ~= nil then
      given = check.value(catalogue, row, given, name, problems)
      if given ~= nil then out[#out + 1] = row.name .. ": " .. check.text(given) end
    elseif row.value then
      template_header(row, op, settings, out, problems)
    elseif row.required then
      problems[#problems + 1] = { path = name, message = "required, but missing" }
    end
  end
  return out
end

-- files on this machine: by name, or as the scalars after the path values
local function place_files(catalogue, op, call, left, problems)
  local out = {}
  for i, row in ipairs(op.files or {}) do
    local name = row.as or row.name
    local path = call.positional[#(op.path or {}) + i]
    if path == nil then path, left[name] = left[name], nil end
    if path ~= nil then
      path = check.value(catalogue, row, path, name, problems)
      out[#out + 1] = { row.name, path, row.content_type }
    elseif row.required then
      problems[#problems + 1] = { path = name, message = "required, but missing" }
    end
  end
  return op.files and out
end

-- where the reply goes: an argument of operations that give a file
local function place_target(catalogue, op, left, options, problems)
  if op.returns ~= "file" then return nil end
  local path = left.to
  left.to = nil
  if path == nil then return options.to end
  return check.value(catalogue, M.to, path, "to", problems)
end

local function accepted_rows(catalogue, op)
  local rows = {}
  local target = op.returns == "file" and { M.to } or {}
  for _, list in ipairs { op.query or {}, op.header or {}, op.files or {}, target, type(op.body) == "table" and op.body
    or catalogue.shapes and catalogue.shapes[(tostring(op.body)):match "^%[?([%w_]+)%]?$"] or {} } do
    for _, row in ipairs(list) do
      rows[#rows + 1] = row
    end
  end
  return rows
end

local function list_body(catalogue, op, inner, left, list, problems)
  local has_members = next(left) ~= nil
  if list and has_members then
    for name in pairs(left) do check.unknown(accepted_rows(catalogue, op), name, "", problems, "parameter") end
  end
  if not list and has_members then list = { left } end -- a lone object is one element
  if not list then
    if op.body_optional then return nil end
    problems[#problems + 1] = { message = ("%s wants a list of %s as its argument"):format(op.id, inner) }
    return nil
  end
  local row = { type = op.body, min = op.body_min }
  local body = check.value(catalogue, row, list, "", problems)
  for _, p in ipairs(problems) do p.path = p.path and p.path:gsub("^%[1%]%.", #list == 1 and "" or "[1].") end
  return body
end

local function object_body(catalogue, op, left, problems)
  if type(op.body) == "table" then return check.members(catalogue, op.body, left, "", problems, "parameter") end
  local shape = catalogue.shapes and catalogue.shapes[op.body]
  if shape then return check.members(catalogue, shape, left, "", problems, "parameter") end
  return json.object(left)
end

local function place_body(catalogue, op, left, list, problems)
  if not op.body then
    for name in pairs(left) do check.unknown(accepted_rows(catalogue, op), name, "", problems, "parameter") end
    if list then problems[#problems + 1] = { message = ("%s takes no list"):format(op.id) } end
    return nil
  end
  local inner = type(op.body) == "string" and op.body:match "^%[(.+)%]$"
  if inner then return list_body(catalogue, op, inner, left, list, problems) end
  if list then
    if op.body == "any" then return list end
    problems[#problems + 1] = { message = ("%s takes one record, not a list"):format(op.id) }
    return nil
  end
  if op.body_optional and next(left) == nil then return nil end
  for name in pairs(op.fixed or {}) do
    if name ~= "query" then
      if left[name] ~= nil then check.unknown(accepted_rows(catalogue, op), name, "", problems, "parameter") end
      left[name] = nil
    end
  end
  local body = object_body(catalogue, op, left, problems)
  for name, value in pairs(op.fixed or {}) do
    if name ~= "query" then body[name] = value end
  end
  return body
end

-- arguments -> named part (a copy) and list part
local function split(arguments)
  local left, list = {}, nil
  for key, value in json.pairs(arguments or {}) do -- nulls of a decoded record stay nulls
    if math.type(key) == "integer" then
      list = list or {}
    else
      left[key] = value
    end
  end
  if list or (arguments and json.is_array(arguments)) then
    list = json.array({})
    for i = 1, #arguments do list[i] = arguments[i] end
  end
  return left, list
end

-- body members that repeat a path parameter
local function repeat_path(op, call, left, problems)
  for member, name in pairs(op.copy or {}) do
    local value = call.value_of[name]
    if left[member] == nil then
      left[member] = value
    elseif value ~= nil and check.text(left[member]):lower() ~= check.text(value):lower() then
      problems[#problems + 1] = { path = member, message = ("is not the %s of the path; leave it out"):format(name) }
    end
  end
end

-- options that only some operations have
local function fits(op, name)
  if name == "to" then return op.returns == "file" end
  if name == "field" then return op.files ~= nil and #op.files == 1 and not op.whole end
  return true
end

local function read_options(op, options, problems)
  for name, value in pairs(options or {}) do
    local want = option_types[name]
    if not want then
      problems[#problems + 1] = { path = "options." .. tostring(name), message = ("unknown call option%s; accepted: %s"):format(
        suggest.did_you_mean(tostring(name), M.options), table.concat(M.options, ", ")) }
    elseif not fits(op, name) then
      problems[#problems + 1] = { path = "options." .. name, message = ("%s %s"):format(op.id,
        name == "to" and "gives no file" or "sends no single file") }
    elseif want == "string" then
      if type(value) ~= "string" or value == "" then
        problems[#problems + 1] = { path = "options." .. name, message = "text expected, got " .. (value == "" and "none" or type(value)) }
      end
    elseif want == "count" then
      if math.type(value) ~= "integer" or value < 0 or value > 100 then
        problems[#problems + 1] = { path = "options." .. name, message = "a whole number from 0 to 100 expected, got " .. tostring(value) }
      end
    elseif type(value) ~= "number" or not (value > 0 and value < math.huge) or want == "integer" and not math.tointeger(value) then
      problems[#problems + 1] = { path = "options." .. name, message = ("a %snumber above 0 expected, got %s"):format(
        want == "integer" and "whole " or "", tostring(value)) }
    end
  end
  return options or {}
end

-- how many of the first n values are texts and numbers
local function leading_scalars(given, n)
  for i = 1, n do
    local kind = type(given[i])
    if kind ~= "string" and kind ~= "number" then return i - 1 end
  end
  return n
end

--- Sorts the arguments of a call: leading scalars, arguments, options.
-- @return { positional =, value_of = values that the body repeats, arguments =,
--   options =, named = set of the path values among the arguments (build) }
function M.parse(op, ...)
  local n, given = select("#", ...), { ... }
  local first = leading_scalars(given, n)
  if first == n then return { positional = given, value_of = op.copy and {} } end
  local call = { positional = table.move(given, 1, first, 1, {}), value_of = op.copy and {} }
  for i = first + 1, n do
    local value = given[i]
    if is_table(value) then
      call.arguments, call.options = value, given[i + 1]
      if i + 1 < n or (call.options ~= nil and not is_table(call.options)) then
        error_.raise("validation", ("%s takes path values, one table of arguments, one of options"):format(op.id))
      end
      break
    end
    if value == nil then
      if given[i + 1] == nil or is_table(given[i + 1]) then goto continue end
      error_.raise("validation", ("%s: argument %d is nil"):format(op.id, i))
    end
    if type(value) ~= "string" and type(value) ~= "number" then
      error_.raise("validation", ("%s: argument %d: string or number expected, got %s"):format(op.id, i,
        value == json.null and "null" or type(value)))
    end
    call.positional[#call.positional + 1] = value
    ::continue::
  end
  return call
end

-- one file that is the whole body; a header of the call's own tells its type
local function whole_file(request)
  local file = request.parts[1]
  request.parts = nil
  if not file then return end
  request.upload = file[2]
  if not file[3] then return end
  for _, line in ipairs(request.headers) do
    if line:lower():find("content-type:", 1, true) == 1 then return end
  end
  request.headers[#request.headers + 1] = "Content-Type: " .. file[3]
end

-- The query of a call that is given nothing but path values is the same each
-- time: presets and what is fixed. By operation; false where more is to be
-- placed than path and query.
local plain_query = setmetatable({}, { __mode = "k" })

local function is_plain(op)
  return not (op.header or op.files or op.body or op.whole or op.copy) and op.returns ~= "file"
end

local unsaid = {} -- problems that nobody is told of: empty but for a moment

-- A call of that kind, made of what the first one was; nil where it must be
-- looked at as a whole, such as to tell all that is wrong with it. The fields
-- without a value make room for what core.client adds.
local function build_plain(catalogue, op, call)
  local known = plain_query[op]
  if not known or call.arguments or call.options then return nil end
  local path = place_path(catalogue, op, call, unsaid)
  if #unsaid > 0 then
    unsaid = {}
    return nil
  end
  local query = {}
  for i = 1, #known do query[i] = { known[i][1], known[i][2] } end
  return { method = op.method, template = op.template, path = path, query = query, headers = {}, options = {},
    operation = nil, repeatable = nil }
end

local function note_plain(op, request)
  local query = is_plain(op) and {}
  for i, pair in ipairs(query and request.query or {}) do query[i] = { pair[1], pair[2] } end
  plain_query[op] = query
end

--- Checks a parsed call and places everything; raises with all problems.
-- @return { method, template, path, query, headers, body, options, parts =
--   { { name, path, content_type }, ... }, upload = path, output = path }
function M.build(catalogue, op, settings, call)
  local request = build_plain(catalogue, op, call)
  if request then return request end
  local problems = {}
  request = { method = op.method, template = op.template, query = {} }
  request.path = place_path(catalogue, op, call, problems)
  local left, list = split(call.arguments)
  for name in pairs(call.named or none) do left[name] = nil end
  repeat_path(op, call, left, problems)
  for name, value in pairs(op.fixed and op.fixed.query or {}) do request.query[#request.query + 1] = { name, check.text(value) } end
  table.sort(request.query, function(a, b) return a[1] < b[1] end)
  place_rows(catalogue, op.query, left, problems, function(_, row, value)
    add_query(catalogue, row, value, request.query, problems)
  end)
  request.headers = place_headers(catalogue, op, left, settings, problems)
  request.options = read_options(op, call.options, problems)
  request.parts = place_files(catalogue, op, call, left, problems)
  request.output = place_target(catalogue, op, left, request.options, problems)
  request.value = place_body(catalogue, op, left, list, problems)
  if #problems > 0 then
    table.sort(problems, function(a, b) return (a.path or "") < (b.path or "") end)
    error_.problems("validation", problems, { service = op.service, operation = op.resource .. "." .. op.name })
  end
  if plain_query[op] == nil and not call.arguments and not call.options then note_plain(op, request) end
  if op.whole then whole_file(request) end
  if request.parts and request.options.field then request.parts[1][1] = request.options.field end
  if request.value ~= nil then
    local text, err = json.encode(request.value)
    if not text then error_.rethrow(err, { service = op.service, operation = op.resource .. "." .. op.name }) end
    request.body = text
    request.headers[#request.headers + 1] = "Content-Type: application/json"
  end
  return request
end

return M
