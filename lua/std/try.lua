-- try.lua - try(f, ...): a raise becomes nil, err.
-- SPDX-License-Identifier: MIT

local function finish(ok, ...)
  if ok then return ... end
  local err = ...
  local is_error = type(err) == "table"
  -- Being cancelled and leaving the script are no failures of f.
  if is_error and (err.kind == "cancelled" or require("core.exit").code(err)) then error(err, 0) end
  if not require("host.err").is(err) then
    err = require("core.error").new("script", tostring(err), { cause = err })
  end
  return nil, err
end

--- try(f, ...) -> what f returns, or nil and the error. A cancellation
-- (Ctrl-C, task:cancel()) goes on upwards.
return function(f, ...)
  return finish(pcall(f, ...))
end
