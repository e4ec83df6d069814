-- core/run/journal/runs.lua - runs as a whole: taken, in a state, asked to end.
-- SPDX-License-Identifier: MIT

local error_ = require "core.error"
local events = require "core.run.journal.events"
local json = require "host.json"
local rows = require "core.run.journal.rows"
local states = require "core.run.journal.states"
local sys = require "host.sys"

local NOT_LIVE = "('done', 'undone', 'failed', 'abandoned', 'cancelled')"

local event = events.of

local letters = "23456789abcdefghjkmnpqrstvwxyz"

local function next_epoch(self)
  self:execute "UPDATE meta SET v = CAST(v AS INTEGER) + 1 WHERE k = 'epoch'"
  return math.tointeger(self:rows("SELECT CAST(v AS INTEGER) AS v FROM meta WHERE k = 'epoch'")[1].v)
end

--- Gives the journal its methods for runs as a whole.
-- @tparam table J the methods
-- @tparam function write one transaction, see core.run.journal
return function(J, write)
  --- A name for a run that is easy to read out and to type.
  function J:new_id()
    repeat
      local out = {}
      for i = 1, 6 do
        local byte
        repeat byte = assert(sys.random(1)):byte() until byte < 240
        local at = byte % #letters + 1
        out[i] = letters:sub(at, at)
      end
      local id = "r-" .. table.concat(out)
      if not self:run(id) then return id end
    until false
  end

  --- Writes a run down, if none of the same workflow and key is live.
  function J:create(run)
    local epoch
    local made, other = write(self, "C0", run.id, nil, function()
      local live = self:live(run.workflow, run.key)
      if live then return nil, live end
      epoch = next_epoch(self)
      local now = self.wall()
      local row = { id = run.id, workflow = run.workflow, key = run.key, state = "ready", input = rows.clean(run.input or "null"),
        input_digest = self:digest(run.input or "null"), seed = tostring(run.seed or ""), source_set = run.source_set or "",
        file = run.file, host_version = run.host_version or sys.version, deadline = run.deadline, parent = run.parent,
        owner = run.owner, epoch = epoch, crashes = 0, done_count = 0, created = now, changed = now }
      rows.insert(self, "run", row)
      event(self, run.id, nil, "created", { workflow = run.workflow, key = run.key, input_digest = row.input_digest,
        source_set = row.source_set })
      return true
    end)
    if made then self.owned[run.id] = epoch end
    return made, other
  end

  --- Takes a run over; whoever had it cannot write any more.
  function J:own(id, owner)
    local epoch
    write(self, "own", id, nil, function()
      local run = self:run(id)
      if not run then error_.raise("not_found", ("there is no run %s; see errand runs"):format(id)) end
      epoch = next_epoch(self)
      local died = (run.state == "running" or run.state == "undoing") and run.epoch ~= self.owned[id]
      self:execute("UPDATE run SET epoch = :epoch, owner = :owner, crashes = crashes + :died WHERE id = :id",
        { id = id, epoch = epoch, owner = owner, died = died and 1 or 0 })
      event(self, id, nil, died and "recovered" or "taken", { epoch = epoch, owner = owner })
    end)
    self.owned[id] = epoch
    return self:run(id)
  end

  --- The run of that id, nil if there is none.
  function J:run(id)
    return self:rows("SELECT * FROM run WHERE id = :id", { id = id })[1]
  end

  --- Runs whose id begins so, with or without the "r-".
  function J:find(id)
    local prefix = (id:find "^r%-" and id or "r-" .. id):gsub("[^%w-]", "")
    return self:rows("SELECT * FROM run WHERE id >= :from AND id < :to ORDER BY id LIMIT 20",
      { from = prefix, to = prefix .. "~" })
  end

  --- The live run of a workflow and key.
  function J:live(workflow, key)
    return self:rows("SELECT * FROM run WHERE workflow = :workflow AND key = :key AND state NOT IN " .. NOT_LIVE,
      { workflow = workflow, key = key })[1]
  end

  --- Runs, newest first.
  function J:runs(filter)
    filter = filter or {}
    return self:rows("SELECT * FROM run WHERE (:state IS NULL OR state = :state) AND (:workflow IS NULL OR workflow = :workflow)"
      .. " AND (:key IS NULL OR key = :key) AND (:live IS NULL OR :live = (state NOT IN " .. NOT_LIVE .. "))"
      .. " ORDER BY created DESC, rowid DESC LIMIT :limit",
      { state = filter.state, workflow = filter.workflow, key = filter.key, live = filter.live, limit = filter.limit or -1 })
  end

  --- A new state of a run.
  function J:state(id, state, err, output, more)
    if not states.all[state] then error(("core.run.journal: no run state '%s'"):format(state), 2) end
    more = more or {}
    write(self, "C6", id, nil, function()
      local run = self:run(id)
      if states.ended[run.state] and state ~= "undoing" and state ~= run.state then
        error_.raise("conflict", ("run %s is %s already and cannot become %s"):format(id, run.state, state))
      end
      local live = states.live[state] and states.ended[run.state] and self:live(run.workflow, run.key)
      if live then
        error_.raise("conflict", ("run %s has the same workflow and key as %s and is under way; let it end first")
          :format(live.id, id))
      end
      local now = self.wall()
      -- the state is no parameter: redaction must not reach it
      self:execute(("UPDATE run SET state = '%s', error = :error, output = coalesce(:output, output), wake_at = :wake_at,"
        .. " changed = :now, ended = :ended,"
        .. " started = CASE WHEN '%s' IN ('running', 'undoing') THEN coalesce(started, :now) ELSE started END,"
        .. " wanted = CASE WHEN :ended IS NULL THEN wanted END WHERE id = :id"):format(state, state),
        { id = id, error = rows.clean(err), output = rows.clean(output), wake_at = more.wake_at, now = now,
          ended = states.ended[state] and now or nil })
      event(self, id, nil, "state", { from = run.state, to = state, reason = more.reason,
        error_digest = err and sys.sha256(rows.clean(err)),
        output_digest = output and sys.sha256(rows.clean(output)) }, more.actor)
    end)
  end

  --- Asks whoever runs it to do something: "cancel".
  function J:request(id, what, actor, reason)
    write(self, "request", id, nil, function()
      if self:execute("UPDATE run SET wanted = :what WHERE id = :id", { id = id, what = what }) ~= 1 then
        error_.raise("not_found", ("there is no run %s; see errand runs"):format(id))
      end
      event(self, id, nil, what .. "_requested", { reason = reason }, actor)
    end)
  end

  --- What somebody asked of the run, nil when nothing.
  function J:requested(id)
    local run = self:rows("SELECT wanted FROM run WHERE id = :id", { id = id })[1]
    if not run or not run.wanted then return nil end
    local row = self:rows("SELECT actor, data, at FROM event WHERE run = :id AND type = :type ORDER BY seq DESC LIMIT 1",
      { id = id, type = run.wanted .. "_requested" })[1] or {}
    local data = row.data and json.decode(row.data) or {}
    return { what = run.wanted, actor = row.actor, reason = data.reason, at = row.at }
  end
end
