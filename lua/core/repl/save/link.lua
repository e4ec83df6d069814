-- link.lua - where a value of a call came from: the results of calls before it.
-- SPDX-License-Identifier: MIT
--
-- Somebody who copies an id out of a result means that result. A script that
-- says invite.publicId does the same with the ids of another day; one that
-- holds the id itself would not.

local json = require "host.json"
local names = require "core.repl.save.names"
local source = require "core.repl.save.source"

local link = {}
link.__index = link

-- Leaves of one result that are looked at; ids stand in front.
local LEAVES <const> = 50000

-- A shorter text may be equal by chance: it is an id only where both say so.
local TELLING <const> = 8

-- Variables of a script.
local VARIABLES <const> = 150

-- What somebody knows a record by, where the catalogue does not say it.
local known_by = { "name", "emailAddress", "email", "display_name", "displayName", "login_username", "object_name", "title" }

--- link.new(wanted, key_of, reserve) -> where results are looked up.
-- @tparam table wanted set of the scalars that calls have as arguments
-- @tparam function key_of(value, place) -> expression for the natural key that
-- a record is picked by
-- @tparam function reserve(name) -> name of a variable that is free
function link.new(wanted, key_of, reserve)
  return setmetatable({ wanted = wanted, key_of = key_of, reserve = reserve, found = {}, count = 0, variables = 0 }, link)
end

local function copy(list)
  return { table.unpack(list) }
end

-- Notes every wanted leaf with its path in the result.
local function gather(self, call, value, path, budget)
  if budget.left <= 0 then return end
  budget.left = budget.left - 1
  if type(value) == "table" and not json.is_number(value) then
    for key, member in json.pairs(value) do
      path[#path + 1] = key
      gather(self, call, member, path, budget)
      path[#path] = nil
    end
  elseif self.wanted[value] then
    local list = self.found[value] or {}
    self.found[value] = list
    list[#list + 1] = { call = call, path = copy(path), order = self.count }
  end
end

--- Makes a call's result one that later calls may be linked to.
function link:add(call)
  self.count = self.count + 1
  if call.how == "each" or call.result == nil then return end
  gather(self, call, call.result, {}, { left = LEAVES })
end

-- The last name of a path and what stands around it.
local function member_of(candidate)
  local path, call = candidate.path, candidate.call
  local member, around
  for i = #path, 1, -1 do
    if type(path[i]) == "string" then
      if member then
        around = path[i]
        break
      end
      member = path[i]
    end
  end
  return member, around or call.resource
end

-- The place of a path where it picks a record of a list that was read: what
-- stands there on another day may be another record.
local function picked_at(candidate)
  if not candidate.call.reads then return nil end
  for i, key in ipairs(candidate.path) do
    if math.type(key) == "integer" then return i end
  end
end

-- Whether a value at this place can have been copied from there; and whether
-- the two are of one kind.
local function fits(value, place, candidate)
  local member, around = member_of(candidate)
  local same_kind = names.kind(place.name, place.around) == names.kind(member, around)
  local is_id = member == nil or names.is_id(member)
  if is_id and place.is_id then return same_kind or type(value) == "string" and #value >= TELLING, same_kind end
  -- What is no id was rather typed than looked for in a list.
  if type(value) ~= "string" or #value < 4 or picked_at(candidate) then return false end
  if value:find("@", 1, true) then return true, same_kind end
  return is_id and #value >= TELLING or member == place.name and place.kind ~= "find", same_kind
end

local function path_text(path, from, to)
  local out = {}
  for i = from or 1, to or #path do
    local key = path[i]
    if type(key) == "string" and source.is_name(key) then
      out[#out + 1] = "." .. key
    else
      out[#out + 1] = ("[%s]"):format(type(key) == "string" and source.quote(key) or tostring(key))
    end
  end
  return table.concat(out)
end

-- A script may have 200 local variables, and needs some for itself.
local function room(self)
  return self.variables < VARIABLES
end

local function new_variable(self, name)
  self.variables = self.variables + 1
  return self.reserve(name)
end

local function variable(self, call)
  call.variable = call.variable or new_variable(self, call.result_name)
  return call.variable
end

-- The pick of this record, if there is one already.
local function picked(call, mark)
  for _, one in ipairs(call.picks) do
    if one.mark == mark then return one end
  end
end

-- Near and early results come first; to pick from a list is the last resort.
local function score(candidate, same_kind)
  local steps, to = #candidate.path, picked_at(candidate)
  if to then
    steps = steps - to + (picked(candidate.call, path_text(candidate.path, 1, to)) and 0 or 100)
  end
  return steps - (same_kind and 10 or 0) + candidate.order / 2000
end

local function at(value, path, to)
  for i = 1, to do value = value[path[i]] end
  return value
end

local function unique(list, key, value)
  local count = 0
  for _, record in ipairs(list) do
    if type(record) == "table" and record[key] == value then count = count + 1 end
  end
  return count == 1
end

-- The member that tells a record from the others of its list.
local function natural_key(call, list, record, linked)
  local keys = copy(known_by)
  for i, row in ipairs(call.find and call.find.by or {}) do
    if not row.at then table.insert(keys, i, row[1]) end
  end
  for _, key in ipairs(keys) do
    local value = record[key]
    if type(value) == "string" and value ~= "" and value ~= linked and not names.is_id(key) and unique(list, key, value) then
      return key, value
    end
  end
end

-- The variable of a picked record.
local function pick(self, candidate, to, linked)
  local call, path = candidate.call, candidate.path
  local record = at(call.result, path, to)
  if type(record) ~= "table" then return nil end
  local mark = path_text(path, 1, to)
  local known = picked(call, mark)
  if known then return known.variable end
  local key, value = natural_key(call, at(call.result, path, to - 1), record, linked)
  if not key or not room(self) then return nil end
  local around = to > 1 and type(path[to - 1]) == "string" and path[to - 1] or call.result_name
  local of = self.key_of(value, { name = key, around = around, kind = "find", call = call })
  local listed = variable(self, call) .. path_text(path, 1, to - 1)
  local one = { mark = mark, list = listed, key = key, of = of,
    variable = new_variable(self, names.singular(names.snake(around) or "record")) }
  call.picks[#call.picks + 1] = one
  return one.variable
end

local function expression(self, candidate, value)
  local to = picked_at(candidate)
  if not to and not candidate.call.variable and not room(self) then return nil end
  if not to then return variable(self, candidate.call) .. path_text(candidate.path) end
  for i = to + 1, #candidate.path do
    if math.type(candidate.path[i]) == "integer" then return nil end
  end
  local record = pick(self, candidate, to, value)
  return record and record .. path_text(candidate.path, to + 1)
end

--- link:code(value, place) -> the code that gives the value out of an earlier
-- result, or nil.
function link:code(value, place)
  local fitting = {}
  for _, candidate in ipairs(self.found[value] or {}) do
    local fit, same_kind = fits(value, place, candidate)
    if fit then fitting[#fitting + 1] = { candidate = candidate, score = score(candidate, same_kind) } end
  end
  table.sort(fitting, function(a, b) return a.score < b.score end)
  for _, one in ipairs(fitting) do
    local code = expression(self, one.candidate, value)
    if code then return code end
  end
end

return link
