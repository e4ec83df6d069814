-- lift.lua - the arguments of calls as expressions: what a person would change
-- becomes an argument of the script, what came out of a result stays linked.
-- SPDX-License-Identifier: MIT

local json = require "host.json"
local kept = require "core.kept"
local link = require "core.repl.save.link"
local names = require "core.repl.save.names"
local redact = require("host.err").redact

local lift = {}
lift.__index = lift

-- More of them nobody would give on a command line; the rest stays in the calls.
local MOST <const> = 20

-- Names of members, in snake case, whose values a person would change.
local personal = { "name$", "^title$", "login", "mail$", "phone", "serial", "^host", "^search$" }

local dates = { date = true, datetime = true }

local function is_plain(value)
  return type(value) ~= "table" or json.is_number(value) or value == json.null
end

-- All texts and numbers of the calls, for only these are looked up in results.
local function scalars(value, into)
  if is_plain(value) then
    into[value] = (type(value) == "string" or type(value) == "number") and true or nil
    return
  end
  for _, member in json.pairs(value) do scalars(member, into) end
end

--- lift.new(calls) -> a script's arguments (args, rows with name, type, doc,
-- default or secret and required; left: there were more) and links, empty as yet. The
-- calls are as core.repl.save makes them.
function lift.new(calls)
  local self = setmetatable({ args = {}, shared = {}, left = false }, lift)
  self.name = names.set{ "help" }
  local wanted = {}
  for _, call in ipairs(calls) do
    for i = 1, call.args.n do
      if call.args[i] ~= nil then scalars(call.args[i], wanted) end
    end
  end
  local services = {}
  for name in next, require "std" do services[#services + 1] = name end
  for _, name in ipairs(require("core.services").names()) do services[#services + 1] = name end
  for _, name in ipairs{ "opt", "pick", "print", "error", "ipairs" } do services[#services + 1] = name end
  self.variable = names.set(services)
  self.links = link.new(wanted, function(value, place) return self:argument(value, place) end, self.variable)
  return self
end

-- ---- what is lifted ----

-- The recorder may have taken a secret out already.
local function is_secret(value, place)
  if is_plain(value) and (type(value) == "string" or type(value) == "number") then
    local text = tostring(value)
    if text:find("[secret", 1, true) or redact(text) ~= text then return true end
  end
  return place.secret or not place.row and place.kind ~= "find" and type(place.name) == "string" and type(value) == "string"
    and kept.looks_secret(place.name)
end

local function is_address(value)
  return value:find("^[^@%s\"'()]+@[^@%s\"'()]+$") ~= nil
end

-- Where a file comes from, or where a reply goes.
local function is_file(place)
  if place.kind == "file" or place.row and place.row.type == "file" then return true end
  local op = place.call.op
  return place.name == "to" and op ~= nil and op.returns == "file"
end

local function is_personal(value, place)
  local row = place.row or {}
  if type(value) == "number" then return place.is_id end
  if type(value) ~= "string" or value == "" or row.enum then return false end
  if place.is_id or place.kind == "find" or is_address(value) or dates[row.type] or is_file(place) then return true end
  local name = type(place.name) == "string" and names.snake(place.name) or ""
  for _, pattern in ipairs(personal) do
    if name:find(pattern) then return true end
  end
  return false
end

-- ---- arguments of the script ----

-- The second e-mail address is that of something else; the second group of a
-- call that writes has yet to be made.
local function other_name(wanted, place)
  local resource = names.singular(place.call.resource)
  if not wanted:find(resource, 1, true) then return resource .. "_" .. wanted end
  return place.call.reads and wanted or "new_" .. wanted
end

local function argument_name(place)
  local around = names.singular(names.snake(place.around or "") or "value")
  local name = type(place.name) == "string" and names.snake(place.name)
  if not name or names.is_id(place.name) and names.kind(place.name, around) == names.kind(nil, around) then
    return around .. (place.is_id and not names.is_id(around) and "_id" or "")
  end
  if names.is_plain(name) then return around end
  return (name:gsub("_public_id$", "_id"))
end

local function argument_type(value, place)
  if math.type(value) then return math.type(value) == "integer" and "integer" or "number" end
  if place.name ~= "to" and is_file(place) then return "file" end
  if place.row and place.row.type == "date" then return "date" end
end

local function words(name)
  return (names.singular(names.snake(name or "") or "value"):gsub("_", " "))
end

-- What the catalogue says of a member of a reply is nothing on what is looked
-- for, and what it says of any id ("Id of the thing meant.") nothing on this one.
local function says_enough(place)
  if place.kind == "find" then return false end
  return place.kind ~= "body" or not names.is_id(place.name) or names.kind(place.name, "") ~= ""
end

-- The catalogue's first sentence on it; else "Last name of the user."
local function doc_of(place)
  local doc = says_enough(place) and place.row and place.row.doc
  doc = doc and (doc:match("^(.-%.)%s") or doc)
  if doc and #doc <= 70 then return doc end
  local name = type(place.name) == "string" and not names.is_id(place.name) and words(place.name) or "id"
  local whole = names.is_plain(place.name) or name == "id"
  local thing = whole and names.kind(place.name, place.around) or names.singular(place.call.resource)
  return ("%s%s of the %s."):format(name:sub(1, 1):upper(), name:sub(2), words(thing))
end

-- Addresses and ids are one argument wherever they stand; other equal values
-- only where they are called the same: a role and a group may share a name.
local function share_key(value, name)
  local one_thing = type(value) == "string" and (is_address(value) or #value >= 12 and value:find("%d") and not value:find("%s"))
  return type(value) .. "\0" .. tostring(value) .. (one_thing and "" or "\0" .. name)
end

-- A secret that was typed twice is asked for once; a mark that stands for one
-- may stand for any.
local function secret_key(value, n)
  local known = type(value) == "string" and #value >= 4 and not value:find("[secret", 1, true)
  return "secret\0" .. (known and value or "\0" .. n)
end

--- lift:argument(value, place) -> the expression of a script's argument whose
-- default is value; the one there is, where there is one.
function lift:argument(value, place)
  local secret = is_secret(value, place)
  local wanted = argument_name(place)
  local key = secret and secret_key(value, #self.args) or share_key(value, wanted)
  local shared = self.shared[key]
  if shared then return { code = "opt." .. shared } end
  if not secret and #self.args >= MOST then
    self.left = true
    return { value = value }
  end
  local name = self.name(wanted, other_name(wanted, place))
  local row = { name = name, type = not secret and argument_type(value, place) or nil, doc = doc_of(place), required = secret,
    secret = secret or nil }
  if not secret then row.default = value end
  self.shared[key] = name
  self.args[#self.args + 1] = row
  return { code = "opt." .. name }
end

function lift:is_argument(value, place)
  return self.shared[share_key(value, argument_name(place))] ~= nil
end

-- ---- expressions ----

function lift:leaf(value, place)
  if value == json.null or type(value) == "boolean" and not place.secret then return { value = value } end
  if is_secret(value, place) then return self:argument(value, place) end
  local personal_ = is_personal(value, place)
  if personal_ and self:is_argument(value, place) then return self:argument(value, place) end
  local code = place.kind ~= "option" and not (place.row and place.row.enum) and self.links:code(value, place)
  if code then return { code = code } end
  return personal_ and self:argument(value, place) or { value = value }
end

local function rows_of(catalogue, type_)
  local inner = type(type_) == "string" and type_:match("^%[(.+)%]$") or type_
  if type(inner) == "table" then return inner end
  return catalogue.shapes and catalogue.shapes[inner] or nil
end

local function by_name(rows)
  local out, order = {}, {}
  for i, row in ipairs(rows or {}) do
    local name = row.as or row.name
    out[name] = out[name] or row
    order[name] = order[name] or i
  end
  return out, order
end

-- Members in the catalogue's order, then the others by name.
local function ordered(value, order)
  local keys = {}
  for key in json.pairs(value) do
    if type(key) == "string" then keys[#keys + 1] = key end
  end
  table.sort(keys, function(a, b)
    local x, y = order[a] or math.huge, order[b] or math.huge
    if x ~= y then return x < y end
    return a < b
  end)
  return keys
end

local function member_place(place, row, name)
  return { name = name, row = row, call = place.call, kind = place.kind, secret = place.secret or row and row.secret,
    is_id = names.is_id(name) or row ~= nil and row.type == "uuid", around = place.inside or place.around, inside = name }
end

-- An element of a list of ids is one; of other lists it is what it is.
local function element_place(place)
  local kind = place.row and place.row.type
  local of_ids = kind == "[uuid]" or type(place.name) == "string" and names.is_id(names.singular(place.name))
  return { call = place.call, kind = place.kind, secret = place.secret, row = place.row, around = place.inside or place.around,
    inside = place.inside, is_id = of_ids or place.whole and place.kind ~= "option" }
end

local function mark_of(value)
  if next(value) ~= nil then return nil end
  return json.is_array(value) and "array" or json.is_object(value) and "object" or nil
end

--- lift:expression(value, place, rows) -> a value as core.repl.save.source
-- writes it.
-- @tparam ?table rows of the value's members, from the catalogue
function lift:expression(value, place, rows)
  if is_plain(value) then return self:leaf(value, place) end
  if place.secret then return self:argument("", place) end
  local items = {}
  for _, item in ipairs(value) do
    items[#items + 1] = { of = self:expression(item, element_place(place), rows) }
  end
  local row_of, order = by_name(rows)
  for _, key in ipairs(ordered(value, order)) do
    local row = row_of[key]
    local member = value[key]
    if member == nil then member = json.null end
    local of = self:expression(member, member_place(place, row, key), row and rows_of(place.call.catalogue, row.type))
    items[#items + 1] = { key = key, of = of }
  end
  return { items = items, mark = mark_of(value) }
end

-- ---- calls ----

local function path_place(call, i)
  local path = call.path_rows
  local row = path[i]
  if row then
    local around = i == #path and call.resource or row.name
    return { name = row.name, row = row, kind = "path", is_id = true, call = call, around = around, secret = row.secret }
  end
  local file = call.op and call.op.files and call.op.files[i - #path]
  return { name = file and file.name, row = file, kind = "file", call = call, around = call.resource }
end

-- The rows that name the members of a call's table.
local function argument_rows(call)
  local rows = {}
  local body = call.op and rows_of(call.catalogue, call.op.body)
  for _, list in ipairs{ call.path_rows, call.op and call.op.query or {}, call.op and call.op.files or {}, body or {},
                         call.op and call.op.header or {}, call.find_rows or {} } do
    for _, row in ipairs(list) do rows[#rows + 1] = row end
  end
  return rows
end

--- lift:call(call) -> list of the expressions of its arguments. Its result is
-- one that the calls after it may be linked to.
function lift:call(call)
  local out, tables = {}, 0
  for i = 1, call.args.n do
    local value = call.args[i]
    if value == nil then
      out[#out + 1] = { code = "nil" }
    elseif is_plain(value) then
      out[#out + 1] = self:leaf(value, path_place(call, i))
    elseif tables == 0 then
      tables = 1
      local place = { kind = call.how == "find" and "find" or "body", call = call, around = call.resource, whole = true }
      out[#out + 1] = self:expression(value, place, argument_rows(call))
    else
      out[#out + 1] = self:expression(value, { kind = "option", call = call, around = call.resource }, nil)
    end
  end
  while #out > 0 and out[#out].code == "nil" do out[#out] = nil end
  self.links:add(call)
  return out
end

return lift
