-- core/run/journal/states.lua - the states of a run.
-- SPDX-License-Identifier: MIT

local M = { all = {}, live = {}, ended = {} }

for name in ("ready running sleeping waiting held in_doubt diverged stalled undoing"):gmatch "%S+" do
  M.all[name], M.live[name] = true, true
end
for name in ("done undone failed abandoned cancelled"):gmatch "%S+" do
  M.all[name], M.ended[name] = true, true
end

return M
