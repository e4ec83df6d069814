-- core/sandbox - the switch from the real services to the simulated ones.
-- SPDX-License-Identifier: MIT

local M = {}

--- Starts a sandbox as a child of this process and makes its accounts the
-- only ones. To be called before the first request. options: state (path of
-- a file that keeps the world), faults (list of specifications), port.
-- Returns the port and a child with a method close.
function M.attach(options)
  local port, child = require("host.sandbox").spawn { port = options.port or 0, state = options.state,
    faults = options.faults or {} }
  if not port then require("core.error").rethrow(child) end
  local accounts = require("core.sandbox.data").accounts(port)
  -- no proxy of the environment leads to this machine
  for _, account in pairs(accounts) do account.proxy = "" end
  require("core.config").configure { sandbox = accounts }
  return port, child
end

return M
