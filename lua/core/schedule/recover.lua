-- core/schedule/recover.lua - what an earlier process left behind, looked at before anything starts.
-- SPDX-License-Identifier: MIT

--- Looks at each row that began: what is over is ended, what somebody has is
-- followed, and what has to go on is started by the first tick.
-- @tparam table S core.schedule.scheduler
-- @tparam table follow core.schedule.follow
return function(S, follow)
  local found = { due = 0, started = 0, running = 0 }
  S.recovering = true
  for _, row in ipairs(S.book:open()) do
    found[row.state] = found[row.state] + 1
    if row.state ~= "due" then follow.look(S, row) end
  end
  S.recovering = false
  S.look_at = 0
  for _, item in pairs(S.items) do item.at = nil end -- the first tick looks again, and starts
  S.log("info", "recovered", { waiting = found.due, begun = found.started, running = found.running })
end
