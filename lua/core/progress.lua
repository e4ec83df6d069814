-- progress.lua - lines that say how far a long piece of work has come.
-- SPDX-License-Identifier: MIT

local progress = {}

--- progress.shown() -> true where such lines are wanted: standard error is a
-- terminal and --quiet was not given.
function progress.shown()
  return not require("core.session").quiet and require("host.sys").isatty(2)
end

--- progress.step(done, total, text): one line on standard error, on a
-- terminal only.
function progress.step(done, total, text)
  if not progress.shown() then return end
  local width = #tostring(total)
  local line = ("[%" .. width .. "d/%d] %s"):format(done, total, text)
  require("host.sys").write(2, require("host.err").safe(line) .. "\n")
end

return progress
