-- core/own.lua - services that an administrator described, beside the built-in ones.
-- SPDX-License-Identifier: MIT

-- Each has a folder with its catalogue.lua, and with a sandbox.lua where the
-- sandbox shall play it. The files are data as those of lua/<service>/ are, but
-- nobody's tests have seen them: they are linted whenever they are loaded.

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

--- Names of the services in it, in no order; raises kind "config" where one
-- cannot have its name.
function M.names()
  local dir = M.dir()
  if not dir then return {} end
  local names, err = host.services(dir)
  if not names then error_.rethrow(err) end
  for _, name in ipairs(names) do
    local why = taken(name)
    if why then error_.raise("config", ("%s/%s: %s; give the folder another name"):format(dir, name, why)) end
  end
  return names
end

-- The table that a file returns, evaluated without any library.
local function read(path)
  local text, err = host.read(path)
  if not text then error_.rethrow(err) end
  local chunk, why = load(text, "@" .. path, "t", {})
  if not chunk then error_.raise("config", why) end
  local ok, value = pcall(chunk)
  if not ok then error_.raise("config", tostring(value)) end
  if type(value) ~= "table" then error_.raise("config", ("%s: it must return a table, got %s"):format(path, type(value))) end
  return value
end

local function refuse(path, problems)
  if #problems == 0 then return end
  local list = {}
  for i, text in ipairs(problems) do list[i] = { message = text } end
  local text = #list == 1 and problems[1] or #list .. " problems"
  error_.raise("config", ("%s: %s"):format(path, text), { problems = #list > 1 and list or nil })
end

-- Lint looks at what is there and expects tables where tables belong.
local function lint(check, ...)
  local ok, problems = pcall(check, ...)
  return ok and problems or { "it is not built as a catalogue is: " .. tostring(problems) }
end

--- The catalogue of a service in that folder as its file returns it; nil if
-- there is none. Raises kind "config" with all that is wrong with it.
function M.catalogue(name)
  local dir = M.dir()
  local path = dir and ("%s/%s/catalogue.lua"):format(dir, name)
  if not path or not sys.exists(path) then return nil end
  local catalogue = read(path)
  local problems = lint(require("core.lint").check, catalogue)
  if catalogue.name ~= nil and catalogue.name ~= name then
    table.insert(problems, 1, ("service: name is '%s' and the folder's is '%s'; they must be the same"):format(
      tostring(catalogue.name), name))
  end
  refuse(path, problems)
  return catalogue
end

--- Its sandbox data; nil if it has none. Raises as M.catalogue does.
function M.sandbox(name)
  local dir = M.dir()
  local path = dir and ("%s/%s/sandbox.lua"):format(dir, name)
  if not path or not sys.exists(path) then return nil end
  local data = read(path)
  refuse(path, lint(require("core.sandbox.data").lint, data, require("core.catalogue").load(name)))
  return data
end

return M
