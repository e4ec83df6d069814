-- core/run/symbol.lua - values that are not known yet: "<invite.publicId>".
-- SPDX-License-Identifier: MIT

-- A plan sends nothing, so what a write would give has no value but a name.
-- It may be passed on, and texts may be made of it; what would have to look at
-- it stops the plan.

local error_ = require "core.error"
local json = require "host.json"

local M = {}

local LONGEST <const> = 100 -- element that a loop may ask for before it is taken for one over all

local names = setmetatable({}, { __mode = "k" })  -- symbol -> name
local meta = {}

local function new(name)
  local symbol = setmetatable({}, meta)
  names[symbol] = name
  return symbol
end

--- The value that will be called name ("invite", "invite.publicId").
M.new = new

--- The name of a symbol, nil of anything else.
function M.name(value)
  return type(value) == "table" and names[value] or nil
end

local function stop(symbol, what)
  error_.raise("script", ("this depends on a result: %s %s, which a plan does not have; make the call a step that reads, or give "
    .. "the value to a later step as it is"):format(what, tostring(symbol)))
end

local function shown(value)
  return M.name(value) and tostring(value) or value
end

meta.__name = "errand.symbol"
meta.__tostring = function(symbol)
  local name = names[symbol]
  return name:find("<", 1, true) and name or "<" .. name .. ">"
end
meta.__index = function(symbol, key)
  local name = names[symbol]
  if name:find("<", 1, true) then stop(symbol, "a member of the text") end
  if math.type(key) == "integer" and key > LONGEST then stop(symbol, "going through") end
  if math.type(key) == "integer" then return new(("%s[%d]"):format(name, key)) end
  return new(("%s.%s"):format(name, tostring(key)))
end
meta.__newindex = function(symbol) stop(symbol, "a change of") end
-- a text with a hole: its name holds the brackets
meta.__concat = function(a, b)
  local text = tostring(shown(a)) .. tostring(shown(b))
  return new(text)
end
meta.__eq = function(a, b)
  if names[a] == names[b] then return true end
  stop(a, "a comparison with")
end

for event, what in pairs { add = "arithmetic on", sub = "arithmetic on", mul = "arithmetic on", div = "arithmetic on",
  mod = "arithmetic on", pow = "arithmetic on", unm = "arithmetic on", idiv = "arithmetic on", band = "arithmetic on",
  bor = "arithmetic on", bxor = "arithmetic on", shl = "arithmetic on", shr = "arithmetic on", bnot = "arithmetic on",
  lt = "a comparison with", le = "a comparison with", len = "the length of", call = "a call of", pairs = "going through" } do
  meta["__" .. event] = function(a, b) stop(M.name(a) and a or b, what) end
end

--- A copy of a value with the names of symbols in their places; true besides
-- if there was any.
function M.filled(value)
  if M.name(value) then return tostring(value), true end
  if type(value) ~= "table" or json.is_number(value) or value == json.null then return value, false end
  local any = false
  local out = json.is_array(value) and json.array {} or json.is_object(value) and json.object {} or {}
  for key, member in json.pairs(value) do
    local filled, found = M.filled(member)
    local null = filled == json.null and type(key) == "string" and json.is_object(out)
    if null then json.set_null(out, key) else out[key] = filled end
    any = any or found
  end
  return out, any
end

local function escape(text)
  return (text:gsub("%p", "%%%0"))
end

-- "<a.b>-<c>" as a Lua pattern
local function pattern(text)
  local out, at = {}, 1
  for before, after in text:gmatch "()<[^<>]+>()" do
    out[#out + 1] = escape(text:sub(at, before - 1)) .. "(.+)"
    at = after
  end
  return at > 1 and "^" .. table.concat(out) .. escape(text:sub(at)) .. "$" or nil
end

local function known(name, results)
  local step, rest = name:match "^([^.%[]+)(.*)$"
  for path in pairs(results) do -- a path may hold dots
    if name:sub(1, #path) == path and (#path > #(step or "")) and name:sub(#path + 1, #path + 1):find "^[.%[]?$" then
      step, rest = path, name:sub(#path + 1)
    end
  end
  local value = results[step]
  if value == nil then return nil end
  for key in rest:gmatch "[^.%[%]]+" do
    if type(value) ~= "table" then return nil end
    value = value[math.tointeger(tonumber(key)) or key]
  end
  return value
end

--- Whether a text of a plan stands for a value, given the results that are
-- known by now (path -> value).
function M.stands_for(text, value, results)
  local like = type(text) == "string" and pattern(text)
  if not like then return false end
  if type(value) ~= "string" and type(value) ~= "number" and not json.is_number(value) then return false end
  local whole = text:match "^<([^<>]+)>$"
  if whole then
    local expected = known(whole, results)
    return expected == nil or tostring(expected) == tostring(value)
  end
  local filled = text:gsub("<([^<>]+)>", function(name)
    local expected = known(name, results)
    return expected ~= nil and tostring(expected) or nil
  end)
  if not filled:find "<[^<>]+>" then return filled == tostring(value) end
  return tostring(value):find(like) ~= nil
end

return M
