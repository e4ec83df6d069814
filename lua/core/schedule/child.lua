-- core/schedule/child.lua - the process that does the work of one slot.
-- SPDX-License-Identifier: MIT

-- A slot's work is begun once, however often its process is begun: the lock of
-- the slot lets one process in at a time, claiming it in the book lets it in
-- once for each attempt, and a run that was begun for it is gone on with. A
-- plain script, which nobody can go on with, says that it has no run before its
-- first line; from then on it is never begun again.

local book_ = require "core.schedule.book"
local error_ = require "core.error"
local json = require "host.json"
local lock_ = require "core.run.lock"
local sys = require "host.sys"

local M = {}
local Child = {}
Child.__index = Child

local NOTE <const> = 300 -- bytes of a note at most

--- The directory of the locks of runs and slots, nil for a store in memory.
function M.locks()
  local path = require("core.config").store_path()
  return path and path .. ".runs" or nil
end

--- The name of a slot's lock, for core.run.lock.
function M.lock_id(slot)
  return ("slot-%d"):format(slot)
end

--- The process that has the slot: pid, true, or nil.
function M.holder(dir, slot)
  return lock_.holder(dir, M.lock_id(slot))
end

--- What run.slot is, of a slot's row.
function M.facts(row)
  local times = json.array {}
  for time in (row.times or ""):gmatch "[^,]+" do times[#times + 1] = time end
  return { id = row.id, schedule = row.schedule, at = sys.utc(row.at), local_time = row.local_time, kind = row.kind,
    collapsed = row.collapsed, times = times, covers = row.covers }
end

-- ---- what the work is done with ----

--- What run.slot is.
function Child:slot()
  return M.facts(self.row)
end

-- What the book is told counts for this attempt only.
local function tell(self, about)
  about.attempt = self.attempt
  return self.book:told(self.id, about)
end

--- The id of the run that is to be begun, which the book knows before there is
-- such a run.
-- @tparam table journal
function Child:reserve(journal)
  if not self.run then
    self.run = journal:new_id()
    tell(self, { run = self.run })
  end
  return self.run
end

--- Is the run there that was begun for the slot, or is to be?
function Child:run_there()
  if not self.run then return false end
  local journal = require("core.run.journal").open(require("core.record").store())
  return journal:run(self.run) ~= nil
end

--- function(id) that tells the book which run it is, where it is another one.
function Child:teller()
  return function(id)
    if id == self.run then return end
    self.run = id
    tell(self, { run = id })
  end
end

--- There is no run, as a plain script has none.
function Child:without_run()
  self.run = nil
  tell(self, { run = false })
end

-- fn() once, when the time limit is over; to be closed where that is of no
-- interest any more.
local function when_late(self, fn)
  local task = require "host.task"
  local timer = task.spawn(function()
    task.sleep(self.limit)
    self.late()
    fn()
  end)
  return setmetatable({}, { __close = function()
    timer:cancel()
    pcall(timer.join, timer)
  end })
end

--- fn(...), the run of a workflow, which the time limit stops as SIGTERM does.
function Child:workflow(fn, ...)
  local term = require "core.run.term"
  local timer <close> = self.limit and when_late(self, function() term.ask "its time limit" end) -- luacheck: ignore 211
  return fn(...)
end

--- fn(...), a plain script, which the time limit cancels.
function Child:script(fn, ...)
  self:without_run()
  if not self.limit then return fn(...) end
  local task = require "host.task"
  local ends = task.now() + self.limit
  local results = table.pack(pcall(task.deadline, self.limit, fn, ...))
  if results[1] then return table.unpack(results, 2, results.n) end
  if task.now() < ends then error(results[2], 0) end
  self.late()
  error_.raise("timeout", ("it took longer than its time limit of %g s and was stopped"):format(self.limit))
end

--- Why it ended as it did: one line, nil for none.
function Child:note(text)
  local line = text and tostring(text):match "^%s*([^\n]*)"
  if line and #line > NOTE then line = line:sub(1, utf8.offset(line, 0, NOTE) - 1) .. "..." end
  self.text = line ~= "" and line or nil
end

-- ---- one process at a time, once ----

local function take(dir, id)
  local ok, lock = pcall(lock_.take, dir, M.lock_id(id))
  if ok then return lock end
  if not error_.is(lock) or lock.kind ~= "conflict" then error(lock, 0) end
  error_.raise("conflict", ("slot %d is under way (%s); errand schedule log tells how it goes"):format(id,
    lock.pid and "pid " .. lock.pid or "another process"), { pid = lock.pid })
end

local function refuse(row, id, attempt)
  if not row then error_.raise("not_found", ("there is no slot %d; errand schedule log lists them"):format(id)) end
  local what = row.state == "ended" and "has ended (" .. row.outcome .. ")" or row.state == "skipped" and "was skipped ("
    .. row.reason .. ")" or row.state == "due" and "was not begun by a daemon" or ("is at attempt %d, which %s"):format(
    row.attempt, row.state == "running" and "has begun" or "is another one")
  error_.raise("conflict", ("slot %d of '%s' is not due for attempt %d: it %s; nothing was done"):format(id, row.schedule,
    attempt, what))
end

-- Scripts, and what they call, are told which slot it is.
local function announce(row)
  sys.setenv("ERRAND_SCHEDULE", row.schedule)
  sys.setenv("ERRAND_SLOT", sys.utc(row.at))
  sys.setenv("ERRAND_SLOT_LOCAL", row.local_time or "")
  sys.setenv("ERRAND_SLOT_COLLAPSED", ("%d"):format(row.collapsed))
  sys.setenv("ERRAND_SLOT_TIMES", row.times or "")
end

--- The exit code that an error ends the process with.
function M.code(err)
  local code = require("core.exit").code(err) or require("host.err").exit_code(err)
  if code == 130 and require("host.signal").interrupted() == "TERM" then return 143 end
  return code
end

-- What came of it is in the run, and the scheduler sees the exit code: the
-- work is not undone because the book could not be told.
local function tell_end(self, code)
  local note = self.text or self.attempt > 1 and "" or nil -- instead of that of the attempt before
  local ok, err = pcall(tell, self, { code = code, note = note })
  if not ok then
    require("host.err").log("warn", ("what came of slot %d is not in the book: %s"):format(self.id, tostring(err)))
  end
end

--- fn(child) as the work of a slot, while nobody else does it; its exit code.
-- Raises kind "conflict" where somebody has the slot or it is not due, and what
-- fn raises.
-- @tparam table how slot (id), attempt (1), hook (for tests), book, limit
-- (seconds, where nobody else sees to the time) and late (function(), called
-- when they are over)
-- @tparam function fn gets the child; gives an exit code, nil for 0
function M.run(how, fn)
  local hook = how.hook or function() end
  local id, attempt = how.slot, how.attempt or 1
  hook "slot"
  local lock <close> = take(M.locks(), id)
  lock.over = true -- its file is of no use to anybody else
  hook "locked"
  local book = how.book or book_.open(require("core.record").store())
  book.hook = how.hook
  local row = book:claim(id, attempt, sys.process().pid, sys.boot_id())
  if not row then refuse(book:slot(id), id, attempt) end
  announce(row)
  local self = setmetatable({ id = id, attempt = attempt, book = book, row = row, run = row.run, hook = how.hook,
    limit = how.limit, late = how.late }, Child)
  local ok, result = xpcall(fn, require("host.state").traceback, self)
  if not ok and not require("core.exit").code(result) then self:note(result.message) end
  local code = ok and result or not ok and M.code(result) or 0
  tell_end(self, code)
  if not ok then error(result, 0) end
  return code
end

return M
