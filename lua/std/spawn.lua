-- spawn.lua - spawn(fn, ...): fn runs as a task beside the script.
-- SPDX-License-Identifier: MIT

--- spawn(fn, ...) -> task; task:join() -> what fn returns, or raises what it
-- raised; task:cancel() stops it where it waits.
return function(fn, ...)
  return require("host.task").spawn(fn, ...)
end
