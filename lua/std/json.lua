-- json.lua - JSON text to values and back; raises where host.json returns nil.
-- SPDX-License-Identifier: MIT

local host_json = require "host.json"

local json = {
  null = host_json.null,
  array = require "std.array",
  object = require "std.object",
}

-- Invalid JSON text is the caller's bad data; the decoder blames a server.
local function fail(err)
  require("core.error").raise("validation", tostring(err.message or err), nil, 3)
end

--- json.encode(value) -> JSON text on one line, keys sorted.
function json.encode(value)
  local text, err = host_json.encode(value)
  if not text then fail(err) end
  return text
end

--- json.pretty(value) -> JSON text indented by two blanks.
function json.pretty(value)
  local text, err = host_json.encode(value, 2)
  if not text then fail(err) end
  return text
end

--- json.decode(text) -> value. JSON's null is json.null at the top level and
-- in arrays; a null member of an object reads as nil.
function json.decode(text)
  if type(text) ~= "string" then
    require("core.error").raise("validation",
      "json.decode: string expected, got " .. type(text), nil, 2)
  end
  local value, err = host_json.decode(text)
  if value == nil then fail(err) end
  return value
end

return json
