-- core/schedule/book/present.lua - takes back what was written by a clock that was ahead, once it is right again.
-- SPDX-License-Identifier: MIT

local cron = require "host.cron"
local slots = require "core.schedule.slots"

-- Slots that are yet to come and never began; one that ran keeps its row, for none runs twice.
local YET = " WHERE schedule = :name AND at > :upto AND kind = 'slot' AND state IN ('due', 'skipped')"

local SHORTEN = "UPDATE slot SET at = :at, due = :due, local_time = :local_time, flags = :flags, collapsed = :collapsed,"
  .. " times = :times, covers = :covers WHERE id = :id"

--- Inside a transaction: slots later than the present lose the rows that such a clock gave them, and get others when they are
-- due; what was entered or evaluated later counts from the present.
-- @tparam table B the book
-- @tparam integer now the present
return function(B, now)
  local function is_taken(name, at)
    return B:rows("SELECT 1 FROM slot WHERE schedule = :name AND at = :at AND kind = 'slot'", { name = name, at = at })[1] ~= nil
  end

  -- One row that stands for many, some of them yet to come, then stands for the others only.
  local function shorten(one, row, timing, upto, jitter)
    local ahead = slots.covering(timing, math.max(upto, row.since), one.at, jitter)
    if not ahead then return end -- the rules of its zone were replaced
    local covers, last = one.covers - ahead.covers, nil
    while covers > 0 do
      last = slots.covering(timing, row.since, upto, jitter)
      if not last or not is_taken(row.name, last.at) then break end
      covers, upto = covers - 1, last.at - 1 -- that one ran when the clock was ahead before
    end
    if covers <= 0 or not last then return B:execute("DELETE FROM slot WHERE id = :id", { id = one.id }) end
    B:execute(SHORTEN, { id = one.id, at = last.at, due = last.due, local_time = last.local_time, flags = last.flags,
      collapsed = last.collapsed, times = last.times, covers = covers })
  end

  for name, row in pairs(B:schedules()) do
    local definition = require("core.schedule.row").try_restore(row.definition)
    local jitter = definition and cron.jitter(name, definition.jitter or 0) or 0
    local upto = now - jitter
    if math.max(row.since, row.last_slot or row.since, row.changed) > now or (row.last_slot or 0) > upto then
      local timing = definition and not definition.boot and definition.cron(row.since)
      for _, one in ipairs(B:rows("SELECT id, at, covers FROM slot" .. YET .. " AND covers > 1", { name = name, upto = upto })) do
        -- one of before the schedule was edited is of a timing that nobody knows any more
        if timing and one.at > row.since then shorten(one, row, timing, upto, jitter) end
      end
      B:execute("DELETE FROM slot" .. YET .. " AND covers = 1", { name = name, upto = upto })
      B:execute("UPDATE schedule SET since = min(since, :now), last_slot = min(last_slot, :upto), changed = min(changed, :now)"
        .. " WHERE name = :name", { name = name, now = now, upto = upto })
      B:execute("UPDATE pause SET began = min(began, :now), ended = min(ended, :now) WHERE schedule = :name",
        { name = name, now = now })
    end
  end
end
