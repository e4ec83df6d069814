-- core/run/aftermath.lua - what became of what a step made.
-- SPDX-License-Identifier: MIT

-- Before anything is undone somebody looks: the thing may be gone, may have
-- been changed by others, or nobody can tell. Looking only reads.

local catalogues = require "core.catalogue"
local check = require "core.check"
local client = require "core.client"
local error_ = require "core.error"
local first = require("core.pointer").first
local inverse = require "core.run.inverse"
local json = require "host.json"

local M = {}

local function is_object(value)
  return type(value) == "table" and value ~= json.null and not json.is_number(value)
end

-- ---- the record by its id ----

local function same_id(a, b)
  return a ~= nil and a ~= json.null and not (type(a) == "table" and not json.is_number(a)) and check.text(a) == check.text(b)
end

-- path values of a read of the same resource, the id last where it has a place
local function path_for(op, info, id)
  local out = {}
  for i, row in ipairs(op.path or {}) do
    local value = info.path and info.path[row.name]
    if i == #op.path and id ~= nil then value = id end
    if value == nil then return nil end
    out[i] = row.type == "integer" and math.tointeger(tonumber(value)) or value
  end
  return out
end

local function by_get(module, info, op, id)
  local path = path_for(op, info, id)
  if not path or #path == 0 then return nil, false end
  local ok, record = pcall(client.call, module, op, table.unpack(path))
  if ok then return record, true end
  if error_.is(record) and record.kind == "not_found" then return nil, true end
  error(record, 0)
end

local function by_list(module, info, op, target)
  local path = path_for(op, info)
  if not path then return nil, false end
  local function fits(record)
    return is_object(record) and same_id(record[target.member], target.id)
  end
  if op.paging then
    for record in client.each(module, op, table.unpack(path)) do
      if fits(record) then return record, true end
    end
    return nil, true
  end
  local list = client.call(module, op, table.unpack(path))
  for _, record in ipairs(is_object(list) and list or {}) do
    if fits(record) then return record, true end
  end
  return nil, true
end

local function takes_id(op)
  local last = op.path and op.path[#op.path]
  return last ~= nil and not last.join
end

-- find where the id is one of its keys and the list has all records
local function by_find(module, resource, info, target)
  local spec = resource.find
  local list = spec and spec.list and catalogues.operation(catalogues.load(info.service), spec.list)
  if not list then return nil, false end
  for _, row in ipairs(spec.by) do
    if row[1] == target.member then
      local words = path_for(list, info)
      if not words then return nil, false end
      words[#words + 1] = { [row[1]] = target.id }
      return require("core.find").call(module, resource, table.unpack(words)), true
    end
  end
  return nil, false
end

-- a thing without an id by its natural key
local function by_key(module, resource, info, target)
  local spec = resource.find
  local list = spec and spec.list and catalogues.operation(catalogues.load(info.service), spec.list)
  local words = list and path_for(list, info)
  if not words then return nil, false end
  for _, row in ipairs(spec.by) do
    local at = row.at or "/" .. row[1]
    local key = first(target.record or {}, at)
    if key == nil then key = first(is_object(target.sent) and target.sent or {}, at) end
    if type(key) == "string" and not inverse.is_mark(key) then
      words[#words + 1] = { [row[1]] = key }
      return require("core.find").call(module, resource, table.unpack(words)), true
    end
  end
  return nil, false
end

-- record or nil, and whether that answers anything
local function record_of(module, info, call, target)
  local catalogue = catalogues.load(info.service)
  local resource = catalogue.resource[call.op.resource]
  if target.id == nil then return by_key(module, resource, info, target) end
  local ops = resource.operation
  if ops.get and ops.get.effect == "read" and takes_id(ops.get) then
    local record, known = by_get(module, info, ops.get, target.id)
    if known then return record, true end
  end
  local record, known = by_find(module, resource, info, target)
  if known then return record, true end
  if ops.list and ops.list.effect == "read" then return by_list(module, info, ops.list, target) end
  return nil, false
end

-- ---- changed since? ----

local function plain_text(value)
  return json.is_number(value) and check.text(value) or type(value) ~= "table" and check.text(value) or nil
end

local function id_of(value)
  return is_object(value) and (value.publicId or value.id) or nil
end

-- the ids of a list of records, sorted; nil if an element has none
local function ids_of(list)
  local out = {}
  for i, item in ipairs(list) do
    local id = id_of(item)
    if id == nil or is_object(id) then return nil end
    out[i] = check.text(id)
  end
  table.sort(out)
  return out
end

local differences

local function member_differs(was, now, path, out)
  if inverse.is_mark(was) or was == nil or now == nil then return end
  if is_object(was) and is_object(now) then
    if json.is_array(was) or json.is_array(now) then
      local a, b = ids_of(was), ids_of(now)
      if not a or not b then return end
      a, b = table.concat(a, ", "), table.concat(b, ", ")
      if a ~= b then out[#out + 1] = { member = path, was = a, now = b } end
      return
    end
    return differences(was, now, path .. ".", out)
  end
  local a, b = plain_text(was), plain_text(now)
  -- servers fold the case of addresses and names of their own accord
  if a and b and a:lower() ~= b:lower() then out[#out + 1] = { member = path, was = a, now = b } end
end

-- Only members that both sides have: what a server adds or leaves out is no
-- change by somebody.
function differences(sent, record, prefix, out)
  local names = {}
  for name in pairs(sent) do
    if type(name) == "string" then names[#names + 1] = name end
  end
  table.sort(names)
  for _, name in ipairs(names) do member_differs(sent[name], record[name], prefix .. name, out) end
  return out
end

-- What the step sent, in the words of the server where it answered with them.
local function baseline(target)
  local sent = target.sent
  if not is_object(sent) or json.is_array(sent) then return {} end
  local out = {}
  for name, value in pairs(sent) do
    local answered = target.record and target.record[name]
    out[name] = answered == nil and value or answered
  end
  return out
end

-- Whether the record has what the undo sets; members that no record shows,
-- such as whether a mail is to be sent, tell nothing.
local function is_set(record, set)
  local shown = false
  for name, value in pairs(set) do
    local now = record[name]
    if now ~= nil and not same_id(now, value) then return false end
    shown = shown or now ~= nil
  end
  return shown
end

local function of_target(module, info, call, target)
  local record, known = record_of(module, info, call, target)
  if not known then return { state = "cannot tell" } end
  if not record then return { state = "gone" } end
  if call.set and is_set(record, call.set) then return { state = "gone", note = "undone already by somebody" } end
  local changed = differences(baseline(target), record, "", {})
  if #changed == 0 then return { state = "there" } end
  return { state = "changed", changed = changed }
end

local function describe_changes(changed)
  local parts = {}
  for i, one in ipairs(changed) do
    if i > 3 then
      parts[i] = ("and %d more"):format(#changed - 3)
      break
    end
    parts[i] = ("%s was '%s', is '%s'"):format(one.member, one.was, one.now)
  end
  return table.concat(parts, "; ")
end

-- The state of several things: the one that needs most care.
local care = { gone = 1, ["cannot tell"] = 2, there = 3, changed = 4 }

--- What became of what one call of the inverse is about.
-- @treturn table { state = "there" | "gone" | "changed" | "cannot tell",
--   note =, left = targets that are not gone }
function M.state(module, info, call)
  if #call.targets == 0 then return { state = "cannot tell" } end
  local out = { state = "gone", left = {} }
  for _, target in ipairs(call.targets) do
    local one = of_target(module, info, call, target)
    if care[one.state] > care[out.state] then out.state = one.state end
    if one.changed then out.note = describe_changes(one.changed) end
    out.note = out.note or one.note
    if one.state ~= "gone" then out.left[#out.left + 1] = target end
  end
  return out
end

-- The record of a natural key that was sent, in another resource.
local function elsewhere(module, info, name)
  local resource = catalogues.load(info.service).resource[name]
  local spec = resource and resource.find
  local sent = info.sent
  if sent and json.is_array(sent) then sent = #sent == 1 and sent[1] or nil end
  if not spec or not spec.list or not is_object(sent) then return nil end
  for _, row in ipairs(spec.by) do
    local key = first(sent, row.at or "/" .. row[1])
    if type(key) == "string" and not inverse.is_mark(key) then
      local words = path_for(catalogues.operation(catalogues.load(info.service), spec.list), info) or {}
      words[#words + 1] = { [row[1]] = key }
      return require("core.find").call(module, resource, table.unpack(words)), key
    end
  end
end

--- What a thing that is gone has become, where the catalogue says that it can
-- turn into another: an accepted invite is a user. nil: nothing.
-- @treturn ?string a sentence
function M.turned_into(module, info)
  local own, known = info.operation:match "^[^.]*", {}
  for _, entry in ipairs(info.list or {}) do known[entry.op:match "^[^.]*"] = true end
  if not known[own] then return nil end
  for _, name in ipairs(info.look or {}) do
    if not known[name] then
      local record, key = elsewhere(module, info, name)
      if record then
        return ("%s.%s has %s now (%s), which the undo does not take away"):format(info.service, name, key,
          plain_text(id_of(record)) or "no id")
      end
    end
  end
end

--- The most careful of two states.
function M.worse(a, b)
  return (care[a] or 0) >= (care[b] or 0) and a or b
end

return M
