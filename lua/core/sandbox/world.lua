-- core/sandbox/world.lua - what the simulated services remember.
-- SPDX-License-Identifier: MIT

-- A store is a list of items { n = serial, v = record }, named by service,
-- scope and kind: "intrexx/hr/users". Serials only grow, which makes paging
-- stable while records come and go.

local ids = require "core.sandbox.ids"
local json = require "host.json"
local sys = require "host.sys"

local M = {}
M.__index = M

local FORMAT = 1

--- A world without records. Worlds of the same seed make the same ids.
function M.new(seed)
  return setmetatable({ seed = seed or 1, serial = 0, skew = 0, stores = {}, last = {}, effects = {}, changed = false }, M)
end

--- Seconds by the sandbox's clock, which tests may advance.
function M:now()
  return sys.clock() + self.skew
end

function M:next_serial()
  self.serial = self.serial + 1
  self.changed = true
  return self.serial
end

--- A new id of a kind; "integer" counts on within the store.
function M:new_id(kind, store)
  local serial = self:next_serial()
  if kind ~= "integer" then return ids.kinds[kind](self.seed, serial) end
  local last = self.last[store] or 0
  for _, item in ipairs(self:items(store)) do
    last = math.max(last, math.tointeger(item.v.id) or 0)
  end
  self.last[store] = last + 1
  return last + 1
end

--- The items of a store, in order of creation.
function M:items(store)
  local list = self.stores[store]
  if not list then
    list = {}
    self.stores[store] = list
  end
  return list
end

--- Appends a record to a store and returns its item.
function M:add(store, record)
  local item = { n = self:next_serial(), v = record }
  table.insert(self:items(store), item)
  return item
end

--- The first item whose member equals value; texts compare without case
-- when fold is set. Numbers and their decimal text are equal: a path has no
-- numbers.
function M:find(store, member, value, fold)
  local function norm(v) return fold and tostring(v):lower() or tostring(v) end
  if value == nil then return nil end
  for _, item in ipairs(self:items(store)) do
    local got = item.v[member]
    if got ~= nil and norm(got) == norm(value) then return item end
  end
end

function M:remove(store, item)
  local list = self:items(store)
  for i, other in ipairs(list) do
    if other == item then
      table.remove(list, i)
      self.changed = true
      return true
    end
  end
  return false
end

--- Counts one effect of an operation on what has this business key.
function M:count(operation, key)
  local of = self.effects[operation]
  if not of then
    of = json.object {}
    self.effects[operation] = of
  end
  of[key] = (of[key] or 0) + 1
  self.changed = true
end

--- The world as JSON text.
function M:dump()
  local stores = {}
  for name, items in pairs(self.stores) do stores[name] = json.array(items) end
  return json.encode { format = FORMAT, seed = self.seed, serial = self.serial, skew = self.skew,
    stores = json.object(stores), last = json.object(self.last), effects = json.object(self.effects) }
end

-- What the file has, by store; the seeds of a service that the file does not
-- know, for it was added later, stay.
local function merge(planted, saved, known)
  local out = {}
  for name, value in pairs(planted) do
    if not known[name:match "^[^/]*"] then out[name] = value end
  end
  for name, value in pairs(saved) do out[name] = value end
  return out
end

local function is_object(value)
  return type(value) == "table" and not json.is_array(value) and not json.is_number(value)
end

local function all(values, fits)
  if not is_object(values) then return false end
  for _, value in json.pairs(values) do
    if not fits(value) then return false end
  end
  return true
end

local function is_integer(value)
  return math.type(value) == "integer"
end

local function is_store(items)
  if not json.is_array(items) then return false end
  for _, item in ipairs(items) do
    if not is_object(item) or not is_integer(item.n) or not is_object(item.v) then return false end
  end
  return true
end

-- Whether dump may have written it.
local function is_world(saved)
  return is_object(saved) and saved.format == FORMAT and is_integer(saved.seed) and is_integer(saved.serial)
    and type(saved.skew) == "number" and all(saved.stores, is_store) and all(saved.last, is_integer)
    and all(saved.effects, function(keys) return all(keys, is_integer) end)
end

--- Replaces what the world holds by what dump wrote. nil and a sentence if
-- the text is no such thing.
function M:restore(text)
  local saved, err = json.decode(text)
  if not saved then return nil, tostring(err) end
  if not is_world(saved) then return nil, "it was not written by errand sandbox" end
  local known, stores = {}, {}
  for name, items in pairs(saved.stores) do
    known[name:match "^[^/]*"], stores[name] = true, {}
    for i, item in ipairs(items) do stores[name][i] = { n = item.n, v = item.v } end
  end
  self.seed, self.serial, self.skew = saved.seed, saved.serial, saved.skew
  self.last, self.effects = merge(self.last, saved.last, known), saved.effects
  self.stores = merge(self.stores, stores, known)
  self.changed = false
  return true
end

--- Writes the world to its file if anything changed since the last time.
function M:save(path)
  if not self.changed then return true end
  local ok, err = sys.write_file(path, self:dump(), 384) -- 0600
  if not ok then return nil, err end
  self.changed = false
  return true
end

return M
