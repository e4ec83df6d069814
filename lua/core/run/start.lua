-- core/run/start.lua - a workflow's file and words made into a program and its input.
-- SPDX-License-Identifier: MIT

local error_ = require "core.error"
local script = require "core.script"
local session = require "core.session"
local sources = require "core.run.sources"

local M = {}

local function read(path)
  local text, chunk = script.read(path)
  if path ~= "-" then require("host.state").set_path(path:match("^(.*)/[^/]*$") or ".") end
  return text, chunk
end

-- The row of an argument that the workflow names as secret says so, too.
local function as_secret(definition, row)
  if type(row) ~= "table" or not definition.secret[row[1]] or row.secret or (row[2] or "string") ~= "string" or row.enum then
    return row
  end
  local out = { secret = true }
  for key, value in pairs(row) do out[key] = value end
  return out
end

--- The input that the words of a command line make.
function M.input_of(program, path, words)
  local definition, environment = program:definition()
  session.script, session.words = path, words
  local spec = { summary = definition.summary, doc = definition.doc }
  for i, row in ipairs(definition.args or {}) do spec[i] = as_secret(definition, row) end
  local given = require "std.args"(spec)
  if definition.input then
    given = require("core.run.engine").prepare(environment, "the input of a workflow", definition.input, given)
  end
  if type(given) ~= "table" then
    error_.raise("script", ("the input function of workflow %s must return a table, got %s"):format(definition.name, type(given)))
  end
  for name in pairs(definition.secret) do
    if type(given[name]) == "string" then require("host.err").hide(given[name]) end
  end
  return given
end

--- The program of a workflow's file and the input that the words make. Reads
-- of the input function go wherever the session says.
function M.input(path, words)
  local text = read(path)
  if not script.is_workflow(text) then
    error_.raise("script", ("%s does not return a workflow: only what ends with return workflow.define(...) can be proved")
      :format(path))
  end
  local program = sources.read(path, text)
  return program, M.input_of(program, path, words)
end

--- Plans the file (core/run/plan.lua): the plan, and of a workflow the
-- definition and the input.
function M.plan(path, words)
  local plan = require "core.run.plan"
  local text, chunk = read(path)
  if not script.is_workflow(text) then
    local fn = script.load(text, chunk)
    session.script, session.words = path, words
    return plan.script(function() fn(table.unpack(words)) end)
  end
  local program = sources.read(path, text)
  local input = M.input_of(program, path, words)
  local definition, environment = program:definition()
  return plan.workflow(definition, environment, input), definition, input
end

return M
