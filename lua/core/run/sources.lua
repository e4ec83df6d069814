-- core/run/sources.lua - the Lua sources of a workflow, as they were when the run began.
-- SPDX-License-Identifier: MIT

-- A program is a set of texts by name: "@scripts/onboard.lua" is the file
-- itself, any other name a module that it requires from beside it. A run
-- keeps the set, so editing a file never touches a run that is under way.

local body = require "core.run.body"
local error_ = require "core.error"
local script = require "core.script"
local sys = require "host.sys"

local M = {}
local Program = {}
Program.__index = Program

local function main_name(texts)
  for name in pairs(texts) do
    if name:sub(1, 1) == "@" or name:sub(1, 1) == "=" then return name end
  end
  error_.raise("file", "the sources of the run do not say which file is the workflow itself")
end

--- A program of these texts; nothing is read from disk.
function M.program(texts)
  return setmetatable({ texts = texts, main = main_name(texts) }, Program)
end

--- The program of a file; what it requires is added when it is loaded.
-- @tparam string path
-- @tparam ?string text of the file, if it has been read
function M.read(path, text)
  local chunk
  if not text then text, chunk = script.read(path) end
  chunk = chunk or (path == "-" and "=stdin" or "@" .. path)
  local program = M.program { [chunk] = text }
  program.dir = path ~= "-" and (path:match "^(.*)/[^/]*$" or ".") or nil
  return program
end

--- The program that a run was started with.
-- @tparam table journal
-- @tparam table run its row
function M.pinned(journal, run)
  local texts, elsewhere = journal:source(run.source_set)
  for name, digest in pairs(elsewhere) do
    local path = name:match "^@(.*)$"
    local text = path and sys.read_file(path)
    if not text or sys.sha256(text) ~= digest then
      error_.raise("file", ("run %s needs %s as it was, but the store does not hold it, for it has a secret in it: put that "
        .. "version back"):format(run.id, name))
    end
    texts[name] = text
  end
  return M.program(texts)
end

-- The text of a module beside the workflow, or nil.
local function module_text(program, name)
  if program.texts[name] then return program.texts[name] end
  if not program.dir or not name:find "^[%w_][%w_.]*$" then return nil end
  local path = program.dir .. "/" .. name:gsub("%.", "/") .. ".lua"
  if not sys.exists(path) then return nil end
  local text, err = sys.read_file(path)
  if not text then error_.rethrow(err) end
  program.texts[name] = text
  return text
end

--- Loads the program anew, with globals of its own; what its file returns,
-- and the environment, whose `phase` says what it may do.
function Program:load()
  local environment = body.environment()
  local loaded = {}
  environment.require(function(name)
    if loaded[name] ~= nil then return loaded[name] end
    local text = module_text(self, name)
    if not text then return nil end
    if environment.phase ~= "load" then
      error_.raise("script", ("require \"%s\" at the top of the workflow's file, so that a run keeps what it was"):format(name))
    end
    loaded[name] = true
    local value = environment.load(text, "@" .. name)(name)
    if value ~= nil then loaded[name] = value end
    return loaded[name]
  end)
  local value = environment.load(self.texts[self.main], self.main)()
  environment.phase = "ready"
  return value, environment
end

--- A new copy of the workflow that the file returns, with its environment.
function Program:definition()
  local definition, environment = self:load()
  require("core.session").defined = nil -- a script that runs programs has not forgotten this one
  if not require("std.workflow").is(definition) then
    error_.raise("script", ("%s does not return a workflow: it ends with return workflow.define(...)"):format(self.main:sub(2)))
  end
  return definition, environment
end

return M
