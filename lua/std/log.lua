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

--- log.info(...): the same as log(...).
function log.info(...)
  host_err.log("info", text_of(...))
end

--- log.warn(...): something the reader should look at.
function log.warn(...)
  host_err.log("warn", text_of(...))
end

--- log.error(...): something that went wrong while the script goes on.
function log.error(...)
  host_err.log("error", text_of(...))
end

--- log.debug(...): shown with -vv only.
function log.debug(...)
  host_err.log("debug", text_of(...))
end

return setmetatable(log, { __call = function(_, ...) log.info(...) end })
