-- core/sandbox/failure.lua - a request that the simulated service refuses.
-- SPDX-License-Identifier: MIT

local M = {}
local mark = {}

--- Raises a refusal: HTTP status, sentence, and a list of problems
-- { message =, path =, index = (counted from 0) }.
function M.raise(status, message, problems, headers)
  error(setmetatable({ status = status, message = message, problems = problems or { { message = message } },
    headers = headers }, mark), 0)
end

--- True for what raise raised; anything else is a fault of the sandbox.
function M.is(value)
  return type(value) == "table" and getmetatable(value) == mark
end

return M
