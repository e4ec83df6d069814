-- core/sandbox/behaviour.lua - what operations do to the world.
-- SPDX-License-Identifier: MIT

-- Each act takes a call { service, op, entry, args, scope, request, token }
-- and returns the data of the reply (nil for none) and extras { headers =,
-- next =, status =, text = }. An act checks everything before it changes
-- anything: a refused bulk call has no effect.

local auth = require "core.sandbox.auth"
local extra = require "core.sandbox.extra"
local failure = require "core.sandbox.failure"
local json = require "host.json"
local reading = require "core.sandbox.reading"
local record = require "core.sandbox.record"
local sys = require "host.sys"

local M = {}
local acts = {}

local function store_of(call)
  return call.entry.store or call.op.resource
end

local function count(call, key)
  call.service.world:count(call.op.id, key)
end

local function elements(body)
  return json.is_array(body) and body or { body }
end

local function refuse(problems, status)
  failure.raise(status or 400, problems[1].message, problems)
end

-- The record that the path (or the sandbox's data) names; refuses with 404.
local function named(call)
  local service, entry, store = call.service, call.entry, store_of(call)
  local item
  if entry.record == "{token}" then
    item = call.token
  else
    local id = entry.record and record.fill(entry.record, service.settings) or call.args[call.id]
    item = service:by_id(store, call.scope, id)
  end
  if not item then failure.raise(404, "Not found", { { message = "Not found", path = call.id } }) end
  return item
end

-- The one record of a store such as a portal's settings; made when needed.
local function single(call)
  local service, path = call.service, call.service:store_path(store_of(call), call.scope)
  return service.world:items(path)[1] or service.world:add(path, json.object {})
end

local function only(list, fields)
  if not fields then return list end
  for i, v in ipairs(list) do
    local out = json.object {}
    for _, name in ipairs(fields) do out[name] = v[name] end
    list[i] = out
  end
  return list
end

-- What a change answers with: nothing, the record, or the ids of several.
local function shown(call, items)
  local returns, store, service = call.op.returns, store_of(call), call.service
  if not returns or returns == "none" or returns == "any" then return nil end
  if returns:sub(1, 1) ~= "[" then return only({ service:show(store, call.scope, items[1].v) }, call.entry.fields)[1] end
  local out = json.array {}
  for i, item in ipairs(items) do out[i] = service:brief(store, item.v) end
  return out
end

-- templates see the body, and what the path names
local function new_record(call, body)
  local entry = call.entry
  if not entry.make and not entry.set and not entry.drop then return body end
  local v = entry.make and json.object {} or body
  local seen = setmetatable({}, { __index = function(_, name) return body[name] == nil and call.args[name] or body[name] end })
  for name, template in pairs(entry.make or {}) do v[name] = record.fill(template, seen) end
  for _, name in ipairs(entry.drop or {}) do v[name] = nil end
  for name, value in pairs(entry.set or {}) do v[name] = record.copy(record.fill(value, call.args)) end
  return v
end

-- ---- creating ----

local function check_new(call, list)
  local service, store, problems = call.service, store_of(call), {}
  for i, v in ipairs(list) do
    local index = json.is_array(call.request.body) and i - 1 or nil
    service:check_refs(call.entry.refs or service:spec(store).refs, call.scope, v, index, problems)
  end
  if #problems > 0 then refuse(problems) end
end

local function location(call, item)
  local id = item.v[call.service:id_of(store_of(call))]
  return ("%s/%s"):format(call.request.path:sub(2), id)
end

function acts.insert(call)
  local service, store, made = call.service, store_of(call), {}
  local owner = call.entry.owner
  if owner and not service:by_id(owner, call.scope, call.args[call.id]) then failure.raise(404, "Not found") end
  local bodies = elements(call.request.body or json.object {})
  check_new(call, bodies)
  for i, body in ipairs(bodies) do
    bodies[i] = new_record(call, body)
    service:check_unique(store, call.scope, bodies[i], i - 1)
  end
  for i, v in ipairs(bodies) do
    made[i] = service:insert(store, call.scope, v)
    count(call, service:key(store, call.scope, v))
  end
  local created = call.op.created
  if created and created.header == "Location" then
    return nil, { status = 201, headers = { Location = location(call, made[1]) } }
  end
  return shown(call, made)
end

-- One invited person: a record unless there is an account already, and what
-- its list member asks for, either way.
local function spread_one(call, body, made, more)
  local service, entry = call.service, call.entry
  local spread, existing = entry.spread, entry.existing
  local path, key = service:store_path(existing.store, call.scope), body[existing.by]
  local owner, as, store = service.world:find(path, existing.by, key, true), existing.as, existing.store
  local list = body[spread.member]
  if not owner then
    for _, name in ipairs(entry.drop or {}) do body[name] = nil end
    owner, as, store = service:insert(store_of(call), call.scope, body), spread.as, store_of(call)
    made[#made + 1] = service:brief(store, owner.v)
  end
  for _, v in ipairs(list) do
    v[as] = service:brief(store, owner.v)
    local item = service:insert(spread.store, call.scope, v)
    more[#more + 1] = service:brief(spread.store, item.v)
  end
  count(call, tostring(key))
end

function acts.spread(call)
  local made, more = json.array {}, json.array {}
  local bodies = elements(call.request.body)
  check_new(call, bodies)
  for _, body in ipairs(bodies) do spread_one(call, body, made, more) end
  return json.object { [call.entry.made] = made, [call.entry.spread.made] = more }
end

-- ---- changing ----

-- PATCH changes what is sent, PUT replaces what its body can hold.
local function change(call, item, body)
  local v, changed = item.v, false
  local kind = call.op.body
  local rows = type(kind) == "table" and kind or kind and call.service.catalogue.shapes[kind:match "[%w_]+"] or {}
  local function put(name, value)
    local before = v[name] ~= nil and json.encode(v[name])
    if value ~= nil and before ~= json.encode(value) or value == nil and v[name] ~= nil then changed = true end
    if value == nil and json.is_null(body, name) then json.set_null(v, name) else v[name] = value end
  end
  local id, rename = call.service:id_of(store_of(call)), call.entry.rename or {}
  for name, value in pairs(body) do
    if type(value) == "table" and call.op.method == "PATCH" and json.is_object(value) and json.is_object(v[name]) then
      local merged = record.copy(v[name])
      for key, inner in pairs(value) do merged[key] = inner end
      value = merged
    end
    if (rename[name] or name) ~= id then put(rename[name] or name, value) end
  end
  for _, row in ipairs(rows) do
    local name = row[1]
    if body[name] == nil and name ~= id and (json.is_null(body, name) or call.op.method == "PUT") then put(name, nil) end
  end
  for name, value in pairs(call.entry.set or {}) do put(name, record.copy(value)) end
  call.service:derive(store_of(call), v)
  return changed
end

-- the record that has all of some members of the body
local function matching(call, body)
  for _, item in ipairs(call.service.world:items(call.service:store_path(store_of(call), call.scope))) do
    local same = true
    for _, name in ipairs(call.entry.match) do same = same and item.v[name] == body[name] end
    if same then return item end
  end
end

local function targets(call, bodies)
  local service, store = call.service, store_of(call)
  if call.args[call.id] or call.entry.record then return { named(call) } end
  local id, problems, out = service:id_of(store), {}, {}
  for name, member in pairs(call.entry.rename or {}) do -- the id may have another name in bodies
    if member == id then id = name end
  end
  for i, body in ipairs(bodies) do
    local wanted = type(body) == "table" and body[id] or body
    local item = call.entry.match and matching(call, body) or service:by_id(store, call.scope, wanted)
    out[i] = item
    if not item then
      problems[#problems + 1] = { message = "Not found", path = type(body) == "table" and id or nil, index = i - 1 }
    end
  end
  if #problems > 0 then refuse(problems, 404) end
  return out
end

function acts.update(call)
  local service, store = call.service, store_of(call)
  local bodies = elements(call.request.body or json.object {})
  local items = targets(call, bodies)
  check_new(call, bodies)
  for i, item in ipairs(items) do service:check_unique(store, call.scope, bodies[i], i - 1, item) end
  for i, item in ipairs(items) do
    if change(call, item, bodies[i]) then count(call, service:key(store, call.scope, item.v)) end
  end
  service.world.changed = true
  return shown(call, items)
end

function acts.update_single(call)
  local item = single(call)
  if change(call, item, call.request.body) then count(call, call.scope .. store_of(call)) end
  call.service.world.changed = true
  local returns = call.op.returns
  if not returns or returns == "none" or returns == "any" then return nil end
  return record.copy(item.v)
end

--- Puts a list body into one member of the record.
function acts.set_member(call)
  local item = named(call)
  item.v[call.entry.member] = call.request.body
  count(call, call.service:key(store_of(call), call.scope, item.v))
  return shown(call, { item })
end

--- Replaces all records that lead to the one of the path by the body's.
function acts.replace_all(call)
  local service, entry = call.service, call.entry
  local owner = service:by_id(entry.owner, call.scope, call.args[call.id])
  if not owner then failure.raise(404, "Not found") end
  check_new(call, call.request.body)
  local id = owner.v[service:id_of(entry.owner)]
  local items = service.world:items(service:store_path(entry.store, call.scope))
  for i = #items, 1, -1 do
    if record.has(items[i].v, entry.by, id) then service:remove(entry.store, call.scope, items[i]) end
  end
  local made = {}
  for i, v in ipairs(call.request.body) do
    v[entry.as] = service:brief(entry.owner, owner.v)
    made[i] = service:insert(entry.store, call.scope, v)
  end
  count(call, service:key(entry.owner, call.scope, owner.v))
  return shown(call, made)
end

local function link_at(item, member, id)
  for i, link in ipairs(item.v[member] or {}) do
    if tostring(link.id) == tostring(id) then return i end
  end
end

local function both(call)
  local service, entry = call.service, call.entry
  local item = service:by_id(store_of(call), call.scope, call.args[entry.id])
  local other = service:by_id(entry.to, call.scope, call.args[entry.target])
  if not item or not other then failure.raise(404, "Not found") end
  local key = ("%s/%s"):format(service:key(store_of(call), call.scope, item.v), service:key(entry.to, "", other.v))
  return item, other.v[service:id_of(entry.to)], key
end

function acts.link(call)
  local item, id, key = both(call)
  if not link_at(item, call.entry.member, id) then
    item.v[call.entry.member] = item.v[call.entry.member] or json.array {}
    table.insert(item.v[call.entry.member], json.object { id = id })
    count(call, key)
  end
end

function acts.unlink(call)
  local item, id, key = both(call)
  local at = link_at(item, call.entry.member, id)
  if not at then failure.raise(404, "Not found") end
  table.remove(item.v[call.entry.member], at)
  count(call, key)
end

--- Sets who is in a group: each person holds the list of its groups.
function acts.set_members(call)
  local service, entry, body = call.service, call.entry, call.request.body
  local group = service:by_id(entry.to, call.scope, body[entry.id_member])
  if not group then failure.raise(404, "Not found", { { message = "Not found", path = entry.id_member } }) end
  local wanted, problems = {}, {}
  for i, id in ipairs(body[entry.list] or {}) do
    wanted[id] = true
    if not service:by_id(entry.store, call.scope, id) then
      problems[#problems + 1] = { message = "Invalid value", path = ("%s.%d"):format(entry.list, i - 1) }
    end
  end
  if #problems > 0 then refuse(problems) end
  for _, item in ipairs(service.world:items(service:store_path(entry.store, call.scope))) do
    local v, id = item.v, group.v[service:id_of(entry.to)]
    local at = link_at(item, entry.member, id)
    if at and not wanted[v.id] then table.remove(v[entry.member], at) end
    if not at and wanted[v.id] then
      v[entry.member] = v[entry.member] or json.array {}
      table.insert(v[entry.member], service:brief(entry.to, group.v))
    end
  end
  for _, name in ipairs(entry.fields or {}) do group.v[name] = body[name] or group.v[name] end
  count(call, service:key(entry.to, call.scope, group.v))
  return service:show(entry.to, call.scope, group.v)
end

-- ---- removing, sending, signing in ----

function acts.remove(call)
  local service, store = call.service, store_of(call)
  for _, item in ipairs(targets(call, elements(call.request.body))) do
    service:remove(store, call.scope, item)
    count(call, service:key(store, call.scope, item.v))
  end
end

function acts.remove_single(call)
  local service = call.service
  if service.world:remove(service:store_path(store_of(call), call.scope), single(call)) then
    count(call, call.scope .. store_of(call))
  end
end

--- Something that leaves no trace here but a count.
function acts.send(call)
  local service, store = call.service, store_of(call)
  if not (call.args[call.id] or call.request.body) or call.entry.loose then
    count(call, call.scope .. store)
    return nil
  end
  for _, item in ipairs(targets(call, elements(call.request.body))) do
    count(call, service:key(store, call.scope, item.v))
  end
end

--- Answers with bytes as they stand.
function acts.file(call)
  return nil, { text = call.entry.bytes, headers = { ["Content-Type"] = call.entry.content_type } }
end

function acts.login(call)
  local service, entry = call.service, call.entry
  local item, now, lifetime = auth.login(service, call.op, entry, call.request.body)
  local secret = item.v[service.data.tokens.secret]
  if entry.reply == "text" then return nil, { text = secret, status = 200 } end
  if entry.wrap then return secret end
  local store = service.data.tokens.store
  item.v[service:id_of(store)] = service.world:new_id(service:spec(store).ids or service.data.ids, service:store_path(store))
  item.v.created, item.v.expiresOn = sys.utc(now), sys.utc(now + lifetime)
  local out = service:show(store, call.scope, item.v)
  out[service.data.tokens.secret] = secret
  local fields = service.data.select and call.request.query[service.data.select]
  if not fields then return out end
  return only({ out }, fields)[1]
end

local shared = { named = named, single = single, only = only, count = count, refuse = refuse, store_of = store_of,
  insert = new_record, check = check_new, change = change, shown = shown, elements = elements }
reading.add(acts, shared)
extra.add(acts, shared)

-- ---- which act an operation is ----

local function guess(op, id)
  local name, has_id = op.name, id ~= nil
  if op.effect == "read" then
    if op.paging or name:find "^list" then return "list" end
    return has_id and "get" or "get_single"
  end
  if op.method == "DELETE" then
    return (has_id or op.body) and "remove" or "remove_single"
  end
  if op.effect == "create" then return "insert" end
  if op.effect == "set" and op.body and (op.method == "PUT" or op.method == "PATCH") then
    if has_id or type(op.body) == "string" and op.body:sub(1, 1) == "[" then return "update" end
    return "update_single"
  end
  return "send"
end

--- How an operation works: its act, the path parameter that is the record's
-- id, and those that are scopes.
function M.plan(service, op)
  local entry = (service.data.operations or {})[op.resource .. "." .. op.name] or {}
  local scopes, id = {}, entry.id
  for name in op.template:gmatch "{([^}]+)}" do
    if service.data.scopes and service.data.scopes[name] then scopes[#scopes + 1] = name
    elseif entry.id == nil then id = name end
  end
  id = id or nil -- false: the path names no record, the body does
  return { op = op, entry = entry, scopes = scopes, id = id, act = entry.act or guess(op, id) }
end

local function scope_of(call, scopes)
  local parts = {}
  for _, name in ipairs(scopes) do
    local rule, value = call.service.data.scopes[name], call.args[name]
    if not call.service.world:find(call.service:store_path(rule.store), rule.key, value) then
      failure.raise(404, "Not found", { { message = "Not found", path = name } })
    end
    parts[#parts + 1] = value .. "/"
  end
  return table.concat(parts)
end

--- Carries out a call that was checked. call has service, args, request,
-- token; returns data and extras.
function M.run(plan, call)
  call.op, call.entry, call.id = plan.op, plan.entry, plan.id
  call.scope = scope_of(call, plan.scopes)
  local act = acts[plan.act] or error(("sandbox: %s has the unknown act '%s'"):format(plan.op.id, plan.act))
  return act(call)
end

return M
