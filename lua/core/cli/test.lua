-- test.lua - errand test FILE...: runs specs and prints TAP.
-- SPDX-License-Identifier: MIT

local test = {
  summary = "Run specs and print TAP.",
  usage = "test FILE...",
  doc = "A spec uses require \"test\": describe, it, eq, ok, near, raises.",
  options = {},
}

--- test.run(args): every file in turn; 1 if a case failed.
function test.run(args)
  if #args == 0 then
    require("core.error").raise("validation", "which specs? errand test FILE...")
  end
  local runner = require "std.test"
  package.loaded.test = runner
  local script = require "core.script"
  for _, path in ipairs(args) do
    runner.file(path, function()
      local text, chunk = script.read(path)
      require("host.state").set_path(path:match("^(.*)/[^/]*$") or ".")
      script.load(text, chunk)()
    end)
  end
  return runner.finish()
end

return test
