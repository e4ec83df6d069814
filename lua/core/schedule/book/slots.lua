-- core/schedule/book/slots.lua - one row for every slot.
-- SPDX-License-Identifier: MIT

local INSERT = "INSERT INTO slot(schedule, at, kind, boot, due, local_time, flags, collapsed, times, covers, catchup, state,"
  .. " reason, note, actor, run, attempt, made, started, ended) SELECT :schedule, :at, %s, :boot, :due, :local_time, :flags,"
  .. " :collapsed, :times, :covers, :catchup, %s, :reason, :note, :actor, :run, :attempt, :made, :started, :ended WHERE true"
  .. " ON CONFLICT DO NOTHING RETURNING *"

-- kinds and states are literals: redaction must not reach them
local literal = { slot = "'slot'", hand = "'hand'", boot = "'boot'", due = "'due'", skipped = "'skipped'", started = "'started'" }

local READ = "SELECT slot.*, run.state AS run_state, run.wake_at AS run_wake_at, run.error AS run_error"
  .. " FROM slot LEFT JOIN run ON run.id = slot.run "

-- Few are open, however many a schedule has: that index knows them.
local OPEN = "('due', 'started', 'running')"
local READ_OPEN = READ:gsub("FROM slot ", "FROM slot INDEXED BY slot_open ")
local BEGUN = "SELECT count(*) AS n FROM slot AS other INDEXED BY slot_open WHERE other.schedule = :name"
  .. " AND other.state IN " .. OPEN .. " AND other.state <> 'due'"

local SKIP = "state = 'skipped', reason = :reason, note = coalesce(:note, note), ended = :now"

local function whole(n) return n and math.floor(n) end

--- Gives the book its methods for slots.
-- @tparam table B the methods
-- @tparam function write one transaction, see core.schedule.book
return function(B, write)
  -- Inside a transaction: the row as it is then, nil if there is such a one.
  local function add(self, row, state)
    local kind = literal[row.kind or "slot"]
    if not kind or not literal[state] then error("core.schedule.book: no such kind or state of a slot", 3) end
    local now = self.wall_clock()
    local at = whole(row.at)
    return self:rows(INSERT:format(kind, literal[state]), { schedule = row.schedule, at = at, boot = row.boot,
      due = whole(row.due) or at, local_time = row.local_time, flags = row.flags, collapsed = whole(row.collapsed) or 0,
      times = row.times, covers = whole(row.covers) or 1, catchup = row.catchup or 0, reason = row.reason, note = row.note,
      actor = row.actor, run = row.run, attempt = state == "started" and 1 or 0, made = now,
      started = state == "started" and now or nil, ended = state == "skipped" and now or nil })[1]
  end

  -- Inside a transaction: the rows of a list that were not there yet.
  function B:add_slots(name, list)
    local out = {}
    for _, given in ipairs(list or {}) do
      local row = {}
      for key, value in pairs(given) do row[key] = value end
      row.schedule = name
      out[#out + 1] = add(self, row, given.state or "due")
    end
    return out
  end

  -- Inside a transaction: rows that waited do not run, for what is written with this takes their place.
  local function replace(self, list)
    for _, row in ipairs(list or {}) do
      self:execute("UPDATE slot SET " .. SKIP .. " WHERE id = :id AND state = 'due'",
        { id = row.id, reason = row.reason, note = row.note, now = self.wall_clock() })
    end
  end

  --- The slots of a schedule up to an instant, all at once; with `hold`, why
  -- it stops by itself after them; with `replaced`, rows that they take the place of.
  function B:fire(name, upto, list, notices, hold, replaced)
    return write(self, "fire", function()
      replace(self, replaced)
      local out = self:add_slots(name, list)
      self:execute("UPDATE schedule SET last_slot = max(coalesce(last_slot, :upto), :upto) WHERE name = :name",
        { name = name, upto = whole(upto) })
      self:execute("DELETE FROM pause WHERE schedule = :name AND ended <= :upto", { name = name, upto = whole(upto) })
      if hold then self:set_state(name, "held", "'active'", nil, hold) end
      return out, self:add_notices(notices, name), name, upto
    end)
  end

  --- A slot that no expression gave; with `most` nil where so many of the
  -- schedule have begun and are not over.
  function B:hand(name, actor, now, kind, state, more)
    more = more or {}
    local row = { schedule = name, at = whole(now), kind = kind, actor = actor, run = more.run, boot = more.boot,
      local_time = more.local_time, note = more.note }
    return (write(self, "hand", function()
      if more.most and self:rows(BEGUN, { name = name })[1].n >= more.most then return nil, nil, false end
      local made = add(self, row, state or "due")
      while not made and kind ~= "boot" do
        row.at = row.at + 1
        made = add(self, row, state or "due")
      end
      replace(self, made and more.replaced)
      self:add_notices(made and more.notices, name)
      return made, nil, made and name or false, made and made.id
    end))
  end

  -- One row in one of the states `from` becomes another; what it is then.
  local function change(self, name, id, from, set, parameters, notices)
    parameters.id, parameters.now = id, self.wall_clock()
    return (write(self, name, function()
      local row = self:rows(("UPDATE slot SET %s WHERE id = :id AND state IN %s RETURNING *"):format(set, from), parameters)[1]
      if not row then return nil, nil, false end
      self:add_notices(notices, row.schedule, row.id)
      return row, nil, id, row.attempt
    end))
  end

  --- One that waited does not run after all.
  function B:skip(id, reason, note, notices)
    return change(self, "skip", id, "('due')", SKIP, { reason = reason, note = note }, notices) and true
  end

  --- Some that waited do not run after all: { { id=, reason=, note= }, ... }; the ids of the notices.
  function B:drop(name, list, notices)
    return (write(self, "skip", function()
      replace(self, list)
      return self:add_notices(notices, name), nil, list[#list].id
    end))
  end

  --- It is about to run for the first time; not where `most` of its schedule
  -- have begun and are not over.
  function B:start(id, run, most)
    return change(self, "start", id, "('due') AND (:most IS NULL OR (" .. BEGUN:gsub(":name", "slot.schedule") .. ") < :most)",
      "state = 'started', attempt = attempt + 1, run = coalesce(:run, run), started = :now", { run = run, most = most })
  end

  --- It is about to run again; nobody has it.
  function B:again(id)
    return change(self, "start", id, "('started', 'running')",
      "state = 'started', attempt = attempt + 1, pid = NULL, boot_id = NULL, code = NULL", {})
  end

  --- Whoever runs it is there. Only one may.
  function B:claim(id, attempt, pid, boot_id)
    return change(self, "claim", id, "('started') AND attempt = :attempt", "state = 'running', pid = :pid, boot_id = :boot_id",
      { attempt = attempt, pid = pid, boot_id = boot_id })
  end

  --- What whoever runs it knows of it by now; run = false: that it has no run.
  function B:told(id, about, notices)
    local none = about.run == false
    return change(self, "told", id, "('started', 'running') AND attempt = coalesce(:attempt, attempt)",
      "run = CASE WHEN :none THEN NULL ELSE coalesce(:run, run) END, code = coalesce(:code, code),"
      .. " note = coalesce(:note, note), reason = coalesce(:reason, reason)",
      { attempt = about.attempt, none = none, run = about.run or nil, code = about.code, note = about.note,
        reason = about.reason }, notices) and true
  end

  --- It is over. The id that was reserved for a run stays only where there is
  -- that run.
  function B:finish(id, about, notices)
    if not about.outcome then error("core.schedule.book: an outcome expected", 2) end
    return change(self, "finish", id, OPEN, "state = 'ended', outcome = :outcome, reason = :reason,"
      .. " note = coalesce(:note, note), code = coalesce(:code, code), signal = :signal, seconds = :seconds, peak = :peak,"
      .. " output = :output, dropped = :dropped, run = (SELECT run.id FROM run WHERE run.id = coalesce(:run, slot.run)),"
      .. " ended = :now",
      { outcome = about.outcome, reason = about.reason, note = about.note, code = about.code, signal = about.signal,
        seconds = about.seconds, peak = whole(about.peak), output = whole(about.output), dropped = whole(about.dropped),
        run = about.run }, notices) and true
  end

  --- The row of that id.
  function B:slot(id) return self:rows(READ .. "WHERE slot.id = :id", { id = id })[1] end

  --- The slot that a run belongs to.
  function B:of_run(run) return self:rows(READ .. "WHERE slot.run = :run ORDER BY slot.id DESC LIMIT 1", { run = run })[1] end

  -- Each condition that is there, so that an index can serve it.
  local conditions = { { "schedule", "slot.schedule = :schedule" }, { "since", "slot.at >= :since" },
    { "before", "slot.at < :before" }, { "state", "slot.state = :state" }, { "outcome", "slot.outcome = :outcome" } }

  --- Slots, newest first.
  function B:slots(filter)
    filter = filter or {}
    local where = { "true" }
    for _, one in ipairs(conditions) do
      if filter[one[1]] ~= nil then where[#where + 1] = one[2] end
    end
    return self:rows(READ .. "WHERE " .. table.concat(where, " AND ") .. " ORDER BY slot.at DESC, slot.id DESC LIMIT :limit",
      { schedule = filter.schedule, state = filter.state, outcome = filter.outcome, since = filter.since, before = filter.before,
        limit = filter.limit or -1 })
  end

  --- Those that are not over, by when they are due.
  function B:open(name)
    return self:rows(READ_OPEN .. "WHERE slot.state IN " .. OPEN .. (name and " AND slot.schedule = :name" or "")
      .. " ORDER BY slot.due, slot.id", { name = name })
  end

  --- How many there are of each sort.
  function B:counts()
    return self:rows("SELECT schedule, state, outcome, reason, count(*) AS rows, sum(covers) AS slots FROM slot"
      .. " GROUP BY 1, 2, 3, 4")
  end
end
