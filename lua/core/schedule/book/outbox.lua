-- core/schedule/book/outbox.lua - notices that wait to be delivered.
-- SPDX-License-Identifier: MIT

local rows = require "core.run.journal.rows"

local WAITS = "sent IS NULL AND failed IS NULL"
local OLDEST = "id IN (SELECT min(id) FROM outbox WHERE " .. WAITS .. " GROUP BY schedule, channel)"

local INSERT = "INSERT INTO outbox(schedule, slot, channel, body, due, expires, tries, made)"
  .. " VALUES (:schedule, :slot, :channel, :body, :due, :expires, 0, :made) RETURNING id"

--- Gives the book its methods for notices.
-- @tparam table B the methods
-- @tparam function write one transaction, see core.schedule.book
return function(B, write)
  -- Inside a transaction: writes the list down, nil is none; the ids. Those of list.instead_of, which say less, are not told.
  function B:add_notices(list, schedule, slot)
    local ids, now = {}, self.wall_clock()
    for _, id in ipairs(list and list.instead_of or {}) do
      self:execute("DELETE FROM outbox WHERE id = :id AND tries = 0 AND " .. WAITS, { id = id })
    end
    for i, notice in ipairs(list or {}) do
      ids[i] = self:rows(INSERT, { schedule = notice.schedule or schedule, slot = notice.slot or slot, channel = notice.channel,
        body = rows.clean(notice.body), due = notice.due or now, expires = notice.expires, made = now })[1].id
    end
    return ids
  end

  --- Notices without anything else.
  function B:post(list, schedule, slot)
    return (write(self, "outbox", function()
      local ids = self:add_notices(list, schedule, slot)
      return ids, nil, ids[1] or false
    end))
  end

  --- Whether nobody has tried yet to deliver any of these.
  function B:untold(ids)
    for _, id in ipairs(ids) do
      if not self:rows("SELECT 1 FROM outbox WHERE id = :id AND tries = 0 AND " .. WAITS, { id = id })[1] then return false end
    end
    return true
  end

  --- What is to be delivered by now, the longest due first; of each channel
  -- of a schedule the oldest only, so that they keep their order. Nothing is put off for longer than a day: what seems to be was
  -- written while the clock was wrong.
  function B:outbox_due(now, limit)
    return self:rows("SELECT * FROM outbox WHERE " .. OLDEST .. " AND (due <= :now OR due > :now + 86400)"
      .. " ORDER BY due, id LIMIT :limit", { now = now, limit = limit or -1 })
  end

  --- When the next one of those is due.
  function B:outbox_next()
    return self:rows("SELECT min(due) AS due FROM outbox WHERE " .. OLDEST)[1].due
  end

  --- Notices, newest first.
  function B:outbox(filter)
    filter = filter or {}
    return self:rows("SELECT * FROM outbox WHERE :waiting IS NULL OR :waiting = (" .. WAITS .. ") ORDER BY id DESC LIMIT :limit",
      { waiting = filter.waiting, limit = filter.limit or -1 })
  end

  -- One that still waits becomes something else.
  local function change(self, id, set, parameters)
    parameters.id, parameters.now = id, self.wall_clock()
    return (write(self, "outbox", function()
      local done = self:execute("UPDATE outbox SET " .. set .. " WHERE id = :id AND " .. WAITS, parameters) == 1
      return done or nil, nil, done and id
    end))
  end

  --- It was delivered.
  function B:sent(id) return change(self, id, "sent = :now, tries = tries + 1, message = NULL", {}) end

  --- It was not; again at that time.
  function B:again_at(id, due, message)
    return change(self, id, "due = :due, tries = tries + 1, message = :message", { due = due, message = message })
  end

  --- It is not tried any more.
  function B:give_up(id, message)
    return change(self, id, "failed = :now, tries = tries + 1, message = :message", { message = message })
  end
end
