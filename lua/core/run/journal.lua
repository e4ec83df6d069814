-- core/run/journal.lua - what runs did, in the store; the only SQL of runs.
-- SPDX-License-Identifier: MIT

-- local journal = require "core.run.journal"
-- J = journal.open(store [, wall])    wall() -> seconds since 1970; the clock of the engine
-- journal.LIVE[state], journal.STATES[state]; journal.TEXT_MAX = 1 MiB
--
-- Every method that writes is ONE durable transaction with its event in it. What fails raises a structured error (err.reason:
-- "full", "dead", "busy", "read_only", "damaged", "lost" = another process has the run now). JSON goes in and comes out as text,
-- redacted; one longer than 1 MiB is refused (kind "cap"), never cut. Times are seconds since 1970. Reading gives rows by column
-- name, nil for null.
--
-- Taking
--   J:new_id() -> "r-7k2m9x"
--   J:create{ id=, workflow=, key=, input=JSON, seed=, source_set=, file=?, host_version=?, deadline=?, parent=?, owner=? }
--       -> true | nil, run (the live one with that workflow and key).  C0. Whoever creates a run owns it.
--   J:own(id [, owner text]) -> run       take the OS lock FIRST. From then on nobody who owned it before can write. A run
--                                         that was running or undoing has died: crashes + 1 (J:result sets it back to 0).
-- Reading
--   J:run(id), J:live(workflow, key) -> run | nil;  J:find(prefix of an id) -> runs
--   J:runs{ state=, workflow=, key=, live=bool, limit= } -> runs, newest first
--   J:steps(id) by seq, J:step(id, path), J:attempts(id [, path]), J:events(id [, after seq]), J:decision(id, path),
--   J:answered(id) -> boolean: somebody has answered what the run still waits for
-- Writing, owner only.  `step` is a table of path, and where known: ordinal, parent, kind ("step", "sleep", "approval",
--     "note", "now", ...), class, operation, args_digest, args=JSON, body_digest, op_key, before=JSON, inverse=JSON, boot_id,
--     mono, wall
--   J:intent(id, step) -> attempt number.  C1. A new step, or another attempt of one that failed; over a step in `intent` or
--                                `doubt` only when its class is read or set, or step.again == "key" with the same op_key
--   J:result(id, path, { status=, value=JSON, remote_id=, request_id=, seconds=, found=bool }) -> done_seq.  C2
--   J:record(id, step, result) -> done_seq.  C2 of what needs no intent: a read, run:now(), a note
--   J:failure(id, path | step, { kind=, message=, status=, retry_at=, request_id=, seconds=, data=JSON })   C2f; `step` when
--                                there was no intent
--   J:doubt(id, path, { same })   C2d
--   J:sleep(id, path, ordinal, wake_at [, step]) -> wake_at, the one that was written first.  C3; J:result ends it
--   J:approval(id, path, { ordinal=, ask=, deadline=, on_timeout=, step... }) -> decision row.  C3; J:result ends it
--   J:settled(id, path, "done" | "absent" | "skip", evidence, actor, reason)   C5. evidence: { value=JSON, remote_id=,
--                                found=bool, looks=JSON } or nil. absent: the step is `failed` with kind "absent", so that
--                                J:intent may try again
--   J:undo_intent(id, path, { class=, operation=, boot_id=, mono=, wall=, data=JSON })   C4, again for a repeat
--   J:undo_result(id, path, { status=, gone=bool }), J:undo_failed(id, path, failure), J:undo_doubt(id, path, failure)   C4r
--   J:undo_disabled(id, path, reason)   not ours to undo;  C4r
--   J:state(id, state, error, output [, { wake_at=, actor=, reason= }])   C6; error, output: JSON text or nil
--   J:planned(id) -> boolean                        there is an event of type "planned": the run goes on with a plan only
--   J:event(id, path, type, data JSON [, actor])   only an event: the first look-up of a settlement, ...
-- Writing, anybody
--   J:decide(id, path, { approved=bool, by=, comment= }) -> true | nil, decision (the first writer won)   C3
--   J:request(id, "cancel", actor, reason);  J:requested(id) -> { what=, actor=, reason=, at= } | nil
-- Sources
--   J:sources{ [name] = text } -> digest of the set
--   J:source(digest) -> { [name] = text }, { [name] = digest } of those that hold a secret and so are not kept: take them from
--       the disk if sha256 is still that one
-- Looking after
--   J:check() -> count of events | nil, err;  J:prune(days, count of each workflow) -> runs pruned
--   J:digest(text) -> keyed, for secret values
-- J.hook(name, id, path) after each commit: C0 own C1 C2 C2f C2d C3 C4 C4r C5 C6 event request sources prune

local error_ = require "core.error"
local events = require "core.run.journal.events"
local rows = require "core.run.journal.rows"
local states = require "core.run.journal.states"
local sys = require "host.sys"

local M = { TEXT_MAX = rows.TEXT_MAX, STATES = states.all, LIVE = states.live }
local J = {}
J.__index = J

-- Before the first the store keeps room in reserve, and gives it to the second: what happened must be known, or somebody has to
-- be asked about it.
local reserved = { C0 = true, own = true, C1 = true, C4 = true }
local urgent = { C2 = true, C2f = true, C2d = true, C4r = true, C5 = true, C6 = true }

--- The journal in a store.
-- @param store of host.store
-- @tparam ?function wall seconds since 1970
function M.open(store, wall)
  local self = setmetatable({ store = store, wall = wall or sys.clock, owned = {} }, J)
  self.id = self:digest("store"):sub(1, 16)
  events.check_mark(self)
  return self
end

-- ---- one transaction ----

-- The rows of a statement of ours.
function J:rows(sql, parameters)
  local list, err = self.store:rows(sql, parameters)
  return list or error_.rethrow(err)
end

function J:execute(sql, parameters)
  local changed, err = self.store:execute(sql, parameters)
  return changed or error_.rethrow(err)
end

local function lost(id)
  error_.raise("conflict", ("run %s was taken over by another process, so this one stops; see errand runs show %s")
    :format(id, id), { reason = "lost" })
end

-- Raises unless the run is ours; { epoch, done_count } of it, which nobody else changes before the transaction ends.
local function check_owner(self, id)
  local run = self:rows("SELECT epoch, done_count FROM run WHERE id = :id", { id = id })[1]
  if not run then error_.raise("not_found", ("there is no run %s; see errand runs"):format(id)) end
  if not self.owned[id] then error("core.run.journal: J:own(id) comes first", 4) end
  if run.epoch ~= self.owned[id] then lost(id) end
  return run
end

local anybody = { C0 = true, own = true, decide = true, request = true }

-- One try; what is raised inside counts as what atomic returns.
local function try(self, name, id, fn)
  local raised, ok, first, second = pcall(self.store.atomic, self.store, function()
    return true, fn(id and not anybody[name] and check_owner(self, id) or nil)
  end)
  if not raised then return nil, ok end
  return ok, first, second
end

-- Runs fn, which gets the row of check_owner, in one transaction and tells the hook; what fn returns. What can be had again
-- (repeatable) gets none of the reserve.
local function write(self, name, id, path, fn, repeatable)
  if reserved[name] then
    local kept, err = self.store:reserve()
    if not kept then error_.rethrow(err) end
  end
  self.seq = nil
  local ok, first, second = try(self, name, id, fn)
  local full = not ok and type(first) == "table" and first.reason == "full"
  if full and urgent[name] and not repeatable and self.store:release() then ok, first, second = try(self, name, id, fn) end
  if not ok then
    if error_.is(first) then error_.rethrow(first) end
    error(first, 0)
  end
  if self.seq then self.store:mark(events.mark(self, self.seq)) end
  if self.hook then self.hook(name == "decide" and "C3" or name, id, path) end
  return first, second
end

for _, part in ipairs { "runs", "steps", "waiting", "undo", "upkeep" } do
  require("core.run.journal." .. part)(J, write)
end

return M
