-- core/run/journal/events.lua - the chain of events: each holds the hash of the one before.
-- SPDX-License-Identifier: MIT

local error_ = require "core.error"
local json = require "host.json"
local rows = require "core.run.journal.rows"
local sys = require "host.sys"

local M = {}

-- the hash is made by the store, of the text that the row really holds
local HASHED = "sha256(json_array(prev_hash, seq, at, run, path, actor, type, data))"

local NEXT = "coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0) + 1"
local LAST_HASH = "coalesce((SELECT hash FROM event ORDER BY seq DESC LIMIT 1), '')"

-- One row of values: a SELECT, or RETURNING, would build a table in memory first, each time.
local function add(data)
  return "INSERT INTO event(seq, at, run, path, actor, type, data, prev_hash, hash) VALUES (" .. NEXT .. ", :at, :run, :path,"
    .. " :actor, :type, " .. data .. ", " .. LAST_HASH .. ", sha256(json_array(" .. LAST_HASH .. ", " .. NEXT .. ", :at, :run,"
    .. " :path, :actor, :type, " .. data .. ")))"
end

local ADD = add(":data")

local PAGE = 500

-- Of these nothing but their place in the chain matters.
local HOLLOW = "('pruned', 'prune', 'fold', 'folded')"
local FOLD_MIN = 8    -- a shorter stretch gains too little: folding it adds an event
local FOLD_MAX = 2000 -- rows that one transaction folds

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

local function insert(journal, sql, event)
  journal:execute(sql, event)
  journal.seq = journal.store:last_id()
end

--- Adds an event, inside a transaction.
function M.add(journal, event)
  event.at = iso(journal.wall())
  insert(journal, ADD, event)
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

-- Which events a folded row stands for: from, to.
local function range(row)
  local count = math.tointeger(tonumber(row.data))
  return count and count > 1 and row.seq - count + 1, row.seq
end

-- Of folded rows, those that no later event vouches for.
local function vouch(folded, row)
  local data = json.decode(row.data or "")
  local last = type(data) == "table" and data.last
  if last and folded[last] == data.first then folded[last] = nil end
end

local function check_row(journal, row, known, folded)
  local hollow = row.type == "pruned" or row.type == "folded"
  if row.type == "pruned" then
    if known[row.run] == nil then known[row.run] = pruned(journal, row.run) end
    if not known[row.run] then return broken(row.seq, "was emptied by nobody") end
  elseif row.type == "folded" then
    folded[row.seq] = range(row)
  end
  if hollow and row.empty == 0 or not hollow and row.hash ~= row.made then return broken(row.seq, "is not what was written") end
  if row.type == "fold" then vouch(folded, row) end
  return true
end

local function last_seq(journal)
  local counted = journal:rows("SELECT seq FROM sqlite_sequence WHERE name = 'event'")[1]
  return counted and counted.seq or 0
end

local function follow(journal)
  local last, hash, known, folded = 0, "", {}, {}
  repeat
    local list = journal:rows("SELECT seq, run, type, data, prev_hash, hash, " .. HASHED .. " AS made,"
      .. " coalesce(at, path, actor, CASE type WHEN 'folded' THEN nullif(run, '') ELSE data END) IS NULL AS empty FROM event"
      .. " WHERE seq > :last ORDER BY seq LIMIT :page", { last = last, page = PAGE })
    for _, row in ipairs(list) do
      local first = row.seq
      if row.type == "folded" then first = range(row) end
      if first ~= last + 1 then return broken(last + 1, "is missing") end
      if row.prev_hash ~= hash then return broken(row.seq, "does not follow from the one before") end
      local fine, err = check_row(journal, row, known, folded)
      if not fine then return nil, err end
      last, hash = row.seq, row.hash
    end
  until #list == 0
  local to = next(folded)
  if to then return broken(to, "was folded by nobody") end
  if last_seq(journal) ~= last then return broken(last + 1, "is missing") end
  return last
end

--- Follows the chain; how many events it ever had, or nil and what is wrong.
function M.check(journal)
  for try = 1, 5 do
    local before = last_seq(journal)
    local count, err = follow(journal)
    if count then return count end
    -- somebody may have folded what was being read
    if try == 5 or last_seq(journal) == before then return nil, err end
  end
end

-- ---- folding ----

-- The first event from :first on that must stay as it is: one of a run that is here; one that vouches for something before
-- :first, which would then be vouched for by nobody.
local STAYS = "SELECT seq FROM event AS e WHERE seq >= :first AND (type NOT IN " .. HOLLOW
  .. " OR type = 'prune' AND EXISTS (SELECT 1 FROM event AS p WHERE p.run = e.run AND p.type = 'pruned' AND p.seq < :first)"
  .. " OR type = 'fold' AND EXISTS (SELECT 1 FROM event AS f WHERE f.seq = json_extract(e.data, '$.last') AND f.type = 'folded'"
  .. " AND f.seq < :first AND f.seq - CAST(f.data AS INTEGER) + 1 = json_extract(e.data, '$.first')))"
  .. " ORDER BY seq LIMIT 1"

local FOLDED = "UPDATE event SET type = 'folded', run = '', at = NULL, path = NULL, actor = NULL, data = :count,"
  .. " prev_hash = :prev_hash WHERE seq = :last"

-- numbers of ours, which redaction must not reach; || '' makes a text of them, as the row will hold
local ADD_FOLD = add "json_object('first', :first, 'last', :last) || ''"

local function fold_stretch(journal, first_row, last)
  local first = first_row.type == "folded" and range(first_row) or first_row.seq
  journal:execute(FOLDED, { last = last, count = last - first + 1, prev_hash = first_row.prev_hash })
  journal:execute("DELETE FROM event WHERE seq >= :from AND seq < :last", { from = first_row.seq, last = last })
  insert(journal, ADD_FOLD, { at = iso(journal.wall()), run = "", type = "fold", first = first, last = last })
end

--- Folds one stretch of events of which only hashes are left, at or after
-- `from`, inside a transaction; where to go on, nil at the end.
function M.fold(journal, from)
  local first = journal:rows("SELECT seq, type, data, prev_hash FROM event WHERE seq >= :from AND type IN " .. HOLLOW
    .. " ORDER BY seq LIMIT 1", { from = from })[1]
  if not first then return nil end
  local stays = journal:rows(STAYS, { first = first.seq })[1]
  local stretch = journal:rows("SELECT max(seq) AS last, count(*) AS n FROM (SELECT seq FROM event WHERE seq >= :first"
    .. " AND (:stays IS NULL OR seq < :stays) ORDER BY seq LIMIT :max)",
    { first = first.seq, stays = stays and stays.seq, max = FOLD_MAX })[1]
  if stretch.n >= FOLD_MIN then fold_stretch(journal, first, stretch.last) end
  if stretch.n == FOLD_MAX then return stretch.last end
  return stays and stays.seq + 1
end

return M
