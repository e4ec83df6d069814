-- core/schedule/export/common.lua - what all targets share: quoting, periods, and what is lost on the way.
-- SPDX-License-Identifier: MIT

local M = {}

local DAY = 86400

--- A word for a shell.
function M.shell(word)
  if word:find "^[%w_@%+=:,./-]+$" then return word end
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

--- The words of the command that runs a schedule once.
function M.command(definition, options)
  local words = { options.program }
  if options.config then table.move({ "--config", options.config }, 1, 2, 2, words) end
  return table.move({ "schedule", "run", definition.name, "--schedule", definition.file }, 1, 5, #words + 1, words)
end

--- Why a file cannot have these words at all: a line break in one of them.
function M.unspeakable(definition, options)
  for _, word in ipairs { options.program, options.config or "", definition.file, definition.dir or "" } do
    if word:find "[%c\127]" then return "a path has a line break or another control character in it" end
  end
end

--- The longest time between two slots, as far as the next 400 of them show.
function M.longest_gap(definition, from)
  local cron = definition.cron(from)
  local longest, at = 0, nil
  for _ = 1, 400 do
    local slot = cron:next(at or from)
    if not slot then break end
    if at then longest = math.max(longest, slot.at - at) end
    at = slot.at
  end
  return longest
end

--- The times of a day at which a period that divides it passes, counted from
-- midnight; nil for any other period.
function M.times_of_day(period, most)
  if DAY % period ~= 0 or DAY // period > most then return nil end
  local out = {}
  for at = 0, DAY - 1, period do out[#out + 1] = at end
  return out
end

--- "in 2 h" and the like: 5400 as "1h30m".
function M.duration(seconds)
  local out = ""
  for _, unit in ipairs { { "d", DAY }, { "h", 3600 }, { "m", 60 }, { "s", 1 } } do
    if seconds >= unit[2] then
      out = out .. ("%d%s"):format(seconds // unit[2], unit[1])
      seconds = seconds % unit[2]
    end
  end
  return out ~= "" and out or "0s"
end

--- What holds for neither a timer nor a crontab: how errand treats a slot that
-- comes while the one before runs. A list of sentences.
function M.overlap(definition, one_at_a_time)
  local kind = definition.overlap
  if kind == "queue" or kind == "queue_all" then
    return { ('overlap = "%s": nothing waits here; a slot that comes while the one before runs is dropped'):format(kind) }
  elseif kind == "cancel" then
    return { 'overlap = "cancel": the run under way is not cancelled here; the new slot is dropped' }
  elseif kind == "allow" and one_at_a_time then
    return { 'overlap = "allow": a unit runs once at a time; a slot that comes while the one before runs is dropped' }
  end
  return {}
end

return M
