-- json.lua - one JSON document.
-- SPDX-License-Identifier: MIT

local json = require "host.json"

--- json(value, opts) -> text. opts.pretty: two blanks an indent.
return function(value, opts)
  local text, err = json.encode(value == nil and json.null or value, opts.pretty and 2 or 0)
  if not text then require("core.error").raise("validation", tostring(err.message or err)) end
  return text .. "\n"
end
