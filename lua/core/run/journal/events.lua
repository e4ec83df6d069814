-- core/run/journal/events.lua - the chain of events: each holds the hash of the one before.
-- SPDX-License-Identifier: MIT

local error_ = require "core.error"
local json = require "host.json"
local rows = require "core.run.journal.rows"
local sys = require "host.sys"

local M = {}

-- the hash is made by the store, of the text that the row really holds
local HASHED = "sha256(json_array(prev_hash, seq, at, run, path, actor, type, data))"

local ADD = "INSERT INTO event(seq, at, run, path, actor, type, data, prev_hash, hash)"
  .. " SELECT seq, at, run, path, actor, type, data, prev_hash, " .. HASHED
  .. " FROM (SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0) + 1 AS seq, :at AS at, :run AS run,"
  .. " :path AS path, :actor AS actor, :type AS type, :data AS data,"
  .. " coalesce((SELECT hash FROM event ORDER BY seq DESC LIMIT 1), '') AS prev_hash) RETURNING seq"

local PAGE = 500

local function iso(seconds)
  local whole = math.floor(seconds)
  return sys.utc(whole):sub(1, -2) .. (".%03dZ"):format(math.floor((seconds - whole) * 1000))
end

--- The mark of a journal that ends with that event, to be left beside it.
function M.mark(journal, seq) return journal.id .. " " .. seq end

--- Raises if events that were there are gone: the log was lost, or an older
-- copy was put in place.
function M.check_mark(journal)
  -- in this order, for others may be writing
  local marked = journal.store:marked()
  local last = journal:rows("SELECT seq FROM sqlite_sequence WHERE name = 'event'")[1]
  last = last and last.seq or 0
  local id, seq = (marked or ""):match "^(%x+) (%d+)$"
  if id ~= journal.id or math.tointeger(seq) <= last then return end
  error_.raise("file", ("the store ends at event %d, but event %s was written to it: its -wal file is lost or an older copy was"
    .. " put in its place, and what was sent since then is not known here. Put back the newest copy; or, to go on without,"
    .. " delete the file beside the store that ends in .reserve, and look at each run before you resume it"):format(last, seq),
    { reason = "damaged" })
end

--- Adds an event, inside a transaction.
function M.add(journal, event)
  event.at = iso(journal.wall())
  journal.seq = journal:rows(ADD, event)[1].seq
end

--- The same, with data as a table.
function M.of(journal, run, path, type_, data, actor)
  local text = data and rows.clean(json.encode(json.object(data)))
  M.add(journal, { run = run, path = path, type = type_, data = text, actor = actor })
end

local function broken(seq, what)
  return nil, error_.new("file", ("the journal's event %d %s: somebody changed the store, or it is damaged; compare it with"
    .. " a copy"):format(seq, what))
end

-- Runs that the journal itself has pruned.
local function pruned(journal, run)
  return journal:rows("SELECT 1 FROM event WHERE run = :run AND type = 'prune' LIMIT 1", { run = run })[1] ~= nil
end

--- Follows the chain; how many events it has, or nil and what is wrong.
function M.check(journal)
  local last, hash, known = 0, "", {}
  repeat
    local list = journal:rows("SELECT seq, run, type, prev_hash, hash, " .. HASHED .. " AS made FROM event WHERE seq > :last"
      .. " ORDER BY seq LIMIT :page", { last = last, page = PAGE })
    for _, row in ipairs(list) do
      if row.seq ~= last + 1 then return broken(last + 1, "is missing") end
      if row.prev_hash ~= hash then return broken(row.seq, "does not follow from the one before") end
      if row.type == "pruned" then
        if known[row.run] == nil then known[row.run] = pruned(journal, row.run) end
        if not known[row.run] then return broken(row.seq, "was emptied by nobody") end
      elseif row.hash ~= row.made then
        return broken(row.seq, "is not what was written")
      end
      last, hash = row.seq, row.hash
    end
  until #list == 0
  local counted = journal:rows("SELECT seq FROM sqlite_sequence WHERE name = 'event'")[1]
  if counted and counted.seq ~= last then return broken(last + 1, "is missing") end
  return last
end

return M
