-- core/run/clock.lua - where a run has its time from.
-- SPDX-License-Identifier: MIT

-- A clock has the methods wall (seconds since 1970), mono (seconds that only
-- grow, within one boot), boot_id, sleep(seconds), and a member `virtual`,
-- true where sleeping takes no time.

local M = {}

local Real = {}
Real.__index = Real

function Real.wall()
  return require("host.sys").clock()
end

function Real.mono()
  return require("host.task").now()
end

local boot

function Real.boot_id()
  boot = boot or require("host.sys").boot_id() -- a process does not survive it
  return boot
end

-- Whoever sleeps and may be asked to end looks up that often.
local LOOK <const> = 1 -- seconds

function Real.sleep(_, seconds)
  local task, term = require "host.task", require "core.run.term"
  if not term.listens() then return task.sleep(math.max(0, seconds)) end
  local ends = task.now() + seconds
  repeat
    local left = ends - task.now()
    if left <= 0 or term.asked() then return end
    task.sleep(math.min(left, LOOK))
  until false
end

--- The clock of this machine.
function M.real()
  return setmetatable({}, Real)
end

local Virtual = {}
Virtual.__index = Virtual

function Virtual:wall()
  return self.at
end

function Virtual:mono()
  return self.at - self.start
end

function Virtual:boot_id()
  return self.boot
end

function Virtual:sleep(seconds)
  self.at = self.at + math.max(0, seconds)
  if self.on_sleep then self.on_sleep(self.at) end
end

--- A clock that goes on only where somebody sleeps.
-- @tparam ?number start seconds since 1970
function M.virtual(start)
  start = start or 1700000000
  return setmetatable({ virtual = true, at = start, start = start, boot = "virtual" }, Virtual)
end

--- Sleeps until the wall clock shows `at` (nil: for good) or look() gives
-- something, which is returned. What others may have decided is looked at
-- every second.
function M.wait(clock, at, look)
  local found = look and look()
  while found == nil do
    local left = at and at - clock:wall() or math.huge
    if left <= 0 then return nil end
    if clock.virtual and not at then return nil end -- nobody will decide
    clock:sleep(clock.virtual and left or math.min(left, look and LOOK or left, 3600))
    found = look and look()
  end
  return found
end

return M
