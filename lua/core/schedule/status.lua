-- core/schedule/status.lua - the daemon in one line, for systemctl status.
-- SPDX-License-Identifier: MIT

local health = require "core.schedule.health"

local M = {}

local function count(n, word)
  return ("%d %s%s"):format(n, word, n == 1 and "" or "s")
end

-- "06:15 CET", with its day unless that is today's
local function local_time(at, tz, now)
  local zone = require("host.cron").zone(tz or "UTC")
  if not zone then return require("host.sys").utc(at) end
  local there, here = zone:at(at // 1 | 0), zone:at(now // 1 | 0)
  local day, clock = there.local_time:match "^(%S+)[ T](%d+:%d+)"
  local today = here.local_time:match "^%S+"
  return ("%s%s %s"):format(day ~= today:sub(1, 10) and day .. " " or "", clock, there.abbreviation)
end

-- The schedule that is due next, and when.
local function next_of(view)
  local best, at
  for _, schedule in ipairs(view.schedules or {}) do
    local slot = schedule.state == "active" and schedule.next and schedule.next[1]
    local due = slot and (slot.due or slot.at)
    if due and (not at or due < at) then best, at = schedule, due end
  end
  return best, at
end

--- "3 schedules, 1 running, next offboard leavers 06:15 CET; ..."
-- @tparam table facts as core.schedule.health has them
function M.line(facts)
  local view = facts.view or {}
  local parts = { count(#(view.schedules or {}), "schedule"), ("%d running"):format(facts.children or 0) }
  local schedule, at = next_of(view)
  if schedule then
    local tz = schedule.definition and schedule.definition.tz
    parts[#parts + 1] = ("next %s %s"):format(schedule.name, local_time(at, tz, facts.now))
  end
  local text = table.concat(parts, ", ")
  local word, why = health.judge(facts)
  if word == "ok" then return text end
  return ("%s; %s: %s"):format(text, word, table.concat(why, "; "))
end

return M
