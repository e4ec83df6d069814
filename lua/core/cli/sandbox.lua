-- sandbox.lua - errand sandbox: the simulated services in the foreground.
-- SPDX-License-Identifier: MIT

local sandbox = {
  summary = "Simulate all services on this machine until Ctrl-C.",
  usage = "sandbox [--port N] [--fault SPEC ...] [--state FILE]",
  doc = "Prints the variables that make errand, or curl, talk to it. --state keeps what was created in a "
    .. "file from start to start. SPEC is SERVICE.RESOURCE.OPERATION:KIND[=ARGUMENT][@N[-M]], * for any, N the "
    .. "number of the call: ixon.invites.create:drop-reply@1. Kinds: latency=SECONDS, late=SECONDS, status=CODE, "
    .. "status-after=CODE, 429[=SECONDS], reset, drop, drop-reply, expire-token, truncate, huge[=BYTES], html, "
    .. "empty, malformed. GET /_sandbox/effects counts what happened by business key. For trying and testing: "
    .. "it is no evidence about the vendors.",
  options = {
    { "port", value = "N", type = "integer", min = 0, max = 65535, doc = "Port on 127.0.0.1; a free one if left out." },
    { "state", value = "FILE", doc = "Keep the simulated services in this file." },
  },
}

local function quote(text)
  return "'" .. tostring(text):gsub("'", "'\\''") .. "'"
end

-- One line a setting, in the same order each time.
local function exports(port)
  local lines = {}
  for service, account in pairs(require("core.sandbox.data").accounts(port)) do
    for name, value in pairs(account) do
      lines[#lines + 1] = ("export ERRAND_%s_%s=%s\n"):format(service:upper(), name:upper(), quote(value))
    end
  end
  table.sort(lines)
  return table.concat(lines)
end

--- sandbox.run(args): serves until interrupted.
function sandbox.run(args)
  if args[1] then
    require("core.error").raise("validation", ("unexpected '%s'; usage: errand %s"):format(args[1], sandbox.usage))
  end
  local given = args.options
  local output = require "core.output"
  local ok, err = pcall(require("core.sandbox.main").serve, {
    port = given.port or 0, state = given.state, faults = require("core.session").faults,
    on_listen = function(port, inside)
      output.text(exports(port))
      output.text(("# for POST /_sandbox/...: X-Sandbox-Token: %s\n# serving on http://127.0.0.1:%d until Ctrl-C\n"):format(
        inside.token, port))
    end,
  })
  if ok then return 0 end
  if type(err) == "table" and err.kind == "cancelled" then return 0 end
  error(err, 0)
end

return sandbox
