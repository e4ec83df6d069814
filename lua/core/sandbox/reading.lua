-- core/sandbox/reading.lua - acts that show what is in the world.
-- SPDX-License-Identifier: MIT

local json = require "host.json"
local query = require "core.sandbox.query"
local record = require "core.sandbox.record"

local M = {}
local tools -- what core.sandbox.behaviour shares

local acts = {}

-- where: the path that holds the id of the call's path, or several by name of
-- the path parameter; holds: what else must stand in the record
local function fits(call, source, v)
  local where = source.where or {}
  if type(where) == "string" then where = { [where] = call.id } end
  for path, name in pairs(where) do
    if not record.has(v, path, call.args[name]) then return false end
  end
  for path, value in pairs(source.holds or {}) do
    if value == "{null}" and record.value(v, path) ~= nil then return false end
    if value ~= "{null}" and not record.has(v, path, value) then return false end
  end
  return true
end

local function chosen(call, source)
  local service, list = call.service, {}
  for _, item in ipairs(service.world:items(service:store_path(source.store, call.scope))) do
    if fits(call, source, item.v) then
      local v = item.v
      if source.set then
        v = service:show(source.store, call.scope, v)
        for name, value in pairs(source.set) do v[name] = value end
      end
      list[#list + 1] = { n = item.n, v = v }
    end
  end
  return list
end

function acts.list(call)
  local entry, store = call.entry, tools.store_of(call)
  local list = {}
  for _, source in ipairs(entry.sources or { { store = store, where = entry.where, holds = entry.holds } }) do
    for _, item in ipairs(chosen(call, source)) do list[#list + 1] = item end
  end
  local out, more, total = query.list(call.service, call.op, call.scope, entry.sources and "" or store, list, call.request)
  return tools.only(out, entry.fields), { next = more, total = total }
end

function acts.get(call)
  local fields = call.service.data.select and call.request.query[call.service.data.select]
  local item = tools.named(call)
  if call.entry.fields then return tools.only({ item.v }, call.entry.fields)[1] end
  return query.select(call.service, call.op, call.scope, tools.store_of(call), item.v, fields)
end

function acts.get_single(call)
  return record.copy(tools.single(call).v)
end

--- What an element of a member list, an id or a record in brief, leads to: the
-- groups of a user.
function acts.linked(call)
  local item, list, entry = tools.named(call), {}, call.entry
  for _, link in ipairs(item.v[entry.member] or {}) do
    local other = call.service:by_id(entry.to, call.scope, type(link) == "table" and link.id or link)
    if other then list[#list + 1] = other end
  end
  local out, more, total = query.list(call.service, call.op, call.scope, entry.to, list, call.request)
  for i, v in ipairs(entry.make and out or {}) do out[i] = tools.insert(call, v) end
  return out, { next = more, total = total }
end

--- Endpoints of the service itself.
function acts.endpoints(call)
  local by_path, out = {}, json.array {}
  for _, resource in ipairs(call.service.catalogue.resources) do
    for _, op in ipairs(resource.operations) do
      local seen = by_path[op.template]
      if not seen then
        seen = json.object { rel = resource.name:gsub("^%l", string.upper), href = op.template, methods = json.array {} }
        by_path[op.template] = seen
        out[#out + 1] = seen
      end
      table.insert(seen.methods, op.method)
    end
  end
  return out
end

--- Adds these acts to the others; given: functions they share.
function M.add(to, given)
  tools = given
  for name, act in pairs(acts) do to[name] = act end
end

return M
