-- deadline.lua - deadline(seconds, fn, ...): no longer than that.
-- SPDX-License-Identifier: MIT

--- deadline(time, fn, ...) -> what fn returns. Raises kind "timeout" when the
-- time is up while fn waits; time as in sleep().
return function(time, fn, ...)
  local seconds, message = require("core.duration").seconds(time)
  if not seconds then require("core.error").raise("validation", "deadline: " .. message, nil, 2) end
  return require("host.task").deadline(seconds, fn, ...)
end
