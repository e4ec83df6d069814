-- core/error.lua - structured errors: made here, raised at the caller.
-- SPDX-License-Identifier: MIT

local host_err = require "host.err"
local where = require("host.state").where

local M = { is = host_err.is }

--- Makes a structured error without raising it.
-- @tparam string kind one of the kinds of docs/design.md
-- @tparam string message one sentence that says what to do next
-- @tparam ?table fields status, problems, service, operation, body, ...
function M.new(kind, message, fields)
  local err = fields or {}
  err.kind, err.message = kind, message
  return host_err.new(err)
end

--- Raises a structured error; `where` becomes the script's own line.
function M.raise(kind, message, fields)
  local err = M.new(kind, message, fields)
  err.where = err.where or where()
  error(err, 0)
end

--- Raises an error that a host primitive returned, with more fields.
function M.rethrow(err, fields)
  for name, value in pairs(fields or {}) do
    if err[name] == nil then err[name] = value end
  end
  err.where = err.where or where()
  error(err, 0)
end

--- A list of problems as one error: the only one becomes the sentence.
-- @tparam string what "ixon.invites.create", named in the sentence
-- @tparam table problems { { path =, message = }, ... }
function M.problems(kind, problems, fields)
  fields = fields or {}
  if #problems == 1 then
    local p = problems[1]
    local text = p.path and p.path ~= "" and p.path .. ": " .. p.message or p.message
    return M.raise(kind, text, fields)
  end
  fields.problems = problems
  return M.raise(kind, ("%d problems, nothing was sent"):format(#problems), fields)
end

return M
