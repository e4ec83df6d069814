-- core/schedule/book/schedules.lua - which schedules there are, and whether they are active.
-- SPDX-License-Identifier: MIT

local error_ = require "core.error"
local redact = require("host.err").redact
local rows = require "core.run.journal.rows"

local NEW = "INSERT INTO schedule(name, digest, definition, file, since, state, changed)"
  .. " VALUES (:name, :digest, :definition, :file, :since, 'active', :now)"
local SAME = "UPDATE schedule SET definition = :definition, file = :file WHERE name = :name"
  .. " AND (definition <> :definition OR file IS NOT :file)"
local CHANGED = "UPDATE schedule SET digest = :digest, definition = :definition, file = :file, since = :since, last_slot = NULL"
  .. " WHERE name = :name"
local BACK = "UPDATE schedule SET digest = :digest, definition = :definition, file = :file, since = :since, last_slot = NULL,"
  .. " state = CASE WHEN actor IS NOT NULL THEN 'paused' WHEN why IS NOT NULL THEN 'held' ELSE 'active' END,"
  .. " why = nullif(why, ''), actor = nullif(actor, ''), changed = :now WHERE name = :name"

-- Who paused it and why it was held stays, for it is still so when it comes back.
local GONE = "UPDATE schedule SET state = 'gone', why = CASE WHEN state IN ('paused', 'held') THEN coalesce(why, '') END,"
  .. " actor = CASE WHEN state = 'paused' THEN coalesce(actor, '') END, changed = :now WHERE name = :name"

-- From when to when it stood; whether it is paused or held is of no weight, so that pausing a held one begins no other.
local STOOD = "INSERT INTO pause(schedule, began) SELECT :name, :now"
  .. " WHERE NOT EXISTS (SELECT 1 FROM pause WHERE schedule = :name AND ended IS NULL)"
local WENT_ON = "UPDATE pause SET ended = :now WHERE schedule = :name AND ended IS NULL"

-- A name that the store redacts is not found again by it.
local function check_name(name)
  if redact(name) == name then return end
  error_.raise("config", ("a schedule's name holds a secret (%s); give it another name"):format(redact(name)))
end

--- Gives the book its methods for schedules.
-- @tparam table B the methods
-- @tparam function write one transaction, see core.schedule.book
return function(B, write)
  --- All that were ever in force and have rows still, by name.
  function B:schedules()
    local out = {}
    for _, row in ipairs(self:rows "SELECT * FROM schedule") do out[row.name] = row end
    return out
  end

  --- The one of that name.
  function B:schedule(name)
    return self:rows("SELECT * FROM schedule WHERE name = :name", { name = name })[1]
  end

  local function enter_one(self, entry, old, now, file, seen)
    check_name(entry.name)
    local row = { name = entry.name, digest = entry.digest, definition = rows.clean(entry.definition), file = file,
      since = math.floor(now), now = self.wall_clock() }
    local function add(list) list[#list + 1] = entry.name end
    self:add_slots(entry.name, entry.rows)
    if not old then
      add(seen.new)
      self:execute(NEW, row)
    elseif old.state == "gone" then
      add(seen.back)
      self:execute(BACK, row)
    elseif old.digest ~= entry.digest then
      add(seen.changed)
      self:execute(CHANGED, row)
    else
      self:execute(SAME, row)
    end
  end

  --- A file is in force: what it has is entered, what it lacks is gone.
  function B:enter(list, now, file, notices)
    return (write(self, "enter", function()
      local before, seen = self:schedules(), { new = {}, changed = {}, back = {}, gone = {} }
      local there = {}
      for _, entry in ipairs(list) do
        enter_one(self, entry, before[entry.name], now, file, seen)
        there[entry.name] = true
      end
      for name, row in pairs(before) do
        if not there[name] and row.state ~= "gone" then
          seen.gone[#seen.gone + 1] = name
          self:execute(GONE, { name = name, now = self.wall_clock() })
        end
      end
      table.sort(seen.gone)
      self:add_notices(notices)
      return seen, nil, file
    end))
  end

  -- Inside a transaction: whether it was in a state of `from`. The states are literals: redaction must not reach them.
  function B:set_state(name, state, from, actor, why)
    local now = self.wall_clock()
    local done = self:execute(("UPDATE schedule SET state = '%s', why = :why, actor = :actor, changed = :now WHERE name = :name"
      .. " AND state IN (%s)"):format(state, from), { name = name, why = why, actor = actor, now = now }) == 1
    if done then self:execute(state == "active" and WENT_ON or STOOD, { name = name, now = now }) end
    return done
  end

  --- From when to when it was paused or held, as far as that is not evaluated, the oldest first; `ended` is nil while it is so.
  function B:pauses(name)
    return self:rows("SELECT began, ended FROM pause WHERE schedule = :name ORDER BY began, ended IS NULL", { name = name })
  end

  local function become(self, name, state, from, actor, why, notices)
    return write(self, "pause", function()
      if not self:set_state(name, state, from, actor, why) then return nil, self:schedule(name), false end
      self:add_notices(notices, name)
      return true, self:schedule(name), name
    end)
  end

  --- Somebody stops it for a while.
  function B:pause(name, actor, why) return become(self, name, "paused", "'active', 'held'", actor, why) end

  --- Somebody lets it go on.
  function B:resume(name, actor) return become(self, name, "active", "'paused', 'held'", actor) end

  --- It stops by itself until somebody lets it go on.
  function B:hold(name, why, notices) return become(self, name, "held", "'active'", nil, why, notices) end

  --- The last time of day that was seen.
  function B:last_wall()
    local row = self:rows "SELECT CAST(v AS REAL) AS v FROM meta WHERE k = 'last_wall'"[1]
    return row and row.v
  end

  --- Remembers the time of day; a clock that goes back is believed only if it
  -- is forced.
  function B:wall(now, force)
    self.wall_seen = self.wall_seen or self:last_wall()
    local seen = self.wall_seen
    if seen and not force and now < seen + 30 then return false end
    write(self, "wall", function()
      self:execute("INSERT INTO meta(k, v) VALUES ('last_wall', CAST(:now AS TEXT))"
        .. " ON CONFLICT DO UPDATE SET v = excluded.v", { now = now })
      if force then require("core.schedule.book.present")(self, math.floor(now)) end
      return nil, nil, now
    end)
    self.wall_seen = now
    return true
  end
end
