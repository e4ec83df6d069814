-- time.lua - :time, how long an expression takes and what of it is waiting.
-- SPDX-License-Identifier: MIT

local out = require "core.repl.command.out"

local time = {}

--- time.text(took) -> "0.031 s, 2 calls, 0.028 s of it waiting for the network"
function time.text(took)
  local text = ("%.3f s, %d call%s"):format(took.seconds, took.calls, took.calls == 1 and "" or "s")
  if took.network < 0.0005 and took.calls == 0 then return text end
  return ("%s, %.3f s of it waiting for the network"):format(text, math.min(took.network, took.seconds))
end

--- time.run(shell, text): runs it as if it were typed alone, then the time.
function time.run(shell, text)
  local fn, message, incomplete, from, to = shell:compile(text)
  if incomplete then out.raise(":time wants all of an expression or statement, and '%s' ends in the middle", text) end
  if not fn then require("core.error").raise("script", message, { from = from, to = to, syntax = true }) end
  local took
  local ok, err = xpcall(function()
    shell:call(function()
      local mark = shell.calls:mark()
      local values = table.pack(pcall(fn))
      took = shell.calls:took(mark)
      if not values[1] then error(values[2], 0) end
      return table.unpack(values, 2, values.n)
    end)
  end, require("host.state").traceback)
  if took then out.say(time.text(took)) end
  if not ok then error(err, 0) end
end

return time
