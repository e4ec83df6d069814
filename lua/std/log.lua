-- log.lua - log(...), log.warn(...): lines on standard error, secrets out.
-- SPDX-License-Identifier: MIT

local host_err = require "host.err"

local log = {}

-- Values side by side as print() shows them, tables as JSON.
local function text_of(...)
  local parts = table.pack(...)
  for i = 1, parts.n do
    local value = parts[i]
    local meta = type(value) == "table" and getmetatable(value)
    if type(value) == "table" and not (type(meta) == "table" and meta.__tostring) then
      value = require("host.json").encode(value) or value
    end
    parts[i] = tostring(value)
  end
  return table.concat(parts, " ")
end

-- A line of its own for each line of the text; those after the first are
-- indented, so that foreign text cannot pass for a record.
local function write(level, ...)
  local text = host_err.redact(text_of(...)):gsub("\n+$", "")
  local indent = ""
  for line in (text .. "\n"):gmatch("([^\n]*)\n") do
    host_err.log(level, indent .. line)
    indent = "  "
  end
end

--- log.info(...): the same as log(...).
function log.info(...)
  write("info", ...)
end

--- log.warn(...): something the reader should look at.
function log.warn(...)
  write("warn", ...)
end

--- log.error(...): something that went wrong while the script goes on.
function log.error(...)
  write("error", ...)
end

--- log.debug(...): shown with -vv only.
function log.debug(...)
  write("debug", ...)
end

return setmetatable(log, { __call = function(_, ...) log.info(...) end })
