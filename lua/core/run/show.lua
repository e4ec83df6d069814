-- core/run/show.lua - a run as text: errand runs show.
-- SPDX-License-Identifier: MIT

local json = require "host.json"
local view = require "core.run.view"

local M = {}

local ONE_LINE <const> = 90 -- characters of a value that need no lines of their own

--- Columns of the steps where they are a table.
M.COLUMNS = { "step", "operation", "state", "attempts", "seconds", "remote_id", "note" }

local function note_of(step)
  if step.doubt then return "see below" end
  if step.undo and step.undo.error and step.undo.state ~= "done" then return step.undo.error end
  if step.error and step.state ~= "done" then return step.error end
  if step.wake_at and step.state == "sleeping" then return "until " .. step.wake_at end
  if step.retry_at and step.state == "to be retried" then return "at " .. step.retry_at end
  if step.decision then
    return ("by %s%s"):format(step.decision.by, step.decision.comment and ": " .. step.decision.comment or "")
  end
  if step.ask then return "asked: " .. step.ask end
end

local function table_lines(lines, steps)
  local rows = {}
  for _, step in ipairs(steps) do
    rows[#rows + 1] = json.object { step = step.step, operation = step.operation or step.kind, state = step.state,
      attempts = step.attempts and step.attempts > 1 and step.attempts or nil, seconds = step.seconds, remote_id = step.remote_id,
      note = note_of(step) }
  end
  if #rows == 0 then
    lines[#lines + 1] = "  no step has begun"
    return
  end
  -- empty columns say nothing
  local columns = {}
  for _, name in ipairs(M.COLUMNS) do
    for _, row in ipairs(rows) do
      if row[name] ~= nil then
        columns[#columns + 1] = name
        break
      end
    end
  end
  local sys = require "host.sys"
  local width = sys.isatty(1) and math.max(40, sys.columns(1) - 2) or nil
  for text in require("core.format.table")(json.array(rows), { columns = columns, width = width }):gmatch "[^\n]+" do
    lines[#lines + 1] = "  " .. text
  end
end

local function value_lines(lines, title, value)
  if value == nil then return end
  local text = type(value) == "string" and value or json.encode(value)
  if text and #text <= ONE_LINE and not text:find "\n" then
    lines[#lines + 1] = ("  %s: %s"):format(title, text)
    return
  end
  if type(value) ~= "string" then text = json.encode(value, 2) end
  lines[#lines + 1] = ("  %s:"):format(title)
  for one in (tostring(text) .. "\n"):gmatch "([^\n]*)\n" do lines[#lines + 1] = "    " .. one end
end

local function try_lines(lines, step)
  for _, try in ipairs(step.tries or {}) do
    local parts = { ("  %s %d at %s: %s"):format(try.phase == "undo" and "undo, attempt" or "attempt", try.n, try.at,
      (try.outcome:gsub("_", " "))) }
    if try.status and try.status > 0 then parts[#parts + 1] = "HTTP " .. try.status end
    if try.seconds then parts[#parts + 1] = view.span(try.seconds) end
    if try.request_id then parts[#parts + 1] = "request " .. try.request_id end
    if try.message then parts[#parts + 1] = try.message end
    lines[#lines + 1] = table.concat(parts, ", ")
  end
end

local function full_lines(lines, steps)
  for _, step in ipairs(steps) do
    lines[#lines + 1] = ""
    lines[#lines + 1] = ("%s: %s, %s"):format(step.step, step.operation or step.kind, step.state)
    try_lines(lines, step)
    value_lines(lines, "arguments", step.args)
    value_lines(lines, "there before", step.before)
    if step.result ~= json.null then value_lines(lines, "result", step.result) end
  end
end

local function doubt_lines(lines, steps)
  local begun = false
  for _, step in ipairs(steps) do
    if step.doubt then
      if not begun then
        lines[#lines + 1] = ""
        lines[#lines + 1] = "In doubt"
      end
      begun = true
      lines[#lines + 1] = ("  %s (%s): %s"):format(step.step, step.operation or step.kind, step.doubt.why)
    end
  end
end

local function head_lines(run)
  local lines = { ("%s: %s, key %s"):format(run.id, run.workflow, run.key), run.outcome }
  local facts = {}
  if run.slot then
    facts[1] = ("slot %d of schedule '%s', due %s"):format(run.slot.id, run.slot.schedule, run.slot.at)
  end
  if run.started or run.created then facts[#facts + 1] = "begun " .. (run.started or run.created) end
  if run.ended then facts[#facts + 1] = "ended " .. run.ended end
  if run.seconds then facts[#facts + 1] = "took " .. view.span(run.seconds) end
  if run.file then facts[#facts + 1] = "script " .. run.file end
  if run.errand then facts[#facts + 1] = "errand " .. run.errand end
  if run.deadline and run.live then facts[#facts + 1] = "must end by " .. run.deadline end
  if run.crashes and run.crashes > 0 then
    facts[#facts + 1] = "interrupted " .. view.count(run.crashes, "time") .. " without progress"
  end
  lines[#lines + 1] = table.concat(facts, "; ")
  if run.wanted then
    lines[#lines + 1] = ("%s wants it to %s%s."):format(run.wanted.actor or "somebody", run.wanted.what,
      run.wanted.reason and " (" .. run.wanted.reason .. ")" or "")
  end
  return lines
end

--- The run as text for people.
-- @tparam table run of core.run.view
-- @tparam table how full: bodies and attempts too
function M.text(run, how)
  local lines = head_lines(run)
  lines[#lines + 1] = ""
  lines[#lines + 1] = "Steps"
  table_lines(lines, run.steps)
  doubt_lines(lines, run.steps)
  if how.full then
    full_lines(lines, run.steps)
    lines[#lines + 1] = ""
    value_lines(lines, "input", run.input)
    if run.output ~= json.null then value_lines(lines, "output", run.output) end
  end
  if #run.next > 0 then
    lines[#lines + 1] = ""
    lines[#lines + 1] = "What can be done now"
    for _, command in ipairs(run.next) do lines[#lines + 1] = "  " .. command end
  end
  return table.concat(lines, "\n") .. "\n"
end

return M
