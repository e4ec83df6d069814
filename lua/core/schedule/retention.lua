-- core/schedule/retention.lua - keeps the store bounded: what is called each hour.
-- SPDX-License-Identifier: MIT

local M = {}

local BATCH = 500     -- rows of slots between two breaths
local PAGES = 500     -- pages that one step gives back to the disk
local RUN_DAYS, RUNS = 90, 10000 -- of each workflow

-- A log goes before its row: a row without a log is harmless, a log without a row would stay for good.
local function logs_of(dir, counts)
  return function(rows)
    for _, row in ipairs(rows) do
      for attempt = 1, row.attempt do
        if os.remove(("%s/%d-%d.log"):format(dir, row.id, attempt)) then counts.logs = counts.logs + 1 end
      end
    end
  end
end

-- The rules of each schedule, from the definitions of a set.
local function rules(list)
  local out = {}
  for _, definition in ipairs(list or {}) do out[definition.name] = definition.keep end
  return out
end

local function pragma(book, name) return book:rows("PRAGMA " .. name)[1][name] end

-- Gives the pages of what was forgotten back to the disk, in short transactions.
local function vacuum(book, breathe)
  local free = pragma(book, "freelist_count")
  while free > 0 do
    local before = free
    book:rows(("PRAGMA incremental_vacuum(%d)"):format(PAGES))
    breathe()
    free = pragma(book, "freelist_count")
    if free >= before then return end -- somebody else frees more at the same time
  end
end

-- Writes the log back and makes its file empty. Somebody who reads for long only puts it off.
local function truncate(book)
  local row = book:rows("PRAGMA wal_checkpoint(TRUNCATE)")[1]
  return row ~= nil and row.busy == 0
end

--- Forgets what is old: slots with their logs, runs, notices; and gives the
-- room back. Not to be called while the clock cannot be trusted: in a wrong
-- future everything is old.
-- @tparam table how book; journal; logs: the folder of the logs, nil for none; definitions: a list, for their `keep`; now;
-- breathe: a function that is called at least each 500 rows (a task may wait in it); idle: nobody is waiting, so that the log may
-- be emptied
-- @treturn table slots, logs, runs, pages: how many went; truncated
function M.run(how)
  local book, breathe = how.book, how.breathe or function() end
  local done = { slots = 0, logs = 0, runs = 0, pages = 0, truncated = false }
  local of, before = rules(how.definitions), how.logs and logs_of(how.logs, done)
  local pages = pragma(book, "page_count")
  local more
  repeat
    local slots, _, rest = book:prune { of = of, now = how.now, limit = BATCH, before = before }
    more = rest
    done.slots = done.slots + slots
    breathe()
  until not more
  done.runs = how.journal and how.journal:prune(RUN_DAYS, RUNS, breathe) or 0
  vacuum(book, breathe)
  done.pages = math.max(0, pages - pragma(book, "page_count"))
  if how.idle then done.truncated = truncate(book) end
  return done
end

return M
