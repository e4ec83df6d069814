-- core/sandbox/extra.lua - acts that few services need.
-- SPDX-License-Identifier: MIT

local failure = require "core.sandbox.failure"
local json = require "host.json"
local record = require "core.sandbox.record"

local M = {}
local tools -- what core.sandbox.behaviour shares

local acts = {}

--- Answers and does nothing: the reply is all in the entry's wrap.
function acts.say()
end

--- A text made from the record of the path, such as a log.
function acts.text(call)
  return nil, { text = record.fill(call.entry.text, tools.named(call).v) }
end

local function position(list, wanted)
  for i, value in ipairs(list) do
    if value == wanted then return i end
  end
end

-- the record of the path, its list of ids, and the ids of the body
local function ids_of(call)
  local item, entry = tools.named(call), call.entry
  local ids, problems = call.request.body[entry.list], {}
  for i, id in ipairs(ids) do
    if not call.service:by_id(entry.to, call.scope, id) then
      problems[#problems + 1] = { message = "Not found", path = ("%s.%d"):format(entry.list, i - 1) }
    end
  end
  if #problems > 0 then tools.refuse(problems, 404) end
  item.v[entry.member] = item.v[entry.member] or json.array {}
  return item, item.v[entry.member], ids
end

local function count_id(call, item, id)
  tools.count(call, ("%s/%s"):format(call.service:key(tools.store_of(call), call.scope, item.v), id))
  call.service.world.changed = true
end

--- Puts ids of the body into a list of ids of the record.
function acts.add_ids(call)
  local item, list, ids = ids_of(call)
  for _, id in ipairs(ids) do
    if not position(list, id) then
      list[#list + 1] = id
      count_id(call, item, id)
    end
  end
end

--- Takes ids of the body out of a list of ids of the record.
function acts.remove_ids(call)
  local item, list, ids = ids_of(call)
  for _, id in ipairs(ids) do
    local at = position(list, id)
    if at then
      table.remove(list, at)
      count_id(call, item, id)
    end
  end
end

--- Brings records in from a directory, a store that no operation shows: those
-- it does not know fail, the others are done all the same.
function acts.sync(call)
  local service, entry, body, store = call.service, call.entry, call.request.body, tools.store_of(call)
  local out = json.object { added = json.array {}, updated = json.array {}, failed = json.array {} }
  for _, key in ipairs(body[entry.list]) do
    local known = service.world:find(service:store_path(entry.from), entry.by, key, true)
    local item = known and service.world:find(service:store_path(store), service.data.id, known.v[service.data.id])
    if not known then
      table.insert(out.failed, json.object { email = key, error = "No such user in the directory" })
    elseif item and body.should_update ~= false then
      table.insert(out.updated, json.object { email = key, id = item.v.id })
    elseif not item and body.should_add ~= false then
      item = service:insert(store, call.scope, tools.insert(call, record.copy(known.v)))
      tools.count(call, key)
      table.insert(out.added, json.object { email = key, id = item.v.id })
    end
  end
  out.new_users_count, out.existing_user_count = #out.added, #out.updated
  return out
end

--- Changes the records that are there and adds the others; the body is one
-- record or has a list of them in a member.
function acts.save(call)
  local service, store, items = call.service, tools.store_of(call), {}
  local bodies = call.entry.member and call.request.body[call.entry.member] or tools.elements(call.request.body)
  tools.check(call, bodies)
  for i, body in ipairs(bodies) do
    local item = service:by_id(store, call.scope, body[service:id_of(store)])
    if item then tools.change(call, item, body) else item = service:insert(store, call.scope, body) end
    items[i] = item
    tools.count(call, service:key(store, call.scope, item.v))
  end
  return tools.shown(call, items)
end

--- A record like that of the path, with a new id and what the body says.
function acts.copy(call)
  local service, store = call.service, tools.store_of(call)
  local v = record.copy(tools.named(call).v)
  v[service:id_of(store)] = nil
  for name, path in pairs(call.entry.take or {}) do
    local value = record.value(call.request.body, path)
    if value ~= nil then v[name] = value end
  end
  local item = service:insert(store, call.scope, v)
  tools.count(call, service:key(store, call.scope, v))
  return tools.shown(call, { item })
end

--- Sets which records belong to the one of the path: those of the body and
-- no others. Each holds the owner's id in a member.
function acts.attach(call)
  local service, entry, store, problems = call.service, call.entry, tools.store_of(call), {}
  local owner = service:by_id(entry.owner, call.scope, call.args[call.id])
  if not owner then failure.raise(404, "Not found") end
  local id, wanted, made = owner.v[service:id_of(entry.owner)], {}, {}
  for i, body in ipairs(call.request.body) do
    made[i] = service:by_id(store, call.scope, body[service:id_of(store)])
    if made[i] then wanted[made[i]] = true else problems[#problems + 1] = { message = "Not found", index = i - 1 } end
  end
  if #problems > 0 then tools.refuse(problems, 404) end
  for _, item in ipairs(service.world:items(service:store_path(store, call.scope))) do
    if wanted[item] then item.v[entry.as] = id elseif item.v[entry.as] == id then item.v[entry.as] = nil end
  end
  tools.count(call, service:key(entry.owner, call.scope, owner.v))
  return tools.shown(call, made)
end

--- Adds these acts to the others; given: functions they share.
function M.add(to, given)
  tools = given
  for name, act in pairs(acts) do
    if to[name] then failure.raise(500, "the act " .. name .. " stands twice") end
    to[name] = act
  end
end

return M
