-- object.lua - object{...}: a table that is written as a JSON object, even empty.
-- SPDX-License-Identifier: MIT

--- object(t) -> t, marked as a JSON object; without t a new empty one.
return function(t)
  return require("host.json").object(t or {})
end
