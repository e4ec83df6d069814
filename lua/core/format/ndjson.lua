-- ndjson.lua - one JSON document a record, one record a line.
-- SPDX-License-Identifier: MIT

local records = require "core.format.records"
local encode = require "core.format.json"

--- ndjson(value, opts) -> text. A value that is no list is one line.
return function(value)
  if not records.is_list(value) then return encode(value, {}) end
  local lines = {}
  for i = 1, #value do lines[i] = encode(value[i], {}) end
  return table.concat(lines)
end
