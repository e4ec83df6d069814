-- resolve.lua - what an expression that was typed stands for, without running it.
-- SPDX-License-Identifier: MIT
--
-- A thing is a table with a kind:
--   value     value: looked at raw
--   service   catalogue
--   with      catalogue: the function service.with
--   resource  catalogue, resource
--   call      catalogue, resource, op (nil for find), how: a function of a resource
--   data      catalogue, type: what the description says of a reply
--   each      catalogue, type: an iterator over such data
--   keys      keys: the members of a table that was typed
-- No metamethod of a value is called and no function.

local resolve = {}

local DEPTH = 12

-- ---- values ----

-- The table in which a method of value is looked up: never a function's answer.
local function methods(value)
  local meta = getmetatable(value)
  local index = type(meta) == "table" and rawget(meta, "__index")
  return type(index) == "table" and index or nil
end

local function raw_field(value, name)
  local depth = 0
  while value ~= nil and depth < DEPTH do
    if type(value) == "table" then
      local field = rawget(value, name)
      if field ~= nil then return field end
    end
    value, depth = methods(value), depth + 1
  end
end

--- resolve.tables(value) -> iterator over the tables in which a field of the
-- value is looked up.
function resolve.tables(value)
  local depth = 0
  return function()
    while value ~= nil and depth < DEPTH do
      local one = value
      value, depth = methods(value), depth + 1
      if type(one) == "table" then return one end
    end
  end
end

-- Spares the search for a table that cannot be one.
local function is_resource(value)
  local meta = getmetatable(value)
  return type(meta) == "table" and rawget(meta, "__name") == "errand.resource"
end

-- A service, or a table or function that belongs to one.
local function described(value)
  local services = package.loaded["core.services"]
  if not services then return nil end                 -- nobody can hold one yet
  local bound = type(value) == "table" and services.bound[value]
  if bound then return { kind = "service", catalogue = bound.catalogue } end
  local what = type(value) == "function" and services.behind(value)
  if what then
    local catalogue = services.bound[what.module].catalogue
    return { kind = "call", catalogue = catalogue, resource = what.resource, op = what.op, how = what.how }
  end
  if type(value) == "table" and not is_resource(value) then return nil end
  for module, hidden in next, services.bound do
    for name, member in next, module do
      local same = rawequal(member, value)
      if same and name == "with" then return { kind = "with", catalogue = hidden.catalogue } end
      if same then return { kind = "resource", catalogue = hidden.catalogue, resource = hidden.catalogue.resource[name] } end
    end
  end
end

--- resolve.value(value) -> the thing behind it.
function resolve.value(value)
  if value == nil then return nil end
  local found = (type(value) == "table" or type(value) == "function") and described(value)
  return found or { kind = "value", value = value }
end

-- `_`, `_1`, ...: what the prompt showed.
local function result(name, shell)
  local results = shell and rawget(shell, "results")
  if not results or not name:find("^_%d*$") then return nil end
  if name == "_" then return rawget(results, "latest") end
  local values = rawget(results, "values")
  return values and rawget(values, math.tointeger(tonumber(name:sub(2)))) or nil
end

--- resolve.global(name, env, shell) -> what a name means that is no local.
function resolve.global(name, env, shell)
  local value = rawget(env, name)
  if value == nil then value = result(name, shell) end
  if value == nil then value = rawget(_G, name) end
  if value ~= nil then return resolve.value(value) end
  local module = require("std")[name]
  if module then return { kind = "value", value = require(module) } end
  local services = require "core.services"
  if services.exists(name) then return { kind = "service", catalogue = services.catalogue(name) } end
end

-- ---- data that a description tells of ----

local texts = { string = true, uuid = true, datetime = true, date = true, text = true, file = true }

local function data(catalogue, kind)
  if not kind or kind == "none" or kind == "any" then return nil end
  if type(kind) == "string" and texts[kind] then return { kind = "value", value = "" } end
  return { kind = "data", catalogue = catalogue, type = kind }
end

--- resolve.rows(thing) -> the members of data, or nil.
function resolve.rows(thing)
  if thing.kind ~= "data" then return nil end
  if type(thing.type) == "table" then return thing.type end
  return thing.catalogue.shapes and thing.catalogue.shapes[thing.type] or nil
end

local function element(thing)
  if not thing then return nil end
  if thing.kind == "each" then return data(thing.catalogue, thing.type) end
  local inner = thing.kind == "data" and type(thing.type) == "string" and thing.type:match("^%[(.+)%]$")
  if inner then return data(thing.catalogue, inner) end
  if thing.kind == "value" and type(thing.value) == "table" then return resolve.value(rawget(thing.value, 1)) end
end

-- The operation whose records a find gives.
local function find_source(resource, catalogue)
  local find = resource.find
  local name = find and (find.list or find.get or find.record) or resource.name .. ".list"
  return require("core.catalogue").operation(catalogue, name)
end

local function inner_type(kind)
  return type(kind) == "string" and kind:match("^%[(.+)%]$") or kind
end

local function reply(thing)
  local op = thing.op
  if thing.how == "find" then
    op = find_source(thing.resource, thing.catalogue)
    return op and data(thing.catalogue, inner_type(op.returns))
  end
  if thing.how == "each" then return { kind = "each", catalogue = thing.catalogue, type = inner_type(op.returns) } end
  return data(thing.catalogue, op.returns)
end

--- resolve.record_rows(resource, catalogue) -> members of the records that
-- resource.find looks through, or nil.
function resolve.record_rows(resource, catalogue)
  local op = find_source(resource, catalogue)
  local thing = op and data(catalogue, inner_type(op.returns))
  return thing and resolve.rows(thing)
end

-- ---- members ----

--- resolve.derived(resource) -> list of { name, op (nil for find), how } that
-- a resource has beside its operations.
function resolve.derived(resource)
  local out = {}
  for _, op in ipairs(resource.operations) do
    if op.paging then
      local prefix = op.name == "list" and "" or op.name .. "_"
      for _, how in ipairs { "each", "page" } do out[#out + 1] = { name = prefix .. how, op = op, how = how } end
    end
  end
  if resource.find or resource.operation.list then out[#out + 1] = { name = "find", how = "find" } end
  return out
end

local members = {}

function members.service(thing, name)
  if name == "with" then return { kind = "with", catalogue = thing.catalogue } end
  local resource = thing.catalogue.resource[name]
  return resource and { kind = "resource", catalogue = thing.catalogue, resource = resource }
end

function members.resource(thing, name)
  local catalogue, resource = thing.catalogue, thing.resource
  local op = resource.operation[name]
  if op then
    return { kind = "call", catalogue = catalogue, resource = resource, op = op, how = op.paging and "list" or "call" }
  end
  for _, one in ipairs(resolve.derived(resource)) do
    if one.name == name then
      return { kind = "call", catalogue = catalogue, resource = resource, op = one.op, how = one.how }
    end
  end
end

function members.value(thing, name)
  return resolve.value(raw_field(thing.value, name))
end

function members.data(thing, name)
  for _, row in ipairs(resolve.rows(thing) or {}) do
    if row.name == name then return data(thing.catalogue, row.type) end
  end
end

local function member(thing, name)
  local of = members[thing.kind]
  return of and of(thing, name) or nil
end

-- ---- walking along an expression ----

local function literal(token)
  if token.kind == "string" then return token.value end
  if token.kind == "number" then return math.tointeger(tonumber(token.text)) end
end

local function index(ctx, thing, open, close)
  local key = close == open + 2 and literal(ctx.tokens[open + 1]) or nil
  if type(key) == "string" then return member(thing, key) end
  if thing.kind == "value" and type(thing.value) == "table" and key then return resolve.value(rawget(thing.value, key)) end
  return element(thing)
end

-- Functions that call another one: where that stands among the arguments, and
-- how many arguments stand before what it gets.
local forwards = { try = { 1, 1 }, pcall = { 1, 1 }, spawn = { 1, 1 }, xpcall = { 1, 2 }, deadline = { 2, 2 },
                   [":step"] = { 2, 2 } }

--- resolve.forwarded(ctx, first, last) -> the same for the function that these
-- tokens name; nil if it calls none of its arguments.
function resolve.forwarded(ctx, first, last)
  local name = first == last and ctx.tokens[first].text or ctx:text_of(last - 1, last)
  local found = forwards[name]
  if not found or first == last and ctx:find_local(name, first) then return nil end
  return table.unpack(found)
end

local expression

-- What a call gives: the thing called, and the frame of its arguments.
local function called(ctx, thing, name, frame, state)
  if thing and thing.kind == "with" then return { kind = "service", catalogue = thing.catalogue } end
  if thing and thing.kind == "call" then return reply(thing) end
  local from = name == "try" and frame and frame.items[1]
  local inner = from and expression(ctx, from, ctx:chain_end(from), state)
  return inner and inner.kind == "call" and reply(inner) or nil
end

local function suffix(ctx, thing, i, first, state)
  local token = ctx.tokens[i]
  if token.kind == "string" then return called(ctx, thing, nil, nil, state), i end
  if token.text == "." or token.text == ":" then
    return thing and member(thing, ctx.tokens[i + 1].text), i + 1
  end
  local close = ctx.match[i]
  if token.text == "[" then return thing and index(ctx, thing, i, close), close end
  return called(ctx, thing, i == first + 1 and ctx.tokens[first].text, ctx.frame_at[i], state), close
end

-- A name: a local of the text, a variable of the session, a global.
local function named(ctx, i, state)
  local name = ctx.tokens[i].text
  local declared = ctx:find_local(name, i)
  if not declared then return resolve.global(name, state.env, state.shell) end
  if not declared.from then return nil end
  local from, tokens = declared.from, ctx.tokens
  local last = ctx:chain_end(from)
  if not last then return nil end
  if declared.how == "value" then return expression(ctx, from, last, state) end
  -- "for _, x in ipairs(list)" and "for x in each()"
  local frame = tokens[from].text == "ipairs" and ctx.frame_at[from + 1]
  if frame then
    local inner = declared.how == "second" and frame.items[1]
    return inner and element(expression(ctx, inner, ctx:chain_end(inner), state))
  end
  local over = declared.how == "first" and expression(ctx, from, last, state)
  return over and over.kind == "each" and element(over) or nil
end

local function head(ctx, i, state)
  local token = ctx.tokens[i]
  if token.kind == "name" then return named(ctx, i, state), i end
  if token.kind == "string" then return { kind = "value", value = "" }, i end
  local close = ctx.match[i]
  if token.text == "{" then
    local frame = ctx.frame_at[i]
    return frame and { kind = "keys", keys = frame.given }, close
  end
  local last = ctx:chain_end(i + 1)
  return last == close - 1 and expression(ctx, i + 1, last, state) or nil, close
end

expression = function(ctx, first, last, state)
  if not first or not last or state.depth >= DEPTH then return nil end
  state.depth = state.depth + 1
  local thing, at = head(ctx, first, state)
  while at and at < last do thing, at = suffix(ctx, thing, at + 1, first, state) end
  state.depth = state.depth - 1
  return thing
end

--- resolve.expression(ctx, first, last, env, shell) -> the thing that the
-- tokens from first to last stand for, or nil where nothing is known.
function resolve.expression(ctx, first, last, env, shell)
  return expression(ctx, first, last, { env = env, shell = shell, depth = 0 })
end

return resolve
