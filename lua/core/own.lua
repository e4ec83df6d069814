-- core/own.lua - services that an administrator described, beside the built-in ones.
-- SPDX-License-Identifier: MIT

-- Each has a folder with its catalogue.lua, and with a sandbox.lua where the
-- sandbox shall play it. The files are data as those of lua/<service>/ are, but
-- nobody's tests have seen them: they are linted whenever they are loaded. One
-- that is broken is an error to who uses it and to nobody else.

local error_ = require "core.error"
local host = require "host.own"
local sys = require "host.sys"

local M = {}

local globals = " assert collectgarbage coroutine debug dofile error io ipairs load loadfile math next os package pairs pcall "
  .. "print rawequal rawget rawlen rawset require secret select string table tonumber tostring type utf8 warn xpcall "

-- Why a service cannot have this name, or nil.
local function taken(name)
  if not name:find "^%l[%l%d_]*$" or not load("local " .. name) then
    return "a service's name has lower-case letters, digits and _, and is no word of Lua"
  end
  for _, known in ipairs(require("host.state").services()) do
    if known == name then return "errand has a service of that name" end
  end
  if globals:find(" " .. name .. " ", 1, true) or require("std")[name] or name == "core" or name == "std" or name == "host" then
    return "the name means something else in scripts"
  end
  local prefix = ("ERRAND_%s_"):format(name:upper())
  for _, variable in ipairs(require("core.settings").variables) do
    if variable:sub(1, #prefix) == prefix then return ("its settings would be mistaken for %s"):format(variable) end
  end
end

--- Folder that holds them: ERRAND_SERVICES, else services beside the usual
-- configuration file; nil where there is no home.
function M.dir()
  local named = sys.env "ERRAND_SERVICES"
  if named and named ~= "" then return named end
  return require("core.config").below("XDG_CONFIG_HOME", "/.config", "/errand/services")
end

local function folders(dir)
  local names, err = host.services(dir)
  if names then return names end
  if error_.is(err) then return nil, err.message end
  error_.rethrow(err)
end

--- Names of the services in it, in no order, and what of it is none: a list of
-- { name =, message = } for folders that cannot have their name; where the
-- folder itself cannot be read, one without name.
function M.names()
  local dir = M.dir()
  if not dir then return {}, {} end
  local found, why = folders(dir)
  if not found then return {}, { { message = why } } end
  local names, refused = {}, {}
  for _, name in ipairs(found) do
    why = taken(name)
    if why then
      refused[#refused + 1] = { name = name, message = ("%s/%s: %s; give the folder another name"):format(dir, name, why) }
    else
      names[#names + 1] = name
    end
  end
  return names, refused
end

-- The table that a file returns. It is data and read as such, with bounds: one
-- that goes on for ever must end.
local function read(path)
  local text, err = host.read(path)
  if not text then error_.rethrow(err) end
  local value, fault = require("host.declare").data(text)
  if value then return value end
  error_.raise("config", ("%s:%s %s"):format(path, fault.line and fault.line .. ":" or "", fault.message))
end

local function refuse(path, problems)
  if #problems == 0 then return end
  local list = {}
  for i, text in ipairs(problems) do list[i] = { message = text } end
  local text = #list == 1 and problems[1] or #list .. " problems"
  error_.raise("config", ("%s: %s"):format(path, text), { problems = #list > 1 and list or nil })
end

-- What the file of that name says of a service, and its path; nil if there is
-- none.
local function part(name, file)
  local dir = M.dir()
  local path = dir and ("%s/%s/%s"):format(dir, name, file)
  if path and sys.exists(path) then return read(path), path end
end

--- The catalogue of a service in that folder as its file returns it; nil if
-- there is none. Raises kind "config" with all that is wrong with it.
function M.catalogue(name)
  local catalogue, path = part(name, "catalogue.lua")
  if not catalogue then return nil end
  local problems = require("core.lint").check(catalogue)
  if catalogue.name ~= nil and catalogue.name ~= name then
    table.insert(problems, 1, ("service: name is '%s' and the folder's is '%s'; they must be the same"):format(
      tostring(catalogue.name), name))
  end
  refuse(path, problems)
  return catalogue
end

--- Its sandbox data; nil if it has none. Raises as M.catalogue does.
function M.sandbox(name)
  local data, path = part(name, "sandbox.lua")
  if data then refuse(path, require("core.sandbox.data").lint(data, require("core.catalogue").load(name))) end
  return data
end

return M
