-- core/schedule/book/upkeep.lua - forgets old slots and notices.
-- SPDX-License-Identifier: MIT

-- rows that one transaction forgets at most
local BATCH = 500

local NOTICE_DAYS, NOTICES = 30, 1000

-- Newest first in the order of the unique index (schedule, at, kind), which serves all of this.
local BOUND = "SELECT at, kind FROM slot WHERE schedule = :name ORDER BY at DESC, kind DESC LIMIT 1 OFFSET :count"

local OVER = "state IN ('ended', 'skipped') AND NOT EXISTS (SELECT 1 FROM run WHERE run.id = slot.run"
  .. " AND run.state NOT IN ('done', 'undone', 'failed', 'abandoned', 'cancelled'))"

-- One statement for age and number would read the whole of the schedule.
local FIND = "SELECT id, attempt, covers FROM slot WHERE schedule = :name AND %s AND " .. OVER .. " ORDER BY at LIMIT :batch"
local AGED = FIND:format "at < :oldest"
local EXCESS = FIND:format "(at, kind) <= (:at, :kind)"

-- DISTINCT would read every row.
local NAMES = "WITH RECURSIVE one(name) AS (SELECT min(schedule) FROM slot UNION ALL SELECT (SELECT min(schedule) FROM slot"
  .. " WHERE schedule > one.name) FROM one WHERE one.name IS NOT NULL) SELECT name FROM one WHERE name IS NOT NULL"

--- Gives the book its methods of upkeep.
-- @tparam table B the methods
-- @tparam function write one transaction, see core.schedule.book
return function(B, write)
  -- Forgets some in one transaction; how many slots, and whether there may be more.
  local function forget(self, sql, parameters, before, ids)
    local list, slots = self:rows(sql, parameters), 0
    if #list == 0 then return 0, false end
    if before then before(list) end
    write(self, "prune", function()
      local gone = 0
      for _, row in ipairs(list) do
        -- a run may have come to life again
        if self:execute("DELETE FROM slot WHERE id = :id AND " .. OVER, { id = row.id }) == 1 then
          gone = gone + 1
          ids[#ids + 1] = row.id
          slots = slots + row.covers
        end
      end
      return nil, nil, gone > 0 and gone
    end)
    return slots, #list == parameters.batch
  end

  local function names(self)
    return self:rows(NAMES)
  end

  -- Notices that are over, and schedules that are gone with all their rows.
  local function tidy(self, now, oldest)
    write(self, "prune", function()
      local n = self:execute("DELETE FROM outbox WHERE (sent IS NOT NULL OR failed IS NOT NULL) AND"
        .. " (coalesce(sent, failed) < :oldest OR id <= (SELECT id FROM outbox WHERE sent IS NOT NULL OR failed IS NOT NULL"
        .. " ORDER BY id DESC LIMIT 1 OFFSET :count))", { oldest = now - NOTICE_DAYS * 86400, count = NOTICES })
      n = n + self:execute("DELETE FROM schedule WHERE state = 'gone' AND changed < :oldest"
        .. " AND NOT EXISTS (SELECT 1 FROM slot WHERE slot.schedule = schedule.name)", { oldest = oldest })
      return nil, nil, n > 0 and n
    end)
  end

  -- Of one schedule, as many as `limit` allows; how many slots, and whether there may be more.
  local function forget_of(self, name, rule, keep, limit, ids)
    local bound = self:rows(BOUND, { name = name, count = keep.count })[1] or {}
    local parameters = { name = name, oldest = math.floor(rule.now - keep.days * 86400), at = bound.at, kind = bound.kind }
    local slots = 0
    for _, sql in ipairs { AGED, bound.at and EXCESS } do
      repeat
        if #ids >= limit then return slots, true end
        parameters.batch = math.min(BATCH, limit - #ids)
        local n, more = forget(self, sql, parameters, rule.before, ids)
        slots = slots + n
      until not more
    end
    return slots, false
  end

  --- Forgets what is old.
  function B:prune(rule)
    local how = { now = rule.now or self.wall_clock(), before = rule.before }
    local days, count, ids, slots = rule.days or 90, rule.count or 10000, {}, 0
    for _, row in ipairs(names(self)) do
      local of = rule.of and rule.of[row.name] or {}
      local n, more = forget_of(self, row.name, how, { days = of.days or days, count = of.count or count },
        rule.limit or math.huge, ids)
      slots = slots + n
      if more then return slots, ids, true end
    end
    tidy(self, how.now, math.floor(how.now - days * 86400))
    return slots, ids, false
  end
end
