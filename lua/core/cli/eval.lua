-- eval.lua - errand -e CODE.
-- SPDX-License-Identifier: MIT

local script = require "core.script"

local eval = {}

--- eval.run(args, code): runs code; all words behind it are its arguments.
function eval.run(args, code)
  script.run(script.load(code, "=(command line)"), "-e", args)
end

return eval
