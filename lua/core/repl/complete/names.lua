-- names.lua - names that exist: globals, fields, services, their operations.
-- SPDX-License-Identifier: MIT
--
-- An entry is what can be chosen:
--   word    what goes into the line; label: how lists show it, where that differs
--   kind    "function", "table", "service", "resource", "keyword", "local", ...
--   follow  character behind it when it is the only one
--   thing   what display.lua describes it by: op, resource, catalogue, row, title

local lexer = require "core.repl.lexer"
local resolve = require "core.repl.complete.resolve"

local names = {}

local LOOKED_AT = 50000                -- members of one table: Tab must not take long
local LOOKED_FOR = 100                 -- the same, for whether it has names at all

-- What is no function in the script library.
local no_functions = { json = "table", null = "value" }

-- Words that can stand where a value is expected.
local in_values = { ["false"] = true, ["function"] = true, ["nil"] = true, ["not"] = true, ["true"] = true }

--- names.is_name(text) -> true for what can stand behind a dot.
function names.is_name(text)
  return type(text) == "string" and text:find("^[%a_][%w_]*$") ~= nil and not lexer.keywords[text]
end

-- What is written behind the name of an operation: ixon.invites.create{
local function opening(catalogue, op)
  local describe = require "core.describe"
  return describe.signature(op, catalogue.shapes or {}):sub(#op.id + 1, #op.id + 1)
end

local function of_call(word, thing)
  local entry = { word = word, kind = "function", op = thing.op, how = thing.how, follow = "(" }
  if not thing.op then
    entry.follow = "("
  elseif opening(thing.catalogue, thing.op) == "{" then
    entry.follow = "{"
  end
  return entry
end

local function has_fields(value)
  local looked = 0
  for key in next, value do
    if type(key) == "string" then return true end
    looked = looked + 1
    if key == 1 or looked == LOOKED_FOR then return false end
  end
  return true
end

--- names.entry(word, value) -> the entry for a name with this value.
function names.entry(word, value)
  local thing = resolve.value(value)
  if not thing then return { word = word, kind = "nil" } end
  if thing.kind == "service" then
    return { word = word, kind = "service", catalogue = thing.catalogue, follow = "." }
  elseif thing.kind == "resource" then
    return { word = word, kind = "resource", resource = thing.resource, follow = "." }
  elseif thing.kind == "call" then
    return of_call(word, thing)
  elseif thing.kind == "with" or type(value) == "function" then
    return { word = word, kind = "function", follow = "(" }
  elseif type(value) == "table" then
    return { word = word, kind = "table", follow = has_fields(value) and "." or "[" }
  end
  return { word = word, kind = type(value) }
end

-- ---- behind a dot or a colon ----

local members = {}

function members.service(out, thing)
  local catalogue = thing.catalogue
  local list = catalogue.resource_names
  for _, one in ipairs(list or catalogue.resource_list) do
    local name = list and one or one.name
    out[#out + 1] = { word = name, kind = "resource", of = catalogue, follow = "." }
  end
  out[#out + 1] = { word = "with", kind = "function", title = "The service with another profile's account.", follow = "{" }
end

function members.resource(out, thing)
  local function add(name, op, how)
    out[#out + 1] = of_call(name, { catalogue = thing.catalogue, op = op, how = how })
  end
  for _, op in ipairs(thing.resource.operations) do add(op.name, op, "call") end
  for _, one in ipairs(resolve.derived(thing.resource)) do add(one.name, one.op, one.how) end
end

function members.value(out, thing)
  local seen, looked = {}, 0
  for one in resolve.tables(thing.value) do
    for name, value in next, one do
      looked = looked + 1
      if looked > LOOKED_AT then return end
      if names.is_name(name) and not seen[name] then
        seen[name] = true
        out[#out + 1] = names.entry(name, value)
      end
    end
  end
end

function members.data(out, thing)
  for _, row in ipairs(resolve.rows(thing) or {}) do
    if names.is_name(row.name) then out[#out + 1] = { word = row.name, kind = "field", row = row, received = true } end
  end
end

function members.keys(out, thing)
  for name in next, thing.keys do
    if names.is_name(name) then out[#out + 1] = { word = name, kind = "field" } end
  end
end

--- names.members(thing, separator) -> entries for what follows thing and "."
-- or ":"; a colon calls, so only functions follow it.
function names.members(thing, separator)
  local out, kept = {}, {}
  local add = thing and members[thing.kind]
  if add then add(out, thing) end
  if separator == "." then return out end
  if thing and thing.kind ~= "value" then return kept end
  for _, entry in ipairs(out) do
    if entry.kind == "function" then kept[#kept + 1] = entry end
  end
  return kept
end

--- names.keys(thing) -> entries for the texts that thing can be indexed by,
-- however they are written.
function names.keys(thing)
  local out, looked = {}, 0
  if not thing then return out end
  if thing.kind ~= "value" then return names.members(thing, ".") end
  if type(thing.value) ~= "table" then return out end
  for name, value in next, thing.value do
    looked = looked + 1
    if looked > LOOKED_AT then break end
    if type(name) == "string" then
      local entry = names.entry(name, value)
      entry.follow = nil
      out[#out + 1] = entry
    end
  end
  return out
end

-- ---- alone ----

-- Declared in the text itself.
local function add_locals(found, ctx)
  for _, frame in ipairs(ctx.frames) do
    for name in next, frame.locals do found[name] = { word = name, kind = "local" } end
  end
end

local function add_results(found, shell)
  local results = shell and rawget(shell, "results")
  local values = results and rawget(results, "values")
  if not values then return end
  found._ = { word = "_", kind = "result" }
  for n, value in next, values do
    local entry = names.entry("_" .. n, value)
    entry.result, found[entry.word] = n, entry
  end
end

local function add_library(found)
  for name in next, require "std" do
    local kind = no_functions[name] or "function"
    local follow = kind == "table" and "." or kind == "function" and "(" or nil
    found[name] = { word = name, kind = kind, library = name, follow = follow }
  end
  for _, name in ipairs(require("core.services").names()) do
    found[name] = { word = name, kind = "service", service = name, follow = "." }
  end
end

--- names.globals(ctx, env, shell, in_value) -> entries for what a name alone
-- can be; in_value: where a statement cannot begin.
function names.globals(ctx, env, shell, in_value)
  local found = {}
  for word in next, lexer.keywords do
    if not in_value or in_values[word] then found[word] = { word = word, kind = "keyword" } end
  end
  for name, value in next, _G do
    if names.is_name(name) then found[name] = names.entry(name, value) end
  end
  add_library(found)
  if ctx.word:sub(1, 1) == "_" then add_results(found, shell) end
  for name, value in next, env do
    if names.is_name(name) then
      found[name] = names.entry(name, value)
      found[name].session = true
    end
  end
  add_locals(found, ctx)
  local out = {}
  for _, entry in next, found do out[#out + 1] = entry end
  return out
end

-- ---- topics of help ----

--- names.topics(word) -> entries for "ixon.invites.cr": what help knows.
function names.topics(word)
  local out, services = {}, require "core.services"
  local service, resource = word:match("^([^.]*)%.([^.]*)%.")
  service = service or word:match("^([^.]*)%.")
  if not service then
    local found = {}
    add_library(found)
    for _, entry in next, found do
      out[#out + 1] = entry
      if entry.kind ~= "service" then entry.follow = nil end
    end
    return out
  end
  if not services.exists(service) then return out end
  local thing = { kind = "service", catalogue = services.catalogue(service) }
  if resource then
    local found = thing.catalogue.resource[resource]
    thing = found and { kind = "resource", catalogue = thing.catalogue, resource = found }
  end
  for _, entry in ipairs(names.members(thing, ".")) do
    if entry.word ~= "with" or resource then
      entry.label = entry.word
      entry.word = service .. "." .. (resource and resource .. "." or "") .. entry.word
      if entry.kind ~= "resource" then entry.follow = nil end
      out[#out + 1] = entry
    end
  end
  return out
end

return names
