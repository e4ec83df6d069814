-- version.lua - errand version.
-- SPDX-License-Identifier: MIT

local version = {
  summary = "Show the version.",
  usage = "version",
  options = {},
}

--- version.run(): prints errand's version and Lua's.
function version.run()
  require("core.output").text(("errand %s (%s)\n"):format(require("host.sys").version, _VERSION))
end

return version
