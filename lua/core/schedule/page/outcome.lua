-- core/schedule/page/outcome.lua - slots in words, colours and shapes.
-- SPDX-License-Identifier: MIT

local html = require "core.schedule.page.html"
local view = require "core.run.view"

local e, text = html.e, html.text

local M = {}

-- word, colour, shape of the bar
local ended = {
  done = { "done", "good", "full" }, undone = { "undone", "calm", "full" }, cancelled = { "cancelled", "calm", "tall" },
  failed = { "failed", "bad", "tall" }, timed_out = { "timed out", "bad", "tall" }, killed = { "killed", "bad", "tall" },
  lost = { "lost", "bad", "tall" }, abandoned = { "abandoned", "bad", "tall" },
}

local asks = { held = true, in_doubt = true, diverged = true, stalled = true, waiting = true }

--- What a reason of a slot that did not run says.
M.REASONS = {
  missed = "nobody was there to start it when it was due", window = "it was missed, and too old to be made up for",
  paused = "the schedule was paused", held = "the schedule was held", disabled = "the schedule is not enabled",
  overlap = "an earlier slot was still under way", queue_full = "as many slots as may wait were waiting",
  gone = "the schedule was not in the file any more",
  edited = "it belongs to the timing that the schedule had before",
}

local function skipped(slot)
  local reason = slot.reason and slot.reason:gsub("_", " ")
  return { "skipped" .. (reason and ": " .. reason or ""), "soft", "stub" }
end

local function standing(slot)
  if slot.state == "skipped" then return skipped(slot) end
  if slot.state == "ended" then return ended[slot.outcome] or { tostring(slot.outcome), "ask", "open" } end
  if slot.state == "due" then return { slot.reason and "waiting: " .. slot.reason:gsub("_", " ") or "due", "calm", "open" } end
  -- its row follows when the scheduler has seen it
  if ended[slot.run_state] then return ended[slot.run_state] end
  if asks[slot.run_state] then return { view.WORDS[slot.run_state], "ask", "open" } end
  if slot.run_state == "sleeping" then return { "sleeping", "calm", "open" } end
  return { "running", "calm", "open" }
end

--- Whether a slot ended badly.
function M.is_bad(slot)
  return slot.state == "ended" and standing(slot)[2] == "bad"
end

--- How a slot stands, in one or two words.
function M.word(slot)
  return standing(slot)[1]
end

--- The same as a word in a rounded frame.
function M.badge(slot)
  local one = standing(slot)
  return e("span", { class = "state " .. one[2] }, text(one[1]))
end

--- How many of which, in words: "28 done, 2 failed".
function M.tally(slots)
  local count, order, out = {}, {}, {}
  for _, slot in ipairs(slots) do
    local word, n = M.word(slot), slot.covers or 1
    if not count[word] then order[#order + 1] = word end
    count[word] = (count[word] or 0) + n
  end
  table.sort(order, function(a, b) return count[a] > count[b] or count[a] == count[b] and a < b end)
  for i, word in ipairs(order) do out[i] = ("%d %s"):format(count[word], word) end
  return table.concat(out, ", ")
end

local LENGTH <const> = 30

--- The last slots as bars, the newest at the right. To those who cannot see
-- it, it is one picture with one sentence.
-- @tparam table slots newest first
function M.strip(slots, tz)
  local bars = {}
  for i = 1, LENGTH - #slots do bars[i] = e("span", { class = "tick none" }) end
  for i = math.min(#slots, LENGTH), 1, -1 do
    local slot = slots[i]
    local one = standing(slot)
    local covers = (slot.covers or 1) > 1 and (" (%d slots)"):format(slot.covers) or ""
    bars[#bars + 1] = e("a", { class = ("tick %s %s"):format(one[3], one[2]), href = html.path("slots", slot.id), tabindex = "-1",
      title = ("%s: %s%s"):format(html.local_time(slot.at, tz), one[1], covers) }, "")
  end
  local words = #slots == 0 and "No slot has passed yet."
    or ("The last %s, the oldest first: %s. The newest is %s."):format(#slots == 1 and "slot" or #slots .. " slots",
      M.tally(slots), M.word(slots[1]))
  return e("div", { class = "strip", role = "img", ["aria-label"] = words }, table.concat(bars))
end

--- What the bars mean.
function M.legend()
  local out = {}
  for i, row in ipairs { { "full good", "done" }, { "tall bad", "failed, killed, lost" }, { "open ask", "needs somebody" },
    { "open calm", "under way" }, { "stub", "skipped" } } do
    out[i] = e("li", nil, e("span", { class = "tick " .. row[1] }) .. e("span", nil, text(row[2])))
  end
  return e("ul", { class = "legend", ["aria-label"] = "What the bars mean" }, out)
end

--- Why a slot ended so or did not run, as mark-up; "" where there is nothing
-- to say.
function M.why(slot)
  local parts = {}
  if slot.state == "skipped" and M.REASONS[slot.reason] then parts[#parts + 1] = M.REASONS[slot.reason] end
  if slot.state == "running" and slot.reason then
    parts[1] = slot.reason:gsub("^" .. (slot.run_state or "-"):gsub("%p", "%%%0") .. ": ", "")
  elseif slot.state == "ended" and slot.reason then
    parts[1] = slot.reason:gsub("_", " ")
  end
  if slot.note and slot.note ~= "" and not (parts[1] or ""):find(slot.note, 1, true) then parts[#parts + 1] = slot.note end
  local all = table.concat(parts, " ")
  if slot.state == "ended" and slot.signal and not all:find(slot.signal, 1, true) then
    parts[#parts + 1] = "signal " .. slot.signal
  elseif slot.state == "ended" and (slot.code or 0) ~= 0 and not all:find "exit code" then
    parts[#parts + 1] = "exit code " .. slot.code
  end
  if (slot.covers or 1) > 1 then parts[#parts + 1] = ("stands for %d slots"):format(slot.covers) end
  return text(table.concat(parts, "; "))
end

local kinds = { hand = "by hand", boot = "at a start of the machine" }

--- A table of slots.
-- @tparam table slots newest first
-- @tparam table how tz (of a schedule), named: with the schedule's name;
--   tz_of(name)
function M.slots(slots, how)
  local rows = {}
  for i, slot in ipairs(slots) do
    local tz = how.tz or how.tz_of and how.tz_of(slot.schedule)
    local when = html.link(html.path("slots", slot.id), html.local_time(slot.at, tz))
    if kinds[slot.kind] then when = when .. " " .. html.soft(kinds[slot.kind]) end
    local row = { when, M.badge(slot), M.why(slot), slot.seconds and text(view.span(slot.seconds)) or "",
      slot.run_state and html.link(html.path("runs", slot.run), slot.run) or "" }
    if how.named then table.insert(row, 2, html.link(html.path("schedules", slot.schedule), slot.schedule)) end
    rows[i] = row
  end
  local columns = { "!Slot", "Outcome", "Why", "!Took", "!Run" }
  if how.named then table.insert(columns, 2, "Schedule") end
  return html.table(columns, rows, "brief")
end

return M
