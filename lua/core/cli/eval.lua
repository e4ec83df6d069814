-- eval.lua - errand -e CODE.
-- SPDX-License-Identifier: MIT

local script = require "core.script"

local eval = {}

--- eval.run(args, code): runs code; all words behind it are its arguments.
function eval.run(args, code)
  if script.run(script.load(code, "=(command line)"), "-e", args) then
    require("core.error").raise("validation", "a workflow is run from a file, which a run can go back to: errand run FILE")
  end
end

return eval
