-- clockwork.lua - virtual time: instants, what happens at them, and the clocks of a machine.
-- SPDX-License-Identifier: MIT

-- True time never jumps. The wall clock is true time and an offset that can be
-- set; the monotonic clock stands still while the machine sleeps.

local clockwork = {}

-- ---- numbers that a seed decides ----

--- A function as math.random, of its own state.
function clockwork.random(seed)
  local s = (seed * 0x9E3779B97F4A7C15) ~ 0x2545F4914F6CDD1D
  local function bits()
    s = s ~ (s << 13)
    s = s ~ (s >> 7)
    s = s ~ (s << 17)
    return s
  end
  for _ = 1, 8 do bits() end
  return function(m, n)
    local v = bits() >> 11
    if not m then return v / 9007199254740992.0 end
    if not n then m, n = 1, m end
    return m + v % (n - m + 1)
  end
end

-- ---- what happens when ----

local Clockwork = {}
Clockwork.__index = Clockwork

local function up(heap, i)
  local one = heap[i]
  while i > 1 do
    local parent = i // 2
    local p = heap[parent]
    if p.t < one.t or p.t == one.t and p.n < one.n then break end
    heap[i], i = p, parent
  end
  heap[i] = one
end

local function down(heap)
  local n, one = #heap, heap[1]
  local i = 1
  while true do
    local child = 2 * i
    if child > n then break end
    local c, d = heap[child], heap[child + 1]
    if d and (d.t < c.t or d.t == c.t and d.n < c.n) then child, c = child + 1, d end
    if one.t < c.t or one.t == c.t and one.n < c.n then break end
    heap[i], i = c, child
  end
  heap[i] = one
end

--- A machine that was booted at that instant.
function clockwork.new(start)
  return setmetatable({ t = start, off = 0.0, boots = 1, booted = start, asleep = 0.0, heap = {}, n = 0 }, Clockwork)
end

--- Calls fn at a true time, after what was asked for earlier at the same time;
-- what it returns has a member `off` that is set to drop it.
function Clockwork:at(t, fn)
  self.n = self.n + 1
  local one = { t = math.max(t, self.t), n = self.n, fn = fn }
  local heap = self.heap
  heap[#heap + 1] = one
  up(heap, #heap)
  return one
end

function Clockwork:after(seconds, fn)
  return self:at(self.t + seconds, fn)
end

--- Does what comes next, if that is not later than t; whether it did.
function Clockwork:step(t)
  local heap = self.heap
  local one = heap[1]
  if not one or one.t > t then return false end
  local last = table.remove(heap)
  if heap[1] then
    heap[1] = last
    down(heap)
  end
  self.t = math.max(self.t, one.t)
  if not one.off then one.fn() end
  return true
end

function Clockwork:wall()
  return self.t + self.off
end

function Clockwork:mono()
  return self.t - self.booted - self.asleep
end

function Clockwork:boot_id()
  return ("boot-%d"):format(self.boots)
end

--- The wall instant at which the machine was booted, as the kernel tells it.
function Clockwork:boot_at()
  return self.booted + self.off
end

--- The machine is off and on again: the monotonic clock starts anew.
function Clockwork:boot()
  self.boots, self.booted, self.asleep = self.boots + 1, self.t, 0.0
end

--- All that was to happen happens that much later: nothing turns while the
-- machine sleeps.
function Clockwork:sleep(seconds)
  for _, one in ipairs(self.heap) do one.t = one.t + seconds end
  self.t, self.asleep = self.t + seconds, self.asleep + seconds
end

return clockwork
