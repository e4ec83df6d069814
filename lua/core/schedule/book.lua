-- core/schedule/book.lua - schedules, their slots and the notices that wait, in the store; the only SQL of schedules.
-- SPDX-License-Identifier: MIT

-- local book = require "core.schedule.book"
-- B = book.open(store [, wall])    wall() -> seconds since 1970; when a row was written, started and ended
--
-- Every method that writes is ONE durable transaction. What fails raises a structured error (err.reason: "full", "dead",
-- "busy", "read_only", "damaged"). Texts are redacted on their way in, JSON stays JSON; one longer than 1 MiB is refused. Reading
-- gives rows by column name, nil for null; what is yes or no is 1 or 0. Instants of slots (at, due, since, last_slot) are whole
-- seconds since 1970 in UTC, the others have fractions.
--
-- A slot's row: id, schedule, at (nominal), kind ("slot", "hand", "boot"), boot, due (at + jitter), local_time, flags, collapsed,
-- times (those that collapsed into it, local, with commas between; host.cron's `missed`), covers (how many slots the row stands
-- for), catchup, state, outcome (of "ended"), reason (of "skipped"), note, actor, run,
-- attempt, pid, boot_id, code, signal, seconds, peak, output, dropped, made, started, ended; read by B:slot, B:slots, B:open and
-- B:of_run also run_state, run_wake_at, run_error. state: due -> started -> running -> ended, or due -> skipped.
--
-- An outbox argument is a list of { channel=, body=JSON, due=, expires=? } that is written in the same transaction; with
-- instead_of = ids, notices that nobody has tried to deliver yet go, for these say what they said.
--
-- Schedules (book/schedules.lua)
--   B:schedules() -> { [name] = row };  B:schedule(name) -> row | nil
--   B:enter(list, now, file [, outbox]) -> { new = names, changed = names, back = names, gone = names }
--       list of { name=, digest=, definition=JSON, rows = rows as for B:fire }: new -> since = now, active; another digest ->
--       rows written, since = now, last_slot = nil, the state stays; not in the list -> "gone"; there again -> as new,
--       but paused or held if it was
--   B:pause(name, actor, why), B:resume(name, actor) -> true | nil, row;  B:hold(name, why [, outbox]) -> true | nil, row
--       row.changed is when, row.actor who. Pausing a held one makes it paused; resuming is for both
--   B:pauses(name) -> { { began=, ended= | nil }, ... }        when it was paused or held, of what is not evaluated yet
-- Slots (book/slots.lua)
--   B:fire(name, upto, rows [, outbox [, hold [, replaced]]]) -> the rows that were inserted, ids of notices; last_slot is `upto`
--       at least; in the same transaction hold: as B:hold; replaced: { { id=, reason=, note= }, ... }, each as B:skip
--       rows: { at=, kind="slot"?, due=?, local_time=, flags=, collapsed=, times=, covers=, catchup=,
--       state = "due"|"skipped", reason=, note=, actor=, boot= }. One that is there already is left as it is
--   B:hand(name, actor, now, kind = "hand"|"boot" [, state = "due"|"started" [, { run=, boot=, local_time=, note=, most=,
--       replaced=, notices= }]])
--       -> row | nil
--       hand: at the next second that is free. boot: at = now is the instant of the boot; nil if that boot had one, known by its
--       instant or by `boot`, the id of the boot
--   B:skip(id, reason, note [, outbox]) -> true | nil          due -> skipped
--   B:drop(name, { { id=, reason=, note= }, ... } [, outbox]) -> ids of notices; each due -> skipped
--   B:start(id, run [, most]) -> row | nil                     due -> started, attempt 1; run: the reserved id, may be nil
--       most, here and for B:hand: nil where so many of the schedule have begun and are not over, asked in the transaction
--   B:again(id) -> row | nil                                   started, running -> started, attempt + 1; nobody has it
--   B:claim(id, attempt, pid, boot_id) -> row | nil            started -> running, for the first who asks, who has the lock
--   B:told(id, { run=, code=, note=, reason=?, attempt=? } [, outbox]) -> true | nil     of a started or running one [that
--       attempt of it];
--       reason: what somebody was told that it waits for; run = false: it has none
--   B:finish(id, { outcome=, reason=, note=, code=, signal=, seconds=, peak=, output=, dropped=, run= } [, outbox])
--       -> true | nil                                          due, started, running -> ended
--   B:slot(id) -> row | nil;  B:of_run(run id) -> row | nil
--   B:slots{ schedule=, state=, outcome=, since=, before=, limit= } -> rows, newest first; since <= at < before
--   B:open([schedule]) -> rows that are due, started or running, by due
--   B:counts() -> { { schedule=, state=, outcome=, reason=, rows=, slots= }, ... }    slots: the sum of covers
-- Clock
--   B:last_wall() -> number | nil;  B:wall(now [, force]) -> was it written: every 30 s, and never back unless forced, which
--       takes what schedules were entered, evaluated or changed at later than that back to it
--       (book/present.lua): rows of slots that are later and never began are forgotten, for those slots are yet to come
-- Notices (book/outbox.lua)
--   B:post(list [, schedule, slot id]) -> ids                  notices without anything else
--   B:untold(ids) -> bool                                      whether nobody has tried to deliver any of them
--   B:outbox_due(now, limit) -> rows, of each channel of a schedule the oldest that waits;  B:outbox_next() -> instant | nil
--   B:outbox{ limit=, waiting=bool } -> rows, newest first
--   B:sent(id), B:again_at(id, due, message) (tries + 1), B:give_up(id, message) -> true | nil, if it is over already
-- Looking after (book/upkeep.lua)
--   B:prune{ days=, count=, now=, of = { [schedule] = { days=, count= } }, limit=, before= } -> count of slots, ids, more?
--       forgets rows of slots that are older or more, but no open one and none whose run lives; `limit`: so many at once;
--       before({ { id=, attempt= }, ... }) is called before such rows are forgotten: what hangs on them goes first
-- B.hook(name, ...) after each commit: enter(file) pause(name) fire(name, upto) hand(name, id) skip(id) start(id, attempt)
--   claim(id, attempt) told(id) finish(id) wall(now) outbox(id) prune(count)

local error_ = require "core.error"
local sys = require "host.sys"

local M = {}
local B = {}
B.__index = B

--- The book of schedules in a store.
-- @param store of host.store
-- @tparam ?function wall seconds since 1970
function M.open(store, wall)
  return setmetatable({ store = store, wall_clock = wall or sys.clock }, B)
end

-- The rows of a statement of ours.
function B:rows(sql, parameters)
  local list, err = self.store:rows(sql, parameters)
  return list or error_.rethrow(err)
end

function B:execute(sql, parameters)
  local changed, err = self.store:execute(sql, parameters)
  return changed or error_.rethrow(err)
end

-- Runs fn in one transaction and tells the hook, with what fn returns after its two results; false: nothing was written.
local function write(self, name, fn)
  local ok, first, second, about, more = self.store:atomic(function() return true, fn() end)
  if not ok then error_.rethrow(first) end
  if self.hook and about ~= false then self.hook(name, about, more) end
  return first, second
end

for _, part in ipairs { "schedules", "slots", "outbox", "upkeep" } do
  require("core.schedule.book." .. part)(B, write)
end

return M
