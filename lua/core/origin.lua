-- core/origin.lua - where a setting comes from, in words, never its value.
-- SPDX-License-Identifier: MIT

local M = {}

--- "secret, file /run/x, in config.lua", "ERRAND_IXON_COMPANY", "the catalogue"
-- @tparam table entry as core.config.entries lists it
function M.text(entry)
  local text = entry.source and "secret, " .. entry.source or nil
  if entry.source == nil or not entry.source:find(entry.origin, 1, true) then
    text = (text and text .. ", in " or "") .. entry.origin
  end
  return text
end

return M
