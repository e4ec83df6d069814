-- core/schedule/overlap.lua - what becomes of a slot while another one of its schedule is not over.
-- SPDX-License-Identifier: MIT

-- Pure. `open` is a list of the schedule's rows that are due, started or running, by due; one whose run is held or in doubt is
-- running. Catch-ups of "all" wait for their turn whatever the policy.

local sys = require "host.sys"

local M = {}

-- A run in such a state stops at its next step when it is asked to; the others wait for somebody.
local CANCELLED = { ready = true, running = true, sleeping = true, waiting = true }

local WORDS = { held = "held", in_doubt = "in doubt", sleeping = "sleeping", waiting = "waiting for an answer",
  stalled = "stalled", diverged = "diverged", undoing = "being undone" }

--- Does the row wait for its turn among those that are made up for?
function M.in_turn(definition, row)
  return row.catchup == 1 and definition.catchup == "all"
end

local in_turn = M.in_turn

local function split(definition, open)
  local busy, waiting = {}, {}
  for _, row in ipairs(open) do
    if row.state ~= "due" then
      busy[#busy + 1] = row
    elseif not in_turn(definition, row) then
      waiting[#waiting + 1] = row
    end
  end
  return busy, waiting
end

--- A sentence about a row that is in the way.
function M.describe(row)
  local what = row.kind == "hand" and "the run by hand of " or "the slot of "
  what = what .. sys.utc(row.at):gsub("%.%d+Z$", "Z")
  if row.state == "due" then return what .. " has not begun yet" end
  local state = WORDS[row.run_state] or "under way"
  if row.run and row.run_state then return ("run %s of %s is %s"):format(row.run, what, state) end
  return ("%s is %s"):format(what, state)
end

--- May its run be asked to stop, so that a later one can begin?
function M.can_cancel(row)
  return not row.run_state or CANCELLED[row.run_state] or false
end

local function in_the_way(open)
  for _, row in ipairs(open) do
    if row.state ~= "due" then return row end
  end
  return open[1]
end

local policies = {}

function policies.skip(_, open)
  if #open == 0 then return true end
  return false, "overlap", M.describe(in_the_way(open))
end

function policies.queue(definition, open)
  local busy, waiting = split(definition, open)
  if #waiting == 0 then return true end
  if #busy == 0 and #waiting == 1 then return true end -- that one is about to begin
  return false, "queue_full", "one waits already, " .. M.describe(waiting[1])
end

function policies.queue_all(definition, open)
  local _, waiting = split(definition, open)
  if #waiting < definition.overlap_max then return true end
  return false, "queue_full", ("%d wait already, the first is %s"):format(#waiting, M.describe(waiting[1]))
end

function policies.allow(definition, open)
  local busy, waiting = split(definition, open)
  if #busy + #waiting < definition.overlap_max then return true end
  return false, "overlap", ("%d are not over yet; %s"):format(#busy + #waiting, M.describe(in_the_way(open)))
end

function policies.cancel(definition, open)
  local busy, waiting = split(definition, open)
  for _, row in ipairs(busy) do
    if not M.can_cancel(row) then return false, "overlap", M.describe(row) end
  end
  return true, nil, nil, waiting
end

--- Whether another slot may become due beside those: true, nil, nil and rows
-- that it takes the place of; or false, the reason and a note.
function M.admit(definition, open, row)
  if row and in_turn(definition, row) then return true end
  return (policies[definition.overlap] or policies.skip)(definition, open)
end

--- How many of its schedule may be under way when it has begun.
function M.most(definition, row)
  return definition.overlap == "allow" and not in_turn(definition, row) and definition.overlap_max or 1
end

--- Of those that one evaluation makes due, the one that is made up for gives
-- way to one that is on time: both would not run, and the newer one is right.
function M.give_way(definition, rows)
  if definition.overlap ~= "skip" or definition.catchup ~= "one" then return nil end
  local late
  for _, row in ipairs(rows) do
    if row.state == "due" and row.catchup == 1 then
      late = row
    elseif row.state == "due" and late then
      return late, "the slot of " .. sys.utc(row.at):gsub("%.%d+Z$", "Z") .. " is due, too"
    end
  end
end

--- Whether a row that is due may begin now. `busy`: rows of its schedule that
-- began and are not over; `before`: rows of it that are due and come first.
function M.may_begin(definition, row, busy, before)
  local most = M.most(definition, row)
  return #busy < most and (most > 1 or before == 0)
end

return M
