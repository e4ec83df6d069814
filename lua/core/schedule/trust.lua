-- core/schedule/trust.lua - whether the time of day can be believed.
-- SPDX-License-Identifier: MIT

-- Nothing begins by a clock that is not set, that shows a time before the last one that the store has seen, or that was set on
-- by more than a day while the machine was awake: a slot that a wrong future skips would never run. Such a step is believed
-- when the machine's clock is synchronised after it, or when nobody has corrected it for ten minutes; a schedule that waits for
-- ever would be as bad.

local sys = require "host.sys"

local M = {}

local DAY <const> = 86400
local PATIENCE <const> = 600 -- seconds

local Trust = {}
Trust.__index = Trust

--- A watch over a clock. options: clock (wall, mono), synchronised() -> bool
-- or nil (nobody knows), trusted (a clock that is not synchronised is good
-- enough), last (the last time of day in the store, or nil).
function M.new(options)
  return setmetatable({ clock = options.clock, synchronised = options.synchronised or function() return nil end,
    trusted = options.trusted or false, last = options.last, slept = 0 }, Trust)
end

local function said(at) return (sys.utc(math.floor(at)):gsub("%.%d+Z$", "Z")) end

-- How far the clock went beside the one that only counts.
local function watch_steps(self, now, mono)
  local offset = now - mono
  local jump = self.offset and offset - self.offset - self.slept or 0
  self.offset, self.slept = offset, 0
  if jump > DAY then self:suspect(jump, mono) end
  if self.doubt and jump < -DAY then self.doubt = nil end -- put back
end

function Trust:suspect(jump, mono)
  if not self.doubt then self.doubt = { jump = jump, since = mono } end
end

--- The clock was set, or the machine slept: seconds of either.
function Trust:moved(stepped, slept)
  if self.doubt and slept > 0 then
    if self.doubt.jump - slept <= DAY then self.doubt = nil end
  else
    self.slept = self.slept + math.max(0, slept)
  end
  if stepped > DAY then self:suspect(stepped, self.clock:mono()) end
  if stepped < -DAY then self.doubt = nil end
end

-- An earlier time than the store has seen: true once it is the right one.
local function believes_back(self, now, mono, synchronised)
  if not synchronised or self.last - now <= DAY then
    self.back = nil
    return false
  end
  self.back = self.back or mono
  return mono - self.back >= PATIENCE
end

--- true; or false, a sentence and a word for it; true, nil, "back" where an
-- earlier time than the last one is to be written down.
function Trust:look()
  local now, mono, synchronised = self.clock:wall(), self.clock:mono(), self.synchronised()
  watch_steps(self, now, mono)
  if synchronised == false and not self.trusted then
    return false, "the clock is not synchronised yet; where nothing sets it, errand serve --trust-clock",
      "unsynchronised"
  end
  if self.doubt and (synchronised or mono - self.doubt.since >= PATIENCE) then self.doubt = nil end
  if self.doubt then
    return false, ("the clock was set on by %d hours while the machine was awake; it is believed once it is synchronised, or at"
      .. " the latest after ten minutes"):format(self.doubt.jump // 3600), "future"
  end
  if self.last and now < self.last then
    if believes_back(self, now, mono, synchronised) then return true, nil, "back" end
    return false, ("the clock shows %s, and the store has seen %s; if the clock is right, errand serve --accept-clock"):format(
      said(now), said(self.last)), "past"
  end
  self.back = nil
  return true
end

return M
