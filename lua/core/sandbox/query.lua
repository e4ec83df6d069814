-- core/sandbox/query.lua - selecting, filtering, sorting and paging records.
-- SPDX-License-Identifier: MIT

local failure = require "core.sandbox.failure"
local json = require "host.json"
local record = require "core.sandbox.record"

local M = {}

local function refuse(path, message)
  failure.raise(400, message, { { message = message, path = path } })
end

-- ---- fields=publicId,memberships.role.publicId,agent(name) ----

local function plant(tree, path, sub)
  local name, rest = path:match "^([^.]+)%.?(.*)$"
  if not name then refuse("fields", "Invalid value") end
  local below = type(tree[name]) == "table" and tree[name] or nil
  if rest ~= "" then
    below = below or {}
    plant(below, rest, sub)
  elseif sub then
    below = below or {}
    for key, value in pairs(sub) do below[key] = value end
  end
  tree[name] = below or tree[name] or true
end

local function parse_fields(text, at)
  local tree = {}
  while at <= #text do
    local path, after, next_at = text:match("^%s*([%w_.*-]+)%s*([,()]?)()", at)
    if not path then refuse("fields", "Invalid value") end
    local sub
    if after == "(" then
      sub, next_at = parse_fields(text, next_at)
      after, next_at = text:match("^%s*([,)]?)()", next_at)
    end
    plant(tree, path, sub)
    at = next_at
    if after == ")" then return tree, at end
  end
  return tree, at
end

local function has_member(service, op, store, name)
  local spec = service:spec(store)
  if spec.one and spec.one[name] or spec.many and spec.many[name] then return true end
  local shape = op and op.returns and service.catalogue.shapes[op.returns:match "%w+"]
  for _, row in ipairs(shape or {}) do
    if row[1] == name then return true end
  end
  return shape == nil
end

local select_record

local function select_value(service, scope, value, store, sub)
  if type(value) ~= "table" then return value == nil and json.null or value end
  if not store then return record.copy(value) end
  if not value[1] and next(value) ~= nil then
    return sub == true and service:brief(store, value) or select_record(service, nil, scope, store, value, sub)
  end
  local list = json.array {}
  for i, element in ipairs(value) do
    list[i] = sub == true and service:brief(store, element) or select_record(service, nil, scope, store, element, sub)
  end
  return list
end

function select_record(service, op, scope, store, v, tree)
  local id = service:id_of(store)
  local out = json.object { [id] = v[id] }
  local hidden = {}
  for _, member in ipairs(service:spec(store).hidden or {}) do hidden[member] = true end
  for name, sub in pairs(tree) do
    if name == "*" then
      for member, value in pairs(v) do
        if type(value) ~= "table" and not hidden[member] then out[member] = value end
      end
    elseif not hidden[name] then
      if v[name] == nil and not has_member(service, op, store, name) then
        refuse("fields", ("Invalid value: %s"):format(name))
      end
      local value, of = service:member(store, scope, v, name)
      out[name] = select_value(service, scope, value, of, sub)
    end
  end
  return out
end

--- A record as the fields parameter asks for it; the store's brief members
-- without one. Where the service has no such parameter, the whole record.
function M.select(service, op, scope, store, v, fields)
  if not service.data.select then return service:show(store, scope, v) end
  if not fields then
    local default = service:spec(store).plain or service.data.brief
    fields = default
  end
  local tree = parse_fields(table.concat(fields, ","), 1)
  return select_record(service, op, scope, store, v, tree)
end

-- ---- filters=eq(name,"Plant A") ----

local function compare(a, b)
  if type(a) == "number" and tonumber(b) then return a, tonumber(b) end
  return tostring(a), tostring(b)
end

local function listed(v, args)
  for i = 2, #args do
    if tostring(v) == args[i] then return true end
  end
  return false
end

local tests = {
  eq = function(v, args) return tostring(v) == args[2] end,
  contains = function(v, args) return v ~= nil and tostring(v):lower():find(args[2]:lower(), 1, true) ~= nil end,
  lt = function(v, args) local a, b = compare(v, args[2]) return v ~= nil and a < b end,
  lte = function(v, args) local a, b = compare(v, args[2]) return v ~= nil and a <= b end,
  ["in"] = listed,
  isnull = function(v) return v == nil end,
  between = function(v, args)
    local a, low = compare(v, args[2])
    local _, high = compare(v, args[3])
    return v ~= nil and a >= low and a <= high
  end,
}
local function negate(name) return function(v, args) return not tests[name](v, args) end end
tests.ne, tests.gte, tests.gt, tests.ni, tests.isnotnull = negate "eq", negate "lt", negate "lte", negate "in", negate "isnull"
tests.equals, tests.differs, tests.less, tests.lessorequal = tests.eq, tests.ne, tests.lt, tests.lte
tests.greater, tests.greaterorequal = tests.gt, tests.gte

local arity = { isnull = 1, isnotnull = 1, between = 3 }

-- op(column,"text, with a comma",...) -> test, { column, args... }
local function parse_filter(text)
  local name, inner = text:match "^%s*(%a+)%((.*)%)%s*$"
  local test = name and tests[name:lower()]
  if not test then refuse("filters", "Invalid value: " .. text) end
  local args, at = {}, 1
  repeat
    local arg, after = inner:match('^%s*"([^"]*)"%s*()', at)
    if not arg then arg, after = inner:match("^%s*([^,\"]-)%s*()%f[,\0]", at) end
    if not arg then refuse("filters", "Invalid value: " .. text) end
    args[#args + 1] = arg
    local comma = inner:sub(after, after) == ","
    if not comma and after <= #inner then refuse("filters", "Invalid value: " .. text) end
    at = after + 1
  until not comma
  local wanted = arity[name:lower()] or 2
  if #args < wanted or #args > wanted and name ~= "in" and name ~= "ni" then
    refuse("filters", "Invalid value: " .. text)
  end
  return test, args
end

-- The value of a column such as memberships.role.publicId: the first one.
local function column(service, scope, store, v, path)
  local value, of = v, store
  for name in path:gmatch "[^.]+" do
    if type(value) ~= "table" then return nil end
    if of then value, of = service:member(of, scope, value, name)
    else value = value[name] end
    if type(value) == "table" and value[1] ~= nil then value = value[1] end
  end
  return value
end

local function by_filters(service, op, scope, store, list, filters)
  for _, text in ipairs(filters) do
    local test, args = parse_filter(text)
    if not has_member(service, op, store, args[1]:match "^[^.]+") then
      refuse("filters", ("Invalid value: no column %s"):format(args[1]))
    end
    local kept = {}
    for _, item in ipairs(list) do
      local value = column(service, scope, store, item.v, args[1])
      if type(value) ~= "table" and test(value, args) then kept[#kept + 1] = item end
    end
    list = kept
  end
  return list
end

-- ---- name[contains]=x and is_active=true ----

local function camel(name)
  return (name:gsub("_(%l)", string.upper))
end

local operators = {
  equals = function(v, wanted) return tostring(v):lower() == tostring(wanted):lower() end,
  contains = function(v, wanted) return tostring(v):lower():find(tostring(wanted):lower(), 1, true) ~= nil end,
}

-- path: where the value stands; false: the parameter is no condition;
-- { path }: records that have the value are left out
local function by_condition(list, path, operator, wanted)
  if path == false then return list end
  local keep, kept = true, {}
  if type(path) == "table" then keep, path = false, path[1] end
  for _, item in ipairs(list) do
    local found = false
    for _, value in ipairs(record.values(item.v, path)) do
      found = found or operators[operator](value, wanted)
    end
    if found == keep then kept[#kept + 1] = item end
  end
  return kept
end

local function path_of(names, name)
  if names[name] ~= nil then return names[name] end
  return camel(name)
end

local function by_query(service, op, list, query, conditions, control)
  local names = service.data.filters or {}
  local done = {}
  for _, condition in ipairs(conditions) do
    local name, operator, wanted = table.unpack(condition, 1, 3)
    if not operators[operator] then refuse(("%s[%s]"):format(name, operator), "Invalid value: unknown operator") end
    done[name] = true
    list = by_condition(list, path_of(names, name), operator, wanted)
  end
  for _, row in ipairs(op.query or {}) do
    local name = row[1]
    if query[name] ~= nil and not control[name] and not done[name] then
      list = by_condition(list, path_of(names, name), "equals", query[name])
    end
  end
  return list
end

-- filter={"profile.email":"a@b.example"}: members by path, all must be equal.
local function by_filter(list, filter)
  if type(filter) ~= "table" then refuse("filter", "Invalid value: an object expected") end
  for path, wanted in pairs(filter) do
    if type(wanted) == "table" then refuse("filter", "Invalid value: operators are not played") end
    list = by_condition(list, path:gsub("%.", "/"), "equals", wanted)
  end
  return list
end

-- sort_by names are spelled with uneven capitals: "Organization.Name".
local function fold_value(v, path)
  for step in path:gmatch "[^.]+" do
    if type(v) ~= "table" then return nil end
    local found
    for name, value in pairs(v) do
      if type(name) == "string" and name:lower() == step:lower() then found = value end
    end
    v = found
  end
  return type(v) ~= "table" and v or nil
end

local function sort(list, by, direction)
  if not by then return list end
  local keyed = {}
  for i, item in ipairs(list) do
    local value = fold_value(item.v, by)
    keyed[i] = { item = item, key = value == nil and "" or tostring(value):lower(), n = item.n }
  end
  table.sort(keyed, function(a, b)
    if a.key == b.key then return a.n < b.n end
    if direction == "desc" then return a.key > b.key end
    return a.key < b.key
  end)
  local out = {}
  for i, entry in ipairs(keyed) do out[i] = entry.item end
  return out
end

-- ---- pages ----

local function default_of(op, name)
  for _, row in ipairs(op.query or {}) do
    if row[1] == name then return row.default end
  end
end

-- moreAfter: the serial of the last record shown, so that pages stay right
-- while records come and go.
local function by_cursor(style, list, query, size)
  local from, mark = 0, query[style.send]
  if mark then
    local text = mark:match "^bW9yZQ(%x+)$"
    from = text and tonumber(text, 16)
    if not from then refuse(style.send, "Invalid value") end
  end
  local out = {}
  for _, item in ipairs(list) do
    if item.n > from then
      if #out == size then return out, ("bW9yZQ%08X"):format(out[size].n) end
      out[#out + 1] = item
    end
  end
  return out
end

-- offset 20 of 35 records: the path of the page after
local function next_link(service, style, request, to, total)
  if to >= total then return nil end
  return ("%s%s?%s=%d&%s=%d"):format(service.data.base, request.path, style.send, to, style.size, request.query[style.size] or 0)
end

local function page(service, op, list, request)
  local query = request.query
  local style = op.paging and service.catalogue.paging[op.paging]
  if not style or style.all and query[style.all] then return list end
  local size = query[style.size] or default_of(op, style.size) or service.data.page or 20
  if style.style == "cursor" then return by_cursor(style, list, query, size) end
  local from = query[style.send] or (style.style == "page" and 1 or 0)
  if style.style == "page" then from = (from - 1) * size end
  local link = style.style == "offset" and next_link(service, style, request, from + size, #list) or nil
  return table.move(list, from + 1, from + size, 1, {}), link
end

-- Query parameters that are not conditions on records.
local function control_names(service, op)
  local out = { [service.data.select or ""] = true, filters = true, filter = true, sort_by = true, sort_direction = true,
    order_by = true }
  local style = op.paging and service.catalogue.paging[op.paging]
  for _, key in ipairs { "send", "size", "all" } do
    if style and style[key] then out[style[key]] = true end
  end
  return out
end

--- What a list operation shows of these items, the mark of the next page, and
-- how many there are in all.
-- store names the items' store.
function M.list(service, op, scope, store, items, request)
  local query = request.query
  local list = items
  if query.filters then list = by_filters(service, op, scope, store, list, query.filters) end
  list = by_query(service, op, list, query, request.conditions, control_names(service, op))
  if query.filter then list = by_filter(list, query.filter) end
  list = sort(list, query.sort_by, query.sort_direction or query.order_by)
  local shown, more = page(service, op, list, request)
  local out = json.array {}
  local fields = service.data.select and query[service.data.select]
  for i, item in ipairs(shown) do
    out[i] = M.select(service, op, scope, item.store or store, item.v, fields)
  end
  return out, more, #list
end

return M
