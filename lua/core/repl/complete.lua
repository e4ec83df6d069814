-- complete.lua - what the text before the cursor may go on with.
-- SPDX-License-Identifier: MIT
--
-- Reads descriptions and raw tables only: no metamethod of a user's value is
-- called and nothing is sent.

local keywords = { "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto",
                   "if", "in", "local", "nil", "not", "or", "repeat", "return", "then", "true",
                   "until", "while" }

-- What is no function in the script library.
local no_functions = { json = "table", null = "value" }

-- Character that follows a single candidate of a kind.
local follows = { table = ".", ["function"] = "(", service = ".", resource = "." }

-- Where the text's last string or comment began, if it is still open.
local function in_quotes(text)
  local at = 1
  while true do
    local start = text:find("[\"'%[%-]", at)
    if not start then return false end
    local char = text:sub(start, start)
    local stop
    local level = text:match("^%-%-%[(=*)%[", start) or text:match("^%[(=*)%[", start)
    if level then
      stop = select(2, text:find("]" .. level .. "]", start, true))
    elseif text:find("^%-%-", start) then
      stop = text:find("\n", start, true)
    elseif char == '"' or char == "'" then
      stop = start
      repeat
        stop = text:find("[\\\n" .. char .. "]", stop + 1)
        local escape = stop and text:byte(stop) == 92
        if escape then stop = stop + 1 end
      until not escape
    else
      stop = start
    end
    if not stop then return true end
    at = stop + 1
  end
end

-- "a = ixon.users:l" -> { "ixon", "users" }, "l", ":"; nil where no name ends.
local function chain(text)
  local words = text:match("[%w_%.:]*$")
  words = words:match("^.*%.%.(.*)$") or words
  local head, separator, last = words:match("^(.*)([%.:])([%w_]*)$")
  if not head then head, separator, last = "", "", words end
  if last:find("^%d") then return nil end
  local names = {}
  if separator == "" then return names, last, separator end
  for name in (head .. "."):gmatch("([^%.:]*)[%.:]") do
    if not name:find("^[%a_][%w_]*$") then return nil end
    names[#names + 1] = name
  end
  return names, last, separator
end

-- Names of the description: what a node of it can be followed by.

local function add(found, name, kind)
  if type(name) == "string" and name:find("^[%a_][%w_]*$") then found[name] = kind end
end

local function add_operations(found, resource)
  for _, op in ipairs(resource.operations) do
    add(found, op.name, "function")
    if op.paging then
      local prefix = op.name == "list" and "" or op.name .. "_"
      add(found, prefix .. "each", "function")
      add(found, prefix .. "page", "function")
    end
  end
  if resource.find or resource.operation.list then add(found, "find", "function") end
end

local function add_resources(found, catalogue)
  for _, resource in ipairs(catalogue.resource_list) do add(found, resource.name, "resource") end
  add(found, "with", "function")
end

-- A place of a description: catalogue, resource (nil: the service itself).
local function described(value)
  local services = package.loaded["core.services"]
  if type(value) ~= "table" or not services then return nil end
  if services.bound[value] then return { catalogue = services.bound[value].catalogue } end
  local name = require("core.repl.topic").of(value)
  local service, resource = (name or ""):match("^([^.]+)%.([^.]+)$")
  if not service then return nil end
  local catalogue = services.catalogue(service)
  return { catalogue = catalogue, resource = catalogue.resource[resource] }
end

-- The table in which a method of value is looked up: never a function's answer.
local function methods(value)
  local meta = getmetatable(value)
  local index = type(meta) == "table" and rawget(meta, "__index")
  return type(index) == "table" and index or nil
end

local function raw_field(value, name)
  local depth = 0
  while value ~= nil and depth < 10 do
    if type(value) == "table" then
      local field = rawget(value, name)
      if field ~= nil then return field end
    end
    value, depth = methods(value), depth + 1
  end
end

-- The value or the description behind the first name.
local function root(name, env)
  local value = rawget(env, name)
  if value == nil then value = rawget(_G, name) end
  if value ~= nil then return value, described(value) end
  local module = require("std")[name]
  if module then return require(module) end
  local services = require "core.services"
  if services.exists(name) then return nil, { catalogue = services.catalogue(name) } end
end

local function walk(names, env)
  local value, place = root(names[1], env)
  for i = 2, #names do
    local name = names[i]
    if place and not place.resource and place.catalogue.resource[name] then
      place = { catalogue = place.catalogue, resource = place.catalogue.resource[name] }
    elseif place then
      return nil
    else
      value = raw_field(value, name)
      place = described(value)
    end
  end
  return value, place
end

local function add_fields(found, value)
  local depth = 0
  while value ~= nil and depth < 10 do
    if type(value) == "table" then
      for name, field in next, value do
        if type(name) == "string" and found[name] == nil then add(found, name, type(field)) end
      end
    end
    value, depth = methods(value), depth + 1
  end
end

local function add_globals(found, env)
  for _, word in ipairs(keywords) do add(found, word, "keyword") end
  for _, service in ipairs(require("core.services").names()) do add(found, service, "service") end
  for name in next, require "std" do add(found, name, no_functions[name] or "function") end
  for name, value in next, _G do
    if found[name] ~= "service" then add(found, name, type(value)) end
  end
  for name, value in next, env do add(found, name, described(value) and "service" or type(value)) end
end

--- complete(before, env) -> sorted list of names for the word at the end of
-- before, that word, and the character that follows if it is the only one.
return function(before, env)
  if in_quotes(before) then return {}, "", "" end
  local names, prefix, separator = chain(before)
  if not names then return {}, "", "" end
  local found = {}
  if #names == 0 then
    add_globals(found, env)
  else
    local value, place = walk(names, env)
    if not place then
      add_fields(found, value)
    elseif place.resource then
      add_operations(found, place.resource)
    else
      add_resources(found, place.catalogue)
    end
  end
  local list = {}
  for name, kind in next, found do
    local fits = name:sub(1, #prefix) == prefix
    if fits and (separator ~= ":" or kind == "function") then list[#list + 1] = name end
  end
  table.sort(list)
  return list, prefix, #list == 1 and follows[found[list[1]]] or ""
end
