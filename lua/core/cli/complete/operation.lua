-- core/cli/complete/operation.lua - what a shell offers behind errand call.
-- SPDX-License-Identifier: MIT
--
-- A candidate is { word, text } as core.cli.complete has them; open = true: no
-- blank follows it, for more of the same word comes.

local describe = require "core.describe"

local M = {}

local function services()
  return require "core.services"
end

local function effect(op)
  return op.danger and "destroys: " or op.effect ~= "read" and op.effect .. ": " or ""
end

--- Services with their titles. A description of one's own that is broken must
-- not take the others along: that one has no title.
function M.services()
  local out = {}
  local ok, names = pcall(services().names)
  for i, name in ipairs(ok and names or require("host.state").services()) do
    local good, catalogue = pcall(services().catalogue, name)
    out[i] = { name, good and catalogue.title or nil }
  end
  return out
end

local function resources(service)
  local out = {}
  for i, resource in ipairs(services().catalogue(service).resource_list) do out[i] = { resource.name, resource.doc } end
  return out
end

local function operations(catalogue, resource)
  local out = {}
  for i, op in ipairs(resource.operations) do out[i] = { op.name, effect(op) .. (op.summary or "") } end
  if describe.find_via(resource) and not resource.operation.find then
    out[#out + 1] = { "find", "The one record with these values." }
  end
  return out, catalogue
end

local function resource_of(service, name)
  local catalogue = services().exists(service) and services().catalogue(service)
  return catalogue, catalogue and catalogue.resource[name]
end

--- "ixon", "ixon.users", "ixon.users.list" as far as `typed` has dots.
-- @tparam ?boolean topics service and resource are whole words, too
function M.dotted(typed, topics)
  local service, rest = typed:match "^([^.]*)%.(.*)$"
  local out = {}
  local function add(prefix, list, dot)
    for _, one in ipairs(list) do
      if topics or not dot then out[#out + 1] = { prefix .. one[1], one[2] } end
      if dot then out[#out + 1] = { prefix .. one[1] .. ".", one[2], open = true } end
    end
  end
  if not service then
    add("", M.services(), true)
  elseif services().exists(service) then
    local resource = rest:match "^([^.]*)%."
    local catalogue, found = resource_of(service, resource)
    if not resource then
      add(service .. ".", resources(service), true)
    elseif found then
      add(service .. "." .. resource .. ".", (operations(catalogue, found)))
    end
  end
  return out
end

--- The next of the words SERVICE RESOURCE OPERATION.
function M.words(given)
  if #given == 0 then return M.services() end
  if #given == 1 then return services().exists(given[1]) and resources(given[1]) or {} end
  local catalogue, resource = resource_of(given[1], given[2])
  return resource and (operations(catalogue, resource)) or {}
end

--- The operation that the words name and how many of them do; nil while they
-- do not. op is nil for find, which is none of the catalogue: keys then.
function M.named(given)
  local id, count = given[1] or "", 1
  if not id:find(".", 1, true) then id, count = table.concat(given, ".", 1, math.min(#given, 3)), 3 end
  local service, resource, name = id:match "^([^.]+)%.([^.]+)%.([^.]+)$"
  if not service then return nil end
  local catalogue, found = resource_of(service, resource)
  if not found then return nil end
  local op = found.operation[name]
  if not op and name == "find" then op = describe.find_via(found) and M.find(catalogue, found) end
  return op, count, catalogue
end

--- find as if it were an operation, with its keys as parameters.
function M.find(catalogue, resource)
  local via = require("core.catalogue").operation(catalogue, describe.find_via(resource))
  local keys = {}
  for i, by in ipairs(resource.find and resource.find.by or {}) do keys[i] = { name = by[1], type = "string" } end
  return { path = via and via.path, query = keys }
end

-- ---- parameters as options ----

local function shape_of(catalogue, kind)
  if type(kind) == "table" then return kind end
  return catalogue.shapes and catalogue.shapes[kind]
end

-- The members below a row that options reach by dots; nil for lists.
local function below(catalogue, row)
  local kind, is_list = describe.element(row.type)
  return not is_list and shape_of(catalogue, kind) or nil
end

local function rows_of(op, catalogue)
  local out = {}
  local file = op.returns == "file" and { setmetatable({ name = "to", type = "file" }, { __index = require("core.request").to }) }
  local body = describe.body(op, catalogue.shapes or {})
  for _, rows in ipairs { op.query or {}, op.header or {}, op.files or {}, file or {}, body or {} } do
    for _, row in ipairs(rows) do
      if row.type then out[#out + 1] = row end
    end
  end
  return out
end

-- The row of "account.login_username".
local function row_at(op, catalogue, path)
  local rows, row = rows_of(op, catalogue), nil
  for name in path:gmatch "[^.]+" do
    row = nil
    for _, one in ipairs(rows or {}) do
      if (one.as or one.name) == name then row = one end
    end
    if not row then return nil end
    rows = below(catalogue, row)
  end
  return row
end

--- The row of an option of the operation in the form of core.options; nil if
-- it has none of that name.
function M.option(op, catalogue, name)
  local row = row_at(op, catalogue, name)
  if not row then return nil end
  local kind = describe.element(row.type)
  local truth = (kind == "boolean" or kind == "flag") and { "true", "false" } or nil
  return { name, value = "VALUE", enum = row.enum or truth, type = kind == "file" and "file" or nil, repeatable = true }
end

--- Candidates for an option of the operation: as deep as `typed` has dots.
function M.options(op, catalogue, typed)
  local prefix = typed:match "^%-%-(.*%.)[^.]*$" or ""
  local parent = prefix ~= "" and row_at(op, catalogue, prefix:sub(1, -2))
  local rows = prefix == "" and rows_of(op, catalogue) or parent and below(catalogue, parent) or {}
  local out = {}
  for _, row in ipairs(rows) do
    if row.type then
      local name = "--" .. prefix .. (row.as or row.name)
      local text = (row.required and not row.value and "required: " or "") .. (row.doc or describe.type(row))
      out[#out + 1] = { name, text }
      if below(catalogue, row) then out[#out + 1] = { name .. ".", "its members", open = true } end
    end
  end
  return out
end

--- What may stand at the n-th place behind the operation: a row, or nil.
function M.place(op, n)
  local path = op.path or {}
  return path[n] or (op.files or {})[n - #path]
end

return M
