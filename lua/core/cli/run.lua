-- run.lua - errand run FILE.
-- SPDX-License-Identifier: MIT

local script = require "core.script"

local run = {
  summary = "Run a script.",
  usage = "run [OPTIONS] FILE [ARGUMENTS]",
  doc = "FILE is a Lua script, or - for standard input. What follows FILE belongs to the script: "
    .. "try errand run FILE --help. Modules beside FILE can be required.",
  raw = true,
}

--- run.run(args): args[1] is the file, the rest are the script's.
function run.run(args)
  local path = table.remove(args, 1)
  if not path then
    require("core.error").raise("validation", "which script? errand run FILE [ARGUMENTS]")
  end
  local text, chunk = script.read(path)
  if path ~= "-" then require("host.state").set_path(path:match("^(.*)/[^/]*$") or ".") end
  args.options = nil
  script.run(script.load(text, chunk), path, args)
end

return run
