-- schedule.lua - what is to happen by itself: errand schedule check scripts/schedule.lua
-- SPDX-License-Identifier: MIT
--
-- To see it without an account, with a page on which each can be started:
--   errand --sandbox serve --schedule scripts/schedule.lua --page 127.0.0.1:8700
-- Paths are those from the folder of this file, whoever starts it from wherever.

defaults {
  tz = "Europe/Berlin",
  timeout = "30m",
  -- notify = { on = "failure", mail = "ops@example.com" },
}

-- Reads only: what is new since the last time is in the log of each slot.
schedule "access audit" {
  doc = "Who has access to what in all five systems, and what changed.",
  every = "6h",
  run = "audit.lua",
  args = { changes = true },
  jitter = "10m",
}

-- A workflow: killed half-way it goes on where it was. Whoever is in the list
-- and not in a system is said to be not there, so that it may stay in the list.
schedule "offboard leavers" {
  doc = "The people of the list out of IXON, Qalyptus and the portal.",
  at = "15 6 * * 1-5",
  run = "offboard.lua",
  args = { csv = "people.csv" },
  overlap = "skip",
  catchup = "one",
}
