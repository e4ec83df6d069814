-- array.lua - array{...}: a table that is written as a JSON array, even empty.
-- SPDX-License-Identifier: MIT

--- array(t) -> t, marked as a JSON array; without t a new empty one.
return function(t)
  return require("host.json").array(t or {})
end
