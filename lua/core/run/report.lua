-- core/run/report.lua - a run as one page for people who never saw the terminal.
-- SPDX-License-Identifier: MIT

-- One file: no script, nothing that is loaded from elsewhere. Readable on
-- paper, on a phone, in light and dark. The status page of the daemon shows
-- runs with the same pieces.

local json = require "host.json"
local page = require "core.run.page"
local view = require "core.run.view"

local e, text = page.element, page.text

local M = {}

-- ---- words and colours ----

local tones = {
  done = "good", undone = "calm", failed = "bad", abandoned = "bad", cancelled = "calm", held = "ask", in_doubt = "ask",
  diverged = "ask", stalled = "ask", waiting = "ask", sleeping = "calm", running = "calm", ready = "calm", undoing = "calm",
  found = "calm", approved = "good", rejected = "bad", skipped = "calm", ["in doubt"] = "ask", ["under way"] = "calm",
  ["undo failed"] = "bad", ["undo in doubt"] = "ask", ["to be retried"] = "ask",
}

--- A state as a word in a rounded frame.
function M.badge(state)
  return e("span", { class = "state " .. (tones[state] or "calm") }, text(view.WORDS[state] or state))
end

local function code(value)
  return e("code", nil, text(value))
end

local function moment(iso)
  return iso and (iso:gsub("T", " "):gsub("Z$", " UTC")) or nil
end

-- ---- the head ----

--- When it was, how long it took, which script: a list of terms.
function M.facts(run)
  local out = {}
  local function add(name, value)
    if not value then return end
    out[#out + 1] = e("dt", nil, text(name)) .. e("dd", nil, value)
  end
  add("Run", code(run.id))
  add("Key", text(run.key))
  add("Begun", run.started and text(moment(run.started)) or text(moment(run.created)))
  add("Ended", run.ended and text(moment(run.ended)))
  add("Took", run.seconds and text(view.span(run.seconds)))
  add("Wakes at", run.wake_at and text(moment(run.wake_at)))
  add("Must end by", run.live and run.deadline and text(moment(run.deadline)))
  add("Script", run.file and code(run.file))
  add("errand", run.errand and text(run.errand))
  return e("dl", nil, out)
end

local function head(run)
  local out = {
    e("p", { class = "soft" }, "Report of a run of the workflow"),
    e("h1", nil, text(run.workflow) .. " " .. M.badge(run.state)),
    e("p", { class = "outcome" }, text(run.outcome)),
  }
  if run.wanted then
    out[#out + 1] = e("p", nil, text(("%s wants it to %s%s."):format(run.wanted.actor or "Somebody", run.wanted.what,
      run.wanted.reason and ": " .. run.wanted.reason or "")))
  end
  out[#out + 1] = M.facts(run)
  return e("header", nil, out)
end

local function section(title, content)
  table.insert(content, 1, e("h2", nil, text(title)))
  return e("section", nil, content)
end

-- ---- what is in doubt, what can be done ----

local function commands(list)
  return e("pre", nil, text(table.concat(list, "\n")))
end

local function doubts(run)
  local out = {}
  for _, step in ipairs(run.steps) do
    if step.doubt then
      out[#out + 1] = e("div", { class = "doubt" }, {
        e("p", nil, e("strong", nil, text(step.step)) .. " " .. code(step.operation or step.kind)),
        e("p", nil, text(step.doubt.why) .. "."),
        e("p", { class = "soft" }, "Look in the service whether it happened, then one of these:"),
        commands(step.doubt.next),
      })
    end
  end
  return #out > 0 and section("In doubt", out) or nil
end

local function next_steps(run)
  for _, step in ipairs(run.steps) do
    if step.doubt then return nil end -- said there
  end
  return #run.next > 0 and run.live and section("What can be done now", { commands(run.next) }) or nil
end

-- ---- what was made where ----

local function cell(name, content, class)
  return e("td", { ["data-name"] = name, class = class }, content)
end

--- A section of what was made where, nil if nothing was.
function M.made(run)
  local rows = {}
  for _, step in ipairs(run.steps) do
    local changed = step.kind == "step" and step.class ~= "read" and step.class ~= nil
    local stands = step.state == "done" or step.state == "found" or step.state == "undone" or step.undo
    if changed and stands then
      local service, what = (step.operation or ""):match "^([^.]+)%.(.+)$"
      rows[#rows + 1] = e("tr", nil, { cell("System", text(service or ""), "word"),
        cell("What", text(what or step.operation or step.step), "word"),
        cell("Id", step.remote_id and code(step.remote_id) or ""), cell("Step", text(step.step)),
        cell("Now", M.badge(step.state == "done" and "done" or step.state)) })
    end
  end
  if #rows == 0 then return nil end
  local titles = {}
  for i, name in ipairs { "System", "What", "Id", "Step", "" } do titles[i] = e("th", nil, text(name)) end
  return section("What was made", { e("table", nil, { e("thead", nil, e("tr", nil, titles)), e("tbody", nil, rows) }) })
end

-- ---- the steps in time ----

-- A drawing, for its places are attributes: a page that permits no style of
-- its own inside can have it, too.
local function bar(run, step)
  local from, to = run.begin, run.finish
  if not step.begin or not from or not to or to <= from then return "" end
  local ends = step.finish or step.state == "under way" and to or step.begin + (step.seconds or 0)
  local left = math.min(99.5, math.max(0, (step.begin - from) / (to - from) * 100))
  local width = math.min(100 - left, math.max(0.5, (ends - step.begin) / (to - from) * 100))
  local tone = step.kind == "step" and tones[step.state] or "calm"
  return e("svg", { class = "track", viewBox = "0 0 100 1", preserveAspectRatio = "none", ["aria-hidden"] = "true" },
    e("rect", { class = "bar " .. tone, x = ("%.2f"):format(left), width = ("%.2f"):format(width), height = "1" }))
end

local function pretty(value)
  if type(value) == "string" then return value end
  return json.encode(value, 2) or tostring(value)
end

local function folded(title, value)
  if value == nil or value == json.null then return nil end
  return e("details", nil, { e("summary", nil, text(title)), e("pre", nil, text(pretty(value))) })
end

local function tries(step)
  if not step.tries or #step.tries < 2 then return nil end
  local out = {}
  for i, try in ipairs(step.tries) do
    local parts = { ("%s %d at %s: %s"):format(try.phase == "undo" and "undo" or "attempt", try.n, moment(try.at),
      (try.outcome:gsub("_", " "))) }
    if try.status and try.status > 0 then parts[#parts + 1] = "HTTP " .. try.status end
    if try.message then parts[#parts + 1] = try.message end
    out[i] = table.concat(parts, ", ")
  end
  return folded(view.count(#out, "attempt"), table.concat(out, "\n"))
end

local function remark(step)
  local answer = step.decision
  if answer then
    return ("%s%s by %s at %s%s"):format(step.ask and ("Asked: %s "):format(step.ask) or "",
      answer.approved and "Approved" or "Rejected", answer.by, moment(answer.at), answer.comment and ": " .. answer.comment or "")
  end
  if step.ask then return "Asked: " .. step.ask end
  if step.undo and step.undo.error then return "Undo: " .. step.undo.error end
  if step.error and step.state ~= "done" then return step.error end
  if step.wake_at and step.state == "sleeping" then return "Until " .. moment(step.wake_at) end
  if step.retry_at and step.state == "to be retried" then return "Again at " .. moment(step.retry_at) end
end

local function step_item(run, step)
  local time = step.seconds and view.span(step.seconds) or ""
  if step.started then time = moment(step.started) .. (time ~= "" and ", " .. time or "") end
  local note = remark(step)
  local out = {
    e("div", { class = "head" }, { e("span", { class = "name" }, text(step.step)), M.badge(step.state),
      e("span", { class = "soft" }, text(step.operation or step.kind)),
      e("span", { class = "time" }, text(time)) }),
    bar(run, step),
    note and e("p", nil, text(note)) or "",
    tries(step) or "",
    folded("arguments", step.args) or "",
    folded("result", step.result) or "",
  }
  local lines = {}
  for _, one in ipairs(out) do
    if one ~= "" then lines[#lines + 1] = one end
  end
  return e("li", nil, lines)
end

--- A section of the steps with their bars, attempts and values.
function M.timeline(run)
  local items = {}
  for _, step in ipairs(run.steps) do
    if view.is_shown(step) then items[#items + 1] = step_item(run, step) end
  end
  if #items == 0 then return section("Steps", { e("p", { class = "soft" }, "No step has begun.") }) end
  return section("Steps", { e("ol", { class = "steps" }, items) })
end

--- A section of input and output, nil without.
function M.values(run)
  local out = { folded("input", run.input) or "", folded("output", run.output) or "" }
  if out[1] == "" and out[2] == "" then return nil end
  return section("Input and output", out)
end

--- The page.
-- @tparam table run what core.run.view makes of it with full = true
-- @treturn string HTML
function M.page(run)
  local parts = {}
  for _, part in ipairs { head, doubts, next_steps, M.made, M.timeline, M.values } do
    parts[#parts + 1] = part(run)
  end
  local made_at = moment(view.iso(require("host.sys").clock()))
  parts[#parts + 1] = e("footer", nil, e("p", { class = "soft" }, text(("Written by errand at %s from the journal; "
    .. "credentials and secret members are not in it."):format(made_at))))
  local html = page.page(("%s %s: %s"):format(run.workflow, run.id, view.WORDS[run.state]), parts)
  return require("host.err").redact(html)
end

return M
