-- core/lint.lua - what is wrong with a catalogue, with the path of each fault.
-- SPDX-License-Identifier: MIT

local form = require "core.lint.form"
local pattern = require "core.lint.pattern"
local refs = require "core.lint.refs"
local suggest = require "core.suggest"

local M = {}

-- accepted keys of each part; "any" stands for a value that is not looked into
local service_keys = { format = "number", name = "string", title = "string", doc = "string", docs = "string", evidence = "string",
  url = "table", check = "string", settings = "table", headers = "table", auth = "table", envelope = "table", paging = "table",
  rate = "table", shapes = "table", resources = "table" }
local row_keys = { required = "boolean", nullable = "boolean", enum = "table", min = "number", max = "number", pattern = "string",
  pattern_doc = "string", not_in = "table", default = "any", preset = "any", secret = "boolean", operators = "table",
  join = "string", doc = "string", evidence = "string", as = "string", value = "string", item_nullable = "boolean",
  content_type = "string" }
local shape_keys = { any_of = "table", one_of = "table", min = "number", open = "boolean", evidence = "string", doc = "string" }
local url_keys = { default = "string", example = "string" }
local rate_keys = { requests = "number", seconds = "number", concurrency = "number", block = "number" }
local by_keys = { at = "any", fold = "boolean", query = "table" }
local problem_keys = { message = "string", path = "string", index = "string" }
local created_keys = { header = "string", segment = "number", as = "string" }
local inverse_keys = { from = "string", body = "boolean", set = "table" }
local styles = { cursor = { "send", "next" }, page = { "send", "size", "page_size" }, offset = { "send", "size", "page_size" } }
local operation_keys = { http = "string", summary = "string", doc = "string", example = "string", evidence = "any", effect = "string",
  danger = "boolean", path = "table", query = "table", header = "table", body = "any", body_optional = "boolean", body_min = "number",
  files = "table", fixed = "table", auth = "any", without = "table", envelope = "any", paging = "any", returns = "string",
  secret = "boolean", created = "table", inverse = "table", settle = "number", timeout = "number", copy = "table",
  once = "boolean", look = "table" }
local resource_keys = { doc = "string", find = "table", operations = "table" }
local find_keys = { by = "table", list = "string", query = "table", record = "string", get = "string" }
local auth_keys = { name = "string", needs = "table", login = "table", send = "table", renew = "table", doc = "string" }
local login_keys = { http = "string", headers = "table", json = "table", token = "string", lifetime = "number",
  refused = "table", without = "table" }
local envelope_keys = { data = "string", ok = "table", status = "string", message = "table", problems = "table", optional = "boolean",
  refused = "table", code = "table", partial = "table", empty_object = "boolean" }
local paging_keys = { style = "string", send = "string", size = "string", page_size = "number", max = "number", next = "string",
  total = "string", items = "string", all = "string", default = "number" }
local scalar_types = { string = 1, integer = 1, number = 1, boolean = 1, flag = 1, uuid = 1, datetime = 1, date = 1, json = 1, object = 1,
  any = 1, file = 1 }
local effects = { read = 1, set = 1, create = 1, send = 1 }
local evidences = { source = 1, docs = 1, inferred = 1 }

local function list_of(set)
  local names = {}
  for name in pairs(set) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local function new_report()
  local report = { problems = {} }
  function report.add(path, text, ...)
    report.problems[#report.problems + 1] = path .. ": " .. text:format(...)
  end
  return report
end

-- keys the loader adds
local derived = { name = true, type = true, id = true, resource = true, service = true, method = true, template = true, operation = true,
  resource_list = true, setting = true, resource_names = true, shape_names = true, whole = true }

local function check_keys(report, path, value, accepted)
  for key, member in pairs(value) do
    local want = accepted[key]
    if type(key) == "string" and not want and not derived[key] then
      report.add(path, "unknown key '%s'%s", key, suggest.did_you_mean(key, list_of(accepted)))
    elseif want and want ~= "any" and type(member) ~= want then
      report.add(path .. "." .. tostring(key), "%s expected, got %s", want, type(member))
    end
  end
end

local function check_type(report, path, catalogue, type_)
  if type(type_) ~= "string" then return report.add(path, "no type") end
  local inner = type_
  while inner:match "^%[(.+)%]$" do inner = inner:match "^%[(.+)%]$" end
  if not scalar_types[inner] and not (catalogue.shapes or {})[inner] then report.add(path, "unknown type '%s'", type_) end
end

local function check_rows(report, path, catalogue, rows, untyped)
  local seen = {}
  for i, row in ipairs(rows or {}) do
    local at = ("%s[%s]"):format(path, tostring(row[1] or i))
    if type(row) ~= "table" or type(row[1]) ~= "string" then
      report.add(at, "a row begins with its name")
    else
      check_keys(report, at, row, row_keys)
      if seen[row.as or row[1]] then report.add(at, "the name stands twice") end
      seen[row.as or row[1]] = true
      if not (untyped and row[2] == nil and row.value) then check_type(report, at, catalogue, row[2]) end
      if row.evidence and not evidences[row.evidence] then report.add(at, "evidence is source, docs or inferred") end
      if row.pattern and not pattern.is(row.pattern) then report.add(at, "broken pattern") end
    end
  end
  return seen
end

local function check_shape(report, at, catalogue, rows)
  check_keys(report, at, rows, shape_keys)
  local names = check_rows(report, at, catalogue, rows)
  for _, key in ipairs { "any_of", "one_of" } do
    for _, name in ipairs(rows[key] or {}) do
      if not names[name] then report.add(at .. "." .. key, "no row '%s'", name) end
    end
  end
end

local function check_path(report, at, op)
  local rows = {}
  for i, row in ipairs(op.path or {}) do rows[i] = row[1] end
  local i = 0
  for name in op.template:gmatch "{([^}]*)}" do
    i = i + 1
    if rows[i] ~= name then report.add(at .. ".path", "row %d should describe {%s}", i, name) end
  end
  if #rows > i then report.add(at .. ".path", "%d rows for %d placeholders", #rows, i) end
end

local function body_names(catalogue, op)
  local rows = op.body
  if type(rows) == "string" then
    if rows:sub(1, 1) == "[" then return {} end -- members of elements, not of the call
    rows = (catalogue.shapes or {})[rows]
  end
  local names = {}
  for _, row in ipairs(rows or {}) do names[row[1]] = true end
  return names
end

-- what the catalogue sets, no row may give
local function check_fixed(report, at, catalogue, op)
  local members, query = body_names(catalogue, op), {}
  for _, row in ipairs(op.query or {}) do query[row[1]] = true end
  for name in pairs(op.fixed) do
    if name ~= "query" and members[name] then report.add(at .. ".fixed", "'%s' is a row of the body too", name) end
    if name ~= "query" and not op.body then report.add(at .. ".fixed", "'%s' goes into a body, but there is none (body = {})", name) end
  end
  for name in pairs(op.fixed.query or {}) do
    if query[name] then report.add(at .. ".fixed", "'%s' is a row of the query too", name) end
  end
end

local function check_copy(report, at, catalogue, op)
  local members, rows = body_names(catalogue, op), {}
  for _, row in ipairs(op.path or {}) do rows[row[1]] = true end
  for member, name in pairs(op.copy) do
    if not members[member] then report.add(at .. ".copy", "the body has no member '%s'", tostring(member)) end
    if not rows[name] then report.add(at .. ".copy", "the path has no row '%s'", tostring(name)) end
  end
end

-- path, query, header and body members share one table in a call
local function check_names(report, at, catalogue, op)
  local seen = body_names(catalogue, op)
  if op.returns == "file" then seen.to = true end
  for _, part in ipairs { "path", "query", "header", "files" } do
    for _, row in ipairs(op[part] or {}) do
      local name = row.as or row[1]
      if seen[name] then report.add(("%s.%s[%s]"):format(at, part, name), "the name is taken; give the row another with 'as'") end
      seen[name] = true
    end
  end
end

local function find_operation(catalogue, name)
  local resource, op = tostring(name):match "^([%w_]+)%.([%w_]+)$"
  for _, r in ipairs(catalogue.resources) do
    for _, o in ipairs(r[1] == resource and r.operations or {}) do
      if o[1] == op then return o end
    end
  end
end

local function check_inverse(report, at, catalogue, op)
  local list = type(op.inverse[1]) == "table" and op.inverse or { op.inverse }
  for _, entry in ipairs(list) do
    check_keys(report, at .. ".inverse", entry, inverse_keys)
    if not find_operation(catalogue, entry[1]) then report.add(at .. ".inverse", "no operation '%s'", tostring(entry[1])) end
  end
end

-- where else to look for what a create makes
local function check_look(report, at, catalogue, op)
  for _, name in ipairs(op.look) do
    local found
    for _, resource in ipairs(catalogue.resources or {}) do
      if resource[1] == name then found = resource end
    end
    if not found then
      report.add(at .. ".look", "no resource '%s'", tostring(name))
    elseif not found.find then
      report.add(at .. ".look", "'%s' has no find", name)
    end
  end
end

local function check_example(report, at, op)
  local chunk, err = load(op.example, "=example", "t", {})
  chunk = chunk or load("return " .. op.example, "=example", "t", {})
  if not chunk then report.add(at .. ".example", "%s", err) end
end

local function check_envelope(report, at, envelope)
  check_keys(report, at, envelope, envelope_keys)
  if envelope.ok and envelope.ok[2] == nil then report.add(at .. ".ok", "a pointer and a value expected") end
  local forms = envelope.problems or {}
  if type(forms[1]) ~= "table" then forms = { forms } end -- one form, or a list of them
  for _, one in ipairs(forms) do check_keys(report, at .. ".problems", one, problem_keys) end
  if envelope.problems and not forms[1][1] then report.add(at .. ".problems", "no pointer") end
  if type(envelope.partial) == "table" then check_keys(report, at .. ".partial", envelope.partial, problem_keys) end
end

local function check_paging(report, at, catalogue, op)
  local style = (catalogue.paging or {})[op.paging]
  if not style then return report.add(at .. ".paging", "no style '%s'", op.paging) end
  local names = {}
  for _, row in ipairs(op.query or {}) do names[row[1]] = true end
  for _, key in ipairs { "send", "size", "all" } do
    if style[key] and not names[style[key]] then report.add(at .. ".query", "no row '%s' for the paging", style[key]) end
  end
end

local function check_auth_name(report, at, catalogue, name)
  for _, way in ipairs(catalogue.auth or {}) do
    if way.name == name then return end
  end
  report.add(at .. ".auth", "no way to sign in is named '%s'", name)
end

local function check_files(report, at, catalogue, op, method)
  if op.body == "file" and op.files and #op.files ~= 1 then report.add(at .. ".files", "a body is one file") end
  if op.body == "file" and method:sub(1, 1) ~= "P" then report.add(at .. ".body", "%s sends no files", method) end
  if op.body == "file" and op.fixed then report.add(at .. ".fixed", "a body that is a file has no members") end
  if not op.files then return end
  check_rows(report, at .. ".files", catalogue, op.files)
  for _, row in ipairs(op.files) do
    if row[2] ~= "file" then report.add(("%s.files[%s]"):format(at, tostring(row[1])), "the type is file") end
  end
  if op.body and op.body ~= "file" then report.add(at .. ".files", "a form has no other body") end
  if method:sub(1, 1) ~= "P" then report.add(at .. ".files", "%s sends no files", method) end
end

local function check_operation(report, at, catalogue, op)
  check_keys(report, at, op, operation_keys)
  local method, template = tostring(op.http):match "^(%u+) (/.*)$"
  if not method then return report.add(at .. ".http", "method and path expected") end
  op.template = template
  for _, key in ipairs { "summary", "example", "effect" } do
    if not op[key] then report.add(at, "no %s", key) end
  end
  if op.effect and not effects[op.effect] then report.add(at .. ".effect", "read, set, create or send expected") end
  if method ~= "GET" and method ~= "POST" and op.effect == "read" then report.add(at .. ".effect", "%s is no read", method) end
  if type(op.evidence) == "string" and not evidences[op.evidence] then
    report.add(at .. ".evidence", "source, docs or inferred expected")
  end
  check_path(report, at, op)
  check_rows(report, at .. ".path", catalogue, op.path)
  check_rows(report, at .. ".query", catalogue, op.query)
  check_rows(report, at .. ".header", catalogue, op.header, true)
  if type(op.body) == "table" then
    check_shape(report, at .. ".body", catalogue, op.body)
  elseif op.body then
    check_type(report, at .. ".body", catalogue, op.body)
  end
  if op.returns and op.returns ~= "none" and op.returns ~= "text" and op.returns ~= "file" then
    check_type(report, at .. ".returns", catalogue, op.returns)
  end
  check_names(report, at, catalogue, op)
  check_files(report, at, catalogue, op, method)
  if op.paging then
    check_paging(report, at, catalogue, op)
  elseif op.paging == nil and catalogue.paging and op.effect == "read" and tostring(op.returns):sub(1, 1) == "[" then
    report.add(at, "a list without paging; say paging = false if the vendor gives it whole")
  end
  if type(op.auth) == "string" then check_auth_name(report, at, catalogue, op.auth) end
  if type(op.envelope) == "table" then check_envelope(report, at .. ".envelope", op.envelope) end
  if op.envelope == true then report.add(at .. ".envelope", "false or a table expected") end
  if op.created then
    check_keys(report, at .. ".created", op.created, created_keys)
    if not op.created.header then report.add(at .. ".created", "no header") end
  end
  if op.copy then check_copy(report, at, catalogue, op) end
  if op.fixed then check_fixed(report, at, catalogue, op) end
  if op.inverse then check_inverse(report, at, catalogue, op) end
  if op.look then check_look(report, at, catalogue, op) end
  if type(op.example) == "string" then check_example(report, at, op) end
end

local function check_find(report, at, catalogue, find)
  check_keys(report, at, find, find_keys)
  if #(find.by or {}) == 0 then report.add(at, "no keys in 'by'") end
  for i, row in ipairs(find.by or {}) do check_keys(report, ("%s.by[%s]"):format(at, tostring(row[1] or i)), row, by_keys) end
  if find.record and not find.get then report.add(at, "'record' needs 'get'") end
  for _, name in ipairs { find.list or false, find.record or false, find.get or false } do
    if name and not find_operation(catalogue, name) then report.add(at, "no operation '%s'", name) end
  end
  if not find.list and not find.record then report.add(at, "list or record expected") end
end

-- method and path, and what tells operations of one path apart: "POST /api.php action=list"
local function route_of(op)
  local parts, fixed = {}, op.fixed or {}
  for name, value in pairs(fixed) do
    if name ~= "query" then parts[#parts + 1] = (" %s=%s"):format(name, tostring(value)) end
  end
  for name, value in pairs(fixed.query or {}) do parts[#parts + 1] = (" ?%s=%s"):format(name, tostring(value)) end
  table.sort(parts)
  return tostring(op.http):gsub("{[^}]*}", "{}") .. table.concat(parts)
end

local function check_resources(report, catalogue)
  local routes, names = {}, {}
  for _, resource in ipairs(catalogue.resources or {}) do
    local at = tostring(resource[1])
    if names[at] then report.add(at, "the resource stands twice") end
    names[at] = true
    check_keys(report, at, resource, resource_keys)
    if not resource.operations then report.add(at, "no operations") end
    if resource.find then check_find(report, at .. ".find", catalogue, resource.find) end
    local seen = {}
    for _, op in ipairs(resource.operations or {}) do
      local name = at .. "." .. tostring(op[1])
      if seen[name] then report.add(name, "the operation stands twice") end
      seen[name] = true
      check_operation(report, name, catalogue, op)
      local route = route_of(op)
      if routes[route] then report.add(name, "'%s' is also the route of %s", route, routes[route]) end
      routes[route] = name
    end
  end
end

local function check_headers(report, at, rows)
  for i, row in ipairs(rows or {}) do
    local where = ("%s[%s]"):format(at, tostring(row[1] or i))
    check_keys(report, where, row, row_keys)
    if type(row[1]) ~= "string" or not row.value then report.add(where, "a header has a name and a value") end
  end
end

local function check_auth(report, catalogue)
  local settings = {}
  for _, row in ipairs(catalogue.settings or {}) do settings[row[1]] = true end
  for i, way in ipairs(catalogue.auth or {}) do
    local at = ("auth[%d]"):format(i)
    check_keys(report, at, way, auth_keys)
    check_headers(report, at .. ".send", way.send)
    for _, name in ipairs(way.needs or {}) do
      if not settings[name] then report.add(at .. ".needs", "no setting '%s'", name) end
    end
    if way.login then
      check_keys(report, at .. ".login", way.login, login_keys)
      check_headers(report, at .. ".login.headers", way.login.headers)
      if not tostring(way.login.http):find "^%u+ /" then report.add(at .. ".login.http", "method and path expected") end
      if not way.login.token then report.add(at .. ".login", "no token") end
    end
  end
end

local function check_style(report, at, style)
  check_keys(report, at, style, paging_keys)
  local needs = styles[style.style]
  if not needs then return report.add(at .. ".style", "cursor, page or offset expected") end
  for _, key in ipairs(needs) do
    if not style[key] then report.add(at, "no %s", key) end
  end
end

-- What errand login asks of a service that has no login: a read without
-- arguments.
local function check_check(report, catalogue)
  local resource, name = catalogue.check:match "^([%w_]+)%.([%w_]+)$"
  local found
  for _, one in ipairs(catalogue.resources or {}) do
    for _, op in ipairs(one[1] == resource and one.operations or {}) do
      if op[1] == name then found = op end
    end
  end
  if not found then return report.add("check", "no operation '%s'", catalogue.check) end
  if found.effect ~= "read" then report.add("check", "'%s' is no read", catalogue.check) end
  for _, rows in ipairs { found.path or {}, found.query or {}, found.header or {}, type(found.body) == "table" and found.body or {} } do
    for _, row in ipairs(rows) do
      if row.required and row.preset == nil then report.add("check", "'%s' wants '%s'", catalogue.check, row[1]) end
    end
  end
end

local function check_service(report, catalogue)
  check_keys(report, "service", catalogue, service_keys)
  for _, key in ipairs { "format", "name", "title", "url", "resources" } do
    if not catalogue[key] then report.add("service", "no %s", key) end
  end
  check_rows(report, "settings", catalogue, catalogue.settings)
  if type(catalogue.url) == "table" then check_keys(report, "url", catalogue.url, url_keys) end
  if catalogue.rate then check_keys(report, "rate", catalogue.rate, rate_keys) end
  if catalogue.check then check_check(report, catalogue) end
  check_headers(report, "headers", catalogue.headers)
  check_auth(report, catalogue)
  if catalogue.envelope then check_envelope(report, "envelope", catalogue.envelope) end
  for name, style in pairs(catalogue.paging or {}) do check_style(report, "paging." .. name, style) end
  for name, rows in pairs(catalogue.shapes or {}) do check_shape(report, "shapes." .. name, catalogue, rows) end
end

--- All faults of a catalogue as texts "path: what"; an empty list if none.
-- @tparam table catalogue as its file returns it, or indexed
function M.check(catalogue)
  local report = new_report()
  form.check(report, catalogue)
  if #report.problems == 0 then
    check_service(report, catalogue)
    check_resources(report, catalogue)
    refs.check(report, catalogue)
  end
  table.sort(report.problems)
  return report.problems
end

return M
