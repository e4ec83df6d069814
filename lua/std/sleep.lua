-- sleep.lua - sleep(seconds): lets other tasks run meanwhile.
-- SPDX-License-Identifier: MIT

--- sleep(time): seconds, or text such as "500ms", "90s", "2h", "1h30m".
return function(time)
  local seconds, message = require("core.duration").seconds(time)
  if not seconds then require("core.error").raise("validation", "sleep: " .. message, nil, 2) end
  require("host.task").sleep(seconds)
end
