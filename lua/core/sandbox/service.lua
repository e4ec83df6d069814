-- core/sandbox/service.lua - one simulated service: its stores and relations.
-- SPDX-License-Identifier: MIT

local failure = require "core.sandbox.failure"
local json = require "host.json"
local record = require "core.sandbox.record"

local M = {}
M.__index = M

--- A service from its catalogue and its sandbox data, in a world.
function M.new(catalogue, data, world)
  local settings = {}
  for _, given in ipairs { data.account, data.credentials or {} } do
    for name, value in pairs(given) do settings[name] = value end
  end
  for _, row in ipairs(catalogue.settings or {}) do
    if settings[row[1]] == nil then settings[row[1]] = row.preset end
  end
  return setmetatable({ name = catalogue.name, catalogue = catalogue, data = data, world = world, settings = settings }, M)
end

--- What sandbox.lua says about a store; never nil.
function M:spec(name)
  return self.data.stores and self.data.stores[name] or {}
end

--- Name of the id member of a store's records.
function M:id_of(name)
  return self:spec(name).id or self.data.id
end

--- The world's name for a store within a scope ("" or "hr/").
function M:store_path(name, scope)
  return self.name .. "/" .. (scope or "") .. name
end

--- The item of a store with this id, or nil.
function M:by_id(name, scope, id)
  return self.world:find(self:store_path(name, scope), self:id_of(name), id)
end

--- The business key of a record: what effects are counted by.
function M:key(name, scope, v)
  local parts = {}
  local paths = self:spec(name).key or self:id_of(name)
  for _, path in ipairs(type(paths) == "table" and paths or { paths }) do
    local value = record.value(v, path)
    if value ~= nil then parts[#parts + 1] = tostring(value) end
  end
  if #parts == 0 then parts[1] = tostring(v[self:id_of(name)]) end
  return (scope or "") .. table.concat(parts, "/")
end

local function derive(spec, v)
  for name, template in pairs(spec.derive or {}) do v[name] = record.fill(template, v) end
  for name, value in pairs(spec.default or {}) do
    if v[name] == nil and not json.is_null(v, name) then v[name] = record.data(value) end
  end
  return v
end

--- Puts what follows from other members into a record.
function M:derive(name, v)
  return derive(self:spec(name), v)
end

--- Refuses a record whose unique members another one has already.
function M:check_unique(name, scope, v, index, self_item)
  for _, path in ipairs(self:spec(name).unique or {}) do
    local wanted = record.value(v, path)
    for _, item in ipairs(wanted ~= nil and self.world:items(self:store_path(name, scope)) or {}) do
      local got = record.value(item.v, path)
      if item ~= self_item and got ~= nil and tostring(got):lower() == tostring(wanted):lower() then
        local member = path:gsub("/", ".")
        failure.raise(409, ("%s '%s' exists already"):format(member, wanted),
          { { message = "Exists already", path = member, index = index } })
      end
    end
  end
end

--- Adds problems for references in v that lead nowhere. refs maps a path in
-- v to the store it points into.
function M:check_refs(refs, scope, v, index, problems)
  for path, store in pairs(refs or {}) do
    for _, id in ipairs(record.values(v, path)) do
      if not self:by_id(store, scope, id) then
        problems[#problems + 1] = { message = "Invalid value: no such " .. store:gsub("s$", ""),
          path = (path:gsub("/%*", ""):gsub("/", ".")), index = index }
      end
    end
  end
end

--- Gives a record its id and puts it into its store; what belongs to such a
-- record from the start comes along.
function M:insert(name, scope, v)
  local id, spec = self:id_of(name), self:spec(name)
  local path = self:store_path(name, scope)
  if v[id] == nil then v[id] = self.world:new_id(spec.ids or self.data.ids, path) end
  local item = self.world:add(path, self:derive(name, v))
  local sow = self.data.sow
  if sow and sow.store == name then self:seed(sow.seed, v[sow.key] .. "/") end
  return item
end

-- Takes references to a record that is gone out of the others: whole records
-- where they cannot do without (cascade), else elements of their lists.
local function forget(self, store, scope, id)
  for name, spec in pairs(self.data.stores or {}) do
    local cascade = {}
    for _, path in ipairs(spec.cascade or {}) do cascade[path] = true end
    for path, target in pairs(spec.refs or {}) do
      if target == store then
        local list, rest = path:match "^([^/]+)/%*/?(.*)$"
        local items = self.world:items(self:store_path(name, scope))
        for i = #items, 1, -1 do
          if cascade[path] and record.has(items[i].v, path, id) then
            self:remove(name, scope, items[i])
          elseif list then
            local elements = items[i].v[list] or {}
            for j = #elements, 1, -1 do
              if record.has(elements[j], rest, id) then table.remove(elements, j) end
            end
          end
        end
      end
    end
  end
end

--- Removes an item and whatever hangs on it.
function M:remove(name, scope, item)
  if not self.world:remove(self:store_path(name, scope), item) then return end
  forget(self, name, scope, item.v[self:id_of(name)])
  local sow = self.data.sow
  if sow and sow.store == name then
    local prefix = self:store_path("", item.v[sow.key] .. "/")
    for path in pairs(self.world.stores) do
      if path:sub(1, #prefix) == prefix then self.world.stores[path] = nil end
    end
  end
end

--- Fills stores: seed maps a store to its records. A store with `fill` gets
-- numbered records after the seed's own.
function M:seed(seed, scope)
  local names = {}
  for name in pairs(seed) do names[#names + 1] = name end
  table.sort(names) -- the same order, so the same ids, every time
  for _, name in ipairs(names) do
    for _, v in ipairs(seed[name]) do
      local copy = record.data(v)
      if self:spec(name).single then self.world:add(self:store_path(name, scope), copy)
      else self:insert(name, scope, copy) end
    end
    local fill = self.data.fill and self.data.fill[name]
    for n = 1, fill and fill.count or 0 do
      local v = {}
      for member, template in pairs(fill.record) do
        v[member] = record.data(record.fill(template, { n = ("%02d"):format(n) }))
      end
      self:insert(name, scope, json.object(v))
    end
  end
end

--- The name a vendor's wrapping gives to the kind of a reply.
function M.type_name(op)
  local resource = op.resource:gsub("s$", ""):gsub("_(%l)", string.upper):gsub("^%l", string.upper)
  if op.name:find "^list" then return resource .. "List" end
  return resource
end

--- A record as other records show it: a few members.
function M:brief(name, v)
  local out = json.object {}
  for _, member in ipairs(self:spec(name).brief or self.data.brief or { self:id_of(name) }) do
    out[member] = v[member]
  end
  return out
end

--- A member of a record, followed into other stores: value, the store of the
-- record or records it is, or nil.
function M:member(name, scope, v, member)
  local spec = self:spec(name)
  local one, many = spec.one and spec.one[member], spec.many and spec.many[member]
  if one then
    local id = record.value(v, one.at)
    local item = id ~= nil and self:by_id(one.store, scope, id)
    return item and item.v or nil, one.store
  end
  if not many then return v[member] end
  local list = {}
  for _, item in ipairs(self.world:items(self:store_path(many.store, scope))) do
    if record.has(item.v, many.by, v[self:id_of(name)]) then list[#list + 1] = item.v end
  end
  return list, many.store
end

--- A whole record as a reply shows it, relations in brief, hidden members
-- left out.
function M:show(name, scope, v)
  local out, spec = record.copy(v), self:spec(name)
  for _, path in ipairs(spec.hidden or {}) do
    local parent, member = path:match "^(.*)/([^/]+)$"
    local holder = parent and record.value(out, parent) or not parent and out
    if holder then holder[member or path] = nil end
  end
  for member in pairs(spec.one or {}) do
    local other, store = self:member(name, scope, v, member)
    out[member] = other and self:brief(store, other) or json.null
  end
  for member in pairs(spec.many or {}) do
    local others, store = self:member(name, scope, v, member)
    local list = json.array {}
    for i, other in ipairs(others) do list[i] = self:brief(store, other) end
    out[member] = list
  end
  return out
end

return M
