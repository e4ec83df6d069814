-- child.lua - scripts run by another errand, for what ends a process.
-- SPDX-License-Identifier: MIT

local sys = require "host.sys"

local child = {}

local errand = os.getenv "ERRAND" or "build/errand"
local limit = 20 * (math.tointeger(tonumber(os.getenv "SLOW" or 1)) or 1)
local dir

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

--- A directory for the files of a case; child.clean() removes it.
function child.dir()
  if not dir then
    dir = os.tmpname()
    os.remove(dir)
    assert(sys.make_dir(dir, 448))
  end
  return dir
end

--- Writes a file into the directory and returns its path.
function child.file(name, text)
  local path = child.dir() .. "/" .. name
  assert(sys.write_file(path, text, 384))
  return path
end

--- Runs errand with the words (as in a shell) -> output of both kinds, exit
-- code. before: variables, as in a shell.
function child.errand(words, before)
  local pipe = assert(io.popen(("cd %s && %s timeout %d %s %s </dev/null 2>&1; echo \"exit $?\""):format(
    quote(child.dir()), before or "", limit, quote(sys.realpath(errand)), words)))
  local text = pipe:read "a"
  pipe:close()
  local output, code = text:match "^(.*)exit (%d+)\n$"
  return output, math.tointeger(tonumber(code))
end

--- Runs the text as main.lua -> output, exit code.
function child.script(text, options)
  child.file("main.lua", text)
  return child.errand((options or "") .. " run main.lua")
end

--- Removes the directory with the files that were made in it.
function child.clean()
  if not dir then return end
  os.execute("rm -rf " .. quote(dir))
  dir = nil
end

return child
