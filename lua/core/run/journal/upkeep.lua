-- core/run/journal/upkeep.lua - the journal's pinned sources, its check and its pruning.
-- SPDX-License-Identifier: MIT

local error_ = require "core.error"
local events = require "core.run.journal.events"
local json = require "host.json"
local redact = require("host.err").redact
local sys = require "host.sys"

-- runs that one transaction prunes at most
local BATCH = 50

-- As the index run_ended has it.
local ENDED = "state IN ('done', 'undone', 'failed', 'abandoned', 'cancelled')"

-- Of one workflow, so that one that runs each minute does not push out those of one that runs once a year.
local OF = "FROM run INDEXED BY run_ended WHERE workflow = :workflow AND " .. ENDED

local NEXT = "SELECT workflow FROM run INDEXED BY run_ended WHERE workflow > :after AND " .. ENDED .. " ORDER BY workflow LIMIT 1"

local BOUND = "SELECT ended, rowid " .. OF .. " ORDER BY ended DESC, rowid DESC LIMIT 1 OFFSET :count"

local PRUNE = "SELECT id " .. OF .. " AND ended <= :upto AND (ended < :oldest OR (ended, rowid) <= (:ended, :row))"
  .. " AND NOT EXISTS (SELECT 1 FROM step WHERE run = run.id"
  .. " AND (step.state IN ('intent', 'doubt') OR step.undo_state IN ('intent', 'doubt')))"
  -- a slot whose run nobody knows would be run again
  .. " AND NOT EXISTS (SELECT 1 FROM slot WHERE slot.run = run.id AND slot.state IN ('due', 'started', 'running'))"
  .. " ORDER BY ended LIMIT " .. BATCH

--- Gives the journal its methods of upkeep.
-- @tparam table J the methods
-- @tparam function write one transaction, see core.run.journal
return function(J, write)
  --- A digest of a secret value, that only this store can make.
  function J:digest(text)
    self.key = self.key or self:rows("SELECT v FROM meta WHERE k = 'key'")[1].v
    return sys.sha256(text, self.key)
  end

  --- Keeps sources; the digest of the set.
  function J:sources(texts)
    local names, list = {}, json.array({})
    for name in pairs(texts) do names[#names + 1] = name end
    table.sort(names)
    for i, name in ipairs(names) do list[i] = json.array { name, sys.sha256(texts[name]) } end
    local set = json.encode(list)
    local digest = sys.sha256(set)
    if self:rows("SELECT 1 FROM source_set WHERE digest = :digest", { digest = digest })[1] then return digest end
    write(self, "sources", nil, nil, function()
      for i, name in ipairs(names) do
        local text = texts[name]
        if #text > 1024 * 1024 then
          error_.raise("cap", ("the source %s of %d bytes is too long to be pinned; 1 MiB is the most"):format(name, #text))
        end
        -- one that holds a secret is known by its digest only
        if redact(text) ~= text or text:find("\0", 1, true) then text = nil end
        self:execute("INSERT INTO source(digest, text) VALUES (:digest, :text) ON CONFLICT DO NOTHING",
          { digest = list[i][2], text = text })
      end
      self:execute("INSERT INTO source_set(digest, names) VALUES (:digest, :names) ON CONFLICT DO NOTHING",
        { digest = digest, names = set })
    end)
    return digest
  end

  --- The sources of a set, and the digests of those that are not kept.
  function J:source(digest)
    local set = self:rows("SELECT names FROM source_set WHERE digest = :digest", { digest = digest })[1]
    if not set then error_.raise("file", ("the sources %s of this run are not in the store"):format(digest:sub(1, 12))) end
    local texts, elsewhere = {}, {}
    for _, pair in ipairs(json.decode(set.names)) do
      local row = self:rows("SELECT text FROM source WHERE digest = :digest", { digest = pair[2] })[1]
      if not row or not row.text then
        elsewhere[pair[1]] = pair[2]
      elseif sys.sha256(row.text) ~= pair[2] then
        error_.raise("file", ("the source %s of this run is damaged in the store"):format(pair[1]))
      else
        texts[pair[1]] = row.text
      end
    end
    return texts, elsewhere
  end

  --- Whether every event is as it was written; how many there are.
  function J:check() return events.check(self) end

  -- Of one workflow, at most BATCH runs; how many.
  local function prune_some(self, bounds)
    return write(self, "prune", nil, nil, function()
      local list = self:rows(PRUNE, bounds)
      for _, run in ipairs(list) do
        events.add(self, { run = run.id, type = "prune" })
        self:execute("UPDATE event SET type = 'pruned', at = NULL, path = NULL, actor = NULL, data = NULL"
          .. " WHERE run = :run AND type <> 'prune'", { run = run.id })
        self:execute("DELETE FROM run WHERE id = :run", { run = run.id })
      end
      return #list
    end)
  end

  -- What the chain keeps of pruned runs, made short.
  local function fold(self, breathe)
    local from = 0
    repeat
      from = write(self, "prune", nil, nil, function() return events.fold(self, from) end)
      if breathe then breathe() end
    until not from
    self.folded = true
  end

  local function prune_workflow(self, workflow, oldest, count, breathe)
    local last = self:rows(BOUND, { workflow = workflow, count = count })[1] or {}
    local bounds = { workflow = workflow, oldest = oldest, ended = last.ended, row = last.rowid,
      upto = math.max(oldest, last.ended or oldest) }
    local gone = 0
    repeat
      local n = prune_some(self, bounds)
      gone = gone + n
      if breathe then breathe() end
    until n < BATCH
    return gone
  end

  --- Forgets ended runs that are older than so many days, and those of each
  -- workflow beyond its newest `count`, but never one with a step in doubt;
  -- how many are gone. Of their events the hashes stay, and of many in a row
  -- the first and the last. breathe is called in between.
  function J:prune(days, count, breathe)
    local oldest, gone = self.wall() - (days or 90) * 86400, 0
    local row = self:rows(NEXT, { after = "" })[1]
    while row do
      gone = gone + prune_workflow(self, row.workflow, oldest, count or 10000, breathe)
      row = self:rows(NEXT, { after = row.workflow })[1]
    end
    -- an older errand did not fold
    if gone > 0 or not self.folded then fold(self, breathe) end
    if gone == 0 then return 0 end
    write(self, "prune", nil, nil, function()
      self:execute "DELETE FROM source_set WHERE digest NOT IN (SELECT source_set FROM run)"
      self:execute("DELETE FROM source WHERE digest NOT IN (SELECT json_extract(pair.value, '$[1]') FROM source_set,"
        .. " json_each(source_set.names) AS pair)")
    end)
    self:rows "PRAGMA incremental_vacuum(1000)"
    return gone
  end
end
